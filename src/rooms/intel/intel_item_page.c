/* SPDX-License-Identifier: Apache-2.0 */
/* intel_item_page - one item, its indicators to take away, and its withdrawal.
 *
 * Label first, then who can see it, then what it says. Indicators are shown defanged; what is
 * copied or downloaded says its label in the first line. */
#include "intel_view.h"

#include "intel_html.h"

#include <stdio.h>

/* -- the page ---------------------------------------------------------------------------------- */

/* Sorts what was read into what can be looked for and what is named besides (CVE, technique). */
static enum bw_rc fill_indicators(struct http_req *rq, struct db *db, const struct intel_item *item,
                                  struct intel_item_view *v, struct bw_err *err)
{
    struct bw_arena *arena = http_arena(rq);
    struct intel_indicator *all, *shown;
    size_t n, n_shown = 0;

    BW_TRY(intel_item_indicators(db, req_viewer(rq), item->id, 2 * INTEL_PAGE_INDICATORS, arena,
                                 &all, &n, err));
    shown = BW_ARENA_ARRAY(arena, n, struct intel_indicator);
    v->cves = BW_ARENA_ARRAY(arena, n, struct intel_word_row);
    v->techniques = BW_ARENA_ARRAY(arena, n, struct intel_word_row);
    if (!shown || !v->cves || !v->techniques)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        if (all[i].ioc == INTEL_IOC_CVE)
            v->cves[v->cves_n++].text = all[i].value;
        else if (all[i].ioc == INTEL_IOC_TECHNIQUE)
            v->techniques[v->techniques_n++].text = all[i].value;
        else if (n_shown < INTEL_PAGE_INDICATORS)
            shown[n_shown++] = all[i];
    }
    v->indicators_n = n_shown;
    v->indicators_all = item->indicators;
    v->more_indicators = item->indicators > (int64_t)n_shown;
    return intel_indicator_rows(shown, n_shown, arena, &v->indicators, err);
}

static enum bw_rc fill_who(struct http_req *rq, struct db *db, const struct intel_item *item,
                           struct bw_view *ret_summary, struct bw_view **ret_lines, size_t *ret_n,
                           struct bw_err *err)
{
    struct member_who who;
    BW_TRY(
        member_who(db, req_viewer(rq), item->audience_id, req_lang(rq), http_arena(rq), &who, err));
    *ret_summary = who.summary;
    *ret_lines = who.lines;
    *ret_n = who.n;
    return BW_OK;
}

static enum bw_rc fill_related(struct http_req *rq, struct db *db, const struct intel_item *item,
                               struct intel_item_view *v, struct bw_err *err)
{
    struct intel_item *related;
    BW_TRY(intel_item_related(db, req_viewer(rq), item->id, http_arena(rq), &related, &v->related_n,
                              err));
    return intel_rows_of(db, req_viewer(rq), related, v->related_n, req_lang(rq), http_arena(rq),
                         &v->related, err);
}

enum bw_rc intel_item_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    struct bw_arena *arena = http_arena(rq);
    struct intel_item item;
    struct intel_item_view v = {.notice = intel_notice(http_text(rq, "done"))};
    struct db *db;

    BW_TRY(req_db(rq, &db, err));
    BW_TRY(intel_item_get(db, viewer, http_text(rq, "id"), arena, &item, err));
    v.body = item.body;
    v.number = item.number;
    v.tlp_msg = intel_tlp_msg(item.tlp);
    v.draft = item.state == INTEL_DRAFT;
    v.withdrawn = item.state == INTEL_WITHDRAWN;
    v.published = item.published_us != 0;
    v.released = item.is_public && !v.withdrawn;
    v.may_withdraw =
        !v.withdrawn && permission_has(viewer, PERM_SHARE) && intel_may_withdraw(viewer, &item);
    BW_TRY(intel_row_of(db, viewer, &item, req_lang(rq), arena, &v.row, err));
    BW_TRY(fill_who(rq, db, &item, &v.who_summary, &v.who_lines, &v.who_lines_n, err));
    if (item.state == INTEL_PUBLISHED) {
        BW_TRY(fill_indicators(rq, db, &item, &v, err));
        BW_TRY(fill_related(rq, db, &item, &v, err));
    }
    return page_send(rq, rs,
                     &(struct page){.title = item.title,
                                    .title_msg = MSG_intel_untitled,
                                    .here = NAV_ITEMS,
                                    .tlp = tlp_name(item.tlp),
                                    .body = html_intel_item_slot(&v)},
                     err);
}

/* -- indicators to take away ------------------------------------------------------------------- */

enum form { FORM_PLAIN, FORM_DEFANGED, FORM_CSV, FORM_STIX, FORMS };
static const struct {
    const char *word, *type, *suffix;
} FORM_WORDS[FORMS] = {
    [FORM_PLAIN] = {"plain", "text/plain; charset=utf-8", "txt"},
    [FORM_DEFANGED] = {"defanged", "text/plain; charset=utf-8", "txt"},
    [FORM_CSV] = {"csv", "text/csv; charset=utf-8", "csv"},
    [FORM_STIX] = {"stix", "application/stix+json;version=2.1", "json"},
};

