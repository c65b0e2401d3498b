/* SPDX-License-Identifier: Apache-2.0 */
/* member_people_store - who may change whom, and the changes; see member_people.h. Threads: the
 * write lane. */
#include "member_people.h"

#include "json_write.h"

enum bw_rc member_tell(struct db_tx *tx, enum ledger_verb verb, struct bw_view object,
                       int64_t actor_id, int64_t audience_id, const char *key1,
                       struct bw_view value1, const char *key2, struct bw_view value2,
                       struct bw_err *err)
{
    BW_AUTO_BUF payload = BW_BUF_INIT(8192);
    struct json_writer w;
    json_w_open(&w, &payload);
    json_w_object(&w);
    if (key1)
        json_w_kv(&w, key1, value1);
    if (key1 && key2)
        json_w_kv(&w, key2, value2);
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

enum bw_rc member_reason_check(struct bw_view reason, struct bw_err *err)
{
    if (bw_view_trim(reason).n == 0)
        return bw_fail(err, BW_INVALID, "say why: whoever asks later will want to know");
    if (reason.n > MEMBER_REASON_MAX || !bw_utf8_valid(reason))
        return bw_fail(err, BW_INVALID, "a reason has at most %d bytes", MEMBER_REASON_MAX);
    return BW_OK;
}

/* -- who may ----------------------------------------------------------------------------------- */

enum bw_rc member_actor_check(struct db_tx *tx, const struct viewer *viewer, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("whether the actor still is who they were"),
                    "SELECT 1 FROM v_person p JOIN v_organisation o ON o.id = p.organisation_id"
                    " WHERE p.id = ?1 AND p.organisation_id = ?2 AND p.role = ?3 AND p.state = 0"
                    " AND o.state = 0",
                    &st, err));
    db_bind_int(st, 1, viewer->person_id);
    db_bind_int(st, 2, viewer->organisation_id);
    db_bind_int(st, 3, (int64_t)viewer->role);
    enum bw_rc rc = db_row(st, err);
    return rc == BW_NOT_FOUND ? bw_fail(err, BW_DENIED, "your account has changed: sign in again")
                              : rc;
}

#define TARGET                                                                                  \
    "SELECT p.id, p.organisation_id, p.audience_id, p.created_us, p.public_id, p.role,"         \
    " p.state, p.lang, p.name, p.email, c.password_hash FROM v_person p LEFT JOIN credential c" \
    " ON c.person_id = p.id"

static void copy_text(char out[MEMBER_NAME_MAX + 1], struct bw_view v)
{
    v = bw_utf8_head(v, MEMBER_NAME_MAX);
    memcpy(out, v.p, v.n);
    out[v.n] = '\0';
}

static enum bw_rc read_target(struct db_stmt *st, struct member_target *ret, struct bw_err *err)
{
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such person");
    BW_TRY(rc);
    struct bw_view id = db_text(st, 4);
    if (!bw_id_valid(id))
        return bw_fail_detail(err, BW_BROKEN, "internal error", "public id of a person");
    *ret = (struct member_target){.id = db_int(st, 0),
                                  .organisation_id = db_int(st, 1),
                                  .audience_id = db_int(st, 2),
                                  .created_us = db_int(st, 3),
                                  .role = (enum role)db_int(st, 5),
                                  .state = (enum member_state)db_int(st, 6),
                                  .lang = (enum i18n_lang)db_int(st, 7)};
    memcpy(ret->public_id.text, id.p, id.n);
    copy_text(ret->name, db_text(st, 8));
    copy_text(ret->email, db_text(st, 9));
    ret->came = ret->role == ROLE_SERVICE || db_text(st, 10).n > 0;
    return BW_OK;
}

enum bw_rc member_target_key(struct db_tx *tx, int64_t person_id, struct member_target *ret,
                             struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("a person by key, for the hub's own changes"),
                    TARGET " WHERE p.id = ?1", &st, err));
    db_bind_int(st, 1, person_id);
    return read_target(st, ret, err);
}

