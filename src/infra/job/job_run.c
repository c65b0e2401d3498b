/* SPDX-License-Identifier: Apache-2.0 */
/* job_run - the runner: a dispatcher that claims due jobs for idle workers, renews leases and
 * sweeps.
 *
 * One thread looks for work, so that idle workers do not queue up in the write lane to find
 * nothing; it looks by reading, and writes only where something is due. Each claim has a token of
 * its own: what a run writes about its job counts only while the row still carries that token, so a
 * run whose lease was lost cannot spoil the one that took over. */
#include "bw_fault.h"
#include "bw_log.h"
#include "job_int.h"
#include <signal.h>
#include <time.h>

#define LOOK_US (2 * BW_SECOND_US) /* at the latest, whoever forgot to wake */
#define RENEW_US (JOB_LEASE_US / 3)
#define SWEEP_US BW_HOUR_US
#define KEEP_DONE_US (7 * BW_DAY_US)
#define UNKNOWN_US (10 * BW_MINUTE_US) /* a kind of another release: look again then */
#define RUNNER_THREADS_MAX 64
#define EXPIRED_MAX 64 /* leases looked at per turn */

static const struct job_kind *kind_of(const struct job_runner *r, struct bw_view name)
{
    for (size_t i = 0; i < r->n_kinds; i++)
        if (bw_view_is(name, r->kinds[i].name))
            return &r->kinds[i];
    return NULL;
}

static int tries_max(const struct job_kind *k)
{
    return k->tries_max > 0 ? k->tries_max : JOB_TRIES_MAX;
}

/* -- claiming ---------------------------------------------------------------------------------- */

struct claim {
    struct job_runner *runner;
    size_t max, n;
    struct job *jobs[RUNNER_THREADS_MAX];
};

static enum bw_rc set_phase(struct db_tx *tx, int64_t id, enum job_phase phase, int64_t run_at_us,
                            const char *message, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE job SET phase = ?2, run_at_us = ?3, message = ?4,"
                     " ended_us = CASE WHEN ?2 = 4 THEN ?3 ELSE 0 END WHERE id = ?1",
                     &st, err));
    db_bind_int(st, 1, id);
    db_bind_int(st, 2, phase);
    db_bind_int(st, 3, run_at_us);
    db_bind_text(st, 4, bw_view_z(message));
    return db_run(st, err);
}

/* Runs whose lease ran out: the process is gone, or could not write for a minute. */
static enum bw_rc expire(struct db_tx *tx, struct claim *c, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    int64_t now = db_tx_now_us(tx), ids[EXPIRED_MAX];
    bool fails[EXPIRED_MAX];
    size_t n = 0;
    BW_TRY(db_plain(db_tx_db(tx),
                    "SELECT id, kind, tries, key FROM job WHERE phase = 2 AND lease_us <= ?1"
                    " ORDER BY lease_us LIMIT ?2",
                    &st, err));
    db_bind_int(st, 1, now);
    db_bind_int(st, 2, EXPIRED_MAX);
    enum bw_rc rc;
    while ((rc = db_row(st, err)) == BW_OK) {
        const struct job_kind *k = kind_of(c->runner, db_text(st, 1));
        if (!k)
            continue;
        ids[n] = db_int(st, 0);
        fails[n++] = db_int(st, 2) >= tries_max(k) && !bw_view_is(db_text(st, 3), JOB_REPEATING);
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    for (size_t i = 0; i < n; i++)
        BW_TRY(set_phase(tx, ids[i], fails[i] ? JOB_FAILED : JOB_AGAIN, now,
                         "the hub stopped while the job ran", err));
    return BW_OK;
}

/* The next due job into *RET, off its statement; BW_NOT_FOUND: none. */
static enum bw_rc next_due(struct db_tx *tx, struct claim *c, struct job **ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db_tx_db(tx),
                    "SELECT id, public_id, kind, key, args, state, tries, run_at_us FROM job AS j"
                    " WHERE phase IN (0, 1) AND run_at_us <= ?1 AND NOT EXISTS"
                    " (SELECT 1 FROM job AS o WHERE o.phase = 2 AND o.kind = j.kind"
                    " AND o.key = j.key) ORDER BY run_at_us, id LIMIT 1",
                    &st, err));
    db_bind_int(st, 1, db_tx_now_us(tx));
    BW_TRY(db_row(st, err));
    struct bw_view args = db_bytes(st, 4), state = db_bytes(st, 5), id = db_text(st, 1);
    struct job *j = bw_calloc(1, sizeof *j + args.n + state.n);
    if (!j)
        return bw_fail_memory(err);
    j->runner = c->runner;
    j->kind = kind_of(c->runner, db_text(st, 2));
    j->id = db_int(st, 0);
    j->tries = (int)db_int(st, 6) + 1;
    j->run_at_us = db_int(st, 7);
    j->repeating = j->kind && j->kind->every_us > 0 && bw_view_is(db_text(st, 3), JOB_REPEATING);
    j->token = bw_id_new();
    if (id.n == BW_ID_LEN)
        memcpy(j->public_id.text, id.p, id.n);
    if (args.n > 0)
        memcpy(j->bytes, args.p, args.n);
    if (state.n > 0)
        memcpy(j->bytes + args.n, state.p, state.n);
    j->args = bw_view_of(j->bytes, args.n);
    j->state = bw_view_of(j->bytes + args.n, state.n);
    *ret = j;
    return BW_OK;
}

