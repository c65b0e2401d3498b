/* SPDX-License-Identifier: Apache-2.0 */
/* watch_chunk - some two hundred findings in one transaction: rows, counted observations, ledger
 * events. Sealing and everything else that takes time is done before the lane is asked. */
#include "watch_intake.h"

#include "bw_fault.h"
#include "json_write.h"

#include <stdio.h>

enum { SEALED_BYTES_MAX = 16 << 20, ARENA_BYTES = 64 << 20 };

struct writing {
    struct watch_chunk *c;
    struct bw_arena *arena;
    struct bw_view sealed[WATCH_CHUNK];
    struct bw_view organisation[WATCH_CHUNK]; /* public id of each row's; empty: the staff's */
    struct watch_alert alert;                 /* of this run: fn may run twice */
};

/* -- before the lane --------------------------------------------------------------------------- */

struct bw_view watch_evidence_aad(struct bw_view public_id, char out[64])
{
    int n = snprintf(out, 64, "finding/%.*s/evidence", BW_VF(public_id));
    BW_ASSERT(n > 0 && n < 64);
    return bw_view_of(out, (size_t)n);
}

/* With the header at hand: a line "column: value" for each filled cell, which is what a person can
 * read; the line itself stays in the artifact. */
static enum bw_rc put_cells(struct bw_view columns, struct bw_view line, struct bw_arena *arena,
                            struct bw_buf *out, struct bw_err *err)
{
    struct bw_view name, value;
    while (watch_csv_cell(&line, arena, &value)) {
        if (!watch_csv_cell(&columns, arena, &name))
            name = BW_V("?");
        if (value.n == 0)
            continue;
        bw_buf_view(out, name);
        BW_BUF_LIT(out, ": ");
        for (size_t i = 0; i < value.n; i++)
            bw_buf_byte(out, value.p[i] == '\n' || value.p[i] == '\r' ? ' ' : value.p[i]);
        bw_buf_byte(out, '\n');
    }
    return bw_buf_rc(out, "evidence", err);
}

static enum bw_rc seal(struct writing *w, size_t i, struct bw_err *err)
{
    const struct watch_pending *p = &w->c->rows[i];
    BW_AUTO_BUF plain = BW_BUF_INIT(SEALED_BYTES_MAX);
    BW_AUTO_BUF sealed = BW_BUF_INIT(SEALED_BYTES_MAX);
    char aad[64];
    if (w->c->reporter.n) { /* whoever reads it must know that it is a member's word */
        BW_BUF_LIT(&plain, "reported_by: ");
        bw_buf_view(&plain, w->c->reporter);
        bw_buf_byte(&plain, '\n');
    }
    if (w->c->columns.n)
        BW_TRY(put_cells(w->c->columns, p->evidence, w->arena, &plain, err));
    else
        bw_buf_view(&plain, p->evidence);
    enum bw_rc rc =
        crypto_seal(w->c->hub->keyring, bw_buf_text(&plain),
                    watch_evidence_aad(bw_view_z(p->public_id.text), aad), &sealed, err);
    if (plain.n)
        crypto_wipe(plain.p, plain.n);
    BW_TRY(rc);
    return bw_view_copy(w->arena, bw_buf_text(&sealed), &w->sealed[i], err);
}

static enum bw_rc prepare(struct writing *w, struct bw_err *err)
{
    BW_AUTO(db) *db = NULL;
    BW_TRY(db_open(w->c->hub->db, &db, err));
    for (size_t i = 0; i < w->c->n; i++) {
        int64_t id = w->c->rows[i].told.organisation_id;
        BW_TRY(seal(w, i, err));
        if (i > 0 && w->c->rows[i - 1].told.organisation_id == id) {
            w->organisation[i] = w->organisation[i - 1];
        } else if (id) {
            struct member_organisation o;
            BW_TRY(member_organisation_get(db, viewer_system("whom an alert is for"), id, w->arena,
                                           &o, err));
            w->organisation[i] = o.public_id;
        }
    }
    return BW_OK;
}

/* -- in the lane ------------------------------------------------------------------------------- */

