/* SPDX-License-Identifier: Apache-2.0 */
/* test_text - folding, queries and excerpts. How they work together in the index: test_text_fts. */
#include "bw_test.h"
#include "text.h"

#include "bw_fault.h"

static const struct {
    const char *name, *in, *folded;
} FOLD[] = {
    {"ascii", "Hello, WORLD\n", "hello, world "},
    {"other scripts keep their case", "Ünïcode ДА", "Ünïcode ДА"},
    {"traditional", "網絡安全", "网 络 安 全"},
    {"simplified stays", "网络安全", "网 络 安 全"},
    {"blanks around", "APT28攻擊了the銀行!", "apt28 攻 击 了 the 银 行 !"},
    {"no second blank", "a 網 絡 b", "a 网 络 b"},
    {"full width", "ＡＰＴ２８　（ｘ）", "apt28 (x)"},
    {"half-width kana", "ｶﾞｯｺｳﾊﾟｿｺﾝ", "ガ ッ コ ウ パ ソ コ ン"},
    {"kana and hangul", "ひらカタ한국", "ひ ら カ タ 한 국"},
    {"outside the BMP", "𠁞x", "𠀾 x"},
    {"hidden characters vanish", "ev\u200Bil\u00ADware\u202E", "evilware"},
    {"hidden between CJK", "網\u200B絡", "网 络"},
    {"punctuation of CJK", "網、絡。", "网 、 络 。"},
    {"no utf-8", "a\xFF", "a\uFFFD"},
    {"empty", "", ""},
};

BW_TEST(folding)
{
    for (size_t i = 0; i < BW_COUNT(FOLD); i++) {
        BW_AUTO_BUF b = BW_BUF_INIT(4096), twice = BW_BUF_INIT(4096);
        text_fold(bw_view_z(FOLD[i].in), &b);
        text_fold(bw_buf_text(&b), &twice);
        bool ok = CHECK_VIEW(bw_buf_text(&b), FOLD[i].folded);
        ok &= CHECK(bw_view_eq(bw_buf_text(&b), bw_buf_text(&twice))); /* folded text stays */
        SUBTEST(FOLD[i].name, ok);
    }
    BW_AUTO_BUF b = BW_BUF_INIT(4096), small = BW_BUF_INIT(4);
    text_index(BW_V("hxxp://evil[.]com 網"), &b);
    CHECK_VIEW(bw_buf_text(&b), "http://evil.com 网");
    text_index(BW_V("much too long"), &small);
    CHECK_INT(bw_buf_rc(&small, "index", NULL), BW_LIMIT);
}

static const struct {
    const char *name, *in, *query;
    size_t terms;
} QUERY[] = {
    {"one word is a prefix", "Ransom", "\"ransom\" *", 1},
    {"words are ANDed, the last is a prefix", "lazarus  bank", "\"lazarus\" \"bank\" *", 2},
    {"one letter is no prefix", "vitamin c", "\"vitamin\" \"c\"", 2},
    {"a CJK run is a phrase", "網絡安全", "\"网 络 安 全\"", 1},
    {"CJK runs", "網絡 安全", "\"网 络\" \"安 全\"", 2},
    {"CJK with comma", "網絡、安全", "\"网 络\" \"安 全\"", 2},
    {"mixed word", "APT28攻擊", "\"apt28\" \"攻 击\"", 2},
    {"quoted phrase", "\"initial access\" broker", "\"initial access\" \"broker\" *", 2},
    {"quoted mixed phrase", "\"APT28攻擊\"", "\"apt28 攻 击\"", 1},
    {"other quotes", "“initial access” 「銀行 木馬」", "\"initial access\" \"银 行 木 马\"", 2},
    {"open quote", "\"initial access", "\"initial access\"", 1},
    {"quotes only", "\"\" \"", "", 0},
    {"domain", "evil.example.com", "\"evil example com\" *", 1},
    {"defanged", "hxxps://evil[.]com/x", "\"https evil com x\"", 1},
    {"operators are words", "a OR b NOT c NEAR(d", "\"a\" \"or\" \"b\" \"not\" \"c\" \"near d\"",
     6},
    {"column and stars", "title:x* ^y +z -w", "\"title x\" \"y\" \"z\" \"w\"", 4},
    {"nothing to search for", " -- ... ！？ ", "", 0},
    {"empty", "", "", 0},
    {"hidden", "ev\u200Bil", "\"evil\" *", 1},
    {"full-width blank", "網絡　ａｂｃ", "\"网 络\" \"abc\" *", 2},
};

