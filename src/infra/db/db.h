/* SPDX-License-Identifier: Apache-2.0 */
/* db - the one way to the database: read as a viewer, write through the lane.
 *
 * Why: two mistakes are made impossible here. A row cannot be read without saying as whom:
 * db_query() takes a viewer, gated tables are readable only through their view v_<table>, and that
 * view asks reach(audience_id) of the viewer (an authorizer refuses the base table at prepare
 * time). And SQL cannot be glued from input: statements are literals (a variable does not compile)
 * with bound values.
 *
 * Reading. A thread opens a `struct db` (a connection of its own with its statement cache, and a
 * snapshot that stays the same until db_close). Keep it short: a request, a chunk. Never across a
 * wait.
 *
 * Writing. db_write(engine, fn, arg) queues fn to the write lane, which runs waiting functions one
 * after the other inside one transaction and commits the group durably (WAL, synchronous=FULL)
 * before any of them returns BW_OK: one fsync for many writers. fn MAY RUN TWICE (the group is
 * rolled back when a member fails at the engine's level, then members run singly), so it does no
 * I/O, sends no mail, reads no clock that it has not been given, and stays under 5 ms. When fn
 * returns anything but BW_OK its own changes are undone (savepoint) and the others of the group go
 * on. Only edges (HTTP handler, CLI, job) call db_write; facade functions that write take the
 * struct db_tx.
 *
 * SQL is written in the common subset of SQLite and PostgreSQL. Schema text uses neutral words that
 * each driver spells its own way: $id (int64 primary key given by the database), $int, $real,
 * $text, $bytes, $strict (behind the closing parenthesis), $gate(table) (makes v_<table>),
 * $fulltext(name). Ids are never given twice, also after a deletion. In queries:
 *   $match(name, ?N)  true where the row's `id` (or the column given as third argument) is among
 * the hits of a query made by text_query, see text.h; best where hits are few $hits(name, ?N)   a
 * table of the same hits, one column `id`, that streams in order of id, for "newest first" over
 * many hits: FROM $hits(item, ?1) h JOIN v_item i ON i.id = h.id ORDER BY h.id DESC LIMIT 50
 *   $reachable        a table of the viewer's audiences, one column `audience_id`, where few rows
 * are visible: FROM $reachable r JOIN v_item i ON i.audience_id = r.audience_id A statement with
 * $match(x) or $hits(x) of a gated table x must name v_x. Text holds no NUL and is valid UTF-8:
 * db_bind_text refuses anything else (BW_INVALID).
 *
 * Threads: an engine is shared; a db, tx or stmt belongs to one thread at a time. */
#ifndef DB_H
#define DB_H

#include "bw_err.h"
#include "bw_view.h"

struct db_engine;
struct db;
struct db_tx;
struct db_stmt;
struct viewer; /* core/viewer.h; only its address passes through here */

/* True: VIEWER may see rows of this audience. Called while a statement runs; may query DB. */
typedef bool (*db_reach_fn)(const struct viewer *viewer, struct db *db, int64_t audience_id);

/* All audiences that VIEWER reaches now, ascending, for queries that start from them ($reachable).
 * The list stays the callee's and unchanged until the statement ends. NULL with *ret_n SIZE_MAX:
 * out of memory. */
typedef const int64_t *(*db_reach_list_fn)(const struct viewer *viewer, struct db *db,
                                           size_t *ret_n);

/* The grants that VIEWER holds, as codes, for an engine that cannot call back: VIEWER reaches an
 * audience when the table `grants` (audience_id, code) has one of the codes for it. That must be
 * what reach() says. *ret_n SIZE_MAX: the viewer sees everything. The list stays the callee's. */
typedef const int64_t *(*db_codes_fn)(const struct viewer *viewer, size_t *ret_n);

/* Ascending numbers, each file once, forward only, one transaction each. */
struct db_migration {
    int number;
    const char *name; /* "0004_intel" */
    const char *sql;  /* neutral words as above */
};

struct db_options {
    const char *url; /* path of an SQLite file (":memory:" is refused), or postgresql://... */
    db_reach_fn reach;
    const struct db_migration *migrations;
    size_t n_migrations;
    bool read_only;              /* verifier, export of a stopped hub */
    bool alone;                  /* BW_CONFLICT where another engine has the database alone */
    bool existing;               /* BW_NOT_FOUND where there is no hub's database yet */
    db_reach_list_fn reach_list; /* may be NULL: then $reachable is refused */
    db_codes_fn codes;           /* with grants; PostgreSQL needs both for gated tables */
    const char *grants;
};

