/* SPDX-License-Identifier: Apache-2.0 */
/* Steps: which there are, that no other happens whoever asks, what each needs; who may speak; that
 * links and private facts end and stay where they should. On both engines. */
#include "join_int.h"
#include "member_test.h"

#include "bw_clock.h"

struct bench {
    struct member_test t;
};
static void bench_close(struct bench *b)
{
    member_test_close(&b->t);
}
#define BENCH(name)                                                             \
    __attribute__((cleanup(bench_close))) struct bench b;                       \
    member_test_open(&b.t, name, room_join.migrations, room_join.n_migrations); \
    struct member_test *t = &b.t

#define SYSTEM viewer_system("test: what is there")

/* A complete application: everything that a step may ask for is there but what people say. */
static struct join_application complete(enum join_route route)
{
    struct join_application a = {
        .route = route,
        .names = {{BW_VIEW_INIT("New Lighthouse"), BW_VIEW_INIT("新燈塔"), BW_VIEW_INIT("新灯塔")}},
        .registration = BW_V("BR-1"),
        .domain = BW_V("new-lighthouse.example"),
        .why = BW_V("to learn"),
        .people = {{JOIN_APPLICANT, BW_V("Ann"), BW_V("ann@new-lighthouse.example"), BW_V("1"), 0,
                    false},
                   {JOIN_EMERGENCY, BW_V("Night"), BW_V(""), BW_V("2"), 0, false},
                   {JOIN_EMERGENCY, BW_V("Day"), BW_V(""), BW_V("3"), 0, false},
                   {JOIN_REPRESENTATIVE, BW_V("Ann"), BW_V("ann@new-lighthouse.example"), BW_V(""),
                    ROLE_ADMIN, true}},
        .people_n = 4};
    return a;
}

struct put {
    struct member_test *t;
    struct join_application a;
    enum join_state state;
    bool bare; /* nothing proven, checked or signed */
    struct bw_id id;
    struct crypto_token token;
};

/* Writes the application straight into the state, as no caller could. */
static enum bw_rc write_put(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct put *p = arg;
    BW_AUTO(db_stmt) *st = NULL;
    struct join_apply w = {.hub = &p->t->hub, .in = &p->a};
    BW_TRY(join_draft_new(tx, &w, err));
    p->id = w.public_id;
    p->token = w.token;
    BW_TRY(db_change(tx,
                     "UPDATE application SET state = ?2, proof = ?3, registered_us = ?4,"
                     " signed_us = ?5, objections_until_us = ?6 WHERE id = ?1",
                     &st, err));
    db_bind_int(st, 1, p->a.id);
    db_bind_int(st, 2, (int64_t)p->state);
    db_bind_int(st, 3, p->bare ? 0 : JOIN_PROOF_MAIL);
    db_bind_int(st, 4, !p->bare);
    db_bind_int(st, 5, !p->bare);
    db_bind_int(st, 6, p->bare ? INT64_MAX : 0);
    return db_run(st, err);
}

static enum bw_rc put(struct member_test *t, struct put *p)
{
    struct bw_err err = {0};
    p->t = t;
    enum bw_rc rc = db_write(t->hub.db, write_put, p, &err);
    if (rc != BW_OK)
        printf("# put: %s (%s)\n", err.message, err.detail);
    return rc;
}

/* What the desk needs to see it, whatever the state was set to. */
static enum bw_rc write_words(struct db_tx *tx, void *arg, struct bw_err *err)
{
    static const enum member_test_person WHO[] = {MT_BANK_REP, MT_HOSPITAL_REP};
    struct put *p = arg;
    db_tx_as(tx, SYSTEM);
    for (int state = 0; state < JOIN_STATES; state++)
        for (int kind = 0; kind <= JOIN_DECIDES; kind++)
            for (int aye = 0; aye < 2; aye++)
                for (size_t i = 0; i < BW_COUNT(WHO); i++) {
                    BW_AUTO(db_stmt) *st = NULL;
                    /* A person says one thing once; here both are needed, so each says one. */
                    if (kind == JOIN_DECIDES && (size_t)aye != i)
                        continue;
                    if (kind != JOIN_DECIDES && aye == 0)
                        continue;
                    BW_TRY(db_change(tx,
                                     "INSERT INTO application_word (application_id, kind, state,"
                                     " person_id, organisation_id, aye, reason, at_us, audience_id)"
                                     " SELECT ?1, ?2, ?3, ?4, ?5, ?6, 'test', 0, audience_id"
                                     " FROM v_application_person WHERE application_id = ?1"
                                     " ORDER BY id LIMIT 1",
                                     &st, err));
                    db_bind_int(st, 1, p->a.id);
                    db_bind_int(st, 2, kind);
                    db_bind_int(st, 3, state);
                    db_bind_int(st, 4, p->t->person[WHO[i]]);
                    db_bind_int(st, 5, p->t->organisation[MEMBER_TEST_PEOPLE[WHO[i]].organisation]);
                    db_bind_int(st, 6, aye);
                    BW_TRY(db_run(st, err));
                }
    return BW_OK;
}

