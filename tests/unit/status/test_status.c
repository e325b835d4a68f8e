/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The published pages, their formats, and the status socket. */
#include "support/view_maker.h"

#include "config.h"
#include "log/log.h"
#include "status/http_server.h"
#include "status/internal.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/test_status.XXXXXX", path[64];

/* A plan of two vCPUs of a domain with a hostile name, one of which moves. */
static struct plan *make_plan(void)
{
    struct plan *plan = view_make(2, 4);

    view_add(plan, 0, 40);
    view_add(plan, 0, 30);
    strcpy(plan->view.domains[0].name, "a\"\\\n<b>\x1b[31m");
    plan->view.domains[0].vcpu_count = 2;
    view_close(plan);
    plan->view.pools[0].usage = 70;
    view_show(&plan->view);
    plan->decision.reason = REASON_ACT;
    strcpy(plan->decision.why, "because");
    plan_add(plan, 1, 1, 0);
    plan->decision.pins[0].result = PIN_DONE;
    plan->decision.gain = 30;
    plan->totals.decisions[REASON_ACT] = 7;
    plan->totals.pins[PIN_DONE] = 9;
    plan->stages[STAGE_PIN] = (struct histogram_row){
        .count = 3, .sum = 1500000, .within = {0, 0, 1, 2, 3, 3, 3, 3, 3, 3}};
    for (int bound = 10; bound < HISTOGRAM_BOUNDS; bound++)
        plan->stages[STAGE_PIN].within[bound] = 3;
    return plan;
}

static struct options usual(void)
{
    return (struct options){
        .period_s = 3, .planner.policy = &policy_swap, .planner.decision.threshold = 50};
}

static char *write_page(struct status *status,
                        void (*write)(FILE *out, const struct status_page *page))
{
    struct status_page *page = status_take(status);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(page);
    assert_non_null(out);
    write(out, page);
    fclose(out);
    status_give(status, page);
    return text;
}

static void has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no \"%s\" in:\n%s", part, text);
}

static void a_page_is_what_was_published(void **state)
{
    const struct options options = usual();
    struct status *status = status_new();
    struct plan *plan = make_plan();
    char *text;

    (void)state;
    assert_null(status_take(status));
    status_publish(status, &options, plan);
    text = write_page(status, status_write_json);
    has(text, "\"name\": \"a\\\"\\\\?\\u003cb\\u003e?[31m\"");
    has(text, "\"reason\": \"act\", \"why\": \"because\"");
    has(text, "\"pcpu\": 0, \"usage\": 70.00");
    has(text, "0-\\u003e1\"");
    has(text, "\"gained\": null");
    free(text);
    text = write_page(status, status_write_metrics);
    has(text, "\nvcpu_scheduler_pcpu_usage_ratio{pcpu=\"0\"} 0.7\n");
    has(text, "\nvcpu_scheduler_decisions_total{reason=\"act\"} 7\n");
    has(text, "\nvcpu_scheduler_pins_total{result=\"done\"} 9\n");
    has(text, "\nvcpu_scheduler_stage_seconds_bucket{stage=\"pin\",le=\"0.0005\"} 2\n");
    has(text, "\nvcpu_scheduler_stage_seconds_sum{stage=\"pin\"} 0.001500000\n");
    has(text, "\nvcpu_scheduler_vcpus{state=\"managed\"} 2\n");
    has(text, "\nvcpu_scheduler_no_room 0\n");
    has(text, "\nvcpu_scheduler_stuck{reason=\"no-gain\"} 0\n");
    has(text, "\n# TYPE vcpu_scheduler_pins_total counter\n");
    has(text, "# TYPE vcpu_scheduler_build_info gauge\n");
    assert_null(strstr(text, "# EOF")); /* only in OpenMetrics */
    assert_null(strstr(text, "# UNIT"));
    free(text);
    text = write_page(status, status_write_openmetrics);
    has(text, "\n# TYPE vcpu_scheduler_pins counter\nvcpu_scheduler_pins_total{");
    has(text, "# TYPE vcpu_scheduler_build info\nvcpu_scheduler_build_info{");
    has(text, "\n# UNIT vcpu_scheduler_pcpu_usage_ratio ratio\n");
    has(text, "\n# UNIT vcpu_scheduler_stage_seconds seconds\n");
    assert_null(strstr(text, "libvirt_domain_"));
    assert_string_equal(text + strlen(text) - 6, "# EOF\n");
    free(text);

    /* The next period has the measured gain of the last decision, and a decision of its own. */
    plan->decision.pin_count = 0;
    plan->outcome.judged = true;
    plan->outcome.gained = 25;
    plan->decision.reason = REASON_NO_GAIN;
    status_publish(status, &options, plan);
    text = write_page(status, status_write_json);
    has(text, "\"made\": 1, \"expected\": 30.00, \"gained\": 25.000000");
    free(text);
    plan_free(plan);
    status_free(status);
}

