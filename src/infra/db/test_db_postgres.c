/* SPDX-License-Identifier: Apache-2.0 */
/* What only a server can do to us: connections that end, errors that ask for another try, another
 * hub on the same database, types. Runs where BREAKWATER_TEST_ENGINE is postgresql. */
#include "bw_clock.h"
#include "db_test.h"

#include <pthread.h>
#include <sys/socket.h>

struct put {
    const char *key;
    int64_t value;
    int runs;
    int64_t now_us;
};

static enum bw_rc put(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct put *p = arg;
    BW_AUTO(db_stmt) *st = NULL;
    p->runs++;
    p->now_us = db_tx_now_us(tx);
    BW_TRY(db_change(tx, "INSERT INTO plain (k, v) VALUES (?1, ?2)", &st, err));
    db_bind_text(st, 1, bw_view_z(p->key));
    db_bind_int(st, 2, p->value);
    return db_run(st, err);
}

static enum bw_rc put_later(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct put *p = arg;
    BW_AUTO(db_stmt) *st = NULL;
    p->runs++;
    BW_TRY(db_change(tx, "INSERT INTO plain (k, v) VALUES (?1, ?2)", &st, err));
    db_bind_text(st, 1, bw_view_z(p->key));
    db_bind_int(st, 2, p->value);
    return db_post(st, err);
}

/* A trigger on PLAIN that raises STATE at its first TIMES rows, whatever is rolled back. */
static void raise_at_first(const char *file, const char *state, int times)
{
    char sql[800];
    const char *name = db_test_name(test_path(file));
    snprintf(sql, sizeof sql,
             "DROP TRIGGER IF EXISTS raise ON breakwater.plain;"
             "DROP SEQUENCE IF EXISTS public.tries; CREATE SEQUENCE public.tries;"
             "CREATE OR REPLACE FUNCTION public.raise() RETURNS trigger LANGUAGE plpgsql AS $f$"
             " BEGIN IF nextval('public.tries') <= %d THEN RAISE EXCEPTION 'on purpose'"
             " USING ERRCODE = '%s'; END IF; RETURN NEW; END $f$;"
             "CREATE TRIGGER raise BEFORE INSERT ON breakwater.plain FOR EACH ROW"
             " EXECUTE FUNCTION public.raise()",
             times, state);
    db_test_sql(name, sql);
}

static const struct raised {
    const char *name, *state;
    int times;
    enum bw_rc rc;
    int runs; /* of the write function */
    const char *says;
} RAISED[] = {
    {"serialization failure, twice", "40001", 2, BW_OK, 4, ""},
    {"deadlock, once", "40P01", 1, BW_OK, 2, ""},
    {"serialization failure, for ever", "40001", 1000, BW_BUSY, 6, "busy"},
    {"lock not available", "55P03", 1000, BW_BUSY, 1, "busy"},
    {"disk full", "53100", 1000, BW_IO, 1, "disk is full"},
    {"read-only", "25006", 1000, BW_IO, 1, "only be read"},
    {"privilege", "42501", 1000, BW_IO, 1, "role"},
    {"damage", "XX001", 1000, BW_BROKEN, 1, "damaged"},
    {"too large", "54000", 1000, BW_LIMIT, 1, "too large"},
    {"our mistake", "42601", 1000, BW_BROKEN, 1, "mistake"},
};

BW_TEST(what_the_server_may_say)
{
    struct db_engine *e = test_engine("raised.db");
    for (size_t i = 0; i < BW_COUNT(RAISED); i++) {
        const struct raised *x = &RAISED[i];
        struct bw_err err = {.rc = BW_OK};
        struct put p = {.key = x->name, .value = 1}, next = {.key = x->state, .value = 2};
        char key[64];
        raise_at_first("raised.db", x->state, x->times);
        bool ok = CHECK_INT(db_write(e, put, &p, &err), x->rc);
        ok &= x->rc == BW_BUSY || CHECK(p.runs <= x->runs);
        ok &= x->rc == BW_OK || CHECK(strstr(err.message, x->says));
        ok &= CHECK(!strstr(err.message, "on purpose")); /* that is for the log */
        db_test_sql(db_test_name(test_path("raised.db")), "DROP TRIGGER raise ON breakwater.plain");
        snprintf(key, sizeof key, "after %zu", i);
        next.key = key;
        ok &= CHECK_INT(db_write(e, put, &next, &err), BW_OK);
        SUBTEST(x->name, ok);
    }
    CHECK_INT(TEST_PLAIN(e, "SELECT count(*) FROM plain"), 2 + (int64_t)BW_COUNT(RAISED));
    db_engine_close(e);
}

