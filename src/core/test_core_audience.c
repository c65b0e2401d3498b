/* SPDX-License-Identifier: Apache-2.0 */
/* test_core_audience - label rules, interning, and reach by both of its ways. */
#include "core_test.h"
#include "permission.h"

#define MAX_GRANTS 4
struct intern {
    enum tlp tlp;
    struct grant grants[MAX_GRANTS];
    size_t n;
    int64_t id;
};

static enum bw_rc do_intern(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct intern *i = arg;
    return audience_intern(tx, i->tlp, i->grants, i->n, &i->id, err);
}

BW_TEST(labels_have_both_forms)
{
    enum tlp t = TLP_CLEAR;
    CHECK(tlp_parse(BW_V("TLP:AMBER+STRICT"), &t) && t == TLP_AMBER_STRICT);
    CHECK(tlp_parse(BW_V("Amber"), &t) && t == TLP_AMBER);
    CHECK(!tlp_parse(BW_V("white"), &t) && t == TLP_AMBER);
    CHECK(strcmp(tlp_name(TLP_RED), "TLP:RED") == 0);
}

BW_TEST(rules_of_labels)
{
    static const struct {
        const char *name;
        struct intern in;
        enum bw_rc rc;
    } T[] = {
        {"red to a person", {TLP_RED, {{GRANT_PERSON, 1}}, 1, 0}, BW_OK},
        {"red to an organisation", {TLP_RED, {{GRANT_ORGANISATION, 1}}, 1, 0}, BW_INVALID},
        {"red to a person and staff",
         {TLP_RED, {{GRANT_PERSON, 1}, {GRANT_ROLE, ROLE_STAFF}}, 2, 0},
         BW_INVALID},
        {"clear may be public", {TLP_CLEAR, {{GRANT_PUBLIC, 0}}, 1, 0}, BW_OK},
        {"green may not be public", {TLP_GREEN, {{GRANT_PUBLIC, 0}}, 1, 0}, BW_INVALID},
        {"nobody", {TLP_GREEN, {{GRANT_PUBLIC, 0}}, 0, 0}, BW_INVALID},
        {"a duty says nothing of who may see",
         {TLP_AMBER, {{GRANT_DUTY, DUTY_SIGNATORY}}, 1, 0},
         BW_INVALID},
        {"nor does a limit", {TLP_GREEN, {{GRANT_LIMIT, LIMIT_TERMS}}, 1, 0}, BW_INVALID},
        {"amber to a circle", {TLP_AMBER, {{GRANT_CIRCLE, 9}}, 1, 0}, BW_OK},
    };
    struct db_engine *e = core_test_engine("rules", NULL, 0);
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        struct intern in = T[i].in;
        struct bw_err err;
        SUBTEST(T[i].name, db_write(e, do_intern, &in, &err) == T[i].rc);
    }
    db_engine_close(e);
}

BW_TEST(same_set_same_id_whatever_the_order)
{
    struct db_engine *e = core_test_engine("intern", NULL, 0);
    struct bw_err err;
    struct intern a = {TLP_GREEN, {{GRANT_CIRCLE, 2}, {GRANT_ORGANISATION, 5}}, 2, 0};
    struct intern b = {TLP_GREEN,
                       {{GRANT_ORGANISATION, 5}, {GRANT_CIRCLE, 2}, {GRANT_CIRCLE, 2}},
                       3,
                       0};
    struct intern c = {TLP_AMBER, {{GRANT_CIRCLE, 2}, {GRANT_ORGANISATION, 5}}, 2, 0};
    CHECK(db_write(e, do_intern, &a, &err) == BW_OK);
    CHECK(db_write(e, do_intern, &b, &err) == BW_OK);
    CHECK(db_write(e, do_intern, &c, &err) == BW_OK);
    CHECK_INT(a.id, b.id);
    CHECK(a.id != c.id);
    struct db *db;
    struct audience_info info;
    REQUIRE(db_open(e, &db, &err) == BW_OK);
    CHECK(audience_get(db, a.id, &info, &err) == BW_OK);
    CHECK_INT(info.n, 2);
    CHECK(audience_has(&info, (struct grant){GRANT_CIRCLE, 2}));
    CHECK(!audience_has(&info, (struct grant){GRANT_CIRCLE, 5}));
    CHECK(audience_get(db, 999, &info, &err) == BW_BROKEN);
    db_close(db);
    db_engine_close(e);
}

/* -- reach ------------------------------------------------------------------------------------- */

struct give {
    enum holder_kind kind;
    int64_t holder;
    struct grant g;
    bool end;
};
static enum bw_rc do_give(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct give *g = arg;
    return g->end ? holding_end(tx, g->kind, g->holder, g->g, err)
                  : holding_give(tx, g->kind, g->holder, g->g, err);
}

