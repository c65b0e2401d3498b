/* SPDX-License-Identifier: Apache-2.0 */
/* terms_own - one organisation: who signs for it, who has accepted, until when it is a member. For
 * its own administrators, who name signatories, and for the desk, which sets the date too.
 *
 * An administrator may name themselves: many organisations have one person here, and it stands in
 * the ledger. The desk may not: nobody there gives themselves a right. */
#include "terms_page.h"

#include "terms_html.h"

enum { STATUS_REFUSED = 422, PEOPLE_MAX = 500 };

static const struct page_notice NOTICES[] = {{"given", MSG_terms_done_given},
                                             {"ended", MSG_terms_done_ended},
                                             {"dated", MSG_terms_done_dated}};

struct place {
    int64_t organisation_id;
    bool desk;
};

static enum bw_rc fill_people(struct http_req *rq, struct db *db, const struct place *at,
                              int64_t version_id, struct terms_own_view *d, struct bw_err *err)
{
    const struct terms_people q = {.version_id = version_id,
                                   .organisation_id = at->organisation_id,
                                   .max = PEOPLE_MAX};
    struct terms_person *list;
    struct terms_person_view *out;
    BW_TRY(terms_people(db, req_viewer(rq), &q, http_arena(rq), &list, &d->people_n, err));
    out = BW_ARENA_ARRAY(http_arena(rq), d->people_n + 1, struct terms_person_view);
    if (!out)
        return bw_fail_memory(err);
    for (size_t i = 0; i < d->people_n; i++) {
        out[i] = (struct terms_person_view){list[i].public_id,
                                            list[i].name,
                                            list[i].email,
                                            list[i].acceptance,
                                            member_role_msg(list[i].role),
                                            list[i].accepted_us,
                                            list[i].signatory};
        d->signatories += list[i].signatory;
    }
    d->people = out;
    return BW_OK;
}

static enum bw_rc fill_version(struct http_req *rq, struct db *db, const struct place *at,
                               struct terms_own_view *d, int64_t *ret_version, struct bw_err *err)
{
    struct terms_version v;
    struct terms_acceptance a;
    enum bw_rc rc = terms_current(db, req_viewer(rq), http_arena(rq), &v, err);
    *ret_version = 0;
    if (rc == BW_NOT_FOUND)
        return BW_OK;
    BW_TRY(rc);
    *ret_version = v.id;
    d->number = v.number;
    rc = terms_acceptance_of(db, req_viewer(rq), v.number, TERMS_FOR_ORGANISATION,
                             at->organisation_id, http_arena(rq), &a, err);
    if (rc != BW_OK)
        return rc == BW_NOT_FOUND ? BW_OK : rc;
    d->signed_by = a.person_name;
    d->signed_us = a.at_us;
    d->signature = a.public_id;
    return BW_OK;
}

static enum bw_rc show(struct http_req *rq, struct http_resp *rs, const struct place *at,
                       struct terms_own_view *d, struct bw_err *err)
{
    struct member_organisation o;
    struct terms_member_state m;
    struct db *db;
    int64_t version_id;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(
        member_organisation_get(db, req_viewer(rq), at->organisation_id, http_arena(rq), &o, err));
    d->name = member_name(&o.names, req_lang(rq));
    d->organisation_id = o.public_id;
    d->desk = at->desk;
    d->may = at->desk ? permission_has(req_viewer(rq), PERM_DECIDE) : true;
    BW_TRY(fill_version(rq, db, at, d, &version_id, err));
    BW_TRY(fill_people(rq, db, at, version_id, d, err));
    BW_TRY(terms_is_operating(db, at->organisation_id, &d->operating, err));
    BW_TRY(terms_membership_get(db, req_viewer(rq), at->organisation_id, http_arena(rq), &m, err));
    d->valid_until_us = m.valid_until_us;
    d->ended = m.ended;
    d->valid_reason = m.reason;
    struct bw_view done = http_method_of(rq) == HTTP_GET ? http_text(rq, "done") : BW_V("");
    for (size_t i = 0; i < BW_COUNT(NOTICES); i++)
        if (bw_view_is(done, NOTICES[i].word)) {
            d->done = true;
            d->done_msg = NOTICES[i].msg;
        }
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_terms_own_title,
                                    .here = at->desk ? NAV_QUEUE : NAV_ORGANISATION,
                                    .tlp = tlp_name(TLP_AMBER_STRICT),
                                    .body = html_terms_own_slot(d)},
                     err);
}

static enum bw_rc own_place(struct http_req *rq, struct place *ret, struct bw_err *err)
{
    (void)err;
    *ret = (struct place){req_viewer(rq)->organisation_id, false};
    return BW_OK;
}