static enum bw_rc take(struct db_tx *tx, const struct job *j, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE job SET phase = 2, tries = ?2, token = ?3, lease_us = ?4"
                     " WHERE id = ?1",
                     &st, err));
    db_bind_int(st, 1, j->id);
    db_bind_int(st, 2, j->tries);
    db_bind_text(st, 3, bw_view_z(j->token.text));
    db_bind_int(st, 4, db_tx_now_us(tx) + JOB_LEASE_US);
    return db_run(st, err);
}

static void claim_drop(struct claim *c)
{
    while (c->n > 0)
        free(c->jobs[--c->n]);
}

static enum bw_rc claim_in(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct claim *c = arg;
    claim_drop(c); /* of a first run that was undone */
    BW_TRY(expire(tx, c, err));
    while (c->n < c->max) {
        struct job *j = NULL;
        enum bw_rc rc = next_due(tx, c, &j, err);
        if (rc == BW_NOT_FOUND)
            break;
        BW_TRY(rc);
        if (j->kind) {
            rc = take(tx, j, err);
        } else {
            rc = set_phase(tx, j->id, JOB_AGAIN, db_tx_now_us(tx) + UNKNOWN_US,
                           "this release does not know such jobs", err);
        }
        if (rc == BW_OK && j->kind)
            c->jobs[c->n++] = BW_TAKE(j);
        free(j);
        BW_TRY(rc);
    }
    return BW_OK;
}

/* -- finishing --------------------------------------------------------------------------------- */

struct finish {
    const struct job *job;
    enum job_phase phase;
    int tries;
    int64_t delay_us;
    bool clear_state;
    const char *message;
};

/* Worth another try: what may be different next time. */
static bool passing(enum bw_rc rc)
{
    return rc == BW_BUSY || rc == BW_IO || rc == BW_MEMORY || rc == BW_CONFLICT || rc == BW_BROKEN;
}

static int64_t back_off(const struct job *j)
{
    int64_t d = j->kind->back_off_us > 0 ? j->kind->back_off_us : JOB_BACK_OFF_US;
    for (int i = 1; i < j->tries && d < JOB_BACK_OFF_MAX_US; i++)
        d *= 2;
    if (d > JOB_BACK_OFF_MAX_US)
        d = JOB_BACK_OFF_MAX_US;
    uint64_t spread = (uint64_t)(d / 2 + 1);
    return d - d / 4 + (int64_t)bw_random_below(BW_RANDOM_JITTER, spread);
}

