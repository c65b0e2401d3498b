/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs: each runs at least once, in time, not twice at a time, and none is lost by a crash. The
 * wall clock stands; job_wake makes the runner look at once, so nothing here waits for real time to
 * pass. */
#include "bw_fault.h"
#include "bw_log.h"
#include "bw_test.h"
#include "db_test_engine.h"
#include "job.h"
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#define T0 INT64_C(1800000000000000)

static char folder[64];

static const char *path_of(const char *name)
{
    static char path[4][128];
    static unsigned at;
    char *p = path[at++ % 4];
    if (!folder[0]) {
        snprintf(folder, sizeof folder, "/tmp/bw-job-XXXXXX");
        BW_ASSERT(mkdtemp(folder));
        bw_log_setup(BW_LOG_ERROR + 1, BW_LOG_AUTO);
    }
    snprintf(p, sizeof path[0], "%s/%s", folder, name);
    return p;
}

static struct db_engine *open_engine(const char *name)
{
    struct db_options o = {.url = db_test_url(path_of(name)),
                           .migrations = &job_migration,
                           .n_migrations = 1};
    struct db_engine *e = NULL;
    struct bw_err err = {.rc = BW_OK};
    if (db_engine_open(&o, &e, &err) != BW_OK)
        printf("# %s (%s)\n", err.message, err.detail);
    BW_ASSERT(e);
    return e;
}

static void close_engine(struct db_engine *e, const char *name)
{
    db_engine_close(e);
    db_test_remove(path_of(name));
}

__attribute__((destructor)) static void sweep(void)
{
    if (folder[0])
        rmdir(folder);
}

/* -- adding and looking ------------------------------------------------------------------------ */

struct add {
    const char *kind;
    struct bw_view key, args;
    int64_t run_at_us;
    struct bw_id id;
};

static enum bw_rc add_in(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct add *a = arg;
    return job_add(tx, a->kind, a->key, a->args, a->run_at_us, &a->id, err);
}

static struct bw_id add(struct db_engine *e, const char *kind, const char *key, const char *args,
                        int64_t run_at_us)
{
    struct add a = {kind, bw_view_z(key), bw_view_z(args), run_at_us, {""}};
    struct bw_err err = {.rc = BW_OK};
    if (db_write(e, add_in, &a, &err) != BW_OK)
        printf("# add: %s (%s)\n", err.message, err.detail);
    return a.id;
}

static struct job_status status(struct db_engine *e, struct bw_id id)
{
    struct job_status s = {.phase = JOB_FAILED, .tries = -1};
    struct bw_err err = {.rc = BW_OK};
    BW_AUTO(db) *db = NULL;
    if (db_open(e, &db, &err) != BW_OK || job_status(db, bw_view_z(id.text), &s, &err) != BW_OK)
        printf("# status: %s (%s)\n", err.message, err.detail);
    return s;
}

static bool reaches(struct db_engine *e, struct bw_id id, enum job_phase phase, int tries)
{
    for (int i = 0; i < 2000; i++) {
        struct job_status s = status(e, id);
        if (s.phase == phase && s.tries == tries)
            return true;
        usleep(2000);
    }
    struct job_status s = status(e, id);
    printf("# phase %d, tries %d, %s\n", (int)s.phase, s.tries, s.message);
    return false;
}

/* -- kinds ------------------------------------------------------------------------------------- */

static _Atomic int runs, together, most_together, stopped;
static _Atomic enum bw_rc answer;
static bool may_die; /* in the children that are there for it */

static enum bw_rc run_answer(struct job *job, struct bw_err *err)
{
    runs++;
    enum bw_rc rc = answer;
    return rc == BW_OK ? BW_OK : bw_fail(err, rc, "answer of %s", bw_rc_name(rc));
}

