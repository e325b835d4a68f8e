/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/report.h"

#include "base/seldom.h"
#include "base/text.h"
#include "log/log.h"
#include "model/names.h"
#include "report/internal.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH_LEAST 70
#define WIDTH_MOST  300

struct report {
    FILE *out;
    const struct options *options;
    struct page page;
    struct report_period view;
    bool begun;
    /* What was logged last, so that only changes are logged. */
    uint32_t domains, vcpus;
    enum reason reason;
    uint64_t due[REASON_COUNT]; /* the period from which each may be logged again */
    struct seldom failures;     /* of pins */
    struct seldom unmade;       /* of pins that wait */
    bool settings_told;         /* for these options */
};

struct report *report_new(FILE *out, const struct options *options, bool colour, unsigned width)
{
    struct report *report = calloc(1, sizeof *report);

    if (!report)
        return NULL;
    report->out = out;
    report->page.colour = colour;
    report->page.width = width;
    if (width < WIDTH_LEAST)
        report->page.width = WIDTH_LEAST;
    if (width > WIDTH_MOST)
        report->page.width = WIDTH_MOST;
    report_set_options(report, options);
    report->reason = REASON_FIRST;
    return report;
}

void report_set_options(struct report *report, const struct options *options)
{
    report->options = options;
    report->view.threshold = options->planner.decision.threshold;
    report->settings_told = false;
}

void report_free(struct report *report)
{
    if (!report)
        return;
    page_free(&report->page);
    free(report->view.order);
    free(report->view.seen);
    free(report);
}

static bool was_any_made(const struct plan *plan)
{
    for (uint32_t i = 0; i < plan->decision.pin_count; i++)
        if (pin_was_made(plan->decision.pins[i].result))
            return true;
    return false;
}

/* The name of the domain of a pin's vCPU. */
static const char *domain_of(const struct plan *plan, const struct pin *pin)
{
    return plan->view.domains[plan->view.vcpus[pin->vcpu].domain].name;
}

/* What a vCPU may use of a pool, as a list; NULL: nothing, or it is too long to be told whole. */
static const char *list_of(const struct view *view, uint32_t vcpu, int32_t pool,
                           char text[LOG_LIST_MAX])
{
    const struct cpuset set = view_affinity(view, vcpu, pool);
    const size_t length = pool < 0 ? 0 : cpuset_format(&set, text, LOG_LIST_MAX);

    return length > 0 && length < LOG_LIST_MAX ? text : NULL;
}

static void tell_pin(const struct plan *plan, const struct pin *pin)
{
    const struct view_vcpu *vcpu = &plan->view.vcpus[pin->vcpu];
    const char *domain = plan->view.domains[vcpu->domain].name;
    const bool failed = pin_went_wrong(pin->result);
    const enum log_level level = failed ? LOG_ERROR : LOG_INFO;
    struct log_about about =
        log_vcpu(failed ? EVENT_PIN_FAILED : EVENT_PIN, domain, vcpu->name.number);
    char from_pcpus[LOG_LIST_MAX], to_pcpus[LOG_LIST_MAX];

    about.from = pin->from;
    about.to = pin->to;
    about.from_pcpus = list_of(&plan->view, pin->vcpu, pin->from, from_pcpus);
    about.to_pcpus = list_of(&plan->view, pin->vcpu, pin->to, to_pcpus);
    about.reason = reason_name(plan->decision.reason);
    about.gain = plan->decision.gain;
    if (pin->from == pin->to)
        log_event(level, about, "domain %s vCPU %u: all that it may use of pool %d: %s", domain,
                  vcpu->name.number, pin->to, pin_result_words(pin->result));
    else if (pin->from < 0)
        log_event(level, about, "domain %s vCPU %u: floating -> %s %d: %s", domain,
                  vcpu->name.number, view_pool_noun(&plan->view), pin->to,
                  pin_result_words(pin->result));
    else
        log_event(level, about, "domain %s vCPU %u: %s %d -> %d: %s", domain, vcpu->name.number,
                  view_pool_noun(&plan->view), pin->from, pin->to, pin_result_words(pin->result));
}

/* Logs what became of an emulator's pin: not as EVENT_PIN, which is a vCPU's. */
static void tell_emulator(const struct plan *plan, const struct emulator_pin *pin)
{
    const char *domain = plan->view.domains[pin->domain].name;
    const bool failed = pin_went_wrong(pin->result);
    struct log_about about =
        log_vcpu(failed ? EVENT_PIN_FAILED : EVENT_NONE, domain, VCPU_EMULATOR);
    char list[LOG_LIST_MAX];

    if (cpuset_format(&pin->to, list, sizeof list) < sizeof list)
        about.to_pcpus = list;
    log_event(failed ? LOG_ERROR : LOG_INFO, about,
              "domain %s emulator: to pCPU%s %s, as its vCPUs: %s", domain,
              text_plural(cpuset_count(&pin->to)), list, pin_result_words(pin->result));
}

/* Logs the pins of emulators that failed, or those that did not. A refused one rests, so that it
 * does not fail often. */
static void tell_emulators(struct report *report, const struct plan *plan, bool failed)
{
    uint32_t held;
    bool any = false;

    for (uint32_t i = 0; i < plan->decision.emulator_count; i++) {
        const struct emulator_pin *pin = &plan->decision.emulators[i];

        if (pin->verb != EMULATOR_PIN || pin->result == PIN_SKIPPED || pin->result == PIN_GONE ||
            pin_went_wrong(pin->result) != failed)
            continue;
        if (pin->result == PIN_BUSY &&
            !seldom_may(&report->unmade, seldom_kind(pin->result, "emulator", NULL),
                        plan->view.period, &held))
            continue;
        tell_emulator(plan, pin);
        any = true;
    }
    if (any && failed && plan->outcome.failure.text[0] != '\0')
        log_error("%s", plan->outcome.failure.text);
}