struct
try {
    struct member_test *t;
    int64_t id;
    struct join_step_in in;
};

/* One step, undone by its result: the caller sees whether it could be taken. */
static enum bw_rc write_try(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct try *x = arg;
    BW_AUTO(bw_arena) *arena = bw_arena_new(1 << 20);
    struct join_application a;
    BW_TRY(join_get_key(db_tx_db(tx), SYSTEM, x->id, arena, &a, err));
    BW_TRY(join_people_read(db_tx_db(tx), SYSTEM, arena, &a, err));
    BW_TRY(join_step(tx, &a, &x->in, err));
    return bw_fail(err, BW_RESERVED, "it could be taken");
}

static enum bw_rc try_step(struct member_test *t, int64_t id, enum join_state to, enum join_by by,
                           bool reason)
{
    struct bw_err err = {0};
    struct try x =
        {t, id, {.hub = &t->hub, .to = to, .by = by, .reason = reason ? BW_V("test") : BW_V("")}};
    return db_write(t->hub.db, write_try, &x, &err);
}

/* Every step that there is: routes as letters (f, o, s, t), by whom. */
static const struct {
    const char *routes;
    enum join_state from, to;
    enum join_by by;
} ALLOWED[] = {
    {"ost", JOIN_DRAFT, JOIN_SUBMITTED, JOIN_BY_APPLICANT},
    {"f", JOIN_DRAFT, JOIN_SIGNING, JOIN_BY_DESK},
    {"os", JOIN_SUBMITTED, JOIN_CHECKING, JOIN_BY_DESK},
    {"os", JOIN_CHECKING, JOIN_SIGNING, JOIN_BY_DECISION},
    {"t", JOIN_SUBMITTED, JOIN_VOUCHING, JOIN_BY_DESK},
    {"t", JOIN_VOUCHING, JOIN_OBJECTION, JOIN_BY_VOUCHERS},
    {"t", JOIN_OBJECTION, JOIN_COMMITTEE, JOIN_BY_CLOCK},
    {"fost", JOIN_SIGNING, JOIN_ACTIVE, JOIN_BY_SIGNATORY},
    {"ost", JOIN_SUBMITTED, JOIN_REJECTED, JOIN_BY_DECISION},
    {"os", JOIN_CHECKING, JOIN_REJECTED, JOIN_BY_DECISION},
    {"t", JOIN_VOUCHING, JOIN_REJECTED, JOIN_BY_DECISION},
    {"t", JOIN_OBJECTION, JOIN_REJECTED, JOIN_BY_DECISION},
    {"fost", JOIN_SIGNING, JOIN_REJECTED, JOIN_BY_DECISION},
    {"fost", JOIN_DRAFT, JOIN_WITHDRAWN, JOIN_BY_APPLICANT},
    {"fost", JOIN_DRAFT, JOIN_WITHDRAWN, JOIN_BY_CLOCK},
    {"ost", JOIN_SUBMITTED, JOIN_WITHDRAWN, JOIN_BY_APPLICANT},
    {"os", JOIN_CHECKING, JOIN_WITHDRAWN, JOIN_BY_APPLICANT},
    {"t", JOIN_VOUCHING, JOIN_WITHDRAWN, JOIN_BY_APPLICANT},
    {"t", JOIN_OBJECTION, JOIN_WITHDRAWN, JOIN_BY_APPLICANT},
    {"t", JOIN_COMMITTEE, JOIN_WITHDRAWN, JOIN_BY_APPLICANT},
    {"fost", JOIN_SIGNING, JOIN_WITHDRAWN, JOIN_BY_APPLICANT},
    /* The committee is two: with one voice each way it decides nothing, so it is not here. */
};

