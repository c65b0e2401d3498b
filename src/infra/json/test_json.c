/* SPDX-License-Identifier: Apache-2.0 */
/* test_json - the reader: what it takes and refuses, positions, fields, raw values, resync. */
#include "bw_test.h"
#include "json.h"

#include "bw_buf.h"
#include "bw_fault.h"

static struct bw_arena *arena;

__attribute__((constructor)) static void setup(void)
{
    arena = bw_arena_new(64U << 20);
}

/* y_: taken. n_: refused. As in the lists of conformance suites; \0 inside is written with V(). */
#define V(literal) BW_VIEW_INIT(literal)
static const struct {
    const char *name;
    struct bw_view in;
} CASES[] = {
    {"y_null", V("null")},
    {"y_true_with_blanks", V(" \t\r\n true \n")},
    {"y_zero", V("0")},
    {"y_minus_zero", V("-0")},
    {"y_number_all_parts", V("-12.50e+03")},
    {"y_number_huge_exponent", V("1e99999")},
    {"y_number_many_digits", V("123456789012345678901234567890.000000000000000000000000001")},
    {"y_string_empty", V("\"\"")},
    {"y_string_all_escapes", V("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\"")},
    {"y_string_pair", V("\"\\ud83d\\uDE00\"")},
    {"y_string_escaped_nul", V("\"\\u0000\"")},
    {"y_string_utf8", V("\"網絡安全 \xF0\x9F\x98\x80\"")},
    {"y_string_noncharacter", V("\"\xEF\xBF\xBF\"")},
    {"y_string_delete", V("\"\x7F\"")},
    {"y_string_line_separator", V("\"\xE2\x80\xA8\"")},
    {"y_string_long_then_utf8", V("\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaé\"")},
    {"y_array_empty", V("[]")},
    {"y_array_nested", V("[[],[[]],[1,[2]]]")},
    {"y_array_mixed", V("[null,true,false,1,\"a\",{},[]]")},
    {"y_object_empty", V("{ }")},
    {"y_object_nested", V("{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":2},{\"a\":3}]}")},
    {"y_object_empty_key", V("{\"\":0}")},
    {"y_object_key_case_differs", V("{\"a\":0,\"A\":1}")},
    {"y_object_escaped_keys", V("{\"\\u0061\":0,\"\\u0062\":1}")},
    {"n_empty", V("")},
    {"n_blanks_only", V(" \n")},
    {"n_two_values", V("1 2")},
    {"n_trailing_comma_value", V("1,")},
    {"n_trailing_text", V("{}x")},
    {"n_trailing_nul", V("1\0")},
    {"n_trailing_bracket", V("[1]]")},
    {"n_bom", V("\xEF\xBB\xBF{}")},
    {"n_utf16", V("[\0\"\0")},
    {"n_form_feed_is_no_blank", V("[\f1]")},
    {"n_nbsp_is_no_blank", V("[\xC2\xA0 1]")},
    {"n_comment", V("[1/*x*/]")},
    {"n_line_comment", V("[1] //")},
    {"n_word_case", V("True")},
    {"n_word_short", V("tru")},
    {"n_word_long", V("nulll")},
    {"n_nan", V("NaN")},
    {"n_infinity", V("-Infinity")},
    {"n_undefined", V("undefined")},
    {"n_number_plus", V("+1")},
    {"n_number_leading_zero", V("01")},
    {"n_number_minus_leading_zero", V("-01")},
    {"n_number_minus_only", V("-")},
    {"n_number_point_first", V(".5")},
    {"n_number_point_last", V("5.")},
    {"n_number_point_then_e", V("5.e1")},
    {"n_number_e_only", V("5e")},
    {"n_number_e_sign_only", V("5E+")},
    {"n_number_hex", V("0x1F")},
    {"n_number_two_points", V("1.2.3")},
    {"n_number_underscore", V("1_000")},
    {"n_number_full_width", V("１")},
    {"n_string_open", V("\"abc")},
    {"n_string_open_long", V("\"abcabcabcabcabcabcabcabcabcabc")},
    {"n_string_only_quote", V("\"")},
    {"n_string_escape_at_end", V("\"\\")},
    {"n_string_escaped_quote_at_end", V("\"\\\"")},
    {"n_string_single_quotes", V("'a'")},
    {"n_string_newline", V("\"a\nb\"")},
    {"n_string_tab", V("\"a\tb\"")},
    {"n_string_nul", V("\"a\0b\"")},
    {"n_string_control_late", V("\"aaaaaaaaaaaaaaaaaaaaaaaaaaa\x1F\"")},
    {"n_string_escape_x", V("\"\\x41\"")},
    {"n_string_escape_nul_byte", V("\"\\\0\"")},
    {"n_string_escape_v", V("\"\\v\"")},
    {"n_string_u_short", V("\"\\u004\"")},
    {"n_string_u_no_hex", V("\"\\u00g0\"")},
    {"n_string_u_capital", V("\"\\U0041\"")},
    {"n_string_lone_high", V("\"\\ud83d\"")},
    {"n_string_lone_low", V("\"\\ude00\"")},
    {"n_string_high_high", V("\"\\ud83d\\ud83d\"")},
    {"n_string_high_then_text", V("\"\\ud83dabcdefgh\"")},
    {"n_string_high_then_escape", V("\"\\ud83d\\n00000\"")},
    {"n_utf8_overlong", V("\"\xC0\xAF\"")},
    {"n_utf8_overlong_nul", V("\"\xC0\x80\"")},
    {"n_utf8_surrogate", V("\"\xED\xA0\x80\"")},
    {"n_utf8_too_high", V("\"\xF4\x90\x80\x80\"")},
    {"n_utf8_cut_by_quote", V("\"\xE7\xB6\"")},
    {"n_utf8_lone_tail", V("\"\x80\"")},
    {"n_utf8_latin1", V("\"\xE9t\xE9\"")},
    {"n_utf8_in_key", V("{\"\xFF\":1}")},
    {"n_utf8_outside", V("[\xFF]")},
    {"n_array_open", V("[1")},
    {"n_array_open_comma", V("[1,")},
    {"n_array_trailing_comma", V("[1,]")},
    {"n_array_double_comma", V("[1,,2]")},
    {"n_array_leading_comma", V("[,1]")},
    {"n_array_no_comma", V("[1 2]")},
    {"n_array_colon", V("[1:2]")},
    {"n_array_closed_by_brace", V("[1}")},
    {"n_array_star", V("[*]")},
    {"n_close_only", V("]")},
    {"n_object_open", V("{\"a\":1")},
    {"n_object_no_value", V("{\"a\":}")},
    {"n_object_no_colon", V("{\"a\" 1}")},
    {"n_object_two_colons", V("{\"a\"::1}")},
    {"n_object_key_only", V("{\"a\"}")},
    {"n_object_comma_for_colon", V("{\"a\",1}")},
    {"n_object_trailing_comma", V("{\"a\":1,}")},
    {"n_object_leading_comma", V("{,\"a\":1}")},
    {"n_object_bare_key", V("{a:1}")},
    {"n_object_number_key", V("{1:1}")},
    {"n_object_null_key", V("{null:1}")},
    {"n_object_closed_by_bracket", V("{\"a\":1]")},
    {"n_duplicate", V("{\"a\":1,\"a\":1}")},
    {"n_duplicate_empty", V("{\"\":1,\"\":2}")},
    {"n_duplicate_behind_object", V("{\"a\":{\"b\":1},\"b\":2,\"a\":1}")},
    {"n_duplicate_escaped", V("{\"a\":1,\"\\u0061\":1}")},
    {"n_duplicate_pair_escaped", V("{\"\xF0\x9F\x98\x80\":1,\"\\ud83d\\ude00\":1}")},
    {"n_duplicate_nested", V("[{\"x\":[{\"k\":1,\"l\":2,\"k\":3}]}]")},
};

