/* SPDX-License-Identifier: Apache-2.0 */
/* The self-check: each state of each check, and that the facts are read from a hub. */
#include "approval.h"
#include "check.h"
#include "desk_int.h"
#include "member_test.h"

/* A hub at which nothing is wrong. */
static struct check_facts good(void)
{
    const int64_t now_us = 1000 * BW_DAY_US;
    return (struct check_facts){
        .now_us = now_us,
        .https = true,
        .tls_seen = true,
        .secure_cookies = true,
        .url_set = true,
        .proxies = true,
        .smtp = true,
        .smtp_tls = true,
        .password_memory = 65536,
        .password_length = 12,
        .signin_tries = 10,
        .session_idle_min = 30,
        .session_max_h = 12,
        .log_level = 1,
        .four_eyes_alone_h = 24,
        .contact = true,
        .people = {.staff = 4, .operators = 2},
        .checkpoint = true,
        .checkpoint_good = true,
        .checkpoint_us = now_us - BW_HOUR_US,
        .checkpoint_every_min = 60,
        .unsigned_events = 3,
        .verified_us = now_us - BW_DAY_US,
        .verified_good = true,
        .engine = "an engine",
        .database_bytes = 5 << 20,
        .disk_bytes = 1000000,
        .disk_free_bytes = 500000,
        .backup_us = now_us - BW_DAY_US,
        .clock_synced = true,
        .version = "1",
    };
}

static struct check_said judge(const char *name, const struct check_facts *f)
{
    for (size_t i = 0; i < check_table_n; i++)
        if (strcmp(check_table[i].name, name) == 0)
            return check_table[i].judge(f);
    BW_ASSERT(!"no such check");
    return (struct check_said){.level = CHECK_GOOD};
}

BW_TEST(nothing_is_said_of_a_hub_in_order)
{
    const struct check_facts f = good();
    for (size_t i = 0; i < check_table_n; i++)
        SUBTEST(check_table[i].name, check_table[i].judge(&f).level == CHECK_GOOD);
}

