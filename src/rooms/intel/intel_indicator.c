/* SPDX-License-Identifier: Apache-2.0 */
/* intel_indicator - finding indicators in text, and keeping each value once.
 *
 * A value stands once in `indicator`, whoever shared it; who may know of it is told by its
 * occurrences, each with the audience of the item or object that it derives from. */
#include "intel_page.h"

/* -- in text ----------------------------------------------------------------------------------- */

/* Indicators met so far, each once: an open hash table of positions + 1 in list. */
struct scan {
    struct bw_arena *arena;
    struct intel_indicator *list;
    size_t n, room, max;
    uint32_t *slots;
    size_t n_slots; /* a power of two; 0: none yet */
    bool more, no_memory;
};

static uint64_t hash_of(const struct intel_indicator *in)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)in->ioc;
    for (size_t i = 0; i < in->value.n; i++)
        h = (h ^ (unsigned char)in->value.p[i]) * UINT64_C(0x100000001b3);
    return h ^ (h >> 29);
}

/* The slot of IN: empty, or holding the same. At most half of the slots are full. */
static uint32_t *slot_of(struct scan *s, const struct intel_indicator *in)
{
    for (size_t at = (size_t)hash_of(in);; at++) {
        uint32_t *slot = &s->slots[at & (s->n_slots - 1)];
        if (*slot == 0)
            return slot;
        const struct intel_indicator *other = &s->list[*slot - 1];
        if (other->ioc == in->ioc && bw_view_eq(other->value, in->value))
            return slot;
    }
}

static bool grow(struct scan *s)
{
    size_t room = s->room ? s->room * 2 : 64;
    struct intel_indicator *list = BW_ARENA_ARRAY(s->arena, room, struct intel_indicator);
    uint32_t *slots = BW_ARENA_ARRAY(s->arena, room * 2, uint32_t);
    if (!list || !slots)
        return false;
    if (s->n)
        memcpy(list, s->list, s->n * sizeof(*list));
    s->list = list;
    s->room = room;
    s->slots = slots;
    s->n_slots = room * 2;
    for (size_t i = 0; i < s->n; i++)
        *slot_of(s, &list[i]) = (uint32_t)i + 1;
    return true;
}

static bool on_hit(void *ctx, const struct text_hit *hit)
{
    struct scan *s = ctx;
    struct bw_err ignored;
    struct intel_indicator in = {intel_ioc_of_text(hit->kind), hit->value};
    if (in.value.n == 0 || in.value.n > INTEL_INDICATOR_BYTES_MAX)
        return true;
    if (s->n == s->room && !grow(s)) {
        s->no_memory = true;
        return false;
    }
    uint32_t *slot = slot_of(s, &in);
    if (*slot)
        return true;
    if (s->n == s->max) {
        s->more = true;
        return false;
    }
    if (bw_view_copy(s->arena, in.value, &in.value, &ignored) != BW_OK) {
        s->no_memory = true;
        return false;
    }
    s->list[s->n++] = in;
    *slot = (uint32_t)s->n;
    return true;
}

enum bw_rc intel_scan(struct bw_view v, size_t max, struct bw_arena *arena,
                      struct intel_indicator **ret, size_t *ret_n, bool *ret_more,
                      struct bw_err *err)
{
    struct scan s = {.arena = arena, .max = max};
    BW_TRY(text_scan(v, arena, on_hit, &s, err));
    if (s.no_memory)
        return bw_fail_memory(err);
    *ret = s.list;
    *ret_n = s.n;
    *ret_more = s.more;
    return BW_OK;
}

/* -- stored ------------------------------------------------------------------------------------ */

enum bw_rc intel_indicator_intern(struct db_tx *tx, const struct intel_indicator *in,
                                  int64_t *ret_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *find = NULL, *add = NULL;

    BW_ASSERT(in->ioc > 0 && in->ioc < INTEL_IOCS);
    BW_TRY(db_plain(db_tx_db(tx), "SELECT id FROM indicator WHERE value = ?1 AND kind = ?2", &find,
                    err));
    db_bind_text(find, 1, in->value);
    db_bind_int(find, 2, (int64_t)in->ioc);
    enum bw_rc rc = db_row(find, err);
    if (rc == BW_OK)
        *ret_id = db_int(find, 0);
    if (rc != BW_NOT_FOUND)
        return rc;

    BW_TRY(db_change(tx, "INSERT INTO indicator (kind, value) VALUES (?1, ?2) RETURNING id", &add,
                     err));
    db_bind_int(add, 1, (int64_t)in->ioc);
    db_bind_text(add, 2, in->value);
    return db_post_id(add, ret_id, err);
}

