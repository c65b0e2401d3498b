/* SPDX-License-Identifier: Apache-2.0 */
/* options - the arguments that every command understands, and where settings come from. */
#include "app.h"

#include <stdio.h>
#include <stdlib.h>

static bool say(const char *problem, const char *what)
{
    fprintf(stderr, "breakwater: %s%s\n", problem, what);
    return false;
}

static bool set_pair(struct settings *s, const char *pair)
{
    struct bw_view value = bw_view_z(pair), name = bw_view_split(&value, '=');
    struct bw_err err;
    if (!value.p)
        return say("--set takes name=value, not ", pair);
    if (settings_set(s, name, value, &err) != BW_OK)
        return say("", err.message);
    return true;
}

/* An option with a value: "--data DIR" or "--data=DIR". */
static const char *value_of(const char *name, int argc, char **argv, int *i)
{
    size_t n = strlen(name);
    if (strncmp(argv[*i], name, n) != 0)
        return NULL;
    if (argv[*i][n] == '=')
        return argv[*i] + n + 1;
    if (argv[*i][n] == '\0' && *i + 1 < argc)
        return argv[++*i];
    return NULL;
}

enum { SETS_MAX = 64 };

/* Settings in their order: file, environment, --set; the data folder decides where the file is. */
static bool load_settings(struct app_options *o, const char *const *sets, size_t n_sets)
{
    char path[4096];
    struct bw_err err;
    o->settings = settings_new();
    if (!o->settings)
        return say("out of memory", "");
    snprintf(path, sizeof(path), "%s/breakwater.conf", o->data_dir);
    if (settings_file(o->settings, o->config ? o->config : path, &err) != BW_OK ||
        settings_environment(o->settings, &err) != BW_OK)
        return say("", err.message);
    for (size_t i = 0; i < n_sets; i++)
        if (!set_pair(o->settings, sets[i]))
            return false;
    return true;
}

static bool set_database(struct app_options *o, const char *url, const char *const *sets,
                         size_t n_sets)
{
    struct bw_err err;
    if (url && settings_set(o->settings, BW_V("database"), bw_view_z(url), &err) != BW_OK)
        return say("", err.message);
    const char *from = url ? "--database" : NULL;
    for (size_t i = 0; i < n_sets && !from; i++)
        from = strncmp(sets[i], "database=", 9) == 0 ? "--set database" : NULL;
    if (!from && getenv("BREAKWATER_DATABASE"))
        from = "BREAKWATER_DATABASE in the environment";
    if (from)
        snprintf(o->database_from, sizeof(o->database_from), "%s", from);
    else if (o->config)
        snprintf(o->database_from, sizeof(o->database_from), "`database` in %s", o->config);
    else
        snprintf(o->database_from, sizeof(o->database_from), "`database` in %s/breakwater.conf",
                 o->data_dir);
    return true;
}

bool app_options_parse(int argc, char **argv, const char *allowed, struct app_options *ret)
{
    const char *sets[SETS_MAX], *database = NULL;
    size_t n_sets = 0;
    struct app_options o = {.data_dir = "./data", .rest = argv + 1};
    bool plain = false;
    for (int i = 1; i < argc; i++) {
        const char *v;
        if (plain || argv[i][0] != '-' || argv[i][1] == '\0') {
            o.rest[o.n_rest++] = argv[i];
        } else if (strcmp(argv[i], "--") == 0) {
            plain = true;
        } else if ((v = value_of("--data", argc, argv, &i))) {
            o.data_dir = v;
        } else if ((v = value_of("--config", argc, argv, &i))) {
            o.config = v;
        } else if ((v = value_of("--database", argc, argv, &i))) {
            database = v;
        } else if (strchr(allowed, 'l') && (v = value_of("--listen", argc, argv, &i))) {
            o.listen = v;
        } else if ((v = value_of("--set", argc, argv, &i)) && n_sets < SETS_MAX) {
            sets[n_sets++] = v;
        } else if (strchr(allowed, 'd') && strcmp(argv[i], "--demo") == 0) {
            o.demo = true;
        } else if (strchr(allowed, 'x')) {
            o.rest[o.n_rest++] = argv[i]; /* the command has options of its own */
        } else {
            return say("unknown option or missing value (see `breakwater help`): ", argv[i]);
        }
    }
    if (!load_settings(&o, sets, n_sets) || !set_database(&o, database, sets, n_sets)) {
        settings_free(o.settings);
        return false;
    }
    *ret = o;
    return true;
}

void app_options_done(struct app_options *o)
{
    settings_free(o->settings);
    o->settings = NULL;
}

int app_failed(const struct bw_err *err)
{
    fprintf(stderr, "breakwater: %s\n", err->message);
    if (err->detail[0])
        fprintf(stderr, "breakwater: (%s)\n", err->detail);
    return 1;
}
