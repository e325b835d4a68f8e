/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "support/view_maker.h"

#include "trace/record.h"
#include "trace/trace.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

#define HEAD "# pcpus: 2\n# vcpus: 3\n# resolution: 3 s\n"

struct files {
    char folder[64];
    char path[96];
};

static int make_folder(void **state)
{
    struct files *files = calloc(1, sizeof *files);

    if (!files)
        return -1;
    strcpy(files->folder, "/tmp/test_trace.XXXXXX");
    if (mkdtemp(files->folder) == NULL)
        return -1;
    snprintf(files->path, sizeof files->path, "%s/t", files->folder);
    *state = files;
    return 0;
}

static int remove_folder(void **state)
{
    struct files *files = *state;

    unlink(files->path);
    rmdir(files->folder);
    free(files);
    return 0;
}

static void write_bytes(const struct files *files, const char *bytes, size_t length)
{
    FILE *out = fopen(files->path, "w");

    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, length, out), length);
    assert_int_equal(fclose(out), 0);
}

static struct trace *read_good(const struct files *files, const char *text)
{
    struct trace *trace = NULL;
    struct failure why = {""};

    write_bytes(files, text, strlen(text));
    if (trace_read(files->path, &trace, &why) != 0)
        fail_msg("%s", why.text);
    return trace;
}

/* The words must begin with FILE:LINE and hold `words`. */
static void read_bad(const struct files *files, const char *text, unsigned line, const char *words)
{
    char begin[128];
    struct trace *trace = NULL;
    struct failure why = {""};

    write_bytes(files, text, strlen(text));
    assert_int_equal(trace_read(files->path, &trace, &why), -EINVAL);
    assert_null(trace);
    snprintf(begin, sizeof begin, "%s:%u: ", files->path, line);
    if (strncmp(why.text, begin, strlen(begin)) != 0 || strstr(why.text, words) == NULL)
        fail_msg("\"%s\" does not begin with \"%s\" or lacks \"%s\"", why.text, begin, words);
}

static void expect_row(const struct trace *trace, uint32_t period, double a, double b, double c)
{
    const double *row = trace->demand + (size_t)period * trace->vcpus;

    assert_true(row[0] >= a && row[0] <= a);
    assert_true(row[1] >= b && row[1] <= b);
    assert_true(row[2] >= c && row[2] <= c);
}

static void good_ones(void **state)
{
    struct trace *trace = read_good(*state, "# source: of: nowhere\n#resolution : 0.5 s (a mean)\n"
                                            "# pcpus: 2\n# vm: 7,7,0\n# vcpus: 3\n# periods: 3\n"
                                            "0,0,50,100\n\n1,0.1,33.3,99.9\n# between\n"
                                            "2, 1.5e1 ,0.1234567890123456789,5.\n");

    assert_int_equal(trace->pcpus, 2);
    assert_int_equal(trace->vcpus, 3);
    assert_int_equal(trace->periods, 3);
    assert_true(trace->resolution_s >= 0.5 && trace->resolution_s <= 0.5);
    assert_int_equal(trace->vm[0], 7);
    assert_int_equal(trace->vm[2], 0);
    expect_row(trace, 0, 0, 50, 100);
    expect_row(trace, 1, 0.1, 33.3, 99.9);
    expect_row(trace, 2, 15, 0.1234567890123456789, 5);
    assert_string_equal(trace->cut.text, "");
    trace_free(trace);
    trace_free(NULL);
}

static void line_ends_and_first_index(void **state)
{
    struct trace *trace = read_good(*state, "# pcpus: 2\r\n# vcpus: 3\r\n# resolution: 3 s\r\n"
                                            "144,1,2,3\r\n145,4,5,6");

    assert_int_equal(trace->periods, 2);
    expect_row(trace, 1, 4, 5, 6);
    assert_int_equal(trace->vm[2], 2);
    assert_string_equal(trace->cut.text, "");
    trace_free(trace);
}

