/* SPDX-License-Identifier: Apache-2.0 */
/* member_api - GET /api/v1/me: whom a key speaks for, and what it may. */
#include "member_int.h"

#include "json_write.h"
#include "page.h"

static void put_names(struct json_writer *w, const struct member_names *names)
{
    json_w_key(w, "names");
    json_w_object(w);
    for (int i = 0; i < I18N_LANGS; i++) {
        if (names->text[i].n == 0)
            continue;
        json_w_key_view(w, i18n_path_name((enum i18n_lang)i));
        json_w_string(w, names->text[i]);
    }
    json_w_object_end(w);
}

static void put_groups(struct json_writer *w, const char *key, enum grant_kind kind,
                       const struct member_group *groups, size_t n)
{
    json_w_key(w, key);
    json_w_array(w);
    for (size_t i = 0; i < n; i++) {
        if (groups[i].kind != kind)
            continue;
        json_w_object(w);
        json_w_kv(w, "id", groups[i].public_id);
        json_w_kv(w, "name", groups[i].names.text[I18N_EN]);
        json_w_object_end(w);
    }
    json_w_array_end(w);
}

static void put_organisation(struct json_writer *w, const struct member_organisation *o,
                             const struct member_group *groups, size_t n)
{
    json_w_key(w, "organisation");
    json_w_object(w);
    json_w_kv(w, "id", o->public_id);
    json_w_kv(w, "name", o->names.text[I18N_EN]);
    put_names(w, &o->names);
    json_w_kv_z(w, "class", member_class_word(o->class_));
    json_w_kv(w, "domain", o->domain);
    put_groups(w, "sectors", GRANT_SECTOR, groups, n);
    put_groups(w, "circles", GRANT_CIRCLE, groups, n);
    json_w_object_end(w);
}

enum bw_rc member_me_api(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    const struct viewer *viewer = req_viewer(rq);
    struct bw_arena *arena = http_arena(rq);
    struct member_recipient person;
    struct member_organisation organisation;
    struct member_group *groups;
    struct json_writer w;
    size_t n;
    struct db *db;

    BW_TRY(req_db(rq, &db, err));
    BW_TRY(member_person_get(db, viewer->person_id, arena, &person, err));
    BW_TRY(member_organisation_get(db, viewer, viewer->organisation_id, arena, &organisation, err));
    BW_TRY(member_groups_of(db, viewer, viewer->organisation_id, arena, &groups, &n, err));
    page_json_type(rs);
    json_w_open(&w, http_out(rs));
    json_w_object(&w);
    json_w_key(&w, "person");
    json_w_object(&w);
    json_w_kv(&w, "id", person.public_id);
    json_w_kv(&w, "name", person.name);
    json_w_kv(&w, "email", person.email);
    json_w_kv(&w, "lang", i18n_path_name(person.lang));
    json_w_object_end(&w);
    put_organisation(&w, &organisation, groups, n);
    json_w_kv_z(&w, "role", role_name(viewer->role));
    json_w_key(&w, "scopes");
    json_w_array(&w);
    for (size_t i = 0; i < MEMBER_SCOPES; i++)
        if (viewer->scopes & (unsigned)member_scopes[i].scope)
            json_w_z(&w, member_scopes[i].word);
    json_w_array_end(&w);
    json_w_object_end(&w);
    json_w_close(&w);
    return BW_OK;
}
