/* SPDX-License-Identifier: Apache-2.0 */
/* artifact - see artifact.h. A chunk is compressed outside the lane and written in a transaction of
 * its own, so that a large upload holds up no other writer. An artifact is seen once it is
 * complete. */
#include "artifact.h"

#include "bw_fault.h"
#include "crypto.h"

#include <zstd.h>

enum { LEVEL = 1, PARTS_PER_WRITE = 4 };

struct part {
    int64_t number;
    struct bw_view packed;
};
struct put {
    const struct artifact_in *in;
    struct crypto_digest hash;
    int64_t id, parts_done;
    bool known;
    struct part parts[PARTS_PER_WRITE];
    size_t n_parts;
    bool last;
};

/* Finds the owner's row of these bytes, or makes it; says how far an earlier attempt had come. */
static enum bw_rc put_begin(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct put *p = arg;
    BW_AUTO(db_stmt) *st = NULL;
    BW_AUTO(db_stmt) *insert = NULL;

    BW_TRY(db_query(db_tx_db(tx), viewer_system("artifact: the owner's own bytes again"),
                    "SELECT a.id, a.complete, (SELECT count(*) FROM artifact_chunk c"
                    " WHERE c.artifact_id = a.id) FROM v_artifact a"
                    " WHERE a.owner_id = ?1 AND a.hash = ?2",
                    &st, err));
    db_bind_int(st, 1, p->in->owner_id);
    db_bind_bytes(st, 2, crypto_digest_view(&p->hash));
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_OK) {
        p->id = db_int(st, 0);
        p->known = db_int(st, 1) != 0;
        p->parts_done = db_int(st, 2);
        return BW_OK;
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    BW_TRY(db_change(tx,
                     "INSERT INTO artifact (owner_id, audience_id, hash, size_bytes, media_type,"
                     " name, created_us, complete) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)"
                     " RETURNING id",
                     &insert, err));
    db_bind_int(insert, 1, p->in->owner_id);
    db_bind_int(insert, 2, p->in->audience_id);
    db_bind_bytes(insert, 3, crypto_digest_view(&p->hash));
    db_bind_int(insert, 4, (int64_t)p->in->bytes.n);
    db_bind_text(insert, 5, p->in->media_type);
    db_bind_text(insert, 6, p->in->name);
    db_bind_int(insert, 7, db_tx_now_us(tx));
    BW_TRY(db_row(insert, err));
    p->id = db_int(insert, 0);
    p->known = false;
    p->parts_done = 0;
    return BW_OK;
}

static enum bw_rc put_parts(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct put *p = arg;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "INSERT INTO artifact_chunk (artifact_id, part, bytes) VALUES (?1, ?2, ?3)"
                     " ON CONFLICT (artifact_id, part) DO NOTHING",
                     &st, err));
    for (size_t i = 0; i < p->n_parts; i++) {
        db_bind_int(st, 1, p->id);
        db_bind_int(st, 2, p->parts[i].number);
        db_bind_bytes(st, 3, p->parts[i].packed);
        BW_TRY(db_post(st, err));
        db_again(st);
    }
    if (!p->last)
        return BW_OK;
    BW_AUTO(db_stmt) *done = NULL;
    BW_TRY(db_change(tx, "UPDATE artifact SET complete = 1 WHERE id = ?1", &done, err));
    db_bind_int(done, 1, p->id);
    return db_run(done, err);
}

static enum bw_rc put_rest(struct db_engine *e, struct put *p, ZSTD_CCtx *zstd, struct bw_err *err)
{
    const size_t bound = ZSTD_compressBound(ARTIFACT_CHUNK_BYTES);
    BW_AUTO_HEAP char *packed = bw_alloc(bound * PARTS_PER_WRITE);
    int64_t part = p->parts_done;
    if (!packed)
        return bw_fail_memory(err);
    do {
        for (p->n_parts = 0; p->n_parts < PARTS_PER_WRITE && !p->last; part++) {
            struct bw_view rest = bw_view_from(p->in->bytes, (size_t)part * ARTIFACT_CHUNK_BYTES);
            struct bw_view raw = bw_view_head(rest, ARTIFACT_CHUNK_BYTES);
            p->last = raw.n == rest.n;
            if (raw.n == 0)
                break;
            char *to = packed + bound * p->n_parts;
            size_t n = ZSTD_compressCCtx(zstd, to, bound, raw.p, raw.n, LEVEL);
            if (ZSTD_isError(n))
                return bw_fail_memory(err);
            p->parts[p->n_parts++] = (struct part){part, bw_view_of(to, n)};
        }
        BW_TRY(db_write(e, put_parts, p, err));
    } while (!p->last);
    return BW_OK;
}

enum bw_rc artifact_put(struct db_engine *e, const struct artifact_in *in, int64_t *ret_id,
                        bool *ret_known, struct bw_err *err)
{
    struct put p = {.in = in, .hash = crypto_sha256(in->bytes)};
    BW_TRY(db_write(e, put_begin, &p, err));
    if (!p.known) {
        ZSTD_CCtx *zstd = ZSTD_createCCtx();
        enum bw_rc rc = zstd ? put_rest(e, &p, zstd, err) : bw_fail_memory(err);
        ZSTD_freeCCtx(zstd);
        BW_TRY(rc);
    }
    *ret_id = p.id;
    *ret_known = p.known;
    return BW_OK;
}

static enum bw_rc unpack(struct bw_view packed, struct bw_buf *out, struct bw_err *err)
{
    unsigned long long n = ZSTD_getFrameContentSize(packed.p, packed.n);
    if (n > ARTIFACT_CHUNK_BYTES)
        return bw_fail_detail(err, BW_BROKEN, "internal error", "artifact chunk of %llu bytes", n);
    if (!bw_buf_reserve(out, (size_t)n))
        return bw_buf_rc(out, "file", err);
    size_t got = ZSTD_decompress(out->p + out->n, (size_t)n, packed.p, packed.n);
    if (ZSTD_isError(got) || got != n)
        return bw_fail_detail(err, BW_BROKEN, "internal error", "artifact chunk is damaged");
    out->n += got;
    return BW_OK;
}

enum bw_rc artifact_read(struct db *db, const struct viewer *viewer, int64_t id, struct bw_buf *out,
                         struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_AUTO(db_stmt) *chunk = NULL;
    uint8_t want[32];
    size_t from = out->n;
    enum bw_rc rc;

    BW_TRY(db_query(db, viewer, "SELECT hash FROM v_artifact WHERE id = ?1 AND complete = 1", &st,
                    err));
    db_bind_int(st, 1, id);
    rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "no such file");
    BW_TRY(rc);
    BW_ASSERT(db_bytes(st, 0).n == sizeof(want));
    memcpy(want, db_bytes(st, 0).p, sizeof(want));
    BW_TRY(db_plain(db, "SELECT bytes FROM artifact_chunk WHERE artifact_id = ?1 ORDER BY part",
                    &chunk, err));
    db_bind_int(chunk, 1, id);
    while ((rc = db_row(chunk, err)) == BW_OK)
        BW_TRY(unpack(db_bytes(chunk, 0), out, err));
    if (rc != BW_NOT_FOUND)
        return rc;
    struct crypto_digest got = crypto_sha256(bw_view_of(out->p + from, out->n - from));
    if (memcmp(got.b, want, sizeof(want)) != 0)
        return bw_fail_detail(err, BW_BROKEN, "internal error", "artifact %ld: hash", (long)id);
    return BW_OK;
}
