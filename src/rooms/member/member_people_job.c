/* SPDX-License-Identifier: Apache-2.0 */
/* member_people_job - what happens to people and keys by the calendar: notices to dormant accounts
 * and their end, the announcement that a key expires, the end of delegations.
 *
 * Activity is any of: a session, an API key (TAXII too), the answer to one of the hub's mails.
 * Nobody is called dormant before the hub has watched for as long as the setting says. The last
 * person of an organisation who can be reached is never closed here: the desk is told. */
#include "member_people.h"

#include "bw_clock.h"
#include "bw_random.h"
#include "member_delegate.h"

enum { AT_ONCE = 100, NONCE = 16 };

enum bw_rc member_clock(struct db_tx *tx, int64_t *ret_since_us, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_AUTO(db_stmt) *put = NULL;
    BW_TRY(db_plain(db_tx_db(tx), "SELECT since_us FROM people_clock WHERE id = 1", &st, err));
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_OK) {
        *ret_since_us = db_int(st, 0);
        return BW_OK;
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    *ret_since_us = db_tx_now_us(tx);
    BW_TRY(db_change(tx, "INSERT INTO people_clock (id, since_us) VALUES (1, ?1)", &put, err));
    db_bind_int(put, 1, *ret_since_us);
    return db_run(put, err);
}

/* -- dormant accounts -------------------------------------------------------------------------- */

struct pass {
    const struct settings *settings;
    int64_t months, did;
    int64_t before_us; /* no sign of life after this */
};

/* Nothing of a person since ?1. */
#define SILENT                                                                            \
    " p.created_us < ?1 AND NOT EXISTS (SELECT 1 FROM session s WHERE s.person_id = p.id" \
    " AND s.seen_us >= ?1) AND NOT EXISTS (SELECT 1 FROM api_key k"                       \
    " WHERE k.person_id = p.id AND k.used_us >= ?1) AND NOT EXISTS (SELECT 1"             \
    " FROM person_sign g WHERE g.person_id = p.id AND g.at_us >= ?1)"

static enum bw_rc read_ids(struct db_stmt *st, int64_t ids[AT_ONCE], size_t *ret_n,
                           struct bw_err *err)
{
    enum bw_rc rc = BW_OK;
    size_t n = 0;
    while (n < AT_ONCE && (rc = db_row(st, err)) == BW_OK)
        ids[n++] = db_int(st, 0);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret_n = n;
    return BW_OK;
}

/* Others of the organisation through whom it can be reached. */
static enum bw_rc others_there(struct db_tx *tx, const struct member_target *t, int64_t *ret,
                               struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("whether anybody of an organisation is left"),
                    "SELECT count(*) FROM v_person p WHERE p.organisation_id = ?1 AND p.id <> ?2"
                    " AND p.state = 0 AND p.role <> 10",
                    &st, err));
    db_bind_int(st, 1, t->organisation_id);
    db_bind_int(st, 2, t->id);
    BW_TRY(db_row(st, err));
    *ret = db_int(st, 0);
    return BW_OK;
}

static enum bw_rc put_notice(struct db_tx *tx, int64_t person_id, bool kept, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    uint8_t nonce[NONCE];
    bw_random_bytes(BW_RANDOM_SECRET, nonce, sizeof(nonce));
    BW_TRY(db_change(tx,
                     "INSERT INTO person_notice (person_id, noticed_us, kept, nonce)"
                     " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (person_id) DO UPDATE"
                     " SET kept = excluded.kept",
                     &st, err));
    db_bind_int(st, 1, person_id);
    db_bind_int(st, 2, db_tx_now_us(tx));
    db_bind_int(st, 3, kept);
    db_bind_bytes(st, 4, bw_view_of((const char *)nonce, sizeof(nonce)));
    return db_run(st, err);
}

static enum bw_rc notice_some(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct pass *p = arg;
    int64_t since_us, ids[AT_ONCE];
    size_t n = 0;
    p->did = 0;
    p->before_us = db_tx_now_us(tx) - member_months_us(p->months);
    BW_TRY(member_clock(tx, &since_us, err));
    if (since_us > p->before_us)
        return BW_OK;
    {
        BW_AUTO(db_stmt) *st = NULL;
        BW_TRY(
            db_query(db_tx_db(tx), viewer_system("who has given no sign of life"),
                     "SELECT p.id FROM v_person p JOIN v_organisation o"
                     " ON o.id = p.organisation_id WHERE p.state = 0 AND o.state = 0"
                     " AND p.role IN (1, 2, 10) AND NOT EXISTS (SELECT 1 FROM person_notice n WHERE"
                     " n.person_id = p.id) AND" SILENT " ORDER BY p.id LIMIT 100",
                     &st, err));
        db_bind_int(st, 1, p->before_us);
        BW_TRY(read_ids(st, ids, &n, err));
    }
    for (size_t i = 0; i < n; i++) {
        struct member_target t;
        BW_TRY(member_target_key(tx, ids[i], &t, err));
        BW_TRY(put_notice(tx, t.id, false, err));
        BW_TRY(member_tell(tx, LEDGER_PERSON_NOTICED, bw_view_z(t.public_id.text), 0, t.audience_id,
                           NULL, BW_V(""), NULL, BW_V(""), err));
    }
    p->did = (int64_t)n;
    return BW_OK;
}

