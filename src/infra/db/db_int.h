/* SPDX-License-Identifier: Apache-2.0 */
/* db_int - what the files of this folder share, whatever the engine.
 *
 *     db_engine.c     opening and closing, which driver, statistics
 *     db_session.c    sessions, their pool, snapshots
 *     db_stmt.c       statements: cache, binding, stepping, columns
 *     db_lex.c        words of a statement
 *     db_dialect.c    neutral words, and the rules that need the text of a statement
 *     db_migrate.c    schema steps
 *     db_lane.c       the write lane
 *     db_copy.c       moving a hub from one database to another
 *     db_sqlite*.c    the driver for SQLite, db_sqlite_int.h
 *     db_postgres*.c  the driver for PostgreSQL, db_postgres_int.h
 *
 * A driver is a table of functions; it embeds `struct db` and `struct db_stmt` at the head of its
 * own. What both engines have to do alike (cache, checks of text, lane, pool, migrations) is not in
 * the drivers. */
#ifndef DB_INT_H
#define DB_INT_H

#include "db.h"
#include <pthread.h>
#include <stdatomic.h>

#define DB_BUSY_MS 10000           /* waiting for another process's lock */
#define DB_CACHE_MAX 256           /* statements kept by one connection */
#define DB_CACHE_CHAINS 256        /* power of two */
#define DB_FAST_SLOTS 256          /* power of two */
#define DB_POOL_SLOTS 64           /* idle connections that wait for their thread */
#define DB_POOL_SPARE 16           /* and those that wait for any */
#define DB_GROUP_MAX 256           /* members of one group of the lane */
#define DB_GROUP_US 50000          /* no further member after this much work */
#define DB_TRIES_MAX 5             /* of a member that the engine asks to run again */
#define DB_SQL_MAX 65536           /* bytes of one statement */
#define DB_SCHEMA_MAX (1u << 20)   /* bytes of one migration */
#define DB_FULLTEXT_MAX (4u << 20) /* bytes of one document */
#define DB_NAME_MAX 64

#define DB_SAY_BROKEN "the hub made a mistake with its database"
#define DB_SAY_FULL "the disk is full: nothing was saved, try again when there is room"
#define DB_SAY_BUSY "the database is busy, try again in a moment"
#define DB_SAY_THERE "this is there already"
#define DB_SAY_TAKEN "another hub is running on %s: stop it first, a database is for one hub"
#define DB_SAY_SAME "the hub is in %s already: there is nothing to move"
#define DB_SAY_REFERS "what this refers to is not there any more, or this itself is still in use"

/* What a statement may do. */
enum db_mode {
    DB_OWN,   /* this folder's own statements, migrations: all */
    DB_QUERY, /* reads as a viewer, gated tables through their view */
    DB_PLAIN, /* reads what has no audience */
    DB_CHANGE /* writes */
};

struct db_stmt {
    struct db *db;
    const struct viewer *viewer;
    struct db_stmt *chain; /* next of the same hash */
    const char *literal;   /* whose address finds it; NULL: found by its text alone */
    uint64_t hash, used;   /* used: the connection's tick at the last use */
    enum db_mode mode;
    bool ungated;    /* driver->gates_in_text: prepared for a viewer that sees everything */
    enum bw_rc rc;   /* failure kept by a bind, or of the run; sticky until db_again */
    const char *why; /* static text for rc of a bind */
    int why_at;
    bool cached, in_use, running, finished;
    int64_t changes;
    size_t n;
    char *text; /* as the caller wrote it; behind the driver's part */
};

struct db {
    struct db_engine *engine;
    bool writer;   /* the lane's connection */
    bool snapshot; /* a read transaction is open */
    bool lost;     /* the connection is gone: not back to the pool */
    bool again;    /* the engine asks to run the transaction again (two waited for each other) */
    _Atomic unsigned snapshot_thread; /* who opened it; 0: none is open */
    bool spoiled;        /* the lane's: a statement failed, so the write function has to */
    unsigned in_use;     /* statements not freed */
    struct bw_err *late; /* the lane's: where a failure goes that no call is left to return */
    struct db_stmt *fast[DB_FAST_SLOTS], *chains[DB_CACHE_CHAINS];
    unsigned n_cached;
    uint64_t tick;
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
    bool leads;            /* the caller runs the group: it does not sleep */
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
    bool stop, busy; /* busy: somebody leads; db and last_us are the leader's */
    struct db *db;
    int64_t last_us;
};

struct db_engine {
    const struct db_driver *driver;
    void *part; /* the driver's own */
    char *url;
    db_reach_fn reach;
    db_reach_list_fn reach_list;
    db_codes_fn codes;
    const char *grants;
    char place[256];
    bool read_only, alone;
    struct db_hooks hooks;
    char (*gates)[DB_NAME_MAX]; /* names of gated tables; set before threads start */
    size_t n_gates;
    unsigned connections_max;
    pthread_mutex_t pool_lock;
    struct db *all, *spare;
    unsigned n_all, n_spare;
    _Atomic(struct db *) slots[DB_POOL_SLOTS];
    struct db_lane lane;
    _Atomic bool taken;      /* by another hub, while the connection was lost */
    _Atomic int64_t away_us; /* since when nobody could connect; 0: it is there */
    _Atomic int64_t writes, groups, reruns, group_max, statements, commit_us;
};

