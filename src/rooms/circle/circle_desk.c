/* SPDX-License-Identifier: Apache-2.0 */
/* circle_desk - the tree of sectors, and one organisation: its facts for members, its groups, state
 * and merging for the desk. */
#include "circle_page.h"

#include "bw_clock.h"
#include "permission.h"

#include "circle_html.h"

static const char *const CLASSES[MEMBER_CLASSES] = {"industry",        "vendor",   "regulator",
                                                    "law-enforcement", "academia", "cert",
                                                    "foreign"};

static struct member_names names_of(struct http_req *rq)
{
    return (struct member_names){{[I18N_EN] = bw_view_trim(http_text(rq, "name_en")),
                                  [I18N_HANT] = bw_view_trim(http_text(rq, "name_hant")),
                                  [I18N_HANS] = bw_view_trim(http_text(rq, "name_hans"))}};
}

/* -- sectors ----------------------------------------------------------------------------------- */

/* "Health care", "– Hospitals": by depth, for a list to choose from. */
static enum bw_rc options_of(struct http_req *rq, const struct member_sector *s, size_t n,
                             int64_t chosen, const struct circle_option **ret, struct bw_err *err)
{
    static const char DASHES[] = "– – – – – – – – ";
    struct circle_option *rows = BW_ARENA_ARRAY(http_arena(rq), n ? n : 1, struct circle_option);
    if (!rows)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        struct bw_view name = member_name(&s[i].names, req_lang(rq));
        rows[i] =
            (struct circle_option){.value = s[i].public_id,
                                   .name = bw_arena_printf(http_arena(rq), "%.*s%.*s",
                                                           4 * s[i].depth, DASHES, BW_VF(name)),
                                   .indent = s[i].depth,
                                   .chosen = s[i].id == chosen};
    }
    *ret = rows;
    return BW_OK;
}

static enum bw_rc sectors_show(struct http_req *rq, struct http_resp *rs, bool done,
                               struct bw_view problem, struct bw_err *err)
{
    struct circle_sectors_view v = {.done = done, .problem = problem};
    struct member_sector *list;
    struct db *db;
    size_t n;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(member_sectors(db, req_viewer(rq), http_arena(rq), &list, &n, err));
    struct circle_sector_row *rows =
        BW_ARENA_ARRAY(http_arena(rq), n ? n : 1, struct circle_sector_row);
    if (!rows)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        rows[i] = (struct circle_sector_row){.id = list[i].public_id,
                                             .name = member_name(&list[i].names, req_lang(rq)),
                                             .name_en = list[i].names.text[I18N_EN],
                                             .name_hant = list[i].names.text[I18N_HANT],
                                             .name_hans = list[i].names.text[I18N_HANS],
                                             .depth = list[i].depth,
                                             .organisations = list[i].organisations,
                                             .parents_n = n};
        BW_TRY(options_of(rq, list, n, list[i].parent_id, &rows[i].parents, err));
    }
    v.rows = rows;
    v.rows_n = n;
    v.parents_n = n;
    BW_TRY(options_of(rq, list, n, 0, &v.parents, err));
    if (problem.n)
        http_status(rs, 422);
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_member_sectors,
                                    .here = NAV_QUEUE,
                                    .narrow = true,
                                    .body = html_circle_sectors_slot(&v)},
                     err);
}

CIRCLE_HANDLER(circle_sectors_page)
{
    return sectors_show(rq, rs, http_text(rq, "done").n > 0, (struct bw_view){NULL, 0}, err);
}

struct sector_write {
    const struct viewer *viewer;
    struct bw_view id, parent;
    struct member_names names;
};

/* A new sector has no members: nobody gains or loses sight of anything. */
static enum bw_rc run_sector_add(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct sector_write *w = arg;
    struct bw_id public_id;
    int64_t id, parent_id;
    BW_TRY(permission_check(w->viewer, PERM_DECIDE, err));
    BW_TRY(
        member_group_add(tx, w->viewer->person_id, GRANT_SECTOR, &w->names, &id, &public_id, err));
    if (w->parent.n == 0)
        return BW_OK;
    enum bw_rc rc =
        member_resolve(db_tx_db(tx), w->viewer, GRANT_SECTOR, w->parent, &parent_id, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, BW_INVALID, "parent: there is no such sector");
    BW_TRY(rc);
    return member_sector_move(tx, w->viewer->person_id, id, parent_id, err);
}

