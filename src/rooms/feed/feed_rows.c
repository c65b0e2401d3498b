/* SPDX-License-Identifier: Apache-2.0 */
/* feed_rows - a report's CSV as events, row by row: columns by name, nothing by position, since
 * every age of a report has other columns. No I/O, no clock, no database: 46 real reports and
 * hand-labelled rows fix what comes out (test_feed_shared.c, test_feed_kinds.c).
 *
 * The port is kept where it names a service on the reported address; the source port of a bot is
 * another one with every connection, would make a finding of each, and stays in the evidence. */
#include "feed_int.h"

#include "bw_clock.h"
#include "bw_fault.h"

enum { ARENA_BYTES = 64 << 20, NOT_THERE = -1, HEADER_LINES_MAX = 100 };
static const int64_t EARLIEST_US =
    INT64_C(631152000) * BW_SECOND_US; /* 1990: before any such report */

enum column {
    COL_TIME,
    COL_IP,
    COL_PORT,
    COL_PROTOCOL,
    COL_FAMILY,
    COL_INFECTION,
    COL_SEVERITY,
    COL_TYPE,
    COL_TAG,
    COL_SOURCE,
    COLUMNS
};

/* Names in order of preference; the dotted ones are those of the n6 and IntelMQ data formats. */
static const char *const NAMES[COLUMNS][8] = {
    [COL_TIME] = {"timestamp", "time.source", "time", "seen", "last_seen", "lastseen", "date",
                  "first_seen"},
    [COL_IP] = {"ip", "src_ip", "source.ip", "http_referer_ip", "ip_address", "address",
                "ipaddress"},
    [COL_PORT] = {"port", "http_referer_port", "source.port"},
    [COL_PROTOCOL] = {"protocol", "protocol.transport", "proto"},
    [COL_FAMILY] = {"family", "malware.name", "malware"},
    [COL_INFECTION] = {"infection"},
    [COL_SEVERITY] = {"severity"},
    [COL_TYPE] = {"classification.type", "rsit_type"},
    [COL_TAG] = {"tag"},
    [COL_SOURCE] = {"public_source"},
};

struct feed_rows {
    struct text_csv csv;
    struct bw_arena *arena;
    const struct feed_kind *kind;
    struct bw_view header, service; /* service: what a scan looked for, from the type's name */
    char service_text[FEED_WORD_MAX];
    size_t n_columns;
    int at[COLUMNS]; /* NOT_THERE or the cell's number */
    int64_t latest_us;
    struct text_record record;
};

/* -- opening ----------------------------------------------------------------------------------- */

static int find_column(const struct bw_view *columns, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (bw_view_eq_nocase(columns[i], bw_view_z(name)))
            return (int)i;
    return NOT_THERE;
}

static void find_columns(struct feed_rows *r, const struct bw_view *columns, size_t n)
{
    for (int c = 0; c < COLUMNS; c++) {
        r->at[c] = NOT_THERE;
        for (size_t i = 0; i < BW_COUNT(NAMES[c]) && NAMES[c][i] && r->at[c] == NOT_THERE; i++)
            r->at[c] = find_column(columns, n, NAMES[c][i]);
    }
    r->n_columns = n;
}

/* Attacks on a victim are reported to the victim: there the address of interest is the target's. */
static void point_at_victim(struct feed_rows *r, const struct bw_view *columns, size_t n)
{
    int victim = find_column(columns, n, "dst_ip");
    if (victim == NOT_THERE || strcmp(r->kind->name, "event4_honeypot_ddos_target") != 0)
        return;
    r->at[COL_IP] = victim;
    r->at[COL_PORT] = find_column(columns, n, "dst_port");
}

/* "scan_ssl_poodle": "ssl-poodle". */
static void name_service(struct feed_rows *r)
{
    struct bw_view rest = bw_view_z(r->kind->name), first = bw_view_split(&rest, '_');
    bool scan = bw_view_is(first, "scan") || bw_view_is(first, "scan6") ||
                bw_view_is(first, "population") || bw_view_is(first, "population6");
    if (!scan || !rest.p)
        return;
    BW_ASSERT(rest.n <= sizeof(r->service_text));
    for (size_t i = 0; i < rest.n; i++)
        r->service_text[i] = rest.p[i] == '_' ? '-' : rest.p[i];
    r->service = bw_view_of(r->service_text, rest.n);
}

static struct bw_view cell(struct feed_rows *r, enum column c)
{
    int at = r->at[c];
    if (at == NOT_THERE || (size_t)at >= r->record.n)
        return (struct bw_view){NULL, 0};
    return text_cell_text(&r->record.cells[at], r->arena);
}

