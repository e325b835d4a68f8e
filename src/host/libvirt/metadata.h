/* SPDX-License-Identifier: GPL-2.0-or-later */
/* metadata.h - the owner's settings in a domain's metadata. The text is untrusted. */
#ifndef VCPU_SCHEDULER_HOST_LIBVIRT_METADATA_H
#define VCPU_SCHEDULER_HOST_LIBVIRT_METADATA_H

#include <stdbool.h>

/** The namespace of the element in <metadata>. */
#define METADATA_URI "https://vcpu-scheduler.org/xmlns/domain/1.0"

/**
 * Parses the element, as virDomainGetMetadata() returns it: <scheduler exclude="yes"/> excludes the
 * domain, "no" does not. Other attributes and child elements are ignored, for later versions.
 * Returns 0 and *exclude, or -EINVAL (malformed). Any thread.
 */
int metadata_parse(const char *xml, bool *exclude);

#endif
