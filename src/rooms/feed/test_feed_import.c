/* SPDX-License-Identifier: Apache-2.0 */
/* A file in, to the end: what is told of it, what comes of it, and that the same again changes
 * nothing. */
#include "feed_int.h"

#include "bw_clock.h"
#include "member_test.h"

#define NOW_US (INT64_C(1795240800) * BW_SECOND_US) /* 2026-11-21 06:00 UTC */
#define HEADER "timestamp,ip,protocol,port,hostname,tag,asn,geo,region,city,naics,sector,banner\n"
#define TELNET(ip) "2026-11-20 10:00:00," ip ",tcp,23,,telnet,64496,HK,,,,,login:\n"

static void open_community(struct member_test *t, const char *name)
{
    struct db_migration more[16];
    const struct room *const rooms[] = {&room_intel, &room_watch, &room_feed};
    size_t n = 0;
    for (size_t i = 0; i < BW_COUNT(rooms); i++)
        for (size_t j = 0; j < rooms[i]->n_migrations; j++)
            more[n++] = rooms[i]->migrations[j];
    room_watch.stop(NULL);
    bw_clock_fix(NOW_US);
    member_test_open(t, name, more, n);
}

static void close_community(struct member_test *t)
{
    member_test_close(t);
    bw_clock_fix(0);
}

struct network {
    int64_t organisation_id;
    const char *cidr;
};
static enum bw_rc add_network(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct network *n = arg;
    struct watch_network_in in = {.organisation_id = n->organisation_id, .verified = true};
    struct bw_id id;
    BW_TRY(bw_prefix_parse(bw_view_z(n->cidr), &in.prefix, err));
    return watch_network_add(tx, 0, &in, &id, err);
}
static void verify(struct member_test *t, enum member_test_organisation o, const char *cidr)
{
    struct network n = {t->organisation[o], cidr};
    struct bw_err err;
    BW_ASSERT(db_write(t->hub.db, add_network, &n, &err) == BW_OK);
}

static enum bw_rc import(struct member_test *t, enum member_test_person p, const char *name,
                         struct bw_view bytes, struct feed_result *ret, struct bw_err *err)
{
    const struct feed_import_in in = {.hub = &t->hub,
                                      .viewer = member_test_viewer(t, p),
                                      .name = bw_view_z(name),
                                      .bytes = bytes,
                                      .tlp = TLP_AMBER,
                                      .audience = {.everybody = true}};
    return feed_import(&in, t->arena, ret, err);
}

static int64_t findings(struct member_test *t, enum member_test_person p)
{
    const struct viewer *v = member_test_viewer(t, p);
    const struct watch_finding_filter f = {.state = -1, .limit = 1000};
    struct watch_finding *list;
    struct bw_err err;
    size_t n = 0;
    bool more;
    BW_AUTO(db) *db = NULL;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    BW_ASSERT(watch_finding_list(db, v, &f, t->arena, &list, &n, &more, &err) == BW_OK);
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += 1000 + list[i].count; /* rows and what they count */
    return sum;
}

static int64_t events(struct member_test *t)
{
    struct bw_err err;
    int64_t next = -1;
    BW_AUTO(db) *db = NULL;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    BW_ASSERT(ledger_next(db, &next, &err) == BW_OK);
    return next;
}

BW_TEST(a_report_and_the_same_again)
{
    const struct bw_view file = BW_V(HEADER TELNET("192.0.2.7") TELNET(
        "192.0.2.8") "2026-11-20,x\n" TELNET("203.0.113.9") "2026-11-20 10:00:00,192.0.2.999\n");
    struct member_test t;
    struct feed_result r;
    struct bw_err err = {0};
    open_community(&t, "report");
    verify(&t, MT_BANK, "192.0.2.0/24");
    REQUIRE(import(&t, MT_OPERATOR, "", file, &r, &err) == BW_OK);
    CHECK_VIEW(r.kind, "scan_telnet");
    CHECK_INT(r.report.taken, 3);
    CHECK_INT(r.report.same, 0);
    CHECK_INT(r.report.refused, 2);
    REQUIRE(r.report.n_reasons == 2);
    CHECK_VIEW(r.report.reasons[0].where, "line 4");
    CHECK_VIEW(r.report.reasons[0].why, "\"x\" is not an IP address");
    CHECK_VIEW(r.report.reasons[1].where, "line 6");
    CHECK_INT(findings(&t, MT_BANK_REP), 2002);
    CHECK_INT(findings(&t, MT_BROKER_REP), 0);

    int64_t before = events(&t);
    REQUIRE(import(&t, MT_OPERATOR, "another-name.csv", file, &r, &err) == BW_OK);
    CHECK_INT(r.report.taken, 0);
    CHECK_INT(r.report.same, 3);
    CHECK_INT(r.report.refused, 2);
    CHECK_INT(findings(&t, MT_BANK_REP), 2002);
    CHECK_INT(events(&t), before);

    /* Another owner is not told that the file is there, and nothing counts twice. */
    REQUIRE(import(&t, MT_SHOP_REP, "", file, &r, &err) == BW_OK);
    CHECK_INT(r.report.taken, 3);
    CHECK_INT(findings(&t, MT_BANK_REP), 2002);
    close_community(&t);
}

