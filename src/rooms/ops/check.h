/* SPDX-License-Identifier: Apache-2.0 */
/* check - the security self-check: what the hub knows of itself, and what to do about it.
 *
 * Two halves, so that every state can be tested without bringing a hub into it: facts are gathered
 * (check_facts.c), and a table of checks judges them (check_judge.c), pure. No fact is content: a
 * system administrator, who sees none, sees this page whole. */
#ifndef CHECK_H
#define CHECK_H

#include "member_desk.h"

struct check_facts {
    int64_t now_us;
    /* settings */
    bool https, any_host, secure_cookies, demo, smtp, smtp_tls, url_set, proxies;
    int64_t password_memory, password_length, signin_tries, session_idle_min, session_max_h,
        log_level, four_eyes_alone_h;
    bool contact; /* somebody is named for requests on personal data */
    bool tls_seen;
    /* people and keys */
    struct member_health people;
    int64_t requests_late; /* requests on personal data past their day */
    int64_t approvals_waiting;
    /* ledger */
    int64_t checkpoint_us, checkpoint_every_min, unsigned_events;
    bool checkpoint, checkpoint_good; /* there is one; its signature fits */
    int64_t verified_us;              /* last whole verification; 0: none */
    bool verified_good;
    /* machine */
    const char *engine;
    int64_t database_bytes, disk_free_bytes, disk_bytes; /* disk_bytes 0: not known */
    int64_t mail_waiting, mail_failed, mail_oldest_us;
    int64_t jobs_failed;
    int64_t backup_us;       /* 0: none known of */
    bool keys_readable;      /* a key file can be read by others */
    bool clock_synced;       /* as the kernel says */
    int64_t ledger_ahead_us; /* how far the ledger's last time lies before the clock's; > 0: so */
    const char *version;
};

enum check_level { CHECK_GOOD, CHECK_NOTE, CHECK_WARN, CHECK_BAD };

struct check_said {
    enum check_level level;
    enum i18n_msg said, todo; /* todo is shown unless level is CHECK_GOOD */
    int64_t n;                /* {n} of both */
    const char *what;         /* {what}; may be NULL */
};
struct check_row {
    const char *name; /* "tls" */
    enum i18n_msg title;
    struct check_said (*judge)(const struct check_facts *f);
};
extern const struct check_row check_table[];
extern const size_t check_table_n;

/* TLS_SEEN: this request came by it. */
BW_MUST_CHECK enum bw_rc check_facts_read(const struct hub *hub, struct db *db, bool tls_seen,
                                          struct check_facts *ret, struct bw_err *err);

/* What a job found out, kept for the page. NAME: "ledger", "backup". */
BW_MUST_CHECK enum bw_rc check_result_keep(struct db_tx *tx, struct bw_view name, bool good,
                                           struct bw_view text, struct bw_err *err);
/* BW_NOT_FOUND: never. */
BW_MUST_CHECK enum bw_rc check_result_last(struct db *db, struct bw_view name, int64_t *ret_at_us,
                                           bool *ret_good, struct bw_err *err);
/* Daily: recomputes the whole ledger and keeps what came out. */
enum bw_rc check_job_ledger(struct job *job, struct bw_err *err);

#endif
