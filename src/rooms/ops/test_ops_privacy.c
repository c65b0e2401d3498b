/* SPDX-License-Identifier: Apache-2.0 */
/* Personal data: requests and their clock, holds, purge by table, and that erasing somebody leaves
 * a ledger that verifies. */
#include "desk_int.h"
#include "member_test.h"
#include "privacy.h"

#define NOW_US (1800000000 * BW_SECOND_US)

static struct member_test t;

static void begin(const char *name)
{
    bw_clock_fix(NOW_US);
    member_test_open(&t, name, room_desk.migrations, room_desk.n_migrations);
}

static void end(void)
{
    bw_clock_fix(0);
    member_test_close(&t);
}

static int64_t count(const char *what)
{
    BW_AUTO(db) *db = NULL;
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_err err;
    BW_ASSERT(db_open(t.hub.db, &db, &err) == BW_OK);
    if (strcmp(what, "sessions") == 0)
        BW_ASSERT(db_plain(db, "SELECT count(*) FROM session", &st, &err) == BW_OK);
    else if (strcmp(what, "keys") == 0)
        BW_ASSERT(db_plain(db, "SELECT count(*) FROM api_key", &st, &err) == BW_OK);
    else
        BW_ASSERT(db_plain(db, "SELECT count(*) FROM signin_throttle", &st, &err) == BW_OK);
    BW_ASSERT(db_row(st, &err) == BW_OK);
    return db_int(st, 0);
}

static void purge(void)
{
    struct bw_err err = {0};
    enum bw_rc rc = privacy_purge(t.hub.db, t.settings, &err);
    if (rc != BW_OK)
        printf("# purge: %s (%s)\n", err.message, err.detail);
    CHECK(rc == BW_OK);
}

/* -- requests ---------------------------------------------------------------------------------- */

static enum bw_rc write_ask(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct bw_view *text = arg;
    return privacy_ask(tx, t.person[MT_BANK_REP], PRIVACY_CORRECTION, *text, err);
}

static enum bw_rc ask(const char *text)
{
    struct bw_view v = bw_view_z(text);
    struct bw_err err;
    return db_write(t.hub.db, write_ask, &v, &err);
}

static enum bw_rc write_answer(struct db_tx *tx, void *arg, struct bw_err *err)
{
    return privacy_answer(tx, arg, err);
}

static enum bw_rc answer(enum member_test_person who, struct bw_view id, const char *text)
{
    struct privacy_answer a = {member_test_viewer(&t, who), id, bw_view_z(text), PRIVACY_DONE};
    struct bw_err err;
    return db_write(t.hub.db, write_answer, &a, &err);
}

static size_t requests_of(enum member_test_person who, struct privacy_request **ret)
{
    const struct viewer *v = member_test_viewer(&t, who);
    BW_AUTO(db) *db = NULL;
    struct bw_err err;
    size_t n = 0;
    BW_ASSERT(db_open(t.hub.db, &db, &err) == BW_OK);
    BW_ASSERT(privacy_requests(db, v, 0, 10, t.arena, ret, &n, &err) == BW_OK);
    return n;
}

BW_TEST(a_request_has_forty_days_and_is_seen_by_its_person_and_the_desk)
{
    struct privacy_request *r;
    begin("requests");
    CHECK(ask("") == BW_INVALID);
    REQUIRE(ask("my name is spelled wrong") == BW_OK);
    CHECK_INT(requests_of(MT_OPERATOR, &r), 1);
    CHECK(r[0].due_us - r[0].asked_us == 40 * BW_DAY_US && r[0].state == PRIVACY_OPEN);
    CHECK_INT(requests_of(MT_BANK_ADMIN, &r), 0);
    CHECK_INT(requests_of(MT_ANALYST, &r), 0);
    CHECK_INT(requests_of(MT_BANK_REP, &r), 1);
    CHECK(answer(MT_BANK_REP, r[0].public_id, "done it myself") == BW_DENIED);
    CHECK(answer(MT_BROKER_REP, r[0].public_id, "done") == BW_NOT_FOUND);
    CHECK(answer(MT_OPERATOR, r[0].public_id, "") == BW_INVALID);
    CHECK(answer(MT_OPERATOR, r[0].public_id, "corrected") == BW_OK);
    CHECK(answer(MT_OPERATOR, r[0].public_id, "again") == BW_CONFLICT);
    for (int i = 0; i < PRIVACY_OPEN_MAX; i++)
        CHECK(ask("one more") == BW_OK);
    CHECK(ask("one too many") == BW_LIMIT);
    end();
}

