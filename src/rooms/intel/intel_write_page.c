/* SPDX-License-Identifier: Apache-2.0 */
/* intel_write_page - writing an item: preview of who will see it, draft, publish; new or from a
 * draft.
 *
 * What is wrong is said all at once, beside what was typed. The preview names the very audience
 * that publishing will use: it is interned first, and an audience by itself shows nothing to
 * anybody. */
#include "intel_form.h"

#include "member_group.h"

#include "intel_html.h"

struct write {
    const struct viewer *viewer;
    const struct intel_prepared *prepared;
    struct bw_view draft; /* public id of the draft; empty: a new item */
    int64_t audience_id;  /* preview */
    struct bw_id public_id;
};

static enum bw_rc run_put(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct write *w = arg;
    if (w->draft.n)
        return intel_item_change(tx, w->viewer, w->draft, w->prepared, err);
    return intel_item_put(tx, w->prepared, &w->public_id, err);
}

static enum bw_rc run_intern(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct write *w = arg;
    const struct intel_prepared *p = w->prepared;
    return audience_intern(tx, p->in.tlp, p->grants, p->n_grants, &w->audience_id, err);
}

/* -- showing ----------------------------------------------------------------------------------- */

static enum bw_rc send(struct http_req *rq, struct http_resp *rs, const struct intel_form *form,
                       const struct intel_write_view *v, struct bw_err *err)
{
    enum i18n_msg title = v->edit ? MSG_intel_edit_title : MSG_intel_write;
    struct page page = {.title_msg = title, .here = NAV_WRITE, .body = html_intel_write_slot(v)};
    if (form->has_tlp)
        page.tlp = tlp_name(form->in.tlp);
    if (form->problems.n) {
        http_status(rs, 422);
        BW_AUTO_BUF out = BW_BUF_INIT(1024);
        I18N_PUT(&out, req_lang(rq), MSG_intel_error_title,
                 I18N_TEXT("title", i18n(req_lang(rq), title)));
        BW_TRY(bw_buf_rc(&out, "title", err));
        BW_TRY(bw_view_copy(http_arena(rq), bw_buf_text(&out), &page.title, err));
    }
    return page_send(rq, rs, &page, err);
}

static enum bw_rc show(struct http_req *rq, struct http_resp *rs, struct db *db,
                       const struct intel_form *form, struct bw_view id, struct bw_err *err)
{
    struct intel_write_view v;
    BW_TRY(intel_form_view(rq, db, form, id, &v, err));
    return send(rq, rs, form, &v, err);
}

static enum bw_rc show_preview(struct http_req *rq, struct http_resp *rs,
                               const struct intel_form *form, struct write *w, struct bw_err *err)
{
    const struct intel_prepared *p = w->prepared;
    struct bw_arena *arena = http_arena(rq);
    struct intel_write_view v;
    struct member_who who;
    struct db *db;

    BW_TRY(req_write(rq, run_intern, w, err));
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(member_who(db, req_viewer(rq), w->audience_id, req_lang(rq), arena, &who, err));
    BW_TRY(intel_form_view(rq, db, form, w->draft, &v, err));
    v.preview = true;
    v.preview_css = intel_tlp_class(p->in.tlp);
    v.preview_tlp = bw_view_z(tlp_name(p->in.tlp));
    v.body_lang = i18n_html_name(p->in.lang);
    v.who_summary = who.summary;
    v.who_lines = who.lines;
    v.who_lines_n = who.n;
    v.indicators_n =
        p->n_indicators < INTEL_PAGE_INDICATORS ? p->n_indicators : INTEL_PAGE_INDICATORS;
    BW_TRY(intel_indicator_rows(p->indicators, v.indicators_n, arena, &v.indicators, err));
    return send(rq, rs, form, &v, err);
}

/* -- sending ----------------------------------------------------------------------------------- */

/* A circle takes labels up to its ceiling (member_group.h); the lane asks again. */
static enum bw_rc check_ceilings(struct http_req *rq, struct db *db, struct intel_form *form,
                                 struct bw_err *err)
{
    struct bw_view name;
    BW_TRY(member_circles_over(db, form->in.tlp, form->in.audience.grants, form->in.audience.n,
                               req_lang(rq), http_arena(rq), &name, err));
    if (name.n && (form->in.publish || form->act == INTEL_ACT_PREVIEW))
        intel_problem_add(&form->problems, INTEL_FIELD_AUDIENCE, MSG_intel_circle_ceiling, name);
    return BW_OK;
}

static enum bw_rc receive(struct http_req *rq, struct http_resp *rs, struct bw_view id,
                          struct bw_err *err)
{
    struct write w = {.viewer = req_viewer(rq), .draft = id};
    struct intel_prepared *prepared;
    struct intel_form form;
    struct db *db;

    BW_TRY(req_db(rq, &db, err));
    BW_TRY(intel_form_read(rq, db, &form, err));
    if (form.problems.n)
        return show(rq, rs, db, &form, id, err);
    enum bw_rc rc = intel_item_prepare(w.viewer, &form.in, http_arena(rq), &prepared, err);
    if (rc == BW_INVALID) { /* what only the scan can tell */
        intel_problem_add(&form.problems, INTEL_FIELD_BODY, MSG_intel_many_indicators,
                          (struct bw_view){NULL, 0});
        return show(rq, rs, db, &form, id, err);
    }
    if (rc != BW_OK)
        return rc;
    w.prepared = prepared;
    BW_TRY(check_ceilings(rq, db, &form, err));
    if (form.problems.n)
        return show(rq, rs, db, &form, id, err);
    if (form.act == INTEL_ACT_PREVIEW)
        return show_preview(rq, rs, &form, &w, err);
    BW_TRY(req_write(rq, run_put, &w, err));
    page_to(rq, rs, "items/%.*s?done=%s", BW_VF(id.n ? id : bw_view_z(w.public_id.text)),
            form.in.publish ? "published" : "draft");
    return BW_OK;
}

enum bw_rc intel_write_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct intel_form form;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    intel_form_empty(req_lang(rq), &form);
    return show(rq, rs, db, &form, (struct bw_view){NULL, 0}, err);
}

enum bw_rc intel_write_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return receive(rq, rs, (struct bw_view){NULL, 0}, err);
}

/* The author's own draft; anything else is not there. */
static enum bw_rc find_draft(struct http_req *rq, struct db *db, struct intel_item *ret,
                             struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    BW_TRY(intel_item_get(db, viewer, http_text(rq, "id"), http_arena(rq), ret, err));
    if (ret->state != INTEL_DRAFT || ret->author_person_id != viewer->person_id)
        return bw_fail(err, BW_NOT_FOUND, "there is no such draft");
    return BW_OK;
}

enum bw_rc intel_edit_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct intel_item draft;
    struct intel_form form;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(find_draft(rq, db, &draft, err));
    BW_TRY(intel_form_of_draft(db, req_viewer(rq), &draft, http_arena(rq), &form, err));
    return show(rq, rs, db, &form, draft.public_id, err);
}

enum bw_rc intel_edit_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct intel_item draft;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(find_draft(rq, db, &draft, err));
    return receive(rq, rs, draft.public_id, err);
}
