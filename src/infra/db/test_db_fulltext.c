/* SPDX-License-Identifier: Apache-2.0 */
/* Full text: what was put is found, what was dropped is not, whatever happened in between. */
#include "bw_buf.h"
#include "db_test.h"

struct doc {
    int64_t id;
    struct bw_view text;
    bool drop;
};

static enum bw_rc put(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct doc *d = arg;
    if (d->drop)
        return db_fulltext_drop(tx, "item", d->id, err);
    return db_fulltext_put(tx, "item", d->id, d->text, err);
}

static int64_t hits(struct db_engine *e, const char *words)
{
    struct bw_err err = {.rc = BW_OK};
    BW_AUTO(db) *db = NULL;
    BW_AUTO(db_stmt) *st = NULL;
    if (db_open(e, &db, &err) != BW_OK ||
        db_query(db, &ONE, "SELECT count(*) FROM v_item WHERE $match(item, ?1)", &st, &err) !=
            BW_OK) {
        printf("# %s (%s)\n", err.message, err.detail);
        return -1;
    }
    db_bind_text(st, 1, bw_view_z(words));
    return db_row(st, &err) == BW_OK ? db_int(st, 0) : -1;
}

BW_TEST(put_and_drop)
{
    struct db_engine *e = test_engine("ft.db");
    struct bw_err err = {.rc = BW_OK};
    for (int i = 0; i < 3; i++)
        test_item(e, 1, "x");
    struct doc a = {1, BW_V("emotet botnet controller"), false};
    struct doc b = {2,
                    BW_V("Cr\xc3\xa8me br\xc3\xbbl\xc3\xa9"
                         "e \xe6\xb8\xaf \xe5\x8f\xa3"),
                    false};
    CHECK(db_write(e, put, &a, &err) == BW_OK);
    CHECK(db_write(e, put, &b, &err) == BW_OK);
    CHECK_INT(hits(e, "emotet"), 1);
    CHECK_INT(hits(e, "creme"), 1); /* diacritics are folded */
    CHECK_INT(hits(e, "\"\xe6\xb8\xaf \xe5\x8f\xa3\""), 1);
    CHECK_INT(hits(e, "\"botnet emotet\""), 0); /* phrases know the order */
    CHECK(db_write(e, put, &a, &err) == BW_OK); /* unchanged */
    CHECK_INT(hits(e, "emotet"), 1);
    a.text = BW_V("qakbot controller");
    CHECK(db_write(e, put, &a, &err) == BW_OK);
    CHECK_INT(hits(e, "emotet"), 0);
    CHECK_INT(hits(e, "qakbot"), 1);
    a.drop = true;
    CHECK(db_write(e, put, &a, &err) == BW_OK);
    CHECK(db_write(e, put, &a, &err) == BW_OK); /* not there: fine */
    CHECK_INT(hits(e, "controller"), 0);
    a.drop = false;
    a.text = BW_V("");
    CHECK(db_write(e, put, &a, &err) == BW_OK);
    a.text = bw_view_of("a\0b", 3);
    CHECK_INT(db_write(e, put, &a, &err), BW_INVALID);
    CHECK(db_integrity(e, &err) == BW_OK);
    db_engine_close(e);
}

BW_TEST(long_documents_and_many_changes)
{
    struct db_engine *e = test_engine("long.db");
    struct bw_err err = {.rc = BW_OK};
    enum { LONG = 1 << 20 };
    BW_AUTO_HEAP char *text = malloc((5u << 20) + 1);
    REQUIRE(text);
    for (size_t i = 0; i < (5u << 20); i++)
        text[i] = i % 7 == 6 ? ' ' : (char)('a' + i * 31 % 26);
    test_item(e, 1, "x");
    struct doc d = {1, {text, LONG}, false};
    CHECK(db_write(e, put, &d, &err) == BW_OK);
    d.text.n = 5u << 20;
    CHECK_INT(db_write(e, put, &d, &err), BW_LIMIT);
    for (int i = 0; i < 50; i++) {
        memcpy(text, i % 2 ? "oddone" : "evenly", 6);
        d.text.n = (size_t)(100 + i * 100);
        CHECK(db_write(e, put, &d, &err) == BW_OK);
        CHECK_INT(hits(e, "oddone"), i % 2);
        CHECK_INT(hits(e, "evenly"), 1 - i % 2);
    }
    d.drop = true;
    CHECK(db_write(e, put, &d, &err) == BW_OK);
    CHECK_INT(hits(e, "oddone OR evenly"), 0);
    db_engine_close(e);
}

