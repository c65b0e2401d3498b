/* SPDX-License-Identifier: Apache-2.0 */
/* check_judge - the table of checks: from facts to what is said and what to do. Pure; tested state
 * by state in test_ops_check.c. */
#include "check.h"

#include "bw_clock.h"

enum {
    PASSWORD_MEMORY_KIB = 65536, /* security.md: argon2id with 64 MiB */
    PASSWORD_LENGTH = 12,
    TRIES = 20,
    IDLE_MIN = 60,
    MAX_H = 24,
    FAILS_NOTE = 50,
    FAILS_BAD = 500,
    VERIFY_DAYS = 3,
    BACKUP_DAYS = 2,
    MAIL_OLD_H = 4,
    DISK_LOW_PERCENT = 10,
    DISK_BAD_PERCENT = 3,
    BAR_MIB = 1 << 20,
    CLOCK_BACK_S = 120,
};

#define GOOD(msg) ((struct check_said){CHECK_GOOD, (msg), (msg), 0, NULL})
#define SAID(level, msg, todo, number) ((struct check_said){(level), (msg), (todo), (number), NULL})
#define COUNTED(level, msg, todo, good, number) \
    ((number) > 0 ? SAID(level, msg, todo, number) : GOOD(good))

/* -- the way to the hub ------------------------------------------------------------------------ */

static struct check_said tls(const struct check_facts *f)
{
    if (!f->https)
        return SAID(f->demo ? CHECK_NOTE : CHECK_BAD, MSG_desk_tls_none, MSG_desk_tls_none_todo, 0);
    if (!f->tls_seen)
        return SAID(CHECK_BAD, MSG_desk_tls_unseen, MSG_desk_tls_unseen_todo, 0);
    return GOOD(MSG_desk_tls_good);
}

static struct check_said host(const struct check_facts *f)
{
    return f->any_host ? SAID(CHECK_BAD, MSG_desk_host, MSG_desk_host_todo, 0)
                       : GOOD(MSG_desk_host_good);
}

static struct check_said cookies(const struct check_facts *f)
{
    return f->secure_cookies
               ? GOOD(MSG_desk_cookies_good)
               : SAID(f->demo ? CHECK_NOTE : CHECK_BAD, MSG_desk_cookies, MSG_desk_cookies_todo, 0);
}

static struct check_said proxies(const struct check_facts *f)
{
    return f->https && !f->proxies ? SAID(CHECK_WARN, MSG_desk_proxies, MSG_desk_proxies_todo, 0)
                                   : GOOD(MSG_desk_proxies_good);
}

static struct check_said demo(const struct check_facts *f)
{
    if (!f->demo)
        return GOOD(MSG_desk_demo_good);
    return SAID(f->any_host || f->url_set ? CHECK_BAD : CHECK_NOTE, MSG_desk_demo,
                MSG_desk_demo_todo, 0);
}

/* -- signing in -------------------------------------------------------------------------------- */

static struct check_said password_cost(const struct check_facts *f)
{
    return f->password_memory < PASSWORD_MEMORY_KIB
               ? SAID(CHECK_BAD, MSG_desk_password_cost, MSG_desk_password_cost_todo,
                      f->password_memory / 1024)
               : GOOD(MSG_desk_password_cost_good);
}

static struct check_said password_length(const struct check_facts *f)
{
    return f->password_length < PASSWORD_LENGTH
               ? SAID(CHECK_WARN, MSG_desk_password_length, MSG_desk_password_length_todo,
                      f->password_length)
               : GOOD(MSG_desk_password_length_good);
}

static struct check_said tries(const struct check_facts *f)
{
    return f->signin_tries > TRIES
               ? SAID(CHECK_WARN, MSG_desk_tries, MSG_desk_tries_todo, f->signin_tries)
               : GOOD(MSG_desk_tries_good);
}

static struct check_said sessions(const struct check_facts *f)
{
    if (f->session_idle_min > IDLE_MIN)
        return SAID(CHECK_WARN, MSG_desk_session_idle, MSG_desk_session_idle_todo,
                    f->session_idle_min);
    if (f->session_max_h > MAX_H)
        return SAID(CHECK_WARN, MSG_desk_session_max, MSG_desk_session_max_todo, f->session_max_h);
    return GOOD(MSG_desk_sessions_good);
}

static struct check_said one_step(const struct check_facts *f)
{
    return COUNTED(CHECK_BAD, MSG_desk_one_step, MSG_desk_one_step_todo, MSG_desk_one_step_good,
                   f->people.staff_one_step);
}

static struct check_said operators(const struct check_facts *f)
{
    if (f->people.operators > 1)
        return GOOD(MSG_desk_operators_good);
    return f->four_eyes_alone_h
               ? SAID(CHECK_WARN, MSG_desk_operators, MSG_desk_operators_todo, f->four_eyes_alone_h)
               : SAID(CHECK_WARN, MSG_desk_operators_never, MSG_desk_operators_never_todo, 0);
}

