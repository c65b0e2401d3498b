/* SPDX-License-Identifier: Apache-2.0 */
/* bw_view - the slow halves of the view functions and the one UTF-8 decoder.
 *
 * Every other reader of UTF-8 (log, error texts, JSON, HTML) uses this decoder, so that what one
 * part accepts no other part sees differently. Pure. Fuzzed by fuzz_bw_text. */
#include "bw_view.h"

#include <endian.h>

#define UTF8_BAD 0xFFFDU
#define HIGH_BITS UINT64_C(0x8080808080808080)

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool bw_view_eq_nocase(struct bw_view a, struct bw_view b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

int bw_view_cmp(struct bw_view a, struct bw_view b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

bool bw_view_starts(struct bw_view v, struct bw_view prefix)
{
    return v.n >= prefix.n && bw_view_eq(bw_view_head(v, prefix.n), prefix);
}

bool bw_view_ends(struct bw_view v, struct bw_view suffix)
{
    return v.n >= suffix.n && bw_view_eq(bw_view_from(v, v.n - suffix.n), suffix);
}

size_t bw_view_find(struct bw_view v, struct bw_view needle)
{
    if (needle.n == 0)
        return 0;
    if (v.n < needle.n)
        return SIZE_MAX;
    const char *at = memmem(v.p, v.n, needle.p, needle.n);
    return at ? (size_t)(at - v.p) : SIZE_MAX;
}

size_t bw_view_find_byte(struct bw_view v, char c)
{
    const char *at = v.n ? memchr(v.p, c, v.n) : NULL;
    return at ? (size_t)(at - v.p) : SIZE_MAX;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct bw_view bw_view_trim(struct bw_view v)
{
    while (v.n && is_blank(v.p[0])) {
        v.p++;
        v.n--;
    }
    while (v.n && is_blank(v.p[v.n - 1]))
        v.n--;
    return v;
}

struct bw_view bw_view_split(struct bw_view *rest, char sep)
{
    struct bw_view whole = *rest;
    size_t at = bw_view_find_byte(whole, sep);
    if (at == SIZE_MAX) {
        *rest = (struct bw_view){NULL, 0};
        return whole;
    }
    *rest = bw_view_from(whole, at + 1);
    return bw_view_head(whole, at);
}

bool bw_view_int(struct bw_view v, int64_t *ret)
{
    bool negative = v.n && v.p[0] == '-';
    if (v.n == negative)
        return false;
    int64_t sum = 0; /* counted below zero, where there is room for one more */
    for (size_t i = negative; i < v.n; i++) {
        if (v.p[i] < '0' || v.p[i] > '9')
            return false;
        if (__builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_sub_overflow(sum, v.p[i] - '0', &sum))
            return false;
    }
    if (!negative && sum == INT64_MIN)
        return false;
    *ret = negative ? sum : -sum;
    return true;
}

/* RFC 3629 section 4: the first byte gives the length and the range of the second byte, which alone
 * excludes overlongs, surrogates and what lies above U+10FFFF. Returns 0 where malformed. */
static size_t utf8_len(const unsigned char *p, size_t n)
{
    unsigned char c = p[0], low = 0x80, high = 0xBF;
    size_t len;
    if (c < 0x80)
        return 1;
    if (c >= 0xC2 && c <= 0xDF)
        len = 2;
    else if (c >= 0xE0 && c <= 0xEF)
        len = 3;
    else if (c >= 0xF0 && c <= 0xF4)
        len = 4;
    else
        return 0;
    if (c == 0xE0)
        low = 0xA0;
    else if (c == 0xED)
        high = 0x9F;
    else if (c == 0xF0)
        low = 0x90;
    else if (c == 0xF4)
        high = 0x8F;
    if (n < len || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return len;
}

/* How many of the N bytes at P are ASCII before the first that is not. */
static size_t ascii_run(const unsigned char *p, size_t n)
{
    size_t at = 0;
    uint64_t eight;
    for (; n - at >= sizeof(eight); at += sizeof(eight)) {
        memcpy(&eight, p + at, sizeof(eight));
        eight = le64toh(eight) & HIGH_BITS;
        if (eight)
            return at + (size_t)__builtin_ctzll(eight) / 8;
    }
    while (at < n && p[at] < 0x80)
        at++;
    return at;
}

bool bw_utf8_valid(struct bw_view v)
{
    const unsigned char *p = (const unsigned char *)v.p;
    for (size_t at = 0; at < v.n;) {
        at += ascii_run(p + at, v.n - at);
        while (at < v.n && p[at] >= 0x80) { /* one script often stays out of ASCII for a while */
            size_t len = utf8_len(p + at, v.n - at);
            if (!len)
                return false;
            at += len;
        }
    }
    return true;
}

uint32_t bw_utf8_next(struct bw_view v, size_t *ret_len)
{
    static const unsigned char FIRST_BITS[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    BW_ASSERT(v.n > 0);
    const unsigned char *p = (const unsigned char *)v.p;
    size_t len = utf8_len(p, v.n);
    *ret_len = len ? len : 1;
    if (!len)
        return UTF8_BAD;
    uint32_t cp = p[0] & FIRST_BITS[len];
    for (size_t i = 1; i < len; i++)
        cp = cp << 6 | (p[i] & 0x3F);
    return cp;
}

bool bw_utf8_is_control(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || cp == 0x2028 || cp == 0x2029 ||
           (cp >= 0x202A && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x2069);
}

struct bw_view bw_utf8_head(struct bw_view v, size_t max)
{
    if (v.n <= max)
        return v;
    size_t n = max;
    while (n > 0 && max - n < 3 && ((unsigned char)v.p[n] & 0xC0) == 0x80)
        n--;
    /* Four trailing bytes in a row are no UTF-8: then there is no code point to spare. */
    if (((unsigned char)v.p[n] & 0xC0) == 0x80)
        n = max;
    return bw_view_head(v, n);
}

size_t bw_utf8_put(uint32_t cp, char out[4])
{
    if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
        cp = UTF8_BAD;
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    size_t len = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    for (size_t i = len; i-- > 1; cp >>= 6)
        out[i] = (char)(0x80 | (cp & 0x3F));
    out[0] = (char)((0xF00U >> len & 0xF0) | cp);
    return len;
}
