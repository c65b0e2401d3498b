/* SPDX-License-Identifier: Apache-2.0 */
/* terms_member - until when an organisation is a member; and what follows when somebody is added.
 */
#include "terms_int.h"

#include <stdio.h>

static const struct settings *settings_now; /* set once, before anything is added */

static const struct grant EXPIRED = {GRANT_LIMIT, LIMIT_EXPIRED};

struct known {
    struct bw_id public_id;
    int64_t audience_id;
};

/* What an event about an organisation needs: its public id, and that itself and the staff hear. */
static enum bw_rc look_up(struct db_tx *tx, int64_t organisation_id, struct known *ret,
                          struct bw_err *err)
{
    const struct grant grants[] = {{GRANT_ORGANISATION, organisation_id}, {GRANT_ROLE, ROLE_STAFF}};
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx),
                    viewer_system("terms: the organisation whose membership is dated"),
                    "SELECT public_id FROM v_organisation WHERE id = ?1 AND state <> 2", &st, err));
    db_bind_int(st, 1, organisation_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such organisation");
    BW_TRY(rc);
    struct bw_view text = db_text(st, 0);
    if (!bw_id_valid(text))
        return bw_fail_detail(err, BW_BROKEN, "internal error", "public id of an organisation");
    memcpy(ret->public_id.text, text.p, text.n);
    ret->public_id.text[text.n] = '\0';
    return audience_intern(tx, TLP_AMBER_STRICT, grants, BW_COUNT(grants), &ret->audience_id, err);
}

static enum bw_rc put(struct db_tx *tx, const struct terms_membership *m, int64_t audience_id,
                      struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    if (m->valid_until_us == 0) {
        BW_TRY(db_change(tx, "DELETE FROM membership WHERE organisation_id = ?1", &st, err));
        db_bind_int(st, 1, m->organisation_id);
        return db_run(st, err);
    }
    BW_TRY(db_change(tx,
                     "INSERT INTO membership (organisation_id, valid_until_us, ended, reason,"
                     " set_by, set_us, audience_id) VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6)"
                     " ON CONFLICT (organisation_id) DO UPDATE SET"
                     " valid_until_us = excluded.valid_until_us, ended = 0,"
                     " reason = excluded.reason, set_by = excluded.set_by,"
                     " set_us = excluded.set_us",
                     &st, err));
    db_bind_int(st, 1, m->organisation_id);
    db_bind_int(st, 2, m->valid_until_us);
    db_bind_text(st, 3, bw_view_trim(m->reason));
    db_bind_int(st, 4, m->actor_id);
    db_bind_int(st, 5, db_tx_now_us(tx));
    db_bind_int(st, 6, audience_id);
    return db_run(st, err);
}

/* The moment is in the key: a later date does not vanish in an earlier job that still waits. */
static enum bw_rc wake_at(struct db_tx *tx, const struct known *o, int64_t at_us,
                          struct bw_err *err)
{
    char key[BW_ID_LEN + 24];
    int n =
        snprintf(key, sizeof(key), "%s-%lld", o->public_id.text, (long long)(at_us / BW_SECOND_US));
    return job_add(tx, TERMS_JOB_MOMENT, bw_view_of(key, (size_t)n), BW_V(""), at_us, NULL, err);
}

enum bw_rc terms_membership_set(struct db_tx *tx, const struct terms_membership *m,
                                struct bw_err *err)
{
    struct known o;
    bool operating;
    BW_TRY(terms_reason_check(m->reason, err));
    BW_TRY(look_up(tx, m->organisation_id, &o, err));
    BW_TRY(terms_is_operating(db_tx_db(tx), m->organisation_id, &operating, err));
    if (operating)
        return bw_fail(err, BW_INVALID, "the organisation that runs the hub does not run out");
    if (m->valid_until_us != 0 && m->valid_until_us <= db_tx_now_us(tx))
        return bw_fail(err, BW_INVALID, "choose a day in the future, or none");
    BW_TRY(put(tx, m, o.audience_id, err));
    BW_TRY(holding_end(tx, HOLDER_ORGANISATION, m->organisation_id, EXPIRED, err));
    if (m->valid_until_us)
        BW_TRY(wake_at(tx, &o, m->valid_until_us, err));
    return TERMS_APPEND(tx, LEDGER_MEMBERSHIP_DATED, bw_view_z(o.public_id.text), m->actor_id,
                        o.audience_id, err, {"valid_until_us", {NULL, 0}, m->valid_until_us},
                        {"reason", bw_view_trim(m->reason), 0});
}

