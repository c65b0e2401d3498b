/* SPDX-License-Identifier: Apache-2.0 */
/* db_postgres_fulltext - full text that answers as SQLite's does.
 *
 * The same words: text is cut by the very tokenizer that FTS5 uses (unicode61), asked through its
 * interface; PostgreSQL's own parser would make other words of addresses, hyphens and numbers.
 *
 * The same hits: a tsvector keeps no more than 255 places of a word and 16,383 in all, so a phrase
 * of common Chinese characters in a long text would be lost. It is kept without places, as a filter
 * (which documents have all the words?), and what it cannot tell - phrases, words longer than
 * KEY_BYTES - is looked up in the text itself, which is kept as its words with single spaces
 * between. A document with more words than a tsvector holds has none and is always looked up.
 *
 * A query is one parameter: the tsquery, \1, patterns that every hit's text has to hold (separated
 * by \2), \1, the patterns for a document without a tsvector. None of these bytes is in a word. */
#include "db_postgres_int.h"

#include "bw_fault.h"

#include <sqlite3.h>
#include <stdio.h>

#define KEY_BYTES 32
#define KEYS_BYTES_MAX 900000 /* of one tsvector, which ends at 1 MiB */

struct pg_words {
    pthread_mutex_t lock;
    sqlite3 *c;
    fts5_tokenizer api;
    Fts5Tokenizer *tokenizer;
};

const char pg_fulltext_functions[] =
    "CREATE FUNCTION ft_query(q text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE AS"
    " $f$ SELECT split_part(q, E'\\x01', 1)::tsquery $f$;"
    "CREATE FUNCTION ft_has(words text, wanted text) RETURNS boolean LANGUAGE sql IMMUTABLE"
    " PARALLEL SAFE AS $f$ SELECT NOT EXISTS (SELECT 1 FROM"
    " unnest(string_to_array(wanted, E'\\x02')) p WHERE strpos(words, p) = 0) $f$;"
    "CREATE FUNCTION ft_phrases(words text, q text) RETURNS boolean LANGUAGE sql IMMUTABLE"
    " PARALLEL SAFE AS $f$ SELECT breakwater.ft_has(words, split_part(q, E'\\x01', 2)) $f$;"
    "CREATE FUNCTION ft_all(words text, q text) RETURNS boolean LANGUAGE sql IMMUTABLE"
    " PARALLEL SAFE AS $f$ SELECT breakwater.ft_has(words, split_part(q, E'\\x01', 3)) $f$;";

/* -- the tokenizer ----------------------------------------------------------------------------- */

