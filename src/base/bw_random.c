/* SPDX-License-Identifier: Apache-2.0 */
/* bw_random - the kernel's generator in service, one counter stream a purpose when fixed.
 *
 * Small draws that are no secrets (ids, jitter) come from a buffer of the thread, which saves a
 * system call each; a child of fork() throws its copy away, or parent and child would give the same
 * ids. The fixed streams are SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number
 * Generators", 2014): word i is mix(key + i * step). Predictable by design, never for secrets. */
#include "bw_random.h"

#include <errno.h>
#include <pthread.h>
#include <sys/random.h>

enum { BUFFER_BYTES = 512, BUFFERED_DRAW_MAX = 64 };

#define SPLITMIX_STEP UINT64_C(0x9E3779B97F4A7C15) /* 2^64 by the golden ratio */

static struct {
    pthread_mutex_t mutex;
    bool fixed; /* read without the mutex */
    uint64_t at[BW_RANDOM_PURPOSES];
} stream = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static struct {
    pthread_once_t once;
    uint64_t generation; /* one more in every child of fork() */
} forks = {.once = PTHREAD_ONCE_INIT, .generation = 1};

static _Thread_local struct {
    unsigned char bytes[BUFFER_BYTES];
    size_t left;
    uint64_t generation;
} buffer;

static void from_kernel(unsigned char *out, size_t n)
{
    while (n > 0) {
        ssize_t got = getrandom(out, n, 0);
        BW_ASSERT(got > 0 || errno == EINTR); /* without randomness nothing may go on */
        if (got > 0) {
            out += got;
            n -= (size_t)got;
        }
    }
}

static void count_fork(void)
{
    forks.generation++; /* only the thread that forked is in the child */
}

static void watch_forks(void)
{
    int failed = pthread_atfork(NULL, NULL, count_fork);
    BW_ASSERT(!failed);
}

static void from_buffer(unsigned char *out, size_t n)
{
    pthread_once(&forks.once, watch_forks);
    if (buffer.left < n || buffer.generation != forks.generation) {
        from_kernel(buffer.bytes, sizeof(buffer.bytes));
        buffer.left = sizeof(buffer.bytes);
        buffer.generation = forks.generation;
    }
    buffer.left -= n;
    memcpy(out, buffer.bytes + buffer.left, n);
    memset(buffer.bytes + buffer.left, 0, n); /* what was given out is not kept */
}

static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* False: the streams are not fixed. Bytes are little-endian words, so all machines agree. */
static bool from_stream(enum bw_random_purpose purpose, unsigned char *out, size_t n)
{
    pthread_mutex_lock(&stream.mutex);
    bool fixed = __atomic_load_n(&stream.fixed, __ATOMIC_RELAXED);
    for (size_t i = 0; fixed && i < n;) {
        uint64_t word = mix(stream.at[purpose] += SPLITMIX_STEP);
        for (size_t k = 0; k < sizeof(word) && i < n; k++)
            out[i++] = (unsigned char)(word >> (8 * k));
    }
    pthread_mutex_unlock(&stream.mutex);
    return fixed;
}

void bw_random_bytes(enum bw_random_purpose purpose, void *out, size_t n)
{
    BW_ASSERT(purpose < BW_RANDOM_PURPOSES);
    if (n == 0)
        return;
    if (purpose != BW_RANDOM_SECRET) {
        if (BW_UNLIKELY(__atomic_load_n(&stream.fixed, __ATOMIC_RELAXED)) &&
            from_stream(purpose, out, n))
            return;
        if (n <= BUFFERED_DRAW_MAX) {
            from_buffer(out, n);
            return;
        }
    }
    from_kernel(out, n);
}

uint64_t bw_random_below(enum bw_random_purpose purpose, uint64_t bound)
{
    BW_ASSERT(bound > 0);
    uint64_t skip = (0 - bound) % bound; /* 2^64 mod bound: values that would come once too often */
    uint64_t word;
    do {
        unsigned char bytes[sizeof(word)];
        bw_random_bytes(purpose, bytes, sizeof(bytes));
        word = 0;
        for (size_t k = 0; k < sizeof(bytes); k++)
            word |= (uint64_t)bytes[k] << (8 * k);
    } while (word < skip);
    return word % bound;
}

void bw_random_fix(uint64_t seed)
{
    pthread_mutex_lock(&stream.mutex);
    for (size_t i = 0; i < BW_RANDOM_PURPOSES; i++)
        stream.at[i] = mix(seed + SPLITMIX_STEP) ^ mix((i + 1) * SPLITMIX_STEP);
    __atomic_store_n(&stream.fixed, true, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&stream.mutex);
}

void bw_random_free_run(void)
{
    pthread_mutex_lock(&stream.mutex);
    __atomic_store_n(&stream.fixed, false, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&stream.mutex);
}

static const char BASE32[] = "abcdefghijklmnopqrstuvwxyz234567";

struct bw_id bw_id_new(void)
{
    unsigned char bytes[17] = {0}; /* 128 bits and the padding's */
    struct bw_id id = {{0}};
    bw_random_bytes(BW_RANDOM_ID, bytes, 16);
    for (size_t i = 0; i < BW_ID_LEN; i++) {
        size_t bit = i * 5;
        unsigned pair = (unsigned)bytes[bit / 8] << 8 | bytes[bit / 8 + (bit / 8 < 16)];
        id.text[i] = BASE32[pair >> (11 - bit % 8) & 31];
    }
    return id;
}

bool bw_id_valid(struct bw_view v)
{
    if (v.n != BW_ID_LEN)
        return false;
    for (size_t i = 0; i < v.n; i++)
        if (!(v.p[i] >= 'a' && v.p[i] <= 'z') && !(v.p[i] >= '2' && v.p[i] <= '7'))
            return false;
    /* The last digit carries three bits of the id and two of padding. */
    return bw_view_find_byte(BW_V("aeimquy4"), v.p[BW_ID_LEN - 1]) != SIZE_MAX;
}
