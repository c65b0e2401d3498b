/* SPDX-License-Identifier: Apache-2.0 */
/* terms_page - the terms, for everybody to read, and accepting them.
 *
 * The form carries version and hash of what was shown. Where they are not those of a version that
 * is to be accepted any more, nothing is kept and the present text comes back with a word on why.
 */
#include "terms_page.h"

#include "terms_html.h"

enum { STATUS_CONFLICT = 409, STATUS_REFUSED = 422 };

static const struct page_notice NOTICES[] = {{"accepted", MSG_terms_done_accepted},
                                             {"signed", MSG_terms_done_signed}};

static enum bw_rc send(struct http_req *rq, struct http_resp *rs, struct terms_page_view *d,
                       struct bw_err *err)
{
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_terms_title,
                                    .narrow = true,
                                    .tlp = tlp_name(TLP_CLEAR),
                                    .body = html_terms_page_slot(d)},
                     err);
}

enum bw_rc terms_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct terms_page_view d = {0};
    for (size_t i = 0; i < BW_COUNT(NOTICES); i++)
        if (bw_view_is(http_text(rq, "done"), NOTICES[i].word)) {
            d.done = true;
            d.done_msg = NOTICES[i].msg;
        }
    BW_TRY(terms_fill(rq, http_int(rq, "version", 0), &d, err));
    return send(rq, rs, &d, err);
}

struct accept_write {
    struct terms_accept a;
    struct bw_id made;
};

static enum bw_rc write(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct accept_write *w = arg;
    return terms_accept(tx, &w->a, &w->made, err);
}

/* The page once more, with what went wrong; STATUS 409: the text is another one now. */
static enum bw_rc refuse(struct http_req *rq, struct http_resp *rs, int status, enum i18n_msg msg,
                         struct bw_err *err)
{
    struct terms_page_view d = {.failed = true, .error_msg = msg, .error_field = "agree"};
    int64_t number = status == STATUS_REFUSED ? http_int(rq, "number", 0) : 0;
    enum bw_rc rc = terms_fill(rq, number, &d, err);
    if (rc == BW_NOT_FOUND)
        rc = terms_fill(rq, 0, &d, err);
    BW_TRY(rc);
    d.form.bad = status == STATUS_REFUSED;
    http_status(rs, status);
    return send(rq, rs, &d, err);
}

static enum bw_rc accept(struct http_req *rq, struct http_resp *rs, bool sign, struct bw_err *err)
{
    struct accept_write w = {.a = {.viewer = req_viewer(rq),
                                   .number = http_int(rq, "number", 0),
                                   .hash = http_text(rq, "hash"),
                                   .lang = req_lang(rq),
                                   .sign = sign}};
    if (!http_flag(rq, "agree"))
        return refuse(rq, rs, STATUS_REFUSED,
                      sign ? MSG_terms_error_agree_sign : MSG_terms_error_agree, err);
    struct bw_err why = {0};
    enum bw_rc rc = req_write(rq, write, &w, &why);
    if (rc == BW_CONFLICT || rc == BW_NOT_FOUND) {
        struct terms_page_view d = {0};
        /* Somebody else signed a moment before: the page says who; else the text has changed. */
        if (sign && rc == BW_CONFLICT &&
            terms_fill(rq, http_int(rq, "number", 0), &d, err) == BW_OK && d.signed_)
            return refuse(rq, rs, STATUS_CONFLICT, MSG_terms_error_signed, err);
        return refuse(rq, rs, STATUS_CONFLICT, MSG_terms_error_stale, err);
    }
    if (rc != BW_OK) {
        *err = why;
        return rc;
    }
    page_to(rq, rs, "terms?version=%lld&done=%s", (long long)w.a.number,
            sign ? "signed" : "accepted");
    return BW_OK;
}

enum bw_rc terms_accept_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return accept(rq, rs, false, err);
}

enum bw_rc terms_sign_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return accept(rq, rs, true, err);
}
