/* SPDX-License-Identifier: Apache-2.0 */
/* Findings in the database: who sees which, that nothing counts twice, and what the ledger is told.
 */
#include "watch_test.h"

#include "watch_intake.h"

/* -- who sees what (product.md, Findings) ------------------------------------------------------ */

static const struct {
    const char *name;
    struct {
        enum member_test_organisation who;
        const char *cidr;
        bool verified;
    } claims[3];
    bool bank, broker, hospital; /* who is told of 192.0.2.9 */
    bool staff;                  /* the operator sees it */
} DISCLOSURE[] = {
    {"nobody's address", {{MT_BANK, "198.51.100.0/24", true}}, false, false, false, false},
    {"verified", {{MT_BANK, "192.0.2.0/24", true}}, true, false, false, true},
    {"pending shows nothing", {{MT_BANK, "192.0.2.0/24", false}}, false, false, false, false},
    {"most specific verified",
     {{MT_BANK, "192.0.2.0/24", true}, {MT_HOSPITAL, "192.0.2.8/29", true}},
     false,
     false,
     true,
     true},
    {"provider where the customer is not verified",
     {{MT_BANK, "192.0.2.0/24", true}, {MT_HOSPITAL, "192.0.2.8/29", false}},
     true,
     false,
     false,
     true},
    {"rivals learn nothing",
     {{MT_BANK, "192.0.2.0/24", true}, {MT_BROKER, "192.0.2.0/24", true}},
     false,
     false,
     false,
     true},
    {"a pending rival takes nothing away",
     {{MT_BANK, "192.0.2.0/24", true}, {MT_BROKER, "192.0.2.0/24", false}},
     true,
     false,
     false,
     true},
    {"a customer of rivals",
     {{MT_BANK, "192.0.2.0/24", true},
      {MT_BROKER, "192.0.2.0/24", true},
      {MT_HOSPITAL, "192.0.2.9/32", true}},
     false,
     false,
     true,
     true},
};

BW_TEST(disclosure)
{
    for (size_t i = 0; i < BW_COUNT(DISCLOSURE); i++) {
        struct member_test t;
        char name[32];
        const struct watch_event e = wt_event("192.0.2.9", "a line");
        snprintf(name, sizeof(name), "disclosure%zu", i);
        wt_open(&t, name);
        for (size_t j = 0; j < 3 && DISCLOSURE[i].claims[j].cidr; j++)
            wt_network(&t, DISCLOSURE[i].claims[j].who, DISCLOSURE[i].claims[j].cidr,
                       DISCLOSURE[i].claims[j].verified);
        wt_take(&t, &e, 1);
        SUBTEST(DISCLOSURE[i].name,
                (wt_findings(&t, MT_BANK_REP, NULL) == 1) == DISCLOSURE[i].bank &&
                    (wt_findings(&t, MT_BROKER_REP, NULL) == 1) == DISCLOSURE[i].broker &&
                    (wt_findings(&t, MT_HOSPITAL_REP, NULL) == 1) == DISCLOSURE[i].hospital &&
                    (wt_findings(&t, MT_OPERATOR, NULL) == 1) == DISCLOSURE[i].staff &&
                    (wt_findings(&t, MT_ANALYST, NULL) == 1) == DISCLOSURE[i].staff &&
                    wt_findings(&t, MT_CLINIC_REP, NULL) == 0 &&
                    wt_findings(&t, MT_PEOPLE, NULL) == 0);
        member_test_close(&t);
    }
}

/* -- the same again ---------------------------------------------------------------------------- */

BW_TEST(the_same_line_counts_once)
{
    struct member_test t;
    struct watch_finding f = {0};
    wt_open(&t, "once");
    wt_network(&t, MT_BANK, "192.0.2.0/24", true);
    struct watch_event e[] = {wt_event("192.0.2.9", "line 1"), wt_event("192.0.2.9", "line 2"),
                              wt_event("192.0.2.9", "line 1"), wt_event("203.0.113.1", "line 3")};
    e[1].seen_us += BW_HOUR_US;
    struct watch_result r = wt_take(&t, e, BW_COUNT(e));
    CHECK_INT(r.matched, 3);
    CHECK_INT(r.opened, 1);
    CHECK_INT(r.again, 0);
    CHECK_INT(wt_findings(&t, MT_BANK_REP, &f), 1);
    CHECK_INT(f.count, 2);
    CHECK_INT(f.last_us - f.first_us, BW_HOUR_US);
    CHECK_VIEW(f.ip, "192.0.2.9");
    CHECK_VIEW(f.network, "192.0.2.0/24");
    CHECK_VIEW(f.rsit_type, "infected-system");

    r = wt_take(&t, e, BW_COUNT(e)); /* the same file again */
    CHECK_INT(r.opened, 0);
    CHECK_INT(r.again, 1);
    CHECK_INT(wt_findings(&t, MT_BANK_REP, &f), 1);
    CHECK_INT(f.count, 2);

    struct watch_event more = wt_event("192.0.2.9", "line 4");
    more.seen_us -= BW_HOUR_US;
    wt_take(&t, &more, 1);
    wt_findings(&t, MT_BANK_REP, &f);
    CHECK_INT(f.count, 3);
    CHECK_INT(f.first_us, WT_NOW_US - BW_HOUR_US);
    member_test_close(&t);
}

