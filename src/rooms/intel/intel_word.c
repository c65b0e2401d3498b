/* SPDX-License-Identifier: Apache-2.0 */
/* intel_word - kinds, severities and indicator kinds as words of the API and as messages.
 *
 * Why tables: stored numbers, words of forms and APIs, icons and messages of one thing stand in one
 * row. */
#include "intel_page.h"

static const struct {
    const char *word, *icon;
    enum i18n_msg msg;
} KINDS[INTEL_KINDS] = {
    [INTEL_ALERT] = {"alert", "alert", MSG_kind_alert},
    [INTEL_ADVISORY] = {"advisory", "advisory", MSG_kind_advisory},
    [INTEL_INCIDENT] = {"incident", "incident", MSG_kind_incident},
    [INTEL_INDICATORS] = {"indicator-report", "indicator", MSG_kind_indicators},
    [INTEL_VULNERABILITY] = {"vulnerability", "vulnerability", MSG_kind_vulnerability},
    [INTEL_PRACTICE] = {"practice", "practice", MSG_kind_practice},
    [INTEL_QUESTION] = {"question", "question", MSG_kind_question},
};

static const struct {
    const char *word, *css;
    enum i18n_msg msg;
} SEVERITIES[INTEL_SEVERITIES] = {
    [INTEL_INFO] = {"info", "sev-info", MSG_severity_info},
    [INTEL_LOW] = {"low", "sev-low", MSG_severity_low},
    [INTEL_MEDIUM] = {"medium", "sev-medium", MSG_severity_medium},
    [INTEL_HIGH] = {"high", "sev-high", MSG_severity_high},
    [INTEL_CRITICAL] = {"critical", "sev-critical", MSG_severity_critical},
};

static const struct {
    const char *css;
    enum i18n_msg msg;
} TLPS[TLP_LABELS] = {
    [TLP_CLEAR] = {"tlp-clear", MSG_tlp_clear},
    [TLP_GREEN] = {"tlp-green", MSG_tlp_green},
    [TLP_AMBER] = {"tlp-amber", MSG_tlp_amber},
    [TLP_AMBER_STRICT] = {"tlp-amber-strict", MSG_tlp_amber_strict},
    [TLP_RED] = {"tlp-red", MSG_tlp_red},
};

static const struct {
    const char *word;
    enum i18n_msg msg;
    bool counts;
} IOCS[INTEL_IOCS] = {
    [INTEL_IOC_IPV4] = {"ipv4", MSG_intel_ioc_ipv4, true},
    [INTEL_IOC_IPV6] = {"ipv6", MSG_intel_ioc_ipv6, true},
    [INTEL_IOC_CIDR] = {"cidr", MSG_intel_ioc_cidr, true},
    [INTEL_IOC_DOMAIN] = {"domain", MSG_intel_ioc_domain, true},
    [INTEL_IOC_URL] = {"url", MSG_intel_ioc_url, true},
    [INTEL_IOC_EMAIL] = {"email", MSG_intel_ioc_email, true},
    [INTEL_IOC_MD5] = {"md5", MSG_intel_ioc_md5, true},
    [INTEL_IOC_SHA1] = {"sha1", MSG_intel_ioc_sha1, true},
    [INTEL_IOC_SHA256] = {"sha256", MSG_intel_ioc_sha256, true},
    [INTEL_IOC_SHA512] = {"sha512", MSG_intel_ioc_sha512, true},
    [INTEL_IOC_FILE_NAME] = {"file-name", MSG_intel_ioc_file_name, true},
    [INTEL_IOC_MAC] = {"mac", MSG_intel_ioc_mac, true},
    [INTEL_IOC_ASN] = {"asn", MSG_intel_ioc_asn, true},
    [INTEL_IOC_REGISTRY] = {"registry", MSG_intel_ioc_registry, true},
    [INTEL_IOC_MUTEX] = {"mutex", MSG_intel_ioc_mutex, true},
    [INTEL_IOC_OTHER] = {"other", MSG_intel_ioc_other, true},
    [INTEL_IOC_CVE] = {"cve", MSG_intel_ioc_cve, false},
    [INTEL_IOC_TECHNIQUE] = {"technique", MSG_intel_ioc_technique, false},
};

