/* SPDX-License-Identifier: Apache-2.0 */
/* db_work - the same database work through infra/db and by the engines' own interfaces, for
 * bench/db: CPU of this process for each operation.
 *
 * Use: db_work SIDE URL, SIDE one of ours, bare_sqlite, bare_postgres; URL as in db_options, a
 * database that is new. Commands come by standard input, one a line; each is answered by one line
 * "done N cpu_ns NS wall_ns NS groups N sum N". What is written is made before the clock runs.
 *
 *     fill ITEMS OBJECTS           for the reads that follow
 *     point SEED N EACH            N rows by id, EACH of them in one session
 *     page SEED N                  N pages of 100 objects with their bytes, a session each
 *     publish N GROUP              N items, each durable when it is done; GROUP writers or, bare,
 *                                  GROUP items in a transaction (0: all of them)
 *     nothing N GROUP              the same without anything to write: what handing it over costs
 *     import N SIZE                N transactions of SIZE objects
 *     settle 1                     copies back what the log holds, where that is left to the caller
 *
 * "sum" adds up all that was read: equal for equal reads, so the sides can be held against each
 * other. */
#include "bw_clock.h"
#include "db_side.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* -- the schema: core's and intel's, less what no statement here touches -------------------------
 */

const char WORK_BASE[] = "CREATE TABLE lane_clock (id $int PRIMARY KEY CHECK (id = 1),"
                         " last_us $int NOT NULL) $strict;"
                         "INSERT INTO lane_clock (id, last_us) VALUES (1, 0);";

