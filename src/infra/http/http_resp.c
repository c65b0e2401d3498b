/* SPDX-License-Identifier: Apache-2.0 */
/* http_resp - the answer: what a handler sets, and what becomes of it.
 *
 * Why headers lie in a fixed block inside the answer: they can be set when the arena is full, and
 * their number and size have a limit by construction. What cannot be sent (a line break in a value)
 * does not go out mended: the request fails, since it is a bug or an attack. */
#include "bw_log.h"
#include "http_int.h"
#include <stdio.h>
#include <strings.h>

struct bw_buf *http_out(struct http_resp *rs)
{
    return &rs->out;
}

void http_status(struct http_resp *rs, int status)
{
    BW_ASSERT(status >= 200 && status <= 599);
    rs->status = status;
}

int http_status_of(const struct http_resp *rs)
{
    return rs->status;
}

void http_type(struct http_resp *rs, const char *type)
{
    rs->type = type;
}

static void bad(struct http_resp *rs, const char *why)
{
    rs->bad = true;
    rs->bad_why = why;
}

static uint16_t put_text(struct http_resp *rs, struct bw_view v)
{
    uint16_t at = (uint16_t)rs->text_n;
    memcpy(rs->text + at, v.p ? v.p : "", v.n);
    rs->text[at + v.n] = '\0';
    rs->text_n += v.n + 1;
    return at;
}

/* Those that have their own function, or are the library's. */
static bool is_ours(const char *name)
{
    static const char *const OURS[] = {"Content-Type", "Content-Length", "Transfer-Encoding",
                                       "Connection",   "ETag",           "Date"};
    for (size_t i = 0; i < BW_COUNT(OURS); i++)
        if (strcasecmp(OURS[i], name) == 0)
            return true;
    return false;
}

void http_set(struct http_resp *rs, const char *name, struct bw_view value)
{
    struct bw_view key = bw_view_z(name);
    BW_ASSERT(!is_ours(name));
    bool many = strcasecmp(name, "Set-Cookie") == 0 || strcasecmp(name, "Link") == 0 ||
                strcasecmp(name, "Vary") == 0;
    if (!http_is_token(key) || !http_is_field_value(value)) {
        bad(rs, "a header has a character that is not allowed");
        return;
    }
    size_t at = rs->n_headers;
    for (size_t i = 0; i < rs->n_headers && !many; i++)
        if (strcasecmp(rs->text + rs->h[i].name, name) == 0)
            at = i;
    if (at == HTTP_HEADERS_MAX || rs->text_n + key.n + value.n + 2 > sizeof rs->text) {
        bad(rs, "too many or too long headers");
        return;
    }
    if (at == rs->n_headers) {
        rs->h[at].name = put_text(rs, key);
        rs->n_headers++;
    }
    rs->h[at].value = put_text(rs, value);
    rs->h[at].value_n = (uint16_t)value.n;
}

static bool is_cookie_value(struct bw_view v) /* RFC 6265 4.1.1 cookie-octet */
{
    for (size_t i = 0; i < v.n; i++) {
        unsigned char c = (unsigned char)v.p[i];
        if (c <= 0x20 || c >= 0x7f || c == '"' || c == ',' || c == ';' || c == '\\')
            return false;
    }
    return true;
}

void http_cookie_set(struct http_resp *rs, const struct http_cookie_spec *c)
{
    static const char *const SITE[] = {"Lax", "Strict", "None"};
    char line[2048], age[48] = "";
    const char *path = c->path ? c->path : "/";
    if (!http_is_token(bw_view_z(c->name)) || !is_cookie_value(c->value) || strchr(path, ';')) {
        bad(rs, "a cookie has a character that is not allowed");
        return;
    }
    if (c->max_age_s)
        (void)snprintf(age, sizeof age, "; Max-Age=%lld",
                       c->max_age_s > 0 ? (long long)c->max_age_s : 0LL);
    int n = snprintf(line, sizeof line, "%s=%.*s; Path=%s%s; SameSite=%s%s%s", c->name,
                     BW_VF(c->value), path, age, SITE[c->same_site], c->insecure ? "" : "; Secure",
                     c->script_readable ? "" : "; HttpOnly");
    if (n <= 0 || (size_t)n >= sizeof line)
        bad(rs, "a cookie is too long");
    else
        http_set(rs, "Set-Cookie", bw_view_of(line, (size_t)n));
}

bool http_is_local(struct bw_view to)
{
    if (to.n == 0 || to.p[0] != '/' || (to.n > 1 && (to.p[1] == '/' || to.p[1] == '\\')))
        return false;
    for (size_t i = 0; i < to.n; i++)
        if ((unsigned char)to.p[i] <= 0x20 || to.p[i] == 0x7f)
            return false;
    return to.n <= 2048;
}

