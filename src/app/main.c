/* SPDX-License-Identifier: Apache-2.0 */
/* main - finds the command in the table and runs it. */
#include "app.h"

#include <stdio.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < app_commands_n; i++)
        if (strcmp(app_commands[i].name, name) == 0)
            return &app_commands[i];
    for (size_t i = 0; i < app_rooms_n; i++)
        for (size_t j = 0; j < app_rooms[i]->n_commands; j++)
            if (strcmp(app_rooms[i]->commands[j].name, name) == 0)
                return &app_rooms[i]->commands[j];
    return NULL;
}

static void list(FILE *to)
{
    fprintf(to,
            "Usage: breakwater COMMAND [--data DIR] [--config FILE] [--set name=value] ...\n\n");
    for (size_t i = 0; i < app_commands_n; i++)
        fprintf(to, "  %-10s %s\n", app_commands[i].name, app_commands[i].summary);
    for (size_t i = 0; i < app_rooms_n; i++)
        for (size_t j = 0; j < app_rooms[i]->n_commands; j++)
            fprintf(to, "  %-10s %s\n", app_rooms[i]->commands[j].name,
                    app_rooms[i]->commands[j].summary);
    fprintf(
        to,
        "\n`breakwater help COMMAND` tells the rest; `breakwater config` lists the settings.\n");
}

static int help(int argc, char **argv)
{
    if (argc < 2) {
        list(stdout);
        return 0;
    }
    const struct command *c = find(argv[1]);
    if (!c) {
        fprintf(stderr, "breakwater: there is no command \"%s\"\n", argv[1]);
        return EXIT_USAGE;
    }
    printf("Usage: breakwater %s %s\n\n%s.\n", c->name, c->usage, c->summary);
    if (c->help)
        printf("\n%s\n", c->help);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        list(stderr);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return help(argc - 1, argv + 1);
    if (strcmp(name, "--version") == 0) {
        puts("breakwater " BW_VERSION);
        return 0;
    }
    const struct command *c = find(name);
    if (!c) {
        fprintf(stderr, "breakwater: there is no command \"%s\"\n\n", name);
        list(stderr);
        return EXIT_USAGE;
    }
    return c->run(argc - 1, argv + 1);
}
