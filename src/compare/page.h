/* SPDX-License-Identifier: GPL-2.0-or-later */
/* page.h - a comparison as a page: --report. Main thread. */
#ifndef VCPU_SCHEDULER_COMPARE_PAGE_H
#define VCPU_SCHEDULER_COMPARE_PAGE_H

#include "compare/compare.h"

/**
 * Writes the page to options->report, completely or not at all. Returns 0, or a negative errno with
 * the words in *why.
 */
int compare_write_page(const struct compare *compare, struct failure *why);

#endif
