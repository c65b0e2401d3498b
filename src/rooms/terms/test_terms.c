/* SPDX-License-Identifier: Apache-2.0 */
/* The terms of a small community, at a fixed clock: two people announce, reminders go out once,
 * the moment limits who has not accepted, accepting ends it; and memberships that run out. */
#include "terms_int.h"

#include "member_test.h"

#define T0 INT64_C(1800000000000000) /* 2027-01-15T08:00:00Z, 16:00 in Hong Kong */
#define DAY_IN(days) (INT64_C(1799942400000000) + (days)*BW_DAY_US) /* first moment in the zone */

struct bench {
    struct member_test t;
};
static void bench_close(struct bench *b)
{
    member_test_close(&b->t);
    member_watch(NULL);
    bw_clock_fix(0);
}
#define BENCH(name)                                                               \
    __attribute__((cleanup(bench_close))) struct bench b;                         \
    bw_clock_fix(T0);                                                             \
    member_test_open(&b.t, name, room_terms.migrations, room_terms.n_migrations); \
    struct member_test *t = &b.t;                                                 \
    terms_attach(t->settings)

/* -- what is done ------------------------------------------------------------------------------ */

enum action { DRAFT, DECIDE, ACCEPT, SIGNATORY, MEMBERSHIP, REMIND, ADD_PERSON, ADD_ORGANISATION };
struct act {
    struct member_test *t;
    enum action action;
    const struct viewer *viewer;
    const char *text, *reason;
    int64_t number, us;
    enum terms_step step;
    enum i18n_lang lang;
    bool sign, stale;
    int who; /* person or organisation of the table */
    int64_t made;
};

static const struct viewer *as(struct member_test *t, enum member_test_person p)
{
    return member_test_viewer(t, p);
}

static struct terms_version version(struct member_test *t, int64_t number)
{
    BW_AUTO(db) *db = NULL;
    struct terms_version v = {0};
    struct bw_err err;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    (void)!terms_version_get(db, viewer_system("test"), number, t->arena, &v, &err);
    return v;
}

static enum bw_rc add_person(struct db_tx *tx, struct act *a, struct bw_err *err)
{
    struct bw_id id;
    const struct member_person_in in = {.organisation_id = a->t->organisation[a->who],
                                        .name = BW_V("Late Comer"),
                                        .email = bw_view_z(a->text),
                                        .role = ROLE_REPRESENTATIVE};
    return member_person_add(tx, a->t->hub.keyring, 0, &in, &a->made, &id, err);
}

static enum bw_rc add_organisation(struct db_tx *tx, struct act *a, struct bw_err *err)
{
    struct bw_id id;
    const struct member_organisation_in in = {.names = {{bw_view_z(a->text)}},
                                              .class_ = MEMBER_INDUSTRY};
    return member_organisation_add(tx, 0, &in, &a->made, &id, err);
}

static enum bw_rc accept(struct db_tx *tx, struct act *a, struct bw_err *err)
{
    struct bw_id id;
    BW_AUTO(bw_arena) *arena = bw_arena_new(4 << 20);
    struct terms_version v = {0};
    BW_ASSERT(arena);
    (void)!terms_version_get(db_tx_db(tx), viewer_system("test"), a->number, arena, &v, err);
    struct terms_hex hex = terms_hash_text(&v.hash);
    if (a->stale)
        hex.text[0] = hex.text[0] == 'a' ? 'b' : 'a';
    return terms_accept(tx,
                        &(struct terms_accept){.viewer = a->viewer,
                                               .number = a->number,
                                               .hash = bw_view_z(hex.text),
                                               .lang = a->lang,
                                               .sign = a->sign},
                        &id, err);
}

