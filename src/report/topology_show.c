/* SPDX-License-Identifier: GPL-2.0-or-later */
/* topology_show.c - one look at a host for --topology. */
#include "host.h"
#include "topology_print.h"

#include <errno.h>
#include <string.h>

int topology_show(const struct options *options, FILE *out, bool *hung, struct failure *why)
{
    const struct host_settings settings = {
        .uri = options->uri,
        .cgroup_root = options->cgroup_root,
        .read_only = true,
        .shape = true,
        .pcpus = options->pcpus,
        .trace = options->trace,
        .period_ns = (uint64_t)(options->period_s * 1e9),
    };
    const struct host_ops *ops = host_find(options->uri);
    struct snapshot *snapshot = snapshot_new();
    struct host *host = NULL;
    int error = snapshot ? ops->open(&settings, &host, why) : fail(why, -ENOMEM, "no memory");

    if (!error)
        error = ops->sample(host, snapshot, why);
    if (!error && (topology_print(out, snapshot, options) || fflush(out)))
        error = fail(why, -EIO, "standard output: %s", strerror(errno));
    *hung = host && !ops->close(host);
    snapshot_free(snapshot);
    return error;
}
