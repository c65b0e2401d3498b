/* SPDX-License-Identifier: Apache-2.0 */
/* test_mail - the spool and its delivery to a server in a thread: once each, later, or never. */
#include "bw_fault.h"
#include "bw_test.h"
#include "mail.h"
#include "test_mail_sink.h"
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT_US INT64_C(1795241100000000)

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

/* A spool in a folder of its own; removed by done(). */
struct bench {
    char dir[64];
    struct mail_spool *spool;
};

static bool bench_init(struct bench *b)
{
    snprintf(b->dir, sizeof b->dir, "/tmp/test_mail.XXXXXX");
    bw_clock_fix(AT_US);
    return mkdtemp(b->dir) && mail_spool_open(b->dir, &b->spool, NULL) == BW_OK;
}

static void bench_done(struct bench *b)
{
    mail_spool_free(b->spool);
    nftw(b->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    bw_clock_fix(0);
}
#define BENCH(b)                                                       \
    __attribute__((cleanup(bench_done))) struct bench b = {.dir = ""}; \
    REQUIRE(bench_init(&b))

static size_t count(const struct bench *b, const char *folder)
{
    char path[128];
    size_t n = 0;
    snprintf(path, sizeof path, "%s/%s", b->dir, folder);
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d)) != NULL;)
        n += e->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

static size_t read_file(const struct bench *b, const char *name, char *out, size_t room)
{
    char path[192];
    snprintf(path, sizeof path, "%s/%s", b->dir, name);
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(out, 1, room - 1, f) : 0;
    if (f)
        fclose(f);
    out[n] = 0;
    return n;
}

static struct mail_message message(const char *key, const char *to)
{
    return (struct mail_message){.key = bw_view_z(key),
                                 .from = {BW_V("Breakwater"), BW_V("hub@hub.example")},
                                 .to = {BW_V(""), bw_view_z(to)},
                                 .subject = BW_V("Subject"),
                                 .text = BW_V("Hello\n.\n..two\n"),
                                 .id_domain = BW_V("hub.example"),
                                 .date_us = AT_US};
}

static bool put(struct bench *b, const char *key, const char *to)
{
    struct mail_message m = message(key, to);
    return mail_spool_batch(b->spool, &m, 1, NULL, NULL) == BW_OK;
}

static enum bw_rc deliver(struct bench *b, struct sink *s, struct mail_result *ret)
{
    struct mail_smtp smtp = {.url = sink_url(s), .helo = "hub.example", .timeout_ms = 5000};
    return mail_deliver(b->spool, &smtp, 100, ret, NULL);
}

BW_TEST(a_mail_is_spooled_once)
{
    BENCH(b);
    struct mail_message m[2] = {message("k1", "a@b.example"), message("k2", "a@b.example")};
    size_t added = 9;
    char text[4096];
    CHECK(mail_spool_batch(b.spool, m, 2, &added, NULL) == BW_OK && added == 2);
    CHECK(mail_spool_batch(b.spool, m, 2, &added, NULL) == BW_OK && added == 0);
    CHECK(count(&b, "new") == 2 && count(&b, "tmp") == 0);
    CHECK(read_file(&b, "new/k1.eml", text, sizeof text) > 0);
    CHECK(strstr(text, "X-Breakwater-To: a@b.example\r\n") &&
          strstr(text, "\r\nSubject: Subject\r\n"));
    CHECK(mail_spool_batch(b.spool, m, 0, &added, NULL) == BW_OK && added == 0);
}

BW_TEST(a_bad_mail_takes_its_batch_with_it)
{
    BENCH(b);
    struct mail_message m[2] = {message("k1", "a@b.example"), message("k2", "a\n@b.example")};
    size_t added = 9;
    CHECK(mail_spool_batch(b.spool, m, 2, &added, NULL) == BW_INVALID && added == 9);
    CHECK(count(&b, "new") == 0 && count(&b, "tmp") == 0);
}

