/* SPDX-License-Identifier: Apache-2.0 */
/* circle_state - suspension and the end of a membership, by the desk with its reason.
 *
 * Never on one's own organisation. Where the hub asks for two people, the first one's decision
 * waits for another one of the desk; taking a suspension back does not wait. Every channel ends in
 * the transaction that decides (member_organisation_state). An end leaves the right to take one's
 * own data along for a while (circle_export.c). Threads: the write lane. */
#include "circle_page.h"

enum { ARENA_MAX = 1 << 20 };

static enum bw_rc want_desk(const struct viewer *viewer, struct bw_err *err)
{
    return circle_is_desk(viewer)
               ? BW_OK
               : bw_fail(err, BW_DENIED, "only the hub's membership desk may do this");
}

static enum bw_rc subject_of(struct db *db, const struct viewer *viewer, struct bw_view ref,
                             struct bw_arena *arena, struct member_organisation *ret,
                             struct bw_err *err)
{
    int64_t id;
    BW_TRY(want_desk(viewer, err));
    BW_TRY(member_resolve(db, viewer, GRANT_ORGANISATION, ref, &id, err));
    if (id == viewer->organisation_id)
        return bw_fail(err, BW_DENIED, "somebody of another organisation decides on your own");
    return member_organisation_get(db, viewer, id, arena, ret, err);
}

static enum bw_rc give_export(struct db_tx *tx, int64_t organisation_id, int64_t until_us,
                              struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "INSERT INTO organisation_export (organisation_id, until_us, downloads)"
                     " VALUES (?1, ?2, 0)",
                     &st, err));
    db_bind_int(st, 1, organisation_id);
    db_bind_int(st, 2, until_us);
    return db_run(st, err);
}

/* Does it, with the event that says who and why. */
static enum bw_rc decide(struct db_tx *tx, int64_t actor_id, const struct member_organisation *o,
                         enum member_state state, struct bw_view reason, int64_t export_us,
                         struct bw_err *err)
{
    static const char *const WORDS[] = {"active", "suspended", "left"};
    const struct grant staff = {GRANT_ROLE, ROLE_STAFF};
    int64_t audience_id;
    if (o->state == state)
        return bw_fail(err, BW_CONFLICT, "this was done already");
    if (o->state == MEMBER_LEFT)
        return bw_fail(err, BW_CONFLICT, "this membership has ended: it is applied for anew");
    BW_TRY(member_organisation_state(tx, actor_id, o->id, state, err));
    if (state == MEMBER_LEFT)
        BW_TRY(give_export(tx, o->id, db_tx_now_us(tx) + export_us, err));
    BW_TRY(audience_intern(tx, TLP_AMBER, &staff, 1, &audience_id, err));
    const struct circle_fact facts[] = {{"state", bw_view_z(WORDS[state])},
                                        {"reason", bw_view_trim(reason)}};
    return circle_append(tx, LEDGER_ORGANISATION_DECIDED, actor_id, o->public_id, audience_id,
                         facts, BW_COUNT(facts), err);
}

static enum bw_rc propose(struct db_tx *tx, const struct viewer *viewer,
                          const struct member_organisation *o, const struct circle_decision *d,
                          struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_id public_id = bw_id_new();
    BW_TRY(db_change(tx,
                     "INSERT INTO organisation_decision (public_id, organisation_id, state, reason,"
                     " proposed_by, proposed_us, decided_by, decided_us, taken)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, 0)",
                     &st, err));
    db_bind_text(st, 1, bw_view_z(public_id.text));
    db_bind_int(st, 2, o->id);
    db_bind_int(st, 3, (int64_t)d->state);
    db_bind_text(st, 4, bw_view_trim(d->reason));
    db_bind_int(st, 5, viewer->person_id);
    db_bind_int(st, 6, db_tx_now_us(tx));
    enum bw_rc rc = db_run(st, err);
    return rc == BW_CONFLICT ? bw_fail(err, rc, "a decision waits for a second person already")
                             : rc;
}