static bool takes_by_events(struct bw_view in)
{
    struct json_reader r;
    json_open(&r, in, arena, NULL);
    enum json_event e;
    do
        e = json_next(&r);
    while (e != JSON_END && e != JSON_ERROR);
    CHECK(json_next(&r) == e); /* both are repeated */
    return e == JSON_END;
}

/* A copy of exactly that size on the heap, so that a sanitizer sees each byte too far. */
static bool takes(struct bw_view in)
{
    BW_AUTO_HEAP char *copy = malloc(in.n ? in.n : 1);
    if (!copy)
        return false;
    if (in.n)
        memcpy(copy, in.p, in.n);
    in.p = copy;
    struct json_reader r;
    struct bw_view raw;
    struct bw_err err;
    json_open(&r, in, arena, NULL);
    bool finish = json_finish(&r, &err) == BW_OK;
    CHECK(finish || err.rc == BW_INVALID);
    json_open(&r, in, arena, NULL);
    bool by_raw = json_next(&r) != JSON_ERROR && json_raw(&r, &raw, &err) == BW_OK &&
                  json_next(&r) == JSON_END;
    CHECK(by_raw == finish && takes_by_events(in) == finish);
    bw_arena_reset(arena);
    return finish;
}

BW_TEST(conformance)
{
    for (size_t i = 0; i < BW_COUNT(CASES); i++)
        SUBTEST(CASES[i].name, takes(CASES[i].in) == (CASES[i].name[0] == 'y'));
}

