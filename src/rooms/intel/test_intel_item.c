/* SPDX-License-Identifier: Apache-2.0 */
/* Items from writing to withdrawal, and who sees them: each question is asked as every person of
 * the small community, because what matters is what the others do not find. */
#include "intel_test.h"

/* -- audiences --------------------------------------------------------------------------------- */

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

static enum bw_rc do_put_both(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct step *s = arg;
    BW_TRY(intel_item_put(tx, s[0].prepared, &s[0].made, err));
    return intel_item_put(tx, s[1].prepared, &s[1].made, err);
}

BW_TEST(two_items_of_one_transaction_have_an_order)
{
    open_community();
    struct intel_item_in in = an_item("One of two", "Body", TLP_GREEN);
    struct intel_item first, second;
    struct step s[2] = {{.viewer = NULL}};
    struct bw_err err;
    in.audience = audience_to(TO_EVERYBODY);
    for (int i = 0; i < 2; i++) {
        struct intel_prepared *p;
        REQUIRE(intel_item_prepare(viewers[MT_BANK_REP], &in, t.arena, &p, &err) == BW_OK);
        s[i].prepared = p;
    }
    bool ok = db_write(t.hub.db, do_put_both, s, &err) == BW_OK;
    if (!ok)
        printf("# both: %s (%s)\n", err.message, err.detail);
    REQUIRE(ok);
    REQUIRE(get(MT_BANK_REP, bw_view_z(s[0].made.text), &first) == BW_OK);
    REQUIRE(get(MT_BANK_REP, bw_view_z(s[1].made.text), &second) == BW_OK);
    CHECK(first.published_us < second.published_us);
}

/* -- what is refused --------------------------------------------------------------------------- */

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

/* -- drafts ------------------------------------------------------------------------------------ */

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
    CHECK_INT(act(intel_item_withdraw, MT_BANK_ADMIN, id), BW_NOT_FOUND);
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
    CHECK_INT(act(intel_item_withdraw, MT_CLINIC_REP, id), BW_OK);
    CHECK(!lists(MT_CLINIC_REP, &drafts, id));
}

/* -- release ----------------------------------------------------------------------------------- */

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

    CHECK_INT(act(intel_item_release, MT_BANK_REP, id), BW_DENIED);
    CHECK_INT(act(intel_item_release, MT_ANALYST, id), BW_DENIED);
    CHECK_INT(act(intel_item_release, MT_SHOP_REP, id), BW_NOT_FOUND);
    CHECK_INT(act(intel_item_release, MT_OPERATOR, id), BW_OK);
    CHECK_INT(act(intel_item_release, MT_OPERATOR, id), BW_OK);

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
    CHECK_INT(act(intel_item_release, MT_OPERATOR, id), BW_CONFLICT);
    in.tlp = TLP_CLEAR;
    in.publish = false;
    id = must_put(MT_OPERATOR, &in);
    CHECK_INT(act(intel_item_release, MT_OPERATOR, id), BW_CONFLICT);
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

/* -- withdrawal -------------------------------------------------------------------------------- */

BW_TEST(withdrawal_leaves_nothing_but_the_title)
{
    open_community();
    struct intel_filter all = everything();
    struct intel_item_in in = an_item("A bandicoot", "The bandicoot at 192.0.2.91", TLP_AMBER);
    struct intel_item item;
    in.audience = audience_to(TO_HOSPITAL);
    struct bw_view id = must_put(MT_BANK_REP, &in);
    CHECK(finds(MT_HOSPITAL_REP, "bandicoot", id));
    CHECK_INT(act(intel_item_withdraw, MT_HOSPITAL_REP, id), BW_DENIED);
    CHECK_INT(act(intel_item_withdraw, MT_SHOP_REP, id), BW_NOT_FOUND);
    CHECK_INT(act(intel_item_withdraw, MT_BANK_ADMIN, id), BW_OK);
    CHECK_INT(act(intel_item_withdraw, MT_BANK_ADMIN, id), BW_OK);
    REQUIRE(get(MT_HOSPITAL_REP, id, &item) == BW_OK);
    CHECK(item.state == INTEL_WITHDRAWN && item.body.n == 0 && item.indicators == 0);
    CHECK(get(MT_SHOP_REP, id, &item) == BW_NOT_FOUND);
    CHECK(!lists(MT_HOSPITAL_REP, &all, id) && !finds(MT_HOSPITAL_REP, "bandicoot", id));
    CHECK(!knows(MT_HOSPITAL_REP, "192.0.2.91") && !knows(MT_BANK_REP, "192.0.2.91"));
}

/* How many rows of any state stand in the full text under WORD. */
static int64_t indexed(const char *word)
{
    BW_AUTO(db) *db = NULL;
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_err err;
    BW_ASSERT(db_open(t.hub.db, &db, &err) == BW_OK);
    BW_ASSERT(db_query(db, viewer_system("test: what the index holds"),
                       "SELECT count(*) FROM $hits(item, ?1) h JOIN v_item i"
                       " ON i.published_us = h.id",
                       &st, &err) == BW_OK);
    db_bind_text(st, 1, bw_view_z(word));
    BW_ASSERT(db_row(st, &err) == BW_OK);
    return db_int(st, 0);
}

BW_TEST(withdrawal_takes_the_words_out_of_the_index)
{
    open_community();
    struct intel_item_in in = an_item("A potoroo", "Body", TLP_AMBER);
    in.audience = audience_to(TO_HOSPITAL);
    struct bw_view id = must_put(MT_BANK_REP, &in);
    CHECK_INT(indexed("potoroo"), 1);
    CHECK_INT(act(intel_item_withdraw, MT_BANK_REP, id), BW_OK);
    CHECK_INT(indexed("potoroo"), 0);
}

BW_TEST(staff_withdraw_what_they_see)
{
    open_community();
    struct intel_item_in in = an_item("Wrong", "Body", TLP_AMBER);
    in.audience = audience_to(TO_HOSPITAL);
    struct bw_view id = must_put(MT_BANK_REP, &in);
    CHECK_INT(act(intel_item_withdraw, MT_ANALYST, id), BW_OK);
    in.tlp = TLP_AMBER_STRICT;
    id = must_put(MT_BANK_REP, &in);
    CHECK_INT(act(intel_item_withdraw, MT_OPERATOR, id), BW_NOT_FOUND);
}

/* -- the ledger -------------------------------------------------------------------------------- */

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
    REQUIRE(act(intel_item_release, MT_OPERATOR, id) == BW_OK);
    REQUIRE(act(intel_item_withdraw, MT_BANK_REP, id) == BW_OK);
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
