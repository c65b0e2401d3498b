/* SPDX-License-Identifier: Apache-2.0 */
/* member_erase - what the hub holds on a person: shown to them, and erased when they have left.
 *
 * The row of a person stays, without name and address: items, findings and decisions point to it.
 * Their openings in the ledger go; the leaves stay, and it verifies. */
#include "member_desk.h"
#include "member_int.h"

#include <stdio.h>

struct data {
    struct db *db;
    struct bw_arena *arena;
    struct member_datum *rows;
    size_t n;
    enum i18n_lang lang;
};

static enum bw_rc put(struct data *d, struct member_datum row, struct bw_err *err)
{
    if (d->n == MEMBER_DATA_MAX)
        return BW_OK;
    BW_TRY(bw_view_copy(d->arena, row.text, &row.text, err));
    d->rows[d->n++] = row;
    return BW_OK;
}

static enum bw_rc put_person(struct data *d, int64_t person_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(d->db, viewer_system("a person is shown what the hub holds on them"),
                    "SELECT p.name, p.email, p.lang, p.role, p.created_us, o.name_en, o.name_hant,"
                    " o.name_hans FROM v_person p JOIN v_organisation o"
                    " ON o.id = p.organisation_id WHERE p.id = ?1",
                    &st, err));
    db_bind_int(st, 1, person_id);
    BW_TRY(db_row(st, err));
    struct member_names names;
    BW_TRY(member_names_row(st, 5, d->arena, &names, err));
    int64_t role = db_int(st, 3), lang = db_int(st, 2);
    if (role < 0 || role >= ROLES_COUNT || lang < 0 || lang >= I18N_LANGS)
        return bw_fail_detail(err, BW_BROKEN, "internal error", "person %lld",
                              (long long)person_id);
    const struct member_datum rows[] = {
        {"person", "name", MSG_desk_d_person, MSG_desk_d_name, 1, db_text(st, 0), 0},
        {"person", "email", MSG_desk_d_person, MSG_desk_d_email, 1, db_text(st, 1), 0},
        {"person", "language", MSG_desk_d_person, MSG_desk_d_language, 1,
         i18n_own_name((enum i18n_lang)lang), 0},
        {"person", "role", MSG_desk_d_person, MSG_desk_d_role, 1,
         bw_view_z(role_name((enum role)role)), 0},
        {"person", "organisation", MSG_desk_d_person, MSG_desk_d_organisation, 1,
         member_name(&names, d->lang), 0},
        {"person", "added", MSG_desk_d_person, MSG_desk_d_added, 1, {NULL, 0}, db_int(st, 4)},
    };
    for (size_t i = 0; i < BW_COUNT(rows); i++)
        BW_TRY(put(d, rows[i], err));
    return BW_OK;
}