static enum bw_rc run_echo(struct job *job, struct bw_err *err)
{
    runs++;
    CHECK_VIEW(job_args(job), "the arguments");
    CHECK(job_arg(job) == &runs && job_engine(job) && job_tries(job) == 1);
    CHECK(strlen(job_public_id(job)) == BW_ID_LEN);
    return job_progress(job, 3, 10, BW_V("reading"), err);
}

static _Atomic bool slow_held; /* a slow job does not end while it is set */

static enum bw_rc run_slow(struct job *job, struct bw_err *err)
{
    while (slow_held)
        usleep(1000);
    int now = ++together;
    if (now > most_together)
        most_together = now;
    usleep(30000);
    together--;
    runs++;
    return BW_OK;
}

static enum bw_rc run_long(struct job *job, struct bw_err *err)
{
    runs++;
    while (!job_stopping(job))
        usleep(1000);
    stopped++;
    return BW_BUSY;
}

struct chunk {
    struct job *job;
    int next;
};

static enum bw_rc write_chunk(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct chunk *c = arg;
    char state[16];
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "INSERT INTO setting (name, value) VALUES ('chunks', 'x')"
                     " ON CONFLICT (name) DO UPDATE SET value = setting.value || 'x'",
                     &st, err));
    BW_TRY(db_run(st, err));
    snprintf(state, sizeof state, "%d", c->next);
    return job_keep(tx, c->job, bw_view_z(state), err);
}

/* Ten chunks; fails in the middle of its first two runs. */
static enum bw_rc run_chunks(struct job *job, struct bw_err *err)
{
    int64_t at = 0;
    runs++;
    if (job_state(job).n > 0 && !bw_view_int(job_state(job), &at))
        return bw_fail(err, BW_BROKEN, "state");
    for (int i = (int)at; i < 10; i++) {
        struct chunk c = {job, i + 1};
        if (job_tries(job) < 3 && i == 4 * job_tries(job))
            return bw_fail(err, BW_IO, "the other side hung up");
        BW_TRY(db_write(job_engine(job), write_chunk, &c, err));
    }
    return BW_OK;
}

static enum bw_rc run_crash(struct job *job, struct bw_err *err)
{
    runs++;
    if (may_die)
        _exit(0);
    return BW_OK;
}

static const struct job_kind KINDS[] = {
    {.name = "answer", .run = run_answer, .tries_max = 3, .back_off_us = BW_MINUTE_US},
    {.name = "echo", .run = run_echo},
    {.name = "slow", .run = run_slow},
    {.name = "long", .run = run_long},
    {.name = "chunks", .run = run_chunks},
    {.name = "crash", .run = run_crash, .tries_max = 2},
};
static const struct job_kind BEAT[] = {
    {.name = "beat", .run = run_answer, .tries_max = 2, .every_us = BW_HOUR_US}};

static struct job_runner *start(struct db_engine *e, const struct job_kind *kinds, size_t n)
{
    struct job_runner *r = NULL;
    struct bw_err err = {.rc = BW_OK};
    runs = 0;
    if (job_runner_start(e, kinds, n, 4, &runs, &r, &err) != BW_OK)
        printf("# start: %s (%s)\n", err.message, err.detail);
    BW_ASSERT(r);
    return r;
}

/* -- tests ------------------------------------------------------------------------------------- */

BW_TEST(runs_with_its_arguments)
{
    struct db_engine *e = open_engine("a.db");
    struct job_runner *r = start(e, KINDS, BW_COUNT(KINDS));
    struct bw_id id = add(e, "echo", "", "the arguments", 0);
    job_wake(r);
    CHECK(reaches(e, id, JOB_DONE, 1));
    struct job_status s = status(e, id);
    CHECK(s.done == 3 && s.total == 10 && s.made_us > 0 && s.ended_us >= s.made_us);
    CHECK_VIEW(bw_view_z(s.text), "reading");
    CHECK_VIEW(bw_view_z(s.kind), "echo");
    CHECK_INT(runs, 1);
    job_runner_stop(r);
    close_engine(e, "a.db");
}

