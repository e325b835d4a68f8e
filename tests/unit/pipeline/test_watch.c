/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stage that hangs is logged once, and so is that it goes on; systemd's watchdog is fed only
 * while no stage hangs. The stages run in their threads, on a host whose calls can be held. The
 * time of each look is made up, so that the test need not wait.
 */
#include "config.h"

#include "base/clock.h"
#include "pipeline/internal.h"
#include "support/fake_host.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define S  UINT64_C(1000000000)
#define MS UINT64_C(1000000)

/* ---- the log ---- */

struct ears {
    int ends[2], saved;
    char text[1024];
};

static void listen_to_log(struct ears *ears)
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ears->ends), 0);
    ears->saved = dup(STDERR_FILENO);
    assert_true(dup2(ears->ends[1], STDERR_FILENO) >= 0);
}

/* The next line, "" if there is none. */
static const char *heard(struct ears *ears)
{
    const ssize_t got = recv(ears->ends[0], ears->text, sizeof ears->text - 1, MSG_DONTWAIT);

    ears->text[got > 0 ? got : 0] = '\0';
    return ears->text;
}

static void stop_listening(struct ears *ears)
{
    dup2(ears->saved, STDERR_FILENO);
    close(ears->saved);
    close(ears->ends[0]);
    close(ears->ends[1]);
}

/* ---- looks at marks ---- */

struct marks {
    struct progress mark[WATCH_STAGES];
    struct watch watch;
    uint64_t period_ns;
};

static void marks_init(struct marks *marks, uint64_t period_ns)
{
    static const char *const names[WATCH_STAGES] = {"sampler", "planner", "actuator"};

    memset(marks, 0, sizeof *marks);
    for (int i = 0; i < WATCH_STAGES; i++)
        marks->watch.stages[i] = (struct watch_stage){.name = names[i], .mark = &marks->mark[i]};
    watch_init(&marks->watch);
    marks->period_ns = period_ns;
}

static int look_at(struct marks *marks, uint64_t now_ns)
{
    return watch_look(&marks->watch, marks->period_ns, now_ns);
}

static void a_healthy_run_is_not_talked_about(void **state)
{
    struct marks marks;
    struct ears ears;

    (void)state;
    marks_init(&marks, 3 * S);
    listen_to_log(&ears);
    for (uint64_t now = 100 * S; now < 4000 * S; now += 3 * S) {
        progress_begin(&marks.mark[0], now + 3 * S);
        progress_expect(&marks.mark[1], now);
        assert_int_equal(look_at(&marks, now + S), 14000);
        progress_rest(&marks.mark[1]);
        assert_int_equal(look_at(&marks, now + 2 * S), 15000);
    }
    assert_string_equal(heard(&ears), "");
    stop_listening(&ears);
}

static void one_that_hangs_is_named_once_and_so_is_that_it_goes_on(void **state)
{
    struct marks marks;
    struct ears ears;

    (void)state;
    marks_init(&marks, 3 * S);
    listen_to_log(&ears);
    progress_begin(&marks.mark[0], 1000 * S);
    progress_begin(&marks.mark[2], 100 * S);
    assert_int_equal(look_at(&marks, 115 * S - MS), 1);
    assert_int_equal(look_at(&marks, 115 * S), 1000);
    assert_int_equal(look_at(&marks, 115 * S + 999 * MS), 1000);
    assert_string_equal(heard(&ears), "");
    look_at(&marks, 116 * S);
    assert_string_equal(heard(&ears),
                        "vcpu-scheduler: the actuator has made no progress for 16.0 s\n");
    for (uint64_t now = 117 * S; now < 500 * S; now += S)
        look_at(&marks, now);
    assert_string_equal(heard(&ears), "");
    progress_begin(&marks.mark[2], 500 * S);
    look_at(&marks, 501 * S);
    assert_string_equal(heard(&ears), "vcpu-scheduler: the actuator goes on, after 401.0 s\n");
    look_at(&marks, 520 * S);
    look_at(&marks, 521 * S);
    assert_string_equal(heard(&ears),
                        "vcpu-scheduler: the actuator has made no progress for 21.0 s\n");
    stop_listening(&ears);
}