static struct check_said fails(const struct check_facts *f)
{
    if (f->people.fails < FAILS_NOTE)
        return GOOD(MSG_desk_fails_good);
    return SAID(f->people.fails < FAILS_BAD ? CHECK_WARN : CHECK_BAD, MSG_desk_fails,
                MSG_desk_fails_todo, f->people.fails);
}

/* -- accounts ---------------------------------------------------------------------------------- */

static struct check_said never(const struct check_facts *f)
{
    return COUNTED(CHECK_WARN, MSG_desk_never, MSG_desk_never_todo, MSG_desk_never_good,
                   f->people.never);
}

static struct check_said sole(const struct check_facts *f)
{
    return COUNTED(CHECK_NOTE, MSG_desk_sole, MSG_desk_sole_todo, MSG_desk_sole_good,
                   f->people.sole);
}

static struct check_said without(const struct check_facts *f)
{
    return COUNTED(CHECK_WARN, MSG_desk_without, MSG_desk_without_todo, MSG_desk_without_good,
                   f->people.without);
}

static struct check_said keys_far(const struct check_facts *f)
{
    return COUNTED(CHECK_WARN, MSG_desk_keys_far, MSG_desk_keys_far_todo, MSG_desk_keys_far_good,
                   f->people.keys_far);
}

static struct check_said keys_unused(const struct check_facts *f)
{
    return COUNTED(CHECK_WARN, MSG_desk_keys_unused, MSG_desk_keys_unused_todo,
                   MSG_desk_keys_unused_good, f->people.keys_unused);
}

static struct check_said approvals(const struct check_facts *f)
{
    return COUNTED(CHECK_NOTE, MSG_desk_approvals, MSG_desk_approvals_todo, MSG_desk_approvals_good,
                   f->approvals_waiting);
}

static struct check_said requests(const struct check_facts *f)
{
    return COUNTED(CHECK_BAD, MSG_desk_requests, MSG_desk_requests_todo, MSG_desk_requests_good,
                   f->requests_late);
}

static struct check_said contact(const struct check_facts *f)
{
    return f->contact ? GOOD(MSG_desk_contact_good)
                      : SAID(CHECK_WARN, MSG_desk_contact, MSG_desk_contact_todo, 0);
}

/* -- ledger ------------------------------------------------------------------------------------ */

static struct check_said checkpoint(const struct check_facts *f)
{
    const int64_t late_us = (3 * f->checkpoint_every_min + 5) * BW_MINUTE_US;
    if (f->checkpoint && !f->checkpoint_good)
        return SAID(CHECK_BAD, MSG_desk_checkpoint_bad, MSG_desk_checkpoint_bad_todo, 0);
    if (f->unsigned_events == 0)
        return GOOD(MSG_desk_checkpoint_good);
    if (!f->checkpoint)
        return SAID(CHECK_WARN, MSG_desk_checkpoint_none, MSG_desk_checkpoint_none_todo,
                    f->unsigned_events);
    if (f->now_us - f->checkpoint_us > late_us)
        return SAID(CHECK_BAD, MSG_desk_checkpoint_old, MSG_desk_checkpoint_old_todo,
                    (f->now_us - f->checkpoint_us) / BW_HOUR_US);
    return GOOD(MSG_desk_checkpoint_good);
}

static struct check_said verified(const struct check_facts *f)
{
    if (f->verified_us && !f->verified_good)
        return SAID(CHECK_BAD, MSG_desk_verified_bad, MSG_desk_verified_bad_todo, 0);
    if (f->verified_us == 0)
        return SAID(CHECK_NOTE, MSG_desk_verified_never, MSG_desk_verified_never_todo, 0);
    int64_t days = (f->now_us - f->verified_us) / BW_DAY_US;
    return days > VERIFY_DAYS
               ? SAID(CHECK_WARN, MSG_desk_verified_old, MSG_desk_verified_old_todo, days)
               : GOOD(MSG_desk_verified_good);
}

/* -- machine ----------------------------------------------------------------------------------- */

static struct check_said database(const struct check_facts *f)
{
    return (struct check_said){CHECK_GOOD, MSG_desk_database_good, MSG_desk_database_good,
                               f->database_bytes / BAR_MIB, f->engine};
}

static struct check_said disk(const struct check_facts *f)
{
    int64_t percent = f->disk_bytes ? f->disk_free_bytes / (f->disk_bytes / 100 + 1) : 100;
    if (percent < DISK_LOW_PERCENT)
        return SAID(percent < DISK_BAD_PERCENT ? CHECK_BAD : CHECK_WARN, MSG_desk_disk,
                    MSG_desk_disk_todo, percent);
    return (struct check_said){CHECK_GOOD, MSG_desk_disk_good, MSG_desk_disk_good, percent, NULL};
}

