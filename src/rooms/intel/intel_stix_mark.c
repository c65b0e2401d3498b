/* SPDX-License-Identifier: Apache-2.0 */
/* intel_stix_mark - what the markings of an object say about who may see it.
 *
 * The standard's TLP markings are known by their ids, of TLP 2.0 and of TLP 1. Any other reference
 * has to lead to a definition, in the same file or kept from an earlier one of the same owner: a
 * statement restricts nothing, a label under another id is that label, and what is of another kind
 * the hub cannot honour. Of several labels the most restrictive holds, also where it marks a part
 * of the object only. What cannot be resolved is held back for the staff: never lost, never shown
 * (security.md, TLP ids). */
#include "intel_stix_read.h"

/* -- labels of the standard -------------------------------------------------------------------- */

#define TLP2_EXTENSION "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"

static const struct label {
    enum tlp tlp;
    struct bw_view id;
} LABELS[] = {
    {TLP_CLEAR, BW_VIEW_INIT("marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487")},
    {TLP_GREEN, BW_VIEW_INIT("marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb")},
    {TLP_AMBER, BW_VIEW_INIT("marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421")},
    {TLP_AMBER_STRICT, BW_VIEW_INIT("marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003")},
    {TLP_RED, BW_VIEW_INIT("marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1")},
    /* TLP 1, in the standard's text since 2.0 */
    {TLP_CLEAR, BW_VIEW_INIT("marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9")},
    {TLP_GREEN, BW_VIEW_INIT("marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da")},
    {TLP_AMBER, BW_VIEW_INIT("marking-definition--f88d31f6-486f-44da-b317-01333bde0b82")},
    {TLP_RED, BW_VIEW_INIT("marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed")},
};

bool stix_tlp_of(struct bw_view marking_id, enum tlp *ret)
{
    for (size_t i = 0; i < BW_COUNT(LABELS); i++)
        if (bw_view_eq(marking_id, LABELS[i].id)) {
            *ret = LABELS[i].tlp;
            return true;
        }
    return false;
}

struct bw_view stix_tlp_id(enum tlp tlp)
{
    BW_ASSERT(tlp < TLP_LABELS && LABELS[tlp].tlp == tlp);
    return LABELS[tlp].id;
}

void stix_tlp_definition(enum tlp tlp, struct bw_buf *out)
{
    bw_buf_printf(out,
                  "{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":\"%.*s\","
                  "\"created\":\"" STIX_TLP_CREATED "\",\"name\":\"%s\",\"extensions\":{"
                  "\"" TLP2_EXTENSION "\":{\"extension_type\":\"property-extension\","
                  "\"tlp_2_0\":\"%s\"}}}",
                  BW_VF(stix_tlp_id(tlp)), tlp_name(tlp), tlp_word(tlp));
}

/* -- definitions ------------------------------------------------------------------------------- */

/* TLP 1's words and TLP 2.0's. */
static bool label_word(struct bw_view v, enum tlp *ret)
{
    if (bw_view_eq_nocase(v, BW_V("white"))) {
        *ret = TLP_CLEAR;
        return true;
    }
    return tlp_parse(v, ret);
}

/* The text of MEMBER in the raw object JSON; empty: none. */
static enum bw_rc member_text(struct bw_view json, struct bw_view member, struct bw_arena *arena,
                              struct bw_view *ret, struct bw_err *err)
{
    struct json_reader r;
    struct json_value v;
    *ret = bw_view_of(NULL, 0);
    json_open(&r, json, arena, NULL);
    if (json_next(&r) != JSON_OBJECT)
        return BW_OK;
    BW_TRY(json_fields(&r, &member, 1, &v, NULL, err));
    if (v.type == JSON_STRING)
        return json_text(&v, arena, ret, err);
    if (v.type == JSON_OBJECT)
        *ret = v.raw;
    return BW_OK;
}

static enum bw_rc meaning_of(const struct stix_read *o, struct bw_arena *arena,
                             struct stix_definition *d, struct bw_err *err)
{
    const struct json_value *kind = &o->v[STIX_FIELD_DEFINITION_TYPE];
    struct bw_view extension, word;
    d->opaque = false;
    if (kind->type == JSON_STRING && json_is(kind, "statement"))
        return BW_OK;
    if (kind->type == JSON_STRING && json_is(kind, "tlp")) {
        BW_TRY(member_text(o->v[STIX_FIELD_DEFINITION].raw, BW_V("tlp"), arena, &word, err));
    } else {
        BW_TRY(member_text(o->v[STIX_FIELD_EXTENSIONS].raw, BW_V(TLP2_EXTENSION), arena, &extension,
                           err));
        BW_TRY(member_text(extension, BW_V("tlp_2_0"), arena, &word, err));
    }
    d->says_tlp = label_word(word, &d->tlp);
    d->opaque = !d->says_tlp;
    return BW_OK;
}

