/* SPDX-License-Identifier: Apache-2.0 */
/* What an account keeps, below the pages: known browsers and their throttle, when a session was
 * proved, recovery codes, counters of passkeys, links by mail, who may sign in at all. */
#include "bw_clock.h"
#include "member_desk.h"
#include "member_test.h"
#include "signin_account.h"
#include "signin_link.h"

#define NOW_US (INT64_C(1795000000) * BW_SECOND_US)

struct bench {
    struct member_test t;
};
static void bench_close(struct bench *b)
{
    member_test_close(&b->t);
    bw_clock_fix(0);
}
#define BENCH(name)                                                                 \
    __attribute__((cleanup(bench_close))) struct bench b;                           \
    bw_clock_fix(NOW_US);                                                           \
    member_test_open(&b.t, name, room_signin.migrations, room_signin.n_migrations); \
    struct member_test *t = &b.t

static struct signin_person person_of(struct member_test *t, enum member_test_person who)
{
    BW_AUTO(db) *db = NULL;
    struct signin_person p = {.id = 0};
    struct bw_err err;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    BW_ASSERT(signin_by_id(db, t->person[who], t->arena, &p, &err) == BW_OK);
    return p;
}

static int64_t events_of(struct member_test *t, enum ledger_verb verb)
{
    BW_AUTO(db) *db = NULL;
    struct ledger_event *events;
    struct bw_err err;
    size_t n = 0;
    int64_t count = 0;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    BW_ASSERT(ledger_read(db, 0, 1000, t->arena, &events, &n, &err) == BW_OK);
    for (size_t i = 0; i < n; i++)
        count += events[i].verb == verb;
    return count;
}

/* -- browsers ---------------------------------------------------------------------------------- */

struct arrival {
    struct signin_person person;
    struct signin_device device;
    int64_t id;
};
static enum bw_rc do_arrive(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct arrival *a = arg;
    return signin_device_arrive(tx, &a->person, &a->device, &a->id, err);
}

/* Signs in with the cookie OLD (NULL: none); *ret_cookie is the one that the browser has then. */
static int64_t arrive(struct member_test *t, enum member_test_person who,
                      const struct crypto_token *old, struct crypto_token *ret_cookie)
{
    struct arrival a = {.person = person_of(t, who),
                        .device = {.fresh = crypto_token_new(""), .agent = BW_V("Test")}};
    struct bw_err err;
    if (old) {
        a.device.has_old = true;
        a.device.old = crypto_token_hash(bw_view_z(old->text));
    }
    BW_ASSERT(db_write(t->hub.db, do_arrive, &a, &err) == BW_OK);
    *ret_cookie = a.device.fresh;
    return a.id;
}

static bool known(struct member_test *t, enum member_test_person who, const struct crypto_token *c)
{
    BW_AUTO(db) *db = NULL;
    struct signin_device d = {.has_old = true, .old = crypto_token_hash(bw_view_z(c->text))};
    struct bw_err err;
    bool ret = false;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    BW_ASSERT(signin_device_known(db, bw_view_z(MEMBER_TEST_PEOPLE[who].email), &d, &ret, &err) ==
              BW_OK);
    return ret;
}

BW_TEST(a_browser_is_known_by_its_last_cookie_and_for_ninety_days)
{
    BENCH("known");
    struct crypto_token first, second, third;
    int64_t id = arrive(t, MT_SHOP_REP, NULL, &first);
    CHECK(known(t, MT_SHOP_REP, &first));
    CHECK(!known(t, MT_BANK_REP, &first));
    CHECK_INT(events_of(t, LEDGER_DEVICE_NEW), 1);
    CHECK_INT(arrive(t, MT_SHOP_REP, &first, &second), id);
    CHECK(known(t, MT_SHOP_REP, &second) && !known(t, MT_SHOP_REP, &first));
    CHECK_INT(events_of(t, LEDGER_DEVICE_NEW), 1);
    bw_clock_step(SIGNIN_DEVICE_US - BW_SECOND_US);
    CHECK(known(t, MT_SHOP_REP, &second));
    bw_clock_step(2 * BW_SECOND_US); /* a transaction's time is a little ahead of the clock */
    CHECK(!known(t, MT_SHOP_REP, &second));
    CHECK_INT(arrive(t, MT_SHOP_REP, &second, &third), id);
    CHECK_INT(events_of(t, LEDGER_DEVICE_NEW), 2); /* after so long it is news again */
}

