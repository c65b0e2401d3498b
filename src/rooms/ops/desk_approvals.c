/* SPDX-License-Identifier: Apache-2.0 */
/* desk_approvals - what waits for a second person, and what was decided. */
#include "approval.h"
#include "desk_int.h"

#include "ops_html.h"

enum { SHOWN = 50 };

static const struct {
    enum i18n_msg msg;
    const char *tag;
} STATES[APPROVAL_STATES] = {
    [APPROVAL_WAITING] = {MSG_desk_state_waiting, "tag-new"},
    [APPROVAL_DONE] = {MSG_desk_state_done, "tag-good"},
    [APPROVAL_REFUSED] = {MSG_desk_state_refused, "tag-bad"},
    [APPROVAL_TAKEN_BACK] = {MSG_desk_state_taken_back, ""},
    [APPROVAL_RUN_OUT] = {MSG_desk_state_run_out, ""},
};
static const enum i18n_msg BARS[] = {
    [APPROVAL_MAY] = MSG_desk_bar_right,
    [APPROVAL_BAR_RIGHT] = MSG_desk_bar_right,
    [APPROVAL_BAR_OWN] = MSG_desk_bar_own,
    [APPROVAL_BAR_ALONE] = MSG_desk_bar_alone,
    [APPROVAL_BAR_CONCERNS] = MSG_desk_bar_concerns,
    [APPROVAL_BAR_BODY] = MSG_desk_bar_body,
};
static const struct {
    const char *word;
    enum i18n_msg msg;
} DONE[] = {{"approved", MSG_desk_done_approved}, {"refused", MSG_desk_done_refused}};

static enum bw_rc show_one(struct http_req *rq, struct db *db, const struct approval *a,
                           struct desk_approval *ret, struct bw_err *err)
{
    const struct approval_act *act = approval_act_of(a->act);
    const struct viewer *me = req_viewer(rq);
    int64_t now_us = bw_now_us();
    bool out = a->state == APPROVAL_WAITING && a->expires_us <= now_us;
    size_t state = a->state < APPROVAL_STATES ? a->state : APPROVAL_RUN_OUT;
    enum approval_bar bar = APPROVAL_BAR_RIGHT;
    if (out)
        state = APPROVAL_RUN_OUT;
    if (a->state == APPROVAL_WAITING && !out)
        BW_TRY(approval_bar_of(db, req_hub(rq)->settings, a, me->person_id, now_us, &bar, err));
    *ret = (struct desk_approval){.public_id = a->public_id,
                                  .what = a->what,
                                  .reason = a->reason,
                                  .decision = a->decision,
                                  .digest = a->digest,
                                  .title = act ? act->title : MSG_desk_act_unknown,
                                  .state_msg = STATES[state].msg,
                                  .tag = STATES[state].tag,
                                  .bar_msg = BARS[bar],
                                  .asked_us = a->asked_us,
                                  .expires_us = a->expires_us,
                                  .decided_us = a->decided_us,
                                  .may = act && bar == APPROVAL_MAY,
                                  .may_refuse = act && bar != APPROVAL_BAR_RIGHT,
                                  .own = a->asked_by == me->person_id};
    BW_TRY(desk_name(rq, db, a->asked_by, &ret->asked_by, err));
    BW_TRY(desk_name(rq, db, a->decided_by, &ret->decided_by, err));
    return desk_organisation(rq, db, a->asked_body, &ret->asked_body, err);
}

static enum bw_rc show_list(struct http_req *rq, struct db *db, bool waiting,
                            const struct desk_approval **ret, size_t *ret_n, struct bw_err *err)
{
    struct approval *list;
    BW_TRY(approval_list(db, req_viewer(rq), waiting, SHOWN, http_arena(rq), &list, ret_n, err));
    struct desk_approval *out = BW_ARENA_ARRAY(http_arena(rq), *ret_n, struct desk_approval);
    if (!out)
        return bw_fail_memory(err);
    for (size_t i = 0; i < *ret_n; i++)
        BW_TRY(show_one(rq, db, &list[i], &out[i], err));
    *ret = out;
    return BW_OK;
}

static enum bw_rc show(struct http_req *rq, struct http_resp *rs, struct bw_view problem,
                       struct bw_err *err)
{
    struct desk_approvals_page d = {.nav = desk_nav_of(req_viewer(rq)), .problem = problem};
    struct db *db;
    for (size_t i = 0; problem.n == 0 && i < BW_COUNT(DONE); i++)
        if (bw_view_is(http_text(rq, "done"), DONE[i].word)) {
            d.done = true;
            d.done_msg = DONE[i].msg;
        }
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(show_list(rq, db, true, &d.waiting, &d.waiting_n, err));
    BW_TRY(show_list(rq, db, false, &d.past, &d.past_n, err));
    if (problem.n)
        http_status(rs, 422);
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_desk_second_person,
                                    .here = NAV_QUEUE,
                                    .body = html_desk_approvals_slot(&d)},
                     err);
}

enum bw_rc desk_approvals(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return show(rq, rs, (struct bw_view){NULL, 0}, err);
}

static enum bw_rc write_decision(struct db_tx *tx, void *arg, struct bw_err *err)
{
    return approval_decide(tx, arg, err);
}

enum bw_rc desk_approval_decide(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    bool approve = bw_view_is(http_text(rq, "decision"), "approve");
    struct approval_decide d = {.settings = req_hub(rq)->settings,
                                .viewer = req_viewer(rq),
                                .public_id = http_text(rq, "id"),
                                .reason = bw_view_trim(http_text(rq, "reason")),
                                .digest = http_text(rq, "digest"),
                                .decision = approve ? APPROVAL_APPROVE : APPROVAL_REFUSE};
    enum bw_rc rc = approve || bw_view_is(http_text(rq, "decision"), "refuse")
                        ? req_write(rq, write_decision, &d, err)
                        : bw_fail(err, BW_INVALID, "choose whether to approve or to refuse");
    if (rc == BW_OK) {
        page_to(rq, rs, "queue/approvals?done=%s", approve ? "approved" : "refused");
        return BW_OK;
    }
    if (rc != BW_INVALID && rc != BW_CONFLICT)
        return rc;
    return show(rq, rs, bw_arena_printf(http_arena(rq), "%s", err->message), err);
}