static void heads_that_are_wrong(void **state)
{
    read_bad(*state, "", 0, "no whole row");
    read_bad(*state, "# pcpus: 2\n", 1, "no whole row");
    read_bad(*state, "# vcpus: 3\n# resolution: 3 s\n0,1,2,3\n", 3, "no \"# pcpus:\"");
    read_bad(*state, "# pcpus: 2\n# resolution: 3 s\n0,1,2,3\n", 3, "no \"# vcpus:\"");
    read_bad(*state, "# pcpus: 2\n# vcpus: 3\n0,1,2,3\n", 3, "no \"# resolution:\"");
    read_bad(*state, "0,1,2,3\n", 1, "no \"# pcpus:\"");
    read_bad(*state, "# pcpus: 0\n", 1, "from 1 to 8192");
    read_bad(*state, "# pcpus: 8193\n", 1, "from 1 to 8192");
    read_bad(*state, "# pcpus: 2 3\n", 1, "from 1 to 8192");
    read_bad(*state, "# pcpus: 99999999999999999999999999\n", 1, "from 1 to 8192");
    read_bad(*state, "# pcpus: -2\n", 1, "from 1 to 8192");
    read_bad(*state, "# vcpus: 1000001\n", 1, "from 1 to 1000000");
    read_bad(*state, "# resolution: 0 s\n", 1, "seconds");
    read_bad(*state, "# resolution: nan s\n", 1, "seconds");
    read_bad(*state, "# resolution: 3 ms\n", 1, "seconds");
    read_bad(*state, "# resolution: 1e300 s\n", 1, "seconds");
    read_bad(*state, "# pcpus: 2\n# pcpus: 2\n", 2, "second");
    read_bad(*state, HEAD "0,1,2,3\n# vcpus: 4\n", 5, "after the first row");
    read_bad(*state, HEAD "# vm: 0,1\n0,1,2,3\n", 4, "2 entries for 3 vCPUs");
    read_bad(*state, HEAD "# vm: 0,1,\n0,1,2,3\n", 4, "entry 3");
    read_bad(*state, HEAD "# vm: 0,-1,2\n0,1,2,3\n", 4, "\"-1\"");
    read_bad(*state, HEAD "# vm: 0 1 2\n0,1,2,3\n", 4, "commas");
}

/* Eight pCPUs: two sockets of one LLC of two cores of two threads. */
#define SHAPED "# pcpus: 8\n# vcpus: 3\n# resolution: 3 s\n# topology: 2,1,2,2\n"

static void shapes(void **state)
{
    struct trace *trace = read_good(*state, HEAD "0,1,2,3\n");

    assert_int_equal(trace->shape.sockets, 0);
    assert_null(trace->home);
    trace_free(trace);

    /* In any order; the homes of VMs 2, 7 and 30, ascending, are 1, 0 and 1. */
    trace = read_good(*state, "# home: 1, 0\n# smt_factor: 0.6\n# remote_factor: .85 \n"
                              "# topology: 2, 1,2,2\n# pcpus: 8\n# resolution: 3 s\n# vcpus: 3\n"
                              "# vm: 30,7,30\n0,1,2,3\n");
    assert_int_equal(trace->shape.sockets, 2);
    assert_int_equal(trace->shape.llcs, 1);
    assert_int_equal(trace->shape.cores, 2);
    assert_int_equal(trace->shape.threads, 2);
    assert_true(trace->smt_factor >= 0.6 && trace->smt_factor <= 0.6);
    assert_true(trace->remote_factor >= 0.85 && trace->remote_factor <= 0.85);
    assert_int_equal(trace->home[0], 0);
    assert_int_equal(trace->home[1], 1);
    assert_int_equal(trace->home[2], 0);
    assert_null(trace->notes);
    trace_free(trace);

    trace = read_good(*state, SHAPED "0,1,2,3\n");
    assert_true(trace->smt_factor >= 1 && trace->remote_factor >= 1);
    assert_null(trace->home);
    trace_free(trace);
}

