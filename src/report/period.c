/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/internal.h"

#include "base/array.h"
#include "base/text.h"
#include "model/names.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* With more pools than this (pCPUs without --pool), several share a line. */
#define BARS_MAX 32

/* Columns of "pool 1234 [] 100.0 %  other 100.0 %  unmanaged", without the bar between the
 * brackets. */
#define BAR_LINE 47

#define PCPU_CELL   13
#define VCPU_CELL   26
#define FLAGS_SHOWN 4

static int by_name(const void *a, const void *b, void *opaque)
{
    const struct view_domain *domains = opaque;

    return strcmp(domains[*(const uint32_t *)a].name, domains[*(const uint32_t *)b].name);
}

/* Finds where each vCPU was measured: before the plan's pins. */
static void see_vcpus(const struct plan *plan, struct seen_vcpu *seen)
{
    for (uint32_t i = 0; i < plan->view.vcpu_count; i++)
        seen[i] = (struct seen_vcpu){.pool = plan->view.vcpus[i].pool};
    for (uint32_t i = 0; i < plan->decision.pin_count; i++) {
        const struct pin *pin = &plan->decision.pins[i];

        seen[pin->vcpu].pinned = true;
        seen[pin->vcpu].pool =
            pin->from >= 0 ? pin->from
                           : view_pool_of(&plan->view, plan->view.vcpus[pin->vcpu].last_pcpu);
    }
}

static void put_header(struct report_period *shared, struct page *page, const struct view *view)
{
    uint64_t since = view->now_ns - shared->began_ns;
    uint64_t seconds = since / 1000000000;

    page_style(page, PAGE_BOLD);
    page_put(page, "Period %" PRIu64, view->period);
    page_style(page, PAGE_PLAIN);
    page_put(page, " at %" PRIu64 ":%02u:%02u.%02u: %u domain%s, %u vCPU%s, %u pCPU%s",
             seconds / 3600, (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60),
             (unsigned)(since / 10000000 % 100), view->domain_count,
             text_plural(view->domain_count), view->vcpu_count, text_plural(view->vcpu_count),
             view->pcpu_count, text_plural(view->pcpu_count));
    if (view->period > 0)
        page_put(page, ", over %.3f s", view->span_s);
    page_end(page);
}

static enum page_style pool_style(const struct report_period *shared, const struct view_pool *pool)
{
    if (!pool->managed || !pool->certain)
        return PAGE_DIM;
    if (pool->usage <= shared->threshold)
        return PAGE_GREEN;
    return pool->usage < 90 ? PAGE_YELLOW : PAGE_RED;
}

static const char *pool_role(const struct view *view, uint32_t number)
{
    if (view->busiest == (int32_t)number)
        return "busiest";
    if (view->freest == (int32_t)number)
        return "freest";
    if (!view->pools[number].managed)
        return "unmanaged";
    return view->pools[number].certain ? "" : "suspect";
}

static void put_pool_bar(const struct report_period *shared, struct page *page,
                         const struct view *view, uint32_t number)
{
    const struct view_pool *pool = &view->pools[number];

    page_put(page, "%s %4u [", view_pool_noun(view), number);
    page_style(page, pool_style(shared, pool));
    page_bar(page, pool->usage, shared->threshold, page->width - BAR_LINE);
    page_style(page, PAGE_PLAIN);
    page_put(page, "] %5.1f %%  other %5.1f %%  %s", report_shown(pool->usage),
             report_shown(pool->other), pool_role(view, number));
    page_end(page);
}

/* Roles are shown by their first letter. */
static void put_pool_cell(const struct report_period *shared, struct page *page,
                          const struct view *view, uint32_t number)
{
    unsigned end = page->column + PCPU_CELL;

    if (end > page->width) {
        page_end(page);
        end = PCPU_CELL;
    }
    page_put(page, "%4u ", number);
    page_style(page, pool_style(shared, &view->pools[number]));
    page_put(page, "%5.1f", report_shown(view->pools[number].usage));
    page_style(page, PAGE_PLAIN);
    page_put(page, " %.1s", pool_role(view, number));
    page_tab(page, end);
}

static void put_pools(const struct report_period *shared, struct page *page,
                      const struct view *view)
{
    if (view->pool_count <= BARS_MAX) {
        for (uint32_t i = 0; i < view->pool_count; i++)
            put_pool_bar(shared, page, view, i);
        return;
    }
    page_put(page, "%ss: number, usage in percent; b busiest, f freest, u unmanaged, s suspect",
             view_pool_noun(view));
    page_end(page);
    for (uint32_t i = 0; i < view->pool_count; i++)
        put_pool_cell(shared, page, view, i);
    page_end(page);
}

