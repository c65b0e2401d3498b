/* SPDX-License-Identifier: Apache-2.0 */
/* test_core_ledger - the tree against its definition, tampering, and following. */
#include "core_test.h"

#include "crypto_text.h"
#include "ledger_int.h"

#include <pthread.h>
#include <stdatomic.h>

/* -- the tree against the definition of RFC 6962 2.1, written the slow way --------------------- */

static struct crypto_digest slow_root(const struct crypto_digest *leaves, size_t n)
{
    if (n == 0)
        return crypto_sha256((struct bw_view){NULL, 0});
    if (n == 1)
        return leaves[0];
    size_t k = 1;
    while (k * 2 < n)
        k *= 2;
    struct crypto_digest left = slow_root(leaves, k), right = slow_root(leaves + k, n - k);
    const struct bw_view parts[] = {BW_V("\x01"), crypto_digest_view(&left),
                                    crypto_digest_view(&right)};
    return crypto_sha256_views(parts, 3);
}

BW_TEST(tree_equals_the_definition)
{
    enum { N = 70 };
    struct crypto_digest leaves[N];
    struct merkle m = {0};
    for (unsigned i = 0; i < N; i++) {
        struct crypto_digest now = merkle_root(&m), want = slow_root(leaves, i);
        CHECK(memcmp(now.b, want.b, 32) == 0);
        leaves[i] = merkle_leaf_hash(bw_view_of((const char *)&i, sizeof(i)));
        merkle_add(&m, &leaves[i]);
    }
}

BW_TEST(known_roots)
{
    /* Test vectors of Certificate Transparency's reference tree: empty tree, one empty leaf. */
    BW_AUTO_BUF hex = BW_BUF_INIT(128);
    struct merkle m = {0};
    struct crypto_digest root = merkle_root(&m);
    crypto_hex(crypto_digest_view(&root), &hex);
    CHECK_VIEW(bw_buf_text(&hex),
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    struct crypto_digest leaf = merkle_leaf_hash((struct bw_view){NULL, 0});
    merkle_add(&m, &leaf);
    root = merkle_root(&m);
    bw_buf_reset(&hex);
    crypto_hex(crypto_digest_view(&root), &hex);
    CHECK_VIEW(bw_buf_text(&hex),
               "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

/* -- appending, order, proof ------------------------------------------------------------------- */

static enum bw_rc append(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const char *object = arg;
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = LEDGER_ITEM_PUBLISHED,
                                                .object = bw_view_z(object),
                                                .actor_id = 4,
                                                .audience_id = 9,
                                                .payload = BW_V("{\"a\":1}")},
                         err);
}

static enum bw_rc append_then_fail(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_TRY(append(tx, arg, err));
    return bw_fail(err, BW_CONFLICT, "undo");
}

static enum bw_rc verify(struct db_engine *e, const struct crypto_public_key *key,
                         struct ledger_report *r, struct bw_err *err)
{
    BW_AUTO(db) *db = NULL;
    BW_TRY(db_open(e, &db, err));
    return ledger_verify(db, key, r, err);
}

BW_TEST(events_are_sequenced_and_proved)
{
    struct db_engine *e = core_test_engine("ledger", NULL, 0);
    BW_AUTO(bw_arena) *arena = bw_arena_new(1 << 20);
    static const uint8_t seed[32] = {1};
    struct crypto_signer *signer = crypto_signer_from_seed(seed);
    struct crypto_public_key key = crypto_signer_public(signer);
    struct ledger_checkpoint c, again;
    struct ledger_report r;
    struct bw_err err;

    REQUIRE(db_write(e, append, (void *)(uintptr_t) "one", &err) == BW_OK);
    CHECK(db_write(e, append_then_fail, (void *)(uintptr_t) "undone", &err) == BW_CONFLICT);
    REQUIRE(db_write(e, append, (void *)(uintptr_t) "two", &err) == BW_OK);
    CHECK(ledger_sign(e, signer, &c, &err) == BW_OK);
    CHECK_INT(c.size, 2);
    CHECK(ledger_sign(e, signer, &again, &err) == BW_OK);
    CHECK(memcmp(&c.signature, &again.signature, sizeof(c.signature)) == 0);
    REQUIRE(db_write(e, append, (void *)(uintptr_t) "three", &err) == BW_OK);

    struct db *db;
    struct ledger_event *events;
    size_t n;
    REQUIRE(db_open(e, &db, &err) == BW_OK);
    REQUIRE(ledger_read(db, 1, 10, arena, &events, &n, &err) == BW_OK);
    CHECK_INT(n, 2);
    CHECK_VIEW(events[0].object, "two");
    CHECK_VIEW(events[1].object, "three");
    CHECK(events[0].verb == LEDGER_ITEM_PUBLISHED && events[0].actor_id == 4 &&
          events[0].audience_id == 9);
    CHECK_VIEW(events[0].payload, "{\"a\":1}");
    CHECK(events[0].added_us < events[1].added_us);
    db_close(db);

    REQUIRE(verify(e, &key, &r, &err) == BW_OK);
    CHECK_INT(r.events, 3);
    CHECK_INT(r.openings, 3);
    CHECK_INT(r.checkpoints, 1);
    crypto_signer_free(signer);
    db_engine_close(e);
}

static enum bw_rc append_many(struct db_tx *tx, void *arg, struct bw_err *err)
{
    for (int i = 0; i < *(int *)arg; i++)
        BW_TRY(append(tx, (void *)(uintptr_t) "one of many", err));
    return BW_OK;
}

static enum bw_rc damage_one(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "UPDATE event SET object = 'another' WHERE position = ?1", &st, err));
    db_bind_int(st, 1, *(int64_t *)arg);
    return db_run(st, err);
}

