/* SPDX-License-Identifier: Apache-2.0 */
/* signin_webauthn - see signin_webauthn.h. The numbers of steps are those of section 7. */
#include "signin_webauthn.h"

#include "json.h"

enum {
    FLAG_PRESENT = 0x01,
    FLAG_VERIFIED = 0x04,
    FLAG_ATTESTED = 0x40,
    FLAG_EXTENSIONS = 0x80,
    AT_FLAGS = 32,
    AT_COUNT = 33,
    HEAD_BYTES = 37,
    AAGUID_BYTES = 16,
};

static enum bw_rc refuse(struct bw_err *err, const char *why)
{
    return bw_fail_detail(err, BW_INVALID, "the passkey was not taken", "webauthn: %s", why);
}

/* -- what the browser says --------------------------------------------------------------------- */

/* Steps 7.1.5 to 9, 7.2.10 to 13. Nothing that is framed by another site is taken. */
static enum bw_rc client_data(const struct webauthn_expect *e, struct bw_view json,
                              const char *type, struct bw_arena *arena, struct bw_err *err)
{
    static const struct bw_view NAMES[] = {BW_VIEW_INIT("type"), BW_VIEW_INIT("challenge"),
                                           BW_VIEW_INIT("origin"), BW_VIEW_INIT("crossOrigin"),
                                           BW_VIEW_INIT("topOrigin")};
    struct json_value v[BW_COUNT(NAMES)];
    struct json_reader r;
    struct bw_view challenge, origin;
    if (json.n > WEBAUTHN_CLIENT_DATA_MAX)
        return refuse(err, "client data is too long");
    json_open(&r, json, arena, NULL);
    if (json_next(&r) != JSON_OBJECT || json_fields(&r, NAMES, BW_COUNT(NAMES), v, NULL, err) ||
        json_finish(&r, err))
        return refuse(err, "client data is no JSON object");
    if (v[0].type != JSON_STRING || !json_is(&v[0], type))
        return refuse(err, "the type is another");
    if (v[1].type != JSON_STRING || v[2].type != JSON_STRING)
        return refuse(err, "challenge or origin is missing");
    BW_TRY(json_text(&v[1], arena, &challenge, err));
    BW_TRY(json_text(&v[2], arena, &origin, err));
    if (e->challenge.n == 0 || !crypto_equal(challenge, e->challenge))
        return refuse(err, "the challenge is another");
    if (!bw_view_eq(origin, e->origin))
        return refuse(err, "the origin is another");
    if (v[3].type == JSON_TRUE || v[4].type != JSON_ERROR)
        return refuse(err, "the page was framed by another site");
    return BW_OK;
}

/* -- what the authenticator says --------------------------------------------------------------- */

struct said {
    unsigned flags;
    int64_t count;
    struct bw_view rest; /* behind the counter */
};

static enum bw_rc head(const struct webauthn_expect *e, struct bw_view data, struct said *ret,
                       struct bw_err *err)
{
    struct crypto_digest rp = crypto_sha256(e->rp_id);
    if (data.n < HEAD_BYTES || data.n > WEBAUTHN_DATA_MAX)
        return refuse(err, "authenticator data is too short or too long");
    if (!bw_view_eq(bw_view_head(data, sizeof(rp.b)), crypto_digest_view(&rp)))
        return refuse(err, "the relying party is another");
    ret->flags = (uint8_t)data.p[AT_FLAGS];
    ret->count = 0;
    for (size_t i = 0; i < 4; i++)
        ret->count = ret->count << 8 | (uint8_t)data.p[AT_COUNT + i];
    ret->rest = bw_view_from(data, HEAD_BYTES);
    if (!(ret->flags & FLAG_PRESENT))
        return refuse(err, "nobody was present");
    if (e->verified && !(ret->flags & FLAG_VERIFIED))
        return refuse(err, "the person was not verified");
    return BW_OK;
}

/* Extensions are a map and the last thing; none was asked for, so none is looked at. */
static bool ends_well(struct crypto_cbor *r, unsigned flags)
{
    struct crypto_cbor peek = *r;
    struct crypto_cbor_item map;
    if (flags & FLAG_EXTENSIONS) {
        if (!crypto_cbor_next(&peek, &map) || map.kind != CRYPTO_CBOR_MAP || !crypto_cbor_skip(r))
            return false;
    }
    return r->at == r->in.n;
}

