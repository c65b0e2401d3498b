/* SPDX-License-Identifier: Apache-2.0 */
/* ops_queue - what waits for the hub's staff: networks to verify and CLEAR items to release, oldest
 * first. What is overdue is marked; who will see a release is said before the button. */
#include "ops_int.h"

#include "bw_clock.h"
#include "i18n.h"
#include "json_write.h"
#include "ops_html.h"

enum { LATE_AFTER_DAYS = 2, RELEASES_SHOWN = 50 };

static bool is_late(int64_t since_us)
{
    return bw_now_us() - since_us > LATE_AFTER_DAYS * BW_DAY_US;
}

static enum bw_rc name_of(struct http_req *rq, struct db *db, int64_t organisation_id,
                          struct bw_view *ret, struct bw_err *err)
{
    struct member_organisation o;
    BW_TRY(member_organisation_get(db, req_viewer(rq), organisation_id, http_arena(rq), &o, err));
    *ret = member_name(&o.names, req_lang(rq));
    return BW_OK;
}

static enum bw_rc read_networks(struct http_req *rq, struct db *db, struct ops_queue_page *d,
                                struct bw_err *err)
{
    struct watch_network *list;
    size_t n;
    BW_TRY(watch_network_list(db, req_viewer(rq), 0, http_arena(rq), &list, &n, err));
    struct ops_case *cases = BW_ARENA_ARRAY(http_arena(rq), n, struct ops_case);
    if (!cases)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        cases[i] = (struct ops_case){.public_id = list[i].public_id,
                                     .title = list[i].cidr,
                                     .hint = list[i].label,
                                     .since_us = list[i].added_us,
                                     .rival = list[i].rival,
                                     .late = is_late(list[i].added_us)};
        BW_TRY(name_of(rq, db, list[i].organisation_id, &cases[i].by, err));
        d->late += cases[i].late;
    }
    d->networks = cases;
    d->networks_n = n;
    return BW_OK;
}

static enum bw_rc read_releases(struct http_req *rq, struct db *db, struct ops_queue_page *d,
                                struct bw_err *err)
{
    const struct intel_filter f = {.kind = -1,
                                   .severity = -1,
                                   .tlp = TLP_CLEAR,
                                   .state = INTEL_PUBLISHED,
                                   .unreleased_clear = true,
                                   .limit = RELEASES_SHOWN};
    struct intel_item *items;
    size_t n;
    BW_TRY(intel_item_list(db, req_viewer(rq), &f, http_arena(rq), &items, &n, &d->more, err));
    struct ops_case *cases = BW_ARENA_ARRAY(http_arena(rq), n, struct ops_case);
    if (!cases)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        const struct intel_item *item = &items[i];
        cases[i] = (struct ops_case){.public_id = item->public_id,
                                     .title = item->title,
                                     .since_us = item->published_us,
                                     .lang_code = i18n_html_name(item->lang),
                                     .late = is_late(item->published_us)};
        BW_TRY(name_of(rq, db, item->author_organisation_id, &cases[i].by, err));
        d->late += cases[i].late;
    }
    d->releases = cases;
    d->releases_n = n;
    return BW_OK;
}

static const struct page_notice DONE[] = {
    {"verified", MSG_ops_done_verified},
    {"refused", MSG_ops_done_refused},
    {"released", MSG_ops_done_released},
};

enum bw_rc ops_queue(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct ops_queue_page d = {.may_release = permission_has(req_viewer(rq), PERM_RELEASE),
                               .nav = desk_nav_of(req_viewer(rq))};
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(read_networks(rq, db, &d, err));
    BW_TRY(read_releases(rq, db, &d, err));
    d.waiting = (int64_t)(d.networks_n + d.releases_n);
    for (size_t i = 0; i < BW_COUNT(DONE); i++)
        if (bw_view_is(http_text(rq, "done"), DONE[i].word))
            d.done = i18n(req_lang(rq), DONE[i].msg);
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_ops_queue,
                                    .here = NAV_QUEUE,
                                    .body = html_ops_queue_slot(&d)},
                     err);
}

/* -- decisions --------------------------------------------------------------------------------- */

struct decision {
    const struct viewer *viewer;
    struct bw_view id;
    bool verify;
};

static enum bw_rc write_network(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct decision *d = arg;
    return watch_network_decide(tx, d->viewer, d->id, d->verify, err);
}

static enum bw_rc write_release(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct decision *d = arg;
    return intel_item_release(tx, d->viewer, d->id, err);
}

enum bw_rc ops_network_decide(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct bw_view decision = http_text(rq, "decision");
    struct decision d = {req_viewer(rq), http_text(rq, "id"), bw_view_is(decision, "verify")};
    if (!d.verify && !bw_view_is(decision, "refuse"))
        return bw_fail(err, BW_INVALID, "decision is verify or refuse");
    BW_TRY(req_write(rq, write_network, &d, err));
    page_to(rq, rs, "queue?done=%s", d.verify ? "verified" : "refused");
    return BW_OK;
}

enum bw_rc ops_release(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct decision d = {.viewer = req_viewer(rq), .id = http_text(rq, "id")};
    BW_TRY(req_write(rq, write_release, &d, err));
    page_to(rq, rs, "queue?done=released");
    return BW_OK;
}

enum bw_rc ops_release_api(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct decision d = {.viewer = req_viewer(rq), .id = http_text(rq, "id")};
    struct json_writer w;
    BW_TRY(req_write(rq, write_release, &d, err));
    page_json_type(rs);
    json_w_open(&w, http_out(rs));
    json_w_object(&w);
    json_w_kv(&w, "id", d.id);
    json_w_kv_bool(&w, "public", true);
    json_w_object_end(&w);
    json_w_close(&w);
    return BW_OK;
}
