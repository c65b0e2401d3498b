/* SPDX-License-Identifier: Apache-2.0 */
/* intel_item - writing items: drafts, publishing, release, withdrawal.
 *
 * Publishing is one transaction: the row, its indicators, its full text, its STIX objects and the
 * event that tells everybody else. Whoever was told of an item finds all of it. */
#include "intel_page.h"

#include "crypto_text.h"
#include "json_write.h"
#include "member_group.h"

/* -- what the ledger keeps --------------------------------------------------------------------- */

/* The content itself is not in the event, but its hash: what was said can be proved later. */
static enum bw_rc payload_of(const struct intel_prepared *p, struct bw_buf *out, struct bw_err *err)
{
    const struct bw_view parts[] = {p->in.title, BW_V("\n"), p->in.body};
    struct crypto_digest d = crypto_sha256_views(parts, BW_COUNT(parts));
    BW_AUTO_BUF hex = BW_BUF_INIT(128);
    struct json_writer w;
    crypto_hex(crypto_digest_view(&d), &hex);
    json_w_open(&w, out);
    json_w_object(&w);
    json_w_kv_z(&w, "kind", intel_kind_word(p->in.kind));
    json_w_kv_z(&w, "severity", intel_severity_word(p->in.severity));
    json_w_kv_z(&w, "tlp", tlp_word(p->in.tlp));
    json_w_kv(&w, "sha256", bw_buf_text(&hex));
    json_w_object_end(&w);
    json_w_close(&w);
    return bw_buf_rc(out, "event", err);
}

static enum bw_rc append(struct db_tx *tx, const struct intel_prepared *p, int64_t audience_id,
                         struct bw_err *err)
{
    BW_AUTO_BUF payload = BW_BUF_INIT(1024);
    BW_TRY(payload_of(p, &payload, err));
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = p->in.publish ? LEDGER_ITEM_PUBLISHED
                                                                      : LEDGER_ITEM_DRAFTED,
                                                .object = bw_view_z(p->public_id.text),
                                                .actor_id = p->author.person_id,
                                                .audience_id = audience_id,
                                                .payload = bw_buf_text(&payload)},
                         err);
}

/* -- new --------------------------------------------------------------------------------------- */

/* Unique and rising: the group's time, or one above the last item of the same group. */
static enum bw_rc next_published(struct db_tx *tx, int64_t *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    *ret = db_tx_now_us(tx);
    BW_TRY(db_query(db_tx_db(tx), viewer_system("intel: the time that the last item was given"),
                    "SELECT published_us FROM v_item WHERE published_us IS NOT NULL"
                    " ORDER BY published_us DESC LIMIT 1",
                    &st, err));
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_OK && db_int(st, 0) >= *ret)
        *ret = db_int(st, 0) + 1;
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

static int64_t counted(const struct intel_prepared *p)
{
    int64_t n = 0;
    for (size_t i = 0; i < p->n_indicators; i++)
        n += intel_ioc_counts(p->indicators[i].ioc);
    return n;
}

/* Values that a new row and a changed draft have in common: ?1 to ?11. */
static void bind_content(struct db_stmt *st, const struct intel_prepared *p,
                         const struct intel_stored *s)
{
    db_bind_int(st, 1, s->audience_id);
    db_bind_int(st, 2, (int64_t)p->in.kind);
    db_bind_int(st, 3, (int64_t)p->in.severity);
    db_bind_int(st, 4, p->in.publish ? INTEL_PUBLISHED : INTEL_DRAFT);
    db_bind_int(st, 5, (int64_t)p->in.tlp);
    db_bind_int(st, 6, (int64_t)p->in.lang);
    db_bind_text(st, 7, p->in.title);
    db_bind_text(st, 8, p->in.body);
    db_bind_text(st, 9, p->chosen);
    db_bind_int(st, 10, counted(p));
    if (p->in.publish)
        db_bind_int(st, 11, s->published_us);
    else
        db_bind_null(st, 11);
}

static enum bw_rc insert_row(struct db_tx *tx, const struct intel_prepared *p,
                             struct intel_stored *s, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx,
                     "INSERT INTO item (audience_id, kind, severity, state, tlp, lang, title, body,"
                     " chosen, indicators, published_us, public_id, number, organisation_id,"
                     " person_id, import_hash, created_us, changed_us) VALUES (?1, ?2, ?3, ?4, ?5,"
                     " ?6, ?7, ?8, ?9, ?10, ?11, ?12, '', ?13, ?14, ?15, ?16, ?16) RETURNING id",
                     &st, err));
    bind_content(st, p, s);
    db_bind_text(st, 12, bw_view_z(p->public_id.text));
    db_bind_int(st, 13, p->author.organisation_id);
    db_bind_int(st, 14, p->author.person_id);
    if (p->import_hash.n)
        db_bind_bytes(st, 15, p->import_hash);
    else
        db_bind_null(st, 15);
    db_bind_int(st, 16, db_tx_now_us(tx));
    BW_TRY(db_row(st, err));
    s->item_id = db_int(st, 0);
    return BW_OK;
}

