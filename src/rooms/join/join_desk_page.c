/* SPDX-License-Identifier: Apache-2.0 */
/* join_desk_page - applications as the desk works on them and as members are asked about them.
 *
 * One template shows a case to both. What it shows follows from the viewer: people, what was said
 * and by whom, and whom the applicant resembles are read as the desk or not at all. */
#include "join_page.h"

#include "bw_clock.h"
#include "join_html.h"

/* -- the queue --------------------------------------------------------------------------------- */

static void fill_row(struct http_req *rq, const struct join_list_row *r, struct join_case_row *ret)
{
    int64_t days = join_overdue_days(req_hub(rq)->settings, r->state);
    *ret =
        (struct join_case_row){.public_id = r->public_id,
                               .name = member_name(&r->names, req_lang(rq)),
                               .domain = r->domain,
                               .claimed = r->claimed_name,
                               .route_msg = join_route_msg(r->route),
                               .state_msg = join_state_msg(r->state),
                               .since_us = r->since_us,
                               .until_us = r->state == JOIN_OBJECTION ? r->objections_until_us : 0,
                               .late = days > 0 && bw_now_us() - r->since_us > days * BW_DAY_US,
                               .alike = r->alike};
}

/* Overdue first; within both halves the oldest first, as they come. */
static enum bw_rc read_rows(struct http_req *rq, bool asked, struct join_case_row **ret,
                            size_t *ret_n, int64_t *ret_late, struct bw_err *err)
{
    struct join_list_row *list;
    struct db *db;
    size_t n, at = 0;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(join_list(db, req_viewer(rq), asked, http_arena(rq), &list, &n, err));
    struct join_case_row *rows = BW_ARENA_ARRAY(http_arena(rq), n + 1, struct join_case_row);
    if (!rows)
        return bw_fail_memory(err);
    for (int late = 1; late >= 0; late--)
        for (size_t i = 0; i < n; i++) {
            struct join_case_row row;
            fill_row(rq, &list[i], &row);
            if (row.late != (late == 1))
                continue;
            rows[at++] = row;
            *ret_late += row.late;
        }
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}

enum bw_rc join_desk_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct join_desk_view d = {.may_found = permission_has(req_viewer(rq), PERM_OWNER)};
    struct join_case_row *rows;
    BW_TRY(read_rows(rq, false, &rows, &d.rows_n, &d.late, err));
    d.rows = rows;
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_join_applications,
                                    .here = NAV_QUEUE,
                                    .body = html_join_desk_slot(&d)},
                     err);
}

enum bw_rc join_asked_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct join_asked_view d = {.rows_n = 0};
    struct join_case_row *rows;
    int64_t ignored = 0;
    BW_TRY(read_rows(rq, true, &rows, &d.rows_n, &ignored, err));
    d.rows = rows;
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_join_asked,
                                    .here = NAV_ORGANISATION,
                                    .body = html_join_asked_slot(&d)},
                     err);
}

/* -- one case ---------------------------------------------------------------------------------- */

static enum bw_rc fill_people(struct http_req *rq, struct db *db, struct join_application *a,
                              struct join_case_view *d, struct bw_err *err)
{
    static const enum i18n_msg KINDS[] = {MSG_join_kind_applicant, MSG_join_kind_emergency,
                                          MSG_join_kind_representative};
    struct join_person_view *list =
        BW_ARENA_ARRAY(http_arena(rq), JOIN_PEOPLE_MAX, struct join_person_view);
    if (!list)
        return bw_fail_memory(err);
    BW_TRY(join_people_read(db, req_viewer(rq), http_arena(rq), a, err));
    for (size_t i = 0; i < a->people_n; i++) {
        const struct join_person *p = &a->people[i];
        if (p->name.n == 0 && p->email.n == 0)
            continue;
        bool rep = p->kind == JOIN_REPRESENTATIVE;
        list[d->people_n++] = (struct join_person_view){
            .kind_msg = KINDS[p->kind],
            .has_role = rep,
            .role_msg = member_role_msg(rep ? p->role : ROLE_REPRESENTATIVE),
            .name = p->name,
            .email = p->email,
            .phone = p->phone,
            .signs = p->signatory,
        };
    }
    d->people = list;
    return BW_OK;
}

