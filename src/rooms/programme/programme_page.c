/* SPDX-License-Identifier: Apache-2.0 */
/* programme_page - what everybody may know of the programme, and the owner's page to keep it. */
#include "programme_int.h"

#include "programme_html.h"

static const enum i18n_msg PHASES[PROGRAMME_PHASES] = {MSG_programme_pilot, MSG_programme_formal};
static const enum i18n_msg KINDS[AGREEMENT_KINDS] = {MSG_programme_mou, MSG_programme_nda,
                                                     MSG_programme_other};

/* -- for everybody ----------------------------------------------------------------------------- */

static enum bw_rc fill_papers(struct http_req *rq, struct db *db, struct programme_page *d,
                              struct bw_err *err)
{
    struct advisory *list;
    BW_TRY(advisory_list(db, req_viewer(rq), http_arena(rq), &list, &d->papers_n, err));
    struct programme_advisory_view *out =
        BW_ARENA_ARRAY(http_arena(rq), d->papers_n, struct programme_advisory_view);
    if (!out)
        return bw_fail_memory(err);
    for (size_t i = 0; i < d->papers_n; i++)
        out[i] = (struct programme_advisory_view){.public_id = list[i].public_id,
                                                  .title = list[i].title,
                                                  .body = list[i].body,
                                                  .met_us = list[i].met_us,
                                                  .kind_msg = list[i].kind == ADVISORY_DECISION
                                                                  ? MSG_programme_decision
                                                                  : MSG_programme_paper};
    d->papers = out;
    return BW_OK;
}

enum bw_rc programme_show(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct programme_page d = {.may_edit = permission_has(req_viewer(rq), PERM_OWNER),
                               .signed_in = req_viewer(rq)->role != ROLE_NOBODY};
    struct programme p;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(programme_get(db, req_hub(rq)->settings, http_arena(rq), &p, err));
    BW_TRY(fill_papers(rq, db, &d, err));
    d.name = member_name(&p.names, req_lang(rq));
    d.eligibility = member_name(&p.eligibility, req_lang(rq));
    d.fee = p.fee;
    d.contact = p.contact;
    d.phase_msg = PHASES[p.phase];
    d.from_us = p.from_us;
    d.until_us = p.until_us;
    d.set = p.set;
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_programme_title,
                                    .here = NAV_PUBLIC,
                                    .narrow = true,
                                    .body = html_programme_page_slot(&d)},
                     err);
}

/* -- for its owner ----------------------------------------------------------------------------- */

static struct bw_view day_text(struct http_req *rq, int64_t us)
{
    char time[BW_TIME_MAX];
    struct bw_err ignored;
    struct bw_view out = {NULL, 0};
    if (us == 0)
        return out;
    bw_time_format(us, time);
    return bw_view_copy(http_arena(rq), bw_view_of(time, 10), &out, &ignored) == BW_OK
               ? out
               : (struct bw_view){NULL, 0};
}

static enum bw_rc fill_agreements(struct http_req *rq, struct db *db, struct programme_edit_page *d,
                                  struct bw_err *err)
{
    const int64_t now_us = bw_now_us();
    struct agreement *list;
    BW_TRY(agreement_list(db, req_viewer(rq), http_arena(rq), &list, &d->agreements_n, err));
    struct programme_agreement_view *out =
        BW_ARENA_ARRAY(http_arena(rq), d->agreements_n, struct programme_agreement_view);
    if (!out)
        return bw_fail_memory(err);
    for (size_t i = 0; i < d->agreements_n; i++) {
        const struct agreement *a = &list[i];
        bool past = a->until_us && a->until_us < now_us;
        bool soon = a->until_us && a->until_us < now_us + PROGRAMME_REMIND_US;
        out[i] = (struct programme_agreement_view){
            .public_id = a->public_id,
            .title = a->title,
            .parties = a->parties,
            .place = a->place,
            .kind_msg = KINDS[a->kind < AGREEMENT_KINDS ? a->kind : AGREEMENT_OTHER],
            .state_msg = a->ended_us ? MSG_programme_ended
                         : past      ? MSG_programme_run_out
                         : soon      ? MSG_programme_soon
                                     : MSG_programme_in_force,
            .tag = a->ended_us ? ""
                   : past      ? "tag-bad"
                   : soon      ? "tag-warn"
                               : "tag-good",
            .from_us = a->from_us,
            .until_us = a->until_us,
            .in_force = a->ended_us == 0,
        };
    }
    d->agreements = out;
    return BW_OK;
}

static void fill_form(struct http_req *rq, const struct programme *p, struct programme_edit_page *d)
{
    d->name_en = p->names.text[I18N_EN];
    d->name_hant = p->names.text[I18N_HANT];
    d->name_hans = p->names.text[I18N_HANS];
    d->eligibility_en = p->eligibility.text[I18N_EN];
    d->eligibility_hant = p->eligibility.text[I18N_HANT];
    d->eligibility_hans = p->eligibility.text[I18N_HANS];
    d->fee = p->fee;
    d->contact = p->contact;
    d->from = day_text(rq, p->from_us);
    d->until = day_text(rq, p->until_us);
    d->formal = p->phase == PROGRAMME_FORMAL;
}