#define BROKEN(check, want, words, ...)                                     \
    do {                                                                    \
        struct check_facts f = good();                                      \
        __VA_ARGS__;                                                        \
        const struct check_said s = judge((check), &f);                     \
        SUBTEST((check), s.level == (want) && s.said == MSG_desk_##words && \
                             s.todo == MSG_desk_##words##_todo);            \
    } while (0)

BW_TEST(what_weakens_the_way_to_the_hub_is_said)
{
    BROKEN("tls", CHECK_BAD, tls_none, f.https = false);
    BROKEN("tls", CHECK_NOTE, tls_none, f.https = false; f.demo = true);
    BROKEN("tls", CHECK_BAD, tls_unseen, f.tls_seen = false);
    BROKEN("host", CHECK_BAD, host, f.any_host = true);
    BROKEN("cookies", CHECK_BAD, cookies, f.secure_cookies = false);
    BROKEN("proxies", CHECK_WARN, proxies, f.proxies = false);
    BROKEN("demo", CHECK_BAD, demo, f.demo = true);
    BROKEN("demo", CHECK_NOTE, demo, f.demo = true; f.url_set = false);
}

BW_TEST(what_weakens_signing_in_is_said)
{
    BROKEN("password-cost", CHECK_BAD, password_cost, f.password_memory = 65535);
    BROKEN("password-length", CHECK_WARN, password_length, f.password_length = 11);
    BROKEN("tries", CHECK_WARN, tries, f.signin_tries = 21);
    BROKEN("sessions", CHECK_WARN, session_idle, f.session_idle_min = 61);
    BROKEN("sessions", CHECK_WARN, session_max, f.session_max_h = 25);
    BROKEN("second-step", CHECK_BAD, one_step, f.people.staff_one_step = 1);
    BROKEN("operators", CHECK_WARN, operators, f.people.operators = 1);
    BROKEN("operators", CHECK_WARN, operators_never, f.people.operators = 1;
           f.four_eyes_alone_h = 0);
    BROKEN("failed-sign-ins", CHECK_WARN, fails, f.people.fails = 50);
    BROKEN("failed-sign-ins", CHECK_BAD, fails, f.people.fails = 500);
}

BW_TEST(accounts_that_should_not_be_as_they_are_are_counted)
{
    BROKEN("never-signed-in", CHECK_WARN, never, f.people.never = 2);
    BROKEN("sole-administrators", CHECK_NOTE, sole, f.people.sole = 2);
    BROKEN("no-administrator", CHECK_WARN, without, f.people.without = 2);
    BROKEN("keys-far", CHECK_WARN, keys_far, f.people.keys_far = 1);
    BROKEN("keys-unused", CHECK_WARN, keys_unused, f.people.keys_unused = 1);
    BROKEN("approvals", CHECK_NOTE, approvals, f.approvals_waiting = 1);
    BROKEN("privacy-requests", CHECK_BAD, requests, f.requests_late = 1);
    BROKEN("privacy-contact", CHECK_WARN, contact, f.contact = false);
}

BW_TEST(a_ledger_that_is_not_signed_or_does_not_fit_is_said)
{
    BROKEN("checkpoint", CHECK_BAD, checkpoint_bad, f.checkpoint_good = false);
    BROKEN("checkpoint", CHECK_WARN, checkpoint_none, f.checkpoint = false);
    BROKEN("checkpoint", CHECK_BAD, checkpoint_old, f.checkpoint_us = f.now_us - BW_DAY_US);
    BROKEN("ledger", CHECK_BAD, verified_bad, f.verified_good = false);
    BROKEN("ledger", CHECK_NOTE, verified_never, f.verified_us = 0);
    BROKEN("ledger", CHECK_WARN, verified_old, f.verified_us = f.now_us - 4 * BW_DAY_US);
    struct check_facts quiet = good();
    quiet.checkpoint_us = quiet.now_us - 30 * BW_DAY_US;
    quiet.unsigned_events = 0;
    CHECK(judge("checkpoint", &quiet).level == CHECK_GOOD);
}

BW_TEST(what_is_wrong_with_the_machine_is_said)
{
    BROKEN("disk", CHECK_WARN, disk, f.disk_free_bytes = 90000);
    BROKEN("disk", CHECK_BAD, disk, f.disk_free_bytes = 20000);
    BROKEN("mail", CHECK_BAD, mail_none, f.smtp = false);
    BROKEN("mail", CHECK_BAD, mail_stuck, f.mail_waiting = 1; f.mail_oldest_us = 1);
    BROKEN("mail", CHECK_WARN, mail_failed, f.mail_failed = 1);
    BROKEN("mail-tls", CHECK_BAD, mail_tls, f.smtp_tls = false);
    BROKEN("jobs", CHECK_WARN, jobs, f.jobs_failed = 1);
    BROKEN("backup", CHECK_BAD, backup_none, f.backup_us = 0);
    BROKEN("backup", CHECK_BAD, backup_old, f.backup_us = 1);
    BROKEN("key-files", CHECK_BAD, key_files, f.keys_readable = true);
    BROKEN("clock", CHECK_BAD, clock_back, f.ledger_ahead_us = 3 * BW_MINUTE_US);
    BROKEN("clock", CHECK_WARN, clock_free, f.clock_synced = false);
    BROKEN("log", CHECK_NOTE, log, f.log_level = 0);
}

/* -- facts ------------------------------------------------------------------------------------- */

static enum bw_rc old_key(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct member_test *t = arg;
    struct crypto_token key;
    struct bw_id id;
    return api_key_add(tx,
                       &(struct api_key_in){.person_id = t->person[MT_BANK_REP],
                                            .organisation_id = t->organisation[MT_BANK],
                                            .expires_us = db_tx_now_us(tx) + 900 * BW_DAY_US,
                                            .role = ROLE_REPRESENTATIVE,
                                            .scopes = SCOPE_READ,
                                            .label = BW_V("long")},
                       &key, &id, err);
}

BW_TEST(the_facts_are_those_of_the_hub)
{
    struct member_test t;
    struct check_facts f;
    struct bw_err err = {0};
    const int64_t start_us = 1800000000 * BW_SECOND_US;
    bw_clock_fix(start_us);
    member_test_open(&t, "facts", room_desk.migrations, room_desk.n_migrations);
    REQUIRE(db_write(t.hub.db, old_key, &t, &err) == BW_OK);
    bw_clock_fix(start_us + 400 * BW_DAY_US);
    {
        BW_AUTO(db) *db = NULL;
        REQUIRE(db_open(t.hub.db, &db, &err) == BW_OK);
        enum bw_rc rc = check_facts_read(&t.hub, db, true, &f, &err);
        if (rc != BW_OK)
            printf("# %s (%s)\n", err.message, err.detail);
        REQUIRE(rc == BW_OK);
    }
    CHECK_INT(f.people.staff, 2);
    CHECK_INT(f.people.operators, 1);
    CHECK_INT(f.people.staff_one_step, 0);
    CHECK_INT(f.people.never, MT_PEOPLE);
    CHECK_INT(f.people.sole, 1);    /* the bank */
    CHECK_INT(f.people.without, 4); /* but the hub's own and the suspended one */
    CHECK_INT(f.people.keys_far, 1);
    CHECK_INT(f.people.keys_unused, 1);
    CHECK(f.tls_seen && !f.checkpoint && f.unsigned_events > 0);
    CHECK(f.database_bytes > 0 && f.disk_bytes > 0);
    CHECK(f.ledger_ahead_us < 0);
    CHECK_INT(f.verified_us, 0);
    CHECK_INT(f.backup_us, 0);
    bw_clock_fix(0);
    member_test_close(&t);
}

BW_TEST_MAIN()
