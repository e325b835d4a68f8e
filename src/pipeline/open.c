/* SPDX-License-Identifier: GPL-2.0-or-later */
/* open.c - opens the host, then the host's ledger. The opener's thread: opening may block. */
#include "pipeline/internal.h"

#include "actuator/give_back.h"
#include "log/log.h"

#include <errno.h>

/* Logs what an earlier run has left. */
static void log_leftover(const struct leftover *found)
{
    log_event(
        LOG_INFO, log_about(EVENT_LEFTOVER),
        "an earlier run has left pins: %u taken over, %u back at what they had, %u changed by "
        "others, %u of domains that have ended%s",
        found->ours + found->unknown, found->original, found->changed, found->gone,
        found->unknown ? "; libvirt does not tell of all" : "");
}

/* ledger_file_claim()'s `same`. */
static bool is_this_host(const void *opaque, const char *address)
{
    const struct pipeline *pipeline = opaque;

    return pipeline->ops->known_as(pipeline->host, address);
}

/* Takes the host's lock and loads its ledger. Takes over what an earlier run has left, but for
 * --restore, which gives it back. */
static int open_ledger(struct pipeline *pipeline, bool pins, struct failure *why)
{
    const struct options *options = pipeline->options;
    const struct host_ops *ops = pipeline->ops;
    const char *name = ops->name(pipeline->host);
    struct leftover found;
    bool left;
    int error;

    if (!name || !pins)
        return 0;
    error =
        ledger_file_open(pipeline->ledger, options->runtime_dir, name, &pipeline->ledger_file, why);
    if (error == -EBADMSG && !options->restore_only) {
        log_error("%s", why->text);
        error = ledger_file_open(pipeline->ledger, options->runtime_dir, name,
                                 &pipeline->ledger_file, why);
    }
    pipeline->actuator.file = pipeline->ledger_file;
    if (!error && ops->known_as) /* by other names that earlier runs knew */
        error = ledger_file_claim(pipeline->ledger_file, pipeline->ledger,
                                  ops->address(pipeline->host), is_this_host, pipeline, why);
    if (!error && options->restore_only && ops->adopt)
        error = ops->adopt(pipeline->host, why);
    if (error || ledger_size(pipeline->ledger) == 0 || options->restore_only)
        return error;
    left = ledger_count(pipeline->ledger) > 0;
    found = actuator_review(&pipeline->actuator);
    if (left)
        log_leftover(&found);
    return 0;
}

void *run_opener(void *opaque)
{
    struct pipeline *pipeline = opaque;
    const struct options *options = pipeline->options;
    const bool pins =
        options->restore_only || !(options->planner.dry_run || options->planner.policy->observes);
    const struct host_settings settings = {
        .uri = options->uri,
        .cgroup_root = options->cgroup_root,
        .pcpus = options->pcpus,
        .flat = options->planner.flat,
        .pool = options->planner.pool,
        .trace = options->trace,
        .crosscheck = options->planner.crosscheck != CROSSCHECK_OFF,
        .read_only = !pins,
        .emulator = options->planner.emulator == EMULATOR_FOLLOW,
        .verbose = options->verbose,
        .wait = options->wait && !options->restore_only,
        .wakeup = &pipeline->sampler_wakeup,
        .ledger = pipeline->ledger,
    };
    struct failure why;
    int error;

    error = pipeline->ops->open(&settings, &pipeline->host, &why);
    if (!error) {
        pipeline->sampler.host = pipeline->actuator.host = pipeline->host;
        error = open_ledger(pipeline, pins, &why);
    }
    if (error)
        pipeline_fail(pipeline, &why);
    else
        pipeline_set(pipeline, FLAG_OPENED);
    return NULL;
}
