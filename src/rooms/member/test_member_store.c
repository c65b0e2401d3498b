/* SPDX-License-Identifier: Apache-2.0 */
/* Who is in the community, who sees whom, and whom an audience names and reaches. */
#include "member_int.h"
#include "member_test.h"

/* One engine for all tests that only read. */
static struct member_test *shared(void)
{
    static struct member_test t;
    static bool open;
    if (!open)
        member_test_open(&t, "shared", NULL, 0);
    open = true;
    return &t;
}

static struct db *reader(struct member_test *t)
{
    struct db *db = NULL;
    struct bw_err err;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    return db;
}

BW_TEST(a_name_that_is_missing_is_english)
{
    const struct member_names n = {{BW_V("Bank"), BW_V("銀行"), {NULL, 0}}};
    CHECK_VIEW(member_name(&n, I18N_EN), "Bank");
    CHECK_VIEW(member_name(&n, I18N_HANT), "銀行");
    CHECK_VIEW(member_name(&n, I18N_HANS), "Bank");
}

/* -- who sees what ----------------------------------------------------------------------------- */

BW_TEST(the_directory_is_for_members)
{
    static const struct {
        const char *name;
        enum member_test_person viewer;
        enum member_test_organisation organisation;
        enum bw_rc rc;
    } T[] = {
        {"own organisation", MT_BANK_REP, MT_BANK, BW_OK},
        {"another organisation", MT_BANK_REP, MT_HOSPITAL, BW_OK},
        {"a suspended organisation", MT_BANK_REP, MT_SUSPENDED, BW_OK},
        {"staff", MT_ANALYST, MT_BANK, BW_OK},
        {"visitor", MT_PEOPLE, MT_BANK, BW_NOT_FOUND},
    };
    struct member_test *t = shared();
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        const struct viewer *v = member_test_viewer(t, T[i].viewer);
        BW_AUTO(db) *db = reader(t);
        struct member_organisation o;
        struct bw_err err;
        int64_t id = t->organisation[T[i].organisation];
        enum bw_rc rc = member_organisation_get(db, v, id, t->arena, &o, &err);
        SUBTEST(T[i].name, rc == T[i].rc && (rc != BW_OK || o.id == id));
    }
}

BW_TEST(people_are_seen_by_their_own_and_by_staff)
{
    static const struct {
        const char *name;
        enum member_test_person viewer;
        size_t n; /* people of the bank */
    } T[] = {
        {"a colleague sees both", MT_BANK_REP, 2}, {"staff see both", MT_OPERATOR, 2},
        {"an analyst sees both", MT_ANALYST, 2},   {"another member sees none", MT_BROKER_REP, 0},
        {"a visitor sees none", MT_PEOPLE, 0},
    };
    struct member_test *t = shared();
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        const struct viewer *v = member_test_viewer(t, T[i].viewer);
        BW_AUTO(db) *db = reader(t);
        struct member_colleague *rows;
        struct bw_err err;
        size_t n = 99;
        enum bw_rc rc =
            member_people_of(db, v, t->organisation[MT_BANK], t->arena, &rows, &n, &err);
        SUBTEST(T[i].name, rc == BW_OK && n == T[i].n);
    }
}

BW_TEST(circles_are_seen_by_who_is_in_them_and_by_staff)
{
    static const struct {
        const char *name;
        enum member_test_person viewer;
        size_t circles, groups; /* circles to choose; groups of the hospital that are seen */
    } T[] = {
        {"in both circles", MT_HOSPITAL_REP, 2, 3},
        {"in one of them", MT_BANK_REP, 1, 2},
        {"in none", MT_CLINIC_REP, 0, 1},
        {"staff", MT_ANALYST, 2, 3},
        {"visitor", MT_PEOPLE, 0, 0},
    };
    struct member_test *t = shared();
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        const struct viewer *v = member_test_viewer(t, T[i].viewer);
        BW_AUTO(db) *db = reader(t);
        struct member_choice *choices;
        struct member_group *groups;
        struct bw_err err;
        size_t n = 99, m = 99;
        REQUIRE(member_choices(db, v, GRANT_CIRCLE, I18N_EN, t->arena, &choices, &n, &err) ==
                BW_OK);
        REQUIRE(member_groups_of(db, v, t->organisation[MT_HOSPITAL], t->arena, &groups, &m,
                                 &err) == BW_OK);
        SUBTEST(T[i].name, n == T[i].circles && m == T[i].groups);
    }
}