static bool allowed(enum join_route route, enum join_state from, enum join_state to,
                    enum join_by by)
{
    static const char LETTERS[] = "fost";
    for (size_t i = 0; i < BW_COUNT(ALLOWED); i++)
        if (strchr(ALLOWED[i].routes, LETTERS[route]) && ALLOWED[i].from == from &&
            ALLOWED[i].to == to && ALLOWED[i].by == by)
            return true;
    return false;
}

/* 4 routes, 10 states from and to, 6 kinds of callers, all conditions but the committee's met. */
BW_TEST(every_pair_of_states)
{
    static const enum join_by BY[] = {JOIN_BY_APPLICANT, JOIN_BY_DESK,     JOIN_BY_VOUCHERS,
                                      JOIN_BY_CLOCK,     JOIN_BY_DECISION, JOIN_BY_SIGNATORY};
    BENCH("pairs");
    int tried = 0, taken = 0;
    for (int route = 0; route < JOIN_ROUTES; route++)
        for (int from = 0; from < JOIN_STATES; from++) {
            struct put p = {.a = complete((enum join_route)route), .state = (enum join_state)from};
            struct bw_err err = {0};
            REQUIRE(put(t, &p) == BW_OK);
            enum bw_rc said = db_write(t->hub.db, write_words, &p, &err);
            if (said != BW_OK)
                printf("# %s (%s)\n", err.message, err.detail);
            REQUIRE(said == BW_OK);
            for (int to = 0; to < JOIN_STATES; to++)
                for (size_t i = 0; i < BW_COUNT(BY); i++) {
                    bool want = allowed(p.a.route, p.state, (enum join_state)to, BY[i]);
                    enum bw_rc rc = try_step(t, p.a.id, (enum join_state)to, BY[i], true);
                    tried++;
                    taken += rc == BW_RESERVED;
                    if (rc == (want ? BW_RESERVED : BW_CONFLICT))
                        continue;
                    printf("# %s: %s to %s by %d: %s\n", join_route_word(p.a.route),
                           join_state_word(p.state), join_state_word((enum join_state)to),
                           (int)BY[i], bw_rc_name(rc));
                    CHECK(false);
                }
        }
    CHECK_INT(tried, 4 * 10 * 10 * 6);
    CHECK_INT(taken, 46);
}

/* The same steps where nothing that they ask for is there. */
BW_TEST(conditions)
{
    static const struct {
        const char *name;
        enum join_route route;
        enum join_state from, to;
        enum join_by by;
    } T[] = {
        {"not checked", JOIN_OPEN, JOIN_CHECKING, JOIN_SIGNING, JOIN_BY_DECISION},
        {"nobody vouched", JOIN_TRUSTED, JOIN_VOUCHING, JOIN_OBJECTION, JOIN_BY_VOUCHERS},
        {"the window is open", JOIN_TRUSTED, JOIN_OBJECTION, JOIN_COMMITTEE, JOIN_BY_CLOCK},
        {"no committee", JOIN_TRUSTED, JOIN_COMMITTEE, JOIN_SIGNING, JOIN_BY_DECISION},
        {"nobody refused", JOIN_TRUSTED, JOIN_COMMITTEE, JOIN_REJECTED, JOIN_BY_DECISION},
        {"not signed", JOIN_OPEN, JOIN_SIGNING, JOIN_ACTIVE, JOIN_BY_SIGNATORY},
    };
    BENCH("conditions");
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        struct put p = {.a = complete(T[i].route), .state = T[i].from, .bare = true};
        REQUIRE(put(t, &p) == BW_OK);
        SUBTEST(T[i].name, try_step(t, p.a.id, T[i].to, T[i].by, true) == BW_CONFLICT);
    }
    struct put few = {.a = complete(JOIN_FOUNDING), .state = JOIN_DRAFT};
    struct bw_err err;
    REQUIRE(put(t, &few) == BW_OK);
    CHECK(try_step(t, few.a.id, JOIN_SIGNING, JOIN_BY_DESK, true) == BW_RESERVED);
    CHECK(settings_set(t->settings, BW_V("join_founding"), BW_V("2"), &err) == BW_OK);
    CHECK(try_step(t, few.a.id, JOIN_SIGNING, JOIN_BY_DESK, true) == BW_CONFLICT);
    struct put why = {.a = complete(JOIN_OPEN), .state = JOIN_CHECKING};
    REQUIRE(put(t, &why) == BW_OK && db_write(t->hub.db, write_words, &why, &err) == BW_OK);
    CHECK(try_step(t, why.a.id, JOIN_REJECTED, JOIN_BY_DECISION, true) == BW_RESERVED);
    CHECK(try_step(t, why.a.id, JOIN_REJECTED, JOIN_BY_DECISION, false) == BW_INVALID);
}

