/* SPDX-License-Identifier: Apache-2.0 */
/* http_req - what a handler reads (the request) and writes (the answer). Include http.h.
 *
 * Views that come from a request live until its `end` hook has run. Only declared parameters can be
 * read: asking for another name is a bug (BW_ASSERT). A handler that returns anything but BW_OK is
 * answered by the on_error hook with the status of that code; what it wrote is thrown away. */
#ifndef HTTP_REQ_H
#define HTTP_REQ_H

#include "http.h"

/* --- request --- */
enum http_method http_method_of(const struct http_req *rq);        /* HTTP_GET for HEAD */
const struct http_route *http_route_of(const struct http_req *rq); /* NULL: 404 and 405 */
enum http_face http_face_of(const struct http_req *rq); /* 405: of the path; 404: HTTP_PAGE */
struct bw_view http_path(const struct http_req *rq); /* decoded, starts with '/', without query */
struct bw_view http_header(const struct http_req *rq, const char *name); /* absent: {NULL, 0} */
struct bw_view http_cookie(const struct http_req *rq, const char *name); /* absent: {NULL, 0} */
struct bw_view http_body(const struct http_req *rq); /* whole, as received; not in admit */
struct bw_view
http_body_type(const struct http_req *rq);         /* "text/csv", lower case, no parameters */
struct bw_arena *http_arena(struct http_req *rq);  /* dies with the request */
struct bw_ip http_peer(const struct http_req *rq); /* X-Forwarded-For is believed of proxies only */
bool http_is_tls(const struct http_req *rq);       /* X-Forwarded-Proto: https of a proxy */
struct bw_view
http_request_id(const struct http_req *rq);       /* 16 characters, for log and error page */
int64_t http_began_us(const struct http_req *rq); /* bw_mono_us() when the line was in */
void *http_context(const struct http_req *rq);    /* options.app */
void **http_app(struct http_req *rq); /* the app's slot for this request; NULL at first */

/* --- declared parameters (path, query, form alike) --- */
bool http_has(const struct http_req *rq, const char *name);
struct bw_view http_text(const struct http_req *rq,
                         const char *name); /* absent: {NULL, 0}; TEXT, ID, WORD */
int64_t http_int(const struct http_req *rq, const char *name, int64_t absent);
bool http_flag(const struct http_req *rq, const char *name); /* absent: false */
/* The Ith value of an HTTP_MANY parameter (any but HTTP_FILE); false: there is none. */
bool http_many(const struct http_req *rq, const char *name, size_t i, struct bw_view *ret);

struct http_file {
    struct bw_view name, type, bytes; /* name: the last component, control characters replaced */
};
/* The Ith file of an HTTP_FILE parameter; false: there is none. */
bool http_file(const struct http_req *rq, const char *name, size_t i, struct http_file *ret);

/* --- answer --- */
struct bw_buf *http_out(struct http_resp *rs);      /* the body; its failure fails the request */
void http_status(struct http_resp *rs, int status); /* 200 at first */
int http_status_of(const struct http_resp *rs);
void http_type(struct http_resp *rs,
               const char *type); /* static text: "text/html; charset=utf-8" */
/* Replaces NAME unless it is Set-Cookie, Link, Vary. Both are copied. A CR, LF, NUL or other
 * control character, a name that is no token, more than 32 headers or 4 KiB in all fail the request
 * (BW_BROKEN). BW_ASSERT: Content-Type, Content-Length, Transfer-Encoding, Connection, ETag, Date.
 */
void http_set(struct http_resp *rs, const char *name, struct bw_view value);

enum http_same_site { HTTP_SAME_SITE_LAX, HTTP_SAME_SITE_STRICT, HTTP_SAME_SITE_NONE };
struct http_cookie_spec {
    const char *name;
    struct bw_view value; /* cookie-octets (RFC 6265 4.1.1), else the request fails */
    const char *path;     /* NULL: "/" */
    int64_t max_age_s;    /* 0: session; < 0: delete it */
    enum http_same_site same_site;
    bool insecure;        /* without Secure: only where the hub runs without TLS on loopback */
    bool script_readable; /* without HttpOnly */
};
void http_cookie_set(struct http_resp *rs, const struct http_cookie_spec *spec);

/* status 301, 302, 303, 307, 308. TO is a path ("/items") or, with http_redirect_away(), an URL; a
 * path that is not one ("//evil", "/\\evil") fails the request. Body becomes empty. */
bool http_is_local(struct bw_view to); /* such a path: ask it of a `next` that came from outside */
void http_redirect(struct http_resp *rs, int status, struct bw_view to);
void http_redirect_away(struct http_resp *rs, int status, struct bw_view url);
/* TAG without quotes. A GET whose If-None-Match has it is answered 304 without the body: set it
 * first and ask http_is_fresh() to spare the work. */
void http_etag(struct http_req *rq, struct http_resp *rs, struct bw_view tag);
bool http_is_fresh(const struct http_resp *rs);

/* A body that outlives the server (assets): not copied. gzip.p NULL: none; it is sent where
 * Accept-Encoding takes gzip, with Vary. */
struct http_bytes {
    const char *type;
    struct bw_view plain, gzip;
};
void http_bytes_static(struct http_req *rq, struct http_resp *rs, const struct http_bytes *b);
/* A body that somebody else owns; release(arg) runs once when it is no longer needed, on a loop. */
void http_bytes_own(struct http_resp *rs, struct bw_view bytes, void (*release)(void *), void *arg);

#endif