/* Logs failed pins. A failure that repeats, for one domain or several, is logged seldom. */
static void tell_failures(struct report *report, const struct plan *plan)
{
    const struct pin *last = NULL;
    uint32_t held;

    for (uint32_t i = 0; i < plan->decision.pin_count; i++)
        if (pin_went_wrong(plan->decision.pins[i].result))
            last = &plan->decision.pins[i];
    if (!last ||
        !seldom_may(&report->failures,
                    seldom_kind(last->result, plan->outcome.failure.text, domain_of(plan, last)),
                    plan->view.period, &held))
        return;
    for (uint32_t i = 0; i < plan->decision.pin_count; i++)
        if (pin_went_wrong(plan->decision.pins[i].result))
            tell_pin(plan, &plan->decision.pins[i]);
    if (plan->outcome.failure.text[0] != '\0')
        log_error("%s", plan->outcome.failure.text);
    if (held > 0)
        log_error("pins failed in %u more plan%s since a failure was told last", held,
                  text_plural(held));
}

static void tell_domains(struct report *report, const struct view *view)
{
    if (report->begun && report->domains == view->domain_count && report->vcpus == view->vcpu_count)
        return;
    report->domains = view->domain_count;
    report->vcpus = view->vcpu_count;
    log_info("%u domain%s, %u vCPU%s", view->domain_count, text_plural(view->domain_count),
             view->vcpu_count, text_plural(view->vcpu_count));
}

/* A reason that comes and goes is not logged again for this many periods. */
#define QUIET_PERIODS 20

static bool told_lately(struct report *report, const struct plan *plan)
{
    uint64_t *due = &report->due[plan->decision.reason];
    const bool lately = plan->view.period < *due;

    if (was_any_made(plan))
        memset(report->due, 0, sizeof report->due);
    else if (!lately)
        *due = plan->view.period + QUIET_PERIODS;
    return lately && !was_any_made(plan);
}

/* Logs a change of reason. Periods that only wait (first, gap, settling) are no change. */
static void tell_reason(struct report *report, const struct plan *plan)
{
    struct log_about about = log_about(EVENT_DECISION + plan->decision.reason);

    if (plan->decision.reason == REASON_FIRST || plan->decision.reason == REASON_GAP ||
        plan->decision.reason == REASON_SETTLING)
        return;
    if (plan->decision.reason == REASON_NO_DOMAIN && !report->options->wait)
        return; /* the run ends with a message of its own */
    if ((plan->decision.reason == report->reason && !was_any_made(plan)) ||
        told_lately(report, plan))
        return;
    report->reason = plan->decision.reason;
    about.reason = reason_name(plan->decision.reason);
    if (plan->decision.pin_count > 0)
        about.gain = plan->decision.gain;
    log_event(LOG_INFO, about, "%s", plan->decision.why);
}

/* A pin that waits for its domain or its partner waits in each plan: logged seldom. */
static bool is_pin_news(struct report *report, const struct plan *plan, const struct pin *pin)
{
    uint32_t held;

    return (pin->result != PIN_BUSY && pin->result != PIN_SKIPPED) ||
           seldom_may(&report->unmade, seldom_kind(pin->result, "", NULL), plan->view.period,
                      &held);
}

static void tell_changes(struct report *report, const struct plan *plan)
{
    tell_domains(report, &plan->view);
    tell_reason(report, plan);
    for (uint32_t i = 0; i < plan->decision.pin_count; i++)
        if (!pin_went_wrong(plan->decision.pins[i].result) &&
            is_pin_news(report, plan, &plan->decision.pins[i]))
            tell_pin(plan, &plan->decision.pins[i]);
    tell_emulators(report, plan, false);
}

/* Logs globs and pCPUs of the options that match nothing on this host: probably mistakes. */
static void tell_settings(struct report *report, const struct view *view)
{
    const struct options *options = report->options;
    struct cpuset missing = options->planner.cpus;
    char list[200];

    if (report->settings_told || view->domain_count == 0)
        return;
    report->settings_told = true;
    for (const char **glob = options->planner.exclude; glob && *glob; glob++) {
        uint32_t d = 0;

        while (d < view->domain_count && fnmatch(*glob, view->domains[d].name, 0) != 0)
            d++;
        if (d == view->domain_count)
            log_info("exclude: '%s' matches no active domain", *glob);
    }
    cpuset_subtract(&missing, &view->managed);
    if (cpuset_format(&missing, list, sizeof list) > 0)
        log_info("cpus: %s can't be managed: not there, or not online", list);
}

int report_period(struct report *report, const struct plan *plan)
{
    int error = 0;

    if (!report->begun)
        report->view.began_ns = plan->view.now_ns;
    tell_failures(report, plan);
    tell_emulators(report, plan, true);
    tell_settings(report, &plan->view);
    if (report->options->verbose) {
        error = report_period_put(&report->view, &report->page, plan);
        if (!error)
            error = page_flush(&report->page, report->out);
    } else if (!report->options->quiet) {
        tell_changes(report, plan);
    }
    report->begun = true;
    return error;
}
