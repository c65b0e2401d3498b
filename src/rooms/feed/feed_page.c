/* SPDX-License-Identifier: Apache-2.0 */
/* feed_page - a file in by form or by API: the same import, told as a page or as JSON. */
#include "feed_page.h"

#include "feed_html.h"
#include "json_write.h"

enum { STATUS_REFUSED = 422 };

/* Words of form and API; a '+' in a query arrives as a blank ("amber strict"). */
static enum bw_rc read_tlp(struct bw_view word, enum tlp *ret, struct bw_err *err)
{
    if (word.n == 0)
        *ret = TLP_AMBER;
    else if (bw_view_is(word, "amber strict"))
        *ret = TLP_AMBER_STRICT;
    else if (!tlp_parse(word, ret))
        return bw_fail(err, BW_INVALID, "tlp is one of clear, green, amber, amber+strict, red");
    return BW_OK;
}

static enum bw_rc read_audience(struct http_req *rq, struct bw_view word,
                                struct intel_audience_in *ret, struct bw_err *err)
{
    *ret = (struct intel_audience_in){.everybody = true};
    if (word.n == 0 || bw_view_is(word, "everybody"))
        return BW_OK;
    if (!bw_view_is(word, "own"))
        return bw_fail(err, BW_INVALID, "audience is \"everybody\" or \"own\"");
    struct grant *own = BW_ARENA_NEW(http_arena(rq), struct grant);
    if (!own)
        return bw_fail_memory(err);
    *own = (struct grant){GRANT_ORGANISATION, req_viewer(rq)->organisation_id};
    *ret = (struct intel_audience_in){.grants = own, .n = 1};
    return BW_OK;
}

static enum bw_rc run(struct http_req *rq, struct bw_view name, struct bw_view bytes,
                      struct feed_result *ret, struct bw_err *err)
{
    struct feed_import_in in = {.hub = req_hub(rq),
                                .viewer = req_viewer(rq),
                                .name = name,
                                .bytes = bytes};
    BW_TRY(read_tlp(http_text(rq, "tlp"), &in.tlp, err));
    BW_TRY(read_audience(rq, http_text(rq, "audience"), &in.audience, err));
    req_db_done(rq);
    return feed_import(&in, http_arena(rq), ret, err);
}

/* -- API --------------------------------------------------------------------------------------- */

/* Everything in it was refused: for who looks at the status alone that is no success. */
static bool nothing_taken(const struct feed_result *r)
{
    return r->report.taken + r->report.same == 0 && r->report.refused > 0;
}

/* The members of a problem (RFC 9457); the reasons are what it has beyond them. */
static void put_problem(struct json_writer *w, struct bw_view request)
{
    json_w_kv_z(w, "title", bw_rc_name(BW_INVALID));
    json_w_kv_z(w, "detail", "nothing could be taken of it: see the reasons");
    json_w_kv_int(w, "status", STATUS_REFUSED);
    json_w_kv(w, "instance", request);
}

static void put_result(struct json_writer *w, const struct feed_result *r, struct bw_view request)
{
    json_w_object(w);
    if (nothing_taken(r))
        put_problem(w, request);
    json_w_kv(w, "kind", r->kind);
    json_w_kv_int(w, "taken", r->report.taken);
    json_w_kv_int(w, "same", r->report.same);
    json_w_kv_int(w, "refused", r->report.refused);
    json_w_key(w, "reasons");
    json_w_array(w);
    for (size_t i = 0; i < r->report.n_reasons; i++) {
        json_w_object(w);
        json_w_kv(w, "where", r->report.reasons[i].where);
        json_w_kv(w, "why", r->report.reasons[i].why);
        json_w_object_end(w);
    }
    json_w_array_end(w);
    json_w_object_end(w);
}

enum bw_rc feed_import_api(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct bw_view name = http_text(rq, "name"), bytes = http_body(rq);
    struct feed_result r;
    struct http_file file;
    struct json_writer w;
    if (http_file(rq, "file", 0, &file)) { /* curl -F file=@report.csv */
        bytes = file.bytes;
        name = name.n ? name : file.name;
    } else if (bw_view_is(http_body_type(rq), "multipart/form-data")) {
        return bw_fail(err, BW_INVALID,
                       "send the file as the body, or as the form's part \"file\"");
    }
    BW_TRY(run(rq, name, bytes, &r, err));
    json_w_open(&w, http_out(rs));
    put_result(&w, &r, http_request_id(rq));
    json_w_close(&w);
    page_json_type(rs);
    if (nothing_taken(&r)) {
        http_status(rs, STATUS_REFUSED);
        http_type(rs, "application/problem+json");
    }
    return BW_OK;
}

