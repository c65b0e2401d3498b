/* SPDX-License-Identifier: Apache-2.0 */
/* member_people_page - the people of an organisation: who is there, who has not come yet, and the
 * form to invite. An administrator sees the own organisation, the hub's desk any (?of=). */
#include "member_people_form.h"

#include "bw_clock.h"
#include "page.h"

#include "member_html.h"

enum { STATUS_REFUSED = 422 };

static const struct page_notice NOTICES[] = {
    {"invited", MSG_people_done_invited},     {"saved", MSG_people_done_saved},
    {"left", MSG_people_done_left},           {"withdrawn", MSG_people_done_withdrawn},
    {"suspended", MSG_people_done_suspended}, {"resumed", MSG_people_done_resumed},
    {"asked", MSG_people_done_asked},         {"offered", MSG_people_done_offered},
    {"key-ended", MSG_member_key_ended},
};

bool member_form_notice(struct http_req *rq, enum i18n_msg *ret)
{
    if (http_method_of(rq) != HTTP_GET) /* a form that was refused; it declares no ?done= */
        return false;
    for (size_t i = 0; i < BW_COUNT(NOTICES); i++)
        if (bw_view_is(http_text(rq, "done"), NOTICES[i].word)) {
            *ret = NOTICES[i].msg;
            return true;
        }
    return false;
}

enum bw_rc member_form_roles(struct http_req *rq, int64_t organisation_id, enum role chosen,
                             bool service, const struct people_option **ret, size_t *ret_n,
                             struct bw_err *err)
{
    static const enum role ROLES[] = {ROLE_REPRESENTATIVE, ROLE_ADMIN,      ROLE_SERVICE,
                                      ROLE_ANALYST,        ROLE_MEMBERSHIP, ROLE_SYSADMIN,
                                      ROLE_AUDITOR};
    struct people_option *rows =
        BW_ARENA_ARRAY(http_arena(rq), BW_COUNT(ROLES), struct people_option);
    struct bw_err ignored;
    size_t n = 0;
    if (!rows)
        return bw_fail_memory(err);
    for (size_t i = 0; i < BW_COUNT(ROLES); i++)
        if ((service || ROLES[i] != ROLE_SERVICE) &&
            member_role_check(req_viewer(rq), organisation_id, ROLES[i], &ignored) == BW_OK)
            rows[n++] = (struct people_option){role_name(ROLES[i]), member_role_msg(ROLES[i]),
                                               ROLES[i] == chosen};
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}

enum bw_rc member_form_languages(struct http_req *rq, enum i18n_lang chosen,
                                 const struct people_language **ret, size_t *ret_n,
                                 struct bw_err *err)
{
    static const struct bw_view NAMES[I18N_LANGS] = {[I18N_EN] = BW_VIEW_INIT("English"),
                                                     [I18N_HANT] = BW_VIEW_INIT("繁體中文"),
                                                     [I18N_HANS] = BW_VIEW_INIT("简体中文")};
    struct people_language *rows =
        BW_ARENA_ARRAY(http_arena(rq), I18N_LANGS, struct people_language);
    if (!rows)
        return bw_fail_memory(err);
    for (int i = 0; i < I18N_LANGS; i++)
        rows[i] = (struct people_language){i18n_path_name((enum i18n_lang)i), NAMES[i],
                                           i18n_html_name((enum i18n_lang)i), i == (int)chosen};
    *ret = rows;
    *ret_n = I18N_LANGS;
    return BW_OK;
}

enum bw_rc member_form_read(struct http_req *rq, enum role *ret_role, enum i18n_lang *ret_lang,
                            struct bw_err *err)
{
    bool found = false;
    for (int i = 0; i < ROLES_COUNT; i++)
        if (role_is_persons((enum role)i) &&
            bw_view_is(http_text(rq, "role"), role_name((enum role)i))) {
            *ret_role = (enum role)i;
            found = true;
        }
    if (!found)
        return bw_fail(err, BW_INVALID, "there is no such role");
    if (!i18n_from_path(http_text(rq, "language"), ret_lang))
        return bw_fail(err, BW_INVALID, "there is no such language");
    return BW_OK;
}

/* -- the list ---------------------------------------------------------------------------------- */

static struct people_row row_of(const struct member_person *p, const struct viewer *viewer)
{
    int64_t until_us = p->created_us + MEMBER_INVITE_US;
    return (struct people_row){.public_id = p->public_id,
                               .name = p->name,
                               .email = p->email,
                               .role_msg = member_role_msg(p->role),
                               .seen_us = p->seen_us,
                               .until_us = until_us,
                               .waiting = !p->came,
                               .stale = !p->came && until_us <= bw_now_us(),
                               .suspended = p->state == MEMBER_SUSPENDED,
                               .signatory = p->signatory,
                               .may = !role_is_operator_body(p->role) ||
                                      permission_has(viewer, PERM_OWNER)};
}

