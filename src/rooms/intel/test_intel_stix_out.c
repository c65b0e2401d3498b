/* SPDX-License-Identifier: Apache-2.0 */
/* test_intel_stix_out - items as STIX: what is made, who sees it, release and withdrawal; and
 * lists, which become items. */
#include "test_intel_stix.h"

#include "intel_stix_read.h"

#include "bw_clock.h"
#include "bw_fault.h"
#include "intel_page.h"

struct step {
    const struct viewer *viewer;
    const struct intel_prepared *prepared;
    struct bw_id made;
};
static enum bw_rc do_put(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct step *s = arg;
    return intel_item_put(tx, s->prepared, &s->made, err);
}
static enum bw_rc do_release(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct step *s = arg;
    return intel_item_release(tx, s->viewer, bw_view_z(s->made.text), err);
}
static enum bw_rc do_withdraw(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct step *s = arg;
    return intel_item_withdraw(tx, s->viewer, bw_view_z(s->made.text), err);
}

static bool publish(enum tlp tlp, struct intel_audience_in to, const char *body, struct step *ret)
{
    struct intel_item_in in = {.kind = INTEL_ALERT,
                               .severity = INTEL_HIGH,
                               .tlp = tlp,
                               .lang = I18N_EN,
                               .title = BW_V("A title with \"quotes\""),
                               .body = bw_view_z(body),
                               .audience = to,
                               .publish = true};
    struct intel_prepared *p;
    *ret = (struct step){.viewer = ts_as[MT_BANK_REP]};
    if (intel_item_prepare(ts_as[MT_BANK_REP], &in, ts.arena, &p, &ts_err) != BW_OK)
        return false;
    ret->prepared = p;
    return db_write(ts.hub.db, do_put, ret, &ts_err) == BW_OK;
}

/* Objects of TYPE that this person is given; what they say goes to OUT (may be NULL). */
static size_t given(enum member_test_person who, const char *type, struct bw_buf *out)
{
    struct ts_page p = {.page = {.n = 0}};
    struct bw_view types[] = {bw_view_z(type)};
    const struct intel_object_filter f = {.types = types,
                                          .n_types = 1,
                                          .limit = INTEL_OBJECTS_MAX,
                                          .bytes_max = SIZE_MAX,
                                          .bodies = true};
    size_t n = ts_read(who, &f, &p) ? p.page.n : SIZE_MAX;
    if (out) {
        out->cap = (size_t)16 << 20;
        bw_buf_reset(out);
        bw_buf_view(out, bw_buf_text(&p.bytes));
    }
    ts_page_done(&p);
    return n;
}

static bool holds(const struct bw_buf *b, const char *part)
{
    bool ok = bw_view_find(bw_buf_text(b), bw_view_z(part)) != SIZE_MAX;
    if (!ok)
        printf("# %s is not in %.*s\n", part, BW_VF(bw_buf_text(b)));
    return ok;
}

BW_TEST(an_item_becomes_a_report)
{
    BW_AUTO_BUF text = BW_BUF_INIT(1 << 20);
    struct step s;
    ts_open("out");
    REQUIRE(publish(TLP_GREEN, (struct intel_audience_in){.everybody = true},
                    "Blocks 198.51.100.7 and http://bad.example/a, see CVE-2024-12345.", &s));
    CHECK_INT(given(MT_SHOP_REP, "report", &text), 1);
    CHECK(holds(&text, "\"name\":\"A title with \\\"quotes\\\"\""));
    CHECK(holds(&text, "\"severity:high\""));
    CHECK(holds(&text, "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"));
    CHECK(holds(&text, "\"lang\":\"en\""));
    CHECK_INT(given(MT_SHOP_REP, "indicator", &text), 2);
    CHECK(holds(&text, "\"pattern\":\"[ipv4-addr:value = '198.51.100.7']\""));
    CHECK(holds(&text, "[url:value = 'http://bad.example/a']"));
    CHECK_INT(given(MT_SHOP_REP, "identity", &text), 1);
    CHECK_INT(given(MT_SHOP_REP, "marking-definition", &text), 5);
    CHECK(holds(&text, "\"tlp_2_0\":\"amber+strict\""));
    CHECK_INT(given(MT_PEOPLE, "report", NULL), 0);
    /* Each line is an object that an import would take. */
    struct ts_page p = {.page = {.n = 0}};
    const struct intel_object_filter all = {.limit = 100, .bytes_max = SIZE_MAX, .bodies = true};
    CHECK(ts_read(MT_SHOP_REP, &all, &p));
    struct bw_view rest = bw_buf_text(&p.bytes);
    while (rest.n) {
        struct bw_view line = bw_view_split(&rest, '\n');
        struct stix_read o = {.number = 1};
        struct stix_object object;
        CHECK(stix_read_again(line, ts.arena, &o, &ts_err) == BW_OK &&
              stix_check(&o, ts.arena, &object, NULL, &ts_err) == BW_OK);
    }
    ts_page_done(&p);
}