static void tells(struct status *status, void (*write)(FILE *out, const struct status_page *page),
                  const char *part)
{
    char *text = write_page(status, write);

    has(text, part);
    free(text);
}

/* Two nodes of two cores of two threads in pools of two cores each: node 1's pCPU 7 is not managed.
 * A vCPU goes from pool 0 to 1. */
static struct plan *make_pools(void)
{
    struct plan *plan = view_make(8, 3);

    view_shape(plan, 2, 1, 2, 2);
    view_cut(plan, 4);
    view_add(plan, 0, 100);
    view_add(plan, 0, 60);
    view_add(plan, -1, 0);
    view_close(plan);
    plan->view.pools[1].pcpu_count = 3;
    plan->view.pools[1].usage = 20;
    plan->view.pools[1].other = 12.5;
    plan->view.pools[1].demand = 130;
    view_show(&plan->view);
    plan->view.pcpus[7].managed = false;
    cpuset_remove(&plan->view.managed, 7);
    plan->view.domains[0].vcpu_count = 3;
    plan->view.busiest = 0;
    plan->view.freest = 1;
    plan->decision.reason = REASON_ACT;
    plan_add(plan, 1, 1, 0);
    plan_add(plan, 2, 1, 1);
    return plan;
}

static struct options with_pools(enum pool_level level, uint32_t size)
{
    struct options options = usual();

    options.planner.pool = (struct pool_choice){.level = level, .size = size};
    return options;
}

/* The JSON has pools beside pCPUs, and no number of a pool where one of a pCPU would stand. */
static void pools_are_told_as_pools(void **state)
{
    const struct options options = with_pools(POOL_SIZED, 4);
    struct status *status = status_new();
    struct plan *plan = make_pools();
    char *text;

    (void)state;
    status_publish(status, &options, plan);
    text = write_page(status, status_write_json);
    has(text, "\"pool\": {\"asked\": \"4\", \"level\": \"4\"}, "
              "\"busiest\": -1, \"freest\": -1, \"busiest_pool\": 0, \"freest_pool\": 1, ");
    has(text, "\"pools\": [{\"pool\": 0, \"pcpus\": \"0-3\", \"size\": 4, \"usage\": 40.00, "
              "\"other\": 0.00, \"wanted\": 40.00, \"managed\": true, "
              "\"llc\": 0, \"socket\": 0, \"node\": 0}, "
              "{\"pool\": 1, \"pcpus\": \"4-6\", \"size\": 3, \"usage\": 20.00, "
              "\"other\": 12.50, \"wanted\": 130.00, \"managed\": true, "
              "\"llc\": 1, \"socket\": 1, \"node\": 1}], \"domains\"");
    has(text, "{\"pcpu\": 6, \"usage\": 20.00, \"other\": 12.50, \"wanted\": 130.00, "
              "\"managed\": true, \"pool\": 1, \"core\": 3, ");
    has(text, "{\"vcpu\": 0, \"pcpu\": 0, \"pool\": 0, ");
    has(text, "{\"vcpu\": 2, \"pcpu\": -1, \"pool\": 1, ");
    has(text, "\"moves\": \"made/1 pool 0-\\u003e1, made/2 pool -\\u003e1\"");
    free(text);
    plan_free(plan);
    status_free(status);
}

