/* SPDX-License-Identifier: Apache-2.0 */
/* db_stmt - statements: the cache, binding, stepping, columns.
 *
 * Cache: by text and mode, per connection, at most DB_CACHE_MAX; the least recently used goes. The
 * literal's address finds it without hashing, but the text is compared all the same, so an address
 * that came to hold other text is no danger. A statement that is in use (a recursion) is prepared
 * once more and thrown away afterwards.
 *
 * Stepping puts the statement's viewer and mode on the connection and restores what was there:
 * reach() may run statements of its own meanwhile. */
#include "bw_fault.h"
#include "db_int.h"
#include <stdio.h>

static const char SAY_BROKEN[] = "the hub made a mistake with its database";

/* -- cache ------------------------------------------------------------------------------------- */

static uint64_t text_hash(const char *p, size_t n) /* FNV-1a; literals only, so no key is needed */
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)p[i]) * UINT64_C(0x100000001b3);
    return h ^ (h >> 29);
}

static size_t fast_slot(const char *origin, enum db_mode mode)
{
    uint64_t h = ((uint64_t)(uintptr_t)origin + (uint64_t)mode) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(h >> 56) & (DB_FAST_SLOTS - 1);
}

static void stmt_destroy(struct db_stmt *st)
{
    sqlite3_finalize(st->s);
    free(st);
}

static void cache_remove(struct db *db, struct db_stmt *st)
{
    struct db_stmt **at = &db->chains[st->hash & (DB_CACHE_CHAINS - 1)];
    while (*at != st)
        at = &(*at)->chain;
    *at = st->chain;
    for (size_t i = 0; i < DB_FAST_SLOTS; i++)
        if (db->fast[i] == st)
            db->fast[i] = NULL;
    db->n_cached--;
}

/* Looking at all of them costs little beside the preparing that made it necessary. */
static void cache_make_room(struct db *db)
{
    struct db_stmt *oldest = NULL;
    if (db->n_cached < DB_CACHE_MAX)
        return;
    for (size_t i = 0; i < DB_CACHE_CHAINS; i++)
        for (struct db_stmt *st = db->chains[i]; st; st = st->chain)
            if (!st->in_use && (!oldest || st->used < oldest->used))
                oldest = st;
    if (!oldest)
        return;
    cache_remove(db, oldest);
    stmt_destroy(oldest);
}

void db_cache_empty(struct db *db)
{
    for (size_t i = 0; i < DB_CACHE_CHAINS; i++)
        while (db->chains[i]) {
            struct db_stmt *st = db->chains[i];
            db->chains[i] = st->chain;
            stmt_destroy(st);
        }
    memset(db->fast, 0, sizeof db->fast);
    db->n_cached = 0;
}

/* -- preparing --------------------------------------------------------------------------------- */

static enum bw_rc fail_statement(struct db *db, int code, const struct db_stmt *st,
                                 struct bw_err *err)
{
    struct bw_view head = bw_utf8_head(bw_view_of(st->text, st->n), 120);
    if ((code & 0xff) == SQLITE_AUTH && db->refusal[0])
        return bw_fail_detail(err, BW_BROKEN, SAY_BROKEN, "%s: %.*s", db->refusal, BW_VF(head));
    char what[128];
    snprintf(what, sizeof what, "%.*s", BW_VF(head));
    return db_fail(db->c, code, what, err);
}

static enum bw_rc prepare_in(struct db_stmt *st, struct bw_err *err)
{
    struct db *db = st->db;
    BW_AUTO_HEAP char *spelled = NULL;
    struct bw_view text = bw_view_of(st->text, st->n);
    if (st->mode != DB_OWN)
        BW_TRY(db_dialect(db->engine, st->mode, text, &spelled, err));
    enum db_mode before = db->mode;
    const char *tail = NULL;
    db->mode = st->mode;
    db->refusal[0] = '\0';
    int code = sqlite3_prepare_v3(db->c, spelled ? spelled : st->text, -1,
                                  SQLITE_PREPARE_PERSISTENT, &st->s, &tail);
    db->mode = before;
    if (code != SQLITE_OK)
        return fail_statement(db, code, st, err);
    while (*tail == ' ' || *tail == '\n' || *tail == ';')
        tail++;
    bool reads = sqlite3_stmt_readonly(st->s) != 0;
    if (!st->s || *tail || (st->mode != DB_OWN && reads != (st->mode != DB_CHANGE)))
        return bw_fail_detail(err, BW_BROKEN, SAY_BROKEN,
                              "one statement, that reads or changes as its call says: %.*s",
                              BW_VF(bw_view_head(text, 160)));
    atomic_fetch_add_explicit(&db->engine->statements, 1, memory_order_relaxed);
    return BW_OK;
}

