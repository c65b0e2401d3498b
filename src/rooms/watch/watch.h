/* SPDX-License-Identifier: Apache-2.0 */
/* watch - members' networks, and what the world's sensors saw on them.
 *
 * A netblock is claimed by a member (pending) or entered by the operator (verified). Reports of
 * compromised or exposed hosts are matched against a snapshot of all claims that is swapped by an
 * atomic pointer; a match becomes a finding (netblock, kind, family, address, day), so that the
 * same report twice is one finding. Matching computes all claimants; disclosure tells the most
 * specific verified one (product.md, Findings): rival verified claims of the same block make the
 * finding the operator's to sort out, an unverified claim shows nothing. */
#ifndef WATCH_H
#define WATCH_H

#include "bw_ip.h"
#include "member.h"

extern const struct room room_watch;

enum watch_network_state { WATCH_PENDING = 0, WATCH_VERIFIED = 1, WATCH_REFUSED = 2 };

struct watch_network_in {
    int64_t organisation_id;
    struct bw_prefix prefix;
    struct bw_view label;
    bool verified; /* only an operator's entry */
};
/* The same prefix of the same organisation again: BW_OK, nothing changes (or pending becomes
 * verified). */
BW_MUST_CHECK enum bw_rc watch_network_add(struct db_tx *tx, int64_t actor_id,
                                           const struct watch_network_in *in, struct bw_id *ret_id,
                                           struct bw_err *err);
BW_MUST_CHECK enum bw_rc watch_network_decide(struct db_tx *tx, const struct viewer *viewer,
                                              struct bw_view public_id, bool verify,
                                              struct bw_err *err);
struct watch_network {
    int64_t id, organisation_id, added_us;
    struct bw_view public_id, label, cidr;
    enum watch_network_state state;
    bool rival; /* another organisation claims the same or an overlapping block; told to staff only
                 */
};
/* Of one organisation (own, or any for staff); organisation_id 0: all pending ones (staff), oldest
 * first. */
BW_MUST_CHECK enum bw_rc watch_network_list(struct db *db, const struct viewer *viewer,
                                            int64_t organisation_id, struct bw_arena *arena,
                                            struct watch_network **ret, size_t *ret_n,
                                            struct bw_err *err);

/* -- events in --------------------------------------------------------------------------------- */

/* One normalised observation (RSIT: Reference Security Incident Taxonomy). */
struct watch_event {
    struct bw_ip ip;
    int64_t seen_us;
    int32_t port;             /* -1: not told */
    struct bw_view rsit_type; /* "infected-system", ... */
    struct bw_view report;    /* "event4_sinkhole": kind of report */
    struct bw_view family;    /* malware family or service; may be empty */
    struct bw_view protocol;
    struct bw_view evidence; /* the line as received (sealed at rest) */
    int severity;            /* 0 info .. 4 critical, as intel_severity */
};
/* A machine value of the Reference Security Incident Taxonomy. */
bool watch_rsit_known(struct bw_view rsit_type);
struct watch_result {
    int64_t matched, opened, again; /* events on somebody's network; new findings; known ones */
};
/* Matches a batch against the networks and writes findings durably, in chunks. Idempotent: the same
 * line counts once, however often it comes. rsit_type, report, family and protocol have at most 64
 * bytes. */
BW_MUST_CHECK enum bw_rc watch_events_take(struct hub *hub, const struct watch_event *events,
                                           size_t n, struct watch_result *add_to,
                                           struct bw_err *err);

/* The same for a feed of any size: what matches is gathered, so that a large feed makes one alert
 * per organisation. COLUMNS (may be empty): the header line that the events' evidence belongs to;
 * borrowed. Neither call is made while this thread holds a read snapshot. */
struct watch_intake;
BW_MUST_CHECK enum bw_rc watch_intake_new(struct hub *hub, struct bw_view columns,
                                          struct watch_intake **ret, struct bw_err *err);
/* A member's report, not the staff's: NAME (kept by the caller until the intake is finished) is put
 * first into the evidence of each finding. */
void watch_intake_reporter(struct watch_intake *k, struct bw_view name);
BW_MUST_CHECK enum bw_rc watch_intake_add(struct watch_intake *k, const struct watch_event *events,
                                          size_t n, struct bw_err *err);
/* Durable when BW_OK. */
BW_MUST_CHECK enum bw_rc watch_intake_finish(struct watch_intake *k, struct watch_result *add_to,
                                             struct bw_err *err);
void watch_intake_free(struct watch_intake *k);
BW_AUTO_TYPE(watch_intake, watch_intake_free);

/* How fresh the reports are: REPORT came in now, its newest row is of NEWEST_US. By the hub's staff
 * it covers everybody's networks and every member sees it; a member's own import is shown to their
 * own. */
BW_MUST_CHECK enum bw_rc watch_report_came(struct db_tx *tx, const struct viewer *importer,
                                           struct bw_view report, int64_t newest_us,
                                           struct bw_err *err);

/* -- findings ---------------------------------------------------------------------------------- */
enum watch_finding_state { WATCH_NEW = 0, WATCH_ACKNOWLEDGED = 1 };
struct watch_finding {
    int64_t id, organisation_id, first_us, last_us, count;
    struct bw_view public_id, ip, rsit_type, report, family, protocol, network; /* network: CIDR */
    int32_t port;
    int severity;
    enum watch_finding_state state;
};
struct watch_finding_filter {
    int state;            /* -1: any */
    bool own_only;        /* of the viewer's organisation; staff otherwise see everybody's */
    int64_t customer_id;  /* of this one, for which the viewer's acts; 0: as above */
    struct bw_view after; /* cursor: public id */
    size_t limit;
};
/* Worst first, then newest. BW_INVALID: the cursor is not one. */
BW_MUST_CHECK enum bw_rc watch_finding_list(struct db *db, const struct viewer *viewer,
                                            const struct watch_finding_filter *f,
                                            struct bw_arena *arena, struct watch_finding **ret,
                                            size_t *ret_n, bool *ret_more, struct bw_err *err);
/* Open (new) findings by severity 0..4 for the viewer's own organisation: the worst 5,000 are
 * counted. */
BW_MUST_CHECK enum bw_rc watch_finding_counts(struct db *db, const struct viewer *viewer,
                                              int64_t ret_by_severity[5], struct bw_err *err);
BW_MUST_CHECK enum bw_rc watch_finding_get(struct db *db, const struct viewer *viewer,
                                           struct bw_view public_id, struct bw_arena *arena,
                                           struct watch_finding *ret, struct bw_err *err);
/* By the organisation it was told to, or by who may do that for it. Already acknowledged: BW_OK.
 * BW_DENIED: visible to staff only. */
BW_MUST_CHECK enum bw_rc watch_finding_acknowledge(struct db_tx *tx, const struct viewer *viewer,
                                                   struct bw_view public_id, struct bw_err *err);

/* -- merging (watch_merge.c) ------------------------------------------------------------------- */

/* FROM's networks and findings are TO's from now on. */
BW_MUST_CHECK enum bw_rc watch_organisation_merge(struct db_tx *tx, int64_t from, int64_t to,
                                                  struct bw_err *err);
BW_MUST_CHECK enum bw_rc watch_organisation_count(struct db *db, int64_t organisation_id,
                                                  int64_t *ret_networks, int64_t *ret_findings,
                                                  struct bw_err *err);

#endif
