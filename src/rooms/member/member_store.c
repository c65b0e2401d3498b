/* SPDX-License-Identifier: Apache-2.0 */
/* member_store - changes to who is in the community. Each appends to the ledger in the transaction
 * that makes it; ending a right ends its sessions and keys there too, so that no channel outlives
 * it.
 *
 * An organisation's row is for every member (directory). A person's row is for their own
 * organisation and the hub's staff; a circle's for its members and staff: that somebody is in a
 * circle is not told to others. Threads: the write lane. */
#include "member_int.h"

#include "json_write.h"
#include "member_delegate.h"
#include "member_group.h"

#include <stdio.h>

enum { DOMAIN_MAX = 253 };

static enum bw_rc append(struct db_tx *tx, enum ledger_verb verb, struct bw_view object,
                         int64_t actor_id, int64_t audience_id, struct bw_view payload,
                         struct bw_err *err)
{
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = verb,
                                                .object = object,
                                                .actor_id = actor_id,
                                                .audience_id = audience_id,
                                                .payload = payload},
                         err);
}

/* {"KEY": "VALUE"}: what most events here have to say. */
static enum bw_rc append_fact(struct db_tx *tx, enum ledger_verb verb, struct bw_view object,
                              int64_t actor_id, int64_t audience_id, const char *key,
                              struct bw_view value, struct bw_err *err)
{
    BW_AUTO_BUF payload = BW_BUF_INIT(4096);
    struct json_writer w;
    json_w_open(&w, &payload);
    json_w_object(&w);
    json_w_kv(&w, key, value);
    json_w_object_end(&w);
    json_w_close(&w);
    BW_TRY(bw_buf_rc(&payload, "payload", err));
    return append(tx, verb, object, actor_id, audience_id, bw_buf_text(&payload), err);
}

static enum bw_rc directory_audience(struct db_tx *tx, int64_t *ret_id, struct bw_err *err)
{
    const struct grant everybody = {GRANT_EVERYBODY, 0};
    return audience_intern(tx, TLP_GREEN, &everybody, 1, ret_id, err);
}

enum bw_rc member_names_check(const struct member_names *names, struct bw_err *err)
{
    for (int i = 0; i < I18N_LANGS; i++)
        if (names->text[i].n > MEMBER_NAME_MAX || !bw_utf8_valid(names->text[i]))
            return bw_fail(err, BW_INVALID, "a name has at most %d bytes of UTF-8",
                           MEMBER_NAME_MAX);
    if (bw_view_trim(names->text[I18N_EN]).n == 0)
        return bw_fail(err, BW_INVALID, "an English name is needed");
    return BW_OK;
}

static void bind_names(struct db_stmt *st, int at, const struct member_names *names)
{
    for (int i = 0; i < I18N_LANGS; i++)
        db_bind_text(st, at + i, bw_view_trim(names->text[i]));
}

/* Runs an INSERT with RETURNING id; a name that is taken is the caller's to explain. */
static enum bw_rc insert_row(struct db_stmt *st, const char *what, int64_t *ret_id,
                             struct bw_err *err)
{
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_CONFLICT)
        return bw_fail(err, rc, "%s of that name is there already", what);
    BW_TRY(rc);
    *ret_id = db_int(st, 0);
    db_again(st);
    return BW_OK;
}

/* What a change needs to know of the row that it changes. */
struct subject {
    struct bw_id public_id;
    int64_t audience_id, state;
};

static enum bw_rc read_subject(struct db_stmt *st, int64_t id, const char *what,
                               struct subject *ret, struct bw_err *err)
{
    db_bind_int(st, 1, id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such %s", what);
    BW_TRY(rc);
    struct bw_view text = db_text(st, 0);
    if (!bw_id_valid(text))
        return bw_fail_detail(err, BW_BROKEN, "internal error", "public id of %s", what);
    memcpy(ret->public_id.text, text.p, text.n);
    ret->public_id.text[text.n] = '\0';
    ret->audience_id = db_int(st, 1);
    ret->state = db_int(st, 2);
    return BW_OK;
}

static enum bw_rc organisation_subject(struct db_tx *tx, int64_t id, struct subject *ret,
                                       struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("changes to members are checked by their callers"),
                    "SELECT public_id, audience_id, state FROM v_organisation WHERE id = ?1", &st,
                    err));
    return read_subject(st, id, "organisation", ret, err);
}

