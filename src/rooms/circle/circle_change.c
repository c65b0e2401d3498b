/* SPDX-License-Identifier: Apache-2.0 */
/* circle_change - planning and applying; see circle_change.h. A plan asks for every right that the
 * change needs; applying plans anew inside the transaction, so no right and no fact is older than
 * the change itself. */
#include "circle_change.h"

#include "bw_clock.h"
#include "crypto_text.h"
#include "permission.h"

#include <endian.h>

enum { TOKEN_MAX = 400, PLAIN_BYTES = 32 + 8 + 8, ARENA_MAX = 64 << 20 };
#define PURPOSE BW_V("circle/preview")
#define PREVIEW_US (60 * BW_MINUTE_US)

/* -- parts of plans ---------------------------------------------------------------------------- */

static enum bw_rc one_code(struct bw_arena *arena, struct grant g, const int64_t **ret,
                           struct bw_err *err)
{
    int64_t *code = BW_ARENA_NEW(arena, int64_t);
    if (!code)
        return bw_fail_memory(err);
    *code = grant_code(g);
    *ret = code;
    return BW_OK;
}

static enum bw_rc one_swing(struct bw_arena *arena, struct circle_plan *p, bool give,
                            struct bw_err *err)
{
    struct circle_swing *s = BW_ARENA_NEW(arena, struct circle_swing);
    if (!s)
        return bw_fail_memory(err);
    *s = (struct circle_swing){.kind = p->kind, .holder_id = p->holder_id};
    const struct grant g = {GRANT_CIRCLE, p->c.id};
    if (give) {
        BW_TRY(one_code(arena, g, &s->gained, err));
        s->n_gained = 1;
    } else {
        BW_TRY(one_code(arena, g, &s->lost, err));
        s->n_lost = 1;
    }
    p->swings = s;
    p->n_swings = 1;
    return BW_OK;
}

static enum bw_rc holds(struct db *db, enum holder_kind kind, int64_t holder_id, int64_t circle_id,
                        bool *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db,
                    "SELECT count(*) FROM holding WHERE holder_kind = ?1 AND holder_id = ?2"
                    " AND code = ?3 AND until_us IS NULL",
                    &st, err));
    db_bind_int(st, 1, (int64_t)kind);
    db_bind_int(st, 2, holder_id);
    db_bind_int(st, 3, grant_code((struct grant){GRANT_CIRCLE, circle_id}));
    BW_TRY(db_row(st, err));
    *ret = db_int(st, 0) > 0;
    return BW_OK;
}

/* The holder that is meant: an organisation, or a person by address or id. */
static enum bw_rc find_holder(struct db *db, const struct circle_change *c, struct circle_plan *p,
                              struct bw_err *err)
{
    struct bw_view who = bw_view_trim(c->who);
    enum bw_rc rc = BW_NOT_FOUND;
    p->kind = HOLDER_ORGANISATION;
    if (bw_view_find_byte(who, '@') == SIZE_MAX)
        rc = member_resolve(db, c->actor, GRANT_ORGANISATION, who, &p->holder_id, err);
    if (rc == BW_NOT_FOUND) {
        p->kind = HOLDER_PERSON;
        rc = member_resolve(db, c->actor, GRANT_PERSON, who, &p->holder_id, err);
    }
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, BW_INVALID, "who: there is no such organisation or person");
    return rc;
}

static enum bw_rc organisation_of(struct db *db, const struct circle_plan *p,
                                  struct bw_arena *arena, int64_t *ret, struct bw_err *err)
{
    struct member_recipient person;
    *ret = p->holder_id;
    if (p->kind == HOLDER_ORGANISATION)
        return BW_OK;
    BW_TRY(member_person_get(db, p->holder_id, arena, &person, err));
    *ret = person.organisation_id;
    return BW_OK;
}

