/* SPDX-License-Identifier: Apache-2.0 */
/* crypto_cose - keys and signatures of passkeys; see crypto_cose.h. */
#include "crypto_cose.h"

#include <nettle/ecc-curve.h>
#include <nettle/ecdsa.h>
#include <nettle/sha1.h>
#include <sodium.h>

enum {
    KTY_OKP = 1,
    KTY_EC2 = 2,
    CRV_P256 = 1,
    CRV_ED25519 = 6,
    COORDINATE = 32,
    LABEL_KTY = 1,
    LABEL_ALG = 3,
    LABEL_CRV = -1,
    LABEL_X = -2,
    LABEL_Y = -3,
};

size_t crypto_cose_key_bytes(const struct crypto_cose_key *key)
{
    return key->algorithm == CRYPTO_COSE_ES256 ? 2 * COORDINATE : COORDINATE;
}

/* -- the key ----------------------------------------------------------------------------------- */

struct labels {
    int64_t kty, alg, crv;
    struct bw_view x, y;
    unsigned seen;
};

/* A label that comes twice could mean two things to two readers. */
static bool once(struct labels *l, int64_t label)
{
    static const int64_t KNOWN[] = {LABEL_KTY, LABEL_ALG, LABEL_CRV, LABEL_X, LABEL_Y};
    for (unsigned i = 0; i < BW_COUNT(KNOWN); i++) {
        if (KNOWN[i] != label)
            continue;
        if (l->seen >> i & 1u)
            return false;
        l->seen |= 1u << i;
    }
    return true;
}

static bool read_label(struct crypto_cbor *r, struct labels *l)
{
    struct crypto_cbor_item key, value;
    if (!crypto_cbor_next(r, &key) || key.kind != CRYPTO_CBOR_INT || !once(l, key.n))
        return false;
    if (key.n != LABEL_KTY && key.n != LABEL_ALG && (key.n > LABEL_CRV || key.n < LABEL_Y))
        return crypto_cbor_skip(r);
    if (!crypto_cbor_next(r, &value))
        return false;
    bool text = key.n == LABEL_X || key.n == LABEL_Y;
    if (value.kind != (text ? CRYPTO_CBOR_BYTES : CRYPTO_CBOR_INT))
        return false;
    if (key.n == LABEL_KTY)
        l->kty = value.n;
    else if (key.n == LABEL_ALG)
        l->alg = value.n;
    else if (key.n == LABEL_CRV)
        l->crv = value.n;
    else
        *(key.n == LABEL_X ? &l->x : &l->y) = value.v;
    return true;
}

static bool key_of(const struct labels *l, struct crypto_cose_key *ret)
{
    struct crypto_cose_key key = {.algorithm = l->alg};
    if (l->x.n != COORDINATE)
        return false;
    memcpy(key.b, l->x.p, COORDINATE);
    if (l->kty == KTY_EC2 && l->alg == CRYPTO_COSE_ES256 && l->crv == CRV_P256) {
        if (l->y.n != COORDINATE)
            return false;
        memcpy(key.b + COORDINATE, l->y.p, COORDINATE);
    } else if (l->kty != KTY_OKP || l->alg != CRYPTO_COSE_EDDSA || l->crv != CRV_ED25519) {
        return false;
    }
    if (!crypto_cose_key_valid(&key))
        return false;
    *ret = key;
    return true;
}

enum bw_rc crypto_cose_read(struct crypto_cbor *r, struct crypto_cose_key *ret, struct bw_err *err)
{
    struct labels l = {.seen = 0};
    struct crypto_cbor_item map;
    bool good = crypto_cbor_next(r, &map) && map.kind == CRYPTO_CBOR_MAP;
    for (int64_t i = 0; good && i < map.n; i++)
        good = read_label(r, &l);
    if (good && key_of(&l, ret))
        return BW_OK;
    return bw_fail(err, BW_INVALID, "the passkey's key is of no kind that is known here");
}

