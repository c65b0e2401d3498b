/* SPDX-License-Identifier: Apache-2.0 */
/* The people of organisations: who may change whom, leaving and coming back, the administrator's
 * role, the yearly review, dormant accounts, keys, acting for another. */
#include "member_delegate.h"
#include "member_key.h"
#include "member_people.h"
#include "member_test.h"

#define START_US INT64_C(1780300800000000)
#define BW_CASE(name) printf("# %s\n", (name)) /* says where a failed check stands */

struct bench {
    struct member_test t;
};
static void bench_close(struct bench *b)
{
    member_test_close(&b->t);
    bw_clock_fix(0);
}
#define BENCH(name)                                       \
    __attribute__((cleanup(bench_close))) struct bench b; \
    bw_clock_fix(START_US);                               \
    member_test_open(&b.t, name, NULL, 0);                \
    struct member_test *t = &b.t

enum action {
    INVITE,
    AGAIN,
    EDIT,
    SUSPEND,
    RESUME,
    LEAVE,
    SELF_LEAVE,
    OFFER,
    ANSWER,
    MAIL,
    DUTY,
    KEY,
    ROTATE,
    STOP,
    GIVE,
    END,
    MAY,
    SESSION,
    STATE,
    ANSWER_REVIEW
};
struct change {
    struct member_test *t;
    const struct viewer *viewer;
    enum action action;
    const char *id, *name, *email; /* id: public, of the person */
    int64_t organisation, n;
    enum role role;
    bool flag;
    struct bw_id made;
    struct crypto_token key;
    struct bw_err err;
};

static enum bw_rc add_session(struct db_tx *tx, const struct change *c, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct crypto_digest hash = crypto_sha256(bw_view_of((const char *)&c->n, sizeof(c->n)));
    BW_TRY(db_change(tx,
                     "INSERT INTO session (token_hash, person_id, organisation_id, role, display,"
                     " device, created_us, seen_us) VALUES (?1, ?2, ?3, 1, '', '', ?4, ?4)",
                     &st, err));
    db_bind_bytes(st, 1, crypto_digest_view(&hash));
    db_bind_int(st, 2, c->n);
    db_bind_int(st, 3, c->organisation);
    db_bind_int(st, 4, db_tx_now_us(tx));
    return db_run(st, err);
}

static enum bw_rc run_key(struct db_tx *tx, struct change *c, struct bw_err *err)
{
    struct api_key_in in = {.person_id = c->viewer->person_id,
                            .organisation_id = c->viewer->organisation_id,
                            .role = c->viewer->role,
                            .scopes = SCOPE_READ,
                            .label = BW_V("tool"),
                            .expires_us = db_tx_now_us(tx) + c->n * BW_DAY_US};
    if (c->id)
        BW_TRY(member_key_service(tx, c->viewer, bw_view_z(c->id), &in, err));
    return member_key_add(tx, &in, &c->key, err);
}

static enum bw_rc run(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct change *c = arg;
    struct bw_view id = c->id ? bw_view_z(c->id) : BW_V("");
    const struct member_person_in in = {.organisation_id = c->organisation,
                                        .name = bw_view_z(c->name ? c->name : "Somebody"),
                                        .email = bw_view_z(c->email ? c->email : ""),
                                        .role = c->role};
    const struct member_edit edit = {.name = bw_view_z(c->name ? c->name : "Somebody"),
                                     .lang = I18N_HANT,
                                     .role = c->role,
                                     .signatory = c->flag};
    const struct member_delegation_in give = {bw_view_z(c->name ? c->name : ""), (unsigned)c->role,
                                              c->n};
    switch (c->action) {
    case INVITE:
        return member_people_invite(tx, c->t->hub.keyring, c->viewer, &in, &c->made, err);
    case AGAIN:
        return member_people_again(tx, c->t->hub.keyring, c->viewer, id, &c->made, err);
    case EDIT:
        return member_people_edit(tx, c->viewer, id, &edit, err);
    case SUSPEND:
        return member_people_suspend(tx, c->viewer, id, BW_V("why not"), err);
    case RESUME:
        return member_people_resume(tx, c->viewer, id, BW_V("all is well"), err);
    case LEAVE:
        return member_people_leave(tx, c->viewer, id, BW_V("another job"), err);
    case SELF_LEAVE:
        return member_self_leave(tx, c->viewer, BW_V("enough"), err);
    case OFFER:
        return member_admin_offer(tx, c->viewer, id, err);
    case ANSWER:
        return member_admin_answer(tx, c->viewer, c->flag, err);
    case MAIL:
        return member_mail_ask(tx, c->viewer, id, bw_view_z(c->email), err);
    case DUTY:
        return c->flag ? member_duty_give(tx, 0, c->n, DUTY_SIGNATORY, err)
                       : member_duty_end(tx, 0, c->n, DUTY_SIGNATORY, err);
    case KEY:
        return run_key(tx, c, err);
    case ROTATE:
        return member_key_rotate(tx, c->viewer, id, 7, &c->key, err);
    case STOP:
        return member_key_stop(tx, c->viewer, id, err);
    case GIVE:
        return member_delegation_give(tx, c->viewer, &give, err);
    case END:
        return member_delegation_end(tx, c->viewer, id, err);
    case MAY:
        return member_delegate_may(db_tx_db(tx), c->viewer, c->organisation, DELEGATE_ACKNOWLEDGE,
                                   db_tx_now_us(tx), &c->flag, err);
    case SESSION:
        return add_session(tx, c, err);
    case STATE:
        return member_organisation_state(tx, 0, c->organisation, (enum member_state)c->n, err);
    case ANSWER_REVIEW:
        return member_review_answer(tx, c->viewer, id, c->flag, err);
    }
    return BW_BROKEN;
}

