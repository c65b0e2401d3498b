/* SPDX-License-Identifier: Apache-2.0 */
/* json - strict JSON as it lies in the received bytes: a pull reader that gives views.
 *
 * Why: what comes in is kept byte for byte, so the reader hands out views into the input instead of
 * a tree: no copy, no rounding of numbers, no memory that grows with the document. It takes RFC
 * 8259 within the limits of I-JSON (RFC 7493): well-formed UTF-8, no lone surrogates, no duplicate
 * keys, nothing behind the value, and no more depth than the limit. One pass validates all of it,
 * also in what is skipped. Writing is in json_write.h.
 *
 *     struct json_reader r;
 *     json_open(&r, body, arena, NULL);
 *     BW_TRY(json_want(&r, JSON_ARRAY, err));
 *     while (json_next(&r) == JSON_OBJECT) {
 *         BW_TRY(json_fields(&r, NAMES, BW_COUNT(NAMES), values, &raw, err));
 *         ...
 *     }
 *     BW_TRY(json_finish(&r, err));       // also reports what stopped the loop
 *
 * Threads: a reader belongs to one; no global state. Fuzzed by fuzz_json. */
#ifndef JSON_H
#define JSON_H

#include "bw_arena.h"
#include "bw_err.h"
#include "bw_view.h"

#define JSON_DEPTH_MAX 64
#define JSON_KEYS_INLINE 128 /* keys of open objects that are watched without the arena */
#define JSON_FIELDS_MAX 64   /* names in one json_fields() */

enum json_event {
    JSON_ERROR, /* sticky; json_finish() tells what and where */
    JSON_END,   /* the one value is complete and nothing follows */
    JSON_OBJECT,
    JSON_OBJECT_END,
    JSON_ARRAY,
    JSON_ARRAY_END,
    JSON_KEY,
    JSON_STRING,
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL
};

/* One value, or one key, where it lies. */
struct json_value {
    enum json_event type; /* JSON_ERROR (zero): json_fields() did not meet this name */
    bool escaped;         /* strings and keys: holds a backslash */
    bool has_nul;         /* strings and keys: holds \u0000; whoever stores text refuses it */
    struct bw_view raw;   /* as received, with quotes or braces (a container's: see json_raw) */
};

struct json_limits {
    size_t depth; /* 1..JSON_DEPTH_MAX open containers */
    size_t keys;  /* most keys in one object; 0: no limit but the arena's */
};

struct json_seen { /* private: one key of an open object */
    const char *p;
    uint32_t n, hash;
};

/* On the caller's stack. Private but for `value`, the value or key of the last event. */
struct json_reader {
    struct json_value value;
    const char *begin, *at, *end;
    struct bw_arena *arena;
    struct json_limits limits;
    size_t depth;
    uint64_t in_object;                /* bit d: container d is an object */
    uint64_t bloom[JSON_DEPTH_MAX];    /* of the keys of container d, while they are few */
    uint32_t key_from[JSON_DEPTH_MAX]; /* where in `keys` those of container d begin */
    uint32_t key_n, key_room, slot_n, slot_room;
    struct json_seen *keys; /* of all open objects; the innermost one's are last */
    uint32_t *slots;        /* hash set over the keys of large objects */
    uint64_t seed[2];
    uint8_t state;
    enum bw_rc rc;
    const char *why, *bad_at;
    size_t line, column, counted; /* the last position that was reported */
    struct json_seen keys_inline[JSON_KEYS_INLINE];
};

/* IN must outlive the reader. ARENA holds keys that were escaped and, beyond JSON_KEYS_INLINE, the
 * key set of the largest objects (some 50 bytes a key); nothing else. LIMITS NULL: JSON_DEPTH_MAX,
 * no limit of keys. */
void json_open(struct json_reader *r, struct bw_view in, struct bw_arena *arena,
               const struct json_limits *limits);

/* The next event. In an object JSON_KEY comes before each value. Behind JSON_END or JSON_ERROR the
 * same event is repeated. */
