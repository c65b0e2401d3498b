/* SPDX-License-Identifier: Apache-2.0 */
/* intel_prepare - all that can be said of an item before the write lane: is it complete, who will
 * see it, which indicators it holds, what goes into the index.
 *
 * Why here: the lane serves everybody, one after the other; scanning 256 KiB of text in it would
 * hold all of them up. What this makes may be stored in a transaction that runs twice. */
#include "intel_page.h"

#include "i18n.h"

static const char *const FIELDS[INTEL_FIELDS] = {
    [INTEL_FIELD_TITLE] = "title",   [INTEL_FIELD_BODY] = "body",
    [INTEL_FIELD_TLP] = "tlp",       [INTEL_FIELD_AUDIENCE] = "audience",
    [INTEL_FIELD_PEOPLE] = "people", [INTEL_FIELD_SEVERITY] = "severity",
    [INTEL_FIELD_KIND] = "kind",
};

const char *intel_field_name(enum intel_field f)
{
    BW_ASSERT(f < INTEL_FIELDS);
    return FIELDS[f];
}

void intel_problem_add(struct intel_problems *p, enum intel_field field, enum i18n_msg msg,
                       struct bw_view what)
{
    if (p->n < BW_COUNT(p->rows))
        p->rows[p->n++] = (struct intel_problem){field, msg, what};
}

/* -- checks ------------------------------------------------------------------------------------ */

static size_t code_points(struct bw_view v)
{
    size_t n = 0;
    for (size_t at = 0, len; at < v.n; at += len, n++)
        bw_utf8_next(bw_view_from(v, at), &len);
    return n;
}

/* Line ends and tabs stand in a body, in a title nothing of the kind. */
static bool has_control(struct bw_view v, bool lines)
{
    for (size_t at = 0, len; at < v.n; at += len) {
        uint32_t cp = bw_utf8_next(bw_view_from(v, at), &len);
        bool bidi = cp >= 0x202a && cp <= 0x2069; /* shown as [U+202E] where it is printed */
        if (bw_utf8_is_control(cp) && !bidi && !(lines && (cp == '\n' || cp == '\t')))
            return true;
    }
    return false;
}

static void check_text(const struct intel_item_in *in, struct intel_problems *out)
{
    const struct bw_view none = {NULL, 0};
    struct bw_view title = bw_view_trim(in->title), body = bw_view_trim(in->body);
    if (in->publish && title.n == 0)
        intel_problem_add(out, INTEL_FIELD_TITLE, MSG_intel_need_title, none);
    else if (code_points(title) > INTEL_TITLE_MAX)
        intel_problem_add(out, INTEL_FIELD_TITLE, MSG_intel_long_title, none);
    else if (!bw_utf8_valid(title) || has_control(title, false))
        intel_problem_add(out, INTEL_FIELD_TITLE, MSG_intel_bad_text, none);
    if (in->publish && body.n == 0)
        intel_problem_add(out, INTEL_FIELD_BODY, MSG_intel_need_body, none);
    else if (in->body.n > INTEL_BODY_MAX)
        intel_problem_add(out, INTEL_FIELD_BODY, MSG_intel_long_body, none);
    else if (!bw_utf8_valid(body) || has_control(body, true))
        intel_problem_add(out, INTEL_FIELD_BODY, MSG_intel_bad_text, none);
}

/* What the label forbids (product.md, TLP 2.0). The kinds that an author may name at all are those
 * that a form offers: nobody shares with the world, or with a role of the hub. */
