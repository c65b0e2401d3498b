/* SPDX-License-Identifier: Apache-2.0 */
/* member_standing - how far an organisation is trusted, and to which group it belongs. Read inside
 * the hub to decide who may be admitted where and who may speak about whom. */
#include "member_int.h"

#include "json_write.h"

enum bw_rc member_trust_get(struct db *db, int64_t organisation_id, struct bw_arena *arena,
                            struct member_trust *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct member_trust b;
    BW_TRY(db_query(db, viewer_system("standing: to whom an organisation belongs decides rights"),
                    "SELECT standing, sponsor_id, association, company_group, domain, state"
                    " FROM v_organisation WHERE id = ?1",
                    &st, err));
    db_bind_int(st, 1, organisation_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such organisation");
    BW_TRY(rc);
    b = (struct member_trust){.standing = (enum member_standing)db_int(st, 0),
                              .sponsor_id = db_int(st, 1),
                              .association = db_int(st, 2) != 0,
                              .state = (enum member_state)db_int(st, 5)};
    BW_TRY(bw_view_copy(arena, db_text(st, 3), &b.company_group, err));
    BW_TRY(bw_view_copy(arena, db_text(st, 4), &b.domain, err));
    *ret = b;
    return BW_OK;
}

enum bw_rc member_standing(struct db *db, int64_t organisation_id, enum member_standing *ret,
                           struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer_system("standing: asked before an organisation is let in"),
                    "SELECT standing FROM v_organisation WHERE id = ?1", &st, err));
    db_bind_int(st, 1, organisation_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such organisation");
    BW_TRY(rc);
    *ret = (enum member_standing)db_int(st, 0);
    return BW_OK;
}

static enum bw_rc append(struct db_tx *tx, int64_t actor_id, int64_t organisation_id,
                         const struct member_trust *b, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_AUTO_BUF payload = BW_BUF_INIT(4096);
    struct json_writer w;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("standing: the event names the organisation"),
                    "SELECT public_id, audience_id FROM v_organisation WHERE id = ?1", &st, err));
    db_bind_int(st, 1, organisation_id);
    BW_TRY(db_row(st, err));
    json_w_open(&w, &payload);
    json_w_object(&w);
    json_w_kv_z(&w, "standing", b->standing == MEMBER_TRUSTED ? "trusted" : "open");
    json_w_kv(&w, "group", b->company_group);
    json_w_kv_z(&w, "association", b->association ? "yes" : "no");
    json_w_object_end(&w);
    json_w_close(&w);
    BW_TRY(bw_buf_rc(&payload, "payload", err));
    /* To whom an organisation belongs is for the audit trail alone. */
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = LEDGER_ORGANISATION_CHANGED,
                                                .object = db_text(st, 0),
                                                .actor_id = actor_id,
                                                .payload = bw_buf_text(&payload)},
                         err);
}

enum bw_rc member_trust_set(struct db_tx *tx, int64_t actor_id, int64_t organisation_id,
                            const struct member_trust *b, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    if (b->company_group.n > MEMBER_NAME_MAX || !bw_utf8_valid(b->company_group))
        return bw_fail(err, BW_INVALID, "a group's name has at most %d bytes of UTF-8",
                       MEMBER_NAME_MAX);
    BW_TRY(db_change(tx,
                     "UPDATE organisation SET standing = ?2, company_group = ?3, sponsor_id = ?4,"
                     " association = ?5 WHERE id = ?1",
                     &st, err));
    db_bind_int(st, 1, organisation_id);
    db_bind_int(st, 2, (int64_t)b->standing);
    db_bind_text(st, 3, bw_view_trim(b->company_group));
    db_bind_int(st, 4, b->sponsor_id);
    db_bind_int(st, 5, b->association);
    BW_TRY(db_run(st, err));
    if (db_changes(st) == 0)
        return bw_fail(err, BW_NOT_FOUND, "there is no such organisation");
    return append(tx, actor_id, organisation_id, b, err);
}
