/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * definition.c - what a domain's XML says: affinities, and the owner's settings.
 *
 * libvirt's calls report the same mask for a vCPU that nobody has pinned and for one that was given
 * all online pCPUs; only the XML shows the difference.
 */
#include "host/libvirt/xml.h"

#include "base/text.h"
#include "host.h"

#include <errno.h>

/* Longer metadata are refused: it is one element with an attribute. */
#define METADATA_MAX 4096

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
    xmlNode *tune = xml_child(domain, "cputune");
    xmlNode *pin = xml_child(tune, "vcpupin");
    xmlChar *placement;
    bool automatic;
    long number;

    for (; pin; pin = xml_next(pin->next, "vcpupin")) {
        if (xml_number(pin, "vcpu", 0, INT32_MAX, &number) == 0 && number == (long)vcpu &&
            read_list(pin, list))
            return DEFINED_LIST;
    }
    if (vcpu == VCPU_EMULATOR && read_list(xml_child(tune, "emulatorpin"), list))
        return DEFINED_LIST;
    if (!element)
        return DEFINED_NONE;
    placement = xmlGetProp(element, (const xmlChar *)"placement");
    automatic = xmlStrEqual(placement, (const xmlChar *)"auto");
    xmlFree(placement);
    if (automatic)
        return DEFINED_AUTO;
    return read_list(element, list) ? DEFINED_LIST : DEFINED_NONE;
}

int metadata_parse(const char *xml, bool *exclude)
{
    xmlNode *root = xml_parse_untrusted(xml, METADATA_MAX, "scheduler");
    xmlChar *value = root ? xmlGetNoNsProp(root, (const xmlChar *)"exclude") : NULL;
    const int yes = value ? text_yes((const char *)value) : -EINVAL;

    xmlFree(value);
    xml_free(root);
    if (yes < 0)
        return -EINVAL;
    *exclude = yes;
    return 0;
}
