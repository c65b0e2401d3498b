/* SPDX-License-Identifier: Apache-2.0 */
/* Four eyes: who may ask, who may decide, and that what was changed meanwhile is not done. */
#include "approval.h"
#include "desk_int.h"
#include "member_test.h"
#include "ops.h"

#define NOW_US (1800000000 * BW_SECOND_US)

static struct member_test t;

struct step {
    struct bw_id id;
    struct bw_view digest;
    enum member_test_person who, about;
    enum approval_decision decision;
    enum role to;
};

static enum bw_rc write_body(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const enum member_test_organisation *o = arg;
    return ops_body_add(tx, 0, t.organisation[*o], BW_V("test"), err);
}

static enum bw_rc write_ask(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct step *s = arg;
    return approval_ask(tx,
                        &(struct approval_ask){approval_act_of(BW_V("role.operator")),
                                               bw_view_z(t.person_id[s->about].text),
                                               BW_V("a second one is needed"), t.person[s->who]},
                        &s->id, err);
}

static const struct viewer *as(enum member_test_person p)
{
    return member_test_viewer(&t, p);
}

static enum bw_rc write_decide(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct step *s = arg;
    struct viewer me = {.role = ROLE_OPERATOR, .person_id = t.person[s->who]};
    const int64_t codes[] = {grant_code((struct grant){GRANT_ROLE, ROLE_OPERATOR})};
    me.codes = codes;
    me.n_codes = 1;
    return approval_decide(tx,
                           &(struct approval_decide){.settings = t.settings,
                                                     .viewer = &me,
                                                     .public_id = bw_view_z(s->id.text),
                                                     .reason = BW_V("looked at it"),
                                                     .digest = s->digest,
                                                     .decision = s->decision},
                           err);
}

static enum bw_rc write_role(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct step *s = arg;
    struct member_office now;
    BW_TRY(member_office(db_tx_db(tx), t.person[s->about], &now, err));
    return member_role_change(tx,
                              &(struct member_role_change){0, t.person[s->about], now.role, s->to,
                                                           BW_V("test")},
                              err);
}

static void begin(const char *name)
{
    enum member_test_organisation hub = MT_HUB;
    struct bw_err err;
    bw_clock_fix(NOW_US);
    member_test_open(&t, name, room_desk.migrations, room_desk.n_migrations);
    BW_ASSERT(db_write(t.hub.db, write_body, &hub, &err) == BW_OK);
}

static void end(void)
{
    bw_clock_fix(0);
    member_test_close(&t);
}

static enum bw_rc ask(struct step *s, enum member_test_person who, enum member_test_person about)
{
    struct bw_err err = {0};
    s->who = who;
    s->about = about;
    return db_write(t.hub.db, write_ask, s, &err);
}

/* The digest as the page shows it. */
static void look(struct step *s)
{
    BW_AUTO(db) *db = NULL;
    struct approval *list;
    struct bw_err err;
    size_t n;
    const struct viewer *v = as(MT_OPERATOR);
    BW_ASSERT(db_open(t.hub.db, &db, &err) == BW_OK);
    BW_ASSERT(approval_list(db, v, true, 10, t.arena, &list, &n, &err) == BW_OK);
    for (size_t i = 0; i < n; i++)
        if (bw_view_is(list[i].public_id, s->id.text))
            s->digest = list[i].digest;
}

static enum bw_rc decide(struct step *s, enum member_test_person who, enum approval_decision d)
{
    struct bw_err err = {0};
    s->who = who;
    s->decision = d;
    return db_write(t.hub.db, write_decide, s, &err);
}

static enum role role_of(enum member_test_person p)
{
    BW_AUTO(db) *db = NULL;
    struct member_office now;
    struct bw_err err;
    BW_ASSERT(db_open(t.hub.db, &db, &err) == BW_OK);
    BW_ASSERT(member_office(db, t.person[p], &now, &err) == BW_OK);
    return now.role;
}

static void make(enum member_test_person p, enum role role)
{
    struct step s = {.about = p, .to = role};
    struct bw_err err;
    BW_ASSERT(db_write(t.hub.db, write_role, &s, &err) == BW_OK);
}

