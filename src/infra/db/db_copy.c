/* SPDX-License-Identifier: Apache-2.0 */
/* db_copy - moves a hub from one database to another.
 *
 * The source is held as its only writer while it is read, and never written. The target is filled
 * in one transaction, so it is an empty schema until all of it is there: whatever breaks it off,
 * the same command may be given again. Rows travel table by table in the order in which the target
 * made its tables, which is an order in which nothing refers to what is not there yet.
 *
 * Before the commit the target is read back: its rows have to be as many and to have the same sum
 * (of a hash of each row's values, so that no order is needed) as those that were read.
 *
 * Full text is derived: its documents are put anew, the index is the target's own. */
#include "db_copy.h"

#include "bw_buf.h"
#include "bw_fault.h"
#include "db_int.h"

#include <stdio.h>

#define TABLES_MAX 128
#define COLUMNS_MAX 40
#define SAY_EVERY 4096 /* rows */

struct table {
    char name[DB_NAME_MAX];
    struct copy_column columns[COLUMNS_MAX];
    size_t n_columns;
    int64_t rows;
    uint64_t sum;
};

struct copy {
    struct db *from;
    const struct db_copy_options *o;
    struct table *tables;
    size_t n_tables;
    int64_t last_us, rows;
    struct db_copied *ret;
    size_t *ret_n;
};

/* -- the sum of a row -------------------------------------------------------------------------- */

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ (h >> 32);
}

static uint64_t mix_bytes(uint64_t h, struct bw_view v)
{
    h = mix(h, v.n);
    for (; v.n >= 8; v = bw_view_from(v, 8)) {
        uint64_t word;
        memcpy(&word, v.p, 8);
        h = mix(h, word);
    }
    for (size_t i = 0; i < v.n; i++)
        h = mix(h, (unsigned char)v.p[i]);
    return h;
}

static uint64_t row_sum(const struct db_stmt *st, const struct table *t)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < t->n_columns; i++) {
        int at = (int)i;
        double d;
        uint64_t bits;
        h = mix(h, db_null(st, at) ? 1 : 2);
        if (db_null(st, at))
            continue;
        switch (t->columns[i].kind) {
        case COPY_INT:
            h = mix(h, (uint64_t)db_int(st, at));
            break;
        case COPY_REAL:
            d = db_real(st, at);
            memcpy(&bits, &d, sizeof bits);
            h = mix(h, bits);
            break;
        case COPY_TEXT:
        case COPY_BYTES:
            h = mix_bytes(h, db_bytes(st, at));
            break;
        }
    }
    return h;
}

/* -- reading ----------------------------------------------------------------------------------- */

static enum bw_rc own(struct db *db, const char *sql, struct db_stmt **ret, struct bw_err *err)
{
    return db_prepare(db, DB_OWN, NULL, sql, strlen(sql), false, ret, err);
}

static void put_columns(struct bw_buf *b, const struct table *t)
{
    for (size_t i = 0; i < t->n_columns; i++)
        bw_buf_printf(b, "%s\"%s\"", i ? ", " : "", t->columns[i].name);
}

static enum bw_rc each_row(struct db *db, const struct table *t, copy_row_fn fn, void *arg,
                           struct bw_err *err)
{
    const struct db_driver *d = db->engine->driver;
    BW_AUTO_BUF sql = BW_BUF_INIT(DB_SQL_MAX);
    BW_BUF_LIT(&sql, "SELECT ");
    put_columns(&sql, t);
    bw_buf_printf(&sql, " FROM %s%s", d->copy_schema(db, t->name), t->name);
    bw_buf_byte(&sql, '\0');
    BW_TRY(bw_buf_rc(&sql, "a statement", err));
    return d->copy_scan(db, sql.p, fn, arg, err);
}

static enum bw_rc add_column(struct copy *k, const struct db_stmt *st, struct bw_err *err)
{
    struct bw_view name = db_text(st, 0), column = db_text(st, 1);
    struct table *t = k->n_tables ? &k->tables[k->n_tables - 1] : NULL;
    if (!t || !bw_view_is(name, t->name)) {
        if (k->n_tables == TABLES_MAX || name.n >= DB_NAME_MAX)
            return bw_fail_detail(err, BW_BROKEN, DB_SAY_BROKEN, "too many tables");
        t = &k->tables[k->n_tables++];
        snprintf(t->name, sizeof t->name, "%.*s", BW_VF(name));
    }
    if (t->n_columns == COLUMNS_MAX || column.n >= DB_NAME_MAX)
        return bw_fail_detail(err, BW_BROKEN, DB_SAY_BROKEN, "too many columns: %s", t->name);
    struct copy_column *c = &t->columns[t->n_columns++];
    snprintf(c->name, sizeof c->name, "%.*s", BW_VF(column));
    c->kind = (enum copy_kind)db_int(st, 2);
    return BW_OK;
}

