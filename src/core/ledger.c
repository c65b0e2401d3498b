/* SPDX-License-Identifier: Apache-2.0 */
/* ledger - appending, sequencing and reading; see ledger.h. Proofs are in ledger_proof.c, followers
 * in ledger_follow.c, the tree in merkle.c. */
#include "ledger_int.h"

#include "bw_clock.h"
#include "bw_random.h"

#include <endian.h>
#include <stdio.h>

enum { PAYLOAD_MAX_BYTES = 64 * 1024 };

static const char *const VERBS[] = {
#define LEDGER_NAME(name, text) text,
    LEDGER_VERBS(LEDGER_NAME)
#undef LEDGER_NAME
};

const char *ledger_verb_name(enum ledger_verb verb)
{
    BW_ASSERT(verb < LEDGER_VERB_COUNT);
    return VERBS[verb];
}

static enum ledger_verb verb_of(struct bw_view name)
{
    for (size_t i = 0; i < BW_COUNT(VERBS); i++)
        if (bw_view_is(name, VERBS[i]))
            return (enum ledger_verb)i;
    return LEDGER_VERB_COUNT; /* of a later release: consumers ignore it */
}

/* -- leaf -------------------------------------------------------------------------------------- */

struct crypto_digest ledger_commit_bytes(struct bw_view salt, char field, struct bw_view value)
{
    const struct bw_view parts[] = {salt, {&field, 1}, value};
    return crypto_sha256_views(parts, BW_COUNT(parts));
}

struct crypto_digest ledger_commit_int(struct bw_view salt, char field, int64_t value)
{
    uint64_t be = htobe64((uint64_t)value);
    return ledger_commit_bytes(salt, field, bw_view_of((const char *)&be, sizeof(be)));
}

struct crypto_digest ledger_leaf_hash(const struct ledger_leaf *leaf)
{
    /* The leading byte of RFC 6962's leaf hash, the format's name, then number and text fields. */
    char head[64];
    const uint64_t numbers[] = {
        htobe64((uint64_t)leaf->position), htobe64((uint64_t)leaf->added_us),
        htobe64((uint64_t)leaf->at_us),    htobe64(leaf->verb.n),
        htobe64(leaf->object.n),
    };
    static const char format[] = "\0breakwater leaf 1\n";
    memcpy(head, format, sizeof(format) - 1);
    memcpy(head + sizeof(format) - 1, numbers, sizeof(numbers));
    const struct bw_view parts[] = {
        {head, sizeof(format) - 1 + sizeof(numbers)},
        leaf->verb,
        leaf->object,
        leaf->commit_actor,
        leaf->commit_audience,
        leaf->commit_payload,
    };
    return crypto_sha256_views(parts, BW_COUNT(parts));
}

/* -- appending --------------------------------------------------------------------------------- */

static enum bw_rc insert_event(struct db_tx *tx, const struct ledger_entry *e, struct bw_view salt,
                               int64_t *ret_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct crypto_digest actor = ledger_commit_int(salt, 'a', e->actor_id);
    struct crypto_digest audience = ledger_commit_int(salt, 'u', e->audience_id);
    struct crypto_digest payload = ledger_commit_bytes(salt, 'p', e->payload);

    BW_TRY(db_change(tx,
                     "INSERT INTO event (verb, object, at_us, commit_actor, commit_audience,"
                     " commit_payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING id",
                     &st, err));
    db_bind_text(st, 1, bw_view_z(ledger_verb_name(e->verb)));
    db_bind_text(st, 2, e->object);
    db_bind_int(st, 3, db_tx_now_us(tx));
    db_bind_bytes(st, 4, crypto_digest_view(&actor));
    db_bind_bytes(st, 5, crypto_digest_view(&audience));
    db_bind_bytes(st, 6, crypto_digest_view(&payload));
    return db_post_id(st, ret_id, err);
}

enum bw_rc ledger_append(struct db_tx *tx, const struct ledger_entry *e, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    char salt_bytes[LEDGER_SALT_BYTES];
    struct bw_view salt = bw_view_of(salt_bytes, sizeof(salt_bytes));
    int64_t id;

    BW_ASSERT(e->verb < LEDGER_VERB_COUNT);
    if (e->payload.n > PAYLOAD_MAX_BYTES)
        return bw_fail_detail(err, BW_LIMIT, "internal error", "ledger payload of %zu bytes",
                              e->payload.n);
    bw_random_bytes(BW_RANDOM_SALT, salt_bytes, sizeof(salt_bytes));
    BW_TRY(insert_event(tx, e, salt, &id, err));
    BW_TRY(db_change(tx,
                     "INSERT INTO opening (event_id, salt, actor_id, audience_id, payload)"
                     " VALUES (?1, ?2, ?3, ?4, ?5)",
                     &st, err));
    db_bind_int(st, 1, id);
    db_bind_bytes(st, 2, salt);
    db_bind_int(st, 3, e->actor_id);
    db_bind_int(st, 4, e->audience_id);
    db_bind_bytes(st, 5, e->payload);
    return db_post(st, err);
}

/* -- sequencing -------------------------------------------------------------------------------- */

enum bw_rc ledger_state_read(struct db *db, struct merkle *ret, int64_t *ret_added_us,
                             struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db, "SELECT size, added_us, peaks FROM ledger_state WHERE id = 1", &st, err));
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND) {
        ret->n = 0;
        *ret_added_us = 0;
    }
    if (rc != BW_OK)
        return rc == BW_NOT_FOUND ? BW_OK : rc;
    struct bw_view peaks = db_bytes(st, 2);
    ret->n = (uint64_t)db_int(st, 0);
    *ret_added_us = db_int(st, 1);
    if (peaks.n != 32 * (size_t)__builtin_popcountll(ret->n))
        return bw_fail_detail(err, BW_BROKEN, "internal error", "ledger peaks: %zu bytes", peaks.n);
    for (unsigned level = 0; level < 64; level++)
        if (ret->n >> level & 1) {
            memcpy(ret->peak[level].b, peaks.p, 32);
            peaks = bw_view_from(peaks, 32);
        }
    return BW_OK;
}