static enum bw_rc fill_words(struct http_req *rq, struct db *db, const struct join_application *a,
                             struct join_case_view *d, struct bw_err *err)
{
    struct join_word *words;
    size_t n;
    BW_TRY(join_words(db, req_viewer(rq), a->id, http_arena(rq), &words, &n, err));
    struct join_word_view *list = BW_ARENA_ARRAY(http_arena(rq), n + 1, struct join_word_view);
    if (!list)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        const struct join_word *w = &words[i];
        enum i18n_msg msg = w->kind == JOIN_VOUCHES   ? MSG_join_word_vouches
                            : w->kind == JOIN_OBJECTS ? MSG_join_word_objects
                            : w->aye                  ? MSG_join_word_accepts
                                                      : MSG_join_word_refuses;
        list[i] =
            (struct join_word_view){.msg = msg,
                                    .state_msg = join_state_msg(w->state),
                                    .person = w->person,
                                    .organisation = member_name(&w->organisation, req_lang(rq)),
                                    .reason = w->reason,
                                    .at_us = w->at_us};
        d->vouchers += w->kind == JOIN_VOUCHES;
        if (w->kind == JOIN_DECIDES && w->state == a->state &&
            w->person_id == req_viewer(rq)->person_id)
            d->may_decide = false;
    }
    d->words = list;
    d->words_n = n;
    return BW_OK;
}

static enum bw_rc fill_alikes(struct http_req *rq, struct db *db, const struct join_application *a,
                              struct join_case_view *d, struct bw_err *err)
{
    static const enum i18n_msg DOMAINS[JOIN_ALIKES] = {MSG_join_alike_same, MSG_join_alike_glyph,
                                                       MSG_join_alike_hyphen, MSG_join_alike_ending,
                                                       MSG_join_alike_letter};
    static const enum i18n_msg NAMES[JOIN_ALIKES] = {MSG_join_alike_name_same,
                                                     MSG_join_alike_name_glyph,
                                                     MSG_join_alike_name_glyph,
                                                     MSG_join_alike_name_glyph,
                                                     MSG_join_alike_name_letter};
    struct join_resemblance found[JOIN_LOOK_MAX];
    struct join_alike_view *list =
        BW_ARENA_ARRAY(http_arena(rq), JOIN_LOOK_MAX, struct join_alike_view);
    if (!list)
        return bw_fail_memory(err);
    BW_TRY(join_look(db, a, http_arena(rq), found, &d->alikes_n, err));
    for (size_t i = 0; i < d->alikes_n; i++)
        list[i] =
            (struct join_alike_view){.msg = (found[i].of_name ? NAMES : DOMAINS)[found[i].alike],
                                     .organisation = found[i].organisation,
                                     .what = found[i].what};
    d->alikes = list;
    return BW_OK;
}

static bool notice(struct http_req *rq, enum i18n_msg *ret)
{
    static const struct page_notice NOTICES[] = {
        {"take_up", MSG_join_did_take_up},  {"claim", MSG_join_did_claim},
        {"release", MSG_join_did_release},  {"close", MSG_join_did_close},
        {"registered", MSG_join_did_check}, {"typed", MSG_join_did_check},
        {"look", MSG_join_did_check},       {"accept", MSG_join_did_accept},
        {"refuse", MSG_join_did_refuse},    {"again", MSG_join_did_again},
        {"vouch", MSG_join_did_vouch},      {"object", MSG_join_did_object},
        {"founded", MSG_join_did_found},
    };
    for (size_t i = 0; i < BW_COUNT(NOTICES); i++)
        if (bw_view_is(http_text(rq, "done"), NOTICES[i].word)) {
            *ret = NOTICES[i].msg;
            return true;
        }
    return false;
}

