/* SPDX-License-Identifier: Apache-2.0 */
/* join_word - routes, states, kinds, and their words. */
#ifndef JOIN_WORD_H
#define JOIN_WORD_H

#include "i18n.h"
#include "setting.h"

/* -- words (join_word.c). Values are stored: append only. -------------------------------------- */

enum join_route {
    JOIN_FOUNDING = 0,
    JOIN_OPEN = 1,
    JOIN_SPONSORED = 2,
    JOIN_TRUSTED = 3,
    JOIN_ROUTES
};
enum join_state {
    JOIN_DRAFT = 0,
    JOIN_SUBMITTED = 1, /* the applicant's address is confirmed; nobody has taken it up */
    JOIN_CHECKING = 2,
    JOIN_VOUCHING = 3,
    JOIN_OBJECTION = 4, /* the window is open */
    JOIN_COMMITTEE = 5,
    JOIN_SIGNING = 6,
    JOIN_ACTIVE = 7,
    JOIN_REJECTED = 8,
    JOIN_WITHDRAWN = 9,
    JOIN_STATES
};
enum join_size { JOIN_SIZE_10, JOIN_SIZE_50, JOIN_SIZE_250, JOIN_SIZE_MORE, JOIN_SIZES };
enum join_proof { JOIN_PROOF_NONE, JOIN_PROOF_MAIL, JOIN_PROOF_DNS, JOIN_PROOF_DESK, JOIN_PROOFS };
enum join_person_kind { JOIN_APPLICANT = 0, JOIN_EMERGENCY = 1, JOIN_REPRESENTATIVE = 2 };
enum join_word_kind { JOIN_VOUCHES = 0, JOIN_OBJECTS = 1, JOIN_DECIDES = 2 };
enum join_link_kind {
    JOIN_LINK_PROGRESS = 0,
    JOIN_LINK_CONFIRM = 1,
    JOIN_LINK_DOMAIN = 2,
    JOIN_LINK_SIGN = 3
};
enum join_mail_kind {
    JOIN_MAIL_CONFIRM = 0,  /* to who applies: the link that submits */
    JOIN_MAIL_ENLISTED = 1, /* the same, to whom an association has enlisted */
    JOIN_MAIL_DOMAIN = 2,   /* to an address of the domain */
    JOIN_MAIL_STEP = 3,     /* there is something new on the progress page */
    JOIN_MAIL_SIGN = 4,     /* to the signatory */
    JOIN_MAIL_REJECTED = 5,
    JOIN_MAIL_WITHDRAWN = 6,
    JOIN_MAIL_ACTIVE = 7,
    JOIN_MAILS
};
const char *join_route_word(enum join_route r);
const char *join_state_word(enum join_state s);
enum i18n_msg join_route_msg(enum join_route r);
enum i18n_msg join_state_msg(enum join_state s);
enum i18n_msg join_size_msg(enum join_size s);
enum i18n_msg join_proof_msg(enum join_proof p);
bool join_ended(enum join_state s); /* active, rejected, withdrawn */
/* The hub's list and the setting's: mail of people, never proof of an organisation. */
bool join_public_mail(const struct settings *settings, struct bw_view domain);
/* "a.example": letters, digits, hyphens, two labels or more; punycode for other letters. */
bool join_domain_valid(struct bw_view domain);
struct bw_view join_domain_of(struct bw_view email);
/* After how many days in STATE it is overdue; 0: never. */
int64_t join_overdue_days(const struct settings *settings, enum join_state state);

#endif
