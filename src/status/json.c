/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json.c - a status page as one JSON object. */
#include "status/internal.h"

#include "config.h"

#include "base/json.h"
#include "config/json.h"
#include "model/names.h"

#include <inttypes.h>
#include <limits.h>
#include <unistd.h>

static void write_set(struct json *json, const char *key, const struct cpuset *set)
{
    char text[CPUSET_LIST_MAX];

    cpuset_format(set, text, sizeof text);
    json_print(json, key, "\"%s\"", text);
}

static void write_run(struct json *json, const struct status_page *page)
{
    char host[HOST_NAME_MAX + 1] = "";

    gethostname(host, sizeof host - 1);
    json_string(json, "version", PACKAGE_VERSION);
    json_string(json, "host", host);
    json_print(json, "time", "%lld", (long long)page->at);
    json_print(json, "since", "%lld", (long long)page->since);
    json_print(json, "period", "%" PRIu64, page->plan->view.period);
    json_number(json, "cpu_seconds", status_cpu_seconds());
    json_print(json, "resident_bytes", "%" PRIu64, status_resident_bytes());
    options_write_json(json, "settings", page->options);
}

static void write_nodes(struct json *json, const struct topology *topology)
{
    json_begin(json, "nodes", '[');
    for (uint32_t n = 0; n < topology->node_count; n++) {
        json_begin(json, NULL, '{');
        json_print(json, "node", "%d", topology->nodes[n].number);
        json_print(json, "memory_bytes", "%" PRIu64, topology->nodes[n].memory_kib * 1024);
        json_begin(json, "distances", '[');
        for (uint32_t to = 0; to < topology->node_count; to++)
            json_print(json, NULL, "%u", topology_distance(topology, (int32_t)n, (int32_t)to));
        json_end(json, ']');
        json_end(json, '}');
    }
    json_end(json, ']');
}

static void write_site(struct json *json, const struct topology *topology, uint32_t number)
{
    const struct topology_pcpu *pcpu;

    if (number >= topology->pcpu_count || topology->pcpus[number].core < 0)
        return;
    pcpu = &topology->pcpus[number];
    json_print(json, "core", "%d", pcpu->core);
    json_print(json, "llc", "%d", pcpu->llc);
    json_print(json, "socket", "%d", pcpu->socket);
    json_print(json, "node", "%d", pcpu->node >= 0 ? topology->nodes[pcpu->node].number : -1);
    json_print(json, "capacity", "%u", pcpu->capacity);
}

/* Writes the core, cache, socket and node of a pool: each that all its pCPUs share. */
static void write_shared_site(struct json *json, const struct topology *topology,
                              const struct cpuset *pcpus)
{
    const int first = cpuset_next(pcpus, 0);
    struct topology_pcpu shared;

    if (first < 0 || (uint32_t)first >= topology->pcpu_count)
        return;
    shared = topology->pcpus[first];
    for (int p = first; p >= 0; p = cpuset_next(pcpus, (uint32_t)p + 1)) {
        if ((uint32_t)p >= topology->pcpu_count)
            return;
        shared.core = topology->pcpus[p].core == shared.core ? shared.core : -1;
        shared.llc = topology->pcpus[p].llc == shared.llc ? shared.llc : -1;
        shared.socket = topology->pcpus[p].socket == shared.socket ? shared.socket : -1;
        shared.node = topology->pcpus[p].node == shared.node ? shared.node : -1;
    }
    if (shared.core >= 0)
        json_print(json, "core", "%d", shared.core);
    if (shared.llc >= 0)
        json_print(json, "llc", "%d", shared.llc);
    if (shared.socket >= 0)
        json_print(json, "socket", "%d", shared.socket);
    if (shared.node >= 0)
        json_print(json, "node", "%d", topology->nodes[shared.node].number);
}

/* Writes the pools; none where each is a pCPU. */
static void write_pools(struct json *json, const struct view *view)
{
    json_begin(json, "pools", '[');
    for (uint32_t p = 0; view->level != POOL_CPU && p < view->pool_count; p++) {
        const struct cpuset pcpus = view_members(view, (int32_t)p);
        const struct view_pool *pool = &view->pools[p];

        json_begin(json, NULL, '{');
        json_print(json, "pool", "%u", p);
        write_set(json, "pcpus", &pcpus);
        json_print(json, "size", "%u", cpuset_count(&pcpus));
        json_print(json, "usage", "%.2f", pool->usage);
        json_print(json, "other", "%.2f", pool->other);
        json_print(json, "wanted", "%.2f", pool->demand);
        json_bool(json, "managed", pool->managed);
        write_shared_site(json, &view->topology, &pcpus);
        json_end(json, '}');
    }
    json_end(json, ']');
}

/* Writes what a pool is, and the busiest and freest: pCPUs or pools, never one for the other. */
static void write_level(struct json *json, const struct status_page *page)
{
    const struct view *view = &page->plan->view;
    const bool pools = view->level != POOL_CPU;
    char text[16];

    json_begin(json, "pool", '{');
    json_string(json, "asked", pool_choice_words(&page->options->planner.pool, text));
    json_string(json, "level", status_pool_level(page, text));
    json_end(json, '}');
    json_print(json, "busiest", "%d", pools ? -1 : view->busiest);
    json_print(json, "freest", "%d", pools ? -1 : view->freest);
    json_print(json, "busiest_pool", "%d", pools ? view->busiest : -1);
    json_print(json, "freest_pool", "%d", pools ? view->freest : -1);
}

