/* SPDX-License-Identifier: Apache-2.0 */
/* test_json_value - text, numbers and truth of one value; equality of two. */
#include "bw_test.h"
#include "json.h"

#include <math.h>

static struct bw_arena *arena;

__attribute__((constructor)) static void setup(void)
{
    arena = bw_arena_new(1U << 20);
}

static struct json_value value_of(struct bw_view in)
{
    struct json_reader r;
    json_open(&r, in, arena, NULL);
    json_next(&r);
    return r.value;
}

BW_TEST(text_is_a_view_or_decoded)
{
    struct bw_view in = BW_V("\"plain 網\""), text;
    struct json_value v = value_of(in);
    REQUIRE(json_text(&v, arena, &text, NULL) == BW_OK);
    CHECK(text.p == in.p + 1 && text.n == in.n - 2 && !v.escaped && !v.has_nul);
    v = value_of(BW_V("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u7db2\\ud83d\\ude00.\""));
    REQUIRE(json_text(&v, arena, &text, NULL) == BW_OK);
    CHECK_VIEW(text, "\"\\/\b\f\n\r\té網😀.");
    CHECK(v.escaped && !v.has_nul);
    v = value_of(BW_V("\"a\\u0000b\""));
    REQUIRE(json_text(&v, arena, &text, NULL) == BW_OK);
    CHECK(v.has_nul && text.n == 3 && text.p[1] == '\0');
    v = value_of(BW_V("1"));
    CHECK_INT(json_text(&v, arena, &text, NULL), BW_INVALID);
}

BW_TEST(is_compares_decoded)
{
    struct json_value v = value_of(BW_V("\"a\\u00e9\\ud83d\\ude00z\""));
    CHECK(json_is(&v, "aé😀z") && !json_is(&v, "aé😀"));
    CHECK(!json_is(&v, "aé😀zz") && !json_is(&v, ""));
    v = value_of(BW_V("\"a\\u0000\""));
    CHECK(!json_is(&v, "a"));
    v = value_of(BW_V("\"\""));
    CHECK(json_is(&v, "") && !json_is(&v, "a"));
    v = value_of(BW_V("null"));
    CHECK(!json_is(&v, "null"));
}

BW_TEST(whole_numbers)
{
    static const struct {
        const char *in;
        bool ok;
        int64_t n;
    } T[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"-7", true, -7},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"1.0", false, 0},
        {"1e2", false, 0},
        {"\"1\"", false, 0},
        {"true", false, 0},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        struct json_value v = value_of(bw_view_z(T[i].in));
        int64_t n = 0;
        SUBTEST(T[i].in, (json_int(&v, &n, NULL) == BW_OK) == T[i].ok && n == T[i].n);
    }
}

BW_TEST(doubles_and_truth)
{
    double d = 0;
    bool b = false;
    struct json_value v = value_of(BW_V("-1.25e2"));
    CHECK(json_double(&v, &d, NULL) == BW_OK && fabs(d + 125) < 1e-9);
    CHECK(json_bool(&v, &b, NULL) == BW_INVALID);
    v = value_of(BW_V("1e999"));
    CHECK(json_double(&v, &d, NULL) == BW_INVALID);
    v = value_of(BW_V("true"));
    CHECK(json_bool(&v, &b, NULL) == BW_OK && b);
    v = value_of(BW_V("false"));
    CHECK(json_bool(&v, &b, NULL) == BW_OK && !b);
}

BW_TEST(same)
{
    static const struct {
        const char *a, *b;
        bool same;
    } T[] = {
        {"1", "1", true},
        {"1", "1.0", true},
        {"1", "10e-1", true},
        {"100", "1E+2", true},
        {"0.00120", "12e-4", true},
        {"0", "-0.00e7", true},
        {"1", "-1", false},
        {"1", "10", false},
        {"12345678901234567890123", "12345678901234567890124", false},
        {"1e99999999999999999999", "1e99999999999999999999", true},
        {"1", "\"1\"", false},
        {"null", "false", false},
        {"\"\\u0061\\/\"", "\"a/\"", true},
        {"\"\\u00e9\"", "\"é\"", true},
        {"\"a\"", "\"\\u0061b\"", false},
        {"[]", "{}", false},
        {"[1,2]", "[2,1]", false},
        {"[1,2]", "[1,2,3]", false},
        {"{\"a\":1,\"b\":[{}]}", " { \"b\" : [ {} ] , \"\\u0061\" : 1.0 } ", true},
        {"{\"a\":1}", "{\"a\":1,\"b\":2}", false},
        {"{\"a\":1}", "{\"b\":1}", false},
        {"{\"a\":1,\"a\":1}", "{\"a\":1,\"a\":1}", false},
        {"[[[{\"x\":[{\"y\":null}]}]]]", "[[[{\"x\":[{\"y\":null}]}]]]", true},
        {"", "", false},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        struct bw_view a = bw_view_z(T[i].a), b = bw_view_z(T[i].b);
        SUBTEST(T[i].a, json_same(a, b) == T[i].same && json_same(b, a) == T[i].same);
    }
}

BW_TEST_MAIN()
