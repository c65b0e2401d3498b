/* SPDX-License-Identifier: Apache-2.0 */
/* member_people_link - what a person says by following a link in a mail: "this address is mine",
 * "I am still here".
 *
 * The token is sealed and names the person and a nonce that is kept with what waits for their word;
 * doing it, asking anew, leaving take the row away, and with it the worth of every link to it. A
 * page by GET only shows what will happen: mail scanners follow links too. Every way in which a
 * link may be wrong has the same answer. */
#include "member_people.h"

#include "bw_clock.h"
#include "bw_random.h"
#include "crypto_text.h"
#include "mail.h"
#include "page.h"
#include "people_view.h"

#include "member_html.h"

#include <endian.h>

enum { NONCE = 16, PLAIN_BYTES = 8 + NONCE };

static struct bw_view purpose(enum member_link kind)
{
    return kind == MEMBER_LINK_MAIL ? BW_V("member/mail") : BW_V("member/here");
}

static enum bw_rc stale(struct bw_err *err)
{
    return bw_fail(err, BW_NOT_FOUND, "this link was used or has expired: ask for a new one");
}

struct waiting {
    int64_t person_id;
    uint8_t nonce[NONCE];
    char email[MEMBER_NAME_MAX + 1];
};

/* The row that waits for the person's word. BW_NOT_FOUND: none. */
static enum bw_rc read_waiting(struct db *db, enum member_link kind, int64_t person_id,
                               int64_t now_us, struct waiting *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    if (kind == MEMBER_LINK_MAIL)
        BW_TRY(db_plain(db,
                        "SELECT nonce, email FROM person_mail WHERE person_id = ?1"
                        " AND until_us > ?2",
                        &st, err));
    else
        BW_TRY(db_plain(db,
                        "SELECT nonce, '' FROM person_notice WHERE person_id = ?1"
                        " AND noticed_us <= ?2",
                        &st, err));
    db_bind_int(st, 1, person_id);
    db_bind_int(st, 2, now_us);
    BW_TRY(db_row(st, err));
    struct bw_view nonce = db_bytes(st, 0), email = bw_utf8_head(db_text(st, 1), MEMBER_NAME_MAX);
    if (nonce.n != NONCE)
        return bw_fail_detail(err, BW_BROKEN, "internal error", "nonce of a link");
    *ret = (struct waiting){.person_id = person_id};
    memcpy(ret->nonce, nonce.p, NONCE);
    if (email.n)
        memcpy(ret->email, email.p, email.n);
    return BW_OK;
}

enum bw_rc member_link_token(struct db *db, const struct crypto_keyring *keyring,
                             enum member_link kind, int64_t person_id, struct bw_arena *arena,
                             struct bw_view *ret, struct bw_err *err)
{
    char plain[PLAIN_BYTES];
    struct waiting w;
    uint64_t person = htobe64((uint64_t)person_id);
    BW_AUTO_BUF sealed = BW_BUF_INIT(MEMBER_LINK_MAX);
    BW_AUTO_BUF text = BW_BUF_INIT(MEMBER_LINK_MAX);
    BW_TRY(read_waiting(db, kind, person_id, bw_now_us(), &w, err));
    memcpy(plain, &person, 8);
    memcpy(plain + 8, w.nonce, NONCE);
    BW_TRY(crypto_seal(keyring, bw_view_of(plain, sizeof(plain)), purpose(kind), &sealed, err));
    crypto_base64(bw_buf_text(&sealed), CRYPTO_BASE64_URL, &text);
    BW_TRY(bw_buf_rc(&text, "link", err));
    return bw_view_copy(arena, bw_buf_text(&text), ret, err);
}

static enum bw_rc unseal(const struct crypto_keyring *keyring, enum member_link kind,
                         struct bw_view token, struct waiting *ret, struct bw_err *err)
{
    BW_AUTO_BUF sealed = BW_BUF_INIT(MEMBER_LINK_MAX);
    BW_AUTO_BUF plain = BW_BUF_INIT(MEMBER_LINK_MAX);
    struct bw_err ignored;
    uint64_t person;
    if (!crypto_unbase64(token, CRYPTO_BASE64_URL, &sealed) ||
        crypto_open(keyring, bw_buf_text(&sealed), purpose(kind), &plain, &ignored) != BW_OK ||
        plain.n != PLAIN_BYTES)
        return stale(err);
    memcpy(&person, plain.p, 8);
    *ret = (struct waiting){.person_id = (int64_t)be64toh(person)};
    memcpy(ret->nonce, plain.p + 8, NONCE);
    return BW_OK;
}

