/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of bw_view: searching and splitting at the edges, whole numbers, and UTF-8 by Unicode's
 * table of well-formed sequences at every distance from the fast path's eight bytes. */
#include "bw_test.h"
#include "bw_view.h"

static const struct bw_view NONE = {NULL, 0};

BW_TEST(compare)
{
    CHECK(bw_view_eq(NONE, BW_V("")));
    CHECK(bw_view_eq(BW_V("a\0b"), BW_V("a\0b")));
    CHECK(!bw_view_eq(BW_V("a\0b"), BW_V("a\0c")));
    CHECK(bw_view_is(BW_V("abc"), "abc") && !bw_view_is(BW_V("abc"), "ab"));
    CHECK(bw_view_is(NONE, NULL));
    CHECK(bw_view_eq_nocase(BW_V("Content-TYPE[@"), BW_V("cONTENT-type[@")));
    CHECK(!bw_view_eq_nocase(BW_V("@["), BW_V("`{")));
    CHECK(!bw_view_eq_nocase(BW_V("É"), BW_V("é")));
    CHECK(!bw_view_eq_nocase(BW_V("ab"), BW_V("abc")));
    CHECK(bw_view_eq_nocase(NONE, BW_V("")));
}

BW_TEST(order)
{
    static const struct bw_view UP[] = {
        {NULL, 0},          BW_VIEW_INIT("\0"), BW_VIEW_INIT("a"), BW_VIEW_INIT("a\0"),
        BW_VIEW_INIT("ab"), BW_VIEW_INIT("b"),  BW_VIEW_INIT("é"), BW_VIEW_INIT("\xff"),
    };
    for (size_t i = 0; i < BW_COUNT(UP); i++)
        for (size_t k = 0; k < BW_COUNT(UP); k++) {
            int order = bw_view_cmp(UP[i], UP[k]);
            CHECK_INT((order > 0) - (order < 0), (i > k) - (i < k));
        }
}

BW_TEST(parts)
{
    CHECK(bw_view_starts(BW_V("abc"), BW_V("ab")) && bw_view_ends(BW_V("abc"), BW_V("bc")));
    CHECK(bw_view_starts(BW_V("abc"), NONE) && bw_view_ends(BW_V("abc"), NONE));
    CHECK(bw_view_starts(NONE, NONE) && bw_view_ends(NONE, NONE));
    CHECK(!bw_view_starts(BW_V("ab"), BW_V("abc")) && !bw_view_ends(BW_V("bc"), BW_V("abc")));
    CHECK(!bw_view_starts(NONE, BW_V("a")) && !bw_view_ends(NONE, BW_V("a")));
    CHECK_VIEW(bw_view_from(BW_V("abc"), 1), "bc");
    CHECK_VIEW(bw_view_from(BW_V("abc"), 3), "");
    CHECK_VIEW(bw_view_from(BW_V("abc"), 4), "");
    CHECK_VIEW(bw_view_from(NONE, 1), "");
    CHECK_VIEW(bw_view_head(BW_V("abc"), 2), "ab");
    CHECK_VIEW(bw_view_head(BW_V("abc"), 9), "abc");
}

BW_TEST(find)
{
    static const struct {
        const char *name;
        struct bw_view in, needle;
        size_t at;
    } T[] = {
        {"front", BW_VIEW_INIT("abcabc"), BW_VIEW_INIT("abc"), 0},
        {"middle", BW_VIEW_INIT("xabc"), BW_VIEW_INIT("ab"), 1},
        {"end", BW_VIEW_INIT("xabc"), BW_VIEW_INIT("c"), 3},
        {"none", BW_VIEW_INIT("xabc"), BW_VIEW_INIT("d"), SIZE_MAX},
        {"longer than the text", BW_VIEW_INIT("ab"), BW_VIEW_INIT("abc"), SIZE_MAX},
        {"past a NUL", BW_VIEW_INIT("a\0bc"), BW_VIEW_INIT("bc"), 2},
        {"empty needle", BW_VIEW_INIT("abc"), BW_VIEW_INIT(""), 0},
        {"nothing in nothing", {NULL, 0}, {NULL, 0}, 0},
        {"something in nothing", {NULL, 0}, BW_VIEW_INIT("a"), SIZE_MAX},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++)
        SUBTEST(T[i].name, bw_view_find(T[i].in, T[i].needle) == T[i].at);
    CHECK_INT(bw_view_find_byte(BW_V("abcb"), 'b'), 1);
    CHECK(bw_view_find_byte(BW_V("abc"), 'x') == SIZE_MAX);
    CHECK(bw_view_find_byte(NONE, 'x') == SIZE_MAX);
    CHECK_INT(bw_view_find_byte(BW_V("a\xff"), '\xff'), 1);
}

