/* SPDX-License-Identifier: Apache-2.0 */
/* join_page - what the page files share, and their handlers. */
#ifndef JOIN_PAGE_H
#define JOIN_PAGE_H

#include "join_int.h"
#include "join_view.h"
#include "page.h"

enum { JOIN_REFUSED = 422, JOIN_FORM_SEATS = 3 };

/* -- the form (join_form.c) -------------------------------------------------------------------- */

/* What was posted; texts live in the request's arena. */
BW_MUST_CHECK enum bw_rc join_form_read(struct http_req *rq, struct join_application *ret,
                                        struct bw_err *err);
struct join_form_show {
    struct bw_view token; /* empty: a new application */
    bool founding, done;
    enum i18n_msg done_msg;
    const struct join_problem *problems;
    size_t problems_n;
    struct bw_view problem;
};
BW_MUST_CHECK enum bw_rc join_form_send(struct http_req *rq, struct http_resp *rs,
                                        const struct join_application *a,
                                        const struct join_form_show *show, struct bw_err *err);
/* A failure that the person can do something about, as text; else the rc goes on. */
bool join_is_persons(enum bw_rc rc);
struct bw_view join_said(struct http_req *rq, const struct bw_err *err);

/* -- handlers ---------------------------------------------------------------------------------- */

#define JOIN_HANDLER(name) \
    enum bw_rc name(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
JOIN_HANDLER(join_page_get);
JOIN_HANDLER(join_page_post);
JOIN_HANDLER(join_progress_get);
JOIN_HANDLER(join_prove_post);
JOIN_HANDLER(join_withdraw_post);
JOIN_HANDLER(join_confirm_get);
JOIN_HANDLER(join_confirm_post);
JOIN_HANDLER(join_domain_get);
JOIN_HANDLER(join_domain_post);
JOIN_HANDLER(join_sign_get);
JOIN_HANDLER(join_sign_post);

JOIN_HANDLER(join_desk_get);
JOIN_HANDLER(join_case_get);
JOIN_HANDLER(join_case_post);
JOIN_HANDLER(join_standing_get);
JOIN_HANDLER(join_standing_post);
JOIN_HANDLER(join_founding_get);
JOIN_HANDLER(join_founding_post);

JOIN_HANDLER(join_asked_get);
JOIN_HANDLER(join_ask_get);
JOIN_HANDLER(join_ask_post);

JOIN_HANDLER(join_import_get);
JOIN_HANDLER(join_import_post);
JOIN_HANDLER(join_import_take);
JOIN_HANDLER(join_enlist_get);
JOIN_HANDLER(join_enlist_post);
JOIN_HANDLER(join_enlist_take);

/* One case for the desk (DESK) or for a member who is asked. */
BW_MUST_CHECK enum bw_rc join_case_send(struct http_req *rq, struct http_resp *rs, bool desk,
                                        struct bw_view problem, struct bw_err *err);

#endif