BW_TEST(what_makes_another_finding)
{
    struct member_test t;
    wt_open(&t, "another");
    wt_network(&t, MT_BANK, "192.0.2.0/24", true);
    struct watch_event e[7];
    for (size_t i = 0; i < BW_COUNT(e); i++)
        e[i] = wt_event("192.0.2.9", "line");
    e[1].seen_us += BW_DAY_US;
    e[2].rsit_type = BW_V("scanner");
    e[3].family = BW_V("other");
    e[4].port = 22;
    e[5] = wt_event("192.0.2.10", "line");
    e[6].report = BW_V("event6_sinkhole"); /* another report of the same thing does not */
    struct watch_result r = wt_take(&t, e, BW_COUNT(e));
    CHECK_INT(r.opened, 6);
    CHECK_INT(wt_findings(&t, MT_BANK_REP, NULL), 6);
    member_test_close(&t);
}

BW_TEST(a_finding_counts_so_far_and_no_further)
{
    enum { LINES = WATCH_SEEN_MAX + 50 };
    static struct watch_event e[LINES];
    static char lines[LINES][16];
    struct member_test t;
    struct watch_finding f = {0};
    wt_open(&t, "cap");
    wt_network(&t, MT_BANK, "192.0.2.0/24", true);
    for (size_t i = 0; i < LINES; i++) {
        snprintf(lines[i], sizeof(lines[i]), "line %zu", i);
        e[i] = wt_event("192.0.2.9", lines[i]);
        e[i].seen_us += (int64_t)i;
    }
    wt_take(&t, e, LINES);
    wt_take(&t, e + LINES / 2, LINES / 2);
    CHECK_INT(wt_findings(&t, MT_BANK_REP, &f), 1);
    CHECK_INT(f.count, WATCH_SEEN_MAX);
    CHECK_INT(f.last_us, WT_NOW_US + LINES - 1);
    member_test_close(&t);
}

BW_TEST(a_network_that_is_verified_later)
{
    struct member_test t;
    struct bw_err err;
    wt_open(&t, "later");
    const struct watch_event e = wt_event("192.0.2.9", "line");
    CHECK_INT(wt_take(&t, &e, 1).matched, 0);
    wt_network(&t, MT_BANK, "192.0.2.0/24", false);
    CHECK_INT(wt_take(&t, &e, 1).matched, 0);
    CHECK_INT(wt_findings(&t, MT_OPERATOR, NULL), 0);
    wt_network(&t, MT_BANK, "192.0.2.0/24", true);
    CHECK_INT(wt_take(&t, &e, 1).opened, 1);
    CHECK_INT(wt_findings(&t, MT_BANK_REP, NULL), 1);

    /* A customer inside it is verified: from now on they are told, what was told stays. */
    wt_network(&t, MT_HOSPITAL, "192.0.2.8/29", true);
    CHECK_INT(wt_take(&t, &e, 1).opened, 1);
    CHECK_INT(wt_findings(&t, MT_HOSPITAL_REP, NULL), 1);
    CHECK_INT(wt_findings(&t, MT_BANK_REP, NULL), 1);
    (void)err;
    member_test_close(&t);
}

/* -- claims change under an import ------------------------------------------------------------- */

BW_TEST(a_chunk_of_an_old_snapshot_is_refused)
{
    struct member_test t;
    struct bw_err err;
    struct watch_match *match = NULL;
    wt_open(&t, "moved");
    wt_network(&t, MT_BANK, "192.0.2.0/24", true);
    {
        BW_AUTO(db) *db = NULL;
        REQUIRE(db_open(t.hub.db, &db, &err) == BW_OK);
        REQUIRE(watch_match_hold(db, &match, &err) == BW_OK);
    }
    int64_t mark = 1;
    struct watch_pending p = {.port = -1,
                              .severity = 4,
                              .rsit_type = BW_V("scanner"),
                              .report = BW_V("x"),
                              .public_id = bw_id_new(),
                              .marks = &mark,
                              .n_marks = 1};
    REQUIRE(bw_ip_parse(BW_V("192.0.2.9"), &p.ip));
    p.told = watch_match_disclose(match, watch_match_find(match, &p.ip));
    CHECK_INT(p.told.organisation_id, t.organisation[MT_BANK]);
    struct watch_chunk c = {.hub = &t.hub,
                            .version = watch_match_version(match),
                            .rows = &p,
                            .n = 1,
                            .last = true};
    wt_network(&t, MT_HOSPITAL, "192.0.2.8/29", true);
    CHECK(watch_chunk_write(&c, &err) == BW_CONFLICT);
    CHECK_INT(wt_findings(&t, MT_OPERATOR, NULL), 0);
    watch_match_unref(match);
    member_test_close(&t);
}

