/* SPDX-License-Identifier: Apache-2.0 */
/* check_facts - what the hub knows of itself; see check.h. Reads counts and states, no content. */
#include "check.h"

#include "bw_log.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>

static void read_settings(const struct hub *hub, struct check_facts *f)
{
    const struct settings *s = hub->settings;
    f->https = bw_view_starts(hub->url, BW_V("https://"));
    f->url_set = setting_text(s, SETTING_URL).n > 0;
    f->any_host = hub->any_host;
    f->secure_cookies = hub->secure_cookies;
    f->demo = hub->demo;
    f->smtp = setting_text(s, SETTING_SMTP_URL).n > 0;
    f->smtp_tls = setting_int(s, SETTING_SMTP_TLS) != 0;
    f->proxies = setting_text(s, SETTING_TRUSTED_PROXIES).n > 0;
    f->password_memory = setting_int(s, SETTING_PASSWORD_MEMORY);
    f->password_length = setting_int(s, SETTING_PASSWORD_LENGTH);
    f->signin_tries = setting_int(s, SETTING_SIGNIN_TRIES);
    f->session_idle_min = setting_int(s, SETTING_SESSION_IDLE);
    f->session_max_h = setting_int(s, SETTING_SESSION_MAX);
    f->log_level = setting_int(s, SETTING_LOG_LEVEL);
    f->checkpoint_every_min = setting_int(s, SETTING_CHECKPOINT);
    f->four_eyes_alone_h = setting_int(s, SETTING_FOUR_EYES_ALONE);
    f->contact = setting_text(s, SETTING_PRIVACY_CONTACT).n > 0;
}

/* -- ledger ------------------------------------------------------------------------------------ */

static enum bw_rc read_checkpoint(const struct hub *hub, struct db *db, struct check_facts *f,
                                  struct bw_err *err)
{
    BW_AUTO_BUF text = BW_BUF_INIT(1024);
    struct ledger_checkpoint c;
    int64_t next;
    BW_TRY(ledger_next(db, &next, err));
    f->unsigned_events = next;
    enum bw_rc rc = ledger_checkpoint_last(db, &c, err);
    if (rc == BW_NOT_FOUND)
        return BW_OK;
    BW_TRY(rc);
    f->checkpoint = true;
    f->checkpoint_us = c.at_us;
    f->unsigned_events = next - c.size;
    if (!hub->signer)
        return BW_OK;
    const struct crypto_public_key key = crypto_signer_public(hub->signer);
    ledger_checkpoint_text(&c, &text);
    BW_TRY(bw_buf_rc(&text, "checkpoint", err));
    f->checkpoint_good = crypto_verify(&key, bw_buf_text(&text), &c.signature);
    return BW_OK;
}

/* A clock that was put back shows: the ledger's times only rise. */
static enum bw_rc read_clock(struct db *db, struct check_facts *f, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct timex t = {0};
    f->clock_synced = adjtimex(&t) != TIME_ERROR;
    BW_TRY(db_plain(db, "SELECT added_us FROM ledger_state WHERE id = 1", &st, err));
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return BW_OK;
    BW_TRY(rc);
    f->ledger_ahead_us = db_int(st, 0) - f->now_us;
    return BW_OK;
}

enum bw_rc check_result_last(struct db *db, struct bw_view name, int64_t *ret_at_us, bool *ret_good,
                             struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db, "SELECT at_us, good FROM check_result WHERE name = ?1", &st, err));
    db_bind_text(st, 1, name);
    BW_TRY(db_row(st, err));
    *ret_at_us = db_int(st, 0);
    *ret_good = db_int(st, 1) != 0;
    return BW_OK;
}

enum bw_rc check_result_keep(struct db_tx *tx, struct bw_view name, bool good, struct bw_view text,
                             struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "INSERT INTO check_result (name, at_us, good, text) VALUES (?1, ?2, ?3, ?4)"
                     " ON CONFLICT (name) DO UPDATE SET at_us = excluded.at_us,"
                     " good = excluded.good, text = excluded.text",
                     &st, err));
    db_bind_text(st, 1, name);
    db_bind_int(st, 2, db_tx_now_us(tx));
    db_bind_int(st, 3, good);
    db_bind_text(st, 4, bw_utf8_head(text, 500));
    return db_run(st, err);
}

struct verified {
    bool good;
    struct bw_view text;
};

static enum bw_rc keep_verified(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct verified *v = arg;
    return check_result_keep(tx, BW_V("ledger"), v->good, v->text, err);
}