static enum bw_rc sector_names(struct http_req *rq, struct db *db, const struct join_application *a,
                               struct bw_view *ret, struct bw_err *err)
{
    BW_AUTO_BUF out = BW_BUF_INIT(8192);
    struct member_choice *list;
    size_t n;
    BW_TRY(member_choices(db, req_viewer(rq), GRANT_SECTOR, req_lang(rq), http_arena(rq), &list, &n,
                          err));
    for (size_t i = 0; i < n; i++) {
        if (bw_view_find(a->sectors, list[i].public_id) == SIZE_MAX)
            continue;
        if (out.n)
            BW_BUF_LIT(&out, " · ");
        bw_buf_view(&out, list[i].name);
    }
    BW_TRY(bw_buf_rc(&out, "sectors", err));
    return bw_view_copy(http_arena(rq), bw_buf_text(&out), ret, err);
}

static enum bw_rc fill_facts(struct http_req *rq, struct db *db, const struct join_application *a,
                             struct join_case_view *d, struct bw_err *err)
{
    struct member_organisation sponsor;
    *d = (struct join_case_view){
        .public_id = a->public_id,
        .registration = a->registration,
        .domains = a->domains,
        .networks = a->networks,
        .group = a->company_group,
        .why = a->why,
        .class_msg = member_class_msg(a->class_),
        .size_msg = join_size_msg(a->size),
        .proof_msg = join_proof_msg(a->proof),
        .created_us = a->created_us,
        .proof_us = a->proof_us,
        .registered_us = a->registered_us,
        .signed_us = a->signed_us,
        .proof_what = a->proof_what,
        .registered_what = a->registered_what,
        .dns_value =
            bw_arena_printf(http_arena(rq), "%s%.*s", JOIN_DNS_PREFIX, BW_VF(a->dns_value)),
        .signed_name = a->signed_name,
        .signed_title = a->signed_title,
        .proven = a->proof != JOIN_PROOF_NONE,
        .registered = a->registered_us != 0,
        .vouchers_wanted = setting_int(req_hub(rq)->settings, SETTING_JOIN_VOUCHERS),
        .eyes = join_eyes(req_hub(rq)->settings, a->state),
    };
    const struct join_list_row row = {.public_id = a->public_id,
                                      .names = a->names,
                                      .domain = a->domain,
                                      .route = a->route,
                                      .state = a->state,
                                      .since_us = a->since_us,
                                      .objections_until_us = a->objections_until_us};
    fill_row(rq, &row, &d->row);
    d->names = a->names.text;
    d->names_n = I18N_LANGS;
    BW_TRY(sector_names(rq, db, a, &d->sectors, err));
    if (a->sponsor_id == 0)
        return BW_OK;
    BW_TRY(
        member_organisation_get(db, req_viewer(rq), a->sponsor_id, http_arena(rq), &sponsor, err));
    d->sponsor = member_name(&sponsor.names, req_lang(rq));
    return BW_OK;
}

/* What the desk may do now; the write functions ask again. */
static void fill_rights(struct http_req *rq, const struct join_application *a,
                        struct join_case_view *d)
{
    bool may = permission_has(req_viewer(rq), PERM_DECIDE);
    d->may_take_up = may && a->state == JOIN_SUBMITTED;
    d->may_check = may && a->state >= JOIN_SUBMITTED && a->state <= JOIN_COMMITTEE;
    d->may_close = may && a->state == JOIN_OBJECTION && bw_now_us() >= a->objections_until_us;
    d->may_accept = may && join_step_exists(a->route, a->state, JOIN_SIGNING, JOIN_BY_DECISION);
    d->may_refuse = may && join_step_exists(a->route, a->state, JOIN_REJECTED, JOIN_BY_DECISION);
    d->may_decide = d->may_accept || d->may_refuse;
    d->may_claim = may && a->claimed_by == 0 && a->state >= JOIN_SUBMITTED && !join_ended(a->state);
    d->may_release = may && a->claimed_by == req_viewer(rq)->person_id && a->claimed_by;
    d->signing = may && a->state == JOIN_SIGNING;
}

