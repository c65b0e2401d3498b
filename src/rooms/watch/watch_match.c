/* SPDX-License-Identifier: Apache-2.0 */
/* watch_match - see watch_match.h. Checked against a slow linear search in test_watch_match.c. */
#include "watch_match.h"

#include "bw_fault.h"

#include <stdatomic.h>

enum { ROOT_BITS = 16, ROOTS = (1 << ROOT_BITS) + 1, MAPPED_BITS = 96 };

struct node {
    uint32_t first, n; /* its claims */
    uint32_t parent;
    struct watch_disclosure told;
};
struct watch_match {
    atomic_uint refs;
    int64_t version;
    struct watch_claim *claims; /* by block, wider before narrower, then organisation */
    struct node *nodes;
    size_t n_claims, n_nodes;
    /* Interval i is [start[i], start[i + 1]); start[0] is 0. */
    uint32_t *start4, *node4;
    struct bw_ip *start6;
    uint32_t *node6;
    size_t n4, n6;
    uint32_t *root; /* root[h]: first interval that starts at h << 16 or later */
};

/* -- building ---------------------------------------------------------------------------------- */

static int by_block(const void *a, const void *b)
{
    const struct watch_claim *x = a, *y = b;
    int c = bw_ip_cmp(&x->prefix.first, &y->prefix.first);
    if (c)
        return c;
    if (x->prefix.bits != y->prefix.bits)
        return x->prefix.bits < y->prefix.bits ? -1 : 1;
    if (x->organisation_id != y->organisation_id)
        return x->organisation_id < y->organisation_id ? -1 : 1;
    return x->network_id < y->network_id ? -1 : x->network_id > y->network_id;
}

static bool is_v4(const struct bw_prefix *p)
{
    return p->bits >= MAPPED_BITS && bw_ip_is_v4(&p->first);
}

static bool same_block(const struct bw_prefix *a, const struct bw_prefix *b)
{
    return a->bits == b->bits && bw_ip_cmp(&a->first, &b->first) == 0;
}

static uint32_t v4_of(const struct bw_ip *ip)
{
    return (uint32_t)ip->b[12] << 24 | (uint32_t)ip->b[13] << 16 | (uint32_t)ip->b[14] << 8 |
           ip->b[15];
}

/* The address behind IP; false: IP was the last one of its family. */
static bool next_address(struct bw_ip *ip, bool v4)
{
    for (int i = 15; i >= (v4 ? 12 : 0); i--)
        if (++ip->b[i] != 0)
            return true;
    return false;
}

/* From START on the address belongs to NODE. */
static void cut(struct watch_match *m, bool v4, const struct bw_ip *start, uint32_t node)
{
    if (v4) {
        uint32_t at = v4_of(start);
        if (m->start4[m->n4 - 1] != at)
            m->start4[m->n4++] = at;
        m->node4[m->n4 - 1] = node;
    } else {
        if (bw_ip_cmp(&m->start6[m->n6 - 1], start) != 0)
            m->start6[m->n6++] = *start;
        m->node6[m->n6 - 1] = node;
    }
}

static const struct bw_prefix *block_of(const struct watch_match *m, uint32_t node)
{
    return &m->claims[m->nodes[node].first].prefix;
}

/* Goes up from NODE past the blocks that end before FROM (NULL: all of them), cutting at each end.
 */
static uint32_t leave(struct watch_match *m, bool v4, uint32_t node, const struct bw_ip *from)
{
    while (node != WATCH_NO_NODE) {
        struct bw_ip last = bw_prefix_last(block_of(m, node));
        if (from && bw_ip_cmp(&last, from) >= 0)
            break;
        uint32_t parent = m->nodes[node].parent;
        if (next_address(&last, v4))
            cut(m, v4, &last, parent);
        node = parent;
    }
    return node;
}

static struct watch_disclosure disclose(const struct watch_match *m, const struct node *n)
{
    struct watch_disclosure d = {WATCH_TOLD_NOBODY, 0, 0};
    for (uint32_t i = n->first; i < n->first + n->n; i++) {
        const struct watch_claim *c = &m->claims[i];
        if (!c->verified)
            continue;
        if (d.told == WATCH_TOLD_NOBODY)
            d = (struct watch_disclosure){WATCH_TOLD_ORGANISATION, c->organisation_id,
                                          c->network_id};
        else if (d.organisation_id != c->organisation_id)
            return (struct watch_disclosure){WATCH_TOLD_STAFF, 0, d.network_id};
    }
    if (d.told == WATCH_TOLD_NOBODY && n->parent != WATCH_NO_NODE)
        return m->nodes[n->parent].told;
    return d;
}

/* One family: a walk over the sorted blocks, the open ones being the chain above NODE. */
static void build(struct watch_match *m, bool v4)
{
    uint32_t open = WATCH_NO_NODE;
    for (size_t i = 0; i < m->n_claims;) {
        size_t from = i;
        const struct bw_prefix *p = &m->claims[from].prefix;
        while (i < m->n_claims && same_block(&m->claims[i].prefix, p))
            i++;
        if (is_v4(p) != v4)
            continue;
        open = leave(m, v4, open, &p->first);
        struct node *n = &m->nodes[m->n_nodes];
        *n = (struct node){.first = (uint32_t)from, .n = (uint32_t)(i - from), .parent = open};
        n->told = disclose(m, n);
        open = (uint32_t)m->n_nodes++;
        cut(m, v4, &p->first, open);
    }
    leave(m, v4, open, NULL);
}