BW_TEST(choices_are_sorted_and_localised)
{
    struct member_test *t = shared();
    const struct viewer *bank = member_test_viewer(t, MT_BANK_REP);
    const struct viewer *staff = member_test_viewer(t, MT_OPERATOR);
    BW_AUTO(db) *db = reader(t);
    struct member_choice *c;
    struct bw_err err;
    size_t n;

    REQUIRE(member_choices(db, bank, GRANT_ORGANISATION, I18N_EN, t->arena, &c, &n, &err) == BW_OK);
    REQUIRE(n == MT_ORGANISATIONS - 1); /* without the suspended one */
    CHECK_VIEW(c[0].name, "Example City CERT");
    CHECK_VIEW(c[n - 1].name, "St Elmo Hospital");
    for (size_t i = 1; i < n; i++)
        CHECK(bw_view_cmp(c[i - 1].name, c[i].name) < 0);

    REQUIRE(member_choices(db, bank, GRANT_SECTOR, I18N_HANT, t->arena, &c, &n, &err) == BW_OK);
    REQUIRE(n == MT_SECTORS);
    CHECK_VIEW(c[0].name, "醫療");

    REQUIRE(member_choices(db, bank, GRANT_PERSON, I18N_HANS, t->arena, &c, &n, &err) == BW_OK);
    REQUIRE(n == 2);
    CHECK_VIEW(c[0].name, "Ada Admin");
    CHECK_VIEW(c[0].hint, "示例海港银行");
    REQUIRE(member_choices(db, staff, GRANT_PERSON, I18N_EN, t->arena, &c, &n, &err) == BW_OK);
    CHECK_INT(n, MT_PEOPLE - 1);
    CHECK(member_choices(db, bank, GRANT_ROLE, I18N_EN, t->arena, &c, &n, &err) == BW_INVALID);
}

BW_TEST(the_directory_pages_by_name)
{
    struct member_test *t = shared();
    const struct viewer *bank = member_test_viewer(t, MT_BANK_REP);
    BW_AUTO(db) *db = reader(t);
    struct member_organisation *o;
    struct bw_err err;
    size_t n;
    bool more;
    int64_t total = 0;
    const struct member_directory_filter all = {.class_ = -1};
    const struct member_directory_filter health = {t->sector[MT_HEALTH], MEMBER_INDUSTRY};
    REQUIRE(member_directory_read(db, bank, &all, BW_V(""), t->arena, &o, &n, &more, &err) ==
            BW_OK);
    REQUIRE(n == MT_ORGANISATIONS - 1 && !more);
    struct bw_view second = o[1].public_id, third = o[2].public_id;
    REQUIRE(member_directory_read(db, bank, &all, second, t->arena, &o, &n, &more, &err) == BW_OK);
    CHECK(n == MT_ORGANISATIONS - 3 && bw_view_eq(o[0].public_id, third));
    CHECK(member_directory_read(db, bank, &all, BW_V("nothing"), t->arena, &o, &n, &more, &err) ==
          BW_INVALID);
    REQUIRE(member_directory_count(db, bank, &health, &total, &err) == BW_OK);
    CHECK_INT(total, 2); /* hospital and clinic */
    REQUIRE(member_directory_count(db, bank, &all, &total, &err) == BW_OK);
    CHECK_INT(total, MT_ORGANISATIONS - 1);
}

/* -- resolve ----------------------------------------------------------------------------------- */

