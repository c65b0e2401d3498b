/* SPDX-License-Identifier: Apache-2.0 */
/* What kind of report a header is, and rows labelled by hand: time, address, type. The rows are
 * invented. */
#include "feed_int.h"

#include "bw_clock.h"
#include "bw_test.h"

#define NOW_US (INT64_C(1795240800) * BW_SECOND_US) /* 2026-11-21 06:00 UTC */

BW_TEST(the_table_is_sound)
{
    for (size_t i = 0; i < feed_kinds_n; i++) {
        const struct feed_kind *k = &feed_kinds[i];
        bool sibling = k->columns[0] != '=';
        CHECK(watch_rsit_known(bw_view_z(k->rsit_type)));
        CHECK(k->severity >= 0 && k->severity <= 4);
        CHECK(feed_kind_of_name(bw_view_z(k->name)) == k);
        for (size_t j = 0; j < feed_kinds_n; j++) {
            CHECK(i == j || strcmp(k->name, feed_kinds[j].name) != 0);
            sibling = sibling || (strcmp(k->columns + 1, feed_kinds[j].name) == 0 &&
                                  feed_kinds[j].columns[0] != '=');
        }
        CHECK(sibling);
    }
    CHECK(feed_kinds_n >= 170);
}

#define COMMON "timestamp ip protocol port hostname tag asn geo region city naics sector"

/* Every type whose header is its own is found again by its columns and those that all types have.
 */
BW_TEST(each_type_is_known_by_its_own_columns)
{
    size_t checked = 0;
    for (size_t i = 0; i < feed_kinds_n; i++) {
        struct bw_view columns[256], rest = BW_V(COMMON);
        struct feed_kind_guess g;
        size_t n = 0;
        bool found = false;
        if (feed_kinds[i].columns[0] == '=')
            continue;
        while (rest.p)
            columns[n++] = bw_view_split(&rest, ' ');
        for (rest = bw_view_z(feed_kinds[i].columns); rest.p && n < BW_COUNT(columns);)
            columns[n++] = bw_view_split(&rest, ' ');
        feed_kind_guess(columns, n, &g);
        for (size_t j = 0; j < g.n; j++)
            found = found || g.ties[j] == &feed_kinds[i];
        if (!found)
            printf("# %s is taken for %s\n", feed_kinds[i].name, g.n ? g.ties[0]->name : "nothing");
        CHECK(found);
        checked++;
    }
    CHECK(checked > 100);
}

static const struct {
    const char *file, *kind;
} FILES[] = {
    {"scan_rdp.csv", "scan_rdp"},
    {"2026-11-20-scan_rdp-hongkong-geo.csv", "scan_rdp"},
    {"/var/spool/2026-11-20-event4_sinkhole_http-x.csv", "event4_sinkhole_http"},
    {"EVENT6_SINKHOLE.CSV", "event6_sinkhole"},
    {"report.csv", NULL},
    {"", NULL},
    {"scan_rdpx.csv", NULL},
};

BW_TEST(names_of_files)
{
    for (size_t i = 0; i < BW_COUNT(FILES); i++) {
        const struct feed_kind *k = feed_kind_of_name(bw_view_z(FILES[i].file));
        SUBTEST(FILES[i].file[0] ? FILES[i].file : "no name",
                FILES[i].kind ? k && strcmp(k->name, FILES[i].kind) == 0 : k == NULL);
    }
}

/* -- rows labelled by hand --------------------------------------------------------------------- */

#define SINK                                                                                      \
    "timestamp,protocol,src_ip,src_port,src_asn,src_geo,src_region,src_city,src_hostname,"        \
    "device_vendor,device_type,device_model,severity,dst_ip,dst_port,dst_asn,dst_geo,dst_region," \
    "public_source,infection,family,tag,application,version,event_id"

