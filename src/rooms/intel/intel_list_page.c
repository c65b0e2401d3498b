/* SPDX-License-Identifier: Apache-2.0 */
/* intel_list_page - the list of shared items with its filters, and the author's own drafts. */
#include "intel_view.h"

#include "intel_html.h"

static enum bw_rc bad_word(const char *name, struct bw_err *err)
{
    return bw_fail(err, BW_INVALID, "%s: there is no such word", name);
}

/* Filter words of the address; an empty one filters nothing. */
static enum bw_rc read_filter(struct http_req *rq, struct intel_filter *ret, struct bw_err *err)
{
    struct bw_view kind = http_text(rq, "kind"), severity = http_text(rq, "severity");
    struct bw_view label = http_text(rq, "tlp");
    enum intel_kind k = INTEL_ALERT;
    enum intel_severity s = INTEL_INFO;
    enum tlp t = TLP_CLEAR;
    if (kind.n && !intel_kind_parse(kind, &k))
        return bad_word("kind", err);
    if (severity.n && !intel_severity_parse(severity, &s))
        return bad_word("severity", err);
    if (label.n && !tlp_parse(label, &t))
        return bad_word("tlp", err);
    *ret = (struct intel_filter){.kind = kind.n ? (int)k : -1,
                                 .severity = severity.n ? (int)s : -1,
                                 .tlp = label.n ? (int)t : -1,
                                 .state = INTEL_PUBLISHED,
                                 .after = http_text(rq, "after"),
                                 .limit = PAGE_ROWS};
    return BW_OK;
}

/* Reads the rows of F into V. */
static enum bw_rc fill(struct http_req *rq, const struct intel_filter *f, struct intel_list_view *v,
                       struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    struct bw_arena *arena = http_arena(rq);
    struct intel_item *items;
    struct db *db;
    bool more;

    BW_TRY(req_db(rq, &db, err));
    BW_TRY(intel_item_list(db, viewer, f, arena, &items, &v->rows_n, &more, err));
    v->count = (int64_t)v->rows_n;
    if (f->after.n == 0 && more) /* the same on every page: told on the first one */
        BW_TRY(intel_item_count(db, viewer, f, INTEL_COUNT_MAX, &v->count, err));
    BW_TRY(intel_rows_of(db, viewer, items, v->rows_n, req_lang(rq), arena, &v->rows, err));
    v->capped = v->count > INTEL_COUNT_MAX;
    v->later = f->after.n > 0;
    v->may_write = permission_has(viewer, PERM_SHARE);
    if (more)
        v->next = items[v->rows_n - 1].public_id;
    return BW_OK;
}

/* What a printed list is labelled with: the strictest of its rows. */
static const char *strictest(const struct intel_list_view *v)
{
    enum tlp worst = TLP_CLEAR, t;
    for (size_t i = 0; i < v->rows_n; i++)
        if (tlp_parse(v->rows[i].tlp, &t) && t > worst)
            worst = t;
    return v->rows_n ? tlp_name(worst) : NULL;
}

enum bw_rc intel_list_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct bw_arena *arena = http_arena(rq);
    struct intel_filter f;
    BW_TRY(read_filter(rq, &f, err));
    struct intel_list_view v = {
        .kinds = intel_kind_options(arena, f.kind),
        .severities = intel_severity_options(arena, f.severity),
        .tlps = intel_tlp_options(arena, f.tlp),
        .kinds_n = INTEL_KINDS,
        .severities_n = INTEL_SEVERITIES,
        .tlps_n = TLP_LABELS,
        .kind = http_text(rq, "kind"),
        .severity = http_text(rq, "severity"),
        .tlp = http_text(rq, "tlp"),
        .notice = intel_notice(http_text(rq, "done")),
        .filtered = f.kind >= 0 || f.severity >= 0 || f.tlp >= 0,
    };
    if (!v.kinds || !v.severities || !v.tlps)
        return bw_fail_memory(err);
    BW_TRY(fill(rq, &f, &v, err));
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_intel_list_title,
                                    .here = NAV_ITEMS,
                                    .tlp = strictest(&v),
                                    .body = html_intel_list_slot(&v)},
                     err);
}

enum bw_rc intel_drafts_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct intel_list_view v = {.drafts = true, .notice = intel_notice(http_text(rq, "done"))};
    const struct intel_filter f = {.kind = -1,
                                   .severity = -1,
                                   .tlp = -1,
                                   .state = INTEL_DRAFT,
                                   .after = http_text(rq, "after"),
                                   .limit = PAGE_ROWS};
    BW_TRY(fill(rq, &f, &v, err));
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_intel_drafts_title,
                                    .here = NAV_ITEMS,
                                    .tlp = strictest(&v),
                                    .body = html_intel_list_slot(&v)},
                     err);
}
