/* SPDX-License-Identifier: Apache-2.0 */
/* json_read - the token machine of the pull reader, and what is built on it.
 *
 * One function reads one token and checks that it may stand there; json_next(), json_raw() and
 * json_fields() are loops over it, so there is one grammar and all of a document is validated
 * whichever way it is read. It is inlined into the loops: STIX splits at over 1 GB/s (bench_json).
 */
#include "json_int.h"

#define TOKEN static inline __attribute__((always_inline))

void json_open(struct json_reader *r, struct bw_view in, struct bw_arena *arena,
               const struct json_limits *limits)
{
    static const char EMPTY[1] = "";
    BW_ASSERT(arena != NULL);
    const char *p = in.p ? in.p : EMPTY;
    r->value = (struct json_value){.type = JSON_ERROR};
    r->begin = r->at = p;
    r->end = p + in.n;
    r->arena = arena;
    r->limits = limits ? *limits : (struct json_limits){JSON_DEPTH_MAX, 0};
    BW_ASSERT(r->limits.depth >= 1 && r->limits.depth <= JSON_DEPTH_MAX);
    r->depth = 0;
    r->in_object = 0;
    r->key_n = r->slot_n = r->slot_room = 0;
    r->key_room = JSON_KEYS_INLINE;
    r->keys = r->keys_inline;
    r->slots = NULL;
    r->state = JSON_AT_ROOT;
    r->rc = BW_OK;
    r->why = NULL;
    r->bad_at = p;
    r->line = r->column = 1;
    r->counted = 0;
}

__attribute__((noinline, cold)) static enum json_event fail(struct json_reader *r, enum bw_rc rc,
                                                            const char *why, const char *at)
{
    r->state = JSON_FAILED;
    r->rc = rc;
    r->why = why;
    r->bad_at = at;
    r->value = (struct json_value){.type = JSON_ERROR};
    return JSON_ERROR;
}

static enum json_event unexpected(struct json_reader *r, const char *why, const char *p)
{
    return fail(r, BW_INVALID, p == r->end ? "the text ends too early" : why, p);
}

TOKEN void after_value(struct json_reader *r)
{
    if (r->depth == 0)
        r->state = JSON_AFTER_ROOT;
    else
        r->state = r->in_object >> (r->depth - 1) & 1 ? JSON_AFTER_MEMBER : JSON_AFTER_ELEMENT;
}

TOKEN enum json_event scalar(struct json_reader *r, enum json_event type, const char *p,
                             const char *behind)
{
    r->value.type = type;
    r->value.raw = bw_view_of(p, (size_t)(behind - p));
    r->at = behind;
    after_value(r);
    return type;
}

TOKEN enum json_event string(struct json_reader *r, const char *p)
{
    struct json_string_end s;
    json_string_scan(p + 1, r->end, &s);
    if (BW_UNLIKELY(!s.quote))
        return fail(r, BW_INVALID, s.why, s.bad_at);
    r->value.escaped = s.escaped;
    r->value.has_nul = s.has_nul;
    return scalar(r, JSON_STRING, p, s.quote + 1);
}

TOKEN enum json_event literal(struct json_reader *r, enum json_event type, const char *p,
                              const char *word, size_t n)
{
    if ((size_t)(r->end - p) < n || memcmp(p, word, n) != 0)
        return fail(r, BW_INVALID, "a value is expected here", p);
    r->value.escaped = r->value.has_nul = false;
    return scalar(r, type, p, p + n);
}

static enum json_event number(struct json_reader *r, const char *p)
{
    const char *why, *bad_at;
    const char *behind = json_number_end(p, r->end, &why, &bad_at);
    if (!behind)
        return unexpected(r, why, bad_at);
    r->value.escaped = r->value.has_nul = false;
    return scalar(r, JSON_NUMBER, p, behind);
}

TOKEN enum json_event container(struct json_reader *r, enum json_event type, const char *p)
{
    if (BW_UNLIKELY(r->depth == r->limits.depth))
        return fail(r, BW_LIMIT, "this is nested too deeply", p);
    uint64_t bit = UINT64_C(1) << r->depth;
    bool object = type == JSON_OBJECT;
    r->in_object = object ? r->in_object | bit : r->in_object & ~bit;
    r->key_from[r->depth] = r->key_n;
    r->bloom[r->depth] = 0;
    r->depth++;
    r->state = object ? JSON_AT_FIRST_MEMBER : JSON_AT_FIRST_ELEMENT;
    r->value.type = type;
    r->value.escaped = r->value.has_nul = false;
    r->value.raw = bw_view_of(p, 1);
    r->at = p + 1;
    return type;
}

