/* SPDX-License-Identifier: Apache-2.0 */
/* intel_stix_check - walking a file of STIX objects, and whether one of them is STIX.
 *
 * What is checked is what the hub relies on: type, id and version (STIX 2.1 parts 2.9, 3.1 to 3.6;
 * the same in 2.0). Everything else is the sender's and is kept as received, custom types and
 * properties too. One broken object among thousands is refused alone. Fuzzed by fuzz_intel_stix. */
#include "intel_stix_read.h"

#include "bw_clock.h"

/* -- walking ----------------------------------------------------------------------------------- */

static const struct bw_view FIELD_NAMES[STIX_FIELD_COUNT] = {
#define FIELD_NAME(name, text) BW_VIEW_INIT(text),
    STIX_FIELDS(FIELD_NAME)
#undef FIELD_NAME
};

static enum bw_rc read_object(struct json_reader *r, struct stix_read *o, struct bw_err *err)
{
    return json_fields(r, FIELD_NAMES, STIX_FIELD_COUNT, o->v, &o->raw, err);
}

/* The element that begins at MARK could not be read: on behind it, where its end is found. */
static enum bw_rc over_broken(const struct stix_walk *w, struct json_reader *r,
                              const struct json_mark *mark, size_t number, const struct bw_err *why,
                              bool *ret_lost, struct bw_err *err)
{
    struct bw_view raw;
    struct bw_err lost;
    if (why->rc == BW_MEMORY) {
        *err = *why;
        return BW_MEMORY;
    }
    BW_TRY(w->broken(w->arg, number, why, err));
    *ret_lost = json_resync(r, mark, &raw, &lost) != BW_OK;
    return *ret_lost ? w->broken(w->arg, 0, &lost, err) : BW_OK;
}

/* Behind JSON_ARRAY. *ret_lost: the end of a broken element was not found, nothing more can be
 * read. */
static enum bw_rc walk_array(const struct stix_walk *w, struct json_reader *r,
                             struct bw_view bundle_spec, bool *ret_lost, struct bw_err *err)
{
    for (size_t number = 1; !*ret_lost; number++) {
        struct stix_read o = {.bundle_spec = bundle_spec, .number = number};
        struct bw_err why = {.rc = BW_OK};
        struct json_mark mark = json_mark(r);
        enum json_event ev = json_next(r);
        enum bw_rc rc;
        if (ev == JSON_ARRAY_END)
            return BW_OK;
        if (ev == JSON_OBJECT) {
            rc = read_object(r, &o, &why);
        } else if (ev == JSON_ERROR || ev == JSON_END) {
            rc = json_finish(r, &why);
        } else {
            rc = json_skip(r, &why);
            if (rc == BW_OK) {
                (void)bw_fail(&why, BW_INVALID, "it is no object");
                BW_TRY(w->broken(w->arg, number, &why, err));
                continue;
            }
        }
        if (rc == BW_OK)
            BW_TRY(w->object(w->arg, &o, err));
        else
            BW_TRY(over_broken(w, r, &mark, number, &why, ret_lost, err));
    }
    return BW_OK;
}

static enum bw_rc walk_single(const struct stix_walk *w, struct bw_err *err)
{
    struct stix_read o = {.number = 1};
    struct json_reader r;
    json_open(&r, w->bytes, w->arena, NULL);
    BW_TRY(json_want(&r, JSON_OBJECT, err));
    BW_TRY(read_object(&r, &o, err));
    BW_TRY(json_finish(&r, err));
    if (o.v[STIX_FIELD_TYPE].type != JSON_STRING)
        return bw_fail(err, BW_INVALID,
                       "this is JSON but not STIX: there is neither a list of "
                       "objects nor a type");
    return w->object(w->arg, &o, err);
}

struct around {
    struct bw_view spec;
    bool single, objects, lost; /* no bundle at all; its objects were read; reading broke off */
};

/* Behind JSON_KEY of the outermost object. */
static enum bw_rc walk_member(const struct stix_walk *w, struct json_reader *r, struct around *a,
                              struct bw_err *err)
{
    bool type = json_is(&r->value, "type"), spec = json_is(&r->value, "spec_version");
    if (json_is(&r->value, "objects")) {
        if (json_next(r) != JSON_ARRAY) {
            a->single = true;
            return BW_OK;
        }
        a->objects = true;
        return walk_array(w, r, a->spec, &a->lost, err);
    }
    if (!type && !spec) {
        struct bw_err sticky; /* the reader keeps its failure: the walk sees it next */
        (void)!json_skip(r, &sticky);
        return BW_OK;
    }
    if (json_next(r) != JSON_STRING) {
        a->single = true;
        return BW_OK;
    }
    if (spec)
        return json_text(&r->value, w->arena, &a->spec, err);
    a->single = !json_is(&r->value, "bundle");
    return BW_OK;
}