BW_TEST(only_who_has_the_right_asks_and_only_for_people_of_a_body)
{
    struct step s = {0};
    begin("ask");
    CHECK(ask(&s, MT_ANALYST, MT_ANALYST) == BW_DENIED);
    CHECK(ask(&s, MT_BANK_ADMIN, MT_ANALYST) == BW_DENIED);
    CHECK(ask(&s, MT_OPERATOR, MT_BANK_REP) == BW_INVALID);
    CHECK(ask(&s, MT_OPERATOR, MT_OPERATOR) == BW_CONFLICT);
    CHECK(ask(&s, MT_OPERATOR, MT_ANALYST) == BW_OK);
    CHECK(ask(&s, MT_OPERATOR, MT_ANALYST) == BW_CONFLICT); /* waits already */
    end();
}

BW_TEST(one_who_is_alone_waits_as_long_as_the_setting_says)
{
    struct step s = {0};
    struct bw_err err;
    begin("alone");
    REQUIRE(ask(&s, MT_OPERATOR, MT_ANALYST) == BW_OK);
    look(&s);
    CHECK(decide(&s, MT_OPERATOR, APPROVAL_APPROVE) == BW_DENIED);
    bw_clock_fix(NOW_US + 25 * BW_HOUR_US);
    REQUIRE(settings_set(t.settings, BW_V("four_eyes_alone"), BW_V("0"), &err) == BW_OK);
    CHECK(decide(&s, MT_OPERATOR, APPROVAL_APPROVE) == BW_DENIED);
    REQUIRE(settings_set(t.settings, BW_V("four_eyes_alone"), BW_V("24"), &err) == BW_OK);
    CHECK(role_of(MT_ANALYST) == ROLE_ANALYST);
    CHECK(decide(&s, MT_OPERATOR, APPROVAL_APPROVE) == BW_OK);
    CHECK(role_of(MT_ANALYST) == ROLE_OPERATOR);
    end();
}

BW_TEST(nobody_decides_on_their_own_nor_on_themselves)
{
    struct step s = {0};
    begin("own");
    make(MT_NEW_REP, ROLE_OPERATOR);
    REQUIRE(ask(&s, MT_OPERATOR, MT_ANALYST) == BW_OK);
    look(&s);
    bw_clock_fix(NOW_US + 48 * BW_HOUR_US); /* time stands in for nobody where there is somebody */
    CHECK(decide(&s, MT_OPERATOR, APPROVAL_APPROVE) == BW_DENIED);
    CHECK(decide(&s, MT_ANALYST, APPROVAL_APPROVE) == BW_DENIED);
    CHECK(decide(&s, MT_BANK_ADMIN, APPROVAL_APPROVE) == BW_DENIED);
    CHECK(role_of(MT_ANALYST) == ROLE_ANALYST);
    CHECK(decide(&s, MT_NEW_REP, APPROVAL_APPROVE) == BW_OK);
    CHECK(role_of(MT_ANALYST) == ROLE_OPERATOR);
    CHECK(decide(&s, MT_NEW_REP, APPROVAL_APPROVE) == BW_CONFLICT); /* once */
    CHECK(decide(&s, MT_NEW_REP, APPROVAL_REFUSE) == BW_CONFLICT);
    end();
}

BW_TEST(what_changed_meanwhile_is_not_done)
{
    struct step s = {0};
    begin("changed");
    make(MT_NEW_REP, ROLE_OPERATOR);
    REQUIRE(ask(&s, MT_OPERATOR, MT_ANALYST) == BW_OK);
    look(&s);
    struct bw_view right = s.digest;
    s.digest = BW_V("0000000000000000000000000000000000000000000000000000000000000000");
    CHECK(decide(&s, MT_NEW_REP, APPROVAL_APPROVE) == BW_CONFLICT);
    s.digest = right;
    make(MT_ANALYST, ROLE_AUDITOR);
    CHECK(decide(&s, MT_NEW_REP, APPROVAL_APPROVE) == BW_CONFLICT);
    CHECK(role_of(MT_ANALYST) == ROLE_AUDITOR);
    CHECK(decide(&s, MT_NEW_REP, APPROVAL_REFUSE) == BW_OK);
    end();
}

static enum bw_rc other_args(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "UPDATE approval SET args = ?1 WHERE state = 0", &st, err));
    db_bind_bytes(st, 1, bw_view_z(t.person_id[MT_NEW_REP].text));
    return db_run(st, err);
}

