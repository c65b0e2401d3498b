/* SPDX-License-Identifier: Apache-2.0 */
/* watch_finding - reads of findings, and acknowledging them. A finding is told to one organisation
 * and the hub's staff: its audience says so, and the gate keeps to it. Any thread; writes: the
 * lane. */
#include "watch_int.h"

#define COLUMNS                                                                            \
    "f.id, f.public_id, f.organisation_id, f.ip, f.port, f.rsit_type, f.report, f.family," \
    " f.protocol, f.severity, f.state, f.first_us, f.last_us, f.count, n.address, n.bits"
/* A finding of rival claims has the network of one of them; whoever sees the finding sees that too.
 */
#define FROM " FROM v_finding f JOIN v_network n ON n.id = f.network_id"

enum { LIMIT_MAX = 1000 };

static enum bw_rc read_ip(struct bw_view bytes, struct bw_ip *ret, struct bw_err *err)
{
    if (bytes.n != sizeof(ret->b))
        return bw_fail_detail(err, BW_BROKEN, "internal error", "a finding's address");
    memcpy(ret->b, bytes.p, bytes.n);
    return BW_OK;
}

static enum bw_rc read_finding(const struct db_stmt *st, struct bw_arena *arena,
                               struct watch_finding *ret, struct bw_err *err)
{
    char text[BW_PREFIX_TEXT_MAX];
    struct bw_prefix prefix;
    struct bw_ip ip;
    *ret = (struct watch_finding){.id = db_int(st, 0),
                                  .organisation_id = db_int(st, 2),
                                  .port = (int32_t)db_int(st, 4),
                                  .severity = (int)db_int(st, 9),
                                  .state = (enum watch_finding_state)db_int(st, 10),
                                  .first_us = db_int(st, 11),
                                  .last_us = db_int(st, 12),
                                  .count = db_int(st, 13)};
    if (ret->severity < 0 || ret->severity > 4)
        return bw_fail_detail(err, BW_BROKEN, "internal error", "finding %ld: severity",
                              (long)ret->id);
    BW_TRY(WATCH_COPY(arena, st, 1, &ret->public_id, err));
    BW_TRY(WATCH_COPY(arena, st, 5, &ret->rsit_type, err));
    BW_TRY(WATCH_COPY(arena, st, 6, &ret->report, err));
    BW_TRY(WATCH_COPY(arena, st, 7, &ret->family, err));
    BW_TRY(WATCH_COPY(arena, st, 8, &ret->protocol, err));
    BW_TRY(read_ip(db_bytes(st, 3), &ip, err));
    BW_TRY(bw_view_copy(arena, bw_view_of(text, bw_ip_format(&ip, text)), &ret->ip, err));
    BW_TRY(read_ip(db_bytes(st, 14), &prefix.first, err));
    prefix.bits = (uint8_t)db_int(st, 15);
    return bw_view_copy(arena, bw_view_of(text, bw_prefix_format(&prefix, text)), &ret->network,
                        err);
}

/* The row that a cursor names; a cursor of another viewer's list is none. */
static enum bw_rc read_cursor(struct db *db, const struct viewer *viewer, struct bw_view after,
                              int64_t *ret_severity, int64_t *ret_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(
        db_query(db, viewer, "SELECT severity, id FROM v_finding WHERE public_id = ?1", &st, err));
    db_bind_text(st, 1, after);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, BW_INVALID, "the list has changed: begin again at its first page");
    BW_TRY(rc);
    *ret_severity = db_int(st, 0);
    *ret_id = db_int(st, 1);
    return BW_OK;
}

/* Nobody but staff sees findings of others, so for everybody else naming the organisation only
 * picks the index. */
static enum bw_rc ask(struct db *db, const struct viewer *viewer,
                      const struct watch_finding_filter *f, struct db_stmt **ret,
                      struct bw_err *err)
{
    struct db_sql q = DB_SQL("SELECT " COLUMNS FROM " WHERE 1 = 1");
    bool everybody = !f->own_only && f->customer_id == 0 &&
                     (role_is_staff(viewer->role) || viewer->role == ROLE_SYSTEM);
    int64_t severity = 0, id = 0;
    int at = 1;
    if (f->after.n)
        BW_TRY(read_cursor(db, viewer, f->after, &severity, &id, err));
    if (!everybody)
        db_sql_add(&q, " AND f.organisation_id = ?");
    if (f->state >= 0)
        db_sql_add(&q, " AND f.state = ?");
    if (f->after.n)
        db_sql_add(&q, " AND (f.severity, f.id) < (?, ?)");
    db_sql_add(&q, " ORDER BY f.severity DESC, f.id DESC LIMIT ?");
    BW_TRY(db_query_built(db, viewer, &q, ret, err));
    if (!everybody)
        db_bind_int(*ret, at++, f->customer_id ? f->customer_id : viewer->organisation_id);
    if (f->state >= 0)
        db_bind_int(*ret, at++, f->state);
    if (f->after.n) {
        db_bind_int(*ret, at++, severity);
        db_bind_int(*ret, at++, id);
    }
    db_bind_int(*ret, at, (int64_t)f->limit + 1);
    return BW_OK;
}

