/* SPDX-License-Identifier: Apache-2.0 */
/* Real reports and lists, where the folder BREAKWATER_SHARED has them: each row is taken or
 * explained, and the header alone says what kind it is. */
#include "feed_int.h"

#include "bw_clock.h"
#include "bw_test.h"

#include <dirent.h>
#include <stdlib.h>

static int64_t rows_total, taken_total, valid_refused;
static unsigned files;

static char *read_whole(const char *path, size_t *ret_n)
{
    FILE *f = fopen(path, "rb");
    BW_ASSERT(f && fseek(f, 0, SEEK_END) == 0);
    long n = ftell(f);
    BW_ASSERT(n >= 0 && fseek(f, 0, SEEK_SET) == 0);
    char *bytes = malloc((size_t)n + 1);
    BW_ASSERT(bytes && fread(bytes, 1, (size_t)n, f) == (size_t)n);
    fclose(f);
    *ret_n = (size_t)n;
    return bytes;
}

/* What the rows of these reports are, by their publisher's classification; the two that its schema
 * leaves open by what they report: Microsoft's sinkholes see infected hosts, phishing pages are
 * phishing. */
static const char *type_by_hand(const char *name)
{
    static const struct {
        const char *start, *type;
    } TYPES[] = {
        {"compromised_website", "system-compromise"},
        {"event4_ddos_participant", "ddos"},
        {"event4_honeypot_darknet", "other"},
        {"event4_honeypot_ddos_amp", "ddos"},
        {"event4_honeypot_http_scan", "scanner"},
        {"event4_microsoft_sinkhole", "infected-system"},
        {"event4_sinkhole", "infected-system"},
        {"event6_sinkhole", "infected-system"},
        {"phish_url", "phishing"},
        {"sandbox_", "malware-distribution"},
        {"scan_quic", "other"},
        {"scan_ssl_poodle", "weak-crypto"},
        {"scan_ssl.", "other"},
        {"scan_", "vulnerable-system"},
    };
    for (size_t i = 0; i < BW_COUNT(TYPES); i++)
        if (strncmp(name, TYPES[i].start, strlen(TYPES[i].start)) == 0)
            return TYPES[i].type;
    return "?";
}

/* With and without the file's name: the type of each row is the same. */
static bool file_is_right(const char *name, struct bw_view bytes, bool with_name)
{
    struct feed_rows *rows = NULL;
    struct watch_event e;
    struct bw_err err = {0};
    bool right = true;
    size_t line;
    struct bw_view hint = with_name ? bw_view_z(name) : (struct bw_view){NULL, 0};
    if (feed_rows_open(bytes, hint, bw_now_us(), &rows, &err) != BW_OK) {
        printf("# %s\n", err.message);
        return false;
    }
    for (enum feed_row got; (got = feed_rows_next(rows, &e, &line, &err)) != FEED_ROW_END;) {
        rows_total++;
        taken_total += got == FEED_ROW_EVENT;
        if (got == FEED_ROW_REFUSED) {
            printf("# %s line %zu: %s\n", name, line, err.message);
            valid_refused += strstr(err.message, "not an IP address") == NULL;
            continue;
        }
        bool webshell = bw_view_find(e.evidence, BW_V("webshell")) != SIZE_MAX;
        const char *want = webshell ? "system-compromise" : type_by_hand(name);
        if (!bw_view_is(e.rsit_type, want)) {
            printf("# %s line %zu: %.*s %.*s\n", name, line, BW_VF(e.report), BW_VF(e.rsit_type));
            right = false;
        }
        right = right && e.evidence.n > 10 && e.seen_us > INT64_C(1200000000) * BW_SECOND_US;
    }
    const struct feed_kind *by_name = feed_kind_of_name(bw_view_z(name));
    if (with_name && by_name)
        right = right && feed_rows_kind(rows) == by_name;
    feed_rows_free(rows);
    return right;
}

static void each(const char *folder, bool (*check)(const char *name, struct bw_view bytes))
{
    char path[4096];
    const char *shared = getenv("BREAKWATER_SHARED");
    snprintf(path, sizeof(path), "%s/data/%s", shared, folder);
    DIR *dir = opendir(path);
    for (struct dirent *d; dir && (d = readdir(dir));) {
        size_t n;
        if (d->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/data/%s/%s", shared, folder, d->d_name);
        char *bytes = read_whole(path, &n);
        SUBTEST(d->d_name, check(d->d_name, bw_view_of(bytes, n)));
        files++;
        free(bytes);
    }
    if (dir)
        closedir(dir);
}

static bool report_is_right(const char *name, struct bw_view bytes)
{
    enum feed_form form;
    struct bw_err err;
    return feed_recognise(bytes, &form, &err) == BW_OK && form == FEED_REPORT &&
           file_is_right(name, bytes, true) && file_is_right(name, bytes, false);
}

BW_TEST(shadowserver)
{
    if (!getenv("BREAKWATER_SHARED")) {
        SKIP(46, "BREAKWATER_SHARED is not set");
        return;
    }
    each("shadowserver", report_is_right);
    printf("# %u files, %lld rows read, %lld taken\n", files, (long long)rows_total,
           (long long)taken_total);
    CHECK_INT(files, 46);
    CHECK_INT(valid_refused, 0);
    CHECK(taken_total * 1000 >= rows_total * 990);
}

static bool is_list(const char *name, struct bw_view bytes)
{
    enum feed_form form;
    struct bw_err err;
    return feed_recognise(bytes, &form, &err) == BW_OK && form == FEED_LIST;
}

BW_TEST(lists)
{
    static const char *const folders[] = {"feeds/blocklistde", "feeds/dataplane", "feeds/dshield",
                                          "feeds/openphish", "feeds/spamhaus"};
    if (!getenv("BREAKWATER_SHARED")) {
        SKIP(20, "BREAKWATER_SHARED is not set");
        return;
    }
    for (size_t i = 0; i < BW_COUNT(folders); i++)
        each(folders[i], is_list);
}

BW_TEST_MAIN()