static enum bw_rc decide(struct db_tx *tx, struct act *a, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct crypto_digest hash = {0};
    BW_TRY(db_query(db_tx_db(tx), viewer_system("test"),
                    "SELECT hash FROM v_terms_version WHERE state < 2 ORDER BY id LIMIT 1", &st,
                    err));
    if (db_row(st, err) == BW_OK)
        memcpy(hash.b, db_bytes(st, 0).p, sizeof(hash.b));
    db_again(st);
    struct terms_hex hex = terms_hash_text(&hash);
    if (a->stale)
        hex.text[0] = hex.text[0] == 'a' ? 'b' : 'a';
    return terms_decide(tx,
                        &(struct terms_decision){.viewer = a->viewer,
                                                 .settings = a->t->settings,
                                                 .step = a->step,
                                                 .hash = bw_view_z(hex.text),
                                                 .reason = bw_view_z(a->reason)},
                        err);
}

static enum bw_rc run(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct act *a = arg;
    struct member_test *t = a->t;
    switch (a->action) {
    case DRAFT:
        return terms_draft_put(tx,
                               &(struct terms_draft){.viewer = a->viewer,
                                                     .text = {bw_view_z(a->text), BW_V("條款")},
                                                     .effective_us = a->us},
                               err);
    case DECIDE:
        return decide(tx, a, err);
    case ACCEPT:
        return accept(tx, a, err);
    case SIGNATORY:
        return terms_signatory_set(
            tx,
            &(struct terms_signatory){.actor_id = t->person[MT_OPERATOR],
                                      .organisation_id =
                                          t->organisation[MEMBER_TEST_PEOPLE[a->who].organisation],
                                      .person = bw_view_z(t->person_id[a->who].text),
                                      .give = !a->stale,
                                      .reason = bw_view_z(a->reason)},
            err);
    case MEMBERSHIP:
        return terms_membership_set(tx,
                                    &(struct terms_membership){.organisation_id =
                                                                   t->organisation[a->who],
                                                               .valid_until_us = a->us,
                                                               .reason = bw_view_z(a->reason)},
                                    err);
    case REMIND:
        return terms_remind_now(tx, a->viewer, err);
    case ADD_PERSON:
        return add_person(tx, a, err);
    case ADD_ORGANISATION:
        return add_organisation(tx, a, err);
    }
    return BW_BROKEN;
}

static enum bw_rc perform(struct member_test *t, struct act *a)
{
    struct bw_err err = {0};
    a->t = t;
    a->reason = a->reason ? a->reason : "because";
    return db_write(t->hub.db, run, a, &err);
}
#define DO(...) perform(t, &(struct act){__VA_ARGS__})

/* How many events of that verb there are. */
static int events(struct member_test *t, enum ledger_verb verb)
{
    struct ledger_event *list = NULL;
    BW_AUTO(db) *db = NULL;
    struct bw_err err;
    size_t n = 0;
    int found = 0;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    BW_ASSERT(ledger_read(db, 0, 5000, t->arena, &list, &n, &err) == BW_OK);
    for (size_t i = 0; i < n; i++)
        found += list[i].verb == verb;
    return found;
}

static bool limited(struct member_test *t, enum member_test_person p)
{
    return as(t, p)->limited;
}

static bool holds(struct member_test *t, enum holder_kind kind, int64_t id, enum limit limit)
{
    BW_AUTO(db) *db = NULL;
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_err err;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    BW_ASSERT(db_plain(db,
                       "SELECT 1 FROM holding WHERE holder_kind = ?1 AND holder_id = ?2"
                       " AND code = ?3 AND until_us IS NULL",
                       &st, &err) == BW_OK);
    db_bind_int(st, 1, (int64_t)kind);
    db_bind_int(st, 2, id);
    db_bind_int(st, 3, grant_code((struct grant){GRANT_LIMIT, limit}));
    return db_row(st, &err) == BW_OK;
}

static enum bw_rc tick(struct member_test *t)
{
    struct bw_err err = {0};
    enum bw_rc rc = terms_tick(t->hub.db, &err);
    if (rc != BW_OK)
        printf("# tick: %s (%s)\n", err.message, err.detail);
    return rc;
}

