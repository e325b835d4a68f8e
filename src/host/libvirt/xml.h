/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xml.h - reads XML from libvirt, element by element. Pure functions: any thread. */
#ifndef VCPU_SCHEDULER_HOST_LIBVIRT_XML_H
#define VCPU_SCHEDULER_HOST_LIBVIRT_XML_H

#include "cpuset.h"

#include <libxml/tree.h>

/** Parses a text. Returns its root element, which xml_free() frees with the whole tree; NULL if it
 * is no XML, or if the root has another name. Loads no other documents. */
xmlNode *xml_parse(const char *text, const char *root);

/** The same for a text that is freed; accepts NULL. */
xmlNode *xml_take(char *text, const char *root);

/** xml_parse(), but NULL if the text has `size` characters or more, or could define entities, which
 * could expand to a huge size. */
xmlNode *xml_parse_untrusted(const char *text, size_t size, const char *root);

/** Accepts NULL. */
void xml_free(xmlNode *root);

/** The first element of that name from `node` on among its siblings; NULL: none. */
xmlNode *xml_next(xmlNode *node, const char *name);

/** The first child element of that name; NULL: none. Accepts NULL. */
xmlNode *xml_child(xmlNode *node, const char *name);

/** Reads a whole number from an attribute. Returns 0, -ENOENT (no such attribute) or -EINVAL (not a
 * number in the range); *number is written on success only. */
int xml_number(const xmlNode *node, const char *attribute, long low, long high, long *number);

/** Reads a list of pCPUs, vCPUs or nodes from an attribute. Returns as xml_number(). */
int xml_list(const xmlNode *node, const char *attribute, struct cpuset *list);

#endif
