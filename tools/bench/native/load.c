/*
 * Usage: load HOST PORT PATH TOPIC TOKEN, where an empty TOPIC means a plain WebSocket.
 * Takes one command a line, answers each with one line of JSON:
 *   connect N        opens N more connections and subscribes them
 *   await SEQ MS     waits until every connection that is read has the payload of that number
 *   start            forgets all counts and times
 *   report           tells them
 *   freeze K | thaw  stops reading K connections; reads all again
 *   drop             closes all connections
 *   return R SEQ     opens as many as were dropped; R = 1: by their positions, and waits until each has SEQ
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "load.h"

#define DEADLINE_US 30000000
#define EVENTS 1024

struct target target;
struct stats stats;
int epoll_fd;
int live_count;
int dialling_count;

static struct conn *conns;
static int conn_count;
static int64_t cpu_at_start;
static int resume;

/* Handles what has come; waits for it at most that long. */
static void turn(int wait_ms) {
  static struct epoll_event events[EVENTS];
  int count = epoll_wait(epoll_fd, events, EVENTS, wait_ms);
  for (int i = 0; i < count; i += 1) {
    if (events[i].data.ptr) conn_event(events[i].data.ptr, events[i].events, resume);
  }
}

static int all_reached(int64_t seq) {
  for (int i = 0; i < conn_count; i += 1) {
    if (conns[i].state == LIVE && !conns[i].frozen && conns[i].seq < seq) return 0;
  }
  return 1;
}

static void connect_more(int more) {
  struct conn *grown = calloc((size_t)(conn_count + more), sizeof *conns);
  if (!grown) exit(3);
  if (conn_count > 0 && live_count + dialling_count > 0) {
    /* The kernel holds pointers to connections, so they are moved only by being watched anew. */
    for (int i = 0; i < conn_count; i += 1) {
      grown[i] = conns[i];
      struct epoll_event event = {.events = conns[i].frozen ? 0 : EPOLLIN, .data.ptr = &grown[i]};
      if (conns[i].state != CLOSED) epoll_ctl(epoll_fd, EPOLL_CTL_MOD, conns[i].fd, &event);
    }
  }
  free(conns);
  conns = grown;
  int64_t deadline = now_us() + DEADLINE_US;
  resume = 0;
  for (int i = 0; i < more; i += 1) {
    struct conn *conn = &conns[conn_count + i];
    conn->seq = conn->offset = -1;
    /* Not all at once: how a server stands a rush is measured by `return`. */
    while (dialling_count >= 100 && now_us() < deadline) turn(100);
    conn_dial(conn);
  }
  conn_count += more;
  while (dialling_count > 0 && now_us() < deadline) turn(100);
  printf("{\"live\":%d,\"refused\":%lld}\n", live_count, (long long)stats.refused);
}

static void await_seq(int64_t seq, int64_t ms) {
  int64_t deadline = now_us() + ms * 1000;
  while (!all_reached(seq) && now_us() < deadline) turn(20);
  printf("{\"reached\":%s}\n", all_reached(seq) ? "true" : "false");
}

static void return_all(int by_position, int64_t seq) {
  int64_t began = now_us();
  resume = by_position;
  for (int i = 0; i < conn_count; i += 1) {
    if (conns[i].state == CLOSED) conn_dial(&conns[i]);
  }
  while (dialling_count > 0 && now_us() - began < DEADLINE_US) turn(100);
  while (by_position && !all_reached(seq) && now_us() - began < DEADLINE_US) turn(20);
  int reached = !by_position || all_reached(seq);
  printf("{\"live\":%d,\"reached\":%s,\"wallUs\":%lld}\n", live_count, reached ? "true" : "false",
         (long long)(now_us() - began));
}

static void report(void) {
  printf("{\"live\":%d,\"messages\":%lld,\"bytes\":%lld,\"reads\":%lld,\"gaps\":%lld,\"duplicates\":%lld,"
         "\"resets\":%lld,\"unrecovered\":%lld,\"refused\":%lld,\"closed\":%lld,"
         "\"p50Us\":%.1f,\"p99Us\":%.1f,\"maxUs\":%.1f,\"cpuUs\":%lld}\n",
         live_count, (long long)stats.messages, (long long)stats.bytes, (long long)stats.reads,
         (long long)stats.gaps, (long long)stats.duplicates, (long long)stats.resets,
         (long long)stats.unrecovered, (long long)stats.refused, (long long)stats.closed,
         histogram_quantile(0.5), histogram_quantile(0.99), histogram_max(),
         (long long)(cpu_us() - cpu_at_start));
}

static void obey(char *line) {
  long long first = 0, second = 0;
  char word[16] = "";
  sscanf(line, "%15s %lld %lld", word, &first, &second);
  if (!strcmp(word, "connect")) {
    connect_more((int)first);
  } else if (!strcmp(word, "await")) {
    await_seq(first, second);
  } else if (!strcmp(word, "return")) {
    return_all((int)first, second);
  } else if (!strcmp(word, "report")) {
    report();
  } else {
    if (!strcmp(word, "start")) {
      memset(&stats, 0, sizeof stats);
      histogram_clear();
      cpu_at_start = cpu_us();
    } else if (!strcmp(word, "freeze")) {
      for (int i = 0; i < conn_count && i < first; i += 1) conn_freeze(&conns[i], 1);
    } else if (!strcmp(word, "thaw")) {
      for (int i = 0; i < conn_count; i += 1) conn_freeze(&conns[i], 0);
    } else if (!strcmp(word, "drop")) {
      for (int i = 0; i < conn_count; i += 1) conn_drop(&conns[i]);
    } else {
      fprintf(stderr, "unknown command: %s\n", word);
      exit(3);
    }
    printf("{\"live\":%d}\n", live_count);
  }
  fflush(stdout);
}

int main(int argc, char **argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: load HOST PORT PATH TOPIC TOKEN\n");
    return 3;
  }
  target = (struct target){argv[1], atoi(argv[2]), argv[3], argv[4], argv[5]};
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event input = {.events = EPOLLIN, .data.ptr = NULL};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &input);
  /* Commands come one at a time, each after the answer to the one before. */
  char line[128];
  for (;;) {
    struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&ready, 1, 0) > 0) {
      if (!fgets(line, sizeof line, stdin)) return 0;
      obey(line);
    }
    turn(100);
  }
}
