/* SPDX-License-Identifier: Apache-2.0 */
/* db_sqlite_fulltext - documents of a full-text index: put and drop.
 *
 * FTS5 keeps the words; to take a document out again it wants the text that went in. That text lies
 * beside the index in ft_<name>_text, compressed: with FTS5's own copy the whole is twice as large
 * (30 MB of prose: 51 MB against 23). First byte: 0 plain, 1 zstd. A document that is put again
 * unchanged costs a comparison.
 *
 * FTS5 of this age marks a dropped document and forgets its words when segments are merged: text
 * that has to be erased by law is gone from the index only then. */
#include "bw_buf.h"
#include "db_sqlite_int.h"
#include <zstd.h>

#define SQUEEZE_LEVEL 1
#define SQUEEZE_LEAST 128 /* bytes; shorter texts do not shrink */

void lite_fulltext_done(struct lite *db)
{
    ZSTD_freeCCtx(db->squeeze);
    ZSTD_freeDCtx(db->unsqueeze);
}

static enum bw_rc squeeze(struct lite *db, struct bw_view text, struct bw_buf *b,
                          struct bw_err *err)
{
    if (!db->squeeze && !(db->squeeze = ZSTD_createCCtx()))
        return bw_fail_memory(err);
    size_t room = ZSTD_compressBound(text.n);
    if (!bw_buf_reserve(b, room + 1))
        return bw_buf_rc(b, "a text for searching", err);
    size_t n = SIZE_MAX;
    if (text.n >= SQUEEZE_LEAST)
        n = ZSTD_compressCCtx(db->squeeze, b->p + 1, room, text.p, text.n, SQUEEZE_LEVEL);
    bool smaller = text.n >= SQUEEZE_LEAST && !ZSTD_isError(n) && n < text.n;
    bw_buf_byte(b, smaller ? '\1' : '\0');
    if (smaller)
        b->n += n;
    else
        bw_buf_view(b, text);
    return bw_buf_rc(b, "a text for searching", err);
}

static enum bw_rc unsqueeze(struct lite *db, struct bw_view kept, struct bw_buf *b,
                            struct bw_err *err)
{
    if (kept.n > 0 && kept.p[0] == '\0') {
        bw_buf_view(b, bw_view_from(kept, 1));
        return bw_buf_rc(b, "a text for searching", err);
    }
    if (!db->unsqueeze && !(db->unsqueeze = ZSTD_createDCtx()))
        return bw_fail_memory(err);
    struct bw_view z = bw_view_from(kept, 1);
    unsigned long long n = ZSTD_getFrameContentSize(z.p, z.n);
    if (z.n == 0 || n > DB_FULLTEXT_MAX)
        return bw_fail(err, BW_BROKEN, "a text kept for searching is damaged");
    if (!bw_buf_reserve(b, (size_t)n + 1))
        return bw_buf_rc(b, "a text for searching", err);
    size_t got = ZSTD_decompressDCtx(db->unsqueeze, b->p, b->room, z.p, z.n);
    if (ZSTD_isError(got) || got != n)
        return bw_fail(err, BW_BROKEN, "a text kept for searching is damaged");
    b->n = got;
    return BW_OK;
}

/* The text under ID into B; BW_NOT_FOUND: none. */
static enum bw_rc read_old(struct db *db, const char *name, int64_t id, struct bw_buf *b,
                           struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_prepare_named(db, "SELECT text FROM ft_%_text WHERE id = ?1", name, &st, err));
    db_bind_int(st, 1, id);
    enum bw_rc rc = db_row(st, err);
    return rc == BW_OK ? unsqueeze(lite_of(db), db_bytes(st, 0), b, err) : rc;
}

static enum bw_rc drop_words(struct db *db, const char *name, int64_t id, struct bw_view old,
                             struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_prepare_named(db, "INSERT INTO ft_% (ft_%, rowid, text) VALUES ('delete', ?1, ?2)",
                            name, &st, err));
    db_bind_int(st, 1, id);
    db_bind_text(st, 2, old);
    return db_run(st, err);
}

static enum bw_rc put_words(struct db *db, const char *name, int64_t id, struct bw_view text,
                            struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_prepare_named(db, "INSERT INTO ft_% (rowid, text) VALUES (?1, ?2)", name, &st, err));
    db_bind_int(st, 1, id);
    db_bind_text(st, 2, text);
    return db_run(st, err);
}

static enum bw_rc put_text(struct db *db, const char *name, int64_t id, struct bw_view text,
                           struct bw_err *err)
{
    BW_AUTO_BUF b = BW_BUF_INIT(2 * DB_FULLTEXT_MAX);
    BW_TRY(squeeze(lite_of(db), text, &b, err));
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_prepare_named(db,
                            "INSERT INTO ft_%_text (id, text) VALUES (?1, ?2)"
                            " ON CONFLICT (id) DO UPDATE SET text = excluded.text",
                            name, &st, err));
    db_bind_int(st, 1, id);
    db_bind_bytes(st, 2, bw_buf_text(&b));
    return db_run(st, err);
}

enum bw_rc lite_fulltext_put(struct db *db, const char *name, int64_t id, struct bw_view folded,
                             struct bw_err *err)
{
    BW_AUTO_BUF old = BW_BUF_INIT(2 * DB_FULLTEXT_MAX);
    enum bw_rc rc = read_old(db, name, id, &old, err);
    if (rc == BW_OK && bw_view_eq(bw_buf_text(&old), folded))
        return BW_OK;
    if (rc == BW_OK)
        rc = drop_words(db, name, id, bw_buf_text(&old), err);
    else if (rc == BW_NOT_FOUND)
        rc = BW_OK;
    BW_TRY(rc);
    BW_TRY(put_words(db, name, id, folded, err));
    return put_text(db, name, id, folded, err);
}

enum bw_rc lite_fulltext_drop(struct db *db, const char *name, int64_t id, struct bw_err *err)
{
    BW_AUTO_BUF old = BW_BUF_INIT(2 * DB_FULLTEXT_MAX);
    enum bw_rc rc = read_old(db, name, id, &old, err);
    if (rc == BW_NOT_FOUND)
        return BW_OK;
    BW_TRY(rc);
    BW_TRY(drop_words(db, name, id, bw_buf_text(&old), err));
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_prepare_named(db, "DELETE FROM ft_%_text WHERE id = ?1", name, &st, err));
    db_bind_int(st, 1, id);
    return db_run(st, err);
}

enum bw_rc lite_fulltext_each(struct db *db, const char *name, copy_text_fn fn, void *arg,
                              struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc;
    BW_TRY(db_prepare_named(db, "SELECT id, text FROM ft_%_text ORDER BY id", name, &st, err));
    while ((rc = db_row(st, err)) == BW_OK) {
        BW_AUTO_BUF text = BW_BUF_INIT(2 * DB_FULLTEXT_MAX);
        BW_TRY(unsqueeze(lite_of(db), db_bytes(st, 1), &text, err));
        BW_TRY(fn(arg, db_int(st, 0), bw_buf_text(&text), err));
    }
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}
