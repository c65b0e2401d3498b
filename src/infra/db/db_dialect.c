/* SPDX-License-Identifier: Apache-2.0 */
/* db_dialect - neutral words to SQLite's, and the rules that only a statement's text can tell.
 *
 * Why a lexer and no parser: SQLite parses; here it is enough to know what is a word, a quoted
 * name, a string and a comment. Statements are literals of ours, so this is a guard against
 * mistakes and not against an attacker, except that no input ever reaches it. Runs once for each
 * statement of a connection (then it is cached). Pure; any thread.
 *
 * Rules that the authorizer cannot see and that are checked here:
 *  - a common table expression called v_* would pass for a gate (the authorizer is told its name);
 *  - full-text tables (ft_*) are reached by $match and $hits only, and beside their gate;
 *  - SQLite does not report the columns by which NATURAL and USING join; and in a change it
 *    reports the columns of the target, of foreign keys and of a subquery in one way, so that the
 *    authorizer lets them pass. Hence a gated table may stand behind INTO, UPDATE and DELETE FROM,
 *    but behind no other FROM or JOIN and no comma of a FROM;
 *  - the first word says what the statement does: no schema, no transactions. */
#include "bw_buf.h"
#include "db_int.h"

enum lex_kind { LEX_END, LEX_WORD, LEX_QUOTED, LEX_STRING, LEX_DOLLAR, LEX_OTHER };

struct lex {
    const char *at, *end;
    enum lex_kind kind;
    const char *start;   /* of the token, quotes and $ included */
    struct bw_view name; /* without them; doubled quotes are left doubled */
};

static bool word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 128;
}

static bool skip_blank(struct lex *l)
{
    const char *p = l->at;
    if (p < l->end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r' || *p == '\f')) {
        l->at++;
        return true;
    }
    if (l->end - p >= 2 && p[0] == '-' && p[1] == '-') {
        while (p < l->end && *p != '\n')
            p++;
        l->at = p;
        return true;
    }
    if (l->end - p >= 2 && p[0] == '/' && p[1] == '*') {
        p += 2;
        while (p < l->end && !(p[0] == '*' && l->end - p >= 2 && p[1] == '/'))
            p++;
        l->at = l->end - p >= 2 ? p + 2 : l->end;
        return true;
    }
    return false;
}

static void lex_quoted(struct lex *l, char close)
{
    const char *p = l->at + 1;
    while (p < l->end) {
        if (*p == close) {
            if (close == ']' || p + 1 >= l->end || p[1] != close)
                break;
            p++;
        }
        p++;
    }
    l->name = bw_view_of(l->start + 1, (size_t)(p - l->start - 1));
    l->at = p < l->end ? p + 1 : l->end;
}

static enum lex_kind lex_next(struct lex *l)
{
    while (skip_blank(l))
        ;
    l->start = l->at;
    l->name = bw_view_of(l->at, 0);
    if (l->at >= l->end)
        return l->kind = LEX_END;
    char c = *l->at;
    if (c == '\'' || c == '"' || c == '`' || c == '[') {
        lex_quoted(l, c == '[' ? ']' : c);
        return l->kind = c == '\'' ? LEX_STRING : LEX_QUOTED;
    }
    l->at++;
    if (c == '$' || word_byte(c)) {
        while (l->at < l->end && word_byte(*l->at))
            l->at++;
        const char *from = c == '$' ? l->start + 1 : l->start;
        l->name = bw_view_of(from, (size_t)(l->at - from));
        return l->kind = c == '$' ? LEX_DOLLAR : LEX_WORD;
    }
    l->name = bw_view_of(l->start, 1);
    return l->kind = LEX_OTHER;
}

static bool is_word(const struct lex *l, const char *word)
{
    return l->kind == LEX_WORD && bw_view_eq_nocase(l->name, bw_view_z(word));
}

static bool is_char(const struct lex *l, char c)
{
    return l->kind == LEX_OTHER && *l->start == c;
}

/* SQLite takes a string where a name is due, so all three count. */
static bool is_name(const struct lex *l)
{
    return l->kind == LEX_WORD || l->kind == LEX_QUOTED || l->kind == LEX_STRING;
}

static bool has_prefix(struct bw_view name, const char *prefix)
{
    struct bw_view p = bw_view_z(prefix);
    return name.n > p.n && bw_view_eq_nocase(bw_view_head(name, p.n), p);
}

/* -- neutral words ----------------------------------------------------------------------------- */