BW_TEST(what_was_posted_may_be_run_again_too)
{
    struct db_engine *e = test_engine("posted.db");
    struct bw_err err = {.rc = BW_OK};
    struct put p = {.key = "later", .value = 1};
    raise_at_first("posted.db", "40001", 1);
    CHECK_INT(db_write(e, put_later, &p, &err), BW_OK);
    CHECK_INT(p.runs, 2);
    CHECK_INT(TEST_PLAIN(e, "SELECT count(*) FROM plain"), 1);
    db_engine_close(e);
}

static void end_sessions(const char *file)
{
    char sql[200];
    snprintf(sql, sizeof sql,
             "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'",
             db_test_name(test_path(file)));
    db_test_sql("postgres", sql);
}

BW_TEST(sessions_that_were_ended_while_idle_are_replaced)
{
    struct db_engine *e = test_engine("ended.db");
    struct bw_err err = {.rc = BW_OK};
    for (int i = 0; i < 5; i++) {
        char key[32];
        struct put p = {.key = key, .value = i};
        snprintf(key, sizeof key, "k%d", i);
        CHECK_INT(db_write(e, put, &p, &err), BW_OK);
        CHECK_INT(p.runs, 1);
        CHECK_INT(TEST_PLAIN(e, "SELECT count(*) FROM plain"), i + 1);
        end_sessions("ended.db");
        usleep(50000); /* the news has to travel */
    }
    db_engine_close(e);
}

BW_TEST(a_session_that_is_ended_while_it_reads_fails_that_request_alone)
{
    struct db_engine *e = test_engine("reading.db");
    struct bw_err err = {.rc = BW_OK};
    struct put p = {.key = "k", .value = 1};
    struct db *db = NULL;
    struct db_stmt *st = NULL;
    REQUIRE(db_write(e, put, &p, &err) == BW_OK);
    REQUIRE(db_open(e, &db, &err) == BW_OK);
    REQUIRE(db_plain(db, "SELECT v FROM plain", &st, &err) == BW_OK);
    CHECK(db_row(st, &err) == BW_OK);
    end_sessions("reading.db");
    usleep(50000);
    db_again(st);
    CHECK_INT(db_row(st, &err), BW_IO);
    CHECK(strstr(err.message, "away") && err.detail[0]);
    db_again(st);
    CHECK_INT(db_row(st, &err), BW_IO);
    db_stmt_free(st);
    db_close(db);
    CHECK_INT(TEST_PLAIN(e, "SELECT v FROM plain"), 1);
    db_engine_close(e);
}

static enum bw_rc end_in_the_middle(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct put *p = arg;
    BW_TRY(put(tx, p, err));
    if (p->value > 0) {
        p->value = -1;
        end_sessions("middle.db");
        usleep(50000);
    }
    struct put more = {.key = "and more"};
    return put(tx, &more, err);
}

BW_TEST(nothing_is_half_done)
{
    struct db_engine *e = test_engine("middle.db");
    struct bw_err err = {.rc = BW_OK};
    struct put p = {.key = "k", .value = 1};
    CHECK_INT(db_write(e, end_in_the_middle, &p, &err), BW_IO);
    CHECK_INT(TEST_PLAIN(e, "SELECT count(*) FROM plain"), 0);
    CHECK_INT(db_write(e, end_in_the_middle, &p, &err), BW_OK);
    CHECK_INT(TEST_PLAIN(e, "SELECT count(*) FROM plain"), 2);
    db_engine_close(e);
}

