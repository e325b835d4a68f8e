/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/libvirt/definition.h"

#include "host/libvirt/xml.h"

#include <stdlib.h>

struct definition {
    xmlDoc *document;
    xmlNode *vcpu, *tune; /* <vcpu>, <cputune>; NULL */
};

struct definition *definition_parse(const char *xml)
{
    struct definition *definition = calloc(1, sizeof *definition);
    xmlNode *root;

    if (!definition)
        return NULL;
    definition->document = xml_parse(xml);
    root = definition->document ? xmlDocGetRootElement(definition->document) : NULL;
    if (!root || !xmlStrEqual(root->name, (const xmlChar *)"domain")) {
        definition_free(definition);
        return NULL;
    }
    definition->vcpu = xml_child(root, "vcpu");
    definition->tune = xml_child(root, "cputune");
    return definition;
}

void definition_free(struct definition *definition)
{
    if (!definition)
        return;
    xmlFreeDoc(definition->document);
    free(definition);
}

/* Reads a list. Returns false if it is missing or empty. */
static bool read_list(const xmlNode *node, struct cpuset *list)
{
    struct cpuset read;

    if (xml_list(node, "cpuset", &read) || cpuset_count(&read) == 0)
        return false;
    *list = read;
    return true;
}

enum defined_affinity definition_affinity(const struct definition *definition, uint32_t vcpu,
                                          struct cpuset *list)
{
    xmlNode *pin = xml_child(definition->tune, "vcpupin");
    xmlChar *placement;
    bool automatic;
    long number;

    for (; pin; pin = xml_next(pin->next, "vcpupin")) {
        if (xml_number(pin, "vcpu", 0, INT32_MAX, &number) == 0 && number == (long)vcpu &&
            read_list(pin, list))
            return DEFINED_LIST;
    }
    if (!definition->vcpu)
        return DEFINED_NONE;
    placement = xmlGetProp(definition->vcpu, (const xmlChar *)"placement");
    automatic = xmlStrEqual(placement, (const xmlChar *)"auto");
    xmlFree(placement);
    if (automatic)
        return DEFINED_AUTO;
    return read_list(definition->vcpu, list) ? DEFINED_LIST : DEFINED_NONE;
}
