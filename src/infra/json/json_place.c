/* SPDX-License-Identifier: Apache-2.0 */
/* json_place - where an error is, and how reading goes on behind a broken element.
 *
 * Positions are counted only when they are asked for, and on from the last one: a file with
 * thousands of broken objects is still counted through once.
 *
 * Resynchronising is a guess by nature. What is safe about it: the broken element is never taken,
 * all that follows is validated as strictly as before, and each call moves on. */
#include "json_int.h"

#define TOLERANT_DEPTH_MAX 256
#define KEY_SHOWN_MAX 60

void json_position(struct json_reader *r, size_t offset, size_t *ret_line, size_t *ret_column)
{
    size_t n = (size_t)(r->end - r->begin);
    if (offset > n)
        offset = n;
    if (offset < r->counted) {
        r->line = r->column = 1;
        r->counted = 0;
    }
    for (const char *p = r->begin + r->counted; p < r->begin + offset; p++) {
        if (*p == '\n') {
            r->line++;
            r->column = 1;
        } else if (((unsigned char)*p & 0xC0) != 0x80) {
            r->column++;
        }
    }
    r->counted = offset;
    *ret_line = r->line;
    *ret_column = r->column;
}

/* A key as it was written, fit for a message: cut, and without control characters. */
static int shown_key(struct bw_view key, char out[KEY_SHOWN_MAX + 1])
{
    struct bw_view head = bw_utf8_head(key, KEY_SHOWN_MAX);
    size_t n = 0;
    while (head.n) {
        size_t len;
        uint32_t cp = bw_utf8_next(head, &len);
        if (bw_utf8_is_control(cp))
            out[n++] = '?';
        else
            for (size_t i = 0; i < len; i++)
                out[n++] = head.p[i];
        head = bw_view_from(head, len);
    }
    return (int)n;
}

enum bw_rc json_report(struct json_reader *r, struct bw_err *err)
{
    BW_ASSERT(r->state == JSON_FAILED);
    if (r->rc == BW_MEMORY)
        return bw_fail_memory(err);
    size_t line, column;
    json_position(r, (size_t)(r->bad_at - r->begin), &line, &column);
    struct bw_view key = r->value.raw;
    if (key.n < 2)
        return bw_fail(err, r->rc, "line %zu, column %zu: %s", line, column, r->why);
    char text[KEY_SHOWN_MAX + 1];
    int n = shown_key(bw_view_of(key.p + 1, key.n - 2), text);
    return bw_fail(err, r->rc, "line %zu, column %zu: %s \"%.*s\"", line, column, r->why, n, text);
}

static const char *const EVENT_TEXT[] = {
    [JSON_ERROR] = "an error", [JSON_END] = "the end",     [JSON_OBJECT] = "an object",
    [JSON_OBJECT_END] = "}",   [JSON_ARRAY] = "an array",  [JSON_ARRAY_END] = "]",
    [JSON_KEY] = "a key",      [JSON_STRING] = "a string", [JSON_NUMBER] = "a number",
    [JSON_TRUE] = "true",      [JSON_FALSE] = "false",     [JSON_NULL] = "null",
};

enum bw_rc json_want(struct json_reader *r, enum json_event want, struct bw_err *err)
{
    enum json_event e = json_next(r);
    if (e == want)
        return BW_OK;
    if (r->state == JSON_FAILED)
        return json_report(r, err);
    const char *at = r->value.raw.p ? r->value.raw.p : r->at;
    size_t line, column;
    json_position(r, (size_t)(at - r->begin), &line, &column);
    return bw_fail(err, BW_INVALID, "line %zu, column %zu: %s is expected here", line, column,
                   EVENT_TEXT[want]);
}

size_t json_depth(const struct json_reader *r)
{
    return r->depth;
}

size_t json_offset(const struct json_reader *r)
{
    return (size_t)((r->state == JSON_FAILED ? r->bad_at : r->at) - r->begin);
}

struct json_mark json_mark(const struct json_reader *r)
{
    return (struct json_mark){(size_t)(r->at - r->begin), r->depth, r->state};
}

/* Open brackets of the broken element: a bit each, 1 for {. */
struct brackets {
    uint64_t curly[TOLERANT_DEPTH_MAX / 64];
    size_t n;
};

static bool push(struct brackets *b, bool curly)
{
    if (b->n == TOLERANT_DEPTH_MAX)
        return false;
    uint64_t bit = UINT64_C(1) << (b->n % 64), *word = &b->curly[b->n / 64];
    *word = curly ? *word | bit : *word & ~bit;
    b->n++;
    return true;
}

