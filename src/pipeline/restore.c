/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pipeline/restore.h"

#include "ledger/folder.h"
#include "log/log.h"
#include "pipeline/internal.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs this command line again for one host. Returns its wait status, or a negative errno. */
static int restore_one(const char *address, int argc, char **argv)
{
    char **arguments = calloc((size_t)argc + 2, sizeof *arguments), *connect = NULL;
    int error = -ENOMEM, status = 0;
    pid_t child;

    if (arguments && asprintf(&connect, "--connect=%s", address) >= 0) {
        arguments[0] = argv[0];
        arguments[1] = connect;
        memcpy(arguments + 2, argv + 1, (size_t)(argc - 1) * sizeof *arguments);
        error = -posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, environ);
    }
    free(connect);
    free(arguments);
    while (!error && waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            error = -errno;
    }
    return error ? error : status;
}

int restore_all(const struct options *options, int argc, char **argv, bool *settled)
{
    struct ledger_addresses addresses = {.list = NULL};
    struct failure why;
    int hosts;

    *settled = true;
    if (!options->restore_only || options->uri)
        return 0;
    if (ledger_addresses(options->runtime_dir, &addresses, &why)) {
        log_error("%s", why.text);
        return -EIO;
    }
    for (uint32_t i = 0; i < addresses.count; i++) {
        const int status = restore_one(addresses.list[i], argc, argv);

        if (status < 0)
            log_error("%s: can't be restored: %s", addresses.list[i], strerror(-status));
        *settled &= status == 0;
    }
    hosts = (int)addresses.count;
    ledger_addresses_finish(&addresses);
    return hosts;
}

enum pipeline_end pipeline_end_restore(const struct pipeline *pipeline, bool hung)
{
    if (hung || !pipeline->started)
        return PIPELINE_FAILED;
    if (pipeline->found == 0)
        log_info("no earlier run has left anything to give back");
    else
        log_info("%u of %u affinities settled", pipeline->found - pipeline->not_given_back,
                 pipeline->found);
    return pipeline->not_given_back ? PIPELINE_FAILED : PIPELINE_DONE;
}
