/* SPDX-License-Identifier: Apache-2.0 */
/* intel_list - a plain list of indicators into one item of kind indicator report.
 *
 * One indicator a line; comments begin with '#' or ';'; where a line has several columns the first
 * indicator counts. Lists are long where items are short: the item is made with the first part, the
 * rest is added in batches, each in its own transaction. The list is known again by its content, so
 * that an import that broke off goes on and a second import of the same changes nothing. */
#include "intel_stix.h"

#include "crypto_text.h"

#include <stdio.h>

#define LIST_MAX ((size_t)64 << 20) /* bytes that its indicators may take */
#define FIRST_PART 500              /* made together with the item */
#define BATCH 250
#define BODY_LINES 200 /* shown in the item's text */
#define LINE_MAX_BYTES 16384

struct list {
    const struct intel_import *in;
    struct intel_report *report;
    struct bw_arena *arena, *line_arena;
    struct intel_indicator *rows;
    size_t n, room, doubles;
    uint32_t *slots; /* positions + 1 in rows */
    size_t n_slots;
    struct crypto_digest hash; /* of the content, label and audience */
    struct intel_prepared *prepared;
    struct bw_view public_id, author_id;
    int64_t item_id, audience_id, published_us;
    size_t stored, at; /* rows that are there; first row of the next batch */
    int64_t counted;   /* up to the end of that batch, for the item's row */
};

/* -- reading ----------------------------------------------------------------------------------- */

static size_t slot_of(const struct list *l, const struct intel_indicator *in)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)in->ioc;
    for (size_t i = 0; i < in->value.n; i++)
        h = (h ^ (unsigned char)in->value.p[i]) * UINT64_C(0x100000001b3);
    for (size_t at = (size_t)(h ^ h >> 32);; at++) {
        uint32_t slot = l->slots[at & (l->n_slots - 1)];
        if (slot == 0 ||
            (l->rows[slot - 1].ioc == in->ioc && bw_view_eq(l->rows[slot - 1].value, in->value)))
            return at & (l->n_slots - 1);
    }
}

static enum bw_rc grow(struct list *l, struct bw_err *err)
{
    size_t room = l->room ? l->room * 2 : 256;
    struct intel_indicator *rows = BW_ARENA_ARRAY(l->arena, room, struct intel_indicator);
    uint32_t *slots = BW_ARENA_ARRAY(l->arena, room * 2, uint32_t);
    if (!rows || !slots)
        return bw_fail(err, BW_LIMIT, "the list is too long: split it");
    if (l->n)
        memcpy(rows, l->rows, l->n * sizeof(*rows));
    l->rows = rows;
    l->room = room;
    l->slots = slots;
    l->n_slots = room * 2;
    for (size_t i = 0; i < l->n; i++)
        l->slots[slot_of(l, &rows[i])] = (uint32_t)i + 1;
    return BW_OK;
}

static enum bw_rc take_line(struct list *l, struct bw_view line, size_t number, struct bw_err *err)
{
    struct intel_indicator *found;
    size_t n;
    bool more;
    char where[32];
    BW_TRY(intel_scan(line, 1, l->line_arena, &found, &n, &more, err));
    if (n == 0) {
        int len = snprintf(where, sizeof(where), "line %zu", number);
        intel_report_refuse(l->report, bw_view_of(where, (size_t)len),
                            "there is no address, domain, URL, hash or mail address in it");
        return BW_OK;
    }
    if (l->n == l->room)
        BW_TRY(grow(l, err));
    size_t slot = slot_of(l, &found[0]);
    if (l->slots[slot]) {
        l->doubles++;
        return BW_OK;
    }
    l->rows[l->n].ioc = found[0].ioc;
    if (bw_view_copy(l->arena, found[0].value, &l->rows[l->n].value, err) != BW_OK)
        return bw_fail(err, BW_LIMIT, "the list is too long: split it");
    l->slots[slot] = (uint32_t)++l->n;
    return BW_OK;
}

static enum bw_rc read_lines(struct list *l, struct bw_view bytes, struct bw_err *err)
{
    struct bw_view rest = bytes;
    if (bw_view_starts(rest, BW_V("\xef\xbb\xbf")))
        rest = bw_view_from(rest, 3);
    for (size_t number = 1; rest.p; number++) {
        struct bw_view line = bw_view_trim(bw_view_split(&rest, '\n'));
        if (line.n == 0 || *line.p == '#' || *line.p == ';')
            continue;
        bw_arena_reset(l->line_arena);
        BW_TRY(take_line(l, bw_view_head(line, LINE_MAX_BYTES), number, err));
    }
    return BW_OK;
}

/* -- the item ---------------------------------------------------------------------------------- */