enum bw_rc member_target_find(struct db_tx *tx, const struct viewer *viewer,
                              struct bw_view public_id, struct member_target *ret,
                              struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct member_target t;
    BW_TRY(permission_check(viewer, PERM_STAFFING, err));
    BW_TRY(member_actor_check(tx, viewer, err));
    BW_TRY(db_query(db_tx_db(tx), viewer, TARGET " WHERE p.public_id = ?1", &st, err));
    db_bind_text(st, 1, public_id);
    BW_TRY(read_target(st, &t, err));
    bool foreign = t.organisation_id != viewer->organisation_id;
    if (t.state == MEMBER_LEFT || (foreign && !permission_has(viewer, PERM_MEMBERS)))
        return bw_fail(err, BW_NOT_FOUND, "there is no such person");
    if (role_is_operator_body(t.role) && !permission_has(viewer, PERM_OWNER))
        return bw_fail(err, BW_DENIED, "who works for the hub is changed by its owner alone");
    *ret = t;
    return BW_OK;
}

enum bw_rc member_role_check(const struct viewer *viewer, int64_t organisation_id, enum role role,
                             struct bw_err *err)
{
    if (role == ROLE_REPRESENTATIVE || role == ROLE_ADMIN || role == ROLE_SERVICE)
        return BW_OK;
    if (!role_is_operator_body(role))
        return bw_fail(err, BW_INVALID, "a person cannot have that role");
    if (!permission_has(viewer, PERM_OWNER))
        return bw_fail(err, BW_DENIED, "roles of the hub's staff are given by its owner alone");
    if (organisation_id != viewer->organisation_id)
        return bw_fail(err, BW_INVALID,
                       "the hub's staff belong to the operating organisation: choose that one");
    if (role == ROLE_OPERATOR)
        return bw_fail(err, BW_INVALID, "the owner's role takes two people and is not given here");
    return BW_OK;
}

enum bw_rc member_admins(struct db *db, int64_t organisation_id, int64_t except_id, int64_t *ret_n,
                         struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer_system("whether an organisation is left without administrator"),
                    "SELECT count(*) FROM v_person p JOIN credential c ON c.person_id = p.id"
                    " WHERE p.organisation_id = ?1 AND p.id <> ?2 AND p.state = 0 AND p.role = ?3"
                    " AND c.password_hash <> ''",
                    &st, err));
    db_bind_int(st, 1, organisation_id);
    db_bind_int(st, 2, except_id);
    db_bind_int(st, 3, ROLE_ADMIN);
    BW_TRY(db_row(st, err));
    *ret_n = db_int(st, 0);
    return BW_OK;
}

static enum bw_rc other_operators(struct db_tx *tx, int64_t except_id, int64_t *ret_n,
                                  struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("whether the hub is left without owner"),
                    "SELECT count(*) FROM v_person p JOIN credential c ON c.person_id = p.id"
                    " WHERE p.role = ?1 AND p.id <> ?2 AND p.state = 0 AND c.password_hash <> ''",
                    &st, err));
    db_bind_int(st, 1, ROLE_OPERATOR);
    db_bind_int(st, 2, except_id);
    BW_TRY(db_row(st, err));
    *ret_n = db_int(st, 0);
    return BW_OK;
}

enum bw_rc member_last_check(struct db_tx *tx, const struct viewer *viewer,
                             const struct member_target *t, struct bw_err *err)
{
    int64_t others = 1;
    if (t->role == ROLE_OPERATOR) {
        BW_TRY(other_operators(tx, t->id, &others, err));
        return others ? BW_OK
                      : bw_fail(err, BW_CONFLICT,
                                "this is the only owner of the hub: name another first");
    }
    bool by_desk = permission_has(viewer, PERM_MEMBERS) && viewer->person_id != t->id;
    if (t->role != ROLE_ADMIN || !t->came || by_desk)
        return BW_OK;
    BW_TRY(member_admins(db_tx_db(tx), t->organisation_id, t->id, &others, err));
    return others ? BW_OK
                  : bw_fail(err, BW_CONFLICT,
                            "this is the only administrator: hand the role to a colleague first");
}

