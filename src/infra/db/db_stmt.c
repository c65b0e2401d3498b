/* SPDX-License-Identifier: Apache-2.0 */
/* db_stmt - statements: the cache, binding, stepping, columns.
 *
 * Cache: by text, mode and, where the driver writes the gate into the text, by whether the viewer
 * sees everything; per connection, at most DB_CACHE_MAX; the least recently used goes. A literal is
 * found by its address without reading the text, which costs more than it looks: a request uses
 * dozens, and none of them is in the processor's cache. What is no literal is looked for by its
 * text. A statement that is in use (a recursion) is prepared once more and thrown away afterwards.
 *
 * Text is checked here, before it reaches a driver: no NUL (PostgreSQL has none), valid UTF-8 (it
 * refuses other), so that both engines say the same of the same input. */
#include "bw_fault.h"
#include "db_int.h"

/* -- cache ------------------------------------------------------------------------------------- */

static uint64_t text_hash(const char *p, size_t n) /* FNV-1a; literals only, so no key is needed */
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)p[i]) * UINT64_C(0x100000001b3);
    return h ^ (h >> 29);
}

static size_t fast_slot(const char *literal, enum db_mode mode, bool ungated)
{
    uint64_t h = ((uint64_t)(uintptr_t)literal + (uint64_t)mode + (ungated ? 4 : 0)) *
                 UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(h >> 56) & (DB_FAST_SLOTS - 1);
}

