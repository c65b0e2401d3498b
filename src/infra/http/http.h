/* SPDX-License-Identifier: Apache-2.0 */
/* http - the server: a table of routes in, answers out. Includes http_req.h (what a handler reads
 * and writes) and http_stream.h (server-sent events).
 *
 * Why a table: what a route may receive is written beside it (type, size, place), so an input that
 * was not declared never reaches a handler, and manual, OpenAPI and tests are generated from the
 * table. Why places: a loop that blocks stops everybody who is on it, so a route says whether it is
 * short enough for the loop (bounded reads, <= 1 ms) or goes to a worker.
 *
 * One request's life. Loop: line and headers are in -> route, length, media type, path and query
 * are checked -> `admit` -> the body is read (memory, then an unlinked file). On the loop or a
 * worker: the form is checked -> `begin` -> handler -> (`on_error`) -> `end`. The loop sends the
 * answer. `end` runs exactly once for every request whose headers were complete, refused ones too.
 *
 * Threads: `loops` threads with one epoll and one SO_REUSEPORT socket each; `workers`; two slow
 * ones. A request is owned by one thread at a time and needs no locks. Sources: RFC 9110, 9112,
 * 3986, 6265. */
#ifndef HTTP_H
#define HTTP_H

#include "bw_arena.h"
#include "bw_buf.h"
#include "bw_err.h"
#include "bw_ip.h"
#include "bw_view.h"

struct http_req;
struct http_resp;
struct http_server;

/* HEAD is answered by GET routes without the body, OPTIONS by the router (204 and Allow), any other
 * method with 405 and Allow. */
enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_DELETE };
#define HTTP_METHODS 4

enum http_place {
    HTTP_LOOP,   /* on the epoll loop: bounded reads, <= 1 ms */
    HTTP_WORKER, /* on a worker thread; queue of options.worker_queue, then 503 */
    HTTP_SLOW, /* password hashing: 2 threads at low priority, queue of 32, then 429 before any work
                */
    HTTP_READER, /* reads that may take longer than a loop has (pages of objects, long texts):
                    threads of their own, so that readers never wait behind handlers that wait for a
                    commit */
};

/* The form of the answer: decides which constant headers it gets; hooks use it for errors and CSRF.
 */
enum http_face { HTTP_PAGE, HTTP_API, HTTP_TAXII, HTTP_ASSET, HTTP_STREAM };
#define HTTP_FACE_BIT(face) (1u << (face))
#define HTTP_EVERY_FACE 0x1fu

enum http_kind {
    HTTP_TEXT, /* valid UTF-8 without NUL; min..max bytes; control characters refused but see
                  HTTP_LINES */
    HTTP_INT,  /* decimal int64, min..max */
    HTTP_ID,   /* public id, bw_id_valid() */
    HTTP_WORD, /* [a-z0-9_.-]; min..max bytes (max 0: 128) */
    HTTP_FLAG, /* 1 true on yes / 0 false off no or empty */
    HTTP_FILE, /* a part of multipart/form-data with a file name; min..max bytes, any bytes */
};

/* For HTTP_INT, HTTP_ID, HTTP_WORD an empty value counts as not given (HTML forms send empty
 * fields); HTTP_REQUIRED refuses an empty HTTP_TEXT too. */
enum http_param_flag {
    HTTP_REQUIRED = 1,
    HTTP_MANY = 2,    /* may be repeated (at most HTTP_MANY_MAX times); http_many() reads them */
    HTTP_IN_PATH = 4, /* a {name} segment; a value that does not fit is 404 */
    HTTP_IN_QUERY = 8,
    HTTP_IN_FORM = 16, /* application/x-www-form-urlencoded or multipart/form-data body */
    HTTP_SECRET = 32,  /* never in an error message or a log */
    HTTP_LINES = 64,   /* HTTP_TEXT: \n and tab allowed, CRLF and CR become \n */
};
#define HTTP_MANY_MAX 1000

/* flags without any HTTP_IN_*: path where the path has {name}, else the query for GET and DELETE,
 * else the form. */
struct http_param {
    const char *name;
    enum http_kind kind;
    unsigned flags;
    int64_t min, max;
};

/* The row lives as long as the server. path: segments are literal or "{name}"; a trailing slash
 * counts; a literal segment wins over {name}. */
