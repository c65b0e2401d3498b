/* SPDX-License-Identifier: Apache-2.0 */
/* terms_diff - what has changed between two texts, line by line.
 *
 * The longest common subsequence by the plain table, after equal lines at both ends are set aside;
 * terms are some hundred paragraphs, one a line. Where what is left is larger than LINES_MAX the
 * middle is shown as taken out and put in: right, if less helpful. Pure. */
#include "terms_int.h"

enum { LINES_MAX = 1200, KEEP = 1 /* equal lines shown beside a change */ };

struct lines {
    struct bw_view *line;
    size_t n;
};

static enum bw_rc cut(struct bw_view text, struct bw_arena *arena, struct lines *ret,
                      struct bw_err *err)
{
    size_t n = 1, at = 0;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    ret->line = BW_ARENA_ARRAY(arena, n, struct bw_view);
    if (!ret->line)
        return bw_fail_memory(err);
    while (text.p && at < n) {
        struct bw_view line = bw_view_trim(bw_view_split(&text, '\n'));
        if (line.n) /* blank lines say nothing */
            ret->line[at++] = line;
    }
    ret->n = at;
    return BW_OK;
}

struct diff {
    struct lines old, new;
    size_t head, tail;
    struct terms_line *out;
    size_t n;
};

static void put(struct diff *d, enum terms_change change, struct bw_view text)
{
    d->out[d->n++] = (struct terms_line){change, text, 0};
}

static void replace_all(struct diff *d)
{
    for (size_t i = d->head; i < d->old.n - d->tail; i++)
        put(d, TERMS_REMOVED, d->old.line[i]);
    for (size_t i = d->head; i < d->new.n - d->tail; i++)
        put(d, TERMS_ADDED, d->new.line[i]);
}

/* L[i][j]: how long the common part of what is behind i and j is. */
static enum bw_rc middle(struct diff *d, struct bw_arena *arena, struct bw_err *err)
{
    const size_t rows = d->old.n - d->head - d->tail, columns = d->new.n - d->head - d->tail;
    const struct bw_view *a = d->old.line + d->head, *b = d->new.line + d->head;
    const size_t width = columns + 1;
    size_t i = 0, j = 0;
    if (rows > LINES_MAX || columns > LINES_MAX) {
        replace_all(d);
        return BW_OK;
    }
    uint16_t *L = BW_ARENA_ARRAY(arena, (rows + 1) * width, uint16_t);
    if (!L)
        return bw_fail_memory(err);
    for (size_t r = rows + 1; r-- > 0;)
        for (size_t c = columns + 1; c-- > 0;) {
            uint16_t *at = &L[r * width + c];
            if (r == rows || c == columns)
                *at = 0;
            else if (bw_view_eq(a[r], b[c]))
                *at = (uint16_t)(L[(r + 1) * width + c + 1] + 1);
            else
                *at = L[(r + 1) * width + c] >= L[r * width + c + 1] ? L[(r + 1) * width + c]
                                                                     : L[r * width + c + 1];
        }
    while (i < rows || j < columns) {
        if (i < rows && j < columns && bw_view_eq(a[i], b[j])) {
            put(d, TERMS_SAME, b[j++]);
            i++;
        } else if (j == columns || (i < rows && L[(i + 1) * width + j] >= L[i * width + j + 1])) {
            put(d, TERMS_REMOVED, a[i++]);
        } else {
            put(d, TERMS_ADDED, b[j++]);
        }
    }
    return BW_OK;
}

/* Runs of equal lines become one row that tells how many; KEEP lines beside a change stay. */
static size_t shorten(struct terms_line *l, size_t n)
{
    size_t out = 0;
    for (size_t i = 0; i < n;) {
        size_t end = i;
        while (end < n && l[end].change == TERMS_SAME)
            end++;
        size_t before = i == 0 ? 0 : KEEP, behind = end == n ? 0 : KEEP;
        if (end - i > before + behind + 1) {
            for (size_t k = 0; k < before; k++)
                l[out++] = l[i + k];
            l[out++] =
                (struct terms_line){TERMS_SKIPPED, {NULL, 0}, (int64_t)(end - i - before - behind)};
            for (size_t k = 0; k < behind; k++)
                l[out++] = l[end - behind + k];
        } else {
            for (size_t k = i; k < end; k++)
                l[out++] = l[k];
        }
        for (i = end; i < n && l[i].change != TERMS_SAME; i++)
            l[out++] = l[i];
    }
    return out;
}

enum bw_rc terms_diff(struct bw_view old, struct bw_view new, struct bw_arena *arena,
                      struct terms_line **ret, size_t *ret_n, struct bw_err *err)
{
    struct diff d = {0};
    BW_TRY(cut(old, arena, &d.old, err));
    BW_TRY(cut(new, arena, &d.new, err));
    size_t least = d.old.n < d.new.n ? d.old.n : d.new.n;
    d.out = BW_ARENA_ARRAY(arena, d.old.n + d.new.n + 1, struct terms_line);
    if (!d.out)
        return bw_fail_memory(err);
    while (d.head < least && bw_view_eq(d.old.line[d.head], d.new.line[d.head]))
        d.head++;
    while (d.tail < least - d.head &&
           bw_view_eq(d.old.line[d.old.n - 1 - d.tail], d.new.line[d.new.n - 1 - d.tail]))
        d.tail++;
    for (size_t i = 0; i < d.head; i++)
        put(&d, TERMS_SAME, d.new.line[i]);
    BW_TRY(middle(&d, arena, err));
    for (size_t i = d.new.n - d.tail; i < d.new.n; i++)
        put(&d, TERMS_SAME, d.new.line[i]);
    *ret = d.out;
    *ret_n = shorten(d.out, d.n);
    return BW_OK;
}