enum bw_rc intel_occurrence_add(struct db_tx *tx, const struct intel_occurrence_in *in,
                                struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;

    BW_ASSERT((in->item_id != 0) != (in->object_id != 0));
    BW_TRY(db_change(tx,
                     "INSERT INTO occurrence (indicator_id, audience_id, item_id, object_id,"
                     " seen_us) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
                     &st, err));
    db_bind_int(st, 1, in->indicator_id);
    db_bind_int(st, 2, in->audience_id);
    if (in->item_id)
        db_bind_int(st, 3, in->item_id);
    else
        db_bind_null(st, 3);
    if (in->object_id)
        db_bind_int(st, 4, in->object_id);
    else
        db_bind_null(st, 4);
    db_bind_int(st, 5, in->seen_us);
    return db_post(st, err);
}

static enum bw_rc read_indicators(struct db_stmt *st, size_t max, struct bw_arena *arena,
                                  struct intel_indicator **ret, size_t *ret_n, struct bw_err *err)
{
    struct intel_indicator *list = NULL;
    size_t n = 0, room = 0;
    enum bw_rc rc;
    while ((rc = db_row(st, err)) == BW_OK && n < max) {
        if (n == room) {
            size_t more = room ? room * 2 : 16;
            struct intel_indicator *larger = BW_ARENA_ARRAY(arena, more, struct intel_indicator);
            if (!larger)
                return bw_fail_memory(err);
            if (n)
                memcpy(larger, list, n * sizeof(*list));
            list = larger;
            room = more;
        }
        int64_t ioc = db_int(st, 0);
        if (ioc <= 0 || ioc >= INTEL_IOCS)
            return bw_fail_detail(err, BW_BROKEN, "internal error", "indicator of kind %ld",
                                  (long)ioc);
        list[n].ioc = (enum intel_ioc)ioc;
        BW_TRY(bw_view_copy(arena, db_text(st, 1), &list[n].value, err));
        n++;
    }
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = list;
    *ret_n = n;
    return BW_OK;
}

enum bw_rc intel_item_indicators(struct db *db, const struct viewer *viewer, int64_t item_id,
                                 size_t max, struct bw_arena *arena, struct intel_indicator **ret,
                                 size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer,
                    "SELECT n.kind, n.value FROM v_occurrence o JOIN indicator n"
                    " ON n.id = o.indicator_id WHERE o.item_id = ?1 ORDER BY n.kind, o.id LIMIT ?2",
                    &st, err));
    db_bind_int(st, 1, item_id);
    db_bind_int(st, 2, (int64_t)max);
    return read_indicators(st, max, arena, ret, ret_n, err);
}

/* The first character behind PREFIX's range; values are UTF-8, so 0xff cannot be met. */
enum bw_rc intel_indicator_starts(struct db *db, const struct viewer *viewer, struct bw_view prefix,
                                  size_t max, struct bw_arena *arena, struct intel_indicator **ret,
                                  size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_view end = bw_arena_printf(arena, "%.*s\xf4\x8f\xbf\xbf", BW_VF(prefix));
    if (!end.p)
        return bw_fail_memory(err);
    BW_TRY(db_query(db, viewer,
                    "SELECT c.kind, c.value FROM (SELECT id, kind, value FROM indicator"
                    " WHERE value >= ?1 AND value < ?2 ORDER BY value, kind LIMIT ?3) c"
                    " WHERE EXISTS (SELECT 1 FROM v_occurrence o WHERE o.indicator_id = c.id)"
                    " ORDER BY c.value, c.kind LIMIT ?4",
                    &st, err));
    db_bind_text(st, 1, prefix);
    db_bind_text(st, 2, end);
    db_bind_int(st, 3, INTEL_STARTS_LOOKED_AT);
    db_bind_int(st, 4, (int64_t)max);
    return read_indicators(st, max, arena, ret, ret_n, err);
}

enum bw_rc intel_indicator_find(struct db *db, const struct viewer *viewer, struct bw_view value,
                                struct bw_arena *arena, struct intel_seen *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct intel_seen seen = {.value = {NULL, 0}};
    BW_TRY(db_query(db, viewer,
                    "SELECT n.id, n.kind, n.value, count(*), min(o.seen_us), max(o.seen_us) FROM"
                    " (SELECT v.indicator_id AS indicator_id, v.seen_us AS seen_us FROM indicator m"
                    " JOIN v_occurrence v ON v.indicator_id = m.id WHERE m.value = ?1 LIMIT ?2) o"
                    " JOIN indicator n ON n.id = o.indicator_id GROUP BY n.id, n.kind, n.value"
                    " ORDER BY n.id LIMIT 1",
                    &st, err));
    db_bind_text(st, 1, value);
    db_bind_int(st, 2, INTEL_COUNT_MAX + 1);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, BW_NOT_FOUND, "there is no such indicator");
    if (rc != BW_OK)
        return rc;
    seen.id = db_int(st, 0);
    seen.ioc = (enum intel_ioc)db_int(st, 1);
    BW_ASSERT(seen.ioc > 0 && seen.ioc < INTEL_IOCS);
    seen.occurrences = db_int(st, 3);
    seen.first_us = db_int(st, 4);
    seen.last_us = db_int(st, 5);
    BW_TRY(bw_view_copy(arena, db_text(st, 2), &seen.value, err));
    *ret = seen;
    return BW_OK;
}