/* Moving a hub (db_copy.c). */
enum copy_kind { COPY_INT, COPY_REAL, COPY_TEXT, COPY_BYTES };
struct copy_column {
    char name[DB_NAME_MAX];
    enum copy_kind kind;
};
typedef enum bw_rc (*copy_row_fn)(void *arg, const struct db_stmt *st, struct bw_err *err);
typedef enum bw_rc (*copy_text_fn)(void *arg, int64_t id, struct bw_view text, struct bw_err *err);

/* Functions return BW_OK or fail with ERR filled, unless said otherwise. */
struct db_driver {
    const char *name;
    size_t db_size, stmt_size;   /* of the structs that embed db and db_stmt */
    bool gates_in_text;          /* a statement is prepared apart for who sees everything */
    bool waits;                  /* statements wait for another process: not for event loops */
    const char *const *spelling; /* of enum db_word, see db_dialect.c */

    /* Looks at what is there without changing it, makes what is missing. */
    enum bw_rc (*open)(struct db_engine *e, const struct db_options *o, struct bw_err *err);
    /* Behind the migrations: gates, threads of its own. */
    enum bw_rc (*start)(struct db_engine *e, struct bw_err *err);
    void (*stop)(struct db_engine *e);  /* its threads; NULL-safe at every stage */
    void (*close)(struct db_engine *e); /* after the last connection */

    enum bw_rc (*connect)(struct db *db, struct bw_err *err);
    void (*disconnect)(struct db *db);
    enum bw_rc (*begin_read)(struct db *db, struct bw_err *err);
    bool (*end_read)(struct db *db); /* false: not back to the pool */
    bool (*idle_ok)(struct db *db);  /* out of the pool: is it still alive? NULL: always */

    /* The lane. begin_write gives the time of the last group that was committed. */
    enum bw_rc (*begin_write)(struct db *db, int64_t *ret_last_us, struct bw_err *err);
    enum bw_rc (*save)(struct db *db, struct bw_err *err);    /* a member begins */
    enum bw_rc (*release)(struct db *db, struct bw_err *err); /* and stays */
    enum bw_rc (*undo)(struct db *db, struct bw_err *err);    /* or goes */
    bool (*changed)(struct db *db); /* has anything been written since begin_write? */
    /* Durable when BW_OK. NOW_US is written as the group's time where it is not 0. */
    enum bw_rc (*commit)(struct db *db, int64_t now_us, struct bw_err *err);
    void (*rollback)(struct db *db);
    bool (*gone)(const struct db *db); /* the transaction is not open (any more) */

    enum bw_rc (*prepare)(struct db_stmt *st, struct bw_err *err);
    void (*finalize)(struct db_stmt *st);
    /* BW_OK: a row; BW_NOT_FOUND: no more, st->changes is set. */
    enum bw_rc (*step)(struct db_stmt *st, struct bw_err *err);
    /* A change that nobody waits for; NULL: step. A failure comes out as db->late. */
    enum bw_rc (*post)(struct db_stmt *st, struct bw_err *err);
    int64_t (*posted_id)(const struct db_stmt *st);              /* that the row got; beside post */
    enum bw_rc (*reset)(struct db_stmt *st, struct bw_err *err); /* a late failure */
    void (*unbind)(struct db_stmt *st);
    /* Failures are kept by db_bind_keep(). */
    void (*bind_int)(struct db_stmt *st, int at, int64_t v);
    void (*bind_real)(struct db_stmt *st, int at, double v);
    void (*bind_text)(struct db_stmt *st, int at, struct bw_view v);
    void (*bind_bytes)(struct db_stmt *st, int at, struct bw_view v);
    void (*bind_null)(struct db_stmt *st, int at);
    int64_t (*column_int)(const struct db_stmt *st, int column);
    double (*column_real)(const struct db_stmt *st, int column);
    struct bw_view (*column_bytes)(const struct db_stmt *st, int column);
    bool (*column_null)(const struct db_stmt *st, int column);

    enum bw_rc (*fulltext_put)(struct db *db, const char *name, int64_t id, struct bw_view folded,
                               struct bw_err *err);
    enum bw_rc (*fulltext_drop)(struct db *db, const char *name, int64_t id, struct bw_err *err);

    /* Migrations. `script` runs what db_dialect() made of a step, inside a transaction. */
    enum bw_rc (*migrating)(struct db *db, bool on, struct bw_err *err);
    enum bw_rc (*begin_step)(struct db *db, struct bw_err *err);
    enum bw_rc (*end_step)(struct db *db, struct bw_err *err); /* commits */
    enum bw_rc (*has_schema)(struct db *db, bool *ret, struct bw_err *err);
    enum bw_rc (*make_schema)(struct db *db, struct bw_err *err);
    enum bw_rc (*script)(struct db *db, const char *sql, struct bw_err *err);
    enum bw_rc (*check_step)(struct db *db, const char *name, struct bw_err *err);
    enum bw_rc (*integrity)(struct db_engine *e, struct bw_err *err);
    enum bw_rc (*analyze)(struct db_engine *e, struct bw_err *err); /* NULL: needs none */
    enum bw_rc (*size)(struct db_engine *e, int64_t *ret_bytes, struct bw_err *err);

