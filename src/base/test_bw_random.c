/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of bw_random: fixed streams are the same everywhere and apart from each other, secrets are
 * never fixed, and neither threads nor a fork share a draw. */
#include "bw_random.h"
#include "bw_test.h"
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t draw(enum bw_random_purpose purpose)
{
    uint64_t v;
    bw_random_bytes(purpose, &v, sizeof(v));
    return v;
}

BW_TEST(fixed_streams_repeat)
{
    uint64_t first[5], again[5];
    for (int run = 0; run < 2; run++) {
        bw_random_fix(7);
        for (size_t i = 0; i < 5; i++)
            (run ? again : first)[i] = draw(BW_RANDOM_TEST);
    }
    CHECK(memcmp(first, again, sizeof(first)) == 0);
    bw_random_fix(8);
    CHECK(draw(BW_RANDOM_TEST) != first[0]);
    bw_random_free_run();
    CHECK(draw(BW_RANDOM_TEST) != first[1]);
}

/* Demo data and recorded tests depend on these: a change here changes them all. */
BW_TEST(fixed_values_are_kept)
{
    bw_random_fix(1);
    struct bw_id id = bw_id_new();
    CHECK_VIEW(bw_view_z(id.text), "tzck4zrshx22iufi66zpb3j76u");
    CHECK_INT(bw_random_below(BW_RANDOM_DEMO, 1000000), 921468);
    bw_random_free_run();
}

BW_TEST(purposes_are_apart)
{
    bw_random_fix(7);
    uint64_t id = draw(BW_RANDOM_ID), salt = draw(BW_RANDOM_SALT);
    bw_random_fix(7);
    for (int i = 0; i < 10; i++)
        draw(BW_RANDOM_SALT);
    CHECK(draw(BW_RANDOM_ID) == id);
    CHECK(id != salt);
    bw_random_free_run();
}

BW_TEST(secrets_are_never_fixed)
{
    uint64_t first, second;
    bw_random_fix(7);
    first = draw(BW_RANDOM_SECRET);
    bw_random_fix(7);
    second = draw(BW_RANDOM_SECRET);
    CHECK(first != second);
    bw_random_free_run();
}

BW_TEST(every_length_is_filled)
{
    static unsigned char bytes[3000];
    for (int fixed = 0; fixed < 2; fixed++) {
        if (fixed)
            bw_random_fix(3);
        for (size_t n = 0; n < 1200; n = n < 80 ? n + 1 : n + 97) {
            unsigned seen = 0;
            for (int round = 0; round < 16; round++) { /* a byte that stays zero was not filled */
                memset(bytes, 0, sizeof(bytes));
                bw_random_bytes(BW_RANDOM_TEST, bytes, n);
                seen |= n ? bytes[n - 1] : 0;
                CHECK_INT(bytes[n], 0);
            }
            CHECK(n == 0 || seen);
        }
    }
    bw_random_free_run();
}

BW_TEST(below_stays_below_and_reaches_all)
{
    for (int fixed = 0; fixed < 2; fixed++) {
        unsigned count[6] = {0};
        if (fixed)
            bw_random_fix(5);
        for (int i = 0; i < 6000; i++) {
            uint64_t v = bw_random_below(BW_RANDOM_TEST, 6);
            REQUIRE(v < 6);
            count[v]++;
        }
        for (size_t i = 0; i < 6; i++)
            CHECK(count[i] > 800 && count[i] < 1200); /* 7 standard deviations */
        CHECK_INT(bw_random_below(BW_RANDOM_TEST, 1), 0);
        for (int i = 0; i < 100; i++)
            CHECK(bw_random_below(BW_RANDOM_TEST, (UINT64_C(1) << 63) + 1) <= UINT64_C(1) << 63);
    }
    bw_random_free_run();
}

BW_TEST(ids)
{
    struct bw_id last = bw_id_new();
    for (int i = 0; i < 1000; i++) {
        struct bw_id id = bw_id_new();
        CHECK_INT(strlen(id.text), BW_ID_LEN);
        CHECK(bw_id_valid(bw_view_z(id.text)));
        CHECK(strcmp(id.text, last.text) != 0);
        last = id;
    }
}

BW_TEST(id_texts)
{
    static const struct {
        const char *in;
        bool ok;
    } T[] = {
        {"aaaaaaaaaaaaaaaaaaaaaaaaaa", true},
        {"7777777777777777777777777y", true},
        {"77777777777777777777777774", true},
        {"aaaaaaaaaaaaaaaaaaaaaaaaab", false},
        {"aaaaaaaaaaaaaaaaaaaaaaaaa", false},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
        {"Aaaaaaaaaaaaaaaaaaaaaaaaaa", false},
        {"1aaaaaaaaaaaaaaaaaaaaaaaaa", false},
        {"8aaaaaaaaaaaaaaaaaaaaaaaaa", false},
        {"aaaaaaaaaaaa-aaaaaaaaaaaaa", false},
        {"", false},
    };
    for (size_t i = 0; i < BW_COUNT(T); i++)
        SUBTEST(T[i].in[0] ? T[i].in : "empty", bw_id_valid(bw_view_z(T[i].in)) == T[i].ok);
}

BW_TEST(a_fork_does_not_repeat)
{
    int pipe_fds[2];
    uint64_t theirs = 0;
    draw(BW_RANDOM_ID); /* fills the thread's buffer */
    REQUIRE(pipe(pipe_fds) == 0);
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        uint64_t mine = draw(BW_RANDOM_ID);
        ssize_t wrote = write(pipe_fds[1], &mine, sizeof(mine));
        _exit(wrote == sizeof(mine) ? 0 : 1);
    }
    uint64_t ours = draw(BW_RANDOM_ID);
    CHECK_INT(read(pipe_fds[0], &theirs, sizeof(theirs)), sizeof(theirs));
    CHECK_INT(waitpid(child, NULL, 0), child);
    CHECK(ours != theirs);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

enum { DRAWS = 2000 };

static void *draw_many(void *arg)
{
    uint64_t *out = arg;
    for (size_t i = 0; i < DRAWS; i++)
        out[i] = draw(BW_RANDOM_TEST);
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

BW_TEST(threads_share_no_draw)
{
    static uint64_t out[4][DRAWS];
    uint64_t *all = out[0];
    for (int fixed = 0; fixed < 2; fixed++) {
        pthread_t thread[4];
        if (fixed)
            bw_random_fix(9);
        for (size_t i = 0; i < 4; i++)
            REQUIRE(pthread_create(&thread[i], NULL, draw_many, out[i]) == 0);
        for (size_t i = 0; i < 4; i++)
            pthread_join(thread[i], NULL);
        qsort(all, 4 * DRAWS, sizeof(*all), by_value);
        unsigned twice = 0;
        for (size_t i = 1; i < 4 * DRAWS; i++)
            twice += all[i] == all[i - 1];
        CHECK_INT(twice, 0);
    }
    bw_random_free_run();
}

BW_TEST_MAIN()