static enum bw_rc change(struct member_test *t, struct change *c)
{
    c->t = t;
    enum bw_rc rc = db_write(t->hub.db, run, c, &c->err);
    if (rc == BW_BROKEN || rc == BW_IO)
        printf("# %s (%s)\n", c->err.message, c->err.detail);
    return rc;
}
#define CHANGE(...) change(t, &(struct change){__VA_ARGS__})
#define ID(p) t->person_id[p].text

/* One number of a literal statement over ungated tables. */
#define COUNT(sql, id)                                       \
    ({                                                       \
        BW_AUTO(db) *db_ = NULL;                             \
        BW_AUTO(db_stmt) *st_ = NULL;                        \
        struct bw_err err_ = {0};                            \
        BW_ASSERT(db_open(t->hub.db, &db_, &err_) == BW_OK); \
        BW_ASSERT(db_plain(db_, sql, &st_, &err_) == BW_OK); \
        db_bind_int(st_, 1, (id));                           \
        BW_ASSERT(db_row(st_, &err_) == BW_OK);              \
        db_int(st_, 0);                                      \
    })
#define SESSIONS(id) \
    COUNT("SELECT count(*) FROM session WHERE person_id = ?1 AND ended_us IS NULL", id)
#define KEYS(id)                                                                                  \
    COUNT("SELECT count(*) FROM api_key WHERE person_id = ?1 AND ended_us IS NULL AND rests = 0", \
          id)

static struct member_person look(struct member_test *t, const char *id, enum bw_rc *ret_rc)
{
    BW_AUTO(db) *db = NULL;
    struct bw_err err;
    struct member_person p = {0};
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    *ret_rc = member_person_find(db, member_test_viewer(t, MT_OPERATOR), bw_view_z(id), t->arena,
                                 &p, &err);
    return p;
}

static struct bw_view key_id(struct member_test *t, int64_t person_id, size_t at)
{
    BW_AUTO(db) *db = NULL;
    struct member_key *keys = NULL;
    struct bw_err err;
    size_t n = 0;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    BW_ASSERT(member_keys_of(db, person_id, t->arena, &keys, &n, &err) == BW_OK && at < n);
    return keys[at].public_id;
}

/* -- who may ----------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum member_test_person actor;
    enum action action;
    int who, organisation; /* of the table; who -1: the bank's own id in a person's place */
    const char *email, *called;
    enum role role;
    enum bw_rc rc;
} OWN[] = {
    {"another's person does not exist", MT_BANK_ADMIN, EDIT, MT_SHOP_REP, 0, NULL, NULL,
     ROLE_REPRESENTATIVE, BW_NOT_FOUND},
    {"nor can they be suspended", MT_BANK_ADMIN, SUSPEND, MT_SHOP_REP, 0, NULL, NULL, 0,
     BW_NOT_FOUND},
    {"nor leave", MT_BANK_ADMIN, LEAVE, MT_SHOP_REP, 0, NULL, NULL, 0, BW_NOT_FOUND},
    {"nor be invited again", MT_BANK_ADMIN, AGAIN, MT_NEW_REP, 0, NULL, NULL, 0, BW_NOT_FOUND},
    {"nor get another address", MT_BANK_ADMIN, MAIL, MT_SHOP_REP, 0, "a@b.example", NULL, 0,
     BW_NOT_FOUND},
    {"an operator is no person of theirs", MT_BANK_ADMIN, MAIL, MT_OPERATOR, 0, "a@b.example", NULL,
     0, BW_NOT_FOUND},
    {"the id of an organisation is no person's", MT_BANK_ADMIN, LEAVE, -1, 0, NULL, NULL, 0,
     BW_NOT_FOUND},
    {"an invitation to another organisation", MT_BANK_ADMIN, INVITE, 0, MT_SHOP, "x@sampan.example",
     NULL, ROLE_REPRESENTATIVE, BW_NOT_FOUND},
    {"a staff role", MT_BANK_ADMIN, INVITE, 0, MT_BANK, "x@harbourbank.example", NULL, ROLE_ANALYST,
     BW_DENIED},
    {"the owner's role", MT_BANK_ADMIN, INVITE, 0, MT_BANK, "x@harbourbank.example", NULL,
     ROLE_OPERATOR, BW_DENIED},
    {"a role that nobody has", MT_BANK_ADMIN, INVITE, 0, MT_BANK, "x@harbourbank.example", NULL,
     ROLE_SYSTEM, BW_INVALID},
    {"a staff role for a colleague", MT_BANK_ADMIN, EDIT, MT_BANK_REP, 0, NULL, NULL, ROLE_OPERATOR,
     BW_DENIED},
    {"a representative changes nobody", MT_BANK_REP, EDIT, MT_BANK_ADMIN, 0, NULL, NULL,
     ROLE_REPRESENTATIVE, BW_DENIED},
    {"nobody changes their own role", MT_BANK_ADMIN, EDIT, MT_BANK_ADMIN, 0, NULL, NULL,
     ROLE_REPRESENTATIVE, BW_DENIED},
    {"nobody suspends themselves", MT_OPERATOR, SUSPEND, MT_OPERATOR, 0, NULL, NULL, 0, BW_DENIED},
    {"staff belong to the operating organisation", MT_OPERATOR, INVITE, 0, MT_BANK,
     "x@cert.example", NULL, ROLE_ANALYST, BW_INVALID},
    {"a name is needed", MT_BANK_ADMIN, EDIT, MT_BANK_REP, 0, NULL, " ", ROLE_REPRESENTATIVE,
     BW_INVALID},
    {"an address that is somebody's", MT_BANK_ADMIN, INVITE, 0, MT_BANK, "sam@sampan.example", NULL,
     ROLE_REPRESENTATIVE, BW_CONFLICT},
    {"what is allowed", MT_BANK_ADMIN, INVITE, 0, MT_BANK, "new@harbourbank.example", NULL,
     ROLE_REPRESENTATIVE, BW_OK},
    {"a service needs no address", MT_BANK_ADMIN, INVITE, 0, MT_BANK, NULL, NULL, ROLE_SERVICE,
     BW_OK},
    {"and another one neither", MT_BANK_ADMIN, INVITE, 0, MT_BANK, NULL, NULL, ROLE_SERVICE, BW_OK},
    {"the desk invites anywhere", MT_OPERATOR, INVITE, 0, MT_SHOP, "y@sampan.example", NULL,
     ROLE_ADMIN, BW_OK},
    {"the owner names staff", MT_OPERATOR, INVITE, 0, MT_HUB, "z@cert.example", NULL,
     ROLE_MEMBERSHIP, BW_OK},
};