static void check_audience(enum tlp tlp, const struct intel_audience_in *a, bool publish,
                           struct intel_problems *out)
{
    const struct bw_view none = {NULL, 0};
    bool groups = false, foreign = false;
    for (size_t i = 0; i < a->n; i++) {
        enum grant_kind k = a->grants[i].kind;
        groups = groups || k != GRANT_PERSON;
        foreign = foreign || (k != GRANT_ORGANISATION && k != GRANT_CIRCLE && k != GRANT_SECTOR &&
                              k != GRANT_PERSON);
    }
    if (foreign)
        intel_problem_add(out, INTEL_FIELD_AUDIENCE, MSG_intel_bad_audience, none);
    else if (a->everybody && a->n > 0)
        intel_problem_add(out, INTEL_FIELD_AUDIENCE, MSG_intel_both_audiences, none);
    else if (publish && !a->everybody && a->n == 0)
        intel_problem_add(out, tlp == TLP_RED ? INTEL_FIELD_PEOPLE : INTEL_FIELD_AUDIENCE,
                          tlp == TLP_RED ? MSG_intel_need_people : MSG_intel_need_audience, none);
    else if (publish && tlp == TLP_RED && (a->everybody || groups))
        intel_problem_add(out, INTEL_FIELD_AUDIENCE, MSG_intel_red_people, none);
    else if (a->n > INTEL_CHOSEN_MAX)
        intel_problem_add(out, INTEL_FIELD_AUDIENCE, MSG_intel_many_chosen, none);
}

void intel_item_check(const struct intel_item_in *in, struct intel_problems *out)
{
    BW_ASSERT(in->kind < INTEL_KINDS && in->severity < INTEL_SEVERITIES && in->tlp < TLP_LABELS);
    check_text(in, out);
    check_audience(in->tlp, &in->audience, in->publish, out);
}

static enum bw_rc first_problem(const struct intel_problems *p, struct bw_err *err)
{
    if (p->n == 0)
        return BW_OK;
    struct bw_view said = i18n(I18N_EN, p->rows[0].msg);
    return bw_fail(err, BW_INVALID, "%s: %.*s", intel_field_name(p->rows[0].field), BW_VF(said));
}

/* -- who will see it --------------------------------------------------------------------------- */

enum bw_rc intel_grants(const struct viewer *author, enum tlp tlp,
                        const struct intel_audience_in *chosen, struct bw_arena *arena,
                        const struct grant **ret, size_t *ret_n, struct bw_err *err)
{
    struct intel_problems problems = {.n = 0};
    check_audience(tlp, chosen, true, &problems);
    BW_TRY(first_problem(&problems, err));

    struct grant *grants = BW_ARENA_ARRAY(arena, chosen->n + 2, struct grant);
    size_t n = 0;
    if (!grants)
        return bw_fail_memory(err);
    /* Everybody includes the author's organisation and the staff: one audience for all such items.
     */
    if (chosen->everybody) {
        grants[n++] = (struct grant){GRANT_EVERYBODY, 0};
    } else {
        for (size_t i = 0; i < chosen->n; i++)
            grants[n++] = chosen->grants[i];
        if (tlp == TLP_RED && author->person_id)
            grants[n++] = (struct grant){GRANT_PERSON, author->person_id};
        if (tlp != TLP_RED && author->organisation_id)
            grants[n++] = (struct grant){GRANT_ORGANISATION, author->organisation_id};
        if (tlp <= TLP_AMBER)
            grants[n++] = (struct grant){GRANT_ROLE, ROLE_STAFF};
    }
    *ret = grants;
    *ret_n = n;
    return BW_OK;
}

/* -- chosen, as the row keeps it --------------------------------------------------------------- */

static enum bw_rc spell_chosen(const struct intel_audience_in *a, struct bw_arena *arena,
                               struct bw_view *ret, struct bw_err *err)
{
    BW_AUTO_BUF out = BW_BUF_INIT(INTEL_CHOSEN_MAX * 22);
    if (a->everybody)
        bw_buf_int(&out, grant_code((struct grant){GRANT_EVERYBODY, 0}));
    for (size_t i = 0; i < a->n; i++) {
        if (out.n)
            bw_buf_byte(&out, ' ');
        bw_buf_int(&out, grant_code(a->grants[i]));
    }
    BW_TRY(bw_buf_rc(&out, "audience", err));
    return bw_view_copy(arena, bw_buf_text(&out), ret, err);
}

