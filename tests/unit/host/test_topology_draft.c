/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Topologies of many machines, from the kernel and from libvirt. */
#include "host/libvirt/xml.h"
#include "host/linux/sysfs.h"
#include "host/topology_draft.h"

#include "support/files.h"
#include "support/shape_maker.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char root[64];

/* Tens of thousands of small files, in memory if possible. */
static int make_root(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "%s/vs-topology-XXXXXX",
             access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
    (void)state;
    return folder_remove(root);
}

/* ---- machines that are generated ---- */

/* The index of each group on a machine, in the order of its lowest pCPU. */
static void expect_level(const struct shape *shape, const struct topology *topology,
                         enum topology_level level, uint32_t count)
{
    int32_t numbers[4096], next = 0;

    for (size_t i = 0; i < 4096; i++)
        numbers[i] = -1;
    for (uint32_t p = 0; p < topology->pcpu_count; p++) {
        const struct shape_place *place = &shape->places[p];
        const int groups[] = {place->core, place->llc, place->die, place->socket, place->node};
        int32_t *number = &numbers[groups[level]];
        const int32_t got = *topology_level(&topology->pcpus[p], level);

        if (!cpuset_has(&shape->online, p)) {
            assert_int_equal(got, -1);
            continue;
        }
        if (*number < 0)
            *number = next++;
        assert_int_equal(got, *number);
    }
    assert_int_equal(count, next);
}

static void expect_nodes(const struct shape *shape, const struct topology *topology)
{
    bool seen[SHAPE_NODES_MAX] = {false};

    assert_int_equal(topology->node_count, shape->node_count);
    for (uint32_t p = 0; p < topology->pcpu_count; p++) {
        const int32_t node = topology->pcpus[p].node;

        if (node < 0)
            continue;
        assert_int_equal(topology->nodes[node].number, shape->nodes[shape->places[p].node].number);
        for (int32_t before = 0; before < node; before++)
            assert_true(seen[before]);
        seen[node] = true;
    }
    for (uint32_t from = 0; from < shape->node_count; from++) {
        uint32_t f = 0;

        while (topology->nodes[f].number != shape->nodes[from].number)
            assert_true(++f < topology->node_count);
        assert_int_equal(topology->nodes[f].memory_kib, shape->nodes[from].memory_kib);
        for (uint32_t t = 0; t < topology->node_count; t++) {
            uint32_t to = 0;

            while (shape->nodes[to].number != topology->nodes[t].number)
                to++;
            assert_int_equal(topology_distance(topology, (int32_t)f, (int32_t)t),
                             shape->nodes[from].distances[to]);
        }
    }
}

/* From every thread, the ring visits each thread of its core once. */
static void expect_rings(const struct shape *shape, const struct topology *topology)
{
    for (uint32_t p = 0; p < topology->pcpu_count; p++) {
        uint32_t threads = 0, met = 0;

        if (!cpuset_has(&shape->online, p)) {
            assert_int_equal(topology->pcpus[p].sibling, p);
            continue;
        }
        for (uint32_t q = 0; q < topology->pcpu_count; q++)
            threads +=
                cpuset_has(&shape->online, q) && shape->places[q].core == shape->places[p].core;
        for (int32_t at = topology->pcpus[p].sibling; at != (int32_t)p && met < threads;
             at = topology->pcpus[at].sibling) {
            assert_int_equal(shape->places[at].core, shape->places[p].core);
            met++;
        }
        assert_int_equal(met + 1, threads);
    }
}

static void expect_capacities(const struct shape *shape, const struct topology *topology)
{
    unsigned most = 0;

    for (uint32_t p = 0; p < shape->pcpu_count; p++)
        most = shape->places[p].capacity > most ? shape->places[p].capacity : most;
    for (uint32_t p = 0; p < topology->pcpu_count; p++) {
        const uint64_t part = most ? 1024ull * shape->places[p].capacity / most : 1024;

        assert_int_equal(topology->pcpus[p].capacity, part);
    }
}