/* -- page -------------------------------------------------------------------------------------- */

static enum bw_rc fill_choices(struct http_req *rq, enum tlp tlp, bool own, struct feed_page *d,
                               struct bw_err *err)
{
    static const enum i18n_msg MSGS[] = {MSG_feed_tlp_clear, MSG_feed_tlp_green, MSG_feed_tlp_amber,
                                         MSG_feed_tlp_amber_strict};
    static const char *const CLASSES[] = {"tlp-clear", "tlp-green", "tlp-amber",
                                          "tlp-amber-strict"};
    struct feed_choice *tlps = BW_ARENA_ARRAY(http_arena(rq), BW_COUNT(MSGS), struct feed_choice);
    struct feed_choice *who = BW_ARENA_ARRAY(http_arena(rq), 2, struct feed_choice);
    if (!tlps || !who)
        return bw_fail_memory(err);
    for (int i = 0; i < (int)BW_COUNT(MSGS); i++)
        tlps[i] = (struct feed_choice){.word = tlp_word((enum tlp)i),
                                       .label = tlp_name((enum tlp)i),
                                       .class_ = CLASSES[i],
                                       .msg = MSGS[i],
                                       .chosen = i == (int)tlp};
    who[0] = (struct feed_choice){.word = "everybody", .msg = MSG_feed_everybody, .chosen = !own};
    who[1] = (struct feed_choice){.word = "own", .msg = MSG_feed_own, .chosen = own};
    d->tlps = tlps;
    d->tlps_n = BW_COUNT(MSGS);
    d->audiences = who;
    d->audiences_n = 2;
    d->most_mib = setting_int(req_hub(rq)->settings, SETTING_IMPORT_MAX);
    return BW_OK;
}

static enum bw_rc send(struct http_req *rq, struct http_resp *rs, const struct feed_page *d,
                       struct bw_err *err)
{
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_feed_title,
                                    .here = NAV_WATCH,
                                    .narrow = true,
                                    .body = html_feed_page_slot(d)},
                     err);
}

enum bw_rc feed_page_get(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct feed_page d = {0};
    BW_TRY(fill_choices(rq, TLP_AMBER, false, &d, err));
    return send(rq, rs, &d, err);
}

enum bw_rc feed_page_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct feed_page d = {0};
    struct feed_result r = {0};
    struct http_file file;
    struct bw_err why = {0};
    enum tlp tlp = TLP_AMBER;
    enum bw_rc rc = BW_OK;
    if (read_tlp(http_text(rq, "tlp"), &tlp, &why) != BW_OK)
        tlp = TLP_AMBER;
    BW_TRY(fill_choices(rq, tlp, bw_view_is(http_text(rq, "audience"), "own"), &d, err));
    if (!http_file(rq, "file", 0, &file) || file.name.n == 0)
        rc = bw_fail(&why, BW_INVALID, "choose a file first");
    else
        rc = run(rq, file.name, file.bytes, &r, &why);
    if (rc == BW_INVALID || rc == BW_UNSUPPORTED || rc == BW_LIMIT) {
        BW_TRY(bw_view_copy(http_arena(rq), bw_view_z(why.message), &d.error, err));
        http_status(rs, STATUS_REFUSED);
        return send(rq, rs, &d, err);
    }
    if (rc != BW_OK) {
        *err = why;
        return rc;
    }
    d.done = true;
    d.name = file.name;
    d.kind = r.kind;
    d.taken = r.report.taken;
    d.same = r.report.same;
    d.refused = r.report.refused;
    d.nothing = d.taken + d.same == 0;
    if (nothing_taken(&r))
        http_status(rs, STATUS_REFUSED);
    d.reasons = r.report.reasons;
    d.reasons_n = r.report.n_reasons;
    if (d.refused > (int64_t)d.reasons_n)
        d.more = d.refused - (int64_t)d.reasons_n;
    return send(rq, rs, &d, err);
}
