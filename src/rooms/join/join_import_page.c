/* SPDX-License-Identifier: Apache-2.0 */
/* join_import_page - a list is looked at first: what is wrong is told by line, and nothing is
 * written. The file is kept as it came; whoever looked at it may take the rows that are right,
 * once. Both the desk (organisations) and an association (its own members) come this way. */
#include "join_import.h"
#include "join_page.h"

#include "artifact.h"
#include "join_html.h"

enum { WRONG_SHOWN = 200, ARENA_CAP = 64 << 20 };

static enum bw_rc send(struct http_req *rq, struct http_resp *rs, struct join_import_view *d,
                       struct bw_err *err)
{
    const char *base = d->sponsor ? "enlist" : "queue/applications/import";
    const char *take = d->sponsor ? "enlist/take" : "queue/applications/take";
    struct bw_view lang = i18n_path_name(req_lang(rq));
    d->action = html_url_or_hash(bw_arena_printf(http_arena(rq), "/%.*s/%s", BW_VF(lang), base));
    d->take = html_url_or_hash(bw_arena_printf(http_arena(rq), "/%.*s/%s", BW_VF(lang), take));
    if (d->problem.n)
        http_status(rs, JOIN_REFUSED);
    return page_send(rq, rs,
                     &(struct page){.title_msg = d->sponsor ? MSG_join_enlist : MSG_join_import,
                                    .here = d->sponsor ? NAV_ORGANISATION : NAV_QUEUE,
                                    .narrow = true,
                                    .body = html_join_import_slot(d)},
                     err);
}

/* Only an association has this page: for others it is not there. */
static enum bw_rc check_association(struct http_req *rq, struct bw_err *err)
{
    struct member_trust b;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(member_trust_get(db, req_viewer(rq)->organisation_id, http_arena(rq), &b, err));
    return b.association ? BW_OK : bw_fail(err, BW_NOT_FOUND, "there is no such page");
}

/* -- looking ----------------------------------------------------------------------------------- */

struct keep {
    const struct viewer *viewer;
    int64_t sponsor_id, audience_id, artifact_id;
    struct bw_id public_id;
};

static enum bw_rc write_audience(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct keep *k = arg;
    const struct grant own = {GRANT_PERSON, k->viewer->person_id};
    return audience_intern(tx, TLP_RED, &own, 1, &k->audience_id, err);
}

static enum bw_rc write_import(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct keep *k = arg;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "INSERT INTO join_import (public_id, person_id, sponsor_id, artifact_id,"
                     " made_us, taken_us) VALUES (?1, ?2, ?3, ?4, ?5, 0)",
                     &st, err));
    db_bind_text(st, 1, bw_view_z(k->public_id.text));
    db_bind_int(st, 2, k->viewer->person_id);
    db_bind_int(st, 3, k->sponsor_id);
    db_bind_int(st, 4, k->artifact_id);
    db_bind_int(st, 5, db_tx_now_us(tx));
    BW_TRY(db_run(st, err));
    return join_note(tx, LEDGER_IMPORT_TAKEN, bw_view_z(k->public_id.text), k->viewer->person_id,
                     (const char *const[]){"list", NULL},
                     (const struct bw_view[]){
                         bw_view_z(k->sponsor_id ? "enlisted" : "organisations")},
                     err);
}

static enum bw_rc keep_file(struct http_req *rq, const struct http_file *file, struct keep *k,
                            struct bw_err *err)
{
    bool known;
    req_db_done(rq);
    BW_TRY(req_write(rq, write_audience, k, err));
    const struct artifact_in in = {.bytes = file->bytes,
                                   .media_type = BW_V("text/csv"),
                                   .name = file->name,
                                   .owner_id = k->viewer->organisation_id,
                                   .audience_id = k->audience_id};
    BW_TRY(artifact_put(req_hub(rq)->db, &in, &k->artifact_id, &known, err));
    k->public_id = bw_id_new();
    return req_write(rq, write_import, k, err);
}

static enum bw_rc fill_wrongs(struct http_req *rq, const struct join_table *t,
                              struct join_import_view *d, struct bw_err *err)
{
    struct join_wrong_row *rows =
        BW_ARENA_ARRAY(http_arena(rq), WRONG_SHOWN, struct join_wrong_row);
    if (!rows)
        return bw_fail_memory(err);
    for (size_t i = 0; i < t->n && d->wrongs_n < WRONG_SHOWN; i++) {
        const struct join_entry *e = &t->rows[i];
        if (!e->wrong)
            continue;
        struct join_wrong_row *r = &rows[d->wrongs_n++];
        r->line = (int64_t)e->line;
        r->why = i18n(req_lang(rq), e->why);
        if (bw_utf8_valid(e->names.text[I18N_EN]))
            BW_TRY(bw_view_copy(http_arena(rq), bw_utf8_head(e->names.text[I18N_EN], 100), &r->name,
                                err));
    }
    d->wrongs = rows;
    d->rows = (int64_t)t->n;
    d->wrong = (int64_t)t->wrong;
    d->right = (int64_t)(t->n - t->wrong);
    d->more = (int64_t)(t->wrong - d->wrongs_n);
    return BW_OK;
}

