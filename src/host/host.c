/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host.c - the kinds of hosts, found by URI. */
#include "host.h"

#include <string.h>

static const struct host_ops *const hosts[] = {&host_trace, &host_libvirt};

const struct host_ops *host_find(const char *uri)
{
    const size_t count = sizeof hosts / sizeof *hosts;

    for (size_t n = 0; uri && n < count; n++) {
        if (hosts[n]->scheme && strncmp(uri, hosts[n]->scheme, strlen(hosts[n]->scheme)) == 0)
            return hosts[n];
    }
    return &host_libvirt;
}
