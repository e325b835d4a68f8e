/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages to the journal: fields hold what they should, whatever a domain's name is; plain lines
 * where standard error does not go to the journal.
 */
#include "config.h"

#include "log/journal.h"
#include "log/log.h"
#include "report/report.h"
#include "support/view_maker.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

/* The message sent last, a field in each line. */
static char sent[8000];
static int ends[2];
static bool journal_is_there = true;

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t size);
int __wrap_sd_journal_sendv(const struct iovec *vector, int count);

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t size)
{
    (void)fd;
    (void)size;
    assert_string_equal(address->sa_data, "/run/systemd/journal/socket");
    return journal_is_there ? 0 : -1;
}

int __wrap_sd_journal_sendv(const struct iovec *vector, int count)
{
    size_t used = 0;

    for (int i = 0; i < count; i++)
        used += (size_t)snprintf(sent + used, sizeof sent - used, "%.*s\n", (int)vector[i].iov_len,
                                 (const char *)vector[i].iov_base);
    return 0;
}

static void name_stream(int fd)
{
    struct stat status;
    char text[64];

    assert_int_equal(fstat(fd, &status), 0);
    snprintf(text, sizeof text, "%llu:%llu", (unsigned long long)status.st_dev,
             (unsigned long long)status.st_ino);
    assert_int_equal(setenv("JOURNAL_STREAM", text, 1), 0);
}

/* Standard error is a socket, as systemd makes it. */
static int set_up(void **state)
{
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    journal_is_there = true;
    sent[0] = '\0';
    name_stream(STDERR_FILENO);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(ends[0]);
    close(ends[1]);
    return 0;
}

static void assert_plain(const char *expected)
{
    char text[200];
    const ssize_t got = recv(ends[0], text, sizeof text - 1, MSG_DONTWAIT);

    text[got > 0 ? got : 0] = '\0';
    assert_string_equal(text, expected);
}

#ifdef HAVE_SYSTEMD

static void test_fields(void **state)
{
    struct log_about about = log_vcpu(EVENT_PIN, "web", 3);

    (void)state;
    about.from = 0;
    about.to = 12;
    about.reason = "act";
    about.gain = 39.06;
    log_open();
    log_event(LOG_INFO, about, "moved %d", 1);
    assert_string_equal(sent, "MESSAGE=moved 1\nPRIORITY=6\nSYSLOG_IDENTIFIER=vcpu-scheduler\n"
                              "MESSAGE_ID=5633176773640f4d78908d3a6a957a9e\n"
                              "VCPU_SCHEDULER_DOMAIN=web\nVCPU_SCHEDULER_VCPU=3\n"
                              "VCPU_SCHEDULER_FROM=0\nVCPU_SCHEDULER_TO=12\n"
                              "VCPU_SCHEDULER_REASON=act\nVCPU_SCHEDULER_GAIN=39.1\n");
    assert_plain("");
}

static void test_pools(void **state)
{
    struct log_about about = log_vcpu(EVENT_PIN, "web", 3);
    char most[LOG_LIST_MAX];

    (void)state;
    about.from = 0;
    about.to = 1;
    about.from_pcpus = "0-3,8";
    memset(most, '1', sizeof most - 1);
    most[sizeof most - 1] = '\0';
    about.to_pcpus = most;
    about.reason = "act";
    about.gain = 39.06;
    log_open();
    log_event(LOG_INFO, about, "moved");
    assert_non_null(strstr(sent, "\nVCPU_SCHEDULER_FROM=0\nVCPU_SCHEDULER_TO=1\n"
                                 "VCPU_SCHEDULER_FROM_PCPUS=0-3,8\nVCPU_SCHEDULER_TO_PCPUS=11"));
    assert_non_null(strstr(sent, "11\nVCPU_SCHEDULER_REASON=act\nVCPU_SCHEDULER_GAIN=39.1\n"));
    assert_int_equal(strspn(strstr(sent, "TO_PCPUS=11") + 9, "1"), LOG_LIST_MAX - 1);
}

