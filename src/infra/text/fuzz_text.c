/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_text - all of text.h on any bytes: outputs are UTF-8 where promised, a query is only quoted
 * terms, spans lie inside, ascending, and what is scanned as plain is found again. */
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ("..." | "..." *) with blanks between: nothing that FTS5 would take for an operator. */
static void check_query(struct bw_view q, size_t terms)
{
    size_t at = 0, n = 0;
    BW_ASSERT(bw_utf8_valid(q));
    while (at < q.n) {
        BW_ASSERT(q.p[at] == '"');
        size_t len = bw_view_find_byte(bw_view_from(q, at + 1), '"');
        BW_ASSERT(len != SIZE_MAX && len > 0);
        for (size_t i = 0; i < len; i++)
            BW_ASSERT((unsigned char)q.p[at + 1 + i] >= ' ');
        at += len + 2;
        n++;
        if (bw_view_starts(bw_view_from(q, at), BW_V(" *")))
            at += 2;
        if (at < q.n) {
            BW_ASSERT(q.p[at] == ' ');
            at++;
        }
    }
    BW_ASSERT(n == terms && n <= TEXT_QUERY_TERMS);
}

static void check_fold(struct bw_view in)
{
    BW_AUTO_BUF a = BW_BUF_INIT(SIZE_MAX / 4), b = BW_BUF_INIT(SIZE_MAX / 4);
    text_fold(in, &a);
    BW_ASSERT(bw_utf8_valid(bw_buf_text(&a)));
    text_fold(bw_buf_text(&a), &b);
    BW_ASSERT(bw_view_eq(bw_buf_text(&a), bw_buf_text(&b)));
    bw_buf_reset(&b);
    text_index(in, &b);
    BW_ASSERT(bw_utf8_valid(bw_buf_text(&b)) && b.rc == BW_OK);
}

struct seen {
    struct bw_view in;
    size_t last;
    struct bw_arena *arena;
};

static bool check_hit(void *ctx, const struct text_hit *h)
{
    struct seen *s = ctx;
    BW_ASSERT(h->span.from >= s->last && h->span.from < h->span.to && h->span.to <= s->in.n);
    BW_ASSERT(h->value.n > 0 && bw_utf8_valid(h->value) && !memchr(h->value.p, ' ', h->value.n));
    s->last = h->span.to;
    struct text_hit again; /* the plain value is the same indicator */
    BW_ASSERT(text_indicator(h->value, s->arena, &again, NULL) == BW_OK);
    BW_ASSERT(again.kind == h->kind && bw_view_eq(again.value, h->value));
    return true;
}

static void check_excerpt(struct bw_view in, struct bw_view user)
{
    struct text_excerpt e;
    text_excerpt(in, user, 40, &e);
    BW_ASSERT(e.cut.n == 0 || (e.cut.p >= in.p && e.cut.p + e.cut.n <= in.p + in.n));
    BW_ASSERT(!bw_utf8_valid(in) || bw_utf8_valid(e.cut));
    size_t last = 0;
    for (size_t i = 0; i < e.mark_n; i++) {
        BW_ASSERT(e.mark[i].from >= last && e.mark[i].from < e.mark[i].to);
        BW_ASSERT(e.mark[i].to <= e.cut.n);
        last = e.mark[i].to;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bw_arena *arena;
    arena = arena ? arena : bw_arena_new(64U << 20);
    BW_ASSERT(arena != NULL);
    struct bw_view in = {(const char *)data, size};
    struct seen s = {in, 0, arena};
    BW_AUTO_BUF out = BW_BUF_INIT(SIZE_MAX / 4);
    size_t terms = text_query(in, &out);
    check_query(bw_buf_text(&out), terms);
    check_fold(in);
    BW_ASSERT(text_scan(in, arena, check_hit, &s, NULL) == BW_OK);
    bw_buf_reset(&out);
    text_visible(in, &out);
    BW_ASSERT(bw_utf8_valid(bw_buf_text(&out)));
    bw_buf_reset(&out);
    text_defang(in, &out);
    text_refang(in, &out);
    BW_ASSERT(out.rc == BW_OK);
    check_excerpt(in, bw_view_head(in, size / 8));
    check_excerpt(bw_view_from(in, size / 8), bw_view_head(in, size / 8));
    bw_arena_reset(arena);
    return 0;
}