BW_TEST(trim)
{
    CHECK_VIEW(bw_view_trim(BW_V(" \t\r\n\v\f a b \n")), "a b");
    CHECK_VIEW(bw_view_trim(BW_V(" \n ")), "");
    CHECK_VIEW(bw_view_trim(NONE), "");
    CHECK_VIEW(bw_view_trim(BW_V("\xc2\xa0x")), "\xc2\xa0x"); /* only ASCII */
}

BW_TEST(split)
{
    static const struct {
        const char *in, *want; /* want: parts, each followed by '|' */
    } T[] = {{"a,b,c", "a|b|c|"}, {"", "|"},     {",", "||"},   {"a", "a|"},
             {"a,", "a||"},       {",a", "|a|"}, {",,", "|||"}, {"a,,b", "a||b|"}};
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        char seen[50];
        size_t n = 0;
        struct bw_view rest = bw_view_z(T[i].in);
        while (rest.p) {
            struct bw_view part = bw_view_split(&rest, ',');
            n += (size_t)snprintf(seen + n, sizeof(seen) - n, "%.*s|", BW_VF(part));
        }
        SUBTEST(T[i].want, strcmp(seen, T[i].want) == 0);
    }
}

BW_TEST(whole_numbers)
{
    static const struct {
        const char *in;
        bool ok;
        int64_t v;
    } T[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"7", true, 7},
        {"-7", true, -7},
        {"007", true, 7},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"92233720368547758070", false, 0},
        {"99999999999999999999999999", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"--1", false, 0},
        {"+1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"1.0", false, 0},
        {"0x10", false, 0},
        {"1e3", false, 0},
        {"１", false, 0},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        int64_t v = 42;
        bool ok = bw_view_int(bw_view_z(T[i].in), &v);
        SUBTEST(T[i].in[0] ? T[i].in : "empty", ok == T[i].ok && v == (ok ? T[i].v : 42));
    }
    int64_t v;
    CHECK(!bw_view_int(NONE, &v));
    CHECK(!bw_view_int(BW_V("1\0"), &v));
}

static const struct {
    const char *name;
    struct bw_view in;
    bool ok;
} UTF8[] = {
    {"empty", BW_VIEW_INIT(""), true},
    {"ASCII", BW_VIEW_INIT("plain"), true},
    {"NUL byte", BW_VIEW_INIT("\0"), true},
    {"first of two bytes", BW_VIEW_INIT("\xc2\x80"), true},
    {"last of two bytes", BW_VIEW_INIT("\xdf\xbf"), true},
    {"first of three bytes", BW_VIEW_INIT("\xe0\xa0\x80"), true},
    {"below the surrogates", BW_VIEW_INIT("\xed\x9f\xbf"), true},
    {"above the surrogates", BW_VIEW_INIT("\xee\x80\x80"), true},
    {"last of three bytes", BW_VIEW_INIT("\xef\xbf\xbf"), true},
    {"first of four bytes", BW_VIEW_INIT("\xf0\x90\x80\x80"), true},
    {"U+10FFFF", BW_VIEW_INIT("\xf4\x8f\xbf\xbf"), true},
    {"scripts in a row", BW_VIEW_INIT("日本語 çé 😀😀"), true},
    {"overlong slash", BW_VIEW_INIT("\xc0\xaf"), false},
    {"overlong of two bytes", BW_VIEW_INIT("\xc1\xbf"), false},
    {"overlong of three bytes", BW_VIEW_INIT("\xe0\x9f\xbf"), false},
    {"overlong of four bytes", BW_VIEW_INIT("\xf0\x8f\xbf\xbf"), false},
    {"first surrogate", BW_VIEW_INIT("\xed\xa0\x80"), false},
    {"last surrogate", BW_VIEW_INIT("\xed\xbf\xbf"), false},
    {"U+110000", BW_VIEW_INIT("\xf4\x90\x80\x80"), false},
    {"five bytes", BW_VIEW_INIT("\xf8\x88\x80\x80\x80"), false},
    {"F5", BW_VIEW_INIT("\xf5\x80\x80\x80"), false},
    {"FE", BW_VIEW_INIT("\xfe"), false},
    {"FF", BW_VIEW_INIT("\xff"), false},
    {"lone trailing byte", BW_VIEW_INIT("\x80"), false},
    {"trailing byte too many", BW_VIEW_INIT("\xc3\xa9\xa9"), false},
    {"two bytes cut", BW_VIEW_INIT("\xc3"), false},
    {"three bytes cut", BW_VIEW_INIT("\xe2\x82"), false},
    {"four bytes cut", BW_VIEW_INIT("\xf0\x9f\x98"), false},
    {"letter instead of a trailing byte", BW_VIEW_INIT("\xe2\x28\xa1"), false},
    {"letter instead of the last byte", BW_VIEW_INIT("\xe2\x82\x28"), false},
    {"start instead of a trailing byte", BW_VIEW_INIT("\xf0\x9f\xf0\x80"), false},
};

