/* SPDX-License-Identifier: Apache-2.0 */
/* member_person_page - one person as those see them who look after them, and every form about
 * them; and what one does about oneself: taking an offered role, leaving. */
#include "member_key.h"
#include "member_people_form.h"

#include "bw_clock.h"
#include "page.h"

#include "member_html.h"

enum { STATUS_REFUSED = 422 };

static enum bw_rc fill(struct http_req *rq, const struct member_person *p,
                       struct people_person_view *v, struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    bool desk = permission_has(viewer, PERM_MEMBERS);
    struct member_organisation o;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(member_organisation_get(db, viewer, p->organisation_id, http_arena(rq), &o, err));
    *v = (struct people_person_view){
        .public_id = p->public_id,
        .name = p->name,
        .email = p->email,
        .new_email = p->new_email,
        .reason = p->reason,
        .organisation = member_name(&o.names, req_lang(rq)),
        .of = desk ? o.public_id : BW_V(""),
        .role_msg = member_role_msg(p->role),
        .created_us = p->created_us,
        .seen_us = p->seen_us,
        .until_us = p->created_us + MEMBER_INVITE_US,
        .suspended_us = p->suspended_us,
        .waiting = !p->came,
        .suspended = p->state == MEMBER_SUSPENDED,
        .signatory = p->signatory,
        .service = p->role == ROLE_SERVICE,
        .self = p->id == viewer->person_id,
        .by_desk = p->by_desk,
        .may_resume = p->state == MEMBER_SUSPENDED && (desk || !p->by_desk),
        .may_offer = viewer->role == ROLE_ADMIN && p->role == ROLE_REPRESENTATIVE && p->came &&
                     p->state == MEMBER_ACTIVE,
    };
    v->stale = v->waiting && v->until_us <= bw_now_us();
    BW_TRY(member_form_roles(rq, p->organisation_id, p->role, false, &v->roles, &v->roles_n, err));
    return member_form_languages(rq, p->lang, &v->languages, &v->languages_n, err);
}

enum bw_rc member_person_show(struct http_req *rq, struct http_resp *rs, struct bw_view public_id,
                              const struct key_form *f, struct bw_view problem, struct bw_err *err)
{
    struct key_form keys =
        f ? *f : (struct key_form){.scopes = SCOPE_READ, .days = KEY_DAYS_DEFAULT};
    struct people_person_view v;
    struct member_person p;
    struct db *db;
    BW_TRY(permission_check(req_viewer(rq), PERM_STAFFING, err));
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(member_person_find(db, req_viewer(rq), public_id, http_arena(rq), &p, err));
    if (role_is_operator_body(p.role) && !permission_has(req_viewer(rq), PERM_OWNER))
        return bw_fail(err, BW_DENIED, "who works for the hub is changed by its owner alone");
    BW_TRY(fill(rq, &p, &v, err));
    keys.person = p.public_id;
    if (v.service)
        BW_TRY(member_keys_fill(rq, db, p.id, &keys, &v.keys, err));
    v.problem = problem;
    v.done = member_form_notice(rq, &v.done_msg);
    if (problem.n || keys.failed)
        http_status(rs, STATUS_REFUSED);
    return page_send(rq, rs,
                     &(struct page){.title = p.name,
                                    .here = v.of.n ? NAV_QUEUE : NAV_ORGANISATION,
                                    .body = html_people_person_slot(&v)},
                     err);
}

enum bw_rc member_person_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return member_person_show(rq, rs, http_text(rq, "id"), NULL, BW_V(""), err);
}

/* -- forms ------------------------------------------------------------------------------------- */

enum step { EDIT, AGAIN, SUSPEND, RESUME, LEAVE, MAIL, OFFER };
struct change {
    const struct crypto_keyring *keyring;
    const struct viewer *viewer;
    enum step step;
    struct bw_view public_id, text; /* text: reason, or address */
    struct member_edit edit;
    struct bw_id made;
};

static enum bw_rc write_change(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct change *c = arg;
    switch (c->step) {
    case EDIT:
        return member_people_edit(tx, c->viewer, c->public_id, &c->edit, err);
    case AGAIN:
        return member_people_again(tx, c->keyring, c->viewer, c->public_id, &c->made, err);
    case SUSPEND:
        return member_people_suspend(tx, c->viewer, c->public_id, c->text, err);
    case RESUME:
        return member_people_resume(tx, c->viewer, c->public_id, c->text, err);
    case LEAVE:
        return member_people_leave(tx, c->viewer, c->public_id, c->text, err);
    case MAIL:
        return member_mail_ask(tx, c->viewer, c->public_id, c->text, err);
    case OFFER:
        return member_admin_offer(tx, c->viewer, c->public_id, err);
    }
    return bw_fail(err, BW_BROKEN, "internal error");
}

