/* SPDX-License-Identifier: Apache-2.0 */
/* test_intel_stix - a file of STIX objects in: what is taken, what is refused and why, who sees it.
 */
#include "test_intel_stix.h"

#include "bw_fault.h"

#define U(n) "00000000-0000-4000-8000-0000000000" n
#define TIMES ",\"created\":\"2024-01-01T00:00:00.000Z\",\"modified\":\"2024-01-02T00:00:00.000Z\""
#define MALWARE(n) \
    "{\"type\":\"malware\",\"spec_version\":\"2.1\",\"id\":\"malware--" U(n) "\"" TIMES "}"
#define AT(n, time, more)                                                  \
    "{\"type\":\"malware\",\"spec_version\":\"2.1\",\"id\":\"malware--" U( \
        n) "\",\"created\":"                                               \
           "\"2024-01-01T00:00:00.000Z\",\"modified\":\"" time "\"" more "}"
#define MARKED(n, marking)                                                 \
    "{\"type\":\"malware\",\"spec_version\":\"2.1\",\"id\":\"malware--" U( \
        n) "\"" TIMES ",\"object_marking_refs\":[" marking "]}"

/* -- one object -------------------------------------------------------------------------------- */

static const struct {
    const char *name, *object, *why; /* why NULL: taken */
} OBJECTS[] = {
    {"an object of the standard", MALWARE("01"), NULL},
    {"a custom type", "{\"type\":\"x-lamp\",\"id\":\"x-lamp--" U("02") "\"}", NULL},
    {"an observable without times",
     "{\"type\":\"domain-name\",\"id\":\"domain-name--" U("03") "\",\"value\":\"a.example\"}",
     NULL},
    {"custom properties",
     "{\"type\":\"malware\",\"id\":\"malware--" U("04") "\"" TIMES
                                                        ",\"x_\":{\"a\":[1,2,{\"b\":null}]}}",
     NULL},
    {"an escape in the id", "{\"type\":\"malware\",\"id\":\"malwar\\u0065--" U("05") "\"" TIMES "}",
     NULL},
    {"the year 9999", AT("06", "9999-12-31T23:59:59.999Z", ""), NULL},
    {"the year 0000", AT("07", "0000-01-01T00:00:00Z", ""), "modified"},
    {"the year 10000", AT("07", "10000-01-01T00:00:00Z", ""), "modified"},
    {"a time without its zone", AT("07", "2024-01-01T00:00:00", ""), "modified"},
    {"a time that is a number",
     "{\"type\":\"malware\",\"id\":\"malware--" U("07") "\",\"created\":1,\"modified\":2}",
     "created"},
    {"no modified",
     "{\"type\":\"malware\",\"id\":\"malware--" U("07") "\",\"created\":\"2024-01-01T00:00:00Z\"}",
     "modified"},
    {"no type", "{\"id\":\"malware--" U("07") "\"" TIMES "}", "type"},
    {"no id", "{\"type\":\"malware\"" TIMES "}", "id"},
    {"an id of another type", "{\"type\":\"malware\",\"id\":\"tool--" U("07") "\"" TIMES "}", "id"},
    {"an id that is no UUID", "{\"type\":\"malware\",\"id\":\"malware--1\"" TIMES "}", "id"},
    {"an id with NUL", "{\"type\":\"malware\",\"id\":\"malware--" U("0\\u0000") "\"" TIMES "}",
     "id"},
    {"a type with a slash", "{\"type\":\"a/b\",\"id\":\"a/b--" U("07") "\"" TIMES "}", "type"},
    {"a bundle in a bundle", "{\"type\":\"bundle\",\"id\":\"bundle--" U("07") "\"}", "type"},
    {"STIX 3",
     "{\"type\":\"malware\",\"spec_version\":\"3.0\",\"id\":\"malware--" U("07") "\"" TIMES "}",
     "version"},
    {"a key twice",
     "{\"type\":\"malware\",\"type\":\"malware\",\"id\":\"malware--" U("07") "\"" TIMES "}",
     "type"},
    {"a number", "17", "no object"},
    {"markings that are no list",
     "{\"type\":\"malware\",\"id\":\"malware--" U("07") "\"" TIMES
                                                        ",\"object_marking_refs\":\"x\"}",
     "list"},
    {"a marking that is no id", MARKED("07", "\"x\""), "marking"},
};