static enum bw_rc read_tables(struct copy *k, struct db *db, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc;
    BW_TRY(own(db, db->engine->driver->copy_tables, &st, err));
    while ((rc = db_row(st, err)) == BW_OK)
        BW_TRY(add_column(k, st, err));
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

/* -- writing ----------------------------------------------------------------------------------- */

struct put {
    struct copy *k;
    struct db *to;
    struct table *t;
    void *sink;
};

static enum bw_rc put_row(void *arg, const struct db_stmt *st, struct bw_err *err)
{
    struct put *p = arg;
    struct copy *k = p->k;
    p->t->rows++;
    p->t->sum += row_sum(st, p->t);
    if (++k->rows % SAY_EVERY == 0 && k->o->progress)
        k->o->progress(k->o->arg, p->t->name, k->rows);
    return p->to->engine->driver->copy_row(p->to, p->sink, st, p->t->columns, p->t->n_columns, err);
}

/* What the target's schema steps put there (a first row of a counter) comes from the source. */
static enum bw_rc copy_table(struct copy *k, struct db *to, struct table *t, struct bw_err *err)
{
    const struct db_driver *d = to->engine->driver;
    struct put p = {k, to, t, NULL};
    BW_AUTO_BUF columns = BW_BUF_INIT(DB_SQL_MAX);
    BW_AUTO(db_stmt) *drop = NULL;
    char sql[256];
    snprintf(sql, sizeof sql, "DELETE FROM %s%s", d->copy_schema(to, t->name), t->name);
    BW_TRY(own(to, sql, &drop, err));
    BW_TRY(db_run(drop, err));
    put_columns(&columns, t);
    bw_buf_byte(&columns, '\0');
    BW_TRY(bw_buf_rc(&columns, "a statement", err));
    BW_TRY(d->copy_open(to, t->name, columns.p, t->n_columns, &p.sink, err));
    enum bw_rc rc = each_row(k->from, t, put_row, &p, err);
    return d->copy_close(to, p.sink, rc, err);
}

static enum bw_rc count_row(void *arg, const struct db_stmt *st, struct bw_err *err)
{
    struct table *t = arg;
    t->rows--;
    t->sum -= row_sum(st, t);
    return BW_OK;
}

static enum bw_rc verify_table(struct copy *k, struct db *to, struct table *t, struct bw_err *err)
{
    int64_t rows = t->rows;
    BW_TRY(each_row(to, t, count_row, t, err));
    if (t->rows != 0 || t->sum != 0)
        return bw_fail(err, BW_BROKEN,
                       "table %s arrived with other rows than it left with: nothing was kept",
                       t->name);
    BW_ASSERT(*k->ret_n < DB_COPIED_MAX);
    struct db_copied *c = &k->ret[(*k->ret_n)++];
    snprintf(c->table, sizeof c->table, "%s", t->name);
    c->rows = rows;
    return BW_OK;
}

/* -- full text and ids ------------------------------------------------------------------------- */

struct words {
    struct db *to;
    const char *name;
};

static enum bw_rc put_words(void *arg, int64_t id, struct bw_view text, struct bw_err *err)
{
    struct words *w = arg;
    return w->to->engine->driver->fulltext_put(w->to, w->name, id, text, err);
}

static enum bw_rc copy_words(struct copy *k, struct db *to, struct bw_err *err)
{
    const struct db_driver *d = k->from->engine->driver;
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc;
    BW_TRY(own(k->from, d->fulltext_names, &st, err));
    while ((rc = db_row(st, err)) == BW_OK) {
        char name[DB_NAME_MAX];
        struct words w = {to, name};
        snprintf(name, sizeof name, "%.*s", BW_VF(db_text(st, 0)));
        BW_TRY(d->fulltext_each(k->from, name, put_words, &w, err));
    }
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

static enum bw_rc copy_ids(struct copy *k, struct db *to, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc;
    BW_TRY(own(k->from, k->from->engine->driver->id_counters, &st, err));
    while ((rc = db_row(st, err)) == BW_OK) {
        char table[DB_NAME_MAX];
        snprintf(table, sizeof table, "%.*s", BW_VF(db_text(st, 0)));
        BW_TRY(to->engine->driver->id_set(to, table, db_int(st, 1), err));
    }
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

/* A database in which no id was ever given holds nothing. */
static enum bw_rc check_empty(struct db *to, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc;
    BW_TRY(own(to, to->engine->driver->id_counters, &st, err));
    while ((rc = db_row(st, err)) == BW_OK)
        if (db_int(st, 1) != 0)
            return bw_fail(err, BW_CONFLICT,
                           "%s holds a hub already: nothing was changed in it; give an empty"
                           " database",
                           to->engine->place);
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

/* -- all of it --------------------------------------------------------------------------------- */

static enum bw_rc fill(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct copy *k = arg;
    struct db *to = tx->db;
    *k->ret_n = k->n_tables = 0;
    k->rows = 0;
    memset(k->tables, 0, TABLES_MAX * sizeof *k->tables);
    BW_TRY(check_empty(to, err));
    BW_TRY(read_tables(k, to, err));
    for (size_t i = 0; i < k->n_tables; i++)
        BW_TRY(copy_table(k, to, &k->tables[i], err));
    for (size_t i = 0; i < k->n_tables; i++)
        BW_TRY(verify_table(k, to, &k->tables[i], err));
    BW_TRY(copy_words(k, to, err));
    BW_TRY(copy_ids(k, to, err));
    if (tx->now_us <= k->last_us) /* times that were given are not given again */
        tx->now_us = k->last_us + 1;
    if (to->engine->lane.last_us < tx->now_us)
        to->engine->lane.last_us = tx->now_us;
    return BW_OK;
}

enum bw_rc db_copy(struct db_engine *from, struct db_engine *to, const struct db_copy_options *o,
                   struct db_copied ret[DB_COPIED_MAX], size_t *ret_n, struct bw_err *err)
{
    struct copy k = {.o = o, .ret = ret, .ret_n = ret_n};
    k.tables = bw_calloc(TABLES_MAX, sizeof *k.tables);
    if (!k.tables)
        return bw_fail_memory(err);
    enum bw_rc rc = db_connect(from, true, &k.from, err);
    if (rc == BW_OK)
        rc = from->driver->begin_write(k.from, &k.last_us, err);
    if (rc == BW_OK)
        rc = db_write(to, fill, &k, err);
    if (k.from) {
        from->driver->rollback(k.from);
        db_disconnect(k.from);
    }
    free(k.tables);
    return rc;
}
