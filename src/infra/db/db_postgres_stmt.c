/* SPDX-License-Identifier: Apache-2.0 */
/* db_postgres_stmt - PostgreSQL's half of a statement.
 *
 * Values and results travel in binary. The types of the parameters are those of the values that are
 * bound (int64 is bigint, and so on), so a statement is prepared when it first runs, and once more
 * if a value of another type comes where NULL was before. A result is read as a whole: statements
 * of rooms have limits, and the connection is free again for what runs inside the loop. */
#include "bw_fault.h"
#include "db_postgres_int.h"

#include <endian.h>
#include <inttypes.h>
#include <stdio.h>

/* -- numbers on the wire: big endian ----------------------------------------------------------- */

void pg_put_be(struct bw_buf *out, uint64_t v, unsigned bytes)
{
    for (unsigned i = bytes; i > 0; i--)
        bw_buf_byte(out, (char)(v >> (8 * (i - 1))));
}

static int64_t be_int8(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return (int64_t)be64toh(v);
}

static uint64_t be(const char *p, unsigned bytes)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < bytes; i++)
        v = v << 8 | (unsigned char)p[i];
    return v;
}

/* sum() of bigint is numeric (src/backend/utils/adt/numeric.c, numeric_send): digits of base 10000,
 * the weight of the first, a sign. Beyond int64 it is held at its ends; fractions are cut. */
static int64_t numeric_int(const char *p, int n)
{
    if (n < 8)
        return 0;
    int digits = (int)be(p, 2), weight = (int16_t)be(p + 2, 2);
    bool negative = be(p + 4, 2) == 0x4000;
    __int128 v = 0;
    for (int i = 0; i <= weight; i++) {
        int digit = i < digits && 8 + 2 * i + 2 <= n ? (int)be(p + 8 + 2 * i, 2) : 0;
        v = v * 10000 + digit;
        if (v > INT64_MAX)
            return negative ? INT64_MIN : INT64_MAX;
    }
    return (int64_t)(negative ? -v : v);
}

/* A literal with a point, avg() and arithmetic with either are numeric too. */
static double numeric_real(const char *p, int n)
{
    if (n < 8)
        return 0;
    int digits = (int)be(p, 2), weight = (int16_t)be(p + 2, 2);
    double v = 0, unit = 1;
    for (int i = 0; i < digits && 8 + 2 * i + 2 <= n; i++) {
        v = v * 10000 + (double)be(p + 8 + 2 * i, 2);
        weight--;
    }
    for (; weight < -1; weight++)
        unit *= 10000;
    v /= unit;
    for (; weight > -1; weight--)
        v *= 10000;
    return be(p + 4, 2) == 0x4000 ? -v : v;
}

int64_t pg_value_int(const PGresult *r, int row, int column)
{
    const char *p = PQgetvalue(r, row, column);
    enum pg_type type = (enum pg_type)PQftype(r, column);
    int n = PQgetlength(r, row, column);
    double d;
    uint64_t bits;
    if (n == 0) /* NULL too */
        return 0;
    switch (type) {
    case PG_INT8:
        return be_int8(p);
    case PG_INT4:
        return (int32_t)be(p, 4);
    case PG_INT2:
        return (int16_t)be(p, 2);
    case PG_BOOL:
        return *p != 0;
    case PG_NUMERIC:
        return numeric_int(p, n);
    case PG_FLOAT8:
        bits = be(p, 8);
        memcpy(&d, &bits, sizeof d);
        return d >= 9.2e18 ? INT64_MAX : d <= -9.2e18 ? INT64_MIN : (int64_t)d;
    default:
        return 0;
    }
}

/* -- preparing --------------------------------------------------------------------------------- */

enum bw_rc pg_prepare(struct db_stmt *base, struct bw_err *err)
{
    struct pg_stmt *st = pg_stmt_of(base);
    struct pg_params *p = &st->params;
    BW_TRY(pg_rewrite(st, err));
    size_t n = st->n_params;
    p->values = bw_calloc(n + 1, sizeof *p->values + sizeof *p->numbers + sizeof *p->own +
                                     sizeof *p->lengths + sizeof *p->types + sizeof *p->prepared);
    if (!p->values)
        return bw_fail_memory(err);
    p->numbers = (char(*)[8])(p->values + n);
    p->own = (char **)(p->numbers + n);
    p->lengths = (int *)(p->own + n);
    p->types = (Oid *)(p->lengths + n);
    p->prepared = p->types + n;
    return BW_OK;
}

