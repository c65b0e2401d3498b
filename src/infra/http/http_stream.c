/* SPDX-License-Identifier: Apache-2.0 */
/* http_stream - see http_stream.h.
 *
 * How a socket leaves libmicrohttpd: the connection is suspended, which takes its descriptor out of
 * the library's epoll; the socket is duplicated for us, an unconnected spare socket is put under
 * the old number (dup2), and the connection is resumed: the library then closes the spare and frees
 * its 16 KB, while the client's socket goes on here. The answer is written by hand and ends with
 * the connection (RFC 9112 6.3 rule 8), so there is no chunk framing and HTTP/1.0 proxies
 * understand it.
 *
 * Sending threads touch the queue under the stream's lock and push the stream on the loop's list of
 * dirty ones; only the loop touches the socket. References: one of the opener, one of the loop
 * (from open until closed), one of the dirty list while it is on it. */
#include "bw_clock.h"
#include "bw_fault.h"
#include "http_int.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD_MAX 16384
#define INPUT_MAX 4096 /* bytes that a reader may send after its request */
#define RESYNC "event: resync\ndata: resync\n\n"
#define HEARTBEAT ":\n\n"

struct http_stream {
    atomic_int refs;
    atomic_bool dirty;
    struct http_stream *dirty_next;
    struct http_server *server;
    struct http_loop *loop;
    pthread_mutex_t lock; /* the queue and the four flags */
    char *q;
    size_t n, room;
    bool lost, ending, closed, blocked;
    /* of the loop */
    struct http_stream *prev, *next;
    int fd; /* -1: not taken yet */
    size_t input;
    int64_t wrote_us;
    struct http_addr *addr;
    struct http_stream_options o;
};

struct http_stream *http_stream_ref(struct http_stream *st)
{
    atomic_fetch_add(&st->refs, 1);
    return st;
}

void http_stream_unref(struct http_stream *st)
{
    if (!st || atomic_fetch_sub(&st->refs, 1) != 1)
        return;
    pthread_mutex_destroy(&st->lock);
    free(st->q);
    free(st);
}

bool http_stream_is_open(struct http_stream *st)
{
    pthread_mutex_lock(&st->lock);
    bool open = !st->closed && !st->ending;
    pthread_mutex_unlock(&st->lock);
    return open;
}

enum bw_rc http_stream_open(struct http_req *rq, struct http_resp *rs,
                            const struct http_stream_options *o, struct http_stream **ret,
                            struct bw_err *err)
{
    struct http_server *s = rq->server;
    BW_ASSERT(!rs->stream);
    if (atomic_fetch_add(&s->streams, 1) >= s->o.streams_max) {
        atomic_fetch_sub(&s->streams, 1);
        return bw_fail(err, BW_BUSY, "Too many live pages are open. Try again later.");
    }
    struct http_stream *st = bw_calloc(1, sizeof *st);
    if (!st) {
        atomic_fetch_sub(&s->streams, 1);
        return bw_fail_memory(err);
    }
    pthread_mutex_init(&st->lock, NULL);
    atomic_init(&st->refs, 2); /* the caller's and the loop's */
    st->server = s;
    st->loop = rq->loop;
    st->fd = -1;
    st->o = *o;
    rs->stream = st;
    http_type(rs, "text/event-stream");
    http_set(rs, "Cache-Control", BW_V("no-store"));
    http_set(rs, "X-Accel-Buffering", BW_V("no")); /* nginx hands events on at once */
    *ret = st;
    return BW_OK;
}

/* ---- sending: any thread ---- */

static void mark_dirty(struct http_stream *st)
{
    struct http_loop *l = st->loop;
    if (atomic_exchange(&st->dirty, true))
        return;
    http_stream_ref(st);
    st->dirty_next = atomic_load(&l->dirty);
    while (!atomic_compare_exchange_weak(&l->dirty, &st->dirty_next, st))
        ;
    http_loop_wake(l);
}

static bool reserve(struct http_stream *st, size_t more)
{
    if (st->room - st->n >= more)
        return true;
    size_t room = (st->n + more + 255) & ~(size_t)255;
    char *q = bw_realloc(st->q, room);
    if (!q)
        return false;
    st->q = q;
    st->room = room;
    return true;
}

static void put(struct http_stream *st, const char *p, size_t n) /* room is reserved */
{
    memcpy(st->q + st->n, p, n);
    st->n += n;
}