/* The verifier reads a thousand rows at a time: a full last page, one more, several. */
BW_TEST(long_ledgers_are_verified_to_their_end)
{
    static const uint8_t seed[32] = {3};
    struct crypto_signer *signer = crypto_signer_from_seed(seed);
    struct crypto_public_key key = crypto_signer_public(signer);
    struct db_engine *e = core_test_engine("long", NULL, 0);
    struct ledger_checkpoint c;
    struct ledger_report r;
    struct bw_err err;
    int steps[] = {1000, 1, 999, 500}, sum = 0;
    for (size_t i = 0; i < BW_COUNT(steps); i++) {
        REQUIRE(db_write(e, append_many, &steps[i], &err) == BW_OK);
        REQUIRE(ledger_sign(e, signer, &c, &err) == BW_OK);
        REQUIRE(verify(e, &key, &r, &err) == BW_OK);
        sum += steps[i];
        CHECK_INT(r.events, sum);
        CHECK_INT(r.checkpoints, i + 1);
    }
    int64_t at = 2400;
    REQUIRE(db_write(e, damage_one, &at, &err) == BW_OK);
    CHECK_INT(verify(e, &key, &r, &err), BW_BROKEN);
    CHECK(strstr(err.message, "2400"));
    crypto_signer_free(signer);
    db_engine_close(e);
}

/* Every kind of tampering is found, and said where. */
static enum bw_rc tamper(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    switch (*(int *)arg) {
    case 0:
        BW_TRY(db_change(tx, "UPDATE event SET object = 'tw0' WHERE position = 1", &st, err));
        break;
    case 1:
        BW_TRY(db_change(tx, "UPDATE opening SET actor_id = 5 WHERE event_id = 2", &st, err));
        break;
    case 2:
        BW_TRY(db_change(tx, "UPDATE opening SET audience_id = 5 WHERE event_id = 2", &st, err));
        break;
    case 3:
        BW_TRY(db_change(tx, "UPDATE opening SET payload = ?1 WHERE event_id = 2", &st, err));
        db_bind_bytes(st, 1, bw_view_of("\0", 1));
        break;
    case 4:
        BW_TRY(db_change(tx, "UPDATE event SET added_us = 1 WHERE position = 1", &st, err));
        break;
    case 5:
        BW_TRY(db_change(tx, "UPDATE checkpoint SET at_us = at_us + 1000000", &st, err));
        break;
    case 6:
        BW_TRY(db_change(tx, "UPDATE event SET position = 99 WHERE position = 1", &st, err));
        break;
    case 7:
        BW_TRY(db_change(tx, "UPDATE ledger_state SET size = 2, peaks = ?1", &st, err));
        db_bind_bytes(st, 1, BW_V(""));
        break;
    default:
        BW_ASSERT(false);
    }
    return db_run(st, err);
}

BW_TEST(tampering_is_found)
{
    static const char *const names[] = {"object", "actor",      "audience", "payload",
                                        "time",   "checkpoint", "position", "state"};
    static const uint8_t seed[32] = {2};
    struct crypto_signer *signer = crypto_signer_from_seed(seed);
    struct crypto_public_key key = crypto_signer_public(signer);
    for (int i = 0; i < (int)BW_COUNT(names); i++) {
        char file[32];
        struct ledger_report r;
        struct ledger_checkpoint c;
        struct bw_err err = {0};
        snprintf(file, sizeof(file), "tamper%d", i);
        struct db_engine *e = core_test_engine(file, NULL, 0);
        bool ok = true;
        for (int j = 0; j < 3; j++)
            ok = ok && db_write(e, append, (void *)(uintptr_t) "two", &err) == BW_OK;
        ok = ok && ledger_sign(e, signer, &c, &err) == BW_OK;
        ok = ok && verify(e, &key, &r, &err) == BW_OK;
        ok = ok && db_write(e, tamper, &i, &err) == BW_OK;
        SUBTEST(names[i], ok && verify(e, &key, &r, &err) == BW_BROKEN);
        db_engine_close(e);
    }
    crypto_signer_free(signer);
}

