/* SPDX-License-Identifier: Apache-2.0 */
/* db_session - connections, their pool, and sessions with a snapshot.
 *
 * Pool: a session is opened for every request, so an idle connection waits in a slot that belongs
 * to the threads of one number (no lock, warm cache), or in a short list for any thread. A
 * connection belongs to one thread at a time, and the pool's atomics order the hand-over.
 *
 * Snapshot: begins at the first row that is asked for, ends at db_close. Sessions that read nothing
 * cost nothing, and no read transaction starts before its statement is ready. */
#include "bw_fault.h"
#include "db_int.h"

/* -- connections ------------------------------------------------------------------------------- */

/* Counts first, so that more than the database allows are never asked for. */
static enum bw_rc take_place(struct db_engine *e, struct db *db, struct bw_err *err)
{
    pthread_mutex_lock(&e->pool_lock);
    bool full = !db->writer && e->n_all >= e->connections_max;
    if (!full) {
        e->n_all++;
        db->next_all = e->all;
        if (e->all)
            e->all->prev_all = db;
        e->all = db;
    }
    pthread_mutex_unlock(&e->pool_lock);
    if (full)
        return bw_fail(err, BW_BUSY, "too many requests at a time, try again in a moment");
    return BW_OK;
}

enum bw_rc db_connect(struct db_engine *e, bool writer, struct db **ret, struct bw_err *err)
{
    struct db *db = bw_calloc(1, e->driver->db_size);
    if (!db)
        return bw_fail_memory(err);
    db->engine = e;
    db->writer = writer;
    enum bw_rc rc = take_place(e, db, err);
    if (rc != BW_OK) {
        free(db);
        return rc;
    }
    rc = e->driver->connect(db, err);
    if (rc != BW_OK) {
        db_disconnect(db);
        return rc;
    }
    *ret = db;
    return BW_OK;
}

void db_disconnect(struct db *db)
{
    if (!db)
        return;
    struct db_engine *e = db->engine;
    db_cache_empty(db);
    e->driver->disconnect(db);
    pthread_mutex_lock(&e->pool_lock);
    e->n_all--;
    if (db->prev_all)
        db->prev_all->next_all = db->next_all;
    else
        e->all = db->next_all;
    if (db->next_all)
        db->next_all->prev_all = db->prev_all;
    pthread_mutex_unlock(&e->pool_lock);
    free(db);
}

/* -- the pool ---------------------------------------------------------------------------------- */

static unsigned thread_number(void) /* from 1; gettid() would be a system call each time */
{
    static _Atomic unsigned threads;
    static _Thread_local unsigned mine;
    if (mine == 0)
        mine = atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) + 1;
    return mine;
}

static unsigned thread_slot(void)
{
    return thread_number() % DB_POOL_SLOTS;
}

static struct db *pool_take(struct db_engine *e)
{
    struct db *db = atomic_exchange_explicit(&e->slots[thread_slot()], NULL, memory_order_acquire);
    if (db)
        return db;
    pthread_mutex_lock(&e->pool_lock);
    db = e->spare;
    if (db) {
        e->spare = db->next_spare;
        e->n_spare--;
    }
    pthread_mutex_unlock(&e->pool_lock);
    return db;
}

/* Where the database allows few connections, one that waits in another thread's slot is better
 * than a refusal. */
static struct db *pool_steal(struct db_engine *e)
{
    struct db *db = NULL;
    for (size_t i = 0; i < DB_POOL_SLOTS && !db; i++)
        db = atomic_exchange_explicit(&e->slots[i], NULL, memory_order_acquire);
    return db;
}

static void pool_give(struct db *db)
{
    struct db_engine *e = db->engine;
    struct db *none = NULL;
    if (atomic_compare_exchange_strong_explicit(&e->slots[thread_slot()], &none, db,
                                                memory_order_release, memory_order_relaxed))
        return;
    pthread_mutex_lock(&e->pool_lock);
    bool keep = e->n_spare < DB_POOL_SPARE;
    if (keep) {
        db->next_spare = e->spare;
        e->spare = db;
        e->n_spare++;
    }
    pthread_mutex_unlock(&e->pool_lock);
    if (!keep)
        db_disconnect(db);
}

void db_pool_empty(struct db_engine *e)
{
    for (size_t i = 0; i < DB_POOL_SLOTS; i++)
        db_disconnect(atomic_exchange_explicit(&e->slots[i], NULL, memory_order_acquire));
    while (e->spare) {
        struct db *db = e->spare;
        e->spare = db->next_spare;
        db_disconnect(db);
    }
    e->n_spare = 0;
}

/* -- sessions ---------------------------------------------------------------------------------- */

/* One out of the pool that can be used; those that cannot are closed. */
static struct db *alive(struct db_engine *e, struct db *(*take)(struct db_engine *))
{
    struct db *db = take(e);
    while (db && e->driver->idle_ok && !e->driver->idle_ok(db)) {
        db_disconnect(db);
        db = take(e);
    }
    return db;
}

enum bw_rc db_open(struct db_engine *e, struct db **ret, struct bw_err *err)
{
    if (bw_fault("db.open"))
        return db_fail_io(err, "db.open");
    struct db *db = alive(e, pool_take);
    if (!db) {
        enum bw_rc rc = db_connect(e, false, &db, err);
        if (rc == BW_BUSY && (db = alive(e, pool_steal)))
            rc = BW_OK;
        else if (rc == BW_BUSY) /* those that were dead have made room */
            rc = db_connect(e, false, &db, err);
        BW_TRY(rc);
    }
    *ret = db;
    return BW_OK;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    BW_ASSERT(!db->writer);     /* db_tx_db is borrowed */
    BW_ASSERT(db->in_use == 0); /* a statement outlived its session */
    bool sound = true;
    if (db->snapshot) {
        sound = db->engine->driver->end_read(db);
        db->snapshot = false;
        atomic_store_explicit(&db->snapshot_thread, 0, memory_order_relaxed);
    }
    if (sound && !db->lost)
        pool_give(db);
    else
        db_disconnect(db);
}

struct db_engine *db_engine_of(struct db *db)
{
    return db->engine;
}

enum bw_rc db_snapshot(struct db *db, struct bw_err *err)
{
    if (bw_fault("db.begin"))
        return db_fail_io(err, "db.begin");
    BW_TRY(db->engine->driver->begin_read(db, err));
    db->snapshot = true;
    atomic_store_explicit(&db->snapshot_thread, thread_number(), memory_order_relaxed);
    return BW_OK;
}

bool db_thread_reads(struct db_engine *e)
{
    unsigned me = thread_number();
    bool reads = false;
    pthread_mutex_lock(&e->pool_lock);
    for (struct db *db = e->all; db && !reads; db = db->next_all)
        reads = atomic_load_explicit(&db->snapshot_thread, memory_order_relaxed) == me;
    pthread_mutex_unlock(&e->pool_lock);
    return reads;
}
