/* SPDX-License-Identifier: Apache-2.0 */
/* feed_kind - what kind of report a CSV is.
 *
 * A file's name says it when it follows the sender's custom. Bytes that come without a name have
 * only their header: the type with the best overlap of column names is taken, a column counting the
 * more the fewer types have it. Headers in archives are older than the schema, so a column that the
 * file lacks costs a quarter of one that the type lacks, and the few that were added lately cost
 * nothing. Types that share one header (IPv4 and IPv6, say) are told apart by the first row. */
#include "feed_int.h"

#include <pthread.h>

enum {
    NAMES_MAX = 512,
    WORDS = NAMES_MAX / 64,
    KINDS_MAX = 256,
    WEIGHT_MAX = 9,
    FAMILIAR_LEAST = 3,
    WEIGHT_ENOUGH = 16
};

const struct feed_kind feed_kind_unknown = {"csv", "undetermined", 2, ""};

/* Added to many types lately: that they are missing tells an old file, not another type. */
static const char *const LATE[] = {"ssl_cipher", "ssl_servername"};
/* In nearly every type, now or formerly: they tell no type from another, but these reports from
 * other tables. */
static const char *const FAMILIAR[] = {"asn",    "city",   "geo", "hostname", "naics",
                                       "region", "sector", "sic", "tag"};

/* Made once from the table: every column name gets a number, every type a set of numbers. */
static struct {
    pthread_once_t once;
    struct bw_view names[NAMES_MAX];
    unsigned types[NAMES_MAX]; /* how many distinct headers have it */
    size_t n;
    uint64_t has[KINDS_MAX][WORDS];
} vocabulary = {.once = PTHREAD_ONCE_INIT};

static size_t number_of(struct bw_view name)
{
    for (size_t i = 0; i < vocabulary.n; i++)
        if (bw_view_eq_nocase(vocabulary.names[i], name))
            return i;
    return SIZE_MAX;
}

static size_t index_of(const char *kind)
{
    for (size_t i = 0; i < feed_kinds_n; i++)
        if (strcmp(feed_kinds[i].name, kind) == 0)
            return i;
    BW_ASSERT(false);
}

static void learn_header(size_t kind)
{
    struct bw_view rest = bw_view_z(feed_kinds[kind].columns);
    while (rest.p) {
        struct bw_view name = bw_view_split(&rest, ' ');
        if (name.n == 0)
            continue;
        size_t at = number_of(name);
        if (at == SIZE_MAX) {
            BW_ASSERT(vocabulary.n < NAMES_MAX);
            at = vocabulary.n++;
            vocabulary.names[at] = name;
        }
        vocabulary.types[at]++;
        vocabulary.has[kind][at / 64] |= UINT64_C(1) << (at % 64);
    }
}

static void learn(void)
{
    BW_ASSERT(feed_kinds_n <= KINDS_MAX);
    for (size_t i = 0; i < feed_kinds_n; i++)
        if (feed_kinds[i].columns[0] != '=')
            learn_header(i);
    for (size_t i = 0; i < feed_kinds_n; i++)
        if (feed_kinds[i].columns[0] == '=')
            memcpy(vocabulary.has[i], vocabulary.has[index_of(feed_kinds[i].columns + 1)],
                   sizeof(vocabulary.has[i]));
}

/* Rare columns weigh more: 8 for one type's own, 1 for what 128 have. */
static unsigned weight_of(size_t column)
{
    unsigned bits = 0;
    for (unsigned n = vocabulary.types[column]; n; n >>= 1)
        bits++;
    return bits < WEIGHT_MAX ? WEIGHT_MAX - bits : 1;
}

static unsigned weigh(const uint64_t *set)
{
    unsigned sum = 0;
    for (size_t w = 0; w < WORDS; w++)
        for (uint64_t left = set[w]; left; left &= left - 1)
            sum += weight_of(w * 64 + (size_t)__builtin_ctzll(left));
    return sum;
}

struct score {
    unsigned both, all; /* of 1: overlap over everything that either has */
};

/* FAMILIAR: the header has enough of what these reports have in common. */
static struct score score_of(const uint64_t *header, bool familiar, size_t kind)
{
    uint64_t both[WORDS], only_header[WORDS], only_kind[WORDS];
    for (size_t w = 0; w < WORDS; w++) {
        both[w] = header[w] & vocabulary.has[kind][w];
        only_header[w] = header[w] & ~vocabulary.has[kind][w];
        only_kind[w] = vocabulary.has[kind][w] & ~header[w];
    }
    for (size_t i = 0; i < BW_COUNT(LATE); i++) {
        size_t at = number_of(bw_view_z(LATE[i]));
        only_kind[at / 64] &= ~(UINT64_C(1) << (at % 64));
    }
    unsigned shared = 4 * weigh(both) + 4, strange = 4 * weigh(only_header);
    if (strange > shared || (!familiar && shared < 4 * WEIGHT_ENOUGH))
        return (struct score){0, 1}; /* another table, with a column or two of the same name */
    return (struct score){shared, shared + strange + weigh(only_kind)};
}

