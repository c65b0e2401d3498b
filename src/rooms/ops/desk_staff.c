/* SPDX-License-Identifier: Apache-2.0 */
/* desk_staff - who works for the hub, and in which role. Giving the role of operator asks for a
 * second person (approval.h); everything else is done at once. Nobody changes their own role: so
 * there is always an operator left. */
#include "approval.h"
#include "desk_int.h"

#include "ops_html.h"

static const struct desk_role ROLES[] = {
    {"representative", MSG_desk_role_none},   {"analyst", MSG_desk_role_analyst},
    {"membership", MSG_desk_role_membership}, {"sysadmin", MSG_desk_role_sysadmin},
    {"auditor", MSG_desk_role_auditor},       {"operator", MSG_desk_role_operator},
};
static const struct {
    const char *word;
    enum i18n_msg msg;
} DONE[] = {
    {"role", MSG_desk_done_role},
    {"asked", MSG_desk_done_asked},
    {"body", MSG_desk_done_body},
};

bool desk_typed_wrong(enum bw_rc rc)
{
    return rc == BW_INVALID || rc == BW_CONFLICT || rc == BW_NOT_FOUND || rc == BW_DENIED;
}

enum bw_rc desk_name(struct http_req *rq, struct db *db, int64_t person_id, struct bw_view *ret,
                     struct bw_err *err)
{
    struct member_recipient p;
    *ret = (struct bw_view){NULL, 0};
    if (person_id == 0)
        return BW_OK;
    BW_TRY(member_person_get(db, person_id, http_arena(rq), &p, err));
    *ret = p.name;
    return BW_OK;
}

enum bw_rc desk_organisation(struct http_req *rq, struct db *db, int64_t organisation_id,
                             struct bw_view *ret, struct bw_err *err)
{
    struct member_organisation o;
    BW_TRY(member_organisation_get(db, req_viewer(rq), organisation_id, http_arena(rq), &o, err));
    *ret = member_name(&o.names, req_lang(rq));
    return BW_OK;
}

/* -- the page ---------------------------------------------------------------------------------- */

static struct desk_person person_of(struct http_req *rq, const struct member_staff *s)
{
    return (struct desk_person){.public_id = s->public_id,
                                .name = s->name,
                                .email = s->email,
                                .role_msg = member_role_msg(s->role),
                                .seen_us = s->seen_us,
                                .second_step = s->second_step,
                                .works = role_is_operator_body(s->role),
                                .self = s->id == req_viewer(rq)->person_id};
}

struct gather {
    struct desk_staff_page *page;
    struct desk_person *choices;
    size_t room;
};

static enum bw_rc fill_body(struct http_req *rq, struct db *db, int64_t id, struct gather *g,
                            struct desk_body *ret, struct bw_err *err)
{
    struct member_organisation o;
    struct member_staff *list;
    size_t n, shown = 0;
    BW_TRY(member_organisation_get(db, req_viewer(rq), id, http_arena(rq), &o, err));
    BW_TRY(member_staff_of(db, req_viewer(rq), id, http_arena(rq), &list, &n, err));
    struct desk_person *people = BW_ARENA_ARRAY(http_arena(rq), n, struct desk_person);
    if (!people)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        struct desk_person p = person_of(rq, &list[i]);
        if (p.works)
            people[shown++] = p;
        if (!p.self && g->page->choices_n < g->room)
            g->choices[g->page->choices_n++] = p;
    }
    *ret = (struct desk_body){.public_id = o.public_id,
                              .name = member_name(&o.names, req_lang(rq)),
                              .people = people,
                              .people_n = shown,
                              .more = shown < n};
    return BW_OK;
}

static enum bw_rc fill_bodies(struct http_req *rq, struct db *db, struct desk_staff_page *d,
                              struct bw_err *err)
{
    enum { CHOICES_MAX = 2000 };
    int64_t *keys;
    size_t n;
    struct gather g = {.page = d, .room = CHOICES_MAX};
    BW_TRY(ops_body_list(db, http_arena(rq), &keys, &n, err));
    struct desk_body *bodies = BW_ARENA_ARRAY(http_arena(rq), n, struct desk_body);
    g.choices = BW_ARENA_ARRAY(http_arena(rq), CHOICES_MAX, struct desk_person);
    if (!bodies || !g.choices)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        BW_TRY(fill_body(rq, db, keys[i], &g, &bodies[i], err));
    d->bodies = bodies;
    d->bodies_n = n;
    d->choices = g.choices;
    return BW_OK;
}

static enum bw_rc fill_organisations(struct http_req *rq, struct db *db, struct desk_staff_page *d,
                                     struct bw_err *err)
{
    struct member_choice *list;
    size_t n;
    BW_TRY(member_choices(db, req_viewer(rq), GRANT_ORGANISATION, req_lang(rq), http_arena(rq),
                          &list, &n, err));
    struct ops_choice *out = BW_ARENA_ARRAY(http_arena(rq), n, struct ops_choice);
    if (!out)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct ops_choice){list[i].public_id, list[i].name};
    d->organisations = out;
    d->organisations_n = n;
    return BW_OK;
}

