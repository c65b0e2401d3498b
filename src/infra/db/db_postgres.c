/* SPDX-License-Identifier: Apache-2.0 */
/* db_postgres - the driver for PostgreSQL: opening, schema, integrity.
 *
 * A database is looked at before anything is made in it: one with another program's tables, in
 * another encoding, or that this role may not write is refused with what to do about it. The rest
 * is in the files that db_postgres_int.h lists. */
#include "db_postgres_int.h"

#include "bw_fault.h"
#include "bw_log.h"

#include <stdio.h>

#define VERSION_LEAST 130000 /* pg_current_xact_id(), pg_xact_status() */

/* -- looking ----------------------------------------------------------------------------------- */

static enum bw_rc ask(PGconn *c, const char *sql, char *out, size_t size, struct bw_err *err)
{
    PGresult *r = NULL;
    BW_TRY(pg_exec(c, sql, &r, err));
    snprintf(out, size, "%s", PQntuples(r) == 1 ? PQgetvalue(r, 0, 0) : "");
    PQclear(r);
    return BW_OK;
}

static enum bw_rc check_server(PGconn *c, struct bw_err *err)
{
    char is[64];
    if (PQserverVersion(c) < VERSION_LEAST)
        return bw_fail(err, BW_INVALID, "PostgreSQL %d is too old: the hub needs 13 or newer",
                       PQserverVersion(c) / 10000);
    BW_TRY(ask(c, "SHOW server_encoding", is, sizeof is, err));
    if (strcmp(is, "UTF8") != 0)
        return bw_fail(err, BW_INVALID,
                       "the database has the encoding %s: make one with ENCODING 'UTF8'", is);
    BW_TRY(ask(c, "SELECT current_setting('fsync') || current_setting('full_page_writes')", is,
               sizeof is, err));
    if (strcmp(is, "onon") != 0)
        bw_log(BW_LOG_WARN, "db.not_durable",
               BW_FZ("what", "fsync or full_page_writes is off: a crash of the server may lose what"
                             " was acknowledged"));
    return BW_OK;
}

/* Tables beside ours mean that somebody pointed the hub at the wrong database. */
static enum bw_rc check_ours(PGconn *c, bool existing, struct bw_err *err)
{
    char is[64];
    BW_TRY(ask(c, "SELECT to_regclass('breakwater.migration') IS NOT NULL", is, sizeof is, err));
    if (is[0] == 't')
        return BW_OK;
    BW_TRY(ask(c,
               "SELECT min(relname::text) FROM pg_class c JOIN pg_namespace n"
               " ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN"
               " ('information_schema', 'breakwater', 'breakwater_gated')"
               " AND n.nspname NOT LIKE 'pg\\_%'",
               is, sizeof is, err));
    if (is[0])
        return bw_fail(err, BW_INVALID,
                       "this is not a Breakwater database: it holds the table %s of another"
                       " program; make a database for the hub alone",
                       is);
    return existing ? bw_fail(err, BW_NOT_FOUND, "there is no hub in this database") : BW_OK;
}

static enum bw_rc check_writable(PGconn *c, struct bw_err *err)
{
    char is[64];
    BW_TRY(ask(c, "SHOW transaction_read_only", is, sizeof is, err));
    if (strcmp(is, "on") == 0)
        return bw_fail(err, BW_INVALID,
                       "this database may only be read (a standby, or default_transaction_read_only"
                       " is on): give the address of the one that may be written");
    BW_TRY(ask(c,
               "SELECT CASE WHEN to_regclass('breakwater.lane_clock') IS NULL"
               " THEN has_database_privilege(current_database(), 'CREATE')"
               " ELSE has_table_privilege('breakwater.lane_clock', 'UPDATE') END",
               is, sizeof is, err));
    if (is[0] == 't')
        return BW_OK;
    BW_TRY(ask(c, "SELECT current_user::text", is, sizeof is, err));
    return bw_fail(err, BW_INVALID,
                   "the role %s may not write to this database: make it the database's owner"
                   " (ALTER DATABASE ... OWNER TO %s)",
                   is, is);
}

/* libpq's words about an address that it cannot read hold parts of it, the password among them. */
static enum bw_rc check_address(const char *url, struct bw_err *err)
{
    char *said = NULL;
    PQconninfoOption *parts = PQconninfoParse(url, &said);
    bool good = parts != NULL;
    PQconninfoFree(parts);
    PQfreemem(said);
    if (!good)
        return bw_fail(err, BW_INVALID,
                       "the database's address cannot be read: write it as"
                       " postgresql://user:password@host:port/name, and signs in the password that"
                       " mean something there as %%2F (/), %%40 (@), %%25 (%%)");
    return BW_OK;
}

