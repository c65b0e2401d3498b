/* SPDX-License-Identifier: Apache-2.0 */
/* http_loop - one thread: its listening socket, its libmicrohttpd daemon, its streams.
 *
 * Why our own epoll around libmicrohttpd's: its internal thread stalls with 128 and more busy
 * connections (it waits again with the blocking timeout when exactly 128 events came), so the
 * daemon has no thread and is run from here. Why an eventfd of our own: MHD_resume_connection()
 * from a worker does not reliably wake an outer epoll; here a worker only hands its request back
 * and wakes the loop, and the loop resumes the connection itself, on its own thread, right before
 * it runs the daemon.
 *
 * How libmicrohttpd calls us for a request: on_line (line read) -> on_request (headers in) ->
 * on_request for each piece of the body -> on_request (all in) -> [suspended, on_request again] ->
 * on_completed. */
#include "bw_clock.h"
#include "bw_log.h"
#include "bw_random.h"
#include "http_int.h"
#include <errno.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 128
/* The library's limit lies above ours: at its own it stops accepting, and silence follows. */
#define LIMIT_EXTRA 256
#define POOL_EXTRA \
    8192 /* of a connection beside its headers: parsed headers, headers of the answer */

/* ---- from the workers ---- */

void http_loop_wake(struct http_loop *l)
{
    uint64_t one = 1;
    if (!atomic_exchange(&l->woken, true))
        (void)!write(l->event_fd, &one, sizeof one);
}

void http_loop_done(struct http_loop *l, struct http_req *rq)
{
    rq->next = atomic_load(&l->done);
    while (!atomic_compare_exchange_weak(&l->done, &rq->next, rq))
        ;
    http_loop_wake(l);
}

/* True: at least one connection goes on. */
static bool resume_done(struct http_loop *l)
{
    struct http_req *rq = atomic_exchange(&l->done, NULL), *first = NULL;
    while (rq) { /* newest first in the list: turn it round */
        struct http_req *next = rq->next;
        rq->next = first;
        first = rq;
        rq = next;
    }
    bool some = first != NULL;
    while (first) {
        rq = first;
        first = rq->next;
        rq->next = NULL;
        rq->state = HTTP_S_DONE;
        MHD_resume_connection(rq->mhd);
    }
    return some;
}

/* ---- from libmicrohttpd ---- */

/* The target stays as it came: http_decode.c decodes it once, by its own rules. */
static size_t leave_escapes(void *cls, struct MHD_Connection *m, char *text)
{
    return strlen(text);
}