/* The counts that the test expects. */
static void check_figures(const struct shape *shape, const struct topology *topology)
{
    static const struct {
        const char *name;
        uint32_t pcpus, cores, llcs, dies, sockets, nodes;
    } known[] = {
        {"plain", 4, 4, 1, 1, 1, 1},
        {"two sockets", 16, 8, 2, 2, 2, 2},
        {"epyc", 64, 32, 8, 2, 2, 4},
        {"sub-NUMA", 32, 16, 2, 2, 2, 4},
        {"hybrid by CPPC", 8, 6, 1, 1, 1, 1},
        {"gaps", 12, 4, 2, 2, 2, 2},
        {"offline siblings", 15, 8, 2, 2, 2, 2},
        {"memory only", 8, 4, 2, 2, 2, 3},
        {"dies", 16, 8, 4, 4, 2, 2},
        {"1024 pCPUs", 1024, 512, 32, 4, 4, 8},
    };

    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        if (strcmp(known[k].name, shape->name) != 0)
            continue;
        assert_int_equal(topology->pcpu_count, known[k].pcpus);
        assert_int_equal(topology->core_count, known[k].cores);
        assert_int_equal(topology->llc_count, known[k].llcs);
        assert_int_equal(topology->die_count, known[k].dies);
        assert_int_equal(topology->socket_count, known[k].sockets);
        assert_int_equal(topology->node_count, known[k].nodes);
    }
}

enum sources { KERNEL = 1, LIBVIRT = 2, BOTH = 3 };

/* Reads the machine's topology and compares it with the machine. */
static void check_shape(const struct shape *shape, enum sources sources)
{
    struct topology topology = {0}, second = {0};
    char *xml = shape_capabilities(shape);
    struct failure why = {""};

    if (sources & LIBVIRT)
        assert_int_equal(topology_read_capabilities(&topology, xml, &why), 0);
    if (sources & KERNEL)
        assert_int_equal(topology_read_sysfs(sources & LIBVIRT ? &second : &topology, root, &why),
                         0);
    assert_int_equal(topology_merge(&topology, &second), 0);
    assert_int_equal(topology_number(&topology, &shape->online), 0);
    assert_int_equal(topology.version, 1);
    expect_level(shape, &topology, LEVEL_CORE, topology.core_count);
    expect_level(shape, &topology, LEVEL_DIE, topology.die_count);
    expect_level(shape, &topology, LEVEL_SOCKET, topology.socket_count);
    if (sources & KERNEL || shape->llc_level == 3) /* libvirt reports no cache below L3 */
        expect_level(shape, &topology, LEVEL_LLC, topology.llc_count);
    else
        assert_int_equal(topology.llc_count, topology.socket_count);
    if (sources & KERNEL) /* libvirt reports no capacity */
        expect_capacities(shape, &topology);
    expect_nodes(shape, &topology);
    expect_rings(shape, &topology);
    check_figures(shape, &topology);
    free(xml);
    topology_finish(&topology);
    topology_finish(&second);
}

static void every_shape_is_seen_by_either_and_both(void **state)
{
    struct shape *shape;

    for (unsigned n = 0; (shape = shape_make(n)); n++) {
        print_message("# %s\n", shape->name);
        assert_int_equal(make_root(state), 0);
        shape_write(shape, root);
        check_shape(shape, KERNEL);
        check_shape(shape, LIBVIRT);
        check_shape(shape, BOTH);
        assert_int_equal(remove_root(state), 0);
        shape_free(shape);
    }
}

static void a_pcpu_that_goes_leaves_its_ring(void **state)
{
    struct shape *shape = shape_named("two sockets");
    struct topology topology = {0};
    struct failure why;

    (void)state;
    shape_write(shape, root);
    assert_int_equal(topology_read_sysfs(&topology, root, &why), 0);
    assert_int_equal(topology_number(&topology, &shape->online), 0);
    assert_int_equal(topology.pcpus[3].sibling, 11);
    topology_finish(&topology);

    cpuset_remove(&shape->online, 11);
    shape_write(shape, root);
    check_shape(shape, KERNEL);
    assert_int_equal(topology_read_sysfs(&topology, root, &why), 0);
    assert_int_equal(topology_number(&topology, &shape->online), 0);
    assert_int_equal(topology.pcpus[3].sibling, 3);
    assert_int_equal(topology.pcpus[11].core, -1);
    topology_finish(&topology);

    cpuset_add(&shape->online, 11);
    shape_write(shape, root);
    check_shape(shape, KERNEL);
    shape_free(shape);
}