const char WORK_SCHEMA[] =
    "CREATE TABLE audience (id $id, tlp $int NOT NULL, set_hash $bytes NOT NULL UNIQUE) $strict;\n"
    "CREATE TABLE audience_grant (audience_id $int NOT NULL REFERENCES audience (id),"
    " code $int NOT NULL, PRIMARY KEY (audience_id, code)) $strict;\n"
    "CREATE INDEX audience_grant_by_code ON audience_grant (code, audience_id);\n"
    "CREATE TABLE event (id $id, position $int UNIQUE, added_us $int, leaf $bytes,"
    " verb $text NOT NULL, object $text NOT NULL, at_us $int NOT NULL,"
    " commit_actor $bytes NOT NULL, commit_audience $bytes NOT NULL,"
    " commit_payload $bytes NOT NULL) $strict;\n"
    "CREATE INDEX event_unsequenced ON event (id) WHERE position IS NULL;\n"
    "CREATE TABLE opening (event_id $int PRIMARY KEY REFERENCES event (id), salt $bytes NOT NULL,"
    " actor_id $int NOT NULL, audience_id $int NOT NULL, payload $bytes NOT NULL) $strict;\n"
    "CREATE TABLE ledger_state (id $int PRIMARY KEY CHECK (id = 1), size $int NOT NULL,"
    " added_us $int NOT NULL, peaks $bytes NOT NULL) $strict;\n"
    "CREATE TABLE item (id $id, public_id $text NOT NULL UNIQUE, number $text NOT NULL,"
    " audience_id $int NOT NULL REFERENCES audience (id), organisation_id $int NOT NULL,"
    " person_id $int NOT NULL, kind $int NOT NULL, severity $int NOT NULL, state $int NOT NULL,"
    " tlp $int NOT NULL, lang $int NOT NULL, title $text NOT NULL, body $text NOT NULL,"
    " chosen $text NOT NULL, import_hash $bytes, indicators $int NOT NULL,"
    " created_us $int NOT NULL, changed_us $int NOT NULL, published_us $int,"
    " released_us $int) $strict;\n"
    "CREATE UNIQUE INDEX item_published ON item (published_us) WHERE published_us > 0;\n"
    "CREATE INDEX item_by_time ON item (published_us, audience_id, state, kind, severity, tlp);\n"
    "CREATE INDEX item_by_audience ON item (audience_id, published_us) WHERE state = 1;\n"
    "CREATE INDEX item_drafts ON item (person_id, id) WHERE state = 0;\n"
    "CREATE INDEX item_released ON item (published_us)"
    " WHERE state = 1 AND released_us IS NOT NULL;\n"
    "CREATE INDEX item_unreleased ON item (published_us)"
    " WHERE state = 1 AND tlp = 0 AND released_us IS NULL;\n"
    "CREATE UNIQUE INDEX item_import ON item (organisation_id, import_hash)"
    " WHERE import_hash IS NOT NULL;\n"
    "$gate(item);\n"
    "CREATE TABLE indicator (id $id, kind $int NOT NULL, value $text NOT NULL) $strict;\n"
    "CREATE UNIQUE INDEX indicator_by_value ON indicator (value, kind);\n"
    "CREATE TABLE occurrence (id $id, indicator_id $int NOT NULL REFERENCES indicator (id),"
    " audience_id $int NOT NULL REFERENCES audience (id), item_id $int REFERENCES item (id),"
    " object_id $int, seen_us $int NOT NULL) $strict;\n"
    "CREATE UNIQUE INDEX occurrence_by_item ON occurrence (item_id, indicator_id)"
    " WHERE item_id IS NOT NULL;\n"
    "CREATE UNIQUE INDEX occurrence_by_object ON occurrence (object_id, indicator_id)"
    " WHERE object_id IS NOT NULL;\n"
    "CREATE INDEX occurrence_by_indicator ON occurrence (indicator_id, audience_id);\n"
    "$gate(occurrence);\n"
    "CREATE TABLE stix_object (id $int PRIMARY KEY,"
    " audience_id $int NOT NULL REFERENCES audience (id), owner_id $int NOT NULL,"
    " superseded $int NOT NULL, contested $int NOT NULL, stix_key $int NOT NULL,"
    " version_us $int NOT NULL, content_key $int NOT NULL, added_us $int NOT NULL,"
    " stix_id $text NOT NULL, type $text NOT NULL, version $text NOT NULL,"
    " spec_version $text NOT NULL, artifact_id $int, item_id $int REFERENCES item (id),"
    " hash $bytes NOT NULL) $strict;\n"
    "CREATE UNIQUE INDEX stix_object_by_key"
    " ON stix_object (stix_key, owner_id, version_us, content_key);\n"
    "CREATE INDEX stix_object_by_stream ON stix_object (audience_id, type, superseded, id);\n"
    "CREATE INDEX stix_object_by_item ON stix_object (item_id) WHERE item_id IS NOT NULL;\n"
    "$gate(stix_object);\n"
    "CREATE TABLE stix_body (id $int PRIMARY KEY REFERENCES stix_object (id)"
    " DEFERRABLE INITIALLY DEFERRED, audience_id $int NOT NULL, bytes $bytes NOT NULL) $strict;\n"
    "$gate(stix_body);\n"
    "CREATE TABLE stix_stream (audience_id $int NOT NULL, type $text NOT NULL,"
    " last_id $int NOT NULL, PRIMARY KEY (audience_id, type)) $strict;\n"
    "$gate(stix_stream);\n"
    "CREATE TABLE stix_last (id $int PRIMARY KEY CHECK (id = 1), last_id $int NOT NULL,"
    " last_added_us $int NOT NULL) $strict;\n"
    "INSERT INTO stix_last (id, last_id, last_added_us) VALUES (1, 0, 0);\n";

static bool word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || c == '_';
}

static const char *spelled(struct bw_view word, const struct spelling *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bw_view_is(word, words[i].word))
            return words[i].text;
    fprintf(stderr, "db_work: no word $%.*s\n", BW_VF(word));
    exit(1);
}

char *work_spell(const char *text, const struct spelling *words, size_t n)
{
    char *out = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&out, &size);
    BW_ASSERT(f);
    for (const char *p = text; *p; p++) {
        if (*p != '$') {
            fputc(*p, f);
            continue;
        }
        const char *word = ++p;
        while (word_byte(*p))
            p++;
        const char *to = spelled(bw_view_of(word, (size_t)(p - word)), words, n);
        struct bw_view arg = {p, 0};
        if (*p == '(' && strchr(to, '%')) {
            arg.p = p + 1;
            arg.n = strcspn(arg.p, ")");
            p = arg.p + arg.n + 1;
        }
        for (; *to; to++) {
            if (*to == '%')
                fwrite(arg.p, 1, arg.n, f);
            else
                fputc(*to, f);
        }
        p--;
    }
    BW_ASSERT(fclose(f) == 0);
    return out;
}

/* -- who sees what ----------------------------------------------------------------------------- */

