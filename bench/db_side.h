/* SPDX-License-Identifier: Apache-2.0 */
/* db_side - what db_work.c and its sides share: the work, its data and its statements.
 *
 * A side is one way to the same database work: through infra/db (db_ours.c), or by an engine's own
 * interface and nothing between (db_bare_sqlite.c, db_bare_postgres.c). Every side does the same
 * statements in the same order with the same values, because the operations are written once
 * (db_ops.h, compiled into each side) and what they work on is made once, before the clock runs. */
#ifndef DB_SIDE_H
#define DB_SIDE_H

#include "bw_err.h"
#include "bw_view.h"

enum {
    AUDIENCES = 256,
    AUDIENCES_MAX = 1 << 16,
    AUDIENCE_CODES = 2,
    VIEWER_CODES = 12,
    ITEM_INDICATORS = 4,
    BATCH_MAX = 1024,
    STREAMS_MAX = 1024,
    PAGE_OBJECTS = 100,
    HASH_BYTES = 32
};

/* A reader: sees the audiences that have one of its codes; `all`: sees everything. */
struct viewer {
    bool all;
    size_t n;
    int64_t codes[VIEWER_CODES];
};
extern const struct viewer MEMBER, SYSTEM;

struct audience {
    int64_t codes[AUDIENCE_CODES]; /* ascending */
    char hash[HASH_BYTES];
};

/* What one publishing writes. */
struct item {
    int64_t number; /* of this item, from 1: the same on every side; 0: write nothing */
    bool new_audience;
    struct audience audience;
    char public_id[26], title[64], payload[96];
    struct bw_view body;
    struct {
        int64_t kind;
        char value[24];
        size_t n;
    } indicators[ITEM_INDICATORS];
};

/* What one import of some objects writes. */
struct object {
    int64_t id, audience, key, version_us, content_key;
    char stix_id[64], type[24], version[28], hash[HASH_BYTES];
    size_t stix_id_n, type_n;
    struct bw_view bytes;
};
struct batch {
    struct object *objects;
    size_t n;
};

/* Where the work stands; one for a process. */
struct work {
    int64_t items, objects; /* so far */
    uint64_t sum;           /* of all that was read: the same on every side for the same reads */
};

/* True where VIEWER reaches the audience: its codes and the audience's meet. */
bool work_reach(const struct viewer *viewer, int64_t audience_id);
/* Called by the operations when an audience got its id. */
void work_audience(int64_t id, const struct audience *a);
uint64_t work_mix(uint64_t seed); /* splitmix64 */

/* What was done, for one command. */
struct done {
    int64_t groups; /* transactions that were committed */
};

struct side {
    const char *name;
    enum bw_rc (*open)(const char *url, struct bw_err *err);
    void (*close)(void);
    /* N point reads from SEED on, EACH in a session. */
    enum bw_rc (*points)(struct work *w, uint64_t seed, size_t n, size_t each, struct bw_err *err);
    enum bw_rc (*pages)(struct work *w, uint64_t seed, size_t n, struct bw_err *err);
    /* GROUP: writers that work at the same time (ours), or items in a transaction (bare); 0: all in
     * one transaction. */
    enum bw_rc (*publish)(struct work *w, const struct item *list, size_t n, size_t group,
                          struct done *ret, struct bw_err *err);
    enum bw_rc (*import)(struct work *w, const struct batch *list, size_t n, struct bw_err *err);
    enum bw_rc (*audiences)(struct work *w, const struct audience *list, size_t n,
                            struct bw_err *err);
    enum bw_rc (*settle)(struct bw_err *err); /* NULL: does by itself what writing leaves to do */
};
extern const struct side side_ours, side_bare_sqlite, side_bare_postgres;

/* -- the schema, in db.h's neutral words ------------------------------------------------------- */

extern const char WORK_SCHEMA[];
extern const char WORK_BASE[]; /* what infra/db brings itself, for the bare sides */
/* TEXT with each $word (and its argument) spelled as WORDS says, "%" being the argument; heap. */
struct spelling {
    const char *word, *text;
};
char *work_spell(const char *text, const struct spelling *words, size_t n);

/* -- the statements ---------------------------------------------------------------------------- */

#define SQL_POINT                                                                                \
    "SELECT i.id, i.public_id, i.number, i.audience_id, i.organisation_id, i.person_id, i.kind," \
    " i.severity, i.state, i.tlp, i.lang, i.title, i.chosen, i.indicators, i.created_us,"        \
    " i.changed_us, i.published_us, i.released_us, i.body FROM v_item i WHERE i.id = ?1"
#define SQL_PAGE                                                                            \
    "SELECT o.id, o.stix_id, o.type, o.version, o.version_us, o.added_us, o.spec_version,"  \
    " o.contested, o.owner_id, o.stix_key, o.hash, b.bytes FROM v_stix_object o"            \
    " JOIN v_stix_body b ON b.id = o.id WHERE o.id > ?1 AND b.id > ?1 AND o.superseded = 0" \
    " ORDER BY o.id LIMIT ?2"
