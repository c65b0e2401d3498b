/* SPDX-License-Identifier: Apache-2.0 */
/* mail_envelope - the lines at the top of a spooled file that are for us and are not sent.
 *
 * A side file could be lost or stand alone after a crash; lines in the file cannot. An operator may
 * also put a file into new/ by hand or move one back from failed/, so what is read is checked like
 * input. */
#include "mail_int.h"

#define LINES_MAX 16
#define PREFIX "X-Breakwater-"

void mail_envelope_put(struct bw_buf *out, const struct mail_message *m, int64_t now_us)
{
    struct bw_view from = m->bounce.n > 0 ? m->bounce : m->from.address;
    bw_buf_printf(out, PREFIX "From: %.*s\r\n" PREFIX "To: %.*s\r\n" PREFIX "Created: %lld\r\n",
                  BW_VF(from), BW_VF(m->to.address), (long long)now_us);
    if (m->need_tls)
        BW_BUF_LIT(out, PREFIX "TLS: required\r\n");
}

static bool copy_address(struct bw_view v, char out[256])
{
    if (!mail_address_valid(v))
        return false;
    memcpy(out, v.p, v.n);
    out[v.n] = 0;
    return true;
}

static bool read_line(struct bw_view line, struct mail_envelope *e)
{
    struct bw_view value = line;
    struct bw_view name = bw_view_split(&value, ':');
    value = bw_view_trim(value);
    if (bw_view_is(name, PREFIX "From"))
        return copy_address(value, e->from);
    if (bw_view_is(name, PREFIX "To"))
        return copy_address(value, e->to);
    if (bw_view_is(name, PREFIX "Created"))
        return bw_view_int(value, &e->created_us);
    if (bw_view_is(name, PREFIX "TLS"))
        return e->need_tls = bw_view_is(value, "required");
    return bw_view_is(name, PREFIX "Failed"); /* moved back by hand */
}

enum bw_rc mail_envelope_read(struct bw_view file, struct mail_envelope *ret, struct bw_err *err)
{
    struct mail_envelope e = {.created_us = -1};
    for (int lines = 0; lines < LINES_MAX && bw_view_starts(file, BW_V(PREFIX)); lines++) {
        struct bw_view line = bw_view_split(&file, '\n');
        if (!read_line(bw_view_trim(line), &e))
            return bw_fail(err, BW_INVALID, "The envelope of a spooled mail cannot be read.");
    }
    if (!e.from[0] || !e.to[0] || e.created_us < 0 || file.n == 0)
        return bw_fail(err, BW_INVALID, "A spooled mail lacks its envelope.");
    e.message = file;
    *ret = e;
    return BW_OK;
}