static void *on_line(void *cls, const char *uri, struct MHD_Connection *m)
{
    struct http_loop *l = cls;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(m, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct http_conn *c = info ? info->socket_context : NULL;
    struct http_req *rq = c ? http_req_new(l) : NULL;
    if (!rq)
        return NULL;
    rq->conn = c;
    rq->mhd = m;
    if (bw_view_copy(rq->arena, bw_view_z(uri), &rq->target, NULL) != BW_OK) {
        http_req_free(rq);
        return NULL;
    }
    http_conn_phase(c, HTTP_P_HEADER, 0);
    return rq;
}

static enum MHD_Result send_answer(struct http_req *rq)
{
    struct http_resp *rs = &rq->rs;
    struct MHD_Response *m = http_resp_build(rq);
    if (!m)
        return MHD_NO;
    enum MHD_Result queued = MHD_queue_response(rq->mhd, (unsigned)rs->status, m);
    MHD_destroy_response(m);
    rq->state = HTTP_S_SENT;
    http_conn_phase(rq->conn, HTTP_P_SENDING, rs->fixed.p ? rs->fixed.n : rs->out.n);
    return queued;
}

static enum MHD_Result answer(struct http_req *rq)
{
    if (rq->rs.stream && !rq->head && http_stream_take(rq))
        return MHD_YES;
    return send_answer(rq);
}

static enum MHD_Result on_headers(struct http_req *rq, const char *method, const char *version)
{
    atomic_fetch_add(&rq->server->requests, 1);
    http_req_headers_in(rq, method, version);
    rq->state = HTTP_S_BODY;
    bool some = rq->chunked || rq->length > 0;
    if (some)
        http_conn_phase(rq->conn, HTTP_P_BODY, 0);
    /* A refused body is read and thrown away when it is small, so that its sender gets to read the
     * answer; else the answer goes out now and the connection ends with it. */
    if (rq->answered &&
        (rq->close || (some && (rq->expect || rq->length > (int64_t)HTTP_DRAIN_MAX)))) {
        rq->close = true;
        return send_answer(rq);
    }
    return MHD_YES;
}

static enum MHD_Result on_piece(struct http_req *rq, const char *p, size_t *n)
{
    if (rq->answered) {
        rq->drained += *n;
        if (rq->drained > HTTP_DRAIN_MAX)
            return MHD_NO;
    } else {
        struct bw_err err = {0};
        enum bw_rc rc = http_body_add(rq, p, *n, &err);
        if (rc != BW_OK)
            http_req_refuse(rq, rc == BW_BUSY ? 503 : 0, rc, &err);
    }
    http_conn_came(rq->conn, *n);
    *n = 0;
    return MHD_YES;
}

static struct http_pool *pool_of(struct http_server *s, enum http_place place)
{
    return place == HTTP_SLOW ? s->slow : place == HTTP_READER ? s->readers : s->workers;
}

static enum MHD_Result on_all(struct http_req *rq)
{
    http_conn_phase(rq->conn, HTTP_P_HANDLER, 0);
    if (rq->answered)
        return send_answer(rq);
    struct http_server *s = rq->server;
    enum http_place place = rq->route->place;
    if (place == HTTP_LOOP && s->o.loops_send && rq->route->face != HTTP_ASSET)
        place = HTTP_READER;
    if (place == HTTP_LOOP) {
        http_req_run(rq);
        return answer(rq);
    }
    rq->state = HTTP_S_AWAY;
    if (http_pool_put(pool_of(s, place), rq)) {
        MHD_suspend_connection(rq->mhd); /* it comes back through resume_done(), on this thread */
        return MHD_YES;
    }
    struct bw_err err = {0};
    enum bw_rc rc = bw_fail(&err, BW_BUSY, "Too much is being asked just now. Try again soon.");
    http_req_refuse(rq, place == HTTP_SLOW ? 429 : 503, rc, &err);
    return send_answer(rq);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *m, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_n, void **req_cls)
{
    struct http_req *rq = *req_cls;
    if (!rq)
        return MHD_NO;
    switch (rq->state) {
    case HTTP_S_LINE:
        return on_headers(rq, method, version);
    case HTTP_S_BODY:
        return *data_n > 0 ? on_piece(rq, data, data_n) : on_all(rq);
    case HTTP_S_DONE:
        return answer(rq);
    case HTTP_S_AWAY:
    case HTTP_S_SENT:
        return MHD_YES;
    case HTTP_S_TAKEN:
        break; /* libmicrohttpd drops what it believes to be the connection */
    }
    return MHD_NO;
}

static void on_completed(void *cls, struct MHD_Connection *m, void **req_cls,
                         enum MHD_RequestTerminationCode code)
{
    struct http_req *rq = *req_cls;
    if (!rq)
        return;
    *req_cls = NULL;
    BW_ASSERT(rq->state != HTTP_S_AWAY);
    if (rq->state != HTTP_S_LINE)
        http_req_end(rq, 0); /* nothing, where it has run */
    http_conn_phase(rq->conn, HTTP_P_IDLE, 0);
    http_req_free(rq);
}

__attribute__((format(printf, 2, 0))) static void on_log(void *cls, const char *fmt, va_list args)
{
    char line[512];
    int n = vsnprintf(line, sizeof line, fmt, args);
    if (n <= 0)
        return;
    struct bw_view text = bw_view_head(bw_view_of(line, (size_t)n), sizeof line - 1);
    bw_log(BW_LOG_DEBUG, "http.library", BW_FT("text", bw_view_trim(text)));
}

/* ---- the loop ---- */

enum bw_rc http_loop_open(struct http_loop *l, struct http_server *s, int listen_fd,
                          struct bw_err *err)
{
    l->server = s;
    l->listen_fd = listen_fd;
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    l->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    l->spare_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bw_random_bytes(BW_RANDOM_SECRET, l->id_state, sizeof l->id_state);
    l->id_state[0] |= 1; /* never all zero */
    if (l->epoll_fd < 0 || l->event_fd < 0 || l->spare_fd < 0)
        return bw_fail_errno(err, "open the event loop");
    l->mhd =
        MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0,
                         http_conn_accept, l, on_request, l, MHD_OPTION_EXTERNAL_LOGGER, on_log,
                         NULL, MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_CONNECTION_LIMIT,
                         (unsigned)s->o.connections_max + LIMIT_EXTRA,
                         MHD_OPTION_CONNECTION_MEMORY_LIMIT, s->o.header_max + POOL_EXTRA,
                         MHD_OPTION_NOTIFY_COMPLETED, on_completed, l, MHD_OPTION_NOTIFY_CONNECTION,
                         http_conn_notify, l, MHD_OPTION_URI_LOG_CALLBACK, on_line, l,
                         MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes, NULL,
                         MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
                         MHD_OPTION_END);
    if (!l->mhd)
        return bw_fail(err, BW_IO, "The HTTP server cannot be started.");
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(l->mhd, MHD_DAEMON_INFO_EPOLL_FD);
    struct epoll_event own = {.events = EPOLLIN, .data.ptr = l};
    struct epoll_event mhd = {.events = EPOLLIN, .data.ptr = NULL};
    if (!info || epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, info->epoll_fd, &mhd) < 0 ||
        epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->event_fd, &own) < 0)
        return bw_fail_errno(err, "watch the event loop");
    return BW_OK;
}