enum word_args { ARGS_NONE, ARGS_NAME, ARGS_MATCH, ARGS_HITS };

/* In SPELLING: %1 the name, %2 the parameter, %3 the column. AUTOINCREMENT: an id is never given
 * again, as on PostgreSQL; caches, full text and the ledger's readers rest on it.
 *
 * Full text is contentless, so that the words are not stored a second time in plain; the old text,
 * which FTS5 wants back to delete a document, lies compressed beside it (db_fulltext.c). No column
 * sizes: the hub does not rank. */
static const struct neutral {
    const char *word;
    bool schema;
    enum word_args args;
    const char *spelling;
} NEUTRAL[] = {
    {"id", true, ARGS_NONE, "INTEGER PRIMARY KEY AUTOINCREMENT"},
    {"int", true, ARGS_NONE, "INTEGER"},
    {"real", true, ARGS_NONE, "REAL"},
    {"text", true, ARGS_NONE, "TEXT"},
    {"bytes", true, ARGS_NONE, "BLOB"},
    {"strict", true, ARGS_NONE, "STRICT"},
    {"gate", true, ARGS_NAME, "CREATE VIEW v_%1 AS SELECT * FROM %1 WHERE reach(audience_id)"},
    {"fulltext", true, ARGS_NAME,
     "CREATE VIRTUAL TABLE ft_%1 USING fts5(text, content='', columnsize=0, detail=full,"
     " tokenize='unicode61 remove_diacritics 2');"
     " CREATE TABLE ft_%1_text (id INTEGER PRIMARY KEY, text BLOB NOT NULL) STRICT"},
    {"match", false, ARGS_MATCH, "%3 IN (SELECT rowid FROM ft_%1 WHERE ft_%1 MATCH %2)"},
    {"hits", false, ARGS_HITS, "(SELECT rowid AS id FROM ft_%1 WHERE ft_%1 MATCH %2)"},
    {"reachable", false, ARGS_NONE, "reachable"},
};

struct rewrite {
    const struct db_engine *engine;
    enum db_mode mode;
    struct bw_view text;
    struct bw_err *err;
    struct lex lex;
    struct bw_view arg[3];
    char *out; /* NULL: no word of ours so far */
};

static enum bw_rc refuse(struct rewrite *r, const char *why, struct bw_view what)
{
    struct bw_view head = bw_utf8_head(r->text, 160);
    return bw_fail_detail(r->err, BW_BROKEN, "the hub made a mistake with its database",
                          "%s: %.*s in: %.*s", why, BW_VF(what), BW_VF(head));
}

static bool plain_name(struct bw_view v)
{
    for (size_t i = 0; i < v.n; i++)
        if (!word_byte(v.p[i]) || (unsigned char)v.p[i] >= 128)
            return false;
    return v.n > 0 && v.n < DB_NAME_MAX - 8;
}

