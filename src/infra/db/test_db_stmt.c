/* SPDX-License-Identifier: Apache-2.0 */
/* Statements and sessions: cache, values in and out, snapshots, the kinds of failure. */
#include "bw_fault.h"
#include "db_test.h"
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static int64_t prepared(struct db_engine *e)
{
    struct db_stats s;
    db_engine_stats(e, &s);
    return s.statements;
}

BW_TEST(statements_are_cached)
{
    struct db_engine *e = test_engine("cache.db");
    struct bw_err err = {.rc = BW_OK};
    struct db *db = NULL;
    REQUIRE(db_open(e, &db, &err) == BW_OK);
    int64_t before = prepared(e);
    for (int i = 0; i < 100; i++)
        CHECK_INT(TEST_NUMBER(db, &ONE, "SELECT 7"), 7);
    CHECK_INT(prepared(e) - before, 1);
    char same[] = "SELECT 7"; /* the same text at another address */
    struct db_stmt *st = NULL, *again = NULL;
    CHECK(db_query_text(db, &ONE, same, &st, &err) == BW_OK);
    CHECK_INT(prepared(e) - before, 1);
    same[7] = '8'; /* and the address with another text */
    CHECK(db_query_text(db, &ONE, same, &again, &err) == BW_OK);
    CHECK(db_row(again, &err) == BW_OK);
    CHECK_INT(db_int(again, 0), 8);
    db_stmt_free(BW_TAKE(again));
    CHECK(db_row(st, &err) == BW_OK); /* in use: a second one is made and thrown away */
    CHECK_INT(TEST_NUMBER(db, &ONE, "SELECT 7"), 7);
    CHECK_INT(db_int(st, 0), 7);
    CHECK_INT(prepared(e) - before, 3);
    db_stmt_free(BW_TAKE(st));
    CHECK(db_plain(db, "SELECT 7", &st, &err) == BW_OK); /* another mode is another statement */
    CHECK_INT(prepared(e) - before, 4);
    db_stmt_free(BW_TAKE(st));
    struct db *first = db;
    db_close(db);
    CHECK(db_open(e, &db, &err) == BW_OK);
    CHECK(db == first); /* the pool gives the thread its connection back, with its statements */
    CHECK_INT(TEST_NUMBER(db, &ONE, "SELECT 7"), 7);
    CHECK_INT(prepared(e) - before, 4);
    db_close(db);
    db_engine_close(e);
}

BW_TEST(the_cache_has_an_end)
{
    struct db_engine *e = test_engine("cap.db");
    struct bw_err err = {.rc = BW_OK};
    BW_AUTO(db) *db = NULL;
    REQUIRE(db_open(e, &db, &err) == BW_OK);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 600; i++) {
            char sql[32];
            struct db_stmt *st = NULL;
            snprintf(sql, sizeof sql, "SELECT %d", i);
            REQUIRE(db_query_text(db, &ONE, sql, &st, &err) == BW_OK);
            CHECK(db_row(st, &err) == BW_OK && db_int(st, 0) == i);
            db_stmt_free(st);
        }
    db_close(BW_TAKE(db));
    db_engine_close(e);
}

BW_TEST(built_statements)
{
    struct db_engine *e = test_engine("built.db");
    struct bw_err err = {.rc = BW_OK};
    test_item(e, 1, "a");
    test_item(e, 1, "b");
    struct db *db = NULL;
    REQUIRE(db_open(e, &db, &err) == BW_OK);
    for (int with = 0; with < 2; with++) {
        struct db_sql q = DB_SQL("SELECT count(*) FROM v_item WHERE 1 = 1");
        struct db_stmt *st = NULL;
        if (with)
            db_sql_add(&q, " AND title = ?");
        CHECK(db_query_built(db, &ONE, &q, &st, &err) == BW_OK);
        if (with)
            db_bind_text(st, 1, BW_V("b"));
        CHECK(db_row(st, &err) == BW_OK);
        CHECK_INT(db_int(st, 0), with ? 1 : 2);
        db_stmt_free(st);
    }
    struct db_sql q = DB_SQL("SELECT 1");
    struct db_stmt *st = NULL;
    for (int i = 0; i < 1000; i++)
        db_sql_add(&q, " -- more and more");
    CHECK(db_query_built(db, &ONE, &q, &st, &err) == BW_BROKEN);
    db_close(db);
    db_engine_close(e);
}

/* -- values ------------------------------------------------------------------------------------ */