static enum bw_rc run_sector_name(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct sector_write *w = arg;
    int64_t id;
    BW_TRY(permission_check(w->viewer, PERM_DECIDE, err));
    BW_TRY(member_resolve(db_tx_db(tx), w->viewer, GRANT_SECTOR, w->id, &id, err));
    return member_group_rename(tx, w->viewer->person_id, GRANT_SECTOR, id, &w->names, err);
}

static enum bw_rc sector_answer(struct http_req *rq, struct http_resp *rs, enum bw_rc rc,
                                struct bw_err *err)
{
    struct bw_view problem;
    if (rc != BW_OK)
        return circle_is_typed(rq, rc, err, &problem) ? sectors_show(rq, rs, false, problem, err)
                                                      : rc;
    page_to(rq, rs, "queue/sectors?done=saved");
    return BW_OK;
}

CIRCLE_HANDLER(circle_sector_add_post)
{
    struct sector_write w = {.viewer = req_viewer(rq),
                             .parent = http_text(rq, "parent"),
                             .names = names_of(rq)};
    return sector_answer(rq, rs, req_write(rq, run_sector_add, &w, err), err);
}

CIRCLE_HANDLER(circle_sector_name_post)
{
    struct sector_write w = {.viewer = req_viewer(rq),
                             .id = http_text(rq, "id"),
                             .names = names_of(rq)};
    return sector_answer(rq, rs, req_write(rq, run_sector_name, &w, err), err);
}

CIRCLE_HANDLER(circle_sector_move_post)
{
    struct bw_view id = http_text(rq, "id");
    const struct circle_field fields[] = {{"parent", http_text(rq, "parent")}};
    const struct circle_step s = {.change = {.act = CIRCLE_ACT_MOVE,
                                             .actor = req_viewer(rq),
                                             .sector = id,
                                             .parent = fields[0].value},
                                  .title = MSG_circle_sector_move,
                                  .fields = fields,
                                  .n_fields = 1,
                                  .action = bw_arena_printf(http_arena(rq),
                                                            "queue/sectors/%.*s/move", BW_VF(id)),
                                  .back = BW_V("queue/sectors"),
                                  .done = "saved"};
    return circle_step_run(rq, rs, &s, err);
}

/* -- one organisation -------------------------------------------------------------------------- */

struct facts {
    struct member_organisation o;
    int64_t created_us;
};

static enum bw_rc read_facts(struct http_req *rq, struct db *db, struct facts *f,
                             struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, req_viewer(rq),
                    "SELECT id, created_us FROM v_organisation WHERE public_id = ?1", &st, err));
    db_bind_text(st, 1, http_text(rq, "id"));
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such organisation");
    BW_TRY(rc);
    f->created_us = db_int(st, 1);
    return member_organisation_get(db, req_viewer(rq), db_int(st, 0), http_arena(rq), &f->o, err);
}