static enum bw_rc group_subject(struct db_tx *tx, enum grant_kind kind, int64_t id,
                                struct subject *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("changes to groups are checked by their callers"),
                    "SELECT public_id, audience_id, 0 FROM v_grouping WHERE id = ?1 AND kind = ?2",
                    &st, err));
    db_bind_int(st, 2, (int64_t)kind);
    return read_subject(st, id, kind == GRANT_SECTOR ? "sector" : "circle", ret, err);
}

/* -- groups ------------------------------------------------------------------------------------ */

/* The row needs its audience and a circle's audience needs the row: it is for the staff until then.
 */
static enum bw_rc circle_audience(struct db_tx *tx, int64_t id, int64_t *ret_audience,
                                  struct bw_err *err)
{
    const struct grant grants[] = {{GRANT_CIRCLE, id}, {GRANT_ROLE, ROLE_STAFF}};
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(audience_intern(tx, TLP_AMBER, grants, BW_COUNT(grants), ret_audience, err));
    BW_TRY(db_change(tx, "UPDATE grouping SET audience_id = ?2 WHERE id = ?1", &st, err));
    db_bind_int(st, 1, id);
    db_bind_int(st, 2, *ret_audience);
    return db_run(st, err);
}

/* A new circle is hidden and entered by invitation: room circle changes that. */
static enum bw_rc insert_circle(struct db_tx *tx, int64_t id, int64_t audience_id,
                                struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "INSERT INTO circle (id, purpose_en, purpose_hant, purpose_hans, tlp_max,"
                     " hidden, by_request, audience_id) VALUES (?1, '', '', '', ?2, 1, 0, ?3)",
                     &st, err));
    db_bind_int(st, 1, id);
    db_bind_int(st, 2, MEMBER_CIRCLE_TLP);
    db_bind_int(st, 3, audience_id);
    return db_run(st, err);
}

enum bw_rc member_group_add(struct db_tx *tx, int64_t actor_id, enum grant_kind kind,
                            const struct member_names *names, int64_t *ret_id,
                            struct bw_id *ret_public, struct bw_err *err)
{
    const struct grant staff = {GRANT_ROLE, ROLE_STAFF};
    bool circle = kind == GRANT_CIRCLE;
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_id public_id = bw_id_new();
    int64_t audience_id, id = 0;

    BW_ASSERT(circle || kind == GRANT_SECTOR);
    BW_TRY(member_names_check(names, err));
    if (circle)
        BW_TRY(audience_intern(tx, TLP_AMBER, &staff, 1, &audience_id, err));
    else
        BW_TRY(directory_audience(tx, &audience_id, err));
    BW_TRY(db_change(tx,
                     "INSERT INTO grouping (public_id, kind, name_en, name_hant, name_hans,"
                     " audience_id, created_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id",
                     &st, err));
    db_bind_text(st, 1, bw_view_z(public_id.text));
    db_bind_int(st, 2, (int64_t)kind);
    bind_names(st, 3, names);
    db_bind_int(st, 6, audience_id);
    db_bind_int(st, 7, db_tx_now_us(tx));
    BW_TRY(insert_row(st, circle ? "a circle" : "a sector", &id, err));
    if (circle) {
        BW_TRY(circle_audience(tx, id, &audience_id, err));
        BW_TRY(insert_circle(tx, id, audience_id, err));
    }
    BW_TRY(append_fact(tx, LEDGER_ORGANISATION_CHANGED, bw_view_z(public_id.text), actor_id,
                       audience_id, circle ? "circle" : "sector", names->text[I18N_EN], err));
    *ret_id = id;
    *ret_public = public_id;
    return BW_OK;
}

