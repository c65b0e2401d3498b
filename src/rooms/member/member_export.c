/* SPDX-License-Identifier: Apache-2.0 */
/* member_export - the directory of organisations as one list; see member_desk.h. */
#include "member_desk.h"
#include "member_int.h"

#include <stdio.h>

const char *member_state_name(enum member_state state)
{
    return member_state_word(state);
}

struct keyed {
    int64_t id;
    size_t at;
};

static int by_id(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

struct export
{
    struct db *db;
    const struct viewer *viewer;
    struct bw_arena *arena;
    struct member_line *lines;
    struct keyed *index; /* by key */
    size_t n;
};

static struct member_line *line_of(const struct export *e, int64_t id)
{
    const struct keyed key = {id, 0};
    const struct keyed *k = bsearch(&key, e->index, e->n, sizeof(key), by_id);
    return k ? &e->lines[k->at] : NULL;
}

static enum bw_rc read_lines(struct export *e, bool all, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct member_organisation o;
    enum bw_rc rc;
    size_t room = 0;
    BW_TRY(db_query(e->db, e->viewer,
                    "SELECT " MEMBER_ORGANISATION ", o.created_us FROM v_organisation o"
                    " WHERE o.state = 0 OR ?1 = 1 ORDER BY o.name_en LIMIT ?2",
                    &st, err));
    db_bind_int(st, 1, all);
    db_bind_int(st, 2, MEMBER_EXPORT_MAX);
    while ((rc = db_row(st, err)) == BW_OK) {
        BW_TRY(MEMBER_MORE(e->arena, e->lines, e->n, room, err));
        BW_TRY(member_organisation_row(st, e->arena, &o, err));
        e->lines[e->n++] = (struct member_line){.public_id = o.public_id,
                                                .domain = o.domain,
                                                .names = o.names,
                                                .class_ = o.class_,
                                                .state = o.state,
                                                .created_us = db_int(st, 8),
                                                .people = o.id}; /* its key, until it is indexed */
    }
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

static enum bw_rc index_lines(struct export *e, struct bw_err *err)
{
    e->index = BW_ARENA_ARRAY(e->arena, e->n, struct keyed);
    if (!e->index)
        return bw_fail_memory(err);
    for (size_t i = 0; i < e->n; i++) {
        e->index[i] = (struct keyed){e->lines[i].people, i};
        e->lines[i].people = 0;
    }
    qsort(e->index, e->n, sizeof(*e->index), by_id);
    return BW_OK;
}

static enum bw_rc read_sectors(struct export *e, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc;
    BW_TRY(db_query(e->db, e->viewer,
                    "SELECT h.holder_id, g.name_en FROM v_grouping g JOIN holding h"
                    " ON h.code = (g.id << 4) + 4 WHERE g.kind = 4 AND h.holder_kind = 1"
                    " AND h.until_us IS NULL ORDER BY g.name_en, h.id LIMIT ?1",
                    &st, err));
    db_bind_int(st, 1, 5 * MEMBER_EXPORT_MAX);
    while ((rc = db_row(st, err)) == BW_OK) {
        struct member_line *line = line_of(e, db_int(st, 0));
        if (!line)
            continue;
        line->sectors = bw_arena_printf(e->arena, "%.*s%s%.*s", BW_VF(line->sectors),
                                        line->sectors.n ? "; " : "", BW_VF(db_text(st, 1)));
        if (!line->sectors.p)
            return bw_fail_memory(err);
    }
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

static enum bw_rc read_people(struct export *e, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc;
    BW_TRY(db_query(e->db, e->viewer,
                    "SELECT organisation_id, count(*) FROM v_person WHERE state = 0"
                    " GROUP BY organisation_id ORDER BY organisation_id LIMIT ?1",
                    &st, err));
    db_bind_int(st, 1, MEMBER_EXPORT_MAX);
    while ((rc = db_row(st, err)) == BW_OK) {
        struct member_line *line = line_of(e, db_int(st, 0));
        if (line)
            line->people = db_int(st, 1);
    }
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

enum bw_rc member_export(struct db *db, const struct viewer *viewer, bool all,
                         struct bw_arena *arena, struct member_line **ret, size_t *ret_n,
                         struct bw_err *err)
{
    struct export e = {.db = db, .viewer = viewer, .arena = arena};
    BW_TRY(read_lines(&e, all, err));
    BW_TRY(index_lines(&e, err));
    BW_TRY(read_sectors(&e, err));
    if (all)
        BW_TRY(read_people(&e, err));
    *ret = e.lines;
    *ret_n = e.n;
    return BW_OK;
}
