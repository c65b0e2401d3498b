/* SPDX-License-Identifier: Apache-2.0 */
/* join_apply - what people without an account do: write a draft, send it, prove the domain, sign,
 * withdraw. All of it by links, which are opened and used up inside the transaction: of two who
 * follow one at once, one is too late. */
#include "join_int.h"

#include "bw_clock.h"
#include "bw_ip.h"
#include "mail.h"

enum { ARENA_CAP = 4 << 20, SIGNED_MAX = 200 };

static const struct viewer *applicant(void)
{
    return viewer_system("joining: an applicant comes by a private link");
}

static int64_t days(const struct hub *hub, enum setting id)
{
    return setting_int(hub->settings, id) * BW_DAY_US;
}

/* The mail with the link that submits; at most JOIN_MAILS_MAX for one draft. */
static enum bw_rc mail_confirm(struct db_tx *tx, const struct hub *hub,
                               const struct join_application *a, struct bw_err *err)
{
    const struct join_person *to = join_applicant(a);
    enum join_mail_kind kind = a->sponsor_id ? JOIN_MAIL_ENLISTED : JOIN_MAIL_CONFIRM;
    int64_t link, mails;
    if (!to)
        return bw_fail(err, BW_INVALID, "the application does not say who applies");
    BW_TRY(join_mail_count(db_tx_db(tx), a->id, kind, &mails, err));
    if (mails >= JOIN_MAILS_MAX)
        return bw_fail(err, BW_BUSY, "the confirmation was mailed %d times already",
                       JOIN_MAILS_MAX);
    const struct join_link_in in = {.hub = hub,
                                    .application_id = a->id,
                                    .kind = JOIN_LINK_CONFIRM,
                                    .email = to->email,
                                    .until_us =
                                        db_tx_now_us(tx) + days(hub, SETTING_JOIN_DRAFT_DAYS)};
    BW_TRY(join_link_new(tx, &in, NULL, &link, err));
    return join_mail_ask(tx,
                         &(struct join_mail_in){a->id, link, kind, a->lang, to->name, to->email},
                         err);
}

enum bw_rc join_draft_new(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct join_apply *w = arg;
    int64_t link;
    if (w->peer)
        BW_TRY(join_throttle_take(tx, w->hub->settings, w->peer, err));
    BW_TRY(join_insert(tx, w->in, w->actor_id, &w->in->id, &w->public_id, err));
    const struct join_link_in in = {.hub = w->hub,
                                    .application_id = w->in->id,
                                    .kind = JOIN_LINK_PROGRESS,
                                    .until_us =
                                        db_tx_now_us(tx) + days(w->hub, SETTING_JOIN_DRAFT_DAYS)};
    BW_TRY(join_link_new(tx, &in, &w->token, &link, err));
    return w->send ? mail_confirm(tx, w->hub, w->in, err) : BW_OK;
}

enum bw_rc join_draft_save(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct join_apply *w = arg;
    if (w->send && w->peer)
        BW_TRY(join_throttle_take(tx, w->hub->settings, w->peer, err));
    BW_TRY(join_update(tx, w->in, err));
    /* A link confirms what it was mailed for, and nothing that was written after. */
    BW_TRY(join_link_end(tx, w->in->id, 1u << JOIN_LINK_CONFIRM, err));
    return w->send ? mail_confirm(tx, w->hub, w->in, err) : BW_OK;
}

/* -- following a link -------------------------------------------------------------------------- */

static enum bw_rc follow(struct db_tx *tx, const struct join_follow *f, enum join_link_kind kind,
                         struct bw_arena *arena, struct join_link *link,
                         struct join_application *ret, struct bw_err *err)
{
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(join_link_open(db_tx_db(tx), kind, f->token, db_tx_now_us(tx), arena, link, err));
    BW_TRY(join_get_key(db_tx_db(tx), applicant(), link->application_id, arena, ret, err));
    return join_people_read(db_tx_db(tx), applicant(), arena, ret, err);
}

