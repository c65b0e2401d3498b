/* SPDX-License-Identifier: Apache-2.0 */
/* circle_page - the circles that somebody is told of, one circle with who is and was in it, and
 * what its owners and members do there. */
#include "circle_page.h"

#include "permission.h"

#include "circle_html.h"

static const struct {
    const char *word, *css;
    enum tlp tlp;
} CEILINGS[] = {
    {"clear", "tlp-clear", TLP_CLEAR},
    {"green", "tlp-green", TLP_GREEN},
    {"amber", "tlp-amber", TLP_AMBER},
    {"amber_strict", "tlp-amber-strict", TLP_AMBER_STRICT},
};
static const struct page_notice NOTICES[] = {
    {"saved", MSG_circle_saved},
    {"asked", MSG_circle_asked},
    {"invited", MSG_circle_invited},
    {"refused", MSG_circle_refused},
};

/* -- cards ------------------------------------------------------------------------------------- */

static struct circle_card card_of(const struct circle *c, enum i18n_lang lang)
{
    struct circle_card card = {.id = c->public_id,
                               .tlp = bw_view_z(tlp_name(c->tlp_max)),
                               .tlp_class = bw_view_z(CEILINGS[c->tlp_max].css),
                               .hidden = c->hidden,
                               .by_request = c->by_request,
                               .inside = c->inside};
    card.name = circle_name(&c->names, lang, &card.lang);
    card.purpose = c->purpose[lang].n ? c->purpose[lang] : c->purpose[I18N_EN];
    return card;
}

static enum bw_rc fill_requests(struct http_req *rq, struct db *db, const struct circle *c,
                                const struct circle_invitation **ret, size_t *ret_n,
                                struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    const struct circle none = {.id = 0};
    struct circle_request *list;
    size_t n;
    BW_TRY(circle_requests(db, viewer, c ? c->id : 0, http_arena(rq), &list, &n, err));
    struct circle_invitation *rows =
        BW_ARENA_ARRAY(http_arena(rq), n ? n : 1, struct circle_invitation);
    if (!rows)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        rows[i] = (struct circle_invitation){.id = list[i].public_id,
                                             .circle = member_name(&list[i].circle, req_lang(rq)),
                                             .organisation =
                                                 member_name(&list[i].organisation, req_lang(rq)),
                                             .reason = list[i].reason,
                                             .asked_us = list[i].asked_us,
                                             .asked = list[i].kind == CIRCLE_ASKED,
                                             .may_decide = circle_may_decide(viewer, c ? c : &none,
                                                                             &list[i])};
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}

static enum bw_rc list_show(struct http_req *rq, struct http_resp *rs, struct bw_view problem,
                            struct bw_err *err)
{
    struct circle_list_view v = {.problem = problem, .desk = circle_is_desk(req_viewer(rq))};
    struct circle *list;
    struct db *db;
    size_t n;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(circle_list(db, req_viewer(rq), http_arena(rq), &list, &n, err));
    struct circle_card *mine = BW_ARENA_ARRAY(http_arena(rq), n ? n : 1, struct circle_card);
    struct circle_card *others = BW_ARENA_ARRAY(http_arena(rq), n ? n : 1, struct circle_card);
    if (!mine || !others)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        struct circle_card card = card_of(&list[i], req_lang(rq));
        if (list[i].inside)
            mine[v.mine_n++] = card;
        else
            others[v.others_n++] = card;
    }
    v.mine = mine;
    v.others = others;
    BW_TRY(fill_requests(rq, db, NULL, &v.invitations, &v.invitations_n, err));
    if (problem.n)
        http_status(rs, 422);
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_nav_circles,
                                    .here = NAV_ORGANISATION,
                                    .narrow = true,
                                    .body = html_circle_list_slot(&v)},
                     err);
}

CIRCLE_HANDLER(circle_list_page)
{
    return list_show(rq, rs, (struct bw_view){NULL, 0}, err);
}

/* -- forms ------------------------------------------------------------------------------------- */

