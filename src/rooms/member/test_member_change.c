/* SPDX-License-Identifier: Apache-2.0 */
/* Changes to the community: what they refuse, what they end at once, and what they leave in the
 * ledger. */
#include "member_int.h"
#include "member_test.h"

/* Opened anew for each test: they change it. */
struct bench {
    struct member_test t;
};
static void bench_close(struct bench *b)
{
    member_test_close(&b->t);
}
#define BENCH(name)                                       \
    __attribute__((cleanup(bench_close))) struct bench b; \
    member_test_open(&b.t, name, NULL, 0);                \
    struct member_test *t = &b.t

enum action { JOIN, LEAVE, STATE, ADD_ORGANISATION, ADD_PERSON, ADD_SECTOR, ADD_SESSION, ADD_KEY };
struct change {
    struct member_test *t;
    enum action action;
    int64_t a, b; /* keys, or a state */
    const char *name, *email;
    int64_t id;
    struct crypto_token key;
};

static enum bw_rc add_session(struct db_tx *tx, struct change *c, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "INSERT INTO session (token_hash, person_id, organisation_id, role, display,"
                     " device, created_us, seen_us) VALUES (?1, ?2, ?3, 1, '', '', ?4, ?4)"
                     " RETURNING id",
                     &st, err));
    struct crypto_digest hash = crypto_sha256(bw_view_of((const char *)&c->a, sizeof(c->a)));
    db_bind_bytes(st, 1, crypto_digest_view(&hash));
    db_bind_int(st, 2, c->a);
    db_bind_int(st, 3, c->b);
    db_bind_int(st, 4, db_tx_now_us(tx));
    BW_TRY(db_row(st, err));
    c->id = db_int(st, 0);
    return BW_OK;
}

static enum bw_rc run(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct change *c = arg;
    struct bw_id public_id;
    const struct member_names names = {{bw_view_z(c->name)}};
    const struct member_organisation_in organisation = {.names = names,
                                                        .class_ = MEMBER_INDUSTRY,
                                                        .sectors = &c->a,
                                                        .n_sectors = c->a != 0};
    const struct member_person_in person = {.organisation_id = c->a,
                                            .name = bw_view_z(c->name),
                                            .email = bw_view_z(c->email),
                                            .role = (enum role)c->b};
    const struct api_key_in key = {.person_id = c->a,
                                   .organisation_id = c->b,
                                   .role = ROLE_REPRESENTATIVE,
                                   .scopes = SCOPE_READ,
                                   .label = BW_V("test"),
                                   .expires_us = INT64_MAX};
    switch (c->action) {
    case JOIN:
        return member_circle_join(tx, 0, c->a, c->b, err);
    case LEAVE:
        return member_circle_leave(tx, 0, c->a, c->b, err);
    case STATE:
        return member_organisation_state(tx, 0, c->a, (enum member_state)c->b, err);
    case ADD_ORGANISATION:
        return member_organisation_add(tx, 0, &organisation, &c->id, &public_id, err);
    case ADD_PERSON:
        return member_person_add(tx, c->t->hub.keyring, 0, &person, &c->id, &public_id, err);
    case ADD_SECTOR:
        return member_group_add(tx, 0, GRANT_SECTOR, &names, &c->id, &public_id, err);
    case ADD_SESSION:
        return add_session(tx, c, err);
    case ADD_KEY:
        return member_key_add(tx, &key, &c->key, err);
    }
    return BW_BROKEN;
}

static enum bw_rc change(struct member_test *t, struct change *c)
{
    struct bw_err err = {0};
    c->t = t;
    return db_write(t->hub.db, run, c, &err);
}
#define CHANGE(...) change(t, &(struct change){__VA_ARGS__})

/* The verbs since POSITION, one letter each, so that a test reads like a story. */
static struct bw_view verbs_since(struct member_test *t, int64_t position)
{
    struct ledger_event *events = NULL;
    BW_AUTO(db) *db = NULL;
    struct bw_err err;
    size_t n = 0;
    BW_AUTO_BUF out = BW_BUF_INIT(4096);
    struct bw_view text;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    BW_ASSERT(ledger_read(db, position, 1000, t->arena, &events, &n, &err) == BW_OK);
    for (size_t i = 0; i < n; i++) {
        if (i)
            bw_buf_byte(&out, ' ');
        bw_buf_z(&out, ledger_verb_name(events[i].verb));
    }
    BW_ASSERT(bw_view_copy(t->arena, bw_buf_text(&out), &text, &err) == BW_OK);
    return text;
}

static int64_t ledger_end(struct member_test *t)
{
    BW_AUTO(db) *db = NULL;
    struct bw_err err;
    int64_t position = 0;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    BW_ASSERT(ledger_next(db, &position, &err) == BW_OK);
    return position;
}

/* -- what is refused --------------------------------------------------------------------------- */

