/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "status/status.h"

#include "model/names.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct status {
    pthread_mutex_t lock;
    struct status_page *latest;
    struct status_page *pages; /* all, by next: at most two more than there ever were readers */
    time_t since;
};

struct status *status_new(void)
{
    struct status *status = calloc(1, sizeof *status);

    if (!status)
        return NULL;
    pthread_mutex_init(&status->lock, NULL);
    status->since = time(NULL);
    return status;
}

void status_free(struct status *status)
{
    if (!status)
        return;
    while (status->pages) {
        struct status_page *page = status->pages;

        status->pages = page->next;
        plan_free(page->plan);
        free(page);
    }
    pthread_mutex_destroy(&status->lock);
    free(status);
}

/*
 * Returns a page that is neither the latest nor read. Only main adds pages, hence without the lock.
 */
static struct status_page *blank_page(struct status *status)
{
    struct status_page *page;

    pthread_mutex_lock(&status->lock);
    for (page = status->pages; page && (page == status->latest || page->readers); page = page->next)
        ;
    pthread_mutex_unlock(&status->lock);
    if (page)
        return page;
    page = calloc(1, sizeof *page);
    if (!page)
        return NULL;
    page->plan = plan_new();
    if (!page->plan) {
        free(page);
        return NULL;
    }
    page->next = status->pages;
    status->pages = page;
    return page;
}

const char *status_pool_level(const struct status_page *page, char text[16])
{
    const struct pool_choice level = {page->plan->view.level, page->options->planner.pool.size};

    return pool_choice_words(&level, text);
}

uint64_t status_resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long whole, resident = 0;

    if (!file)
        return 0;
    if (fscanf(file, "%lu %lu", &whole, &resident) != 2)
        resident = 0;
    fclose(file);
    return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

double status_cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* Describes the first pins: "db/0 3->7, web/1 7->3" of pCPUs, "db/0 pool 0->1" of pools. */
static void say_pins(struct status_decision *decision, const struct plan *plan)
{
    const char *pool = plan->view.level == POOL_CPU ? "" : "pool ";
    size_t used = 0;

    decision->pin_words[0] = '\0';
    for (uint32_t i = 0; i < plan->decision.pin_count && used < sizeof decision->pin_words; i++) {
        const struct pin *pin = &plan->decision.pins[i];
        const struct view_vcpu *v = &plan->view.vcpus[pin->vcpu];

        used += (size_t)snprintf(decision->pin_words + used, sizeof decision->pin_words - used,
                                 pin->from < 0 ? "%s%.40s/%u %s->%d" : "%s%.40s/%u %s%d->%d",
                                 i ? ", " : "", plan->view.domains[v->domain].name, v->name.number,
                                 pool, pin->from < 0 ? pin->to : pin->from, pin->to);
    }
}

/* Copies the decisions of the previous page and adds that of this one. */
static void note_decision(struct status_page *page, const struct status_page *before)
{
    const struct plan *plan = page->plan;
    struct status_decision *latest = page->decisions;
    const bool decided = plan->decision.pin_count > 0;

    page->decision_count = before ? before->decision_count : 0;
    if (decided && page->decision_count < STATUS_DECISIONS)
        page->decision_count++;
    for (uint32_t i = decided; before && i < page->decision_count; i++)
        page->decisions[i] = before->decisions[i - decided];
    if (plan->outcome.judged && page->decision_count > decided)
        page->decisions[decided].gained = plan->outcome.gained;
    if (!decided)
        return;
    *latest = (struct status_decision){.at = page->at,
                                       .expected = plan->decision.gain,
                                       .gained = (double)NAN,
                                       .pins = plan->decision.pin_count};
    for (uint32_t i = 0; i < plan->decision.pin_count; i++)
        latest->made += pin_was_made(plan->decision.pins[i].result);
    memcpy(latest->why, plan->decision.why, sizeof latest->why);
    say_pins(latest, plan);
}

/* Returns the reason if the period should relieve a pCPU and can't, else -1. Periods without a
 * decision keep the previous value. */
static int stuck_by(enum reason reason, int before)
{
    if (reason == REASON_ALL_ABOVE || reason == REASON_NO_GAIN || reason == REASON_NONE_MOVABLE)
        return (int)reason;
    return reason == REASON_FIRST || reason == REASON_GAP || reason == REASON_SETTLING ? before
                                                                                       : -1;
}

void status_publish(struct status *status, const struct options *options, const struct plan *plan)
{
    struct status_page *page = blank_page(status);

    if (!page || plan_copy(page->plan, plan))
        return;
    page->at = time(NULL);
    page->since = status->since;
    page->options = options;
    /* Only main changes latest, hence without the lock. */
    page->stuck = stuck_by(plan->decision.reason, status->latest ? status->latest->stuck : -1);
    note_decision(page, status->latest);
    pthread_mutex_lock(&status->lock);
    status->latest = page;
    pthread_mutex_unlock(&status->lock);
}

struct status_page *status_take(struct status *status)
{
    struct status_page *page;

    pthread_mutex_lock(&status->lock);
    page = status->latest;
    if (page)
        page->readers++;
    pthread_mutex_unlock(&status->lock);
    return page;
}

void status_give(struct status *status, struct status_page *page)
{
    pthread_mutex_lock(&status->lock);
    page->readers--;
    pthread_mutex_unlock(&status->lock);
}
