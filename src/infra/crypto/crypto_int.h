/* SPDX-License-Identifier: Apache-2.0 */
/* crypto_int - what the files of this folder share. */
#ifndef CRYPTO_INT_H
#define CRYPTO_INT_H

#include "crypto.h"

#define CRYPTO_KEY_BYTES 32
#define CRYPTO_KEYS_MAX 32

/* Keys as a file holds them. In guarded memory: make with crypto_keys_new(). */
struct crypto_keys {
    size_t n;
    struct {
        uint32_t number;
        uint8_t b[CRYPTO_KEY_BYTES];
    } key[CRYPTO_KEYS_MAX];
};

/* Zeroed memory that is not swapped out where the system allows it, is fenced by guard pages, and
 * is wiped by crypto_guarded_free() (accepts NULL). NULL: out of memory. */
void *crypto_guarded_new(size_t size);
void crypto_guarded_free(void *p);

/* Reads PATH, or makes it with one new key. KIND is the first word of each line. */
BW_MUST_CHECK enum bw_rc crypto_keys_load(const char *path, const char *kind,
                                          struct crypto_keys *ret, struct bw_err *err);

/* Lets SHA-256 use the processor's own instructions where it has them (WANTED false: never, for
 * tests). Without this call it does not. True: it does from now on. */
bool crypto_sha256_setup(bool wanted);

#endif