BW_TEST(wrong_input_is_refused)
{
    BENCH("refused");
    int64_t bank = t->organisation[MT_BANK];
    const struct {
        const char *name;
        struct change in;
        enum bw_rc rc;
    } T[] = {
        {"an English name is needed", {.action = ADD_ORGANISATION, .name = " "}, BW_INVALID},
        {"a name that is taken",
         {.action = ADD_ORGANISATION, .name = "Example Harbour Bank"},
         BW_CONFLICT},
        {"a sector that is not there",
         {.action = ADD_ORGANISATION, .name = "New", .a = 999},
         BW_NOT_FOUND},
        {"a circle is no sector",
         {.action = ADD_ORGANISATION, .name = "New", .a = t->circle[0]},
         BW_NOT_FOUND},
        {"a sector's name that is taken", {.action = ADD_SECTOR, .name = "Retail"}, BW_CONFLICT},
        {"a circle's name for a sector", {.action = ADD_SECTOR, .name = "Patient safety"}, BW_OK},
        {"an address that is none",
         {.action = ADD_PERSON, .a = bank, .b = ROLE_ADMIN, .name = "X", .email = "x@"},
         BW_INVALID},
        {"an address in other letters is the same",
         {.action = ADD_PERSON,
          .a = bank,
          .b = ROLE_ADMIN,
          .name = "X",
          .email = "HENRY@elmo.example"},
         BW_CONFLICT},
        {"a person without a name",
         {.action = ADD_PERSON, .a = bank, .b = ROLE_ADMIN, .name = "", .email = "x@y.example"},
         BW_INVALID},
        {"the system is no person",
         {.action = ADD_PERSON, .a = bank, .b = ROLE_SYSTEM, .name = "X", .email = "x@y.example"},
         BW_INVALID},
        {"nor is staff as a whole",
         {.action = ADD_PERSON, .a = bank, .b = ROLE_STAFF, .name = "X", .email = "x@y.example"},
         BW_INVALID},
        {"a person of no organisation",
         {.action = ADD_PERSON, .a = 999, .b = ROLE_ADMIN, .name = "X", .email = "x@y.example"},
         BW_NOT_FOUND},
        {"a sector cannot be joined as a circle",
         {.action = JOIN, .a = t->sector[0], .b = bank},
         BW_NOT_FOUND},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        struct change in = T[i].in;
        int64_t before = ledger_end(t);
        SUBTEST(T[i].name, change(t, &in) == T[i].rc);
        CHECK((ledger_end(t) == before) == (T[i].rc != BW_OK));
    }
}

/* -- what ends at once ------------------------------------------------------------------------- */

static int64_t count(struct member_test *t, const char *which, int64_t person_id)
{
    BW_AUTO(db) *db = NULL;
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_err err;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    enum bw_rc rc = strcmp(which, "session") == 0
                        ? db_plain(db,
                                   "SELECT count(*) FROM session WHERE person_id = ?1"
                                   " AND ended_us IS NULL",
                                   &st, &err)
                        : db_plain(db,
                                   "SELECT count(*) FROM api_key WHERE person_id = ?1"
                                   " AND ended_us IS NULL",
                                   &st, &err);
    BW_ASSERT(rc == BW_OK);
    db_bind_int(st, 1, person_id);
    BW_ASSERT(db_row(st, &err) == BW_OK);
    return db_int(st, 0);
}

static enum bw_rc viewer_of(struct member_test *t, const char *email)
{
    BW_AUTO(db) *db = NULL;
    struct viewer *v;
    struct bw_err err;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    return member_viewer_by_email(db, bw_view_z(email), t->arena, &v, &err);
}

BW_TEST(suspension_ends_sessions_keys_and_viewers)
{
    BENCH("suspended");
    int64_t bank = t->organisation[MT_BANK], shop = t->organisation[MT_SHOP];
    const int64_t people[] = {t->person[MT_BANK_REP], t->person[MT_BANK_ADMIN]};
    for (size_t i = 0; i < BW_COUNT(people); i++) {
        REQUIRE(CHANGE(.action = ADD_SESSION, .a = people[i], .b = bank) == BW_OK);
        REQUIRE(CHANGE(.action = ADD_KEY, .a = people[i], .b = bank) == BW_OK);
    }
    REQUIRE(CHANGE(.action = ADD_SESSION, .a = t->person[MT_SHOP_REP], .b = shop) == BW_OK);
    CHECK(viewer_of(t, "Wylam@harbourbank.example") == BW_OK);

    int64_t before = ledger_end(t);
    REQUIRE(CHANGE(.action = STATE, .a = bank, .b = MEMBER_SUSPENDED) == BW_OK);
    CHECK_VIEW(verbs_since(t, before), "organisation.changed");
    for (size_t i = 0; i < BW_COUNT(people); i++) {
        CHECK_INT(count(t, "session", people[i]), 0);
        CHECK_INT(count(t, "key", people[i]), 0);
    }
    CHECK_INT(count(t, "session", t->person[MT_SHOP_REP]), 1);
    CHECK(viewer_of(t, "wylam@harbourbank.example") == BW_NOT_FOUND);

    REQUIRE(CHANGE(.action = STATE, .a = bank, .b = MEMBER_SUSPENDED) == BW_OK);
    CHECK_VIEW(verbs_since(t, before), "organisation.changed"); /* nothing changed, nothing said */
    REQUIRE(CHANGE(.action = STATE, .a = bank, .b = MEMBER_ACTIVE) == BW_OK);
    CHECK(viewer_of(t, "wylam@harbourbank.example") == BW_OK);
    const struct grant response = {GRANT_CIRCLE, t->circle[MT_CIRCLE_RESPONSE]};
    CHECK(viewer_holds(member_test_viewer(t, MT_BANK_REP), response)); /* was kept */
    CHECK_INT(count(t, "key", people[0]), 0);                          /* was not */
}

