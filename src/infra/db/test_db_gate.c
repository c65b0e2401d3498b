/* SPDX-License-Identifier: Apache-2.0 */
/* Nobody reads a gated table but through its gate, whatever the statement looks like. */
#include "db_test.h"

static const struct refusal {
    const char *name, *sql;
} QUERIES[] = {
    {"base table", "SELECT title FROM item"},
    {"base table by schema", "SELECT title FROM main.item"},
    {"base table in quotes", "SELECT title FROM \"item\""},
    {"base table in a string", "SELECT title FROM 'item'"},
    {"base table in other case", "SELECT title FROM ITEM"},
    {"base table beside its view", "SELECT i.title FROM v_item v JOIN item i ON i.id = v.id"},
    {"rowid only", "SELECT rowid FROM item"},
    {"count of the base", "SELECT count(*) FROM item"},
    {"constant from the base", "SELECT 1 FROM item"},
    {"scalar subquery", "SELECT (SELECT title FROM item LIMIT 1)"},
    {"scalar subquery of a view's query", "SELECT (SELECT title FROM item LIMIT 1) FROM v_item"},
    {"correlated subquery",
     "SELECT id FROM v_item v WHERE EXISTS (SELECT 1 FROM item i WHERE i.id > v.id)"},
    {"count in a subquery", "SELECT id FROM v_item WHERE 1 < (SELECT count(*) FROM item)"},
    {"subquery in FROM", "SELECT title FROM (SELECT title FROM item)"},
    {"subquery in FROM called as the gate", "SELECT title FROM (SELECT title FROM item) AS v_item"},
    {"alias called as the gate", "SELECT v_item.title FROM item AS v_item"},
    {"union", "SELECT title FROM v_item UNION ALL SELECT title FROM item"},
    {"union, first", "SELECT title FROM item UNION SELECT title FROM v_item"},
    {"except", "SELECT id FROM item EXCEPT SELECT id FROM v_item"},
    {"order by", "SELECT id FROM v_item ORDER BY (SELECT max(id) FROM item)"},
    {"limit", "SELECT id FROM v_item LIMIT (SELECT count(*) FROM item)"},
    {"group and having",
     "SELECT id FROM v_item GROUP BY id HAVING id < (SELECT max(id) FROM item)"},
    {"in a list", "SELECT id FROM v_item WHERE id IN (SELECT id FROM item)"},
    {"in a table", "SELECT id FROM v_item WHERE id IN item"},
    {"window", "SELECT row_number() OVER (ORDER BY id) FROM item"},
    {"cte", "WITH x AS (SELECT title FROM item) SELECT title FROM x"},
    {"cte called as the gate", "WITH v_item AS (SELECT title FROM item) SELECT title FROM v_item"},
    {"cte in other case", "WITH V_ITEM AS (SELECT title FROM item) SELECT title FROM v_item"},
    {"cte in quotes", "WITH \"v_item\" AS (SELECT title FROM item) SELECT title FROM v_item"},
    {"cte in brackets", "WITH [v_item] AS (SELECT title FROM item) SELECT title FROM v_item"},
    {"cte in back quotes", "WITH `v_item` AS (SELECT title FROM item) SELECT title FROM v_item"},
    {"cte in a string", "WITH 'v_item' AS (SELECT title FROM item) SELECT title FROM v_item"},
    {"cte with columns", "WITH v_item(t) AS (SELECT title FROM item) SELECT t FROM v_item"},
    {"cte with a comment",
     "WITH v_item/**/AS--\n(SELECT title FROM item) SELECT title FROM v_item"},
    {"cte materialized",
     "WITH v_item AS MATERIALIZED (SELECT title FROM item) SELECT title FROM v_item"},
    {"cte not materialized",
     "WITH v_item AS NOT MATERIALIZED (SELECT title FROM item) SELECT title FROM v_item"},
    {"second cte",
     "WITH a AS (SELECT 1), v_item AS (SELECT title FROM item) SELECT title FROM v_item"},
    {"cte inside", "SELECT (WITH v_item AS (SELECT title FROM item) SELECT title FROM v_item)"},
    {"recursive cte called as the gate",
     "WITH RECURSIVE v_item(n) AS (SELECT id FROM item UNION SELECT n FROM v_item) SELECT n FROM"
     " v_item"},
    {"gate of another table", "WITH x AS (SELECT * FROM v_note) SELECT title FROM item, x"},
    {"values and base", "SELECT * FROM (VALUES (1)) JOIN item"},
    {"natural join", "SELECT 1 FROM v_item NATURAL JOIN item"},
    {"using", "SELECT n.id FROM v_note n JOIN item USING (id)"},
    {"natural left join", "SELECT count(*) FROM plain NATURAL LEFT JOIN item"},
    {"create as a virtual table does", "CREATE TABLE x (a)"},
    {"full text table", "SELECT rowid FROM ft_item WHERE ft_item MATCH 'a'"},
    {"full text table in a string", "SELECT rowid FROM 'ft_item'"},
    {"full text beside the index", "SELECT text FROM ft_item_text"},
    {"full text, shadow", "SELECT * FROM ft_item_data"},
    {"hits without the gate", "SELECT count(*) FROM $hits(item, ?1)"},
    {"match without the gate", "SELECT k FROM plain WHERE $match(item, ?1, plain.v)"},
    {"unknown neutral word", "SELECT $secret"},
    {"schema word in a query", "SELECT 1 AS $id"},
    {"schema table", "SELECT sql FROM sqlite_schema"},
    {"statistics", "SELECT sum(ncell) FROM dbstat WHERE name = 'item'"},
    {"sequence", "SELECT seq FROM sqlite_sequence"},
    {"pragma", "PRAGMA user_version"},
    {"pragma that writes", "PRAGMA writable_schema = ON"},
    {"pragma as a table", "SELECT * FROM pragma_table_info('item')"},
    {"attach", "ATTACH ':memory:' AS x"},
    {"detach", "DETACH main"},
    {"load_extension", "SELECT load_extension('x')"},
    {"begin", "BEGIN"},
    {"commit", "COMMIT"},
    {"savepoint", "SAVEPOINT a"},
    {"insert", "INSERT INTO plain (k) VALUES ('a')"},
    {"update", "UPDATE item SET title = ''"},
    {"delete", "DELETE FROM plain"},
    {"create", "CREATE TABLE t (a)"},
    {"temporary view", "CREATE TEMP VIEW v_x AS SELECT * FROM item"},
    {"drop", "DROP VIEW v_item"},
    {"vacuum", "VACUUM"},
    {"reindex", "REINDEX"},
    {"analyze", "ANALYZE"},
    {"explain of the base", "EXPLAIN QUERY PLAN SELECT * FROM item"},
    {"two statements", "SELECT 1; SELECT 2"},
    {"nothing", " -- nothing"},
    {"not SQL", "SELEC 1"},
};