/* The process was stopped for a minute, and main goes on first. */
static void what_only_now_gets_going_does_not_hang(void **state)
{
    struct marks marks;
    struct ears ears;

    (void)state;
    marks_init(&marks, S);
    listen_to_log(&ears);
    progress_begin(&marks.mark[0], 100 * S);
    progress_begin(&marks.mark[1], 100 * S);
    assert_int_equal(look_at(&marks, 160 * S), 1000);
    progress_begin(&marks.mark[0], 161 * S);
    progress_rest(&marks.mark[1]);
    look_at(&marks, 161 * S);
    look_at(&marks, 162 * S);
    assert_string_equal(heard(&ears), "");
    stop_listening(&ears);
}

static void short_periods_have_five_seconds_all_the_same(void **state)
{
    struct marks marks;

    (void)state;
    marks_init(&marks, 10 * MS);
    progress_begin(&marks.mark[0], 100 * S);
    assert_int_equal(look_at(&marks, 100 * S), 5000);
}

/* New work does not move the mark of a stage at work; the stage rests only when all is done. */
static void what_is_expected_does_not_move_a_mark(void **state)
{
    struct progress mark = {0};

    (void)state;
    progress_expect(&mark, 7);
    progress_expect(&mark, 8);
    assert_int_equal(progress_since(&mark), 7);
    progress_rest(&mark);
    assert_int_equal(progress_since(&mark), 0);
}

/* ---- the watchdog ---- */

#ifdef HAVE_SYSTEMD
/* systemd's end of the notification socket. */
static int systemd_begin(const char *usec)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    /* An abstract name: nothing to remove. */
    const int length = snprintf(address.sun_path + 1, sizeof address.sun_path - 1,
                                "vcpu-scheduler-test-%d", getpid());

    assert_int_equal(bind(fd, (struct sockaddr *)&address,
                          offsetof(struct sockaddr_un, sun_path) + 1 + (socklen_t)length),
                     0);
    address.sun_path[0] = '@';
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    setenv("WATCHDOG_USEC", usec, 1);
    unsetenv("WATCHDOG_PID");
    return fd;
}

static const char *told(int fd)
{
    static char text[1024];
    const ssize_t got = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);

    text[got > 0 ? got : 0] = '\0';
    return text;
}

static void systemd_end(int fd)
{
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    close(fd);
}

static void the_watchdog_is_fed_while_all_go_on(void **state)
{
    const int systemd = systemd_begin("10000000");
    struct marks marks;
    struct ears ears;

    (void)state;
    marks_init(&marks, 3 * S);
    listen_to_log(&ears);
    progress_begin(&marks.mark[0], 103 * S);
    assert_int_equal(look_at(&marks, 100 * S), 5000);
    assert_string_equal(told(systemd), "WATCHDOG=1");
    assert_int_equal(look_at(&marks, 104 * S), 1000);
    assert_string_equal(told(systemd), "");
    assert_int_equal(look_at(&marks, 105 * S), 5000);
    assert_string_equal(told(systemd), "WATCHDOG=1");
    look_at(&marks, 118 * S - MS); /* just in time */
    assert_string_equal(told(systemd), "WATCHDOG=1");
    for (uint64_t now = 118 * S; now < 150 * S; now += S)
        assert_int_equal(look_at(&marks, now), 1000);
    assert_string_equal(told(systemd), "");
    progress_begin(&marks.mark[0], 153 * S);
    look_at(&marks, 150 * S);
    assert_string_equal(told(systemd), "WATCHDOG=1");
    stop_listening(&ears);
    systemd_end(systemd);
}

static void no_watchdog_no_food(void **state)
{
    const int systemd = systemd_begin("0");
    struct marks marks;

    (void)state;
    marks_init(&marks, 3 * S);
    assert_int_equal(look_at(&marks, 100 * S), 15000);
    assert_string_equal(told(systemd), "");
    systemd_end(systemd);
}

