/* SPDX-License-Identifier: Apache-2.0 */
/* member_who - an audience in words, and the people whom it reaches.
 *
 * Both are told to or about somebody who sees the row: the audience's own grants are spelled out
 * and nothing else. How many organisations is counted now, among the active ones; the hub's staff,
 * who see rows in order to moderate, are named in the list but are no organisation in the count. */
#include "member_int.h"

enum { LABELS_IN_SUMMARY = 2 };

/* One grant in words. */
struct spoken {
    int rank; /* order of the list */
    int64_t code;
    struct bw_view label; /* "Members of circle Finance" */
    int64_t n;            /* organisations behind it; -1: not counted */
};

struct teller {
    struct db *db;
    const struct viewer *viewer;
    enum i18n_lang lang;
    struct bw_arena *arena;
    struct bw_err *err;
    int64_t *ids; /* active organisations that the grants reach, with doubles */
    size_t n_ids, room_ids;
};

static const struct viewer *as_reader(void)
{
    return viewer_system("who sees a row is told who else sees it");
}

static enum bw_rc say(const struct teller *t, enum i18n_msg msg, const struct i18n_arg *args,
                      size_t n, struct bw_view *ret)
{
    BW_AUTO_BUF out = BW_BUF_INIT(4096);
    i18n_put(&out, t->lang, msg, args, n);
    BW_TRY(bw_buf_rc(&out, "a sentence", t->err));
    return bw_view_copy(t->arena, bw_buf_text(&out), ret, t->err);
}
#define SAY(t, msg, ret, ...)                               \
    say((t), (msg), (const struct i18n_arg[]){__VA_ARGS__}, \
        sizeof((const struct i18n_arg[]){__VA_ARGS__}) / sizeof(struct i18n_arg), (ret))

/* -- one grant --------------------------------------------------------------------------------- */

static enum bw_rc reach(struct teller *t, int64_t organisation_id)
{
    BW_TRY(MEMBER_MORE(t->arena, t->ids, t->n_ids, t->room_ids, t->err));
    t->ids[t->n_ids++] = organisation_id;
    return BW_OK;
}

/* The row with the key ID: three names, then an organisation and its state where it is one's. */
static enum bw_rc row_name(struct teller *t, struct db_stmt *st, int64_t id, struct bw_view *ret)
{
    struct member_names names;
    db_bind_int(st, 1, id);
    enum bw_rc rc = db_row(st, t->err);
    if (rc == BW_NOT_FOUND)
        return bw_fail_detail(t->err, BW_BROKEN, "internal error", "a grant names row %lld",
                              (long long)id);
    BW_TRY(rc);
    for (int i = 0; i < I18N_LANGS; i++)
        names.text[i] = db_text(st, i);
    if (db_int(st, 3) && db_int(st, 4) == MEMBER_ACTIVE)
        BW_TRY(reach(t, db_int(st, 3)));
    return bw_view_copy(t->arena, member_name(&names, t->lang), ret, t->err);
}

static enum bw_rc organisation_name(struct teller *t, int64_t id, struct bw_view *ret)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(t->db, as_reader(),
                    "SELECT name_en, name_hant, name_hans, id, state FROM v_organisation"
                    " WHERE id = ?1",
                    &st, t->err));
    return row_name(t, st, id, ret);
}

static enum bw_rc group_name(struct teller *t, int64_t id, struct bw_view *ret)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(t->db, as_reader(),
                    "SELECT name_en, name_hant, name_hans, 0, 0 FROM v_grouping WHERE id = ?1", &st,
                    t->err));
    return row_name(t, st, id, ret);
}

static enum bw_rc person_name(struct teller *t, int64_t id, struct bw_view *ret)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct bw_view organisation;
    BW_TRY(db_query(t->db, as_reader(),
                    "SELECT o.name_en, o.name_hant, o.name_hans, o.id, o.state, p.name"
                    " FROM v_person p JOIN v_organisation o ON o.id = p.organisation_id"
                    " WHERE p.id = ?1",
                    &st, t->err));
    BW_TRY(row_name(t, st, id, &organisation));
    return SAY(t, MSG_member_who_person, ret, I18N_TEXT("name", db_text(st, 5)),
               I18N_TEXT("organisation", organisation));
}

