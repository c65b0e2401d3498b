/* SPDX-License-Identifier: Apache-2.0 */
/* db_bare_postgres - db_work's side on libpq and nothing between: one connection that reads and one
 * that writes, every statement prepared once, values and rows in binary form, the same transactions
 * as infra/db's. A gated view is spelled as the common table expression that infra/db makes of it,
 * and the reader's codes go as an array that is built once. */
#include "bw_clock.h"
#include "db_side.h"

#include <endian.h>
#include <libpq-fe.h>
#include <stdio.h>

enum statement {
#define X(name) ST_##name,
    EACH_STATEMENT(X)
#undef X
        ST_BEGIN_READ,
    ST_BEGIN_WRITE,
    ST_LOCK,
    ST_COMMIT,
    ST_SAVE,
    ST_RELEASE,
    STATEMENTS
};

static const struct {
    const char *name, *text;
} TEXT[STATEMENTS] = {
#define X(name) [ST_##name] = {#name, SQL_##name},
    EACH_STATEMENT(X)
#undef X
        [ST_BEGIN_READ] = {"BEGIN_READ", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"},
    [ST_BEGIN_WRITE] = {"BEGIN_WRITE", "BEGIN"},
    [ST_LOCK] = {"LOCK", "SELECT pg_advisory_xact_lock(4711)"},
    [ST_COMMIT] = {"COMMIT_", "COMMIT"},
    [ST_SAVE] = {"SAVE", "SAVEPOINT member"},
    [ST_RELEASE] = {"RELEASE_", "RELEASE SAVEPOINT member"},
};

enum { PARAMETERS = 18 };

struct statement_state {
    PGconn *c;
    const char *name;
    int n, row, rows;
    bool gated; /* the last parameter is the reader's codes */
    PGresult *result;
    const char *values[PARAMETERS];
    int lengths[PARAMETERS], formats[PARAMETERS];
    uint64_t numbers[PARAMETERS];
};

struct conn {
    PGconn *c;
    struct statement_state st[STATEMENTS];
    int64_t now_us;
};

#define STMT struct statement_state
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

static enum bw_rc failed(STMT *st, struct bw_err *err)
{
    return bw_fail(err, BW_IO, "%s: %s", st->name, PQerrorMessage(st->c));
}

static inline enum bw_rc q_row(STMT *st, struct bw_err *err)
{
    if (!st->result) {
        st->result =
            PQexecPrepared(st->c, st->name, st->n, st->values, st->lengths, st->formats, 1);
        if (PQresultStatus(st->result) != PGRES_TUPLES_OK)
            return failed(st, err);
        st->row = -1;
        st->rows = PQntuples(st->result);
    }
    return ++st->row < st->rows ? BW_OK : BW_NOT_FOUND;
}

static inline enum bw_rc q_run(STMT *st, struct bw_err *err)
{
    PGresult *r = PQexecPrepared(st->c, st->name, st->n, st->values, st->lengths, st->formats, 1);
    bool good = PQresultStatus(r) == PGRES_COMMAND_OK;
    PQclear(r);
    return good ? BW_OK : failed(st, err);
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
static bool for_system(enum statement which)
{
    return which == ST_ITEM_LAST || which == ST_OBJECT_FIND;
}

/* "?N" becomes "$N", and each v_* is defined in front. Returns how many parameters there are. */
static int spell_query(const char *text, bool system, char *out, size_t size, bool *ret_gated)
{
    static const char *const gates[] = {"item", "occurrence", "stix_object", "stix_body",
                                        "stix_stream"};
    char view[40];
    int most = 0;
    size_t n = 0;
    const char *before = "WITH";
    for (const char *p = strchr(text, '?'); p; p = strchr(p + 1, '?'))
        most =
            p[1] - '0' > most || (p[2] >= '0' && p[2] <= '9') ? (int)strtol(p + 1, NULL, 10) : most;
    *ret_gated = false;
    for (size_t i = 0; i < BW_COUNT(gates); i++) {
        snprintf(view, sizeof(view), " v_%s ", gates[i]);
        if (!strstr(text, view))
            continue;
        n += (size_t)snprintf(out + n, size - n, "%s v_%s AS NOT MATERIALIZED (SELECT * FROM %s",
                              before, gates[i], gates[i]);
        if (!system)
            n += (size_t)snprintf(out + n, size - n,
                                  " WHERE audience_id IN (SELECT audience_id FROM audience_grant"
                                  " WHERE code = ANY ($%d::bigint[]))",
                                  most + 1);
        n += (size_t)snprintf(out + n, size - n, ") ");
        *ret_gated = !system;
        before = ",";
    }
    for (; *text && n < size - 1; text++)
        out[n++] = *text == '?' ? '$' : *text;
    out[n] = '\0';
    return most;
}

static enum bw_rc prepare_all(struct conn *c, struct bw_err *err)
{
    for (int i = 0; i < STATEMENTS; i++) {
        STMT *st = &c->st[i];
        char text[4096];
        st->c = c->c;
        st->name = TEXT[i].name;
        st->n = spell_query(TEXT[i].text, for_system((enum statement)i), text, sizeof(text),
                            &st->gated);
        for (int k = 0; k < PARAMETERS; k++)
            st->formats[k] = 1;
        if (st->gated) {
            st->values[st->n] = codes;
            st->lengths[st->n++] = sizeof(codes);
        }
        PGresult *r = PQprepare(c->c, st->name, text, 0, NULL);
        bool good = PQresultStatus(r) == PGRES_COMMAND_OK;
        PQclear(r);
        if (!good)
            return bw_fail(err, BW_IO, "%s: %s", text, PQerrorMessage(c->c));
    }
    return BW_OK;
}

/* Tables with a view lie in a schema of their own, as infra/db puts them. */
static enum bw_rc make_schema(PGconn *c, const char *text, struct bw_err *err)
{
    static const struct spelling words[] = {
        {"id", "bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"},
        {"int", "bigint"},
        {"text", "text COLLATE \"C\""},
        {"bytes", "bytea"},
        {"strict", ""},
        {"gate", "ALTER TABLE % SET SCHEMA breakwater_gated"},
    };
    BW_AUTO_HEAP char *sql = work_spell(text, words, BW_COUNT(words));
    return exec(c, sql, err);
}

static enum bw_rc connect_one(struct conn *c, const char *url, struct bw_err *err)
{
    c->c = PQconnectdb(url);
    if (PQstatus(c->c) != CONNECTION_OK)
        return bw_fail(err, BW_IO, "%s", PQerrorMessage(c->c));
    return exec(c->c, "SET search_path = breakwater, breakwater_gated", err);
}

static enum bw_rc side_open(const char *url, struct bw_err *err)
{
    make_codes();
    BW_TRY(connect_one(&writer, url, err));
    BW_TRY(exec(writer.c, "CREATE SCHEMA breakwater; CREATE SCHEMA breakwater_gated", err));
    BW_TRY(make_schema(writer.c, WORK_BASE, err));
    BW_TRY(make_schema(writer.c, WORK_SCHEMA, err));
    BW_TRY(prepare_all(&writer, err));
    BW_TRY(connect_one(&reader, url, err));
    return prepare_all(&reader, err);
}

static void side_close(void)
{
    PQfinish(reader.c);
    PQfinish(writer.c);
}

/* -- reading ----------------------------------------------------------------------------------- */

static enum bw_rc side_points(struct work *w, uint64_t seed, size_t n, size_t each,
                              struct bw_err *err)
{
    for (size_t i = 0; i < n; i += each) {
        BW_TRY(q_run(&reader.st[ST_BEGIN_READ], err));
        for (size_t k = 0; k < each; k++)
            BW_TRY(op_point(&reader, w, seed + i + k, err));
        BW_TRY(q_run(&reader.st[ST_COMMIT], err));
    }
    return BW_OK;
}

static enum bw_rc side_pages(struct work *w, uint64_t seed, size_t n, struct bw_err *err)
{
    for (size_t i = 0; i < n; i++) {
        BW_TRY(q_run(&reader.st[ST_BEGIN_READ], err));
        BW_TRY(op_page(&reader, w, seed + i, err));
        BW_TRY(q_run(&reader.st[ST_COMMIT], err));
    }
    return BW_OK;
}

/* -- writing ----------------------------------------------------------------------------------- */

static enum bw_rc begin(struct conn *c, struct bw_err *err)
{
    STMT *clock = &c->st[ST_CLOCK_READ], *lock = &c->st[ST_LOCK];
    BW_TRY(q_run(&c->st[ST_BEGIN_WRITE], err));
    BW_TRY(q_row(lock, err));
    q_done(lock);
    BW_TRY(q_row(clock, err));
    int64_t last = q_get_int(clock, 0), now = bw_now_us();
    q_done(clock);
    c->now_us = now > last ? now : last + 1;
    return BW_OK;
}

static enum bw_rc commit(struct conn *c, struct bw_err *err)
{
    BW_TRY(op_sequence(c, err));
    q_int(&c->st[ST_CLOCK_WRITE], 1, c->now_us);
    BW_TRY(q_run(&c->st[ST_CLOCK_WRITE], err));
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
            BW_TRY(q_run(&writer.st[ST_SAVE], err));
            BW_TRY(op_publish(&writer, &list[k], err));
            BW_TRY(q_run(&writer.st[ST_RELEASE], err));
        }
        BW_TRY(commit(&writer, err));
        ret->groups++;
    }
    return BW_OK;
}

static enum bw_rc side_import(struct work *w, const struct batch *list, size_t n,
                              struct bw_err *err)
{
    for (size_t i = 0; i < n; i++) {
        BW_TRY(begin(&writer, err));
        BW_TRY(q_run(&writer.st[ST_SAVE], err));
        BW_TRY(op_import(&writer, &list[i], err));
        BW_TRY(q_run(&writer.st[ST_RELEASE], err));
        BW_TRY(commit(&writer, err));
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
    return commit(&writer, err);
}

const struct side side_bare_postgres = {
    "bare_postgres", side_open,    side_close,  side_points,
    side_pages,      side_publish, side_import, side_audiences,
};
