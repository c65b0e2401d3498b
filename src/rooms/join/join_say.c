/* SPDX-License-Identifier: Apache-2.0 */
/* join_say - what members and the desk say about an application: vouching, objecting, deciding, and
 * the checks. Each function reads the application again inside its transaction, as the person who
 * asks, and refuses whoever belongs to the applicant's group: nobody speaks in their own cause. */
#include "join_int.h"

#include "bw_clock.h"

enum { ARENA_CAP = 4 << 20 };

/* -- who may speak ----------------------------------------------------------------------------- */

static bool within_any(struct bw_view domain, struct bw_view lines)
{
    while (lines.p) {
        struct bw_view one = bw_view_trim(bw_view_split(&lines, '\n'));
        if (one.n && join_domain_within(domain, one))
            return true;
    }
    return false;
}

static bool of_group(const struct member_trust *b, int64_t organisation_id,
                     const struct join_application *a)
{
    struct bw_view group = bw_view_trim(a->company_group);
    if (group.n && bw_view_eq_nocase(group, bw_view_trim(b->company_group)))
        return true;
    if (b->domain.n &&
        (join_domain_within(b->domain, a->domain) || within_any(b->domain, a->domains)))
        return true;
    return a->sponsor_id && (a->sponsor_id == organisation_id || a->sponsor_id == b->sponsor_id);
}

static enum bw_rc has_vouched(struct db_tx *tx, const struct join_application *a,
                              int64_t organisation_id, bool *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("joining: an organisation vouches once"),
                    "SELECT count(*) FROM v_application_word WHERE application_id = ?1 AND kind = 0"
                    " AND organisation_id = ?2",
                    &st, err));
    db_bind_int(st, 1, a->id);
    db_bind_int(st, 2, organisation_id);
    BW_TRY(db_row(st, err));
    *ret = db_int(st, 0) > 0;
    return BW_OK;
}

enum bw_rc join_outsider(struct db_tx *tx, const struct viewer *viewer,
                         const struct join_application *a, bool committee, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    struct member_trust b;
    bool vouched = false;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(member_trust_get(db_tx_db(tx), viewer->organisation_id, arena, &b, err));
    if (of_group(&b, viewer->organisation_id, a))
        return bw_fail(err, BW_DENIED,
                       "your organisation belongs to the applicant's group: somebody else has to");
    if (committee)
        BW_TRY(has_vouched(tx, a, viewer->organisation_id, &vouched, err));
    if (vouched)
        return bw_fail(err, BW_DENIED,
                       "your organisation has vouched for the applicant: somebody else decides");
    return BW_OK;
}

/* -- saying it --------------------------------------------------------------------------------- */

static enum bw_rc check_reason(struct bw_view reason, struct bw_err *err)
{
    if (bw_view_trim(reason).n == 0)
        return bw_fail(err, BW_INVALID, "give a reason");
    if (reason.n > JOIN_REASON_MAX || !bw_utf8_valid(reason))
        return bw_fail(err, BW_INVALID, "a reason has at most %d bytes", JOIN_REASON_MAX);
    return BW_OK;
}

/* What was said is for the desk and the auditor, also while members see the application. */
static enum bw_rc word_audience(struct db_tx *tx, int64_t *ret, struct bw_err *err)
{
    static const struct grant DESK[] = {{GRANT_ROLE, ROLE_OPERATOR},
                                        {GRANT_ROLE, ROLE_MEMBERSHIP},
                                        {GRANT_ROLE, ROLE_AUDITOR}};
    return audience_intern(tx, TLP_AMBER_STRICT, DESK, BW_COUNT(DESK), ret, err);
}

static enum bw_rc said_before(struct db_tx *tx, const struct join_application *a,
                              enum join_word_kind kind, int64_t person_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(
        db_query(db_tx_db(tx), viewer_system("joining: a person says it once"),
                 "SELECT count(*) FROM v_application_word WHERE application_id = ?1 AND kind = ?2"
                 " AND state = ?3 AND person_id = ?4",
                 &st, err));
    db_bind_int(st, 1, a->id);
    db_bind_int(st, 2, (int64_t)kind);
    db_bind_int(st, 3, (int64_t)a->state);
    db_bind_int(st, 4, person_id);
    BW_TRY(db_row(st, err));
    return db_int(st, 0) ? bw_fail(err, BW_CONFLICT, "you have said so before") : BW_OK;
}

