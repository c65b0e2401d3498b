/* SPDX-License-Identifier: Apache-2.0 */
/* mail_spool - the folder of mails: what is promised is on disk before the promise is given.
 *
 * A batch is written to tmp/, made durable by one syncfs(2), then renamed into new/ and the folder
 * synced: 300 files cost two waits for the disk instead of 600. A crash leaves files in tmp/, which
 * mail_spool_recover() removes, and the caller writes the batch again; files that made it into new/
 * are then skipped by their names. sent/ holds empty files, because a mail's text is nobody's
 * business after it left. */
#include "mail_int.h"

#include "bw_fault.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MODE 0600
#define DIR_MODE 0700
#define TMP_NAME_MAX 64

static int open_dir(int at, const char *name, struct bw_err *err)
{
    if (mkdirat(at, name, DIR_MODE) != 0 && errno != EEXIST) {
        bw_fail_errno(err, "The mail folder cannot be made");
        return -1;
    }
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        bw_fail_errno(err, "The mail folder cannot be opened");
    return fd;
}

enum bw_rc mail_spool_each(int dir, mail_each_fn fn, void *arg, struct bw_err *err)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    enum bw_rc rc = BW_OK;
    if (!d) {
        rc = bw_fail_errno(err, "The mail folder cannot be read");
        if (fd >= 0)
            close(fd);
        return rc;
    }
    struct dirent *e;
    while (rc == BW_OK && (e = readdir(d)) != NULL) {
        struct stat st;
        if (e->d_name[0] == '.' || fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(st.st_mode))
            continue;
        int64_t mtime_us = st.st_mtim.tv_sec * BW_SECOND_US + st.st_mtim.tv_nsec / 1000;
        rc = fn(dir, e->d_name, mtime_us, arg, err);
    }
    closedir(d);
    return rc;
}

static enum bw_rc remove_one(int dir, const char *name, int64_t mtime_us, void *arg,
                             struct bw_err *err)
{
    const int64_t *before_us = arg;
    if (mtime_us < *before_us && unlinkat(dir, name, 0) != 0 && errno != ENOENT)
        return bw_fail_errno(err, "A spooled mail cannot be removed");
    return BW_OK;
}

static enum bw_rc count_new(int dir, const char *name, int64_t mtime_us, void *arg,
                            struct bw_err *err)
{
    struct mail_count *c = arg;
    c->waiting++;
    if (c->oldest_us == 0 || mtime_us < c->oldest_us)
        c->oldest_us = mtime_us;
    return BW_OK;
}

static enum bw_rc count_failed(int dir, const char *name, int64_t mtime_us, void *arg,
                               struct bw_err *err)
{
    struct mail_count *c = arg;
    c->failed++;
    return BW_OK;
}

enum bw_rc mail_spool_count(struct mail_spool *s, struct mail_count *ret, struct bw_err *err)
{
    struct mail_count c = {0};
    BW_TRY(mail_spool_each(s->new, count_new, &c, err));
    BW_TRY(mail_spool_each(s->failed, count_failed, &c, err));
    *ret = c;
    return BW_OK;
}

