/* SPDX-License-Identifier: Apache-2.0 */
/* desk_statistics - figures of the programme as charts, tables and CSV. Chart and table are made
 * of the same numbers; all of them lie ready in one small table (statistic.h). */
#include "desk_int.h"

#include "ops_html.h"
#include "statistic.h"

enum {
    MONTHS = 24,
    STEP = 24, /* the charts, in their own units */
    WIDE = 18,
    HIGH = 110,
    ROW = 24,
    BAR_X = 190,
    BAR_MAX = 230,
};

static const enum i18n_msg SERIES[STATISTIC_SERIES] = {
    [STATISTIC_ORGANISATIONS] = MSG_desk_s_organisations, [STATISTIC_PEOPLE] = MSG_desk_s_people,
    [STATISTIC_SIGN_INS] = MSG_desk_s_sign_ins,           [STATISTIC_ITEMS] = MSG_desk_s_items,
    [STATISTIC_ACKNOWLEDGED] = MSG_desk_s_acknowledged,
};

struct figures {
    const struct statistic *rows;
    size_t n;
    int64_t counted_us, last, first; /* months */
};

static enum bw_rc read(struct http_req *rq, struct figures *ret, struct bw_err *err)
{
    int zone = (int)setting_int(req_hub(rq)->settings, SETTING_ZONE_OFFSET);
    struct statistic *rows;
    struct db *db;
    ret->last = statistic_month_of(bw_now_us(), zone);
    ret->first = statistic_month_add(ret->last, 1 - MONTHS);
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(statistic_read(db, ret->first, http_arena(rq), &rows, &ret->n, &ret->counted_us, err));
    ret->rows = rows;
    return BW_OK;
}

static int64_t figure(const struct figures *f, const char *name, struct bw_view key, int64_t month)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->rows[i].month == month && bw_view_is(f->rows[i].name, name) &&
            bw_view_eq(f->rows[i].key, key))
            return f->rows[i].n;
    return 0;
}

static int64_t total(const struct figures *f, const char *name)
{
    int64_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        if (f->rows[i].month == 0 && bw_view_is(f->rows[i].name, name))
            n += f->rows[i].n;
    return n;
}

/* -- by month ---------------------------------------------------------------------------------- */

static enum bw_rc month_bars(struct http_req *rq, const struct figures *f, enum statistic_series s,
                             struct desk_chart *ret, struct bw_err *err)
{
    struct desk_bar *bars = BW_ARENA_ARRAY(http_arena(rq), MONTHS, struct desk_bar);
    int64_t most = 1;
    if (!bars)
        return bw_fail_memory(err);
    for (int i = 0; i < MONTHS; i++) {
        int64_t month = statistic_month_add(f->first, i);
        bars[i].n = figure(f, statistic_name(s), BW_V(""), month);
        bars[i].label = bw_arena_printf(http_arena(rq), "%lld-%02lld", (long long)(month / 100),
                                        (long long)(month % 100));
        most = bars[i].n > most ? bars[i].n : most;
        ret->sum += bars[i].n;
    }
    for (int i = 0; i < MONTHS; i++) {
        int high = (int)(bars[i].n * HIGH / most);
        bars[i].height = bars[i].n && high < 2 ? 2 : high;
        bars[i].x = i * STEP + (STEP - WIDE) / 2;
        bars[i].y = HIGH + 10 - bars[i].height;
        bars[i].tick = i % 6 == 0;
    }
    ret->title = SERIES[s];
    ret->name = statistic_name(s);
    ret->bars = bars;
    ret->bars_n = MONTHS;
    ret->most = most;
    return BW_OK;
}

/* -- of today ---------------------------------------------------------------------------------- */

static struct bw_view sector_name(const struct member_choice *sectors, size_t n, struct bw_view key)
{
    for (size_t i = 0; i < n; i++)
        if (bw_view_eq(sectors[i].public_id, key))
            return sectors[i].name;
    return (struct bw_view){NULL, 0};
}

struct naming {
    const struct member_choice *sectors;
    size_t n;
};

static struct bw_view label_of(struct http_req *rq, const struct naming *names,
                               const struct statistic *s)
{
    if (bw_view_is(s->name, "sector"))
        return sector_name(names->sectors, names->n, s->key);
    for (int c = 0; c < MEMBER_CLASSES && bw_view_is(s->name, "class"); c++)
        if (bw_view_is(s->key, member_class_name((enum member_class)c)))
            return i18n(req_lang(rq), member_class_msg((enum member_class)c));
    for (int r = ROLE_REPRESENTATIVE; r < ROLES_COUNT && bw_view_is(s->name, "role"); r++)
        if (role_is_persons((enum role)r) && bw_view_is(s->key, role_name((enum role)r)))
            return i18n(req_lang(rq), member_role_msg((enum role)r));
    return s->key;
}