static void status_is_one_line(void **state)
{
    const int systemd = systemd_begin("0");
    struct rig *rig = rig_new(fake_new(2, 4), "--adopt-pins");
    struct notify notify = {.wanted = notify_wanted()};

    (void)state;
    assert_true(notify.wanted);
    notify_plan(&notify, rig_period(rig, 1));
    assert_string_equal(told(systemd), "STATUS=waits for a domain; 0 pins made so far");
    fake_domain(rig->host, "a");
    fake_vcpu(rig->host, 0, 0, 40);
    fake_vcpu(rig->host, 0, 0, 30);
    for (int period = 0; period < 3; period++)
        notify_plan(&notify, rig_period(rig, 1));
    told(systemd);
    told(systemd);
    assert_string_equal(told(systemd), "STATUS=1 domains, 2 vCPUs; busiest pCPU 1 at 40 %, freest "
                                       "pCPU 0 at 30 %; 1 pins made so far");
    notify_disconnected(&notify, true);
    assert_string_equal(told(systemd), "STATUS=waits for libvirt; 1 pins made so far");
    notify_disconnected(&notify, true);
    assert_string_equal(told(systemd), "");
    rig_free(rig);
    systemd_end(systemd);
}
#endif

/* ---- stages in a host that hangs ---- */

/* Holds calls of one kind: all but the first `free_calls`. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint32_t free_calls, held;
    bool hold;
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void pass_gate(void)
{
    pthread_mutex_lock(&gate.lock);
    if (gate.free_calls) {
        gate.free_calls--;
    } else if (gate.hold) {
        gate.held++;
        pthread_cond_broadcast(&gate.changed);
        while (gate.hold)
            pthread_cond_wait(&gate.changed, &gate.lock);
    }
    pthread_mutex_unlock(&gate.lock);
}

static void close_gate(uint32_t free_calls)
{
    gate.hold = true;
    gate.held = 0;
    gate.free_calls = free_calls;
}

static void wait_at_gate(void)
{
    pthread_mutex_lock(&gate.lock);
    while (!gate.held)
        pthread_cond_wait(&gate.changed, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
}

static void open_gate(void)
{
    pthread_mutex_lock(&gate.lock);
    gate.hold = false;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.lock);
}

/* The fake host is not thread safe. */
static pthread_mutex_t host_lock = PTHREAD_MUTEX_INITIALIZER;

static int one_sample(struct host *host, struct snapshot *snapshot, struct failure *why)
{
    pthread_mutex_lock(&host_lock);
    const int error = fake_ops.sample(host, snapshot, why);
    pthread_mutex_unlock(&host_lock);
    return error;
}

static int one_pin(struct host *host, const struct vcpu_name *vcpu, const struct cpuset *set,
                   struct failure *why)
{
    pthread_mutex_lock(&host_lock);
    const int error = fake_ops.pin(host, vcpu, set, why);
    pthread_mutex_unlock(&host_lock);
    return error;
}

static int one_affinity(struct host *host, const struct vcpu_name *vcpu, struct affinity *now,
                        struct failure *why)
{
    pthread_mutex_lock(&host_lock);
    const int error = fake_ops.affinity(host, vcpu, now, why);
    pthread_mutex_unlock(&host_lock);
    return error;
}

static int held_sample(struct host *host, struct snapshot *snapshot, struct failure *why)
{
    pass_gate();
    return one_sample(host, snapshot, why);
}

static int held_pin(struct host *host, const struct vcpu_name *vcpu, const struct cpuset *set,
                    struct failure *why)
{
    pass_gate();
    return one_pin(host, vcpu, set, why);
}

static int show_nothing(void *opaque, const struct plan *plan)
{
    (void)opaque;
    (void)plan;
    return 0;
}

/* The stages in threads of their own, as main starts them. */
enum { SAMPLER, PLANNER, ACTUATOR };

