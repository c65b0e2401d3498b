/* SPDX-License-Identifier: Apache-2.0 */
/* home_page - asks each room for what needs the reader now. */
#include "home_int.h"

#include "bw_clock.h"
#include "home_html.h"

enum { NEWEST = 10, URGENT = 5, DRAFTS = 5 };

static struct intel_filter filter(enum intel_state state, int severity, size_t limit)
{
    return (struct intel_filter){.kind = -1,
                                 .severity = severity,
                                 .tlp = -1,
                                 .state = state,
                                 .limit = limit};
}

static enum bw_rc newest(struct http_req *rq, struct db *db, struct home_page *d,
                         struct bw_err *err)
{
    const struct intel_filter f = filter(INTEL_PUBLISHED, -1, NEWEST);
    struct bw_arena *arena = http_arena(rq);
    struct intel_item *items;
    size_t n;
    bool more;
    BW_TRY(intel_item_list(db, req_viewer(rq), &f, arena, &items, &n, &more, err));
    struct intel_row_view *rows = BW_ARENA_ARRAY(arena, n, struct intel_row_view);
    if (!rows)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        BW_TRY(intel_row_of(db, req_viewer(rq), &items[i], req_lang(rq), arena, &rows[i], err));
    d->rows = rows;
    d->rows_n = n;
    return BW_OK;
}

/* Alerts of the last seven days that are critical or high. */
static enum bw_rc urgent(struct http_req *rq, struct db *db, struct home_page *d,
                         struct bw_err *err)
{
    struct bw_arena *arena = http_arena(rq);
    struct intel_row_view *rows = BW_ARENA_ARRAY(arena, URGENT, struct intel_row_view);
    const int64_t since_us = bw_now_us() - 7 * BW_DAY_US;
    if (!rows)
        return bw_fail_memory(err);
    for (int severity = INTEL_CRITICAL; severity >= INTEL_HIGH; severity--) {
        struct intel_filter f = filter(INTEL_PUBLISHED, severity, URGENT);
        struct intel_item *items;
        size_t n;
        bool more;
        f.kind = INTEL_ALERT;
        f.since_us = since_us; /* else the walk goes on into the past for what is not shown */
        BW_TRY(intel_item_list(db, req_viewer(rq), &f, arena, &items, &n, &more, err));
        for (size_t i = 0; i < n && d->urgent_n < URGENT; i++)
            BW_TRY(intel_row_of(db, req_viewer(rq), &items[i], req_lang(rq), arena,
                                &rows[d->urgent_n++], err));
    }
    d->urgent = rows;
    return BW_OK;
}

static enum bw_rc drafts(struct http_req *rq, struct db *db, struct home_page *d,
                         struct bw_err *err)
{
    const struct intel_filter f = filter(INTEL_DRAFT, -1, DRAFTS);
    struct bw_arena *arena = http_arena(rq);
    struct intel_item *items;
    bool more;
    BW_TRY(intel_item_list(db, req_viewer(rq), &f, arena, &items, &d->drafts_n, &more, err));
    struct home_draft *rows = BW_ARENA_ARRAY(arena, d->drafts_n, struct home_draft);
    if (!rows)
        return bw_fail_memory(err);
    for (size_t i = 0; i < d->drafts_n; i++)
        rows[i] = (struct home_draft){items[i].public_id, items[i].title, items[i].created_us};
    d->drafts = rows;
    return BW_OK;
}

static enum bw_rc networks(struct http_req *rq, struct db *db, struct home_page *d,
                           struct bw_err *err)
{
    static const char *const classes[] = {"sev-info", "sev-low", "sev-medium", "sev-high",
                                          "sev-critical"};
    const struct viewer *viewer = req_viewer(rq);
    struct watch_network *list;
    int64_t counts[5];
    size_t n;
    BW_TRY(watch_network_list(db, viewer, viewer->organisation_id, http_arena(rq), &list, &n, err));
    for (size_t i = 0; i < n; i++) {
        d->networks += list[i].state == WATCH_VERIFIED;
        d->networks_pending += list[i].state == WATCH_PENDING;
    }
    BW_TRY(watch_finding_counts(db, viewer, counts, err));
    for (int i = 0; i < 5; i++) {
        d->findings += counts[i];
        if (counts[i]) {
            d->worst_class = classes[i];
            d->worst_msg = intel_severity_msg((enum intel_severity)i);
        }
    }
    return BW_OK;
}

static enum bw_rc home(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct home_page d = {0};
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(newest(rq, db, &d, err));
    BW_TRY(urgent(rq, db, &d, err));
    BW_TRY(drafts(rq, db, &d, err));
    BW_TRY(networks(rq, db, &d, err));
    d.todo = (d.findings > 0) + (int64_t)d.urgent_n + (int64_t)d.drafts_n;
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_page_nav_home,
                                    .here = NAV_HOME,
                                    .body = html_home_page_slot(&d)},
                     err);
}

static const struct http_param PARAMS[] = {REQ_LANG};
static const struct http_route ROUTES[] = {
    {HTTP_GET, "/{lang}/home", HTTP_LOOP, HTTP_PAGE, PERM_READ, PARAMS, BW_COUNT(PARAMS), 0, NULL,
     home, "what needs me now"},
};

const struct room room_home = {.name = "home", .routes = ROUTES, .n_routes = BW_COUNT(ROUTES)};
