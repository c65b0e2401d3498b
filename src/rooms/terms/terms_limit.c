/* SPDX-License-Identifier: Apache-2.0 */
/* terms_limit - who holds LIMIT_TERMS.
 *
 * One rule, in SQL, asked for one person, one organisation or all of them: a version is in force,
 * they are of those whom it binds, and there is no acceptance of it. Bound are representatives and
 * administrators of organisations, and organisations in which nobody works for the hub: who runs
 * the hub is never locked out of it. API-only accounts are bound by their organisation's signature.
 * Threads: the write lane, but terms_limit_stale(). */
#include "terms_int.h"

#define DUE_PERSON                                                                 \
    "p.state = 0 AND p.role IN (1, 2) AND EXISTS (SELECT 1 FROM v_terms_version v" \
    " WHERE v.state = 3 AND NOT EXISTS (SELECT 1 FROM v_terms_acceptance a"        \
    " WHERE a.version_id = v.id AND a.kind = 0 AND a.subject_id = p.id))"
#define DUE_ORGANISATION                                                       \
    "o.state <> 2 AND EXISTS (SELECT 1 FROM v_terms_version v"                 \
    " WHERE v.state = 3 AND NOT EXISTS (SELECT 1 FROM v_terms_acceptance a"    \
    " WHERE a.version_id = v.id AND a.kind = 1 AND a.subject_id = o.id))"      \
    " AND NOT EXISTS (SELECT 1 FROM v_person s WHERE s.organisation_id = o.id" \
    " AND s.state = 0 AND s.role IN (3, 4, 7, 8, 9))"
#define HOLDS(kind, id)                                                                    \
    "EXISTS (SELECT 1 FROM holding h WHERE h.holder_kind = " kind " AND h.holder_id = " id \
    " AND h.code = ?2 AND h.until_us IS NULL)"
_Static_assert(ROLE_REPRESENTATIVE == 1 && ROLE_ADMIN == 2 && ROLE_ANALYST == 3 &&
                   ROLE_OPERATOR == 4 && ROLE_MEMBERSHIP == 7 && ROLE_SYSADMIN == 8 &&
                   ROLE_AUDITOR == 9,
               "the roles above are written as numbers");

static const struct grant TERMS = {GRANT_LIMIT, LIMIT_TERMS};
#define SYSTEM() viewer_system("terms: whom the terms bind and who has accepted them")

enum { BATCH = 500 };

/* Who holds the limit wrongly or lacks it. ?1: keys above this one; ?2: the limit; ?3: how many. */
static enum bw_rc select_wrong(struct db *db, enum holder_kind kind, bool give,
                               struct db_stmt **ret, struct bw_err *err)
{
    if (kind == HOLDER_PERSON && give)
        return db_query(db, SYSTEM(),
                        "SELECT p.id FROM v_person p WHERE p.id > ?1 AND " DUE_PERSON
                        " AND NOT " HOLDS("0", "p.id") " ORDER BY p.id LIMIT ?3",
                        ret, err);
    if (kind == HOLDER_PERSON)
        return db_query(db, SYSTEM(),
                        "SELECT p.id FROM v_person p WHERE p.id > ?1 AND NOT (" DUE_PERSON
                        ") AND " HOLDS("0", "p.id") " ORDER BY p.id LIMIT ?3",
                        ret, err);
    if (give)
        return db_query(db, SYSTEM(),
                        "SELECT o.id FROM v_organisation o WHERE o.id > ?1 AND " DUE_ORGANISATION
                        " AND NOT " HOLDS("1", "o.id") " ORDER BY o.id LIMIT ?3",
                        ret, err);
    return db_query(db, SYSTEM(),
                    "SELECT o.id FROM v_organisation o WHERE o.id > ?1 AND NOT (" DUE_ORGANISATION
                    ") AND " HOLDS("1", "o.id") " ORDER BY o.id LIMIT ?3",
                    ret, err);
}

static enum bw_rc wrong_ids(struct db *db, enum holder_kind kind, bool give, int64_t after,
                            int64_t ids[BATCH], size_t max, size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc;
    size_t n = 0;
    BW_TRY(select_wrong(db, kind, give, &st, err));
    db_bind_int(st, 1, after);
    db_bind_int(st, 2, grant_code(TERMS));
    db_bind_int(st, 3, (int64_t)max);
    while ((rc = db_row(st, err)) == BW_OK && n < max)
        ids[n++] = db_int(st, 0);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret_n = n;
    return BW_OK;
}

static enum bw_rc put_right(struct db_tx *tx, enum holder_kind kind, bool give, int64_t *ret_n,
                            struct bw_err *err)
{
    int64_t ids[BATCH], last = 0;
    size_t n;
    do {
        BW_TRY(wrong_ids(db_tx_db(tx), kind, give, last, ids, BATCH, &n, err));
        for (size_t i = 0; i < n; i++) {
            if (give)
                BW_TRY(holding_give(tx, kind, ids[i], TERMS, err));
            else
                BW_TRY(holding_end(tx, kind, ids[i], TERMS, err));
            last = ids[i];
        }
        *ret_n += (int64_t)n;
    } while (n == BATCH);
    return BW_OK;
}

