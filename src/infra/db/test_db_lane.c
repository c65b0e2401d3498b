/* SPDX-License-Identifier: Apache-2.0 */
/* The write lane: nothing acknowledged is lost, nobody pays for another's mistake. */
#include "bw_clock.h"
#include "bw_fault.h"
#include "db_int.h"
#include "db_test.h"
#include <sys/resource.h>
#include <unistd.h>

#define THREADS 64
#define WRITES 200

struct writer {
    struct db_engine *e;
    pthread_t thread;
    int number, good;
};

struct row {
    int writer, at;
    int64_t now_us;
};

static enum bw_rc put_row(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct row *r = arg;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "INSERT INTO note (item_id, audience_id, weight) VALUES (1, ?1, ?2)", &st,
                     err));
    db_bind_int(st, 1, r->writer);
    db_bind_real(st, 2, r->at);
    r->now_us = db_tx_now_us(tx);
    return db_run(st, err);
}

static void *write_rows(void *arg)
{
    struct writer *w = arg;
    int64_t last = 0;
    for (int i = 0; i < WRITES; i++) {
        struct row r = {w->number, i, 0};
        struct bw_err err;
        if (db_write(w->e, put_row, &r, &err) == BW_OK && r.now_us > last)
            w->good++;
        last = r.now_us;
    }
    return NULL;
}

static int64_t number(struct db_engine *e, const char *sql)
{
    struct bw_err err = {.rc = BW_OK};
    BW_AUTO(db) *db = NULL;
    BW_AUTO(db_stmt) *st = NULL;
    static const struct viewer all = {8, {0, 1, 2, 3, 4, 5, 6, 7}};
    if (db_open(e, &db, &err) != BW_OK || db_query_text(db, &all, sql, &st, &err) != BW_OK)
        return -1;
    return db_row(st, &err) == BW_OK ? db_int(st, 0) : -1;
}

static bool everyone(const struct viewer *v, struct db *db, int64_t audience)
{
    return true;
}

static const int64_t *everyones_codes(const struct viewer *v, size_t *ret_n)
{
    *ret_n = SIZE_MAX;
    return NULL;
}

BW_TEST(many_writers)
{
    struct db_options o = test_options(db_test_url(test_path("many.db")));
    struct db_engine *e = NULL;
    struct bw_err err = {.rc = BW_OK};
    static struct writer writers[THREADS];
    o.reach = everyone;
    o.codes = everyones_codes;
    REQUIRE(db_engine_open(&o, &e, &err) == BW_OK);
    test_item(e, 1, "all");
    for (int i = 0; i < THREADS; i++) {
        writers[i] = (struct writer){.e = e, .number = i};
        REQUIRE(pthread_create(&writers[i].thread, NULL, write_rows, &writers[i]) == 0);
    }
    int good = 0;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(writers[i].thread, NULL);
        good += writers[i].good;
    }
    CHECK_INT(good, THREADS * WRITES);
    struct db_stats s;
    db_engine_stats(e, &s);
    printf("# %lld writes in %lld groups, largest %lld\n", (long long)s.writes, (long long)s.groups,
           (long long)s.group_max);
    CHECK_INT(s.writes, THREADS * WRITES + 1);
    CHECK(s.group_max > 1 && s.groups < s.writes);
    CHECK_INT(s.reruns, 0);
    CHECK_INT(number(e, "SELECT count(*) FROM v_note"), THREADS * WRITES);
    CHECK_INT(number(e, "SELECT count(*) FROM (SELECT DISTINCT audience_id, weight FROM v_note) d"),
              THREADS * WRITES);
    CHECK(db_integrity(e, &err) == BW_OK);
    db_engine_close(e);
}

/* -- groups put together by hand: a first member holds the lane until all have queued up ----------
 */

enum act { ACT_PUT, ACT_FAIL, ACT_SWALLOW, ACT_ROLLBACK, ACT_UNIQUE, ACT_LATE, ACT_VIEWER };

