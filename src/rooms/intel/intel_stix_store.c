/* SPDX-License-Identifier: Apache-2.0 */
/* intel_stix_store - the rows of STIX objects: each once for its owner, and which of an id's
 * versions is the last.
 *
 * Who supersedes whom: a version hides only older ones of the same owner. Another organisation that
 * sends an object under the same id, by mistake or on purpose, adds an object and hides nothing.
 *
 * Readers walk lists of what is not superseded, so that a page costs the same however many versions
 * there are. `superseded` is set where it holds for every reader: same owner, same audience, newer.
 * Where it depends on the reader (an id with several owners or audiences, or a version twice) the
 * rows are `contested` and the reader asks (intel_stix_page.c). Ids are uniform in practice: then
 * one look at the newest row of the key is all that adding costs. */
#include "intel_stix.h"

#include "bw_random.h"

#include <endian.h>

static int64_t head_of(const struct crypto_digest *d)
{
    uint64_t be;
    memcpy(&be, d->b, sizeof(be));
    return (int64_t)be64toh(be);
}

int64_t stix_key(struct bw_view stix_id)
{
    struct crypto_digest d = crypto_sha256(stix_id);
    return head_of(&d);
}

void stix_object_seal(struct stix_object *o)
{
    o->key = stix_key(o->stix_id);
    o->hash = crypto_sha256(o->bytes);
}

static int64_t content_key(const struct stix_object *o, const struct stix_place *at)
{
    if (!at->copy)
        return head_of(&o->hash);
    int64_t audience = at->audience_id;
    const struct bw_view parts[] = {crypto_digest_view(&o->hash),
                                    {(const char *)&audience, sizeof(audience)}};
    struct crypto_digest d = crypto_sha256_views(parts, BW_COUNT(parts));
    return head_of(&d);
}

/* -- the writer -------------------------------------------------------------------------------- */

static const struct viewer *as_store(void)
{
    return viewer_system("stix: which version is the last, whoever sees it");
}

static enum bw_rc prepare(struct stix_writer *w, struct bw_err *err)
{
    BW_TRY(db_query(db_tx_db(w->tx), as_store(),
                    "SELECT id, owner_id, audience_id, version_us, contested, stix_id"
                    " FROM v_stix_object WHERE stix_key = ?1"
                    " ORDER BY owner_id DESC, version_us DESC LIMIT 1",
                    &w->find, err));
    BW_TRY(db_change(w->tx,
                     "INSERT INTO stix_object (id, audience_id, owner_id, superseded, contested,"
                     " stix_key, version_us, content_key, added_us, stix_id, type, version,"
                     " spec_version, artifact_id, item_id, hash)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,"
                     " ?16) ON CONFLICT (stix_key, owner_id, version_us, content_key) DO NOTHING",
                     &w->object, err));
    BW_TRY(db_change(w->tx, "INSERT INTO stix_body (id, audience_id, bytes) VALUES (?1, ?2, ?3)",
                     &w->body, err));
    return db_change(w->tx, "UPDATE stix_object SET superseded = 1 WHERE id = ?1", &w->supersede,
                     err);
}

enum bw_rc stix_writer_begin(struct db_tx *tx, struct stix_writer *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    *ret = (struct stix_writer){.tx = tx};
    BW_TRY(db_plain(db_tx_db(tx), "SELECT last_id, last_added_us FROM stix_last WHERE id = 1", &st,
                    err));
    if (db_row(st, err) != BW_OK)
        return bw_fail_detail(err, BW_BROKEN, "internal error", "stix_last is empty");
    ret->first_id = ret->last_id = db_int(st, 0);
    ret->last_added_us = db_int(st, 1);
    if (ret->last_added_us < db_tx_now_us(tx) - 1)
        ret->last_added_us = db_tx_now_us(tx) - 1;
    bw_random_bytes(BW_RANDOM_JITTER, &ret->jitter, sizeof(ret->jitter));
    return prepare(ret, err);
}

