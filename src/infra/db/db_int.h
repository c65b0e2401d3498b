/* SPDX-License-Identifier: Apache-2.0 */
/* db_int - what the files of this folder share.
 *
 *     db_sqlite.c    connections, their pool, sessions and snapshots, errors
 *     db_engine.c    opening and closing, statistics, integrity
 *     db_stmt.c      statements: cache, binding, stepping, columns
 *     db_gate.c      who reads: authorizer, reach(), reachable
 *     db_dialect.c   neutral words, and the rules that need the text of a statement
 *     db_migrate.c   schema steps
 *     db_lane.c      the write lane
 *     db_check.c     the checkpoint thread
 *     db_fulltext.c  full text */
#ifndef DB_INT_H
#define DB_INT_H

#include "db.h"
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#define DB_APPLICATION_ID 0x42574b52 /* "BWKR" in the file's header */
#define DB_BUSY_MS 10000             /* waiting for another process's lock */
#define DB_CACHE_MAX 256             /* statements kept by one connection */
#define DB_CACHE_CHAINS 256          /* power of two */
#define DB_FAST_SLOTS 256            /* power of two */
#define DB_MEMO 8        /* power of two: answers of reach() kept by a running statement */
#define DB_POOL_SLOTS 64 /* idle connections that wait for their thread */
#define DB_POOL_SPARE 16 /* and those that wait for any */
#define DB_CONNECTIONS_MAX 512
#define DB_GROUP_MAX 256           /* members of one group of the lane */
#define DB_GROUP_US 50000          /* no further member after this much work */
#define DB_SQL_MAX 65536           /* bytes of one statement */
#define DB_SCHEMA_MAX (1u << 20)   /* bytes of one migration */
#define DB_FULLTEXT_MAX (4u << 20) /* bytes of one document */
#define DB_NAME_MAX 64

/* What the authorizer lets a statement do. */
enum db_mode {
    DB_OWN,   /* this folder's own statements, migrations: all */
    DB_QUERY, /* reads as a viewer, gated tables through their view */
    DB_PLAIN, /* reads what has no audience */
    DB_CHANGE /* writes */
};

struct db_stmt {
    struct db *db;
    sqlite3_stmt *s;
    const struct viewer *viewer;
    struct db_stmt *chain; /* next of the same hash */
    const char *origin;    /* address of the literal: first guess only, the text is compared */
    uint64_t hash, used;   /* used: the connection's tick at the last use */
    enum db_mode mode;
    enum bw_rc rc;   /* failure kept by a bind, or of the run; sticky until db_again */
    const char *why; /* static text for rc of a bind */
    int why_at;
    bool cached, in_use, running, finished;
    int64_t changes;
    int64_t memo_audience[DB_MEMO];
    int8_t memo_answer[DB_MEMO]; /* -1: not asked yet */
    size_t n;
    char text[]; /* as the caller wrote it */
};

enum db_own {
    DB_OWN_COMMIT,
    DB_OWN_ROLLBACK,
    DB_OWN_BEGIN_READ,
    DB_OWN_BEGIN_WRITE,
    DB_OWN_SAVE,
    DB_OWN_RELEASE,
    DB_OWN_UNDO,
    DB_OWN_COUNT
};

struct db {
    struct db_engine *engine;
    sqlite3 *c;
    bool writer;                      /* the lane's connection */
    bool snapshot;                    /* a read transaction is open */
    _Atomic unsigned snapshot_thread; /* who opened it; 0: none is open */
    enum db_mode mode;                /* of the statement that is being prepared or stepped */
    struct db_stmt *current;
    char refusal[160];   /* what the authorizer said no to */
    unsigned in_use;     /* statements handed out */
    struct bw_err *late; /* the lane's: where a failure on resetting a statement goes */
    sqlite3_stmt *own[DB_OWN_COUNT];
    struct db_stmt *fast[DB_FAST_SLOTS], *chains[DB_CACHE_CHAINS];
    unsigned n_cached;
    uint64_t tick;
    void *squeeze, *unsqueeze; /* zstd contexts of the lane, made on first use */
    struct db *next_all, *prev_all, *next_spare;
};

struct db_tx {
    struct db *db;
    const struct viewer *viewer; /* of reads inside changes; NULL: refused */
    int64_t now_us;
};

