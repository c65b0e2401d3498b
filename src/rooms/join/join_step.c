/* SPDX-License-Identifier: Apache-2.0 */
/* join_step - the one table of steps, and the one function that takes one.
 *
 * What is not in the table cannot happen; what is there happens only where its conditions hold in
 * the same transaction and the row is still in the state that was read. So no page, link or job can
 * skip a step by calling a later one. */
#include "join_int.h"

#include "bw_clock.h"

#define ALL (1u << JOIN_FOUNDING | 1u << JOIN_OPEN | 1u << JOIN_SPONSORED | 1u << JOIN_TRUSTED)
#define FOUNDING (1u << JOIN_FOUNDING)
#define OPEN (1u << JOIN_OPEN | 1u << JOIN_SPONSORED) /* checked by the desk */
#define TRUSTED (1u << JOIN_TRUSTED)
#define APPLIED (OPEN | TRUSTED)

enum condition {
    FEW = 1,        /* the programme has fewer members than the setting says */
    PROVEN = 2,     /* the domain is theirs */
    REGISTERED = 4, /* the register was looked up */
    VOUCHED = 8,    /* enough vouchers */
    OVER = 16,      /* the objection window */
    AYES = 32,      /* enough have said yes in this state */
    NOES = 64,
    SIGNED = 128,
    REASON = 256,
};
struct step {
    unsigned routes;
    enum join_state from, to;
    enum join_by by;
    unsigned conditions;
};
static const struct step STEPS[] = {
    {APPLIED, JOIN_DRAFT, JOIN_SUBMITTED, JOIN_BY_APPLICANT, 0},
    {FOUNDING, JOIN_DRAFT, JOIN_SIGNING, JOIN_BY_DESK, FEW},
    {OPEN, JOIN_SUBMITTED, JOIN_CHECKING, JOIN_BY_DESK, 0},
    {OPEN, JOIN_CHECKING, JOIN_SIGNING, JOIN_BY_DECISION, PROVEN | REGISTERED | AYES},
    {TRUSTED, JOIN_SUBMITTED, JOIN_VOUCHING, JOIN_BY_DESK, 0},
    {TRUSTED, JOIN_VOUCHING, JOIN_OBJECTION, JOIN_BY_VOUCHERS, VOUCHED},
    {TRUSTED, JOIN_OBJECTION, JOIN_COMMITTEE, JOIN_BY_CLOCK, OVER},
    {TRUSTED, JOIN_COMMITTEE, JOIN_SIGNING, JOIN_BY_DECISION, PROVEN | REGISTERED | AYES},
    {ALL, JOIN_SIGNING, JOIN_ACTIVE, JOIN_BY_SIGNATORY, SIGNED},
    {APPLIED, JOIN_SUBMITTED, JOIN_REJECTED, JOIN_BY_DECISION, NOES | REASON},
    {OPEN, JOIN_CHECKING, JOIN_REJECTED, JOIN_BY_DECISION, NOES | REASON},
    {TRUSTED, JOIN_VOUCHING, JOIN_REJECTED, JOIN_BY_DECISION, NOES | REASON},
    {TRUSTED, JOIN_OBJECTION, JOIN_REJECTED, JOIN_BY_DECISION, NOES | REASON},
    {TRUSTED, JOIN_COMMITTEE, JOIN_REJECTED, JOIN_BY_DECISION, NOES | REASON},
    {ALL, JOIN_SIGNING, JOIN_REJECTED, JOIN_BY_DECISION, NOES | REASON},
    {ALL, JOIN_DRAFT, JOIN_WITHDRAWN, JOIN_BY_APPLICANT, 0},
    {ALL, JOIN_DRAFT, JOIN_WITHDRAWN, JOIN_BY_CLOCK, 0},
    {APPLIED, JOIN_SUBMITTED, JOIN_WITHDRAWN, JOIN_BY_APPLICANT, 0},
    {OPEN, JOIN_CHECKING, JOIN_WITHDRAWN, JOIN_BY_APPLICANT, 0},
    {TRUSTED, JOIN_VOUCHING, JOIN_WITHDRAWN, JOIN_BY_APPLICANT, 0},
    {TRUSTED, JOIN_OBJECTION, JOIN_WITHDRAWN, JOIN_BY_APPLICANT, 0},
    {TRUSTED, JOIN_COMMITTEE, JOIN_WITHDRAWN, JOIN_BY_APPLICANT, 0},
    {ALL, JOIN_SIGNING, JOIN_WITHDRAWN, JOIN_BY_APPLICANT, 0},
};