BW_TEST(a_full_disk_leaves_nothing_half_done)
{
    static const char *const POINTS[] = {"mail.write", "mail.sync", "mail.rename", "alloc"};
    for (size_t i = 0; i < BW_COUNT(POINTS); i++) {
        BENCH(b);
        struct mail_message m[2] = {message("k1", "a@b.example"), message("k2", "a@b.example")};
        bw_fault_arm(POINTS[i], 1, false);
        CHECK(mail_spool_batch(b.spool, m, 2, NULL, NULL) != BW_OK);
        bw_fault_clear();
        CHECK(count(&b, "new") == 0 && count(&b, "tmp") == 0);
        CHECK(mail_spool_batch(b.spool, m, 2, NULL, NULL) == BW_OK && count(&b, "new") == 2);
    }
}

BW_TEST(every_allocation_fails_in_turn)
{
    BENCH(b);
    struct mail_message m[2] = {message("k1", "a@b.example"), message("k2", "a@b.example")};
    enum bw_rc rc = BW_MEMORY;
    for (uint64_t nth = 1; rc != BW_OK && nth < 100; nth++) {
        bw_fault_arm("alloc", nth, false);
        rc = mail_spool_batch(b.spool, m, 2, NULL, NULL);
        bw_fault_clear();
        CHECK(rc == BW_OK || (rc == BW_MEMORY && count(&b, "new") == 0 && count(&b, "tmp") == 0));
    }
    CHECK(rc == BW_OK && count(&b, "new") == 2);
}

BW_TEST(leftovers_of_a_crash_are_removed)
{
    BENCH(b);
    char path[128];
    snprintf(path, sizeof path, "%s/tmp/1-1", b.dir);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    REQUIRE(fd >= 0);
    close(fd);
    mail_spool_free(b.spool);
    b.spool = NULL;
    REQUIRE(mail_spool_open(b.dir, &b.spool, NULL) == BW_OK);
    CHECK(count(&b, "tmp") == 1); /* it may be another process's, under way */
    REQUIRE(mail_spool_recover(b.spool, NULL) == BW_OK);
    CHECK(count(&b, "tmp") == 0);
}

BW_TEST(without_a_server_mails_stay)
{
    BENCH(b);
    struct mail_result r;
    struct mail_smtp none = {.url = ""};
    REQUIRE(put(&b, "k1", "a@b.example"));
    CHECK(mail_deliver(b.spool, &none, 10, &r, NULL) == BW_UNSUPPORTED);
    CHECK(count(&b, "new") == 1);
}

BW_TEST(delivery_and_no_second_one)
{
    BENCH(b);
    BW_AUTO(sink) *s = sink_new(NULL);
    struct mail_result r;
    REQUIRE(put(&b, "k1", "a@b.example") && put(&b, "k2", "c@d.example"));
    CHECK(deliver(&b, s, &r) == BW_OK);
    CHECK(r.sent == 2 && r.failed == 0 && r.later == 0 && r.waiting == 0);
    CHECK(sink_mails(s) == 2 && sink_connections(s) == 1);
    REQUIRE(sink_mails(s) == 2);
    struct bw_view got = sink_mail(s, 0);
    CHECK(bw_view_starts(got, BW_V("To: <a@b.example>\nDate: ")));
    CHECK(bw_view_ends(got, BW_V("\n\nHello\n.\n..two\n")));
    CHECK(bw_view_find(got, BW_V("X-Breakwater")) == SIZE_MAX);
    CHECK(count(&b, "new") == 0 && count(&b, "sent") == 2);
    CHECK(put(&b, "k1", "a@b.example") && count(&b, "new") == 0);
    CHECK(deliver(&b, s, &r) == BW_OK && r.sent == 0 && sink_mails(s) == 2);
}

BW_TEST(greylisting_is_tried_again)
{
    BENCH(b);
    BW_AUTO(sink) *s = sink_new(NULL);
    struct mail_result r;
    REQUIRE(put(&b, "k1", "grey@b.example") && put(&b, "k2", "a@b.example"));
    CHECK(deliver(&b, s, &r) == BW_OK && r.later == 1 && r.sent == 1);
    CHECK(deliver(&b, s, &r) == BW_OK && r.sent == 0 && r.waiting == 1);
    bw_clock_step(BW_MINUTE_US);
    CHECK(deliver(&b, s, &r) == BW_OK && r.sent == 1 && sink_mails(s) == 2);
}

