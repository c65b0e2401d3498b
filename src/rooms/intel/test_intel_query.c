/* SPDX-License-Identifier: Apache-2.0 */
/* Operators of the search box, and cells of a CSV file. */
#include "bw_test.h"
#include "intel_page.h"

#define NO (-1)

static const struct {
    const char *name, *typed, *words;
    int kind, tlp, severity;
    size_t problems;
} QUERIES[] = {
    {"nothing", "", "", NO, NO, NO, 0},
    {"words alone", "stolen sessions", "stolen sessions", NO, NO, NO, 0},
    {"a kind", "kind:alert", "", INTEL_ALERT, NO, NO, 0},
    {"type is another name", "type:question vpn", "vpn", INTEL_QUESTION, NO, NO, 0},
    {"any case", "KIND:Alert TLP:Amber", "", INTEL_ALERT, TLP_AMBER, NO, 0},
    {"all three among words", "a severity:high b tlp:green c kind:incident d", "a b c d",
     INTEL_INCIDENT, TLP_GREEN, INTEL_HIGH, 0},
    {"a label with a plus", "tlp:amber+strict", "", NO, TLP_AMBER_STRICT, NO, 0},
    {"the label as it is printed", "TLP:RED", "", NO, TLP_RED, NO, 0},
    {"a wrong value", "tlp:purple x", "x", NO, NO, NO, 1},
    {"no value", "kind: x", "x", NO, NO, NO, 1},
    {"twice", "tlp:red tlp:green", "", NO, TLP_RED, NO, 1},
    {"an unknown operator", "colour:red x", "x", NO, NO, NO, 1},
    {"a mistyped operator", "knid:alert", "", NO, NO, NO, 1},
    {"an address is a word", "https://bad.example/x", "https://bad.example/x", NO, NO, NO, 0},
    {"a defanged address too", "hxxps[:]//bad[.]example", "hxxps[:]//bad[.]example", NO, NO, NO, 0},
    {"IPv6 is a word", "2001:db8::1 fe80::1 abcd::1", "2001:db8::1 fe80::1 abcd::1", NO, NO, NO, 0},
    {"a MAC address is a word", "aa:bb:cc:dd:ee:ff", "aa:bb:cc:dd:ee:ff", NO, NO, NO, 0},
    {"quoted parts are words", "\"kind:alert now\" x", "\"kind:alert now\" x", NO, NO, NO, 0},
    {"ideographic blanks divide", "海港\xe3\x80\x80kind:alert\xe3\x80\x80醫院", "海港 醫院",
     INTEL_ALERT, NO, NO, 0},
    {"an unclosed quote", "\"a b", "\"a b", NO, NO, NO, 0},
};

BW_TEST(queries)
{
    struct bw_arena *arena = bw_arena_new(1 << 20);
    BW_ASSERT(arena);
    for (size_t i = 0; i < BW_COUNT(QUERIES); i++) {
        struct intel_query q;
        struct bw_err err;
        bool ok = intel_query_parse(bw_view_z(QUERIES[i].typed), arena, &q, &err) == BW_OK &&
                  bw_view_is(q.words, QUERIES[i].words) && q.kind == QUERIES[i].kind &&
                  q.tlp == QUERIES[i].tlp && q.severity == QUERIES[i].severity &&
                  q.n_problems == QUERIES[i].problems;
        SUBTEST(QUERIES[i].name, ok);
    }
    bw_arena_free(arena);
}

BW_TEST(what_was_meant_is_said)
{
    struct bw_arena *arena = bw_arena_new(1 << 20);
    struct intel_query q;
    struct bw_err err;
    BW_ASSERT(arena);
    CHECK(intel_query_parse(BW_V("sev:high"), arena, &q, &err) == BW_OK);
    CHECK(q.n_problems == 1 && q.problems[0].msg == MSG_intel_op_meant);
    CHECK_VIEW(q.problems[0].instead, "severity");
    CHECK(intel_query_parse(BW_V("knd:alert"), arena, &q, &err) == BW_OK);
    CHECK_VIEW(q.problems[0].instead, "kind");
    CHECK(intel_query_parse(BW_V("colour:red"), arena, &q, &err) == BW_OK);
    CHECK(q.problems[0].msg == MSG_intel_op_unknown);
    CHECK(intel_query_parse(BW_V("tlp:purple"), arena, &q, &err) == BW_OK);
    CHECK_VIEW(q.problems[0].what, "tlp:purple");
    CHECK_VIEW(q.problems[0].instead, "clear, green, amber, amber+strict, red");
    bw_arena_free(arena);
}

BW_TEST(a_long_query_is_cut_and_many_mistakes_are_capped)
{
    struct bw_arena *arena = bw_arena_new(1 << 20);
    char typed[4 * TEXT_QUERY_MAX];
    struct intel_query q;
    struct bw_err err;
    BW_ASSERT(arena);
    for (size_t i = 0; i < sizeof(typed); i++)
        typed[i] = "xxx:y "[i % 6];
    CHECK(intel_query_parse(bw_view_of(typed, sizeof(typed)), arena, &q, &err) == BW_OK);
    CHECK_INT(q.n_problems, BW_COUNT(q.problems));
    bw_arena_free(arena);
}

static const struct {
    const char *name, *in, *out;
} CELLS[] = {
    {"plain", "198.51.100.7", "198.51.100.7,"},
    {"empty", "", ","},
    {"a comma", "a,b", "\"a,b\","},
    {"a quote", "say \"hi\"", "\"say \"\"hi\"\"\","},
    {"a line end", "a\nb", "\"a\nb\","},
    {"equals", "=1+1", "'=1+1,"},
    {"plus", "+1", "'+1,"},
    {"minus", "-1", "'-1,"},
    {"at", "@SUM(A1)", "'@SUM(A1),"},
    {"tab", "\t=1", "'\t=1,"},
    {"carriage return", "\r=1", "\"'\r=1\","},
    {"a formula with a quote", "=cmd|\"/c x\"", "\"'=cmd|\"\"/c x\"\"\","},
    {"a sign within", "a=b", "a=b,"},
};

BW_TEST(cells)
{
    for (size_t i = 0; i < BW_COUNT(CELLS); i++) {
        BW_AUTO_BUF out = BW_BUF_INIT(1024);
        csv_cell(&out, bw_view_z(CELLS[i].in), false);
        SUBTEST(CELLS[i].name, out.rc == BW_OK && bw_view_is(bw_buf_text(&out), CELLS[i].out));
    }
    BW_AUTO_BUF out = BW_BUF_INIT(1024);
    csv_cell(&out, BW_V("end"), true);
    CHECK_VIEW(bw_buf_text(&out), "end\r\n");
}

BW_TEST_MAIN()