static enum bw_rc want_held(struct db *db, const struct circle_plan *p, bool held,
                            struct bw_err *err)
{
    bool now;
    BW_TRY(holds(db, p->kind, p->holder_id, p->c.id, &now, err));
    if (now == held)
        return BW_OK;
    return held ? bw_fail(err, BW_CONFLICT, "who: is not in the circle")
                : bw_fail(err, BW_CONFLICT, "who: is in the circle already");
}

/* -- circles ----------------------------------------------------------------------------------- */

/* An owner does not let in or put out their own organisation's rivals unseen: the event and the
 * history tell. The desk does not decide where its own organisation is the one concerned. */
static enum bw_rc plan_member(struct db *db, const struct circle_change *c, bool give,
                              struct bw_arena *arena, struct circle_plan *p, struct bw_err *err)
{
    int64_t organisation_id;
    BW_TRY(circle_get(db, c->actor, c->circle, arena, &p->c, err));
    BW_TRY(circle_want_owner(&p->c, err));
    BW_TRY(find_holder(db, c, p, err));
    BW_TRY(organisation_of(db, p, arena, &organisation_id, err));
    if (!p->c.is_owner && organisation_id == c->actor->organisation_id)
        return bw_fail(err, BW_DENIED, "who: somebody else decides on your own organisation");
    BW_TRY(want_held(db, p, !give, err));
    if (give)
        BW_TRY(circle_standing(db, &p->c, organisation_id, err));
    BW_TRY(circle_reason_check(c->reason, err));
    return one_swing(arena, p, give, err);
}

static enum bw_rc plan_leave(struct db *db, const struct circle_change *c, struct bw_arena *arena,
                             struct circle_plan *p, struct bw_err *err)
{
    BW_TRY(circle_get(db, c->actor, c->circle, arena, &p->c, err));
    if (c->actor->role != ROLE_ADMIN)
        return bw_fail(err, BW_DENIED, "an administrator of your organisation leaves for it");
    p->kind = HOLDER_ORGANISATION;
    p->holder_id = c->actor->organisation_id;
    BW_TRY(want_held(db, p, true, err));
    return one_swing(arena, p, false, err);
}

/* The invited do not see the circle yet: it is read as the hub. */
static enum bw_rc plan_take(struct db *db, const struct circle_change *c, struct bw_arena *arena,
                            struct circle_plan *p, struct bw_err *err)
{
    const struct viewer *hub = viewer_system("the circle of an invitation that was found");
    BW_TRY(circle_request_get(db, c->actor, c->request, arena, &p->request, err));
    if (p->request.kind == CIRCLE_INVITED)
        BW_TRY(circle_by_key(db, hub, p->request.circle_id, arena, &p->c, err));
    else
        BW_TRY(circle_by_key(db, c->actor, p->request.circle_id, arena, &p->c, err));
    if (!circle_may_decide(c->actor, &p->c, &p->request))
        return bw_fail(err, BW_DENIED, "this is not yours to decide");
    p->kind = HOLDER_ORGANISATION;
    p->holder_id = p->request.organisation_id;
    BW_TRY(want_held(db, p, false, err));
    BW_TRY(circle_standing(db, &p->c, p->holder_id, err));
    BW_TRY(circle_reason_check(c->reason, err));
    return one_swing(arena, p, true, err);
}

/* -- sectors ----------------------------------------------------------------------------------- */

static enum bw_rc want_desk(const struct circle_change *c, struct bw_err *err)
{
    return circle_is_desk(c->actor)
               ? BW_OK
               : bw_fail(err, BW_DENIED, "only the hub's membership desk may do this");
}

static enum bw_rc sector_key(struct db *db, const struct circle_change *c, struct bw_view ref,
                             int64_t *ret, struct bw_err *err)
{
    enum bw_rc rc = member_resolve(db, c->actor, GRANT_SECTOR, ref, ret, err);
    return rc == BW_NOT_FOUND ? bw_fail(err, BW_INVALID, "sector: there is no such sector") : rc;
}