/* Opens, checks that the database is ours and not of a newer release, migrates, starts the lane.
 * BW_INVALID: not a Breakwater database, or a newer one, or one that may not be written; BW_IO.
 *
 * ALONE is kept until the engine is closed. A server may lose it with the connection: it is taken
 * again before the next write, and where another took it meanwhile every write fails with BW_IO. */
BW_MUST_CHECK enum bw_rc db_engine_open(const struct db_options *o, struct db_engine **ret,
                                        struct bw_err *err);
void db_engine_close(struct db_engine *e); /* waits for the lane; all db closed before */
const char *db_engine_name(const struct db_engine *e); /* "SQLite", "PostgreSQL" */
/* Which one it is, for messages: the path, or "database x on host"; never with a password. */
const char *db_engine_place(const struct db_engine *e);
/* The server cannot be reached, or another hub has taken the database: that has been logged, once,
 * and so will be that it is back. Who tries again and again need not log its own failures
 * meanwhile. Always false for a file. */
bool db_engine_away(const struct db_engine *e);
/* Statements wait for a server: they are not for an event loop. */
bool db_engine_waits(const struct db_engine *e);
bool db_url_is_server(const char *url);
bool db_url_is_of(const char *url, const struct db_engine *e); /* the same file */
/* Bytes that the database takes on disk now. */
BW_MUST_CHECK enum bw_rc db_engine_size(struct db_engine *e, int64_t *ret_bytes,
                                        struct bw_err *err);

/* A read session with a snapshot. Cheap: connections are pooled per thread. */
BW_MUST_CHECK enum bw_rc db_open(struct db_engine *e, struct db **ret, struct bw_err *err);
void db_close(struct db *db);
BW_AUTO_TYPE(db, db_close);
struct db_engine *db_engine_of(struct db *db);

typedef enum bw_rc (*db_write_fn)(struct db_tx *tx, void *arg, struct bw_err *err);
/* Durable when BW_OK. Returns fn's own rc otherwise, or BW_IO/BW_BUSY of the engine. Never call it
 * from an event loop, or while this thread holds an open read snapshot (asserted). */
BW_MUST_CHECK enum bw_rc db_write(struct db_engine *e, db_write_fn fn, void *arg,
                                  struct bw_err *err);
struct db *db_tx_db(struct db_tx *tx); /* reads inside the transaction; borrowed */
bool db_in_tx(const struct db *db); /* what it reads may still be rolled back: keep nothing of it */
/* The group's time: strictly above any earlier group's, also after a restart. */
int64_t db_tx_now_us(const struct db_tx *tx);
/* As whom the changes of TX that are made from now on read gated views (INSERT ... SELECT ... FROM
 * v_x); without it such a change fails. Forgotten when the write function returns. */
void db_tx_as(struct db_tx *tx, const struct viewer *viewer);

/* Called by the lane: before_commit just before COMMIT of a group (the ledger's sequencer),
 * after_commit once it is durable (wakes consumers). Setting them waits for the group that is under
 * way: when db_engine_hooks() returns, the old ones are not called any more. */
struct db_hooks {
    enum bw_rc (*before_commit)(struct db_tx *tx, void *arg, struct bw_err *err);
    void (*after_commit)(void *arg);
    void *arg;
};
void db_engine_hooks(struct db_engine *e, const struct db_hooks *hooks);

/* -- statements -------------------------------------------------------------------------------- */

/* Reading as VIEWER (never NULL; core's viewer_system(reason) for jobs). Cached; a literal is found
 * again by its address, for it stands there unchanged as long as the program runs. */
#define db_query(db, viewer, sql, ret, err) \
    db_query_literal((db), (viewer), "" sql, sizeof(sql) - 1, (ret), (err))
/* Tables that have no audience and belong to infra or core's own housekeeping (jobs, settings,
 * sessions, grants): refuses gated tables and their views altogether. */
#define db_plain(db, sql, ret, err) db_plain_literal((db), "" sql, sizeof(sql) - 1, (ret), (err))
/* INSERT, UPDATE, DELETE, with RETURNING where an id is wanted. */
#define db_change(tx, sql, ret, err) db_change_literal((tx), "" sql, sizeof(sql) - 1, (ret), (err))

BW_MUST_CHECK enum bw_rc db_query_literal(struct db *db, const struct viewer *viewer,
                                          const char *sql, size_t n, struct db_stmt **ret,
                                          struct bw_err *err);
BW_MUST_CHECK enum bw_rc db_plain_literal(struct db *db, const char *sql, size_t n,
                                          struct db_stmt **ret, struct bw_err *err);
BW_MUST_CHECK enum bw_rc db_change_literal(struct db_tx *tx, const char *sql, size_t n,
                                           struct db_stmt **ret, struct bw_err *err);