TOKEN enum json_event close(struct json_reader *r, enum json_event type, const char *p)
{
    json_keys_forget(r);
    r->depth--;
    r->value.escaped = r->value.has_nul = false;
    return scalar(r, type, p, p + 1);
}

TOKEN enum json_event value(struct json_reader *r, const char *p)
{
    switch (p < r->end ? *p : '\0') {
    case '"':
        return string(r, p);
    case '{':
        return container(r, JSON_OBJECT, p);
    case '[':
        return container(r, JSON_ARRAY, p);
    case 't':
        return literal(r, JSON_TRUE, p, "true", 4);
    case 'f':
        return literal(r, JSON_FALSE, p, "false", 5);
    case 'n':
        return literal(r, JSON_NULL, p, "null", 4);
    case '-':
    case '0' ... '9':
        return number(r, p);
    default:
        return unexpected(r, "a value is expected here", p);
    }
}

/* The decoded key goes into the arena only where it was escaped. */
__attribute__((noinline)) static bool decoded_key(struct json_reader *r, struct bw_view *key)
{
    char *out = bw_arena_get(r->arena, key->n);
    if (!out)
        return false;
    *key = bw_view_of(out, json_decode(*key, out));
    return true;
}

__attribute__((noinline, cold)) static enum json_event bad_key(struct json_reader *r,
                                                               enum json_key_rc rc, const char *p)
{
    struct bw_view raw = r->value.raw;
    switch (rc) {
    case JSON_KEY_TWICE:
        fail(r, BW_INVALID, "duplicate key", p);
        r->value.raw = raw; /* the message names it */
        return JSON_ERROR;
    case JSON_KEY_LIMIT:
        return fail(r, BW_LIMIT, "this object has too many keys", p);
    default:
        return fail(r, BW_MEMORY, "out of memory", p);
    }
}

/* A key with its colon. */
TOKEN enum json_event key(struct json_reader *r, const char *p)
{
    if (BW_UNLIKELY(p == r->end || *p != '"'))
        return unexpected(r, "a key in quotes is expected here", p);
    struct json_string_end s;
    json_string_scan(p + 1, r->end, &s);
    if (BW_UNLIKELY(!s.quote))
        return fail(r, BW_INVALID, s.why, s.bad_at);
    struct bw_view text = bw_view_of(p + 1, (size_t)(s.quote - p - 1));
    if (BW_UNLIKELY(s.escaped) && !decoded_key(r, &text))
        return bad_key(r, JSON_KEY_MEMORY, p);
    r->value = (struct json_value){JSON_KEY, s.escaped, s.has_nul,
                                   bw_view_of(p, (size_t)(s.quote + 1 - p))};
    enum json_key_rc rc = json_key_add(r, text);
    if (BW_UNLIKELY(rc != JSON_KEY_NEW))
        return bad_key(r, rc, p);
    p = json_blank(s.quote + 1, r->end);
    if (BW_UNLIKELY(p == r->end || *p != ':'))
        return unexpected(r, "a colon is expected here", p);
    r->at = p + 1;
    r->state = JSON_AT_VALUE;
    return JSON_KEY;
}

TOKEN enum json_event token(struct json_reader *r)
{
    const char *p = json_blank(r->at, r->end);
    char c = p < r->end ? *p : '\0';
    switch ((enum json_state)r->state) {
    case JSON_AT_FIRST_MEMBER:
        return c == '}' ? close(r, JSON_OBJECT_END, p) : key(r, p);
    case JSON_AFTER_MEMBER:
        if (c == ',')
            return key(r, json_blank(p + 1, r->end));
        return c == '}' ? close(r, JSON_OBJECT_END, p)
                        : unexpected(r, "a comma or } is expected here", p);
    case JSON_AT_FIRST_ELEMENT:
        return c == ']' ? close(r, JSON_ARRAY_END, p) : value(r, p);
    case JSON_AFTER_ELEMENT:
        if (c == ',')
            return value(r, json_blank(p + 1, r->end));
        return c == ']' ? close(r, JSON_ARRAY_END, p)
                        : unexpected(r, "a comma or ] is expected here", p);
    case JSON_AT_ROOT:
        if (c == '\xEF')
            return fail(r, BW_INVALID, "a byte order mark is not JSON", p);
        return value(r, p);
    case JSON_AT_VALUE:
        return value(r, p);
    case JSON_AFTER_ROOT:
        if (p != r->end)
            return fail(r, BW_INVALID, "nothing may follow the value", p);
        r->at = p;
        r->value = (struct json_value){.type = JSON_END};
        return JSON_END;
    case JSON_FAILED:
        break;
    }
    return JSON_ERROR;
}

