/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/libvirt/definition.h"

/* Reads a list. Returns false if it is missing or empty. */
static bool read_list(const xmlNode *node, struct cpuset *list)
{
    struct cpuset read;

    if (xml_list(node, "cpuset", &read) || cpuset_count(&read) == 0)
        return false;
    *list = read;
    return true;
}

enum defined_affinity definition_affinity(xmlNode *domain, uint32_t vcpu, struct cpuset *list)
{
    xmlNode *element = xml_child(domain, "vcpu");
    xmlNode *pin = xml_child(xml_child(domain, "cputune"), "vcpupin");
    xmlChar *placement;
    bool automatic;
    long number;

    for (; pin; pin = xml_next(pin->next, "vcpupin")) {
        if (xml_number(pin, "vcpu", 0, INT32_MAX, &number) == 0 && number == (long)vcpu &&
            read_list(pin, list))
            return DEFINED_LIST;
    }
    if (!element)
        return DEFINED_NONE;
    placement = xmlGetProp(element, (const xmlChar *)"placement");
    automatic = xmlStrEqual(placement, (const xmlChar *)"auto");
    xmlFree(placement);
    if (automatic)
        return DEFINED_AUTO;
    return read_list(element, list) ? DEFINED_LIST : DEFINED_NONE;
}
