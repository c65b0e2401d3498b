/* SPDX-License-Identifier: Apache-2.0 */
/* member_delegate - see member_delegate.h. Threads: reads any, writes the lane. */
#include "member_delegate.h"

#include "bw_clock.h"
#include "member_people.h"

/* -- asking ------------------------------------------------------------------------------------ */

enum bw_rc member_delegate_may(struct db *db, const struct viewer *viewer, int64_t customer_id,
                               enum delegate scope, int64_t now_us, bool *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    *ret = false;
    BW_TRY(db_query(db, viewer,
                    "SELECT scopes FROM v_delegation WHERE customer_id = ?1 AND provider_id = ?2"
                    " AND ended_us IS NULL AND until_us > ?3",
                    &st, err));
    db_bind_int(st, 1, customer_id);
    db_bind_int(st, 2, viewer->organisation_id);
    db_bind_int(st, 3, now_us);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_OK)
        *ret = (db_int(st, 0) & (int64_t)scope) != 0;
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

enum bw_rc member_delegate_customer(struct db *db, const struct viewer *viewer,
                                    struct bw_view public_id, struct bw_arena *arena,
                                    struct member_organisation *ret, unsigned *ret_scopes,
                                    struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer,
                    "SELECT " MEMBER_ORGANISATION ", d.scopes FROM v_delegation d"
                    " JOIN v_organisation o ON o.id = d.customer_id WHERE o.public_id = ?1"
                    " AND d.provider_id = ?2 AND d.ended_us IS NULL AND d.until_us > ?3"
                    " AND o.state = 0",
                    &st, err));
    db_bind_text(st, 1, public_id);
    db_bind_int(st, 2, viewer->organisation_id);
    db_bind_int(st, 3, bw_now_us());
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "you do not act for such an organisation");
    BW_TRY(rc);
    *ret_scopes = (unsigned)db_int(st, 8);
    return member_organisation_row(st, arena, ret, err);
}

enum bw_rc member_delegations(struct db *db, const struct viewer *viewer, struct bw_arena *arena,
                              struct member_delegation **ret, size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct member_delegation *rows = NULL;
    size_t n = 0, room = 0;
    enum bw_rc rc;
    BW_TRY(db_query(db, viewer,
                    "SELECT d.public_id, d.scopes, d.from_us, d.until_us, d.customer_id, o.name_en,"
                    " o.name_hant, o.name_hans, o.public_id FROM v_delegation d"
                    " JOIN v_organisation o ON o.id = CASE WHEN d.customer_id = ?1"
                    " THEN d.provider_id ELSE d.customer_id END WHERE (d.customer_id = ?1"
                    " OR d.provider_id = ?1) AND d.ended_us IS NULL AND d.until_us > ?2"
                    " ORDER BY d.until_us, d.id LIMIT 500",
                    &st, err));
    db_bind_int(st, 1, viewer->organisation_id);
    db_bind_int(st, 2, bw_now_us());
    while ((rc = db_row(st, err)) == BW_OK) {
        BW_TRY(MEMBER_MORE(arena, rows, n, room, err));
        struct member_delegation *d = &rows[n++];
        *d = (struct member_delegation){.scopes = (unsigned)db_int(st, 1),
                                        .from_us = db_int(st, 2),
                                        .until_us = db_int(st, 3),
                                        .ours = db_int(st, 4) == viewer->organisation_id};
        BW_TRY(bw_view_copy(arena, db_text(st, 0), &d->public_id, err));
        BW_TRY(member_names_row(st, 5, arena, &d->other, err));
        BW_TRY(bw_view_copy(arena, db_text(st, 8), &d->other_id, err));
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}

/* -- giving ------------------------------------------------------------------------------------ */

static enum bw_rc public_id_of(struct db_tx *tx, int64_t organisation_id, struct bw_id *ret,
                               struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("the two sides of a delegation by name"),
                    "SELECT public_id FROM v_organisation WHERE id = ?1", &st, err));
    db_bind_int(st, 1, organisation_id);
    BW_TRY(db_row(st, err));
    struct bw_view id = db_text(st, 0);
    BW_ASSERT(bw_id_valid(id));
    *ret = (struct bw_id){{0}};
    memcpy(ret->text, id.p, id.n);
    return BW_OK;
}

struct row {
    int64_t id, customer_id, provider_id, audience_id;
    struct bw_id public_id;
};

