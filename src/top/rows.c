/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rows.c - the rows of the table and their order. */
#include "top/internal.h"

#include "base/array.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void top_view_init(struct top_view *view, const struct top_options *options)
{
    *view = (struct top_view){.sort = options->sort, .tree = options->tree};
    if (options->filter)
        snprintf(view->filter, sizeof view->filter, "%s", options->filter);
}

void top_view_finish(struct top_view *view)
{
    free(view->rows);
    view->rows = NULL;
}

/* What qsort_r() passes to the comparisons. */
struct order {
    const struct top_model *model;
    unsigned sort;
};

static int descending(double a, double b)
{
    return (a < b) - (a > b);
}

/* For qsort_r(): vCPUs of all domains. */
static int by_vcpu(const void *a, const void *b, void *opaque)
{
    const struct order *order = opaque;
    const struct top_vcpu *vcpus = order->model->vcpus;
    const struct top_vcpu *x = &vcpus[((const struct top_row *)a)->vcpu];
    const struct top_vcpu *y = &vcpus[((const struct top_row *)b)->vcpu];
    int by = 0;

    switch ((enum top_sort)order->sort) {
    case TOP_BY_USAGE:
        by = descending(x->usage, y->usage);
        break;
    case TOP_BY_DELAY:
        by = descending(x->delay, y->delay);
        break;
    case TOP_BY_PCPU:
        by = (x->pool > y->pool) - (x->pool < y->pool);
        if (!by)
            by = (x->pcpu > y->pcpu) - (x->pcpu < y->pcpu);
        break;
    case TOP_BY_STATE:
        by = strcmp(x->state, y->state);
        break;
    case TOP_BY_DOMAIN:
    case TOP_SORTS:
        break;
    }
    if (!by)
        by = strcmp(order->model->domains[x->domain].name, order->model->domains[y->domain].name);
    return by ? by : (x->number > y->number) - (x->number < y->number);
}

/* For qsort_r(): a domain's line, then its vCPUs by number, then the next domain. Domains by the
 * sums over their vCPUs; by name for keys that only a vCPU has. */
static int by_tree(const void *a, const void *b, void *opaque)
{
    const struct order *order = opaque;
    const struct top_row *row = a, *other = b;
    const struct top_domain *x = &order->model->domains[row->domain];
    const struct top_domain *y = &order->model->domains[other->domain];
    int by = 0;

    if (x == y)
        return (row->vcpu > other->vcpu) - (row->vcpu < other->vcpu);
    if (order->sort == TOP_BY_USAGE)
        by = descending(x->usage, y->usage);
    else if (order->sort == TOP_BY_DELAY)
        by = descending(x->delay, y->delay);
    if (!by)
        by = strcmp(x->name, y->name);
    return by ? by : x < y ? -1 : 1;
}

static void add_domain(struct top_view *view, const struct top_model *model, uint32_t d)
{
    const struct top_domain *domain = &model->domains[d];

    if (!strstr(domain->name, view->filter))
        return;
    if (view->tree)
        view->rows[view->row_count++] = (struct top_row){.domain = d, .vcpu = -1};
    for (uint32_t v = 0; v < domain->vcpu_count; v++)
        view->rows[view->row_count++] =
            (struct top_row){.domain = d, .vcpu = domain->first_vcpu + v};
}

int top_view_arrange(struct top_view *view, const struct top_model *model)
{
    struct order order = {.model = model, .sort = view->sort};
    const uint32_t need = model->vcpu_count + model->domain_count;

    view->row_count = 0;
    if (!ARRAY_GROW(view->rows, view->row_capacity, need))
        return -ENOMEM;
    for (uint32_t d = 0; d < model->domain_count; d++)
        add_domain(view, model, d);
    if (view->row_count)
        qsort_r(view->rows, view->row_count, sizeof *view->rows, view->tree ? by_tree : by_vcpu,
                &order);
    if (view->cursor >= view->row_count)
        view->cursor = view->row_count ? view->row_count - 1 : 0;
    return 0;
}