static enum bw_rc read_header(struct feed_rows *r, struct bw_view *columns, size_t *ret_n,
                              struct bw_err *err)
{
    enum text_csv_got got = TEXT_CSV_RECORD;
    for (int i = 0; i < HEADER_LINES_MAX && got == TEXT_CSV_RECORD; i++) {
        got = text_csv_next(&r->csv, &r->record);
        if (got == TEXT_CSV_RECORD && r->record.raw.p[0] != '#')
            break;
    }
    if (got == TEXT_CSV_WRONG)
        return bw_fail(err, BW_INVALID, "the header (line %zu) cannot be read: %s", r->record.line,
                       r->record.wrong);
    if (got == TEXT_CSV_END)
        return bw_fail(err, BW_INVALID, "there is no header line");
    for (size_t i = 0; i < r->record.n; i++)
        columns[i] = text_cell_text(&r->record.cells[i], r->arena);
    r->header = r->record.raw;
    *ret_n = r->record.n;
    return BW_OK;
}

/* Looks at the first row that can be read, then goes back to it. */
static void settle(struct feed_rows *r, const struct feed_kind_guess *g)
{
    const struct text_csv before = r->csv;
    struct bw_view tag = {NULL, 0};
    bool v6 = false;
    enum text_csv_got got;
    while ((got = text_csv_next(&r->csv, &r->record)) == TEXT_CSV_WRONG)
        ;
    if (got == TEXT_CSV_RECORD) {
        struct bw_ip ip;
        tag = cell(r, COL_TAG);
        if (bw_view_is(cell(r, COL_SOURCE), "MSDCU")) /* its Digital Crimes Unit */
            tag = BW_V("microsoft sinkhole");
        v6 = bw_ip_parse(cell(r, COL_IP), &ip) && !bw_ip_is_v4(&ip);
    }
    r->kind = feed_kind_settle(g, tag, v6);
    r->csv = before;
}

static enum bw_rc open_rows(struct feed_rows *r, struct bw_view name, struct bw_err *err)
{
    struct bw_view columns[TEXT_CELLS_MAX];
    struct feed_kind_guess guess;
    size_t n;
    BW_TRY(read_header(r, columns, &n, err));
    find_columns(r, columns, n);
    feed_kind_guess(columns, n, &guess);
    if (r->at[COL_TIME] == NOT_THERE || (r->at[COL_IP] == NOT_THERE && (!guess.n || guess.weak)))
        return bw_fail(err, BW_INVALID,
                       "the header names no column for the time (\"timestamp\") or "
                       "the address (\"ip\")");
    r->kind = feed_kind_of_name(name);
    if (!r->kind)
        settle(r, &guess);
    point_at_victim(r, columns, n);
    name_service(r);
    return BW_OK;
}

enum bw_rc feed_rows_open(struct bw_view bytes, struct bw_view name, int64_t now_us,
                          struct feed_rows **ret, struct bw_err *err)
{
    BW_AUTO(feed_rows) *r = bw_calloc(1, sizeof(*r));
    if (!r)
        return bw_fail_memory(err);
    r->arena = bw_arena_new(ARENA_BYTES);
    if (!r->arena)
        return bw_fail_memory(err);
    r->latest_us = now_us + BW_DAY_US;
    text_csv_open(&r->csv, bytes);
    BW_TRY(open_rows(r, name, err));
    *ret = BW_TAKE(r);
    return BW_OK;
}

void feed_rows_free(struct feed_rows *r)
{
    if (!r)
        return;
    bw_arena_free(r->arena);
    free(r);
}

const struct feed_kind *feed_rows_kind(const struct feed_rows *r)
{
    return r->kind;
}

struct bw_view feed_rows_header(const struct feed_rows *r)
{
    return r->header;
}

size_t feed_rows_offset(const struct feed_rows *r)
{
    return r->csv.at;
}

void feed_rows_forget(struct feed_rows *r)
{
    bw_arena_reset(r->arena);
}

/* -- one row ----------------------------------------------------------------------------------- */

static struct bw_view shown(struct bw_view v)
{
    return bw_utf8_head(v, 60);
}

static bool is_plain(char c)
{
    return c > ' ' && c < 0x7f && (c < 'A' || c > 'Z');
}

/* A word for people and for telling findings apart: lower case, printable, short. Borrowed where
 * the cell is so already, which is nearly always. */
static struct bw_view word(struct feed_rows *r, struct bw_view v)
{
    v = bw_view_head(v, FEED_WORD_MAX);
    size_t i = 0;
    while (i < v.n && is_plain(v.p[i]))
        i++;
    if (i == v.n)
        return v;
    char *out = bw_arena_get(r->arena, v.n);
    if (!out)
        return (struct bw_view){NULL, 0};
    for (i = 0; i < v.n; i++) {
        char c = v.p[i];
        out[i] = is_plain(c) ? c : c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : '_';
    }
    return bw_view_of(out, v.n);
}

static enum bw_rc read_time(struct feed_rows *r, int64_t *ret_us, struct bw_err *err)
{
    struct bw_view text = cell(r, COL_TIME);
    int64_t at_us;
    if (text.n == 0)
        return bw_fail(err, BW_INVALID, "the time is missing");
    if (!feed_time_parse(text, &at_us))
        return bw_fail(err, BW_INVALID, "\"%.*s\" is not a time like 2026-11-21 06:05:00",
                       BW_VF(shown(text)));
    if (at_us > r->latest_us)
        return bw_fail(err, BW_INVALID, "the time \"%.*s\" is in the future", BW_VF(shown(text)));
    if (at_us < EARLIEST_US)
        return bw_fail(err, BW_INVALID, "the time \"%.*s\" is before 1990", BW_VF(shown(text)));
    *ret_us = at_us;
    return BW_OK;
}