static struct stix_definition *definition_add(struct stix_marks *m, struct bw_view id)
{
    struct stix_definition *d =
        m->n < STIX_DEFINITIONS_MAX ? BW_ARENA_NEW(m->arena, struct stix_definition) : NULL;
    if (!d)
        return NULL;
    d->object.stix_id = id;
    d->opaque = true;
    d->next = m->first;
    m->first = d;
    m->n++;
    return d;
}

static struct stix_definition *definition_of(const struct stix_marks *m, struct bw_view id)
{
    struct stix_definition *d = m->first;
    while (d && !bw_view_eq(d->object.stix_id, id))
        d = d->next;
    return d;
}

enum bw_rc stix_marks_define(struct stix_marks *m, const struct stix_read *o,
                             const struct stix_object *object, unsigned own_slot,
                             struct bw_err *err)
{
    struct stix_definition *d = definition_of(m, object->stix_id);
    enum tlp standard;
    if (stix_tlp_of(object->stix_id, &standard) || (d && d->in_file))
        return BW_OK; /* of several versions in one file the first gives the meaning */
    if (!d) {
        struct bw_view id;
        BW_TRY(bw_view_copy(m->arena, object->stix_id, &id, err));
        d = definition_add(m, id);
    }
    if (!d)
        return bw_fail(err, BW_LIMIT, "there are more than %d marking definitions",
                       STIX_DEFINITIONS_MAX);
    BW_TRY(stix_check(o, m->arena, &d->object, NULL, err)); /* again: its text outlives the batch */
    d->object.key = object->key;
    d->object.hash = object->hash;
    d->in_file = true;
    d->own_slot = own_slot;
    m->last_raw = bw_view_of(NULL, 0);
    return meaning_of(o, m->arena, d, err);
}

static enum bw_rc stored_bytes(struct stix_marks *m, struct bw_view id, struct bw_view *ret,
                               struct bw_err *err)
{
    BW_AUTO(db) *db = NULL;
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_open(m->db, &db, err));
    BW_TRY(db_query(db, viewer_system("stix: a marking that the owner sent earlier"),
                    "SELECT b.bytes FROM v_stix_object o JOIN v_stix_body b ON b.id = o.id"
                    " WHERE o.stix_key = ?1 AND o.owner_id = ?2 AND o.stix_id = ?3"
                    " ORDER BY o.version_us DESC LIMIT 1",
                    &st, err));
    db_bind_int(st, 1, stix_key(id));
    db_bind_int(st, 2, m->owner_id);
    db_bind_text(st, 3, id);
    BW_TRY(db_row(st, err));
    return bw_view_copy(m->arena, db_bytes(st, 0), ret, err);
}

/* Kept from an earlier import; otherwise it stays opaque until the file defines it. */
static enum bw_rc definition_load(struct stix_marks *m, struct stix_definition *d,
                                  struct bw_err *err)
{
    struct bw_view bytes;
    struct stix_read o = {.number = 0};
    if (!m->db)
        return BW_OK;
    enum bw_rc rc = stored_bytes(m, d->object.stix_id, &bytes, err);
    if (rc != BW_OK)
        return rc == BW_NOT_FOUND ? BW_OK : rc;
    BW_TRY(stix_read_again(bytes, m->arena, &o, err));
    BW_TRY(stix_check(&o, m->arena, &d->object, NULL, err));
    stix_object_seal(&d->object);
    return meaning_of(&o, m->arena, d, err);
}

/* -- references -------------------------------------------------------------------------------- */

static void restrict_to(struct stix_marking *ret, enum tlp tlp, bool *any)
{
    if (!*any || tlp > ret->tlp)
        ret->tlp = tlp;
    *any = true;
}

static void refer(struct stix_marking *ret, struct stix_definition *d)
{
    for (size_t i = 0; i < ret->n_refs; i++)
        if (ret->refs[i] == d)
            return;
    if (ret->n_refs < STIX_REFS_MAX)
        ret->refs[ret->n_refs++] = d;
    else
        ret->unknown = d->object.stix_id; /* too many to look after: held back */
}

static enum bw_rc take_reference(struct stix_marks *m, const struct json_value *v,
                                 struct stix_marking *ret, bool *any, struct bw_err *err)
{
    struct bw_view id;
    enum tlp tlp;
    if (v->type != JSON_STRING || v->has_nul)
        return bw_fail(err, BW_INVALID, "a reference to a marking is no id");
    BW_TRY(json_text(v, m->arena, &id, err));
    if (!stix_id_valid(id, BW_V("marking-definition")))
        return bw_fail(err, BW_INVALID, "a reference to a marking is no id of one");
    if (stix_tlp_of(id, &tlp)) {
        restrict_to(ret, tlp, any);
        return BW_OK;
    }
    struct stix_definition *d = definition_of(m, id);
    if (!d) {
        BW_TRY(bw_view_copy(m->arena, id, &id, err));
        d = definition_add(m, id);
        if (!d)
            return bw_fail(err, BW_LIMIT, "there are references to more than %d markings",
                           STIX_DEFINITIONS_MAX);
        BW_TRY(definition_load(m, d, err));
    }
    if (d->opaque)
        ret->unknown = d->object.stix_id;
    else if (d->says_tlp)
        restrict_to(ret, d->tlp, any);
    refer(ret, d);
    return BW_OK;
}

