/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json.c - a status page as one JSON object. */
#include "status/json.h"

#include "config.h"

#include "base/json.h"
#include "config/json.h"
#include "model/names.h"
#include "status/status.h"

#include <inttypes.h>
#include <limits.h>
#include <unistd.h>

static void write_set(FILE *out, const struct cpuset *set)
{
    char text[5 * CPUSET_MAX / 2]; /* every second one of four digits */

    cpuset_format(set, text, sizeof text);
    fprintf(out, "\"%s\"", text);
}

static void write_run(FILE *out, const struct status_page *page)
{
    char host[HOST_NAME_MAX + 1] = "";

    gethostname(host, sizeof host - 1);
    fputs("\"version\": \"" PACKAGE_VERSION "\", \"host\": ", out);
    json_string(out, host);
    fprintf(out,
            ", \"time\": %lld, \"since\": %lld, \"period\": %" PRIu64
            ", \"cpu_seconds\": %.6f, \"resident_bytes\": %" PRIu64 ", \"settings\": ",
            (long long)page->at, (long long)page->since, page->plan->view.period,
            status_cpu_seconds(), status_resident_bytes());
    options_write_json(out, page->options);
}

static void write_nodes(FILE *out, const struct topology *topology)
{
    fputs(", \"nodes\": [", out);
    for (uint32_t n = 0; n < topology->node_count; n++) {
        fprintf(out, "%s{\"node\": %d, \"memory_bytes\": %" PRIu64 ", \"distances\": [",
                n ? ", " : "", topology->nodes[n].number, topology->nodes[n].memory_kib * 1024);
        for (uint32_t to = 0; to < topology->node_count; to++)
            fprintf(out, "%s%u", to ? ", " : "",
                    topology_distance(topology, (int32_t)n, (int32_t)to));
        fputs("]}", out);
    }
    fputc(']', out);
}

static void write_pcpus(FILE *out, const struct status_page *page)
{
    const struct view *view = &page->plan->view;
    const struct topology *topology = &view->topology;

    fprintf(out,
            ", \"busiest\": %d, \"freest\": %d, \"no_room\": %s, \"stuck\": \"%s\", \"managed\": ",
            view->busiest, view->freest, page->plan->decision.no_room ? "true" : "false",
            page->stuck < 0 ? "" : reason_name((enum reason)page->stuck));
    write_set(out, &view->managed);
    fputs(", \"pcpus\": [", out);
    for (uint32_t p = 0; p < view->pcpu_count; p++) {
        const struct view_pcpu *pcpu = &view->pcpus[p];

        fprintf(
            out,
            "%s{\"pcpu\": %u, \"usage\": %.2f, \"other\": %.2f, \"wanted\": %.2f, \"managed\": %s",
            p ? ", " : "", p, pcpu->usage, pcpu->other, pcpu->demand,
            pcpu->managed ? "true" : "false");
        if (p < topology->pcpu_count && topology->pcpus[p].core >= 0)
            fprintf(
                out, ", \"core\": %d, \"llc\": %d, \"socket\": %d, \"node\": %d, \"capacity\": %u",
                topology->pcpus[p].core, topology->pcpus[p].llc, topology->pcpus[p].socket,
                topology->pcpus[p].node >= 0 ? topology->nodes[topology->pcpus[p].node].number : -1,
                topology->pcpus[p].capacity);
        fputc('}', out);
    }
    fputc(']', out);
}

static void write_vcpu(FILE *out, const struct view *view, const struct view_vcpu *vcpu)
{
    fprintf(out,
            "{\"vcpu\": %u, \"pcpu\": %d, \"usage\": %.2f, \"delay\": %.2f, \"throttled\": %.2f, "
            "\"state\": \"%s\", "
            "\"allowed\": ",
            vcpu->name.number, vcpu->pcpu, vcpu->usage, vcpu->delay, vcpu->throttled,
            vcpu_state_name(vcpu_state(vcpu)));
    write_set(out, &view->sets[vcpu->allowed]);
    fputc('}', out);
}

static void write_domains(FILE *out, const struct view *view)
{
    fputs(", \"domains\": [", out);
    for (uint32_t d = 0; d < view->domain_count; d++) {
        const struct view_domain *domain = &view->domains[d];

        fputs(d ? ", {\"name\": " : "{\"name\": ", out);
        json_string(out, domain->name);
        fprintf(out, ", \"usage\": %.2f, \"paused\": %s, \"excluded\": %s, \"vcpus\": [",
                domain->usage, domain->state == DOMAIN_PAUSED ? "true" : "false",
                domain->excluded ? "true" : "false");
        for (uint32_t v = 0; v < domain->vcpu_count; v++) {
            if (v)
                fputs(", ", out);
            write_vcpu(out, view, &view->vcpus[domain->first_vcpu + v]);
        }
        fputs("]}", out);
    }
    fputc(']', out);
}

static void write_decisions(FILE *out, const struct status_page *page)
{
    fprintf(out, ", \"reason\": \"%s\", \"why\": ", reason_name(page->plan->decision.reason));
    json_string(out, page->plan->decision.why);
    fputs(", \"decisions\": [", out);
    for (uint32_t i = 0; i < page->decision_count; i++) {
        const struct status_decision *one = &page->decisions[i];

        fprintf(out,
                "%s{\"time\": %lld, \"pins\": %u, \"made\": %u, \"expected\": %.2f, \"gained\": ",
                i ? ", " : "", (long long)one->at, one->pins, one->made, one->expected);
        json_number(out, one->gained);
        fputs(", \"why\": ", out);
        json_string(out, one->why);
        fputs(", \"moves\": ", out);
        json_string(out, one->pin_words);
        fputc('}', out);
    }
    fputc(']', out);
}

static void write_stages(FILE *out, const struct plan *plan)
{
    fputs(", \"stages\": [", out);
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        const struct histogram_row *row = &plan->stages[stage];

        fprintf(out,
                "%s{\"stage\": \"%s\", \"count\": %" PRIu64 ", \"p50_ns\": %" PRIu64
                ", \"p90_ns\": %" PRIu64 ", \"p99_ns\": %" PRIu64 ", \"max_ns\": %" PRIu64 "}",
                stage ? ", " : "", stage_name((enum stage)stage), row->count, row->p50, row->p90,
                row->p99, row->max);
    }
    fprintf(out, "], \"skipped\": %" PRIu64 ", \"suspects\": %" PRIu64 ", \"pins_made\": %" PRIu64,
            plan->totals.skipped, plan->totals.suspects,
            plan->totals.pins[PIN_DONE] + plan->totals.pins[PIN_DRY]);
}

void status_write_json(FILE *out, const struct status_page *page)
{
    fputc('{', out);
    write_run(out, page);
    write_decisions(out, page);
    write_nodes(out, &page->plan->view.topology);
    write_pcpus(out, page);
    write_domains(out, &page->plan->view);
    write_stages(out, page->plan);
    fputs("}\n", out);
}
