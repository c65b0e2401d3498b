/* SPDX-License-Identifier: Apache-2.0 */
/* db_postgres_int - what the files of the PostgreSQL driver share.
 *
 *     db_postgres.c           the driver's table, opening, schema, integrity
 *     db_postgres_alone.c     one hub for each database
 *     db_postgres_wire.c      connections, the pipeline, errors
 *     db_postgres_tx.c        transactions, ids
 *     db_postgres_stmt.c      statements
 *     db_postgres_sql.c       a statement's text as PostgreSQL takes it: gates, parameters, ids
 *     db_postgres_fulltext.c  full text
 *     db_postgres_copy.c      moving a hub
 *
 * Two schemas: `breakwater` on the search path, and `breakwater_gated`, which is not, for the
 * tables that have a v_ view: a statement that names such a table does not find it. See
 * docs/decisions/0006-one-writer-on-both-engines.md and 0007-gates-in-the-statement.md. */
#ifndef DB_POSTGRES_INT_H
#define DB_POSTGRES_INT_H

#include "bw_buf.h"
#include "db_int.h"
#include <libpq-fe.h>

#define PG_CONNECTIONS_MAX 32 /* of one hub; a server allows 100 unless told otherwise */
#define PG_PENDING_MAX 64     /* commands whose answers nobody has read yet */
#define PG_PENDING_BYTES (1 << 20)
#define PG_ANSWER_MS 30000 /* silence of the server, then the connection is given up */
#define PG_PARAMS_MAX 64
#define PG_CODES_MAX (1 << 16) /* grants of one viewer */
#define PG_DEAD_MAX 32
#define PG_TABLES_MAX 128
#define PG_LOCK "SELECT pg_advisory_xact_lock(1114793313)" /* "Brea": one writer at a time */

/* Types that the wire tells by number: pg_type.dat, which never changes these. */
enum pg_type {
    PG_BOOL = 16,
    PG_BYTEA = 17,
    PG_INT8 = 20,
    PG_INT2 = 21,
    PG_INT4 = 23,
    PG_TEXT = 25,
    PG_FLOAT4 = 700,
    PG_FLOAT8 = 701,
    PG_INT8_ARRAY = 1016,
    PG_TEXT_ARRAY = 1009,
    PG_NUMERIC = 1700
};

/* Ids are given by the lane, not by a sequence: a sequence leaves gaps where a write is undone, and
 * then two hubs that did the same would have other ids and another ledger. */
struct pg_table {
    char name[DB_NAME_MAX];
    int64_t last, saved, stored; /* given last; at the member's begin; in id_counter */
};

struct pg_part {
    struct pg_table tables[PG_TABLES_MAX];
    size_t n_tables;
    int64_t known_us; /* the group after which `last` was right; another writer makes it wrong */
    struct pg_words *words;
    bool had_alone; /* the lane's: it held the lock once */
};

struct pg {
    struct db base;
    PGconn *c;
    bool in_tx, changed;
    bool owed;        /* the answer to the last COMMIT has not been read */
    bool posted;      /* a change is among what is pending */
    bool writes;      /* what only a writer sends is prepared */
    unsigned pending; /* commands since the last sync */
    size_t pending_bytes;
    uint64_t names;             /* of prepared statements, counting */
    uint64_t names_good;        /* those up to here are known to the server */
    uint64_t bad_from, bad_to;  /* (from, to]: of the last failures, and never came to be */
    uint64_t dead[PG_DEAD_MAX]; /* prepared statements to be thrown away */
    size_t n_dead;
    char xid[24]; /* of the transaction that is being written */
};

/* What is bound, in the arrays that libpq takes: one block of memory. */
struct pg_params {
    const char **values; /* borrowed, or of numbers, or own; NULL: NULL */
    char (*numbers)[8];
    char **own; /* heap: what was made of the value */
    int *lengths;
    Oid *types, *prepared; /* bound; those the server knows. 0: of any type */
    bool owns, unlike;     /* any in `own`; a type is not the one that was prepared */
};

