/* SPDX-License-Identifier: Apache-2.0 */
/* Finding items: lists and their pages, search in English and Chinese, indicators, what belongs
 * together; and that none of it tells anything of what the viewer does not see. */
#include "intel_test.h"

/* -- lists ------------------------------------------------------------------------------------- */

static void fill_pages(void)
{
    static bool done;
    open_community();
    if (done)
        return;
    done = true;
    for (int i = 0; i < 30; i++) {
        struct intel_item_in in = an_item("Page row", "echidna", TLP_GREEN);
        in.kind = i % 3 ? INTEL_PRACTICE : INTEL_QUESTION;
        in.severity = i % 2 ? INTEL_LOW : INTEL_CRITICAL;
        in.audience = audience_to(i % 5 ? TO_EVERYBODY : TO_HOSPITAL);
        must_put(MT_CLINIC_REP, &in);
    }
}

/* Walks all pages of F; false where a row comes twice, out of order, or the end is not told right.
 */
static bool walk(int person, struct intel_filter f, size_t limit, size_t *ret_rows)
{
    int64_t last = INT64_MAX;
    size_t n = 0;
    f.limit = limit;
    for (;;) {
        struct page_of p = list(person, &f);
        if (p.rc != BW_OK || p.n > limit || (p.more && p.n != limit))
            return false;
        for (size_t i = 0; i < p.n; i++) {
            if (p.rows[i].published_us >= last)
                return false;
            last = p.rows[i].published_us;
        }
        n += p.n;
        if (!p.more)
            break;
        f.after = p.rows[p.n - 1].public_id;
    }
    *ret_rows = n;
    return true;
}

BW_TEST(pages_hold_each_row_once_in_both_shapes)
{
    int64_t small = intel_walk_small;
    fill_pages();
    for (int shape = 0; shape < 2; shape++) {
        struct intel_filter f = everything(), words = everything();
        size_t rows = 0, one = 0, with_words = 0;
        intel_walk_small = shape ? 0 : small;
        words.query = BW_V("echidna");
        CHECK(walk(MT_HOSPITAL_REP, f, 200, &rows));
        CHECK(walk(MT_HOSPITAL_REP, f, 7, &one));
        CHECK_INT(one, rows);
        CHECK(rows >= 30);
        CHECK(walk(MT_HOSPITAL_REP, words, 7, &with_words));
        CHECK_INT(with_words, 30);
        CHECK(walk(MT_SHOP_REP, words, 7, &with_words));
        CHECK_INT(with_words, 24);
    }
    intel_walk_small = small;
}

BW_TEST(filters_and_counts_are_the_viewers_own)
{
    fill_pages();
    struct intel_filter f = everything();
    f.query = BW_V("echidna");
    CHECK_INT(count(MT_HOSPITAL_REP, &f), 30);
    CHECK_INT(count(MT_SHOP_REP, &f), 24);
    CHECK_INT(count(MT_PEOPLE, &f), 0);
    f.kind = INTEL_QUESTION;
    CHECK_INT(count(MT_HOSPITAL_REP, &f), 10);
    CHECK_INT(count(MT_SHOP_REP, &f), 8);
    f.severity = INTEL_CRITICAL;
    CHECK_INT(count(MT_HOSPITAL_REP, &f), 5);
    f.tlp = TLP_AMBER;
    CHECK_INT(count(MT_HOSPITAL_REP, &f), 0);
    f = everything();
    f.query = BW_V("echidna");
    BW_AUTO(db) *db = NULL;
    struct intel_facets facets;
    struct bw_err err;
    REQUIRE(db_open(t.hub.db, &db, &err) == BW_OK);
    REQUIRE(intel_item_facets(db, viewers[MT_SHOP_REP], &f, &facets, &err) == BW_OK);
    CHECK(facets.total == 24 && !facets.capped && facets.kind[INTEL_QUESTION] == 8 &&
          facets.kind[INTEL_PRACTICE] == 16 && facets.tlp[TLP_GREEN] == 24);
}

