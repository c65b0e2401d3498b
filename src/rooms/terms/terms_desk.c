/* SPDX-License-Identifier: Apache-2.0 */
/* terms_desk - the desk: versions and what waits, who has accepted, as a list and as CSV, and
 * reminding by hand. */
#include "terms_page.h"

#include "terms_html.h"

#include <stdio.h>

enum { STATUS_REFUSED = 422, VERSIONS_SHOWN = 20, CSV_PAGE = 200 };

static const struct page_notice NOTICES[] = {{"saved", MSG_terms_done_saved},
                                             {"proposed", MSG_terms_done_proposed},
                                             {"announced", MSG_terms_done_announced},
                                             {"returned", MSG_terms_done_returned},
                                             {"reminded", MSG_terms_done_reminded}};

static enum bw_rc fill_open(struct http_req *rq, struct db *db, const struct terms_version *v,
                            struct terms_desk_view *d, struct bw_err *err)
{
    struct member_recipient by;
    bool four_eyes = setting_int(req_hub(rq)->settings, SETTING_TERMS_FOUR_EYES) != 0;
    d->draft = v->state == TERMS_DRAFT;
    d->proposed = v->state == TERMS_PROPOSED;
    d->open = terms_version_view(v);
    d->may_announce = !four_eyes || (d->proposed && v->proposed_by != req_viewer(rq)->person_id);
    BW_TRY(terms_hash_copy(http_arena(rq), &v->hash, &d->open_hash, err));
    if (!d->proposed)
        return BW_OK;
    BW_TRY(member_person_get(db, v->proposed_by, http_arena(rq), &by, err));
    d->proposed_by = by.name;
    return BW_OK;
}

static enum bw_rc fill_versions(struct http_req *rq, struct db *db, struct terms_desk_view *d,
                                struct bw_err *err)
{
    struct terms_version *list;
    struct terms_version_view *out;
    BW_TRY(terms_version_list(db, req_viewer(rq), VERSIONS_SHOWN, http_arena(rq), &list,
                              &d->versions_n, err));
    out = BW_ARENA_ARRAY(http_arena(rq), d->versions_n + 1, struct terms_version_view);
    if (!out)
        return bw_fail_memory(err);
    for (size_t i = 0; i < d->versions_n; i++) {
        out[i] = terms_version_view(&list[i]);
        if (list[i].state < TERMS_ANNOUNCED)
            BW_TRY(fill_open(rq, db, &list[i], d, err));
    }
    d->versions = out;
    return BW_OK;
}

static enum bw_rc fill_rows(struct http_req *rq, struct db *db, int64_t version_id,
                            struct terms_desk_view *d, struct bw_err *err)
{
    struct terms_organisation *list;
    struct terms_organisation_view *out;
    struct bw_view after = http_method_of(rq) == HTTP_GET ? http_text(rq, "after") : BW_V("");
    bool more;
    BW_TRY(terms_organisations(db, req_viewer(rq), version_id, after, http_arena(rq), &list,
                               &d->rows_n, &more, err));
    out = BW_ARENA_ARRAY(http_arena(rq), d->rows_n + 1, struct terms_organisation_view);
    if (!out)
        return bw_fail_memory(err);
    for (size_t i = 0; i < d->rows_n; i++)
        out[i] = (struct terms_organisation_view){
            .public_id = list[i].public_id,
            .name = member_name(&list[i].names, req_lang(rq)),
            .signed_by = list[i].signed_by,
            .people = list[i].people,
            .accepted = list[i].accepted,
            .signed_us = list[i].signed_us,
            .valid_until_us = list[i].valid_until_us,
            .ended = list[i].ended,
            .complete = list[i].people == list[i].accepted && list[i].signed_us,
        };
    d->rows = out;
    d->first = after.n == 0;
    if (more)
        d->next = list[d->rows_n - 1].public_id;
    return BW_OK;
}

static enum bw_rc show(struct http_req *rq, struct http_resp *rs, struct terms_desk_view *d,
                       struct bw_err *err)
{
    struct terms_version v = {0};
    struct terms_totals t = {0};
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    d->may = permission_has(req_viewer(rq), PERM_DECIDE);
    BW_TRY(fill_versions(rq, db, d, err));
    enum bw_rc rc = terms_current(db, req_viewer(rq), http_arena(rq), &v, err);
    if (rc != BW_NOT_FOUND)
        BW_TRY(rc);
    if (rc == BW_OK) {
        d->number = v.number;
        BW_TRY(terms_totals(db, req_viewer(rq), v.id, &t, err));
    }
    d->people = t.people;
    d->accepted = t.accepted;
    d->organisations = t.organisations;
    d->signed_ = t.signed_;
    BW_TRY(fill_rows(rq, db, v.id, d, err));
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_terms_desk,
                                    .here = NAV_QUEUE,
                                    .tlp = tlp_name(TLP_AMBER_STRICT),
                                    .body = html_terms_desk_slot(d)},
                     err);
}

enum bw_rc terms_desk_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct terms_desk_view d = {0};
    for (size_t i = 0; i < BW_COUNT(NOTICES); i++)
        if (bw_view_is(http_text(rq, "done"), NOTICES[i].word)) {
            d.done = true;
            d.done_msg = NOTICES[i].msg;
        }
    return show(rq, rs, &d, err);
}

