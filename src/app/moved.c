/* SPDX-License-Identifier: Apache-2.0 */
/* moved - DIR/moved-to: which databases the folder's hub has left.
 *
 * A move leaves the old database byte for byte as it was, so nothing in it says that the hub is
 * elsewhere: whoever starts it again, because the setting was not changed or is lost, has a second
 * hub that grows apart from the first. So the folder says it. One line for each database that was
 * left, "<old> -> <new>"; a move back takes the line of that database out. Deleting the file
 * overrides it. */
#include "app.h"

#include "bw_buf.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, FILE_MAX = 64 * 1024 };

#define ARROW " -> "

static const char HEAD[] = "# The hub of this folder has left these databases. Delete this file to"
                           " start one of them all the same.\n";

/* A file in the folder goes by its name there: the folder may be moved too. */
static void name_of(const struct hub *hub, struct db_engine *e, char out[PATH_BYTES])
{
    char file[PATH_MAX], folder[PATH_MAX];
    const char *place = db_engine_place(e);
    if (!db_engine_waits(e) && realpath(place, file) && realpath(hub->data_dir, folder)) {
        size_t n = strlen(folder);
        place = strncmp(file, folder, n) == 0 && file[n] == '/' ? file + n + 1 : file;
    }
    snprintf(out, PATH_BYTES, "%s", place);
}

static enum bw_rc read_mark(const char *path, struct bw_buf *out, struct bw_err *err)
{
    BW_AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return BW_OK;
    if (fd < 0 || !bw_buf_reserve(out, FILE_MAX))
        return bw_fail_errno(err, path);
    ssize_t n = read(fd, out->p, FILE_MAX);
    if (n < 0)
        return bw_fail_errno(err, path);
    out->n = (size_t)n;
    return BW_OK;
}

/* The line of the database NAME; *ret_to: where the hub went. */
static bool is_line_of(struct bw_view line, const char *name, struct bw_view *ret_to)
{
    size_t at = bw_view_find(line, BW_V(ARROW));
    if (at == SIZE_MAX || !bw_view_is(bw_view_head(line, at), name))
        return false;
    *ret_to = bw_view_from(line, at + strlen(ARROW));
    return true;
}

enum bw_rc app_moved_check(const struct hub *hub, struct bw_err *err)
{
    BW_AUTO_BUF text = BW_BUF_INIT(2 * FILE_MAX);
    char path[PATH_BYTES], name[PATH_BYTES];
    struct bw_view to;
    snprintf(path, sizeof(path), "%s/moved-to", hub->data_dir);
    BW_TRY(read_mark(path, &text, err));
    name_of(hub, hub->db, name);
    for (struct bw_view rest = bw_buf_text(&text); rest.p;)
        if (is_line_of(bw_view_split(&rest, '\n'), name, &to))
            return bw_fail(err, BW_CONFLICT,
                           "the hub has left %s: it was moved to %.*s; set `database` to that, or"
                           " delete %s to use the old one all the same",
                           name, BW_VF(bw_view_head(to, 120)), path);
    return BW_OK;
}

static enum bw_rc write_mark(const char *path, struct bw_view text, struct bw_err *err)
{
    char fresh[PATH_BYTES + 8];
    snprintf(fresh, sizeof(fresh), "%s.new", path);
    BW_AUTO_FD fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return bw_fail_errno(err, fresh);
    while (text.n) {
        ssize_t n = write(fd, text.p, text.n);
        if (n < 0)
            return bw_fail_errno(err, fresh);
        text = bw_view_from(text, (size_t)n);
    }
    if (fsync(fd) != 0 || rename(fresh, path) != 0)
        return bw_fail_errno(err, path);
    return BW_OK;
}

enum bw_rc app_moved_mark(const struct hub *hub, struct db_engine *to, struct bw_err *err)
{
    BW_AUTO_BUF old = BW_BUF_INIT(2 * FILE_MAX);
    BW_AUTO_BUF out = BW_BUF_INIT(2 * FILE_MAX);
    char path[PATH_BYTES], left[PATH_BYTES], now[PATH_BYTES];
    struct bw_view ignored;
    snprintf(path, sizeof(path), "%s/moved-to", hub->data_dir);
    BW_TRY(read_mark(path, &old, err));
    name_of(hub, hub->db, left);
    name_of(hub, to, now);
    bw_buf_printf(&out, "%s", HEAD);
    for (struct bw_view rest = bw_buf_text(&old); rest.p;) {
        struct bw_view line = bw_view_split(&rest, '\n');
        if (line.n && line.p[0] != '#' && !is_line_of(line, left, &ignored) &&
            !is_line_of(line, now, &ignored))
            bw_buf_printf(&out, "%.*s\n", BW_VF(line));
    }
    bw_buf_printf(&out, "%s" ARROW "%s\n", left, now);
    BW_TRY(bw_buf_rc(&out, path, err));
    return write_mark(path, bw_buf_text(&out), err);
}
