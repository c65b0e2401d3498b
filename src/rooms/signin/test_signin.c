/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in below the pages: the token between the steps, the throttle, codes that are taken once.
 */
#include "bw_clock.h"
#include "crypto_text.h"
#include "member_test.h"
#include "signin_device.h"
#include "signin_passkey.h"

#define NOW_US (INT64_C(1795000000) * BW_SECOND_US) /* 2026-11-18, a whole step */
#define BROWSER BW_V("0123456789abcdef0123456789abcdef")

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

/* -- the token --------------------------------------------------------------------------------- */

static enum bw_rc open_token(struct member_test *t, struct bw_view browser, struct bw_view text,
                             struct signin_state *ret)
{
    struct bw_err err = {0};
    return signin_state_open(t->hub.keyring, browser, text,
                             SIGNIN_KIND(SIGNIN_SECOND) | SIGNIN_KIND(SIGNIN_ENROL), t->arena, ret,
                             &err);
}

static struct bw_view seal_token(struct member_test *t, const struct signin_state *s)
{
    struct bw_view text = {NULL, 0};
    struct bw_err err;
    BW_ASSERT(signin_state_seal(t->hub.keyring, BROWSER, s, t->arena, &text, &err) == BW_OK);
    return text;
}

BW_TEST(token_comes_back_as_it_went)
{
    BENCH("token");
    struct signin_state in = {.person_id = 77,
                              .expires_us = NOW_US + SIGNIN_STEP_US,
                              .kind = SIGNIN_ENROL,
                              .next = BW_V("/en/items?q=a%20b")};
    crypto_totp_new(&in.totp);
    struct bw_view text = seal_token(t, &in);
    struct signin_state out = {.person_id = 0};
    REQUIRE(open_token(t, BROWSER, text, &out) == BW_OK);
    CHECK(out.person_id == 77 && out.kind == SIGNIN_ENROL && out.expires_us == in.expires_us);
    CHECK(memcmp(&out.totp, &in.totp, sizeof(in.totp)) == 0);
    CHECK_VIEW(out.next, "/en/items?q=a%20b");
    CHECK(text.n < SIGNIN_STATE_MAX);
    in.kind = SIGNIN_SECOND;
    REQUIRE(open_token(t, BROWSER, seal_token(t, &in), &out) == BW_OK);
    static const uint8_t zero[CRYPTO_TOTP_SECRET_BYTES];
    CHECK(memcmp(out.totp.secret, zero, sizeof(zero)) == 0); /* no secret where none was shown */
}

BW_TEST(token_is_for_one_browser_and_a_short_time)
{
    BENCH("stale");
    const struct signin_state in = {.kind = SIGNIN_SECOND,
                                    .person_id = 1,
                                    .expires_us = NOW_US + SIGNIN_STEP_US};
    struct bw_view text = seal_token(t, &in);
    struct signin_state out;
    CHECK(open_token(t, BW_V("0123456789abcdef0123456789abcdee"), text, &out) == BW_INVALID);
    CHECK(open_token(t, BW_V(""), text, &out) == BW_INVALID);
    bw_clock_step(SIGNIN_STEP_US - 1);
    CHECK(open_token(t, BROWSER, text, &out) == BW_OK);
    bw_clock_step(1);
    CHECK(open_token(t, BROWSER, text, &out) == BW_INVALID);
}