BW_TEST(every_prefix_is_refused)
{
    static const char TEXT[] =
        "{\"a\":[1.5e3,\"\\ud83d\\ude00é\\n\",true,null],\"b\":{\"c\":false}}";
    for (size_t n = 0; n < sizeof(TEXT) - 1; n++)
        CHECK(!takes(bw_view_of(TEXT, n)));
    CHECK(takes(bw_view_z(TEXT)));
}

/* A stop byte at each place of a long string, so that each lane of the wide scan is met. */
BW_TEST(string_scan_every_lane)
{
    char text[80];
    for (size_t at = 1; at < 70; at++) {
        memset(text, 'a', sizeof(text));
        text[0] = text[71] = '"';
        CHECK(takes(bw_view_of(text, 72)));
        text[at] = '\x1F';
        CHECK(!takes(bw_view_of(text, 72)));
        text[at] = '\x80';
        CHECK(!takes(bw_view_of(text, 72)));
        text[at] = '"';
        CHECK(!takes(bw_view_of(text, 72)));
        CHECK(takes(bw_view_of(text, at + 1)));
        text[at] = '\\';
        CHECK(!takes(bw_view_of(text, 72)));
        text[at + 1] = 'n';
        CHECK(takes(bw_view_of(text, 72)) == (at + 1 < 71));
    }
}

static const struct {
    const char *name;
    struct bw_view in;
    enum bw_rc rc;
    const char *message;
} ERRORS[] = {
    {"duplicate names the key", V("{\n \"id\": 1,\n \"id\": 2}"), BW_INVALID,
     "line 3, column 2: duplicate key \"id\""},
    {"columns count characters", V("[\"網絡\", x]"), BW_INVALID,
     "line 1, column 8: a value is expected here"},
    {"end too early", V("[1,\n"), BW_INVALID, "line 2, column 1: the text ends too early"},
    {"bad byte", V("[\"abc\xFF\"]"), BW_INVALID, "line 1, column 6: this is not UTF-8"},
    {"bad escape", V("[\"ab\\q\"]"), BW_INVALID,
     "line 1, column 5: a backslash must be followed by one of \" \\ / b f n r t u"},
    {"behind the value", V("{}\n\n  []"), BW_INVALID,
     "line 3, column 3: nothing may follow the value"},
    {"control characters in a key are not shown", V("{\"\xC2\x85\":1,\"\xC2\x85\":1}"), BW_INVALID,
     "line 1, column 8: duplicate key \"?\""},
    {"too deep", V("[[[[[1]]]]]"), BW_LIMIT, "line 1, column 5: this is nested too deeply"},
    {"too many keys", V("{\"a\":1,\"b\":2,\"c\":3,\n\"d\":4}"), BW_LIMIT,
     "line 2, column 1: this object has too many keys"},
};