static enum bw_rc not_oneself(const struct viewer *viewer, const struct member_target *t,
                              struct bw_err *err)
{
    return viewer->person_id == t->id
               ? bw_fail(err, BW_DENIED, "nobody decides about themselves: ask a colleague")
               : BW_OK;
}

/* -- invitations ------------------------------------------------------------------------------- */

static enum bw_rc check_room(struct db_tx *tx, int64_t organisation_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("how many people an organisation has"),
                    "SELECT count(*) FROM v_person WHERE organisation_id = ?1 AND state <> 2", &st,
                    err));
    db_bind_int(st, 1, organisation_id);
    BW_TRY(db_row(st, err));
    return db_int(st, 0) < MEMBER_PEOPLE_MAX
               ? BW_OK
               : bw_fail(err, BW_LIMIT, "an organisation has at most %d people", MEMBER_PEOPLE_MAX);
}

static enum bw_rc check_organisation(struct db_tx *tx, const struct viewer *viewer,
                                     int64_t organisation_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    bool own = organisation_id == viewer->organisation_id;
    if (!own && !permission_has(viewer, PERM_MEMBERS))
        return bw_fail(err, BW_NOT_FOUND, "there is no such organisation");
    BW_TRY(
        db_query(db_tx_db(tx), viewer, "SELECT state FROM v_organisation WHERE id = ?1", &st, err));
    db_bind_int(st, 1, organisation_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such organisation");
    BW_TRY(rc);
    return db_int(st, 0) == MEMBER_ACTIVE
               ? BW_OK
               : bw_fail(err, BW_CONFLICT, "this organisation is suspended or has left");
}

/* However often a button is pressed, one address gets so many mails a day. */
static enum bw_rc check_often(struct db_tx *tx, struct bw_view email, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db_tx_db(tx),
                    "SELECT count(*) FROM person_left WHERE email = ?1 AND left_us > ?2", &st,
                    err));
    db_bind_text(st, 1, email);
    db_bind_int(st, 2, db_tx_now_us(tx) - BW_DAY_US);
    BW_TRY(db_row(st, err));
    return db_int(st, 0) < MEMBER_INVITES_A_DAY
               ? BW_OK
               : bw_fail(err, BW_LIMIT,
                         "this address got %d invitations in a day: wait until tomorrow",
                         MEMBER_INVITES_A_DAY);
}

enum bw_rc member_people_invite(struct db_tx *tx, const struct crypto_keyring *keyring,
                                const struct viewer *viewer, const struct member_person_in *in,
                                struct bw_id *ret_public, struct bw_err *err)
{
    int64_t id;
    BW_TRY(permission_check(viewer, PERM_STAFFING, err));
    BW_TRY(member_actor_check(tx, viewer, err));
    BW_TRY(check_organisation(tx, viewer, in->organisation_id, err));
    BW_TRY(member_role_check(viewer, in->organisation_id, in->role, err));
    BW_TRY(check_room(tx, in->organisation_id, err));
    if (in->role != ROLE_SERVICE)
        BW_TRY(check_often(tx, in->email, err));
    enum bw_rc rc = member_person_add(tx, keyring, viewer->person_id, in, &id, ret_public, err);
    /* Whose the address is, is not an administrator's to know. */
    if (rc == BW_CONFLICT && !permission_has(viewer, PERM_MEMBERS))
        return bw_fail(err, rc, "this address cannot be invited: ask the hub's desk");
    return rc;
}