/* Exact heap memory, so that the sanitizer sees a read past the end. */
static bool valid_between(size_t before, struct bw_view v, size_t after)
{
    size_t n = before + v.n + after;
    BW_AUTO_HEAP char *p = malloc(n ? n : 1);
    BW_ASSERT(p);
    memset(p, 'a', n);
    if (v.n)
        memcpy(p + before, v.p, v.n);
    return bw_utf8_valid(bw_view_of(p, n));
}

BW_TEST(utf8_valid)
{
    for (size_t i = 0; i < BW_COUNT(UTF8); i++) {
        bool ok = true;
        for (size_t before = 0; before < 20; before++)
            for (size_t after = 0; after < 20; after++)
                ok = ok && valid_between(before, UTF8[i].in, after) == UTF8[i].ok;
        SUBTEST(UTF8[i].name, ok);
    }
    CHECK(bw_utf8_valid(NONE));
}

BW_TEST(utf8_every_code_point)
{
    bool same = true;
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
        char out[4];
        size_t n = bw_utf8_put(cp, out), len = 0;
        bool surrogate = cp >= 0xD800 && cp <= 0xDFFF;
        uint32_t back = bw_utf8_next(bw_view_of(out, n), &len);
        same = same && back == (surrogate ? 0xFFFD : cp) && len == n &&
               bw_utf8_valid(bw_view_of(out, n));
    }
    CHECK(same);
    char out[4];
    CHECK_INT(bw_utf8_put(0x110000, out), 3);
    CHECK(memcmp(out, "\xef\xbf\xbd", 3) == 0);
    CHECK_INT(bw_utf8_put(UINT32_MAX, out), 3);
}

BW_TEST(utf8_next_on_malformed)
{
    size_t len = 0;
    CHECK_INT(bw_utf8_next(BW_V("\xe2\x82"), &len), 0xFFFD);
    CHECK_INT(len, 1);
    CHECK_INT(bw_utf8_next(BW_V("\xed\xa0\x80"), &len), 0xFFFD);
    CHECK_INT(len, 1);
}

BW_TEST(utf8_head)
{
    static const struct {
        const char *in;
        size_t max, want;
    } T[] = {
        {"abc", 2, 2},  {"abc", 3, 3},  {"abc", 9, 3},  {"abc", 0, 0},
        {"aé", 2, 1},   {"aé", 3, 3},   {"日本", 5, 3}, {"日本", 4, 3},
        {"日本", 3, 3}, {"日本", 2, 0}, {"😀x", 3, 0},   {"😀x", 4, 4},
        {"x😀", 4, 1},   {"x😀", 2, 1},   {"", 0, 0},     {"\x80\x80\x80\x80\x80\x80", 5, 5},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++)
        SUBTEST(T[i].in, bw_utf8_head(bw_view_z(T[i].in), T[i].max).n == T[i].want);
}

BW_TEST(utf8_control)
{
    static const uint32_t YES[] = {0,      0x1F,   '\n',   0x7F,   0x80,   0x9F,
                                   0x2028, 0x2029, 0x202A, 0x202E, 0x2066, 0x2069};
    static const uint32_t NO[] = {' ', 'a', 0xA0, 0x2027, 0x202F, 0x2065, 0x206A, 0xFFFD, 0x1F600};
    for (size_t i = 0; i < BW_COUNT(YES); i++)
        CHECK(bw_utf8_is_control(YES[i]));
    for (size_t i = 0; i < BW_COUNT(NO); i++)
        CHECK(!bw_utf8_is_control(NO[i]));
}

BW_TEST_MAIN()