BW_TEST(without_threads_what_is_due_runs_when_it_is_asked_for)
{
    struct db_engine *e = open_engine("hand.db");
    struct job_runner *r = NULL;
    struct bw_err err = {.rc = BW_OK};
    bw_clock_fix(T0);
    answer = BW_OK;
    runs = 0;
    REQUIRE(job_runner_start(e, KINDS, BW_COUNT(KINDS), 0, &runs, &r, &err) == BW_OK);
    struct bw_id now = add(e, "echo", "", "the arguments", 0);
    struct bw_id again = add(e, "answer", "", "", 0);
    struct bw_id later = add(e, "answer", "", "", T0 + BW_HOUR_US);
    job_wake(r);
    CHECK_INT(runs, 0);
    REQUIRE(job_run_due(r, &err) == BW_OK);
    CHECK_INT(runs, 2);
    CHECK(status(e, now).phase == JOB_DONE && status(e, again).phase == JOB_DONE);
    CHECK(status(e, later).phase == JOB_WAITING);
    bw_clock_fix(T0 + 2 * BW_HOUR_US);
    answer = BW_IO;
    REQUIRE(job_run_due(r, &err) == BW_OK);
    CHECK(status(e, later).phase == JOB_AGAIN);
    CHECK_INT(runs, 3);
    job_runner_stop(r);
    bw_clock_fix(0);
    answer = BW_OK;
    close_engine(e, "hand.db");
}

static const struct {
    enum bw_rc rc;
    bool again;
} ANSWERS[] = {
    {BW_NOT_FOUND, false}, {BW_INVALID, false}, {BW_LIMIT, false}, {BW_UNSIGNED, false},
    {BW_DENIED, false},    {BW_CONFLICT, true}, {BW_BUSY, true},   {BW_UNSUPPORTED, false},
    {BW_RESERVED, false},  {BW_MEMORY, true},   {BW_IO, true},     {BW_BROKEN, true},
};

BW_TEST(which_failures_are_tried_again)
{
    struct db_engine *e = open_engine("again.db");
    struct job_runner *r = start(e, KINDS, BW_COUNT(KINDS));
    bw_clock_fix(T0);
    for (size_t i = 0; i < BW_COUNT(ANSWERS); i++) {
        answer = ANSWERS[i].rc;
        struct bw_id id = add(e, "answer", "", "", 0);
        job_wake(r);
        SUBTEST(bw_rc_name(ANSWERS[i].rc),
                reaches(e, id, ANSWERS[i].again ? JOB_AGAIN : JOB_FAILED, 1));
    }
    job_runner_stop(r);
    bw_clock_fix(0);
    close_engine(e, "again.db");
}

BW_TEST(backs_off_and_gives_up)
{
    struct db_engine *e = open_engine("back.db");
    bw_clock_fix(T0);
    answer = BW_IO;
    struct bw_id id = add(e, "answer", "", "", 0);
    struct job_runner *r = start(e, KINDS, BW_COUNT(KINDS));
    int64_t delay = BW_MINUTE_US;
    for (int i = 1; i < 3; i++) {
        CHECK(reaches(e, id, JOB_AGAIN, i));
        int64_t wait = status(e, id).run_at_us - bw_now_us();
        CHECK(wait >= delay - delay / 4 && wait <= delay + delay / 4 + 100);
        bw_clock_step(wait / 2);
        job_wake(r);
        usleep(30000);
        CHECK_INT(runs, i); /* not before its time */
        bw_clock_step(wait);
        job_wake(r);
        delay *= 2;
    }
    CHECK(reaches(e, id, JOB_FAILED, 3));
    struct job_status s = status(e, id);
    CHECK_VIEW(bw_view_z(s.message), "answer of io");
    bw_clock_step(30 * BW_DAY_US);
    job_wake(r);
    usleep(30000);
    CHECK_INT(runs, 3);
    struct db *db = NULL;
    struct bw_err err = {.rc = BW_OK};
    struct job_status list[4];
    size_t n = 9;
    CHECK(db_open(e, &db, &err) == BW_OK);
    CHECK(job_list(db, JOB_FAILED, 0, list, 4, &n, &err) == BW_OK);
    CHECK(n == 1 && strcmp(list[0].public_id.text, id.text) == 0);
    CHECK(job_list(db, JOB_FAILED, list[0].id, list, 4, &n, &err) == BW_OK && n == 0);
    CHECK(job_status(db, BW_V("nothing"), list, &err) == BW_NOT_FOUND);
    db_close(db);
    job_runner_stop(r);
    bw_clock_fix(0);
    close_engine(e, "back.db");
}

