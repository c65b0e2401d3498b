/* SPDX-License-Identifier: Apache-2.0 */
/* text_show - text for people: the place that matched, and what cannot be seen made visible.
 *
 * Trojan-source tricks and look-alike gaps live in characters without a picture. Those that scripts
 * and emoji need where they stand (joiners, variation selectors) are left alone there. */
#include "text_int.h"

#include <stdio.h>

#define EXCERPT_SCAN_MAX (256U << 10) /* bytes that are searched for the first match */
#define WORD_SEARCH_MAX 24            /* bytes that a cut may move to find a blank */

static bool in(uint32_t cp, uint32_t first, uint32_t last)
{
    return cp >= first && cp <= last;
}

static bool is_invisible(uint32_t cp)
{
    if (cp < 0x20 || in(cp, 0x7F, 0x9F))
        return cp != '\t' && cp != '\n';
    if (cp < 0xAD)
        return false;
    return cp == 0xAD || cp == 0x34F || cp == 0x61C || in(cp, 0x115F, 0x1160) ||
           in(cp, 0x17B4, 0x17B5) || in(cp, 0x180B, 0x180F) || in(cp, 0x200B, 0x200F) ||
           in(cp, 0x2028, 0x202E) || in(cp, 0x2060, 0x206F) || cp == 0x2800 || cp == 0x3164 ||
           in(cp, 0xFE00, 0xFE0F) || cp == 0xFEFF || cp == 0xFFA0 || in(cp, 0xFFF9, 0xFFFB) ||
           in(cp, 0x1D173, 0x1D17A) || in(cp, 0xE0000, 0xE0FFF);
}

/* Joiners and selectors do their work behind scripts and pictures that have use for them. */
static bool is_at_work(uint32_t cp, uint32_t last)
{
    bool picture = last >= 0x2190;
    if (in(cp, 0xFE00, 0xFE0F))
        return picture;
    if (cp == 0x200C || cp == 0x200D)
        return in(last, 0x600, 0x109F) || picture;
    return false;
}

size_t text_visible(struct bw_view v, struct bw_buf *out)
{
    size_t from = 0, markers = 0;
    uint32_t last = 0;
    for (size_t at = 0, len; at < v.n; at += len) {
        uint32_t cp = bw_utf8_next(bw_view_from(v, at), &len);
        bool bad = cp == 0xFFFD && len == 1;
        bool line_end = cp == '\r' && at + 1 < v.n && v.p[at + 1] == '\n';
        if (!bad && (!is_invisible(cp) || line_end || is_at_work(cp, last))) {
            last = cp;
            continue;
        }
        bw_buf_add(out, v.p + from, at - from);
        if (bad)
            bw_buf_printf(out, "[0x%02X]", (unsigned)(unsigned char)v.p[at]);
        else
            bw_buf_printf(out, "[U+%04X]", (unsigned)cp);
        from = at + len;
        markers++;
    }
    bw_buf_view(out, bw_view_from(v, from));
    return markers;
}

/* One step through a text as search sees it. */
struct walk {
    struct bw_view text;
    size_t at;     /* of the next code point */
    size_t behind; /* end of the last one that was given */
};

/* The next folded code point that is a letter or CJK; *ret_gap: something stood before it. 0: end.
 */
static uint32_t walk_next(struct walk *w, enum text_class *ret_class, bool *ret_gap)
{
    *ret_gap = false;
    while (w->at < w->text.n) {
        size_t len;
        uint32_t cp = text_fold_cp(bw_utf8_next(bw_view_from(w->text, w->at), &len));
        *ret_class = text_class_of(cp);
        w->at += len;
        if (*ret_class == TEXT_LETTER || *ret_class == TEXT_CJK) {
            w->behind = w->at;
            return cp;
        }
        *ret_gap |= *ret_class == TEXT_BETWEEN;
    }
    return 0;
}

