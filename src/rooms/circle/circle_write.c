/* SPDX-License-Identifier: Apache-2.0 */
/* circle_write - what changes a circle without changing who sees what: its facts, its owners,
 * requests and invitations. Letting in and out is circle_change.c's, behind its preview. Each
 * function asks again, inside the transaction, whether the viewer may. Threads: the write lane. */
#include "circle_int.h"

#include "json_write.h"
#include "permission.h"

enum { ARENA_MAX = 4 << 20 };

enum bw_rc circle_append(struct db_tx *tx, enum ledger_verb verb, int64_t actor_id,
                         struct bw_view object, int64_t audience_id,
                         const struct circle_fact *facts, size_t n, struct bw_err *err)
{
    BW_AUTO_BUF payload = BW_BUF_INIT(32 << 10);
    struct json_writer w;
    json_w_open(&w, &payload);
    json_w_object(&w);
    for (size_t i = 0; i < n; i++)
        json_w_kv(&w, facts[i].key, facts[i].value);
    json_w_object_end(&w);
    json_w_close(&w);
    BW_TRY(bw_buf_rc(&payload, "payload", err));
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = verb,
                                                .object = object,
                                                .actor_id = actor_id,
                                                .audience_id = audience_id,
                                                .payload = bw_buf_text(&payload)},
                         err);
}

enum bw_rc circle_reason_check(struct bw_view reason, struct bw_err *err)
{
    if (bw_view_trim(reason).n == 0)
        return bw_fail(err, BW_INVALID, "reason: say why; it is kept with the decision");
    if (reason.n > CIRCLE_TEXT_MAX || !bw_utf8_valid(reason))
        return bw_fail(err, BW_INVALID, "reason: at most %d bytes of text", CIRCLE_TEXT_MAX);
    return BW_OK;
}

static enum bw_rc check_in(const struct circle_in *in, struct bw_err *err)
{
    for (int i = 0; i < I18N_LANGS; i++)
        if (in->purpose[i].n > CIRCLE_TEXT_MAX || !bw_utf8_valid(in->purpose[i]))
            return bw_fail(err, BW_INVALID, "purpose: at most %d bytes of text", CIRCLE_TEXT_MAX);
    if ((int)in->tlp_max < 0 || in->tlp_max > TLP_AMBER_STRICT)
        return bw_fail(err, BW_INVALID, "ceiling: TLP:RED goes to named people, never to a circle");
    if (in->hidden && in->by_request)
        return bw_fail(err, BW_INVALID, "a hidden circle cannot be asked for: nobody knows of it");
    return BW_OK;
}

/* Told to everybody, or to its people and the staff alone. */
static enum bw_rc circle_audience(struct db_tx *tx, int64_t id, bool hidden, int64_t *ret,
                                  struct bw_err *err)
{
    const struct grant inside[] = {{GRANT_CIRCLE, id}, {GRANT_ROLE, ROLE_STAFF}};
    const struct grant everybody = {GRANT_EVERYBODY, 0};
    return hidden ? audience_intern(tx, TLP_AMBER, inside, BW_COUNT(inside), ret, err)
                  : audience_intern(tx, TLP_GREEN, &everybody, 1, ret, err);
}

static enum bw_rc put_facts(struct db_tx *tx, int64_t id, const struct circle_in *in,
                            struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    int64_t audience_id;
    BW_TRY(circle_audience(tx, id, in->hidden, &audience_id, err));
    BW_TRY(db_change(tx,
                     "UPDATE circle SET purpose_en = ?2, purpose_hant = ?3, purpose_hans = ?4,"
                     " tlp_max = ?5, hidden = ?6, by_request = ?7, audience_id = ?8 WHERE id = ?1",
                     &st, err));
    db_bind_int(st, 1, id);
    for (int i = 0; i < I18N_LANGS; i++)
        db_bind_text(st, 2 + i, bw_view_trim(in->purpose[i]));
    db_bind_int(st, 5, (int64_t)in->tlp_max);
    db_bind_int(st, 6, in->hidden);
    db_bind_int(st, 7, in->by_request);
    db_bind_int(st, 8, audience_id);
    return db_run(st, err);
}

/* -- owners ------------------------------------------------------------------------------------ */

struct holder {
    enum holder_kind kind;
    int64_t id;
};

