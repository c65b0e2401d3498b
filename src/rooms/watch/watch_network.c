/* SPDX-License-Identifier: Apache-2.0 */
/* watch_network - claims on blocks of addresses: checked, entered, decided, listed.
 *
 * Every change raises network_version in its own transaction, by which match snapshots know that
 * they are behind. Writes: the lane; the rest: any thread. */
#include "watch_int.h"

#include "json_write.h"

/* -- what may be claimed ----------------------------------------------------------------------- */

enum { V4_BITS_AT = 96, WIDEST_V4 = 8, WIDEST_V6 = 16 };

/* No host on the Internet has an address of these. Private and documentation blocks may be claimed:
 * hubs of one house use the former, demonstrations the latter. */
static const char *const NOBODYS[] = {"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3",
                                      "0::/16",    "fe80::/10",   "ff00::/8"};

static bool overlaps(const struct bw_prefix *a, const struct bw_prefix *b)
{
    return bw_prefix_has(a, &b->first) || bw_prefix_has(b, &a->first);
}

static bool is_v4(const struct bw_prefix *p)
{
    return p->bits >= V4_BITS_AT && bw_ip_is_v4(&p->first);
}

static bool is_nobodys(const struct bw_prefix *p)
{
    for (size_t i = 0; i < BW_COUNT(NOBODYS); i++) {
        struct bw_prefix other;
        struct bw_err ignored;
        enum bw_rc rc = bw_prefix_parse(bw_view_z(NOBODYS[i]), &other, &ignored);
        BW_ASSERT(rc == BW_OK);
        if (is_v4(p) == is_v4(&other) && overlaps(p, &other))
            return true;
    }
    return false;
}

/* "192.0.2.0-192.0.2.255": many registries write so. Told what it is as a prefix where it is one.
 */
static enum bw_rc fail_range(struct bw_view text, size_t dash, struct bw_err *err)
{
    struct bw_view shown = bw_utf8_head(text, 100);
    struct bw_ip first, last;
    char meant[BW_PREFIX_TEXT_MAX];
    if (!bw_ip_parse(bw_view_trim(bw_view_head(text, dash)), &first) ||
        !bw_ip_parse(bw_view_trim(bw_view_from(text, dash + 1)), &last))
        return bw_fail(err, BW_INVALID,
                       "\"%.*s\" is not an IP address or network like 192.0.2.0/24", BW_VF(shown));
    if (bw_ip_cmp(&first, &last) > 0)
        return bw_fail(err, BW_INVALID,
                       "\"%.*s\" is upside down: its first address is larger than its last",
                       BW_VF(shown));
    for (unsigned bits = 0; bits <= 128; bits++) {
        struct bw_prefix p = {first, (uint8_t)bits}, whole;
        struct bw_ip end = bw_prefix_last(&p);
        struct bw_view text_of = bw_view_of(meant, bw_prefix_format(&p, meant));
        struct bw_err ignored; /* host bits set: the range begins in the middle of a block */
        if (bw_ip_cmp(&end, &last) == 0 && bw_prefix_parse(text_of, &whole, &ignored) == BW_OK) {
            return bw_fail(err, BW_INVALID, "\"%.*s\": write a range as a prefix, probably %s",
                           BW_VF(shown), meant);
        }
    }
    return bw_fail(err, BW_INVALID,
                   "\"%.*s\" is no single prefix: enter its parts, each like 192.0.2.0/24",
                   BW_VF(shown));
}

enum bw_rc watch_prefix_parse(struct bw_view text, struct bw_prefix *ret, struct bw_err *err)
{
    struct bw_prefix p;
    text = bw_view_trim(text);
    struct bw_view shown = bw_utf8_head(text, BW_PREFIX_TEXT_MAX);
    size_t dash = bw_view_find_byte(text, '-');
    if (text.n == 0)
        return bw_fail(err, BW_INVALID, "the network is missing: a prefix like 192.0.2.0/24");
    if (dash != SIZE_MAX)
        return fail_range(text, dash, err);
    if (bw_view_find_byte(text, '%') != SIZE_MAX)
        return bw_fail(err, BW_INVALID,
                       "\"%.*s\" has a zone (%%...), which means something on one machine only",
                       BW_VF(shown));
    BW_TRY(bw_prefix_parse(text, &p, err));
    int bits = is_v4(&p) ? p.bits - V4_BITS_AT : p.bits;
    if (bits == 0)
        return bw_fail(err, BW_INVALID, "\"%.*s\" is the whole Internet", BW_VF(shown));
    if (bits < (is_v4(&p) ? WIDEST_V4 : WIDEST_V6))
        return bw_fail(err, BW_INVALID,
                       "\"%.*s\" is wider than /%d: enter the parts that are yours", BW_VF(shown),
                       is_v4(&p) ? WIDEST_V4 : WIDEST_V6);
    if (is_nobodys(&p))
        return bw_fail(err, BW_INVALID, "\"%.*s\": no host on the Internet has such an address",
                       BW_VF(shown));
    *ret = p;
    return BW_OK;
}

