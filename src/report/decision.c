/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/internal.h"

#include "base/text.h"
#include "model/names.h"

#include <inttypes.h>

/* Columns of "  name vCPU 1234 pool 1234 -> 1234 taken back: its partner failed", without the name.
 */
#define PIN_LINE 61

double report_shown(double percent)
{
    if (!(percent > 0))
        return 0;
    return percent > 99999 ? 99999 : percent;
}

static void put_pin(struct page *page, const struct plan *plan, const struct pin *pin)
{
    const struct view_vcpu *vcpu = &plan->view.vcpus[pin->vcpu];
    char from[24] = "floating";

    if (pin->from >= 0)
        snprintf(from, sizeof from, "%s %d", view_pool_noun(&plan->view), pin->from);
    page_put(page, "  ");
    page_field(page, plan->view.domains[vcpu->domain].name, page->width - PIN_LINE);
    page_put(page, " vCPU %-4u %9s -> %-4d ", vcpu->name.number, from, pin->to);
    page_style(page, pin_was_made(pin->result) ? PAGE_GREEN : PAGE_YELLOW);
    page_put(page, "%s", pin_result_words(pin->result));
    page_style(page, PAGE_PLAIN);
    if (pin->latency_ns > 0 && pin->result == PIN_DONE) {
        page_put(page, " in");
        page_duration(page, pin->latency_ns);
    }
    page_end(page);
}

static void put_emulator(struct page *page, const struct plan *plan, const struct emulator_pin *pin)
{
    char list[24];

    if (pin->verb != EMULATOR_PIN)
        return;
    cpuset_format(&pin->to, list, sizeof list);
    page_put(page, "  ");
    page_field(page, plan->view.domains[pin->domain].name, page->width - PIN_LINE);
    page_put(page, " emulator -> pCPU%s %s ", text_plural(cpuset_count(&pin->to)), list);
    page_style(page, pin_was_made(pin->result) ? PAGE_GREEN : PAGE_YELLOW);
    page_put(page, "%s", pin_result_words(pin->result));
    page_style(page, PAGE_PLAIN);
    page_end(page);
}

/* Load of a pool if none of the vCPUs seen there had to wait, in percent. */
static double wanted(const struct view *view, const struct seen_vcpu *seen, int32_t pool)
{
    const uint32_t pcpus = view->pools[pool].pcpu_count;
    double load = view->pools[pool].usage;

    for (uint32_t i = 0; i < view->vcpu_count; i++)
        if (seen[i].pool == pool)
            load += (view->vcpus[i].demand - view->vcpus[i].usage) / pcpus;
    return load;
}

static void put_extreme(struct page *page, const struct view *view, const struct seen_vcpu *seen,
                        const char *label, int32_t pool)
{
    const double usage = view->pools[pool].usage, load = wanted(view, seen, pool);
    char words[VIEW_POOL_WORDS];

    page_put(page, "%s: %s at %.1f %%", label, view_pool_words(view, pool, words, sizeof words),
             report_shown(usage));
    if (load >= usage + 0.05)
        page_put(page, " (%.1f %% wanted)", report_shown(load));
}

static void put_decision(struct page *page, const struct plan *plan, const struct seen_vcpu *seen)
{
    const struct view *view = &plan->view;

    if (view->period > 0 && view->busiest >= 0 && view->freest >= 0) {
        put_extreme(page, view, seen, "Busiest", view->busiest);
        put_extreme(page, view, seen, "; freest", view->freest);
        page_end(page);
    }
    page_style(page, PAGE_BOLD);
    if (plan->decision.pin_count == 0)
        page_put(page, "Decision: no pin");
    else
        page_put(page, "Decision: %u pin%s", plan->decision.pin_count,
                 text_plural(plan->decision.pin_count));
    if (plan->decision.pin_count > 0 && plan->decision.gain > 0)
        page_put(page, ", expected gain %.1f points", report_shown(plan->decision.gain));
    page_style(page, PAGE_PLAIN);
    page_end(page);
    page_put(page, "Reason: ");
    page_wrap(page, plan->decision.why, 8);
    if (plan->outcome.judged) {
        page_put(page, "Last pins: gained %+.1f points; all plans so far %+.1f, expected %+.1f",
                 plan->outcome.gained, plan->totals.gained_sum, plan->totals.gain_sum);
        page_end(page);
    }
    for (uint32_t i = 0; i < plan->decision.pin_count; i++)
        put_pin(page, plan, &plan->decision.pins[i]);
    for (uint32_t i = 0; i < plan->decision.emulator_count; i++)
        put_emulator(page, plan, &plan->decision.emulators[i]);
    if (plan->outcome.failure.text[0] != '\0') {
        page_put(page, "Why not: ");
        page_wrap(page, plan->outcome.failure.text, 9);
    }
}

static void put_stages(struct page *page, const struct plan *plan)
{
    page_put(page, "%-14s %10s %9s  %9s  %9s  %9s", "Stage", "count", "p50", "p90", "p99", "max");
    page_end(page);
    for (size_t i = 0; i < STAGE_COUNT; i++) {
        const struct histogram_row *row = &plan->stages[i];
        const uint64_t figures[] = {row->p50, row->p90, row->p99, row->max};

        page_put(page, "%-14s %10" PRIu64, stage_words((enum stage)i), row->count);
        for (size_t n = 0; n < sizeof figures / sizeof figures[0]; n++) {
            page_tab(page, 26 + 11 * (unsigned)n);
            if (row->count > 0)
                page_duration(page, figures[n]);
            else
                page_put(page, "%9s", "-");
        }
        page_end(page);
    }
}

/* Prints only counts that are not 0. */
static void put_counts(struct page *page, const struct plan *plan)
{
    const struct view *view = &plan->view;

    if (view->period > 0 && (view->suspect > 0 || view->unchecked > 0 || view->fresh > 0)) {
        page_put(page, "vCPUs: %u suspect, %u unchecked, %u new", view->suspect, view->unchecked,
                 view->fresh);
        page_end(page);
    }
    if (plan->totals.skipped > 0 || plan->totals.passed_over > 0) {
        page_put(page, "So far %" PRIu64 " period%s skipped, %" PRIu64 " snapshot%s passed over",
                 plan->totals.skipped, text_plural(plan->totals.skipped), plan->totals.passed_over,
                 text_plural(plan->totals.passed_over));
        page_end(page);
    }
}

void report_decision_put(struct page *page, const struct plan *plan, const struct seen_vcpu *seen)
{
    put_counts(page, plan);
    put_decision(page, plan, seen);
    put_stages(page, plan);
}