enum bw_rc terms_limit_all(struct db_tx *tx, struct terms_swept *ret, struct bw_err *err)
{
    *ret = (struct terms_swept){0};
    BW_TRY(put_right(tx, HOLDER_PERSON, true, &ret->people, err));
    BW_TRY(put_right(tx, HOLDER_ORGANISATION, true, &ret->organisations, err));
    BW_TRY(put_right(tx, HOLDER_PERSON, false, &ret->freed, err));
    return put_right(tx, HOLDER_ORGANISATION, false, &ret->freed, err);
}

enum bw_rc terms_limit_stale(struct db *db, bool *ret, struct bw_err *err)
{
    int64_t one[BATCH];
    size_t n = 0;
    for (int i = 0; i < 4 && n == 0; i++)
        BW_TRY(
            wrong_ids(db, i & 1 ? HOLDER_ORGANISATION : HOLDER_PERSON, i < 2, 0, one, 1, &n, err));
    *ret = n > 0;
    return BW_OK;
}

static enum bw_rc settle(struct db_tx *tx, enum holder_kind kind, int64_t id, struct db_stmt *due,
                         struct bw_err *err)
{
    db_bind_int(due, 1, id);
    enum bw_rc rc = db_row(due, err);
    if (rc == BW_OK)
        return holding_give(tx, kind, id, TERMS, err);
    return rc == BW_NOT_FOUND ? holding_end(tx, kind, id, TERMS, err) : rc;
}

enum bw_rc terms_person_settle(struct db_tx *tx, int64_t person_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), SYSTEM(),
                    "SELECT 1 FROM v_person p WHERE p.id = ?1 AND " DUE_PERSON, &st, err));
    return settle(tx, HOLDER_PERSON, person_id, st, err);
}

enum bw_rc terms_organisation_settle(struct db_tx *tx, int64_t organisation_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), SYSTEM(),
                    "SELECT 1 FROM v_organisation o WHERE o.id = ?1 AND " DUE_ORGANISATION, &st,
                    err));
    return settle(tx, HOLDER_ORGANISATION, organisation_id, st, err);
}

enum bw_rc terms_is_operating(struct db *db, int64_t organisation_id, bool *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, SYSTEM(),
                    "SELECT 1 FROM v_person WHERE organisation_id = ?1 AND state = 0"
                    " AND role IN (3, 4, 7, 8, 9) LIMIT 1",
                    &st, err));
    db_bind_int(st, 1, organisation_id);
    enum bw_rc rc = db_row(st, err);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = rc == BW_OK;
    return BW_OK;
}

/* -- the moment -------------------------------------------------------------------------------- */

static enum bw_rc set_state(struct db_tx *tx, int64_t id, enum terms_state state,
                            struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "UPDATE terms_version SET state = ?2 WHERE id = ?1", &st, err));
    db_bind_int(st, 1, id);
    db_bind_int(st, 2, (int64_t)state);
    return db_run(st, err);
}

static enum bw_rc find_version(struct db_tx *tx, struct db_stmt *st, struct bw_arena *arena,
                               struct terms_version *ret, bool *ret_found, struct bw_err *err)
{
    enum bw_rc rc = db_row(st, err);
    (void)tx;
    *ret_found = rc == BW_OK;
    if (rc == BW_OK)
        return terms_version_row(st, arena, ret, err);
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

/* Several may be due after a long stop: each in its turn, and the last one stays in force. */
static enum bw_rc supersede(struct db_tx *tx, int64_t by_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(
        db_change(tx, "UPDATE terms_version SET state = 4 WHERE state = 3 AND id <> ?1", &st, err));
    db_bind_int(st, 1, by_id);
    return db_run(st, err);
}

enum bw_rc terms_come_into_force(struct db_tx *tx, struct bw_err *err)
{
    const struct grant everybody = {GRANT_EVERYBODY, 0};
    for (;;) {
        BW_AUTO(bw_arena) *arena = bw_arena_new(4 << 20);
        BW_AUTO(db_stmt) *st = NULL;
        struct terms_version v;
        struct terms_swept swept;
        int64_t audience_id;
        bool found;
        if (!arena)
            return bw_fail_memory(err);
        BW_TRY(db_query(db_tx_db(tx), SYSTEM(),
                        "SELECT " TERMS_VERSION
                        " FROM v_terms_version v WHERE v.state = 2 AND v.effective_us <= ?1"
                        " ORDER BY v.effective_us, v.id LIMIT 1",
                        &st, err));
        db_bind_int(st, 1, db_tx_now_us(tx));
        BW_TRY(find_version(tx, st, arena, &v, &found, err));
        if (!found)
            return BW_OK;
        db_again(st);
        BW_TRY(set_state(tx, v.id, TERMS_IN_FORCE, err));
        BW_TRY(supersede(tx, v.id, err));
        BW_TRY(terms_limit_all(tx, &swept, err));
        BW_TRY(audience_intern(tx, TLP_GREEN, &everybody, 1, &audience_id, err));
        BW_TRY(TERMS_APPEND(tx, LEDGER_TERMS_IN_FORCE, v.public_id, 0, audience_id, err,
                            {"number", {NULL, 0}, v.number}, {"people", {NULL, 0}, swept.people},
                            {"organisations", {NULL, 0}, swept.organisations}));
    }
}
