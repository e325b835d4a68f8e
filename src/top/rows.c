/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rows.c - the rows of the table and their order. */
#include "top/internal.h"

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

static double delay_of(const struct top_model *model, const struct top_domain *domain)
{
    double delay = 0;

    for (uint32_t v = 0; v < domain->vcpu_count; v++)
        delay += model->vcpus[domain->first_vcpu + v].delay;
    return delay;
}

/* By the sums over their vCPUs; by name for keys that only a vCPU has. */
static int compare_domains(const struct order *order, uint32_t a, uint32_t b)
{
    const struct top_domain *x = &order->model->domains[a], *y = &order->model->domains[b];
    int by = 0;

    if (order->sort == TOP_BY_USAGE)
        by = descending(x->usage, y->usage);
    else if (order->sort == TOP_BY_DELAY)
        by = descending(delay_of(order->model, x), delay_of(order->model, y));
    return by ? by : strcmp(x->name, y->name);
}

static int compare_vcpus(const struct order *order, const struct top_row *a,
                         const struct top_row *b)
{
    const struct top_vcpu *x = &order->model->vcpus[a->vcpu], *y = &order->model->vcpus[b->vcpu];
    int by = 0;

    switch ((enum top_sort)order->sort) {
    case TOP_BY_USAGE:
        by = descending(x->usage, y->usage);
        break;
    case TOP_BY_DELAY:
        by = descending(x->delay, y->delay);
        break;
    case TOP_BY_PCPU:
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
        by = strcmp(order->model->domains[a->domain].name, order->model->domains[b->domain].name);
    return by ? by : (x->number > y->number) - (x->number < y->number);
}

/* For qsort_r(): vCPUs of all domains. */
static int by_vcpu(const void *a, const void *b, void *order)
{
    return compare_vcpus(order, a, b);
}

/* For qsort_r(): a domain's line, then its vCPUs by number, then the next domain. */
static int by_tree(const void *a, const void *b, void *order)
{
    const struct top_row *x = a, *y = b;
    const int by = x->domain == y->domain ? 0 : compare_domains(order, x->domain, y->domain);

    if (by)
        return by;
    if (x->domain != y->domain) /* same name */
        return x->domain < y->domain ? -1 : 1;
    return (x->vcpu > y->vcpu) - (x->vcpu < y->vcpu);
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
    if (need > view->row_capacity) {
        struct top_row *rows = realloc(view->rows, need * sizeof *rows);

        if (!rows)
            return -ENOMEM;
        view->rows = rows;
        view->row_capacity = need;
    }
    for (uint32_t d = 0; d < model->domain_count; d++)
        add_domain(view, model, d);
    if (view->row_count)
        qsort_r(view->rows, view->row_count, sizeof *view->rows, view->tree ? by_tree : by_vcpu,
                &order);
    if (view->cursor >= view->row_count)
        view->cursor = view->row_count ? view->row_count - 1 : 0;
    return 0;
}