BW_TEST(objects_are_taken_or_explained)
{
    ts_open("objects");
    for (size_t i = 0; i < BW_COUNT(OBJECTS); i++) {
        BW_AUTO_BUF text = BW_BUF_INIT(1 << 20);
        bw_buf_printf(&text,
                      "{\"type\":\"bundle\",\"id\":\"bundle--" U("00") "\",\"objects\":[%s]}",
                      OBJECTS[i].object);
        enum bw_rc rc = ts_import_as(MT_BANK_REP, TLP_GREEN,
                                     (struct intel_audience_in){true, NULL, 0}, bw_buf_text(&text));
        bool taken = OBJECTS[i].why == NULL;
        bool ok = rc == BW_OK && ts_counts(taken, 0, !taken);
        SUBTEST(OBJECTS[i].name, ok && (taken || ts_said(OBJECTS[i].why)));
    }
}

static const struct {
    const char *name, *text;
    enum bw_rc rc;
    int64_t taken, refused;
} FORMS[] = {
    {"a bundle", "{\"type\":\"bundle\",\"objects\":[" MALWARE("01") "," MALWARE("02") "]}", BW_OK,
     2, 0},
    {"its members in another order", "{\"objects\":[" MALWARE("03") "],\"type\":\"bundle\"}", BW_OK,
     1, 0},
    {"a TAXII envelope", "{\"more\":false,\"objects\":[" MALWARE("04") "]}", BW_OK, 1, 0},
    {"a list", "[" MALWARE("05") "]", BW_OK, 1, 0},
    {"one object", MALWARE("06"), BW_OK, 1, 0},
    {"one object with a member \"objects\"",
     "{\"type\":\"x-box\",\"id\":\"x-box--" U("07") "\",\"objects\":{\"0\":{}}}", BW_OK, 1, 0},
    {"a byte order mark before it", "\xef\xbb\xbf[" MALWARE("12") "]", BW_OK, 1, 0},
    {"an empty bundle", "{\"type\":\"bundle\",\"objects\":[]}", BW_OK, 0, 0},
    {"an empty file", "", BW_INVALID, 0, 0},
    {"no JSON", "198.51.100.7\n", BW_INVALID, 0, 0},
    {"JSON but no STIX", "{\"a\":1}", BW_INVALID, 0, 0},
    {"a string", "\"bundle\"", BW_INVALID, 0, 0},
    {"cut off behind an object",
     "{\"type\":\"bundle\",\"objects\":[" MALWARE("08") ",{\"type\":\"mal", BW_OK, 1, 2},
    {"garbage behind it", "{\"type\":\"bundle\",\"objects\":[" MALWARE("09") "]} x", BW_OK, 1, 1},
    {"a broken one among good ones", "[" MALWARE("10") ",{\"type\":malware}," MALWARE("11") "]",
     BW_OK, 2, 1},
};

BW_TEST(files_of_every_form)
{
    ts_open("forms");
    for (size_t i = 0; i < BW_COUNT(FORMS); i++) {
        enum bw_rc rc = ts_import(FORMS[i].text);
        SUBTEST(FORMS[i].name,
                CHECK_INT(rc, FORMS[i].rc) && ts_counts(FORMS[i].taken, 0, FORMS[i].refused));
    }
}