void stix_writer_done(struct stix_writer *w)
{
    db_stmt_free(BW_TAKE(w->find));
    db_stmt_free(BW_TAKE(w->object));
    db_stmt_free(BW_TAKE(w->body));
    db_stmt_free(BW_TAKE(w->supersede));
}

/* Times of adding are shown to readers. Steps of one would let them count what lies between two
 * objects that they see, so the step is 1 to 32 µs (xorshift64*: it only has to be unknown to
 * them). */
static int64_t next_added(struct stix_writer *w)
{
    w->jitter |= 1;
    w->jitter ^= w->jitter >> 12;
    w->jitter ^= w->jitter << 25;
    w->jitter ^= w->jitter >> 27;
    w->last_added_us += 1 + (int64_t)(w->jitter * UINT64_C(0x2545f4914f6cdd1d) >> 59);
    return w->last_added_us;
}

static enum bw_rc streams_write(struct stix_writer *w, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(w->tx,
                     "INSERT INTO stix_stream (audience_id, type, last_id) VALUES (?1, ?2, ?3)"
                     " ON CONFLICT (audience_id, type) DO UPDATE SET last_id = excluded.last_id",
                     &st, err));
    for (size_t i = 0; i < w->n_streams; i++) {
        db_bind_int(st, 1, w->streams[i].audience_id);
        db_bind_text(st, 2, w->streams[i].type);
        db_bind_int(st, 3, w->streams[i].last_id);
        BW_TRY(db_post(st, err));
        db_again(st);
    }
    w->n_streams = 0;
    return BW_OK;
}

static enum bw_rc stream_note(struct stix_writer *w, int64_t audience_id, struct bw_view type,
                              int64_t id, struct bw_err *err)
{
    size_t i = 0;
    while (i < w->n_streams &&
           !(w->streams[i].audience_id == audience_id && bw_view_eq(w->streams[i].type, type)))
        i++;
    if (i == STIX_STREAMS_MAX) {
        BW_TRY(streams_write(w, err));
        i = 0;
    }
    if (i == w->n_streams)
        w->streams[w->n_streams++] = (struct stix_stream){audience_id, 0, type};
    w->streams[i].last_id = id;
    return BW_OK;
}

enum bw_rc stix_writer_end(struct stix_writer *w, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    if (w->last_id == w->first_id)
        return BW_OK;
    BW_TRY(streams_write(w, err));
    BW_TRY(db_change(w->tx, "UPDATE stix_last SET last_id = ?1, last_added_us = ?2 WHERE id = 1",
                     &st, err));
    db_bind_int(st, 1, w->last_id);
    db_bind_int(st, 2, w->last_added_us);
    return db_post(st, err);
}

/* -- which is the last ------------------------------------------------------------------------- */

/* Where a new object stands among the rows of its key. */
struct standing {
    bool superseded, contested;
    bool contest_others; /* the rows that are there become contested */
    int64_t supersedes;  /* this row is no longer the last; 0: none */
};

/* The key is contested already, or becomes so: the last of the same owner and audience is looked
 * for. */
static enum bw_rc stand_among(struct stix_writer *w, const struct stix_object *o,
                              const struct stix_place *at, struct standing *s, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    s->contested = true;
    if (at->copy)
        return BW_OK; /* the reader finds out; rows of an identity may be many */
    BW_TRY(db_query(db_tx_db(w->tx), as_store(),
                    "SELECT id, version_us FROM v_stix_object WHERE stix_key = ?1"
                    " AND owner_id = ?2 AND audience_id = ?3 AND superseded = 0 AND stix_id = ?4"
                    " ORDER BY version_us DESC LIMIT 1",
                    &st, err));
    db_bind_int(st, 1, o->key);
    db_bind_int(st, 2, at->owner_id);
    db_bind_int(st, 3, at->audience_id);
    db_bind_text(st, 4, o->stix_id);
    enum bw_rc rc = db_row(st, err);
    if (rc != BW_OK)
        return rc == BW_NOT_FOUND ? BW_OK : rc;
    if (o->version_us > db_int(st, 1))
        s->supersedes = db_int(st, 0);
    else
        s->superseded = true;
    return BW_OK;
}

