/* SPDX-License-Identifier: Apache-2.0 */
/* test_crypto_keys - key files and what is sealed with them. */
#include "bw_test.h"
#include "crypto.h"

#include "bw_fault.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], path[128], other_path[128];

__attribute__((constructor)) static void setup(void)
{
    snprintf(folder, sizeof(folder), "/tmp/test_crypto_XXXXXX");
    if (crypto_init(NULL) != BW_OK || !mkdtemp(folder))
        abort();
    snprintf(path, sizeof(path), "%s/keys/seal.key", folder);
    snprintf(other_path, sizeof(other_path), "%s/keys/other.key", folder);
}

__attribute__((destructor)) static void clean(void)
{
    char keys[96];
    snprintf(keys, sizeof(keys), "%s/keys", folder);
    unlink(path);
    unlink(other_path);
    rmdir(keys);
    rmdir(folder);
}

static bool put_file(const char *at, const char *text, mode_t mode)
{
    unlink(at);
    BW_AUTO_FD fd = open(at, O_WRONLY | O_CREAT | O_EXCL, 0600);
    size_t n = strlen(text);
    return fd >= 0 && write(fd, text, n) == (ssize_t)n && fchmod(fd, mode) == 0;
}

static struct crypto_keyring *load(const char *at, enum bw_rc want)
{
    struct crypto_keyring *k = NULL;
    struct bw_err err;
    CHECK_INT(crypto_keyring_load(at, &k, &err), want);
    return k;
}

#define KEY_A "1111111111111111111111111111111111111111111111111111111111111111"
#define KEY_B "2222222222222222222222222222222222222222222222222222222222222222"

BW_TEST(missing_file_is_made_private)
{
    struct stat st;
    struct crypto_keyring *first = load(path, BW_OK), *again = load(path, BW_OK);
    REQUIRE(first && again);
    CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
    BW_AUTO_BUF sealed = BW_BUF_INIT(1024), plain = BW_BUF_INIT(1024);
    REQUIRE(crypto_seal(first, BW_V("seed"), BW_V("user/7/totp"), &sealed, NULL) == BW_OK);
    CHECK_INT(sealed.n, 4 + CRYPTO_SEAL_EXTRA);
    REQUIRE(crypto_open(again, bw_buf_text(&sealed), BW_V("user/7/totp"), &plain, NULL) == BW_OK);
    CHECK_VIEW(bw_buf_text(&plain), "seed");
    crypto_keyring_free(first);
    crypto_keyring_free(again);
    crypto_keyring_free(NULL);
}

BW_TEST(refused_files)
{
    static const struct {
        const char *name, *text;
        mode_t mode;
        enum bw_rc rc;
    } T[] = {
        {"group may read", "seal 1 " KEY_A "\n", 0640, BW_DENIED},
        {"world may read", "seal 1 " KEY_A "\n", 0604, BW_DENIED},
        {"group may write", "seal 1 " KEY_A "\n", 0620, BW_DENIED},
        {"read only is fine", "seal 1 " KEY_A "\n", 0400, BW_OK},
        {"comments and blank lines", "# keys\n\nseal 2 " KEY_A "\n", 0600, BW_OK},
        {"two keys", "seal 1 " KEY_A "\nseal 2 " KEY_B "\n", 0600, BW_OK},
        {"empty", "", 0600, BW_BROKEN},
        {"another kind", "sign 1 " KEY_A "\n", 0600, BW_BROKEN},
        {"number twice", "seal 1 " KEY_A "\nseal 1 " KEY_B "\n", 0600, BW_BROKEN},
        {"number zero", "seal 0 " KEY_A "\n", 0600, BW_BROKEN},
        {"key cut", "seal 1 1111\n", 0600, BW_BROKEN},
        {"no hex", "seal 1 x" KEY_A "\n", 0600, BW_BROKEN},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        REQUIRE(put_file(path, T[i].text, T[i].mode));
        struct crypto_keyring *k = NULL;
        struct bw_err err;
        enum bw_rc rc = crypto_keyring_load(path, &k, &err);
        SUBTEST(T[i].name, rc == T[i].rc && (k != NULL) == (rc == BW_OK) &&
                               (rc == BW_OK || !strstr(err.message, "1111")));
        crypto_keyring_free(k);
    }
}

BW_TEST(links_and_folders_are_refused)
{
    REQUIRE(put_file(other_path, "seal 1 " KEY_A "\n", 0600));
    unlink(path);
    REQUIRE(symlink(other_path, path) == 0);
    load(path, BW_DENIED);
    unlink(path);
    REQUIRE(mkdir(path, 0700) == 0);
    load(path, BW_DENIED);
    rmdir(path);
}

