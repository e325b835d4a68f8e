/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine's shape: up to a NUL libvirt's capabilities, then a line for each file of sysfs. */
#include "fuzz.h"
#include "host/libvirt/xml.h"
#include "host/linux/sysfs.h"
#include "host/topology_draft.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CPU  "devices/system/cpu/"
#define NODE "devices/system/node/"

/* Of a machine that may have two pCPUs and two nodes; an empty line is a file that is not there. */
static const char *const files[] = {
    CPU "online",
    CPU "cpu0/topology/core_cpus_list",
    CPU "cpu0/topology/die_cpus_list",
    CPU "cpu0/topology/package_cpus_list",
    CPU "cpu0/cache/index0/level",
    CPU "cpu0/cache/index0/type",
    CPU "cpu0/cache/index0/shared_cpu_list",
    CPU "cpu0/cpu_capacity",
    CPU "cpu1/topology/thread_siblings_list",
    CPU "cpu1/topology/core_siblings_list",
    CPU "cpu1/cpu_capacity",
    "devices/cpu_atom/cpus",
    CPU "cpu0/acpi_cppc/highest_perf",
    CPU "cpu1/acpi_cppc/highest_perf",
    NODE "online",
    NODE "node0/cpulist",
    NODE "node0/distance",
    NODE "node0/meminfo",
    NODE "node1/cpulist",
    NODE "node1/distance",
};
#define FILE_COUNT (sizeof(files) / sizeof(files[0]))

/* The folders of all files, made once. */
static void make_folders(void)
{
    const size_t root = strlen(fuzz_folder());
    static bool made;

    for (size_t i = 0; i < FILE_COUNT && !made; i++) {
        char path[PATH_MAX];

        snprintf(path, sizeof(path), "%s/%s", fuzz_folder(), files[i]);
        for (char *slash = path + root; (slash = strchr(slash + 1, '/'));) {
            *slash = '\0';
            mkdir(path, 0700);
            *slash = '/';
        }
    }
    made = true;
}

static void write_files(char *lines)
{
    for (size_t i = 0; i < FILE_COUNT; i++) {
        const char *line = strsep(&lines, "\n");
        char path[PATH_MAX];

        snprintf(path, sizeof(path), "%s/%s", fuzz_folder(), files[i]);
        unlink(path);
        if (line && line[0] != '\0')
            fuzz_write(files[i], line, strlen(line));
    }
}

/* A draft, or the words that a terminal shows of why there is none. */
static void must_be_read(int error, const struct failure *why)
{
    MUST(error == 0 || error == -ENOENT || error == -EINVAL);
    MUST(error == 0 ||
         (why->text[0] != '\0' && fuzz_is_shown(why->text, strlen(why->text), false)));
}

/* Every index is one, and threads of a core stand in a ring. */
static void must_be_settled(const struct topology *topology, const struct cpuset *online)
{
    for (uint32_t p = 0; p < topology->pcpu_count; p++) {
        const struct topology_pcpu *pcpu = &topology->pcpus[p];
        const bool there = cpuset_has(online, p);

        MUST(there == (pcpu->core >= 0) && pcpu->core < (int32_t)topology->core_count);
        MUST(there == (pcpu->llc >= 0) && pcpu->llc < (int32_t)topology->llc_count);
        MUST(there == (pcpu->die >= 0) && pcpu->die < (int32_t)topology->die_count);
        MUST(there == (pcpu->socket >= 0) && pcpu->socket < (int32_t)topology->socket_count);
        MUST(there == (pcpu->node >= 0) && pcpu->node < (int32_t)topology->node_count);
        MUST(pcpu->sibling >= 0 && pcpu->sibling < (int32_t)topology->pcpu_count);
        MUST(topology->pcpus[pcpu->sibling].core == pcpu->core);
        MUST(pcpu->capacity >= 1 && pcpu->capacity <= TOPOLOGY_CAPACITY);
    }
    for (uint32_t d = 0; d < topology->node_count * topology->node_count; d++)
        MUST(topology->distances[d] >= TOPOLOGY_NEAR &&
             topology->distances[d] <= TOPOLOGY_UNREACHABLE);
}

static void settle(struct topology *draft, const char *list)
{
    struct cpuset online;

    MUST(cpuset_parse(&online, list) == 0);
    MUST(topology_number(draft, &online) == 0);
    must_be_settled(draft, &online);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *lines = text + strlen(text);
    struct topology told = {0}, kernel = {0};
    struct failure why = {.text = ""};
    int error = topology_read_capabilities(&told, text, &why);

    must_be_read(error, &why);
    if (lines < text + size) {
        make_folders();
        write_files(lines + 1);
        error = topology_read_sysfs(&kernel, fuzz_folder(), &why);
        must_be_read(error, &why);
        MUST(topology_merge(&kernel, &told) == 0);
        settle(&kernel, "0-1,4");
    }
    settle(&told, "0,2-3");
    topology_finish(&told);
    topology_finish(&kernel);
    free(text);
    return 0;
}
