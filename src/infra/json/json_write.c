/* SPDX-License-Identifier: Apache-2.0 */
/* json_write - commas, quotes and escapes.
 *
 * The state is two bits a level; there is no room for a mistake that does not assert. */
#include "json_write.h"

#include "json.h"
#include "json_int.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static bool in_object(const struct json_writer *w)
{
    return w->depth && (w->in_object >> (w->depth - 1) & 1);
}

/* Before each value: its comma, and that it may stand here. */
static void before_value(struct json_writer *w)
{
    if (in_object(w)) {
        BW_ASSERT(w->after_key);
        w->after_key = false;
    } else if (w->depth) {
        uint64_t bit = UINT64_C(1) << (w->depth - 1);
        if (w->not_first & bit)
            bw_buf_byte(w->out, ',');
        w->not_first |= bit;
    } else {
        BW_ASSERT(!w->done);
        w->done = true;
    }
}

void json_w_open(struct json_writer *w, struct bw_buf *out)
{
    *w = (struct json_writer){.out = out};
}

void json_w_html_safe(struct json_writer *w)
{
    w->html_safe = true;
}

void json_w_close(struct json_writer *w)
{
    BW_ASSERT(w->depth == 0 && w->done);
}

static void begin(struct json_writer *w, bool object)
{
    before_value(w);
    BW_ASSERT(w->depth < JSON_DEPTH_MAX);
    uint64_t bit = UINT64_C(1) << w->depth;
    w->in_object = object ? w->in_object | bit : w->in_object & ~bit;
    w->not_first &= ~bit;
    w->depth++;
    bw_buf_byte(w->out, object ? '{' : '[');
}

static void end(struct json_writer *w, bool object)
{
    BW_ASSERT(w->depth > 0 && in_object(w) == object && !w->after_key);
    w->depth--;
    bw_buf_byte(w->out, object ? '}' : ']');
}

void json_w_object(struct json_writer *w)
{
    begin(w, true);
}

void json_w_object_end(struct json_writer *w)
{
    end(w, true);
}

void json_w_array(struct json_writer *w)
{
    begin(w, false);
}

void json_w_array_end(struct json_writer *w)
{
    end(w, false);
}

static void escape_unit(struct bw_buf *out, unsigned unit)
{
    static const char HEX[] = "0123456789abcdef";
    char text[6] =
        {'\\', 'u', HEX[unit >> 12 & 15], HEX[unit >> 8 & 15], HEX[unit >> 4 & 15], HEX[unit & 15]};
    bw_buf_add(out, text, sizeof(text));
}

/* One character that json_plain() or the UTF-8 walk stopped at. */
static void escape(struct bw_buf *out, unsigned char c)
{
    static const char SHORT[] = "btnvfr"; /* \v has no short form in JSON */
    if (c == '"' || c == '\\')
        bw_buf_add(out, c == '"' ? "\\\"" : "\\\\", 2);
    else if (c >= '\b' && c <= '\r' && c != '\v')
        bw_buf_add(out, (char[2]){'\\', SHORT[c - '\b']}, 2);
    else
        escape_unit(out, c);
}

/* Text with bytes above 0x7F: U+2028/9 are escaped for JavaScript's sake, what is no UTF-8 is
 * replaced. */
static void add_high(struct bw_buf *out, struct bw_view v)
{
    size_t from = 0, at = 0;
    while (at < v.n) {
        if ((unsigned char)v.p[at] < 0x80) {
            at++;
            continue;
        }
        size_t len;
        uint32_t cp = bw_utf8_next(bw_view_from(v, at), &len);
        bool bad = cp == 0xFFFD && len == 1;
        if (bad || cp == 0x2028 || cp == 0x2029) {
            bw_buf_add(out, v.p + from, at - from);
            from = at + len;
            if (bad)
                BW_BUF_LIT(out, "\xEF\xBF\xBD");
            else
                escape_unit(out, cp);
        }
        at += len;
    }
    bw_buf_add(out, v.p + from, at - from);
}