/* -- who may speak ----------------------------------------------------------------------------- */

static enum bw_rc speak(struct member_test *t, const struct put *p, enum member_test_person who,
                        db_write_fn fn, bool aye)
{
    struct bw_err err = {0};
    struct join_say s = {.hub = &t->hub,
                         .viewer = member_test_viewer(t, who),
                         .application = bw_view_z(p->id.text),
                         .reason = BW_V("because"),
                         .aye = aye};
    return db_write(t->hub.db, fn, &s, &err);
}

static struct join_application now(struct member_test *t, const struct put *p)
{
    BW_AUTO(db) *db = NULL;
    struct join_application a = {.state = JOIN_STATES};
    struct bw_err err;
    CHECK(db_open(t->hub.db, &db, &err) == BW_OK);
    CHECK(join_get(db, SYSTEM, bw_view_z(p->id.text), t->arena, &a, &err) == BW_OK);
    return a;
}

struct belong {
    int64_t organisation;
    struct member_trust b;
};
static enum bw_rc write_belong(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct belong *x = arg;
    return member_trust_set(tx, 0, x->organisation, &x->b, err);
}
static void belong(struct member_test *t, enum member_test_organisation o, struct member_trust b)
{
    struct belong x = {t->organisation[o], b};
    struct bw_err err;
    CHECK(db_write(t->hub.db, write_belong, &x, &err) == BW_OK);
}

BW_TEST(who_vouches)
{
    static const struct member_trust TRUSTED = {.standing = MEMBER_TRUSTED};
    BENCH("vouch");
    struct put p = {.a = complete(JOIN_TRUSTED), .state = JOIN_SUBMITTED};
    p.a.company_group = BW_V("Quay Holdings");
    p.a.sponsor_id = t->organisation[MT_SHOP];
    REQUIRE(put(t, &p) == BW_OK);
    CHECK(speak(t, &p, MT_BANK_REP, join_vouch, true) == BW_NOT_FOUND);
    CHECK(speak(t, &p, MT_BANK_REP, join_take_up, true) == BW_DENIED);
    CHECK(speak(t, &p, MT_ANALYST, join_take_up, true) == BW_DENIED);
    CHECK(speak(t, &p, MT_OPERATOR, join_take_up, true) == BW_OK);
    CHECK_INT(now(t, &p).state, JOIN_VOUCHING);
    CHECK(speak(t, &p, MT_SHOP_REP, join_vouch, true) == BW_DENIED); /* its sponsor */
    belong(t, MT_BANK,
           (struct member_trust){.standing = MEMBER_TRUSTED,
                                 .company_group = BW_V("quay holdings ")});
    CHECK(speak(t, &p, MT_BANK_REP, join_vouch, true) == BW_DENIED);
    CHECK(speak(t, &p, MT_BANK_REP, join_object, true) == BW_DENIED);
    belong(t, MT_BANK,
           (struct member_trust){.sponsor_id = t->organisation[MT_SHOP],
                                 .standing = MEMBER_TRUSTED});
    CHECK(speak(t, &p, MT_BANK_REP, join_vouch, true) == BW_DENIED); /* the same sponsor */
    belong(t, MT_BANK, (struct member_trust){.standing = MEMBER_OPEN});
    CHECK(speak(t, &p, MT_BANK_REP, join_vouch, true) == BW_DENIED); /* not trusted itself */
    belong(t, MT_BANK, TRUSTED);
    CHECK(speak(t, &p, MT_BANK_REP, join_vouch, true) == BW_OK);
    CHECK(speak(t, &p, MT_BANK_REP, join_vouch, true) == BW_CONFLICT);
    CHECK(speak(t, &p, MT_BANK_ADMIN, join_vouch, true) == BW_CONFLICT); /* the same organisation */
    CHECK_INT(now(t, &p).state, JOIN_VOUCHING);
    CHECK(speak(t, &p, MT_HOSPITAL_REP, join_vouch, true) == BW_OK);
    CHECK_INT(now(t, &p).state, JOIN_OBJECTION);
    CHECK(now(t, &p).objections_until_us > bw_now_us());
    CHECK(speak(t, &p, MT_CLINIC_REP, join_object, false) == BW_OK);
    CHECK(speak(t, &p, MT_CLINIC_REP, join_object, false) == BW_CONFLICT);
    CHECK(speak(t, &p, MT_OPERATOR, join_window_over, false) == BW_CONFLICT);
    CHECK(speak(t, &p, MT_OPERATOR, join_decide, true) == BW_CONFLICT);
}

