/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/libvirt/xml.h"

#include <errno.h>
#include <libxml/parser.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

xmlNode *xml_parse(const char *text, const char *root)
{
    xmlDoc *document = xmlReadMemory(text, (int)strnlen(text, INT_MAX), NULL, NULL,
                                     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    xmlNode *node = xmlDocGetRootElement(document);

    if (node && strcmp((const char *)node->name, root) == 0)
        return node;
    xmlFreeDoc(document);
    return NULL;
}

xmlNode *xml_take(char *text, const char *root)
{
    xmlNode *node = text ? xml_parse(text, root) : NULL;

    free(text);
    return node;
}

xmlNode *xml_parse_untrusted(const char *text, size_t size, const char *root)
{
    return strnlen(text, size) == size || strstr(text, "<!") ? NULL : xml_parse(text, root);
}

void xml_free(xmlNode *root)
{
    if (root)
        xmlFreeDoc(root->doc);
}

xmlNode *xml_next(xmlNode *node, const char *name)
{
    while (node && (node->type != XML_ELEMENT_NODE || strcmp((const char *)node->name, name) != 0))
        node = node->next;
    return node;
}

xmlNode *xml_child(xmlNode *node, const char *name)
{
    return node ? xml_next(node->children, name) : NULL;
}

int xml_number(const xmlNode *node, const char *attribute, long low, long high, long *number)
{
    xmlChar *value = xmlGetProp(node, (const xmlChar *)attribute);
    char *end;
    bool good;
    long read;

    if (!value)
        return -ENOENT;
    errno = 0;
    read = strtol((const char *)value, &end, 10);
    good = end != (char *)value && !*end && !errno && read >= low && read <= high;
    xmlFree(value);
    if (!good)
        return -EINVAL;
    *number = read;
    return 0;
}

int xml_list(const xmlNode *node, const char *attribute, struct cpuset *list)
{
    xmlChar *value = xmlGetProp(node, (const xmlChar *)attribute);
    bool good;

    if (!value)
        return -ENOENT;
    good = cpuset_parse(list, (const char *)value) == 0;
    xmlFree(value);
    return good ? 0 : -EINVAL;
}
