/* SPDX-License-Identifier: Apache-2.0 */
/* Claims: what may be entered, by whom, and what is said of the rest; health level; freshness. */
#include "watch_test.h"

#include <string.h>

/* -- one block --------------------------------------------------------------------------------- */

static const struct {
    const char *text, *want; /* NULL: refused */
    const char *says;        /* part of the reason */
} PREFIXES[] = {
    {"192.0.2.0/24", "192.0.2.0/24", NULL},
    {" 192.0.2.7 ", "192.0.2.7/32", NULL},
    {"10.0.0.0/8", "10.0.0.0/8", NULL},
    {"2001:db8::/32", "2001:db8::/32", NULL},
    {"2001:DB8::1", "2001:db8::1/128", NULL},
    {"::ffff:192.0.2.0/120", "192.0.2.0/24", NULL},
    {"::ffff:192.0.2.9", "192.0.2.9/32", NULL},
    {"", NULL, "missing"},
    {"192.0.2.1/24", NULL, "192.0.2.0/24"},
    {"2001:db8::1/32", NULL, "2001:db8::/32"},
    {"0.0.0.0/0", NULL, "whole Internet"},
    {"::/0", NULL, "whole Internet"},
    {"::ffff:0.0.0.0/96", NULL, "whole Internet"},
    {"128.0.0.0/1", NULL, "wider than /8"},
    {"2000::/3", NULL, "wider than /16"},
    {"127.0.0.1", NULL, "no host"},
    {"0.0.0.0", NULL, "no host"},
    {"224.0.0.0/24", NULL, "no host"},
    {"fe80::/64", NULL, "no host"},
    {"::/96", NULL, "no host"},
    {"192.0.2.0/33", NULL, "prefix length"},
    {"192.0.2.0/024", NULL, "prefix length"},
    {"192.0.2.256", NULL, "not an IP address"},
    {"010.0.0.0/8", NULL, "not an IP address"},
    {"bank.example", NULL, "not an IP address"},
    {"fe80::1%eth0", NULL, "zone"},
    {"192.0.2.255-192.0.2.0", NULL, "upside down"},
    {"192.0.2.0 - 192.0.2.255", NULL, "192.0.2.0/24"},
    {"192.0.2.1-192.0.2.255", NULL, "no single prefix"},
    {"192.0.2.0-bank", NULL, "not an IP address"},
};

BW_TEST(blocks)
{
    for (size_t i = 0; i < BW_COUNT(PREFIXES); i++) {
        char text[BW_PREFIX_TEXT_MAX] = "";
        struct bw_prefix p;
        struct bw_err err = {0};
        enum bw_rc rc = watch_prefix_parse(bw_view_z(PREFIXES[i].text), &p, &err);
        if (rc == BW_OK)
            bw_prefix_format(&p, text);
        bool right = PREFIXES[i].want ? rc == BW_OK && strcmp(text, PREFIXES[i].want) == 0
                                      : rc == BW_INVALID && strstr(err.message, PREFIXES[i].says);
        if (!right)
            printf("# %s: %s%s\n", PREFIXES[i].text, text, err.message);
        SUBTEST(PREFIXES[i].text, right);
    }
}

