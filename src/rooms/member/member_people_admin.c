/* SPDX-License-Identifier: Apache-2.0 */
/* member_people_admin - the administrator's role is handed over: offered by who has it, taken by a
 * colleague who has signed in themselves. Until then nothing changes. Threads: the write lane. */
#include "member_people.h"

enum bw_rc member_role_set(struct db_tx *tx, int64_t actor_id, const struct member_target *t,
                           enum role role, struct bw_err *err)
{
    BW_AUTO(db_stmt) *person = NULL;
    BW_AUTO(db_stmt) *keys = NULL;
    BW_TRY(db_change(tx, "UPDATE person SET role = ?2 WHERE id = ?1", &person, err));
    db_bind_int(person, 1, t->id);
    db_bind_int(person, 2, (int64_t)role);
    BW_TRY(db_run(person, err));
    BW_TRY(db_change(tx, "UPDATE api_key SET role = ?2 WHERE person_id = ?1 AND ended_us IS NULL",
                     &keys, err));
    db_bind_int(keys, 1, t->id);
    db_bind_int(keys, 2, (int64_t)role);
    BW_TRY(db_run(keys, err));
    BW_TRY(session_end_others(tx, t->id, 0, err));
    return member_tell(tx, LEDGER_PERSON_CHANGED, bw_view_z(t->public_id.text), actor_id,
                       t->audience_id, "role", bw_view_z(role_name(role)), "before",
                       bw_view_z(role_name(t->role)), err);
}

static enum bw_rc drop_offer(struct db_tx *tx, int64_t organisation_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "DELETE FROM admin_offer WHERE organisation_id = ?1", &st, err));
    db_bind_int(st, 1, organisation_id);
    return db_run(st, err);
}

enum bw_rc member_admin_offer(struct db_tx *tx, const struct viewer *viewer,
                              struct bw_view public_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct member_target t;
    BW_TRY(permission_check(viewer, PERM_OWN_PEOPLE, err));
    BW_TRY(member_target_find(tx, viewer, public_id, &t, err));
    if (t.role != ROLE_REPRESENTATIVE || t.state != MEMBER_ACTIVE || !t.came)
        return bw_fail(err, BW_CONFLICT,
                       "the role goes to a representative who has signed in before");
    BW_TRY(drop_offer(tx, viewer->organisation_id, err));
    BW_TRY(db_change(tx,
                     "INSERT INTO admin_offer (organisation_id, from_id, to_id, until_us)"
                     " VALUES (?1, ?2, ?3, ?4)",
                     &st, err));
    db_bind_int(st, 1, viewer->organisation_id);
    db_bind_int(st, 2, viewer->person_id);
    db_bind_int(st, 3, t.id);
    db_bind_int(st, 4, db_tx_now_us(tx) + MEMBER_OFFER_US);
    BW_TRY(db_run(st, err));
    return member_tell(tx, LEDGER_ADMIN_OFFERED, bw_view_z(t.public_id.text), viewer->person_id,
                       t.audience_id, NULL, BW_V(""), NULL, BW_V(""), err);
}

static enum bw_rc find_offer(struct db_tx *tx, const struct viewer *viewer, int64_t *ret_from,
                             struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db_tx_db(tx),
                    "SELECT from_id FROM admin_offer WHERE organisation_id = ?1 AND to_id = ?2"
                    " AND until_us > ?3",
                    &st, err));
    db_bind_int(st, 1, viewer->organisation_id);
    db_bind_int(st, 2, viewer->person_id);
    db_bind_int(st, 3, db_tx_now_us(tx));
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "nobody offers you this role any more");
    BW_TRY(rc);
    *ret_from = db_int(st, 0);
    return BW_OK;
}

enum bw_rc member_admin_answer(struct db_tx *tx, const struct viewer *viewer, bool accept,
                               struct bw_err *err)
{
    struct member_target from, to;
    int64_t from_id;
    BW_TRY(member_actor_check(tx, viewer, err));
    BW_TRY(find_offer(tx, viewer, &from_id, err));
    BW_TRY(drop_offer(tx, viewer->organisation_id, err));
    BW_TRY(member_target_key(tx, from_id, &from, err));
    BW_TRY(member_target_key(tx, viewer->person_id, &to, err));
    if (!accept)
        return member_tell(tx, LEDGER_PERSON_CHANGED, bw_view_z(to.public_id.text),
                           viewer->person_id, to.audience_id, "role", BW_V("declined"), NULL,
                           BW_V(""), err);
    /* Who offered it may have lost it meanwhile. */
    if (from.role != ROLE_ADMIN || from.state != MEMBER_ACTIVE ||
        from.organisation_id != viewer->organisation_id || to.role != ROLE_REPRESENTATIVE)
        return bw_fail(err, BW_CONFLICT, "who offered the role does not have it any more");
    BW_TRY(member_role_set(tx, viewer->person_id, &to, ROLE_ADMIN, err));
    return member_role_set(tx, viewer->person_id, &from, ROLE_REPRESENTATIVE, err);
}
