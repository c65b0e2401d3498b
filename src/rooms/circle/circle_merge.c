/* SPDX-License-Identifier: Apache-2.0 */
/* circle_merge - two organisations become one: a survivor, and a tombstone "merged into".
 *
 * Moved, in one transaction:
 *   person             organisation and audience; their sessions end (they sign in anew)
 *   api_key            organisation: keys go on working
 *   item               organisation (intel); the audiences stay as they are
 *   network, finding   organisation and audience (watch); what both had: see watch_merge.c
 *   circle_owner       what the tombstone owned
 *   holdings           the circles that were chosen, and nothing else
 * Reached through a grant: the survivor holds the grant "organisation" of the tombstone, so that
 * all that was ever shared with that organisation alone is read by the survivor. Audiences are
 * immutable. Not moved: artifact, stix_object   stay with the owner that sent them: a version
 * supersedes its own owner's sector_choice           the survivor keeps its own sectors event the
 * ledger says what happened under the name of then file_import, taxii_status, session    follow
 * their person or audience Ids, names and the domain of the tombstone answer for the survivor
 * (member_resolve). */
#include "circle_change.h"

#include "watch.h"

enum { MOVED_PEOPLE, MOVED_ITEMS, MOVED_NETWORKS, MOVED_FINDINGS };

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static bool has(const int64_t *codes, size_t n, int64_t code)
{
    return n && bsearch(&code, codes, n, sizeof(code), by_number) != NULL;
}

enum bw_rc circle_survivor(struct db *db, int64_t organisation_id, int64_t *ret_id,
                           struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db, "SELECT survivor_id FROM organisation_merged WHERE organisation_id = ?1",
                    &st, err));
    db_bind_int(st, 1, organisation_id);
    enum bw_rc rc = db_row(st, err);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret_id = rc == BW_OK ? db_int(st, 0) : organisation_id;
    return BW_OK;
}

/* -- planning ---------------------------------------------------------------------------------- */

static enum bw_rc find_both(struct db *db, const struct circle_change *c, struct bw_arena *arena,
                            struct circle_plan *p, struct bw_err *err)
{
    struct member_organisation from, to;
    int64_t own = c->actor->organisation_id;
    BW_TRY(member_resolve(db, c->actor, GRANT_ORGANISATION, c->organisation, &p->organisation_id,
                          err));
    enum bw_rc rc =
        member_resolve(db, c->actor, GRANT_ORGANISATION, c->survivor, &p->survivor_id, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, BW_INVALID, "survivor: there is no such organisation");
    BW_TRY(rc);
    if (p->survivor_id == p->organisation_id)
        return bw_fail(err, BW_INVALID, "survivor: choose another organisation");
    if (p->organisation_id == own || p->survivor_id == own)
        return bw_fail(err, BW_DENIED, "somebody of another organisation decides on your own");
    BW_TRY(member_organisation_get(db, c->actor, p->organisation_id, arena, &from, err));
    BW_TRY(member_organisation_get(db, c->actor, p->survivor_id, arena, &to, err));
    if (from.state == MEMBER_LEFT || to.state != MEMBER_ACTIVE)
        return bw_fail(err, BW_CONFLICT, "both have to be members, and the survivor active");
    p->subject = from.names.text[I18N_EN];
    p->object = to.names.text[I18N_EN];
    return BW_OK;
}

static enum bw_rc find_circles(struct db *db, const struct circle_change *c, const int64_t *held,
                               size_t n_held, struct bw_arena *arena, struct circle_plan *p,
                               struct bw_err *err)
{
    p->chosen = BW_ARENA_ARRAY(arena, c->n_chosen + 1, int64_t);
    if (!p->chosen)
        return bw_fail_memory(err);
    for (size_t i = 0; i < c->n_chosen; i++) {
        struct circle circle;
        enum bw_rc rc = circle_get(db, c->actor, c->chosen[i], arena, &circle, err);
        if (rc != BW_OK && rc != BW_NOT_FOUND)
            return rc;
        if (rc == BW_NOT_FOUND ||
            !has(held, n_held, grant_code((struct grant){GRANT_CIRCLE, circle.id})))
            return bw_fail(err, BW_INVALID, "circle: the organisation is not in it");
        p->chosen[p->n_chosen++] = circle.id;
    }
    if (p->n_chosen)
        qsort(p->chosen, p->n_chosen, sizeof(*p->chosen), by_number);
    return BW_OK;
}

/* What the survivor is given: the tombstone's own grant (and of those merged into it before), and
 * the circles that were chosen. */
static size_t given(const struct circle_plan *p, const int64_t *theirs, size_t n_theirs,
                    const int64_t *own, size_t n_own, int64_t *out)
{
    size_t n = 0;
    for (size_t i = 0; i < n_theirs; i++)
        if (grant_of_code(theirs[i]).kind == GRANT_ORGANISATION && !has(own, n_own, theirs[i]))
            out[n++] = theirs[i];
    for (size_t i = 0; i < p->n_chosen; i++) {
        int64_t code = grant_code((struct grant){GRANT_CIRCLE, p->chosen[i]});
        if (!has(own, n_own, code))
            out[n++] = code;
    }
    if (n)
        qsort(out, n, sizeof(*out), by_number);
    return n;
}