static void stmt_destroy(struct db_stmt *st)
{
    st->db->engine->driver->finalize(st);
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

static struct db_stmt *cache_find(struct db *db, const struct db_stmt *like, const char *sql,
                                  bool *ret_taken)
{
    struct db_stmt *st = db->chains[like->hash & (DB_CACHE_CHAINS - 1)];
    for (; st; st = st->chain) {
        if (st->hash != like->hash || st->mode != like->mode || st->ungated != like->ungated ||
            st->n != like->n || memcmp(st->text, sql, like->n) != 0)
            continue;
        if (!st->in_use)
            return st;
        *ret_taken = true;
    }
    return NULL;
}

static enum bw_rc prepare_new(struct db *db, const struct db_stmt *like, const char *sql,
                              bool cached, struct db_stmt **ret, struct bw_err *err)
{
    const struct db_driver *d = db->engine->driver;
    struct db_stmt *st = bw_calloc(1, d->stmt_size + like->n + 1);
    if (!st)
        return bw_fail_memory(err);
    *st = *like;
    st->text = (char *)st + d->stmt_size;
    memcpy(st->text, sql, like->n);
    enum bw_rc rc = d->prepare(st, err);
    if (rc != BW_OK) {
        stmt_destroy(st);
        return rc;
    }
    atomic_fetch_add_explicit(&db->engine->statements, 1, memory_order_relaxed);
    if (cached)
        cache_make_room(db);
    st->cached = cached && db->n_cached < DB_CACHE_MAX;
    if (st->cached) {
        st->chain = db->chains[st->hash & (DB_CACHE_CHAINS - 1)];
        db->chains[st->hash & (DB_CACHE_CHAINS - 1)] = st;
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

static bool sees_all(const struct db_engine *e, const struct viewer *viewer)
{
    size_t n = 0;
    if (!e->driver->gates_in_text || !viewer || !e->codes)
        return false;
    e->codes(viewer, &n);
    return n == SIZE_MAX;
}

enum bw_rc db_prepare(struct db *db, enum db_mode mode, const struct viewer *viewer,
                      const char *sql, size_t n, bool literal, struct db_stmt **ret,
                      struct bw_err *err)
{
    bool ungated = sees_all(db->engine, viewer);
    struct db_stmt *st = literal ? db->fast[fast_slot(sql, mode, ungated)] : NULL;
    if (!st || st->literal != sql || st->mode != mode || st->ungated != ungated || st->in_use) {
        bool taken = false;
        const struct db_stmt like = {.db = db,
                                     .mode = mode,
                                     .ungated = ungated,
                                     .hash = text_hash(sql, n),
                                     .n = n};
        st = cache_find(db, &like, sql, &taken);
        if (!st)
            BW_TRY(prepare_new(db, &like, sql, !taken, &st, err));
        if (literal && st->cached) {
            st->literal = sql;
            db->fast[fast_slot(sql, mode, ungated)] = st;
        }
    }
    stmt_rewind(st);
    st->in_use = true;
    st->used = ++db->tick;
    st->viewer = viewer;
    db->in_use++;
    *ret = st;
    return BW_OK;
}

enum bw_rc db_prepare_named(struct db *db, const char *pattern, const char *name,
                            struct db_stmt **ret, struct bw_err *err)
{
    char sql[512];
    size_t n = 0, n_name = strlen(name);
    BW_ASSERT(n_name > 0 && n_name < DB_NAME_MAX);
    for (const char *p = name; *p; p++)
        BW_ASSERT((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_');
    for (const char *p = pattern; *p; p++) {
        size_t more = *p == '%' ? n_name : 1;
        BW_ASSERT(n + more < sizeof sql);
        memcpy(sql + n, *p == '%' ? name : p, more);
        n += more;
    }
    return db_prepare(db, DB_OWN, NULL, sql, n, false, ret, err);
}

enum bw_rc db_query_literal(struct db *db, const struct viewer *viewer, const char *sql, size_t n,
                            struct db_stmt **ret, struct bw_err *err)
{
    BW_ASSERT(viewer);
    return db_prepare(db, DB_QUERY, viewer, sql, n, true, ret, err);
}

enum bw_rc db_plain_literal(struct db *db, const char *sql, size_t n, struct db_stmt **ret,
                            struct bw_err *err)
{
    return db_prepare(db, DB_PLAIN, NULL, sql, n, true, ret, err);
}

enum bw_rc db_change_literal(struct db_tx *tx, const char *sql, size_t n, struct db_stmt **ret,
                             struct bw_err *err)
{
    return db_prepare(tx->db, DB_CHANGE, tx->viewer, sql, n, true, ret, err);
}

enum bw_rc db_query_text(struct db *db, const struct viewer *viewer, const char *sql,
                         struct db_stmt **ret, struct bw_err *err)
{
    BW_ASSERT(viewer);
    return db_prepare(db, DB_QUERY, viewer, sql, strlen(sql), false, ret, err);
}

enum bw_rc db_plain_text(struct db *db, const char *sql, struct db_stmt **ret, struct bw_err *err)
{
    return db_prepare(db, DB_PLAIN, NULL, sql, strlen(sql), false, ret, err);
}

enum bw_rc db_change_text(struct db_tx *tx, const char *sql, struct db_stmt **ret,
                          struct bw_err *err)
{
    return db_prepare(tx->db, DB_CHANGE, tx->viewer, sql, strlen(sql), false, ret, err);
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
        return bw_fail_detail(err, BW_BROKEN, DB_SAY_BROKEN, "a built statement is over %zu bytes",
                              sizeof q->text);
    return db_prepare(db, DB_QUERY, viewer, q->text, q->n, false, ret, err);
}

/* Foreign keys of INSERT ... RETURNING may be checked when it ends, which may be here: the failure
 * then belongs to the write function as a whole. */
static void stmt_reset(struct db_stmt *st)
{
    struct bw_err err = {.rc = BW_OK}, *late = st->db->late;
    enum bw_rc rc = st->db->engine->driver->reset(st, &err);
    if (rc != BW_OK && st->rc == BW_OK && st->mode == DB_CHANGE && late && late->rc == BW_OK)
        *late = err;
}

void db_stmt_free(struct db_stmt *st)
{
    if (!st)
        return;
    struct db *db = st->db;
    BW_ASSERT(st->in_use);
    if (st->running)
        stmt_reset(st);
    db->engine->driver->unbind(st);
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

void db_bind_keep(struct db_stmt *st, enum bw_rc rc, int at, const char *why)
{
    if (st->rc != BW_OK)
        return;
    st->rc = rc;
    st->why = why;
    st->why_at = at;
}

void db_bind_int(struct db_stmt *st, int at, int64_t v)
{
    st->db->engine->driver->bind_int(st, at, v);
}

void db_bind_real(struct db_stmt *st, int at, double v)
{
    st->db->engine->driver->bind_real(st, at, v);
}

void db_bind_text(struct db_stmt *st, int at, struct bw_view v)
{
    if (v.n > 0 && memchr(v.p, '\0', v.n))
        db_bind_keep(st, BW_INVALID, at, "holds a NUL character, which text may not");
    else if (!bw_utf8_valid(v))
        db_bind_keep(st, BW_INVALID, at, "is not valid UTF-8");
    else
        st->db->engine->driver->bind_text(st, at, v);
}

void db_bind_bytes(struct db_stmt *st, int at, struct bw_view v)
{
    st->db->engine->driver->bind_bytes(st, at, v);
}

void db_bind_null(struct db_stmt *st, int at)
{
    st->db->engine->driver->bind_null(st, at);
}

static enum bw_rc fail_kept(const struct db_stmt *st, struct bw_err *err)
{
    if (st->rc == BW_MEMORY)
        return bw_fail_memory(err);
    if (!st->why)
        return bw_fail_detail(err, st->rc, DB_SAY_BROKEN, "stepped on after a failure: %.120s",
                              st->text);
    if (st->rc == BW_BROKEN)
        return bw_fail_detail(err, BW_BROKEN, DB_SAY_BROKEN, "parameter %d %s: %.120s", st->why_at,
                              st->why, st->text);
    return bw_fail(err, st->rc, "the value ?%d %s", st->why_at, st->why);
}

/* -- stepping ---------------------------------------------------------------------------------- */

static enum bw_rc start(struct db_stmt *st, struct bw_err *err)
{
    struct db *db = st->db;
    if (!db->writer && !db->snapshot)
        BW_TRY(db_snapshot(db, err));
    st->why = NULL;
    st->running = true;
    return BW_OK;
}

/* What an engine may do on an error of the disk: the whole transaction is gone. */
static enum bw_rc fault(struct db_stmt *st, struct bw_err *err)
{
    const struct db_driver *d = st->db->engine->driver;
    struct bw_err ignored;
    if (st->running)
        (void)!d->reset(st, &ignored);
    st->running = false;
    st->rc = BW_IO;
    if (st->db->writer && !d->gone(st->db))
        d->rollback(st->db);
    return db_fail_io(err, "db.step");
}

static enum bw_rc step_with(struct db_stmt *st,
                            enum bw_rc (*step)(struct db_stmt *, struct bw_err *),
                            struct bw_err *err)
{
    BW_ASSERT(st->in_use);
    if (BW_UNLIKELY(st->rc != BW_OK))
        return fail_kept(st, err);
    if (BW_UNLIKELY(st->db->spoiled))
        return bw_fail_detail(err, BW_BROKEN, DB_SAY_BROKEN, "went on after a failure: %.120s",
                              st->text);
    if (st->finished)
        return BW_NOT_FOUND;
    if (!st->running) {
        enum bw_rc rc = start(st, err);
        if (rc != BW_OK)
            return rc;
    }
    if (bw_fault("db.step"))
        return fault(st, err);
    enum bw_rc rc = step(st, err);
    if (BW_LIKELY(rc == BW_OK))
        return BW_OK;
    st->running = false;
    if (rc == BW_NOT_FOUND) {
        st->finished = true;
    } else {
        st->rc = rc;
        st->db->spoiled = st->db->writer;
    }
    return rc;
}

enum bw_rc db_row(struct db_stmt *st, struct bw_err *err)
{
    return step_with(st, st->db->engine->driver->step, err);
}

enum bw_rc db_run(struct db_stmt *st, struct bw_err *err)
{
    enum bw_rc rc;
    do
        rc = db_row(st, err);
    while (rc == BW_OK);
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

enum bw_rc db_post(struct db_stmt *st, struct bw_err *err)
{
    const struct db_driver *d = st->db->engine->driver;
    BW_ASSERT(st->mode == DB_CHANGE || st->mode == DB_OWN);
    if (!d->post)
        return db_run(st, err);
    enum bw_rc rc = step_with(st, d->post, err);
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

enum bw_rc db_post_id(struct db_stmt *st, int64_t *ret_id, struct bw_err *err)
{
    const struct db_driver *d = st->db->engine->driver;
    if (d->post) {
        BW_TRY(db_post(st, err));
        *ret_id = d->posted_id(st);
        return BW_OK;
    }
    BW_TRY(db_row(st, err));
    *ret_id = db_int(st, 0);
    return BW_OK;
}

int64_t db_changes(const struct db_stmt *st)
{
    return st->changes;
}

/* -- columns ----------------------------------------------------------------------------------- */

int64_t db_int(const struct db_stmt *st, int column)
{
    return st->db->engine->driver->column_int(st, column);
}

double db_real(const struct db_stmt *st, int column)
{
    return st->db->engine->driver->column_real(st, column);
}

struct bw_view db_bytes(const struct db_stmt *st, int column)
{
    return st->db->engine->driver->column_bytes(st, column);
}

struct bw_view db_text(const struct db_stmt *st, int column)
{
    return st->db->engine->driver->column_bytes(st, column);
}

bool db_null(const struct db_stmt *st, int column)
{
    return st->db->engine->driver->column_null(st, column);
}

/* -- full text --------------------------------------------------------------------------------- */

enum bw_rc db_fulltext_put(struct db_tx *tx, const char *name, int64_t id, struct bw_view folded,
                           struct bw_err *err)
{
    if (folded.n > DB_FULLTEXT_MAX)
        return bw_fail(err, BW_LIMIT, "a text of more than %u bytes cannot be searched",
                       DB_FULLTEXT_MAX);
    if ((folded.n > 0 && memchr(folded.p, '\0', folded.n)) || !bw_utf8_valid(folded))
        return bw_fail(err, BW_INVALID, "a text that is to be searched is not valid UTF-8");
    return tx->db->engine->driver->fulltext_put(tx->db, name, id, folded, err);
}

enum bw_rc db_fulltext_drop(struct db_tx *tx, const char *name, int64_t id, struct bw_err *err)
{
    return tx->db->engine->driver->fulltext_drop(tx->db, name, id, err);
}