BW_TEST(token_that_was_touched_does_not_open)
{
    BENCH("touched");
    const struct signin_state in = {.kind = SIGNIN_SECOND,
                                    .person_id = 1,
                                    .expires_us = NOW_US + SIGNIN_STEP_US};
    struct bw_view text = seal_token(t, &in);
    struct signin_state out;
    char *copy = bw_arena_z(t->arena, text);
    REQUIRE(copy != NULL);
    size_t opened = 0;
    for (size_t i = 0; i < text.n; i++) {
        char was = copy[i];
        copy[i] = was == 'A' ? 'B' : 'A';
        opened += open_token(t, BROWSER, bw_view_of(copy, text.n), &out) == BW_OK;
        copy[i] = was;
    }
    CHECK_INT(opened, 0);
    for (size_t n = 0; n < text.n; n++)
        opened += open_token(t, BROWSER, bw_view_head(text, n), &out) == BW_OK;
    CHECK_INT(opened, 0);
    CHECK(open_token(t, BROWSER, bw_view_of(copy, text.n), &out) == BW_OK);
    /* What the same key sealed for another purpose is not a token. */
    BW_AUTO_BUF sealed = BW_BUF_INIT(256);
    struct bw_err err;
    REQUIRE(member_totp_seal(t->hub.keyring, 1, &t->totp[0], &sealed, &err) == BW_OK);
    BW_AUTO_BUF other = BW_BUF_INIT(512);
    crypto_base64(bw_buf_text(&sealed), CRYPTO_BASE64_URL, &other);
    CHECK(open_token(t, BROWSER, bw_buf_text(&other), &out) == BW_INVALID);
}

BW_TEST(next_stays_within_the_site)
{
    static const struct {
        const char *name, *in, *out;
    } T[] = {
        {"a path", "/en/items", "/en/items"},
        {"with a query", "/en/search?q=%E9%8A%80", "/en/search?q=%E9%8A%80"},
        {"nothing", "", ""},
        {"the root alone is the default", "/", ""},
        {"another host", "https://evil.example/", ""},
        {"another host without a scheme", "//evil.example/", ""},
        {"a backslash", "/\\evil.example/", ""},
        {"a backslash further on", "/en\\..\\..\\evil", ""},
        {"a relative path", "en/items", ""},
        {"script", "javascript:alert(1)", ""},
        {"a line end", "/en/items\r\nSet-Cookie: a=b", ""},
        {"a blank", "/en/ items", ""},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        struct bw_view out = signin_next(bw_view_z(T[i].in));
        SUBTEST(T[i].name, bw_view_is(out, T[i].out) || (out.n == 0 && !T[i].out[0]));
    }
    char longer[SIGNIN_NEXT_MAX + 2];
    memset(longer, 'a', sizeof(longer));
    longer[0] = '/';
    CHECK_INT(signin_next(bw_view_of(longer, SIGNIN_NEXT_MAX)).n, SIGNIN_NEXT_MAX);
    CHECK_INT(signin_next(bw_view_of(longer, SIGNIN_NEXT_MAX + 1)).n, 0);
}

/* -- the throttle ------------------------------------------------------------------------------ */

static enum bw_rc do_fail(struct db_tx *tx, void *arg, struct bw_err *err)
{
    return signin_throttle_fail(tx, arg, err);
}
static enum bw_rc do_take(struct db_tx *tx, void *arg, struct bw_err *err)
{
    return signin_throttle_take(tx, arg, err);
}
static enum bw_rc do_forgive(struct db_tx *tx, void *arg, struct bw_err *err)
{
    return signin_throttle_forgive(tx, arg, err);
}

static struct signin_throttle guesses(struct member_test *t, const char *email, const char *ip)
{
    struct signin_throttle g;
    struct bw_ip address;
    BW_ASSERT(bw_ip_parse(bw_view_z(ip), &address));
    signin_throttle_init(t->settings, bw_view_z(email), &address, &g);
    return g;
}

static enum bw_rc may_try(struct member_test *t, struct signin_throttle g)
{
    BW_AUTO(db) *db = NULL;
    struct bw_err err = {0};
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    return signin_throttle_check(db, &g, bw_now_us(), &err);
}

static enum bw_rc write_throttle(struct member_test *t, db_write_fn fn, struct signin_throttle g)
{
    struct bw_err err = {0};
    return db_write(t->hub.db, fn, &g, &err);
}

static void set_limits(struct member_test *t, const char *account, const char *network)
{
    struct bw_err err;
    BW_ASSERT(settings_set(t->settings, BW_V("signin_tries"), bw_view_z(account), &err) == BW_OK);
    BW_ASSERT(settings_set(t->settings, BW_V("signin_tries_network"), bw_view_z(network), &err) ==
              BW_OK);
}

