/* SPDX-License-Identifier: Apache-2.0 */
/* watch_claims - many claims at once, as CSV: read and checked first, then written in chunks, so
 * that one wrong line costs only itself and a long list holds up no other writer. */
#include "watch_int.h"

enum { CELLS = 3, CHUNK = 200, LINE_MAX_BYTES = 2000 };

struct claim_row {
    struct watch_network_in in;
    bool same; /* outcome; written anew when the transaction runs twice */
};
struct claims {
    const struct viewer *viewer;
    struct bw_arena *arena;
    struct watch_claims_result *result;
    struct claim_row rows[CHUNK];
    size_t n;
};

static enum bw_rc refuse(struct claims *c, size_t line, const char *why, struct bw_err *err)
{
    struct watch_claims_result *r = c->result;
    r->refused++;
    if (r->n == WATCH_REFUSALS_MAX)
        return BW_OK;
    struct watch_refusal *to = &r->refusals[r->n];
    to->where = bw_arena_printf(c->arena, "line %zu", line);
    if (!to->where.p)
        return bw_fail_memory(err);
    BW_TRY(bw_view_copy(c->arena, bw_view_z(why), &to->why, err));
    r->n++;
    return BW_OK;
}

/* -- writing ----------------------------------------------------------------------------------- */

enum bw_rc watch_network_room(struct db_tx *tx, int64_t organisation_id, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(db_tx_db(tx), viewer_system("how many networks an organisation has entered"),
                    "SELECT count(*) FROM v_network WHERE organisation_id = ?1", &st, err));
    db_bind_int(st, 1, organisation_id);
    BW_TRY(db_row(st, err));
    if (db_int(st, 0) > WATCH_NETWORKS_MAX - CHUNK)
        return bw_fail(err, BW_LIMIT, "an organisation may enter at most %d networks",
                       WATCH_NETWORKS_MAX);
    return BW_OK;
}

static enum bw_rc write_chunk(struct db_tx *tx, void *arg, struct bw_err *err)
{
    struct claims *c = arg;
    int64_t roomy = 0;
    for (size_t i = 0; i < c->n; i++) {
        struct claim_row *row = &c->rows[i];
        struct bw_id id;
        bool changed = false;
        if (row->in.organisation_id != roomy) {
            BW_TRY(watch_network_room(tx, row->in.organisation_id, err));
            roomy = row->in.organisation_id;
        }
        BW_TRY(watch_network_put(tx, c->viewer->person_id, &row->in, &id, &changed, err));
        row->same = !changed;
    }
    return BW_OK;
}

static enum bw_rc flush(struct claims *c, struct db_engine *e, struct bw_err *err)
{
    if (c->n == 0)
        return BW_OK;
    BW_TRY(db_write(e, write_chunk, c, err));
    for (size_t i = 0; i < c->n; i++) {
        c->result->same += c->rows[i].same;
        c->result->taken += !c->rows[i].same;
    }
    c->n = 0;
    return BW_OK;
}

/* -- reading ----------------------------------------------------------------------------------- */

static bool is_header(const struct bw_view *cells, size_t n)
{
    static const char *const names[] = {"cidr", "network", "organisation", "organization"};
    for (size_t i = 0; i < BW_COUNT(names); i++)
        if (n && bw_view_eq_nocase(cells[0], bw_view_z(names[i])))
            return true;
    return false;
}

/* Own networks are "cidr,label"; with three cells, or when the first is no network, others' are
 * meant. */
static enum bw_rc read_row(struct claims *c, struct db *db, struct bw_view *cells, size_t n,
                           struct watch_network_in *ret, struct bw_err *err)
{
    struct bw_err as_own;
    bool own = watch_prefix_parse(cells[0], &ret->prefix, &as_own) == BW_OK;
    bool others = n == CELLS && !own;
    if (n > CELLS || (own && n == CELLS && cells[2].n))
        return bw_fail(err, BW_INVALID,
                       "more cells than \"cidr,label\" has; put quotes around a "
                       "label with commas");
    if (!others && !own)
        return bw_fail(err, BW_INVALID, "%s", as_own.message);
    if (others && !permission_has(c->viewer, PERM_RELEASE))
        return bw_fail(err, BW_DENIED,
                       "only the operator enters networks of others; write \"cidr,label\"");
    if (others) {
        BW_TRY(watch_prefix_parse(cells[1], &ret->prefix, err));
        BW_TRY(member_resolve(db, c->viewer, GRANT_ORGANISATION, cells[0], &ret->organisation_id,
                              err));
    } else {
        ret->organisation_id = c->viewer->organisation_id;
    }
    ret->verified = others;
    ret->label = others ? cells[2] : n > 1 ? cells[1] : (struct bw_view){"", 0};
    return watch_label_check(ret->label, err);
}

static enum bw_rc take_line(struct claims *c, struct db_engine *e, struct bw_view text, size_t line,
                            bool *first, struct bw_err *err)
{
    struct bw_view cells[CELLS + 1], rest = bw_view_trim(text);
    struct watch_network_in in = {0};
    struct bw_err why = {0};
    size_t n = 0;
    enum bw_rc rc;
    if (rest.n == 0 || rest.p[0] == '#')
        return BW_OK;
    if (rest.n > LINE_MAX_BYTES)
        return refuse(c, line, "the line is too long for a network and its label", err);
    while (n <= CELLS && watch_csv_cell(&rest, c->arena, &cells[n]))
        n++;
    for (size_t i = 0; i < n; i++)
        cells[i] = bw_view_trim(cells[i]);
    bool header = *first && is_header(cells, n);
    *first = false;
    if (header)
        return BW_OK;
    {
        BW_AUTO(db) *db = NULL;
        BW_TRY(db_open(e, &db, err));
        rc = read_row(c, db, cells, n, &in, &why);
    }
    if (rc != BW_OK)
        return refuse(c, line, why.message, err);
    c->rows[c->n++] = (struct claim_row){.in = in};
    return c->n == CHUNK ? flush(c, e, err) : BW_OK;
}

enum bw_rc watch_claims_take(struct db_engine *e, const struct viewer *viewer, struct bw_view csv,
                             struct bw_arena *arena, struct watch_claims_result *ret,
                             struct bw_err *err)
{
    struct claims *c = BW_ARENA_NEW(arena, struct claims);
    bool first = true;
    if (!c)
        return bw_fail_memory(err);
    if (csv.n > WATCH_CLAIMS_BYTES_MAX)
        return bw_fail(err, BW_LIMIT, "a list of networks has at most %u bytes",
                       WATCH_CLAIMS_BYTES_MAX);
    if (csv.n >= 2 && ((uint8_t)csv.p[0] == 0xff || (uint8_t)csv.p[0] == 0xfe))
        return bw_fail(err, BW_UNSUPPORTED,
                       "the list is UTF-16: save it as UTF-8 and send it again");
    if (bw_view_starts(csv, BW_V("\xef\xbb\xbf")))
        csv = bw_view_from(csv, 3);
    *ret = (struct watch_claims_result){0};
    c->viewer = viewer;
    c->arena = arena;
    c->result = ret;
    for (size_t line = 1; csv.p && csv.n; line++)
        BW_TRY(take_line(c, e, bw_view_split(&csv, '\n'), line, &first, err));
    return flush(c, e, err);
}
