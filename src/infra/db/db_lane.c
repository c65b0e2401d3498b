/* SPDX-License-Identifier: Apache-2.0 */
/* db_lane - the write lane: one connection, one group at a time, one fsync for all who wait.
 *
 * Whoever leads takes requests one after the other into a transaction, each inside a savepoint,
 * until nobody waits any more (or the group's limits are reached), runs the hook, commits, and only
 * then wakes them. While it waits for the disk the next group gathers: the busier, the larger the
 * groups, without any delay by a timer.
 *
 * Who leads: a caller that finds the lane idle leads a group itself, and its write costs no change
 * of thread. A caller that finds it busy queues its function and sleeps on a futex in its own
 * request; when a leader is done and others wait, the lane's thread leads the groups that follow,
 * so nobody works for others longer than for one group. A thread of low priority never leads: those
 * who join its group would wait for as long as it is kept from running.
 *
 * When a member fails, its savepoint is undone and the others go on. When the engine gave up the
 * whole transaction (disk full, out of memory, a lost connection, a deadlock: the driver tells) or
 * COMMIT or the hook failed, every member that had not failed by itself runs once more, alone, so
 * that what one did wrong befalls it alone. If the disk refused the commit they are told at once: a
 * full disk is not asked again two hundred times.
 *
 * Time: each group gets one, above every earlier group's, also over restarts and whatever the wall
 * clock does: the last one lies in lane_clock, read at BEGIN (another process may have written) and
 * written with every group that changed anything.
 *
 * A failed fsync of the log leaves it open whether the group survives a crash that follows: then
 * "nothing was saved" may be wrong; the opposite, a lost group that was acknowledged, cannot
 * happen. */
#include "bw_clock.h"
#include "bw_fault.h"
#include "bw_log.h"
#include "bw_random.h"
#include "db_int.h"
#include <linux/futex.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SLOW_MEMBER_US 250000

static _Thread_local bool in_lane;

struct group {
    struct db_engine *engine;
    struct db_tx tx;
    struct lane_request *members[DB_GROUP_MAX];
    size_t n, n_good;
    bool again; /* the engine asks to run it again: nobody did anything wrong */
    struct bw_err late;
};