static enum bw_rc say(struct db_tx *tx, const struct join_say *s, const struct join_application *a,
                      enum join_word_kind kind, bool aye, struct bw_err *err)
{
    static const enum ledger_verb VERBS[] = {LEDGER_APPLICATION_VOUCHED,
                                             LEDGER_APPLICATION_OBJECTED,
                                             LEDGER_APPLICATION_DECIDED};
    BW_AUTO(db_stmt) *st = NULL;
    int64_t audience_id;
    BW_TRY(said_before(tx, a, kind, s->viewer->person_id, err));
    BW_TRY(word_audience(tx, &audience_id, err));
    BW_TRY(db_change(tx,
                     "INSERT INTO application_word (application_id, kind, state, person_id,"
                     " organisation_id, aye, reason, at_us, audience_id)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                     &st, err));
    db_bind_int(st, 1, a->id);
    db_bind_int(st, 2, (int64_t)kind);
    db_bind_int(st, 3, (int64_t)a->state);
    db_bind_int(st, 4, s->viewer->person_id);
    db_bind_int(st, 5, s->viewer->organisation_id);
    db_bind_int(st, 6, aye);
    db_bind_text(st, 7, bw_view_trim(s->reason));
    db_bind_int(st, 8, db_tx_now_us(tx));
    db_bind_int(st, 9, audience_id);
    BW_TRY(db_run(st, err));
    return join_note(tx, VERBS[kind], a->public_id, s->viewer->person_id,
                     (const char *const[]){"state", "decision", "reason", NULL},
                     (const struct bw_view[]){bw_view_z(join_state_word(a->state)),
                                              bw_view_z(aye ? "yes" : "no"),
                                              bw_view_trim(s->reason)},
                     err);
}

/* The application as the person sees it, and its people, who are the hub's to write to. */
static enum bw_rc read_for(struct db_tx *tx, const struct join_say *s, enum permission p,
                           struct bw_arena *arena, struct join_application *ret, struct bw_err *err)
{
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(permission_check(s->viewer, p, err));
    BW_TRY(join_get(db_tx_db(tx), s->viewer, s->application, arena, ret, err));
    return join_people_read(db_tx_db(tx), viewer_system("joining: whom to tell of the next step"),
                            arena, ret, err);
}

static enum bw_rc check_member(struct db_tx *tx, const struct join_say *s, struct bw_err *err)
{
    enum member_standing standing;
    BW_TRY(member_standing(db_tx_db(tx), s->viewer->organisation_id, &standing, err));
    if (standing != MEMBER_TRUSTED)
        return bw_fail(err, BW_DENIED, "only members who were vouched for themselves may vouch");
    return BW_OK;
}

enum bw_rc join_vouch(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    const struct join_say *s = arg;
    struct join_application a;
    bool before;
    int64_t n;
    BW_TRY(read_for(tx, s, PERM_SHARE, arena, &a, err));
    if (a.state != JOIN_VOUCHING)
        return bw_fail(err, BW_CONFLICT, "this application does not ask for vouchers now");
    BW_TRY(check_reason(s->reason, err));
    BW_TRY(join_outsider(tx, s->viewer, &a, false, err));
    BW_TRY(check_member(tx, s, err));
    BW_TRY(has_vouched(tx, &a, s->viewer->organisation_id, &before, err));
    if (before)
        return bw_fail(err, BW_CONFLICT, "your organisation has vouched already");
    BW_TRY(say(tx, s, &a, JOIN_VOUCHES, true, err));
    BW_TRY(join_count_words(db_tx_db(tx), &a, JOIN_VOUCHES, 1, &n, err));
    if (n < setting_int(s->hub->settings, SETTING_JOIN_VOUCHERS))
        return BW_OK;
    return join_step(tx, &a,
                     &(struct join_step_in){.hub = s->hub,
                                            .to = JOIN_OBJECTION,
                                            .by = JOIN_BY_VOUCHERS},
                     err);
}

enum bw_rc join_object(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    const struct join_say *s = arg;
    struct join_application a;
    BW_TRY(read_for(tx, s, PERM_SHARE, arena, &a, err));
    if (a.state != JOIN_VOUCHING && a.state != JOIN_OBJECTION)
        return bw_fail(err, BW_CONFLICT, "the objection window is over");
    if (a.state == JOIN_OBJECTION && db_tx_now_us(tx) >= a.objections_until_us)
        return bw_fail(err, BW_CONFLICT, "the objection window is over");
    BW_TRY(check_reason(s->reason, err));
    BW_TRY(join_outsider(tx, s->viewer, &a, false, err));
    return say(tx, s, &a, JOIN_OBJECTS, false, err);
}

static enum bw_rc has_step(const struct join_application *a, bool aye, struct bw_err *err)
{
    enum join_state to = aye ? JOIN_SIGNING : JOIN_REJECTED;
    if (join_step_exists(a->route, a->state, to, JOIN_BY_DECISION))
        return BW_OK;
    return bw_fail(err, BW_CONFLICT, "in the state \"%s\" there is nothing to %s",
                   join_state_word(a->state), aye ? "accept" : "refuse");
}

enum bw_rc join_decide(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    const struct join_say *s = arg;
    struct join_application a;
    int64_t n;
    BW_TRY(read_for(tx, s, PERM_DECIDE, arena, &a, err));
    BW_TRY(has_step(&a, s->aye, err));
    BW_TRY(check_reason(s->reason, err));
    BW_TRY(join_outsider(tx, s->viewer, &a, true, err));
    if (s->aye && (a.proof == JOIN_PROOF_NONE || a.registered_us == 0))
        return bw_fail(err, BW_CONFLICT,
                       "first the checks: the proof of the domain and the registration");
    if (s->aye)
        BW_TRY(join_free(db_tx_db(tx), &a, err));
    BW_TRY(say(tx, s, &a, JOIN_DECIDES, s->aye, err));
    BW_TRY(join_count_words(db_tx_db(tx), &a, JOIN_DECIDES, s->aye, &n, err));
    if (n < join_eyes(s->hub->settings, a.state))
        return BW_OK;
    return join_step(tx, &a,
                     &(struct join_step_in){.hub = s->hub,
                                            .to = s->aye ? JOIN_SIGNING : JOIN_REJECTED,
                                            .by = JOIN_BY_DECISION,
                                            .actor_id = s->viewer->person_id,
                                            .reason = s->reason},
                     err);
}

/* -- the desk's own steps ---------------------------------------------------------------------- */

static enum bw_rc set_claim(struct db_tx *tx, const struct join_say *s,
                            const struct join_application *a, int64_t person_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "UPDATE application SET claimed_by = ?2, claimed_us = ?3 WHERE id = ?1",
                     &st, err));
    db_bind_int(st, 1, a->id);
    db_bind_int(st, 2, person_id);
    db_bind_int(st, 3, person_id ? db_tx_now_us(tx) : 0);
    BW_TRY(db_run(st, err));
    return join_note(tx, LEDGER_APPLICATION_CLAIMED, a->public_id, s->viewer->person_id,
                     (const char *const[]){"claim", NULL},
                     (const struct bw_view[]){bw_view_z(person_id ? "taken" : "released")}, err);
}