static struct db_stmt *cache_find(struct db *db, enum db_mode mode, const char *sql, size_t n,
                                  uint64_t hash, bool *ret_taken)
{
    struct db_stmt *st = db->chains[hash & (DB_CACHE_CHAINS - 1)];
    for (; st; st = st->chain) {
        if (st->hash != hash || st->mode != mode || st->n != n || memcmp(st->text, sql, n) != 0)
            continue;
        if (!st->in_use)
            return st;
        *ret_taken = true;
    }
    return NULL;
}

static enum bw_rc prepare_new(struct db *db, enum db_mode mode, const char *sql, size_t n,
                              uint64_t hash, bool cached, struct db_stmt **ret, struct bw_err *err)
{
    struct db_stmt *st = bw_calloc(1, sizeof *st + n + 1);
    if (!st)
        return bw_fail_memory(err);
    *st = (struct db_stmt){.db = db, .mode = mode, .hash = hash, .n = n};
    memcpy(st->text, sql, n);
    enum bw_rc rc = prepare_in(st, err);
    if (rc != BW_OK) {
        stmt_destroy(st);
        return rc;
    }
    if (cached)
        cache_make_room(db);
    st->cached = cached && db->n_cached < DB_CACHE_MAX;
    if (st->cached) {
        st->chain = db->chains[hash & (DB_CACHE_CHAINS - 1)];
        db->chains[hash & (DB_CACHE_CHAINS - 1)] = st;
        db->n_cached++;
    }
    *ret = st;
    return BW_OK;
}

static void stmt_rewind(struct db_stmt *st)
{
    st->rc = BW_OK;
    st->running = st->finished = false;
    st->changes = 0;
}

enum bw_rc db_prepare(struct db *db, enum db_mode mode, const char *sql, size_t n,
                      const char *origin, struct db_stmt **ret, struct bw_err *err)
{
    struct db_stmt *st = origin ? db->fast[fast_slot(origin, mode)] : NULL;
    if (!st || st->origin != origin || st->mode != mode || st->in_use ||
        strcmp(st->text, sql) != 0) {
        bool taken = false;
        if (origin)
            n = strlen(sql);
        uint64_t hash = text_hash(sql, n);
        st = cache_find(db, mode, sql, n, hash, &taken);
        if (!st)
            BW_TRY(prepare_new(db, mode, sql, n, hash, !taken, &st, err));
        if (origin && st->cached) {
            st->origin = origin;
            db->fast[fast_slot(origin, mode)] = st;
        }
    }
    stmt_rewind(st);
    st->in_use = true;
    st->used = ++db->tick;
    st->viewer = NULL;
    db->in_use++;
    *ret = st;
    return BW_OK;
}

enum bw_rc db_query_text(struct db *db, const struct viewer *viewer, const char *sql,
                         struct db_stmt **ret, struct bw_err *err)
{
    BW_ASSERT(viewer);
    struct db_stmt *st;
    BW_TRY(db_prepare(db, DB_QUERY, sql, 0, sql, &st, err));
    st->viewer = viewer;
    *ret = st;
    return BW_OK;
}

enum bw_rc db_plain_text(struct db *db, const char *sql, struct db_stmt **ret, struct bw_err *err)
{
    return db_prepare(db, DB_PLAIN, sql, 0, sql, ret, err);
}

enum bw_rc db_change_text(struct db_tx *tx, const char *sql, struct db_stmt **ret,
                          struct bw_err *err)
{
    struct db_stmt *st;
    BW_TRY(db_prepare(tx->db, DB_CHANGE, sql, 0, sql, &st, err));
    st->viewer = tx->viewer;
    *ret = st;
    return BW_OK;
}