/* Of the groups that the viewer sees; of circles only those that the viewer is in, too. */
static enum bw_rc fill_groups(struct http_req *rq, struct db *db, int64_t id,
                              struct circle_organisation_view *v, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    size_t room = MEMBER_SECTORS_MAX, n[2] = {0, 0};
    struct bw_view *names[2] = {BW_ARENA_ARRAY(http_arena(rq), room, struct bw_view),
                                BW_ARENA_ARRAY(http_arena(rq), room, struct bw_view)};
    struct circle_option *circles = BW_ARENA_ARRAY(http_arena(rq), room, struct circle_option);
    enum bw_rc rc;
    if (!names[0] || !names[1] || !circles)
        return bw_fail_memory(err);
    BW_TRY(db_query(db, req_viewer(rq),
                    "SELECT g.kind, g.public_id, g.name_en, g.name_hant, g.name_hans FROM holding h"
                    " JOIN v_grouping g ON g.id = h.code >> 4 AND g.kind = (h.code & 15)"
                    " WHERE h.holder_kind = 1 AND h.holder_id = ?1 AND h.until_us IS NULL"
                    " ORDER BY g.name_en, g.id LIMIT ?2",
                    &st, err));
    db_bind_int(st, 1, id);
    db_bind_int(st, 2, (int64_t)room);
    while ((rc = db_row(st, err)) == BW_OK) {
        struct member_names m;
        size_t kind = db_int(st, 0) == GRANT_CIRCLE;
        for (int i = 0; i < I18N_LANGS; i++)
            BW_TRY(bw_view_copy(http_arena(rq), db_text(st, 2 + i), &m.text[i], err));
        names[kind][n[kind]] = member_name(&m, req_lang(rq));
        if (kind) {
            BW_TRY(bw_view_copy(http_arena(rq), db_text(st, 1), &circles[n[1]].value, err));
            circles[n[1]].name = names[1][n[1]];
        }
        n[kind]++;
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    v->sectors = names[0];
    v->sectors_n = n[0];
    v->circles = names[1];
    v->circles_n = n[1];
    v->their_circles = circles;
    v->their_circles_n = n[1];
    return BW_OK;
}

static enum bw_rc fill_sector_choice(struct http_req *rq, struct db *db, int64_t id,
                                     struct circle_organisation_view *v, struct bw_err *err)
{
    struct member_sector *list;
    const struct circle_option *options;
    int64_t *chosen;
    size_t n, chosen_n;
    BW_TRY(member_sectors(db, req_viewer(rq), http_arena(rq), &list, &n, err));
    BW_TRY(member_sectors_chosen(db, id, http_arena(rq), &chosen, &chosen_n, err));
    BW_TRY(options_of(rq, list, n, 0, &options, err));
    struct circle_option *rows = BW_ARENA_ARRAY(http_arena(rq), n ? n : 1, struct circle_option);
    if (!rows)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        rows[i] = options[i];
        for (size_t j = 0; j < chosen_n; j++)
            rows[i].chosen = rows[i].chosen || chosen[j] == list[i].id;
    }
    v->all_sectors = rows;
    v->all_sectors_n = n;
    return BW_OK;
}

static enum bw_rc fill_desk(struct http_req *rq, struct db *db, const struct facts *f,
                            struct circle_organisation_view *v, struct bw_err *err)
{
    struct circle_option *classes =
        BW_ARENA_ARRAY(http_arena(rq), MEMBER_CLASSES, struct circle_option);
    struct member_choice *all;
    struct circle_waiting w;
    size_t n;
    BW_TRY(fill_sector_choice(rq, db, f->o.id, v, err));
    BW_TRY(member_choices(db, req_viewer(rq), GRANT_ORGANISATION, req_lang(rq), http_arena(rq),
                          &all, &n, err));
    struct circle_option *others = BW_ARENA_ARRAY(http_arena(rq), n ? n : 1, struct circle_option);
    if (!classes || !others)
        return bw_fail_memory(err);
    for (int i = 0; i < MEMBER_CLASSES; i++)
        classes[i] = (struct circle_option){.value = bw_view_z(CLASSES[i]),
                                            .name = i18n(req_lang(rq),
                                                         member_class_msg((enum member_class)i)),
                                            .chosen = i == (int)f->o.class_};
    for (size_t i = 0; i < n; i++)
        if (all[i].id != f->o.id)
            others[v->organisations_n++] =
                (struct circle_option){.value = all[i].public_id, .name = all[i].name};
    v->classes = classes;
    v->classes_n = MEMBER_CLASSES;
    v->organisations = others;
    enum bw_rc rc = circle_state_waiting(db, f->o.id, http_arena(rq), &w, err);
    if (rc != BW_OK)
        return rc == BW_NOT_FOUND ? BW_OK : rc;
    v->waiting_id = w.public_id;
    v->waiting_reason = w.reason;
    v->waiting_state = i18n(req_lang(rq), w.state == MEMBER_LEFT ? MSG_circle_state_left
                                                                 : MSG_circle_state_suspended);
    v->may_second = w.proposed_by != req_viewer(rq)->person_id;
    return BW_OK;
}

