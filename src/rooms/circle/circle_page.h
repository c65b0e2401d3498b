/* SPDX-License-Identifier: Apache-2.0 */
/* circle_page - what the room's pages share. */
#ifndef CIRCLE_PAGE_H
#define CIRCLE_PAGE_H

#include "circle_change.h"
#include "circle_view.h"

#define CIRCLE_TOKEN_MAX 400 /* of a preview, of an export's link */

/* How a change's preview is shown and what comes after it. */
struct circle_step {
    struct circle_change change;
    enum i18n_msg title;
    const struct circle_field *fields;
    size_t n_fields;
    struct bw_view action, back; /* paths without the language: "circles/{id}/members" */
    const char *done;            /* "?done=" word */
};
/* Without the preview's token, or with one of other facts: shows the preview. With it: does it. */
BW_MUST_CHECK enum bw_rc circle_step_run(struct http_req *rq, struct http_resp *rs,
                                         const struct circle_step *s, struct bw_err *err);
/* True: RC is of what was typed, to be shown with the page (422); the message is copied. */
bool circle_is_typed(struct http_req *rq, enum bw_rc rc, const struct bw_err *err,
                     struct bw_view *ret_problem);
/* The name in the page's language; *ret_lang is set where it is another one. */
struct bw_view circle_name(const struct member_names *names, enum i18n_lang lang,
                           struct bw_view *ret_lang);
struct html_url circle_url(struct http_req *rq, struct bw_view path);

#define CIRCLE_HANDLER(name) \
    enum bw_rc name(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
CIRCLE_HANDLER(circle_list_page);
CIRCLE_HANDLER(circle_add_post);
CIRCLE_HANDLER(circle_one_page);
CIRCLE_HANDLER(circle_edit_post);
CIRCLE_HANDLER(circle_owner_post);
CIRCLE_HANDLER(circle_member_post);
CIRCLE_HANDLER(circle_invite_post);
CIRCLE_HANDLER(circle_ask_post);
CIRCLE_HANDLER(circle_leave_post);
CIRCLE_HANDLER(circle_decide_post);
CIRCLE_HANDLER(circle_sectors_page);
CIRCLE_HANDLER(circle_sector_add_post);
CIRCLE_HANDLER(circle_sector_name_post);
CIRCLE_HANDLER(circle_sector_move_post);
CIRCLE_HANDLER(circle_organisation_page);
CIRCLE_HANDLER(circle_groups_post);
CIRCLE_HANDLER(circle_merge_post);
CIRCLE_HANDLER(circle_state_post);
CIRCLE_HANDLER(circle_second_post);
CIRCLE_HANDLER(circle_export_get);
CIRCLE_HANDLER(circle_link_page);
CIRCLE_HANDLER(circle_link_post);
CIRCLE_HANDLER(circle_list_api);
CIRCLE_HANDLER(circle_one_api);
CIRCLE_HANDLER(circle_member_api);
/* The page of one organisation again, with what was wrong. */
BW_MUST_CHECK enum bw_rc circle_organisation_show(struct http_req *rq, struct http_resp *rs,
                                                  struct bw_view problem, struct bw_err *err);

/* -- the state of organisations (circle_state.c) ----------------------------------------------- */
struct circle_decision {
    struct bw_view organisation; /* public id */
    enum member_state state;
    struct bw_view reason;
};
/* By the desk, never on its own organisation. With FOUR_EYES an end or a suspension waits for a
 * second person: *ret_waits. EXPORT_US: until when an ended member may take its data along. */
BW_MUST_CHECK enum bw_rc circle_state_set(struct db_tx *tx, const struct viewer *viewer,
                                          const struct circle_decision *d, bool four_eyes,
                                          int64_t export_us, bool *ret_waits, struct bw_err *err);
/* The second person, who is not the first one. */
BW_MUST_CHECK enum bw_rc circle_state_second(struct db_tx *tx, const struct viewer *viewer,
                                             struct bw_view public_id, bool take, int64_t export_us,
                                             struct bw_view *ret_organisation,
                                             struct bw_arena *arena, struct bw_err *err);
struct circle_waiting {
    struct bw_view public_id, reason;
    enum member_state state;
    int64_t proposed_by;
};
BW_MUST_CHECK enum bw_rc circle_state_waiting(struct db *db, int64_t organisation_id,
                                              struct bw_arena *arena, struct circle_waiting *ret,
                                              struct bw_err *err);

#endif