struct lane_request {
    db_write_fn fn;
    void *arg;
    struct lane_request *next;
    enum bw_rc rc;
    _Atomic uint32_t done; /* futex */
    struct bw_err err;
};

struct db_lane {
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_mutex_t hooks_lock; /* held while a group runs, from its begin to its after_commit */
    pthread_cond_t wake;
    struct lane_request *head, *tail;
    bool stop;
    struct db *db;
    int64_t last_us;
};

struct db_check {
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop;
    sqlite3 *c;
    _Atomic int64_t wal_pages, passed_pages; /* in the log now; at the last checkpoint */
    _Atomic int64_t last_write_us;
};

struct db_engine {
    char *path;
    db_reach_fn reach;
    db_reach_list_fn reach_list;
    bool read_only;
    struct db_hooks hooks;
    char (*gates)[DB_NAME_MAX]; /* names of gated tables; set before threads start */
    size_t n_gates;
    pthread_mutex_t pool_lock;
    struct db *all, *spare;
    unsigned n_all, n_spare;
    _Atomic(struct db *) slots[DB_POOL_SLOTS];
    struct db_lane lane;
    struct db_check check;
    _Atomic int64_t writes, groups, reruns, group_max, statements, commit_us;
};

/* db_sqlite.c */
enum bw_rc db_connect(struct db_engine *e, bool writer, struct db **ret,
                      struct bw_err *err) BW_MUST_CHECK;
void db_disconnect(struct db *db);
void db_pool_empty(struct db_engine *e);
int db_own(struct db *db, enum db_own which); /* SQLite's code */
enum bw_rc db_fail(sqlite3 *c, int code, const char *what, struct bw_err *err);
enum bw_rc db_fail_io(struct bw_err *err, const char *what); /* what an armed fault point says */
enum bw_rc db_exec(sqlite3 *c, const char *sql, struct bw_err *err) BW_MUST_CHECK;
/* First column of the first row; 0 where there is none. */
enum bw_rc db_number(sqlite3 *c, const char *sql, int64_t *ret, struct bw_err *err) BW_MUST_CHECK;
enum bw_rc db_snapshot(struct db *db, struct bw_err *err) BW_MUST_CHECK;
bool db_thread_reads(struct db_engine *e); /* this thread holds an open snapshot */

/* db_engine.c */
enum bw_rc db_check_ours(sqlite3 *c, const char *path, struct bw_err *err) BW_MUST_CHECK;

/* db_stmt.c */
enum bw_rc db_prepare(struct db *db, enum db_mode mode, const char *sql, size_t n,
                      const char *origin, struct db_stmt **ret, struct bw_err *err) BW_MUST_CHECK;
void db_cache_empty(struct db *db);

/* db_gate.c */
enum bw_rc db_gates_load(struct db_engine *e, sqlite3 *c, struct bw_err *err) BW_MUST_CHECK;
bool db_gated(const struct db_engine *e, const char *name, size_t n); /* ASCII case ignored */
int db_gate_install(struct db *db); /* reach(), reachable, authorizer; SQLite's code */

/* db_dialect.c */
/* *ret NULL: TEXT needs no change; else heap. Checks what only the text tells, for MODE. */
enum bw_rc db_dialect(const struct db_engine *e, enum db_mode mode, struct bw_view text, char **ret,
                      struct bw_err *err) BW_MUST_CHECK;

/* db_fulltext.c */
void db_fulltext_done(struct db *db);

/* db_migrate.c */
enum bw_rc db_migrate(struct db_engine *e, struct db *db, const struct db_options *o,
                      struct bw_err *err) BW_MUST_CHECK;

/* db_lane.c, db_check.c */
enum bw_rc db_lane_start(struct db_engine *e, struct bw_err *err) BW_MUST_CHECK;
void db_lane_stop(struct db_engine *e);
enum bw_rc db_check_start(struct db_engine *e, struct bw_err *err) BW_MUST_CHECK;
void db_check_stop(struct db_engine *e);
int db_check_wrote(void *engine, sqlite3 *c, const char *name, int pages); /* SQLite's wal hook */
/* pthread_create with all signals blocked and a name. */
enum bw_rc db_thread_start(pthread_t *t, void *(*run)(void *), void *arg, const char *name,
                           struct bw_err *err) BW_MUST_CHECK;

#endif
