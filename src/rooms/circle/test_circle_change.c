/* SPDX-License-Identifier: Apache-2.0 */
/* Circles, sectors, merging and ends: what a change uncovers is counted before it is made, and it
 * is made with the token of exactly that. */
#include "bw_test.h"
#include "circle_export.h"
#include "intel.h"
#include "member_test.h"
#include "watch.h"

#include <sys/mman.h>

static struct member_test t_;
static struct member_test *fresh(const char *name)
{
    struct db_migration more[8];
    size_t n = 0;
    for (size_t i = 0; i < room_intel.n_migrations; i++)
        more[n++] = room_intel.migrations[i];
    for (size_t i = 0; i < room_watch.n_migrations; i++)
        more[n++] = room_watch.migrations[i];
    member_test_open(&t_, name, more, n);
    return &t_;
}

static struct bw_view id_of(const struct bw_id *id)
{
    return bw_view_z(id->text);
}

/* -- writing an item --------------------------------------------------------------------------- */

struct put {
    const struct intel_prepared *p;
    struct bw_id id;
};
static enum bw_rc run_put(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct put *p = arg;
    return intel_item_put(tx, p->p, &p->id, err);
}

static enum bw_rc publish(struct member_test *t, enum member_test_person by, enum tlp tlp,
                          struct grant g, struct bw_err *err)
{
    const struct viewer *v = member_test_viewer(t, by);
    const struct intel_item_in in = {.kind = INTEL_ALERT,
                                     .severity = INTEL_HIGH,
                                     .tlp = tlp,
                                     .title = BW_V("Something"),
                                     .body = BW_V("happened"),
                                     .audience = {.grants = &g, .n = 1},
                                     .publish = true};
    struct intel_prepared *p;
    struct put put;
    BW_TRY(intel_item_prepare(v, &in, t->arena, &p, err));
    put.p = p;
    return db_write(t->hub.db, run_put, &put, err);
}

static int64_t visible(struct member_test *t, enum member_test_person who)
{
    const struct viewer *v = member_test_viewer(t, who);
    const struct intel_filter f = {.kind = -1,
                                   .severity = -1,
                                   .tlp = -1,
                                   .state = INTEL_PUBLISHED,
                                   .limit = 100};
    BW_AUTO(db) *db = NULL;
    struct bw_err err;
    int64_t n = -1;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    BW_ASSERT(intel_item_count(db, v, &f, 1000, &n, &err) == BW_OK);
    return n;
}

/* -- changing ---------------------------------------------------------------------------------- */

static enum bw_rc look(struct member_test *t, const struct circle_change *c,
                       struct circle_effect *e, struct bw_view *token, struct bw_err *err)
{
    BW_AUTO(db) *db = NULL;
    BW_TRY(db_open(t->hub.db, &db, err));
    BW_TRY(circle_change_look(db, c, I18N_EN, t->arena, e, err));
    return circle_change_token(t->hub.keyring, e, c->actor->person_id, t->arena, token, err);
}

struct apply {
    struct member_test *t;
    const struct circle_change *c;
    struct bw_view token;
    bool stale;
};
static enum bw_rc run_apply(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct apply *a = arg;
    return circle_change_apply(tx, a->t->hub.keyring, a->c, a->token, &a->stale, err);
}
static enum bw_rc apply(struct member_test *t, const struct circle_change *c, struct bw_view token,
                        bool *stale, struct bw_err *err)
{
    struct apply a = {t, c, token, false};
    enum bw_rc rc = db_write(t->hub.db, run_apply, &a, err);
    if (stale)
        *stale = a.stale;
    return rc;
}
static enum bw_rc change(struct member_test *t, const struct circle_change *c, struct bw_err *err)
{
    struct circle_effect e;
    struct bw_view token;
    BW_TRY(look(t, c, &e, &token, err));
    return apply(t, c, token, NULL, err);
}

static struct circle_change give(struct member_test *t, enum member_test_person actor,
                                 enum circle_act act, enum member_test_circle circle,
                                 enum member_test_organisation who)
{
    return (struct circle_change){.act = act,
                                  .actor = member_test_viewer(t, actor),
                                  .circle = id_of(&t->circle_id[circle]),
                                  .who = id_of(&t->organisation_id[who]),
                                  .reason = BW_V("because")};
}