static const struct step *find(enum join_route route, enum join_state from, enum join_state to,
                               unsigned by)
{
    for (size_t i = 0; i < BW_COUNT(STEPS); i++)
        if ((STEPS[i].routes >> route & 1) && STEPS[i].from == from && STEPS[i].to == to &&
            (STEPS[i].by & by))
            return &STEPS[i];
    return NULL;
}

bool join_step_exists(enum join_route route, enum join_state from, enum join_state to, unsigned by)
{
    return find(route, from, to, by) != NULL;
}

int64_t join_eyes(const struct settings *settings, enum join_state state)
{
    if (state == JOIN_COMMITTEE)
        return 2;
    return state == JOIN_CHECKING ? setting_int(settings, SETTING_JOIN_EYES) : 1;
}

enum bw_rc join_count_words(struct db *db, const struct join_application *a,
                            enum join_word_kind kind, int aye, int64_t *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer_system("joining: steps count what was said, and show it to nobody"),
                    "SELECT count(*) FROM v_application_word WHERE application_id = ?1 AND"
                    " kind = ?2 AND state = ?3 AND aye = ?4",
                    &st, err));
    db_bind_int(st, 1, a->id);
    db_bind_int(st, 2, (int64_t)kind);
    db_bind_int(st, 3, (int64_t)(kind == JOIN_VOUCHES ? JOIN_VOUCHING : a->state));
    db_bind_int(st, 4, aye);
    BW_TRY(db_row(st, err));
    *ret = db_int(st, 0);
    return BW_OK;
}

/* -- conditions -------------------------------------------------------------------------------- */

static enum bw_rc check_few(struct db_tx *tx, const struct settings *s, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("joining: how many members the programme has"),
                    "SELECT count(*) FROM v_organisation WHERE state = 0", &st, err));
    BW_TRY(db_row(st, err));
    if (db_int(st, 0) >= setting_int(s, SETTING_JOIN_FOUNDING))
        return bw_fail(
            err, BW_CONFLICT,
            "the programme has %lld members already: founding is over, use another route",
            (long long)db_int(st, 0));
    return BW_OK;
}

static enum bw_rc check_words(struct db_tx *tx, const struct join_application *a,
                              const struct settings *s, unsigned conditions, struct bw_err *err)
{
    int64_t n;
    if (conditions & VOUCHED) {
        BW_TRY(join_count_words(db_tx_db(tx), a, JOIN_VOUCHES, 1, &n, err));
        if (n < setting_int(s, SETTING_JOIN_VOUCHERS))
            return bw_fail(err, BW_CONFLICT, "there are not enough vouchers yet");
    }
    if (conditions & (AYES | NOES)) {
        BW_TRY(join_count_words(db_tx_db(tx), a, JOIN_DECIDES, conditions & AYES ? 1 : 0, &n, err));
        if (n < join_eyes(s, a->state))
            return bw_fail(err, BW_CONFLICT, "another person has to decide as well");
    }
    return BW_OK;
}

static enum bw_rc check_all(struct db_tx *tx, const struct join_application *a,
                            const struct join_step_in *in, unsigned conditions, struct bw_err *err)
{
    bool is_signed = false;
    if (conditions & FEW)
        BW_TRY(check_few(tx, in->hub->settings, err));
    if ((conditions & PROVEN) && a->proof == JOIN_PROOF_NONE)
        return bw_fail(err, BW_CONFLICT, "it is not proven yet that the domain is theirs");
    if ((conditions & REGISTERED) && a->registered_us == 0)
        return bw_fail(err, BW_CONFLICT, "the registration was not checked yet");
    if ((conditions & OVER) && db_tx_now_us(tx) < a->objections_until_us)
        return bw_fail(err, BW_CONFLICT, "the objection window is still open");
    if ((conditions & REASON) && bw_view_trim(in->reason).n == 0)
        return bw_fail(err, BW_INVALID, "give a reason");
    BW_TRY(check_words(tx, a, in->hub->settings, conditions, err));
    if (conditions & SIGNED) {
        BW_TRY(join_signed(tx, a->public_id, &is_signed, err));
        if (!is_signed)
            return bw_fail(err, BW_CONFLICT, "the signatory has not signed yet");
    }
    return BW_OK;
}

