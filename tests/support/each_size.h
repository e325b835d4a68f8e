/* SPDX-License-Identifier: GPL-2.0-or-later */
/* each_size.h - runs tests with pools of several sizes. After <cmocka.h>. */
#ifndef EACH_SIZE_H
#define EACH_SIZE_H

#include <stddef.h>
#include <stdint.h>

/** pCPUs in a pool, in the test that runs. */
extern uint32_t size;

/** Runs each test with each size, as one group. Returns how many have failed. */
int run_with_sizes(const struct CMUnitTest *tests, size_t count, const uint32_t *sizes,
                   size_t size_count, CMFixtureFunction set_up, CMFixtureFunction tear_down);

#endif