static enum bw_rc finish_in(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct finish *f = arg;
    int64_t now = db_tx_now_us(tx), run_at = now + f->delay_us;
    if (f->phase == JOB_WAITING) { /* repeating: on its beat, missed ones left out */
        int64_t every = f->job->kind->every_us, late = now - f->job->run_at_us;
        run_at = late < 0 ? f->job->run_at_us : now - late % every + every;
    }
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE job SET phase = ?3, tries = ?4, run_at_us = ?5, message = ?6,"
                     " ended_us = ?7, state = CASE WHEN ?8 = 1 THEN ?9 ELSE state END"
                     " WHERE id = ?1 AND token = ?2 AND phase = 2",
                     &st, err));
    db_bind_int(st, 1, f->job->id);
    db_bind_text(st, 2, bw_view_z(f->job->token.text));
    db_bind_int(st, 3, f->phase);
    db_bind_int(st, 4, f->tries);
    db_bind_int(st, 5, run_at);
    db_bind_text(st, 6, bw_utf8_head(bw_view_z(f->message), JOB_TEXT_MAX - 1));
    db_bind_int(st, 7, now);
    db_bind_int(st, 8, f->clear_state);
    db_bind_bytes(st, 9, BW_V(""));
    return db_run(st, err);
}

/* A database that is away is not told of at each turn: it says so itself, once. */
static void log_db(const struct job_runner *r, const char *what, const struct bw_err *err)
{
    if (!db_engine_away(r->engine))
        bw_log_err(BW_LOG_WARN, what, err);
}

static struct finish outcome(const struct job *j, enum bw_rc rc, const struct bw_err *err)
{
    struct finish f = {.job = j, .phase = JOB_DONE, .tries = j->tries, .message = ""};
    bool stopped = rc == BW_BUSY && job_stopping(j);
    if (rc == BW_OK) {
        f.clear_state = true;
    } else if (stopped) {
        f.phase = JOB_AGAIN;
        f.tries = j->tries - 1;
    } else {
        f.message = err->message;
        f.phase = passing(rc) && j->tries < tries_max(j->kind) ? JOB_AGAIN : JOB_FAILED;
        f.delay_us = f.phase == JOB_AGAIN ? back_off(j) : 0;
        bw_log(f.phase == JOB_FAILED ? BW_LOG_ERROR : BW_LOG_WARN,
               f.phase == JOB_FAILED ? "job.failed" : "job.again", BW_FZ("kind", j->kind->name),
               BW_FZ("id", j->public_id.text), BW_FI("try", j->tries), BW_FZ("rc", bw_rc_name(rc)),
               BW_FZ("message", err->message), BW_FZ("detail", err->detail));
    }
    if (j->repeating && (f.phase == JOB_DONE || f.phase == JOB_FAILED)) {
        f.phase = JOB_WAITING;
        f.tries = 0;
        f.clear_state = true;
    }
    return f;
}

static void run_job(struct job *j)
{
    struct job_runner *r = j->runner;
    struct bw_err err = {.rc = BW_OK};
    enum bw_rc rc = job_stopping(j) ? BW_BUSY : j->kind->run(j, &err);
    struct finish f = outcome(j, rc, &err);
    struct bw_err why = {.rc = BW_OK};
    /* A full disk: the job is over, so wait for room instead of running it again. */
    while (!atomic_load_explicit(&j->lost, memory_order_relaxed) &&
           db_write(r->engine, finish_in, &f, &why) != BW_OK) {
        log_db(r, "job.finish", &why);
        if (atomic_load_explicit(&r->stopping, memory_order_relaxed))
            break; /* the lease runs out and the job runs once more */
        nanosleep(&(struct timespec){.tv_nsec = 200 * 1000 * 1000}, NULL);
    }
}

/* -- threads ----------------------------------------------------------------------------------- */

