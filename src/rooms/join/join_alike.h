/* SPDX-License-Identifier: Apache-2.0 */
/* join_alike - does a name or a domain resemble a member's?
 *
 * Who wants to be taken for a member registers what looks like it: a Cyrillic letter in a Latin
 * word, one letter more, a hyphen, another ending. So both sides are reduced to what the eye keeps
 * of them (a skeleton, after UTS #39 section 4, with a table of our own for Latin, Cyrillic, Greek
 * and digits), and are then compared exactly and with one edit between them (Damerau-Levenshtein,
 * restricted: one letter other, more, fewer, or two swapped). A flag is for a person to look at and
 * decides nothing, so it may be wrong; it may not be slow: a comparison is linear, 3,000 members
 * take a few milliseconds. Pure; no heap. Fuzzed by fuzz_join_text. */
#ifndef JOIN_ALIKE_H
#define JOIN_ALIKE_H

#include "bw_view.h"

/* From the strongest on. */
enum join_alike {
    JOIN_ALIKE_SAME = 0,   /* the same domain, or one within the other; the same name */
    JOIN_ALIKE_GLYPH = 1,  /* looks the same, is written otherwise */
    JOIN_ALIKE_HYPHEN = 2, /* the same but for hyphens */
    JOIN_ALIKE_ENDING = 3, /* the same label under another ending */
    JOIN_ALIKE_LETTER = 4, /* one edit away */
    JOIN_ALIKE_NOT = 5,
    JOIN_ALIKES = JOIN_ALIKE_NOT,
};

#define JOIN_SKELETON_MAX 200 /* code points; what is longer is compared by its beginning */
struct join_skeleton {
    uint32_t c[JOIN_SKELETON_MAX];
    size_t n;
};
struct join_domain {
    struct bw_view text, ending;               /* borrowed; "com.hk" */
    struct join_skeleton label, folded, tight; /* as written; as seen; the same without hyphens */
};
struct join_name {
    struct join_skeleton written, folded; /* lower case; as seen, without legal form and blanks */
};

/* TEXT may be in punycode or in Unicode, in any case. An empty domain resembles nothing. */
void join_domain_read(struct bw_view text, struct join_domain *ret);
enum join_alike join_domain_alike(const struct join_domain *a, const struct join_domain *b);
void join_name_read(struct bw_view text, struct join_name *ret);
enum join_alike join_name_alike(const struct join_name *a, const struct join_name *b);

/* True: one edit or none between them. */
bool join_one_edit(const struct join_skeleton *a, const struct join_skeleton *b);
/* "com.hk" of "bank.com.hk"; all of it where nobody has registered anything. */
struct bw_view join_ending(struct bw_view domain);
/* The part of DOMAIN that somebody registered: "mail.bank.com.hk" gives "bank.com.hk". */
struct bw_view join_registered(struct bw_view domain);
/* True: B is A, or lies within what A registered. */
bool join_domain_within(struct bw_view a, struct bw_view b);

#endif
