/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_follow - hands sequenced events to those who act on them.
 *
 * One thread per consumer, woken by the lane after each durable commit. A durable consumer's
 * position is moved after its effects are safe, so a crash between the two hands the same events
 * over again: at least once, in order. A consumer that fails is asked again after a pause that
 * doubles. Without threads (ledger_follow_by_hand) the same batches are taken in the caller's. */
#include "ledger_int.h"

#include "bw_clock.h"
#include "bw_fault.h"
#include "bw_log.h"

#include <pthread.h>
#include <time.h>

enum {
    BATCH = 256,
    PAUSE_FIRST_MS = 100,
    PAUSE_MAX_MS = 30000,
    LOOK_MS = 1000,
    ARENA_CAP = 32 << 20
};

struct follower {
    struct ledger *ledger;
    const struct ledger_consumer *consumer;
    pthread_t thread;
    int64_t position; /* next to take; guarded by ledger->lock */
    bool started;
};

struct ledger {
    struct db_engine *engine;
    void *arg;
    pthread_mutex_t lock;
    pthread_cond_t moved; /* new events, a position moved, or stopping */
    uint64_t commits;
    bool stopping;
    size_t n;
    struct follower followers[];
};

static void on_commit(void *arg)
{
    struct ledger *l = arg;
    pthread_mutex_lock(&l->lock);
    l->commits++;
    pthread_cond_broadcast(&l->moved);
    pthread_mutex_unlock(&l->lock);
}

static enum bw_rc position_read(struct db_engine *e, const struct ledger_consumer *c, int64_t *ret,
                                struct bw_err *err)
{
    BW_AUTO(db) *db = NULL;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_open(e, &db, err));
    if (!c->durable)
        return ledger_next(db, ret, err);
    BW_TRY(db_plain(db, "SELECT position FROM consumer WHERE name = ?1", &st, err));
    db_bind_text(st, 1, bw_view_z(c->name));
    enum bw_rc rc = db_row(st, err);
    *ret = rc == BW_OK ? db_int(st, 0) : 0;
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

struct move {
    const char *name;
    int64_t position;
};

static enum bw_rc position_write(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct move *m = arg;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "INSERT INTO consumer (name, position) VALUES (?1, ?2)"
                     " ON CONFLICT (name) DO UPDATE SET position = excluded.position",
                     &st, err));
    db_bind_text(st, 1, bw_view_z(m->name));
    db_bind_int(st, 2, m->position);
    return db_run(st, err);
}

enum bw_rc ledger_skip(struct db_engine *e, const char *consumer, struct bw_err *err)
{
    struct move m = {.name = consumer};
    {
        BW_AUTO(db) *db = NULL;
        BW_TRY(db_open(e, &db, err));
        BW_TRY(ledger_next(db, &m.position, err));
    }
    return db_write(e, position_write, &m, err);
}

static bool is_stopping(struct ledger *l)
{
    pthread_mutex_lock(&l->lock);
    bool stopping = l->stopping;
    pthread_mutex_unlock(&l->lock);
    return stopping;
}

/* What a durable consumer does may be much for one event (a thousand mails): it is given them one
 * by one, so that stopping does not wait for a whole batch and a failure takes back only its own.
 */
static enum bw_rc hand_over(struct follower *f, const struct ledger_event *events, size_t n,
                            size_t *ret_done, struct bw_err *err)
{
    struct ledger *l = f->ledger;
    enum bw_rc rc = BW_OK;
    *ret_done = 0;
    if (!f->consumer->durable) {
        BW_TRY(f->consumer->take(l->arg, l->engine, events, n, err));
        *ret_done = n;
        return BW_OK;
    }
    while (rc == BW_OK && *ret_done < n && !is_stopping(l)) {
        rc = f->consumer->take(l->arg, l->engine, &events[*ret_done], 1, err);
        *ret_done += rc == BW_OK;
    }
    return rc;
}

/* Takes one batch. BW_OK with *ret_n 0: nothing was waiting. */
static enum bw_rc take_batch(struct follower *f, struct bw_arena *arena, size_t *ret_n,
                             struct bw_err *err)
{
    struct ledger *l = f->ledger;
    struct ledger_event *events;
    {
        BW_AUTO(db) *db = NULL;
        BW_TRY(db_open(l->engine, &db, err));
        BW_TRY(ledger_read(db, f->position, BATCH, arena, &events, ret_n, err));
    }
    if (*ret_n == 0)
        return BW_OK;
    size_t done;
    enum bw_rc rc = hand_over(f, events, *ret_n, &done, err);
    if (done == 0)
        return rc;
    struct move m = {f->consumer->name, f->position + (int64_t)done};
    struct bw_err why;
    if (f->consumer->durable && db_write(l->engine, position_write, &m, &why) != BW_OK) {
        *err = why;
        return why.rc;
    }
    pthread_mutex_lock(&l->lock);
    f->position = m.position;
    pthread_cond_broadcast(&l->moved);
    pthread_mutex_unlock(&l->lock);
    return rc;
}

/* Waits for a commit after SEEN, or for the whole of PAUSE_MS after a failure. Commits of another
 * process (the command line beside a running hub) wake nobody: hence a look every second. False:
 * stopping. */
