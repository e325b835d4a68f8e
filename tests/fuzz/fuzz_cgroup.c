/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What cgroups tell: a vCPU's cpu.stat, the /proc/PID/cgroup that says where it is, where memory
 * is, which pCPUs are isolated. */
#include "fuzz.h"
#include "host/linux/cgroup.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void read_counter(const uint8_t *data, size_t size, const char *text)
{
    const struct fuzz_file file = fuzz_file(data, size);
    const struct kept kept = {.fd = file.fd, .path = NULL};
    uint64_t parsed_ns = 4711, read_ns = 4711, throttled_ns = 4711;
    const int parsed = cgroup_parse_usec(text, "usage_usec ", &parsed_ns),
              read = cgroup_read_vcpu(&kept, &read_ns, &throttled_ns);

    MUST(parsed == -EIO ? parsed_ns == 4711 : parsed == 0 && parsed_ns % 1000 == 0);
    MUST(read == -EIO ? read_ns == 4711 : read == 0 && read_ns % 1000 == 0);
    if (size < 256) /* nothing of it was cut */
        MUST(parsed == read && parsed_ns == read_ns);
    MUST(throttled_ns % 1000 == 0);
    close(file.fd);
}

/* The path stays in the hierarchy, and its "emulator" is what the text said. */
static void must_be_said(const char *path, const char *text)
{
    char *line = malloc(strlen(path) + sizeof("0::/"
                                              "/emulator"));

    MUST(line);
    sprintf(line, "0::/%s/emulator", path);
    MUST(path[0] != '\0' && strstr(text, line) && !strchr(path, '\n'));
    MUST(strcmp(path, "..") != 0 && strncmp(path, "../", 3) != 0 && !strstr(path, "/../"));
    MUST(strlen(path) < 3 || strcmp(path + strlen(path) - 3, "/..") != 0);
    free(line);
}

static void find_domain(const uint8_t *data, size_t size, const char *text)
{
    char path[PATH_MAX], little[8];
    FILE *file = size > 0 ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;
    int error;

    if (!file)
        return;
    error = cgroup_parse_domain(file, NULL, path, sizeof(path));
    MUST(error == 0 || error == -ENOENT || error == -ENAMETOOLONG);
    if (error == 0 && strlen(text) == size)
        must_be_said(path, text);
    rewind(file);
    MUST(cgroup_parse_domain(file, NULL, little, sizeof(little)) == 0 || error != 0 ||
         strlen(path) > 7);
    fclose(file);
}

static void read_state(const uint8_t *data, size_t size)
{
    struct cgroup_tree tree = {.through_library = false};
    uint64_t bytes[4] = {1, 1, 1, 4711};
    struct cpuset isolated, again;

    snprintf(tree.root, sizeof(tree.root), "%s", fuzz_folder());
    fuzz_write("memory.numa_stat", (const char *)data, size);
    fuzz_write("cpuset.cpus.isolated", (const char *)data, size);
    MUST(cgroup_memory(&tree, ".", bytes, 3) == 0 && bytes[3] == 4711);
    memset(&isolated, 0xff, sizeof(isolated));
    cgroup_isolated(&tree, &isolated);
    cgroup_isolated(&tree, &again);
    MUST(cpuset_equal(&isolated, &again)); /* nothing is left of what was in it */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);

    read_counter(data, size, text);
    find_domain(data, size, text);
    read_state(data, size);
    free(text);
    return 0;
}