static void announce(struct member_test *t, const char *text, int64_t effective_us)
{
    CHECK_INT(DO(.action = DRAFT, .viewer = as(t, MT_OPERATOR), .text = text, .us = effective_us),
              BW_OK);
    CHECK_INT(DO(.action = DECIDE, .viewer = as(t, MT_OPERATOR), .step = TERMS_PROPOSE), BW_OK);
    CHECK_INT(DO(.action = DECIDE, .viewer = as(t, MT_ANALYST), .step = TERMS_ANNOUNCE), BW_OK);
}

/* -- canonical form ---------------------------------------------------------------------------- */

BW_TEST(the_hash_is_taken_over_every_language)
{
    static const struct {
        const char *text[I18N_LANGS];
        int64_t number;
        const char *canonical;
    } T[] = {
        {{"Be good.", "", ""},
         1,
         "breakwater-terms 1\nnumber 1\neffective 2027-01-15T08:00:00Z\nen 8\nBe good.\n"
         "zh-Hant-HK 0\n\nzh-Hans-CN 0\n\n"},
        {{"A\nB", "條款", "条款"},
         2,
         "breakwater-terms 1\nnumber 2\neffective 2027-01-15T08:00:00Z\nen 3\nA\nB\n"
         "zh-Hant-HK 6\n條款\nzh-Hans-CN 6\n条款\n"},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        struct terms_version v = {.number = T[i].number, .effective_us = T0};
        struct crypto_digest hash, want;
        struct bw_err err;
        BW_AUTO_BUF out = BW_BUF_INIT(4096);
        for (int l = 0; l < I18N_LANGS; l++)
            v.text[l] = bw_view_z(T[i].text[l]);
        terms_canonical(&v, &out);
        CHECK_VIEW(bw_buf_text(&out), T[i].canonical);
        CHECK_INT(terms_hash(&v, &hash, &err), BW_OK);
        want = crypto_sha256(bw_view_z(T[i].canonical));
        CHECK(memcmp(hash.b, want.b, sizeof(hash.b)) == 0);
    }
    /* sha256sum of the first text above */
    struct terms_version v = {.number = 1, .effective_us = T0, .text = {BW_V("Be good.")}};
    struct crypto_digest hash;
    struct bw_err err;
    CHECK_INT(terms_hash(&v, &hash, &err), BW_OK);
    CHECK_VIEW(bw_view_z(terms_hash_text(&hash).text),
               "a4f5f4ce5adda1971755246dfdb568cf95826748726f2bd06e324d9fb58f186b");
}

BW_TEST(dates_are_days_of_the_zone)
{
    static const struct {
        const char *date;
        int64_t us; /* -1: refused */
    } T[] = {{"2027-01-15", DAY_IN(0)},
             {" 2027-01-16 ", DAY_IN(1)},
             {"2027-02-30", -1},
             {"2027-1-5", -1},
             {"", -1},
             {"20270115ab", -1},
             {"9999-01-01", -1},
             {"2027-13-01", -1}};
    BW_AUTO(settings) *s = settings_new();
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        struct bw_err err;
        int64_t us = -1;
        enum bw_rc rc = terms_date_parse(bw_view_z(T[i].date), s, &us, &err);
        CHECK_INT(rc, T[i].us == -1 ? BW_INVALID : BW_OK);
        CHECK_INT(us, T[i].us);
    }
}