static int compare(struct score a, struct score b)
{
    uint64_t x = (uint64_t)a.both * b.all, y = (uint64_t)b.both * a.all;
    return x < y ? -1 : x > y;
}

static bool is_familiar(struct bw_view name)
{
    for (size_t i = 0; i < BW_COUNT(FAMILIAR); i++)
        if (bw_view_eq_nocase(name, bw_view_z(FAMILIAR[i])))
            return true;
    return false;
}

void feed_kind_guess(const struct bw_view *columns, size_t n, struct feed_kind_guess *ret)
{
    uint64_t header[WORDS] = {0};
    unsigned familiar = 0;
    struct score best = {1, 5}; /* less than a fifth in common: some other table */
    pthread_once(&vocabulary.once, learn);
    for (size_t i = 0; i < n; i++) {
        size_t at = number_of(columns[i]);
        if (at != SIZE_MAX)
            header[at / 64] |= UINT64_C(1) << (at % 64);
        familiar += is_familiar(columns[i]);
    }
    *ret = (struct feed_kind_guess){.weak = weigh(header) == 0};
    for (size_t i = 0; i < feed_kinds_n; i++) {
        struct score s = score_of(header, familiar >= FAMILIAR_LEAST, i);
        int c = compare(s, best);
        if (c < 0)
            continue;
        if (c > 0)
            ret->n = 0;
        best = s;
        if (ret->n < FEED_TIES_MAX)
            ret->ties[ret->n++] = &feed_kinds[i];
    }
}

/* -- by the first row -------------------------------------------------------------------------- */

static bool is_v6(const char *name)
{
    size_t n = strlen(name);
    return strstr(name, "6_") != NULL || (n && name[n - 1] == '6');
}

static bool is_separator(char c)
{
    return c == ';' || c == ',' || c == '-' || c == '_' || c == ' ' || c == '|';
}

static bool has_word(struct bw_view text, struct bw_view word)
{
    for (size_t from = 0, to; from < text.n; from = to + 1) {
        for (to = from; to < text.n && !is_separator(text.p[to]); to++)
            ;
        if (bw_view_eq_nocase(bw_view_of(text.p + from, to - from), word))
            return true;
    }
    return false;
}

/* Words of the type's name, without "scan_", that the tag has; less those that it has not. */
static int agree(const char *name, struct bw_view tag, bool *ret_all)
{
    struct bw_view rest = bw_view_z(name);
    int points = 0;
    (void)bw_view_split(&rest, '_');
    *ret_all = rest.p != NULL;
    while (rest.p) {
        bool there = has_word(tag, bw_view_split(&rest, '_'));
        points += there ? 2 : -1;
        *ret_all = *ret_all && there;
    }
    return points;
}

const struct feed_kind *feed_kind_settle(const struct feed_kind_guess *g, struct bw_view tag,
                                         bool v6)
{
    const struct feed_kind *best = &feed_kind_unknown;
    int most = -1000;
    for (size_t i = 0; i < g->n; i++) {
        const char *name = g->ties[i]->name;
        bool all;
        int points = 4 * agree(name, tag, &all) + 2 * (is_v6(name) == v6) -
                     (strncmp(name, "population", 10) == 0);
        if (g->weak && !all)
            continue;
        if (points > most) {
            most = points;
            best = g->ties[i];
        }
    }
    return best;
}

/* -- by the file's name ------------------------------------------------------------------------ */

const struct feed_kind *feed_kind_of_name(struct bw_view file_name)
{
    for (size_t at; (at = bw_view_find_byte(file_name, '/')) != SIZE_MAX;)
        file_name = bw_view_from(file_name, at + 1);
    for (size_t from = 0, to; from < file_name.n; from = to + 1) {
        for (to = from; to < file_name.n && file_name.p[to] != '-' && file_name.p[to] != '.'; to++)
            ;
        struct bw_view part = bw_view_of(file_name.p + from, to - from);
        for (size_t i = 0; i < feed_kinds_n; i++)
            if (bw_view_eq_nocase(part, bw_view_z(feed_kinds[i].name)))
                return &feed_kinds[i];
    }
    return NULL;
}
