/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_signin_webauthn - what strangers send instead of a passkey. First byte: which of the two is
 * asked; then the length of the client data (16 bits), the client data, the rest. The expectation
 * is fixed, so the fuzzer can get through to the keys. */
#include "signin_webauthn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct webauthn_expect EXPECT = {.rp_id = BW_VIEW_INIT("localhost"),
                                              .origin = BW_VIEW_INIT("http://localhost"),
                                              .challenge = BW_VIEW_INIT("Y2hhbGxlbmdl"),
                                              .verified = false};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(1u << 20);
    struct bw_err err;
    BW_ASSERT(arena && crypto_init(NULL) == BW_OK);
    if (size < 3)
        return 0;
    size_t n = (size_t)data[1] << 8 | data[2];
    struct bw_view rest = bw_view_of((const char *)data + 3, size - 3);
    struct bw_view client = bw_view_head(rest, n), said = bw_view_from(rest, n);
    if (data[0] == 'r') {
        struct webauthn_new made;
        if (webauthn_register(&EXPECT, client, said, arena, &made, &err) == BW_OK) {
            BW_ASSERT(made.id.n > 0 && made.id.n <= WEBAUTHN_ID_MAX);
            BW_ASSERT(made.id.p >= said.p && made.id.p + made.id.n <= said.p + said.n);
            BW_ASSERT(crypto_cose_key_valid(&made.key));
        }
    } else {
        /* The base point of Ed25519: a key that is valid, and whose secret nobody needs. */
        struct crypto_cose_key key = {.algorithm = CRYPTO_COSE_EDDSA, .b = {0x58}};
        memset(key.b + 1, 0x66, 31);
        int64_t count = -1;
        const struct webauthn_answer a = {client, said, bw_view_head(said, 64)};
        if (webauthn_assert(&EXPECT, &key, &a, arena, &count, &err) == BW_OK)
            BW_ASSERT(count >= 0 && count <= UINT32_MAX);
    }
    return 0;
}
