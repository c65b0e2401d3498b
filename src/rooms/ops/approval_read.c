/* SPDX-License-Identifier: Apache-2.0 */
/* approval_read - lists, and who may decide on what; see approval.h. */
#include "approval_int.h"

#include "crypto_text.h"

#define COLUMNS                                                                        \
    "id, audience_id, args, digest, public_id, act, what, reason, decision, asked_by," \
    " asked_body, concerns_id, asked_us, expires_us, decided_by, decided_us, state"

static enum bw_rc hex_of(struct bw_view bytes, struct bw_arena *arena, struct bw_view *ret,
                         struct bw_err *err)
{
    BW_AUTO_BUF hex = BW_BUF_INIT(256);
    crypto_hex(bytes, &hex);
    BW_TRY(bw_buf_rc(&hex, "digest", err));
    return bw_view_copy(arena, bw_buf_text(&hex), ret, err);
}

static enum bw_rc read_row(const struct db_stmt *st, struct bw_arena *arena,
                           struct approval_row *ret, struct bw_err *err)
{
    struct approval_row r = {.id = db_int(st, 0),
                             .audience_id = db_int(st, 1),
                             .is = {.asked_by = db_int(st, 9),
                                    .asked_body = db_int(st, 10),
                                    .concerns_id = db_int(st, 11),
                                    .asked_us = db_int(st, 12),
                                    .expires_us = db_int(st, 13),
                                    .decided_by = db_int(st, 14),
                                    .decided_us = db_int(st, 15),
                                    .state = (enum approval_state)db_int(st, 16)}};
    struct bw_view *const texts[] = {&r.is.public_id, &r.is.act, &r.is.what, &r.is.reason,
                                     &r.is.decision};
    BW_TRY(bw_view_copy(arena, db_bytes(st, 2), &r.args, err));
    BW_TRY(bw_view_copy(arena, db_bytes(st, 3), &r.digest, err));
    for (size_t i = 0; i < BW_COUNT(texts); i++)
        BW_TRY(bw_view_copy(arena, db_text(st, 4 + (int)i), texts[i], err));
    BW_TRY(hex_of(r.digest, arena, &r.is.digest, err));
    *ret = r;
    return BW_OK;
}

enum bw_rc approval_row_get(struct db *db, const struct viewer *viewer, struct bw_view public_id,
                            struct bw_arena *arena, struct approval_row *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(
        db_query(db, viewer, "SELECT " COLUMNS " FROM v_approval WHERE public_id = ?1", &st, err));
    db_bind_text(st, 1, public_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such request");
    BW_TRY(rc);
    return read_row(st, arena, ret, err);
}

enum bw_rc approval_list(struct db *db, const struct viewer *viewer, bool waiting, size_t max,
                         struct bw_arena *arena, struct approval **ret, size_t *ret_n,
                         struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct approval *rows = BW_ARENA_ARRAY(arena, max, struct approval);
    struct approval_row row;
    size_t n = 0;
    enum bw_rc rc = BW_NOT_FOUND;
    if (!rows)
        return bw_fail_memory(err);
    if (waiting)
        BW_TRY(db_query(db, viewer,
                        "SELECT " COLUMNS " FROM v_approval WHERE state = 0"
                        " ORDER BY expires_us, id LIMIT ?1",
                        &st, err));
    else
        BW_TRY(db_query(db, viewer,
                        "SELECT " COLUMNS " FROM v_approval WHERE state <> 0"
                        " ORDER BY id DESC LIMIT ?1",
                        &st, err));
    db_bind_int(st, 1, (int64_t)max);
    while (n < max && (rc = db_row(st, err)) == BW_OK) {
        BW_TRY(read_row(st, arena, &row, err));
        rows[n++] = row.is;
    }
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}

/* -- who may decide ---------------------------------------------------------------------------- */

/* Two bodies are asked for only where there are two. */
static enum bw_rc needs_two_bodies(struct db *db, const struct settings *settings, bool *ret,
                                   struct bw_err *err)
{
    int64_t bodies = 0;
    if (setting_int(settings, SETTING_FOUR_EYES_BODIES))
        BW_TRY(ops_body_count(db, &bodies, err));
    *ret = bodies > 1;
    return BW_OK;
}

/* Nobody but the asker could decide: the setting says whether time may stand in for a person. */
static enum bw_rc bar_of_asker(struct db *db, const struct settings *settings,
                               const struct approval *a, enum permission permission, bool bodies,
                               int64_t now_us, enum approval_bar *ret, struct bw_err *err)
{
    int64_t others, hours = setting_int(settings, SETTING_FOUR_EYES_ALONE);
    BW_TRY(member_count_roles(db, permission_table[permission].roles, a->asked_by,
                              bodies ? a->asked_body : 0, &others, err));
    if (others > 0)
        *ret = APPROVAL_BAR_OWN;
    else
        *ret =
            hours && now_us >= a->asked_us + hours * BW_HOUR_US ? APPROVAL_MAY : APPROVAL_BAR_ALONE;
    return BW_OK;
}

enum bw_rc approval_bar_of(struct db *db, const struct settings *settings, const struct approval *a,
                           int64_t person_id, int64_t now_us, enum approval_bar *ret,
                           struct bw_err *err)
{
    const struct approval_act *act = approval_act_of(a->act);
    struct member_office me;
    bool bodies;
    BW_TRY(member_office(db, person_id, &me, err));
    *ret = APPROVAL_MAY;
    if (!act || !approval_has_right(&me, act->permission)) {
        *ret = APPROVAL_BAR_RIGHT;
        return BW_OK;
    }
    if (a->concerns_id == person_id) {
        *ret = APPROVAL_BAR_CONCERNS;
        return BW_OK;
    }
    BW_TRY(needs_two_bodies(db, settings, &bodies, err));
    if (a->asked_by == person_id)
        return bar_of_asker(db, settings, a, act->permission, bodies, now_us, ret, err);
    if (bodies && me.organisation_id == a->asked_body)
        *ret = APPROVAL_BAR_BODY;
    return BW_OK;
}
