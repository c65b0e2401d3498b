/* SPDX-License-Identifier: Apache-2.0 */
/* http_int - what the files of this folder share. Nobody else includes it.
 *
 * Ownership: a loop owns its connections, streams and free requests and touches them on its thread
 * only. A request travels loop -> worker -> loop through two queues, which order the memory. */
#ifndef HTTP_INT_H
#define HTTP_INT_H

#include "http.h"
#include "http_decode.h"
#include "http_table.h"
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#define HTTP_HEADERS_MAX 32
#define HTTP_HEADER_TEXT_MAX 4096
#define HTTP_BODY_SMALL (64u * 1024) /* a body that bodies_max does not turn away */
#define HTTP_DRAIN_MAX \
    (4u * 1024 * 1024)             /* of a refused body, so that its sender reads the answer */
#define HTTP_OUT_KEEP (64u * 1024) /* memory of an answer that a free request keeps */
#define HTTP_FREE_KEEP 64          /* free requests that a loop keeps */
#define HTTP_SLOW_THREADS 2
#define HTTP_SLOW_QUEUE 32
#define HTTP_TICK_US 100000 /* how often deadlines are looked at */
#define HTTP_ID_TEXT 16

struct http_loop;

/* ---- answer (http_resp.c) ---- */
struct http_resp {
    struct bw_buf out;
    int status;
    const char *type;
    bool bad;   /* a header that cannot be sent: the request fails */
    bool fresh; /* If-None-Match has the tag */
    bool gzip;
    const char *bad_why;
    struct bw_view fixed; /* static or owned body; .p NULL: out */
    void (*release)(void *);
    void *release_arg;
    struct http_stream *stream;
    size_t n_headers, text_n;
    struct {
        uint16_t name, value, value_n; /* offsets in text; both with a NUL behind */
    } h[HTTP_HEADERS_MAX];
    char etag[80];
    char text[HTTP_HEADER_TEXT_MAX];
};
void http_resp_reset(struct http_resp *rs); /* as new, memory kept; releases an owned body */
void http_resp_done(struct http_resp *rs);
/* What the answer to RQ is after the handler gave RC: error form, 304, failures of out and headers.
 */
void http_resp_settle(struct http_req *rq, enum bw_rc rc, struct bw_err *err);
/* The failure STATUS (0: of rc). */
void http_resp_fail(struct http_req *rq, int status, enum bw_rc rc, const struct bw_err *err);
void http_resp_options(struct http_req *rq);
/* NULL: out of memory. */
struct MHD_Response *http_resp_build(struct http_req *rq);
/* Calls fn for each header that the answer carries, the constant ones too. */
typedef bool (*http_header_fn)(void *arg, const char *name, const char *value);
bool http_resp_headers(struct http_req *rq, http_header_fn fn, void *arg);

/* ---- request (http_req.c, http_body.c) ---- */
enum http_state {
    HTTP_S_LINE, /* waits for the headers */
    HTTP_S_BODY,
    HTTP_S_AWAY, /* with a worker */
    HTTP_S_DONE, /* the answer is ready to be queued */
    HTTP_S_SENT,
    HTTP_S_TAKEN, /* the socket is a stream's */
};
struct http_body {
    struct bw_buf mem;
    int fd; /* spool; -1 */
    void *map;
    size_t n;       /* received and kept */
    size_t counted; /* in server->bodies */
};
struct http_req {
    struct http_req *next; /* free list, worker queue or done list */
    struct http_server *server;
    struct http_loop *loop;
    struct http_conn *conn;
    struct MHD_Connection *mhd;
    enum http_state state;
    bool head, ended, tls;
    bool chunked, expect, answered; /* answered: the answer is settled, the body is thrown away */
    bool close;                     /* after this answer */
    unsigned allow;
    enum http_method method;
    enum http_face face;
    const struct http_route *route;
    struct bw_arena *arena;
    struct bw_view target, path, query;
    struct bw_view segs[HTTP_SEGMENTS_MAX];
    size_t n_segs;
    struct bw_view body_type, body_boundary;
    struct http_values values;
    struct http_body body;
    int64_t length; /* Content-Length; -1: none */
    size_t drained;
    struct bw_ip peer;
    int64_t began_us;
    void *app;
    char id[HTTP_ID_TEXT + 1];
    struct http_resp rs;
};
struct http_req *http_req_new(struct http_loop *l); /* from the loop's free ones */
void http_req_free(struct http_req *rq);            /* back to them */
void http_req_delete(struct http_req *rq);          /* for good */
/* The headers are in: routes, checks, admits. What is refused has its answer at once. */
void http_req_headers_in(struct http_req *rq, const char *method, const char *version);
/* form, begin, handler, error form, end: on the thread of the route's place. */
void http_req_run(struct http_req *rq);
void http_req_refuse(struct http_req *rq, int status, enum bw_rc rc, const struct bw_err *err);
void http_req_options(struct http_req *rq);         /* 204 with Allow */
void http_req_end(struct http_req *rq, int status); /* the end hook, once */

