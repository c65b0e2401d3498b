/* SPDX-License-Identifier: Apache-2.0 */
/* bench_json - split an array of STIX objects and read four keys of each; jansson beside it.
 *
 * Use: bench_json FILE [runs]. CPU time of the process, the least of the runs; both readers see the
 * same bytes in the same run. */
#include "json.h"

#include "bench_json_peer.h"

#include <stdio.h>
#include <time.h>

static const struct bw_view NAMES[] = {BW_VIEW_INIT("type"), BW_VIEW_INIT("id"),
                                       BW_VIEW_INIT("created"), BW_VIEW_INIT("modified")};

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Moves to the array: the document itself, or the bundle's "objects". */
static bool to_objects(struct json_reader *r)
{
    enum json_event e = json_next(r);
    if (e == JSON_ARRAY)
        return true;
    while (e != JSON_ERROR && (e = json_next(r)) == JSON_KEY) {
        if (json_is(&r->value, "objects"))
            return json_next(r) == JSON_ARRAY;
        if (json_skip(r, NULL) != BW_OK)
            return false;
    }
    return false;
}

static size_t ours(struct bw_view in, struct bw_arena *arena, size_t *ret_bytes)
{
    struct json_reader r;
    struct bw_err err = {BW_OK, "", ""};
    size_t objects = 0, bytes = 0;
    json_open(&r, in, arena, NULL);
    if (!to_objects(&r))
        return 0;
    while (json_next(&r) == JSON_OBJECT) {
        struct json_value v[BW_COUNT(NAMES)];
        struct bw_view raw;
        if (json_fields(&r, NAMES, BW_COUNT(NAMES), v, &raw, &err) != BW_OK)
            break;
        objects++;
        for (size_t i = 0; i < BW_COUNT(NAMES); i++)
            bytes += v[i].raw.n;
    }
    if (json_finish(&r, &err) != BW_OK)
        printf("# %s\n", err.message);
    bw_arena_reset(arena);
    *ret_bytes = bytes;
    return objects;
}

static char *slurp(const char *path, size_t *ret_n)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    fseek(f, 0, SEEK_END);
    long n = ftell(f);
    rewind(f);
    char *p = n > 0 ? malloc((size_t)n) : NULL;
    if (p && fread(p, 1, (size_t)n, f) == (size_t)n)
        *ret_n = (size_t)n;
    fclose(f);
    return p;
}

int main(int argc, char **argv)
{
    size_t n = 0, objects = 0, bytes = 0;
    BW_AUTO_HEAP char *text = argc > 1 ? slurp(argv[1], &n) : NULL;
    BW_AUTO(bw_arena) *arena = bw_arena_new(64U << 20);
    if (!text || !n || !arena) {
        fprintf(stderr, "use: bench_json FILE [runs]\n");
        return 2;
    }
    int64_t runs = 7;
    if (argc > 2 && !bw_view_int(bw_view_z(argv[2]), &runs))
        return 2;
    double best = 1e9, best_peer = 1e9;
    for (int64_t i = 0; i < runs; i++) {
        double t = cpu_s();
        objects = ours(bw_view_of(text, n), arena, &bytes);
        t = cpu_s() - t;
        best = t < best ? t : best;
        printf("breakwater %8.1f MB/s  %zu objects, %zu bytes of values\n", (double)n / t / 1e6,
               objects, bytes);
        if (i < 3) { /* it is slow */
            t = cpu_s();
            objects = bench_json_peer(bw_view_of(text, n), NAMES, BW_COUNT(NAMES), &bytes);
            t = cpu_s() - t;
            best_peer = t < best_peer ? t : best_peer;
            printf("jansson    %8.1f MB/s  %zu objects, %zu bytes of values\n", (double)n / t / 1e6,
                   objects, bytes);
        }
    }
    printf("json_split_4_keys: %.0f MB/s, jansson %.0f MB/s, ratio %.1f\n", (double)n / best / 1e6,
           (double)n / best_peer / 1e6, best_peer / best);
    return 0;
}
