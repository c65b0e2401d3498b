/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_intel_stix - any bytes as a file of STIX: every object that is taken has an id of its type,
 * lies inside the file, and is taken again when it is read by itself; the walk always ends. */
#include "intel_stix_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    struct bw_view in;
    struct bw_arena *arena;
    struct stix_marks marks;
    size_t last, broken;
};

static void by_itself(struct seen *s, const struct stix_read *o, const struct stix_object *was)
{
    struct stix_read again = {.bundle_spec = o->bundle_spec, .number = o->number};
    struct stix_object object;
    struct bw_err err;
    BW_ASSERT(stix_read_again(o->raw, s->arena, &again, &err) == BW_OK);
    enum bw_rc rc = stix_check(&again, s->arena, &object, NULL, &err);
    BW_ASSERT(rc == BW_MEMORY || (rc == BW_OK && bw_view_eq(object.stix_id, was->stix_id) &&
                                  object.version_us == was->version_us));
}

static enum bw_rc on_object(void *arg, const struct stix_read *o, struct bw_err *err)
{
    struct seen *s = arg;
    struct stix_finds finds = {.arena = s->arena};
    struct stix_object object;
    struct stix_marking marking;
    BW_ASSERT(o->raw.p >= s->in.p && o->raw.p + o->raw.n <= s->in.p + s->in.n);
    BW_ASSERT(o->number > s->last);
    s->last = o->number;
    enum bw_rc rc = stix_check(o, s->arena, &object, &finds, err);
    if (rc != BW_OK)
        return rc == BW_MEMORY ? rc : BW_OK;
    BW_ASSERT(stix_type_valid(object.type) && stix_id_valid(object.stix_id, object.type));
    BW_ASSERT(bw_utf8_valid(object.version) && !memchr(object.stix_id.p, 0, object.stix_id.n));
    by_itself(s, o, &object);
    rc = stix_marks_read(&s->marks, o, &marking, err);
    if (rc == BW_OK) {
        BW_ASSERT(marking.tlp < TLP_LABELS && marking.n_refs <= STIX_REFS_MAX);
        stix_object_seal(&object);
        rc = stix_marks_define(&s->marks, o, &object, TLP_GREEN, err);
    }
    return rc == BW_MEMORY ? rc : BW_OK;
}

static enum bw_rc on_broken(void *arg, size_t number, const struct bw_err *why, struct bw_err *err)
{
    struct seen *s = arg;
    (void)number, (void)err;
    BW_ASSERT(why->rc != BW_OK && why->message[0]);
    s->broken++;
    return BW_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new((size_t)64 << 20);
    struct bw_err err = {.rc = BW_OK};
    if (!arena)
        return 0;
    struct seen s = {.in = bw_view_of((const char *)data, size), .arena = arena};
    s.marks = (struct stix_marks){.no_label = TLP_GREEN, .arena = arena};
    const struct stix_walk walk = {.bytes = s.in,
                                   .arena = arena,
                                   .object = on_object,
                                   .broken = on_broken,
                                   .arg = &s};
    enum bw_rc rc = stix_walk(&walk, &err);
    BW_ASSERT(rc == BW_OK || err.message[0]);
    return 0;
}