BW_TEST(a_cursor_is_a_row_that_one_sees)
{
    open_community();
    struct intel_filter f = everything();
    struct intel_item_in in = an_item("Hidden", "Body", TLP_AMBER);
    in.audience = audience_to(TO_HOSPITAL);
    f.after = must_put(MT_BANK_REP, &in);
    CHECK_INT(list(MT_HOSPITAL_REP, &f).rc, BW_OK);
    CHECK_INT(list(MT_SHOP_REP, &f).rc, BW_INVALID);
    f.after = bw_view_z(bw_arena_z(t.arena, bw_view_z(bw_id_new().text)));
    CHECK_INT(list(MT_HOSPITAL_REP, &f).rc, BW_INVALID);
}

/* -- search ------------------------------------------------------------------------------------ */

static const struct {
    const char *name, *words;
    bool found;
} SEARCHES[] = {
    {"an English word in another case", "RANSOMWARE", true},
    {"the beginning of a word", "ransom", true},
    {"two words, in any order", "gateway ransomware", true},
    {"a word that is not there", "ransomware giraffe", false},
    {"two Chinese characters", "勒索", true},
    {"Simplified finds Traditional", "软件", true},
    {"Traditional", "軟件", true},
    {"Simplified as written", "医院", true},
    {"Traditional finds Simplified", "醫院", true},
    {"characters in the wrong order", "索勒", false},
    {"a word of the title", "海港", true},
    {"a defanged address", "203[.]0[.]113[.]9", true},
    {"the address as it is", "203.0.113.9", true},
    {"another address", "203.0.113.8", false},
    {"a CVE number", "CVE-2026-10421", true},
    {"nothing but signs", "?!", false},
};

BW_TEST(search_in_english_and_chinese)
{
    open_community();
    struct intel_item_in in =
        an_item("海港勒索軟件",
                "Ransomware at the mail gateway of 203[.]0[.]113[.]9, CVE-2026-10421.\n"
                "两间医院受影响。",
                TLP_GREEN);
    in.audience = audience_to(TO_EVERYBODY);
    struct bw_view id = must_put(MT_BANK_REP, &in);
    for (size_t i = 0; i < BW_COUNT(SEARCHES); i++)
        SUBTEST(SEARCHES[i].name, finds(MT_SHOP_REP, SEARCHES[i].words, id) == SEARCHES[i].found);
}

/* -- indicators -------------------------------------------------------------------------------- */

BW_TEST(indicators_are_each_kept_once_and_counted)
{
    open_community();
    struct intel_item_in in = an_item(
        "Kept once",
        "hxxps://bad[.]example[.]net/x and bad.example.net, 198.51.100.200 and 198[.]51[.]100[.]200"
        " (T1059.001, CVE-2026-1111)",
        TLP_GREEN);
    struct intel_indicator *list;
    struct intel_item item;
    struct bw_err err;
    size_t n, counts = 0;
    in.audience = audience_to(TO_EVERYBODY);
    REQUIRE(get(MT_BANK_REP, must_put(MT_BANK_REP, &in), &item) == BW_OK);
    BW_AUTO(db) *db = NULL;
    REQUIRE(db_open(t.hub.db, &db, &err) == BW_OK);
    REQUIRE(intel_item_indicators(db, viewers[MT_SHOP_REP], item.id, 50, t.arena, &list, &n,
                                  &err) == BW_OK);
    for (size_t i = 0; i < n; i++)
        counts += intel_ioc_counts(list[i].ioc);
    CHECK_INT(counts, 3);
    CHECK_INT(item.indicators, 3);
    CHECK_INT(n, 5);
}