/* -- lists ------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum member_test_person who;
    const char *csv;
    int taken, same, refused;
    const char *where, *why; /* of the first refusal */
} LISTS[] = {
    {"own", MT_BANK_REP, "192.0.2.0/24,Head office\n198.51.100.0/25\n", 2, 0, 0, NULL, NULL},
    {"again", MT_BANK_REP, "192.0.2.0/24,Head office\n", 0, 1, 0, NULL, NULL},
    {"header, blank lines, CRLF, comment", MT_BANK_ADMIN,
     "cidr,label\r\n\r\n# ours\r\n\"192.0.2.64/26\",\"Branch, \"\"east\"\"\"\r\n", 1, 0, 0, NULL,
     NULL},
    {"the same block of another", MT_BROKER_REP, "192.0.2.0/24,ours", 1, 0, 0, NULL, NULL},
    {"byte order mark", MT_BROKER_REP,
     "\xef\xbb\xbf"
     "203.0.113.0/25,x\n",
     1, 0, 0, NULL, NULL},
    {"one wrong among right", MT_BROKER_REP,
     "203.0.113.128/26,a\n203.0.113.1/24,b\n203.0.113.192/26,c", 2, 0, 1, "line 2",
     "203.0.113.0/24"},
    {"others' networks are the operator's", MT_BROKER_REP, "Example Harbour Bank,10.1.0.0/16,x", 0,
     0, 1, "line 1", "only the operator"},
    {"the analyst neither", MT_ANALYST, "Example Harbour Bank,10.1.0.0/16,x", 0, 0, 1, "line 1",
     "only the operator"},
    {"operator by name, domain; unknown one", MT_OPERATOR,
     "organisation,cidr,label\nExample Harbour Bank,10.1.0.0/16,x\nelmo.example,10.2.0.0/16,\n"
     "Nobody Ltd,10.3.0.0/16,\n",
     2, 0, 1, "line 4", "Nobody Ltd"},
    {"operator verifies what is pending", MT_OPERATOR, "Example Harbour Bank,192.0.2.0/24,", 1, 0,
     0, NULL, NULL},
    {"and once more", MT_OPERATOR, "Example Harbour Bank,192.0.2.0/24,", 0, 1, 0, NULL, NULL},
    {"too many cells", MT_BANK_REP, "10.9.0.0/24,a,b", 0, 0, 1, "line 1", "more cells"},
    {"label with a control character", MT_BANK_REP, "10.9.0.0/24,a\x1b[2J", 0, 0, 1, "line 1",
     "control character"},
    {"label that is not UTF-8", MT_BANK_REP, "10.9.0.0/24,\xff", 0, 0, 1, "line 1", "UTF-8"},
    {"nothing", MT_BANK_REP, "", 0, 0, 0, NULL, NULL},
};

BW_TEST(lists_of_claims)
{
    struct member_test t;
    wt_open(&t, "lists");
    for (size_t i = 0; i < BW_COUNT(LISTS); i++) {
        const struct viewer *v = member_test_viewer(&t, LISTS[i].who);
        static struct watch_claims_result r;
        struct bw_err err = {0};
        enum bw_rc rc = watch_claims_take(t.hub.db, v, bw_view_z(LISTS[i].csv), t.arena, &r, &err);
        bool right = rc == BW_OK && r.taken == LISTS[i].taken && r.same == LISTS[i].same &&
                     r.refused == LISTS[i].refused && (LISTS[i].where != NULL) == (r.n > 0);
        if (right && r.n)
            right = bw_view_is(r.refusals[0].where, LISTS[i].where) &&
                    bw_view_find(r.refusals[0].why, bw_view_z(LISTS[i].why)) != SIZE_MAX;
        if (!right)
            printf("# rc %d %s: taken %lld same %lld refused %lld %.*s %.*s\n", (int)rc,
                   err.message, (long long)r.taken, (long long)r.same, (long long)r.refused,
                   BW_VF(r.n ? r.refusals[0].where : BW_V("")),
                   BW_VF(r.n ? r.refusals[0].why : BW_V("")));
        SUBTEST(LISTS[i].name, right);
    }
    member_test_close(&t);
}

static size_t list(struct member_test *t, enum member_test_person p, int64_t organisation_id,
                   struct watch_network *ret_first)
{
    const struct viewer *v = member_test_viewer(t, p);
    struct watch_network *networks = NULL;
    struct bw_err err;
    size_t n = 0;
    BW_AUTO(db) *db = NULL;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    BW_ASSERT(watch_network_list(db, v, organisation_id, t->arena, &networks, &n, &err) == BW_OK);
    if (n)
        *ret_first = networks[0];
    return n;
}

struct decide {
    const struct viewer *viewer;
    struct bw_view id;
    bool verify;
};
static enum bw_rc do_decide(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct decide *d = arg;
    return watch_network_decide(tx, d->viewer, d->id, d->verify, err);
}
static enum bw_rc decide(struct member_test *t, enum member_test_person p, const struct bw_id *id,
                         bool verify)
{
    struct decide d = {member_test_viewer(t, p), bw_view_z(id->text), verify};
    struct bw_err err;
    return db_write(t->hub.db, do_decide, &d, &err);
}

