/* SPDX-License-Identifier: Apache-2.0 */
/* terms_fill - what stands on the page of one version: the text, what has changed since the reader
 * accepted, and what the reader still has to do. */
#include "terms_page.h"

enum { VERSIONS_SHOWN = 20, MINE_SHOWN = 20 };

enum i18n_msg terms_state_msg(enum terms_state state)
{
    static const enum i18n_msg MSGS[TERMS_STATES] = {
        [TERMS_DRAFT] = MSG_terms_state_draft,
        [TERMS_PROPOSED] = MSG_terms_state_proposed,
        [TERMS_ANNOUNCED] = MSG_terms_state_announced,
        [TERMS_IN_FORCE] = MSG_terms_state_in_force,
        [TERMS_SUPERSEDED] = MSG_terms_state_superseded,
    };
    return MSGS[state];
}

struct terms_version_view terms_version_view(const struct terms_version *v)
{
    return (struct terms_version_view){v->number, v->effective_us, terms_state_msg(v->state),
                                       false};
}

struct bw_view terms_lang(struct http_req *rq, enum i18n_lang lang)
{
    return lang == req_lang(rq) ? (struct bw_view){NULL, 0} : i18n_html_name(lang);
}

enum bw_rc terms_hash_copy(struct bw_arena *arena, const struct crypto_digest *d,
                           struct bw_view *ret, struct bw_err *err)
{
    return bw_view_copy(arena, bw_view_z(terms_hash_text(d).text), ret, err);
}

struct filling {
    struct http_req *rq;
    struct db *db;
    const struct viewer *viewer;
    struct bw_arena *arena;
    struct terms_version *versions; /* newest first */
    size_t n;
    const struct terms_version *v;
    struct terms_page_view *d;
};

static bool has_accepted(const struct filling *f, int64_t number)
{
    for (size_t i = 0; i < f->d->mine_n; i++)
        if (!f->d->mine[i].sign && f->d->mine[i].number == number)
            return true;
    return false;
}

/* What is in force comes first; once it is accepted, what is announced. */
static const struct terms_version *choose(const struct filling *f, int64_t number)
{
    const struct terms_version *best = NULL;
    for (size_t i = 0; i < f->n; i++) {
        const struct terms_version *v = &f->versions[i];
        if (number ? v->number == number : v->state == TERMS_IN_FORCE)
            best = v;
    }
    if (number || (best && (f->viewer->role == ROLE_NOBODY || !has_accepted(f, best->number))))
        return best;
    for (size_t i = f->n; i-- > 0;) { /* the one that is announced first */
        const struct terms_version *v = &f->versions[i];
        if (v->state == TERMS_ANNOUNCED && (!best || !has_accepted(f, v->number)))
            return v;
    }
    return best;
}

static enum bw_rc fill_mine(struct filling *f, struct bw_err *err)
{
    struct terms_acceptance *list;
    struct terms_acceptance_view *out;
    size_t n;
    if (f->viewer->role == ROLE_NOBODY)
        return BW_OK;
    BW_TRY(terms_acceptance_list(f->db, f->viewer, f->viewer->person_id, f->viewer->organisation_id,
                                 MINE_SHOWN, f->arena, &list, &n, err));
    out = BW_ARENA_ARRAY(f->arena, n + 1, struct terms_acceptance_view);
    if (!out)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        out[i] =
            (struct terms_acceptance_view){list[i].public_id, list[i].person_name, list[i].number,
                                           list[i].at_us, list[i].kind == TERMS_FOR_ORGANISATION};
    f->d->mine = out;
    f->d->mine_n = n;
    return BW_OK;
}

static enum bw_rc fill_versions(struct filling *f, struct bw_err *err)
{
    struct terms_version_view *out = BW_ARENA_ARRAY(f->arena, f->n + 1, struct terms_version_view);
    if (!out)
        return bw_fail_memory(err);
    for (size_t i = 0; i < f->n; i++) {
        out[i] = terms_version_view(&f->versions[i]);
        out[i].here = &f->versions[i] == f->v;
    }
    f->d->versions = out;
    f->d->versions_n = f->n;
    return BW_OK;
}

/* -- differences ------------------------------------------------------------------------------- */

/* The newest older version that the reader accepted; else the one before this. */
static const struct terms_version *older(struct filling *f)
{
    const struct terms_version *before = NULL;
    for (size_t i = 0; i < f->n; i++) {
        const struct terms_version *v = &f->versions[i];
        if (v->number >= f->v->number || v->state < TERMS_ANNOUNCED)
            continue;
        if (has_accepted(f, v->number)) {
            f->d->from_accepted = true;
            return v;
        }
        if (!before)
            before = v;
    }
    return before;
}

