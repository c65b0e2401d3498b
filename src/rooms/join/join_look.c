/* SPDX-License-Identifier: Apache-2.0 */
/* join_look - which members an applicant resembles, over the whole directory. Reads every
 * organisation once: not for the loop. */
#include "join_int.h"

struct sides {
    struct join_domain domain;
    struct join_name names[I18N_LANGS];
};

static void put(struct join_resemblance *list, size_t *n, struct join_resemblance r)
{
    size_t at = *n;
    if (r.alike == JOIN_ALIKE_NOT || (at == JOIN_LOOK_MAX && list[at - 1].alike <= r.alike))
        return;
    if (at == JOIN_LOOK_MAX)
        at--;
    else
        (*n)++;
    for (; at > 0 && list[at - 1].alike > r.alike; at--)
        list[at] = list[at - 1];
    list[at] = r;
}

/* The strongest resemblance of a member, by domain or by any pair of names. */
static struct join_resemblance compare(const struct sides *a, const struct db_stmt *st)
{
    struct join_resemblance best = {.alike = JOIN_ALIKE_NOT};
    struct join_domain domain;
    join_domain_read(db_text(st, 4), &domain);
    best.alike = join_domain_alike(&a->domain, &domain);
    best.what = db_text(st, 4);
    for (int i = 0; i < I18N_LANGS; i++) {
        struct join_name name;
        join_name_read(db_text(st, 1 + i), &name);
        for (int j = 0; j < I18N_LANGS && name.folded.n; j++) {
            enum join_alike alike = join_name_alike(&a->names[j], &name);
            if (alike < best.alike)
                best = (struct join_resemblance){.alike = alike,
                                                 .of_name = true,
                                                 .what = db_text(st, 1 + i)};
        }
    }
    return best;
}

enum bw_rc join_look(struct db *db, const struct join_application *a, struct bw_arena *arena,
                     struct join_resemblance *ret, size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct sides *sides = BW_ARENA_NEW(arena, struct sides);
    size_t n = 0;
    enum bw_rc rc;
    if (!sides)
        return bw_fail_memory(err);
    join_domain_read(a->domain, &sides->domain);
    for (int i = 0; i < I18N_LANGS; i++)
        join_name_read(a->names.text[i], &sides->names[i]);
    BW_TRY(db_query(db, viewer_system("joining: an applicant is compared with every member"),
                    "SELECT public_id, name_en, name_hant, name_hans, domain FROM v_organisation"
                    " WHERE state <> 2 AND id <> ?1 ORDER BY id LIMIT 100000",
                    &st, err));
    db_bind_int(st, 1, a->organisation_id);
    while ((rc = db_row(st, err)) == BW_OK) {
        struct join_resemblance r = compare(sides, st);
        if (r.alike == JOIN_ALIKE_NOT)
            continue;
        BW_TRY(bw_view_copy(arena, r.what, &r.what, err));
        BW_TRY(bw_view_copy(arena, db_text(st, 0), &r.organisation_id, err));
        BW_TRY(bw_view_copy(arena, db_text(st, 1), &r.organisation, err));
        put(ret, &n, r);
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    *ret_n = n;
    return BW_OK;
}