void mail_spool_free(struct mail_spool *s)
{
    if (!s)
        return;
    const int fds[] = {s->dir, s->tmp, s->new, s->sent, s->failed};
    for (size_t i = 0; i < BW_COUNT(fds); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

enum bw_rc mail_spool_open(const char *dir, struct mail_spool **ret, struct bw_err *err)
{
    BW_AUTO(mail_spool) *s = bw_alloc(sizeof *s);
    if (!s)
        return bw_fail_memory(err);
    *s = (struct mail_spool){.dir = -1, .tmp = -1, .new = -1, .sent = -1, .failed = -1};
    pthread_mutex_init(&s->lock, NULL);
    if ((s->dir = open_dir(AT_FDCWD, dir, err)) < 0 ||
        (s->tmp = open_dir(s->dir, "tmp", err)) < 0 ||
        (s->new = open_dir(s->dir, "new", err)) < 0 ||
        (s->sent = open_dir(s->dir, "sent", err)) < 0 ||
        (s->failed = open_dir(s->dir, "failed", err)) < 0)
        return BW_IO;
    *ret = BW_TAKE(s);
    return BW_OK;
}

enum bw_rc mail_spool_recover(struct mail_spool *s, struct bw_err *err)
{
    int64_t all_us = INT64_MAX;
    return mail_spool_each(s->tmp, remove_one, &all_us, err);
}

enum bw_rc mail_spool_purge(struct mail_spool *s, int64_t keep_us, struct bw_err *err)
{
    int64_t before_us = bw_now_us() - keep_us;
    BW_TRY(mail_spool_each(s->sent, remove_one, &before_us, err));
    return mail_spool_each(s->failed, remove_one, &before_us, err);
}

/* ---- Writing ---- */

static enum bw_rc set_time(int fd, int64_t at_us, struct bw_err *err)
{
    struct timespec at = {.tv_sec = at_us / BW_SECOND_US, .tv_nsec = at_us % BW_SECOND_US * 1000};
    if (futimens(fd, (struct timespec[]){at, at}) != 0)
        return bw_fail_errno(err, "A spooled mail's time cannot be set");
    return BW_OK;
}

static enum bw_rc write_file(int dir, const char *name, struct bw_view bytes, int64_t mtime_us,
                             struct bw_err *err)
{
    BW_AUTO_FD fd =
        openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (fd < 0)
        return bw_fail_errno(err, "A mail cannot be written");
    while (bytes.n > 0) {
        ssize_t n = bw_fault("mail.write") ? (errno = ENOSPC, -1) : write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return bw_fail_errno(err, "A mail cannot be written");
        bytes = bw_view_from(bytes, (size_t)n);
    }
    return set_time(fd, mtime_us, err);
}

static enum bw_rc sync_dir(int fd, struct bw_err *err)
{
    if (bw_fault("mail.sync") || fsync(fd) != 0)
        return bw_fail_errno(err, "The mail folder cannot be made durable");
    return BW_OK;
}

static bool exists(int dir, const char *name)
{
    return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void name_of(struct bw_view key, char out[MAIL_NAME_MAX])
{
    snprintf(out, MAIL_NAME_MAX, "%.*s" MAIL_SUFFIX, BW_VF(key));
}

/* The process id keeps two processes apart that were started on one spool. */
static void tmp_name(uint64_t serial, char out[TMP_NAME_MAX])
{
    snprintf(out, TMP_NAME_MAX, "%d-%llu", (int)getpid(), (unsigned long long)serial);
}

/* Writes message I of a batch as tmp/FIRST+I; *ret_new says whether it was not known before. */
static enum bw_rc stage(struct mail_spool *s, const struct mail_message *m, uint64_t serial,
                        struct bw_buf *buf, bool *ret_new, struct bw_err *err)
{
    char name[MAIL_NAME_MAX], tmp[TMP_NAME_MAX];
    int64_t now_us = bw_now_us();
    bw_buf_reset(buf);
    mail_envelope_put(buf, m, now_us);
    BW_TRY(mail_build(m, buf, err));
    name_of(m->key, name);
    if (exists(s->new, name) || exists(s->sent, name) || exists(s->failed, name))
        return BW_OK;
    tmp_name(serial, tmp);
    *ret_new = true;
    return write_file(s->tmp, tmp, bw_buf_text(buf), now_us, err);
}

static enum bw_rc publish(struct mail_spool *s, const struct mail_message *m, uint64_t serial,
                          struct bw_err *err)
{
    char name[MAIL_NAME_MAX], tmp[TMP_NAME_MAX];
    name_of(m->key, name);
    tmp_name(serial, tmp);
    if (bw_fault("mail.rename") || renameat(s->tmp, tmp, s->new, name) != 0)
        return bw_fail_errno(err, "A mail cannot be put into the spool");
    return BW_OK;
}

static enum bw_rc write_batch(struct mail_spool *s, const struct mail_message *m, size_t n,
                              uint64_t first, bool *staged, struct bw_err *err)
{
    BW_AUTO_BUF buf = BW_BUF_INIT(MAIL_SIZE_MAX);
    size_t added = 0;
    for (size_t i = 0; i < n; i++) {
        BW_TRY(stage(s, &m[i], first + i, &buf, &staged[i], err));
        added += staged[i];
    }
    if (added == 0)
        return sync_dir(s->new, err); /* another's rename may not be durable yet */
    if (bw_fault("mail.sync") || syncfs(s->tmp) != 0)
        return bw_fail_errno(err, "The mails cannot be made durable");
    for (size_t i = 0; i < n; i++)
        if (staged[i])
            BW_TRY(publish(s, &m[i], first + i, err));
    return sync_dir(s->new, err);
}

enum bw_rc mail_spool_batch(struct mail_spool *s, const struct mail_message *m, size_t n,
                            size_t *ret_added, struct bw_err *err)
{
    BW_AUTO_HEAP bool *staged = bw_calloc(n ? n : 1, sizeof *staged);
    size_t added = 0;
    if (!staged)
        return bw_fail_memory(err);
    pthread_mutex_lock(&s->lock);
    uint64_t first = s->serial;
    s->serial += n;
    enum bw_rc rc = write_batch(s, m, n, first, staged, err);
    for (size_t i = 0; i < n; i++) {
        char tmp[TMP_NAME_MAX];
        added += staged[i];
        tmp_name(first + i, tmp);
        if (rc != BW_OK && staged[i])
            unlinkat(s->tmp, tmp, 0);
    }
    pthread_mutex_unlock(&s->lock);
    if (rc == BW_OK && ret_added)
        *ret_added = added;
    return rc;
}

/* ---- What delivery does with a file ---- */

enum bw_rc mail_spool_read(struct mail_spool *s, const char *name, struct bw_buf *ret_file,
                           struct bw_err *err)
{
    BW_AUTO_FD fd = openat(s->new, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return bw_fail_errno(err, "A spooled mail cannot be read");
    for (;;) {
        enum { STEP = 65536 };
        if (!bw_buf_reserve(ret_file, STEP))
            return bw_buf_rc(ret_file, "spooled mail", err);
        ssize_t n = read(fd, ret_file->p + ret_file->n, STEP);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return bw_fail_errno(err, "A spooled mail cannot be read");
        if (n == 0)
            return BW_OK;
        ret_file->n += (size_t)n;
    }
}

enum bw_rc mail_spool_sent(struct mail_spool *s, const char *name, struct bw_err *err)
{
    BW_TRY(write_file(s->sent, name, (struct bw_view){NULL, 0}, bw_now_us(), err));
    if (unlinkat(s->new, name, 0) != 0 && errno != ENOENT)
        return bw_fail_errno(err, "A sent mail cannot be removed from the spool");
    return BW_OK;
}

enum bw_rc mail_spool_failed(struct mail_spool *s, const char *name, struct bw_view file,
                             const char *reason, struct bw_err *err)
{
    BW_AUTO_BUF buf = BW_BUF_INIT(MAIL_SIZE_MAX + 4096);
    BW_BUF_LIT(&buf, "X-Breakwater-Failed: ");
    for (; *reason; reason++)
        bw_buf_byte(&buf, (unsigned char)*reason < ' ' ? ' ' : *reason);
    BW_BUF_LIT(&buf, "\r\n");
    bw_buf_view(&buf, file);
    BW_TRY(bw_buf_rc(&buf, "failed mail", err));
    BW_TRY(write_file(s->failed, name, bw_buf_text(&buf), bw_now_us(), err));
    if (unlinkat(s->new, name, 0) != 0 && errno != ENOENT)
        return bw_fail_errno(err, "A failed mail cannot be removed from the spool");
    return BW_OK;
}

enum bw_rc mail_spool_later(struct mail_spool *s, const char *name, int64_t at_us,
                            struct bw_err *err)
{
    BW_AUTO_FD fd = openat(s->new, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return bw_fail_errno(err, "A spooled mail cannot be opened");
    return set_time(fd, at_us, err);
}