enum bw_rc http_body_add(struct http_req *rq, const char *p, size_t n, struct bw_err *err);
enum bw_rc http_body_finish(struct http_req *rq, struct bw_err *err);
void http_body_done(struct http_req *rq);

/* ---- connections and their limits (http_conn.c) ---- */
enum http_phase { HTTP_P_HEADER, HTTP_P_BODY, HTTP_P_HANDLER, HTTP_P_SENDING, HTTP_P_IDLE };
struct http_addr; /* how many connections one address has */
struct http_conn {
    struct http_conn *prev, *next;
    struct http_loop *loop;
    struct http_addr *addr;
    struct bw_ip ip;
    int fd;
    enum http_phase phase;
    bool cut; /* shutdown(2) was called */
    bool from_proxy;
    int64_t deadline_us; /* 0: none */
};
struct http_addrs;
struct http_addrs *http_addrs_new(void);
void http_addrs_free(struct http_addrs *as);
bool http_addrs_may(struct http_addrs *as, const struct bw_ip *ip, int max);
struct http_addr *http_addrs_enter(struct http_addrs *as, const struct bw_ip *ip);
void http_addrs_leave(struct http_addrs *as, struct http_addr *a);
bool http_ip_of(const struct sockaddr *sa, struct bw_ip *ret);
bool http_from_proxy(const struct http_server *s, const struct bw_ip *ip);
void http_conn_phase(struct http_conn *c, enum http_phase phase, size_t bytes);
void http_conn_came(struct http_conn *c, size_t bytes); /* of the body: its deadline moves */
void http_conns_tick(struct http_loop *l, int64_t now_us);
/* MHD's callbacks; cls is the loop. */
enum MHD_Result http_conn_accept(void *cls, const struct sockaddr *addr, socklen_t len);
void http_conn_notify(void *cls, struct MHD_Connection *m, void **ctx,
                      enum MHD_ConnectionNotificationCode code);

/* ---- workers (http_worker.c) ---- */
struct http_pool;
struct http_pool *http_pool_new(int threads, int queue_max, bool low, struct bw_err *err);
void http_pool_free(struct http_pool *p); /* runs what is queued, then joins */
bool http_pool_full(struct http_pool *p);
bool http_pool_put(struct http_pool *p, struct http_req *rq); /* false: full */
void http_pool_hurry(struct http_pool *p);                    /* what has not begun is refused */
void http_pool_count(struct http_pool *p, int *ret_busy, int *ret_waiting);

/* ---- streams (http_stream.c) ---- */
/* Loop: takes the socket out of libmicrohttpd. False: it cannot; rq then holds an error. */
bool http_stream_take(struct http_req *rq);
void http_stream_drop(struct http_stream *st); /* the answer was not sent after all */
void http_streams_flush(struct http_loop *l);  /* what was sent since the last time */
void http_stream_event(struct http_stream *st, uint32_t events);
void http_streams_tick(struct http_loop *l, int64_t now_us);
void http_streams_close(struct http_loop *l, bool now); /* end, or close at once */

/* ---- loop (http_loop.c) ---- */
struct http_loop {
    struct http_server *server;
    pthread_t thread;
    bool started;
    struct MHD_Daemon *mhd;
    int listen_fd, epoll_fd, event_fd, spare_fd; /* spare: see http_stream_take() */
    _Atomic(struct http_req *) done;             /* from the workers */
    _Atomic(struct http_stream *) dirty;         /* streams with something to write */
    atomic_bool woken;
    bool again, quiet; /* run MHD once more; listening has ended */
    struct http_conn *conns;
    struct http_stream *streams;
    int n_conns, n_streams; /* of this loop */
    struct http_req *free;
    int n_free;
    uint64_t id_state[2];
    int64_t now_us, next_tick_us; /* now: when this round began */
};
enum bw_rc http_loop_open(struct http_loop *l, struct http_server *s, int listen_fd,
                          struct bw_err *err);
enum bw_rc http_loop_run(struct http_loop *l, struct bw_err *err); /* starts the thread */
void http_loop_close(struct http_loop *l);
void http_loop_wake(struct http_loop *l);                      /* any thread */
void http_loop_done(struct http_loop *l, struct http_req *rq); /* a worker gives it back */

/* ---- server (http_server.c) ---- */
struct http_server {
    struct http_options o;
    struct http_router *router;
    struct http_addrs *addrs;
    struct http_pool *workers, *readers, *slow;
    struct http_loop *loops;
    int n_loops, port;
    _Atomic int64_t stop_us; /* 0: serving; else when what is left is cut */
    atomic_int connections, streams;
    atomic_size_t bodies;
    _Atomic uint64_t requests, refused, late, spooled, dropped, events_sent, events_lost;
};
void http_block_signals(void);

#endif