static enum bw_rc holder_of(struct db *db, const struct viewer *viewer, struct bw_view who,
                            struct holder *ret, struct bw_err *err)
{
    ret->kind = bw_view_find_byte(who, '@') == SIZE_MAX ? HOLDER_ORGANISATION : HOLDER_PERSON;
    return member_resolve(db, viewer,
                          ret->kind == HOLDER_PERSON ? GRANT_PERSON : GRANT_ORGANISATION, who,
                          &ret->id, err);
}

static enum bw_rc is_inside(struct db *db, int64_t circle_id, struct holder h, bool *ret,
                            struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db,
                    "SELECT count(*) FROM holding WHERE holder_kind = ?3 AND holder_id = ?1"
                    " AND code = ?2 AND until_us IS NULL",
                    &st, err));
    db_bind_int(st, 1, h.id);
    db_bind_int(st, 2, grant_code((struct grant){GRANT_CIRCLE, circle_id}));
    db_bind_int(st, 3, (int64_t)h.kind);
    BW_TRY(db_row(st, err));
    *ret = db_int(st, 0) > 0;
    return BW_OK;
}

static enum bw_rc owner_give(struct db_tx *tx, int64_t circle_id, struct holder h,
                             struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "INSERT INTO circle_owner (circle_id, holder_kind, holder_id, from_us)"
                     " VALUES (?1, ?2, ?3, ?4)",
                     &st, err));
    db_bind_int(st, 1, circle_id);
    db_bind_int(st, 2, (int64_t)h.kind);
    db_bind_int(st, 3, h.id);
    db_bind_int(st, 4, db_tx_now_us(tx));
    enum bw_rc rc = db_run(st, err);
    if (rc == BW_CONFLICT)
        return bw_fail(err, rc, "owner: owns the circle already");
    return rc;
}

static enum bw_rc owner_end(struct db_tx *tx, int64_t circle_id, struct holder h,
                            struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE circle_owner SET until_us = ?4 WHERE circle_id = ?1"
                     " AND holder_kind = ?2 AND holder_id = ?3 AND until_us IS NULL",
                     &st, err));
    db_bind_int(st, 1, circle_id);
    db_bind_int(st, 2, (int64_t)h.kind);
    db_bind_int(st, 3, h.id);
    db_bind_int(st, 4, db_tx_now_us(tx));
    BW_TRY(db_run(st, err));
    return db_changes(st) ? BW_OK : bw_fail(err, BW_NOT_FOUND, "owner: does not own the circle");
}

static enum bw_rc want_desk(const struct viewer *viewer, struct bw_err *err)
{
    return circle_is_desk(viewer)
               ? BW_OK
               : bw_fail(err, BW_DENIED, "only the hub's membership desk may do this");
}

enum bw_rc circle_owner_set(struct db_tx *tx, const struct viewer *viewer, struct bw_view public_id,
                            struct bw_view who, bool give, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_MAX);
    struct db *db = db_tx_db(tx);
    struct holder h;
    struct circle c;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(circle_get(db, viewer, public_id, arena, &c, err));
    BW_TRY(want_desk(viewer, err));
    enum bw_rc rc = holder_of(db, viewer, who, &h, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, BW_INVALID, "owner: there is no such organisation or person");
    BW_TRY(rc);
    bool inside;
    BW_TRY(is_inside(db, c.id, h, &inside, err));
    if (give && !inside)
        return bw_fail(err, BW_INVALID, "owner: has to be in the circle first");
    BW_TRY(give ? owner_give(tx, c.id, h, err) : owner_end(tx, c.id, h, err));
    const struct circle_fact fact = {give ? "owner" : "owner_ended", bw_view_trim(who)};
    return circle_append(tx, LEDGER_CIRCLE_CHANGED, viewer->person_id, public_id, c.audience_id,
                         &fact, 1, err);
}

/* -- facts ------------------------------------------------------------------------------------- */

/* Who owns a circle is in it. Nothing was written for a new one: nobody gains sight of anything. */
static enum bw_rc first_owner(struct db_tx *tx, const struct viewer *viewer, int64_t circle_id,
                              struct bw_view who, struct bw_err *err)
{
    struct holder h;
    enum bw_rc rc = holder_of(db_tx_db(tx), viewer, who, &h, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, BW_INVALID, "owner: there is no such organisation or person");
    BW_TRY(rc);
    const struct member_belonging b = {.actor_id = viewer->person_id,
                                       .group_id = circle_id,
                                       .kind = GRANT_CIRCLE,
                                       .holder = h.kind,
                                       .holder_id = h.id,
                                       .give = true};
    return member_belonging_set(tx, &b, err);
}

