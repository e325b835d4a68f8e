/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list of pCPUs: of --cpus, of the kernel, of libvirt's XML. */
#include "cpuset.h"
#include "fuzz.h"

#include <errno.h>
#include <string.h>

/* What is written of a set reads as the same set, also when the room is just enough. */
static void must_come_back(const struct cpuset *set)
{
    const size_t length = cpuset_format(set, NULL, 0);
    char *text = malloc(length + 1);
    struct cpuset back;

    MUST(text);
    MUST(cpuset_format(set, text, length + 1) == length && strlen(text) == length);
    MUST(cpuset_parse(&back, text) == 0 && cpuset_equal(set, &back));
    MUST(cpuset_format(set, text, length / 2 + 1) == length && strlen(text) == length / 2);
    free(text);
}

static void must_count(const struct cpuset *set)
{
    unsigned char map[CPUSET_MAX / 8];
    struct cpuset back;
    uint32_t count = 0;

    for (int cpu = cpuset_next(set, 0); cpu >= 0; cpu = cpuset_next(set, (uint32_t)cpu + 1))
        count += cpuset_has(set, (uint32_t)cpu);
    MUST(count == cpuset_count(set));
    cpuset_to_map(set, map, sizeof(map));
    cpuset_from_map(&back, map, sizeof(map));
    MUST(cpuset_equal(set, &back));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct cpuset set, before;
    int error;

    memset(&set, 0x5a, sizeof(set));
    before = set;
    error = cpuset_parse(&set, text);
    if (error) {
        MUST((error == -EINVAL || error == -ERANGE) && cpuset_equal(&set, &before));
    } else {
        must_come_back(&set);
        must_count(&set);
    }
    free(text);
    return 0;
}