static void finish(struct lane_request *r)
{
    if (r->leads) /* it is awake */
        return;
    atomic_store_explicit(&r->done, 1, memory_order_release);
    /* R may be gone from here on; waking an address that nobody waits on does nothing. */
    syscall(SYS_futex, &r->done, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void wait_done(struct lane_request *r)
{
    while (atomic_load_explicit(&r->done, memory_order_acquire) == 0)
        syscall(SYS_futex, &r->done, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

/* With l->lock held. */
static struct lane_request *take(struct db_lane *l)
{
    struct lane_request *r = l->head;
    if (r) {
        l->head = r->next;
        if (!l->head)
            l->tail = NULL;
    }
    return r;
}

static struct lane_request *pop(struct db_lane *l)
{
    pthread_mutex_lock(&l->lock);
    struct lane_request *r = take(l);
    pthread_mutex_unlock(&l->lock);
    return r;
}

static const struct db_driver *driver(const struct group *g)
{
    return g->engine->driver;
}

static bool gone(const struct group *g)
{
    return !g->tx.db || driver(g)->gone(g->tx.db);
}

/* -- one transaction --------------------------------------------------------------------------- */

/* ROLLBACK itself can fail (out of memory, a connection that is gone). Closing the connection then
 * undoes the transaction, and the next group opens another one. */
static void rollback(struct group *g)
{
    if (!g->tx.db)
        return;
    if (!gone(g))
        driver(g)->rollback(g->tx.db);
    g->again = g->again || g->tx.db->again;
    if (gone(g) && !g->tx.db->lost)
        return;
    g->tx.db = NULL;
    db_disconnect(BW_TAKE(g->engine->lane.db));
}

static enum bw_rc begin(struct group *g, struct bw_err *err)
{
    struct db_lane *l = &g->engine->lane;
    int64_t last = 0, now = bw_now_us();
    if (bw_fault("db.begin"))
        return db_fail_io(err, "db.begin");
    if (l->db && g->engine->driver->idle_ok && !g->engine->driver->idle_ok(l->db))
        db_disconnect(BW_TAKE(l->db));
    if (!l->db)
        BW_TRY(db_connect(g->engine, true, &l->db, err));
    g->tx.db = l->db;
    g->tx.db->late = &g->late;
    g->tx.db->again = g->tx.db->spoiled = false;
    enum bw_rc rc = driver(g)->begin_write(g->tx.db, &last, err);
    if (rc != BW_OK) {
        rollback(g);
        return rc;
    }
    if (last < l->last_us)
        last = l->last_us;
    l->last_us = g->tx.now_us = now > last ? now : last + 1;
    return BW_OK;
}

/* Runs R. A failed statement must fail the function: PostgreSQL takes nothing more in a transaction
 * in which something failed, so neither does SQLite here. Afterwards either its changes are in the
 * transaction (BW_OK), or they are undone, or the transaction is gone. */
static void run_member(struct group *g, struct lane_request *r)
{
    struct db *db = g->tx.db;
    g->tx.viewer = NULL;
    g->late.rc = BW_OK;
    db->spoiled = false;
    r->rc = driver(g)->save(db, &r->err);
    if (r->rc != BW_OK)
        return;
    int64_t t = bw_mono_us();
    r->rc = r->fn(&g->tx, r->arg, &r->err);
    BW_ASSERT(db->in_use == 0); /* the function left a statement open */
    t = bw_mono_us() - t;
    if (t > SLOW_MEMBER_US)
        bw_log(BW_LOG_WARN, "db.slow_write", BW_FI("us", t));
    if (r->rc == BW_OK && g->late.rc != BW_OK) {
        r->err = g->late;
        r->rc = g->late.rc;
    }
    if (r->rc == BW_OK && db->spoiled && !gone(g))
        r->rc = bw_fail_detail(&r->err, BW_BROKEN, DB_SAY_BROKEN, "a failure was passed over");
    db->spoiled = false;
    if (gone(g)) {
        if (r->rc == BW_OK)
            r->rc = bw_fail(&r->err, BW_CONFLICT, "the change was undone, try again");
        return;
    }
    struct bw_err ignored;
    if (r->rc == BW_OK)
        r->rc = driver(g)->release(db, &r->err);
    if (r->rc != BW_OK && (gone(g) || driver(g)->undo(db, &ignored) != BW_OK))
        rollback(g); /* half a member must not be committed: the others run again */
    if (r->rc == BW_OK)
        g->n_good++;
}

static enum bw_rc commit(struct group *g, struct bw_err *err)
{
    struct db_engine *e = g->engine;
    if (e->hooks.before_commit) {
        g->tx.viewer = NULL;
        g->late.rc = BW_OK;
        g->tx.db->spoiled = false;
        BW_TRY(e->hooks.before_commit(&g->tx, e->hooks.arg, err));
        BW_ASSERT(g->tx.db->in_use == 0);
        if (g->late.rc != BW_OK) {
            *err = g->late;
            return err->rc;
        }
    }
    if (bw_fault("db.commit"))
        return db_fail_io(err, "db.commit");
    int64_t t = bw_mono_us();
    BW_TRY(driver(g)->commit(g->tx.db, driver(g)->changed(g->tx.db) ? g->tx.now_us : 0, err));
    t = bw_mono_us() - t;
    atomic_fetch_add_explicit(&e->commit_us, t, memory_order_relaxed);
    atomic_fetch_add_explicit(&e->groups, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&e->writes, (int64_t)g->n_good, memory_order_relaxed);
    if (atomic_load_explicit(&e->group_max, memory_order_relaxed) < (int64_t)g->n)
        atomic_store_explicit(&e->group_max, (int64_t)g->n, memory_order_relaxed);
    return BW_OK;
}

/* -- groups ------------------------------------------------------------------------------------ */

/* ERR for every member that has not failed by itself. */
static void fail_good(struct group *g, const struct bw_err *err)
{
    for (size_t i = 0; i < g->n; i++)
        if (g->members[i]->rc == BW_OK) {
            g->members[i]->rc = err->rc;
            g->members[i]->err = *err;
        }
}

static void committed(struct group *g, bool any_good)
{
    struct db_engine *e = g->engine;
    for (size_t i = 0; i < g->n; i++)
        finish(g->members[i]);
    if (any_good && e->hooks.after_commit)
        e->hooks.after_commit(e->hooks.arg);
}

static bool try_single(struct db_engine *e, struct lane_request *r)
{
    struct group g = {.engine = e, .members = {r}, .n = 1};
    struct bw_err err = {.rc = BW_OK};
    r->rc = begin(&g, &r->err);
    if (r->rc == BW_OK)
        run_member(&g, r);
    if (r->rc == BW_OK && commit(&g, &err) != BW_OK)
        fail_good(&g, &err);
    rollback(&g);
    return g.again && r->rc != BW_OK;
}

/* A group of one; once more where the engine asks for it (two that waited for each other, rows that
 * somebody else changed meanwhile). */
static enum bw_rc run_single(struct db_engine *e, struct lane_request *r, struct bw_err *ret_err)
{
    for (int tries = 1;; tries++) {
        atomic_fetch_add_explicit(&e->reruns, 1, memory_order_relaxed);
        if (!try_single(e, r) || tries == DB_TRIES_MAX)
            break;
        usleep((useconds_t)bw_random_below(BW_RANDOM_JITTER, 5000u << tries));
    }
    enum bw_rc rc = r->rc;
    *ret_err = r->err;
    finish(r); /* R may be gone, unless it leads */
    if (rc == BW_OK && e->hooks.after_commit)
        e->hooks.after_commit(e->hooks.arg);
    return rc;
}

static void gather(struct group *g, struct lane_request *first)
{
    int64_t until = bw_mono_us() + DB_GROUP_US;
    for (struct lane_request *r = first; r;) {
        g->members[g->n++] = r;
        run_member(g, r);
        bool more = g->n < DB_GROUP_MAX && !gone(g) && bw_mono_us() < until;
        r = more ? pop(&g->engine->lane) : NULL;
    }
}

static void run_group(struct db_engine *e, struct lane_request *first)
{
    struct group g = {.engine = e};
    struct bw_err err = {.rc = BW_OK};
    if (begin(&g, &err) != BW_OK) { /* nobody waits for longer than the first */
        for (struct lane_request *r = first; r;) {
            g.members[g.n++] = r;
            r = g.n < DB_GROUP_MAX ? pop(&e->lane) : NULL;
        }
        fail_good(&g, &err);
        committed(&g, false);
        return;
    }
    gather(&g, first);
    bool lost = gone(&g);
    enum bw_rc rc = BW_OK;
    if (!lost && g.n_good > 0)
        rc = commit(&g, &err);
    rollback(&g); /* after a commit there is nothing to roll back */
    if (!g.again && (rc == BW_IO || (rc != BW_OK && g.n == 1)))
        fail_good(&g, &err);
    if (!g.again && ((!lost && (rc == BW_OK || rc == BW_IO)) || g.n == 1)) {
        committed(&g, rc == BW_OK && g.n_good > 0);
        return;
    }
    bw_log(BW_LOG_DEBUG, "db.group_again", BW_FI("members", (int64_t)g.n),
           BW_FZ("why", lost ? "rolled back by a member" : err.message),
           BW_FZ("detail", lost ? "" : err.detail));
    for (size_t i = 0; i < g.n; i++) {
        enum bw_rc one = run_single(e, g.members[i], &err);
        if (one == BW_IO && !e->lane.db) { /* it cannot be reached: the others need not wait too */
            struct group rest = {.engine = e, .n = g.n - i - 1};
            memcpy(rest.members, g.members + i + 1, rest.n * sizeof(rest.members[0]));
            for (size_t k = 0; k < rest.n; k++)
                rest.members[k]->rc = BW_OK; /* none of them has failed by itself */
            fail_good(&rest, &err);
            committed(&rest, false);
            return;
        }
    }
}

/* -- who leads --------------------------------------------------------------------------------- */

/* The lane is the caller's (l->busy); FIRST is out of the queue. */
static void lead(struct db_engine *e, struct lane_request *first)
{
    struct db_lane *l = &e->lane;
    in_lane = true;
    pthread_mutex_lock(&l->hooks_lock);
    run_group(e, first);
    pthread_mutex_unlock(&l->hooks_lock);
    in_lane = false;
    pthread_mutex_lock(&l->lock);
    l->busy = false;
    if (l->head)
        pthread_cond_signal(&l->wake);
    pthread_mutex_unlock(&l->lock);
}

static void *lane_main(void *arg)
{
    struct db_engine *e = arg;
    struct db_lane *l = &e->lane;
    for (;;) {
        pthread_mutex_lock(&l->lock);
        while ((!l->head || l->busy) && !l->stop)
            pthread_cond_wait(&l->wake, &l->lock);
        struct lane_request *first = take(l);
        l->busy = first != NULL;
        pthread_mutex_unlock(&l->lock);
        if (!first)
            return NULL;
        lead(e, first);
    }
}

static bool may_lead(void)
{
    static _Thread_local enum { UNKNOWN, YES, NO } may;
    if (may == UNKNOWN)
        may = getpriority(PRIO_PROCESS, 0) > 0 ? NO : YES; /* on Linux: of this thread */
    return may == YES;
}

/* -- the caller's side ------------------------------------------------------------------------- */

/* True: the caller leads. */
static bool enter(struct db_lane *l, struct lane_request *r)
{
    bool may = may_lead();
    pthread_mutex_lock(&l->lock);
    BW_ASSERT(l->started && !l->stop);
    r->leads = may && !l->busy && !l->head;
    if (r->leads) {
        l->busy = true;
    } else {
        if (l->tail)
            l->tail->next = r;
        else
            l->head = r;
        l->tail = r;
        if (!l->busy)
            pthread_cond_signal(&l->wake);
    }
    pthread_mutex_unlock(&l->lock);
    return r->leads;
}

enum bw_rc db_write(struct db_engine *e, db_write_fn fn, void *arg, struct bw_err *err)
{
    BW_ASSERT(!in_lane); /* a write function that calls db_write would wait for itself */
    BW_ASSERT(!db_thread_reads(e));
    if (e->read_only)
        return bw_fail(err, BW_IO, "the database was opened for reading only");
    struct lane_request r;
    r.fn = fn;
    r.arg = arg;
    r.next = NULL;
    r.rc = BW_OK;
    r.err.rc = BW_OK;
    atomic_init(&r.done, 0);
    if (enter(&e->lane, &r))
        lead(e, &r);
    else
        wait_done(&r);
    if (r.rc != BW_OK && err)
        *err = r.err;
    return r.rc;
}

bool db_in_tx(const struct db *db)
{
    return db->writer;
}

struct db *db_tx_db(struct db_tx *tx)
{
    return tx->db;
}

int64_t db_tx_now_us(const struct db_tx *tx)
{
    return tx->now_us;
}

void db_tx_as(struct db_tx *tx, const struct viewer *viewer)
{
    tx->viewer = viewer;
}

void db_engine_hooks(struct db_engine *e, const struct db_hooks *hooks)
{
    pthread_mutex_lock(&e->lane.hooks_lock);
    e->hooks = *hooks;
    pthread_mutex_unlock(&e->lane.hooks_lock);
}

/* -- starting and stopping --------------------------------------------------------------------- */

enum bw_rc db_lane_start(struct db_engine *e, struct bw_err *err)
{
    BW_TRY(db_thread_start(&e->lane.thread, lane_main, e, "db-lane", err));
    e->lane.started = true;
    return BW_OK;
}

void db_lane_stop(struct db_engine *e)
{
    if (!e->lane.started)
        return;
    pthread_mutex_lock(&e->lane.lock);
    e->lane.stop = true;
    pthread_cond_signal(&e->lane.wake);
    pthread_mutex_unlock(&e->lane.lock);
    pthread_join(e->lane.thread, NULL);
    e->lane.started = false;
}