/* libvirt knows nothing of pCPU 2, the kernel does. */
static void who_knows_less_gives_way(void **state)
{
    struct shape *shape = shape_named("two sockets");
    struct topology topology = {0}, second = {0};
    struct failure why;
    char *before;

    (void)state;
    shape_write(shape, root);
    cpuset_remove(&shape->online, 2);
    shape->places[2].present = false;
    before = shape_capabilities(shape);
    cpuset_add(&shape->online, 2);
    assert_int_equal(topology_read_capabilities(&topology, before, &why), 0);
    assert_int_equal(topology_read_sysfs(&second, root, &why), 0);
    assert_int_equal(topology_merge(&topology, &second), 0);
    assert_int_equal(topology_number(&topology, &shape->online), 0);
    expect_level(shape, &topology, LEVEL_CORE, topology.core_count);
    expect_level(shape, &topology, LEVEL_LLC, topology.llc_count);
    expect_rings(shape, &topology);
    expect_nodes(shape, &topology);
    topology_finish(&topology);
    topology_finish(&second);
    free(before);
    shape_free(shape);
}

/* ---- a real machine: 2 nodes of 2 cores of 2 threads, Linux 6.1, libvirt 9.0 ---- */

/* Reads a file of this folder; the caller frees the text. */
static char *read_extract(const char *name)
{
    const char *top = getenv("srcdir");
    char path[PATH_MAX], *text = NULL;
    size_t room = 0;
    FILE *file;

    snprintf(path, sizeof path, "%s/tests/support/shapes/%s", top ? top : ".", name);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_true(getdelim(&text, &room, '\0', file) > 0);
    fclose(file);
    return text;
}

/* Writes the files of an extract with lines "PATH: TEXT". */
static void write_extract(char *text)
{
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char *value = strstr(line, ": ");

        assert_non_null(value);
        *value = '\0';
        shape_put(root, line, value + 2);
    }
}

static void expect_real(const struct topology *topology)
{
    assert_int_equal(topology->pcpu_count, 8);
    assert_int_equal(topology->core_count, 4);
    assert_int_equal(topology->llc_count, 2);
    assert_int_equal(topology->die_count, 2);
    assert_int_equal(topology->socket_count, 2);
    assert_int_equal(topology->node_count, 2);
    assert_int_equal(topology_distance(topology, 0, 1), 20);
    for (int32_t p = 0; p < 8; p++) {
        if (p == 5)
            continue;
        assert_int_equal(topology->pcpus[p].core, p / 2);
        assert_int_equal(topology->pcpus[p].llc, p / 4);
        assert_int_equal(topology->pcpus[p].node, p / 4);
        if (p != 4)
            assert_int_equal(topology->pcpus[p].sibling, p ^ 1);
    }
}

static void a_real_machine_is_read(void **state)
{
    char *sysfs = read_extract("vhost.sysfs"), *xml = read_extract("vhost.xml");
    struct topology kernel = {0}, libvirt = {0};
    struct cpuset online;
    struct failure why;

    (void)state;
    write_extract(sysfs);
    cpuset_parse(&online, "0-7");
    assert_int_equal(topology_read_sysfs(&kernel, root, &why), 0);
    assert_int_equal(topology_number(&kernel, &online), 0);
    expect_real(&kernel);
    assert_int_equal(kernel.pcpus[4].sibling, 5);
    assert_int_equal(topology_read_capabilities(&libvirt, xml, &why), 0);
    assert_int_equal(topology_number(&libvirt, &online), 0);
    expect_real(&libvirt);
    assert_int_equal(libvirt.pcpus[4].sibling, 5);
    assert_int_equal(libvirt.nodes[1].memory_kib, 1546940);
    topology_finish(&kernel);
    topology_finish(&libvirt);
    free(sysfs);
    free(xml);
}

/* libvirt still reports pCPU 5, on socket 0. */
static void a_real_machine_lacks_a_pcpu(void **state)
{
    char *xml = read_extract("vhost-offline.xml");
    struct topology topology = {0};
    struct cpuset online;
    struct failure why;

    (void)state;
    cpuset_parse(&online, "0-4,6-7");
    assert_int_equal(topology_read_capabilities(&topology, xml, &why), 0);
    assert_int_equal(topology_number(&topology, &online), 0);
    expect_real(&topology);
    assert_int_equal(topology.pcpus[4].sibling, 4);
    assert_int_equal(topology.pcpus[5].socket, -1);
    topology_finish(&topology);
    free(xml);
}

