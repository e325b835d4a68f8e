/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_client.c - another client of libvirt, which asks for the statistics of all domains as
 * `virsh domstats` does, over and over. tests/bench/latency.sh runs it with and without the daemon.
 *
 *     bench_client URI SECONDS
 *
 * Prints how many answers came, and the median, the 99th percentile and the longest of their times
 * in milliseconds.
 */
#include "base/array.h"
#include "base/clock.h"

#include <inttypes.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* No period of the daemon is a multiple of this, so the calls meet the daemon at all moments. */
#define PAUSE_NS 17000000

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "bench_client: %s: %s\n", what, virGetLastErrorMessage());
    exit(EXIT_FAILURE);
}

static uint64_t ask(virConnectPtr connection)
{
    const uint64_t begin_ns = clock_now();
    virDomainStatsRecordPtr *records;
    uint64_t took_ns;

    if (virConnectGetAllDomainStats(connection, 0, &records, 0) < 0)
        die("statistics");
    took_ns = clock_now() - begin_ns;
    virDomainStatsRecordListFree(records);
    return took_ns;
}

static int by_time(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    uint64_t *times = NULL, end_ns;
    uint32_t count = 0, room = 0;
    virConnectPtr connection;

    if (argc != 3)
        return 2;
    connection = virConnectOpenReadOnly(argv[1]);
    if (!connection)
        die(argv[1]);
    end_ns = clock_now() + strtoull(argv[2], NULL, 10) * UINT64_C(1000000000);
    while (count == 0 || clock_now() < end_ns) {
        if (!ARRAY_GROW(times, room, count + 1))
            die("memory");
        times[count++] = ask(connection);
        nanosleep(&pause, NULL);
    }
    virConnectClose(connection);
    qsort(times, count, sizeof *times, by_time);
    printf("%" PRIu32 " %.3f %.3f %.3f\n", count, (double)times[count / 2] / 1e6,
           (double)times[count * UINT64_C(99) / 100] / 1e6, (double)times[count - 1] / 1e6);
    free(times);
    return 0;
}