BW_TEST(one_broken_object_among_thousands)
{
    BW_AUTO_BUF text = BW_BUF_INIT(4 << 20);
    ts_open("thousands");
    bw_buf_byte(&text, '[');
    for (int i = 0; i < 2000; i++) {
        if (i == 1234)
            bw_buf_z(&text, "{\"type\":\"malware\",\"id\":\"malware--1\"},");
        if (i == 1500) { /* too deep: found, refused, and behind it goes on */
            for (int d = 0; d < 100; d++)
                bw_buf_z(&text, "[");
            for (int d = 0; d < 100; d++)
                bw_buf_z(&text, "]");
            bw_buf_byte(&text, ',');
        }
        bw_buf_printf(&text, "%s{\"type\":\"x-a\",\"id\":\"x-a--00000000-0000-4000-8000-%012d\"}",
                      i ? "," : "", i);
        if (i == 1233 || i == 1499)
            bw_buf_byte(&text, ',');
    }
    bw_buf_byte(&text, ']');
    /* The commas around the two are doubled above; take them out again. */
    for (size_t at; (at = bw_view_find(bw_buf_text(&text), BW_V(",,"))) != SIZE_MAX;)
        text.p[at] = ' ';
    CHECK(ts_import_as(MT_BANK_REP, TLP_GREEN, (struct intel_audience_in){true, NULL, 0},
                       bw_buf_text(&text)) == BW_OK);
    CHECK(ts_counts(2000, 0, 2));
    CHECK(ts_said("object 1235"));
}

/* -- the same again ---------------------------------------------------------------------------- */

BW_TEST(the_same_again_changes_nothing)
{
    static const char FILE_TEXT[] = "[" MALWARE("01") "," MALWARE("02") "]";
    ts_open("again");
    CHECK(ts_import(FILE_TEXT) == BW_OK && ts_counts(2, 0, 0));
    int64_t events = TS_NUMBER("SELECT count(*) FROM event");
    CHECK(ts_import(FILE_TEXT) == BW_OK && ts_counts(0, 2, 0));
    CHECK_INT(TS_NUMBER("SELECT count(*) FROM event"), events);
    CHECK_INT(TS_NUMBER("SELECT count(*) FROM v_stix_object"), 2);
    /* Another owner's copy is stored: that it was there is not told. */
    CHECK(ts_import_as(MT_BROKER_REP, TLP_GREEN, (struct intel_audience_in){true, NULL, 0},
                       bw_view_z(FILE_TEXT)) == BW_OK);
    CHECK(ts_counts(2, 0, 0));
    /* Who sees both is shown one. */
    CHECK_INT(ts_sees(MT_SHOP_REP, "malware--" U("01"), "all"), 1);
    CHECK_INT(ts_sees(MT_SHOP_REP, "malware--" U("01"), "last"), 1);
}

BW_TEST(an_id_twice_with_other_content)
{
    ts_open("twice");
    CHECK(ts_import("[" AT("01", "2024-01-02T00:00:00Z",
                           ",\"a\":1") "," AT("01", "2024-01-02T00:00:00Z", ",\"a\":2") "]") ==
          BW_OK);
    CHECK(ts_counts(2, 0, 0));
    CHECK_INT(TS_NUMBER("SELECT count(*) FROM v_stix_object"), 2);
    CHECK_INT(ts_sees(MT_SHOP_REP, "malware--" U("01"), "all"), 1);
    CHECK_INT(ts_sees(MT_SHOP_REP, "malware--" U("01"), "last"), 1);
}

static bool last_is(enum member_test_person who, const char *id, const char *part)
{
    struct ts_page p = {.page = {.n = 0}};
    struct bw_view ids[] = {bw_view_z(id)};
    const struct intel_object_filter f = {.ids = ids,
                                          .n_ids = 1,
                                          .limit = 10,
                                          .bytes_max = SIZE_MAX,
                                          .bodies = true};
    bool ok = ts_read(who, &f, &p) && p.page.n == 1 &&
              bw_view_find(bw_buf_text(&p.bytes), bw_view_z(part)) != SIZE_MAX;
    if (!ok)
        printf("# %zu: %.*s\n", p.page.n, BW_VF(bw_buf_text(&p.bytes)));
    ts_page_done(&p);
    return ok;
}