static const struct {
    const char *name, *p;
    size_t n;
    enum bw_rc rc;
} TEXTS[] = {
    {"text", "word", 4, BW_OK},
    {"empty text", "", 0, BW_OK},
    {"no text at all", NULL, 0, BW_OK},
    {"text of three bytes a sign", "\xe6\xb8\xaf", 3, BW_OK},
    {"text with a NUL", "a\0b", 3, BW_INVALID},
    {"text that ends in a NUL", "a", 2, BW_INVALID},
    {"text that is cut", "\xe6\xb8", 2, BW_INVALID},
    {"Latin-1", "caf\xe9", 4, BW_INVALID},
    {"surrogate", "\xed\xa0\x80", 3, BW_INVALID},
};

BW_TEST(texts)
{
    struct db_engine *e = test_engine("texts.db");
    struct bw_err err = {.rc = BW_OK};
    struct db *db = NULL;
    REQUIRE(db_open(e, &db, &err) == BW_OK);
    for (size_t i = 0; i < BW_COUNT(TEXTS); i++) {
        BW_AUTO(db_stmt) *st = NULL;
        struct bw_view v = bw_view_of(TEXTS[i].p, TEXTS[i].n);
        bool ok = CHECK(db_plain(db, "SELECT ?1, ?2", &st, &err) == BW_OK);
        db_bind_text(st, 2, v);
        ok &= CHECK_INT(db_row(st, &err), TEXTS[i].rc);
        if (TEXTS[i].rc == BW_OK)
            ok &= CHECK(bw_view_eq(db_text(st, 1), v)) && CHECK(!db_null(st, 1));
        else
            ok &= CHECK(strstr(err.message, "?2")) && CHECK_INT(db_row(st, &err), TEXTS[i].rc);
        db_again(st);
        db_bind_text(st, 2, BW_V("good"));
        ok &= CHECK(db_row(st, &err) == BW_OK) && CHECK_VIEW(db_text(st, 1), "good");
        SUBTEST(TEXTS[i].name, ok);
    }
    db_close(db);
    db_engine_close(e);
}

BW_TEST(columns)
{
    struct db_engine *e = test_engine("columns.db");
    struct bw_err err = {.rc = BW_OK};
    struct db *db = NULL;
    REQUIRE(db_open(e, &db, &err) == BW_OK);
    struct db_stmt *st = NULL;
    REQUIRE(db_plain(db, "SELECT ?1, ?2, ?3, ?4, ?5", &st, &err) == BW_OK);
    db_bind_int(st, 1, INT64_MIN);
    db_bind_real(st, 2, 0.5);
    db_bind_bytes(st, 3, bw_view_of("\0\xff", 2));
    db_bind_bytes(st, 4, BW_V(""));
    db_bind_null(st, 5);
    REQUIRE(db_row(st, &err) == BW_OK);
    CHECK(db_int(st, 0) == INT64_MIN);
    CHECK(db_real(st, 1) > 0.49 && db_real(st, 1) < 0.51);
    CHECK(bw_view_eq(db_bytes(st, 2), bw_view_of("\0\xff", 2)));
    CHECK(db_bytes(st, 3).n == 0 && !db_null(st, 3));
    CHECK(db_null(st, 4) && db_int(st, 4) == 0 && !db_text(st, 4).p && db_text(st, 4).n == 0);
    CHECK(db_row(st, &err) == BW_NOT_FOUND);
    CHECK(db_row(st, &err) == BW_NOT_FOUND); /* it does not start over */
    db_again(st);
    db_bind_int(st, 6, 1);
    CHECK(db_row(st, &err) == BW_BROKEN); /* no such parameter */
    db_again(st);
    CHECK(db_row(st, &err) == BW_OK);
    db_bind_int(st, 1, 1);
    CHECK(db_row(st, &err) == BW_BROKEN); /* bound while running */
    db_stmt_free(st);
    db_close(db);
    db_engine_close(e);
}

static const struct {
    const char *name, *sql;
    enum bw_rc rc;
} FAILURES[] = {
    {"unique", "INSERT INTO plain (k) VALUES ('there')", BW_CONFLICT},
    {"unique, several", "INSERT INTO plain (k) VALUES ('new'), ('there')", BW_CONFLICT},
    {"foreign key", "INSERT INTO note (item_id, audience_id) VALUES (99, 1)", BW_CONFLICT},
    {"still referred to", "DELETE FROM item WHERE id = 1", BW_CONFLICT},
    {"not null", "INSERT INTO item (audience_id) VALUES (1)", BW_BROKEN},
    {"strict", "INSERT INTO plain (k, v) VALUES ('a', 'not a number')", BW_BROKEN},
    {"no such table", "DELETE FROM nowhere", BW_BROKEN},
    {"no such column", "UPDATE plain SET x = 1", BW_BROKEN},
};