enum bw_rc stix_walk(const struct stix_walk *in, struct bw_err *err)
{
    struct stix_walk plain = *in;
    const struct stix_walk *w = &plain;
    if (bw_view_starts(plain.bytes, BW_V("\xef\xbb\xbf"))) /* some editors put it there */
        plain.bytes = bw_view_from(plain.bytes, 3);
    struct around a = {.single = false};
    struct json_reader r;
    struct bw_err why = {.rc = BW_OK};
    json_open(&r, w->bytes, w->arena, NULL);
    enum json_event ev = json_next(&r);
    if (ev == JSON_ARRAY) {
        a.objects = true;
        BW_TRY(walk_array(w, &r, a.spec, &a.lost, err));
    } else if (ev != JSON_OBJECT) {
        BW_TRY(json_finish(&r, err));
        return bw_fail(err, BW_INVALID, "this is not STIX: a bundle or a list of objects is due");
    }
    while (!a.lost && !a.single && json_next(&r) == JSON_KEY)
        BW_TRY(walk_member(w, &r, &a, err));
    if (a.single || (!a.objects && !a.lost))
        return walk_single(w, err);
    if (a.lost || json_finish(&r, &why) == BW_OK)
        return BW_OK;
    return w->broken(w->arg, 0, &why, err); /* behind the objects; they are read */
}

enum bw_rc stix_read_again(struct bw_view bytes, struct bw_arena *arena, struct stix_read *ret,
                           struct bw_err *err)
{
    struct json_reader r;
    json_open(&r, bytes, arena, NULL);
    BW_TRY(json_want(&r, JSON_OBJECT, err));
    return read_object(&r, ret, err);
}

/* -- type, id, version ------------------------------------------------------------------------- */

