/* SPDX-License-Identifier: Apache-2.0 */
/* watch_page - a member's networks, what was seen on them, and acknowledging it. */
#include "watch_page.h"

#include "bw_clock.h"
#include "watch_html.h"

enum { STATUS_REFUSED = 422, EVIDENCE_OPEN_MAX = 256 * 1024 };

static const struct page_notice NOTICES[] = {{"acknowledged", MSG_watch_done_acknowledged},
                                             {"networks", MSG_watch_done_networks}};

static enum bw_rc send_home(struct http_req *rq, struct http_resp *rs, struct watch_home *d,
                            struct bw_err *err)
{
    BW_TRY(watch_home_fill(rq, d, err));
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_watch_title,
                                    .here = NAV_WATCH,
                                    .tlp = tlp_name(TLP_AMBER_STRICT),
                                    .body = html_watch_home_slot(d)},
                     err);
}

enum bw_rc watch_home_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct watch_home d = {.everybody = bw_view_is(http_text(rq, "scope"), "all")};
    for (size_t i = 0; i < BW_COUNT(NOTICES); i++)
        if (bw_view_is(http_text(rq, "done"), NOTICES[i].word)) {
            d.done = true;
            d.done_msg = NOTICES[i].msg;
        }
    return send_home(rq, rs, &d, err);
}

/* -- networks ---------------------------------------------------------------------------------- */

struct add_network {
    int64_t actor_id;
    struct watch_network_in in;
};

static enum bw_rc add_network(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct add_network *a = arg;
    struct bw_id id;
    BW_TRY(watch_network_room(tx, a->in.organisation_id, err));
    return watch_network_add(tx, a->actor_id, &a->in, &id, err);
}

/* One block from the form's two fields. */
static enum bw_rc take_one(struct http_req *rq, const struct watch_network_form *f,
                           struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    struct add_network a = {viewer->person_id,
                            {.organisation_id = viewer->organisation_id, .label = f->label}};
    BW_TRY(watch_prefix_parse(f->cidr, &a.in.prefix, err));
    BW_TRY(watch_label_check(f->label, err));
    return req_write(rq, add_network, &a, err);
}

static enum bw_rc take_lines(struct http_req *rq, struct watch_network_form *f, struct bw_err *err)
{
    struct watch_claims_result *r = BW_ARENA_NEW(http_arena(rq), struct watch_claims_result);
    if (!r)
        return bw_fail_memory(err);
    req_db_done(rq);
    BW_TRY(watch_claims_take(req_hub(rq)->db, req_viewer(rq), f->lines, http_arena(rq), r, err));
    f->refusals = r->refusals;
    f->refusals_n = r->n;
    f->taken = r->taken;
    f->same = r->same;
    return r->refused ? bw_fail(err, BW_INVALID, "some lines were not taken") : BW_OK;
}

enum bw_rc watch_networks_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct watch_home d = {.form = {.cidr = bw_view_trim(http_text(rq, "cidr")),
                                    .label = bw_view_trim(http_text(rq, "label")),
                                    .lines = http_text(rq, "lines")}};
    struct watch_network_form *f = &d.form;
    struct bw_err why = {0};
    bool pasted = bw_view_trim(f->lines).n > 0;
    enum bw_rc rc = BW_OK;
    if (pasted)
        rc = take_lines(rq, f, &why);
    f->bad_lines = rc != BW_OK;
    if (rc == BW_OK && (f->cidr.n || !pasted)) {
        rc = take_one(rq, f, &why);
        f->bad_cidr = rc != BW_OK;
    }
    if (rc == BW_OK) {
        page_to(rq, rs, "watch?done=networks#networks");
        return BW_OK;
    }
    if (rc != BW_INVALID && rc != BW_LIMIT && rc != BW_UNSUPPORTED) {
        *err = why;
        return rc;
    }
    BW_TRY(bw_view_copy(http_arena(rq), bw_view_z(why.message), &f->error, err));
    http_status(rs, STATUS_REFUSED);
    return send_home(rq, rs, &d, err);
}

/* -- findings ---------------------------------------------------------------------------------- */

static enum bw_rc fill_cells(struct http_req *rq, struct bw_view evidence,
                             struct watch_finding_page *d, struct bw_err *err)
{
    enum { CELLS_MAX = 400 };
    struct watch_cell_view *cells =
        BW_ARENA_ARRAY(http_arena(rq), CELLS_MAX, struct watch_cell_view);
    size_t n = 0;
    if (!cells)
        return bw_fail_memory(err);
    BW_TRY(bw_view_copy(http_arena(rq), evidence, &evidence, err));
    d->line = evidence;
    while (evidence.p && evidence.n && n < CELLS_MAX) {
        struct bw_view line = bw_view_split(&evidence, '\n');
        size_t at = bw_view_find(line, BW_V(": "));
        if (at == SIZE_MAX)
            return BW_OK; /* a line without columns is shown as it is */
        cells[n++] = (struct watch_cell_view){bw_view_head(line, at), bw_view_from(line, at + 2)};
    }
    d->line = (struct bw_view){NULL, 0};
    d->cells = cells;
    d->cells_n = n;
    return BW_OK;
}

enum bw_rc watch_finding_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct watch_finding_page d = {0};
    BW_AUTO_BUF evidence = BW_BUF_INIT(EVIDENCE_OPEN_MAX);
    struct bw_view id = http_text(rq, "id");
    struct watch_finding f;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(watch_finding_get(db, req_viewer(rq), id, http_arena(rq), &f, err));
    BW_TRY(watch_finding_fill(rq, db, &f, &d.finding, err));
    BW_TRY(watch_evidence_open(req_hub(rq), db, req_viewer(rq), id, &evidence, err));
    enum bw_rc rc = fill_cells(rq, bw_buf_text(&evidence), &d, err);
    crypto_wipe(evidence.p, evidence.n);
    BW_TRY(rc);
    d.advice_msg =
        watch_advice_msg(watch_level_of(f.rsit_type, f.severity, f.last_us, bw_now_us()));
    return page_send(rq, rs,
                     &(struct page){.title = d.finding.place,
                                    .here = NAV_WATCH,
                                    .tlp = tlp_name(TLP_AMBER_STRICT),
                                    .body = html_watch_finding_slot(&d)},
                     err);
}

struct acknowledging {
    const struct viewer *viewer;
    struct bw_view id;
};

static enum bw_rc do_acknowledge(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct acknowledging *a = arg;
    return watch_finding_acknowledge(tx, a->viewer, a->id, err);
}

enum bw_rc watch_acknowledge_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct acknowledging a = {req_viewer(rq), http_text(rq, "id")};
    BW_TRY(req_write(rq, do_acknowledge, &a, err));
    page_to(rq, rs, "watch?done=acknowledged#findings");
    return BW_OK;
}
