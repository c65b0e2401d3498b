/* SPDX-License-Identifier: Apache-2.0 */
/* intel_form - see intel_form.h. Nothing typed is ever lost: limits of the fields are wider than
 * those of an item, so that too much comes back with a message and not as an error page. */
#include "intel_form.h"

#include "crypto_text.h"

void intel_form_empty(enum i18n_lang lang, struct intel_form *ret)
{
    *ret = (struct intel_form){.in = {.kind = INTEL_ALERT,
                                      .severity = INTEL_INFO,
                                      .tlp = TLP_RED,
                                      .lang = lang,
                                      .audience = {.everybody = true}}};
}

/* -- reading ----------------------------------------------------------------------------------- */

/* Audience being put together. */
struct picking {
    struct http_req *rq;
    struct db *db;
    struct intel_form *form;
    struct grant *grants;
    size_t n;
};

static enum bw_rc pick(struct picking *p, enum grant_kind kind, struct bw_view ref,
                       enum intel_field field, enum i18n_msg missing, struct bw_err *err)
{
    int64_t id;
    if (p->n == INTEL_CHOSEN_MAX) {
        intel_problem_add(&p->form->problems, INTEL_FIELD_AUDIENCE, MSG_intel_many_chosen, ref);
        return BW_OK;
    }
    enum bw_rc rc = member_resolve(p->db, req_viewer(p->rq), kind, ref, &id, err);
    if (rc == BW_OK)
        p->grants[p->n++] = (struct grant){kind, id};
    else if (rc == BW_NOT_FOUND || rc == BW_INVALID)
        intel_problem_add(&p->form->problems, field, missing, ref);
    else
        return rc;
    return BW_OK;
}

static enum bw_rc pick_many(struct picking *p, const char *param, enum grant_kind kind,
                            struct bw_err *err)
{
    struct bw_view id;
    for (size_t i = 0; http_many(p->rq, param, i, &id); i++)
        BW_TRY(pick(p, kind, id, INTEL_FIELD_AUDIENCE, MSG_intel_no_group, err));
    return BW_OK;
}

/* One address a line; commas and semicolons separate too, as mail programs write them. */
static enum bw_rc pick_people(struct picking *p, struct bw_err *err)
{
    struct bw_view rest = p->form->people;
    while (rest.n) {
        size_t at = 0;
        while (at < rest.n && !memchr("\n,;", rest.p[at], 3))
            at++;
        struct bw_view address = bw_view_trim(bw_view_head(rest, at));
        rest = bw_view_from(rest, at < rest.n ? at + 1 : at);
        if (address.n)
            BW_TRY(pick(p, GRANT_PERSON, address, INTEL_FIELD_PEOPLE, MSG_intel_no_person, err));
    }
    return BW_OK;
}

static enum bw_rc read_audience(struct http_req *rq, struct db *db, struct intel_form *f,
                                struct bw_err *err)
{
    struct picking p = {.rq = rq, .db = db, .form = f};
    p.grants = BW_ARENA_ARRAY(http_arena(rq), INTEL_CHOSEN_MAX, struct grant);
    if (!p.grants)
        return bw_fail_memory(err);
    f->people = http_text(rq, "people");
    BW_TRY(pick_many(&p, "sector", GRANT_SECTOR, err));
    BW_TRY(pick_many(&p, "circle", GRANT_CIRCLE, err));
    BW_TRY(pick_many(&p, "org", GRANT_ORGANISATION, err));
    BW_TRY(pick_people(&p, err));
    f->in.audience = (struct intel_audience_in){
        .everybody = bw_view_is(http_text(rq, "audience"), "everybody"),
        .grants = p.grants,
        .n = p.n,
    };
    return BW_OK;
}

/* A draft may leave label and severity open: the strictest label holds until one is chosen. */
static void read_words(struct http_req *rq, struct intel_form *f)
{
    const struct bw_view none = {NULL, 0};
    struct bw_view act = http_text(rq, "do");
    f->act = bw_view_is(act, "publish") ? INTEL_ACT_PUBLISH
             : bw_view_is(act, "draft") ? INTEL_ACT_DRAFT
                                        : INTEL_ACT_PREVIEW;
    f->in.publish = f->act != INTEL_ACT_DRAFT;
    f->has_tlp = tlp_parse(http_text(rq, "tlp"), &f->in.tlp);
    f->has_severity = intel_severity_parse(http_text(rq, "severity"), &f->in.severity);
    if (!intel_kind_parse(http_text(rq, "kind"), &f->in.kind))
        f->in.kind = INTEL_ALERT;
    i18n_from_path(http_text(rq, "language"), &f->in.lang);
    if (f->in.publish && !f->has_tlp)
        intel_problem_add(&f->problems, INTEL_FIELD_TLP, MSG_intel_need_tlp, none);
    if (f->in.publish && !f->has_severity)
        intel_problem_add(&f->problems, INTEL_FIELD_SEVERITY, MSG_intel_need_severity, none);
}