BW_TEST(one_browser_is_known_to_several_people_and_a_planted_cookie_to_nobody)
{
    BENCH("shared");
    struct crypto_token bank, both, again;
    arrive(t, MT_BANK_REP, NULL, &bank);
    arrive(t, MT_SHOP_REP, &bank, &both);
    CHECK(known(t, MT_BANK_REP, &both) && known(t, MT_SHOP_REP, &both));
    CHECK(
        !known(t, MT_BANK_REP, &bank)); /* who kept a copy of the cookie from before has nothing */
    CHECK_INT(events_of(t, LEDGER_DEVICE_NEW), 2);
    arrive(t, MT_BANK_REP, &both, &again);
    CHECK(known(t, MT_SHOP_REP, &again) && !known(t, MT_SHOP_REP, &both));
}

/* -- throttle ---------------------------------------------------------------------------------- */

static enum bw_rc do_take(struct db_tx *tx, void *arg, struct bw_err *err)
{
    return signin_throttle_take(tx, arg, err);
}

static int taken(struct member_test *t, struct signin_throttle g, int tries)
{
    struct bw_err err;
    int n = 0;
    for (int i = 0; i < tries; i++)
        n += db_write(t->hub.db, do_take, &g, &err) == BW_OK;
    return n;
}

BW_TEST(a_known_browser_has_a_counter_of_its_own)
{
    BENCH("own");
    struct signin_throttle guess, own;
    struct crypto_digest token = crypto_sha256(BW_V("cookie"));
    struct bw_ip ip;
    struct bw_err err;
    REQUIRE(bw_ip_parse(BW_V("192.0.2.1"), &ip));
    REQUIRE(settings_set(t->settings, BW_V("signin_tries"), BW_V("4"), &err) == BW_OK);
    REQUIRE(settings_set(t->settings, BW_V("signin_tries_network"), BW_V("6"), &err) == BW_OK);
    signin_throttle_init(t->settings, BW_V("sam@sampan.example"), &ip, &guess);
    own = guess;
    signin_throttle_known(&token, &own);
    CHECK_INT(taken(t, guess, 9), 4);
    CHECK_INT(taken(t, own, 9), 4); /* not stopped by the others, and not without limit */
    CHECK_INT(taken(t, guess, 9), 0);
    signin_throttle_init(t->settings, BW_V("ada@harbourbank.example"), &ip, &guess);
    CHECK_INT(taken(t, guess, 9), 2); /* what is left to the network: the known one took nothing */
}

/* -- sessions ---------------------------------------------------------------------------------- */

struct proof {
    int64_t session_id, device_id;
};
static enum bw_rc do_session(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct proof *p = arg;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "INSERT INTO session (token_hash, person_id, organisation_id, role, display,"
                     " device, created_us, seen_us) VALUES (?1, 1, 1, 1, '', '', ?2, ?2)"
                     " RETURNING id",
                     &st, err));
    db_bind_bytes(st, 1, BW_V("hash"));
    db_bind_int(st, 2, db_tx_now_us(tx));
    BW_TRY(db_row(st, err));
    p->session_id = db_int(st, 0);
    return signin_session_add(tx, p->session_id, p->device_id, SIGNIN_BY_CODE, err);
}
static enum bw_rc do_prove(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct proof *p = arg;
    return signin_session_prove(tx, p->session_id, err);
}