BW_TEST(an_administrator_acts_on_own_people_alone)
{
    BENCH("own");
    for (size_t i = 0; i < BW_COUNT(OWN); i++) {
        struct change c = {.viewer = member_test_viewer(t, OWN[i].actor),
                           .action = OWN[i].action,
                           .id = OWN[i].who < 0 ? t->organisation_id[MT_BANK].text : ID(OWN[i].who),
                           .organisation = t->organisation[OWN[i].organisation],
                           .email = OWN[i].email,
                           .name = OWN[i].called,
                           .role = OWN[i].role};
        SUBTEST(OWN[i].name, CHECK_INT(change(t, &c), OWN[i].rc));
    }
}

BW_TEST(an_actor_whose_account_has_changed_does_nothing)
{
    BENCH("actor");
    const struct viewer *admin = member_test_viewer(t, MT_BANK_ADMIN);
    const struct viewer *desk = member_test_viewer(t, MT_OPERATOR);
    CHECK_INT(CHANGE(.viewer = desk, .action = EDIT, .id = ID(MT_BANK_ADMIN),
                     .role = ROLE_REPRESENTATIVE),
              BW_OK);
    CHECK_INT(CHANGE(.viewer = admin, .action = LEAVE, .id = ID(MT_BANK_REP)), BW_DENIED);
    CHECK_INT(CHANGE(.viewer = admin, .action = GIVE, .name = "sampan.example",
                     .role = (enum role)DELEGATE_READ, .n = 30),
              BW_DENIED);
}

/* -- invitations ------------------------------------------------------------------------------- */

/* Somebody whom a link to choose a password could let in. */
static bool waits(struct member_test *t, const char *id)
{
    enum bw_rc rc;
    struct member_person p = look(t, id, &rc);
    return rc == BW_OK && !p.came && p.state == MEMBER_ACTIVE;
}

BW_TEST(an_invitation_again_leaves_nothing_of_the_first)
{
    BENCH("again");
    const struct viewer *admin = member_test_viewer(t, MT_BANK_ADMIN);
    struct change first = {.viewer = admin,
                           .action = INVITE,
                           .organisation = t->organisation[MT_BANK],
                           .email = "new@harbourbank.example",
                           .role = ROLE_REPRESENTATIVE};
    CHECK_INT(change(t, &first), BW_OK);
    CHECK(waits(t, first.made.text));
    struct change again = {.viewer = admin, .action = AGAIN, .id = first.made.text};
    CHECK_INT(change(t, &again), BW_OK);
    CHECK(!waits(t, first.made.text));
    CHECK(waits(t, again.made.text));
    BW_CASE("the button pressed twice");
    struct change twice = {.viewer = admin, .action = AGAIN, .id = first.made.text};
    CHECK_INT(change(t, &twice), BW_NOT_FOUND);
    BW_CASE("who has come is not invited");
    CHECK_INT(CHANGE(.viewer = admin, .action = AGAIN, .id = ID(MT_BANK_REP)), BW_CONFLICT);
    BW_CASE("one address gets so many a day");
    enum bw_rc rc = BW_OK;
    int sent = 2;
    for (; sent < 30 && rc == BW_OK; sent++) {
        struct change more = {.viewer = admin, .action = AGAIN, .id = again.made.text};
        rc = change(t, &more);
        again.made = more.made;
    }
    CHECK_INT(rc, BW_LIMIT);
    CHECK_INT(sent - 2, MEMBER_INVITES_A_DAY);
}

/* -- leaving ----------------------------------------------------------------------------------- */