enum bw_rc circle_organisation_show(struct http_req *rq, struct http_resp *rs,
                                    struct bw_view problem, struct bw_err *err)
{
    struct circle_organisation_view v = {.problem = problem};
    struct facts f;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(read_facts(rq, db, &f, err));
    v.id = f.o.public_id;
    v.name = circle_name(&f.o.names, req_lang(rq), &v.lang);
    v.domain = f.o.domain;
    v.class_msg = member_class_msg(f.o.class_);
    v.since_us = f.created_us;
    v.active = f.o.state == MEMBER_ACTIVE;
    v.left = f.o.state == MEMBER_LEFT;
    v.state_msg = v.left ? MSG_circle_state_left : MSG_circle_state_suspended;
    v.desk = circle_is_desk(req_viewer(rq)) && f.o.id != req_viewer(rq)->organisation_id;
    BW_TRY(fill_groups(rq, db, f.o.id, &v, err));
    if (v.desk)
        BW_TRY(fill_desk(rq, db, &f, &v, err));
    v.done = http_method_of(rq) == HTTP_GET && http_text(rq, "done").n > 0;
    if (problem.n)
        http_status(rs, 422);
    return page_send(rq, rs,
                     &(struct page){.title = v.name,
                                    .here = NAV_ORGANISATION,
                                    .narrow = true,
                                    .body = html_circle_organisation_slot(&v)},
                     err);
}

/* The id of a tombstone answers for the survivor. */
CIRCLE_HANDLER(circle_organisation_page)
{
    struct member_organisation o;
    struct facts f;
    int64_t survivor;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(read_facts(rq, db, &f, err));
    BW_TRY(circle_survivor(db, f.o.id, &survivor, err));
    if (survivor == f.o.id)
        return circle_organisation_show(rq, rs, (struct bw_view){NULL, 0}, err);
    BW_TRY(member_organisation_get(db, req_viewer(rq), survivor, http_arena(rq), &o, err));
    page_to(rq, rs, "members/%.*s", BW_VF(o.public_id));
    return BW_OK;
}

/* -- groups and merging ------------------------------------------------------------------------ */

/* The values of a field that may be there several times, as they came and as hidden fields. */
static enum bw_rc chosen_of(struct http_req *rq, const char *name, struct circle_change *c,
                            struct circle_field *fields, size_t *n, struct bw_err *err)
{
    struct bw_view *list = BW_ARENA_ARRAY(http_arena(rq), HTTP_MANY_MAX, struct bw_view);
    if (!list)
        return bw_fail_memory(err);
    while (c->n_chosen < HTTP_MANY_MAX && http_many(rq, name, c->n_chosen, &list[c->n_chosen]))
        fields[(*n)++] = (struct circle_field){name, list[c->n_chosen++]};
    c->chosen = list;
    return BW_OK;
}

static struct circle_field *fields_new(struct http_req *rq)
{
    return BW_ARENA_ARRAY(http_arena(rq), HTTP_MANY_MAX + 4, struct circle_field);
}

CIRCLE_HANDLER(circle_groups_post)
{
    struct bw_view id = http_text(rq, "id");
    struct circle_field *fields = fields_new(rq);
    struct circle_step s = {.change = {.act = CIRCLE_ACT_GROUPS,
                                       .actor = req_viewer(rq),
                                       .organisation = id,
                                       .class_ = MEMBER_CLASSES},
                            .title = MSG_circle_groups,
                            .fields = fields,
                            .action = bw_arena_printf(http_arena(rq),
                                                      "queue/organisations/%.*s/groups", BW_VF(id)),
                            .back = bw_arena_printf(http_arena(rq), "members/%.*s", BW_VF(id)),
                            .done = "saved"};
    if (!fields)
        return bw_fail_memory(err);
    for (int i = 0; i < MEMBER_CLASSES; i++)
        if (bw_view_is(http_text(rq, "class"), CLASSES[i]))
            s.change.class_ = (enum member_class)i;
    fields[s.n_fields++] = (struct circle_field){"class", http_text(rq, "class")};
    BW_TRY(chosen_of(rq, "sector", &s.change, fields, &s.n_fields, err));
    return circle_step_run(rq, rs, &s, err);
}

