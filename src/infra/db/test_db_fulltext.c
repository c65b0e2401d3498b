/* SPDX-License-Identifier: Apache-2.0 */
/* Full text: what was put is found, what was dropped is not, whatever happened in between. */
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
