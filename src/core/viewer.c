/* SPDX-License-Identifier: Apache-2.0 */
/* viewer - see viewer.h. The reach of a row is decided by two short sorted lists meeting: the
 * viewer's codes (rarely over 50) and the audience's; the shorter one is walked, the longer one
 * searched. */
#include "viewer.h"

#include "bw_thread.h"

#include <stdio.h>

static const char *const ROLES[] = {
    [ROLE_NOBODY] = "nobody",     [ROLE_REPRESENTATIVE] = "representative",
    [ROLE_ADMIN] = "admin",       [ROLE_ANALYST] = "analyst",
    [ROLE_OPERATOR] = "operator", [ROLE_SYSTEM] = "system",
    [ROLE_STAFF] = "staff",       [ROLE_MEMBERSHIP] = "membership",
    [ROLE_SYSADMIN] = "sysadmin", [ROLE_AUDITOR] = "auditor",
    [ROLE_SERVICE] = "service",
};

const char *role_name(enum role role)
{
    BW_ASSERT(role < BW_COUNT(ROLES));
    return ROLES[role];
}

bool role_is_persons(enum role role)
{
    return (role >= ROLE_REPRESENTATIVE && role <= ROLE_OPERATOR) ||
           (role >= ROLE_MEMBERSHIP && role < ROLES_COUNT);
}

bool role_is_staff(enum role role)
{
    return role == ROLE_ANALYST || role == ROLE_OPERATOR || role == ROLE_MEMBERSHIP ||
           role == ROLE_AUDITOR;
}

bool role_is_operator_body(enum role role)
{
    return role_is_staff(role) || role == ROLE_SYSADMIN;
}

const struct viewer *viewer_public(void)
{
    static const int64_t codes[] = {GRANT_PUBLIC};
    static const struct viewer v = {.role = ROLE_NOBODY, .codes = codes, .n_codes = 1};
    return &v;
}