#define SQL_AUDIENCE_FIND "SELECT id FROM audience WHERE set_hash = ?1"
#define SQL_AUDIENCE_ADD "INSERT INTO audience (tlp, set_hash) VALUES (?1, ?2) RETURNING id"
#define SQL_GRANT_ADD "INSERT INTO audience_grant (audience_id, code) VALUES (?1, ?2)"
#define SQL_ITEM_LAST                                                \
    "SELECT published_us FROM v_item WHERE published_us IS NOT NULL" \
    " ORDER BY published_us DESC LIMIT 1"
#define SQL_ITEM_ADD                                                                          \
    "INSERT INTO item (audience_id, kind, severity, state, tlp, lang, title, body, chosen,"   \
    " indicators, published_us, public_id, number, organisation_id, person_id, import_hash,"  \
    " created_us, changed_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ''," \
    " ?13, ?14, ?15, ?16, ?16) RETURNING id"
#define SQL_INDICATOR_FIND "SELECT id FROM indicator WHERE value = ?1 AND kind = ?2"
#define SQL_INDICATOR_ADD "INSERT INTO indicator (kind, value) VALUES (?1, ?2) RETURNING id"
#define SQL_OCCURRENCE_ADD                                                            \
    "INSERT INTO occurrence (indicator_id, audience_id, item_id, object_id, seen_us)" \
    " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING"
#define SQL_EVENT_ADD                                                        \
    "INSERT INTO event (verb, object, at_us, commit_actor, commit_audience," \
    " commit_payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING id"
#define SQL_OPENING_ADD                                                    \
    "INSERT INTO opening (event_id, salt, actor_id, audience_id, payload)" \
    " VALUES (?1, ?2, ?3, ?4, ?5)"
#define SQL_EVENT_NEW                                                               \
    "SELECT id, verb, object, at_us, commit_actor, commit_audience, commit_payload" \
    " FROM event WHERE position IS NULL ORDER BY id LIMIT 256"
#define SQL_EVENT_PLACE "UPDATE event SET position = ?1, added_us = ?2, leaf = ?3 WHERE id = ?4"
#define SQL_STATE_READ "SELECT size, added_us, peaks FROM ledger_state WHERE id = 1"
#define SQL_STATE_WRITE                                                           \
    "INSERT INTO ledger_state (id, size, added_us, peaks) VALUES (1, ?1, ?2, ?3)" \
    " ON CONFLICT (id) DO UPDATE SET size = excluded.size,"                       \
    " added_us = excluded.added_us, peaks = excluded.peaks"
#define SQL_OBJECT_FIND                                                \
    "SELECT id, owner_id, audience_id, version_us, contested, stix_id" \
    " FROM v_stix_object WHERE stix_key = ?1"                          \
    " ORDER BY owner_id DESC, version_us DESC LIMIT 1"
#define SQL_OBJECT_ADD                                                                       \
    "INSERT INTO stix_object (id, audience_id, owner_id, superseded, contested, stix_key,"   \
    " version_us, content_key, added_us, stix_id, type, version, spec_version, artifact_id," \
    " item_id, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"   \
    " ?15, ?16) ON CONFLICT (stix_key, owner_id, version_us, content_key) DO NOTHING"
#define SQL_BODY_ADD "INSERT INTO stix_body (id, audience_id, bytes) VALUES (?1, ?2, ?3)"
#define SQL_STREAM_WRITE                                                       \
    "INSERT INTO stix_stream (audience_id, type, last_id) VALUES (?1, ?2, ?3)" \
    " ON CONFLICT (audience_id, type) DO UPDATE SET last_id = excluded.last_id"
#define SQL_LAST_READ "SELECT last_id, last_added_us FROM stix_last WHERE id = 1"
#define SQL_LAST_WRITE "UPDATE stix_last SET last_id = ?1, last_added_us = ?2 WHERE id = 1"
/* What the write lane does for itself. */
#define SQL_CLOCK_READ "SELECT last_us FROM lane_clock WHERE id = 1"
#define SQL_CLOCK_WRITE "UPDATE lane_clock SET last_us = ?1 WHERE id = 1"

/* clang-format off */
#define EACH_STATEMENT(X) \
    X(POINT) X(PAGE) X(AUDIENCE_FIND) X(AUDIENCE_ADD) X(GRANT_ADD) X(ITEM_LAST) X(ITEM_ADD) \
    X(INDICATOR_FIND) X(INDICATOR_ADD) X(OCCURRENCE_ADD) X(EVENT_ADD) X(OPENING_ADD) \
    X(EVENT_NEW) X(EVENT_PLACE) X(STATE_READ) X(STATE_WRITE) X(OBJECT_FIND) X(OBJECT_ADD) \
    X(BODY_ADD) X(STREAM_WRITE) X(LAST_READ) X(LAST_WRITE) X(CLOCK_READ) X(CLOCK_WRITE)
/* clang-format on */

#endif