BW_TEST(messages)
{
    const struct json_limits limits = {.depth = 4, .keys = 3};
    for (size_t i = 0; i < BW_COUNT(ERRORS); i++) {
        struct json_reader r;
        struct bw_err err;
        json_open(&r, ERRORS[i].in, arena, &limits);
        enum bw_rc rc = json_finish(&r, &err);
        bool ok = CHECK_INT(rc, ERRORS[i].rc);
        ok &= CHECK_VIEW(bw_view_z(err.message), ERRORS[i].message);
        SUBTEST(ERRORS[i].name, ok);
        CHECK(json_finish(&r, &err) == rc); /* stays */
    }
}

BW_TEST(depth_64_and_no_more)
{
    char text[2 * 65];
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    CHECK(takes(bw_view_of(text + 1, 128)));
    struct json_reader r;
    struct bw_err err;
    json_open(&r, bw_view_of(text, 130), arena, NULL);
    CHECK_INT(json_finish(&r, &err), BW_LIMIT);
}

BW_TEST(events_and_views)
{
    struct bw_view in = BW_V("{\"a\" : [ 1.0, \"x\\n\" ], \"b\":null}");
    static const struct {
        enum json_event e;
        const char *raw;
        size_t depth;
    } WANT[] = {
        {JSON_OBJECT, "{", 1},   {JSON_KEY, "\"a\"", 1},       {JSON_ARRAY, "[", 2},
        {JSON_NUMBER, "1.0", 2}, {JSON_STRING, "\"x\\n\"", 2}, {JSON_ARRAY_END, "]", 1},
        {JSON_KEY, "\"b\"", 1},  {JSON_NULL, "null", 1},       {JSON_OBJECT_END, "}", 0},
        {JSON_END, "", 0},
    };
    struct json_reader r;
    json_open(&r, in, arena, NULL);
    for (size_t i = 0; i < BW_COUNT(WANT); i++) {
        CHECK_INT(json_next(&r), WANT[i].e);
        CHECK_VIEW(r.value.raw, WANT[i].raw);
        CHECK_INT(json_depth(&r), WANT[i].depth);
        CHECK(r.value.type == WANT[i].e);
    }
    CHECK_INT(json_offset(&r), in.n);
}

BW_TEST(raw_and_skip)
{
    struct json_reader r;
    struct bw_view raw;
    json_open(&r, BW_V("{\"a\": {\"x\":[1,2]} ,\"b\": 7, \"c\":[ ]}"), arena, NULL);
    REQUIRE(json_next(&r) == JSON_OBJECT && json_next(&r) == JSON_KEY);
    REQUIRE(json_raw(&r, &raw, NULL) == BW_OK);
    CHECK_VIEW(raw, "{\"x\":[1,2]}");
    REQUIRE(json_next(&r) == JSON_KEY && json_next(&r) == JSON_NUMBER);
    REQUIRE(json_raw(&r, &raw, NULL) == BW_OK);
    CHECK_VIEW(raw, "7");
    REQUIRE(json_next(&r) == JSON_KEY && json_next(&r) == JSON_ARRAY);
    CHECK(json_skip(&r, NULL) == BW_OK);
    CHECK(json_next(&r) == JSON_OBJECT_END && json_next(&r) == JSON_END);
    json_open(&r, BW_V(" {\"a\":1} "), arena, NULL);
    REQUIRE(json_next(&r) == JSON_OBJECT && json_raw(&r, &raw, NULL) == BW_OK);
    CHECK_VIEW(raw, "{\"a\":1}");
    CHECK(json_next(&r) == JSON_END);
}

BW_TEST(want_says_what_is_missing)
{
    struct json_reader r;
    struct bw_err err;
    json_open(&r, BW_V("\n {\"objects\":{}}"), arena, NULL);
    REQUIRE(json_want(&r, JSON_OBJECT, &err) == BW_OK && json_want(&r, JSON_KEY, &err) == BW_OK);
    CHECK_INT(json_want(&r, JSON_ARRAY, &err), BW_INVALID);
    CHECK_VIEW(bw_view_z(err.message), "line 2, column 13: an array is expected here");
}

static const struct bw_view NAMES[] = {V("id"), V("type"), V("labels"), V("nothing"), V("x")};