static bool reaches(struct db_engine *e, int64_t person, int64_t org, enum role role,
                    int64_t audience)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(1 << 20);
    BW_AUTO(db) *db = NULL;
    struct viewer *v;
    struct bw_err err;
    size_t n;
    if (db_open(e, &db, &err) != BW_OK ||
        viewer_load(db, person, org, role, arena, &v, &err) != BW_OK)
        return false;
    bool yes = viewer_reach(v, db, audience), listed = false;
    const int64_t *list = viewer_reach_list(v, db, &n);
    for (size_t i = 0; i < n; i++)
        listed = listed || list[i] == audience;
    CHECK(yes == listed); /* two ways to the same answer */
    return yes;
}

BW_TEST(reach_follows_holdings)
{
    struct db_engine *e = core_test_engine("reach", NULL, 0);
    struct bw_err err;
    struct intern circle = {TLP_AMBER, {{GRANT_CIRCLE, 7}}, 1, 0};
    struct intern person = {TLP_RED, {{GRANT_PERSON, 11}}, 1, 0};
    struct intern everybody = {TLP_GREEN, {{GRANT_EVERYBODY, 0}}, 1, 0};
    struct intern admin = {TLP_AMBER, {{GRANT_ORG_ADMIN, 3}}, 1, 0};
    struct intern staff = {TLP_AMBER, {{GRANT_ROLE, ROLE_STAFF}}, 1, 0};
    struct intern *all[] = {&circle, &person, &everybody, &admin, &staff};
    for (size_t i = 0; i < BW_COUNT(all); i++)
        REQUIRE(db_write(e, do_intern, all[i], &err) == BW_OK);

    CHECK(!reaches(e, 11, 3, ROLE_REPRESENTATIVE, circle.id));
    struct give g = {HOLDER_ORGANISATION, 3, {GRANT_CIRCLE, 7}, false};
    REQUIRE(db_write(e, do_give, &g, &err) == BW_OK);
    CHECK(db_write(e, do_give, &g, &err) == BW_OK); /* again changes nothing */
    CHECK(reaches(e, 11, 3, ROLE_REPRESENTATIVE, circle.id));
    CHECK(!reaches(e, 11, 4, ROLE_REPRESENTATIVE, circle.id));
    g.end = true;
    REQUIRE(db_write(e, do_give, &g, &err) == BW_OK);
    CHECK(!reaches(e, 11, 3, ROLE_REPRESENTATIVE, circle.id));

    CHECK(reaches(e, 11, 3, ROLE_REPRESENTATIVE, person.id));
    CHECK(!reaches(e, 12, 3, ROLE_OPERATOR, person.id)); /* RED is not for staff */
    CHECK(reaches(e, 12, 9, ROLE_REPRESENTATIVE, everybody.id));
    CHECK(reaches(e, 12, 3, ROLE_ADMIN, admin.id));
    CHECK(!reaches(e, 12, 4, ROLE_ADMIN, admin.id));
    CHECK(!reaches(e, 12, 3, ROLE_REPRESENTATIVE, admin.id));
    CHECK(reaches(e, 12, 3, ROLE_ANALYST, staff.id));
    CHECK(!reaches(e, 12, 3, ROLE_ADMIN, staff.id));
    CHECK(reaches(e, 12, 3, ROLE_MEMBERSHIP, staff.id) &&
          reaches(e, 12, 3, ROLE_AUDITOR, staff.id));
    db_engine_close(e);
}

/* Who runs the machine sees nothing of the members, whatever is given by mistake. */
BW_TEST(a_system_administrator_reaches_no_content)
{
    struct db_engine *e = core_test_engine("sysadmin", NULL, 0);
    struct bw_err err = {.rc = BW_OK};
    struct intern all[] = {{TLP_GREEN, {{GRANT_EVERYBODY, 0}}, 1, 0},
                           {TLP_AMBER, {{GRANT_ORGANISATION, 3}}, 1, 0},
                           {TLP_AMBER, {{GRANT_CIRCLE, 7}}, 1, 0},
                           {TLP_AMBER, {{GRANT_ROLE, ROLE_STAFF}}, 1, 0}};
    struct give g = {HOLDER_ORGANISATION, 3, {GRANT_CIRCLE, 7}, false};
    REQUIRE(db_write(e, do_give, &g, &err) == BW_OK);
    for (size_t i = 0; i < BW_COUNT(all); i++) {
        REQUIRE(db_write(e, do_intern, &all[i], &err) == BW_OK);
        CHECK(!reaches(e, 12, 3, ROLE_SYSADMIN, all[i].id));
        CHECK(i == 3 || reaches(e, 12, 3, ROLE_REPRESENTATIVE, all[i].id));
    }
    db_engine_close(e);
}

