/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_crypto_text - what a decoder takes, its encoder gives back (but for the case of letters),
 * and what an encoder writes, its decoder takes. */
#include "crypto.h"
#include "crypto_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FORMS = 4 };

static bool decode(int form, struct bw_view v, struct bw_buf *out)
{
    switch (form) {
    case 0:
        return crypto_unhex(v, out);
    case 1:
        return crypto_unbase32(v, out);
    case 2:
        return crypto_unbase64(v, CRYPTO_BASE64, out);
    default:
        return crypto_unbase64(v, CRYPTO_BASE64_URL, out);
    }
}

static void encode(int form, struct bw_view v, struct bw_buf *out)
{
    if (form == 0)
        crypto_hex(v, out);
    else if (form == 1)
        crypto_base32(v, false, out);
    else
        crypto_base64(v, form == 2 ? CRYPTO_BASE64 : CRYPTO_BASE64_URL, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BW_ASSERT(crypto_init(NULL) == BW_OK);
    struct bw_view in = {(const char *)data, size};
    for (int form = 0; form < FORMS; form++) {
        BW_AUTO_BUF bytes = BW_BUF_INIT(SIZE_MAX / 4), text = BW_BUF_INIT(SIZE_MAX / 4);
        if (decode(form, in, &bytes)) {
            encode(form, bw_buf_text(&bytes), &text);
            BW_ASSERT(form < 2 ? bw_view_eq_nocase(bw_buf_text(&text), in)
                               : bw_view_eq(bw_buf_text(&text), in));
        } else {
            BW_ASSERT(bytes.n == 0);
        }
        bw_buf_reset(&bytes);
        bw_buf_reset(&text);
        encode(form, in, &text);
        BW_ASSERT(decode(form, bw_buf_text(&text), &bytes));
        BW_ASSERT(bw_view_eq(bw_buf_text(&bytes), in));
    }
    return 0;
}
