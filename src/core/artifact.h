/* SPDX-License-Identifier: Apache-2.0 */
/* artifact - bytes as they were received, kept before any row that is made from them.
 *
 * Chunks of at most 256 KiB, zstd, in the same database; SHA-256 over the whole. The same bytes
 * from the same owner are stored once; across owners "already there" is never told, so each owner
 * has a copy. What is computed from artifacts can be thrown away and rebuilt; artifacts cannot. */
#ifndef ARTIFACT_H
#define ARTIFACT_H

#include "bw_buf.h"
#include "viewer.h"

#define ARTIFACT_CHUNK_BYTES (256 * 1024)

struct artifact_in {
    struct bw_view bytes;
    struct bw_view media_type, name; /* name as given by the sender, for showing only */
    int64_t owner_id;                /* organisation */
    int64_t audience_id;             /* who may read the bytes themselves */
};
/* Stores durably, several write transactions for large bytes, and is idempotent: interrupted in the
 * middle it goes on when called again. *ret_known: this owner had sent the same bytes before. */
BW_MUST_CHECK enum bw_rc artifact_put(struct db_engine *e, const struct artifact_in *in,
                                      int64_t *ret_id, bool *ret_known, struct bw_err *err);
/* The bytes again, checked against their hash. BW_NOT_FOUND also where VIEWER may not see them. */
BW_MUST_CHECK enum bw_rc artifact_read(struct db *db, const struct viewer *viewer, int64_t id,
                                       struct bw_buf *out, struct bw_err *err);

#endif