BW_TEST(who_gains_is_counted_before)
{
    struct member_test *t = fresh("circle_gain");
    const struct grant care = {GRANT_CIRCLE, t->circle[MT_CIRCLE_CARE]};
    struct circle_effect e;
    struct bw_view token;
    struct bw_err err = {0};
    bool stale;
    REQUIRE(publish(t, MT_HOSPITAL_REP, TLP_AMBER, care, &err) == BW_OK);
    REQUIRE(publish(t, MT_HOSPITAL_REP, TLP_AMBER, care, &err) == BW_OK);
    const struct circle_change c = give(t, MT_OPERATOR, CIRCLE_ACT_GIVE, MT_CIRCLE_CARE, MT_CLINIC);
    REQUIRE(look(t, &c, &e, &token, &err) == BW_OK);
    REQUIRE(e.n == 1);
    CHECK_INT(e.lines[0].gains, 2);
    CHECK_INT(e.lines[0].losses, 0);
    CHECK_VIEW(e.lines[0].gain_title, "Something");
    CHECK_INT(visible(t, MT_CLINIC_REP), 0);
    CHECK(apply(t, &c, BW_V(""), &stale, &err) == BW_CONFLICT && stale);
    CHECK(apply(t, &c, BW_V("AAAA"), &stale, &err) == BW_CONFLICT && stale);
    CHECK_INT(visible(t, MT_CLINIC_REP), 0);
    CHECK(apply(t, &c, token, &stale, &err) == BW_OK && !stale);
    CHECK_INT(visible(t, MT_CLINIC_REP), 2);
    CHECK(apply(t, &c, token, &stale, &err) == BW_CONFLICT && !stale); /* is in it already */
    const struct circle_change out =
        give(t, MT_OPERATOR, CIRCLE_ACT_END, MT_CIRCLE_CARE, MT_CLINIC);
    REQUIRE(look(t, &out, &e, &token, &err) == BW_OK);
    CHECK_INT(e.lines[0].losses, 2);
    CHECK(apply(t, &out, token, NULL, &err) == BW_OK);
    CHECK_INT(visible(t, MT_CLINIC_REP), 0);
    member_test_close(t);
}

BW_TEST(facts_that_changed_are_shown_again)
{
    struct member_test *t = fresh("circle_stale");
    const struct grant care = {GRANT_CIRCLE, t->circle[MT_CIRCLE_CARE]};
    struct circle_effect e;
    struct bw_view token;
    struct bw_err err = {0};
    bool stale = false;
    const struct circle_change c = give(t, MT_OPERATOR, CIRCLE_ACT_GIVE, MT_CIRCLE_CARE, MT_CLINIC);
    REQUIRE(look(t, &c, &e, &token, &err) == BW_OK);
    CHECK_INT(e.lines[0].gains, 0);
    REQUIRE(publish(t, MT_HOSPITAL_REP, TLP_AMBER, care, &err) == BW_OK);
    CHECK(apply(t, &c, token, &stale, &err) == BW_CONFLICT && stale);
    CHECK_INT(visible(t, MT_CLINIC_REP), 0);
    /* Nor for another organisation, or another person. */
    REQUIRE(look(t, &c, &e, &token, &err) == BW_OK);
    struct circle_change other = c;
    other.who = id_of(&t->organisation_id[MT_SHOP]);
    CHECK(apply(t, &other, token, &stale, &err) == BW_CONFLICT && stale);
    other = c;
    other.act = CIRCLE_ACT_END;
    CHECK(apply(t, &other, token, &stale, &err) == BW_CONFLICT);
    CHECK_INT(visible(t, MT_SHOP_REP), 0);
    bw_clock_fix(bw_now_us() + 2 * BW_HOUR_US);
    CHECK(apply(t, &c, token, &stale, &err) == BW_CONFLICT && stale);
    bw_clock_fix(0);
    member_test_close(t);
}

