/* SPDX-License-Identifier: Apache-2.0 */
/* audience - interned sets of grants, and the store that keeps what has been read of them.
 *
 * The store is two levels of pointers: a fixed top of SEGMENTS, each a block of SEGMENT_SIZE slots.
 * Readers load two atomic pointers; a miss reads the set from the database and publishes it with a
 * compare-and-swap (the loser frees its copy). It is filled from read snapshots only: inside a
 * write transaction an id may belong to an audience that is rolled back and given out again. */
#include "audience.h"

#include "bw_fault.h"
#include "bw_thread.h"
#include "crypto.h"

#include <stdatomic.h>

enum { SEGMENTS = 4096, SEGMENT_SIZE = 4096 };

struct stored {
    enum tlp tlp;
    size_t n;
    int64_t codes[];
};
typedef _Atomic(struct stored *) slot;
static _Atomic(slot *) store[SEGMENTS];

static const struct {
    const char *name, *word;
} LABELS[TLP_LABELS] = {
    [TLP_CLEAR] = {"TLP:CLEAR", "clear"}, [TLP_GREEN] = {"TLP:GREEN", "green"},
    [TLP_AMBER] = {"TLP:AMBER", "amber"}, [TLP_AMBER_STRICT] = {"TLP:AMBER+STRICT", "amber+strict"},
    [TLP_RED] = {"TLP:RED", "red"},
};

const char *tlp_name(enum tlp tlp)
{
    BW_ASSERT(tlp < TLP_LABELS);
    return LABELS[tlp].name;
}

const char *tlp_word(enum tlp tlp)
{
    BW_ASSERT(tlp < TLP_LABELS);
    return LABELS[tlp].word;
}

bool tlp_parse(struct bw_view v, enum tlp *ret)
{
    for (size_t i = 0; i < TLP_LABELS; i++)
        if (bw_view_eq_nocase(v, bw_view_z(LABELS[i].name)) ||
            bw_view_eq_nocase(v, bw_view_z(LABELS[i].word))) {
            *ret = (enum tlp)i;
            return true;
        }
    return false;
}

static int by_code(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static enum bw_rc check_label(enum tlp tlp, const int64_t *codes, size_t n, struct bw_err *err)
{
    if (n == 0)
        return bw_fail(err, BW_INVALID, "nobody would see this: choose at least one recipient");
    for (size_t i = 0; i < n; i++) {
        enum grant_kind kind = grant_of_code(codes[i]).kind;
        if (kind == GRANT_DUTY || kind == GRANT_LIMIT)
            return bw_fail(err, BW_INVALID, "a duty or a limit does not say who may see");
        if (tlp == TLP_RED && kind != GRANT_PERSON)
            return bw_fail(err, BW_INVALID,
                           "TLP:RED goes to named people only: choose people, no groups");
        if (tlp != TLP_CLEAR && kind == GRANT_PUBLIC)
            return bw_fail(err, BW_INVALID, "only TLP:CLEAR may be public");
    }
    return BW_OK;
}

/* Sorts and drops doubles; returns how many are left. */
static size_t normalise(int64_t *codes, size_t n)
{
    size_t kept = 0;
    qsort(codes, n, sizeof(*codes), by_code);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || codes[kept - 1] != codes[i])
            codes[kept++] = codes[i];
    return kept;
}

static struct crypto_digest hash_set(enum tlp tlp, const int64_t *codes, size_t n)
{
    int64_t label = (int64_t)tlp;
    const struct bw_view parts[] = {
        bw_view_of((const char *)&label, sizeof(label)),
        bw_view_of((const char *)codes, n * sizeof(*codes)),
    };
    return crypto_sha256_views(parts, BW_COUNT(parts));
}

static enum bw_rc insert_set(struct db_tx *tx, enum tlp tlp, const int64_t *codes, size_t n,
                             struct bw_view hash, int64_t *ret_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_change(tx, "INSERT INTO audience (tlp, set_hash) VALUES (?1, ?2) RETURNING id", &st,
                     err));
    db_bind_int(st, 1, (int64_t)tlp);
    db_bind_bytes(st, 2, hash);
    int64_t id;
    BW_TRY(db_post_id(st, &id, err));

    BW_AUTO(db_stmt) *grant = NULL;
    BW_TRY(db_change(tx, "INSERT INTO audience_grant (audience_id, code) VALUES (?1, ?2)", &grant,
                     err));
    for (size_t i = 0; i < n; i++) {
        db_bind_int(grant, 1, id);
        db_bind_int(grant, 2, codes[i]);
        BW_TRY(db_post(grant, err));
        db_again(grant);
    }
    *ret_id = id;
    return BW_OK;
}

