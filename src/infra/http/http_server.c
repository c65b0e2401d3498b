/* SPDX-License-Identifier: Apache-2.0 */
/* http_server - options, sockets, start and graceful stop.
 *
 * One SO_REUSEPORT socket for each loop: the kernel spreads connections and no loop wakes for
 * another's. Since SO_REUSEPORT would also let a second hub of the same user take half of our
 * connections in silence, a given port is first bound without it. */
#include "bw_clock.h"
#include "bw_fault.h"
#include "bw_log.h"
#include "http_int.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 1024
#define LOOPS_MAX 64
#define THREADS_MAX 256
#define HEADER_MIN 2048u

struct listen_at {
    struct sockaddr_storage sa;
    socklen_t len;
};

void http_block_signals(void)
{
    sigset_t all;
    sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
}

static enum bw_rc parse_listen(const char *z, struct listen_at *ret, struct bw_err *err)
{
    struct bw_view v = bw_view_z(z), host;
    struct listen_at at = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&at.sa;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&at.sa;
    char text[64] = "";
    int64_t port;
    size_t colon = v.n;
    while (colon > 0 && v.p[colon - 1] != ':')
        colon--;
    if (colon == 0 || !bw_view_int(bw_view_from(v, colon), &port) || port < 0 || port > 65535)
        return bw_fail(err, BW_INVALID, "“%s” is not address:port.", z ? z : "");
    host = bw_view_head(v, colon - 1);
    bool six = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
    if (six)
        host = bw_view_of(host.p + 1, host.n - 2);
    if (host.n < sizeof text)
        memcpy(text, host.p, host.n);
    if (inet_pton(six ? AF_INET6 : AF_INET, text,
                  six ? (void *)&v6->sin6_addr : (void *)&v4->sin_addr) != 1)
        return bw_fail(err, BW_INVALID, "“%s” is not address:port.", z);
    if (six) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
    } else {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
    }
    at.len = six ? sizeof *v6 : sizeof *v4;
    *ret = at;
    return BW_OK;
}

static enum bw_rc bind_one(const struct listen_at *at, bool share, int *ret, struct bw_err *err)
{
    int on = 1, off = 0;
    BW_AUTO_FD fd = socket(at->sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return bw_fail_errno(err, "open a socket");
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (share)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (at->sa.ss_family == AF_INET6) /* [::] also takes IPv4 */
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, (const struct sockaddr *)(const void *)&at->sa, at->len) < 0 ||
        (share && listen(fd, BACKLOG) < 0))
        return bw_fail_detail(err, BW_IO,
                              "The listening address is taken or not one of this machine.",
                              "bind: errno %d", errno);
    *ret = fd;
    fd = -1;
    return BW_OK;
}

static in_port_t *port_of(struct listen_at *at)
{
    return at->sa.ss_family == AF_INET6 ? &((struct sockaddr_in6 *)(void *)&at->sa)->sin6_port
                                        : &((struct sockaddr_in *)(void *)&at->sa)->sin_port;
}

/* Opens every loop with its socket. */
static enum bw_rc open_loops(struct http_server *s, struct bw_err *err)
{
    struct listen_at at;
    BW_TRY(parse_listen(s->o.listen, &at, err));
    if (*port_of(&at) != 0) {
        BW_AUTO_FD probe = -1;
        BW_TRY(bind_one(&at, false, &probe, err));
    }
    for (int i = 0; i < s->o.loops; i++) {
        struct http_loop *l = &s->loops[i];
        int fd;
        BW_TRY(bind_one(&at, true, &fd, err));
        l->listen_fd = l->epoll_fd = l->event_fd = l->spare_fd = -1;
        s->n_loops = i + 1;
        enum bw_rc rc = http_loop_open(l, s, fd, err);
        if (rc != BW_OK)
            return rc;
        if (i == 0) {
            struct listen_at bound = at;
            if (getsockname(fd, (struct sockaddr *)(void *)&bound.sa, &bound.len) < 0)
                return bw_fail_errno(err, "read the port");
            *port_of(&at) = *port_of(&bound);
            s->port = ntohs(*port_of(&at));
        }
    }
    return BW_OK;
}

#define DEFAULT(field, value)  \
    do {                       \
        if (!(field))          \
            (field) = (value); \
    } while (0)