BW_TEST(related_items_are_those_one_sees)
{
    open_community();
    struct intel_item_in in = an_item("First of two", "198.51.100.210", TLP_GREEN);
    struct intel_item first, *related;
    struct bw_err err;
    size_t n;
    in.audience = audience_to(TO_EVERYBODY);
    REQUIRE(get(MT_BANK_REP, must_put(MT_BANK_REP, &in), &first) == BW_OK);
    in.title = BW_V("Second of two");
    in.audience = audience_to(TO_HOSPITAL);
    struct bw_view second = must_put(MT_BANK_REP, &in);
    BW_AUTO(db) *db = NULL;
    REQUIRE(db_open(t.hub.db, &db, &err) == BW_OK);
    REQUIRE(intel_item_related(db, viewers[MT_HOSPITAL_REP], first.id, t.arena, &related, &n,
                               &err) == BW_OK);
    CHECK(n == 1 && bw_view_eq(related[0].public_id, second));
    REQUIRE(intel_item_related(db, viewers[MT_SHOP_REP], first.id, t.arena, &related, &n, &err) ==
            BW_OK);
    CHECK_INT(n, 0);
}

BW_TEST(beginnings_of_values_are_the_viewers_own)
{
    open_community();
    struct intel_item_in in = an_item("Domains", "c2.platypus[.]example[.]org", TLP_AMBER);
    struct intel_indicator *list;
    struct bw_err err;
    size_t n;
    in.audience = audience_to(TO_HOSPITAL);
    must_put(MT_BANK_REP, &in);
    BW_AUTO(db) *db = NULL;
    REQUIRE(db_open(t.hub.db, &db, &err) == BW_OK);
    REQUIRE(intel_indicator_starts(db, viewers[MT_HOSPITAL_REP], BW_V("c2.platy"), 10, t.arena,
                                   &list, &n, &err) == BW_OK);
    CHECK(n == 1 && list[0].ioc == INTEL_IOC_DOMAIN);
    REQUIRE(intel_indicator_starts(db, viewers[MT_SHOP_REP], BW_V("c2.platy"), 10, t.arena, &list,
                                   &n, &err) == BW_OK);
    CHECK_INT(n, 0);
}

/* As long as they may be (INTEL_INDICATOR_BYTES_MAX), not to be compressed, and two that differ at
 * their end: a key of an index has to hold them, on PostgreSQL 2,704 bytes. */
BW_TEST(long_addresses_are_indicators_too)
{
    enum { LONG = 2040 };
    static char url[2][LONG + 1], body[2 * LONG + 16];
    open_community();
    for (int i = 0; i < 2; i++) {
        int n = snprintf(url[i], sizeof(url[i]), "https://long.example.com/");
        bw_random_fix(20261127);
        while (n < LONG)
            url[i][n++] =
                "abcdefghijklmnopqrstuvwxyz0123456789"[bw_random_below(BW_RANDOM_TEST, 36)];
        bw_random_free_run();
        url[i][LONG - 1] = i ? 'y' : 'x';
    }
    for (int again = 0; again < 2; again++) {
        snprintf(body, sizeof(body), "%s and %s", url[0], url[1]);
        struct intel_item_in in = an_item("Long addresses", body, TLP_GREEN);
        in.audience = audience_to(TO_HOSPITAL);
        must_put(MT_CLINIC_REP, &in);
    }
    for (int i = 0; i < 2; i++) {
        CHECK(knows(MT_HOSPITAL_REP, url[i]));
        CHECK(!knows(MT_SHOP_REP, url[i]));
    }
    url[0][LONG - 1] = 'z';
    CHECK(!knows(MT_HOSPITAL_REP, url[0]));
    BW_AUTO(db) *db = NULL;
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_err err;
    REQUIRE(db_open(t.hub.db, &db, &err) == BW_OK);
    REQUIRE(db_plain(db, "SELECT count(*) FROM indicator WHERE length(value) > 2000", &st, &err) ==
            BW_OK);
    REQUIRE(db_row(st, &err) == BW_OK);
    CHECK_INT(db_int(st, 0), 2); /* each once */
}

/* A store of the audiences that this test has read must not outlive its database. */
BW_TEST(zz_close)
{
    if (t.arena)
        member_test_close(&t);
}

BW_TEST_MAIN()
