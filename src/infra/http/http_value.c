/* SPDX-License-Identifier: Apache-2.0 */
/* http_value - declared inputs: is a value of the kind that the route's table says?
 *
 * Why here: every handler can then trust what it reads (UTF-8, range, length, no control
 * characters), and nobody checks twice or forgets. Messages name the parameter, never the value.
 * Runs on the loop (path, query) or on the handler's thread (form). Fuzzed by fuzz_http_query.c. */
#include "bw_random.h"
#include "http_int.h"

#define WORD_MAX_DEFAULT 128

unsigned http_param_in(const struct http_route *route, const struct http_param *p)
{
    unsigned in = p->flags & (HTTP_IN_PATH | HTTP_IN_QUERY | HTTP_IN_FORM);
    if (in)
        return in;
    size_t len = strlen(p->name);
    for (const char *z = strchr(route->path, '{'); z; z = strchr(z + 1, '{'))
        if (strncmp(z + 1, p->name, len) == 0 && z[1 + len] == '}')
            return HTTP_IN_PATH;
    bool query = route->method == HTTP_GET || route->method == HTTP_DELETE;
    return query ? HTTP_IN_QUERY : HTTP_IN_FORM;
}

/* C0 and C1 controls and DEL; with LINES newline and tab may stay. V is valid UTF-8. */
static bool has_control(struct bw_view v, bool lines)
{
    for (size_t i = 0; i < v.n; i++) {
        unsigned char c = (unsigned char)v.p[i];
        if (BW_LIKELY(c >= 0x20 && c < 0x7f))
            continue;
        if (c == 0x7f || (c < 0x20 && !(lines && (c == '\n' || c == '\t'))))
            return true;
        if (c == 0xc2 && i + 1 < v.n && (unsigned char)v.p[i + 1] < 0xa0)
            return true;
    }
    return false;
}

/* CRLF and CR become LF. */
static bool unify_lines(struct bw_view *v, struct bw_arena *arena)
{
    if (bw_view_find_byte(*v, '\r') == SIZE_MAX)
        return true;
    char *out = bw_arena_get(arena, v->n);
    size_t n = 0;
    if (!out)
        return false;
    for (size_t i = 0; i < v->n; i++) {
        if (v->p[i] == '\r' && i + 1 < v->n && v->p[i + 1] == '\n')
            continue;
        out[n++] = v->p[i] == '\r' ? '\n' : v->p[i];
    }
    *v = bw_view_of(out, n);
    return true;
}

static enum bw_rc check_length(const struct http_param *p, size_t n, int64_t max,
                               struct bw_err *err)
{
    if ((int64_t)n > max)
        return bw_fail(err, BW_INVALID, "“%s” is too long: at most %lld bytes.", p->name,
                       (long long)max);
    if ((int64_t)n < p->min)
        return bw_fail(err, BW_INVALID, "“%s” is too short: at least %lld bytes.", p->name,
                       (long long)p->min);
    return BW_OK;
}

static enum bw_rc read_text(const struct http_param *p, struct bw_view raw, struct bw_arena *arena,
                            struct http_value *ret, struct bw_err *err)
{
    bool lines = (p->flags & HTTP_LINES) != 0;
    if (!bw_utf8_valid(raw))
        return bw_fail(err, BW_INVALID, "“%s” is not valid UTF-8.", p->name);
    if (lines && !unify_lines(&raw, arena))
        return bw_fail_memory(err);
    if (has_control(raw, lines))
        return bw_fail(err, BW_INVALID, "“%s” has control characters in it.", p->name);
    BW_TRY(check_length(p, raw.n, p->max, err));
    if (raw.n == 0 && (p->flags & HTTP_REQUIRED))
        return bw_fail(err, BW_INVALID, "“%s” must not be empty.", p->name);
    ret->text = raw;
    return BW_OK;
}

static enum bw_rc read_int(const struct http_param *p, struct bw_view raw, struct http_value *ret,
                           struct bw_err *err)
{
    int64_t v;
    bool open = p->min == 0 && p->max == 0;
    if (!bw_view_int(raw, &v) || (!open && (v < p->min || v > p->max))) {
        if (open)
            return bw_fail(err, BW_INVALID, "“%s” must be a whole number.", p->name);
        return bw_fail(err, BW_INVALID, "“%s” must be a whole number from %lld to %lld.", p->name,
                       (long long)p->min, (long long)p->max);
    }
    ret->number = v;
    ret->text = raw;
    return BW_OK;
}

static enum bw_rc read_word(const struct http_param *p, struct bw_view raw, struct http_value *ret,
                            struct bw_err *err)
{
    for (size_t i = 0; i < raw.n; i++) {
        char c = raw.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-'))
            return bw_fail(err, BW_INVALID, "“%s” may hold only a-z, 0-9, “_”, “.” and “-”.",
                           p->name);
    }
    ret->text = raw;
    return check_length(p, raw.n, p->max ? p->max : WORD_MAX_DEFAULT, err);
}

static enum bw_rc read_flag(const struct http_param *p, struct bw_view raw, struct http_value *ret,
                            struct bw_err *err)
{
    static const struct {
        const char *z;
        int is;
    } WORDS[] = {{"1", 1},     {"true", 1}, {"yes", 1}, {"on", 1}, {"0", 0},
                 {"false", 0}, {"no", 0},   {"off", 0}, {"", 0}};
    for (size_t i = 0; i < BW_COUNT(WORDS); i++) {
        if (bw_view_is(raw, WORDS[i].z)) {
            ret->number = WORDS[i].is;
            ret->text = raw;
            return BW_OK;
        }
    }
    return bw_fail(err, BW_INVALID, "“%s” must be 1 or 0.", p->name);
}