enum bw_rc intel_chosen_read(struct bw_view text, struct bw_arena *arena,
                             struct intel_audience_in *ret, struct bw_err *err)
{
    size_t room = 1;
    for (size_t i = 0; i < text.n; i++)
        room += text.p[i] == ' ';
    struct grant *grants = BW_ARENA_ARRAY(arena, room, struct grant);
    struct intel_audience_in a = {.grants = grants};
    if (!grants)
        return bw_fail_memory(err);
    while (text.n) {
        int64_t code;
        if (!bw_view_int(bw_view_split(&text, ' '), &code))
            return bw_fail_detail(err, BW_BROKEN, "internal error", "chosen of an item");
        struct grant g = grant_of_code(code);
        if (g.kind == GRANT_EVERYBODY)
            a.everybody = true;
        else
            grants[a.n++] = g;
    }
    *ret = a;
    return BW_OK;
}

/* -- all of it --------------------------------------------------------------------------------- */

static enum bw_rc copy_in(const struct intel_item_in *in, struct bw_arena *arena,
                          struct intel_prepared *p, struct bw_err *err)
{
    struct grant *grants = BW_ARENA_ARRAY(arena, in->audience.n, struct grant);
    if (!grants)
        return bw_fail_memory(err);
    if (in->audience.n)
        memcpy(grants, in->audience.grants, in->audience.n * sizeof(*grants));
    p->in = *in;
    p->in.audience.grants = grants;
    BW_TRY(bw_view_copy(arena, bw_view_trim(in->title), &p->in.title, err));
    return bw_view_copy(arena, in->body, &p->in.body, err);
}

static enum bw_rc read_text(struct intel_prepared *p, struct bw_arena *arena, struct bw_err *err)
{
    BW_AUTO_BUF both = BW_BUF_INIT(INTEL_BODY_MAX + 4096);
    BW_AUTO_BUF folded = BW_BUF_INIT(8 * INTEL_BODY_MAX);
    struct intel_indicator *list;
    bool more;

    bw_buf_view(&both, p->in.title);
    bw_buf_byte(&both, '\n');
    bw_buf_view(&both, p->in.body);
    BW_TRY(bw_buf_rc(&both, "item", err));
    BW_TRY(intel_scan(bw_buf_text(&both), INTEL_INDICATORS_MAX, arena, &list, &p->n_indicators,
                      &more, err));
    p->indicators = list;
    if (more)
        return bw_fail(err, BW_INVALID, "body: more than %d indicators: import them as a file",
                       INTEL_INDICATORS_MAX);
    text_index(bw_buf_text(&both), &folded);
    BW_TRY(bw_buf_rc(&folded, "item", err));
    return bw_view_copy(arena, bw_buf_text(&folded), &p->folded, err);
}

enum bw_rc intel_item_prepare(const struct viewer *author, const struct intel_item_in *in,
                              struct bw_arena *arena, struct intel_prepared **ret,
                              struct bw_err *err)
{
    struct intel_problems problems = {.n = 0};
    struct intel_prepared *p = BW_ARENA_NEW(arena, struct intel_prepared);
    if (!p)
        return bw_fail_memory(err);
    intel_item_check(in, &problems);
    BW_TRY(first_problem(&problems, err));

    p->public_id = bw_id_new();
    p->author = *author;
    p->author.codes = NULL;
    p->author.n_codes = 0;
    BW_TRY(copy_in(in, arena, p, err));
    BW_TRY(spell_chosen(&in->audience, arena, &p->chosen, err));
    if (in->publish) {
        BW_TRY(intel_grants(author, in->tlp, &in->audience, arena, &p->grants, &p->n_grants, err));
        BW_TRY(read_text(p, arena, err));
    } else {
        struct grant *own = BW_ARENA_NEW(arena, struct grant);
        if (!own)
            return bw_fail_memory(err);
        *own = (struct grant){GRANT_PERSON, author->person_id};
        p->grants = own;
        p->n_grants = 1;
    }
    *ret = p;
    return BW_OK;
}
