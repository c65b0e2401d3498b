/* SPDX-License-Identifier: Apache-2.0 */
/* test_crypto - known answers of the standards, and what must be refused. */
#include "bw_test.h"
#include "crypto_int.h"
#include "crypto_text.h"

#include "bw_fault.h"
#include "bw_random.h"

__attribute__((constructor)) static void setup(void)
{
    if (crypto_init(NULL) != BW_OK)
        abort();
}

static void unhex(const char *hex, void *out, size_t n)
{
    if (!crypto_hex_bytes(bw_view_z(hex), out, n))
        abort();
}

static bool digest_is(struct crypto_digest d, const char *hex)
{
    struct crypto_digest want;
    unhex(hex, want.b, sizeof(want.b));
    return crypto_equal(crypto_digest_view(&d), crypto_digest_view(&want));
}

BW_TEST(sha256_of_fips_180)
{
    static const struct {
        const char *in, *hex;
    } T[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        struct bw_view v = bw_view_z(T[i].in);
        CHECK(digest_is(crypto_sha256(v), T[i].hex));
        struct bw_view two[] = {bw_view_head(v, v.n / 3), bw_view_from(v, v.n / 3)};
        CHECK(digest_is(crypto_sha256_views(two, 2), T[i].hex));
    }
    CHECK(digest_is(crypto_sha256_views(NULL, 0), T[0].hex));
    struct crypto_sha256 s;
    char a[1000];
    memset(a, 'a', sizeof(a));
    crypto_sha256_begin(&s);
    for (int i = 0; i < 1000; i++)
        crypto_sha256_add(&s, bw_view_of(a, sizeof(a)));
    CHECK(digest_is(crypto_sha256_end(&s),
                    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
}

/* Both ways give the same, for every length around the blocks and every place of a cut. */
BW_TEST(sha256_by_the_processor_is_libsodiums)
{
    char in[300];
    bool fast = crypto_sha256_setup(true);
    for (size_t i = 0; i < sizeof(in); i++)
        in[i] = (char)(i * 7 + i / 31);
    for (size_t n = 0; n <= sizeof(in); n++) {
        bool same = true;
        crypto_sha256_setup(false);
        struct crypto_digest want = crypto_sha256(bw_view_of(in, n));
        crypto_sha256_setup(true);
        for (size_t cut = 0; cut <= n; cut++) {
            struct bw_view two[] = {bw_view_of(in, cut), bw_view_of(in + cut, n - cut)};
            struct crypto_digest got = crypto_sha256_views(two, 2);
            same = same && crypto_equal(crypto_digest_view(&got), crypto_digest_view(&want));
        }
        CHECK(same);
    }
    if (!fast)
        SKIP(1, "this processor has no SHA instructions");
}

BW_TEST(hmac_of_rfc_4231)
{
    char key[131];
    memset(key, '\xAA', sizeof(key));
    CHECK(digest_is(crypto_hmac_sha256(BW_V("Jefe"), BW_V("what do ya want for nothing?")),
                    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
    CHECK(
        digest_is(crypto_hmac_sha256(bw_view_of(key, sizeof(key)),
                                     BW_V(
                                         "Test Using Larger Than Block-Size Key - Hash Key First")),
                  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"));
}

static const struct {
    const char *name, *seed, *public, *message, *signature;
} ED25519[] = {
    {"RFC 8032 7.1 test 1", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"RFC 8032 7.1 test 2", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"RFC 8032 7.1 test 3", "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

BW_TEST(ed25519)
{
    for (size_t i = 0; i < BW_COUNT(ED25519); i++) {
        uint8_t seed[32];
        struct crypto_public_key public;
        struct crypto_signature want;
        BW_AUTO_BUF message = BW_BUF_INIT(64);
        unhex(ED25519[i].seed, seed, sizeof(seed));
        unhex(ED25519[i].public, public.b, sizeof(public.b));
        unhex(ED25519[i].signature, want.b, sizeof(want.b));
        REQUIRE(crypto_unhex(bw_view_z(ED25519[i].message), &message));
        struct crypto_signer *s = crypto_signer_from_seed(seed);
        REQUIRE(s != NULL);
        struct crypto_public_key got = crypto_signer_public(s);
        struct crypto_signature sig = crypto_signer_sign(s, bw_buf_text(&message));
        bool ok = CHECK(memcmp(got.b, public.b, sizeof(got.b)) == 0);
        ok &= CHECK(memcmp(sig.b, want.b, sizeof(sig.b)) == 0);
        ok &= CHECK(crypto_verify(&public, bw_buf_text(&message), &sig));
        bw_buf_byte(&message, 'x');
        ok &= CHECK(!crypto_verify(&public, bw_buf_text(&message), &sig));
        message.n--;
        sig.b[5] ^= 1;
        ok &= CHECK(!crypto_verify(&public, bw_buf_text(&message), &sig));
        crypto_signer_free(s);
        SUBTEST(ED25519[i].name, ok);
    }
    crypto_signer_free(NULL);
}

BW_TEST(passwords)
{
    char hash[CRYPTO_PASSWORD_TEXT_MAX];
    struct bw_err err;
    bool rehash = true;
    struct crypto_password_cost cost = CRYPTO_PASSWORD_COST_TEST;
    REQUIRE(crypto_password_hash(BW_V("correct horse"), cost, hash, &err) == BW_OK);
    CHECK(bw_view_starts(bw_view_z(hash), BW_V("$argon2id$v=19$m=8,t=1,p=1$")));
    CHECK_INT(crypto_password_verify(BW_V("correct horse"), bw_view_z(hash), cost, &rehash, &err),
              BW_OK);
    CHECK(!rehash);
    CHECK_INT(crypto_password_verify(BW_V("wrong"), bw_view_z(hash), cost, NULL, &err), BW_DENIED);
    CHECK_INT(crypto_password_verify(BW_V(""), bw_view_z(hash), cost, NULL, &err), BW_DENIED);
    CHECK_INT(crypto_password_verify(BW_V("x"), (struct bw_view){NULL, 0}, cost, NULL, &err),
              BW_DENIED);
    CHECK_INT(crypto_password_verify(BW_V("x"), BW_V("no hash"), cost, NULL, &err), BW_DENIED);
    cost.passes = 2;
    CHECK_INT(crypto_password_verify(BW_V("correct horse"), bw_view_z(hash), cost, &rehash, &err),
              BW_OK);
    CHECK(rehash);
    char other[CRYPTO_PASSWORD_TEXT_MAX];
    REQUIRE(crypto_password_hash(BW_V("correct horse"), cost, other, &err) == BW_OK);
    CHECK(memcmp(hash, other, sizeof(hash)) != 0); /* salted */
}

BW_TEST(passwords_limits)
{
    char hash[CRYPTO_PASSWORD_TEXT_MAX], text[CRYPTO_PASSWORD_BYTES_MAX + 1];
    struct bw_err err;
    struct crypto_password_cost cost = CRYPTO_PASSWORD_COST_TEST;
    memset(text, 'p', sizeof(text));
    CHECK_INT(crypto_password_hash(bw_view_of(text, sizeof(text)), cost, hash, &err), BW_LIMIT);
    REQUIRE(crypto_password_hash(bw_view_of(text, sizeof(text) - 1), cost, hash, &err) == BW_OK);
    CHECK_INT(crypto_password_verify(bw_view_of(text, sizeof(text)), bw_view_z(hash), cost, NULL,
                                     &err),
              BW_DENIED);
    CHECK_INT(crypto_password_verify(bw_view_of(text, sizeof(text) - 1), bw_view_z(hash), cost,
                                     NULL, &err),
              BW_OK);
    bw_fault_arm("alloc", 1, true); /* never a wrong password */
    CHECK_INT(crypto_password_verify(BW_V("x"), bw_view_z(hash), cost, NULL, &err), BW_MEMORY);
    CHECK_INT(crypto_password_verify(BW_V("x"), BW_V(""), cost, NULL, &err), BW_MEMORY);
    CHECK_INT(crypto_password_hash(BW_V("x"), cost, hash, &err), BW_MEMORY);
    bw_fault_clear();
}

/* RFC 6238 appendix B, SHA-1, the last six of the eight digits. */
static const struct {
    int64_t time_s;
    const char *code;
} TOTP[] = {
    {59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
    {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"},
};

BW_TEST(totp_of_rfc_6238)
{
    struct crypto_totp t;
    memcpy(t.secret, "12345678901234567890", sizeof(t.secret));
    for (size_t i = 0; i < BW_COUNT(TOTP); i++) {
        char code[7];
        int64_t step = TOTP[i].time_s / 30, got = -1, now = TOTP[i].time_s * 1000000;
        struct bw_view given = bw_view_z(TOTP[i].code);
        crypto_totp_code(&t, step, code);
        bool ok = CHECK_VIEW(bw_view_z(code), TOTP[i].code);
        for (int64_t off = -1; off <= 1; off++) {
            ok &= CHECK(crypto_totp_verify(&t, given, now + off * CRYPTO_TOTP_STEP_US, &got));
            ok &= CHECK_INT(got, step);
        }
        got = -1;
        ok &= CHECK(!crypto_totp_verify(&t, given, now + 2 * CRYPTO_TOTP_STEP_US, &got));
        ok &= CHECK(!crypto_totp_verify(&t, given, now - 2 * CRYPTO_TOTP_STEP_US, &got));
        ok &= CHECK_INT(got, -1);
        SUBTEST(TOTP[i].code, ok);
    }
}

BW_TEST(totp_input_forms)
{
    struct crypto_totp t;
    int64_t step, now = INT64_C(1111111109000000);
    memcpy(t.secret, "12345678901234567890", sizeof(t.secret));
    CHECK(crypto_totp_verify(&t, BW_V(" 081 804 "), now, &step));
    CHECK(!crypto_totp_verify(&t, BW_V("81804"), now, &step));
    CHECK(!crypto_totp_verify(&t, BW_V("0081804"), now, &step));
    CHECK(!crypto_totp_verify(&t, BW_V("08180x"), now, &step));
    CHECK(!crypto_totp_verify(&t, BW_V(""), now, &step));
    CHECK(!crypto_totp_verify(&t, BW_V("081804"), 0, &step));
    CHECK(!crypto_totp_verify(&t, BW_V("081804"), -now, &step));
    BW_AUTO_BUF b = BW_BUF_INIT(512);
    crypto_totp_text(&t, &b);
    CHECK_VIEW(bw_buf_text(&b), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    bw_buf_reset(&b);
    crypto_totp_uri(&t, BW_V("Harbour CERT"), BW_V("陳@example.hk"), &b);
    CHECK_VIEW(bw_buf_text(&b),
               "otpauth://totp/Harbour%20CERT:%E9%99%B3%40example.hk?secret="
               "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Harbour%20CERT&algorithm=SHA1&digits=6"
               "&period=30");
    struct crypto_totp one, two;
    crypto_totp_new(&one);
    crypto_totp_new(&two);
    CHECK(memcmp(one.secret, two.secret, sizeof(one.secret)) != 0);
}

BW_TEST(tokens)
{
    bw_random_fix(1); /* must not make secrets predictable */
    struct crypto_token a = crypto_token_new("bwk_");
    bw_random_fix(1);
    struct crypto_token b = crypto_token_new("bwk_");
    bw_random_free_run();
    CHECK_INT(strlen(a.text), 4 + 52);
    CHECK(bw_view_starts(bw_view_z(a.text), BW_V("bwk_")) && strcmp(a.text, b.text) != 0);
    BW_AUTO_BUF bytes = BW_BUF_INIT(64);
    CHECK(crypto_unbase32(bw_view_from(bw_view_z(a.text), 4), &bytes) && bytes.n == 32);
    struct crypto_digest x = crypto_token_hash(bw_view_z(a.text)),
                         y = crypto_token_hash(bw_view_z(b.text));
    CHECK(!crypto_equal(crypto_digest_view(&x), crypto_digest_view(&y)));
}

BW_TEST(equal_and_wipe)
{
    char text[] = "secret";
    CHECK(crypto_equal(BW_V("abc"), BW_V("abc")) && !crypto_equal(BW_V("abc"), BW_V("abd")));
    CHECK(!crypto_equal(BW_V("abc"), BW_V("ab")) && crypto_equal(BW_V(""), BW_V("")));
    crypto_wipe(text, sizeof(text));
    for (size_t i = 0; i < sizeof(text); i++)
        CHECK_INT(text[i], 0);
    crypto_wipe(NULL, 0);
}

BW_TEST_MAIN()