/* -- purge ------------------------------------------------------------------------------------- */

static enum bw_rc write_traces(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_AUTO(db_stmt) *throttle = NULL;
    struct crypto_token key;
    struct bw_id id;
    BW_TRY(db_change(tx,
                     "INSERT INTO session (token_hash, person_id, organisation_id, role, display,"
                     " device, created_us, seen_us) VALUES (?1, ?2, ?3, 1, '', 'test', ?4, ?4)",
                     &st, err));
    for (int i = 0; i < 6; i++) {
        enum member_test_person p = i % 2 ? MT_BANK_REP : MT_SHOP_REP;
        char hash[8];
        int n = snprintf(hash, sizeof(hash), "hash%d", i);
        db_bind_bytes(st, 1, bw_view_of(hash, (size_t)n));
        db_bind_int(st, 2, t.person[p]);
        db_bind_int(st, 3, t.organisation[MEMBER_TEST_PEOPLE[p].organisation]);
        db_bind_int(st, 4, db_tx_now_us(tx));
        BW_TRY(db_run(st, err));
        db_again(st);
    }
    BW_TRY(api_key_add(tx,
                       &(struct api_key_in){.person_id = t.person[MT_BANK_REP],
                                            .organisation_id = t.organisation[MT_BANK],
                                            .expires_us = db_tx_now_us(tx) + BW_DAY_US,
                                            .role = ROLE_REPRESENTATIVE,
                                            .scopes = SCOPE_READ,
                                            .label = BW_V("old")},
                       &key, &id, err));
    BW_TRY(db_change(tx,
                     "INSERT INTO signin_throttle (kind, who, since_us, fails)"
                     " VALUES (0, ?1, ?2, 3)",
                     &throttle, err));
    db_bind_bytes(throttle, 1, BW_V("who"));
    db_bind_int(throttle, 2, db_tx_now_us(tx));
    return db_run(throttle, err);
}

static enum bw_rc write_hold(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct privacy_hold *h = arg;
    return privacy_hold_place(tx, h, BW_V("hold"), err);
}

static enum bw_rc hold(enum holder_kind kind, int64_t id)
{
    struct privacy_hold h = {.kind = kind, .holder_id = id, .reason = BW_V("a court asks")};
    struct bw_err err;
    return db_write(t.hub.db, write_hold, &h, &err);
}

BW_TEST(what_is_old_goes_but_for_the_last_session_and_what_is_held)
{
    struct bw_err err;
    begin("purge");
    REQUIRE(db_write(t.hub.db, write_traces, NULL, &err) == BW_OK);
    purge();
    CHECK_INT(count("sessions"), 6);
    CHECK_INT(count("keys"), 1);
    CHECK_INT(count("fails"), 1);
    bw_clock_fix(NOW_US + 2 * BW_DAY_US);
    purge();
    CHECK_INT(count("fails"), 0);
    REQUIRE(hold(HOLDER_ORGANISATION, t.organisation[MT_BANK]) == BW_OK);
    CHECK(hold(HOLDER_ORGANISATION, t.organisation[MT_BANK]) == BW_CONFLICT);
    bw_clock_fix(NOW_US + 500 * BW_DAY_US);
    purge();
    CHECK_INT(count("sessions"), 4); /* the shop's last one, and three that are held */
    CHECK_INT(count("keys"), 1);
    end();
}

/* -- erasing ----------------------------------------------------------------------------------- */

static enum bw_rc write_state(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const int64_t *state = arg;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "UPDATE person SET state = ?2 WHERE id = ?1", &st, err));
    db_bind_int(st, 1, t.person[MT_BANK_REP]);
    db_bind_int(st, 2, *state);
    return db_run(st, err);
}

static void state_is(int64_t state)
{
    struct bw_err err;
    BW_ASSERT(db_write(t.hub.db, write_state, &state, &err) == BW_OK);
}

