/* SPDX-License-Identifier: Apache-2.0 */
/* db_bare_sqlite - db_work's side on SQLite's own interface: one connection that reads and one that
 * writes, every statement prepared once, the settings of infra/db, and a reach() that does nothing
 * but ask. No errors are told apart, nothing is checked before it is bound. What the log holds is
 * copied back by SQLite itself, in the commit that makes it 2,048 pages long. */
#include "bw_clock.h"
#include "db_side.h"

#include <sqlite3.h>

enum statement {
#define X(name) ST_##name,
    EACH_STATEMENT(X)
#undef X
        ST_BEGIN_READ,
    ST_BEGIN_WRITE,
    ST_COMMIT,
    ST_SAVE,
    ST_RELEASE,
    STATEMENTS
};

static const char *const TEXT[STATEMENTS] = {
#define X(name) [ST_##name] = SQL_##name,
    EACH_STATEMENT(X)
#undef X
        [ST_BEGIN_READ] = "BEGIN DEFERRED",
    [ST_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [ST_COMMIT] = "COMMIT",
    [ST_SAVE] = "SAVEPOINT member",
    [ST_RELEASE] = "RELEASE member",
};

struct conn {
    sqlite3 *c;
    const struct viewer *viewer;
    sqlite3_stmt *st[STATEMENTS];
    int64_t now_us;
};

#define STMT sqlite3_stmt
#define USE_QUERY(conn, who, name, ret, err) \
    ((conn)->viewer = (who), *(ret) = (conn)->st[ST_##name], BW_OK)
#define USE_PLAIN(conn, name, ret, err) (*(ret) = (conn)->st[ST_##name], BW_OK)
#define USE_CHANGE(conn, name, ret, err) (*(ret) = (conn)->st[ST_##name], BW_OK)
#define q_int sqlite3_bind_int64
#define q_null sqlite3_bind_null
#define q_again sqlite3_reset
#define q_done sqlite3_reset
#define q_get_int sqlite3_column_int64

static inline void q_text(sqlite3_stmt *st, int at, struct bw_view v)
{
    sqlite3_bind_text64(st, at, v.p, v.n, SQLITE_STATIC, SQLITE_UTF8);
}

static inline void q_bytes(sqlite3_stmt *st, int at, struct bw_view v)
{
    sqlite3_bind_blob64(st, at, v.p, v.n, SQLITE_STATIC);
}

static inline struct bw_view q_get(sqlite3_stmt *st, int column)
{
    const void *p = sqlite3_column_blob(st, column);
    return bw_view_of(p, (size_t)sqlite3_column_bytes(st, column));
}

static enum bw_rc failed(sqlite3_stmt *st, struct bw_err *err)
{
    return bw_fail(err, BW_IO, "%s: %s", sqlite3_sql(st), sqlite3_errmsg(sqlite3_db_handle(st)));
}

static inline enum bw_rc q_row(sqlite3_stmt *st, struct bw_err *err)
{
    int code = sqlite3_step(st);
    return code == SQLITE_ROW ? BW_OK : code == SQLITE_DONE ? BW_NOT_FOUND : failed(st, err);
}

static inline enum bw_rc q_run(sqlite3_stmt *st, struct bw_err *err)
{
    return sqlite3_step(st) == SQLITE_DONE ? BW_OK : failed(st, err);
}

#define q_post q_run

static inline int64_t conn_now(const struct conn *c)
{
    return c->now_us;
}

#include "db_ops.h"
#include "db_ops_write.h"

static struct conn reader, writer;

static void reach(sqlite3_context *cx, int n, sqlite3_value **v)
{
    const struct conn *c = sqlite3_user_data(cx);
    sqlite3_result_int(cx, work_reach(c->viewer, sqlite3_value_int64(v[0])));
}

static enum bw_rc exec(struct conn *c, const char *sql, struct bw_err *err)
{
    char *why = NULL;
    if (sqlite3_exec(c->c, sql, NULL, NULL, &why) == SQLITE_OK)
        return BW_OK;
    return bw_fail(err, BW_IO, "%.60s: %s", sql, why ? why : "failed");
}

static enum bw_rc run_own(struct conn *c, enum statement which, struct bw_err *err)
{
    enum bw_rc rc = q_run(c->st[which], err);
    sqlite3_reset(c->st[which]);
    return rc;
}

static enum bw_rc connect_one(struct conn *c, const char *url, const char *setup,
                              struct bw_err *err)
{
    if (sqlite3_open_v2(url, &c->c,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK ||
        sqlite3_create_function_v2(c->c, "reach", 1, SQLITE_UTF8 | SQLITE_INNOCUOUS, c, reach, NULL,
                                   NULL, NULL) != SQLITE_OK)
        return bw_fail(err, BW_IO, "cannot open %s", url);
    return exec(c, setup, err);
}

static enum bw_rc prepare_all(struct conn *c, struct bw_err *err)
{
    for (int i = 0; i < STATEMENTS; i++)
        if (sqlite3_prepare_v3(c->c, TEXT[i], -1, SQLITE_PREPARE_PERSISTENT, &c->st[i], NULL) !=
            SQLITE_OK)
            return bw_fail(err, BW_IO, "%s: %s", TEXT[i], sqlite3_errmsg(c->c));
    return BW_OK;
}

static enum bw_rc make_schema(struct conn *c, const char *text, struct bw_err *err)
{
    static const struct spelling words[] = {
        {"id", "INTEGER PRIMARY KEY AUTOINCREMENT"},
        {"int", "INTEGER"},
        {"text", "TEXT"},
        {"bytes", "BLOB"},
        {"strict", "STRICT"},
        {"gate", "CREATE VIEW v_% AS SELECT * FROM % WHERE reach(audience_id)"},
    };
    BW_AUTO_HEAP char *sql = work_spell(text, words, BW_COUNT(words));
    return exec(c, sql, err);
}

/* The settings are those of infra/db's connections (db_sqlite.c). */
static enum bw_rc side_open(const char *url, struct bw_err *err)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_initialize();
    BW_TRY(connect_one(&writer, url,
                       "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                       "PRAGMA cache_size = -16000; PRAGMA mmap_size = 0;"
                       "PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;"
                       "PRAGMA temp_store = MEMORY; PRAGMA recursive_triggers = ON;"
                       "PRAGMA wal_autocheckpoint = 2048",
                       err));
    BW_TRY(make_schema(&writer, WORK_BASE, err));
    BW_TRY(make_schema(&writer, WORK_SCHEMA, err));
    BW_TRY(prepare_all(&writer, err));
    BW_TRY(connect_one(&reader, url,
                       "PRAGMA cache_size = -2000; PRAGMA mmap_size = 1073741824;"
                       "PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;"
                       "PRAGMA temp_store = MEMORY; PRAGMA recursive_triggers = ON;"
                       "PRAGMA query_only = ON",
                       err));
    return prepare_all(&reader, err);
}

static void side_close(void)
{
    struct conn *both[] = {&reader, &writer};
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < STATEMENTS; i++)
            sqlite3_finalize(both[k]->st[i]);
        sqlite3_close(both[k]->c);
    }
}

static enum bw_rc side_points(struct work *w, uint64_t seed, size_t n, size_t each,
                              struct bw_err *err)
{
    for (size_t i = 0; i < n; i += each) {
        BW_TRY(run_own(&reader, ST_BEGIN_READ, err));
        for (size_t k = 0; k < each; k++)
            BW_TRY(op_point(&reader, w, seed + i + k, err));
        BW_TRY(run_own(&reader, ST_COMMIT, err));
    }
    return BW_OK;
}

static enum bw_rc side_pages(struct work *w, uint64_t seed, size_t n, struct bw_err *err)
{
    for (size_t i = 0; i < n; i++) {
        BW_TRY(run_own(&reader, ST_BEGIN_READ, err));
        BW_TRY(op_page(&reader, w, seed + i, err));
        BW_TRY(run_own(&reader, ST_COMMIT, err));
    }
    return BW_OK;
}

/* -- writing ----------------------------------------------------------------------------------- */

static enum bw_rc begin(struct conn *c, struct bw_err *err)
{
    BW_TRY(run_own(c, ST_BEGIN_WRITE, err));
    BW_TRY(q_row(c->st[ST_CLOCK_READ], err));
    int64_t last = q_get_int(c->st[ST_CLOCK_READ], 0), now = bw_now_us();
    sqlite3_reset(c->st[ST_CLOCK_READ]);
    c->now_us = now > last ? now : last + 1;
    return BW_OK;
}

/* The clock is written where anything was. */
static enum bw_rc commit(struct conn *c, bool wrote, struct bw_err *err)
{
    BW_TRY(op_sequence(c, err));
    sqlite3_bind_int64(c->st[ST_CLOCK_WRITE], 1, c->now_us);
    if (wrote)
        BW_TRY(run_own(c, ST_CLOCK_WRITE, err));
    return run_own(c, ST_COMMIT, err);
}

static enum bw_rc side_publish(struct work *w, const struct item *list, size_t n, size_t group,
                               struct done *ret, struct bw_err *err)
{
    ret->groups = 0;
    group = group ? group : n;
    for (size_t i = 0; i < n; i += group) {
        BW_TRY(begin(&writer, err));
        for (size_t k = i; k < i + group && k < n; k++) {
            BW_TRY(run_own(&writer, ST_SAVE, err));
            BW_TRY(op_publish(&writer, &list[k], err));
            BW_TRY(run_own(&writer, ST_RELEASE, err));
        }
        BW_TRY(commit(&writer, list[i].number != 0, err));
        ret->groups++;
    }
    return BW_OK;
}

static enum bw_rc side_import(struct work *w, const struct batch *list, size_t n,
                              struct bw_err *err)
{
    for (size_t i = 0; i < n; i++) {
        BW_TRY(begin(&writer, err));
        BW_TRY(run_own(&writer, ST_SAVE, err));
        BW_TRY(op_import(&writer, &list[i], err));
        BW_TRY(run_own(&writer, ST_RELEASE, err));
        BW_TRY(commit(&writer, true, err));
    }
    return BW_OK;
}

static enum bw_rc side_audiences(struct work *w, const struct audience *list, size_t n,
                                 struct bw_err *err)
{
    int64_t id;
    BW_TRY(begin(&writer, err));
    for (size_t i = 0; i < n; i++)
        BW_TRY(op_audience(&writer, &list[i], &id, err));
    return commit(&writer, true, err);
}

static enum bw_rc side_settle(struct bw_err *err)
{
    return exec(&writer, "PRAGMA wal_checkpoint(TRUNCATE)", err);
}

const struct side side_bare_sqlite = {"bare_sqlite", side_open,      side_close,
                                      side_points,   side_pages,     side_publish,
                                      side_import,   side_audiences, side_settle};
