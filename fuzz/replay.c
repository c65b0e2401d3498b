/* SPDX-License-Identifier: Apache-2.0 */
/* replay - runs a fuzz target over the files of a folder, so that every input that was once found
 * to be interesting is an ordinary test from then on. A crash is a failure by the sanitizers' hand.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEED_MAX_BYTES = 4 << 20 };

static int replay(const char *dir, const char *name, unsigned n)
{
    static uint8_t bytes[SEED_MAX_BYTES];
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *f = fopen(path, "rb");
    if (!f)
        return printf("not ok %u - %s: cannot be read\n", n, name), 1;
    size_t size = fread(bytes, 1, sizeof(bytes), f);
    fclose(f);
    uint8_t *exact = malloc(size ? size : 1); /* so that reading past the end is seen */
    if (!exact)
        return 1;
    for (size_t i = 0; i < size; i++)
        exact[i] = bytes[i];
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    printf("ok %u - %s\n", n, name);
    return 0;
}

int main(int argc, char **argv)
{
    unsigned n = 0;
    int bad = 0;
    DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
    if (dir) {
        for (struct dirent *e; (e = readdir(dir));)
            if (e->d_name[0] != '.')
                bad |= replay(argv[1], e->d_name, ++n);
        closedir(dir);
    }
    if (n == 0)
        printf("not ok %u - %s holds no seeds\n", ++n, argc == 2 ? argv[1] : "(no folder given)"),
            bad = 1;
    printf("1..%u\n", n);
    return bad;
}