struct pg_stmt {
    struct db_stmt base;
    char *sql;
    uint64_t name; /* 0: not prepared */
    char wire_name[24];
    unsigned n_params, codes_at, id_at; /* from 1; 0: none */
    uint64_t queries;                   /* bit N - 1: parameter N is a full-text query */
    struct pg_table *id_table;
    struct pg_params params;
    char *codes; /* the viewer's, as they travel; kept for the next run */
    size_t codes_room;
    PGresult *res;
    int row, n_rows, n_columns;
};

static inline struct pg *pg_of(const struct db *db)
{
    return (struct pg *)(uintptr_t)db;
}

static inline struct pg_stmt *pg_stmt_of(const struct db_stmt *st)
{
    return (struct pg_stmt *)(uintptr_t)st;
}

static inline struct pg_part *pg_part_of(const struct db *db)
{
    return db->engine->part;
}

/* db_postgres_wire.c */
enum bw_rc pg_connect(struct db *db, struct bw_err *err);
void pg_disconnect(struct db *db);
/* Opens a connection and sets it up, the error for an operator who starts the hub. */
enum bw_rc pg_connect_first(struct db_engine *e, PGconn **ret, struct bw_err *err) BW_MUST_CHECK;
/* Waits for one command outside of the pipeline (setting up, schema). */
enum bw_rc pg_exec(PGconn *c, const char *sql, PGresult **ret, struct bw_err *err) BW_MUST_CHECK;
/* Queues a command without parameters. */
enum bw_rc pg_put(struct pg *db, const char *sql, struct bw_err *err) BW_MUST_CHECK;
enum pg_own {
    PG_OWN_BEGIN,
    PG_OWN_COMMIT,
    PG_OWN_SAVE,
    PG_OWN_RELEASE,
    PG_OWN_LOCK, /* these two by what writes alone */
    PG_OWN_CLOCK
};
enum bw_rc pg_prepare_own(struct pg *db, enum pg_own from, enum pg_own to,
                          struct bw_err *err) BW_MUST_CHECK;
enum bw_rc pg_put_own(struct pg *db, enum pg_own which, struct bw_err *err) BW_MUST_CHECK;
/* To be called behind each PQsend...; OK: its result. */
enum bw_rc pg_queued(struct pg *db, int ok, size_t bytes, struct bw_err *err) BW_MUST_CHECK;
/* Waits for all that was queued. The first failure comes out; *ret (may be NULL) is the result of
 * the last command. */
enum bw_rc pg_sync(struct pg *db, PGresult **ret, struct bw_err *err) BW_MUST_CHECK;
enum bw_rc pg_fail_result(struct pg *db, const PGresult *r, struct bw_err *err);
enum bw_rc pg_fail_lost(struct pg *db, struct bw_err *err);
bool pg_idle_ok(struct db *db);
bool pg_settle(struct pg *db); /* reads what is owed; false: the connection is gone */
enum bw_rc pg_leave_pipeline(struct pg *db, struct bw_err *err) BW_MUST_CHECK;
enum bw_rc pg_enter_pipeline(struct pg *db, struct bw_err *err) BW_MUST_CHECK;

/* db_postgres_alone.c */
/* Which database C is connected to, without a password. */
void pg_place(PGconn *c, char *out, size_t size);
/* On a new connection of the lane. */
enum bw_rc pg_alone(struct db_engine *e, PGconn *c, struct bw_err *err) BW_MUST_CHECK;