struct member {
    struct db_engine *e;
    pthread_t thread;
    enum act act;
    int key, runs;
    enum bw_rc rc;
    struct bw_err err;
};

static _Atomic bool holding;

static enum bw_rc put_plain(struct db_tx *tx, int key, struct bw_err *err)
{
    char name[32];
    BW_AUTO(db_stmt) *st = NULL;
    snprintf(name, sizeof name, "k%d", key);
    BW_TRY(db_change(tx, "INSERT INTO plain (k, v) VALUES (?1, 1)", &st, err));
    db_bind_text(st, 1, bw_view_z(name));
    return db_run(st, err);
}

static enum bw_rc member_in(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct member *m = arg;
    BW_AUTO(db_stmt) *st = NULL;
    m->runs++;
    BW_TRY(put_plain(tx, m->key, err));
    switch (m->act) {
    case ACT_FAIL:
        return bw_fail(err, BW_DENIED, "not today");
    case ACT_SWALLOW: /* an error that the function does not pass on */
    case ACT_ROLLBACK: {
        BW_TRY(db_change(tx, "INSERT OR ROLLBACK INTO plain (k) VALUES ('k0')", &st, err));
        enum bw_rc rc = db_run(st, err);
        return m->act == ACT_SWALLOW ? BW_OK : rc;
    }
    case ACT_UNIQUE:
        return put_plain(tx, m->key, err);
    case ACT_LATE: /* the foreign key is looked at when the statement is freed */
        BW_TRY(db_change(tx, "INSERT INTO note (item_id, audience_id) VALUES (999, 1) RETURNING id",
                         &st, err));
        return db_row(st, err);
    case ACT_VIEWER:
        db_tx_as(tx, &BOTH);
        return BW_OK;
    case ACT_PUT:
        return BW_OK;
    }
    return BW_BROKEN;
}

static int waiting(struct db_engine *e)
{
    int n = 0;
    pthread_mutex_lock(&e->lane.lock);
    for (struct lane_request *r = e->lane.head; r; r = r->next)
        n++;
    pthread_mutex_unlock(&e->lane.lock);
    return n;
}

/* Runs in the lane and keeps it until so many wait behind it. */
static enum bw_rc hold(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct member *m = arg;
    holding = true;
    while (m->runs == 0 && waiting(m->e) < m->key)
        usleep(1000);
    m->runs++;
    return put_plain(tx, 0, err);
}

static void *run_member(void *arg)
{
    struct member *m = arg;
    m->rc = db_write(m->e, member_in, m, &m->err);
    return NULL;
}

static void *run_hold(void *arg)
{
    struct member *m = arg;
    m->rc = db_write(m->e, hold, m, &m->err);
    return NULL;
}

/* Runs the members in one group behind a holder. */
static void run_group(struct db_engine *e, struct member *m, int n, struct member *holder)
{
    holding = false;
    *holder = (struct member){.e = e, .key = n};
    pthread_create(&holder->thread, NULL, run_hold, holder);
    while (!holding)
        usleep(1000);
    for (int i = 0; i < n; i++) {
        m[i].e = e;
        m[i].key = i + 1;
        pthread_create(&m[i].thread, NULL, run_member, &m[i]);
        while (i < n - 1 && waiting(e) < i + 1) /* in this order */
            usleep(200);
    }
    pthread_join(holder->thread, NULL);
    for (int i = 0; i < n; i++)
        pthread_join(m[i].thread, NULL);
}