static void throw_away(struct pg_stmt *st)
{
    struct pg *db = pg_of(st->base.db);
    bool known = st->name <= db->bad_from || st->name > db->bad_to;
    if (st->name && known && db->n_dead < PG_DEAD_MAX)
        db->dead[db->n_dead++] = st->name;
    st->name = 0;
}

void pg_forget(struct db_stmt *st)
{
    throw_away(pg_stmt_of(st));
}

void pg_finalize(struct db_stmt *base)
{
    struct pg_stmt *st = pg_stmt_of(base);
    if (st->params.values)
        pg_unbind(base);
    throw_away(st);
    PQclear(st->res);
    free(st->codes);
    free(st->sql);
    free(st->params.values);
}

enum bw_rc pg_reset(struct db_stmt *base, struct bw_err *err)
{
    struct pg_stmt *st = pg_stmt_of(base);
    (void)err;
    PQclear(st->res);
    st->res = NULL;
    st->row = st->n_rows = 0;
    return BW_OK;
}

void pg_unbind(struct db_stmt *base)
{
    struct pg_stmt *st = pg_stmt_of(base);
    struct pg_params *p = &st->params;
    struct bw_err ignored;
    for (unsigned i = 0; p->owns && i < st->n_params; i++)
        free(BW_TAKE(p->own[i]));
    p->owns = false;
    memset(p->values, 0, st->n_params * sizeof *p->values);
    memset(p->lengths, 0, st->n_params * sizeof *p->lengths);
    if (st->res)
        (void)!pg_reset(base, &ignored);
}

/* -- binding ----------------------------------------------------------------------------------- */

/* The place of parameter AT, from 0; -1: kept as a failure. */
static int param(struct db_stmt *base, int at, enum pg_type type)
{
    struct pg_stmt *st = pg_stmt_of(base);
    struct pg_params *p = &st->params;
    unsigned hidden = (st->codes_at ? 1u : 0u) + (st->id_at ? 1u : 0u);
    if (at < 1 || (unsigned)at > st->n_params - hidden) {
        db_bind_keep(base, BW_BROKEN, at, "does not exist");
        return -1;
    }
    if (base->running) {
        db_bind_keep(base, BW_BROKEN, at, "was set while running");
        return -1;
    }
    if (p->owns)
        free(BW_TAKE(p->own[at - 1]));
    p->types[at - 1] = type;
    p->unlike = p->unlike || type != p->prepared[at - 1];
    return at - 1;
}

static void set_number(struct pg_params *p, int i, uint64_t bits)
{
    bits = htobe64(bits);
    memcpy(p->numbers[i], &bits, sizeof bits);
    p->values[i] = p->numbers[i];
    p->lengths[i] = sizeof bits;
}

void pg_bind_int(struct db_stmt *base, int at, int64_t v)
{
    int i = param(base, at, PG_INT8);
    if (i >= 0)
        set_number(&pg_stmt_of(base)->params, i, (uint64_t)v);
}

void pg_bind_real(struct db_stmt *base, int at, double v)
{
    uint64_t bits;
    int i = param(base, at, PG_FLOAT8);
    memcpy(&bits, &v, sizeof bits);
    if (i >= 0)
        set_number(&pg_stmt_of(base)->params, i, bits);
}

static void set_view(struct db_stmt *base, int i, struct bw_view v)
{
    struct pg_params *p = &pg_stmt_of(base)->params;
    if (v.n > (1u << 30) - 64) {
        db_bind_keep(base, BW_LIMIT, i + 1, "is too large for the database");
        return;
    }
    p->values[i] = v.n ? v.p : "";
    p->lengths[i] = (int)v.n;
}

static void bind_query(struct db_stmt *base, int i, struct bw_view v)
{
    struct pg_params *p = &pg_stmt_of(base)->params;
    BW_AUTO_BUF b = BW_BUF_INIT(1 << 20);
    size_t n;
    if (pg_words_query(pg_part_of(base->db)->words, v, &b) != BW_OK) {
        db_bind_keep(base, BW_MEMORY, i + 1, "out of memory");
        return;
    }
    n = b.n;
    p->own[i] = bw_buf_take(&b, &n);
    p->owns = true;
    p->values[i] = p->own[i];
    p->lengths[i] = (int)n;
}

void pg_bind_text(struct db_stmt *base, int at, struct bw_view v)
{
    int i = param(base, at, PG_TEXT);
    if (i < 0)
        return;
    if (pg_stmt_of(base)->queries >> i & 1)
        bind_query(base, i, v);
    else
        set_view(base, i, v);
}

void pg_bind_bytes(struct db_stmt *base, int at, struct bw_view v)
{
    int i = param(base, at, PG_BYTEA);
    if (i >= 0)
        set_view(base, i, v);
}