BW_TEST(rotation)
{
    BW_AUTO_BUF old = BW_BUF_INIT(1024), new = BW_BUF_INIT(1024), plain = BW_BUF_INIT(1024);
    REQUIRE(put_file(path, "seal 1 " KEY_A "\n", 0600));
    struct crypto_keyring *one = load(path, BW_OK);
    REQUIRE(put_file(path, "seal 9 " KEY_B "\nseal 1 " KEY_A "\n", 0600));
    struct crypto_keyring *two = load(path, BW_OK);
    REQUIRE(one && two && crypto_keyring_count(two) == 2);
    REQUIRE(crypto_seal(one, BW_V("x"), BW_V("a"), &old, NULL) == BW_OK);
    REQUIRE(crypto_seal(two, BW_V("y"), BW_V("a"), &new, NULL) == BW_OK);
    CHECK(crypto_open(two, bw_buf_text(&old), BW_V("a"), &plain, NULL) == BW_OK);
    CHECK(crypto_open(two, bw_buf_text(&new), BW_V("a"), &plain, NULL) == BW_OK);
    CHECK_VIEW(bw_buf_text(&plain), "xy");
    CHECK_INT(crypto_open(one, bw_buf_text(&new), BW_V("a"), &plain, NULL), BW_BROKEN);
    CHECK_INT(plain.n, 2);
    crypto_keyring_free(one);
    crypto_keyring_free(two);
}

BW_TEST(tampering_is_seen)
{
    BW_AUTO_BUF sealed = BW_BUF_INIT(1024), plain = BW_BUF_INIT(1024), twin = BW_BUF_INIT(1024);
    REQUIRE(put_file(path, "seal 1 " KEY_A "\nseal 257 " KEY_A "\n", 0600));
    struct crypto_keyring *k = load(path, BW_OK);
    REQUIRE(k != NULL);
    REQUIRE(crypto_seal(k, BW_V("author"), BW_V("t/1/c"), &sealed, NULL) == BW_OK);
    REQUIRE(crypto_seal(k, BW_V("author"), BW_V("t/1/c"), &twin, NULL) == BW_OK);
    CHECK(!bw_view_eq(bw_buf_text(&sealed), bw_buf_text(&twin))); /* fresh nonce */
    for (size_t i = 0; i < sealed.n; i++) { /* also the key number: 1 and 257 are the same key */
        for (unsigned bit = 0; bit < 8; bit++) {
            sealed.p[i] = (char)(sealed.p[i] ^ (1 << bit));
            CHECK_INT(crypto_open(k, bw_buf_text(&sealed), BW_V("t/1/c"), &plain, NULL), BW_BROKEN);
            sealed.p[i] = (char)(sealed.p[i] ^ (1 << bit));
        }
        CHECK_INT(crypto_open(k, bw_view_of(sealed.p, i), BW_V("t/1/c"), &plain, NULL), BW_BROKEN);
    }
    CHECK_INT(crypto_open(k, bw_buf_text(&sealed), BW_V("t/2/c"), &plain, NULL), BW_BROKEN);
    CHECK_INT(crypto_open(k, bw_buf_text(&sealed), BW_V(""), &plain, NULL), BW_BROKEN);
    CHECK_INT(plain.n, 0);
    CHECK(crypto_open(k, bw_buf_text(&sealed), BW_V("t/1/c"), &plain, NULL) == BW_OK);
    bw_buf_reset(&sealed);
    REQUIRE(crypto_seal(k, BW_V(""), BW_V(""), &sealed, NULL) == BW_OK);
    CHECK(crypto_open(k, bw_buf_text(&sealed), BW_V(""), &plain, NULL) == BW_OK);
    crypto_keyring_free(k);
}

BW_TEST(limits_and_memory)
{
    char aad[600];
    struct bw_err err;
    BW_AUTO_BUF small = BW_BUF_INIT(10), b = BW_BUF_INIT(1024);
    memset(aad, 'a', sizeof(aad));
    REQUIRE(put_file(path, "seal 1 " KEY_A "\n", 0600));
    bw_fault_arm("alloc", 1, false);
    load(path, BW_MEMORY);
    bw_fault_clear();
    struct crypto_keyring *k = load(path, BW_OK);
    REQUIRE(k != NULL);
    CHECK_INT(crypto_seal(k, BW_V("x"), bw_view_of(aad, sizeof(aad)), &b, &err), BW_LIMIT);
    CHECK_INT(crypto_seal(k, BW_V("x"), BW_V(""), &small, &err), BW_LIMIT);
    crypto_keyring_free(k);
}

BW_TEST(signer_from_file)
{
    struct crypto_signer *a = NULL, *b = NULL;
    struct bw_err err;
    unlink(other_path);
    REQUIRE(crypto_signer_load(other_path, &a, &err) == BW_OK);
    REQUIRE(crypto_signer_load(other_path, &b, &err) == BW_OK);
    struct crypto_public_key x = crypto_signer_public(a);
    struct crypto_signature sig = crypto_signer_sign(b, BW_V("checkpoint"));
    CHECK(crypto_verify(&x, BW_V("checkpoint"), &sig));
    CHECK(chmod(other_path, 0644) == 0);
    struct crypto_signer *c = NULL;
    CHECK_INT(crypto_signer_load(other_path, &c, &err), BW_DENIED);
    crypto_signer_free(a);
    crypto_signer_free(b);
}

BW_TEST_MAIN()