static void *worker_main(void *arg)
{
    struct job_runner *r = arg;
    pthread_mutex_lock(&r->lock);
    for (;;) {
        while (!r->waiting && !r->stopping_work)
            pthread_cond_wait(&r->work, &r->lock);
        struct job *j = r->waiting;
        if (!j)
            break;
        r->waiting = j->next_waiting;
        if (!r->waiting)
            r->waiting_end = &r->waiting;
        pthread_mutex_unlock(&r->lock);
        run_job(j);
        pthread_mutex_lock(&r->lock);
        if (j->prev_running)
            j->prev_running->next_running = j->next_running;
        else
            r->running = j->next_running;
        if (j->next_running)
            j->next_running->prev_running = j->prev_running;
        r->n_running--;
        r->woken = true;
        pthread_cond_signal(&r->wake);
        free(j);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

struct renew {
    size_t n;
    int64_t ids[RUNNER_THREADS_MAX];
    struct bw_id tokens[RUNNER_THREADS_MAX];
    bool lost[RUNNER_THREADS_MAX];
};

static enum bw_rc renew_in(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct renew *w = arg;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "UPDATE job SET lease_us = ?3 WHERE id = ?1 AND token = ?2 AND phase = 2",
                     &st, err));
    for (size_t i = 0; i < w->n; i++) {
        db_bind_int(st, 1, w->ids[i]);
        db_bind_text(st, 2, bw_view_z(w->tokens[i].text));
        db_bind_int(st, 3, db_tx_now_us(tx) + JOB_LEASE_US);
        BW_TRY(db_run(st, err));
        w->lost[i] = db_changes(st) == 0;
        db_again(st);
    }
    return BW_OK;
}

/* Before claiming: after an outage of the disk our own runs come before their expiry. */
static void renew(struct job_runner *r)
{
    struct renew w = {.n = 0};
    pthread_mutex_lock(&r->lock);
    for (struct job *j = r->running; j && w.n < RUNNER_THREADS_MAX; j = j->next_running) {
        w.ids[w.n] = j->id;
        w.tokens[w.n++] = j->token;
    }
    pthread_mutex_unlock(&r->lock);
    struct bw_err err;
    if (w.n == 0)
        return;
    if (db_write(r->engine, renew_in, &w, &err) != BW_OK) {
        log_db(r, "job.renew", &err);
        return;
    }
    pthread_mutex_lock(&r->lock);
    for (struct job *j = r->running; j; j = j->next_running)
        for (size_t i = 0; i < w.n; i++)
            if (w.lost[i] && j->id == w.ids[i] && strcmp(j->token.text, w.tokens[i].text) == 0)
                atomic_store_explicit(&j->lost, true, memory_order_relaxed);
    pthread_mutex_unlock(&r->lock);
}

static enum bw_rc sweep_in(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE phase = 3"
                     " AND ended_us < ?1 ORDER BY id LIMIT 1000)",
                     &st, err));
    db_bind_int(st, 1, db_tx_now_us(tx) - KEEP_DONE_US);
    return db_run(st, err);
}

/* Is anything due, and if not, when? Judged by the lane's time, which may be ahead of a wall clock
 * that was set back: what was added "now" would wait for hours. */
static enum bw_rc look(struct job_runner *r, bool *ret_due, int64_t *ret_wait_us,
                       struct bw_err *err)
{
    BW_AUTO(db) *db = NULL;
    BW_TRY(db_open(r->engine, &db, err));
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db,
                    "SELECT (SELECT min(run_at_us) FROM job WHERE phase IN (0, 1)),"
                    " (SELECT min(lease_us) FROM job WHERE phase = 2),"
                    " (SELECT last_us FROM lane_clock WHERE id = 1)",
                    &st, err));
    BW_TRY(db_row(st, err));
    int64_t now = bw_now_us(), at = db_null(st, 0) ? INT64_MAX : db_int(st, 0);
    if (now <= db_int(st, 2))
        now = db_int(st, 2) + 1;
    if (!db_null(st, 1) && db_int(st, 1) < at)
        at = db_int(st, 1);
    *ret_due = at <= now;
    *ret_wait_us = at > now && at - now < LOOK_US ? at - now : LOOK_US;
    return BW_OK;
}