BW_TEST(what_the_server_refuses_goes_to_failed)
{
    BENCH(b);
    BW_AUTO(sink) *s = sink_new(NULL);
    struct mail_result r;
    char text[4096];
    REQUIRE(put(&b, "k1", "gone@b.example") && put(&b, "k2", "spam@b.example"));
    REQUIRE(put(&b, "k3", "a@b.example"));
    CHECK(deliver(&b, s, &r) == BW_OK && r.failed == 2 && r.sent == 1);
    CHECK(count(&b, "new") == 0 && count(&b, "failed") == 2);
    CHECK(read_file(&b, "failed/k1.eml", text, sizeof text) > 0);
    CHECK(strncmp(text, "X-Breakwater-Failed: ", 21) == 0 && strstr(text, "550"));
    CHECK(put(&b, "k1", "gone@b.example") && count(&b, "new") == 0);
}

BW_TEST(a_failed_mail_can_be_moved_back)
{
    BENCH(b);
    BW_AUTO(sink) *s = sink_new(NULL);
    struct mail_result r;
    char from[128], to[128];
    REQUIRE(put(&b, "k1", "gone@b.example"));
    CHECK(deliver(&b, s, &r) == BW_OK && r.failed == 1);
    snprintf(from, sizeof from, "%s/failed/k1.eml", b.dir);
    snprintf(to, sizeof to, "%s/new/k1.eml", b.dir);
    CHECK(rename(from, to) == 0);
    CHECK(deliver(&b, s, &r) == BW_OK && r.failed == 1 && count(&b, "failed") == 1);
}

BW_TEST(a_server_that_closes_stops_the_run)
{
    BENCH(b);
    BW_AUTO(sink) *s = sink_new(NULL);
    struct mail_result r;
    REQUIRE(put(&b, "k1", "busy@b.example") && put(&b, "k2", "a@b.example"));
    CHECK(deliver(&b, s, &r) == BW_IO && r.sent == 0 && count(&b, "new") == 2);
}

BW_TEST(a_mail_that_breaks_the_connection_lets_others_pass)
{
    BENCH(b);
    BW_AUTO(sink) *s = sink_new(NULL);
    struct mail_result r;
    REQUIRE(put(&b, "k1", "drop@b.example") && put(&b, "k2", "a@b.example"));
    CHECK(deliver(&b, s, &r) == BW_IO && r.later == 1);
    CHECK(deliver(&b, s, &r) == BW_OK && r.sent == 1 && r.waiting == 1);
}

BW_TEST(nobody_listens)
{
    BENCH(b);
    struct mail_result r;
    struct bw_err err = {0};
    struct mail_smtp smtp = {.url = "smtp://127.0.0.1:1", .timeout_ms = 2000};
    REQUIRE(put(&b, "k1", "a@b.example"));
    CHECK(mail_deliver(b.spool, &smtp, 10, &r, &err) == BW_IO && err.message[0]);
    CHECK(r.waiting == 1 && count(&b, "new") == 1);
}

BW_TEST(it_is_given_up_after_days)
{
    BENCH(b);
    BW_AUTO(sink) *s = sink_new(NULL);
    struct mail_result r;
    REQUIRE(put(&b, "k1", "grey@b.example"));
    bw_clock_step(MAIL_GIVE_UP_US);
    CHECK(deliver(&b, s, &r) == BW_OK && r.failed == 1 && count(&b, "failed") == 1);
}

