/* SPDX-License-Identifier: Apache-2.0 */
/* join_import - see join_import.h. Names, domains and addresses that are there already, in the hub
 * or higher up in the file, are found in a set of hashes: 10,000 rows ask the database three
 * questions and not 30,000. */
#include "join_import.h"

#include "mail.h"
#include "text_csv.h"

enum { CHUNK = 25, COLUMNS_MAX = 64, ROWS_READ = 100000 };

/* -- a set of texts ---------------------------------------------------------------------------- */

struct set {
    uint64_t *slots; /* 0: free */
    size_t mask, n;
};

static enum bw_rc set_init(struct set *s, size_t most, struct bw_arena *arena, struct bw_err *err)
{
    size_t size = 64;
    while (size < most * 2)
        size *= 2;
    s->slots = BW_ARENA_ARRAY(arena, size, uint64_t);
    s->mask = size - 1;
    return s->slots ? BW_OK : bw_fail_memory(err);
}

/* True: it was not there. Letters of ASCII count alike in both cases. */
static bool set_add(struct set *s, struct bw_view v)
{
    char low[MEMBER_NAME_MAX + 60];
    uint64_t hash;
    v = bw_view_head(bw_view_trim(v), sizeof(low));
    for (size_t i = 0; i < v.n; i++)
        low[i] = v.p[i] >= 'A' && v.p[i] <= 'Z' ? (char)(v.p[i] - 'A' + 'a') : v.p[i];
    struct crypto_digest d = crypto_sha256(bw_view_of(low, v.n));
    memcpy(&hash, d.b, sizeof(hash));
    hash |= 1;
    for (size_t at = hash >> 8 & s->mask;; at = (at + 1) & s->mask) {
        if (s->slots[at] == hash)
            return false;
        if (s->slots[at])
            continue;
        s->slots[at] = hash;
        s->n++;
        return true;
    }
}

struct known {
    struct set names, domains, emails;
};

static enum bw_rc read_known(struct db *db, struct known *k, struct bw_arena *arena,
                             struct bw_err *err)
{
    const struct viewer *system = viewer_system("joining: a list is compared with who is there");
    BW_AUTO(db_stmt) *st = NULL, *people = NULL;
    enum bw_rc rc;
    BW_TRY(set_init(&k->names, ROWS_READ + JOIN_ROWS_MAX, arena, err));
    BW_TRY(set_init(&k->domains, ROWS_READ + JOIN_ROWS_MAX, arena, err));
    BW_TRY(set_init(&k->emails, ROWS_READ + JOIN_ROWS_MAX, arena, err));
    BW_TRY(db_query(db, system,
                    "SELECT name_en, domain FROM v_organisation ORDER BY id LIMIT 100000", &st,
                    err));
    while ((rc = db_row(st, err)) == BW_OK) {
        set_add(&k->names, db_text(st, 0));
        if (db_text(st, 1).n)
            set_add(&k->domains, db_text(st, 1));
    }
    if (rc != BW_NOT_FOUND)
        return rc;
    BW_TRY(
        db_query(db, system, "SELECT email FROM v_person ORDER BY id LIMIT 100000", &people, err));
    while ((rc = db_row(people, err)) == BW_OK)
        set_add(&k->emails, db_text(people, 0));
    return rc == BW_NOT_FOUND ? BW_OK : rc;
}

/* -- columns ----------------------------------------------------------------------------------- */

enum column {
    NAME_EN,
    NAME_HANT,
    NAME_HANS,
    REGISTRATION,
    CLASS,
    DOMAIN,
    GROUP,
    SECTORS,
    PERSON,
    EMAIL,
    LANGUAGE,
    STANDING,
    COLUMNS
};
static const char *const NAMES[COLUMNS] = {"name_en", "name_hant", "name_hans", "registration",
                                           "class",   "domain",    "group",     "sectors",
                                           "person",  "email",     "language",  "standing"};