BW_TEST(an_account_waits_after_its_tries)
{
    static const struct {
        const char *name, *email;
    } T[] = {{"an account", "sam@sampan.example"}, {"an address that nobody has", "no@x.example"}};
    BENCH("account");
    set_limits(t, "3", "1000");
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        struct signin_throttle g = guesses(t, T[i].email, i ? "192.0.2.9" : "198.51.100.9");
        enum bw_rc rc[4];
        for (size_t k = 0; k < 4; k++) {
            rc[k] = may_try(t, g);
            REQUIRE(write_throttle(t, do_fail, g) == BW_OK);
        }
        SUBTEST(T[i].name, rc[0] == BW_OK && rc[2] == BW_OK && rc[3] == BW_BUSY);
        CHECK(may_try(t, guesses(t, T[i].email, "203.0.113.77")) == BW_BUSY); /* from anywhere */
        CHECK(may_try(t, guesses(t, "clara@lantern.example", "203.0.113.77")) == BW_OK);
    }
    bw_clock_step(SIGNIN_WINDOW_US - BW_SECOND_US);
    CHECK(may_try(t, guesses(t, T[0].email, "198.51.100.9")) == BW_BUSY);
    bw_clock_step(2 * BW_SECOND_US);
    CHECK(may_try(t, guesses(t, T[0].email, "198.51.100.9")) == BW_OK);
    /* The new window begins at one, and old rows of others are swept away. */
    REQUIRE(write_throttle(t, do_fail, guesses(t, T[0].email, "198.51.100.9")) == BW_OK);
    CHECK(may_try(t, guesses(t, T[0].email, "198.51.100.9")) == BW_OK);
}

BW_TEST(a_network_waits_whatever_the_account)
{
    static const struct {
        const char *name, *ip;
        enum bw_rc rc;
    } T[] = {
        {"the same address", "192.0.2.1", BW_BUSY},
        {"the same /24", "192.0.2.254", BW_BUSY},
        {"IPv4-mapped", "::ffff:192.0.2.9", BW_BUSY},
        {"the next /24", "192.0.3.1", BW_OK},
        {"the same /64", "2001:db8:1:2:ffff::1", BW_BUSY},
        {"the next /64", "2001:db8:1:3::1", BW_OK},
    };
    BENCH("network");
    set_limits(t, "1000", "4");
    for (int i = 0; i < 4; i++) {
        char email[32];
        snprintf(email, sizeof(email), "guess%d@x.example", i);
        REQUIRE(write_throttle(t, do_fail, guesses(t, email, "192.0.2.1")) == BW_OK);
        REQUIRE(write_throttle(t, do_fail, guesses(t, email, "2001:db8:1:2::1")) == BW_OK);
    }
    for (size_t i = 0; i < BW_COUNT(T); i++)
        SUBTEST(T[i].name, may_try(t, guesses(t, "new@x.example", T[i].ip)) == T[i].rc);
}

BW_TEST(tries_are_taken_before_they_are_looked_at)
{
    BENCH("take");
    set_limits(t, "5", "1000");
    struct signin_throttle g = guesses(t, "sam@sampan.example", "192.0.2.1");
    int taken = 0;
    for (int i = 0; i < 9; i++)
        taken += write_throttle(t, do_take, g) == BW_OK;
    CHECK_INT(taken, 5);
    REQUIRE(write_throttle(t, do_forgive, g) == BW_OK);
    CHECK(may_try(t, g) == BW_OK);
    taken = 0;
    for (int i = 0; i < 9; i++)
        taken += write_throttle(t, do_take, g) == BW_OK;
    CHECK_INT(taken, 5);
}

BW_TEST(success_gives_back_one_count_of_the_network)
{
    BENCH("forgive");
    set_limits(t, "1000", "3");
    struct signin_throttle g = guesses(t, "sam@sampan.example", "192.0.2.1");
    for (int i = 0; i < 10; i++) { /* a busy office: everybody gets in */
        REQUIRE(write_throttle(t, do_take, g) == BW_OK);
        REQUIRE(write_throttle(t, do_forgive, g) == BW_OK);
    }
    for (int i = 0; i < 3; i++)
        REQUIRE(write_throttle(t, do_take, guesses(t, "no@x.example", "192.0.2.1")) == BW_OK);
    CHECK(write_throttle(t, do_take, g) == BW_BUSY);
}

