/* SPDX-License-Identifier: Apache-2.0 */
/* Records, times, and what a file is taken for. */
#include "feed_int.h"

#include "bw_clock.h"
#include "bw_test.h"

#include <stdlib.h>

/* -- records ----------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    struct bw_view in;
    const char *want; /* cells in [], records in (line ...), wrong ones as !line */
} RECORDS[] = {
    {"nothing", BW_VIEW_INIT(""), ""},
    {"blank lines", BW_VIEW_INIT("\n\r\n\n"), ""},
    {"one cell", BW_VIEW_INIT("a"), "(1[a])"},
    {"two rows", BW_VIEW_INIT("a,b\nc,d\n"), "(1[a][b])(2[c][d])"},
    {"CRLF", BW_VIEW_INIT("a,b\r\nc,\"d\"\r\n"), "(1[a][b])(2[c][d])"},
    {"empty cells", BW_VIEW_INIT(",,\n\"\",x"), "(1[][][])(2[][x])"},
    {"quotes, commas", BW_VIEW_INIT("\"a,b\",c"), "(1[a,b][c])"},
    {"doubled quotes", BW_VIEW_INIT("\"a \"\"b\"\"\",c"), "(1[a \"b\"][c])"},
    {"line end in a cell", BW_VIEW_INIT("\"a\nb\",c\nd,e"), "(1[a\nb][c])(3[d][e])"},
    {"a quote within a plain cell", BW_VIEW_INIT("a\"b,c"), "(1[a\"b][c])"},
    {"blanks around", BW_VIEW_INIT(" a ,\" b \""), "(1[a][b])"},
    {"byte order mark",
     BW_VIEW_INIT("\xef\xbb\xbf"
                  "a,b"),
     "(1[a][b])"},
    {"blank line between", BW_VIEW_INIT("a\n\nb"), "(1[a])(3[b])"},
    {"text behind a quote costs its line", BW_VIEW_INIT("a,\"b\"c\nd\n"), "!1(2[d])"},
    {"an open quote costs its line", BW_VIEW_INIT("a,\"b\nc,d\ne"), "!1(2[c][d])(3[e])"},
    {"an open quote that meets another", BW_VIEW_INIT("a,\"b\n\"c\",d\ne"), "!1(2[c][d])(3[e])"},
    {"NUL costs its line", BW_VIEW_INIT("a,b\0\nc"), "!1(2[c])"},
    {"NUL in quotes", BW_VIEW_INIT("\"a\0\",b\nc"), "!1(2[c])"},
    {"a lone CR stays", BW_VIEW_INIT("a\rb,c"), "(1[a\rb][c])"},
};

static void spell(struct bw_view in, struct bw_buf *out)
{
    static struct text_record r;
    struct text_csv c;
    enum text_csv_got got;
    BW_AUTO(bw_arena) *arena = bw_arena_new(1 << 20);
    BW_ASSERT(arena);
    text_csv_open(&c, in);
    while ((got = text_csv_next(&c, &r)) != TEXT_CSV_END) {
        if (got == TEXT_CSV_WRONG) {
            bw_buf_printf(out, "!%zu", r.line);
            continue;
        }
        bw_buf_printf(out, "(%zu", r.line);
        for (size_t i = 0; i < r.n; i++) {
            struct bw_view v = text_cell_text(&r.cells[i], arena);
            bw_buf_printf(out, "[%.*s]", BW_VF(v));
        }
        bw_buf_byte(out, ')');
    }
}

BW_TEST(records)
{
    for (size_t i = 0; i < BW_COUNT(RECORDS); i++) {
        BW_AUTO_BUF out = BW_BUF_INIT(4096);
        char *exact = malloc(RECORDS[i].in.n + 1); /* so that reading past the end is seen */
        BW_ASSERT(exact);
        memcpy(exact, RECORDS[i].in.p, RECORDS[i].in.n);
        spell(bw_view_of(exact, RECORDS[i].in.n), &out);
        bool right = bw_view_is(bw_buf_text(&out), RECORDS[i].want);
        if (!right)
            printf("# got %.*s\n", BW_VF(bw_buf_text(&out)));
        SUBTEST(RECORDS[i].name, right);
        free(exact);
    }
}