static int wait_ms(struct http_loop *l)
{
    MHD_UNSIGNED_LONG_LONG ms;
    if (l->again || (MHD_get_timeout(l->mhd, &ms) == MHD_YES && ms == 0))
        return 0;
    if (l->n_conns == 0 && l->n_streams == 0 && !l->quiet)
        return -1; /* an idle hub does not wake up */
    int64_t us = l->next_tick_us - bw_mono_us();
    return us > 0 ? (int)(us / 1000) + 1 : 0;
}

/* One wait. True: libmicrohttpd has something to do. */
static bool wait_events(struct http_loop *l)
{
    struct epoll_event events[EVENTS];
    int ms = wait_ms(l);
    int n = epoll_wait(l->epoll_fd, events, EVENTS, ms);
    bool run = l->again || ms == 0;
    l->now_us = bw_mono_us();
    l->again = false;
    for (int i = 0; i < n; i++) {
        uint64_t count;
        if (!events[i].data.ptr)
            run = true;
        else if (events[i].data.ptr == l)
            (void)!read(l->event_fd, &count, sizeof count);
        else
            http_stream_event(events[i].data.ptr, events[i].events);
    }
    atomic_store(&l->woken, false); /* before the lists are taken: nothing is missed */
    return run;
}

static void begin_stop(struct http_loop *l)
{
    l->quiet = true;
    MHD_socket fd = MHD_quiesce_daemon(l->mhd);
    if (fd != MHD_INVALID_SOCKET)
        (void)close(fd);
    l->listen_fd = -1;
    http_streams_close(l, false);
}

static void tick(struct http_loop *l)
{
    int64_t stop_us = atomic_load(&l->server->stop_us);
    l->next_tick_us = l->now_us + HTTP_TICK_US;
    http_conns_tick(l, l->now_us);
    http_streams_tick(l, l->now_us);
    if (stop_us && l->now_us > stop_us) {
        http_streams_close(l, true);
        http_pool_hurry(l->server->workers);
        http_pool_hurry(l->server->readers);
        http_pool_hurry(l->server->slow);
    }
}

static void *loop_main(void *arg)
{
    struct http_loop *l = arg;
    http_block_signals();
    (void)pthread_setname_np(pthread_self(), "http-loop");
    l->now_us = bw_mono_us();
    while (!l->quiet || l->n_conns > 0 || l->n_streams > 0) {
        bool run = wait_events(l);
        if (!l->quiet && atomic_load(&l->server->stop_us)) {
            begin_stop(l);
            run = true;
        }
        if (resume_done(l) || run)
            (void)MHD_run(l->mhd);
        http_streams_flush(l);
        if (l->now_us >= l->next_tick_us)
            tick(l);
    }
    return NULL;
}

enum bw_rc http_loop_run(struct http_loop *l, struct bw_err *err)
{
    if (pthread_create(&l->thread, NULL, loop_main, l) != 0)
        return bw_fail(err, BW_MEMORY, "No more threads can be started.");
    l->started = true;
    return BW_OK;
}

void http_loop_close(struct http_loop *l)
{
    if (l->started)
        (void)pthread_join(l->thread, NULL);
    if (l->mhd) {
        if (l->listen_fd >= 0)
            (void)MHD_quiesce_daemon(l->mhd); /* the socket is closed below */
        MHD_stop_daemon(l->mhd);
    }
    http_streams_flush(l); /* lets go of those that were sent to while they were closed */
    int fds[] = {l->listen_fd, l->epoll_fd, l->event_fd, l->spare_fd};
    for (size_t i = 0; i < BW_COUNT(fds); i++)
        if (fds[i] >= 0)
            (void)close(fds[i]);
    while (l->free) {
        struct http_req *rq = l->free;
        l->free = rq->next;
        http_req_delete(rq);
    }
}