BW_TEST(tls_is_not_bargained_over)
{
    BENCH(b);
    BW_AUTO(sink) *s = sink_new(NULL);
    struct mail_result r;
    struct mail_message m = message("k1", "a@b.example");
    m.need_tls = true;
    REQUIRE(mail_spool_batch(b.spool, &m, 1, NULL, NULL) == BW_OK && put(&b, "k2", "a@b.example"));
    CHECK(deliver(&b, s, &r) == BW_OK && r.later == 1 && r.sent == 1 && sink_mails(s) == 1);
    struct mail_smtp smtp = {.url = sink_url(s), .tls = MAIL_TLS_REQUIRED, .timeout_ms = 5000};
    REQUIRE(put(&b, "k3", "a@b.example"));
    CHECK(mail_deliver(b.spool, &smtp, 10, &r, NULL) == BW_IO && sink_mails(s) == 1);
}

BW_TEST(signing_in)
{
    BENCH(b);
    BW_AUTO(sink) *s = sink_new("AHVzZXIAcGFzcw=="); /* \0user\0pass */
    struct mail_result r;
    struct mail_smtp smtp = {.url = sink_url(s),
                             .user = "user",
                             .password = "no",
                             .timeout_ms = 5000};
    REQUIRE(put(&b, "k1", "a@b.example"));
    CHECK(mail_deliver(b.spool, &smtp, 10, &r, NULL) == BW_IO && r.failed == 0);
    CHECK(deliver(&b, s, &r) == BW_IO && r.failed == 0 && count(&b, "new") == 1);
    smtp.password = "pass";
    CHECK(mail_deliver(b.spool, &smtp, 10, &r, NULL) == BW_OK && r.sent == 1);
}

BW_TEST(a_file_that_is_no_mail)
{
    BENCH(b);
    BW_AUTO(sink) *s = sink_new(NULL);
    struct mail_result r;
    char path[128];
    snprintf(path, sizeof path, "%s/new/x.eml", b.dir);
    FILE *f = fopen(path, "w");
    REQUIRE(f);
    fputs("X-Breakwater-To: a@b.example> SIZE=1\r\n\r\nx", f);
    fclose(f);
    bw_clock_fix(0);
    CHECK(deliver(&b, s, &r) == BW_OK && r.failed == 1 && sink_mails(s) == 0);
}

BW_TEST(old_names_are_forgotten)
{
    BENCH(b);
    BW_AUTO(sink) *s = sink_new(NULL);
    struct mail_result r;
    REQUIRE(put(&b, "k1", "a@b.example") && put(&b, "k2", "gone@b.example"));
    CHECK(deliver(&b, s, &r) == BW_OK);
    CHECK(mail_spool_purge(b.spool, BW_DAY_US, NULL) == BW_OK && count(&b, "sent") == 1);
    bw_clock_step(2 * BW_DAY_US);
    CHECK(mail_spool_purge(b.spool, BW_DAY_US, NULL) == BW_OK);
    CHECK(count(&b, "sent") == 0 && count(&b, "failed") == 0);
}

BW_TEST(three_hundred)
{
    enum { MAILS = 300 };
    BENCH(b);
    BW_AUTO(sink) *s = sink_new(NULL);
    static struct mail_message m[MAILS];
    static char keys[MAILS][16];
    struct mail_result r;
    size_t added = 0;
    struct mail_smtp smtp = {.url = sink_url(s), .timeout_ms = 5000};
    for (int i = 0; i < MAILS; i++) {
        snprintf(keys[i], sizeof keys[i], "k%d", i);
        m[i] = message(keys[i], "a@b.example");
    }
    int64_t start = bw_mono_us();
    CHECK(mail_spool_batch(b.spool, m, MAILS, &added, NULL) == BW_OK && added == MAILS);
    int64_t spooled = bw_mono_us();
    CHECK(mail_deliver(b.spool, &smtp, 200, &r, NULL) == BW_OK && r.sent == 200 &&
          r.waiting == 100);
    CHECK(mail_deliver(b.spool, &smtp, 200, &r, NULL) == BW_OK && r.sent == 100);
    int64_t sent = bw_mono_us();
    printf("# spooled in %.1f ms, sent in %.1f ms over %zu connections\n",
           (double)(spooled - start) / 1000, (double)(sent - spooled) / 1000, sink_connections(s));
    CHECK(sink_mails(s) == MAILS);
}

BW_TEST_MAIN()
