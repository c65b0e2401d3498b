/* SPDX-License-Identifier: Apache-2.0 */
/* intel_stix_in - a file of STIX objects into the hub.
 *
 * The file is kept as an artifact first; then it is read once, object by object, and written in
 * batches that are prepared here and only inserted in the lane. Each batch is one transaction with
 * its ledger event, so an import that was interrupted is begun again and finds its first part
 * already there. Every object keeps its own bytes; nothing is written anew.
 *
 * An object whose marking is defined further down waits until the file has been read. What still
 * cannot be resolved then is kept for the staff (intel_stix_mark.c).
 *
 * Memory: the file (its caller's), one batch, and what waits, as views. */
#include "intel_stix_read.h"

#include "bw_fault.h"
#include "crypto_text.h"
#include "member_group.h"

#include <stdio.h>

/* In a running hub others wait for the lane meanwhile; a tool has it for itself, and the fewer
 * commits the less often the same pages of the indexes are written. */
#define BATCH_SERVING 256
#define BATCH_OBJECTS 1024
#define BATCH_BYTES ((size_t)4 << 20)
#define ARENA_MAX ((size_t)64 << 20)

struct entry {
    struct stix_object object;
    struct stix_finds finds;
    struct bw_view unknown; /* marking for which it is held back */
    size_t number;
    unsigned slot;
    bool taken; /* by the write that ran last */
};
struct waiting {
    struct bw_view raw, bundle_spec;
    size_t number;
};
struct import {
    const struct intel_import *in;
    struct intel_report *report;
    struct bw_view bytes;
    struct bw_arena *arena, *batch_arena; /* of the import; of the batch */
    struct stix_marks marks;
    struct bw_id public_id;
    struct bw_view artifact_hash; /* hex */
    int64_t artifact_id, owner_audience_id;
    int64_t audience[STIX_SLOTS]; /* 0: not interned yet */
    const struct grant *grants[STIX_SLOTS];
    size_t n_grants[STIX_SLOTS];
    struct entry *batch; /* BATCH_OBJECTS */
    size_t n, batch_bytes, batch_max;
    struct waiting *waiting;
    size_t n_waiting, room_waiting;
    int64_t taken;  /* all batches */
    bool file_read; /* nothing waits any longer */
    bool last;      /* the batch ends the import */
};

/* -- in the lane ------------------------------------------------------------------------------- */

/* What one run of the write function finds out; kept when it is durable. */
struct written {
    struct import *im;
    int64_t audience[STIX_SLOTS], taken[STIX_SLOTS];
    unsigned ready; /* slots that occur in the batch */
};

static enum tlp label_of(unsigned slot)
{
    return slot == STIX_HELD ? TLP_AMBER_STRICT : (enum tlp)slot;
}

static enum bw_rc intern(struct db_tx *tx, struct written *wr, unsigned slot, struct bw_err *err)
{
    const struct import *im = wr->im;
    if (wr->audience[slot] == 0)
        wr->audience[slot] = im->audience[slot];
    if (wr->audience[slot] != 0)
        return BW_OK;
    BW_TRY(member_circles_take(db_tx_db(tx), label_of(slot), im->grants[slot], im->n_grants[slot],
                               err));
    return audience_intern(tx, label_of(slot), im->grants[slot], im->n_grants[slot],
                           &wr->audience[slot], err);
}

static enum bw_rc add_finds(struct db_tx *tx, const struct entry *e, int64_t object_id,
                            int64_t audience_id, struct bw_err *err)
{
    for (size_t i = 0; i < e->finds.n; i++) {
        struct intel_occurrence_in in = {.audience_id = audience_id,
                                         .object_id = object_id,
                                         .seen_us = db_tx_now_us(tx)};
        BW_TRY(intel_indicator_intern(tx, &e->finds.list[i], &in.indicator_id, err));
        BW_TRY(intel_occurrence_add(tx, &in, err));
    }
    return BW_OK;
}

static enum bw_rc add_entry(struct stix_writer *w, struct written *wr, struct entry *e,
                            struct bw_err *err)
{
    const struct import *im = wr->im;
    int64_t id;
    BW_TRY(intern(w->tx, wr, e->slot, err));
    const struct stix_place at = {.owner_id = im->in->viewer->organisation_id,
                                  .audience_id = wr->audience[e->slot],
                                  .artifact_id = im->artifact_id};
    BW_TRY(stix_writer_add(w, &e->object, &at, &id, err));
    e->taken = id != 0;
    wr->taken[e->slot] += e->taken;
    return e->taken ? add_finds(w->tx, e, id, at.audience_id, err) : BW_OK;
}