enum bw_rc intel_form_read(struct http_req *rq, struct db *db, struct intel_form *ret,
                           struct bw_err *err)
{
    struct intel_form f;
    intel_form_empty(req_lang(rq), &f);
    read_words(rq, &f);
    f.in.title = http_text(rq, "title");
    f.in.body = http_text(rq, "body");
    BW_TRY(read_audience(rq, db, &f, err));
    /* Without a label, what a label forbids is not the problem: RED stands in for it. */
    if (!f.has_tlp)
        f.in.tlp = TLP_AMBER_STRICT;
    intel_item_check(&f.in, &f.problems);
    if (!f.has_tlp)
        f.in.tlp = TLP_RED;
    *ret = f;
    return BW_OK;
}

enum bw_rc intel_form_of_draft(struct db *db, const struct viewer *viewer,
                               const struct intel_item *draft, struct bw_arena *arena,
                               struct intel_form *ret, struct bw_err *err)
{
    BW_AUTO_BUF people = BW_BUF_INIT(INTEL_CHOSEN_MAX * 300);
    struct intel_form f = {.has_tlp = true,
                           .has_severity = true,
                           .in = {.kind = draft->kind,
                                  .severity = draft->severity,
                                  .tlp = draft->tlp,
                                  .lang = draft->lang,
                                  .title = draft->title,
                                  .body = draft->body}};
    BW_TRY(intel_item_chosen(db, viewer, draft->id, arena, &f.in.audience, err));
    for (size_t i = 0; i < f.in.audience.n; i++) {
        const struct grant *g = &f.in.audience.grants[i];
        struct member_recipient person;
        if (g->kind != GRANT_PERSON)
            continue;
        BW_TRY(member_person_get(db, g->ref, arena, &person, err));
        bw_buf_view(&people, person.email);
        bw_buf_byte(&people, '\n');
    }
    BW_TRY(bw_buf_rc(&people, "people", err));
    BW_TRY(bw_view_copy(arena, bw_buf_text(&people), &f.people, err));
    *ret = f;
    return BW_OK;
}

/* -- showing ----------------------------------------------------------------------------------- */

static enum bw_rc fill_picks(struct http_req *rq, struct db *db, enum grant_kind kind,
                             const struct intel_audience_in *chosen, struct intel_pick **ret,
                             size_t *ret_n, struct bw_err *err)
{
    struct member_choice *choices;
    struct intel_pick *picks;
    size_t n;
    BW_TRY(
        member_choices(db, req_viewer(rq), kind, req_lang(rq), http_arena(rq), &choices, &n, err));
    picks = BW_ARENA_ARRAY(http_arena(rq), n, struct intel_pick);
    if (!picks)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        picks[i] =
            (struct intel_pick){choices[i].public_id, choices[i].name, choices[i].hint, false};
        for (size_t j = 0; j < chosen->n && !picks[i].on; j++)
            picks[i].on = chosen->grants[j].kind == kind && chosen->grants[j].ref == choices[i].id;
    }
    *ret = picks;
    *ret_n = n;
    return BW_OK;
}

/* Where a field's message stands, and the element that the summary leads to. */
static struct bw_view *place_of(struct intel_write_view *v, enum intel_field field,
                                const char **ret_element)
{
    switch (field) {
    case INTEL_FIELD_TITLE:
        *ret_element = "title";
        return &v->bad_title;
    case INTEL_FIELD_TLP:
        *ret_element = "tlp-red";
        return &v->bad_tlp;
    case INTEL_FIELD_SEVERITY:
        *ret_element = "severity-critical";
        return &v->bad_severity;
    case INTEL_FIELD_AUDIENCE:
        *ret_element = "audience-everybody";
        return &v->bad_audience;
    case INTEL_FIELD_PEOPLE:
        *ret_element = "people";
        return &v->bad_people;
    case INTEL_FIELD_BODY:
    case INTEL_FIELD_KIND:
    case INTEL_FIELDS:
        break;
    }
    *ret_element = "body";
    return &v->bad_body;
}