enum bw_rc watch_label_check(struct bw_view label, struct bw_err *err)
{
    if (label.n > WATCH_LABEL_MAX)
        return bw_fail(err, BW_INVALID, "a label has at most %d bytes", WATCH_LABEL_MAX);
    if (!bw_utf8_valid(label))
        return bw_fail(err, BW_INVALID, "the label is not UTF-8");
    for (size_t at = 0, n; at < label.n; at += n)
        if (bw_utf8_is_control(bw_utf8_next(bw_view_from(label, at), &n)))
            return bw_fail(err, BW_INVALID, "the label has a control character in it");
    return BW_OK;
}

/* -- writing ----------------------------------------------------------------------------------- */

enum bw_rc watch_audience(struct db_tx *tx, int64_t organisation_id, int64_t *ret_id,
                          struct bw_err *err)
{
    const struct grant grants[] = {{GRANT_ROLE, ROLE_STAFF}, {GRANT_ORGANISATION, organisation_id}};
    return audience_intern(tx, TLP_AMBER_STRICT, grants, organisation_id ? 2 : 1, ret_id, err);
}

enum bw_rc watch_row_audience(struct db_tx *tx, int64_t organisation_id, int64_t *ret_id,
                              struct bw_err *err)
{
    const struct grant grants[] = {{GRANT_ROLE, ROLE_STAFF},
                                   {GRANT_ORGANISATION, organisation_id},
                                   {GRANT_DELEGATE, organisation_id}};
    return audience_intern(tx, TLP_AMBER_STRICT, grants, organisation_id ? 3 : 1, ret_id, err);
}

static enum bw_rc append(struct db_tx *tx, enum ledger_verb verb, struct bw_view object,
                         int64_t actor_id, int64_t audience_id, const struct bw_prefix *prefix,
                         struct bw_err *err)
{
    BW_AUTO_BUF payload = BW_BUF_INIT(1024);
    char cidr[BW_PREFIX_TEXT_MAX];
    struct json_writer w;
    bw_prefix_format(prefix, cidr);
    json_w_open(&w, &payload);
    json_w_object(&w);
    json_w_kv_z(&w, "cidr", cidr);
    json_w_object_end(&w);
    json_w_close(&w);
    BW_TRY(bw_buf_rc(&payload, "payload", err));
    return ledger_append(tx,
                         &(struct ledger_entry){.verb = verb,
                                                .object = object,
                                                .actor_id = actor_id,
                                                .audience_id = audience_id,
                                                .payload = bw_buf_text(&payload)},
                         err);
}

static enum bw_rc raise_version(struct db_tx *tx, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(
        db_change(tx, "UPDATE network_version SET version = version + 1 WHERE id = 1", &st, err));
    return db_run(st, err);
}

