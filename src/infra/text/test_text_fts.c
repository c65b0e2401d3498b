/* SPDX-License-Identifier: Apache-2.0 */
/* test_text_fts - what text_index() put into FTS5, text_query() finds, and no query is an error.
 *
 * Why the engine itself and not infra/db: this asks what its tokenizer takes for a word, which is
 * what the folding rests on; and text stands below db. */
#include "bw_test.h"
#include "text.h"

#include "bw_random.h"
#include <sqlite3.h>

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

BW_TEST_MAIN()
