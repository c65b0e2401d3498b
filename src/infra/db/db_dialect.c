/* SPDX-License-Identifier: Apache-2.0 */
/* db_dialect - neutral words to the driver's, and the rules that only a statement's text can tell.
 *
 * Runs once for each statement of a connection (then it is cached). Pure; any thread.
 *
 * Rules, the same for both engines:
 *  - a common table expression called v_* would pass for a gate;
 *  - full-text tables (ft_*) are reached by $match and $hits only, and beside their gate;
 *  - a gated table may stand behind INTO, UPDATE and DELETE FROM, but behind no other FROM or JOIN
 *    and no comma of a FROM. SQLite's authorizer sees most of that too, but not the columns by
 *    which NATURAL and USING join, and in a change not which columns a subquery reads. PostgreSQL
 *    does not find the table (db_postgres_sql.c);
 *  - the first word says what the statement does: no schema, no transactions. */
#include "bw_buf.h"
#include "db_int.h"
#include "db_lex.h"

/* -- neutral words ----------------------------------------------------------------------------- */

enum word_args { ARGS_NONE, ARGS_NAME, ARGS_MATCH, ARGS_HITS };

/* In a driver's spelling: %1 the name, %2 the parameter, %3 the column. */
static const struct neutral {
    const char *word;
    bool schema;
    enum word_args args;
} NEUTRAL[DB_WORDS] = {
    [DB_WORD_ID] = {"id", true, ARGS_NONE},
    [DB_WORD_INT] = {"int", true, ARGS_NONE},
    [DB_WORD_REAL] = {"real", true, ARGS_NONE},
    [DB_WORD_TEXT] = {"text", true, ARGS_NONE},
    [DB_WORD_BYTES] = {"bytes", true, ARGS_NONE},
    [DB_WORD_STRICT] = {"strict", true, ARGS_NONE},
    [DB_WORD_GATE] = {"gate", true, ARGS_NAME},
    [DB_WORD_FULLTEXT] = {"fulltext", true, ARGS_NAME},
    [DB_WORD_MATCH] = {"match", false, ARGS_MATCH},
    [DB_WORD_HITS] = {"hits", false, ARGS_HITS},
    [DB_WORD_REACHABLE] = {"reachable", false, ARGS_NONE},
};

struct rewrite {
    const struct db_engine *engine;
    enum db_mode mode;
    bool schema;
    struct bw_view text;
    struct bw_err *err;
    struct lex lex;
    struct bw_view arg[3];
};

static enum bw_rc refuse(struct rewrite *r, const char *why, struct bw_view what)
{
    struct bw_view head = bw_utf8_head(r->text, 160);
    return bw_fail_detail(r->err, BW_BROKEN, DB_SAY_BROKEN, "%s: %.*s in: %.*s", why, BW_VF(what),
                          BW_VF(head));
}

static bool plain_name(struct bw_view v)
{
    for (size_t i = 0; i < v.n; i++) {
        char c = v.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_'))
            return false;
    }
    return v.n > 0 && v.n < DB_NAME_MAX - 8;
}

/* Arguments are cut at commas; they hold no commas or parentheses of their own. */
static enum bw_rc read_args(struct rewrite *r, enum word_args args)
{
    struct bw_view word = r->lex.name;
    size_t n = 0, least = args == ARGS_NAME ? 1 : 2, most = args == ARGS_MATCH ? 3 : least;
    lex_next(&r->lex);
    if (!lex_is_char(&r->lex, '('))
        return refuse(r, "no ( behind a neutral word", word);
    const char *from = r->lex.at;
    for (;;) {
        lex_next(&r->lex);
        bool close = lex_is_char(&r->lex, ')');
        if (r->lex.kind == LEX_END || lex_is_char(&r->lex, '('))
            return refuse(r, "no end of the arguments", word);
        if (!close && !lex_is_char(&r->lex, ','))
            continue;
        if (n == most)
            return refuse(r, "too many arguments", word);
        r->arg[n++] = bw_view_trim(bw_view_of(from, (size_t)(r->lex.start - from)));
        from = r->lex.at;
        if (close)
            break;
    }
    if (n < least || !plain_name(r->arg[0]) || (least == 2 && r->arg[1].n == 0))
        return refuse(r, "wrong arguments", word);
    if (n < 3)
        r->arg[2] = BW_V("id");
    return BW_OK;
}

