/* SPDX-License-Identifier: Apache-2.0 */
/* signin_passkey_page - between a form and signin_webauthn: what the browser is to be asked, and
 * what it answered; see signin_passkey.h. */
#include "signin_form.h"
#include "signin_passkey.h"

#include "crypto_text.h"

enum { DECODED_MAX = 16 * 1024 };

/* -- where this hub is ------------------------------------------------------------------------- */

static struct bw_view without_port(struct bw_view host)
{
    size_t colon = bw_view_find_byte(host, ':');
    return host.n && host.p[0] == '[' ? host : bw_view_head(host, colon);
}

/* A hub on loopback is reached under several names (127.0.0.1, localhost), and req_admit() lets no
 * other in; everywhere else its address is the one that is set, whatever a request says. */
enum bw_rc signin_place_of(struct http_req *rq, struct signin_place *ret, struct bw_err *err)
{
    struct bw_view url = req_hub(rq)->url, asked = http_header(rq, "Host");
    size_t at = bw_view_find(url, BW_V("://"));
    BW_ASSERT(at != SIZE_MAX);
    struct bw_view host = bw_view_from(url, at + 3);
    bool loopback = bw_view_is(without_port(host), "127.0.0.1") ||
                    bw_view_is(without_port(host), "localhost") ||
                    bw_view_starts(host, BW_V("[::1]"));
    ret->origin = url;
    ret->rp = without_port(host);
    if (!loopback || asked.n == 0)
        return BW_OK;
    ret->rp = without_port(asked);
    ret->origin =
        bw_arena_printf(http_arena(rq), "%.*s://%.*s", BW_VF(bw_view_head(url, at)), BW_VF(asked));
    return ret->origin.p ? BW_OK : bw_fail_memory(err);
}

/* -- asking ------------------------------------------------------------------------------------ */

static enum bw_rc key_list(struct http_req *rq, int64_t person_id, struct bw_view *ret,
                           size_t *ret_n, struct bw_err *err)
{
    BW_AUTO_BUF out = BW_BUF_INIT(SIGNIN_PASSKEYS_MAX * 1400);
    struct signin_passkey *keys;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(signin_passkeys_of(db, person_id, http_arena(rq), &keys, ret_n, err));
    for (size_t i = 0; i < *ret_n; i++) {
        if (i)
            bw_buf_byte(&out, ' ');
        crypto_base64(keys[i].credential_id, CRYPTO_BASE64_URL, &out);
    }
    BW_TRY(bw_buf_rc(&out, "passkeys", err));
    return bw_view_copy(http_arena(rq), bw_buf_text(&out), ret, err);
}

enum bw_rc signin_passkey_ask(struct http_req *rq, int64_t person_id, struct bw_view state,
                              bool required, struct signin_passkey_ask *ret, size_t *ret_keys,
                              struct bw_err *err)
{
    struct signin_place place;
    BW_TRY(signin_place_of(rq, &place, err));
    *ret = (struct signin_passkey_ask){.state = state,
                                       .rp = place.rp,
                                       .rp_name = setting_text(req_hub(rq)->settings, SETTING_NAME),
                                       .verify = required ? "required" : "preferred"};
    *ret_keys = 0;
    return person_id ? key_list(rq, person_id, &ret->keys, ret_keys, err) : BW_OK;
}

/* -- the answer -------------------------------------------------------------------------------- */

enum bw_rc signin_form_bytes(struct http_req *rq, const char *name, struct bw_view *ret,
                             struct bw_err *err)
{
    BW_AUTO_BUF out = BW_BUF_INIT(DECODED_MAX);
    if (!crypto_unbase64(http_text(rq, name), CRYPTO_BASE64_URL, &out))
        return bw_fail(err, BW_INVALID, "the passkey was not taken");
    BW_TRY(bw_buf_rc(&out, "passkey", err));
    return bw_view_copy(http_arena(rq), bw_buf_text(&out), ret, err);
}

static enum bw_rc write_refusal(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct signin_person *p = arg;
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = LEDGER_PASSKEY_REFUSED,
                                                .object = p->public_id,
                                                .actor_id = 0},
                         err);
}

/* Two authenticators hold the same key: the person hears of it, by mail. */
static enum bw_rc went_back(struct http_req *rq, int64_t person_id, struct bw_err *err)
{
    struct signin_person p;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(signin_by_id(db, person_id, http_arena(rq), &p, err));
    BW_TRY(req_write(rq, write_refusal, &p, err));
    return bw_fail(err, BW_DENIED, "this passkey was used somewhere else: it may have been copied");
}

/* The one that the browser named, of whom it has to be. Where nobody has given a password before,
 * the authenticator itself says whose it is. */
static enum bw_rc find_key(struct http_req *rq, int64_t person_id, struct signin_passkey *ret,
                           struct bw_err *err)
{
    struct bw_view id, user;
    struct signin_person p;
    struct db *db;
    BW_TRY(signin_form_bytes(rq, "id", &id, err));
    BW_TRY(signin_form_bytes(rq, "user", &user, err));
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(signin_passkey_find(db, id, http_arena(rq), ret, err));
    if (person_id && ret->person_id != person_id)
        return bw_fail(err, BW_NOT_FOUND, "there is no such passkey");
    BW_TRY(signin_by_id(db, ret->person_id, http_arena(rq), &p, err));
    if (user.n ? !bw_view_eq(user, p.public_id) : person_id == 0)
        return bw_fail(err, BW_INVALID, "the passkey was not taken");
    return BW_OK;
}

enum bw_rc signin_passkey_check(struct http_req *rq, int64_t person_id, bool required,
                                struct signin_passkey_said *ret, struct bw_err *err)
{
    struct webauthn_answer a;
    struct signin_place place;
    struct signin_passkey_said s;
    BW_TRY(signin_place_of(rq, &place, err));
    BW_TRY(signin_form_bytes(rq, "client_data", &a.client_data, err));
    BW_TRY(signin_form_bytes(rq, "authenticator_data", &a.authenticator_data, err));
    BW_TRY(signin_form_bytes(rq, "signature", &a.signature, err));
    BW_TRY(find_key(rq, person_id, &s.passkey, err));
    const struct webauthn_expect e = {.rp_id = place.rp,
                                      .origin = place.origin,
                                      .challenge = http_text(rq, "state"),
                                      .verified = required};
    BW_TRY(webauthn_assert(&e, &s.passkey.key, &a, http_arena(rq), &s.count, err));
    if (signin_passkey_went_back(&s.passkey, s.count))
        return went_back(rq, s.passkey.person_id, err);
    *ret = s;
    return BW_OK;
}