BW_TEST(differences_are_told_line_by_line)
{
    static const struct {
        const char *old, *new, *diff;
    } T[] = {
        {"a", "a", "=a"},
        {"a", "b", "-a +b"},
        {"", "b", "+b"},
        {"a\nb\nc", "a\nx\nc", "=a -b +x =c"},
        {"a\nb", "b\na", "-a =b +a"},
        {"a\n\nb", "a\nb\n", "~2"},
        {"1\n2\n3\n4\n5\n6", "1\n2\n3\n4\n5\nx", "~4 =5 -6 +x"},
        {"x\n1\n2\n3\n4\n5\n6\ny", "z\n1\n2\n3\n4\n5\n6\nw", "-x +z =1 ~4 =6 -y +w"},
    };
    BW_AUTO(bw_arena) *arena = bw_arena_new(1 << 20);
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        struct terms_line *l = NULL;
        struct bw_err err;
        size_t n = 0;
        BW_AUTO_BUF out = BW_BUF_INIT(1024);
        CHECK_INT(terms_diff(bw_view_z(T[i].old), bw_view_z(T[i].new), arena, &l, &n, &err), BW_OK);
        for (size_t k = 0; k < n; k++) {
            bw_buf_printf(&out, "%s%c", k ? " " : "", "=+-~"[l[k].change]);
            if (l[k].change == TERMS_SKIPPED)
                bw_buf_printf(&out, "%lld", (long long)l[k].skipped);
            else
                bw_buf_view(&out, l[k].text);
        }
        CHECK_VIEW(bw_buf_text(&out), T[i].diff);
    }
}

/* -- announcing -------------------------------------------------------------------------------- */

BW_TEST(announcing_takes_two_and_time)
{
    BENCH("announcing");
    const struct viewer *one = as(t, MT_OPERATOR), *two = as(t, MT_ANALYST);
    CHECK_INT(DO(.action = DECIDE, .viewer = one, .step = TERMS_PROPOSE), BW_CONFLICT);
    CHECK_INT(DO(.action = DRAFT, .viewer = one, .text = "", .us = DAY_IN(40)), BW_INVALID);
    CHECK_INT(DO(.action = DRAFT, .viewer = one, .text = "v1", .us = DAY_IN(29)), BW_OK);
    CHECK_INT(DO(.action = DECIDE, .viewer = one, .step = TERMS_PROPOSE), BW_INVALID);
    CHECK_INT(DO(.action = DRAFT, .viewer = two, .text = "v1", .us = DAY_IN(30)), BW_OK);
    CHECK_INT(DO(.action = DECIDE, .viewer = one, .step = TERMS_ANNOUNCE), BW_CONFLICT);
    CHECK_INT(DO(.action = DECIDE, .viewer = one, .step = TERMS_PROPOSE, .reason = " "),
              BW_INVALID);
    CHECK_INT(DO(.action = DECIDE, .viewer = one, .step = TERMS_PROPOSE, .stale = true),
              BW_CONFLICT);
    CHECK_INT(DO(.action = DECIDE, .viewer = one, .step = TERMS_PROPOSE), BW_OK);
    CHECK_INT(DO(.action = DRAFT, .viewer = one, .text = "other", .us = DAY_IN(30)), BW_CONFLICT);
    CHECK_INT(DO(.action = DECIDE, .viewer = one, .step = TERMS_ANNOUNCE), BW_DENIED);
    CHECK_INT(DO(.action = DECIDE, .viewer = two, .step = TERMS_RETURN), BW_OK);
    CHECK_INT(DO(.action = DECIDE, .viewer = two, .step = TERMS_PROPOSE), BW_OK);
    bw_clock_step(BW_DAY_US);
    CHECK_INT(DO(.action = DECIDE, .viewer = one, .step = TERMS_ANNOUNCE), BW_INVALID);
    bw_clock_step(-BW_DAY_US);
    /* A draft is for the staff; what is announced is for everybody. */
    {
        BW_AUTO(db) *db = NULL;
        struct terms_version v;
        struct bw_err err;
        BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
        CHECK_INT(terms_version_get(db, as(t, MT_PEOPLE), 1, t->arena, &v, &err), BW_NOT_FOUND);
    }
    CHECK_INT(DO(.action = DRAFT, .viewer = as(t, MT_OPERATOR), .text = "x", .us = DAY_IN(31)),
              BW_CONFLICT);
}