bool stix_type_valid(struct bw_view type)
{
    for (size_t i = 0; i < type.n; i++) {
        char c = type.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return type.n > 0 && type.n <= STIX_TYPE_MAX;
}

bool stix_id_valid(struct bw_view id, struct bw_view type)
{
    static const char FORM[] = "--xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (id.n != type.n + sizeof(FORM) - 1 || !bw_view_starts(id, type))
        return false;
    const char *p = id.p + type.n;
    for (size_t i = 0; i < sizeof(FORM) - 1; i++) {
        bool hex = (p[i] >= '0' && p[i] <= '9') || ((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'f');
        if (FORM[i] == 'x' ? !hex : p[i] != FORM[i])
            return false;
    }
    return true;
}

/* Types of the standard that have both times; marking definitions and observables have not. */
static bool is_versioned(struct bw_view type)
{
    static const char *const TYPES[] = {
        "attack-pattern",
        "campaign",
        "course-of-action",
        "extension-definition",
        "grouping",
        "identity",
        "incident",
        "indicator",
        "infrastructure",
        "intrusion-set",
        "language-content",
        "location",
        "malware",
        "malware-analysis",
        "note",
        "observed-data",
        "opinion",
        "relationship",
        "report",
        "sighting",
        "threat-actor",
        "tool",
        "vulnerability",
    };
    for (size_t i = 0; i < BW_COUNT(TYPES); i++)
        if (bw_view_is(type, TYPES[i]))
            return true;
    return false;
}

/* Text of a field that may be left out. */
static enum bw_rc text_of(const struct stix_read *o, enum stix_field f, struct bw_arena *arena,
                          struct bw_view *ret, struct bw_err *err)
{
    const struct json_value *v = &o->v[f];
    if (v->type == JSON_ERROR)
        return BW_OK;
    if (v->type != JSON_STRING || v->has_nul)
        return bw_fail(err, BW_INVALID, "\"%.*s\" is not a plain text", BW_VF(FIELD_NAMES[f]));
    return json_text(v, arena, ret, err);
}

static enum bw_rc time_of(const struct stix_read *o, enum stix_field f, struct bw_arena *arena,
                          struct bw_view *ret, int64_t *ret_us, struct bw_err *err)
{
    struct bw_err ignored;
    BW_TRY(text_of(o, f, arena, ret, err));
    if (ret->n > 0 && bw_time_parse(*ret, ret_us, &ignored) != BW_OK)
        return bw_fail(err, BW_INVALID, "\"%.*s\" is not a time of the years 0001 to 9999: %.*s",
                       BW_VF(FIELD_NAMES[f]), BW_VF(bw_utf8_head(*ret, 60)));
    return BW_OK;
}

static enum bw_rc check_id(const struct stix_read *o, struct bw_arena *arena,
                           struct stix_object *ret, struct bw_err *err)
{
    BW_TRY(text_of(o, STIX_FIELD_ID, arena, &ret->stix_id, err));
    BW_TRY(text_of(o, STIX_FIELD_TYPE, arena, &ret->type, err));
    if (ret->type.n == 0)
        return bw_fail(err, BW_INVALID, "it has no \"type\"");
    if (!stix_type_valid(ret->type) || bw_view_is(ret->type, "bundle"))
        return bw_fail(err, BW_INVALID, "its \"type\" cannot be one: %.*s",
                       BW_VF(bw_utf8_head(ret->type, 60)));
    if (ret->stix_id.n == 0)
        return bw_fail(err, BW_INVALID, "it has no \"id\"");
    if (!stix_id_valid(ret->stix_id, ret->type))
        return bw_fail(err, BW_INVALID, "its \"id\" is not %.*s--UUID", BW_VF(ret->type));
    return BW_OK;
}

static enum bw_rc check_version(const struct stix_read *o, struct bw_arena *arena,
                                struct stix_object *ret, struct bw_err *err)
{
    struct bw_view created = {NULL, 0}, modified = {NULL, 0};
    int64_t created_us = 0, modified_us = 0;
    BW_TRY(time_of(o, STIX_FIELD_CREATED, arena, &created, &created_us, err));
    BW_TRY(time_of(o, STIX_FIELD_MODIFIED, arena, &modified, &modified_us, err));
    if (is_versioned(ret->type) && (created.n == 0 || modified.n == 0))
        return bw_fail(err, BW_INVALID, "it has no \"%s\"", created.n ? "modified" : "created");
    ret->version = modified.n ? modified : created;
    ret->version_us = modified.n ? modified_us : created_us;
    return BW_OK;
}

/* STIX 2.0 tells it of the bundle, 2.1 of each object; observables may leave it out. */
static enum bw_rc check_spec(const struct stix_read *o, struct bw_arena *arena,
                             struct stix_object *ret, struct bw_err *err)
{
    ret->spec_version = o->bundle_spec;
    BW_TRY(text_of(o, STIX_FIELD_SPEC_VERSION, arena, &ret->spec_version, err));
    if (ret->spec_version.n == 0)
        ret->spec_version = ret->version.n ? BW_V("2.0") : BW_V("2.1");
    if (!bw_view_is(ret->spec_version, "2.0") && !bw_view_is(ret->spec_version, "2.1"))
        return bw_fail(err, BW_INVALID, "it is of a version of STIX that the hub does not know");
    return BW_OK;
}

/* -- indicators -------------------------------------------------------------------------------- */

static enum bw_rc find_in_pattern(const struct stix_read *o, struct stix_finds *finds,
                                  struct bw_err *err)
{
    const struct json_value *language = &o->v[STIX_FIELD_PATTERN_TYPE];
    struct bw_view pattern = {NULL, 0};
    if (language->type == JSON_STRING && !json_is(language, "stix"))
        return BW_OK; /* Snort, YARA, Sigma */
    BW_TRY(text_of(o, STIX_FIELD_PATTERN, finds->arena, &pattern, err));
    enum bw_rc rc = stix_pattern_scan(pattern, finds, err);
    return rc == BW_INVALID ? BW_OK : rc; /* the object is kept all the same */
}

static enum bw_rc find_in_hashes(const struct stix_read *o, struct bw_view type,
                                 struct stix_finds *finds, struct bw_err *err)
{
    struct json_reader r;
    json_open(&r, o->v[STIX_FIELD_HASHES].raw, finds->arena, NULL);
    BW_TRY(json_want(&r, JSON_OBJECT, err));
    while (json_next(&r) == JSON_KEY && json_next(&r) == JSON_STRING) {
        struct bw_view value;
        BW_TRY(json_text(&r.value, finds->arena, &value, err));
        stix_find(finds, type, BW_V("hashes."), value);
    }
    return BW_OK;
}

static enum bw_rc find_all(const struct stix_read *o, struct bw_view type, struct stix_finds *finds,
                           struct bw_err *err)
{
    if (o->v[STIX_FIELD_PATTERN].type == JSON_STRING && bw_view_is(type, "indicator"))
        BW_TRY(find_in_pattern(o, finds, err));
    if (o->v[STIX_FIELD_VALUE].type == JSON_STRING) {
        struct bw_view value;
        BW_TRY(json_text(&o->v[STIX_FIELD_VALUE], finds->arena, &value, err));
        stix_find(finds, type, BW_V("value"), value);
    }
    if (o->v[STIX_FIELD_NUMBER].type == JSON_NUMBER)
        stix_find(finds, type, BW_V("number"), o->v[STIX_FIELD_NUMBER].raw);
    if (o->v[STIX_FIELD_HASHES].type == JSON_OBJECT && bw_view_is(type, "file"))
        BW_TRY(find_in_hashes(o, type, finds, err));
    return finds->no_memory ? bw_fail_memory(err) : BW_OK;
}

enum bw_rc stix_check(const struct stix_read *o, struct bw_arena *arena, struct stix_object *ret,
                      struct stix_finds *finds, struct bw_err *err)
{
    *ret = (struct stix_object){.bytes = o->raw};
    BW_TRY(check_id(o, arena, ret, err));
    if (o->raw.n > STIX_OBJECT_MAX)
        return bw_fail(err, BW_LIMIT, "it is over %zu MiB", STIX_OBJECT_MAX >> 20);
    BW_TRY(check_version(o, arena, ret, err));
    BW_TRY(check_spec(o, arena, ret, err));
    return finds ? find_all(o, ret->type, finds, err) : BW_OK;
}
