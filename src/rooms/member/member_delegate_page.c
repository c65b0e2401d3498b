/* SPDX-License-Identifier: Apache-2.0 */
/* member_delegate_page - who acts for us, and for whom we act. */
#include "member_delegate.h"

#include "page.h"
#include "people_view.h"

#include "member_html.h"

enum { STATUS_REFUSED = 422, DAYS_DEFAULT = 90, SCOPES = 3 };

static const struct {
    const char *word;
    enum delegate scope;
    enum i18n_msg msg;
} NAMES[SCOPES] = {{"read", DELEGATE_READ, MSG_people_scope_read},
                   {"acknowledge", DELEGATE_ACKNOWLEDGE, MSG_people_scope_acknowledge},
                   {"claim", DELEGATE_CLAIM, MSG_people_scope_claim}};

static const struct page_notice NOTICES[] = {{"given", MSG_people_done_given},
                                             {"ended", MSG_people_done_ended}};

static enum bw_rc fill(struct http_req *rq, struct people_delegations_view *v, struct bw_err *err)
{
    struct member_delegation *list;
    struct db *db;
    size_t n;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(member_delegations(db, req_viewer(rq), http_arena(rq), &list, &n, err));
    struct people_delegation_row *given =
        BW_ARENA_ARRAY(http_arena(rq), n, struct people_delegation_row);
    struct people_delegation_row *taken =
        BW_ARENA_ARRAY(http_arena(rq), n, struct people_delegation_row);
    if (!given || !taken)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        struct people_delegation_row *row =
            list[i].ours ? &given[v->given_n++] : &taken[v->taken_n++];
        *row = (struct people_delegation_row){.public_id = list[i].public_id,
                                              .name = member_name(&list[i].other, req_lang(rq)),
                                              .other_id = list[i].other_id,
                                              .until_us = list[i].until_us};
        for (size_t j = 0; j < SCOPES; j++)
            if (list[i].scopes & (unsigned)NAMES[j].scope)
                row->scopes[row->scopes_n++] = NAMES[j].msg;
    }
    v->given = given;
    v->taken = taken;
    return BW_OK;
}

static enum bw_rc show(struct http_req *rq, struct http_resp *rs, struct bw_view problem,
                       struct bw_err *err)
{
    static const struct people_option TERMS[] = {{"30", MSG_member_days_30, false},
                                                 {"90", MSG_member_days_90, true},
                                                 {"365", MSG_member_days_365, false}};
    static const struct people_option MORE[] = {{"acknowledge", MSG_people_scope_acknowledge,
                                                 false},
                                                {"claim", MSG_people_scope_claim, false}};
    struct people_delegations_view v = {.may = permission_has(req_viewer(rq), PERM_OWN_PEOPLE),
                                        .problem = problem,
                                        .terms = TERMS,
                                        .terms_n = BW_COUNT(TERMS),
                                        .scopes = MORE,
                                        .scopes_n = BW_COUNT(MORE)};
    BW_TRY(fill(rq, &v, err));
    bool form = http_method_of(rq) == HTTP_POST;
    if (form)
        v.provider = http_text(rq, "provider");
    for (size_t i = 0; !form && i < BW_COUNT(NOTICES); i++)
        if (bw_view_is(http_text(rq, "done"), NOTICES[i].word)) {
            v.done = true;
            v.done_msg = NOTICES[i].msg;
        }
    if (problem.n)
        http_status(rs, STATUS_REFUSED);
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_people_delegations,
                                    .here = NAV_ORGANISATION,
                                    .body = html_people_delegations_slot(&v)},
                     err);
}

enum bw_rc member_delegations_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return show(rq, rs, BW_V(""), err);
}

struct change {
    const struct viewer *viewer;
    struct bw_view public_id;
    struct member_delegation_in in;
};

static enum bw_rc give(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct change *c = arg;
    return member_delegation_give(tx, c->viewer, &c->in, err);
}

enum bw_rc member_delegation_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct change c = {.viewer = req_viewer(rq),
                       .in = {.provider = bw_view_trim(http_text(rq, "provider")),
                              .scopes = DELEGATE_READ,
                              .days = http_int(rq, "days", DAYS_DEFAULT)}};
    struct bw_err why = {0};
    struct bw_view word;
    for (size_t i = 0; http_many(rq, "scope", i, &word); i++)
        for (size_t j = 0; j < SCOPES; j++)
            if (bw_view_is(word, NAMES[j].word))
                c.in.scopes |= (unsigned)NAMES[j].scope;
    enum bw_rc rc = req_write(rq, give, &c, &why);
    if (rc == BW_OK) {
        page_to(rq, rs, "delegations?done=given");
        return BW_OK;
    }
    if (rc == BW_INVALID || rc == BW_NOT_FOUND || rc == BW_LIMIT)
        return show(rq, rs, bw_arena_printf(http_arena(rq), "%s", why.message), err);
    *err = why;
    return rc;
}

static enum bw_rc end(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct change *c = arg;
    return member_delegation_end(tx, c->viewer, c->public_id, err);
}

enum bw_rc member_delegation_end_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct change c = {.viewer = req_viewer(rq), .public_id = http_text(rq, "id")};
    BW_TRY(req_write(rq, end, &c, err));
    page_to(rq, rs, "delegations?done=ended");
    return BW_OK;
}