static enum bw_rc set_proof(struct db_tx *tx, const struct join_application *a,
                            struct bw_view email, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE application SET proof = ?2, proof_us = ?3, proof_what = ?4"
                     " WHERE id = ?1 AND proof = 0",
                     &st, err));
    db_bind_int(st, 1, a->id);
    db_bind_int(st, 2, JOIN_PROOF_MAIL);
    db_bind_int(st, 3, db_tx_now_us(tx));
    db_bind_text(st, 4, email);
    BW_TRY(db_run(st, err));
    return join_note(tx, LEDGER_APPLICATION_CHECKED, a->public_id, 0,
                     (const char *const[]){"check", "address", NULL},
                     (const struct bw_view[]){BW_VIEW_INIT("mail"), email}, err);
}

static bool proves(const struct hub *hub, const struct join_application *a, struct bw_view email)
{
    struct bw_view domain = join_domain_of(email);
    return a->domain.n && bw_view_eq_nocase(domain, a->domain) &&
           !join_public_mail(hub->settings, domain);
}

enum bw_rc join_confirm(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    BW_AUTO(db_stmt) *st = NULL;
    const struct join_follow *f = arg;
    struct join_problem problems[JOIN_PROBLEMS_MAX];
    struct join_application a;
    struct join_link link;
    BW_TRY(follow(tx, f, JOIN_LINK_CONFIRM, arena, &link, &a, err));
    if (a.route != JOIN_SPONSORED && join_check(f->hub->settings, &a, problems) > 0)
        return bw_fail(err, BW_CONFLICT, "the application is not complete any more");
    BW_TRY(db_change(tx, "UPDATE application SET alike = ?2 WHERE id = ?1", &st, err));
    db_bind_int(st, 1, a.id);
    db_bind_int(st, 2, f->alike);
    BW_TRY(db_run(st, err));
    BW_TRY(join_step(tx, &a,
                     &(struct join_step_in){.hub = f->hub,
                                            .to = JOIN_SUBMITTED,
                                            .by = JOIN_BY_APPLICANT},
                     err));
    return proves(f->hub, &a, link.email) ? set_proof(tx, &a, link.email, err) : BW_OK;
}

static const char *const MAILBOXES[] = {"postmaster", "admin", "hostmaster"};

enum bw_rc join_prove_ask(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    BW_AUTO_BUF email = BW_BUF_INIT(400);
    const struct join_follow *f = arg;
    struct join_application a;
    struct join_link link;
    int64_t id, mails;
    bool known = false;
    BW_TRY(follow(tx, f, JOIN_LINK_PROGRESS, arena, &link, &a, err));
    for (size_t i = 0; i < BW_COUNT(MAILBOXES); i++)
        known = known || bw_view_is(f->address, MAILBOXES[i]);
    if (!known)
        return bw_fail(err, BW_INVALID, "choose one of the addresses");
    if (a.state < JOIN_SUBMITTED || a.state > JOIN_COMMITTEE)
        return bw_fail(err, BW_CONFLICT, "there is nothing to prove in this step");
    if (a.proof != JOIN_PROOF_NONE)
        return bw_fail(err, BW_CONFLICT, "the domain is proven already");
    if (f->peer)
        BW_TRY(join_throttle_take(tx, f->hub->settings, f->peer, err));
    BW_TRY(join_mail_count(db_tx_db(tx), a.id, JOIN_MAIL_DOMAIN, &mails, err));
    if (mails >= JOIN_MAILS_MAX)
        return bw_fail(err, BW_BUSY, "a link was mailed %d times already", JOIN_MAILS_MAX);
    bw_buf_printf(&email, "%.*s@%.*s", BW_VF(f->address), BW_VF(a.domain));
    BW_TRY(bw_buf_rc(&email, "address", err));
    if (!mail_address_valid(bw_buf_text(&email)))
        return bw_fail(err, BW_INVALID, "the domain makes no address that mail can be sent to");
    const struct join_link_in in = {.hub = f->hub,
                                    .application_id = a.id,
                                    .kind = JOIN_LINK_DOMAIN,
                                    .email = bw_buf_text(&email),
                                    .until_us =
                                        db_tx_now_us(tx) + days(f->hub, SETTING_JOIN_DRAFT_DAYS)};
    BW_TRY(join_link_new(tx, &in, NULL, &id, err));
    return join_mail_ask(tx,
                         &(struct join_mail_in){a.id, id, JOIN_MAIL_DOMAIN, a.lang, f->address,
                                                bw_buf_text(&email)},
                         err);
}

