/* SPDX-License-Identifier: Apache-2.0 */
/* member_health - how accounts stand, for the security self-check: numbers, and never who. */
#include "member_desk.h"

/* "role IN (...)" of who works for the hub; the values are stored ones (enum role). */
#define WORKS_FOR_THE_HUB "p.role IN (3, 4, 7, 8, 9)"
_Static_assert(ROLE_ANALYST == 3 && ROLE_OPERATOR == 4 && ROLE_MEMBERSHIP == 7 &&
                   ROLE_SYSADMIN == 8 && ROLE_AUDITOR == 9,
               "WORKS_FOR_THE_HUB");

static enum bw_rc read_staff(struct db *db, struct member_health *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer_system("self-check: how many, never who"),
                    "SELECT count(*), sum(CASE WHEN c.totp_sealed IS NULL THEN 1 ELSE 0 END),"
                    " sum(CASE WHEN p.role = 4 THEN 1 ELSE 0 END) FROM v_person p"
                    " JOIN v_organisation o ON o.id = p.organisation_id"
                    " LEFT JOIN credential c ON c.person_id = p.id"
                    " WHERE " WORKS_FOR_THE_HUB " AND p.state = 0 AND o.state = 0",
                    &st, err));
    BW_TRY(db_row(st, err));
    ret->staff = db_int(st, 0);
    ret->staff_one_step = db_int(st, 1);
    ret->operators = db_int(st, 2);
    return BW_OK;
}

static enum bw_rc read_never(struct db *db, int64_t now_us, struct member_health *ret,
                             struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer_system("self-check: accounts that nobody ever used, as a number"),
                    "SELECT count(*) FROM v_person p WHERE p.state = 0 AND p.created_us < ?1"
                    " AND NOT EXISTS (SELECT 1 FROM session s WHERE s.person_id = p.id)"
                    " AND NOT EXISTS (SELECT 1 FROM api_key k WHERE k.person_id = p.id"
                    " AND k.used_us IS NOT NULL)",
                    &st, err));
    db_bind_int(st, 1, now_us - MEMBER_UNUSED_US);
    BW_TRY(db_row(st, err));
    ret->never = db_int(st, 0);
    return BW_OK;
}

/* Operating bodies have staff and need no administrator. */
static enum bw_rc read_admins(struct db *db, struct member_health *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer_system("self-check: organisations by how many look after them"),
                    "SELECT sum(CASE WHEN s.admins = 1 THEN 1 ELSE 0 END),"
                    " sum(CASE WHEN s.admins = 0 AND s.staff = 0 THEN 1 ELSE 0 END) FROM"
                    " (SELECT o.id, sum(CASE WHEN p.role = 2 THEN 1 ELSE 0 END) AS admins,"
                    " sum(CASE WHEN " WORKS_FOR_THE_HUB " THEN 1 ELSE 0 END) AS staff"
                    " FROM v_organisation o LEFT JOIN v_person p ON p.organisation_id = o.id"
                    " AND p.state = 0 WHERE o.state = 0 GROUP BY o.id) s",
                    &st, err));
    BW_TRY(db_row(st, err));
    ret->sole = db_int(st, 0);
    ret->without = db_int(st, 1);
    return BW_OK;
}

static enum bw_rc read_keys(struct db *db, int64_t now_us, struct member_health *ret,
                            struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db,
                    "SELECT sum(CASE WHEN expires_us > ?1 THEN 1 ELSE 0 END),"
                    " sum(CASE WHEN coalesce(used_us, created_us) < ?2 THEN 1 ELSE 0 END)"
                    " FROM api_key WHERE ended_us IS NULL AND expires_us > ?3",
                    &st, err));
    db_bind_int(st, 1, now_us + MEMBER_KEY_OLD_US + BW_DAY_US);
    db_bind_int(st, 2, now_us - MEMBER_KEY_OLD_US);
    db_bind_int(st, 3, now_us);
    BW_TRY(db_row(st, err));
    ret->keys_far = db_int(st, 0);
    ret->keys_unused = db_int(st, 1);
    return BW_OK;
}

static enum bw_rc read_fails(struct db *db, int64_t now_us, struct member_health *ret,
                             struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db,
                    "SELECT sum(CASE WHEN kind = 0 THEN fails ELSE 0 END),"
                    " sum(CASE WHEN kind = 1 THEN 1 ELSE 0 END) FROM signin_throttle"
                    " WHERE since_us > ?1",
                    &st, err));
    db_bind_int(st, 1, now_us - 15 * BW_MINUTE_US);
    BW_TRY(db_row(st, err));
    ret->fails = db_int(st, 0);
    ret->fails_networks = db_int(st, 1);
    return BW_OK;
}

enum bw_rc member_health_read(struct db *db, int64_t now_us, struct member_health *ret,
                              struct bw_err *err)
{
    struct member_health h = {0};
    BW_TRY(read_staff(db, &h, err));
    BW_TRY(read_never(db, now_us, &h, err));
    BW_TRY(read_admins(db, &h, err));
    BW_TRY(read_keys(db, now_us, &h, err));
    BW_TRY(read_fails(db, now_us, &h, err));
    *ret = h;
    return BW_OK;
}
