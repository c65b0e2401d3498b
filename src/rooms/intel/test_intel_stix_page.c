/* SPDX-License-Identifier: Apache-2.0 */
/* test_intel_stix_page - pages: every filter against a plain reading of the same rows, for a viewer
 * who sees all, one who sees every tenth, and one who sees nothing; and that walking gives each
 * object once. */
#include "test_intel_stix.h"

#define OBJECTS 600
#define TYPES 3

/* Object I: type and audience by its number, three versions of each id; every tenth is the broker's
 * too. */
static void fill(void)
{
    struct grant broker = {GRANT_ORGANISATION, 0};
    for (int few = 0; few < 2; few++) {
        BW_AUTO_BUF text = BW_BUF_INIT(1 << 20);
        for (int i = 0; i < OBJECTS; i++) {
            if ((i % 10 == 0) != few)
                continue;
            bw_buf_printf(&text,
                          "%c{\"type\":\"x-%d\",\"spec_version\":\"%s\",\"id\":\"x-%d--"
                          "00000000-0000-4000-8000-%012d\",\"created\":\"2024-01-01T00:00:00Z\","
                          "\"modified\":\"2024-01-0%dT00:00:00Z\"}",
                          text.n ? ',' : '[', i / 3 % TYPES, i / 3 % 5 ? "2.1" : "2.0",
                          i / 3 % TYPES, i / 3, 1 + i % 3);
        }
        bw_buf_byte(&text, ']');
        broker.ref = ts.organisation[MT_BROKER];
        const struct intel_audience_in to = {.grants = &broker, .n = 1};
        struct intel_audience_in bank = to;
        struct grant own = {GRANT_ORGANISATION, ts.organisation[MT_BANK]};
        bank.grants = &own;
        CHECK(ts_import_as(MT_BANK_REP, TLP_AMBER, few ? to : bank, bw_buf_text(&text)) == BW_OK);
        CHECK(ts_report.refused == 0);
    }
}

static bool sees(enum member_test_person who, int i)
{
    return who == MT_BANK_REP || who == MT_OPERATOR || (who == MT_BROKER_REP && i % 10 == 0);
}

/* How many the filter should give, by reading the numbers. */
static size_t expect(enum member_test_person who, int type, const char *spec, const char *mode)
{
    size_t n = 0;
    for (int i = 0; i < OBJECTS; i++) {
        if (!sees(who, i) || (type >= 0 && i / 3 % TYPES != type) ||
            (spec && strcmp(spec, i / 3 % 5 ? "2.1" : "2.0") != 0))
            continue;
        bool hidden = false;
        for (int j = i / 3 * 3; j < i / 3 * 3 + 3; j++)
            hidden = hidden || (sees(who, j) && (*mode == 'l' ? j > i : *mode == 'f' && j < i));
        n += !hidden;
    }
    return n;
}

/* Walks all pages; counts the objects, each once. */
static size_t walk(enum member_test_person who, struct intel_object_filter f, size_t *ret_pages)
{
    static char seen[OBJECTS + 1][100];
    struct ts_page p = {.page = {.more = true}};
    size_t n = 0;
    int64_t last_us = 0;
    for (*ret_pages = 0; p.page.more && *ret_pages < 2 * OBJECTS; ++*ret_pages) {
        if (!CHECK(ts_read(who, &f, &p)))
            break;
        CHECK(p.page.n <= f.limit);
        CHECK(p.page.n == 0 || p.page.first_added_us > last_us);
        struct bw_view rest = bw_buf_text(&p.bytes);
        while (rest.n) {
            struct bw_view line = bw_view_split(&rest, '\n');
            for (size_t i = 0; i < n; i++)
                CHECK(!bw_view_is(line, seen[i]) || !CHECK(!"an object twice"));
            if (line.n && n < OBJECTS && line.n < sizeof(seen[0])) {
                memcpy(seen[n], line.p, line.n);
                seen[n][line.n] = '\0';
            }
            n += line.n > 0;
        }
        if (p.page.n)
            last_us = p.page.last_added_us;
        f.after_id = p.page.last_id;
    }
    ts_page_done(&p);
    return n;
}