BW_TEST(versions_in_any_order)
{
    static const char *const ORDERS[] = {"123", "321", "213", "132", "312", "231"};
    ts_open("versions");
    for (size_t i = 0; i < BW_COUNT(ORDERS); i++) {
        BW_AUTO_BUF text = BW_BUF_INIT(1 << 16);
        char id[64];
        for (const char *v = ORDERS[i]; *v; v++)
            bw_buf_printf(&text,
                          "%c{\"type\":\"malware\",\"id\":\"malware--00000000-0000-4000-8000-"
                          "0000000001%02zu\",\"created\":\"2024-01-01T00:00:00Z\",\"modified\":"
                          "\"2024-01-0%cT00:00:00Z\"}",
                          v == ORDERS[i] ? '[' : ',', i, *v);
        bw_buf_byte(&text, ']');
        snprintf(id, sizeof(id), "malware--00000000-0000-4000-8000-0000000001%02zu", i);
        CHECK(ts_import_as(MT_BANK_REP, TLP_GREEN, (struct intel_audience_in){true, NULL, 0},
                           bw_buf_text(&text)) == BW_OK);
        SUBTEST(ORDERS[i], ts_counts(3, 0, 0) && last_is(MT_SHOP_REP, id, "2024-01-03") &&
                               ts_sees(MT_SHOP_REP, id, "all") == 3 &&
                               ts_sees(MT_SHOP_REP, id, "first") == 1);
    }
    CHECK_INT(TS_NUMBER("SELECT count(*) FROM v_stix_object WHERE superseded = 0"), 6);
}

/* A version that an audience does not see supersedes nothing for it. */
BW_TEST(a_newer_version_for_few)
{
    const struct grant broker = {GRANT_ORGANISATION, 0};
    (void)broker;
    ts_open("few");
    struct grant to_broker = {GRANT_ORGANISATION, ts.organisation[MT_BROKER]};
    CHECK(ts_import("[" AT("01", "2024-01-02T00:00:00Z", "") "]") == BW_OK);
    CHECK(ts_import_as(MT_BANK_REP, TLP_AMBER,
                       (struct intel_audience_in){.grants = &to_broker, .n = 1},
                       BW_V("[" AT("01", "2024-01-03T00:00:00Z", "") "]")) == BW_OK);
    CHECK(ts_counts(1, 0, 0));
    CHECK(last_is(MT_BROKER_REP, "malware--" U("01"), "2024-01-03"));
    CHECK(last_is(MT_SHOP_REP, "malware--" U("01"), "2024-01-02"));
    CHECK_INT(ts_sees(MT_BROKER_REP, "malware--" U("01"), "all"), 2);
    CHECK_INT(ts_sees(MT_SHOP_REP, "malware--" U("01"), "all"), 1);
}

BW_TEST(another_owner_hides_nothing)
{
    ts_open("owners");
    CHECK(ts_import("[" AT("01", "2024-01-02T00:00:00Z", ",\"x\":\"bank\"") "]") == BW_OK);
    CHECK(ts_import_as(MT_BROKER_REP, TLP_GREEN, (struct intel_audience_in){true, NULL, 0},
                       BW_V("[" AT("01", "2099-01-02T00:00:00Z", ",\"x\":\"broker\"") "]")) ==
          BW_OK);
    CHECK_INT(ts_sees(MT_SHOP_REP, "malware--" U("01"), "last"), 2);
    CHECK(ts_import("[" AT("01", "2024-01-03T00:00:00Z", ",\"x\":\"bank\"") "]") == BW_OK);
    CHECK_INT(ts_sees(MT_SHOP_REP, "malware--" U("01"), "last"), 2);
    CHECK_INT(ts_sees(MT_SHOP_REP, "malware--" U("01"), "all"), 3);
    /* Nor by being first with another content under the same version; the same content is one. */
    CHECK(ts_import_as(MT_BROKER_REP, TLP_GREEN, (struct intel_audience_in){true, NULL, 0},
                       BW_V("[" AT("02", "2024-01-02T00:00:00Z", ",\"x\":\"poison\"") "]")) ==
          BW_OK);
    CHECK(ts_import("[" AT("02", "2024-01-02T00:00:00Z", ",\"x\":\"bank\"") "]") == BW_OK);
    CHECK_INT(ts_sees(MT_SHOP_REP, "malware--" U("02"), "last"), 2);
    CHECK(ts_import_as(MT_BROKER_REP, TLP_GREEN, (struct intel_audience_in){true, NULL, 0},
                       BW_V("[" AT("02", "2024-01-02T00:00:00Z", ",\"x\":\"bank\"") "]")) == BW_OK);
    CHECK_INT(ts_sees(MT_SHOP_REP, "malware--" U("02"), "last"), 2);
}