BW_TEST(a_network_verified_after_the_import)
{
    const struct bw_view file = BW_V(HEADER TELNET("192.0.2.7"));
    struct member_test t;
    struct feed_result r;
    struct bw_err err = {0};
    open_community(&t, "after");
    REQUIRE(import(&t, MT_OPERATOR, "", file, &r, &err) == BW_OK);
    CHECK_INT(findings(&t, MT_HOSPITAL_REP), 0);
    verify(&t, MT_HOSPITAL, "192.0.2.0/24");
    REQUIRE(import(&t, MT_OPERATOR, "", file, &r, &err) == BW_OK);
    CHECK_INT(r.report.same, 1);
    CHECK_INT(findings(&t, MT_HOSPITAL_REP), 1001);
    close_community(&t);
}

/* More rows than a block, most of them nobody's. */
BW_TEST(many_rows)
{
    enum { ROWS = 5000 };
    struct member_test t;
    struct feed_result r;
    struct bw_err err = {0};
    BW_AUTO_BUF file = BW_BUF_INIT(4 << 20);
    open_community(&t, "many");
    verify(&t, MT_BANK, "10.0.0.0/24");
    bw_buf_z(&file, HEADER);
    for (int i = 0; i < ROWS; i++)
        bw_buf_printf(&file, "2026-11-20 10:00:00,10.0.%d.%d,tcp,23,,telnet\n", i / 250, i % 250);
    REQUIRE(import(&t, MT_OPERATOR, "", bw_buf_text(&file), &r, &err) == BW_OK);
    CHECK_INT(r.report.taken, ROWS);
    CHECK_INT(findings(&t, MT_BANK_REP), 250 * 1001);
    close_community(&t);
}

BW_TEST(the_other_forms_find_their_room)
{
    struct member_test t;
    struct feed_result r;
    struct bw_err err = {0};
    open_community(&t, "forms");
    REQUIRE(import(&t, MT_BANK_REP, "bad.txt", BW_V("# x\n198.51.100.7\nevil.example\n"), &r,
                   &err) == BW_OK);
    CHECK_VIEW(r.kind, "list");
    CHECK_INT(r.report.taken, 2);
    REQUIRE(import(&t, MT_BANK_REP, "bad.txt", BW_V("# x\n198.51.100.7\nevil.example\n"), &r,
                   &err) == BW_OK);
    CHECK_INT(r.report.taken, 0);
    CHECK_INT(r.report.same, 2);
    REQUIRE(
        import(&t, MT_BANK_REP, "",
               BW_V("{\"type\":\"identity\",\"spec_version\":\"2.1\","
                    "\"id\":\"identity--5b1e8a3c-6a52-4b68-9a5e-1f0f4b1c2d3e\","
                    "\"created\":\"2026-01-01T00:00:00Z\",\"modified\":\"2026-01-01T00:00:00Z\","
                    "\"name\":\"x\"}"),
               &r, &err) == BW_OK);
    CHECK_VIEW(r.kind, "stix");
    CHECK_INT(r.report.taken, 1);
    CHECK(import(&t, MT_BANK_REP, "", BW_V("PK\x05\x06\0\0\0\0"), &r, &err) == BW_UNSUPPORTED);
    CHECK(import(&t, MT_BANK_REP, "", BW_V(""), &r, &err) == BW_INVALID);
    close_community(&t);
}

BW_TEST(larger_than_the_setting)
{
    static char big[(1 << 20) + 1];
    struct member_test t;
    struct feed_result r;
    struct bw_err err = {0};
    open_community(&t, "large");
    REQUIRE(settings_set(t.settings, BW_V("import_max"), BW_V("1"), &err) == BW_OK);
    memset(big, 'x', sizeof(big));
    CHECK(import(&t, MT_BANK_REP, "", bw_view_of(big, sizeof(big)), &r, &err) == BW_LIMIT);
    CHECK(strstr(err.message, "import_max") != NULL);
    big[5] = '\n';
    CHECK(import(&t, MT_BANK_REP, "", bw_view_of(big, 1 << 20), &r, &err) != BW_LIMIT);
    close_community(&t);
}

BW_TEST_MAIN()
