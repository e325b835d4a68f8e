/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sysfs.c - the machine's topology, from the kernel.
 *
 * The files are documented in Linux, Documentation/admin-guide/cputopology.rst and
 * Documentation/ABI/stable/sysfs-devices-system-cpu, sysfs-devices-node. All members of a group
 * have the same list, so it is read from one of them only: a big machine takes hundreds of reads,
 * not tens of thousands.
 */
#include "host/linux/sysfs.h"

#include "base/file.h"
#include "base/text.h"
#include "host/topology_draft.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CACHES_MAX 16 /* indexN folders; today's pCPUs have 4 or 5 */

struct source {
    const char *root;
    struct failure *why;
    struct cpuset online;
    char path[PATH_MAX];
    char text[32768]; /* the longest list: every other pCPU of CPUSET_MAX */
};

/* Reads a file below the root, without the newline. Returns 0, or a negative errno if it can't be
 * read; never -EINVAL, which stands for malformed content. */
__attribute__((format(printf, 2, 3))) static int read_file(struct source *source,
                                                           const char *format, ...)
{
    va_list arguments;
    char name[256];
    ssize_t length;

    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    if ((size_t)snprintf(source->path, sizeof source->path, "%s/%s", source->root, name) >=
        sizeof source->path)
        return -ENAMETOOLONG;
    length = file_read(source->path, source->text, sizeof source->text);
    if (length < 0)
        return length == -EINVAL ? -EIO : (int)length;
    source->text[strcspn(source->text, "\n")] = '\0';
    return 0;
}

/* Returns -EINVAL, with the path and content of the file read last in the words. */
static int malformed(struct source *source, const char *what)
{
    source->text[60] = '\0';
    text_clean(source->text);
    return fail(source->why, -EINVAL, "%s: '%s' is %s", source->path, source->text, what);
}

/* Parses a list of numbers from the file that read_file() has read, with the result `error`.
 * Returns 0, -EINVAL with the words, or `error`. */
static int parse_list(struct source *source, struct cpuset *list, int error)
{
    if (error)
        return error;
    return cpuset_parse(list, source->text) ? malformed(source, "not a list of pCPUs or nodes") : 0;
}

/* Parses a number, 1 to UINT32_MAX. Returns as parse_list(). */
static int parse_number(struct source *source, uint32_t *number, int error)
{
    unsigned long long value;
    char *end;

    if (error)
        return error;
    value = strtoull(source->text, &end, 10);
    if (source->text[0] < '0' || source->text[0] > '9' || *end || value < 1 || value > UINT32_MAX)
        return malformed(source, "not a positive number");
    *number = (uint32_t)value;
    return 0;
}

/* ---- groups of pCPUs ---- */

/* Puts all online pCPUs of the list into the group that is named after `pcpu`. */
static int set_group(struct source *source, struct topology *draft, enum topology_level level,
                     uint32_t pcpu, struct cpuset *list)
{
    char what[80];

    if (!cpuset_has(list, pcpu)) {
        snprintf(what, sizeof what, "a group without pCPU %" PRIu32 " itself", pcpu);
        return malformed(source, what);
    }
    cpuset_and(list, &source->online);
    for (int p = cpuset_next(list, 0); p >= 0; p = cpuset_next(list, (uint32_t)p + 1)) {
        int32_t *group = topology_level(&draft->pcpus[p], level);

        if (*group < 0)
            *group = (int32_t)pcpu;
    }
    return 0;
}

/* Finds the index of a pCPU's highest unified cache; -1: unknown. Returns 0 or -EINVAL. */
static int last_cache(struct source *source, uint32_t pcpu, int *best)
{
    uint32_t level, highest = 0;
    int error = 0;

    *best = -1;
    for (int index = 0; index < CACHES_MAX && !error; index++) {
        error =
            parse_number(source, &level,
                         read_file(source, "devices/system/cpu/cpu%" PRIu32 "/cache/index%d/level",
                                   pcpu, index));
        if (error || level <= highest ||
            read_file(source, "devices/system/cpu/cpu%" PRIu32 "/cache/index%d/type", pcpu,
                      index) ||
            strcmp(source->text, "Unified") != 0)
            continue;
        highest = level;
        *best = index;
    }
    return error == -EINVAL ? error : 0;
}

