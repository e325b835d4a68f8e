/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_top.c - a redraw of vcpu-top for a host of 128 pCPUs and 1,000 vCPUs: it reads the answer,
 * sorts and draws the rows, and sends them to a terminal of 200 x 60. Exit status 1: the budget of
 * 20 ms is missed.
 */
#include "top/internal.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PCPUS     128
#define VCPUS     1000
#define DOMAINS   125
#define ROUNDS    51
#define BUDGET_MS 20.0

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void write_vcpus(FILE *out)
{
    for (int v = 0; v < VCPUS / DOMAINS; v++)
        fprintf(out,
                "%s{\"vcpu\": %d, \"pcpu\": %d, \"usage\": %.2f, \"delay\": %.2f, \"state\": "
                "\"managed\", \"allowed\": \"0-127\"}",
                v ? ", " : "", v, rand() % PCPUS, rand() % 10000 / 100.0, rand() % 1000 / 100.0);
}

/* An answer as of the status socket, with other figures each time, as on a busy host. */
static char *make_answer(size_t *size)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, size);

    fputs("{\"version\": \"0\", \"host\": \"bench\", \"time\": 9, \"since\": 1, \"period\": 3, "
          "\"cpu_seconds\": 1, \"resident_bytes\": 1, \"settings\": {\"policy\": \"swap\", "
          "\"period\": 3, \"threshold\": 50, \"dry-run\": false}, \"reason\": \"below\", \"why\": "
          "\"busiest pCPU 0 at 41.2 % is below the threshold of 50 %\", \"busiest\": 0, "
          "\"freest\": 1, \"no_room\": false, \"stuck\": \"\", \"skipped\": 0, \"suspects\": 0, "
          "\"pins_made\": 1, "
          "\"decisions\": [], \"stages\": [], \"pcpus\": [",
          out);
    for (int p = 0; p < PCPUS; p++)
        fprintf(out,
                "%s{\"pcpu\": %d, \"usage\": %.2f, \"other\": 3.0, \"wanted\": 50.0, \"managed\": "
                "true, \"core\": %d, \"node\": %d}",
                p ? ", " : "", p, rand() % 10000 / 100.0, p / 2, p / 64);
    fputs("], \"domains\": [", out);
    for (int d = 0; d < DOMAINS; d++) {
        fprintf(out,
                "%s{\"name\": \"domain-%d\", \"usage\": %d, \"paused\": false, \"excluded\": "
                "false, \"vcpus\": [",
                d ? ", " : "", d, rand() % 800);
        write_vcpus(out);
        fputs("]}", out);
    }
    fputs("]}", out);
    fclose(out);
    return text;
}

/* Redraws once. Returns the milliseconds that it took, or -1. */
static double redraw(struct canvas *canvas, struct top_view *view)
{
    struct failure why = {""};
    size_t size;
    char *text = make_answer(&size);
    const double begin = now_ms();
    struct top_model *model = top_model_read(text, size, &why);
    unsigned columns, lines;
    double took = -1;

    if (model && top_view_arrange(view, model) == 0) {
        top_screen_measure(&columns, &lines);
        if (canvas_clear(canvas, columns, lines) == 0) {
            top_draw(canvas, model, view);
            top_screen_show(canvas);
            took = now_ms() - begin;
        }
    }
    if (took < 0)
        fprintf(stderr, "bench_top: %s\n", why.text);
    top_model_free(model);
    free(text);
    return took;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

int main(void)
{
    const struct top_options options = {.sort = TOP_BY_USAGE, .tree = true};
    FILE *out = fopen("/dev/null", "w"), *in = fopen("/dev/null", "r");
    double times[ROUNDS];
    struct canvas canvas = {0};
    struct failure why;
    struct top_view view;

    setlocale(LC_CTYPE, "C.UTF-8");
    setenv("TERM", "xterm-256color", 1);
    setenv("COLUMNS", "200", 1);
    setenv("LINES", "60", 1);
    if (!out || !in || top_screen_open(out, in, true, &why)) {
        puts("bench_top: skipped: there is no terminal of xterm's kind here");
        return 77;
    }
    top_view_init(&view, &options);
    for (int i = 0; i < ROUNDS; i++) {
        times[i] = redraw(&canvas, &view);
        if (times[i] < 0)
            return 1;
    }
    top_screen_close();
    qsort(times, ROUNDS, sizeof *times, compare);
    printf("vcpu-top, %d pCPUs, %d vCPUs, %u x %u: a redraw takes %.2f ms (median; %.2f to %.2f), "
           "budget %.0f ms%s\n",
           PCPUS, VCPUS, canvas.columns, canvas.lines, times[ROUNDS / 2], times[0],
           times[ROUNDS - 1], BUDGET_MS, times[ROUNDS / 2] > BUDGET_MS ? ": MISSED" : "");
    canvas_finish(&canvas);
    top_view_finish(&view);
    return times[ROUNDS / 2] > BUDGET_MS;
}