BW_TEST(who_has_left_holds_nothing)
{
    BENCH("left");
    const struct grant sector = {GRANT_SECTOR, t->sector[MT_FINANCE]};
    CHECK(viewer_holds(member_test_viewer(t, MT_BANK_REP), sector));
    REQUIRE(CHANGE(.action = STATE, .a = t->organisation[MT_BANK], .b = MEMBER_LEFT) == BW_OK);
    CHECK(!viewer_holds(member_test_viewer(t, MT_BANK_REP), sector));
    CHECK(viewer_of(t, "ada@harbourbank.example") == BW_NOT_FOUND);
}

BW_TEST(joining_and_leaving_a_circle)
{
    BENCH("circle");
    int64_t care = t->circle[MT_CIRCLE_CARE], clinic = t->organisation[MT_CLINIC];
    const struct grant g = {GRANT_CIRCLE, care};
    int64_t before = ledger_end(t);
    CHECK(!viewer_holds(member_test_viewer(t, MT_CLINIC_REP), g));
    REQUIRE(CHANGE(.action = JOIN, .a = care, .b = clinic) == BW_OK);
    CHECK(viewer_holds(member_test_viewer(t, MT_CLINIC_REP), g));
    REQUIRE(CHANGE(.action = JOIN, .a = care, .b = clinic) == BW_OK); /* again: nothing changes */
    REQUIRE(CHANGE(.action = LEAVE, .a = care, .b = clinic) == BW_OK);
    REQUIRE(CHANGE(.action = LEAVE, .a = care, .b = clinic) == BW_OK);
    CHECK(!viewer_holds(member_test_viewer(t, MT_CLINIC_REP), g));
    CHECK_VIEW(verbs_since(t, before), "holding.given holding.ended");
}

BW_TEST(keys_have_a_limit_and_a_trail)
{
    BENCH("keys");
    int64_t person = t->person[MT_SHOP_REP], shop = t->organisation[MT_SHOP];
    int64_t before = ledger_end(t);
    for (int i = 0; i < MEMBER_KEYS_MAX; i++)
        REQUIRE(CHANGE(.action = ADD_KEY, .a = person, .b = shop) == BW_OK);
    CHECK(CHANGE(.action = ADD_KEY, .a = person, .b = shop) == BW_LIMIT);
    CHECK_INT(ledger_end(t) - before, MEMBER_KEYS_MAX);

    BW_AUTO(db) *db = NULL;
    struct member_key *keys;
    struct bw_err err;
    size_t n = 0;
    REQUIRE(db_open(t->hub.db, &db, &err) == BW_OK);
    REQUIRE(member_keys_of(db, person, t->arena, &keys, &n, &err) == BW_OK);
    CHECK_INT(n, MEMBER_KEYS_MAX);
    CHECK(!keys[0].expired && keys[0].scopes == SCOPE_READ && keys[0].created_us > 0);
    CHECK(keys[0].created_us >= keys[n - 1].created_us);
    REQUIRE(member_keys_of(db, t->person[MT_BANK_REP], t->arena, &keys, &n, &err) == BW_OK);
    CHECK_INT(n, 0);
}

BW_TEST(the_community_left_its_trail)
{
    BENCH("trail");
    struct bw_view all = verbs_since(t, 0);
    struct bw_view rest = all;
    int organisations = 0, people = 0, holdings = 0;
    while (rest.p) {
        struct bw_view verb = bw_view_split(&rest, ' ');
        organisations += bw_view_is(verb, "organisation.added");
        people += bw_view_is(verb, "person.added");
        holdings += bw_view_is(verb, "holding.given");
    }
    CHECK_INT(organisations, MT_ORGANISATIONS);
    CHECK_INT(people, MT_PEOPLE);
    CHECK_INT(holdings, 6 + 4); /* sectors and circles of the table in member_test.h */
    struct bw_err err = {0};
    CHECK(db_integrity(t->hub.db, &err) == BW_OK);
}

BW_TEST_MAIN()
