/* SPDX-License-Identifier: Apache-2.0 */
/* db_sqlite_int - what the files of the SQLite driver share.
 *
 *     db_sqlite.c           the driver's table, connections, transactions, errors, the file
 *     db_sqlite_stmt.c      statements
 *     db_sqlite_gate.c      who reads: authorizer, reach(), reachable
 *     db_sqlite_check.c     the checkpoint thread
 *     db_sqlite_fulltext.c  full text
 *     db_sqlite_copy.c      moving a hub */
#ifndef DB_SQLITE_INT_H
#define DB_SQLITE_INT_H

#include "db_int.h"
#include <sqlite3.h>

#define LITE_APPLICATION_ID 0x42574b52 /* "BWKR" in the file's header */
#define LITE_CONNECTIONS_MAX 512
#define LITE_MEMO 8 /* power of two: answers of reach() kept by a running statement */

enum lite_own {
    LITE_COMMIT,
    LITE_ROLLBACK,
    LITE_BEGIN_READ,
    LITE_BEGIN_WRITE,
    LITE_SAVE,
    LITE_RELEASE,
    LITE_UNDO,
    LITE_OWN_COUNT
};

struct lite {
    struct db base;
    sqlite3 *c;
    enum db_mode mode; /* of the statement that is being prepared or stepped */
    struct lite_stmt *current;
    char refusal[256]; /* what the authorizer refused last */
    int changes_before;
    sqlite3_stmt *own[LITE_OWN_COUNT];
    void *squeeze, *unsqueeze; /* zstd contexts of the lane, made on first use */
};

struct lite_stmt {
    struct db_stmt base;
    sqlite3_stmt *s;
    int64_t memo_audience[LITE_MEMO];
    int8_t memo_answer[LITE_MEMO]; /* -1: not asked yet */
};

struct lite_check {
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop;
    sqlite3 *c;
    int alone_fd;                            /* the file, locked; -1: it is not */
    _Atomic int64_t wal_pages, passed_pages; /* in the log now; at the last checkpoint */
    _Atomic int64_t last_write_us;
};

static inline struct lite *lite_of(const struct db *db)
{
    return (struct lite *)(uintptr_t)db;
}

static inline struct lite_stmt *lite_stmt_of(const struct db_stmt *st)
{
    return (struct lite_stmt *)(uintptr_t)st;
}

/* db_sqlite.c */
int lite_own(struct lite *db, enum lite_own which); /* SQLite's code */
enum bw_rc lite_fail(sqlite3 *c, int code, const char *what, struct bw_err *err);
enum bw_rc lite_exec(sqlite3 *c, const char *sql, struct bw_err *err) BW_MUST_CHECK;
/* First column of the first row; 0 where there is none. */
enum bw_rc lite_number(sqlite3 *c, const char *sql, int64_t *ret, struct bw_err *err) BW_MUST_CHECK;

/* db_sqlite_stmt.c */
enum bw_rc lite_prepare(struct db_stmt *st, struct bw_err *err) BW_MUST_CHECK;
void lite_finalize(struct db_stmt *st);
enum bw_rc lite_step(struct db_stmt *st, struct bw_err *err);
enum bw_rc lite_reset(struct db_stmt *st, struct bw_err *err);
void lite_unbind(struct db_stmt *st);
void lite_bind_int(struct db_stmt *st, int at, int64_t v);
void lite_bind_real(struct db_stmt *st, int at, double v);
void lite_bind_text(struct db_stmt *st, int at, struct bw_view v);
void lite_bind_bytes(struct db_stmt *st, int at, struct bw_view v);
void lite_bind_null(struct db_stmt *st, int at);
int64_t lite_column_int(const struct db_stmt *st, int column);
double lite_column_real(const struct db_stmt *st, int column);
struct bw_view lite_column_bytes(const struct db_stmt *st, int column);
bool lite_column_null(const struct db_stmt *st, int column);

/* db_sqlite_gate.c */
enum bw_rc lite_gates_load(struct db_engine *e, sqlite3 *c, struct bw_err *err) BW_MUST_CHECK;
int lite_gate_install(struct lite *db); /* reach(), reachable, authorizer; SQLite's code */

/* db_sqlite_fulltext.c */
enum bw_rc lite_fulltext_put(struct db *db, const char *name, int64_t id, struct bw_view folded,
                             struct bw_err *err);
enum bw_rc lite_fulltext_drop(struct db *db, const char *name, int64_t id, struct bw_err *err);
void lite_fulltext_done(struct lite *db);

/* db_sqlite_check.c */
enum bw_rc lite_check_start(struct db_engine *e, struct bw_err *err) BW_MUST_CHECK;
void lite_check_stop(struct db_engine *e);
int lite_check_wrote(void *engine, sqlite3 *c, const char *name, int pages); /* SQLite's wal hook */

/* db_sqlite_copy.c */
extern const char lite_copy_tables[], lite_fulltext_names[], lite_id_counters[]; /* SQL */
const char *lite_copy_schema(const struct db *db, const char *table);
enum bw_rc lite_copy_scan(struct db *db, const char *sql, copy_row_fn fn, void *arg,
                          struct bw_err *err);
enum bw_rc lite_copy_open(struct db *db, const char *table, const char *columns, size_t n,
                          void **ret_sink, struct bw_err *err);
enum bw_rc lite_copy_row(struct db *db, void *sink, const struct db_stmt *row,
                         const struct copy_column *columns, size_t n, struct bw_err *err);
enum bw_rc lite_copy_close(struct db *db, void *sink, enum bw_rc rc, struct bw_err *err);
enum bw_rc lite_fulltext_each(struct db *db, const char *name, copy_text_fn fn, void *arg,
                              struct bw_err *err);
enum bw_rc lite_id_set(struct db *db, const char *table, int64_t last, struct bw_err *err);

#endif