BW_TEST(limits)
{
    enum { BIG = TEXT_RECORD_MAX + 100 };
    static char text[BIG + 8];
    static struct text_record r;
    struct text_csv c;
    memset(text, 'x', BIG);
    memcpy(text + BIG, "\na,b\n", 5);
    text_csv_open(&c, bw_view_of(text, BIG + 5));
    CHECK(text_csv_next(&c, &r) == TEXT_CSV_WRONG);
    CHECK(r.wrong && strstr(r.wrong, "1 MiB"));
    CHECK(text_csv_next(&c, &r) == TEXT_CSV_RECORD);
    CHECK_INT(r.line, 2);
    CHECK_INT(r.n, 2);
    CHECK(text_csv_next(&c, &r) == TEXT_CSV_END);

    memset(text, ',', TEXT_CELLS_MAX + 4);
    text[TEXT_CELLS_MAX + 4] = '\n';
    text_csv_open(&c, bw_view_of(text, TEXT_CELLS_MAX + 5));
    CHECK(text_csv_next(&c, &r) == TEXT_CSV_WRONG);
    CHECK(text_csv_next(&c, &r) == TEXT_CSV_END);
}

/* -- times ------------------------------------------------------------------------------------- */

static const struct {
    const char *text, *want; /* NULL: no time */
} TIMES[] = {
    {"2019-09-04 15:45:51", "2019-09-04T15:45:51Z"},
    {"2019-09-04T15:45:51Z", "2019-09-04T15:45:51Z"},
    {"2019-09-04 15:45:51 UTC", "2019-09-04T15:45:51Z"},
    {"2019-09-04 15:45:51Z", "2019-09-04T15:45:51Z"},
    {"2019-09-04 15:45:51+00:00", "2019-09-04T15:45:51Z"},
    {"2019-09-04 15:45:51+0000", "2019-09-04T15:45:51Z"},
    {"2019-09-04 23:45:51+08:00", "2019-09-04T15:45:51Z"},
    {"2019-09-04 10:15:51 -0530", "2019-09-04T15:45:51Z"},
    {"2019-09-04 17:45:51+02", "2019-09-04T15:45:51Z"},
    {"2019-09-04 15:45:51.25", "2019-09-04T15:45:51.250Z"},
    {"2019-09-04 15:45:51,250", "2019-09-04T15:45:51.250Z"},
    {"2019-09-04 15:45", "2019-09-04T15:45:00Z"},
    {"2019-09-04", "2019-09-04T00:00:00Z"},
    {" 2019-09-04 15:45:51 ", "2019-09-04T15:45:51Z"},
    {"2016-12-31 23:59:60", "2016-12-31T23:59:59Z"},
    {"1441008970", "2015-08-31T08:16:10Z"},
    {"2019-02-29 00:00:00", NULL},
    {"2019-13-01 00:00:00", NULL},
    {"2019-09-04 25:00:00", NULL},
    {"2019-09-04 15:45:51 HKT", NULL},
    {"2019-09-04 15:45:51+0", NULL},
    {"2019-09-04x", NULL},
    {"04/09/2019", NULL},
    {"-1", NULL},
    {"", NULL},
};

BW_TEST(times)
{
    for (size_t i = 0; i < BW_COUNT(TIMES); i++) {
        char text[BW_TIME_MAX] = "";
        int64_t us;
        bool ok = feed_time_parse(bw_view_z(TIMES[i].text), &us);
        if (ok)
            bw_time_format(us, text);
        bool right = TIMES[i].want ? ok && strcmp(text, TIMES[i].want) == 0 : !ok;
        if (!right)
            printf("# %s: %s\n", TIMES[i].text, text);
        SUBTEST(TIMES[i].text[0] ? TIMES[i].text : "empty", right);
    }
}

/* -- what it is -------------------------------------------------------------------------------- */