/* Where an index with places has its limits: many places of one word, many words, long words. */
static const struct {
    const char *name, *query;
    int64_t hits;
} AT_THE_END[] = {
    {"a word", "needle", 1},
    {"a prefix", "\"need\" *", 1},
    {"a phrase behind many", "\"\xe7\x9a\x84 \xe6\xb8\xaf \xe5\x8f\xa3\"", 1},
    {"the phrase in another order", "\"\xe5\x8f\xa3 \xe6\xb8\xaf\"", 0},
    {"a phrase of common words", "\"\xe7\x9a\x84 \xe7\x9a\x84\"", 1},
    {"a phrase with a prefix", "\"\xe5\x8f\xa3 needl\" *", 1},
    {"a prefix of the wrong word", "\"\xe5\x8f\xa3 eedl\" *", 0},
    {"a long word", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 1},
    {"a long word cut", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde", 0},
    {"a prefix of a long word",
     "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\" *", 1},
    {"the last of many words", "\"w199999\"", 1},
    {"a number that is not there", "\"w199998\"", 0},
    {"two phrases", "\"\xe7\x9a\x84 \xe6\xb8\xaf\" \"needle\"", 1},
    {"two, one not there", "\"\xe7\x9a\x84 \xe6\xb8\xaf\" \"nowhere\"", 0},
    {"letters that are folded", "\"CR\xc3\x88ME\"", 1},
    {"signs alone", "\"--\" \"!\"", 0},
    {"signs beside a word", "\"--\" needle", 1},
};

/* 400,000 turns of which each tenth has words of its own: over a megabyte of distinct words. */
BW_TEST(what_stands_at_the_end_of_a_long_text_is_found)
{
    static const char end[] = " \xe7\x9a\x84 \xe6\xb8\xaf \xe5\x8f\xa3 needle cr\xc3\xa8me"
                              " 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    struct db_engine *e = test_engine("end.db");
    struct bw_err err = {.rc = BW_OK};
    for (int many = 0; many < 2; many++) {
        BW_AUTO_BUF text = BW_BUF_INIT(8u << 20);
        for (int i = 0; i < 60000; i++)
            bw_buf_z(&text, "\xe7\x9a\x84 ");
        for (int i = 0; i < (many ? 400000 : 20); i++)
            if (i % 10 == 9 || !many)
                bw_buf_printf(&text, "w%d filler%d-of-its-own-%d-and-longer ", many ? i : 199999, i,
                              i);
        bw_buf_z(&text, end);
        REQUIRE(text.rc == BW_OK);
        struct doc d = {1, bw_buf_text(&text), false};
        if (!many)
            test_item(e, 1, "x");
        REQUIRE(db_write(e, put, &d, &err) == BW_OK);
        for (size_t i = 0; i < BW_COUNT(AT_THE_END); i++) {
            char name[80];
            snprintf(name, sizeof name, "%s, %s words", AT_THE_END[i].name, many ? "many" : "few");
            SUBTEST(name, CHECK_INT(hits(e, AT_THE_END[i].query), AT_THE_END[i].hits));
        }
    }
    db_engine_close(e);
}

/* Newest first over many hits, without collecting all of them. */
BW_TEST(hits_stream_in_order)
{
    struct db_engine *e = test_engine("order.db");
    struct bw_err err = {.rc = BW_OK};
    for (int i = 1; i <= 200; i++) {
        test_item(e, 1 + i % 2, "x");
        struct doc d = {i, BW_V("common word"), false};
        CHECK(db_write(e, put, &d, &err) == BW_OK);
    }
    struct db *db = NULL;
    struct db_stmt *st = NULL;
    REQUIRE(db_open(e, &db, &err) == BW_OK);
    REQUIRE(db_query(db, &ONE,
                     "SELECT i.id FROM $hits(item, ?1) h JOIN v_item i ON i.id = h.id"
                     " ORDER BY h.id DESC LIMIT 5",
                     &st, &err) == BW_OK);
    db_bind_text(st, 1, BW_V("common"));
    reach_calls = 0;
    for (int i = 0; i < 5; i++) {
        CHECK(db_row(st, &err) == BW_OK);
        CHECK_INT(db_int(st, 0), 200 - 2 * i);
    }
    CHECK(db_row(st, &err) == BW_NOT_FOUND);
    CHECK(reach_calls <= 2);
    db_stmt_free(BW_TAKE(st));
    REQUIRE(db_query(db, &ONE,
                     "EXPLAIN QUERY PLAN SELECT 1" /* refused: only what a page may run */, &st,
                     &err) == BW_BROKEN);
    db_close(db);
    db_engine_close(e);
}

BW_TEST_MAIN()
