/* SPDX-License-Identifier: Apache-2.0 */
/* intel_stix_read - what the files share that read STIX: walking a file, one object, its markings.
 */
#ifndef INTEL_STIX_READ_H
#define INTEL_STIX_READ_H

#include "intel_stix.h"
#include "json.h"

/* -- walking a file (intel_stix_check.c) ------------------------------------------------------- */

#define STIX_FIELDS(X)                     \
    X(TYPE, "type")                        \
    X(ID, "id")                            \
    X(SPEC_VERSION, "spec_version")        \
    X(CREATED, "created")                  \
    X(MODIFIED, "modified")                \
    X(MARKING_REFS, "object_marking_refs") \
    X(GRANULAR, "granular_markings")       \
    X(PATTERN, "pattern")                  \
    X(PATTERN_TYPE, "pattern_type")        \
    X(VALUE, "value")                      \
    X(HASHES, "hashes")                    \
    X(NUMBER, "number")                    \
    X(DEFINITION_TYPE, "definition_type")  \
    X(DEFINITION, "definition")            \
    X(EXTENSIONS, "extensions")
enum stix_field {
#define STIX_FIELD_ENUM(name, text) STIX_FIELD_##name,
    STIX_FIELDS(STIX_FIELD_ENUM)
#undef STIX_FIELD_ENUM
        STIX_FIELD_COUNT
};
/* One object as read: the fields that matter here, and all of it. */
struct stix_read {
    struct json_value v[STIX_FIELD_COUNT];
    struct bw_view raw;
    struct bw_view bundle_spec; /* spec_version of the bundle around it; may be empty */
    size_t number;              /* from 1 */
};
/* Goes through the objects of a bundle, a TAXII envelope, an array, or a single object, in order.
 */
struct stix_walk {
    struct bw_view bytes;
    struct bw_arena *arena;
    /* What it returns but BW_OK stops the walk and is returned. */
    enum bw_rc (*object)(void *arg, const struct stix_read *o, struct bw_err *err);
    /* Element NUMBER (0: what is around them) is not valid JSON or no object; the walk goes on. */
    enum bw_rc (*broken)(void *arg, size_t number, const struct bw_err *why, struct bw_err *err);
    void *arg;
};
/* BW_INVALID: no JSON, or nothing that could be STIX. */
BW_MUST_CHECK enum bw_rc stix_walk(const struct stix_walk *w, struct bw_err *err);
/* Reads BYTES, one object that was read before. */
BW_MUST_CHECK enum bw_rc stix_read_again(struct bw_view bytes, struct bw_arena *arena,
                                         struct stix_read *ret, struct bw_err *err);

/* -- one object (intel_stix_check.c) ----------------------------------------------------------- */

/* Checks and fills *ret (not sealed) and FINDS (may be NULL), as views into the object or FINDS'
 * arena. BW_INVALID or BW_LIMIT: it is refused, *err says why; ret->stix_id is its id where it had
 * one. */
BW_MUST_CHECK enum bw_rc stix_check(const struct stix_read *o, struct bw_arena *arena,
                                    struct stix_object *ret, struct stix_finds *finds,
                                    struct bw_err *err);
bool stix_type_valid(struct bw_view type);
bool stix_id_valid(struct bw_view id, struct bw_view type); /* "type--uuid" of that type */

/* -- markings (intel_stix_mark.c) -------------------------------------------------------------- */

/* A marking definition that is not one of the standard's TLP labels. */
struct stix_definition {
    struct stix_object object; /* bytes empty: only referred to so far */
    enum tlp tlp;              /* what it says, where says_tlp */
    bool says_tlp;             /* a label under another id */
    bool opaque;               /* of a kind that the hub does not know */
    bool in_file;              /* comes in the file and is stored like any object, in own_slot */
    unsigned own_slot;
    unsigned wanted, ready; /* bit per slot: referred to by objects of it; visible with them */
    struct stix_definition *next;
};
#define STIX_DEFINITIONS_MAX 1000 /* of one import */
#define STIX_REFS_MAX 16          /* definitions that one object may refer to beside labels */

/* The markings of one object. */
struct stix_marking {
    enum tlp tlp;
    struct bw_view unknown; /* not empty: this id could not be resolved */
    struct stix_definition *refs[STIX_REFS_MAX];
    size_t n_refs;
};
/* What is known of markings during one import. */
struct stix_marks {
    struct db_engine *db; /* NULL: nothing stored is looked up */
    int64_t owner_id;
    enum tlp no_label;      /* of objects without a label */
    struct bw_arena *arena; /* of the whole import */
    struct stix_definition *first;
    size_t n;
    struct bw_view last_raw; /* the references met last and what they mean: files repeat them */
    struct stix_marking last;
};
/* BW_INVALID: the references are no list of ids. */
BW_MUST_CHECK enum bw_rc stix_marks_read(struct stix_marks *m, const struct stix_read *o,
                                         struct stix_marking *ret, struct bw_err *err);
/* A marking definition of the file, checked and sealed, that will be stored in OWN_SLOT. */
BW_MUST_CHECK enum bw_rc stix_marks_define(struct stix_marks *m, const struct stix_read *o,
                                           const struct stix_object *object, unsigned own_slot,
                                           struct bw_err *err);

#endif