static enum bw_rc look(struct db_engine *e, const struct db_options *o, struct bw_err *err)
{
    PGconn *c = NULL;
    BW_TRY(check_address(e->url, err));
    BW_TRY(pg_connect_first(e, &c, err));
    pg_place(c, e->place, sizeof e->place);
    enum bw_rc rc = check_server(c, err);
    if (rc == BW_OK)
        rc = check_ours(c, o->existing || o->read_only, err);
    if (rc == BW_OK && !e->read_only)
        rc = check_writable(c, err);
    PQfinish(c);
    return rc;
}

/* -- opening ----------------------------------------------------------------------------------- */

static enum bw_rc pg_open(struct db_engine *e, const struct db_options *o, struct bw_err *err)
{
    struct pg_part *part = bw_calloc(1, sizeof *part);
    if (!part)
        return bw_fail_memory(err);
    e->part = part;
    e->connections_max = PG_CONNECTIONS_MAX;
    BW_TRY(look(e, o, err));
    BW_TRY(pg_words_open(&part->words, err));
    return db_connect(e, true, &e->lane.db, err);
}

static enum bw_rc pg_start(struct db_engine *e, struct bw_err *err)
{
    struct pg *db = pg_of(e->lane.db);
    PGresult *r = NULL;
    BW_TRY(pg_put(db,
                  "SELECT relname::text FROM pg_class WHERE relkind = 'r'"
                  " AND relnamespace = 'breakwater_gated'::regnamespace ORDER BY 1",
                  err));
    BW_TRY(pg_sync(db, &r, err));
    enum bw_rc rc = BW_OK;
    for (int i = 0; i < PQntuples(r) && rc == BW_OK; i++)
        rc = db_gate_add(e, PQgetvalue(r, i, 0), err);
    PQclear(r);
    return rc == BW_OK ? pg_tables_load(e, err) : rc;
}

static void pg_stop(struct db_engine *e)
{
}

static void pg_close(struct db_engine *e)
{
    struct pg_part *part = e->part;
    if (part)
        pg_words_close(part->words);
    free(part);
}

/* -- schema ------------------------------------------------------------------------------------ */

/* Steps see both schemas; a new table lies in the first until $gate moves it. */
static enum bw_rc pg_migrating(struct db *base, bool on, struct bw_err *err)
{
    struct pg *db = pg_of(base);
    BW_TRY(pg_put(db,
                  on ? "SET search_path = breakwater, breakwater_gated"
                     : "SET search_path = breakwater",
                  err));
    return pg_sync(db, NULL, err);
}

static enum bw_rc pg_begin_step(struct db *base, struct bw_err *err)
{
    struct pg *db = pg_of(base);
    BW_TRY(pg_put(db, "BEGIN", err));
    db->in_tx = true;
    BW_TRY(pg_put(db, PG_LOCK, err));
    return pg_sync(db, NULL, err);
}

static enum bw_rc pg_end_step(struct db *base, struct bw_err *err)
{
    struct pg *db = pg_of(base);
    BW_TRY(pg_put(db, "COMMIT", err));
    BW_TRY(pg_sync(db, NULL, err));
    db->in_tx = false;
    return BW_OK;
}

static enum bw_rc pg_has_schema(struct db *base, bool *ret, struct bw_err *err)
{
    PGresult *r = NULL;
    BW_TRY(pg_put(pg_of(base), "SELECT to_regclass('breakwater.migration') IS NOT NULL", err));
    BW_TRY(pg_sync(pg_of(base), &r, err));
    *ret = pg_value_int(r, 0, 0) != 0;
    PQclear(r);
    return BW_OK;
}

/* Several statements at once go by the simple protocol, outside of the pipeline. */
static enum bw_rc pg_script(struct db *base, const char *sql, struct bw_err *err)
{
    struct pg *db = pg_of(base);
    struct bw_err ignored;
    if (bw_fault("db.step"))
        return db_fail_io(err, "db.step");
    BW_TRY(pg_leave_pipeline(db, err));
    enum bw_rc rc = pg_exec(db->c, sql, NULL, err);
    enum bw_rc back = pg_enter_pipeline(db, rc == BW_OK ? err : &ignored);
    return rc == BW_OK ? back : rc;
}