/* Arguments are cut at commas; they hold no commas or parentheses of their own. */
static enum bw_rc read_args(struct rewrite *r, enum word_args args)
{
    struct bw_view word = r->lex.name;
    size_t n = 0, least = args == ARGS_NAME ? 1 : 2, most = args == ARGS_MATCH ? 3 : least;
    lex_next(&r->lex);
    if (!is_char(&r->lex, '('))
        return refuse(r, "no ( behind a neutral word", word);
    const char *from = r->lex.at;
    for (;;) {
        lex_next(&r->lex);
        bool close = is_char(&r->lex, ')');
        if (r->lex.kind == LEX_END || is_char(&r->lex, '('))
            return refuse(r, "no end of the arguments", word);
        if (!close && !is_char(&r->lex, ','))
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
    struct lex l = {.at = r->text.p, .end = r->text.p + r->text.n};
    while (r->mode != DB_PLAIN && lex_next(&l) != LEX_END)
        if (is_name(&l) && has_prefix(l.name, "v_") &&
            bw_view_eq_nocase(bw_view_from(l.name, 2), name))
            return BW_OK;
    return refuse(r, "full text of a gated table without its view", name);
}

static enum bw_rc rewrite_word(struct rewrite *r, struct bw_buf *b)
{
    struct bw_view word = r->lex.name;
    for (size_t i = 0; i < BW_COUNT(NEUTRAL); i++) {
        const struct neutral *n = &NEUTRAL[i];
        if (!bw_view_is(word, n->word) || n->schema != (r->mode == DB_OWN))
            continue;
        if (n->args != ARGS_NONE)
            BW_TRY(read_args(r, n->args));
        if (!n->schema && n->args != ARGS_NONE)
            BW_TRY(check_fulltext(r, r->arg[0]));
        spell(b, n->spelling, r->arg);
        return BW_OK;
    }
    return refuse(r, "no such neutral word here", word);
}

static enum bw_rc rewrite(struct rewrite *r, char **ret)
{
    BW_AUTO_BUF b = BW_BUF_INIT(2 * DB_SCHEMA_MAX);
    const char *copied = r->text.p;
    bool any = false;
    r->lex = (struct lex){.at = r->text.p, .end = r->text.p + r->text.n};
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
    if (is_char(&l, '(')) {
        depth = 1;
        while (depth > 0 && lex_next(&l) != LEX_END) {
            if (is_char(&l, '('))
                depth++;
            else if (is_char(&l, ')'))
                depth--;
        }
        lex_next(&l);
    }
    if (!is_word(&l, "AS"))
        return false;
    lex_next(&l);
    return is_char(&l, '(') || is_word(&l, "NOT") || is_word(&l, "MATERIALIZED");
}

static bool ends_from(const struct lex *l)
{
    static const char *const words[] = {"SELECT", "WHERE",  "GROUP",    "ORDER",     "HAVING",
                                        "LIMIT",  "UNION",  "EXCEPT",   "INTERSECT", "WINDOW",
                                        "SET",    "VALUES", "RETURNING"};
    for (size_t i = 0; i < BW_COUNT(words); i++)
        if (is_word(l, words[i]))
            return true;
    return false;
}

#define RULE_DEPTH 32

static enum bw_rc check_tables(struct rewrite *r)
{
    bool in_from[RULE_DEPTH] = {false}, due = false, deleting = false;
    unsigned depth = 0;
    struct lex l = {.at = r->text.p, .end = r->text.p + r->text.n};
    while (lex_next(&l) != LEX_END) {
        if (is_char(&l, '(')) {
            if (++depth == RULE_DEPTH)
                return refuse(r, "nested too deeply", BW_V("("));
            in_from[depth] = due; /* FROM (a JOIN b); a SELECT behind it ends that */
            continue;
        }
        if (is_char(&l, ')')) {
            due = false;
            if (depth > 0)
                depth--;
        } else if (is_word(&l, "DELETE")) {
            deleting = true;
        } else if (is_word(&l, "FROM") || is_word(&l, "JOIN")) {
            due = !deleting;
            in_from[depth] = !deleting;
            deleting = false;
        } else if (ends_from(&l)) {
            due = in_from[depth] = false;
        } else if (l.kind == LEX_DOLLAR) {
            due = false; /* $hits(item, ?1): the arguments are checked where they are spelled */
        } else if (is_char(&l, ',')) {
            due = in_from[depth];
        } else if (is_name(&l) && due) {
            struct lex dot = l;
            lex_next(&dot);
            if (is_char(&dot, '.')) { /* main.item */
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
    struct lex l = {.at = r->text.p, .end = r->text.p + r->text.n};
    lex_next(&l);
    for (size_t i = 0; i < n; i++)
        if (is_word(&l, change ? write[i] : read[i]))
            return BW_OK;
    return refuse(r, change ? "no change" : "no query", l.name);
}

static enum bw_rc check_names(struct rewrite *r)
{
    struct lex l = {.at = r->text.p, .end = r->text.p + r->text.n};
    while (lex_next(&l) != LEX_END) {
        if (!is_name(&l))
            continue;
        if (has_prefix(l.name, "ft_"))
            return refuse(r, "full text is reached by $match and $hits only", l.name);
        if (has_prefix(l.name, "v_") && defines_cte(l))
            return refuse(r, "a common table expression may not be called v_*", l.name);
    }
    return BW_OK;
}

enum bw_rc db_dialect(const struct db_engine *e, enum db_mode mode, struct bw_view text, char **ret,
                      struct bw_err *err)
{
    struct rewrite r = {.engine = e, .mode = mode, .text = text, .err = err};
    if (text.n > (mode == DB_OWN ? DB_SCHEMA_MAX : DB_SQL_MAX))
        return refuse(&r, "a statement is too long", BW_V(""));
    if (mode != DB_OWN) {
        BW_TRY(check_first(&r));
        BW_TRY(check_names(&r));
        BW_TRY(check_tables(&r));
    }
    return rewrite(&r, ret);
}
