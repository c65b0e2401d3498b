/* SPDX-License-Identifier: Apache-2.0 */
/* crypto_keys - files that hold keys: "<kind> <number> <64 hex>" a line, # begins a comment.
 *
 * A key that others can read is no key: the file must be regular, ours, and of mode 0600 or less,
 * and is checked on the open descriptor, not by name. A missing file is made in one step: written
 * beside, synced, linked into place, so that two processes that start together end with the same
 * key and a crash leaves no half of one. */
#include "crypto_int.h"
#include "crypto_text.h"

#include "bw_buf.h"
#include "bw_log.h"
#include "bw_random.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_FILE_MAX 8192
#define KEY_PATH_MAX 4096

static enum bw_rc refuse(struct bw_err *err, const char *path, const char *why)
{
    return bw_fail(err, BW_DENIED, "The key file %s is refused: %s", path, why);
}

static enum bw_rc check(int fd, const char *path, struct bw_err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return bw_fail_errno(err, "key file");
    if (!S_ISREG(st.st_mode))
        return refuse(err, path, "it is not a regular file.");
    if (st.st_uid != geteuid())
        return refuse(err, path, "it belongs to another user.");
    if (st.st_mode & (S_IRWXG | S_IRWXO))
        return refuse(err, path, "others may read or write it. Use: chmod 600");
    if (st.st_size > KEY_FILE_MAX)
        return refuse(err, path, "it is too large.");
    return BW_OK;
}

/* One line; false: not of the form. */
static bool parse_line(struct bw_view line, const char *kind, struct crypto_keys *keys)
{
    struct bw_view rest = line;
    struct bw_view word = bw_view_split(&rest, ' ');
    struct bw_view number = bw_view_split(&rest, ' ');
    int64_t n;
    if (!bw_view_is(word, kind) || !bw_view_int(number, &n) || n < 1 || n > UINT32_MAX)
        return false;
    if (keys->n == CRYPTO_KEYS_MAX)
        return false;
    for (size_t i = 0; i < keys->n; i++)
        if (keys->key[i].number == n)
            return false;
    if (!crypto_hex_bytes(rest, keys->key[keys->n].b, CRYPTO_KEY_BYTES))
        return false;
    keys->key[keys->n++].number = (uint32_t)n;
    return true;
}

static enum bw_rc parse(struct bw_view text, const char *path, const char *kind,
                        struct crypto_keys *keys, struct bw_err *err)
{
    keys->n = 0;
    for (size_t number = 1; text.p; number++) {
        struct bw_view line = bw_view_trim(bw_view_split(&text, '\n'));
        if (line.n && line.p[0] != '#' && !parse_line(line, kind, keys))
            return bw_fail(err, BW_BROKEN, "The key file %s is damaged: line %zu is no %s key.",
                           path, number, kind);
    }
    if (!keys->n)
        return bw_fail(err, BW_BROKEN, "The key file %s holds no %s key.", path, kind);
    return BW_OK;
}

static enum bw_rc read_keys(const char *path, const char *kind, struct crypto_keys *keys,
                            struct bw_err *err)
{
    BW_AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ELOOP)
        return refuse(err, path, "it is not a regular file.");
    if (fd < 0)
        return bw_fail_errno(err, "key file");
    BW_TRY(check(fd, path, err));
    char text[KEY_FILE_MAX];
    size_t n = 0;
    while (n < sizeof(text)) {
        ssize_t got = read(fd, text + n, sizeof(text) - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            crypto_wipe(text, sizeof(text));
            return bw_fail_errno(err, "key file");
        }
        if (got == 0)
            break;
        n += (size_t)got;
    }
    enum bw_rc rc = parse(bw_view_of(text, n), path, kind, keys, err);
    crypto_wipe(text, sizeof(text));
    return rc;
}

static bool write_all(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t put = write(fd, p, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        p += put;
        n -= (size_t)put;
    }
    return true;
}

static bool write_new_key(int fd, const char *kind)
{
    static const char HEX[] = "0123456789abcdef";
    uint8_t key[CRYPTO_KEY_BYTES];
    char line[2 * CRYPTO_KEY_BYTES + 40];
    bw_random_bytes(BW_RANDOM_SECRET, key, sizeof(key));
    size_t n = (size_t)snprintf(line, sizeof(line), "%s 1 ", kind);
    for (size_t i = 0; i < sizeof(key); i++) {
        line[n++] = HEX[key[i] >> 4];
        line[n++] = HEX[key[i] & 15];
    }
    line[n++] = '\n';
    bool ok = write_all(fd, line, n) && fsync(fd) == 0;
    crypto_wipe(key, sizeof(key));
    crypto_wipe(line, sizeof(line));
    return ok;
}

/* The folder of PATH, made (0700) where it is missing; synced behind the link. */
static enum bw_rc open_folder(const char *path, int *ret_fd, struct bw_err *err)
{
    char copy[KEY_PATH_MAX];
    snprintf(copy, sizeof(copy), "%s", path);
    const char *folder = dirname(copy);
    if (mkdir(folder, S_IRWXU) != 0 && errno != EEXIST)
        return bw_fail_errno(err, "folder for keys");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return bw_fail_errno(err, "folder for keys");
    *ret_fd = fd;
    return BW_OK;
}

static enum bw_rc make_keys(const char *path, const char *kind, struct bw_err *err)
{
    char temp[KEY_PATH_MAX];
    int n = snprintf(temp, sizeof(temp), "%s.new-%s", path, bw_id_new().text);
    if (n < 0 || (size_t)n >= sizeof(temp))
        return bw_fail(err, BW_INVALID, "The path of the key file is too long.");
    BW_AUTO_FD folder = -1;
    BW_TRY(open_folder(path, &folder, err));
    BW_AUTO_FD fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0)
        return bw_fail_errno(err, "new key file");
    enum bw_rc rc = BW_OK;
    if (!write_new_key(fd, kind) || (link(temp, path) != 0 && errno != EEXIST))
        rc = bw_fail_errno(err, "new key file");
    unlink(temp);
    if (rc == BW_OK && fsync(folder) != 0)
        rc = bw_fail_errno(err, "folder for keys");
    if (rc == BW_OK)
        bw_log(BW_LOG_WARN, "crypto.key_made", BW_FZ("path", path), BW_FZ("kind", kind));
    return rc;
}

enum bw_rc crypto_keys_load(const char *path, const char *kind, struct crypto_keys *ret,
                            struct bw_err *err)
{
    enum bw_rc rc = read_keys(path, kind, ret, err);
    if (rc != BW_NOT_FOUND)
        return rc;
    BW_TRY(make_keys(path, kind, err));
    return read_keys(path, kind, ret, err);
}