/* -- interrupted ------------------------------------------------------------------------------- */

BW_TEST(an_interrupted_import_goes_on)
{
    BW_AUTO_BUF text = BW_BUF_INIT(4 << 20);
    ts_open("resume");
    for (int i = 0; i < 1000; i++)
        bw_buf_printf(&text, "%c{\"type\":\"x-a\",\"id\":\"x-a--00000000-0000-4000-8000-%012d\"}",
                      i ? ',' : '[', i);
    bw_buf_byte(&text, ']');
    const struct intel_audience_in all = {true, NULL, 0};
    for (uint64_t nth = 1; nth < 20; nth++) {
        bw_fault_arm("db.commit", nth, true);
        enum bw_rc rc = ts_import_as(MT_BANK_REP, TLP_GREEN, all, bw_buf_text(&text));
        bw_fault_clear();
        if (rc == BW_OK)
            break;
        CHECK_INT(rc, BW_IO);
    }
    CHECK(ts_import_as(MT_BANK_REP, TLP_GREEN, all, bw_buf_text(&text)) == BW_OK);
    CHECK(ts_counts(0, 1000, 0));
    CHECK_INT(TS_NUMBER("SELECT count(*) FROM v_stix_object o JOIN v_stix_body b ON b.id = o.id"),
              1000);
    CHECK_INT(TS_NUMBER("SELECT count(*) FROM v_stix_body"), 1000);
    CHECK(db_integrity(ts.hub.db, &ts_err) == BW_OK);
}

/* -- who sees ---------------------------------------------------------------------------------- */

#define TLP1(id) "\"marking-definition--" id "\""
enum { IMPORTER = 1, COLLEAGUE = 2, RIVAL = 4, STAFF = 8, WORLD = 16, MEMBERS = 15 };
static const struct {
    const char *name, *markings;
    unsigned seen;
} TLP[] = {
    {"none: the import's", "", MEMBERS},
    {"TLP 1 WHITE", TLP1("613f2e26-407d-48c7-9eca-b8e91df99dc9"), MEMBERS},
    {"TLP 1 GREEN", TLP1("34098fce-860f-48ae-8e50-ebd3cc5e41da"), MEMBERS},
    {"TLP 1 AMBER", TLP1("f88d31f6-486f-44da-b317-01333bde0b82"), IMPORTER | COLLEAGUE | STAFF},
    {"TLP 1 RED", TLP1("5e57c739-391a-4eb3-b6be-7d15ca92d5ed"), IMPORTER},
    {"TLP:CLEAR", TLP1("94868c89-83c2-464b-929b-a1a8aa3c8487"), MEMBERS},
    {"TLP:GREEN", TLP1("bab4a63c-aed9-4cf5-a766-dfca5abac2bb"), MEMBERS},
    {"TLP:AMBER", TLP1("55d920b0-5e8b-4f79-9ee9-91f868d9b421"), IMPORTER | COLLEAGUE | STAFF},
    {"TLP:AMBER+STRICT", TLP1("939a9414-2ddd-4d32-a0cd-375ea402b003"), IMPORTER | COLLEAGUE},
    {"TLP:RED", TLP1("e828b379-4e03-4974-9ac4-e53a884c97c1"), IMPORTER},
    {"of two the stricter",
     TLP1("bab4a63c-aed9-4cf5-a766-dfca5abac2bb") "," TLP1("e828b379-4e03-4974-9ac4-e53a884c97c1"),
     IMPORTER},
    {"what cannot be resolved", TLP1("00000000-0000-4000-8000-000000000000"), STAFF},
    {"that and a label",
     TLP1("94868c89-83c2-464b-929b-a1a8aa3c8487") "," TLP1("00000000-0000-4000-8000-000000000000"),
     STAFF},
};