enum { CODE_EVERYBODY = 1, CODES = 400 };

/* Everybody's, its own organisation's, and a few circles and sectors: ascending. */
const struct viewer MEMBER = {false,
                              VIEWER_CODES,
                              {CODE_EVERYBODY, 7, 33, 61, 95, 120, 155, 190, 222, 260, 301, 377}};
const struct viewer SYSTEM = {.all = true};

static int64_t grants[AUDIENCES_MAX][AUDIENCE_CODES];

uint64_t work_mix(uint64_t seed)
{
    uint64_t z = seed * UINT64_C(0x9e3779b97f4a7c15) + UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

void work_audience(int64_t id, const struct audience *a)
{
    BW_ASSERT(id > 0 && id < AUDIENCES_MAX);
    memcpy(grants[id], a->codes, sizeof(a->codes));
}

static bool holds(const struct viewer *v, int64_t code)
{
    size_t low = 0, high = v->n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (v->codes[mid] < code)
            low = mid + 1;
        else
            high = mid;
    }
    return low < v->n && v->codes[low] == code;
}

bool work_reach(const struct viewer *v, int64_t audience_id)
{
    if (v->all)
        return true;
    if (audience_id <= 0 || audience_id >= AUDIENCES_MAX)
        return false;
    for (int i = 0; i < AUDIENCE_CODES; i++)
        if (holds(v, grants[audience_id][i]))
            return true;
    return false;
}

/* The first is everybody's; every eighth of the others is the member's. */
static struct audience audience_of(uint64_t number)
{
    struct audience a = {.codes = {CODE_EVERYBODY, CODES + 1}};
    if (number > 0 && number < AUDIENCES)
        a.codes[0] = number % 8 == 0 ? MEMBER.codes[1 + number / 8 % (VIEWER_CODES - 1)]
                                     : 2 + (int64_t)(work_mix(number) % (CODES - 2)),
        a.codes[1] = CODES + (int64_t)number;
    for (size_t i = 0; i < HASH_BYTES / 8; i++) {
        uint64_t part = work_mix(number * 4 + i);
        memcpy(a.hash + 8 * i, &part, 8);
    }
    return a;
}

/* Three of five rows are everybody's. */
static uint64_t some_audience(uint64_t r)
{
    return r % 5 < 3 ? 0 : 1 + r / 8 % (AUDIENCES - 1);
}

/* -- what is written --------------------------------------------------------------------------- */

static const char *const TYPES[] = {"indicator",     "relationship",   "malware",
                                    "vulnerability", "attack-pattern", "report"};

/* Something that looks like text and does not shrink to nothing. */
static void write_text(char *out, size_t n, uint64_t seed)
{
    static const char letters[] = "etaoinshrdlucmfwypvbgkjqxz0123456789 {}\":,-. the and of ip";
    for (size_t i = 0; i < n;) {
        uint64_t r = work_mix(seed + i);
        for (int k = 0; k < 8 && i < n; k++, r >>= 8)
            out[i++] = letters[(r & 255) % (sizeof(letters) - 1)];
    }
}

static char *make_text(size_t n, uint64_t seed)
{
    char *p = malloc(n);
    BW_ASSERT(p);
    write_text(p, n, seed);
    return p;
}

static void make_item(struct item *item, int64_t number)
{
    uint64_t r = work_mix((uint64_t)number * 31);
    size_t n = 300 + r % 1000;
    item->number = number;
    item->audience = audience_of(r % 16 == 0 ? AUDIENCES + (uint64_t)number : some_audience(r));
    write_text(item->title, sizeof(item->title), r);
    write_text(item->payload, sizeof(item->payload), r + 1);
    for (size_t i = 0; i < sizeof(item->public_id); i++)
        item->public_id[i] = (char)('a' + (i < 13 ? number >> (4 * i) & 15 : (int)(r >> i & 15)));
    item->body = bw_view_of(make_text(n, r + 2), n);
    for (uint64_t i = 0; i < ITEM_INDICATORS; i++) {
        uint64_t k = work_mix(r + i); /* half of them from few, so that they are known already */
        uint64_t v = i % 2 ? k % 5000 : (uint64_t)number * ITEM_INDICATORS + i;
        item->indicators[i].kind = (int64_t)(i % 3);
        item->indicators[i].n =
            (size_t)snprintf(item->indicators[i].value, sizeof(item->indicators[i].value),
                             "198.%u.%u.%u", (unsigned)(v >> 16 & 255), (unsigned)(v >> 8 & 255),
                             (unsigned)(v & 255));
    }
}