BW_TEST(queries_refused)
{
    struct db_engine *e = test_engine("refused.db");
    struct bw_err err = {.rc = BW_OK};
    for (size_t i = 0; i < BW_COUNT(QUERIES); i++) {
        BW_AUTO(db) *db = NULL; /* its own: nothing works behind a failure on a server */
        struct db_stmt *st = NULL;
        REQUIRE(db_open(e, &db, &err) == BW_OK);
        enum bw_rc rc = db_query_text(db, &BOTH, QUERIES[i].sql, &st, &err);
        enum bw_rc run = BW_BROKEN; /* pragma tables are refused when they start */
        if (rc == BW_OK)
            run = db_row(st, &err);
        SUBTEST(QUERIES[i].name, run == BW_BROKEN);
        db_stmt_free(st);
    }
    db_engine_close(e);
}

static const struct count {
    const char *name, *sql;
    int64_t nobody, one, both;
} COUNTS[] = {
    {"count", "SELECT count(*) FROM v_item", 0, 2, 3},
    {"count of a column", "SELECT count(title) FROM v_item", 0, 2, 3},
    {"sum", "SELECT coalesce(sum(audience_id), 0) FROM v_item", 0, 2, 4},
    {"max", "SELECT coalesce(max(id), 0) FROM v_item", 0, 3, 3},
    {"min of an index", "SELECT coalesce(min(audience_id), 0) FROM v_item", 0, 1, 1},
    {"exists", "SELECT EXISTS (SELECT 1 FROM v_item WHERE audience_id = 2)", 0, 0, 1},
    {"not exists", "SELECT NOT EXISTS (SELECT 1 FROM v_item)", 1, 0, 0},
    {"by id", "SELECT count(*) FROM v_item WHERE id = 2", 0, 0, 1},
    {"join of two gates", "SELECT count(*) FROM v_item i JOIN v_note n ON n.item_id = i.id", 0, 1,
     3},
    {"left join keeps what is seen",
     "SELECT count(n.id) FROM v_item i LEFT JOIN v_note n ON n.item_id = i.id", 0, 1, 3},
    {"right side of a left join",
     "SELECT count(*) FROM plain p LEFT JOIN v_item i ON i.id = p.v WHERE i.id IS NOT NULL", 0, 1,
     1},
    {"union of gates",
     "SELECT count(*) FROM (SELECT id FROM v_item UNION ALL SELECT id FROM v_note) u", 0, 4, 6},
    {"cte of a gate", "WITH x AS (SELECT * FROM v_item) SELECT count(*) FROM x", 0, 2, 3},
    {"subquery in FROM", "SELECT count(*) FROM (SELECT DISTINCT title FROM v_item) AS item", 0, 2,
     3},
    {"scalar subquery", "SELECT (SELECT count(*) FROM v_item)", 0, 2, 3},
    {"in", "SELECT count(*) FROM v_note WHERE item_id IN (SELECT id FROM v_item)", 0, 1, 3},
    {"recursive",
     "WITH RECURSIVE x(n) AS (SELECT min(id) FROM v_item UNION ALL SELECT n + 1 FROM x WHERE n < 3)"
     " SELECT count(*) FROM x JOIN v_item i ON i.id = x.n",
     0, 2, 3},
    {"window", "SELECT coalesce(max(n), 0) FROM (SELECT count(*) OVER () AS n FROM v_item) AS x", 0,
     2, 3},
    {"driven by the audiences",
     "SELECT count(*) FROM $reachable r JOIN v_item i ON i.audience_id = r.audience_id", 0, 2, 3},
    {"audiences", "SELECT count(*) FROM $reachable r", 0, 1, 2},
    {"one audience", "SELECT count(*) FROM $reachable r WHERE audience_id = 2", 0, 0, 1},
    {"in the audiences",
     "SELECT count(*) FROM v_item WHERE audience_id IN (SELECT r.audience_id FROM"
     " $reachable r)",
     0, 2, 3},
    {"reach by hand", "SELECT reach(1) + reach(2)", 0, 1, 2},
    {"no audience, nobody", "SELECT reach(NULL) + reach('1') + reach(1.0)", 0, 0, 0},
    {"match", "SELECT count(*) FROM v_item WHERE $match(item, ?1)", 0, 2, 3},
    {"match of a column",
     "SELECT count(*) FROM v_note n JOIN v_item i ON i.id = n.item_id WHERE $match(item, ?1, i.id)",
     0, 1, 3},
    {"hits", "SELECT count(*) FROM $hits(item, ?1) h JOIN v_item i ON i.id = h.id", 0, 2, 3},
};

