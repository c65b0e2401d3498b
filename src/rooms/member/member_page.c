/* SPDX-License-Identifier: Apache-2.0 */
/* member_page - one's own organisation with its people and one's API keys, and the directory. */
#include "member_key.h"
#include "member_people.h"

#include "page.h"

#include "member_html.h"

enum { STATUS_REFUSED = 422 };

static const struct page_notice NOTICES[] = {{"key-ended", MSG_member_key_ended}};

/* -- parts of the page ------------------------------------------------------------------------- */

static struct member_name_view shown_name(const struct member_names *names, enum i18n_lang lang)
{
    bool own = names->text[lang].n > 0;
    return (struct member_name_view){.text = member_name(names, lang),
                                     .lang =
                                         own ? (struct bw_view){NULL, 0} : i18n_html_name(I18N_EN)};
}

static enum bw_rc fill_names(struct http_req *rq, const struct member_names *names,
                             struct member_organisation_view *v, struct bw_err *err)
{
    struct member_name_view *rows =
        BW_ARENA_ARRAY(http_arena(rq), I18N_LANGS, struct member_name_view);
    enum i18n_lang here = req_lang(rq);
    size_t n = 0;
    if (!rows)
        return bw_fail_memory(err);
    v->name = shown_name(names, here);
    for (int i = 0; i < I18N_LANGS; i++) {
        bool told = bw_view_eq(names->text[i], v->name.text);
        if (i != (int)here && names->text[i].n && !told)
            rows[n++] =
                (struct member_name_view){names->text[i], i18n_html_name((enum i18n_lang)i)};
    }
    v->other_names = rows;
    v->other_names_n = n;
    return BW_OK;
}

/* Names of the groups of one kind; they come sectors first. */
static enum bw_rc fill_groups(struct http_req *rq, int64_t organisation_id, enum grant_kind kind,
                              const struct bw_view **ret, size_t *ret_n, struct bw_err *err)
{
    struct member_group *groups;
    struct db *db;
    size_t n, kept = 0;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(member_groups_of(db, req_viewer(rq), organisation_id, http_arena(rq), &groups, &n, err));
    struct bw_view *names = BW_ARENA_ARRAY(http_arena(rq), n, struct bw_view);
    if (!names)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        if (groups[i].kind == kind)
            names[kept++] = member_name(&groups[i].names, req_lang(rq));
    *ret = names;
    *ret_n = kept;
    return BW_OK;
}

static enum bw_rc fill_people(struct http_req *rq, struct db *db,
                              struct member_organisation_view *v, struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    struct member_colleague *people;
    size_t n;
    BW_TRY(member_people_of(db, viewer, viewer->organisation_id, http_arena(rq), &people, &n, err));
    struct member_person_view *rows = BW_ARENA_ARRAY(http_arena(rq), n, struct member_person_view);
    if (!rows)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        rows[i] = (struct member_person_view){people[i].name,
                                              people[i].role == ROLE_SERVICE ? BW_V("–")
                                                                             : people[i].email,
                                              member_role_msg(people[i].role), people[i].seen_us};
    v->people = rows;
    v->people_n = n;
    return BW_OK;
}

static void fill_notice(struct bw_view word, struct member_organisation_view *v)
{
    for (size_t i = 0; i < BW_COUNT(NOTICES); i++)
        if (bw_view_is(word, NOTICES[i].word)) {
            v->done = true;
            v->done_msg = NOTICES[i].msg;
        }
}

/* What waits for this person, and what they may do here. */
static enum bw_rc fill_role(struct http_req *rq, struct db *db, struct member_organisation_view *v,
                            struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    int64_t admins;
    v->may_people = permission_has(viewer, PERM_STAFFING);
    v->may_leave = permission_has(viewer, PERM_ACCOUNT);
    BW_TRY(member_admins(db, viewer->organisation_id, 0, &admins, err));
    v->alone = v->may_people && viewer->role == ROLE_ADMIN && admins == 1;
    return member_offer_to(db, viewer, http_arena(rq), &v->offer_from, err);
}

