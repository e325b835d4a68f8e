/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xml.h - reads XML from libvirt, element by element and in the whole. Pure functions: any thread.
 */
#ifndef VCPU_SCHEDULER_HOST_LIBVIRT_XML_H
#define VCPU_SCHEDULER_HOST_LIBVIRT_XML_H

#include "cpuset.h"
#include "host/topology_draft.h"

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

/* ---- definition.c: what a domain's XML says ---- */

enum defined_affinity {
    DEFINED_NONE, /* all pCPUs */
    DEFINED_AUTO, /* placement='auto': what numad advised when the domain started */
    DEFINED_LIST, /* a list: its <vcpupin>, else the cpuset of <vcpu> */
};

/** The affinity of a vCPU in a <domain>; *list is written for DEFINED_LIST only. Any thread. */
enum defined_affinity definition_affinity(xmlNode *domain, uint32_t vcpu, struct cpuset *list);

/** The namespace of the owner's element in <metadata>. */
#define METADATA_URI "https://vcpu-scheduler.org/xmlns/domain/1.0"

/**
 * Parses that element, untrusted, as virDomainGetMetadata() returns it: <scheduler exclude="yes"/>
 * excludes the domain, "no" does not. Other attributes and child elements are ignored, for later
 * versions. Returns 0 and *exclude, or -EINVAL (malformed).
 */
int metadata_parse(const char *xml, bool *exclude);

/* ---- capabilities.c ---- */

/**
 * Fills an empty draft from libvirt's capabilities, an XML text: nodes with memory and distances,
 * sockets, dies, cores, L3 caches. Returns 0; -ENOENT (no topology in it) or -EINVAL (malformed)
 * with the words in *why; or -ENOMEM.
 */
int topology_read_capabilities(struct topology *draft, const char *xml, struct failure *why);

#endif