/* What a published item consists of beside its row. */
static enum bw_rc derive(struct db_tx *tx, const struct intel_prepared *p,
                         const struct intel_stored *s, struct bw_err *err)
{
    for (size_t i = 0; i < p->n_indicators; i++) {
        struct intel_occurrence_in o = {.audience_id = s->audience_id,
                                        .item_id = s->item_id,
                                        .seen_us = s->published_us};
        BW_TRY(intel_indicator_intern(tx, &p->indicators[i], &o.indicator_id, err));
        BW_TRY(intel_occurrence_add(tx, &o, err));
    }
    BW_TRY(db_fulltext_put(tx, "item", s->published_us, p->folded, err));
    return intel_stix_of_item(tx, p, s, err);
}

static enum bw_rc begin(struct db_tx *tx, const struct intel_prepared *p, struct intel_stored *s,
                        struct bw_err *err)
{
    if (p->in.publish) {
        BW_TRY(member_circles_take(db_tx_db(tx), p->in.tlp, p->grants, p->n_grants, err));
        BW_TRY(next_published(tx, &s->published_us, err));
    }
    return audience_intern(tx, p->in.tlp, p->grants, p->n_grants, &s->audience_id, err);
}

enum bw_rc intel_item_put(struct db_tx *tx, const struct intel_prepared *p,
                          struct bw_id *ret_public, struct bw_err *err)
{
    struct intel_stored s = {0};
    BW_TRY(begin(tx, p, &s, err));
    BW_TRY(insert_row(tx, p, &s, err));
    if (p->in.publish)
        BW_TRY(derive(tx, p, &s, err));
    BW_TRY(append(tx, p, s.audience_id, err));
    *ret_public = p->public_id;
    return BW_OK;
}

enum bw_rc intel_item_by_import(struct db_tx *tx, int64_t organisation_id,
                                struct bw_view import_hash, int64_t *ret_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("intel: what this organisation imported before"),
                    "SELECT id FROM v_item WHERE organisation_id = ?1 AND import_hash = ?2", &st,
                    err));
    db_bind_int(st, 1, organisation_id);
    db_bind_bytes(st, 2, import_hash);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_OK)
        *ret_id = db_int(st, 0);
    return rc == BW_NOT_FOUND ? bw_fail(err, rc, "not imported before") : rc;
}

/* -- what is there already --------------------------------------------------------------------- */

/* The row as the one who changes it sees it, inside the transaction. */
struct present {
    int64_t id, audience_id, organisation_id, person_id, published_us;
    enum intel_state state;
    enum tlp tlp;
    bool released;
};
static enum bw_rc find(struct db_tx *tx, const struct viewer *viewer, struct bw_view public_id,
                       struct present *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer,
                    "SELECT id, audience_id, organisation_id, person_id, published_us, state, tlp,"
                    " released_us FROM v_item WHERE public_id = ?1",
                    &st, err));
    db_bind_text(st, 1, public_id);
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such item");
    if (rc != BW_OK)
        return rc;
    *ret = (struct present){.id = db_int(st, 0),
                            .audience_id = db_int(st, 1),
                            .organisation_id = db_int(st, 2),
                            .person_id = db_int(st, 3),
                            .published_us = db_int(st, 4),
                            .state = (enum intel_state)db_int(st, 5),
                            .tlp = (enum tlp)db_int(st, 6),
                            .released = !db_null(st, 7)};
    return BW_OK;
}

enum bw_rc intel_item_change(struct db_tx *tx, const struct viewer *author,
                             struct bw_view public_id, const struct intel_prepared *p,
                             struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct present now;
    struct intel_stored s = {0};
    struct intel_prepared same = *p; /* keeps the draft's own id */

    BW_TRY(find(tx, author, public_id, &now, err));
    if (now.person_id != author->person_id)
        return bw_fail(err, BW_NOT_FOUND, "there is no such item");
    if (now.state != INTEL_DRAFT)
        return bw_fail(err, BW_CONFLICT, "this is no draft any more: it has been published");
    BW_ASSERT(public_id.n == BW_ID_LEN);
    memcpy(same.public_id.text, public_id.p, BW_ID_LEN);

    BW_TRY(begin(tx, &same, &s, err));
    s.item_id = now.id;
    BW_TRY(db_change(tx,
                     "UPDATE item SET audience_id = ?1, kind = ?2, severity = ?3, state = ?4,"
                     " tlp = ?5, lang = ?6, title = ?7, body = ?8, chosen = ?9, indicators = ?10,"
                     " published_us = ?11, changed_us = ?12 WHERE id = ?13",
                     &st, err));
    bind_content(st, &same, &s);
    db_bind_int(st, 12, db_tx_now_us(tx));
    db_bind_int(st, 13, now.id);
    BW_TRY(db_run(st, err));
    if (same.in.publish)
        BW_TRY(derive(tx, &same, &s, err));
    return append(tx, &same, s.audience_id, err);
}

