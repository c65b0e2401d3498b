/* SPDX-License-Identifier: Apache-2.0 */
/* watch_intake - events in, findings out.
 *
 * Matching happens outside the write lane. What somebody claims is gathered by (address, day, type,
 * family, port) until the memory is full or the import ends; so a large feed makes few writes and
 * one alert per organisation. Then disclosure is decided with the present snapshot, rows are
 * sealed, sorted by organisation and written in chunks. A chunk asks in its transaction whether the
 * claims are still those of the snapshot; if not it gives up and all that is left is disclosed
 * anew, so an asset that changes in the middle of an import tells nobody what is no longer theirs.
 *
 * Idempotent at every point: a finding is unique in the database, and an observation counts once,
 * by a hash over its line (finding_seen). A crash, the same file again, or two imports of one file
 * at once change nothing that is there. Threads: one intake, one thread. */
#include "watch_intake.h"

#include "bw_clock.h"
#include "bw_fault.h"

enum {
    ARENA_BYTES = 48 << 20, /* what is gathered before it is written */
    ARENA_MARGIN = 1 << 20,
    PENDING_MAX = 50000,
    BUCKETS = 1 << 16,
    RETELL_MAX = 8 /* times that claims may change under one flush */
};

struct watch_intake {
    struct hub *hub;
    struct bw_view columns, reporter;
    struct bw_arena *arena;
    struct watch_match *match; /* for gathering; a flush takes the present one */
    struct watch_pending *pending;
    uint32_t *bucket;
    size_t n;
    struct watch_result result;
};

/* -- gathering --------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t h, const void *p, size_t n)
{
    const uint8_t *b = p;
    for (size_t i = 0; i < n; i++)
        h = (h ^ b[i]) * UINT64_C(0x100000001b3);
    return h;
}

static size_t bucket_of(const struct watch_event *e, int64_t day)
{
    uint64_t h = mix(UINT64_C(0xcbf29ce484222325), e->ip.b, sizeof(e->ip.b));
    h = mix(h, &day, sizeof(day));
    h = mix(h, &e->port, sizeof(e->port));
    h = mix(h, e->rsit_type.p, e->rsit_type.n);
    h = mix(h, e->family.p, e->family.n);
    return (size_t)(h ^ h >> 32) & (BUCKETS - 1);
}

static int64_t day_of(int64_t at_us)
{
    return at_us / BW_DAY_US - (at_us % BW_DAY_US < 0);
}

/* Tells lines apart; without a line (the demo) the facts themselves. */
static int64_t mark_of(const struct watch_event *e)
{
    const struct bw_view parts[] = {e->report, e->evidence,
                                    bw_view_of((const char *)&e->seen_us, sizeof(e->seen_us)),
                                    bw_view_of((const char *)e->ip.b, sizeof(e->ip.b))};
    struct crypto_digest d = crypto_sha256_views(parts, BW_COUNT(parts));
    int64_t mark;
    memcpy(&mark, d.b, sizeof(mark));
    return mark;
}

static struct watch_pending *find(struct watch_intake *k, const struct watch_event *e, int64_t day,
                                  size_t bucket)
{
    for (uint32_t i = k->bucket[bucket]; i; i = k->pending[i - 1].next) {
        struct watch_pending *p = &k->pending[i - 1];
        if (p->day == day && p->port == e->port && bw_ip_cmp(&p->ip, &e->ip) == 0 &&
            bw_view_eq(p->rsit_type, e->rsit_type) && bw_view_eq(p->family, e->family))
            return p;
    }
    return NULL;
}

static enum bw_rc start(struct watch_intake *k, const struct watch_event *e, int64_t day,
                        size_t bucket, struct watch_pending **ret, struct bw_err *err)
{
    struct watch_pending *p = &k->pending[k->n];
    *p = (struct watch_pending){.ip = e->ip,
                                .day = day,
                                .port = e->port,
                                .severity = e->severity,
                                .first_us = e->seen_us,
                                .last_us = e->seen_us,
                                .public_id = bw_id_new(),
                                .next = k->bucket[bucket]};
    BW_TRY(bw_view_copy(k->arena, e->rsit_type, &p->rsit_type, err));
    BW_TRY(bw_view_copy(k->arena, e->family, &p->family, err));
    BW_TRY(bw_view_copy(k->arena, e->report, &p->report, err));
    BW_TRY(bw_view_copy(k->arena, e->protocol, &p->protocol, err));
    BW_TRY(
        bw_view_copy(k->arena, bw_view_head(e->evidence, WATCH_EVIDENCE_MAX), &p->evidence, err));
    k->bucket[bucket] = (uint32_t)++k->n;
    *ret = p;
    return BW_OK;
}

