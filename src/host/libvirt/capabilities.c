/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capabilities.c - the machine's topology, from libvirt's capabilities.
 *
 * The format: https://libvirt.org/formatcaps.html and libvirt's src/conf/schemas/capability.rng.
 */
#include "host/libvirt/xml.h"

#include "base/array.h"
#include "base/text.h"
#include "host/topology_draft.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* A pCPU's socket and die, by the firmware's numbers. */
struct location {
    long socket, die;
    uint32_t pcpu;
};

struct reader {
    struct topology *draft;
    struct failure *why;
    struct location *locations; /* of the pCPUs that have a socket */
    uint32_t location_count, location_capacity;
};

/* ---- XML ---- */

/* Returns -EINVAL, with the value of the attribute, or the element's content (NULL), in the words.
 */
static int malformed(struct reader *reader, const xmlNode *node, const char *attribute,
                     const char *what)
{
    xmlChar *value =
        attribute ? xmlGetProp(node, (const xmlChar *)attribute) : xmlNodeGetContent(node);
    char text[61];

    snprintf(text, sizeof text, "%s", value ? (const char *)value : "");
    xmlFree(value);
    text_clean(text);
    return fail(reader->why, -EINVAL, "libvirt's capabilities: %s of <%s>: '%s' is %s",
                attribute ? attribute : "content", (const char *)node->name, text, what);
}

/* xml_number() and xml_list() with the words in *why. */
static int get_number(struct reader *reader, const xmlNode *node, const char *attribute, long low,
                      long high, long *number)
{
    const int error = xml_number(node, attribute, low, high, number);

    return error == -EINVAL
               ? malformed(reader, node, attribute, "not a number in the allowed range")
               : error;
}

static int get_list(struct reader *reader, const xmlNode *node, const char *attribute,
                    struct cpuset *list)
{
    const int error = xml_list(node, attribute, list);

    return error == -EINVAL ? malformed(reader, node, attribute, "not a list of pCPUs") : error;
}

/* ---- cells ---- */

/* Reads a pCPU's core, and its location, for group_locations(). */
static int read_cpu(struct reader *reader, const xmlNode *node, int32_t cell)
{
    struct location location = {.die = -1};
    struct cpuset list;
    long id;
    int error = get_number(reader, node, "id", 0, CPUSET_MAX - 1, &id);

    if (error)
        return error == -ENOENT ? malformed(reader, node, "id", "not a pCPU number") : error;
    if (topology_extend(reader->draft, (uint32_t)id + 1))
        return -ENOMEM;
    reader->draft->pcpus[id].node = cell;
    error = get_list(reader, node, "siblings", &list);
    if (!error && !cpuset_has(&list, (uint32_t)id))
        return malformed(reader, node, "siblings", "not a list with the pCPU itself");
    if (!error)
        reader->draft->pcpus[id].core = cpuset_next(&list, 0);
    if (error != -EINVAL)
        error = get_number(reader, node, "die_id", INT_MIN, INT_MAX, &location.die);
    if (error != -EINVAL)
        error = get_number(reader, node, "socket_id", INT_MIN, INT_MAX, &location.socket);
    if (error)
        return error == -EINVAL ? error : 0;
    if (!ARRAY_GROW(reader->locations, reader->location_capacity, reader->location_count + 1))
        return -ENOMEM;
    location.pcpu = (uint32_t)id;
    reader->locations[reader->location_count++] = location;
    return 0;
}

/* <memory unit='KiB'>: the unit is fixed (libvirt's virCapabilitiesHostNUMAFormat). */
static int read_memory(struct reader *reader, xmlNode *node, uint64_t *memory_kib)
{
    xmlChar *value;
    char *end;

    if (!node)
        return 0;
    value = xmlNodeGetContent(node);
    *memory_kib = value ? strtoull((const char *)value, &end, 10) : 0;
    if (!value || *value < '0' || *value > '9' || *end) {
        xmlFree(value);
        return malformed(reader, node, NULL, "not an amount of memory");
    }
    xmlFree(value);
    return 0;
}

static int32_t node_numbered(const struct topology *draft, long number)
{
    for (uint32_t n = 0; n < draft->node_count; n++) {
        if (draft->nodes[n].number == number)
            return (int32_t)n;
    }
    return -1;
}

static int read_distances(struct reader *reader, xmlNode *node, uint32_t from)
{
    struct topology *draft = reader->draft;

    for (node = xml_child(node, "sibling"); node; node = xml_next(node->next, "sibling")) {
        long id, value;
        int32_t to;
        int error = get_number(reader, node, "id", 0, INT_MAX, &id);

        if (!error)
            error = get_number(reader, node, "value", TOPOLOGY_NEAR, TOPOLOGY_UNREACHABLE, &value);
        if (error == -EINVAL)
            return error;
        to = error ? -1 : node_numbered(draft, id);
        if (to >= 0)
            draft->distances[from * draft->node_count + (uint32_t)to] = (uint32_t)value;
    }
    return 0;
}