static int by_code(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static bool has_code(const int64_t *codes, size_t n, int64_t code)
{
    return bsearch(&code, codes, n, sizeof(code), by_code) != NULL;
}

enum { VIEWER_CODES_MAX = 4096 };

/* What they are, before what they were given. */
static size_t implied(int64_t *codes, const struct viewer *v)
{
    size_t n = 0;
    codes[n++] = grant_code((struct grant){GRANT_PUBLIC, 0});
    codes[n++] = grant_code((struct grant){GRANT_PERSON, v->person_id});
    codes[n++] = grant_code((struct grant){GRANT_ROLE, (int64_t)v->role});
    if (v->role == ROLE_SYSADMIN) /* runs the machine and sees no content */
        return n;
    codes[n++] = grant_code((struct grant){GRANT_EVERYBODY, 0});
    codes[n++] = grant_code((struct grant){GRANT_ORGANISATION, v->organisation_id});
    if (role_is_staff(v->role))
        codes[n++] = grant_code((struct grant){GRANT_ROLE, ROLE_STAFF});
    if (v->role == ROLE_ADMIN)
        codes[n++] = grant_code((struct grant){GRANT_ORG_ADMIN, v->organisation_id});
    return n;
}

enum bw_rc viewer_load(struct db *db, int64_t person_id, int64_t organisation_id, enum role role,
                       struct bw_arena *arena, struct viewer **ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    enum { FIRST = 64 };
    struct viewer *v = BW_ARENA_NEW(arena, struct viewer);
    int64_t *codes = BW_ARENA_ARRAY(arena, FIRST, int64_t);
    size_t room = FIRST, n;

    BW_ASSERT(person_id > 0 && organisation_id > 0 && role != ROLE_SYSTEM);
    if (!v || !codes)
        return bw_fail_memory(err);
    v->role = role;
    v->person_id = person_id;
    v->organisation_id = organisation_id;
    v->scopes = SCOPE_ALL;
    n = implied(codes, v);
    BW_TRY(db_plain(db,
                    "SELECT code FROM holding WHERE until_us IS NULL AND holder_kind = 0"
                    " AND holder_id = ?1 UNION ALL SELECT code FROM holding WHERE until_us IS NULL"
                    " AND holder_kind = 1 AND holder_id = ?2",
                    &st, err));
    db_bind_int(st, 1, person_id);
    db_bind_int(st, 2, role == ROLE_SYSADMIN ? 0 : organisation_id);
    enum bw_rc rc;
    while ((rc = db_row(st, err)) == BW_OK) {
        if (n == room) {
            if (room >= VIEWER_CODES_MAX)
                return bw_fail_detail(err, BW_LIMIT, "internal error", "holdings of person %ld",
                                      (long)person_id);
            int64_t *larger = BW_ARENA_ARRAY(arena, room * 2, int64_t);
            if (!larger)
                return bw_fail_memory(err);
            memcpy(larger, codes, n * sizeof(*codes));
            codes = larger;
            room *= 2;
        }
        codes[n] = db_int(st, 0);
        v->limited = v->limited || grant_of_code(codes[n]).kind == GRANT_LIMIT;
        n++;
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    qsort(codes, n, sizeof(*codes), by_code);
    v->codes = codes;
    v->n_codes = n;
    *ret = v;
    return BW_OK;
}

bool viewer_holds(const struct viewer *v, struct grant g)
{
    return v->role == ROLE_SYSTEM || has_code(v->codes, v->n_codes, grant_code(g));
}

static bool meet(const int64_t *a, size_t na, const int64_t *b, size_t nb)
{
    if (na > nb)
        return meet(b, nb, a, na);
    for (size_t i = 0; i < na; i++)
        if (has_code(b, nb, a[i]))
            return true;
    return false;
}

bool viewer_reach(const struct viewer *v, struct db *db, int64_t audience_id)
{
    struct audience_info a;
    struct bw_err err;
    if (!v)
        return false;
    if (v->role == ROLE_SYSTEM)
        return true;
    if (audience_get(db, audience_id, &a, &err) != BW_OK)
        return false; /* closed: what cannot be decided is not seen */
    return meet(v->codes, v->n_codes, a.codes, a.n);
}

const int64_t *viewer_reach_list(const struct viewer *v, struct db *db, size_t *ret_n)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_err err;
    int64_t *list = NULL;
    size_t n = 0;

    *ret_n = 0;
    if (!v || v->role == ROLE_SYSTEM)
        return NULL;
    if (db_plain(db, "SELECT audience_id FROM audience_grant WHERE code = ?1", &st, &err) != BW_OK)
        return NULL;
    for (size_t i = 0; i < v->n_codes; i++) {
        db_bind_int(st, 1, v->codes[i]);
        while (db_row(st, &err) == BW_OK) {
            list = bw_thread_room(BW_THREAD_REACH, (n + 1) * sizeof(*list));
            if (!list)
                return NULL;
            list[n++] = db_int(st, 0);
        }
        db_again(st);
    }
    if (n == 0)
        return NULL;
    qsort(list, n, sizeof(*list), by_code);
    size_t kept = 1;
    for (size_t i = 1; i < n; i++)
        if (list[i] != list[kept - 1])
            list[kept++] = list[i];
    *ret_n = kept;
    return list;
}

const int64_t *viewer_codes(const struct viewer *v, size_t *ret_n)
{
    *ret_n = v->role == ROLE_SYSTEM ? SIZE_MAX : v->n_codes;
    return v->codes;
}

/* -- holdings ---------------------------------------------------------------------------------- */

enum bw_rc holding_give(struct db_tx *tx, enum holder_kind kind, int64_t holder_id, struct grant g,
                        struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "INSERT INTO holding (holder_kind, holder_id, code, from_us)"
                     " SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS (SELECT 1 FROM holding h WHERE"
                     " h.holder_kind = ?1 AND h.holder_id = ?2 AND h.code = ?3"
                     " AND h.until_us IS NULL)",
                     &st, err));
    db_bind_int(st, 1, (int64_t)kind);
    db_bind_int(st, 2, holder_id);
    db_bind_int(st, 3, grant_code(g));
    db_bind_int(st, 4, db_tx_now_us(tx));
    return db_run(st, err);
}

enum bw_rc holding_end(struct db_tx *tx, enum holder_kind kind, int64_t holder_id, struct grant g,
                       struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE holding SET until_us = ?4 WHERE holder_kind = ?1 AND holder_id = ?2"
                     " AND code = ?3 AND until_us IS NULL",
                     &st, err));
    db_bind_int(st, 1, (int64_t)kind);
    db_bind_int(st, 2, holder_id);
    db_bind_int(st, 3, grant_code(g));
    db_bind_int(st, 4, db_tx_now_us(tx));
    return db_run(st, err);
}

enum bw_rc holding_end_all(struct db_tx *tx, enum holder_kind kind, int64_t holder_id,
                           struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE holding SET until_us = ?3 WHERE holder_kind = ?1 AND holder_id = ?2"
                     " AND until_us IS NULL",
                     &st, err));
    db_bind_int(st, 1, (int64_t)kind);
    db_bind_int(st, 2, holder_id);
    db_bind_int(st, 3, db_tx_now_us(tx));
    return db_run(st, err);
}
