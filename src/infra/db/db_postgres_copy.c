/* SPDX-License-Identifier: Apache-2.0 */
/* db_postgres_copy - PostgreSQL's half of moving a hub: reads by a cursor, writes by COPY in its
 * binary form (PostgreSQL's manual, "COPY", Binary Format). See db_copy.c. */
#include "db_postgres_int.h"

#include "bw_fault.h"

#include <stdio.h>

#define FETCH_ROWS 500
#define SEND_BYTES (256u << 10)

/* Object ids rise in the order of making: a database that has been restored from a dump has them in
 * the order of the dump, which has no foreign keys before their tables either. Types: enum pg_type.
 */
const char pg_copy_tables[] =
    "SELECT c.relname::text, a.attname::text, CASE a.atttypid WHEN 701 THEN 1 WHEN 25 THEN 2"
    " WHEN 17 THEN 3 ELSE 0 END FROM pg_class c"
    " JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relkind = 'r' AND a.attnum > 0"
    " AND NOT a.attisdropped AND c.relnamespace IN ('breakwater'::regnamespace,"
    " 'breakwater_gated'::regnamespace) AND c.relname NOT LIKE 'ft\\_%'"
    " AND c.relname NOT IN ('migration', 'lane_clock', 'id_counter') ORDER BY c.oid, a.attnum";
const char pg_fulltext_names[] =
    "SELECT substr(relname::text, 4) FROM pg_class WHERE relkind = 'r'"
    " AND relnamespace = 'breakwater'::regnamespace AND relname LIKE 'ft\\_%' ORDER BY 1";
const char pg_id_counters[] = "SELECT name, last FROM id_counter ORDER BY name";

const char *pg_copy_schema(const struct db *db, const char *table)
{
    return db_gated(db->engine, table, strlen(table)) ? "breakwater_gated." : "breakwater.";
}

enum bw_rc pg_copy_scan(struct db *base, const char *sql, copy_row_fn fn, void *arg,
                        struct bw_err *err)
{
    struct pg *db = pg_of(base);
    BW_AUTO_BUF declare = BW_BUF_INIT(2 * DB_SQL_MAX);
    BW_AUTO(db_stmt) *st = NULL;
    char fetch[64];
    bw_buf_printf(&declare, "DECLARE copy_scan NO SCROLL CURSOR FOR %s", sql);
    bw_buf_byte(&declare, '\0');
    BW_TRY(bw_buf_rc(&declare, "a statement", err));
    BW_TRY(pg_put(db, declare.p, err));
    BW_TRY(pg_sync(db, NULL, err));
    snprintf(fetch, sizeof fetch, "FETCH FORWARD %d FROM copy_scan", FETCH_ROWS);
    BW_TRY(db_prepare(base, DB_OWN, NULL, fetch, strlen(fetch), false, &st, err));
    pg_forget(st); /* what was prepared for another cursor gives other columns */
    for (int64_t n = FETCH_ROWS; n == FETCH_ROWS; db_again(st)) {
        enum bw_rc rc;
        n = 0;
        while ((rc = db_row(st, err)) == BW_OK) {
            BW_TRY(fn(arg, st, err));
            n++;
        }
        if (rc != BW_NOT_FOUND)
            return rc;
    }
    BW_TRY(pg_put(db, "CLOSE copy_scan", err));
    return pg_sync(db, NULL, err);
}

/* -- COPY -------------------------------------------------------------------------------------- */

struct sink {
    struct bw_buf buf;
};

enum bw_rc pg_copy_open(struct db *base, const char *table, const char *columns, size_t n,
                        void **ret_sink, struct bw_err *err)
{
    struct pg *db = pg_of(base);
    BW_AUTO_BUF sql = BW_BUF_INIT(DB_SQL_MAX);
    (void)n;
    bw_buf_printf(&sql, "COPY %s%s (%s) FROM STDIN (FORMAT binary)", pg_copy_schema(base, table),
                  table, columns);
    bw_buf_byte(&sql, '\0');
    BW_TRY(bw_buf_rc(&sql, "a statement", err));
    BW_TRY(pg_sync(db, NULL, err));
    BW_TRY(pg_leave_pipeline(db, err));
    struct sink *s = bw_calloc(1, sizeof *s);
    if (!s)
        return bw_fail_memory(err);
    s->buf = (struct bw_buf)BW_BUF_INIT(SIZE_MAX / 2);
    PGresult *r = PQexec(db->c, sql.p);
    enum bw_rc rc = PQresultStatus(r) == PGRES_COPY_IN ? BW_OK : pg_fail_result(db, r, err);
    PQclear(r);
    if (rc != BW_OK) {
        free(s);
        return rc;
    }
    bw_buf_add(&s->buf, "PGCOPY\n\377\r\n\0", 11);
    pg_put_be(&s->buf, 0, 4);
    pg_put_be(&s->buf, 0, 4);
    *ret_sink = s;
    return BW_OK;
}

