/* SPDX-License-Identifier: Apache-2.0 */
/* test_json_peer - the reader against jansson, on texts made by breaking good ones.
 *
 * What we take, jansson takes with equal values; what jansson takes, we take, unless one of our
 * stricter rules or its own liberties says otherwise. Fixed seed: the same texts every time. */
#include "bw_test.h"
#include "json.h"

#include "bench_json_peer.h"
#include "bw_random.h"

static struct bw_arena *arena;

static const char *const SEEDS[] = {
    "{\"type\":\"indicator\",\"id\":\"i--1\",\"pattern\":\"[a:b = '192.0.2.1']\"}",
    "[1,-2,3.25,1e3,0.5E-2,\"a\\u00e9\\ud83d\\ude00\\n\",true,false,null,{},[]]",
    "{\"a\":{\"b\":{\"c\":[{\"d\":\"網絡安全\"},{\"d\":\"\\\"\\\\\\/\"}]}},\"e\":[[[]]]}",
    "\"just text\"",
    "{\"k0\":0,\"k1\":1,\"k2\":2,\"k3\":3,\"k10\":[{\"k0\":1,\"k1\":2}],\"\":\"\"}",
};

static size_t below(size_t n)
{
    return (size_t)bw_random_below(BW_RANDOM_TEST, n);
}

/* Copies a seed and changes up to three places. Returns the length. */
static size_t broken_copy(char *out, size_t room)
{
    static const char BYTES[] = "{}[]\",:\\0123456789eE+-.truefalsn \n\t\x80\xC3\xA9\xFF\x01/ud8";
    struct bw_view seed = bw_view_z(SEEDS[below(BW_COUNT(SEEDS))]);
    size_t n = seed.n, changes = below(4);
    memcpy(out, seed.p, n);
    while (changes--) {
        size_t at = below(n), from = below(n), len = 1 + below(6);
        switch (below(4)) {
        case 0:
            out[at] = BYTES[below(sizeof(BYTES) - 1)];
            break;
        case 1: /* insert */
            if (n + 1 < room) {
                memmove(out + at + 1, out + at, n - at);
                out[at] = BYTES[below(sizeof(BYTES) - 1)];
                n++;
            }
            break;
        case 2: /* delete */
            if (at + len < n) {
                memmove(out + at, out + at + len, n - at - len);
                n -= len;
            }
            break;
        default: /* copy a piece over another */
            if (at + len <= n && from + len <= n)
                memmove(out + at, out + from, len);
        }
    }
    return n;
}

/* jansson's liberties: integers over 64 bit and reals that overflow are refused; a real is rounded,
 * and the dump of -0 or 1e3 differs in kind, not in value. Its depth limit is 2048. */
static bool has_far_number(struct bw_view v)
{
    struct json_reader r;
    enum json_event e;
    json_open(&r, v, arena, NULL);
    while ((e = json_next(&r)) != JSON_END && e != JSON_ERROR) {
        double d;
        if (e == JSON_NUMBER && (r.value.raw.n > 15 || json_double(&r.value, &d, NULL) != BW_OK))
            return true;
        size_t exponent = bw_view_find_byte(r.value.raw, 'e');
        exponent = exponent == SIZE_MAX ? bw_view_find_byte(r.value.raw, 'E') : exponent;
        if (e == JSON_NUMBER && exponent != SIZE_MAX && r.value.raw.n - exponent > 3)
            return true;
    }
    return false;
}

/* Numbers with a fraction are compared as doubles: jansson's dump has rounded digits. */
static bool same_rounded(struct bw_view a, struct bw_view b)
{
    struct json_reader r, s;
    json_open(&r, a, arena, NULL);
    json_open(&s, b, arena, NULL);
    for (;;) {
        enum json_event e = json_next(&r), f = json_next(&s);
        double x, y;
        if (e != f || e == JSON_ERROR)
            return false;
        if (e == JSON_END)
            return true;
        if (e == JSON_NUMBER && (json_double(&r.value, &x, NULL) != BW_OK ||
                                 json_double(&s.value, &y, NULL) != BW_OK || x < y || x > y))
            return false;
        if (e == JSON_STRING && !json_same(r.value.raw, s.value.raw))
            return false;
    }
}

BW_TEST(agrees_with_jansson)
{
    size_t taken = 0, refused = 0, apart = 0;
    arena = bw_arena_new(4U << 20);
    REQUIRE(arena != NULL);
    bw_random_fix(20261121);
    for (int i = 0; i < 60000; i++) {
        char text[512];
        struct bw_view v = bw_view_of(text, broken_copy(text, sizeof(text)));
        BW_AUTO_BUF dump = BW_BUF_INIT(8192);
        struct json_reader r;
        struct bw_err err = {BW_OK, "", ""};
        json_open(&r, v, arena, NULL);
        bool ours = json_finish(&r, &err) == BW_OK, theirs = bench_json_peer_dump(v, &dump);
        bool equal = ours == theirs;
        if (ours && theirs)
            equal = json_same(v, bw_buf_text(&dump)) || same_rounded(v, bw_buf_text(&dump));
        else if (ours)
            equal = has_far_number(v); /* jansson refuses it */
        if (!equal && apart++ < 5)
            printf("# ours %d, jansson %d, %s: %.*s\n# dump: %.*s\n", ours, theirs, err.message,
                   BW_VF(v), BW_VF(bw_buf_text(&dump)));
        taken += ours;
        refused += !ours;
        bw_arena_reset(arena);
    }
    bw_random_free_run();
    CHECK_INT(apart, 0);
    CHECK(taken > 5000 && refused > 5000);
    bw_arena_free(arena);
}

BW_TEST_MAIN()