static const struct mixture {
    const char *name;
    struct {
        enum act act;
        enum bw_rc rc;
    } m[5];
    bool reruns;
} MIXTURES[] = {
    {"all good",
     {{ACT_PUT, BW_OK}, {ACT_PUT, BW_OK}, {ACT_VIEWER, BW_OK}, {ACT_PUT, BW_OK}, {ACT_PUT, BW_OK}},
     false},
    {"one refuses",
     {{ACT_PUT, BW_OK},
      {ACT_FAIL, BW_DENIED},
      {ACT_PUT, BW_OK},
      {ACT_PUT, BW_OK},
      {ACT_PUT, BW_OK}},
     false},
    {"one is there already",
     {{ACT_PUT, BW_OK},
      {ACT_PUT, BW_OK},
      {ACT_UNIQUE, BW_CONFLICT},
      {ACT_PUT, BW_OK},
      {ACT_PUT, BW_OK}},
     false},
    {"one refers to nothing",
     {{ACT_PUT, BW_OK},
      {ACT_LATE, BW_CONFLICT},
      {ACT_PUT, BW_OK},
      {ACT_LATE, BW_CONFLICT},
      {ACT_PUT, BW_OK}},
     false},
    {"one takes the group along",
     {{ACT_PUT, BW_OK},
      {ACT_PUT, BW_OK},
      {ACT_PUT, BW_OK},
      {ACT_ROLLBACK, BW_CONFLICT},
      {ACT_PUT, BW_OK}},
     true},
    {"one takes the group along and says nothing",
     {{ACT_PUT, BW_OK},
      {ACT_SWALLOW, BW_CONFLICT},
      {ACT_FAIL, BW_DENIED},
      {ACT_PUT, BW_OK},
      {ACT_ROLLBACK, BW_CONFLICT}},
     true},
};

BW_TEST(groups)
{
    for (size_t i = 0; i < BW_COUNT(MIXTURES); i++) {
        const struct mixture *x = &MIXTURES[i];
        if (x->reruns && db_test_on_server()) {
            SKIP(1, "ON CONFLICT ROLLBACK is SQLite's");
            continue;
        }
        char file[32];
        snprintf(file, sizeof file, "group%zu.db", i);
        struct db_engine *e = test_engine(file);
        struct member m[5] = {{0}}, holder;
        struct db_stats s;
        for (int k = 0; k < 5; k++)
            m[k].act = x->m[k].act;
        run_group(e, m, 5, &holder);
        bool ok = CHECK(holder.rc == BW_OK);
        int64_t want = 1;
        for (int k = 0; k < 5; k++) {
            ok &= CHECK_INT(m[k].rc, x->m[k].rc) && CHECK(m[k].runs == 1 || x->reruns);
            want += x->m[k].rc == BW_OK;
        }
        db_engine_stats(e, &s);
        ok &= CHECK_INT(number(e, "SELECT count(*) FROM plain"), want);
        ok &= CHECK(x->reruns == (s.reruns > 0));
        ok &= CHECK(x->reruns || s.group_max > 1);
        /* What was undone has given its id back: the next row has the first one. */
        struct row r = {1, 1, 0};
        test_item(e, 1, "all");
        ok &= CHECK_INT(db_write(e, put_row, &r, NULL), BW_OK);
        ok &= CHECK_INT(number(e, "SELECT max(id) FROM v_note"), 1);
        SUBTEST(x->name, ok);
        db_engine_close(e);
    }
}

/* -- who leads --------------------------------------------------------------------------------- */

struct place {
    struct db_engine *e;
    pthread_t thread, ran; /* of the caller; in which its function ran */
    bool low;
    enum bw_rc rc;
};

static enum bw_rc note_thread(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct place *p = arg;
    p->ran = pthread_self();
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "INSERT INTO plain (k, v) VALUES (?1, 1)", &st, err));
    char name[32];
    snprintf(name, sizeof name, "%p", arg);
    db_bind_text(st, 1, bw_view_z(name));
    return db_run(st, err);
}

static void *write_place(void *arg)
{
    struct place *p = arg;
    if (p->low)
        (void)setpriority(PRIO_PROCESS, (id_t)gettid(), 5);
    p->rc = db_write(p->e, note_thread, p, NULL);
    return NULL;
}

