/* SPDX-License-Identifier: Apache-2.0 */
/* member_people_leave - somebody goes, and duties. Every way in ends in the transaction that says
 * so: sessions and with them live pages, keys, holdings, what waits for their word. The row stays
 * for what they wrote; its address is free again and kept apart. Threads: the write lane. */
#include "member_people.h"

#include <stdio.h>

/* An address that nobody has, in place of the one that was given free. */
static struct bw_view no_address(const struct member_target *t, char out[64])
{
    int n = snprintf(out, 64, "%s@left.invalid", t->public_id.text);
    BW_ASSERT(n > 0 && n < 64);
    return bw_view_of(out, (size_t)n);
}

static enum bw_rc mark_left(struct db_tx *tx, const struct member_target *t, struct bw_err *err)
{
    char address[64];
    BW_AUTO(db_stmt) *person = NULL;
    BW_AUTO(db_stmt) *secret = NULL;
    BW_TRY(db_change(tx, "UPDATE person SET state = 2, email = ?2 WHERE id = ?1", &person, err));
    db_bind_int(person, 1, t->id);
    db_bind_text(person, 2, no_address(t, address));
    BW_TRY(db_run(person, err));
    BW_TRY(db_change(tx,
                     "UPDATE credential SET password_hash = '', totp_sealed = NULL"
                     " WHERE person_id = ?1",
                     &secret, err));
    db_bind_int(secret, 1, t->id);
    return db_run(secret, err);
}

static enum bw_rc keep_address(struct db_tx *tx, int64_t actor_id, const struct member_target *t,
                               struct bw_view reason, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "INSERT INTO person_left (person_id, email, reason, by_id, left_us)"
                     " VALUES (?1, ?2, ?3, ?4, ?5)",
                     &st, err));
    db_bind_int(st, 1, t->id);
    db_bind_text(st, 2, bw_view_z(t->email));
    db_bind_text(st, 3, bw_view_trim(reason));
    db_bind_int(st, 4, actor_id);
    db_bind_int(st, 5, db_tx_now_us(tx));
    return db_run(st, err);
}

#define DROP(tx, sql, id, err)                     \
    ({                                             \
        BW_AUTO(db_stmt) *drop_ = NULL;            \
        enum bw_rc rc_;                            \
        rc_ = db_change((tx), sql, &drop_, (err)); \
        if (rc_ == BW_OK) {                        \
            db_bind_int(drop_, 1, (id));           \
            rc_ = db_run(drop_, (err));            \
        }                                          \
        rc_;                                       \
    })

/* Links that were sent to them or wait for them are worth nothing from now on. */
static enum bw_rc drop_waiting(struct db_tx *tx, int64_t id, struct bw_err *err)
{
    BW_TRY(DROP(tx, "DELETE FROM person_suspended WHERE person_id = ?1", id, err));
    BW_TRY(DROP(tx, "DELETE FROM person_mail WHERE person_id = ?1", id, err));
    BW_TRY(DROP(tx, "DELETE FROM person_notice WHERE person_id = ?1", id, err));
    return DROP(tx, "DELETE FROM admin_offer WHERE from_id = ?1 OR to_id = ?1", id, err);
}

enum bw_rc member_leave(struct db_tx *tx, int64_t actor_id, const struct member_target *t,
                        struct bw_view reason, struct bw_err *err)
{
    BW_TRY(mark_left(tx, t, err));
    BW_TRY(keep_address(tx, actor_id, t, reason, err));
    BW_TRY(session_end_all(tx, t->id, err));
    BW_TRY(holding_end_all(tx, HOLDER_PERSON, t->id, err));
    BW_TRY(drop_waiting(tx, t->id, err));
    return member_tell(tx, LEDGER_PERSON_LEFT, bw_view_z(t->public_id.text), actor_id,
                       t->audience_id, "reason", bw_view_trim(reason), "came",
                       t->came ? BW_V("yes") : BW_V("no"), err);
}

enum bw_rc member_people_leave(struct db_tx *tx, const struct viewer *viewer,
                               struct bw_view public_id, struct bw_view reason, struct bw_err *err)
{
    struct member_target t;
    BW_TRY(member_target_find(tx, viewer, public_id, &t, err));
    BW_TRY(member_reason_check(reason, err));
    if (t.id == viewer->person_id)
        return bw_fail(err, BW_DENIED, "leave by your own page");
    BW_TRY(member_last_check(tx, viewer, &t, err));
    return member_leave(tx, viewer->person_id, &t, reason, err);
}

enum bw_rc member_self_leave(struct db_tx *tx, const struct viewer *viewer, struct bw_view reason,
                             struct bw_err *err)
{
    struct member_target t;
    BW_TRY(member_actor_check(tx, viewer, err));
    if (reason.n > MEMBER_REASON_MAX || !bw_utf8_valid(reason))
        return bw_fail(err, BW_INVALID, "a reason has at most %d bytes", MEMBER_REASON_MAX);
    BW_TRY(member_target_key(tx, viewer->person_id, &t, err));
    BW_TRY(member_last_check(tx, viewer, &t, err));
    return member_leave(tx, viewer->person_id, &t, reason, err);
}

/* -- duties ------------------------------------------------------------------------------------ */

enum bw_rc member_duty_held(struct db *db, int64_t person_id, enum duty duty, bool *ret,
                            struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db,
                    "SELECT 1 FROM holding WHERE holder_kind = 0 AND holder_id = ?1 AND code = ?2"
                    " AND until_us IS NULL",
                    &st, err));
    db_bind_int(st, 1, person_id);
    db_bind_int(st, 2, grant_code((struct grant){GRANT_DUTY, (int64_t)duty}));
    enum bw_rc rc = db_row(st, err);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = rc == BW_OK;
    return BW_OK;
}

static const char *duty_word(enum duty duty)
{
    BW_ASSERT(duty == DUTY_SIGNATORY);
    return "signatory";
}

static enum bw_rc change_duty(struct db_tx *tx, int64_t actor_id, int64_t person_id, enum duty duty,
                              bool give, struct bw_err *err)
{
    const struct grant g = {GRANT_DUTY, (int64_t)duty};
    struct member_target t;
    bool held;
    BW_TRY(member_target_key(tx, person_id, &t, err));
    if (give && t.state == MEMBER_LEFT)
        return bw_fail(err, BW_NOT_FOUND, "there is no such person");
    BW_TRY(member_duty_held(db_tx_db(tx), person_id, duty, &held, err));
    if (held == give)
        return BW_OK;
    if (give)
        BW_TRY(holding_give(tx, HOLDER_PERSON, person_id, g, err));
    else
        BW_TRY(holding_end(tx, HOLDER_PERSON, person_id, g, err));
    return member_tell(tx, give ? LEDGER_HOLDING_GIVEN : LEDGER_HOLDING_ENDED,
                       bw_view_z(t.public_id.text), actor_id, t.audience_id, "duty",
                       bw_view_z(duty_word(duty)), NULL, BW_V(""), err);
}

enum bw_rc member_duty_give(struct db_tx *tx, int64_t actor_id, int64_t person_id, enum duty duty,
                            struct bw_err *err)
{
    return change_duty(tx, actor_id, person_id, duty, true, err);
}

enum bw_rc member_duty_end(struct db_tx *tx, int64_t actor_id, int64_t person_id, enum duty duty,
                           struct bw_err *err)
{
    return change_duty(tx, actor_id, person_id, duty, false, err);
}