static enum bw_rc read_header(struct text_csv *csv, struct text_record *r, int at[COLUMNS],
                              struct bw_arena *arena, struct bw_err *err)
{
    for (int c = 0; c < COLUMNS; c++)
        at[c] = -1;
    if (text_csv_next(csv, r) != TEXT_CSV_RECORD)
        return bw_fail(err, BW_INVALID, "the file has no header: name_en,domain,class,...");
    for (size_t i = 0; i < r->n && i < COLUMNS_MAX; i++)
        for (int c = 0; c < COLUMNS; c++)
            if (bw_view_eq_nocase(text_cell_text(&r->cells[i], arena), bw_view_z(NAMES[c])))
                at[c] = (int)i;
    if (at[NAME_EN] < 0 || at[DOMAIN] < 0)
        return bw_fail(err, BW_INVALID,
                       "the header needs the columns name_en and domain; it may have name_hant,"
                       " name_hans, registration, class, group, sectors, person, email, language,"
                       " standing");
    return BW_OK;
}

static struct bw_view cell(const struct text_record *r, const int at[COLUMNS], enum column c,
                           struct bw_arena *arena)
{
    return at[c] < 0 || (size_t)at[c] >= r->n ? (struct bw_view){NULL, 0}
                                              : text_cell_text(&r->cells[at[c]], arena);
}

static bool read_class(struct bw_view word, enum member_class *ret)
{
    *ret = MEMBER_INDUSTRY;
    if (word.n == 0)
        return true;
    for (int i = 0; i < MEMBER_CLASSES; i++)
        if (bw_view_eq_nocase(word, bw_view_z(member_class_word((enum member_class)i)))) {
            *ret = (enum member_class)i;
            return true;
        }
    return false;
}

/* Names or public ids with ";" between them become public ids with blanks between them. */
struct sectors {
    struct member_choice *list[I18N_LANGS];
    size_t n;
};

static bool read_sectors(const struct sectors *s, struct bw_view words, struct bw_arena *arena,
                         struct bw_view *ret)
{
    struct bw_view all = {NULL, 0};
    while (words.p) {
        struct bw_view word = bw_view_trim(bw_view_split(&words, ';'));
        bool found = word.n == 0;
        for (size_t i = 0; i < s->n && !found; i++)
            for (int l = 0; l < I18N_LANGS && !found; l++) {
                const struct member_choice *c = &s->list[l][i];
                if (!bw_view_eq_nocase(word, c->name) && !bw_view_eq(word, c->public_id))
                    continue;
                all = bw_arena_printf(arena, "%.*s%s%.*s", BW_VF(all), all.n ? " " : "",
                                      BW_VF(c->public_id));
                found = true;
            }
        if (!found)
            return false;
    }
    *ret = all;
    return true;
}

/* -- rows -------------------------------------------------------------------------------------- */

static bool wrong(struct join_entry *e, enum i18n_msg why)
{
    e->wrong = true;
    e->why = why;
    return false;
}

static bool check_text(struct join_entry *e)
{
    const struct bw_view texts[] = {e->names.text[0], e->names.text[1], e->names.text[2],
                                    e->registration,  e->group,         e->person,
                                    e->email};
    for (size_t i = 0; i < BW_COUNT(texts); i++) {
        if (texts[i].n > MEMBER_NAME_MAX || !bw_utf8_valid(texts[i]))
            return wrong(e, MSG_join_row_text);
        struct bw_view rest = texts[i];
        for (size_t len; rest.n; rest = bw_view_from(rest, len))
            if (bw_utf8_is_control(bw_utf8_next(rest, &len)))
                return wrong(e, MSG_join_row_text);
    }
    return true;
}

/* What the row says for itself, then against the others: a wrong row takes no name from them. */
static bool check(struct join_entry *e, const struct settings *settings, bool sponsored,
                  struct known *k)
{
    if (!check_text(e))
        return false;
    if (e->names.text[I18N_EN].n == 0)
        return wrong(e, MSG_join_row_name);
    if (!join_domain_valid(e->domain))
        return wrong(e, MSG_join_row_domain);
    if (join_public_mail(settings, e->domain))
        return wrong(e, MSG_join_row_public);
    if ((sponsored || e->email.n) && (!mail_address_valid(e->email) || e->person.n == 0))
        return wrong(e, MSG_join_row_person);
    if (!set_add(&k->names, e->names.text[I18N_EN]))
        return wrong(e, MSG_join_row_name_there);
    if (!set_add(&k->domains, e->domain))
        return wrong(e, MSG_join_row_domain_there);
    if (e->email.n && !set_add(&k->emails, e->email))
        return wrong(e, MSG_join_row_email_there);
    return true;
}

