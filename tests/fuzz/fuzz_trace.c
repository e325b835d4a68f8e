/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A demand trace, as text and through gzip. */
#include "config.h"

#include "fuzz.h"
#include "trace/trace.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void must_fit(const struct trace *trace)
{
    const struct trace_shape *shape = &trace->shape;

    if (shape->sockets == 0) {
        MUST(!trace->home && shape->llcs == 0 && shape->cores == 0 && shape->threads == 0);
        return;
    }
    MUST((uint64_t)shape->sockets * shape->llcs * shape->cores * shape->threads == trace->pcpus);
    MUST(trace->smt_factor >= 0.1 && trace->smt_factor <= 1);
    MUST(trace->remote_factor >= 0.1 && trace->remote_factor <= 1);
    for (uint32_t vcpu = 0; trace->home && vcpu < trace->vcpus; vcpu++)
        MUST(trace->home[vcpu] < shape->sockets);
}

/* All that trace.h promises, so that a replay need not look again. */
static void must_be_whole(const struct trace *trace)
{
    const size_t demands = (size_t)trace->vcpus * trace->periods;

    MUST(trace->pcpus >= 1 && trace->pcpus <= CPUSET_MAX);
    MUST(trace->vcpus >= 1 && trace->vcpus <= TRACE_VCPUS_MAX && trace->periods >= 1);
    MUST(trace->resolution_s > 0 && trace->resolution_s * trace->periods < 1e10);
    for (uint32_t vcpu = 0; vcpu < trace->vcpus; vcpu++)
        MUST(trace->start[vcpu] < trace->pcpus && trace->vm[vcpu] < INT32_MAX);
    must_fit(trace);
    for (size_t i = 0; i < demands; i++)
        MUST(trace->demand[i] >= 0 && trace->demand[i] <= 100);
}

/** Compressed, where the build is without zlib. */
static bool is_refused_here(const uint8_t *data, size_t size)
{
#ifdef HAVE_ZLIB
    (void)data;
    (void)size;
    return false;
#else
    return size >= 2 && data[0] == 0x1f && data[1] == 0x8b;
#endif
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct fuzz_file file = fuzz_file(data, size);
    struct failure why = {.text = ""};
    struct trace *trace = NULL;
    const int error = trace_read(file.path, &trace, &why);

    if (error == 0) {
        must_be_whole(trace);
        trace_free(trace);
    } else {
        MUST(error == -EINVAL || (error == -ENOTSUP && is_refused_here(data, size)));
        MUST(!trace && strncmp(why.text, file.path, strlen(file.path)) == 0);
    }
    close(file.fd);
    return 0;
}