struct http_route {
    enum http_method method;
    const char *path;
    enum http_place place;
    enum http_face face;
    unsigned permission; /* the app's; opaque here */
    const struct http_param *params;
    size_t n_params;
    size_t body_max;   /* bytes; 0: no body. More is 413 */
    const char *types; /* accepted request media types, space separated; NULL: only an empty body */
    enum bw_rc (*handle)(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
    const char *summary; /* for the manual */
};

/* Where P is read from: exactly one or more HTTP_IN_* bits. */
unsigned http_param_in(const struct http_route *route, const struct http_param *p);
const char *http_method_name(enum http_method m); /* "GET" */
int http_status_for(enum bw_rc rc);               /* 200 for BW_OK, 404, 400, ... */

/* Every answer whose face is in `faces` carries it, unless the handler set the same name. */
struct http_header_row {
    const char *name, *value;
    unsigned faces; /* HTTP_FACE_BIT()s */
    bool tls_only;  /* only where http_is_tls() */
};

/* What the app does around every handler. All may be NULL. A failure of admit or begin is answered
 * as if the handler had failed. */
struct http_hooks {
    /* After the headers, before the body, on the loop, where a row matched and path, query and
     * length are right: refuse early (401, 429, foreign Host). */
    enum bw_rc (*admit)(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
    /* On the handler's thread, before it: session, permission, CSRF. */
    enum bw_rc (*begin)(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
    /* On the thread where the answer became final: log it, release *http_app(rq). status 0: the
     * client left before the request was complete. */
    void (*end)(struct http_req *rq, int status);
    /* Writes the answer for a failure: body and type; status and headers (Allow, Retry-After) are
     * set already. rs holds nothing of what the handler wrote. NULL: one line of text/plain. */
    void (*on_error)(struct http_req *rq, struct http_resp *rs, enum bw_rc rc,
                     const struct bw_err *err);
};

/* 0 (or NULL) takes the default in brackets. */
struct http_options {
    const char *listen; /* "127.0.0.1:8080", "[::1]:0", "0.0.0.0:80"; port 0: any */
    const struct http_route *routes;
    size_t n_routes;
    const struct http_header_row *headers;
    size_t n_headers;
    struct http_hooks hooks;
    void *app; /* http_context() */

    int loops;        /* [1] */
    bool loops_send;  /* handlers wait for a server: rows of HTTP_LOOP but assets run on readers */
    int workers;      /* [4] */
    int readers;      /* [loops + 1] for HTTP_READER, which is busy and never waits */
    int worker_queue; /* [1024] requests waiting for a worker, or for a reader, then 503 */

    const char *spool_dir;  /* ["/tmp"] for unlinked files of large bodies */
    size_t body_memory_max; /* [1 MiB] larger bodies go to the spool */
    size_t bodies_max;      /* [1 GiB] all bodies under way together, then 503 for large ones */
    size_t out_max;         /* [64 MiB] of http_out(), then 413 */
    size_t arena_max;       /* [16 MiB] of http_arena() */
    size_t header_max;      /* [8 KiB] request line and headers, then 431 or 414 */

    int connections_max;         /* [4096] all loops together; further ones are closed at once */
    int connections_per_address; /* [256] an IPv6 /64 is one address; not for trusted proxies */
    int header_ms;               /* [10 s] until line and headers are complete */
    int body_ms;  /* [20 s] without progress at min_rate; sending: + 1 s for each min_rate bytes */
    int min_rate; /* [2048] bytes a second */
    int idle_ms;  /* [60 s] between requests of one connection */
    int heartbeat_ms; /* [20 s] comment on a silent stream */
    int streams_max;  /* [2048] open streams, then 503 */

    const struct bw_prefix *proxies; /* whose X-Forwarded-For and -Proto are believed */
    size_t n_proxies;
};

/* BW_INVALID: listen is not an address; BW_IO: it cannot be bound. A wrong route table is a bug:
 * BW_ASSERT with the row in the log (two rows of one method and shape, a {name} without its
 * parameter, limits missing). *options is copied; the arrays it points to must outlive the server.
 */
BW_MUST_CHECK enum bw_rc http_server_start(const struct http_options *options,
                                           struct http_server **ret, struct bw_err *err);
/* Stops accepting, ends the streams, lets requests under way finish for grace_ms, then closes what
 * is left, waits for running handlers and frees. NULL is accepted. */
void http_server_stop(struct http_server *s, int grace_ms);
int http_server_port(const struct http_server *s);

struct http_stats {
    uint64_t requests, refused_connections, late_connections, spooled_bodies, dropped_inputs;
    uint64_t events_sent, events_lost;
    int connections, streams, workers_busy, workers_waiting, slow_waiting;
};
void http_server_stats(struct http_server *s, struct http_stats *ret);

#include "http_req.h"
#include "http_stream.h"

#endif