/* given_id marks the columns whose values the lane gives ($id): see struct pg_table. */
static enum bw_rc pg_make_schema(struct db *db, struct bw_err *err)
{
    bool there = false;
    BW_TRY(pg_has_schema(db, &there, err));
    if (there)
        return BW_OK;
    BW_TRY(pg_script(db,
                     "CREATE SCHEMA IF NOT EXISTS breakwater;"
                     "CREATE SCHEMA IF NOT EXISTS breakwater_gated;"
                     "CREATE DOMAIN breakwater.given_id AS bigint;"
                     "CREATE TABLE breakwater.id_counter (name text COLLATE \"C\" PRIMARY KEY,"
                     " last bigint NOT NULL)",
                     err));
    return pg_script(db, pg_fulltext_functions, err);
}

/* Foreign keys are never off here. */
static enum bw_rc pg_check_step(struct db *db, const char *name, struct bw_err *err)
{
    return BW_OK;
}

/* -- integrity --------------------------------------------------------------------------------- */

static const char INVALID[] =
    "SELECT 'index ' || indexrelid::regclass::text FROM pg_index i JOIN pg_class c"
    " ON c.oid = i.indexrelid WHERE NOT indisvalid AND c.relnamespace IN"
    " ('breakwater'::regnamespace, 'breakwater_gated'::regnamespace) UNION ALL"
    " SELECT 'constraint ' || conname FROM pg_constraint WHERE NOT convalidated AND connamespace IN"
    " ('breakwater'::regnamespace, 'breakwater_gated'::regnamespace)";

/* One query for each foreign key (all of ours have one column): rows that refer to nothing. It
 * reads every referring table and every referred index, so damage there comes out too. */
static const char FOREIGN[] =
    "SELECT format('SELECT %L FROM %s c LEFT JOIN %s p ON p.%I = c.%I WHERE c.%I IS NOT NULL AND"
    " p.%I IS NULL LIMIT 1', 'foreign key ' || k.conname, k.conrelid::regclass,"
    " k.confrelid::regclass, b.attname, a.attname, a.attname, b.attname) FROM pg_constraint k"
    " JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]"
    " JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1]"
    " WHERE k.contype = 'f' AND k.connamespace IN"
    " ('breakwater'::regnamespace, 'breakwater_gated'::regnamespace)";

/* BW_BROKEN with the first row that SQL gives. */
static enum bw_rc none_of(PGconn *c, const char *sql, struct bw_err *err)
{
    char is[128];
    BW_TRY(ask(c, sql, is, sizeof is, err));
    if (is[0])
        return bw_fail_detail(err, BW_BROKEN,
                              "the database is damaged: the operator has to restore a backup", "%s",
                              is);
    return BW_OK;
}

static enum bw_rc pg_integrity(struct db_engine *e, struct bw_err *err)
{
    PGconn *c = NULL;
    PGresult *r = NULL;
    BW_TRY(pg_connect_first(e, &c, err));
    enum bw_rc rc = none_of(c, INVALID, err);
    if (rc == BW_OK)
        rc = pg_exec(c, FOREIGN, &r, err);
    for (int i = 0; rc == BW_OK && i < PQntuples(r); i++)
        rc = none_of(c, PQgetvalue(r, i, 0), err);
    PQclear(r);
    PQfinish(c);
    return rc;
}

/* The server does this by itself within some minutes; until then it plans as for empty tables. Ours
 * alone: other tables are not the hub's to look at. */
static enum bw_rc pg_analyze(struct db_engine *e, struct bw_err *err)
{
    PGconn *c = NULL;
    PGresult *r = NULL;
    BW_TRY(pg_connect_first(e, &c, err));
    enum bw_rc rc = pg_exec(c,
                            "SELECT format('ANALYZE %s', c.oid::regclass) FROM pg_class c WHERE"
                            " relkind = 'r' AND relnamespace IN ('breakwater'::regnamespace,"
                            " 'breakwater_gated'::regnamespace) ORDER BY relname",
                            &r, err);
    for (int i = 0; rc == BW_OK && i < PQntuples(r); i++)
        rc = pg_exec(c, PQgetvalue(r, i, 0), NULL, err);
    PQclear(r);
    PQfinish(c);
    return rc;
}

