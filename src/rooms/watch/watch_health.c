/* SPDX-License-Identifier: Apache-2.0 */
/* watch_health - how an organisation stands, as a step of a ladder with its evidence.
 *
 * No score: the level is that of the worst open finding of the last 30 days, and the page names it.
 * A clean page means nothing when nobody looks, so "nothing observed" is said only where a verified
 * network and a fresh report are there; else the level is unknown. This release has the ladder's
 * outline: reliability of sources, disputes and known-exploited lists come with the room's own
 * issue. The rule is pure and is fixed by a table in test_watch_store.c. */
#include "watch_int.h"

#include "bw_clock.h"

enum { SEVERITY_LOW = 1, SEVERITY_MEDIUM = 2, SEVERITY_HIGH = 3, SEVERITY_CRITICAL = 4 };

static bool among(struct bw_view v, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bw_view_is(v, list[i]))
            return true;
    return false;
}

/* RSIT types that say: somebody else is in control of the machine or its data. */
static const char *const COMPROMISE[] = {"infected-system",
                                         "c2-server",
                                         "malware-distribution",
                                         "malware-configuration",
                                         "privileged-account-compromise",
                                         "unprivileged-account-compromise",
                                         "application-compromise",
                                         "system-compromise",
                                         "data-leak",
                                         "unauthorised-information-access",
                                         "unauthorised-information-modification"};
/* A machine of theirs troubles others. */
static const char *const ABUSE[] = {"scanner",
                                    "sniffing",
                                    "brute-force",
                                    "exploit",
                                    "ids-alert",
                                    "dos",
                                    "ddos",
                                    "spam",
                                    "phishing",
                                    "masquerade",
                                    "unauthorised-use-of-resources"};
/* Open to be used, or set up wrongly. */
static const char *const EXPOSURE[] = {"vulnerable-system", "potentially-unwanted-accessible",
                                       "ddos-amplifier", "information-disclosure", "weak-crypto"};

enum watch_level watch_level_of(struct bw_view rsit_type, int severity, int64_t last_us,
                                int64_t now_us)
{
    if (among(rsit_type, COMPROMISE, BW_COUNT(COMPROMISE)))
        return severity >= SEVERITY_HIGH && now_us - last_us <= WATCH_ACTIVE_US ? WATCH_ACT_NOW
                                                                                : WATCH_URGENT;
    if (among(rsit_type, ABUSE, BW_COUNT(ABUSE)))
        return severity > SEVERITY_LOW ? WATCH_URGENT : WATCH_HYGIENE;
    if (among(rsit_type, EXPOSURE, BW_COUNT(EXPOSURE)) && severity >= SEVERITY_CRITICAL)
        return WATCH_URGENT;
    if (severity >= SEVERITY_MEDIUM && !bw_view_is(rsit_type, "weak-crypto"))
        return WATCH_EXPOSED;
    return WATCH_HYGIENE;
}

static int worst_first(const void *a, const void *b)
{
    const struct watch_evidence *x = a, *y = b;
    if (x->level != y->level)
        return x->level < y->level ? -1 : 1;
    if (x->severity != y->severity)
        return x->severity > y->severity ? -1 : 1;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    if (x->last_us != y->last_us)
        return x->last_us > y->last_us ? -1 : 1;
    return bw_view_cmp(x->rsit_type, y->rsit_type);
}

enum { WHY_MAX = 200 };

static enum bw_rc read_open(struct db *db, const struct viewer *viewer, int64_t now_us,
                            struct bw_arena *arena, struct watch_health *h, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc;
    h->why = BW_ARENA_ARRAY(arena, WHY_MAX, struct watch_evidence);
    if (!h->why)
        return bw_fail_memory(err);
    BW_TRY(db_query(db, viewer,
                    "SELECT rsit_type, severity, count(*), max(last_us),"
                    " sum(CASE WHEN state = 0 THEN 1 ELSE 0 END) FROM (SELECT rsit_type, severity,"
                    " last_us, state FROM v_finding WHERE organisation_id = ?1 AND last_us >= ?2"
                    " ORDER BY last_us DESC LIMIT 20000) s GROUP BY rsit_type, severity",
                    &st, err));
    db_bind_int(st, 1, viewer->organisation_id);
    db_bind_int(st, 2, now_us - WATCH_RECENT_US);
    while ((rc = db_row(st, err)) == BW_OK && h->n_why < WHY_MAX) {
        struct watch_evidence *e = &h->why[h->n_why++];
        *e = (struct watch_evidence){.severity = (int)db_int(st, 1),
                                     .count = db_int(st, 2),
                                     .last_us = db_int(st, 3),
                                     .fresh = db_int(st, 4)};
        if (e->severity < 0 || e->severity > 4)
            return bw_fail_detail(err, BW_BROKEN, "internal error", "a finding's severity");
        BW_TRY(WATCH_COPY(arena, st, 0, &e->rsit_type, err));
        e->level = watch_level_of(e->rsit_type, e->severity, e->last_us, now_us);
        h->open[e->severity] += e->count;
        h->fresh[e->severity] += e->fresh;
    }
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    qsort(h->why, h->n_why, sizeof(*h->why), worst_first);
    return BW_OK;
}

static enum bw_rc read_number(struct db_stmt *st, int64_t *ret, struct bw_err *err)
{
    BW_TRY(db_row(st, err));
    *ret = db_int(st, 0);
    return BW_OK;
}

static enum bw_rc read_coverage(struct db *db, const struct viewer *viewer, struct watch_health *h,
                                struct bw_err *err)
{
    BW_AUTO(db_stmt) *networks = NULL;
    BW_AUTO(db_stmt) *reports = NULL;
    BW_TRY(db_query(db, viewer,
                    "SELECT count(*) FROM v_network WHERE organisation_id = ?1 AND state = 1",
                    &networks, err));
    db_bind_int(networks, 1, viewer->organisation_id);
    BW_TRY(read_number(networks, &h->verified, err));
    BW_TRY(db_query(db, viewer, "SELECT max(newest_us) FROM v_report_seen", &reports, err));
    return read_number(reports, &h->newest_report_us, err);
}

enum bw_rc watch_health_read(struct db *db, const struct viewer *viewer, int64_t now_us,
                             struct bw_arena *arena, struct watch_health *ret, struct bw_err *err)
{
    struct watch_health h = {.level = WATCH_UNKNOWN};
    BW_TRY(read_open(db, viewer, now_us, arena, &h, err));
    BW_TRY(read_coverage(db, viewer, &h, err));
    if (h.n_why)
        h.level = h.why[0].level;
    else if (h.verified && now_us - h.newest_report_us <= WATCH_ACTIVE_US)
        h.level = WATCH_NOTHING;
    *ret = h;
    return BW_OK;
}
