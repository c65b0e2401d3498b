/* SPDX-License-Identifier: Apache-2.0 */
/* json_scan - the slow ways through a token: escapes, UTF-8, numbers.
 *
 * Escapes are validated in the scan, so that decoding later needs no errors. UTF-8 is checked once
 * for the whole string by base's decoder, the only one in the house. Pure; fuzzed by fuzz_json. */
#include "json_int.h"

enum { SURROGATE_HIGH = 0xD800, SURROGATE_LOW = 0xDC00, SURROGATE_END = 0xE000 };

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits behind \u at P; -1: they are not there. */
static int32_t hex_four(const char *p, const char *end)
{
    if (end - p < 4)
        return -1;
    int32_t v = 0;
    for (int i = 0; i < 4; i++) {
        int h = hex_value(p[i]);
        if (h < 0)
            return -1;
        v = v * 16 + h;
    }
    return v;
}

/* P is at a backslash. Returns what is behind the escape, or NULL and *why. */
static const char *escape_check(const char *p, const char *end, bool *has_nul, const char **why)
{
    *why = "a backslash must be followed by one of \" \\ / b f n r t u";
    if (end - p < 2)
        return NULL;
    if (p[1] != 'u')
        return p[1] && strchr("\"\\/bfnrt", p[1]) ? p + 2 : NULL;
    int32_t unit = hex_four(p + 2, end);
    *why = "\\u must be followed by four hexadecimal digits";
    if (unit < 0)
        return NULL;
    if (unit == 0)
        *has_nul = true;
    if (unit < SURROGATE_HIGH || unit >= SURROGATE_END)
        return p + 6;
    *why = "half of a surrogate pair stands alone";
    if (unit >= SURROGATE_LOW || end - p < 12 || p[6] != '\\' || p[7] != 'u')
        return NULL;
    int32_t low = hex_four(p + 8, end);
    return low >= SURROGATE_LOW && low < SURROGATE_END ? p + 12 : NULL;
}

static const char *first_bad_utf8(const char *p, const char *end)
{
    while (p < end) {
        size_t len;
        uint32_t cp = bw_utf8_next(bw_view_of(p, (size_t)(end - p)), &len);
        if (cp == 0xFFFD && len == 1)
            return p;
        p += len;
    }
    return p;
}

void json_string_rest(const char *begin, const char *p, const char *end, bool high,
                      struct json_string_end *ret)
{
    *ret = (struct json_string_end){.quote = NULL};
    while (p < end && *p == '\\') {
        ret->escaped = true;
        const char *next = escape_check(p, end, &ret->has_nul, &ret->why);
        if (!next) {
            ret->bad_at = p;
            return;
        }
        p = json_plain(next, end, &high);
    }
    if (high && !bw_utf8_valid(bw_view_of(begin, (size_t)(p - begin)))) {
        ret->bad_at = first_bad_utf8(begin, p);
        ret->why = "this is not UTF-8";
    } else if (p == end) {
        ret->bad_at = p;
        ret->why = "a string has no end";
    } else if (*p != '"') {
        ret->bad_at = p;
        ret->why = "control characters in a string must be escaped";
    } else {
        ret->quote = p;
    }
}

static const char *digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

const char *json_number_end(const char *p, const char *end, const char **why, const char **bad_at)
{
    const char *from = p + (*p == '-');
    p = digits(from, end);
    *why = "a number needs a digit here";
    *bad_at = p;
    if (p == from)
        return NULL;
    if (*from == '0' && p - from > 1) {
        *why = "a number must not begin with 0";
        *bad_at = from;
        return NULL;
    }
    if (p < end && *p == '.') {
        from = p + 1;
        *bad_at = p = digits(from, end);
        if (p == from)
            return NULL;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        from = p + 1;
        if (from < end && (*from == '+' || *from == '-'))
            from++;
        *bad_at = p = digits(from, end);
        if (p == from)
            return NULL;
    }
    return p;
}

uint32_t json_escape(const char **p)
{
    const char *at = *p;
    *p = at + 2;
    switch (at[1]) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'u':
        break;
    default:
        return (unsigned char)at[1];
    }
    uint32_t unit = (uint32_t)hex_four(at + 2, at + 6);
    *p = at + 6;
    if (unit < SURROGATE_HIGH || unit >= SURROGATE_END)
        return unit;
    uint32_t low = (uint32_t)hex_four(at + 8, at + 12);
    *p = at + 12;
    return 0x10000 + ((unit - SURROGATE_HIGH) << 10) + (low - SURROGATE_LOW);
}

size_t json_decode(struct bw_view in, char *out)
{
    const char *p = in.p, *end = in.p + in.n;
    char *to = out;
    while (p < end) {
        const char *slash = memchr(p, '\\', (size_t)(end - p));
        size_t n = (size_t)((slash ? slash : end) - p);
        memcpy(to, p, n);
        to += n;
        p += n;
        if (slash)
            to += bw_utf8_put(json_escape(&p), to); /* never longer than the escape */
    }
    return (size_t)(to - out);
}