BW_TEST(one_person_is_no_committee)
{
    BENCH("committee");
    struct put p = {.a = complete(JOIN_TRUSTED), .state = JOIN_COMMITTEE};
    REQUIRE(put(t, &p) == BW_OK);
    CHECK(speak(t, &p, MT_BANK_ADMIN, join_decide, true) == BW_DENIED);
    CHECK(speak(t, &p, MT_OPERATOR, join_decide, true) == BW_OK);
    CHECK(speak(t, &p, MT_OPERATOR, join_decide, true) == BW_CONFLICT);
    CHECK(speak(t, &p, MT_OPERATOR, join_decide, false) == BW_CONFLICT);
    CHECK_INT(now(t, &p).state, JOIN_COMMITTEE);
    struct put own = {.a = complete(JOIN_OPEN), .state = JOIN_CHECKING};
    own.a.company_group = BW_V("The Hub");
    REQUIRE(put(t, &own) == BW_OK);
    belong(t, MT_HUB,
           (struct member_trust){.standing = MEMBER_TRUSTED, .company_group = BW_V("The Hub")});
    CHECK(speak(t, &own, MT_OPERATOR, join_decide, true) == BW_DENIED);
    CHECK(speak(t, &own, MT_OPERATOR, join_claim, true) == BW_DENIED);
    CHECK(speak(t, &own, MT_OPERATOR, join_registered_seen, true) == BW_DENIED);
}

/* -- links ------------------------------------------------------------------------------------- */

static enum bw_rc follow(struct member_test *t, db_write_fn fn, struct bw_view token)
{
    struct bw_err err = {0};
    struct join_follow f = {.hub = &t->hub,
                            .token = token,
                            .name = BW_V("Ann"),
                            .title = BW_V("Keeper"),
                            .address = BW_V("postmaster")};
    return db_write(t->hub.db, fn, &f, &err);
}

/* The token that a mail of that kind would carry. BW_NOT_FOUND: there is no living link. */
static enum bw_rc living(struct member_test *t, int64_t application, enum join_link_kind kind,
                         struct bw_buf *ret)
{
    BW_AUTO(db) *db = NULL;
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_err err = {0};
    BW_TRY(db_open(t->hub.db, &db, &err));
    BW_TRY(db_plain(db,
                    "SELECT id FROM join_link WHERE application_id = ?1 AND kind = ?2"
                    " AND ended_us = 0 ORDER BY id LIMIT 2",
                    &st, &err));
    db_bind_int(st, 1, application);
    db_bind_int(st, 2, (int64_t)kind);
    BW_TRY(db_row(st, &err));
    int64_t id = db_int(st, 0);
    CHECK(db_row(st, &err) == BW_NOT_FOUND); /* one of a kind */
    return join_link_token(db, t->hub.keyring, id, ret, &err);
}

