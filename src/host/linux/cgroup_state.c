/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/linux/cgroup.h"

#include "base/file.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Before Linux 6.7 a partition's parent must be one, too. No real host nests them deeper. */
#define PARTITION_DEPTH 8

/* Adds the pCPUs of the isolated partitions below a partition. */
static void add_partitions(const char *parent, int depth, struct cpuset *set)
{
    char folder[PATH_MAX], text[CPUSET_LIST_MAX];
    struct cpuset cpus;
    struct dirent *entry;
    DIR *entries = opendir(parent);

    while (entries && (entry = readdir(entries))) {
        if (entry->d_name[0] == '.' ||
            (size_t)snprintf(folder, sizeof folder, "%s/%s", parent, entry->d_name) >=
                sizeof folder ||
            cgroup_read_line(folder, "cpuset.cpus.partition", text, sizeof text))
            continue;
        /* An invalid one reads "isolated invalid (reason)". */
        if (strcmp(text, "isolated") == 0 &&
            cgroup_read_line(folder, "cpuset.cpus.effective", text, sizeof text) == 0 &&
            cpuset_parse(&cpus, text) == 0)
            cpuset_or(set, &cpus);
        else if (strcmp(text, "root") == 0 && depth < PARTITION_DEPTH)
            add_partitions(folder, depth + 1, set);
    }
    if (entries)
        closedir(entries);
}

void cgroup_isolated(const struct cgroup_tree *tree, struct cpuset *set)
{
    char text[CPUSET_LIST_MAX];

    cpuset_clear(set);
    if (!tree->root[0])
        return;
    if (cgroup_read_line(tree->root, "cpuset.cpus.isolated", text, sizeof text))
        add_partitions(tree->root, 0, set);
    else if (cpuset_parse(set, text))
        cpuset_clear(set);
}

/* Adds the figures of a line such as "anon N0=4096 N1=0". */
static void add_figures(const char *line, uint64_t *bytes, uint32_t nodes)
{
    while (*line && *line != '\n') {
        unsigned node;
        uint64_t value;

        line += strcspn(line, " \n");
        line += *line == ' ';
        if (sscanf(line, "N%u=%" SCNu64, &node, &value) == 2 && node < nodes)
            bytes[node] += value;
    }
}

int cgroup_memory(const struct cgroup_tree *tree, const char *path, uint64_t *bytes, uint32_t nodes)
{
    char name[2 * PATH_MAX], text[16384];
    ssize_t length;

    snprintf(name, sizeof name, "%s/%s/memory.numa_stat", tree->root, path);
    length = file_read(name, text, sizeof text);
    if (length < 0)
        return (int)length;
    memset(bytes, 0, nodes * sizeof *bytes);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, "anon ", 5) == 0 || strncmp(line, "file ", 5) == 0)
            add_figures(line, bytes, nodes);
    }
    return 0;
}