void pg_bind_null(struct db_stmt *base, int at)
{
    struct pg_params *p = &pg_stmt_of(base)->params;
    bool unlike = p->unlike;
    int i = param(base, at, PG_INT8);
    if (i < 0)
        return;
    p->values[i] = NULL;
    p->lengths[i] = 0;
    p->types[i] = pg_stmt_of(base)->name ? p->prepared[i] : 0; /* NULL is of any type */
    p->unlike = unlike;
}

void pg_bind_array(struct db_stmt *base, int at, struct bw_view binary, enum pg_type type)
{
    int i = param(base, at, type);
    if (i >= 0)
        set_view(base, i, binary);
}

/* -- running ----------------------------------------------------------------------------------- */

static char *put_be32(char *p, uint32_t v)
{
    v = htobe32(v);
    memcpy(p, &v, sizeof v);
    return p + sizeof v;
}

/* An array of bigint on the wire: dimensions, no NULLs, type, length, first index; the elements
 * (src/backend/utils/adt/arrayfuncs.c, array_recv). Made for every run, since the viewer is another
 * one each time; the room for it stays. */
static enum bw_rc bind_codes(struct pg_stmt *st, struct bw_err *err)
{
    enum { HEAD = 20, ELEMENT = 12 };
    const struct db_engine *e = st->base.db->engine;
    unsigned at = st->codes_at - 1;
    size_t n = 0;
    if (!st->base.viewer)
        return bw_fail_detail(err, BW_BROKEN, DB_SAY_BROKEN, "a gate without a viewer: %.120s",
                              st->base.text);
    const int64_t *codes = e->codes(st->base.viewer, &n);
    BW_ASSERT(n != SIZE_MAX); /* such a viewer has a statement without gates */
    if (n > PG_CODES_MAX)
        return bw_fail_detail(err, BW_LIMIT, DB_SAY_BROKEN, "%zu grants", n);
    size_t bytes = HEAD + n * ELEMENT;
    if (bytes > st->codes_room) {
        char *room = bw_realloc(st->codes, bytes);
        if (!room)
            return bw_fail_memory(err);
        st->codes = room;
        st->codes_room = bytes;
    }
    char *p = put_be32(st->codes, 1);
    p = put_be32(p, 0);
    p = put_be32(p, PG_INT8);
    p = put_be32(p, (uint32_t)n);
    p = put_be32(p, 1);
    for (size_t i = 0; i < n; i++) {
        uint64_t be = htobe64((uint64_t)codes[i]);
        p = put_be32(p, 8);
        memcpy(p, &be, sizeof be);
        p += sizeof be;
    }
    st->params.values[at] = st->codes;
    st->params.lengths[at] = (int)bytes;
    st->params.types[at] = PG_INT8_ARRAY;
    return BW_OK;
}

static void bind_id(struct pg_stmt *st)
{
    int at = (int)st->id_at - 1;
    st->params.types[at] = PG_INT8;
    set_number(&st->params, at, (uint64_t)++st->id_table->last);
}

static enum bw_rc prepare_at_server(struct pg_stmt *st, struct bw_err *err)
{
    struct pg *db = pg_of(st->base.db);
    throw_away(st);
    st->name = ++db->names;
    snprintf(st->wire_name, sizeof st->wire_name, "s%" PRIu64, st->name);
    memcpy(st->params.prepared, st->params.types, st->n_params * sizeof(Oid));
    st->params.unlike = false;
    int ok = PQsendPrepare(db->c, st->wire_name, st->sql, (int)st->n_params, st->params.prepared);
    return pg_queued(db, ok, strlen(st->sql), err);
}

#define ONE_8 1, 1, 1, 1, 1, 1, 1, 1
static const int BINARY[PG_PARAMS_MAX] = {ONE_8, ONE_8, ONE_8, ONE_8, ONE_8, ONE_8, ONE_8, ONE_8};
_Static_assert(PG_PARAMS_MAX == 64, "a format for each parameter");

static enum bw_rc send(struct pg_stmt *st, struct bw_err *err)
{
    struct pg *db = pg_of(st->base.db);
    const struct pg_params *p = &st->params;
    size_t bytes = 0;
    if (db->base.lost)
        return pg_fail_lost(db, err);
    if (st->name > db->bad_from && st->name <= db->bad_to)
        st->name = 0;
    if (st->codes_at)
        BW_TRY(bind_codes(st, err));
    if (st->id_at)
        bind_id(st);
    if (!st->name || p->unlike)
        BW_TRY(prepare_at_server(st, err));
    for (unsigned i = 0; i < st->n_params; i++)
        bytes += (size_t)p->lengths[i];
    int ok = PQsendQueryPrepared(db->c, st->wire_name, (int)st->n_params, p->values, p->lengths,
                                 BINARY, 1);
    return pg_queued(db, ok, bytes, err);
}