/* The same list for other readers is another item. */
static enum bw_rc known_by(struct list *l, const struct grant *grants, size_t n_grants)
{
    struct crypto_sha256 s;
    int64_t numbers[] = {(int64_t)l->in->tlp, (int64_t)n_grants};
    crypto_sha256_begin(&s);
    crypto_sha256_add(&s, BW_V("breakwater list 1\n"));
    crypto_sha256_add(&s, bw_view_of((const char *)numbers, sizeof(numbers)));
    for (size_t i = 0; i < n_grants; i++) {
        int64_t code = grant_code(grants[i]);
        crypto_sha256_add(&s, bw_view_of((const char *)&code, sizeof(code)));
    }
    for (size_t i = 0; i < l->n; i++) {
        crypto_sha256_add(&s, l->rows[i].value);
        crypto_sha256_add(&s, BW_V("\n"));
    }
    l->hash = crypto_sha256_end(&s);
    return BW_OK;
}

static struct bw_view title_of(struct list *l, struct bw_view name)
{
    size_t slash = SIZE_MAX;
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] == '/')
            slash = i;
    name = bw_utf8_head(slash == SIZE_MAX ? name : bw_view_from(name, slash + 1), 120);
    bool plain = name.n > 0 && bw_utf8_valid(name);
    for (size_t i = 0; i < name.n; i++)
        plain = plain && (unsigned char)name.p[i] >= 0x20 && (unsigned char)name.p[i] != 0x7f;
    return bw_arena_printf(l->arena, "%zu indicators%s%.*s", l->n, plain ? ": " : "",
                           plain ? (int)name.n : 0, name.p);
}

static enum bw_rc body_of(struct list *l, struct bw_view *ret, struct bw_err *err)
{
    BW_AUTO_BUF out = BW_BUF_INIT(INTEL_BODY_MAX);
    bw_buf_printf(&out, "Imported as a list of %zu indicators.", l->n);
    if (l->n > BODY_LINES)
        bw_buf_printf(&out, " The first %d:", BODY_LINES);
    bw_buf_z(&out, "\n\n```\n");
    for (size_t i = 0; i < l->n && i < BODY_LINES && out.n < INTEL_BODY_MAX / 2; i++) {
        bw_buf_view(&out, l->rows[i].value);
        bw_buf_byte(&out, '\n');
    }
    bw_buf_z(&out, "```\n");
    BW_TRY(bw_buf_rc(&out, "the list", err));
    return bw_view_copy(l->arena, bw_buf_text(&out), ret, err);
}

static enum bw_rc prepare(struct list *l, struct bw_view name, const struct grant *grants,
                          size_t n_grants, struct bw_err *err)
{
    struct intel_item_in item = {.kind = INTEL_INDICATORS,
                                 .severity = INTEL_MEDIUM,
                                 .tlp = l->in->tlp,
                                 .lang = I18N_EN,
                                 .publish = true,
                                 .title = title_of(l, name),
                                 .audience = l->in->audience};
    struct intel_audience_in members = {.everybody = true};
    if (!item.audience.everybody && item.audience.n == 0)
        item.audience = members;
    if (l->in->tlp >=
        TLP_AMBER) { /* whom a label allows is decided as for objects: see stix_grants */
        struct grant own = {GRANT_ORGANISATION, l->in->viewer->organisation_id};
        struct grant self = {GRANT_PERSON, l->in->viewer->person_id};
        struct grant *one = BW_ARENA_NEW(l->arena, struct grant);
        if (!one)
            return bw_fail_memory(err);
        *one = l->in->tlp == TLP_RED ? self : own;
        item.audience = (struct intel_audience_in){.grants = one, .n = 1};
    }
    BW_TRY(body_of(l, &item.body, err));
    BW_TRY(intel_item_prepare(l->in->viewer, &item, l->arena, &l->prepared, err));
    l->prepared->grants = grants;
    l->prepared->n_grants = n_grants;
    l->prepared->indicators = l->rows;
    l->prepared->n_indicators = l->n < FIRST_PART ? l->n : FIRST_PART;
    l->prepared->import_hash = crypto_digest_view(&l->hash);
    return BW_OK;
}

static enum bw_rc read_item(struct list *l, struct db_tx *tx, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_AUTO(db_stmt) *count = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("intel: the item that a list was made into"),
                    "SELECT public_id, audience_id, published_us, state FROM v_item WHERE id = ?1",
                    &st, err));
    db_bind_int(st, 1, l->item_id);
    BW_TRY(db_row(st, err));
    BW_TRY(bw_view_copy(l->arena, db_text(st, 0), &l->public_id, err));
    l->audience_id = db_int(st, 1);
    l->published_us = db_int(st, 2);
    if (db_int(st, 3) != INTEL_PUBLISHED) { /* withdrawn since: it stays so */
        l->stored = l->n;
        return BW_OK;
    }
    BW_TRY(db_query(db_tx_db(tx), viewer_system("intel: how much of a list is there"),
                    "SELECT count(*) FROM v_occurrence WHERE item_id = ?1", &count, err));
    db_bind_int(count, 1, l->item_id);
    BW_TRY(db_row(count, err));
    l->stored = (size_t)db_int(count, 0);
    return BW_OK;
}

