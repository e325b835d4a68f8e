/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - options, host, pipeline, exit status. */
#include "host.h"
#include "log.h"
#include "options.h"
#include "pipeline.h"
#include "report.h"
#include "summary.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Exit statuses, as the man page lists them. */
enum { EXIT_RUN_FAILED = 1, EXIT_USAGE = 2 };

/** Blocks the signals that end the run in this and every later thread; they are read from the descriptor. */
static int open_signals(void)
{
    sigset_t signals;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &signals, NULL))
        return -1;
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

/** Colour on a terminal that can show it, unless it is not wanted (no-color.org). */
static bool wants_colour(void)
{
    const char *term = getenv("TERM"), *refused = getenv("NO_COLOR");

    return isatty(STDOUT_FILENO) && !(refused && *refused) && term && strcmp(term, "dumb") != 0;
}

static unsigned terminal_width(void)
{
    struct winsize size;

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

static int show(void *opaque, const struct plan *plan)
{
    const int error = report_period(opaque, plan);

    if (error)
        log_error("standard output: %s", strerror(-error));
    return error;
}

int main(int argc, char **argv)
{
    struct viewer viewer = {.show = show};
    struct options options;
    struct summary *summary;
    struct report *report;
    enum pipeline_end end;
    int signals;
    bool hung;

    switch (options_parse(&options, argc, argv, stdout, stderr)) {
    case OPTIONS_RUN:
        break;
    case OPTIONS_DONE:
        return EXIT_SUCCESS;
    case OPTIONS_WRONG:
        return EXIT_USAGE;
    }
    log_set_level(options.quiet ? LOG_ERROR : LOG_INFO);
    signals = open_signals();
    summary = summary_new(options.decision.threshold, options.dry_run);
    report = report_new(stdout, &options, wants_colour(), terminal_width());
    if (signals < 0 || !summary || !report) {
        log_error("can't start: out of memory or descriptors");
        return EXIT_RUN_FAILED;
    }
    viewer.opaque = report;
    end = pipeline_run(&options, signals, &viewer, summary, &hung);
    summary_print(summary, options.summary, !host_find(options.uri)->simulated, stdout);
    fflush(stdout);
    if (hung)
        _exit(end == PIPELINE_FAILED ? EXIT_RUN_FAILED : EXIT_SUCCESS);
    report_free(report);
    summary_free(summary);
    options_finish(&options);
    close(signals);
    return end == PIPELINE_FAILED ? EXIT_RUN_FAILED : EXIT_SUCCESS;
}
