/* SPDX-License-Identifier: Apache-2.0 */
/* desk_export - the directory as CSV and JSON: for members what the directory shows them, for the
 * desk all organisations with their state and how many people they have. */
#include "desk_int.h"

#include "json_write.h"

static enum bw_rc lines(struct http_req *rq, struct member_line **ret, size_t *ret_n, bool *ret_all,
                        struct bw_err *err)
{
    struct db *db;
    *ret_all = permission_has(req_viewer(rq), PERM_MEMBERS);
    BW_TRY(req_db(rq, &db, err));
    return member_export(db, req_viewer(rq), *ret_all, http_arena(rq), ret, ret_n, err);
}

/* Quoted; what a spreadsheet would take for a formula gets an apostrophe (security.md, Output). */
static void put_cell(struct bw_buf *out, struct bw_view v)
{
    bw_buf_byte(out, '"');
    if (v.n && memchr("=+-@\t\r", v.p[0], 6))
        bw_buf_byte(out, '\'');
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] == '"')
            bw_buf_byte(out, '"');
        bw_buf_byte(out, v.p[i]);
    }
    bw_buf_byte(out, '"');
}

static void put_line(struct bw_buf *out, const struct member_line *l, bool all)
{
    char time[BW_TIME_MAX];
    const struct bw_view cells[] = {l->public_id,
                                    l->names.text[I18N_EN],
                                    l->names.text[I18N_HANT],
                                    l->names.text[I18N_HANS],
                                    bw_view_z(member_class_name(l->class_)),
                                    l->domain,
                                    l->sectors};
    for (size_t i = 0; i < BW_COUNT(cells); i++) {
        if (i)
            bw_buf_byte(out, ',');
        put_cell(out, cells[i]);
    }
    if (all) {
        bw_time_format(l->created_us, time);
        bw_buf_printf(out, ",%s,%lld,%s", member_state_name(l->state), (long long)l->people, time);
    }
    BW_BUF_LIT(out, "\r\n");
}

enum bw_rc desk_export_csv(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct bw_buf *out = http_out(rs);
    struct member_line *list;
    size_t n;
    bool all;
    BW_TRY(lines(rq, &list, &n, &all, err));
    http_type(rs, "text/csv; charset=utf-8");
    http_set(rs, "Content-Disposition", BW_V("attachment; filename=\"members.csv\""));
    bw_buf_z(out, "id,name_en,name_hant,name_hans,class,domain,sectors");
    bw_buf_z(out, all ? ",state,people,added\r\n" : "\r\n");
    for (size_t i = 0; i < n; i++)
        put_line(out, &list[i], all);
    return bw_buf_rc(out, "members", err);
}

static void put_object(struct json_writer *w, const struct member_line *l, bool all)
{
    char time[BW_TIME_MAX];
    json_w_object(w);
    json_w_kv(w, "id", l->public_id);
    json_w_key(w, "names");
    json_w_object(w);
    for (int i = 0; i < I18N_LANGS; i++)
        if (l->names.text[i].n) {
            json_w_key_view(w, i18n_path_name((enum i18n_lang)i));
            json_w_string(w, l->names.text[i]);
        }
    json_w_object_end(w);
    json_w_kv_z(w, "class", member_class_name(l->class_));
    json_w_kv(w, "domain", l->domain);
    json_w_kv(w, "sectors", l->sectors);
    if (all) {
        bw_time_format(l->created_us, time);
        json_w_kv_z(w, "state", member_state_name(l->state));
        json_w_kv_int(w, "people", l->people);
        json_w_kv_z(w, "added", time);
    }
    json_w_object_end(w);
}

enum bw_rc desk_export_api(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct member_line *list;
    struct json_writer w;
    size_t n;
    bool all;
    BW_TRY(lines(rq, &list, &n, &all, err));
    page_json_type(rs);
    json_w_open(&w, http_out(rs));
    json_w_object(&w);
    json_w_key(&w, "items");
    json_w_array(&w);
    for (size_t i = 0; i < n; i++)
        put_object(&w, &list[i], all);
    json_w_array_end(&w);
    json_w_key(&w, "next");
    json_w_null(&w);
    json_w_object_end(&w);
    json_w_close(&w);
    return bw_buf_rc(http_out(rs), "members", err);
}