/* -- codes ------------------------------------------------------------------------------------- */

static struct signin_person person_of(struct member_test *t, enum member_test_person who)
{
    BW_AUTO(db) *db = NULL;
    struct signin_person p = {.id = 0};
    struct bw_err err;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    BW_ASSERT(signin_by_email(db, bw_view_z(MEMBER_TEST_PEOPLE[who].email), t->arena, &p, &err) ==
              BW_OK);
    return p;
}

static enum bw_rc accept_step(struct member_test *t, const struct signin_person *p, int64_t step,
                              const struct crypto_totp *enrol)
{
    struct signin_throttle g = guesses(t, "sam@sampan.example", "192.0.2.1");
    struct signin_accept a = {.person = p,
                              .throttle = &g,
                              .keyring = t->hub.keyring,
                              .step = step,
                              .enrol = enrol,
                              .suspended = p->organisation_state != MEMBER_ACTIVE};
    struct bw_err err = {0};
    return db_write(t->hub.db, signin_accept, &a, &err);
}

static int64_t signed_in_events(struct member_test *t)
{
    BW_AUTO(db) *db = NULL;
    struct ledger_event *events;
    struct bw_err err;
    size_t n = 0;
    int64_t count = 0;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    BW_ASSERT(ledger_read(db, 0, 1000, t->arena, &events, &n, &err) == BW_OK);
    for (size_t i = 0; i < n; i++)
        count += events[i].verb == LEDGER_SIGNED_IN;
    return count;
}

BW_TEST(a_code_is_taken_once)
{
    BENCH("once");
    struct signin_person p = person_of(t, MT_SHOP_REP);
    int64_t now_step = NOW_US / CRYPTO_TOTP_STEP_US, step = 0;
    struct crypto_totp totp;
    struct bw_err err;
    char code[7];
    REQUIRE(signin_totp_open(t->hub.keyring, &p, &totp, &err) == BW_OK);
    crypto_totp_code(&t->totp[MT_SHOP_REP], now_step, code);
    REQUIRE(crypto_totp_verify(&totp, bw_view_z(code), bw_now_us(), &step));
    CHECK_INT(step, now_step);
    const struct {
        const char *name;
        int64_t step;
        enum bw_rc rc;
        int64_t events;
    } T[] = {
        {"the first time", step, BW_OK, 1},
        {"the same again", step, BW_CONFLICT, 1},
        {"an older one", step - 1, BW_CONFLICT, 1},
        {"the next", step + 1, BW_OK, 2},
        {"the first after the next", step, BW_CONFLICT, 2},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        enum bw_rc rc = accept_step(t, &p, T[i].step, NULL);
        SUBTEST(T[i].name, rc == T[i].rc && signed_in_events(t) == T[i].events);
    }
    CHECK_INT(person_of(t, MT_SHOP_REP).totp_last_step, step + 1);
}

BW_TEST(who_got_in_has_no_failures_left)
{
    BENCH("cleared");
    set_limits(t, "2", "1000");
    struct signin_person p = person_of(t, MT_SHOP_REP);
    struct signin_throttle g = guesses(t, "sam@sampan.example", "192.0.2.1");
    REQUIRE(write_throttle(t, do_fail, g) == BW_OK);
    REQUIRE(write_throttle(t, do_take, g) == BW_OK);
    CHECK(may_try(t, g) == BW_BUSY);
    CHECK(accept_step(t, &p, 100, NULL) == BW_OK);
    CHECK(may_try(t, g) == BW_OK);
}

