/* SPDX-License-Identifier: Apache-2.0 */
/* http_req - one request: from complete headers to the handler and its answer.
 *
 * Why everything is checked before `admit` and the body: what will be refused anyway must not cost
 * a session look-up, a worker or disk. Requests and their arenas are kept by the loop for the next
 * one, so that a small answer allocates nothing here. */
#include "bw_clock.h"
#include "bw_fault.h"
#include "bw_random.h"
#include "http_int.h"
#include <strings.h>

#define FORWARDED_MAX 8 /* X-Forwarded-For headers that are looked at, the last ones */

/* ---- what a handler asks ---- */

enum http_method http_method_of(const struct http_req *rq)
{
    return rq->method;
}

const struct http_route *http_route_of(const struct http_req *rq)
{
    return rq->route;
}

enum http_face http_face_of(const struct http_req *rq)
{
    return rq->face;
}

struct bw_view http_path(const struct http_req *rq)
{
    return rq->path;
}

struct bw_view http_header(const struct http_req *rq, const char *name)
{
    const char *value = NULL;
    size_t n = 0;
    if (MHD_lookup_connection_value_n(rq->mhd, MHD_HEADER_KIND, name, strlen(name), &value, &n) !=
        MHD_YES)
        return (struct bw_view){NULL, 0};
    return bw_view_of(value ? value : "", n);
}

struct bw_view http_cookie(const struct http_req *rq, const char *name)
{
    struct bw_view v = {NULL, 0};
    (void)http_cookie_find(http_header(rq, "Cookie"), bw_view_z(name), &v);
    return v;
}

struct bw_view http_body_type(const struct http_req *rq)
{
    return rq->body_type;
}

struct bw_arena *http_arena(struct http_req *rq)
{
    return rq->arena;
}

struct bw_ip http_peer(const struct http_req *rq)
{
    return rq->peer;
}

bool http_is_tls(const struct http_req *rq)
{
    return rq->tls;
}

struct bw_view http_request_id(const struct http_req *rq)
{
    return bw_view_of(rq->id, HTTP_ID_TEXT);
}

int64_t http_began_us(const struct http_req *rq)
{
    return rq->began_us;
}

void *http_context(const struct http_req *rq)
{
    return rq->server->o.app;
}

void **http_app(struct http_req *rq)
{
    return &rq->app;
}

/* The Ith value of NAME; NULL: there is none. Asking for what was not declared is a bug. */
static const struct http_value *find(const struct http_req *rq, const char *name, size_t i)
{
    const struct http_route *r = rq->route;
    size_t at = 0;
    BW_ASSERT(r != NULL);
    while (at < r->n_params && strcmp(r->params[at].name, name) != 0)
        at++;
    BW_ASSERT(at < r->n_params);
    if (i >= rq->values.count[at])
        return NULL;
    for (size_t k = 0; k < rq->values.n; k++)
        if (rq->values.v[k].param == &r->params[at] && i-- == 0)
            return &rq->values.v[k];
    return NULL;
}

bool http_has(const struct http_req *rq, const char *name)
{
    return find(rq, name, 0) != NULL;
}

struct bw_view http_text(const struct http_req *rq, const char *name)
{
    const struct http_value *v = find(rq, name, 0);
    return v ? v->text : (struct bw_view){NULL, 0};
}

int64_t http_int(const struct http_req *rq, const char *name, int64_t absent)
{
    const struct http_value *v = find(rq, name, 0);
    return v ? v->number : absent;
}

bool http_flag(const struct http_req *rq, const char *name)
{
    return http_int(rq, name, 0) != 0;
}

bool http_many(const struct http_req *rq, const char *name, size_t i, struct bw_view *ret)
{
    const struct http_value *v = find(rq, name, i);
    if (v)
        *ret = v->text;
    return v != NULL;
}

bool http_file(const struct http_req *rq, const char *name, size_t i, struct http_file *ret)
{
    const struct http_value *v = find(rq, name, i);
    if (v)
        *ret = (struct http_file){v->file_name, v->file_type, v->text};
    return v != NULL;
}

/* ---- life ---- */