enum bw_rc join_case_send(struct http_req *rq, struct http_resp *rs, bool desk,
                          struct bw_view problem, struct bw_err *err)
{
    struct join_application *a = BW_ARENA_NEW(http_arena(rq), struct join_application);
    struct join_case_view *d = BW_ARENA_NEW(http_arena(rq), struct join_case_view);
    struct db *db;
    if (!a || !d)
        return bw_fail_memory(err);
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(join_get(db, req_viewer(rq), http_text(rq, "id"), http_arena(rq), a, err));
    BW_TRY(fill_facts(rq, db, a, d, err));
    d->desk = desk;
    d->problem = problem;
    if (desk) {
        fill_rights(rq, a, d);
        BW_TRY(fill_people(rq, db, a, d, err));
        BW_TRY(fill_words(rq, db, a, d, err));
        BW_TRY(fill_alikes(rq, db, a, d, err));
    } else {
        d->may_vouch = a->state == JOIN_VOUCHING;
        d->may_object = a->state == JOIN_VOUCHING || a->state == JOIN_OBJECTION;
    }
    d->done = notice(rq, &d->done_msg);
    if (problem.n)
        http_status(rs, JOIN_REFUSED);
    return page_send(rq, rs,
                     &(struct page){.title = member_name(&a->names, req_lang(rq)),
                                    .here = desk ? NAV_QUEUE : NAV_ORGANISATION,
                                    .body = html_join_case_slot(d)},
                     err);
}

enum bw_rc join_case_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return join_case_send(rq, rs, true, (struct bw_view){NULL, 0}, err);
}

/* Members see what asks them, and nothing once it no longer does: staff have their own page. */
enum bw_rc join_ask_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct join_application *a = BW_ARENA_NEW(http_arena(rq), struct join_application);
    struct db *db;
    if (!a)
        return bw_fail_memory(err);
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(join_get(db, req_viewer(rq), http_text(rq, "id"), http_arena(rq), a, err));
    if (a->state != JOIN_VOUCHING && a->state != JOIN_OBJECTION)
        return bw_fail(err, BW_NOT_FOUND, "there is no such application");
    return join_case_send(rq, rs, false, (struct bw_view){NULL, 0}, err);
}

/* -- what is done ------------------------------------------------------------------------------ */

static enum bw_rc look_up(struct http_req *rq, struct join_say *s, struct bw_err *err)
{
    BW_AUTO_BUF found = BW_BUF_INIT(2048);
    struct join_application *a = BW_ARENA_NEW(http_arena(rq), struct join_application);
    struct db *db;
    if (!a)
        return bw_fail_memory(err);
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(join_get(db, req_viewer(rq), s->application, http_arena(rq), a, err));
    req_db_done(rq);
    BW_TRY(join_dns_look(setting_text(req_hub(rq)->settings, SETTING_JOIN_RESOLVER), a->domain,
                         a->dns_value, &found, err));
    s->aye = true;
    return bw_view_copy(http_arena(rq), bw_buf_text(&found), &s->reason, err);
}

struct action {
    const char *word;
    db_write_fn run;
    bool aye;
};

static const struct action *find_action(const struct action *list, size_t n, struct bw_view word)
{
    for (size_t i = 0; i < n; i++)
        if (bw_view_is(word, list[i].word))
            return &list[i];
    return NULL;
}