static unsigned seen_by(const char *id)
{
    return (ts_sees(MT_BANK_REP, id, "all") ? IMPORTER : 0U) |
           (ts_sees(MT_BANK_ADMIN, id, "all") ? COLLEAGUE : 0U) |
           (ts_sees(MT_BROKER_REP, id, "all") ? RIVAL : 0U) |
           (ts_sees(MT_OPERATOR, id, "all") ? STAFF : 0U) |
           (ts_sees(MT_PEOPLE, id, "all") ? WORLD : 0U);
}

BW_TEST(labels_decide_who_sees)
{
    ts_open("labels");
    for (size_t i = 0; i < BW_COUNT(TLP); i++) {
        BW_AUTO_BUF text = BW_BUF_INIT(1 << 16);
        char id[64];
        snprintf(id, sizeof(id), "malware--00000000-0000-4000-8000-0000000002%02zu", i);
        bw_buf_printf(&text,
                      "[{\"type\":\"malware\",\"id\":\"%s\"" TIMES
                      ",\"object_marking_refs\":[%s]}]",
                      id, TLP[i].markings);
        CHECK(ts_import_as(MT_BANK_REP, TLP_GREEN, (struct intel_audience_in){true, NULL, 0},
                           bw_buf_text(&text)) == BW_OK);
        CHECK(ts_counts(1, 0, 0));
        CHECK(ts_said("quarantined") == (TLP[i].seen == STAFF));
        unsigned seen = seen_by(id);
        if (seen != TLP[i].seen)
            printf("# seen by %u and not %u\n", seen, TLP[i].seen);
        SUBTEST(TLP[i].name, seen == TLP[i].seen);
    }
}

BW_TEST(a_part_that_is_marked_counts)
{
    ts_open("granular");
    CHECK(ts_import("[{\"type\":\"malware\",\"id\":\"malware--" U(
              "01") "\"" TIMES ",\"granular_markings\":[{\"lang\":\"en\",\"selectors\":[\"name\"]},"
                    "{\"marking_ref\":" TLP1(
                        "e828b379-4e03-4974-9ac4-e53a884c97c1") ",\"selectors\":[\"name\"]}]}]") ==
          BW_OK);
    CHECK_INT(seen_by("malware--" U("01")), IMPORTER);
}

BW_TEST(people_who_are_named_see_red)
{
    ts_open("named");
    struct grant to[] = {{GRANT_PERSON, ts.person[MT_BROKER_REP]},
                         {GRANT_ORGANISATION, ts.organisation[MT_SHOP]}};
    CHECK(ts_import_as(MT_BANK_REP, TLP_RED, (struct intel_audience_in){.grants = to, .n = 2},
                       BW_V("[" MALWARE("01") "]")) == BW_OK);
    CHECK_INT(seen_by("malware--" U("01")), IMPORTER | RIVAL);
    CHECK_INT(ts_sees(MT_SHOP_REP, "malware--" U("01"), "all"), 0);
}

#define STATEMENT(n)                                                                             \
    "{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":\"marking-definition--" U( \
        n) "\",\"created\":\"2024-01-01T00:00:00Z\",\"definition_type\":\"statement\","          \
           "\"definition\":"                                                                     \
           "{\"statement\":\"(c) nobody\"}}"
#define REFERS(n) "\"marking-definition--" U(n) "\""

BW_TEST(definitions_resolve_and_are_visible)
{
    const char *marking = "marking-definition--" U("90");
    ts_open("definitions");
    /* Behind the object that refers to it. */
    CHECK(ts_import("[" MARKED("01", REFERS("90")) "," STATEMENT("90") "]") == BW_OK);
    CHECK(ts_counts(2, 0, 0));
    CHECK_INT(seen_by("malware--" U("01")), MEMBERS);
    CHECK_INT(seen_by(marking), MEMBERS);
    /* Known from an earlier file of the same owner, of nobody else's. */
    CHECK(ts_import("[" MARKED("02", REFERS("90")) "]") == BW_OK);
    CHECK_INT(seen_by("malware--" U("02")), MEMBERS);
    CHECK(ts_import_as(MT_BROKER_REP, TLP_GREEN, (struct intel_audience_in){true, NULL, 0},
                       BW_V("[" MARKED("03", REFERS("90")) "]")) == BW_OK);
    CHECK_INT(seen_by("malware--" U("03")), STAFF);
    CHECK_INT(ts_sees(MT_BROKER_REP, marking, "all"), 1);
}

