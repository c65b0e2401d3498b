/* SPDX-License-Identifier: Apache-2.0 */
/* intel_test - items written, read and looked for as the people of the small community
 * (member_test.h). Header only: each test program is one file. */
#ifndef INTEL_TEST_H
#define INTEL_TEST_H

#include "intel_page.h"
#include "member_test.h"

#include <stdio.h>

/* No program uses all of it. */
#pragma GCC diagnostic ignored "-Wunused-function"

static struct member_test t;
static const struct viewer *viewers[MT_PEOPLE + 1]; /* the last one is the public */

static void open_community(void)
{
    if (t.arena)
        return;
    member_test_open(&t, "intel", room_intel.migrations, room_intel.n_migrations);
    for (int i = 0; i <= MT_PEOPLE; i++)
        viewers[i] = member_test_viewer(&t, (enum member_test_person)i);
}

/* -- small steps ------------------------------------------------------------------------------- */

/* Release and withdrawal have one form. */
typedef enum bw_rc (*change_fn)(struct db_tx *tx, const struct viewer *viewer,
                                struct bw_view public_id, struct bw_err *err);
struct step {
    const struct viewer *viewer;
    const struct intel_prepared *prepared;
    struct bw_view id;
    struct bw_id made;
    change_fn change;
};
static enum bw_rc do_put(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct step *s = arg;
    return intel_item_put(tx, s->prepared, &s->made, err);
}
static enum bw_rc do_change(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct step *s = arg;
    return intel_item_change(tx, s->viewer, s->id, s->prepared, err);
}
static enum bw_rc do_act(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct step *s = arg;
    return s->change(tx, s->viewer, s->id, err);
}

static enum bw_rc act(change_fn change, int person, struct bw_view id)
{
    struct step s = {.viewer = viewers[person], .id = id, .change = change};
    struct bw_err err;
    return db_write(t.hub.db, do_act, &s, &err);
}

static struct intel_item_in an_item(const char *title, const char *body, enum tlp tlp)
{
    return (struct intel_item_in){.kind = INTEL_ALERT,
                                  .severity = INTEL_HIGH,
                                  .tlp = tlp,
                                  .lang = I18N_EN,
                                  .title = bw_view_z(title),
                                  .body = bw_view_z(body),
                                  .publish = true};
}

/* Public id in the test's arena; empty where it was refused. */
static struct bw_view put(int person, const struct intel_item_in *in, enum bw_rc *ret_rc)
{
    struct step s = {.viewer = viewers[person]};
    struct intel_prepared *p;
    struct bw_err err = {0};
    *ret_rc = intel_item_prepare(viewers[person], in, t.arena, &p, &err);
    s.prepared = p;
    if (*ret_rc == BW_OK)
        *ret_rc = db_write(t.hub.db, do_put, &s, &err);
    if (*ret_rc != BW_OK) {
        printf("# refused: %s %s\n", err.message, err.detail);
        return (struct bw_view){NULL, 0};
    }
    return bw_view_z(bw_arena_z(t.arena, bw_view_z(s.made.text)));
}

static struct bw_view must_put(int person, const struct intel_item_in *in)
{
    enum bw_rc rc;
    struct bw_view id = put(person, in, &rc);
    BW_ASSERT(rc == BW_OK);
    return id;
}

static enum bw_rc get(int person, struct bw_view id, struct intel_item *ret)
{
    BW_AUTO(db) *db = NULL;
    struct bw_err err;
    BW_ASSERT(db_open(t.hub.db, &db, &err) == BW_OK);
    return intel_item_get(db, viewers[person], id, t.arena, ret, &err);
}

static struct intel_filter everything(void)
{
    return (struct intel_filter){.kind = -1,
                                 .severity = -1,
                                 .tlp = -1,
                                 .state = INTEL_PUBLISHED,
                                 .limit = 200};
}

struct page_of {
    struct intel_item *rows;
    size_t n;
    bool more;
    enum bw_rc rc;
};
static struct page_of list(int person, const struct intel_filter *f)
{
    BW_AUTO(db) *db = NULL;
    struct page_of p = {.n = 0};
    struct bw_err err = {0};
    BW_ASSERT(db_open(t.hub.db, &db, &err) == BW_OK);
    p.rc = intel_item_list(db, viewers[person], f, t.arena, &p.rows, &p.n, &p.more, &err);
    if (p.rc != BW_OK && p.rc != BW_INVALID)
        printf("# list: %s %s\n", err.message, err.detail);
    return p;
}

static bool lists(int person, const struct intel_filter *f, struct bw_view id)
{
    struct page_of p = list(person, f);
    for (size_t i = 0; i < p.n; i++)
        if (bw_view_eq(p.rows[i].public_id, id))
            return true;
    return false;
}

static int64_t count(int person, const struct intel_filter *f)
{
    BW_AUTO(db) *db = NULL;
    struct bw_err err;
    int64_t n = -1;
    BW_ASSERT(db_open(t.hub.db, &db, &err) == BW_OK);
    BW_ASSERT(intel_item_count(db, viewers[person], f, INTEL_COUNT_MAX, &n, &err) == BW_OK);
    return n;
}

static bool finds(int person, const char *words, struct bw_view id)
{
    struct intel_filter f = everything();
    f.query = bw_view_z(words);
    return lists(person, &f, id);
}

static bool knows(int person, const char *value)
{
    BW_AUTO(db) *db = NULL;
    struct intel_seen seen;
    struct bw_err err;
    BW_ASSERT(db_open(t.hub.db, &db, &err) == BW_OK);
    return intel_indicator_find(db, viewers[person], bw_view_z(value), t.arena, &seen, &err) ==
           BW_OK;
}

/* -- whom it is for ---------------------------------------------------------------------------- */

enum to {
    TO_NOBODY,
    TO_EVERYBODY,
    TO_FINANCE,
    TO_RESPONSE,
    TO_HOSPITAL,
    TO_BROKER_REP,
    TO_BOTH,
    TO_WORLD,
    TO_STAFF
};

static struct intel_audience_in audience_to(enum to to)
{
    struct grant *g = BW_ARENA_NEW(t.arena, struct grant);
    struct intel_audience_in a = {.everybody = to == TO_EVERYBODY || to == TO_BOTH,
                                  .grants = g,
                                  .n = to != TO_NOBODY && to != TO_EVERYBODY};
    BW_ASSERT(g);
    if (to == TO_FINANCE || to == TO_BOTH)
        *g = (struct grant){GRANT_SECTOR, t.sector[MT_FINANCE]};
    else if (to == TO_RESPONSE)
        *g = (struct grant){GRANT_CIRCLE, t.circle[MT_CIRCLE_RESPONSE]};
    else if (to == TO_HOSPITAL)
        *g = (struct grant){GRANT_ORGANISATION, t.organisation[MT_HOSPITAL]};
    else if (to == TO_BROKER_REP)
        *g = (struct grant){GRANT_PERSON, t.person[MT_BROKER_REP]};
    else if (to == TO_WORLD)
        *g = (struct grant){GRANT_PUBLIC, 0};
    else if (to == TO_STAFF)
        *g = (struct grant){GRANT_ROLE, ROLE_STAFF};
    return a;
}

#endif