/* The connection ends inside of COMMIT: the server is asked what became of it. */
BW_TEST(a_commit_whose_answer_is_lost_is_asked_for)
{
    struct db_engine *e = test_engine("commit.db");
    struct bw_err err = {.rc = BW_OK};
    struct put p = {.key = "k", .value = 1};
    db_test_sql(db_test_name(test_path("commit.db")),
                "CREATE FUNCTION public.leave() RETURNS trigger LANGUAGE plpgsql AS $f$"
                " BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $f$;"
                "CREATE CONSTRAINT TRIGGER leave AFTER INSERT ON breakwater.plain DEFERRABLE"
                " INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.leave()");
    CHECK_INT(db_write(e, put, &p, &err), BW_IO);
    CHECK(strstr(err.message, "nothing was saved"));
    db_test_sql(db_test_name(test_path("commit.db")), "DROP TRIGGER leave ON breakwater.plain");
    CHECK_INT(TEST_PLAIN(e, "SELECT count(*) FROM plain"), 0);
    CHECK_INT(db_write(e, put, &p, &err), BW_OK);
    db_engine_close(e);
}

/* -- two hubs ---------------------------------------------------------------------------------- */

enum { HUB_WRITES = 200 };

struct hub {
    struct db_engine *e;
    int number, good;
    int64_t ids[HUB_WRITES];
};

static void *write_items(void *arg)
{
    struct hub *h = arg;
    for (int i = 0; i < HUB_WRITES; i++) {
        h->ids[i] = test_item(h->e, 1, h->number ? "right" : "left");
        h->good += h->ids[i] > 0;
    }
    return NULL;
}