static enum bw_rc retry_in(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct bw_id *id = arg;
    return job_retry(tx, bw_view_z(id->text), err);
}

BW_TEST(a_failed_job_may_be_tried_again_by_hand)
{
    struct db_engine *e = open_engine("hand.db");
    struct bw_err err = {.rc = BW_OK};
    answer = BW_INVALID;
    struct bw_id id = add(e, "answer", "", "", 0);
    struct job_runner *r = start(e, KINDS, BW_COUNT(KINDS));
    CHECK(reaches(e, id, JOB_FAILED, 1));
    answer = BW_OK;
    CHECK(db_write(e, retry_in, &id, &err) == BW_OK);
    job_wake(r);
    CHECK(reaches(e, id, JOB_DONE, 1));
    CHECK_INT(db_write(e, retry_in, &id, &err), BW_NOT_FOUND);
    job_runner_stop(r);
    close_engine(e, "hand.db");
}

BW_TEST(keys)
{
    struct db_engine *e = open_engine("keys.db");
    bw_clock_fix(T0);
    struct bw_id a = add(e, "slow", "k", "", T0 + BW_HOUR_US);
    struct bw_id b = add(e, "slow", "k", "", T0 + BW_MINUTE_US);
    CHECK(strcmp(a.text, b.text) == 0);
    CHECK_INT(status(e, a).run_at_us, T0 + BW_MINUTE_US); /* the earlier of the two */
    CHECK(strcmp(add(e, "slow", "other", "", 0).text, a.text) != 0);
    CHECK(strcmp(add(e, "echo", "k", "", T0 + BW_DAY_US).text, a.text) != 0);
    CHECK(strcmp(add(e, "slow", "", "", 0).text, add(e, "slow", "", "", 0).text) != 0);
    bw_clock_step(BW_HOUR_US);
    struct job_runner *r = start(e, KINDS, BW_COUNT(KINDS));
    CHECK(reaches(e, a, JOB_RUNNING, 1) || status(e, a).phase == JOB_DONE);
    struct bw_id c = add(e, "slow", "k", "", 0); /* while A runs or after it: once more */
    job_wake(r);
    CHECK(strcmp(a.text, c.text) != 0);
    CHECK(reaches(e, c, JOB_DONE, 1));
    job_runner_stop(r);
    bw_clock_fix(0);
    close_engine(e, "keys.db");
}

BW_TEST(one_of_a_key_at_a_time)
{
    struct db_engine *e = open_engine("one.db");
    struct job_runner *r = start(e, KINDS, BW_COUNT(KINDS));
    most_together = 0;
    struct bw_id last = {""};
    for (int i = 0; i < 8; i++) {
        last = add(e, "slow", "same", "", 0);
        job_wake(r);
        usleep(10000);
    }
    CHECK(reaches(e, last, JOB_DONE, 1));
    CHECK_INT(most_together, 1);
    CHECK(runs >= 2);
    runs = most_together = 0;
    for (int i = 0; i < 8; i++)
        last = add(e, "slow", "", "", 0);
    job_wake(r);
    for (int i = 0; i < 500 && runs < 8; i++)
        usleep(2000);
    CHECK_INT(runs, 8);
    CHECK(most_together > 1 && most_together <= 4); /* as many as there are workers */
    job_runner_stop(r);
    close_engine(e, "one.db");
}

