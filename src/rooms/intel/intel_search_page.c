/* SPDX-License-Identifier: Apache-2.0 */
/* intel_search_page - words, indicators and operators in one box, as this viewer.
 *
 * Newest first: no engine's rank, because a rank is a statistic over rows that the viewer may not
 * see. Counts are of visible matches and stop at INTEL_COUNT_MAX. */
#include "intel_view.h"

#include "intel_html.h"

#define EXCERPT_BYTES 180
#define INDICATORS_SHOWN 10
#define STARTS_MIN 4 /* shorter beginnings match too much to say anything */

/* -- searches as links ------------------------------------------------------------------------- */

/* Q without the operator WITHOUT (INTEL_OPS: none), and with TERM behind it (may be empty). */
static struct bw_view query_with(const struct intel_query *q, enum intel_operator without,
                                 struct bw_view term, struct bw_arena *arena)
{
    BW_AUTO_BUF out = BW_BUF_INIT(4 * TEXT_QUERY_MAX);
    struct bw_view text;
    struct bw_err ignored;
    bw_buf_view(&out, q->words);
    for (size_t i = 0; i < q->n_terms; i++) {
        if (q->terms[i].op == without)
            continue;
        bw_buf_byte(&out, ' ');
        bw_buf_view(&out, q->terms[i].text);
    }
    if (term.n) {
        bw_buf_byte(&out, ' ');
        bw_buf_view(&out, term);
    }
    if (out.rc != BW_OK || bw_view_copy(arena, bw_view_trim(bw_buf_text(&out)), &text, &ignored))
        return q->words;
    return text;
}

static struct bw_view term_of(enum intel_operator op, const char *value, struct bw_arena *arena)
{
    return bw_arena_printf(arena, "%s:%s", intel_operator_name(op), value);
}

static enum bw_rc fill_chips(const struct intel_query *q, struct bw_arena *arena,
                             struct intel_search_view *v, struct bw_err *err)
{
    v->chips = BW_ARENA_ARRAY(arena, INTEL_OPS * 2, struct intel_chip_view);
    if (!v->chips)
        return bw_fail_memory(err);
    for (size_t i = 0; i < q->n_terms; i++)
        v->chips[v->chips_n++] =
            (struct intel_chip_view){q->terms[i].text,
                                     query_with(q, q->terms[i].op, (struct bw_view){NULL, 0},
                                                arena),
                                     true};
    for (enum intel_operator op = 0; op < INTEL_OPS; op++) {
        int given = op == INTEL_OP_KIND ? q->kind : op == INTEL_OP_TLP ? q->tlp : q->severity;
        struct bw_view term = term_of(op, "", arena);
        if (given < 0)
            v->chips[v->chips_n++] =
                (struct intel_chip_view){term, query_with(q, op, term, arena), false};
    }
    return BW_OK;
}

static enum bw_rc fill_problems(const struct intel_query *q, enum i18n_lang lang,
                                struct bw_arena *arena, struct intel_search_view *v,
                                struct bw_err *err)
{
    v->problems = BW_ARENA_ARRAY(arena, q->n_problems, struct intel_query_problem_view);
    if (!v->problems)
        return bw_fail_memory(err);
    for (size_t i = 0; i < q->n_problems; i++) {
        const struct intel_query_problem *p = &q->problems[i];
        struct intel_query_problem_view *row = &v->problems[v->problems_n++];
        BW_AUTO_BUF out = BW_BUF_INIT(8192);
        I18N_PUT(&out, lang, p->msg, I18N_TEXT("what", p->what),
                 I18N_TEXT("values", p->instead.p ? p->instead : BW_V("")));
        BW_TRY(bw_buf_rc(&out, "message", err));
        BW_TRY(bw_view_copy(arena, bw_buf_text(&out), &row->text, err));
        if (p->msg != MSG_intel_op_meant)
            continue;
        row->instead = bw_arena_printf(arena, "%.*s:", BW_VF(p->instead));
        row->query = query_with(q, INTEL_OPS, row->instead, arena);
    }
    return BW_OK;
}

/* -- what was found ---------------------------------------------------------------------------- */