BW_TEST(two_hubs_write_by_turns)
{
    struct hub hubs[2];
    pthread_t threads[2];
    static bool given[2 * HUB_WRITES + 1];
    for (int i = 0; i < 2; i++)
        hubs[i] = (struct hub){.e = test_engine("two.db"), .number = i};
    for (int i = 0; i < 2; i++)
        REQUIRE(pthread_create(&threads[i], NULL, write_items, &hubs[i]) == 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(hubs[0].good + hubs[1].good, 2 * HUB_WRITES);
    int twice = 0, outside = 0;
    for (int i = 0; i < 2 * HUB_WRITES; i++) {
        int64_t id = hubs[i % 2].ids[i / 2];
        outside += id < 1 || id > 2 * HUB_WRITES;
        if (id >= 1 && id <= 2 * HUB_WRITES) {
            twice += given[id];
            given[id] = true;
        }
    }
    CHECK_INT(twice, 0);
    CHECK_INT(outside, 0); /* and there is no gap */
    db_engine_close(hubs[0].e);
    db_engine_close(hubs[1].e);
}

BW_TEST(times_rise_over_hubs)
{
    struct db_engine *a = test_engine("times.db"), *b = test_engine("times.db");
    struct bw_err err = {.rc = BW_OK};
    int64_t last = 0;
    bw_clock_fix(INT64_C(1900000000000000));
    for (int i = 0; i < 6; i++) {
        char key[16];
        struct put p = {.key = key};
        snprintf(key, sizeof key, "k%d", i);
        CHECK_INT(db_write(i % 2 ? a : b, put, &p, &err), BW_OK);
        CHECK(p.now_us > last);
        last = p.now_us;
    }
    bw_clock_fix(0);
    db_engine_close(a);
    db_engine_close(b);
}

/* -- values ------------------------------------------------------------------------------------ */

static enum bw_rc put_null_then_value(struct db_tx *tx, void *arg, struct bw_err *err)
{
    static const int64_t edges[] = {INT64_MIN, -1, 0, 1, INT64_MAX};
    BW_AUTO(db_stmt) *st = NULL;
    (void)arg;
    BW_TRY(db_change(tx, "INSERT INTO plain (k, v) VALUES (?1, ?2)", &st, err));
    db_bind_text(st, 1, BW_V("none"));
    db_bind_null(st, 2);
    BW_TRY(db_run(st, err));
    for (size_t i = 0; i < BW_COUNT(edges); i++) {
        char key[32];
        snprintf(key, sizeof key, "edge %zu", i);
        db_again(st);
        db_bind_text(st, 1, bw_view_z(key));
        db_bind_int(st, 2, edges[i]);
        BW_TRY(db_run(st, err));
    }
    db_again(st);
    db_bind_text(st, 1, BW_V("none again"));
    db_bind_null(st, 2);
    return db_run(st, err);
}

BW_TEST(numbers_to_the_edges)
{
    struct db_engine *e = test_engine("edges.db");
    struct bw_err err = {.rc = BW_OK};
    CHECK_INT(db_write(e, put_null_then_value, NULL, &err), BW_OK);
    CHECK_INT(TEST_PLAIN(e, "SELECT count(*) FROM plain"), 7);
    CHECK_INT(TEST_PLAIN(e, "SELECT count(*) FROM plain WHERE v IS NULL"), 2);
    CHECK(TEST_PLAIN(e, "SELECT max(v) FROM plain") == INT64_MAX);
    CHECK(TEST_PLAIN(e, "SELECT min(v) FROM plain") == INT64_MIN);
    CHECK_INT(TEST_PLAIN(e, "SELECT sum(v) FROM plain"), -1); /* numeric on the wire */
    CHECK(TEST_PLAIN(e, "SELECT sum(v) FROM plain WHERE v > 0") == INT64_MAX); /* held at its end */
    CHECK(TEST_PLAIN(e, "SELECT sum(v) FROM plain WHERE v < 0") == INT64_MIN);
    CHECK_INT(TEST_PLAIN(e, "SELECT 3 > 2"), 1);
    CHECK_INT(TEST_PLAIN(e, "SELECT 12345678901 / 2"), 6172839450);
    db_engine_close(e);
}

/* A gated table is not there for who does not come through its view, whatever the text's rules let
 * pass. */
BW_TEST(gated_tables_are_off_the_path)
{
    struct db_engine *e = test_engine("path.db");
    db_test_sql(db_test_name(test_path("path.db")),
                "DO $$ BEGIN SET search_path = breakwater; PERFORM * FROM item;"
                " RAISE EXCEPTION 'found'; EXCEPTION WHEN undefined_table THEN NULL; END $$");
    CHECK_INT(TEST_PLAIN(e, "SELECT count(*) FROM setting"), 0);
    db_engine_close(e);
}

/* -- more threads than connections ------------------------------------------------------------- */

struct counting {
    struct db_engine *e;
    int64_t got;
};

static void *count_plain(void *arg)
{
    struct counting *c = arg;
    c->got = TEST_PLAIN(c->e, "SELECT count(*) FROM plain");
    return NULL;
}

BW_TEST(a_connection_that_waits_for_another_thread_is_as_good)
{
    struct db_engine *e = test_engine("steal.db");
    for (int i = 0; i < 60; i++) {
        struct counting c = {e, -3};
        pthread_t thread;
        REQUIRE(pthread_create(&thread, NULL, count_plain, &c) == 0);
        pthread_join(thread, NULL);
        CHECK_INT(c.got, 0);
    }
    db_engine_close(e);
}

/* Every connection of this process, without a word from the server. */
static void cut_sockets(void)
{
    for (int fd = 3; fd < 256; fd++) {
        struct sockaddr_storage peer;
        socklen_t n = sizeof peer;
        if (getpeername(fd, (struct sockaddr *)&peer, &n) == 0)
            shutdown(fd, SHUT_RDWR);
    }
}

static enum bw_rc add_and_lose(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct test_item *item = arg;
    bool lose = item->id == 0;
    BW_TRY(test_add(tx, item, err));
    if (lose)
        cut_sockets();
    return test_add(tx, item, err);
}

BW_TEST(ids_of_a_write_that_was_lost_are_given_again)
{
    struct db_engine *e = test_engine("gap.db");
    struct bw_err err = {.rc = BW_OK};
    struct test_item lost = {1, 0, "lost"};
    CHECK_INT(test_item(e, 1, "first"), 1);
    CHECK_INT(db_write(e, add_and_lose, &lost, &err), BW_IO);
    CHECK_INT(test_item(e, 1, "second"), 2);
    db_engine_close(e);
}

/* The second statement is prepared twice, as a number comes where NULL was; neither comes to be. */
static enum bw_rc post_then_fail(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(db_stmt) *bad = NULL;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "INSERT INTO plain (k, v) VALUES (?1, 1 + ?2)", &bad, err));
    db_bind_text(bad, 1, BW_V("there"));
    db_bind_int(bad, 2, 1);
    BW_TRY(db_post(bad, err));
    BW_TRY(db_change(tx, "INSERT INTO plain (k, v) VALUES (?1, ?2)", &st, err));
    db_bind_text(st, 1, BW_V("a"));
    db_bind_null(st, 2);
    BW_TRY(db_post(st, err));
    db_again(st);
    db_bind_text(st, 1, BW_V("b"));
    db_bind_int(st, 2, 1);
    return db_post(st, err);
}

