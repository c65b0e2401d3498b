/* SPDX-License-Identifier: Apache-2.0 */
/* member_group - what sectors and circles are beside their names: the tree of sectors, and how far
 * a circle's label goes.
 *
 * Sectors. An organisation is put into sectors; it holds the grant of each of them and of all that
 * lie above them, so that a member of "Hospitals" sees what is shared with "Health care" and the
 * gate does not know of a tree (docs/decisions/0015). The holdings are made anew from the choice
 * whenever choice or tree change, in the same transaction.
 *
 * Circles. No item goes to a circle whose label restricts more than the circle's ceiling. */
#ifndef MEMBER_GROUP_H
#define MEMBER_GROUP_H

#include "member.h"

/* -- sectors ----------------------------------------------------------------------------------- */

struct member_sector {
    int64_t id, parent_id; /* 0: at the top */
    int depth;             /* 0: at the top */
    int64_t organisations; /* that it was chosen for */
    struct bw_view public_id;
    struct member_names names;
};
#define MEMBER_SECTOR_DEPTH_MAX 8
#define MEMBER_SECTORS_MAX 1000
/* The tree in reading order: each sector before those under it, neighbours by English name. */
BW_MUST_CHECK enum bw_rc member_sectors(struct db *db, const struct viewer *viewer,
                                        struct bw_arena *arena, struct member_sector **ret,
                                        size_t *ret_n, struct bw_err *err);
/* The sector and all above it, itself first. *ret_n <= MEMBER_SECTOR_DEPTH_MAX. */
BW_MUST_CHECK enum bw_rc member_sector_line(struct db *db, int64_t id,
                                            int64_t ret[MEMBER_SECTOR_DEPTH_MAX], size_t *ret_n,
                                            struct bw_err *err);
/* PARENT 0: to the top. BW_INVALID: under itself, or too deep. Everybody's holdings follow. */
BW_MUST_CHECK enum bw_rc member_sector_move(struct db_tx *tx, int64_t actor_id, int64_t id,
                                            int64_t parent_id, struct bw_err *err);
/* Of a sector or circle. BW_CONFLICT: the English name is taken. */
BW_MUST_CHECK enum bw_rc member_group_rename(struct db_tx *tx, int64_t actor_id,
                                             enum grant_kind kind, int64_t id,
                                             const struct member_names *names, struct bw_err *err);
/* The sectors chosen for an organisation, ascending by key. */
BW_MUST_CHECK enum bw_rc member_sectors_chosen(struct db *db, int64_t organisation_id,
                                               struct bw_arena *arena, int64_t **ret, size_t *ret_n,
                                               struct bw_err *err);
/* All sectors that follow from a choice: the chosen ones and all above, ascending, each once. With
 * MOVED not 0 the tree is taken as if MOVED lay under PARENT. */
struct member_move {
    int64_t moved, parent_id;
};
BW_MUST_CHECK enum bw_rc member_sectors_closed(struct db *db, const int64_t *chosen, size_t n,
                                               struct member_move move, struct bw_arena *arena,
                                               int64_t **ret, size_t *ret_n, struct bw_err *err);
/* Puts an organisation into exactly these sectors. */
BW_MUST_CHECK enum bw_rc member_sectors_set(struct db_tx *tx, int64_t actor_id,
                                            int64_t organisation_id, const int64_t *sectors,
                                            size_t n, struct bw_err *err);
/* Those for which a sector under ID, or ID itself, is chosen; ascending. */
BW_MUST_CHECK enum bw_rc member_sector_organisations(struct db *db, int64_t id,
                                                     struct bw_arena *arena, int64_t **ret,
                                                     size_t *ret_n, struct bw_err *err);
BW_MUST_CHECK enum bw_rc member_class_set(struct db_tx *tx, int64_t actor_id,
                                          int64_t organisation_id, enum member_class class_,
                                          struct bw_err *err);

/* -- circles ----------------------------------------------------------------------------------- */

/* New circles are hidden, entered by invitation, and take labels up to this one. */
#define MEMBER_CIRCLE_TLP TLP_AMBER_STRICT
/* BW_INVALID names the first circle among GRANTS that does not take TLP. The caller's viewer has
 * chosen these circles, so their names are told. */
BW_MUST_CHECK enum bw_rc member_circles_take(struct db *db, enum tlp tlp,
                                             const struct grant *grants, size_t n,
                                             struct bw_err *err);
/* The circles among GRANTS that do not take TLP: *ret is the name of the first one in LANG, empty
 * where all do. In ARENA. */
BW_MUST_CHECK enum bw_rc member_circles_over(struct db *db, enum tlp tlp,
                                             const struct grant *grants, size_t n,
                                             enum i18n_lang lang, struct bw_arena *arena,
                                             struct bw_view *ret, struct bw_err *err);
/* Gives or ends one group for one holder, with its event; no change: no event. PERSON 0: for the
 * organisation. */
struct member_belonging {
    int64_t actor_id, group_id;
    enum grant_kind kind;
    enum holder_kind holder;
    int64_t holder_id;
    bool give;
};
BW_MUST_CHECK enum bw_rc member_belonging_set(struct db_tx *tx, const struct member_belonging *b,
                                              struct bw_err *err);

#endif
