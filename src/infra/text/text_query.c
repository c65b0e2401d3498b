/* SPDX-License-Identifier: Apache-2.0 */
/* text_query - what a person types, as terms, and as an FTS5 expression.
 *
 * Why the terms are made here and not by FTS5: its syntax must not be reachable from a search box,
 * and the excerpt needs the same terms. Each term is put in double quotes and holds none; the one
 * operator that is written is the * of the last word. */
#include "text_int.h"

#define TERM_BYTES_MAX 512
#define TERM_PARTS_MAX 32 /* words of a phrase: FTS5 reads the places of each, in each text */
#define PREFIX_LETTERS_MIN 2

enum quote { QUOTE_NONE, QUOTE_ASCII, QUOTE_CURLY, QUOTE_CORNER };

/* The state while code points arrive one by one. */
struct building {
    struct text_terms *out;
    size_t from;          /* where in room the open term begins */
    enum text_class last; /* of the open term */
    bool gap;             /* something stood between */
    bool any, latin_last; /* a letter or CJK character; the last run is no CJK */
    size_t letters;       /* in the last run */
    size_t parts;         /* of the open term, behind its first */
};

static void close_term(struct building *b, bool may_prefix)
{
    struct text_terms *t = b->out;
    size_t n = t->room.n - b->from;
    if (b->any && t->room.rc == BW_OK && t->n < TEXT_QUERY_TERMS) {
        t->term[t->n].folded = bw_view_of(NULL, n); /* the pointer when room no longer moves */
        t->term[t->n].prefix = may_prefix && b->latin_last && b->letters >= PREFIX_LETTERS_MIN;
        t->n++;
    } else {
        t->room.n = b->from;
    }
    b->from = t->room.n;
    b->any = b->gap = false;
    b->letters = b->parts = 0;
}

static void add(struct building *b, uint32_t cp, enum text_class class)
{
    char text[4];
    if (b->out->room.n - b->from > TERM_BYTES_MAX || b->parts == TERM_PARTS_MAX)
        return;
    if (b->any && (b->gap || class == TEXT_CJK || b->last == TEXT_CJK)) {
        if (++b->parts == TERM_PARTS_MAX) { /* what follows is left out */
            b->latin_last = false;
            return;
        }
        bw_buf_byte(&b->out->room, ' ');
        b->letters = 0;
    }
    bw_buf_add(&b->out->room, text, bw_utf8_put(cp, text));
    b->any = true;
    b->gap = false;
    b->last = class;
    b->latin_last = class == TEXT_LETTER;
    b->letters++;
}

static enum quote quote_of(uint32_t cp)
{
    if (cp == '"')
        return QUOTE_ASCII;
    if (cp == 0x201C || cp == 0x201D || cp == 0x201E)
        return QUOTE_CURLY;
    return cp == 0x300C || cp == 0x300D ? QUOTE_CORNER : QUOTE_NONE;
}

static bool is_blank(uint32_t cp)
{
    return cp <= ' ' || cp == 0x7F || cp == 0xA0 || cp == 0x2028 || cp == 0x2029 ||
           (cp >= 0x2000 && cp <= 0x200A) || cp == 0x202F || cp == 0x205F;
}

static void parse(struct building *b, struct bw_view v)
{
    enum quote open = QUOTE_NONE;
    for (size_t at = 0, len; at < v.n; at += len) {
        uint32_t cp = text_fold_cp(bw_utf8_next(bw_view_from(v, at), &len));
        enum text_class class = text_class_of(cp);
        enum quote q = quote_of(cp);
        if (q != QUOTE_NONE && (open == QUOTE_NONE || open == q)) {
            close_term(b, false);
            open = open == QUOTE_NONE ? q : QUOTE_NONE;
        } else if (class == TEXT_BETWEEN) {
            if (open == QUOTE_NONE && is_blank(cp))
                close_term(b, false);
            b->gap = true;
        } else if (class != TEXT_UNSEEN) {
            /* Outside quotes a CJK run and the word beside it are two terms. */
            bool other = b->any && (class == TEXT_CJK) != (b->last == TEXT_CJK);
            bool cjk_gap = b->any && b->gap && class == TEXT_CJK;
            if (open == QUOTE_NONE && (other || cjk_gap))
                close_term(b, false);
            add(b, cp, class);
        }
    }
    close_term(b, open == QUOTE_NONE);
}

void text_terms_init(struct text_terms *t, struct bw_view user)
{
    BW_AUTO_BUF plain = BW_BUF_INIT(4 * TEXT_QUERY_MAX);
    t->n = 0;
    t->room = BW_BUF_INIT(16 * TEXT_QUERY_MAX);
    text_refang(bw_utf8_head(user, TEXT_QUERY_MAX), &plain);
    struct building b = {.out = t};
    if (plain.rc == BW_OK)
        parse(&b, bw_buf_text(&plain));
    else
        t->room.rc = plain.rc;
    size_t at = 0;
    for (size_t i = 0; i < t->n; i++) {
        t->term[i].folded.p = t->room.p + at;
        at += t->term[i].folded.n;
    }
}

void text_terms_done(struct text_terms *t)
{
    bw_buf_done(&t->room);
    t->n = 0;
}

size_t text_query(struct bw_view user, struct bw_buf *out)
{
    struct text_terms t;
    text_terms_init(&t, user);
    if (t.room.rc != BW_OK && out->rc == BW_OK)
        out->rc = t.room.rc;
    size_t n = t.room.rc == BW_OK ? t.n : 0;
    for (size_t i = 0; i < n; i++) {
        if (i)
            bw_buf_byte(out, ' ');
        bw_buf_byte(out, '"');
        bw_buf_view(out, t.term[i].folded);
        bw_buf_byte(out, '"');
        if (t.term[i].prefix)
            BW_BUF_LIT(out, " *");
    }
    text_terms_done(&t);
    return n;
}