static void put_legend(struct report_period *shared, struct page *page, const struct view *view)
{
    char text[240];
    size_t used = (size_t)snprintf(text, sizeof text,
                                   "Of each vCPU: number@%s, usage %%, delay %%, and * pinned now",
                                   view_pool_noun(view));

    if (shared->legend_shown)
        return;
    shared->legend_shown = true;
    for (size_t i = 0; i < VCPU_FLAGS; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, ", %c %s", vcpu_flags[i].letter,
                                 vcpu_flags[i].words);
    page_style(page, PAGE_DIM);
    page_wrap(page, text, 0);
    page_style(page, PAGE_PLAIN);
}

/* Formats flags such as "*FN"; the last is "+" if there are more than fit. */
static void format_flags(char *text, const struct view_vcpu *vcpu, bool pinned)
{
    /* The plan's own pin sets VCPU_DWELLS; that is not shown. */
    unsigned bits = vcpu->blocked_by & ~(pinned ? (unsigned)VCPU_DWELLS : 0u);
    unsigned used = 0, count = pinned;

    for (size_t i = 0; i < VCPU_FLAGS; i++)
        count += (bits & vcpu_flags[i].bit) != 0;
    if (pinned)
        text[used++] = '*';
    for (size_t i = 0; i < VCPU_FLAGS && used < FLAGS_SHOWN; i++) {
        if (!(bits & vcpu_flags[i].bit))
            continue;
        text[used] = count > FLAGS_SHOWN && used == FLAGS_SHOWN - 1 ? '+' : vcpu_flags[i].letter;
        used++;
    }
    text[used] = '\0';
}

static void put_vcpu(struct page *page, const struct view_vcpu *vcpu, const struct seen_vcpu *seen)
{
    char pool[24] = "-", text[FLAGS_SHOWN + 1];
    unsigned end = page->column + VCPU_CELL;

    if (end > page->width) {
        page_end(page);
        page_put(page, "  ");
        end = page->column + VCPU_CELL;
    }
    if (seen->pool >= 0)
        snprintf(pool, sizeof pool, "%d", seen->pool);
    format_flags(text, vcpu, seen->pinned);
    page_put(page, "%4u@%-4s %5.1f %5.1f ", vcpu->name.number, pool, report_shown(vcpu->usage),
             report_shown(vcpu->delay));
    if (text[0] != '\0') {
        page_style(page, seen->pinned ? PAGE_BOLD : PAGE_DIM);
        page_put(page, "%s", text);
        page_style(page, PAGE_PLAIN);
    }
    page_tab(page, end);
}

static void put_domain(const struct report_period *shared, struct page *page,
                       const struct view *view, const struct view_domain *domain)
{
    page_field(page, domain->name, page->width - 44);
    page_put(page, " %5u vCPU%-1s %9.1f %%", domain->vcpu_count, text_plural(domain->vcpu_count),
             report_shown(domain->usage));
    page_put(page, "%s%s", domain->state == DOMAIN_PAUSED ? " paused" : "",
             domain->excluded ? " excluded" : "");
    page_end(page);
    if (domain->vcpu_count == 0)
        return;
    page_put(page, "  ");
    for (uint32_t i = 0; i < domain->vcpu_count; i++) {
        uint32_t vcpu = domain->first_vcpu + i;

        put_vcpu(page, &view->vcpus[vcpu], &shared->seen[vcpu]);
    }
    page_end(page);
}

int report_period_put(struct report_period *shared, struct page *page, const struct plan *plan)
{
    const struct view *view = &plan->view;

    if (!ARRAY_GROW(shared->order, shared->order_capacity, view->domain_count) ||
        !ARRAY_GROW(shared->seen, shared->seen_capacity, view->vcpu_count))
        return -ENOMEM;
    for (uint32_t i = 0; i < view->domain_count; i++)
        shared->order[i] = i;
    if (view->domain_count > 0)
        qsort_r(shared->order, view->domain_count, sizeof *shared->order, by_name, view->domains);
    see_vcpus(plan, shared->seen);
    put_header(shared, page, view);
    if (view->period > 0) { /* there is no usage before */
        put_pools(shared, page, view);
        if (view->domain_count > 0)
            put_legend(shared, page, view);
        for (uint32_t i = 0; i < view->domain_count; i++)
            put_domain(shared, page, view, &view->domains[shared->order[i]]);
    }
    report_decision_put(page, plan, shared->seen);
    page_end(page);
    return 0;
}