static enum bw_rc check_version(struct db_tx *tx, const struct writing *w, struct bw_err *err)
{
    int64_t version;
    BW_TRY(watch_match_version_read(db_tx_db(tx), &version, err));
    return version == w->c->version ? BW_OK : bw_fail(err, BW_CONFLICT, "networks have changed");
}

static void bind_key(struct db_stmt *st, const struct watch_pending *p)
{
    db_bind_bytes(st, 1, bw_view_of((const char *)p->ip.b, sizeof(p->ip.b)));
    db_bind_int(st, 2, p->day);
    db_bind_text(st, 3, p->rsit_type);
    db_bind_text(st, 4, p->family);
    db_bind_int(st, 5, p->port);
    db_bind_int(st, 6, p->told.organisation_id);
}

/* BW_NOT_FOUND: the finding is there already. */
static enum bw_rc open_finding(struct db_tx *tx, const struct watch_pending *p,
                               struct bw_view sealed, int64_t audience_id, int64_t *ret_id,
                               struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "INSERT INTO finding (ip, day, rsit_type, family, port, organisation_id,"
                     " public_id, network_id, report, protocol, severity, state, first_us, last_us,"
                     " count, evidence, audience_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
                     " ?10, ?11, 0, ?12, ?13, 0, ?14, ?15)"
                     " ON CONFLICT (ip, day, rsit_type, family, port, organisation_id) DO NOTHING"
                     " RETURNING id",
                     &st, err));
    bind_key(st, p);
    db_bind_text(st, 7, bw_view_z(p->public_id.text));
    db_bind_int(st, 8, p->told.network_id);
    db_bind_text(st, 9, p->report);
    db_bind_text(st, 10, p->protocol);
    db_bind_int(st, 11, p->severity);
    db_bind_int(st, 12, p->first_us);
    db_bind_int(st, 13, p->last_us);
    db_bind_bytes(st, 14, sealed);
    db_bind_int(st, 15, audience_id);
    BW_TRY(db_row(st, err));
    *ret_id = db_int(st, 0);
    return BW_OK;
}

static enum bw_rc find_finding(struct db_tx *tx, const struct watch_pending *p, int64_t *ret_id,
                               int64_t *ret_count, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("a report is counted on the finding it belongs to"),
                    "SELECT id, count FROM v_finding WHERE ip = ?1 AND day = ?2 AND rsit_type = ?3"
                    " AND family = ?4 AND port = ?5 AND organisation_id = ?6",
                    &st, err));
    bind_key(st, p);
    BW_TRY(db_row(st, err));
    *ret_id = db_int(st, 0);
    *ret_count = db_int(st, 1);
    return BW_OK;
}

/* Adds the observations that the finding has not counted yet. */
static enum bw_rc add_marks(struct db_tx *tx, const struct watch_pending *p, int64_t id,
                            int64_t count, int64_t *ret_added, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    int64_t added = 0;
    BW_TRY(db_change(tx,
                     "INSERT INTO finding_seen (finding_id, mark) VALUES (?1, ?2)"
                     " ON CONFLICT (finding_id, mark) DO NOTHING",
                     &st, err));
    for (uint32_t i = 0; i < p->n_marks && count + added < WATCH_SEEN_MAX; i++) {
        db_bind_int(st, 1, id);
        db_bind_int(st, 2, p->marks[i]);
        BW_TRY(db_run(st, err));
        added += db_changes(st);
        db_again(st);
    }
    *ret_added = added;
    return BW_OK;
}

static enum bw_rc count_up(struct db_tx *tx, const struct watch_pending *p, int64_t id,
                           int64_t added, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE finding SET count = count + ?2,"
                     " first_us = CASE WHEN ?3 < first_us THEN ?3 ELSE first_us END,"
                     " last_us = CASE WHEN ?4 > last_us THEN ?4 ELSE last_us END,"
                     " severity = CASE WHEN ?5 > severity THEN ?5 ELSE severity END WHERE id = ?1",
                     &st, err));
    db_bind_int(st, 1, id);
    db_bind_int(st, 2, added);
    db_bind_int(st, 3, p->first_us);
    db_bind_int(st, 4, p->last_us);
    db_bind_int(st, 5, p->severity);
    return db_post(st, err);
}