static void pools_have_metrics_of_their_own(void **state)
{
    const struct options options = with_pools(POOL_SIZED, 4);
    struct status *status = status_new();
    struct plan *plan = make_pools();
    char *text;

    (void)state;
    status_publish(status, &options, plan);
    text = write_page(status, status_write_metrics);
    has(text, "\nvcpu_scheduler_pool_level_info{asked=\"4\",level=\"4\"} 1\n");
    has(text, "\nvcpu_scheduler_pool_usage_ratio{pool=\"0\",pcpus=\"0-3\"} 0.4\n"
              "vcpu_scheduler_pool_usage_ratio{pool=\"1\",pcpus=\"4-6\"} 0.2\n# HELP");
    has(text, "\nvcpu_scheduler_pool_other_ratio{pool=\"1\",pcpus=\"4-6\"} 0.125\n");
    has(text, "\nvcpu_scheduler_pool_wanted_ratio{pool=\"1\",pcpus=\"4-6\"} 1.3\n");
    has(text, "\nvcpu_scheduler_pool_pcpus{pool=\"1\",pcpus=\"4-6\"} 3\n");
    has(text, "\nvcpu_scheduler_pcpu_usage_ratio{pcpu=\"6\",node=\"1\",core=\"3\"} 0.2\n");
    has(text, "# HELP vcpu_scheduler_busiest_ratio Usage of the busiest pool.\n");
    has(text, "\nvcpu_scheduler_busiest_ratio 0.4\n");
    has(text, "\nvcpu_scheduler_busiest_pool 0\n");
    has(text, "\nvcpu_scheduler_freest_pool 1\n");
    assert_null(strstr(text, "busiest_pcpu"));
    assert_null(strstr(text, "freest_pcpu"));
    free(text);
    tells(status, status_write_openmetrics,
          "\n# TYPE vcpu_scheduler_pool_level info\nvcpu_scheduler_pool_level_info{");
    tells(status, status_write_openmetrics, "\n# UNIT vcpu_scheduler_pool_wanted_ratio ratio\n");
    plan_free(plan);
    status_free(status);
}

/* Pools of one pCPU are pCPUs: they are told once. Nor is a fallback told as what was asked for. */
static void pools_of_one_are_pcpus(void **state)
{
    const struct options options = with_pools(POOL_CORE, 0);
    struct status *status = status_new();
    struct plan *plan = make_plan();
    char *text;

    (void)state;
    status_publish(status, &options, plan);
    text = write_page(status, status_write_json);
    has(text, "\"pool\": {\"asked\": \"core\", \"level\": \"cpu\"}, \"busiest\": 0, "
              "\"freest\": 1, \"busiest_pool\": -1, \"freest_pool\": -1, ");
    has(text, "\"pools\": [], \"domains\"");
    assert_null(strstr(text, "\"pool\": 0"));
    free(text);
    text = write_page(status, status_write_metrics);
    has(text, "\nvcpu_scheduler_pool_level_info{asked=\"core\",level=\"cpu\"} 1\n");
    has(text, "\nvcpu_scheduler_busiest_pcpu 0\n");
    assert_null(strstr(text, "vcpu_scheduler_pool_usage"));
    assert_null(strstr(text, "busiest_pool"));
    free(text);
    plan_free(plan);
    status_free(status);
}

/* A pool whose pCPUs are all offline is there, and nothing is known of where. */
static void a_pool_without_pcpus(void **state)
{
    const struct options options = with_pools(POOL_NODE, 0);
    struct status *status = status_new();
    struct plan *plan = make_pools();

    (void)state;
    plan->view.level = POOL_NODE;
    plan->view.pools[1].managed = false;
    plan->view.freest = -1;
    for (uint32_t p = 4; p < 8; p++)
        plan->view.pcpus[p].managed = false;
    status_publish(status, &options, plan);
    tells(status, status_write_json,
          "\"pool\": 1, \"pcpus\": \"\", \"size\": 0, \"usage\": 20.00, \"other\": 12.50, "
          "\"wanted\": 130.00, \"managed\": false}]");
    tells(status, status_write_json, "\"busiest_pool\": 0, \"freest_pool\": -1, ");
    tells(status, status_write_metrics, "\nvcpu_scheduler_pool_pcpus{pool=\"1\",pcpus=\"\"} 0\n");
    plan_free(plan);
    status_free(status);
}

