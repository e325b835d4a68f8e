/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "compare/internal.h"

#include <math.h>
#include <stdlib.h>

static uint32_t divide_up(uint32_t count, uint32_t by)
{
    return count / by + (count % by != 0);
}

struct timeline *timeline_new(uint32_t periods, uint32_t vcpus, uint32_t pcpus, uint32_t pools,
                              double threshold)
{
    struct timeline *timeline = calloc(1, sizeof *timeline);
    size_t cells;

    if (!timeline)
        return NULL;
    timeline->threshold = threshold;
    timeline->vcpus = vcpus;
    timeline->pcpus = pcpus;
    timeline->periods_per_column = divide_up(periods, TIMELINE_COLUMNS);
    timeline->columns = divide_up(periods, timeline->periods_per_column);
    timeline->pools = pools;
    timeline->pools_per_row = divide_up(pools, TIMELINE_ROWS);
    timeline->rows = divide_up(pools, timeline->pools_per_row);
    cells = (size_t)timeline->columns * timeline->rows;
    timeline->sum = calloc(cells, sizeof *timeline->sum);
    timeline->max = calloc(cells, sizeof *timeline->max);
    timeline->lost = calloc(timeline->columns, sizeof *timeline->lost);
    timeline->unavoidable = calloc(timeline->columns, sizeof *timeline->unavoidable);
    timeline->pins = calloc(timeline->columns, sizeof *timeline->pins);
    if (timeline->sum && timeline->max && timeline->lost && timeline->unavoidable &&
        timeline->pins && loads_reserve(&timeline->loads, vcpus, pools) == 0)
        return timeline;
    timeline_free(timeline);
    return NULL;
}

void timeline_free(struct timeline *timeline)
{
    if (!timeline)
        return;
    free(timeline->sum);
    free(timeline->max);
    free(timeline->lost);
    free(timeline->unavoidable);
    free(timeline->pins);
    loads_finish(&timeline->loads);
    free(timeline);
}

static void fill_cells(struct timeline *timeline, uint32_t column)
{
    for (uint32_t p = 0; p < timeline->pools; p++) {
        const size_t cell = (size_t)(p / timeline->pools_per_row) * timeline->columns + column;
        const double load = timeline->loads.load[p];

        timeline->sum[cell] += load;
        timeline->max[cell] = fmax(timeline->max[cell], load);
    }
}

static void add_losses(struct timeline *timeline, const struct view *view, uint32_t column)
{
    struct timeline_bound *bound = &timeline->bound;
    const double pcpus = timeline->pcpus;
    double demand = 0, largest = 0, above = 0, unavoidable;
    struct losses lost = {0};

    for (uint32_t i = 0; i < view->vcpu_count; i++) {
        const double wanted = view->vcpus[i].usage + view->vcpus[i].delay;

        demand += wanted;
        largest = fmax(largest, wanted);
        above += fmax(0, wanted - timeline->threshold);
    }
    losses_add(&timeline->loads, view, &lost);
    timeline->lost[column] += lost.crowding + lost.sibling + lost.remote;
    unavoidable = fmax(0, demand - 100 * pcpus);
    timeline->unavoidable[column] += unavoidable;
    bound->periods++;
    bound->demand += demand;
    bound->lost += unavoidable;
    bound->excess += fmax(above, demand - timeline->threshold * pcpus);
    bound->max += fmax(largest, demand / pcpus);
}

void timeline_add(struct timeline *timeline, const struct plan *plan)
{
    const uint32_t column = timeline->periods / timeline->periods_per_column;

    if (plan->view.period == 0 || column >= timeline->columns ||
        plan->view.vcpu_count > timeline->vcpus || plan->view.pcpu_count != timeline->pcpus ||
        plan->view.pool_count != timeline->pools)
        return;
    loads_measure(&timeline->loads, plan);
    fill_cells(timeline, column);
    if (plan->view.period > 1)
        add_losses(timeline, &plan->view, column);
    for (uint32_t i = 0; i < plan->decision.pin_count; i++)
        timeline->pins[column] += plan->decision.pins[i].result == PIN_DONE;
    timeline->periods++;
}

double timeline_mean(const struct timeline *timeline, uint32_t row, uint32_t column)
{
    const uint32_t first = column * timeline->periods_per_column;
    const uint32_t first_pool = row * timeline->pools_per_row;
    uint32_t periods = timeline->periods_per_column, pools = timeline->pools_per_row;

    if (timeline->periods <= first)
        return 0;
    if (periods > timeline->periods - first)
        periods = timeline->periods - first;
    if (pools > timeline->pools - first_pool)
        pools = timeline->pools - first_pool;
    return timeline->sum[(size_t)row * timeline->columns + column] / periods / pools;
}