/* ---- little or nothing known ---- */

static void what_nobody_tells_falls_back(void **state)
{
    struct topology topology = {0};
    struct cpuset online;

    (void)state;
    assert_int_equal(cpuset_parse(&online, "1,3-4"), 0);
    assert_int_equal(topology_number(&topology, &online), 0);
    assert_int_equal(topology.pcpu_count, 5);
    assert_int_equal(topology.core_count, 3);
    assert_int_equal(topology.llc_count, 1);
    assert_int_equal(topology.die_count, 1);
    assert_int_equal(topology.socket_count, 1);
    assert_int_equal(topology.node_count, 1);
    assert_int_equal(topology.pcpus[0].core, -1);
    assert_int_equal(topology.pcpus[3].core, 1);
    assert_int_equal(topology.pcpus[3].sibling, 3);
    assert_int_equal(topology.pcpus[4].node, 0);
    assert_int_equal(topology.pcpus[4].capacity, TOPOLOGY_CAPACITY);
    assert_int_equal(topology_distance(&topology, 0, 0), TOPOLOGY_NEAR);
    topology_finish(&topology);
}

/* A kernel without NUMA, and firmware that reports neither dies nor caches. */
static void a_bare_kernel_tells_sockets(void **state)
{
    struct topology topology = {0};
    struct shape *shape = shape_named("two sockets");
    char path[PATH_MAX], other[PATH_MAX];
    struct failure why;

    (void)state;
    shape_write(shape, root);
    snprintf(path, sizeof path, "%s/devices/system/node", root);
    snprintf(other, sizeof other, "%s/devices/system/no-node", root);
    assert_int_equal(rename(path, other), 0);
    for (uint32_t p = 0; p < shape->pcpu_count; p++) {
        snprintf(path, sizeof path, "%s/devices/system/cpu/cpu%u/cache", root, p);
        snprintf(other, sizeof other, "%s/devices/system/cpu/cpu%u/no-cache", root, p);
        assert_int_equal(rename(path, other), 0);
        snprintf(path, sizeof path, "%s/devices/system/cpu/cpu%u/topology/die_cpus_list", root, p);
        assert_int_equal(remove(path), 0);
    }
    assert_int_equal(topology_read_sysfs(&topology, root, &why), 0);
    assert_int_equal(topology_number(&topology, &shape->online), 0);
    assert_int_equal(topology.core_count, 8);
    assert_int_equal(topology.socket_count, 2);
    assert_int_equal(topology.llc_count, 2);
    assert_int_equal(topology.die_count, 2);
    assert_int_equal(topology.node_count, 1);
    assert_int_equal(topology.pcpus[4].llc, 1);
    assert_int_equal(topology.pcpus[4].node, 0);
    topology_finish(&topology);
    shape_free(shape);
}

static void no_pcpu_is_no_machine(void **state)
{
    struct topology topology = {0};
    struct failure why;

    (void)state;
    assert_int_equal(topology_read_sysfs(&topology, root, &why), -ENOENT);
    assert_non_null(strstr(why.text, root));
    assert_int_equal(topology_read_sysfs(&topology, "/nowhere", &why), -ENOENT);
    assert_int_equal(topology.version, 0);
    topology_finish(&topology);
}

/* ---- malformed ---- */

