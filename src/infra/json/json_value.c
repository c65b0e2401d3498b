/* SPDX-License-Identifier: Apache-2.0 */
/* json_value - from a value as received to text, number and truth; equality of values.
 *
 * Nothing here rounds without being asked: an integer is one that was written as one. */
#include "json_int.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>

#define DOUBLE_TEXT_MAX                                                      \
    512 /* digits beyond this do not change a double that matters to anybody \
         */

static struct bw_view inside(const struct json_value *v)
{
    return bw_view_of(v->raw.p + 1, v->raw.n - 2);
}

static bool has_text(const struct json_value *v)
{
    return v->type == JSON_STRING || v->type == JSON_KEY;
}

enum bw_rc json_text(const struct json_value *v, struct bw_arena *arena, struct bw_view *ret,
                     struct bw_err *err)
{
    if (!has_text(v))
        return bw_fail(err, BW_INVALID, "a text is expected here");
    struct bw_view text = inside(v);
    if (v->escaped) {
        char *out = bw_arena_get(arena, text.n + 1);
        if (!out)
            return bw_fail_memory(err);
        text = bw_view_of(out, json_decode(text, out));
    }
    *ret = text;
    return BW_OK;
}

enum bw_rc json_int(const struct json_value *v, int64_t *ret, struct bw_err *err)
{
    int64_t n;
    if (v->type != JSON_NUMBER || !bw_view_int(v->raw, &n))
        return bw_fail(err, BW_INVALID, "a whole number is expected here");
    *ret = n;
    return BW_OK;
}

enum bw_rc json_double(const struct json_value *v, double *ret, struct bw_err *err)
{
    static locale_t c_locale;
    if (v->type != JSON_NUMBER || v->raw.n >= DOUBLE_TEXT_MAX)
        return bw_fail(err, BW_INVALID, "a number is expected here");
    locale_t loc = __atomic_load_n(&c_locale, __ATOMIC_ACQUIRE);
    if (!loc) {
        locale_t none = (locale_t)0;
        loc = newlocale(LC_ALL_MASK, "C", (locale_t)0);
        if (!loc)
            return bw_fail_memory(err);
        if (!__atomic_compare_exchange_n(&c_locale, &none, loc, false, __ATOMIC_ACQ_REL,
                                         __ATOMIC_ACQUIRE)) {
            freelocale(loc);
            loc = none;
        }
    }
    char z[DOUBLE_TEXT_MAX];
    memcpy(z, v->raw.p, v->raw.n);
    z[v->raw.n] = '\0';
    double d = strtod_l(z, NULL, loc);
    if (!isfinite(d))
        return bw_fail(err, BW_INVALID, "this number is too large");
    *ret = d;
    return BW_OK;
}

enum bw_rc json_bool(const struct json_value *v, bool *ret, struct bw_err *err)
{
    if (v->type != JSON_TRUE && v->type != JSON_FALSE)
        return bw_fail(err, BW_INVALID, "true or false is expected here");
    *ret = v->type == JSON_TRUE;
    return BW_OK;
}

/* Walks a string's inside by decoded pieces: the next byte sequence of one character. */
static struct bw_view next_piece(const char **p, const char *end, char room[4])
{
    const char *from = *p;
    if (from < end && *from == '\\')
        return bw_view_of(room, bw_utf8_put(json_escape(p), room));
    *p = from + (from < end);
    return bw_view_of(from, (size_t)(*p - from));
}

bool json_is(const struct json_value *v, const char *z)
{
    if (!has_text(v))
        return false;
    struct bw_view text = inside(v), want = bw_view_z(z);
    if (!v->escaped)
        return bw_view_eq(text, want);
    for (const char *p = text.p, *end = text.p + text.n; p < end;) {
        char room[4];
        struct bw_view piece = next_piece(&p, end, room);
        if (!bw_view_eq(piece, bw_view_head(want, piece.n)))
            return false;
        want = bw_view_from(want, piece.n);
    }
    return want.n == 0;
}

/* A number as sign, digits without zeros at the ends, and power of ten of the last digit. */
struct decimal {
    bool negative;
    struct bw_view whole, fraction; /* as written */
    int64_t exponent;
};

static struct decimal decimal_of(struct bw_view v)
{
    struct decimal d = {.negative = v.n && v.p[0] == '-'};
    v = bw_view_from(v, d.negative);
    size_t e = 0;
    while (e < v.n && v.p[e] != 'e' && v.p[e] != 'E')
        e++;
    struct bw_view digits = bw_view_head(v, e), power = bw_view_from(v, e + 1);
    if (power.n && power.p[0] == '+')
        power = bw_view_from(power, 1);
    if (power.n && (power.n > 15 || !bw_view_int(power, &d.exponent)))
        d.exponent = power.p[0] == '-' ? -INT64_C(1000000000000000) : INT64_C(1000000000000000);
    d.whole = bw_view_split(&digits, '.');
    d.fraction = digits.p ? digits : bw_view_of("", 0);
    return d;
}