static enum bw_rc count_active(struct teller *t, int64_t *ret)
{
    BW_AUTO(db_stmt) *st = NULL;
    BW_TRY(db_query(t->db, as_reader(), "SELECT count(*) FROM v_organisation WHERE state = 0", &st,
                    t->err));
    BW_TRY(db_row(st, t->err));
    *ret = db_int(st, 0);
    return BW_OK;
}

/* Organisations that hold CODE themselves or through one of their people. */
static enum bw_rc count_holders(struct teller *t, int64_t code, int64_t *ret)
{
    BW_AUTO(db_stmt) *st = NULL;
    int64_t n = 0;
    enum bw_rc rc;
    BW_TRY(db_query(t->db, as_reader(),
                    "SELECT o.id FROM holding h JOIN v_organisation o ON o.id = h.holder_id"
                    " WHERE h.code = ?1 AND h.holder_kind = 1 AND h.until_us IS NULL"
                    " AND o.state = 0 UNION SELECT o.id FROM holding h JOIN v_person p"
                    " ON p.id = h.holder_id JOIN v_organisation o ON o.id = p.organisation_id"
                    " WHERE h.code = ?1 AND h.holder_kind = 0 AND h.until_us IS NULL"
                    " AND o.state = 0",
                    &st, t->err));
    db_bind_int(st, 1, code);
    for (; (rc = db_row(st, t->err)) == BW_OK; n++)
        BW_TRY(reach(t, db_int(st, 0)));
    if (rc != BW_NOT_FOUND)
        return rc;
    *ret = n;
    return BW_OK;
}

static enum bw_rc speak_group(struct teller *t, struct grant g, struct spoken *s)
{
    struct bw_view name;
    BW_TRY(group_name(t, g.ref, &name));
    BW_TRY(count_holders(t, s->code, &s->n));
    return SAY(t, g.kind == GRANT_CIRCLE ? MSG_audience_circle : MSG_audience_sector, &s->label,
               I18N_TEXT("name", name));
}

static enum bw_rc speak_role(struct teller *t, struct grant g, struct spoken *s)
{
    if (g.ref == ROLE_STAFF)
        return SAY(t, MSG_member_who_staff, &s->label, I18N_NUMBER("", 0));
    return SAY(t, MSG_member_who_role, &s->label,
               I18N_TEXT("role", i18n(t->lang, member_role_msg((enum role)g.ref))));
}

static enum bw_rc speak(struct teller *t, int64_t code, struct spoken *s)
{
    static const int RANK[] = {[GRANT_PUBLIC] = 0, [GRANT_EVERYBODY] = 1,    [GRANT_CIRCLE] = 2,
                               [GRANT_SECTOR] = 3, [GRANT_ORGANISATION] = 4, [GRANT_ORG_ADMIN] = 5,
                               [GRANT_PERSON] = 6, [GRANT_ROLE] = 8,         [GRANT_DELEGATE] = 7};
    struct grant g = grant_of_code(code);
    struct bw_view name;
    BW_ASSERT(g.kind < BW_COUNT(RANK));
    *s = (struct spoken){.rank = RANK[g.kind], .code = code, .n = -1};
    switch (g.kind) {
    case GRANT_PUBLIC:
        s->label = i18n(t->lang, MSG_audience_everybody);
        return BW_OK;
    case GRANT_EVERYBODY:
        s->label = i18n(t->lang, MSG_audience_members);
        return count_active(t, &s->n);
    case GRANT_ORGANISATION:
        return organisation_name(t, g.ref, &s->label);
    case GRANT_ORG_ADMIN:
        BW_TRY(organisation_name(t, g.ref, &name));
        return SAY(t, MSG_member_who_admins, &s->label, I18N_TEXT("name", name));
    case GRANT_CIRCLE:
    case GRANT_SECTOR:
        return speak_group(t, g, s);
    case GRANT_PERSON:
        return person_name(t, g.ref, &s->label);
    case GRANT_ROLE:
        return speak_role(t, g, s);
    case GRANT_DELEGATE:
        BW_TRY(organisation_name(t, g.ref, &name));
        BW_TRY(count_holders(t, code, &s->n));
        return SAY(t, MSG_people_who_delegate, &s->label, I18N_TEXT("name", name));
    case GRANT_DUTY:
    case GRANT_LIMIT: /* no audience has them */
        break;
    }
    BW_ASSERT(false);
}