BW_TEST(repeating)
{
    struct db_engine *e = open_engine("beat.db");
    bw_clock_fix(T0);
    answer = BW_OK;
    struct job_runner *r = start(e, BEAT, 1);
    struct job_status list[4];
    size_t n = 0;
    struct bw_err err = {.rc = BW_OK};
    for (int i = 1; i <= 4; i++) {
        for (int k = 0; k < 1000 && runs < i; k++)
            usleep(2000);
        CHECK_INT(runs, i);
        for (int k = 0; k < 1000; k++) {
            struct db *db = NULL;
            CHECK(db_open(e, &db, &err) == BW_OK);
            CHECK(job_list(db, JOB_WAITING, 0, list, 4, &n, &err) == BW_OK);
            db_close(db);
            if (n == 1)
                break;
            usleep(2000);
        }
        REQUIRE(n == 1);
        CHECK(list[0].run_at_us - bw_now_us() > BW_HOUR_US - BW_MINUTE_US &&
              list[0].run_at_us - bw_now_us() <= BW_HOUR_US);
        job_wake(r);
        usleep(20000);
        CHECK_INT(runs, i);
        bw_clock_step(i == 2 ? 24 * BW_HOUR_US : BW_HOUR_US); /* missed runs are not caught up */
        answer = i == 3 ? BW_INVALID : BW_OK;                 /* nor does a failure end it */
        job_wake(r);
    }
    job_runner_stop(r);
    runs = 0;
    r = start(e, BEAT, 1); /* a second start adds no second beat */
    struct db *db = NULL;
    CHECK(db_open(e, &db, &err) == BW_OK);
    CHECK(job_list(db, JOB_WAITING, 0, list, 4, &n, &err) == BW_OK);
    CHECK(n <= 1);
    db_close(db);
    job_runner_stop(r);
    bw_clock_fix(0);
    close_engine(e, "beat.db");
}

BW_TEST(chunks_go_on_where_they_were)
{
    struct db_engine *e = open_engine("chunks.db");
    bw_clock_fix(T0);
    struct bw_id id = add(e, "chunks", "", "", 0);
    struct job_runner *r = start(e, KINDS, BW_COUNT(KINDS));
    for (int i = 1; i < 3; i++) {
        CHECK(reaches(e, id, JOB_AGAIN, i));
        bw_clock_step(BW_HOUR_US);
        job_wake(r);
    }
    CHECK(reaches(e, id, JOB_DONE, 3));
    struct db *db = NULL;
    struct db_stmt *st = NULL;
    struct bw_err err = {.rc = BW_OK};
    CHECK(db_open(e, &db, &err) == BW_OK);
    CHECK(db_plain(db, "SELECT value FROM setting WHERE name = 'chunks'", &st, &err) == BW_OK);
    CHECK(db_row(st, &err) == BW_OK);
    CHECK_VIEW(db_text(st, 0), "xxxxxxxxxx"); /* each once, none twice */
    db_stmt_free(st);
    db_close(db);
    job_runner_stop(r);
    bw_clock_fix(0);
    close_engine(e, "chunks.db");
}

BW_TEST(stopping_gives_the_try_back)
{
    struct db_engine *e = open_engine("stop.db");
    struct job_runner *r = start(e, KINDS, BW_COUNT(KINDS));
    struct bw_id id = add(e, "long", "", "", 0);
    job_wake(r);
    CHECK(reaches(e, id, JOB_RUNNING, 1));
    for (int i = 0; i < 1000 && runs == 0; i++)
        usleep(1000);
    stopped = 0;
    job_runner_stop(r);
    CHECK_INT(stopped, 1);
    CHECK(status(e, id).phase == JOB_AGAIN && status(e, id).tries == 0);
    close_engine(e, "stop.db");
}

/* A process that dies while its job runs; the clock of those who come after it is moved past the
 * lease. */