static enum bw_rc fill(struct db_tx *tx, void *arg, struct bw_err *err)
{
    static const struct {
        int64_t item, audience;
    } notes[] = {{1, 1}, {2, 1}, {1, 2}};
    for (size_t i = 1; i <= 3; i++) {
        struct test_item item = {i == 2 ? 2 : 1, 0, i == 1 ? "first" : i == 2 ? "second" : "third"};
        BW_TRY(test_add(tx, &item, err));
        BW_TRY(db_fulltext_put(tx, "item", item.id, BW_V("word of all"), err));
    }
    BW_AUTO(db_stmt) *note = NULL;
    BW_TRY(db_change(tx, "INSERT INTO note (item_id, audience_id) VALUES (?1, ?2)", &note, err));
    for (size_t i = 0; i < BW_COUNT(notes); i++) {
        db_bind_int(note, 1, notes[i].item);
        db_bind_int(note, 2, notes[i].audience);
        BW_TRY(db_run(note, err));
        db_again(note);
    }
    BW_AUTO(db_stmt) *plain = NULL;
    BW_TRY(db_change(tx, "INSERT INTO plain (k, v) VALUES ('a', 1)", &plain, err));
    return db_run(plain, err);
}

static int64_t count_as(struct db *db, const struct viewer *viewer, const struct count *c)
{
    struct bw_err err = {.rc = BW_OK};
    BW_AUTO(db_stmt) *st = NULL;
    if (db_query_text(db, viewer, c->sql, &st, &err) != BW_OK) {
        printf("# %s (%s)\n", err.message, err.detail);
        return -1;
    }
    if (strstr(c->sql, "?1"))
        db_bind_text(st, 1, BW_V("word"));
    return db_row(st, &err) == BW_OK ? db_int(st, 0) : -1;
}

