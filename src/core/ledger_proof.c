/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_proof - checkpoints, and the verifier that trusts nothing but the stored rows and a key.
 */
#include "ledger_int.h"

#include "bw_clock.h"
#include "crypto_text.h"

#include <inttypes.h>

void ledger_checkpoint_text(const struct ledger_checkpoint *c, struct bw_buf *out)
{
    char time[BW_TIME_MAX];
    bw_time_format(c->at_us, time);
    bw_buf_printf(out, "breakwater ledger 1\n%" PRId64 "\n", c->size);
    crypto_base64(crypto_digest_view(&c->root), CRYPTO_BASE64, out);
    bw_buf_printf(out, "\n%s\n", time);
}

enum bw_rc ledger_checkpoint_last(struct db *db, struct ledger_checkpoint *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(
        db_plain(db,
                 "SELECT size, root, at_us, signature FROM checkpoint ORDER BY size DESC LIMIT 1",
                 &st, err));
    BW_TRY(db_row(st, err));
    ret->size = db_int(st, 0);
    ret->at_us = db_int(st, 2);
    if (db_bytes(st, 1).n != sizeof(ret->root) || db_bytes(st, 3).n != sizeof(ret->signature))
        return bw_fail_detail(err, BW_BROKEN, "internal error", "checkpoint row");
    memcpy(ret->root.b, db_bytes(st, 1).p, sizeof(ret->root));
    memcpy(ret->signature.b, db_bytes(st, 3).p, sizeof(ret->signature));
    return BW_OK;
}

static enum bw_rc checkpoint_keep(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct ledger_checkpoint *c = arg;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "INSERT INTO checkpoint (size, root, at_us, signature) VALUES (?1, ?2, ?3, ?4)"
                     " ON CONFLICT (size) DO NOTHING",
                     &st, err));
    db_bind_int(st, 1, c->size);
    db_bind_bytes(st, 2, crypto_digest_view(&c->root));
    db_bind_int(st, 3, c->at_us);
    db_bind_bytes(st, 4, bw_view_of((const char *)c->signature.b, sizeof(c->signature)));
    return db_run(st, err);
}

enum bw_rc ledger_sign(struct db_engine *e, const struct crypto_signer *signer,
                       struct ledger_checkpoint *ret, struct bw_err *err)
{
    BW_AUTO_BUF text = BW_BUF_INIT(1024);
    struct ledger_checkpoint c;
    {
        BW_AUTO(db) *db = NULL;
        struct merkle m;
        int64_t added_us;
        BW_TRY(db_open(e, &db, err));
        BW_TRY(ledger_state_read(db, &m, &added_us, err));
        enum bw_rc rc = ledger_checkpoint_last(db, &c, err);
        if (rc == BW_OK && c.size == (int64_t)m.n) {
            *ret = c;
            return BW_OK;
        }
        if (rc != BW_OK && rc != BW_NOT_FOUND)
            return rc;
        c = (struct ledger_checkpoint){.size = (int64_t)m.n, .root = merkle_root(&m)};
    }
    /* Whole seconds: the note has no room for the exact moment of a change. */
    c.at_us = bw_now_us() / BW_SECOND_US * BW_SECOND_US;
    ledger_checkpoint_text(&c, &text);
    BW_TRY(bw_buf_rc(&text, "checkpoint", err));
    c.signature = crypto_signer_sign(signer, bw_buf_text(&text));
    BW_TRY(db_write(e, checkpoint_keep, &c, err));
    *ret = c;
    return BW_OK;
}

enum bw_rc ledger_signed_with(struct db *db, const struct crypto_public_key *key, bool *ret,
                              struct bw_err *err)
{
    BW_AUTO_BUF text = BW_BUF_INIT(1024);
    struct ledger_checkpoint c;
    enum bw_rc rc = ledger_checkpoint_last(db, &c, err);
    if (rc == BW_NOT_FOUND) {
        *ret = true;
        return BW_OK;
    }
    BW_TRY(rc);
    ledger_checkpoint_text(&c, &text);
    BW_TRY(bw_buf_rc(&text, "checkpoint", err));
    *ret = crypto_verify(key, bw_buf_text(&text), &c.signature);
    return BW_OK;
}

