/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay.c - a fuzz target as a plain test: once over each file of its corpus, in TAP.
 *
 * fuzz_NAME [FILE...]: the corpus is $srcdir/tests/fuzz/corpus/NAME unless files are named.
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

static void replay(const char *path)
{
    static unsigned count;
    const char *slash = strrchr(path, '/');
    FILE *file = fopen(path, "re");
    uint8_t *data;
    long size;

    MUST(file && fseek(file, 0, SEEK_END) == 0);
    size = ftell(file);
    MUST(size >= 0 && fseek(file, 0, SEEK_SET) == 0);
    /* As large as it is, so that a sanitizer sees a byte too many. */
    data = malloc(size > 0 ? (size_t)size : 1);
    MUST(data && fread(data, 1, (size_t)size, file) == (size_t)size);
    fclose(file);
    LLVMFuzzerTestOneInput(data, (size_t)size);
    free(data);
    printf("ok %u - %s\n", ++count, slash ? slash + 1 : path);
}

static int is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Returns how many files there were. */
static int replay_corpus(void)
{
    const char *source = getenv("srcdir"), *name = strchr(program_invocation_short_name, '_');
    char folder[PATH_MAX], path[2 * PATH_MAX];
    struct dirent **entries;
    int count;

    MUST(name);
    snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/%s", source ? source : ".", name + 1);
    count = scandir(folder, &entries, is_input, alphasort);
    if (count <= 0) {
        printf("Bail out! no corpus in %s\n", folder);
        exit(EXIT_FAILURE);
    }
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        replay(path);
        free(entries[i]);
    }
    free(entries);
    return count;
}

int main(int argc, char **argv)
{
    int count = argc - 1;

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < argc; i++)
        replay(argv[i]);
    if (argc == 1)
        count = replay_corpus();
    printf("1..%d\n", count);
    return EXIT_SUCCESS;
}
