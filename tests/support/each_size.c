/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/each_size.h"

struct named {
    char name[120];
    uint32_t size;
};

uint32_t size;

static int set_size(void **state)
{
    const struct named *named = *state;

    size = named->size;
    return 0;
}

int run_with_sizes(const struct CMUnitTest *tests, size_t count, const uint32_t *sizes,
                   size_t size_count, CMFixtureFunction set_up, CMFixtureFunction tear_down)
{
    struct CMUnitTest *all = calloc(count * size_count, sizeof *all);
    struct named *named = calloc(count * size_count, sizeof *named);
    int failed;

    if (!all || !named)
        abort();
    for (size_t i = 0; i < count * size_count; i++) {
        named[i].size = sizes[i % size_count];
        snprintf(named[i].name, sizeof named[i].name, "%s, pools of %u", tests[i / size_count].name,
                 named[i].size);
        all[i] = tests[i / size_count];
        all[i].name = named[i].name;
        all[i].setup_func = set_size;
        all[i].initial_state = &named[i];
    }
    failed =
        _cmocka_run_group_tests("pools of each size", all, count * size_count, set_up, tear_down);
    free(named);
    free(all);
    return failed;
}