static size_t minus(const int64_t *a, size_t na, const int64_t *b, size_t nb, int64_t *out)
{
    size_t n = 0;
    for (size_t i = 0; i < na; i++)
        if (!has(b, nb, a[i]))
            out[n++] = a[i];
    return n;
}

/* The survivor's people gain; those of the tombstone have what the survivor has. */
static enum bw_rc swings(struct db *db, struct bw_arena *arena, const struct circle_change *c,
                         struct circle_plan *p, struct bw_err *err)
{
    int64_t *from, *to;
    size_t from_n, to_n;
    BW_TRY(circle_codes(db, HOLDER_ORGANISATION, p->organisation_id, arena, &from, &from_n, err));
    BW_TRY(circle_codes(db, HOLDER_ORGANISATION, p->survivor_id, arena, &to, &to_n, err));
    BW_TRY(find_circles(db, c, from, from_n, arena, p, err));
    size_t room = from_n + to_n + p->n_chosen + 1;
    int64_t *gained = BW_ARENA_ARRAY(arena, room, int64_t);
    int64_t *after = BW_ARENA_ARRAY(arena, room, int64_t);
    int64_t *gained2 = BW_ARENA_ARRAY(arena, room, int64_t);
    int64_t *lost2 = BW_ARENA_ARRAY(arena, room, int64_t);
    p->swings = BW_ARENA_ARRAY(arena, 2, struct circle_swing);
    if (!gained || !after || !gained2 || !lost2 || !p->swings)
        return bw_fail_memory(err);
    size_t gained_n = given(p, from, from_n, to, to_n, gained);
    memcpy(after, to, to_n * sizeof(*to));
    memcpy(after + to_n, gained, gained_n * sizeof(*gained));
    qsort(after, to_n + gained_n, sizeof(*after), by_number);
    p->swings[0] = (struct circle_swing){.kind = HOLDER_ORGANISATION,
                                         .holder_id = p->survivor_id,
                                         .gained = gained,
                                         .n_gained = gained_n};
    p->swings[1] = (struct circle_swing){.kind = HOLDER_ORGANISATION,
                                         .holder_id = p->organisation_id,
                                         .gained = gained2,
                                         .lost = lost2};
    p->swings[1].n_gained = minus(after, to_n + gained_n, from, from_n, gained2);
    p->swings[1].n_lost = minus(from, from_n, after, to_n + gained_n, lost2);
    p->n_swings = 2;
    return BW_OK;
}

static enum bw_rc count_people(struct db *db, int64_t organisation_id, int64_t *ret,
                               struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer_system("how many people go with a merged organisation"),
                    "SELECT count(*) FROM v_person WHERE organisation_id = ?1", &st, err));
    db_bind_int(st, 1, organisation_id);
    BW_TRY(db_row(st, err));
    *ret = db_int(st, 0);
    return BW_OK;
}

enum bw_rc circle_plan_merge(struct db *db, const struct circle_change *c, struct bw_arena *arena,
                             struct circle_plan *p, struct bw_err *err)
{
    if (!circle_is_desk(c->actor))
        return bw_fail(err, BW_DENIED, "only the hub's membership desk may do this");
    BW_TRY(find_both(db, c, arena, p, err));
    BW_TRY(circle_reason_check(c->reason, err));
    BW_TRY(swings(db, arena, c, p, err));
    BW_TRY(count_people(db, p->organisation_id, &p->moved[MOVED_PEOPLE], err));
    BW_TRY(intel_organisation_count(db, p->organisation_id, &p->moved[MOVED_ITEMS], err));
    return watch_organisation_count(db, p->organisation_id, &p->moved[MOVED_NETWORKS],
                                    &p->moved[MOVED_FINDINGS], err);
}

/* -- applying ---------------------------------------------------------------------------------- */

static enum bw_rc run2(struct db_stmt *st, int64_t a, int64_t b, struct bw_err *err)
{
    db_bind_int(st, 1, a);
    db_bind_int(st, 2, b);
    return db_run(st, err);
}

static enum bw_rc move_people(struct db_tx *tx, int64_t from, int64_t to, struct bw_err *err)
{
    const struct grant grants[] = {{GRANT_ORGANISATION, to}, {GRANT_ROLE, ROLE_STAFF}};
    BW_AUTO(db_stmt) *people = NULL, *keys = NULL, *sessions = NULL;
    int64_t audience_id;
    BW_TRY(audience_intern(tx, TLP_AMBER_STRICT, grants, BW_COUNT(grants), &audience_id, err));
    BW_TRY(db_change(tx,
                     "UPDATE person SET organisation_id = ?2, audience_id = ?3"
                     " WHERE organisation_id = ?1",
                     &people, err));
    db_bind_int(people, 3, audience_id);
    BW_TRY(run2(people, from, to, err));
    BW_TRY(db_change(tx, "UPDATE api_key SET organisation_id = ?2 WHERE organisation_id = ?1",
                     &keys, err));
    BW_TRY(run2(keys, from, to, err));
    BW_TRY(db_change(tx,
                     "UPDATE session SET ended_us = ?2 WHERE organisation_id = ?1"
                     " AND ended_us IS NULL",
                     &sessions, err));
    return run2(sessions, from, db_tx_now_us(tx), err);
}

