/* SPDX-License-Identifier: Apache-2.0 */
/* html_time - times for people and for machines: <time datetime="UTC" title="UTC">local
 * zone</time>.
 *
 * A list has a time in each row, and turning days into dates was a third of its cost; rows of a
 * page lie close together, so the last date of each zone is kept in struct html and only the clock
 * is written anew. Years outside 1970..9999 (and fractions of minutes) take no short cut: they go
 * through bw_clock. */
#include "html.h"

#define EN_DASH "\xE2\x80\x93"
#define DATE_LEN 10                                /* "2026-11-21" */
#define MINUTES_LEN 16                             /* "2026-11-21 14:05" */
#define LAST_DAY_US (INT64_C(2932896) * BW_DAY_US) /* 9999-12-31 */

enum zone { ZONE_UTC, ZONE_LOCAL };

static void put_two(char *out, int64_t v)
{
    out[0] = (char)('0' + v / 10);
    out[1] = (char)('0' + v % 10);
}

/* "2026-11-21 14:05" of AT, which is within 1970..9999, read as UTC. */
static void put_minutes(struct html *h, enum zone zone, int64_t at_us, char out[MINUTES_LEN])
{
    int64_t day = at_us / BW_DAY_US, minute = at_us % BW_DAY_US / BW_MINUTE_US;
    struct html_day *kept = &h->days[zone];
    if (kept->day != day || kept->text[0] == 0) {
        char text[BW_TIME_MAX];
        bw_time_format(at_us, text);
        memcpy(kept->text, text, DATE_LEN);
        kept->day = day;
    }
    memcpy(out, kept->text, DATE_LEN);
    out[10] = ' ';
    put_two(out + 11, minute / 60);
    out[13] = ':';
    put_two(out + 14, minute % 60);
}

static bool usual(int64_t at_us)
{
    return at_us >= BW_DAY_US && at_us < LAST_DAY_US;
}

/* N bytes of the local time: DATE_LEN or MINUTES_LEN. */
static void put_local(struct html *h, int64_t at_us, size_t n)
{
    char text[BW_TIME_MAX];
    if (usual(at_us))
        put_minutes(h, ZONE_LOCAL, at_us + h->zone_offset_min * BW_MINUTE_US, text);
    else
        bw_time_format_local(at_us, h->zone_offset_min, text);
    bw_buf_add(h->out, text, n);
}

static void put_utc(struct html *h, int64_t at_us)
{
    char utc[BW_TIME_MAX];
    size_t n = sizeof "2026-11-21T06:05:00Z" - 1;
    if (usual(at_us) && at_us % BW_SECOND_US == 0) {
        put_minutes(h, ZONE_UTC, at_us, utc);
        utc[10] = 'T';
        utc[16] = ':';
        put_two(utc + 17, at_us % BW_MINUTE_US / BW_SECOND_US);
        utc[19] = 'Z';
    } else {
        n = bw_time_format(at_us, utc);
    }
    BW_BUF_LIT(h->out, "<time datetime=\"");
    bw_buf_add(h->out, utc, n);
    BW_BUF_LIT(h->out, "\" title=\"");
    utc[10] = ' ';
    bw_buf_add(h->out, utc, MINUTES_LEN);
    BW_BUF_LIT(h->out, " UTC\">");
}

static bool put_none(struct html *h, int64_t at_us)
{
    if (at_us == 0)
        BW_BUF_LIT(h->out, EN_DASH);
    return at_us == 0;
}

void html_attr_time(struct html *h, int64_t at_us)
{
    if (put_none(h, at_us))
        return;
    put_local(h, at_us, MINUTES_LEN);
    bw_buf_byte(h->out, ' ');
    html_text_view(h, h->zone_name);
}

void html_attr_date(struct html *h, int64_t at_us)
{
    if (!put_none(h, at_us))
        put_local(h, at_us, DATE_LEN);
}

void html_time(struct html *h, int64_t at_us)
{
    if (put_none(h, at_us))
        return;
    put_utc(h, at_us);
    html_attr_time(h, at_us);
    BW_BUF_LIT(h->out, "</time>");
}

void html_date(struct html *h, int64_t at_us)
{
    if (put_none(h, at_us))
        return;
    put_utc(h, at_us);
    html_attr_date(h, at_us);
    BW_BUF_LIT(h->out, "</time>");
}
