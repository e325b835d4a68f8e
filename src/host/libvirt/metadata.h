/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metadata.h - what a domain's own metadata ask of the daemon. The text is a guest owner's input.
 */
#ifndef VCPU_SCHEDULER_HOST_LIBVIRT_METADATA_H
#define VCPU_SCHEDULER_HOST_LIBVIRT_METADATA_H

#include <stdbool.h>

/** The namespace of the element in <metadata>. */
#define METADATA_URI "https://vcpu-scheduler.org/xmlns/domain/1.0"

/**
 * Reads the element as virDomainGetMetadata() gives it: <scheduler exclude="yes"/> asks to be left
 * alone, "no" does not. Other attributes and what is inside are left to later versions.
 * Returns 0 and *exclude, or -EINVAL where it is no such element. Any thread.
 */
int metadata_parse(const char *xml, bool *exclude);

#endif