/* What is in A and not in B, as grant codes of sectors. Both ascending. */
static enum bw_rc only_in(const int64_t *a, size_t na, const int64_t *b, size_t nb,
                          struct bw_arena *arena, const int64_t **ret, size_t *ret_n,
                          struct bw_err *err)
{
    int64_t *codes = BW_ARENA_ARRAY(arena, na ? na : 1, int64_t);
    size_t n = 0;
    if (!codes)
        return bw_fail_memory(err);
    for (size_t i = 0, j = 0; i < na; i++) {
        while (j < nb && b[j] < a[i])
            j++;
        if (j == nb || b[j] != a[i])
            codes[n++] = grant_code((struct grant){GRANT_SECTOR, a[i]});
    }
    *ret = codes;
    *ret_n = n;
    return BW_OK;
}

/* From the sectors that follow now to those that would; nothing where they are the same. */
static enum bw_rc add_sector_swing(struct db *db, int64_t organisation_id, const int64_t *want,
                                   size_t want_n, struct member_move move, struct bw_arena *arena,
                                   struct circle_plan *p, struct bw_err *err)
{
    int64_t *chosen, *now, *then;
    size_t chosen_n, now_n, then_n;
    struct circle_swing *s = &p->swings[p->n_swings];
    BW_TRY(member_sectors_chosen(db, organisation_id, arena, &chosen, &chosen_n, err));
    BW_TRY(member_sectors_closed(db, chosen, chosen_n, (struct member_move){0, 0}, arena, &now,
                                 &now_n, err));
    if (!want) {
        want = chosen;
        want_n = chosen_n;
    }
    BW_TRY(member_sectors_closed(db, want, want_n, move, arena, &then, &then_n, err));
    *s = (struct circle_swing){.kind = HOLDER_ORGANISATION, .holder_id = organisation_id};
    BW_TRY(only_in(then, then_n, now, now_n, arena, &s->gained, &s->n_gained, err));
    BW_TRY(only_in(now, now_n, then, then_n, arena, &s->lost, &s->n_lost, err));
    p->n_swings += s->n_gained || s->n_lost;
    return BW_OK;
}

