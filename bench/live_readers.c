/* SPDX-License-Identifier: Apache-2.0 */
/* live_readers - many open live pages in one process, for bench/alert.
 *
 * Use: live_readers PORT FILE. Each line of FILE is one reader: "read TOKEN" takes what comes,
 * "stall TOKEN" reads the answer's head and then never again, with as small a receive buffer as
 * there is, so that the hub's side fills up in the middle of the stream.
 *
 * Prints "ready N", "stalled PORT" for each that stalls (its own port), and then, as they come:
 *     n READER US     an event "new", read at this time of CLOCK_MONOTONIC
 *     o READER        anything else but a heartbeat
 *     c READER        closed by the hub
 * It ends when its standard input ends. */
#include "bw_clock.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READERS_MAX = 4096, TOKEN_MAX = 200, EVENTS = 256, LINE_MAX_ = 512 };

static struct reader {
    int fd;
    bool stall;
    char token[TOKEN_MAX];
    char line[LINE_MAX_];
    size_t n;
    bool head; /* the answer's head is over */
} readers[READERS_MAX];
static size_t readers_n;
static size_t heads;

static bool read_list(const char *path)
{
    FILE *f = fopen(path, "r");
    char kind[16];
    while (f && readers_n < READERS_MAX &&
           fscanf(f, "%15s %199s", kind, readers[readers_n].token) == 2) {
        readers[readers_n].stall = kind[0] == 's';
        readers_n++;
    }
    if (f)
        fclose(f);
    return readers_n > 0;
}

static bool open_reader(struct reader *r, uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons(port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char ask[512];
    int least = 1;
    r->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (r->fd < 0)
        return false;
    if (r->stall)
        (void)setsockopt(r->fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof least);
    if (connect(r->fd, (struct sockaddr *)(void *)&a, sizeof a) != 0)
        return false;
    int n = snprintf(ask, sizeof ask,
                     "GET /live HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAccept: text/event-stream\r\n"
                     "Cookie: bw=%s\r\n\r\n",
                     port, r->token);
    return write(r->fd, ask, (size_t)n) == n && fcntl(r->fd, F_SETFL, O_NONBLOCK) == 0;
}

static void on_line(struct reader *r, int64_t now_us)
{
    size_t at = (size_t)(r - readers);
    bool blank = r->n == 0 || (r->n == 1 && r->line[0] == '\r');
    if (!r->head) {
        r->head = blank;
        heads += blank;
        if (r->line[0] == 'H' && !strstr(r->line, " 200 "))
            printf("o %zu\n", at);
    } else if (strcmp(r->line, "event: new") == 0) {
        printf("n %zu %lld\n", at, (long long)now_us);
    } else if (!blank && strcmp(r->line, ":") != 0 && strncmp(r->line, "data:", 5) != 0) {
        printf("o %zu\n", at);
    }
    r->n = 0;
}

static void take(struct reader *r, int epoll)
{
    char in[4096];
    ssize_t n;
    while ((n = recv(r->fd, in, sizeof in, 0)) > 0) {
        int64_t now_us = bw_mono_us();
        for (ssize_t i = 0; i < n; i++) {
            if (in[i] == '\n') {
                r->line[r->n] = '\0';
                on_line(r, now_us);
            } else if (r->n + 1 < sizeof r->line) {
                r->line[r->n++] = in[i];
            }
        }
        if (r->stall && r->head) {
            epoll_ctl(epoll, EPOLL_CTL_DEL, r->fd, NULL);
            return;
        }
    }
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        printf("c %zu\n", (size_t)(r - readers));
        epoll_ctl(epoll, EPOLL_CTL_DEL, r->fd, NULL);
        heads += !r->head;
    }
}

static bool open_all(uint16_t port, int epoll)
{
    for (size_t i = 0; i < readers_n; i++) {
        struct epoll_event e = {.events = EPOLLIN, .data.u64 = i};
        if (!open_reader(&readers[i], port) ||
            epoll_ctl(epoll, EPOLL_CTL_ADD, readers[i].fd, &e) != 0)
            return false;
    }
    return true;
}

static void say_ready(void)
{
    printf("ready %zu\n", readers_n);
    for (size_t i = 0; i < readers_n; i++) {
        struct sockaddr_in a;
        socklen_t n = sizeof a;
        if (readers[i].stall && getsockname(readers[i].fd, (struct sockaddr *)(void *)&a, &n) == 0)
            printf("stalled %u\n", ntohs(a.sin_port));
    }
}

int main(int argc, char **argv)
{
    struct epoll_event got[EVENTS], in = {.events = EPOLLIN, .data.u64 = READERS_MAX};
    int64_t port = 0;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    bool said = false;
    if (argc < 3 || !bw_view_int(bw_view_z(argv[1]), &port) || !read_list(argv[2])) {
        fprintf(stderr, "use: live_readers PORT FILE\n");
        return 2;
    }
    if (!open_all((uint16_t)port, epoll) ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &in) != 0) {
        perror("live_readers");
        return 1;
    }
    for (;;) {
        int n = epoll_wait(epoll, got, EVENTS, -1);
        for (int i = 0; i < n; i++) {
            if (got[i].data.u64 == READERS_MAX)
                return 0; /* standard input has ended */
            take(&readers[got[i].data.u64], epoll);
        }
        if (!said && heads == readers_n) {
            said = true;
            say_ready();
        }
        fflush(stdout);
    }
}
