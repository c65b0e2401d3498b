/* SPDX-License-Identifier: Apache-2.0 */
/* audience - who may see a row.
 *
 * An audience is an interned, immutable set of grants with its TLP label; every readable row of
 * every room carries one audience_id. A viewer holds grants through what they are and belong to,
 * and sees a row when any grant of the row's audience is among them. "Who can see this" is the same
 * set, spelled out; changing who sees a row means giving it another audience, never changing an
 * audience.
 *
 * Because audiences never change, what has been read of one is true for ever: the store keeps them
 * in memory (about 20 bytes each, loaded on first use, lock-free to read) and there is nothing to
 * invalidate. What changes is what viewers hold: see viewer.h. */
#ifndef AUDIENCE_H
#define AUDIENCE_H

#include "bw_arena.h"
#include "db.h"

/* Traffic Light Protocol 2.0 (FIRST.org). Order: wider to narrower; a larger value restricts more.
 */
enum tlp { TLP_CLEAR, TLP_GREEN, TLP_AMBER, TLP_AMBER_STRICT, TLP_RED, TLP_LABELS };
const char *tlp_name(enum tlp tlp);              /* "TLP:AMBER+STRICT", never translated */
const char *tlp_word(enum tlp tlp);              /* "amber+strict": in APIs and forms */
bool tlp_parse(struct bw_view v, enum tlp *ret); /* either form, any case */

/* Values are stored: append only. */
enum grant_kind {
    GRANT_PUBLIC = 0,       /* everybody in the world; ref 0 */
    GRANT_EVERYBODY = 1,    /* every active member; ref 0 */
    GRANT_ORGANISATION = 2, /* ref: organisation key */
    GRANT_CIRCLE = 3,
    GRANT_SECTOR = 4,
    GRANT_ROLE = 5, /* ref: enum role; ROLE_STAFF stands for operators and analysts */
    GRANT_PERSON = 6,
    GRANT_ORG_ADMIN = 7, /* a conjunction as a grant of its own: admin AND of organisation ref */
    GRANT_DUTY = 8,      /* ref: enum duty; held by people, never in an audience */
    GRANT_LIMIT = 9,     /* ref: enum limit; what takes away: never in an audience */
    GRANT_DELEGATE = 10, /* ref: organisation key; held by who acts for it */
};

struct grant {
    enum grant_kind kind;
    int64_t ref;
};
#define GRANT_CODE_BITS 4
/* A grant as one number, the form in which sets are kept and compared: ref << 4 | kind. */
static inline int64_t grant_code(struct grant g)
{
    return g.ref << GRANT_CODE_BITS | (int64_t)g.kind;
}
static inline struct grant grant_of_code(int64_t code)
{
    return (struct grant){(enum grant_kind)(code & ((1 << GRANT_CODE_BITS) - 1)),
                          code >> GRANT_CODE_BITS};
}

#define AUDIENCE_GRANTS_MAX 20000

/* Finds or makes the audience with exactly these grants (order and doubles do not matter).
 * BW_INVALID when the label forbids the set: RED to anybody but named people, public with anything
 * but CLEAR, an empty set; BW_LIMIT over AUDIENCE_GRANTS_MAX. */
BW_MUST_CHECK enum bw_rc audience_intern(struct db_tx *tx, enum tlp tlp, const struct grant *grants,
                                         size_t n, int64_t *ret_id, struct bw_err *err);

struct audience_info {
    enum tlp tlp;
    size_t n;
    const int64_t *codes; /* ascending grant codes */
};
/* The set of one audience, borrowed for the life of the process; the label alone is never a secret
 * from somebody who sees the row. BW_BROKEN: no such audience. */
BW_MUST_CHECK enum bw_rc audience_get(struct db *db, int64_t id, struct audience_info *ret,
                                      struct bw_err *err);
bool audience_has(const struct audience_info *a, struct grant g);

/* Forgets everything read; only for tests that open one database after another. */
void audience_store_clear(void);

#endif