/* Reads the list of a pCPU's group. Returns as parse_list(). */
static int read_group(struct source *source, enum topology_level level, uint32_t pcpu,
                      struct cpuset *list)
{
    /* The names since Linux 5.3, and before. */
    static const char *const names[][2] = {
        [LEVEL_CORE] = {"core_cpus_list", "thread_siblings_list"},
        [LEVEL_DIE] = {"die_cpus_list", NULL},
        [LEVEL_SOCKET] = {"package_cpus_list", "core_siblings_list"},
    };
    int error = -ENOENT, index;

    if (level == LEVEL_LLC) {
        error = last_cache(source, pcpu, &index);
        if (error || index < 0)
            return error ? error : -ENOENT;
        return parse_list(
            source, list,
            read_file(source, "devices/system/cpu/cpu%" PRIu32 "/cache/index%d/shared_cpu_list",
                      pcpu, index));
    }
    for (int n = 0; n < 2 && error && error != -EINVAL && names[level][n]; n++)
        error = parse_list(source, list,
                           read_file(source, "devices/system/cpu/cpu%" PRIu32 "/topology/%s", pcpu,
                                     names[level][n]));
    return error;
}

static int read_level(struct source *source, struct topology *draft, enum topology_level level)
{
    struct cpuset list;

    for (int p = cpuset_next(&source->online, 0); p >= 0;
         p = cpuset_next(&source->online, (uint32_t)p + 1)) {
        int error;

        if (*topology_level(&draft->pcpus[p], level) >= 0)
            continue;
        error = read_group(source, level, (uint32_t)p, &list);
        if (!error)
            error = set_group(source, draft, level, (uint32_t)p, &list);
        if (error == -EINVAL)
            return error;
    }
    return 0;
}

/* ---- capacity ---- */

/* Reads each pCPU's capacity from cpuN/NAME. *unequal: all files were read, and they differ; else
 * the capacities stay 0. Returns 0 or -EINVAL. */
static int read_capacity(struct source *source, struct topology *draft, const char *name,
                         bool *unequal)
{
    const int first = cpuset_next(&source->online, 0);
    int error = 0;

    *unequal = false;
    for (int p = first; p >= 0 && !error; p = cpuset_next(&source->online, (uint32_t)p + 1)) {
        error = parse_number(source, &draft->pcpus[p].capacity,
                             read_file(source, "devices/system/cpu/cpu%d/%s", p, name));
        *unequal |= !error && draft->pcpus[p].capacity != draft->pcpus[first].capacity;
    }
    *unequal &= !error;
    for (int p = first; p >= 0 && !*unequal; p = cpuset_next(&source->online, (uint32_t)p + 1))
        draft->pcpus[p].capacity = 0;
    return error == -EINVAL ? error : 0;
}

/*
 * cpu_capacity is the kernel's own figure. On x86 with two kinds of cores and SMT it is the same
 * for all (drivers/cpufreq/intel_pstate.c, hybrid_init_cpu_capacity_scaling). There, highest_perf
 * of ACPI's CPPC is used: its unit is work, not clock (HYBRID_SCALING_FACTOR in the same file: a
 * P-core does 1.27 times as much per MHz). Clocks are the last resort. With one kind of core, both
 * only rank the cores, so they are not read.
 */
static int read_capacities(struct source *source, struct topology *draft)
{
    bool unequal;
    int error = read_capacity(source, draft, "cpu_capacity", &unequal);

    if (error || unequal || read_file(source, "devices/cpu_atom/cpus"))
        return error;
    error = read_capacity(source, draft, "acpi_cppc/highest_perf", &unequal);
    if (error || unequal)
        return error;
    return read_capacity(source, draft, "cpufreq/cpuinfo_max_freq", &unequal);
}