static enum bw_rc put_item(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct list *l = arg;
    struct bw_id public_id;
    l->stored = 0;
    enum bw_rc rc = intel_item_by_import(tx, l->in->viewer->organisation_id,
                                         crypto_digest_view(&l->hash), &l->item_id, err);
    if (rc == BW_OK)
        return read_item(l, tx, err);
    if (rc != BW_NOT_FOUND)
        return rc;
    BW_TRY(intel_item_put(tx, l->prepared, &public_id, err));
    BW_TRY(intel_item_by_import(tx, l->in->viewer->organisation_id, crypto_digest_view(&l->hash),
                                &l->item_id, err));
    BW_TRY(read_item(l, tx, err));
    l->stored = 0; /* all of it is new */
    return BW_OK;
}

/* -- the rest ---------------------------------------------------------------------------------- */

static enum bw_rc put_batch(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct list *l = arg;
    BW_AUTO(bw_arena) *arena = bw_arena_new(1 << 20);
    BW_AUTO(db_stmt) *st = NULL;
    STIX_AUTO_WRITER w = {.tx = tx};
    struct stix_indicators part = {.in = l->rows + l->at,
                                   .n = l->n - l->at,
                                   .item_public_id = l->public_id,
                                   .tlp = l->in->tlp,
                                   .severity = INTEL_MEDIUM,
                                   .at_us = l->published_us};
    const struct stix_place at = {.owner_id = l->in->viewer->organisation_id,
                                  .audience_id = l->audience_id,
                                  .item_id = l->item_id};
    if (!arena)
        return bw_fail_memory(err);
    if (part.n > BATCH)
        part.n = BATCH;
    for (size_t i = 0; i < part.n; i++) {
        struct intel_occurrence_in o = {.audience_id = l->audience_id,
                                        .item_id = l->item_id,
                                        .seen_us = l->published_us};
        BW_TRY(intel_indicator_intern(tx, &part.in[i], &o.indicator_id, err));
        BW_TRY(intel_occurrence_add(tx, &o, err));
    }
    BW_TRY(stix_writer_begin(tx, &w, err));
    BW_TRY(stix_identity_add(&w, at.owner_id, at.audience_id, &part.author_id, arena, err));
    BW_TRY(stix_indicators_add(&w, &part, &at, err));
    BW_TRY(stix_writer_end(&w, err));
    BW_TRY(db_change(tx, "UPDATE item SET indicators = ?2 WHERE id = ?1", &st, err));
    db_bind_int(st, 1, l->item_id);
    db_bind_int(st, 2, l->counted);
    return db_run(st, err);
}

static enum bw_rc put_rest(struct list *l, size_t bytes, struct bw_err *err)
{
    size_t done = 0;
    for (l->at = FIRST_PART; l->at < l->n; l->at += BATCH) {
        for (; done < l->n && done < l->at + BATCH; done++)
            l->counted += intel_ioc_counts(l->rows[done].ioc);
        BW_TRY(db_write(l->in->hub->db, put_batch, l, err));
        if (l->in->progress)
            l->in->progress(l->in->progress_arg, (int64_t)(bytes * l->at / l->n), (int64_t)bytes);
    }
    return BW_OK;
}

enum bw_rc intel_list_import(const struct intel_import *in, struct bw_view name,
                             struct bw_view bytes, struct intel_report *report, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(LIST_MAX * 4);
    BW_AUTO(bw_arena) *line_arena = bw_arena_new((size_t)1 << 20);
    struct list l = {.in = in, .report = report, .arena = arena, .line_arena = line_arena};
    const struct grant *grants;
    size_t n_grants;
    if (!arena || !line_arena)
        return bw_fail_memory(err);
    BW_TRY(read_lines(&l, bytes, err));
    if (l.n == 0)
        return BW_OK;
    BW_TRY(stix_grants(in, (unsigned)in->tlp, arena, &grants, &n_grants, err));
    BW_TRY(known_by(&l, grants, n_grants));
    BW_TRY(prepare(&l, name, grants, n_grants, err));
    BW_TRY(db_write(in->hub->db, put_item, &l, err));
    if (l.stored < l.n)
        BW_TRY(put_rest(&l, bytes.n, err));
    size_t same = l.stored < l.n ? l.stored : l.n;
    report->same += (int64_t)(same + l.doubles);
    report->taken += (int64_t)(l.n - same);
    return BW_OK;
}