BW_TEST(who_leaves_has_no_way_in_and_may_come_back_elsewhere)
{
    BENCH("leave");
    const struct viewer *admin = member_test_viewer(t, MT_BANK_ADMIN);
    const struct viewer *rep = member_test_viewer(t, MT_BANK_REP);
    int64_t id = t->person[MT_BANK_REP];
    CHECK_INT(CHANGE(.action = SESSION, .n = id, .organisation = t->organisation[MT_BANK]), BW_OK);
    CHECK_INT(CHANGE(.viewer = rep, .action = KEY, .n = 90), BW_OK);
    CHECK_INT(CHANGE(.action = DUTY, .n = id, .flag = true), BW_OK);
    CHECK_INT(CHANGE(.viewer = admin, .action = MAIL, .id = ID(MT_BANK_REP),
                     .email = "other@harbourbank.example"),
              BW_OK);
    CHECK_INT(SESSIONS(id), 1);
    CHECK_INT(KEYS(id), 1);
    CHECK_INT(CHANGE(.viewer = admin, .action = LEAVE, .id = ID(MT_BANK_REP)), BW_OK);
    CHECK_INT(SESSIONS(id), 0);
    CHECK_INT(KEYS(id), 0);
    CHECK_INT(COUNT("SELECT count(*) FROM holding WHERE holder_kind = 0 AND holder_id = ?1 AND "
                    "until_us IS NULL",
                    id),
              0);
    CHECK_INT(COUNT("SELECT count(*) FROM person_mail WHERE person_id = ?1", id), 0);
    CHECK_INT(COUNT("SELECT count(*) FROM credential WHERE person_id = ?1 AND password_hash = ''",
                    id),
              1);
    BW_CASE("a second time there is nobody");
    CHECK_INT(CHANGE(.viewer = admin, .action = LEAVE, .id = ID(MT_BANK_REP)), BW_NOT_FOUND);
    BW_CASE("the address is free, for another organisation too");
    CHECK_INT(CHANGE(.viewer = member_test_viewer(t, MT_OPERATOR), .action = INVITE,
                     .organisation = t->organisation[MT_SHOP], .email = "wylam@harbourbank.example",
                     .role = ROLE_REPRESENTATIVE),
              BW_OK);
    BW_CASE("the last administrator stays, unless the desk says otherwise");
    CHECK_INT(CHANGE(.viewer = admin, .action = SELF_LEAVE), BW_CONFLICT);
    CHECK_INT(CHANGE(.viewer = member_test_viewer(t, MT_OPERATOR), .action = LEAVE,
                     .id = ID(MT_BANK_ADMIN)),
              BW_OK);
    BW_CASE("the hub's only owner stays in any case");
    CHECK_INT(CHANGE(.viewer = member_test_viewer(t, MT_OPERATOR), .action = SELF_LEAVE),
              BW_CONFLICT);
    BW_CASE("a representative just goes");
    CHECK_INT(CHANGE(.viewer = member_test_viewer(t, MT_SHOP_REP), .action = SELF_LEAVE), BW_OK);
}

BW_TEST(suspended_people_rest_and_come_back)
{
    BENCH("suspend");
    const struct viewer *admin = member_test_viewer(t, MT_BANK_ADMIN);
    const struct viewer *desk = member_test_viewer(t, MT_OPERATOR);
    int64_t id = t->person[MT_BANK_REP];
    CHECK_INT(CHANGE(.viewer = member_test_viewer(t, MT_BANK_REP), .action = KEY, .n = 90), BW_OK);
    CHECK_INT(CHANGE(.action = SESSION, .n = id, .organisation = t->organisation[MT_BANK]), BW_OK);
    CHECK_INT(CHANGE(.viewer = admin, .action = SUSPEND, .id = ID(MT_BANK_REP)), BW_OK);
    CHECK_INT(SESSIONS(id), 0);
    CHECK_INT(KEYS(id), 0);
    CHECK_INT(CHANGE(.viewer = admin, .action = SUSPEND, .id = ID(MT_BANK_REP)), BW_CONFLICT);
    CHECK_INT(CHANGE(.viewer = admin, .action = RESUME, .id = ID(MT_BANK_REP)), BW_OK);
    CHECK_INT(KEYS(id), 1);
    BW_CASE("what the desk did is the desk's to undo");
    CHECK_INT(CHANGE(.viewer = desk, .action = SUSPEND, .id = ID(MT_BANK_REP)), BW_OK);
    CHECK_INT(CHANGE(.viewer = admin, .action = RESUME, .id = ID(MT_BANK_REP)), BW_DENIED);
    CHECK_INT(CHANGE(.viewer = desk, .action = RESUME, .id = ID(MT_BANK_REP)), BW_OK);
}

/* -- the administrator's role ------------------------------------------------------------------ */