enum bw_rc audience_intern(struct db_tx *tx, enum tlp tlp, const struct grant *grants, size_t n,
                           int64_t *ret_id, struct bw_err *err)
{
    BW_AUTO_HEAP int64_t *codes = NULL;
    BW_AUTO(db_stmt) *st = NULL;

    BW_ASSERT(tlp < TLP_LABELS);
    if (n > AUDIENCE_GRANTS_MAX)
        return bw_fail(err, BW_LIMIT, "more than %d recipients: choose a circle or a sector",
                       AUDIENCE_GRANTS_MAX);
    codes = bw_calloc(n ? n : 1, sizeof(*codes));
    if (!codes)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        codes[i] = grant_code(grants[i]);
    n = normalise(codes, n);
    BW_TRY(check_label(tlp, codes, n, err));
    struct crypto_digest hash = hash_set(tlp, codes, n);

    BW_TRY(db_plain(db_tx_db(tx), "SELECT id FROM audience WHERE set_hash = ?1", &st, err));
    db_bind_bytes(st, 1, crypto_digest_view(&hash));
    enum bw_rc rc = db_row(st, err);
    if (rc == BW_OK)
        *ret_id = db_int(st, 0);
    if (rc != BW_NOT_FOUND)
        return rc;
    return insert_set(tx, tlp, codes, n, crypto_digest_view(&hash), ret_id, err);
}

/* Reads one set; the caller frees. */
static enum bw_rc read_set(struct db *db, int64_t id, struct stored **ret, struct bw_err *err)
{
    BW_AUTO_HEAP struct stored *s = NULL;
    BW_AUTO(db_stmt) *st = NULL;
    size_t room = 8;

    BW_TRY(db_plain(db,
                    "SELECT a.tlp, g.code FROM audience a JOIN audience_grant g"
                    " ON g.audience_id = a.id WHERE a.id = ?1 ORDER BY g.code",
                    &st, err));
    db_bind_int(st, 1, id);
    s = bw_calloc(1, sizeof(*s) + room * sizeof(int64_t));
    if (!s)
        return bw_fail_memory(err);
    enum bw_rc rc;
    while ((rc = db_row(st, err)) == BW_OK) {
        if (s->n == room) {
            struct stored *larger = bw_realloc(s, sizeof(*s) + 2 * room * sizeof(int64_t));
            if (!larger)
                return bw_fail_memory(err);
            s = larger;
            room *= 2;
        }
        int64_t tlp = db_int(st, 0);
        if (tlp < 0 || tlp >= TLP_LABELS)
            return bw_fail_detail(err, BW_BROKEN, "internal error", "audience %ld: label",
                                  (long)id);
        s->tlp = (enum tlp)tlp;
        s->codes[s->n++] = db_int(st, 1);
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    if (s->n == 0)
        return bw_fail_detail(err, BW_BROKEN, "internal error", "audience %ld: missing", (long)id);
    *ret = BW_TAKE(s);
    return BW_OK;
}

static slot *slot_of(int64_t id)
{
    if (id <= 0 || id >= (int64_t)SEGMENTS * SEGMENT_SIZE)
        return NULL;
    _Atomic(slot *) *top = &store[id / SEGMENT_SIZE];
    slot *segment = atomic_load_explicit(top, memory_order_acquire);
    if (!segment) {
        slot *fresh = bw_calloc(SEGMENT_SIZE, sizeof(slot));
        if (!fresh)
            return NULL;
        if (atomic_compare_exchange_strong(top, &segment, fresh))
            segment = fresh;
        else
            free(fresh);
    }
    return &segment[id % SEGMENT_SIZE];
}

static void info_of(const struct stored *s, struct audience_info *ret)
{
    *ret = (struct audience_info){s->tlp, s->n, s->codes};
}

/* A set that may not be stored (inside a write transaction) lives until the thread asks again. */
static struct stored *keep_for_thread(struct stored *s)
{
    size_t size = sizeof(*s) + s->n * sizeof(s->codes[0]);
    struct stored *kept = bw_thread_room(BW_THREAD_AUDIENCE, size);
    if (kept)
        memcpy(kept, s, size);
    free(s);
    return kept;
}

enum bw_rc audience_get(struct db *db, int64_t id, struct audience_info *ret, struct bw_err *err)
{
    slot *at = slot_of(id);
    struct stored *s = at ? atomic_load_explicit(at, memory_order_acquire) : NULL;
    if (!s) {
        BW_TRY(read_set(db, id, &s, err));
        if (!at || db_in_tx(db)) {
            s = keep_for_thread(s);
            if (!s)
                return bw_fail_memory(err);
        } else {
            struct stored *first = NULL;
            if (!atomic_compare_exchange_strong(at, &first, s)) {
                free(s);
                s = first;
            }
        }
    }
    info_of(s, ret);
    return BW_OK;
}

bool audience_has(const struct audience_info *a, struct grant g)
{
    int64_t code = grant_code(g);
    return bsearch(&code, a->codes, a->n, sizeof(code), by_code) != NULL;
}

void audience_store_clear(void)
{
    for (size_t i = 0; i < SEGMENTS; i++) {
        slot *segment = atomic_exchange(&store[i], NULL);
        for (size_t j = 0; segment && j < SEGMENT_SIZE; j++)
            free(atomic_load(&segment[j]));
        free(segment);
    }
}
