/* SPDX-License-Identifier: Apache-2.0 */
/* taxii_status - adding objects, and what became of them (TAXII 2.1 sections 4.3 and 5.5).
 *
 * The objects are imported before the answer, so a status is complete from the beginning; it is
 * kept for a day for clients that ask again all the same. */
#include "taxii_int.h"

#include "json_write.h"

#define STATUS_KEPT_US BW_DAY_US

struct status {
    struct taxii_uuid id;
    int64_t organisation_id;
    struct bw_view body;
};

static enum bw_rc store(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct status *s = arg;
    BW_AUTO(db_stmt) *purge = NULL;
    BW_AUTO(db_stmt) *st = NULL;
    const struct grant own = {GRANT_ORGANISATION, s->organisation_id};
    int64_t audience_id;
    BW_TRY(db_change(tx, "DELETE FROM taxii_status WHERE created_us < ?1", &purge, err));
    db_bind_int(purge, 1, db_tx_now_us(tx) - STATUS_KEPT_US);
    BW_TRY(db_run(purge, err));
    BW_TRY(audience_intern(tx, TLP_AMBER_STRICT, &own, 1, &audience_id, err));
    BW_TRY(db_change(tx,
                     "INSERT INTO taxii_status (public_id, audience_id, created_us, body)"
                     " VALUES (?1, ?2, ?3, ?4)",
                     &st, err));
    db_bind_text(st, 1, bw_view_z(s->id.text));
    db_bind_int(st, 2, audience_id);
    db_bind_int(st, 3, db_tx_now_us(tx));
    db_bind_text(st, 4, s->body);
    return db_run(st, err);
}

static enum bw_rc write_status(const struct intel_report *r, const struct taxii_uuid *id,
                               int64_t began_us, struct bw_buf *out, struct bw_err *err)
{
    struct json_writer w;
    char time[BW_TIME_MAX];
    json_w_open(&w, out);
    json_w_object(&w);
    json_w_kv_z(&w, "id", id->text);
    json_w_kv_z(&w, "status", "complete");
    json_w_kv(&w, "request_timestamp", taxii_time(began_us, time));
    json_w_kv_int(&w, "total_count", r->taken + r->same + r->refused);
    json_w_kv_int(&w, "success_count", r->taken + r->same);
    json_w_kv_int(&w, "failure_count", r->refused);
    json_w_kv_int(&w, "pending_count", 0);
    if (r->n_reasons > 0) {
        json_w_key(&w, "x_breakwater_reasons");
        json_w_array(&w);
        for (size_t i = 0; i < r->n_reasons; i++) {
            json_w_object(&w);
            json_w_kv(&w, "where", r->reasons[i].where);
            json_w_kv(&w, "why", r->reasons[i].why);
            json_w_object_end(&w);
        }
        json_w_array_end(&w);
    }
    json_w_object_end(&w);
    json_w_close(&w);
    return bw_buf_rc(out, "status", err);
}

/* The router has checked the type; the version is TAXII's own. */
static bool type_fits(struct http_req *rq)
{
    struct bw_view type = http_header(rq, "Content-Type");
    size_t at = bw_view_find(type, BW_V("version="));
    if (at == SIZE_MAX)
        return true;
    struct bw_view version = bw_view_trim(bw_view_from(type, at + 8));
    return bw_view_is(version, "2.1") || bw_view_is(version, "\"2.1\"") ||
           bw_view_starts(version, BW_V("2.1;"));
}

enum bw_rc taxii_add(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct intel_report report = {.arena = http_arena(rq)};
    struct status s = {.id = taxii_uuid_new(), .organisation_id = req_viewer(rq)->organisation_id};
    enum taxii_collection c;
    int64_t began_us = bw_now_us();
    if (!taxii_accepts(rq, rs))
        return BW_OK;
    BW_TRY(taxii_collection_of(rq, &c, err));
    if (c != TAXII_CONTRIBUTE)
        return bw_fail(err, BW_DENIED, "this collection can be read but not added to");
    BW_TRY(permission_check(req_viewer(rq), PERM_IMPORT, err));
    if (!type_fits(rq))
        return bw_fail(err, BW_UNSUPPORTED, "objects are added as " TAXII_MEDIA_TYPE " only");
    req_db_done(rq);
    const struct intel_import in = {.hub = req_hub(rq),
                                    .viewer = req_viewer(rq),
                                    .tlp = TLP_GREEN,
                                    .audience = {.everybody = true}};
    BW_TRY(intel_stix_import(&in, http_body(rq), &report, err));
    BW_TRY(write_status(&report, &s.id, began_us, http_out(rs), err));
    s.body = bw_buf_text(http_out(rs));
    BW_TRY(req_write(rq, store, &s, err));
    http_status(rs, 202);
    http_type(rs, TAXII_MEDIA_TYPE);
    return BW_OK;
}

enum bw_rc taxii_status(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct db *db;
    if (!taxii_accepts(rq, rs))
        return BW_OK;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(db_query(db, req_viewer(rq), "SELECT body FROM v_taxii_status WHERE public_id = ?1", &st,
                    err));
    db_bind_text(st, 1, http_text(rq, "status"));
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such status");
    BW_TRY(rc);
    bw_buf_view(http_out(rs), db_text(st, 0));
    http_type(rs, TAXII_MEDIA_TYPE);
    return bw_buf_rc(http_out(rs), "status", err);
}