BW_TEST(fields_of_one_object)
{
    struct json_reader r;
    struct json_value v[BW_COUNT(NAMES)];
    struct bw_view raw;
    struct bw_err err;
    json_open(&r,
              BW_V("[{\"type\":\"a\\u0062\",\"deep\":{\"id\":9},\"labels\":[\"id\",{\"id\":1}],"
                   "\"\\u0069d\": \"i-1\",\"x\":{}},2]"),
              arena, NULL);
    REQUIRE(json_next(&r) == JSON_ARRAY && json_next(&r) == JSON_OBJECT);
    REQUIRE(json_fields(&r, NAMES, BW_COUNT(NAMES), v, &raw, &err) == BW_OK);
    CHECK_VIEW(v[0].raw, "\"i-1\"");
    CHECK(v[1].type == JSON_STRING && v[1].escaped && json_is(&v[1], "ab"));
    CHECK(v[2].type == JSON_ARRAY);
    CHECK_VIEW(v[2].raw, "[\"id\",{\"id\":1}]");
    CHECK(v[3].type == JSON_ERROR && !v[3].raw.n);
    CHECK(v[4].type == JSON_OBJECT);
    CHECK_VIEW(v[4].raw, "{}");
    CHECK(raw.p[0] == '{' && raw.p[raw.n - 1] == '}' && raw.p[raw.n] == ',');
    CHECK(json_next(&r) == JSON_NUMBER && json_finish(&r, &err) == BW_OK);
    json_open(&r, BW_V("{}"), arena, NULL);
    REQUIRE(json_next(&r) == JSON_OBJECT && json_fields(&r, NULL, 0, NULL, &raw, &err) == BW_OK);
    CHECK_VIEW(raw, "{}");
}

BW_TEST(fields_failure_leaves_outputs)
{
    struct json_reader r;
    struct json_value v[BW_COUNT(NAMES)] = {{.type = JSON_TRUE}};
    struct bw_view raw = BW_V("untouched");
    struct bw_err err;
    json_open(&r, BW_V("{\"id\":1,\"other\":{\"k\":1,\"k\":2}}"), arena, NULL);
    REQUIRE(json_next(&r) == JSON_OBJECT);
    CHECK_INT(json_fields(&r, NAMES, BW_COUNT(NAMES), v, &raw, &err), BW_INVALID);
    CHECK(v[0].type == JSON_TRUE);
    CHECK_VIEW(raw, "untouched");
}

/* An object with N keys, nested in itself, and one of them twice where DUPLICATE < N. */
static struct bw_view large_object(struct bw_buf *b, unsigned n, unsigned duplicate)
{
    bw_buf_byte(b, '{');
    for (unsigned i = 0; i < n; i++)
        bw_buf_printf(b, "\"key%u\":%s,", i,
                      i % 50 == 7 ? "{\"key1\":{},\"key2\":[{\"key1\":1}]}" : "1");
    bw_buf_printf(b, "\"key%u\":[{\"key0\":2}]}", duplicate);
    return bw_buf_text(b);
}

BW_TEST(large_objects_use_the_set)
{
    static const unsigned SIZES[] = {30, 31, 32, 33, 34, 100, 127, 128, 129, 1000, 20000};
    for (size_t i = 0; i < BW_COUNT(SIZES); i++) {
        unsigned n = SIZES[i], places[] = {0, n / 2, n - 1};
        BW_AUTO_BUF b = BW_BUF_INIT(1U << 20);
        CHECK(takes(large_object(&b, n, n)));
        for (size_t k = 0; k < BW_COUNT(places); k++) {
            bw_buf_reset(&b);
            CHECK(!takes(large_object(&b, n, places[k])));
        }
    }
}

/* Large objects inside large objects: the set must be a stack. */
BW_TEST(large_objects_nested)
{
    BW_AUTO_BUF b = BW_BUF_INIT(8U << 20);
    bw_buf_byte(&b, '{');
    for (unsigned i = 0; i < 300; i++) {
        bw_buf_printf(&b, "%s\"key%u\":", i ? "," : "", i);
        large_object(&b, 60 + i, 99999);
    }
    bw_buf_byte(&b, '}');
    CHECK(takes(bw_buf_text(&b)));
    b.n--;
    BW_BUF_LIT(&b, ",\"key7\":1}");
    CHECK(!takes(bw_buf_text(&b)));
}