static void put_lines(struct bw_buf *out, const struct intel_item *item,
                      const struct intel_indicator *in, size_t n, bool defanged)
{
    bw_buf_printf(out, "# %s\n", tlp_name(item->tlp));
    for (size_t i = 0; i < n; i++) {
        if (defanged)
            text_defang(in[i].value, out);
        else
            bw_buf_view(out, in[i].value);
        bw_buf_byte(out, '\n');
    }
}

static void put_csv(struct bw_buf *out, const struct intel_item *item,
                    const struct intel_indicator *in, size_t n)
{
    char at[BW_TIME_MAX];
    struct bw_view time = bw_view_of(at, bw_time_format(item->published_us, at));
    BW_BUF_LIT(out, "value,kind,tlp,published,item\r\n");
    for (size_t i = 0; i < n; i++) {
        csv_cell(out, in[i].value, false);
        csv_cell(out, bw_view_z(intel_ioc_word(in[i].ioc)), false);
        csv_cell(out, bw_view_z(tlp_name(item->tlp)), false);
        csv_cell(out, time, false);
        csv_cell(out, item->public_id, true);
    }
}

/* Indicators only: what else is named (CVE, technique) is on the page. */
static enum bw_rc read_counted(struct http_req *rq, struct db *db, const struct intel_item *item,
                               struct intel_indicator **ret, size_t *ret_n, struct bw_err *err)
{
    size_t n, kept = 0;
    struct intel_indicator *all;
    BW_TRY(intel_item_indicators(db, req_viewer(rq), item->id, INTEL_INDICATORS_MAX, http_arena(rq),
                                 &all, &n, err));
    for (size_t i = 0; i < n; i++)
        if (intel_ioc_counts(all[i].ioc))
            all[kept++] = all[i];
    *ret = all;
    *ret_n = kept;
    return BW_OK;
}

enum bw_rc intel_item_export(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct bw_view word = http_text(rq, "form");
    struct bw_buf *out = http_out(rs);
    struct intel_item item;
    struct intel_indicator *list;
    char disposition[64];
    enum form form = FORM_PLAIN;
    struct db *db;
    size_t n;

    while (form < FORMS && word.n && !bw_view_is(word, FORM_WORDS[form].word))
        form++;
    if (form == FORMS)
        return bw_fail(err, BW_INVALID, "form: plain, defanged, csv or stix");
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(intel_item_get(db, req_viewer(rq), http_text(rq, "id"), http_arena(rq), &item, err));
    BW_TRY(read_counted(rq, db, &item, &list, &n, err));
    http_type(rs, FORM_WORDS[form].type);
    http_set(rs, "Cache-Control", BW_V("no-store"));
    if (form == FORM_CSV || form == FORM_STIX) {
        snprintf(disposition, sizeof(disposition), "attachment; filename=\"indicators.%s\"",
                 FORM_WORDS[form].suffix);
        http_set(rs, "Content-Disposition", bw_view_z(disposition));
    }
    if (form == FORM_STIX)
        return intel_stix_bundle(list, n, item.tlp, item.published_us, out, err);
    if (form == FORM_CSV)
        put_csv(out, &item, list, n);
    else
        put_lines(out, &item, list, n, form == FORM_DEFANGED);
    return bw_buf_rc(out, "indicators", err);
}

/* -- withdrawal -------------------------------------------------------------------------------- */

enum bw_rc intel_withdraw_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    struct intel_withdraw_view v = {.draft = false};
    struct bw_view *lines;
    struct intel_item item;
    struct db *db;
    size_t n;

    BW_TRY(req_db(rq, &db, err));
    BW_TRY(intel_item_get(db, viewer, http_text(rq, "id"), http_arena(rq), &item, err));
    if (!intel_may_withdraw(viewer, &item))
        return bw_fail(err, BW_DENIED,
                       "only the author's organisation or the hub's staff may"
                       " withdraw this");
    if (item.state == INTEL_WITHDRAWN) {
        page_to(rq, rs, "items/%.*s", BW_VF(item.public_id));
        return BW_OK;
    }
    v.draft = item.state == INTEL_DRAFT;
    BW_TRY(intel_row_of(db, viewer, &item, req_lang(rq), http_arena(rq), &v.row, err));
    BW_TRY(fill_who(rq, db, &item, &v.who_summary, &lines, &n, err));
    return page_send(rq, rs,
                     &(struct page){.title_msg = v.draft ? MSG_intel_throw_away_title
                                                         : MSG_intel_withdraw_title,
                                    .here = NAV_ITEMS,
                                    .tlp = tlp_name(item.tlp),
                                    .body = html_intel_withdraw_slot(&v)},
                     err);
}

struct withdraw {
    const struct viewer *viewer;
    struct bw_view id;
};

static enum bw_rc run_withdraw(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct withdraw *w = arg;
    return intel_item_withdraw(tx, w->viewer, w->id, err);
}

enum bw_rc intel_withdraw_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct withdraw w = {req_viewer(rq), http_text(rq, "id")};
    BW_TRY(req_write(rq, run_withdraw, &w, err));
    page_to(rq, rs, "items/%.*s?done=withdrawn", BW_VF(w.id));
    return BW_OK;
}