/* Bytes of 0.6 to 3 KB, 1.8 on the average. */
static void make_object(struct object *o, int64_t id)
{
    uint64_t r = work_mix((uint64_t)id * 57);
    size_t n = 600 + r % 2400;
    const char *type = TYPES[r % BW_COUNT(TYPES)];
    *o = (struct object){.id = id,
                         .audience = 1 + (int64_t)some_audience(work_mix(r)),
                         .key = (int64_t)work_mix(r + 1),
                         .version_us = 1700000000000000 + id * 7,
                         .content_key = (int64_t)work_mix(r + 2)};
    o->stix_id_n =
        (size_t)snprintf(o->stix_id, sizeof(o->stix_id), "%s--%08x-%04x-4%03x-8%03x-%012" PRIx64,
                         type, (unsigned)r, (unsigned)(r >> 32 & 0xffff),
                         (unsigned)(r >> 48 & 0xfff), (unsigned)id & 0xfff, (uint64_t)id);
    o->type_n = (size_t)snprintf(o->type, sizeof(o->type), "%s", type);
    memcpy(o->version, "2026-01-01T00:00:00.000Z", 25);
    write_text(o->hash, sizeof(o->hash), r + 3);
    o->bytes = bw_view_of(make_text(n, r + 4), n);
}

static struct item *make_items(struct work *w, size_t n)
{
    struct item *list = calloc(n + 1, sizeof(*list));
    BW_ASSERT(list);
    for (size_t i = 0; i < n; i++)
        make_item(&list[i], ++w->items);
    return list;
}

static void free_items(struct item *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free((void *)(uintptr_t)list[i].body.p);
    free(list);
}

static struct batch *make_batches(struct work *w, size_t n, size_t size)
{
    struct batch *list = calloc(n + 1, sizeof(*list));
    BW_ASSERT(list && size <= BATCH_MAX);
    for (size_t i = 0; i < n; i++) {
        list[i].n = size;
        list[i].objects = calloc(size, sizeof(*list[i].objects));
        BW_ASSERT(list[i].objects);
        for (size_t k = 0; k < size; k++)
            make_object(&list[i].objects[k], ++w->objects);
    }
    return list;
}

static void free_batches(struct batch *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < list[i].n; k++)
            free((void *)(uintptr_t)list[i].objects[k].bytes.p);
        free(list[i].objects);
    }
    free(list);
}

/* -- commands ---------------------------------------------------------------------------------- */

struct span {
    int64_t cpu_ns, wall_ns;
};

