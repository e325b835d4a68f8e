/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/shape_maker.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A test that can't make its machine can't go on. */
#define MUST(true_or_end)                                                                          \
    do {                                                                                           \
        if (!(true_or_end)) {                                                                      \
            perror(#true_or_end);                                                                  \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* ---- machines ---- */

/** How a regular machine is built: so many of each in the one above. */
struct plan_of_shape {
    uint32_t sockets, dies, llcs, cores, threads; /* llcs: of each die */
    uint32_t nodes;                               /* of each socket */
    bool threads_last; /* all first threads are numbered first, as most firmware does */
};

static void set_node(struct shape *shape, uint32_t n, int number, unsigned near)
{
    shape->nodes[n].number = number;
    shape->nodes[n].memory_kib = UINT64_C(1000000) * (n + 1);
    for (uint32_t to = 0; to < shape->node_count; to++)
        shape->nodes[n].distances[to] = n == to ? 10 : near;
}

static void build(struct shape *shape, const struct plan_of_shape *plan)
{
    const uint32_t socket_cores = plan->dies * plan->llcs * plan->cores;
    const uint32_t cores = plan->sockets * socket_cores;

    shape->llc_level = 3;
    shape->pcpu_count = cores * plan->threads;
    shape->node_count = plan->sockets * plan->nodes;
    shape->places = calloc(shape->pcpu_count, sizeof *shape->places);
    MUST(shape->places);
    for (uint32_t p = 0; p < shape->pcpu_count; p++) {
        const uint32_t core = plan->threads_last ? p % cores : p / plan->threads;

        shape->places[p] = (struct shape_place){
            .present = true,
            .core = (int)core,
            .llc = (int)(core / plan->cores),
            .die = (int)(core / plan->cores / plan->llcs),
            .socket = (int)(core / socket_cores),
            .node = (int)(core * shape->node_count / cores),
        };
        cpuset_add(&shape->online, p);
    }
    for (uint32_t n = 0; n < shape->node_count; n++)
        set_node(shape, n, (int)n, 20);
}

static void plain(struct shape *shape)
{
    build(shape, &(struct plan_of_shape){1, 1, 1, 4, 1, 1, false});
}

static void two_sockets(struct shape *shape)
{
    build(shape, &(struct plan_of_shape){2, 1, 1, 4, 2, 1, true});
    shape->nodes[0].distances[1] = shape->nodes[1].distances[0] = 21;
}

static void epyc(struct shape *shape)
{
    build(shape, &(struct plan_of_shape){2, 1, 4, 4, 2, 2, true});
    for (uint32_t n = 0; n < 4; n++) {
        for (uint32_t to = 0; to < 4; to++)
            shape->nodes[n].distances[to] = n == to ? 10 : n / 2 == to / 2 ? 12 : 32;
    }
}

/* Nodes within one cache. */
static void sub_numa(struct shape *shape)
{
    build(shape, &(struct plan_of_shape){2, 1, 1, 8, 2, 2, true});
    for (uint32_t n = 0; n < 4; n++) {
        for (uint32_t to = 0; to < 4; to++)
            shape->nodes[n].distances[to] = n == to ? 10 : n / 2 == to / 2 ? 11 : 21;
    }
}

/* Two P-cores with two threads each, four E-cores that share an L2 below the L3 of all. */
static void hybrid(struct shape *shape, const char *capacity, unsigned strong, unsigned weak)
{
    build(shape, &(struct plan_of_shape){1, 1, 1, 8, 1, 1, false});
    for (int p = 0; p < 8; p++) {
        shape->places[p].core = p < 4 ? p / 2 : p;
        shape->places[p].capacity = p < 4 ? strong : weak;
    }
    shape->capacity = capacity;
    shape->kernel_sees_alike = true;
}

static void hybrid_by_cppc(struct shape *shape)
{
    hybrid(shape, "acpi_cppc/highest_perf", 64, 38);
}

static void hybrid_by_clock(struct shape *shape)
{
    hybrid(shape, "cpufreq/cpuinfo_max_freq", 5000000, 3800000);
}

/* Arm: little cores first, no L3, an L2 a cluster. */
static void big_little(struct shape *shape)
{
    build(shape, &(struct plan_of_shape){1, 1, 2, 4, 1, 1, false});
    shape->llc_level = 2;
    for (int p = 0; p < 8; p++)
        shape->places[p].capacity = p < 4 ? 446 : 1024;
    shape->capacity = "cpu_capacity";
}

static void gaps(struct shape *shape)
{
    build(shape, &(struct plan_of_shape){2, 1, 1, 4, 2, 1, false});
    for (uint32_t p = 0; p < 16; p++) {
        shape->places[p].present = p % 8 < 4 && p != 2;
        if (!shape->places[p].present)
            cpuset_remove(&shape->online, p);
    }
}

static void offline_siblings(struct shape *shape)
{
    two_sockets(shape);
    cpuset_remove(&shape->online, 9);
    cpuset_remove(&shape->online, 15);
    cpuset_remove(&shape->online, 4);
}

/* Memory behind CXL: a node without pCPUs, numbered between the others. */
static void memory_only(struct shape *shape)
{
    build(shape, &(struct plan_of_shape){2, 1, 1, 2, 2, 1, false});
    shape->node_count = 3;
    for (uint32_t n = 0; n < 3; n++)
        set_node(shape, n, (int[]){0, 1, 5}[n], n == 2 ? 24 : 21);
    for (uint32_t p = 0; p < shape->pcpu_count; p++)
        shape->places[p].node = shape->places[p].node == 0 ? 2 : 0;
}

static void dies(struct shape *shape)
{
    build(shape, &(struct plan_of_shape){2, 2, 1, 2, 2, 1, false});
}

static void old(struct shape *shape)
{
    two_sockets(shape);
    shape->old_kernel = true;
}

static void huge(struct shape *shape)
{
    build(shape, &(struct plan_of_shape){4, 1, 8, 16, 2, 2, true});
}

static const struct {
    const char *name;
    void (*make)(struct shape *shape);
} machines[] = {
    {"plain", plain},
    {"two sockets", two_sockets},
    {"epyc", epyc},
    {"sub-NUMA", sub_numa},
    {"hybrid by CPPC", hybrid_by_cppc},
    {"hybrid by clock", hybrid_by_clock},
    {"big.LITTLE", big_little},
    {"gaps", gaps},
    {"offline siblings", offline_siblings},
    {"memory only", memory_only},
    {"dies", dies},
    {"old kernel", old},
    {"1024 pCPUs", huge},
};

struct shape *shape_make(unsigned n)
{
    struct shape *shape;

    if (n >= sizeof machines / sizeof *machines)
        return NULL;
    shape = calloc(1, sizeof *shape);
    MUST(shape);
    shape->name = machines[n].name;
    machines[n].make(shape);
    return shape;
}

struct shape *shape_named(const char *name)
{
    unsigned n = 0;

    while (n < sizeof machines / sizeof *machines && strcmp(machines[n].name, name) != 0)
        n++;
    return shape_make(n);
}

void shape_free(struct shape *shape)
{
    free(shape->places);
    free(shape);
}

/* ---- what is told of them ---- */

enum { BY_CORE, BY_LLC, BY_DIE, BY_SOCKET };

static int group_of(const struct shape_place *place, int by)
{
    return (const int[]){place->core, place->llc, place->die, place->socket}[by];
}

/** The online pCPUs of a pCPU's group. */
static void format_group(const struct shape *shape, uint32_t pcpu, int by, char *text, size_t size)
{
    struct cpuset set;

    cpuset_clear(&set);
    for (uint32_t p = 0; p < shape->pcpu_count; p++) {
        if (cpuset_has(&shape->online, p) &&
            group_of(&shape->places[p], by) == group_of(&shape->places[pcpu], by))
            cpuset_add(&set, p);
    }
    cpuset_format(&set, text, size);
}

static void format_node(const struct shape *shape, int node, char *text, size_t size)
{
    struct cpuset set;

    cpuset_clear(&set);
    for (uint32_t p = 0; p < shape->pcpu_count; p++) {
        if (cpuset_has(&shape->online, p) && shape->places[p].node == node)
            cpuset_add(&set, p);
    }
    cpuset_format(&set, text, size);
}

/** A file with one line, and the folders above it. */
__attribute__((format(printf, 3, 4))) static void put(const char *root, const char *name,
                                                      const char *format, ...)
{
    char path[PATH_MAX];
    va_list arguments;
    FILE *file;

    MUST((size_t)snprintf(path, sizeof path, "%s/%s", root, name) < sizeof path);
    file = fopen(path, "w");
    for (char *slash = path; !file && (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        MUST(mkdir(path, 0700) == 0 || errno == EEXIST);
        *slash = '/';
    }
    if (!file)
        file = fopen(path, "w");
    MUST(file);
    va_start(arguments, format);
    vfprintf(file, format, arguments);
    va_end(arguments);
    fputc('\n', file);
    fclose(file);
}

void shape_put(const char *root, const char *name, const char *text)
{
    put(root, name, "%s", text);
}

static void write_pcpu(const struct shape *shape, const char *root, uint32_t p)
{
    static const char *const names[2][3] = {
        {"core_cpus_list", "die_cpus_list", "package_cpus_list"},
        {"thread_siblings_list", NULL, "core_siblings_list"},
    };
    static const int levels[] = {BY_CORE, BY_DIE, BY_SOCKET};
    char folder[PATH_MAX], name[64], text[8192];

    snprintf(folder, sizeof folder, "%s/devices/system/cpu/cpu%u", root, p);
    put(folder, "online", "%d", cpuset_has(&shape->online, p));
    if (!cpuset_has(&shape->online, p))
        return;
    for (int l = 0; l < 3; l++) {
        if (!names[shape->old_kernel][l])
            continue;
        format_group(shape, p, levels[l], text, sizeof text);
        snprintf(name, sizeof name, "topology/%s", names[shape->old_kernel][l]);
        put(folder, name, "%s", text);
    }
    for (unsigned level = 1; level <= shape->llc_level; level++) {
        format_group(shape, p, level == shape->llc_level ? BY_LLC : BY_CORE, text, sizeof text);
        snprintf(name, sizeof name, "cache/index%u/level", level - 1);
        put(folder, name, "%u", level);
        snprintf(name, sizeof name, "cache/index%u/type", level - 1);
        put(folder, name, "%s", level == 1 ? "Data" : "Unified");
        snprintf(name, sizeof name, "cache/index%u/shared_cpu_list", level - 1);
        put(folder, name, "%s", text);
    }
    if (shape->kernel_sees_alike)
        put(folder, "cpu_capacity", "1024");
    if (shape->capacity)
        put(folder, shape->capacity, "%u", shape->places[p].capacity);
}

static void write_nodes(const struct shape *shape, const char *root)
{
    char folder[PATH_MAX], text[8192];
    struct cpuset nodes;

    cpuset_clear(&nodes);
    for (uint32_t n = 0; n < shape->node_count; n++) {
        size_t length = 0;

        cpuset_add(&nodes, (uint32_t)shape->nodes[n].number);
        snprintf(folder, sizeof folder, "%s/devices/system/node/node%d", root,
                 shape->nodes[n].number);
        format_node(shape, (int)n, text, sizeof text);
        put(folder, "cpulist", "%s", text);
        put(folder, "meminfo", "Node %d MemTotal:       %llu kB\nNode %d MemFree:  1 kB",
            shape->nodes[n].number, (unsigned long long)shape->nodes[n].memory_kib,
            shape->nodes[n].number);
        for (uint32_t to = 0; to < shape->node_count; to++)
            length += (size_t)snprintf(text + length, sizeof text - length, "%s%u", to ? " " : "",
                                       shape->nodes[n].distances[to]);
        put(folder, "distance", "%s", text);
    }
    cpuset_format(&nodes, text, sizeof text);
    put(root, "devices/system/node/online", "%s", text);
}

void shape_write(const struct shape *shape, const char *root)
{
    char text[8192];

    cpuset_format(&shape->online, text, sizeof text);
    put(root, "devices/system/cpu/online", "%s", text);
    put(root, "devices/system/cpu/possible", "0-%u", shape->pcpu_count - 1);
    for (uint32_t p = 0; p < shape->pcpu_count; p++) {
        if (shape->places[p].present)
            write_pcpu(shape, root, p);
    }
    if (shape->kernel_sees_alike)
        put(root, "devices/cpu_atom/cpus", "4-7");
    write_nodes(shape, root);
}

static void print_cell(const struct shape *shape, int node, FILE *out)
{
    char text[8192];

    fprintf(out, "<cell id='%d'>\n<memory unit='KiB'>%llu</memory>\n<distances>\n",
            shape->nodes[node].number, (unsigned long long)shape->nodes[node].memory_kib);
    for (uint32_t to = 0; to < shape->node_count; to++)
        fprintf(out, "<sibling id='%d' value='%u'/>\n", shape->nodes[to].number,
                shape->nodes[node].distances[to]);
    fputs("</distances>\n<cpus>\n", out);
    for (uint32_t p = 0; p < shape->pcpu_count; p++) {
        if (!shape->places[p].present || shape->places[p].node != node)
            continue;
        if (!cpuset_has(&shape->online, p)) { /* as libvirt 9.0 has them */
            fprintf(out, "<cpu id='%u' socket_id='0' die_id='0' core_id='0' siblings='%u'/>\n", p,
                    p);
            continue;
        }
        format_group(shape, p, BY_CORE, text, sizeof text);
        fprintf(out, "<cpu id='%u' socket_id='%d'", p, shape->places[p].socket * 8);
        if (!shape->old_kernel)
            fprintf(out, " die_id='%d'", shape->places[p].die % 2);
        fprintf(out, " core_id='%d' siblings='%s'/>\n", shape->places[p].core % 8, text);
    }
    fputs("</cpus>\n</cell>\n", out);
}

char *shape_capabilities(const struct shape *shape)
{
    char *xml = NULL, text[8192];
    size_t size;
    FILE *out = open_memstream(&xml, &size);

    MUST(out);
    fputs("<capabilities>\n<host>\n<topology>\n<cells>\n", out);
    for (uint32_t node = 0; node < shape->node_count; node++)
        print_cell(shape, (int)node, out);
    fputs("</cells>\n</topology>\n<cache>\n", out);
    for (uint32_t p = 0; p < shape->pcpu_count && shape->llc_level == 3; p++) {
        format_group(shape, p, BY_LLC, text, sizeof text);
        if (cpuset_has(&shape->online, p) && (uint32_t)strtoul(text, NULL, 10) == p)
            fprintf(out, "<bank id='%d' level='3' type='both' size='32' unit='MiB' cpus='%s'/>\n",
                    shape->places[p].llc, text);
    }
    fputs("</cache>\n</host>\n</capabilities>\n", out);
    fclose(out);
    return xml;
}