/* Before the first group is committed somebody has to be waiting for the next one. */
static enum bw_rc until_one_waits(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct place *late = arg;
    if (late->e)
        return BW_OK;
    late->e = db_engine_of(db_tx_db(tx));
    (void)!pthread_create(&late->thread, NULL, write_place, late);
    while (waiting(late->e) == 0)
        usleep(200);
    return BW_OK;
}

BW_TEST(who_leads)
{
    if (getpriority(PRIO_PROCESS, 0) > 0) {
        SKIP(1, "the tests themselves run with low priority, so nobody leads");
        return;
    }
    struct db_engine *e = test_engine("leads.db");
    struct place first = {.e = e}, low = {.e = e, .low = true}, late = {0};
    db_engine_hooks(e, &(struct db_hooks){.before_commit = until_one_waits, .arg = &late});
    write_place(&first);
    pthread_join(late.thread, NULL);
    db_engine_hooks(e, &(struct db_hooks){NULL});
    CHECK_INT(first.rc, BW_OK);
    CHECK(pthread_equal(first.ran, pthread_self())); /* nobody was there: it led */
    CHECK_INT(late.rc, BW_OK); /* came too late for the group, and the first does not lead twice */
    CHECK(!pthread_equal(late.ran, late.thread) && !pthread_equal(late.ran, pthread_self()));
    REQUIRE(pthread_create(&low.thread, NULL, write_place, &low) == 0);
    pthread_join(low.thread, NULL);
    CHECK_INT(low.rc, BW_OK);
    CHECK(pthread_equal(low.ran, late.ran)); /* in the lane's own thread */
    CHECK_INT(number(e, "SELECT count(*) FROM plain"), 3);
    db_engine_close(e);
}

/* -- faults ------------------------------------------------------------------------------------ */

static const struct {
    const char *point;
    int nth;
} POINTS[] = {{"db.begin", 1}, {"db.step", 1}, {"db.step", 2}, {"db.step", 3}, {"db.commit", 1}};

BW_TEST(a_fault_fails_one_write)
{
    struct db_engine *e = test_engine("fault.db");
    struct bw_err err;
    for (size_t i = 0; i < BW_COUNT(POINTS); i++) {
        struct member m = {.key = 100 + (int)i};
        char name[64];
        if (db_test_on_server() && POINTS[i].nth == 3) {
            SKIP(1, "the commit is in two steps there");
            continue;
        }
        int64_t before = number(e, "SELECT count(*) FROM plain");
        bw_fault_arm(POINTS[i].point, (uint64_t)POINTS[i].nth, false);
        bool ok = CHECK_INT(db_write(e, member_in, &m, &err), BW_IO);
        bw_fault_clear();
        ok &= CHECK(err.message[0] != '\0');
        ok &= CHECK_INT(number(e, "SELECT count(*) FROM plain"), before);
        ok &= CHECK_INT(db_write(e, member_in, &m, &err), BW_OK);
        ok &= CHECK_INT(number(e, "SELECT count(*) FROM plain"), before + 1);
        snprintf(name, sizeof name, "%s %d", POINTS[i].point, POINTS[i].nth);
        SUBTEST(name, ok);
    }
    db_engine_close(e);
}

/* A step that kills the transaction in the middle of a group: the others run again and succeed. */
BW_TEST(a_fault_does_not_harm_the_group)
{
    struct db_engine *e = test_engine("fault_group.db");
    struct member m[5] = {{0}}, holder;
    int bad = 0;
    bw_fault_arm("db.step", 5, false); /* the clock, the holder, two members: the third fails */
    run_group(e, m, 5, &holder);
    bw_fault_clear();
    for (int k = 0; k < 5; k++)
        bad += m[k].rc != BW_OK;
    CHECK(holder.rc == BW_OK);
    CHECK_INT(bad, 0); /* its second run was not hit any more */
    CHECK_INT(number(e, "SELECT count(*) FROM plain"), 6);
    db_engine_close(e);
}

/* -- hooks and time ---------------------------------------------------------------------------- */