static bool sees_all_of(const struct audience_info *mine, const struct audience_info *other)
{
    if (audience_has(mine, (struct grant){GRANT_EVERYBODY, 0}))
        return true;
    for (size_t i = 0; i < other->n; i++)
        if (!audience_has(mine, grant_of_code(other->codes[i])))
            return false;
    return true;
}

/* Is a copy of D there that everybody sees who belongs to the audience? */
static enum bw_rc is_visible(struct db_tx *tx, const struct import *im,
                             const struct stix_definition *d, const struct audience_info *to,
                             bool *ret, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc;
    *ret = false;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("stix: who sees a marking already"),
                    "SELECT DISTINCT audience_id FROM v_stix_object WHERE stix_key = ?1"
                    " AND owner_id = ?2 AND stix_id = ?3",
                    &st, err));
    db_bind_int(st, 1, d->object.key);
    db_bind_int(st, 2, im->in->viewer->organisation_id);
    db_bind_text(st, 3, d->object.stix_id);
    while ((rc = db_row(st, err)) == BW_OK && !*ret) {
        struct audience_info a;
        BW_TRY(audience_get(db_tx_db(tx), db_int(st, 0), &a, err));
        *ret = sees_all_of(&a, to);
    }
    return rc == BW_OK || rc == BW_NOT_FOUND ? BW_OK : rc;
}

/* Slots for which D has to be looked after in this batch. Its own it may yet get from the file
 * itself. */
static unsigned due(const struct import *im, const struct stix_definition *d)
{
    unsigned own = d->in_file && !im->last ? 1U << d->own_slot : 0;
    return d->wanted & ~d->ready & ~own;
}

static bool any_due(const struct import *im)
{
    for (const struct stix_definition *d = im->marks.first; d; d = d->next)
        if (due(im, d))
            return true;
    return false;
}

/* What objects refer to is visible wherever they are: D gets a copy for each audience that has
 * none. */
static enum bw_rc show_definition(struct stix_writer *w, struct written *wr,
                                  const struct stix_definition *d, struct bw_err *err)
{
    const struct import *im = wr->im;
    for (unsigned slot = 0; slot < STIX_SLOTS; slot++) {
        struct audience_info to;
        int64_t codes[64], id;
        bool visible = false;
        if (!(due(im, d) >> slot & 1))
            continue;
        BW_TRY(intern(w->tx, wr, slot, err));
        /* The set is copied: inside a transaction it stays only until the next one is read. */
        BW_TRY(audience_get(db_tx_db(w->tx), wr->audience[slot], &to, err));
        if (to.n <= BW_COUNT(codes)) {
            memcpy(codes, to.codes, to.n * sizeof(*codes));
            to.codes = codes;
            BW_TRY(is_visible(w->tx, im, d, &to, &visible, err));
        }
        const struct stix_place at = {.owner_id = im->in->viewer->organisation_id,
                                      .audience_id = wr->audience[slot],
                                      .artifact_id = im->artifact_id,
                                      .copy = true};
        if (!visible)
            BW_TRY(stix_writer_add(w, &d->object, &at, &id, err));
    }
    return BW_OK;
}

static enum bw_rc append_events(struct db_tx *tx, const struct written *wr, struct bw_err *err)
{
    const struct import *im = wr->im;
    struct ledger_entry e = {.object = bw_view_z(im->public_id.text),
                             .actor_id = im->in->viewer->person_id};
    char payload[256];
    int64_t taken = im->taken;
    for (unsigned slot = 0; slot < STIX_SLOTS; slot++) {
        if (wr->taken[slot] == 0)
            continue;
        int n = snprintf(payload, sizeof(payload), "{\"artifact\":\"%.*s\",\"taken\":%lld}",
                         BW_VF(im->artifact_hash), (long long)wr->taken[slot]);
        e.verb = LEDGER_IMPORT_TAKEN;
        e.audience_id = wr->audience[slot];
        e.payload = bw_view_of(payload, (size_t)n);
        BW_TRY(ledger_append(tx, &e, err));
        taken += wr->taken[slot];
    }
    if (!im->last || taken == 0)
        return BW_OK;
    int n = snprintf(payload, sizeof(payload), "{\"artifact\":\"%.*s\",\"taken\":%lld}",
                     BW_VF(im->artifact_hash), (long long)taken);
    e.verb = LEDGER_IMPORT_DONE;
    e.audience_id = im->owner_audience_id;
    e.payload = bw_view_of(payload, (size_t)n);
    return ledger_append(tx, &e, err);
}