static enum bw_rc insert(struct db_tx *tx, int64_t actor_id, const struct watch_network_in *in,
                         struct bw_id *ret_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_id public_id = bw_id_new();
    int64_t audience_id;
    BW_TRY(watch_row_audience(tx, in->organisation_id, &audience_id, err));
    BW_TRY(db_change(tx,
                     "INSERT INTO network (public_id, organisation_id, address, bits, label, state,"
                     " audience_id, added_us, decided_us)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                     &st, err));
    db_bind_text(st, 1, bw_view_z(public_id.text));
    db_bind_int(st, 2, in->organisation_id);
    db_bind_bytes(st, 3, bw_view_of((const char *)in->prefix.first.b, 16));
    db_bind_int(st, 4, in->prefix.bits);
    db_bind_text(st, 5, bw_view_trim(in->label));
    db_bind_int(st, 6, in->verified ? WATCH_VERIFIED : WATCH_PENDING);
    db_bind_int(st, 7, audience_id);
    db_bind_int(st, 8, db_tx_now_us(tx));
    if (in->verified)
        db_bind_int(st, 9, db_tx_now_us(tx));
    else
        db_bind_null(st, 9);
    enum bw_rc rc = db_run(st, err);
    if (rc == BW_CONFLICT)
        return bw_fail(err, BW_NOT_FOUND, "there is no such organisation");
    BW_TRY(rc);
    BW_TRY(raise_version(tx, err));
    BW_TRY(append(tx, in->verified ? LEDGER_NETWORK_VERIFIED : LEDGER_NETWORK_CLAIMED,
                  bw_view_z(public_id.text), actor_id, audience_id, &in->prefix, err));
    *ret_id = public_id;
    return BW_OK;
}

/* What a change needs to know of the row that it changes. */
struct subject {
    int64_t id, audience_id;
    enum watch_network_state state;
    struct bw_id public_id;
    struct bw_prefix prefix;
};
#define SUBJECT "n.id, n.audience_id, n.state, n.public_id, n.address, n.bits"

static enum bw_rc read_block(const struct db_stmt *st, int address, int bits, struct bw_prefix *ret,
                             struct bw_err *err)
{
    struct bw_view first = db_bytes(st, address);
    if (first.n != sizeof(ret->first.b))
        return bw_fail_detail(err, BW_BROKEN, "internal error", "a network's address");
    memcpy(ret->first.b, first.p, first.n);
    ret->bits = (uint8_t)db_int(st, bits);
    return BW_OK;
}

static enum bw_rc read_subject(struct db_stmt *st, struct subject *ret, struct bw_err *err)
{
    BW_TRY(db_row(st, err));
    struct bw_view text = db_text(st, 3);
    if (!bw_id_valid(text))
        return bw_fail_detail(err, BW_BROKEN, "internal error", "public id of a network");
    *ret = (struct subject){.id = db_int(st, 0),
                            .audience_id = db_int(st, 1),
                            .state = (enum watch_network_state)db_int(st, 2)};
    memcpy(ret->public_id.text, text.p, text.n);
    return read_block(st, 4, 5, &ret->prefix, err);
}

static enum bw_rc decide(struct db_tx *tx, int64_t actor_id, const struct subject *s,
                         enum watch_network_state state, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "UPDATE network SET state = ?2, decided_us = ?3 WHERE id = ?1", &st, err));
    db_bind_int(st, 1, s->id);
    db_bind_int(st, 2, (int64_t)state);
    db_bind_int(st, 3, db_tx_now_us(tx));
    BW_TRY(db_run(st, err));
    BW_TRY(raise_version(tx, err));
    return append(tx, state == WATCH_VERIFIED ? LEDGER_NETWORK_VERIFIED : LEDGER_NETWORK_REFUSED,
                  bw_view_z(s->public_id.text), actor_id, s->audience_id, &s->prefix, err);
}

enum bw_rc watch_network_put(struct db_tx *tx, int64_t actor_id, const struct watch_network_in *in,
                             struct bw_id *ret_id, bool *ret_changed, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct subject s;
    BW_TRY(watch_label_check(in->label, err));
    BW_TRY(db_query(db_tx_db(tx), viewer_system("the organisation's own claim once more"),
                    "SELECT " SUBJECT " FROM v_network n"
                    " WHERE n.organisation_id = ?1 AND n.address = ?2 AND n.bits = ?3",
                    &st, err));
    db_bind_int(st, 1, in->organisation_id);
    db_bind_bytes(st, 2, bw_view_of((const char *)in->prefix.first.b, 16));
    db_bind_int(st, 3, in->prefix.bits);
    enum bw_rc rc = read_subject(st, &s, err);
    if (rc == BW_NOT_FOUND) {
        *ret_changed = true;
        return insert(tx, actor_id, in, ret_id, err);
    }
    BW_TRY(rc);
    bool changed = in->verified && s.state != WATCH_VERIFIED;
    if (changed)
        BW_TRY(decide(tx, actor_id, &s, WATCH_VERIFIED, err));
    *ret_id = s.public_id;
    *ret_changed = changed;
    return BW_OK;
}