static _Atomic int befores, afters, refuse_next;

static enum bw_rc before(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    befores++;
    if (refuse_next > 0) {
        refuse_next--;
        return bw_fail(err, BW_BROKEN, "not sequenced");
    }
    BW_TRY(db_change(tx,
                     "INSERT INTO setting (name, value) VALUES ('sequenced', '1')"
                     " ON CONFLICT (name) DO UPDATE SET value = setting.value || '1'",
                     &st, err));
    return db_run(st, err);
}

static void after(void *arg)
{
    afters++;
}

BW_TEST(hooks)
{
    struct db_engine *e = test_engine("hooks.db");
    const struct db_hooks h = {before, after, NULL};
    struct bw_err err = {.rc = BW_OK};
    struct member m = {.key = 1};
    db_engine_hooks(e, &h);
    CHECK(db_write(e, member_in, &m, &err) == BW_OK);
    CHECK_INT(befores, 1);
    refuse_next = 1;
    m.key = 2;
    CHECK_INT(db_write(e, member_in, &m, &err), BW_BROKEN);
    CHECK_VIEW(bw_view_z(err.message), "not sequenced");
    m.key = 3;
    m.act = ACT_FAIL;
    CHECK_INT(db_write(e, member_in, &m, &err), BW_DENIED);
    CHECK_INT(befores, 2); /* nothing good in the group: not asked */
    struct member group[5] = {{0}}, holder;
    befores = afters = 0;
    refuse_next = 1;
    for (int k = 0; k < 5; k++)
        group[k].act = ACT_PUT;
    m.act = ACT_PUT;
    run_group(e, group + 2, 3, &holder); /* its keys 1.. : k1 is taken */
    CHECK_INT(group[2].rc, BW_CONFLICT);
    CHECK_INT(group[3].rc, BW_OK);
    CHECK_INT(group[4].rc, BW_OK);
    CHECK(group[4].runs == 2); /* the group was refused, the singles were not */
    CHECK_INT(number(e, "SELECT count(*) FROM plain"), 4);
    db_engine_close(e);
    CHECK(afters >= 3);
}

BW_TEST(time_rises)
{
    struct db_engine *e = test_engine("time.db");
    struct bw_err err;
    struct row r = {1, 1, 0};
    test_item(e, 1, "x");
    bw_clock_fix(INT64_C(2000000000000000));
    CHECK(db_write(e, put_row, &r, &err) == BW_OK);
    CHECK_INT(r.now_us, INT64_C(2000000000000000));
    CHECK(db_write(e, put_row, &r, &err) == BW_OK);
    CHECK_INT(r.now_us, INT64_C(2000000000000001));
    db_engine_close(e);
    bw_clock_fix(INT64_C(1000000000000000)); /* the wall clock went back over a restart */
    e = test_engine("time.db");
    CHECK(db_write(e, put_row, &r, &err) == BW_OK);
    CHECK_INT(r.now_us, INT64_C(2000000000000002));
    db_engine_close(e);
    bw_clock_fix(0);
}

/* Erasing: a checkpoint that truncates comes by itself once nobody writes. */
BW_TEST(the_log_is_emptied)
{
    if (db_test_on_server())
        SKIP_CASE("its log is the server's own matter");
    struct db_engine *e = test_engine("log.db");
    struct bw_err err;
    struct member m = {.key = 1};
    CHECK(db_write(e, member_in, &m, &err) == BW_OK);
    bool empty = false;
    for (int i = 0; i < 100 && !empty; i++) {
        FILE *f = fopen(test_path("log.db-wal"), "r");
        REQUIRE(f);
        fseek(f, 0, SEEK_END);
        empty = ftell(f) == 0;
        fclose(f);
        usleep(100000);
    }
    CHECK(empty);
    db_engine_close(e);
    CHECK(access(test_path("log.db-wal"), F_OK) != 0);
}

BW_TEST_MAIN()