static enum bw_rc read_form(struct http_req *rq, struct circle_in *in, struct bw_err *err)
{
    struct bw_view ceiling = http_text(rq, "ceiling"), joining = http_text(rq, "joining");
    size_t i = 0;
    *in = (struct circle_in){.names = {{[I18N_EN] = bw_view_trim(http_text(rq, "name_en")),
                                        [I18N_HANT] = bw_view_trim(http_text(rq, "name_hant")),
                                        [I18N_HANS] = bw_view_trim(http_text(rq, "name_hans"))}},
                             .purpose = {[I18N_EN] = http_text(rq, "purpose_en"),
                                         [I18N_HANT] = http_text(rq, "purpose_hant"),
                                         [I18N_HANS] = http_text(rq, "purpose_hans")}};
    while (i < BW_COUNT(CEILINGS) && !bw_view_is(ceiling, CEILINGS[i].word))
        i++;
    if (i == BW_COUNT(CEILINGS))
        return bw_fail(err, BW_INVALID, "ceiling: choose one of the labels");
    in->tlp_max = CEILINGS[i].tlp;
    in->hidden = bw_view_is(joining, "hidden");
    in->by_request = bw_view_is(joining, "request");
    if (!in->hidden && !in->by_request && !bw_view_is(joining, "invitation"))
        return bw_fail(err, BW_INVALID, "joining: choose how the circle is joined");
    return BW_OK;
}

struct write {
    const struct viewer *viewer;
    struct bw_view id, who, reason;
    struct circle_in in;
    struct bw_id made;
    bool give;
};

static enum bw_rc run_add(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct write *w = arg;
    return circle_add(tx, w->viewer, &w->in, &w->made, err);
}
static enum bw_rc run_edit(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct write *w = arg;
    return circle_edit(tx, w->viewer, w->id, &w->in, err);
}
static enum bw_rc run_owner(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct write *w = arg;
    return circle_owner_set(tx, w->viewer, w->id, w->who, w->give, err);
}
static enum bw_rc run_ask(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct write *w = arg;
    return circle_ask(tx, w->viewer, w->id, w->reason, err);
}
static enum bw_rc run_invite(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct write *w = arg;
    return circle_invite(tx, w->viewer, w->id, w->who, w->reason, err);
}

CIRCLE_HANDLER(circle_add_post)
{
    struct write w = {.viewer = req_viewer(rq)};
    struct bw_view problem;
    enum bw_rc rc = read_form(rq, &w.in, err);
    w.in.owner = bw_view_trim(http_text(rq, "owner"));
    if (rc == BW_OK)
        rc = req_write(rq, run_add, &w, err);
    if (rc != BW_OK)
        return circle_is_typed(rq, rc, err, &problem) ? list_show(rq, rs, problem, err) : rc;
    page_to(rq, rs, "circles/%s?done=saved", w.made.text);
    return BW_OK;
}

/* -- one circle -------------------------------------------------------------------------------- */

static struct circle_row row_of(const struct circle_member *m, enum i18n_lang lang)
{
    return (struct circle_row){.id = m->public_id,
                               .name = member_name(&m->names, lang),
                               .organisation = m->organisation,
                               .from_us = m->from_us,
                               .until_us = m->until_us,
                               .person = m->kind == HOLDER_PERSON,
                               .now = m->until_us == 0};
}

static enum bw_rc fill_rows(struct http_req *rq, const struct circle_member *list, size_t n,
                            const struct circle_row **ret, struct bw_err *err)
{
    struct circle_row *rows = BW_ARENA_ARRAY(http_arena(rq), n ? n : 1, struct circle_row);
    if (!rows)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        rows[i] = row_of(&list[i], req_lang(rq));
    *ret = rows;
    return BW_OK;
}

static enum bw_rc fill_owner_part(struct http_req *rq, struct db *db, const struct circle *c,
                                  struct circle_page_view *v, struct bw_err *err)
{
    struct circle_option *tlps =
        BW_ARENA_ARRAY(http_arena(rq), BW_COUNT(CEILINGS), struct circle_option);
    if (!tlps)
        return bw_fail_memory(err);
    for (size_t i = 0; i < BW_COUNT(CEILINGS); i++)
        tlps[i] = (struct circle_option){.value = bw_view_z(CEILINGS[i].word),
                                         .name = bw_view_z(tlp_name(CEILINGS[i].tlp)),
                                         .chosen = CEILINGS[i].tlp == c->tlp_max};
    v->tlps = tlps;
    v->tlps_n = BW_COUNT(CEILINGS);
    v->name_en = c->names.text[I18N_EN];
    v->name_hant = c->names.text[I18N_HANT];
    v->name_hans = c->names.text[I18N_HANS];
    v->purpose_en = c->purpose[I18N_EN];
    v->purpose_hant = c->purpose[I18N_HANT];
    v->purpose_hans = c->purpose[I18N_HANS];
    return fill_requests(rq, db, c, &v->requests, &v->requests_n, err);
}

