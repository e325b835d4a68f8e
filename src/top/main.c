/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - vcpu-top: options, requests, the screen, exit status. */
#include "base/clock.h"
#include "top/internal.h"

#include <curl/curl.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Without a terminal and without COLUMNS. */
#define BATCH_COLUMNS 100

#define BATCH_MOST 1000

enum { EXIT_NOTHING = 1, EXIT_USAGE = 2 };

/* The state of the program. */
struct top {
    const struct top_options *options;
    struct top_fetch *fetch;
    struct top_model *model; /* NULL: none yet */
    struct top_view view;
    struct canvas canvas;
    uint64_t due_ns; /* time of the next request */
    uint32_t looked; /* answers so far */
};

static int say(const char *text)
{
    fprintf(stderr, "vcpu-top: %s\n", text);
    return EXIT_NOTHING;
}

/* Shows an answer. text: NULL: there is none, and *why says why. */
static int take(struct top *top, const char *text, size_t size, struct failure *why)
{
    struct top_model *model = text ? top_model_read(text, size, why) : NULL;

    if (!model)
        return -EIO;
    top_model_free(top->model);
    top->model = model;
    top->looked++;
    return top_view_arrange(&top->view, model) ? fail(why, -ENOMEM, "no memory") : 0;
}

/* ---- --batch ---- */

static unsigned batch_columns(void)
{
    const char *told = getenv("COLUMNS");
    struct winsize size;
    unsigned long columns = told ? strtoul(told, NULL, 10) : 0;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        columns = size.ws_col;
    return columns >= TOP_COLUMNS_LEAST && columns <= BATCH_MOST ? (unsigned)columns
                                                                 : BATCH_COLUMNS;
}

static int print_all(struct top *top)
{
    const unsigned lines = top_draw_all(&top->canvas, batch_columns(), top->model, &top->view);

    if (lines == 0)
        return say("no memory");
    for (unsigned line = 0; line < lines; line++)
        canvas_print(&top->canvas, line, stdout);
    return fflush(stdout) ? say(strerror(errno)) : EXIT_SUCCESS;
}

static int run_batch(struct top *top)
{
    struct failure why = {"no memory"};
    int status = EXIT_SUCCESS;

    while (status == EXIT_SUCCESS) {
        const char *text = NULL;
        size_t size = 0;

        top_fetch_begin(top->fetch);
        while (top_fetch_is_under_way(top->fetch) &&
               !top_fetch_wait(top->fetch, NULL, 0, 1000, &text, &size, &why))
            ;
        if (take(top, text, size, &why))
            return say(why.text);
        status = print_all(top);
        if (top->looked == top->options->iterations)
            break;
        usleep((useconds_t)(top->options->delay_s * 1e6));
        putchar('\n');
    }
    return status;
}

/* ---- on a terminal ---- */

/* Blocks the signals that end the program or resize the screen. Returns a signalfd. */
static int open_signals(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGWINCH);
    if (sigprocmask(SIG_BLOCK, &signals, NULL))
        return -1;
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int show(struct top *top)
{
    unsigned columns, lines;

    top_screen_measure(&columns, &lines);
    if (canvas_clear(&top->canvas, columns, lines))
        return -ENOMEM;
    top_draw(&top->canvas, top->model, &top->view);
    top_screen_show(&top->canvas);
    return 0;
}

/* Sends the next request if it is due. Returns the milliseconds until the next one; 1000 while one
 * is under way or paused. */
static int ask_if_due(struct top *top)
{
    const uint64_t now = clock_now();

    if (!top_fetch_is_under_way(top->fetch) && !top->view.paused && now >= top->due_ns)
        top_fetch_begin(top->fetch);
    if (top_fetch_is_under_way(top->fetch) || top->view.paused)
        return 1000;
    return now < top->due_ns ? (int)((top->due_ns - now + 999999) / 1000000) : 0;
}

/* Handles the end of a request. */
static void hear(struct top *top, const char *text, size_t size, struct failure *why)
{
    top->due_ns = clock_now() + (uint64_t)llrint(top->options->delay_s * 1e9);
    top->view.message[0] = '\0';
    if (take(top, text, size, why))
        snprintf(top->view.message, sizeof top->view.message, "%.180s: trying again", why->text);
    if (top->options->iterations && top->looked >= top->options->iterations)
        top->view.quit = true;
}

/* Handles pending keys. Returns false if there are none although poll() said so: the terminal is
 * gone. */
static bool hear_keys(struct top *top)
{
    bool any = false;

    for (int key; (key = top_screen_key()) >= 0; any = true) {
        top_view_key(&top->view, top->model, key);
        if (top->model && top_view_arrange(&top->view, top->model))
            top->view.quit = true;
    }
    return any;
}

/* Returns true if a signal ends the program. */
static bool hear_signals(int signals)
{
    struct signalfd_siginfo one;
    bool ends = false;

    while (read(signals, &one, sizeof one) == sizeof one)
        ends |= one.ssi_signo != SIGWINCH;
    return ends;
}

static void run_screen(struct top *top, int signals)
{
    struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                           {.fd = signals, .events = POLLIN}};

    while (!top->view.quit && show(top) == 0) {
        struct failure why;
        const char *text;
        size_t size;

        if (top_fetch_wait(top->fetch, fds, 2, ask_if_due(top), &text, &size, &why))
            hear(top, text, size, &why);
        if (fds[0].revents && !hear_keys(top))
            break;
        if (fds[1].revents && hear_signals(signals))
            break;
    }
}

static int run_interactive(struct top *top)
{
    const char *refused = getenv("NO_COLOR");
    struct failure why;
    int signals;

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return say("standard input and output are no terminal: see --batch");
    signals = open_signals();
    if (signals < 0)
        return say("out of descriptors");
    if (top_screen_open(stdout, stdin, top->options->colour && !(refused && *refused), &why)) {
        close(signals);
        return say(why.text);
    }
    run_screen(top, signals);
    top_screen_close();
    close(signals);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct top_options options;
    struct top top = {.options = &options};
    struct failure why;
    int status;

    setlocale(LC_CTYPE, "");
    switch (top_options_parse(&options, argc, argv, stdout, stderr)) {
    case OPTIONS_RUN:
        break;
    case OPTIONS_DONE:
        return EXIT_SUCCESS;
    case OPTIONS_WRONG:
        return EXIT_USAGE;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    top.fetch = top_fetch_new(options.connect, &why);
    if (!top.fetch) {
        say(why.text);
        return EXIT_USAGE;
    }
    top_view_init(&top.view, &options);
    status = options.batch ? run_batch(&top) : run_interactive(&top);
    top_view_finish(&top.view);
    top_model_free(top.model);
    canvas_finish(&top.canvas);
    top_fetch_free(top.fetch);
    curl_global_cleanup();
    return status;
}
