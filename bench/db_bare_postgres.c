/* SPDX-License-Identifier: Apache-2.0 */
/* db_bare_postgres - db_work's side on libpq and nothing between: one connection that reads and one
 * that writes, every statement prepared once, values and rows in binary form. The shape is that of
 * infra/db's driver: a pipeline in which BEGIN, SAVEPOINT, RELEASE and what ends a group travel
 * with the next command that is waited for, the answer to a reader's COMMIT read when the
 * connection is used again; ids are counted here and kept in id_counter; a gated view is a common
 * table expression in front of the statement, and the reader's codes go as an array, which is built
 * once. */
#include "bw_buf.h"
#include "bw_clock.h"
#include "db_side.h"

#include <endian.h>
#include <libpq-fe.h>
#include <stdio.h>

enum which {
#define X(name) ST_##name,
    EACH_STATEMENT(X)
#undef X
        ST_BEGIN_READ,
    ST_BEGIN_WRITE,
    ST_LOCK,
    ST_COMMIT,
    ST_SAVE,
    ST_RELEASE,
    ST_COUNTER,
    ST_CLOCK,
    STATEMENTS
};

static const struct {
    const char *name, *text;
} TEXT[STATEMENTS] = {
#define X(name) [ST_##name] = {#name, SQL_##name},
    EACH_STATEMENT(X)
#undef X
        [ST_BEGIN_READ] = {"BEGIN_READ", "BEGIN"},
    [ST_BEGIN_WRITE] = {"BEGIN_WRITE", "BEGIN"},
    [ST_LOCK] = {"LOCK", "SELECT pg_advisory_xact_lock(1114793313)"},
    [ST_COMMIT] = {"COMMIT", "COMMIT"},
    [ST_SAVE] = {"SAVE", "SAVEPOINT member"},
    [ST_RELEASE] = {"RELEASE", "RELEASE SAVEPOINT member"},
    [ST_CLOCK] = {"CLOCK", "SELECT last_us, pg_current_xact_id()::text FROM lane_clock"
                           " WHERE id = 1"},
    [ST_COUNTER] = {"COUNTER", "INSERT INTO id_counter (name, last) VALUES (?1, ?2)"
                               " ON CONFLICT (name) DO UPDATE SET last = excluded.last"},
};

/* Tables whose ids are counted here. */
static const char *const ID_TABLES[] = {"audience", "event", "item", "indicator", "occurrence"};

enum { PARAMETERS = 18, PENDING_MAX = 64 };

struct conn {
    PGconn *c;
    struct statement *st;
    int pending; /* commands whose answers have not been read */
    bool owed;   /* the answer to COMMIT */
    int64_t now_us;
    int64_t last[BW_COUNT(ID_TABLES)], stored[BW_COUNT(ID_TABLES)];
};

struct statement {
    struct conn *conn;
    const char *name;
    int n, row, rows;
    int id_at;     /* from 1; 0: none */
    int64_t *last; /* of the table that the id is for */
    PGresult *result;
    const char *values[PARAMETERS];
    int lengths[PARAMETERS], formats[PARAMETERS];
    uint64_t numbers[PARAMETERS];
};

#define STMT struct statement
#define USE_QUERY(conn, who, name, ret, err) (*(ret) = &(conn)->st[ST_##name], BW_OK)
#define USE_PLAIN(conn, name, ret, err) (*(ret) = &(conn)->st[ST_##name], BW_OK)
#define USE_CHANGE(conn, name, ret, err) (*(ret) = &(conn)->st[ST_##name], BW_OK)

static inline void q_int(STMT *st, int at, int64_t v)
{
    st->numbers[at - 1] = htobe64((uint64_t)v);
    st->values[at - 1] = (const char *)&st->numbers[at - 1];
    st->lengths[at - 1] = 8;
}

static inline void q_bytes(STMT *st, int at, struct bw_view v)
{
    st->values[at - 1] = v.p;
    st->lengths[at - 1] = (int)v.n;
}
#define q_text q_bytes