BW_TEST(deciding)
{
    struct member_test t;
    struct watch_network n = {0};
    wt_open(&t, "deciding");
    const struct bw_id bank = wt_network(&t, MT_BANK, "192.0.2.0/24", false);
    const struct bw_id broker = wt_network(&t, MT_BROKER, "192.0.2.0/25", false);
    int64_t bank_key = t.organisation[MT_BANK];
    CHECK_INT(list(&t, MT_OPERATOR, 0, &n), 2); /* the queue: oldest first */
    CHECK_INT(n.organisation_id, bank_key);
    CHECK(n.rival);
    CHECK_INT(list(&t, MT_BANK_REP, bank_key, &n), 1);
    CHECK(!n.rival); /* told to staff only */
    CHECK_INT(n.state, WATCH_PENDING);
    CHECK_INT(list(&t, MT_BROKER_REP, bank_key, &n), 0);
    CHECK_INT(list(&t, MT_HOSPITAL_REP, 0, &n), 0);
    CHECK(decide(&t, MT_BANK_REP, &bank, true) == BW_DENIED);
    CHECK(decide(&t, MT_HOSPITAL_REP, &bank, true) == BW_NOT_FOUND);
    CHECK(decide(&t, MT_ANALYST, &bank, true) == BW_DENIED);
    CHECK(decide(&t, MT_OPERATOR, &bank, true) == BW_OK);
    CHECK(decide(&t, MT_OPERATOR, &broker, false) == BW_OK);
    CHECK_INT(list(&t, MT_OPERATOR, 0, &n), 0);
    CHECK_INT(list(&t, MT_BANK_REP, bank_key, &n), 1);
    CHECK_INT(n.state, WATCH_VERIFIED);
    CHECK_INT(list(&t, MT_OPERATOR, bank_key, &n), 1);
    CHECK(!n.rival); /* a refused claim is none */
    member_test_close(&t);
}

/* -- health ------------------------------------------------------------------------------------ */

static const struct {
    const char *type;
    int severity;
    int64_t age_us;
    enum watch_level level;
} LEVELS[] = {
    {"infected-system", 4, BW_HOUR_US, WATCH_ACT_NOW},
    {"infected-system", 3, 7 * BW_DAY_US, WATCH_ACT_NOW},
    {"infected-system", 4, 7 * BW_DAY_US + 1, WATCH_URGENT},
    {"infected-system", 2, BW_HOUR_US, WATCH_URGENT},
    {"system-compromise", 4, BW_HOUR_US, WATCH_ACT_NOW},
    {"c2-server", 4, BW_HOUR_US, WATCH_ACT_NOW},
    {"scanner", 3, BW_HOUR_US, WATCH_URGENT},
    {"ddos", 2, BW_HOUR_US, WATCH_URGENT},
    {"ddos", 0, BW_HOUR_US, WATCH_HYGIENE},
    {"vulnerable-system", 4, BW_HOUR_US, WATCH_URGENT},
    {"vulnerable-system", 3, BW_HOUR_US, WATCH_EXPOSED},
    {"vulnerable-system", 2, BW_HOUR_US, WATCH_EXPOSED},
    {"vulnerable-system", 1, BW_HOUR_US, WATCH_HYGIENE},
    {"weak-crypto", 2, BW_HOUR_US, WATCH_HYGIENE},
    {"other", 0, BW_HOUR_US, WATCH_HYGIENE},
};

BW_TEST(levels)
{
    for (size_t i = 0; i < BW_COUNT(LEVELS); i++)
        SUBTEST(LEVELS[i].type,
                watch_level_of(bw_view_z(LEVELS[i].type), LEVELS[i].severity,
                               WT_NOW_US - LEVELS[i].age_us, WT_NOW_US) == LEVELS[i].level);
}