CIRCLE_HANDLER(circle_merge_post)
{
    struct bw_view id = http_text(rq, "id");
    struct circle_field *fields = fields_new(rq);
    struct circle_step s = {.change = {.act = CIRCLE_ACT_MERGE,
                                       .actor = req_viewer(rq),
                                       .organisation = id,
                                       .survivor = http_text(rq, "survivor"),
                                       .reason = http_text(rq, "reason")},
                            .title = MSG_circle_merge,
                            .fields = fields,
                            .action = bw_arena_printf(http_arena(rq),
                                                      "queue/organisations/%.*s/merge", BW_VF(id)),
                            .back = bw_arena_printf(http_arena(rq), "members/%.*s", BW_VF(id)),
                            .done = "saved"};
    if (!fields)
        return bw_fail_memory(err);
    fields[s.n_fields++] = (struct circle_field){"survivor", s.change.survivor};
    fields[s.n_fields++] = (struct circle_field){"reason", s.change.reason};
    BW_TRY(chosen_of(rq, "circle", &s.change, fields, &s.n_fields, err));
    return circle_step_run(rq, rs, &s, err);
}

/* -- state ------------------------------------------------------------------------------------- */

struct state_write {
    const struct viewer *viewer;
    struct circle_decision decision;
    struct bw_view id, organisation;
    struct bw_arena *arena;
    int64_t export_us;
    bool four_eyes, waits, take;
};

static enum bw_rc run_state(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct state_write *w = arg;
    return circle_state_set(tx, w->viewer, &w->decision, w->four_eyes, w->export_us, &w->waits,
                            err);
}

static enum bw_rc run_second(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct state_write *w = arg;
    return circle_state_second(tx, w->viewer, w->id, w->take, w->export_us, &w->organisation,
                               w->arena, err);
}

static struct state_write state_write_of(struct http_req *rq)
{
    const struct settings *s = req_hub(rq)->settings;
    return (struct state_write){.viewer = req_viewer(rq),
                                .arena = http_arena(rq),
                                .id = http_text(rq, "id"),
                                .four_eyes = setting_int(s, SETTING_FOUR_EYES_STATE) != 0,
                                .export_us = setting_int(s, SETTING_EXPORT_DAYS) * BW_DAY_US};
}

CIRCLE_HANDLER(circle_state_post)
{
    struct state_write w = state_write_of(rq);
    struct bw_view state = http_text(rq, "state"), problem;
    enum bw_rc rc = BW_OK;
    w.decision = (struct circle_decision){.organisation = w.id, .reason = http_text(rq, "reason")};
    if (bw_view_is(state, "suspended"))
        w.decision.state = MEMBER_SUSPENDED;
    else if (bw_view_is(state, "left"))
        w.decision.state = MEMBER_LEFT;
    else if (!bw_view_is(state, "active"))
        rc = bw_fail(err, BW_INVALID, "state: active, suspended or left");
    if (rc == BW_OK)
        rc = req_write(rq, run_state, &w, err);
    if (rc != BW_OK)
        return circle_is_typed(rq, rc, err, &problem)
                   ? circle_organisation_show(rq, rs, problem, err)
                   : rc;
    page_to(rq, rs, "members/%.*s?done=%s", BW_VF(w.id), w.waits ? "waits" : "saved");
    return BW_OK;
}

CIRCLE_HANDLER(circle_second_post)
{
    struct state_write w = state_write_of(rq);
    w.take = bw_view_is(http_text(rq, "decision"), "take");
    BW_TRY(req_write(rq, run_second, &w, err));
    page_to(rq, rs, "members/%.*s?done=saved", BW_VF(w.organisation));
    return BW_OK;
}
