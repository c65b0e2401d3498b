/* SPDX-License-Identifier: Apache-2.0 */
/* db_sqlite_gate - who reads: the authorizer, reach() and reachable.
 *
 * A table t is gated when there is a view v_t. SQLite tells the authorizer, for every column that a
 * statement reads, the table and the innermost view (or common table expression) that asked for it,
 * while names are resolved and so before any optimisation. A gated table is readable only where
 * that innermost name is its own gate; db_dialect.c keeps common table expressions from taking such
 * a name.
 *
 * reach() answers for the viewer of the statement that is being stepped (db->current); nested
 * statements put theirs there and restore it. Answers are kept while the statement runs, for a few
 * audiences: a list walks many rows of few audiences, and SQLite asks before cheaper conditions.
 *
 * Threads: the connection's. */
#include "db_sqlite_int.h"
#include <stdio.h>

enum bw_rc lite_gates_load(struct db_engine *e, sqlite3 *c, struct bw_err *err)
{
    sqlite3_stmt *s = NULL;
    int code = sqlite3_prepare_v2(c,
                                  "SELECT t.name, instr(v.sql, 'reach(') FROM sqlite_schema v"
                                  " JOIN sqlite_schema t ON v.name = 'v_' || t.name"
                                  " WHERE v.type = 'view' AND t.type = 'table'",
                                  -1, &s, NULL);
    enum bw_rc rc = BW_OK;
    while (code == SQLITE_OK && rc == BW_OK && (code = sqlite3_step(s)) == SQLITE_ROW) {
        code = SQLITE_OK;
        const char *name = (const char *)sqlite3_column_text(s, 0);
        if (!name)
            rc = bw_fail_memory(err);
        else if (sqlite3_column_int(s, 1) == 0)
            rc = bw_fail_detail(err, BW_BROKEN, DB_SAY_BROKEN, "view v_%s does not ask reach()",
                                name);
        else
            rc = db_gate_add(e, name, err);
    }
    sqlite3_finalize(s);
    if (rc == BW_OK && code != SQLITE_DONE)
        rc = lite_fail(c, code, "gates", err);
    return rc;
}

/* -- the authorizer ---------------------------------------------------------------------------- */

static bool starts(const char *name, const char *prefix)
{
    return name && sqlite3_strnicmp(name, prefix, (int)strlen(prefix)) == 0;
}

static bool may_read(const struct lite *db, const char *table, const char *within)
{
    if (!table || starts(table, "ft_")) /* FTS5's own, and ours behind $match: see db_dialect.c */
        return true;
    if (db->mode == DB_CHANGE)
        return true; /* targets and foreign keys look like this too: see db_dialect.c */
    if (starts(table, "sqlite_") || sqlite3_stricmp(table, "dbstat") == 0)
        return db->mode == DB_PLAIN; /* they count rows of any table */
    bool gate = starts(table, "v_") && db_gated(db->base.engine, table + 2, strlen(table + 2));
    if (db->mode == DB_PLAIN)
        return !gate && !db_gated(db->base.engine, table, strlen(table)) &&
               sqlite3_stricmp(table, "reachable") != 0;
    if (!db_gated(db->base.engine, table, strlen(table)))
        return true;
    return starts(within, "v_") && sqlite3_stricmp(within + 2, table) == 0;
}

/* A virtual table declares itself when a connection first uses it, by a CREATE TABLE that is parsed
 * and not run: the authorizer hears of an update of the schema table. A statement of ours that says
 * so in earnest is refused by SQLite itself (the schema is not writable, DEFENSIVE is on). */
static bool declares(int action, const char *table, const char *column)
{
    if (!table || sqlite3_stricmp(table, "sqlite_master") != 0)
        return false;
    return action == SQLITE_UPDATE ||
           (action == SQLITE_READ && column && sqlite3_stricmp(column, "ROWID") == 0);
}