/* The same of a text that is no literal, for tests. */
BW_MUST_CHECK enum bw_rc db_query_text(struct db *db, const struct viewer *viewer, const char *sql,
                                       struct db_stmt **ret, struct bw_err *err);
BW_MUST_CHECK enum bw_rc db_plain_text(struct db *db, const char *sql, struct db_stmt **ret,
                                       struct bw_err *err);
BW_MUST_CHECK enum bw_rc db_change_text(struct db_tx *tx, const char *sql, struct db_stmt **ret,
                                        struct bw_err *err);

/* Optional filters: a statement put together from literals only. Values are bound by position in
 * the order of the question marks; number them (?1 ...) or leave them bare, not both. */
struct db_sql {
    char text[4096];
    size_t n;
};
#define DB_SQL(literal) ((struct db_sql){"" literal, sizeof(literal) - 1})
#define db_sql_add(q, literal) db_sql_add_text((q), "" literal, sizeof(literal) - 1)
void db_sql_add_text(struct db_sql *q, const char *literal, size_t n);
BW_MUST_CHECK enum bw_rc db_query_built(struct db *db, const struct viewer *viewer,
                                        const struct db_sql *q, struct db_stmt **ret,
                                        struct bw_err *err);

void db_stmt_free(struct db_stmt *st); /* back to the cache; NULL is fine */
BW_AUTO_TYPE(db_stmt, db_stmt_free);

/* Parameters count from 1. Bytes are borrowed until the statement is freed or run again. A failure
 * is kept and comes out of db_row or db_run. */
void db_bind_int(struct db_stmt *st, int at, int64_t v);
void db_bind_real(struct db_stmt *st, int at, double v);
void db_bind_text(struct db_stmt *st, int at, struct bw_view v);
void db_bind_bytes(struct db_stmt *st, int at, struct bw_view v);
void db_bind_null(struct db_stmt *st, int at);

/* BW_OK: a row is there. BW_NOT_FOUND: no (more) rows; *err is left alone. */
BW_MUST_CHECK enum bw_rc db_row(struct db_stmt *st, struct bw_err *err);
/* Runs a change to its end. BW_CONFLICT: a unique or foreign key rule. */
BW_MUST_CHECK enum bw_rc db_run(struct db_stmt *st, struct bw_err *err);
/* db_run for a change of which nothing is wanted back, neither db_changes() nor what went wrong:
 * the engine may run it later, together with what follows. If it fails, the write function as a
 * whole fails, whatever it returns. Values may go as soon as this returns. */
BW_MUST_CHECK enum bw_rc db_post(struct db_stmt *st, struct bw_err *err);
/* db_post for INSERT ... RETURNING id into a table with $id, without ON CONFLICT: gives the id. */
BW_MUST_CHECK enum bw_rc db_post_id(struct db_stmt *st, int64_t *ret_id, struct bw_err *err);
void db_again(struct db_stmt *st);            /* reset for other values, for loops */
int64_t db_changes(const struct db_stmt *st); /* rows touched by the last db_run */

/* Columns count from 0 and are read by their own type: a number is no text. Views stay valid until
 * the next db_row, db_again or free. NULL reads as 0 and as the empty view. */
int64_t db_int(const struct db_stmt *st, int column);
double db_real(const struct db_stmt *st, int column);
struct bw_view db_text(const struct db_stmt *st, int column);
struct bw_view db_bytes(const struct db_stmt *st, int column);
bool db_null(const struct db_stmt *st, int column);

/* -- full text (see text.h for folding) -------------------------------------------------------- */
BW_MUST_CHECK enum bw_rc db_fulltext_put(struct db_tx *tx, const char *name, int64_t id,
                                         struct bw_view folded, struct bw_err *err);
BW_MUST_CHECK enum bw_rc db_fulltext_drop(struct db_tx *tx, const char *name, int64_t id,
                                          struct bw_err *err);

/* -- for the operator and tests ---------------------------------------------------------------- */
struct db_stats {
    int64_t writes;     /* functions that ran and were committed */
    int64_t groups;     /* commits */
    int64_t reruns;     /* functions that ran a second time, singly */
    int64_t group_max;  /* most functions in one commit */
    int64_t statements; /* prepared, because no cache had them */
    int64_t commit_us;  /* time spent in COMMIT */
};
void db_engine_stats(struct db_engine *e, struct db_stats *ret);
/* Counts anew what the engine's plans rest on, where it does not do so by itself soon enough: after
 * very much was written at once. */
BW_MUST_CHECK enum bw_rc db_analyze(struct db_engine *e, struct bw_err *err);
BW_MUST_CHECK enum bw_rc db_integrity(struct db_engine *e, struct bw_err *err); /* + foreign keys */

#endif