BW_TEST(links_are_used_once_and_die_with_the_application)
{
    BENCH("links");
    BW_AUTO_BUF proof = BW_BUF_INIT(200);
    BW_AUTO_BUF none = BW_BUF_INIT(200);
    struct put p = {.a = complete(JOIN_OPEN), .state = JOIN_CHECKING, .bare = true};
    REQUIRE(put(t, &p) == BW_OK);
    struct bw_view mine = bw_view_z(p.token.text);
    CHECK(follow(t, join_prove_ask, mine) == BW_OK);
    REQUIRE(living(t, p.a.id, JOIN_LINK_DOMAIN, &proof) == BW_OK);
    CHECK(follow(t, join_confirm, mine) == BW_NOT_FOUND); /* of another kind */
    CHECK(follow(t, join_sign, bw_buf_text(&proof)) == BW_NOT_FOUND);
    CHECK(follow(t, join_prove, bw_buf_text(&proof)) == BW_OK);
    CHECK_INT(now(t, &p).proof, JOIN_PROOF_MAIL);
    CHECK(follow(t, join_prove, bw_buf_text(&proof)) == BW_NOT_FOUND);
    CHECK(follow(t, join_prove_ask, mine) == BW_CONFLICT); /* proven already */
    CHECK(follow(t, join_withdraw, mine) == BW_OK);
    CHECK(follow(t, join_withdraw, mine) == BW_NOT_FOUND);
    for (int kind = 0; kind <= JOIN_LINK_SIGN; kind++)
        CHECK(living(t, p.a.id, (enum join_link_kind)kind, &none) == BW_NOT_FOUND);
}

BW_TEST(links_run_out)
{
    BENCH("expire");
    struct put p = {.a = complete(JOIN_OPEN), .state = JOIN_SUBMITTED, .bare = true};
    REQUIRE(put(t, &p) == BW_OK);
    BW_AUTO(db) *db = NULL;
    struct join_link link;
    struct bw_err err;
    REQUIRE(db_open(t->hub.db, &db, &err) == BW_OK);
    int64_t days = setting_int(t->settings, SETTING_JOIN_DRAFT_DAYS), at = bw_now_us();
    CHECK(join_link_open(db, JOIN_LINK_PROGRESS, bw_view_z(p.token.text), at, t->arena, &link,
                         &err) == BW_OK);
    CHECK(join_link_open(db, JOIN_LINK_PROGRESS, bw_view_z(p.token.text),
                         at + (days + 1) * BW_DAY_US, t->arena, &link, &err) == BW_NOT_FOUND);
}

BW_TEST(a_public_mail_domain_proves_nothing)
{
    BENCH("public");
    BW_AUTO_BUF proof = BW_BUF_INIT(200);
    struct put p = {.a = complete(JOIN_OPEN), .state = JOIN_CHECKING, .bare = true};
    p.a.domain = BW_V("gmail.com");
    REQUIRE(put(t, &p) == BW_OK);
    CHECK(follow(t, join_prove_ask, bw_view_z(p.token.text)) == BW_OK);
    REQUIRE(living(t, p.a.id, JOIN_LINK_DOMAIN, &proof) == BW_OK);
    CHECK(follow(t, join_prove, bw_buf_text(&proof)) == BW_CONFLICT);
    CHECK_INT(now(t, &p).proof, JOIN_PROOF_NONE);
}

/* -- becoming a member ------------------------------------------------------------------------- */

static enum bw_rc refuse_signature(struct db_tx *tx, struct bw_view application, bool *ret,
                                   struct bw_err *err)
{
    (void)tx;
    (void)application;
    (void)err;
    *ret = false;
    return BW_OK;
}

BW_TEST(signing_makes_the_organisation)
{
    BENCH("active");
    BW_AUTO_BUF sign = BW_BUF_INIT(200);
    struct put p = {.a = complete(JOIN_OPEN), .state = JOIN_CHECKING};
    REQUIRE(put(t, &p) == BW_OK);
    CHECK(speak(t, &p, MT_OPERATOR, join_decide, true) == BW_OK);
    REQUIRE(living(t, p.a.id, JOIN_LINK_SIGN, &sign) == BW_OK);
    join_signed_set(refuse_signature); /* as a room would that keeps terms of its own */
    CHECK(follow(t, join_sign, bw_buf_text(&sign)) == BW_CONFLICT);
    CHECK_INT(now(t, &p).state, JOIN_SIGNING);
    join_signed_set(NULL);
    CHECK(follow(t, join_sign, bw_buf_text(&sign)) == BW_OK);
    CHECK(follow(t, join_sign, bw_buf_text(&sign)) == BW_NOT_FOUND);
    struct join_application a = now(t, &p);
    CHECK_INT(a.state, JOIN_ACTIVE);
    CHECK_VIEW(a.signed_title, "Keeper");
    BW_AUTO(db) *db = NULL;
    enum member_standing standing = MEMBER_TRUSTED;
    struct viewer *v = NULL;
    struct bw_err err;
    REQUIRE(db_open(t->hub.db, &db, &err) == BW_OK);
    CHECK(member_standing(db, a.organisation_id, &standing, &err) == BW_OK);
    CHECK_INT(standing, MEMBER_OPEN);
    CHECK(member_standing(db, t->organisation[MT_BANK], &standing, &err) == BW_OK);
    CHECK_INT(standing, MEMBER_TRUSTED);
    REQUIRE(member_viewer_by_email(db, BW_V("ann@new-lighthouse.example"), t->arena, &v, &err) ==
            BW_OK);
    CHECK(v->role == ROLE_ADMIN && v->organisation_id == a.organisation_id);
    CHECK(viewer_holds(v, (struct grant){GRANT_DUTY, DUTY_SIGNATORY}));
}