BW_TEST(gates_filter)
{
    struct db_engine *e = test_engine("filter.db");
    struct bw_err err = {.rc = BW_OK};
    BW_AUTO(db) *db = NULL;
    CHECK(db_write(e, fill, NULL, &err) == BW_OK);
    REQUIRE(db_open(e, &db, &err) == BW_OK);
    for (size_t i = 0; i < BW_COUNT(COUNTS); i++) {
        const struct count *c = &COUNTS[i];
        if (db_test_on_server() && strstr(c->sql, "reach(")) {
            SKIP(1, "there is no reach() on a server");
            continue;
        }
        SUBTEST(c->name, CHECK_INT(count_as(db, &NOBODY, c), c->nobody) &&
                             CHECK_INT(count_as(db, &ONE, c), c->one) &&
                             CHECK_INT(count_as(db, &BOTH, c), c->both));
    }
    reach_calls = 0;
    CHECK_INT(TEST_NUMBER(db, &BOTH, "SELECT count(*) FROM v_item"), 3);
    CHECK(reach_calls == (db_test_on_server() ? 0 : 2)); /* asked once for each audience */
    db_close(BW_TAKE(db));
    db_engine_close(e);
}

/* Two statements of different viewers on one connection, row by row in turn. */
BW_TEST(viewers_do_not_mix)
{
    struct db_engine *e = test_engine("mix.db");
    struct bw_err err = {.rc = BW_OK};
    for (int64_t i = 0; i < 20; i++)
        test_item(e, 1 + i % 2, "x");
    BW_AUTO(db) *db = NULL;
    REQUIRE(db_open(e, &db, &err) == BW_OK);
    struct db_stmt *a = NULL, *b = NULL;
    REQUIRE(db_query(db, &ONE, "SELECT audience_id FROM v_item", &a, &err) == BW_OK);
    REQUIRE(db_query(db, &TWO, "SELECT audience_id FROM v_item", &b, &err) == BW_OK);
    for (int i = 0; i < 10; i++) {
        CHECK(db_row(a, &err) == BW_OK);
        CHECK(db_row(b, &err) == BW_OK);
        CHECK_INT(db_int(a, 0), 1);
        CHECK_INT(db_int(b, 0), 2);
    }
    CHECK(db_row(a, &err) == BW_NOT_FOUND);
    CHECK(db_row(b, &err) == BW_NOT_FOUND);
    db_stmt_free(a);
    db_stmt_free(b);
    db_close(BW_TAKE(db));
    db_engine_close(e);
}

/* reach() that asks the database itself, as another viewer, while a statement runs. */
static bool nested_reach(const struct viewer *v, struct db *db, int64_t audience)
{
    struct bw_err err;
    BW_AUTO(db_stmt) *st = NULL;
    if (v == &NOBODY)
        return audience == 1;
    if (db_query(db, &NOBODY, "SELECT count(*) FROM v_note WHERE audience_id = ?1", &st, &err) !=
        BW_OK)
        return false;
    db_bind_int(st, 1, audience);
    return db_row(st, &err) == BW_OK && db_int(st, 0) > 0;
}