/* -- what follows a step ----------------------------------------------------------------------- */

/* Members are asked while vouchers are looked for and while they may object, and then no longer. */
static enum bw_rc audience_for(struct db_tx *tx, enum join_state state, int64_t *ret,
                               struct bw_err *err)
{
    static const struct grant GRANTS[] = {{GRANT_ROLE, ROLE_OPERATOR},
                                          {GRANT_ROLE, ROLE_MEMBERSHIP},
                                          {GRANT_ROLE, ROLE_AUDITOR},
                                          {GRANT_EVERYBODY, 0}};
    bool asked = state == JOIN_VOUCHING || state == JOIN_OBJECTION;
    return audience_intern(tx, asked ? TLP_GREEN : TLP_AMBER_STRICT, GRANTS, asked ? 4 : 3, ret,
                           err);
}

static enum bw_rc move(struct db_tx *tx, const struct join_application *a,
                       const struct join_step_in *in, int64_t until_us, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    int64_t audience_id;
    BW_TRY(audience_for(tx, in->to, &audience_id, err));
    BW_TRY(db_change(tx,
                     "UPDATE application SET state = ?3, since_us = ?4, audience_id = ?5,"
                     " objections_until_us = ?6, reason = ?7, claimed_by = CASE WHEN ?8 = 1 THEN 0"
                     " ELSE claimed_by END WHERE id = ?1 AND state = ?2",
                     &st, err));
    db_bind_int(st, 1, a->id);
    db_bind_int(st, 2, (int64_t)a->state);
    db_bind_int(st, 3, (int64_t)in->to);
    db_bind_int(st, 4, db_tx_now_us(tx));
    db_bind_int(st, 5, audience_id);
    db_bind_int(st, 6, until_us);
    db_bind_text(st, 7, bw_view_trim(in->reason));
    db_bind_int(st, 8, join_ended(in->to));
    BW_TRY(db_run(st, err));
    if (db_changes(st) == 0)
        return bw_fail(err, BW_CONFLICT, "the application has moved on meanwhile: look again");
    return join_note(tx, LEDGER_APPLICATION_MOVED, a->public_id, in->actor_id,
                     (const char *const[]){"from", "to", "reason", NULL},
                     (const struct bw_view[]){bw_view_z(join_state_word(a->state)),
                                              bw_view_z(join_state_word(in->to)),
                                              bw_view_trim(in->reason)},
                     err);
}

/* The progress link that the mails carry: the living one, or the empty view's 0. */
static enum bw_rc progress_link(struct db_tx *tx, int64_t application_id, int64_t until_us,
                                int64_t *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE join_link SET until_us = ?2 WHERE application_id = ?1 AND kind = 0"
                     " AND ended_us = 0 RETURNING id",
                     &st, err));
    db_bind_int(st, 1, application_id);
    db_bind_int(st, 2, until_us);
    enum bw_rc rc = db_row(st, err);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    *ret = rc == BW_OK ? db_int(st, 0) : 0;
    return BW_OK;
}

static enum bw_rc mail_sign(struct db_tx *tx, const struct join_application *a,
                            const struct hub *hub, struct bw_err *err)
{
    const struct join_person *who = join_signatory(a);
    int64_t link;
    if (!who)
        return bw_fail(err, BW_CONFLICT, "the application names nobody who signs");
    const struct join_link_in in = {
        .hub = hub,
        .application_id = a->id,
        .kind = JOIN_LINK_SIGN,
        .email = who->email,
        .until_us =
            db_tx_now_us(tx) + setting_int(hub->settings, SETTING_JOIN_SIGN_DAYS) * BW_DAY_US,
    };
    BW_TRY(join_link_new(tx, &in, NULL, &link, err));
    return join_mail_ask(tx,
                         &(struct join_mail_in){a->id, link, JOIN_MAIL_SIGN, a->lang, who->name,
                                                who->email},
                         err);
}