    /* Moving. SQL: table, column, enum copy_kind of all tables but what the engine or a migration
     * keeps for itself (lane_clock, migration, indexes of full text), in the order of their making.
     */
    const char *copy_tables;
    const char *fulltext_names; /* SQL: name */
    const char *id_counters;    /* SQL: table, the id given last */
    const char *(*copy_schema)(const struct db *db, const char *table); /* "" or "schema." */
    /* All rows of a query, without holding them all. */
    enum bw_rc (*copy_scan)(struct db *db, const char *sql, copy_row_fn fn, void *arg,
                            struct bw_err *err);
    enum bw_rc (*copy_open)(struct db *db, const char *table, const char *columns, size_t n,
                            void **ret_sink, struct bw_err *err);
    enum bw_rc (*copy_row)(struct db *db, void *sink, const struct db_stmt *row,
                           const struct copy_column *columns, size_t n, struct bw_err *err);
    /* RC: of the rows so far. Frees SINK; the rows are there when BW_OK comes back. */
    enum bw_rc (*copy_close)(struct db *db, void *sink, enum bw_rc rc, struct bw_err *err);
    enum bw_rc (*fulltext_each)(struct db *db, const char *name, copy_text_fn fn, void *arg,
                                struct bw_err *err);
    enum bw_rc (*id_set)(struct db *db, const char *table, int64_t last, struct bw_err *err);
};
extern const struct db_driver db_sqlite, db_postgres;

/* db_engine.c */
/* What came of connecting (RC, with its ERR): logs where it is other than before. Returns RC. */
enum bw_rc db_reached(struct db_engine *e, enum bw_rc rc, const struct bw_err *err);
enum bw_rc db_fail_io(struct bw_err *err, const char *what); /* what an armed fault point says */
/* pthread_create with all signals blocked and a name. */
enum bw_rc db_thread_start(pthread_t *t, void *(*run)(void *), void *arg, const char *name,
                           struct bw_err *err) BW_MUST_CHECK;
bool db_gated(const struct db_engine *e, const char *name, size_t n); /* ASCII case ignored */
enum bw_rc db_gate_add(struct db_engine *e, const char *name, struct bw_err *err) BW_MUST_CHECK;

/* db_session.c */
enum bw_rc db_connect(struct db_engine *e, bool writer, struct db **ret,
                      struct bw_err *err) BW_MUST_CHECK;
void db_disconnect(struct db *db);
void db_pool_empty(struct db_engine *e);
enum bw_rc db_snapshot(struct db *db, struct bw_err *err) BW_MUST_CHECK;
bool db_thread_reads(struct db_engine *e); /* this thread holds an open snapshot */

/* db_stmt.c */
/* LITERAL: SQL stays as it is and where it is for as long as the program runs. */
enum bw_rc db_prepare(struct db *db, enum db_mode mode, const struct viewer *viewer,
                      const char *sql, size_t n, bool literal, struct db_stmt **ret,
                      struct bw_err *err) BW_MUST_CHECK;
#define db_own(db, sql, ret, err) \
    db_prepare((db), DB_OWN, NULL, "" sql, sizeof(sql) - 1, true, (ret), (err))
/* Each % in PATTERN stands for NAME, which is a word of ours: checked. */
enum bw_rc db_prepare_named(struct db *db, const char *pattern, const char *name,
                            struct db_stmt **ret, struct bw_err *err) BW_MUST_CHECK;
void db_bind_keep(struct db_stmt *st, enum bw_rc rc, int at, const char *why);
void db_cache_empty(struct db *db);

/* db_dialect.c */
enum db_word {
    DB_WORD_ID,
    DB_WORD_INT,
    DB_WORD_REAL,
    DB_WORD_TEXT,
    DB_WORD_BYTES,
    DB_WORD_STRICT,
    DB_WORD_GATE,
    DB_WORD_FULLTEXT,
    DB_WORD_MATCH,
    DB_WORD_HITS,
    DB_WORD_REACHABLE,
    DB_WORDS
};
/* *ret NULL: TEXT needs no change; else heap. Checks what only the text tells, for MODE. SCHEMA: a
 * migration. */
enum bw_rc db_dialect(const struct db_engine *e, enum db_mode mode, bool schema,
                      struct bw_view text, char **ret, struct bw_err *err) BW_MUST_CHECK;

/* db_migrate.c */
enum bw_rc db_migrate(struct db_engine *e, struct db *db, const struct db_options *o,
                      struct bw_err *err) BW_MUST_CHECK;

/* db_lane.c */
enum bw_rc db_lane_start(struct db_engine *e, struct bw_err *err) BW_MUST_CHECK;
void db_lane_stop(struct db_engine *e);

#endif