enum json_event json_next(struct json_reader *r)
{
    return token(r);
}

/* Reads until only DEPTH containers are open. */
static bool skip_to(struct json_reader *r, size_t depth)
{
    while (r->depth > depth)
        if (BW_UNLIKELY(token(r) == JSON_ERROR))
            return false;
    return true;
}

enum bw_rc json_raw(struct json_reader *r, struct bw_view *ret_raw, struct bw_err *err)
{
    enum json_event e = r->value.type;
    if (e == JSON_KEY)
        e = json_next(r);
    if (r->state == JSON_FAILED)
        return json_report(r, err);
    BW_ASSERT(e != JSON_END && e != JSON_OBJECT_END && e != JSON_ARRAY_END && e != JSON_ERROR);
    const char *from = r->value.raw.p;
    if ((e == JSON_OBJECT || e == JSON_ARRAY) && !skip_to(r, r->depth - 1))
        return json_report(r, err);
    *ret_raw = bw_view_of(from, (size_t)(r->at - from));
    return BW_OK;
}

enum bw_rc json_skip(struct json_reader *r, struct bw_err *err)
{
    struct bw_view ignored;
    return json_raw(r, &ignored, err);
}

/* Which of NAMES the last key is; N: none. LENGTHS has a bit for each length (mod 64) among them.
 */
TOKEN size_t wanted(const struct json_reader *r, const struct bw_view *names, size_t n,
                    uint64_t lengths)
{
    struct bw_view k = json_last_key(r);
    if (!(lengths >> (k.n & 63) & 1))
        return n;
    for (size_t i = 0; i < n; i++)
        if (names[i].n == k.n && memcmp(names[i].p, k.p, k.n) == 0)
            return i;
    return n;
}

enum bw_rc json_fields(struct json_reader *r, const struct bw_view *names, size_t n,
                       struct json_value *values, struct bw_view *ret_raw, struct bw_err *err)
{
    BW_ASSERT(n <= JSON_FIELDS_MAX);
    if (r->state == JSON_FAILED)
        return json_report(r, err);
    BW_ASSERT(r->value.type == JSON_OBJECT && r->state == JSON_AT_FIRST_MEMBER);
    struct json_value found[JSON_FIELDS_MAX];
    uint64_t lengths = 0;
    for (size_t i = 0; i < n; i++) {
        lengths |= UINT64_C(1) << (names[i].n & 63);
        found[i] = (struct json_value){.type = JSON_ERROR};
    }
    const char *from = r->value.raw.p, *inner = NULL;
    size_t depth = r->depth, at = n;
    for (;;) {
        enum json_event e = token(r);
        if (BW_UNLIKELY(e == JSON_ERROR))
            return json_report(r, err);
        if (r->depth < depth)
            break;
        if (r->depth > depth) { /* a container that is somebody's value; only its begin counts */
            inner = inner ? inner : r->value.raw.p;
        } else if (e == JSON_KEY) {
            at = wanted(r, names, n, lengths);
        } else if (at < n) {
            found[at] = r->value;
            if (inner) {
                found[at].type = e == JSON_OBJECT_END ? JSON_OBJECT : JSON_ARRAY;
                found[at].raw = bw_view_of(inner, (size_t)(r->at - inner));
            }
        }
        if (r->depth == depth)
            inner = NULL;
    }
    if (n)
        memcpy(values, found, n * sizeof(*values));
    if (ret_raw)
        *ret_raw = bw_view_of(from, (size_t)(r->at - from));
    return BW_OK;
}

enum bw_rc json_finish(struct json_reader *r, struct bw_err *err)
{
    for (;;) {
        enum json_event e = token(r);
        if (e == JSON_END)
            return BW_OK;
        if (e == JSON_ERROR)
            return json_report(r, err);
    }
}
