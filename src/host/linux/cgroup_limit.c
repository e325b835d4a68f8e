/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cgroup_limit.c - the pCPUs that cpusets allow a domain, e.g. by a slice's AllowedCPUs=. */
#include "host/linux/cgroup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Opens the file of the cgroup, or of the nearest one above that has it. */
static int open_nearest(const char *root, char *path, const char *name, struct kept *limit)
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

static int open_limit(const char *root, const char *controller, const char *name, FILE *file,
                      struct kept *limit)
{
    char path[PATH_MAX];
    int error;

    if (!root[0])
        return -ENOENT;
    rewind(file);
    error = cgroup_parse_path(file, controller, path, sizeof path);
    if (error)
        return error;
    cgroup_strip_emulator(path);
    return open_nearest(root, path, name, limit);
}

int cgroup_parse_limit(const struct cgroup_tree *tree, FILE *file, struct kept *limit,
                       bool *bounded)
{
    int error = open_limit(tree->root, NULL, "cpuset.cpus.effective", file, limit);

    *bounded = error == -ENOENT;
    if (error == -ENOENT)
        error = open_limit(tree->cpusets, "cpuset", "cpuset.effective_cpus", file, limit);
    return error;
}

int cgroup_open_limit(const struct cgroup_tree *tree, pid_t qemu, struct kept *limit, bool *bounded)
{
    FILE *file = cgroup_open_list(qemu);
    int error;

    if (!file)
        return -errno;
    error = cgroup_parse_limit(tree, file, limit, bounded);
    fclose(file);
    return error;
}

int cgroup_read_limit(const struct kept *limit, struct cpuset *set)
{
    char text[CPUSET_LIST_MAX];
    const ssize_t length = kept_read(limit, text, sizeof text);
    struct cpuset told;

    if (length < 0)
        return (int)length;
    if (cpuset_parse(&told, text) || cpuset_count(&told) == 0)
        return -EIO;
    *set = told;
    return 0;
}