static enum bw_rc read_body(struct db *db, const struct viewer *viewer, int64_t item_id,
                            struct bw_arena *arena, struct bw_view *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer, "SELECT body FROM v_item WHERE id = ?1", &st, err));
    db_bind_int(st, 1, item_id);
    BW_TRY(db_row(st, err));
    return bw_view_copy(arena, db_text(st, 0), ret, err);
}

/* Markdown's own signs say nothing in one line of an excerpt. */
static enum bw_rc without_signs(struct bw_view body, struct bw_arena *arena, struct bw_view *ret,
                                struct bw_err *err)
{
    char *out = bw_arena_get(arena, body.n);
    bool begins = true; /* of a line: nothing but signs and blanks so far */
    size_t n = 0;
    if (!out)
        return bw_fail_memory(err);
    for (size_t i = 0; i < body.n; i++) {
        char c = body.p[i];
        if (c == '*' || c == '`' || (begins && memchr("#>-+| \t", c, 7)))
            continue;
        begins = c == '\n';
        out[n++] = begins ? ' ' : c;
    }
    *ret = bw_view_of(out, n);
    return BW_OK;
}

/* The excerpt cut at its marks. */
static enum bw_rc fill_pieces(struct bw_view body, struct bw_view words, struct bw_arena *arena,
                              struct intel_hit_view *hit, struct bw_err *err)
{
    struct text_excerpt x;
    size_t at = 0;
    BW_TRY(without_signs(body, arena, &body, err));
    text_excerpt(body, words, EXCERPT_BYTES, &x);
    hit->pieces = BW_ARENA_ARRAY(arena, 2 * TEXT_MARKS_MAX + 1, struct intel_piece);
    if (!hit->pieces)
        return bw_fail_memory(err);
    for (size_t i = 0; i < x.mark_n; i++) {
        struct bw_view before = bw_view_head(x.cut, x.mark[i].from);
        if (x.mark[i].from > at)
            hit->pieces[hit->pieces_n++] = (struct intel_piece){bw_view_from(before, at), false};
        hit->pieces[hit->pieces_n++] =
            (struct intel_piece){bw_view_from(bw_view_head(x.cut, x.mark[i].to), x.mark[i].from),
                                 true};
        at = x.mark[i].to;
    }
    if (at < x.cut.n)
        hit->pieces[hit->pieces_n++] = (struct intel_piece){bw_view_from(x.cut, at), false};
    hit->before = x.more_before;
    hit->after = x.more_after;
    return BW_OK;
}

static enum bw_rc fill_hits(struct http_req *rq, struct db *db, const struct intel_filter *f,
                            struct intel_search_view *v, struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    struct bw_arena *arena = http_arena(rq);
    struct intel_row_view *rows;
    struct intel_item *items;
    bool more;

    BW_TRY(intel_item_list(db, viewer, f, arena, &items, &v->hits_n, &more, err));
    BW_TRY(intel_rows_of(db, viewer, items, v->hits_n, req_lang(rq), arena, &rows, err));
    v->hits = BW_ARENA_ARRAY(arena, v->hits_n, struct intel_hit_view);
    if (!v->hits)
        return bw_fail_memory(err);
    for (size_t i = 0; i < v->hits_n; i++) {
        struct bw_view body;
        v->hits[i].row = rows[i];
        BW_TRY(read_body(db, viewer, items[i].id, arena, &body, err));
        BW_TRY(fill_pieces(body, f->query, arena, &v->hits[i], err));
    }
    if (more)
        v->next = items[v->hits_n - 1].public_id;
    return BW_OK;
}

