/* SPDX-License-Identifier: Apache-2.0 */
/* test_intel_stix - what the tests of STIX share: a community, importing a text, reading pages. */
#ifndef TEST_INTEL_STIX_H
#define TEST_INTEL_STIX_H

#include "intel_stix.h"
#include "member_test.h"

#define UNUSED __attribute__((unused))

static struct member_test ts;
static const struct viewer *ts_as[MT_PEOPLE + 1];
static struct intel_report ts_report; /* of the last import */
static struct bw_err ts_err;

/* A fresh community under NAME; the one before is closed. */
UNUSED static void ts_open(const char *name)
{
    if (ts.arena)
        member_test_close(&ts);
    member_test_open(&ts, name, room_intel.migrations, room_intel.n_migrations);
    for (int i = 0; i <= MT_PEOPLE; i++)
        ts_as[i] = member_test_viewer(&ts, (enum member_test_person)i);
}

UNUSED static void ts_close(void)
{
    if (ts.arena)
        member_test_close(&ts);
}

UNUSED static enum bw_rc ts_import_as(enum member_test_person who, enum tlp tlp,
                                      struct intel_audience_in audience, struct bw_view bytes)
{
    ts_report = (struct intel_report){.arena = ts.arena};
    const struct intel_import in = {.hub = &ts.hub,
                                    .viewer = ts_as[who],
                                    .tlp = tlp,
                                    .audience = audience};
    enum bw_rc rc = intel_stix_import(&in, bytes, &ts_report, &ts_err);
    if (rc == BW_BROKEN || rc == BW_IO)
        printf("# import: %s (%s)\n", ts_err.message, ts_err.detail);
    return rc;
}

/* As the bank, TLP:GREEN, for everybody. */
UNUSED static enum bw_rc ts_import(const char *text)
{
    return ts_import_as(MT_BANK_REP, TLP_GREEN, (struct intel_audience_in){.everybody = true},
                        bw_view_z(text));
}

UNUSED static bool ts_counts(int64_t taken, int64_t same, int64_t refused)
{
    bool ok = ts_report.taken == taken && ts_report.same == same && ts_report.refused == refused;
    if (!ok)
        printf("# taken %lld, same %lld, refused %lld\n", (long long)ts_report.taken,
               (long long)ts_report.same, (long long)ts_report.refused);
    for (size_t i = 0; i < ts_report.n_reasons && !ok; i++)
        printf("# %.*s: %.*s\n", BW_VF(ts_report.reasons[i].where),
               BW_VF(ts_report.reasons[i].why));
    return ok;
}

UNUSED static bool ts_said(const char *word)
{
    for (size_t i = 0; i < ts_report.n_reasons; i++)
        if (bw_view_find(ts_report.reasons[i].why, bw_view_z(word)) != SIZE_MAX ||
            bw_view_find(ts_report.reasons[i].where, bw_view_z(word)) != SIZE_MAX)
            return true;
    return false;
}

/* What one page gave: the bytes of its objects, a line each. */
struct ts_page {
    struct bw_buf bytes;
    struct intel_object_page page;
};
UNUSED static enum bw_rc ts_row(void *arg, const struct intel_object *o, struct bw_err *err)
{
    struct ts_page *p = arg;
    (void)err;
    bw_buf_view(&p->bytes, o->bytes);
    bw_buf_byte(&p->bytes, '\n');
    return BW_OK;
}
UNUSED static bool ts_read(enum member_test_person who, const struct intel_object_filter *f,
                           struct ts_page *p)
{
    BW_AUTO(db) *db = NULL;
    if (db_open(ts.hub.db, &db, &ts_err) != BW_OK)
        return false;
    p->bytes.cap = (size_t)64 << 20;
    bw_buf_reset(&p->bytes);
    enum bw_rc rc = intel_object_page(db, ts_as[who], f, ts_row, p, &p->page, &ts_err);
    if (rc != BW_OK)
        printf("# page: %s (%s)\n", ts_err.message, ts_err.detail);
    return rc == BW_OK;
}
UNUSED static void ts_page_done(struct ts_page *p)
{
    bw_buf_done(&p->bytes);
}

/* How many versions of ID this person is given; MODE "last", "first" or "all". */
UNUSED static size_t ts_sees(enum member_test_person who, const char *id, const char *mode)
{
    struct ts_page p = {.page = {.n = 0}};
    struct bw_view ids[] = {bw_view_z(id)};
    const struct intel_object_filter f = {
        .ids = ids,
        .n_ids = 1,
        .limit = INTEL_OBJECTS_MAX,
        .bytes_max = SIZE_MAX,
        .versions = {.first = *mode == 'f', .all = *mode == 'a', .last = *mode == 'l'},
    };
    size_t n = ts_read(who, &f, &p) ? p.page.n : SIZE_MAX;
    ts_page_done(&p);
    return n;
}

/* One number as the system. */
#define TS_NUMBER(sql)                                                               \
    ({                                                                               \
        BW_AUTO(db) *db_ = NULL;                                                     \
        int64_t got_ = -1;                                                           \
        if (db_open(ts.hub.db, &db_, &ts_err) == BW_OK) {                            \
            BW_AUTO(db_stmt) *st_ = NULL;                                            \
            if (db_query(db_, viewer_system("test"), sql, &st_, &ts_err) == BW_OK && \
                db_row(st_, &ts_err) == BW_OK)                                       \
                got_ = db_int(st_, 0);                                               \
        }                                                                            \
        got_;                                                                        \
    })

#endif
