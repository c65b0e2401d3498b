/* SPDX-License-Identifier: Apache-2.0 */
/* member_people_read - the people of an organisation as those see them who look after them. */
#include "member_people.h"

#include "bw_clock.h"
#include "page.h"

#define PERSON                                                                                   \
    "SELECT p.id, p.public_id, p.organisation_id, p.name, p.email, p.lang, p.role, p.state,"     \
    " p.created_us, c.password_hash, s.by_desk, s.since_us, s.reason, m.email,"                  \
    " (SELECT max(x.seen_us) FROM session x WHERE x.person_id = p.id),"                          \
    " (SELECT max(k.used_us) FROM api_key k WHERE k.person_id = p.id),"                          \
    " (SELECT count(*) FROM holding h WHERE h.holder_kind = 0 AND h.holder_id = p.id"            \
    " AND h.code = ?1 AND h.until_us IS NULL), m.until_us"                                       \
    " FROM v_person p LEFT JOIN credential c ON c.person_id = p.id LEFT JOIN person_suspended s" \
    " ON s.person_id = p.id LEFT JOIN person_mail m ON m.person_id = p.id"

static enum bw_rc read_person(const struct db_stmt *st, struct bw_arena *arena,
                              struct member_person *ret, struct bw_err *err)
{
    int64_t key_us = db_int(st, 15);
    *ret = (struct member_person){.id = db_int(st, 0),
                                  .organisation_id = db_int(st, 2),
                                  .lang = (enum i18n_lang)db_int(st, 5),
                                  .role = (enum role)db_int(st, 6),
                                  .state = (enum member_state)db_int(st, 7),
                                  .created_us = db_int(st, 8),
                                  .by_desk = db_int(st, 10) != 0,
                                  .suspended_us = db_int(st, 11),
                                  .seen_us = db_int(st, 14),
                                  .signatory = db_int(st, 16) > 0};
    ret->came = ret->role == ROLE_SERVICE || db_text(st, 9).n > 0;
    if (key_us > ret->seen_us)
        ret->seen_us = key_us;
    BW_TRY(bw_view_copy(arena, db_text(st, 1), &ret->public_id, err));
    BW_TRY(bw_view_copy(arena, db_text(st, 3), &ret->name, err));
    /* A service has no mailbox. */
    if (ret->role != ROLE_SERVICE)
        BW_TRY(bw_view_copy(arena, db_text(st, 4), &ret->email, err));
    BW_TRY(bw_view_copy(arena, db_text(st, 12), &ret->reason, err));
    if (db_int(st, 17) > bw_now_us())
        BW_TRY(bw_view_copy(arena, db_text(st, 13), &ret->new_email, err));
    return BW_OK;
}

static int64_t signatory(void)
{
    return grant_code((struct grant){GRANT_DUTY, DUTY_SIGNATORY});
}

enum bw_rc member_person_list(struct db *db, const struct viewer *viewer, int64_t organisation_id,
                              struct bw_arena *arena, struct member_person **ret, size_t *ret_n,
                              struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct member_person *rows = NULL;
    size_t n = 0, room = 0;
    enum bw_rc rc;
    BW_TRY(db_query(db, viewer,
                    PERSON " WHERE p.organisation_id = ?2 AND p.state <> 2 ORDER BY p.name, p.id"
                           " LIMIT ?3",
                    &st, err));
    db_bind_int(st, 1, signatory());
    db_bind_int(st, 2, organisation_id);
    db_bind_int(st, 3, MEMBER_PEOPLE_MAX);
    while ((rc = db_row(st, err)) == BW_OK) {
        BW_TRY(MEMBER_MORE(arena, rows, n, room, err));
        BW_TRY(read_person(st, arena, &rows[n++], err));
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}

enum bw_rc member_person_find(struct db *db, const struct viewer *viewer, struct bw_view public_id,
                              struct bw_arena *arena, struct member_person *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer, PERSON " WHERE p.public_id = ?2 AND p.state <> 2", &st, err));
    db_bind_int(st, 1, signatory());
    db_bind_text(st, 2, public_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_OK) {
        BW_TRY(read_person(st, arena, ret, err));
        if (ret->organisation_id == viewer->organisation_id || permission_has(viewer, PERM_MEMBERS))
            return BW_OK;
        rc = BW_NOT_FOUND;
    }
    return rc == BW_NOT_FOUND ? bw_fail(err, rc, "there is no such person") : rc;
}

enum bw_rc member_organisation_of(struct db *db, const struct viewer *viewer,
                                  struct bw_view public_id, struct bw_arena *arena,
                                  struct member_organisation *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer,
                    "SELECT " MEMBER_ORGANISATION " FROM v_organisation o WHERE o.public_id = ?1"
                    " OR (?1 = '' AND o.id = ?2)",
                    &st, err));
    db_bind_text(st, 1, public_id);
    db_bind_int(st, 2, viewer->organisation_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_OK) {
        BW_TRY(member_organisation_row(st, arena, ret, err));
        if (ret->id == viewer->organisation_id || permission_has(viewer, PERM_MEMBERS))
            return BW_OK;
        rc = BW_NOT_FOUND;
    }
    return rc == BW_NOT_FOUND ? bw_fail(err, rc, "there is no such organisation") : rc;
}

enum bw_rc member_offer_to(struct db *db, const struct viewer *viewer, struct bw_arena *arena,
                           struct bw_view *ret_from, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    *ret_from = (struct bw_view){NULL, 0};
    BW_TRY(db_query(db, viewer,
                    "SELECT p.name FROM admin_offer a JOIN v_person p ON p.id = a.from_id"
                    " WHERE a.organisation_id = ?1 AND a.to_id = ?2 AND a.until_us > ?3",
                    &st, err));
    db_bind_int(st, 1, viewer->organisation_id);
    db_bind_int(st, 2, viewer->person_id);
    db_bind_int(st, 3, bw_now_us());
    enum bw_rc rc = db_row(st, err);
    if (rc != BW_OK)
        return rc == BW_NOT_FOUND ? BW_OK : rc;
    return bw_view_copy(arena, db_text(st, 0), ret_from, err);
}
