/* One connection: WebSocket upgrade, the handshake of socket.io, and the reading of frames. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

#define READ_BYTES (1 << 20)
/* Small and fixed, so that a client that does not read is soon noticed by the server. */
#define RECEIVE_BUFFER_BYTES (128 * 1024)

static char buffer[READ_BYTES * 2 + 1];

static void watch(struct conn *conn, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = conn};
  epoll_ctl(epoll_fd, operation, conn->fd, &event);
}

static void enter(struct conn *conn, enum state state) {
  if (conn->state == LIVE) live_count -= 1;
  if (conn->state > CLOSED && conn->state < LIVE) dialling_count -= 1;
  conn->state = state;
  if (state == LIVE) live_count += 1;
  if (state > CLOSED && state < LIVE) dialling_count += 1;
}

void conn_dial(struct conn *conn) {
  conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (conn->fd < 0) {
    perror("socket");
    exit(3);
  }
  int on = 1;
  int size = RECEIVE_BUFFER_BYTES;
  setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(conn->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)target.port)};
  inet_pton(AF_INET, target.host, &address.sin_addr);
  if (connect(conn->fd, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS) {
    perror("connect");
    exit(3);
  }
  enter(conn, DIALLING);
  watch(conn, EPOLL_CTL_ADD, EPOLLOUT);
}

void conn_drop(struct conn *conn) {
  if (conn->state == CLOSED) return;
  close(conn->fd);
  free(conn->kept);
  conn->kept = NULL;
  conn->kept_length = 0;
  conn->frozen = 0;
  enter(conn, CLOSED);
}

void conn_freeze(struct conn *conn, int frozen) {
  if (conn->state != LIVE || conn->frozen == frozen) return;
  conn->frozen = frozen;
  watch(conn, EPOLL_CTL_MOD, frozen ? 0 : EPOLLIN);
}

/* Requests are short, so the kernel takes them whole. */
static void put(struct conn *conn, const char *bytes, size_t length) {
  if (send(conn->fd, bytes, length, MSG_NOSIGNAL) != (ssize_t)length) {
    stats.closed += 1;
    conn_drop(conn);
  }
}

/* A masked frame, as clients must send them; with a mask of zeros the text stays as it is. */
static void put_frame(struct conn *conn, int opcode, const char *text, size_t length) {
  static char frame[16 * 1024];
  size_t header = 2;
  frame[0] = (char)(0x80 | opcode);
  if (length < 126) {
    frame[1] = (char)(0x80 | length);
  } else {
    frame[1] = (char)(0x80 | 126);
    frame[2] = (char)(length >> 8);
    frame[3] = (char)length;
    header = 4;
  }
  memset(frame + header, 0, 4);
  memcpy(frame + header + 4, text, length);
  put(conn, frame, header + 4 + length);
}

static void put_text(struct conn *conn, const char *text) { put_frame(conn, 1, text, strlen(text)); }

static void upgrade(struct conn *conn) {
  char request[1024];
  int length = snprintf(request, sizeof request,
                        "GET %s HTTP/1.1\r\nHost: %s:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
                        target.path, target.host, target.port);
  enter(conn, UPGRADING);
  watch(conn, EPOLL_CTL_MOD, EPOLLIN);
  put(conn, request, (size_t)length);
}

static void join(struct conn *conn) {
  char text[9000];
  if (*target.token) snprintf(text, sizeof text, "40{\"token\":\"%s\"}", target.token);
  else snprintf(text, sizeof text, "40");
  enter(conn, JOINING);
  put_text(conn, text);
}

static void subscribe(struct conn *conn, int resume) {
  char text[512];
  if (resume && conn->offset >= 0) {
    snprintf(text, sizeof text, "420[\"subscribe\",{\"topic\":\"%s\",\"epoch\":\"%s\",\"offset\":%lld}]",
             target.topic, conn->epoch, (long long)conn->offset);
  } else {
    snprintf(text, sizeof text, "420[\"subscribe\",{\"topic\":\"%s\"}]", target.topic);
    conn->seq = -1;
  }
  enter(conn, SUBSCRIBING);
  put_text(conn, text);
}

static const char *find(const char *text, size_t length, const char *word) {
  const char *at = memmem(text, length, word, strlen(word));
  return at ? at + strlen(word) : NULL;
}

/* The position that an answer or a message carries; peers have none. */
static void read_position(struct conn *conn, const char *text, size_t length) {
  size_t head = length < 256 ? length : 256;
  const char *epoch = find(text, head, "\"epoch\":\"");
  if (!epoch) return;
  size_t at = 0;
  for (; at < sizeof conn->epoch - 1 && epoch[at] != '"'; at += 1) conn->epoch[at] = epoch[at];
  conn->epoch[at] = 0;
  const char *offset = find(epoch + at, head - (size_t)(epoch + at - text), "\"offset\":");
  if (offset) conn->offset = strtoll(offset, NULL, 10);
}

