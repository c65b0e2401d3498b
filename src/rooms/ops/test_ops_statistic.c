/* SPDX-License-Identifier: Apache-2.0 */
/* Figures: counted once, the same when rebuilt. */
#include "desk_int.h"
#include "member_test.h"
#include "statistic.h"

static struct member_test t;

static int64_t figure(const char *name, const char *key, int64_t month)
{
    BW_AUTO(db) *db = NULL;
    struct statistic *rows;
    struct bw_err err;
    size_t n;
    int64_t counted_us;
    BW_ASSERT(db_open(t.hub.db, &db, &err) == BW_OK);
    BW_ASSERT(statistic_read(db, 0, t.arena, &rows, &n, &counted_us, &err) == BW_OK);
    for (size_t i = 0; i < n; i++)
        if (bw_view_is(rows[i].name, name) && bw_view_is(rows[i].key, key) &&
            rows[i].month == month)
            return rows[i].n;
    return 0;
}

BW_TEST(months_go_over_the_year)
{
    static const struct {
        const char *name;
        int64_t month, want;
        int by;
    } T[] = {
        {"next", 202611, 202612, 1},
        {"over the year", 202612, 202701, 1},
        {"back over the year", 202601, 202512, -1},
        {"two years", 202611, 202412, -23},
        {"none", 202611, 202611, 0},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++)
        SUBTEST(T[i].name, statistic_month_add(T[i].month, T[i].by) == T[i].want);
    /* 2026-11-30 20:00 UTC is December in Hong Kong. */
    CHECK_INT(statistic_month_of(INT64_C(1796068800) * BW_SECOND_US, 0), 202611);
    CHECK_INT(statistic_month_of(INT64_C(1796068800) * BW_SECOND_US, 480), 202612);
}

static void check_counts(void)
{
    CHECK_INT(figure("new-organisations", "", 202611), MT_ORGANISATIONS);
    CHECK_INT(figure("new-people", "", 202611), MT_PEOPLE);
    CHECK_INT(figure("organisations", "active", 0), MT_ORGANISATIONS - 1);
    CHECK_INT(figure("organisations", "suspended", 0), 1);
    CHECK_INT(figure("class", "cert", 0), 1);
    CHECK_INT(figure("sector", t.sector_id[MT_HEALTH].text, 0), 2);
    CHECK_INT(figure("sector", t.sector_id[MT_RETAIL].text, 0), 1); /* one is suspended */
    CHECK_INT(figure("role", "operator", 0), 1);
    CHECK_INT(figure("active", "30", 0), 0);
}

BW_TEST(each_event_is_counted_once_and_a_rebuild_says_the_same)
{
    struct bw_err err = {0};
    bw_clock_fix(INT64_C(1796000000) * BW_SECOND_US); /* November 2026 */
    member_test_open(&t, "figures", room_desk.migrations, room_desk.n_migrations);
    REQUIRE(statistic_count(t.hub.db, 0, &err) == BW_OK);
    check_counts();
    REQUIRE(statistic_count(t.hub.db, 0, &err) == BW_OK);
    check_counts();
    REQUIRE(statistic_rebuild(t.hub.db, 0, &err) == BW_OK);
    check_counts();
    bw_clock_fix(0);
    member_test_close(&t);
}

BW_TEST_MAIN()
