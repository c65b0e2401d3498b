/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_crypto_cbor - the reader stays within its input and makes progress, and a key that it takes
 * is one that is taken again when it comes from the database. */
#include "crypto_cose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_view in = bw_view_of((const char *)data, size);
    struct crypto_cbor_item item;
    struct crypto_cose_key key;
    struct bw_err err;
    BW_ASSERT(crypto_init(NULL) == BW_OK);
    for (struct crypto_cbor r = {.in = in}; r.at < size;) {
        size_t before = r.at;
        if (!crypto_cbor_next(&r, &item))
            break;
        BW_ASSERT(r.at > before && r.at <= size);
        if (item.kind == CRYPTO_CBOR_BYTES || item.kind == CRYPTO_CBOR_TEXT)
            BW_ASSERT(item.v.n <= size && item.v.p >= in.p && item.v.p + item.v.n <= in.p + size);
    }
    struct crypto_cbor all = {.in = in}, one = {.in = in};
    bool whole = crypto_cbor_skip(&all);
    BW_ASSERT(!whole || (all.at > 0 && all.at <= size));
    if (crypto_cose_read(&one, &key, &err) == BW_OK) {
        BW_ASSERT(!whole || one.at == all.at);
        BW_ASSERT(crypto_cose_key_valid(&key));
        BW_ASSERT(!crypto_cose_verify(&key, in, in) || size == 64);
    }
    return 0;
}