/* What was refused comes back with the page; anything else is the edge's. */
static enum bw_rc refuse(struct http_req *rq, struct http_resp *rs, enum bw_rc rc,
                         struct bw_err *err)
{
    struct terms_desk_view d = {.failed = true};
    if (rc != BW_INVALID && rc != BW_CONFLICT)
        return rc;
    BW_TRY(bw_view_copy(http_arena(rq), bw_view_z(err->message), &d.problem, err));
    http_status(rs, rc == BW_CONFLICT ? http_status_for(rc) : STATUS_REFUSED);
    return show(rq, rs, &d, err);
}

static enum bw_rc write_decision(struct db_tx *tx, void *arg, struct bw_err *err)
{
    return terms_decide(tx, arg, err);
}

enum bw_rc terms_decide_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    static const struct {
        const char *word, *done;
        enum terms_step step;
    } STEPS[] = {{"propose", "proposed", TERMS_PROPOSE},
                 {"announce", "announced", TERMS_ANNOUNCE},
                 {"return", "returned", TERMS_RETURN}};
    for (size_t i = 0; i < BW_COUNT(STEPS); i++) {
        if (!bw_view_is(http_text(rq, "step"), STEPS[i].word))
            continue;
        struct terms_decision d = {.viewer = req_viewer(rq),
                                   .settings = req_hub(rq)->settings,
                                   .step = STEPS[i].step,
                                   .hash = http_text(rq, "hash"),
                                   .reason = http_text(rq, "reason")};
        enum bw_rc rc = req_write(rq, write_decision, &d, err);
        if (rc != BW_OK)
            return refuse(rq, rs, rc, err);
        job_wake(req_hub(rq)->jobs);
        page_to(rq, rs, "queue/terms?done=%s", STEPS[i].done);
        return BW_OK;
    }
    return bw_fail(err, BW_INVALID, "there is no such step");
}

static enum bw_rc write_reminder(struct db_tx *tx, void *arg, struct bw_err *err)
{
    return terms_remind_now(tx, arg, err);
}

enum bw_rc terms_remind_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct viewer v = *req_viewer(rq);
    enum bw_rc rc = req_write(rq, write_reminder, &v, err);
    if (rc == BW_NOT_FOUND)
        rc = bw_fail(err, BW_CONFLICT, "there are no terms that could be accepted");
    if (rc != BW_OK)
        return refuse(rq, rs, rc, err);
    page_to(rq, rs, "queue/terms?done=reminded");
    return BW_OK;
}

/* -- CSV --------------------------------------------------------------------------------------- */

/* A spreadsheet shows it and does not run it (security.md, Output). */
static void cell(struct bw_buf *out, struct bw_view text, bool last)
{
    static const char RUNS[] = "=+-@\t\r";
    bw_buf_byte(out, '"');
    if (text.n && memchr(RUNS, text.p[0], sizeof(RUNS) - 1))
        bw_buf_byte(out, '\'');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"')
            bw_buf_byte(out, '"');
        bw_buf_byte(out, text.p[i]);
    }
    bw_buf_z(out, last ? "\"\r\n" : "\",");
}

static void cell_time(struct bw_buf *out, int64_t at_us)
{
    char text[BW_TIME_MAX] = "";
    if (at_us)
        bw_time_format(at_us, text);
    cell(out, bw_view_z(text), false);
}

static void csv_row(struct bw_buf *out, const struct terms_person *p, int64_t number)
{
    char version[24];
    snprintf(version, sizeof(version), "%lld", (long long)number);
    cell(out, p->organisation, false);
    cell(out, p->name, false);
    cell(out, p->email, false);
    cell(out, bw_view_z(role_name(p->role)), false);
    cell(out, bw_view_z(version), false);
    cell_time(out, p->accepted_us);
    cell(out, p->accepted_us ? i18n_html_name(p->accepted_lang) : BW_V(""), false);
    cell(out, p->signatory ? BW_V("yes") : BW_V("no"), false);
    cell(out, p->signed_for ? BW_V("yes") : BW_V("no"), true);
}

enum bw_rc terms_csv(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct terms_version v = {0};
    struct terms_people q = {.max = CSV_PAGE};
    struct db *db;
    size_t n;
    BW_TRY(req_db(rq, &db, err));
    enum bw_rc rc = terms_current(db, req_viewer(rq), http_arena(rq), &v, err);
    if (rc != BW_NOT_FOUND)
        BW_TRY(rc);
    q.version_id = v.id;
    BW_AUTO(bw_arena) *arena = bw_arena_new(4 << 20);
    if (!arena)
        return bw_fail_memory(err);
    BW_BUF_LIT(http_out(rs), "organisation,name,email,role,version,accepted,language,signatory,"
                             "organisation_signed\r\n");
    do {
        struct terms_person *people;
        bw_arena_reset(arena);
        BW_TRY(terms_people(db, req_viewer(rq), &q, arena, &people, &n, err));
        for (size_t i = 0; i < n; i++) {
            q.after = people[i].id;
            csv_row(http_out(rs), &people[i], v.number);
        }
    } while (n == CSV_PAGE);
    http_type(rs, "text/csv; charset=utf-8");
    http_set(rs, "Content-Disposition", BW_V("attachment; filename=\"terms.csv\""));
    return bw_buf_rc(http_out(rs), "list", err);
}
