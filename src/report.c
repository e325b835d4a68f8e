/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"

#include "log.h"
#include "page.h"
#include "report_view.h"
#include "status.h"

#include <stdlib.h>
#include <string.h>

#define WIDTH_LEAST 70
#define WIDTH_MOST  300

struct report {
    FILE *out;
    const struct options *options;
    struct page page;
    struct report_view view;
    bool begun;
    /* What was said last, so that only changes are said. */
    uint32_t domains, vcpus;
    enum reason reason;
    uint64_t due[REASON_COUNT]; /* the period from which each may be told again */
    bool failing;               /* the last plan with pins went wrong */
    struct failure failure;
};

struct report *report_new(FILE *out, const struct options *options, bool colour, unsigned width)
{
    struct report *report = calloc(1, sizeof(*report));

    if (!report)
        return NULL;
    report->out = out;
    report->options = options;
    report->page.colour = colour;
    report->page.width = width;
    if (width < WIDTH_LEAST)
        report->page.width = WIDTH_LEAST;
    if (width > WIDTH_MOST)
        report->page.width = WIDTH_MOST;
    report->view.threshold = options->decision.threshold;
    report->reason = REASON_FIRST;
    return report;
}

void report_set_threshold(struct report *report, double threshold)
{
    report->view.threshold = threshold;
}

void report_free(struct report *report)
{
    if (!report)
        return;
    page_free(&report->page);
    report_view_finish(&report->view);
    free(report);
}

static bool went_wrong(enum pin_result result)
{
    switch (result) {
    case PIN_FAILED:
    case PIN_UNCONFIRMED:
    case PIN_UNDONE:
        return true;
    case PIN_PLANNED:
    case PIN_DONE:
    case PIN_DRY:
    case PIN_GONE:
    case PIN_BUSY:
    case PIN_SKIPPED:
    case PIN_YIELDED:
        break;
    }
    return false;
}

/* An error that comes back with each plan is told once, until a plan goes well. */
static bool failure_is_new(struct report *report, const struct plan *plan)
{
    bool failing = false, is_new;

    if (plan->pin_count == 0)
        return false;
    for (uint32_t i = 0; i < plan->pin_count; i++)
        failing |= went_wrong(plan->pins[i].result);
    is_new = failing && (!report->failing || strcmp(report->failure.text, plan->failure.text) != 0);
    report->failing = failing;
    report->failure = plan->failure;
    return is_new;
}

static void tell_pin(const struct plan *plan, const struct pin *pin)
{
    const struct view_vcpu *vcpu = &plan->view.vcpus[pin->vcpu];
    const char *domain = plan->view.domains[vcpu->domain].name;
    const bool failed = went_wrong(pin->result);
    const enum log_level level = failed ? LOG_ERROR : LOG_INFO;
    struct log_about about =
        log_vcpu(failed ? EVENT_PIN_FAILED : EVENT_PIN, domain, vcpu->name.number);

    about.from = pin->from;
    about.to = pin->to;
    about.reason = status_reason(plan->reason);
    about.gain = plan->gain;
    if (pin->from < 0)
        log_event(level, about, "domain %s vCPU %u: floating -> pCPU %d: %s", domain,
                  vcpu->name.number, pin->to, report_pin_words(pin->result));
    else
        log_event(level, about, "domain %s vCPU %u: pCPU %d -> %d: %s", domain, vcpu->name.number,
                  pin->from, pin->to, report_pin_words(pin->result));
}

static void tell_failures(struct report *report, const struct plan *plan)
{
    if (!failure_is_new(report, plan))
        return;
    for (uint32_t i = 0; i < plan->pin_count; i++)
        if (went_wrong(plan->pins[i].result))
            tell_pin(plan, &plan->pins[i]);
    if (plan->failure.text[0] != '\0')
        log_error("%s", plan->failure.text);
}

static void tell_domains(struct report *report, const struct view *view)
{
    if (report->begun && report->domains == view->domain_count && report->vcpus == view->vcpu_count)
        return;
    report->domains = view->domain_count;
    report->vcpus = view->vcpu_count;
    log_info("%u domain%s, %u vCPU%s", view->domain_count, report_plural(view->domain_count),
             view->vcpu_count, report_plural(view->vcpu_count));
}

/* A reason that comes and goes, as on the threshold, is not told again that soon: periods. */
#define QUIET_PERIODS 20

static bool told_lately(struct report *report, const struct plan *plan)
{
    uint64_t *due = &report->due[plan->reason];
    const bool lately = plan->view.period < *due;

    if (plan->pin_count > 0)
        memset(report->due, 0, sizeof(report->due)); /* another state of things */
    else if (!lately)
        *due = plan->view.period + QUIET_PERIODS;
    return lately && plan->pin_count == 0;
}

/* A period that only waits (the first one, or one that pins of before ran into) is no change. */
static void tell_reason(struct report *report, const struct plan *plan)
{
    struct log_about about = log_about(EVENT_DECISION + plan->reason);

    if (plan->reason == REASON_FIRST || plan->reason == REASON_GAP ||
        plan->reason == REASON_SETTLING)
        return;
    if (plan->reason == REASON_NO_DOMAIN && !report->options->wait)
        return; /* the run ends, and says why */
    if ((plan->reason == report->reason && plan->pin_count == 0) || told_lately(report, plan))
        return;
    report->reason = plan->reason;
    about.reason = status_reason(plan->reason);
    if (plan->pin_count > 0)
        about.gain = plan->gain;
    log_event(LOG_INFO, about, "%s", plan->why);
}

static void tell_changes(struct report *report, const struct plan *plan)
{
    tell_domains(report, &plan->view);
    tell_reason(report, plan);
    for (uint32_t i = 0; i < plan->pin_count; i++)
        if (!went_wrong(plan->pins[i].result))
            tell_pin(plan, &plan->pins[i]);
}

int report_period(struct report *report, const struct plan *plan)
{
    int status = 0;

    if (!report->begun)
        report->view.began_ns = plan->view.now_ns;
    tell_failures(report, plan);
    if (report->options->verbose) {
        status = report_view_put(&report->view, &report->page, plan);
        if (status == 0)
            status = page_flush(&report->page, report->out);
    } else if (!report->options->quiet) {
        tell_changes(report, plan);
    }
    report->begun = true;
    return status;
}
