/* SPDX-License-Identifier: Apache-2.0 */
/* db_postgres_sql - a statement's text as PostgreSQL takes it.
 *
 * Rooms write one text for both engines. Here, once for each prepared statement:
 *  - ?N becomes $N; bare question marks count;
 *  - neutral words are spelled (db_dialect.c);
 *  - each v_<table> that is named becomes a common table expression in front, which holds the gate:
 *    the rows whose audience one of the viewer's grants opens. The grants are a parameter of the
 *    statement. Nothing about a viewer lies on the connection, so nothing of one viewer can be left
 *    there for the next, and the planner sees the whole (NOT MATERIALIZED: as if it were a view);
 *  - a gated table that is the target of a change gets its schema's name. Anywhere else its name is
 *    not found: that schema is not on the search path;
 *  - an INSERT into a table with $id gets the id, which the lane counts. So an INSERT ... SELECT
 *    into such a table may give one row at most (two would be refused as doubles).
 *
 * A guard against mistakes, not against an attacker: statements are literals. */
#include "db_lex.h"
#include "db_postgres_int.h"

#include <inttypes.h>
#include <stdio.h>

struct text {
    struct pg_stmt *st;
    const struct db_engine *engine;
    struct bw_err *err;
    struct bw_buf out;
    unsigned gates[16]; /* positions in engine->gates */
    size_t n_gates;
    bool wants_codes, in_query;
};

static enum bw_rc refuse(const struct text *t, const char *why, struct bw_view what)
{
    return bw_fail_detail(t->err, BW_BROKEN, DB_SAY_BROKEN, "%s: %.*s in: %.160s", why, BW_VF(what),
                          t->st->base.text);
}

/* Bare ? get their numbers, and all are counted. */
static enum bw_rc number(struct text *t, struct bw_view text, struct bw_buf *out)
{
    struct lex l = lex_of(text);
    const char *copied = text.p;
    unsigned bare = 0, most = 0;
    while (lex_next(&l) != LEX_END) {
        if (l.kind != LEX_PARAM)
            continue;
        uint64_t n = 0;
        for (size_t i = 0; i < l.name.n && n < PG_PARAMS_MAX; i++)
            n = n * 10 + (uint64_t)(l.name.p[i] - '0');
        if (l.name.n == 0)
            n = ++bare;
        if (n == 0 || n > PG_PARAMS_MAX - 2)
            return refuse(t, "a parameter's number", l.name);
        most = n > most ? (unsigned)n : most;
        bw_buf_add(out, copied, (size_t)(l.start - copied));
        bw_buf_printf(out, "?%" PRIu64, n);
        copied = l.at;
    }
    bw_buf_add(out, copied, (size_t)(text.p + text.n - copied));
    t->st->n_params = most;
    return bw_buf_rc(out, "a statement", t->err);
}

/* -- what the statement needs ------------------------------------------------------------------ */

static enum bw_rc note_gate(struct text *t, struct bw_view name)
{
    struct bw_view table = bw_view_from(name, 2);
    for (size_t i = 0; i < t->n_gates; i++)
        if (bw_view_eq_nocase(bw_view_z(t->engine->gates[t->gates[i]]), table))
            return BW_OK;
    for (unsigned i = 0; i < t->engine->n_gates; i++) {
        if (!bw_view_eq_nocase(bw_view_z(t->engine->gates[i]), table))
            continue;
        if (t->n_gates == BW_COUNT(t->gates))
            return refuse(t, "too many gated tables", name);
        t->gates[t->n_gates++] = i;
        t->wants_codes = true;
    }
    return BW_OK;
}

static struct pg_table *id_table(const struct text *t, struct bw_view name)
{
    struct pg_part *part = t->engine->part;
    for (size_t i = 0; i < part->n_tables; i++)
        if (bw_view_eq_nocase(bw_view_z(part->tables[i].name), name))
            return &part->tables[i];
    return NULL;
}

static bool is_kept(struct bw_view name)
{
    static const char *const own[] = {"migration", "lane_clock", "id_counter"};
    for (size_t i = 0; i < BW_COUNT(own); i++)
        if (bw_view_eq_nocase(name, bw_view_z(own[i])))
            return true;
    return lex_has_prefix(name, "pg_");
}

