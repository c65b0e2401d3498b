/* SPDX-License-Identifier: Apache-2.0 */
/* intel_page - what the files for items, indicators, search and their pages share; the STIX files
 * need none of it. */
#ifndef INTEL_PAGE_H
#define INTEL_PAGE_H

#include "intel_int.h"
#include "page.h"
#include "text.h"

#define INTEL_COUNT_MAX 1000        /* counts stop here: "1,000+" */
#define INTEL_STARTS_LOOKED_AT 1000 /* indicators that begin so, seen or not */
#define INTEL_CHOSEN_MAX 2000       /* organisations, circles, sectors and people of one item */
#define INTEL_PAGE_INDICATORS 200   /* shown on the item's page; the downloads have all */
#define INTEL_RELATED 5

/* -- words (intel_word.c) ---------------------------------------------------------------------- */
const char *intel_kind_icon(enum intel_kind k);          /* symbol of the icon sprite */
const char *intel_severity_class(enum intel_severity s); /* "sev-high" */
const char *intel_tlp_class(enum tlp tlp);               /* "tlp-amber-strict" */
enum i18n_msg intel_tlp_msg(enum tlp tlp);               /* what the label allows */

/* -- checks (intel_prepare.c) ------------------------------------------------------------------ */
enum intel_field {
    INTEL_FIELD_KIND,
    INTEL_FIELD_TITLE,
    INTEL_FIELD_TLP,
    INTEL_FIELD_SEVERITY,
    INTEL_FIELD_BODY,
    INTEL_FIELD_AUDIENCE,
    INTEL_FIELD_PEOPLE,
    INTEL_FIELDS
};
const char *intel_field_name(enum intel_field f); /* in forms and in the API */
struct intel_problem {
    enum intel_field field;
    enum i18n_msg msg;
    struct bw_view what; /* argument {what} of the message; may be empty */
};
struct intel_problems {
    struct intel_problem rows[16];
    size_t n;
};
void intel_problem_add(struct intel_problems *p, enum intel_field field, enum i18n_msg msg,
                       struct bw_view what);
/* All that is wrong at once, for a form. */
void intel_item_check(const struct intel_item_in *in, struct intel_problems *out);
BW_MUST_CHECK enum bw_rc intel_chosen_read(struct bw_view text, struct bw_arena *arena,
                                           struct intel_audience_in *ret, struct bw_err *err);

/* -- writes (intel_item.c) --------------------------------------------------------------------- */

/* The author's draft becomes what P says: another draft, or published. BW_NOT_FOUND: no such draft
 * of theirs; BW_CONFLICT: it has been published meanwhile. */
BW_MUST_CHECK enum bw_rc intel_item_change(struct db_tx *tx, const struct viewer *author,
                                           struct bw_view public_id, const struct intel_prepared *p,
                                           struct bw_err *err);
/* By the author's organisation or staff who see it; a draft is thrown away by its author.
 * BW_DENIED: visible, but not theirs. Withdrawn already: BW_OK. */
BW_MUST_CHECK enum bw_rc intel_item_withdraw(struct db_tx *tx, const struct viewer *viewer,
                                             struct bw_view public_id, struct bw_err *err);
bool intel_may_withdraw(const struct viewer *viewer, const struct intel_item *item);

/* -- reads (intel_store.c, intel_indicator.c) -------------------------------------------------- */

/* Hubs with fewer items than this are always walked by time; tests make it 0. */
extern int64_t intel_walk_small;
BW_MUST_CHECK enum bw_rc intel_item_chosen(struct db *db, const struct viewer *viewer,
                                           int64_t item_id, struct bw_arena *arena,
                                           struct intel_audience_in *ret, struct bw_err *err);
/* Of the newest INTEL_COUNT_MAX matches; capped: there are more. */
struct intel_facets {
    int64_t kind[INTEL_KINDS], tlp[TLP_LABELS], total;
    bool capped;
};
BW_MUST_CHECK enum bw_rc intel_item_facets(struct db *db, const struct viewer *viewer,
                                           const struct intel_filter *f, struct intel_facets *ret,
                                           struct bw_err *err);
/* Other items that this viewer sees and that share an indicator, most shared first; no bodies. */
BW_MUST_CHECK enum bw_rc intel_item_related(struct db *db, const struct viewer *viewer,
                                            int64_t item_id, struct bw_arena *arena,
                                            struct intel_item **ret, size_t *ret_n,
                                            struct bw_err *err);
/* Items with the indicator, newest first, at most MAX. */
BW_MUST_CHECK enum bw_rc intel_item_with(struct db *db, const struct viewer *viewer,
                                         int64_t indicator_id, size_t max, struct bw_arena *arena,
                                         struct intel_item **ret, size_t *ret_n,
                                         struct bw_err *err);
/* Of one item, by kind and then in order of the text, at most MAX. */
BW_MUST_CHECK enum bw_rc intel_item_indicators(struct db *db, const struct viewer *viewer,
                                               int64_t item_id, size_t max, struct bw_arena *arena,
                                               struct intel_indicator **ret, size_t *ret_n,
                                               struct bw_err *err);
struct intel_seen {
    int64_t id, occurrences, first_us, last_us; /* occurrences: at most INTEL_COUNT_MAX + 1 */
    enum intel_ioc ioc;
    struct bw_view value;
};
/* BW_NOT_FOUND: the viewer sees no occurrence of it. */
BW_MUST_CHECK enum bw_rc intel_indicator_find(struct db *db, const struct viewer *viewer,
                                              struct bw_view value, struct bw_arena *arena,
                                              struct intel_seen *ret, struct bw_err *err);
/* Values that begin with PREFIX and that the viewer sees somewhere; among the first
 * INTEL_STARTS_LOOKED_AT such values of the hub. */
BW_MUST_CHECK enum bw_rc intel_indicator_starts(struct db *db, const struct viewer *viewer,
                                                struct bw_view prefix, size_t max,
                                                struct bw_arena *arena,
                                                struct intel_indicator **ret, size_t *ret_n,
                                                struct bw_err *err);

/* -- the search box (intel_query.c) ------------------------------------------------------------ */
enum intel_operator { INTEL_OP_KIND, INTEL_OP_TLP, INTEL_OP_SEVERITY, INTEL_OPS };
struct intel_query_term {
    enum intel_operator op;
    struct bw_view text; /* as typed: "kind:alert" */
};
struct intel_query_problem {
    enum i18n_msg msg;
    struct bw_view what, instead; /* as typed; what was probably meant, may be empty */
};
struct intel_query {
    struct bw_view words;    /* what is left: searched for in the text */
    int kind, tlp, severity; /* -1: not given */
    struct intel_query_term terms[INTEL_OPS];
    size_t n_terms;
    struct intel_query_problem problems[4];
    size_t n_problems;
};
/* Takes the operators out of what a person typed. Never fails but for memory: what it does not
 * understand is left out of the search and told in problems. */
BW_MUST_CHECK enum bw_rc intel_query_parse(struct bw_view typed, struct bw_arena *arena,
                                           struct intel_query *ret, struct bw_err *err);
const char *intel_operator_name(enum intel_operator op); /* "kind" */

/* -- CSV (intel_csv.c) ------------------------------------------------------------------------- */

/* One cell (RFC 4180). A cell that a spreadsheet would take for a formula gets an apostrophe. */
void csv_cell(struct bw_buf *out, struct bw_view text, bool last);

#endif