static const struct {
    const char *name, *file, *header, *row;
    const char *kind, *time, *ip, *type,
        *family; /* kind NULL: refused, with family in the reason */
    int port, severity;
} ROWS[] = {
    {"sinkhole", "", SINK,
     "2026-11-20 10:00:00,tcp,192.0.2.7,4711,,,,,,,,,,203.0.113.1,80,,,,,mirai,Mirai,,,,",
     "event4_sinkhole", "2026-11-20T10:00:00Z", "192.0.2.7", "infected-system", "mirai", -1, 4},
    {"sinkhole over IPv6, its own severity", "", SINK,
     "2026-11-20 10:00:00,tcp,2001:db8::7,4711,,,,,,,,,medium,2001:db8::1,80,,,,,,boaxxe,,,,",
     "event6_sinkhole", "2026-11-20T10:00:00Z", "2001:db8::7", "infected-system", "boaxxe", -1, 2},
    {"darknet", "", SINK ",count",
     "2026-11-20 10:00:00,tcp,192.0.2.7,4711,,,,,,,,,,,23,,,,,,mirai,,,,,3",
     "event4_honeypot_darknet", "2026-11-20T10:00:00Z", "192.0.2.7", "other", "mirai", -1, 3},
    {"RDP with quotes and a zone", "",
     "\"timestamp\",\"ip\",\"port\",\"hostname\",\"tag\",\"handshake\",\"asn\",\"rdp_protocol\","
     "\"jarm\"",
     "\"2026-11-20 18:00:00+08:00\",\"198.51.100.9\",3389,\"a \"\"b\"\", "
     "c\",\"rdp\",,64496,\"RDP\",\"N\"",
     "scan_rdp", "2026-11-20T10:00:00Z", "198.51.100.9", "vulnerable-system", "rdp", 3389, 3},
    {"SSL that is old", "",
     "timestamp,ip,port,hostname,tag,handshake,ssl_poodle,cipher_suite,cert_length,"
     "subject_common_name,issuer_common_name,freak_vulnerable,freak_cipher_suite",
     "2026-11-20 10:00:00,198.51.100.9,443,,ssl,,N,,,,,Y,", "scan_ssl", "2026-11-20T10:00:00Z",
     "198.51.100.9", "other", "ssl", 443, 0},
    {"a table of somebody's own", "", "timestamp,ip,url,status,size,user,comment",
     "2026-11-20 10:00:00,198.51.100.9,/,200,1,x,y", "csv", "2026-11-20T10:00:00Z", "198.51.100.9",
     "undetermined", "", -1, 2},
    {"the file's name decides", "2026-11-20-scan_ssl_poodle-x.csv", "timestamp,ip,port",
     "2026-11-20 10:00:00,198.51.100.9,443", "scan_ssl_poodle", "2026-11-20T10:00:00Z",
     "198.51.100.9", "weak-crypto", "ssl-poodle", 443, 1},
    {"common columns, the tag decides", "",
     "timestamp,ip,protocol,port,hostname,tag,asn,geo,region,city,naics,sic",
     "2026-11-20 10:00:00,198.51.100.9,tcp,4786,,cisco-smart-install,,,,,,",
     "scan_cisco_smart_install", "2026-11-20T10:00:00Z", "198.51.100.9", "vulnerable-system",
     "cisco-smart-install", 4786, 4},
    {"common columns and nothing else", "", "timestamp,ip,protocol,port,hostname,tag",
     "2026-11-20 10:00:00,198.51.100.9,TCP,4786,,whatever", "csv", "2026-11-20T10:00:00Z",
     "198.51.100.9", "undetermined", "whatever", 4786, 2},
    {"an unknown table that names an infection", "", "timestamp,ip,infection,cc",
     "2026-11-20 10:00:00,198.51.100.9,conficker,203.0.113.9", "csv", "2026-11-20T10:00:00Z",
     "198.51.100.9", "infected-system", "conficker", -1, 3},
    {"the type is said", "", "time.source,source.ip,classification.type,malware.name",
     "2026-11-20T10:00:00+00:00,198.51.100.9,c2-server,x", "csv", "2026-11-20T10:00:00Z",
     "198.51.100.9", "c2-server", "x", -1, 2},
    {"phishing", "", "timestamp,url,host,ip,asn,geo,region,city,naics,sector,source",
     "2026-11-20 10:00:00,https://x.example/,x.example,198.51.100.9,,,,,,,", "phish_url",
     "2026-11-20T10:00:00Z", "198.51.100.9", "phishing", "", -1, 3},
    {"Exchange", "scan_exchange.csv", "timestamp,ip,port,tag",
     "2026-11-20 10:00:00,198.51.100.9,443,exchange", "scan_exchange", "2026-11-20T10:00:00Z",
     "198.51.100.9", "vulnerable-system", "exchange", 443, 4},
    {"Exchange with a web shell", "scan_exchange.csv", "timestamp,ip,port,tag",
     "2026-11-20 10:00:00,198.51.100.9,443,exchange;webshell", "scan_exchange",
     "2026-11-20T10:00:00Z", "198.51.100.9", "system-compromise", "exchange", 443, 4},
    {"an attack is told to its victim", "event4_honeypot_ddos_target.csv",
     "timestamp,dst_ip,dst_port,src_ip,src_port",
     "2026-11-20 10:00:00,198.51.100.9,80,203.0.113.5,5", "event4_honeypot_ddos_target",
     "2026-11-20T10:00:00Z", "198.51.100.9", "ddos", "", 80, 0},
    {"a mapped address is IPv4", "", "timestamp,ip,tag",
     "2026-11-20 10:00:00,::ffff:198.51.100.9,x", "csv", "2026-11-20T10:00:00Z", "198.51.100.9",
     "undetermined", "x", -1, 2},
    {"cells missing at the end", "", "timestamp,ip,port,tag,more",
     "2026-11-20 10:00:00,198.51.100.9", "csv", "2026-11-20T10:00:00Z", "198.51.100.9",
     "undetermined", "", -1, 2},
    {"an empty cell too many", "", "timestamp,ip", "2026-11-20 10:00:00,198.51.100.9,", "csv",
     "2026-11-20T10:00:00Z", "198.51.100.9", "undetermined", "", -1, 2},
    {"a port that is none", "", "timestamp,ip,port", "2026-11-20 10:00:00,198.51.100.9,99999",
     "csv", "2026-11-20T10:00:00Z", "198.51.100.9", "undetermined", "", -1, 2},
    {"cells too many", "", "timestamp,ip", "2026-11-20 10:00:00,198.51.100.9,x", NULL, NULL, NULL,
     NULL, "3 cells", 0, 0},
    {"no address", "", "timestamp,ip", "2026-11-20 10:00:00,", NULL, NULL, NULL, NULL, "missing", 0,
     0},
    {"five numbers", "", "timestamp,ip", "2026-11-20 10:00:00,37.120.178.9.10", NULL, NULL, NULL,
     NULL, "not an IP address", 0, 0},
    {"zone", "", "timestamp,ip", "2026-11-20 10:00:00,fe80::1%eth0", NULL, NULL, NULL, NULL, "zone",
     0, 0},
    {"0.0.0.0", "", "timestamp,ip", "2026-11-20 10:00:00,0.0.0.0", NULL, NULL, NULL, NULL,
     "no host", 0, 0},
    {"no time", "", "timestamp,ip", ",198.51.100.9", NULL, NULL, NULL, NULL, "time is missing", 0,
     0},
    {"year 0", "", "timestamp,ip", "0000-01-01 00:00:00,198.51.100.9", NULL, NULL, NULL, NULL,
     "not a time", 0, 0},
    {"year 1", "", "timestamp,ip", "0001-01-01 00:00:00,198.51.100.9", NULL, NULL, NULL, NULL,
     "before 1990", 0, 0},
    {"year 9999", "", "timestamp,ip", "9999-12-31 23:59:59,198.51.100.9", NULL, NULL, NULL, NULL,
     "future", 0, 0},
    {"the day after tomorrow", "", "timestamp,ip", "2026-11-22 06:00:01,198.51.100.9", NULL, NULL,
     NULL, NULL, "future", 0, 0},
    {"accounts have no address", "",
     "timestamp,email,infection,source_url,public_source,status,tag",
     "2026-11-20 10:00:00,a@b.example,,,,,", NULL, NULL, NULL, NULL, "name no address", 0, 0},
};