BW_TEST(reach_may_query)
{
    if (db_test_on_server())
        SKIP_CASE("reach() is not called on a server");
    struct db_options o = test_options(test_path("nested.db"));
    struct db_engine *e = NULL;
    struct bw_err err = {.rc = BW_OK};
    o.reach = nested_reach;
    REQUIRE(db_engine_open(&o, &e, &err) == BW_OK);
    CHECK(db_write(e, fill, NULL, &err) == BW_OK);
    BW_AUTO(db) *db = NULL;
    REQUIRE(db_open(e, &db, &err) == BW_OK);
    CHECK_INT(TEST_NUMBER(db, &BOTH, "SELECT count(*) FROM v_item"), 2);
    CHECK_INT(TEST_NUMBER(db, &NOBODY, "SELECT count(*) FROM v_note"), 2);
    db_close(BW_TAKE(db));
    db_engine_close(e);
}

static const struct refusal PLAIN[] = {
    {"plain: gated table", "SELECT title FROM item"},
    {"plain: its view", "SELECT title FROM v_item"},
    {"plain: its view in other case", "SELECT title FROM V_Item"},
    {"plain: view in a subquery", "SELECT k FROM plain WHERE v IN (SELECT id FROM v_item)"},
    {"plain: count of the view", "SELECT count(*) FROM v_item"},
    {"plain: natural join", "SELECT count(*) FROM plain NATURAL JOIN v_item"},
    {"plain: full text", "SELECT count(*) FROM $hits(item, ?1)"},
    {"plain: full text with the view", "SELECT k FROM plain v_item WHERE $match(item, ?1)"},
    {"plain: audiences", "SELECT * FROM $reachable"},
    {"plain: reach", "SELECT reach(1)"},
    {"plain: write", "DELETE FROM plain"},
    {"plain: pragma", "PRAGMA foreign_keys"},
};

BW_TEST(plain_refuses)
{
    struct db_engine *e = test_engine("plain.db");
    struct bw_err err = {.rc = BW_OK};
    BW_AUTO(db) *db = NULL;
    REQUIRE(db_open(e, &db, &err) == BW_OK);
    for (size_t i = 0; i < BW_COUNT(PLAIN); i++) {
        struct db_stmt *st = NULL;
        enum bw_rc rc = db_plain_text(db, PLAIN[i].sql, &st, &err);
        if (rc == BW_OK && db_test_on_server()) /* it learns there that there is no reach() */
            rc = db_row(st, &err);
        SUBTEST(PLAIN[i].name, CHECK_INT(rc, BW_BROKEN));
        db_stmt_free(st);
    }
    BW_AUTO(db_stmt) *st = NULL;
    CHECK(db_plain(db, "SELECT count(*) FROM plain JOIN setting ON 1", &st, &err) == BW_OK);
    db_stmt_free(BW_TAKE(st));
    db_close(BW_TAKE(db));
    db_engine_close(e);
}