enum bw_rc join_take_up(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    const struct join_say *s = arg;
    struct join_application a;
    BW_TRY(read_for(tx, s, PERM_DECIDE, arena, &a, err));
    BW_TRY(join_outsider(tx, s->viewer, &a, false, err));
    BW_TRY(join_step(tx, &a,
                     &(struct join_step_in){.hub = s->hub,
                                            .to = a.route == JOIN_TRUSTED ? JOIN_VOUCHING
                                                                          : JOIN_CHECKING,
                                            .by = JOIN_BY_DESK,
                                            .actor_id = s->viewer->person_id},
                     err));
    return a.claimed_by ? BW_OK : set_claim(tx, s, &a, s->viewer->person_id, err);
}

enum bw_rc join_window_over(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    const struct join_say *s = arg;
    struct join_application a;
    BW_TRY(read_for(tx, s, PERM_DECIDE, arena, &a, err));
    return join_step(tx, &a,
                     &(struct join_step_in){.hub = s->hub,
                                            .to = JOIN_COMMITTEE,
                                            .by = JOIN_BY_CLOCK,
                                            .actor_id = s->viewer->person_id},
                     err);
}

enum bw_rc join_claim(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    const struct join_say *s = arg;
    struct join_application a;
    BW_TRY(read_for(tx, s, PERM_DECIDE, arena, &a, err));
    if (a.state == JOIN_DRAFT || join_ended(a.state))
        return bw_fail(err, BW_CONFLICT, "there is nothing to do for this application");
    if (a.claimed_by && a.claimed_by != s->viewer->person_id)
        return bw_fail(err, BW_CONFLICT, "somebody else works on it already");
    BW_TRY(join_outsider(tx, s->viewer, &a, false, err));
    return set_claim(tx, s, &a, s->viewer->person_id, err);
}

enum bw_rc join_release(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    const struct join_say *s = arg;
    struct join_application a;
    BW_TRY(read_for(tx, s, PERM_DECIDE, arena, &a, err));
    if (a.claimed_by != s->viewer->person_id && s->viewer->role != ROLE_OPERATOR)
        return bw_fail(err, BW_CONFLICT, "it is not yours to give back");
    return set_claim(tx, s, &a, 0, err);
}

/* Reads for a check: by the desk, of a living application, with words about what was found. */
static enum bw_rc read_check(struct db_tx *tx, const struct join_say *s, struct bw_arena *arena,
                             struct join_application *ret, struct bw_err *err)
{
    BW_TRY(read_for(tx, s, PERM_DECIDE, arena, ret, err));
    if (ret->state < JOIN_SUBMITTED || ret->state > JOIN_COMMITTEE)
        return bw_fail(err, BW_CONFLICT, "there is nothing to check in the state \"%s\"",
                       join_state_word(ret->state));
    BW_TRY(check_reason(s->reason, err));
    return join_outsider(tx, s->viewer, ret, false, err);
}

