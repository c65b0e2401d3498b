/* SPDX-License-Identifier: Apache-2.0 */
/* watch_intake - what gathering (watch_intake.c) hands to writing (watch_chunk.c). */
#ifndef WATCH_INTAKE_H
#define WATCH_INTAKE_H

#include "watch_int.h"

#define WATCH_CHUNK 200        /* findings in one transaction: it stays under 5 ms */
#define WATCH_CHUNK_MARKS 1000 /* observations in one, but at least those of one finding */

struct watch_pending { /* one finding to be */
    struct bw_ip ip;
    int64_t day, first_us, last_us, events;
    int32_t port;
    int severity;
    struct bw_view rsit_type, family, report, protocol, evidence;
    struct bw_id public_id; /* if it is new */
    int64_t *marks;
    uint32_t n_marks, room_marks, next;
    struct watch_disclosure told;
    bool opened; /* outcome: it was not there */
};

/* An organisation's findings may fill several chunks: the first that opens some is told at once, so
 * that no crash swallows the alert; what the others open is told together with its last. */
struct watch_alert {
    int64_t organisation_id;
    bool told;    /* an event was appended */
    int64_t held; /* opened since, not told yet */
    int held_worst;
    struct bw_id held_id;
};

struct watch_chunk {
    struct hub *hub;
    struct bw_view columns;
    struct bw_view reporter;    /* stands in the evidence; empty: the hub's staff */
    int64_t version;            /* of the snapshot that decided who is told */
    struct watch_pending *rows; /* by organisation */
    size_t n;
    bool last;                /* the last row's organisation has no further rows */
    struct watch_alert alert; /* in: from the chunk before; out: for the next */
};
/* Durable when BW_OK. BW_CONFLICT: claims have changed since; nothing was written. */
BW_MUST_CHECK enum bw_rc watch_chunk_write(struct watch_chunk *c, struct bw_err *err);

#endif