static bool recent(struct member_test *t, int64_t session_id)
{
    BW_AUTO(db) *db = NULL;
    struct bw_err err;
    bool ret = false;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    BW_ASSERT(signin_session_recent(db, session_id, &ret, &err) == BW_OK);
    return ret;
}

BW_TEST(a_proof_is_believed_for_ten_minutes)
{
    BENCH("proof");
    struct crypto_token cookie;
    struct proof p = {0, arrive(t, MT_SHOP_REP, NULL, &cookie)};
    struct bw_err err;
    REQUIRE(db_write(t->hub.db, do_session, &p, &err) == BW_OK);
    CHECK(recent(t, p.session_id));
    CHECK(!recent(t, p.session_id + 1));
    bw_clock_step(SIGNIN_RECENT_US - BW_SECOND_US);
    CHECK(recent(t, p.session_id));
    bw_clock_step(2 * BW_SECOND_US);
    CHECK(!recent(t, p.session_id));
    REQUIRE(db_write(t->hub.db, do_prove, &p, &err) == BW_OK);
    CHECK(recent(t, p.session_id));
    p.session_id++;
    CHECK(db_write(t->hub.db, do_prove, &p, &err) == BW_NOT_FOUND);
}

/* -- recovery codes ---------------------------------------------------------------------------- */

struct recovery {
    struct signin_person person;
    struct signin_recovery_codes codes;
    struct bw_view typed;
};
static enum bw_rc do_keep(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct recovery *r = arg;
    return signin_recovery_keep(tx, &r->person, &r->codes, err);
}
static enum bw_rc do_recover(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct recovery *r = arg;
    return signin_recovery_take(tx, &r->person, r->typed, err);
}

BW_TEST(recovery_codes_are_one_persons_and_good_once)
{
    BENCH("recovery");
    struct recovery shop = {.person = person_of(t, MT_SHOP_REP)}, bank = shop;
    struct bw_err err;
    bank.person = person_of(t, MT_BANK_REP);
    signin_recovery_new(&shop.codes);
    REQUIRE(db_write(t->hub.db, do_keep, &shop, &err) == BW_OK);
    bank.typed = shop.typed = bw_view_z(shop.codes.text[3]);
    CHECK(db_write(t->hub.db, do_recover, &bank, &err) == BW_CONFLICT);
    CHECK(db_write(t->hub.db, do_recover, &shop, &err) == BW_OK);
    CHECK(db_write(t->hub.db, do_recover, &shop, &err) == BW_CONFLICT);
    static const char *const ODD[] = {"", "-", "aaaa-bbbb-cccc-dddd", "aaaabbbbccccdddde", "a"};
    for (size_t i = 0; i < BW_COUNT(ODD); i++) {
        shop.typed = bw_view_z(ODD[i]);
        SUBTEST(ODD[i], db_write(t->hub.db, do_recover, &shop, &err) == BW_CONFLICT);
    }
    CHECK_INT(events_of(t, LEDGER_RECOVERY_USED), 1);
}

/* -- erasing ----------------------------------------------------------------------------------- */

static enum bw_rc do_erase(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const int64_t *person_id = arg;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "UPDATE person SET state = 2 WHERE id = ?1", &st, err));
    db_bind_int(st, 1, *person_id);
    BW_TRY(db_run(st, err));
    return member_erase(tx, &(struct member_erase){.person_id = *person_id}, err);
}

static int64_t rows_of(struct member_test *t)
{
    BW_AUTO(db) *db = NULL;
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_err err;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    BW_ASSERT(db_plain(db,
                       "SELECT (SELECT count(*) FROM device) + (SELECT count(*) FROM recovery_code)"
                       " + (SELECT count(*) FROM session) + (SELECT count(*) FROM session_proof)",
                       &st, &err) == BW_OK);
    BW_ASSERT(db_row(st, &err) == BW_OK);
    return db_int(st, 0);
}