static bool may_write(const struct lite *db, const char *table)
{
    return db->mode == DB_CHANGE && table && !starts(table, "sqlite_") &&
           sqlite3_stricmp(table, "migration") != 0 && sqlite3_stricmp(table, "lane_clock") != 0;
}

static bool allowed(const struct lite *db, int action, const char *a, const char *b,
                    const char *within)
{
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
        return true;
    case SQLITE_READ:
        return may_read(db, a, within) || declares(action, a, b);
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
        return may_write(db, a) || declares(action, a, b);
    case SQLITE_FUNCTION:
        if (b && sqlite3_stricmp(b, "reach") == 0)
            return db->mode != DB_PLAIN;
        return b && sqlite3_stricmp(b, "load_extension") != 0 &&
               sqlite3_stricmp(b, "fts3_tokenizer") != 0;
    case SQLITE_PRAGMA: /* FTS5 asks it when it opens its index */
        return a && !b && sqlite3_stricmp(a, "data_version") == 0;
    default: /* schema, ATTACH, transactions, savepoints and what a later SQLite adds */
        return false;
    }
}

static int authorize(void *arg, int action, const char *a, const char *b, const char *database,
                     const char *within)
{
    struct lite *db = arg;
    if (db->mode == DB_OWN || allowed(db, action, a, b, within))
        return SQLITE_OK;
    if (!db->refusal[0])
        snprintf(db->refusal, sizeof db->refusal, "refused: action %d on %.60s.%.60s", action,
                 a ? a : "", b ? b : "");
    return SQLITE_DENY;
}

/* -- reach(audience_id) ------------------------------------------------------------------------ */

static void sql_reach(sqlite3_context *cx, int n, sqlite3_value **v)
{
    struct lite *db = sqlite3_user_data(cx);
    struct lite_stmt *st = db->current;
    if (!st || !st->base.viewer || !db->base.engine->reach) {
        sqlite3_result_error(cx, "reach() without a viewer", -1);
        return;
    }
    if (sqlite3_value_type(v[0]) != SQLITE_INTEGER) { /* no audience: nobody */
        sqlite3_result_int(cx, 0);
        return;
    }
    int64_t audience = sqlite3_value_int64(v[0]);
    size_t at = (size_t)audience & (LITE_MEMO - 1);
    if (st->memo_answer[at] < 0 || st->memo_audience[at] != audience) {
        bool answer = db->base.engine->reach(st->base.viewer, &db->base, audience);
        st->memo_audience[at] = audience;
        st->memo_answer[at] = answer;
    }
    sqlite3_result_int(cx, st->memo_answer[at]);
}

/* -- reachable(audience_id) -------------------------------------------------------------------- */

struct list_table {
    sqlite3_vtab base;
    struct lite *db;
};

struct list_cursor {
    sqlite3_vtab_cursor base;
    const int64_t *ids; /* the callback's, or &one */
    size_t n, at;
    int64_t one;
};

static int list_connect(sqlite3 *c, void *arg, int argc, const char *const *argv,
                        sqlite3_vtab **ret, char **message)
{
    int code = sqlite3_declare_vtab(c, "CREATE TABLE x (audience_id INTEGER NOT NULL)");
    if (code == SQLITE_OK)
        code = sqlite3_vtab_config(c, SQLITE_VTAB_INNOCUOUS);
    if (code != SQLITE_OK)
        return code;
    struct list_table *t = sqlite3_malloc(sizeof *t);
    if (!t)
        return SQLITE_NOMEM;
    *t = (struct list_table){.db = arg};
    *ret = &t->base;
    return SQLITE_OK;
}

static int list_disconnect(sqlite3_vtab *t)
{
    sqlite3_free(t);
    return SQLITE_OK;
}

/* Without a viewer at hand when a statement is planned, the list is taken to be short: naming it
 * says that the query is meant to start from it. */
