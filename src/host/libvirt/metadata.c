/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/libvirt/metadata.h"

#include "base/text.h"
#include "host/libvirt/xml.h"

#include <errno.h>
#include <string.h>

/* What one element with an attribute may take: no more is read. */
#define TEXT_MAX 4096

/* The value of `exclude`, which must be yes or no. */
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
    xmlNode *root;
    xmlDoc *document;
    int error = -EINVAL;

    /* No entities: they could make much of little. */
    if (strnlen(xml, TEXT_MAX) == TEXT_MAX || strstr(xml, "<!"))
        return -EINVAL;
    document = xml_parse(xml);
    root = document ? xmlDocGetRootElement(document) : NULL;
    if (root && xmlStrEqual(root->name, (const xmlChar *)"scheduler"))
        error = parse_exclude(root, exclude);
    xmlFreeDoc(document);
    return error;
}