BW_TEST(an_act_whose_row_was_changed_does_not_match_its_digest)
{
    struct step s = {0};
    enum member_test_organisation shop = MT_SHOP;
    struct bw_err err;
    begin("row");
    make(MT_BANK_REP, ROLE_OPERATOR);
    REQUIRE(db_write(t.hub.db, write_body, &shop, &err) == BW_OK);
    REQUIRE(ask(&s, MT_OPERATOR, MT_ANALYST) == BW_OK);
    look(&s);
    REQUIRE(db_write(t.hub.db, other_args, NULL, &err) == BW_OK);
    CHECK(decide(&s, MT_BANK_REP, APPROVAL_APPROVE) == BW_CONFLICT);
    CHECK(role_of(MT_NEW_REP) == ROLE_REPRESENTATIVE && role_of(MT_ANALYST) == ROLE_ANALYST);
    end();
}

BW_TEST(who_lost_the_right_takes_it_along)
{
    struct step s = {0};
    begin("lost");
    make(MT_NEW_REP, ROLE_OPERATOR);
    REQUIRE(ask(&s, MT_NEW_REP, MT_ANALYST) == BW_OK);
    look(&s);
    make(MT_NEW_REP, ROLE_REPRESENTATIVE);
    CHECK(decide(&s, MT_OPERATOR, APPROVAL_APPROVE) ==
          BW_CONFLICT); /* the asker is none any more */
    CHECK(role_of(MT_ANALYST) == ROLE_ANALYST);
    end();
}

BW_TEST(time_runs_out_and_the_asker_takes_back)
{
    struct step s = {0}, again = {0};
    begin("time");
    make(MT_NEW_REP, ROLE_OPERATOR);
    REQUIRE(ask(&s, MT_OPERATOR, MT_ANALYST) == BW_OK);
    look(&s);
    bw_clock_fix(NOW_US + APPROVAL_US + BW_SECOND_US);
    CHECK(decide(&s, MT_NEW_REP, APPROVAL_APPROVE) == BW_CONFLICT);
    REQUIRE(ask(&again, MT_OPERATOR, MT_ANALYST) == BW_OK); /* the old one stands in no way */
    look(&again);
    CHECK(decide(&again, MT_OPERATOR, APPROVAL_REFUSE) == BW_OK);
    CHECK(decide(&again, MT_NEW_REP, APPROVAL_APPROVE) == BW_CONFLICT);
    CHECK(role_of(MT_ANALYST) == ROLE_ANALYST);
    end();
}

BW_TEST(where_it_is_set_the_second_person_is_of_another_body)
{
    struct step s = {0};
    enum member_test_organisation shop = MT_SHOP;
    struct bw_err err;
    begin("bodies");
    REQUIRE(settings_set(t.settings, BW_V("four_eyes_bodies"), BW_V("yes"), &err) == BW_OK);
    make(MT_ANALYST, ROLE_OPERATOR);
    REQUIRE(db_write(t.hub.db, write_body, &shop, &err) == BW_OK);
    make(MT_NEW_REP, ROLE_OPERATOR);
    REQUIRE(ask(&s, MT_OPERATOR, MT_SHOP_REP) == BW_OK);
    look(&s);
    CHECK(decide(&s, MT_ANALYST, APPROVAL_APPROVE) == BW_DENIED);
    CHECK(decide(&s, MT_NEW_REP, APPROVAL_APPROVE) == BW_OK);
    CHECK(role_of(MT_SHOP_REP) == ROLE_OPERATOR);
    end();
}

static enum bw_rc write_body_end(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const enum member_test_organisation *o = arg;
    return ops_body_end(tx, 0, t.organisation[*o], BW_V("test"), err);
}

BW_TEST(a_body_does_not_end_while_its_people_work_or_as_the_last)
{
    enum member_test_organisation hub = MT_HUB, shop = MT_SHOP;
    struct bw_err err;
    begin("end");
    CHECK(db_write(t.hub.db, write_body_end, &hub, &err) == BW_CONFLICT);
    CHECK(db_write(t.hub.db, write_body, &hub, &err) == BW_CONFLICT);
    REQUIRE(db_write(t.hub.db, write_body, &shop, &err) == BW_OK);
    CHECK(db_write(t.hub.db, write_body_end, &hub, &err) == BW_CONFLICT);
    CHECK(db_write(t.hub.db, write_body_end, &shop, &err) == BW_OK);
    CHECK(db_write(t.hub.db, write_body, &shop, &err) == BW_OK);
    end();
}

BW_TEST_MAIN()