BW_TEST(what_was_announced_never_changes)
{
    BENCH("announced");
    announce(t, "first", DAY_IN(31));
    struct terms_version v = version(t, 1);
    CHECK_INT(v.state, TERMS_ANNOUNCED);
    CHECK_INT(DO(.action = DECIDE, .viewer = as(t, MT_ANALYST), .step = TERMS_RETURN), BW_CONFLICT);
    CHECK_INT(DO(.action = DRAFT, .viewer = as(t, MT_OPERATOR), .text = "2nd", .us = DAY_IN(31)),
              BW_OK);
    CHECK_VIEW(version(t, 1).text[I18N_EN], "first");
    CHECK_VIEW(version(t, 2).text[I18N_EN], "2nd");
    /* Not before or with an earlier one. */
    CHECK_INT(DO(.action = DECIDE, .viewer = as(t, MT_OPERATOR), .step = TERMS_PROPOSE),
              BW_INVALID);
    {
        BW_AUTO(db) *db = NULL;
        struct terms_version seen;
        struct bw_err err;
        BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
        CHECK_INT(terms_version_get(db, viewer_public(), 1, t->arena, &seen, &err), BW_OK);
        CHECK_INT(terms_version_get(db, viewer_public(), 2, t->arena, &seen, &err), BW_NOT_FOUND);
    }
}

/* -- the moment -------------------------------------------------------------------------------- */

BW_TEST(reminders_go_out_once_each)
{
    BENCH("reminders");
    announce(t, "first", DAY_IN(40));
    static const struct {
        int days;     /* before the moment */
        int reminded; /* reminders so far */
    } T[] = {{35, 0}, {29, 1}, {28, 1}, {15, 1}, {14, 2}, {4, 2}, {3, 3}, {1, 3}};
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        bw_clock_fix(DAY_IN(40 - T[i].days));
        CHECK_INT(tick(t), BW_OK);
        CHECK_INT(tick(t), BW_OK); /* as after a restart */
        CHECK_INT(events(t, LEDGER_TERMS_REMINDED), T[i].reminded);
    }
    CHECK_INT(DO(.action = REMIND, .viewer = as(t, MT_OPERATOR)), BW_OK);
    CHECK_INT(DO(.action = REMIND, .viewer = as(t, MT_OPERATOR)), BW_CONFLICT);
    bw_clock_step(2 * BW_HOUR_US);
    CHECK_INT(DO(.action = REMIND, .viewer = as(t, MT_OPERATOR)), BW_OK);
    CHECK_INT(events(t, LEDGER_TERMS_REMINDED), 5);
}

BW_TEST(a_step_that_was_missed_is_not_made_up_for)
{
    BENCH("missed");
    announce(t, "first", DAY_IN(40));
    bw_clock_fix(DAY_IN(38));
    CHECK_INT(tick(t), BW_OK);
    CHECK_INT(tick(t), BW_OK);
    CHECK_INT(events(t, LEDGER_TERMS_REMINDED), 1);
}