enum bw_rc watch_finding_list(struct db *db, const struct viewer *viewer,
                              const struct watch_finding_filter *f, struct bw_arena *arena,
                              struct watch_finding **ret, size_t *ret_n, bool *ret_more,
                              struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    size_t n = 0;
    BW_ASSERT(f->limit > 0 && f->limit <= LIMIT_MAX);
    struct watch_finding *list = BW_ARENA_ARRAY(arena, f->limit, struct watch_finding);
    if (!list)
        return bw_fail_memory(err);
    BW_TRY(ask(db, viewer, f, &st, err));
    enum bw_rc rc;
    while ((rc = db_row(st, err)) == BW_OK && n < f->limit)
        BW_TRY(read_finding(st, arena, &list[n++], err));
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = list;
    *ret_n = n;
    *ret_more = rc == BW_OK;
    return BW_OK;
}

enum bw_rc watch_finding_counts(struct db *db, const struct viewer *viewer,
                                int64_t ret_by_severity[5], struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    int64_t counts[5] = {0};
    enum bw_rc rc;
    BW_TRY(db_query(db, viewer,
                    "SELECT severity, count(*) FROM (SELECT severity FROM v_finding"
                    " WHERE organisation_id = ?1 AND state = 0 ORDER BY severity DESC, id DESC"
                    " LIMIT 5000) s GROUP BY severity",
                    &st, err));
    db_bind_int(st, 1, viewer->organisation_id);
    while ((rc = db_row(st, err)) == BW_OK)
        if (db_int(st, 0) >= 0 && db_int(st, 0) < 5)
            counts[db_int(st, 0)] = db_int(st, 1);
    if (rc != BW_NOT_FOUND)
        return rc;
    memcpy(ret_by_severity, counts, sizeof(counts));
    return BW_OK;
}

enum bw_rc watch_finding_get(struct db *db, const struct viewer *viewer, struct bw_view public_id,
                             struct bw_arena *arena, struct watch_finding *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer, "SELECT " COLUMNS FROM " WHERE f.public_id = ?1", &st, err));
    db_bind_text(st, 1, public_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such finding");
    BW_TRY(rc);
    return read_finding(st, arena, ret, err);
}

enum bw_rc watch_evidence_open(struct hub *hub, struct db *db, const struct viewer *viewer,
                               struct bw_view public_id, struct bw_buf *out, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    char aad[64];
    BW_TRY(db_query(db, viewer, "SELECT evidence FROM v_finding WHERE public_id = ?1", &st, err));
    db_bind_text(st, 1, public_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such finding");
    BW_TRY(rc);
    return crypto_open(hub->keyring, db_bytes(st, 0), watch_evidence_aad(public_id, aad), out, err);
}

enum bw_rc watch_finding_acknowledge(struct db_tx *tx, const struct viewer *viewer,
                                     struct bw_view public_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_AUTO(db_stmt) *change = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer,
                    "SELECT id, organisation_id, state, audience_id FROM v_finding"
                    " WHERE public_id = ?1",
                    &st, err));
    db_bind_text(st, 1, public_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such finding");
    BW_TRY(rc);
    int64_t id = db_int(st, 0), audience_id = db_int(st, 3);
    bool may = db_int(st, 1) == viewer->organisation_id;
    if (!may)
        BW_TRY(member_delegate_may(db_tx_db(tx), viewer, db_int(st, 1), DELEGATE_ACKNOWLEDGE,
                                   db_tx_now_us(tx), &may, err));
    if (!may)
        return bw_fail(err, BW_DENIED, "a finding is acknowledged by the organisation it concerns");
    if (db_int(st, 2) == WATCH_ACKNOWLEDGED)
        return BW_OK;
    BW_TRY(db_change(tx, "UPDATE finding SET state = 1 WHERE id = ?1", &change, err));
    db_bind_int(change, 1, id);
    BW_TRY(db_run(change, err));
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = LEDGER_FINDING_ACKNOWLEDGED,
                                                .object = public_id,
                                                .actor_id = viewer->person_id,
                                                .audience_id = audience_id},
                         err);
}
