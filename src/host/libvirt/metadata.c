/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/libvirt/metadata.h"

#include "base/text.h"
#include "host/libvirt/xml.h"

#include <errno.h>

/* Longer texts are refused: it is one element with an attribute. */
#define TEXT_MAX 4096

/* Reads the attribute `exclude`, which must be yes or no. */
static int parse_exclude(const xmlNode *element, bool *exclude)
{
    xmlChar *value = xmlGetNoNsProp(element, (const xmlChar *)"exclude");
    const int yes = value ? text_yes((const char *)value) : -EINVAL;

    xmlFree(value);
    if (yes < 0)
        return -EINVAL;
    *exclude = yes;
    return 0;
}

int metadata_parse(const char *xml, bool *exclude)
{
    xmlDoc *document = xml_parse_untrusted(xml, TEXT_MAX);
    xmlNode *root = document ? xmlDocGetRootElement(document) : NULL;
    int error = -EINVAL;

    if (root && xmlStrEqual(root->name, (const xmlChar *)"scheduler"))
        error = parse_exclude(root, exclude);
    xmlFreeDoc(document);
    return error;
}