BW_TEST(the_moment_limits_who_has_not_accepted)
{
    BENCH("moment");
    announce(t, "first", DAY_IN(31));
    CHECK_INT(DO(.action = SIGNATORY, .who = MT_BANK_ADMIN), BW_OK);
    CHECK_INT(DO(.action = ACCEPT, .viewer = as(t, MT_BANK_ADMIN), .number = 1), BW_OK);
    CHECK_INT(DO(.action = ACCEPT, .viewer = as(t, MT_BANK_ADMIN), .number = 1, .sign = true),
              BW_OK);
    CHECK_INT(tick(t), BW_OK);
    CHECK(!limited(t, MT_BANK_REP) && !limited(t, MT_SHOP_REP));
    bw_clock_fix(DAY_IN(31));
    CHECK_INT(tick(t), BW_OK);
    CHECK_INT(version(t, 1).state, TERMS_IN_FORCE);
    CHECK_INT(events(t, LEDGER_TERMS_IN_FORCE), 1);
    CHECK(!limited(t, MT_BANK_ADMIN)); /* accepted, and the organisation signed */
    CHECK(limited(t, MT_BANK_REP));    /* has not accepted */
    CHECK(limited(t, MT_SHOP_REP));
    CHECK(!limited(t, MT_OPERATOR) && !limited(t, MT_ANALYST)); /* run the hub */
    CHECK(holds(t, HOLDER_PERSON, t->person[MT_SUSPENDED_REP], LIMIT_TERMS));

    CHECK_INT(DO(.action = ACCEPT, .viewer = as(t, MT_BANK_REP), .number = 1), BW_OK);
    CHECK(!limited(t, MT_BANK_REP));
    CHECK_INT(DO(.action = ACCEPT, .viewer = as(t, MT_SHOP_REP), .number = 1), BW_OK);
    CHECK(limited(t, MT_SHOP_REP)); /* nobody has signed for the shop */
    CHECK_INT(DO(.action = SIGNATORY, .who = MT_SHOP_REP), BW_OK);
    CHECK_INT(DO(.action = ACCEPT, .viewer = as(t, MT_SHOP_REP), .number = 1, .sign = true), BW_OK);
    CHECK(!limited(t, MT_SHOP_REP));
    CHECK(limited(t, MT_NEW_REP)); /* of the shop too, but has not accepted */
}

BW_TEST(without_terms_nobody_is_limited)
{
    BENCH("none");
    bool signed_ = false;
    struct bw_err err;
    CHECK_INT(tick(t), BW_OK);
    for (int p = 0; p < MT_PEOPLE; p++)
        CHECK(!limited(t, (enum member_test_person)p));
    BW_AUTO(db) *db = NULL;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    CHECK_INT(terms_signed(db, t->organisation[MT_SHOP], &signed_, &err), BW_OK);
    CHECK(signed_);
}

BW_TEST(a_new_version_limits_again)
{
    BENCH("again");
    announce(t, "first", DAY_IN(30));
    CHECK_INT(DO(.action = SIGNATORY, .who = MT_BANK_ADMIN), BW_OK);
    CHECK_INT(DO(.action = ACCEPT, .viewer = as(t, MT_BANK_ADMIN), .number = 1), BW_OK);
    CHECK_INT(DO(.action = ACCEPT, .viewer = as(t, MT_BANK_ADMIN), .number = 1, .sign = true),
              BW_OK);
    bw_clock_fix(DAY_IN(30));
    CHECK_INT(tick(t), BW_OK);
    announce(t, "second", DAY_IN(61));
    /* Who accepts the coming one only, is limited by the present one until the moment. */
    CHECK_INT(DO(.action = ACCEPT, .viewer = as(t, MT_BANK_REP), .number = 2), BW_OK);
    CHECK(limited(t, MT_BANK_REP));
    bw_clock_fix(DAY_IN(61));
    CHECK_INT(tick(t), BW_OK);
    CHECK_INT(version(t, 1).state, TERMS_SUPERSEDED);
    CHECK(holds(t, HOLDER_PERSON, t->person[MT_BANK_ADMIN], LIMIT_TERMS));
    CHECK(!holds(t, HOLDER_PERSON, t->person[MT_BANK_REP], LIMIT_TERMS));
    CHECK(holds(t, HOLDER_ORGANISATION, t->organisation[MT_BANK], LIMIT_TERMS));
    CHECK_INT(DO(.action = ACCEPT, .viewer = as(t, MT_BANK_ADMIN), .number = 1), BW_CONFLICT);
}

BW_TEST(after_a_long_stop_the_last_version_is_in_force)
{
    BENCH("stop");
    announce(t, "first", DAY_IN(30));
    announce(t, "second", DAY_IN(60));
    bw_clock_fix(DAY_IN(90));
    CHECK_INT(tick(t), BW_OK);
    CHECK_INT(version(t, 1).state, TERMS_SUPERSEDED);
    CHECK_INT(version(t, 2).state, TERMS_IN_FORCE);
    CHECK_INT(events(t, LEDGER_TERMS_REMINDED), 0);
}

