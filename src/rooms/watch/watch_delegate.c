/* SPDX-License-Identifier: Apache-2.0 */
/* watch_delegate - acting for another member: its networks and findings as its provider sees them.
 *
 * Rows of networks and findings carry the grant "acts for this organisation" from the start
 * (watch_row_audience); nobody holds it until there is a delegation. Rows from before that grant
 * was invented are given their new audience when the first delegation of their organisation is in
 * the ledger (docs/decisions/0009). */
#include "watch_page.h"

#include "bw_clock.h"
#include "json.h"
#include "watch_html.h"

enum { STATUS_REFUSED = 422, AT_ONCE = 500, ARENA_CAP = 1 << 20 };

/* -- rows from before -------------------------------------------------------------------------- */

struct widening {
    int64_t organisation_id, did;
};

static enum bw_rc change_rows(struct db_stmt *st, const struct widening *w, int64_t before,
                              int64_t after, int64_t *did, struct bw_err *err)
{
    db_bind_int(st, 1, w->organisation_id);
    db_bind_int(st, 2, before);
    db_bind_int(st, 3, after);
    db_bind_int(st, 4, AT_ONCE);
    BW_TRY(db_run(st, err));
    *did += db_changes(st);
    return BW_OK;
}

static enum bw_rc widen_some(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct widening *w = arg;
    BW_AUTO(db_stmt) *networks = NULL;
    BW_AUTO(db_stmt) *findings = NULL;
    int64_t before, after;
    w->did = 0;
    BW_TRY(watch_audience(tx, w->organisation_id, &before, err));
    BW_TRY(watch_row_audience(tx, w->organisation_id, &after, err));
    db_tx_as(tx, viewer_system("rows from before anybody could act for their owner"));
    BW_TRY(db_change(tx,
                     "UPDATE network SET audience_id = ?3 WHERE id IN (SELECT n.id FROM v_network n"
                     " WHERE n.organisation_id = ?1 AND n.audience_id = ?2 ORDER BY n.id LIMIT ?4)",
                     &networks, err));
    BW_TRY(change_rows(networks, w, before, after, &w->did, err));
    BW_TRY(db_change(tx,
                     "UPDATE finding SET audience_id = ?3 WHERE id IN (SELECT f.id FROM v_finding f"
                     " WHERE f.organisation_id = ?1 AND f.audience_id = ?2 ORDER BY f.id LIMIT ?4)",
                     &findings, err));
    return change_rows(findings, w, before, after, &w->did, err);
}

static enum bw_rc customer_of(struct db_engine *e, const struct ledger_event *event, int64_t *ret,
                              struct bw_err *err)
{
    static const struct bw_view NAMES[] = {BW_VIEW_INIT("customer")};
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    BW_AUTO(db) *db = NULL;
    struct json_value values[BW_COUNT(NAMES)];
    struct json_reader r;
    struct bw_view id;
    if (!arena)
        return bw_fail_memory(err);
    json_open(&r, event->payload, arena, NULL);
    if (json_next(&r) != JSON_OBJECT)
        return bw_fail(err, BW_NOT_FOUND, "no customer");
    BW_TRY(json_fields(&r, NAMES, BW_COUNT(NAMES), values, NULL, err));
    BW_TRY(json_text(&values[0], arena, &id, err));
    BW_TRY(db_open(e, &db, err));
    return member_resolve(db, viewer_system("whose rows a provider will see"), GRANT_ORGANISATION,
                          id, ret, err);
}

static enum bw_rc take(void *arg, struct db_engine *e, const struct ledger_event *events, size_t n,
                       struct bw_err *err)
{
    (void)arg;
    for (size_t i = 0; i < n; i++) {
        struct widening w = {0};
        struct bw_err why = {0};
        if (events[i].verb != LEDGER_DELEGATION_GIVEN)
            continue;
        enum bw_rc rc = customer_of(e, &events[i], &w.organisation_id, &why);
        if (rc == BW_NOT_FOUND || rc == BW_INVALID)
            continue; /* erased meanwhile */
        if (rc != BW_OK) {
            *err = why;
            return rc;
        }
        do {
            BW_TRY(db_write(e, widen_some, &w, err));
        } while (w.did > 0);
    }
    return BW_OK;
}