static enum bw_rc desk_place(struct http_req *rq, struct place *ret, struct bw_err *err)
{
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    ret->desk = true;
    return member_resolve(db, req_viewer(rq), GRANT_ORGANISATION, http_text(rq, "id"),
                          &ret->organisation_id, err);
}

enum bw_rc terms_own_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct terms_own_view d = {0};
    struct place at;
    BW_TRY(own_place(rq, &at, err));
    return show(rq, rs, &at, &d, err);
}

enum bw_rc terms_of_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct terms_own_view d = {0};
    struct place at;
    BW_TRY(desk_place(rq, &at, err));
    return show(rq, rs, &at, &d, err);
}

/* -- signatories ------------------------------------------------------------------------------- */

struct signatory_write {
    const struct viewer *viewer;
    struct terms_signatory s;
    bool desk;
};

static enum bw_rc write_signatory(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct signatory_write *w = arg;
    struct member_recipient actor;
    BW_AUTO(bw_arena) *arena = bw_arena_new(1 << 16);
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(terms_actor_check(tx, w->viewer, err));
    BW_TRY(member_person_get(db_tx_db(tx), w->viewer->person_id, arena, &actor, err));
    if (w->desk && w->s.give && bw_view_eq(actor.public_id, w->s.person))
        return bw_fail(err, BW_DENIED, "nobody at the desk names themselves: ask a colleague");
    return terms_signatory_set(tx, &w->s, err);
}

static enum bw_rc post_signatory(struct http_req *rq, struct http_resp *rs, const struct place *at,
                                 struct bw_err *err)
{
    struct terms_own_view d = {.reason = http_text(rq, "reason")};
    struct signatory_write w = {.viewer = req_viewer(rq),
                                .desk = at->desk,
                                .s = {.actor_id = req_viewer(rq)->person_id,
                                      .organisation_id = at->organisation_id,
                                      .person = http_text(rq, "person"),
                                      .give = bw_view_is(http_text(rq, "step"), "give"),
                                      .reason = http_text(rq, "reason")}};
    if (bw_view_trim(d.reason).n == 0) {
        d.failed = d.bad_reason = true;
        d.error_msg = MSG_terms_error_reason;
        d.error_field = "reason";
        http_status(rs, STATUS_REFUSED);
        return show(rq, rs, at, &d, err);
    }
    BW_TRY(req_write(rq, write_signatory, &w, err));
    const char *done = w.s.give ? "given" : "ended";
    if (at->desk)
        page_to(rq, rs, "queue/terms/organisations/%.*s?done=%s", BW_VF(http_text(rq, "id")), done);
    else
        page_to(rq, rs, "organisation/terms?done=%s", done);
    return BW_OK;
}

enum bw_rc terms_own_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct place at;
    BW_TRY(own_place(rq, &at, err));
    return post_signatory(rq, rs, &at, err);
}

enum bw_rc terms_of_signatory_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct place at;
    BW_TRY(desk_place(rq, &at, err));
    return post_signatory(rq, rs, &at, err);
}

/* -- until when -------------------------------------------------------------------------------- */

struct membership_write {
    const struct viewer *viewer;
    struct terms_membership m;
};

static enum bw_rc write_membership(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct membership_write *w = arg;
    BW_TRY(terms_actor_check(tx, w->viewer, err));
    return terms_membership_set(tx, &w->m, err);
}

enum bw_rc terms_of_membership_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct terms_own_view d = {.day = bw_view_trim(http_text(rq, "date")),
                               .reason = http_text(rq, "reason")};
    struct membership_write w = {.viewer = req_viewer(rq),
                                 .m = {.actor_id = req_viewer(rq)->person_id,
                                       .reason = http_text(rq, "reason")}};
    struct place at;
    enum bw_rc rc = BW_OK;
    BW_TRY(desk_place(rq, &at, err));
    w.m.organisation_id = at.organisation_id;
    d.error_msg = MSG_terms_error_date;
    d.error_field = "date";
    if (d.day.n)
        rc = terms_date_parse(d.day, req_hub(rq)->settings, &w.m.valid_until_us, err);
    d.bad_date = rc != BW_OK;
    if (bw_view_trim(d.reason).n == 0) {
        rc = BW_INVALID;
        d.bad_reason = true;
        d.error_msg = MSG_terms_error_reason;
        d.error_field = "why";
    }
    if (rc == BW_OK) {
        rc = req_write(rq, write_membership, &w, err);
        d.bad_date = rc == BW_INVALID;
    }
    if (rc == BW_OK) {
        page_to(rq, rs, "queue/terms/organisations/%.*s?done=dated", BW_VF(http_text(rq, "id")));
        return BW_OK;
    }
    if (rc != BW_INVALID)
        return rc;
    d.failed = true;
    http_status(rs, STATUS_REFUSED);
    return show(rq, rs, &at, &d, err);
}