static bool put_event(struct http_stream *st, struct bw_view event, struct bw_view data)
{
    size_t need = event.n + data.n + 16;
    for (size_t i = 0; i < data.n; i++)
        need += data.p[i] == '\n' ? 7 : 0;
    if (st->n + need > HTTP_STREAM_QUEUE_MAX || !reserve(st, need))
        return false;
    if (event.n) {
        put(st, "event: ", 7);
        put(st, event.p, event.n);
        put(st, "\n", 1);
    }
    struct bw_view rest = data;
    do {
        struct bw_view line = bw_view_split(&rest, '\n');
        put(st, "data: ", 6);
        if (line.n)
            put(st, line.p, line.n);
        put(st, "\n", 1);
    } while (rest.p);
    put(st, "\n", 1);
    return true;
}

bool http_stream_send(struct http_stream *st, const char *event, struct bw_view data)
{
    struct bw_view name = bw_view_z(event);
    BW_ASSERT(http_is_field_value(name) && bw_view_find_byte(data, '\r') == SIZE_MAX);
    pthread_mutex_lock(&st->lock); /* to the end: a closed stream must not touch loop and server */
    bool open = !st->closed && !st->ending;
    bool queued = open && !st->lost && put_event(st, name, data);
    if (open) {
        st->lost = st->lost || !queued;
        atomic_fetch_add(queued ? &st->server->events_sent : &st->server->events_lost, 1);
        if (!st->blocked) /* a blocked one is woken by its socket */
            mark_dirty(st);
    }
    pthread_mutex_unlock(&st->lock);
    return queued;
}

void http_stream_end(struct http_stream *st)
{
    pthread_mutex_lock(&st->lock);
    st->ending = true;
    if (!st->closed)
        mark_dirty(st);
    pthread_mutex_unlock(&st->lock);
}

/* ---- the loop ---- */

static void gone(struct http_stream *st) /* no socket any more, or never one */
{
    pthread_mutex_lock(&st->lock);
    st->closed = true;
    pthread_mutex_unlock(&st->lock);
    atomic_fetch_sub(&st->server->streams, 1);
    if (st->o.closed)
        st->o.closed(st->o.tag);
    http_stream_unref(st);
}

void http_stream_drop(struct http_stream *st)
{
    gone(st);
}

static void close_stream(struct http_stream *st)
{
    struct http_loop *l = st->loop;
    if (st->fd < 0)
        return;
    (void)close(st->fd); /* also takes it out of the epoll: nobody else holds it */
    st->fd = -1;
    if (st->prev)
        st->prev->next = st->next;
    else
        l->streams = st->next;
    if (st->next)
        st->next->prev = st->prev;
    l->n_streams--;
    atomic_fetch_sub(&st->server->connections, 1);
    http_addrs_leave(st->server->addrs, st->addr);
    gone(st);
}

static void watch(struct http_stream *st, int op, bool out)
{
    struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP | (out ? EPOLLOUT : 0u), .data.ptr = st};
    (void)epoll_ctl(st->loop->epoll_fd, op, st->fd, &e);
}

/* Writes what the socket takes. True: the stream is at its end. Under the lock. */
static bool write_queue(struct http_stream *st)
{
    for (;;) {
        if (st->n == 0 && st->lost && reserve(st, sizeof RESYNC - 1)) {
            st->lost = false;
            put(st, RESYNC, sizeof RESYNC - 1);
        }
        if (st->n == 0)
            break;
        ssize_t done = send(st->fd, st->q, st->n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return errno != EAGAIN && errno != EWOULDBLOCK;
        memmove(st->q, st->q + done, st->n - (size_t)done);
        st->n -= (size_t)done;
        st->wrote_us = st->loop->now_us;
    }
    free(st->q);
    st->q = NULL;
    st->room = 0;
    return st->ending;
}

static void flush(struct http_stream *st)
{
    if (st->fd < 0)
        return;
    pthread_mutex_lock(&st->lock);
    bool over = write_queue(st), was = st->blocked;
    st->blocked = st->n > 0;
    bool now = st->blocked;
    pthread_mutex_unlock(&st->lock);
    if (over)
        close_stream(st);
    else if (was != now)
        watch(st, EPOLL_CTL_MOD, now);
}

void http_streams_flush(struct http_loop *l)
{
    struct http_stream *st = atomic_exchange(&l->dirty, NULL);
    while (st) {
        struct http_stream *next = st->dirty_next;
        atomic_store(&st->dirty, false); /* before the queue is read: nothing is missed */
        flush(st);
        http_stream_unref(st);
        st = next;
    }
}

void http_stream_event(struct http_stream *st, uint32_t events)
{
    char sink[1024];
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
        ssize_t n = recv(st->fd, sink, sizeof sink, MSG_DONTWAIT);
        st->input += n > 0 ? (size_t)n : 0;
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) || st->input > INPUT_MAX) {
            close_stream(st);
            return;
        }
    }
    if (events & EPOLLOUT)
        flush(st);
}

