/* SPDX-License-Identifier: Apache-2.0 */
/* Items from writing to withdrawal, and who sees them: each question is asked as every person of
 * the small community (member_test.h), because what matters is what the others do not find. */
#include "intel_page.h"
#include "member_test.h"

#include <stdio.h>

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

/* -- small steps
 * ------------------------------------------------------------------------------------- */

struct step {
    const struct viewer *viewer;
    const struct intel_prepared *prepared;
    struct bw_view id;
    struct bw_id made;
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
static enum bw_rc do_release(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct step *s = arg;
    return intel_item_release(tx, s->viewer, s->id, err);
}
static enum bw_rc do_withdraw(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct step *s = arg;
    return intel_item_withdraw(tx, s->viewer, s->id, err);
}

static enum bw_rc act(db_write_fn fn, int person, struct bw_view id)
{
    struct step s = {.viewer = viewers[person], .id = id};
    struct bw_err err;
    return db_write(t.hub.db, fn, &s, &err);
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

/* -- audiences
 * --------------------------------------------------------------------------------------- */

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

/* Who sees what the bank's representative shares. Letters: O operator, A analyst, b bank's
 * representative, B bank's admin, N broker, H hospital, C clinic, S shop. */
static const char LETTERS[] = {
    [MT_OPERATOR] = 'O',   [MT_ANALYST] = 'A',      [MT_BANK_REP] = 'b',   [MT_BANK_ADMIN] = 'B',
    [MT_BROKER_REP] = 'N', [MT_HOSPITAL_REP] = 'H', [MT_CLINIC_REP] = 'C', [MT_SHOP_REP] = 'S',
};
static const struct {
    const char *name;
    enum tlp tlp;
    enum to to;
    const char *seen_by; /* NULL: refused */
} AUDIENCES[] = {
    {"clear to everybody", TLP_CLEAR, TO_EVERYBODY, "OAbBNHCS"},
    {"green to everybody", TLP_GREEN, TO_EVERYBODY, "OAbBNHCS"},
    {"amber to everybody", TLP_AMBER, TO_EVERYBODY, "OAbBNHCS"},
    {"clear to a sector", TLP_CLEAR, TO_FINANCE, "OAbBN"},
    {"green to a circle", TLP_GREEN, TO_RESPONSE, "OAbBH"},
    {"amber to a sector", TLP_AMBER, TO_FINANCE, "OAbBN"},
    {"amber to one organisation", TLP_AMBER, TO_HOSPITAL, "OAbBH"},
    {"amber+strict keeps the staff out", TLP_AMBER_STRICT, TO_HOSPITAL, "bBH"},
    {"amber+strict to a circle", TLP_AMBER_STRICT, TO_RESPONSE, "bBH"},
    {"amber to one person", TLP_AMBER, TO_BROKER_REP, "OAbBN"},
    {"red to one person: author and person alone", TLP_RED, TO_BROKER_REP, "bN"},
    {"red to an organisation is refused", TLP_RED, TO_HOSPITAL, NULL},
    {"red to a sector is refused", TLP_RED, TO_FINANCE, NULL},
    {"red to everybody is refused", TLP_RED, TO_EVERYBODY, NULL},
    {"red to nobody is refused", TLP_RED, TO_NOBODY, NULL},
    {"nobody is refused", TLP_GREEN, TO_NOBODY, NULL},
    {"everybody and a sector is refused", TLP_GREEN, TO_BOTH, NULL},
    {"the world is refused", TLP_CLEAR, TO_WORLD, NULL},
    {"a role is refused", TLP_GREEN, TO_STAFF, NULL},
};

/* The item by every route: page, list, search, its indicator's page. */
static bool seen_right(int person, struct bw_view id, bool want, const char *word,
                       const char *value)
{
    struct intel_filter f = everything();
    struct intel_item item;
    bool ok = (get(person, id, &item) == BW_OK) == want;
    ok = (lists(person, &f, id) == want) && ok;
    ok = (finds(person, word, id) == want) && ok;
    return (knows(person, value) == want) && ok;
}

BW_TEST(audiences)
{
    open_community();
    for (size_t i = 0; i < BW_COUNT(AUDIENCES); i++) {
        char body[200], word[32], value[32];
        enum bw_rc rc;
        snprintf(word, sizeof(word), "quokka%zu", i);
        snprintf(value, sizeof(value), "198.51.100.%zu", i + 1);
        snprintf(body, sizeof(body), "The %s was seen at 198[.]51[.]100[.]%zu today.", word, i + 1);
        struct intel_item_in in = an_item("Something at a bank", body, AUDIENCES[i].tlp);
        in.audience = audience_to(AUDIENCES[i].to);
        struct bw_view id = put(MT_BANK_REP, &in, &rc);
        if (!AUDIENCES[i].seen_by) {
            SUBTEST(AUDIENCES[i].name, rc == BW_INVALID && !knows(MT_OPERATOR, value));
            continue;
        }
        bool ok = rc == BW_OK;
        for (int p = 0; ok && p < MT_NEW_REP; p++)
            ok = seen_right(p, id, strchr(AUDIENCES[i].seen_by, LETTERS[p]) != NULL, word, value);
        SUBTEST(AUDIENCES[i].name, ok && seen_right(MT_PEOPLE, id, false, word, value));
    }
}

BW_TEST(an_item_is_read_as_it_was_written)
{
    open_community();
    struct intel_item_in in = an_item("  Stolen sessions  ", "Look for **sessions**.\n", TLP_AMBER);
    struct intel_item item;
    in.lang = I18N_HANT;
    in.kind = INTEL_INCIDENT;
    in.audience = audience_to(TO_FINANCE);
    struct bw_view id = must_put(MT_BANK_REP, &in);
    REQUIRE(get(MT_BROKER_REP, id, &item) == BW_OK);
    CHECK_VIEW(item.title, "Stolen sessions");
    CHECK_VIEW(item.body, "Look for **sessions**.\n");
    CHECK(item.kind == INTEL_INCIDENT && item.severity == INTEL_HIGH && item.tlp == TLP_AMBER);
    CHECK(item.lang == I18N_HANT && item.state == INTEL_PUBLISHED && !item.is_public);
    CHECK_INT(item.author_organisation_id, t.organisation[MT_BANK]);
    CHECK_INT(item.author_person_id, t.person[MT_BANK_REP]);
    CHECK(item.published_us > 0 && item.number.n == 0);
}

/* -- what is refused
 * --------------------------------------------------------------------------------- */

static const struct {
    const char *name, *title, *body;
    enum bw_rc publish, draft;
} TEXTS[] = {
    {"a title and a body", "Title", "Body", BW_OK, BW_OK},
    {"no title", " ", "Body", BW_INVALID, BW_OK},
    {"no body", "Title", " \n ", BW_INVALID, BW_OK},
    {"a line end in the title", "Two\nlines", "Body", BW_INVALID, BW_INVALID},
    {"an escape in the title", "red \x1b[31m", "Body", BW_INVALID, BW_INVALID},
    {"a bell in the body", "Title", "ding \a", BW_INVALID, BW_INVALID},
    {"lines and tabs in the body", "Title", "a\n\tb\n", BW_OK, BW_OK},
    {"broken UTF-8 in the title", "Ti\xfftle", "Body", BW_INVALID, BW_INVALID},
    {"broken UTF-8 in the body", "Title", "Bo\xc3", BW_INVALID, BW_INVALID},
};

BW_TEST(texts)
{
    open_community();
    for (size_t i = 0; i < BW_COUNT(TEXTS); i++) {
        struct intel_item_in in = an_item(TEXTS[i].title, TEXTS[i].body, TLP_GREEN);
        enum bw_rc published, drafted;
        in.audience = audience_to(TO_EVERYBODY);
        put(MT_SHOP_REP, &in, &published);
        in.publish = false;
        put(MT_SHOP_REP, &in, &drafted);
        SUBTEST(TEXTS[i].name, published == TEXTS[i].publish && drafted == TEXTS[i].draft);
    }
}

BW_TEST(limits_of_title_and_body)
{
    open_community();
    char *body = bw_arena_get(t.arena, INTEL_BODY_MAX + 2), title[3 * (INTEL_TITLE_MAX + 1) + 1];
    enum bw_rc rc;
    BW_ASSERT(body);
    for (int i = 0; i <= INTEL_TITLE_MAX; i++)
        memcpy(title + 3 * i, "海", 3);
    memset(body, 'x', INTEL_BODY_MAX + 1);
    struct intel_item_in in = an_item("", "", TLP_GREEN);
    in.audience = audience_to(TO_EVERYBODY);
    in.title = bw_view_of(title, 3 * INTEL_TITLE_MAX);
    in.body = bw_view_of(body, INTEL_BODY_MAX);
    put(MT_SHOP_REP, &in, &rc);
    CHECK_INT(rc, BW_OK);
    in.title.n += 3;
    put(MT_SHOP_REP, &in, &rc);
    CHECK_INT(rc, BW_INVALID);
    in.title.n -= 3;
    in.body.n++;
    put(MT_SHOP_REP, &in, &rc);
    CHECK_INT(rc, BW_INVALID);
}

BW_TEST(all_that_is_wrong_is_told_at_once)
{
    struct intel_problems p = {.n = 0};
    struct intel_item_in in = an_item("", "", TLP_RED);
    intel_item_check(&in, &p);
    CHECK_INT(p.n, 3);
    CHECK(p.rows[0].field == INTEL_FIELD_TITLE && p.rows[1].field == INTEL_FIELD_BODY &&
          p.rows[2].field == INTEL_FIELD_PEOPLE);
}

/* -- drafts
 * ------------------------------------------------------------------------------------------ */

static enum bw_rc change(int person, struct bw_view id, const struct intel_item_in *in)
{
    struct step s = {.viewer = viewers[person], .id = id};
    struct intel_prepared *p;
    struct bw_err err;
    BW_ASSERT(intel_item_prepare(viewers[person], in, t.arena, &p, &err) == BW_OK);
    s.prepared = p;
    return db_write(t.hub.db, do_change, &s, &err);
}

BW_TEST(a_draft_is_its_authors_alone)
{
    open_community();
    struct intel_item_in in = an_item("Half a wombat", "seen at 192[.]0[.]2[.]77", TLP_GREEN);
    struct intel_filter drafts = everything(), all = everything();
    struct intel_item item;
    drafts.state = INTEL_DRAFT;
    in.publish = false;
    in.audience = audience_to(TO_HOSPITAL);
    struct bw_view id = must_put(MT_BANK_REP, &in);
    for (int p = 0; p <= MT_PEOPLE; p++) {
        if (p == MT_NEW_REP || p == MT_SUSPENDED_REP)
            continue;
        bool own = p == MT_BANK_REP;
        CHECK((get(p, id, &item) == BW_OK) == own);
        CHECK(lists(p, &drafts, id) == own);
        CHECK(!lists(p, &all, id) && !finds(p, "wombat", id) && !knows(p, "192.0.2.77"));
    }
    CHECK_INT(change(MT_OPERATOR, id, &in), BW_NOT_FOUND);
    CHECK_INT(change(MT_BANK_ADMIN, id, &in), BW_NOT_FOUND);
    CHECK_INT(act(do_withdraw, MT_BANK_ADMIN, id), BW_NOT_FOUND);
}

BW_TEST(a_draft_is_published_under_its_id)
{
    open_community();
    struct intel_item_in in = an_item("", "", TLP_GREEN);
    struct intel_item item;
    struct intel_audience_in chosen;
    struct bw_err err;
    in.publish = false;
    in.audience = audience_to(TO_HOSPITAL);
    struct bw_view id = must_put(MT_BANK_REP, &in);
    REQUIRE(get(MT_BANK_REP, id, &item) == BW_OK);
    {
        BW_AUTO(db) *db = NULL;
        REQUIRE(db_open(t.hub.db, &db, &err) == BW_OK);
        REQUIRE(intel_item_chosen(db, viewers[MT_BANK_REP], item.id, t.arena, &chosen, &err) ==
                BW_OK);
        CHECK(!chosen.everybody && chosen.n == 1 && chosen.grants[0].kind == GRANT_ORGANISATION &&
              chosen.grants[0].ref == t.organisation[MT_HOSPITAL]);
    }
    in.title = BW_V("A whole wombat");
    in.body = BW_V("at 192.0.2.78");
    CHECK_INT(change(MT_BANK_REP, id, &in), BW_OK);
    CHECK(get(MT_HOSPITAL_REP, id, &item) == BW_NOT_FOUND);
    in.publish = true;
    CHECK_INT(change(MT_BANK_REP, id, &in), BW_OK);
    REQUIRE(get(MT_HOSPITAL_REP, id, &item) == BW_OK);
    CHECK_VIEW(item.title, "A whole wombat");
    CHECK_INT(item.indicators, 1);
    CHECK(finds(MT_HOSPITAL_REP, "wombat", id) && !finds(MT_SHOP_REP, "wombat", id));
    CHECK(knows(MT_HOSPITAL_REP, "192.0.2.78") && !knows(MT_SHOP_REP, "192.0.2.78"));
    CHECK_INT(change(MT_BANK_REP, id, &in), BW_CONFLICT);
    CHECK_INT(change(MT_HOSPITAL_REP, id, &in), BW_NOT_FOUND);
}

BW_TEST(a_draft_is_thrown_away)
{
    open_community();
    struct intel_item_in in = an_item("Never mind", "", TLP_GREEN);
    struct intel_filter drafts = everything();
    drafts.state = INTEL_DRAFT;
    in.publish = false;
    struct bw_view id = must_put(MT_CLINIC_REP, &in);
    CHECK(lists(MT_CLINIC_REP, &drafts, id));
    CHECK_INT(act(do_withdraw, MT_CLINIC_REP, id), BW_OK);
    CHECK(!lists(MT_CLINIC_REP, &drafts, id));
}

/* -- release
 * ----------------------------------------------------------------------------------------- */

BW_TEST(release_makes_clear_items_public)
{
    open_community();
    struct intel_filter queue = everything(), public = everything();
    struct intel_item_in in = an_item("Advice for all", "Patch the numbat: 192.0.2.90", TLP_CLEAR);
    struct intel_item item;
    queue.unreleased_clear = true;
    public.public_only = true;
    in.audience = audience_to(TO_FINANCE);
    struct bw_view id = must_put(MT_BANK_REP, &in);
    CHECK(lists(MT_OPERATOR, &queue, id) && !lists(MT_PEOPLE, &public, id));
    CHECK(!finds(MT_PEOPLE, "numbat", id) && !finds(MT_SHOP_REP, "numbat", id));

    CHECK_INT(act(do_release, MT_BANK_REP, id), BW_DENIED);
    CHECK_INT(act(do_release, MT_ANALYST, id), BW_DENIED);
    CHECK_INT(act(do_release, MT_SHOP_REP, id), BW_NOT_FOUND);
    CHECK_INT(act(do_release, MT_OPERATOR, id), BW_OK);
    CHECK_INT(act(do_release, MT_OPERATOR, id), BW_OK);

    CHECK(!lists(MT_OPERATOR, &queue, id) && lists(MT_PEOPLE, &public, id));
    for (int p = 0; p <= MT_PEOPLE; p++)
        CHECK(get(p, id, &item) == BW_OK && item.is_public && finds(p, "numbat", id));
    CHECK(knows(MT_PEOPLE, "192.0.2.90") && knows(MT_SHOP_REP, "192.0.2.90"));
}

BW_TEST(release_refuses_other_labels_and_drafts)
{
    open_community();
    struct intel_item_in in = an_item("Not for all", "Body", TLP_GREEN);
    in.audience = audience_to(TO_EVERYBODY);
    struct bw_view id = must_put(MT_BANK_REP, &in);
    CHECK_INT(act(do_release, MT_OPERATOR, id), BW_CONFLICT);
    in.tlp = TLP_CLEAR;
    in.publish = false;
    id = must_put(MT_OPERATOR, &in);
    CHECK_INT(act(do_release, MT_OPERATOR, id), BW_CONFLICT);
}

BW_TEST(the_queue_is_oldest_first)
{
    open_community();
    struct intel_filter queue = everything();
    struct intel_item_in in = an_item("Waiting", "Body", TLP_CLEAR);
    queue.unreleased_clear = true;
    in.audience = audience_to(TO_EVERYBODY);
    must_put(MT_BANK_REP, &in);
    must_put(MT_BANK_REP, &in);
    struct page_of all = list(MT_OPERATOR, &queue);
    REQUIRE(all.rc == BW_OK && all.n >= 2);
    for (size_t i = 1; i < all.n; i++)
        CHECK(all.rows[i - 1].published_us < all.rows[i].published_us);
    queue.limit = 1;
    queue.after = all.rows[0].public_id;
    struct page_of next = list(MT_OPERATOR, &queue);
    REQUIRE(next.n == 1);
    CHECK(bw_view_eq(next.rows[0].public_id, all.rows[1].public_id));
}

/* -- withdrawal
 * -------------------------------------------------------------------------------------- */

BW_TEST(withdrawal_leaves_nothing_but_the_title)
{
    open_community();
    struct intel_filter all = everything();
    struct intel_item_in in = an_item("A bandicoot", "The bandicoot at 192.0.2.91", TLP_AMBER);
    struct intel_item item;
    in.audience = audience_to(TO_HOSPITAL);
    struct bw_view id = must_put(MT_BANK_REP, &in);
    CHECK(finds(MT_HOSPITAL_REP, "bandicoot", id));
    CHECK_INT(act(do_withdraw, MT_HOSPITAL_REP, id), BW_DENIED);
    CHECK_INT(act(do_withdraw, MT_SHOP_REP, id), BW_NOT_FOUND);
    CHECK_INT(act(do_withdraw, MT_BANK_ADMIN, id), BW_OK);
    CHECK_INT(act(do_withdraw, MT_BANK_ADMIN, id), BW_OK);
    REQUIRE(get(MT_HOSPITAL_REP, id, &item) == BW_OK);
    CHECK(item.state == INTEL_WITHDRAWN && item.body.n == 0 && item.indicators == 0);
    CHECK(get(MT_SHOP_REP, id, &item) == BW_NOT_FOUND);
    CHECK(!lists(MT_HOSPITAL_REP, &all, id) && !finds(MT_HOSPITAL_REP, "bandicoot", id));
    CHECK(!knows(MT_HOSPITAL_REP, "192.0.2.91") && !knows(MT_BANK_REP, "192.0.2.91"));
}

BW_TEST(staff_withdraw_what_they_see)
{
    open_community();
    struct intel_item_in in = an_item("Wrong", "Body", TLP_AMBER);
    in.audience = audience_to(TO_HOSPITAL);
    struct bw_view id = must_put(MT_BANK_REP, &in);
    CHECK_INT(act(do_withdraw, MT_ANALYST, id), BW_OK);
    in.tlp = TLP_AMBER_STRICT;
    id = must_put(MT_BANK_REP, &in);
    CHECK_INT(act(do_withdraw, MT_OPERATOR, id), BW_NOT_FOUND);
}

/* -- lists
 * ------------------------------------------------------------------------------------------- */

static void fill_pages(void)
{
    static bool done;
    open_community();
    if (done)
        return;
    done = true;
    for (int i = 0; i < 30; i++) {
        struct intel_item_in in = an_item("Page row", "echidna", TLP_GREEN);
        in.kind = i % 3 ? INTEL_PRACTICE : INTEL_QUESTION;
        in.severity = i % 2 ? INTEL_LOW : INTEL_CRITICAL;
        in.audience = audience_to(i % 5 ? TO_EVERYBODY : TO_HOSPITAL);
        must_put(MT_CLINIC_REP, &in);
    }
}

/* Walks all pages of F; false where a row comes twice, out of order, or the end is not told right.
 */
static bool walk(int person, struct intel_filter f, size_t limit, size_t *ret_rows)
{
    int64_t last = INT64_MAX;
    size_t n = 0;
    f.limit = limit;
    for (;;) {
        struct page_of p = list(person, &f);
        if (p.rc != BW_OK || p.n > limit || (p.more && p.n != limit))
            return false;
        for (size_t i = 0; i < p.n; i++) {
            if (p.rows[i].published_us >= last)
                return false;
            last = p.rows[i].published_us;
        }
        n += p.n;
        if (!p.more)
            break;
        f.after = p.rows[p.n - 1].public_id;
    }
    *ret_rows = n;
    return true;
}

BW_TEST(pages_hold_each_row_once_in_both_shapes)
{
    int64_t small = intel_walk_small;
    fill_pages();
    for (int shape = 0; shape < 2; shape++) {
        struct intel_filter f = everything(), words = everything();
        size_t rows = 0, one = 0, with_words = 0;
        intel_walk_small = shape ? 0 : small;
        words.query = BW_V("echidna");
        CHECK(walk(MT_HOSPITAL_REP, f, 200, &rows));
        CHECK(walk(MT_HOSPITAL_REP, f, 7, &one));
        CHECK_INT(one, rows);
        CHECK(rows >= 30);
        CHECK(walk(MT_HOSPITAL_REP, words, 7, &with_words));
        CHECK_INT(with_words, 30);
        CHECK(walk(MT_SHOP_REP, words, 7, &with_words));
        CHECK_INT(with_words, 24);
    }
    intel_walk_small = small;
}

BW_TEST(filters_and_counts_are_the_viewers_own)
{
    fill_pages();
    struct intel_filter f = everything();
    f.query = BW_V("echidna");
    CHECK_INT(count(MT_HOSPITAL_REP, &f), 30);
    CHECK_INT(count(MT_SHOP_REP, &f), 24);
    CHECK_INT(count(MT_PEOPLE, &f), 0);
    f.kind = INTEL_QUESTION;
    CHECK_INT(count(MT_HOSPITAL_REP, &f), 10);
    CHECK_INT(count(MT_SHOP_REP, &f), 8);
    f.severity = INTEL_CRITICAL;
    CHECK_INT(count(MT_HOSPITAL_REP, &f), 5);
    f.tlp = TLP_AMBER;
    CHECK_INT(count(MT_HOSPITAL_REP, &f), 0);
    f = everything();
    f.query = BW_V("echidna");
    BW_AUTO(db) *db = NULL;
    struct intel_facets facets;
    struct bw_err err;
    REQUIRE(db_open(t.hub.db, &db, &err) == BW_OK);
    REQUIRE(intel_item_facets(db, viewers[MT_SHOP_REP], &f, &facets, &err) == BW_OK);
    CHECK(facets.total == 24 && !facets.capped && facets.kind[INTEL_QUESTION] == 8 &&
          facets.kind[INTEL_PRACTICE] == 16 && facets.tlp[TLP_GREEN] == 24);
}

BW_TEST(a_cursor_is_a_row_that_one_sees)
{
    open_community();
    struct intel_filter f = everything();
    struct intel_item_in in = an_item("Hidden", "Body", TLP_AMBER);
    in.audience = audience_to(TO_HOSPITAL);
    f.after = must_put(MT_BANK_REP, &in);
    CHECK_INT(list(MT_HOSPITAL_REP, &f).rc, BW_OK);
    CHECK_INT(list(MT_SHOP_REP, &f).rc, BW_INVALID);
    f.after = bw_view_z(bw_arena_z(t.arena, bw_view_z(bw_id_new().text)));
    CHECK_INT(list(MT_HOSPITAL_REP, &f).rc, BW_INVALID);
}

/* -- search
 * ------------------------------------------------------------------------------------------ */

static const struct {
    const char *name, *words;
    bool found;
} SEARCHES[] = {
    {"an English word in another case", "RANSOMWARE", true},
    {"the beginning of a word", "ransom", true},
    {"two words, in any order", "gateway ransomware", true},
    {"a word that is not there", "ransomware giraffe", false},
    {"two Chinese characters", "勒索", true},
    {"Simplified finds Traditional", "软件", true},
    {"Traditional", "軟件", true},
    {"Simplified as written", "医院", true},
    {"Traditional finds Simplified", "醫院", true},
    {"characters in the wrong order", "索勒", false},
    {"a word of the title", "海港", true},
    {"a defanged address", "203[.]0[.]113[.]9", true},
    {"the address as it is", "203.0.113.9", true},
    {"another address", "203.0.113.8", false},
    {"a CVE number", "CVE-2026-10421", true},
    {"nothing but signs", "?!", false},
};

BW_TEST(search_in_english_and_chinese)
{
    open_community();
    struct intel_item_in in =
        an_item("海港勒索軟件",
                "Ransomware at the mail gateway of 203[.]0[.]113[.]9, CVE-2026-10421.\n"
                "两间医院受影响。",
                TLP_GREEN);
    in.audience = audience_to(TO_EVERYBODY);
    struct bw_view id = must_put(MT_BANK_REP, &in);
    for (size_t i = 0; i < BW_COUNT(SEARCHES); i++)
        SUBTEST(SEARCHES[i].name, finds(MT_SHOP_REP, SEARCHES[i].words, id) == SEARCHES[i].found);
}

/* -- indicators
 * -------------------------------------------------------------------------------------- */

BW_TEST(indicators_are_each_kept_once_and_counted)
{
    open_community();
    struct intel_item_in in = an_item(
        "Kept once",
        "hxxps://bad[.]example[.]net/x and bad.example.net, 198.51.100.200 and 198[.]51[.]100[.]200"
        " (T1059.001, CVE-2026-1111)",
        TLP_GREEN);
    struct intel_indicator *list;
    struct intel_item item;
    struct bw_err err;
    size_t n, counts = 0;
    in.audience = audience_to(TO_EVERYBODY);
    REQUIRE(get(MT_BANK_REP, must_put(MT_BANK_REP, &in), &item) == BW_OK);
    BW_AUTO(db) *db = NULL;
    REQUIRE(db_open(t.hub.db, &db, &err) == BW_OK);
    REQUIRE(intel_item_indicators(db, viewers[MT_SHOP_REP], item.id, 50, t.arena, &list, &n,
                                  &err) == BW_OK);
    for (size_t i = 0; i < n; i++)
        counts += intel_ioc_counts(list[i].ioc);
    CHECK_INT(counts, 3);
    CHECK_INT(item.indicators, 3);
    CHECK_INT(n, 5);
}

BW_TEST(related_items_are_those_one_sees)
{
    open_community();
    struct intel_item_in in = an_item("First of two", "198.51.100.210", TLP_GREEN);
    struct intel_item first, *related;
    struct bw_err err;
    size_t n;
    in.audience = audience_to(TO_EVERYBODY);
    REQUIRE(get(MT_BANK_REP, must_put(MT_BANK_REP, &in), &first) == BW_OK);
    in.title = BW_V("Second of two");
    in.audience = audience_to(TO_HOSPITAL);
    struct bw_view second = must_put(MT_BANK_REP, &in);
    BW_AUTO(db) *db = NULL;
    REQUIRE(db_open(t.hub.db, &db, &err) == BW_OK);
    REQUIRE(intel_item_related(db, viewers[MT_HOSPITAL_REP], first.id, t.arena, &related, &n,
                               &err) == BW_OK);
    CHECK(n == 1 && bw_view_eq(related[0].public_id, second));
    REQUIRE(intel_item_related(db, viewers[MT_SHOP_REP], first.id, t.arena, &related, &n, &err) ==
            BW_OK);
    CHECK_INT(n, 0);
}

BW_TEST(beginnings_of_values_are_the_viewers_own)
{
    open_community();
    struct intel_item_in in = an_item("Domains", "c2.platypus[.]example[.]org", TLP_AMBER);
    struct intel_indicator *list;
    struct bw_err err;
    size_t n;
    in.audience = audience_to(TO_HOSPITAL);
    must_put(MT_BANK_REP, &in);
    BW_AUTO(db) *db = NULL;
    REQUIRE(db_open(t.hub.db, &db, &err) == BW_OK);
    REQUIRE(intel_indicator_starts(db, viewers[MT_HOSPITAL_REP], BW_V("c2.platy"), 10, t.arena,
                                   &list, &n, &err) == BW_OK);
    CHECK(n == 1 && list[0].ioc == INTEL_IOC_DOMAIN);
    REQUIRE(intel_indicator_starts(db, viewers[MT_SHOP_REP], BW_V("c2.platy"), 10, t.arena, &list,
                                   &n, &err) == BW_OK);
    CHECK_INT(n, 0);
}

/* -- the ledger
 * -------------------------------------------------------------------------------------- */

BW_TEST(each_change_is_in_the_ledger)
{
    open_community();
    struct intel_item_in in = an_item("Proved", "Body", TLP_CLEAR);
    struct ledger_event *events;
    struct bw_err err;
    int64_t from;
    size_t n;
    {
        BW_AUTO(db) *db = NULL;
        REQUIRE(db_open(t.hub.db, &db, &err) == BW_OK);
        REQUIRE(ledger_next(db, &from, &err) == BW_OK);
    }
    in.publish = false;
    in.audience = audience_to(TO_EVERYBODY);
    struct bw_view id = must_put(MT_BANK_REP, &in);
    in.publish = true;
    REQUIRE(change(MT_BANK_REP, id, &in) == BW_OK);
    REQUIRE(act(do_release, MT_OPERATOR, id) == BW_OK);
    REQUIRE(act(do_withdraw, MT_BANK_REP, id) == BW_OK);
    BW_AUTO(db) *db = NULL;
    REQUIRE(db_open(t.hub.db, &db, &err) == BW_OK);
    REQUIRE(ledger_read(db, from, 10, t.arena, &events, &n, &err) == BW_OK);
    REQUIRE(n == 4);
    const enum ledger_verb verbs[] = {LEDGER_ITEM_DRAFTED, LEDGER_ITEM_PUBLISHED,
                                      LEDGER_ITEM_RELEASED, LEDGER_ITEM_WITHDRAWN};
    for (size_t i = 0; i < n; i++) {
        CHECK(events[i].verb == verbs[i]);
        CHECK(bw_view_eq(events[i].object, id));
        CHECK(events[i].actor_id == t.person[i == 2 ? MT_OPERATOR : MT_BANK_REP]);
    }
    CHECK(bw_view_find(events[1].payload, BW_V("\"tlp\":\"clear\"")) != SIZE_MAX);
}

/* A store of the audiences that this test has read must not outlive its database. */
BW_TEST(zz_close)
{
    if (t.arena)
        member_test_close(&t);
}

BW_TEST_MAIN()