static enum bw_rc read_row(struct db_stmt *st, struct row *ret, struct bw_err *err)
{
    BW_TRY(db_row(st, err));
    struct bw_view id = db_text(st, 4);
    BW_ASSERT(bw_id_valid(id));
    *ret = (struct row){db_int(st, 0), db_int(st, 1), db_int(st, 2), db_int(st, 3), {{0}}};
    memcpy(ret->public_id.text, id.p, id.n);
    return BW_OK;
}
#define ROW "id, customer_id, provider_id, audience_id, public_id"

static enum bw_rc end_row(struct db_tx *tx, int64_t actor_id, const struct row *r,
                          struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE delegation SET ended_us = ?2, ended_by = ?3 WHERE id = ?1"
                     " AND ended_us IS NULL",
                     &st, err));
    db_bind_int(st, 1, r->id);
    db_bind_int(st, 2, db_tx_now_us(tx));
    db_bind_int(st, 3, actor_id);
    BW_TRY(db_run(st, err));
    BW_TRY(holding_end(tx, HOLDER_ORGANISATION, r->provider_id,
                       (struct grant){GRANT_DELEGATE, r->customer_id}, err));
    return member_tell(tx, LEDGER_DELEGATION_ENDED, bw_view_z(r->public_id.text), actor_id,
                       r->audience_id, NULL, BW_V(""), NULL, BW_V(""), err);
}

static enum bw_rc end_before(struct db_tx *tx, const struct viewer *viewer, int64_t provider_id,
                             struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct row r;
    BW_TRY(db_query(db_tx_db(tx), viewer,
                    "SELECT " ROW " FROM v_delegation WHERE customer_id = ?1 AND provider_id = ?2"
                    " AND ended_us IS NULL",
                    &st, err));
    db_bind_int(st, 1, viewer->organisation_id);
    db_bind_int(st, 2, provider_id);
    enum bw_rc rc = read_row(st, &r, err);
    if (rc != BW_OK)
        return rc == BW_NOT_FOUND ? BW_OK : rc;
    return end_row(tx, viewer->person_id, &r, err);
}

static enum bw_rc check_room(struct db_tx *tx, const struct viewer *viewer, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer,
                    "SELECT count(*) FROM v_delegation WHERE customer_id = ?1"
                    " AND ended_us IS NULL",
                    &st, err));
    db_bind_int(st, 1, viewer->organisation_id);
    BW_TRY(db_row(st, err));
    return db_int(st, 0) < MEMBER_DELEGATES_MAX
               ? BW_OK
               : bw_fail(err, BW_LIMIT, "%d others act for you: end one first",
                         MEMBER_DELEGATES_MAX);
}

static enum bw_rc insert_row(struct db_tx *tx, const struct viewer *viewer, int64_t provider_id,
                             const struct member_delegation_in *in, int64_t audience_id,
                             struct bw_view public_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "INSERT INTO delegation (public_id, customer_id, provider_id, scopes, from_us,"
                     " until_us, ended_by, audience_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7)",
                     &st, err));
    db_bind_text(st, 1, public_id);
    db_bind_int(st, 2, viewer->organisation_id);
    db_bind_int(st, 3, provider_id);
    db_bind_int(st, 4, in->scopes);
    db_bind_int(st, 5, db_tx_now_us(tx));
    db_bind_int(st, 6, db_tx_now_us(tx) + in->days * BW_DAY_US);
    db_bind_int(st, 7, audience_id);
    return db_run(st, err);
}

static enum bw_rc find_provider(struct db_tx *tx, const struct viewer *viewer, struct bw_view typed,
                                int64_t *ret_id, struct bw_err *err)
{
    struct bw_arena *arena = bw_arena_new(1 << 16);
    struct member_organisation o = {.state = MEMBER_LEFT};
    if (!arena)
        return bw_fail_memory(err);
    enum bw_rc rc = member_resolve(db_tx_db(tx), viewer, GRANT_ORGANISATION, typed, ret_id, err);
    if (rc == BW_OK)
        rc = member_organisation_get(db_tx_db(tx), viewer, *ret_id, arena, &o, err);
    bw_arena_free(arena);
    BW_TRY(rc);
    if (*ret_id == viewer->organisation_id)
        return bw_fail(err, BW_INVALID, "an organisation acts for itself anyway");
    return o.state == MEMBER_ACTIVE
               ? BW_OK
               : bw_fail(err, BW_NOT_FOUND, "there is no such active organisation");
}