static enum bw_rc set_up(struct db_tx *tx, void *arg, struct bw_err *err)
{
    static const char *const setup[] = {
        "INSERT INTO item (audience_id, title) VALUES (1, 'a')",
        "INSERT INTO note (item_id, audience_id) VALUES (1, 1)",
        "INSERT INTO plain (k) VALUES ('there')",
    };
    for (size_t i = 0; i < BW_COUNT(setup); i++) {
        BW_AUTO(db_stmt) *st = NULL;
        BW_TRY(db_change_text(tx, setup[i], &st, err));
        BW_TRY(db_run(st, err));
        CHECK_INT(db_changes(st), 1);
    }
    return BW_OK;
}

static enum bw_rc run_text(struct db_tx *tx, void *sql, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change_text(tx, sql, &st, err));
    return db_run(st, err);
}

BW_TEST(failures)
{
    struct db_engine *e = test_engine("failures.db");
    struct bw_err err = {.rc = BW_OK};
    REQUIRE(db_write(e, set_up, NULL, &err) == BW_OK);
    for (size_t i = 0; i < BW_COUNT(FAILURES); i++) {
        bool ok = CHECK_INT(db_write(e, run_text, (void *)(uintptr_t)FAILURES[i].sql, &err),
                            FAILURES[i].rc);
        ok &= CHECK_INT(err.rc, FAILURES[i].rc) && CHECK(err.message[0] && err.detail[0]);
        ok &= CHECK(!strstr(err.message, "plain") && !strstr(err.message, "item"));
        SUBTEST(FAILURES[i].name, ok);
    }
    db_engine_close(e);
}

static enum bw_rc go_on(struct db_tx *tx, void *arg, struct bw_err *err)
{
    bool *then = arg;
    if (run_text(tx, (void *)(uintptr_t) "INSERT INTO plain (k) VALUES ('there')", err) == BW_OK)
        return BW_OK;
    *then = run_text(tx, (void *)(uintptr_t) "INSERT INTO plain (k) VALUES ('more')", err) == BW_OK;
    return BW_OK;
}

/* PostgreSQL takes nothing more after a failure, so SQLite does not either. */
BW_TEST(a_failure_is_not_passed_over)
{
    struct db_engine *e = test_engine("spoiled.db");
    struct bw_err err = {.rc = BW_OK};
    bool then = true;
    REQUIRE(db_write(e, set_up, NULL, &err) == BW_OK);
    CHECK_INT(db_write(e, go_on, &then, &err), BW_BROKEN);
    CHECK(!then);
    CHECK_INT(TEST_PLAIN(e, "SELECT count(*) FROM plain"), 1);
    db_engine_close(e);
}

static enum bw_rc post_all(struct db_tx *tx, void *arg, struct bw_err *err)
{
    int64_t n = *(int64_t *)arg;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "INSERT INTO plain (k, v) VALUES (?1, ?2)", &st, err));
    for (int64_t i = 0; i < n; i++) {
        char key[32];
        snprintf(key, sizeof key, "key %lld", (long long)(i < 300 ? i : 7));
        db_again(st);
        db_bind_text(st, 1, bw_view_z(key));
        db_bind_int(st, 2, i);
        BW_TRY(db_post(st, err));
    }
    return BW_OK;
}

/* What nobody waits for is there all the same, and fails the whole when it fails. */
BW_TEST(posted)
{
    struct db_engine *e = test_engine("posted.db");
    struct bw_err err = {.rc = BW_OK};
    int64_t n = 301;
    CHECK_INT(db_write(e, post_all, &n, &err), BW_CONFLICT);
    CHECK_INT(TEST_PLAIN(e, "SELECT count(*) FROM plain"), 0);
    n = 8;
    CHECK_INT(db_write(e, post_all, &n, &err), BW_OK);
    CHECK_INT(TEST_PLAIN(e, "SELECT sum(v) FROM plain"), 28);
    CHECK_INT(db_write(e, post_all, &n, &err), BW_CONFLICT);
    db_engine_close(e);
}

static enum bw_rc drop_all(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "DELETE FROM item", &st, err));
    return db_run(st, err);
}

BW_TEST(ids_are_not_given_twice)
{
    struct db_engine *e = test_engine("ids.db");
    struct bw_err err = {.rc = BW_OK};
    int64_t first = test_item(e, 1, "a");
    CHECK(db_write(e, drop_all, NULL, &err) == BW_OK);
    CHECK(test_item(e, 1, "b") == first + 1);
    db_engine_close(e);
}

/* -- sessions ---------------------------------------------------------------------------------- */

static void *add_one(void *arg)
{
    test_item(arg, 1, "other thread");
    return NULL;
}

