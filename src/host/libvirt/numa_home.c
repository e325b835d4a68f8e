/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * numa_home.c - which node holds the memory of a domain's vCPUs.
 *
 * The owner's settings come first: the host nodes of the vCPU's guest node, else of the domain. If
 * these are several, it is the one where most of the memory is.
 */
#include "host/libvirt/internal.h"

#include "base/clock.h"
#include "host/topology_draft.h"

#include <stdlib.h>
#include <string.h>

/* A node is the home only if it holds this share of the memory, in percent. From a node with a
 * share s, s - (1 - s) fewer accesses are remote than from another one. If remote memory costs 15 %
 * (the default), a share of 60 % saves 3 points, which is less than the gain that a pin needs, 5
 * (--min-gain). With a lower share, memory is spread, and the kernel moves pages to where they are
 * used. */
#define HOME_SHARE 60

/* The nodes that <numatune> gives the domain. */
static void read_tuned(virDomainPtr domain, struct cpuset *nodes)
{
    virTypedParameter params[8];
    const char *text;
    int count = sizeof params / sizeof *params;

    cpuset_clear(nodes);
    memset(params, 0, sizeof params);
    if (virDomainGetNumaParameters(domain, params, &count, VIR_DOMAIN_AFFECT_CURRENT))
        return;
    if (virTypedParamsGetString(params, count, VIR_DOMAIN_NUMA_NODESET, &text) == 1 &&
        cpuset_parse(nodes, text))
        cpuset_clear(nodes);
    virTypedParamsClear(params, count);
}

/* The nodes that <numatune> gives the vCPU's guest node. Returns false if there are none. */
static bool find_memnode(xmlNode *root, uint32_t vcpu, struct cpuset *nodes)
{
    xmlNode *cell = xml_child(xml_child(xml_child(root, "cpu"), "numa"), "cell");
    xmlNode *memnode = xml_child(xml_child(root, "numatune"), "memnode");
    struct cpuset cpus;
    long id = 0, of;

    while (cell && (xml_list(cell, "cpus", &cpus) || !cpuset_has(&cpus, vcpu)))
        cell = xml_next(cell->next, "cell");
    if (!cell || xml_number(cell, "id", 0, INT_MAX, &id))
        return false;
    while (memnode && (xml_number(memnode, "cellid", 0, INT_MAX, &of) || of != id))
        memnode = xml_next(memnode->next, "memnode");
    return memnode && xml_list(memnode, "nodeset", nodes) == 0;
}

/* The only host node among `nodes` (empty: all); else the one with HOME_SHARE of their memory; -1:
 * none. memory: bytes, by the nodes' numbers. */
static int32_t choose(const struct topology *topology, const uint64_t *memory,
                      const struct cpuset *nodes)
{
    uint64_t total = 0, most = 0;
    int32_t best = -1, count = 0, only = -1;

    for (uint32_t n = 0; n < topology->node_count; n++) {
        const int32_t number = topology->nodes[n].number;
        const uint64_t bytes = number < TOPOLOGY_NODES_MAX ? memory[number] : 0;

        if (cpuset_count(nodes) && !cpuset_has(nodes, (uint32_t)number))
            continue;
        count++;
        only = (int32_t)n;
        total += bytes;
        if (bytes > most) {
            most = bytes;
            best = (int32_t)n;
        }
    }
    if (count == 1)
        return only;
    return total && most >= total / 100 * HOME_SHARE ? best : -1;
}

void libvirt_read_homes(struct host *host, virDomainPtr domain, struct domain_record *record,
                        const char *path)
{
    const uint64_t now = clock_now();
    uint64_t memory[TOPOLOGY_NODES_MAX] = {0};
    struct cpuset tuned, nodes;
    xmlNode *root;

    if (host->topology.node_count < 2 ||
        (record->home_ns && record->home_count == record->vcpu_count &&
         now - record->home_ns < LIBVIRT_ROUND_NS))
        return;
    record->home_ns = now;
    record->home_count = record->vcpu_count;
    root = xml_take(virDomainGetXMLDesc(domain, 0), "domain");
    read_tuned(domain, &tuned);
    /* No cgroup accounts huge pages. */
    if (path[0] && !xml_child(xml_child(root, "memoryBacking"), "hugepages"))
        cgroup_memory(&host->tree, path, memory, TOPOLOGY_NODES_MAX);
    for (uint32_t v = 0; v < record->vcpu_count; v++) {
        if (!find_memnode(root, record->vcpus[v].number, &nodes))
            nodes = tuned;
        record->vcpus[v].numa_home = choose(&host->topology, memory, &nodes);
    }
    xml_free(root);
}
