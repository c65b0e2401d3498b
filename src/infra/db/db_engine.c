/* SPDX-License-Identifier: Apache-2.0 */
/* db_engine - opening and closing a database, which driver it has, statistics. */
#include "bw_clock.h"
#include "bw_fault.h"
#include "bw_log.h"
#include "db_int.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

static const struct db_driver *driver_of(const char *url)
{
    struct bw_view v = bw_view_z(url);
    bool server =
        bw_view_starts(v, BW_V("postgres://")) || bw_view_starts(v, BW_V("postgresql://"));
    return server ? &db_postgres : &db_sqlite;
}

bool db_url_is_server(const char *url)
{
    return driver_of(url)->waits;
}

bool db_url_is_of(const char *url, const struct db_engine *e)
{
    struct stat a, b;
    return !e->driver->waits && !driver_of(url)->waits && stat(url, &a) == 0 &&
           stat(e->url, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* What is meant for a server, and would be taken for the name of a file. */
static bool nearly_server(struct bw_view v)
{
    static const char *const STARTS[] = {"postgres:", "postgresql:", "host=", "hostaddr=",
                                         "dbname=",   "service=",    "user=", "port="};
    for (size_t i = 0; i < BW_COUNT(STARTS); i++)
        if (bw_view_eq_nocase(bw_view_head(v, strlen(STARTS[i])), bw_view_z(STARTS[i])))
            return true;
    return bw_view_find(v, BW_V("://")) != SIZE_MAX;
}

static enum bw_rc check_url(const char *url, struct bw_err *err)
{
    struct bw_view v = bw_view_z(url);
    if (v.n == 0 || bw_view_is(v, ":memory:"))
        return bw_fail(err, BW_INVALID, "the database needs the path of a file");
    if (driver_of(url) == &db_sqlite && nearly_server(v))
        return bw_fail(err, BW_INVALID, /* it may hold a password: not repeated */
                       "this is no address of a database: give the path of a file, or"
                       " postgresql://user:password@host/name (two slashes; on this machine"
                       " postgresql:///name)");
    return BW_OK;
}

static enum bw_rc open_in(struct db_engine *e, const struct db_options *o, struct bw_err *err)
{
    BW_TRY(e->driver->open(e, o, err));
    BW_TRY(db_migrate(e, e->lane.db, o, err));
    BW_TRY(e->driver->start(e, err));
    return e->read_only ? BW_OK : db_lane_start(e, err);
}

enum bw_rc db_engine_open(const struct db_options *o, struct db_engine **ret, struct bw_err *err)
{
    BW_TRY(check_url(o->url, err));
    struct db_engine *e = bw_calloc(1, sizeof *e);
    if (!e)
        return bw_fail_memory(err);
    e->driver = driver_of(o->url);
    e->reach = o->reach;
    e->reach_list = o->reach_list;
    e->codes = o->codes;
    e->grants = o->grants;
    e->read_only = o->read_only;
    e->alone = o->alone && !o->read_only;
    snprintf(e->place, sizeof e->place, "%s", e->driver->waits ? "that database" : o->url);
    pthread_mutex_init(&e->pool_lock, NULL);
    pthread_mutex_init(&e->lane.lock, NULL);
    pthread_mutex_init(&e->lane.hooks_lock, NULL);
    pthread_cond_init(&e->lane.wake, NULL);
    e->url = bw_strdup(o->url);
    enum bw_rc rc = e->url ? open_in(e, o, err) : bw_fail_memory(err);
    if (rc != BW_OK) {
        db_engine_close(e);
        return rc;
    }
    *ret = e;
    return BW_OK;
}

/* On SQLite the last connection to go copies the log into the file and removes it: the lane's,
 * which may write. */
void db_engine_close(struct db_engine *e)
{
    if (!e)
        return;
    db_lane_stop(e);
    e->driver->stop(e);
    db_pool_empty(e);
    db_disconnect(e->lane.db);
    BW_ASSERT(!e->all); /* a session outlived its engine */
    e->driver->close(e);
    pthread_cond_destroy(&e->lane.wake);
    pthread_mutex_destroy(&e->lane.lock);
    pthread_mutex_destroy(&e->lane.hooks_lock);
    pthread_mutex_destroy(&e->pool_lock);
    free(e->gates);
    free(e->url);
    free(e);
}

const char *db_engine_name(const struct db_engine *e)
{
    return e->driver->name;
}

const char *db_engine_place(const struct db_engine *e)
{
    return e->place;
}

bool db_engine_away(const struct db_engine *e)
{
    return atomic_load_explicit(&e->away_us, memory_order_relaxed) != 0 ||
           atomic_load_explicit(&e->taken, memory_order_relaxed);
}

enum bw_rc db_reached(struct db_engine *e, enum bw_rc rc, const struct bw_err *err)
{
    int64_t since_us = atomic_load_explicit(&e->away_us, memory_order_relaxed);
    bool was_away = since_us != 0;
    if (was_away == (rc != BW_OK) ||
        !atomic_compare_exchange_strong(&e->away_us, &since_us, was_away ? 0 : bw_mono_us() | 1))
        return rc; /* known, or said by another thread at this moment */
    if (was_away)
        bw_log(BW_LOG_INFO, "db.back", BW_FZ("database", e->place),
               BW_FI("away_s", (bw_mono_us() - since_us) / BW_SECOND_US));
    else
        bw_log(BW_LOG_ERROR, "db.away", BW_FZ("database", e->place), BW_FZ("why", err->detail),
               BW_FZ("what", "requests that need it get 503 until it is back; it is tried again"));
    return rc;
}

bool db_engine_waits(const struct db_engine *e)
{
    return e->driver->waits;
}

enum bw_rc db_engine_size(struct db_engine *e, int64_t *ret_bytes, struct bw_err *err)
{
    return e->driver->size(e, ret_bytes, err);
}

void db_engine_stats(struct db_engine *e, struct db_stats *ret)
{
    *ret = (struct db_stats){
        .writes = atomic_load_explicit(&e->writes, memory_order_relaxed),
        .groups = atomic_load_explicit(&e->groups, memory_order_relaxed),
        .reruns = atomic_load_explicit(&e->reruns, memory_order_relaxed),
        .group_max = atomic_load_explicit(&e->group_max, memory_order_relaxed),
        .statements = atomic_load_explicit(&e->statements, memory_order_relaxed),
        .commit_us = atomic_load_explicit(&e->commit_us, memory_order_relaxed),
    };
}

enum bw_rc db_integrity(struct db_engine *e, struct bw_err *err)
{
    return e->driver->integrity(e, err);
}

enum bw_rc db_analyze(struct db_engine *e, struct bw_err *err)
{
    return e->driver->analyze ? e->driver->analyze(e, err) : BW_OK;
}

/* -- for the other files ----------------------------------------------------------------------- */

bool db_gated(const struct db_engine *e, const char *name, size_t n)
{
    for (size_t i = 0; i < e->n_gates; i++)
        if (bw_view_eq_nocase(bw_view_z(e->gates[i]), bw_view_of(name, n)))
            return true;
    return false;
}

enum bw_rc db_gate_add(struct db_engine *e, const char *name, struct bw_err *err)
{
    if (strlen(name) >= DB_NAME_MAX)
        return bw_fail_detail(err, BW_BROKEN, DB_SAY_BROKEN, "the name of table %s is too long",
                              name);
    char(*more)[DB_NAME_MAX] = bw_realloc(e->gates, (e->n_gates + 1) * sizeof *e->gates);
    if (!more)
        return bw_fail_memory(err);
    e->gates = more;
    snprintf(e->gates[e->n_gates++], DB_NAME_MAX, "%s", name);
    return BW_OK;
}

enum bw_rc db_fail_io(struct bw_err *err, const char *what)
{
    return bw_fail_detail(err, BW_IO,
                          "the database gave an error: nothing was saved; try again, and tell the"
                          " operator if it lasts",
                          "%s: fault point", what);
}

enum bw_rc db_thread_start(pthread_t *t, void *(*run)(void *), void *arg, const char *name,
                           struct bw_err *err)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals go to the main thread */
    int code = bw_fault("db.thread") ? EAGAIN : pthread_create(t, NULL, run, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code != 0)
        return bw_fail_detail(err, BW_IO, "the system gave no further thread", "%s: error %d", name,
                              code);
    pthread_setname_np(*t, name);
    return BW_OK;
}