/* Elements that resync must cut: the array holds GOOD objects besides. */
static const struct {
    const char *name, *in;
    unsigned good, broken;
    bool hopeless;
} RESYNC[] = {
    {"nothing broken", "[{\"a\":1},{\"a\":2}]", 2, 0, false},
    {"duplicate key", "[{\"a\":1},{\"a\":1,\"a\":2},{\"a\":3}]", 2, 1, false},
    {"first and last", "[{\"a\":},{\"a\":2},{\"a\"}]", 1, 2, false},
    {"bad escape", "[{\"a\":\"\\q,{\"},{\"a\":2}]", 1, 1, false},
    {"bad utf-8", "[{\"a\":\"\xFF\"},{\"a\":2}]", 1, 1, false},
    {"bare word with brackets inside", "[{\"a\":x[1}, {\"a\":2}]", 1, 1, false},
    {"missing closing quote", "[{\"a\":\"x, \"b\":\"y\"},{\"a\":2}]", 1, 1, false},
    {"unescaped quotes", "[{\"a\":\"he said \"hi\" to, us\"},{\"a\":2}]", 1, 1, false},
    {"line end in string", "[{\"a\":\"x\n},\n{\"a\":2}]", 1, 1, false},
    {"missing comma", "[{\"a\":1} {\"a\":2},{\"a\":3}]", 2, 1, false},
    {"double comma", "[{\"a\":1},,{\"a\":2}]", 2, 1, false},
    {"trailing comma", "[{\"a\":1},]", 1, 1, false},
    {"leading comma", "[,{\"a\":1}]", 1, 1, false},
    {"stray brace", "[{\"a\":1}},{\"a\":2}]", 2, 1, false},
    {"brace too much", "[{\"a\":{1},{\"a\":2},{\"a\":[{\"b\":1},{\"b\":2}]}]", 2, 1, false},
    {"brace missing", "[{\"a\":1,{\"a\":2},{\"a\":3}]", 2, 1, false},
    {"brace missing in an array", "[{\"a\":[{\"b\":1,{\"b\":2}]},{\"a\":3}]", 1, 1, false},
    {"bracket too much", "[{\"a\":1],\"b\":2},{\"a\":3}]", 1, 1, false},
    {"wrong closer", "[{\"a\":[1}, {\"a\":2}]", 1, 1, false},
    {"too deep",
     "[{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]"
     "]]]]"
     "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]},{\"a\":2}]",
     1, 1, false},
    {"never closed", "[{\"a\":1},{\"b\":{\"c\":1, {\"a\":2}", 2, 1, true},
    {"open string to the end", "[{\"a\":1},{\"b", 1, 0, true},
    {"array ends behind it", "[{\"a\":1},{\"b\":{ ]", 1, 1, false},
};

static void read_tolerant(struct json_reader *r, unsigned *good, unsigned *broken, bool *hopeless)
{
    static const struct bw_view ONE[] = {V("a")};
    for (;;) {
        struct json_mark mark = json_mark(r);
        struct json_value v;
        struct bw_view raw;
        enum json_event e = json_next(r);
        if (e == JSON_ARRAY_END)
            return;
        if (e == JSON_OBJECT && json_fields(r, ONE, 1, &v, &raw, NULL) == BW_OK) {
            ++*good;
            continue;
        }
        *hopeless = json_resync(r, &mark, &raw, NULL) != BW_OK;
        if (*hopeless)
            return;
        ++*broken;
    }
}

BW_TEST(resync)
{
    for (size_t i = 0; i < BW_COUNT(RESYNC); i++) {
        struct json_reader r;
        unsigned good = 0, broken = 0;
        bool hopeless = false;
        json_open(&r, bw_view_z(RESYNC[i].in), arena, NULL);
        REQUIRE(json_next(&r) == JSON_ARRAY);
        read_tolerant(&r, &good, &broken, &hopeless);
        bool ok = CHECK_INT(good, RESYNC[i].good);
        ok &= CHECK_INT(broken, RESYNC[i].broken);
        ok &= CHECK_INT(hopeless, RESYNC[i].hopeless);
        ok &= CHECK((json_finish(&r, NULL) == BW_OK) == !hopeless);
        SUBTEST(RESYNC[i].name, ok);
    }
}