static enum bw_rc write_batch(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct written *wr = arg;
    struct import *im = wr->im;
    STIX_AUTO_WRITER w = {.tx = tx};
    *wr = (struct written){.im = im};
    BW_TRY(stix_writer_begin(tx, &w, err));
    for (size_t i = 0; i < im->n; i++)
        BW_TRY(add_entry(&w, wr, &im->batch[i], err));
    for (const struct stix_definition *d = im->marks.first; d; d = d->next)
        if (due(im, d))
            BW_TRY(show_definition(&w, wr, d, err));
    BW_TRY(stix_writer_end(&w, err));
    return append_events(tx, wr, err);
}

/* -- batches ----------------------------------------------------------------------------------- */

static struct bw_view where_of(size_t number, struct bw_view stix_id, char *out, size_t room)
{
    int n = stix_id.n ? snprintf(out, room, "object %zu (%.*s)", number,
                                 BW_VF(bw_utf8_head(stix_id, 160)))
                      : snprintf(out, room, "object %zu", number);
    return bw_view_of(out, (size_t)n < room ? (size_t)n : room - 1);
}

static void report_batch(struct import *im)
{
    for (size_t i = 0; i < im->n; i++) {
        const struct entry *e = &im->batch[i];
        char where[256];
        im->report->taken += e->taken;
        im->report->same += !e->taken;
        if (e->taken && e->unknown.n)
            intel_report_note(im->report,
                              where_of(e->number, e->object.stix_id, where, sizeof(where)),
                              "quarantined: what its marking %.*s means is not known; it is kept "
                              "for the hub's staff, who decide",
                              BW_VF(e->unknown));
    }
}

static enum bw_rc flush(struct import *im, struct bw_err *err)
{
    struct written wr = {.im = im};
    if (im->n == 0 && !any_due(im) && !(im->last && im->taken > 0))
        return BW_OK;
    BW_TRY(db_write(im->in->hub->db, write_batch, &wr, err));
    for (unsigned slot = 0; slot < STIX_SLOTS; slot++) {
        if (wr.audience[slot])
            im->audience[slot] = wr.audience[slot];
        im->taken += wr.taken[slot];
    }
    for (struct stix_definition *d = im->marks.first; d; d = d->next)
        d->ready |= due(im, d);
    report_batch(im);
    if (im->in->progress && im->n > 0) {
        struct bw_view end = im->batch[im->n - 1].object.bytes;
        im->in->progress(im->in->progress_arg, (int64_t)(end.p + end.n - im->bytes.p),
                         (int64_t)im->bytes.n);
    }
    im->n = im->batch_bytes = 0;
    bw_arena_reset(im->batch_arena);
    return BW_OK;
}

static enum bw_rc refuse(struct import *im, size_t number, struct bw_view stix_id,
                         const struct bw_err *why)
{
    char where[256];
    if (why->rc != BW_INVALID && why->rc != BW_LIMIT)
        return why->rc;
    intel_report_refuse(im->report, where_of(number, stix_id, where, sizeof(where)), "%s",
                        why->message);
    return BW_OK;
}

static enum bw_rc wait_for_definition(struct import *im, const struct stix_read *o,
                                      struct bw_err *err)
{
    if (im->n_waiting == im->room_waiting) {
        size_t room = im->room_waiting ? im->room_waiting * 2 : 64;
        struct waiting *larger = bw_realloc(im->waiting, room * sizeof(*larger));
        if (!larger)
            return bw_fail_memory(err);
        im->waiting = larger;
        im->room_waiting = room;
    }
    im->waiting[im->n_waiting++] = (struct waiting){o->raw, o->bundle_spec, o->number};
    return BW_OK;
}

/* One object, checked: its slot is chosen and it joins the batch, or it waits. */
static enum bw_rc take(struct import *im, const struct stix_read *o, struct entry *e,
                       struct bw_err *err)
{
    struct stix_marking marking;
    BW_TRY(stix_marks_read(&im->marks, o, &marking, err));
    if (marking.unknown.n && !im->file_read)
        return wait_for_definition(im, o, err);
    e->number = o->number;
    e->unknown = marking.unknown;
    e->slot = marking.unknown.n ? STIX_HELD : (unsigned)marking.tlp;
    stix_object_seal(&e->object);
    if (bw_view_is(e->object.type, "marking-definition"))
        BW_TRY(stix_marks_define(&im->marks, o, &e->object, e->slot, err));
    for (size_t i = 0; i < marking.n_refs; i++)
        if (marking.refs[i]->object.bytes.n)
            marking.refs[i]->wanted |= 1U << e->slot;
    im->n++;
    im->batch_bytes += o->raw.n;
    return BW_OK;
}

