/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cgroup_limit.c - what cpusets (v1 and v2) leave a domain: a slice's AllowedCPUs=, a partition
 * that takes pCPUs away. */
#include "host/linux/cgroup_limit.h"

#include "host/linux/cgroup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/** A line of /proc/PID/cgroup, "0::/path" or "4:cpuset:/path"; NULL unless it is of that hierarchy.
 */
static char *path_of(char *line, bool v1)
{
    char *controllers = strchr(line, ':');
    char *path = controllers ? strchr(controllers + 1, ':') : NULL, *rest;

    if (!path)
        return NULL;
    *path++ = '\0';
    controllers++;
    if (!v1)
        return line[0] == '0' && *controllers == '\0' ? path : NULL;
    for (char *name = strtok_r(controllers, ",", &rest); name; name = strtok_r(NULL, ",", &rest)) {
        if (strcmp(name, "cpuset") == 0)
            return path;
    }
    return NULL;
}

/** The cgroup whose limit is the domain's: QEMU's main thread is in its "emulator". Returns 0 or
 * -ENOENT. */
static int find_path(FILE *file, bool v1, char *path, size_t size)
{
    static const char own[] = "/emulator";
    char line[PATH_MAX + 64];

    while (fgets(line, sizeof line, file)) {
        char *at;
        size_t length;

        line[strcspn(line, "\n")] = '\0';
        at = path_of(line, v1);
        if (!at || strncmp(at, "/..", 3) == 0)
            continue; /* another hierarchy, or outside of our cgroup namespace */
        length = strlen(at);
        if (length >= sizeof own - 1 && strcmp(at + length - (sizeof own - 1), own) == 0)
            at[length - (sizeof own - 1)] = '\0';
        return (size_t)snprintf(path, size, "%s", at) < size ? 0 : -ENOENT;
    }
    return -ENOENT;
}

/** Opens the file of the cgroup, or of the nearest one above that has it: that is what holds.
 * Returns 0 or a negative errno. */
static int open_above(const char *root, char *path, const char *name, struct kept *limit)
{
    char file[2 * PATH_MAX + 64];
    int error;

    for (;;) {
        char *end = strrchr(path, '/');

        snprintf(file, sizeof file, "%s%s/%s", root, path, name);
        error = kept_open(limit, file);
        if (error != -ENOENT || !end)
            return error;
        *end = '\0';
    }
}

static int open_limit(const char *root, const char *name, FILE *file, bool v1, struct kept *limit)
{
    char path[PATH_MAX];
    int error;

    if (!root[0])
        return -ENOENT;
    rewind(file);
    error = find_path(file, v1, path, sizeof path);
    return error ? error : open_above(root, path, name, limit);
}

int cgroup_parse_limit(const struct cgroup_tree *tree, FILE *file, struct kept *limit,
                       bool *bounded)
{
    int error = open_limit(tree->root, "cpuset.cpus.effective", file, false, limit);

    *bounded = error == -ENOENT;
    if (error == -ENOENT)
        error = open_limit(tree->cpusets, "cpuset.effective_cpus", file, true, limit);
    return error;
}

int cgroup_open_limit(const struct cgroup_tree *tree, pid_t qemu, struct kept *limit, bool *bounded)
{
    char name[64];
    FILE *file;
    int error;

    snprintf(name, sizeof name, "/proc/%d/cgroup", (int)qemu);
    file = fopen(name, "re");
    if (!file)
        return -errno;
    error = cgroup_parse_limit(tree, file, limit, bounded);
    fclose(file);
    return error;
}

int cgroup_read_limit(const struct kept *limit, struct cpuset *set)
{
    char text[8192];
    const ssize_t length = kept_read(limit, text, sizeof text);
    struct cpuset told;

    if (length < 0)
        return (int)length;
    if (cpuset_parse(&told, text) || cpuset_count(&told) == 0)
        return -EIO;
    *set = told;
    return 0;
}
