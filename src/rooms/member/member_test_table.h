/* SPDX-License-Identifier: Apache-2.0 */
/* member_test_table - the people and organisations of member_test.h. Two hospitals and the bank's
 * rival are there so that "a member of the same sector, but not of the circle" can be asked. */
#ifndef MEMBER_TEST_TABLE_H
#define MEMBER_TEST_TABLE_H

#include "member.h"

enum member_test_organisation {
    MT_HUB,
    MT_BANK,
    MT_BROKER,
    MT_HOSPITAL,
    MT_CLINIC,
    MT_SHOP,
    MT_SUSPENDED,
    MT_ORGANISATIONS
};
enum member_test_sector { MT_FINANCE, MT_HEALTH, MT_RETAIL, MT_SECTORS };
enum member_test_circle {
    MT_CIRCLE_CARE,
    MT_CIRCLE_RESPONSE,
    MT_CIRCLES
}; /* clinic is not in care */
enum member_test_person {
    MT_OPERATOR,
    MT_ANALYST,
    MT_BANK_REP,
    MT_BANK_ADMIN,
    MT_BROKER_REP,
    MT_HOSPITAL_REP,
    MT_CLINIC_REP,
    MT_SHOP_REP,
    MT_NEW_REP,
    MT_SUSPENDED_REP,
    MT_PEOPLE
};

static const char *const MEMBER_TEST_GROUPS[MT_SECTORS + MT_CIRCLES][I18N_LANGS] = {
    {"Banking and finance", "銀行及金融", "银行和金融"},
    {"Healthcare", "醫療", "医疗"},
    {"Retail", "零售", "零售"},
    {"Patient safety", "病人安全", "患者安全"},
    {"Incident responders", "事故應變", "事件响应"},
};

static const struct {
    const char *en, *hant, *hans, *domain;
    enum member_class class_;
    int sector, circles; /* sector: -1 none; circles: bits */
} MEMBER_TEST_ORGANISATIONS[MT_ORGANISATIONS] = {
    [MT_HUB] = {"Example City CERT", "示例城應急中心", "示例城应急中心", "cert.example",
                MEMBER_CERT, -1, 0},
    [MT_BANK] = {"Example Harbour Bank", "示例海港銀行", "示例海港银行", "harbourbank.example",
                 MEMBER_INDUSTRY, MT_FINANCE, 1 << MT_CIRCLE_RESPONSE},
    [MT_BROKER] = {"Nine Wharves Securities", "", "", "wharves.example", MEMBER_INDUSTRY,
                   MT_FINANCE, 0},
    [MT_HOSPITAL] = {"St Elmo Hospital", "聖艾爾摩醫院", "圣艾尔摩医院", "elmo.example",
                     MEMBER_INDUSTRY, MT_HEALTH, 1 << MT_CIRCLE_CARE | 1 << MT_CIRCLE_RESPONSE},
    [MT_CLINIC] = {"Lantern Clinics", "燈籠診所", "灯笼诊所", "lantern.example", MEMBER_INDUSTRY,
                   MT_HEALTH, 0},
    [MT_SHOP] = {"Sampan Noodles", "舢舨麵家", "舢舨面家", "sampan.example", MEMBER_INDUSTRY,
                 MT_RETAIL, 0},
    [MT_SUSPENDED] = {"Rusty Anchor Ltd", "銹錨有限公司", "锈锚有限公司", "anchor.example",
                      MEMBER_VENDOR, MT_RETAIL, 1 << MT_CIRCLE_CARE},
};

static const struct {
    enum member_test_organisation organisation;
    const char *name, *email;
    enum role role;
    enum i18n_lang lang;
} MEMBER_TEST_PEOPLE[MT_PEOPLE] = {
    [MT_OPERATOR] = {MT_HUB, "Olive Operator", "olive@cert.example", ROLE_OPERATOR, I18N_EN},
    [MT_ANALYST] = {MT_HUB, "Anton Analyst", "anton@cert.example", ROLE_ANALYST, I18N_HANT},
    [MT_BANK_REP] = {MT_BANK, "Lam Wai-yee", "wylam@harbourbank.example", ROLE_REPRESENTATIVE,
                     I18N_HANT},
    [MT_BANK_ADMIN] = {MT_BANK, "Ada Admin", "ada@harbourbank.example", ROLE_ADMIN, I18N_EN},
    [MT_BROKER_REP] = {MT_BROKER, "Nina Broker", "nina@wharves.example", ROLE_REPRESENTATIVE,
                       I18N_EN},
    [MT_HOSPITAL_REP] = {MT_HOSPITAL, "Henry Ward", "henry@elmo.example", ROLE_REPRESENTATIVE,
                         I18N_EN},
    [MT_CLINIC_REP] = {MT_CLINIC, "Clara Lin", "clara@lantern.example", ROLE_REPRESENTATIVE,
                       I18N_HANS},
    [MT_SHOP_REP] = {MT_SHOP, "Sam Pan", "sam@sampan.example", ROLE_REPRESENTATIVE, I18N_EN},
    [MT_NEW_REP] = {MT_SHOP, "Nora New", "nora@sampan.example", ROLE_REPRESENTATIVE, I18N_EN},
    [MT_SUSPENDED_REP] = {MT_SUSPENDED, "Rob Anchor", "rob@anchor.example", ROLE_REPRESENTATIVE,
                          I18N_EN},
};

#endif