static bool may(struct db_engine *e, enum permission p)
{
    struct bw_err err;
    struct viewer *v = NULL;
    BW_AUTO(db) *db = NULL;
    BW_AUTO(bw_arena) *arena = bw_arena_new(4096);
    return db_open(e, &db, &err) == BW_OK &&
           viewer_load(db, 11, 3, ROLE_REPRESENTATIVE, arena, &v, &err) == BW_OK &&
           permission_check(v, p, &err) == BW_OK;
}

/* Locked out never means blind: what is the own stays, whoever holds the limit. */
BW_TEST(a_limit_takes_sharing_and_nothing_else)
{
    struct db_engine *e = core_test_engine("limit", NULL, 0);
    struct bw_err err = {.rc = BW_OK};
    const struct give limits[] = {{HOLDER_PERSON, 11, {GRANT_LIMIT, LIMIT_TERMS}, false},
                                  {HOLDER_ORGANISATION, 3, {GRANT_LIMIT, LIMIT_EXPIRED}, false}};
    for (size_t i = 0; i < BW_COUNT(limits); i++) {
        struct give g = limits[i];
        CHECK(may(e, PERM_SHARE) && may(e, PERM_IMPORT));
        REQUIRE(db_write(e, do_give, &g, &err) == BW_OK);
        CHECK(!may(e, PERM_SHARE) && !may(e, PERM_IMPORT) && !may(e, PERM_NETWORK_CLAIM));
        CHECK(may(e, PERM_READ) && may(e, PERM_FINDING_ACT) && may(e, PERM_ACCOUNT));
        g.end = true;
        REQUIRE(db_write(e, do_give, &g, &err) == BW_OK);
    }
    CHECK(may(e, PERM_SHARE));
    db_engine_close(e);
}

BW_TEST(public_and_system)
{
    struct db_engine *e = core_test_engine("public", NULL, 0);
    struct bw_err err;
    struct intern open = {TLP_CLEAR, {{GRANT_PUBLIC, 0}}, 1, 0};
    struct intern everybody = {TLP_CLEAR, {{GRANT_EVERYBODY, 0}}, 1, 0};
    REQUIRE(db_write(e, do_intern, &open, &err) == BW_OK);
    REQUIRE(db_write(e, do_intern, &everybody, &err) == BW_OK);
    BW_AUTO(db) *db = NULL;
    REQUIRE(db_open(e, &db, &err) == BW_OK);
    CHECK(viewer_reach(viewer_public(), db, open.id));
    CHECK(!viewer_reach(viewer_public(), db, everybody.id));
    CHECK(viewer_reach(viewer_system("test"), db, everybody.id));
    CHECK(!viewer_reach(NULL, db, open.id));
    db_close(BW_TAKE(db));
    db_engine_close(e);
}

static enum bw_rc intern_read_fail(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct intern *i = arg;
    struct audience_info info;
    BW_TRY(do_intern(tx, i, err));
    BW_TRY(audience_get(db_tx_db(tx), i->id, &info, err));
    CHECK(audience_has(&info, (struct grant){GRANT_CIRCLE, 1}));
    return bw_fail(err, BW_CONFLICT, "undo");
}

BW_TEST(a_rolled_back_audience_is_not_remembered)
{
    /* The id of an audience that was rolled back is given out again: the store must not know the
     * old. */
    struct db_engine *e = core_test_engine("rollback", NULL, 0);
    struct bw_err err;
    struct intern bad = {TLP_AMBER, {{GRANT_CIRCLE, 1}}, 1, 0};
    struct intern good = {TLP_AMBER, {{GRANT_CIRCLE, 2}}, 1, 0};
    CHECK(db_write(e, intern_read_fail, &bad, &err) == BW_CONFLICT);
    REQUIRE(db_write(e, do_intern, &good, &err) == BW_OK);
    CHECK_INT(bad.id, good.id);
    CHECK(!reaches(e, 1, 1, ROLE_REPRESENTATIVE, good.id));
    BW_AUTO(db) *db = NULL;
    struct audience_info info;
    REQUIRE(db_open(e, &db, &err) == BW_OK);
    REQUIRE(audience_get(db, good.id, &info, &err) == BW_OK);
    CHECK(audience_has(&info, (struct grant){GRANT_CIRCLE, 2}));
    db_close(BW_TAKE(db));
    db_engine_close(e);
}

BW_TEST_MAIN()
