/* SPDX-License-Identifier: Apache-2.0 */
/* db_sqlite_stmt - SQLite's half of a statement.
 *
 * Stepping puts the statement and its mode on the connection and restores what was there: reach()
 * may run statements of its own meanwhile. */
#include "db_sqlite_int.h"
#include <stdio.h>

static enum bw_rc fail_statement(struct lite_stmt *st, int code, struct bw_err *err)
{
    struct lite *db = lite_of(st->base.db);
    struct bw_view head = bw_utf8_head(bw_view_of(st->base.text, st->base.n), 120);
    if ((code & 0xff) == SQLITE_AUTH && db->refusal[0])
        return bw_fail_detail(err, BW_BROKEN, DB_SAY_BROKEN, "%s: %.*s", db->refusal, BW_VF(head));
    char what[128];
    snprintf(what, sizeof what, "%.*s", BW_VF(head));
    return lite_fail(db->c, code, what, err);
}

enum bw_rc lite_prepare(struct db_stmt *base, struct bw_err *err)
{
    struct lite_stmt *st = lite_stmt_of(base);
    struct lite *db = lite_of(base->db);
    BW_AUTO_HEAP char *spelled = NULL;
    struct bw_view text = bw_view_of(base->text, base->n);
    if (base->mode != DB_OWN)
        BW_TRY(db_dialect(base->db->engine, base->mode, false, text, &spelled, err));
    enum db_mode before = db->mode;
    const char *tail = NULL;
    db->mode = base->mode;
    db->refusal[0] = '\0';
    int code = sqlite3_prepare_v3(db->c, spelled ? spelled : base->text, -1,
                                  SQLITE_PREPARE_PERSISTENT, &st->s, &tail);
    db->mode = before;
    if (code != SQLITE_OK)
        return fail_statement(st, code, err);
    while (*tail == ' ' || *tail == '\n' || *tail == ';')
        tail++;
    bool reads = sqlite3_stmt_readonly(st->s) != 0;
    if (!st->s || *tail || (base->mode != DB_OWN && reads != (base->mode != DB_CHANGE)))
        return bw_fail_detail(err, BW_BROKEN, DB_SAY_BROKEN,
                              "one statement, that reads or changes as its call says: %.*s",
                              BW_VF(bw_view_head(text, 160)));
    return BW_OK;
}

void lite_finalize(struct db_stmt *st)
{
    sqlite3_finalize(lite_stmt_of(st)->s);
}

enum bw_rc lite_reset(struct db_stmt *base, struct bw_err *err)
{
    struct lite_stmt *st = lite_stmt_of(base);
    int code = sqlite3_reset(st->s);
    return code == SQLITE_OK ? BW_OK : fail_statement(st, code, err);
}

void lite_unbind(struct db_stmt *st)
{
    sqlite3_clear_bindings(lite_stmt_of(st)->s);
}

/* -- binding ----------------------------------------------------------------------------------- */

static void bound(struct db_stmt *st, int at, int code)
{
    if (BW_LIKELY(code == SQLITE_OK))
        return;
    if (code == SQLITE_NOMEM)
        db_bind_keep(st, BW_MEMORY, at, "out of memory");
    else if (code == SQLITE_TOOBIG)
        db_bind_keep(st, BW_LIMIT, at, "is too large for the database");
    else
        db_bind_keep(st, BW_BROKEN, at,
                     code == SQLITE_RANGE ? "does not exist" : "was set while running");
}

void lite_bind_int(struct db_stmt *st, int at, int64_t v)
{
    bound(st, at, sqlite3_bind_int64(lite_stmt_of(st)->s, at, v));
}

void lite_bind_real(struct db_stmt *st, int at, double v)
{
    bound(st, at, sqlite3_bind_double(lite_stmt_of(st)->s, at, v));
}

void lite_bind_text(struct db_stmt *st, int at, struct bw_view v)
{
    bound(st, at,
          sqlite3_bind_text64(lite_stmt_of(st)->s, at, v.n ? v.p : "", v.n, SQLITE_STATIC,
                              SQLITE_UTF8));
}

void lite_bind_bytes(struct db_stmt *st, int at, struct bw_view v)
{
    bound(st, at, sqlite3_bind_blob64(lite_stmt_of(st)->s, at, v.n ? v.p : "", v.n, SQLITE_STATIC));
}

void lite_bind_null(struct db_stmt *st, int at)
{
    bound(st, at, sqlite3_bind_null(lite_stmt_of(st)->s, at));
}

/* -- stepping ---------------------------------------------------------------------------------- */

enum bw_rc lite_step(struct db_stmt *base, struct bw_err *err)
{
    struct lite_stmt *st = lite_stmt_of(base);
    struct lite *db = lite_of(base->db);
    struct lite_stmt *outer = db->current;
    enum db_mode mode = db->mode;
    if (!sqlite3_stmt_busy(st->s)) /* answers of reach() hold for one run */
        for (size_t i = 0; i < LITE_MEMO; i++)
            st->memo_answer[i] = -1;
    db->current = st;
    db->mode = base->mode;
    int code = sqlite3_step(st->s);
    db->current = outer;
    db->mode = mode;
    if (BW_LIKELY(code == SQLITE_ROW))
        return BW_OK;
    if (code != SQLITE_DONE) {
        enum bw_rc rc = fail_statement(st, code, err);
        sqlite3_reset(st->s);
        return rc;
    }
    if (base->mode == DB_CHANGE)
        base->changes = sqlite3_changes64(db->c);
    sqlite3_reset(st->s); /* lets go of cursors and locks now and not when it is freed */
    return BW_NOT_FOUND;
}

/* -- columns ----------------------------------------------------------------------------------- */

int64_t lite_column_int(const struct db_stmt *st, int column)
{
    return sqlite3_column_int64(lite_stmt_of(st)->s, column);
}

double lite_column_real(const struct db_stmt *st, int column)
{
    return sqlite3_column_double(lite_stmt_of(st)->s, column);
}

/* The blob interface hands out text too, and never allocates to put a NUL behind it. */
struct bw_view lite_column_bytes(const struct db_stmt *st, int column)
{
    sqlite3_stmt *s = lite_stmt_of(st)->s;
    int type = sqlite3_column_type(s, column);
    if (type == SQLITE_NULL)
        return (struct bw_view){NULL, 0};
    const void *p = type == SQLITE_TEXT || type == SQLITE_BLOB
                        ? sqlite3_column_blob(s, column)
                        : (const void *)sqlite3_column_text(s, column);
    return p ? bw_view_of(p, (size_t)sqlite3_column_bytes(s, column)) : BW_V("");
}

bool lite_column_null(const struct db_stmt *st, int column)
{
    return sqlite3_column_type(lite_stmt_of(st)->s, column) == SQLITE_NULL;
}