enum bw_rc join_registered_seen(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    BW_AUTO(db_stmt) *st = NULL;
    const struct join_say *s = arg;
    struct join_application a;
    BW_TRY(read_check(tx, s, arena, &a, err));
    BW_TRY(
        db_change(tx,
                  "UPDATE application SET registered_us = ?2, registered_what = ?3 WHERE id = ?1",
                  &st, err));
    db_bind_int(st, 1, a.id);
    db_bind_int(st, 2, db_tx_now_us(tx));
    db_bind_text(st, 3, bw_view_trim(s->reason));
    BW_TRY(db_run(st, err));
    return join_note(tx, LEDGER_APPLICATION_CHECKED, a.public_id, s->viewer->person_id,
                     (const char *const[]){"check", "reason", NULL},
                     (const struct bw_view[]){BW_VIEW_INIT("registration"),
                                              bw_view_trim(s->reason)},
                     err);
}

enum bw_rc join_dns_seen(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    BW_AUTO(db_stmt) *st = NULL;
    const struct join_say *s = arg;
    struct join_application a;
    BW_TRY(read_check(tx, s, arena, &a, err));
    if (bw_view_find(s->reason, a.dns_value) == SIZE_MAX)
        return bw_fail(err, BW_INVALID,
                       "what you typed does not hold the value that the applicant was given");
    if (join_public_mail(s->hub->settings, a.domain))
        return bw_fail(err, BW_INVALID, "a public mail domain never proves an organisation");
    BW_TRY(db_change(tx,
                     "UPDATE application SET proof = ?2, proof_us = ?3, proof_what = ?4"
                     " WHERE id = ?1",
                     &st, err));
    db_bind_int(st, 1, a.id);
    db_bind_int(st, 2, s->aye ? JOIN_PROOF_DNS : JOIN_PROOF_DESK);
    db_bind_int(st, 3, db_tx_now_us(tx));
    db_bind_text(st, 4, bw_view_trim(s->reason));
    BW_TRY(db_run(st, err));
    BW_TRY(join_link_end(tx, a.id, 1u << JOIN_LINK_DOMAIN, err));
    return join_note(tx, LEDGER_APPLICATION_CHECKED, a.public_id, s->viewer->person_id,
                     (const char *const[]){"check", "by", "reason", NULL},
                     (const struct bw_view[]){BW_VIEW_INIT("dns"),
                                              bw_view_z(s->aye ? "resolver" : "desk"),
                                              bw_view_trim(s->reason)},
                     err);
}

/* -- reading ----------------------------------------------------------------------------------- */

enum bw_rc join_words(struct db *db, const struct viewer *viewer, int64_t application_id,
                      struct bw_arena *arena, struct join_word **ret, size_t *ret_n,
                      struct bw_err *err)
{
    enum { ROWS = 200 };
    BW_AUTO(db_stmt) *st = NULL;
    struct join_word *words = BW_ARENA_ARRAY(arena, ROWS, struct join_word);
    size_t n = 0;
    enum bw_rc rc;
    if (!words)
        return bw_fail_memory(err);
    BW_TRY(db_query(db, viewer,
                    "SELECT w.kind, w.state, w.person_id, w.organisation_id, w.at_us, w.aye,"
                    " w.reason, coalesce(p.name, ''), coalesce(o.name_en, ''),"
                    " coalesce(o.name_hant, ''), coalesce(o.name_hans, '')"
                    " FROM v_application_word w LEFT JOIN v_person p ON p.id = w.person_id"
                    " LEFT JOIN v_organisation o ON o.id = w.organisation_id"
                    " WHERE w.application_id = ?1 ORDER BY w.id LIMIT 200",
                    &st, err));
    db_bind_int(st, 1, application_id);
    while ((rc = db_row(st, err)) == BW_OK) {
        struct join_word *w = &words[n++];
        *w = (struct join_word){.kind = (enum join_word_kind)db_int(st, 0),
                                .state = (enum join_state)db_int(st, 1),
                                .person_id = db_int(st, 2),
                                .organisation_id = db_int(st, 3),
                                .at_us = db_int(st, 4),
                                .aye = db_int(st, 5) != 0};
        BW_TRY(bw_view_copy(arena, db_text(st, 6), &w->reason, err));
        BW_TRY(bw_view_copy(arena, db_text(st, 7), &w->person, err));
        for (int i = 0; i < I18N_LANGS; i++)
            BW_TRY(bw_view_copy(arena, db_text(st, 8 + i), &w->organisation.text[i], err));
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    *ret = words;
    *ret_n = n;
    return BW_OK;
}