BW_TEST(the_role_is_handed_over_with_the_others_word)
{
    BENCH("offer");
    const struct viewer *admin = member_test_viewer(t, MT_BANK_ADMIN);
    const struct viewer *rep = member_test_viewer(t, MT_BANK_REP);
    enum bw_rc rc;
    CHECK_INT(CHANGE(.viewer = rep, .action = ANSWER, .flag = true), BW_NOT_FOUND);
    CHECK_INT(CHANGE(.viewer = admin, .action = OFFER, .id = ID(MT_SHOP_REP)), BW_NOT_FOUND);
    CHECK_INT(CHANGE(.viewer = admin, .action = OFFER, .id = ID(MT_BANK_ADMIN)), BW_CONFLICT);
    CHECK_INT(CHANGE(.viewer = admin, .action = OFFER, .id = ID(MT_BANK_REP)), BW_OK);
    BW_CASE("declined: nothing changes, and the offer is gone");
    CHECK_INT(CHANGE(.viewer = rep, .action = ANSWER, .flag = false), BW_OK);
    CHECK_INT(CHANGE(.viewer = rep, .action = ANSWER, .flag = true), BW_NOT_FOUND);
    BW_CASE("too late");
    CHECK_INT(CHANGE(.viewer = admin, .action = OFFER, .id = ID(MT_BANK_REP)), BW_OK);
    bw_clock_step(MEMBER_OFFER_US + BW_MINUTE_US);
    CHECK_INT(CHANGE(.viewer = rep, .action = ANSWER, .flag = true), BW_NOT_FOUND);
    BW_CASE("accepted: they exchange roles and sessions end");
    CHECK_INT(CHANGE(.action = SESSION, .n = t->person[MT_BANK_REP],
                     .organisation = t->organisation[MT_BANK]),
              BW_OK);
    CHECK_INT(CHANGE(.viewer = admin, .action = OFFER, .id = ID(MT_BANK_REP)), BW_OK);
    CHECK_INT(CHANGE(.viewer = rep, .action = ANSWER, .flag = true), BW_OK);
    CHECK_INT(look(t, ID(MT_BANK_REP), &rc).role, ROLE_ADMIN);
    CHECK_INT(look(t, ID(MT_BANK_ADMIN), &rc).role, ROLE_REPRESENTATIVE);
    CHECK_INT(SESSIONS(t->person[MT_BANK_REP]), 0);
}

BW_TEST(duties_are_held_beside_the_role)
{
    BENCH("duty");
    const struct viewer *admin = member_test_viewer(t, MT_BANK_ADMIN);
    enum bw_rc rc;
    CHECK_INT(CHANGE(.viewer = admin, .action = EDIT, .id = ID(MT_BANK_REP),
                     .role = ROLE_REPRESENTATIVE, .flag = true),
              BW_OK);
    CHECK(look(t, ID(MT_BANK_REP), &rc).signatory);
    CHECK_INT(look(t, ID(MT_BANK_REP), &rc).lang, I18N_HANT);
    CHECK_INT(CHANGE(.viewer = admin, .action = EDIT, .id = ID(MT_BANK_REP),
                     .role = ROLE_REPRESENTATIVE, .flag = false),
              BW_OK);
    CHECK(!look(t, ID(MT_BANK_REP), &rc).signatory);
}

/* -- the yearly review ------------------------------------------------------------------------- */

static void review(struct member_test *t)
{
    struct bw_err err = {0};
    enum bw_rc rc = member_review_run(&t->hub, &err);
    if (rc != BW_OK)
        printf("# %s (%s)\n", err.message, err.detail);
    CHECK_INT(rc, BW_OK);
}

static int64_t lines(struct member_test *t, enum member_test_person p)
{
    BW_AUTO(db) *db = NULL;
    const struct viewer *viewer = member_test_viewer(t, p);
    struct member_review_line *list;
    struct bw_err err;
    int64_t left = -1, due_us;
    size_t n;
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    BW_ASSERT(member_review_read(db, viewer, t->arena, &list, &n, &left, &due_us, &err) == BW_OK);
    return left;
}

BW_TEST(a_review_asks_reminds_and_suspends_whom_nobody_confirmed)
{
    BENCH("review");
    const struct viewer *admin = member_test_viewer(t, MT_BANK_ADMIN);
    enum bw_rc rc;
    review(t);
    CHECK_INT(COUNT("SELECT count(*) FROM review WHERE id > ?1", 0), 0);
    bw_clock_step(member_months_us(12) + BW_MINUTE_US);
    review(t);
    CHECK_INT(COUNT("SELECT count(*) FROM review WHERE id > ?1", 0), 1);
    BW_CASE("administrators have their staff, the desk administrators and who has none");
    CHECK_INT(lines(t, MT_BANK_ADMIN), 1);
    CHECK_INT(lines(t, MT_OPERATOR), 6); /* Ada, Nina, Henry, Clara, Sam, Nora */
    BW_CASE("running again opens nothing and tells nobody twice");
    int64_t told = COUNT("SELECT count(*) FROM review_told WHERE stage >= ?1", 0);
    review(t);
    CHECK_INT(COUNT("SELECT count(*) FROM review_told WHERE stage >= ?1", 0), told);
    CHECK_INT(told, 2); /* the bank and the desk */
    BW_CASE("nobody confirms what is not theirs");
    CHECK_INT(CHANGE(.viewer = admin, .action = ANSWER_REVIEW, .id = ID(MT_BANK_ADMIN),
                     .flag = true),
              BW_NOT_FOUND);
    CHECK_INT(CHANGE(.viewer = admin, .action = ANSWER_REVIEW, .id = ID(MT_SHOP_REP), .flag = true),
              BW_NOT_FOUND);
    CHECK_INT(CHANGE(.viewer = member_test_viewer(t, MT_OPERATOR), .action = ANSWER_REVIEW,
                     .id = ID(MT_BANK_ADMIN), .flag = true),
              BW_OK);
    CHECK_INT(CHANGE(.viewer = member_test_viewer(t, MT_OPERATOR), .action = ANSWER_REVIEW,
                     .id = ID(MT_CLINIC_REP), .flag = false),
              BW_OK);
    bw_clock_step(20 * BW_DAY_US);
    review(t);
    CHECK_INT(COUNT("SELECT count(*) FROM review_told WHERE stage = ?1", 1), 2);
    bw_clock_step(10 * BW_DAY_US + BW_MINUTE_US);
    review(t);
    CHECK_INT(COUNT("SELECT count(*) FROM review WHERE closed_us > ?1", 0), 1);
    BW_CASE("confirmed");
    CHECK_INT(look(t, ID(MT_BANK_ADMIN), &rc).state, MEMBER_ACTIVE);
    BW_CASE("not confirmed");
    CHECK_INT(look(t, ID(MT_BANK_REP), &rc).state, MEMBER_SUSPENDED);
    BW_CASE("said to have left");
    (void)look(t, ID(MT_CLINIC_REP), &rc);
    CHECK_INT(rc, BW_NOT_FOUND);
    BW_CASE("the administrator's later word");
    CHECK_INT(CHANGE(.viewer = admin, .action = RESUME, .id = ID(MT_BANK_REP)), BW_OK);
    BW_CASE("staff are left out");
    CHECK_INT(look(t, ID(MT_OPERATOR), &rc).state, MEMBER_ACTIVE);
    BW_CASE("the next one comes a year after this one");
    review(t);
    CHECK_INT(COUNT("SELECT count(*) FROM review WHERE id > ?1", 0), 1);
    bw_clock_step(member_months_us(12) + BW_MINUTE_US);
    review(t);
    CHECK_INT(COUNT("SELECT count(*) FROM review WHERE id > ?1", 0), 2);
}

