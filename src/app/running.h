/* SPDX-License-Identifier: Apache-2.0 */
/* running - the parts of a hub that answers requests, in the order in which they start and stop.
 * `serve` lets them run by themselves; the worlds of the differential test move them by hand. */
#ifndef RUNNING_H
#define RUNNING_H

#include "app.h"

enum { RUNNING_CONSUMERS_MAX = 32, RUNNING_JOBS_MAX = 32, RUNNING_PROXIES_MAX = 32 };

struct running {
    struct hub hub; /* opened by app_open() */
    /* No follower of the ledger, no job and no last-seen time moves but in running_settle(). */
    bool by_hand;
    struct http_server *server;
    size_t rooms_started;
    const struct ledger_consumer *consumers[RUNNING_CONSUMERS_MAX];
    struct job_kind jobs[RUNNING_JOBS_MAX];
    struct bw_prefix proxies[RUNNING_PROXIES_MAX];
    size_t n_consumers, n_jobs, n_proxies;
    char spool[4096];
};

/* R stays where it is until running_stop(), which is called also where this failed. LISTEN:
 * "address:port". */
BW_MUST_CHECK enum bw_rc running_start(struct running *r, const char *listen, struct bw_err *err);
/* Closes the hub, too. */
void running_stop(struct running *r);
/* By hand only: last-seen times are written, every consumer takes what is committed, every job that
 * is due runs; in this order, in the caller's thread. */
BW_MUST_CHECK enum bw_rc running_settle(struct running *r, struct bw_err *err);

#endif
