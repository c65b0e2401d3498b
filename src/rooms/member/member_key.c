/* SPDX-License-Identifier: Apache-2.0 */
/* member_key - see member_key.h. Each change appends to the ledger in its transaction. Threads:
 * reads any, writes the lane. */
#include "member_key.h"

#include "bw_clock.h"
#include "bw_ip.h"
#include "member_people.h"

enum bw_rc member_keys_of(struct db *db, int64_t person_id, struct bw_arena *arena,
                          struct member_key **ret, size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct member_key *rows = NULL;
    size_t n = 0, room = 0;
    enum bw_rc rc;
    BW_TRY(db_plain(db,
                    "SELECT public_id, label, scopes, created_us, expires_us, used_us, networks,"
                    " used_from, replaced_us FROM api_key WHERE person_id = ?1"
                    " AND ended_us IS NULL ORDER BY created_us DESC, id DESC",
                    &st, err));
    db_bind_int(st, 1, person_id);
    while ((rc = db_row(st, err)) == BW_OK) {
        BW_TRY(MEMBER_MORE(arena, rows, n, room, err));
        struct member_key *k = &rows[n++];
        BW_TRY(bw_view_copy(arena, db_text(st, 0), &k->public_id, err));
        BW_TRY(bw_view_copy(arena, db_text(st, 1), &k->label, err));
        k->scopes = (unsigned)db_int(st, 2);
        k->created_us = db_int(st, 3);
        k->expires_us = db_int(st, 4);
        k->used_us = db_int(st, 5);
        k->expired = k->expires_us <= bw_now_us();
        BW_TRY(bw_view_copy(arena, db_text(st, 6), &k->networks, err));
        BW_TRY(bw_view_copy(arena, db_text(st, 7), &k->used_from, err));
        k->replaced = db_int(st, 8) != 0;
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}

static enum bw_rc tell(struct db_tx *tx, enum ledger_verb verb, struct bw_view object,
                       int64_t actor_id, struct bw_err *err)
{
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = verb,
                                                .object = object,
                                                .actor_id = actor_id},
                         err);
}

static enum bw_rc check_room(struct db_tx *tx, int64_t person_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db_tx_db(tx),
                    "SELECT count(*) FROM api_key WHERE person_id = ?1 AND ended_us IS NULL"
                    " AND replaced_us IS NULL",
                    &st, err));
    db_bind_int(st, 1, person_id);
    BW_TRY(db_row(st, err));
    return db_int(st, 0) < MEMBER_KEYS_MAX
               ? BW_OK
               : bw_fail(err, BW_LIMIT, "you have %d keys: end one first", MEMBER_KEYS_MAX);
}

enum bw_rc member_key_add(struct db_tx *tx, const struct api_key_in *in,
                          struct crypto_token *ret_key, struct bw_err *err)
{
    struct crypto_token key;
    struct bw_id id;
    BW_TRY(check_room(tx, in->person_id, err));
    BW_TRY(api_key_add(tx, in, &key, &id, err));
    BW_TRY(tell(tx, LEDGER_KEY_ADDED, bw_view_z(id.text), in->person_id, err));
    *ret_key = key;
    crypto_wipe(&key, sizeof(key));
    return BW_OK;
}

enum bw_rc member_key_end(struct db_tx *tx, int64_t person_id, struct bw_view public_id,
                          struct bw_err *err)
{
    BW_TRY(api_key_end(tx, person_id, public_id, err));
    return tell(tx, LEDGER_KEY_ENDED, public_id, person_id, err);
}

/* -- networks ---------------------------------------------------------------------------------- */

enum bw_rc member_key_networks(struct bw_view typed, struct bw_arena *arena, struct bw_view *ret,
                               struct bw_err *err)
{
    BW_AUTO_BUF out = BW_BUF_INIT(MEMBER_KEY_NETWORKS_MAX);
    char text[BW_PREFIX_TEXT_MAX];
    struct bw_prefix prefix;
    size_t at = 0, n = 0;
    while (at < typed.n) {
        size_t end = at;
        while (end < typed.n && !strchr(" ,;\t\r\n", typed.p[end]))
            end++;
        if (end > at) {
            if (++n > MEMBER_KEY_NETWORKS)
                return bw_fail(err, BW_INVALID, "a key has at most %d networks",
                               MEMBER_KEY_NETWORKS);
            BW_TRY(bw_prefix_parse(bw_view_of(typed.p + at, end - at), &prefix, err));
            if (n > 1)
                bw_buf_byte(&out, ' ');
            bw_buf_view(&out, bw_view_of(text, bw_prefix_format(&prefix, text)));
        }
        at = end + 1;
    }
    BW_TRY(bw_buf_rc(&out, "networks", err));
    return bw_view_copy(arena, bw_buf_text(&out), ret, err);
}

/* -- whose ------------------------------------------------------------------------------------- */