static const struct change {
    const char *name, *sql;
    bool good;
} CHANGES[] = {
    {"change: insert", "INSERT INTO item (audience_id, title) VALUES (1, 'a')", true},
    {"change: child of a gated table", "INSERT INTO note (item_id, audience_id) VALUES (1, 1)",
     true},
    {"change: update by id", "UPDATE item SET title = 'b' WHERE id = 1", true},
    {"change: delete by id", "DELETE FROM item WHERE id = 99", true},
    {"change: upsert",
     "INSERT INTO plain (k, v) VALUES ('there', 1)"
     " ON CONFLICT (k) DO UPDATE SET v = plain.v + excluded.v",
     true},
    {"change: select from plain",
     "INSERT INTO item (audience_id, title) SELECT v, k FROM plain WHERE k = 'there'", true},
    {"change: subquery on the base", "UPDATE plain SET v = (SELECT id FROM item LIMIT 1)", false},
    {"change: subquery on the target",
     "UPDATE item SET title = (SELECT title FROM item WHERE id = 2)", false},
    {"change: insert from the base", "INSERT INTO plain (k, v) SELECT title, id FROM item", false},
    {"change: join", "INSERT INTO plain (k) SELECT k FROM plain p JOIN item i ON i.id = p.v",
     false},
    {"change: comma join", "INSERT INTO plain (k) SELECT k FROM plain p, item", false},
    {"change: comma behind a subquery",
     "INSERT INTO plain (k) SELECT k FROM (SELECT k FROM plain) p, main.item", false},
    {"change: in parentheses", "INSERT INTO plain (k) SELECT 'a' FROM (item)", false},
    {"change: update from", "UPDATE plain SET v = 1 FROM item WHERE item.id = plain.v", false},
    {"change: delete with a subquery", "DELETE FROM plain WHERE v IN (SELECT id FROM item)", false},
    {"change: cte", "WITH x AS (SELECT id FROM item) INSERT INTO plain (k) SELECT id FROM x",
     false},
    {"change: cte called as the gate",
     "WITH v_item AS (SELECT 1 AS id) DELETE FROM plain WHERE v IN (SELECT id FROM v_item)", false},
    {"change: returning a subquery",
     "INSERT INTO plain (k) VALUES ('a') RETURNING (SELECT title FROM item)", false},
    {"change: reads only", "SELECT 1", false},
    {"change: schema", "DROP TABLE plain", false},
    {"change: create", "CREATE TABLE x (a)", false},
    {"change: the schema table", "INSERT INTO sqlite_master (name) VALUES ('a')", false},
    {"change: update of the schema", "UPDATE sqlite_master SET sql = ''", false},
    {"change: the steps", "DELETE FROM migration", false},
    {"change: the clock", "UPDATE lane_clock SET last_us = 0", false},
    {"change: sequence", "DELETE FROM sqlite_sequence", false},
    {"change: full text", "DELETE FROM ft_item_text", false},
    {"change: transaction", "COMMIT", false},
    {"change: pragma", "PRAGMA foreign_keys = OFF", false},
    {"change: through the view without a viewer",
     "INSERT INTO plain (k, v) SELECT title, id FROM v_item", false},
};

static enum bw_rc try_change(struct db_tx *tx, void *sql, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change_text(tx, sql, &st, err));
    return db_run(st, err);
}

static enum bw_rc change_as(struct db_tx *tx, void *arg, struct bw_err *err)
{
    db_tx_as(tx, &TWO);
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "INSERT INTO plain (k, v) SELECT title, id FROM v_item", &st, err));
    BW_TRY(db_run(st, err));
    CHECK_INT(db_changes(st), 1);
    CHECK_INT(TEST_NUMBER(db_tx_db(tx), &NOBODY, "SELECT count(*) FROM v_item"), 0);
    CHECK_INT(TEST_NUMBER(db_tx_db(tx), &TWO, "SELECT count(*) FROM v_item"), 1);
    return BW_OK;
}

BW_TEST(changes)
{
    struct db_engine *e = test_engine("changes.db");
    struct bw_err err = {.rc = BW_OK};
    test_item(e, 1, "one");
    test_item(e, 2, "two");
    for (size_t i = 0; i < BW_COUNT(CHANGES); i++) {
        enum bw_rc rc = db_write(e, try_change, (void *)(uintptr_t)CHANGES[i].sql, &err);
        SUBTEST(CHANGES[i].name, CHECK_INT(rc, CHANGES[i].good ? BW_OK : BW_BROKEN));
    }
    CHECK(db_write(e, change_as, NULL, &err) == BW_OK);
    db_engine_close(e);
}

BW_TEST(a_gate_must_ask)
{
    static const struct db_migration bad[] = {
        {2, "0002_bad",
         "CREATE TABLE t (id $id, audience_id $int); CREATE VIEW v_t AS SELECT * FROM t;"}};
    struct db_options o = test_options(test_path("bad.db"));
    struct db_engine *e = NULL;
    struct bw_err err = {.rc = BW_OK};
    o.migrations = bad;
    o.n_migrations = 1;
    CHECK(db_engine_open(&o, &e, &err) == BW_BROKEN);
    CHECK(strstr(err.detail, "v_t"));
}

BW_TEST_MAIN()