static enum bw_rc on_object(void *arg, const struct stix_read *o, struct bw_err *err)
{
    struct import *im = arg;
    struct entry *e = &im->batch[im->n];
    struct bw_err why = {.rc = BW_OK};
    *e = (struct entry){.finds.arena = im->batch_arena};
    enum bw_rc rc = stix_check(o, im->batch_arena, &e->object, &e->finds, &why);
    if (rc == BW_OK)
        rc = take(im, o, e, &why);
    if (rc != BW_OK && refuse(im, o->number, e->object.stix_id, &why) != BW_OK) {
        *err = why;
        return rc;
    }
    if (im->n == im->batch_max || im->batch_bytes >= BATCH_BYTES)
        return flush(im, err);
    return BW_OK;
}

static enum bw_rc on_broken(void *arg, size_t number, const struct bw_err *why, struct bw_err *err)
{
    struct import *im = arg;
    if (number == 0)
        intel_report_refuse(im->report, BW_V("the file"), "%s", why->message);
    else if (refuse(im, number, bw_view_of(NULL, 0), why) != BW_OK) {
        *err = *why;
        return why->rc;
    }
    return BW_OK;
}

/* -- the whole --------------------------------------------------------------------------------- */

static enum bw_rc intern_owner(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct import *im = arg;
    const struct grant person = {GRANT_PERSON, im->in->viewer->person_id};
    const struct grant own = {GRANT_ORGANISATION, im->in->viewer->organisation_id};
    BW_TRY(audience_intern(tx, TLP_AMBER_STRICT, &own, 1, &im->owner_audience_id, err));
    /* The file may hold what is TLP:RED: it is its sender's alone. */
    return audience_intern(tx, TLP_RED, &person, 1, &im->artifact_id, err);
}

static enum bw_rc keep_file(struct import *im, struct bw_err *err)
{
    struct db_engine *e = im->in->hub->db;
    bool known;
    BW_TRY(db_write(e, intern_owner, im, err));
    const struct artifact_in in = {.bytes = im->bytes,
                                   .media_type = BW_V("application/stix+json"),
                                   .owner_id = im->in->viewer->organisation_id,
                                   .audience_id = im->artifact_id};
    return artifact_put(e, &in, &im->artifact_id, &known, err);
}

static enum bw_rc read_file(struct import *im, struct bw_err *err)
{
    const struct stix_walk walk = {.bytes = im->bytes,
                                   .arena = im->arena,
                                   .object = on_object,
                                   .broken = on_broken,
                                   .arg = im};
    BW_TRY(stix_walk(&walk, err));
    im->file_read = true;
    for (size_t i = 0; i < im->n_waiting; i++) {
        struct stix_read o = {.bundle_spec = im->waiting[i].bundle_spec,
                              .number = im->waiting[i].number};
        BW_TRY(stix_read_again(im->waiting[i].raw, im->arena, &o, err));
        BW_TRY(on_object(im, &o, err));
    }
    im->last = true;
    return flush(im, err);
}

enum bw_rc intel_stix_import(const struct intel_import *in, struct bw_view bytes,
                             struct intel_report *report, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_MAX);
    BW_AUTO(bw_arena) *batch_arena = bw_arena_new(ARENA_MAX);
    BW_AUTO_HEAP struct entry *batch = bw_calloc(BATCH_OBJECTS, sizeof(*batch));
    if (!arena || !batch_arena || !batch)
        return bw_fail_memory(err);
    struct import im = {.in = in,
                        .report = report,
                        .bytes = bytes,
                        .arena = arena,
                        .batch_arena = batch_arena,
                        .batch = batch,
                        .batch_max = in->hub->jobs ? BATCH_SERVING : BATCH_OBJECTS,
                        .public_id = bw_id_new()};
    im.marks = (struct stix_marks){.db = in->hub->db,
                                   .owner_id = in->viewer->organisation_id,
                                   .no_label = in->tlp,
                                   .arena = arena};
    BW_ASSERT(in->viewer->person_id > 0 && in->viewer->organisation_id > 0);
    for (unsigned slot = 0; slot < STIX_SLOTS; slot++)
        BW_TRY(stix_grants(in, slot, arena, &im.grants[slot], &im.n_grants[slot], err));
    BW_TRY(keep_file(&im, err));
    enum bw_rc rc = read_file(&im, err);
    free(im.waiting);
    return rc;
}
