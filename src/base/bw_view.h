/* SPDX-License-Identifier: Apache-2.0 */
/* bw_view - text and bytes as pointer + length, borrowed.
 *
 * A view owns nothing: whoever made the bytes keeps them alive. It may hold NUL bytes and need not
 * be terminated. {NULL, 0} is the empty view. Pure; any thread. */
#ifndef BW_VIEW_H
#define BW_VIEW_H

#include "bw_macro.h"
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct bw_view {
    const char *p;
    size_t n; /* bytes */
};

#define BW_V(literal) ((struct bw_view){"" literal, sizeof(literal) - 1})
#define BW_VIEW_INIT(literal)           \
    {                                   \
        "" literal, sizeof(literal) - 1 \
    }                                /* in static tables */
#define BW_VF(v) (int)((v).n), (v).p /* for "%.*s" */

static inline struct bw_view bw_view_of(const char *p, size_t n)
{
    return (struct bw_view){p, n};
}
static inline struct bw_view bw_view_z(const char *z) /* NULL gives the empty view */
{
    return (struct bw_view){z, z ? strlen(z) : 0};
}
static inline bool bw_view_eq(struct bw_view a, struct bw_view b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
static inline bool bw_view_is(struct bw_view a, const char *z)
{
    return bw_view_eq(a, bw_view_z(z));
}
static inline struct bw_view bw_view_from(struct bw_view v, size_t at) /* at past the end: empty */
{
    return at >= v.n ? (struct bw_view){v.p ? v.p + v.n : NULL, 0}
                     : (struct bw_view){v.p + at, v.n - at};
}
static inline struct bw_view bw_view_head(struct bw_view v, size_t n)
{
    return (struct bw_view){v.p, n < v.n ? n : v.n};
}

bool bw_view_eq_nocase(struct bw_view a, struct bw_view b); /* ASCII letters only */
int bw_view_cmp(struct bw_view a, struct bw_view b);        /* bytewise, like memcmp */
bool bw_view_starts(struct bw_view v, struct bw_view prefix);
bool bw_view_ends(struct bw_view v, struct bw_view suffix);
size_t bw_view_find(struct bw_view v, struct bw_view needle); /* SIZE_MAX: not there */
size_t bw_view_find_byte(struct bw_view v, char c);           /* SIZE_MAX: not there */
struct bw_view bw_view_trim(struct bw_view v);                /* ASCII white space, both ends */

/* Splits *rest at the first SEP: returns what is before it and moves *rest behind it. At the end
 * the whole rest is returned and *rest becomes {NULL, 0}: loop `while (rest.p)`. */
struct bw_view bw_view_split(struct bw_view *rest, char sep);

/* Decimal, whole view, optional '-', no blanks; false: not a number or out of range. */
bool bw_view_int(struct bw_view v, int64_t *ret);

/* True: well-formed UTF-8 (RFC 3629: no overlongs, surrogates, > U+10FFFF). */
bool bw_utf8_valid(struct bw_view v);
/* Decodes one code point at v.p (v not empty); *ret_len is 1..4. Malformed: U+FFFD, length 1. */
uint32_t bw_utf8_next(struct bw_view v, size_t *ret_len);
/* C0, DEL, C1, line separators and bidirectional overrides: what could forge a line or turn its
 * order. */
bool bw_utf8_is_control(uint32_t cp);
/* Longest prefix of at most MAX bytes that does not cut a code point. */
struct bw_view bw_utf8_head(struct bw_view v, size_t max);
/* Writes 1..4 bytes, returns how many; what is no scalar value is written as U+FFFD. */
size_t bw_utf8_put(uint32_t cp, char out[4]);

#endif