/* -- verifying --------------------------------------------------------------------------------- */

static enum bw_rc broken(struct bw_err *err, int64_t position, const char *what)
{
    return bw_fail(err, BW_BROKEN, "ledger position %" PRId64 ": %s", position, what);
}

static enum bw_rc verify_opening(const struct db_stmt *st, const struct ledger_leaf *leaf,
                                 struct ledger_report *r, struct bw_err *err)
{
    if (db_null(st, 8)) {
        r->erased++;
        return BW_OK;
    }
    struct bw_view salt = db_bytes(st, 8);
    struct crypto_digest actor = ledger_commit_int(salt, 'a', db_int(st, 9));
    struct crypto_digest audience = ledger_commit_int(salt, 'u', db_int(st, 10));
    struct crypto_digest payload = ledger_commit_bytes(salt, 'p', db_bytes(st, 11));
    r->openings++;
    if (!bw_view_eq(crypto_digest_view(&actor), leaf->commit_actor))
        return broken(err, leaf->position, "the actor is not the one committed to");
    if (!bw_view_eq(crypto_digest_view(&audience), leaf->commit_audience))
        return broken(err, leaf->position, "the audience is not the one committed to");
    if (!bw_view_eq(crypto_digest_view(&payload), leaf->commit_payload))
        return broken(err, leaf->position, "the payload is not the one committed to");
    return BW_OK;
}

static enum bw_rc verify_event(const struct db_stmt *st, struct merkle *m, int64_t *last_us,
                               struct ledger_report *r, struct bw_err *err)
{
    const struct ledger_leaf leaf = {
        .position = db_int(st, 0),
        .added_us = db_int(st, 1),
        .verb = db_text(st, 3),
        .object = db_text(st, 4),
        .at_us = db_int(st, 5),
        .commit_actor = db_bytes(st, 6),
        .commit_audience = db_bytes(st, 7),
        .commit_payload = db_bytes(st, 12),
    };
    struct crypto_digest hash = ledger_leaf_hash(&leaf);
    if (leaf.position != (int64_t)m->n)
        return broken(err, (int64_t)m->n, "missing");
    if (leaf.added_us <= *last_us)
        return broken(err, leaf.position, "its time is not after the one before");
    if (!bw_view_eq(db_bytes(st, 2), crypto_digest_view(&hash)))
        return broken(err, leaf.position, "the event is not the one in the leaf");
    BW_TRY(verify_opening(st, &leaf, r, err));
    merkle_add(m, &hash);
    *last_us = leaf.added_us;
    r->events++;
    return BW_OK;
}

/* The checkpoint at exactly this tree size, if there is one, must have this root and a good
 * signature. */
static enum bw_rc verify_checkpoint(struct db_stmt *st, const struct merkle *m,
                                    const struct crypto_public_key *key, struct ledger_report *r,
                                    struct bw_err *err)
{
    BW_AUTO_BUF text = BW_BUF_INIT(1024);
    struct ledger_checkpoint c = {.size = db_int(st, 0), .at_us = db_int(st, 2)};
    struct crypto_digest root = merkle_root(m);

    if (!bw_view_eq(db_bytes(st, 1), crypto_digest_view(&root)))
        return broken(err, c.size, "the signed checkpoint of this size has another root");
    c.root = root;
    if (db_bytes(st, 3).n != sizeof(c.signature))
        return broken(err, c.size, "the checkpoint's signature is cut");
    memcpy(c.signature.b, db_bytes(st, 3).p, sizeof(c.signature));
    ledger_checkpoint_text(&c, &text);
    BW_TRY(bw_buf_rc(&text, "checkpoint", err));
    if (key && !crypto_verify(key, bw_buf_text(&text), &c.signature))
        return broken(err, c.size, "the checkpoint's signature is not this hub's");
    r->checkpoints++;
    return BW_OK;
}