enum bw_rc circle_state_set(struct db_tx *tx, const struct viewer *viewer,
                            const struct circle_decision *d, bool four_eyes, int64_t export_us,
                            bool *ret_waits, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_MAX);
    struct member_organisation o;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(subject_of(db_tx_db(tx), viewer, d->organisation, arena, &o, err));
    BW_TRY(circle_reason_check(d->reason, err));
    *ret_waits = four_eyes && d->state != MEMBER_ACTIVE;
    if (*ret_waits && o.state == d->state)
        return bw_fail(err, BW_CONFLICT, "this was done already");
    if (*ret_waits)
        return propose(tx, viewer, &o, d, err);
    return decide(tx, viewer->person_id, &o, d->state, d->reason, export_us, err);
}

/* -- the second person ------------------------------------------------------------------------- */

struct waiting {
    int64_t id, organisation_id, proposed_by;
    enum member_state state;
    struct bw_view reason;
};

static enum bw_rc read_waiting(struct db *db, struct bw_view public_id, struct bw_arena *arena,
                               struct waiting *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db,
                    "SELECT id, organisation_id, proposed_by, state, reason"
                    " FROM organisation_decision WHERE public_id = ?1 AND decided_us = 0",
                    &st, err));
    db_bind_text(st, 1, public_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such decision");
    BW_TRY(rc);
    *ret = (struct waiting){.id = db_int(st, 0),
                            .organisation_id = db_int(st, 1),
                            .proposed_by = db_int(st, 2),
                            .state = (enum member_state)db_int(st, 3)};
    return bw_view_copy(arena, db_text(st, 4), &ret->reason, err);
}

static enum bw_rc close_waiting(struct db_tx *tx, const struct viewer *viewer, int64_t id,
                                bool take, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE organisation_decision SET decided_by = ?2, decided_us = ?3, taken = ?4"
                     " WHERE id = ?1 AND decided_us = 0",
                     &st, err));
    db_bind_int(st, 1, id);
    db_bind_int(st, 2, viewer->person_id);
    db_bind_int(st, 3, db_tx_now_us(tx));
    db_bind_int(st, 4, take);
    return db_run(st, err);
}

enum bw_rc circle_state_second(struct db_tx *tx, const struct viewer *viewer,
                               struct bw_view public_id, bool take, int64_t export_us,
                               struct bw_view *ret_organisation, struct bw_arena *arena,
                               struct bw_err *err)
{
    struct member_organisation o;
    struct waiting w;
    BW_TRY(want_desk(viewer, err));
    BW_TRY(read_waiting(db_tx_db(tx), public_id, arena, &w, err));
    BW_TRY(member_organisation_get(db_tx_db(tx), viewer, w.organisation_id, arena, &o, err));
    if (w.organisation_id == viewer->organisation_id)
        return bw_fail(err, BW_DENIED, "somebody of another organisation decides on your own");
    if (take && w.proposed_by == viewer->person_id)
        return bw_fail(err, BW_DENIED, "a second person has to confirm this");
    BW_TRY(close_waiting(tx, viewer, w.id, take, err));
    *ret_organisation = o.public_id;
    if (take)
        return decide(tx, viewer->person_id, &o, w.state, w.reason, export_us, err);
    return BW_OK;
}

enum bw_rc circle_state_waiting(struct db *db, int64_t organisation_id, struct bw_arena *arena,
                                struct circle_waiting *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db,
                    "SELECT public_id, reason, state, proposed_by FROM organisation_decision"
                    " WHERE organisation_id = ?1 AND decided_us = 0",
                    &st, err));
    db_bind_int(st, 1, organisation_id);
    BW_TRY(db_row(st, err));
    ret->state = (enum member_state)db_int(st, 2);
    ret->proposed_by = db_int(st, 3);
    BW_TRY(bw_view_copy(arena, db_text(st, 0), &ret->public_id, err));
    return bw_view_copy(arena, db_text(st, 1), &ret->reason, err);
}
