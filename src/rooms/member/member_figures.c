/* SPDX-License-Identifier: Apache-2.0 */
/* member_figures - how many there are today, for the statistics page: counted now and then by a
 * job, because counting 20,000 people costs more than a page may. */
#include "member_desk.h"
#include "member_int.h"

struct count {
    member_figure_fn fn;
    void *arg;
};

const char *member_class_name(enum member_class class_)
{
    return member_class_word(class_);
}

static const char *class_of(int64_t value)
{
    return value >= 0 && value < MEMBER_CLASSES ? member_class_word((enum member_class)value) : "";
}

static const char *state_of(int64_t value)
{
    return value >= 0 && value <= MEMBER_LEFT ? member_state_word((enum member_state)value) : "";
}

static const char *role_of(int64_t value)
{
    return value >= 0 && value < ROLES_COUNT ? role_name((enum role)value) : "";
}

/* Rows of (number, how many), by the word of the number. */
static enum bw_rc each(struct db_stmt *st, const struct count *c, const char *name,
                       const char *(*word)(int64_t), struct bw_err *err)
{
    enum bw_rc rc;
    while ((rc = db_row(st, err)) == BW_OK)
        BW_TRY(c->fn(c->arg, name, bw_view_z(word(db_int(st, 0))), db_int(st, 1), err));
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

static enum bw_rc organisations(struct db *db, const struct count *c, struct bw_err *err)
{
    BW_AUTO(db_stmt) *states = NULL;
    BW_AUTO(db_stmt) *classes = NULL;
    BW_TRY(db_query(db, viewer_system("figures: how many organisations, never which"),
                    "SELECT state, count(*) FROM v_organisation GROUP BY state ORDER BY state"
                    " LIMIT 100",
                    &states, err));
    BW_TRY(each(states, c, "organisations", state_of, err));
    BW_TRY(db_query(db, viewer_system("figures: how many of a class, never which"),
                    "SELECT class, count(*) FROM v_organisation WHERE state = 0 GROUP BY class"
                    " ORDER BY class LIMIT 100",
                    &classes, err));
    return each(classes, c, "class", class_of, err);
}

static enum bw_rc sectors(struct db *db, const struct count *c, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    enum bw_rc rc;
    BW_TRY(db_query(db, viewer_system("figures: how many of a sector, never which"),
                    "SELECT g.public_id, count(*) FROM v_grouping g JOIN holding h"
                    " ON h.code = (g.id << 4) + 4 JOIN v_organisation o ON o.id = h.holder_id"
                    " WHERE g.kind = 4 AND h.holder_kind = 1 AND h.until_us IS NULL"
                    " AND o.state = 0 GROUP BY g.public_id ORDER BY g.public_id LIMIT 500",
                    &st, err));
    while ((rc = db_row(st, err)) == BW_OK)
        BW_TRY(c->fn(c->arg, "sector", db_text(st, 0), db_int(st, 1), err));
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

static enum bw_rc people(struct db *db, const struct count *c, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db, viewer_system("figures: how many of a role, never who"),
                    "SELECT p.role, count(*) FROM v_person p JOIN v_organisation o"
                    " ON o.id = p.organisation_id WHERE p.state = 0 AND o.state = 0"
                    " GROUP BY p.role ORDER BY p.role LIMIT 100",
                    &st, err));
    return each(st, c, "role", role_of, err);
}

static enum bw_rc active(struct db *db, const struct count *c, int64_t now_us, struct bw_err *err)
{
    static const struct {
        const char *key;
        int days;
    } SPANS[] = {{"30", 30}, {"90", 90}};
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_plain(db,
                    "SELECT count(*) FROM (SELECT person_id FROM session WHERE seen_us > ?1 UNION"
                    " SELECT person_id FROM api_key WHERE used_us > ?1) s",
                    &st, err));
    for (size_t i = 0; i < BW_COUNT(SPANS); i++) {
        db_bind_int(st, 1, now_us - SPANS[i].days * BW_DAY_US);
        BW_TRY(db_row(st, err));
        int64_t n = db_int(st, 0);
        db_again(st);
        BW_TRY(c->fn(c->arg, "active", bw_view_z(SPANS[i].key), n, err));
    }
    return BW_OK;
}

enum bw_rc member_figures(struct db *db, int64_t now_us, member_figure_fn fn, void *arg,
                          struct bw_err *err)
{
    const struct count c = {fn, arg};
    BW_TRY(organisations(db, &c, err));
    BW_TRY(sectors(db, &c, err));
    BW_TRY(people(db, &c, err));
    return active(db, &c, now_us, err);
}