static int in_order(const void *a, const void *b)
{
    const struct spoken *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    int name = bw_view_cmp(x->label, y->label);
    return name ? name : (x->code > y->code) - (x->code < y->code);
}

/* -- all of them ------------------------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Active organisations that any of the grants reaches, each once. */
static int64_t count_reached(struct teller *t)
{
    int64_t n = 0;
    if (t->n_ids)
        qsort(t->ids, t->n_ids, sizeof(*t->ids), by_key);
    for (size_t i = 0; i < t->n_ids; i++)
        n += i == 0 || t->ids[i] != t->ids[i - 1];
    return n;
}

static enum bw_rc add_count(struct teller *t, struct bw_view label, int64_t n, struct bw_view *ret)
{
    return SAY(t, MSG_member_who_count, ret, I18N_TEXT("who", label), I18N_NUMBER("n", n));
}

static bool is_staff(const struct spoken *s)
{
    return grant_of_code(s->code).kind == GRANT_ROLE;
}

/* The grants that make the sentence: staff stand in it only where there is nobody else. */
static size_t counted(const struct spoken *s, size_t n)
{
    size_t kept = n;
    while (kept && is_staff(&s[kept - 1]))
        kept--;
    return kept ? kept : n;
}

static enum bw_rc join_labels(struct teller *t, const struct spoken *s, size_t n,
                              struct bw_view *ret)
{
    size_t people = 0;
    for (size_t i = 0; i < n; i++)
        people += grant_of_code(s[i].code).kind == GRANT_PERSON;
    if (people == n && n > 1)
        return SAY(t, MSG_audience_people, ret, I18N_NUMBER("n", (int64_t)n));
    if (n == 1) {
        *ret = s[0].label;
        return BW_OK;
    }
    if (n == LABELS_IN_SUMMARY)
        return SAY(t, MSG_member_who_two, ret, I18N_TEXT("a", s[0].label),
                   I18N_TEXT("b", s[1].label));
    return SAY(t, MSG_member_who_more, ret, I18N_TEXT("a", s[0].label), I18N_TEXT("b", s[1].label),
               I18N_NUMBER("n", (int64_t)n - LABELS_IN_SUMMARY));
}

/* One organisation or one person needs no "1 organisation" behind it. */
static bool speaks_for_itself(const struct spoken *s, size_t n)
{
    return n == 1 && s[0].n < 0;
}

static enum bw_rc sum_up(struct teller *t, const struct spoken *s, size_t n, struct member_who *w)
{
    enum grant_kind widest = grant_of_code(s[0].code).kind;
    struct bw_view labels;
    size_t kept = counted(s, n);
    if (widest == GRANT_PUBLIC) {
        w->organisations = -1;
        w->summary = s[0].label;
        return BW_OK;
    }
    if (widest == GRANT_EVERYBODY) {
        w->organisations = s[0].n;
        return add_count(t, s[0].label, s[0].n, &w->summary);
    }
    w->organisations = count_reached(t);
    BW_TRY(join_labels(t, s, kept, &labels));
    if (speaks_for_itself(s, kept)) {
        w->summary = labels;
        return BW_OK;
    }
    return add_count(t, labels, w->organisations, &w->summary);
}

/* A circle that is told to the viewer: v_circle says so, which hides hidden ones. */
static enum bw_rc is_told(struct teller *t, int64_t code, bool *ret)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct grant g = grant_of_code(code);
    *ret = g.kind != GRANT_CIRCLE;
    if (*ret)
        return BW_OK;
    BW_TRY(db_query(t->db, t->viewer, "SELECT id FROM v_circle WHERE id = ?1", &st, t->err));
    db_bind_int(st, 1, g.ref);
    enum bw_rc rc = db_row(st, t->err);
    *ret = rc == BW_OK;
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

