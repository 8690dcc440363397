/* Counts times in buckets that grow with them, so that a quantile costs no memory for each sample. */
#include <string.h>

#include "load.h"

#define FINE_BITS 7
#define FINE (1 << FINE_BITS)
#define BUCKETS (FINE * 32)

static uint32_t counts[BUCKETS];
static int64_t total;
static int64_t highest;

static int bucket_of(int64_t us) {
  if (us < FINE) return us < 0 ? 0 : (int)us;
  int power = 63 - __builtin_clzll((unsigned long long)us);
  int shift = power - FINE_BITS;
  int bucket = ((shift + 1) << FINE_BITS) + (int)((us >> shift) - FINE);
  return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

static double middle_of(int bucket) {
  if (bucket < FINE) return bucket;
  int shift = (bucket >> FINE_BITS) - 1;
  double from = (double)((int64_t)(FINE + (bucket & (FINE - 1))) << shift);
  return from + (double)((int64_t)1 << shift) / 2;
}

void histogram_clear(void) {
  memset(counts, 0, sizeof counts);
  total = 0;
  highest = 0;
}

void histogram_add(int64_t us) {
  counts[bucket_of(us)] += 1;
  total += 1;
  if (us > highest) highest = us;
}

double histogram_quantile(double share) {
  int64_t wanted = (int64_t)((double)total * share);
  int64_t seen = 0;
  for (int bucket = 0; bucket < BUCKETS; bucket += 1) {
    seen += counts[bucket];
    if (seen > wanted) return middle_of(bucket);
  }
  return (double)highest;
}

double histogram_max(void) { return (double)highest; }
