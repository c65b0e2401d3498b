/* SPDX-License-Identifier: Apache-2.0 */
/* intel_reach - items counted by audience, for who is about to change what somebody sees; an
 * organisation's own items; and their move to the organisation that it is merged into. */
#include "intel_int.h"

static enum bw_rc more(struct bw_arena *arena, struct intel_audience_count **rows, size_t n,
                       size_t *room, struct bw_err *err)
{
    if (n < *room)
        return BW_OK;
    size_t larger = *room ? *room * 2 : 64;
    struct intel_audience_count *p = BW_ARENA_ARRAY(arena, larger, struct intel_audience_count);
    if (!p)
        return bw_fail_memory(err);
    if (n)
        memcpy(p, *rows, n * sizeof(*p));
    *rows = p;
    *room = larger;
    return BW_OK;
}

enum bw_rc intel_audiences_of(struct db *db, int64_t code, struct bw_arena *arena,
                              struct intel_audience_count **ret, size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct intel_audience_count *rows = NULL;
    size_t n = 0, room = 0;
    enum bw_rc rc;
    BW_TRY(db_query(db, viewer_system("intel: how many items a change of grants uncovers"),
                    "SELECT i.audience_id, count(*), max(i.published_us) FROM audience_grant g"
                    " JOIN v_item i ON i.audience_id = g.audience_id AND i.state = 1"
                    " WHERE g.code = ?1 GROUP BY i.audience_id ORDER BY i.audience_id",
                    &st, err));
    db_bind_int(st, 1, code);
    while ((rc = db_row(st, err)) == BW_OK) {
        BW_TRY(more(arena, &rows, n, &room, err));
        rows[n++] = (struct intel_audience_count){db_int(st, 0), db_int(st, 1), db_int(st, 2)};
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}

enum bw_rc intel_audience_newest(struct db *db, const struct viewer *viewer, int64_t audience_id,
                                 struct bw_arena *arena, struct intel_item *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_view public_id;
    BW_TRY(db_query(db, viewer,
                    "SELECT public_id FROM v_item WHERE audience_id = ?1 AND state = 1"
                    " ORDER BY published_us DESC LIMIT 1",
                    &st, err));
    db_bind_int(st, 1, audience_id);
    BW_TRY(db_row(st, err));
    BW_TRY(bw_view_copy(arena, db_text(st, 0), &public_id, err));
    return intel_item_get(db, viewer, public_id, arena, ret, err);
}

enum bw_rc intel_organisation_items(struct db *db, const struct viewer *viewer,
                                    int64_t organisation_id, struct bw_view after, size_t limit,
                                    struct bw_arena *arena, struct bw_view **ret, size_t *ret_n,
                                    struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_view *ids = BW_ARENA_ARRAY(arena, limit, struct bw_view);
    enum bw_rc rc;
    size_t n = 0;
    if (!ids)
        return bw_fail_memory(err);
    BW_TRY(db_query(db, viewer,
                    "SELECT public_id FROM v_item WHERE organisation_id = ?1 AND public_id > ?2"
                    " AND state > 0 ORDER BY public_id LIMIT ?3",
                    &st, err));
    db_bind_int(st, 1, organisation_id);
    db_bind_text(st, 2, after);
    db_bind_int(st, 3, (int64_t)limit);
    while (n < limit && (rc = db_row(st, err)) == BW_OK)
        BW_TRY(bw_view_copy(arena, db_text(st, 0), &ids[n++], err));
    if (n < limit && rc != BW_NOT_FOUND)
        return rc;
    *ret = ids;
    *ret_n = n;
    return BW_OK;
}

enum bw_rc intel_organisation_count(struct db *db, int64_t organisation_id, int64_t *ret,
                                    struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer_system("intel: how many items go with a merged organisation"),
                    "SELECT count(*) FROM v_item WHERE organisation_id = ?1", &st, err));
    db_bind_int(st, 1, organisation_id);
    BW_TRY(db_row(st, err));
    *ret = db_int(st, 0);
    return BW_OK;
}

/* A file that both had imported stays known as the survivor's; the other item keeps its text. */
static enum bw_rc forget_double_imports(struct db_tx *tx, int64_t from, int64_t to,
                                        struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    db_tx_as(tx, viewer_system("intel: files that both merged organisations imported"));
    BW_TRY(db_change(tx,
                     "UPDATE item SET import_hash = NULL WHERE organisation_id = ?1"
                     " AND import_hash IN (SELECT i.import_hash FROM v_item i"
                     " WHERE i.organisation_id = ?2 AND i.import_hash IS NOT NULL)",
                     &st, err));
    db_bind_int(st, 1, from);
    db_bind_int(st, 2, to);
    return db_run(st, err);
}

enum bw_rc intel_organisation_merge(struct db_tx *tx, int64_t from, int64_t to, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(forget_double_imports(tx, from, to, err));
    BW_TRY(
        db_change(tx, "UPDATE item SET organisation_id = ?2 WHERE organisation_id = ?1", &st, err));
    db_bind_int(st, 1, from);
    db_bind_int(st, 2, to);
    return db_run(st, err);
}
