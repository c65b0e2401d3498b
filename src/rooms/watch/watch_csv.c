/* SPDX-License-Identifier: Apache-2.0 */
/* watch_csv - cells of one CSV record (RFC 4180): a member's list of networks, and a report's line
 * when its evidence is shown. Reports as such are read by the room `feed`. Pure. */
#include "watch_int.h"

static bool quoted(struct bw_view *rest, struct bw_arena *arena, struct bw_view *ret)
{
    size_t at = 1, doubled = 0;
    for (; at < rest->n; at++) {
        if (rest->p[at] != '"')
            continue;
        if (at + 1 >= rest->n || rest->p[at + 1] != '"')
            break;
        doubled++;
        at++;
    }
    *ret = bw_view_of(rest->p + 1, at - 1);
    struct bw_view behind = bw_view_from(*rest, at + 1);
    size_t comma = bw_view_find_byte(behind, ',');
    *rest = comma == SIZE_MAX ? (struct bw_view){NULL, 0} : bw_view_from(behind, comma + 1);
    if (doubled == 0)
        return true;
    char *single = bw_arena_get(arena, ret->n - doubled + 1);
    size_t n = 0;
    if (!single)
        return false;
    for (size_t i = 0; i < ret->n; i++) {
        single[n++] = ret->p[i];
        i += ret->p[i] == '"';
    }
    *ret = bw_view_of(single, n);
    return true;
}

bool watch_csv_cell(struct bw_view *rest, struct bw_arena *arena, struct bw_view *ret)
{
    if (!rest->p)
        return false;
    if (rest->n && rest->p[0] == '"')
        return quoted(rest, arena, ret);
    size_t comma = bw_view_find_byte(*rest, ',');
    *ret = bw_view_head(*rest, comma);
    *rest = comma == SIZE_MAX ? (struct bw_view){NULL, 0} : bw_view_from(*rest, comma + 1);
    return true;
}