static void write_pcpus(struct json *json, const struct status_page *page)
{
    const struct view *view = &page->plan->view;

    write_level(json, page);
    json_bool(json, "no_room", page->plan->decision.no_room);
    json_string(json, "stuck", page->stuck < 0 ? "" : reason_name((enum reason)page->stuck));
    write_set(json, "managed", &view->managed);
    json_begin(json, "pcpus", '[');
    for (uint32_t p = 0; p < view->pcpu_count; p++) {
        const struct view_pcpu *pcpu = &view->pcpus[p];

        json_begin(json, NULL, '{');
        json_print(json, "pcpu", "%u", p);
        json_print(json, "usage", "%.2f", pcpu->usage);
        json_print(json, "other", "%.2f", pcpu->other);
        json_print(json, "wanted", "%.2f", pcpu->demand);
        json_bool(json, "managed", pcpu->managed);
        if (view->level != POOL_CPU)
            json_print(json, "pool", "%d", pcpu->pool);
        write_site(json, &view->topology, p);
        json_end(json, '}');
    }
    json_end(json, ']');
    write_pools(json, view);
}

static void write_vcpu(struct json *json, const struct view *view, const struct view_vcpu *vcpu)
{
    json_begin(json, NULL, '{');
    json_print(json, "vcpu", "%u", vcpu->name.number);
    json_print(json, "pcpu", "%d", view_pcpu_of(view, vcpu));
    if (view->level != POOL_CPU)
        json_print(json, "pool", "%d", vcpu->pool);
    json_print(json, "usage", "%.2f", vcpu->usage);
    json_print(json, "delay", "%.2f", vcpu->delay);
    json_print(json, "throttled", "%.2f", vcpu->throttled);
    json_string(json, "state", vcpu_state_name(vcpu_state(vcpu)));
    write_set(json, "allowed", &view->sets[vcpu->allowed].pcpus);
    json_end(json, '}');
}

static void write_domains(struct json *json, const struct view *view)
{
    json_begin(json, "domains", '[');
    for (uint32_t d = 0; d < view->domain_count; d++) {
        const struct view_domain *domain = &view->domains[d];

        json_begin(json, NULL, '{');
        json_string(json, "name", domain->name);
        json_print(json, "usage", "%.2f", domain->usage);
        json_bool(json, "paused", domain->state == DOMAIN_PAUSED);
        json_bool(json, "excluded", domain->excluded);
        json_begin(json, "vcpus", '[');
        for (uint32_t v = 0; v < domain->vcpu_count; v++)
            write_vcpu(json, view, &view->vcpus[domain->first_vcpu + v]);
        json_end(json, ']');
        json_end(json, '}');
    }
    json_end(json, ']');
}

static void write_decisions(struct json *json, const struct status_page *page)
{
    json_string(json, "reason", reason_name(page->plan->decision.reason));
    json_string(json, "why", page->plan->decision.why);
    json_begin(json, "decisions", '[');
    for (uint32_t i = 0; i < page->decision_count; i++) {
        const struct status_decision *one = &page->decisions[i];

        json_begin(json, NULL, '{');
        json_print(json, "time", "%lld", (long long)one->at);
        json_print(json, "pins", "%u", one->pins);
        json_print(json, "made", "%u", one->made);
        json_print(json, "expected", "%.2f", one->expected);
        json_number(json, "gained", one->gained);
        json_string(json, "why", one->why);
        json_string(json, "moves", one->pin_words);
        json_end(json, '}');
    }
    json_end(json, ']');
}

static void write_stages(struct json *json, const struct plan *plan)
{
    json_begin(json, "stages", '[');
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        const struct histogram_row *row = &plan->stages[stage];

        json_begin(json, NULL, '{');
        json_string(json, "stage", stage_name((enum stage)stage));
        json_print(json, "count", "%" PRIu64, row->count);
        json_print(json, "p50_ns", "%" PRIu64, row->p50);
        json_print(json, "p90_ns", "%" PRIu64, row->p90);
        json_print(json, "p99_ns", "%" PRIu64, row->p99);
        json_print(json, "max_ns", "%" PRIu64, row->max);
        json_end(json, '}');
    }
    json_end(json, ']');
    json_print(json, "skipped", "%" PRIu64, plan->totals.skipped);
    json_print(json, "suspects", "%" PRIu64, plan->totals.suspects);
    json_print(json, "pins_made", "%" PRIu64,
               plan->totals.pins[PIN_DONE] + plan->totals.pins[PIN_DRY]);
}

void status_write_json(FILE *out, const struct status_page *page)
{
    struct json json = {.out = out};

    json_begin(&json, NULL, '{');
    write_run(&json, page);
    write_decisions(&json, page);
    write_nodes(&json, &page->plan->view.topology);
    write_pcpus(&json, page);
    write_domains(&json, &page->plan->view);
    write_stages(&json, page->plan);
    json_end(&json, '}');
    fputc('\n', out);
}
