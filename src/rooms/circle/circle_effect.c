/* SPDX-License-Identifier: Apache-2.0 */
/* circle_effect - who gains and who loses sight of how many items; see circle_change.h.
 *
 * Only audiences with a grant that comes or goes can change sides, so these are read (once per
 * grant), and each is asked twice: is it reached with the grants of before, and with those of
 * after. The digest is of every audience that changes sides for every holder, with the number and
 * the newest of its items: what was published since is another effect. */
#include "circle_change.h"

struct by_code {
    int64_t code;
    struct intel_audience_count *list;
    size_t n;
};
struct counter {
    struct db *db;
    struct bw_arena *arena;
    struct by_code codes[512];
    size_t n_codes;
    struct crypto_sha256 sha;
};

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static bool has(const int64_t *codes, size_t n, int64_t code)
{
    return n && bsearch(&code, codes, n, sizeof(code), by_number) != NULL;
}

static enum bw_rc audiences_of(struct counter *k, int64_t code, const struct by_code **ret,
                               struct bw_err *err)
{
    for (size_t i = 0; i < k->n_codes; i++)
        if (k->codes[i].code == code) {
            *ret = &k->codes[i];
            return BW_OK;
        }
    if (k->n_codes == BW_COUNT(k->codes))
        return bw_fail(err, BW_LIMIT, "more than %zu groups change at once", BW_COUNT(k->codes));
    struct by_code *c = &k->codes[k->n_codes];
    c->code = code;
    BW_TRY(intel_audiences_of(k->db, code, k->arena, &c->list, &c->n, err));
    k->n_codes++;
    *ret = c;
    return BW_OK;
}

static void hash_int(struct counter *k, int64_t v)
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%lld,", (long long)v);
    crypto_sha256_add(&k->sha, bw_view_of(text, (size_t)n));
}

/* -- holders ----------------------------------------------------------------------------------- */

static enum bw_rc person_of(struct db *db, int64_t id, struct bw_arena *arena,
                            struct member_recipient *ret, struct bw_err *err)
{
    return member_person_get(db, id, arena, ret, err);
}

enum bw_rc circle_codes(struct db *db, enum holder_kind kind, int64_t holder_id,
                        struct bw_arena *arena, int64_t **ret, size_t *ret_n, struct bw_err *err)
{
    struct member_recipient p = {.organisation_id = holder_id, .role = ROLE_REPRESENTATIVE};
    struct viewer *v;
    size_t n = 0;
    if (kind == HOLDER_PERSON)
        BW_TRY(person_of(db, holder_id, arena, &p, err));
    /* A person that cannot be: the organisation's own grants are what is left of it. */
    BW_TRY(viewer_load(db, kind == HOLDER_PERSON ? holder_id : INT64_MAX >> GRANT_CODE_BITS,
                       p.organisation_id, p.role, arena, &v, err));
    int64_t *codes = BW_ARENA_ARRAY(arena, v->n_codes, int64_t);
    if (!codes)
        return bw_fail_memory(err);
    for (size_t i = 0; i < v->n_codes; i++) {
        struct grant g = grant_of_code(v->codes[i]);
        bool own = g.kind != GRANT_PERSON && g.kind != GRANT_ROLE;
        if (own || kind == HOLDER_PERSON)
            codes[n++] = v->codes[i];
    }
    *ret = codes;
    *ret_n = n;
    return BW_OK;
}

/* BEFORE without what is lost, with what is gained. */
static enum bw_rc codes_after(const struct circle_swing *s, const int64_t *before, size_t n,
                              struct bw_arena *arena, int64_t **ret, size_t *ret_n,
                              struct bw_err *err)
{
    int64_t *codes = BW_ARENA_ARRAY(arena, n + s->n_gained + 1, int64_t);
    size_t kept = 0;
    if (!codes)
        return bw_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        if (!has(s->lost, s->n_lost, before[i]))
            codes[kept++] = before[i];
    for (size_t i = 0; i < s->n_gained; i++)
        codes[kept++] = s->gained[i];
    qsort(codes, kept, sizeof(*codes), by_number);
    *ret = codes;
    *ret_n = kept;
    return BW_OK;
}

/* -- one direction ----------------------------------------------------------------------------- */

struct side {
    const int64_t *codes; /* that come (or go) */
    size_t n_codes;
    struct viewer without; /* the grants on the other side of the change */
    int64_t items;
    int64_t *audiences; /* ascending, each once */
    size_t n;
};

static bool is_new(const struct side *s, int64_t audience_id)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->audiences[i] == audience_id)
            return false;
    return true;
}

static enum bw_rc count_side(struct counter *k, struct side *s, struct bw_err *err)
{
    size_t room = 0;
    for (size_t i = 0; i < s->n_codes; i++) {
        const struct by_code *c;
        BW_TRY(audiences_of(k, s->codes[i], &c, err));
        room += c->n;
    }
    s->audiences = BW_ARENA_ARRAY(k->arena, room ? room : 1, int64_t);
    if (!s->audiences)
        return bw_fail_memory(err);
    for (size_t i = 0; i < s->n_codes; i++) {
        const struct by_code *c;
        BW_TRY(audiences_of(k, s->codes[i], &c, err));
        for (size_t j = 0; j < c->n; j++) {
            const struct intel_audience_count *a = &c->list[j];
            if (viewer_reach(&s->without, k->db, a->audience_id) ||
                (i && !is_new(s, a->audience_id)))
                continue;
            s->audiences[s->n++] = a->audience_id;
            s->items += a->items;
            hash_int(k, a->audience_id);
            hash_int(k, a->items);
            hash_int(k, a->newest_us);
        }
    }
    return BW_OK;
}