/* Hands claimed jobs to the workers; true: there may be more. */
static bool claim(struct job_runner *r)
{
    struct claim c = {.runner = r};
    struct bw_err err;
    pthread_mutex_lock(&r->lock);
    c.max = r->n_threads - r->n_running;
    pthread_mutex_unlock(&r->lock);
    if (c.max == 0)
        return false;
    if (db_write(r->engine, claim_in, &c, &err) != BW_OK) {
        claim_drop(&c);
        log_db(r, "job.claim", &err);
        return false;
    }
    pthread_mutex_lock(&r->lock);
    for (size_t i = 0; i < c.n; i++) {
        struct job *j = c.jobs[i];
        *r->waiting_end = j;
        r->waiting_end = &j->next_waiting;
        j->next_running = r->running;
        if (r->running)
            r->running->prev_running = j;
        r->running = j;
        r->n_running++;
    }
    pthread_cond_broadcast(&r->work);
    pthread_mutex_unlock(&r->lock);
    return c.n > 0;
}

enum bw_rc job_run_due(struct job_runner *r, struct bw_err *err)
{
    BW_ASSERT(!r->dispatching && r->n_threads == 0);
    enum bw_rc rc = BW_OK;
    for (bool due = true; rc == BW_OK && due;) {
        struct claim c = {.runner = r, .max = 1};
        int64_t wait_us;
        BW_TRY(look(r, &due, &wait_us, err));
        if (due)
            rc = db_write(r->engine, claim_in, &c, err);
        due = rc == BW_OK && c.n > 0;
        if (due)
            run_job(c.jobs[0]);
        claim_drop(&c);
    }
    return rc;
}

/* What a turn of the dispatcher does; returns how long it may sleep. */
static int64_t turn(struct job_runner *r)
{
    struct bw_err err;
    int64_t mono = bw_mono_us(), wait_us = LOOK_US;
    bool due = false;
    if (mono - r->renewed_us >= RENEW_US) {
        renew(r);
        r->renewed_us = mono;
    }
    if (mono - r->swept_us >= SWEEP_US) {
        if (db_write(r->engine, sweep_in, NULL, &err) != BW_OK)
            log_db(r, "job.sweep", &err);
        r->swept_us = mono;
    }
    if (look(r, &due, &wait_us, &err) != BW_OK) {
        log_db(r, "job.look", &err);
        return LOOK_US;
    }
    return due && claim(r) ? 0 : wait_us;
}

static void *dispatcher_main(void *arg)
{
    struct job_runner *r = arg;
    pthread_mutex_lock(&r->lock);
    while (!r->stopping_dispatch) {
        r->woken = false;
        pthread_mutex_unlock(&r->lock);
        int64_t wait_us = turn(r);
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        int64_t ns = until.tv_nsec + wait_us % BW_SECOND_US * 1000;
        until.tv_sec += wait_us / BW_SECOND_US + ns / 1000000000;
        until.tv_nsec = ns % 1000000000;
        pthread_mutex_lock(&r->lock);
        while (wait_us > 0 && !r->woken && !r->stopping_dispatch)
            if (pthread_cond_timedwait(&r->wake, &r->lock, &until) != 0)
                break;
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

void job_wake(struct job_runner *r)
{
    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    r->woken = true;
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->lock);
}

/* -- starting and stopping --------------------------------------------------------------------- */

static enum bw_rc add_repeating(struct db_tx *tx, const struct job_kind *k, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    int64_t now = db_tx_now_us(tx);
    /* A beat that was made shorter counts from now. */
    BW_TRY(
        db_change(tx,
                  "UPDATE job SET run_at_us = CASE WHEN run_at_us > ?3 THEN ?3 ELSE run_at_us END"
                  " WHERE kind = ?1 AND key = ?2 AND phase IN (0, 1, 2)",
                  &st, err));
    db_bind_text(st, 1, bw_view_z(k->name));
    db_bind_text(st, 2, BW_V(JOB_REPEATING));
    db_bind_int(st, 3, now + k->every_us);
    BW_TRY(db_run(st, err));
    if (db_changes(st) > 0)
        return BW_OK;
    return job_add(tx, k->name, BW_V(JOB_REPEATING), BW_V(""), now, NULL, err);
}

static enum bw_rc add_all_repeating(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct job_runner *r = arg;
    for (size_t i = 0; i < r->n_kinds; i++)
        if (r->kinds[i].every_us > 0)
            BW_TRY(add_repeating(tx, &r->kinds[i], err));
    return BW_OK;
}

static bool start_thread(pthread_t *t, void *(*run)(void *), struct job_runner *r, const char *name)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals go to the main thread */
    bool ok = !bw_fault("job.thread") && pthread_create(t, NULL, run, r) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (ok)
        pthread_setname_np(*t, name);
    return ok;
}