static enum bw_rc act(struct http_req *rq, struct http_resp *rs, const struct action *list,
                      size_t n, bool desk, struct bw_err *err)
{
    const struct action *todo = find_action(list, n, http_text(rq, "action"));
    struct join_say s = {.hub = req_hub(rq),
                         .viewer = req_viewer(rq),
                         .application = http_text(rq, "id"),
                         .reason = bw_view_trim(http_text(rq, "reason"))};
    enum bw_rc rc = BW_OK;
    if (!todo)
        return bw_fail(err, BW_INVALID, "there is no such action");
    s.aye = todo->aye;
    if (bw_view_is(http_text(rq, "action"), "look"))
        rc = look_up(rq, &s, err);
    if (rc == BW_OK)
        rc = req_write(rq, todo->run, &s, err);
    if (rc == BW_OK) {
        page_to(rq, rs, "%sapplications/%.*s?done=%s", desk ? "queue/" : "", BW_VF(s.application),
                todo->word);
        return BW_OK;
    }
    /* A look-up that found nothing, or no resolver, is an answer for the person too. */
    bool looked = bw_view_is(http_text(rq, "action"), "look") &&
                  (rc == BW_IO || (rc == BW_NOT_FOUND && s.reason.n == 0));
    if (!join_is_persons(rc) && !looked)
        return rc;
    struct bw_view said = join_said(rq, err);
    return join_case_send(rq, rs, desk, said, err);
}

enum bw_rc join_case_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    static const struct action ACTIONS[] = {
        {"take_up", join_take_up, false},
        {"claim", join_claim, false},
        {"release", join_release, false},
        {"close", join_window_over, false},
        {"registered", join_registered_seen, false},
        {"typed", join_dns_seen, false},
        {"look", join_dns_seen, true},
        {"accept", join_decide, true},
        {"refuse", join_decide, false},
        {"again", join_sign_again, false},
    };
    return act(rq, rs, ACTIONS, BW_COUNT(ACTIONS), true, err);
}

enum bw_rc join_ask_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    static const struct action ACTIONS[] = {{"vouch", join_vouch, true},
                                            {"object", join_object, false}};
    return act(rq, rs, ACTIONS, BW_COUNT(ACTIONS), false, err);
}

/* -- founding ---------------------------------------------------------------------------------- */

enum bw_rc join_founding_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    const struct join_application empty = {.lang = req_lang(rq)};
    const struct join_form_show show = {.founding = true};
    return join_form_send(rq, rs, &empty, &show, err);
}

struct found {
    struct join_apply apply;
    const struct viewer *viewer;
};

static enum bw_rc write_found(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct found *f = arg;
    BW_TRY(permission_check(f->viewer, PERM_OWNER, err));
    f->apply.actor_id = f->viewer->person_id;
    BW_TRY(join_free(db_tx_db(tx), f->apply.in, err));
    BW_TRY(join_draft_new(tx, &f->apply, err));
    f->apply.in->state = JOIN_DRAFT;
    f->apply.in->public_id = bw_view_z(f->apply.public_id.text);
    return join_step(tx, f->apply.in,
                     &(struct join_step_in){.hub = f->apply.hub,
                                            .to = JOIN_SIGNING,
                                            .by = JOIN_BY_DESK,
                                            .actor_id = f->viewer->person_id},
                     err);
}

enum bw_rc join_founding_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct join_problem problems[JOIN_PROBLEMS_MAX];
    struct join_form_show show = {.founding = true, .problems = problems};
    struct join_application *a = BW_ARENA_NEW(http_arena(rq), struct join_application);
    if (!a)
        return bw_fail_memory(err);
    BW_TRY(join_form_read(rq, a, err));
    a->route = JOIN_FOUNDING;
    show.problems_n = join_check(req_hub(rq)->settings, a, problems);
    if (show.problems_n)
        return join_form_send(rq, rs, a, &show, err);
    struct found f = {.apply = {.hub = req_hub(rq), .in = a}, .viewer = req_viewer(rq)};
    enum bw_rc rc = req_write(rq, write_found, &f, err);
    crypto_wipe(&f.apply.token, sizeof(f.apply.token));
    if (rc != BW_OK && !join_is_persons(rc))
        return rc;
    if (rc != BW_OK) {
        show.problem = join_said(rq, err);
        return join_form_send(rq, rs, a, &show, err);
    }
    page_to(rq, rs, "queue/applications/%s?done=founded", f.apply.public_id.text);
    return BW_OK;
}
