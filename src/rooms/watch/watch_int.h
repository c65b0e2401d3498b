/* SPDX-License-Identifier: Apache-2.0 */
/* watch_int - what the room's files share. Pages have watch_page.h, the match snapshot
 * watch_match.h. */
#ifndef WATCH_INT_H
#define WATCH_INT_H

#include "watch.h"
#include "watch_match.h"

#define WATCH_LABEL_MAX 120      /* bytes */
#define WATCH_NETWORKS_MAX 10000 /* of one organisation */
#define WATCH_CLAIMS_BYTES_MAX (4u << 20)
#define WATCH_SEEN_MAX 1000              /* observations that a finding counts */
#define WATCH_EVIDENCE_MAX (16 * 1024)   /* bytes of a line that are kept */
#define WATCH_WORD_MAX 64                /* bytes of a family, report, RSIT type */
#define WATCH_RECENT_US (30 * BW_DAY_US) /* what the health level looks at */
#define WATCH_ACTIVE_US (7 * BW_DAY_US)  /* an active compromise; a fresh report */

/* -- words (watch_word.c) ---------------------------------------------------------------------- */
const char *watch_severity_word(int severity);  /* "critical": in APIs, as intel's */
const char *watch_severity_class(int severity); /* "sev-critical" */
enum i18n_msg watch_severity_msg(int severity);
const char *watch_network_word(enum watch_network_state s); /* "pending" */
const char *watch_finding_word(enum watch_finding_state s); /* "new" */
/* RSIT machine value to words; what the taxonomy does not have is "other". */
enum i18n_msg watch_rsit_msg(struct bw_view rsit_type);

/* -- networks (watch_network.c) ---------------------------------------------------------------- */

/* Text of a form or a CSV cell. BW_INVALID says what is wrong and what was probably meant: host
 * bits, a range instead of a prefix, everything (/0) or nearly, addresses that nobody has. */
BW_MUST_CHECK enum bw_rc watch_prefix_parse(struct bw_view text, struct bw_prefix *ret,
                                            struct bw_err *err);
BW_MUST_CHECK enum bw_rc watch_label_check(struct bw_view label, struct bw_err *err);
/* As watch_network_add; *ret_changed false: it was there already, in that state or a better one. */
BW_MUST_CHECK enum bw_rc watch_network_put(struct db_tx *tx, int64_t actor_id,
                                           const struct watch_network_in *in, struct bw_id *ret_id,
                                           bool *ret_changed, struct bw_err *err);
/* {organisation, the hub's staff}; organisation 0: the staff alone. */
BW_MUST_CHECK enum bw_rc watch_audience(struct db_tx *tx, int64_t organisation_id, int64_t *ret_id,
                                        struct bw_err *err);
/* The same with those who act for the organisation: of networks and findings. */
BW_MUST_CHECK enum bw_rc watch_row_audience(struct db_tx *tx, int64_t organisation_id,
                                            int64_t *ret_id, struct bw_err *err);

/* -- lists of claims (watch_claims.c) ---------------------------------------------------------- */

struct watch_refusal {
    struct bw_view where, why; /* "line 3" */
};
#define WATCH_REFUSALS_MAX 100 /* told; counts are not capped */
struct watch_claims_result {
    int64_t taken, same, refused;
    struct watch_refusal refusals[WATCH_REFUSALS_MAX];
    size_t n;
};
/* CSV lines "cidr,label" of the viewer's own organisation (pending), or by an operator also
 * "organisation,cidr,label" (verified); a header line is optional. Takes what is right, durably,
 * and says of the rest why not. *ret lives in ARENA. This thread holds no read snapshot. */
BW_MUST_CHECK enum bw_rc watch_claims_take(struct db_engine *e, const struct viewer *viewer,
                                           struct bw_view csv, struct bw_arena *arena,
                                           struct watch_claims_result *ret, struct bw_err *err);

/* BW_LIMIT: the organisation has entered as many as it may. Once per transaction of claims. */
BW_MUST_CHECK enum bw_rc watch_network_room(struct db_tx *tx, int64_t organisation_id,
                                            struct bw_err *err);

/* -- CSV cells (watch_csv.c) ------------------------------------------------------------------- */

/* Splits one record: *rest is moved behind the cell. Quotes are taken off, doubled ones made
 * single, into ARENA where needed. False: no more cells. */
bool watch_csv_cell(struct bw_view *rest, struct bw_arena *arena, struct bw_view *ret);

/* -- health (watch_health.c) ------------------------------------------------------------------- */

/* The ladder, worst first; no opaque score. Values are the count of steps on the page's meter. */
enum watch_level {
    WATCH_UNKNOWN = 0, /* nothing verified or no fresh report: never green by default */
    WATCH_ACT_NOW = 1,
    WATCH_URGENT = 2,
    WATCH_EXPOSED = 3,
    WATCH_HYGIENE = 4,
    WATCH_NOTHING = 5,
    WATCH_LEVELS
};
/* What one kind of open finding means on the ladder. last_us: when it was last seen. */
enum watch_level watch_level_of(struct bw_view rsit_type, int severity, int64_t last_us,
                                int64_t now_us);
struct watch_evidence { /* open findings of one type and severity, seen in the last 30 days */
    struct bw_view rsit_type;
    int severity;
    int64_t count, fresh, last_us; /* fresh: not yet acknowledged */
    enum watch_level level;
};
struct watch_health {
    enum watch_level level;
    int64_t open[5], fresh[5];  /* by severity */
    int64_t verified;           /* networks */
    int64_t newest_report_us;   /* newest data in a report that covers it; 0: none */
    struct watch_evidence *why; /* worst first */
    size_t n_why;
};
BW_MUST_CHECK enum bw_rc watch_health_read(struct db *db, const struct viewer *viewer,
                                           int64_t now_us, struct bw_arena *arena,
                                           struct watch_health *ret, struct bw_err *err);

/* -- reports (watch_report.c) ------------------------------------------------------------------ */
struct watch_report_seen {
    struct bw_view report;
    int64_t imported_us, newest_us;
};
BW_MUST_CHECK enum bw_rc watch_report_list(struct db *db, const struct viewer *viewer,
                                           struct bw_arena *arena, struct watch_report_seen **ret,
                                           size_t *ret_n, struct bw_err *err);

/* -- findings (watch_finding.c) ---------------------------------------------------------------- */

/* The sealed evidence of one finding, opened into OUT, for whoever may see the finding. */
BW_MUST_CHECK enum bw_rc watch_evidence_open(struct hub *hub, struct db *db,
                                             const struct viewer *viewer, struct bw_view public_id,
                                             struct bw_buf *out, struct bw_err *err);
/* "finding/<public id>/evidence". */
struct bw_view watch_evidence_aad(struct bw_view public_id, char out[64]);

/* A copy of a row's text in the arena. */
#define WATCH_COPY(arena, st, column, ret, err) \
    bw_view_copy((arena), db_text((st), (column)), (ret), (err))

#endif