static enum bw_rc fill_changes(struct filling *f, struct bw_err *err)
{
    const struct terms_version *from = older(f);
    enum i18n_lang lang = req_lang(f->rq);
    struct terms_line *lines;
    struct terms_line_view *out;
    size_t n;
    if (!from)
        return BW_OK;
    if (from->text[lang].n == 0 || f->v->text[lang].n == 0)
        lang = I18N_EN;
    BW_TRY(terms_diff(from->text[lang], f->v->text[lang], f->arena, &lines, &n, err));
    out = BW_ARENA_ARRAY(f->arena, n + 1, struct terms_line_view);
    if (!out)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct terms_line_view){lines[i].change == TERMS_ADDED,
                                          lines[i].change == TERMS_REMOVED, lines[i].skipped,
                                          lines[i].text};
    f->d->from = from->number;
    f->d->lines = out;
    f->d->lines_n = n;
    return BW_OK;
}

/* -- what is to do ----------------------------------------------------------------------------- */

static enum bw_rc fill_signature(struct filling *f, struct bw_err *err)
{
    struct terms_page_view *d = f->d;
    const struct viewer *w = f->viewer;
    struct terms_acceptance a;
    bool duty;
    /* That it is signed, by whom and when is told to all of the organisation; the paper is not. */
    enum bw_rc rc =
        terms_acceptance_of(f->db, viewer_system("terms: who signed for one's own"), f->v->number,
                            TERMS_FOR_ORGANISATION, w->organisation_id, f->arena, &a, err);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    if (rc == BW_OK) {
        d->signed_ = true;
        d->signed_us = a.at_us;
        d->signed_by = a.person_name;
        for (size_t i = 0; i < d->mine_n; i++)
            if (bw_view_eq(d->mine[i].public_id, a.public_id))
                d->signature = a.public_id;
        return BW_OK;
    }
    BW_TRY(terms_holds_duty(f->db, w->person_id, &duty, err));
    d->may_sign = duty && (d->in_force || d->announced);
    d->needs_signatory = !duty && (d->in_force || d->announced);
    return BW_OK;
}

static enum bw_rc fill_tasks(struct filling *f, struct bw_err *err)
{
    struct terms_page_view *d = f->d;
    const struct viewer *w = f->viewer;
    struct member_organisation o;
    d->signed_in = w->role != ROLE_NOBODY;
    d->desk = permission_has(w, PERM_AUDIT);
    if (!d->signed_in)
        return BW_OK;
    d->bound = w->role == ROLE_REPRESENTATIVE || w->role == ROLE_ADMIN;
    d->own_admin = w->role == ROLE_ADMIN;
    d->limited = viewer_holds(w, (struct grant){GRANT_LIMIT, LIMIT_TERMS});
    d->expired = viewer_holds(w, (struct grant){GRANT_LIMIT, LIMIT_EXPIRED});
    for (size_t i = 0; i < d->mine_n; i++)
        if (!d->mine[i].sign && d->mine[i].number == f->v->number) {
            d->accepted = true;
            d->accepted_us = d->mine[i].at_us;
            d->acceptance = d->mine[i].public_id;
        }
    d->may_accept =
        !d->accepted && (d->in_force || d->announced) && permission_has(w, PERM_ACCOUNT);
    BW_TRY(member_organisation_get(f->db, w, w->organisation_id, f->arena, &o, err));
    d->form.number = f->v->number;
    d->form.hash = d->hash;
    d->form.organisation = member_name(&o.names, req_lang(f->rq));
    return fill_signature(f, err);
}

enum bw_rc terms_fill(struct http_req *rq, int64_t number, struct terms_page_view *d,
                      struct bw_err *err)
{
    struct filling f = {.rq = rq, .viewer = req_viewer(rq), .arena = http_arena(rq), .d = d};
    enum i18n_lang shown;
    BW_TRY(req_db(rq, &f.db, err));
    BW_TRY(terms_version_list(f.db, f.viewer, VERSIONS_SHOWN, f.arena, &f.versions, &f.n, err));
    BW_TRY(fill_mine(&f, err));
    f.v = choose(&f, number);
    if (!f.v && number)
        return bw_fail(err, BW_NOT_FOUND, "there is no such version of the terms");
    BW_TRY(fill_versions(&f, err));
    d->none = !f.v;
    d->desk = permission_has(f.viewer, PERM_AUDIT);
    if (!f.v)
        return BW_OK;
    d->number = f.v->number;
    d->effective_us = f.v->effective_us;
    d->state_msg = terms_state_msg(f.v->state);
    d->in_force = f.v->state == TERMS_IN_FORCE;
    d->announced = f.v->state == TERMS_ANNOUNCED;
    d->old = f.v->state == TERMS_SUPERSEDED;
    d->body = terms_text(f.v, req_lang(rq), &shown);
    d->body_lang = terms_lang(rq, shown);
    d->untranslated = shown != req_lang(rq);
    BW_TRY(terms_hash_copy(f.arena, &f.v->hash, &d->hash, err));
    BW_TRY(fill_changes(&f, err));
    return fill_tasks(&f, err);
}
