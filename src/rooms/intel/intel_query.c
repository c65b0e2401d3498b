/* SPDX-License-Identifier: Apache-2.0 */
/* intel_query - operators in the search box: kind:alert tlp:amber severity:high, the rest are
 * words.
 *
 * Whoever types a wrong operator is told what is wrong and what exists, and gets the results
 * without it: nothing is worse than an empty page that does not say why. What only looks like an
 * operator is a word: an address (https://...), an IPv6 address, a MAC address, a part in quotes.
 * Pure. */
#include "intel_page.h"

#include <stdio.h>

static const struct {
    const char *name;
    enum intel_operator op;
} NAMES[] = {
    {"kind", INTEL_OP_KIND},         {"type", INTEL_OP_KIND}, {"tlp", INTEL_OP_TLP},
    {"severity", INTEL_OP_SEVERITY}, {"sev", INTEL_OPS},      {"label", INTEL_OPS},
};

const char *intel_operator_name(enum intel_operator op)
{
    static const char *const names[INTEL_OPS] = {"kind", "tlp", "severity"};
    BW_ASSERT(op < INTEL_OPS);
    return names[op];
}

/* Three letters or more, a colon, and something that does not go on like an address. */
static bool looks_like_operator(struct bw_view token, struct bw_view *ret_name,
                                struct bw_view *ret_value)
{
    size_t at = bw_view_find_byte(token, ':');
    if (at == SIZE_MAX || at < 3)
        return false;
    for (size_t i = 0; i < at; i++) {
        char c = token.p[i] | 0x20;
        if (c < 'a' || c > 'z')
            return false;
    }
    *ret_name = bw_view_head(token, at);
    *ret_value = bw_view_from(token, at + 1);
    return ret_value->n == 0 ||
           (ret_value->p[0] != '/' && ret_value->p[0] != ':' && ret_value->p[0] != '[');
}

/* Number of single-character edits between two short words, at most 9. */
static size_t distance(struct bw_view a, struct bw_view b)
{
    size_t row[17], n = b.n < 16 ? b.n : 16;
    if (a.n > 16)
        return 9;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t keep = diagonal + ((a.p[i - 1] | 0x20) != b.p[j - 1]);
            size_t least = row[j] + 1 < row[j - 1] + 1 ? row[j] + 1 : row[j - 1] + 1;
            diagonal = row[j];
            row[j] = keep < least ? keep : least;
        }
    }
    return row[n];
}

/* The operator that was probably meant: nearly the same, or begun. */
static const char *nearest(struct bw_view name)
{
    for (size_t op = 0; op < INTEL_OPS; op++) {
        struct bw_view known = bw_view_z(intel_operator_name((enum intel_operator)op));
        if (distance(name, known) <= 2 || bw_view_eq_nocase(bw_view_head(known, name.n), name))
            return known.p;
    }
    return NULL;
}

static void complain(struct intel_query *q, enum i18n_msg msg, struct bw_view what,
                     struct bw_view instead)
{
    if (q->n_problems < BW_COUNT(q->problems))
        q->problems[q->n_problems++] = (struct intel_query_problem){msg, what, instead};
}

static int *slot_of(struct intel_query *q, enum intel_operator op)
{
    switch (op) {
    case INTEL_OP_KIND:
        return &q->kind;
    case INTEL_OP_TLP:
        return &q->tlp;
    case INTEL_OP_SEVERITY:
        return &q->severity;
    case INTEL_OPS:
        break;
    }
    BW_ASSERT(false);
}

static bool read_value(enum intel_operator op, struct bw_view value, int *ret)
{
    enum intel_kind kind;
    enum intel_severity severity;
    enum tlp tlp;
    switch (op) {
    case INTEL_OP_KIND:
        if (!intel_kind_parse(value, &kind))
            return false;
        *ret = (int)kind;
        return true;
    case INTEL_OP_TLP:
        if (!tlp_parse(value, &tlp))
            return false;
        *ret = (int)tlp;
        return true;
    case INTEL_OP_SEVERITY:
        if (!intel_severity_parse(value, &severity))
            return false;
        *ret = (int)severity;
        return true;
    case INTEL_OPS:
        break;
    }
    BW_ASSERT(false);
}

