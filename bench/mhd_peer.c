/* SPDX-License-Identifier: Apache-2.0 */
/* mhd_peer - the least that an answer can cost here: libmicrohttpd run from our own epoll loop, and
 * nothing behind it. GET /N is answered with N bytes. What the hub costs above this is the hub's.
 *
 * Use: mhd_peer; prints "listening on http://127.0.0.1:PORT"; ends with SIGTERM. */
#include "bw_view.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { ANSWER_MAX = 4 << 20, EVENTS = 128 };

static char bytes[ANSWER_MAX];

static enum MHD_Result on_request(void *cls, struct MHD_Connection *m, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_n, void **seen)
{
    (void)cls, (void)method, (void)version, (void)data;
    static char mark;
    if (!*seen) { /* the headers; the answer goes out when the request is complete */
        *seen = &mark;
        return MHD_YES;
    }
    if (*data_n) {
        *data_n = 0;
        return MHD_YES;
    }
    size_t n = strtoul(url + 1, NULL, 10);
    n = n < ANSWER_MAX ? n : ANSWER_MAX;
    struct MHD_Response *r = MHD_create_response_from_buffer(n, bytes, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result ok = r ? MHD_add_response_header(r, "Content-Type", "text/html") : MHD_NO;
    if (r) {
        ok = ok == MHD_YES ? MHD_queue_response(m, 200, r) : ok;
        MHD_destroy_response(r);
    }
    return ok;
}

static int listen_any(int *ret_port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)(void *)&a, n) != 0 || listen(fd, 1024) != 0 ||
        getsockname(fd, (struct sockaddr *)(void *)&a, &n) != 0)
        return -1;
    *ret_port = ntohs(a.sin_port);
    return fd;
}

int main(void)
{
    int port = 0, fd = listen_any(&port), outer = epoll_create1(EPOLL_CLOEXEC);
    memset(bytes, 'x', sizeof bytes);
    struct MHD_Daemon *d =
        fd < 0
            ? NULL
            : MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, NULL,
                               MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, 4096u,
                               MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)16384, MHD_OPTION_END);
    if (!d || outer < 0) {
        perror("mhd_peer");
        return 1;
    }
    int inner = MHD_get_daemon_info(d, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    struct epoll_event e = {.events = EPOLLIN}, got[EVENTS];
    if (epoll_ctl(outer, EPOLL_CTL_ADD, inner, &e) != 0)
        return 1;
    printf("listening on http://127.0.0.1:%d\n", port);
    fflush(stdout);
    for (;;) {
        MHD_UNSIGNED_LONG_LONG wait_ms;
        bool some = MHD_get_timeout(d, &wait_ms) == MHD_YES;
        if (epoll_wait(outer, got, EVENTS, some && wait_ms < 1000 ? (int)wait_ms : 1000) < 0 &&
            errno != EINTR)
            return 1;
        MHD_run(d);
    }
}