/* TYPED: what a refused form held; NULL: as it is kept. */
static enum bw_rc show(struct http_req *rq, struct http_resp *rs, const struct programme *typed,
                       struct bw_view problem, bool done, struct bw_err *err)
{
    struct programme_edit_page d = {.problem = problem,
                                    .done = done,
                                    .may = permission_has(req_viewer(rq), PERM_OWNER)};
    struct programme p;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(programme_get(db, req_hub(rq)->settings, http_arena(rq), &p, err));
    fill_form(rq, typed ? typed : &p, &d);
    BW_TRY(fill_agreements(rq, db, &d, err));
    if (problem.n)
        http_status(rs, 422);
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_programme_edit,
                                    .here = NAV_QUEUE,
                                    .body = html_programme_edit_slot(&d)},
                     err);
}

enum bw_rc programme_edit(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return show(rq, rs, NULL, (struct bw_view){NULL, 0}, bw_view_is(http_text(rq, "done"), "saved"),
                err);
}

static enum bw_rc answer(struct http_req *rq, struct http_resp *rs, const struct programme *typed,
                         enum bw_rc rc, struct bw_err *err)
{
    if (rc == BW_OK) {
        page_to(rq, rs, "queue/programme?done=saved");
        return BW_OK;
    }
    if (rc != BW_INVALID && rc != BW_CONFLICT)
        return rc;
    return show(rq, rs, typed, bw_arena_printf(http_arena(rq), "%s", err->message), false, err);
}

static struct bw_view typed_text(struct http_req *rq, const char *name)
{
    return bw_view_trim(http_text(rq, name));
}

struct write {
    const struct viewer *viewer;
    struct programme programme;
    struct agreement agreement;
    struct advisory advisory;
    struct bw_view id;
};

static enum bw_rc write_programme(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct write *w = arg;
    return programme_put(tx, w->viewer->person_id, &w->programme, BW_V("changed"), err);
}

enum bw_rc programme_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct write w = {.viewer = req_viewer(rq)};
    struct programme *p = &w.programme;
    static const char *const names[I18N_LANGS] = {"name_en", "name_hant", "name_hans"};
    static const char *const texts[I18N_LANGS] = {"eligibility_en", "eligibility_hant",
                                                  "eligibility_hans"};
    for (int i = 0; i < I18N_LANGS; i++) {
        p->names.text[i] = typed_text(rq, names[i]);
        p->eligibility.text[i] = typed_text(rq, texts[i]);
    }
    p->fee = typed_text(rq, "fee");
    p->contact = typed_text(rq, "contact");
    p->phase = bw_view_is(http_text(rq, "phase"), "formal") ? PROGRAMME_FORMAL : PROGRAMME_PILOT;
    enum bw_rc rc = programme_day(typed_text(rq, "from"), "first day", &p->from_us, err);
    if (rc == BW_OK)
        rc = programme_day(typed_text(rq, "until"), "last day", &p->until_us, err);
    if (rc == BW_OK)
        rc = req_write(rq, write_programme, &w, err);
    return answer(rq, rs, p, rc, err);
}

/* -- agreements, advisory group ---------------------------------------------------------------- */

static enum bw_rc write_agreement(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct write *w = arg;
    return agreement_add(tx, w->viewer->person_id, &w->agreement, err);
}

enum bw_rc programme_agreement_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct write w = {.viewer = req_viewer(rq)};
    struct agreement *a = &w.agreement;
    a->title = typed_text(rq, "title");
    a->parties = typed_text(rq, "parties");
    a->place = typed_text(rq, "place");
    a->kind = bw_view_is(http_text(rq, "kind"), "mou")   ? AGREEMENT_MOU
              : bw_view_is(http_text(rq, "kind"), "nda") ? AGREEMENT_NDA
                                                         : AGREEMENT_OTHER;
    enum bw_rc rc = programme_day(typed_text(rq, "from"), "first day", &a->from_us, err);
    if (rc == BW_OK)
        rc = programme_day(typed_text(rq, "until"), "last day", &a->until_us, err);
    if (rc == BW_OK)
        rc = req_write(rq, write_agreement, &w, err);
    return answer(rq, rs, NULL, rc, err);
}

static enum bw_rc write_end(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct write *w = arg;
    return agreement_end(tx, w->viewer, w->id, err);
}

enum bw_rc programme_agreement_end(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct write w = {.viewer = req_viewer(rq), .id = http_text(rq, "id")};
    return answer(rq, rs, NULL, req_write(rq, write_end, &w, err), err);
}

static enum bw_rc write_advisory(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct write *w = arg;
    return advisory_add(tx, w->viewer->person_id, &w->advisory, err);
}

enum bw_rc programme_advisory_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct write w = {.viewer = req_viewer(rq)};
    w.advisory.title = typed_text(rq, "title");
    w.advisory.body = typed_text(rq, "body");
    w.advisory.kind =
        bw_view_is(http_text(rq, "kind"), "decision") ? ADVISORY_DECISION : ADVISORY_PAPER;
    w.advisory.members = http_flag(rq, "members");
    enum bw_rc rc = programme_day(typed_text(rq, "met"), "day", &w.advisory.met_us, err);
    if (rc == BW_OK)
        rc = req_write(rq, write_advisory, &w, err);
    return answer(rq, rs, NULL, rc, err);
}