static enum bw_rc flush(struct pg *db, struct sink *s, struct bw_err *err)
{
    BW_TRY(bw_buf_rc(&s->buf, "rows", err));
    if (PQputCopyData(db->c, s->buf.p, (int)s->buf.n) != 1)
        return pg_fail_lost(db, err);
    s->buf.n = 0;
    return BW_OK;
}

enum bw_rc pg_copy_row(struct db *base, void *sink, const struct db_stmt *row,
                       const struct copy_column *columns, size_t n, struct bw_err *err)
{
    struct sink *s = sink;
    struct bw_buf *b = &s->buf;
    pg_put_be(b, n, 2);
    for (size_t i = 0; i < n; i++) {
        int at = (int)i;
        if (db_null(row, at)) {
            pg_put_be(b, UINT32_MAX, 4);
        } else if (columns[i].kind == COPY_INT) {
            pg_put_be(b, 8, 4);
            pg_put_be(b, (uint64_t)db_int(row, at), 8);
        } else if (columns[i].kind == COPY_REAL) {
            double d = db_real(row, at);
            uint64_t bits;
            memcpy(&bits, &d, sizeof bits);
            pg_put_be(b, 8, 4);
            pg_put_be(b, bits, 8);
        } else {
            struct bw_view v = db_bytes(row, at);
            pg_put_be(b, v.n, 4);
            bw_buf_view(b, v);
        }
    }
    return b->n >= SEND_BYTES ? flush(pg_of(base), s, err) : BW_OK;
}

enum bw_rc pg_copy_close(struct db *base, void *sink, enum bw_rc rc, struct bw_err *err)
{
    struct pg *db = pg_of(base);
    struct sink *s = sink;
    struct bw_err ignored;
    if (rc == BW_OK) {
        pg_put_be(&s->buf, UINT16_MAX, 2);
        rc = flush(db, s, err);
    }
    if (!base->lost)
        PQputCopyEnd(db->c, rc == BW_OK ? NULL : "given up");
    for (PGresult *r; !base->lost && (r = PQgetResult(db->c)); PQclear(r))
        if (PQresultStatus(r) != PGRES_COMMAND_OK && rc == BW_OK)
            rc = pg_fail_result(db, r, err);
    bw_buf_done(&s->buf);
    free(s);
    if (base->lost)
        return rc == BW_OK ? pg_fail_lost(db, err) : rc;
    enum bw_rc back = pg_enter_pipeline(db, rc == BW_OK ? err : &ignored);
    return rc == BW_OK ? back : rc;
}

/* -- full text and ids ------------------------------------------------------------------------- */

struct each {
    copy_text_fn fn;
    void *arg;
};

static enum bw_rc give(void *arg, const struct db_stmt *st, struct bw_err *err)
{
    const struct each *e = arg;
    return e->fn(e->arg, db_int(st, 0), db_text(st, 1), err);
}

enum bw_rc pg_fulltext_each(struct db *db, const char *name, copy_text_fn fn, void *arg,
                            struct bw_err *err)
{
    struct each e = {fn, arg};
    char sql[160];
    snprintf(sql, sizeof sql, "SELECT id, text FROM ft_%s ORDER BY id", name);
    return pg_copy_scan(db, sql, give, &e, err);
}

enum bw_rc pg_id_set(struct db *db, const char *table, int64_t last, struct bw_err *err)
{
    struct pg_part *part = pg_part_of(db);
    for (size_t i = 0; i < part->n_tables; i++)
        if (strcmp(part->tables[i].name, table) == 0) {
            part->tables[i].last = last;
            pg_of(db)->changed = true;
            return BW_OK;
        }
    return bw_fail_detail(err, BW_BROKEN, DB_SAY_BROKEN, "%s has no $id", table);
}