BW_TEST(whoever_comes_later_is_bound_at_once)
{
    BENCH("later");
    announce(t, "first", DAY_IN(30));
    bw_clock_fix(DAY_IN(30));
    CHECK_INT(tick(t), BW_OK);
    struct act person = {.action = ADD_PERSON, .who = MT_BANK, .text = "late@harbourbank.example"};
    struct act organisation = {.action = ADD_ORGANISATION, .text = "New Pier Ltd"};
    struct act staff = {.action = ADD_PERSON, .who = MT_HUB, .text = "late@cert.example"};
    CHECK_INT(perform(t, &person), BW_OK);
    CHECK_INT(perform(t, &organisation), BW_OK);
    CHECK_INT(perform(t, &staff), BW_OK);
    CHECK(holds(t, HOLDER_PERSON, person.made, LIMIT_TERMS));
    CHECK(holds(t, HOLDER_ORGANISATION, organisation.made, LIMIT_TERMS));
    CHECK(!holds(t, HOLDER_ORGANISATION, t->organisation[MT_HUB], LIMIT_TERMS));
    CHECK(!limited(t, MT_OPERATOR));
}

/* -- accepting --------------------------------------------------------------------------------- */

BW_TEST(accepting_is_refused_where_it_must_be)
{
    BENCH("refused");
    announce(t, "first", DAY_IN(30));
    const struct viewer *rep = as(t, MT_BANK_REP);
    CHECK_INT(DO(.action = ACCEPT, .viewer = rep, .number = 1, .stale = true), BW_CONFLICT);
    CHECK_INT(DO(.action = ACCEPT, .viewer = rep, .number = 7), BW_NOT_FOUND);
    CHECK_INT(DO(.action = ACCEPT, .viewer = rep, .number = 1, .sign = true), BW_DENIED);
    CHECK_INT(events(t, LEDGER_TERMS_ACCEPTED) + events(t, LEDGER_TERMS_SIGNED), 0);
    /* What the viewer says of themselves is not believed. */
    struct viewer liar = *rep;
    liar.organisation_id = t->organisation[MT_SHOP];
    CHECK_INT(DO(.action = ACCEPT, .viewer = &liar, .number = 1), BW_DENIED);
    CHECK_INT(DO(.action = SIGNATORY, .who = MT_BANK_REP, .reason = ""), BW_INVALID);
    CHECK_INT(DO(.action = SIGNATORY, .who = MT_BANK_REP), BW_OK);
    CHECK_INT(DO(.action = ACCEPT, .viewer = &liar, .number = 1, .sign = true), BW_DENIED);
    CHECK_INT(DO(.action = ACCEPT, .viewer = rep, .number = 1, .sign = true), BW_OK);
    CHECK_INT(DO(.action = SIGNATORY, .who = MT_BANK_ADMIN), BW_OK);
    CHECK_INT(DO(.action = ACCEPT, .viewer = as(t, MT_BANK_ADMIN), .number = 1, .sign = true),
              BW_CONFLICT);
    CHECK_INT(DO(.action = ACCEPT, .viewer = rep, .number = 1, .sign = true), BW_OK); /* again */
    CHECK_INT(events(t, LEDGER_TERMS_SIGNED), 1);
    CHECK_INT(DO(.action = SIGNATORY, .who = MT_BANK_REP, .stale = true), BW_OK); /* ended */
    CHECK_INT(DO(.action = ACCEPT, .viewer = as(t, MT_BANK_REP), .number = 1, .sign = true),
              BW_DENIED);
}