/* -- the ledger -------------------------------------------------------------------------------- */

struct opened {
    size_t events;
    int64_t count[8], audience[8];
    bool names_it[8]; /* the payload has the organisation's public id */
    int worst[8];
};

static struct opened read_opened(struct member_test *t, const struct bw_id *organisation)
{
    struct opened o = {0};
    struct ledger_event *events;
    struct bw_err err;
    size_t n = 0;
    BW_AUTO(db) *db = NULL;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    BW_ASSERT(ledger_read(db, 0, 1000, t->arena, &events, &n, &err) == BW_OK);
    for (size_t i = 0; i < n; i++) {
        long long count = 0;
        int worst = 0;
        if (events[i].verb != LEDGER_FINDING_OPENED || o.events == 8)
            continue;
        char *text = bw_arena_z(t->arena, events[i].payload);
        const char *at = strstr(text, "\"count\":");
        BW_ASSERT(at && sscanf(at, "\"count\":%lld,\"worst\":%d", &count, &worst) == 2);
        o.count[o.events] = count;
        o.worst[o.events] = worst;
        o.audience[o.events] = events[i].audience_id;
        o.names_it[o.events++] = strstr(text, organisation->text) != NULL;
    }
    return o;
}

BW_TEST(one_alert_for_each_organisation)
{
    struct member_test t;
    wt_open(&t, "alert");
    wt_network(&t, MT_BANK, "192.0.2.0/24", true);
    wt_network(&t, MT_HOSPITAL, "198.51.100.0/24", true);
    struct watch_event e[9];
    static const char *const ips[9] = {"192.0.2.1",    "198.51.100.1", "192.0.2.2",
                                       "198.51.100.2", "192.0.2.3",    "203.0.113.1",
                                       "192.0.2.4",    "192.0.2.5",    "192.0.2.1"};
    for (size_t i = 0; i < 9; i++)
        e[i] = wt_event(ips[i], ips[i]);
    for (size_t i = 0; i < 9; i++)
        e[i].severity = i == 4 ? 3 : 2;
    wt_take(&t, e, 9);
    struct opened o = read_opened(&t, &t.organisation_id[MT_BANK]);
    CHECK_INT(o.events, 2);
    CHECK_INT(o.count[0], 5);
    CHECK_INT(o.worst[0], 3);
    CHECK(o.names_it[0] && !o.names_it[1]);
    CHECK_INT(o.count[1], 2);
    CHECK(o.audience[0] != o.audience[1]);
    {
        BW_AUTO(db) *db = NULL;
        struct bw_err err;
        REQUIRE(db_open(t.hub.db, &db, &err) == BW_OK);
        CHECK(viewer_reach(member_test_viewer(&t, MT_BANK_REP), db, o.audience[0]));
        CHECK(!viewer_reach(member_test_viewer(&t, MT_BANK_REP), db, o.audience[1]));
    }
    wt_take(&t, e, 9); /* again: nothing new, nobody is alerted */
    CHECK_INT(read_opened(&t, &t.organisation_id[MT_BANK]).events, 2);
    member_test_close(&t);
}

BW_TEST(a_flood_is_told_at_once_and_at_its_end)
{
    enum { FLOOD = 2 * WATCH_CHUNK + 50 };
    static struct watch_event e[FLOOD];
    struct member_test t;
    wt_open(&t, "flood");
    wt_network(&t, MT_BANK, "10.0.0.0/16", true);
    for (size_t i = 0; i < FLOOD; i++) {
        char ip[32];
        snprintf(ip, sizeof(ip), "10.0.%zu.%zu", i / 200, i % 200);
        e[i] = wt_event(ip, "line");
    }
    CHECK_INT(wt_take(&t, e, FLOOD).opened, FLOOD);
    struct opened o = read_opened(&t, &t.organisation_id[MT_BANK]);
    CHECK_INT(o.events, 2);
    CHECK_INT(o.count[0], WATCH_CHUNK);
    CHECK_INT(o.count[0] + o.count[1], FLOOD);
    member_test_close(&t);
}

/* -- acknowledging ----------------------------------------------------------------------------- */