enum bw_rc member_key_service(struct db_tx *tx, const struct viewer *viewer, struct bw_view person,
                              struct api_key_in *in, struct bw_err *err)
{
    struct member_target t;
    BW_TRY(member_target_find(tx, viewer, person, &t, err));
    if (t.role != ROLE_SERVICE || t.state != MEMBER_ACTIVE)
        return bw_fail(err, BW_NOT_FOUND, "there is no such service");
    in->person_id = t.id;
    in->organisation_id = t.organisation_id;
    in->role = t.role;
    return BW_OK;
}

struct held {
    struct api_key_in in;
    int64_t id, created_us;
    bool replaced;
};

/* The key where it is VIEWER's own, or of a service that VIEWER looks after. *label: of the
 * statement. */
static enum bw_rc find_key(struct db_tx *tx, const struct viewer *viewer, struct bw_view public_id,
                           struct db_stmt **st, struct held *ret, struct bw_err *err)
{
    BW_TRY(db_query(db_tx_db(tx), viewer,
                    "SELECT k.id, k.person_id, k.organisation_id, k.role, k.scopes, k.created_us,"
                    " k.expires_us, k.replaced_us, k.label, k.networks, p.role FROM api_key k"
                    " JOIN v_person p ON p.id = k.person_id WHERE k.public_id = ?1"
                    " AND k.ended_us IS NULL AND p.state = 0",
                    st, err));
    db_bind_text(*st, 1, public_id);
    enum bw_rc rc = db_row(*st, err);
    if (rc != BW_OK && rc != BW_NOT_FOUND)
        return rc;
    if (rc == BW_OK) {
        bool own = db_int(*st, 1) == viewer->person_id;
        bool theirs =
            db_int(*st, 10) == ROLE_SERVICE && ((db_int(*st, 2) == viewer->organisation_id &&
                                                 permission_has(viewer, PERM_OWN_PEOPLE)) ||
                                                permission_has(viewer, PERM_MEMBERS));
        rc = own || theirs ? BW_OK : BW_NOT_FOUND;
    }
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such key");
    *ret = (struct held){.id = db_int(*st, 0),
                         .created_us = db_int(*st, 5),
                         .replaced = db_int(*st, 7) != 0,
                         .in = {.person_id = db_int(*st, 1),
                                .organisation_id = db_int(*st, 2),
                                .role = (enum role)db_int(*st, 3),
                                .scopes = (unsigned)db_int(*st, 4),
                                .expires_us = db_int(*st, 6),
                                .label = db_text(*st, 8),
                                .networks = db_text(*st, 9)}};
    return BW_OK;
}

enum bw_rc member_key_stop(struct db_tx *tx, const struct viewer *viewer, struct bw_view public_id,
                           struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct held k;
    BW_TRY(member_actor_check(tx, viewer, err));
    BW_TRY(find_key(tx, viewer, public_id, &st, &k, err));
    BW_TRY(api_key_end(tx, k.in.person_id, public_id, err));
    return tell(tx, LEDGER_KEY_ENDED, public_id, viewer->person_id, err);
}

static enum bw_rc mark_replaced(struct db_tx *tx, const struct held *k, int64_t until_us,
                                struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "UPDATE api_key SET replaced_us = ?2, expires_us = ?3 WHERE id = ?1", &st,
                     err));
    db_bind_int(st, 1, k->id);
    db_bind_int(st, 2, db_tx_now_us(tx));
    db_bind_int(st, 3, until_us < k->in.expires_us ? until_us : k->in.expires_us);
    return db_run(st, err);
}

enum bw_rc member_key_rotate(struct db_tx *tx, const struct viewer *viewer,
                             struct bw_view public_id, int64_t overlap_days,
                             struct crypto_token *ret_key, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct held k;
    struct crypto_token key;
    struct bw_id id;
    int64_t now_us = db_tx_now_us(tx);
    BW_TRY(member_actor_check(tx, viewer, err));
    BW_TRY(find_key(tx, viewer, public_id, &st, &k, err));
    if (k.replaced || k.in.expires_us <= now_us)
        return bw_fail(err, BW_CONFLICT, "this key has expired or was replaced: make a new one");
    BW_TRY(mark_replaced(tx, &k, now_us + overlap_days * BW_DAY_US, err));
    struct api_key_in in = k.in;
    in.expires_us = now_us + (k.in.expires_us - k.created_us);
    BW_TRY(check_room(tx, in.person_id, err));
    BW_TRY(api_key_add(tx, &in, &key, &id, err));
    BW_TRY(member_tell(tx, LEDGER_KEY_ADDED, bw_view_z(id.text), viewer->person_id, 0, "replaces",
                       public_id, NULL, BW_V(""), err));
    *ret_key = key;
    crypto_wipe(&key, sizeof(key));
    return BW_OK;
}
