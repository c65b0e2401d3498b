/* SPDX-License-Identifier: Apache-2.0 */
/* desk_privacy - the desk's page on personal data: requests with their day, legal holds, the record
 * of disclosures, and how long what is kept. */
#include "desk_int.h"

#include "ops_html.h"
#include "privacy.h"

enum { SHOWN = 200 };

static enum bw_rc holder_name(struct http_req *rq, struct db *db, const struct privacy_hold *h,
                              struct bw_view *ret, struct bw_err *err)
{
    return h->kind == HOLDER_PERSON ? desk_name(rq, db, h->holder_id, ret, err)
                                    : desk_organisation(rq, db, h->holder_id, ret, err);
}

static enum bw_rc fill_holds(struct http_req *rq, struct db *db, struct desk_privacy_page *d,
                             struct bw_err *err)
{
    struct privacy_hold *list;
    BW_TRY(privacy_holds(db, SHOWN, http_arena(rq), &list, &d->holds_n, err));
    struct desk_hold *out = BW_ARENA_ARRAY(http_arena(rq), d->holds_n, struct desk_hold);
    if (!out)
        return bw_fail_memory(err);
    for (size_t i = 0; i < d->holds_n; i++) {
        out[i] = (struct desk_hold){.public_id = list[i].public_id,
                                    .reason = list[i].reason,
                                    .from_us = list[i].from_us};
        BW_TRY(holder_name(rq, db, &list[i], &out[i].who, err));
        BW_TRY(desk_name(rq, db, list[i].placed_by, &out[i].by, err));
    }
    d->holds = out;
    return BW_OK;
}

static enum bw_rc fill_keeps(struct http_req *rq, struct desk_privacy_page *d, struct bw_err *err)
{
    struct desk_keep *out = BW_ARENA_ARRAY(http_arena(rq), privacy_retention_n, struct desk_keep);
    if (!out)
        return bw_fail_memory(err);
    for (size_t i = 0; i < privacy_retention_n; i++) {
        const struct privacy_retention *r = &privacy_retention_table[i];
        out[i] = (struct desk_keep){r->what, r->purpose,
                                    privacy_keep_us(r, req_hub(rq)->settings) / BW_DAY_US};
    }
    d->keeps = out;
    d->keeps_n = privacy_retention_n;
    return BW_OK;
}

static enum bw_rc show(struct http_req *rq, struct http_resp *rs, struct bw_view problem, bool done,
                       struct bw_err *err)
{
    struct desk_privacy_page d = {.nav = desk_nav_of(req_viewer(rq)),
                                  .problem = problem,
                                  .done = done,
                                  .may = permission_has(req_viewer(rq), PERM_DECIDE)};
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(desk_requests(rq, db, 0, &d.requests, &d.requests_n, err));
    BW_TRY(desk_disclosures(rq, db, 0, &d.disclosures, &d.disclosures_n, err));
    BW_TRY(fill_holds(rq, db, &d, err));
    BW_TRY(fill_keeps(rq, &d, err));
    if (problem.n)
        http_status(rs, 422);
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_desk_privacy,
                                    .here = NAV_QUEUE,
                                    .body = html_desk_privacy_slot(&d)},
                     err);
}

enum bw_rc desk_privacy(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return show(rq, rs, (struct bw_view){NULL, 0}, bw_view_is(http_text(rq, "done"), "done"), err);
}

static enum bw_rc answer(struct http_req *rq, struct http_resp *rs, enum bw_rc rc,
                         struct bw_err *err)
{
    if (rc == BW_OK) {
        page_to(rq, rs, "queue/privacy?done=done");
        return BW_OK;
    }
    if (rc != BW_INVALID && rc != BW_CONFLICT)
        return rc;
    return show(rq, rs, bw_arena_printf(http_arena(rq), "%s", err->message), false, err);
}

/* -- what is done ------------------------------------------------------------------------------ */

/* A session may remember a role that has ended meanwhile. */
static enum bw_rc check_desk(struct db *db, const struct viewer *v, struct bw_err *err)
{
    struct member_office me;
    BW_TRY(member_office(db, v->person_id, &me, err));
    if (!me.active || !(permission_table[PERM_DECIDE].roles & 1u << me.role))
        return bw_fail(err, BW_DENIED, "your role does not include this");
    return BW_OK;
}