static void build_root(struct watch_match *m)
{
    size_t i = 0;
    for (uint32_t h = 0; h < ROOTS; h++) {
        while (i < m->n4 && (m->start4[i] >> ROOT_BITS) < h)
            i++;
        m->root[h] = (uint32_t)i;
    }
}

static void free_match(struct watch_match *m)
{
    free(m->claims);
    free(m->nodes);
    free(m->start4);
    free(m->node4);
    free(m->start6);
    free(m->node6);
    free(m->root);
    free(m);
}

enum bw_rc watch_match_new(const struct watch_claim *claims, size_t n, int64_t version,
                           struct watch_match **ret, struct bw_err *err)
{
    struct watch_match *m = bw_calloc(1, sizeof(*m));
    const size_t cuts = 2 * n + 1; /* a block cuts where it begins and where it ends */
    if (!m)
        return bw_fail_memory(err);
    BW_ASSERT(cuts < WATCH_NO_NODE);
    atomic_init(&m->refs, 1);
    m->version = version;
    m->n_claims = n;
    m->claims = bw_calloc(n + 1, sizeof(*m->claims));
    m->nodes = bw_calloc(n + 1, sizeof(*m->nodes));
    m->start4 = bw_calloc(cuts, sizeof(*m->start4));
    m->node4 = bw_calloc(cuts, sizeof(*m->node4));
    m->start6 = bw_calloc(cuts, sizeof(*m->start6));
    m->node6 = bw_calloc(cuts, sizeof(*m->node6));
    m->root = bw_calloc(ROOTS, sizeof(*m->root));
    if (!m->claims || !m->nodes || !m->start4 || !m->node4 || !m->start6 || !m->node6 || !m->root) {
        free_match(m);
        return bw_fail_memory(err);
    }
    if (n)
        memcpy(m->claims, claims, n * sizeof(*claims));
    qsort(m->claims, n, sizeof(*m->claims), by_block);
    m->n4 = m->n6 = 1;
    m->node4[0] = m->node6[0] = WATCH_NO_NODE;
    build(m, true);
    build(m, false);
    build_root(m);
    *ret = m;
    return BW_OK;
}

struct watch_match *watch_match_ref(struct watch_match *m)
{
    atomic_fetch_add(&m->refs, 1);
    return m;
}

void watch_match_unref(struct watch_match *m)
{
    if (m && atomic_fetch_sub(&m->refs, 1) == 1)
        free_match(m);
}

int64_t watch_match_version(const struct watch_match *m)
{
    return m->version;
}

/* -- looking up -------------------------------------------------------------------------------- */

/* The last interval that starts at or before the address; the sentinel at 0 makes sure of one. */
static uint32_t find4(const struct watch_match *m, uint32_t at)
{
    size_t low = m->root[at >> ROOT_BITS], high = m->root[(at >> ROOT_BITS) + 1];
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (m->start4[mid] <= at)
            low = mid + 1;
        else
            high = mid;
    }
    return m->node4[low - 1];
}

uint32_t watch_match_find(const struct watch_match *m, const struct bw_ip *ip)
{
    if (bw_ip_is_v4(ip))
        return find4(m, v4_of(ip));
    size_t low = 1, high = m->n6;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (bw_ip_cmp(&m->start6[mid], ip) <= 0)
            low = mid + 1;
        else
            high = mid;
    }
    return m->node6[low - 1];
}

size_t watch_match_node(const struct watch_match *m, uint32_t node,
                        const struct watch_claim **ret_claims, uint32_t *ret_parent)
{
    BW_ASSERT(node < m->n_nodes);
    *ret_claims = &m->claims[m->nodes[node].first];
    *ret_parent = m->nodes[node].parent;
    return m->nodes[node].n;
}

struct watch_disclosure watch_match_disclose(const struct watch_match *m, uint32_t node)
{
    if (node == WATCH_NO_NODE)
        return (struct watch_disclosure){WATCH_TOLD_NOBODY, 0, 0};
    BW_ASSERT(node < m->n_nodes);
    return m->nodes[node].told;
}

/* First claim whose block begins at or behind the prefix, wider blocks first. */
static size_t lower_bound(const struct watch_match *m, const struct bw_prefix *p)
{
    size_t low = 0, high = m->n_claims;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (bw_ip_cmp(&m->claims[mid].prefix.first, &p->first) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

bool watch_match_rival(const struct watch_match *m, const struct bw_prefix *prefix,
                       int64_t organisation_id)
{
    struct bw_ip last = bw_prefix_last(prefix);
    for (size_t i = lower_bound(m, prefix);
         i < m->n_claims && bw_ip_cmp(&m->claims[i].prefix.first, &last) <= 0; i++)
        if (m->claims[i].organisation_id != organisation_id &&
            is_v4(&m->claims[i].prefix) == is_v4(prefix))
            return true;
    const struct watch_claim *claims;
    uint32_t node = watch_match_find(m, &prefix->first);
    while (node != WATCH_NO_NODE) {
        size_t n = watch_match_node(m, node, &claims, &node);
        for (size_t i = 0; i < n; i++)
            if (claims[i].organisation_id != organisation_id)
                return true;
    }
    return false;
}