static enum bw_rc count(struct watch_intake *k, struct watch_pending *p,
                        const struct watch_event *e, struct bw_err *err)
{
    p->events++;
    if (e->seen_us < p->first_us)
        p->first_us = e->seen_us;
    if (e->seen_us > p->last_us)
        p->last_us = e->seen_us;
    if (e->severity > p->severity)
        p->severity = e->severity;
    if (p->n_marks == WATCH_SEEN_MAX)
        return BW_OK;
    if (p->n_marks == p->room_marks) {
        size_t room = p->room_marks ? p->room_marks * 2 : 4;
        int64_t *larger = BW_ARENA_ARRAY(k->arena, room, int64_t);
        if (!larger)
            return bw_fail_memory(err);
        if (p->n_marks)
            memcpy(larger, p->marks, p->n_marks * sizeof(*larger));
        p->marks = larger;
        p->room_marks = (uint32_t)room;
    }
    p->marks[p->n_marks++] = mark_of(e);
    return BW_OK;
}

static bool full(const struct watch_intake *k)
{
    return k->n == PENDING_MAX || bw_arena_used(k->arena) > ARENA_BYTES - ARENA_MARGIN;
}

static enum bw_rc gather(struct watch_intake *k, const struct watch_event *e, struct bw_err *err)
{
    int64_t day = day_of(e->seen_us);
    size_t bucket = bucket_of(e, day);
    struct watch_pending *p = find(k, e, day, bucket);
    BW_ASSERT(e->severity >= 0 && e->severity < 5 && e->port >= -1 && e->port <= 65535);
    BW_ASSERT(e->rsit_type.n <= WATCH_WORD_MAX && e->family.n <= WATCH_WORD_MAX);
    if (!p)
        BW_TRY(start(k, e, day, bucket, &p, err));
    return count(k, p, e, err);
}

/* -- writing ----------------------------------------------------------------------------------- */

static int by_organisation(const void *a, const void *b)
{
    const struct watch_pending *x = a, *y = b;
    if (x->told.organisation_id != y->told.organisation_id)
        return x->told.organisation_id < y->told.organisation_id ? -1 : 1;
    if (x->severity != y->severity)
        return x->severity > y->severity ? -1 : 1;
    return bw_ip_cmp(&x->ip, &y->ip);
}

/* Decides who is told of what is not written yet; what nobody is told is dropped. */
static void disclose(struct watch_intake *k, const struct watch_match *match, size_t from)
{
    size_t kept = from;
    for (size_t i = from; i < k->n; i++) {
        struct watch_pending p = k->pending[i];
        p.told = watch_match_disclose(match, watch_match_find(match, &p.ip));
        if (p.told.told != WATCH_TOLD_NOBODY)
            k->pending[kept++] = p;
    }
    k->n = kept;
    qsort(k->pending + from, kept - from, sizeof(*k->pending), by_organisation);
}

static enum bw_rc hold(struct hub *hub, struct watch_match **ret, struct bw_err *err)
{
    BW_AUTO(db) *db = NULL;
    BW_TRY(db_open(hub->db, &db, err));
    return watch_match_hold(db, ret, err);
}

/* How many of the rows from AT on make the next chunk: whole as far as it goes, so that most
 * organisations have one event in the ledger. */
static size_t chunk_length(const struct watch_intake *k, size_t at)
{
    size_t n = 0, marks = 0;
    while (at + n < k->n && n < WATCH_CHUNK &&
           (n == 0 || marks + k->pending[at + n].n_marks <= WATCH_CHUNK_MARKS))
        marks += k->pending[at + n++].n_marks;
    return n;
}

static void tally(struct watch_intake *k, const struct watch_pending *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        k->result.matched += p[i].events;
        k->result.opened += p[i].opened;
        k->result.again += !p[i].opened;
    }
}

