/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel tells: /proc/stat, a thread's schedstat, a process's command line. */
#include "fuzz.h"
#include "host/linux/procfs.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void read_stat(const char *text)
{
    struct snapshot *snapshot = snapshot_new();
    int last = -1;

    MUST(snapshot);
    MUST(procfs_stat_parse(text, 10000000, snapshot) == 0);
    for (int cpu = 0; cpu >= 0; cpu = cpuset_next(&snapshot->online, (uint32_t)cpu + 1))
        last = cpuset_has(&snapshot->online, (uint32_t)cpu) ? cpu : last;
    MUST(snapshot->size.pcpus == (uint32_t)(last + 1));
    snapshot_free(snapshot);
}

static void read_delay(const uint8_t *data, size_t size)
{
    const struct fuzz_file file = fuzz_file(data, size);
    uint64_t delay_ns = 4711;
    const struct kept kept = {.fd = file.fd, .path = NULL};
    const int error = procfs_read_delay(&kept, &delay_ns);

    MUST(error == 0 || (error == -EIO && delay_ns == 4711));
    close(file.fd);
}

static void read_cmdline(const char *text, size_t size)
{
    static const char uuid[] = "4dea22b3-1d52-d8f3-2516-782e98ab3fa0", other[] = "-uuid";

    if (procfs_cmdline_is(text, size, uuid))
        MUST(memmem(text, size, "-uuid", sizeof("-uuid")) &&
             memmem(text, size, uuid, strlen(uuid)));
    procfs_cmdline_is(text, size, other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);

    read_stat(text);
    read_delay(data, size);
    read_cmdline(text, size);
    free(text);
    return 0;
}