static enum bw_rc plan_move(struct db *db, const struct circle_change *c, struct bw_arena *arena,
                            struct circle_plan *p, struct bw_err *err)
{
    int64_t *organisations, line[MEMBER_SECTOR_DEPTH_MAX];
    size_t n, line_n;
    BW_TRY(want_desk(c, err));
    BW_TRY(member_resolve(db, c->actor, GRANT_SECTOR, c->sector, &p->sector_id, err));
    if (c->parent.n)
        BW_TRY(sector_key(db, c, c->parent, &p->parent_id, err));
    if (p->parent_id)
        BW_TRY(member_sector_line(db, p->parent_id, line, &line_n, err));
    for (size_t i = 0; p->parent_id && i < line_n; i++)
        if (line[i] == p->sector_id)
            return bw_fail(err, BW_INVALID, "parent: a sector cannot lie under itself");
    BW_TRY(member_sector_organisations(db, p->sector_id, arena, &organisations, &n, err));
    p->swings = BW_ARENA_ARRAY(arena, n ? n : 1, struct circle_swing);
    if (!p->swings)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        BW_TRY(add_sector_swing(db, organisations[i], NULL, 0,
                                (struct member_move){p->sector_id, p->parent_id}, arena, p, err));
    return BW_OK;
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static enum bw_rc plan_groups(struct db *db, const struct circle_change *c, struct bw_arena *arena,
                              struct circle_plan *p, struct bw_err *err)
{
    BW_TRY(want_desk(c, err));
    BW_TRY(member_resolve(db, c->actor, GRANT_ORGANISATION, c->organisation, &p->organisation_id,
                          err));
    if (p->organisation_id == c->actor->organisation_id)
        return bw_fail(err, BW_DENIED, "somebody of another organisation decides on your own");
    if (c->class_ >= MEMBER_CLASSES)
        return bw_fail(err, BW_INVALID, "class: there is no such class");
    p->chosen = BW_ARENA_ARRAY(arena, c->n_chosen + 1, int64_t);
    p->swings = BW_ARENA_NEW(arena, struct circle_swing);
    if (!p->chosen || !p->swings)
        return bw_fail_memory(err);
    for (size_t i = 0; i < c->n_chosen; i++)
        BW_TRY(sector_key(db, c, c->chosen[i], &p->chosen[p->n_chosen++], err));
    if (p->n_chosen)
        qsort(p->chosen, p->n_chosen, sizeof(*p->chosen), by_number);
    return add_sector_swing(db, p->organisation_id, p->chosen, p->n_chosen,
                            (struct member_move){0, 0}, arena, p, err);
}

/* -- all of them ------------------------------------------------------------------------------- */

static enum bw_rc make_plan(struct db *db, const struct circle_change *c, struct bw_arena *arena,
                            struct circle_plan *p, struct bw_err *err)
{
    *p = (struct circle_plan){.kind = HOLDER_ORGANISATION};
    if (c->actor->limited)
        return bw_fail(err, BW_DENIED, "accept the terms first");
    switch (c->act) {
    case CIRCLE_ACT_GIVE:
    case CIRCLE_ACT_END:
        return plan_member(db, c, c->act == CIRCLE_ACT_GIVE, arena, p, err);
    case CIRCLE_ACT_LEAVE:
        return plan_leave(db, c, arena, p, err);
    case CIRCLE_ACT_TAKE:
        return plan_take(db, c, arena, p, err);
    case CIRCLE_ACT_MOVE:
        return plan_move(db, c, arena, p, err);
    case CIRCLE_ACT_GROUPS:
        return plan_groups(db, c, arena, p, err);
    case CIRCLE_ACT_MERGE:
        return circle_plan_merge(db, c, arena, p, err);
    case CIRCLE_ACTS:
        break;
    }
    BW_ASSERT(false);
}

enum bw_rc circle_change_look(struct db *db, const struct circle_change *c, enum i18n_lang lang,
                              struct bw_arena *arena, struct circle_effect *ret, struct bw_err *err)
{
    struct circle_plan p;
    BW_TRY(make_plan(db, c, arena, &p, err));
    return circle_effect_count(db, c, &p, lang, arena, ret, err);
}

/* -- tokens ------------------------------------------------------------------------------------ */

static void pack(const struct crypto_digest *digest, int64_t person_id, int64_t expires_us,
                 char out[PLAIN_BYTES])
{
    uint64_t person = htobe64((uint64_t)person_id), expires = htobe64((uint64_t)expires_us);
    memcpy(out, digest->b, 32);
    memcpy(out + 32, &person, 8);
    memcpy(out + 40, &expires, 8);
}

enum bw_rc circle_change_token(const struct crypto_keyring *keyring, const struct circle_effect *e,
                               int64_t person_id, struct bw_arena *arena, struct bw_view *ret,
                               struct bw_err *err)
{
    char plain[PLAIN_BYTES];
    BW_AUTO_BUF sealed = BW_BUF_INIT(TOKEN_MAX);
    BW_AUTO_BUF text = BW_BUF_INIT(TOKEN_MAX);
    pack(&e->digest, person_id, bw_now_us() + PREVIEW_US, plain);
    BW_TRY(crypto_seal(keyring, bw_view_of(plain, sizeof(plain)), PURPOSE, &sealed, err));
    crypto_base64(bw_buf_text(&sealed), CRYPTO_BASE64_URL, &text);
    BW_TRY(bw_buf_rc(&text, "preview", err));
    return bw_view_copy(arena, bw_buf_text(&text), ret, err);
}

/* Was TOKEN given to PERSON for this very effect, less than an hour ago? */
static bool token_fits(const struct crypto_keyring *keyring, struct bw_view token,
                       const struct crypto_digest *digest, int64_t person_id)
{
    BW_AUTO_BUF sealed = BW_BUF_INIT(TOKEN_MAX);
    BW_AUTO_BUF plain = BW_BUF_INIT(TOKEN_MAX);
    char want[PLAIN_BYTES];
    uint64_t expires;
    struct bw_err ignored;
    if (token.n == 0 || token.n > TOKEN_MAX ||
        !crypto_unbase64(token, CRYPTO_BASE64_URL, &sealed) ||
        crypto_open(keyring, bw_buf_text(&sealed), PURPOSE, &plain, &ignored) != BW_OK ||
        plain.n != PLAIN_BYTES)
        return false;
    memcpy(&expires, plain.p + 40, 8);
    pack(digest, person_id, (int64_t)be64toh(expires), want);
    return memcmp(plain.p, want, PLAIN_BYTES) == 0 && bw_now_us() < (int64_t)be64toh(expires);
}

/* -- applying ---------------------------------------------------------------------------------- */

static enum bw_rc set_member(struct db_tx *tx, const struct circle_change *c,
                             const struct circle_plan *p, bool give, struct bw_err *err)
{
    const struct member_belonging b = {.actor_id = c->actor->person_id,
                                       .group_id = p->c.id,
                                       .kind = GRANT_CIRCLE,
                                       .holder = p->kind,
                                       .holder_id = p->holder_id,
                                       .give = give};
    BW_TRY(member_belonging_set(tx, &b, err));
    if (c->act == CIRCLE_ACT_TAKE)
        return circle_request_close(tx, c->actor, &p->c, &p->request, CIRCLE_TAKEN, c->reason, err);
    const struct circle_fact facts[] = {{give ? "let_in" : "let_out", bw_view_trim(c->who)},
                                        {"reason", bw_view_trim(c->reason)}};
    return circle_append(tx, LEDGER_CIRCLE_DECIDED, c->actor->person_id, p->c.public_id,
                         p->c.audience_id, facts, BW_COUNT(facts), err);
}

static enum bw_rc run(struct db_tx *tx, const struct circle_change *c, const struct circle_plan *p,
                      struct bw_err *err)
{
    int64_t actor = c->actor->person_id;
    switch (c->act) {
    case CIRCLE_ACT_GIVE:
    case CIRCLE_ACT_TAKE:
        return set_member(tx, c, p, true, err);
    case CIRCLE_ACT_END:
    case CIRCLE_ACT_LEAVE:
        return set_member(tx, c, p, false, err);
    case CIRCLE_ACT_MOVE:
        return member_sector_move(tx, actor, p->sector_id, p->parent_id, err);
    case CIRCLE_ACT_GROUPS:
        BW_TRY(member_class_set(tx, actor, p->organisation_id, c->class_, err));
        return member_sectors_set(tx, actor, p->organisation_id, p->chosen, p->n_chosen, err);
    case CIRCLE_ACT_MERGE:
        return circle_apply_merge(tx, c, p, err);
    case CIRCLE_ACTS:
        break;
    }
    BW_ASSERT(false);
}

enum bw_rc circle_change_apply(struct db_tx *tx, const struct crypto_keyring *keyring,
                               const struct circle_change *c, struct bw_view token, bool *ret_stale,
                               struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_MAX);
    struct circle_effect e;
    struct circle_plan p;
    *ret_stale = false;
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(make_plan(db_tx_db(tx), c, arena, &p, err));
    BW_TRY(circle_effect_count(db_tx_db(tx), c, &p, I18N_EN, arena, &e, err));
    if (!token_fits(keyring, token, &e.digest, c->actor->person_id)) {
        *ret_stale = true;
        return bw_fail(err, BW_CONFLICT, "what this changes is not what was shown: look again");
    }
    return run(tx, c, &p, err);
}
