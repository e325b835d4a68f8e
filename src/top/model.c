/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top/model.h"

#include "base/array.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* Reads an element of an array. Returns 0, or -1 with the words in *error. */
typedef int (*reader)(json_t *element, struct top_model *model, uint32_t index,
                      json_error_t *error);

static int read_pcpu(json_t *element, struct top_model *model, uint32_t index, json_error_t *error)
{
    struct top_meter *pcpu = &model->pcpus[index];

    pcpu->node = pcpu->core = -1;
    return json_unpack_ex(element, error, 0, "{s:i, s:F, s:F, s:F, s:b, s?i, s?i}", "pcpu",
                          &pcpu->number, "usage", &pcpu->usage, "other", &pcpu->other, "wanted",
                          &pcpu->wanted, "managed", &pcpu->managed, "node", &pcpu->node, "core",
                          &pcpu->core);
}

static int read_pool(json_t *element, struct top_model *model, uint32_t index, json_error_t *error)
{
    struct top_meter *pool = &model->pools[index];

    pool->node = pool->core = -1;
    return json_unpack_ex(element, error, 0, "{s:i, s:s, s:i, s:F, s:F, s:F, s:b, s?i, s?i}",
                          "pool", &pool->number, "pcpus", &pool->pcpus, "size", &pool->size,
                          "usage", &pool->usage, "other", &pool->other, "wanted", &pool->wanted,
                          "managed", &pool->managed, "node", &pool->node, "core", &pool->core);
}

static int read_vcpu(json_t *element, struct top_model *model, uint32_t index, json_error_t *error)
{
    struct top_vcpu *vcpu = &model->vcpus[index];

    vcpu->pool = -1;
    return json_unpack_ex(element, error, 0, "{s:i, s:i, s?i, s:F, s:F, s:s, s:s}", "vcpu",
                          &vcpu->number, "pcpu", &vcpu->pcpu, "pool", &vcpu->pool, "usage",
                          &vcpu->usage, "delay", &vcpu->delay, "state", &vcpu->state, "allowed",
                          &vcpu->allowed);
}

static int read_domain(json_t *element, struct top_model *model, uint32_t index,
                       json_error_t *error)
{
    struct top_domain *domain = &model->domains[index];
    json_t *vcpus, *vcpu;
    size_t i;

    if (json_unpack_ex(element, error, 0, "{s:s, s:F, s:b, s:b, s:o}", "name", &domain->name,
                       "usage", &domain->usage, "paused", &domain->paused, "excluded",
                       &domain->excluded, "vcpus", &vcpus))
        return -1;
    domain->first_vcpu = model->vcpu_count;
    domain->vcpu_count = (uint32_t)json_array_size(vcpus);
    if (!ARRAY_GROW(model->vcpus, model->vcpu_capacity, model->vcpu_count + domain->vcpu_count))
        return -1;
    json_array_foreach(vcpus, i, vcpu)
    {
        model->vcpus[model->vcpu_count].domain = index;
        if (read_vcpu(vcpu, model, model->vcpu_count, error))
            return -1;
        domain->delay += model->vcpus[model->vcpu_count++].delay;
    }
    return 0;
}

static int read_decision(json_t *element, struct top_model *model, uint32_t index,
                         json_error_t *error)
{
    struct top_decision *decision = &model->decisions[index];
    json_t *gained;

    if (json_unpack_ex(element, error, 0, "{s:I, s:i, s:i, s:F, s:o, s:s, s:s}", "time",
                       &decision->at, "pins", &decision->pins, "made", &decision->made, "expected",
                       &decision->expected, "gained", &gained, "why", &decision->why, "moves",
                       &decision->moves))
        return -1;
    decision->gained = json_is_number(gained) ? json_number_value(gained) : (double)NAN;
    return 0;
}

static int read_stage(json_t *element, struct top_model *model, uint32_t index, json_error_t *error)
{
    struct top_stage *stage = &model->stages[index];

    return json_unpack_ex(element, error, 0, "{s:s, s:F, s:F, s:F, s:F, s:F}", "stage",
                          &stage->name, "count", &stage->count, "p50_ns", &stage->p50_ns, "p90_ns",
                          &stage->p90_ns, "p99_ns", &stage->p99_ns, "max_ns", &stage->max_ns);
}