const struct ledger_consumer watch_delegate_consumer = {"watch.delegate", true, take};

/* -- pages ------------------------------------------------------------------------------------- */

static enum bw_rc fill_findings(struct http_req *rq, struct db *db, int64_t customer_id,
                                struct watch_for *d, struct bw_err *err)
{
    struct watch_finding_filter f = {.state = -1, .customer_id = customer_id, .limit = PAGE_ROWS};
    struct watch_finding *list;
    size_t n;
    bool more;
    if (http_method_of(rq) == HTTP_GET)
        f.after = http_text(rq, "after");
    BW_TRY(watch_finding_list(db, req_viewer(rq), &f, http_arena(rq), &list, &n, &more, err));
    struct watch_finding_view *rows = BW_ARENA_ARRAY(http_arena(rq), n, struct watch_finding_view);
    if (!rows)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        BW_TRY(watch_finding_fill(rq, db, &list[i], &rows[i], err));
    d->findings = rows;
    d->findings_n = n;
    d->first = f.after.n == 0;
    if (more && n)
        d->next = list[n - 1].public_id;
    return BW_OK;
}

static enum bw_rc show(struct http_req *rq, struct http_resp *rs, struct watch_for *d,
                       struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    struct member_organisation customer;
    unsigned scopes;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(member_delegate_customer(db, viewer, http_text(rq, "id"), http_arena(rq), &customer,
                                    &scopes, err));
    d->id = customer.public_id;
    d->name = member_name(&customer.names, req_lang(rq));
    d->may_claim = (scopes & DELEGATE_CLAIM) && permission_has(viewer, PERM_NETWORK_CLAIM);
    BW_TRY(fill_findings(rq, db, customer.id, d, err));
    BW_TRY(watch_networks_fill(rq, db, customer.id, &d->networks, &d->networks_n, err));
    if (d->bad)
        http_status(rs, STATUS_REFUSED);
    return page_send(rq, rs,
                     &(struct page){.title = d->name,
                                    .here = NAV_WATCH,
                                    .tlp = tlp_name(TLP_AMBER_STRICT),
                                    .body = html_watch_for_slot(d)},
                     err);
}

enum bw_rc watch_for_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct watch_for d = {.done = bw_view_is(http_text(rq, "done"), "networks")};
    return show(rq, rs, &d, err);
}

struct claim {
    const struct viewer *viewer;
    struct watch_network_in in;
};

static enum bw_rc write_claim(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct claim *c = arg;
    struct bw_id id;
    bool may;
    BW_TRY(member_delegate_may(db_tx_db(tx), c->viewer, c->in.organisation_id, DELEGATE_CLAIM,
                               db_tx_now_us(tx), &may, err));
    if (!may)
        return bw_fail(err, BW_DENIED, "you may not enter networks for this organisation");
    BW_TRY(watch_network_room(tx, c->in.organisation_id, err));
    return watch_network_add(tx, c->viewer->person_id, &c->in, &id, err);
}

enum bw_rc watch_for_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct watch_for d = {.cidr = bw_view_trim(http_text(rq, "cidr")),
                          .label = bw_view_trim(http_text(rq, "label"))};
    struct claim c = {.viewer = req_viewer(rq), .in = {.label = d.label}};
    struct member_organisation customer;
    struct bw_err why = {0};
    unsigned scopes;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(member_delegate_customer(db, c.viewer, http_text(rq, "id"), http_arena(rq), &customer,
                                    &scopes, err));
    c.in.organisation_id = customer.id;
    enum bw_rc rc = watch_prefix_parse(d.cidr, &c.in.prefix, &why);
    if (rc == BW_OK)
        rc = watch_label_check(d.label, &why);
    if (rc == BW_OK)
        rc = req_write(rq, write_claim, &c, &why);
    if (rc == BW_OK) {
        page_to(rq, rs, "watch/for/%.*s?done=networks", BW_VF(customer.public_id));
        return BW_OK;
    }
    if (rc != BW_INVALID && rc != BW_LIMIT) {
        *err = why;
        return rc;
    }
    d.bad = true;
    BW_TRY(bw_view_copy(http_arena(rq), bw_view_z(why.message), &d.error, err));
    return show(rq, rs, &d, err);
}