static enum bw_rc fill(struct http_req *rq, struct db *db, const struct member_organisation *o,
                       struct people_list_view *v, struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    struct member_person *people;
    struct member_review_line *lines;
    size_t lines_n, admins = 0;
    int64_t due_us;
    BW_TRY(member_person_list(db, viewer, o->id, http_arena(rq), &people, &v->rows_n, err));
    struct people_row *rows = BW_ARENA_ARRAY(http_arena(rq), v->rows_n, struct people_row);
    if (!rows)
        return bw_fail_memory(err);
    for (size_t i = 0; i < v->rows_n; i++) {
        rows[i] = row_of(&people[i], viewer);
        admins +=
            people[i].role == ROLE_ADMIN && people[i].came && people[i].state == MEMBER_ACTIVE;
    }
    v->rows = rows;
    v->alone = admins == 1;
    v->organisation = member_name(&o->names, req_lang(rq));
    v->desk = permission_has(viewer, PERM_MEMBERS);
    if (v->desk)
        v->of = o->public_id;
    return member_review_read(db, viewer, http_arena(rq), &lines, &lines_n, &v->review, &due_us,
                              err);
}

static enum bw_rc show(struct http_req *rq, struct http_resp *rs,
                       const struct member_organisation *o, const struct member_person_in *typed,
                       struct bw_view problem, struct bw_err *err)
{
    struct people_list_view v = {.problem = problem, .name = typed->name, .email = typed->email};
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(fill(rq, db, o, &v, err));
    BW_TRY(member_form_roles(rq, o->id, typed->role, true, &v.roles, &v.roles_n, err));
    BW_TRY(member_form_languages(rq, typed->lang, &v.languages, &v.languages_n, err));
    v.done = member_form_notice(rq, &v.done_msg);
    if (problem.n)
        http_status(rs, STATUS_REFUSED);
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_people_title,
                                    .here = v.desk ? NAV_QUEUE : NAV_ORGANISATION,
                                    .body = html_people_list_slot(&v)},
                     err);
}

/* The desk first says whose people. */
static enum bw_rc choose(struct http_req *rq, struct http_resp *rs, struct db *db,
                         struct bw_err *err)
{
    struct people_choose_view v = {.organisations_n = 0};
    struct member_choice *list;
    BW_TRY(member_choices(db, req_viewer(rq), GRANT_ORGANISATION, req_lang(rq), http_arena(rq),
                          &list, &v.organisations_n, err));
    struct people_organisation *rows =
        BW_ARENA_ARRAY(http_arena(rq), v.organisations_n, struct people_organisation);
    if (!rows)
        return bw_fail_memory(err);
    for (size_t i = 0; i < v.organisations_n; i++)
        rows[i] = (struct people_organisation){list[i].public_id, list[i].name};
    v.organisations = rows;
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_people_title,
                                    .here = NAV_QUEUE,
                                    .body = html_people_choose_slot(&v)},
                     err);
}

enum bw_rc member_people_page(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct bw_view of = http_text(rq, "of");
    struct member_organisation o;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    if (of.n == 0 && permission_has(req_viewer(rq), PERM_MEMBERS))
        return choose(rq, rs, db, err);
    BW_TRY(member_organisation_of(db, req_viewer(rq), of, http_arena(rq), &o, err));
    return show(rq, rs, &o,
                &(struct member_person_in){.role = ROLE_REPRESENTATIVE, .lang = req_lang(rq)},
                BW_V(""), err);
}

/* -- the form ---------------------------------------------------------------------------------- */

struct invite {
    const struct crypto_keyring *keyring;
    const struct viewer *viewer;
    struct member_person_in in;
};

static enum bw_rc write_invite(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct invite *w = arg;
    struct bw_id id;
    return member_people_invite(tx, w->keyring, w->viewer, &w->in, &id, err);
}

enum bw_rc member_people_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct invite w = {.keyring = req_hub(rq)->keyring,
                       .viewer = req_viewer(rq),
                       .in = {.name = bw_view_trim(http_text(rq, "name")),
                              .role = ROLE_REPRESENTATIVE,
                              .lang = req_lang(rq)}};
    struct bw_err why = {0};
    struct member_organisation o;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(member_organisation_of(db, w.viewer, http_text(rq, "of"), http_arena(rq), &o, err));
    BW_TRY(member_lower(http_arena(rq), http_text(rq, "email"), &w.in.email, err));
    w.in.organisation_id = o.id;
    enum bw_rc rc = member_form_read(rq, &w.in.role, &w.in.lang, &why);
    if (rc == BW_OK)
        rc = req_write(rq, write_invite, &w, &why);
    if (rc == BW_OK) {
        if (permission_has(w.viewer, PERM_MEMBERS))
            page_to(rq, rs, "people?of=%.*s&done=invited", BW_VF(o.public_id));
        else
            page_to(rq, rs, "people?done=invited");
        return BW_OK;
    }
    if (!member_form_shows(rc)) {
        *err = why;
        return rc;
    }
    return show(rq, rs, &o, &w.in, bw_arena_printf(http_arena(rq), "%s", why.message), err);
}