BW_TEST(who_is_erased_leaves_no_browser_no_code_no_session)
{
    static const struct member_watcher watcher = {.person_erased = signin_erase};
    BENCH("erase");
    const enum member_test_person first = 0; /* do_session() is of the first person */
    struct crypto_token cookie;
    struct proof p = {0, arrive(t, first, NULL, &cookie)};
    struct recovery r = {.person = person_of(t, first)};
    struct bw_err err;
    REQUIRE(t->person[first] == 1);
    signin_recovery_new(&r.codes);
    REQUIRE(db_write(t->hub.db, do_keep, &r, &err) == BW_OK);
    REQUIRE(db_write(t->hub.db, do_session, &p, &err) == BW_OK);
    CHECK_INT(rows_of(t), 1 + 10 + 1 + 1);
    member_watch(&watcher);
    CHECK(db_write(t->hub.db, do_erase, &t->person[first], &err) == BW_OK);
    member_watch(NULL);
    CHECK_INT(rows_of(t), 0);
}

/* -- passkeys ---------------------------------------------------------------------------------- */

struct add {
    struct signin_passkey_in in;
    struct webauthn_new made;
    struct signin_person person;
};
static enum bw_rc do_add(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct add *a = arg;
    a->in.person = &a->person;
    a->in.made = &a->made;
    return signin_passkey_add(tx, &a->in, err);
}
struct use {
    int64_t person_id;
    struct signin_passkey_use use;
};
static enum bw_rc do_use(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct use *u = arg;
    return signin_passkey_take(tx, u->person_id, &u->use, err);
}

BW_TEST(a_counter_only_goes_on_and_a_challenge_is_used_once)
{
    BENCH("counter");
    struct add a = {.person = person_of(t, MT_SHOP_REP)};
    struct signin_passkey *keys;
    struct bw_err err;
    size_t n;
    a.made = (struct webauthn_new){.id = BW_V("id"), .count = 7};
    a.made.key.algorithm = CRYPTO_COSE_EDDSA;
    a.in.name = BW_V("Key");
    a.in.state = BW_V("s0");
    REQUIRE(db_write(t->hub.db, do_add, &a, &err) == BW_OK);
    CHECK(db_write(t->hub.db, do_add, &a, &err) == BW_CONFLICT);
    a.in.state = BW_V("s1");
    CHECK(db_write(t->hub.db, do_add, &a, &err) == BW_CONFLICT); /* the same credential */
    {
        BW_AUTO(db) *db = NULL;
        REQUIRE(db_open(t->hub.db, &db, &err) == BW_OK);
        REQUIRE(signin_passkeys_of(db, a.person.id, t->arena, &keys, &n, &err) == BW_OK);
        REQUIRE(n == 1);
    }
    const struct {
        const char *name, *state;
        int64_t person_id, count;
        enum bw_rc rc;
    } T[] = {
        {"the next number", "u1", t->person[MT_SHOP_REP], 8, BW_OK},
        {"the same challenge", "u1", t->person[MT_SHOP_REP], 9, BW_CONFLICT},
        {"the same number", "u2", t->person[MT_SHOP_REP], 8, BW_CONFLICT},
        {"no number any more", "u3", t->person[MT_SHOP_REP], 0, BW_CONFLICT},
        {"another person", "u4", t->person[MT_BANK_REP], 10, BW_CONFLICT},
        {"a later number", "u5", t->person[MT_SHOP_REP], 4000000000, BW_OK},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        struct use u = {T[i].person_id, {keys[0].id, T[i].count, bw_view_z(T[i].state)}};
        SUBTEST(T[i].name, db_write(t->hub.db, do_use, &u, &err) == T[i].rc);
    }
    const struct signin_passkey counts = {.sign_count = 5}, silent = {.sign_count = 0};
    CHECK(signin_passkey_went_back(&counts, 5) && signin_passkey_went_back(&counts, 0));
    CHECK(!signin_passkey_went_back(&counts, 6) && !signin_passkey_went_back(&silent, 0));
}

/* -- links ------------------------------------------------------------------------------------- */