/* "stuck" (no pin helps) is apart from "no room" (the host is full). */
static void stuck_is_told_by_its_reason(void **state)
{
    const struct options options = usual();
    struct status *status = status_new();
    struct plan *plan = make_plan();

    (void)state;
    plan->decision.pin_count = 0;
    plan->decision.reason = REASON_NO_GAIN;
    status_publish(status, &options, plan);
    tells(status, status_write_metrics, "\nvcpu_scheduler_no_room 0\n");
    tells(status, status_write_metrics, "\nvcpu_scheduler_stuck{reason=\"no-gain\"} 1\n");
    tells(status, status_write_metrics, "\nvcpu_scheduler_stuck{reason=\"none-movable\"} 0\n");
    tells(status, status_write_json, "\"no_room\": false, \"stuck\": \"no-gain\"");
    plan->decision.reason = REASON_SETTLING; /* no decision */
    status_publish(status, &options, plan);
    tells(status, status_write_metrics, "\nvcpu_scheduler_stuck{reason=\"no-gain\"} 1\n");
    plan->decision.reason = REASON_NONE_MOVABLE;
    plan->decision.no_room = true;
    status_publish(status, &options, plan);
    tells(status, status_write_metrics, "\nvcpu_scheduler_no_room 1\n");
    tells(status, status_write_metrics, "\nvcpu_scheduler_stuck{reason=\"no-gain\"} 0\n");
    tells(status, status_write_metrics, "\nvcpu_scheduler_stuck{reason=\"none-movable\"} 1\n");
    plan->decision.reason = REASON_BELOW;
    plan->decision.no_room = false;
    status_publish(status, &options, plan);
    tells(status, status_write_metrics, "\nvcpu_scheduler_stuck{reason=\"none-movable\"} 0\n");
    tells(status, status_write_json, "\"no_room\": false, \"stuck\": \"\"");
    plan_free(plan);
    status_free(status);
}

/* --metrics-libvirt: names of libvirt's exporters; unknown values are left out, and no name
 * breaks a line. */
static void libvirts_names_are_told_on_request(void **state)
{
    struct options options = usual();
    struct status *status = status_new();
    struct plan *plan = make_plan();
    char *text;

    (void)state;
    options.metrics_libvirt = true;
    plan->view.vcpus[0].time_ns = 1234567890;
    plan->view.vcpus[0].delay_ns = 500000000;
    plan->view.vcpus[1].last_pcpu = -1;
    status_publish(status, &options, plan);
    text = write_page(status, status_write_metrics);
    has(text, "\n# TYPE libvirt_domain_vcpu_time_seconds_total counter\n"
              "libvirt_domain_vcpu_time_seconds_total{domain=\"a\\\"\\\\?<b>?[31m\",vcpu=\"0\"} "
              "1.234567890\n# HELP");
    has(text, "\nlibvirt_domain_vcpu_delay_seconds_total{domain=\"a\\\"\\\\?<b>?[31m\",vcpu=\"0\"} "
              "0.500000000\n# HELP");
    has(text, "\nlibvirt_domain_info_virtual_cpus{domain=\"a\\\"\\\\?<b>?[31m\"} 2\n");
    has(text, "\nlibvirt_domain_vcpu_cpu{domain=\"a\\\"\\\\?<b>?[31m\",vcpu=\"0\"} 0\n");
    assert_null(strstr(text, "vcpu=\"1\"}"));
    free(text);
    plan_free(plan);
    status_free(status);
}

static void only_the_latest_decisions_are_kept(void **state)
{
    const struct options options = usual();
    struct status *status = status_new();
    struct plan *plan = make_plan();
    struct status_page *page;

    (void)state;
    for (int i = 0; i < STATUS_DECISIONS + 5; i++) {
        snprintf(plan->decision.why, sizeof plan->decision.why, "number %d", i);
        status_publish(status, &options, plan);
    }
    page = status_take(status);
    assert_int_equal(page->decision_count, STATUS_DECISIONS);
    assert_string_equal(page->decisions[0].why, "number 20");
    assert_string_equal(page->decisions[STATUS_DECISIONS - 1].why, "number 5");
    status_give(status, page);
    plan_free(plan);
    status_free(status);
}

/* ---- readers while pages change ---- */

static struct status *shared;
static _Atomic bool over;