/* Allocates an array and reads its elements. */
static int read_array(struct top_model *model, const char *name, void *elements, size_t size,
                      uint32_t *count, reader read, json_error_t *error)
{
    json_t *array = NULL, *element;
    size_t i;

    if (json_unpack_ex(model->root, error, 0, read == read_pool ? "{s?o}" : "{s:o}", name, &array))
        return -1;
    *count = (uint32_t)json_array_size(array);
    *(void **)elements = calloc(*count + 1, size);
    if (!*(void **)elements)
        return -1;
    json_array_foreach(array, i, element)
    {
        if (read(element, model, (uint32_t)i, error))
            return -1;
    }
    return 0;
}

static int read_run(struct top_model *model, json_error_t *error)
{
    /* Missing from older daemons. */
    model->stuck = "";
    model->pool_asked = model->pool_level = "cpu";
    return json_unpack_ex(model->root, error, 0,
                          "{s:s, s:s, s:I, s:I, s:F, s:F, s:F, s:{s:s, s:F, s:F, s:b}}", "version",
                          &model->version, "host", &model->host, "time", &model->at, "since",
                          &model->since, "period", &model->period, "cpu_seconds",
                          &model->cpu_seconds, "resident_bytes", &model->resident_bytes, "settings",
                          "policy", &model->policy, "period", &model->period_s, "threshold",
                          &model->threshold, "dry-run", &model->dry_run) ||
           json_unpack_ex(model->root, error, 0, "{s:s, s:s, s:i, s:i, s:b, s?s, s:F, s:F, s:F}",
                          "reason", &model->reason, "why", &model->why, "busiest", &model->busiest,
                          "freest", &model->freest, "no_room", &model->no_room, "stuck",
                          &model->stuck, "skipped", &model->skipped, "suspects", &model->suspects,
                          "pins_made", &model->pins_made);
}

static int read_level(struct top_model *model, json_error_t *error)
{
    int busiest = -1, freest = -1;

    if (json_unpack_ex(model->root, error, 0, "{s?{s:s, s:s}, s?i, s?i}", "pool", "asked",
                       &model->pool_asked, "level", &model->pool_level, "busiest_pool", &busiest,
                       "freest_pool", &freest))
        return -1;
    if (model->pool_count) {
        model->busiest = busiest;
        model->freest = freest;
    }
    return 0;
}

/* By node, core and number; unknown ones first. */
static int compare_meters(const void *a, const void *b)
{
    const struct top_meter *x = a, *y = b;

    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    if (x->core != y->core)
        return x->core < y->core ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

/* Chooses what to show: pools, unless each is a pCPU. */
static void choose_meters(struct top_model *model)
{
    uint32_t nodes = 1;

    qsort(model->pcpus, model->pcpu_count, sizeof *model->pcpus, compare_meters);
    qsort(model->pools, model->pool_count, sizeof *model->pools, compare_meters);
    model->meters = model->pool_count ? model->pools : model->pcpus;
    model->meter_count = model->pool_count ? model->pool_count : model->pcpu_count;
    for (uint32_t i = 1; i < model->meter_count; i++)
        nodes += model->meters[i].node != model->meters[i - 1].node;
    model->by_node = nodes > 1 && (!model->pool_count || nodes < model->pool_count);
}

static int read_all(struct top_model *model, json_error_t *error)
{
    if (read_run(model, error) ||
        read_array(model, "pcpus", &model->pcpus, sizeof *model->pcpus, &model->pcpu_count,
                   read_pcpu, error) ||
        read_array(model, "pools", &model->pools, sizeof *model->pools, &model->pool_count,
                   read_pool, error) ||
        read_level(model, error) ||
        read_array(model, "domains", &model->domains, sizeof *model->domains, &model->domain_count,
                   read_domain, error) ||
        read_array(model, "decisions", &model->decisions, sizeof *model->decisions,
                   &model->decision_count, read_decision, error) ||
        read_array(model, "stages", &model->stages, sizeof *model->stages, &model->stage_count,
                   read_stage, error))
        return -1;
    choose_meters(model);
    return 0;
}

struct top_model *top_model_read(const char *text, size_t size, struct failure *why)
{
    struct top_model *model = calloc(1, sizeof *model);
    json_error_t error = {.text = "no memory"};

    if (!model) {
        fail(why, -ENOMEM, "no memory");
        return NULL;
    }
    model->root = json_loadb(text, size, 0, &error);
    if (model->root && read_all(model, &error) == 0)
        return model;
    fail(why, -EBADMSG, "not what vcpu-scheduler of this version answers: %s", error.text);
    top_model_free(model);
    return NULL;
}

void top_model_free(struct top_model *model)
{
    if (!model)
        return;
    free(model->pcpus);
    free(model->pools);
    free(model->vcpus);
    free(model->domains);
    free(model->decisions);
    free(model->stages);
    json_decref(model->root);
    free(model);
}
