/* SPDX-License-Identifier: Apache-2.0 */
/* json_int - what the files of this folder share: scanning, the key sets, the failure.
 *
 * The scanners are inline because a token of STIX has 20 bytes: a call would cost as much as the
 * work. SSE2 is part of every x86-64; other machines (and the tests, with JSON_NO_SSE2) take eight
 * bytes at a time in a register. */
#ifndef JSON_INT_H
#define JSON_INT_H

#include "json.h"

#if defined(__SSE2__) && !defined(JSON_NO_SSE2)
#define JSON_SSE2 1
#include <emmintrin.h>
#else
#define JSON_SSE2 0
#endif

#define JSON_KEYS_SMALL 32 /* more keys than this in one object go into the hash set */

enum json_state {
    JSON_AT_ROOT,
    JSON_AT_FIRST_MEMBER,  /* behind { */
    JSON_AT_VALUE,         /* behind "key": */
    JSON_AT_FIRST_ELEMENT, /* behind [ */
    JSON_AFTER_MEMBER,
    JSON_AFTER_ELEMENT,
    JSON_AFTER_ROOT,
    JSON_FAILED
};

/* What a scan of a string found: its closing quote, or NULL and why. */
struct json_string_end {
    const char *quote;
    const char *why, *bad_at;
    bool escaped, has_nul;
};

static inline bool json_is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static inline const char *json_blank(const char *p, const char *end)
{
    while (p < end && json_is_blank(*p))
        p++;
    return p;
}

#if JSON_SSE2
/* The first byte that ends the plain part of a string: quote, backslash or control byte. *high is
 * set where a byte above 0x7F was passed. */
static inline const char *json_plain(const char *p, const char *end, bool *high)
{
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');
    const __m128i last_control = _mm_set1_epi8(0x1F);
    while (end - p >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i stop = _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash));
        stop = _mm_or_si128(stop, _mm_cmpeq_epi8(_mm_min_epu8(v, last_control), v));
        unsigned stops = (unsigned)_mm_movemask_epi8(stop);
        unsigned highs = (unsigned)_mm_movemask_epi8(v);
        if (stops) {
            unsigned at = (unsigned)__builtin_ctz(stops);
            *high |= (highs & ((1U << at) - 1)) != 0;
            return p + at;
        }
        *high |= highs != 0;
        p += 16;
    }
    for (; p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20; p++)
        *high |= (unsigned char)*p >= 0x80;
    return p;
}
#else
#define JSON_ONES UINT64_C(0x0101010101010101)
#define JSON_HIGHS UINT64_C(0x8080808080808080)
/* High bit of each byte of V that is zero; bytes above the first such one may be wrong. */
static inline uint64_t json_zero_bytes(uint64_t v)
{
    return (v - JSON_ONES) & ~v & JSON_HIGHS;
}

static inline const char *json_plain(const char *p, const char *end, bool *high)
{
    while (end - p >= 8) {
        uint64_t v;
        memcpy(&v, p, sizeof(v));
        uint64_t stop = json_zero_bytes(v ^ (JSON_ONES * '"')) |
                        json_zero_bytes(v ^ (JSON_ONES * '\\')) |
                        json_zero_bytes(v & (JSON_ONES * 0xE0));
        if (stop)
            break; /* the byte loop finds which one, in either byte order */
        *high |= (v & JSON_HIGHS) != 0;
        p += 8;
    }
    for (; p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20; p++)
        *high |= (unsigned char)*p >= 0x80;
    return p;
}
#endif

/* json_scan.c: the rest of a string that is not plain ASCII to its end. BEGIN is behind the opening
 * quote, P what json_plain() gave. */
void json_string_rest(const char *begin, const char *p, const char *end, bool high,
                      struct json_string_end *ret);
/* Behind the number that begins at P; NULL and *why, *bad_at where it is none. */
const char *json_number_end(const char *p, const char *end, const char **why, const char **bad_at);
/* Decodes the escape at P (a backslash, known to be right) and moves P behind it. */
uint32_t json_escape(const char **p);
/* Decodes the validated inside of a string into OUT (room for in.n bytes); returns the length. */
size_t json_decode(struct bw_view in, char *out);

static inline void json_string_scan(const char *begin, const char *end, struct json_string_end *ret)
{
    bool high = false;
    const char *p = json_plain(begin, end, &high);
    if (BW_LIKELY(p < end && *p == '"' && !high)) {
        *ret = (struct json_string_end){.quote = p};
        return;
    }
    json_string_rest(begin, p, end, high, ret);
}

/* json_keys.c */
enum json_key_rc { JSON_KEY_NEW, JSON_KEY_TWICE, JSON_KEY_MEMORY, JSON_KEY_LIMIT };
/* Adds a key to the innermost object. */
enum json_key_rc json_key_add(struct json_reader *r, struct bw_view key);
/* Forgets the keys of the innermost container, which is about to be closed. */
void json_keys_forget_set(struct json_reader *r, uint32_t from);
static inline void json_keys_forget(struct json_reader *r)
{
    uint32_t from = r->key_from[r->depth - 1];
    if (BW_UNLIKELY(r->key_n - from > JSON_KEYS_SMALL))
        json_keys_forget_set(r, from);
    r->key_n = from;
}
/* The key of the last JSON_KEY, decoded. */
static inline struct bw_view json_last_key(const struct json_reader *r)
{
    return bw_view_of(r->keys[r->key_n - 1].p, r->keys[r->key_n - 1].n);
}

/* json_place.c: message with position of the reader's failure; returns its rc. */
enum bw_rc json_report(struct json_reader *r, struct bw_err *err);

#endif