/* End of TERM in TEXT where it begins at AT; 0: it does not. */
static size_t match_at(struct bw_view text, size_t at, const struct text_term *term)
{
    struct walk w = {text, at, at};
    struct bw_view want = term->folded;
    enum text_class class = TEXT_BETWEEN, last = TEXT_BETWEEN;
    while (want.n) {
        size_t len;
        bool gap, blank = want.p[0] == ' ';
        want = bw_view_from(want, blank);
        uint32_t cp = bw_utf8_next(want, &len);
        uint32_t got = walk_next(&w, &class, &gap);
        bool apart = gap || class == TEXT_CJK || last == TEXT_CJK;
        if (got != cp || (last != TEXT_BETWEEN && apart != blank))
            return 0;
        last = class;
        want = bw_view_from(want, len);
    }
    size_t end = w.behind;
    if (last == TEXT_LETTER && !term->prefix) {
        bool gap;
        uint32_t more = walk_next(&w, &class, &gap);
        if (more && !gap && class == TEXT_LETTER)
            return 0;
    }
    return end;
}

static uint32_t first_cp(const struct text_term *term)
{
    size_t len;
    return bw_utf8_next(term->folded, &len);
}

/* The first match at or behind *AT that begins before LIMIT; false: none. */
static bool find(struct bw_view text, size_t at, size_t limit, const struct text_terms *t,
                 struct text_span *ret)
{
    enum text_class last = TEXT_BETWEEN;
    for (size_t len; at < limit; at += len) {
        uint32_t cp = text_fold_cp(bw_utf8_next(bw_view_from(text, at), &len));
        enum text_class class = text_class_of(cp);
        if (class == TEXT_UNSEEN)
            continue;
        bool begins = class == TEXT_CJK || (class == TEXT_LETTER && last != TEXT_LETTER);
        last = class;
        for (size_t i = 0; begins && i < t->n; i++) {
            size_t end = first_cp(&t->term[i]) == cp ? match_at(text, at, &t->term[i]) : 0;
            if (end) {
                *ret = (struct text_span){at, end};
                return true;
            }
        }
    }
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static bool is_tail_byte(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* A place to begin near AT, not behind LIMIT: behind a blank where one is near. */
static size_t good_begin(struct bw_view text, size_t at, size_t limit)
{
    while (at > 0 && at < text.n && is_tail_byte(text.p[at]))
        at--;
    for (size_t i = at; at > 0 && i < limit && i - at < WORD_SEARCH_MAX; i++)
        if (is_blank(text.p[i]))
            return i + 1;
    return at;
}

/* A place to end near AT, not before LIMIT. */
static size_t good_end(struct bw_view text, size_t at, size_t limit)
{
    if (at >= text.n)
        return text.n;
    for (size_t i = at; i > limit && at - i < WORD_SEARCH_MAX; i--)
        if (is_blank(text.p[i]))
            return i;
    while (at > limit && is_tail_byte(text.p[at]))
        at--;
    return at;
}

static void add_mark(struct text_excerpt *e, size_t base, struct text_span span)
{
    e->mark[e->mark_n++] = (struct text_span){span.from - base, span.to - base};
}

void text_excerpt(struct bw_view text, struct bw_view user, size_t bytes, struct text_excerpt *ret)
{
    struct text_terms t;
    struct text_span first = {0, 0}, span;
    *ret = (struct text_excerpt){.mark_n = 0};
    text_terms_init(&t, user);
    size_t scan = bw_utf8_head(text, EXCERPT_SCAN_MAX).n;
    bool found = t.n && find(text, 0, scan, &t, &first);
    size_t lead = bytes / 3;
    size_t from = found && first.from > lead ? good_begin(text, first.from - lead, first.from) : 0;
    size_t wish = from + bytes > first.to ? from + bytes : first.to;
    size_t to = good_end(text, wish, first.to > from ? first.to : from);
    ret->cut = bw_view_of(text.p ? text.p + from : NULL, to - from);
    ret->more_before = from > 0;
    ret->more_after = to < text.n;
    for (size_t at = first.from; found && ret->mark_n < TEXT_MARKS_MAX; at = span.to) {
        if (!find(text, at, to, &t, &span) || span.to > to)
            break;
        add_mark(ret, from, span);
    }
    text_terms_done(&t);
}
