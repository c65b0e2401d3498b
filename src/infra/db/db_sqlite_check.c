/* SPDX-License-Identifier: Apache-2.0 */
/* db_sqlite_check - checkpoints, on a thread of their own.
 *
 * What the lane commits lies in the write-ahead log until a checkpoint copies it into the file.
 * Left to SQLite a writer does that in its own COMMIT, and all who wait for the lane wait for two
 * more fsyncs. Here a thread does it behind the lane: PASSIVE each CHECK_PAGES (nobody waits),
 * TRUNCATE when the lane has been idle (a small log, and what was erased is gone from it too) or
 * when the log has grown far because readers kept it from starting over. TRUNCATE holds the writer
 * off while it waits for readers, so it waits CHECK_WAIT_MS at most and tries again later. A
 * failure is logged; the log only grows, and the next turn tries again. */
#include "bw_clock.h"
#include "bw_fault.h"
#include "bw_log.h"
#include "db_sqlite_int.h"
#include <time.h>

#define CHECK_PAGES 2048        /* 8 MB of 4 KB pages between checkpoints */
#define CHECK_LARGE_PAGES 32768 /* 128 MB */
#define CHECK_WAIT_MS 50
#define CHECK_IDLE_US (2 * BW_SECOND_US)

int lite_check_wrote(void *engine, sqlite3 *c, const char *name, int pages)
{
    struct db_engine *e = engine;
    struct lite_check *k = e->part;
    int64_t passed = atomic_load_explicit(&k->passed_pages, memory_order_relaxed);
    if (pages < passed) { /* the log started over */
        passed = 0;
        atomic_store_explicit(&k->passed_pages, 0, memory_order_relaxed);
    }
    atomic_store_explicit(&k->last_write_us, bw_mono_us(), memory_order_relaxed);
    int64_t before = atomic_exchange_explicit(&k->wal_pages, pages, memory_order_relaxed);
    if (before == 0 || pages - passed >= CHECK_PAGES) {
        pthread_mutex_lock(&k->lock);
        pthread_cond_signal(&k->wake);
        pthread_mutex_unlock(&k->lock);
    }
    return SQLITE_OK;
}

static void checkpoint(struct db_engine *e, int mode)
{
    struct lite_check *k = e->part;
    int logged = 0, copied = 0;
    int64_t pages = atomic_load_explicit(&k->wal_pages, memory_order_relaxed);
    int code = bw_fault("db.checkpoint")
                   ? SQLITE_IOERR
                   : sqlite3_wal_checkpoint_v2(k->c, NULL, mode, &logged, &copied);
    if (code == SQLITE_OK && mode == SQLITE_CHECKPOINT_TRUNCATE) {
        atomic_store_explicit(&k->passed_pages, 0, memory_order_relaxed);
        /* unless the lane has written since */
        atomic_compare_exchange_strong_explicit(&k->wal_pages, &pages, 0, memory_order_relaxed,
                                                memory_order_relaxed);
    } else if (code == SQLITE_OK) {
        atomic_store_explicit(&k->passed_pages, logged, memory_order_relaxed);
    } else if (code != SQLITE_BUSY) {
        struct bw_err err;
        (void)lite_fail(k->c, code, "checkpoint", &err);
        bw_log_err(BW_LOG_WARN, "db.checkpoint", &err);
    }
}

static void turn(struct db_engine *e)
{
    struct lite_check *k = e->part;
    int64_t pages = atomic_load_explicit(&k->wal_pages, memory_order_relaxed);
    int64_t passed = atomic_load_explicit(&k->passed_pages, memory_order_relaxed);
    int64_t idle = bw_mono_us() - atomic_load_explicit(&k->last_write_us, memory_order_relaxed);
    if (pages > 0 && (idle > CHECK_IDLE_US || pages > CHECK_LARGE_PAGES))
        checkpoint(e, SQLITE_CHECKPOINT_TRUNCATE);
    else if (pages - passed >= CHECK_PAGES)
        checkpoint(e, SQLITE_CHECKPOINT_PASSIVE);
}

static void *check_main(void *arg)
{
    struct db_engine *e = arg;
    struct lite_check *k = e->part;
    pthread_mutex_lock(&k->lock);
    while (!k->stop) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += 1;
        if (atomic_load_explicit(&k->wal_pages, memory_order_relaxed) == 0)
            pthread_cond_wait(&k->wake, &k->lock); /* an idle hub is not woken */
        else
            pthread_cond_timedwait(&k->wake, &k->lock, &until);
        if (k->stop)
            break;
        pthread_mutex_unlock(&k->lock);
        turn(e);
        pthread_mutex_lock(&k->lock);
    }
    pthread_mutex_unlock(&k->lock);
    return NULL;
}

enum bw_rc lite_check_start(struct db_engine *e, struct bw_err *err)
{
    struct lite_check *k = e->part;
    int code = sqlite3_open_v2(e->url, &k->c, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_extended_result_codes(k->c, 1);
    if (code == SQLITE_OK)
        code = sqlite3_busy_timeout(k->c, CHECK_WAIT_MS);
    if (code != SQLITE_OK)
        return lite_fail(k->c, code, "open for checkpoints", err);
    BW_TRY(lite_exec(k->c, "PRAGMA synchronous = FULL; PRAGMA cache_size = -64;", err));
    BW_TRY(db_thread_start(&k->thread, check_main, e, "db-check", err));
    k->started = true;
    return BW_OK;
}

void lite_check_stop(struct db_engine *e)
{
    struct lite_check *k = e->part;
    if (k->started) {
        pthread_mutex_lock(&k->lock);
        k->stop = true;
        pthread_cond_signal(&k->wake);
        pthread_mutex_unlock(&k->lock);
        pthread_join(k->thread, NULL);
        k->started = false;
    }
    sqlite3_close(k->c);
    k->c = NULL;
}
