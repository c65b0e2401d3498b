/* SPDX-License-Identifier: Apache-2.0 */
/* feed_import - one file in: kept, recognised, handed on, reported.
 *
 * A report goes through in blocks of rows, matched outside the write lane (room `watch`). A file
 * that was imported before says "same" for every row, and is matched all the same: a network may
 * have been verified since. Threads: a worker, or the command line. */
#include "feed_int.h"

#include "bw_clock.h"
#include "bw_fault.h"
#include "json_write.h"

#include <stdio.h>

enum { BLOCK_ROWS = 2048, MIB = 1 << 20 };

struct importing {
    const struct feed_import_in *in;
    struct feed_result *result;
    int64_t audience_id, artifact_id, import_id;
    struct bw_id public_id;
    bool before;       /* this file was imported to its end earlier */
    int64_t newest_us; /* of the rows taken */
};

/* -- the file itself --------------------------------------------------------------------------- */

/* A report holds what others are concerned by: its owner and the hub's staff may read it. A list is
 * its owner's, under TLP:RED the sender's alone. */
static enum bw_rc intern(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct importing *im = arg;
    const struct viewer *v = im->in->viewer;
    const struct grant own[] = {{GRANT_ORGANISATION, v->organisation_id}, {GRANT_ROLE, ROLE_STAFF}};
    const struct grant person = {GRANT_PERSON, v->person_id};
    bool list = bw_view_is(im->result->kind, "list");
    if (list && im->in->tlp == TLP_RED)
        return audience_intern(tx, TLP_RED, &person, 1, &im->audience_id, err);
    return audience_intern(tx, TLP_AMBER_STRICT, own, list ? 1 : 2, &im->audience_id, err);
}

static enum bw_rc keep_bytes(struct importing *im, struct bw_view media_type, struct bw_err *err)
{
    bool known;
    BW_TRY(db_write(im->in->hub->db, intern, im, err));
    const struct artifact_in a = {.bytes = im->in->bytes,
                                  .media_type = media_type,
                                  .name = bw_utf8_valid(im->in->name)
                                              ? bw_utf8_head(im->in->name, 255)
                                              : (struct bw_view){NULL, 0},
                                  .owner_id = im->in->viewer->organisation_id,
                                  .audience_id = im->audience_id};
    return artifact_put(im->in->hub->db, &a, &im->artifact_id, &known, err);
}

static enum bw_rc begin(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct importing *im = arg;
    BW_AUTO(db_stmt) *st = NULL;
    BW_AUTO(db_stmt) *insert = NULL;
    im->public_id = bw_id_new();
    BW_TRY(db_query(db_tx_db(tx), im->in->viewer,
                    "SELECT id, done_us FROM v_file_import WHERE artifact_id = ?1 AND kind = ?2",
                    &st, err));
    db_bind_int(st, 1, im->artifact_id);
    db_bind_text(st, 2, im->result->kind);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_OK) {
        im->import_id = db_int(st, 0);
        im->before = !db_null(st, 1);
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    BW_TRY(
        db_change(tx,
                  "INSERT INTO file_import (public_id, artifact_id, kind, person_id, audience_id,"
                  " taken, refused, started_us) VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, ?6)"
                  " RETURNING id",
                  &insert, err));
    db_bind_text(insert, 1, bw_view_z(im->public_id.text));
    db_bind_int(insert, 2, im->artifact_id);
    db_bind_text(insert, 3, im->result->kind);
    db_bind_int(insert, 4, im->in->viewer->person_id);
    db_bind_int(insert, 5, im->audience_id);
    db_bind_int(insert, 6, db_tx_now_us(tx));
    BW_TRY(db_row(insert, err));
    im->import_id = db_int(insert, 0);
    im->before = false;
    return BW_OK;
}

static enum bw_rc append(struct db_tx *tx, const struct importing *im, struct bw_err *err)
{
    const struct intel_report *r = &im->result->report;
    BW_AUTO_BUF payload = BW_BUF_INIT(1024);
    struct json_writer w;
    json_w_open(&w, &payload);
    json_w_object(&w);
    json_w_kv(&w, "kind", im->result->kind);
    json_w_kv_int(&w, "taken", r->taken);
    json_w_kv_int(&w, "same", r->same);
    json_w_kv_int(&w, "refused", r->refused);
    json_w_object_end(&w);
    json_w_close(&w);
    BW_TRY(bw_buf_rc(&payload, "payload", err));
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = LEDGER_IMPORT_DONE,
                                                .object = bw_view_z(im->public_id.text),
                                                .actor_id = im->in->viewer->person_id,
                                                .audience_id = im->audience_id,
                                                .payload = bw_buf_text(&payload)},
                         err);
}

static enum bw_rc finish(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct importing *im = arg;
    const struct intel_report *r = &im->result->report;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE file_import SET taken = ?2, refused = ?3, done_us = ?4 WHERE id = ?1",
                     &st, err));
    db_bind_int(st, 1, im->import_id);
    db_bind_int(st, 2, r->taken);
    db_bind_int(st, 3, r->refused);
    db_bind_int(st, 4, db_tx_now_us(tx));
    BW_TRY(db_run(st, err));
    if (im->newest_us)
        BW_TRY(watch_report_came(tx, im->in->viewer, im->result->kind, im->newest_us, err));
    return append(tx, im, err);
}

/* -- reports ----------------------------------------------------------------------------------- */

struct block {
    struct watch_event *events;
    size_t n;
};