static enum bw_rc erase(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    (void)arg;
    BW_TRY(db_change(tx, "DELETE FROM opening WHERE event_id = 1", &st, err));
    return db_run(st, err);
}

BW_TEST(erasing_an_opening_breaks_no_leaf)
{
    struct db_engine *e = core_test_engine("erase", NULL, 0);
    struct ledger_report r;
    struct bw_err err;
    REQUIRE(db_write(e, append, (void *)(uintptr_t) "a", &err) == BW_OK);
    REQUIRE(db_write(e, append, (void *)(uintptr_t) "b", &err) == BW_OK);
    REQUIRE(db_write(e, erase, NULL, &err) == BW_OK);
    CHECK(verify(e, NULL, &r, &err) == BW_OK);
    CHECK_INT(r.erased, 1);
    CHECK_INT(r.openings, 1);
    db_engine_close(e);
}

/* -- following --------------------------------------------------------------------------------- */

static _Atomic int taken, failures_left;
static _Atomic bool in_order = true;
static int64_t next_position;

static enum bw_rc take(void *arg, struct db_engine *e, const struct ledger_event *events, size_t n,
                       struct bw_err *err)
{
    (void)arg;
    (void)e;
    if (atomic_fetch_sub(&failures_left, 1) > 0)
        return bw_fail(err, BW_IO, "not now");
    for (size_t i = 0; i < n; i++) {
        in_order = in_order && events[i].position == next_position;
        next_position = events[i].position + 1;
    }
    taken += (int)n;
    return BW_OK;
}
static const struct ledger_consumer CONSUMER = {"test", true, take};

struct writer {
    struct db_engine *e;
    pthread_t thread;
};
static void *write_many(void *arg)
{
    struct writer *w = arg;
    struct bw_err err;
    for (int i = 0; i < 25; i++)
        if (db_write(w->e, append, (void *)(uintptr_t) "x", &err) != BW_OK)
            in_order = false;
    return NULL;
}

BW_TEST(consumers_get_everything_once_in_order_also_after_a_restart)
{
    struct db_engine *e = core_test_engine("follow", NULL, 0);
    const struct ledger_consumer *list[] = {&CONSUMER};
    struct ledger *l;
    struct bw_err err;
    struct writer writers[8];
    failures_left = 1;
    REQUIRE(ledger_start(e, list, 1, NULL, &l, &err) == BW_OK);
    for (size_t i = 0; i < BW_COUNT(writers); i++) {
        writers[i].e = e;
        pthread_create(&writers[i].thread, NULL, write_many, &writers[i]);
    }
    for (size_t i = 0; i < BW_COUNT(writers); i++)
        pthread_join(writers[i].thread, NULL);
    CHECK(ledger_settle(l, 20000));
    CHECK_INT(taken, 200);
    CHECK(in_order);
    ledger_stop(l);

    REQUIRE(db_write(e, append, (void *)(uintptr_t) "while stopped", &err) == BW_OK);
    REQUIRE(ledger_start(e, list, 1, NULL, &l, &err) == BW_OK);
    CHECK(ledger_settle(l, 20000));
    CHECK_INT(taken, 201);
    CHECK(in_order);
    ledger_stop(l);
    struct ledger_report r;
    CHECK(verify(e, NULL, &r, &err) == BW_OK);
    CHECK_INT(r.events, 201);
    db_engine_close(e);
}

BW_TEST(by_hand_nothing_is_taken_but_when_it_is_asked_for)
{
    struct db_engine *e = core_test_engine("hand", NULL, 0);
    const struct ledger_consumer *list[] = {&CONSUMER};
    struct ledger *l;
    struct bw_err err;
    next_position = 0;
    taken = failures_left = 0;
    in_order = true;
    REQUIRE(ledger_follow_by_hand(e, list, 1, NULL, &l, &err) == BW_OK);
    for (int i = 0; i < 600; i++) /* more than a batch */
        REQUIRE(db_write(e, append, (void *)(uintptr_t) "x", &err) == BW_OK);
    CHECK_INT(taken, 0);
    REQUIRE(ledger_catch_up(l, &err) == BW_OK);
    CHECK_INT(taken, 600);
    REQUIRE(db_write(e, append, (void *)(uintptr_t) "y", &err) == BW_OK);
    failures_left = 1;
    CHECK(ledger_catch_up(l, &err) == BW_IO);
    CHECK_VIEW(bw_view_z(err.message), "not now");
    CHECK(ledger_catch_up(l, &err) == BW_OK);
    CHECK_INT(taken, 601);
    CHECK(in_order);
    ledger_stop(l);
    db_engine_close(e);
}

BW_TEST_MAIN()