/* Closes down to the innermost bracket of that kind; false: none is open. */
static bool pop(struct brackets *b, bool curly)
{
    for (size_t i = b->n; i-- > 0;) {
        if ((b->curly[i / 64] >> (i % 64) & 1) == curly) {
            b->n = i;
            return true;
        }
    }
    return false;
}

static bool top_is_curly(const struct brackets *b)
{
    return b->curly[(b->n - 1) / 64] >> ((b->n - 1) % 64) & 1;
}

/* Behind a string that began before P. A quote ends it only where , : ] } a line end or the end of
 * the text follows: so a quote too much, or one that is missing, does not turn all that follows
 * inside out. */
static const char *tolerant_string(const char *p, const char *end)
{
    for (; p < end && *p != '\n'; p++) {
        if (*p == '\\' && end - p > 1 && p[1] != '\n') {
            p++;
        } else if (*p == '"') {
            const char *q = p + 1;
            while (q < end && (*q == ' ' || *q == '\t' || *q == '\r'))
                q++;
            if (q == end || (*q && strchr(",:]}\n", *q)))
                return p + 1;
        }
    }
    return p;
}

/* A comma inside an object, before which some bracket was not closed: no key follows but a bracket.
 * Closes down to the array that may go on like this; false: that is the array of the element
 * itself. */
static bool comma(struct brackets *b, const char *p, const char *end)
{
    p = json_blank(p + 1, end);
    bool key_follows = p == end || (*p != '{' && *p != '[');
    if (b->n && (key_follows || !top_is_curly(b)))
        return true;
    while (b->n && top_is_curly(b))
        b->n--;
    return b->n > 0;
}

/* The comma or ] behind the element that begins at P; NULL: not found. A ] that closes nothing is
 * passed over, unless STRAY_ENDS: then it is the array's. */
static const char *tolerant_end(const char *p, const char *end, bool stray_ends)
{
    struct brackets open = {.n = 0};
    for (; p < end; p++) {
        if (*p == '"') {
            p = tolerant_string(p + 1, end) - 1;
        } else if (*p == '{' || *p == '[') {
            if (!push(&open, *p == '{'))
                return NULL;
        } else if (*p == '}' || *p == ']') {
            bool alone = open.n == 0;
            if (!pop(&open, *p == '}') && *p == ']' && (alone || stray_ends))
                return p;
        } else if (*p == ',' && !comma(&open, p, end)) {
            return p;
        }
    }
    return NULL;
}

/* What stands behind the element must look like the array going on, or the end was a wrong guess.
 */
static bool goes_on(const char *p, const char *end)
{
    if (*p == ']')
        return true;
    p = json_blank(p + 1, end);
    return p < end && *p && strchr("{[\"-0123456789tfn],", *p);
}

enum bw_rc json_resync(struct json_reader *r, const struct json_mark *mark, struct bw_view *ret_raw,
                       struct bw_err *err)
{
    BW_ASSERT(mark->state == JSON_AT_FIRST_ELEMENT || mark->state == JSON_AFTER_ELEMENT);
    BW_ASSERT(mark->depth <= r->depth && (size_t)(r->at - r->begin) >= mark->at);
    const char *p = json_blank(r->begin + mark->at, r->end);
    if (mark->state == JSON_AFTER_ELEMENT && p < r->end && *p == ',')
        p = json_blank(p + 1, r->end);
    const char *behind = r->rc == BW_MEMORY ? NULL : tolerant_end(p, r->end, false);
    if (!behind && r->rc != BW_MEMORY)
        behind = tolerant_end(p, r->end, true);
    if (!behind || !goes_on(behind, r->end)) {
        *ret_raw = bw_view_of(p, (size_t)(r->end - p));
        size_t line, column;
        json_position(r, (size_t)(p - r->begin), &line, &column);
        return bw_fail(err, r->rc == BW_MEMORY ? BW_MEMORY : BW_INVALID,
                       "line %zu, column %zu: the end of this element cannot be found; "
                       "all from here on was refused",
                       line, column);
    }
    while (r->depth > mark->depth) {
        json_keys_forget(r);
        r->depth--;
    }
    *ret_raw = bw_view_of(p, (size_t)(behind - p));
    r->at = behind;
    r->state = JSON_AFTER_ELEMENT;
    r->rc = BW_OK;
    r->value = (struct json_value){.type = JSON_ERROR};
    return BW_OK;
}
