/* SPDX-License-Identifier: Apache-2.0 */
/* pdf_break - where a line may end: behind a blank, before and behind an ideograph, but no line
 * starts with a closing mark or ends with an opening one (the plain part of Unicode's UAX 14 and of
 * "Requirements for Chinese Text Layout", W3C). A word that is longer than the line is cut. Pure.
 */
#include "pdf_int.h"

static bool is_wide(uint32_t cp)
{
    return (cp >= 0x2E80 && cp <= 0x9FFF) || (cp >= 0xAC00 && cp <= 0xD7A3) ||
           (cp >= 0xF900 && cp <= 0xFAFF) || (cp >= 0xFE30 && cp <= 0xFE4F) ||
           (cp >= 0xFF00 && cp <= 0xFFEF) || (cp >= 0x20000 && cp <= 0x3FFFF);
}

static bool is_one_of(uint32_t cp, const uint32_t *set, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (set[i] == cp)
            return true;
    return false;
}

static bool may_start(uint32_t cp)
{
    static const uint32_t NEVER[] = {
        0x3001, 0x3002, 0xFF0C, 0xFF0E, 0xFF1A, 0xFF1B, 0xFF01, 0xFF1F, 0xFF09, 0x300B,
        0x3009, 0x300D, 0x300F, 0x3011, 0x3015, 0x2019, 0x201D, 0x2026, 0x00B7, 0xFF05,
        ',',    '.',    ';',    ':',    '!',    '?',    ')',    ']',    '}',
    };
    return !is_one_of(cp, NEVER, BW_COUNT(NEVER));
}

static bool may_end(uint32_t cp)
{
    static const uint32_t NEVER[] = {0xFF08, 0x300A, 0x3008, 0x300C, 0x300E, 0x3010,
                                     0x3014, 0x2018, 0x201C, '(',    '[',    '{'};
    return !is_one_of(cp, NEVER, BW_COUNT(NEVER));
}

/* A line may end between these two. */
static bool opens(uint32_t before, uint32_t after)
{
    if (after == ' ')
        return false; /* blanks stay at the end of the line that they close */
    if (before == ' ')
        return true;
    if (!is_wide(before) && !is_wide(after))
        return before == '-';
    return may_end(before) && may_start(after);
}

size_t pdf_break(const struct pdf_cell *cells, size_t n, size_t at, double end, double width)
{
    const double from = cells[at].x;
    size_t fits = at, best = 0;
    while (fits < n) {
        double behind = fits + 1 < n ? cells[fits + 1].x : end;
        if (behind - from > width && cells[fits].cp != ' ')
            break;
        fits++;
        if (fits < n && opens(cells[fits - 1].cp, cells[fits].cp))
            best = fits;
    }
    if (fits == n)
        return n - at;
    if (best > at)
        return best - at;
    return fits > at ? fits - at : 1;
}