static void *read_on(void *opaque)
{
    uint64_t *read = opaque;

    while (!atomic_load(&over)) {
        struct status_page *page = status_take(shared);

        if (!page)
            continue;
        /* A page has figures of one period only. */
        for (uint32_t v = 0; v < page->plan->view.vcpu_count; v++)
            *read += (uint64_t)page->plan->view.vcpus[v].usage != page->plan->view.period;
        status_give(shared, page);
    }
    return NULL;
}

static void a_page_does_not_change_under_its_readers(void **state)
{
    const struct options options = usual();
    struct plan *plan = view_make(4, 64);
    pthread_t threads[3];
    uint64_t torn[3] = {0};

    (void)state;
    for (int v = 0; v < 64; v++)
        view_add(plan, v % 4, 0);
    shared = status_new();
    for (int t = 0; t < 3; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, read_on, &torn[t]), 0);
    for (uint64_t period = 1; period <= 2000; period++) {
        plan->view.period = period;
        for (uint32_t v = 0; v < plan->view.vcpu_count; v++)
            plan->view.vcpus[v].usage = (double)period;
        status_publish(shared, &options, plan);
    }
    atomic_store(&over, true);
    for (int t = 0; t < 3; t++) {
        pthread_join(threads[t], NULL);
        assert_int_equal(torn[t], 0);
    }
    plan_free(plan);
    status_free(shared);
}

/* ---- the status socket ---- */

#ifdef HAVE_MICROHTTPD