/* ---- nodes ---- */

/* Reads a row of distances: one to each online node, ascending by number. */
static int read_distances(struct source *source, struct topology *draft, uint32_t node)
{
    uint32_t *row = &draft->distances[node * draft->node_count];
    const char *at = source->text;

    if (read_file(source, "devices/system/node/node%" PRId32 "/distance",
                  draft->nodes[node].number))
        return 0;
    for (uint32_t to = 0; to < draft->node_count; to++) {
        char *end;
        const unsigned long value = strtoul(at, &end, 10);

        if (end == at || value < TOPOLOGY_NEAR || value > TOPOLOGY_UNREACHABLE)
            return malformed(source, "not a list of distances to all nodes");
        row[to] = (uint32_t)value;
        at = end;
    }
    return at[strspn(at, " ")] ? malformed(source, "not a list of distances to all nodes") : 0;
}

/* "Node 0 MemTotal:       16336428 kB" is the first line of meminfo. */
static void read_memory(struct source *source, struct topology_node *node)
{
    const char *total;

    if (read_file(source, "devices/system/node/node%" PRId32 "/meminfo", node->number))
        return;
    total = strstr(source->text, "MemTotal:");
    if (total)
        node->memory_kib = strtoull(total + strlen("MemTotal:"), NULL, 10);
}

static int read_node(struct source *source, struct topology *draft, uint32_t node)
{
    struct cpuset list;
    const int error = parse_list(source, &list,
                                 read_file(source, "devices/system/node/node%" PRId32 "/cpulist",
                                           draft->nodes[node].number));

    if (error == -EINVAL)
        return error;
    if (!error)
        cpuset_and(&list, &source->online);
    for (int p = error ? -1 : cpuset_next(&list, 0); p >= 0;
         p = cpuset_next(&list, (uint32_t)p + 1))
        draft->pcpus[p].node = (int32_t)node;
    read_memory(source, &draft->nodes[node]);
    return read_distances(source, draft, node);
}

static int read_nodes(struct source *source, struct topology *draft)
{
    struct cpuset nodes;
    int error = parse_list(source, &nodes, read_file(source, "devices/system/node/online"));
    uint32_t count = 0;

    if (error)
        return error == -EINVAL ? error : 0;
    if (cpuset_count(&nodes) > TOPOLOGY_NODES_MAX)
        return malformed(source, "more nodes than Linux can have");
    if (topology_set_nodes(draft, cpuset_count(&nodes)))
        return -ENOMEM;
    for (int n = cpuset_next(&nodes, 0); n >= 0; n = cpuset_next(&nodes, (uint32_t)n + 1))
        draft->nodes[count++].number = n;
    for (uint32_t node = 0; node < count && !error; node++)
        error = read_node(source, draft, node);
    return error;
}

int topology_read_sysfs(struct topology *draft, const char *root, struct failure *why)
{
    static const enum topology_level levels[] = {LEVEL_CORE, LEVEL_LLC, LEVEL_DIE, LEVEL_SOCKET};
    struct source source = {.root = root, .why = why};
    uint32_t count = 0;
    int error =
        parse_list(&source, &source.online, read_file(&source, "devices/system/cpu/online"));

    if (error == -EINVAL)
        return error;
    if (error || !cpuset_count(&source.online))
        return fail(why, -ENOENT, "%s lists no pCPU", source.path);
    for (int p = 0; p >= 0; p = cpuset_next(&source.online, count))
        count = (uint32_t)p + 1;
    if (topology_extend(draft, count))
        return -ENOMEM;
    for (size_t l = 0; l < sizeof levels / sizeof *levels && !error; l++)
        error = read_level(&source, draft, levels[l]);
    if (!error)
        error = read_capacities(&source, draft);
    return error ? error : read_nodes(&source, draft);
}