static enum bw_rc look(struct text *t, struct bw_view text)
{
    struct lex l = lex_of(text);
    bool reads = t->st->base.mode != DB_CHANGE;
    while (lex_next(&l) != LEX_END) {
        if (l.kind == LEX_WORD && lex_has_prefix(l.name, "v_"))
            BW_TRY(note_gate(t, l.name));
        if (l.kind == LEX_WORD &&
            (lex_has_prefix(l.name, "pg_") || lex_has_prefix(l.name, "breakwater_") ||
             lex_is_word(&l, "information_schema")))
            return refuse(t, "the server's own tables", l.name); /* they count rows of any table */
        if (lex_is_word(&l, "reachable_"))
            t->wants_codes = true;
        if (reads &&
            (lex_is_word(&l, "INSERT") || lex_is_word(&l, "UPDATE") || lex_is_word(&l, "DELETE")))
            return refuse(t, "a query that changes", l.name);
        if (l.kind == LEX_WORD && !reads && lex_is_word(&l, "INTO")) {
            struct lex name = l;
            lex_next(&name);
            t->st->id_table = id_table(t, name.name);
        }
    }
    if (t->wants_codes && t->st->base.mode == DB_PLAIN)
        return refuse(t, "a gated table is read without a viewer", BW_V(""));
    unsigned at = t->st->n_params;
    if (t->wants_codes && !t->st->base.ungated)
        t->st->codes_at = ++at;
    if (t->st->id_table)
        t->st->id_at = ++at;
    t->st->n_params = at;
    return BW_OK;
}

/* -- writing it -------------------------------------------------------------------------------- */

/* EXISTS behind OR is no join: the planner then walks the table by the index that the statement
 * asks for and looks each row's audience up, in the grants' index where few rows are expected, in a
 * hash of the viewer's audiences where many are. As a join (IN) it drove the newest 50 of 1,500
 * items from the grants: 6.5 ms against 0.7. */
static void put_gates(struct text *t)
{
    for (size_t i = 0; i < t->n_gates; i++) {
        const char *name = t->engine->gates[t->gates[i]];
        bw_buf_printf(&t->out, "%sv_%s AS NOT MATERIALIZED (SELECT * FROM breakwater_gated.%s t_",
                      i ? ", " : "", name, name);
        if (!t->st->base.ungated)
            bw_buf_printf(&t->out,
                          " WHERE (EXISTS (SELECT 1 FROM %s g_ WHERE g_.audience_id ="
                          " t_.audience_id AND g_.code = ANY ($%u::bigint[])) OR false)",
                          t->engine->grants, t->st->codes_at);
        BW_BUF_LIT(&t->out, ")");
    }
}

/* Who sees everything has no list of it: as on SQLite, nothing is in the table then. */
static void put_reachable(struct text *t)
{
    if (t->st->base.ungated) {
        BW_BUF_LIT(&t->out, "(SELECT 0::bigint AS audience_id WHERE false)");
        return;
    }
    bw_buf_printf(&t->out, "(SELECT DISTINCT audience_id FROM %s WHERE code = ANY ($%u::bigint[]))",
                  t->engine->grants, t->st->codes_at);
}

/* L stands on the name behind INTO, UPDATE or DELETE FROM. */
static enum bw_rc put_target(struct text *t, const struct lex *l)
{
    if (is_kept(l->name))
        return refuse(t, "this is the database layer's own", l->name);
    if (db_gated(t->engine, l->name.p, l->name.n))
        BW_BUF_LIT(&t->out, "breakwater_gated.");
    bw_buf_view(&t->out, l->name);
    return BW_OK;
}

enum due { DUE_NOTHING, DUE_TARGET, DUE_COLUMNS, DUE_ROW, DUE_VALUES };

/* The next step of an INSERT, whose id is put in front of columns and values. */
static enum due put_id(struct text *t, const struct lex *l, enum due due)
{
    if (due == DUE_COLUMNS && lex_is_char(l, '(')) {
        BW_BUF_LIT(&t->out, "id, ");
        return DUE_ROW;
    }
    if (due == DUE_ROW && lex_is_word(l, "VALUES"))
        return DUE_VALUES;
    if ((due == DUE_ROW && lex_is_word(l, "SELECT")) ||
        (due == DUE_VALUES && lex_is_char(l, '('))) {
        bw_buf_printf(&t->out, " $%u, ", t->st->id_at);
        return DUE_NOTHING;
    }
    return due;
}

