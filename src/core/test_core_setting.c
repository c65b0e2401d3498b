/* SPDX-License-Identifier: Apache-2.0 */
/* test_core_setting - the table, its sources and what it refuses. */
#include "core_test.h"

BW_TEST(every_default_fits_its_own_rule)
{
    BW_AUTO(settings) *s = settings_new();
    REQUIRE(s);
    for (size_t i = 0; i < SETTING_COUNT; i++)
        SUBTEST(setting_table[i].name, setting_table[i].text[0] != '\0');
    CHECK_INT(setting_int(s, SETTING_SESSION_IDLE), 30);
    CHECK_VIEW(setting_text(s, SETTING_ZONE), "HKT");
}

static const struct {
    const char *name, *value;
    enum bw_rc rc;
    const char *says;
} T[] = {
    {"loops", "4", BW_OK, NULL},
    {"loops", "0", BW_INVALID, "from 1 to 64"},
    {"loops", "many", BW_INVALID, "whole number"},
    {"smtp_tls", "maybe", BW_INVALID, "yes or no"},
    {"smtp_tls", "off", BW_OK, NULL},
    {"session_idel", "3", BW_INVALID, "did you mean session_idle"},
    {"xyz", "3", BW_INVALID, "there is no setting"},
    {"name", "", BW_INVALID, "1 to 80"},
};

BW_TEST(values_are_checked)
{
    BW_AUTO(settings) *s = settings_new();
    for (size_t i = 0; i < BW_COUNT(T); i++) {
        struct bw_err err = {0};
        enum bw_rc rc = settings_set(s, bw_view_z(T[i].name), bw_view_z(T[i].value), &err);
        bool said = !T[i].says || strstr(err.message, T[i].says);
        SUBTEST(T[i].name, rc == T[i].rc && said);
    }
}

BW_TEST(file_then_environment)
{
    char path[128];
    struct bw_err err = {0};
    BW_AUTO(settings) *s = settings_new();
    snprintf(path, sizeof(path), "%s/a.conf", core_test_dir());
    FILE *f = fopen(path, "w");
    REQUIRE(f);
    fputs("# comment\n\n loops = 3 \nzone=UTC\nworkers = 5\n", f);
    fclose(f);
    setenv("BREAKWATER_WORKERS", "6", 1);
    CHECK(settings_file(s, path, &err) == BW_OK);
    CHECK(settings_environment(s, &err) == BW_OK);
    CHECK_INT(setting_int(s, SETTING_LOOPS), 3);
    CHECK_INT(setting_int(s, SETTING_WORKERS), 6);
    CHECK_VIEW(setting_text(s, SETTING_ZONE), "UTC");
    f = fopen(path, "w");
    fputs("loops = 3\nworkers\n", f);
    fclose(f);
    CHECK(settings_file(s, path, &err) == BW_INVALID && strstr(err.message, ":2:"));
    CHECK(settings_file(s, "/nonexistent/x", &err) == BW_OK);
}

BW_TEST_MAIN()
