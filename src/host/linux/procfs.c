/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/linux/procfs.h"

#include "base/array.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int procfs_stat_open(struct procfs_stat *stat)
{
    const long ticks = sysconf(_SC_CLK_TCK);

    stat->tick_ns = UINT64_C(1000000000) / (uint64_t)(ticks > 0 ? ticks : 100);
    stat->text = NULL;
    stat->capacity = 0;
    stat->fd = open("/proc/stat", O_RDONLY | O_CLOEXEC);
    return stat->fd < 0 ? -errno : 0;
}

void procfs_stat_close(struct procfs_stat *stat)
{
    if (stat->fd >= 0)
        close(stat->fd);
    free(stat->text);
    stat->fd = -1;
    stat->text = NULL;
}

/* Reads a line "cpuN user nice system idle iowait irq softirq steal …" from N on. Returns the end
 * of the line. */
static const char *parse_line(const char *at, uint64_t *cpu, uint64_t *busy_ticks)
{
    enum { IDLE = 3, IOWAIT = 4, FIELDS = 8 };
    char *end;

    *cpu = strtoull(at, &end, 10);
    *busy_ticks = 0;
    for (int field = 0; field < FIELDS && *end == ' '; field++) {
        const uint64_t ticks = strtoull(end, &end, 10);

        if (field != IDLE && field != IOWAIT)
            *busy_ticks += ticks;
    }
    return end + strcspn(end, "\n");
}

int procfs_stat_parse(const char *text, uint64_t tick_ns, struct snapshot *snapshot)
{
    cpuset_clear(&snapshot->online);
    while (text && *text) {
        uint64_t cpu, ticks;

        if (strncmp(text, "cpu", 3) != 0)
            break; /* the pCPUs come first */
        if (text[3] >= '0' && text[3] <= '9') {
            text = parse_line(text + 3, &cpu, &ticks);
            if (cpu >= CPUSET_MAX)
                break;
            if (cpu >= snapshot->size.pcpus) {
                snapshot->size.pcpus = (uint32_t)cpu + 1;
                if (snapshot_reserve(snapshot, &snapshot->size))
                    return -ENOMEM;
            }
            snapshot->busy_ns[cpu] = ticks * tick_ns;
            cpuset_add(&snapshot->online, (uint32_t)cpu);
        } else {
            text += strcspn(text, "\n");
        }
        text += *text == '\n';
    }
    return 0;
}

int procfs_stat_read(struct procfs_stat *stat, struct snapshot *snapshot)
{
    ssize_t length;

    if (stat->capacity == 0 && !ARRAY_GROW(stat->text, stat->capacity, 8192))
        return -ENOMEM;
    for (;;) {
        length = pread(stat->fd, stat->text, stat->capacity - 1, 0);
        if (length < 0)
            return -errno;
        if ((size_t)length < stat->capacity - 1)
            break;
        if (!ARRAY_GROW(stat->text, stat->capacity, 2 * stat->capacity))
            return -ENOMEM;
    }
    stat->text[length] = '\0';
    return procfs_stat_parse(stat->text, stat->tick_ns, snapshot);
}

void procfs_pcpus(const char *name, struct cpuset *set)
{
    char path[64], text[4096];

    snprintf(path, sizeof path, "/sys/devices/system/cpu/%s", name);
    /* Without nohz_full=, some kernels write "(null)". */
    if (file_read(path, text, sizeof text) < 0 || cpuset_parse(set, text))
        cpuset_clear(set);
}

bool procfs_cmdline_is(const char *text, size_t length, const char *uuid)
{
    const char *at = text;

    while (at < text + length) {
        const bool option = strcmp(at, "-uuid") == 0;

        at += strlen(at) + 1;
        if (option)
            return at < text + length && strcmp(at, uuid) == 0;
    }
    return false;
}

/* Checks that the process was started with "-uuid <uuid>". Returns 0, -ESRCH, or an error as
 * kept_ran_out() knows it. */