static enum bw_rc version_there(struct stix_writer *w, const struct stix_object *o,
                                const struct stix_place *at, bool *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(w->tx), as_store(),
                    "SELECT 1 FROM v_stix_object WHERE stix_key = ?1 AND owner_id = ?2"
                    " AND version_us = ?3 LIMIT 1",
                    &st, err));
    db_bind_int(st, 1, o->key);
    db_bind_int(st, 2, at->owner_id);
    db_bind_int(st, 3, o->version_us);
    enum bw_rc rc = db_row(st, err);
    *ret = rc == BW_OK;
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

static enum bw_rc stand(struct stix_writer *w, const struct stix_object *o,
                        const struct stix_place *at, struct standing *s, struct bw_err *err)
{
    db_again(w->find);
    db_bind_int(w->find, 1, o->key);
    enum bw_rc rc = db_row(w->find, err);
    *s = (struct standing){.contested = false};
    if (rc == BW_NOT_FOUND)
        return BW_OK;
    BW_TRY(rc);
    int64_t newest = db_int(w->find, 0), newest_us = db_int(w->find, 3);
    bool contested = db_int(w->find, 4) != 0;
    bool uniform = !contested && !at->copy && db_int(w->find, 1) == at->owner_id &&
                   db_int(w->find, 2) == at->audience_id &&
                   bw_view_eq(db_text(w->find, 5), o->stix_id);
    db_again(w->find);
    if (uniform && o->version_us > newest_us) {
        s->supersedes = newest;
        return BW_OK;
    }
    bool twice = false;
    if (uniform)
        BW_TRY(version_there(w, o, at, &twice, err));
    if (uniform && !twice) {
        s->superseded = true;
        return BW_OK;
    }
    s->contest_others = !contested;
    return stand_among(w, o, at, s, err);
}

static enum bw_rc stand_write(struct stix_writer *w, const struct stix_object *o,
                              const struct standing *s, struct bw_err *err)
{
    if (s->supersedes) {
        db_again(w->supersede);
        db_bind_int(w->supersede, 1, s->supersedes);
        BW_TRY(db_post(w->supersede, err));
    }
    if (!s->contest_others)
        return BW_OK;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(w->tx,
                     "UPDATE stix_object SET contested = 1 WHERE stix_key = ?1 AND contested = 0",
                     &st, err));
    db_bind_int(st, 1, o->key);
    return db_run(st, err);
}

/* -- adding ------------------------------------------------------------------------------------ */

static void bind_key(struct db_stmt *st, int at, int64_t id)
{
    if (id)
        db_bind_int(st, at, id);
    else
        db_bind_null(st, at);
}

static enum bw_rc insert(struct stix_writer *w, const struct stix_object *o,
                         const struct stix_place *at, const struct standing *s, bool *ret_new,
                         struct bw_err *err)
{
    struct db_stmt *st = w->object;
    db_again(st);
    db_bind_int(st, 1, w->last_id + 1);
    db_bind_int(st, 2, at->audience_id);
    db_bind_int(st, 3, at->owner_id);
    db_bind_int(st, 4, s->superseded);
    db_bind_int(st, 5, s->contested);
    db_bind_int(st, 6, o->key);
    db_bind_int(st, 7, o->version_us);
    db_bind_int(st, 8, content_key(o, at));
    db_bind_int(st, 9, next_added(w));
    db_bind_text(st, 10, o->stix_id);
    db_bind_text(st, 11, o->type);
    db_bind_text(st, 12, o->version);
    db_bind_text(st, 13, o->spec_version);
    bind_key(st, 14, at->artifact_id);
    bind_key(st, 15, at->item_id);
    db_bind_bytes(st, 16, crypto_digest_view(&o->hash));
    BW_TRY(db_run(st, err));
    *ret_new = db_changes(st) > 0;
    return BW_OK;
}