static void on_message(struct conn *conn, const char *text, size_t length, int64_t read_us) {
  const char *seq = find(text, length, "\"seq\":");
  if (!seq) return;
  char *end;
  int64_t number = strtoll(seq, &end, 10);
  if (conn->seq >= 0 && number <= conn->seq) stats.duplicates += 1;
  else if (conn->seq >= 0 && number != conn->seq + 1) stats.gaps += 1;
  conn->seq = number;
  read_position(conn, text, (size_t)(seq - text));
  stats.messages += 1;
  /* The time stands right behind the number: ,"t": */
  histogram_add(read_us - strtoll(end + 5, NULL, 10));
}

static void on_answer(struct conn *conn, const char *text, size_t length, int resume) {
  if (!find(text, length, "\"ok\":true")) {
    stats.refused += 1;
    conn_drop(conn);
    return;
  }
  if (resume && conn->offset >= 0 && !find(text, length, "\"recovered\":true")) {
    stats.unrecovered += 1;
    conn->seq = -1;
  }
  if (!resume) read_position(conn, text, length);
  enter(conn, LIVE);
}

static int starts(const char *text, size_t length, const char *with) {
  return length >= strlen(with) && memcmp(text, with, strlen(with)) == 0;
}

static void on_text(struct conn *conn, const char *text, size_t length, int64_t read_us, int resume) {
  if (!*target.topic) {
    on_message(conn, text, length, read_us);
  } else if (starts(text, length, "42[\"message\"")) {
    on_message(conn, text, length, read_us);
  } else if (starts(text, length, "42[\"reset\"")) {
    stats.resets += 1;
    conn->seq = -1;
    read_position(conn, text, length);
  } else if (length == 1 && *text == '2') {
    put_text(conn, "3");
  } else if (conn->state == OPENING && *text == '0') {
    join(conn);
  } else if (conn->state == JOINING && starts(text, length, "40")) {
    subscribe(conn, resume);
  } else if (conn->state == SUBSCRIBING && starts(text, length, "430[")) {
    on_answer(conn, text, length, resume);
  } else if (starts(text, length, "44")) {
    stats.refused += 1;
    conn_drop(conn);
  }
}

/* The length of the first frame and of its header; 0 when it is not whole. */
static size_t frame_length(const unsigned char *at, size_t left, size_t *header) {
  if (left < 2) return 0;
  uint64_t length = at[1] & 127;
  *header = length < 126 ? 2 : length == 126 ? 4 : 10;
  if (left < *header) return 0;
  if (length >= 126) {
    length = 0;
    for (size_t i = 2; i < *header; i += 1) length = length << 8 | at[i];
  }
  return left < *header + length ? 0 : *header + (size_t)length;
}

static size_t read_frames(struct conn *conn, char *from, size_t left, int64_t read_us, int resume) {
  size_t used = 0;
  while (conn->state != CLOSED) {
    size_t header;
    size_t length = frame_length((unsigned char *)from + used, left - used, &header);
    if (length == 0) break;
    char *text = from + used + header;
    int opcode = from[used] & 15;
    used += length;
    if (opcode == 1) {
      /* Numbers at the end of a text would run on into the next frame. */
      char after = from[used];
      from[used] = 0;
      on_text(conn, text, length - header, read_us, resume);
      from[used] = after;
    } else if (opcode == 9) {
      put_frame(conn, 10, text, length - header);
    } else if (opcode == 8) {
      stats.closed += 1;
      conn_drop(conn);
    }
  }
  return used;
}

static size_t read_upgrade(struct conn *conn, char *from, size_t length) {
  char *end = memmem(from, length, "\r\n\r\n", 4);
  if (!end) return 0;
  if (!starts(from, length, "HTTP/1.1 101")) {
    stats.refused += 1;
    conn_drop(conn);
    return length;
  }
  enter(conn, *target.topic ? OPENING : LIVE);
  return (size_t)(end + 4 - from);
}

static void read_some(struct conn *conn, int resume) {
  size_t length = conn->kept_length;
  if (length) memcpy(buffer, conn->kept, length);
  ssize_t got = recv(conn->fd, buffer + length, READ_BYTES, 0);
  if (got <= 0) {
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    stats.closed += 1;
    conn_drop(conn);
    return;
  }
  stats.reads += 1;
  stats.bytes += got;
  length += (size_t)got;
  size_t used = conn->state == UPGRADING ? read_upgrade(conn, buffer, length) : 0;
  if (conn->state > UPGRADING) used += read_frames(conn, buffer + used, length - used, now_us(), resume);
  if (conn->state == CLOSED) return;
  conn->kept_length = length - used;
  if (conn->kept_length > READ_BYTES) {
    fprintf(stderr, "a frame is larger than this client reads\n");
    exit(3);
  }
  if (conn->kept_length) {
    conn->kept = realloc(conn->kept, conn->kept_length);
    memcpy(conn->kept, buffer + used, conn->kept_length);
  }
}

void conn_event(struct conn *conn, uint32_t events, int resume) {
  if (conn->state == CLOSED) return;
  if (conn->state == DIALLING) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
      stats.refused += 1;
      conn_drop(conn);
    } else if (events & EPOLLOUT) {
      upgrade(conn);
    }
    return;
  }
  if (conn->frozen && (events & (EPOLLERR | EPOLLHUP))) {
    stats.closed += 1;
    conn_drop(conn);
    return;
  }
  read_some(conn, resume);
}