static void shapes_that_are_wrong(void **state)
{
    static const char row[] = "0,1,2,3\n";
    static const struct {
        const char *head;
        unsigned line;
        const char *words;
    } wrong[] = {
        {"# topology: 2,1,2\n", 1, "four numbers"},
        {"# topology: 2,1,2,1,2\n", 1, "four numbers"},
        {"# topology: 2,0,2,2\n", 1, "entry 2 is 0"},
        {"# topology: 2,1,x,2\n", 1, "entry 3, \"x\""},
        {HEAD "# topology: 2,1,2,2\n", 4, "2,1,2,2 is not the 2 pCPUs"},
        {HEAD "# topology: 2,2147483646,2147483646,2147483646\n", 4, "is not the 2 pCPUs"},
        {HEAD "# topology: 1024,65536,65536,65536\n", 4, "is not the 2 pCPUs"},
        {HEAD "# topology: 1025,1,1,1\n", 4, "1025 sockets, more than 1024"},
        {HEAD "# smt_factor: 0.6\n", 4, "without a \"# topology:\""},
        {HEAD "# remote_factor: 0.6\n", 4, "\"# remote_factor:\" without a"},
        {"# home: 0,0,0\n" HEAD, 1, "\"# home:\" without a"},
        {SHAPED "# smt_factor: 1.01\n", 5, "from 0.1 to 1"},
        {SHAPED "# smt_factor: 0.09\n", 5, "from 0.1 to 1"},
        {SHAPED "# smt_factor: 0.6 x\n", 5, "from 0.1 to 1"},
        {SHAPED "# remote_factor: nan\n", 5, "\"# remote_factor:\" takes one number"},
        {SHAPED "# remote_factor: -1\n", 5, "from 0.1 to 1"},
        {SHAPED "# home: 0,1\n", 5, "2 entries for 3 VMs"},
        {SHAPED "# home: 0,1,0,1\n", 5, "4 entries for 3 VMs"},
        {SHAPED "# home: 0,1,2\n", 5, "entry 3, 2, is no node: there are 0 to 1"},
        {SHAPED "# home: 0,-1,1\n", 5, "entry 2, \"-1\""},
        {"# home: 0,1\n# vm: 4,4,4\n" SHAPED, 1, "2 entries for 1 VMs"},
        {SHAPED "# topology: 2,1,2,2\n", 5, "a second"},
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[400];

        snprintf(text, sizeof text, "%s%s", wrong[i].head, row);
        read_bad(*state, text, wrong[i].line, wrong[i].words);
    }
}

static void rows_that_are_wrong(void **state)
{
    read_bad(*state, HEAD "0,1,2\n1,1,2,3\n", 4, "2 demands for 3 vCPUs");
    read_bad(*state, HEAD "0,1,2,3\n1,1,2,3,4\n", 5, "4 demands for 3 vCPUs");
    read_bad(*state, HEAD "0,1,2,3\n2,1,2,3\n", 5, "period 2 where 1 is due");
    read_bad(*state, HEAD "0,1,2,3\n0,1,2,3\n", 5, "period 0 where 1 is due");
    read_bad(*state, HEAD "x,1,2,3\n", 4, "\"x\" is no index");
    read_bad(*state, HEAD "0.0,1,2,3\n", 4, "\"0.0\" is no index");
    read_bad(*state, HEAD "0,1,100.01,3\n", 4, "vCPU 1: \"100.01\"");
    read_bad(*state, HEAD "0,1,2,-3\n", 4, "vCPU 2: \"-3\"");
    read_bad(*state, HEAD "0,nan,2,3\n", 4, "vCPU 0: \"nan\"");
    read_bad(*state, HEAD "0,1,inf,3\n", 4, "vCPU 1: \"inf\"");
    read_bad(*state, HEAD "0,1,0x10,3\n", 4, "vCPU 1: \"0x10\"");
    read_bad(*state, HEAD "0,1,,3\n", 4, "vCPU 1: \"\"");
    read_bad(*state, HEAD "0,1,2 2,3\n", 4, "vCPU 1: \"2 2\"");
    read_bad(*state, HEAD "0,1,1e300,3\n", 4, "vCPU 1: \"1e300\"");
    read_bad(*state, HEAD "0,1,9999999999999999999999,3\n", 4, "vCPU 1");
    read_bad(*state, HEAD "0,1,2,3\n1,1,2,3x", 5, "vCPU 2: \"3x\"");
}