enum bw_rc circle_add(struct db_tx *tx, const struct viewer *viewer, const struct circle_in *in,
                      struct bw_id *ret_public, struct bw_err *err)
{
    struct bw_id public_id;
    int64_t id;
    BW_TRY(want_desk(viewer, err));
    BW_TRY(check_in(in, err));
    BW_TRY(member_group_add(tx, viewer->person_id, GRANT_CIRCLE, &in->names, &id, &public_id, err));
    BW_TRY(put_facts(tx, id, in, err));
    if (in->owner.n)
        BW_TRY(first_owner(tx, viewer, id, in->owner, err));
    if (in->owner.n)
        BW_TRY(circle_owner_set(tx, viewer, bw_view_z(public_id.text), in->owner, true, err));
    *ret_public = public_id;
    return BW_OK;
}

enum bw_rc circle_edit(struct db_tx *tx, const struct viewer *viewer, struct bw_view public_id,
                       const struct circle_in *in, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_MAX);
    struct circle c;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(circle_get(db_tx_db(tx), viewer, public_id, arena, &c, err));
    BW_TRY(circle_want_owner(&c, err));
    BW_TRY(check_in(in, err));
    if (in->names.text[I18N_EN].n) {
        BW_TRY(want_desk(viewer, err));
        BW_TRY(member_group_rename(tx, viewer->person_id, GRANT_CIRCLE, c.id, &in->names, err));
    }
    BW_TRY(put_facts(tx, c.id, in, err));
    const struct circle_fact facts[] = {{"ceiling", bw_view_z(tlp_word(in->tlp_max))},
                                        {"hidden", in->hidden ? BW_V("yes") : BW_V("no")},
                                        {"by_request", in->by_request ? BW_V("yes") : BW_V("no")}};
    return circle_append(tx, LEDGER_CIRCLE_CHANGED, viewer->person_id, public_id, c.audience_id,
                         facts, BW_COUNT(facts), err);
}

/* -- asking and inviting ----------------------------------------------------------------------- */

enum bw_rc circle_standing(struct db *db, const struct circle *c, int64_t organisation_id,
                           struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer_system("whether an organisation may be let into a circle"),
                    "SELECT o.state, (SELECT count(*) FROM holding h WHERE h.holder_kind = 1"
                    " AND h.holder_id = o.id AND h.until_us IS NULL AND (h.code & 15) = ?2)"
                    " FROM v_organisation o WHERE o.id = ?1",
                    &st, err));
    db_bind_int(st, 1, organisation_id);
    db_bind_int(st, 2, GRANT_LIMIT);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND || (rc == BW_OK && db_int(st, 0) != MEMBER_ACTIVE))
        return bw_fail(err, BW_INVALID, "organisation: is no active member");
    BW_TRY(rc);
    if (c->tlp_max < TLP_AMBER)
        return BW_OK;
    if (db_int(st, 1))
        return bw_fail(err, BW_INVALID, "organisation: has to accept the terms first");
    enum member_standing standing;
    BW_TRY(member_standing(db, organisation_id, &standing, err));
    if (standing != MEMBER_TRUSTED)
        return bw_fail(err, BW_INVALID,
                       "organisation: joined by the open route, and this circle shares TLP:AMBER:"
                       " members have to vouch for it first");
    return BW_OK;
}