static int read_cell(struct reader *reader, xmlNode *node, uint32_t cell)
{
    xmlNode *cpu = xml_child(xml_child(node, "cpus"), "cpu");
    int error =
        read_memory(reader, xml_child(node, "memory"), &reader->draft->nodes[cell].memory_kib);

    if (!error)
        error = read_distances(reader, xml_child(node, "distances"), cell);
    for (; cpu && !error; cpu = xml_next(cpu->next, "cpu"))
        error = read_cpu(reader, cpu, (int32_t)cell);
    return error;
}

static int read_cells(struct reader *reader, xmlNode *first)
{
    uint32_t count = 0;
    long id;
    int error = 0;

    for (const xmlNode *node = first; node; node = xml_next(node->next, "cell"))
        count++;
    if (count > TOPOLOGY_NODES_MAX)
        return fail(reader->why, -EINVAL,
                    "libvirt's capabilities list %" PRIu32 " nodes, more than Linux can have",
                    count);
    if (topology_set_nodes(reader->draft, count))
        return -ENOMEM;
    count = 0;
    for (const xmlNode *node = first; node; node = xml_next(node->next, "cell")) {
        error = get_number(reader, node, "id", 0, INT_MAX, &id);
        if (error)
            return error == -ENOENT ? malformed(reader, node, "id", "not a node number") : error;
        reader->draft->nodes[count++].number = (int32_t)id;
    }
    count = 0;
    for (xmlNode *node = first; node && !error; node = xml_next(node->next, "cell"))
        error = read_cell(reader, node, count++);
    return error;
}

/* ---- sockets, dies, caches ---- */

static int by_location(const void *a, const void *b)
{
    const struct location *one = a, *other = b;

    if (one->socket != other->socket)
        return one->socket < other->socket ? -1 : 1;
    if (one->die != other->die)
        return one->die < other->die ? -1 : 1;
    return one->pcpu < other->pcpu ? -1 : one->pcpu > other->pcpu;
}

/* Groups pCPUs by socket and die. Die numbers start again in each socket. */
static void group_locations(struct reader *reader)
{
    const struct location *locations = reader->locations;
    struct topology_pcpu *pcpus = reader->draft->pcpus;
    uint32_t socket = 0, die = 0;

    if (reader->location_count == 0)
        return;
    qsort(reader->locations, reader->location_count, sizeof *reader->locations, by_location);
    for (uint32_t i = 0; i < reader->location_count; i++) {
        if (locations[i].socket != locations[socket].socket)
            socket = die = i;
        if (locations[i].die != locations[die].die)
            die = i;
        pcpus[locations[i].pcpu].socket = (int32_t)locations[socket].pcpu;
        if (locations[i].die >= 0)
            pcpus[locations[i].pcpu].die = (int32_t)locations[die].pcpu;
    }
}

/* <bank level='3' type='both' cpus='0-7'/>: libvirt reports no level below 3. */
static int read_banks(struct reader *reader, xmlNode *bank)
{
    struct topology *draft = reader->draft;

    for (; bank; bank = xml_next(bank->next, "bank")) {
        struct cpuset list;
        int first;
        const int error = get_list(reader, bank, "cpus", &list);

        if (error == -EINVAL)
            return error;
        first = error ? -1 : cpuset_next(&list, 0);
        for (int p = first; p >= 0 && (uint32_t)p < draft->pcpu_count;
             p = cpuset_next(&list, (uint32_t)p + 1))
            draft->pcpus[p].llc = first;
    }
    return 0;
}

int topology_read_capabilities(struct topology *draft, const char *xml, struct failure *why)
{
    struct reader reader = {.draft = draft, .why = why};
    xmlNode *root = xml_parse(xml, "capabilities"), *host = xml_child(root, "host");
    xmlNode *cell = xml_child(xml_child(xml_child(host, "topology"), "cells"), "cell");
    int error;

    if (!root)
        return fail(why, -EINVAL, "libvirt's capabilities are not XML");
    error = cell ? read_cells(&reader, cell)
                 : fail(why, -ENOENT, "libvirt's capabilities contain no topology");
    if (!error)
        error = read_banks(&reader, xml_child(xml_child(host, "cache"), "bank"));
    if (!error)
        group_locations(&reader);
    free(reader.locations);
    xml_free(root);
    return error;
}