static struct bw_view lower(struct bw_view v, struct bw_arena *arena)
{
    char *out = bw_arena_get(arena, v.n);
    for (size_t i = 0; out && i < v.n; i++)
        out[i] = v.p[i] >= 'A' && v.p[i] <= 'Z' ? (char)(v.p[i] - 'A' + 'a') : v.p[i];
    return out ? bw_view_of(out, v.n) : (struct bw_view){NULL, 0};
}

static void fill(struct join_entry *e, const struct text_record *r, const int at[COLUMNS],
                 const struct sectors *sectors, struct bw_arena *arena)
{
    struct bw_view standing = cell(r, at, STANDING, arena);
    *e = (struct join_entry){.line = r->line,
                             .names = {{[I18N_EN] = cell(r, at, NAME_EN, arena),
                                        [I18N_HANT] = cell(r, at, NAME_HANT, arena),
                                        [I18N_HANS] = cell(r, at, NAME_HANS, arena)}},
                             .registration = cell(r, at, REGISTRATION, arena),
                             .domain = lower(cell(r, at, DOMAIN, arena), arena),
                             .group = cell(r, at, GROUP, arena),
                             .person = cell(r, at, PERSON, arena),
                             .email = lower(cell(r, at, EMAIL, arena), arena),
                             .trusted = bw_view_eq_nocase(standing, BW_V("trusted"))};
    if (!i18n_from_path(lower(cell(r, at, LANGUAGE, arena), arena), &e->lang))
        e->lang = I18N_EN;
    if (standing.n && !e->trusted && !bw_view_eq_nocase(standing, BW_V("open")))
        wrong(e, MSG_join_row_standing);
    if (!read_class(cell(r, at, CLASS, arena), &e->class_))
        wrong(e, MSG_join_row_class);
    if (!read_sectors(sectors, cell(r, at, SECTORS, arena), arena, &e->sectors))
        wrong(e, MSG_join_row_sector);
}

static enum bw_rc read_choices(struct db *db, struct sectors *s, struct bw_arena *arena,
                               struct bw_err *err)
{
    const struct viewer *system = viewer_system("joining: a list names sectors");
    for (int l = 0; l < I18N_LANGS; l++)
        BW_TRY(member_choices(db, system, GRANT_SECTOR, (enum i18n_lang)l, arena, &s->list[l],
                              &s->n, err));
    return BW_OK;
}

enum bw_rc join_table_read(struct db *db, const struct settings *settings, struct bw_view bytes,
                           bool sponsored, struct bw_arena *arena, struct join_table *ret,
                           struct bw_err *err)
{
    struct text_record *r = BW_ARENA_NEW(arena, struct text_record);
    struct join_entry *rows = BW_ARENA_ARRAY(arena, JOIN_ROWS_MAX, struct join_entry);
    struct sectors sectors;
    struct known known = {.names = {.n = 0}};
    enum text_csv_got got;
    struct text_csv csv;
    int at[COLUMNS];
    size_t n = 0, bad = 0;
    if (!r || !rows)
        return bw_fail_memory(err);
    text_csv_open(&csv, bytes);
    BW_TRY(read_header(&csv, r, at, arena, err));
    BW_TRY(read_choices(db, &sectors, arena, err));
    BW_TRY(read_known(db, &known, arena, err));
    while ((got = text_csv_next(&csv, r)) != TEXT_CSV_END) {
        if (n == JOIN_ROWS_MAX)
            return bw_fail(err, BW_LIMIT, "a list has at most %d rows: cut it", JOIN_ROWS_MAX);
        struct join_entry *e = &rows[n++];
        if (got == TEXT_CSV_WRONG) {
            *e = (struct join_entry){.line = r->line};
            wrong(e, MSG_join_row_csv);
        } else {
            fill(e, r, at, &sectors, arena);
            if (!e->wrong)
                check(e, settings, sponsored, &known);
        }
        bad += e->wrong;
    }
    *ret = (struct join_table){rows, n, bad};
    return BW_OK;
}

/* -- taking ------------------------------------------------------------------------------------ */

struct chunk {
    const struct join_take *t;
    const struct join_entry *rows[CHUNK];
    size_t n;
};

