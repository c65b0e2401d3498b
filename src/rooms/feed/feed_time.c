/* SPDX-License-Identifier: Apache-2.0 */
/* feed_time - the times that feeds write. A time without a zone is UTC: that is what reports mean,
 * and a guess at the reader's zone would be worse. Whether a time is believable is the caller's
 * question. Pure. */
#include "feed_int.h"

#include "bw_clock.h"

/* N digits at *v; moves behind them. */
static bool digits(struct bw_view *v, size_t n, int *ret)
{
    int value = 0;
    if (v->n < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (v->p[i] < '0' || v->p[i] > '9')
            return false;
        value = value * 10 + (v->p[i] - '0');
    }
    *v = bw_view_from(*v, n);
    *ret = value;
    return true;
}

static bool take(struct bw_view *v, char c)
{
    if (v->n == 0 || v->p[0] != c)
        return false;
    *v = bw_view_from(*v, 1);
    return true;
}

static bool fraction(struct bw_view *v, int *ret_micro)
{
    int micro = 0, scale = 100000, n = 0;
    *ret_micro = 0;
    if (!take(v, '.') && !take(v, ','))
        return true;
    for (; v->n && v->p[0] >= '0' && v->p[0] <= '9' && n < 9; n++, scale /= 10) {
        micro += (v->p[0] - '0') * scale;
        *v = bw_view_from(*v, 1);
    }
    *ret_micro = micro;
    return n > 0;
}

/* "", Z, UTC, GMT, +02, +0200, +02:00, each maybe behind a blank; minutes east of UTC. */
static bool zone(struct bw_view v, int *ret_min)
{
    int hours, minutes = 0;
    take(&v, ' ');
    *ret_min = 0;
    if (v.n == 0 || bw_view_eq_nocase(v, BW_V("Z")) || bw_view_eq_nocase(v, BW_V("UTC")) ||
        bw_view_eq_nocase(v, BW_V("GMT")))
        return true;
    bool west = v.p[0] == '-';
    if (!take(&v, '+') && !take(&v, '-'))
        return false;
    if (!digits(&v, 2, &hours))
        return false;
    take(&v, ':');
    if ((v.n && !digits(&v, 2, &minutes)) || v.n || hours > 14 || minutes > 59)
        return false;
    *ret_min = (west ? -1 : 1) * (hours * 60 + minutes);
    return true;
}

static bool since_1970(struct bw_view v, int64_t *ret_us)
{
    int64_t seconds;
    if (v.n < 9 || v.n > 11 || !bw_view_int(v, &seconds) || seconds < 0)
        return false;
    *ret_us = seconds * BW_SECOND_US;
    return true;
}

bool feed_time_parse(struct bw_view text, int64_t *ret_us)
{
    struct bw_view v = bw_view_trim(text);
    struct bw_civil c = {0};
    int offset_min;
    int64_t at_us;
    if (bw_view_find_byte(v, '-') == SIZE_MAX)
        return since_1970(v, ret_us);
    if (!digits(&v, 4, &c.year) || !take(&v, '-') || !digits(&v, 2, &c.month) || !take(&v, '-') ||
        !digits(&v, 2, &c.day))
        return false;
    if (v.n && (take(&v, ' ') || take(&v, 'T') || take(&v, 't'))) {
        if (!digits(&v, 2, &c.hour) || !take(&v, ':') || !digits(&v, 2, &c.minute))
            return false;
        if (take(&v, ':') && (!digits(&v, 2, &c.second) || !fraction(&v, &c.micro)))
            return false;
        if (!zone(v, &offset_min))
            return false;
    } else if (v.n) {
        return false;
    } else {
        offset_min = 0;
    }
    if (c.second == 60) /* a leap second is the second before the minute's end */
        c.second = 59;
    if (!bw_civil_to_us(&c, &at_us))
        return false;
    *ret_us = at_us - offset_min * BW_MINUTE_US;
    return true;
}