BW_TEST(a_name_that_is_taken_stops_the_decision)
{
    BENCH("taken");
    struct put p = {.a = complete(JOIN_OPEN), .state = JOIN_CHECKING};
    p.a.names.text[I18N_EN] = BW_V("Example Harbour Bank");
    REQUIRE(put(t, &p) == BW_OK);
    CHECK(speak(t, &p, MT_OPERATOR, join_decide, true) == BW_CONFLICT);
    CHECK_INT(now(t, &p).state, JOIN_CHECKING);
    CHECK(speak(t, &p, MT_OPERATOR, join_decide, false) == BW_OK);
    CHECK_INT(now(t, &p).state, JOIN_REJECTED);
}

/* -- time -------------------------------------------------------------------------------------- */

BW_TEST(the_clock_closes_windows_and_drafts)
{
    BENCH("clock");
    struct bw_err err = {0};
    struct put window = {.a = complete(JOIN_TRUSTED), .state = JOIN_OBJECTION};
    struct put open = {.a = complete(JOIN_TRUSTED), .state = JOIN_OBJECTION, .bare = true};
    struct put draft = {.a = complete(JOIN_OPEN), .state = JOIN_DRAFT};
    struct put other = {.a = complete(JOIN_OPEN), .state = JOIN_CHECKING};
    REQUIRE(put(t, &window) == BW_OK && put(t, &open) == BW_OK && put(t, &draft) == BW_OK &&
            put(t, &other) == BW_OK);
    CHECK(join_clock(&t->hub, &err) == BW_OK);
    CHECK_INT(now(t, &window).state, JOIN_COMMITTEE);
    CHECK_INT(now(t, &open).state, JOIN_OBJECTION);
    CHECK_INT(now(t, &draft).state, JOIN_DRAFT);
    bw_clock_fix(bw_now_us() + (setting_int(t->settings, SETTING_JOIN_DRAFT_DAYS) + 1) * BW_DAY_US);
    CHECK(join_clock(&t->hub, &err) == BW_OK);
    CHECK_INT(now(t, &draft).state, JOIN_WITHDRAWN);
    CHECK_INT(now(t, &other).state, JOIN_CHECKING);
    bw_clock_fix(0);
}

/* -- seen by whom ------------------------------------------------------------------------------ */

BW_TEST(members_see_an_application_only_while_they_are_asked)
{
    BENCH("seen");
    struct put p = {.a = complete(JOIN_TRUSTED), .state = JOIN_SUBMITTED};
    struct bw_err err;
    REQUIRE(put(t, &p) == BW_OK);
    CHECK(speak(t, &p, MT_OPERATOR, join_take_up, true) == BW_OK);
    CHECK(speak(t, &p, MT_BANK_REP, join_vouch, true) == BW_OK);
    const struct viewer *bank = member_test_viewer(t, MT_BANK_REP);
    BW_AUTO(db) *db = NULL;
    struct join_application a;
    struct join_word *words;
    size_t n = 9;
    REQUIRE(db_open(t->hub.db, &db, &err) == BW_OK);
    CHECK(join_get(db, bank, bw_view_z(p.id.text), t->arena, &a, &err) == BW_OK);
    CHECK(join_people_read(db, bank, t->arena, &a, &err) == BW_OK);
    CHECK_INT(a.people_n, 0);
    CHECK(join_words(db, bank, a.id, t->arena, &words, &n, &err) == BW_OK);
    CHECK_INT(n, 0);
    CHECK(join_get(db, viewer_public(), bw_view_z(p.id.text), t->arena, &a, &err) == BW_NOT_FOUND);
}

BW_TEST_MAIN()
