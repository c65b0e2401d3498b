/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_import - `breakwater import FILE...`: the hub's import without its server, on the same data
 * folder (a running hub may go on: the database takes turns). Files are mapped, not read into
 * memory. */
#include "app.h"

#include "feed.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, ARENA_BYTES = 16 << 20, PERCENT = 100, MANY = 1000 };
#define FILE_BYTES_MAX (INT64_C(2) << 30)

struct request {
    const char *as, *name, *tlp; /* options; NULL: not given */
    char **files;
    int n_files;
    enum tlp label;
    bool terminal;
    int shown;     /* percent */
    int64_t taken; /* of all files */
};

static bool wrong(const char *what, const char *value)
{
    fprintf(stderr, "breakwater: %s%s (see `breakwater help import`)\n", what, value);
    return false;
}

static bool parse(char **argv, int n, struct request *r)
{
    r->files = argv;
    for (int i = 0; i < n; i++) {
        const char **to = strcmp(argv[i], "--as") == 0     ? &r->as
                          : strcmp(argv[i], "--name") == 0 ? &r->name
                          : strcmp(argv[i], "--tlp") == 0  ? &r->tlp
                                                           : NULL;
        if (to && i + 1 == n)
            return wrong("an option without its value: ", argv[i]);
        if (to)
            *to = argv[++i];
        else if (argv[i][0] == '-' && argv[i][1] != '\0')
            return wrong("unknown option: ", argv[i]);
        else
            r->files[r->n_files++] = argv[i];
    }
    if (r->n_files == 0)
        return wrong("import which file?", "");
    if (r->name && r->n_files > 1)
        return wrong("--name goes with one file", "");
    r->label = TLP_AMBER;
    if (r->tlp && !tlp_parse(bw_view_z(r->tlp), &r->label))
        return wrong("--tlp takes clear, green, amber, amber+strict or red, not ", r->tlp);
    return true;
}

static void show_progress(void *arg, int64_t done, int64_t total)
{
    struct request *r = arg;
    int percent = total > 0 ? (int)(done * PERCENT / total) : PERCENT;
    if (!r->terminal || percent == r->shown)
        return;
    r->shown = percent;
    fprintf(stderr, "\r%3d %%", percent);
    if (percent >= PERCENT)
        fputs("\r      \r", stderr);
}

/* Bytes of the file, mapped; an empty file has none. */
static enum bw_rc map_file(const char *path, struct bw_view *ret, struct bw_err *err)
{
    BW_AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0)
        return bw_fail_errno(err, path);
    if (!S_ISREG(st.st_mode))
        return bw_fail(err, BW_INVALID, "%s is no ordinary file", path);
    if (st.st_size > FILE_BYTES_MAX)
        return bw_fail(err, BW_LIMIT, "%s has more than 2 GiB: split it and import the parts",
                       path);
    if (st.st_size == 0) {
        *ret = BW_V("");
        return BW_OK;
    }
    void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return bw_fail_errno(err, path);
    *ret = bw_view_of(map, (size_t)st.st_size);
    return BW_OK;
}

static void print_result(const char *path, const struct feed_result *r)
{
    const struct intel_report *p = &r->report;
    printf("%s: %.*s: %" PRId64 " taken, %" PRId64 " there already, %" PRId64 " refused\n", path,
           BW_VF(r->kind), p->taken, p->same, p->refused);
    for (size_t i = 0; i < p->n_reasons; i++)
        printf("  %.*s: %.*s\n", BW_VF(p->reasons[i].where), BW_VF(p->reasons[i].why));
    if (p->refused > (int64_t)p->n_reasons)
        printf("  and %" PRId64 " more\n", p->refused - (int64_t)p->n_reasons);
}

static enum bw_rc import_one(struct hub *hub, const struct viewer *viewer, struct request *r,
                             const char *path, bool *ret_some, struct bw_err *err)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_BYTES);
    struct feed_import_in in = {.hub = hub,
                                .viewer = viewer,
                                .name = bw_view_z(r->name ? r->name : path),
                                .tlp = r->label,
                                .audience = {.everybody = true},
                                .progress = show_progress,
                                .progress_arg = r};
    struct feed_result result;
    if (!arena)
        return bw_fail_memory(err);
    for (size_t at; (at = bw_view_find_byte(in.name, '/')) != SIZE_MAX;)
        in.name = bw_view_from(in.name, at + 1);
    r->shown = -1;
    BW_TRY(map_file(path, &in.bytes, err));
    enum bw_rc rc = feed_import(&in, arena, &result, err);
    if (rc == BW_OK) {
        print_result(path, &result);
        r->taken += result.report.taken;
        *ret_some = result.report.taken + result.report.same > 0;
    }
    if (in.bytes.n)
        munmap((void *)(uintptr_t)in.bytes.p, in.bytes.n);
    return rc;
}

static enum bw_rc who(struct hub *hub, const struct request *r, struct bw_arena *arena,
                      struct viewer **ret, struct bw_err *err)
{
    BW_AUTO(db) *db = NULL;
    BW_TRY(db_open(hub->db, &db, err));
    if (r->as)
        BW_TRY(member_viewer_by_email(db, bw_view_z(r->as), arena, ret, err));
    else
        BW_TRY(member_viewer_operator(db, arena, ret, err));
    return permission_check(*ret, PERM_IMPORT, err);
}

/* All files are tried; false: something failed or nothing could be taken of a file. */
static bool import_all(struct hub *hub, struct request *r)
{
    BW_AUTO(bw_arena) *arena = bw_arena_new(ARENA_BYTES);
    struct viewer *viewer = NULL;
    struct bw_err err = {0};
    bool good = true;
    enum bw_rc rc = arena ? who(hub, r, arena, &viewer, &err) : bw_fail_memory(&err);
    if (rc != BW_OK)
        return app_failed(&err) == 0;
    for (int i = 0; i < r->n_files; i++) {
        bool some = false;
        err = (struct bw_err){0};
        if (import_one(hub, viewer, r, r->files[i], &some, &err) != BW_OK) {
            fprintf(stderr, "breakwater: %s: %s\n", r->files[i], err.message);
            if (err.detail[0])
                fprintf(stderr, "breakwater: (%s)\n", err.detail);
        }
        good = good && some;
    }
    if (r->taken >= MANY && db_analyze(hub->db, &err) != BW_OK)
        fprintf(stderr, "breakwater: %s; the database is slow at first\n", err.message);
    return good;
}

int app_import(int argc, char **argv)
{
    struct app_options o;
    struct request r = {.terminal = isatty(STDERR_FILENO) == 1};
    struct bw_err err = {0};
    struct hub hub;
    if (!app_options_parse(argc, argv, "x", &o))
        return EXIT_USAGE;
    if (!parse(o.rest, o.n_rest, &r)) {
        app_options_done(&o);
        return EXIT_USAGE;
    }
    o.present = true;
    enum bw_rc rc = app_open(&o, &hub, &err);
    bool good = false;
    if (rc == BW_OK) {
        good = import_all(&hub, &r);
        app_close(&hub);
    } else {
        (void)app_failed(&err);
    }
    app_options_done(&o);
    return good ? 0 : 1;
}