static enum bw_rc verify_end(struct db *db, const struct merkle *m, struct ledger_report *r,
                             struct bw_err *err)
{
    struct merkle state;
    int64_t added_us;
    BW_TRY(ledger_state_read(db, &state, &added_us, err));
    struct crypto_digest want = merkle_root(&state);
    r->root = merkle_root(m);
    if (state.n != m->n || memcmp(want.b, r->root.b, sizeof(want.b)) != 0)
        return broken(err, (int64_t)m->n, "the tree's state does not belong to these events");
    return BW_OK;
}

enum { VERIFY_ROWS = 1000 }; /* of one page: a server's answer is read as a whole */

/* The rows from position N on; the first page begins with whatever is smallest. */
static enum bw_rc verify_page(struct db_stmt *st, uint64_t n, struct bw_err *err)
{
    db_again(st);
    db_bind_int(st, 1, n ? (int64_t)n : INT64_MIN);
    return db_row(st, err);
}

enum bw_rc ledger_verify(struct db *db, const struct crypto_public_key *key,
                         struct ledger_report *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_AUTO(db_stmt) *check = NULL;
    struct ledger_report r = {0};
    struct merkle m = {0};
    int64_t last_us = INT64_MIN;
    enum bw_rc rc;

    BW_TRY(db_plain(db, "SELECT size, root, at_us, signature FROM checkpoint ORDER BY size", &check,
                    err));
    enum bw_rc more = db_row(check, err);
    BW_TRY(db_plain(db,
                    "SELECT e.position, e.added_us, e.leaf, e.verb, e.object, e.at_us,"
                    " e.commit_actor, e.commit_audience, o.salt, o.actor_id, o.audience_id,"
                    " o.payload, e.commit_payload FROM event e LEFT JOIN opening o"
                    " ON o.event_id = e.id WHERE e.position >= ?1 ORDER BY e.position LIMIT 1000",
                    &st, err));
    do {
        rc = m.n % VERIFY_ROWS == 0 ? verify_page(st, m.n, err) : db_row(st, err);
        while (more == BW_OK && db_int(check, 0) == (int64_t)m.n) {
            BW_TRY(verify_checkpoint(check, &m, key, &r, err));
            more = db_row(check, err);
        }
        if (rc == BW_OK)
            BW_TRY(verify_event(st, &m, &last_us, &r, err));
    } while (rc == BW_OK);
    if (rc != BW_NOT_FOUND)
        return rc;
    if (more == BW_OK)
        return broken(err, (int64_t)m.n, "a signed checkpoint covers more events than there are");
    if (more != BW_NOT_FOUND)
        return more;
    BW_TRY(verify_end(db, &m, &r, err));
    *ret = r;
    return BW_OK;
}

/* -- erasing ----------------------------------------------------------------------------------- */

enum bw_rc ledger_openings_of(struct db *db, struct bw_view object, int64_t actor_id,
                              struct bw_arena *arena, int64_t **ret, size_t *ret_n,
                              struct bw_err *err)
{
    enum { OPENINGS_MAX = 100000 };
    BW_AUTO(db_stmt) *st = NULL;
    int64_t *ids = BW_ARENA_ARRAY(arena, OPENINGS_MAX, int64_t);
    size_t n = 0;
    enum bw_rc rc = BW_NOT_FOUND;
    if (!ids)
        return bw_fail_memory(err);
    BW_TRY(db_plain(db,
                    "SELECT e.id FROM event e JOIN opening o ON o.event_id = e.id"
                    " WHERE e.object = ?1 OR (o.actor_id = ?2 AND o.actor_id <> 0)"
                    " ORDER BY e.id LIMIT ?3",
                    &st, err));
    db_bind_text(st, 1, object);
    db_bind_int(st, 2, actor_id);
    db_bind_int(st, 3, OPENINGS_MAX);
    while (n < OPENINGS_MAX && (rc = db_row(st, err)) == BW_OK)
        ids[n++] = db_int(st, 0);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = ids;
    *ret_n = n;
    return BW_OK;
}

enum bw_rc ledger_erase(struct db_tx *tx, const int64_t *events, size_t n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "DELETE FROM opening WHERE event_id = ?1", &st, err));
    for (size_t i = 0; i < n; i++) {
        db_bind_int(st, 1, events[i]);
        BW_TRY(db_run(st, err));
        db_again(st);
    }
    return BW_OK;
}