static enum bw_rc holds_now(struct db_tx *tx, enum holder_kind kind, int64_t holder_id,
                            struct grant g, bool *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db_tx_db(tx),
                    "SELECT 1 FROM holding WHERE holder_kind = ?3 AND holder_id = ?1 AND code = ?2"
                    " AND until_us IS NULL",
                    &st, err));
    db_bind_int(st, 1, holder_id);
    db_bind_int(st, 2, grant_code(g));
    db_bind_int(st, 3, (int64_t)kind);
    enum bw_rc rc = db_row(st, err);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = rc == BW_OK;
    return BW_OK;
}

static enum bw_rc person_subject(struct db_tx *tx, int64_t id, struct subject *ret,
                                 struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("changes to members are checked by their callers"),
                    "SELECT public_id, audience_id, state FROM v_person WHERE id = ?1", &st, err));
    return read_subject(st, id, "person", ret, err);
}

enum bw_rc member_belonging_set(struct db_tx *tx, const struct member_belonging *b,
                                struct bw_err *err)
{
    const struct grant g = {b->kind, b->group_id};
    struct subject holder, group;
    bool held;
    BW_ASSERT(b->kind == GRANT_SECTOR || b->kind == GRANT_CIRCLE);
    if (b->holder == HOLDER_PERSON)
        BW_TRY(person_subject(tx, b->holder_id, &holder, err));
    else
        BW_TRY(organisation_subject(tx, b->holder_id, &holder, err));
    BW_TRY(group_subject(tx, b->kind, b->group_id, &group, err));
    BW_TRY(holds_now(tx, b->holder, b->holder_id, g, &held, err));
    if (held == b->give)
        return BW_OK;
    if (b->give)
        BW_TRY(holding_give(tx, b->holder, b->holder_id, g, err));
    else
        BW_TRY(holding_end(tx, b->holder, b->holder_id, g, err));
    return append_fact(tx, b->give ? LEDGER_HOLDING_GIVEN : LEDGER_HOLDING_ENDED,
                       bw_view_z(holder.public_id.text), b->actor_id, group.audience_id,
                       b->kind == GRANT_SECTOR ? "sector" : "circle",
                       bw_view_z(group.public_id.text), err);
}

static enum bw_rc circle_belonging(struct db_tx *tx, int64_t actor_id, int64_t circle_id,
                                   int64_t organisation_id, bool give, struct bw_err *err)
{
    const struct member_belonging b = {.actor_id = actor_id,
                                       .group_id = circle_id,
                                       .kind = GRANT_CIRCLE,
                                       .holder = HOLDER_ORGANISATION,
                                       .holder_id = organisation_id,
                                       .give = give};
    return member_belonging_set(tx, &b, err);
}

enum bw_rc member_circle_join(struct db_tx *tx, int64_t actor_id, int64_t circle_id,
                              int64_t organisation_id, struct bw_err *err)
{
    return circle_belonging(tx, actor_id, circle_id, organisation_id, true, err);
}

enum bw_rc member_circle_leave(struct db_tx *tx, int64_t actor_id, int64_t circle_id,
                               int64_t organisation_id, struct bw_err *err)
{
    return circle_belonging(tx, actor_id, circle_id, organisation_id, false, err);
}

/* -- organisations ----------------------------------------------------------------------------- */

static enum bw_rc check_organisation(const struct member_organisation_in *in, struct bw_err *err)
{
    BW_TRY(member_names_check(&in->names, err));
    if ((int)in->class_ < 0 || in->class_ >= MEMBER_CLASSES)
        return bw_fail(err, BW_INVALID, "there is no such class of organisation");
    if (in->domain.n > DOMAIN_MAX || bw_view_find_byte(in->domain, ' ') != SIZE_MAX)
        return bw_fail(err, BW_INVALID, "the domain is not one");
    return BW_OK;
}