static enum bw_rc look(struct http_req *rq, struct http_resp *rs, bool sponsor, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    struct join_import_view d = {.sponsor = sponsor};
    struct keep k = {.viewer = req_viewer(rq),
                     .sponsor_id = sponsor ? req_viewer(rq)->organisation_id : 0};
    struct http_file file;
    struct join_table table;
    struct db *db;
    if (!arena)
        return bw_fail_memory(err);
    if (!http_file(rq, "file", 0, &file) || file.bytes.n == 0)
        return bw_fail(err, BW_INVALID, "choose a file first");
    BW_TRY(req_db(rq, &db, err));
    enum bw_rc rc =
        join_table_read(db, req_hub(rq)->settings, file.bytes, sponsor, arena, &table, err);
    if (rc == BW_INVALID || rc == BW_LIMIT) {
        d.problem = join_said(rq, err);
        return send(rq, rs, &d, err);
    }
    BW_TRY(rc);
    BW_TRY(fill_wrongs(rq, &table, &d, err));
    if (d.right)
        BW_TRY(keep_file(rq, &file, &k, err));
    d.looked = true;
    d.file = file.name;
    if (d.right)
        d.import_id = bw_view_z(k.public_id.text);
    return send(rq, rs, &d, err);
}

/* -- taking ------------------------------------------------------------------------------------ */

struct claim {
    const struct viewer *viewer;
    struct bw_view public_id;
    int64_t sponsor_id, artifact_id;
};

/* Of two who send the form at once, one is too late. */
static enum bw_rc write_claim(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct claim *c = arg;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE join_import SET taken_us = ?4 WHERE public_id = ?1 AND person_id = ?2"
                     " AND sponsor_id = ?3 AND taken_us = 0 RETURNING artifact_id",
                     &st, err));
    db_bind_text(st, 1, c->public_id);
    db_bind_int(st, 2, c->viewer->person_id);
    db_bind_int(st, 3, c->sponsor_id);
    db_bind_int(st, 4, db_tx_now_us(tx));
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "this list was taken already, or is somebody else's");
    BW_TRY(rc);
    c->artifact_id = db_int(st, 0);
    return BW_OK;
}

static enum bw_rc take(struct http_req *rq, struct http_resp *rs, bool sponsor, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    BW_AUTO_BUF bytes = BW_BUF_INIT(ARENA_CAP);
    struct join_import_view d = {.sponsor = sponsor, .done = true};
    const struct viewer *viewer = req_viewer(rq);
    int64_t sponsor_id = sponsor ? viewer->organisation_id : 0;
    struct claim c = {viewer, http_text(rq, "import"), sponsor_id, 0};
    struct join_table table;
    struct db *db;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(req_write(rq, write_claim, &c, err));
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(artifact_read(db, viewer, c.artifact_id, &bytes, err));
    BW_TRY(join_table_read(db, req_hub(rq)->settings, bw_buf_text(&bytes), sponsor, arena, &table,
                           err));
    req_db_done(rq);
    const struct join_take t = {req_hub(rq), viewer, sponsor_id};
    BW_TRY(join_table_take(&t, &table, &d.taken, err));
    BW_TRY(fill_wrongs(rq, &table, &d, err));
    return send(rq, rs, &d, err);
}

/* -- handlers ---------------------------------------------------------------------------------- */

enum bw_rc join_import_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct join_import_view d = {.sponsor = false};
    return send(rq, rs, &d, err);
}

enum bw_rc join_import_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return look(rq, rs, false, err);
}

enum bw_rc join_import_take(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return take(rq, rs, false, err);
}

enum bw_rc join_enlist_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct join_import_view d = {.sponsor = true};
    BW_TRY(check_association(rq, err));
    return send(rq, rs, &d, err);
}

enum bw_rc join_enlist_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    BW_TRY(check_association(rq, err));
    return look(rq, rs, true, err);
}

enum bw_rc join_enlist_take(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    BW_TRY(check_association(rq, err));
    return take(rq, rs, true, err);
}