static void crash_once(const char *name)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        may_die = true;
        struct db_engine *e = open_engine(name);
        struct job_runner *r = start(e, KINDS, BW_COUNT(KINDS));
        job_wake(r);
        sleep(20);
        _exit(1);
    }
    int state = 0;
    CHECK(waitpid(pid, &state, 0) == pid && WIFEXITED(state) && WEXITSTATUS(state) == 0);
}

BW_TEST(a_crash_runs_it_again)
{
    bw_clock_fix(T0);
    struct db_engine *e = open_engine("crash.db");
    struct bw_id once = add(e, "crash", "", "", 0);
    db_engine_close(e);
    crash_once("crash.db");
    e = open_engine("crash.db");
    CHECK(status(e, once).phase == JOB_RUNNING);
    struct job_runner *r = start(e, KINDS, BW_COUNT(KINDS));
    job_wake(r);
    usleep(50000);
    CHECK(status(e, once).phase == JOB_RUNNING && runs == 0); /* the lease still stands */
    bw_clock_step(JOB_LEASE_US + BW_SECOND_US);
    job_wake(r);
    CHECK(reaches(e, once, JOB_DONE, 2));
    job_runner_stop(r);
    struct bw_id poison = add(e, "crash", "", "", 0);
    db_engine_close(e);
    crash_once("crash.db");
    bw_clock_step(JOB_LEASE_US + BW_SECOND_US);
    crash_once("crash.db");
    bw_clock_step(JOB_LEASE_US + BW_SECOND_US);
    e = open_engine("crash.db");
    r = start(e, KINDS, BW_COUNT(KINDS));
    job_wake(r);
    CHECK(reaches(e, poison, JOB_FAILED, 2)); /* it does not kill the hub for ever */
    job_runner_stop(r);
    bw_clock_fix(0);
    close_engine(e, "crash.db");
}

BW_TEST(a_kind_of_another_release_waits)
{
    struct db_engine *e = open_engine("kind.db");
    bw_clock_fix(T0);
    answer = BW_OK;
    struct bw_id strange = add(e, "of.tomorrow", "", "", 0), known = add(e, "answer", "", "", 0);
    struct job_runner *r = start(e, KINDS, BW_COUNT(KINDS));
    job_wake(r);
    CHECK(reaches(e, known, JOB_DONE, 1));
    CHECK(reaches(e, strange, JOB_AGAIN, 0));
    CHECK(status(e, strange).run_at_us > T0 + BW_MINUTE_US);
    job_runner_stop(r);
    bw_clock_fix(0);
    close_engine(e, "kind.db");
}

/* The end of a job is written when the disk is back. */
BW_TEST(finishing_waits_for_the_disk)
{
    struct db_engine *e = open_engine("disk.db");
    struct job_runner *r = start(e, KINDS, BW_COUNT(KINDS));
    slow_held = true;
    struct bw_id id = add(e, "slow", "", "", 0);
    job_wake(r);
    CHECK(reaches(e, id, JOB_RUNNING, 1));
    bw_fault_arm("db.commit", 1, true);
    slow_held = false;
    usleep(300000);
    CHECK(status(e, id).phase == JOB_RUNNING);
    bw_fault_clear();
    CHECK(reaches(e, id, JOB_DONE, 1));
    CHECK_INT(runs, 1);
    job_runner_stop(r);
    close_engine(e, "disk.db");
}

BW_TEST(limits)
{
    struct db_engine *e = open_engine("limits.db");
    static char big[JOB_BYTES_MAX + 1];
    struct add a = {"answer", BW_V(""), {big, sizeof big}, 0, {""}};
    struct bw_err err;
    CHECK_INT(db_write(e, add_in, &a, &err), BW_LIMIT);
    a.args.n--;
    CHECK_INT(db_write(e, add_in, &a, &err), BW_OK);
    close_engine(e, "limits.db");
}

BW_TEST_MAIN()