static void nonsense_of_a_kernel_is_refused(void **state)
{
    static const struct {
        const char *name, *text;
    } wrong[] = {
        {"cpu/online", "zero"},
        {"cpu/online", "0-7,9-"},
        {"cpu/online", "0-99999999999999999999"},
        {"cpu/cpu0/topology/core_cpus_list", "1"},
        {"cpu/cpu0/topology/core_cpus_list", ""},
        {"cpu/cpu0/topology/core_cpus_list", "0-\033[31m"},
        {"cpu/cpu0/topology/package_cpus_list", "5-4"},
        {"cpu/cpu0/topology/die_cpus_list", "0,,1"},
        {"cpu/cpu0/cache/index2/shared_cpu_list", "8192"},
        {"cpu/cpu0/cache/index2/level", "-3"},
        {"cpu/cpu0/cache/index0/level", "L1"},
        {"cpu/cpu5/acpi_cppc/highest_perf", "0"},
        {"cpu/cpu5/acpi_cppc/highest_perf", "4294967296"},
        {"cpu/cpu5/acpi_cppc/highest_perf", ""},
        {"cpu/cpu3/cpu_capacity", "many"},
        {"node/online", "0-2000"},
        {"node/online", "none"},
        {"node/node0/cpulist", "0-7 and more"},
        {"node/node0/distance", ""},
        {"node/node0/distance", "10 20"},
        {"node/node0/distance", "9"},
        {"node/node0/distance", "256"},
        {"node/node0/distance", "1e1"},
    };

    (void)state;
    for (size_t w = 0; w < sizeof wrong / sizeof *wrong; w++) {
        struct shape *shape = shape_named("hybrid by CPPC");
        struct topology topology = {0};
        struct failure why = {""};
        char name[128];

        shape_write(shape, root);
        snprintf(name, sizeof name, "devices/system/%s", wrong[w].name);
        shape_put(root, name, wrong[w].text);
        assert_int_equal(topology_read_sysfs(&topology, root, &why), -EINVAL);
        assert_non_null(strstr(why.text, wrong[w].name));
        assert_null(strchr(why.text, '\033'));
        topology_finish(&topology);
        shape_free(shape);
    }
}

/* Capabilities with one error, and a word of the message. */
static void nonsense_of_a_libvirt_is_refused(void **state)
{
    static const struct {
        const char *good, *bad, *said;
    } wrong[] = {
        {"<cell id='0'>", "<cell>", "<cell>"},
        {"<cell id='0'>", "<cell id='-1'>", "-1"},
        {"<cpu id='0'", "<cpu", "<cpu>"},
        {"<cpu id='0'", "<cpu id='8192'", "8192"},
        {"<cpu id='0'", "<cpu id='99999999999999999999'", "9999"},
        {"<cpu id='0'", "<cpu id='0x1'", "0x1"},
        {"siblings='0,8'", "siblings='8'", "siblings"},
        {"siblings='0,8'", "siblings='0-8192'", "8192"},
        {"siblings='0,8'", "siblings='0,&#x9b;'", "siblings"},
        {"socket_id='0'", "socket_id=''", "socket_id"},
        {"socket_id='0'", "socket_id='99999999999'", "socket_id"},
        {"die_id='0'", "die_id='one'", "die_id"},
        {"<memory unit='KiB'>1000000</memory>", "<memory unit='KiB'>-1</memory>", "<memory>"},
        {"<memory unit='KiB'>1000000</memory>", "<memory/>", "<memory>"},
        {"value='21'", "value='9'", "value"},
        {"value='21'", "value='256'", "value"},
        {"<sibling id='1'", "<sibling id='b'", "<sibling>"},
        {"cpus='0-3,8-11'", "cpus='3-0'", "<bank>"},
        {"</cell>", "</cel>", "not XML"},
        {"<capabilities>", "", "not XML"},
    };
    struct shape *shape = shape_named("two sockets");
    char *xml = shape_capabilities(shape);

    (void)state;
    for (size_t w = 0; w < sizeof wrong / sizeof *wrong; w++) {
        const char *at = strstr(xml, wrong[w].good);
        const size_t size = strlen(xml) + 200;
        struct topology topology = {0};
        struct failure why = {""};
        char *text = malloc(size);

        assert_non_null(at);
        assert_non_null(text);
        snprintf(text, size, "%.*s%s%s", (int)(at - xml), xml, wrong[w].bad,
                 at + strlen(wrong[w].good));
        assert_int_equal(topology_read_capabilities(&topology, text, &why), -EINVAL);
        assert_non_null(strstr(why.text, wrong[w].said));
        topology_finish(&topology);
        free(text);
    }
    free(xml);
    shape_free(shape);
}

/* Truncated anywhere, the text is no XML; no memory is leaked. */
static void half_an_answer_is_refused(void **state)
{
    struct shape *shape = shape_named("plain");
    char *xml = shape_capabilities(shape);
    struct failure why;

    (void)state;
    for (size_t length = strlen(xml) - 2; length > 0; length -= length > 7 ? 7 : length) {
        struct topology topology = {0};

        xml[length] = '\0';
        assert_int_equal(topology_read_capabilities(&topology, xml, &why), -EINVAL);
        topology_finish(&topology);
    }
    free(xml);
    shape_free(shape);
}

