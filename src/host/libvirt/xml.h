/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xml.h - what libvirt answers in XML, element by element. Pure functions: any thread.
 */
#ifndef VCPU_SCHEDULER_HOST_LIBVIRT_XML_H
#define VCPU_SCHEDULER_HOST_LIBVIRT_XML_H

#include "cpuset.h"

#include <libxml/tree.h>

/** The tree of a text, to be freed by xmlFreeDoc(); NULL if it is no XML. Loads nothing else. */
xmlDoc *xml_parse(const char *text);

/** The first element of that name from `node` on among its siblings; NULL. */
xmlNode *xml_next(xmlNode *node, const char *name);

/** The first child element of that name; NULL, also of NULL. */
xmlNode *xml_child(xmlNode *node, const char *name);

/** A whole number. Returns 0, -ENOENT without such an attribute, -EINVAL if it is none in that
 * range; written on success only. */
int xml_number(const xmlNode *node, const char *attribute, long low, long high, long *number);

/** A list of pCPUs, vCPUs or nodes; likewise. */
int xml_list(const xmlNode *node, const char *attribute, struct cpuset *list);

#endif
