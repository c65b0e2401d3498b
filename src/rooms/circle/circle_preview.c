/* SPDX-License-Identifier: Apache-2.0 */
/* circle_preview - one page for every change of who sees what: shown first, done with its token. */
#include "circle_page.h"

#include "circle_html.h"

bool circle_is_typed(struct http_req *rq, enum bw_rc rc, const struct bw_err *err,
                     struct bw_view *ret_problem)
{
    if (rc != BW_INVALID && rc != BW_CONFLICT && rc != BW_LIMIT)
        return false;
    *ret_problem = bw_arena_printf(http_arena(rq), "%s", err->message);
    return true;
}

struct bw_view circle_name(const struct member_names *names, enum i18n_lang lang,
                           struct bw_view *ret_lang)
{
    if (ret_lang)
        *ret_lang = names->text[lang].n ? (struct bw_view){NULL, 0} : i18n_html_name(I18N_EN);
    return member_name(names, lang);
}

struct html_url circle_url(struct http_req *rq, struct bw_view path)
{
    return html_url_or_hash(bw_arena_printf(http_arena(rq), "/%.*s/%.*s",
                                            BW_VF(i18n_path_name(req_lang(rq))), BW_VF(path)));
}

static enum bw_rc fill_lines(struct http_req *rq, const struct circle_effect *e,
                             struct circle_preview_view *v, struct bw_err *err)
{
    struct circle_preview_line *rows =
        BW_ARENA_ARRAY(http_arena(rq), e->n ? e->n : 1, struct circle_preview_line);
    size_t n = 0;
    if (!rows)
        return bw_fail_memory(err);
    for (size_t i = 0; i < e->n; i++) {
        const struct circle_effect_line *l = &e->lines[i];
        rows[n++] =
            (struct circle_preview_line){l->name,       l->organisation, l->gains,     l->losses,
                                         l->gain_id,    l->gain_title,   l->gain_lang, l->loss_id,
                                         l->loss_title, l->loss_lang};
    }
    v->lines = rows;
    v->lines_n = n;
    v->nobody = e->gains == 0 && e->losses == 0;
    v->people = e->people;
    v->items = e->items;
    v->networks = e->networks;
    v->findings = e->findings;
    v->subject = e->subject;
    v->object = e->object;
    return BW_OK;
}

static enum bw_rc send(struct http_req *rq, struct http_resp *rs, const struct circle_step *s,
                       struct circle_preview_view *v, struct bw_err *err)
{
    v->title_msg = s->title;
    v->fields = s->fields;
    v->fields_n = s->n_fields;
    v->action = circle_url(rq, s->action);
    v->back = circle_url(rq, s->back);
    v->merging = s->change.act == CIRCLE_ACT_MERGE;
    if (v->problem.n)
        http_status(rs, 422);
    else if (v->stale)
        http_status(rs, 409);
    return page_send(rq, rs,
                     &(struct page){.title_msg = s->title,
                                    .here = NAV_ORGANISATION,
                                    .body = html_circle_preview_slot(v)},
                     err);
}

static enum bw_rc show(struct http_req *rq, struct http_resp *rs, const struct circle_step *s,
                       bool stale, struct bw_err *err)
{
    struct circle_preview_view v = {.stale = stale};
    struct circle_effect e;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    enum bw_rc rc = circle_change_look(db, &s->change, req_lang(rq), http_arena(rq), &e, err);
    if (rc != BW_OK)
        return circle_is_typed(rq, rc, err, &v.problem) ? send(rq, rs, s, &v, err) : rc;
    BW_TRY(circle_change_token(req_hub(rq)->keyring, &e, req_viewer(rq)->person_id, http_arena(rq),
                               &v.token, err));
    BW_TRY(fill_lines(rq, &e, &v, err));
    return send(rq, rs, s, &v, err);
}

struct apply {
    const struct crypto_keyring *keyring;
    const struct circle_change *change;
    struct bw_view token;
    bool stale;
};
static enum bw_rc run_apply(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct apply *a = arg;
    return circle_change_apply(tx, a->keyring, a->change, a->token, &a->stale, err);
}

enum bw_rc circle_step_run(struct http_req *rq, struct http_resp *rs, const struct circle_step *s,
                           struct bw_err *err)
{
    struct circle_preview_view v = {.stale = false};
    struct apply a = {.keyring = req_hub(rq)->keyring,
                      .change = &s->change,
                      .token = http_text(rq, "preview")};
    if (a.token.n == 0)
        return show(rq, rs, s, false, err);
    enum bw_rc rc = req_write(rq, run_apply, &a, err);
    if (rc == BW_CONFLICT && a.stale)
        return show(rq, rs, s, true, err);
    if (rc != BW_OK)
        return circle_is_typed(rq, rc, err, &v.problem) ? send(rq, rs, s, &v, err) : rc;
    page_to(rq, rs, "%.*s?done=%s", BW_VF(s->back), s->done);
    return BW_OK;
}