static enum bw_rc fill_circle(struct http_req *rq, struct db *db, const struct circle *c,
                              struct circle_page_view *v, struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    struct circle_member *members, *owners;
    v->c = card_of(c, req_lang(rq));
    v->desk = circle_is_desk(viewer);
    v->may_own = c->may_own;
    v->told = c->inside || c->may_own || role_is_staff(viewer->role);
    v->may_ask = c->by_request && !c->inside && viewer->role == ROLE_ADMIN && !viewer->limited;
    v->may_leave = c->inside && viewer->role == ROLE_ADMIN;
    BW_TRY(circle_owners(db, c, http_arena(rq), &owners, &v->owners_n, err));
    BW_TRY(fill_rows(rq, owners, v->owners_n, &v->owners, err));
    if (v->told) {
        BW_TRY(circle_members(db, c, http_arena(rq), &members, &v->rows_n, err));
        BW_TRY(fill_rows(rq, members, v->rows_n, &v->rows, err));
        for (size_t i = 0; i < v->rows_n; i++)
            v->now_n += v->rows[i].now;
    }
    return v->may_own ? fill_owner_part(rq, db, c, v, err) : BW_OK;
}

static enum bw_rc one_show(struct http_req *rq, struct http_resp *rs, struct bw_view done,
                           struct bw_view problem, struct bw_err *err)
{
    struct circle_page_view v = {.problem = problem};
    struct circle c;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(circle_get(db, req_viewer(rq), http_text(rq, "id"), http_arena(rq), &c, err));
    BW_TRY(fill_circle(rq, db, &c, &v, err));
    for (size_t i = 0; i < BW_COUNT(NOTICES); i++)
        if (bw_view_is(done, NOTICES[i].word)) {
            v.done = true;
            v.done_msg = NOTICES[i].msg;
        }
    if (problem.n)
        http_status(rs, 422);
    return page_send(rq, rs,
                     &(struct page){.title = v.c.name,
                                    .here = NAV_ORGANISATION,
                                    .body = html_circle_page_slot(&v)},
                     err);
}

CIRCLE_HANDLER(circle_one_page)
{
    return one_show(rq, rs, http_text(rq, "done"), (struct bw_view){NULL, 0}, err);
}

/* After a write on one circle: back to it, or what was wrong, on it. */
static enum bw_rc answer(struct http_req *rq, struct http_resp *rs, enum bw_rc rc, const char *done,
                         struct bw_err *err)
{
    struct bw_view problem;
    if (rc != BW_OK)
        return circle_is_typed(rq, rc, err, &problem)
                   ? one_show(rq, rs, (struct bw_view){NULL, 0}, problem, err)
                   : rc;
    page_to(rq, rs, "circles/%.*s?done=%s", BW_VF(http_text(rq, "id")), done);
    return BW_OK;
}

static struct write write_of(struct http_req *rq)
{
    return (struct write){.viewer = req_viewer(rq), .id = http_text(rq, "id")};
}

CIRCLE_HANDLER(circle_edit_post)
{
    struct write w = write_of(rq);
    enum bw_rc rc = read_form(rq, &w.in, err);
    if (rc == BW_OK)
        rc = req_write(rq, run_edit, &w, err);
    return answer(rq, rs, rc, "saved", err);
}

CIRCLE_HANDLER(circle_owner_post)
{
    struct write w = write_of(rq);
    w.who = bw_view_trim(http_text(rq, "who"));
    w.give = !bw_view_is(http_text(rq, "action"), "end");
    return answer(rq, rs, req_write(rq, run_owner, &w, err), "saved", err);
}

CIRCLE_HANDLER(circle_ask_post)
{
    struct write w = write_of(rq);
    w.reason = http_text(rq, "reason");
    return answer(rq, rs, req_write(rq, run_ask, &w, err), "asked", err);
}