static struct bw_view email_of(enum member_test_person p)
{
    BW_AUTO(db) *db = NULL;
    struct member_recipient r;
    struct bw_err err;
    BW_ASSERT(db_open(t.hub.db, &db, &err) == BW_OK);
    BW_ASSERT(member_person_get(db, t.person[p], t.arena, &r, &err) == BW_OK);
    return r.email;
}

static struct ledger_report verify(enum bw_rc *ret_rc)
{
    BW_AUTO(db) *db = NULL;
    struct crypto_signer *signer;
    struct ledger_report r = {0};
    struct bw_err err;
    char path[160];
    snprintf(path, sizeof(path), "%s/ledger.key", core_test_dir());
    BW_ASSERT(crypto_signer_load(path, &signer, &err) == BW_OK);
    const struct crypto_public_key key = crypto_signer_public(signer);
    BW_ASSERT(db_open(t.hub.db, &db, &err) == BW_OK);
    *ret_rc = ledger_verify(db, &key, &r, &err);
    crypto_signer_free(signer);
    return r;
}

BW_TEST(who_left_is_kept_for_a_time_and_while_held)
{
    struct bw_err err;
    enum bw_rc rc;
    const int64_t month_us = 30 * BW_DAY_US;
    begin("erase");
    REQUIRE(db_write(t.hub.db, write_traces, NULL, &err) == BW_OK);
    REQUIRE(ask("my name is spelled wrong") == BW_OK); /* an event by them */
    state_is(MEMBER_LEFT);
    purge(); /* notes since when */
    bw_clock_fix(NOW_US + 23 * month_us);
    purge();
    CHECK_VIEW(email_of(MT_BANK_REP), "wylam@harbourbank.example");
    REQUIRE(hold(HOLDER_PERSON, t.person[MT_BANK_REP]) == BW_OK);
    bw_clock_fix(NOW_US + 25 * month_us);
    purge();
    CHECK_VIEW(email_of(MT_BANK_REP), "wylam@harbourbank.example"); /* held */
    struct ledger_report before = verify(&rc);
    CHECK(rc == BW_OK && before.erased == 0);
    end();
}

static enum bw_rc write_lift(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct bw_view *id = arg;
    return privacy_hold_lift(tx, 0, *id, BW_V("the court has ended"), err);
}

BW_TEST(erased_means_name_address_sessions_keys_and_openings)
{
    struct bw_err err;
    enum bw_rc rc;
    struct privacy_hold *holds;
    size_t n;
    begin("erased");
    REQUIRE(db_write(t.hub.db, write_traces, NULL, &err) == BW_OK);
    REQUIRE(ask("my name is spelled wrong") == BW_OK);
    REQUIRE(hold(HOLDER_PERSON, t.person[MT_BANK_REP]) == BW_OK);
    state_is(MEMBER_LEFT);
    purge();
    bw_clock_fix(NOW_US + 800 * BW_DAY_US);
    {
        BW_AUTO(db) *db = NULL;
        REQUIRE(db_open(t.hub.db, &db, &err) == BW_OK);
        REQUIRE(privacy_holds(db, 10, t.arena, &holds, &n, &err) == BW_OK && n == 1);
    }
    REQUIRE(db_write(t.hub.db, write_lift, &holds[0].public_id, &err) == BW_OK);
    purge();
    CHECK(bw_view_ends(email_of(MT_BANK_REP), BW_V("@erased.invalid")));
    CHECK_VIEW(email_of(MT_BANK_ADMIN), "ada@harbourbank.example");
    CHECK_INT(count("keys"), 0);
    struct ledger_report r = verify(&rc);
    CHECK(rc == BW_OK);
    CHECK_INT(r.erased, 2); /* that they were added, and what they asked for */
    purge();                /* once */
    CHECK_INT(verify(&rc).erased, 2);
    end();
}

BW_TEST(who_came_back_is_not_erased)
{
    begin("back");
    state_is(MEMBER_LEFT);
    purge();
    state_is(MEMBER_ACTIVE);
    bw_clock_fix(NOW_US + 800 * BW_DAY_US);
    purge();
    CHECK_VIEW(email_of(MT_BANK_REP), "wylam@harbourbank.example");
    state_is(MEMBER_LEFT); /* the time begins anew */
    purge();
    CHECK_VIEW(email_of(MT_BANK_REP), "wylam@harbourbank.example");
    end();
}

BW_TEST_MAIN()