/* A notice that a sign of life has answered. */
static enum bw_rc drop_answered(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    (void)arg;
    BW_TRY(db_change(tx,
                     "DELETE FROM person_notice WHERE EXISTS (SELECT 1 FROM session s"
                     " WHERE s.person_id = person_notice.person_id"
                     " AND s.seen_us > person_notice.noticed_us) OR EXISTS (SELECT 1 FROM api_key k"
                     " WHERE k.person_id = person_notice.person_id"
                     " AND k.used_us > person_notice.noticed_us)",
                     &st, err));
    return db_run(st, err);
}

static enum bw_rc close_one(struct db_tx *tx, int64_t id, struct bw_err *err)
{
    struct member_target t;
    int64_t others;
    BW_TRY(member_target_key(tx, id, &t, err));
    BW_TRY(others_there(tx, &t, &others, err));
    if (others || t.role == ROLE_SERVICE)
        return member_leave(tx, 0, &t, BW_V("dormant"), err);
    BW_TRY(put_notice(tx, t.id, true, err));
    return member_tell(tx, LEDGER_PERSON_KEPT, bw_view_z(t.public_id.text), 0, t.audience_id, NULL,
                       BW_V(""), NULL, BW_V(""), err);
}

static enum bw_rc close_some(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct pass *p = arg;
    int64_t ids[AT_ONCE];
    size_t n = 0;
    {
        BW_AUTO(db_stmt) *st = NULL;
        BW_TRY(db_query(db_tx_db(tx), viewer_system("whose notice has run out"),
                        "SELECT p.id FROM person_notice n JOIN v_person p ON p.id = n.person_id"
                        " JOIN v_organisation o ON o.id = p.organisation_id"
                        " WHERE n.noticed_us < ?1 AND n.kept = 0 AND p.state = 0 AND o.state = 0"
                        " ORDER BY p.id LIMIT 100",
                        &st, err));
        db_bind_int(st, 1, db_tx_now_us(tx) - MEMBER_NOTICE_US);
        BW_TRY(read_ids(st, ids, &n, err));
    }
    for (size_t i = 0; i < n; i++)
        BW_TRY(close_one(tx, ids[i], err));
    p->did = (int64_t)n;
    return BW_OK;
}

enum bw_rc member_dormant_run(struct hub *hub, struct bw_err *err)
{
    struct pass p = {.months = setting_int(hub->settings, SETTING_DORMANT_MONTHS)};
    BW_TRY(db_write(hub->db, drop_answered, NULL, err));
    do {
        BW_TRY(db_write(hub->db, close_some, &p, err));
    } while (p.did == AT_ONCE);
    do {
        BW_TRY(db_write(hub->db, notice_some, &p, err));
    } while (p.did == AT_ONCE);
    return BW_OK;
}

/* -- keys -------------------------------------------------------------------------------------- */

/* A key that lives shorter than the warning is no surprise when it ends. */
static enum bw_rc warn_some(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct pass *p = arg;
    BW_AUTO(db_stmt) *st = NULL;
    BW_AUTO(db_stmt) *mark = NULL;
    enum bw_rc rc;
    p->did = 0;
    BW_TRY(db_plain(db_tx_db(tx),
                    "SELECT id, public_id FROM api_key WHERE ended_us IS NULL"
                    " AND warned_us IS NULL AND replaced_us IS NULL AND expires_us > ?1"
                    " AND expires_us < ?2 AND expires_us - created_us > ?3 ORDER BY id LIMIT 100",
                    &st, err));
    db_bind_int(st, 1, db_tx_now_us(tx));
    db_bind_int(st, 2, db_tx_now_us(tx) + MEMBER_KEY_WARN_US);
    db_bind_int(st, 3, MEMBER_KEY_WARN_US);
    BW_TRY(db_change(tx, "UPDATE api_key SET warned_us = ?2 WHERE id = ?1", &mark, err));
    while ((rc = db_row(st, err)) == BW_OK) {
        db_bind_int(mark, 1, db_int(st, 0));
        db_bind_int(mark, 2, db_tx_now_us(tx));
        BW_TRY(db_run(mark, err));
        db_again(mark);
        BW_TRY(member_tell(tx, LEDGER_KEY_EXPIRING, db_text(st, 1), 0, 0, NULL, BW_V(""), NULL,
                           BW_V(""), err));
        p->did++;
    }
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

enum bw_rc member_key_warn_run(struct hub *hub, struct bw_err *err)
{
    struct pass p = {0};
    do {
        BW_TRY(db_write(hub->db, warn_some, &p, err));
    } while (p.did == AT_ONCE);
    return BW_OK;
}

/* -- jobs -------------------------------------------------------------------------------------- */

enum bw_rc member_job_day(struct job *job, struct bw_err *err)
{
    struct hub *hub = job_arg(job);
    BW_TRY(member_review_run(hub, err));
    BW_TRY(member_dormant_run(hub, err));
    return member_key_warn_run(hub, err);
}

enum bw_rc member_job_minute(struct job *job, struct bw_err *err)
{
    return member_delegation_expire(job_arg(job), err);
}
