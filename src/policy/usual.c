/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/usual.h"

#include "policy/forecast.h"

#include <stdlib.h>

/* The weight of today's demand in a vCPU's size; the rest is its usual demand. With more of it,
 * recorded hosts saw several times the pins and lost no less work. */
#define NOW_PART 0.05

struct policy_state {
    struct forecast *forecast;
};

struct policy_state *usual_begin(void)
{
    struct policy_state *state = calloc(1, sizeof *state);

    if (state)
        state->forecast = forecast_new();
    if (state && !state->forecast) {
        free(state);
        return NULL;
    }
    return state;
}

void usual_finish(struct policy_state *state)
{
    if (!state)
        return;
    forecast_free(state->forecast);
    free(state);
}

int usual_learn(struct policy_state *state, const struct view *view)
{
    return forecast_learn(state->forecast, view);
}

void usual_size_up(const struct policy_state *state, struct view *view)
{
    if (state)
        forecast_size_up(state->forecast, view, NOW_PART, FORECAST_SURE);
}

void usual_doubt_first(const struct policy_state *state, struct view *view)
{
    if (!state)
        return;
    for (uint32_t v = 0; v < view->vcpu_count; v++) {
        if (forecast_periods(state->forecast, &view->vcpus[v]) < 2)
            view->vcpus[v].doubt = view->vcpus[v].size;
    }
}