static enum bw_rc fill_error(struct http_req *rq, const struct intel_problem *p,
                             struct intel_write_view *v, struct bw_err *err)
{
    BW_AUTO_BUF out = BW_BUF_INIT(4096);
    struct intel_error_row *row = &v->errors[v->errors_n++];
    struct bw_view *place = place_of(v, p->field, &row->element);
    struct bw_view what = bw_utf8_head(p->what, 120);
    I18N_PUT(&out, req_lang(rq), p->msg, I18N_TEXT("what", what.p ? what : BW_V("")));
    BW_TRY(bw_buf_rc(&out, "message", err));
    BW_TRY(bw_view_copy(http_arena(rq), bw_buf_text(&out), &row->text, err));
    if (place->n == 0)
        *place = row->text;
    return BW_OK;
}

/* In the order of the fields on the page. */
static enum bw_rc fill_errors(struct http_req *rq, const struct intel_problems *p,
                              struct intel_write_view *v, struct bw_err *err)
{
    v->errors = BW_ARENA_ARRAY(http_arena(rq), p->n, struct intel_error_row);
    if (!v->errors)
        return bw_fail_memory(err);
    for (enum intel_field field = 0; field < INTEL_FIELDS; field++)
        for (size_t i = 0; i < p->n; i++)
            if (p->rows[i].field == field)
                BW_TRY(fill_error(rq, &p->rows[i], v, err));
    return BW_OK;
}

/* Names the copy that a browser keeps of an unfinished text: another one for each person and draft.
 */
static enum bw_rc autosave_key(struct http_req *rq, struct db *db, struct bw_view id,
                               struct bw_view *ret, struct bw_err *err)
{
    BW_AUTO_BUF hex = BW_BUF_INIT(64);
    struct member_recipient me;
    BW_TRY(member_person_get(db, req_viewer(rq)->person_id, http_arena(rq), &me, err));
    struct crypto_digest d = crypto_sha256(me.email);
    crypto_hex(bw_view_of((const char *)d.b, 8), &hex);
    *ret = bw_arena_printf(http_arena(rq), "%.*s-%.*s", BW_VF(bw_buf_text(&hex)),
                           BW_VF(id.n ? id : BW_V("new")));
    return ret->p ? BW_OK : bw_fail_memory(err);
}

static struct intel_option *lang_options(struct bw_arena *arena, enum i18n_lang chosen)
{
    struct intel_option *o = BW_ARENA_ARRAY(arena, I18N_LANGS, struct intel_option);
    for (int i = 0; o && i < I18N_LANGS; i++) {
        enum i18n_lang lang = (enum i18n_lang)i;
        o[i] = (struct intel_option){.value = bw_arena_z(arena, i18n_path_name(lang)),
                                     .label = bw_arena_z(arena, i18n_own_name(lang)),
                                     .on = lang == chosen};
    }
    return o;
}

enum bw_rc intel_form_view(struct http_req *rq, struct db *db, const struct intel_form *form,
                           struct bw_view id, struct intel_write_view *ret, struct bw_err *err)
{
    struct bw_arena *arena = http_arena(rq);
    const struct bw_view to_new[] = {BW_V("write")}, to_draft[] = {BW_V("items"), id, BW_V("edit")};
    struct intel_write_view v = {
        .action = id.n ? html_url_path(arena, req_lang(rq), to_draft, BW_COUNT(to_draft))
                       : html_url_path(arena, req_lang(rq), to_new, BW_COUNT(to_new)),
        .title = form->in.title,
        .body = form->in.body,
        .people = form->people,
        .kinds = intel_kind_options(arena, (int)form->in.kind),
        .langs = lang_options(arena, form->in.lang),
        .tlps = intel_tlp_options(arena, form->has_tlp ? (int)form->in.tlp : -1),
        .severities =
            intel_severity_options(arena, form->has_severity ? (int)form->in.severity : -1),
        .kinds_n = INTEL_KINDS,
        .langs_n = I18N_LANGS,
        .tlps_n = TLP_LABELS,
        .severities_n = INTEL_SEVERITIES,
        .mark_time = "{time}",
        .mark_n = "{n}",
        .mark_total = "{total}",
        .mark_chosen = "{chosen}",
        .everybody = form->in.audience.everybody,
        .edit = id.n > 0,
    };
    if (!v.kinds || !v.langs || !v.tlps || !v.severities)
        return bw_fail_memory(err);
    const struct intel_audience_in *chosen = &form->in.audience;
    BW_TRY(fill_picks(rq, db, GRANT_SECTOR, chosen, &v.sectors, &v.sectors_n, err));
    BW_TRY(fill_picks(rq, db, GRANT_CIRCLE, chosen, &v.circles, &v.circles_n, err));
    BW_TRY(
        fill_picks(rq, db, GRANT_ORGANISATION, chosen, &v.organisations, &v.organisations_n, err));
    BW_TRY(fill_errors(rq, &form->problems, &v, err));
    BW_TRY(autosave_key(rq, db, id, &v.autosave, err));
    *ret = v;
    return BW_OK;
}
