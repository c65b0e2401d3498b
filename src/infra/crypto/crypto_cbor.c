/* SPDX-License-Identifier: Apache-2.0 */
/* crypto_cbor - the reader; see crypto_cbor.h. */
#include "crypto_cbor.h"

enum { MAJOR_UINT, MAJOR_NEGATIVE, MAJOR_BYTES, MAJOR_TEXT, MAJOR_ARRAY, MAJOR_MAP, MAJOR_TAG };

/* The argument behind the first byte (RFC 8949 section 3): in it, or in the 1, 2, 4 or 8 bytes that
 * follow. */
static bool argument(struct crypto_cbor *r, unsigned low, uint64_t *ret)
{
    if (low < 24) {
        *ret = low;
        return true;
    }
    if (low > 27)
        return false;
    size_t bytes = (size_t)1 << (low - 24);
    uint64_t n = 0;
    if (r->in.n - r->at < bytes)
        return false;
    for (size_t i = 0; i < bytes; i++)
        n = n << 8 | (uint8_t)r->in.p[r->at++];
    *ret = n;
    return true;
}

static bool string(struct crypto_cbor *r, uint64_t n, struct crypto_cbor_item *item)
{
    if (n > r->in.n - r->at)
        return false;
    item->v = bw_view_of(r->in.p + r->at, (size_t)n);
    r->at += (size_t)n;
    return item->kind == CRYPTO_CBOR_BYTES || bw_utf8_valid(item->v);
}

/* Each element takes a byte at least: a count that cannot be true is refused before it is used. */
static bool container(const struct crypto_cbor *r, uint64_t n, unsigned per)
{
    return n <= (r->in.n - r->at) / per;
}

bool crypto_cbor_next(struct crypto_cbor *r, struct crypto_cbor_item *ret)
{
    struct crypto_cbor_item item = {.kind = CRYPTO_CBOR_INT};
    uint64_t n;
    if (r->at >= r->in.n)
        return false;
    unsigned first = (uint8_t)r->in.p[r->at++], major = first >> 5;
    bool good = argument(r, first & 31u, &n) && n <= INT64_MAX;
    if (!good)
        return false;
    item.n = (int64_t)n;
    switch (major) {
    case MAJOR_UINT:
        break;
    case MAJOR_NEGATIVE:
        item.n = -1 - (int64_t)n;
        break;
    case MAJOR_BYTES:
    case MAJOR_TEXT:
        item.kind = major == MAJOR_BYTES ? CRYPTO_CBOR_BYTES : CRYPTO_CBOR_TEXT;
        good = string(r, n, &item);
        break;
    case MAJOR_ARRAY:
        item.kind = CRYPTO_CBOR_ARRAY;
        good = container(r, n, 1);
        break;
    case MAJOR_MAP:
        item.kind = CRYPTO_CBOR_MAP;
        good = container(r, n, 2);
        break;
    default: /* tags, floats and what is still to be invented */
        item.kind = CRYPTO_CBOR_SIMPLE;
        good = major != MAJOR_TAG && (first & 31u) >= 20 && (first & 31u) <= 22;
    }
    if (good)
        *ret = item;
    return good;
}

bool crypto_cbor_skip(struct crypto_cbor *r)
{
    int64_t left[CRYPTO_CBOR_DEPTH + 1] = {1};
    size_t depth = 0;
    struct crypto_cbor_item item;
    for (;;) {
        while (left[depth] == 0) {
            if (depth == 0)
                return true;
            depth--;
        }
        left[depth]--;
        if (!crypto_cbor_next(r, &item))
            return false;
        if (item.kind != CRYPTO_CBOR_ARRAY && item.kind != CRYPTO_CBOR_MAP)
            continue;
        if (++depth > CRYPTO_CBOR_DEPTH)
            return false;
        left[depth] = item.kind == CRYPTO_CBOR_MAP ? 2 * item.n : item.n;
    }
}