enum bw_rc terms_membership_get(struct db *db, const struct viewer *viewer, int64_t organisation_id,
                                struct bw_arena *arena, struct terms_member_state *ret,
                                struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    *ret = (struct terms_member_state){0};
    BW_TRY(db_query(db, viewer,
                    "SELECT valid_until_us, ended, reason FROM v_membership"
                    " WHERE organisation_id = ?1",
                    &st, err));
    db_bind_int(st, 1, organisation_id);
    enum bw_rc rc = db_row(st, err);
    if (rc != BW_OK)
        return rc == BW_NOT_FOUND ? BW_OK : rc;
    ret->valid_until_us = db_int(st, 0);
    ret->ended = db_int(st, 1) != 0;
    return bw_view_copy(arena, db_text(st, 2), &ret->reason, err);
}

/* One organisation whose time is over; *ret 0: none. */
static enum bw_rc next_over(struct db_tx *tx, int64_t *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    *ret = 0;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("terms: whose membership has run out"),
                    "SELECT organisation_id FROM v_membership WHERE ended = 0"
                    " AND valid_until_us <= ?1 ORDER BY valid_until_us, organisation_id LIMIT 1",
                    &st, err));
    db_bind_int(st, 1, db_tx_now_us(tx));
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_OK)
        *ret = db_int(st, 0);
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

enum bw_rc terms_membership_end(struct db_tx *tx, struct bw_err *err)
{
    for (;;) {
        BW_AUTO(db_stmt) *st = NULL;
        struct known o;
        int64_t id;
        bool operating;
        BW_TRY(next_over(tx, &id, err));
        if (id == 0)
            return BW_OK;
        BW_TRY(
            db_change(tx, "UPDATE membership SET ended = 1 WHERE organisation_id = ?1", &st, err));
        db_bind_int(st, 1, id);
        BW_TRY(db_run(st, err));
        BW_TRY(terms_is_operating(db_tx_db(tx), id, &operating, err));
        enum bw_rc rc = look_up(tx, id, &o, err);
        if (rc == BW_NOT_FOUND || (rc == BW_OK && operating))
            continue; /* has left; or had its default date before its people began to run the hub */
        BW_TRY(rc);
        BW_TRY(holding_give(tx, HOLDER_ORGANISATION, id, EXPIRED, err));
        BW_TRY(TERMS_APPEND(tx, LEDGER_MEMBERSHIP_ENDED, bw_view_z(o.public_id.text), 0,
                            o.audience_id, err, {"limit", BW_V("expired"), 0}));
    }
}

/* -- whoever is added -------------------------------------------------------------------------- */

static enum bw_rc person_added(struct db_tx *tx, int64_t person_id, int64_t organisation_id,
                               struct bw_err *err)
{
    BW_TRY(terms_person_settle(tx, person_id, err));
    return terms_organisation_settle(tx, organisation_id, err); /* the first of the hub's staff */
}

/* Without the operating body's rule: nobody is in it yet. */
static enum bw_rc organisation_added(struct db_tx *tx, int64_t organisation_id, int64_t actor_id,
                                     struct bw_err *err)
{
    int64_t days = settings_now ? setting_int(settings_now, SETTING_MEMBERSHIP_DAYS) : 0;
    BW_TRY(terms_organisation_settle(tx, organisation_id, err));
    if (days == 0)
        return BW_OK;
    const struct terms_membership m = {.actor_id = actor_id,
                                       .organisation_id = organisation_id,
                                       .valid_until_us = db_tx_now_us(tx) + days * BW_DAY_US,
                                       .reason = BW_V("default length")};
    return terms_membership_set(tx, &m, err);
}

void terms_attach(const struct settings *settings)
{
    static const struct member_watcher watcher = {.person_added = person_added,
                                                  .organisation_added = organisation_added};
    settings_now = settings;
    member_watch(&watcher);
}
