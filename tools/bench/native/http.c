/*
 * The load client of the benches of HTTP: keep-alive connections on one thread, each with one request under way, so
 * that a client costs far less than the server that it measures.
 *
 * Usage: http HOST PORT TOKEN, where an empty TOKEN sends none.
 * Takes one command a line, answers it with one line of JSON:
 *   load PATH CONNECTIONS MS   asks for that path all the while
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

#define MOST 1024
#define ANSWER 65536
/* How long after the end answers that are under way may come. */
#define GRACE_US 5000000

struct http {
  int fd;
  int64_t asked_us; /* 0: nothing is under way */
  size_t length;
  char answer[ANSWER];
};

static struct http conns[MOST];
static struct sockaddr_in server;
static char request[2048];
static size_t request_length;
int epoll_fd;
static int open_count;
static int64_t well, other, errors, bytes, last_us;

static void hang_up(struct http *conn) {
  if (conn->fd < 0) return;
  close(conn->fd);
  conn->fd = -1;
  conn->asked_us = 0;
  open_count -= 1;
}

static void fail(struct http *conn) {
  errors += 1;
  hang_up(conn);
}

/* A request is far smaller than the socket's buffer, so it goes out whole or not at all. */
static void ask(struct http *conn) {
  conn->length = 0;
  conn->asked_us = now_us();
  if (send(conn->fd, request, request_length, MSG_NOSIGNAL) != (ssize_t)request_length) fail(conn);
}

static void dial(struct http *conn) {
  int on = 1;
  conn->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (conn->fd < 0) exit(3);
  open_count += 1;
  if (connect(conn->fd, (struct sockaddr *)&server, sizeof server) != 0) {
    fail(conn);
    return;
  }
  setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = conn};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, conn->fd, &event);
  ask(conn);
}

/* Length of an answer that is complete; 0 when more has to come, -1 when it cannot be understood. */
static long whole(const struct http *conn, int *status) {
  const char *end = memmem(conn->answer, conn->length, "\r\n\r\n", 4);
  if (!end) return conn->length == ANSWER ? -1 : 0;
  if (conn->length < 13 || strncmp(conn->answer, "HTTP/1.1 ", 9) != 0) return -1;
  *status = atoi(conn->answer + 9);
  for (const char *line = strstr(conn->answer, "\r\n"); line && line < end; line = strstr(line + 2, "\r\n")) {
    if (strncasecmp(line + 2, "content-length:", 15) != 0) continue;
    long length = end + 4 - conn->answer + atol(line + 17);
    if (length > ANSWER) return -1;
    return (long)conn->length < length ? 0 : length;
  }
  return -1;
}

static void hear(struct http *conn, int64_t until_us) {
  ssize_t got = recv(conn->fd, conn->answer + conn->length, ANSWER - conn->length, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    fail(conn);
    return;
  }
  conn->length += (size_t)got;
  bytes += got;
  int status = 0;
  long length = whole(conn, &status);
  if (length == 0) return;
  if (length < 0 || (size_t)length != conn->length || conn->asked_us == 0) {
    fail(conn);
    return;
  }
  int64_t now = now_us();
  histogram_add(now - conn->asked_us);
  if (status == 200) {
    well += 1;
  } else {
    other += 1;
  }
  last_us = now;
  if (now < until_us) {
    ask(conn);
  } else {
    hang_up(conn);
  }
}

static void load(const char *path, const char *token, const char *host, int count, int64_t ms) {
  struct epoll_event events[64];
  request_length = (size_t)snprintf(request, sizeof request,
                                    "GET %s HTTP/1.1\r\nHost: %s\r\n%s%s%sConnection: keep-alive\r\n\r\n", path,
                                    host, *token ? "Authorization: Bearer " : "", token, *token ? "\r\n" : "");
  if (count < 1 || count > MOST || request_length >= sizeof request) {
    fprintf(stderr, "cannot ask that: %s, %d connections\n", path, count);
    exit(3);
  }
  well = other = errors = bytes = 0;
  histogram_clear();
  int64_t cpu = cpu_us();
  int64_t began = now_us();
  int64_t until = began + ms * 1000;
  last_us = began;
  for (int i = 0; i < count; i += 1) dial(&conns[i]);
  while (open_count > 0) {
    int ready = epoll_wait(epoll_fd, events, 64, 100);
    for (int i = 0; i < ready; i += 1) hear(events[i].data.ptr, until);
    if (now_us() < until + GRACE_US) continue;
    for (int i = 0; i < count; i += 1) {
      if (conns[i].fd >= 0) fail(&conns[i]);
    }
  }
  printf("{\"well\":%lld,\"other\":%lld,\"errors\":%lld,\"bytes\":%lld,\"wallUs\":%lld,\"cpuUs\":%lld,"
         "\"p50Us\":%.1f,\"p99Us\":%.1f,\"maxUs\":%.1f}\n",
         (long long)well, (long long)other, (long long)errors, (long long)bytes, (long long)(last_us - began),
         (long long)(cpu_us() - cpu), histogram_quantile(0.5), histogram_quantile(0.99), histogram_max());
  fflush(stdout);
}

int main(int argc, char **argv) {
  char line[1200], path[1024];
  if (argc != 4) {
    fprintf(stderr, "usage: http HOST PORT TOKEN\n");
    return 3;
  }
  server.sin_family = AF_INET;
  server.sin_port = htons((uint16_t)atoi(argv[2]));
  if (inet_pton(AF_INET, argv[1], &server.sin_addr) != 1) {
    fprintf(stderr, "not an IPv4 address: %s\n", argv[1]);
    return 3;
  }
  epoll_fd = epoll_create1(0);
  for (int i = 0; i < MOST; i += 1) conns[i].fd = -1;
  while (fgets(line, sizeof line, stdin)) {
    int count;
    long long ms;
    if (sscanf(line, "load %1023s %d %lld", path, &count, &ms) != 3) {
      fprintf(stderr, "unknown command: %s", line);
      return 3;
    }
    load(path, argv[3], argv[1], count, ms);
  }
  return 0;
}