/* -- release ----------------------------------------------------------------------------------- */

static enum bw_rc move(struct db_tx *tx, int64_t item_id, int64_t audience_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *item = NULL, *occurrence = NULL;
    BW_TRY(db_change(tx,
                     "UPDATE item SET audience_id = ?2, released_us = ?3, changed_us = ?3"
                     " WHERE id = ?1",
                     &item, err));
    db_bind_int(item, 1, item_id);
    db_bind_int(item, 2, audience_id);
    db_bind_int(item, 3, db_tx_now_us(tx));
    BW_TRY(db_run(item, err));
    BW_TRY(db_change(tx, "UPDATE occurrence SET audience_id = ?2 WHERE item_id = ?1", &occurrence,
                     err));
    db_bind_int(occurrence, 1, item_id);
    db_bind_int(occurrence, 2, audience_id);
    return db_run(occurrence, err);
}

enum bw_rc intel_item_release(struct db_tx *tx, const struct viewer *viewer,
                              struct bw_view public_id, struct bw_err *err)
{
    struct present now;
    const struct grant world = {GRANT_PUBLIC, 0};
    int64_t audience_id;

    BW_TRY(find(tx, viewer, public_id, &now, err));
    BW_TRY(permission_check(viewer, PERM_RELEASE, err));
    if (now.state != INTEL_PUBLISHED)
        return bw_fail(err, BW_CONFLICT, "only a published item can be released");
    if (now.tlp != TLP_CLEAR)
        return bw_fail(err, BW_CONFLICT, "only TLP:CLEAR may be public: this item is %s",
                       tlp_name(now.tlp));
    if (now.released)
        return BW_OK;
    BW_TRY(audience_intern(tx, TLP_CLEAR, &world, 1, &audience_id, err));
    BW_TRY(move(tx, now.id, audience_id, err));
    BW_TRY(intel_stix_item_moved(tx, now.id, audience_id, err));
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = LEDGER_ITEM_RELEASED,
                                                .object = public_id,
                                                .actor_id = viewer->person_id,
                                                .audience_id = audience_id},
                         err);
}

/* -- withdrawal -------------------------------------------------------------------------------- */

bool intel_may_withdraw(const struct viewer *viewer, const struct intel_item *item)
{
    if (item->state == INTEL_DRAFT)
        return viewer->person_id == item->author_person_id;
    return role_is_staff(viewer->role) ||
           (viewer->organisation_id && viewer->organisation_id == item->author_organisation_id);
}

static enum bw_rc forget_derived(struct db_tx *tx, const struct present *now, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "DELETE FROM occurrence WHERE item_id = ?1", &st, err));
    db_bind_int(st, 1, now->id);
    BW_TRY(db_run(st, err));
    BW_TRY(db_fulltext_drop(tx, "item", now->published_us, err));
    return intel_stix_item_withdrawn(tx, now->id, err);
}

enum bw_rc intel_item_withdraw(struct db_tx *tx, const struct viewer *viewer,
                               struct bw_view public_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct present now;

    BW_TRY(find(tx, viewer, public_id, &now, err));
    const struct intel_item item = {.state = now.state,
                                    .author_person_id = now.person_id,
                                    .author_organisation_id = now.organisation_id};
    if (!intel_may_withdraw(viewer, &item))
        return bw_fail(err, BW_DENIED,
                       "only the author's organisation or the hub's staff may"
                       " withdraw this");
    if (now.state == INTEL_WITHDRAWN)
        return BW_OK;
    if (now.state == INTEL_PUBLISHED)
        BW_TRY(forget_derived(tx, &now, err));
    BW_TRY(db_change(tx, "UPDATE item SET state = 2, indicators = 0, changed_us = ?2 WHERE id = ?1",
                     &st, err));
    db_bind_int(st, 1, now.id);
    db_bind_int(st, 2, db_tx_now_us(tx));
    BW_TRY(db_run(st, err));
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = LEDGER_ITEM_WITHDRAWN,
                                                .object = public_id,
                                                .actor_id = viewer->person_id,
                                                .audience_id = now.audience_id},
                         err);
}