/* -- dormant accounts -------------------------------------------------------------------------- */

static void dormant(struct member_test *t)
{
    struct bw_err err = {0};
    enum bw_rc rc = member_dormant_run(&t->hub, &err);
    if (rc != BW_OK)
        printf("# %s (%s)\n", err.message, err.detail);
    CHECK_INT(rc, BW_OK);
}
#define NOTICED COUNT("SELECT count(*) FROM person_notice WHERE noticed_us > ?1", 0)

BW_TEST(dormant_accounts_are_told_then_closed_but_never_the_last_contact)
{
    BENCH("dormant");
    enum bw_rc rc;
    dormant(t); /* begins to watch */
    bw_clock_step(member_months_us(12) - BW_DAY_US);
    dormant(t);
    CHECK_INT(NOTICED, 0);
    BW_CASE("signs of life: a session, a key");
    CHECK_INT(CHANGE(.action = SESSION, .n = t->person[MT_BANK_ADMIN],
                     .organisation = t->organisation[MT_BANK]),
              BW_OK);
    bw_clock_step(2 * BW_DAY_US);
    dormant(t);
    CHECK_INT(COUNT("SELECT count(*) FROM person_notice WHERE person_id = ?1",
                    t->person[MT_BANK_ADMIN]),
              0);
    CHECK_INT(COUNT("SELECT count(*) FROM person_notice WHERE person_id = ?1",
                    t->person[MT_BANK_REP]),
              1);
    CHECK_INT(COUNT("SELECT count(*) FROM person_notice WHERE person_id = ?1",
                    t->person[MT_OPERATOR]),
              0);
    int64_t noticed = NOTICED;
    dormant(t);
    CHECK_INT(NOTICED, noticed);
    BW_CASE("a session after the notice answers it");
    bw_clock_step(BW_DAY_US);
    CHECK_INT(CHANGE(.action = SESSION, .n = t->person[MT_NEW_REP],
                     .organisation = t->organisation[MT_SHOP]),
              BW_OK);
    bw_clock_step(MEMBER_NOTICE_US + BW_MINUTE_US);
    dormant(t);
    (void)look(t, ID(MT_NEW_REP), &rc);
    CHECK_INT(rc, BW_OK);
    BW_CASE("closed");
    (void)look(t, ID(MT_BANK_REP), &rc);
    CHECK_INT(rc, BW_NOT_FOUND);
    (void)look(t, ID(MT_SHOP_REP), &rc);
    CHECK_INT(rc, BW_NOT_FOUND);
    BW_CASE("the last contact is kept and the desk is told once");
    (void)look(t, ID(MT_BROKER_REP), &rc);
    CHECK_INT(rc, BW_OK);
    CHECK_INT(COUNT("SELECT kept FROM person_notice WHERE person_id = ?1",
                    t->person[MT_BROKER_REP]),
              1);
    int64_t events = COUNT("SELECT count(*) FROM event WHERE verb = 'person.kept' AND id > ?1", 0);
    CHECK_INT(events, 3); /* broker, hospital, clinic */
    dormant(t);
    CHECK_INT(COUNT("SELECT count(*) FROM event WHERE verb = 'person.kept' AND id > ?1", 0),
              events);
}

/* -- keys -------------------------------------------------------------------------------------- */

