/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - options, host, pipeline, exit status. */
#include "base/output.h"
#include "compare/compare.h"
#include "compare/page.h"
#include "compare/table.h"
#include "config/options.h"
#include "host.h"
#include "host/linux/kept.h"
#include "ledger/runtime_dir.h"
#include "log/log.h"
#include "pipeline/notify.h"
#include "pipeline/pipeline.h"
#include "pipeline/restore.h"
#include "report/report.h"
#include "report/summary.h"
#include "report/topology_print.h"
#include "status/http_server.h"
#include "status/status.h"
#include "trace/record.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Exit statuses, as the man page lists them. */
enum { EXIT_RUN_FAILED = 1, EXIT_USAGE = 2 };

/* Blocks the signals in this and every later thread; they are read from the descriptor. */
static int open_signals(const sigset_t *signals)
{
    if (sigprocmask(SIG_BLOCK, signals, NULL))
        return -1;
    return signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

/*
 * The signals that end the run. A terminal that goes away ends it too, unless it was started to
 * outlive it (nohup) or SIGHUP is there to read the configuration again.
 */
static int open_ends(bool hangup_ends)
{
    struct sigaction hangup;
    sigset_t signals;

    signal(SIGPIPE, SIG_IGN);
    if (notify_wanted()) /* a service has no terminal; what was to be read again may not be there */
        signal(SIGHUP, SIG_IGN);
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    if (hangup_ends && sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
        sigaddset(&signals, SIGHUP);
    return open_signals(&signals);
}

static int open_reloads(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGHUP);
    return open_signals(&signals);
}

/* Colour on a terminal that can show it, unless it is not wanted (no-color.org). */
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

/* The options of the run, as they were read each time, the latest first. */
struct options_version {
    struct options options;
    struct options_version *before;
};

/* What looks at each period, and what it is asked for. */
struct observers {
    int argc;
    char **argv;
    struct options_version *latest;
    FILE *out;
    struct report *report;
    struct record *record;
    struct status *status; /* NULL: nobody can ask */
};

static int show(void *opaque, const struct plan *plan)
{
    const struct observers *observers = opaque;
    struct failure why;
    int error = record_add(observers->record, plan, &why);

    if (observers->status)
        status_publish(observers->status, &observers->latest->options, plan);
    if (error)
        log_error("%s", why.text);
    if (error && error != -E2BIG)
        return error;
    error = report_period(observers->report, plan);
    if (error == -ENOMEM)
        return 0; /* shown in part; the run is worth more than its picture */
    if (error)
        log_error("standard output: %s", strerror(-error));
    return error;
}

/* viewer.reload */
static const struct options *reload(void *opaque)
{
    struct observers *observers = opaque;
    struct options_version *now = malloc(sizeof *now);

    if (!now || options_read_again(&now->options, &observers->latest->options, observers->argc,
                                   observers->argv, stderr) != OPTIONS_RUN) {
        log_event(LOG_ERROR, log_about(EVENT_RELOAD_REFUSED),
                  "SIGHUP: the configuration is refused as a whole, all stays as it was");
        free(now);
        return NULL;
    }
    log_event(LOG_INFO, log_about(EVENT_RELOADED), "SIGHUP: configuration read again");
    options_take_over(&now->options, &observers->latest->options);
    now->before = observers->latest;
    observers->latest = now;
    report_set_options(observers->report, &now->options);
    return &now->options;
}

static void free_readings(struct options_version *latest, const struct options_version *first)
{
    while (latest != first) {
        struct options_version *before = latest->before;

        options_finish(&latest->options);
        free(latest);
        latest = before;
    }
}

/*
 * Opens the status door of a daemon. Not to be seen on the usual socket is no reason not to run; a
 * door that was asked for must open.
 */
static int open_door(const struct options *options, struct status *status,
                     struct http_server **server)
{
    const bool none = options->status_socket && strcmp(options->status_socket, "none") == 0;
    const bool asked = (options->status_socket && !none) || options->metrics;
    char path[PATH_MAX + 16];
    struct runtime runtime;
    struct failure why;
    int error = 0;

    snprintf(path, sizeof path, "%s", options->status_socket ? options->status_socket : "");
    if (!options->status_socket) {
        error = runtime_open(options->runtime_dir, &runtime, &why);
        if (!error) {
            close(runtime.fd);
            snprintf(path, sizeof path, "%s/status.sock", runtime.path);
        }
    }
    if (!error)
        error = http_server_open(status, none ? NULL : path, options->metrics,
                                 options->metrics_remote, server, &why);
    if (error == -ENOTSUP && !asked)
        return 0;
    if (error && asked)
        log_error("%s", why.text);
    else if (error)
        log_info("no status door: %s", why.text);
    return asked ? error : 0;
}

static int end_record(struct record *record)
{
    struct failure why;
    const int error = record_close(record, &why);

    if (error)
        log_error("%s", why.text);
    return error;
}

/* The daemon, or one replay. Returns the exit status. */
static int run(struct options_version *first, int argc, char **argv)
{
    const struct options *options = &first->options;
    const int signals = open_ends(!options->has_config);
    /* A service without a configuration may get one. */
    const bool reads_again = options->has_config || notify_wanted();
    const int reloads = reads_again ? open_reloads() : -1;
    struct summary *summary =
        summary_new(options->planner.decision.threshold, options->planner.dry_run);
    struct output output = {.fd = STDOUT_FILENO, .signals = signals};
    struct observers observers = {
        .argc = argc, .argv = argv, .latest = first, .out = output_open(&output)};
    struct plan_sink sink = {.reload = reload, .show = show, .opaque = &observers};
    const bool simulated = host_find(options->uri)->simulated;
    struct http_server *server = NULL;
    int status = EXIT_RUN_FAILED;
    bool hung = false;
    struct failure why;

    if (observers.out)
        observers.report = report_new(observers.out, options, wants_colour(), terminal_width());
    if (!simulated && !options->restore_only)
        observers.status = status_new();
    if (signals < 0 || (reads_again && reloads < 0) || !summary || !observers.report) {
        log_error("can't start: out of memory or descriptors");
    } else if (record_open(options->record, simulated ? 0 : options->period_s, &observers.record,
                           &why)) {
        log_error("%s", why.text);
    } else if (observers.status && open_door(options, observers.status, &server)) {
        end_record(observers.record);
    } else {
        sink.changes_only = !options->verbose && !options->record && !server;
        if (pipeline_run(options, signals, reloads, &sink, summary, &hung) != PIPELINE_FAILED)
            status = EXIT_SUCCESS;
        if (end_record(observers.record))
            status = EXIT_RUN_FAILED;
        summary_print(summary, options->summary, !simulated, observers.out);
        if (fflush(observers.out)) {
            log_error("standard output: %s", strerror(errno));
            status = EXIT_RUN_FAILED;
        }
    }
    http_server_close(server);
    if (hung)
        _exit(status);
    status_free(observers.status);
    report_free(observers.report);
    summary_free(summary);
    if (observers.out)
        fclose(observers.out);
    if (signals >= 0)
        close(signals);
    if (reloads >= 0)
        close(reloads);
    free_readings(observers.latest, first);
    return status;
}

static int print_comparison(const struct compare *compared)
{
    const struct options *options = compared->options;
    int status = EXIT_SUCCESS;
    struct failure why;

    compare_print(compared, options->summary, stdout);
    if (fflush(stdout)) {
        log_error("standard output: %s", strerror(errno));
        status = EXIT_RUN_FAILED;
    }
    if (options->report && compare_write_page(compared, &why)) {
        log_error("%s", why.text);
        status = EXIT_RUN_FAILED;
    }
    return status;
}

/* --compare. Returns the exit status. */
static int compare(const struct options *options)
{
    struct compare *compared = NULL;
    int signals, status = EXIT_RUN_FAILED;
    struct failure why;

    /* Before signals wait for the replay: a trace that never comes must not keep the process. */
    if (compare_new(options, &compared, &why)) {
        log_error("%s", why.text);
        return EXIT_RUN_FAILED;
    }
    signals = open_ends(true);
    if (signals < 0)
        log_error("can't start: out of descriptors");
    else if (compare_run(compared, signals) == 0)
        status = print_comparison(compared);
    compare_free(compared);
    if (signals >= 0)
        close(signals);
    return status;
}

/* --topology. Returns the exit status. */
static int draw(const struct options *options)
{
    struct failure why;
    bool hung;
    const int error = topology_show(options, stdout, &hung, &why);

    if (error)
        log_error("%s", why.text);
    if (hung)
        _exit(error ? EXIT_RUN_FAILED : EXIT_SUCCESS);
    return error ? EXIT_RUN_FAILED : EXIT_SUCCESS;
}

/* --as-configured: the pins are to stay. Returns the exit status. */
static int leave_pins(void)
{
    log_info("no-restore is configured: what is pinned stays; --restore alone gives it back");
    return EXIT_SUCCESS;
}

/* The daemon, a replay, or --restore, for one host or several. Returns the exit status. */
static int run_or_restore(struct options_version *first, int argc, char **argv)
{
    bool settled;
    const int hosts = restore_all(&first->options, argc, argv, &settled);

    if (hosts == 0)
        return run(first, argc, argv);
    return hosts > 0 && settled ? EXIT_SUCCESS : EXIT_RUN_FAILED;
}

/* A descriptor of ours must not take the place of a closed standard one. */
static void fill_standard_descriptors(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    struct options_version first = {0};
    struct options *options = &first.options;
    int status;

    fill_standard_descriptors();
    kept_raise_limit();
    switch (options_parse(options, argc, argv, stdout, stderr)) {
    case OPTIONS_RUN:
        break;
    case OPTIONS_DONE:
        return EXIT_SUCCESS;
    case OPTIONS_WRONG:
        return EXIT_USAGE;
    }
    log_open();
    log_set_level(options->quiet ? LOG_ERROR : LOG_INFO);
    status = options->check                               ? EXIT_SUCCESS
             : options->topology                          ? draw(options)
             : options->compare                           ? compare(options)
             : options->restore_only && !options->restore ? leave_pins()
                                                          : run_or_restore(&first, argc, argv);
    options_finish(options);
    return status;
}
