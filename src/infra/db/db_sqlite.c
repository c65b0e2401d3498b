/* SPDX-License-Identifier: Apache-2.0 */
/* db_sqlite - connections to an SQLite file, their pool, sessions with a snapshot, and errors.
 *
 * Pool: a session is opened for every request, so an idle connection waits in a slot that belongs
 * to the threads of one number (no lock, warm cache), or in a short list for any thread.
 * Connections are made without SQLite's own mutexes: a connection belongs to one thread at a time,
 * and the pool's atomics order the hand-over.
 *
 * Snapshot: BEGIN DEFERRED at the first row that is asked for, COMMIT at db_close. Sessions that
 * read nothing cost nothing, and no read transaction starts before its statement is ready. */
#include "bw_fault.h"
#include "bw_log.h"
#include "db_int.h"

/* -- errors ------------------------------------------------------------------------------------ */

static const char SAY_FULL[] = "the disk is full: nothing was saved, try again when there is room";
static const char SAY_IO[] = "the database's disk gave an error: nothing was saved; try again, and "
                             "tell the operator if it lasts";
static const char SAY_BROKEN[] = "the hub made a mistake with its database";

/* Exact codes first; then the low byte, which is the family. */
static const struct failure {
    int code;
    enum bw_rc rc;
    const char *message;
} FAILURES[] = {
    {SQLITE_CONSTRAINT_UNIQUE, BW_CONFLICT, "this is there already"},
    {SQLITE_CONSTRAINT_PRIMARYKEY, BW_CONFLICT, "this is there already"},
    {SQLITE_CONSTRAINT_ROWID, BW_CONFLICT, "this is there already"},
    {SQLITE_CONSTRAINT_FOREIGNKEY, BW_CONFLICT,
     "what this refers to is not there any more, or this itself is still in use"},
    {SQLITE_IOERR_NOMEM, BW_MEMORY, NULL},
    {SQLITE_FULL, BW_IO, SAY_FULL},
    {SQLITE_IOERR, BW_IO, SAY_IO},
    {SQLITE_CANTOPEN, BW_IO, SAY_IO},
    {SQLITE_PERM, BW_IO, SAY_IO},
    {SQLITE_READONLY, BW_IO, SAY_IO},
    {SQLITE_PROTOCOL, BW_BUSY, "the database is busy, try again in a moment"},
    {SQLITE_BUSY, BW_BUSY, "the database is busy, try again in a moment"},
    {SQLITE_LOCKED, BW_BUSY, "the database is busy, try again in a moment"},
    {SQLITE_INTERRUPT, BW_BUSY, "the work was interrupted, try again"},
    {SQLITE_CORRUPT, BW_BROKEN, "the database is damaged: the operator has to restore a backup"},
    {SQLITE_NOTADB, BW_BROKEN, "the database is damaged: the operator has to restore a backup"},
    {SQLITE_NOMEM, BW_MEMORY, NULL},
    {SQLITE_TOOBIG, BW_LIMIT, "a value is too large for the database"},
};

static const struct failure *failure_of(int code)
{
    for (size_t i = 0; i < BW_COUNT(FAILURES); i++)
        if (FAILURES[i].code == code)
            return &FAILURES[i];
    for (size_t i = 0; i < BW_COUNT(FAILURES); i++)
        if (FAILURES[i].code == (code & 0xff))
            return &FAILURES[i];
    return NULL;
}

enum bw_rc db_fail(sqlite3 *c, int code, const char *what, struct bw_err *err)
{
    const struct failure *f = failure_of(code);
    if (f && f->rc == BW_MEMORY)
        return bw_fail_memory(err);
    return bw_fail_detail(err, f ? f->rc : BW_BROKEN, f ? f->message : SAY_BROKEN,
                          "%s: SQLite %d: %s", what, code, c ? sqlite3_errmsg(c) : "");
}

enum bw_rc db_fail_io(struct bw_err *err, const char *what)
{
    return bw_fail_detail(err, BW_IO, SAY_IO, "%s: fault point", what);
}