enum bw_rc watch_network_add(struct db_tx *tx, int64_t actor_id, const struct watch_network_in *in,
                             struct bw_id *ret_id, struct bw_err *err)
{
    bool changed;
    return watch_network_put(tx, actor_id, in, ret_id, &changed, err);
}

enum bw_rc watch_network_decide(struct db_tx *tx, const struct viewer *viewer,
                                struct bw_view public_id, bool verify, struct bw_err *err)
{
    const enum watch_network_state state = verify ? WATCH_VERIFIED : WATCH_REFUSED;
    BW_AUTO(db_stmt) *st = NULL;
    struct subject s;
    BW_TRY(db_query(db_tx_db(tx), viewer,
                    "SELECT " SUBJECT " FROM v_network n WHERE n.public_id = ?1", &st, err));
    db_bind_text(st, 1, public_id);
    enum bw_rc rc = read_subject(st, &s, err);
    if (rc == BW_NOT_FOUND)
        return bw_fail(err, rc, "there is no such network");
    BW_TRY(rc);
    BW_TRY(permission_check(viewer, PERM_RELEASE, err));
    return s.state == state ? BW_OK : decide(tx, viewer->person_id, &s, state, err);
}

/* -- reading ----------------------------------------------------------------------------------- */

static enum bw_rc read_network(const struct db_stmt *st, struct bw_arena *arena,
                               struct watch_network *ret, struct bw_prefix *ret_prefix,
                               struct bw_err *err)
{
    char cidr[BW_PREFIX_TEXT_MAX];
    BW_TRY(read_block(st, 6, 7, ret_prefix, err));
    *ret = (struct watch_network){.id = db_int(st, 0),
                                  .organisation_id = db_int(st, 2),
                                  .state = (enum watch_network_state)db_int(st, 4),
                                  .added_us = db_int(st, 5)};
    BW_TRY(WATCH_COPY(arena, st, 1, &ret->public_id, err));
    BW_TRY(WATCH_COPY(arena, st, 3, &ret->label, err));
    return bw_view_copy(arena, bw_view_of(cidr, bw_prefix_format(ret_prefix, cidr)), &ret->cidr,
                        err);
}

enum { LIST_FIRST = 32 };

static enum bw_rc read_networks(struct db_stmt *st, const struct watch_match *match,
                                struct bw_arena *arena, struct watch_network **ret, size_t *ret_n,
                                struct bw_err *err)
{
    size_t n = 0, room = LIST_FIRST;
    struct watch_network *list = BW_ARENA_ARRAY(arena, room, struct watch_network);
    enum bw_rc rc;
    while (list && (rc = db_row(st, err)) == BW_OK) {
        if (n == room) {
            struct watch_network *larger = BW_ARENA_ARRAY(arena, room * 2, struct watch_network);
            if (!larger)
                return bw_fail_memory(err);
            memcpy(larger, list, n * sizeof(*list));
            list = larger;
            room *= 2;
        }
        struct bw_prefix prefix;
        BW_TRY(read_network(st, arena, &list[n], &prefix, err));
        if (match)
            list[n].rival = watch_match_rival(match, &prefix, list[n].organisation_id);
        n++;
    }
    if (!list)
        return bw_fail_memory(err);
    if (rc != BW_NOT_FOUND)
        return rc;
    *ret = list;
    *ret_n = n;
    return BW_OK;
}

enum bw_rc watch_network_list(struct db *db, const struct viewer *viewer, int64_t organisation_id,
                              struct bw_arena *arena, struct watch_network **ret, size_t *ret_n,
                              struct bw_err *err)
{
    BW_AUTO(watch_match) *match = NULL;
    BW_AUTO(db_stmt) *st = NULL;
    if (role_is_staff(viewer->role) || viewer->role == ROLE_SYSTEM)
        BW_TRY(watch_match_hold(db, &match, err));
    if (organisation_id) {
        BW_TRY(db_query(db, viewer,
                        "SELECT id, public_id, organisation_id, label, state, added_us, address,"
                        " bits FROM v_network WHERE organisation_id = ?1 ORDER BY address, bits",
                        &st, err));
        db_bind_int(st, 1, organisation_id);
    } else {
        BW_TRY(db_query(db, viewer,
                        "SELECT id, public_id, organisation_id, label, state, added_us, address,"
                        " bits FROM v_network WHERE state = 0 ORDER BY id LIMIT 500",
                        &st, err));
    }
    return read_networks(st, match, arena, ret, ret_n, err);
}
