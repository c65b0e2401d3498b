/* SPDX-License-Identifier: Apache-2.0 */
/* db_sqlite - the driver for SQLite: the file, connections, transactions, errors.
 *
 * Connections are made without SQLite's own mutexes: a connection belongs to one thread at a time.
 * A file is looked at before anything is written to it: one that is not ours, or that a newer
 * release has written, is left byte for byte as it was. A new file is made readable by its owner
 * only; SQLite gives its log the same mode. */
#include "bw_fault.h"
#include "db_sqlite_int.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* -- errors ------------------------------------------------------------------------------------ */

static const char SAY_IO[] = "the database's disk gave an error: nothing was saved; try again, and "
                             "tell the operator if it lasts";

/* Exact codes first; then the low byte, which is the family. */
static const struct failure {
    int code;
    enum bw_rc rc;
    const char *message;
} FAILURES[] = {
    {SQLITE_CONSTRAINT_UNIQUE, BW_CONFLICT, DB_SAY_THERE},
    {SQLITE_CONSTRAINT_PRIMARYKEY, BW_CONFLICT, DB_SAY_THERE},
    {SQLITE_CONSTRAINT_ROWID, BW_CONFLICT, DB_SAY_THERE},
    {SQLITE_CONSTRAINT_FOREIGNKEY, BW_CONFLICT, DB_SAY_REFERS},
    {SQLITE_IOERR_NOMEM, BW_MEMORY, NULL},
    {SQLITE_FULL, BW_IO, DB_SAY_FULL},
    {SQLITE_IOERR, BW_IO, SAY_IO},
    {SQLITE_CANTOPEN, BW_IO, SAY_IO},
    {SQLITE_PERM, BW_IO, SAY_IO},
    {SQLITE_READONLY, BW_IO, SAY_IO},
    {SQLITE_PROTOCOL, BW_BUSY, DB_SAY_BUSY},
    {SQLITE_BUSY, BW_BUSY, DB_SAY_BUSY},
    {SQLITE_LOCKED, BW_BUSY, DB_SAY_BUSY},
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

enum bw_rc lite_fail(sqlite3 *c, int code, const char *what, struct bw_err *err)
{
    const struct failure *f = failure_of(code);
    if (f && f->rc == BW_MEMORY)
        return bw_fail_memory(err);
    return bw_fail_detail(err, f ? f->rc : BW_BROKEN, f ? f->message : DB_SAY_BROKEN,
                          "%s: SQLite %d: %s", what, code, c ? sqlite3_errmsg(c) : "");
}

enum bw_rc lite_exec(sqlite3 *c, const char *sql, struct bw_err *err)
{
    int code = sqlite3_exec(c, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? BW_OK : lite_fail(c, code, sql, err);
}

enum bw_rc lite_number(sqlite3 *c, const char *sql, int64_t *ret, struct bw_err *err)
{
    sqlite3_stmt *s = NULL;
    int code = sqlite3_prepare_v2(c, sql, -1, &s, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(s);
    int64_t v = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    enum bw_rc rc = BW_OK;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        rc = lite_fail(c, code, sql, err);
    sqlite3_finalize(s);
    if (rc == BW_OK)
        *ret = v;
    return rc;
}

/* -- connections ------------------------------------------------------------------------------- */

static const struct own_text {
    const char *text;
    bool writer;
} OWN[LITE_OWN_COUNT] = {
    [LITE_COMMIT] = {"COMMIT", false},
    [LITE_ROLLBACK] = {"ROLLBACK", false},
    [LITE_BEGIN_READ] = {"BEGIN DEFERRED", false},
    [LITE_BEGIN_WRITE] = {"BEGIN IMMEDIATE", true},
    [LITE_SAVE] = {"SAVEPOINT member", true},
    [LITE_RELEASE] = {"RELEASE member", true},
    [LITE_UNDO] = {"ROLLBACK TO member", true},
};

/* SECURE_DELETE stays on, as Debian builds SQLite: erasing a person's data must not leave it in
 * free pages. It costs writing the pages that become free (measured: nothing on inserts and full
 * text, a tenth to a third on deletes). What was erased is gone from the log too once that has been
 * truncated (db_sqlite_check.c).
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

/* Through SQLite and not by opening the file ourselves: closing a second descriptor would drop the
 * locks that this process holds on it (fcntl(2)). */
static enum bw_rc check_ours(sqlite3 *c, const char *path, struct bw_err *err)
{
    int64_t id = 0, tables = 0;
    struct bw_err why;
    enum bw_rc rc = lite_number(c, "PRAGMA application_id", &id, &why);
    if (rc == BW_OK)
        rc = lite_number(c, "SELECT count(*) FROM sqlite_schema", &tables, &why);
    bool strange = (sqlite3_errcode(c) & 0xff) == SQLITE_NOTADB;
    if (rc == BW_OK)
        strange = id != LITE_APPLICATION_ID && (id != 0 || tables != 0);
    if (strange)
        return bw_fail(err, BW_INVALID, "%s is not a Breakwater database", path);
    if (rc != BW_OK && err)
        *err = why;
    return rc;
}

static enum bw_rc lite_connect(struct db *base, struct bw_err *err)
{
    struct lite *db = lite_of(base);
    struct db_engine *e = base->engine;
    int flags = e->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    int code = sqlite3_open_v2(e->url, &db->c, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK)
        code = configure(db->c);
    if (code == SQLITE_OK)
        code = lite_gate_install(db);
    if (code != SQLITE_OK)
        return lite_fail(db->c, code, "open", err);
    if (base->writer)
        BW_TRY(check_ours(db->c, e->url, err));
    BW_TRY(lite_exec(db->c, SETUP_COMMON, err));
    BW_TRY(lite_exec(db->c, base->writer ? SETUP_WRITER : SETUP_READER, err));
    for (size_t i = 0; i < LITE_OWN_COUNT && code == SQLITE_OK; i++)
        if (base->writer || !OWN[i].writer)
            code = sqlite3_prepare_v3(db->c, OWN[i].text, -1, SQLITE_PREPARE_PERSISTENT,
                                      &db->own[i], NULL);
    if (base->writer && !e->read_only) /* also ends checkpoints in the lane */
        sqlite3_wal_hook(db->c, lite_check_wrote, e);
    return code == SQLITE_OK ? BW_OK : lite_fail(db->c, code, "open", err);
}

static void lite_disconnect(struct db *base)
{
    struct lite *db = lite_of(base);
    for (size_t i = 0; i < LITE_OWN_COUNT; i++)
        sqlite3_finalize(db->own[i]);
    int code = sqlite3_close(db->c);
    BW_ASSERT(code == SQLITE_OK); /* every statement is ours and finalized */
    lite_fulltext_done(db);
}

/* -- transactions ------------------------------------------------------------------------------ */

int lite_own(struct lite *db, enum lite_own which)
{
    sqlite3_stmt *s = db->own[which];
    int code = sqlite3_step(s);
    sqlite3_reset(s);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static enum bw_rc own(struct db *base, enum lite_own which, const char *what, struct bw_err *err)
{
    struct lite *db = lite_of(base);
    int code = lite_own(db, which);
    return code == SQLITE_OK ? BW_OK : lite_fail(db->c, code, what, err);
}

static bool lite_gone(const struct db *db)
{
    return sqlite3_get_autocommit(lite_of(db)->c) != 0;
}

static enum bw_rc lite_begin_read(struct db *db, struct bw_err *err)
{
    return own(db, LITE_BEGIN_READ, "begin", err);
}

static bool lite_end_read(struct db *db)
{
    return lite_own(lite_of(db), LITE_COMMIT) == SQLITE_OK && lite_gone(db);
}

static enum bw_rc read_clock(struct db *db, int64_t *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_own(db, "SELECT last_us FROM lane_clock WHERE id = 1", &st, err));
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, BW_BROKEN, "the database has lost its clock");
    BW_TRY(rc);
    *ret = db_int(st, 0);
    return BW_OK;
}

static void lite_rollback(struct db *db)
{
    if (!lite_gone(db))
        lite_own(lite_of(db), LITE_ROLLBACK);
}

static enum bw_rc lite_begin_write(struct db *db, int64_t *ret_last_us, struct bw_err *err)
{
    BW_TRY(own(db, LITE_BEGIN_WRITE, "begin", err));
    lite_of(db)->changes_before = sqlite3_total_changes(lite_of(db)->c);
    enum bw_rc rc = read_clock(db, ret_last_us, err);
    if (rc != BW_OK)
        lite_rollback(db);
    return rc;
}

static enum bw_rc lite_save(struct db *db, struct bw_err *err)
{
    return own(db, LITE_SAVE, "savepoint", err);
}

static enum bw_rc lite_release(struct db *db, struct bw_err *err)
{
    return own(db, LITE_RELEASE, "release", err);
}

static enum bw_rc lite_undo(struct db *db, struct bw_err *err)
{
    BW_TRY(own(db, LITE_UNDO, "undo", err));
    return own(db, LITE_RELEASE, "release", err);
}

static bool lite_changed(struct db *base)
{
    struct lite *db = lite_of(base);
    return sqlite3_total_changes(db->c) != db->changes_before;
}

static enum bw_rc lite_commit(struct db *db, int64_t now_us, struct bw_err *err)
{
    if (now_us) {
        BW_AUTO(db_stmt) *st = NULL;
        BW_TRY(db_own(db, "UPDATE lane_clock SET last_us = ?1 WHERE id = 1", &st, err));
        db_bind_int(st, 1, now_us);
        BW_TRY(db_run(st, err));
    }
    return own(db, LITE_COMMIT, "commit", err);
}

/* -- migrations -------------------------------------------------------------------------------- */

/* SQLite's way of changing a table is to build it anew: foreign keys are off meanwhile and all of
 * them are checked before each COMMIT. */
static enum bw_rc lite_migrating(struct db *db, bool on, struct bw_err *err)
{
    return lite_exec(lite_of(db)->c, on ? "PRAGMA foreign_keys = OFF" : "PRAGMA foreign_keys = ON",
                     err);
}

static enum bw_rc lite_begin_step(struct db *db, struct bw_err *err)
{
    return own(db, LITE_BEGIN_WRITE, "begin", err);
}

static enum bw_rc lite_end_step(struct db *db, struct bw_err *err)
{
    return own(db, LITE_COMMIT, "commit", err);
}

static enum bw_rc lite_has_schema(struct db *db, bool *ret, struct bw_err *err)
{
    int64_t there = 0;
    BW_TRY(lite_number(lite_of(db)->c,
                       "SELECT count(*) FROM sqlite_schema WHERE name = 'migration'", &there, err));
    *ret = there != 0;
    return BW_OK;
}

static enum bw_rc lite_script(struct db *db, const char *sql, struct bw_err *err)
{
    sqlite3 *c = lite_of(db)->c;
    while (*sql) {
        sqlite3_stmt *s = NULL;
        if (bw_fault("db.step"))
            return db_fail_io(err, "db.step");
        int code = sqlite3_prepare_v2(c, sql, -1, &s, &sql);
        if (code == SQLITE_OK && !s) /* blanks and comments at the end */
            return BW_OK;
        while (code == SQLITE_OK && (code = sqlite3_step(s)) == SQLITE_ROW)
            code = SQLITE_OK;
        enum bw_rc rc = BW_OK;
        if (code != SQLITE_DONE)
            rc = lite_fail(c, code, s ? sqlite3_sql(s) : "migration", err);
        sqlite3_finalize(s);
        BW_TRY(rc);
    }
    return BW_OK;
}

static enum bw_rc lite_make_schema(struct db *db, struct bw_err *err)
{
    char id[64];
    snprintf(id, sizeof id, "PRAGMA application_id = %d", LITE_APPLICATION_ID);
    return lite_exec(lite_of(db)->c, id, err);
}

static enum bw_rc lite_check_step(struct db *db, const char *name, struct bw_err *err)
{
    int64_t wrong = 0;
    BW_TRY(
        lite_number(lite_of(db)->c, "SELECT count(*) FROM pragma_foreign_key_check", &wrong, err));
    if (wrong > 0)
        return bw_fail(err, BW_BROKEN, "schema step %s leaves %lld rows that refer to nothing",
                       name, (long long)wrong);
    return BW_OK;
}

/* -- the engine -------------------------------------------------------------------------------- */

/* Memory statistics cost a mutex that all threads share at every allocation. */
static void configure_library(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* refused where somebody was here first: no harm */
    sqlite3_initialize();
}

static enum bw_rc make_file(const struct db_options *o, struct bw_err *err)
{
    if (access(o->url, F_OK) == 0)
        return BW_OK;
    if (o->read_only || o->existing)
        return bw_fail(err, BW_NOT_FOUND, "there is no database at %s", o->url);
    int fd = open(o->url, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno != EEXIST)
        return bw_fail_errno(err, o->url);
    if (fd >= 0)
        close(fd);
    return BW_OK;
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
        rc = lite_fail(c, code, "journal_mode", err);
    else if (!wal)
        rc = bw_fail(err, BW_IO, "the database's file system does not support its log (WAL)");
    sqlite3_finalize(s);
    return rc;
}

/* flock(2) on the file itself: SQLite's own locks are of the other kind, and do not meet it. Those,
 * though, go when any descriptor of the file is closed, so this one stays open until the last
 * connection is gone, also where another process has the lock. */
static enum bw_rc hold(struct db_engine *e, struct bw_err *err)
{
    struct lite_check *k = e->part;
    k->alone_fd = open(e->url, O_RDONLY | O_CLOEXEC);
    if (k->alone_fd < 0)
        return bw_fail_errno(err, e->url);
    if (flock(k->alone_fd, LOCK_EX | LOCK_NB) != 0)
        return bw_fail(err, BW_CONFLICT, DB_SAY_TAKEN, e->place);
    return BW_OK;
}

static enum bw_rc lite_open(struct db_engine *e, const struct db_options *o, struct bw_err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct lite_check *k = bw_calloc(1, sizeof *k);
    pthread_condattr_t a;
    pthread_once(&once, configure_library);
    if (!k)
        return bw_fail_memory(err);
    pthread_mutex_init(&k->lock, NULL);
    pthread_condattr_init(&a);
    pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
    pthread_cond_init(&k->wake, &a);
    pthread_condattr_destroy(&a);
    k->alone_fd = -1;
    e->part = k;
    e->connections_max = LITE_CONNECTIONS_MAX;
    BW_TRY(make_file(o, err));
    BW_TRY(db_connect(e, true, &e->lane.db, err));
    if (e->alone)
        BW_TRY(hold(e, err));
    return e->read_only ? BW_OK : use_log(lite_of(e->lane.db)->c, err);
}

static enum bw_rc lite_start(struct db_engine *e, struct bw_err *err)
{
    BW_TRY(lite_gates_load(e, lite_of(e->lane.db)->c, err));
    return e->read_only ? BW_OK : lite_check_start(e, err);
}

static void lite_stop(struct db_engine *e)
{
    if (e->part)
        lite_check_stop(e);
}

static void lite_close(struct db_engine *e)
{
    struct lite_check *k = e->part;
    if (!k)
        return;
    if (k->alone_fd >= 0)
        close(k->alone_fd);
    pthread_cond_destroy(&k->wake);
    pthread_mutex_destroy(&k->lock);
    free(k);
}

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
        rc = lite_fail(c, code, sql, err);
    else if (code == SQLITE_ROW && !bw_view_is(said, "ok"))
        rc = bw_fail_detail(err, BW_BROKEN,
                            "the database is damaged: the operator has to restore a backup",
                            "%s: %.*s", sql, BW_VF(bw_view_head(said, 200)));
    sqlite3_finalize(s);
    return rc;
}

static enum bw_rc lite_size(struct db_engine *e, int64_t *ret_bytes, struct bw_err *err)
{
    static const char *const parts[] = {"", "-wal"};
    int64_t bytes = 0;
    for (size_t i = 0; i < BW_COUNT(parts); i++) {
        char path[PATH_MAX];
        struct stat st;
        int n = snprintf(path, sizeof(path), "%s%s", e->url, parts[i]);
        if (n > 0 && (size_t)n < sizeof(path) && stat(path, &st) == 0)
            bytes += st.st_size;
    }
    *ret_bytes = bytes;
    return BW_OK;
}

static enum bw_rc lite_integrity(struct db_engine *e, struct bw_err *err)
{
    struct db *db = NULL;
    BW_TRY(db_connect(e, false, &db, err));
    enum bw_rc rc = check_with(lite_of(db)->c, "PRAGMA integrity_check", err);
    if (rc == BW_OK)
        rc = check_with(lite_of(db)->c, "PRAGMA foreign_key_check", err);
    db_disconnect(db);
    return rc;
}

/* AUTOINCREMENT: an id is never given again, as on PostgreSQL; caches, full text and the ledger's
 * readers rest on it.
 *
 * Full text is contentless, so that the words are not stored a second time in plain; the old text,
 * which FTS5 wants back to delete a document, lies compressed beside it (db_sqlite_fulltext.c). No
 * column sizes: the hub does not rank. */
static const char *const SPELLING[DB_WORDS] = {
    [DB_WORD_ID] = "INTEGER PRIMARY KEY AUTOINCREMENT",
    [DB_WORD_INT] = "INTEGER",
    [DB_WORD_REAL] = "REAL",
    [DB_WORD_TEXT] = "TEXT",
    [DB_WORD_BYTES] = "BLOB",
    [DB_WORD_STRICT] = "STRICT",
    [DB_WORD_GATE] = "CREATE VIEW v_%1 AS SELECT * FROM %1 WHERE reach(audience_id)",
    [DB_WORD_FULLTEXT] =
        "CREATE VIRTUAL TABLE ft_%1 USING fts5(text, content='', columnsize=0, detail=full,"
        " tokenize='unicode61 remove_diacritics 2');"
        " CREATE TABLE ft_%1_text (id INTEGER PRIMARY KEY, text BLOB NOT NULL) STRICT",
    [DB_WORD_MATCH] = "%3 IN (SELECT rowid FROM ft_%1 WHERE ft_%1 MATCH %2)",
    [DB_WORD_HITS] = "(SELECT rowid AS id FROM ft_%1 WHERE ft_%1 MATCH %2)",
    [DB_WORD_REACHABLE] = "reachable",
};

const struct db_driver db_sqlite = {
    .name = "SQLite",
    .db_size = sizeof(struct lite),
    .stmt_size = sizeof(struct lite_stmt),
    .spelling = SPELLING,
    .open = lite_open,
    .start = lite_start,
    .stop = lite_stop,
    .close = lite_close,
    .connect = lite_connect,
    .disconnect = lite_disconnect,
    .begin_read = lite_begin_read,
    .end_read = lite_end_read,
    .begin_write = lite_begin_write,
    .save = lite_save,
    .release = lite_release,
    .undo = lite_undo,
    .changed = lite_changed,
    .commit = lite_commit,
    .rollback = lite_rollback,
    .gone = lite_gone,
    .prepare = lite_prepare,
    .finalize = lite_finalize,
    .step = lite_step,
    .reset = lite_reset,
    .unbind = lite_unbind,
    .bind_int = lite_bind_int,
    .bind_real = lite_bind_real,
    .bind_text = lite_bind_text,
    .bind_bytes = lite_bind_bytes,
    .bind_null = lite_bind_null,
    .column_int = lite_column_int,
    .column_real = lite_column_real,
    .column_bytes = lite_column_bytes,
    .column_null = lite_column_null,
    .fulltext_put = lite_fulltext_put,
    .fulltext_drop = lite_fulltext_drop,
    .migrating = lite_migrating,
    .begin_step = lite_begin_step,
    .end_step = lite_end_step,
    .has_schema = lite_has_schema,
    .make_schema = lite_make_schema,
    .script = lite_script,
    .check_step = lite_check_step,
    .integrity = lite_integrity,
    .size = lite_size,
    .copy_tables = lite_copy_tables,
    .copy_schema = lite_copy_schema,
    .copy_scan = lite_copy_scan,
    .copy_open = lite_copy_open,
    .copy_row = lite_copy_row,
    .copy_close = lite_copy_close,
    .fulltext_names = lite_fulltext_names,
    .fulltext_each = lite_fulltext_each,
    .id_counters = lite_id_counters,
    .id_set = lite_id_set,
};
