/* The load client of the realtime benches: many WebSocket connections on one thread. */
#ifndef LOAD_H
#define LOAD_H

#include <stddef.h>
#include <stdint.h>

enum state { CLOSED, DIALLING, UPGRADING, OPENING, JOINING, SUBSCRIBING, LIVE };

/* What is asked for on the command line. */
struct target {
  const char *host;
  int port;
  const char *path;  /* with its query */
  const char *topic; /* empty: plain WebSocket, nothing is subscribed */
  const char *token; /* empty: none is sent */
};

struct conn {
  int fd;
  enum state state;
  int frozen;
  int64_t seq;    /* last number seen in a payload; -1: none yet, the next one may be any */
  int64_t offset; /* last position of the topic; -1: none */
  char epoch[40];
  char *kept; /* the beginning of a frame whose end has not come yet */
  size_t kept_length;
};

struct stats {
  int64_t messages, bytes, reads, gaps, duplicates, resets, unrecovered, refused, closed;
};

extern struct target target;
extern struct stats stats;
extern int epoll_fd;
extern int live_count;
extern int dialling_count;

/* times.c: microseconds */
int64_t now_us(void);
int64_t cpu_us(void);

/* histogram.c: microseconds, with an error below one percent */
void histogram_clear(void);
void histogram_add(int64_t us);
double histogram_quantile(double share);
double histogram_max(void);

/* wire.c */
void conn_dial(struct conn *conn);
void conn_event(struct conn *conn, uint32_t events, int resume);
void conn_drop(struct conn *conn);
void conn_freeze(struct conn *conn, int frozen);

#endif