BW_TEST(a_failure_among_what_was_posted_befalls_nobody_else)
{
    struct db_engine *e = test_engine("dead.db");
    struct bw_err err = {.rc = BW_OK};
    struct put p = {.key = "there", .value = 1}, q = {.key = "c", .value = 1};
    CHECK_INT(db_write(e, put, &p, &err), BW_OK);
    end_sessions("dead.db");
    usleep(50000);
    CHECK_INT(db_write(e, post_then_fail, NULL, &err), BW_CONFLICT);
    CHECK_INT(db_write(e, put, &q, &err), BW_OK);
    CHECK_INT(TEST_PLAIN(e, "SELECT count(*) FROM plain"), 2);
    db_engine_close(e);
}

/* A reader's statements fail one after the other, each with a failure of its own: behind the first
 * the server takes none. The second of one text is in no cache, where the others are found. */
BW_TEST(statements_that_never_came_to_be_are_not_thrown_away)
{
    struct db_engine *e = test_engine("never.db");
    struct bw_err err = {.rc = BW_OK};
    struct put p = {.key = "there", .value = 1};
    CHECK_INT(db_write(e, put, &p, &err), BW_OK);
    for (int i = 0; i < 3; i++) {
        struct db *db = NULL;
        struct db_stmt *st[6] = {NULL};
        REQUIRE(db_open(e, &db, &err) == BW_OK);
        CHECK(db_plain(db, "SELECT v + ?1 FROM plain", &st[0], &err) == BW_OK);
        CHECK(db_plain(db, "SELECT 7 / (v - ?1) FROM plain", &st[1], &err) == BW_OK);
        CHECK(db_plain(db, "SELECT 7 / (v - ?1) FROM plain", &st[2], &err) == BW_OK);
        CHECK(db_plain(db, "SELECT v + ?1 FROM plain", &st[3], &err) == BW_OK);
        CHECK(db_plain(db, "SELECT v + ?1 FROM plain", &st[4], &err) == BW_OK);
        CHECK(db_plain(db, "SELECT v * ?1 FROM plain", &st[5], &err) == BW_OK);
        for (int k = 0; k < (int)BW_COUNT(st); k++) {
            db_bind_int(st[k], 1, 1);
            CHECK((db_row(st[k], &err) == BW_OK) == (k == 0));
        }
        for (int k = 0; k < (int)BW_COUNT(st); k++)
            db_stmt_free(st[k]);
        db_close(db);
        for (int k = 0; k < 3; k++)
            CHECK_INT(TEST_PLAIN(e, "SELECT v FROM plain"), 1);
    }
    db_engine_close(e);
}

static enum bw_rc upsert(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct test_item *item = arg;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "INSERT INTO item (audience_id, title) VALUES (?1, ?2) ON CONFLICT (id)"
                     " DO UPDATE SET title = (excluded.title), audience_id = (item.audience_id)"
                     " RETURNING id",
                     &st, err));
    db_bind_int(st, 1, item->audience);
    db_bind_text(st, 2, bw_view_z(item->title));
    BW_TRY(db_row(st, err));
    item->id = db_int(st, 0);
    return BW_OK;
}

BW_TEST(an_upsert_into_a_table_with_ids)
{
    struct db_engine *e = test_engine("upsert.db");
    struct bw_err err = {.rc = BW_OK};
    struct test_item item = {1, 0, "one"};
    CHECK_INT(db_write(e, upsert, &item, &err), BW_OK);
    CHECK_INT(item.id, 1);
    db_engine_close(e);
}

BW_TEST(fractions_are_kept)
{
    struct db_engine *e = test_engine("fractions.db");
    struct bw_err err = {.rc = BW_OK};
    struct db *db = NULL;
    struct db_stmt *st = NULL;
    REQUIRE(db_open(e, &db, &err) == BW_OK);
    REQUIRE(db_plain(db, "SELECT 0.5, -12345.0625, 100000000.0 * 3, 0.00001, 0.0, 2", &st, &err) ==
            BW_OK);
    REQUIRE(db_row(st, &err) == BW_OK);
    static const double want[] = {0.5, -12345.0625, 300000000, 0.00001, 0, 2};
    for (int i = 0; i < (int)BW_COUNT(want); i++)
        CHECK(db_real(st, i) >= want[i] - 1e-9 && db_real(st, i) <= want[i] + 1e-9);
    db_stmt_free(st);
    db_close(db);
    db_engine_close(e);
}

BW_TEST_MAIN()
