/* SPDX-License-Identifier: Apache-2.0 */
/* terms_draft - the one draft: three texts and a day. It starts from the newest version. */
#include "terms_page.h"

#include "terms_html.h"

enum { STATUS_REFUSED = 422 };

static enum bw_rc send(struct http_req *rq, struct http_resp *rs, struct terms_draft_view *d,
                       struct bw_err *err)
{
    d->days = setting_int(req_hub(rq)->settings, SETTING_TERMS_NOTICE);
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_terms_draft_title,
                                    .here = NAV_QUEUE,
                                    .narrow = true,
                                    .body = html_terms_draft_slot(d)},
                     err);
}

enum bw_rc terms_draft_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct terms_draft_view d = {0};
    struct terms_version *list;
    struct db *db;
    char date[BW_TIME_MAX];
    size_t n;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(terms_version_list(db, req_viewer(rq), 1, http_arena(rq), &list, &n, err));
    if (n) {
        d.text_en = list->text[I18N_EN];
        d.text_hant = list->text[I18N_HANT];
        d.text_hans = list->text[I18N_HANS];
        d.proposed = list->state == TERMS_PROPOSED;
    }
    if (n && list->state == TERMS_DRAFT) {
        terms_date_text(list->effective_us, req_hub(rq)->settings, date);
        BW_TRY(bw_view_copy(http_arena(rq), bw_view_z(date), &d.day, err));
    }
    return send(rq, rs, &d, err);
}

static enum bw_rc write(struct db_tx *tx, void *arg, struct bw_err *err)
{
    return terms_draft_put(tx, arg, err);
}

enum bw_rc terms_draft_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct terms_draft_view d = {.day = bw_view_trim(http_text(rq, "date")),
                                 .text_en = http_text(rq, "text_en"),
                                 .text_hant = http_text(rq, "text_hant"),
                                 .text_hans = http_text(rq, "text_hans")};
    struct terms_draft w =
        {.viewer = req_viewer(rq),
         .text = {[I18N_EN] = d.text_en, [I18N_HANT] = d.text_hant, [I18N_HANS] = d.text_hans}};
    enum bw_rc rc = terms_date_parse(d.day, req_hub(rq)->settings, &w.effective_us, err);
    if (rc == BW_OK)
        rc = req_write(rq, write, &w, err);
    if (rc == BW_OK) {
        page_to(rq, rs, "queue/terms?done=saved");
        return BW_OK;
    }
    if (rc != BW_INVALID && rc != BW_CONFLICT)
        return rc;
    BW_TRY(bw_view_copy(http_arena(rq), bw_view_z(err->message), &d.problem, err));
    d.failed = true;
    http_status(rs, rc == BW_CONFLICT ? http_status_for(rc) : STATUS_REFUSED);
    return send(rq, rs, &d, err);
}