struct act {
    const struct viewer *viewer;
    struct bw_view id;
};
static enum bw_rc act(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct act *a = arg;
    return watch_finding_acknowledge(tx, a->viewer, a->id, err);
}
static enum bw_rc acknowledge(struct member_test *t, enum member_test_person p, struct bw_view id)
{
    struct act a = {member_test_viewer(t, p), id};
    struct bw_err err;
    return db_write(t->hub.db, act, &a, &err);
}

BW_TEST(acknowledging)
{
    struct member_test t;
    struct watch_finding f = {0};
    struct bw_err err;
    int64_t counts[5] = {9, 9, 9, 9, 9};
    wt_open(&t, "acknowledge");
    wt_network(&t, MT_BANK, "192.0.2.0/24", true);
    const struct watch_event e = wt_event("192.0.2.9", "line");
    wt_take(&t, &e, 1);
    REQUIRE(wt_findings(&t, MT_BANK_REP, &f) == 1);
    CHECK_INT(f.state, WATCH_NEW);
    CHECK(acknowledge(&t, MT_HOSPITAL_REP, f.public_id) == BW_NOT_FOUND);
    CHECK(acknowledge(&t, MT_PEOPLE, f.public_id) == BW_NOT_FOUND);
    CHECK(acknowledge(&t, MT_OPERATOR, f.public_id) == BW_DENIED);
    {
        BW_AUTO(db) *db = NULL;
        REQUIRE(db_open(t.hub.db, &db, &err) == BW_OK);
        CHECK(watch_finding_counts(db, member_test_viewer(&t, MT_BANK_REP), counts, &err) == BW_OK);
        CHECK_INT(counts[4], 1);
        CHECK_INT(counts[3], 0);
    }
    CHECK(acknowledge(&t, MT_BANK_REP, f.public_id) == BW_OK);
    CHECK(acknowledge(&t, MT_BANK_ADMIN, f.public_id) == BW_OK);
    wt_findings(&t, MT_BANK_REP, &f);
    CHECK_INT(f.state, WATCH_ACKNOWLEDGED);
    wt_take(&t, &e, 1);
    wt_findings(&t, MT_BANK_REP, &f);
    CHECK_INT(f.state, WATCH_ACKNOWLEDGED); /* the same report does not open it again */
    member_test_close(&t);
}

/* -- evidence ---------------------------------------------------------------------------------- */

BW_TEST(evidence_is_sealed_and_opens_for_its_organisation)
{
    struct member_test t;
    struct watch_finding f = {0};
    struct bw_err err;
    struct watch_intake *k = NULL;
    struct watch_result r = {0};
    wt_open(&t, "evidence");
    wt_network(&t, MT_BANK, "192.0.2.0/24", true);
    const struct watch_event e =
        wt_event("192.0.2.9", "192.0.2.9,\"secret, \"\"quoted\"\"\",,\"two\nlines\"");
    REQUIRE(watch_intake_new(&t.hub, BW_V("\"ip\",note,empty,text"), &k, &err) == BW_OK);
    CHECK(watch_intake_add(k, &e, 1, &err) == BW_OK);
    CHECK(watch_intake_finish(k, &r, &err) == BW_OK);
    watch_intake_free(k);
    REQUIRE(wt_findings(&t, MT_BANK_REP, &f) == 1);
    {
        BW_AUTO(db) *db = NULL;
        BW_AUTO(db_stmt) *st = NULL;
        BW_AUTO_BUF out = BW_BUF_INIT(4096);
        BW_AUTO_BUF none = BW_BUF_INIT(4096);
        REQUIRE(db_open(t.hub.db, &db, &err) == BW_OK);
        CHECK(watch_evidence_open(&t.hub, db, member_test_viewer(&t, MT_BANK_REP), f.public_id,
                                  &out, &err) == BW_OK);
        CHECK_VIEW(bw_buf_text(&out), "ip: 192.0.2.9\nnote: secret, \"quoted\"\ntext: two lines\n");
        CHECK(watch_evidence_open(&t.hub, db, member_test_viewer(&t, MT_BROKER_REP), f.public_id,
                                  &none, &err) == BW_NOT_FOUND);
        REQUIRE(db_query(db, viewer_system("test"), "SELECT evidence FROM v_finding", &st, &err) ==
                BW_OK);
        REQUIRE(db_row(st, &err) == BW_OK);
        CHECK(bw_view_find(db_bytes(st, 0), BW_V("secret")) == SIZE_MAX);
        CHECK(crypto_open(t.hub.keyring, db_bytes(st, 0), BW_V("finding/other/evidence"), &none,
                          &err) == BW_BROKEN);
    }
    member_test_close(&t);
}

BW_TEST_MAIN()