void db_sql_add_text(struct db_sql *q, const char *literal, size_t n)
{
    if (q->n >= sizeof q->text || n >= sizeof q->text - q->n) {
        q->n = SIZE_MAX; /* said by db_query_built */
        return;
    }
    memcpy(q->text + q->n, literal, n);
    q->n += n;
    q->text[q->n] = '\0';
}

enum bw_rc db_query_built(struct db *db, const struct viewer *viewer, const struct db_sql *q,
                          struct db_stmt **ret, struct bw_err *err)
{
    BW_ASSERT(viewer);
    if (q->n >= sizeof q->text)
        return bw_fail_detail(err, BW_BROKEN, SAY_BROKEN, "a built statement is over %zu bytes",
                              sizeof q->text);
    struct db_stmt *st;
    BW_TRY(db_prepare(db, DB_QUERY, q->text, q->n, NULL, &st, err));
    st->viewer = viewer;
    *ret = st;
    return BW_OK;
}

/* Foreign keys of INSERT ... RETURNING are checked when it ends, which may be here: the failure
 * then belongs to the write function as a whole. */
static void stmt_reset(struct db_stmt *st)
{
    int code = sqlite3_reset(st->s);
    struct bw_err *late = st->db->late;
    if (code != SQLITE_OK && st->rc == BW_OK && st->mode == DB_CHANGE && late && late->rc == BW_OK)
        fail_statement(st->db, code, st, late);
}

void db_stmt_free(struct db_stmt *st)
{
    if (!st)
        return;
    struct db *db = st->db;
    BW_ASSERT(st->in_use);
    if (st->running)
        stmt_reset(st);
    sqlite3_clear_bindings(st->s);
    st->in_use = false;
    db->in_use--;
    if (!st->cached)
        stmt_destroy(st);
}

void db_again(struct db_stmt *st)
{
    if (st->running)
        stmt_reset(st);
    stmt_rewind(st);
}

/* -- binding ----------------------------------------------------------------------------------- */

static void keep(struct db_stmt *st, enum bw_rc rc, int at, const char *why)
{
    if (st->rc != BW_OK)
        return;
    st->rc = rc;
    st->why = why;
    st->why_at = at;
}

static void bound(struct db_stmt *st, int at, int code)
{
    if (BW_LIKELY(code == SQLITE_OK))
        return;
    if (code == SQLITE_NOMEM)
        keep(st, BW_MEMORY, at, "out of memory");
    else if (code == SQLITE_TOOBIG)
        keep(st, BW_LIMIT, at, "is too large for the database");
    else
        keep(st, BW_BROKEN, at, code == SQLITE_RANGE ? "does not exist" : "was set while running");
}

void db_bind_int(struct db_stmt *st, int at, int64_t v)
{
    bound(st, at, sqlite3_bind_int64(st->s, at, v));
}

void db_bind_real(struct db_stmt *st, int at, double v)
{
    bound(st, at, sqlite3_bind_double(st->s, at, v));
}

void db_bind_text(struct db_stmt *st, int at, struct bw_view v)
{
    if (v.n > 0 && memchr(v.p, '\0', v.n))
        keep(st, BW_INVALID, at, "holds a NUL character, which text may not");
    else if (!bw_utf8_valid(v))
        keep(st, BW_INVALID, at, "is not valid UTF-8");
    else
        bound(st, at,
              sqlite3_bind_text64(st->s, at, v.n ? v.p : "", v.n, SQLITE_STATIC, SQLITE_UTF8));
}

void db_bind_bytes(struct db_stmt *st, int at, struct bw_view v)
{
    bound(st, at, sqlite3_bind_blob64(st->s, at, v.n ? v.p : "", v.n, SQLITE_STATIC));
}

void db_bind_null(struct db_stmt *st, int at)
{
    bound(st, at, sqlite3_bind_null(st->s, at));
}