BW_TEST(its_objects_have_its_audience)
{
    struct step s;
    ts_open("audience");
    struct grant to[] = {{GRANT_ORGANISATION, ts.organisation[MT_BROKER]}};
    REQUIRE(
        publish(TLP_AMBER, (struct intel_audience_in){.grants = to, .n = 1}, "198.51.100.7", &s));
    static const struct {
        enum member_test_person who;
        size_t n;
    } T[] = {{MT_BANK_REP, 1},
             {MT_BROKER_REP, 1},
             {MT_OPERATOR, 1},
             {MT_SHOP_REP, 0},
             {MT_PEOPLE, 0}};
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        CHECK_INT(given(T[i].who, "report", NULL), T[i].n);
        CHECK_INT(given(T[i].who, "indicator", NULL), T[i].n);
        CHECK_INT(given(T[i].who, "identity", NULL), T[i].n);
    }
    /* The same author again for others: one identity for who sees both. */
    REQUIRE(publish(TLP_GREEN, (struct intel_audience_in){.everybody = true}, "198.51.100.8", &s));
    CHECK_INT(given(MT_BROKER_REP, "identity", NULL), 1);
    CHECK_INT(given(MT_SHOP_REP, "identity", NULL), 1);
    CHECK_INT(given(MT_SHOP_REP, "report", NULL), 1);
    CHECK_INT(TS_NUMBER("SELECT count(*) FROM v_stix_object WHERE type = 'identity'"), 1);
    CHECK_INT(TS_NUMBER("SELECT count(*) FROM v_stix_object WHERE contested = 1"), 0);
}

BW_TEST(released_and_withdrawn)
{
    BW_AUTO_BUF text = BW_BUF_INIT(1 << 20);
    struct step s;
    struct ts_page p = {.page = {.n = 0}};
    struct intel_object_filter f = {.limit = 100, .bytes_max = SIZE_MAX};
    ts_open("moved");
    REQUIRE(publish(TLP_CLEAR, (struct intel_audience_in){.everybody = true}, "198.51.100.7", &s));
    CHECK(ts_read(MT_SHOP_REP, &f, &p));
    f.after_id = p.page.last_id;
    s.viewer = ts_as[MT_OPERATOR];
    REQUIRE(db_write(ts.hub.db, do_release, &s, &ts_err) == BW_OK);
    CHECK_INT(given(MT_PEOPLE, "report", NULL), 1);
    CHECK_INT(given(MT_PEOPLE, "indicator", NULL), 1);
    CHECK_INT(given(MT_PEOPLE, "identity", NULL), 1);
    CHECK_INT(given(MT_SHOP_REP, "report", NULL), 1);
    /* Who had read past it finds it again. */
    CHECK(ts_read(MT_SHOP_REP, &f, &p) && p.page.n == 3);
    REQUIRE(db_write(ts.hub.db, do_withdraw, &s, &ts_err) == BW_OK);
    CHECK_INT(given(MT_SHOP_REP, "report", &text), 1);
    CHECK(holds(&text, "\"revoked\":true"));
    CHECK(!holds(&text, "\"description\""));
    /* An import cannot stand beside what the hub made under the same id and version. */
    BW_AUTO_BUF spoof = BW_BUF_INIT(1 << 16);
    bw_buf_printf(&spoof,
                  "[{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":"
                  "\"%.*s\",\"created\":\"" STIX_TLP_CREATED "\",\"name\":\"TLP:CLEAR\","
                  "\"definition_type\":\"statement\",\"definition\":{\"statement\":\"x\"}}]",
                  BW_VF(stix_tlp_id(TLP_RED)));
    CHECK(ts_import_as(MT_BROKER_REP, TLP_GREEN, (struct intel_audience_in){.everybody = true},
                       bw_buf_text(&spoof)) == BW_OK);
    CHECK_INT(given(MT_SHOP_REP, "marking-definition", &text), 5);
    CHECK_INT(given(MT_SHOP_REP, "report", &text), 1);
    CHECK_INT(given(MT_SHOP_REP, "indicator", &text), 1);
    CHECK(holds(&text, "\"revoked\":true"));
    CHECK_INT(TS_NUMBER("SELECT count(*) FROM v_stix_object WHERE type = 'report'"), 1);
    CHECK(db_integrity(ts.hub.db, &ts_err) == BW_OK);
    ts_page_done(&p);
}