static void spell(struct bw_buf *b, const char *spelling, const struct bw_view *arg)
{
    for (const char *p = spelling; *p; p++) {
        if (*p == '%') {
            p++;
            bw_buf_view(b, arg[*p - '1']);
        } else {
            bw_buf_byte(b, *p);
        }
    }
}

/* Hits of a gated table say that a row exists: only with the gate in the same statement. */
static enum bw_rc check_fulltext(struct rewrite *r, struct bw_view name)
{
    if (!db_gated(r->engine, name.p, name.n))
        return BW_OK;
    struct lex l = lex_of(r->text);
    while (r->mode != DB_PLAIN && lex_next(&l) != LEX_END)
        if (lex_is_name(&l) && lex_has_prefix(l.name, "v_") &&
            bw_view_eq_nocase(bw_view_from(l.name, 2), name))
            return BW_OK;
    return refuse(r, "full text of a gated table without its view", name);
}

static enum bw_rc rewrite_word(struct rewrite *r, struct bw_buf *b)
{
    struct bw_view word = r->lex.name;
    for (size_t i = 0; i < BW_COUNT(NEUTRAL); i++) {
        const struct neutral *n = &NEUTRAL[i];
        if (!bw_view_is(word, n->word) || n->schema != r->schema)
            continue;
        if (n->args != ARGS_NONE)
            BW_TRY(read_args(r, n->args));
        if (!n->schema && n->args != ARGS_NONE)
            BW_TRY(check_fulltext(r, r->arg[0]));
        spell(b, r->engine->driver->spelling[i], r->arg);
        return BW_OK;
    }
    return refuse(r, "no such neutral word here", word);
}

static enum bw_rc rewrite(struct rewrite *r, char **ret)
{
    BW_AUTO_BUF b = BW_BUF_INIT(2 * DB_SCHEMA_MAX);
    const char *copied = r->text.p;
    bool any = false;
    r->lex = lex_of(r->text);
    while (lex_next(&r->lex) != LEX_END) {
        if (r->lex.kind != LEX_DOLLAR)
            continue;
        any = true;
        bw_buf_add(&b, copied, (size_t)(r->lex.start - copied));
        BW_TRY(rewrite_word(r, &b));
        copied = r->lex.at;
    }
    if (!any) {
        *ret = NULL;
        return BW_OK;
    }
    bw_buf_add(&b, copied, (size_t)(r->text.p + r->text.n - copied));
    bw_buf_byte(&b, '\0');
    BW_TRY(bw_buf_rc(&b, "a statement", r->err));
    size_t n;
    *ret = bw_buf_take(&b, &n);
    return BW_OK;
}

/* -- rules ------------------------------------------------------------------------------------- */

/* L stands behind a name: does `[(columns)] AS [NOT MATERIALIZED] (` follow? Nothing else in SQL
 * has that form. L is a copy. */
static bool defines_cte(struct lex l)
{
    unsigned depth = 0;
    lex_next(&l);
    if (lex_is_char(&l, '(')) {
        depth = 1;
        while (depth > 0 && lex_next(&l) != LEX_END) {
            if (lex_is_char(&l, '('))
                depth++;
            else if (lex_is_char(&l, ')'))
                depth--;
        }
        lex_next(&l);
    }
    if (!lex_is_word(&l, "AS"))
        return false;
    lex_next(&l);
    return lex_is_char(&l, '(') || lex_is_word(&l, "NOT") || lex_is_word(&l, "MATERIALIZED");
}