static inline void q_null(STMT *st, int at)
{
    st->values[at - 1] = NULL;
}

static inline void q_again(STMT *st)
{
    if (st->result)
        PQclear(BW_TAKE(st->result));
}
#define q_done q_again

static enum bw_rc failed(const struct conn *c, const char *what, struct bw_err *err)
{
    return bw_fail(err, BW_IO, "%s: %s", what, PQerrorMessage(c->c));
}

/* Queues the statement. */
static inline enum bw_rc put(STMT *st, struct bw_err *err)
{
    if (st->id_at)
        q_int(st, st->id_at, ++*st->last);
    if (!PQsendQueryPrepared(st->conn->c, st->name, st->n, st->values, st->lengths, st->formats, 1))
        return failed(st->conn, st->name, err);
    st->conn->pending++;
    return BW_OK;
}

/* Reads the answers to all that was queued; the last one is handed out. */
static enum bw_rc answers(struct conn *c, PGresult **ret, struct bw_err *err)
{
    PGresult *last = NULL;
    for (; c->pending > 0; c->pending--) {
        PQclear(last);
        last = PQgetResult(c->c);
        ExecStatusType s = PQresultStatus(last);
        if (s != PGRES_TUPLES_OK && s != PGRES_COMMAND_OK)
            return failed(c, PQresultErrorMessage(last), err);
        PQgetResult(c->c); /* NULL: the end of this command */
    }
    PQclear(PQgetResult(c->c)); /* the sync */
    if (ret)
        *ret = last;
    else
        PQclear(last);
    return BW_OK;
}

static inline enum bw_rc wait_for(STMT *st, PGresult **ret, struct bw_err *err)
{
    BW_TRY(put(st, err));
    if (!PQpipelineSync(st->conn->c))
        return failed(st->conn, st->name, err);
    return answers(st->conn, ret, err);
}

static inline enum bw_rc q_row(STMT *st, struct bw_err *err)
{
    if (!st->result) {
        BW_TRY(wait_for(st, &st->result, err));
        st->row = -1;
        st->rows = PQntuples(st->result);
    }
    return ++st->row < st->rows ? BW_OK : BW_NOT_FOUND;
}

static inline enum bw_rc q_run(STMT *st, struct bw_err *err)
{
    return wait_for(st, NULL, err);
}

/* As many unread answers as infra/db lets there be. */
static inline enum bw_rc q_post(STMT *st, struct bw_err *err)
{
    BW_TRY(put(st, err));
    if (st->conn->pending < PENDING_MAX)
        return BW_OK;
    return PQpipelineSync(st->conn->c) ? answers(st->conn, NULL, err)
                                       : failed(st->conn, st->name, err);
}

static inline int64_t q_get_int(const STMT *st, int column)
{
    uint64_t be = 0;
    if (PQgetlength(st->result, st->row, column) == 8)
        memcpy(&be, PQgetvalue(st->result, st->row, column), 8);
    return (int64_t)be64toh(be);
}

static inline struct bw_view q_get(const STMT *st, int column)
{
    return bw_view_of(PQgetvalue(st->result, st->row, column),
                      (size_t)PQgetlength(st->result, st->row, column));
}

static inline int64_t conn_now(const struct conn *c)
{
    return c->now_us;
}

#include "db_ops.h"
#include "db_ops_write.h"

static struct conn reader, writer;
static char codes[20 + 12 * VIEWER_CODES]; /* bigint[] in binary form */

/* -- opening ----------------------------------------------------------------------------------- */

static enum bw_rc exec(PGconn *c, const char *sql, struct bw_err *err)
{
    PGresult *r = PQexec(c, sql);
    ExecStatusType status = PQresultStatus(r);
    PQclear(r);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return BW_OK;
    return bw_fail(err, BW_IO, "%.60s: %s", sql, PQerrorMessage(c));
}

static void put_be32(char *p, uint32_t v)
{
    v = htobe32(v);
    memcpy(p, &v, 4);
}