static int check_domain(pid_t pid, const char *uuid)
{
    char path[64], text[16384];
    ssize_t length;

    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    length = file_read(path, text, sizeof text);
    if (kept_ran_out((int)length))
        return (int)length;
    return length > 0 && procfs_cmdline_is(text, (size_t)length, uuid) ? 0 : -ESRCH;
}

pid_t procfs_qemu(const char *path, const char *uuid)
{
    char text[32];
    const ssize_t length = file_read(path, text, sizeof text);
    long pid;
    int error;

    if (length < 0)
        return (pid_t)length;
    pid = strtol(text, NULL, 10);
    error = pid > 0 ? check_domain((pid_t)pid, uuid) : -ESRCH;
    return error ? error : (pid_t)pid;
}

pid_t procfs_vcpu_thread(pid_t qemu, uint32_t vcpu)
{
    struct dirent *task;
    char path[64 + sizeof task->d_name], want[32], comm[32];
    pid_t found = -ENOENT;
    DIR *tasks;

    snprintf(path, sizeof path, "/proc/%d/task", (int)qemu);
    tasks = opendir(path);
    if (!tasks)
        return -errno;
    snprintf(want, sizeof want, "CPU %u/", vcpu);
    while (found == -ENOENT && (task = readdir(tasks))) {
        ssize_t length;

        if (task->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%s/comm", (int)qemu, task->d_name);
        length = file_read(path, comm, sizeof comm);
        if (kept_ran_out((int)length))
            found = (pid_t)length;
        else if (length > 0 && strncmp(comm, want, strlen(want)) == 0)
            found = (pid_t)strtol(task->d_name, NULL, 10);
    }
    closedir(tasks);
    return found;
}

int procfs_parse_affinity(const char *status, struct cpuset *set)
{
    static const char field[] = "\nCpus_allowed_list:\t";
    const char *at = strstr(status, field);
    char list[CPUSET_LIST_MAX];
    struct cpuset told;
    size_t length;

    if (!at)
        return -EIO;
    at += sizeof field - 1;
    length = strcspn(at, "\n");
    if (at[length] != '\n' || length >= sizeof list)
        return -EIO; /* the text is incomplete */
    memcpy(list, at, length);
    list[length] = '\0';
    if (cpuset_parse(&told, list) || cpuset_count(&told) == 0)
        return -EIO;
    *set = told;
    return 0;
}

int procfs_read_affinity(pid_t tid, struct cpuset *set)
{
    char path[64], text[16384];
    ssize_t length;

    snprintf(path, sizeof path, "/proc/%d/status", (int)tid);
    length = file_read(path, text, sizeof text);
    return length < 0 ? (int)length : procfs_parse_affinity(text, set);
}

pid_t procfs_open_schedstat(pid_t qemu, uint32_t vcpu, struct kept *file)
{
    const pid_t thread = procfs_vcpu_thread(qemu, vcpu);
    char path[64];
    int error;

    if (thread < 0)
        return thread;
    snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", (int)qemu, (int)thread);
    error = kept_open(file, path);
    return error ? error : thread;
}

bool procfs_is_realtime(pid_t thread)
{
    const int policy = sched_getscheduler(thread) & ~SCHED_RESET_ON_FORK;

    return policy == SCHED_FIFO || policy == SCHED_RR || policy == SCHED_DEADLINE;
}

int procfs_read_delay(const struct kept *file, uint64_t *delay_ns)
{
    char text[128], *end;
    const ssize_t length = kept_read(file, text, sizeof text);
    uint64_t read_ns;

    if (length <= 0)
        return length < 0 ? (int)length : -EIO;
    strtoull(text, &end, 10);
    if (*end != ' ' || end[1] < '0' || end[1] > '9')
        return -EIO;
    read_ns = strtoull(end, &end, 10);
    if (*end != ' ')
        return -EIO;
    *delay_ns = read_ns;
    return 0;
}