static void set_defaults(struct http_options *o)
{
    DEFAULT(o->loops, 1);
    DEFAULT(o->workers, 4);
    DEFAULT(o->readers, o->loops + 1);
    DEFAULT(o->worker_queue, 1024);
    DEFAULT(o->spool_dir, "/tmp");
    DEFAULT(o->body_memory_max, 1024u * 1024);
    DEFAULT(o->bodies_max, 1024u * 1024 * 1024);
    DEFAULT(o->out_max, 64u * 1024 * 1024);
    DEFAULT(o->arena_max, 16u * 1024 * 1024);
    DEFAULT(o->header_max, 8192u);
    DEFAULT(o->connections_max, 4096);
    DEFAULT(o->connections_per_address, 256);
    DEFAULT(o->header_ms, 10000);
    DEFAULT(o->body_ms, 20000);
    DEFAULT(o->min_rate, 2048);
    DEFAULT(o->idle_ms, 60000);
    DEFAULT(o->heartbeat_ms, 20000);
    DEFAULT(o->streams_max, 2048);
    if (o->header_max < HEADER_MIN)
        o->header_max = HEADER_MIN;
}

static void server_free(struct http_server *s)
{
    if (!s)
        return;
    for (int i = 0; i < s->n_loops; i++)
        http_loop_close(&s->loops[i]);
    http_pool_free(s->workers);
    http_pool_free(s->readers);
    http_pool_free(s->slow);
    http_router_free(s->router);
    http_addrs_free(s->addrs);
    free(s->loops);
    free(s);
}

static enum bw_rc start(struct http_server *s, struct bw_err *err)
{
    const struct http_options *o = &s->o;
    if (o->loops < 1 || o->loops > LOOPS_MAX || o->workers < 1 || o->workers > THREADS_MAX ||
        o->readers < 1 || o->readers > THREADS_MAX)
        return bw_fail(err, BW_INVALID, "There can be 1 to %d loops and 1 to %d workers.",
                       LOOPS_MAX, THREADS_MAX);
    s->router = http_router_new(o->routes, o->n_routes, err);
    if (!s->router)
        return BW_MEMORY;
    s->addrs = http_addrs_new();
    s->loops = bw_calloc((size_t)o->loops, sizeof *s->loops);
    if (!s->addrs || !s->loops)
        return bw_fail_memory(err);
    s->workers = http_pool_new(o->workers, o->worker_queue, false, err);
    s->readers = s->workers ? http_pool_new(o->readers, o->worker_queue, false, err) : NULL;
    s->slow = s->readers ? http_pool_new(HTTP_SLOW_THREADS, HTTP_SLOW_QUEUE, true, err) : NULL;
    if (!s->slow)
        return BW_MEMORY;
    BW_TRY(open_loops(s, err));
    for (int i = 0; i < s->n_loops; i++)
        BW_TRY(http_loop_run(&s->loops[i], err));
    return BW_OK;
}

enum bw_rc http_server_start(const struct http_options *options, struct http_server **ret,
                             struct bw_err *err)
{
    struct http_server *s = bw_calloc(1, sizeof *s);
    if (!s)
        return bw_fail_memory(err);
    s->o = *options;
    set_defaults(&s->o);
    enum bw_rc rc = start(s, err);
    if (rc != BW_OK) {
        http_server_stop(s, 0);
        return rc;
    }
    bw_log(BW_LOG_INFO, "http.listen", BW_FZ("address", s->o.listen), BW_FI("port", s->port),
           BW_FI("loops", s->o.loops), BW_FI("workers", s->o.workers));
    *ret = s;
    return BW_OK;
}

void http_server_stop(struct http_server *s, int grace_ms)
{
    if (!s)
        return;
    atomic_store(&s->stop_us, bw_mono_us() + (int64_t)grace_ms * 1000);
    for (int i = 0; i < s->n_loops; i++)
        if (s->loops[i].started)
            http_loop_wake(&s->loops[i]);
    server_free(s);
}

int http_server_port(const struct http_server *s)
{
    return s->port;
}

void http_server_stats(struct http_server *s, struct http_stats *ret)
{
    int busy, waiting;
    *ret = (struct http_stats){
        .requests = atomic_load(&s->requests),
        .refused_connections = atomic_load(&s->refused),
        .late_connections = atomic_load(&s->late),
        .spooled_bodies = atomic_load(&s->spooled),
        .dropped_inputs = atomic_load(&s->dropped),
        .events_sent = atomic_load(&s->events_sent),
        .events_lost = atomic_load(&s->events_lost),
        .connections = atomic_load(&s->connections),
        .streams = atomic_load(&s->streams),
    };
    http_pool_count(s->workers, &ret->workers_busy, &ret->workers_waiting);
    http_pool_count(s->readers, &busy, &waiting);
    ret->workers_busy += busy;
    ret->workers_waiting += waiting;
    http_pool_count(s->slow, &busy, &ret->slow_waiting);
    ret->workers_busy += busy;
}