static struct check_said mail(const struct check_facts *f)
{
    if (!f->smtp)
        return SAID(f->demo ? CHECK_NOTE : CHECK_BAD, MSG_desk_mail_none, MSG_desk_mail_none_todo,
                    f->mail_waiting);
    if (f->mail_waiting && f->now_us - f->mail_oldest_us > MAIL_OLD_H * BW_HOUR_US)
        return SAID(CHECK_BAD, MSG_desk_mail_stuck, MSG_desk_mail_stuck_todo, f->mail_waiting);
    return COUNTED(CHECK_WARN, MSG_desk_mail_failed, MSG_desk_mail_failed_todo,
                   MSG_desk_mail_failed_good, f->mail_failed);
}

static struct check_said mail_tls(const struct check_facts *f)
{
    return f->smtp && !f->smtp_tls ? SAID(CHECK_BAD, MSG_desk_mail_tls, MSG_desk_mail_tls_todo, 0)
                                   : GOOD(MSG_desk_mail_tls_good);
}

static struct check_said jobs(const struct check_facts *f)
{
    return COUNTED(CHECK_WARN, MSG_desk_jobs, MSG_desk_jobs_todo, MSG_desk_jobs_good,
                   f->jobs_failed);
}

static struct check_said backup(const struct check_facts *f)
{
    if (f->backup_us == 0)
        return SAID(f->demo ? CHECK_NOTE : CHECK_BAD, MSG_desk_backup_none,
                    MSG_desk_backup_none_todo, 0);
    int64_t days = (f->now_us - f->backup_us) / BW_DAY_US;
    return days > BACKUP_DAYS ? SAID(CHECK_BAD, MSG_desk_backup_old, MSG_desk_backup_old_todo, days)
                              : GOOD(MSG_desk_backup_good);
}

static struct check_said key_files(const struct check_facts *f)
{
    return f->keys_readable ? SAID(CHECK_BAD, MSG_desk_key_files, MSG_desk_key_files_todo, 0)
                            : GOOD(MSG_desk_key_files_good);
}

static struct check_said clock_kept(const struct check_facts *f)
{
    if (f->ledger_ahead_us > CLOCK_BACK_S * BW_SECOND_US)
        return SAID(CHECK_BAD, MSG_desk_clock_back, MSG_desk_clock_back_todo,
                    f->ledger_ahead_us / BW_SECOND_US);
    return f->clock_synced ? GOOD(MSG_desk_clock_good)
                           : SAID(CHECK_WARN, MSG_desk_clock_free, MSG_desk_clock_free_todo, 0);
}

static struct check_said logging(const struct check_facts *f)
{
    return f->log_level == 0 ? SAID(CHECK_NOTE, MSG_desk_log, MSG_desk_log_todo, 0)
                             : GOOD(MSG_desk_log_good);
}

static struct check_said version(const struct check_facts *f)
{
    return (struct check_said){CHECK_GOOD, MSG_desk_version_good, MSG_desk_version_good, 0,
                               f->version};
}

const struct check_row check_table[] = {
    {"tls", MSG_desk_check_tls, tls},
    {"host", MSG_desk_check_host, host},
    {"cookies", MSG_desk_check_cookies, cookies},
    {"proxies", MSG_desk_check_proxies, proxies},
    {"demo", MSG_desk_check_demo, demo},
    {"password-cost", MSG_desk_check_password_cost, password_cost},
    {"password-length", MSG_desk_check_password_length, password_length},
    {"tries", MSG_desk_check_tries, tries},
    {"sessions", MSG_desk_check_sessions, sessions},
    {"second-step", MSG_desk_check_one_step, one_step},
    {"operators", MSG_desk_check_operators, operators},
    {"failed-sign-ins", MSG_desk_check_fails, fails},
    {"never-signed-in", MSG_desk_check_never, never},
    {"sole-administrators", MSG_desk_check_sole, sole},
    {"no-administrator", MSG_desk_check_without, without},
    {"keys-far", MSG_desk_check_keys_far, keys_far},
    {"keys-unused", MSG_desk_check_keys_unused, keys_unused},
    {"approvals", MSG_desk_check_approvals, approvals},
    {"privacy-requests", MSG_desk_check_requests, requests},
    {"privacy-contact", MSG_desk_check_contact, contact},
    {"checkpoint", MSG_desk_check_checkpoint, checkpoint},
    {"ledger", MSG_desk_check_verified, verified},
    {"database", MSG_desk_check_database, database},
    {"disk", MSG_desk_check_disk, disk},
    {"mail", MSG_desk_check_mail, mail},
    {"mail-tls", MSG_desk_check_mail_tls, mail_tls},
    {"jobs", MSG_desk_check_jobs, jobs},
    {"backup", MSG_desk_check_backup, backup},
    {"key-files", MSG_desk_check_key_files, key_files},
    {"clock", MSG_desk_check_clock, clock_kept},
    {"log", MSG_desk_check_log, logging},
    {"version", MSG_desk_check_version, version},
};
const size_t check_table_n = BW_COUNT(check_table);
