/* SPDX-License-Identifier: Apache-2.0 */
/* programme_int - what the room's files share and its templates print. */
#ifndef PROGRAMME_INT_H
#define PROGRAMME_INT_H

#include "page.h"
#include "programme.h"

enum {
    PROGRAMME_TEXT_MAX = 8000,
    PROGRAMME_LINE_MAX = 300,
    PROGRAMME_SHOWN = 200,
};
#define PROGRAMME_REMIND_US (60 * BW_DAY_US)

/* -- store ------------------------------------------------------------------------------------- */
BW_MUST_CHECK enum bw_rc programme_put(struct db_tx *tx, int64_t actor_id,
                                       const struct programme *p, struct bw_view reason,
                                       struct bw_err *err);

enum agreement_kind { AGREEMENT_MOU = 0, AGREEMENT_NDA = 1, AGREEMENT_OTHER = 2, AGREEMENT_KINDS };
struct agreement {
    struct bw_view public_id, title, parties, place; /* place: where the document lies */
    enum agreement_kind kind;
    int64_t from_us, until_us, ended_us; /* until_us 0: without an end; ended_us 0: in force */
};
/* BW_INVALID: no title or parties, or it ends before it begins. */
BW_MUST_CHECK enum bw_rc agreement_add(struct db_tx *tx, int64_t actor_id,
                                       const struct agreement *a, struct bw_err *err);
BW_MUST_CHECK enum bw_rc agreement_end(struct db_tx *tx, const struct viewer *viewer,
                                       struct bw_view public_id, struct bw_err *err);
/* In force first, the one that ends next first. */
BW_MUST_CHECK enum bw_rc agreement_list(struct db *db, const struct viewer *viewer,
                                        struct bw_arena *arena, struct agreement **ret,
                                        size_t *ret_n, struct bw_err *err);
/* Tells the ledger once of each agreement that runs out within PROGRAMME_REMIND_US. */
BW_MUST_CHECK enum bw_rc agreement_remind(struct db_tx *tx, int64_t *ret_n, struct bw_err *err);

enum advisory_kind { ADVISORY_PAPER = 0, ADVISORY_DECISION = 1, ADVISORY_KINDS };
struct advisory {
    struct bw_view public_id, title, body; /* body: Markdown */
    enum advisory_kind kind;
    int64_t met_us;
    bool members; /* every member may read it; else the hub's staff */
};
BW_MUST_CHECK enum bw_rc advisory_add(struct db_tx *tx, int64_t actor_id, const struct advisory *a,
                                      struct bw_err *err);
BW_MUST_CHECK enum bw_rc advisory_list(struct db *db, const struct viewer *viewer,
                                       struct bw_arena *arena, struct advisory **ret, size_t *ret_n,
                                       struct bw_err *err);

/* "2026-11-27" as the beginning of that day (UTC); empty: 0. BW_INVALID names WHAT. */
BW_MUST_CHECK enum bw_rc programme_day(struct bw_view text, const char *what, int64_t *ret_us,
                                       struct bw_err *err);

/* -- pages ------------------------------------------------------------------------------------- */
struct programme_advisory_view {
    struct bw_view public_id, title, body;
    enum i18n_msg kind_msg;
    int64_t met_us;
    bool members;
};
struct programme_page {
    struct bw_view name, eligibility, fee, contact;
    enum i18n_msg phase_msg;
    int64_t from_us, until_us;
    bool set, may_edit, signed_in;
    const struct programme_advisory_view *papers;
    size_t papers_n;
};
struct programme_agreement_view {
    struct bw_view public_id, title, parties, place;
    enum i18n_msg kind_msg, state_msg;
    const char *tag;
    int64_t from_us, until_us;
    bool in_force;
};
struct programme_edit_page {
    struct bw_view name_en, name_hant, name_hans, eligibility_en, eligibility_hant,
        eligibility_hans, fee, contact, from, until;
    bool formal, done, may;
    struct bw_view problem;
    const struct programme_agreement_view *agreements;
    size_t agreements_n;
};
enum bw_rc programme_show(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc programme_edit(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc programme_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc programme_agreement_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc programme_agreement_end(struct http_req *rq, struct http_resp *rs, struct bw_err *err);
enum bw_rc programme_advisory_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err);

#endif