static enum bw_rc follow(struct db_tx *tx, const struct join_application *a,
                         const struct join_step_in *in, struct bw_err *err)
{
    static const enum join_mail_kind MAILS[JOIN_STATES] = {
        [JOIN_SUBMITTED] = JOIN_MAIL_STEP,      [JOIN_CHECKING] = JOIN_MAIL_STEP,
        [JOIN_VOUCHING] = JOIN_MAIL_STEP,       [JOIN_OBJECTION] = JOIN_MAIL_STEP,
        [JOIN_COMMITTEE] = JOIN_MAIL_STEP,      [JOIN_SIGNING] = JOIN_MAIL_STEP,
        [JOIN_ACTIVE] = JOIN_MAIL_ACTIVE,       [JOIN_REJECTED] = JOIN_MAIL_REJECTED,
        [JOIN_WITHDRAWN] = JOIN_MAIL_WITHDRAWN,
    };
    const struct join_person *to = join_applicant(a);
    int64_t link = 0;
    if (join_ended(in->to))
        BW_TRY(join_link_end(tx, a->id, ~0u, err));
    else
        BW_TRY(progress_link(tx, a->id,
                             db_tx_now_us(tx) +
                                 setting_int(in->hub->settings, SETTING_JOIN_LINK_DAYS) * BW_DAY_US,
                             &link, err));
    if (a->state == JOIN_DRAFT)
        BW_TRY(join_link_end(tx, a->id, 1u << JOIN_LINK_CONFIRM, err));
    if (in->to == JOIN_SIGNING)
        BW_TRY(join_link_end(tx, a->id, 1u << JOIN_LINK_DOMAIN, err));
    /* A draft that nobody confirmed ends without a word: its address may be a stranger's. */
    if (to && !(a->state == JOIN_DRAFT && in->to == JOIN_WITHDRAWN))
        BW_TRY(join_mail_ask(tx,
                             &(struct join_mail_in){a->id, link, MAILS[in->to], a->lang, to->name,
                                                    to->email},
                             err));
    return in->to == JOIN_SIGNING ? mail_sign(tx, a, in->hub, err) : BW_OK;
}

enum bw_rc join_step(struct db_tx *tx, struct join_application *a, const struct join_step_in *in,
                     struct bw_err *err)
{
    const struct step *s = find(a->route, a->state, in->to, in->by);
    int64_t until_us = a->objections_until_us;
    if (!s)
        return bw_fail(err, BW_CONFLICT, "from \"%s\" there is no step to \"%s\" on this route",
                       join_state_word(a->state), join_state_word(in->to));
    BW_TRY(check_all(tx, a, in, s->conditions, err));
    if (in->to == JOIN_OBJECTION)
        until_us = db_tx_now_us(tx) +
                   setting_int(in->hub->settings, SETTING_JOIN_OBJECTION_DAYS) * BW_DAY_US;
    BW_TRY(move(tx, a, in, until_us, err));
    BW_TRY(follow(tx, a, in, err));
    a->state = in->to;
    a->since_us = db_tx_now_us(tx);
    a->objections_until_us = until_us;
    return BW_OK;
}

enum bw_rc join_sign_again(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct join_say *say = arg;
    BW_AUTO(bw_arena) *arena = bw_arena_new(1 << 20);
    const struct viewer *system = viewer_system("joining: the signatory's link once more");
    struct join_application a;
    int64_t mails;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(permission_check(say->viewer, PERM_DECIDE, err));
    BW_TRY(join_get(db_tx_db(tx), say->viewer, say->application, arena, &a, err));
    BW_TRY(join_people_read(db_tx_db(tx), system, arena, &a, err));
    BW_TRY(join_outsider(tx, say->viewer, &a, false, err));
    if (a.state != JOIN_SIGNING)
        return bw_fail(err, BW_CONFLICT, "this application is not at the signature");
    BW_TRY(join_mail_count(db_tx_db(tx), a.id, JOIN_MAIL_SIGN, &mails, err));
    if (mails >= JOIN_MAILS_MAX)
        return bw_fail(err, BW_LIMIT, "the signatory was written to %d times already",
                       JOIN_MAILS_MAX);
    return mail_sign(tx, &a, say->hub, err);
}