enum bw_rc db_exec(sqlite3 *c, const char *sql, struct bw_err *err)
{
    int code = sqlite3_exec(c, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? BW_OK : db_fail(c, code, sql, err);
}

enum bw_rc db_number(sqlite3 *c, const char *sql, int64_t *ret, struct bw_err *err)
{
    sqlite3_stmt *s = NULL;
    int code = sqlite3_prepare_v2(c, sql, -1, &s, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(s);
    int64_t v = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    enum bw_rc rc = BW_OK;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        rc = db_fail(c, code, sql, err);
    sqlite3_finalize(s);
    if (rc == BW_OK)
        *ret = v;
    return rc;
}

/* -- connections ------------------------------------------------------------------------------- */

static const struct own_text {
    const char *text;
    bool writer;
} OWN[DB_OWN_COUNT] = {
    [DB_OWN_COMMIT] = {"COMMIT", false},
    [DB_OWN_ROLLBACK] = {"ROLLBACK", false},
    [DB_OWN_BEGIN_READ] = {"BEGIN DEFERRED", false},
    [DB_OWN_BEGIN_WRITE] = {"BEGIN IMMEDIATE", true},
    [DB_OWN_SAVE] = {"SAVEPOINT member", true},
    [DB_OWN_RELEASE] = {"RELEASE member", true},
    [DB_OWN_UNDO] = {"ROLLBACK TO member", true},
};

/* SECURE_DELETE stays on, as Debian builds SQLite: erasing a person's data must not leave it in
 * free pages. It costs writing the pages that become free (measured: nothing on inserts and full
 * text, a tenth to a third on deletes). What was erased is gone from the log too once that has been
 * truncated (db_check.c).
 *
 * mmap for readers only, and no more than address space: pages come without a system call and a
 * copy (a point read in a file larger than the cache: 1.8 against 3.1 us). Writing never goes
 * through it. An unreadable sector under it would be SIGBUS and not an error: the service manager
 * restarts the hub.
 *
 * Temporary tables in memory: a full disk must not fail a read. */
static const char SETUP_COMMON[] = "PRAGMA foreign_keys = ON;"
                                   "PRAGMA secure_delete = ON;"
                                   "PRAGMA temp_store = MEMORY;"
                                   "PRAGMA recursive_triggers = ON;";
static const char SETUP_WRITER[] = "PRAGMA synchronous = FULL;"
                                   "PRAGMA cache_size = -16000;"
                                   "PRAGMA mmap_size = 0;";
static const char SETUP_READER[] = "PRAGMA query_only = ON;"
                                   "PRAGMA cache_size = -2000;"
                                   "PRAGMA mmap_size = 1073741824;";

static int configure(sqlite3 *c)
{
    static const struct {
        int what, on;
    } T[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_DQS_DML, 0},
        {SQLITE_DBCONFIG_DQS_DDL, 0},
        {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
    };
    int code = SQLITE_OK;
    for (size_t i = 0; i < BW_COUNT(T) && code == SQLITE_OK; i++)
        code = sqlite3_db_config(c, T[i].what, T[i].on, (int *)NULL);
    sqlite3_limit(c, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(c, SQLITE_LIMIT_LENGTH, 64 << 20);
    sqlite3_limit(c, SQLITE_LIMIT_SQL_LENGTH, DB_SCHEMA_MAX);
    if (code == SQLITE_OK)
        code = sqlite3_busy_timeout(c, DB_BUSY_MS);
    return code == SQLITE_OK ? sqlite3_extended_result_codes(c, 1) : code;
}

static enum bw_rc connect_in(struct db *db, struct bw_err *err)
{
    int flags = db->engine->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    int code = sqlite3_open_v2(db->engine->path, &db->c, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK)
        code = configure(db->c);
    if (code == SQLITE_OK)
        code = db_gate_install(db);
    if (code != SQLITE_OK)
        return db_fail(db->c, code, "open", err);
    if (db->writer)
        BW_TRY(db_check_ours(db->c, db->engine->path, err));
    BW_TRY(db_exec(db->c, SETUP_COMMON, err));
    BW_TRY(db_exec(db->c, db->writer ? SETUP_WRITER : SETUP_READER, err));
    for (size_t i = 0; i < DB_OWN_COUNT && code == SQLITE_OK; i++)
        if (db->writer || !OWN[i].writer)
            code = sqlite3_prepare_v3(db->c, OWN[i].text, -1, SQLITE_PREPARE_PERSISTENT,
                                      &db->own[i], NULL);
    return code == SQLITE_OK ? BW_OK : db_fail(db->c, code, "open", err);
}

enum bw_rc db_connect(struct db_engine *e, bool writer, struct db **ret, struct bw_err *err)
{
    struct db *db = bw_calloc(1, sizeof *db);
    if (!db)
        return bw_fail_memory(err);
    db->engine = e;
    db->writer = writer;
    enum bw_rc rc = connect_in(db, err);
    if (rc == BW_OK) {
        pthread_mutex_lock(&e->pool_lock);
        if (!writer && e->n_all >= DB_CONNECTIONS_MAX)
            rc = bw_fail(err, BW_BUSY, "too many requests at a time, try again in a moment");
        if (rc == BW_OK) {
            e->n_all++;
            db->next_all = e->all;
            if (e->all)
                e->all->prev_all = db;
            e->all = db;
        }
        pthread_mutex_unlock(&e->pool_lock);
    }
    if (rc != BW_OK) {
        db->engine = NULL;
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
    if (e) {
        pthread_mutex_lock(&e->pool_lock);
        e->n_all--;
        if (db->prev_all)
            db->prev_all->next_all = db->next_all;
        else
            e->all = db->next_all;
        if (db->next_all)
            db->next_all->prev_all = db->prev_all;
        pthread_mutex_unlock(&e->pool_lock);
    }
    db_cache_empty(db);
    for (size_t i = 0; i < DB_OWN_COUNT; i++)
        sqlite3_finalize(db->own[i]);
    int code = sqlite3_close(db->c);
    BW_ASSERT(code == SQLITE_OK); /* every statement is ours and finalized */
    db_fulltext_done(db);
    free(db);
}

int db_own(struct db *db, enum db_own which)
{
    sqlite3_stmt *s = db->own[which];
    int code = sqlite3_step(s);
    sqlite3_reset(s);
    return code == SQLITE_DONE ? SQLITE_OK : code;
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

enum bw_rc db_open(struct db_engine *e, struct db **ret, struct bw_err *err)
{
    if (bw_fault("db.open"))
        return db_fail_io(err, "db.open");
    struct db *db = pool_take(e);
    if (!db)
        BW_TRY(db_connect(e, false, &db, err));
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
        sound = db_own(db, DB_OWN_COMMIT) == SQLITE_OK;
        db->snapshot = false;
        atomic_store_explicit(&db->snapshot_thread, 0, memory_order_relaxed);
    }
    if (sound && sqlite3_get_autocommit(db->c))
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
    int code = db_own(db, DB_OWN_BEGIN_READ);
    if (code != SQLITE_OK)
        return db_fail(db->c, code, "begin", err);
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