static void not_text(void **state)
{
    struct trace *trace = NULL;
    struct failure why = {""};
    static const char bytes[] = HEAD "0,1,2\0,3\n";

    write_bytes(*state, bytes, sizeof bytes - 1);
    assert_int_equal(trace_read(((struct files *)*state)->path, &trace, &why), -EINVAL);
    assert_non_null(strstr(why.text, "/t:4: a NUL byte"));
    assert_int_equal(trace_read("/nonexistent/trace", &trace, &why), -ENOENT);
    assert_non_null(strstr(why.text, "/nonexistent/trace"));
    assert_true(trace_read("/", &trace, &why) < 0);
}

static void expect_cut(struct trace *trace, uint32_t periods, const char *words)
{
    assert_int_equal(trace->periods, periods);
    if (strstr(trace->cut.text, words) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", trace->cut.text, words);
    trace_free(trace);
}

static void cut_off(void **state)
{
    expect_cut(read_good(*state, HEAD "0,1,2,3\n1,4,5"), 1,
               "/t:5: cut off within a row: 1 periods");
    expect_cut(read_good(*state, HEAD "0,1,2,3\n1,4,5,"), 1, "cut off within a row");
    expect_cut(read_good(*state, HEAD "0,1,2,3\n1"), 1, "cut off within a row");
    expect_cut(read_good(*state, HEAD "# periods: 9\n0,1,2,3\n1,4,5,1"), 1, "1 of 9 periods");
    expect_cut(read_good(*state, HEAD "# periods: 9\n0,1,2,3\n1,4,5,1\n"), 2, "2 of 9 periods");
    expect_cut(read_good(*state, HEAD "# periods: 2\n0,1,2,3\n1,4,5,1"), 2, "");
    read_bad(*state, HEAD "0,1,2", 4, "cut off within a row: no whole row");
    read_bad(*state, HEAD "0,1,200,3\n1,4", 4, "vCPU 1: \"200\"");
}

#ifdef HAVE_ZLIB
static size_t compress_trace(const struct files *files, unsigned rows, char *bytes, size_t room)
{
    gzFile gz = gzopen(files->path, "wb");
    FILE *in;
    size_t length;

    assert_non_null(gz);
    gzputs(gz, HEAD);
    for (unsigned t = 0; t < rows; t++)
        gzprintf(gz, "%u,%u,%u.%u,100\n", t, t % 100, t * 7919 % 100, t % 10);
    assert_int_equal(gzclose(gz), Z_OK);
    in = fopen(files->path, "r");
    assert_non_null(in);
    length = fread(bytes, 1, room, in);
    fclose(in);
    assert_in_range(length, 1, room - 1);
    return length;
}

static void compressed(void **state)
{
    enum { ROWS = 20000, ROOM = 1 << 20 };
    const struct files *files = *state;
    char *bytes = malloc(ROOM);
    struct failure why = {""};
    struct trace *trace = NULL;
    size_t length;

    assert_non_null(bytes);
    length = compress_trace(files, ROWS, bytes, ROOM);
    assert_int_equal(trace_read(files->path, &trace, &why), 0);
    assert_int_equal(trace->periods, ROWS);
    assert_string_equal(trace->cut.text, "");
    expect_row(trace, 12345, 45, 12345 * 7919 % 100 + 0.5, 100);
    trace_free(trace);

    write_bytes(files, bytes, length / 2);
    assert_int_equal(trace_read(files->path, &trace, &why), 0);
    assert_in_range(trace->periods, ROWS / 10, ROWS * 9 / 10);
    assert_non_null(strstr(trace->cut.text, "the gzip stream is cut off"));
    uint32_t last = trace->periods - 1;
    expect_row(trace, last, last % 100, last * 7919 % 100 + last % 10 / 10.0, 100);
    trace_free(trace);

    /* Only the checksum at the end is lost: all rows are there, but the file is not whole. */
    write_bytes(files, bytes, length - 3);
    assert_int_equal(trace_read(files->path, &trace, &why), 0);
    expect_cut(trace, ROWS, "the gzip stream is cut off");

    write_bytes(files, bytes, 12);
    assert_int_equal(trace_read(files->path, &trace, &why), -EINVAL);

    bytes[length / 2] ^= 0x55;
    bytes[length / 2 + 1] ^= 0x55;
    write_bytes(files, bytes, length);
    assert_int_equal(trace_read(files->path, &trace, &why), -EINVAL);
    free(bytes);
}
#else
static void compressed(void **state)
{
    struct trace *trace = NULL;
    struct record *record_to = NULL;
    struct failure why = {""};

    write_bytes(*state, "\x1f\x8b\x08", 3);
    assert_int_equal(trace_read(((struct files *)*state)->path, &trace, &why), -ENOTSUP);
    assert_non_null(strstr(why.text, "zlib"));
    assert_int_equal(record_open("t.gz", 3, &record_to, &why), -ENOTSUP);
    assert_non_null(strstr(why.text, "zlib"));
}
#endif

/* Views to record. */
struct camera {
    struct view view;
    struct view_vcpu vcpus[4];
    struct view_pool pools[3];
    struct view_pcpu pcpus[3];
};

static void see(struct camera *camera, uint64_t serial, uint32_t slot, unsigned char domain,
                uint32_t number, double usage, double delay)
{
    struct view_vcpu *vcpu = &camera->vcpus[camera->view.vcpu_count++];

    *vcpu = (struct view_vcpu){.serial = serial, .usage = usage, .delay = delay};
    vcpu->name.uuid[3] = domain;
    vcpu->name.number = number;
    vcpu->name.slot = slot;
}

static void take(struct camera *camera, struct record *record_to)
{
    struct failure why = {""};

    camera->view.vcpus = camera->vcpus;
    view_of_ones(&camera->view, camera->pools, camera->pcpus, 3);
    camera->pools[1].managed = camera->pcpus[1].managed = false;
    if (record_add(record_to, &camera->view, &why) != 0)
        fail_msg("%s", why.text);
    camera->view.period++;
    camera->view.vcpu_count = 0;
}

static void record(const char *path)
{
    struct record *record_to = NULL;
    struct failure why = {""};
    struct camera camera = {.view = {.period = 0}};

    assert_int_equal(record_open(path, 2.5, &record_to, &why), 0);
    see(&camera, 1, 0, 1, 0, 99, 0);
    take(&camera, record_to); /* period 0: no usage yet */
    see(&camera, 1, 0, 1, 0, 50, 0.0004);
    see(&camera, 2, 1, 2, 0, 10.25, 20);
    take(&camera, record_to);
    see(&camera, 2, 1, 2, 0, 60, 70); /* at most 100; the other domain is gone */
    take(&camera, record_to);
    see(&camera, 3, 0, 2, 4, 7, 0); /* hot-plugged, in the slot of the one gone */
    see(&camera, 2, 1, 2, 0, 1, 0);
    see(&camera, 9, 2, 1, 0, 8.125, 0); /* the first domain, started again */
    take(&camera, record_to);
    if (record_close(record_to, &why) != 0)
        fail_msg("%s", why.text);
}

static void check_record(const char *path)
{
    struct trace *trace = NULL;
    struct failure why = {""};
    char part[128];

    if (trace_read(path, &trace, &why) != 0)
        fail_msg("%s", why.text);
    assert_int_equal(trace->pcpus, 2);
    assert_int_equal(trace->vcpus, 3);
    assert_int_equal(trace->periods, 3);
    assert_true(trace->resolution_s >= 2.5 && trace->resolution_s <= 2.5);
    assert_int_equal(trace->vm[0], 0);
    assert_int_equal(trace->vm[1], 1);
    assert_int_equal(trace->vm[2], 1);
    expect_row(trace, 0, 50, 30.25, 0);
    expect_row(trace, 1, 0, 100, 0);
    expect_row(trace, 2, 8.125, 1, 7);
    assert_string_equal(trace->cut.text, "");
    trace_free(trace);
    snprintf(part, sizeof part, "%s.part", path);
    assert_int_not_equal(access(part, F_OK), 0);
}

/* Two nodes of two cores of two threads, numbered as kernels do: nodes in turn, siblings four
 * apart. Three VMs, on pCPUs 6, 5 and 2; the memory of the first is on node 1. */
static struct plan *shaped_host(void)
{
    static const int32_t at[] = {6, 5, 2};
    struct plan *plan = view_make(8, 3);
    struct topology *topology = &plan->view.topology;

    view_shape(plan, 2, 1, 2, 2);
    for (int32_t p = 0; p < 8; p++) {
        topology->pcpus[p].node = topology->pcpus[p].llc = p % 2;
        topology->pcpus[p].core = p % 4;
        topology->pcpus[p].sibling = (p + 4) % 8;
    }
    for (int v = 0; v < 3; v++)
        plan->view.vcpus[view_add(plan, at[v], 30)].name.uuid[0] = (unsigned char)v;
    view_close(plan);
    plan->view.vcpus[0].numa_home = 1;
    return plan;
}

/* Records two periods and reads them. */
static struct trace *record_two(const char *path, struct plan *one, struct plan *two)
{
    struct record *record_to = NULL;
    struct trace *trace = NULL;
    struct failure why = {""};

    assert_int_equal(record_open(path, 3, &record_to, &why), 0);
    assert_int_equal(record_add(record_to, &one->view, &why), 0);
    assert_int_equal(record_add(record_to, &two->view, &why), 0);
    assert_int_equal(record_close(record_to, &why), 0);
    if (trace_read(path, &trace, &why) != 0)
        fail_msg("%s", why.text);
    return trace;
}

static void recorded_with_a_shape(void **state)
{
    const struct files *files = *state;
    struct plan *plan = shaped_host();
    struct trace *trace = record_two(files->path, plan, plan);

    assert_int_equal(trace->shape.sockets, 2);
    assert_int_equal(trace->shape.llcs, 1);
    assert_int_equal(trace->shape.cores, 2);
    assert_int_equal(trace->shape.threads, 2);
    assert_true(trace->smt_factor >= 0.6 && trace->smt_factor <= 0.6);
    assert_true(trace->remote_factor >= 0.85 && trace->remote_factor <= 0.85);
    /* node 0: 0 4 | 2 6; node 1: 1 5 | 3 7 */
    assert_int_equal(trace->start[0], 3);
    assert_int_equal(trace->start[1], 5);
    assert_int_equal(trace->start[2], 2);
    assert_int_equal(trace->home[0], 1);
    assert_int_equal(trace->home[1], 1); /* unknown: where it started */
    assert_int_equal(trace->home[2], 0);
    trace_free(trace);
    plan_free(plan);
}

static void recorded_without_a_shape(void **state)
{
    const struct files *files = *state;
    struct plan *plan = shaped_host(), *later = shaped_host();
    struct trace *trace;

    /* a core with one managed thread */
    plan->view.pcpus[7].managed = plan->view.pools[7].managed = false;
    cpuset_remove(&plan->view.managed, 7);
    trace = record_two(files->path, plan, plan);
    assert_int_equal(trace->shape.sockets, 0);
    assert_int_equal(trace->pcpus, 7);
    assert_int_equal(trace->start[0], 6);
    assert_int_equal(trace->start[1], 5);
    trace_free(trace);
    plan_free(plan);

    /* a shape that changes */
    plan = shaped_host();
    later->view.topology.version = plan->view.topology.version + 1;
    later->view.topology.pcpus[0].node = later->view.topology.pcpus[4].node = 1;
    trace = record_two(files->path, plan, later);
    assert_int_equal(trace->shape.sockets, 0);
    trace_free(trace);

    /* another reading of the same */
    plan_free(later);
    later = shaped_host();
    later->view.topology.version = plan->view.topology.version + 1;
    trace = record_two(files->path, plan, later);
    assert_int_equal(trace->shape.sockets, 2);
    trace_free(trace);
    plan_free(later);
    plan_free(plan);
}

/* In a pool of several pCPUs a vCPU starts where it ran last; numbers are those of managed pCPUs.
 */
static void recorded_with_pools(void **state)
{
    const struct files *files = *state;
    struct plan *plan = view_make(8, 3);
    struct record *record_to = NULL;
    struct trace *trace = NULL;
    struct failure why = {""};

    view_cut(plan, 4);
    view_add(plan, 1, 70);
    view_add(plan, 0, 50);
    view_add(plan, -1, 20); /* floating: it starts anywhere */
    view_close(plan);
    strcpy((char *)plan->view.vcpus[1].name.uuid, "another");
    strcpy((char *)plan->view.vcpus[2].name.uuid, "a third");
    plan->view.vcpus[0].last_pcpu = 6;
    plan->view.vcpus[0].delay = 12.5;
    plan->view.pcpus[3].managed = false;
    plan->view.period = 1;
    assert_int_equal(record_open(files->path, 3, &record_to, &why), 0);
    assert_int_equal(record_add(record_to, &plan->view, &why), 0);
    assert_int_equal(record_close(record_to, &why), 0);
    assert_int_equal(trace_read(files->path, &trace, &why), 0);
    assert_int_equal(trace->pcpus, 7);
    assert_int_equal(trace->start[0], 5);
    assert_int_equal(trace->start[1], 0);
    expect_row(trace, 0, 82.5, 50, 20);
    trace_free(trace);
    plan_free(plan);
}

static void recorded(void **state)
{
    const struct files *files = *state;

    record(files->path);
    check_record(files->path);
#ifdef HAVE_ZLIB
    char path[128];
    struct stat status;
    snprintf(path, sizeof path, "%s.gz", files->path);
    record(path);
    check_record(path);
    assert_int_equal(stat(path, &status), 0);
    assert_in_range(status.st_size, 30, 400);
    unlink(path);
#endif
}

/* Thousands of VMs, each present for a while, need no more columns than a few of them. */
static void a_record_is_as_wide_as_the_host(void **state)
{
    enum { VMS = 3000, EACH = 4, LIFE = 3 };
    static struct view_vcpu vcpus[EACH * LIFE];
    struct view_pool pools[1];
    struct view_pcpu pcpus[1];
    const struct files *files = *state;
    struct record *record_to = NULL;
    struct view view = {.vcpus = vcpus};
    struct trace *trace = NULL;
    struct failure why = {""};

    view_of_ones(&view, pools, pcpus, 1);
    assert_int_equal(record_open(files->path, 3, &record_to, &why), 0);
    for (uint32_t latest = 0; latest < VMS; latest++) {
        view.period++;
        view.vcpu_count = 0;
        for (uint32_t vm = latest < LIFE ? 0 : latest - LIFE + 1; vm <= latest; vm++) {
            for (uint32_t n = 0; n <= vm % EACH; n++) {
                struct view_vcpu *v = &vcpus[view.vcpu_count++];

                *v = (struct view_vcpu){.serial = vm * EACH + n + 1, .usage = 1 + vm % 50 + n};
                memcpy(v->name.uuid, &vm, sizeof vm);
                v->name.number = n;
                v->name.slot = vm % (LIFE + 1) * EACH + n;
            }
        }
        assert_int_equal(record_add(record_to, &view, &why), 0);
    }
    assert_int_equal(record_close(record_to, &why), 0);
    if (trace_read(files->path, &trace, &why) != 0)
        fail_msg("%s", why.text);
    assert_int_equal(trace->periods, VMS);
    assert_in_range(trace->vcpus, EACH * 100, 1024 + 3 * EACH * LIFE);
    for (uint32_t latest = LIFE; latest < VMS; latest++) {
        double wanted = 0, written = 0;

        for (uint32_t vm = latest - LIFE + 1; vm <= latest; vm++)
            for (uint32_t n = 0; n <= vm % EACH; n++)
                wanted += 1 + vm % 50 + n;
        for (uint32_t c = 0; c < trace->vcpus; c++) {
            const double demand = trace->demand[latest * trace->vcpus + c];

            written += demand;
            /* A VM's vCPUs share columns that no other VM has at the time. */
            for (uint32_t d = 0; demand > 0 && d < c; d++) {
                const double beside = trace->demand[latest * trace->vcpus + d];

                if (trace->vm[c] == trace->vm[d] && beside > 0)
                    assert_true(beside - demand < EACH && demand - beside < EACH);
            }
        }
        assert_float_equal(written, wanted, 0.01);
    }
    trace_free(trace);
}

/* More than a trace may hold: the record is complete, and later periods are ignored. */
static void a_full_record_ends_and_nothing_else(void **state)
{
    const struct files *files = *state;
    const uint32_t vcpus = TRACE_VCPUS_MAX + 1;
    struct view_pool pools[1];
    struct view_pcpu pcpus[1];
    struct plan *plan = plan_new();
    struct record *record = NULL;
    struct trace *trace = NULL;
    struct failure why = {""};

    assert_non_null(plan);
    plan->view.vcpus = calloc(vcpus, sizeof *plan->view.vcpus);
    assert_non_null(plan->view.vcpus);
    for (uint32_t v = 0; v < vcpus; v++) {
        plan->view.vcpus[v].serial = v + 1;
        plan->view.vcpus[v].name.slot = v;
        plan->view.vcpus[v].usage = 10;
        plan->view.vcpus[v].name.number = v % 64;
        memcpy(plan->view.vcpus[v].name.uuid, &(uint32_t){v / 64}, sizeof v);
    }
    view_of_ones(&plan->view, pools, pcpus, 1);
    plan->view.period = 1;
    plan->view.vcpu_count = 3;
    assert_int_equal(record_open(files->path, 3, &record, &why), 0);
    assert_int_equal(record_add(record, &plan->view, &why), 0);
    plan->view.vcpu_count = vcpus;
    assert_int_equal(record_add(record, &plan->view, &why), -E2BIG);
    assert_non_null(strstr(why.text, "the record ends here"));
    assert_int_equal(record_add(record, &plan->view, &why), 0);
    if (trace_read(files->path, &trace, &why) != 0)
        fail_msg("%s", why.text);
    assert_int_equal(trace->periods, 1);
    assert_float_equal(trace->demand[0], 10, 0);
    trace_free(trace);
    assert_int_equal(record_close(record, &why), 0);
    free(plan->view.vcpus);
    plan->view.vcpus = NULL;
    plan->view.pools = NULL;
    plan->view.pcpus = NULL;
    plan_free(plan);
}

static void nothing_recorded(void **state)
{
    const struct files *files = *state;
    struct record *record_to = NULL;
    struct failure why = {""};

    write_bytes(files, "old", 3);
    assert_int_equal(record_open(files->path, 3, &record_to, &why), 0);
    assert_int_equal(record_close(record_to, &why), 0);
    assert_int_equal(record_close(NULL, &why), 0);
    assert_int_equal(access(files->path, F_OK), 0);
    assert_int_equal(record_open("/nonexistent/record", 3, &record_to, &why), -ENOENT);
    assert_non_null(strstr(why.text, "/nonexistent/record.part"));
}

static void disk_full(void **state)
{
    struct record *record_to = NULL;
    struct failure why = {""};
    struct camera camera = {.view = {.period = 1}};
    char link_path[128];

    snprintf(link_path, sizeof link_path, "%s.part", ((struct files *)*state)->path);
    assert_int_equal(symlink("/dev/full", link_path), 0);
    assert_int_equal(record_open(((struct files *)*state)->path, 3, &record_to, &why), 0);
    see(&camera, 1, 0, 1, 0, 99, 0);
    camera.view.vcpus = camera.vcpus;
    view_of_ones(&camera.view, camera.pools, camera.pcpus, 3);
    assert_int_equal(record_add(record_to, &camera.view, &why), -ENOSPC);
    assert_non_null(strstr(why.text, ".part"));
    assert_int_equal(record_add(record_to, &camera.view, &why), -EIO);
    assert_int_equal(record_close(record_to, &why), 0); /* no whole row */
    assert_int_not_equal(access(((struct files *)*state)->path, F_OK), 0);
    unlink(link_path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(good_ones, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(line_ends_and_first_index, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(heads_that_are_wrong, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(shapes, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(shapes_that_are_wrong, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(rows_that_are_wrong, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(not_text, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(cut_off, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(compressed, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(recorded, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(recorded_with_a_shape, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(recorded_without_a_shape, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(recorded_with_pools, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_record_is_as_wide_as_the_host, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(a_full_record_ends_and_nothing_else, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(nothing_recorded, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(disk_full, make_folder, remove_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
