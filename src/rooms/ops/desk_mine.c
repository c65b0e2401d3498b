/* SPDX-License-Identifier: Apache-2.0 */
/* desk_mine - what the hub holds on the person who asks, as a page and as a file made of the same
 * lines; and their requests. */
#include "desk_int.h"

#include "json_write.h"
#include "ops_html.h"
#include "privacy.h"

enum { SHOWN = 200 };

enum bw_rc desk_requests(struct http_req *rq, struct db *db, int64_t person_id,
                         const struct desk_request **ret, size_t *ret_n, struct bw_err *err)
{
    static const enum i18n_msg STATES[] = {MSG_desk_state_waiting, MSG_desk_state_done,
                                           MSG_desk_state_refused};
    static const char *const TAGS[] = {"tag-new", "tag-good", "tag-bad"};
    struct privacy_request *list;
    const int64_t now_us = bw_now_us();
    BW_TRY(
        privacy_requests(db, req_viewer(rq), person_id, SHOWN, http_arena(rq), &list, ret_n, err));
    struct desk_request *out = BW_ARENA_ARRAY(http_arena(rq), *ret_n, struct desk_request);
    if (!out)
        return bw_fail_memory(err);
    for (size_t i = 0; i < *ret_n; i++) {
        const struct privacy_request *r = &list[i];
        size_t state = r->state <= PRIVACY_REFUSED ? r->state : PRIVACY_DONE;
        out[i] = (struct desk_request){
            .public_id = r->public_id,
            .text = r->text,
            .answer = r->answer,
            .kind_msg = r->kind == PRIVACY_ACCESS ? MSG_desk_kind_access : MSG_desk_kind_correction,
            .state_msg = STATES[state],
            .tag = TAGS[state],
            .asked_us = r->asked_us,
            .due_us = r->due_us,
            .decided_us = r->decided_us,
            .open = r->state == PRIVACY_OPEN,
            .late = r->state == PRIVACY_OPEN && r->due_us < now_us,
            .may = r->state == PRIVACY_OPEN && permission_has(req_viewer(rq), PERM_DECIDE) &&
                   r->person_id != req_viewer(rq)->person_id,
        };
        BW_TRY(desk_name(rq, db, r->person_id, &out[i].who, err));
    }
    *ret = out;
    return BW_OK;
}

enum bw_rc desk_disclosures(struct http_req *rq, struct db *db, int64_t person_id,
                            const struct desk_disclosure **ret, size_t *ret_n, struct bw_err *err)
{
    struct privacy_disclosure *list;
    BW_TRY(privacy_disclosures(db, req_viewer(rq), person_id, SHOWN, http_arena(rq), &list, ret_n,
                               err));
    struct desk_disclosure *out = BW_ARENA_ARRAY(http_arena(rq), *ret_n, struct desk_disclosure);
    if (!out)
        return bw_fail_memory(err);
    for (size_t i = 0; i < *ret_n; i++) {
        out[i] = (struct desk_disclosure){.to_whom = list[i].to_whom,
                                          .what = list[i].what,
                                          .why = list[i].why,
                                          .made_us = list[i].made_us};
        BW_TRY(desk_name(rq, db, list[i].person_id, &out[i].who, err));
        BW_TRY(desk_name(rq, db, list[i].made_by, &out[i].by, err));
    }
    *ret = out;
    return BW_OK;
}

static enum bw_rc data(struct http_req *rq, struct db *db, struct member_datum **ret, size_t *ret_n,
                       struct bw_err *err)
{
    return member_data_of(db, req_viewer(rq)->person_id, req_lang(rq), http_arena(rq), ret, ret_n,
                          err);
}

static enum bw_rc fill_data(struct http_req *rq, struct db *db, struct desk_mine_page *d,
                            struct bw_err *err)
{
    struct member_datum *list;
    BW_TRY(data(rq, db, &list, &d->data_n, err));
    struct desk_datum *out = BW_ARENA_ARRAY(http_arena(rq), d->data_n, struct desk_datum);
    if (!out)
        return bw_fail_memory(err);
    for (size_t i = 0; i < d->data_n; i++)
        out[i] = (struct desk_datum){.part = list[i].part_msg,
                                     .name = list[i].name_msg,
                                     .text = list[i].text,
                                     .at_us = list[i].at_us,
                                     .number = list[i].number,
                                     .first = i == 0 || list[i].number != list[i - 1].number ||
                                              list[i].part_msg != list[i - 1].part_msg};
    d->data = out;
    return BW_OK;
}

