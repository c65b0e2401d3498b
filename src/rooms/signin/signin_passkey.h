/* SPDX-License-Identifier: Apache-2.0 */
/* signin_passkey - the passkeys and recovery codes of people: rows, and what a page needs to ask a
 * browser for one.
 *
 * The sealed state that stands in the form (signin_int.h) is the challenge: it is for one browser,
 * one purpose and a short time, nobody can guess it, and once it was answered its hash is kept
 * until it is too old. So an answer cannot be given twice, nor to a question of another page. */
#ifndef SIGNIN_PASSKEY_H
#define SIGNIN_PASSKEY_H

#include "signin_int.h"
#include "signin_webauthn.h"

#define SIGNIN_PASSKEYS_MAX 20     /* of a person */
#define SIGNIN_PASSKEY_NAME_MAX 80 /* bytes */
#define SIGNIN_RECOVERY_CODES 10   /* made at a time */
#define SIGNIN_RECOVERY_CHARS 16   /* base32: 80 bits */

struct signin_passkey {
    int64_t id, person_id, sign_count, created_us, used_us;
    struct bw_view public_id, name, credential_id;
    struct crypto_cose_key key;
};
/* Of a person, oldest first. In ARENA. */
BW_MUST_CHECK enum bw_rc signin_passkeys_of(struct db *db, int64_t person_id,
                                            struct bw_arena *arena, struct signin_passkey **ret,
                                            size_t *ret_n, struct bw_err *err);
/* By the authenticator's id of it. BW_NOT_FOUND. */
BW_MUST_CHECK enum bw_rc signin_passkey_find(struct db *db, struct bw_view credential_id,
                                             struct bw_arena *arena, struct signin_passkey *ret,
                                             struct bw_err *err);
struct signin_passkey_in {
    const struct signin_person *person;
    const struct webauthn_new *made;
    struct bw_view name;
    struct bw_view state; /* the challenge, to be used up */
};
/* BW_LIMIT: SIGNIN_PASSKEYS_MAX. BW_CONFLICT: this one is there already, or the challenge was
 * used. */
BW_MUST_CHECK enum bw_rc signin_passkey_add(struct db_tx *tx, const struct signin_passkey_in *in,
                                            struct bw_err *err);
BW_MUST_CHECK enum bw_rc signin_passkey_end(struct db_tx *tx, const struct signin_person *p,
                                            struct bw_view public_id, struct bw_err *err);
/* Uses the challenge up and moves the counter. BW_CONFLICT: one of them was used before. */
struct signin_passkey_use {
    int64_t passkey_id, count;
    struct bw_view state;
};
BW_MUST_CHECK enum bw_rc signin_passkey_take(struct db_tx *tx, int64_t person_id,
                                             const struct signin_passkey_use *use,
                                             struct bw_err *err);
/* True: an authenticator that counts gave no higher number than before. One of two copies did. */
bool signin_passkey_went_back(const struct signin_passkey *k, int64_t count);

/* -- recovery codes (signin_recovery.c) -------------------------------------------------------- */

/* "k3ab-...": made anew; those from before are worth nothing any more. */
struct signin_recovery_codes {
    char text[SIGNIN_RECOVERY_CODES][SIGNIN_RECOVERY_CHARS + 4];
};
void signin_recovery_new(struct signin_recovery_codes *ret);
BW_MUST_CHECK enum bw_rc signin_recovery_keep(struct db_tx *tx, const struct signin_person *p,
                                              const struct signin_recovery_codes *codes,
                                              struct bw_err *err);
/* As typed: blanks, dashes and case do not matter. BW_CONFLICT: no code of this person that is
 * still good. Appends LEDGER_RECOVERY_USED. */
BW_MUST_CHECK enum bw_rc signin_recovery_take(struct db_tx *tx, const struct signin_person *p,
                                              struct bw_view typed, struct bw_err *err);
BW_MUST_CHECK enum bw_rc signin_recovery_left(struct db *db, int64_t person_id, int64_t *ret_left,
                                              int64_t *ret_made_us, struct bw_err *err);

/* -- pages (signin_passkey_page.c) ------------------------------------------------------------- */

/* What a form with data-passkey carries; printed by signin_passkey.html. */
struct signin_passkey_ask {
    struct bw_view state, rp, rp_name, keys; /* keys: ids in base64url, separated by blanks */
    const char *verify;                      /* "required" or "preferred" */
    struct bw_view user, account, display;   /* of a new one */
};
/* Where this hub is, as browsers know it. */
struct signin_place {
    struct bw_view rp, origin;
};
BW_MUST_CHECK enum bw_rc signin_place_of(struct http_req *rq, struct signin_place *ret,
                                         struct bw_err *err);
/* Fills what is common; KEYS of PERSON_ID, 0: none are named. STATE is sealed by the caller. */
BW_MUST_CHECK enum bw_rc signin_passkey_ask(struct http_req *rq, int64_t person_id,
                                            struct bw_view state, bool required,
                                            struct signin_passkey_ask *ret, size_t *ret_keys,
                                            struct bw_err *err);
/* Reads an answer from the request's form and checks it all but for what the transaction checks.
 * PERSON_ID 0: whoever's passkey it is, verified by the authenticator. BW_INVALID, BW_NOT_FOUND:
 * not taken. BW_DENIED: the counter went back; that was told. */
struct signin_passkey_said {
    struct signin_passkey passkey;
    int64_t count;
};
BW_MUST_CHECK enum bw_rc signin_passkey_check(struct http_req *rq, int64_t person_id, bool required,
                                              struct signin_passkey_said *ret, struct bw_err *err);

#endif
