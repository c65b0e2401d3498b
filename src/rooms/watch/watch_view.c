/* SPDX-License-Identifier: Apache-2.0 */
/* watch_view - from rows to what the templates print: words, classes, lengths of bars. The page's
 * figures and the chart come from one place, so they cannot differ. */
#include "watch_page.h"

#include "bw_clock.h"

enum {
    STEPS = 5,
    STEP_WIDTH = 60, /* the meter, in its own units */
    BAR_X = 71,
    BAR_MAX = 190,
    ROW = 25, /* the chart */
    WHY_SHOWN = 5,
    REPORTS_SHOWN = 8,
    NETWORKS_SHOWN = 100
};

/* -- health ------------------------------------------------------------------------------------ */

static enum bw_rc fill_steps(struct bw_arena *arena, struct watch_home *d, struct bw_err *err)
{
    struct watch_step *steps = BW_ARENA_ARRAY(arena, STEPS, struct watch_step);
    if (!steps)
        return bw_fail_memory(err);
    for (int i = 0; i < STEPS; i++)
        steps[i] = (struct watch_step){i < d->level ? "on" : "off", 1 + i * STEP_WIDTH};
    d->steps = steps;
    d->steps_n = STEPS;
    return BW_OK;
}

static enum bw_rc fill_bars(struct http_req *rq, const struct watch_health *h, struct watch_home *d,
                            struct bw_err *err)
{
    struct watch_bar *bars = BW_ARENA_ARRAY(http_arena(rq), 5, struct watch_bar);
    BW_AUTO_BUF words = BW_BUF_INIT(1024);
    int64_t most = 1;
    if (!bars)
        return bw_fail_memory(err);
    for (int s = 0; s < 5; s++)
        most = h->open[s] > most ? h->open[s] : most;
    for (int s = 4, i = 0; s >= 0; s--, i++) {
        int width = (int)(h->open[s] * BAR_MAX / most);
        if (h->open[s] > 0 && width < 2)
            width = 2;
        bars[i] = (struct watch_bar){.msg = watch_severity_msg(s),
                                     .class_ = watch_severity_class(s),
                                     .fill = watch_severity_fill(s),
                                     .y_text = 18 + i * ROW,
                                     .y_bar = 7 + i * ROW,
                                     .width = width,
                                     .x_value = BAR_X + width + 7,
                                     .open = h->open[s],
                                     .fresh = h->fresh[s]};
        if (i)
            BW_BUF_LIT(&words, ", ");
        bw_buf_view(&words, i18n(req_lang(rq), bars[i].msg));
        bw_buf_printf(&words, " %lld", (long long)h->open[s]);
    }
    BW_TRY(bw_buf_rc(&words, "chart", err));
    d->bars = bars;
    d->bars_n = 5;
    return bw_view_copy(http_arena(rq), bw_buf_text(&words), &d->chart_words, err);
}

static enum bw_rc fill_why(struct bw_arena *arena, const struct watch_health *h,
                           struct watch_home *d, struct bw_err *err)
{
    size_t n = h->n_why < WHY_SHOWN ? h->n_why : WHY_SHOWN;
    struct watch_why_view *why = BW_ARENA_ARRAY(arena, n, struct watch_why_view);
    if (!why)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        why[i] = (struct watch_why_view){.rsit_msg = watch_rsit_msg(h->why[i].rsit_type),
                                         .severity_msg = watch_severity_msg(h->why[i].severity),
                                         .severity_class = watch_severity_class(h->why[i].severity),
                                         .count = h->why[i].count,
                                         .last_us = h->why[i].last_us};
    d->why = why;
    d->why_n = n;
    return BW_OK;
}

static enum bw_rc fill_health(struct http_req *rq, struct db *db, struct watch_home *d,
                              struct bw_err *err)
{
    struct watch_health h;
    BW_TRY(watch_health_read(db, req_viewer(rq), bw_now_us(), http_arena(rq), &h, err));
    d->level = (int)h.level;
    d->level_msg = watch_level_msg(h.level);
    d->advice_msg = watch_advice_msg(h.level);
    d->verified = h.verified;
    d->newest_report_us = h.newest_report_us;
    BW_TRY(fill_steps(http_arena(rq), d, err));
    BW_TRY(fill_why(http_arena(rq), &h, d, err));
    return fill_bars(rq, &h, d, err);
}

/* -- findings ---------------------------------------------------------------------------------- */

static enum bw_rc fill_organisation(struct http_req *rq, struct db *db, int64_t id,
                                    struct bw_view *ret, struct bw_err *err)
{
    struct member_organisation o;
    *ret = (struct bw_view){NULL, 0};
    if (id == 0)
        return BW_OK;
    BW_TRY(member_organisation_get(db, req_viewer(rq), id, http_arena(rq), &o, err));
    *ret = member_name(&o.names, req_lang(rq));
    return BW_OK;
}

/* 192.0.2.7:22, [2001:db8::7]:22 */
static struct bw_view place_of(struct bw_arena *arena, const struct watch_finding *f)
{
    bool v6 = bw_view_find_byte(f->ip, ':') != SIZE_MAX;
    if (f->port < 0)
        return f->ip;
    return bw_arena_printf(arena, v6 ? "[%.*s]:%d" : "%.*s:%d", BW_VF(f->ip), f->port);
}

