/* SPDX-License-Identifier: Apache-2.0 */
/* db_engine - opening and closing a database, statistics, integrity.
 *
 * A file is looked at before anything is written to it: one that is not ours, or that a newer
 * release has written, is left byte for byte as it was. A new file is made readable by its owner
 * only; SQLite gives its log the same mode. */
#include "bw_fault.h"
#include "db_int.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Memory statistics cost a mutex that all threads share at every allocation. */
static void configure_library(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* refused where somebody was here first: no harm */
    sqlite3_initialize();
}

static enum bw_rc check_url(const char *url, struct bw_err *err)
{
    struct bw_view v = bw_view_z(url);
    if (v.n == 0 || bw_view_is(v, ":memory:"))
        return bw_fail(err, BW_INVALID, "the database needs the path of a file");
    if (bw_view_starts(v, BW_V("postgres:")) || bw_view_starts(v, BW_V("postgresql:")))
        return bw_fail(err, BW_RESERVED, "PostgreSQL comes with a later release: use a file path");
    return BW_OK;
}

static enum bw_rc make_file(const struct db_options *o, struct bw_err *err)
{
    if (access(o->url, F_OK) == 0)
        return BW_OK;
    if (o->read_only)
        return bw_fail(err, BW_NOT_FOUND, "there is no database at %s", o->url);
    int fd = open(o->url, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno != EEXIST)
        return bw_fail_errno(err, o->url);
    if (fd >= 0)
        close(fd);
    return BW_OK;
}

/* Through SQLite and not by opening the file ourselves: closing a second descriptor would drop the
 * locks that this process holds on it (fcntl(2)). */
enum bw_rc db_check_ours(sqlite3 *c, const char *path, struct bw_err *err)
{
    int64_t id = 0, tables = 0;
    struct bw_err why;
    enum bw_rc rc = db_number(c, "PRAGMA application_id", &id, &why);
    if (rc == BW_OK)
        rc = db_number(c, "SELECT count(*) FROM sqlite_schema", &tables, &why);
    bool strange = (sqlite3_errcode(c) & 0xff) == SQLITE_NOTADB;
    if (rc == BW_OK)
        strange = id != DB_APPLICATION_ID && (id != 0 || tables != 0);
    if (strange)
        return bw_fail(err, BW_INVALID, "%s is not a Breakwater database", path);
    if (rc != BW_OK && err)
        *err = why;
    return rc;
}

static enum bw_rc use_log(sqlite3 *c, struct bw_err *err)
{
    sqlite3_stmt *s = NULL;
    int code = sqlite3_prepare_v2(c, "PRAGMA journal_mode = WAL", -1, &s, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(s);
    bool wal =
        code == SQLITE_ROW && bw_view_is(bw_view_z((const char *)sqlite3_column_text(s, 0)), "wal");
    enum bw_rc rc = BW_OK;
    if (code != SQLITE_ROW)
        rc = db_fail(c, code, "journal_mode", err);
    else if (!wal)
        rc = bw_fail(err, BW_IO, "the database's file system does not support its log (WAL)");
    sqlite3_finalize(s);
    return rc;
}

static enum bw_rc open_in(struct db_engine *e, const struct db_options *o, struct bw_err *err)
{
    BW_TRY(make_file(o, err));
    struct db *db = NULL;
    BW_TRY(db_connect(e, true, &db, err));
    e->lane.db = db;
    if (!e->read_only)
        BW_TRY(use_log(db->c, err));
    BW_TRY(db_migrate(e, db, o, err));
    BW_TRY(db_gates_load(e, db->c, err));
    if (e->read_only)
        return BW_OK;
    BW_TRY(db_check_start(e, err));
    return db_lane_start(e, err);
}

static void init_condition(pthread_cond_t *c)
{
    pthread_condattr_t a;
    pthread_condattr_init(&a);
    pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
    pthread_cond_init(c, &a);
    pthread_condattr_destroy(&a);
}

enum bw_rc db_engine_open(const struct db_options *o, struct db_engine **ret, struct bw_err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure_library);
    BW_TRY(check_url(o->url, err));
    struct db_engine *e = bw_calloc(1, sizeof *e);
    if (!e)
        return bw_fail_memory(err);
    e->reach = o->reach;
    e->reach_list = o->reach_list;
    e->read_only = o->read_only;
    pthread_mutex_init(&e->pool_lock, NULL);
    pthread_mutex_init(&e->lane.lock, NULL);
    pthread_mutex_init(&e->lane.hooks_lock, NULL);
    pthread_mutex_init(&e->check.lock, NULL);
    init_condition(&e->lane.wake);
    init_condition(&e->check.wake);
    e->path = bw_strdup(o->url);
    enum bw_rc rc = e->path ? open_in(e, o, err) : bw_fail_memory(err);
    if (rc != BW_OK) {
        db_engine_close(e);
        return rc;
    }
    *ret = e;
    return BW_OK;
}

/* The last connection to go copies the log into the file and removes it: the lane's, which may
 * write. */
void db_engine_close(struct db_engine *e)
{
    if (!e)
        return;
    db_lane_stop(e);
    db_check_stop(e);
    db_pool_empty(e);
    db_disconnect(e->lane.db);
    BW_ASSERT(!e->all); /* a session outlived its engine */
    pthread_cond_destroy(&e->lane.wake);
    pthread_cond_destroy(&e->check.wake);
    pthread_mutex_destroy(&e->lane.lock);
    pthread_mutex_destroy(&e->lane.hooks_lock);
    pthread_mutex_destroy(&e->check.lock);
    pthread_mutex_destroy(&e->pool_lock);
    free(e->gates);
    free(e->path);
    free(e);
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

/* -- integrity --------------------------------------------------------------------------------- */

/* BW_BROKEN with the first row of a check that answers with what is wrong ("ok" is nothing). */
static enum bw_rc check_with(sqlite3 *c, const char *sql, struct bw_err *err)
{
    sqlite3_stmt *s = NULL;
    int code = sqlite3_prepare_v2(c, sql, -1, &s, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(s);
    enum bw_rc rc = BW_OK;
    struct bw_view said = BW_V("");
    if (code == SQLITE_ROW)
        said = bw_view_z((const char *)sqlite3_column_text(s, 0));
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        rc = db_fail(c, code, sql, err);
    else if (code == SQLITE_ROW && !bw_view_is(said, "ok"))
        rc = bw_fail_detail(err, BW_BROKEN,
                            "the database is damaged: the operator has to restore a backup",
                            "%s: %.*s", sql, BW_VF(bw_view_head(said, 200)));
    sqlite3_finalize(s);
    return rc;
}

enum bw_rc db_integrity(struct db_engine *e, struct bw_err *err)
{
    struct db *db = NULL;
    BW_TRY(db_connect(e, false, &db, err));
    enum bw_rc rc = check_with(db->c, "PRAGMA integrity_check", err);
    if (rc == BW_OK)
        rc = check_with(db->c, "PRAGMA foreign_key_check", err);
    db_disconnect(db);
    return rc;
}