enum bw_rc member_who(struct db *db, const struct viewer *viewer, int64_t audience_id,
                      enum i18n_lang lang, struct bw_arena *arena, struct member_who *ret,
                      struct bw_err *err)
{
    struct teller t = {.db = db, .viewer = viewer, .lang = lang, .arena = arena, .err = err};
    struct audience_info a;
    struct member_who w = {.n = 0};
    BW_TRY(audience_get(db, audience_id, &a, err));
    struct spoken *s = BW_ARENA_ARRAY(arena, a.n, struct spoken);
    w.lines = BW_ARENA_ARRAY(arena, a.n, struct bw_view);
    if (!s || !w.lines)
        return bw_fail_memory(err);
    size_t told = 0;
    for (size_t i = 0; i < a.n; i++) {
        bool is;
        BW_TRY(is_told(&t, a.codes[i], &is));
        if (is)
            BW_TRY(speak(&t, a.codes[i], &s[told++]));
    }
    if (told == 0)
        return bw_fail(err, BW_NOT_FOUND, "there is nothing to tell");
    qsort(s, told, sizeof(*s), in_order);
    for (size_t i = 0; i < told; i++) {
        struct bw_view *line = &w.lines[w.n++];
        *line = s[i].label;
        if (s[i].n >= 0)
            BW_TRY(add_count(&t, s[i].label, s[i].n, line));
    }
    BW_TRY(sum_up(&t, s, told, &w));
    *ret = w;
    return BW_OK;
}

/* -- recipients -------------------------------------------------------------------------------- */

/* Each kind of grant starts from its own index; UNION keeps a person once. Of the hub's staff those
 * who work on items (analysts, operators); machines and who runs the machine get no mail about
 * rows. */
#define REACHED                                                                                   \
    "SELECT p.id FROM v_person p WHERE EXISTS (SELECT 1 FROM audience_grant g"                    \
    " WHERE g.audience_id = ?1 AND g.code IN (0, 1))"                                             \
    " UNION SELECT p.id FROM audience_grant g JOIN v_person p ON p.organisation_id = g.code >> 4" \
    " WHERE g.audience_id = ?1 AND ((g.code & 15) = 2 OR ((g.code & 15) = 7 AND p.role = 2))"     \
    " UNION SELECT p.id FROM audience_grant g JOIN holding h ON h.code = g.code"                  \
    " AND h.holder_kind = 1 AND h.until_us IS NULL JOIN v_person p"                               \
    " ON p.organisation_id = h.holder_id WHERE g.audience_id = ?1"                                \
    " UNION SELECT h.holder_id FROM audience_grant g JOIN holding h ON h.code = g.code"           \
    " AND h.holder_kind = 0 AND h.until_us IS NULL WHERE g.audience_id = ?1"                      \
    " UNION SELECT p.id FROM audience_grant g JOIN v_person p ON p.role = g.code >> 4"            \
    " WHERE g.audience_id = ?1 AND (g.code & 15) = 5"                                             \
    " UNION SELECT p.id FROM v_person p WHERE p.role IN (3, 4) AND EXISTS (SELECT 1"              \
    " FROM audience_grant g WHERE g.audience_id = ?1 AND g.code = ?2)"                            \
    " UNION SELECT g.code >> 4 FROM audience_grant g WHERE g.audience_id = ?1"                    \
    " AND (g.code & 15) = 6"

enum bw_rc member_recipients(struct db *db, int64_t audience_id, struct bw_arena *arena,
                             struct member_recipient **ret, size_t *ret_n, struct bw_err *err)
{
    BW_AUTO(db_stmt) *st = NULL;
    struct member_recipient *rows = NULL;
    size_t n = 0, room = 0;
    enum bw_rc rc;
    BW_TRY(db_query(db, viewer_system("mails go to everybody whom the audience reaches"),
                    "SELECT " MEMBER_RECIPIENT
                    " FROM v_person r JOIN v_organisation o ON o.id = r.organisation_id"
                    " WHERE r.state = 0 AND o.state = 0 AND r.role NOT IN (8, 10)"
                    " AND r.id IN (" REACHED ") ORDER BY r.id",
                    &st, err));
    db_bind_int(st, 1, audience_id);
    db_bind_int(st, 2, grant_code((struct grant){GRANT_ROLE, ROLE_STAFF}));
    while ((rc = db_row(st, err)) == BW_OK) {
        BW_TRY(MEMBER_MORE(arena, rows, n, room, err));
        BW_TRY(member_recipient_row(st, arena, &rows[n++], err));
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    *ret = rows;
    *ret_n = n;
    return BW_OK;
}