static void make_codes(void)
{
    const uint32_t head[] = {1, 0, 20 /* bigint */, VIEWER_CODES, 1};
    for (size_t i = 0; i < BW_COUNT(head); i++)
        put_be32(codes + 4 * i, head[i]);
    for (size_t i = 0; i < VIEWER_CODES; i++) {
        uint64_t be = htobe64((uint64_t)MEMBER.codes[i]);
        put_be32(codes + 20 + 12 * i, 8);
        memcpy(codes + 24 + 12 * i, &be, 8);
    }
}

/* v_table where the system reads is the table. */
static bool for_system(enum which which)
{
    return which == ST_ITEM_LAST || which == ST_OBJECT_FIND;
}

static int parameters_of(const char *text)
{
    int most = 0;
    for (const char *p = strchr(text, '?'); p; p = strchr(p + 1, '?')) {
        int n = (int)strtol(p + 1, NULL, 10);
        most = n > most ? n : most;
    }
    return most;
}

static const char *const GATED[] = {"item", "occurrence", "stix_object", "stix_body",
                                    "stix_stream"};

/* Each v_* that is named is defined in front, by the reader's codes ($N) or, for the system, as the
 * table. True where codes are needed. */
static bool put_gates(struct bw_buf *out, const char *text, bool system, int codes_at)
{
    char view[40];
    const char *before = "WITH";
    bool any = false;
    for (size_t i = 0; i < BW_COUNT(GATED); i++) {
        snprintf(view, sizeof(view), " v_%s ", GATED[i]);
        if (!strstr(text, view))
            continue;
        bw_buf_printf(out, "%s v_%s AS NOT MATERIALIZED (SELECT * FROM breakwater_gated.%s t_",
                      before, GATED[i], GATED[i]);
        if (!system)
            bw_buf_printf(out,
                          " WHERE (EXISTS (SELECT 1 FROM audience_grant g_ WHERE g_.audience_id ="
                          " t_.audience_id AND g_.code = ANY ($%d::bigint[])) OR false)",
                          codes_at);
        bw_buf_z(out, ") ");
        any = !system;
        before = ",";
    }
    return any;
}

/* "INSERT INTO t (": a gated table gets its schema, one with ids its column. Returns what follows;
 * behind VALUES (, which *ret_values is, the id is the first value. */
static const char *put_target(struct bw_buf *out, struct conn *c, STMT *st, const char *text,
                              const char **ret_values)
{
    char name[32];
    if (sscanf(text, "INSERT INTO %31s (", name) != 1)
        return text;
    text += strlen("INSERT INTO  (") + strlen(name);
    bw_buf_z(out, "INSERT INTO ");
    for (size_t i = 0; i < BW_COUNT(GATED); i++)
        if (strcmp(name, GATED[i]) == 0)
            bw_buf_z(out, "breakwater_gated.");
    bw_buf_printf(out, "%s (", name);
    for (size_t i = 0; i < BW_COUNT(ID_TABLES); i++)
        if (strcmp(name, ID_TABLES[i]) == 0) {
            bw_buf_z(out, "id, ");
            st->id_at = ++st->n;
            st->last = &c->last[i];
            *ret_values = strstr(text, "VALUES (") + strlen("VALUES (");
        }
    return text;
}

static enum bw_rc prepare_one(struct conn *c, enum which i, struct bw_err *err)
{
    STMT *st = &c->st[i];
    const char *p = TEXT[i].text, *values = NULL;
    BW_AUTO_BUF text = BW_BUF_INIT(1 << 16);
    st->conn = c;
    st->name = TEXT[i].name;
    st->n = parameters_of(p);
    for (int k = 0; k < PARAMETERS; k++)
        st->formats[k] = 1;
    if (put_gates(&text, p, for_system(i), st->n + 1)) {
        st->values[st->n] = codes;
        st->lengths[st->n++] = sizeof(codes);
    }
    for (p = put_target(&text, c, st, p, &values); *p; p++) {
        if (p == values)
            bw_buf_printf(&text, "$%d, ", st->id_at);
        bw_buf_byte(&text, *p == '?' ? '$' : *p);
    }
    bw_buf_byte(&text, '\0');
    PGresult *r = PQprepare(c->c, st->name, bw_buf_text(&text).p, 0, NULL);
    bool good = PQresultStatus(r) == PGRES_COMMAND_OK;
    PQclear(r);
    return good ? BW_OK : failed(c, bw_buf_text(&text).p, err);
}