static enum bw_rc move_circles(struct db_tx *tx, int64_t from, int64_t to, struct bw_err *err)
{
    BW_AUTO(db_stmt) *doubles = NULL, *owners = NULL, *requests = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE circle_owner SET until_us = ?3 WHERE holder_kind = 1"
                     " AND holder_id = ?1 AND until_us IS NULL AND circle_id IN (SELECT w.circle_id"
                     " FROM circle_owner w WHERE w.holder_kind = 1 AND w.holder_id = ?2"
                     " AND w.until_us IS NULL)",
                     &doubles, err));
    db_bind_int(doubles, 3, db_tx_now_us(tx));
    BW_TRY(run2(doubles, from, to, err));
    BW_TRY(db_change(tx,
                     "UPDATE circle_owner SET holder_id = ?2 WHERE holder_kind = 1"
                     " AND holder_id = ?1 AND until_us IS NULL",
                     &owners, err));
    BW_TRY(run2(owners, from, to, err));
    BW_TRY(db_change(tx,
                     "UPDATE circle_request SET state = 3, decided_us = ?2"
                     " WHERE organisation_id = ?1 AND state = 0",
                     &requests, err));
    return run2(requests, from, db_tx_now_us(tx), err);
}

static enum bw_rc give_grants(struct db_tx *tx, const struct circle_change *c,
                              const struct circle_plan *p, struct bw_err *err)
{
    const struct circle_swing *s = &p->swings[0];
    struct member_belonging b = {.actor_id = c->actor->person_id,
                                 .kind = GRANT_CIRCLE,
                                 .holder = HOLDER_ORGANISATION,
                                 .holder_id = p->survivor_id,
                                 .give = true};
    for (size_t i = 0; i < s->n_gained; i++) {
        struct grant g = grant_of_code(s->gained[i]);
        b.group_id = g.ref;
        if (g.kind == GRANT_CIRCLE)
            BW_TRY(member_belonging_set(tx, &b, err));
        else
            BW_TRY(holding_give(tx, HOLDER_ORGANISATION, p->survivor_id, g, err));
    }
    return BW_OK;
}

static enum bw_rc bury(struct db_tx *tx, const struct circle_plan *p, struct bw_err *err)
{
    BW_AUTO(db_stmt) *earlier = NULL, *stone = NULL, *sectors = NULL;
    BW_TRY(db_change(tx, "UPDATE organisation_merged SET survivor_id = ?2 WHERE survivor_id = ?1",
                     &earlier, err));
    BW_TRY(run2(earlier, p->organisation_id, p->survivor_id, err));
    BW_TRY(db_change(tx,
                     "INSERT INTO organisation_merged (organisation_id, survivor_id, merged_us)"
                     " VALUES (?1, ?2, ?3)",
                     &stone, err));
    db_bind_int(stone, 3, db_tx_now_us(tx));
    BW_TRY(run2(stone, p->organisation_id, p->survivor_id, err));
    BW_TRY(db_change(tx, "DELETE FROM sector_choice WHERE organisation_id = ?1", &sectors, err));
    db_bind_int(sectors, 1, p->organisation_id);
    return db_run(sectors, err);
}

enum bw_rc circle_apply_merge(struct db_tx *tx, const struct circle_change *c,
                              const struct circle_plan *p, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(1 << 20);
    struct member_organisation from, to;
    const struct grant everybody = {GRANT_EVERYBODY, 0};
    struct db *db = db_tx_db(tx);
    int64_t audience_id;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(member_organisation_get(db, c->actor, p->organisation_id, arena, &from, err));
    BW_TRY(member_organisation_get(db, c->actor, p->survivor_id, arena, &to, err));
    BW_TRY(intel_organisation_merge(tx, p->organisation_id, p->survivor_id, err));
    BW_TRY(watch_organisation_merge(tx, p->organisation_id, p->survivor_id, err));
    BW_TRY(move_people(tx, p->organisation_id, p->survivor_id, err));
    BW_TRY(move_circles(tx, p->organisation_id, p->survivor_id, err));
    BW_TRY(
        member_organisation_state(tx, c->actor->person_id, p->organisation_id, MEMBER_LEFT, err));
    BW_TRY(give_grants(tx, c, p, err));
    BW_TRY(bury(tx, p, err));
    BW_TRY(audience_intern(tx, TLP_GREEN, &everybody, 1, &audience_id, err));
    const struct circle_fact facts[] = {{"survivor", to.public_id},
                                        {"reason", bw_view_trim(c->reason)}};
    return circle_append(tx, LEDGER_ORGANISATION_MERGED, c->actor->person_id, from.public_id,
                         audience_id, facts, BW_COUNT(facts), err);
}