static struct watch_health health(struct member_test *t, enum member_test_person p)
{
    const struct viewer *v = member_test_viewer(t, p);
    struct watch_health h;
    struct bw_err err;
    BW_AUTO(db) *db = NULL;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    BW_ASSERT(watch_health_read(db, v, WT_NOW_US, t->arena, &h, &err) == BW_OK);
    return h;
}

struct came {
    const struct viewer *who;
    const char *report;
};
static enum bw_rc do_came(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct came *c = arg;
    return watch_report_came(tx, c->who, bw_view_z(c->report), WT_NOW_US, err);
}
static void came(struct member_test *t, enum member_test_person p, const char *report)
{
    struct came c = {member_test_viewer(t, p), report};
    struct bw_err err;
    BW_ASSERT(db_write(t->hub.db, do_came, &c, &err) == BW_OK);
}

BW_TEST(nothing_observed_needs_coverage)
{
    struct member_test t;
    bw_clock_fix(WT_NOW_US);
    wt_open(&t, "health");
    CHECK_INT(health(&t, MT_BANK_REP).level, WATCH_UNKNOWN);
    wt_network(&t, MT_BANK, "192.0.2.0/24", true);
    CHECK_INT(health(&t, MT_BANK_REP).level, WATCH_UNKNOWN);
    came(&t, MT_HOSPITAL_REP, "scan_rdp"); /* a member's own import covers others' networks not */
    CHECK_INT(health(&t, MT_BANK_REP).level, WATCH_UNKNOWN);
    came(&t, MT_OPERATOR, "event4_sinkhole");
    CHECK_INT(health(&t, MT_BANK_REP).level, WATCH_NOTHING);
    CHECK_INT(health(&t, MT_BROKER_REP).level, WATCH_UNKNOWN);
    struct watch_event e = wt_event("192.0.2.9", "line");
    e.severity = 2;
    e.rsit_type = BW_V("vulnerable-system");
    wt_take(&t, &e, 1);
    struct watch_health h = health(&t, MT_BANK_REP);
    CHECK_INT(h.level, WATCH_EXPOSED);
    CHECK_INT(h.open[2], 1);
    CHECK_INT(h.fresh[2], 1);
    e = wt_event("192.0.2.10", "line");
    e.seen_us -= 31 * BW_DAY_US; /* too old to say how things are */
    wt_take(&t, &e, 1);
    CHECK_INT(health(&t, MT_BANK_REP).level, WATCH_EXPOSED);
    e.seen_us = WT_NOW_US;
    wt_take(&t, &e, 1);
    CHECK_INT(health(&t, MT_BANK_REP).level, WATCH_ACT_NOW);
    CHECK_INT(health(&t, MT_BROKER_REP).level, WATCH_UNKNOWN);
    member_test_close(&t);
    bw_clock_fix(0);
}

static size_t reports(struct member_test *t, enum member_test_person p)
{
    const struct viewer *v = member_test_viewer(t, p);
    struct watch_report_seen *list_of;
    struct bw_err err;
    size_t n = 0;
    BW_AUTO(db) *db = NULL;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    BW_ASSERT(watch_report_list(db, v, t->arena, &list_of, &n, &err) == BW_OK);
    return n;
}

BW_TEST(freshness_is_told_to_those_it_covers)
{
    struct member_test t;
    wt_open(&t, "fresh");
    came(&t, MT_HOSPITAL_REP, "scan_rdp");
    came(&t, MT_HOSPITAL_REP, "scan_rdp");
    CHECK_INT(reports(&t, MT_HOSPITAL_REP), 1);
    CHECK_INT(reports(&t, MT_BANK_REP), 0);
    CHECK_INT(reports(&t, MT_ANALYST), 1);
    came(&t, MT_ANALYST, "scan_ssh");
    CHECK_INT(reports(&t, MT_BANK_REP), 1);
    CHECK_INT(reports(&t, MT_HOSPITAL_REP), 2);
    CHECK_INT(reports(&t, MT_PEOPLE), 0);
    member_test_close(&t);
}

BW_TEST_MAIN()
