/* SPDX-License-Identifier: Apache-2.0 */
/* join_word - the words for routes, states and sizes, and what makes a domain an organisation's. */
#include "join_int.h"

const char *join_route_word(enum join_route r)
{
    static const char *const WORDS[JOIN_ROUTES] = {"founding", "open", "sponsored", "trusted"};
    return WORDS[r];
}

static const char *const STATES[JOIN_STATES] = {"draft",     "submitted", "checking", "vouching",
                                                "objection", "committee", "signing",  "active",
                                                "rejected",  "withdrawn"};

const char *join_state_word(enum join_state s)
{
    return STATES[s];
}

enum i18n_msg join_route_msg(enum join_route r)
{
    static const enum i18n_msg MSGS[JOIN_ROUTES] = {MSG_join_route_founding, MSG_join_route_open,
                                                    MSG_join_route_sponsored,
                                                    MSG_join_route_trusted};
    return MSGS[r];
}

enum i18n_msg join_state_msg(enum join_state s)
{
    static const enum i18n_msg MSGS[JOIN_STATES] = {
        MSG_join_state_draft,     MSG_join_state_submitted, MSG_join_state_checking,
        MSG_join_state_vouching,  MSG_join_state_objection, MSG_join_state_committee,
        MSG_join_state_signing,   MSG_join_state_active,    MSG_join_state_rejected,
        MSG_join_state_withdrawn,
    };
    return MSGS[s];
}

enum i18n_msg join_size_msg(enum join_size s)
{
    static const enum i18n_msg MSGS[JOIN_SIZES] = {MSG_join_size_10, MSG_join_size_50,
                                                   MSG_join_size_250, MSG_join_size_more};
    return MSGS[s];
}

enum i18n_msg join_proof_msg(enum join_proof p)
{
    static const enum i18n_msg MSGS[JOIN_PROOFS] = {MSG_join_proof_none, MSG_join_proof_mail,
                                                    MSG_join_proof_dns, MSG_join_proof_desk};
    return MSGS[p];
}

bool join_ended(enum join_state s)
{
    return s == JOIN_ACTIVE || s == JOIN_REJECTED || s == JOIN_WITHDRAWN;
}

static const char *const PUBLIC_MAIL[] = {
    "126.com",        "139.com",     "163.com",        "189.cn",    "aol.com",
    "fastmail.com",   "foxmail.com", "gmail.com",      "gmx.com",   "gmx.net",
    "googlemail.com", "hotmail.com", "icloud.com",     "live.com",  "mac.com",
    "mail.com",       "mail.ru",     "me.com",         "msn.com",   "netvigator.com",
    "outlook.com",    "proton.me",   "protonmail.com", "qq.com",    "sina.cn",
    "sina.com",       "sohu.com",    "tutanota.com",   "yahoo.com", "yahoo.com.hk",
    "yahoo.com.tw",   "yandex.com",  "yeah.net",       "ymail.com", "zoho.com",
};

bool join_public_mail(const struct settings *settings, struct bw_view domain)
{
    struct bw_view more = setting_text(settings, SETTING_JOIN_PUBLIC_MAIL);
    for (size_t i = 0; i < BW_COUNT(PUBLIC_MAIL); i++)
        if (join_domain_within(domain, bw_view_z(PUBLIC_MAIL[i])))
            return true;
    while (more.p) {
        struct bw_view one = bw_view_split(&more, ' ');
        if (one.n && join_domain_within(domain, one))
            return true;
    }
    return false;
}

static bool label_valid(struct bw_view v)
{
    if (v.n == 0 || v.n > 63 || v.p[0] == '-' || v.p[v.n - 1] == '-')
        return false;
    for (size_t i = 0; i < v.n; i++) {
        char c = v.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return true;
}

bool join_domain_valid(struct bw_view domain)
{
    int labels = 0;
    bool digits = true;
    if (domain.n == 0 || domain.n > 253)
        return false;
    for (struct bw_view rest = domain; rest.p; labels++) {
        struct bw_view label = bw_view_split(&rest, '.');
        if (!label_valid(label))
            return false;
        digits = true;
        for (size_t i = 0; i < label.n; i++)
            digits = digits && label.p[i] >= '0' && label.p[i] <= '9';
    }
    /* "com.hk" is an ending and nobody's. */
    struct bw_view ending = join_ending(domain);
    return labels >= 2 && !digits && ending.n < domain.n;
}

struct bw_view join_domain_of(struct bw_view email)
{
    size_t at = bw_view_find_byte(email, '@');
    return at == SIZE_MAX ? (struct bw_view){NULL, 0} : bw_view_from(email, at + 1);
}

int64_t join_overdue_days(const struct settings *settings, enum join_state state)
{
    struct bw_view rest = setting_text(settings, SETTING_JOIN_OVERDUE);
    while (rest.p) {
        struct bw_view pair = bw_view_split(&rest, ' ');
        size_t at = bw_view_find_byte(pair, '=');
        int64_t days;
        if (at != SIZE_MAX && bw_view_is(bw_view_head(pair, at), STATES[state]) &&
            bw_view_int(bw_view_from(pair, at + 1), &days) && days >= 0)
            return days;
    }
    return 0;
}