static enum bw_rc take_granular(struct stix_marks *m, struct bw_view json, struct stix_marking *ret,
                                bool *any, struct bw_err *err)
{
    static const struct bw_view NAME[] = {BW_VIEW_INIT("marking_ref")};
    struct json_reader r;
    struct json_value v;
    enum json_event ev;
    json_open(&r, json, m->arena, NULL);
    if (json_next(&r) != JSON_ARRAY)
        return bw_fail(err, BW_INVALID, "\"granular_markings\" is no list");
    while ((ev = json_next(&r)) == JSON_OBJECT) {
        BW_TRY(json_fields(&r, NAME, 1, &v, NULL, err));
        if (v.type != JSON_ERROR) /* else it tells the language of a part */
            BW_TRY(take_reference(m, &v, ret, any, err));
    }
    return ev == JSON_ARRAY_END ? BW_OK
                                : bw_fail(err, BW_INVALID, "\"granular_markings\" is no list");
}

enum bw_rc stix_marks_read(struct stix_marks *m, const struct stix_read *o,
                           struct stix_marking *ret, struct bw_err *err)
{
    const struct json_value *refs = &o->v[STIX_FIELD_MARKING_REFS];
    const struct json_value *granular = &o->v[STIX_FIELD_GRANULAR];
    bool any = false;
    if (granular->type == JSON_ERROR && m->last_raw.n && bw_view_eq(refs->raw, m->last_raw)) {
        *ret = m->last;
        return BW_OK;
    }
    *ret = (struct stix_marking){.tlp = m->no_label};
    if (refs->type != JSON_ERROR) {
        struct json_reader r;
        enum json_event ev;
        json_open(&r, refs->raw, m->arena, NULL);
        if (json_next(&r) != JSON_ARRAY)
            return bw_fail(err, BW_INVALID, "\"object_marking_refs\" is no list");
        while ((ev = json_next(&r)) != JSON_ARRAY_END && ev != JSON_ERROR)
            BW_TRY(take_reference(m, &r.value, ret, &any, err));
    }
    if (granular->type != JSON_ERROR)
        return take_granular(m, granular->raw, ret, &any, err);
    m->last_raw = refs->raw;
    m->last = *ret;
    return BW_OK;
}

/* -- who may see ------------------------------------------------------------------------------- */

static enum bw_rc fill(struct bw_arena *arena, const struct intel_audience_in *from, bool people,
                       struct grant extra, struct intel_audience_in *ret, struct bw_err *err)
{
    struct grant *list = BW_ARENA_ARRAY(arena, from->n + 1, struct grant);
    size_t n = 0;
    if (!list)
        return bw_fail_memory(err);
    for (size_t i = 0; i < from->n; i++)
        if (!people || from->grants[i].kind == GRANT_PERSON)
            list[n++] = from->grants[i];
    list[n++] = extra;
    *ret = (struct intel_audience_in){.grants = list, .n = n};
    return BW_OK;
}

/* Up to GREEN it is whom the importer chose, or every member. AMBER is for the organisations that
 * need it: without a choice of groups it stays in the importer's own. AMBER+STRICT is for that one
 * alone, RED for the importer and for people chosen by name. */
enum bw_rc stix_grants(const struct intel_import *in, unsigned slot, struct bw_arena *arena,
                       const struct grant **ret, size_t *ret_n, struct bw_err *err)
{
    static const struct grant STAFF[] = {{GRANT_ROLE, ROLE_STAFF}};
    static const struct intel_audience_in NOBODY = {.n = 0}, MEMBERS = {.everybody = true};
    const struct grant own = {GRANT_ORGANISATION, in->viewer->organisation_id};
    const struct grant self = {GRANT_PERSON, in->viewer->person_id};
    const struct intel_audience_in *chosen = &in->audience;
    struct intel_audience_in made = {.n = 0};
    if (slot == STIX_HELD) {
        *ret = STAFF;
        *ret_n = BW_COUNT(STAFF);
        return BW_OK;
    }
    bool open = chosen->everybody || chosen->n == 0;
    if (slot <= TLP_GREEN)
        made = open ? MEMBERS : *chosen;
    else if (slot == TLP_AMBER && !open)
        made = *chosen;
    else if (slot == TLP_RED)
        BW_TRY(fill(arena, chosen, true, self, &made, err));
    else
        BW_TRY(fill(arena, &NOBODY, false, own, &made, err));
    return intel_grants(in->viewer, (enum tlp)slot, &made, arena, ret, ret_n, err);
}