BW_TEST(a_secret_opens_only_for_its_person)
{
    BENCH("secret");
    struct signin_person shop = person_of(t, MT_SHOP_REP), bank = person_of(t, MT_BANK_REP);
    struct crypto_totp totp;
    struct bw_err err;
    bank.totp_sealed = shop.totp_sealed; /* as if a row had been moved in the database */
    CHECK(signin_totp_open(t->hub.keyring, &bank, &totp, &err) == BW_BROKEN);
    REQUIRE(signin_totp_open(t->hub.keyring, &shop, &totp, &err) == BW_OK);
    CHECK(memcmp(&totp, &t->totp[MT_SHOP_REP], sizeof(totp)) == 0);
}

BW_TEST(enrolment_keeps_the_secret_once)
{
    BENCH("enrol");
    struct signin_person p = person_of(t, MT_NEW_REP);
    struct crypto_totp first, second, kept;
    struct bw_err err;
    crypto_totp_new(&first);
    crypto_totp_new(&second);
    REQUIRE(p.totp_sealed.n == 0);
    CHECK(accept_step(t, &p, 100, NULL) == BW_CONFLICT); /* no secret, no code */
    REQUIRE(accept_step(t, &p, 100, &first) == BW_OK);
    CHECK(accept_step(t, &p, 101, &second) == BW_DENIED);
    p = person_of(t, MT_NEW_REP);
    REQUIRE(signin_totp_open(t->hub.keyring, &p, &kept, &err) == BW_OK);
    CHECK(memcmp(&kept, &first, sizeof(kept)) == 0);
    CHECK(accept_step(t, &p, 100, NULL) == BW_CONFLICT); /* the code of the enrolment is used */
    CHECK(accept_step(t, &p, 101, NULL) == BW_OK);
}

BW_TEST(suspended_people_use_up_a_code_and_get_nothing)
{
    BENCH("suspended");
    struct signin_person p = person_of(t, MT_SUSPENDED_REP);
    REQUIRE(p.organisation_state == MEMBER_SUSPENDED);
    CHECK(accept_step(t, &p, 100, NULL) == BW_OK);
    CHECK(accept_step(t, &p, 100, NULL) == BW_CONFLICT);
    CHECK_INT(signed_in_events(t), 0);
}

static enum bw_rc suspend_shop(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct member_test *t = arg;
    return member_organisation_state(tx, 0, t->organisation[MT_SHOP], MEMBER_SUSPENDED, err);
}

BW_TEST(suspension_between_code_and_session_wins)
{
    BENCH("race");
    struct signin_person p = person_of(t, MT_SHOP_REP); /* read while it was active */
    struct bw_err err;
    REQUIRE(db_write(t->hub.db, suspend_shop, t, &err) == BW_OK);
    CHECK(accept_step(t, &p, 100, NULL) == BW_DENIED);
    CHECK_INT(signed_in_events(t), 0);
    CHECK_INT(person_of(t, MT_SHOP_REP).totp_last_step, 0); /* nothing of it was kept */
}

struct rehash {
    int64_t person_id;
    const char *old_hash, *new_hash;
};
static enum bw_rc do_rehash(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct rehash *r = arg;
    return signin_rehash(tx, r->person_id, bw_view_z(r->old_hash), bw_view_z(r->new_hash), err);
}

BW_TEST(a_hash_is_replaced_only_where_it_is_still_the_one_that_was_checked)
{
    BENCH("rehash");
    struct signin_person p = person_of(t, MT_SHOP_REP);
    struct bw_err err;
    struct rehash late = {p.id, "another", "late"}, right = {p.id, t->password_hash, "new"};
    CHECK_VIEW(p.password_hash, t->password_hash);
    REQUIRE(db_write(t->hub.db, do_rehash, &late, &err) == BW_OK);
    CHECK_VIEW(person_of(t, MT_SHOP_REP).password_hash, t->password_hash);
    REQUIRE(db_write(t->hub.db, do_rehash, &right, &err) == BW_OK);
    CHECK_VIEW(person_of(t, MT_SHOP_REP).password_hash, "new");
    CHECK_VIEW(person_of(t, MT_BANK_REP).password_hash, t->password_hash);
}

BW_TEST_MAIN()
