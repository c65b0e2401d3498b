/* SPDX-License-Identifier: Apache-2.0 */
/* welcome - the invitation: a link by mail with which a new person chooses a password.
 *
 * The link's token is sealed and says who, until when, and a digest of the password hash as it was
 * when the link was made (empty for somebody new). Setting a password changes that hash, so a link
 * works once; a second person who follows it, or the first one again, gets the same answer as for a
 * forged link. Nothing is stored for it. Two-step verification is set up at the first sign-in
 * after. */
#include "welcome_int.h"

#include "bw_clock.h"
#include "crypto_text.h"
#include "page.h"
#include "signin_int.h"

#include "signin_html.h"

#include <endian.h>

enum { PLAIN_BYTES = 8 + 8 + 32, STATUS_REFUSED = 422 };
#define PURPOSE BW_V("signin/welcome")

struct welcome {
    int64_t person_id, expires_us;
    struct crypto_digest old; /* of the password hash that will be replaced */
};

static void pack(const struct welcome *w, char out[PLAIN_BYTES])
{
    uint64_t person = htobe64((uint64_t)w->person_id), expires = htobe64((uint64_t)w->expires_us);
    memcpy(out, &person, 8);
    memcpy(out + 8, &expires, 8);
    memcpy(out + 16, w->old.b, 32);
}

static void unpack(const char in[PLAIN_BYTES], struct welcome *ret)
{
    uint64_t person, expires;
    memcpy(&person, in, 8);
    memcpy(&expires, in + 8, 8);
    memcpy(ret->old.b, in + 16, 32);
    ret->person_id = (int64_t)be64toh(person);
    ret->expires_us = (int64_t)be64toh(expires);
}

enum bw_rc signin_welcome_token(struct db *db, const struct crypto_keyring *keyring,
                                int64_t person_id, struct bw_arena *arena, struct bw_view *ret,
                                struct bw_err *err)
{
    char plain[PLAIN_BYTES];
    struct signin_person p;
    BW_AUTO_BUF sealed = BW_BUF_INIT(WELCOME_TOKEN_MAX);
    BW_AUTO_BUF text = BW_BUF_INIT(WELCOME_TOKEN_MAX);
    BW_TRY(signin_by_id(db, person_id, arena, &p, err));
    if (p.password_hash.n)
        return bw_fail(err, BW_CONFLICT, "this person has a password already");
    const struct welcome w = {person_id, bw_now_us() + SIGNIN_WELCOME_US,
                              crypto_sha256(p.password_hash)};
    pack(&w, plain);
    BW_TRY(crypto_seal(keyring, bw_view_of(plain, sizeof(plain)), PURPOSE, &sealed, err));
    crypto_base64(bw_buf_text(&sealed), CRYPTO_BASE64_URL, &text);
    BW_TRY(bw_buf_rc(&text, "invitation", err));
    return bw_view_copy(arena, bw_buf_text(&text), ret, err);
}

static enum bw_rc stale(struct bw_err *err)
{
    return bw_fail(err, BW_NOT_FOUND, "this invitation was used or has expired: ask for a new one");
}

/* Opens the token and reads the person; every way in which it may be wrong has the same answer. */
static enum bw_rc open_token(struct http_req *rq, struct bw_view token, struct welcome *ret,
                             struct signin_person *ret_person, struct bw_err *err)
{
    BW_AUTO_BUF sealed = BW_BUF_INIT(WELCOME_TOKEN_MAX);
    BW_AUTO_BUF plain = BW_BUF_INIT(WELCOME_TOKEN_MAX);
    struct bw_err ignored;
    struct db *db;
    if (!crypto_unbase64(token, CRYPTO_BASE64_URL, &sealed) ||
        crypto_open(req_hub(rq)->keyring, bw_buf_text(&sealed), PURPOSE, &plain, &ignored) !=
            BW_OK ||
        plain.n != PLAIN_BYTES)
        return stale(err);
    unpack(plain.p, ret);
    if (bw_now_us() >= ret->expires_us)
        return stale(err);
    BW_TRY(req_db(rq, &db, err));
    enum bw_rc rc = signin_by_id(db, ret->person_id, http_arena(rq), ret_person, err);
    if (rc == BW_NOT_FOUND)
        return stale(err);
    BW_TRY(rc);
    struct crypto_digest now = crypto_sha256(ret_person->password_hash);
    return memcmp(now.b, ret->old.b, sizeof(now.b)) == 0 ? BW_OK : stale(err);
}

static enum bw_rc show(struct http_req *rq, struct http_resp *rs, const struct signin_person *p,
                       bool failed, struct bw_err *err)
{
    BW_TRY(req_browser_bind(rq, rs, err));
    const struct welcome_view v = {
        .action = html_url_or_hash(
            bw_arena_printf(http_arena(rq), "/%.*s/welcome", BW_VF(i18n_path_name(req_lang(rq))))),
        .token = http_text(rq, "t"),
        .name = p->name,
        .email = p->email,
        .shortest = setting_int(req_hub(rq)->settings, SETTING_PASSWORD_LENGTH),
        .failed = failed,
    };
    if (failed)
        http_status(rs, STATUS_REFUSED);
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_signin_welcome_title,
                                    .slim = true,
                                    .body = html_welcome_slot(&v)},
                     err);
}

enum bw_rc welcome_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct welcome w;
    struct signin_person p;
    BW_TRY(open_token(rq, http_text(rq, "t"), &w, &p, err));
    return show(rq, rs, &p, false, err);
}

struct choose {
    const struct signin_person *person;
    char hash[CRYPTO_PASSWORD_TEXT_MAX];
};

/* Replaces the hash that the token knew, and no other: of two at once, one is too late. */
static enum bw_rc write_password(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct choose *c = arg;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE credential SET password_hash = ?3 WHERE person_id = ?1"
                     " AND password_hash = ?2",
                     &st, err));
    db_bind_int(st, 1, c->person->id);
    db_bind_text(st, 2, c->person->password_hash);
    db_bind_text(st, 3, bw_view_z(c->hash));
    BW_TRY(db_run(st, err));
    if (db_changes(st) == 0)
        return stale(err);
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = LEDGER_PERSON_CHANGED,
                                                .object = c->person->public_id,
                                                .actor_id = c->person->id,
                                                .payload = BW_V("{\"password\":\"chosen\"}")},
                         err);
}

/* Characters, not bytes: a password in Chinese is not three times as long as it looks. */
static int64_t characters(struct bw_view text)
{
    int64_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += ((unsigned char)text.p[i] & 0xC0) != 0x80;
    return n;
}

enum bw_rc welcome_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    const struct settings *s = req_hub(rq)->settings;
    const struct crypto_password_cost cost = {(size_t)setting_int(s, SETTING_PASSWORD_MEMORY),
                                              (unsigned)setting_int(s, SETTING_PASSWORD_PASSES)};
    struct bw_view password = http_text(rq, "password");
    struct signin_person p;
    struct welcome w;
    struct choose c = {.person = &p};
    BW_TRY(open_token(rq, http_text(rq, "t"), &w, &p, err));
    if (characters(password) < setting_int(s, SETTING_PASSWORD_LENGTH))
        return show(rq, rs, &p, true, err);
    req_db_done(rq);
    BW_TRY(crypto_password_hash(password, cost, c.hash, err));
    BW_TRY(req_write(rq, write_password, &c, err));
    page_to(rq, rs, "sign-in");
    return BW_OK;
}