enum json_event json_next(struct json_reader *r);

/* json_next() that must give WANT, else BW_INVALID with position ("line 1, column 1: an array is
 * expected here"). */
BW_MUST_CHECK enum bw_rc json_want(struct json_reader *r, enum json_event want, struct bw_err *err);

/* Behind JSON_OBJECT or JSON_ARRAY: reads up to its end and gives the whole container, braces
 * included. Behind a scalar: that scalar. Behind JSON_KEY: the key's value. All of it is validated.
 */
BW_MUST_CHECK enum bw_rc json_raw(struct json_reader *r, struct bw_view *ret_raw,
                                  struct bw_err *err);
BW_MUST_CHECK enum bw_rc json_skip(struct json_reader *r, struct bw_err *err);

/* Behind JSON_OBJECT: reads the object to its end, validates everything, and fills VALUES[i] with
 * the value of NAMES[i]; a name that is not there gives type JSON_ERROR. Containers among them have
 * their whole raw text: open a new reader on it. *ret_raw (may be NULL) is the object. N <= 64. */
BW_MUST_CHECK enum bw_rc json_fields(struct json_reader *r, const struct bw_view *names, size_t n,
                                     struct json_value *values, struct bw_view *ret_raw,
                                     struct bw_err *err);

/* Reads what is left. BW_OK: the document was complete and right. Otherwise the first error:
 * message like "line 12, column 8: duplicate key \"id\""; BW_INVALID, BW_LIMIT (depth, keys) or
 * BW_MEMORY. */
BW_MUST_CHECK enum bw_rc json_finish(struct json_reader *r, struct bw_err *err);

/* One broken element among thousands. Take a mark before json_next() reads an element of an array;
 * when reading the element failed, json_resync() finds its end by counting brackets outside strings
 * (a line end also ends a string: JSON has none in strings), clears the error, and the next
 * json_next() reads the following element. *ret_raw: the broken element as received. BW_INVALID:
 * its end cannot be found, the reader stays in its error, *ret_raw is all that is left; the message
 * gives the position from which the rest is refused. */
struct json_mark {
    size_t at, depth; /* private */
    uint8_t state;
};
struct json_mark json_mark(const struct json_reader *r);
BW_MUST_CHECK enum bw_rc json_resync(struct json_reader *r, const struct json_mark *mark,
                                     struct bw_view *ret_raw, struct bw_err *err);

size_t json_depth(const struct json_reader *r); /* open containers */
size_t json_offset(
    const struct json_reader *r); /* byte in the input: behind the last event, or of the error */
/* Line and column (from 1; columns in code points) of byte OFFSET, which must not go backwards
 * much: positions are counted on from the last one asked for. */
void json_position(struct json_reader *r, size_t offset, size_t *ret_line, size_t *ret_column);

/* Values. Each refuses other types with BW_INVALID (text without position: the caller names the
 * field). */

/* String or key: the text without quotes. Without escapes a view into the input, else decoded into
 * ARENA. May hold NUL: see value->has_nul. */
BW_MUST_CHECK enum bw_rc json_text(const struct json_value *v, struct bw_arena *arena,
                                   struct bw_view *ret, struct bw_err *err);
/* Integer written without fraction and exponent, within int64. */
BW_MUST_CHECK enum bw_rc json_int(const struct json_value *v, int64_t *ret, struct bw_err *err);
/* Nearest double; BW_INVALID where it overflows. The locale does not matter. */
BW_MUST_CHECK enum bw_rc json_double(const struct json_value *v, double *ret, struct bw_err *err);
BW_MUST_CHECK enum bw_rc json_bool(const struct json_value *v, bool *ret, struct bw_err *err);
/* The text of string or key equals Z, escapes decoded. */
bool json_is(const struct json_value *v, const char *z);

/* Both are valid JSON with equal values: members in any order, numbers by value (1.0 = 1 = 10e-1,
 * at any precision), strings decoded. For tests and comparisons of exports. */
bool json_same(struct bw_view a, struct bw_view b);

#endif
