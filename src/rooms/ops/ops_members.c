/* SPDX-License-Identifier: Apache-2.0 */
/* ops_members - the operator enters organisations and invites people. The invitation goes out by
 * mail when the ledger has the new person (room notify); nothing here sends anything. */
#include "approval.h"
#include "ops_int.h"

#include "i18n.h"
#include "mail.h"
#include "ops_html.h"

static enum bw_rc choices(struct http_req *rq, struct db *db, enum grant_kind kind,
                          const struct ops_choice **ret, size_t *ret_n, struct bw_err *err)
{
    struct member_choice *list;
    BW_TRY(
        member_choices(db, req_viewer(rq), kind, req_lang(rq), http_arena(rq), &list, ret_n, err));
    struct ops_choice *out = BW_ARENA_ARRAY(http_arena(rq), *ret_n, struct ops_choice);
    if (!out)
        return bw_fail_memory(err);
    for (size_t i = 0; i < *ret_n; i++)
        out[i] = (struct ops_choice){list[i].public_id, list[i].name};
    *ret = out;
    return BW_OK;
}

static enum bw_rc show(struct http_req *rq, struct http_resp *rs, struct bw_view problem,
                       struct bw_err *err)
{
    struct ops_members_page d = {.problem = problem};
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(choices(rq, db, GRANT_ORGANISATION, &d.organisations, &d.organisations_n, err));
    BW_TRY(choices(rq, db, GRANT_SECTOR, &d.sectors, &d.sectors_n, err));
    if (problem.n)
        http_status(rs, 422);
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_ops_members,
                                    .here = NAV_QUEUE,
                                    .body = html_ops_members_slot(&d)},
                     err);
}

enum bw_rc ops_members(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    return show(rq, rs, (struct bw_view){NULL, 0}, err);
}

/* What a person typed wrong is shown with the form; anything else is the edge's. */
static enum bw_rc answer(struct http_req *rq, struct http_resp *rs, enum bw_rc rc,
                         struct bw_err *err)
{
    if (rc == BW_OK) {
        page_to(rq, rs, "queue/members");
        return BW_OK;
    }
    if (rc != BW_INVALID && rc != BW_CONFLICT && rc != BW_NOT_FOUND)
        return rc;
    struct bw_view said = bw_arena_printf(http_arena(rq), "%s", err->message);
    return show(rq, rs, said, err);
}

struct organisation_write {
    int64_t actor_id;
    struct member_organisation_in in;
};

static enum bw_rc write_organisation(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct organisation_write *w = arg;
    struct bw_id id;
    int64_t key;
    return member_organisation_add(tx, w->actor_id, &w->in, &key, &id, err);
}

enum bw_rc ops_organisation_add(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct organisation_write w = {
        .actor_id = req_viewer(rq)->person_id,
        .in = {.names = {{[I18N_EN] = bw_view_trim(http_text(rq, "name_en")),
                          [I18N_HANT] = bw_view_trim(http_text(rq, "name_hant")),
                          [I18N_HANS] = bw_view_trim(http_text(rq, "name_hans"))}},
               .class_ = MEMBER_INDUSTRY,
               .domain = bw_view_trim(http_text(rq, "domain"))},
    };
    return answer(rq, rs, req_write(rq, write_organisation, &w, err), err);
}

struct person_write {
    const struct crypto_keyring *keyring;
    int64_t actor_id;
    struct member_person_in in;
};

static enum bw_rc write_person(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct person_write *w = arg;
    struct bw_id id;
    int64_t key;
    return member_person_add(tx, w->keyring, w->actor_id, &w->in, &key, &id, err);
}

/* Roles of the hub are given by its owner, to people of the organisations that run it. */
static enum bw_rc role_of(struct http_req *rq, struct db *db, int64_t organisation_id,
                          enum role *ret, struct bw_err *err)
{
    static const enum role ROLES[] = {ROLE_REPRESENTATIVE, ROLE_ADMIN, ROLE_ANALYST};
    bool body;
    for (size_t i = 0; i < BW_COUNT(ROLES); i++)
        if (bw_view_is(http_text(rq, "role"), role_name(ROLES[i])))
            *ret = ROLES[i];
    BW_TRY(ops_body_is(db, organisation_id, &body, err));
    if (role_is_staff(*ret) && (!body || !permission_has(req_viewer(rq), PERM_OWNER)))
        return bw_fail(err, BW_INVALID,
                       "an operator alone makes somebody an analyst, and in an organisation that"
                       " runs the hub");
    return BW_OK;
}

enum bw_rc ops_person_add(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct person_write w = {.keyring = req_hub(rq)->keyring,
                             .actor_id = req_viewer(rq)->person_id};
    struct db *db;
    w.in.name = bw_view_trim(http_text(rq, "name"));
    w.in.email = bw_view_trim(http_text(rq, "email"));
    w.in.role = ROLE_REPRESENTATIVE;
    if (!i18n_from_path(http_text(rq, "language"), &w.in.lang))
        w.in.lang = I18N_EN;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(member_resolve(db, req_viewer(rq), GRANT_ORGANISATION, http_text(rq, "organisation"),
                          &w.in.organisation_id, err));
    enum bw_rc rc = role_of(rq, db, w.in.organisation_id, &w.in.role, err);
    if (rc == BW_OK && !mail_address_valid(w.in.email))
        rc = bw_fail(err, BW_INVALID, "this is not an e-mail address");
    if (rc == BW_OK)
        rc = req_write(rq, write_person, &w, err);
    return answer(rq, rs, rc, err);
}
