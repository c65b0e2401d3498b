/* SPDX-License-Identifier: Apache-2.0 */
/* demo_file - demo.json, by which a person and scripts learn how to sign in to the demo community.
 */
#include "app.h"

#include "bw_buf.h"
#include "json.h"
#include "json_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 64 * 1024, PATH_BYTES = 4096 };

enum bw_rc demo_there(const struct hub *hub, struct bw_err *err)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof(path), "%s/demo.json", hub->data_dir);
    if (access(path, F_OK) == 0)
        return BW_OK;
    return bw_fail(err, BW_CONFLICT,
                   "%s holds a hub already that is not the demo community of this folder (there is"
                   " no %s): start it without --demo, or give the demo a folder and a database of"
                   " its own",
                   db_engine_place(hub->db), path);
}

enum bw_rc demo_write(const struct hub *hub, struct bw_view json, struct bw_err *err)
{
    char path[PATH_BYTES], fresh[PATH_BYTES];
    snprintf(path, sizeof(path), "%s/demo.json", hub->data_dir);
    snprintf(fresh, sizeof(fresh), "%s/demo.json.new", hub->data_dir);
    BW_AUTO_FD fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || fchmod(fd, 0600) != 0)
        return bw_fail_errno(err, fresh);
    while (json.n) {
        ssize_t n = write(fd, json.p, json.n);
        if (n < 0)
            return bw_fail_errno(err, fresh);
        json = bw_view_from(json, (size_t)n);
    }
    return rename(fresh, path) == 0 ? BW_OK : bw_fail_errno(err, path);
}

static enum bw_rc read_demo(const struct hub *hub, struct bw_buf *out, struct bw_err *err)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof(path), "%s/demo.json", hub->data_dir);
    BW_AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || !bw_buf_reserve(out, FILE_MAX))
        return bw_fail_errno(err, path);
    ssize_t n = read(fd, out->p, FILE_MAX);
    if (n < 0)
        return bw_fail_errno(err, path);
    out->n = (size_t)n;
    return BW_OK;
}

/* The columns that are printed, in this order. */
static const struct bw_view COLUMNS[] = {
    BW_VIEW_INIT("persona"),
    BW_VIEW_INIT("email"),
    BW_VIEW_INIT("password"),
    BW_VIEW_INIT("organisation"),
};

static enum bw_rc print_people(struct bw_view people, struct bw_arena *arena, struct bw_err *err)
{
    struct json_reader r;
    json_open(&r, people, arena, NULL);
    BW_TRY(json_want(&r, JSON_ARRAY, err));
    while (json_next(&r) == JSON_OBJECT) {
        struct json_value values[BW_COUNT(COLUMNS)];
        struct bw_view text[BW_COUNT(COLUMNS)];
        BW_TRY(json_fields(&r, COLUMNS, BW_COUNT(COLUMNS), values, NULL, err));
        for (size_t i = 0; i < BW_COUNT(COLUMNS); i++)
            BW_TRY(json_text(&values[i], arena, &text[i], err));
        printf("  %-10.*s %-24.*s %-19.*s %.*s\n", BW_VF(text[0]), BW_VF(text[1]), BW_VF(text[2]),
               BW_VF(text[3]));
    }
    return json_finish(&r, err);
}

static enum bw_rc rewrite(const struct hub *hub, const char *url, struct bw_view people,
                          struct bw_err *err)
{
    BW_AUTO_BUF out = BW_BUF_INIT(FILE_MAX);
    struct json_writer w;
    json_w_open(&w, &out);
    json_w_object(&w);
    json_w_kv_z(&w, "url", url);
    json_w_kv_raw(&w, "people", people);
    json_w_object_end(&w);
    json_w_close(&w);
    BW_TRY(bw_buf_rc(&out, "demo.json", err));
    return demo_write(hub, bw_buf_text(&out), err);
}

enum bw_rc demo_announce(const struct hub *hub, const char *url, struct bw_err *err)
{
    static const struct bw_view names[] = {BW_VIEW_INIT("url"), BW_VIEW_INIT("people")};
    struct json_value values[BW_COUNT(names)];
    struct json_reader r;
    BW_AUTO_BUF file = BW_BUF_INIT(2 * FILE_MAX);
    BW_AUTO(bw_arena) *arena = bw_arena_new(1 << 20);
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(read_demo(hub, &file, err));
    json_open(&r, bw_buf_text(&file), arena, NULL);
    BW_TRY(json_want(&r, JSON_OBJECT, err));
    BW_TRY(json_fields(&r, names, BW_COUNT(names), values, NULL, err));
    BW_TRY(json_finish(&r, err));
    printf("\nThe public zone is at %s/en/ , members sign in at %s/en/sign-in .\n"
           "The page of the second step shows the code to type. To try:\n\n",
           url, url);
    BW_TRY(print_people(values[1].raw, arena, err));
    printf("\nMails lie readable in %s/mail/new . API keys are in %s/demo.json .\n\n",
           hub->data_dir, hub->data_dir);
    return json_is(&values[0], url) ? BW_OK : rewrite(hub, url, values[1].raw, err);
}