/* What the token stands for now, and no later row of the same person. */
static enum bw_rc match(struct db *db, enum member_link kind, const struct waiting *token,
                        int64_t now_us, struct waiting *ret, struct bw_err *err)
{
    enum bw_rc rc = read_waiting(db, kind, token->person_id, now_us, ret, err);
    if (rc == BW_NOT_FOUND)
        return stale(err);
    BW_TRY(rc);
    return memcmp(ret->nonce, token->nonce, NONCE) == 0 ? BW_OK : stale(err);
}

/* -- an address -------------------------------------------------------------------------------- */

static enum bw_rc email_taken(struct db_tx *tx, struct bw_view email, bool *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("whether an address is somebody's already"),
                    "SELECT 1 FROM v_person WHERE email = ?1", &st, err));
    db_bind_text(st, 1, email);
    enum bw_rc rc = db_row(st, err);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = rc == BW_OK;
    return BW_OK;
}

static enum bw_rc write_ask(struct db_tx *tx, int64_t person_id, struct bw_view email,
                            int64_t actor_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *drop = NULL;
    BW_AUTO(db_stmt) *st = NULL;
    uint8_t nonce[NONCE];
    bw_random_bytes(BW_RANDOM_SECRET, nonce, sizeof(nonce));
    BW_TRY(db_change(tx, "DELETE FROM person_mail WHERE person_id = ?1", &drop, err));
    db_bind_int(drop, 1, person_id);
    BW_TRY(db_run(drop, err));
    BW_TRY(db_change(tx,
                     "INSERT INTO person_mail (person_id, email, nonce, by_id, until_us)"
                     " VALUES (?1, ?2, ?3, ?4, ?5)",
                     &st, err));
    db_bind_int(st, 1, person_id);
    db_bind_text(st, 2, email);
    db_bind_bytes(st, 3, bw_view_of((const char *)nonce, sizeof(nonce)));
    db_bind_int(st, 4, actor_id);
    db_bind_int(st, 5, db_tx_now_us(tx) + MEMBER_MAIL_US);
    return db_run(st, err);
}

enum bw_rc member_mail_ask(struct db_tx *tx, const struct viewer *viewer, struct bw_view public_id,
                           struct bw_view email, struct bw_err *err)
{
    char lower[MEMBER_NAME_MAX];
    struct member_target t;
    bool taken;
    email = bw_view_trim(email);
    if (email.n > sizeof(lower) || !mail_address_valid(email))
        return bw_fail(err, BW_INVALID, "\"%.*s\" is no e-mail address",
                       BW_VF(bw_utf8_head(email, 80)));
    for (size_t i = 0; i < email.n; i++)
        lower[i] =
            email.p[i] >= 'A' && email.p[i] <= 'Z' ? (char)(email.p[i] - 'A' + 'a') : email.p[i];
    email = bw_view_of(lower, email.n);
    BW_TRY(member_target_find(tx, viewer, public_id, &t, err));
    if (t.role == ROLE_SERVICE)
        return bw_fail(err, BW_INVALID, "a service has no mailbox");
    if (!t.came)
        return bw_fail(err, BW_CONFLICT,
                       "the invitation is still open: withdraw it and invite the new address");
    BW_TRY(email_taken(tx, email, &taken, err));
    if (taken)
        return bw_fail(err, BW_CONFLICT, "this address cannot be used: ask the hub's desk");
    BW_TRY(write_ask(tx, t.id, email, viewer->person_id, err));
    return member_tell(tx, LEDGER_PERSON_MAIL_ASKED, bw_view_z(t.public_id.text), viewer->person_id,
                       t.audience_id, NULL, BW_V(""), NULL, BW_V(""), err);
}

