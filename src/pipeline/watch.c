/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pipeline/internal.h"

#include "log/log.h"

#define NS_PER_S  UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

/* A stage may be late by a few periods without a fault: a pin may take a period, and a sweep one
 * more. The least is for short periods: on a busy host, a thread may not run for seconds, and a
 * call of libvirt may last as long. */
#define LIMIT_PERIODS 5
#define LIMIT_LEAST   (5 * NS_PER_S)

/* An overdue stage is reported after so much more: when the process or the machine was stopped,
 * main may be the first to go on. Also how often a stage that hangs is looked at. */
#define SURE_NS NS_PER_S

void watch_init(struct watch *watch)
{
    watch->feed_ns = notify_watchdog_ns() / 2; /* sd_watchdog_enabled(3) recommends half */
    watch->fed_ns = 0;
}

static double seconds(uint64_t ns)
{
    return (double)ns / (double)NS_PER_S;
}

/* The stage has been at the work that began at `since_ns` for too long. */
static void note_late(struct watch_stage *stage, uint64_t since_ns, uint64_t now_ns)
{
    if (!stage->late_since_ns) {
        stage->late_since_ns = since_ns;
        stage->noticed_ns = now_ns;
    } else if (!stage->logged && now_ns - stage->noticed_ns >= SURE_NS) {
        stage->logged = true;
        log_event(LOG_ERROR, log_about(EVENT_STAGE_HANGS), "the %s has made no progress for %.1f s",
                  stage->name, seconds(now_ns - since_ns));
    }
}

/* The stage has finished what it was late with. */
static void note_progress(struct watch_stage *stage, uint64_t now_ns)
{
    if (stage->logged)
        log_event(LOG_INFO, log_about(EVENT_STAGE_GOES_ON), "the %s goes on, after %.1f s",
                  stage->name, seconds(now_ns - stage->late_since_ns));
    stage->late_since_ns = 0;
    stage->logged = false;
}

/* Looks at one stage. Returns when to look again. */
static uint64_t look_at(struct watch_stage *stage, uint64_t limit_ns, uint64_t now_ns)
{
    const uint64_t since_ns = progress_since(stage->mark);

    if (stage->late_since_ns && stage->late_since_ns != since_ns)
        note_progress(stage, now_ns);
    if (!since_ns)
        return now_ns + limit_ns; /* it may begin at any time */
    if (since_ns + limit_ns > now_ns)
        return since_ns + limit_ns;
    note_late(stage, since_ns, now_ns);
    return now_ns + SURE_NS;
}

int watch_look(struct watch *watch, uint64_t period_ns, uint64_t now_ns)
{
    const uint64_t periods_ns = LIMIT_PERIODS * period_ns;
    const uint64_t limit_ns = periods_ns > LIMIT_LEAST ? periods_ns : LIMIT_LEAST;
    uint64_t next_ns = UINT64_MAX;
    bool going = true;

    for (int i = 0; i < WATCH_STAGES; i++) {
        const uint64_t again_ns = look_at(&watch->stages[i], limit_ns, now_ns);

        going &= watch->stages[i].late_since_ns == 0;
        if (again_ns < next_ns)
            next_ns = again_ns;
    }
    if (watch->feed_ns && going && now_ns - watch->fed_ns >= watch->feed_ns) {
        notify_tell("WATCHDOG=1");
        watch->fed_ns = now_ns;
    }
    if (watch->feed_ns && going && watch->fed_ns + watch->feed_ns < next_ns)
        next_ns = watch->fed_ns + watch->feed_ns;
    /* Rounded up: not to look just before it is time. */
    return (int)((next_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS);
}