static int list_plan(sqlite3_vtab *t, sqlite3_index_info *info)
{
    info->estimatedCost = 64;
    info->estimatedRows = 64;
    for (int i = 0; i < info->nConstraint; i++) {
        if (!info->aConstraint[i].usable || info->aConstraint[i].iColumn != 0 ||
            info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
            continue;
        info->aConstraintUsage[i].argvIndex = 1;
        info->aConstraintUsage[i].omit = 1;
        info->idxNum = 1;
        info->idxFlags = SQLITE_INDEX_SCAN_UNIQUE;
        info->estimatedCost = 1;
        info->estimatedRows = 1;
        break;
    }
    if (info->nOrderBy == 1 && info->aOrderBy[0].iColumn == 0 && !info->aOrderBy[0].desc)
        info->orderByConsumed = 1;
    return SQLITE_OK;
}

static int list_open(sqlite3_vtab *t, sqlite3_vtab_cursor **ret)
{
    struct list_cursor *k = sqlite3_malloc(sizeof *k);
    if (!k)
        return SQLITE_NOMEM;
    *k = (struct list_cursor){.n = 0};
    *ret = &k->base;
    return SQLITE_OK;
}

static int list_close(sqlite3_vtab_cursor *k)
{
    sqlite3_free(k);
    return SQLITE_OK;
}

static int list_filter(sqlite3_vtab_cursor *base, int plan, const char *unused, int argc,
                       sqlite3_value **argv)
{
    struct list_cursor *k = (struct list_cursor *)base;
    struct lite *db = ((struct list_table *)base->pVtab)->db;
    struct lite_stmt *st = db->current;
    k->n = k->at = 0;
    if (!st || !st->base.viewer || !db->base.engine->reach_list || !db->base.engine->reach) {
        sqlite3_free(base->pVtab->zErrMsg);
        base->pVtab->zErrMsg = sqlite3_mprintf("reachable without a viewer or its list");
        return SQLITE_ERROR;
    }
    if (plan == 1) {
        k->one = sqlite3_value_int64(argv[0]);
        k->ids = &k->one;
        k->n = sqlite3_value_type(argv[0]) == SQLITE_INTEGER &&
               db->base.engine->reach(st->base.viewer, &db->base, k->one);
        return SQLITE_OK;
    }
    size_t n = 0;
    k->ids = db->base.engine->reach_list(st->base.viewer, &db->base, &n);
    if (!k->ids && n == SIZE_MAX)
        return SQLITE_NOMEM;
    k->n = n;
    return SQLITE_OK;
}

static int list_next(sqlite3_vtab_cursor *k)
{
    ((struct list_cursor *)k)->at++;
    return SQLITE_OK;
}

static int list_eof(sqlite3_vtab_cursor *k)
{
    return ((struct list_cursor *)k)->at >= ((struct list_cursor *)k)->n;
}

static int list_column(sqlite3_vtab_cursor *base, sqlite3_context *cx, int column)
{
    struct list_cursor *k = (struct list_cursor *)base;
    sqlite3_result_int64(cx, k->ids[k->at]);
    return SQLITE_OK;
}

static int list_rowid(sqlite3_vtab_cursor *k, sqlite3_int64 *ret)
{
    *ret = (sqlite3_int64)((struct list_cursor *)k)->at;
    return SQLITE_OK;
}

/* No xCreate: the table is there on every connection and cannot be created again. */
static const sqlite3_module LIST_MODULE = {
    .xConnect = list_connect,
    .xDisconnect = list_disconnect,
    .xBestIndex = list_plan,
    .xOpen = list_open,
    .xClose = list_close,
    .xFilter = list_filter,
    .xNext = list_next,
    .xEof = list_eof,
    .xColumn = list_column,
    .xRowid = list_rowid,
};

int lite_gate_install(struct lite *db)
{
    int code = sqlite3_create_function_v2(db->c, "reach", 1, SQLITE_UTF8 | SQLITE_INNOCUOUS, db,
                                          sql_reach, NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_create_module_v2(db->c, "reachable", &LIST_MODULE, db, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_set_authorizer(db->c, authorize, db);
    return code;
}
