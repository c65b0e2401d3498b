/* SPDX-License-Identifier: Apache-2.0 */
/* The programme, its agreements with their reminder, and who reads the advisory group's papers. */
#include "member_test.h"
#include "programme_int.h"

#define NOW_US (1800000000 * BW_SECOND_US)

static struct member_test t;

static enum bw_rc write_put(struct db_tx *tx, void *arg, struct bw_err *err)
{
    return programme_put(tx, t.person[MT_OPERATOR], arg, BW_V("test"), err);
}

BW_TEST(the_programme_is_entered_once_and_changed)
{
    struct programme p, bad = {.contact = BW_V("x")};
    struct programme in = {.names = {{BW_V("Harbour Watch"), BW_V("守望"), {NULL, 0}}},
                           .contact = BW_V("desk@cert.example"),
                           .phase = PROGRAMME_FORMAL,
                           .from_us = NOW_US};
    struct bw_err err;
    bw_clock_fix(NOW_US);
    member_test_open(&t, "programme", room_programme.migrations, room_programme.n_migrations);
    CHECK(db_write(t.hub.db, write_put, &bad, &err) == BW_INVALID);
    in.until_us = NOW_US - 1;
    CHECK(db_write(t.hub.db, write_put, &in, &err) == BW_INVALID);
    in.until_us = 0;
    for (int i = 0; i < 2; i++)
        REQUIRE(db_write(t.hub.db, write_put, &in, &err) == BW_OK);
    {
        BW_AUTO(db) *db = NULL;
        REQUIRE(db_open(t.hub.db, &db, &err) == BW_OK);
        REQUIRE(programme_get(db, t.settings, t.arena, &p, &err) == BW_OK);
    }
    CHECK(p.set && p.phase == PROGRAMME_FORMAL && p.fee.n == 0);
    CHECK_VIEW(member_name(&p.names, I18N_HANS), "Harbour Watch");
    CHECK_VIEW(member_name(&p.names, I18N_HANT), "守望");
    member_test_close(&t);
}

BW_TEST(days_are_read_as_written)
{
    static const struct {
        const char *in;
        enum bw_rc rc;
    } T[] = {
        {"", BW_OK},
        {"2026-11-27", BW_OK},
        {"2026-02-30", BW_INVALID},
        {"27.11.2026", BW_INVALID},
        {"2026-11-27T00", BW_INVALID},
        {"tomorrow", BW_INVALID},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        struct bw_err err;
        int64_t us;
        SUBTEST(T[i].in[0] ? T[i].in : "none",
                programme_day(bw_view_z(T[i].in), "day", &us, &err) == T[i].rc);
    }
}

static enum bw_rc write_agreement(struct db_tx *tx, void *arg, struct bw_err *err)
{
    return agreement_add(tx, t.person[MT_OPERATOR], arg, err);
}

static enum bw_rc write_remind(struct db_tx *tx, void *arg, struct bw_err *err)
{
    return agreement_remind(tx, arg, err);
}

static int64_t remind(void)
{
    int64_t n = -1;
    struct bw_err err;
    BW_ASSERT(db_write(t.hub.db, write_remind, &n, &err) == BW_OK);
    return n;
}

struct end {
    const struct viewer *viewer;
    struct bw_view id;
};

static enum bw_rc write_end(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct end *e = arg;
    return agreement_end(tx, e->viewer, e->id, err);
}

static size_t agreements(enum member_test_person p, struct agreement **ret)
{
    const struct viewer *v = member_test_viewer(&t, p);
    BW_AUTO(db) *db = NULL;
    struct bw_err err;
    size_t n = 0;
    BW_ASSERT(db_open(t.hub.db, &db, &err) == BW_OK);
    BW_ASSERT(agreement_list(db, v, t.arena, ret, &n, &err) == BW_OK);
    return n;
}

BW_TEST(an_agreement_reminds_once_before_it_runs_out_and_is_for_the_desk)
{
    struct agreement in = {.title = BW_V("MoU"),
                           .parties = BW_V("A and B"),
                           .from_us = NOW_US,
                           .until_us = NOW_US + 100 * BW_DAY_US};
    struct agreement *list;
    struct bw_err err;
    bw_clock_fix(NOW_US);
    member_test_open(&t, "agreements", room_programme.migrations, room_programme.n_migrations);
    REQUIRE(db_write(t.hub.db, write_agreement, &in, &err) == BW_OK);
    in.parties = BW_V("");
    CHECK(db_write(t.hub.db, write_agreement, &in, &err) == BW_INVALID);
    CHECK_INT(remind(), 0);
    bw_clock_fix(NOW_US + 50 * BW_DAY_US);
    CHECK_INT(remind(), 1);
    CHECK_INT(remind(), 0);
    CHECK_INT(agreements(MT_BANK_ADMIN, &list), 0);
    CHECK_INT(agreements(MT_ANALYST, &list), 0);
    REQUIRE(agreements(MT_OPERATOR, &list) == 1);
    struct end end = {member_test_viewer(&t, MT_BANK_ADMIN), list[0].public_id};
    CHECK(db_write(t.hub.db, write_end, &end, &err) == BW_NOT_FOUND);
    end.viewer = member_test_viewer(&t, MT_OPERATOR);
    CHECK(db_write(t.hub.db, write_end, &end, &err) == BW_OK);
    CHECK(db_write(t.hub.db, write_end, &end, &err) == BW_CONFLICT);
    member_test_close(&t);
}

static enum bw_rc write_advisory(struct db_tx *tx, void *arg, struct bw_err *err)
{
    return advisory_add(tx, t.person[MT_OPERATOR], arg, err);
}

static size_t papers(enum member_test_person p)
{
    const struct viewer *v = member_test_viewer(&t, p);
    BW_AUTO(db) *db = NULL;
    struct advisory *list;
    struct bw_err err;
    size_t n = 99;
    BW_ASSERT(db_open(t.hub.db, &db, &err) == BW_OK);
    BW_ASSERT(advisory_list(db, v, t.arena, &list, &n, &err) == BW_OK);
    return n;
}

BW_TEST(papers_are_read_by_whom_they_are_for)
{
    struct advisory in = {.title = BW_V("Budget"), .body = BW_V("text")};
    struct bw_err err;
    bw_clock_fix(NOW_US);
    member_test_open(&t, "papers", room_programme.migrations, room_programme.n_migrations);
    REQUIRE(db_write(t.hub.db, write_advisory, &in, &err) == BW_OK);
    in.members = true;
    in.kind = ADVISORY_DECISION;
    REQUIRE(db_write(t.hub.db, write_advisory, &in, &err) == BW_OK);
    in.body = BW_V("");
    CHECK(db_write(t.hub.db, write_advisory, &in, &err) == BW_INVALID);
    CHECK_INT(papers(MT_ANALYST), 2);
    CHECK_INT(papers(MT_BANK_REP), 1);
    CHECK_INT(papers(MT_PEOPLE), 0);
    member_test_close(&t);
    bw_clock_fix(0);
}

BW_TEST_MAIN()