BW_TEST(who_may_change_a_circle)
{
    static const struct {
        const char *name;
        enum member_test_person by;
        enum member_test_circle circle;
        enum bw_rc rc;
    } T[] = {
        {"a member of the circle", MT_HOSPITAL_REP, MT_CIRCLE_CARE, BW_DENIED},
        {"somebody outside", MT_SHOP_REP, MT_CIRCLE_CARE, BW_NOT_FOUND},
        {"an administrator inside another circle", MT_BANK_ADMIN, MT_CIRCLE_CARE, BW_NOT_FOUND},
        {"an administrator inside", MT_BANK_ADMIN, MT_CIRCLE_RESPONSE, BW_DENIED},
        {"an analyst", MT_ANALYST, MT_CIRCLE_CARE, BW_DENIED},
        {"the desk", MT_OPERATOR, MT_CIRCLE_CARE, BW_OK},
    };
    struct member_test *t = fresh("circle_rights");
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        const struct circle_change c = give(t, T[i].by, CIRCLE_ACT_GIVE, T[i].circle, MT_CLINIC);
        struct bw_err err = {0};
        SUBTEST(T[i].name, change(t, &c, &err) == T[i].rc);
    }
    struct circle_change c = give(t, MT_OPERATOR, CIRCLE_ACT_GIVE, MT_CIRCLE_CARE, MT_BROKER);
    struct bw_err err = {0};
    c.circle = id_of(&t->sector_id[MT_HEALTH]);
    SUBTEST("a sector is no circle", change(t, &c, &err) == BW_NOT_FOUND);
    c = give(t, MT_OPERATOR, CIRCLE_ACT_GIVE, MT_CIRCLE_CARE, MT_SUSPENDED);
    SUBTEST("who is suspended is not let in", change(t, &c, &err) != BW_OK);
    c = give(t, MT_OPERATOR, CIRCLE_ACT_GIVE, MT_CIRCLE_CARE, MT_BROKER);
    c.reason = BW_V("  ");
    SUBTEST("without a reason", change(t, &c, &err) == BW_INVALID);
    c = give(t, MT_OPERATOR, CIRCLE_ACT_GIVE, MT_CIRCLE_CARE, MT_HUB);
    SUBTEST("the desk on its own organisation", change(t, &c, &err) == BW_DENIED);
    member_test_close(t);
}

/* -- sectors ----------------------------------------------------------------------------------- */

BW_TEST(who_is_below_sees_what_is_shared_above)
{
    struct member_test *t = fresh("circle_sector");
    struct bw_err err = {0};
    struct circle_effect e;
    struct bw_view token;
    const struct grant health = {GRANT_SECTOR, t->sector[MT_HEALTH]};
    REQUIRE(publish(t, MT_HOSPITAL_REP, TLP_AMBER, health, &err) == BW_OK);
    CHECK_INT(visible(t, MT_SHOP_REP), 0);
    struct circle_change c = {.act = CIRCLE_ACT_MOVE,
                              .actor = member_test_viewer(t, MT_OPERATOR),
                              .sector = id_of(&t->sector_id[MT_RETAIL]),
                              .parent = id_of(&t->sector_id[MT_HEALTH])};
    REQUIRE(look(t, &c, &e, &token, &err) == BW_OK);
    CHECK_INT(e.gains, 2); /* the shop, and the suspended one for when it comes back */
    REQUIRE(apply(t, &c, token, NULL, &err) == BW_OK);
    CHECK_INT(visible(t, MT_SHOP_REP), 1);
    SUBTEST("under itself",
            (c.sector = id_of(&t->sector_id[MT_HEALTH]), c.parent = id_of(&t->sector_id[MT_RETAIL]),
             change(t, &c, &err) == BW_INVALID));
    SUBTEST("not by an administrator",
            (c.actor = member_test_viewer(t, MT_BANK_ADMIN), change(t, &c, &err) == BW_DENIED));
    const struct circle_change back = {.act = CIRCLE_ACT_MOVE,
                                       .actor = member_test_viewer(t, MT_OPERATOR),
                                       .sector = id_of(&t->sector_id[MT_RETAIL])};
    REQUIRE(look(t, &back, &e, &token, &err) == BW_OK);
    CHECK_INT(e.losses, 2);
    REQUIRE(apply(t, &back, token, NULL, &err) == BW_OK);
    CHECK_INT(visible(t, MT_SHOP_REP), 0);
    member_test_close(t);
}

BW_TEST(an_organisation_changes_sectors)
{
    struct member_test *t = fresh("circle_groups");
    struct bw_err err = {0};
    const struct grant finance = {GRANT_SECTOR, t->sector[MT_FINANCE]};
    REQUIRE(publish(t, MT_BANK_REP, TLP_AMBER, finance, &err) == BW_OK);
    const struct bw_view chosen[] = {id_of(&t->sector_id[MT_FINANCE]),
                                     id_of(&t->sector_id[MT_RETAIL])};
    struct circle_change c = {.act = CIRCLE_ACT_GROUPS,
                              .actor = member_test_viewer(t, MT_OPERATOR),
                              .organisation = id_of(&t->organisation_id[MT_SHOP]),
                              .chosen = chosen,
                              .n_chosen = 2,
                              .class_ = MEMBER_VENDOR};
    struct circle_effect e;
    struct bw_view token;
    REQUIRE(look(t, &c, &e, &token, &err) == BW_OK);
    REQUIRE(e.n == 1);
    CHECK_INT(e.lines[0].gains, 1);
    REQUIRE(apply(t, &c, token, NULL, &err) == BW_OK);
    CHECK_INT(visible(t, MT_SHOP_REP), 1);
    c.n_chosen = 0;
    REQUIRE(change(t, &c, &err) == BW_OK);
    CHECK_INT(visible(t, MT_SHOP_REP), 0);
    c.organisation = id_of(&t->organisation_id[MT_HUB]);
    SUBTEST("never one's own", change(t, &c, &err) == BW_DENIED);
    member_test_close(t);
}