/* db_postgres_tx.c */
enum bw_rc pg_begin_read(struct db *db, struct bw_err *err);
bool pg_end_read(struct db *db);
enum bw_rc pg_begin_write(struct db *db, int64_t *ret_last_us, struct bw_err *err);
enum bw_rc pg_save(struct db *db, struct bw_err *err);
enum bw_rc pg_release(struct db *db, struct bw_err *err);
enum bw_rc pg_undo(struct db *db, struct bw_err *err);
bool pg_changed(struct db *db);
enum bw_rc pg_commit(struct db *db, int64_t now_us, struct bw_err *err);
void pg_rollback(struct db *db);
bool pg_gone(const struct db *db);
/* Which tables have $id. */
enum bw_rc pg_tables_load(struct db_engine *e, struct bw_err *err) BW_MUST_CHECK;

/* db_postgres_sql.c */
enum bw_rc pg_rewrite(struct pg_stmt *st, struct bw_err *err) BW_MUST_CHECK;

/* db_postgres_stmt.c */
enum bw_rc pg_prepare(struct db_stmt *st, struct bw_err *err);
void pg_forget(struct db_stmt *st); /* it is prepared anew when it runs next */
void pg_finalize(struct db_stmt *st);
enum bw_rc pg_step(struct db_stmt *st, struct bw_err *err);
enum bw_rc pg_post(struct db_stmt *st, struct bw_err *err);
int64_t pg_posted_id(const struct db_stmt *st);
enum bw_rc pg_reset(struct db_stmt *st, struct bw_err *err);
void pg_unbind(struct db_stmt *st);
void pg_bind_int(struct db_stmt *st, int at, int64_t v);
void pg_bind_real(struct db_stmt *st, int at, double v);
void pg_bind_text(struct db_stmt *st, int at, struct bw_view v);
void pg_bind_bytes(struct db_stmt *st, int at, struct bw_view v);
void pg_bind_null(struct db_stmt *st, int at);
void pg_bind_array(struct db_stmt *st, int at, struct bw_view binary, enum pg_type type);
int64_t pg_column_int(const struct db_stmt *st, int column);
double pg_column_real(const struct db_stmt *st, int column);
struct bw_view pg_column_bytes(const struct db_stmt *st, int column);
bool pg_column_null(const struct db_stmt *st, int column);
int64_t pg_value_int(const PGresult *r, int row, int column);
void pg_put_be(struct bw_buf *out, uint64_t v, unsigned bytes);

/* db_postgres_fulltext.c */
enum bw_rc pg_words_open(struct pg_words **ret, struct bw_err *err) BW_MUST_CHECK;
void pg_words_close(struct pg_words *w);
/* What text_query() made, as the parameter of ft_query(): see there. */
enum bw_rc pg_words_query(struct pg_words *w, struct bw_view query, struct bw_buf *out);
enum bw_rc pg_fulltext_put(struct db *db, const char *name, int64_t id, struct bw_view folded,
                           struct bw_err *err);
enum bw_rc pg_fulltext_drop(struct db *db, const char *name, int64_t id, struct bw_err *err);
extern const char pg_fulltext_functions[]; /* SQL of ft_query() and its like */

/* db_postgres_copy.c */
extern const char pg_copy_tables[], pg_fulltext_names[], pg_id_counters[]; /* SQL */
const char *pg_copy_schema(const struct db *db, const char *table);
enum bw_rc pg_copy_scan(struct db *db, const char *sql, copy_row_fn fn, void *arg,
                        struct bw_err *err);
enum bw_rc pg_copy_open(struct db *db, const char *table, const char *columns, size_t n,
                        void **ret_sink, struct bw_err *err);
enum bw_rc pg_copy_row(struct db *db, void *sink, const struct db_stmt *row,
                       const struct copy_column *columns, size_t n, struct bw_err *err);
enum bw_rc pg_copy_close(struct db *db, void *sink, enum bw_rc rc, struct bw_err *err);
enum bw_rc pg_fulltext_each(struct db *db, const char *name, copy_text_fn fn, void *arg,
                            struct bw_err *err);
enum bw_rc pg_id_set(struct db *db, const char *table, int64_t last, struct bw_err *err);

#endif