/* Section 6.5.1: aaguid, length of the id (16 bits), id, key. */
static enum bw_rc attested(const struct said *s, struct webauthn_new *ret, struct bw_err *err)
{
    struct bw_view rest = bw_view_from(s->rest, AAGUID_BYTES);
    if (!(s->flags & FLAG_ATTESTED) || s->rest.n < AAGUID_BYTES + 2)
        return refuse(err, "there is no key in it");
    size_t n = (size_t)(uint8_t)rest.p[0] << 8 | (uint8_t)rest.p[1];
    rest = bw_view_from(rest, 2);
    if (n == 0 || n > WEBAUTHN_ID_MAX || n > rest.n)
        return refuse(err, "the credential's id is too short or too long");
    struct crypto_cbor r = {.in = bw_view_from(rest, n)};
    ret->id = bw_view_head(rest, n);
    ret->count = s->count;
    BW_TRY(crypto_cose_read(&r, &ret->key, err));
    return ends_well(&r, s->flags) ? BW_OK : refuse(err, "something follows the key");
}

/* {"fmt": text, "attStmt": map, "authData": bytes}, in any order, each once. */
static bool attestation_data(struct bw_view object, struct bw_view *ret)
{
    struct crypto_cbor r = {.in = object}, peek;
    struct crypto_cbor_item map, key, value;
    unsigned seen = 0;
    if (!crypto_cbor_next(&r, &map) || map.kind != CRYPTO_CBOR_MAP || map.n != 3)
        return false;
    for (int64_t i = 0; i < map.n; i++) {
        if (!crypto_cbor_next(&r, &key) || key.kind != CRYPTO_CBOR_TEXT)
            return false;
        peek = r;
        if (!crypto_cbor_next(&peek, &value) || !crypto_cbor_skip(&r))
            return false;
        if (bw_view_is(key.v, "fmt") && value.kind == CRYPTO_CBOR_TEXT) {
            seen |= 1u;
        } else if (bw_view_is(key.v, "attStmt") && value.kind == CRYPTO_CBOR_MAP) {
            seen |= 2u;
        } else if (bw_view_is(key.v, "authData") && value.kind == CRYPTO_CBOR_BYTES) {
            seen |= 4u;
            *ret = value.v;
        } else {
            return false;
        }
    }
    return seen == 7u && r.at == r.in.n;
}

enum bw_rc webauthn_register(const struct webauthn_expect *e, struct bw_view client,
                             struct bw_view attestation, struct bw_arena *arena,
                             struct webauthn_new *ret, struct bw_err *err)
{
    struct bw_view data = {NULL, 0};
    struct webauthn_new made = {.count = 0};
    struct said s;
    BW_TRY(client_data(e, client, "webauthn.create", arena, err));
    if (attestation.n > WEBAUTHN_DATA_MAX || !attestation_data(attestation, &data))
        return refuse(err, "the attestation object is none");
    BW_TRY(head(e, data, &s, err));
    BW_TRY(attested(&s, &made, err));
    *ret = made;
    return BW_OK;
}

enum bw_rc webauthn_assert(const struct webauthn_expect *e, const struct crypto_cose_key *key,
                           const struct webauthn_answer *a, struct bw_arena *arena,
                           int64_t *ret_count, struct bw_err *err)
{
    struct said s;
    BW_TRY(client_data(e, a->client_data, "webauthn.get", arena, err));
    BW_TRY(head(e, a->authenticator_data, &s, err));
    struct crypto_cbor r = {.in = s.rest};
    if ((s.flags & FLAG_ATTESTED) || !ends_well(&r, s.flags))
        return refuse(err, "something follows the counter");
    struct crypto_digest client = crypto_sha256(a->client_data);
    struct bw_view parts[] = {a->authenticator_data, crypto_digest_view(&client)};
    char *signed_ = bw_arena_get(arena, parts[0].n + parts[1].n);
    if (!signed_)
        return bw_fail_memory(err);
    memcpy(signed_, parts[0].p, parts[0].n);
    memcpy(signed_ + parts[0].n, parts[1].p, parts[1].n);
    if (a->signature.n > WEBAUTHN_SIGNATURE_MAX ||
        !crypto_cose_verify(key, bw_view_of(signed_, parts[0].n + parts[1].n), a->signature))
        return refuse(err, "the signature is wrong");
    *ret_count = s.count;
    return BW_OK;
}