static enum bw_rc write_row(struct db_tx *tx, struct watch_pending *p, struct bw_view sealed,
                            int64_t audience_id, struct bw_err *err)
{
    int64_t id, count = 0, added;
    enum bw_rc rc = open_finding(tx, p, sealed, audience_id, &id, err);
    p->opened = rc == BW_OK;
    if (rc == BW_NOT_FOUND)
        rc = find_finding(tx, p, &id, &count, err);
    BW_TRY(rc);
    BW_TRY(add_marks(tx, p, id, count, &added, err));
    return added ? count_up(tx, p, id, added, err) : BW_OK;
}

/* -- telling ----------------------------------------------------------------------------------- */

static enum bw_rc append(struct db_tx *tx, struct bw_view finding, struct bw_view organisation,
                         int64_t audience_id, int64_t count, int worst, struct bw_err *err)
{
    BW_AUTO_BUF payload = BW_BUF_INIT(1024);
    struct json_writer w;
    json_w_open(&w, &payload);
    json_w_object(&w);
    json_w_kv(&w, "organisation", organisation);
    json_w_kv_int(&w, "count", count);
    json_w_kv_int(&w, "worst", worst);
    json_w_object_end(&w);
    json_w_close(&w);
    BW_TRY(bw_buf_rc(&payload, "payload", err));
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = LEDGER_FINDING_OPENED,
                                                .object = finding,
                                                .audience_id = audience_id,
                                                .payload = bw_buf_text(&payload)},
                         err);
}

/* Rows [from, to) are one organisation's; END: it has no further ones in this flush. */
static enum bw_rc tell(struct db_tx *tx, struct writing *w, size_t from, size_t to, bool end,
                       int64_t audience_id, struct bw_err *err)
{
    const struct watch_pending *rows = w->c->rows;
    struct watch_alert *a = &w->alert;
    if (a->organisation_id != rows[from].told.organisation_id)
        *a = (struct watch_alert){.organisation_id = rows[from].told.organisation_id};
    for (size_t i = from; i < to; i++) {
        if (!rows[i].opened)
            continue;
        if (a->held == 0 || rows[i].severity > a->held_worst) {
            a->held_worst = rows[i].severity;
            a->held_id = rows[i].public_id;
        }
        a->held++;
    }
    if (a->held == 0 || (a->told && !end))
        return BW_OK;
    BW_TRY(append(tx, bw_view_z(a->held_id.text), w->organisation[from], audience_id, a->held,
                  a->held_worst, err));
    a->told = true;
    a->held = 0;
    return BW_OK;
}

static enum bw_rc write_chunk(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct writing *w = arg;
    const struct watch_chunk *c = w->c;
    w->alert = c->alert;
    BW_TRY(check_version(tx, w, err));
    for (size_t from = 0, to; from < c->n; from = to) {
        int64_t organisation_id = c->rows[from].told.organisation_id, audience_id;
        BW_TRY(watch_row_audience(tx, organisation_id, &audience_id, err));
        for (to = from; to < c->n && c->rows[to].told.organisation_id == organisation_id; to++)
            BW_TRY(write_row(tx, &c->rows[to], w->sealed[to], audience_id, err));
        BW_TRY(tell(tx, w, from, to, to < c->n || c->last, audience_id, err));
    }
    return BW_OK;
}

enum bw_rc watch_chunk_write(struct watch_chunk *c, struct bw_err *err)
{
    BW_AUTO_HEAP struct writing *w = bw_calloc(1, sizeof(*w));
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_BYTES);
    BW_ASSERT(c->n > 0 && c->n <= WATCH_CHUNK);
    if (!w || !arena)
        return bw_fail_memory(err);
    w->c = c;
    w->arena = arena;
    BW_TRY(prepare(w, err));
    BW_TRY(db_write(c->hub->db, write_chunk, w, err));
    c->alert = w->alert;
    return BW_OK;
}
