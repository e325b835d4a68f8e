/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/libvirt/metadata.h"

#include "base/text.h"
#include "host/libvirt/xml.h"

#include <errno.h>

/* Longer texts are refused: it is one element with an attribute. */
#define TEXT_MAX 4096

int metadata_parse(const char *xml, bool *exclude)
{
    xmlNode *root = xml_parse_untrusted(xml, TEXT_MAX, "scheduler");
    xmlChar *value = root ? xmlGetNoNsProp(root, (const xmlChar *)"exclude") : NULL;
    const int yes = value ? text_yes((const char *)value) : -EINVAL;

    xmlFree(value);
    xml_free(root);
    if (yes < 0)
        return -EINVAL;
    *exclude = yes;
    return 0;
}
