/* SPDX-License-Identifier: Apache-2.0 */
/* signin_state - the sealed token between password and code; see signin_int.h.
 *
 * Plain text: version, kind, person (64 bit, big endian), end (the same), secret, path. It is
 * sealed with the hub's key; the additional data name the purpose and the browser, so that a token
 * from another place or another browser does not open. */
#include "signin_int.h"

#include "bw_clock.h"
#include "crypto_text.h"

#include <endian.h>

enum {
    STATE_VERSION = 2,
    AT_KIND = 1,
    AT_PERSON = 2,
    AT_EXPIRES = 10,
    AT_SECRET = 18,
    AT_NEXT = AT_SECRET + CRYPTO_TOTP_SECRET_BYTES,
};

/* The seal is for one purpose: "signin/state/" and a digest, so that nothing in BROWSER can be
 * mistaken. */
struct purpose {
    char text[64];
    size_t n;
};

static struct bw_view purpose_of(struct bw_view browser, struct purpose *p)
{
    static const char name[] = "signin/state/";
    struct crypto_digest d = crypto_sha256(browser);
    _Static_assert(sizeof(name) - 1 + sizeof(d.b) <= sizeof(p->text), "the purpose fits");
    memcpy(p->text, name, sizeof(name) - 1);
    memcpy(p->text + sizeof(name) - 1, d.b, sizeof(d.b));
    p->n = sizeof(name) - 1 + sizeof(d.b);
    return bw_view_of(p->text, p->n);
}

struct bw_view signin_next(struct bw_view next)
{
    bool good = next.n > 1 && next.n <= SIGNIN_NEXT_MAX && http_is_local(next) &&
                bw_view_find_byte(next, '\\') == SIZE_MAX;
    return good ? next : (struct bw_view){NULL, 0};
}

static bool has_secret(enum signin_kind kind)
{
    return kind == SIGNIN_ENROL || kind == SIGNIN_APP;
}

static void put_int(char *at, int64_t v)
{
    uint64_t be = htobe64((uint64_t)v);
    memcpy(at, &be, sizeof(be));
}

static int64_t get_int(const char *at)
{
    uint64_t be;
    memcpy(&be, at, sizeof(be));
    return (int64_t)be64toh(be);
}

enum bw_rc signin_state_seal(const struct crypto_keyring *keyring, struct bw_view browser,
                             const struct signin_state *s, struct bw_arena *arena,
                             struct bw_view *ret_text, struct bw_err *err)
{
    char plain[AT_NEXT + SIGNIN_NEXT_MAX] = {STATE_VERSION};
    struct purpose p;
    BW_AUTO_BUF sealed = BW_BUF_INIT(SIGNIN_STATE_MAX);
    BW_AUTO_BUF text = BW_BUF_INIT(SIGNIN_STATE_MAX);
    struct bw_view next = signin_next(s->next);

    BW_ASSERT(browser.n > 0);
    plain[AT_KIND] = (char)s->kind;
    put_int(plain + AT_PERSON, s->person_id);
    put_int(plain + AT_EXPIRES, s->expires_us);
    if (has_secret(s->kind))
        memcpy(plain + AT_SECRET, s->totp.secret, sizeof(s->totp.secret));
    if (next.n)
        memcpy(plain + AT_NEXT, next.p, next.n);
    enum bw_rc rc = crypto_seal(keyring, bw_view_of(plain, AT_NEXT + next.n),
                                purpose_of(browser, &p), &sealed, err);
    crypto_wipe(plain, sizeof(plain));
    BW_TRY(rc);
    crypto_base64(bw_buf_text(&sealed), CRYPTO_BASE64_URL, &text);
    BW_TRY(bw_buf_rc(&text, "sign-in state", err));
    return bw_view_copy(arena, bw_buf_text(&text), ret_text, err);
}

static enum bw_rc stale(struct bw_err *err)
{
    return bw_fail(err, BW_INVALID, "that took too long: start again");
}

static enum bw_rc read_state(struct bw_view plain, unsigned kinds, struct bw_arena *arena,
                             struct signin_state *ret, struct bw_err *err)
{
    struct signin_state s = {.person_id = 0};
    if (plain.n < AT_NEXT || plain.p[0] != STATE_VERSION || plain.p[AT_KIND] < SIGNIN_SECOND ||
        plain.p[AT_KIND] > SIGNIN_APP || !(kinds >> plain.p[AT_KIND] & 1u))
        return stale(err);
    s.kind = (enum signin_kind)plain.p[AT_KIND];
    s.person_id = get_int(plain.p + AT_PERSON);
    s.expires_us = get_int(plain.p + AT_EXPIRES);
    if (bw_now_us() >= s.expires_us)
        return stale(err);
    BW_TRY(bw_view_copy(arena, bw_view_from(plain, AT_NEXT), &s.next, err));
    if (has_secret(s.kind))
        memcpy(s.totp.secret, plain.p + AT_SECRET, sizeof(s.totp.secret));
    *ret = s;
    return BW_OK;
}

enum bw_rc signin_state_open(const struct crypto_keyring *keyring, struct bw_view browser,
                             struct bw_view text, unsigned kinds, struct bw_arena *arena,
                             struct signin_state *ret, struct bw_err *err)
{
    BW_AUTO_BUF sealed = BW_BUF_INIT(SIGNIN_STATE_MAX);
    BW_AUTO_BUF plain = BW_BUF_INIT(SIGNIN_STATE_MAX);
    struct purpose p;
    struct bw_err why;

    if (browser.n == 0 || text.n > SIGNIN_STATE_MAX ||
        !crypto_unbase64(text, CRYPTO_BASE64_URL, &sealed))
        return stale(err);
    enum bw_rc rc =
        crypto_open(keyring, bw_buf_text(&sealed), purpose_of(browser, &p), &plain, &why);
    if (rc == BW_BROKEN)
        return stale(err); /* a stranger's bytes are no fault of ours */
    if (rc != BW_OK) {
        if (err)
            *err = why;
        return rc;
    }
    rc = read_state(bw_buf_text(&plain), kinds, arena, ret, err);
    crypto_wipe(plain.p, plain.n);
    return rc;
}
