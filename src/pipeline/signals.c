/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pipeline/signals.h"

#include "pipeline/internal.h"

#include <signal.h>
#include <sys/signalfd.h>

static int open_blocked(const sigset_t *signals)
{
    if (sigprocmask(SIG_BLOCK, signals, NULL))
        return -1;
    return signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

int signals_open_end(bool hangup_ends)
{
    struct sigaction hangup;
    sigset_t signals;

    signal(SIGPIPE, SIG_IGN);
    if (notify_wanted()) /* a service has no terminal: SIGHUP can only ask for a reload */
        signal(SIGHUP, SIG_IGN);
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    if (hangup_ends && sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
        sigaddset(&signals, SIGHUP);
    return open_blocked(&signals);
}

bool signals_open_reload(bool has_config, int *fd)
{
    sigset_t signals;

    *fd = -1;
    if (!has_config && !notify_wanted())
        return true;
    sigemptyset(&signals);
    sigaddset(&signals, SIGHUP);
    *fd = open_blocked(&signals);
    return *fd >= 0;
}
