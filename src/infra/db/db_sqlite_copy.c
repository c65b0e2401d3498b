/* SPDX-License-Identifier: Apache-2.0 */
/* db_sqlite_copy - SQLite's half of moving a hub: see db_copy.c. */
#include "bw_buf.h"
#include "db_sqlite_int.h"

/* In the order in which they were made. */
const char lite_copy_tables[] =
    "SELECT t.name, c.name, CASE c.type WHEN 'INTEGER' THEN 0 WHEN 'REAL' THEN 1 WHEN 'TEXT' THEN 2"
    " ELSE 3 END FROM sqlite_schema t, pragma_table_info(t.name) c"
    " WHERE t.type = 'table' AND t.name NOT LIKE 'ft\\_%' ESCAPE '\\'"
    " AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    " AND t.name NOT IN ('migration', 'lane_clock') ORDER BY t.rowid, c.cid";
const char lite_fulltext_names[] =
    "SELECT substr(name, 4) FROM sqlite_schema WHERE type = 'table'"
    " AND sql LIKE 'CREATE VIRTUAL TABLE ft\\_%' ESCAPE '\\' ORDER BY 1";
const char lite_id_counters[] = "SELECT name, seq FROM sqlite_sequence ORDER BY name";

const char *lite_copy_schema(const struct db *db, const char *table)
{
    (void)db;
    (void)table;
    return "";
}

enum bw_rc lite_copy_scan(struct db *db, const char *sql, copy_row_fn fn, void *arg,
                          struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc;
    BW_TRY(db_prepare(db, DB_OWN, NULL, sql, strlen(sql), false, &st, err));
    while ((rc = db_row(st, err)) == BW_OK)
        BW_TRY(fn(arg, st, err));
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

enum bw_rc lite_copy_open(struct db *db, const char *table, const char *columns, size_t n,
                          void **ret_sink, struct bw_err *err)
{
    BW_AUTO_BUF sql = BW_BUF_INIT(DB_SQL_MAX);
    struct db_stmt *st;
    bw_buf_printf(&sql, "INSERT INTO \"%s\" (%s) VALUES (", table, columns);
    for (size_t i = 0; i < n; i++)
        bw_buf_printf(&sql, "%s?%zu", i ? ", " : "", i + 1);
    bw_buf_z(&sql, ")");
    bw_buf_byte(&sql, '\0');
    BW_TRY(bw_buf_rc(&sql, "a statement", err));
    BW_TRY(db_prepare(db, DB_OWN, NULL, sql.p, sql.n - 1, false, &st, err));
    *ret_sink = st;
    return BW_OK;
}

enum bw_rc lite_copy_row(struct db *db, void *sink, const struct db_stmt *row,
                         const struct copy_column *columns, size_t n, struct bw_err *err)
{
    struct db_stmt *st = sink;
    (void)db;
    db_again(st);
    for (size_t i = 0; i < n; i++) {
        int from = (int)i, to = (int)i + 1;
        if (db_null(row, from))
            db_bind_null(st, to);
        else if (columns[i].kind == COPY_INT)
            db_bind_int(st, to, db_int(row, from));
        else if (columns[i].kind == COPY_REAL)
            db_bind_real(st, to, db_real(row, from));
        else if (columns[i].kind == COPY_TEXT)
            db_bind_text(st, to, db_text(row, from));
        else
            db_bind_bytes(st, to, db_bytes(row, from));
    }
    return db_run(st, err);
}

enum bw_rc lite_copy_close(struct db *db, void *sink, enum bw_rc rc, struct bw_err *err)
{
    (void)db;
    (void)err;
    db_stmt_free(sink);
    return rc;
}

enum bw_rc lite_id_set(struct db *db, const char *table, int64_t last, struct bw_err *err)
{
    BW_AUTO(db_stmt) *drop = NULL;
    BW_AUTO(db_stmt) *put = NULL;
    BW_TRY(db_own(db, "DELETE FROM sqlite_sequence WHERE name = ?1", &drop, err));
    db_bind_text(drop, 1, bw_view_z(table));
    BW_TRY(db_run(drop, err));
    BW_TRY(db_own(db, "INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)", &put, err));
    db_bind_text(put, 1, bw_view_z(table));
    db_bind_int(put, 2, last);
    return db_run(put, err);
}
