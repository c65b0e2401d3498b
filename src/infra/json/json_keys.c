/* SPDX-License-Identifier: Apache-2.0 */
/* json_keys - has this object had this key before?
 *
 * Why: two parsers that take different ones of two equal keys are a known way around checks, so
 * duplicates are refused. Objects are small as a rule: a 64-bit Bloom filter answers most
 * questions, a walk over at most JSON_KEYS_SMALL hashes the rest. An object that grows beyond that
 * moves to one hash set, shared by all open objects, under SipHash with a secret seed, so that no
 * chosen keys make it slow. An inner object always closes before its outer one goes on, so the set
 * is a stack: forgetting keys in reverse order leaves exactly the state before they came, without
 * tombstones.
 *
 * Memory: the caller's arena, grown by doubling. */
#include "json_int.h"

#include "bw_random.h"

#define SLOTS_FIRST 256U
#define KEYS_MOST (UINT32_C(1) << 30)

static uint64_t load64(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

/* Quick and weak: both ends and the length. Only for objects of few keys. */
static uint32_t hash_weak(const char *p, size_t n)
{
    uint64_t a = 0, b = 0;
    if (n >= 8) {
        a = load64(p);
        b = load64(p + n - 8);
    } else if (n >= 4) {
        uint32_t low, high;
        memcpy(&low, p, 4);
        memcpy(&high, p + n - 4, 4);
        a = low;
        b = high;
    } else if (n > 0) {
        a = (unsigned char)p[0];
        b = (uint64_t)(unsigned char)p[n / 2] << 8 | (unsigned char)p[n - 1];
    }
    uint64_t h = (a ^ n * UINT64_C(0x9E3779B97F4A7C15)) * UINT64_C(0xD6E8FEB86659FD93);
    h ^= (b + (h >> 32)) * UINT64_C(0xA0761D6478BD642F);
    return (uint32_t)(h >> 32) ^ (uint32_t)h;
}

#define ROTL(v, by) ((v) << (by) | (v) >> (64 - (by)))
#define SIP_ROUND(v)                                                              \
    do {                                                                          \
        v[0] += v[1], v[1] = ROTL(v[1], 13), v[1] ^= v[0], v[0] = ROTL(v[0], 32); \
        v[2] += v[3], v[3] = ROTL(v[3], 16), v[3] ^= v[2];                        \
        v[0] += v[3], v[3] = ROTL(v[3], 21), v[3] ^= v[0];                        \
        v[2] += v[1], v[1] = ROTL(v[1], 17), v[1] ^= v[2], v[2] = ROTL(v[2], 32); \
    } while (0)

/* SipHash-1-3 (Aumasson and Bernstein 2012, with fewer rounds as hash tables use it). */
static uint32_t hash_strong(const struct json_reader *r, const char *p, size_t n)
{
    uint64_t v[4] = {r->seed[0] ^ UINT64_C(0x736f6d6570736575),
                     r->seed[1] ^ UINT64_C(0x646f72616e646f6d),
                     r->seed[0] ^ UINT64_C(0x6c7967656e657261),
                     r->seed[1] ^ UINT64_C(0x7465646279746573)};
    size_t at = 0;
    for (; n - at >= 8; at += 8) {
        uint64_t m = load64(p + at);
        v[3] ^= m;
        SIP_ROUND(v);
        v[0] ^= m;
    }
    uint64_t last = (uint64_t)n << 56;
    for (size_t i = 0; at + i < n; i++)
        last |= (uint64_t)(unsigned char)p[at + i] << (8 * i);
    v[3] ^= last;
    SIP_ROUND(v);
    v[0] ^= last;
    v[2] ^= 0xFF;
    SIP_ROUND(v);
    SIP_ROUND(v);
    SIP_ROUND(v);
    uint64_t h = v[0] ^ v[1] ^ v[2] ^ v[3];
    return (uint32_t)(h ^ h >> 32);
}

static bool same(const struct json_seen *a, struct bw_view key, uint32_t hash)
{
    return a->hash == hash && a->n == key.n && memcmp(a->p, key.p, key.n) == 0;
}

static void slot_put(struct json_reader *r, uint32_t index)
{
    uint32_t mask = r->slot_room - 1, i = r->keys[index].hash & mask;
    while (r->slots[i])
        i = (i + 1) & mask;
    r->slots[i] = index + 1;
    r->slot_n++;
}

/* Makes the set twice as large and fills it in the order of the stack. */
static bool slots_grow(struct json_reader *r)
{
    uint32_t room = r->slot_room ? r->slot_room * 2 : SLOTS_FIRST;
    uint32_t *slots = BW_ARENA_ARRAY(r->arena, room, uint32_t);
    if (!slots)
        return false;
    r->slots = slots;
    r->slot_room = room;
    r->slot_n = 0;
    for (size_t d = 0; d < r->depth; d++) {
        uint32_t end = d + 1 < r->depth ? r->key_from[d + 1] : r->key_n;
        if (end - r->key_from[d] > JSON_KEYS_SMALL)
            for (uint32_t i = r->key_from[d]; i < end; i++)
                slot_put(r, i);
    }
    return true;
}

/* The innermost object is about to get one key more than small: its keys move to the set. */
static bool move_to_set(struct json_reader *r, uint32_t from)
{
    if (!r->slots)
        bw_random_bytes(BW_RANDOM_SECRET, r->seed, sizeof(r->seed));
    while (r->slot_n + JSON_KEYS_SMALL >= r->slot_room / 2)
        if (!slots_grow(r))
            return false;
    for (uint32_t i = from; i < r->key_n; i++) {
        r->keys[i].hash = hash_strong(r, r->keys[i].p, r->keys[i].n);
        slot_put(r, i);
    }
    return true;
}

void json_keys_forget_set(struct json_reader *r, uint32_t from)
{
    uint32_t mask = r->slot_room - 1;
    for (uint32_t i = r->key_n; i-- > from;) {
        uint32_t at = r->keys[i].hash & mask;
        while (r->slots[at] != i + 1)
            at = (at + 1) & mask;
        r->slots[at] = 0;
        r->slot_n--;
    }
}

static enum json_key_rc add_large(struct json_reader *r, struct bw_view key, uint32_t from,
                                  uint32_t *ret_hash)
{
    if (r->slot_n >= r->slot_room / 2 && !slots_grow(r))
        return JSON_KEY_MEMORY;
    uint32_t hash = hash_strong(r, key.p, key.n), mask = r->slot_room - 1, i = hash & mask;
    for (; r->slots[i]; i = (i + 1) & mask)
        if (r->slots[i] > from && same(&r->keys[r->slots[i] - 1], key, hash))
            return JSON_KEY_TWICE;
    r->slots[i] = r->key_n + 1;
    r->slot_n++;
    *ret_hash = hash;
    return JSON_KEY_NEW;
}

/* Among at most JSON_KEYS_SMALL keys. */
static bool is_new_small(struct json_reader *r, struct bw_view key, uint32_t from, uint32_t hash)
{
    uint64_t bit = UINT64_C(1) << (hash & 63), *bloom = &r->bloom[r->depth - 1];
    if (*bloom & bit)
        for (uint32_t i = from; i < r->key_n; i++)
            if (same(&r->keys[i], key, hash))
                return false;
    *bloom |= bit;
    return true;
}

static bool keys_grow(struct json_reader *r)
{
    uint32_t room = r->key_room * 2;
    struct json_seen *keys = bw_arena_get(r->arena, room * sizeof(*keys));
    if (!keys)
        return false;
    memcpy(keys, r->keys, r->key_n * sizeof(*keys));
    r->keys = keys;
    r->key_room = room;
    return true;
}

enum json_key_rc json_key_add(struct json_reader *r, struct bw_view key)
{
    uint32_t from = r->key_from[r->depth - 1], n = r->key_n - from;
    if (key.n > UINT32_MAX || r->key_n >= KEYS_MOST || (r->limits.keys && n >= r->limits.keys))
        return JSON_KEY_LIMIT;
    if (BW_UNLIKELY(r->key_n == r->key_room) && !keys_grow(r))
        return JSON_KEY_MEMORY;
    uint32_t hash = 0;
    if (BW_LIKELY(n <= JSON_KEYS_SMALL)) {
        hash = hash_weak(key.p, key.n);
        if (!is_new_small(r, key, from, hash))
            return JSON_KEY_TWICE;
    }
    /* A failure leaves the set as it was: it may be read on behind json_resync(). */
    if (BW_UNLIKELY(n >= JSON_KEYS_SMALL)) {
        if (n == JSON_KEYS_SMALL && !move_to_set(r, from))
            return JSON_KEY_MEMORY;
        enum json_key_rc rc = add_large(r, key, from, &hash);
        if (rc != JSON_KEY_NEW)
            return rc;
    }
    r->keys[r->key_n++] = (struct json_seen){key.p, (uint32_t)key.n, hash};
    return JSON_KEY_NEW;
}