enum bw_rc stix_writer_add(struct stix_writer *w, const struct stix_object *o,
                           const struct stix_place *at, int64_t *ret_id, struct bw_err *err)
{
    struct standing s;
    bool is_new;
    BW_TRY(stand(w, o, at, &s, err));
    BW_TRY(insert(w, o, at, &s, &is_new, err));
    *ret_id = 0;
    if (!is_new)
        return BW_OK;
    BW_TRY(stand_write(w, o, &s, err));
    int64_t id = ++w->last_id;
    db_again(w->body);
    db_bind_int(w->body, 1, id);
    db_bind_int(w->body, 2, at->audience_id);
    db_bind_bytes(w->body, 3, o->bytes);
    BW_TRY(db_post(w->body, err));
    BW_TRY(stream_note(w, at->audience_id, o->type, id, err));
    *ret_id = id;
    return BW_OK;
}

enum bw_rc stix_writer_has(struct stix_writer *w, const struct stix_object *o,
                           const struct stix_place *at, bool *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(w->tx), as_store(),
                    "SELECT 1 FROM v_stix_object WHERE stix_key = ?1 AND owner_id = ?2"
                    " AND version_us = ?3 AND content_key = ?4",
                    &st, err));
    db_bind_int(st, 1, o->key);
    db_bind_int(st, 2, at->owner_id);
    db_bind_int(st, 3, o->version_us);
    db_bind_int(st, 4, content_key(o, at));
    enum bw_rc rc = db_row(st, err);
    *ret = rc == BW_OK;
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

enum bw_rc stix_writer_forget(struct stix_writer *w, int64_t object_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *body = NULL;
    BW_AUTO(db_stmt) *object = NULL;
    BW_TRY(db_change(w->tx, "DELETE FROM stix_body WHERE id = ?1", &body, err));
    db_bind_int(body, 1, object_id);
    BW_TRY(db_run(body, err));
    BW_TRY(db_change(w->tx, "DELETE FROM stix_object WHERE id = ?1", &object, err));
    db_bind_int(object, 1, object_id);
    return db_run(object, err);
}

enum bw_rc stix_writer_forget_all(struct stix_writer *w, const struct stix_object *o,
                                  const struct stix_place *at, struct bw_err *err)
{
    enum bw_rc rc = BW_OK;
    while (rc == BW_OK) {
        BW_AUTO(db_stmt) *st = NULL;
        BW_TRY(db_query(db_tx_db(w->tx), as_store(),
                        "SELECT id FROM v_stix_object WHERE stix_key = ?1 AND owner_id = ?2"
                        " AND stix_id = ?3 LIMIT 1",
                        &st, err));
        db_bind_int(st, 1, o->key);
        db_bind_int(st, 2, at->owner_id);
        db_bind_text(st, 3, o->stix_id);
        rc = db_row(st, err);
        int64_t id = rc == BW_OK ? db_int(st, 0) : 0;
        db_again(st);
        if (rc == BW_OK)
            rc = stix_writer_forget(w, id, err);
    }
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

/* A row that moves is added anew: who sees it from now on may have read past its old place. */
enum bw_rc stix_writer_move(struct stix_writer *w, int64_t object_id, struct bw_view type,
                            int64_t audience_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *object = NULL;
    BW_AUTO(db_stmt) *body = NULL;
    int64_t id = ++w->last_id;
    BW_TRY(db_change(w->tx,
                     "UPDATE stix_object SET id = ?2, audience_id = ?3, added_us = ?4"
                     " WHERE id = ?1",
                     &object, err));
    BW_TRY(db_change(w->tx, "UPDATE stix_body SET id = ?2, audience_id = ?3 WHERE id = ?1", &body,
                     err));
    db_bind_int(body, 1, object_id);
    db_bind_int(body, 2, id);
    db_bind_int(body, 3, audience_id);
    BW_TRY(db_run(body, err));
    db_bind_int(object, 1, object_id);
    db_bind_int(object, 2, id);
    db_bind_int(object, 3, audience_id);
    db_bind_int(object, 4, next_added(w));
    BW_TRY(db_run(object, err));
    return stream_note(w, audience_id, type, id, err);
}