static enum bw_rc state_write(struct db_tx *tx, const struct merkle *m, int64_t added_us,
                              struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    char peaks[64 * 32];
    size_t n = 0;
    for (unsigned level = 0; level < 64; level++)
        if (m->n >> level & 1) {
            memcpy(peaks + n, m->peak[level].b, 32);
            n += 32;
        }
    BW_TRY(db_change(tx,
                     "INSERT INTO ledger_state (id, size, added_us, peaks) VALUES (1, ?1, ?2, ?3)"
                     " ON CONFLICT (id) DO UPDATE SET size = excluded.size,"
                     " added_us = excluded.added_us, peaks = excluded.peaks",
                     &st, err));
    db_bind_int(st, 1, (int64_t)m->n);
    db_bind_int(st, 2, added_us);
    db_bind_bytes(st, 3, bw_view_of(peaks, n));
    return db_post(st, err);
}

/* Gives one event its place. The statement ST reads it; UPDATE writes position, time and leaf. */
static enum bw_rc sequence_one(const struct db_stmt *st, struct db_stmt *update, struct merkle *m,
                               int64_t added_us, struct bw_err *err)
{
    const struct ledger_leaf leaf = {
        .position = (int64_t)m->n,
        .added_us = added_us,
        .verb = db_text(st, 1),
        .object = db_text(st, 2),
        .at_us = db_int(st, 3),
        .commit_actor = db_bytes(st, 4),
        .commit_audience = db_bytes(st, 5),
        .commit_payload = db_bytes(st, 6),
    };
    struct crypto_digest hash = ledger_leaf_hash(&leaf);
    merkle_add(m, &hash);
    db_bind_int(update, 1, leaf.position);
    db_bind_int(update, 2, added_us);
    db_bind_bytes(update, 3, crypto_digest_view(&hash));
    db_bind_int(update, 4, db_int(st, 0));
    BW_TRY(db_post(update, err));
    db_again(update);
    return BW_OK;
}

enum { SEQUENCE_BATCH = 256 };

/* Before COMMIT of a group: everything that was appended in it gets its position. */
static enum bw_rc sequence(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_AUTO(db_stmt) *update = NULL;
    struct merkle m;
    int64_t added_us = 0;
    bool any = false;
    (void)arg;

    BW_TRY(db_plain(db_tx_db(tx),
                    "SELECT id, verb, object, at_us, commit_actor, commit_audience, commit_payload"
                    " FROM event WHERE position IS NULL ORDER BY id LIMIT 256",
                    &st, err));
    BW_TRY(db_change(tx, "UPDATE event SET position = ?1, added_us = ?2, leaf = ?3 WHERE id = ?4",
                     &update, err));
    for (size_t n = SEQUENCE_BATCH; n == SEQUENCE_BATCH; db_again(st)) {
        enum bw_rc rc;
        n = 0;
        while ((rc = db_row(st, err)) == BW_OK) {
            if (!any)
                BW_TRY(ledger_state_read(db_tx_db(tx), &m, &added_us, err));
            any = true;
            int64_t now_us = db_tx_now_us(tx);
            added_us = added_us < now_us ? now_us : added_us + 1;
            BW_TRY(sequence_one(st, update, &m, added_us, err));
            n++;
        }
        if (rc != BW_NOT_FOUND)
            return rc;
    }
    return any ? state_write(tx, &m, added_us, err) : BW_OK;
}

void ledger_hooks(struct db_engine *e, void (*after_commit)(void *), void *arg)
{
    db_engine_hooks(e, &(struct db_hooks){sequence, after_commit, arg});
}

void ledger_attach(struct db_engine *e)
{
    ledger_hooks(e, NULL, NULL);
}

/* -- reading ----------------------------------------------------------------------------------- */

enum bw_rc ledger_next(struct db *db, int64_t *ret_position, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db, "SELECT size FROM ledger_state WHERE id = 1", &st, err));
    enum bw_rc rc = db_row(st, err);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret_position = rc == BW_OK ? db_int(st, 0) : 0;
    return BW_OK;
}

enum bw_rc ledger_read(struct db *db, int64_t position, size_t max, struct bw_arena *arena,
                       struct ledger_event **ret, size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct ledger_event *list = BW_ARENA_ARRAY(arena, max, struct ledger_event);
    size_t n = 0;
    enum bw_rc rc;

    if (!list)
        return bw_fail_memory(err);
    BW_TRY(db_plain(db,
                    "SELECT e.position, e.added_us, e.verb, e.object, o.actor_id, o.audience_id,"
                    " o.payload FROM event e LEFT JOIN opening o ON o.event_id = e.id"
                    " WHERE e.position >= ?1 ORDER BY e.position LIMIT ?2",
                    &st, err));
    db_bind_int(st, 1, position);
    db_bind_int(st, 2, (int64_t)max);
    while ((rc = db_row(st, err)) == BW_OK) {
        struct ledger_event *e = &list[n++];
        e->position = db_int(st, 0);
        e->added_us = db_int(st, 1);
        e->verb = verb_of(db_text(st, 2));
        BW_TRY(bw_view_copy(arena, db_text(st, 3), &e->object, err));
        e->actor_id = db_int(st, 4);
        e->audience_id = db_int(st, 5);
        BW_TRY(bw_view_copy(arena, db_bytes(st, 6), &e->payload, err));
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    *ret = list;
    *ret_n = n;
    return BW_OK;
}