static int connect_socket(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(address.sun_path, path);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static char *ask(const char *request)
{
    static char answer[65536];
    const int fd = connect_socket();
    size_t used = 0;
    ssize_t got;

    assert_int_equal(write(fd, request, strlen(request)), strlen(request));
    while ((got = read(fd, answer + used, sizeof answer - 1 - used)) > 0)
        used += (size_t)got;
    answer[used] = '\0';
    close(fd);
    return answer;
}

static void begins(const char *text, const char *part)
{
    if (strncmp(text, part, strlen(part)) != 0)
        fail_msg("\"%s\" is not how it begins:\n%s", part, text);
}

#define CLOSE "HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

#define OPEN_METRICS                                                                               \
    "HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept: "                                         \
    "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1\r\n\r\n"

static void the_socket_answers(void **state)
{
    const struct options options = usual();
    struct status *status = status_new();
    struct plan *plan = make_plan();
    struct http_server *server, *other;
    struct failure why;
    struct stat there;
    int idle[4];

    (void)state;
    assert_int_equal(http_server_open(status, path, NULL, false, &server, &why), 0);
    assert_int_equal(stat(path, &there), 0);
    assert_int_equal(there.st_mode & 07007, 0);
    begins(ask("GET /status " CLOSE), "HTTP/1.1 503 ");
    status_publish(status, &options, plan);
    for (int i = 0; i < 4; i++)
        idle[i] = connect_socket(); /* a silent or slow client blocks no other */
    assert_int_equal(write(idle[0], "GET /sta", 8), 8);
    begins(ask("GET /status " CLOSE), "HTTP/1.1 200 ");
    has(ask("GET /status " CLOSE), "\"reason\": \"act\"");
    has(ask("GET /metrics " CLOSE), "text/plain; version=0.0.4");
    has(ask("GET /metrics " OPEN_METRICS), "application/openmetrics-text; version=1.0.0");
    has(ask("GET /metrics " OPEN_METRICS), "\n# EOF\n");
    begins(ask("HEAD /metrics " CLOSE), "HTTP/1.1 200 ");
    begins(ask("GET / " CLOSE), "HTTP/1.1 200 ");
    begins(ask("GET /../etc/passwd " CLOSE), "HTTP/1.1 404 ");
    begins(ask("DELETE /status " CLOSE), "HTTP/1.1 405 ");
    ask("nonsense\r\n\r\n");
    assert_int_equal(http_server_open(status, path, NULL, false, &other, &why), -EADDRINUSE);
    has(why.text, "another process listens there");
    for (int i = 0; i < 4; i++)
        close(idle[i]);
    http_server_close(server);
    assert_int_equal(access(path, F_OK), -1);
    plan_free(plan);
    status_free(status);
}

static void a_dead_socket_is_replaced(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct status *status = status_new();
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct http_server *server;
    struct failure why;

    (void)state;
    strcpy(address.sun_path, path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd); /* as if its process was killed */
    assert_int_equal(http_server_open(status, path, NULL, false, &server, &why), 0);
    http_server_close(server);
    status_free(status);
}

/* The path is in use even if its socket would not answer HTTP. */
static void a_live_socket_of_any_type_stays(void **state)
{
    static const int types[] = {SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct status *status = status_new();
    struct stat before, after;
    struct http_server *server;
    struct failure why;

    (void)state;
    strcpy(address.sun_path, path);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        const int fd = socket(AF_UNIX, types[i], 0);
        int clients[2] = {-1, -1};

        assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
        if (types[i] != SOCK_DGRAM)
            assert_int_equal(listen(fd, 0), 0);
        for (int c = 0; types[i] == SOCK_STREAM && c < 2; c++) { /* fill its queue */
            clients[c] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
            (void)!connect(clients[c], (struct sockaddr *)&address, sizeof address);
        }
        assert_int_equal(lstat(path, &before), 0);
        assert_int_equal(http_server_open(status, path, NULL, false, &server, &why), -EADDRINUSE);
        has(why.text, "another process listens there");
        assert_int_equal(lstat(path, &after), 0);
        assert_int_equal(before.st_ino, after.st_ino);
        close(clients[0]);
        close(clients[1]);
        close(fd);
        assert_int_equal(http_server_open(status, path, NULL, false, &server, &why), 0);
        http_server_close(server);
    }
    status_free(status);
}

static void the_socket_of_who_came_after_stays(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct status *status = status_new();
    const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    struct http_server *server;
    struct failure why;

    (void)state;
    strcpy(address.sun_path, path);
    assert_int_equal(http_server_open(status, path, NULL, false, &server, &why), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    http_server_close(server);
    assert_int_equal(unlink(path), 0);
    close(fd);
    status_free(status);
}

static void refuses(const char *address, bool remote, int error, const char *words)
{
    struct http_server *server;
    struct failure why;

    assert_int_equal(http_server_open(NULL, NULL, address, remote, &server, &why), error);
    has(why.text, words);
}

static void addresses_are_refused_by_name(void **state)
{
    char longer[200];
    struct http_server *server;
    struct failure why;

    (void)state;
    refuses("0.0.0.0:0", false, -EINVAL, "'0.0.0.0:0' can be reached from outside");
    refuses("[::]:0", false, -EINVAL, "needs --metrics-allow-remote");
    refuses("192.0.2.1:9", false, -EINVAL, "needs --metrics-allow-remote");
    refuses("localhost", false, -EINVAL, "'localhost' is not ADDRESS:PORT");
    refuses("::1:9", false, -EINVAL, "is not ADDRESS:PORT");
    refuses("127.0.0.1:", false, -EINVAL, "is not ADDRESS:PORT");
    refuses(":9", false, -EINVAL, "is not ADDRESS:PORT");
    refuses("127.0.0.1:http", false, -EINVAL, "is not ADDRESS:PORT");
    refuses("127.0.0.1:99999", false, -EINVAL, "is not ADDRESS:PORT");
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(http_server_open(NULL, longer, NULL, false, &server, &why), -ENAMETOOLONG);
    assert_int_equal(http_server_open(NULL, NULL, "127.0.0.1:0", false, &server, &why), 0);
    http_server_close(server);
}

#endif

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/status.sock", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_is_what_was_published),
        cmocka_unit_test(pools_are_told_as_pools),
        cmocka_unit_test(pools_have_metrics_of_their_own),
        cmocka_unit_test(pools_of_one_are_pcpus),
        cmocka_unit_test(a_pool_without_pcpus),
        cmocka_unit_test(stuck_is_told_by_its_reason),
        cmocka_unit_test(libvirts_names_are_told_on_request),
        cmocka_unit_test(only_the_latest_decisions_are_kept),
        cmocka_unit_test(a_page_does_not_change_under_its_readers),
#ifdef HAVE_MICROHTTPD
        cmocka_unit_test(the_socket_answers),
        cmocka_unit_test(a_dead_socket_is_replaced),
        cmocka_unit_test(a_live_socket_of_any_type_stays),
        cmocka_unit_test(the_socket_of_who_came_after_stays),
        cmocka_unit_test(addresses_are_refused_by_name),
#endif
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