void http_redirect_away(struct http_resp *rs, int status, struct bw_view url)
{
    BW_ASSERT(status == 301 || status == 302 || status == 303 || status == 307 || status == 308);
    rs->status = status;
    bw_buf_reset(&rs->out);
    rs->type = NULL;
    http_set(rs, "Location", url);
}

void http_redirect(struct http_resp *rs, int status, struct bw_view to)
{
    if (http_is_local(to))
        http_redirect_away(rs, status, to);
    else
        bad(rs, "a redirect leads elsewhere");
}

void http_etag(struct http_req *rq, struct http_resp *rs, struct bw_view tag)
{
    char with_gzip[sizeof rs->etag];
    for (size_t i = 0; i < tag.n; i++)
        if ((unsigned char)tag.p[i] <= 0x20 || tag.p[i] == '"' || tag.p[i] == 0x7f)
            tag.n = 0;
    if (tag.n == 0 || tag.n + 4 > sizeof rs->etag) {
        bad(rs, "an entity tag has a character that is not allowed, or is too long");
        return;
    }
    memcpy(rs->etag, tag.p, tag.n);
    rs->etag[tag.n] = '\0';
    int n = snprintf(with_gzip, sizeof with_gzip, "%s-gz", rs->etag);
    struct bw_view asked = http_header(rq, "If-None-Match");
    rs->fresh =
        rq->method == HTTP_GET && asked.p &&
        (http_etag_listed(asked, tag) || http_etag_listed(asked, bw_view_of(with_gzip, (size_t)n)));
}

bool http_is_fresh(const struct http_resp *rs)
{
    return rs->fresh;
}

void http_bytes_own(struct http_resp *rs, struct bw_view bytes, void (*release)(void *), void *arg)
{
    if (rs->release)
        rs->release(rs->release_arg);
    rs->fixed = bytes.p ? bytes : BW_V("");
    rs->release = release;
    rs->release_arg = arg;
}

void http_bytes_static(struct http_req *rq, struct http_resp *rs, const struct http_bytes *b)
{
    rs->gzip = b->gzip.p && http_accepts_coding(http_header(rq, "Accept-Encoding"), BW_V("gzip"));
    if (b->gzip.p)
        http_set(rs, "Vary", BW_V("Accept-Encoding"));
    rs->type = b->type;
    http_bytes_own(rs, rs->gzip ? b->gzip : b->plain, NULL, NULL);
}

void http_resp_reset(struct http_resp *rs)
{
    if (rs->release)
        rs->release(rs->release_arg);
    if (rs->stream)
        http_stream_drop(rs->stream);
    if (rs->out.room > HTTP_OUT_KEEP)
        bw_buf_done(&rs->out);
    bw_buf_reset(&rs->out);
    rs->status = 200;
    rs->type = NULL;
    rs->bad = rs->fresh = rs->gzip = false;
    rs->fixed = (struct bw_view){NULL, 0};
    rs->release = NULL;
    rs->stream = NULL;
    rs->n_headers = rs->text_n = 0;
    rs->etag[0] = '\0';
}

void http_resp_done(struct http_resp *rs)
{
    http_resp_reset(rs);
    bw_buf_done(&rs->out);
}

int http_status_for(enum bw_rc rc)
{
    switch (rc) {
    case BW_OK:
        return 200;
    case BW_NOT_FOUND:
        return 404;
    case BW_INVALID:
        return 400;
    case BW_LIMIT:
        return 413;
    case BW_UNSIGNED:
        return 401;
    case BW_DENIED:
        return 403;
    case BW_CONFLICT:
        return 409;
    case BW_BUSY:
        return 429;
    case BW_UNSUPPORTED:
        return 415;
    case BW_RESERVED:
        return 501;
    case BW_MEMORY:
    case BW_IO:
        return 503;
    case BW_BROKEN:
        break;
    }
    return 500;
}

static void set_allow(struct http_req *rq)
{
    char list[64] = "";
    size_t n = 0;
    for (unsigned m = 0; m < HTTP_METHODS; m++)
        if (rq->allow & (1u << m))
            n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", m == HTTP_GET ? "HEAD, " : "",
                                  http_method_name(m)),
                n += (size_t)snprintf(list + n, sizeof list - n, ", ");
    (void)snprintf(list + n, sizeof list - n, "OPTIONS");
    http_set(&rq->rs, "Allow", bw_view_z(list));
}

void http_resp_options(struct http_req *rq)
{
    http_resp_reset(&rq->rs);
    rq->rs.status = 204;
    set_allow(rq);
}