static int more_first(const void *a, const void *b)
{
    const struct desk_bar *x = a, *y = b;
    return x->n != y->n ? (x->n < y->n ? 1 : -1) : bw_view_cmp(x->label, y->label);
}

static enum bw_rc today_bars(struct http_req *rq, const struct figures *f,
                             const struct naming *names, const char *name, struct desk_chart *ret,
                             struct bw_err *err)
{
    struct desk_bar *bars = BW_ARENA_ARRAY(http_arena(rq), f->n + 1, struct desk_bar);
    size_t n = 0;
    int64_t most = 1;
    if (!bars)
        return bw_fail_memory(err);
    for (size_t i = 0; i < f->n; i++) {
        const struct statistic *s = &f->rows[i];
        if (s->month != 0 || !bw_view_is(s->name, name))
            continue;
        bars[n].label = label_of(rq, names, s);
        bars[n].n = s->n;
        most = s->n > most ? s->n : most;
        ret->sum += s->n;
        n += bars[n].label.n > 0;
    }
    qsort(bars, n, sizeof(*bars), more_first);
    for (size_t i = 0; i < n; i++) {
        bars[i].width = (int)(bars[i].n * BAR_MAX / most);
        bars[i].x = BAR_X + bars[i].width + 7;
        bars[i].y = (int)i * ROW + 5;
        bars[i].y_text = (int)i * ROW + 17;
    }
    ret->name = name;
    ret->bars = bars;
    ret->bars_n = n;
    ret->height = (int)n * ROW + 8;
    return BW_OK;
}

static enum bw_rc fill_today(struct http_req *rq, const struct figures *f,
                             struct desk_statistics_page *d, struct bw_err *err)
{
    static const struct {
        const char *name;
        enum i18n_msg title;
    } LISTS[DESK_LISTS] = {{"sector", MSG_desk_by_sector},
                           {"class", MSG_desk_by_class},
                           {"role", MSG_desk_by_role}};
    struct member_choice *sectors;
    struct naming names;
    struct db *db;
    BW_TRY(req_db(rq, &db, err));
    BW_TRY(member_choices(db, req_viewer(rq), GRANT_SECTOR, req_lang(rq), http_arena(rq), &sectors,
                          &names.n, err));
    names.sectors = sectors;
    for (size_t i = 0; i < DESK_LISTS; i++) {
        BW_TRY(today_bars(rq, f, &names, LISTS[i].name, &d->lists[i], err));
        d->lists[i].title = LISTS[i].title;
    }
    d->lists_n = DESK_LISTS;
    d->organisations = figure(f, "organisations", BW_V("active"), 0);
    d->suspended = figure(f, "organisations", BW_V("suspended"), 0);
    d->people = total(f, "role");
    d->active_30 = figure(f, "active", BW_V("30"), 0);
    d->active_90 = figure(f, "active", BW_V("90"), 0);
    return BW_OK;
}

enum bw_rc desk_statistics(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct desk_chart months[STATISTIC_SERIES] = {0};
    struct desk_chart lists[DESK_LISTS] = {0};
    struct desk_statistics_page d = {.nav = desk_nav_of(req_viewer(rq)),
                                     .months = months,
                                     .months_n = STATISTIC_SERIES,
                                     .lists = lists};
    struct figures f = {.rows = NULL};
    BW_TRY(read(rq, &f, err));
    for (int s = 0; s < STATISTIC_SERIES; s++)
        BW_TRY(month_bars(rq, &f, (enum statistic_series)s, &months[s], err));
    BW_TRY(fill_today(rq, &f, &d, err));
    d.counted_us = f.counted_us;
    return page_send(rq, rs,
                     &(struct page){.title_msg = MSG_desk_statistics,
                                    .here = NAV_STATISTICS,
                                    .body = html_desk_statistics_slot(&d)},
                     err);
}

enum bw_rc desk_statistics_csv(struct http_req *rq, struct http_resp *rs, struct bw_err *err)
{
    struct bw_buf *out = http_out(rs);
    struct figures f = {.rows = NULL};
    BW_TRY(read(rq, &f, err));
    http_type(rs, "text/csv; charset=utf-8");
    http_set(rs, "Content-Disposition", BW_V("attachment; filename=\"statistics.csv\""));
    BW_BUF_LIT(out, "figure,of,month,count\r\n");
    for (size_t i = 0; i < f.n; i++) {
        const struct statistic *s = &f.rows[i];
        bw_buf_printf(out, "%.*s,%.*s,", BW_VF(s->name), BW_VF(s->key));
        if (s->month)
            bw_buf_printf(out, "%lld-%02lld", (long long)(s->month / 100),
                          (long long)(s->month % 100));
        bw_buf_printf(out, ",%lld\r\n", (long long)s->n);
    }
    return bw_buf_rc(out, "statistics", err);
}