/* A pin tells the numbers of pools, and what the vCPU may use of each. */
static void test_pin_to_a_pool(void **state)
{
    const struct options options = {.planner.policy = &policy_swap};
    struct report *report = report_new(stdout, &options, false, 80);
    struct plan *plan = view_make(8, 2);

    (void)state;
    view_cut(plan, 4);
    view_add(plan, 0, 90);
    view_close(plan);
    cpuset_parse(&plan->view.sets[0].pcpus, "1-6");
    plan->view.domains[0].vcpu_count = 1;
    plan->decision.reason = REASON_ACT;
    plan_add(plan, 0, 1, 0);
    plan->decision.pins[0].result = PIN_DONE;
    log_open();
    assert_int_equal(report_period(report, plan), 0);
    assert_ptr_equal(strstr(sent, "MESSAGE=domain made vCPU 0: pool 0 -> 1: made\n"), sent);
    assert_non_null(strstr(sent, "\nVCPU_SCHEDULER_FROM=0\nVCPU_SCHEDULER_TO=1\n"
                                 "VCPU_SCHEDULER_FROM_PCPUS=1-3\nVCPU_SCHEDULER_TO_PCPUS=4-6\n"));
    report_free(report);
    plan_free(plan);
}

static void test_what_is_not_known_is_left_out(void **state)
{
    (void)state;
    log_open();
    log_event(LOG_ERROR, log_about(EVENT_LIBVIRT_DISCONNECTED), "away");
    assert_string_equal(sent, "MESSAGE=away\nPRIORITY=3\nSYSLOG_IDENTIFIER=vcpu-scheduler\n"
                              "MESSAGE_ID=7e7bb9c37d008ae5d91f1eb9fb819d30\n");
    log_info("plain");
    assert_string_equal(sent, "MESSAGE=plain\nPRIORITY=6\nSYSLOG_IDENTIFIER=vcpu-scheduler\n");
}

static void test_no_field_can_be_forged(void **state)
{
    (void)state;
    log_open();
    log_event(LOG_INFO, log_vcpu(EVENT_SUSPECT, "a\nPRIORITY=0", 0), "%s", "x\ny");
    assert_non_null(strstr(sent, "\nVCPU_SCHEDULER_DOMAIN=a?PRIORITY=0\n"));
    assert_ptr_equal(strstr(sent, "MESSAGE=x?y\nPRIORITY=6\n"), sent);
}

#endif

static void test_elsewhere_lines_are_plain(void **state)
{
    int other[2];

    (void)state;
    unsetenv("JOURNAL_STREAM");
    log_open();
    log_event(LOG_INFO, log_vcpu(EVENT_PIN, "web", 3), "no variable");
    assert_plain("vcpu-scheduler: no variable\n");
    assert_int_equal(pipe(other), 0); /* the service manager's, but standard error goes elsewhere */
    name_stream(other[0]);
    log_open();
    log_error("another stream");
    assert_plain("vcpu-scheduler: another stream\n");
    name_stream(STDERR_FILENO);
    journal_is_there = false;
    log_open();
    log_error("no journal");
    assert_plain("vcpu-scheduler: no journal\n");
    assert_string_equal(sent, "");
    close(other[0]);
    close(other[1]);
}

static void test_ids(void **state)
{
    (void)state;
    for (unsigned a = 0; a < EVENT_COUNT; a++) {
        const char *id = log_event_id(a);

        if (!id)
            continue;
        assert_int_equal(strspn(id, "0123456789abcdef"), 32);
        assert_int_equal(strlen(id), 32);
        for (unsigned b = 0; b < a; b++)
            assert_true(!log_event_id(b) || strcmp(id, log_event_id(b)) != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifdef HAVE_SYSTEMD
        cmocka_unit_test_setup_teardown(test_fields, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pools, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pin_to_a_pool, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_not_known_is_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_field_can_be_forged, set_up, tear_down),
#endif
        cmocka_unit_test_setup_teardown(test_elsewhere_lines_are_plain, set_up, tear_down),
        cmocka_unit_test(test_ids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