static bool row_is_right(size_t i)
{
    char text[2048], time[BW_TIME_MAX], ip[BW_IP_TEXT_MAX];
    struct feed_rows *rows = NULL;
    struct watch_event e;
    struct bw_err err = {0};
    size_t line = 0;
    int n = snprintf(text, sizeof(text), "%s\n%s\n", ROWS[i].header, ROWS[i].row);
    enum bw_rc rc =
        feed_rows_open(bw_view_of(text, (size_t)n), bw_view_z(ROWS[i].file), NOW_US, &rows, &err);
    enum feed_row got = rc == BW_OK ? feed_rows_next(rows, &e, &line, &err) : FEED_ROW_END;
    bool right = line == 2;
    if (!ROWS[i].kind) {
        right = right && got == FEED_ROW_REFUSED && strstr(err.message, ROWS[i].family);
    } else if (got == FEED_ROW_EVENT) {
        bw_time_format(e.seen_us, time);
        bw_ip_format(&e.ip, ip);
        right = right && bw_view_is(e.report, ROWS[i].kind) && strcmp(time, ROWS[i].time) == 0 &&
                strcmp(ip, ROWS[i].ip) == 0 && bw_view_is(e.rsit_type, ROWS[i].type) &&
                bw_view_is(e.family, ROWS[i].family) && e.port == ROWS[i].port &&
                e.severity == ROWS[i].severity && bw_view_is(e.evidence, ROWS[i].row);
        if (!right)
            printf("# %.*s %s %s %.*s %.*s %d %d\n", BW_VF(e.report), time, ip, BW_VF(e.rsit_type),
                   BW_VF(e.family), (int)e.port, e.severity);
    } else {
        right = false;
    }
    if (!right && err.message[0])
        printf("# %s\n", err.message);
    feed_rows_free(rows);
    return right;
}

BW_TEST(rows_by_hand)
{
    for (size_t i = 0; i < BW_COUNT(ROWS); i++)
        SUBTEST(ROWS[i].name, row_is_right(i));
}

BW_TEST_MAIN()