BW_TEST(every_filter_for_every_viewer)
{
    static const enum member_test_person WHO[] = {MT_BANK_REP, MT_BROKER_REP, MT_SHOP_REP,
                                                  MT_PEOPLE};
    static const char *const MODES[] = {"last", "first", "all"};
    static const size_t LIMITS[] = {1, 7, 100, 1000};
    ts_open("pages");
    fill();
    for (size_t w = 0; w < BW_COUNT(WHO); w++)
        for (size_t m = 0; m < BW_COUNT(MODES); m++)
            for (int type = -1; type < TYPES; type++)
                for (int spec = 0; spec < 3; spec++) {
                    char name[100];
                    struct bw_view types[] = {type == 0   ? BW_V("x-0")
                                              : type == 1 ? BW_V("x-1")
                                                          : BW_V("x-2")};
                    struct bw_view specs[] = {spec == 1 ? BW_V("2.0") : BW_V("2.1")};
                    const struct intel_object_filter f = {.types = types,
                                                          .n_types = type >= 0,
                                                          .specs = specs,
                                                          .n_specs = spec > 0,
                                                          .versions = {.first = m == 1,
                                                                       .all = m == 2},
                                                          .bodies = true,
                                                          .bytes_max = SIZE_MAX};
                    size_t want = expect(WHO[w], type, spec ? specs[0].p : NULL, MODES[m]);
                    bool right = true;
                    for (size_t l = 0; l < BW_COUNT(LIMITS); l++) {
                        struct intel_object_filter limited = f;
                        size_t pages;
                        limited.limit = LIMITS[l];
                        right = CHECK_INT(walk(WHO[w], limited, &pages), want) && right;
                    }
                    snprintf(name, sizeof(name), "person %d, %s, type %d, spec %d", (int)WHO[w],
                             MODES[m], type, spec);
                    SUBTEST(name, right);
                }
}

BW_TEST(a_time_in_the_order)
{
    struct ts_page p = {.page = {.n = 0}};
    struct intel_object_filter f = {.limit = 1000,
                                    .bytes_max = SIZE_MAX,
                                    .versions = {.all = true}};
    REQUIRE(ts_read(MT_BANK_REP, &f, &p) && p.page.n == OBJECTS);
    int64_t first_us = p.page.first_added_us, last_us = p.page.last_added_us;
    f.added_after_us = first_us;
    CHECK(ts_read(MT_BANK_REP, &f, &p) && p.page.n == OBJECTS - 1);
    f.added_after_us = first_us - 1;
    CHECK(ts_read(MT_BANK_REP, &f, &p) && p.page.n == OBJECTS);
    f.added_after_us = last_us;
    CHECK(ts_read(MT_BANK_REP, &f, &p) && p.page.n == 0 && !p.page.more);
    f.added_after_us = last_us - 1;
    CHECK(ts_read(MT_BANK_REP, &f, &p) && p.page.n == 1);
    f.added_after_us = INT64_MAX;
    CHECK(ts_read(MT_BANK_REP, &f, &p) && p.page.n == 0);
    f.added_after_us = -1;
    CHECK(ts_read(MT_BANK_REP, &f, &p) && p.page.n == OBJECTS);
    /* The last time of a page is where the next begins. */
    f.limit = 77;
    size_t n = 0;
    f.added_after_us = 0;
    do {
        REQUIRE(ts_read(MT_BANK_REP, &f, &p));
        n += p.page.n;
        f.added_after_us = p.page.last_added_us;
    } while (p.page.more);
    CHECK_INT(n, OBJECTS);
    ts_page_done(&p);
}

BW_TEST(by_id_and_by_version)
{
    struct bw_view ids[] = {BW_V("x-0--00000000-0000-4000-8000-000000000000"),
                            BW_V("x-1--00000000-0000-4000-8000-000000000001"),
                            BW_V("x-1--00000000-0000-4000-8000-000000000000"), BW_V("nothing")};
    const int64_t second_us = INT64_C(1704153600000000), other_us = 1; /* 2024-01-02 */
    struct ts_page p = {.page = {.n = 0}};
    struct intel_object_filter f = {.ids = ids,
                                    .n_ids = BW_COUNT(ids),
                                    .limit = 100,
                                    .bytes_max = SIZE_MAX};
    CHECK(ts_read(MT_BANK_REP, &f, &p) && p.page.n == 2);
    f.versions.all = true;
    CHECK(ts_read(MT_BANK_REP, &f, &p) && p.page.n == 6);
    CHECK(ts_read(MT_SHOP_REP, &f, &p) && p.page.n == 0);
    f.versions = (struct intel_versions){.exact_us = &second_us, .n_exact = 1};
    CHECK(ts_read(MT_BANK_REP, &f, &p) && p.page.n == 2);
    f.versions.exact_us = &other_us;
    CHECK(ts_read(MT_BANK_REP, &f, &p) && p.page.n == 0);
    f.versions = (struct intel_versions){.first = true, .last = true};
    CHECK(ts_read(MT_BANK_REP, &f, &p) && p.page.n == 4);
    f.limit = 3;
    CHECK(ts_read(MT_BANK_REP, &f, &p) && p.page.n == 3 && p.page.more);
    f.after_id = p.page.last_id;
    CHECK(ts_read(MT_BANK_REP, &f, &p) && p.page.n == 1 && !p.page.more);
    ts_page_done(&p);
}

BW_TEST(a_page_ends_by_bytes)
{
    struct ts_page p = {.page = {.n = 0}};
    struct intel_object_filter f = {.limit = 100, .bytes_max = 1000, .bodies = true};
    CHECK(ts_read(MT_BANK_REP, &f, &p));
    CHECK(p.page.n > 3 && p.page.n < 20 && p.page.more);
    ts_page_done(&p);
    ts_close();
}

BW_TEST_MAIN()
