/* SPDX-License-Identifier: Apache-2.0 */
/* member_page - one's own organisation with its people and one's API keys, and the directory. A new
 * key is shown on the page that answers the form and nowhere else: only its hash is kept. */
#include "member_int.h"

#include "bw_clock.h"
#include "member_view.h"
#include "page.h"

#include "member_html.h"

enum { STATUS_REFUSED = 422, DAYS_DEFAULT = 90 };

static const struct {
    const char *word;
    int64_t days;
    enum i18n_msg msg;
} TERMS[] = {
    {"30", 30, MSG_member_days_30},
    {"90", 90, MSG_member_days_90},
    {"365", 365, MSG_member_days_365},
};

static const struct page_notice NOTICES[] = {{"key-ended", MSG_member_key_ended}};

/* What a form for a key held, and what was wrong with it. */
struct key_form {
    struct bw_view label;
    unsigned scopes;
    int64_t days;
    bool failed, bad_label, bad_scope;
    enum i18n_msg error;
    struct bw_view made; /* the new key */
};

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
        rows[i] = (struct member_person_view){people[i].name, people[i].email,
                                              member_role_msg(people[i].role), people[i].seen_us};
    v->people = rows;
    v->people_n = n;
    return BW_OK;
}

static enum bw_rc fill_keys(struct http_req *rq, struct db *db, struct member_organisation_view *v,
                            struct bw_err *err)
{
    struct member_key *keys;
    size_t n;
    BW_TRY(member_keys_of(db, req_viewer(rq)->person_id, http_arena(rq), &keys, &n, err));
    struct member_key_view *rows = BW_ARENA_ARRAY(http_arena(rq), n, struct member_key_view);
    if (!rows)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        struct member_key_view *k = &rows[i];
        *k = (struct member_key_view){.public_id = keys[i].public_id,
                                      .label = keys[i].label,
                                      .created_us = keys[i].created_us,
                                      .expires_us = keys[i].expires_us,
                                      .used_us = keys[i].used_us,
                                      .expired = keys[i].expired};
        for (size_t j = 0; j < MEMBER_SCOPES; j++)
            if (keys[i].scopes & (unsigned)member_scopes[j].scope)
                k->scopes[k->scopes_n++] = member_scopes[j].msg;
    }
    v->keys = rows;
    v->keys_n = n;
    return BW_OK;
}

static enum bw_rc fill_form(struct http_req *rq, const struct key_form *f,
                            struct member_organisation_view *v, struct bw_err *err)
{
    struct member_choice_view *scopes =
        BW_ARENA_ARRAY(http_arena(rq), MEMBER_SCOPES, struct member_choice_view);
    struct member_choice_view *terms =
        BW_ARENA_ARRAY(http_arena(rq), BW_COUNT(TERMS), struct member_choice_view);
    if (!scopes || !terms)
        return bw_fail_memory(err);
    for (size_t i = 0; i < MEMBER_SCOPES; i++)
        scopes[i] = (struct member_choice_view){.word = member_scopes[i].word,
                                                .msg = member_scopes[i].msg,
                                                .hint = member_scopes[i].hint,
                                                .chosen = (f->scopes &
                                                           (unsigned)member_scopes[i].scope) != 0};
    for (size_t i = 0; i < BW_COUNT(TERMS); i++)
        terms[i] = (struct member_choice_view){.word = TERMS[i].word,
                                               .msg = TERMS[i].msg,
                                               .chosen = TERMS[i].days == f->days};
    v->scopes = scopes;
    v->scopes_n = MEMBER_SCOPES;
    v->terms = terms;
    v->terms_n = BW_COUNT(TERMS);
    v->new_key = f->made;
    v->new_label = f->label;
    v->label = f->made.n ? (struct bw_view){NULL, 0} : f->label;
    v->failed = f->failed;
    v->bad_label = f->bad_label;
    v->bad_scope = f->bad_scope;
    v->error = f->error;
    v->error_field = f->bad_scope ? "scope-read" : "label";
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

static enum bw_rc show(struct http_req *rq, struct http_resp *rs, const struct key_form *f,
                       struct bw_view done, struct bw_err *err)
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
    BW_TRY(fill_names(rq, &o.names, &v, err));
    BW_TRY(fill_groups(rq, o.id, GRANT_SECTOR, &v.sectors, &v.sectors_n, err));
    BW_TRY(fill_groups(rq, o.id, GRANT_CIRCLE, &v.circles, &v.circles_n, err));
    BW_TRY(fill_people(rq, db, &v, err));
    BW_TRY(fill_keys(rq, db, &v, err));
    BW_TRY(fill_form(rq, f, &v, err));
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
    const struct key_form f = {.scopes = SCOPE_READ, .days = DAYS_DEFAULT};
    return show(rq, rs, &f, http_text(rq, "done"), err);
}