enum bw_rc member_people_again(struct db_tx *tx, const struct crypto_keyring *keyring,
                               const struct viewer *viewer, struct bw_view public_id,
                               struct bw_id *ret_public, struct bw_err *err)
{
    struct member_target t;
    bool signatory;
    int64_t id;
    BW_TRY(member_target_find(tx, viewer, public_id, &t, err));
    if (t.came)
        return bw_fail(err, BW_CONFLICT, "this person has followed the invitation already");
    if (t.state != MEMBER_ACTIVE)
        return bw_fail(err, BW_CONFLICT, "this person is suspended");
    BW_TRY(check_often(tx, bw_view_z(t.email), err));
    BW_TRY(member_duty_held(db_tx_db(tx), t.id, DUTY_SIGNATORY, &signatory, err));
    BW_TRY(member_leave(tx, viewer->person_id, &t, BW_V("invited again"), err));
    const struct member_person_in in = {.organisation_id = t.organisation_id,
                                        .name = bw_view_z(t.name),
                                        .email = bw_view_z(t.email),
                                        .lang = t.lang,
                                        .role = t.role};
    BW_TRY(member_person_add(tx, keyring, viewer->person_id, &in, &id, ret_public, err));
    return signatory ? member_duty_give(tx, viewer->person_id, id, DUTY_SIGNATORY, err) : BW_OK;
}

/* -- changing ---------------------------------------------------------------------------------- */

static enum bw_rc check_edit(struct db_tx *tx, const struct viewer *viewer,
                             const struct member_target *t, const struct member_edit *in,
                             struct bw_err *err)
{
    struct bw_view name = bw_view_trim(in->name);
    if (name.n == 0 || name.n > MEMBER_NAME_MAX || !bw_utf8_valid(name))
        return bw_fail(err, BW_INVALID, "a person's name has 1 to %d bytes", MEMBER_NAME_MAX);
    if ((int)in->lang < 0 || in->lang >= I18N_LANGS)
        return bw_fail(err, BW_INVALID, "there is no such language");
    if (in->role == t->role)
        return BW_OK;
    BW_TRY(not_oneself(viewer, t, err));
    BW_TRY(member_role_check(viewer, t->organisation_id, in->role, err));
    if (in->role == ROLE_SERVICE || t->role == ROLE_SERVICE)
        return bw_fail(err, BW_INVALID, "a person does not become a service, nor a service one");
    return member_last_check(tx, viewer, t, err);
}

static enum bw_rc write_edit(struct db_tx *tx, const struct viewer *viewer,
                             const struct member_target *t, const struct member_edit *in,
                             struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_view name = bw_view_trim(in->name);
    if (bw_view_is(name, t->name) && in->lang == t->lang)
        return BW_OK;
    BW_TRY(db_change(tx, "UPDATE person SET name = ?2, lang = ?3 WHERE id = ?1", &st, err));
    db_bind_int(st, 1, t->id);
    db_bind_text(st, 2, name);
    db_bind_int(st, 3, (int64_t)in->lang);
    BW_TRY(db_run(st, err));
    return member_tell(tx, LEDGER_PERSON_CHANGED, bw_view_z(t->public_id.text), viewer->person_id,
                       t->audience_id, "language", i18n_path_name(in->lang), NULL, BW_V(""), err);
}

enum bw_rc member_people_edit(struct db_tx *tx, const struct viewer *viewer,
                              struct bw_view public_id, const struct member_edit *in,
                              struct bw_err *err)
{
    struct member_target t;
    bool held;
    BW_TRY(member_target_find(tx, viewer, public_id, &t, err));
    BW_TRY(check_edit(tx, viewer, &t, in, err));
    BW_TRY(write_edit(tx, viewer, &t, in, err));
    if (in->role != t.role)
        BW_TRY(member_role_set(tx, viewer->person_id, &t, in->role, err));
    BW_TRY(member_duty_held(db_tx_db(tx), t.id, DUTY_SIGNATORY, &held, err));
    if (held == in->signatory)
        return BW_OK;
    if (in->signatory && t.role == ROLE_SERVICE)
        return bw_fail(err, BW_INVALID, "a service signs nothing");
    return in->signatory ? member_duty_give(tx, viewer->person_id, t.id, DUTY_SIGNATORY, err)
                         : member_duty_end(tx, viewer->person_id, t.id, DUTY_SIGNATORY, err);
}

/* -- suspending -------------------------------------------------------------------------------- */