struct run {
    struct host_ops ops;
    struct options options;
    struct plan_sink sink;
    struct summary *summary;
    struct pipeline *pipeline;
    pthread_t threads[WATCH_STAGES];
    struct ears ears;
};

static void run_init(struct run *run, const struct host_ops *ops, struct host *host)
{
    char *words[] = {(char[]){"test"},   (char[]){"--adopt-pins"},
                     (char[]){"--wait"}, (char[]){"--dwell"},
                     (char[]){"0"},      NULL};
    struct pipeline *pipeline;

    memset(run, 0, sizeof *run);
    assert_int_equal(options_parse(&run->options, 5, words, stdout, stderr), OPTIONS_RUN);
    run->ops = *ops;
    run->sink = (struct plan_sink){.show = show_nothing, .changes_only = true};
    run->summary = summary_new(50, false);
    run->pipeline = pipeline = pipeline_new(&run->options, -1, -1, &run->sink, run->summary);
    assert_non_null(pipeline);
    pipeline->ops = pipeline->sampler.ops = pipeline->actuator.ops = &run->ops;
    pipeline->host = pipeline->sampler.host = pipeline->actuator.host = host;
    watch_init(&pipeline->watch);
    listen_to_log(&run->ears);
}

static void run_start(struct run *run, int stage)
{
    static void *(*const stages[])(void *) = {run_sampler, run_planner, run_actuator};

    assert_int_equal(pthread_create(&run->threads[stage], NULL, stages[stage], run->pipeline), 0);
}

static void run_end(struct run *run)
{
    struct wakeup *wakeups[] = {&run->pipeline->sampler_wakeup, &run->pipeline->planner_wakeup,
                                &run->pipeline->actuator_wakeup};

    for (int stage = 0; stage < WATCH_STAGES; stage++) {
        wakeup_stop(wakeups[stage]);
        pthread_join(run->threads[stage], NULL);
    }
    stop_listening(&run->ears);
    pipeline_free(run->pipeline);
    summary_free(run->summary);
    options_finish(&run->options);
}

/* Looks at one stage twice, as if a minute had passed. Not at the others: the real time between is
 * so short that a stage at work may have the same mark in both. */
static void look_in_a_minute(struct run *run, int stage)
{
    static const struct progress rests;
    struct watch *watch = &run->pipeline->watch;

    for (int other = 0; other < WATCH_STAGES; other++) {
        if (other != stage)
            watch->stages[other].mark = &rests;
    }
    watch_look(watch, 3 * S, clock_now() + 60 * S);
    watch_look(watch, 3 * S, clock_now() + 62 * S);
}

/* The stage hangs, which is logged; then `release` lets it go on, which is logged as well. */
static void named_until_released(struct run *run, int stage, void (*release)(struct run *run))
{
    const struct watch_stage *watched = &run->pipeline->watch.stages[stage];
    const uint64_t mark = progress_since(watched->mark);
    char want[64];

    look_in_a_minute(run, stage);
    snprintf(want, sizeof want, "the %s has made no progress for ", watched->name);
    assert_non_null(strstr(heard(&run->ears), want));
    assert_string_equal(heard(&run->ears), "");
    release(run);
    while (progress_since(watched->mark) == mark)
        usleep(1000);
    watch_look(&run->pipeline->watch, 3 * S, clock_now());
    snprintf(want, sizeof want, "the %s goes on, after ", watched->name);
    assert_non_null(strstr(heard(&run->ears), want));
    assert_string_equal(heard(&run->ears), "");
}

static uint64_t short_wait(struct host *host, struct wakeup *wakeup, uint64_t due_ns)
{
    (void)due_ns;
    pthread_mutex_lock(&host_lock);
    fake_play(host, 1);
    pthread_mutex_unlock(&host_lock);
    return wakeup_wait(wakeup, clock_now() + MS) ? clock_now() : 0;
}

/* The fake host as a live one, whose periods are a millisecond. */
static struct host_ops live_ops(void)
{
    struct host_ops ops = fake_ops;

    ops.owns_clock = false;
    ops.wait = short_wait;
    ops.sample = one_sample;
    ops.pin = one_pin;
    ops.affinity = one_affinity;
    return ops;
}

