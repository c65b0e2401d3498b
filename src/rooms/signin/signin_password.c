/* SPDX-License-Identifier: Apache-2.0 */
/* signin_password - is it right, and may it be kept. Argon2 runs here: only on slow threads. */
#include "signin_account.h"
#include "signin_form.h"

struct crypto_password_cost signin_cost(const struct hub *hub)
{
    return (struct crypto_password_cost){
        .memory_kib = (size_t)setting_int(hub->settings, SETTING_PASSWORD_MEMORY),
        .passes = (unsigned)setting_int(hub->settings, SETTING_PASSWORD_PASSES),
    };
}

struct rehash {
    int64_t person_id;
    struct bw_view old_hash;
    char new_hash[CRYPTO_PASSWORD_TEXT_MAX];
};

static enum bw_rc write_rehash(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct rehash *r = arg;
    return signin_rehash(tx, r->person_id, r->old_hash, bw_view_z(r->new_hash), err);
}

enum bw_rc signin_password_right(struct http_req *rq, const struct signin_person *p,
                                 struct bw_view password, bool *ret, struct bw_err *err)
{
    struct crypto_password_cost cost = signin_cost(req_hub(rq));
    bool stale = false;
    enum bw_rc rc = crypto_password_verify(password, p->password_hash, cost, &stale, err);
    *ret = rc == BW_OK;
    if (rc == BW_DENIED)
        return BW_OK;
    if (rc != BW_OK || !stale)
        return rc;
    struct rehash r = {.person_id = p->id, .old_hash = p->password_hash};
    BW_TRY(crypto_password_hash(password, cost, r.new_hash, err));
    return req_write(rq, write_rehash, &r, err);
}

/* Characters, not bytes: a password in Chinese is not three times as long as it looks. */
static int64_t characters(struct bw_view text)
{
    int64_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += ((unsigned char)text.p[i] & 0xC0) != 0x80;
    return n;
}

bool signin_password_fault(struct http_req *rq, struct bw_view password, enum i18n_msg *ret)
{
    bool brief = characters(password) < setting_int(req_hub(rq)->settings, SETTING_PASSWORD_LENGTH);
    *ret = brief ? MSG_signin_password_short : MSG_signin_password_known;
    return brief || signin_breach_has(password);
}

struct password_write {
    const struct signin_person *person;
    struct bw_view hash, how;
    int64_t keep_session;
    bool devices_too;
};

static enum bw_rc replace_hash(struct db_tx *tx, const struct password_write *w, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE credential SET password_hash = ?3 WHERE person_id = ?1"
                     " AND password_hash = ?2",
                     &st, err));
    db_bind_int(st, 1, w->person->id);
    db_bind_text(st, 2, w->person->password_hash);
    db_bind_text(st, 3, w->hash);
    BW_TRY(db_run(st, err));
    return db_changes(st) ? BW_OK : bw_fail(err, BW_CONFLICT, "the password was changed meanwhile");
}

/* Replaces the hash that was looked at, and no other: of two at once, one is too late. */
static enum bw_rc write_password(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct password_write *w = arg;
    bool had_one = w->person->password_hash.n > 0;
    BW_TRY(signin_still_active(tx, w->person, err));
    BW_TRY(replace_hash(tx, w, err));
    BW_TRY(session_end_others(tx, w->person->id, w->keep_session, err));
    if (w->devices_too)
        BW_TRY(signin_devices_end(tx, w->person->id, err));
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = had_one ? LEDGER_PASSWORD_CHANGED
                                                                : LEDGER_PERSON_CHANGED,
                                                .object = w->person->public_id,
                                                .actor_id = w->person->id,
                                                .payload = w->how},
                         err);
}

enum bw_rc signin_password_keep(struct http_req *rq, const struct signin_password_in *in,
                                struct bw_err *err)
{
    char hash[CRYPTO_PASSWORD_TEXT_MAX];
    struct password_write w = {.person = in->person,
                               .how = in->how,
                               .keep_session = in->keep_session,
                               .devices_too = in->devices_too};
    req_db_done(rq);
    BW_TRY(crypto_password_hash(in->password, signin_cost(req_hub(rq)), hash, err));
    w.hash = bw_view_z(hash);
    return req_write(rq, write_password, &w, err);
}
