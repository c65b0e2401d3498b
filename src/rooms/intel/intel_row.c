/* SPDX-License-Identifier: Apache-2.0 */
/* intel_row - items and indicators as rows of pages, and the options of forms and filters. */
#include "intel_view.h"

/* BY is what another row of the same page already found; {NULL, 0}: look it up. */
static enum bw_rc fill_row(struct db *db, const struct viewer *viewer,
                           const struct intel_item *item, enum i18n_lang lang, struct bw_view by,
                           struct bw_arena *arena, struct intel_row_view *ret, struct bw_err *err)
{
    struct member_organisation organisation;
    if (!by.p) {
        enum bw_rc rc = member_organisation_get(db, viewer, item->author_organisation_id, arena,
                                                &organisation, err);
        if (rc == BW_OK)
            by = member_name(&organisation.names, lang);
        else if (rc != BW_NOT_FOUND) /* the public zone does not name organisations */
            return rc;
    }
    *ret = (struct intel_row_view){
        .public_id = item->public_id,
        .title = item->title,
        .lang_code = i18n_html_name(item->lang),
        .tlp = bw_view_z(tlp_name(item->tlp)),
        .tlp_class = bw_view_z(intel_tlp_class(item->tlp)),
        .by = by,
        .severity_class = intel_severity_class(item->severity),
        .icon = intel_kind_icon(item->kind),
        .severity_msg = intel_severity_msg(item->severity),
        .kind_msg = intel_kind_msg(item->kind),
        .published_us = item->published_us,
        .indicators = item->indicators,
        .section = viewer->role == ROLE_NOBODY ? "advisories" : "items",
        .other_lang = item->lang != lang,
    };
    return BW_OK;
}

enum bw_rc intel_row_of(struct db *db, const struct viewer *viewer, const struct intel_item *item,
                        enum i18n_lang lang, struct bw_arena *arena, struct intel_row_view *ret,
                        struct bw_err *err)
{
    return fill_row(db, viewer, item, lang, (struct bw_view){NULL, 0}, arena, ret, err);
}

enum bw_rc intel_rows_of(struct db *db, const struct viewer *viewer, const struct intel_item *items,
                         size_t n, enum i18n_lang lang, struct bw_arena *arena,
                         struct intel_row_view **ret, struct bw_err *err)
{
    struct intel_row_view *rows = BW_ARENA_ARRAY(arena, n, struct intel_row_view);
    if (!rows)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        struct bw_view by = {NULL, 0};
        for (size_t j = 0; j < i && !by.p; j++) /* a page's rows: few, and few authors */
            if (items[j].author_organisation_id == items[i].author_organisation_id)
                by = rows[j].by;
        BW_TRY(fill_row(db, viewer, &items[i], lang, by, arena, &rows[i], err));
    }
    *ret = rows;
    return BW_OK;
}

enum bw_rc intel_indicator_rows(const struct intel_indicator *in, size_t n, struct bw_arena *arena,
                                struct intel_indicator_row **ret, struct bw_err *err)
{
    struct intel_indicator_row *rows = BW_ARENA_ARRAY(arena, n, struct intel_indicator_row);
    BW_AUTO_BUF out = BW_BUF_INIT(16 * INTEL_INDICATOR_BYTES_MAX);
    if (!rows)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        bw_buf_reset(&out);
        text_defang(in[i].value, &out);
        BW_TRY(bw_buf_rc(&out, "indicator", err));
        rows[i].plain = in[i].value;
        rows[i].ioc_msg = intel_ioc_msg(in[i].ioc);
        BW_TRY(bw_view_copy(arena, bw_buf_text(&out), &rows[i].shown, err));
    }
    *ret = rows;
    return BW_OK;
}

enum i18n_msg intel_notice(struct bw_view word)
{
    static const struct page_notice NOTICES[] = {
        {"published", MSG_intel_done_published},
        {"draft", MSG_intel_done_draft},
        {"withdrawn", MSG_intel_done_withdrawn},
        {"gone", MSG_intel_done_gone},
    };
    for (size_t i = 0; i < BW_COUNT(NOTICES); i++)
        if (bw_view_is(word, NOTICES[i].word))
            return NOTICES[i].msg;
    return (enum i18n_msg)0;
}

/* -- options ----------------------------------------------------------------------------------- */

struct intel_option *intel_kind_options(struct bw_arena *arena, int chosen)
{
    struct intel_option *o = BW_ARENA_ARRAY(arena, INTEL_KINDS, struct intel_option);
    for (int k = 0; o && k < INTEL_KINDS; k++)
        o[k] = (struct intel_option){.value = intel_kind_word((enum intel_kind)k),
                                     .msg = intel_kind_msg((enum intel_kind)k),
                                     .on = k == chosen};
    return o;
}

struct intel_option *intel_severity_options(struct bw_arena *arena, int chosen)
{
    struct intel_option *o = BW_ARENA_ARRAY(arena, INTEL_SEVERITIES, struct intel_option);
    for (int i = 0; o && i < INTEL_SEVERITIES; i++) {
        enum intel_severity s = (enum intel_severity)(INTEL_SEVERITIES - 1 - i);
        o[i] = (struct intel_option){.value = intel_severity_word(s),
                                     .css = intel_severity_class(s),
                                     .msg = intel_severity_msg(s),
                                     .on = (int)s == chosen};
    }
    return o;
}

struct intel_option *intel_tlp_options(struct bw_arena *arena, int chosen)
{
    struct intel_option *o = BW_ARENA_ARRAY(arena, TLP_LABELS, struct intel_option);
    for (int i = 0; o && i < TLP_LABELS; i++) {
        enum tlp t = (enum tlp)(TLP_LABELS - 1 - i);
        o[i] = (struct intel_option){.value = tlp_word(t),
                                     .css = intel_tlp_class(t),
                                     .label = tlp_name(t),
                                     .hint = intel_tlp_msg(t),
                                     .on = (int)t == chosen};
    }
    return o;
}