static enum bw_rc put_word(struct text *t, const struct lex *l, enum due *due)
{
    if (*due == DUE_TARGET) {
        bool table = !lex_is_word(l, "SET"); /* DO UPDATE SET has none */
        *due = table && t->st->id_at ? DUE_COLUMNS : DUE_NOTHING;
        if (table)
            return put_target(t, l);
    }
    if (lex_is_word(l, "reachable_")) {
        put_reachable(t);
        return BW_OK;
    }
    if (lex_is_word(l, "ft_query"))
        t->in_query = true;
    bw_buf_view(&t->out, bw_view_of(l->start, (size_t)(l->at - l->start)));
    return BW_OK;
}

static void put_param(struct text *t, const struct lex *l)
{
    unsigned n = 0;
    for (size_t i = 0; i < l->name.n; i++)
        n = n * 10 + (unsigned)(l->name.p[i] - '0');
    if (t->in_query)
        t->st->queries |= UINT64_C(1) << (n - 1);
    t->in_query = false;
    bw_buf_printf(&t->out, "$%u", n);
}

static bool names_target(const struct lex *l, bool deleting)
{
    return lex_is_word(l, "INTO") || lex_is_word(l, "UPDATE") ||
           (deleting && lex_is_word(l, "FROM"));
}

static enum bw_rc put_body(struct text *t, struct lex l)
{
    bool change = t->st->base.mode == DB_CHANGE, deleting = false;
    enum due due = DUE_NOTHING;
    const char *copied = l.at;
    while (lex_next(&l) != LEX_END) {
        bw_buf_add(&t->out, copied, (size_t)(l.start - copied));
        copied = l.at;
        if (l.kind == LEX_PARAM) {
            put_param(t, &l);
            continue;
        }
        BW_TRY(put_word(t, &l, &due));
        due = put_id(t, &l, due);
        if (change && names_target(&l, deleting))
            due = DUE_TARGET;
        deleting = lex_is_word(&l, "DELETE");
    }
    bw_buf_add(&t->out, copied, (size_t)(l.end - copied));
    return BW_OK;
}

static enum bw_rc put_all(struct text *t, struct bw_view text)
{
    struct lex l = lex_of(text);
    struct lex first = l;
    lex_next(&first);
    bool with = lex_is_word(&first, "WITH");
    if (t->n_gates > 0) {
        BW_BUF_LIT(&t->out, "WITH ");
        struct lex second = first;
        if (with && lex_next(&second) == LEX_WORD && lex_is_word(&second, "RECURSIVE")) {
            BW_BUF_LIT(&t->out, "RECURSIVE ");
            first = second;
        }
        put_gates(t);
        bw_buf_z(&t->out, with ? "," : " ");
        if (with)
            l = first;
    }
    BW_TRY(put_body(t, l));
    bw_buf_byte(&t->out, '\0');
    return bw_buf_rc(&t->out, "a statement", t->err);
}

enum bw_rc pg_rewrite(struct pg_stmt *st, struct bw_err *err)
{
    const struct db_engine *e = st->base.db->engine;
    struct text t = {.st = st, .engine = e, .err = err, .out = BW_BUF_INIT(4 * DB_SQL_MAX)};
    BW_AUTO_BUF numbered = BW_BUF_INIT(2 * DB_SQL_MAX);
    BW_AUTO_HEAP char *spelled = NULL;
    BW_TRY(number(&t, bw_view_of(st->base.text, st->base.n), &numbered));
    struct bw_view text = bw_buf_text(&numbered);
    if (st->base.mode != DB_OWN) {
        BW_TRY(db_dialect(e, st->base.mode, false, text, &spelled, err));
        if (spelled)
            text = bw_view_z(spelled);
        BW_TRY(look(&t, text));
        if (t.wants_codes && (!e->codes || !e->grants))
            return refuse(&t, "gated tables need codes and grants", BW_V(""));
    }
    enum bw_rc rc = put_all(&t, text);
    size_t n;
    if (rc == BW_OK)
        st->sql = bw_buf_take(&t.out, &n);
    bw_buf_done(&t.out);
    return rc;
}