/* -- keys -------------------------------------------------------------------------------------- */

static unsigned scopes_of(struct http_req *rq)
{
    struct bw_view word;
    unsigned scopes = 0;
    for (size_t i = 0; http_many(rq, "scope", i, &word); i++)
        for (size_t j = 0; j < MEMBER_SCOPES; j++)
            if (bw_view_is(word, member_scopes[j].word))
                scopes |= (unsigned)member_scopes[j].scope;
    return scopes;
}

struct key_write {
    struct api_key_in in;
    struct crypto_token key;
};

static enum bw_rc write_key(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct key_write *w = arg;
    return member_key_add(tx, &w->in, &w->key, err);
}

static enum bw_rc refuse(struct http_req *rq, struct http_resp *rs, struct key_form *f,
                         enum i18n_msg error, struct bw_err *err)
{
    f->failed = true;
    f->error = error;
    return show(rq, rs, f, (struct bw_view){NULL, 0}, err);
}

enum bw_rc member_key_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    struct key_form f = {.label = bw_view_trim(http_text(rq, "label")),
                         .scopes = scopes_of(rq),
                         .days = http_int(rq, "days", DAYS_DEFAULT)};
    bool recent;
    BW_TRY(req_recent(rq, &recent, err));
    if (!recent) {
        page_confirm(rq, rs, "organisation");
        return BW_OK;
    }
    f.bad_label = f.label.n == 0;
    f.bad_scope = !f.bad_label && f.scopes == 0;
    if (f.bad_label)
        return refuse(rq, rs, &f, MSG_member_key_no_label, err);
    if (f.bad_scope)
        return refuse(rq, rs, &f, MSG_member_key_no_scope, err);
    struct key_write w = {.in = {.person_id = viewer->person_id,
                                 .organisation_id = viewer->organisation_id,
                                 .role = viewer->role,
                                 .scopes = f.scopes,
                                 .label = f.label,
                                 .expires_us = bw_now_us() + f.days * BW_DAY_US}};
    enum bw_rc rc = req_write(rq, write_key, &w, err);
    if (rc == BW_LIMIT) {
        f.bad_label = true;
        return refuse(rq, rs, &f, MSG_member_key_too_many, err);
    }
    if (rc == BW_OK)
        rc = bw_view_copy(http_arena(rq), bw_view_z(w.key.text), &f.made, err);
    crypto_wipe(&w.key, sizeof(w.key));
    BW_TRY(rc);
    return show(rq, rs, &f, (struct bw_view){NULL, 0}, err);
}

struct key_end {
    int64_t person_id;
    struct bw_view public_id;
};

static enum bw_rc end_key(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct key_end *k = arg;
    return member_key_end(tx, k->person_id, k->public_id, err);
}

enum bw_rc member_key_end_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct key_end k = {req_viewer(rq)->person_id, http_text(rq, "id")};
    BW_TRY(req_write(rq, end_key, &k, err));
    page_to(rq, rs, "organisation?done=key-ended#keys");
    return BW_OK;
}

/* -- directory --------------------------------------------------------------------------------- */

static enum bw_rc fill_row(struct http_req *rq, const struct member_organisation *o,
                           struct member_directory_row *row, struct bw_err *err)
{
    row->name = shown_name(&o->names, req_lang(rq));
    if (!bw_view_eq(row->name.text, o->names.text[I18N_EN]))
        row->english = o->names.text[I18N_EN];
    row->class_msg = member_class_msg(o->class_);
    return fill_groups(rq, o->id, GRANT_SECTOR, &row->sectors, &row->sectors_n, err);
}

enum bw_rc member_directory_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    struct bw_view after = http_text(rq, "after");
    struct member_directory_view v = {.first = after.n == 0};
    struct member_organisation *organisations;
    bool more;
    struct db *db;

    BW_TRY(req_db(rq, &db, err));
    BW_TRY(member_directory_read(db, viewer, after, http_arena(rq), &organisations, &v.rows_n,
                                 &more, err));
    BW_TRY(member_directory_count(db, viewer, &v.total, err));
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