static enum bw_rc show(struct http_req *rq, struct http_resp *rs, struct bw_view problem, bool done,
                       struct bw_err *err)
{
    const int64_t me = req_viewer(rq)->person_id;
    struct desk_mine_page d = {.problem = problem,
                               .done = done,
                               .text = problem.n ? http_text(rq, "text") : problem,
                               .statement = page_statement_of(rq, MSG_desk_for_requests)};
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(fill_data(rq, db, &d, err));
    BW_TRY(desk_requests(rq, db, me, &d.requests, &d.requests_n, err));
    BW_TRY(desk_disclosures(rq, db, me, &d.disclosures, &d.disclosures_n, err));
    if (problem.n)
        http_status(rs, 422);
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_desk_mine,
                                    .here = NAV_ORGANISATION,
                                    .body = html_desk_mine_slot(&d)},
                     err);
}

enum bw_rc desk_mine(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return show(rq, rs, (struct bw_view){NULL, 0}, bw_view_is(http_text(rq, "done"), "asked"), err);
}

/* -- as a file --------------------------------------------------------------------------------- */

static void put_value(struct json_writer *w, const struct member_datum *d)
{
    char time[BW_TIME_MAX];
    if (d->at_us == 0) {
        json_w_kv(w, d->name, d->text);
        return;
    }
    bw_time_format(d->at_us, time);
    json_w_kv_z(w, d->name, time);
}

static void put_data(struct json_writer *w, const struct member_datum *list, size_t n)
{
    for (size_t i = 0; i < n;) {
        const char *part = list[i].part;
        json_w_key(w, part);
        json_w_array(w);
        while (i < n && list[i].part == part) {
            int number = list[i].number;
            json_w_object(w);
            for (; i < n && list[i].part == part && list[i].number == number; i++)
                put_value(w, &list[i]);
            json_w_object_end(w);
        }
        json_w_array_end(w);
    }
}

static void put_requests(struct json_writer *w, const struct privacy_request *list, size_t n)
{
    char time[BW_TIME_MAX];
    json_w_key(w, "request");
    json_w_array(w);
    for (size_t i = 0; i < n; i++) {
        json_w_object(w);
        json_w_kv_z(w, "kind", list[i].kind == PRIVACY_ACCESS ? "access" : "correction");
        json_w_kv(w, "text", list[i].text);
        json_w_kv(w, "answer", list[i].answer);
        bw_time_format(list[i].asked_us, time);
        json_w_kv_z(w, "asked", time);
        bw_time_format(list[i].due_us, time);
        json_w_kv_z(w, "due", time);
        json_w_object_end(w);
    }
    json_w_array_end(w);
}

static void put_disclosures(struct json_writer *w, const struct privacy_disclosure *list, size_t n)
{
    char time[BW_TIME_MAX];
    json_w_key(w, "disclosure");
    json_w_array(w);
    for (size_t i = 0; i < n; i++) {
        json_w_object(w);
        json_w_kv(w, "to", list[i].to_whom);
        json_w_kv(w, "what", list[i].what);
        json_w_kv(w, "why", list[i].why);
        bw_time_format(list[i].made_us, time);
        json_w_kv_z(w, "at", time);
        json_w_object_end(w);
    }
    json_w_array_end(w);
}

enum bw_rc desk_mine_json(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    const struct viewer *me = req_viewer(rq);
    struct member_datum *list;
    struct privacy_request *requests;
    struct privacy_disclosure *disclosures;
    struct json_writer w;
    struct db *db;
    size_t n, requests_n, disclosures_n;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(data(rq, db, &list, &n, err));
    BW_TRY(privacy_requests(db, me, me->person_id, SHOWN, http_arena(rq), &requests, &requests_n,
                            err));
    BW_TRY(privacy_disclosures(db, me, me->person_id, SHOWN, http_arena(rq), &disclosures,
                               &disclosures_n, err));
    page_json_type(rs);
    http_set(rs, "Content-Disposition", BW_V("attachment; filename=\"my-data.json\""));
    json_w_open(&w, http_out(rs));
    json_w_object(&w);
    put_data(&w, list, n);
    put_requests(&w, requests, requests_n);
    put_disclosures(&w, disclosures, disclosures_n);
    json_w_object_end(&w);
    json_w_close(&w);
    return bw_buf_rc(http_out(rs), "my data", err);
}

/* -- asking ------------------------------------------------------------------------------------ */

struct ask {
    int64_t person_id;
    enum privacy_kind kind;
    struct bw_view text;
};

static enum bw_rc write_ask(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct ask *a = arg;
    return privacy_ask(tx, a->person_id, a->kind, a->text, err);
}

enum bw_rc desk_mine_ask(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct ask a = {.person_id = req_viewer(rq)->person_id,
                    .kind = bw_view_is(http_text(rq, "kind"), "access") ? PRIVACY_ACCESS
                                                                        : PRIVACY_CORRECTION,
                    .text = bw_view_trim(http_text(rq, "text"))};
    enum bw_rc rc = req_write(rq, write_ask, &a, err);
    if (rc == BW_OK) {
        page_to(rq, rs, "privacy?done=asked");
        return BW_OK;
    }
    if (rc != BW_INVALID && rc != BW_LIMIT)
        return rc;
    return show(rq, rs, bw_arena_printf(http_arena(rq), "%s", err->message), false, err);
}