static enum bw_rc insert_organisation(struct db_tx *tx, const struct member_organisation_in *in,
                                      struct bw_view public_id, int64_t audience_id,
                                      int64_t *ret_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    char domain[DOMAIN_MAX];
    for (size_t i = 0; i < in->domain.n; i++) {
        char c = in->domain.p[i];
        domain[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    BW_TRY(db_change(tx,
                     "INSERT INTO organisation (public_id, name_en, name_hant, name_hans, class,"
                     " state, domain, audience_id, created_us)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, ?8) RETURNING id",
                     &st, err));
    db_bind_text(st, 1, public_id);
    bind_names(st, 2, &in->names);
    db_bind_int(st, 5, (int64_t)in->class_);
    db_bind_text(st, 6, bw_view_of(domain, in->domain.n));
    db_bind_int(st, 7, audience_id);
    db_bind_int(st, 8, db_tx_now_us(tx));
    return insert_row(st, "an organisation", ret_id, err);
}

enum bw_rc member_organisation_add(struct db_tx *tx, int64_t actor_id,
                                   const struct member_organisation_in *in, int64_t *ret_id,
                                   struct bw_id *ret_public, struct bw_err *err)
{
    struct bw_id public_id = bw_id_new();
    int64_t audience_id, id = 0;
    BW_TRY(check_organisation(in, err));
    BW_TRY(directory_audience(tx, &audience_id, err));
    BW_TRY(insert_organisation(tx, in, bw_view_z(public_id.text), audience_id, &id, err));
    BW_TRY(append_fact(tx, LEDGER_ORGANISATION_ADDED, bw_view_z(public_id.text), actor_id,
                       audience_id, "name", in->names.text[I18N_EN], err));
    if (in->n_sectors)
        BW_TRY(member_sectors_set(tx, actor_id, id, in->sectors, in->n_sectors, err));
    *ret_id = id;
    *ret_public = public_id;
    return member_tell_organisation_added(tx, id, actor_id, err);
}

static enum bw_rc end_access(struct db_tx *tx, int64_t organisation_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("who is suspended loses access on every channel"),
                    "SELECT id FROM v_person WHERE organisation_id = ?1", &st, err));
    db_bind_int(st, 1, organisation_id);
    while ((rc = db_row(st, err)) == BW_OK)
        BW_TRY(session_end_all(tx, db_int(st, 0), err));
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

enum bw_rc member_organisation_state(struct db_tx *tx, int64_t actor_id, int64_t id,
                                     enum member_state state, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct subject now;
    BW_TRY(organisation_subject(tx, id, &now, err));
    if (now.state == (int64_t)state)
        return BW_OK;
    BW_TRY(db_change(tx, "UPDATE organisation SET state = ?2 WHERE id = ?1", &st, err));
    db_bind_int(st, 1, id);
    db_bind_int(st, 2, (int64_t)state);
    BW_TRY(db_run(st, err));
    if (state != MEMBER_ACTIVE)
        BW_TRY(end_access(tx, id, err));
    if (state != MEMBER_ACTIVE)
        BW_TRY(member_delegation_end_all(tx, actor_id, id, err));
    if (state == MEMBER_LEFT)
        BW_TRY(holding_end_all(tx, HOLDER_ORGANISATION, id, err));
    return append_fact(tx, LEDGER_ORGANISATION_CHANGED, bw_view_z(now.public_id.text), actor_id,
                       now.audience_id, "state", bw_view_z(member_state_word(state)), err);
}

/* -- people ------------------------------------------------------------------------------------ */

struct prepared_person {
    const struct member_person_in *in;
    struct bw_view email;
    int64_t audience_id;
    struct bw_id public_id;
};

static enum bw_rc prepare_person(struct db_tx *tx, const struct member_person_in *in,
                                 char email[MEMBER_NAME_MAX], struct prepared_person *ret,
                                 struct bw_err *err)
{
    const struct grant grants[] = {{GRANT_ORGANISATION, in->organisation_id},
                                   {GRANT_ROLE, ROLE_STAFF}};
    struct bw_view name = bw_view_trim(in->name), address = bw_view_trim(in->email);
    if (name.n == 0 || name.n > MEMBER_NAME_MAX || !bw_utf8_valid(name))
        return bw_fail(err, BW_INVALID, "a person's name has 1 to %d bytes", MEMBER_NAME_MAX);
    ret->public_id = bw_id_new();
    if (in->role == ROLE_SERVICE) /* has no mailbox, and every row an address of its own */
        address = bw_view_of(email, (size_t)snprintf(email, MEMBER_NAME_MAX, "%s@service.invalid",
                                                     ret->public_id.text));
    if (address.n > MEMBER_NAME_MAX || !mail_address_valid(address))
        return bw_fail(err, BW_INVALID, "\"%.*s\" is no e-mail address",
                       BW_VF(bw_utf8_head(address, 80)));
    if (!role_is_persons(in->role))
        return bw_fail(err, BW_INVALID, "a person cannot have that role");
    if ((int)in->lang < 0 || in->lang >= I18N_LANGS)
        return bw_fail(err, BW_INVALID, "there is no such language");
    for (size_t i = 0; i < address.n; i++) {
        char c = address.p[i];
        email[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    ret->in = in;
    ret->email = bw_view_of(email, address.n);
    return audience_intern(tx, TLP_AMBER_STRICT, grants, BW_COUNT(grants), &ret->audience_id, err);
}

static enum bw_rc insert_person(struct db_tx *tx, const struct prepared_person *p, int64_t *ret_id,
                                struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "INSERT INTO person (public_id, organisation_id, name, email, lang, role,"
                     " state, audience_id, created_us)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8) RETURNING id",
                     &st, err));
    db_bind_text(st, 1, bw_view_z(p->public_id.text));
    db_bind_int(st, 2, p->in->organisation_id);
    db_bind_text(st, 3, bw_view_trim(p->in->name));
    db_bind_text(st, 4, p->email);
    db_bind_int(st, 5, (int64_t)p->in->lang);
    db_bind_int(st, 6, (int64_t)p->in->role);
    db_bind_int(st, 7, p->audience_id);
    db_bind_int(st, 8, db_tx_now_us(tx));
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_CONFLICT)
        return bw_fail(err, rc, "somebody with the address %.*s is there already",
                       BW_VF(bw_view_head(p->email, 80)));
    BW_TRY(rc);
    *ret_id = db_int(st, 0);
    return BW_OK;
}

