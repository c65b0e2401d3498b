/* SPDX-License-Identifier: Apache-2.0 */
/* join_apply_page - the pages of who has no account yet: the form, the progress page behind the
 * private link, and the pages behind mailed links, each with one button: what a mail scanner
 * fetches changes nothing. The applicant is never told who vouched, objected or decided. */
#include "join_page.h"

#include "bw_clock.h"
#include "join_html.h"

static const struct viewer *applicant(void)
{
    return viewer_system("joining: the progress page behind a private link");
}

static enum bw_rc read_by_link(struct http_req *rq, enum join_link_kind kind,
                               struct join_application *ret, struct join_link *link,
                               struct bw_err *err)
{
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(join_link_open(db, kind, http_text(rq, "t"), bw_now_us(), http_arena(rq), link, err));
    BW_TRY(join_get_key(db, applicant(), link->application_id, http_arena(rq), ret, err));
    return join_people_read(db, applicant(), http_arena(rq), ret, err);
}

/* -- the form ---------------------------------------------------------------------------------- */

enum bw_rc join_page_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    const struct join_application empty = {.lang = req_lang(rq)};
    const struct join_form_show show = {.token = {NULL, 0}};
    return join_form_send(rq, rs, &empty, &show, err);
}

/* The draft that the private link is for: its row stays, its form is replaced. */
static enum bw_rc take_draft(struct http_req *rq, struct join_application *a, struct bw_err *err)
{
    struct join_application old;
    struct join_link link;
    BW_TRY(read_by_link(rq, JOIN_LINK_PROGRESS, &old, &link, err));
    if (old.state != JOIN_DRAFT || old.sponsor_id)
        return bw_fail(err, BW_CONFLICT,
                       "this application was sent: it cannot be changed any more");
    a->id = old.id;
    a->public_id = old.public_id;
    return BW_OK;
}

enum bw_rc join_page_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct bw_ip peer = http_peer(rq);
    struct join_problem problems[JOIN_PROBLEMS_MAX];
    struct bw_view token = http_text(rq, "t");
    bool send = bw_view_is(http_text(rq, "action"), "send");
    struct join_application *a = BW_ARENA_NEW(http_arena(rq), struct join_application);
    if (!a)
        return bw_fail_memory(err);
    BW_TRY(join_form_read(rq, a, err));
    if (token.n)
        BW_TRY(take_draft(rq, a, err));
    struct join_form_show show = {.token = token, .problems = problems};
    if (send)
        show.problems_n = join_check(req_hub(rq)->settings, a, problems);
    if (show.problems_n)
        return join_form_send(rq, rs, a, &show, err);
    struct join_apply w = {.hub = req_hub(rq), .in = a, .peer = &peer, .send = send};
    enum bw_rc rc = req_write(rq, token.n ? join_draft_save : join_draft_new, &w, err);
    if (rc == BW_INVALID || rc == BW_BUSY) {
        show.problem = join_said(rq, err);
        rc = join_form_send(rq, rs, a, &show, err);
        http_status(rs, show.problem.n && rc == BW_OK ? JOIN_REFUSED : http_status_of(rs));
        return rc;
    }
    BW_TRY(rc);
    page_to(rq, rs, "join/progress?done=%s&t=%.*s", send ? "mailed" : "saved",
            BW_VF(token.n ? token : bw_view_z(w.token.text)));
    crypto_wipe(&w.token, sizeof(w.token));
    return BW_OK;
}

/* -- progress ---------------------------------------------------------------------------------- */

static bool notice(struct http_req *rq, enum i18n_msg *ret)
{
    static const struct page_notice NOTICES[] = {
        {"saved", MSG_join_done_saved},
        {"mailed", MSG_join_done_mailed},
        {"proof", MSG_join_done_proof},
    };
    for (size_t i = 0; i < BW_COUNT(NOTICES); i++)
        if (bw_view_is(http_text(rq, "done"), NOTICES[i].word)) {
            *ret = NOTICES[i].msg;
            return true;
        }
    return false;
}

static enum i18n_msg need_of(const struct join_application *a)
{
    if (a->state >= JOIN_SUBMITTED && a->state <= JOIN_COMMITTEE && a->proof == JOIN_PROOF_NONE)
        return MSG_join_need_you_proof;
    return a->state == JOIN_SIGNING ? MSG_join_need_you_sign : MSG_join_need_you_nothing;
}