static enum bw_rc show(struct http_req *rq, struct http_resp *rs, struct bw_view problem,
                       struct bw_err *err)
{
    struct desk_staff_page d = {.nav = desk_nav_of(req_viewer(rq)),
                                .roles = ROLES,
                                .roles_n = BW_COUNT(ROLES),
                                .problem = problem,
                                .reason = problem.n ? http_text(rq, "reason") : problem,
                                .alone_h =
                                    setting_int(req_hub(rq)->settings, SETTING_FOUR_EYES_ALONE)};
    int64_t others;
    struct db *db;
    for (size_t i = 0; problem.n == 0 && i < BW_COUNT(DONE); i++)
        if (bw_view_is(http_text(rq, "done"), DONE[i].word)) {
            d.done = true;
            d.done_msg = DONE[i].msg;
        }
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(fill_bodies(rq, db, &d, err));
    BW_TRY(fill_organisations(rq, db, &d, err));
    BW_TRY(member_count_roles(db, 1u << ROLE_OPERATOR, req_viewer(rq)->person_id, 0, &others, err));
    d.single = others == 0;
    if (problem.n)
        http_status(rs, 422);
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_desk_staff,
                                    .here = NAV_QUEUE,
                                    .body = html_desk_staff_slot(&d)},
                     err);
}

enum bw_rc desk_staff(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return show(rq, rs, (struct bw_view){NULL, 0}, err);
}

/* -- giving and ending roles ------------------------------------------------------------------- */

struct role_write {
    const struct viewer *viewer;
    struct bw_view person, reason;
    enum role to;
    bool asked; /* out: it waits for a second person */
};

static bool role_of(struct bw_view word, enum role *ret)
{
    for (int role = ROLE_REPRESENTATIVE; role < ROLES_COUNT; role++)
        if (bw_view_is(word, role_name((enum role)role)) &&
            (role == ROLE_REPRESENTATIVE || role_is_operator_body((enum role)role)) &&
            role_is_persons((enum role)role)) {
            *ret = (enum role)role;
            return true;
        }
    return false;
}

static enum bw_rc check_owner(struct db *db, const struct viewer *viewer, struct bw_err *err)
{
    struct member_office me;
    BW_TRY(member_office(db, viewer->person_id, &me, err));
    if (!me.active || me.role != ROLE_OPERATOR)
        return bw_fail(err, BW_DENIED, "your role does not include this");
    return BW_OK;
}

static enum bw_rc check_person(struct db *db, const struct role_write *w,
                               const struct member_staff *s, struct bw_err *err)
{
    bool body;
    if (s->id == w->viewer->person_id)
        return bw_fail(err, BW_INVALID, "nobody changes their own role: ask another operator");
    BW_TRY(ops_body_is(db, s->organisation_id, &body, err));
    if (!body || !s->active)
        return bw_fail(err, BW_INVALID,
                       "roles of the hub are for people of the organisations that run it");
    if (s->role == w->to)
        return bw_fail(err, BW_CONFLICT, "this person has that role already");
    if (w->reason.n < APPROVAL_REASON_MIN)
        return bw_fail(err, BW_INVALID, "say why: it is kept with the change");
    return BW_OK;
}

static enum bw_rc write_role(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct role_write *w = arg;
    BW_AUTO(bw_arena) *arena = bw_arena_new(64 << 10);
    struct member_staff s;
    struct bw_id id;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(check_owner(db_tx_db(tx), w->viewer, err));
    BW_TRY(member_staff_find(db_tx_db(tx), w->viewer, w->person, arena, &s, err));
    BW_TRY(check_person(db_tx_db(tx), w, &s, err));
    w->asked = w->to == ROLE_OPERATOR;
    if (w->asked)
        return approval_ask(tx,
                            &(struct approval_ask){approval_act_of(BW_V("role.operator")),
                                                   s.public_id, w->reason, w->viewer->person_id},
                            &id, err);
    return member_role_change(tx,
                              &(struct member_role_change){w->viewer->person_id, s.id, s.role,
                                                           w->to, w->reason},
                              err);
}

static enum bw_rc answer(struct http_req *rq, struct http_resp *rs, enum bw_rc rc, const char *done,
                         struct bw_err *err)
{
    if (rc == BW_OK) {
        page_to(rq, rs, "queue/staff?done=%s", done);
        return BW_OK;
    }
    if (!desk_typed_wrong(rc) || rc == BW_DENIED)
        return rc;
    return show(rq, rs, bw_arena_printf(http_arena(rq), "%s", err->message), err);
}

enum bw_rc desk_staff_role(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct role_write w = {.viewer = req_viewer(rq),
                           .person = http_text(rq, "person"),
                           .reason = bw_view_trim(http_text(rq, "reason"))};
    enum bw_rc rc;
    if (!role_of(http_text(rq, "role"), &w.to))
        rc = bw_fail(err, BW_INVALID, "there is no such role");
    else
        rc = req_write(rq, write_role, &w, err);
    return answer(rq, rs, rc, w.asked ? "asked" : "role", err);
}

/* -- bodies ------------------------------------------------------------------------------------ */

struct body_write {
    const struct viewer *viewer;
    struct bw_view organisation, reason;
    bool end;
};

static enum bw_rc write_body(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct body_write *w = arg;
    int64_t id;
    BW_TRY(check_owner(db_tx_db(tx), w->viewer, err));
    BW_TRY(member_resolve(db_tx_db(tx), w->viewer, GRANT_ORGANISATION, w->organisation, &id, err));
    if (w->reason.n < APPROVAL_REASON_MIN)
        return bw_fail(err, BW_INVALID, "say why: it is kept with the change");
    return w->end ? ops_body_end(tx, w->viewer->person_id, id, w->reason, err)
                  : ops_body_add(tx, w->viewer->person_id, id, w->reason, err);
}

enum bw_rc desk_staff_body(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct body_write w = {.viewer = req_viewer(rq),
                           .organisation = http_text(rq, "organisation"),
                           .reason = bw_view_trim(http_text(rq, "reason")),
                           .end = bw_view_is(http_text(rq, "what"), "end")};
    enum bw_rc rc = w.end || bw_view_is(http_text(rq, "what"), "add")
                        ? req_write(rq, write_body, &w, err)
                        : bw_fail(err, BW_INVALID, "choose whether to add or to end");
    return answer(rq, rs, rc, "body", err);
}