/* Its own audience is narrower than that of what refers to it. */
BW_TEST(a_definition_goes_where_it_is_referred_to)
{
    const char *marking = "marking-definition--" U("91");
    const struct intel_audience_in none = {.n = 0};
    ts_open("copies");
    CHECK(ts_import_as(MT_BANK_REP, TLP_AMBER_STRICT, none, BW_V("[" STATEMENT("91") "]")) ==
          BW_OK);
    CHECK_INT(seen_by(marking), IMPORTER | COLLEAGUE);
    CHECK(ts_import_as(MT_BANK_REP, TLP_AMBER, none, BW_V("[" MARKED("01", REFERS("91")) "]")) ==
          BW_OK);
    CHECK_INT(seen_by(marking), IMPORTER | COLLEAGUE | STAFF);
    CHECK(ts_import("[" MARKED("02", REFERS("91")) "," STATEMENT("91") "]") == BW_OK);
    CHECK_INT(seen_by(marking), MEMBERS);
    CHECK_INT(ts_sees(MT_BANK_REP, marking, "all"), 1); /* three rows, one is shown */
}

BW_TEST(definitions_of_other_kinds)
{
    ts_open("kinds");
    CHECK(
        ts_import(
            "[{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":"
            "\"marking-definition--" U(
                "92") "\",\"created\":\"2024-01-01T00:00:00Z\","
                      "\"definition_type\":\"tlp\",\"definition\":{\"tlp\":\"red\"}},"
                      "{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":"
                      "\"marking-definition--" U(
                          "93") "\",\"created\":\"2024-01-01T00:00:00Z\","
                                "\"extensions\":{\"extension-definition--60a3c5c5-0d10-413e-aab3-"
                                "9e08dde9e88d\":"
                                "{\"extension_type\":\"property-extension\",\"tlp_2_0\":\"amber+"
                                "strict\"}}},"
                                "{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":"
                                "\"marking-definition--" U(
                                    "94") "\",\"created\":\"2024-01-01T00:00:00Z\","
                                          "\"definition_type\":\"x-secret\",\"definition\":{\"x\":"
                                          "1}}," MARKED("01", REFERS("92")) "," MARKED(
                                              "02", REFERS("93")) "," MARKED("03",
                                                                             REFERS("94")) "]") ==
        BW_OK);
    CHECK(ts_counts(6, 0, 0));
    CHECK_INT(seen_by("malware--" U("01")), IMPORTER);
    CHECK_INT(seen_by("malware--" U("02")), IMPORTER | COLLEAGUE);
    CHECK_INT(seen_by("malware--" U("03")), STAFF);
}

/* -- what comes with it ------------------------------------------------------------------------ */

BW_TEST(indicators_and_events)
{
    ts_open("indicators");
    CHECK(ts_import("[{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--" U(
              "01") "\"" TIMES ",\"pattern_type\":\"stix\",\"pattern\":\"[ipv4-addr:value = "
                    "'198.51.100.7' OR domain-name:value = 'bad.example']\"},"
                    "{\"type\":\"file\",\"id\":\"file--" U(
                        "02") "\",\"hashes\":{\"MD5\":"
                              "\"D41D8CD98F00B204E9800998ECF8427E\",\"x\":1}}]") == BW_OK);
    CHECK(ts_counts(2, 0, 0));
    CHECK_INT(TS_NUMBER("SELECT count(*) FROM v_occurrence WHERE object_id IS NOT NULL"), 3);
    CHECK_INT(TS_NUMBER("SELECT count(*) FROM indicator WHERE value ="
                        " 'd41d8cd98f00b204e9800998ecf8427e'"),
              1);
    CHECK_INT(TS_NUMBER("SELECT count(*) FROM event WHERE verb = 'import.taken'"), 1);
    CHECK_INT(TS_NUMBER("SELECT count(*) FROM event WHERE verb = 'import.done'"), 1);
    ts_close();
}

BW_TEST_MAIN()