static enum bw_rc change(struct http_req *rq, struct http_resp *rs, struct change *c,
                         const char *done, struct bw_err *err)
{
    struct bw_err why = {0};
    c->keyring = req_hub(rq)->keyring;
    c->viewer = req_viewer(rq);
    c->public_id = http_text(rq, "id");
    enum bw_rc rc = req_write(rq, write_change, c, &why);
    if (rc == BW_OK) {
        struct bw_view id = c->step == AGAIN ? bw_view_z(c->made.text) : c->public_id;
        page_to(rq, rs, "people/%.*s?done=%s", BW_VF(id), done);
        return BW_OK;
    }
    if (member_form_shows(rc))
        return member_person_show(rq, rs, c->public_id, NULL,
                                  bw_arena_printf(http_arena(rq), "%s", why.message), err);
    *err = why;
    return rc;
}

enum bw_rc member_person_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct bw_err why = {0};
    struct change c = {.step = EDIT,
                       .edit = {.name = http_text(rq, "name"),
                                .signatory = bw_view_is(http_text(rq, "signatory"), "yes")}};
    if (member_form_read(rq, &c.edit.role, &c.edit.lang, &why) != BW_OK)
        return member_person_show(rq, rs, http_text(rq, "id"), NULL,
                                  bw_arena_printf(http_arena(rq), "%s", why.message), err);
    return change(rq, rs, &c, "saved", err);
}

enum bw_rc member_person_again_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return change(rq, rs, &(struct change){.step = AGAIN}, "invited", err);
}

enum bw_rc member_person_mail_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return change(rq, rs, &(struct change){.step = MAIL, .text = http_text(rq, "email")}, "asked",
                  err);
}

enum bw_rc member_person_offer_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return change(rq, rs, &(struct change){.step = OFFER}, "offered", err);
}

/* After somebody has left there is no page of them to go back to. */
static enum bw_rc go_back(struct http_req *rq, struct http_resp *rs, struct bw_view of,
                          const char *done)
{
    if (of.n)
        page_to(rq, rs, "people?of=%.*s&done=%s", BW_VF(of), done);
    else
        page_to(rq, rs, "people?done=%s", done);
    return BW_OK;
}

enum bw_rc member_person_state_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    static const struct {
        const char *word, *done;
        enum step step;
    } STATES[] = {{"suspended", "suspended", SUSPEND},
                  {"active", "resumed", RESUME},
                  {"left", "left", LEAVE},
                  {"withdrawn", "withdrawn", LEAVE}};
    struct member_organisation o;
    struct member_person p;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(member_person_find(db, req_viewer(rq), http_text(rq, "id"), http_arena(rq), &p, err));
    BW_TRY(member_organisation_get(db, req_viewer(rq), p.organisation_id, http_arena(rq), &o, err));
    for (size_t i = 0; i < BW_COUNT(STATES); i++) {
        if (!bw_view_is(http_text(rq, "state"), STATES[i].word))
            continue;
        struct change c = {.step = STATES[i].step, .text = http_text(rq, "reason")};
        if (bw_view_is(http_text(rq, "state"), "withdrawn"))
            c.text = BW_V("invitation withdrawn");
        BW_TRY(change(rq, rs, &c, STATES[i].done, err));
        BW_TRY(req_db(rq, &db, err));
        struct bw_err ignored;
        bool gone = member_person_find(db, req_viewer(rq), c.public_id, http_arena(rq), &p,
                                       &ignored) == BW_NOT_FOUND;
        return gone ? go_back(rq, rs,
                              permission_has(req_viewer(rq), PERM_MEMBERS) ? o.public_id : BW_V(""),
                              STATES[i].done)
                    : BW_OK;
    }
    return bw_fail(err, BW_INVALID, "there is no such state");
}

/* -- about oneself ----------------------------------------------------------------------------- */

struct own {
    const struct viewer *viewer;
    bool accept;
    struct bw_view reason;
};

static enum bw_rc write_answer(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct own *w = arg;
    return member_admin_answer(tx, w->viewer, w->accept, err);
}

enum bw_rc member_offer_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct own w = {.viewer = req_viewer(rq),
                    .accept = bw_view_is(http_text(rq, "answer"), "accept")};
    if (!w.accept && !bw_view_is(http_text(rq, "answer"), "decline"))
        return bw_fail(err, BW_INVALID, "accept or decline");
    BW_TRY(req_write(rq, write_answer, &w, err));
    if (w.accept)
        page_to(rq, rs, "sign-in");
    else
        page_to(rq, rs, "organisation");
    return BW_OK;
}

static enum bw_rc write_leave(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct own *w = arg;
    return member_self_leave(tx, w->viewer, w->reason, err);
}

enum bw_rc member_leave_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct own w = {.viewer = req_viewer(rq), .reason = bw_view_trim(http_text(rq, "reason"))};
    if (!bw_view_is(http_text(rq, "sure"), "yes"))
        return bw_fail(err, BW_INVALID, "tick the box: leaving cannot be undone by yourself");
    if (w.reason.n == 0)
        w.reason = BW_V("left by their own wish");
    BW_TRY(req_write(rq, write_leave, &w, err));
    page_to(rq, rs, "sign-in?done=out");
    return BW_OK;
}