enum bw_rc member_delegation_give(struct db_tx *tx, const struct viewer *viewer,
                                  const struct member_delegation_in *in, struct bw_err *err)
{
    struct bw_id public_id = bw_id_new(), customer;
    int64_t provider_id, audience_id;
    BW_TRY(permission_check(viewer, PERM_OWN_PEOPLE, err));
    BW_TRY(member_actor_check(tx, viewer, err));
    if (in->days < 1 || in->days > MEMBER_DELEGATE_DAYS_MAX)
        return bw_fail(err, BW_INVALID, "a delegation lasts 1 to %d days",
                       MEMBER_DELEGATE_DAYS_MAX);
    if (in->scopes & ~(unsigned)DELEGATE_ALL || !(in->scopes & DELEGATE_READ))
        return bw_fail(err, BW_INVALID, "there is no such scope");
    BW_TRY(find_provider(tx, viewer, in->provider, &provider_id, err));
    BW_TRY(end_before(tx, viewer, provider_id, err));
    BW_TRY(check_room(tx, viewer, err));
    const struct grant grants[] = {{GRANT_ORGANISATION, viewer->organisation_id},
                                   {GRANT_ORGANISATION, provider_id},
                                   {GRANT_ROLE, ROLE_STAFF}};
    BW_TRY(audience_intern(tx, TLP_AMBER_STRICT, grants, BW_COUNT(grants), &audience_id, err));
    BW_TRY(insert_row(tx, viewer, provider_id, in, audience_id, bw_view_z(public_id.text), err));
    BW_TRY(holding_give(tx, HOLDER_ORGANISATION, provider_id,
                        (struct grant){GRANT_DELEGATE, viewer->organisation_id}, err));
    BW_TRY(public_id_of(tx, viewer->organisation_id, &customer, err));
    return member_tell(tx, LEDGER_DELEGATION_GIVEN, bw_view_z(public_id.text), viewer->person_id,
                       audience_id, "customer", bw_view_z(customer.text), NULL, BW_V(""), err);
}

/* -- ending ------------------------------------------------------------------------------------ */

enum bw_rc member_delegation_end(struct db_tx *tx, const struct viewer *viewer,
                                 struct bw_view public_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct row r;
    BW_TRY(permission_check(viewer, PERM_STAFFING, err));
    BW_TRY(member_actor_check(tx, viewer, err));
    BW_TRY(db_query(db_tx_db(tx), viewer,
                    "SELECT " ROW " FROM v_delegation WHERE public_id = ?1 AND ended_us IS NULL",
                    &st, err));
    db_bind_text(st, 1, public_id);
    enum bw_rc rc = read_row(st, &r, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such delegation (any more)");
    BW_TRY(rc);
    bool own = r.customer_id == viewer->organisation_id || r.provider_id == viewer->organisation_id;
    if (!own && !permission_has(viewer, PERM_MEMBERS))
        return bw_fail(err, BW_NOT_FOUND, "there is no such delegation (any more)");
    return end_row(tx, viewer->person_id, &r, err);
}

enum bw_rc member_delegation_end_all(struct db_tx *tx, int64_t actor_id, int64_t organisation_id,
                                     struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct row r;
    enum bw_rc rc;
    BW_TRY(db_query(db_tx_db(tx),
                    viewer_system("who is suspended acts for nobody, and nobody for it"),
                    "SELECT " ROW " FROM v_delegation WHERE (customer_id = ?1 OR provider_id = ?1)"
                    " AND ended_us IS NULL ORDER BY id LIMIT 1000",
                    &st, err));
    db_bind_int(st, 1, organisation_id);
    while ((rc = read_row(st, &r, err)) == BW_OK)
        BW_TRY(end_row(tx, actor_id, &r, err));
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

static enum bw_rc expire(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct row r;
    enum bw_rc rc;
    (void)arg;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("delegations that have run out"),
                    "SELECT " ROW " FROM v_delegation WHERE ended_us IS NULL AND until_us <= ?1"
                    " ORDER BY id LIMIT 100",
                    &st, err));
    db_bind_int(st, 1, db_tx_now_us(tx));
    while ((rc = read_row(st, &r, err)) == BW_OK)
        BW_TRY(end_row(tx, 0, &r, err));
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

enum bw_rc member_delegation_expire(struct hub *hub, struct bw_err *err)
{
    {
        BW_AUTO(db) *db = NULL;
        BW_AUTO(db_stmt) *st = NULL;
        BW_TRY(db_open(hub->db, &db, err));
        BW_TRY(db_query(db, viewer_system("whether a delegation has run out"),
                        "SELECT 1 FROM v_delegation WHERE ended_us IS NULL AND until_us <= ?1"
                        " LIMIT 1",
                        &st, err));
        db_bind_int(st, 1, bw_now_us());
        enum bw_rc rc = db_row(st, err);
        if (rc != BW_OK) /* nothing to write, as nearly always */
            return rc == BW_NOT_FOUND ? BW_OK : rc;
    }
    return db_write(hub->db, expire, NULL, err);
}
