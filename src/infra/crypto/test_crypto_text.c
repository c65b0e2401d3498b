/* SPDX-License-Identifier: Apache-2.0 */
/* test_crypto_text - the vectors of RFC 4648, and what is no code. */
#include "bw_test.h"
#include "crypto.h"
#include "crypto_text.h"

static const struct {
    const char *plain, *hex, *base32, *base64, *url;
} T[] = {
    {"", "", "", "", ""},
    {"f", "66", "my", "Zg==", "Zg"},
    {"fo", "666f", "mzxq", "Zm8=", "Zm8"},
    {"foo", "666f6f", "mzxw6", "Zm9v", "Zm9v"},
    {"foob", "666f6f62", "mzxw6yq", "Zm9vYg==", "Zm9vYg"},
    {"fooba", "666f6f6261", "mzxw6ytb", "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", "666f6f626172", "mzxw6ytboi", "Zm9vYmFy", "Zm9vYmFy"},
    {"\xFF\xEF\xBE~", "ffefbe7e", "77x347q", "/+++fg==", "_---fg"},
};

BW_TEST(vectors)
{
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        BW_AUTO_BUF b = BW_BUF_INIT(256);
        struct bw_view plain = bw_view_z(T[i].plain);
        bool ok = true;
        crypto_hex(plain, &b);
        ok &= CHECK_VIEW(bw_buf_text(&b), T[i].hex);
        bw_buf_reset(&b);
        crypto_base32(plain, false, &b);
        ok &= CHECK_VIEW(bw_buf_text(&b), T[i].base32);
        bw_buf_reset(&b);
        crypto_base64(plain, CRYPTO_BASE64, &b);
        ok &= CHECK_VIEW(bw_buf_text(&b), T[i].base64);
        bw_buf_reset(&b);
        crypto_base64(plain, CRYPTO_BASE64_URL, &b);
        ok &= CHECK_VIEW(bw_buf_text(&b), T[i].url);
        bw_buf_reset(&b);
        ok &= CHECK(crypto_unhex(bw_view_z(T[i].hex), &b));
        ok &= CHECK(crypto_unbase32(bw_view_z(T[i].base32), &b));
        ok &= CHECK(crypto_unbase64(bw_view_z(T[i].base64), CRYPTO_BASE64, &b));
        ok &= CHECK(crypto_unbase64(bw_view_z(T[i].url), CRYPTO_BASE64_URL, &b));
        ok &= CHECK_INT(b.n, 4 * plain.n);
        for (size_t k = 0; k < 4 && plain.n; k++)
            ok &= CHECK(memcmp(b.p + k * plain.n, plain.p, plain.n) == 0);
        SUBTEST(T[i].hex, ok);
    }
}

BW_TEST(refused)
{
    static const char *const HEX[] = {"6", "6g", "0x", "66 ", " 66", "6\n", "６６"};
    static const char *const BASE32[] = {"m",    "mzx", "mzxw6y",   "mz",
                                         "mzx1", "m0",  "my======", "m y"};
    static const char *const BASE64[] = {"Zg",     "Zg=",      "Zh==",
                                         "Z",      "Zm9v!",    "Zm 9",
                                         "Zm9v\n", "_---fg==", "\x86\xF5\xF2\xAA"};
    static const char *const URL[] = {"Zg==", "Zh", "Z", "/+++fg"};
    BW_AUTO_BUF b = BW_BUF_INIT(256);
    for (size_t i = 0; i < BW_COUNT(HEX); i++)
        SUBTEST(HEX[i], !crypto_unhex(bw_view_z(HEX[i]), &b));
    for (size_t i = 0; i < BW_COUNT(BASE32); i++)
        SUBTEST(BASE32[i], !crypto_unbase32(bw_view_z(BASE32[i]), &b));
    for (size_t i = 0; i < BW_COUNT(BASE64); i++)
        SUBTEST("base64", !crypto_unbase64(bw_view_z(BASE64[i]), CRYPTO_BASE64, &b));
    for (size_t i = 0; i < BW_COUNT(URL); i++)
        SUBTEST(URL[i], !crypto_unbase64(bw_view_z(URL[i]), CRYPTO_BASE64_URL, &b));
    CHECK_INT(b.n, 0);
    uint8_t four[4];
    CHECK(crypto_hex_bytes(BW_V("FFefBE7e"), four, 4) && four[3] == 0x7E);
    CHECK(!crypto_hex_bytes(BW_V("ffefbe"), four, 4) &&
          !crypto_hex_bytes(BW_V("ffefbe7e00"), four, 4));
}

BW_TEST_MAIN()
