/* SPDX-License-Identifier: Apache-2.0 */
/* text_csv - records of RFC 4180 out of bytes that are already there (a body, a mapped file): no
 * copy, no heap. Tolerant where it is safe (LF, CRLF, no line end at the end, a quote inside an
 * unquoted cell), strict where a guess would shift columns (text behind a closing quote, an open
 * quote). Pure; fuzzed by fuzz_feed_csv.c. */
#include "text_csv.h"

void text_csv_open(struct text_csv *c, struct bw_view bytes)
{
    size_t bom = bw_view_starts(bytes, BW_V("\xef\xbb\xbf")) ? 3 : 0;
    *c = (struct text_csv){.bytes = bytes, .at = bom, .line = 1};
}

/* One cell from *p on. False: what is wrong; else *p stands on the comma, the line end or END. */
static const char *read_quoted(const char **p, const char *end, struct text_cell *ret)
{
    const char *from = ++*p, *at = from;
    bool doubled = false;
    for (;;) {
        while (at < end && *at != '"')
            at++;
        if (at == end)
            return "a quote is opened and never closed";
        if (at + 1 < end && at[1] == '"') {
            doubled = true;
            at += 2;
            continue;
        }
        break;
    }
    *ret = (struct text_cell){bw_view_of(from, (size_t)(at - from)), doubled};
    at++;
    if (at < end && *at == '\r' && (at + 1 == end || at[1] == '\n'))
        at++;
    if (at < end && *at != ',' && *at != '\n')
        return "there is text behind a closing quote";
    *p = at;
    return NULL;
}

static void read_plain(const char **p, const char *end, struct text_cell *ret)
{
    const char *from = *p, *at = from;
    while (at < end && *at != ',' && *at != '\n')
        at++;
    size_t n = (size_t)(at - from);
    if (n && from[n - 1] == '\r' && (at == end || *at == '\n'))
        n--;
    *ret = (struct text_cell){bw_view_of(from, n), false};
    *p = at;
}

static const char *read_cells(const char **p, const char *end, struct text_record *r)
{
    for (r->n = 0;; (*p)++) {
        if (r->n == TEXT_CELLS_MAX)
            return "more than 1024 columns";
        struct text_cell *cell = &r->cells[r->n++];
        const char *wrong = NULL;
        if (*p < end && **p == '"')
            wrong = read_quoted(p, end, cell);
        else
            read_plain(p, end, cell);
        if (wrong)
            return wrong;
        if (*p == end || **p == '\n')
            return NULL;
    }
}

static size_t count_lines(struct bw_view v)
{
    size_t n = 0;
    for (size_t at; (at = bw_view_find_byte(v, '\n')) != SIZE_MAX; n++)
        v = bw_view_from(v, at + 1);
    return n;
}

static enum text_csv_got skip_line(struct text_csv *c, struct text_record *r, const char *wrong)
{
    struct bw_view rest = bw_view_from(c->bytes, c->at);
    size_t end = bw_view_find_byte(rest, '\n');
    r->wrong = wrong;
    r->raw = bw_view_head(rest, end < TEXT_RECORD_MAX ? end : TEXT_RECORD_MAX);
    c->at += end == SIZE_MAX ? rest.n : end + 1;
    c->line++;
    return TEXT_CSV_WRONG;
}

static bool skip_blank(struct text_csv *c)
{
    struct bw_view rest = bw_view_from(c->bytes, c->at);
    size_t n = bw_view_starts(rest, BW_V("\n")) ? 1 : bw_view_starts(rest, BW_V("\r\n")) ? 2 : 0;
    c->at += n;
    c->line += n > 0;
    return n > 0;
}

enum text_csv_got text_csv_next(struct text_csv *c, struct text_record *r)
{
    while (skip_blank(c))
        ;
    struct bw_view rest = bw_view_from(c->bytes, c->at);
    struct bw_view window = bw_view_head(rest, TEXT_RECORD_MAX);
    const char *p = window.p, *end = window.p + window.n;
    r->line = c->line;
    r->wrong = NULL;
    r->n = 0;
    if (rest.n == 0)
        return TEXT_CSV_END;
    const char *wrong = read_cells(&p, end, r);
    if (p == end && window.n < rest.n)
        return skip_line(c, r, "the row is longer than 1 MiB");
    if (wrong)
        return skip_line(c, r, wrong);
    r->raw = bw_view_of(window.p, (size_t)(p - window.p));
    if (memchr(r->raw.p, '\0', r->raw.n))
        return skip_line(c, r, "there is a NUL byte in the row");
    size_t lines = count_lines(r->raw) + (p < end);
    c->at += r->raw.n + (p < end);
    c->line += lines;
    if (r->raw.n && r->raw.p[r->raw.n - 1] == '\r')
        r->raw.n--;
    return TEXT_CSV_RECORD;
}

struct bw_view text_cell_text(const struct text_cell *cell, struct bw_arena *arena)
{
    struct bw_view v = cell->text;
    if (!cell->doubled)
        return bw_view_trim(v);
    char *single = bw_arena_get(arena, v.n);
    size_t n = 0;
    if (!single)
        return (struct bw_view){NULL, 0};
    for (size_t i = 0; i < v.n; i++) {
        single[n++] = v.p[i];
        i += v.p[i] == '"';
    }
    return bw_view_trim(bw_view_of(single, n));
}