static void add_html_safe(struct bw_buf *out, struct bw_view v)
{
    size_t from = 0;
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] == '<' || v.p[i] == '>' || v.p[i] == '&') {
            bw_buf_add(out, v.p + from, i - from);
            escape_unit(out, (unsigned char)v.p[i]);
            from = i + 1;
        }
    }
    bw_buf_add(out, v.p + from, v.n - from);
}

static void add_plain(struct json_writer *w, struct bw_view v, bool high)
{
    if (!w->html_safe) {
        if (high)
            add_high(w->out, v);
        else
            bw_buf_view(w->out, v);
        return;
    }
    for (size_t at = 0; at < v.n;) { /* runs of ASCII and runs of the rest */
        size_t n = 0;
        bool ascii = (unsigned char)v.p[at] < 0x80;
        while (at + n < v.n && ((unsigned char)v.p[at + n] < 0x80) == ascii)
            n++;
        if (ascii)
            add_html_safe(w->out, bw_view_of(v.p + at, n));
        else
            add_high(w->out, bw_view_of(v.p + at, n));
        at += n;
    }
}

static void quoted(struct json_writer *w, struct bw_view text)
{
    bw_buf_byte(w->out, '"');
    const char *p = text.p, *stop = text.n ? text.p + text.n : text.p;
    while (p < stop) {
        bool high = false;
        const char *q = json_plain(p, stop, &high);
        add_plain(w, bw_view_of(p, (size_t)(q - p)), high);
        p = q;
        if (p < stop)
            escape(w->out, (unsigned char)*p++);
    }
    bw_buf_byte(w->out, '"');
}

void json_w_key_view(struct json_writer *w, struct bw_view key)
{
    BW_ASSERT(in_object(w) && !w->after_key);
    uint64_t bit = UINT64_C(1) << (w->depth - 1);
    if (w->not_first & bit)
        bw_buf_byte(w->out, ',');
    w->not_first |= bit;
    w->after_key = true;
    quoted(w, key);
    bw_buf_byte(w->out, ':');
}

void json_w_key(struct json_writer *w, const char *z)
{
    json_w_key_view(w, bw_view_z(z));
}

void json_w_string(struct json_writer *w, struct bw_view text)
{
    before_value(w);
    quoted(w, text);
}

void json_w_z(struct json_writer *w, const char *z)
{
    if (z)
        json_w_string(w, bw_view_z(z));
    else
        json_w_null(w);
}

void json_w_int(struct json_writer *w, int64_t v)
{
    before_value(w);
    bw_buf_int(w->out, v);
}

void json_w_double(struct json_writer *w, double v)
{
    char text[40];
    if (!isfinite(v)) {
        json_w_null(w);
        return;
    }
    before_value(w);
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    for (char *p = text; *p; p++) /* whatever the locale's decimal point is */
        if (*p == ',')
            *p = '.';
    bw_buf_z(w->out, text);
}

void json_w_bool(struct json_writer *w, bool v)
{
    before_value(w);
    bw_buf_z(w->out, v ? "true" : "false");
}

void json_w_null(struct json_writer *w)
{
    before_value(w);
    BW_BUF_LIT(w->out, "null");
}

void json_w_raw(struct json_writer *w, struct bw_view json)
{
    BW_ASSERT(json.n > 0);
    before_value(w);
    bw_buf_view(w->out, json);
}

void json_w_kv(struct json_writer *w, const char *key, struct bw_view text)
{
    json_w_key(w, key);
    json_w_string(w, text);
}

void json_w_kv_z(struct json_writer *w, const char *key, const char *z)
{
    json_w_key(w, key);
    json_w_z(w, z);
}

void json_w_kv_int(struct json_writer *w, const char *key, int64_t v)
{
    json_w_key(w, key);
    json_w_int(w, v);
}

void json_w_kv_bool(struct json_writer *w, const char *key, bool v)
{
    json_w_key(w, key);
    json_w_bool(w, v);
}

void json_w_kv_raw(struct json_writer *w, const char *key, struct bw_view json)
{
    json_w_key(w, key);
    json_w_raw(w, json);
}