static enum bw_rc example(struct counter *k, const struct side *s, const struct viewer *actor,
                          struct bw_view *id, struct bw_view *title, struct bw_view *lang,
                          struct bw_err *err)
{
    for (size_t i = s->n; i-- > 0;) {
        struct intel_item item;
        if (!viewer_reach(actor, k->db, s->audiences[i]))
            continue;
        enum bw_rc rc = intel_audience_newest(k->db, actor, s->audiences[i], k->arena, &item, err);
        if (rc == BW_NOT_FOUND)
            continue;
        BW_TRY(rc);
        *id = item.public_id;
        *title = item.title;
        *lang = i18n_html_name(item.lang);
        return BW_OK;
    }
    return BW_OK;
}

/* -- one line ---------------------------------------------------------------------------------- */

static enum bw_rc name_line(struct counter *k, enum i18n_lang lang, struct circle_effect_line *l,
                            struct bw_err *err)
{
    const struct viewer *v = viewer_system("the names of those whom a change concerns");
    struct member_recipient p = {.organisation_id = l->holder_id};
    struct member_organisation o;
    if (l->kind == HOLDER_PERSON)
        BW_TRY(person_of(k->db, l->holder_id, k->arena, &p, err));
    BW_TRY(member_organisation_get(k->db, v, p.organisation_id, k->arena, &o, err));
    l->name = l->kind == HOLDER_PERSON ? p.name : member_name(&o.names, lang);
    if (l->kind == HOLDER_PERSON)
        l->organisation = member_name(&o.names, lang);
    return BW_OK;
}

static enum bw_rc count_swing(struct counter *k, const struct circle_change *c,
                              const struct circle_swing *s, enum i18n_lang lang,
                              struct circle_effect_line *l, struct bw_err *err)
{
    int64_t *before, *after;
    size_t before_n, after_n;
    *l = (struct circle_effect_line){.kind = s->kind, .holder_id = s->holder_id};
    hash_int(k, (int64_t)s->kind);
    hash_int(k, s->holder_id);
    BW_TRY(circle_codes(k->db, s->kind, s->holder_id, k->arena, &before, &before_n, err));
    BW_TRY(codes_after(s, before, before_n, k->arena, &after, &after_n, err));
    struct side gain = {.codes = s->gained,
                        .n_codes = s->n_gained,
                        .without = {.role = ROLE_REPRESENTATIVE,
                                    .codes = before,
                                    .n_codes = before_n}};
    struct side loss = {.codes = s->lost,
                        .n_codes = s->n_lost,
                        .without = {.role = ROLE_REPRESENTATIVE,
                                    .codes = after,
                                    .n_codes = after_n}};
    BW_TRY(count_side(k, &gain, err));
    hash_int(k, -1);
    BW_TRY(count_side(k, &loss, err));
    hash_int(k, -2);
    l->gains = gain.items;
    l->losses = loss.items;
    BW_TRY(example(k, &gain, c->actor, &l->gain_id, &l->gain_title, &l->gain_lang, err));
    BW_TRY(example(k, &loss, c->actor, &l->loss_id, &l->loss_title, &l->loss_lang, err));
    return name_line(k, lang, l, err);
}

/* What the change is, beside whom it concerns. */
static void hash_plan(struct counter *k, const struct circle_change *c, const struct circle_plan *p)
{
    const int64_t facts[] = {(int64_t)c->act,    p->c.id,          p->request.id,
                             p->organisation_id, p->sector_id,     p->parent_id,
                             p->survivor_id,     (int64_t)p->kind, p->holder_id,
                             (int64_t)c->class_, p->moved[0],      p->moved[1],
                             p->moved[2],        p->moved[3],      (int64_t)p->n_chosen};
    for (size_t i = 0; i < BW_COUNT(facts); i++)
        hash_int(k, facts[i]);
    for (size_t i = 0; i < p->n_chosen; i++)
        hash_int(k, p->chosen[i]);
}

enum bw_rc circle_effect_count(struct db *db, const struct circle_change *c,
                               const struct circle_plan *p, enum i18n_lang lang,
                               struct bw_arena *arena, struct circle_effect *ret,
                               struct bw_err *err)
{
    struct counter *k = BW_ARENA_NEW(arena, struct counter);
    struct circle_effect e = {.n = p->n_swings,
                              .subject = p->c.id ? member_name(&p->c.names, lang) : p->subject,
                              .object = p->object,
                              .people = p->moved[0],
                              .items = p->moved[1],
                              .networks = p->moved[2],
                              .findings = p->moved[3]};
    if (!k)
        return bw_fail_memory(err);
    k->db = db;
    k->arena = arena;
    crypto_sha256_begin(&k->sha);
    e.lines = BW_ARENA_ARRAY(arena, e.n ? e.n : 1, struct circle_effect_line);
    if (!e.lines)
        return bw_fail_memory(err);
    hash_plan(k, c, p);
    for (size_t i = 0; i < e.n; i++) {
        BW_TRY(count_swing(k, c, &p->swings[i], lang, &e.lines[i], err));
        e.gains += e.lines[i].gains > 0;
        e.losses += e.lines[i].losses > 0;
    }
    e.digest = crypto_sha256_end(&k->sha);
    *ret = e;
    return BW_OK;
}