/* https://www.sqlite.org/fts5.html, "Extending FTS5" */
static int find(struct pg_words *w)
{
    fts5_api *api = NULL;
    sqlite3_stmt *s = NULL;
    void *user = NULL;
    const char *args[] = {"remove_diacritics", "2"};
    int code =
        sqlite3_open_v2(":memory:", &w->c, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(w->c, "SELECT fts5(?1)", -1, &s, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_pointer(s, 1, (void *)&api, "fts5_api_ptr", NULL);
    if (code == SQLITE_OK && (code = sqlite3_step(s)) == SQLITE_ROW)
        code = SQLITE_OK;
    sqlite3_finalize(s);
    if (code != SQLITE_OK || !api)
        return code != SQLITE_OK ? code : SQLITE_ERROR;
    code = api->xFindTokenizer(api, "unicode61", &user, &w->api);
    if (code == SQLITE_OK)
        code = w->api.xCreate(user, args, 2, &w->tokenizer);
    return code;
}

enum bw_rc pg_words_open(struct pg_words **ret, struct bw_err *err)
{
    struct pg_words *w = bw_calloc(1, sizeof *w);
    if (!w)
        return bw_fail_memory(err);
    pthread_mutex_init(&w->lock, NULL);
    int code = find(w);
    if (code != SQLITE_OK) {
        pg_words_close(w);
        if (code == SQLITE_NOMEM)
            return bw_fail_memory(err);
        return bw_fail_detail(err, BW_BROKEN, DB_SAY_BROKEN, "no unicode61: SQLite %d", code);
    }
    *ret = w;
    return BW_OK;
}

void pg_words_close(struct pg_words *w)
{
    if (!w)
        return;
    if (w->tokenizer)
        w->api.xDelete(w->tokenizer);
    sqlite3_close(w->c);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

struct cut {
    struct bw_buf *out; /* the words, each with a space in front */
};

static int take_word(void *arg, int flags, const char *word, int n, int from, int to)
{
    struct cut *c = arg;
    if (flags & FTS5_TOKEN_COLOCATED)
        return SQLITE_OK;
    bw_buf_byte(c->out, ' ');
    bw_buf_add(c->out, word, (size_t)n);
    return c->out->rc == BW_OK ? SQLITE_OK : SQLITE_NOMEM;
}

/* " one two three", appended; nothing where there is no word. */
static enum bw_rc cut_words(struct pg_words *w, struct bw_view text, int why, struct bw_buf *out)
{
    struct cut c = {out};
    pthread_mutex_lock(&w->lock);
    int code =
        w->api.xTokenize(w->tokenizer, &c, why, text.n ? text.p : "", (int)text.n, take_word);
    pthread_mutex_unlock(&w->lock);
    if (code != SQLITE_OK && out->rc == BW_OK)
        out->rc = BW_MEMORY;
    return out->rc;
}

/* The next word of what cut_words() wrote; none: n is 0. */
static struct bw_view next_word(struct bw_view *rest)
{
    if (rest->n == 0)
        return (struct bw_view){NULL, 0};
    *rest = bw_view_from(*rest, 1);
    size_t n = bw_view_find_byte(*rest, ' ');
    struct bw_view word = bw_view_head(*rest, n == SIZE_MAX ? rest->n : n);
    *rest = bw_view_from(*rest, word.n);
    return word;
}

static struct bw_view key_of(struct bw_view word)
{
    return bw_utf8_head(word, KEY_BYTES);
}

/* -- queries ----------------------------------------------------------------------------------- */

struct query {
    struct bw_buf filter, phrases, all;
};

static void put_key(struct bw_buf *b, struct bw_view key, bool prefix)
{
    bw_buf_z(b, b->n ? " & '" : "'");
    for (size_t i = 0; i < key.n; i++) {
        if (key.p[i] == '\'' || key.p[i] == '\\')
            bw_buf_byte(b, key.p[i]);
        bw_buf_byte(b, key.p[i]);
    }
    bw_buf_z(b, prefix ? "':*" : "'");
}

static void put_pattern(struct bw_buf *b, struct bw_view words, bool prefix)
{
    if (b->n)
        bw_buf_byte(b, '\2');
    bw_buf_view(b, words);
    if (!prefix)
        bw_buf_byte(b, ' ');
}

/* WORDS as cut_words() wrote them: one phrase. A phrase without words asks for nothing (FTS5 leaves
 * it out too). */
static void put_phrase(struct query *q, struct bw_view words, bool prefix)
{
    struct bw_view rest = words, word;
    size_t n = 0;
    bool cut = false;
    while ((word = next_word(&rest)).n > 0) {
        struct bw_view key = key_of(word);
        cut = cut || key.n < word.n;
        put_key(&q->filter, key, prefix && rest.n == 0 && key.n == word.n);
        n++;
    }
    if (n == 0)
        return;
    if (n > 1 || cut)
        put_pattern(&q->phrases, words, prefix);
    put_pattern(&q->all, words, prefix);
}

static void query_done(struct query *q)
{
    bw_buf_done(&q->filter);
    bw_buf_done(&q->phrases);
    bw_buf_done(&q->all);
}

/* Phrases in double quotes, an asterisk behind one for a prefix: the part of FTS5's syntax that
 * text_query() writes. Words without quotes count as phrases of one. */
static enum bw_rc read_query(struct pg_words *w, struct bw_view text, struct query *q)
{
    BW_AUTO_BUF words = BW_BUF_INIT(1 << 20);
    while ((text = bw_view_trim(text)).n > 0) {
        bool quoted = *text.p == '"';
        if (quoted)
            text = bw_view_from(text, 1);
        size_t n = bw_view_find_byte(text, quoted ? '"' : ' ');
        n = n == SIZE_MAX ? text.n : n;
        struct bw_view phrase = bw_view_head(text, n);
        text = bw_view_trim(bw_view_from(text, quoted && n < text.n ? n + 1 : n));
        bool prefix = bw_view_starts(text, BW_V("*"));
        if (prefix)
            text = bw_view_from(text, 1);
        words.n = 0;
        int why = FTS5_TOKENIZE_QUERY | (prefix ? FTS5_TOKENIZE_PREFIX : 0);
        enum bw_rc rc = cut_words(w, phrase, why, &words);
        if (rc != BW_OK)
            return rc;
        put_phrase(q, bw_buf_text(&words), prefix);
    }
    return BW_OK;
}

enum bw_rc pg_words_query(struct pg_words *w, struct bw_view text, struct bw_buf *out)
{
    struct query q = {BW_BUF_INIT(1 << 20), BW_BUF_INIT(1 << 20), BW_BUF_INIT(1 << 20)};
    enum bw_rc rc = read_query(w, text, &q);
    if (rc == BW_OK && q.all.n == 0) { /* nothing that could be found */
        BW_BUF_LIT(&q.filter, "'\3'");
        BW_BUF_LIT(&q.all, "\3");
    }
    bw_buf_view(out, bw_buf_text(&q.filter));
    bw_buf_byte(out, '\1');
    bw_buf_view(out, bw_buf_text(&q.phrases));
    bw_buf_byte(out, '\1');
    bw_buf_view(out, bw_buf_text(&q.all));
    if (rc == BW_OK)
        rc = q.filter.rc != BW_OK ? q.filter.rc : q.phrases.rc != BW_OK ? q.phrases.rc : q.all.rc;
    query_done(&q);
    return rc != BW_OK ? rc : out->rc;
}

/* -- documents --------------------------------------------------------------------------------- */

static int by_bytes(const void *a, const void *b)
{
    const struct bw_view *x = a, *y = b;
    int order = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);
    return order ? order : (x->n > y->n) - (x->n < y->n);
}

/* The distinct keys as an array of text on the wire. *ret_fits false: too many for a tsvector. */
static enum bw_rc put_keys(struct bw_view words, struct bw_buf *out, bool *ret_fits,
                           struct bw_err *err)
{
    size_t n = 0, kept = 0, bytes = 0;
    struct bw_view rest = words, word;
    while (next_word(&rest).n > 0)
        n++;
    BW_AUTO_HEAP struct bw_view *list = bw_calloc(n + 1, sizeof *list);
    if (!list)
        return bw_fail_memory(err);
    rest = words;
    for (size_t i = 0; (word = next_word(&rest)).n > 0; i++)
        list[i] = key_of(word);
    qsort(list, n, sizeof *list, by_bytes);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || !bw_view_eq(list[kept - 1], list[i])) {
            bytes += list[i].n;
            list[kept++] = list[i];
        }
    *ret_fits = bytes <= KEYS_BYTES_MAX;
    pg_put_be(out, kept ? 1 : 0, 4);
    pg_put_be(out, 0, 4);
    pg_put_be(out, PG_TEXT, 4);
    if (kept) {
        pg_put_be(out, kept, 4);
        pg_put_be(out, 1, 4);
    }
    for (size_t i = 0; i < kept && *ret_fits; i++) {
        pg_put_be(out, list[i].n, 4);
        bw_buf_view(out, list[i]);
    }
    return bw_buf_rc(out, "a text for searching", err);
}

enum bw_rc pg_fulltext_put(struct db *db, const char *name, int64_t id, struct bw_view folded,
                           struct bw_err *err)
{
    BW_AUTO_BUF words = BW_BUF_INIT(4 * DB_FULLTEXT_MAX);
    BW_AUTO_BUF keys = BW_BUF_INIT(4 * DB_FULLTEXT_MAX);
    BW_AUTO(db_stmt) *st = NULL;
    bool fits;
    if (cut_words(pg_part_of(db)->words, folded, FTS5_TOKENIZE_DOCUMENT, &words) != BW_OK)
        return bw_buf_rc(&words, "a text for searching", err);
    BW_TRY(put_keys(bw_buf_text(&words), &keys, &fits, err));
    bw_buf_byte(&words, ' ');
    BW_TRY(bw_buf_rc(&words, "a text for searching", err));
    BW_TRY(db_prepare_named(
        db,
        "INSERT INTO ft_% AS f (id, words, text) VALUES (?1, array_to_tsvector(?2), ?3)"
        " ON CONFLICT (id) DO UPDATE SET words = excluded.words, text = excluded.text"
        " WHERE f.text IS DISTINCT FROM excluded.text",
        name, &st, err));
    db_bind_int(st, 1, id);
    pg_bind_array(st, 2, bw_buf_text(&keys), PG_TEXT_ARRAY);
    if (!fits)
        db_bind_null(st, 2);
    db_bind_text(st, 3, bw_buf_text(&words));
    pg_of(db)->changed = true;
    return db_post(st, err);
}

enum bw_rc pg_fulltext_drop(struct db *db, const char *name, int64_t id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_prepare_named(db, "DELETE FROM ft_% WHERE id = ?1", name, &st, err));
    db_bind_int(st, 1, id);
    pg_of(db)->changed = true;
    return db_post(st, err);
}