static enum bw_rc fail_kept(const struct db_stmt *st, struct bw_err *err)
{
    if (st->rc == BW_MEMORY)
        return bw_fail_memory(err);
    if (!st->why)
        return bw_fail_detail(err, st->rc, SAY_BROKEN, "stepped on after a failure: %.120s",
                              st->text);
    if (st->rc == BW_BROKEN)
        return bw_fail_detail(err, BW_BROKEN, SAY_BROKEN, "parameter %d %s: %.120s", st->why_at,
                              st->why, st->text);
    const char *name = sqlite3_bind_parameter_name(st->s, st->why_at);
    if (name)
        return bw_fail(err, st->rc, "the value %s %s", name, st->why);
    return bw_fail(err, st->rc, "the value ?%d %s", st->why_at, st->why);
}

/* -- stepping ---------------------------------------------------------------------------------- */

static enum bw_rc start(struct db_stmt *st, struct bw_err *err)
{
    struct db *db = st->db;
    if (!db->writer && !db->snapshot)
        BW_TRY(db_snapshot(db, err));
    for (size_t i = 0; i < DB_MEMO; i++)
        st->memo_answer[i] = -1;
    st->why = NULL;
    st->running = true;
    return BW_OK;
}

/* What an engine may do on an error of the disk: the whole transaction is gone. */
static enum bw_rc fault(struct db_stmt *st, struct bw_err *err)
{
    if (st->running)
        sqlite3_reset(st->s);
    st->running = false;
    st->rc = BW_IO;
    if (st->db->writer && !sqlite3_get_autocommit(st->db->c))
        db_own(st->db, DB_OWN_ROLLBACK);
    return db_fail_io(err, "db.step");
}

static int step(struct db_stmt *st)
{
    struct db *db = st->db;
    struct db_stmt *outer = db->current;
    enum db_mode mode = db->mode;
    db->current = st;
    db->mode = st->mode;
    int code = sqlite3_step(st->s);
    db->current = outer;
    db->mode = mode;
    return code;
}

enum bw_rc db_row(struct db_stmt *st, struct bw_err *err)
{
    BW_ASSERT(st->in_use);
    if (BW_UNLIKELY(st->rc != BW_OK))
        return fail_kept(st, err);
    if (st->finished)
        return BW_NOT_FOUND;
    if (!st->running) {
        enum bw_rc rc = start(st, err);
        if (rc != BW_OK)
            return rc;
    }
    if (bw_fault("db.step"))
        return fault(st, err);
    int code = step(st);
    if (BW_LIKELY(code == SQLITE_ROW))
        return BW_OK;
    if (code != SQLITE_DONE) {
        enum bw_rc rc = fail_statement(st->db, code, st, err);
        sqlite3_reset(st->s);
        st->running = false;
        st->rc = rc;
        return rc;
    }
    if (st->mode == DB_CHANGE)
        st->changes = sqlite3_changes64(st->db->c);
    sqlite3_reset(st->s); /* lets go of cursors and locks now and not when it is freed */
    st->running = false;
    st->finished = true;
    return BW_NOT_FOUND;
}

enum bw_rc db_run(struct db_stmt *st, struct bw_err *err)
{
    enum bw_rc rc;
    do
        rc = db_row(st, err);
    while (rc == BW_OK);
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

int64_t db_changes(const struct db_stmt *st)
{
    return st->changes;
}

/* -- columns ----------------------------------------------------------------------------------- */

int64_t db_int(const struct db_stmt *st, int column)
{
    return sqlite3_column_int64(st->s, column);
}

double db_real(const struct db_stmt *st, int column)
{
    return sqlite3_column_double(st->s, column);
}

/* The blob interface hands out text too, and never allocates to put a NUL behind it. */
struct bw_view db_bytes(const struct db_stmt *st, int column)
{
    int type = sqlite3_column_type(st->s, column);
    if (type == SQLITE_NULL)
        return (struct bw_view){NULL, 0};
    const void *p = type == SQLITE_TEXT || type == SQLITE_BLOB
                        ? sqlite3_column_blob(st->s, column)
                        : (const void *)sqlite3_column_text(st->s, column);
    return p ? bw_view_of(p, (size_t)sqlite3_column_bytes(st->s, column)) : BW_V("");
}

struct bw_view db_text(const struct db_stmt *st, int column)
{
    return db_bytes(st, column);
}

bool db_null(const struct db_stmt *st, int column)
{
    return sqlite3_column_type(st->s, column) == SQLITE_NULL;
}