/* The states that this route walks through, in order. */
static size_t walk(const struct join_application *a, struct join_step_view ret[JOIN_STATES])
{
    static const enum join_state OPEN[] = {JOIN_SUBMITTED, JOIN_CHECKING, JOIN_SIGNING,
                                           JOIN_ACTIVE};
    static const enum join_state TRUSTED[] = {JOIN_SUBMITTED, JOIN_VOUCHING, JOIN_OBJECTION,
                                              JOIN_COMMITTEE, JOIN_SIGNING,  JOIN_ACTIVE};
    static const enum join_state FOUNDING[] = {JOIN_SIGNING, JOIN_ACTIVE};
    bool trusted = a->route == JOIN_TRUSTED, founding = a->route == JOIN_FOUNDING;
    const enum join_state *list = founding ? FOUNDING : trusted ? TRUSTED : OPEN;
    size_t n = founding ? BW_COUNT(FOUNDING) : trusted ? BW_COUNT(TRUSTED) : BW_COUNT(OPEN);
    for (size_t i = 0; i < n; i++)
        ret[i] = (struct join_step_view){.msg = join_state_msg(list[i]),
                                         .done = list[i] < a->state,
                                         .now = list[i] == a->state};
    return n;
}

static enum bw_rc send_progress(struct http_req *rq, struct http_resp *rs,
                                const struct join_application *a, struct bw_view problem,
                                struct bw_err *err)
{
    static const struct join_step_view NONE;
    struct join_step_view steps[JOIN_STATES] = {NONE};
    struct join_progress_view d = {
        .name = member_name(&a->names, req_lang(rq)),
        .token = http_text(rq, "t"),
        .domain = a->domain,
        .dns_value =
            bw_arena_printf(http_arena(rq), "%s%.*s", JOIN_DNS_PREFIX, BW_VF(a->dns_value)),
        .proof_what = a->proof_what,
        .route_msg = join_route_msg(a->route),
        .state_msg = join_state_msg(a->state),
        .need_msg = need_of(a),
        .steps = steps,
        .steps_n = walk(a, steps),
        .since_us = a->since_us,
        .proven = a->proof != JOIN_PROOF_NONE,
        .until_us = a->state == JOIN_OBJECTION ? a->objections_until_us : 0,
        .may_withdraw = !join_ended(a->state),
        .problem = problem,
    };
    d.asks_proof = !d.proven && a->state >= JOIN_SUBMITTED && a->state <= JOIN_COMMITTEE;
    d.done = notice(rq, &d.done_msg);
    BW_TRY(req_browser_bind(rq, rs, err));
    if (problem.n)
        http_status(rs, JOIN_REFUSED);
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_join_progress,
                                    .here = NAV_PUBLIC,
                                    .narrow = true,
                                    .body = html_join_progress_slot(&d)},
                     err);
}

enum bw_rc join_progress_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct join_application *a = BW_ARENA_NEW(http_arena(rq), struct join_application);
    struct join_link link;
    if (!a)
        return bw_fail_memory(err);
    BW_TRY(read_by_link(rq, JOIN_LINK_PROGRESS, a, &link, err));
    struct join_form_show show = {.token = http_text(rq, "t")};
    if (a->state != JOIN_DRAFT)
        return send_progress(rq, rs, a, (struct bw_view){NULL, 0}, err);
    show.done = notice(rq, &show.done_msg);
    return join_form_send(rq, rs, a, &show, err);
}

static enum bw_rc back(struct http_req *rq, struct http_resp *rs, enum bw_rc rc, const char *done,
                       struct bw_err *err)
{
    struct join_application *a = BW_ARENA_NEW(http_arena(rq), struct join_application);
    struct join_link link;
    struct bw_err ignored;
    if (!a)
        return bw_fail_memory(err);
    if (rc == BW_OK) {
        page_to(rq, rs, "join/progress?done=%s&t=%.*s", done, BW_VF(http_text(rq, "t")));
        return BW_OK;
    }
    if (!join_is_persons(rc) || read_by_link(rq, JOIN_LINK_PROGRESS, a, &link, &ignored) != BW_OK)
        return rc;
    return send_progress(rq, rs, a, join_said(rq, err), err);
}

enum bw_rc join_prove_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct bw_ip peer = http_peer(rq);
    struct join_follow f = {.hub = req_hub(rq),
                            .token = http_text(rq, "t"),
                            .address = http_text(rq, "address"),
                            .peer = &peer};
    enum bw_rc rc = req_write(rq, join_prove_ask, &f, err);
    return back(rq, rs, rc, "proof", err);
}

/* -- pages with one button --------------------------------------------------------------------- */

static enum bw_rc send_link(struct http_req *rq, struct http_resp *rs, struct join_link_view d,
                            const char *path, struct bw_err *err)
{
    d.token = http_text(rq, "t");
    d.action = html_url_or_hash(bw_arena_printf(http_arena(rq), "/%.*s/join/%s",
                                                BW_VF(i18n_path_name(req_lang(rq))), path));
    if (!d.over)
        BW_TRY(req_browser_bind(rq, rs, err));
    if (d.problem.n)
        http_status(rs, JOIN_REFUSED);
    return page_send(rq, rs,
                     &(struct page){.title_msg = d.title,
                                    .here = NAV_PUBLIC,
                                    .narrow = true,
                                    .body = html_join_link_slot(&d)},
                     err);
}

