/* SPDX-License-Identifier: Apache-2.0 */
/* test_crypto_cose - keys and signatures made by another library (python3-cryptography), and what
 * must be refused. */
#include "bw_test.h"
#include "crypto_cose.h"
#include "crypto_text.h"

__attribute__((constructor)) static void setup(void)
{
    if (crypto_init(NULL) != BW_OK)
        abort();
}

#define MESSAGE BW_V("breakwater")
static const char ES256_KEY[] =
    "a5010203262001215820471c3e758c4904285bba7e53118ed0f524adeb0757d25bd2f8e7b0d76dfa"
    "714c225820dd520f7aca8a8b917acc37f51de8f0c9bbe3ad858382e702dc25a12d09f7a858";
static const char ES256_SIG[] =
    "3045022100f45cd593ec4877a793f171e1d3882f5ce11658668b83a09adbd1cf1fe413d59802207c"
    "8521a64dd2383573c5aa7c33670ffe01a10d43d8917084cde23b7e4a54d01c";
static const char EDDSA_KEY[] =
    "a401010327200621582003a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc86641255"
    "31b8";
static const char EDDSA_SIG[] =
    "739314cab5d49d94b0596441a496013fc5e5d08cda7f0cae6fca309626c4226c4a8ee49b4957584d"
    "5512dd33e6de2c84e0b3e59e0dac5ffaa5807f4fba845900";

static struct bw_view hex_of(struct bw_buf *out, const char *hex)
{
    if (!crypto_unhex(bw_view_z(hex), out))
        abort();
    return bw_buf_text(out);
}

static enum bw_rc read_key(struct bw_view bytes, struct crypto_cose_key *ret)
{
    struct crypto_cbor r = {.in = bytes};
    struct bw_err err;
    return crypto_cose_read(&r, ret, &err);
}

BW_TEST(signatures_of_both_kinds)
{
    static const struct {
        const char *name, *key, *sig;
        int64_t algorithm;
    } T[] = {{"ES256", ES256_KEY, ES256_SIG, CRYPTO_COSE_ES256},
             {"EdDSA", EDDSA_KEY, EDDSA_SIG, CRYPTO_COSE_EDDSA}};
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        BW_AUTO_BUF key_bytes = BW_BUF_INIT(512);
        BW_AUTO_BUF sig_bytes = BW_BUF_INIT(512);
        struct bw_view sig = hex_of(&sig_bytes, T[i].sig);
        struct crypto_cose_key key;
        REQUIRE(read_key(hex_of(&key_bytes, T[i].key), &key) == BW_OK);
        CHECK_INT(key.algorithm, T[i].algorithm);
        SUBTEST(T[i].name, crypto_cose_verify(&key, MESSAGE, sig));
        CHECK(!crypto_cose_verify(&key, BW_V("breakwateR"), sig));
        CHECK(!crypto_cose_verify(&key, MESSAGE, bw_view_head(sig, sig.n - 1)));
        CHECK(!crypto_cose_verify(&key, MESSAGE, (struct bw_view){NULL, 0}));
        for (size_t at = 0; at < sig.n; at++) { /* any bit of it */
            sig_bytes.p[at] = (char)(sig_bytes.p[at] ^ 1);
            CHECK(!crypto_cose_verify(&key, MESSAGE, sig));
            sig_bytes.p[at] = (char)(sig_bytes.p[at] ^ 1);
        }
        key.b[5] ^= 1;
        CHECK(!crypto_cose_verify(&key, MESSAGE, sig));
    }
}

BW_TEST(keys_that_are_none)
{
    static const struct {
        const char *name, *hex;
    } T[] = {
        {"nothing", ""},
        {"not a map", "83010203"},
        {"an empty map", "a0"},
        {"a key of RSA", "a3010303390100214103"},
        {"P-256 with another algorithm",
         "a501020338242001215820000000000000000000000000000000000000"
         "0000000000000000000000000022582000000000000000000000000000"
         "00000000000000000000000000000000000000"},
        {"a point that is not on the curve",
         "a5010203262001215820000000000000000000000000000000000000000000000000000000000000000122582"
         "000"
         "00000000000000000000000000000000000000000000000000000000000001"},
        {"a coordinate that is too short", "a50102032620012141012241f2"},
        {"the label of the kind twice", "a201020102"},
        {"an Ed25519 point of small order", "a40101032720062158200100000000000000000000000000000000"
                                            "000000000000000000000000000000"},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        BW_AUTO_BUF bytes = BW_BUF_INIT(512);
        struct crypto_cose_key key;
        SUBTEST(T[i].name, read_key(hex_of(&bytes, T[i].hex), &key) == BW_INVALID);
    }
}

BW_TEST(a_key_that_is_cut_is_none)
{
    BW_AUTO_BUF bytes = BW_BUF_INIT(512);
    struct crypto_cose_key key;
    struct bw_view whole = hex_of(&bytes, ES256_KEY);
    for (size_t n = 0; n < whole.n; n++)
        CHECK(read_key(bw_view_head(whole, n), &key) == BW_INVALID);
}

BW_TEST(cbor_is_read_as_authenticators_write_it)
{
    static const struct {
        const char *name, *hex;
        bool good;
    } T[] = {
        {"an integer", "1903e8", true},
        {"a negative one", "3903e7", true},
        {"the largest", "1b7fffffffffffffff", true},
        {"beyond int64", "1bffffffffffffffff", false},
        {"a text", "63616263", true},
        {"a text that is not UTF-8", "62c328", false},
        {"a text that is cut", "6461", false},
        {"true", "f5", true},
        {"a float", "fa47c35000", false},
        {"a tag", "c11a514b67b0", false},
        {"an indefinite array", "9fff", false},
        {"arrays in arrays", "8181818100", true},
        {"one too deep", "818181818100", false},
        {"a count that cannot be", "9b7fffffffffffffff", false},
        {"a map with half a pair", "a101", false},
        {"nothing", "", false},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        BW_AUTO_BUF bytes = BW_BUF_INIT(512);
        struct crypto_cbor r = {.in = hex_of(&bytes, T[i].hex)};
        bool good = crypto_cbor_skip(&r);
        SUBTEST(T[i].name, good == T[i].good && (!good || r.at == r.in.n));
    }
}

BW_TEST(sha1_of_fips_180)
{
    uint8_t got[20], want[20];
    crypto_sha1_leaked(BW_V("abc"), got);
    REQUIRE(crypto_hex_bytes(BW_V("a9993e364706816aba3e25717850c26c9cd0d89d"), want, 20));
    CHECK(memcmp(got, want, 20) == 0);
}

BW_TEST_MAIN()