BW_TEST(references_resolve)
{
    struct member_test *t = shared();
    const struct {
        const char *name;
        enum member_test_person viewer;
        enum grant_kind kind;
        const char *ref;
        enum bw_rc rc;
        int64_t id;
    } T[] = {
        {"organisation by English name", MT_BANK_REP, GRANT_ORGANISATION, "St Elmo Hospital", BW_OK,
         t->organisation[MT_HOSPITAL]},
        {"by Traditional name", MT_BANK_REP, GRANT_ORGANISATION, "聖艾爾摩醫院", BW_OK,
         t->organisation[MT_HOSPITAL]},
        {"by Simplified name", MT_BANK_REP, GRANT_ORGANISATION, "圣艾尔摩医院", BW_OK,
         t->organisation[MT_HOSPITAL]},
        {"by domain in any case", MT_BANK_REP, GRANT_ORGANISATION, " ELMO.example ", BW_OK,
         t->organisation[MT_HOSPITAL]},
        {"by public id", MT_BANK_REP, GRANT_ORGANISATION, t->organisation_id[MT_SHOP].text, BW_OK,
         t->organisation[MT_SHOP]},
        {"names are exact", MT_BANK_REP, GRANT_ORGANISATION, "st elmo hospital", BW_NOT_FOUND, 0},
        {"nothing is nobody", MT_BANK_REP, GRANT_ORGANISATION, "", BW_NOT_FOUND, 0},
        {"an id of another kind", MT_BANK_REP, GRANT_ORGANISATION, t->sector_id[0].text,
         BW_NOT_FOUND, 0},
        {"a visitor finds none", MT_PEOPLE, GRANT_ORGANISATION, "St Elmo Hospital", BW_NOT_FOUND,
         0},
        {"sector by name", MT_BANK_REP, GRANT_SECTOR, "醫療", BW_OK, t->sector[MT_HEALTH]},
        {"a circle is no sector", MT_HOSPITAL_REP, GRANT_SECTOR, "Patient safety", BW_NOT_FOUND, 0},
        {"own circle", MT_HOSPITAL_REP, GRANT_CIRCLE, "Patient safety", BW_OK,
         t->circle[MT_CIRCLE_CARE]},
        {"circle of others by name", MT_BANK_REP, GRANT_CIRCLE, "Patient safety", BW_NOT_FOUND, 0},
        {"circle of others by id", MT_BANK_REP, GRANT_CIRCLE, t->circle_id[MT_CIRCLE_CARE].text,
         BW_NOT_FOUND, 0},
        {"staff find every circle", MT_ANALYST, GRANT_CIRCLE, "Patient safety", BW_OK,
         t->circle[MT_CIRCLE_CARE]},
        {"person by address in any case", MT_BANK_REP, GRANT_PERSON, "Henry@Elmo.example", BW_OK,
         t->person[MT_HOSPITAL_REP]},
        {"person by public id", MT_BANK_REP, GRANT_PERSON, t->person_id[MT_HOSPITAL_REP].text,
         BW_OK, t->person[MT_HOSPITAL_REP]},
        {"no person by name", MT_BANK_REP, GRANT_PERSON, "Henry Ward", BW_NOT_FOUND, 0},
        {"nobody of a suspended organisation", MT_OPERATOR, GRANT_PERSON, "rob@anchor.example",
         BW_NOT_FOUND, 0},
        {"a visitor finds no person", MT_PEOPLE, GRANT_PERSON, "henry@elmo.example", BW_NOT_FOUND,
         0},
        {"a role cannot be named", MT_OPERATOR, GRANT_ROLE, "operator", BW_NOT_FOUND, 0},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        const struct viewer *v = member_test_viewer(t, T[i].viewer);
        BW_AUTO(db) *db = reader(t);
        struct bw_err err = {0};
        int64_t id = 0;
        enum bw_rc rc = member_resolve(db, v, T[i].kind, bw_view_z(T[i].ref), &id, &err);
        SUBTEST(T[i].name, rc == T[i].rc && id == T[i].id);
        if (T[i].ref[0] && rc == BW_NOT_FOUND)
            CHECK(strstr(err.message, T[i].ref) != NULL);
    }
}

/* -- audiences in words, and whom they reach --------------------------------------------------- */

#define P(person) (1u << (person))
#define EVERYBODY_ACTIVE (((1u << MT_PEOPLE) - 1) & ~P(MT_SUSPENDED_REP))

struct reach_case {
    const char *name;
    enum tlp tlp;
    struct grant grants[3];
    size_t n;
    int64_t organisations;
    const char *summary, *line; /* line: the first */
    unsigned people;
};