static enum bw_rc start_in(struct job_runner *r, unsigned threads, struct bw_err *err)
{
    BW_TRY(db_write(r->engine, add_all_repeating, r, err));
    if (threads == 0)
        return BW_OK;
    r->threads = bw_calloc(threads, sizeof *r->threads);
    if (!r->threads)
        return bw_fail_memory(err);
    for (unsigned i = 0; i < threads; i++) {
        if (!start_thread(&r->threads[i], worker_main, r, "job-worker"))
            return bw_fail(err, BW_IO, "the system gave no further thread");
        r->n_threads++;
    }
    if (!start_thread(&r->dispatcher, dispatcher_main, r, "job-dispatch"))
        return bw_fail(err, BW_IO, "the system gave no further thread");
    r->dispatching = true;
    return BW_OK;
}

enum bw_rc job_runner_start(struct db_engine *e, const struct job_kind *kinds, size_t n,
                            unsigned threads, void *arg, struct job_runner **ret,
                            struct bw_err *err)
{
    BW_ASSERT(threads <= RUNNER_THREADS_MAX);
    struct job_runner *r = bw_calloc(1, sizeof *r);
    if (!r)
        return bw_fail_memory(err);
    r->engine = e;
    r->kinds = kinds;
    r->n_kinds = n;
    r->arg = arg;
    r->waiting_end = &r->waiting;
    r->renewed_us = r->swept_us = bw_mono_us();
    pthread_condattr_t a;
    pthread_condattr_init(&a);
    pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->wake, &a);
    pthread_cond_init(&r->work, &a);
    pthread_condattr_destroy(&a);
    for (size_t i = 0; i < n; i++)
        BW_ASSERT(strlen(kinds[i].name) < JOB_KIND_MAX && kinds[i].run);
    enum bw_rc rc = start_in(r, threads, err);
    if (rc != BW_OK) {
        job_runner_stop(r);
        return rc;
    }
    *ret = r;
    return BW_OK;
}

void job_runner_stop(struct job_runner *r)
{
    if (!r)
        return;
    atomic_store_explicit(&r->stopping, true, memory_order_relaxed);
    pthread_mutex_lock(&r->lock);
    r->stopping_dispatch = true;
    pthread_cond_broadcast(&r->wake);
    pthread_mutex_unlock(&r->lock);
    if (r->dispatching)
        pthread_join(r->dispatcher, NULL);
    pthread_mutex_lock(&r->lock); /* now: what the dispatcher claimed last is given back by them */
    r->stopping_work = true;
    pthread_cond_broadcast(&r->work);
    pthread_mutex_unlock(&r->lock);
    for (unsigned i = 0; i < r->n_threads; i++)
        pthread_join(r->threads[i], NULL);
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->wake);
    pthread_cond_destroy(&r->work);
    free(r->threads);
    free(r);
}