static enum bw_rc over(struct http_req *rq, struct http_resp *rs, enum i18n_msg title,
                       enum i18n_msg what, struct bw_view name, struct bw_err *err)
{
    return send_link(rq, rs,
                     (struct join_link_view){.over = true,
                                             .title = title,
                                             .what = what,
                                             .name = name,
                                             .button = MSG_join_title},
                     "", err);
}

static enum bw_rc sponsor_name(struct http_req *rq, const struct join_application *a,
                               struct bw_view *ret, struct bw_err *err)
{
    struct member_organisation o;
    struct db *db;
    if (a->sponsor_id == 0)
        return BW_OK;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(member_organisation_get(db, applicant(), a->sponsor_id, http_arena(rq), &o, err));
    *ret = member_name(&o.names, req_lang(rq));
    return BW_OK;
}

static enum bw_rc show_link(struct http_req *rq, struct http_resp *rs, enum join_link_kind kind,
                            struct bw_view problem, struct bw_err *err)
{
    struct join_application *a = BW_ARENA_NEW(http_arena(rq), struct join_application);
    struct join_link_view d = {.problem = problem};
    struct join_link link;
    if (!a)
        return bw_fail_memory(err);
    BW_TRY(read_by_link(rq, kind, a, &link, err));
    d.name = member_name(&a->names, req_lang(rq));
    d.email = link.email;
    BW_TRY(sponsor_name(rq, a, &d.by, err));
    if (kind == JOIN_LINK_CONFIRM) {
        d.title = MSG_join_confirm;
        d.what = MSG_join_confirm_what;
        d.button = MSG_join_confirm_button;
        d.enlisted = d.by.n > 0;
        return send_link(rq, rs, d, "confirm", err);
    }
    if (kind == JOIN_LINK_DOMAIN) {
        d.title = MSG_join_prove;
        d.what = MSG_join_prove_what;
        d.button = MSG_join_prove_button;
        return send_link(rq, rs, d, "domain", err);
    }
    const struct join_person *who = join_signatory(a);
    d.title = MSG_join_sign;
    d.what = MSG_join_sign_what;
    d.button = MSG_join_sign_button;
    d.sign = true;
    d.person = problem.n ? http_text(rq, "name") : who ? who->name : d.person;
    d.person_title = problem.n ? http_text(rq, "title") : d.person_title;
    return send_link(rq, rs, d, "sign", err);
}

enum bw_rc join_confirm_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return show_link(rq, rs, JOIN_LINK_CONFIRM, (struct bw_view){NULL, 0}, err);
}

enum bw_rc join_confirm_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct join_resemblance found[JOIN_LOOK_MAX];
    struct join_application *a = BW_ARENA_NEW(http_arena(rq), struct join_application);
    struct join_link link;
    struct db *db;
    size_t n;
    if (!a)
        return bw_fail_memory(err);
    BW_TRY(read_by_link(rq, JOIN_LINK_CONFIRM, a, &link, err));
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(join_look(db, a, http_arena(rq), found, &n, err));
    struct join_follow f = {.hub = req_hub(rq), .token = http_text(rq, "t"), .alike = n > 0};
    BW_TRY(req_write(rq, join_confirm, &f, err));
    return over(rq, rs, MSG_join_confirmed, MSG_join_confirmed_what,
                member_name(&a->names, req_lang(rq)), err);
}

enum bw_rc join_domain_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return show_link(rq, rs, JOIN_LINK_DOMAIN, (struct bw_view){NULL, 0}, err);
}

enum bw_rc join_domain_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct join_follow f = {.hub = req_hub(rq), .token = http_text(rq, "t")};
    BW_TRY(req_write(rq, join_prove, &f, err));
    return over(rq, rs, MSG_join_proved, MSG_join_proved_what, (struct bw_view){NULL, 0}, err);
}

enum bw_rc join_sign_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return show_link(rq, rs, JOIN_LINK_SIGN, (struct bw_view){NULL, 0}, err);
}

enum bw_rc join_sign_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct join_follow f = {.hub = req_hub(rq),
                            .token = http_text(rq, "t"),
                            .name = http_text(rq, "name"),
                            .title = http_text(rq, "title")};
    enum bw_rc rc = req_write(rq, join_sign, &f, err);
    if (rc == BW_INVALID || rc == BW_CONFLICT) {
        struct bw_view said = join_said(rq, err);
        return show_link(rq, rs, JOIN_LINK_SIGN, said, err);
    }
    BW_TRY(rc);
    return over(rq, rs, MSG_join_signed, MSG_join_signed_what, (struct bw_view){NULL, 0}, err);
}

enum bw_rc join_withdraw_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct join_follow f = {.hub = req_hub(rq), .token = http_text(rq, "t")};
    enum bw_rc rc = req_write(rq, join_withdraw, &f, err);
    if (rc != BW_OK)
        return back(rq, rs, rc, "", err);
    return over(rq, rs, MSG_join_state_withdrawn, MSG_join_withdrawn_what,
                (struct bw_view){NULL, 0}, err);
}