static const struct reach_case REACH[] = {
    {"public",
     TLP_CLEAR,
     {{GRANT_PUBLIC, 0}},
     1,
     -1,
     "Everybody, without signing in",
     "Everybody, without signing in",
     EVERYBODY_ACTIVE},
    {"every member",
     TLP_GREEN,
     {{GRANT_EVERYBODY, 0}},
     1,
     6,
     "All members, 6 organisations",
     "All members, 6 organisations",
     EVERYBODY_ACTIVE},
    {"a circle: the suspended member does not count",
     TLP_AMBER,
     {{GRANT_CIRCLE, MT_CIRCLE_CARE}, {GRANT_ROLE, ROLE_STAFF}},
     2,
     1,
     "Members of circle Patient safety, 1 organisation",
     "Members of circle Patient safety, 1 organisation",
     P(MT_HOSPITAL_REP) | P(MT_OPERATOR) | P(MT_ANALYST)},
    {"a sector",
     TLP_AMBER,
     {{GRANT_SECTOR, MT_FINANCE}},
     1,
     2,
     "Members of sector Banking and finance, 2 organisations",
     "Members of sector Banking and finance, 2 organisations",
     P(MT_BANK_REP) | P(MT_BANK_ADMIN) | P(MT_BROKER_REP)},
    {"an organisation",
     TLP_AMBER_STRICT,
     {{GRANT_ORGANISATION, MT_BANK}},
     1,
     1,
     "Example Harbour Bank",
     "Example Harbour Bank",
     P(MT_BANK_REP) | P(MT_BANK_ADMIN)},
    {"circle and a member of it: counted once",
     TLP_AMBER,
     {{GRANT_CIRCLE, MT_CIRCLE_RESPONSE}, {GRANT_ORGANISATION, MT_BANK}, {GRANT_ROLE, ROLE_STAFF}},
     3,
     2,
     "Members of circle Incident responders and Example Harbour Bank, 2 organisations",
     "Members of circle Incident responders, 2 organisations",
     P(MT_BANK_REP) | P(MT_BANK_ADMIN) | P(MT_HOSPITAL_REP) | P(MT_OPERATOR) | P(MT_ANALYST)},
    {"three",
     TLP_AMBER,
     {{GRANT_CIRCLE, MT_CIRCLE_RESPONSE},
      {GRANT_ORGANISATION, MT_BANK},
      {GRANT_ORGANISATION, MT_SHOP}},
     3,
     3,
     "Members of circle Incident responders, Example Harbour Bank and 1 more,"
     " 3 organisations",
     "Members of circle Incident responders, 2 organisations",
     P(MT_BANK_REP) | P(MT_BANK_ADMIN) | P(MT_HOSPITAL_REP) | P(MT_SHOP_REP) | P(MT_NEW_REP)},
    {"a suspended organisation is named but not counted",
     TLP_AMBER,
     {{GRANT_ORGANISATION, MT_BANK}, {GRANT_ORGANISATION, MT_SUSPENDED}},
     2,
     1,
     "Example Harbour Bank and Rusty Anchor Ltd, 1 organisation",
     "Example Harbour Bank",
     P(MT_BANK_REP) | P(MT_BANK_ADMIN)},
    {"named people",
     TLP_RED,
     {{GRANT_PERSON, MT_SHOP_REP}, {GRANT_PERSON, MT_BANK_REP}},
     2,
     2,
     "2 named people, 2 organisations",
     "Lam Wai-yee (Example Harbour Bank)",
     P(MT_SHOP_REP) | P(MT_BANK_REP)},
    {"one person",
     TLP_RED,
     {{GRANT_PERSON, MT_SHOP_REP}},
     1,
     1,
     "Sam Pan (Sampan Noodles)",
     "Sam Pan (Sampan Noodles)",
     P(MT_SHOP_REP)},
    {"administrators of one",
     TLP_AMBER,
     {{GRANT_ORG_ADMIN, MT_BANK}},
     1,
     1,
     "Administrators of Example Harbour Bank",
     "Administrators of Example Harbour Bank",
     P(MT_BANK_ADMIN)},
    {"staff alone",
     TLP_AMBER,
     {{GRANT_ROLE, ROLE_STAFF}},
     1,
     0,
     "Staff of the hub (operator and analysts)",
     "Staff of the hub (operator and analysts)",
     P(MT_OPERATOR) | P(MT_ANALYST)},
    {"one role",
     TLP_AMBER,
     {{GRANT_ROLE, ROLE_ADMIN}},
     1,
     0,
     "Everybody with the role Administrator",
     "Everybody with the role Administrator",
     P(MT_BANK_ADMIN)},
};