/* Writes from *at on until all is written or the claims have changed (BW_CONFLICT). */
static enum bw_rc write_all(struct watch_intake *k, const struct watch_match *match, size_t *at,
                            struct watch_alert *alert, struct bw_err *err)
{
    while (*at < k->n) {
        struct watch_chunk c = {.hub = k->hub,
                                .columns = k->columns,
                                .reporter = k->reporter,
                                .version = watch_match_version(match),
                                .rows = k->pending + *at,
                                .n = chunk_length(k, *at),
                                .alert = *alert};
        c.last = *at + c.n == k->n || k->pending[*at + c.n].told.organisation_id !=
                                          k->pending[*at + c.n - 1].told.organisation_id;
        BW_TRY(watch_chunk_write(&c, err));
        *alert = c.alert;
        tally(k, c.rows, c.n);
        *at += c.n;
    }
    return BW_OK;
}

static enum bw_rc flush(struct watch_intake *k, struct bw_err *err)
{
    struct watch_alert alert = {0};
    enum bw_rc rc = k->n ? BW_CONFLICT : BW_OK;
    size_t at = 0;
    for (int i = 0; rc == BW_CONFLICT && i < RETELL_MAX; i++) {
        BW_AUTO(watch_match) *match = NULL;
        BW_TRY(hold(k->hub, &match, err));
        disclose(k, match, at);
        rc = write_all(k, match, &at, &alert, err);
    }
    if (rc == BW_CONFLICT)
        return bw_fail(err, BW_BUSY, "networks are being changed all the time: try again soon");
    BW_TRY(rc);
    k->n = 0;
    memset(k->bucket, 0, BUCKETS * sizeof(*k->bucket));
    bw_arena_reset(k->arena);
    return BW_OK;
}

/* -- the way in -------------------------------------------------------------------------------- */

void watch_intake_free(struct watch_intake *k)
{
    if (!k)
        return;
    watch_match_unref(k->match);
    bw_arena_free(k->arena);
    free(k->pending);
    free(k->bucket);
    free(k);
}

void watch_intake_reporter(struct watch_intake *k, struct bw_view name)
{
    k->reporter = name;
}

enum bw_rc watch_intake_new(struct hub *hub, struct bw_view columns, struct watch_intake **ret,
                            struct bw_err *err)
{
    BW_AUTO(watch_intake) *k = bw_calloc(1, sizeof(*k));
    if (!k)
        return bw_fail_memory(err);
    k->hub = hub;
    k->columns = columns;
    k->arena = bw_arena_new(ARENA_BYTES);
    k->pending = bw_calloc(PENDING_MAX, sizeof(*k->pending));
    k->bucket = bw_calloc(BUCKETS, sizeof(*k->bucket));
    if (!k->arena || !k->pending || !k->bucket)
        return bw_fail_memory(err);
    BW_TRY(hold(hub, &k->match, err));
    *ret = BW_TAKE(k);
    return BW_OK;
}

enum bw_rc watch_intake_add(struct watch_intake *k, const struct watch_event *events, size_t n,
                            struct bw_err *err)
{
    for (size_t i = 0; i < n; i++) {
        if (watch_match_find(k->match, &events[i].ip) == WATCH_NO_NODE)
            continue;
        if (full(k))
            BW_TRY(flush(k, err));
        BW_TRY(gather(k, &events[i], err));
    }
    return BW_OK;
}

enum bw_rc watch_intake_finish(struct watch_intake *k, struct watch_result *add_to,
                               struct bw_err *err)
{
    BW_TRY(flush(k, err));
    add_to->matched += k->result.matched;
    add_to->opened += k->result.opened;
    add_to->again += k->result.again;
    k->result = (struct watch_result){0};
    return BW_OK;
}

enum bw_rc watch_events_take(struct hub *hub, const struct watch_event *events, size_t n,
                             struct watch_result *add_to, struct bw_err *err)
{
    BW_AUTO(watch_intake) *k = NULL;
    BW_TRY(watch_intake_new(hub, (struct bw_view){NULL, 0}, &k, err));
    BW_TRY(watch_intake_add(k, events, n, err));
    return watch_intake_finish(k, add_to, err);
}
