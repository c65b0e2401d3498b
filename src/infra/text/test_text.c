/* SPDX-License-Identifier: Apache-2.0 */
/* test_text - folding and queries, the two sides of search, put together in SQLite's FTS5. */
#include "bw_test.h"
#include "text.h"

#include "bw_random.h"
#include <sqlite3.h>

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
}

static sqlite3 *open_index(void)
{
    sqlite3 *db = NULL;
    if (sqlite3_open(":memory:", &db) != SQLITE_OK ||
        sqlite3_exec(db, "CREATE VIRTUAL TABLE t USING fts5(x, tokenize = 'unicode61')", NULL, NULL,
                     NULL) != SQLITE_OK) {
        sqlite3_close(db);
        return NULL;
    }
    return db;
}

/* Binds TEXT to SQL and steps through it; the number of rows, or -1. */
static int run(sqlite3 *db, const char *sql, struct bw_view text)
{
    sqlite3_stmt *st = NULL;
    int rows = 0, rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(st, 1, text.p ? text.p : "", (int)text.n, SQLITE_TRANSIENT);
    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = sqlite3_step(st);
        rows += rc == SQLITE_ROW;
    }
    sqlite3_finalize(st);
    return rc == SQLITE_DONE ? rows : -1;
}

static int search(sqlite3 *db, const char *user)
{
    BW_AUTO_BUF q = BW_BUF_INIT(1U << 20);
    if (text_query(bw_view_z(user), &q) == 0)
        return 0;
    return run(db, "SELECT rowid FROM t WHERE t MATCH ?1", bw_buf_text(&q));
}

static const char *const DOCS[] = {
    "香港電腦保安事故協調中心發現勒索軟件攻擊多間銀行",
    "香港电脑保安事故协调中心：银行木马",
    "Ransomware group LockBit used hxxps://evil[.]example[.]com/gate.php?id=7",
    "A résumé of Ärger with ＡＰＴ４１ and CVE-2021-44228 in 2021年",
    "C2 at 198.51.100[.]7, admin[at]example.org",
};

static const struct {
    const char *user;
    int hits;
} SEARCH[] = {
    {"香港", 2},
    {"電腦保安", 2},
    {"电脑", 2},
    {"銀行", 2},
    {"勒索", 1},
    {"索軟", 1},
    {"腦電", 0},
    {"銀行木馬", 1},
    {"lock", 1},
    {"LOCKBIT ransom", 1},
    {"\"group lockbit\"", 1},
    {"\"lockbit group\"", 0},
    {"evil.example.com", 1},
    {"http://evil", 0},
    {"hxxps://evil[.]example", 1},
    {"https://evil.example.com/gate.php", 1},
    {"resume", 1},
    {"arger", 1},
    {"apt41", 1},
    {"ＡＰＴ４１", 1},
    {"CVE-2021-44228", 1},
    {"cve 2021", 1},
    {"2021年", 1},
    {"198.51.100.7", 1},
    {"198.51.100[.]7", 1},
    {"admin@example.org", 1},
    {"admin[at]example[.]org", 1},
    {"nothing here", 0},
    {"example.com evil", 1},
};

BW_TEST(search_with_fts5)
{
    sqlite3 *db = open_index();
    REQUIRE(db != NULL);
    for (size_t i = 0; i < BW_COUNT(DOCS); i++) {
        BW_AUTO_BUF b = BW_BUF_INIT(65536);
        text_index(bw_view_z(DOCS[i]), &b);
        CHECK_INT(run(db, "INSERT INTO t (x) VALUES (?1)", bw_buf_text(&b)), 0);
    }
    for (size_t i = 0; i < BW_COUNT(SEARCH); i++) {
        int hits = search(db, SEARCH[i].user);
        SUBTEST(SEARCH[i].user, CHECK_INT(hits, SEARCH[i].hits));
    }
    sqlite3_close(db);
}

/* Whatever is typed, FTS5 takes the expression: made of what its syntax is made of. */
BW_TEST(no_query_is_a_syntax_error)
{
    static const char *const PIECES[] = {"\"",     "'",    "*",    "^",          "(",
                                         ")",      "+",    "-",    ":",          "{",
                                         "}",      ",",    " ",    "AND",        "OR",
                                         "NOT",    "NEAR", "x",    "網",         "\u3000",
                                         "“",      "\x01", "\xFF", "\u0301",     "\u0E01",
                                         "ª",      "½",    "ß",    "\U0001F600", "\uE000",
                                         "\u2019", "x:",   "\\",   "/*",         "--",
                                         ";",      "ｶ",    "ﾞ",    "\u200D",     "hxxp://",
                                         "[.]",    "0",    "é",    "_",          "\u30FB"};
    sqlite3 *db = open_index();
    REQUIRE(db != NULL);
    CHECK_INT(run(db, "INSERT INTO t (x) VALUES (?1)", BW_V("x 网 0 é and or not near")), 0);
    bw_random_fix(7);
    for (int i = 0; i < 20000; i++) {
        BW_AUTO_BUF user = BW_BUF_INIT(4096), q = BW_BUF_INIT(65536);
        for (uint64_t n = bw_random_below(BW_RANDOM_TEST, 12); n > 0; n--)
            bw_buf_z(&user, PIECES[bw_random_below(BW_RANDOM_TEST, BW_COUNT(PIECES))]);
        if (text_query(bw_buf_text(&user), &q) == 0)
            continue;
        if (run(db, "SELECT rowid FROM t WHERE t MATCH ?1", bw_buf_text(&q)) < 0) {
            CHECK(false);
            printf("# %.*s\n# %s\n", BW_VF(bw_buf_text(&q)), sqlite3_errmsg(db));
        }
    }
    bw_random_free_run();
    sqlite3_close(db);
}

/* For each code point that search takes for a letter, FTS5 finds what was indexed with it. */
BW_TEST(fts5_agrees_on_letters)
{
    static const uint32_t CPS[] = {0x41,    0xE9,    0x3B1,  0x416,  0x5D0,  0x627,  0x915,
                                   0xE01,   0x4E00,  0x9FA5, 0x3042, 0x30A2, 0xAC00, 0x3105,
                                   0x20000, 0x2A6D6, 0x3400, 0xF900, 0x3007, 0x3005};
    for (size_t i = 0; i < BW_COUNT(CPS); i++) {
        sqlite3 *db = open_index();
        BW_AUTO_BUF text = BW_BUF_INIT(64), b = BW_BUF_INIT(256);
        char cp[6] = "x", name[16];
        REQUIRE(db != NULL);
        cp[1 + bw_utf8_put(CPS[i], cp + 1)] = '\0';
        bw_buf_printf(&text, "%sy", cp);
        text_index(bw_buf_text(&text), &b);
        CHECK_INT(run(db, "INSERT INTO t (x) VALUES (?1)", bw_buf_text(&b)), 0);
        snprintf(name, sizeof(name), "U+%04X", (unsigned)CPS[i]);
        SUBTEST(name, CHECK_INT(search(db, text_is_cjk(CPS[i]) ? cp + 1 : cp), 1));
        sqlite3_close(db);
    }
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
