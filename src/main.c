/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - options, host, pipeline, exit status. */
#include "base/output.h"
#include "compare/compare.h"
#include "config/options.h"
#include "host.h"
#include "host/linux/kept.h"
#include "ledger/runtime_dir.h"
#include "log/log.h"
#include "pipeline/pipeline.h"
#include "pipeline/restore.h"
#include "pipeline/signals.h"
#include "report/report.h"
#include "report/summary.h"
#include "report/topology_print.h"
#include "status/http_server.h"
#include "status/status.h"
#include "trace/record.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Exit statuses, as in the manual. */
enum { EXIT_RUN_FAILED = 1, EXIT_USAGE = 2 };

/* True on a terminal that can show colours, unless NO_COLOR is set (no-color.org). */
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

/* The opaque of plan_sink: what a plan is shown to, and what a reload needs. */
struct observers {
    int argc;
    char **argv;
    struct options *options; /* the latest; those before stay until the end */
    FILE *out;
    struct report *report;
    struct record *record; /* NULL: no --record */
    struct status *status; /* NULL: not served */
};

/* plan_sink.show */
static int show(void *opaque, const struct plan *plan)
{
    const struct observers *observers = opaque;
    struct failure why;
    int error = record_add(observers->record, &plan->view, &why);

    if (observers->status)
        status_publish(observers->status, observers->options, plan);
    if (error)
        log_error("%s", why.text);
    if (error && error != -E2BIG)
        return error;
    error = report_period(observers->report, plan);
    if (error == -ENOMEM)
        return 0; /* shown in part, which is no reason to end the run */
    if (error)
        log_error("standard output: %s", strerror(-error));
    return error;
}

/* plan_sink.reload */
static const struct options *reload(void *opaque)
{
    struct observers *observers = opaque;
    struct options *now = malloc(sizeof *now), *before = observers->options;

    if (!now ||
        options_read_again(now, before, observers->argc, observers->argv, stderr) != OPTIONS_RUN) {
        log_event(LOG_ERROR, log_about(EVENT_RELOAD_REFUSED),
                  "SIGHUP: the configuration is refused as a whole, all stays as it was");
        free(now);
        return NULL;
    }
    log_event(LOG_INFO, log_about(EVENT_RELOADED), "SIGHUP: configuration read again");
    options_take_over(now, before);
    now->before = before;
    observers->options = now;
    report_set_options(observers->report, now);
    return now;
}

/* Frees all options but the first, which main() owns. */
static void free_reloaded(struct options *latest, const struct options *first)
{
    while (latest != first) {
        struct options *before = latest->before;

        options_finish(latest);
        free(latest);
        latest = before;
    }
}

/* Opens the status socket. If that fails, logs it; returns a negative errno only if the options ask
 * for a socket, since the daemon can run without the default one. */
static int serve_status(const struct options *options, struct status *status,
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
        log_info("no status socket: %s", why.text);
    return asked ? error : 0;
}

/* record_close(), but logs a failure. */
static int close_record(struct record *record)
{
    struct failure why;
    const int error = record_close(record, &why);

    if (error)
        log_error("%s", why.text);
    return error;
}

/* Runs the daemon or a replay. Returns the exit status. */
static int run(struct options *options, int argc, char **argv)
{
    const int signals = signals_open_end(!options->has_config);
    int reloads;
    const bool reloadable = signals_open_reload(options->has_config, &reloads);
    struct summary *summary =
        summary_new(options->planner.decision.threshold, options->planner.dry_run);
    struct output output = {.fd = STDOUT_FILENO, .signals = signals};
    struct observers observers = {
        .argc = argc, .argv = argv, .options = options, .out = output_open(&output)};
    struct plan_sink sink = {.reload = reload, .show = show, .opaque = &observers};
    const bool live = !host_find(options->uri)->owns_clock;
    struct http_server *server = NULL;
    int status = EXIT_RUN_FAILED;
    bool hung = false;
    struct failure why;

    if (observers.out)
        observers.report = report_new(observers.out, options, wants_colour(), terminal_width());
    if (live && !options->restore_only)
        observers.status = status_new();
    if (signals < 0 || !reloadable || !summary || !observers.report) {
        log_error("can't start: out of memory or descriptors");
    } else if (record_open(options->record, live ? options->period_s : 0, &observers.record,
                           &why)) {
        log_error("%s", why.text);
    } else if (observers.status && serve_status(options, observers.status, &server)) {
        close_record(observers.record);
    } else {
        sink.changes_only = !options->verbose && !options->record && !server;
        if (pipeline_run(options, signals, reloads, &sink, summary, &hung) != PIPELINE_FAILED)
            status = EXIT_SUCCESS;
        if (close_record(observers.record))
            status = EXIT_RUN_FAILED;
        summary_print(summary, options->summary, live, observers.out);
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
    free_reloaded(observers.options, options);
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

/* Restores several hosts, or runs for one. Returns the exit status. */
static int run_or_restore(struct options *options, int argc, char **argv)
{
    bool settled;
    int hosts;

    if (options->restore_only && !options->restore) { /* --as-configured */
        log_info("no-restore is configured: what is pinned stays; --restore alone gives it back");
        return EXIT_SUCCESS;
    }
    hosts = restore_all(options, argc, argv, &settled);
    if (hosts == 0)
        return run(options, argc, argv);
    return hosts > 0 && settled ? EXIT_SUCCESS : EXIT_RUN_FAILED;
}

/* Opens closed standard descriptors, so that no file of ours takes their numbers. */
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
    struct options options = {0};
    int status;

    fill_standard_descriptors();
    kept_raise_limit();
    switch (options_parse(&options, argc, argv, stdout, stderr)) {
    case OPTIONS_RUN:
        break;
    case OPTIONS_DONE:
        return EXIT_SUCCESS;
    case OPTIONS_WRONG:
        return EXIT_USAGE;
    }
    log_open();
    log_set_level(options.quiet ? LOG_ERROR : LOG_INFO);
    status = options.check      ? EXIT_SUCCESS
             : options.topology ? draw(&options)
             : options.compare  ? (compare_policies(&options) ? EXIT_RUN_FAILED : EXIT_SUCCESS)
                                : run_or_restore(&options, argc, argv);
    options_finish(&options);
    return status;
}