static char digit_at(const struct decimal *d, size_t i)
{
    return i < d->whole.n ? d->whole.p[i] : d->fraction.p[i - d->whole.n];
}

/* Leaves [*from, *to) as the digits that count; the value is 0 where none is left. */
static void significant(const struct decimal *d, size_t *from, size_t *to)
{
    *from = 0;
    *to = d->whole.n + d->fraction.n;
    while (*from < *to && digit_at(d, *from) == '0')
        ++*from;
    while (*to > *from && digit_at(d, *to - 1) == '0')
        --*to;
}

static bool numbers_equal(struct bw_view a, struct bw_view b)
{
    struct decimal x = decimal_of(a), y = decimal_of(b);
    size_t xf, xt, yf, yt;
    significant(&x, &xf, &xt);
    significant(&y, &yf, &yt);
    if (xf == xt || yf == yt)
        return xf == xt && yf == yt;
    int64_t x_power = x.exponent + (int64_t)x.whole.n - (int64_t)xf;
    int64_t y_power = y.exponent + (int64_t)y.whole.n - (int64_t)yf;
    if (x.negative != y.negative || x_power != y_power || xt - xf != yt - yf)
        return false;
    for (size_t i = 0; i < xt - xf; i++)
        if (digit_at(&x, xf + i) != digit_at(&y, yf + i))
            return false;
    return true;
}

static bool texts_equal(const struct json_value *a, const struct json_value *b)
{
    struct bw_view x = inside(a), y = inside(b);
    if (!a->escaped && !b->escaped)
        return bw_view_eq(x, y);
    const char *p = x.p, *q = y.p, *p_end = p + x.n, *q_end = q + y.n;
    struct bw_view left = {NULL, 0}, right = {NULL, 0};
    char left_room[4], right_room[4];
    for (;;) {
        if (!left.n)
            left = next_piece(&p, p_end, left_room);
        if (!right.n)
            right = next_piece(&q, q_end, right_room);
        if (!left.n || !right.n)
            return left.n == right.n;
        if (left.p[0] != right.p[0])
            return false;
        left = bw_view_from(left, 1);
        right = bw_view_from(right, 1);
    }
}

struct member {
    struct bw_view key, value;
};

static int member_cmp(const void *a, const void *b)
{
    return bw_view_cmp(((const struct member *)a)->key, ((const struct member *)b)->key);
}

/* Members or elements of the container at V; counts them first. False: out of memory. */
static bool members_of(struct bw_arena *arena, struct bw_view v, struct member **ret, size_t *ret_n)
{
    struct member *m = NULL;
    for (int pass = 0; pass < 2; pass++) {
        struct json_reader r;
        size_t n = 0;
        json_open(&r, v, arena, NULL);
        bool object = json_next(&r) == JSON_OBJECT;
        for (enum json_event e = json_next(&r); json_depth(&r) > 0; e = json_next(&r)) {
            struct member one = {{NULL, 0}, {NULL, 0}};
            if (e == JSON_ERROR)
                return false;
            if (object && json_text(&r.value, arena, &one.key, NULL) != BW_OK)
                return false;
            if (json_raw(&r, &one.value, NULL) != BW_OK)
                return false;
            if (m)
                m[n] = one;
            n++;
        }
        if (!m)
            m = BW_ARENA_ARRAY(arena, n + 1, struct member);
        if (!m)
            return false;
        *ret_n = n;
    }
    *ret = m;
    return true;
}

static bool values_equal(struct bw_arena *arena, struct bw_view a, struct bw_view b)
{
    struct json_reader r, s;
    json_open(&r, a, arena, NULL);
    json_open(&s, b, arena, NULL);
    enum json_event type = json_next(&r);
    if (type != json_next(&s))
        return false;
    if (type == JSON_NUMBER)
        return numbers_equal(r.value.raw, s.value.raw);
    if (type == JSON_STRING)
        return texts_equal(&r.value, &s.value);
    if (type != JSON_OBJECT && type != JSON_ARRAY)
        return type != JSON_ERROR;
    struct member *x, *y;
    size_t n, m;
    if (!members_of(arena, a, &x, &n) || !members_of(arena, b, &y, &m) || n != m)
        return false;
    if (type == JSON_OBJECT) {
        qsort(x, n, sizeof(*x), member_cmp);
        qsort(y, n, sizeof(*y), member_cmp);
    }
    for (size_t i = 0; i < n; i++)
        if (!bw_view_eq(x[i].key, y[i].key) || !values_equal(arena, x[i].value, y[i].value))
            return false;
    return true;
}

bool json_same(struct bw_view a, struct bw_view b)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(SIZE_MAX / 2);
    if (!arena)
        return false;
    struct json_reader r, s;
    json_open(&r, a, arena, NULL);
    json_open(&s, b, arena, NULL);
    if (json_finish(&r, NULL) != BW_OK || json_finish(&s, NULL) != BW_OK)
        return false;
    return values_equal(arena, a, b);
}