BW_TEST(resync_gives_the_element_and_place)
{
    struct json_reader r;
    struct bw_view raw;
    struct bw_err err;
    json_open(&r, BW_V("[1,\n  {\"a\":1,\"a\":2} , 3]"), arena, NULL);
    REQUIRE(json_next(&r) == JSON_ARRAY && json_next(&r) == JSON_NUMBER);
    struct json_mark mark = json_mark(&r);
    REQUIRE(json_next(&r) == JSON_OBJECT && json_skip(&r, &err) == BW_INVALID);
    REQUIRE(json_resync(&r, &mark, &raw, &err) == BW_OK);
    CHECK_VIEW(raw, "{\"a\":1,\"a\":2} ");
    REQUIRE(json_next(&r) == JSON_NUMBER);
    CHECK_VIEW(r.value.raw, "3");
    mark = json_mark(&r);
    CHECK(json_next(&r) == JSON_ARRAY_END && json_finish(&r, &err) == BW_OK);
    json_open(&r, BW_V("[1,\n {\"a\":{"), arena, NULL);
    REQUIRE(json_next(&r) == JSON_ARRAY && json_next(&r) == JSON_NUMBER);
    mark = json_mark(&r);
    REQUIRE(json_next(&r) == JSON_OBJECT && json_skip(&r, &err) == BW_INVALID);
    CHECK_INT(json_resync(&r, &mark, &raw, &err), BW_INVALID);
    CHECK_VIEW(raw, "{\"a\":{");
    CHECK_VIEW(bw_view_z(err.message), "line 2, column 2: the end of this element cannot be found; "
                                       "all from here on was refused");
}

/* Behind a duplicate at the very moment of moving to the set, the set is as if nothing had been. */
BW_TEST(resync_in_large_objects)
{
    BW_AUTO_BUF b = BW_BUF_INIT(1U << 20);
    BW_BUF_LIT(&b, "{\"list\":[");
    for (unsigned n = 30; n < 36; n++) {
        large_object(&b, n, 3);
        bw_buf_byte(&b, ',');
        large_object(&b, n, n);
        bw_buf_byte(&b, ',');
    }
    BW_BUF_LIT(&b, "{\"a\":1}]}");
    struct json_reader r;
    unsigned good = 0, broken = 0;
    bool hopeless = false;
    json_open(&r, bw_buf_text(&b), arena, NULL);
    REQUIRE(json_next(&r) == JSON_OBJECT && json_next(&r) == JSON_KEY);
    REQUIRE(json_next(&r) == JSON_ARRAY);
    read_tolerant(&r, &good, &broken, &hopeless);
    CHECK(!hopeless && json_finish(&r, NULL) == BW_OK);
    CHECK_INT(good, 7);
    CHECK_INT(broken, 6);
}

BW_TEST(out_of_memory_is_said)
{
    BW_AUTO_BUF b = BW_BUF_INIT(1U << 20);
    BW_AUTO(bw_arena) *tight = bw_arena_new(8192);
    struct json_reader r;
    struct bw_err err;
    REQUIRE(tight != NULL);
    large_object(&b, 5000, 5000);
    json_open(&r, bw_buf_text(&b), tight, NULL);
    CHECK_INT(json_finish(&r, &err), BW_MEMORY);
    for (uint64_t nth = 1; nth < 20; nth++) {
        BW_AUTO(bw_arena) *fresh = bw_arena_new(1U << 20);
        REQUIRE(fresh != NULL);
        bw_fault_arm("alloc", nth, true);
        json_open(&r, bw_buf_text(&b), fresh, NULL);
        enum bw_rc rc = json_finish(&r, &err);
        bool hit = bw_fault_hits() >= nth;
        bw_fault_clear();
        CHECK_INT(rc, hit ? BW_MEMORY : BW_OK);
        if (!hit)
            break;
    }
}

BW_TEST_MAIN()
