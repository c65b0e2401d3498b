/* SPDX-License-Identifier: Apache-2.0 */
/* test_core_artifact - bytes come back, known ones are not stored twice, damage is found. */
#include "core_test.h"

#include "bw_random.h"

static enum bw_rc do_audience(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct grant g = {GRANT_ORGANISATION, 1};
    return audience_intern(tx, TLP_AMBER, &g, 1, arg, err);
}

static const size_t SIZES[] = {0,
                               1,
                               ARTIFACT_CHUNK_BYTES - 1,
                               ARTIFACT_CHUNK_BYTES,
                               ARTIFACT_CHUNK_BYTES + 1,
                               5 * ARTIFACT_CHUNK_BYTES + 17};

BW_TEST(bytes_come_back_as_they_were)
{
    struct db_engine *e = core_test_engine("artifact", NULL, 0);
    struct bw_err err;
    int64_t audience;
    REQUIRE(db_write(e, do_audience, &audience, &err) == BW_OK);
    for (size_t i = 0; i < BW_COUNT(SIZES); i++) {
        BW_AUTO_HEAP char *bytes = malloc(SIZES[i] + 1);
        BW_AUTO_BUF out = BW_BUF_INIT(8 << 20);
        BW_AUTO(db) *db = NULL;
        int64_t id = 0, again = 0;
        bool known = true;
        bw_random_bytes(BW_RANDOM_TEST, bytes, SIZES[i]);
        struct artifact_in in = {bw_view_of(bytes, SIZES[i]), BW_V("text/plain"), BW_V("x"), 1,
                                 audience};
        CHECK(artifact_put(e, &in, &id, &known, &err) == BW_OK && !known);
        CHECK(artifact_put(e, &in, &again, &known, &err) == BW_OK && known && id == again);
        in.owner_id = 2; /* another owner is not told that the bytes are there */
        CHECK(artifact_put(e, &in, &again, &known, &err) == BW_OK && !known && id != again);
        REQUIRE(db_open(e, &db, &err) == BW_OK);
        CHECK(artifact_read(db, viewer_system("test"), id, &out, &err) == BW_OK);
        CHECK(bw_view_eq(bw_buf_text(&out), in.bytes));
        CHECK(artifact_read(db, viewer_public(), id, &out, &err) == BW_NOT_FOUND);
        db_close(BW_TAKE(db));
    }
    db_engine_close(e);
}

static enum bw_rc damage(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    (void)arg;
    BW_TRY(db_change(tx, "UPDATE artifact_chunk SET bytes = ?1", &st, err));
    db_bind_bytes(st, 1, BW_V("twenty bytes of this"));
    return db_run(st, err);
}

BW_TEST(damage_is_found)
{
    struct db_engine *e = core_test_engine("damage", NULL, 0);
    struct bw_err err;
    int64_t audience, id;
    bool known;
    BW_AUTO_BUF out = BW_BUF_INIT(1 << 20);
    BW_AUTO(db) *db = NULL;
    REQUIRE(db_write(e, do_audience, &audience, &err) == BW_OK);
    struct artifact_in in = {BW_V("hello"), BW_V("text/plain"), BW_V("x"), 1, audience};
    REQUIRE(artifact_put(e, &in, &id, &known, &err) == BW_OK);
    REQUIRE(db_write(e, damage, NULL, &err) == BW_OK);
    REQUIRE(db_open(e, &db, &err) == BW_OK);
    CHECK(artifact_read(db, viewer_system("test"), id, &out, &err) == BW_BROKEN);
    db_close(BW_TAKE(db));
    db_engine_close(e);
}

BW_TEST_MAIN()