static struct host *crowded_host(void)
{
    struct host *host = fake_new(2, 8);
    const uint32_t domain = fake_domain(host, "a");

    for (int v = 0; v < 4; v++)
        fake_vcpu(host, domain, 0, 20);
    return host;
}

static void let_go(struct run *run)
{
    (void)run;
    open_gate();
}

static void a_sampler_that_hangs_is_named(void **state)
{
    struct host_ops ops = live_ops();
    struct run run;

    (void)state;
    ops.sample = held_sample;
    close_gate(3);
    run_init(&run, &ops, crowded_host());
    for (int stage = 0; stage < WATCH_STAGES; stage++)
        run_start(&run, stage);
    wait_at_gate();
    named_until_released(&run, SAMPLER, let_go);
    run_end(&run);
}

static void an_actuator_that_hangs_is_named(void **state)
{
    struct host_ops ops = live_ops();
    struct run run;

    (void)state;
    ops.pin = held_pin;
    close_gate(1); /* the second pin of a plan: the first one has moved the mark */
    run_init(&run, &ops, crowded_host());
    for (int stage = 0; stage < WATCH_STAGES; stage++)
        run_start(&run, stage);
    wait_at_gate();
    assert_true(progress_since(&run.pipeline->actuator.mark) <= clock_now());
    named_until_released(&run, ACTUATOR, let_go);
    run_end(&run);
}

static void start_planner(struct run *run)
{
    run_start(run, PLANNER);
}

/* A stage that does not even take its work. */
static void a_planner_that_never_wakes_up_is_named(void **state)
{
    const struct host_ops ops = live_ops();
    struct run run;

    (void)state;
    run_init(&run, &ops, crowded_host());
    run_start(&run, ACTUATOR);
    run_start(&run, SAMPLER);
    while (ring_count(&run.pipeline->snapshots) == 0)
        usleep(1000);
    named_until_released(&run, PLANNER, start_planner);
    run_end(&run);
}

static int away_sample(struct host *host, struct snapshot *snapshot, struct failure *why)
{
    (void)host;
    (void)snapshot;
    (void)why;
    return -EAGAIN;
}

/* Without libvirt for long, no stage hangs. */
static void a_host_that_is_away_is_progress(void **state)
{
    struct host_ops ops = live_ops();
    struct run run;

    (void)state;
    ops.sample = away_sample;
    run_init(&run, &ops, crowded_host());
    for (int stage = 0; stage < WATCH_STAGES; stage++)
        run_start(&run, stage);
    while (!atomic_load(&run.pipeline->disconnected))
        usleep(1000);
    for (int i = 0; i < 20; i++) {
        const uint64_t mark = progress_since(&run.pipeline->sampler.mark);

        while (progress_since(&run.pipeline->sampler.mark) == mark)
            usleep(1000);
        watch_look(&run.pipeline->watch, 3 * S, clock_now());
    }
    assert_int_equal(progress_since(&run.pipeline->planner_mark), 0);
    assert_string_equal(heard(&run.ears), "");
    run_end(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_healthy_run_is_not_talked_about),
        cmocka_unit_test(one_that_hangs_is_named_once_and_so_is_that_it_goes_on),
        cmocka_unit_test(what_only_now_gets_going_does_not_hang),
        cmocka_unit_test(short_periods_have_five_seconds_all_the_same),
        cmocka_unit_test(what_is_expected_does_not_move_a_mark),
#ifdef HAVE_SYSTEMD
        cmocka_unit_test(the_watchdog_is_fed_while_all_go_on),
        cmocka_unit_test(no_watchdog_no_food),
        cmocka_unit_test(status_is_one_line),
#endif
        cmocka_unit_test(a_sampler_that_hangs_is_named),
        cmocka_unit_test(an_actuator_that_hangs_is_named),
        cmocka_unit_test(a_planner_that_never_wakes_up_is_named),
        cmocka_unit_test(a_host_that_is_away_is_progress),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