enum { REFUSED = -1 };
static const struct {
    const char *name;
    struct bw_view bytes;
    int form;
    const char *says; /* of a refusal */
} FORMS[] = {
    {"bundle", BW_VIEW_INIT("{\"type\":\"bundle\"}"), FEED_STIX, NULL},
    {"array behind blanks and a mark", BW_VIEW_INIT("\xef\xbb\xbf \n[{}]"), FEED_STIX, NULL},
    {"report", BW_VIEW_INIT("\"timestamp\",\"ip\",\"port\"\n"), FEED_REPORT, NULL},
    {"report with src_ip, CRLF", BW_VIEW_INIT("timestamp,protocol,src_ip\r\n"), FEED_REPORT, NULL},
    {"report behind comments", BW_VIEW_INIT("# from a friend\ntimestamp,ip\n"), FEED_REPORT, NULL},
    {"report of accounts, which has no address",
     BW_VIEW_INIT("timestamp,email,infection,source_url,public_source,status,tag\n"), FEED_REPORT,
     NULL},
    {"report of n6", BW_VIEW_INIT("time,id,source,ip\n"), FEED_REPORT, NULL},
    {"list", BW_VIEW_INIT("192.0.2.4\n192.0.2.45\n"), FEED_LIST, NULL},
    {"list with ; comments", BW_VIEW_INIT("; drop list\n192.0.2.0/24 ; SBL1\n"), FEED_LIST, NULL},
    {"list with columns", BW_VIEW_INIT("# x\n192.0.2.4 | AS1 | 2026\n"), FEED_LIST, NULL},
    {"CSV of indicators", BW_VIEW_INIT("type,value\nip,192.0.2.4\n"), FEED_LIST, NULL},
    {"empty", BW_VIEW_INIT(""), REFUSED, "empty"},
    {"blanks", BW_VIEW_INIT(" \n\n"), REFUSED, "blanks"},
    {"zip", BW_VIEW_INIT("PK\x03\x04\x14\0\0\0"), REFUSED, "zip archive: unpack"},
    {"zip of nothing", BW_VIEW_INIT("PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), REFUSED,
     "empty zip archive"},
    {"gzip", BW_VIEW_INIT("\x1f\x8b\x08\0"), REFUSED, "gunzip"},
    {"xz",
     BW_VIEW_INIT("\xfd"
                  "7zXZ\0\0"),
     REFUSED, "unxz"},
    {"zstd", BW_VIEW_INIT("\x28\xb5\x2f\xfd\x04"), REFUSED, "unzstd"},
    {"PDF", BW_VIEW_INIT("%PDF-1.7\n"), REFUSED, "PDF"},
    {"UTF-16 with mark", BW_VIEW_INIT("\xff\xfet\0i\0m\0e\0"), REFUSED, "UTF-16"},
    {"UTF-16 big end first", BW_VIEW_INIT("\xfe\xff\0t\0i"), REFUSED, "UTF-16"},
    {"UTF-16 without mark", BW_VIEW_INIT("t\0i\0m\0e\0,\0"), REFUSED, "UTF-16"},
    {"UTF-32", BW_VIEW_INIT("\xff\xfe\0\0t\0\0\0"), REFUSED, "UTF-32"},
    {"noise", BW_VIEW_INIT("\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f\x10"), REFUSED, "no text"},
    {"web page", BW_VIEW_INIT("<!DOCTYPE html><title>Sign in"), REFUSED, "web page"},
    {"XML", BW_VIEW_INIT("<?xml version=\"1.0\"?>"), REFUSED, "XML"},
    {"a list that begins with BZh", BW_VIEW_INIT("BZh.example\n"), FEED_LIST, NULL},
};

BW_TEST(recognising)
{
    for (size_t i = 0; i < BW_COUNT(FORMS); i++) {
        enum feed_form form;
        struct bw_err err = {0};
        enum bw_rc rc = feed_recognise(FORMS[i].bytes, &form, &err);
        bool right = FORMS[i].form == REFUSED ? (rc == BW_INVALID || rc == BW_UNSUPPORTED) &&
                                                    strstr(err.message, FORMS[i].says)
                                              : rc == BW_OK && (int)form == FORMS[i].form;
        if (!right)
            printf("# rc %d: %s\n", (int)rc, err.message);
        SUBTEST(FORMS[i].name, right);
    }
}

BW_TEST_MAIN()