struct act {
    const struct viewer *viewer;
    struct bw_view id, text, who, to_whom, what;
    bool refuse, tell;
};

static struct act act_of(struct http_req *rq, const char *text)
{
    return (struct act){.viewer = req_viewer(rq), .text = bw_view_trim(http_text(rq, text))};
}

static enum bw_rc write_answer(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct act *a = arg;
    BW_TRY(check_desk(db_tx_db(tx), a->viewer, err));
    return privacy_answer(tx,
                          &(struct privacy_answer){a->viewer, a->id, a->text,
                                                   a->refuse ? PRIVACY_REFUSED : PRIVACY_DONE},
                          err);
}

enum bw_rc desk_privacy_answer(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct act a = act_of(rq, "answer");
    a.id = http_text(rq, "id");
    a.refuse = bw_view_is(http_text(rq, "decision"), "refuse");
    enum bw_rc rc = a.refuse || bw_view_is(http_text(rq, "decision"), "done")
                        ? req_write(rq, write_answer, &a, err)
                        : bw_fail(err, BW_INVALID, "choose whether it is done or refused");
    return answer(rq, rs, rc, err);
}

/* A person by address or id; else an organisation by name, domain or id. */
static enum bw_rc whom(struct db_tx *tx, const struct act *a, struct privacy_hold *ret,
                       struct bw_err *err)
{
    ret->kind = HOLDER_PERSON;
    enum bw_rc rc =
        member_resolve(db_tx_db(tx), a->viewer, GRANT_PERSON, a->who, &ret->holder_id, err);
    if (rc == BW_NOT_FOUND) {
        ret->kind = HOLDER_ORGANISATION;
        rc = member_resolve(db_tx_db(tx), a->viewer, GRANT_ORGANISATION, a->who, &ret->holder_id,
                            err);
    }
    return rc == BW_NOT_FOUND ? BW_INVALID : rc;
}

static enum bw_rc write_hold(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct act *a = arg;
    struct privacy_hold h = {.placed_by = a->viewer->person_id, .reason = a->text};
    BW_TRY(check_desk(db_tx_db(tx), a->viewer, err));
    BW_TRY(whom(tx, a, &h, err));
    return privacy_hold_place(tx, &h, BW_V("legal-hold"), err);
}

enum bw_rc desk_privacy_hold(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct act a = act_of(rq, "reason");
    a.who = bw_view_trim(http_text(rq, "who"));
    return answer(rq, rs, req_write(rq, write_hold, &a, err), err);
}

static enum bw_rc write_lift(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct act *a = arg;
    BW_TRY(check_desk(db_tx_db(tx), a->viewer, err));
    return privacy_hold_lift(tx, a->viewer->person_id, a->id, a->text, err);
}

enum bw_rc desk_privacy_lift(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct act a = act_of(rq, "reason");
    a.id = http_text(rq, "id");
    return answer(rq, rs, req_write(rq, write_lift, &a, err), err);
}

static enum bw_rc write_disclosure(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct act *a = arg;
    struct privacy_disclosure d = {.to_whom = a->to_whom,
                                   .what = a->what,
                                   .why = a->text,
                                   .made_by = a->viewer->person_id};
    BW_TRY(check_desk(db_tx_db(tx), a->viewer, err));
    enum bw_rc rc =
        member_resolve(db_tx_db(tx), a->viewer, GRANT_PERSON, a->who, &d.person_id, err);
    if (rc != BW_OK)
        return rc == BW_NOT_FOUND ? BW_INVALID : rc;
    return privacy_disclose(tx, &d, a->tell, err);
}

enum bw_rc desk_privacy_disclose(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct act a = act_of(rq, "reason");
    a.who = bw_view_trim(http_text(rq, "who"));
    a.to_whom = bw_view_trim(http_text(rq, "to_whom"));
    a.what = bw_view_trim(http_text(rq, "what"));
    a.tell = http_flag(rq, "tell");
    return answer(rq, rs, req_write(rq, write_disclosure, &a, err), err);
}