BW_TEST(networks_of_a_key_are_prefixes)
{
    static const struct {
        const char *name, *in, *out;
        enum bw_rc rc;
    } T[] = {
        {"none", "  ", "", BW_OK},
        {"both families, any separator", "192.0.2.0/24,\n2001:DB8::/32 ;198.51.100.7",
         "192.0.2.0/24 2001:db8::/32 198.51.100.7/32", BW_OK},
        {"host bits", "192.0.2.1/24", NULL, BW_INVALID},
        {"no network", "localhost", NULL, BW_INVALID},
        {"a script", "<script>", NULL, BW_INVALID},
        {"too many",
         "1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 1.1.1.7 1.1.1.8 1.1.1.9 1.1.1.10 "
         "1.1.1.11 1.1.1.12 1.1.1.13 1.1.1.14 1.1.1.15 1.1.1.16 1.1.1.17 1.1.1.18 1.1.1.19 "
         "1.1.1.20 1.1.1.21",
         NULL, BW_INVALID},
    };
    BW_AUTO(bw_arena) *arena = bw_arena_new(1 << 16);
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        struct bw_view out = BW_V("");
        struct bw_err err;
        BW_CASE(T[i].name);
        CHECK_INT(member_key_networks(bw_view_z(T[i].in), arena, &out, &err), T[i].rc);
        if (T[i].out)
            CHECK_VIEW(out, T[i].out);
    }
}

BW_TEST(a_replaced_key_lives_on_for_some_days)
{
    BENCH("rotate");
    const struct viewer *rep = member_test_viewer(t, MT_BANK_REP);
    const struct viewer *admin = member_test_viewer(t, MT_BANK_ADMIN);
    int64_t id = t->person[MT_BANK_REP];
    char old[BW_ID_LEN + 1] = {0};
    CHECK_INT(CHANGE(.viewer = rep, .action = KEY, .n = 90), BW_OK);
    memcpy(old, key_id(t, id, 0).p, BW_ID_LEN);
    BW_CASE("a colleague's key is not an administrator's");
    CHECK_INT(CHANGE(.viewer = admin, .action = ROTATE, .id = old), BW_NOT_FOUND);
    CHECK_INT(CHANGE(.viewer = admin, .action = STOP, .id = old), BW_NOT_FOUND);
    bw_clock_step(10 * BW_DAY_US);
    CHECK_INT(CHANGE(.viewer = rep, .action = ROTATE, .id = old), BW_OK);
    CHECK_INT(KEYS(id), 2);
    CHECK_INT(COUNT("SELECT max(expires_us) FROM api_key WHERE person_id = ?1", id),
              START_US + 100 * BW_DAY_US);
    BW_CASE("the old one ends after the overlap");
    CHECK_INT(COUNT("SELECT min(expires_us) FROM api_key WHERE person_id = ?1", id),
              START_US + 17 * BW_DAY_US);
    BW_CASE("and is not replaced twice");
    CHECK_INT(CHANGE(.viewer = rep, .action = ROTATE, .id = old), BW_CONFLICT);
    BW_CASE("a service's keys are its administrator's");
    struct change service = {.viewer = admin,
                             .action = INVITE,
                             .organisation = t->organisation[MT_BANK],
                             .role = ROLE_SERVICE};
    CHECK_INT(change(t, &service), BW_OK);
    CHECK_INT(CHANGE(.viewer = admin, .action = KEY, .id = service.made.text, .n = 90), BW_OK);
    CHECK_INT(CHANGE(.viewer = rep, .action = KEY, .id = service.made.text, .n = 90), BW_DENIED);
    CHECK_INT(CHANGE(.viewer = admin, .action = KEY, .id = ID(MT_BANK_REP), .n = 90), BW_NOT_FOUND);
}

BW_TEST(the_end_of_a_key_is_announced_once)
{
    BENCH("warn");
    struct bw_err err;
#define WARNED COUNT("SELECT count(*) FROM event WHERE verb = 'key.expiring' AND id > ?1", 0)
    CHECK_INT(CHANGE(.viewer = member_test_viewer(t, MT_BANK_REP), .action = KEY, .n = 90), BW_OK);
    CHECK_INT(CHANGE(.viewer = member_test_viewer(t, MT_BANK_REP), .action = KEY, .n = 10), BW_OK);
    CHECK_INT(member_key_warn_run(&t->hub, &err), BW_OK);
    CHECK_INT(WARNED, 0);
    bw_clock_step(77 * BW_DAY_US);
    CHECK_INT(member_key_warn_run(&t->hub, &err), BW_OK);
    CHECK_INT(member_key_warn_run(&t->hub, &err), BW_OK);
    CHECK_INT(WARNED, 1);
}

/* -- acting for another ------------------------------------------------------------------------ */

static bool may(struct member_test *t, enum member_test_person p, int64_t customer)
{
    struct change c = {.viewer = member_test_viewer(t, p), .action = MAY, .organisation = customer};
    CHECK_INT(change(t, &c), BW_OK);
    return c.flag;
}

static const struct {
    const char *name, *provider;
    enum member_test_person actor;
    int scopes, days;
    enum bw_rc rc;
} GIVING[] = {
    {"longer than a year", "sampan.example", MT_BANK_ADMIN, DELEGATE_ALL, 366, BW_INVALID},
    {"no time", "sampan.example", MT_BANK_ADMIN, DELEGATE_ALL, 0, BW_INVALID},
    {"no such scope", "sampan.example", MT_BANK_ADMIN, 9, 30, BW_INVALID},
    {"oneself", "harbourbank.example", MT_BANK_ADMIN, DELEGATE_ALL, 30, BW_INVALID},
    {"nobody", "nobody.example", MT_BANK_ADMIN, DELEGATE_ALL, 30, BW_NOT_FOUND},
    {"who is suspended", "anchor.example", MT_BANK_ADMIN, DELEGATE_ALL, 30, BW_NOT_FOUND},
    {"a representative gives nothing", "sampan.example", MT_BANK_REP, DELEGATE_ALL, 30, BW_DENIED},
    {"reading alone", "sampan.example", MT_BANK_ADMIN, DELEGATE_READ, 30, BW_OK},
};