/* -- ceilings ---------------------------------------------------------------------------------- */

struct edit {
    const struct viewer *viewer;
    struct bw_view id;
    struct circle_in in;
};
static enum bw_rc run_edit(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct edit *e = arg;
    return circle_edit(tx, e->viewer, e->id, &e->in, err);
}

BW_TEST(no_item_above_the_ceiling)
{
    struct member_test *t = fresh("circle_ceiling");
    const struct grant care = {GRANT_CIRCLE, t->circle[MT_CIRCLE_CARE]};
    struct bw_err err = {0};
    struct edit e = {member_test_viewer(t, MT_OPERATOR),
                     id_of(&t->circle_id[MT_CIRCLE_CARE]),
                     {.tlp_max = TLP_GREEN, .hidden = true}};
    CHECK(publish(t, MT_HOSPITAL_REP, TLP_AMBER, care, &err) == BW_OK);
    REQUIRE(db_write(t->hub.db, run_edit, &e, &err) == BW_OK);
    CHECK(publish(t, MT_HOSPITAL_REP, TLP_GREEN, care, &err) == BW_OK);
    CHECK(publish(t, MT_HOSPITAL_REP, TLP_AMBER, care, &err) == BW_INVALID);
    CHECK(strstr(err.message, "TLP:AMBER") != NULL);
    e.in.tlp_max = TLP_RED;
    CHECK(db_write(t->hub.db, run_edit, &e, &err) == BW_INVALID);
    e.in.tlp_max = TLP_AMBER;
    e.in.by_request = true;
    CHECK(db_write(t->hub.db, run_edit, &e, &err) == BW_INVALID); /* hidden, and asked for */
    e.viewer = member_test_viewer(t, MT_HOSPITAL_REP);
    e.in.by_request = false;
    CHECK(db_write(t->hub.db, run_edit, &e, &err) == BW_DENIED);
    e.viewer = member_test_viewer(t, MT_SHOP_REP);
    CHECK(db_write(t->hub.db, run_edit, &e, &err) == BW_NOT_FOUND);
    member_test_close(t);
}

/* -- who can see this -------------------------------------------------------------------------- */

BW_TEST(a_hidden_circle_is_not_in_who_can_see_this)
{
    struct member_test *t = fresh("circle_who");
    const struct grant both[] = {{GRANT_CIRCLE, t->circle[MT_CIRCLE_RESPONSE]},
                                 {GRANT_CIRCLE, t->circle[MT_CIRCLE_CARE]}};
    int64_t with = member_test_audience(t, TLP_AMBER, both, 2);
    int64_t without = member_test_audience(t, TLP_AMBER, both, 1);
    const struct viewer *bank = member_test_viewer(t, MT_BANK_REP); /* not in care */
    const struct viewer *hospital = member_test_viewer(t, MT_HOSPITAL_REP);
    struct member_who a, b;
    struct bw_err err;
    BW_AUTO(db) *db = NULL;
    REQUIRE(db_open(t->hub.db, &db, &err) == BW_OK);
    REQUIRE(member_who(db, bank, with, I18N_EN, t->arena, &a, &err) == BW_OK);
    REQUIRE(member_who(db, bank, without, I18N_EN, t->arena, &b, &err) == BW_OK);
    CHECK(bw_view_eq(a.summary, b.summary));
    CHECK(a.n == b.n && bw_view_eq(a.lines[0], b.lines[0]));
    CHECK_INT(a.organisations, b.organisations);
    REQUIRE(member_who(db, hospital, with, I18N_EN, t->arena, &a, &err) == BW_OK);
    CHECK(a.n == 2);
    db_close(db);
    db = NULL;
    member_test_close(t);
}

/* -- merging ----------------------------------------------------------------------------------- */

