/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wrap_kernel.c - the kernel refuses an affinity after libvirt has written the vCPU's cpuset. The
 * driver of embedded QEMU is in the same process, and finds this function before the C library's.
 */
#include "fault.h"

#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

/* libvirt takes EINVAL for a mask that is too short, and tries again with a longer one. */
static _Thread_local pid_t refused;
static _Thread_local size_t refused_size;

int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set)
{
    static struct fault_call call = {.name = "sched_setaffinity", .kinds = KIND(ERROR)};
    const bool again = refused == pid && size > refused_size;
    unsigned argument = 0;

    refused = 0;
    if (!fault_is_own() && (again || fault_at(&call, &argument) == FAULT_ERROR)) {
        if (argument % 2 == 0)
            refused = pid;
        refused_size = size;
        errno = argument % 2 ? EPERM : EINVAL;
        return -1;
    }
    return (int)syscall(SYS_sched_setaffinity, pid, size, set);
}