static enum bw_rc open_link(struct member_test *t, enum signin_link_kind kind, struct bw_view link)
{
    BW_AUTO(db) *db = NULL;
    struct signin_person p;
    struct bw_err err;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    return signin_link_open(db, t->hub.keyring, kind, link, t->arena, &p, &err);
}

static enum bw_rc do_rehash(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct member_test *t = arg;
    return signin_rehash(tx, t->person[MT_SHOP_REP], bw_view_z(t->password_hash), BW_V("new"), err);
}

BW_TEST(a_link_lives_an_hour_and_dies_with_the_password)
{
    BENCH("link");
    struct signin_person p = person_of(t, MT_SHOP_REP);
    struct bw_view link;
    struct bw_err err;
    REQUIRE(signin_link_make(t->hub.keyring, SIGNIN_LINK_RESET, &p, NOW_US + SIGNIN_RESET_US,
                             t->arena, &link, &err) == BW_OK);
    CHECK(open_link(t, SIGNIN_LINK_RESET, link) == BW_OK);
    CHECK(open_link(t, SIGNIN_LINK_WELCOME, link) == BW_NOT_FOUND);
    CHECK(open_link(t, SIGNIN_LINK_RESET, bw_view_head(link, link.n - 1)) == BW_NOT_FOUND);
    bw_clock_step(SIGNIN_RESET_US - 1);
    CHECK(open_link(t, SIGNIN_LINK_RESET, link) == BW_OK);
    bw_clock_step(1);
    CHECK(open_link(t, SIGNIN_LINK_RESET, link) == BW_NOT_FOUND);
    bw_clock_fix(NOW_US);
    REQUIRE(db_write(t->hub.db, do_rehash, t, &err) == BW_OK);
    CHECK(open_link(t, SIGNIN_LINK_RESET, link) == BW_NOT_FOUND);
}

/* -- who ----------------------------------------------------------------------------------------
 */

static enum bw_rc make_service(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    const int64_t *id = arg;
    BW_TRY(db_change(tx, "UPDATE person SET role = 10 WHERE id = ?1", &st, err));
    db_bind_int(st, 1, *id);
    return db_run(st, err);
}

BW_TEST(a_service_is_nobody_to_the_pages)
{
    BENCH("service");
    struct signin_person p;
    struct bw_err err;
    struct bw_view email = bw_view_z(MEMBER_TEST_PEOPLE[MT_SHOP_REP].email);
    REQUIRE(db_write(t->hub.db, make_service, &t->person[MT_SHOP_REP], &err) == BW_OK);
    BW_AUTO(db) *db = NULL;
    REQUIRE(db_open(t->hub.db, &db, &err) == BW_OK);
    CHECK(signin_by_email(db, email, t->arena, &p, &err) == BW_NOT_FOUND);
    CHECK(signin_by_id(db, t->person[MT_SHOP_REP], t->arena, &p, &err) == BW_NOT_FOUND);
    CHECK(signin_by_id(db, t->person[MT_NEW_REP], t->arena, &p, &err) == BW_OK);
}

BW_TEST(lists_of_known_passwords_in_both_forms)
{
    char path[160];
    struct bw_err err;
    snprintf(path, sizeof(path), "%s/known.txt", core_test_dir());
    FILE *f = fopen(path, "we");
    REQUIRE(f != NULL);
    fputs("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:9659365\r\nharbour lights\n\n", f);
    fclose(f);
    REQUIRE(signin_breach_load(path, &err) == BW_OK);
    CHECK(signin_breach_has(BW_V("password")));
    CHECK(signin_breach_has(BW_V("harbour lights")));
    CHECK(!signin_breach_has(BW_V("harbour light")) && !signin_breach_has(BW_V("")));
    REQUIRE(signin_breach_load("", &err) == BW_OK);
    CHECK(!signin_breach_has(BW_V("password")));
    CHECK(signin_breach_load("/nothing/there", &err) == BW_INVALID);
}

BW_TEST_MAIN()