enum bw_rc member_organisation_show(struct http_req *rq, struct http_resp *rs,
                                    const struct key_form *f, struct bw_view done,
                                    struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    struct member_organisation_view v = {.done = false};
    struct member_organisation o;
    BW_AUTO_BUF title = BW_BUF_INIT(4096);
    struct db *db;

    BW_TRY(req_db(rq, &db, err));
    BW_TRY(member_organisation_get(db, viewer, viewer->organisation_id, http_arena(rq), &o, err));
    v.class_msg = member_class_msg(o.class_);
    v.domain = o.domain;
    v.admin = viewer->role == ROLE_ADMIN;
    BW_TRY(fill_names(rq, &o.names, &v, err));
    BW_TRY(fill_groups(rq, o.id, GRANT_SECTOR, &v.sectors, &v.sectors_n, err));
    BW_TRY(fill_groups(rq, o.id, GRANT_CIRCLE, &v.circles, &v.circles_n, err));
    BW_TRY(fill_people(rq, db, &v, err));
    BW_TRY(member_keys_fill(rq, db, viewer->person_id, f, &v.keys, err));
    BW_TRY(fill_role(rq, db, &v, err));
    fill_notice(done, &v);
    if (f->failed) {
        http_status(rs, STATUS_REFUSED);
        I18N_PUT(&title, req_lang(rq), MSG_member_error_title, I18N_TEXT("title", v.name.text));
    } else {
        bw_buf_view(&title, v.name.text);
    }
    const struct page p = {.title = bw_buf_text(&title),
                           .here = NAV_ORGANISATION,
                           .body = html_member_organisation_slot(&v)};
    return page_send(rq, rs, &p, err);
}

enum bw_rc member_organisation_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    const struct key_form f = {.scopes = SCOPE_READ, .days = KEY_DAYS_DEFAULT};
    return member_organisation_show(rq, rs, &f, http_text(rq, "done"), err);
}

/* -- directory --------------------------------------------------------------------------------- */

static enum bw_rc fill_row(struct http_req *rq, const struct member_organisation *o,
                           struct member_directory_row *row, struct bw_err *err)
{
    row->public_id = o->public_id;
    row->name = shown_name(&o->names, req_lang(rq));
    if (!bw_view_eq(row->name.text, o->names.text[I18N_EN]))
        row->english = o->names.text[I18N_EN];
    row->class_msg = member_class_msg(o->class_);
    return fill_groups(rq, o->id, GRANT_SECTOR, &row->sectors, &row->sectors_n, err);
}

static enum bw_rc fill_filter(struct http_req *rq, struct db *db, struct member_directory_filter *f,
                              struct member_directory_view *v, struct bw_err *err)
{
    struct member_choice *sectors;
    BW_TRY(member_choices(db, req_viewer(rq), GRANT_SECTOR, req_lang(rq), http_arena(rq), &sectors,
                          &v->sectors_n, err));
    struct member_option_view *rows =
        BW_ARENA_ARRAY(http_arena(rq), v->sectors_n + MEMBER_CLASSES, struct member_option_view);
    if (!rows)
        return bw_fail_memory(err);
    for (size_t i = 0; i < v->sectors_n; i++) {
        bool chosen = bw_view_eq(sectors[i].public_id, http_text(rq, "sector"));
        rows[i] = (struct member_option_view){sectors[i].public_id, sectors[i].name, chosen};
        if (chosen)
            f->sector_id = sectors[i].id;
    }
    for (int i = 0; i < MEMBER_CLASSES; i++) {
        enum member_class c = (enum member_class)i;
        bool chosen = bw_view_is(http_text(rq, "class"), member_class_word(c));
        rows[v->sectors_n + (size_t)i] =
            (struct member_option_view){bw_view_z(member_class_word(c)),
                                        i18n(req_lang(rq), member_class_msg(c)), chosen};
        if (chosen)
            f->class_ = i;
    }
    v->sectors = rows;
    v->classes = rows + v->sectors_n;
    v->classes_n = MEMBER_CLASSES;
    v->sector = f->sector_id ? http_text(rq, "sector") : BW_V("");
    v->class_ = f->class_ >= 0 ? http_text(rq, "class") : BW_V("");
    return BW_OK;
}

enum bw_rc member_directory_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    struct bw_view after = http_text(rq, "after");
    struct member_directory_view v = {.first = after.n == 0};
    struct member_directory_filter f = {.class_ = -1};
    struct member_organisation *organisations;
    bool more;
    struct db *db;

    BW_TRY(req_db(rq, &db, err));
    BW_TRY(fill_filter(rq, db, &f, &v, err));
    BW_TRY(member_directory_read(db, viewer, &f, after, http_arena(rq), &organisations, &v.rows_n,
                                 &more, err));
    BW_TRY(member_directory_count(db, viewer, &f, &v.total, err));
    struct member_directory_row *rows =
        BW_ARENA_ARRAY(http_arena(rq), v.rows_n, struct member_directory_row);
    if (!rows)
        return bw_fail_memory(err);
    for (size_t i = 0; i < v.rows_n; i++)
        BW_TRY(fill_row(rq, &organisations[i], &rows[i], err));
    v.rows = rows;
    if (more)
        v.next = organisations[v.rows_n - 1].public_id;
    const struct page p = {.title_msg = MSG_member_directory_title,
                           .here = NAV_ORGANISATION,
                           .body = html_member_directory_slot(&v)};
    return page_send(rq, rs, &p, err);
}
