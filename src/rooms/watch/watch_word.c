/* SPDX-License-Identifier: Apache-2.0 */
/* watch_word - the words of this room: for APIs as fixed text, for people as messages. */
#include "watch_page.h"

static const struct {
    const char *word, *class_, *fill;
    enum i18n_msg msg;
} SEVERITIES[] = {
    {"info", "sev-info", "f-info", MSG_severity_info},
    {"low", "sev-low", "f-low", MSG_severity_low},
    {"medium", "sev-medium", "f-medium", MSG_severity_medium},
    {"high", "sev-high", "f-high", MSG_severity_high},
    {"critical", "sev-critical", "f-critical", MSG_severity_critical},
};

const char *watch_severity_word(int severity)
{
    BW_ASSERT(severity >= 0 && severity < (int)BW_COUNT(SEVERITIES));
    return SEVERITIES[severity].word;
}

const char *watch_severity_class(int severity)
{
    BW_ASSERT(severity >= 0 && severity < (int)BW_COUNT(SEVERITIES));
    return SEVERITIES[severity].class_;
}

const char *watch_severity_fill(int severity)
{
    BW_ASSERT(severity >= 0 && severity < (int)BW_COUNT(SEVERITIES));
    return SEVERITIES[severity].fill;
}

enum i18n_msg watch_severity_msg(int severity)
{
    BW_ASSERT(severity >= 0 && severity < (int)BW_COUNT(SEVERITIES));
    return SEVERITIES[severity].msg;
}

const char *watch_network_word(enum watch_network_state s)
{
    static const char *const words[] = {"pending", "verified", "refused"};
    BW_ASSERT((size_t)s < BW_COUNT(words));
    return words[s];
}

const char *watch_finding_word(enum watch_finding_state s)
{
    static const char *const words[] = {"new", "acknowledged"};
    BW_ASSERT((size_t)s < BW_COUNT(words));
    return words[s];
}

enum i18n_msg watch_level_msg(enum watch_level level)
{
    static const enum i18n_msg msgs[WATCH_LEVELS] = {MSG_watch_level_unknown,
                                                     MSG_watch_level_act_now,
                                                     MSG_watch_level_urgent,
                                                     MSG_watch_level_exposed,
                                                     MSG_watch_level_hygiene,
                                                     MSG_watch_level_nothing};
    BW_ASSERT((size_t)level < WATCH_LEVELS);
    return msgs[level];
}

enum i18n_msg watch_advice_msg(enum watch_level level)
{
    static const enum i18n_msg msgs[WATCH_LEVELS] = {MSG_watch_advice_unknown,
                                                     MSG_watch_advice_act_now,
                                                     MSG_watch_advice_urgent,
                                                     MSG_watch_advice_exposed,
                                                     MSG_watch_advice_hygiene,
                                                     MSG_watch_advice_nothing};
    BW_ASSERT((size_t)level < WATCH_LEVELS);
    return msgs[level];
}

/* Reference Security Incident Taxonomy, version 1003: its machine values. */
static const struct {
    const char *type;
    enum i18n_msg msg;
} RSIT[] = {
    {"application-compromise", MSG_watch_rsit_application_compromise},
    {"brute-force", MSG_watch_rsit_brute_force},
    {"burglary", MSG_watch_rsit_burglary},
    {"c2-server", MSG_watch_rsit_c2_server},
    {"copyright", MSG_watch_rsit_copyright},
    {"data-leak", MSG_watch_rsit_data_leak},
    {"data-loss", MSG_watch_rsit_data_loss},
    {"ddos", MSG_watch_rsit_ddos},
    {"ddos-amplifier", MSG_watch_rsit_ddos_amplifier},
    {"dos", MSG_watch_rsit_dos},
    {"exploit", MSG_watch_rsit_exploit},
    {"harmful-speech", MSG_watch_rsit_harmful_speech},
    {"ids-alert", MSG_watch_rsit_ids_alert},
    {"infected-system", MSG_watch_rsit_infected_system},
    {"information-disclosure", MSG_watch_rsit_information_disclosure},
    {"malware-configuration", MSG_watch_rsit_malware_configuration},
    {"malware-distribution", MSG_watch_rsit_malware_distribution},
    {"masquerade", MSG_watch_rsit_masquerade},
    {"misconfiguration", MSG_watch_rsit_misconfiguration},
    {"other", MSG_watch_rsit_other},
    {"outage", MSG_watch_rsit_outage},
    {"phishing", MSG_watch_rsit_phishing},
    {"potentially-unwanted-accessible", MSG_watch_rsit_potentially_unwanted_accessible},
    {"privileged-account-compromise", MSG_watch_rsit_privileged_account_compromise},
    {"sabotage", MSG_watch_rsit_sabotage},
    {"scanner", MSG_watch_rsit_scanner},
    {"sniffing", MSG_watch_rsit_sniffing},
    {"social-engineering", MSG_watch_rsit_social_engineering},
    {"spam", MSG_watch_rsit_spam},
    {"system-compromise", MSG_watch_rsit_system_compromise},
    {"test", MSG_watch_rsit_test},
    {"unauthorised-information-access", MSG_watch_rsit_unauthorised_information_access},
    {"unauthorised-information-modification", MSG_watch_rsit_unauthorised_information_modification},
    {"unauthorised-use-of-resources", MSG_watch_rsit_unauthorised_use_of_resources},
    {"undetermined", MSG_watch_rsit_undetermined},
    {"unprivileged-account-compromise", MSG_watch_rsit_unprivileged_account_compromise},
    {"violence", MSG_watch_rsit_violence},
    {"vulnerable-system", MSG_watch_rsit_vulnerable_system},
    {"weak-crypto", MSG_watch_rsit_weak_crypto},
};

enum i18n_msg watch_rsit_msg(struct bw_view rsit_type)
{
    for (size_t i = 0; i < BW_COUNT(RSIT); i++)
        if (bw_view_is(rsit_type, RSIT[i].type))
            return RSIT[i].msg;
    return MSG_watch_rsit_other;
}

bool watch_rsit_known(struct bw_view rsit_type)
{
    for (size_t i = 0; i < BW_COUNT(RSIT); i++)
        if (bw_view_is(rsit_type, RSIT[i].type))
            return true;
    return false;
}