/* The audience of a case: its grants name rows of member_test_table.h, the engine knows their keys.
 */
static int64_t audience_of(struct member_test *t, const struct reach_case *c)
{
    struct grant grants[BW_COUNT(c->grants)];
    for (size_t i = 0; i < c->n; i++) {
        int64_t at = c->grants[i].ref;
        grants[i] = c->grants[i];
        if (grants[i].kind == GRANT_ORGANISATION || grants[i].kind == GRANT_ORG_ADMIN)
            grants[i].ref = t->organisation[at];
        else if (grants[i].kind == GRANT_CIRCLE)
            grants[i].ref = t->circle[at];
        else if (grants[i].kind == GRANT_SECTOR)
            grants[i].ref = t->sector[at];
        else if (grants[i].kind == GRANT_PERSON)
            grants[i].ref = t->person[at];
    }
    return member_test_audience(t, c->tlp, grants, c->n);
}

static unsigned reached(struct member_test *t, int64_t audience_id, bool *ret_sorted)
{
    BW_AUTO(db) *db = reader(t);
    struct member_recipient *rows;
    struct bw_err err;
    unsigned people = 0;
    size_t n = 0;
    *ret_sorted = member_recipients(db, audience_id, t->arena, &rows, &n, &err) == BW_OK;
    for (size_t i = 0; i < n; i++) {
        *ret_sorted = *ret_sorted && (i == 0 || rows[i - 1].person_id < rows[i].person_id);
        for (unsigned p = 0; p < MT_PEOPLE; p++)
            if (t->person[p] == rows[i].person_id)
                people |= P(p);
    }
    return people;
}

BW_TEST(audiences_in_words_and_their_recipients)
{
    struct member_test *t = shared();
    for (size_t i = 0; i < BW_COUNT(REACH); i++) {
        int64_t id = audience_of(t, &REACH[i]);
        struct member_who w = {.n = 0};
        struct bw_err err = {0};
        bool sorted;
        {
            BW_AUTO(db) *db = reader(t);
            enum bw_rc rc = member_who(db, viewer_system("tests"), id, I18N_EN, t->arena, &w, &err);
            SUBTEST(REACH[i].name, rc == BW_OK);
        }
        CHECK_VIEW(w.summary, REACH[i].summary);
        REQUIRE(w.n == REACH[i].n);
        CHECK_VIEW(w.lines[0], REACH[i].line);
        CHECK_INT(w.organisations, REACH[i].organisations);
        CHECK_INT(reached(t, id, &sorted), REACH[i].people);
        CHECK(sorted);
    }
}

/* Whom the mail goes to and who sees the row is one question with two answers: they must agree. */
BW_TEST(recipients_are_exactly_those_who_see)
{
    struct member_test *t = shared();
    for (size_t i = 0; i < BW_COUNT(REACH); i++) {
        int64_t id = audience_of(t, &REACH[i]);
        bool sorted;
        unsigned people = reached(t, id, &sorted), seen = 0;
        for (unsigned p = 0; p < MT_SUSPENDED_REP; p++) {
            const struct viewer *v = member_test_viewer(t, (enum member_test_person)p);
            BW_AUTO(db) *db = reader(t);
            if (viewer_reach(v, db, id))
                seen |= P(p);
        }
        CHECK_INT(seen, people);
    }
}

BW_TEST(audiences_in_chinese)
{
    struct member_test *t = shared();
    const struct grant g[] = {{GRANT_CIRCLE, t->circle[MT_CIRCLE_RESPONSE]},
                              {GRANT_ORGANISATION, t->organisation[MT_BROKER]}};
    int64_t id = member_test_audience(t, TLP_AMBER, g, 2);
    BW_AUTO(db) *db = reader(t);
    struct member_who w;
    struct bw_err err;
    REQUIRE(member_who(db, viewer_system("tests"), id, I18N_HANT, t->arena, &w, &err) == BW_OK);
    CHECK(bw_view_find(w.summary, BW_V("事故應變")) != SIZE_MAX);
    CHECK(bw_view_find(w.summary, BW_V("Nine Wharves Securities")) != SIZE_MAX);
    CHECK(bw_view_find(w.summary, BW_V("，3 間機構")) != SIZE_MAX);
}

BW_TEST_MAIN()
