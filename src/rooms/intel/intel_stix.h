/* SPDX-License-Identifier: Apache-2.0 */
/* intel_stix - what the STIX files share.
 *
 *     intel_stix_in.c       a file in: cuts it, writes in batches
 *     intel_stix_check.c    one object: is it STIX, which id, version; walking a file
 *     intel_stix_mark.c     markings: what a reference means, who may see
 *     intel_stix_pattern.c  indicators in patterns and observables, and back
 *     intel_stix_store.c    rows: one of each, which is the last, moving
 *     intel_stix_page.c     pages of objects for a viewer
 *     intel_stix_report.c   what an import says of single objects
 *     intel_stix_out.c      objects made from items
 *     intel_stix_item.c     what becomes of them when the item moves or is withdrawn */
#ifndef INTEL_STIX_H
#define INTEL_STIX_H

#include "intel_int.h"
#include "json.h"

#define STIX_OBJECT_MAX ((size_t)8 << 20) /* bytes of one object */
#define STIX_TYPE_MAX 250                 /* STIX 2.1 part 3.1 */
#define STIX_FOUND_MAX 1000               /* indicators taken from one object */

/* -- store (intel_stix_store.c) ---------------------------------------------------------------- */

/* One object to be kept. Views are borrowed. */
struct stix_object {
    struct bw_view bytes, stix_id, type, version, spec_version;
    int64_t version_us; /* of version; 0: there is none */
    int64_t key;
    struct crypto_digest hash;
};
int64_t stix_key(struct bw_view stix_id);
/* Fills key and hash from stix_id and bytes: the costly part, done before the lane. */
void stix_object_seal(struct stix_object *o);

/* Where an object goes. */
struct stix_place {
    int64_t owner_id, audience_id;
    int64_t artifact_id, item_id; /* 0: none */
    bool copy; /* one for each audience: an identity or marking that others of it refer to */
};

#define STIX_STREAMS_MAX 64
/* Adds objects in one write transaction; its statements are held from one object to the next. */
struct stix_writer {
    struct db_tx *tx;
    struct db_stmt *find, *object, *body, *supersede;
    int64_t first_id, last_id, last_added_us;
    uint64_t jitter;
    struct stix_stream {
        int64_t audience_id, last_id;
        struct bw_view type;
    } streams[STIX_STREAMS_MAX];
    size_t n_streams;
};
BW_MUST_CHECK enum bw_rc stix_writer_begin(struct db_tx *tx, struct stix_writer *ret,
                                           struct bw_err *err);
/* *ret_id: the new row; 0: this owner has the same already. O->type lives until stix_writer_end. */
BW_MUST_CHECK enum bw_rc stix_writer_add(struct stix_writer *w, const struct stix_object *o,
                                         const struct stix_place *at, int64_t *ret_id,
                                         struct bw_err *err);
/* Is this very object there, for this audience (at->copy)? O is sealed. */
BW_MUST_CHECK enum bw_rc stix_writer_has(struct stix_writer *w, const struct stix_object *o,
                                         const struct stix_place *at, bool *ret,
                                         struct bw_err *err);
/* OBJECT_ID gets another audience, and with it a new id and time of adding. TYPE lives as above. */
BW_MUST_CHECK enum bw_rc stix_writer_move(struct stix_writer *w, int64_t object_id,
                                          struct bw_view type, int64_t audience_id,
                                          struct bw_err *err);
BW_MUST_CHECK enum bw_rc stix_writer_end(struct stix_writer *w, struct bw_err *err);
void stix_writer_done(struct stix_writer *w); /* gives the statements back; again is harmless */
#define STIX_AUTO_WRITER __attribute__((cleanup(stix_writer_done))) struct stix_writer

/* -- indicators (intel_stix_pattern.c) --------------------------------------------------------- */

/* What was found, each once; lives in ARENA. */
struct stix_finds {
    struct bw_arena *arena;
    struct intel_indicator *list;
    size_t n, room;
    bool more, no_memory; /* more: over STIX_FOUND_MAX */
};
/* Equality comparisons of PATTERN (STIX 2.1 part 9; text, decoded) with what can be looked for.
 * BW_INVALID: it is no pattern; what was found before the mistake is kept. */
BW_MUST_CHECK enum bw_rc stix_pattern_scan(struct bw_view pattern, struct stix_finds *out,
                                           struct bw_err *err);
/* VALUE at an object path such as type "file", property "hashes.MD5": kept in normal form where it
 * is of a kind that the hub keeps and has that kind's form. */
void stix_find(struct stix_finds *out, struct bw_view type, struct bw_view property,
               struct bw_view value);
/* The pattern that looks for IN; false: no pattern of STIX does. */
bool stix_pattern_of(const struct intel_indicator *in, struct bw_buf *out);

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

/* An import's audiences: one for each label, and one of what is held back for the staff. */
enum { STIX_HELD = TLP_LABELS, STIX_SLOTS };

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
/* The label of a standard TLP marking, TLP 2.0 or 1. */
bool stix_tlp_of(struct bw_view marking_id, enum tlp *ret);
struct bw_view stix_tlp_id(enum tlp tlp);
/* Its definition as FIRST and OASIS publish it. */
void stix_tlp_definition(enum tlp tlp, struct bw_buf *out);
#define STIX_TLP_CREATED "2022-10-01T00:00:00.000Z"
/* Who sees what IN imports under a label or what is held back. */
BW_MUST_CHECK enum bw_rc stix_grants(const struct intel_import *in, unsigned slot,
                                     struct bw_arena *arena, const struct grant **ret,
                                     size_t *ret_n, struct bw_err *err);

/* -- objects of items (intel_stix_out.c) ------------------------------------------------------- */

/* The identity of an organisation, under this audience. */
BW_MUST_CHECK enum bw_rc stix_identity_add(struct stix_writer *w, int64_t organisation_id,
                                           int64_t audience_id, struct bw_view *ret_id,
                                           struct bw_arena *arena, struct bw_err *err);
/* Indicator objects of item PUBLIC_ID for IN[0..N-1]; those of a long list come in several
 * transactions. */
struct stix_indicators {
    const struct intel_indicator *in;
    size_t n;
    struct bw_view item_public_id, author_id; /* author_id: of the identity */
    enum tlp tlp;
    enum intel_severity severity;
    int64_t at_us;
};
BW_MUST_CHECK enum bw_rc stix_indicators_add(struct stix_writer *w,
                                             const struct stix_indicators *list,
                                             const struct stix_place *at, struct bw_err *err);

#endif