const char *intel_kind_word(enum intel_kind k)
{
    BW_ASSERT(k < INTEL_KINDS);
    return KINDS[k].word;
}

const char *intel_severity_word(enum intel_severity s)
{
    BW_ASSERT(s < INTEL_SEVERITIES);
    return SEVERITIES[s].word;
}

bool intel_kind_parse(struct bw_view v, enum intel_kind *ret)
{
    for (enum intel_kind k = 0; k < INTEL_KINDS; k++) {
        if (bw_view_eq_nocase(v, bw_view_z(KINDS[k].word))) {
            *ret = k;
            return true;
        }
    }
    return false;
}

bool intel_severity_parse(struct bw_view v, enum intel_severity *ret)
{
    for (enum intel_severity s = 0; s < INTEL_SEVERITIES; s++) {
        if (bw_view_eq_nocase(v, bw_view_z(SEVERITIES[s].word))) {
            *ret = s;
            return true;
        }
    }
    return false;
}

enum i18n_msg intel_kind_msg(enum intel_kind k)
{
    BW_ASSERT(k < INTEL_KINDS);
    return KINDS[k].msg;
}

enum i18n_msg intel_severity_msg(enum intel_severity s)
{
    BW_ASSERT(s < INTEL_SEVERITIES);
    return SEVERITIES[s].msg;
}

const char *intel_kind_icon(enum intel_kind k)
{
    BW_ASSERT(k < INTEL_KINDS);
    return KINDS[k].icon;
}

const char *intel_severity_class(enum intel_severity s)
{
    BW_ASSERT(s < INTEL_SEVERITIES);
    return SEVERITIES[s].css;
}

const char *intel_tlp_class(enum tlp tlp)
{
    BW_ASSERT(tlp < TLP_LABELS);
    return TLPS[tlp].css;
}

enum i18n_msg intel_tlp_msg(enum tlp tlp)
{
    BW_ASSERT(tlp < TLP_LABELS);
    return TLPS[tlp].msg;
}

const char *intel_ioc_word(enum intel_ioc ioc)
{
    BW_ASSERT(ioc > 0 && ioc < INTEL_IOCS);
    return IOCS[ioc].word;
}

enum i18n_msg intel_ioc_msg(enum intel_ioc ioc)
{
    BW_ASSERT(ioc > 0 && ioc < INTEL_IOCS);
    return IOCS[ioc].msg;
}

bool intel_ioc_counts(enum intel_ioc ioc)
{
    BW_ASSERT(ioc > 0 && ioc < INTEL_IOCS);
    return IOCS[ioc].counts;
}

bool intel_ioc_parse(struct bw_view word, enum intel_ioc *ret)
{
    for (enum intel_ioc i = INTEL_IOC_IPV4; i < INTEL_IOCS; i++) {
        if (bw_view_eq_nocase(word, bw_view_z(IOCS[i].word))) {
            *ret = i;
            return true;
        }
    }
    return false;
}

enum intel_ioc intel_ioc_of_text(enum text_kind kind)
{
    static const enum intel_ioc of[TEXT_KINDS] = {
        [TEXT_IPV4] = INTEL_IOC_IPV4,
        [TEXT_IPV6] = INTEL_IOC_IPV6,
        [TEXT_CIDR] = INTEL_IOC_CIDR,
        [TEXT_DOMAIN] = INTEL_IOC_DOMAIN,
        [TEXT_URL] = INTEL_IOC_URL,
        [TEXT_EMAIL] = INTEL_IOC_EMAIL,
        [TEXT_MD5] = INTEL_IOC_MD5,
        [TEXT_SHA1] = INTEL_IOC_SHA1,
        [TEXT_SHA256] = INTEL_IOC_SHA256,
        [TEXT_CVE] = INTEL_IOC_CVE,
        [TEXT_TECHNIQUE] = INTEL_IOC_TECHNIQUE,
    };
    BW_ASSERT(kind < TEXT_KINDS);
    return of[kind];
}