static enum bw_rc take_member(struct db_tx *tx, const struct join_take *t,
                              const struct join_entry *e, struct bw_err *err)
{
    struct join_application a = {.state = JOIN_ACTIVE,
                                 .route = e->trusted ? JOIN_TRUSTED : JOIN_OPEN,
                                 .lang = e->lang,
                                 .names = e->names,
                                 .class_ = e->class_,
                                 .domain = e->domain,
                                 .sectors = e->sectors,
                                 .company_group = e->group};
    if (e->email.n)
        a.people[a.people_n++] = (struct join_person){.kind = JOIN_REPRESENTATIVE,
                                                      .name = e->person,
                                                      .email = e->email,
                                                      .role = ROLE_ADMIN};
    return join_make(tx, t->hub, &a, t->viewer->person_id, err);
}

static enum bw_rc enlist(struct db_tx *tx, const struct join_take *t, const struct join_entry *e,
                         struct bw_err *err)
{
    struct join_application a = {.route = JOIN_SPONSORED,
                                 .lang = e->lang,
                                 .names = e->names,
                                 .class_ = e->class_,
                                 .registration = e->registration,
                                 .domain = e->domain,
                                 .sectors = e->sectors,
                                 .company_group = e->group,
                                 .sponsor_id = t->sponsor_id};
    for (int kind = JOIN_APPLICANT; kind <= JOIN_REPRESENTATIVE; kind += JOIN_REPRESENTATIVE)
        a.people[a.people_n++] = (struct join_person){.kind = (enum join_person_kind)kind,
                                                      .name = e->person,
                                                      .email = e->email,
                                                      .role = ROLE_ADMIN,
                                                      .signatory = kind == JOIN_REPRESENTATIVE};
    struct join_apply w = {.hub = t->hub, .in = &a, .actor_id = t->viewer->person_id, .send = true};
    return join_draft_new(tx, &w, err);
}

static enum bw_rc write_chunk(struct db_tx *tx, void *arg, struct bw_err *err)
{
    const struct chunk *c = arg;
    struct member_trust b;
    BW_AUTO(bw_arena) *arena = bw_arena_new(1 << 20);
    if (!arena)
        return bw_fail_memory(err);
    BW_TRY(permission_check(c->t->viewer, c->t->sponsor_id ? PERM_OWN_PEOPLE : PERM_DECIDE, err));
    if (c->t->sponsor_id) {
        BW_TRY(member_trust_get(db_tx_db(tx), c->t->sponsor_id, arena, &b, err));
        if (!b.association || b.state != MEMBER_ACTIVE ||
            c->t->viewer->organisation_id != c->t->sponsor_id)
            return bw_fail(err, BW_DENIED, "your organisation enlists no members");
    }
    for (size_t i = 0; i < c->n; i++)
        BW_TRY(c->t->sponsor_id ? enlist(tx, c->t, c->rows[i], err)
                                : take_member(tx, c->t, c->rows[i], err));
    return BW_OK;
}

/* Together; where one of them was taken meanwhile, one by one. */
static enum bw_rc write_some(const struct join_take *t, struct chunk *c, int64_t *taken,
                             struct bw_err *err)
{
    enum bw_rc rc = db_write(t->hub->db, write_chunk, c, err);
    if (rc == BW_OK)
        *taken += (int64_t)c->n;
    if (rc == BW_OK || (rc != BW_CONFLICT && rc != BW_INVALID))
        return rc;
    for (size_t i = 0; i < c->n; i++) {
        struct chunk one = {.t = t, .rows = {c->rows[i]}, .n = 1};
        rc = db_write(t->hub->db, write_chunk, &one, err);
        if (rc == BW_OK)
            ++*taken;
        else if (rc != BW_CONFLICT && rc != BW_INVALID)
            return rc;
    }
    return BW_OK;
}

enum bw_rc join_table_take(const struct join_take *t, const struct join_table *list,
                           int64_t *ret_taken, struct bw_err *err)
{
    struct chunk c = {.t = t};
    *ret_taken = 0;
    for (size_t i = 0; i < list->n; i++) {
        if (!list->rows[i].wrong)
            c.rows[c.n++] = &list->rows[i];
        if (c.n == CHUNK || (i + 1 == list->n && c.n)) {
            BW_TRY(write_some(t, &c, ret_taken, err));
            c.n = 0;
        }
    }
    return BW_OK;
}