/* What is chosen already is shown with a link that takes it back. */
static enum bw_rc fill_facets(const struct intel_query *q, const struct intel_facets *facets,
                              struct bw_arena *arena, struct intel_search_view *v,
                              struct bw_err *err)
{
    const struct bw_view none = {NULL, 0};
    v->kinds = BW_ARENA_ARRAY(arena, INTEL_KINDS, struct intel_facet_view);
    v->tlps = BW_ARENA_ARRAY(arena, TLP_LABELS, struct intel_facet_view);
    if (!v->kinds || !v->tlps)
        return bw_fail_memory(err);
    for (int k = 0; k < INTEL_KINDS; k++) {
        bool on = q->kind == k;
        struct bw_view term =
            on ? none : term_of(INTEL_OP_KIND, intel_kind_word((enum intel_kind)k), arena);
        if (facets->kind[k])
            v->kinds[v->kinds_n++] =
                (struct intel_facet_view){.msg = intel_kind_msg((enum intel_kind)k),
                                          .query = query_with(q, INTEL_OP_KIND, term, arena),
                                          .n = facets->kind[k],
                                          .on = on};
    }
    for (int t = TLP_LABELS - 1; t >= 0; t--) {
        bool on = q->tlp == t;
        struct bw_view term = on ? none : term_of(INTEL_OP_TLP, tlp_word((enum tlp)t), arena);
        if (facets->tlp[t])
            v->tlps[v->tlps_n++] =
                (struct intel_facet_view){.label = tlp_name((enum tlp)t),
                                          .query = query_with(q, INTEL_OP_TLP, term, arena),
                                          .n = facets->tlp[t],
                                          .on = on};
    }
    v->count = facets->total;
    v->capped = facets->capped;
    return BW_OK;
}

/* The words as one indicator: exactly it, or values that begin so. */
static enum bw_rc fill_indicators(struct http_req *rq, struct db *db, struct bw_view words,
                                  struct intel_search_view *v, struct bw_err *err)
{
    struct bw_arena *arena = http_arena(rq);
    struct intel_indicator *list;
    struct text_hit hit;
    struct bw_view prefix;
    enum bw_rc rc = text_indicator(words, arena, &hit, err);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    if (rc == BW_NOT_FOUND && (words.n < STARTS_MIN || bw_view_find_byte(words, ' ') != SIZE_MAX))
        return BW_OK;
    BW_TRY(bw_view_copy(arena, rc == BW_OK ? hit.value : words, &prefix, err));
    BW_TRY(intel_indicator_starts(db, req_viewer(rq), prefix, INDICATORS_SHOWN, arena, &list,
                                  &v->indicators_n, err));
    return intel_indicator_rows(list, v->indicators_n, arena, &v->indicators, err);
}

/* -- the page ---------------------------------------------------------------------------------- */

static const char *strictest(const struct intel_search_view *v)
{
    enum tlp worst = TLP_CLEAR, t;
    for (size_t i = 0; i < v->hits_n; i++)
        if (tlp_parse(v->hits[i].row.tlp, &t) && t > worst)
            worst = t;
    return v->hits_n ? tlp_name(worst) : NULL;
}

static enum bw_rc fill(struct http_req *rq, const struct intel_query *q,
                       struct intel_search_view *v, struct bw_err *err)
{
    const struct intel_filter f = {.query = q->words,
                                   .kind = q->kind,
                                   .severity = q->severity,
                                   .tlp = q->tlp,
                                   .state = INTEL_PUBLISHED,
                                   .after = http_text(rq, "after"),
                                   .limit = PAGE_ROWS};
    struct intel_facets facets;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(fill_hits(rq, db, &f, v, err));
    BW_TRY(intel_item_facets(db, req_viewer(rq), &f, &facets, err));
    BW_TRY(fill_facets(q, &facets, http_arena(rq), v, err));
    if (q->words.n && f.after.n == 0)
        BW_TRY(fill_indicators(rq, db, q->words, v, err));
    return BW_OK;
}

enum bw_rc intel_search_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct bw_arena *arena = http_arena(rq);
    struct intel_search_view v = {.typed = bw_view_trim(http_text(rq, "q"))};
    struct intel_query q;

    BW_TRY(intel_query_parse(v.typed, arena, &q, err));
    v.asked = q.words.n > 0 || q.n_terms > 0;
    BW_TRY(fill_chips(&q, arena, &v, err));
    BW_TRY(fill_problems(&q, req_lang(rq), arena, &v, err));
    if (v.asked)
        BW_TRY(fill(rq, &q, &v, err));
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_act_search,
                                    .here = NAV_NONE,
                                    .tlp = strictest(&v),
                                    .query = v.typed,
                                    .body = html_intel_search_slot(&v)},
                     err);
}