/* -- ECDSA ------------------------------------------------------------------------------------- */

/* False: no point of the curve. The caller clears POINT where it is true. */
static bool point_of(const struct crypto_cose_key *key, struct ecc_point *point)
{
    mpz_t x, y;
    mpz_init(x);
    mpz_init(y);
    mpz_import(x, COORDINATE, 1, 1, 0, 0, key->b);
    mpz_import(y, COORDINATE, 1, 1, 0, 0, key->b + COORDINATE);
    ecc_point_init(point, nettle_get_secp_256r1());
    bool good = ecc_point_set(point, x, y) == 1;
    if (!good)
        ecc_point_clear(point);
    mpz_clear(x);
    mpz_clear(y);
    return good;
}

/* INTEGER of DER (X.690 section 8.3, 10.1): positive, as short as it can be. */
static bool der_integer(struct bw_view *in, struct bw_view *ret)
{
    if (in->n < 3 || in->p[0] != 0x02)
        return false;
    size_t n = (uint8_t)in->p[1];
    if (n == 0 || n > COORDINATE + 1 || in->n - 2 < n)
        return false;
    struct bw_view v = bw_view_of(in->p + 2, n);
    if ((uint8_t)v.p[0] & 0x80u)
        return false;
    if (n > 1 && v.p[0] == 0 && !((uint8_t)v.p[1] & 0x80u))
        return false;
    *ret = v;
    *in = bw_view_from(*in, 2 + n);
    return true;
}

static bool der_signature(struct bw_view in, struct bw_view *r, struct bw_view *s)
{
    if (in.n < 2 || in.p[0] != 0x30 || (uint8_t)in.p[1] != in.n - 2)
        return false;
    in = bw_view_from(in, 2);
    return der_integer(&in, r) && der_integer(&in, s) && in.n == 0;
}

static bool verify_es256(const struct crypto_cose_key *key, struct bw_view message,
                         struct bw_view signature)
{
    struct bw_view r, s;
    struct ecc_point point;
    struct dsa_signature sig;
    if (!der_signature(signature, &r, &s) || !point_of(key, &point))
        return false;
    struct crypto_digest digest = crypto_sha256(message);
    dsa_signature_init(&sig);
    mpz_import(sig.r, r.n, 1, 1, 0, 0, r.p);
    mpz_import(sig.s, s.n, 1, 1, 0, 0, s.p);
    bool good = ecdsa_verify(&point, sizeof(digest.b), digest.b, &sig) == 1;
    dsa_signature_clear(&sig);
    ecc_point_clear(&point);
    return good;
}

/* -- both -------------------------------------------------------------------------------------- */

bool crypto_cose_key_valid(const struct crypto_cose_key *key)
{
    struct ecc_point point;
    if (key->algorithm == CRYPTO_COSE_EDDSA)
        return crypto_core_ed25519_is_valid_point(key->b) == 1;
    if (key->algorithm != CRYPTO_COSE_ES256 || !point_of(key, &point))
        return false;
    ecc_point_clear(&point);
    return true;
}

bool crypto_cose_verify(const struct crypto_cose_key *key, struct bw_view message,
                        struct bw_view signature)
{
    struct crypto_public_key ed;
    struct crypto_signature sig;
    if (key->algorithm == CRYPTO_COSE_ES256)
        return verify_es256(key, message, signature);
    if (key->algorithm != CRYPTO_COSE_EDDSA || signature.n != sizeof(sig.b))
        return false;
    memcpy(ed.b, key->b, sizeof(ed.b));
    memcpy(sig.b, signature.p, sizeof(sig.b));
    return crypto_verify(&ed, message, &sig);
}

void crypto_sha1_leaked(struct bw_view v, uint8_t out[20])
{
    struct sha1_ctx s;
    sha1_init(&s);
    sha1_update(&s, v.n, (const uint8_t *)(v.p ? v.p : ""));
    sha1_digest(&s, SHA1_DIGEST_SIZE, out);
}