static bool ends_from(const struct lex *l)
{
    static const char *const words[] = {"SELECT", "WHERE",  "GROUP",    "ORDER",     "HAVING",
                                        "LIMIT",  "UNION",  "EXCEPT",   "INTERSECT", "WINDOW",
                                        "SET",    "VALUES", "RETURNING"};
    for (size_t i = 0; i < BW_COUNT(words); i++)
        if (lex_is_word(l, words[i]))
            return true;
    return false;
}

#define RULE_DEPTH 32

static enum bw_rc check_tables(struct rewrite *r)
{
    bool in_from[RULE_DEPTH] = {false}, due = false, deleting = false;
    unsigned depth = 0;
    struct lex l = lex_of(r->text);
    while (lex_next(&l) != LEX_END) {
        if (lex_is_char(&l, '(')) {
            if (++depth == RULE_DEPTH)
                return refuse(r, "nested too deeply", BW_V("("));
            in_from[depth] = due; /* FROM (a JOIN b); a SELECT behind it ends that */
            continue;
        }
        if (lex_is_char(&l, ')')) {
            due = false;
            if (depth > 0)
                depth--;
        } else if (lex_is_word(&l, "DELETE")) {
            deleting = true;
        } else if (lex_is_word(&l, "FROM") || lex_is_word(&l, "JOIN")) {
            due = !deleting;
            in_from[depth] = !deleting;
            deleting = false;
        } else if (ends_from(&l)) {
            due = in_from[depth] = false;
        } else if (l.kind == LEX_DOLLAR) {
            due = false; /* $hits(item, ?1): the arguments are checked where they are spelled */
        } else if (lex_is_char(&l, ',')) {
            due = in_from[depth];
        } else if (lex_is_name(&l) && due) {
            struct lex dot = l;
            lex_next(&dot);
            if (lex_is_char(&dot, '.')) { /* main.item */
                l = dot;
                continue;
            }
            due = false;
            if (db_gated(r->engine, l.name.p, l.name.n))
                return refuse(r, "a gated table is read without its view", l.name);
        }
    }
    return BW_OK;
}

static enum bw_rc check_first(struct rewrite *r)
{
    static const char *const read[] = {"SELECT", "WITH", "VALUES"};
    static const char *const write[] = {"INSERT", "UPDATE", "DELETE", "WITH"};
    bool change = r->mode == DB_CHANGE;
    size_t n = change ? BW_COUNT(write) : BW_COUNT(read);
    struct lex l = lex_of(r->text);
    lex_next(&l);
    for (size_t i = 0; i < n; i++)
        if (lex_is_word(&l, change ? write[i] : read[i]))
            return BW_OK;
    return refuse(r, change ? "no change" : "no query", l.name);
}

static enum bw_rc check_names(struct rewrite *r)
{
    struct lex l = lex_of(r->text);
    while (lex_next(&l) != LEX_END) {
        if (!lex_is_name(&l))
            continue;
        if (lex_has_prefix(l.name, "ft_"))
            return refuse(r, "full text is reached by $match and $hits only", l.name);
        if (lex_has_prefix(l.name, "v_") && defines_cte(l))
            return refuse(r, "a common table expression may not be called v_*", l.name);
    }
    return BW_OK;
}

enum bw_rc db_dialect(const struct db_engine *e, enum db_mode mode, bool schema,
                      struct bw_view text, char **ret, struct bw_err *err)
{
    struct rewrite r = {.engine = e, .mode = mode, .schema = schema, .text = text, .err = err};
    if (text.n > (schema ? DB_SCHEMA_MAX : DB_SQL_MAX))
        return refuse(&r, "a statement is too long", BW_V(""));
    if (mode != DB_OWN) {
        BW_TRY(check_first(&r));
        BW_TRY(check_names(&r));
        BW_TRY(check_tables(&r));
    }
    return rewrite(&r, ret);
}