static enum bw_rc insert_request(struct db_tx *tx, const struct viewer *viewer,
                                 const struct circle *c, int64_t organisation_id,
                                 enum circle_request_kind kind, struct bw_view reason,
                                 struct bw_err *err)
{
    const struct grant grants[] = {{GRANT_CIRCLE, c->id},
                                   {GRANT_ORGANISATION, organisation_id},
                                   {GRANT_ROLE, ROLE_STAFF}};
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_id public_id = bw_id_new();
    int64_t audience_id;
    bool inside;
    BW_TRY(circle_reason_check(reason, err));
    BW_TRY(is_inside(db_tx_db(tx), c->id, (struct holder){HOLDER_ORGANISATION, organisation_id},
                     &inside, err));
    if (inside)
        return bw_fail(err, BW_CONFLICT, "organisation: is in the circle already");
    BW_TRY(circle_standing(db_tx_db(tx), c, organisation_id, err));
    BW_TRY(audience_intern(tx, TLP_AMBER, grants, BW_COUNT(grants), &audience_id, err));
    BW_TRY(db_change(tx,
                     "INSERT INTO circle_request (public_id, circle_id, organisation_id, kind,"
                     " state, asked_by, asked_us, reason, decided_by, decided_us, decision,"
                     " audience_id) VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6, ?7, 0, 0, '', ?8)",
                     &st, err));
    db_bind_text(st, 1, bw_view_z(public_id.text));
    db_bind_int(st, 2, c->id);
    db_bind_int(st, 3, organisation_id);
    db_bind_int(st, 4, (int64_t)kind);
    db_bind_int(st, 5, viewer->person_id);
    db_bind_int(st, 6, db_tx_now_us(tx));
    db_bind_text(st, 7, bw_view_trim(reason));
    db_bind_int(st, 8, audience_id);
    enum bw_rc rc = db_run(st, err);
    if (rc == BW_CONFLICT)
        return bw_fail(err, rc, "organisation: a request or an invitation is open already");
    BW_TRY(rc);
    const struct circle_fact facts[] = {{"circle", c->public_id}, {"reason", bw_view_trim(reason)}};
    return circle_append(tx, kind == CIRCLE_ASKED ? LEDGER_CIRCLE_ASKED : LEDGER_CIRCLE_INVITED,
                         viewer->person_id, bw_view_z(public_id.text), audience_id, facts,
                         BW_COUNT(facts), err);
}

enum bw_rc circle_ask(struct db_tx *tx, const struct viewer *viewer, struct bw_view public_id,
                      struct bw_view reason, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_MAX);
    struct circle c;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(circle_get(db_tx_db(tx), viewer, public_id, arena, &c, err));
    if (viewer->role != ROLE_ADMIN || viewer->limited)
        return bw_fail(err, BW_DENIED, "an administrator of your organisation asks for a circle");
    if (!c.by_request)
        return bw_fail(err, BW_CONFLICT, "this circle is joined by invitation");
    return insert_request(tx, viewer, &c, viewer->organisation_id, CIRCLE_ASKED, reason, err);
}

enum bw_rc circle_invite(struct db_tx *tx, const struct viewer *viewer, struct bw_view public_id,
                         struct bw_view organisation, struct bw_view reason, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_MAX);
    struct db *db = db_tx_db(tx);
    struct circle c;
    int64_t id;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(circle_get(db, viewer, public_id, arena, &c, err));
    BW_TRY(circle_want_owner(&c, err));
    enum bw_rc rc = member_resolve(db, viewer, GRANT_ORGANISATION, organisation, &id, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, BW_INVALID, "organisation: there is no such organisation");
    BW_TRY(rc);
    return insert_request(tx, viewer, &c, id, CIRCLE_INVITED, reason, err);
}

bool circle_may_decide(const struct viewer *viewer, const struct circle *c,
                       const struct circle_request *r)
{
    if (r->kind == CIRCLE_INVITED)
        return viewer->role == ROLE_ADMIN && !viewer->limited &&
               viewer->organisation_id == r->organisation_id;
    return c->may_own && r->asked_by != viewer->person_id &&
           r->organisation_id != viewer->organisation_id;
}

enum bw_rc circle_request_close(struct db_tx *tx, const struct viewer *viewer,
                                const struct circle *c, const struct circle_request *r,
                                enum circle_request_state state, struct bw_view decision,
                                struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    if (!circle_may_decide(viewer, c, r))
        return bw_fail(err, BW_DENIED, "this is not yours to decide");
    BW_TRY(circle_reason_check(decision, err));
    BW_TRY(db_change(tx,
                     "UPDATE circle_request SET state = ?2, decided_by = ?3, decided_us = ?4,"
                     " decision = ?5 WHERE id = ?1 AND state = 0",
                     &st, err));
    db_bind_int(st, 1, r->id);
    db_bind_int(st, 2, (int64_t)state);
    db_bind_int(st, 3, viewer->person_id);
    db_bind_int(st, 4, db_tx_now_us(tx));
    db_bind_text(st, 5, bw_view_trim(decision));
    BW_TRY(db_run(st, err));
    if (db_changes(st) == 0)
        return bw_fail(err, BW_CONFLICT, "this was decided meanwhile");
    const struct circle_fact facts[] = {{"decision",
                                         state == CIRCLE_TAKEN ? BW_V("taken") : BW_V("refused")},
                                        {"circle", c->public_id},
                                        {"reason", bw_view_trim(decision)}};
    return circle_append(tx, LEDGER_CIRCLE_DECIDED, viewer->person_id, r->public_id, c->audience_id,
                         facts, BW_COUNT(facts), err);
}
