/* SPDX-License-Identifier: Apache-2.0 */
/* bw_random - randomness, keyed by purpose.
 *
 * In service: getrandom(2). Under bw_random_fix(seed), which tests and the demo use, every purpose
 * has its own deterministic stream, so that one more use of one purpose does not change the values
 * of another and two worlds can be compared. Fixed streams are never used for secrets: a secret's
 * purpose is BW_RANDOM_SECRET and always comes from the kernel. Any thread. */
#ifndef BW_RANDOM_H
#define BW_RANDOM_H

#include "bw_view.h"

enum bw_random_purpose {
    BW_RANDOM_SECRET, /* keys, tokens, sessions, salts of passwords: never fixed */
    BW_RANDOM_ID,     /* public ids */
    BW_RANDOM_SALT,   /* ledger salts */
    BW_RANDOM_JITTER, /* retries */
    BW_RANDOM_DEMO,   /* the demo community */
    BW_RANDOM_TEST,
    BW_RANDOM_PURPOSES
};

void bw_random_bytes(enum bw_random_purpose purpose, void *out, size_t n);
uint64_t bw_random_below(enum bw_random_purpose purpose, uint64_t bound); /* bound > 0; unbiased */
void bw_random_fix(uint64_t seed); /* for this process, all purposes but secrets */
void bw_random_free_run(void);     /* back to the kernel */

#define BW_ID_LEN 26 /* 128 bits, base32 (RFC 4648 alphabet in lower case, no padding) */
struct bw_id {
    char text[BW_ID_LEN + 1];
};
struct bw_id bw_id_new(void); /* public id: no order, no time in it */
bool bw_id_valid(
    struct bw_view v); /* only the spelling that bw_id_new() gives: padding bits are zero */

#endif