struct claim {
    struct watch_network_in in;
    struct bw_id id;
};
static enum bw_rc run_claim(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct claim *c = arg;
    return watch_network_add(tx, 0, &c->in, &c->id, err);
}

static void claim(struct member_test *t, enum member_test_organisation who, const char *cidr,
                  bool verified)
{
    struct claim c = {.in = {.organisation_id = t->organisation[who], .verified = verified}};
    struct bw_err err;
    REQUIRE(bw_prefix_parse(bw_view_z(cidr), &c.in.prefix, &err) == BW_OK);
    REQUIRE(db_write(t->hub.db, run_claim, &c, &err) == BW_OK);
}

static size_t networks(struct member_test *t, enum member_test_person who,
                       enum member_test_organisation whose)
{
    const struct viewer *v = member_test_viewer(t, who);
    struct watch_network *list;
    struct bw_err err;
    size_t n;
    BW_AUTO(db) *db = NULL;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    BW_ASSERT(watch_network_list(db, v, t->organisation[whose], t->arena, &list, &n, &err) ==
              BW_OK);
    return n;
}

BW_TEST(merging_moves_everything_and_unites_no_circles)
{
    struct member_test *t = fresh("circle_merge");
    struct bw_err err = {0};
    struct circle_effect e;
    struct bw_view token;
    const struct grant care = {GRANT_CIRCLE, t->circle[MT_CIRCLE_CARE]};
    const struct grant response = {GRANT_CIRCLE, t->circle[MT_CIRCLE_RESPONSE]};
    const struct grant alone = {GRANT_ORGANISATION, t->organisation[MT_HOSPITAL]};
    REQUIRE(publish(t, MT_HOSPITAL_REP, TLP_AMBER, care, &err) == BW_OK);
    REQUIRE(publish(t, MT_HOSPITAL_REP, TLP_AMBER, response, &err) == BW_OK);
    REQUIRE(publish(t, MT_OPERATOR, TLP_AMBER_STRICT, alone, &err) == BW_OK);
    claim(t, MT_HOSPITAL, "198.51.100.0/24", true);
    claim(t, MT_HOSPITAL, "203.0.113.0/24", true);
    claim(t, MT_CLINIC, "203.0.113.0/24", false);
    const struct bw_view kept[] = {id_of(&t->circle_id[MT_CIRCLE_RESPONSE])};
    const struct circle_change c = {.act = CIRCLE_ACT_MERGE,
                                    .actor = member_test_viewer(t, MT_OPERATOR),
                                    .organisation = id_of(&t->organisation_id[MT_HOSPITAL]),
                                    .survivor = id_of(&t->organisation_id[MT_CLINIC]),
                                    .chosen = kept,
                                    .n_chosen = 1,
                                    .reason = BW_V("bought")};
    REQUIRE(look(t, &c, &e, &token, &err) == BW_OK);
    REQUIRE(e.n == 2);
    /* Items of the hospital carry its own grant: the clinic gains all three. */
    CHECK_INT(e.lines[0].gains, 3);
    CHECK_INT(e.people, 1);
    CHECK_INT(e.items, 2);
    CHECK_INT(e.networks, 2);
    REQUIRE(apply(t, &c, token, NULL, &err) == BW_OK);
    CHECK_INT(visible(t, MT_CLINIC_REP), 3);
    CHECK_INT(networks(t, MT_CLINIC_REP, MT_CLINIC), 2);
    {
        BW_AUTO(db) *db = NULL;
        const struct viewer *v = member_test_viewer(t, MT_CLINIC_REP);
        int64_t id = 0, survivor = 0;
        CHECK(viewer_holds(v, response));
        CHECK(!viewer_holds(v, care));
        REQUIRE(db_open(t->hub.db, &db, &err) == BW_OK);
        REQUIRE(member_resolve(db, v, GRANT_ORGANISATION, BW_V("St Elmo Hospital"), &id, &err) ==
                BW_OK);
        CHECK_INT(id, t->organisation[MT_CLINIC]);
        REQUIRE(member_resolve(db, v, GRANT_ORGANISATION, id_of(&t->organisation_id[MT_HOSPITAL]),
                               &id, &err) == BW_OK);
        CHECK_INT(id, t->organisation[MT_CLINIC]);
        REQUIRE(circle_survivor(db, t->organisation[MT_HOSPITAL], &survivor, &err) == BW_OK);
        CHECK_INT(survivor, t->organisation[MT_CLINIC]);
    }
    CHECK(change(t, &c, &err) != BW_OK); /* once */
    member_test_close(t);
}

/* -- the end ----------------------------------------------------------------------------------- */