BW_TEST(snapshots)
{
    struct db_engine *e = test_engine("snapshot.db");
    struct bw_err err = {.rc = BW_OK};
    struct db *a = NULL, *b = NULL;
    pthread_t t;
    REQUIRE(db_open(e, &a, &err) == BW_OK);
    test_item(e, 1, "before the first row"); /* no snapshot yet: this thread may write */
    CHECK_INT(TEST_NUMBER(a, &ONE, "SELECT count(*) FROM v_item"), 1);
    REQUIRE(pthread_create(&t, NULL, add_one, e) == 0);
    pthread_join(t, NULL);
    CHECK_INT(TEST_NUMBER(a, &ONE, "SELECT count(*) FROM v_item"), 1);
    REQUIRE(db_open(e, &b, &err) == BW_OK);
    CHECK(a != b);
    CHECK_INT(TEST_NUMBER(b, &ONE, "SELECT count(*) FROM v_item"), 2);
    CHECK_INT(TEST_NUMBER(a, &ONE, "SELECT count(*) FROM v_item"), 1);
    CHECK(db_engine_of(a) == e);
    db_close(a);
    REQUIRE(db_open(e, &a, &err) == BW_OK);
    CHECK_INT(TEST_NUMBER(a, &ONE, "SELECT count(*) FROM v_item"), 2);
    db_close(a);
    db_close(b);
    db_close(NULL);
    test_item(e, 1, "all closed");
    db_engine_close(e);
}

/* A child that writes while it reads must stop at the assertion and not wait for itself. */
static bool dies(void (*act)(struct db_engine *e, struct db *db), struct db_engine *e,
                 struct db *db)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        signal(SIGABRT, SIG_DFL);
        if (!freopen("/dev/null", "w", stderr))
            _exit(0);
        act(e, db);
        _exit(0);
    }
    int status = 0;
    return waitpid(pid, &status, 0) == pid && !(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void write_while_reading(struct db_engine *e, struct db *db)
{
    test_item(e, 1, "never");
}

static void close_with_statement(struct db_engine *e, struct db *db)
{
    struct db_stmt *st;
    if (db_plain(db, "SELECT 1", &st, NULL) == BW_OK)
        db_close(db);
}

BW_TEST(misuse_is_asserted)
{
    struct db_engine *e = test_engine("misuse.db");
    struct bw_err err = {.rc = BW_OK};
    struct db *db = NULL;
    REQUIRE(db_open(e, &db, &err) == BW_OK);
    CHECK_INT(TEST_NUMBER(db, &ONE, "SELECT count(*) FROM v_item"), 0);
    CHECK(dies(write_while_reading, e, db));
    CHECK(dies(close_with_statement, e, db));
    db_close(db);
    db_engine_close(e);
}

BW_TEST(faults_of_a_session)
{
    struct db_engine *e = test_engine("session.db");
    struct bw_err err = {.rc = BW_OK};
    struct db *db = NULL;
    bw_fault_arm("db.open", 1, false);
    CHECK_INT(db_open(e, &db, &err), BW_IO);
    bw_fault_clear();
    REQUIRE(db_open(e, &db, &err) == BW_OK);
    bw_fault_arm("db.begin", 1, false);
    CHECK_INT(TEST_NUMBER(db, &ONE, "SELECT 1"), -2);
    bw_fault_arm("db.step", 1, false);
    CHECK_INT(TEST_NUMBER(db, &ONE, "SELECT 1"), -2);
    bw_fault_clear();
    CHECK_INT(TEST_NUMBER(db, &ONE, "SELECT 1"), 1);
    db_close(db);
    db_engine_close(e);
}

BW_TEST(read_only)
{
    struct db_options o = test_options(db_test_url(test_path("ro.db")));
    struct db_engine *e = NULL;
    struct bw_err err = {.rc = BW_OK};
    o.read_only = true;
    CHECK_INT(db_engine_open(&o, &e, &err), BW_NOT_FOUND);
    e = test_engine("ro.db");
    test_item(e, 1, "a");
    db_engine_close(e);
    e = NULL;
    REQUIRE(db_engine_open(&o, &e, &err) == BW_OK);
    struct db *db = NULL;
    REQUIRE(db_open(e, &db, &err) == BW_OK);
    CHECK_INT(TEST_NUMBER(db, &ONE, "SELECT count(*) FROM v_item"), 1);
    db_close(db);
    CHECK_INT(db_write(e, drop_all, NULL, &err), BW_IO);
    CHECK(db_integrity(e, &err) == BW_OK);
    db_engine_close(e);
}

BW_TEST_MAIN()