static enum bw_rc take_mail(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct waiting *token = arg;
    BW_AUTO(db_stmt) *st = NULL;
    BW_AUTO(db_stmt) *drop = NULL;
    struct waiting w;
    struct member_target t;
    BW_TRY(match(db_tx_db(tx), MEMBER_LINK_MAIL, token, db_tx_now_us(tx), &w, err));
    BW_TRY(member_target_key(tx, w.person_id, &t, err));
    if (t.state == MEMBER_LEFT)
        return stale(err);
    BW_TRY(db_change(tx, "DELETE FROM person_mail WHERE person_id = ?1", &drop, err));
    db_bind_int(drop, 1, w.person_id);
    BW_TRY(db_run(drop, err));
    BW_TRY(db_change(tx, "UPDATE person SET email = ?2 WHERE id = ?1", &st, err));
    db_bind_int(st, 1, w.person_id);
    db_bind_text(st, 2, bw_view_z(w.email));
    enum bw_rc rc = db_run(st, err);
    if (rc == BW_CONFLICT)
        return bw_fail(err, rc, "this address belongs to somebody by now");
    BW_TRY(rc);
    BW_TRY(session_end_others(tx, w.person_id, 0, err)); /* the new address signs in */
    return member_tell(tx, LEDGER_PERSON_CHANGED, bw_view_z(t.public_id.text), t.id, t.audience_id,
                       "mail", BW_V("confirmed"), NULL, BW_V(""), err);
}

static enum bw_rc take_here(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct waiting *token = arg;
    BW_AUTO(db_stmt) *st = NULL;
    BW_AUTO(db_stmt) *drop = NULL;
    struct waiting w;
    BW_TRY(match(db_tx_db(tx), MEMBER_LINK_HERE, token, db_tx_now_us(tx), &w, err));
    BW_TRY(db_change(tx, "DELETE FROM person_notice WHERE person_id = ?1", &drop, err));
    db_bind_int(drop, 1, w.person_id);
    BW_TRY(db_run(drop, err));
    BW_TRY(db_change(tx,
                     "INSERT INTO person_sign (person_id, at_us) VALUES (?1, ?2)"
                     " ON CONFLICT (person_id) DO UPDATE SET at_us = excluded.at_us",
                     &st, err));
    db_bind_int(st, 1, w.person_id);
    db_bind_int(st, 2, db_tx_now_us(tx));
    return db_run(st, err);
}

/* -- pages ------------------------------------------------------------------------------------- */

static enum bw_rc show(struct http_req *rq, struct http_resp *rs, enum member_link kind, bool done,
                       struct bw_view email, struct bw_err *err)
{
    bool mail = kind == MEMBER_LINK_MAIL;
    BW_TRY(req_browser_bind(rq, rs, err));
    const struct people_link_view v = {
        .action = html_url_or_hash(bw_arena_printf(http_arena(rq), "/%.*s/%s",
                                                   BW_VF(i18n_path_name(req_lang(rq))),
                                                   mail ? "confirm-address" : "still-here")),
        .token = http_text(rq, "t"),
        .title_msg = mail ? MSG_people_mail_title : MSG_people_here_title,
        .text_msg = mail ? MSG_people_mail_text : MSG_people_here_text,
        .button_msg = mail ? MSG_people_mail_button : MSG_people_here_button,
        .done_msg = mail ? MSG_people_mail_done : MSG_people_here_done,
        .email = email,
        .done = done,
    };
    return page_send(rq, rs,
                     &(struct page){.title_msg = v.title_msg,
                                    .slim = true,
                                    .body = html_people_link_slot(&v)},
                     err);
}

static enum bw_rc get(struct http_req *rq, struct http_resp *rs, enum member_link kind,
                      struct bw_err *err)
{
    struct waiting token, w;
    struct db *db;
    BW_TRY(unseal(req_hub(rq)->keyring, kind, http_text(rq, "t"), &token, err));
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(match(db, kind, &token, bw_now_us(), &w, err));
    return show(rq, rs, kind, false, bw_view_z(w.email), err);
}

static enum bw_rc post(struct http_req *rq, struct http_resp *rs, enum member_link kind,
                       db_write_fn fn, struct bw_err *err)
{
    struct waiting token;
    BW_TRY(unseal(req_hub(rq)->keyring, kind, http_text(rq, "t"), &token, err));
    BW_TRY(req_write(rq, fn, &token, err));
    return show(rq, rs, kind, true, BW_V(""), err);
}

enum bw_rc member_mail_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return get(rq, rs, MEMBER_LINK_MAIL, err);
}

enum bw_rc member_mail_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return post(rq, rs, MEMBER_LINK_MAIL, take_mail, err);
}

enum bw_rc member_here_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return get(rq, rs, MEMBER_LINK_HERE, err);
}

enum bw_rc member_here_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return post(rq, rs, MEMBER_LINK_HERE, take_here, err);
}