CIRCLE_HANDLER(circle_invite_post)
{
    struct write w = write_of(rq);
    w.who = bw_view_trim(http_text(rq, "who"));
    w.reason = http_text(rq, "reason");
    return answer(rq, rs, req_write(rq, run_invite, &w, err), "invited", err);
}

/* -- in and out -------------------------------------------------------------------------------- */

CIRCLE_HANDLER(circle_member_post)
{
    struct bw_view id = http_text(rq, "id"), action = http_text(rq, "action");
    bool give = !bw_view_is(action, "end");
    const struct circle_field fields[] = {{"action", give ? BW_V("give") : BW_V("end")},
                                          {"who", http_text(rq, "who")},
                                          {"reason", http_text(rq, "reason")}};
    const struct circle_step s = {.change = {.act = give ? CIRCLE_ACT_GIVE : CIRCLE_ACT_END,
                                             .actor = req_viewer(rq),
                                             .circle = id,
                                             .who = fields[1].value,
                                             .reason = fields[2].value},
                                  .title = give ? MSG_circle_let_in : MSG_circle_let_out,
                                  .fields = fields,
                                  .n_fields = BW_COUNT(fields),
                                  .action = bw_arena_printf(http_arena(rq), "circles/%.*s/members",
                                                            BW_VF(id)),
                                  .back =
                                      bw_arena_printf(http_arena(rq), "circles/%.*s", BW_VF(id)),
                                  .done = "saved"};
    return circle_step_run(rq, rs, &s, err);
}

CIRCLE_HANDLER(circle_leave_post)
{
    struct bw_view id = http_text(rq, "id");
    const struct circle_step s =
        {.change = {.act = CIRCLE_ACT_LEAVE, .actor = req_viewer(rq), .circle = id},
         .title = MSG_circle_leave,
         .action = bw_arena_printf(http_arena(rq), "circles/%.*s/leave", BW_VF(id)),
         .back = BW_V("circles"),
         .done = "saved"};
    return circle_step_run(rq, rs, &s, err);
}

struct refusal {
    const struct viewer *viewer;
    struct bw_view request, reason;
};
static enum bw_rc run_refuse(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct refusal *f = arg;
    const struct viewer *hub = viewer_system("the circle of a request that the viewer sees");
    BW_AUTO(bw_arena) *arena = bw_arena_new(1 << 20);
    struct circle_request r;
    struct circle c;
    struct db *db = db_tx_db(tx);
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(circle_request_get(db, f->viewer, f->request, arena, &r, err));
    if (r.kind == CIRCLE_INVITED)
        BW_TRY(circle_by_key(db, hub, r.circle_id, arena, &c, err));
    else
        BW_TRY(circle_by_key(db, f->viewer, r.circle_id, arena, &c, err));
    return circle_request_close(tx, f->viewer, &c, &r, CIRCLE_REFUSED, f->reason, err);
}

CIRCLE_HANDLER(circle_decide_post)
{
    struct bw_view id = http_text(rq, "id"), problem;
    const struct circle_field fields[] = {{"decision", BW_V("take")},
                                          {"reason", http_text(rq, "reason")}};
    struct refusal f = {req_viewer(rq), id, fields[1].value};
    const struct circle_step s = {.change = {.act = CIRCLE_ACT_TAKE,
                                             .actor = req_viewer(rq),
                                             .request = id,
                                             .reason = fields[1].value},
                                  .title = MSG_circle_let_in,
                                  .fields = fields,
                                  .n_fields = BW_COUNT(fields),
                                  .action = bw_arena_printf(http_arena(rq), "circle-requests/%.*s",
                                                            BW_VF(id)),
                                  .back = BW_V("circles"),
                                  .done = "saved"};
    if (bw_view_is(http_text(rq, "decision"), "take"))
        return circle_step_run(rq, rs, &s, err);
    enum bw_rc rc = req_write(rq, run_refuse, &f, err);
    if (rc != BW_OK)
        return circle_is_typed(rq, rc, err, &problem) ? list_show(rq, rs, problem, err) : rc;
    page_to(rq, rs, "circles?done=refused");
    return BW_OK;
}