/* False: the report is at its end. */
static bool fill_block(struct importing *im, struct feed_rows *rows, struct block *b)
{
    enum feed_row got = FEED_ROW_EVENT;
    feed_rows_forget(rows);
    for (b->n = 0; b->n < BLOCK_ROWS && got != FEED_ROW_END;) {
        struct bw_err why = {0};
        char where[32];
        size_t line;
        got = feed_rows_next(rows, &b->events[b->n], &line, &why);
        if (got == FEED_ROW_EVENT) {
            if (b->events[b->n].seen_us > im->newest_us)
                im->newest_us = b->events[b->n].seen_us;
            b->n++;
        } else if (got == FEED_ROW_REFUSED) {
            int n = snprintf(where, sizeof(where), "line %zu", line);
            intel_report_refuse(&im->result->report, bw_view_of(where, (size_t)n), "%s",
                                why.message);
        }
    }
    return got != FEED_ROW_END;
}

/* What a member reports is told to others with the member's name. */
static enum bw_rc name_reporter(const struct importing *im, struct watch_intake *intake,
                                struct bw_err *err)
{
    const struct viewer *v = im->in->viewer;
    struct member_organisation own;
    BW_AUTO(db) *db = NULL;
    if (role_is_staff(v->role))
        return BW_OK;
    BW_TRY(db_open(im->in->hub->db, &db, err));
    BW_TRY(member_organisation_get(db, v, v->organisation_id, im->result->report.arena, &own, err));
    watch_intake_reporter(intake, member_name(&own.names, I18N_EN));
    return BW_OK;
}

static enum bw_rc take_rows(struct importing *im, struct feed_rows *rows, struct bw_err *err)
{
    BW_AUTO_HEAP struct watch_event *events = bw_calloc(BLOCK_ROWS, sizeof(*events));
    BW_AUTO(watch_intake) *intake = NULL;
    struct watch_result matched = {0};
    struct block b = {.events = events};
    int64_t events_n = 0;
    bool more = true;
    if (!events)
        return bw_fail_memory(err);
    BW_TRY(watch_intake_new(im->in->hub, feed_rows_header(rows), &intake, err));
    BW_TRY(name_reporter(im, intake, err));
    while (more) {
        more = fill_block(im, rows, &b);
        BW_TRY(watch_intake_add(intake, b.events, b.n, err));
        events_n += (int64_t)b.n;
        if (im->in->progress)
            im->in->progress(im->in->progress_arg, (int64_t)feed_rows_offset(rows),
                             (int64_t)im->in->bytes.n);
    }
    BW_TRY(watch_intake_finish(intake, &matched, err));
    *(im->before ? &im->result->report.same : &im->result->report.taken) = events_n;
    return BW_OK;
}

static enum bw_rc import_report(struct importing *im, struct bw_err *err)
{
    BW_AUTO(feed_rows) *rows = NULL;
    BW_TRY(feed_rows_open(im->in->bytes, im->in->name, bw_now_us(), &rows, err));
    im->result->kind = bw_view_z(feed_rows_kind(rows)->name);
    BW_TRY(keep_bytes(im, BW_V("text/csv"), err));
    BW_TRY(db_write(im->in->hub->db, begin, im, err));
    BW_TRY(take_rows(im, rows, err));
    return im->before ? BW_OK : db_write(im->in->hub->db, finish, im, err);
}

/* -- the rest ---------------------------------------------------------------------------------- */

static struct intel_import intel_in(const struct feed_import_in *in)
{
    return (struct intel_import){.hub = in->hub,
                                 .viewer = in->viewer,
                                 .tlp = in->tlp,
                                 .audience = in->audience,
                                 .progress = in->progress,
                                 .progress_arg = in->progress_arg};
}

/* The room intel keeps STIX itself, under an audience that fits what is in it. */
static enum bw_rc import_stix(struct importing *im, struct bw_err *err)
{
    const struct intel_import to = intel_in(im->in);
    im->result->kind = BW_V("stix");
    return intel_stix_import(&to, im->in->bytes, &im->result->report, err);
}

static enum bw_rc import_list(struct importing *im, struct bw_err *err)
{
    const struct intel_import to = intel_in(im->in);
    im->result->kind = BW_V("list");
    BW_TRY(keep_bytes(im, BW_V("text/plain"), err));
    BW_TRY(db_write(im->in->hub->db, begin, im, err));
    BW_TRY(intel_list_import(&to, im->in->name, im->in->bytes, &im->result->report, err));
    return im->before ? BW_OK : db_write(im->in->hub->db, finish, im, err);
}

enum bw_rc feed_import(const struct feed_import_in *in, struct bw_arena *arena,
                       struct feed_result *ret, struct bw_err *err)
{
    const int64_t most_mib = setting_int(in->hub->settings, SETTING_IMPORT_MAX);
    struct feed_result result = {.report = {.arena = arena}};
    struct importing im = {.in = in, .result = &result};
    enum feed_form form;
    if (in->bytes.n / MIB >= (size_t)most_mib && in->bytes.n > (size_t)most_mib * MIB)
        return bw_fail(
            err, BW_LIMIT,
            "the file has %zu MiB and this hub takes at most %lld MiB at once: split it, or ask "
            "the operator to raise the setting import_max",
            in->bytes.n / MIB + 1, (long long)most_mib);
    BW_TRY(feed_recognise(in->bytes, &form, err));
    switch (form) {
    case FEED_STIX:
        BW_TRY(import_stix(&im, err));
        break;
    case FEED_REPORT:
        BW_TRY(import_report(&im, err));
        break;
    case FEED_LIST:
        BW_TRY(import_list(&im, err));
        break;
    }
    *ret = result;
    return BW_OK;
}
