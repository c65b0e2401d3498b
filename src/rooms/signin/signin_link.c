/* SPDX-License-Identifier: Apache-2.0 */
/* signin_link - what stands behind a link by mail with which somebody chooses a password: an
 * invitation (seven days) or a forgotten password (one hour).
 *
 * The token is sealed and says who, until when, and a digest of the password hash as it was when
 * the link was made (empty for somebody new). Setting a password changes that hash, so a link works
 * once and dies with the password that it stands for; a second person who follows it, or the first
 * one again, gets the same answer as for a forged one. Nothing is stored for it. */
#include "signin_link.h"

#include "crypto_text.h"

#include <endian.h>

enum { PLAIN_BYTES = 8 + 8 + 32 };

static struct bw_view purpose(enum signin_link_kind kind)
{
    return kind == SIGNIN_LINK_RESET ? BW_V("signin/reset") : BW_V("signin/welcome");
}

struct plain {
    int64_t person_id, expires_us;
    struct crypto_digest old; /* of the password hash that will be replaced */
};

static void pack(const struct plain *w, char out[PLAIN_BYTES])
{
    uint64_t person = htobe64((uint64_t)w->person_id), expires = htobe64((uint64_t)w->expires_us);
    memcpy(out, &person, 8);
    memcpy(out + 8, &expires, 8);
    memcpy(out + 16, w->old.b, 32);
}

static void unpack(const char in[PLAIN_BYTES], struct plain *ret)
{
    uint64_t person, expires;
    memcpy(&person, in, 8);
    memcpy(&expires, in + 8, 8);
    memcpy(ret->old.b, in + 16, 32);
    ret->person_id = (int64_t)be64toh(person);
    ret->expires_us = (int64_t)be64toh(expires);
}

enum bw_rc signin_link_make(const struct crypto_keyring *keyring, enum signin_link_kind kind,
                            const struct signin_person *p, int64_t expires_us,
                            struct bw_arena *arena, struct bw_view *ret, struct bw_err *err)
{
    char plain[PLAIN_BYTES];
    BW_AUTO_BUF sealed = BW_BUF_INIT(SIGNIN_LINK_MAX);
    BW_AUTO_BUF text = BW_BUF_INIT(SIGNIN_LINK_MAX);
    const struct plain w = {p->id, expires_us, crypto_sha256(p->password_hash)};
    pack(&w, plain);
    BW_TRY(crypto_seal(keyring, bw_view_of(plain, sizeof(plain)), purpose(kind), &sealed, err));
    crypto_base64(bw_buf_text(&sealed), CRYPTO_BASE64_URL, &text);
    BW_TRY(bw_buf_rc(&text, "link", err));
    return bw_view_copy(arena, bw_buf_text(&text), ret, err);
}

static enum bw_rc stale(struct bw_err *err)
{
    return bw_fail(err, BW_NOT_FOUND, "this link was used or has expired: ask for a new one");
}

enum bw_rc signin_link_open(struct db *db, const struct crypto_keyring *keyring,
                            enum signin_link_kind kind, struct bw_view token,
                            struct bw_arena *arena, struct signin_person *ret, struct bw_err *err)
{
    BW_AUTO_BUF sealed = BW_BUF_INIT(SIGNIN_LINK_MAX);
    BW_AUTO_BUF bytes = BW_BUF_INIT(SIGNIN_LINK_MAX);
    struct signin_person p;
    struct bw_err ignored;
    struct plain w;
    if (!crypto_unbase64(token, CRYPTO_BASE64_URL, &sealed) ||
        crypto_open(keyring, bw_buf_text(&sealed), purpose(kind), &bytes, &ignored) != BW_OK ||
        bytes.n != PLAIN_BYTES)
        return stale(err);
    unpack(bytes.p, &w);
    if (bw_now_us() >= w.expires_us)
        return stale(err);
    enum bw_rc rc = signin_by_id(db, w.person_id, arena, &p, err);
    if (rc == BW_NOT_FOUND)
        return stale(err);
    BW_TRY(rc);
    struct crypto_digest now = crypto_sha256(p.password_hash);
    if (!crypto_equal(crypto_digest_view(&now), crypto_digest_view(&w.old)))
        return stale(err);
    *ret = p;
    return BW_OK;
}

enum bw_rc signin_welcome_token(struct db *db, const struct crypto_keyring *keyring,
                                int64_t person_id, struct bw_arena *arena, struct bw_view *ret,
                                struct bw_err *err)
{
    struct signin_person p;
    BW_TRY(signin_by_id(db, person_id, arena, &p, err));
    if (p.password_hash.n)
        return bw_fail(err, BW_CONFLICT, "this person has a password already");
    return signin_link_make(keyring, SIGNIN_LINK_WELCOME, &p, bw_now_us() + SIGNIN_WELCOME_US,
                            arena, ret, err);
}
