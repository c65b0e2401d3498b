/* SPDX-License-Identifier: Apache-2.0 */
/* crypto_sha256 - SHA-256 (FIPS 180-4), by the processor where it can.
 *
 * Why not libsodium's alone: it is portable C of 150 MB/s, and everything that comes in is hashed
 * twice (as a file and object by object), which was a third of an import's time. x86 processors
 * since 2016 have instructions for it: ten times as fast. Where they are missing libsodium does it;
 * the state is libsodium's in both cases. */
#include "crypto_int.h"

#include <sodium.h>

_Static_assert(sizeof(struct crypto_sha256) == sizeof(crypto_hash_sha256_state), "state fits");
_Static_assert(_Alignof(struct crypto_sha256) >= _Alignof(crypto_hash_sha256_state), "aligned");

#define BLOCK 64

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

/* FIPS 180-4, 4.2.2 */
static const uint32_t K[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* The instructions want the eight words as (f e b a) and (h g d c). Four rounds a turn; w holds the
 * last sixteen words of the message schedule. */
__attribute__((target("sha,sse4.1,ssse3"))) static void
add_blocks(uint32_t state[8], const unsigned char *p, size_t blocks)
{
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i dcba = _mm_loadu_si128((const __m128i *)(const void *)state);
    __m128i hgfe = _mm_loadu_si128((const __m128i *)(const void *)(state + 4));
    __m128i cdab = _mm_shuffle_epi32(dcba, 0xb1), efgh = _mm_shuffle_epi32(hgfe, 0x1b);
    __m128i abef = _mm_alignr_epi8(cdab, efgh, 8), cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
    for (; blocks > 0; blocks--, p += BLOCK) {
        const __m128i abef_before = abef, cdgh_before = cdgh;
        __m128i w[4];
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++) {
            __m128i *now = &w[i & 3];
            if (i < 4) {
                __m128i raw = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
                *now = _mm_shuffle_epi8(raw, swap);
            } else {
                __m128i before = w[(i + 3) & 3];
                __m128i seven = _mm_alignr_epi8(before, w[(i + 2) & 3], 4);
                __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(*now, w[(i + 1) & 3]), seven);
                *now = _mm_sha256msg2_epu32(sum, before);
            }
            __m128i k = _mm_load_si128((const __m128i *)(const void *)(K + 4 * i));
            __m128i wk = _mm_add_epi32(*now, k);
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, wk);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(wk, 0x0e));
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    __m128i feba = _mm_shuffle_epi32(abef, 0x1b), dchg = _mm_shuffle_epi32(cdgh, 0xb1);
    _mm_storeu_si128((__m128i *)(void *)state, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128((__m128i *)(void *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

static bool has_instructions(void)
{
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSSE3) || !(c & bit_SSE4_1))
        return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}
#else
static void add_blocks(uint32_t state[8], const unsigned char *p, size_t blocks)
{
    (void)state, (void)p, (void)blocks;
}

static bool has_instructions(void)
{
    return false;
}
#endif

static bool instructions; /* set before threads start */

bool crypto_sha256_setup(bool wanted)
{
    instructions = wanted && has_instructions();
    return instructions;
}

static crypto_hash_sha256_state *state_of(struct crypto_sha256 *s)
{
    return (crypto_hash_sha256_state *)(void *)s;
}

void crypto_sha256_begin(struct crypto_sha256 *s)
{
    crypto_hash_sha256_init(state_of(s));
}

/* count is in bits; buf holds what has not filled a block. */
static void add_fast(crypto_hash_sha256_state *s, const unsigned char *p, size_t n)
{
    size_t held = (size_t)(s->count >> 3) % BLOCK;
    s->count += (uint64_t)n << 3;
    if (held > 0) {
        size_t more = BLOCK - held < n ? BLOCK - held : n;
        memcpy(s->buf + held, p, more);
        if (held + more < BLOCK)
            return;
        add_blocks(s->state, s->buf, 1);
        p += more;
        n -= more;
    }
    add_blocks(s->state, p, n / BLOCK);
    memcpy(s->buf, p + n / BLOCK * BLOCK, n % BLOCK);
}

void crypto_sha256_add(struct crypto_sha256 *s, struct bw_view v)
{
    const unsigned char *p = (const unsigned char *)v.p;
    if (v.n > 0 && instructions)
        add_fast(state_of(s), p, v.n);
    else if (v.n > 0)
        crypto_hash_sha256_update(state_of(s), p, v.n);
}

/* A one, zeros up to eight bytes before the end of a block, and the length in bits. */
static void end_fast(crypto_hash_sha256_state *s, unsigned char out[32])
{
    static const unsigned char PAD[BLOCK] = {0x80};
    const uint64_t bits = s->count;
    unsigned char length[8];
    for (unsigned i = 0; i < 8; i++)
        length[i] = (unsigned char)(bits >> (56 - 8 * i));
    size_t held = (size_t)(bits >> 3) % BLOCK;
    add_fast(s, PAD, (held < 56 ? 56 : 56 + BLOCK) - held);
    add_fast(s, length, sizeof(length));
    for (unsigned i = 0; i < 32; i++)
        out[i] = (unsigned char)(s->state[i / 4] >> (24 - 8 * (i % 4)));
}

struct crypto_digest crypto_sha256_end(struct crypto_sha256 *s)
{
    struct crypto_digest d;
    if (instructions)
        end_fast(state_of(s), d.b);
    else
        crypto_hash_sha256_final(state_of(s), d.b);
    crypto_wipe(s, sizeof(*s));
    return d;
}

struct crypto_digest crypto_sha256_views(const struct bw_view *v, size_t n)
{
    struct crypto_sha256 s;
    crypto_sha256_begin(&s);
    for (size_t i = 0; i < n; i++)
        crypto_sha256_add(&s, v[i]);
    return crypto_sha256_end(&s);
}

struct crypto_digest crypto_sha256(struct bw_view v)
{
    return crypto_sha256_views(&v, 1);
}