enum bw_rc watch_finding_fill(struct http_req *rq, struct db *db, const struct watch_finding *f,
                              struct watch_finding_view *ret, struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    bool own = f->organisation_id == viewer->organisation_id, may = own;
    if (!own && f->organisation_id && !role_is_staff(viewer->role))
        BW_TRY(member_delegate_may(db, viewer, f->organisation_id, DELEGATE_ACKNOWLEDGE,
                                   bw_now_us(), &may, err));
    *ret = (struct watch_finding_view){
        .public_id = f->public_id,
        .place = place_of(http_arena(rq), f),
        .family = f->family,
        .network = f->network,
        .report = f->report,
        .protocol = f->protocol,
        .rsit_msg = watch_rsit_msg(f->rsit_type),
        .severity_msg = watch_severity_msg(f->severity),
        .severity_class = watch_severity_class(f->severity),
        .state_msg = f->state == WATCH_NEW ? MSG_watch_state_new : MSG_watch_state_acknowledged,
        .state_class = f->state == WATCH_NEW ? "tag-bad" : "tag-warn",
        .first_us = f->first_us,
        .last_us = f->last_us,
        .count = f->count,
        .may_acknowledge = may && f->state == WATCH_NEW && permission_has(viewer, PERM_FINDING_ACT),
    };
    return own ? BW_OK : fill_organisation(rq, db, f->organisation_id, &ret->organisation, err);
}

static enum bw_rc fill_findings(struct http_req *rq, struct db *db, struct watch_home *d,
                                struct bw_err *err)
{
    struct watch_finding_filter f = {.state = -1, .own_only = !d->everybody, .limit = PAGE_ROWS};
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

/* -- networks and reports ---------------------------------------------------------------------- */

enum bw_rc watch_networks_fill(struct http_req *rq, struct db *db, int64_t organisation_id,
                               const struct watch_network_view **ret, size_t *ret_n,
                               struct bw_err *err)
{
    static const struct {
        enum i18n_msg msg;
        const char *class_, *icon;
    } STATES[] = {{MSG_watch_network_pending, "tag-warn", "clock"},
                  {MSG_watch_network_verified, "tag-good", "check"},
                  {MSG_watch_network_refused, "tag-bad", "close"}};
    struct watch_network *list;
    size_t n;
    BW_TRY(watch_network_list(db, req_viewer(rq), organisation_id, http_arena(rq), &list, &n, err));
    struct watch_network_view *rows = BW_ARENA_ARRAY(http_arena(rq), n, struct watch_network_view);
    if (!rows)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        rows[i] = (struct watch_network_view){.cidr = list[i].cidr,
                                              .label = list[i].label,
                                              .state_msg = STATES[list[i].state].msg,
                                              .state_class = STATES[list[i].state].class_,
                                              .icon = STATES[list[i].state].icon,
                                              .rival = list[i].rival};
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}

static enum bw_rc fill_networks(struct http_req *rq, struct db *db, struct watch_home *d,
                                struct bw_err *err)
{
    size_t n;
    BW_TRY(watch_networks_fill(rq, db, req_viewer(rq)->organisation_id, &d->networks, &n, err));
    d->networks_n = n < NETWORKS_SHOWN ? n : NETWORKS_SHOWN;
    d->networks_all = (int64_t)n;
    d->networks_more = (int64_t)(n - d->networks_n);
    return BW_OK;
}

static enum bw_rc fill_reports(struct http_req *rq, struct db *db, struct watch_home *d,
                               struct bw_err *err)
{
    struct watch_report_seen *list;
    const int64_t now_us = bw_now_us();
    size_t n;
    BW_TRY(watch_report_list(db, req_viewer(rq), http_arena(rq), &list, &n, err));
    struct watch_report_view *rows = BW_ARENA_ARRAY(http_arena(rq), n, struct watch_report_view);
    if (!rows)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        rows[i] = (struct watch_report_view){list[i].report, list[i].imported_us, list[i].newest_us,
                                             now_us - list[i].newest_us <= WATCH_ACTIVE_US};
    d->reports = rows;
    d->reports_n = n < REPORTS_SHOWN ? n : REPORTS_SHOWN;
    d->older = rows + d->reports_n;
    d->older_n = n - d->reports_n;
    return BW_OK;
}

enum bw_rc watch_home_fill(struct http_req *rq, struct watch_home *d, struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    struct db *db;
    d->staff = role_is_staff(viewer->role);
    d->everybody = d->everybody && d->staff;
    d->may_import = permission_has(viewer, PERM_IMPORT);
    d->may_claim = permission_has(viewer, PERM_NETWORK_CLAIM);
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(fill_organisation(rq, db, viewer->organisation_id, &d->organisation, err));
    BW_TRY(fill_health(rq, db, d, err));
    BW_TRY(fill_findings(rq, db, d, err));
    BW_TRY(fill_networks(rq, db, d, err));
    return fill_reports(rq, db, d, err);
}