static void make_id(struct http_loop *l, char out[HTTP_ID_TEXT + 1])
{
    static const char SIGNS[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint64_t a = l->id_state[0], b = l->id_state[1], mix; /* xorshift128+: not secret */
    l->id_state[0] = b;
    a ^= a << 23;
    l->id_state[1] = a ^ b ^ (a >> 18) ^ (b >> 5);
    mix = l->id_state[1] + b;
    for (size_t i = 0; i < HTTP_ID_TEXT; i++, mix >>= 5) {
        if (i == HTTP_ID_TEXT / 2)
            mix = l->id_state[1] * UINT64_C(0x9e3779b97f4a7c15) >> 8;
        out[i] = SIGNS[mix & 31];
    }
    out[HTTP_ID_TEXT] = '\0';
}

struct http_req *http_req_new(struct http_loop *l)
{
    struct http_req *rq = l->free;
    if (rq) {
        l->free = rq->next;
        l->n_free--;
    } else {
        const struct http_options *o = &l->server->o;
        rq = bw_calloc(1, sizeof *rq);
        if (!rq)
            return NULL;
        rq->server = l->server;
        rq->loop = l;
        rq->arena = bw_arena_new(o->arena_max);
        if (!rq->arena) {
            free(rq);
            return NULL;
        }
        rq->rs.out = BW_BUF_INIT(o->out_max);
        rq->rs.status = 200;
        rq->body.mem = BW_BUF_INIT(o->body_memory_max);
        rq->body.fd = -1;
    }
    rq->next = NULL;
    rq->state = HTTP_S_LINE;
    rq->began_us = bw_mono_us();
    make_id(l, rq->id);
    return rq;
}

void http_req_delete(struct http_req *rq)
{
    http_body_done(rq);
    bw_buf_done(&rq->body.mem);
    http_resp_done(&rq->rs);
    bw_arena_free(rq->arena);
    free(rq);
}

void http_req_free(struct http_req *rq)
{
    struct http_loop *l = rq->loop;
    if (l->n_free >= HTTP_FREE_KEEP) {
        http_req_delete(rq);
        return;
    }
    http_body_done(rq);
    http_resp_reset(&rq->rs);
    bw_arena_reset(rq->arena);
    rq->conn = NULL;
    rq->mhd = NULL;
    rq->head = rq->ended = rq->tls = rq->chunked = rq->expect = rq->answered = rq->close = false;
    rq->allow = 0;
    rq->method = HTTP_GET;
    rq->face = HTTP_PAGE;
    rq->route = NULL;
    rq->target = rq->path = rq->query = rq->body_type = rq->body_boundary =
        (struct bw_view){NULL, 0};
    rq->n_segs = rq->drained = 0;
    rq->values = (struct http_values){0};
    rq->app = NULL;
    rq->next = l->free;
    l->free = rq;
    l->n_free++;
}

/* ---- headers ---- */

struct scan {
    struct http_req *rq;
    int lengths, encodings, hosts;
    bool bad_length, bad_encoding, bad_name;
    struct bw_view forwarded[FORWARDED_MAX]; /* a ring */
    size_t n_forwarded;
    struct bw_view type;
};

static bool is_name(struct bw_view key, struct bw_view name)
{
    return key.n == name.n && strncasecmp(key.p, name.p, name.n) == 0;
}

/* One pass over all headers: the framing ones must not be ambiguous (RFC 9112 6.3), or a proxy and
 * we could disagree on where a request ends. */
static enum MHD_Result scan_header(void *cls, enum MHD_ValueKind kind, const char *key,
                                   size_t key_n, const char *value, size_t value_n)
{
    struct scan *sc = cls;
    struct http_req *rq = sc->rq;
    struct bw_view v = bw_view_of(value ? value : "", value ? value_n : 0);
    struct bw_view name = bw_view_of(key, key_n);
    if (!http_is_token(name)) { /* "Content-Length : 5" is a trap for proxies */
        sc->bad_name = true;
    } else if (is_name(name, BW_V("Content-Length"))) {
        sc->lengths++;
        sc->bad_length = !bw_view_int(v, &rq->length) || rq->length < 0 || v.p[0] == '-';
    } else if (is_name(name, BW_V("Transfer-Encoding"))) {
        sc->encodings++;
        sc->bad_encoding = !bw_view_eq_nocase(v, BW_V("chunked"));
    } else if (is_name(name, BW_V("Host"))) {
        sc->hosts++;
    } else if (is_name(name, BW_V("Content-Type"))) {
        sc->type = v;
    } else if (is_name(name, BW_V("Expect"))) {
        rq->expect = true;
    } else if (rq->conn->from_proxy && is_name(name, BW_V("X-Forwarded-For"))) {
        sc->forwarded[sc->n_forwarded++ % FORWARDED_MAX] = v;
    } else if (rq->conn->from_proxy && is_name(name, BW_V("X-Forwarded-Proto"))) {
        rq->tls = bw_view_eq_nocase(v, BW_V("https"));
    }
    return MHD_YES;
}

/* From the right, the first address that is none of our proxies. */
static void find_peer(struct http_req *rq, const struct scan *sc)
{
    size_t k = sc->n_forwarded, least = k > FORWARDED_MAX ? k - FORWARDED_MAX : 0;
    while (k-- > least) {
        struct bw_view v = sc->forwarded[k % FORWARDED_MAX];
        while (v.n > 0) {
            size_t begin = v.n;
            struct bw_ip ip;
            while (begin > 0 && v.p[begin - 1] != ',')
                begin--;
            if (!http_forwarded_ip(bw_view_from(v, begin), &ip))
                return;
            rq->peer = ip;
            if (!http_from_proxy(rq->server, &ip))
                return;
            v = bw_view_head(v, begin ? begin - 1 : 0);
        }
    }
}

static enum bw_rc check_framing(struct http_req *rq, struct scan *sc, const char *version,
                                struct bw_err *err)
{
    rq->length = -1;
    rq->peer = rq->conn->ip;
    (void)MHD_get_connection_values_n(rq->mhd, MHD_HEADER_KIND, scan_header, sc);
    find_peer(rq, sc);
    rq->chunked = sc->encodings > 0;
    if (sc->lengths > 1 || sc->encodings > 1 || (sc->lengths && sc->encodings) || sc->bad_length ||
        sc->bad_encoding || sc->bad_name ||
        (rq->chunked && strcmp(version, MHD_HTTP_VERSION_1_1) != 0)) {
        rq->close = true;
        rq->length = -1;
        return bw_fail(err, BW_INVALID, "It is not clear how long the request is.");
    }
    if (sc->hosts > 1) { /* RFC 9112 3.2 */
        rq->close = true;
        return bw_fail(err, BW_INVALID, "The request names more than one host.");
    }
    return BW_OK;
}

static bool read_method(struct http_req *rq, const char *method)
{
    rq->head = strcmp(method, "HEAD") == 0;
    if (rq->head)
        return true;
    for (unsigned m = 0; m < HTTP_METHODS; m++) {
        if (strcmp(method, http_method_name(m)) == 0) {
            rq->method = m;
            return true;
        }
    }
    return false;
}

/* Sets route, or refuses: 404, 405, OPTIONS. */
static bool find_route(struct http_req *rq, const char *method, struct bw_err *err)
{
    struct http_match match;
    bool known = read_method(rq, method);
    http_router_match(rq->server->router, rq->method, rq->segs, rq->n_segs, &match);
    rq->face = match.face;
    rq->allow = match.allow;
    if (known && match.route) {
        rq->route = match.route;
        return true;
    }
    if (!match.allow) {
        http_req_refuse(rq, 0, bw_fail(err, BW_NOT_FOUND, "There is nothing at this address."),
                        err);
    } else if (strcmp(method, "OPTIONS") == 0) {
        http_req_options(rq);
    } else {
        http_req_refuse(rq, 405,
                        bw_fail(err, BW_UNSUPPORTED, "This address does not take %.16s.", method),
                        err);
    }
    return false;
}

static bool type_listed(const char *list, struct bw_view type)
{
    struct bw_view rest = bw_view_z(list);
    while (rest.p) {
        struct bw_view t = bw_view_split(&rest, ' ');
        if (bw_view_eq(t, type) || bw_view_is(t, "*/*"))
            return true;
    }
    return false;
}

static enum bw_rc check_body(struct http_req *rq, struct bw_view type, struct bw_err *err)
{
    const struct http_route *r = rq->route;
    bool some = rq->chunked || rq->length > 0;
    if (type.n > 0) {
        char *lower = bw_arena_get(rq->arena, 128);
        if (!lower)
            return bw_fail_memory(err);
        if (!http_media_type(type, lower, 128, &rq->body_type))
            rq->body_type = BW_V("?");
    }
    if (rq->length > 0 && (uint64_t)rq->length > r->body_max)
        return bw_fail(err, BW_LIMIT, "The body is too large: at most %zu bytes.", r->body_max);
    if (some && (!r->types || !type_listed(r->types, rq->body_type)))
        return bw_fail(err, BW_UNSUPPORTED, "A body is taken here only as: %s.",
                       r->types ? r->types : "(none)");
    if (some && bw_view_is(rq->body_type, "multipart/form-data") &&
        !http_header_param(type, "boundary", rq->arena, &rq->body_boundary))
        return bw_fail(err, BW_INVALID, "The multipart form has no boundary.");
    return BW_OK;
}

static enum bw_rc check_inputs(struct http_req *rq, struct bw_err *err)
{
    const struct http_route *r = rq->route;
    BW_TRY(http_values_path(r, rq->segs, rq->n_segs, rq->arena, &rq->values, err));
    BW_TRY(http_values_pairs(r, HTTP_IN_QUERY, rq->query, rq->arena, &rq->values, err));
    BW_TRY(http_values_complete(r, HTTP_IN_PATH, &rq->values, err));
    return http_values_complete(r, HTTP_IN_QUERY, &rq->values, err);
}

void http_req_headers_in(struct http_req *rq, const char *method, const char *version)
{
    struct scan sc = {.rq = rq};
    struct bw_err err = {0};
    size_t mark = bw_view_find_byte(rq->target, '?');
    struct bw_view path = bw_view_head(rq->target, mark);
    rq->query = mark == SIZE_MAX ? (struct bw_view){NULL, 0} : bw_view_from(rq->target, mark + 1);
    enum bw_rc rc = check_framing(rq, &sc, version, &err);
    if (rc == BW_OK)
        rc = http_split_path(path, rq->arena, rq->segs, HTTP_SEGMENTS_MAX, &rq->n_segs, &rq->path,
                             &err);
    if (rc == BW_OK && !find_route(rq, method, &err))
        return;
    if (rc == BW_OK)
        rc = check_body(rq, sc.type, &err);
    if (rc == BW_OK)
        rc = check_inputs(rq, &err);
    if (rc == BW_OK && rq->route->place == HTTP_SLOW && http_pool_full(rq->server->slow))
        rc = bw_fail(&err, BW_BUSY, "Too many people are signing in just now. Try again soon.");
    if (rc == BW_OK && rq->server->o.hooks.admit)
        rc = rq->server->o.hooks.admit(rq, &rq->rs, &err);
    if (rc != BW_OK)
        http_req_refuse(rq, 0, rc, &err);
}

/* ---- answer ---- */

void http_req_end(struct http_req *rq, int status)
{
    if (rq->ended)
        return;
    rq->ended = true;
    if (rq->values.dropped)
        atomic_fetch_add(&rq->server->dropped, rq->values.dropped);
    if (rq->server->o.hooks.end)
        rq->server->o.hooks.end(rq, status);
}

void http_req_refuse(struct http_req *rq, int status, enum bw_rc rc, const struct bw_err *err)
{
    http_resp_fail(rq, status, rc, err);
    rq->answered = true;
    http_req_end(rq, rq->rs.status);
}

void http_req_options(struct http_req *rq)
{
    http_resp_options(rq);
    rq->answered = true;
    http_req_end(rq, rq->rs.status);
}

/* A route that takes anything gets a form's body as it is, unless it names the form's type too:
 * tools send files as application/x-www-form-urlencoded when nobody tells them otherwise. */
static bool is_form(const struct http_req *rq, const char *type)
{
    struct bw_view rest = bw_view_z(rq->route->types);
    bool named = false;
    while (rest.p)
        named |= bw_view_is(bw_view_split(&rest, ' '), type);
    return named && bw_view_is(rq->body_type, type);
}

static enum bw_rc read_form(struct http_req *rq, struct bw_err *err)
{
    const struct http_route *r = rq->route;
    struct bw_view body = http_body(rq);
    if (body.n > 0 && is_form(rq, "multipart/form-data"))
        BW_TRY(http_values_multipart(r, rq->body_boundary, body, rq->arena, &rq->values, err));
    else if (body.n > 0 && is_form(rq, "application/x-www-form-urlencoded"))
        BW_TRY(http_values_pairs(r, HTTP_IN_FORM, body, rq->arena, &rq->values, err));
    return http_values_complete(r, HTTP_IN_FORM, &rq->values, err);
}

void http_req_run(struct http_req *rq)
{
    const struct http_hooks *hooks = &rq->server->o.hooks;
    struct bw_err err = {0};
    enum bw_rc rc = http_body_finish(rq, &err);
    if (rc == BW_OK)
        rc = read_form(rq, &err);
    if (rc == BW_OK && hooks->begin)
        rc = hooks->begin(rq, &rq->rs, &err);
    if (rc == BW_OK)
        rc = rq->route->handle(rq, &rq->rs, &err);
    http_resp_settle(rq, rc, &err);
    rq->answered = true;
    http_req_end(rq, rq->rs.status);
}
