/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/crowding.h"

/* Parts of the future whose retention differs by less are merged. */
#define SAME 0.03

/*
 * The future has four parts: the next period, the five after it, the ten after those, and 16 of
 * usual demand. Today's demand is known well, so a pool is crowded only near 100 %. Usual demand
 * crowds above 75 %, for noise lifts it over 100 % at times.
 */
static const float part_weight[CROWDING_PARTS] = {1, 5, 10, 16};
static const float part_crowded[CROWDING_PARTS] = {95, 95, 95, 75};

void crowding_begin(struct crowding *crowding)
{
    for (int i = 0; i < TABLE_SIZE + 2; i++) {
        const double z = (double)i / TABLE_STEPS - TABLE_REACH;

        crowding->table[i] = (float)(exp(-z * z / 2) / sqrt(2 * 3.14159265358979323846) +
                                     z * erfc(-z / sqrt(2)) / 2);
    }
}

void crowding_look_ahead(struct crowding *crowding, const struct forecast *forecast)
{
    crowding->part_count = 0;
    crowding->periods = crowding->lasting = 0;
    for (int n = 0; n < CROWDING_PARTS; n++) {
        const double retention =
            n < FORECAST_SPANS ? forecast_retention(forecast, (enum forecast_span)n) : 0;
        struct crowding_part *last = n > 0 ? &crowding->parts[crowding->part_count - 1] : NULL;

        crowding->periods += part_weight[n];
        crowding->lasting += part_weight[n] * (float)retention;
        if (last && fabs(retention - (double)last->retention) < SAME &&
            !(part_crowded[n] < last->crowded)) {
            last->weight += part_weight[n];
            continue;
        }
        crowding->parts[crowding->part_count++] = (struct crowding_part){
            .weight = part_weight[n],
            .crowded = part_crowded[n],
            .retention = (float)retention,
            .residual = (float)sqrt(1 - retention * retention),
        };
    }
}
