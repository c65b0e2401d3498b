/* SPDX-License-Identifier: Apache-2.0 */
/* programme - the hub's own object: what it is called, in which phase it is, who may join and what
 * it costs; the advisory group's papers and decisions; and the register of agreements. */
#ifndef PROGRAMME_H
#define PROGRAMME_H

#include "member.h"

extern const struct room room_programme;

enum programme_phase { PROGRAMME_PILOT = 0, PROGRAMME_FORMAL = 1, PROGRAMME_PHASES };
struct programme {
    struct member_names names, eligibility; /* eligibility: Markdown */
    enum programme_phase phase;
    int64_t from_us, until_us; /* 0: not set */
    struct bw_view fee;        /* empty: free */
    struct bw_view contact;
    bool set; /* false: nobody has entered it yet; the names are the hub's */
};
/* What everybody may know; in ARENA. */
BW_MUST_CHECK enum bw_rc programme_get(struct db *db, const struct settings *settings,
                                       struct bw_arena *arena, struct programme *ret,
                                       struct bw_err *err);

#endif
