/* SPDX-License-Identifier: Apache-2.0 */
/* watch_api - findings out, networks in and out, as JSON. */
#include "watch_page.h"

#include "bw_clock.h"
#include "json_write.h"

enum { LIMIT_DEFAULT = 200 };

static void put_time(struct json_writer *w, const char *key, int64_t at_us)
{
    char text[BW_TIME_MAX];
    json_w_kv(w, key, bw_view_of(text, bw_time_format(at_us, text)));
}

/* Staff see findings of everybody, so they are told whose. */
static enum bw_rc put_organisation(struct http_req *rq, struct db *db, struct json_writer *w,
                                   int64_t id, struct bw_err *err)
{
    struct member_organisation o;
    if (!role_is_staff(req_viewer(rq)->role))
        return BW_OK;
    if (id == 0) {
        json_w_key(w, "organisation");
        json_w_null(w);
        return BW_OK;
    }
    BW_TRY(member_organisation_get(db, req_viewer(rq), id, http_arena(rq), &o, err));
    json_w_kv(w, "organisation", o.public_id);
    return BW_OK;
}

static enum bw_rc put_finding(struct http_req *rq, struct db *db, struct json_writer *w,
                              const struct watch_finding *f, struct bw_err *err)
{
    json_w_object(w);
    json_w_kv(w, "id", f->public_id);
    json_w_kv(w, "ip", f->ip);
    json_w_key(w, "port");
    if (f->port >= 0)
        json_w_int(w, f->port);
    else
        json_w_null(w);
    json_w_kv(w, "protocol", f->protocol);
    json_w_kv(w, "rsit_type", f->rsit_type);
    json_w_kv(w, "report", f->report);
    json_w_kv(w, "family", f->family);
    json_w_kv_z(w, "severity", watch_severity_word(f->severity));
    put_time(w, "first_seen", f->first_us);
    put_time(w, "last_seen", f->last_us);
    json_w_kv_int(w, "count", f->count);
    json_w_kv_z(w, "state", watch_finding_word(f->state));
    json_w_kv(w, "network", f->network);
    BW_TRY(put_organisation(rq, db, w, f->organisation_id, err));
    json_w_object_end(w);
    return BW_OK;
}

enum bw_rc watch_findings_api(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct watch_finding_filter f = {.state = -1,
                                     .after = http_text(rq, "after"),
                                     .limit = (size_t)http_int(rq, "limit", LIMIT_DEFAULT)};
    struct bw_view state = http_text(rq, "state");
    struct watch_finding *list;
    struct json_writer w;
    struct db *db;
    size_t n;
    bool more;
    if (state.n) {
        if (!bw_view_is(state, "new") && !bw_view_is(state, "acknowledged"))
            return bw_fail(err, BW_INVALID, "state is \"new\" or \"acknowledged\"");
        f.state = bw_view_is(state, "new") ? WATCH_NEW : WATCH_ACKNOWLEDGED;
    }
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(watch_finding_list(db, req_viewer(rq), &f, http_arena(rq), &list, &n, &more, err));
    json_w_open(&w, http_out(rs));
    json_w_object(&w);
    json_w_key(&w, "items");
    json_w_array(&w);
    for (size_t i = 0; i < n; i++)
        BW_TRY(put_finding(rq, db, &w, &list[i], err));
    json_w_array_end(&w);
    json_w_key(&w, "next");
    if (more)
        json_w_string(&w, list[n - 1].public_id);
    else
        json_w_null(&w);
    json_w_object_end(&w);
    json_w_close(&w);
    page_json_type(rs);
    return BW_OK;
}

/* -- networks ---------------------------------------------------------------------------------- */

enum bw_rc watch_networks_api(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    bool pending = role_is_staff(viewer->role) && bw_view_is(http_text(rq, "state"), "pending");
    struct watch_network *list;
    struct json_writer w;
    struct db *db;
    size_t n;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(watch_network_list(db, viewer, pending ? 0 : viewer->organisation_id, http_arena(rq),
                              &list, &n, err));
    json_w_open(&w, http_out(rs));
    json_w_object(&w);
    json_w_key(&w, "items");
    json_w_array(&w);
    for (size_t i = 0; i < n; i++) {
        json_w_object(&w);
        json_w_kv(&w, "id", list[i].public_id);
        json_w_kv(&w, "cidr", list[i].cidr);
        json_w_kv(&w, "label", list[i].label);
        json_w_kv_z(&w, "state", watch_network_word(list[i].state));
        put_time(&w, "added", list[i].added_us);
        BW_TRY(put_organisation(rq, db, &w, list[i].organisation_id, err));
        if (role_is_staff(viewer->role))
            json_w_kv_bool(&w, "rival", list[i].rival);
        json_w_object_end(&w);
    }
    json_w_array_end(&w);
    json_w_key(&w, "next");
    json_w_null(&w);
    json_w_object_end(&w);
    json_w_close(&w);
    page_json_type(rs);
    return BW_OK;
}

enum bw_rc watch_networks_put_api(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct watch_claims_result *r = BW_ARENA_NEW(http_arena(rq), struct watch_claims_result);
    struct json_writer w;
    if (!r)
        return bw_fail_memory(err);
    req_db_done(rq);
    BW_TRY(
        watch_claims_take(req_hub(rq)->db, req_viewer(rq), http_body(rq), http_arena(rq), r, err));
    json_w_open(&w, http_out(rs));
    json_w_object(&w);
    json_w_kv_int(&w, "taken", r->taken);
    json_w_kv_int(&w, "same", r->same);
    json_w_kv_int(&w, "refused", r->refused);
    json_w_key(&w, "reasons");
    json_w_array(&w);
    for (size_t i = 0; i < r->n; i++) {
        json_w_object(&w);
        json_w_kv(&w, "where", r->refusals[i].where);
        json_w_kv(&w, "why", r->refusals[i].why);
        json_w_object_end(&w);
    }
    json_w_array_end(&w);
    json_w_object_end(&w);
    json_w_close(&w);
    page_json_type(rs);
    return BW_OK;
}