BW_TEST(a_provider_acts_within_scope_and_time)
{
    BENCH("delegate");
    const struct viewer *admin = member_test_viewer(t, MT_BANK_ADMIN);
    int64_t bank = t->organisation[MT_BANK], shop = t->organisation[MT_SHOP];
    const struct grant acts = {GRANT_DELEGATE, bank};
    for (size_t i = 0; i < BW_COUNT(GIVING); i++) {
        struct change c = {.viewer = member_test_viewer(t, GIVING[i].actor),
                           .action = GIVE,
                           .name = GIVING[i].provider,
                           .role = (enum role)GIVING[i].scopes,
                           .n = GIVING[i].days};
        SUBTEST(GIVING[i].name, CHECK_INT(change(t, &c), GIVING[i].rc));
    }
    CHECK(viewer_holds(member_test_viewer(t, MT_SHOP_REP), acts));
    CHECK(!viewer_holds(member_test_viewer(t, MT_BROKER_REP), acts));
    CHECK(!may(t, MT_SHOP_REP, bank));
    BW_CASE("again: another scope, one delegation");
    CHECK_INT(CHANGE(.viewer = admin, .action = GIVE, .name = "Sampan Noodles",
                     .role = (enum role)DELEGATE_ALL, .n = 30),
              BW_OK);
    CHECK(may(t, MT_SHOP_REP, bank));
    CHECK(!may(t, MT_BROKER_REP, bank));
    CHECK_INT(COUNT("SELECT count(*) FROM holding WHERE code = ?1 AND until_us IS NULL",
                    grant_code(acts)),
              1);
    BW_CASE("it runs out");
    struct bw_err err;
    bw_clock_step(31 * BW_DAY_US);
    CHECK(!may(t, MT_SHOP_REP, bank));
    CHECK_INT(member_delegation_expire(&t->hub, &err), BW_OK);
    CHECK(!viewer_holds(member_test_viewer(t, MT_SHOP_REP), acts));
    BW_CASE("suspending either ends it");
    CHECK_INT(CHANGE(.viewer = admin, .action = GIVE, .name = "sampan.example",
                     .role = (enum role)DELEGATE_ALL, .n = 30),
              BW_OK);
    CHECK_INT(CHANGE(.action = STATE, .organisation = shop, .n = MEMBER_SUSPENDED), BW_OK);
    CHECK_INT(COUNT("SELECT count(*) FROM holding WHERE code = ?1 AND until_us IS NULL",
                    grant_code(acts)),
              0);
}

static struct bw_view delegation_id(struct member_test *t, enum member_test_person p)
{
    BW_AUTO(db) *db = NULL;
    struct member_delegation *list;
    struct bw_err err;
    size_t n = 0;
    const struct viewer *viewer = member_test_viewer(t, p);
    BW_ASSERT(db_open(t->hub.db, &db, &err) == BW_OK);
    BW_ASSERT(member_delegations(db, viewer, t->arena, &list, &n, &err) == BW_OK);
    return n ? list[0].public_id : BW_V("");
}

BW_TEST(both_sides_see_a_delegation_and_can_end_it)
{
    BENCH("both");
    const struct viewer *admin = member_test_viewer(t, MT_BANK_ADMIN);
    const struct viewer *shop;
    struct change made = {.viewer = member_test_viewer(t, MT_OPERATOR),
                          .action = EDIT,
                          .id = ID(MT_SHOP_REP),
                          .role = ROLE_ADMIN};
    CHECK_INT(change(t, &made), BW_OK);
    CHECK_INT(CHANGE(.viewer = admin, .action = GIVE, .name = "sampan.example",
                     .role = (enum role)DELEGATE_READ, .n = 30),
              BW_OK);
    struct bw_view id = delegation_id(t, MT_SHOP_REP);
    CHECK_INT(id.n, BW_ID_LEN);
    CHECK(bw_view_eq(delegation_id(t, MT_BANK_REP), id));
    CHECK_INT(delegation_id(t, MT_BROKER_REP).n, 0);
    BW_CASE("a third organisation's administrator ends nothing");
    struct change broker = {.viewer = member_test_viewer(t, MT_OPERATOR),
                            .action = EDIT,
                            .id = ID(MT_BROKER_REP),
                            .role = ROLE_ADMIN};
    CHECK_INT(change(t, &broker), BW_OK);
    struct viewer other = *member_test_viewer(t, MT_BROKER_REP);
    other.role = ROLE_ADMIN;
    CHECK_INT(CHANGE(.viewer = &other, .action = END, .id = id.p), BW_NOT_FOUND);
    BW_CASE("the provider's does");
    struct viewer provider = *member_test_viewer(t, MT_SHOP_REP);
    provider.role = ROLE_ADMIN;
    shop = &provider;
    CHECK_INT(CHANGE(.viewer = shop, .action = END, .id = id.p), BW_OK);
    CHECK_INT(CHANGE(.viewer = shop, .action = END, .id = id.p), BW_NOT_FOUND);
    CHECK(!viewer_holds(member_test_viewer(t, MT_SHOP_REP),
                        (struct grant){GRANT_DELEGATE, t->organisation[MT_BANK]}));
}
BW_TEST_MAIN()