static bool wait_for_more(struct ledger *l, uint64_t seen, int pause_ms)
{
    const bool failed = pause_ms != 0;
    struct timespec until;
    pause_ms = failed ? pause_ms : LOOK_MS;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += pause_ms / 1000;
    until.tv_nsec += (long)(pause_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&l->lock);
    while (!l->stopping) {
        if (!failed && l->commits != seen)
            break;
        if (pthread_cond_timedwait(&l->moved, &l->lock, &until) != 0)
            break;
    }
    bool go_on = !l->stopping;
    pthread_mutex_unlock(&l->lock);
    return go_on;
}

static void *follow(void *arg)
{
    struct follower *f = arg;
    struct ledger *l = f->ledger;
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    int pause_ms = 0;
    bool go_on = arena != NULL;

    while (go_on) {
        struct bw_err err = {0};
        size_t n = 0;
        pthread_mutex_lock(&l->lock);
        uint64_t seen = l->commits;
        go_on = !l->stopping;
        pthread_mutex_unlock(&l->lock);
        if (!go_on)
            break;
        bw_arena_reset(arena);
        enum bw_rc rc = take_batch(f, arena, &n, &err);
        if (rc != BW_OK) {
            if (!db_engine_away(l->engine)) /* it says so itself, once */
                bw_log_err(BW_LOG_WARN, f->consumer->name, &err);
            pause_ms = pause_ms ? pause_ms * 2 : PAUSE_FIRST_MS;
            pause_ms = pause_ms > PAUSE_MAX_MS ? PAUSE_MAX_MS : pause_ms;
            go_on = wait_for_more(l, seen, pause_ms);
            continue;
        }
        pause_ms = 0;
        if (n == 0)
            go_on = wait_for_more(l, seen, 0);
    }
    return NULL;
}

enum bw_rc ledger_follow_by_hand(struct db_engine *e,
                                 const struct ledger_consumer *const *consumers, size_t n,
                                 void *arg, struct ledger **ret, struct bw_err *err)
{
    struct ledger *l = bw_calloc(1, sizeof(*l) + n * sizeof(l->followers[0]));
    if (!l)
        return bw_fail_memory(err);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->moved, &attr);
    pthread_condattr_destroy(&attr);
    l->engine = e;
    l->arg = arg;
    l->n = n;
    ledger_hooks(e, on_commit, l);
    for (size_t i = 0; i < n; i++) {
        struct follower *f = &l->followers[i];
        f->ledger = l;
        f->consumer = consumers[i];
        enum bw_rc rc = position_read(e, f->consumer, &f->position, err);
        if (rc != BW_OK) {
            ledger_stop(l);
            return rc;
        }
    }
    *ret = l;
    return BW_OK;
}

enum bw_rc ledger_start(struct db_engine *e, const struct ledger_consumer *const *consumers,
                        size_t n, void *arg, struct ledger **ret, struct bw_err *err)
{
    struct ledger *l = NULL;
    BW_TRY(ledger_follow_by_hand(e, consumers, n, arg, &l, err));
    for (size_t i = 0; i < n; i++) {
        struct follower *f = &l->followers[i];
        if (pthread_create(&f->thread, NULL, follow, f) != 0) {
            ledger_stop(l);
            return bw_fail(err, BW_IO, "cannot start a thread");
        }
        f->started = true;
    }
    *ret = l;
    return BW_OK;
}

enum bw_rc ledger_catch_up(struct ledger *l, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    if (!arena)
        return bw_fail_memory(err);
    for (size_t i = 0; i < l->n; i++) {
        BW_ASSERT(!l->followers[i].started);
        for (size_t n = 1; n > 0;) {
            bw_arena_reset(arena);
            BW_TRY(take_batch(&l->followers[i], arena, &n, err));
        }
    }
    return BW_OK;
}

void ledger_stop(struct ledger *l)
{
    if (!l)
        return;
    pthread_mutex_lock(&l->lock);
    l->stopping = true;
    pthread_cond_broadcast(&l->moved);
    pthread_mutex_unlock(&l->lock);
    for (size_t i = 0; i < l->n; i++)
        if (l->followers[i].started)
            pthread_join(l->followers[i].thread, NULL);
    ledger_attach(l->engine);
    pthread_cond_destroy(&l->moved);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

bool ledger_settle(struct ledger *l, int timeout_ms)
{
    int64_t target = 0, until_us = bw_mono_us() + (int64_t)timeout_ms * 1000;
    struct bw_err err;
    {
        BW_AUTO(db) *db = NULL;
        if (db_open(l->engine, &db, &err) != BW_OK || ledger_next(db, &target, &err) != BW_OK)
            return false;
    }
    for (;;) {
        bool settled = true;
        pthread_mutex_lock(&l->lock);
        for (size_t i = 0; i < l->n; i++)
            settled = settled && l->followers[i].position >= target;
        pthread_mutex_unlock(&l->lock);
        if (settled || bw_mono_us() >= until_us)
            return settled;
        nanosleep(&(struct timespec){0, 2000000}, NULL);
    }
}
