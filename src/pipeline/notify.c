/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pipeline/internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#else
/* The answers of a daemon that systemd has not started. */
static int sd_notify(int unset, const char *state)
{
    (void)unset;
    (void)state;
    return 0;
}

static int sd_watchdog_enabled(int unset, uint64_t *usec)
{
    (void)unset;
    (void)usec;
    return 0;
}
#endif

bool notify_wanted(void)
{
#ifdef HAVE_SYSTEMD
    return getenv("NOTIFY_SOCKET") != NULL;
#else
    return false;
#endif
}

uint64_t notify_watchdog_ns(void)
{
    uint64_t usec = 0;

    return sd_watchdog_enabled(0, &usec) > 0 ? usec * 1000 : 0;
}

void notify_tell(const char *state)
{
    sd_notify(0, state);
}

/* Sends one line. Figures only: no text of others needs cleaning. */
__attribute__((format(printf, 1, 2))) static void tell_status(const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    sd_notify(0, text);
}

void notify_plan(struct notify *notify, const struct plan *plan)
{
    const struct view *view = &plan->view;
    char busiest[VIEW_POOL_WORDS], freest[VIEW_POOL_WORDS];

    notify->pins = plan->totals.pins[PIN_DONE];
    if (!notify->wanted)
        return;
    if (view->domain_count == 0)
        tell_status("STATUS=waits for a domain; %" PRIu64 " pins made so far", notify->pins);
    else if (view->busiest < 0 || view->period == 0)
        tell_status("STATUS=%u domains, %u vCPUs; measures; %" PRIu64 " pins made so far",
                    view->domain_count, view->vcpu_count, notify->pins);
    else
        tell_status("STATUS=%u domains, %u vCPUs; busiest %s at %.0f %%, freest %s at %.0f %%; "
                    "%" PRIu64 " pins made so far",
                    view->domain_count, view->vcpu_count,
                    view_pool_words(view, view->busiest, busiest, sizeof busiest),
                    view->pools[view->busiest].planned_demand,
                    view_pool_words(view, view->freest, freest, sizeof freest),
                    view->pools[view->freest].planned_demand, notify->pins);
}

void notify_disconnected(struct notify *notify, bool disconnected)
{
    if (notify->wanted && disconnected && !notify->disconnected)
        tell_status("STATUS=waits for libvirt; %" PRIu64 " pins made so far", notify->pins);
    notify->disconnected = disconnected;
}