static enum bw_rc prepare_all(struct conn *c, struct bw_err *err)
{
    c->st = calloc(STATEMENTS, sizeof(*c->st));
    if (!c->st)
        return bw_fail_memory(err);
    for (int i = 0; i < STATEMENTS; i++)
        BW_TRY(prepare_one(c, (enum which)i, err));
    return PQenterPipelineMode(c->c) ? BW_OK : failed(c, "pipeline", err);
}

/* Tables with a view lie in a schema of their own, as infra/db puts them. */
static enum bw_rc make_schema(PGconn *c, const char *text, struct bw_err *err)
{
    static const struct spelling words[] = {
        {"id", "breakwater.given_id PRIMARY KEY"},
        {"int", "bigint"},
        {"text", "text COLLATE \"C\""},
        {"bytes", "bytea"},
        {"strict", ""},
        {"gate", "ALTER TABLE % SET SCHEMA breakwater_gated"},
    };
    BW_AUTO_HEAP char *sql = work_spell(text, words, BW_COUNT(words));
    return exec(c, sql, err);
}

/* The settings are those of infra/db's connections (db_postgres_wire.c). */
static enum bw_rc connect_one(struct conn *c, const char *url, const char *setup,
                              struct bw_err *err)
{
    c->c = PQconnectdb(url);
    if (PQstatus(c->c) != CONNECTION_OK)
        return failed(c, "connecting", err);
    BW_TRY(exec(c->c,
                "SET search_path = breakwater; SET client_encoding = 'UTF8'; SET TimeZone = 'UTC';"
                "SET client_min_messages = warning; SET lock_timeout = '10s'; SET jit = off",
                err));
    return exec(c->c, setup, err);
}

static enum bw_rc side_open(const char *url, struct bw_err *err)
{
    make_codes();
    BW_TRY(connect_one(&writer, url, "SET default_transaction_isolation = 'read committed'", err));
    BW_TRY(exec(writer.c,
                "CREATE SCHEMA breakwater; CREATE SCHEMA breakwater_gated;"
                "CREATE DOMAIN breakwater.given_id AS bigint;"
                "CREATE TABLE breakwater.id_counter (name text COLLATE \"C\" PRIMARY KEY,"
                " last bigint NOT NULL);"
                "SET search_path = breakwater, breakwater_gated",
                err));
    BW_TRY(make_schema(writer.c, WORK_BASE, err));
    BW_TRY(make_schema(writer.c, WORK_SCHEMA, err));
    BW_TRY(exec(writer.c, "SET search_path = breakwater", err));
    BW_TRY(prepare_all(&writer, err));
    BW_TRY(connect_one(&reader, url,
                       "SET default_transaction_isolation = 'repeatable read';"
                       "SET default_transaction_read_only = on",
                       err));
    return prepare_all(&reader, err);
}

static void side_close(void)
{
    PQfinish(reader.c);
    PQfinish(writer.c);
    free(reader.st);
    free(writer.st);
}

/* -- reading ----------------------------------------------------------------------------------- */

static enum bw_rc begin_read(struct conn *c, struct bw_err *err)
{
    if (c->owed)
        BW_TRY(answers(c, NULL, err));
    c->owed = false;
    return put(&c->st[ST_BEGIN_READ], err);
}

static enum bw_rc end_read(struct conn *c, struct bw_err *err)
{
    BW_TRY(put(&c->st[ST_COMMIT], err));
    c->owed = true;
    return PQpipelineSync(c->c) ? BW_OK : failed(c, "sync", err);
}