BW_TEST(a_record_is_for_those_whom_it_concerns)
{
    BENCH("record");
    announce(t, "first", DAY_IN(30));
    CHECK_INT(DO(.action = ACCEPT, .viewer = as(t, MT_BANK_REP), .number = 1, .lang = I18N_HANS),
              BW_OK);
    static const struct {
        enum member_test_person who;
        bool sees;
    } T[] = {{MT_BANK_REP, true},
             {MT_BANK_ADMIN, true},
             {MT_OPERATOR, true},
             {MT_SHOP_REP, false},
             {MT_BROKER_REP, false}};
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        const struct viewer *v = as(t, T[i].who);
        struct terms_acceptance a;
        struct bw_err err;
        BW_AUTO(db) *db = NULL;
        BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
        enum bw_rc rc = terms_acceptance_of(db, v, 1, TERMS_FOR_ONESELF, t->person[MT_BANK_REP],
                                            t->arena, &a, &err);
        CHECK_INT(rc, T[i].sees ? BW_OK : BW_NOT_FOUND);
        if (rc != BW_OK)
            continue;
        CHECK_VIEW(a.person_name, "Lam Wai-yee");
        CHECK_INT(a.lang, I18N_EN); /* there is no simplified text: English was shown */
        CHECK(a.at_us >= T0);
    }
}

/* -- membership -------------------------------------------------------------------------------- */

BW_TEST(a_membership_runs_out_and_is_renewed)
{
    BENCH("membership");
    CHECK_INT(DO(.action = MEMBERSHIP, .who = MT_SHOP, .us = T0 - 1), BW_INVALID);
    CHECK_INT(DO(.action = MEMBERSHIP, .who = MT_SHOP, .us = DAY_IN(50), .reason = ""), BW_INVALID);
    CHECK_INT(DO(.action = MEMBERSHIP, .who = MT_HUB, .us = DAY_IN(50)), BW_INVALID);
    CHECK_INT(DO(.action = MEMBERSHIP, .who = MT_SHOP, .us = DAY_IN(50)), BW_OK);
    CHECK_INT(tick(t), BW_OK);
    CHECK_INT(events(t, LEDGER_MEMBERSHIP_REMINDED), 0);
    for (int i = 0; i < 2; i++) {
        bw_clock_fix(DAY_IN(21));
        CHECK_INT(tick(t), BW_OK);
        CHECK_INT(events(t, LEDGER_MEMBERSHIP_REMINDED), 1);
    }
    CHECK(!limited(t, MT_SHOP_REP));
    bw_clock_fix(DAY_IN(50));
    CHECK_INT(tick(t), BW_OK);
    CHECK_INT(tick(t), BW_OK);
    CHECK_INT(events(t, LEDGER_MEMBERSHIP_ENDED), 1);
    CHECK(limited(t, MT_SHOP_REP) && !limited(t, MT_BANK_REP));
    CHECK_INT(DO(.action = MEMBERSHIP, .who = MT_SHOP, .us = DAY_IN(400)), BW_OK);
    CHECK(!limited(t, MT_SHOP_REP));
    CHECK_INT(DO(.action = MEMBERSHIP, .who = MT_SHOP, .us = 0), BW_OK);
    bw_clock_fix(DAY_IN(500));
    CHECK_INT(tick(t), BW_OK);
    CHECK(!limited(t, MT_SHOP_REP));
}

BW_TEST(a_new_membership_has_the_length_that_is_set)
{
    BENCH("length");
    struct bw_err err;
    BW_ASSERT(settings_set(t->settings, BW_V("membership_days"), BW_V("365"), &err) == BW_OK);
    struct act o = {.action = ADD_ORGANISATION, .text = "New Pier Ltd"};
    CHECK_INT(perform(t, &o), BW_OK);
    bw_clock_fix(T0 + 366 * BW_DAY_US);
    CHECK_INT(tick(t), BW_OK);
    CHECK(holds(t, HOLDER_ORGANISATION, o.made, LIMIT_EXPIRED));
}

BW_TEST_MAIN()
