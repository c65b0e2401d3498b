/* SPDX-License-Identifier: Apache-2.0 */
/* member_desk - who works for the hub; see member_desk.h. Counting for the self-check is in
 * member_health.c. */
#include "member_desk.h"

#include "json_write.h"
#include "member_int.h"

#define STAFF_COLUMNS                                                                   \
    "p.id, p.organisation_id, p.public_id, p.name, p.email, p.role, p.state, o.state,"  \
    " (SELECT max(s.seen_us) FROM session s WHERE s.person_id = p.id),"                 \
    " (SELECT count(*) FROM credential c WHERE c.person_id = p.id AND c.totp_sealed IS" \
    " NOT NULL)"

static enum bw_rc staff_row(const struct db_stmt *st, struct bw_arena *arena,
                            struct member_staff *ret, struct bw_err *err)
{
    struct member_staff s = {.id = db_int(st, 0),
                             .organisation_id = db_int(st, 1),
                             .role = (enum role)db_int(st, 5),
                             .active = db_int(st, 6) == 0 && db_int(st, 7) == MEMBER_ACTIVE,
                             .seen_us = db_int(st, 8),
                             .second_step = db_int(st, 9) > 0};
    BW_TRY(bw_view_copy(arena, db_text(st, 2), &s.public_id, err));
    BW_TRY(bw_view_copy(arena, db_text(st, 3), &s.name, err));
    BW_TRY(bw_view_copy(arena, db_text(st, 4), &s.email, err));
    *ret = s;
    return BW_OK;
}

enum bw_rc member_staff_of(struct db *db, const struct viewer *viewer, int64_t organisation_id,
                           struct bw_arena *arena, struct member_staff **ret, size_t *ret_n,
                           struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct member_staff *rows = NULL;
    size_t n = 0, room = 0;
    enum bw_rc rc;
    BW_TRY(db_query(db, viewer,
                    "SELECT " STAFF_COLUMNS " FROM v_person p JOIN v_organisation o"
                    " ON o.id = p.organisation_id WHERE p.organisation_id = ?1 AND p.state = 0"
                    " ORDER BY p.name, p.id LIMIT 1000",
                    &st, err));
    db_bind_int(st, 1, organisation_id);
    while ((rc = db_row(st, err)) == BW_OK) {
        BW_TRY(MEMBER_MORE(arena, rows, n, room, err));
        BW_TRY(staff_row(st, arena, &rows[n], err));
        n++;
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}

enum bw_rc member_staff_find(struct db *db, const struct viewer *viewer, struct bw_view public_id,
                             struct bw_arena *arena, struct member_staff *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer,
                    "SELECT " STAFF_COLUMNS " FROM v_person p JOIN v_organisation o"
                    " ON o.id = p.organisation_id WHERE p.public_id = ?1",
                    &st, err));
    db_bind_text(st, 1, public_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such person");
    BW_TRY(rc);
    return staff_row(st, arena, ret, err);
}

enum bw_rc member_office(struct db *db, int64_t person_id, struct member_office *ret,
                         struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer_system("what a person may is asked again when it is used"),
                    "SELECT p.role, p.organisation_id, p.state, o.state FROM v_person p"
                    " JOIN v_organisation o ON o.id = p.organisation_id WHERE p.id = ?1",
                    &st, err));
    db_bind_int(st, 1, person_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such person");
    BW_TRY(rc);
    *ret = (struct member_office){(enum role)db_int(st, 0), db_int(st, 1),
                                  db_int(st, 2) == 0 && db_int(st, 3) == MEMBER_ACTIVE};
    return BW_OK;
}

enum bw_rc member_count_roles(struct db *db, unsigned roles, int64_t but_person,
                              int64_t but_organisation, int64_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    int64_t n = 0;
    BW_TRY(db_query(db, viewer_system("whether there is a second person who could decide"),
                    "SELECT count(*) FROM v_person p JOIN v_organisation o"
                    " ON o.id = p.organisation_id WHERE p.role = ?1 AND p.state = 0"
                    " AND o.state = 0 AND p.id <> ?2 AND o.id <> ?3",
                    &st, err));
    for (int role = ROLE_REPRESENTATIVE; role < ROLES_COUNT; role++) {
        if (!(roles & 1u << role))
            continue;
        db_bind_int(st, 1, role);
        db_bind_int(st, 2, but_person);
        db_bind_int(st, 3, but_organisation);
        BW_TRY(db_row(st, err));
        n += db_int(st, 0);
        db_again(st);
    }
    *ret_n = n;
    return BW_OK;
}

/* -- changing a role --------------------------------------------------------------------------- */

static enum bw_rc tell_role(struct db_tx *tx, const struct member_role_change *c,
                            struct bw_view public_id, int64_t audience_id, struct bw_err *err)
{
    BW_AUTO_BUF payload = BW_BUF_INIT(8192);
    struct json_writer w;
    json_w_open(&w, &payload);
    json_w_object(&w);
    json_w_kv_z(&w, "role_was", role_name(c->from));
    json_w_kv_z(&w, "role", role_name(c->to));
    json_w_kv(&w, "reason", c->reason);
    json_w_object_end(&w);
    json_w_close(&w);
    BW_TRY(bw_buf_rc(&payload, "payload", err));
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = LEDGER_PERSON_CHANGED,
                                                .object = public_id,
                                                .actor_id = c->actor_id,
                                                .audience_id = audience_id,
                                                .payload = bw_buf_text(&payload)},
                         err);
}

enum bw_rc member_role_change(struct db_tx *tx, const struct member_role_change *c,
                              struct bw_err *err)
{
    BW_AUTO(db_stmt) *read = NULL;
    BW_AUTO(db_stmt) *st = NULL;
    if (!role_is_persons(c->to))
        return bw_fail(err, BW_INVALID, "a person cannot have that role");
    BW_TRY(db_query(db_tx_db(tx), viewer_system("a role that is changed is checked by its caller"),
                    "SELECT public_id, audience_id, role FROM v_person WHERE id = ?1"
                    " AND state = 0",
                    &read, err));
    db_bind_int(read, 1, c->person_id);
    enum bw_rc rc = db_row(read, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such person");
    BW_TRY(rc);
    if (db_int(read, 2) != (int64_t)c->from)
        return bw_fail(err, BW_CONFLICT, "this person's role has changed meanwhile: look again");
    BW_TRY(db_change(tx, "UPDATE person SET role = ?2 WHERE id = ?1", &st, err));
    db_bind_int(st, 1, c->person_id);
    db_bind_int(st, 2, (int64_t)c->to);
    BW_TRY(db_run(st, err));
    BW_TRY(session_end_all(tx, c->person_id, err));
    return tell_role(tx, c, db_text(read, 0), db_int(read, 1), err);
}