static enum bw_rc side_points(struct work *w, uint64_t seed, size_t n, size_t each,
                              struct bw_err *err)
{
    for (size_t i = 0; i < n; i += each) {
        BW_TRY(begin_read(&reader, err));
        for (size_t k = 0; k < each; k++)
            BW_TRY(op_point(&reader, w, seed + i + k, err));
        BW_TRY(end_read(&reader, err));
    }
    return BW_OK;
}

static enum bw_rc side_pages(struct work *w, uint64_t seed, size_t n, struct bw_err *err)
{
    for (size_t i = 0; i < n; i++) {
        BW_TRY(begin_read(&reader, err));
        BW_TRY(op_page(&reader, w, seed + i, err));
        BW_TRY(end_read(&reader, err));
    }
    return BW_OK;
}

/* -- writing ----------------------------------------------------------------------------------- */

static enum bw_rc begin(struct conn *c, struct bw_err *err)
{
    STMT *clock = &c->st[ST_CLOCK];
    BW_TRY(put(&c->st[ST_BEGIN_WRITE], err));
    BW_TRY(put(&c->st[ST_LOCK], err));
    BW_TRY(q_row(clock, err));
    int64_t last = q_get_int(clock, 0), now = bw_now_us();
    q_done(clock);
    c->now_us = now > last ? now : last + 1;
    return BW_OK;
}

/* The clock is written where anything was. */
static enum bw_rc commit(struct conn *c, bool wrote, struct bw_err *err)
{
    BW_TRY(op_sequence(c, err));
    for (size_t i = 0; i < BW_COUNT(ID_TABLES); i++) {
        if (c->last[i] == c->stored[i])
            continue;
        q_text(&c->st[ST_COUNTER], 1, bw_view_z(ID_TABLES[i]));
        q_int(&c->st[ST_COUNTER], 2, c->last[i]);
        BW_TRY(put(&c->st[ST_COUNTER], err));
        c->stored[i] = c->last[i];
    }
    q_int(&c->st[ST_CLOCK_WRITE], 1, c->now_us);
    if (wrote)
        BW_TRY(put(&c->st[ST_CLOCK_WRITE], err));
    return q_run(&c->st[ST_COMMIT], err);
}

static enum bw_rc side_publish(struct work *w, const struct item *list, size_t n, size_t group,
                               struct done *ret, struct bw_err *err)
{
    ret->groups = 0;
    group = group ? group : n;
    for (size_t i = 0; i < n; i += group) {
        BW_TRY(begin(&writer, err));
        for (size_t k = i; k < i + group && k < n; k++) {
            BW_TRY(put(&writer.st[ST_SAVE], err));
            BW_TRY(op_publish(&writer, &list[k], err));
            BW_TRY(q_run(&writer.st[ST_RELEASE], err));
        }
        BW_TRY(commit(&writer, list[i].number != 0, err));
        ret->groups++;
    }
    return BW_OK;
}

static enum bw_rc side_import(struct work *w, const struct batch *list, size_t n,
                              struct bw_err *err)
{
    for (size_t i = 0; i < n; i++) {
        BW_TRY(begin(&writer, err));
        BW_TRY(put(&writer.st[ST_SAVE], err));
        BW_TRY(op_import(&writer, &list[i], err));
        BW_TRY(q_run(&writer.st[ST_RELEASE], err));
        BW_TRY(commit(&writer, true, err));
    }
    return BW_OK;
}

static enum bw_rc side_audiences(struct work *w, const struct audience *list, size_t n,
                                 struct bw_err *err)
{
    int64_t id;
    BW_TRY(begin(&writer, err));
    for (size_t i = 0; i < n; i++)
        BW_TRY(op_audience(&writer, &list[i], &id, err));
    return commit(&writer, true, err);
}

const struct side side_bare_postgres = {
    "bare_postgres", side_open,    side_close,  side_points,
    side_pages,      side_publish, side_import, side_audiences,
};