static enum bw_rc insert_credential(struct db_tx *tx, const struct crypto_keyring *keyring,
                                    int64_t person_id, const struct member_person_in *in,
                                    struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_AUTO_BUF sealed = BW_BUF_INIT(256);
    if (in->totp)
        BW_TRY(member_totp_seal(keyring, person_id, in->totp, &sealed, err));
    BW_TRY(db_change(tx,
                     "INSERT INTO credential (person_id, password_hash, totp_sealed,"
                     " totp_last_step) VALUES (?1, ?2, ?3, 0)",
                     &st, err));
    db_bind_int(st, 1, person_id);
    db_bind_text(st, 2, in->password_hash);
    if (in->totp)
        db_bind_bytes(st, 3, bw_buf_text(&sealed));
    else
        db_bind_null(st, 3);
    return db_run(st, err);
}

enum bw_rc member_person_add(struct db_tx *tx, const struct crypto_keyring *keyring,
                             int64_t actor_id, const struct member_person_in *in, int64_t *ret_id,
                             struct bw_id *ret_public, struct bw_err *err)
{
    char email[MEMBER_NAME_MAX];
    struct subject organisation;
    struct prepared_person p;
    int64_t id = 0;
    BW_TRY(organisation_subject(tx, in->organisation_id, &organisation, err));
    BW_TRY(prepare_person(tx, in, email, &p, err));
    BW_TRY(insert_person(tx, &p, &id, err));
    BW_TRY(insert_credential(tx, keyring, id, in, err));
    BW_TRY(append_fact(tx, LEDGER_PERSON_ADDED, bw_view_z(p.public_id.text), actor_id,
                       p.audience_id, "organisation", bw_view_z(organisation.public_id.text), err));
    *ret_id = id;
    *ret_public = p.public_id;
    return member_tell_person_added(tx, id, in->organisation_id, err);
}