static enum bw_rc pg_size(struct db_engine *e, int64_t *ret_bytes, struct bw_err *err)
{
    PGconn *c = NULL;
    PGresult *r = NULL;
    BW_TRY(pg_connect_first(e, &c, err));
    enum bw_rc rc = pg_exec(c, "SELECT pg_database_size(current_database())", &r, err);
    if (rc == BW_OK &&
        (PQntuples(r) != 1 || !bw_view_int(bw_view_z(PQgetvalue(r, 0, 0)), ret_bytes)))
        rc = bw_fail_detail(err, BW_BROKEN, "internal error", "size of the database");
    PQclear(r);
    PQfinish(c);
    return rc;
}

/* Text is compared and ordered by its bytes, as on SQLite, whatever the database's locale. */
static const char *const SPELLING[DB_WORDS] = {
    [DB_WORD_ID] = "breakwater.given_id PRIMARY KEY",
    [DB_WORD_INT] = "bigint",
    [DB_WORD_REAL] = "double precision",
    [DB_WORD_TEXT] = "text COLLATE \"C\"",
    [DB_WORD_BYTES] = "bytea",
    [DB_WORD_STRICT] = "",
    [DB_WORD_GATE] = "ALTER TABLE %1 SET SCHEMA breakwater_gated",
    [DB_WORD_FULLTEXT] =
        "CREATE TABLE ft_%1 (id bigint PRIMARY KEY, words tsvector,"
        " text text COLLATE \"C\" NOT NULL);"
        "CREATE INDEX ft_%1_words ON ft_%1 USING gin (words) WITH (fastupdate = off);"
        "CREATE INDEX ft_%1_large ON ft_%1 (id) WHERE words IS NULL",
    [DB_WORD_MATCH] = "%3 IN (SELECT id FROM ft_%1 WHERE (words @@ ft_query(%2)"
                      " AND ft_phrases(text, %2)) OR (words IS NULL AND ft_all(text, %2)))",
    [DB_WORD_HITS] = "(SELECT id FROM ft_%1 WHERE (words @@ ft_query(%2)"
                     " AND ft_phrases(text, %2)) OR (words IS NULL AND ft_all(text, %2)))",
    [DB_WORD_REACHABLE] = "reachable_",
};

const struct db_driver db_postgres = {
    .name = "PostgreSQL",
    .db_size = sizeof(struct pg),
    .stmt_size = sizeof(struct pg_stmt),
    .gates_in_text = true,
    .waits = true,
    .spelling = SPELLING,
    .open = pg_open,
    .start = pg_start,
    .stop = pg_stop,
    .close = pg_close,
    .connect = pg_connect,
    .disconnect = pg_disconnect,
    .begin_read = pg_begin_read,
    .end_read = pg_end_read,
    .idle_ok = pg_idle_ok,
    .begin_write = pg_begin_write,
    .save = pg_save,
    .release = pg_release,
    .undo = pg_undo,
    .changed = pg_changed,
    .commit = pg_commit,
    .rollback = pg_rollback,
    .gone = pg_gone,
    .prepare = pg_prepare,
    .finalize = pg_finalize,
    .step = pg_step,
    .post = pg_post,
    .posted_id = pg_posted_id,
    .reset = pg_reset,
    .unbind = pg_unbind,
    .bind_int = pg_bind_int,
    .bind_real = pg_bind_real,
    .bind_text = pg_bind_text,
    .bind_bytes = pg_bind_bytes,
    .bind_null = pg_bind_null,
    .column_int = pg_column_int,
    .column_real = pg_column_real,
    .column_bytes = pg_column_bytes,
    .column_null = pg_column_null,
    .fulltext_put = pg_fulltext_put,
    .fulltext_drop = pg_fulltext_drop,
    .migrating = pg_migrating,
    .begin_step = pg_begin_step,
    .end_step = pg_end_step,
    .has_schema = pg_has_schema,
    .make_schema = pg_make_schema,
    .script = pg_script,
    .check_step = pg_check_step,
    .integrity = pg_integrity,
    .analyze = pg_analyze,
    .size = pg_size,
    .copy_tables = pg_copy_tables,
    .copy_schema = pg_copy_schema,
    .copy_scan = pg_copy_scan,
    .copy_open = pg_copy_open,
    .copy_row = pg_copy_row,
    .copy_close = pg_copy_close,
    .fulltext_names = pg_fulltext_names,
    .fulltext_each = pg_fulltext_each,
    .id_counters = pg_id_counters,
    .id_set = pg_id_set,
};