BW_TEST(a_bundle_by_itself)
{
    static const struct intel_indicator IN[] = {{INTEL_IOC_DOMAIN, BW_VIEW_INIT("bad.example")},
                                                {INTEL_IOC_CVE, BW_VIEW_INIT("CVE-2024-12345")}};
    BW_AUTO_BUF text = BW_BUF_INIT(1 << 20);
    ts_open("bundle");
    CHECK(intel_stix_bundle(IN, BW_COUNT(IN), TLP_AMBER, bw_now_us(), &text, &ts_err) == BW_OK);
    CHECK(ts_import_as(MT_BANK_REP, TLP_GREEN, (struct intel_audience_in){.everybody = true},
                       bw_buf_text(&text)) == BW_OK);
    CHECK(ts_counts(2, 0, 0)); /* the marking and the domain */
    CHECK_INT(given(MT_BROKER_REP, "indicator", NULL), 0);
    CHECK_INT(given(MT_BANK_REP, "indicator", NULL), 1);
}

/* -- lists ------------------------------------------------------------------------------------- */

static enum bw_rc import_list(enum tlp tlp, struct bw_view bytes)
{
    ts_report = (struct intel_report){.arena = ts.arena};
    const struct intel_import in = {.hub = &ts.hub, .viewer = ts_as[MT_BANK_REP], .tlp = tlp};
    enum bw_rc rc =
        intel_list_import(&in, BW_V("/home/x/block list.txt"), bytes, &ts_report, &ts_err);
    if (rc != BW_OK)
        printf("# %s (%s)\n", ts_err.message, ts_err.detail);
    return rc;
}

BW_TEST(a_list_becomes_an_item)
{
    static const char LIST[] =
        "\xef\xbb\xbf# comment\r\n; another\n198.51.100.7\r\n\nbad.example ; SBL1\n"
        "2024-01-01,198.51.100.8,seen\nnothing here\n198.51.100.7\n";
    ts_open("list");
    CHECK(import_list(TLP_GREEN, bw_view_z(LIST)) == BW_OK);
    CHECK(ts_counts(3, 1, 1));
    CHECK(ts_said("line 7"));
    CHECK_INT(given(MT_SHOP_REP, "indicator", NULL), 3);
    CHECK_INT(TS_NUMBER("SELECT count(*) FROM v_item"), 1);
    CHECK_INT(TS_NUMBER("SELECT indicators FROM v_item"), 3);
    CHECK(import_list(TLP_GREEN, bw_view_z(LIST)) == BW_OK);
    CHECK(ts_counts(0, 4, 1));
    CHECK_INT(TS_NUMBER("SELECT count(*) FROM v_item"), 1);
    CHECK(import_list(TLP_RED, bw_view_z(LIST)) == BW_OK);
    CHECK(ts_counts(3, 1, 1));
    CHECK_INT(given(MT_BANK_ADMIN, "indicator", NULL), 3);
    CHECK_INT(given(MT_BANK_REP, "indicator", NULL), 6);
    CHECK(import_list(TLP_GREEN, BW_V("# nothing\n")) == BW_OK);
    CHECK(ts_counts(0, 0, 0));
}

BW_TEST(a_long_list_goes_on_where_it_broke_off)
{
    BW_AUTO_BUF text = BW_BUF_INIT(1 << 20);
    ts_open("long");
    for (int i = 0; i < 1300; i++)
        bw_buf_printf(&text, "198.51.%d.%d\n", i / 250, i % 250);
    for (uint64_t nth = 1; nth < 10; nth++) {
        bw_fault_arm("db.commit", nth, true);
        enum bw_rc rc = import_list(TLP_GREEN, bw_buf_text(&text));
        bw_fault_clear();
        if (rc == BW_OK)
            break;
        CHECK_INT(rc, BW_IO);
    }
    CHECK(import_list(TLP_GREEN, bw_buf_text(&text)) == BW_OK);
    CHECK(ts_counts(0, 1300, 0));
    CHECK_INT(TS_NUMBER("SELECT count(*) FROM v_item"), 1);
    CHECK_INT(TS_NUMBER("SELECT indicators FROM v_item"), 1300);
    CHECK_INT(TS_NUMBER("SELECT count(*) FROM v_occurrence"), 1300);
    CHECK_INT(TS_NUMBER("SELECT count(*) FROM v_stix_object WHERE type = 'indicator'"), 1300);
    ts_close();
}

BW_TEST_MAIN()