static enum bw_rc set_state(struct db_tx *tx, int64_t person_id, enum member_state state,
                            struct bw_err *err)
{
    BW_AUTO(db_stmt) *person = NULL;
    BW_AUTO(db_stmt) *keys = NULL;
    BW_TRY(db_change(tx, "UPDATE person SET state = ?2 WHERE id = ?1", &person, err));
    db_bind_int(person, 1, person_id);
    db_bind_int(person, 2, (int64_t)state);
    BW_TRY(db_run(person, err));
    BW_TRY(db_change(tx, "UPDATE api_key SET rests = ?2 WHERE person_id = ?1", &keys, err));
    db_bind_int(keys, 1, person_id);
    db_bind_int(keys, 2, state == MEMBER_ACTIVE ? 0 : 1);
    return db_run(keys, err);
}

enum bw_rc member_suspend(struct db_tx *tx, int64_t actor_id, bool by_desk,
                          const struct member_target *t, struct bw_view reason, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(set_state(tx, t->id, MEMBER_SUSPENDED, err));
    BW_TRY(session_end_others(tx, t->id, 0, err));
    BW_TRY(db_change(tx,
                     "INSERT INTO person_suspended (person_id, by_desk, by_id, reason, since_us)"
                     " VALUES (?1, ?2, ?3, ?4, ?5)",
                     &st, err));
    db_bind_int(st, 1, t->id);
    db_bind_int(st, 2, by_desk);
    db_bind_int(st, 3, actor_id);
    db_bind_text(st, 4, bw_view_trim(reason));
    db_bind_int(st, 5, db_tx_now_us(tx));
    BW_TRY(db_run(st, err));
    return member_tell(tx, LEDGER_PERSON_SUSPENDED, bw_view_z(t->public_id.text), actor_id,
                       t->audience_id, "reason", bw_view_trim(reason), NULL, BW_V(""), err);
}

enum bw_rc member_people_suspend(struct db_tx *tx, const struct viewer *viewer,
                                 struct bw_view public_id, struct bw_view reason,
                                 struct bw_err *err)
{
    struct member_target t;
    BW_TRY(member_target_find(tx, viewer, public_id, &t, err));
    BW_TRY(member_reason_check(reason, err));
    BW_TRY(not_oneself(viewer, &t, err));
    if (t.state != MEMBER_ACTIVE)
        return bw_fail(err, BW_CONFLICT, "this person is suspended already");
    BW_TRY(member_last_check(tx, viewer, &t, err));
    return member_suspend(tx, viewer->person_id, permission_has(viewer, PERM_MEMBERS), &t, reason,
                          err);
}

/* Takes the mark away; what the desk suspended is not an administrator's to undo. */
static enum bw_rc take_mark(struct db_tx *tx, const struct viewer *viewer, int64_t person_id,
                            struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_AUTO(db_stmt) *drop = NULL;
    BW_TRY(db_plain(db_tx_db(tx), "SELECT by_desk FROM person_suspended WHERE person_id = ?1", &st,
                    err));
    db_bind_int(st, 1, person_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_OK && db_int(st, 0) && !permission_has(viewer, PERM_MEMBERS))
        return bw_fail(err, BW_DENIED, "the hub's desk suspended this person: ask there");
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    BW_TRY(db_change(tx, "DELETE FROM person_suspended WHERE person_id = ?1", &drop, err));
    db_bind_int(drop, 1, person_id);
    return db_run(drop, err);
}

enum bw_rc member_people_resume(struct db_tx *tx, const struct viewer *viewer,
                                struct bw_view public_id, struct bw_view reason, struct bw_err *err)
{
    struct member_target t;
    BW_TRY(member_target_find(tx, viewer, public_id, &t, err));
    BW_TRY(member_reason_check(reason, err));
    BW_TRY(not_oneself(viewer, &t, err));
    if (t.state != MEMBER_SUSPENDED)
        return bw_fail(err, BW_CONFLICT, "this person is not suspended");
    BW_TRY(take_mark(tx, viewer, t.id, err));
    BW_TRY(set_state(tx, t.id, MEMBER_ACTIVE, err));
    return member_tell(tx, LEDGER_PERSON_RESUMED, bw_view_z(t.public_id.text), viewer->person_id,
                       t.audience_id, "reason", bw_view_trim(reason), NULL, BW_V(""), err);
}