struct state {
    const struct viewer *viewer;
    struct circle_decision d;
    struct bw_view id, organisation;
    struct bw_arena *arena;
    bool four_eyes, waits, take;
};
static enum bw_rc run_state(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct state *s = arg;
    return circle_state_set(tx, s->viewer, &s->d, s->four_eyes, 30 * BW_DAY_US, &s->waits, err);
}
static enum bw_rc run_second(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct state *s = arg;
    return circle_state_second(tx, s->viewer, s->id, s->take, 30 * BW_DAY_US, &s->organisation,
                               s->arena, err);
}

BW_TEST(two_people_end_a_membership)
{
    struct member_test *t = fresh("circle_state");
    struct bw_err err = {0};
    struct circle_waiting w;
    struct state s = {.viewer = member_test_viewer(t, MT_OPERATOR),
                      .d = {id_of(&t->organisation_id[MT_SHOP]), MEMBER_LEFT, BW_V("over")},
                      .arena = t->arena,
                      .four_eyes = true,
                      .take = true};
    REQUIRE(db_write(t->hub.db, run_state, &s, &err) == BW_OK);
    CHECK(s.waits);
    CHECK(db_write(t->hub.db, run_state, &s, &err) == BW_CONFLICT); /* one at a time */
    {
        BW_AUTO(db) *db = NULL;
        REQUIRE(db_open(t->hub.db, &db, &err) == BW_OK);
        REQUIRE(circle_state_waiting(db, t->organisation[MT_SHOP], t->arena, &w, &err) == BW_OK);
    }
    s.id = w.public_id;
    CHECK(db_write(t->hub.db, run_second, &s, &err) == BW_DENIED); /* the first one again */
    struct viewer second = *s.viewer;
    second.person_id = t->person[MT_ANALYST];
    s.viewer = &second;
    CHECK(db_write(t->hub.db, run_second, &s, &err) == BW_OK);
    CHECK(db_write(t->hub.db, run_second, &s, &err) == BW_NOT_FOUND);
    s.viewer = member_test_viewer(t, MT_ANALYST);
    CHECK(db_write(t->hub.db, run_state, &s, &err) == BW_DENIED);
    s.viewer = member_test_viewer(t, MT_OPERATOR);
    s.four_eyes = false;
    s.d.organisation = id_of(&t->organisation_id[MT_HUB]);
    CHECK(db_write(t->hub.db, run_state, &s, &err) == BW_DENIED);
    s.d.organisation = id_of(&t->organisation_id[MT_BANK]);
    s.d.reason = BW_V("");
    CHECK(db_write(t->hub.db, run_state, &s, &err) == BW_INVALID);
    member_test_close(t);
}

BW_TEST(the_archive_holds_ones_own_and_nothing_else)
{
    struct member_test *t = fresh("circle_export");
    struct bw_err err = {0};
    struct bw_view tar;
    const struct grant shop = {GRANT_ORGANISATION, t->organisation[MT_SHOP]};
    REQUIRE(publish(t, MT_BANK_REP, TLP_AMBER, shop, &err) == BW_OK);
    claim(t, MT_BANK, "198.51.100.0/24", true);
    claim(t, MT_SHOP, "203.0.113.0/24", true);
    const struct viewer *admin = member_test_viewer(t, MT_BANK_ADMIN);
    {
        BW_AUTO(db) *db = NULL;
        REQUIRE(db_open(t->hub.db, &db, &err) == BW_OK);
        REQUIRE(circle_export_make(db, admin, t->organisation[MT_BANK], core_test_dir(), &tar,
                                   &err) == BW_OK);
    }
    CHECK(tar.n % 512 == 0);
    CHECK(memcmp(tar.p, "organisation.json", 17) == 0);
    CHECK(bw_view_find(tar, BW_V("198.51.100.0/24")) != SIZE_MAX);
    CHECK(bw_view_find(tar, BW_V("203.0.113.0/24")) == SIZE_MAX);
    CHECK(bw_view_find(tar, BW_V("wylam@harbourbank.example")) != SIZE_MAX);
    CHECK(bw_view_find(tar, BW_V("sam@sampan.example")) == SIZE_MAX);
    CHECK(bw_view_find(tar, BW_V("\"happened\"")) != SIZE_MAX);
    CHECK(bw_view_find(tar, bw_view_z(t->password_hash)) == SIZE_MAX);
    munmap((void *)(uintptr_t)tar.p, tar.n);
    member_test_close(t);
}

BW_TEST_MAIN()
