/* SPDX-License-Identifier: Apache-2.0 */
/* desk_int - the operator's pages (staff, second person, self-check, figures, data of people): what
 * their handlers share and what their templates print. */
#ifndef DESK_INT_H
#define DESK_INT_H

#include "check.h"
#include "ops_int.h"

#include "core_html.h"

/* -- self-check -------------------------------------------------------------------------------- */
struct desk_check {
    enum i18n_msg title;
    struct bw_view said, todo; /* todo is empty where all is well */
    const char *name, *tag;    /* class of the label */
    enum i18n_msg level_msg;
};
struct desk_system_page {
    struct desk_nav nav;
    const struct desk_check *todo, *good;
    size_t todo_n, good_n;
    int64_t bad, warn, note;
    int64_t now_us;
};
enum bw_rc desk_system(struct http_req *rq, struct http_resp *rs, struct bw_err *err);

/* -- staff ------------------------------------------------------------------------------------- */
struct desk_role {
    const char *word;
    enum i18n_msg msg;
};
struct desk_person {
    struct bw_view public_id, name, email;
    enum i18n_msg role_msg;
    int64_t seen_us;
    bool second_step, works; /* works: has a role of the hub */
    bool self;
};
struct desk_body {
    struct bw_view public_id, name;
    const struct desk_person *people;
    size_t people_n;
    bool more; /* of its people only those are shown who work for the hub */
};
struct desk_staff_page {
    struct desk_nav nav;
    const struct desk_body *bodies;
    size_t bodies_n;
    const struct desk_person *choices; /* everybody of the bodies but oneself */
    size_t choices_n;
    const struct desk_role *roles;
    size_t roles_n;
    const struct ops_choice *organisations;
    size_t organisations_n;
    struct bw_view problem, reason; /* reason: as it was typed */
    enum i18n_msg done_msg;
    bool done, single; /* single: one operator in the hub */
    int64_t alone_h;
};
enum bw_rc desk_staff(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc desk_staff_role(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc desk_staff_body(struct http_req *rq, struct http_resp *rs, struct bw_err *err);

/* -- a second person --------------------------------------------------------------------------- */
struct desk_approval {
    struct bw_view public_id, what, reason, decision, digest, asked_by, asked_body, decided_by;
    enum i18n_msg title, state_msg, bar_msg;
    const char *tag;
    int64_t asked_us, expires_us, decided_us;
    bool may, may_refuse, own, alone;
};
struct desk_approvals_page {
    struct desk_nav nav;
    const struct desk_approval *waiting, *past;
    size_t waiting_n, past_n;
    struct bw_view problem;
    enum i18n_msg done_msg;
    bool done;
};
enum bw_rc desk_approvals(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc desk_approval_decide(struct http_req *rq, struct http_resp *rs, struct bw_err *err);

/* Name of a person, for those who may see the page; "" for nobody. In the request's arena. */
enum bw_rc desk_name(struct http_req *rq, struct db *db, int64_t person_id, struct bw_view *ret,
                     struct bw_err *err);
enum bw_rc desk_organisation(struct http_req *rq, struct db *db, int64_t organisation_id,
                             struct bw_view *ret, struct bw_err *err);
/* What was typed wrong comes back with the page; anything else is the edge's. */
bool desk_typed_wrong(enum bw_rc rc);

/* -- figures ----------------------------------------------------------------------------------- */
struct desk_bar {
    struct bw_view label;
    int64_t n;
    int x, y, y_text, width, height;
    bool tick; /* the label is written under it */
};
struct desk_chart {
    enum i18n_msg title;
    const char *name;
    const struct desk_bar *bars;
    size_t bars_n;
    int64_t sum, most;
    int height;
};
enum { DESK_LISTS = 3 };
struct desk_statistics_page {
    struct desk_nav nav;
    int64_t organisations, suspended, people, active_30, active_90, counted_us;
    struct desk_chart *lists;
    const struct desk_chart *months;
    size_t lists_n, months_n;
};
enum bw_rc desk_statistics(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc desk_statistics_csv(struct http_req *rq, struct http_resp *rs, struct bw_err *err);

/* -- personal data ----------------------------------------------------------------------------- */
struct desk_datum {
    enum i18n_msg part, name;
    struct bw_view text;
    int64_t at_us;
    bool first; /* of its part */
    int number;
};
struct desk_request {
    struct bw_view public_id, text, answer, who;
    enum i18n_msg kind_msg, state_msg;
    const char *tag;
    int64_t asked_us, due_us, decided_us;
    bool open, late, may;
};
struct desk_disclosure {
    struct bw_view to_whom, what, why, who, by;
    int64_t made_us;
};
struct desk_hold {
    struct bw_view public_id, who, reason, by;
    int64_t from_us;
};
struct desk_keep {
    enum i18n_msg what, purpose;
    int64_t days;
};
struct desk_mine_page {
    const struct desk_datum *data;
    size_t data_n;
    const struct desk_request *requests;
    size_t requests_n;
    const struct desk_disclosure *disclosures;
    size_t disclosures_n;
    struct page_statement statement;
    struct bw_view problem, text;
    bool done;
};
struct desk_privacy_page {
    struct desk_nav nav;
    const struct desk_request *requests;
    size_t requests_n;
    const struct desk_disclosure *disclosures;
    size_t disclosures_n;
    const struct desk_hold *holds;
    size_t holds_n;
    const struct desk_keep *keeps;
    size_t keeps_n;
    struct bw_view problem;
    bool done, may;
};
enum bw_rc desk_mine(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc desk_mine_json(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc desk_mine_ask(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc desk_privacy(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc desk_privacy_answer(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc desk_privacy_hold(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc desk_privacy_lift(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc desk_privacy_disclose(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
/* Requests and disclosures as both pages print them. PERSON_ID 0: of everybody. */
enum bw_rc desk_requests(struct http_req *rq, struct db *db, int64_t person_id,
                         const struct desk_request **ret, size_t *ret_n, struct bw_err *err);
enum bw_rc desk_disclosures(struct http_req *rq, struct db *db, int64_t person_id,
                            const struct desk_disclosure **ret, size_t *ret_n, struct bw_err *err);

/* -- the directory as a file ------------------------------------------------------------------- */
enum bw_rc desk_export_csv(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc desk_export_api(struct http_req *rq, struct http_resp *rs, struct bw_err *err);

#endif