static void a_libvirt_may_tell_nothing(void **state)
{
    static const char *const silent[] = {
        "<capabilities/>",
        "<capabilities><host/></capabilities>",
        "<capabilities><host><topology/></host></capabilities>",
        "<capabilities><host><topology><cells num='0'/></topology></host></capabilities>",
    };
    struct topology topology = {0};
    struct failure why;

    (void)state;
    for (size_t s = 0; s < sizeof silent / sizeof *silent; s++)
        assert_int_equal(topology_read_capabilities(&topology, silent[s], &why), -ENOENT);
    topology_finish(&topology);
}

/* As for a pCPU of which libvirt knows only the node. */
static void a_libvirt_may_tell_little(void **state)
{
    struct topology topology = {0};
    struct cpuset online;
    struct failure why;

    (void)state;
    assert_int_equal(topology_read_capabilities(
                         &topology,
                         "<capabilities><host><topology><cells><cell id='3'><cpus>"
                         "<cpu id='0'/><cpu id='1' siblings='1-2'/><cpu id='2' siblings='1-2'/>"
                         "</cpus></cell></cells></topology></host></capabilities>",
                         &why),
                     0);
    assert_int_equal(cpuset_parse(&online, "0-3"), 0);
    assert_int_equal(topology_number(&topology, &online), 0);
    assert_int_equal(topology.core_count, 3);
    assert_int_equal(topology.pcpus[1].sibling, 2);
    assert_int_equal(topology.socket_count, 1);
    assert_int_equal(topology.nodes[0].number, 3);
    assert_int_equal(topology.pcpus[3].node, 0);
    topology_finish(&topology);
}

static void as_many_nodes_as_linux_can_have(void **state)
{
    char *xml = NULL;
    size_t size;
    FILE *out = open_memstream(&xml, &size);
    struct topology topology = {0};
    struct failure why;

    (void)state;
    fputs("<capabilities><host><topology><cells>", out);
    for (int n = 0; n < TOPOLOGY_NODES_MAX + 1; n++)
        fprintf(out, "<cell id='%d'/>", n);
    fputs("</cells></topology></host></capabilities>", out);
    fclose(out);
    assert_int_equal(topology_read_capabilities(&topology, xml, &why), -EINVAL);
    topology_finish(&topology);
    free(xml);
}

/* On this machine. */
static void this_machine_is_read(void **state)
{
    struct topology topology = {0};
    struct cpuset online;
    struct failure why;
    char text[8192] = "";
    FILE *file = fopen("/sys/devices/system/cpu/online", "r");

    (void)state;
    if (!file)
        skip();
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    assert_int_equal(cpuset_parse(&online, text), 0);
    assert_int_equal(topology_read_sysfs(&topology, "/sys", &why), 0);
    assert_int_equal(topology_number(&topology, &online), 0);
    for (uint32_t p = 0; p < topology.pcpu_count; p++) {
        assert_int_equal(topology.pcpus[p].core >= 0, cpuset_has(&online, p));
        assert_int_equal(topology.pcpus[p].node >= 0, cpuset_has(&online, p));
    }
    assert_true(topology.core_count <= cpuset_count(&online));
    assert_true(topology.nodes[0].memory_kib > 0);
    topology_finish(&topology);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shape_is_seen_by_either_and_both),
        cmocka_unit_test_setup_teardown(a_pcpu_that_goes_leaves_its_ring, make_root, remove_root),
        cmocka_unit_test_setup_teardown(who_knows_less_gives_way, make_root, remove_root),
        cmocka_unit_test_setup_teardown(a_real_machine_is_read, make_root, remove_root),
        cmocka_unit_test(a_real_machine_lacks_a_pcpu),
        cmocka_unit_test(what_nobody_tells_falls_back),
        cmocka_unit_test_setup_teardown(a_bare_kernel_tells_sockets, make_root, remove_root),
        cmocka_unit_test_setup_teardown(no_pcpu_is_no_machine, make_root, remove_root),
        cmocka_unit_test_setup_teardown(nonsense_of_a_kernel_is_refused, make_root, remove_root),
        cmocka_unit_test(nonsense_of_a_libvirt_is_refused),
        cmocka_unit_test(half_an_answer_is_refused),
        cmocka_unit_test(a_libvirt_may_tell_nothing),
        cmocka_unit_test(a_libvirt_may_tell_little),
        cmocka_unit_test(as_many_nodes_as_linux_can_have),
        cmocka_unit_test(this_machine_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