/* What the operator takes, for the message: "alert, advisory, ...". */
static struct bw_view values_of(enum intel_operator op, struct bw_arena *arena)
{
    int n = op == INTEL_OP_KIND ? INTEL_KINDS : op == INTEL_OP_TLP ? TLP_LABELS : INTEL_SEVERITIES;
    char text[256];
    int used = 0;
    for (int i = 0; i < n; i++) {
        const char *word = op == INTEL_OP_KIND  ? intel_kind_word((enum intel_kind)i)
                           : op == INTEL_OP_TLP ? tlp_word((enum tlp)i)
                                                : intel_severity_word((enum intel_severity)i);
        used += snprintf(text + used, sizeof(text) - (size_t)used, "%s%s", i ? ", " : "", word);
        BW_ASSERT(used < (int)sizeof(text));
    }
    return bw_arena_printf(arena, "%s", text);
}

static void take_operator(struct intel_query *q, struct bw_view token, struct bw_view name,
                          struct bw_view value, struct bw_arena *arena)
{
    enum intel_operator op = INTEL_OPS;
    for (size_t i = 0; i < BW_COUNT(NAMES); i++)
        if (bw_view_eq_nocase(name, bw_view_z(NAMES[i].name)))
            op = NAMES[i].op;
    if (op == INTEL_OPS) {
        const char *meant = nearest(name);
        complain(q, meant ? MSG_intel_op_meant : MSG_intel_op_unknown, name, bw_view_z(meant));
        return;
    }
    int *slot = slot_of(q, op);
    int v;
    if (!read_value(op, value, &v)) {
        complain(q, MSG_intel_op_value, token, values_of(op, arena));
    } else if (*slot >= 0) {
        complain(q, MSG_intel_op_twice, token, (struct bw_view){NULL, 0});
    } else {
        *slot = v;
        q->terms[q->n_terms++] = (struct intel_query_term){op, token};
    }
}

/* The next token: up to a blank outside quotes. Ideographic blanks count as blanks. */
static struct bw_view next_token(struct bw_view *rest)
{
    size_t at = 0, len;
    bool quoted = false;
    for (; at < rest->n; at += len) {
        uint32_t cp = bw_utf8_next(bw_view_from(*rest, at), &len);
        if (cp == '"')
            quoted = !quoted;
        if (!quoted && (cp == ' ' || cp == '\t' || cp == 0x3000))
            break;
    }
    struct bw_view token = bw_view_head(*rest, at);
    *rest = bw_view_from(*rest, at < rest->n ? at + len : at);
    return token;
}

enum bw_rc intel_query_parse(struct bw_view typed, struct bw_arena *arena, struct intel_query *ret,
                             struct bw_err *err)
{
    BW_AUTO_BUF words = BW_BUF_INIT(2 * TEXT_QUERY_MAX);
    struct intel_query q = {.kind = -1, .tlp = -1, .severity = -1};
    struct bw_view rest = bw_utf8_head(typed, TEXT_QUERY_MAX);

    while (rest.n) {
        struct bw_view token = next_token(&rest), name, value;
        if (token.n == 0)
            continue;
        if (looks_like_operator(token, &name, &value)) {
            take_operator(&q, token, name, value, arena);
            continue;
        }
        if (words.n)
            bw_buf_byte(&words, ' ');
        bw_buf_view(&words, token);
    }
    BW_TRY(bw_buf_rc(&words, "query", err));
    BW_TRY(bw_view_copy(arena, bw_buf_text(&words), &q.words, err));
    *ret = q;
    return BW_OK;
}
