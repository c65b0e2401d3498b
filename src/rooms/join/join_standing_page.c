/* SPDX-License-Identifier: Apache-2.0 */
/* join_standing_page - the desk changes how far a member is trusted, to which group of companies it
 * belongs, and whether it may enlist its own members. Nobody does so for the own organisation. */
#include "join_page.h"

#include "join_html.h"

static enum bw_rc fill_choices(struct http_req *rq, struct db *db, struct join_standing_view *d,
                               struct bw_err *err)
{
    struct member_choice *list;
    size_t n;
    BW_TRY(member_choices(db, req_viewer(rq), GRANT_ORGANISATION, req_lang(rq), http_arena(rq),
                          &list, &n, err));
    struct join_option *out = BW_ARENA_ARRAY(http_arena(rq), n + 1, struct join_option);
    if (!out)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct join_option){.value = list[i].public_id,
                                      .text = list[i].name,
                                      .chosen = bw_view_eq(list[i].public_id,
                                                           http_text(rq, "organisation"))};
    d->organisations = out;
    d->organisations_n = n;
    return BW_OK;
}

static enum bw_rc show(struct http_req *rq, struct http_resp *rs, struct bw_view problem,
                       struct bw_err *err)
{
    struct join_standing_view d = {.problem = problem,
                                   .done = bw_view_is(http_text(rq, "done"), "saved"),
                                   .id = http_text(rq, "organisation")};
    struct member_organisation o;
    struct member_trust b;
    struct db *db;
    int64_t key;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(fill_choices(rq, db, &d, err));
    if (d.id.n) {
        BW_TRY(member_resolve(db, req_viewer(rq), GRANT_ORGANISATION, d.id, &key, err));
        BW_TRY(member_organisation_get(db, req_viewer(rq), key, http_arena(rq), &o, err));
        BW_TRY(member_trust_get(db, key, http_arena(rq), &b, err));
        d.name = member_name(&o.names, req_lang(rq));
        d.trusted = b.standing == MEMBER_TRUSTED;
        d.group = b.company_group;
        d.association = b.association;
    }
    if (problem.n)
        http_status(rs, JOIN_REFUSED);
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_join_standing,
                                    .here = NAV_QUEUE,
                                    .narrow = true,
                                    .body = html_join_standing_slot(&d)},
                     err);
}

enum bw_rc join_standing_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return show(rq, rs, (struct bw_view){NULL, 0}, err);
}

struct change {
    const struct viewer *viewer;
    struct bw_view organisation, group, reason;
    bool trusted, association;
};

static enum bw_rc write_change(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct change *c = arg;
    BW_AUTO(bw_arena) *arena = bw_arena_new(1 << 20);
    struct member_trust b;
    int64_t key;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(permission_check(c->viewer, PERM_DECIDE, err));
    BW_TRY(member_resolve(db_tx_db(tx), c->viewer, GRANT_ORGANISATION, c->organisation, &key, err));
    if (key == c->viewer->organisation_id)
        return bw_fail(err, BW_DENIED, "nobody decides on their own organisation");
    if (c->reason.n == 0)
        return bw_fail(err, BW_INVALID, "give a reason");
    BW_TRY(member_trust_get(db_tx_db(tx), key, arena, &b, err));
    b.standing = c->trusted ? MEMBER_TRUSTED : MEMBER_OPEN;
    b.association = c->association;
    b.company_group = c->group;
    BW_TRY(member_trust_set(tx, c->viewer->person_id, key, &b, err));
    return join_note(tx, LEDGER_ORGANISATION_CHANGED, c->organisation, c->viewer->person_id,
                     (const char *const[]){"reason", NULL}, &c->reason, err);
}

enum bw_rc join_standing_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct change c = {.viewer = req_viewer(rq),
                       .organisation = http_text(rq, "organisation"),
                       .group = bw_view_trim(http_text(rq, "group")),
                       .reason = bw_view_trim(http_text(rq, "reason")),
                       .trusted = bw_view_is(http_text(rq, "standing"), "trusted"),
                       .association = http_flag(rq, "association")};
    enum bw_rc rc = req_write(rq, write_change, &c, err);
    if (rc != BW_OK && !join_is_persons(rc))
        return rc;
    if (rc != BW_OK) {
        struct bw_view said = join_said(rq, err);
        return show(rq, rs, said, err);
    }
    page_to(rq, rs, "queue/standing?done=saved&organisation=%.*s", BW_VF(c.organisation));
    return BW_OK;
}
