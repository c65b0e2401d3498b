/* SPDX-License-Identifier: Apache-2.0 */
/* intel_stix_item - an item's objects when the item is released or withdrawn. */
#include "intel_stix.h"

#include "bw_clock.h"
#include "json.h"
#include "json_write.h"

/* One row of the item. */
struct of_item {
    int64_t id, audience_id, owner_id;
    struct bw_view stix_id, type;
};

static enum bw_rc rows_of(struct db_tx *tx, int64_t item_id, struct bw_arena *arena,
                          struct of_item **ret, size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct of_item *list = NULL;
    size_t n = 0, room = 0;
    enum bw_rc rc;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("stix: an item's objects follow it"),
                    "SELECT id, audience_id, owner_id, stix_id, type FROM v_stix_object"
                    " WHERE item_id = ?1 AND superseded = 0 ORDER BY id",
                    &st, err));
    db_bind_int(st, 1, item_id);
    while ((rc = db_row(st, err)) == BW_OK) {
        if (n == room) {
            size_t more = room ? room * 2 : 64;
            struct of_item *larger = BW_ARENA_ARRAY(arena, more, struct of_item);
            if (!larger)
                return bw_fail_memory(err);
            if (n)
                memcpy(larger, list, n * sizeof(*list));
            list = larger;
            room = more;
        }
        struct of_item *o = &list[n++];
        o->id = db_int(st, 0);
        o->audience_id = db_int(st, 1);
        o->owner_id = db_int(st, 2);
        BW_TRY(bw_view_copy(arena, db_text(st, 3), &o->stix_id, err));
        BW_TRY(bw_view_copy(arena, db_text(st, 4), &o->type, err));
    }
    *ret = list;
    *ret_n = n;
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

enum bw_rc intel_stix_item_moved(struct db_tx *tx, int64_t item_id, int64_t audience_id,
                                 struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new((size_t)32 << 20);
    STIX_AUTO_WRITER w = {.tx = tx};
    struct of_item *list;
    struct bw_view author;
    size_t n;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(rows_of(tx, item_id, arena, &list, &n, err));
    if (n == 0)
        return BW_OK;
    BW_TRY(stix_writer_begin(tx, &w, err));
    BW_TRY(stix_identity_add(&w, list[0].owner_id, audience_id, &author, arena, err));
    for (size_t i = 0; i < n; i++)
        BW_TRY(stix_writer_move(&w, list[i].id, list[i].type, audience_id, err));
    return stix_writer_end(&w, err);
}

/* -- withdrawn --------------------------------------------------------------------------------- */

/* The object as it was, but revoked, and of now; what the item said is told to nobody again. */
static enum bw_rc revoke(struct bw_view bytes, struct bw_view now, struct bw_arena *arena,
                         struct bw_buf *out, struct bw_err *err)
{
    struct json_reader r;
    struct json_writer w;
    json_open(&r, bytes, arena, NULL);
    BW_TRY(json_want(&r, JSON_OBJECT, err));
    json_w_open(&w, out);
    json_w_object(&w);
    while (json_next(&r) == JSON_KEY) {
        struct bw_view key, value;
        BW_TRY(json_text(&r.value, arena, &key, err));
        BW_TRY(json_raw(&r, &value, err));
        if (bw_view_is(key, "revoked") || bw_view_is(key, "description"))
            continue;
        json_w_key_view(&w, key);
        if (bw_view_is(key, "modified"))
            json_w_string(&w, now);
        else
            json_w_raw(&w, value);
    }
    json_w_kv_bool(&w, "revoked", true);
    json_w_object_end(&w);
    json_w_close(&w);
    BW_TRY(json_finish(&r, err));
    return bw_buf_rc(out, "STIX object", err);
}

static enum bw_rc body_of(struct db_tx *tx, int64_t id, struct bw_arena *arena, struct bw_view *ret,
                          struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("stix: an item's objects follow it"),
                    "SELECT bytes FROM v_stix_body WHERE id = ?1", &st, err));
    db_bind_int(st, 1, id);
    if (db_row(st, err) != BW_OK)
        return bw_fail_detail(err, BW_BROKEN, "internal error", "stix object %lld has no body",
                              (long long)id);
    return bw_view_copy(arena, db_bytes(st, 0), ret, err);
}

enum bw_rc intel_stix_item_withdrawn(struct db_tx *tx, int64_t item_id, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new((size_t)32 << 20);
    BW_AUTO(bw_arena) *one = bw_arena_new((size_t)32 << 20);
    BW_AUTO_BUF buf = BW_BUF_INIT(2 * STIX_OBJECT_MAX);
    STIX_AUTO_WRITER w = {.tx = tx};
    struct of_item *list;
    size_t n;
    char time[BW_TIME_MAX];
    int64_t now_us = db_tx_now_us(tx), id;
    struct bw_view now = bw_view_of(time, bw_time_format(now_us, time)), bytes;
    if (!arena || !one)
        return bw_fail_memory(err);
    BW_TRY(rows_of(tx, item_id, arena, &list, &n, err));
    BW_TRY(stix_writer_begin(tx, &w, err));
    for (size_t i = 0; i < n; i++) {
        bw_arena_reset(one);
        bw_buf_reset(&buf);
        BW_TRY(body_of(tx, list[i].id, one, &bytes, err));
        BW_TRY(revoke(bytes, now, one, &buf, err));
        struct stix_object o = {.bytes = bw_buf_text(&buf),
                                .stix_id = list[i].stix_id,
                                .type = list[i].type,
                                .version = now,
                                .version_us = now_us,
                                .spec_version = BW_V("2.1")};
        const struct stix_place at = {.owner_id = list[i].owner_id,
                                      .audience_id = list[i].audience_id,
                                      .item_id = item_id};
        stix_object_seal(&o);
        BW_TRY(stix_writer_add(&w, &o, &at, &id, err));
        /* Else the version before would still be given to who asks for all. */
        BW_TRY(stix_writer_forget(&w, list[i].id, err));
    }
    return stix_writer_end(&w, err);
}
