/* SPDX-License-Identifier: Apache-2.0 */
/* test_http_util - a client of a few lines, for the tests of the server: raw text out, answer in.
 *
 * Not http_client: the tests must be able to send what no proper client sends. */
#ifndef TEST_HTTP_UTIL_H
#define TEST_HTTP_UTIL_H

#include "bw_clock.h"
#include "bw_log.h"
#include "bw_test.h"
#include "http.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_MS 20000 /* generous: the machine may be busy */

struct talk { /* one connection */
    int fd;
    char in[1 << 16];
    size_t n;
};
struct answer {
    int status; /* 0: the connection ended without one */
    char head[8192];
    char *body; /* malloc */
    size_t n;
};

__attribute__((unused)) static bool talk_open(struct talk *t, int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    t->n = 0;
    t->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return t->fd >= 0 && connect(t->fd, (struct sockaddr *)(void *)&a, sizeof a) == 0;
}

__attribute__((unused)) static void talk_close(struct talk *t)
{
    if (t->fd >= 0)
        (void)close(t->fd);
    t->fd = -1;
}

__attribute__((unused)) static bool talk_put(struct talk *t, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t done = send(t->fd, p, n, MSG_NOSIGNAL);
        if (done <= 0)
            return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}

/* More bytes into t->in. False: end, error or nothing within MS. */
__attribute__((unused)) static bool talk_more(struct talk *t, int ms)
{
    struct pollfd p = {.fd = t->fd, .events = POLLIN};
    if (t->n == sizeof t->in || poll(&p, 1, ms) != 1)
        return false;
    ssize_t n = recv(t->fd, t->in + t->n, sizeof t->in - t->n, 0);
    if (n <= 0)
        return false;
    t->n += (size_t)n;
    return true;
}

/* True: the other side has closed (within MS). What it sent before is thrown away. */
__attribute__((unused)) static bool talk_ended(struct talk *t, int ms)
{
    int64_t end_us = bw_mono_us() + (int64_t)ms * 1000;
    for (;;) {
        struct pollfd p = {.fd = t->fd, .events = POLLIN};
        int64_t left_us = end_us - bw_mono_us();
        if (left_us <= 0 || poll(&p, 1, (int)(left_us / 1000) + 1) != 1)
            return false;
        if (recv(t->fd, t->in, sizeof t->in, 0) <= 0)
            return true;
    }
}

__attribute__((unused)) static const char *head_of(const struct answer *a, const char *name)
{
    static __thread char value[2048];
    size_t len = strlen(name);
    for (const char *line = strstr(a->head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, len) != 0 || line[2 + len] != ':')
            continue;
        const char *v = line + 3 + len + (line[3 + len] == ' ');
        const char *end = strstr(v, "\r\n");
        size_t n = end ? (size_t)(end - v) : strlen(v);
        n = n < sizeof value ? n : sizeof value - 1;
        memcpy(value, v, n);
        value[n] = '\0';
        return value;
    }
    return NULL;
}

__attribute__((unused)) static void answer_done(struct answer *a)
{
    free(a->body);
    a->body = NULL;
}

/* The next answer (with Content-Length, or none for NO_BODY, 204 and 304). */
__attribute__((unused)) static bool talk_get(struct talk *t, bool no_body, struct answer *a)
{
    char *end;
    *a = (struct answer){0};
    while (!(end = t->n ? memmem(t->in, t->n, "\r\n\r\n", 4) : NULL))
        if (!talk_more(t, WAIT_MS))
            return false;
    size_t head = (size_t)(end - t->in) + 2, want;
    if (head >= sizeof a->head)
        return false;
    memcpy(a->head, t->in, head);
    a->head[head] = '\0';
    t->n -= head + 2;
    memmove(t->in, t->in + head + 2, t->n);
    a->status = (int)strtol(a->head + 9, NULL, 10);
    const char *length = head_of(a, "Content-Length");
    want = length && !no_body && a->status != 304 && a->status != 204
               ? (size_t)strtoull(length, NULL, 10)
               : 0;
    a->body = malloc(want + 1);
    while (a->body && a->n < want) {
        if (t->n == 0 && !talk_more(t, WAIT_MS))
            return false;
        size_t n = t->n < want - a->n ? t->n : want - a->n;
        memcpy(a->body + a->n, t->in, n);
        a->n += n;
        t->n -= n;
        memmove(t->in, t->in + n, t->n);
    }
    if (a->body)
        a->body[a->n] = '\0';
    return a->body != NULL;
}

/* One request on a connection of its own; the caller frees the answer. */
__attribute__((unused)) static bool ask(int port, struct answer *a, const char *raw)
{
    struct talk *t = malloc(sizeof *t);
    bool ok = t && talk_open(t, port) && talk_put(t, raw, strlen(raw)) &&
              talk_get(t, strncmp(raw, "HEAD ", 5) == 0, a);
    if (t)
        talk_close(t);
    free(t);
    return ok;
}

#define H1 " HTTP/1.1\r\nHost: test\r\n"
#define GET_(target) "GET " target H1 "\r\n"

static inline bool wait_until(bool (*is)(void *), void *arg)
{
    for (int i = 0; i < WAIT_MS / 5; i++) {
        if (is(arg))
            return true;
        (void)usleep(5000);
    }
    return false;
}

#endif
