/* SPDX-License-Identifier: Apache-2.0 */
/* member_word - names and words of what the room stores as numbers; see member.h. */
#include "member_int.h"

static const struct {
    const char *word;
    enum i18n_msg msg;
} CLASSES[MEMBER_CLASSES] = {
    [MEMBER_INDUSTRY] = {"industry", MSG_member_class_industry},
    [MEMBER_VENDOR] = {"vendor", MSG_member_class_vendor},
    [MEMBER_REGULATOR] = {"regulator", MSG_member_class_regulator},
    [MEMBER_LAW_ENFORCEMENT] = {"law-enforcement", MSG_member_class_law_enforcement},
    [MEMBER_ACADEMIA] = {"academia", MSG_member_class_academia},
    [MEMBER_CERT] = {"cert", MSG_member_class_cert},
    [MEMBER_FOREIGN] = {"foreign", MSG_member_class_foreign},
};

const char *member_class_word(enum member_class class_)
{
    BW_ASSERT(class_ < MEMBER_CLASSES);
    return CLASSES[class_].word;
}

enum i18n_msg member_class_msg(enum member_class class_)
{
    BW_ASSERT(class_ < MEMBER_CLASSES);
    return CLASSES[class_].msg;
}

const struct member_scope member_scopes[MEMBER_SCOPES] = {
    {SCOPE_READ, "read", MSG_member_scope_read, MSG_member_scope_read_hint},
    {SCOPE_WRITE, "write", MSG_member_scope_write, MSG_member_scope_write_hint},
    {SCOPE_TAXII, "taxii", MSG_member_scope_taxii, MSG_member_scope_taxii_hint},
    {SCOPE_IMPORT, "import", MSG_member_scope_import, MSG_member_scope_import_hint},
};

const char *member_state_word(enum member_state state)
{
    static const char *const words[] =
        {[MEMBER_ACTIVE] = "active", [MEMBER_SUSPENDED] = "suspended", [MEMBER_LEFT] = "left"};
    BW_ASSERT(state < BW_COUNT(words));
    return words[state];
}

enum i18n_msg member_role_msg(enum role role)
{
    switch (role) {
    case ROLE_ADMIN:
        return MSG_member_role_admin;
    case ROLE_ANALYST:
        return MSG_member_role_analyst;
    case ROLE_OPERATOR:
        return MSG_member_role_operator;
    case ROLE_STAFF:
        return MSG_member_role_staff;
    case ROLE_MEMBERSHIP:
        return MSG_member_role_membership;
    case ROLE_SYSADMIN:
        return MSG_member_role_sysadmin;
    case ROLE_AUDITOR:
        return MSG_member_role_auditor;
    case ROLE_SERVICE:
        return MSG_member_role_service;
    case ROLE_NOBODY:
    case ROLE_REPRESENTATIVE:
    case ROLE_SYSTEM:
    case ROLES_COUNT:
        break;
    }
    return MSG_member_role_representative;
}

struct bw_view member_name(const struct member_names *names, enum i18n_lang lang)
{
    BW_ASSERT(lang < I18N_LANGS);
    return names->text[lang].n ? names->text[lang] : names->text[I18N_EN];
}

enum bw_rc member_lower(struct bw_arena *arena, struct bw_view v, struct bw_view *ret,
                        struct bw_err *err)
{
    v = bw_view_trim(v);
    char *text = bw_arena_z(arena, v);
    if (!text)
        return bw_fail_memory(err);
    for (size_t i = 0; i < v.n; i++)
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = (char)(text[i] - 'A' + 'a');
    *ret = bw_view_of(text, v.n);
    return BW_OK;
}
