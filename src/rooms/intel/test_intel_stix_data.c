/* SPDX-License-Identifier: Apache-2.0 */
/* test_intel_stix_data - real bundles in and out: every object of the files in BREAKWATER_SHARED
 * comes back with an equal JSON value, once. Without that folder the cases are skipped. */
#include "test_intel_stix.h"

#include "intel_stix_read.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define WHERE "BREAKWATER_SHARED"
extern char **environ;

static const struct {
    const char *name;
    int64_t objects;
} FILES[] = {{"mobile-attack-17.1", 2148}, {"ics-attack-18.1", 1826}, {"attack-history", 16208}};

/* xz -dc into a file of the test's folder, mapped. */
static bool unpack(const char *shared, const char *name, struct bw_view *ret)
{
    char from[512], to[256];
    posix_spawn_file_actions_t actions;
    struct stat st;
    pid_t child;
    int status = -1;
    snprintf(from, sizeof(from), "%s/data/stix/%s.json.xz", shared, name);
    snprintf(to, sizeof(to), "%s/%s.json", core_test_dir(), name);
    char *const argv[] = {"xz", "-dc", from, NULL};
    if (posix_spawn_file_actions_init(&actions) != 0)
        return false;
    bool ok = posix_spawn_file_actions_addopen(&actions, 1, to, O_WRONLY | O_CREAT | O_TRUNC,
                                               0600) == 0 &&
              posix_spawnp(&child, "xz", &actions, NULL, argv, environ) == 0 &&
              waitpid(child, &status, 0) == child && status == 0;
    posix_spawn_file_actions_destroy(&actions);
    BW_AUTO_FD fd = ok ? open(to, O_RDONLY) : -1;
    if (fd < 0 || fstat(fd, &st) != 0)
        return false;
    void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    *ret = bw_view_of(p, (size_t)st.st_size);
    return p != MAP_FAILED;
}

/* Objects as bytes. */
struct objects {
    struct bw_view *raw;
    size_t n, room;
};
static enum bw_rc remember(void *arg, const struct stix_read *o, struct bw_err *err)
{
    struct objects *e = arg;
    if (e->n == e->room)
        return bw_fail(err, BW_LIMIT, "too many");
    e->raw[e->n++] = o->raw;
    return BW_OK;
}
static enum bw_rc no_broken(void *arg, size_t number, const struct bw_err *why, struct bw_err *err)
{
    (void)arg, (void)number;
    *err = *why;
    return BW_BROKEN;
}
/* Order is not compared: what refers to a marking that is defined further down is stored behind it.
 */
static int by_bytes(const void *a, const void *b)
{
    return bw_view_cmp(*(const struct bw_view *)a, *(const struct bw_view *)b);
}
static enum bw_rc collect(void *arg, const struct intel_object *o, struct bw_err *err)
{
    struct objects *e = arg;
    if (e->n == e->room)
        return bw_fail(err, BW_LIMIT, "too many");
    return bw_view_copy(ts.arena, o->bytes, &e->raw[e->n++], err);
}

static bool read_all(struct objects *out)
{
    struct intel_object_filter f = {.limit = 1000,
                                    .bytes_max = (size_t)8 << 20,
                                    .bodies = true,
                                    .versions = {.all = true}};
    struct intel_object_page page = {.more = true};
    while (page.more) {
        BW_AUTO(db) *db = NULL;
        if (db_open(ts.hub.db, &db, &ts_err) != BW_OK ||
            intel_object_page(db, ts_as[MT_SHOP_REP], &f, collect, out, &page, &ts_err) != BW_OK) {
            printf("# %s (%s)\n", ts_err.message, ts_err.detail);
            return false;
        }
        f.after_id = page.last_id;
    }
    return true;
}

static bool round_trip(const char *shared, size_t i)
{
    struct bw_view bytes;
    BW_AUTO_HEAP struct bw_view *in = calloc(20000, sizeof(*in)),
                                *out = calloc(20000, sizeof(*out));
    struct objects want = {.raw = in, .room = 20000}, got = {.raw = out, .room = 20000};
    if (!CHECK(unpack(shared, FILES[i].name, &bytes)))
        return false;
    ts_open(FILES[i].name);
    const struct stix_walk walk = {.bytes = bytes,
                                   .arena = ts.arena,
                                   .object = remember,
                                   .broken = no_broken,
                                   .arg = &want};
    const struct intel_audience_in all = {.everybody = true};
    if (!CHECK(stix_walk(&walk, &ts_err) == BW_OK) || !CHECK_INT(want.n, FILES[i].objects) ||
        !CHECK(ts_import_as(MT_BANK_REP, TLP_GREEN, all, bytes) == BW_OK) ||
        !CHECK(ts_counts(FILES[i].objects, 0, 0)) || !CHECK(read_all(&got)) ||
        !CHECK_INT(got.n, want.n))
        return false;
    qsort(in, want.n, sizeof(*in), by_bytes);
    qsort(out, got.n, sizeof(*out), by_bytes);
    for (size_t k = 0; k < got.n; k++)
        if (!json_same(in[k], out[k]))
            return CHECK(!"an object came out as another");
    return CHECK(ts_import_as(MT_BANK_REP, TLP_GREEN, all, bytes) == BW_OK) &&
           CHECK(ts_counts(0, FILES[i].objects, 0));
}

BW_TEST(real_bundles_come_out_equal)
{
    const char *shared = getenv(WHERE);
    if (!shared || !*shared) {
        SKIP(BW_COUNT(FILES), WHERE " is not set");
        return;
    }
    for (size_t i = 0; i < BW_COUNT(FILES); i++)
        SUBTEST(FILES[i].name, round_trip(shared, i));
    ts_close();
}

BW_TEST_MAIN()