static enum bw_rc run(struct pg_stmt *st, struct bw_err *err)
{
    struct pg *db = pg_of(st->base.db);
    BW_TRY(send(st, err));
    enum bw_rc rc = pg_sync(db, &st->res, err);
    if (rc != BW_OK && st->name > db->bad_from) /* one that is in no cache, too */
        st->name = 0;
    BW_TRY(rc);
    st->row = -1;
    st->n_rows = PQntuples(st->res);
    st->n_columns = PQnfields(st->res);
    if (st->base.mode == DB_CHANGE || st->base.mode == DB_OWN) {
        int64_t n = 0;
        if (bw_view_int(bw_view_z(PQcmdTuples(st->res)), &n) && st->base.mode == DB_CHANGE) {
            st->base.changes = n;
            db->changed = db->changed || n > 0;
        }
    }
    return BW_OK;
}

enum bw_rc pg_step(struct db_stmt *base, struct bw_err *err)
{
    struct pg_stmt *st = pg_stmt_of(base);
    struct bw_err ignored;
    if (!st->res)
        BW_TRY(run(st, err));
    if (++st->row < st->n_rows)
        return BW_OK;
    return pg_reset(base, &ignored) == BW_OK ? BW_NOT_FOUND : BW_BROKEN;
}

enum bw_rc pg_post(struct db_stmt *base, struct bw_err *err)
{
    struct pg_stmt *st = pg_stmt_of(base);
    struct pg *db = pg_of(base->db);
    BW_TRY(send(st, err));
    db->posted = true;
    db->changed = db->changed || base->mode == DB_CHANGE;
    if (db->pending >= PG_PENDING_MAX || db->pending_bytes >= PG_PENDING_BYTES)
        BW_TRY(pg_sync(db, NULL, err));
    return BW_NOT_FOUND;
}

int64_t pg_posted_id(const struct db_stmt *base)
{
    const struct pg_stmt *st = pg_stmt_of(base);
    BW_ASSERT(st->id_table);
    return st->id_table->last;
}

/* -- columns ----------------------------------------------------------------------------------- */

static bool has(const struct pg_stmt *st, int column)
{
    return st->res && st->row >= 0 && st->row < st->n_rows && column < st->n_columns;
}

int64_t pg_column_int(const struct db_stmt *base, int column)
{
    const struct pg_stmt *st = pg_stmt_of(base);
    return has(st, column) ? pg_value_int(st->res, st->row, column) : 0;
}

double pg_column_real(const struct db_stmt *base, int column)
{
    const struct pg_stmt *st = pg_stmt_of(base);
    double d = 0;
    float f;
    if (!has(st, column) || PQgetisnull(st->res, st->row, column))
        return 0;
    const char *p = PQgetvalue(st->res, st->row, column);
    if (PQftype(st->res, column) == PG_FLOAT8) {
        uint64_t bits = be(p, 8);
        memcpy(&d, &bits, sizeof d);
        return d;
    }
    if (PQftype(st->res, column) == PG_FLOAT4) {
        uint32_t bits = (uint32_t)be(p, 4);
        memcpy(&f, &bits, sizeof f);
        return (double)f;
    }
    if (PQftype(st->res, column) == PG_NUMERIC)
        return numeric_real(p, PQgetlength(st->res, st->row, column));
    return (double)pg_value_int(st->res, st->row, column);
}

struct bw_view pg_column_bytes(const struct db_stmt *base, int column)
{
    const struct pg_stmt *st = pg_stmt_of(base);
    if (!has(st, column))
        return (struct bw_view){NULL, 0};
    size_t n = (size_t)PQgetlength(st->res, st->row, column);
    if (n == 0 && PQgetisnull(st->res, st->row, column))
        return (struct bw_view){NULL, 0};
    Oid type = PQftype(st->res, column);
    BW_ASSERT(type != PG_INT8 && type != PG_INT4 && type != PG_FLOAT8); /* a number is no text */
    return bw_view_of(PQgetvalue(st->res, st->row, column), n);
}

bool pg_column_null(const struct db_stmt *base, int column)
{
    const struct pg_stmt *st = pg_stmt_of(base);
    return !has(st, column) || PQgetisnull(st->res, st->row, column);
}
