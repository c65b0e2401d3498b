/* SPDX-License-Identifier: Apache-2.0 */
/* setting - see setting.h. Values are kept as text beside the parsed number. */
#include "setting.h"

#include "bw_buf.h"
#include "bw_fault.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

const struct setting_row setting_table[SETTING_COUNT] = {
#define SETTING_ROW(id, name, type, min, max, value, unit, text) \
    [SETTING_##id] = {name, SETTING_##type, min, max, value, unit, text},
    SETTINGS(SETTING_ROW)
#undef SETTING_ROW
};

struct settings {
    struct {
        char *text;
        int64_t number;
    } v[SETTING_COUNT];
};

static bool parse_flag(struct bw_view v, int64_t *ret)
{
    static const struct {
        const char *word;
        int64_t value;
    } WORDS[] = {{"yes", 1}, {"true", 1},  {"on", 1},  {"1", 1},
                 {"no", 0},  {"false", 0}, {"off", 0}, {"0", 0}};
    for (size_t i = 0; i < BW_COUNT(WORDS); i++)
        if (bw_view_eq_nocase(v, bw_view_z(WORDS[i].word))) {
            *ret = WORDS[i].value;
            return true;
        }
    return false;
}

static enum bw_rc check(const struct setting_row *row, struct bw_view value, int64_t *ret_number,
                        struct bw_err *err)
{
    switch (row->type) {
    case SETTING_INT:
        if (!bw_view_int(value, ret_number) || *ret_number < row->min || *ret_number > row->max)
            return bw_fail(err, BW_INVALID,
                           "setting %s takes a whole number from %" PRId64 " to %" PRId64 "%s%s",
                           row->name, row->min, row->max, row->unit[0] ? " " : "", row->unit);
        return BW_OK;
    case SETTING_FLAG:
        if (!parse_flag(value, ret_number))
            return bw_fail(err, BW_INVALID, "setting %s takes yes or no", row->name);
        return BW_OK;
    case SETTING_TEXT:
    case SETTING_SECRET:
        if ((int64_t)value.n < row->min || (int64_t)value.n > row->max ||
            bw_view_find_byte(value, '\0') != SIZE_MAX || !bw_utf8_valid(value))
            return bw_fail(err, BW_INVALID,
                           "setting %s takes text of %" PRId64 " to %" PRId64 " bytes", row->name,
                           row->min, row->max);
        *ret_number = 0;
        return BW_OK;
    }
    BW_ASSERT(false);
}

static enum bw_rc put(struct settings *s, size_t id, struct bw_view value, struct bw_err *err)
{
    int64_t number = 0;
    BW_TRY(check(&setting_table[id], value, &number, err));
    char *text = bw_alloc(value.n + 1);
    if (!text)
        return bw_fail_memory(err);
    if (value.n)
        memcpy(text, value.p, value.n);
    text[value.n] = '\0';
    free(s->v[id].text);
    s->v[id].text = text;
    s->v[id].number = number;
    return BW_OK;
}

struct settings *settings_new(void)
{
    struct settings *s = bw_calloc(1, sizeof(*s));
    struct bw_err err;
    for (size_t i = 0; s && i < SETTING_COUNT; i++)
        if (put(s, i, bw_view_z(setting_table[i].value), &err) != BW_OK) {
            BW_ASSERT(err.rc == BW_MEMORY);
            settings_free(s);
            return NULL;
        }
    return s;
}

void settings_free(struct settings *s)
{
    for (size_t i = 0; s && i < SETTING_COUNT; i++)
        free(s->v[i].text);
    free(s);
}

/* How many leading bytes two names share: enough to guess what was meant. */
static size_t shared_prefix(struct bw_view a, const char *b)
{
    size_t n = 0;
    while (n < a.n && b[n] && a.p[n] == b[n])
        n++;
    return n;
}

enum bw_rc settings_set(struct settings *s, struct bw_view name, struct bw_view value,
                        struct bw_err *err)
{
    size_t best = 0, best_n = 0;
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (bw_view_is(name, setting_table[i].name))
            return put(s, i, value, err);
        size_t n = shared_prefix(name, setting_table[i].name);
        if (n > best_n) {
            best = i;
            best_n = n;
        }
    }
    if (best_n >= 2)
        return bw_fail(err, BW_INVALID, "there is no setting \"%.*s\"; did you mean %s?",
                       BW_VF(bw_view_head(name, 40)), setting_table[best].name);
    return bw_fail(err, BW_INVALID, "there is no setting \"%.*s\"; `breakwater config` lists them",
                   BW_VF(bw_view_head(name, 40)));
}

enum { FILE_MAX_BYTES = 64 * 1024 };

static enum bw_rc read_file(const char *path, struct bw_buf *out, struct bw_err *err)
{
    BW_AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? BW_OK : bw_fail_errno(err, path);
    for (;;) {
        if (!bw_buf_reserve(out, 4096))
            return bw_buf_rc(out, path, err);
        ssize_t n = read(fd, out->p + out->n, 4096);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return bw_fail_errno(err, path);
        if (n == 0)
            return BW_OK;
        out->n += (size_t)n;
    }
}

enum bw_rc settings_file(struct settings *s, const char *path, struct bw_err *err)
{
    BW_AUTO_BUF text = BW_BUF_INIT(FILE_MAX_BYTES);
    BW_TRY(read_file(path, &text, err));
    struct bw_view rest = bw_buf_text(&text);
    for (int line_no = 1; rest.p; line_no++) {
        struct bw_view value = bw_view_trim(bw_view_split(&rest, '\n'));
        if (value.n == 0 || value.p[0] == '#')
            continue;
        struct bw_view name = bw_view_trim(bw_view_split(&value, '='));
        struct bw_err inner = {0};
        if (!value.p)
            return bw_fail(err, BW_INVALID, "%s:%d: write it as name = value", path, line_no);
        enum bw_rc rc = settings_set(s, name, bw_view_trim(value), &inner);
        if (rc != BW_OK)
            return bw_fail(err, rc, "%s:%d: %s", path, line_no, inner.message);
    }
    return BW_OK;
}

enum bw_rc settings_environment(struct settings *s, struct bw_err *err)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        char name[64] = "BREAKWATER_";
        size_t n = strlen(name);
        for (const char *c = setting_table[i].name; *c; c++)
            name[n++] = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
        name[n] = '\0';
        const char *value = getenv(name);
        if (value)
            BW_TRY(put(s, i, bw_view_z(value), err));
    }
    return BW_OK;
}

int64_t setting_int(const struct settings *s, enum setting id)
{
    BW_ASSERT(setting_table[id].type == SETTING_INT || setting_table[id].type == SETTING_FLAG);
    return s->v[id].number;
}

struct bw_view setting_text(const struct settings *s, enum setting id)
{
    BW_ASSERT(setting_table[id].type == SETTING_TEXT || setting_table[id].type == SETTING_SECRET);
    return bw_view_z(s->v[id].text);
}
