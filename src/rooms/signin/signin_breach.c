/* SPDX-License-Identifier: Apache-2.0 */
/* signin_breach - passwords that became known, from a file that the operator names (setting
 * password_list): SHA-1 in hex, as the published lists have it ("HASH" or "HASH:count"), or one
 * password a line, told apart line by line.
 *
 * Kept is the sorted array of the first 64 bits of each SHA-1: 8 bytes a password, so 10 million
 * cost 80 MB of memory and some seconds at start, and a look-up is a binary search of microseconds.
 * That a password which is not listed is taken for one has a chance of n / 2^64. Read at start; no
 * locks after. */
#include "signin_account.h"

#include "bw_fault.h"
#include "bw_log.h"
#include "crypto_cose.h"
#include "crypto_text.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { HEX_BYTES = 40, LINE_BYTES_MAX = 4096 };
#define ENTRIES_MAX (64u << 20) /* 512 MiB */

static struct {
    uint64_t *keys;
    size_t n, room;
} list;

static uint64_t head_of(const uint8_t sha1[20])
{
    uint64_t be;
    memcpy(&be, sha1, sizeof(be));
    return be64toh(be);
}

static uint64_t key_of(struct bw_view line)
{
    uint8_t sha1[20];
    struct bw_view hex = bw_view_head(line, HEX_BYTES);
    bool hashed = line.n >= HEX_BYTES && (line.n == HEX_BYTES || line.p[HEX_BYTES] == ':');
    if (!hashed || !crypto_hex_bytes(hex, sha1, sizeof(sha1)))
        crypto_sha1_leaked(line, sha1);
    return head_of(sha1);
}

static enum bw_rc add(uint64_t key, struct bw_err *err)
{
    if (list.n == list.room) {
        size_t room = list.room ? list.room * 2 : 65536;
        if (list.n >= ENTRIES_MAX)
            return bw_fail(err, BW_LIMIT, "password_list has more than %u lines", ENTRIES_MAX);
        uint64_t *more = bw_realloc(list.keys, room * sizeof(*more));
        if (!more)
            return bw_fail_memory(err);
        list.keys = more;
        list.room = room;
    }
    list.keys[list.n++] = key;
    return BW_OK;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    return x < y ? -1 : x > y;
}

static enum bw_rc read_lines(FILE *f, struct bw_err *err)
{
    char line[LINE_BYTES_MAX];
    while (fgets(line, sizeof(line), f)) {
        struct bw_view v = bw_view_z(line);
        while (v.n && (v.p[v.n - 1] == '\n' || v.p[v.n - 1] == '\r'))
            v.n--;
        if (v.n)
            BW_TRY(add(key_of(v), err));
    }
    return ferror(f) ? bw_fail(err, BW_IO, "password_list cannot be read") : BW_OK;
}

enum bw_rc signin_breach_load(const char *path, struct bw_err *err)
{
    signin_breach_free();
    if (path[0] == '\0')
        return BW_OK;
    FILE *f = fopen(path, "re");
    if (!f)
        return bw_fail(err, BW_INVALID, "password_list: %s cannot be opened: %s", path,
                       strerror(errno));
    enum bw_rc rc = read_lines(f, err);
    fclose(f);
    if (rc != BW_OK) {
        signin_breach_free();
        return rc;
    }
    if (list.n)
        qsort(list.keys, list.n, sizeof(*list.keys), by_value);
    bw_log(BW_LOG_INFO, "signin.password_list", BW_FI("passwords", (int64_t)list.n));
    return BW_OK;
}

void signin_breach_free(void)
{
    free(list.keys);
    list.keys = NULL;
    list.n = list.room = 0;
}

bool signin_breach_has(struct bw_view password)
{
    uint8_t sha1[20];
    crypto_sha1_leaked(password, sha1);
    uint64_t key = head_of(sha1);
    return list.n && bsearch(&key, list.keys, list.n, sizeof(key), by_value);
}