enum bw_rc check_job_ledger(struct job *job, struct bw_err *err)
{
    const struct hub *hub = job_arg(job);
    const struct crypto_public_key key = crypto_signer_public(hub->signer);
    struct ledger_report r;
    struct bw_err why = {0};
    enum bw_rc rc;
    {
        BW_AUTO(db) *db = NULL;
        BW_TRY(db_open(hub->db, &db, err));
        rc = ledger_verify(db, &key, &r, &why);
    }
    if (rc != BW_OK && rc != BW_BROKEN) {
        *err = why;
        return rc;
    }
    if (rc == BW_BROKEN)
        bw_log(BW_LOG_ERROR, "ledger.broken", BW_FZ("message", why.message));
    struct verified v = {rc == BW_OK, rc == BW_OK ? BW_V("") : bw_view_z(why.message)};
    return db_write(hub->db, keep_verified, &v, err);
}

static enum bw_rc last_or_never(struct db *db, const char *name, int64_t *ret_us, bool *ret_good,
                                struct bw_err *err)
{
    enum bw_rc rc = check_result_last(db, bw_view_z(name), ret_us, ret_good, err);
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

/* -- machine ----------------------------------------------------------------------------------- */

static bool read_by_others(const char *dir, const char *name)
{
    char path[4096];
    struct stat st;
    int n = snprintf(path, sizeof(path), "%s/keys/%s", dir, name);
    return n > 0 && (size_t)n < sizeof(path) && stat(path, &st) == 0 && (st.st_mode & 077);
}

static enum bw_rc read_machine(const struct hub *hub, struct check_facts *f, struct bw_err *err)
{
    struct statvfs fs;
    struct mail_count mail = {0};
    f->engine = db_engine_name(hub->db);
    f->version = BW_VERSION;
    BW_TRY(db_engine_size(hub->db, &f->database_bytes, err));
    if (statvfs(hub->data_dir, &fs) == 0) {
        f->disk_bytes = (int64_t)fs.f_blocks * (int64_t)fs.f_frsize;
        f->disk_free_bytes = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
    }
    if (hub->mail)
        BW_TRY(mail_spool_count(hub->mail, &mail, err));
    f->mail_waiting = mail.waiting;
    f->mail_failed = mail.failed;
    f->mail_oldest_us = mail.oldest_us;
    f->keys_readable =
        read_by_others(hub->data_dir, "seal.key") || read_by_others(hub->data_dir, "ledger.key");
    return BW_OK;
}

static enum bw_rc count_of(struct db_stmt *st, int64_t *ret, struct bw_err *err)
{
    BW_TRY(db_row(st, err));
    *ret = db_int(st, 0);
    return BW_OK;
}

static enum bw_rc read_waiting(struct db *db, struct check_facts *f, struct bw_err *err)
{
    BW_AUTO(db_stmt) *jobs = NULL;
    BW_AUTO(db_stmt) *requests = NULL;
    BW_AUTO(db_stmt) *approvals = NULL;
    BW_TRY(db_plain(db, "SELECT count(*) FROM job WHERE phase = 4", &jobs, err));
    BW_TRY(count_of(jobs, &f->jobs_failed, err));
    BW_TRY(db_query(db, viewer_system("self-check: requests past their day, as a number"),
                    "SELECT count(*) FROM v_privacy_request WHERE state = 0 AND due_us < ?1",
                    &requests, err));
    db_bind_int(requests, 1, f->now_us);
    BW_TRY(count_of(requests, &f->requests_late, err));
    BW_TRY(db_query(db,
                    viewer_system("self-check: acts that wait for a second person, as a number"),
                    "SELECT count(*) FROM v_approval WHERE state = 0 AND expires_us > ?1",
                    &approvals, err));
    db_bind_int(approvals, 1, f->now_us);
    return count_of(approvals, &f->approvals_waiting, err);
}

enum bw_rc check_facts_read(const struct hub *hub, struct db *db, bool tls_seen,
                            struct check_facts *ret, struct bw_err *err)
{
    struct check_facts f = {.now_us = bw_now_us(), .tls_seen = tls_seen};
    bool backup_good;
    read_settings(hub, &f);
    BW_TRY(member_health_read(db, f.now_us, &f.people, err));
    BW_TRY(read_checkpoint(hub, db, &f, err));
    BW_TRY(read_clock(db, &f, err));
    BW_TRY(last_or_never(db, "ledger", &f.verified_us, &f.verified_good, err));
    BW_TRY(last_or_never(db, "backup", &f.backup_us, &backup_good, err));
    BW_TRY(read_waiting(db, &f, err));
    BW_TRY(read_machine(hub, &f, err));
    *ret = f;
    return BW_OK;
}