enum bw_rc http_value_read(const struct http_param *p, struct bw_view raw, struct bw_arena *arena,
                           struct http_value *ret, bool *ret_given, struct bw_err *err)
{
    struct http_value v = {.param = p};
    enum bw_rc rc = BW_OK;
    *ret_given = true;
    switch (p->kind) {
    case HTTP_TEXT:
        rc = read_text(p, raw, arena, &v, err);
        break;
    case HTTP_FLAG:
        rc = read_flag(p, raw, &v, err);
        break;
    case HTTP_FILE:
        v.text = raw;
        rc = check_length(p, raw.n, p->max, err);
        break;
    case HTTP_INT:
    case HTTP_ID:
    case HTTP_WORD:
        if (raw.n == 0) {
            *ret_given = false;
            return BW_OK;
        }
        if (p->kind == HTTP_INT) {
            rc = read_int(p, raw, &v, err);
        } else if (p->kind == HTTP_WORD) {
            rc = read_word(p, raw, &v, err);
        } else {
            v.text = raw;
            rc = bw_id_valid(raw) ? BW_OK : bw_fail(err, BW_INVALID, "“%s” is not an id.", p->name);
        }
        break;
    }
    if (rc == BW_OK)
        *ret = v;
    return rc;
}

static enum bw_rc keep(struct http_values *vs, const struct http_value *v, struct bw_arena *arena,
                       struct bw_err *err)
{
    if (vs->n == vs->room) {
        size_t room = vs->room ? vs->room * 2 : 8;
        struct http_value *more = BW_ARENA_ARRAY(arena, room, struct http_value);
        if (!more)
            return bw_fail_memory(err);
        if (vs->n)
            memcpy(more, vs->v, vs->n * sizeof *more);
        vs->v = more;
        vs->room = room;
    }
    vs->v[vs->n++] = *v;
    return BW_OK;
}

enum bw_rc http_values_add(const struct http_route *r, unsigned where, const struct http_given *g,
                           struct bw_arena *arena, struct http_values *vs, struct bw_err *err)
{
    for (size_t i = 0; i < r->n_params; i++) {
        const struct http_param *p = &r->params[i];
        if (!bw_view_is(g->name, p->name) || !(http_param_in(r, p) & where) ||
            (p->kind == HTTP_FILE) != g->file)
            continue;
        struct http_value v;
        bool given;
        if (vs->count[i] >= ((p->flags & HTTP_MANY) ? HTTP_MANY_MAX : 1))
            return bw_fail(err, BW_INVALID, "“%s” is given too many times.", p->name);
        BW_TRY(http_value_read(p, g->bytes, arena, &v, &given, err));
        if (!given)
            return BW_OK;
        v.file_name = g->file_name;
        v.file_type = g->file_type;
        vs->count[i]++;
        return keep(vs, &v, arena, err);
    }
    vs->dropped++;
    return BW_OK;
}

enum bw_rc http_values_pairs(const struct http_route *r, unsigned where, struct bw_view raw,
                             struct bw_arena *arena, struct http_values *vs, struct bw_err *err)
{
    struct bw_view rest = raw;
    for (size_t pairs = 0; rest.p && raw.n > 0; pairs++) {
        struct bw_view value = bw_view_split(&rest, '&');
        struct http_given g = {.name = bw_view_split(&value, '=')};
        if (pairs == HTTP_PAIRS_MAX)
            return bw_fail(err, BW_LIMIT, "Too many parameters: at most %d.", HTTP_PAIRS_MAX);
        if (g.name.n == 0)
            continue;
        BW_TRY(http_unescape(g.name, true, arena, &g.name, err));
        BW_TRY(http_unescape(value, true, arena, &g.bytes, err));
        BW_TRY(http_values_add(r, where, &g, arena, vs, err));
    }
    return BW_OK;
}

enum bw_rc http_values_path(const struct http_route *r, const struct bw_view *segs, size_t n,
                            struct bw_arena *arena, struct http_values *vs, struct bw_err *err)
{
    struct bw_view rest = bw_view_z(r->path + 1);
    for (size_t i = 0; i < n && rest.p; i++) {
        struct bw_view want = bw_view_split(&rest, '/');
        if (want.n < 2 || want.p[0] != '{')
            continue;
        struct http_given g = {.name = bw_view_of(want.p + 1, want.n - 2), .bytes = segs[i]};
        if (g.bytes.n == 0 || http_values_add(r, HTTP_IN_PATH, &g, arena, vs, err) != BW_OK)
            return bw_fail(err, BW_NOT_FOUND, "There is nothing at this address.");
    }
    return BW_OK;
}

enum bw_rc http_values_complete(const struct http_route *r, unsigned where,
                                const struct http_values *vs, struct bw_err *err)
{
    for (size_t i = 0; i < r->n_params; i++) {
        const struct http_param *p = &r->params[i];
        if (!(p->flags & HTTP_REQUIRED) || vs->count[i] > 0)
            continue;
        unsigned in = http_param_in(r, p);
        /* A parameter of query and form may still come with the form. */
        bool last = where == HTTP_IN_FORM ? (in & HTTP_IN_FORM) != 0 : in == where;
        if (last)
            return bw_fail(err, BW_INVALID, "“%s” is missing.", p->name);
    }
    return BW_OK;
}