void http_streams_tick(struct http_loop *l, int64_t now_us)
{
    const struct http_options *o = &l->server->o;
    struct http_stream *next;
    for (struct http_stream *st = l->streams; st; st = next) {
        next = st->next;
        int64_t silent_us = now_us - st->wrote_us;
        if (silent_us < (int64_t)o->heartbeat_ms * 1000 && silent_us < (int64_t)o->body_ms * 1000)
            continue;
        pthread_mutex_lock(&st->lock);
        bool late = st->blocked && silent_us >= (int64_t)o->body_ms * 1000;
        bool beat = !st->blocked && st->n == 0 && silent_us >= (int64_t)o->heartbeat_ms * 1000 &&
                    reserve(st, sizeof HEARTBEAT - 1);
        if (beat)
            put(st, HEARTBEAT, sizeof HEARTBEAT - 1);
        pthread_mutex_unlock(&st->lock);
        if (late) {
            atomic_fetch_add(&l->server->late, 1);
            close_stream(st);
        } else if (beat) {
            flush(st);
        }
    }
}

void http_streams_close(struct http_loop *l, bool now)
{
    struct http_stream *next;
    for (struct http_stream *st = l->streams; st; st = next) {
        next = st->next;
        if (now)
            close_stream(st);
        else
            http_stream_end(st);
    }
}

/* ---- taking the socket ---- */

static void put_date(struct bw_buf *b) /* RFC 9110 5.6.7 */
{
    static const char DAYS[] = "SunMonTueWedThuFriSat";
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t now_us = bw_now_us();
    struct bw_civil c;
    bw_civil_of(now_us, &c);
    int64_t day = (now_us / BW_DAY_US + 4) % 7; /* 1970-01-01 was a Thursday */
    bw_buf_printf(b, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n", DAYS + 3 * day, c.day,
                  MONTHS + 3 * (c.month - 1), c.year, c.hour, c.minute, c.second);
}

static bool put_header(void *arg, const char *name, const char *value)
{
    if (value[0])
        bw_buf_printf(arg, "%s: %s\r\n", name, value);
    return true;
}

/* The answer's head goes before whatever was sent already. */
static bool put_head(struct http_req *rq, struct http_stream *st)
{
    BW_AUTO_BUF b = BW_BUF_INIT(HEAD_MAX + HTTP_STREAM_QUEUE_MAX);
    BW_BUF_LIT(&b, "HTTP/1.1 200 OK\r\nConnection: close\r\n");
    put_date(&b);
    (void)http_resp_headers(rq, put_header, &b);
    BW_BUF_LIT(&b, "\r\n");
    pthread_mutex_lock(&st->lock);
    bw_buf_add(&b, st->q ? st->q : "", st->n);
    bool ok = b.rc == BW_OK;
    if (ok) {
        free(st->q);
        st->room = b.room;
        st->q = bw_buf_take(&b, &st->n);
    }
    pthread_mutex_unlock(&st->lock);
    return ok;
}

bool http_stream_take(struct http_req *rq)
{
    struct http_stream *st = rq->rs.stream;
    struct http_loop *l = rq->loop;
    struct http_conn *c = rq->conn;
    struct bw_err err = {0};
    int on = 1, keep = HTTP_STREAM_QUEUE_MAX, fd = fcntl(c->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0 || !put_head(rq, st)) {
        enum bw_rc rc = bw_fail_errno(&err, "open the stream");
        if (fd >= 0)
            (void)close(fd);
        http_resp_fail(rq, 0, rc, &err); /* drops the stream */
        return false;
    }
    MHD_suspend_connection(rq->mhd);
    int put = dup3(l->spare_fd, c->fd, O_CLOEXEC);
    BW_ASSERT(put == c->fd);
    MHD_resume_connection(rq->mhd);
    l->again = true;
    rq->state = HTTP_S_TAKEN;
    rq->rs.stream = NULL;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &keep,
                     sizeof keep); /* the kernel keeps little too */
    st->fd = fd;
    st->addr = BW_TAKE(c->addr); /* it goes on counting for its address */
    atomic_fetch_add(&st->server->connections, 1);
    st->wrote_us = l->now_us;
    st->next = l->streams;
    if (st->next)
        st->next->prev = st;
    l->streams = st;
    l->n_streams++;
    watch(st, EPOLL_CTL_ADD, false);
    if (l->quiet)
        http_stream_end(st);
    flush(st);
    return true;
}