static enum bw_rc read_ip(struct feed_rows *r, struct bw_ip *ret, struct bw_err *err)
{
    static const struct bw_ip V6_NONE = {{0}};
    static const struct bw_ip V4_NONE = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0}};
    struct bw_view text = cell(r, COL_IP);
    if (r->at[COL_IP] == NOT_THERE)
        return bw_fail(err, BW_INVALID, "reports of the kind %s name no address", r->kind->name);
    if (text.n == 0)
        return bw_fail(err, BW_INVALID, "the address is missing");
    if (bw_view_find_byte(text, '%') != SIZE_MAX)
        return bw_fail(err, BW_INVALID, "the address \"%.*s\" has a zone", BW_VF(shown(text)));
    if (!bw_ip_parse(text, ret))
        return bw_fail(err, BW_INVALID, "\"%.*s\" is not an IP address", BW_VF(shown(text)));
    if (bw_ip_cmp(ret, &V4_NONE) == 0 || bw_ip_cmp(ret, &V6_NONE) == 0)
        return bw_fail(err, BW_INVALID, "\"%.*s\" is no host's address", BW_VF(shown(text)));
    return BW_OK;
}

static int32_t read_port(struct feed_rows *r)
{
    int64_t port;
    struct bw_view text = cell(r, COL_PORT);
    return bw_view_int(text, &port) && port >= 0 && port <= 65535 ? (int32_t)port : -1;
}

/* The row's own severity comes before the type's. */
static int read_severity(struct feed_rows *r, int otherwise)
{
    static const char *const WORDS[] = {"info", "low", "medium", "high", "critical"};
    struct bw_view text = cell(r, COL_SEVERITY);
    for (int i = 0; text.n && i < (int)BW_COUNT(WORDS); i++)
        if (bw_view_eq_nocase(text, bw_view_z(WORDS[i])))
            return i;
    return otherwise;
}

static void classify(struct feed_rows *r, struct watch_event *e)
{
    struct bw_view said = cell(r, COL_TYPE), infection = cell(r, COL_INFECTION);
    enum { HIGH = 3, CRITICAL = 4 };
    e->rsit_type = bw_view_z(r->kind->rsit_type);
    e->severity = r->kind->severity;
    if (said.n && watch_rsit_known(said)) {
        e->rsit_type = said;
    } else if (r->kind == &feed_kind_unknown && infection.n) {
        e->rsit_type = BW_V("infected-system");
        e->severity = HIGH;
    } else if (strstr(r->kind->name, "_exchange") &&
               bw_view_find(cell(r, COL_TAG), BW_V("webshell")) != SIZE_MAX) {
        e->rsit_type = BW_V("system-compromise"); /* not only open to attack: attacked */
        e->severity = CRITICAL;
    }
    e->severity = read_severity(r, e->severity);
}

static struct bw_view family_of(struct feed_rows *r)
{
    struct bw_view v = cell(r, COL_FAMILY);
    if (v.n == 0)
        v = cell(r, COL_INFECTION);
    if (v.n == 0)
        v = r->service;
    if (v.n == 0)
        v = cell(r, COL_TAG);
    return word(r, v);
}

/* Missing cells at the end are empty ones; cells too many have shifted the others. */
static enum bw_rc check_width(const struct feed_rows *r, struct bw_err *err)
{
    for (size_t i = r->n_columns; i < r->record.n; i++)
        if (r->record.cells[i].text.n)
            return bw_fail(err, BW_INVALID, "the row has %zu cells, the header %zu", r->record.n,
                           r->n_columns);
    return BW_OK;
}

static enum bw_rc read_row(struct feed_rows *r, struct watch_event *e, struct bw_err *err)
{
    *e = (struct watch_event){.report = bw_view_z(r->kind->name), .evidence = r->record.raw};
    BW_TRY(check_width(r, err));
    BW_TRY(read_ip(r, &e->ip, err));
    BW_TRY(read_time(r, &e->seen_us, err));
    e->port = read_port(r);
    e->protocol = word(r, cell(r, COL_PROTOCOL));
    e->family = family_of(r);
    classify(r, e);
    return BW_OK;
}

enum feed_row feed_rows_next(struct feed_rows *r, struct watch_event *ret, size_t *ret_line,
                             struct bw_err *err)
{
    enum text_csv_got got = text_csv_next(&r->csv, &r->record);
    *ret_line = r->record.line;
    if (got == TEXT_CSV_END)
        return FEED_ROW_END;
    if (got == TEXT_CSV_WRONG) {
        (void)bw_fail(err, BW_INVALID, "%s", r->record.wrong);
        return FEED_ROW_REFUSED;
    }
    return read_row(r, ret, err) == BW_OK ? FEED_ROW_EVENT : FEED_ROW_REFUSED;
}