static int64_t clock_ns(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct span span_begin(void)
{
    return (struct span){clock_ns(CLOCK_PROCESS_CPUTIME_ID), clock_ns(CLOCK_MONOTONIC)};
}

static void span_end(struct span *s)
{
    s->cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - s->cpu_ns;
    s->wall_ns = clock_ns(CLOCK_MONOTONIC) - s->wall_ns;
}

static enum bw_rc do_publish(const struct side *side, struct work *w, size_t n, size_t group,
                             struct span *span, struct done *done, struct bw_err *err)
{
    struct item *list = make_items(w, n);
    *span = span_begin();
    enum bw_rc rc = side->publish(w, list, n, group, done, err);
    span_end(span);
    free_items(list, n);
    return rc;
}

static enum bw_rc do_nothing(const struct side *side, struct work *w, size_t n, size_t group,
                             struct span *span, struct done *done, struct bw_err *err)
{
    struct item *list = calloc(n + 1, sizeof(*list));
    if (!list)
        return bw_fail_memory(err);
    *span = span_begin();
    enum bw_rc rc = side->publish(w, list, n, group, done, err);
    span_end(span);
    free(list);
    return rc;
}

static enum bw_rc do_import(const struct side *side, struct work *w, size_t n, size_t size,
                            struct span *span, struct bw_err *err)
{
    struct batch *list = make_batches(w, n, size);
    *span = span_begin();
    enum bw_rc rc = side->import(w, list, n, err);
    span_end(span);
    free_batches(list, n);
    return rc;
}

static enum bw_rc do_fill(const struct side *side, struct work *w, size_t items, size_t objects,
                          struct span *span, struct bw_err *err)
{
    enum { STEP = 1000 };
    struct span one;
    struct done ignored;
    struct audience list[AUDIENCES];
    *span = (struct span){0, 0};
    for (size_t i = 0; i < AUDIENCES; i++)
        list[i] = audience_of(i);
    BW_TRY(side->audiences(w, list, AUDIENCES, err));
    for (size_t at = 0; at < items; at += STEP) {
        BW_TRY(do_publish(side, w, STEP, 0, &one, &ignored, err));
        span->cpu_ns += one.cpu_ns;
        span->wall_ns += one.wall_ns;
    }
    for (size_t at = 0; at < objects; at += STEP) {
        BW_TRY(do_import(side, w, 1, STEP, &one, err));
        span->cpu_ns += one.cpu_ns;
        span->wall_ns += one.wall_ns;
    }
    return BW_OK;
}

static enum bw_rc command(const struct side *side, struct work *w, const char *line,
                          struct bw_err *err)
{
    char name[16];
    size_t v[3] = {0, 0, 0};
    struct done done = {0};
    struct span span = {0, 0};
    int n = sscanf(line, "%15s %zu %zu %zu", name, &v[0], &v[1], &v[2]);
    size_t count = v[0];
    uint64_t before = w->sum;
    enum bw_rc rc = BW_OK;
    if (n == 3 && strcmp(name, "fill") == 0) {
        rc = do_fill(side, w, v[0], v[1], &span, err);
    } else if (n == 4 && strcmp(name, "point") == 0 && v[2]) {
        count = v[1];
        span = span_begin();
        rc = side->points(w, v[0], v[1], v[2], err);
        span_end(&span);
    } else if (n == 3 && strcmp(name, "page") == 0) {
        count = v[1];
        span = span_begin();
        rc = side->pages(w, v[0], v[1], err);
        span_end(&span);
    } else if (n == 3 && strcmp(name, "publish") == 0) {
        rc = do_publish(side, w, v[0], v[1], &span, &done, err);
    } else if (n == 3 && strcmp(name, "nothing") == 0) {
        rc = do_nothing(side, w, v[0], v[1], &span, &done, err);
    } else if (n == 3 && strcmp(name, "import") == 0 && v[1]) {
        rc = do_import(side, w, v[0], v[1], &span, err);
        count = v[0] * v[1];
    } else if (n == 2 && strcmp(name, "settle") == 0) {
        rc = side->settle ? side->settle(err) : BW_OK;
    } else {
        return bw_fail(err, BW_INVALID, "no such command: %s", line);
    }
    printf("done %zu cpu_ns %" PRId64 " wall_ns %" PRId64 " groups %" PRId64 " sum %" PRIu64 "\n",
           count, span.cpu_ns, span.wall_ns, done.groups, w->sum - before);
    return rc;
}

/* Every side runs in a process of more than one thread, as in a server: with a single one libc and
 * the kernel take short cuts (no atomics around malloc, files and cancellation), which is nothing
 * that a layer could be blamed for. */
static void *idle(void *arg)
{
    for (;;)
        pause();
    return arg;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    static const struct side *const sides[] = {&side_ours, &side_bare_sqlite, &side_bare_postgres};
    static struct work w;
    const struct side *side = NULL;
    struct bw_err err = {.rc = BW_OK};
    char line[256];
    for (size_t i = 0; i < BW_COUNT(sides); i++)
        if (argc == 3 && strcmp(argv[1], sides[i]->name) == 0)
            side = sides[i];
    if (!side) {
        fprintf(stderr, "use: db_work ours|bare_sqlite|bare_postgres URL\n");
        return 2;
    }
    BW_ASSERT(pthread_create(&thread, NULL, idle, NULL) == 0);
    enum bw_rc rc = side->open(argv[2], &err);
    while (rc == BW_OK && fgets(line, sizeof(line), stdin)) {
        rc = command(side, &w, line, &err);
        fflush(stdout);
    }
    side->close();
    if (rc != BW_OK)
        fprintf(stderr, "db_work %s: %s %s\n", side->name, err.message, err.detail);
    return rc == BW_OK ? 0 : 1;
}