static enum bw_rc put_sessions(struct data *d, int64_t person_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc;
    int number = 0;
    BW_TRY(db_plain(d->db,
                    "SELECT device, created_us, seen_us, coalesce(ended_us, 0) FROM session"
                    " WHERE person_id = ?1 ORDER BY id DESC LIMIT 200",
                    &st, err));
    db_bind_int(st, 1, person_id);
    while ((rc = db_row(st, err)) == BW_OK) {
        number++;
        const struct member_datum rows[] = {
            {"session", "device", MSG_desk_d_session, MSG_desk_d_device, number, db_text(st, 0), 0},
            {"session",
             "from",
             MSG_desk_d_session,
             MSG_desk_d_from,
             number,
             {NULL, 0},
             db_int(st, 1)},
            {"session",
             "last",
             MSG_desk_d_session,
             MSG_desk_d_last,
             number,
             {NULL, 0},
             db_int(st, 2)},
        };
        for (size_t i = 0; i < BW_COUNT(rows); i++)
            BW_TRY(put(d, rows[i], err));
    }
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

static enum bw_rc put_keys(struct data *d, int64_t person_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc;
    int number = 0;
    BW_TRY(db_plain(d->db,
                    "SELECT label, created_us, coalesce(used_us, 0), expires_us FROM api_key"
                    " WHERE person_id = ?1 ORDER BY id DESC LIMIT 200",
                    &st, err));
    db_bind_int(st, 1, person_id);
    while ((rc = db_row(st, err)) == BW_OK) {
        number++;
        const struct member_datum rows[] = {
            {"key", "label", MSG_desk_d_key, MSG_desk_d_label, number, db_text(st, 0), 0},
            {"key", "from", MSG_desk_d_key, MSG_desk_d_from, number, {NULL, 0}, db_int(st, 1)},
            {"key", "last", MSG_desk_d_key, MSG_desk_d_last, number, {NULL, 0}, db_int(st, 2)},
            {"key", "until", MSG_desk_d_key, MSG_desk_d_until, number, {NULL, 0}, db_int(st, 3)},
        };
        for (size_t i = 0; i < BW_COUNT(rows); i++)
            BW_TRY(put(d, rows[i], err));
    }
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

/* What they did, as the ledger has it: verbs and times; what it was about stands where it is. */
static enum bw_rc put_events(struct data *d, int64_t person_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc;
    int number = 0;
    BW_TRY(db_plain(d->db,
                    "SELECT e.verb, e.at_us FROM opening o JOIN event e ON e.id = o.event_id"
                    " WHERE o.actor_id = ?1 ORDER BY e.id DESC LIMIT 500",
                    &st, err));
    db_bind_int(st, 1, person_id);
    while ((rc = db_row(st, err)) == BW_OK) {
        number++;
        const struct member_datum rows[] = {
            {"event", "what", MSG_desk_d_event, MSG_desk_d_what, number, db_text(st, 0), 0},
            {"event", "at", MSG_desk_d_event, MSG_desk_d_at, number, {NULL, 0}, db_int(st, 1)},
        };
        for (size_t i = 0; i < BW_COUNT(rows); i++)
            BW_TRY(put(d, rows[i], err));
    }
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

enum bw_rc member_data_of(struct db *db, int64_t person_id, enum i18n_lang lang,
                          struct bw_arena *arena, struct member_datum **ret, size_t *ret_n,
                          struct bw_err *err)
{
    struct data d = {.db = db, .arena = arena, .lang = lang};
    d.rows = BW_ARENA_ARRAY(arena, MEMBER_DATA_MAX, struct member_datum);
    if (!d.rows)
        return bw_fail_memory(err);
    BW_TRY(put_person(&d, person_id, err));
    BW_TRY(put_sessions(&d, person_id, err));
    BW_TRY(put_keys(&d, person_id, err));
    BW_TRY(put_events(&d, person_id, err));
    *ret = d.rows;
    *ret_n = d.n;
    return BW_OK;
}

/* -- erasing ----------------------------------------------------------------------------------- */

enum bw_rc member_purge_throttle(struct db_tx *tx, int64_t before_us, int64_t *ret_n,
                                 struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "DELETE FROM signin_throttle WHERE since_us < ?1", &st, err));
    db_bind_int(st, 1, before_us);
    BW_TRY(db_run(st, err));
    *ret_n = db_changes(st);
    return BW_OK;
}

static enum bw_rc erase_row(struct db_tx *tx, int64_t person_id, struct bw_view public_id,
                            struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    char email[80];
    int n = snprintf(email, sizeof(email), "%.*s@erased.invalid", BW_VF(public_id));
    BW_ASSERT(n > 0 && (size_t)n < sizeof(email));
    BW_TRY(db_change(tx, "UPDATE person SET name = '–', email = ?2 WHERE id = ?1", &st, err));
    db_bind_int(st, 1, person_id);
    db_bind_text(st, 2, bw_view_of(email, (size_t)n));
    return db_run(st, err);
}

/* Addresses and what was written about them on leaving, suspending, changing the address. */
static enum bw_rc erase_notes(struct db_tx *tx, int64_t person_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *left = NULL;
    BW_AUTO(db_stmt) *suspended = NULL;
    BW_AUTO(db_stmt) *mail = NULL;
    BW_TRY(db_change(tx, "UPDATE person_left SET email = '', reason = '' WHERE person_id = ?1",
                     &left, err));
    db_bind_int(left, 1, person_id);
    BW_TRY(db_run(left, err));
    BW_TRY(db_change(tx, "UPDATE person_suspended SET reason = '' WHERE person_id = ?1", &suspended,
                     err));
    db_bind_int(suspended, 1, person_id);
    BW_TRY(db_run(suspended, err));
    BW_TRY(db_change(tx, "DELETE FROM person_mail WHERE person_id = ?1", &mail, err));
    db_bind_int(mail, 1, person_id);
    return db_run(mail, err);
}

static enum bw_rc erase_access(struct db_tx *tx, int64_t person_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *credential = NULL;
    BW_AUTO(db_stmt) *sessions = NULL;
    BW_AUTO(db_stmt) *keys = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE credential SET password_hash = '', totp_sealed = NULL"
                     " WHERE person_id = ?1",
                     &credential, err));
    db_bind_int(credential, 1, person_id);
    BW_TRY(db_run(credential, err));
    BW_TRY(db_change(tx, "DELETE FROM session WHERE person_id = ?1", &sessions, err));
    db_bind_int(sessions, 1, person_id);
    BW_TRY(db_run(sessions, err));
    BW_TRY(db_change(tx, "DELETE FROM api_key WHERE person_id = ?1", &keys, err));
    db_bind_int(keys, 1, person_id);
    return db_run(keys, err);
}

enum bw_rc member_erase(struct db_tx *tx, const struct member_erase *e, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("who has left is erased by key"),
                    "SELECT p.public_id, p.state, o.state FROM v_person p JOIN v_organisation o"
                    " ON o.id = p.organisation_id WHERE p.id = ?1",
                    &st, err));
    db_bind_int(st, 1, e->person_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such person");
    BW_TRY(rc);
    if (db_int(st, 1) != MEMBER_LEFT && db_int(st, 2) != MEMBER_LEFT)
        return bw_fail(err, BW_CONFLICT, "this person has not left");
    BW_TRY(erase_row(tx, e->person_id, db_text(st, 0), err));
    BW_TRY(erase_access(tx, e->person_id, err));
    BW_TRY(erase_notes(tx, e->person_id, err));
    BW_TRY(member_tell_person_erased(tx, e->person_id, err));
    BW_TRY(holding_end_all(tx, HOLDER_PERSON, e->person_id, err));
    BW_TRY(ledger_erase(tx, e->events, e->events_n, err));
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = LEDGER_PERSON_ERASED,
                                                .object = db_text(st, 0),
                                                .actor_id = e->actor_id},
                         err);
}
