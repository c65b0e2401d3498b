/* SPDX-License-Identifier: Apache-2.0 */
/* watch_test - networks and events in a few words, for the tests of this room. */
#ifndef WATCH_TEST_H
#define WATCH_TEST_H

#include "bw_clock.h"
#include "member_test.h"
#include "watch_int.h"

#define WT_NOW_US (INT64_C(1795240800) * BW_SECOND_US) /* 2026-11-21 06:00 UTC */

struct wt_network {
    int64_t organisation_id;
    const char *cidr;
    bool verified;
    struct bw_id id;
};

static enum bw_rc wt_network_(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct wt_network *n = arg;
    struct watch_network_in in = {.organisation_id = n->organisation_id, .verified = n->verified};
    BW_TRY(bw_prefix_parse(bw_view_z(n->cidr), &in.prefix, err));
    return watch_network_add(tx, 0, &in, &n->id, err);
}

__attribute__((unused)) static struct bw_id
wt_network(struct member_test *t, enum member_test_organisation o, const char *cidr, bool verified)
{
    struct wt_network n = {t->organisation[o], cidr, verified, {{0}}};
    struct bw_err err;
    enum bw_rc rc = db_write(t->hub.db, wt_network_, &n, &err);
    if (rc != BW_OK)
        printf("# network: %s\n", err.message);
    BW_ASSERT(rc == BW_OK);
    return n.id;
}

__attribute__((unused)) static struct watch_event wt_event(const char *ip, const char *evidence)
{
    struct watch_event e = {.seen_us = WT_NOW_US,
                            .port = -1,
                            .rsit_type = BW_V("infected-system"),
                            .report = BW_V("event4_sinkhole"),
                            .family = BW_V("mudskipper"),
                            .protocol = BW_V("tcp"),
                            .evidence = bw_view_z(evidence),
                            .severity = 4};
    BW_ASSERT(bw_ip_parse(bw_view_z(ip), &e.ip));
    return e;
}

__attribute__((unused)) static struct watch_result wt_take(struct member_test *t,
                                                           const struct watch_event *e, size_t n)
{
    struct watch_result r = {0};
    struct bw_err err;
    enum bw_rc rc = watch_events_take(&t->hub, e, n, &r, &err);
    if (rc != BW_OK)
        printf("# take: %s (%s)\n", err.message, err.detail);
    BW_ASSERT(rc == BW_OK);
    return r;
}

/* Findings that this person sees; the first of them in *ret_first. */
__attribute__((unused)) static size_t wt_findings(struct member_test *t, enum member_test_person p,
                                                  struct watch_finding *ret_first)
{
    const struct viewer *v = member_test_viewer(t, p);
    const struct watch_finding_filter f = {.state = -1, .limit = 1000};
    struct watch_finding *list = NULL;
    struct bw_err err;
    size_t n = 0;
    bool more;
    BW_AUTO(db) *db = NULL;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    enum bw_rc rc = watch_finding_list(db, v, &f, t->arena, &list, &n, &more, &err);
    if (rc != BW_OK)
        printf("# list: %s (%s)\n", err.message, err.detail);
    BW_ASSERT(rc == BW_OK);
    if (n && ret_first)
        *ret_first = list[0];
    return n;
}

__attribute__((unused)) static void wt_open(struct member_test *t, const char *name)
{
    watch_match_forget();
    member_test_open(t, name, room_watch.migrations, room_watch.n_migrations);
}

#endif
