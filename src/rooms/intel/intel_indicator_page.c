/* SPDX-License-Identifier: Apache-2.0 */
/* intel_indicator_page - one value: where this viewer sees it, since when, and whether it is worth
 * a second thought before it is blocked.
 *
 * Everything here is counted over what the viewer sees; a value without a visible occurrence is
 * 404, the same as one that was never there. Findings on the viewer's networks belong to room watch
 * and will stand beside the items once watch offers them (an arrow from intel to watch would turn
 * the layers round). */
#include "intel_view.h"

#include "bw_ip.h"

#include "intel_html.h"

#define ITEMS_SHOWN 50

/* Objects (STIX) with the value, and the strictest label among all that was seen. */
static enum bw_rc read_objects(struct db *db, const struct viewer *viewer, int64_t indicator_id,
                               struct intel_indicator_view *v, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    enum tlp worst = TLP_CLEAR;
    enum bw_rc rc;
    BW_TRY(db_query(db, viewer,
                    "SELECT audience_id, sum(CASE WHEN object_id IS NULL THEN 0 ELSE 1 END) FROM"
                    " (SELECT audience_id, object_id FROM v_occurrence WHERE indicator_id = ?1"
                    " ORDER BY audience_id, id LIMIT ?2) o GROUP BY audience_id",
                    &st, err));
    db_bind_int(st, 1, indicator_id);
    db_bind_int(st, 2, INTEL_COUNT_MAX);
    while ((rc = db_row(st, err)) == BW_OK) {
        struct audience_info a;
        BW_TRY(audience_get(db, db_int(st, 0), &a, err));
        if (a.tlp > worst)
            worst = a.tlp;
        v->objects += db_int(st, 1);
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    v->tlp = tlp_name(worst);
    v->tlp_class = intel_tlp_class(worst);
    return BW_OK;
}

/* Addresses that mean something else in every network, or nothing at all. */
static bool is_special(const struct intel_seen *seen)
{
    struct bw_ip ip;
    struct bw_prefix prefix;
    struct bw_err ignored;
    if (seen->ioc == INTEL_IOC_IPV4 || seen->ioc == INTEL_IOC_IPV6)
        return bw_ip_parse(seen->value, &ip) && bw_ip_is_special(&ip);
    if (seen->ioc == INTEL_IOC_CIDR)
        return bw_prefix_parse(seen->value, &prefix, &ignored) == BW_OK &&
               bw_ip_is_special(&prefix.first);
    return false;
}

/* As it is written in reports: defanged, any case, with blanks around. */
static enum bw_rc normal(struct bw_view typed, struct bw_arena *arena, struct bw_view *ret,
                         struct bw_err *err)
{
    struct text_hit hit;
    enum bw_rc rc = text_indicator(typed, arena, &hit, err);
    if (rc == BW_OK)
        return bw_view_copy(arena, hit.value, ret, err);
    *ret = bw_view_trim(typed); /* kinds that text does not know: file names, mutexes */
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

enum bw_rc intel_indicator_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    struct bw_arena *arena = http_arena(rq);
    struct intel_indicator_view v = {.occurrences = 0};
    struct intel_indicator_row *row;
    struct intel_item *items;
    struct intel_seen seen;
    struct bw_view value = http_text(rq, "value");
    struct db *db;

    if (value.n == 0) /* the shell's links to other languages carry the search box */
        value = http_text(rq, "q");
    BW_TRY(normal(value, arena, &value, err));
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(intel_indicator_find(db, viewer, value, arena, &seen, err));
    BW_TRY(read_objects(db, viewer, seen.id, &v, err));
    BW_TRY(intel_item_with(db, viewer, seen.id, ITEMS_SHOWN, arena, &items, &v.items_n, err));
    BW_TRY(intel_rows_of(db, viewer, items, v.items_n, req_lang(rq), arena, &v.items, err));
    BW_TRY(
        intel_indicator_rows(&(struct intel_indicator){seen.ioc, seen.value}, 1, arena, &row, err));
    v.row = *row;
    v.occurrences = seen.occurrences;
    v.capped = seen.occurrences > INTEL_COUNT_MAX;
    v.first_us = seen.first_us;
    v.last_us = seen.last_us;
    v.special = is_special(&seen);
    return page_send(rq, rs,
                     &(struct page){.title = row->shown,
                                    .here = NAV_ITEMS,
                                    .tlp = v.tlp,
                                    .query = seen.value,
                                    .body = html_intel_indicator_slot(&v)},
                     err);
}
