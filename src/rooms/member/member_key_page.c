/* SPDX-License-Identifier: Apache-2.0 */
/* member_key_page - forms for API keys. A new key is shown on the page that answers the form and
 * nowhere else: only its hash is kept. */
#include "member_key.h"

#include "bw_clock.h"
#include "page.h"

static const struct {
    const char *word;
    int64_t days;
    enum i18n_msg msg;
} TERMS[] = {
    {"30", 30, MSG_member_days_30},
    {"90", 90, MSG_member_days_90},
    {"365", 365, MSG_member_days_365},
};

static enum bw_rc fill_rows(struct http_req *rq, struct db *db, int64_t person_id,
                            struct member_keys_view *v, struct bw_err *err)
{
    struct member_key *keys;
    size_t n;
    BW_TRY(member_keys_of(db, person_id, http_arena(rq), &keys, &n, err));
    struct member_key_view *rows = BW_ARENA_ARRAY(http_arena(rq), n, struct member_key_view);
    if (!rows)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        struct member_key_view *k = &rows[i];
        *k = (struct member_key_view){.public_id = keys[i].public_id,
                                      .label = keys[i].label,
                                      .networks = keys[i].networks,
                                      .used_from = keys[i].used_from,
                                      .created_us = keys[i].created_us,
                                      .expires_us = keys[i].expires_us,
                                      .used_us = keys[i].used_us,
                                      .expired = keys[i].expired,
                                      .replaced = keys[i].replaced,
                                      .rotates = !keys[i].expired && !keys[i].replaced};
        for (size_t j = 0; j < MEMBER_SCOPES; j++)
            if (keys[i].scopes & (unsigned)member_scopes[j].scope)
                k->scopes[k->scopes_n++] = member_scopes[j].msg;
    }
    v->keys = rows;
    v->keys_n = n;
    return BW_OK;
}

enum bw_rc member_keys_fill(struct http_req *rq, struct db *db, int64_t person_id,
                            const struct key_form *f, struct member_keys_view *v,
                            struct bw_err *err)
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
    *v = (struct member_keys_view){.person = f->person,
                                   .scopes = scopes,
                                   .scopes_n = MEMBER_SCOPES,
                                   .terms = terms,
                                   .terms_n = BW_COUNT(TERMS),
                                   .new_key = f->made,
                                   .new_label = f->label,
                                   .failed = f->failed,
                                   .bad_label = f->bad_label,
                                   .bad_scope = f->bad_scope,
                                   .bad_networks = f->bad_networks,
                                   .error = f->error,
                                   .said = f->said,
                                   .overlap =
                                       setting_int(req_hub(rq)->settings, SETTING_KEY_OVERLAP),
                                   .error_field = f->bad_scope      ? "scope-read"
                                                  : f->bad_networks ? "networks"
                                                                    : "label"};
    if (f->made.n == 0) {
        v->label = f->label;
        v->networks = f->networks;
    }
    return fill_rows(rq, db, person_id, v, err);
}

/* -- forms ------------------------------------------------------------------------------------- */

static enum bw_rc show(struct http_req *rq, struct http_resp *rs, const struct key_form *f,
                       struct bw_err *err)
{
    return f->person.n ? member_person_show(rq, rs, f->person, f, BW_V(""), err)
                       : member_organisation_show(rq, rs, f, BW_V(""), err);
}

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
    const struct viewer *viewer;
    struct bw_view person; /* of a service */
    struct api_key_in in;
    struct crypto_token key;
};

static enum bw_rc write_key(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct key_write *w = arg;
    if (w->person.n)
        BW_TRY(member_key_service(tx, w->viewer, w->person, &w->in, err));
    return member_key_add(tx, &w->in, &w->key, err);
}

static enum bw_rc refuse(struct http_req *rq, struct http_resp *rs, struct key_form *f,
                         enum i18n_msg error, struct bw_err *err)
{
    f->failed = true;
    f->error = error;
    return show(rq, rs, f, err);
}

/* What is wrong with the form; *ret_error is shown where it is. */
static bool check(struct http_req *rq, struct key_form *f, struct bw_view *ret_networks,
                  enum i18n_msg *ret_error)
{
    struct bw_err why = {0};
    f->bad_label = f->label.n == 0;
    f->bad_scope = !f->bad_label && f->scopes == 0;
    *ret_error = f->bad_label ? MSG_member_key_no_label : MSG_member_key_no_scope;
    if (f->bad_label || f->bad_scope)
        return false;
    if (member_key_networks(f->networks, http_arena(rq), ret_networks, &why) == BW_OK)
        return true;
    f->bad_networks = true;
    f->said = bw_arena_printf(http_arena(rq), "%s", why.message);
    *ret_error = MSG_people_key_networks_wrong;
    return false;
}

enum bw_rc member_key_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    struct key_form f = {.label = bw_view_trim(http_text(rq, "label")),
                         .networks = bw_view_trim(http_text(rq, "networks")),
                         .person = http_text(rq, "person"),
                         .scopes = scopes_of(rq),
                         .days = http_int(rq, "days", KEY_DAYS_DEFAULT)};
    struct bw_view networks = BW_V("");
    enum i18n_msg error;
    bool recent;
    BW_TRY(req_recent(rq, &recent, err));
    if (!recent) {
        page_confirm(rq, rs, "organisation");
        return BW_OK;
    }
    if (!check(rq, &f, &networks, &error))
        return refuse(rq, rs, &f, error, err);
    struct key_write w = {.viewer = viewer,
                          .person = f.person,
                          .in = {.person_id = viewer->person_id,
                                 .organisation_id = viewer->organisation_id,
                                 .role = viewer->role,
                                 .scopes = f.scopes,
                                 .label = f.label,
                                 .networks = networks,
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
    return show(rq, rs, &f, err);
}

struct key_change {
    const struct viewer *viewer;
    struct bw_view public_id;
    int64_t overlap_days;
    struct crypto_token key;
};

static enum bw_rc end_key(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct key_change *k = arg;
    return member_key_stop(tx, k->viewer, k->public_id, err);
}

enum bw_rc member_key_end_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct key_change k = {.viewer = req_viewer(rq), .public_id = http_text(rq, "id")};
    struct bw_view person = http_text(rq, "person");
    BW_TRY(req_write(rq, end_key, &k, err));
    if (person.n)
        page_to(rq, rs, "people/%.*s?done=key-ended#keys", BW_VF(person));
    else
        page_to(rq, rs, "organisation?done=key-ended#keys");
    return BW_OK;
}

static enum bw_rc rotate_key(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct key_change *k = arg;
    return member_key_rotate(tx, k->viewer, k->public_id, k->overlap_days, &k->key, err);
}

enum bw_rc member_key_rotate_post(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct key_change k = {.viewer = req_viewer(rq),
                           .public_id = http_text(rq, "id"),
                           .overlap_days = setting_int(req_hub(rq)->settings, SETTING_KEY_OVERLAP)};
    struct key_form f = {.person = http_text(rq, "person"),
                         .label = i18n(req_lang(rq), MSG_people_key_rotated),
                         .scopes = SCOPE_READ,
                         .days = KEY_DAYS_DEFAULT};
    enum bw_rc rc = req_write(rq, rotate_key, &k, err);
    if (rc == BW_OK)
        rc = bw_view_copy(http_arena(rq), bw_view_z(k.key.text), &f.made, err);
    crypto_wipe(&k.key, sizeof(k.key));
    BW_TRY(rc);
    return show(rq, rs, &f, err);
}