static void fail_plain(struct http_req *rq, int status, const struct bw_err *err)
{
    struct http_resp *rs = &rq->rs;
    http_resp_reset(rs);
    rs->status = status;
    rs->type = "text/plain; charset=utf-8";
    bw_buf_z(&rs->out,
             err->message[0] ? err->message : MHD_get_reason_phrase_for((unsigned)status));
    bw_buf_byte(&rs->out, '\n');
}

void http_resp_fail(struct http_req *rq, int status, enum bw_rc rc, const struct bw_err *err)
{
    struct http_resp *rs = &rq->rs;
    const struct http_hooks *hooks = &rq->server->o.hooks;
    status = status ? status : http_status_for(rc);
    http_resp_reset(rs);
    rs->status = status;
    if (status >= 500 && rc != BW_RESERVED && rc != BW_BUSY)
        bw_log(BW_LOG_ERROR, "http.failed", BW_FZ("request", rq->id),
               BW_FZ("route", rq->route ? rq->route->path : ""), BW_FI("status", status),
               BW_FZ("rc", bw_rc_name(rc)), BW_FZ("message", err->message),
               BW_FZ("detail", err->detail));
    if (!hooks->on_error) {
        fail_plain(rq, status, err);
    } else {
        hooks->on_error(rq, rs, rc, err);
        if (rs->bad || rs->out.rc != BW_OK)
            fail_plain(rq, status, err);
    }
    if (status == 405)
        set_allow(rq);
    if ((status == 429 || status == 503) && rs->n_headers < HTTP_HEADERS_MAX)
        http_set(rs, "Retry-After", BW_V("5"));
    rs->bad = false; /* a header that did not fit does not fail a failure */
}

void http_resp_settle(struct http_req *rq, enum bw_rc rc, struct bw_err *err)
{
    struct http_resp *rs = &rq->rs;
    if (rc == BW_OK && rs->bad)
        rc = bw_fail_detail(err, BW_BROKEN, "The answer could not be made.", "%s", rs->bad_why);
    if (rc == BW_OK)
        rc = bw_buf_rc(&rs->out, "the answer", err);
    if (rc != BW_OK) {
        http_resp_fail(rq, 0, rc, err);
        return;
    }
    if (rs->fresh && rs->status == 200) {
        rs->status = 304;
        bw_buf_reset(&rs->out);
        http_bytes_own(rs, (struct bw_view){NULL, 0}, NULL, NULL);
    }
}

static bool is_set(const struct http_resp *rs, const char *name)
{
    for (size_t i = 0; i < rs->n_headers; i++)
        if (strcasecmp(rs->text + rs->h[i].name, name) == 0)
            return true;
    return false;
}

bool http_resp_headers(struct http_req *rq, http_header_fn fn, void *arg)
{
    const struct http_resp *rs = &rq->rs;
    const struct http_options *o = &rq->server->o;
    bool ok = true;
    if (rs->type && rs->status != 204 && rs->status != 304)
        ok = fn(arg, "Content-Type", rs->type);
    if (rs->etag[0]) {
        char tag[sizeof rs->etag + 8];
        (void)snprintf(tag, sizeof tag, "\"%s%s\"", rs->etag, rs->gzip ? "-gz" : "");
        ok = ok && fn(arg, "ETag", tag);
    }
    if (rs->gzip && rs->status != 304)
        ok = ok && fn(arg, "Content-Encoding", "gzip");
    for (size_t i = 0; i < rs->n_headers && ok; i++)
        ok = fn(arg, rs->text + rs->h[i].name, rs->text + rs->h[i].value);
    for (size_t i = 0; i < o->n_headers && ok; i++) {
        const struct http_header_row *h = &o->headers[i];
        if ((h->faces & HTTP_FACE_BIT(rq->face)) && (!h->tls_only || rq->tls) &&
            !is_set(rs, h->name))
            ok = fn(arg, h->name, h->value);
    }
    return ok;
}

static bool add_header(void *arg, const char *name, const char *value)
{
    return value[0] == '\0' || MHD_add_response_header(arg, name, value) == MHD_YES;
}

struct MHD_Response *http_resp_build(struct http_req *rq)
{
    struct http_resp *rs = &rq->rs;
    struct bw_view body = rs->fixed.p ? rs->fixed : bw_buf_text(&rs->out);
    /* The bytes stay with the request, which outlives the answer: see http_loop.c, on_completed. */
    struct MHD_Response *m =
        MHD_create_response_from_buffer(body.n, (void *)(uintptr_t)body.p, MHD_RESPMEM_PERSISTENT);
    if (!m)
        return NULL;
    bool ok = http_resp_headers(rq, add_header, m);
    if (ok && (rq->close || atomic_load(&rq->server->stop_us)))
        ok = add_header(m, "Connection", "close");
    if (ok)
        return m;
    MHD_destroy_response(m);
    return NULL;
}