enum bw_rc join_prove(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    const struct join_follow *f = arg;
    struct join_application a;
    struct join_link link;
    BW_TRY(follow(tx, f, JOIN_LINK_DOMAIN, arena, &link, &a, err));
    if (a.state < JOIN_SUBMITTED || a.state > JOIN_COMMITTEE || !proves(f->hub, &a, link.email))
        return bw_fail(err, BW_CONFLICT, "this link proves nothing any more");
    BW_TRY(join_link_end(tx, a.id, 1u << JOIN_LINK_DOMAIN, err));
    return set_proof(tx, &a, link.email, err);
}

enum bw_rc join_withdraw(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    const struct join_follow *f = arg;
    struct join_application a;
    struct join_link link;
    BW_TRY(follow(tx, f, JOIN_LINK_PROGRESS, arena, &link, &a, err));
    return join_step(tx, &a,
                     &(struct join_step_in){.hub = f->hub,
                                            .to = JOIN_WITHDRAWN,
                                            .by = JOIN_BY_APPLICANT},
                     err);
}

/* -- signing ----------------------------------------------------------------------------------- */

static join_signed_fn signed_by_others; /* set before the server listens */

void join_signed_set(join_signed_fn fn)
{
    signed_by_others = fn;
}

enum bw_rc join_signed(struct db_tx *tx, struct bw_view application, bool *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    if (signed_by_others)
        return signed_by_others(tx, application, ret, err);
    BW_TRY(db_query(db_tx_db(tx), applicant(),
                    "SELECT signed_us FROM v_application WHERE public_id = ?1", &st, err));
    db_bind_text(st, 1, application);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such application");
    BW_TRY(rc);
    *ret = db_int(st, 0) != 0;
    return BW_OK;
}

static enum bw_rc set_signed(struct db_tx *tx, const struct join_application *a,
                             const struct join_follow *f, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE application SET signed_us = ?2, signed_name = ?3, signed_title = ?4"
                     " WHERE id = ?1",
                     &st, err));
    db_bind_int(st, 1, a->id);
    db_bind_int(st, 2, db_tx_now_us(tx));
    db_bind_text(st, 3, bw_view_trim(f->name));
    db_bind_text(st, 4, bw_view_trim(f->title));
    BW_TRY(db_run(st, err));
    return join_note(tx, LEDGER_APPLICATION_SIGNED, a->public_id, 0,
                     (const char *const[]){"name", "title", NULL},
                     (const struct bw_view[]){bw_view_trim(f->name), bw_view_trim(f->title)}, err);
}

enum bw_rc join_sign(struct db_tx *tx, void *arg, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_CAP);
    struct join_follow *f = arg;
    struct join_application a;
    struct join_link link;
    BW_TRY(follow(tx, f, JOIN_LINK_SIGN, arena, &link, &a, err));
    if (bw_view_trim(f->name).n == 0 || bw_view_trim(f->title).n == 0 || f->name.n > SIGNED_MAX ||
        f->title.n > SIGNED_MAX)
        return bw_fail(err, BW_INVALID, "write your name and your title");
    if (a.state != JOIN_SIGNING)
        return bw_fail(err, BW_CONFLICT, "this application is not at the signature");
    BW_TRY(set_signed(tx, &a, f, err));
    BW_TRY(
        join_step(tx, &a,
                  &(struct join_step_in){.hub = f->hub, .to = JOIN_ACTIVE, .by = JOIN_BY_SIGNATORY},
                  err));
    return join_make(tx, f->hub, &a, 0, err);
}