BW_TEST(queries)
{
    for (size_t i = 0; i < BW_COUNT(QUERY); i++) {
        BW_AUTO_BUF b = BW_BUF_INIT(4096);
        size_t terms = text_query(bw_view_z(QUERY[i].in), &b);
        bool ok = CHECK_VIEW(bw_buf_text(&b), QUERY[i].query);
        ok &= CHECK_INT(terms, QUERY[i].terms);
        SUBTEST(QUERY[i].name, ok);
    }
}

BW_TEST(query_out_of_memory)
{
    for (uint64_t nth = 1; nth < 20; nth++) {
        BW_AUTO_BUF out = BW_BUF_INIT(4096);
        bw_fault_arm("alloc", nth, false);
        size_t terms = text_query(BW_V("one two 網絡"), &out);
        bool hit = bw_fault_hits() >= nth;
        bw_fault_clear();
        CHECK_INT(out.rc, hit ? BW_MEMORY : BW_OK);
        CHECK(hit || terms == 3);
        if (!hit)
            break;
    }
}

BW_TEST(query_limits)
{
    BW_AUTO_BUF in = BW_BUF_INIT(1U << 20), out = BW_BUF_INIT(1U << 20);
    for (int i = 0; i < 400; i++)
        BW_BUF_LIT(&in, "ab ");
    CHECK_INT(text_query(bw_buf_text(&in), &out), TEXT_QUERY_TERMS);
    bw_buf_reset(&in);
    bw_buf_reset(&out);
    for (int i = 0; i < 5000; i++)
        BW_BUF_LIT(&in, "網");
    CHECK_INT(text_query(bw_buf_text(&in), &out), 1);
    CHECK(out.n < 4 * TEXT_QUERY_MAX && bw_utf8_valid(bw_buf_text(&out)));

    /* A phrase of a thousand words costs seconds in a text that repeats them. */
    bw_buf_reset(&in);
    bw_buf_reset(&out);
    size_t words = 1;
    BW_BUF_LIT(&in, "\"");
    for (int i = 0; i < 400; i++)
        BW_BUF_LIT(&in, "a ");
    CHECK_INT(text_query(bw_buf_text(&in), &out), 1);
    for (size_t i = 0; i < out.n; i++)
        words += out.p[i] == ' ';
    CHECK_INT(words, 32);
}

static const struct {
    const char *name, *text, *user;
    size_t bytes;
    const char *marked; /* the cut with | at marks, … where there is more */
} EXCERPT[] = {
    {"short text", "The LockBit group", "lockbit", 160, "The |LockBit| group"},
    {"prefix marks the match", "The LockBit group", "lock", 160, "The |Lock|Bit group"},
    {"not within a word", "unlock the lock", "lock", 160, "unlock the |lock|"},
    {"two words", "Lazarus robbed a bank", "bank lazarus", 160, "|Lazarus| robbed a |bank|"},
    {"CJK variant", "香港電腦保安", "电脑", 160, "香港|電腦|保安"},
    {"phrase across punctuation", "at evil[.]com now", "evil.com", 160, "at |evil[.]com| now"},
    {"no match gives the head", "nothing here to be seen at all", "xyz", 12, "nothing here…"},
    {"cut at words", "one two three four five six seven eight nine ten", "six", 24,
     "…five |six| seven eight…"},
    {"cut of CJK at code points", "網絡網絡網絡網絡網絡安全網絡網絡網絡網絡", "安全", 20,
     "…網絡|安全|網絡…"},
    {"hidden inside", "ev\u200Bil", "evil", 160, "|ev\u200Bil|"},
    {"empty query", "text", "", 160, "text"},
    {"empty text", "", "x", 160, ""},
};

BW_TEST(excerpts)
{
    for (size_t i = 0; i < BW_COUNT(EXCERPT); i++) {
        struct text_excerpt e;
        BW_AUTO_BUF b = BW_BUF_INIT(4096);
        text_excerpt(bw_view_z(EXCERPT[i].text), bw_view_z(EXCERPT[i].user), EXCERPT[i].bytes, &e);
        size_t at = 0;
        if (e.more_before)
            BW_BUF_LIT(&b, "…");
        for (size_t k = 0; k < e.mark_n; k++) {
            bw_buf_add(&b, e.cut.p + at, e.mark[k].from - at);
            bw_buf_printf(&b, "|%.*s|", (int)(e.mark[k].to - e.mark[k].from),
                          e.cut.p + e.mark[k].from);
            at = e.mark[k].to;
        }
        bw_buf_add(&b, e.cut.p + at, e.cut.n - at);
        if (e.more_after)
            BW_BUF_LIT(&b, "…");
        SUBTEST(EXCERPT[i].name, CHECK_VIEW(bw_buf_text(&b), EXCERPT[i].marked));
    }
}

BW_TEST_MAIN()
