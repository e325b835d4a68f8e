/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvirt.c - metrics of vCPUs by the names and in the units of libvirt's exporters, so that their
 * dashboards work: github.com/Tinkoff/libvirt-exporter, its predecessor (kumina) and its forks.
 * Only values that the sampler reads anyway.
 */
#include "status/internal.h"

#include <inttypes.h>

#define PREFIX "libvirt_domain_"

/* Writes the name and labels of a sample. */
static void write_name(const struct exposition *to, const struct view *view,
                       const struct view_vcpu *vcpu, const char *name)
{
    fprintf(to->out, "%s{domain=", name);
    exposition_label(to, view->domains[vcpu->domain].name);
    fprintf(to->out, ",vcpu=\"%" PRIu32 "\"} ", vcpu->name.number);
}

/* Writes a time of each vCPU. field: offset in struct view_vcpu of nanoseconds; 0 is unknown and
 * left out. */
static void write_times(const struct exposition *to, const struct view *view, const char *name,
                        size_t field, const char *help)
{
    char sample[64];

    exposition_family(to, name, "counter", help);
    snprintf(sample, sizeof sample, "%s_total", name);
    for (uint32_t v = 0; v < view->vcpu_count; v++) {
        const struct view_vcpu *vcpu = &view->vcpus[v];
        const uint64_t ns = *(const uint64_t *)(const void *)((const char *)vcpu + field);

        if (!ns)
            continue;
        write_name(to, view, vcpu, sample);
        fprintf(to->out, "%.9f\n", (double)ns / 1e9);
    }
}

void status_write_libvirt(const struct exposition *to, const struct view *view)
{
    exposition_family(to, PREFIX "info_virtual_cpus", "gauge",
                      "Number of virtual CPUs of the domain.");
    for (uint32_t d = 0; d < view->domain_count; d++) {
        fputs(PREFIX "info_virtual_cpus{domain=", to->out);
        exposition_label(to, view->domains[d].name);
        fprintf(to->out, "} %" PRIu32 "\n", view->domains[d].vcpu_count);
    }
    write_times(to, view, PREFIX "vcpu_time_seconds", offsetof(struct view_vcpu, time_ns),
                "CPU time of the domain's vCPU.");
    write_times(to, view, PREFIX "vcpu_delay_seconds", offsetof(struct view_vcpu, delay_ns),
                "Time that the domain's vCPU was runnable, but not running.");
    exposition_family(to, PREFIX "vcpu_cpu", "gauge",
                      "The pCPU that the domain's vCPU ran on last.");
    for (uint32_t v = 0; v < view->vcpu_count; v++) {
        if (view->vcpus[v].last_pcpu < 0)
            continue;
        write_name(to, view, &view->vcpus[v], PREFIX "vcpu_cpu");
        fprintf(to->out, "%" PRId32 "\n", view->vcpus[v].last_pcpu);
    }
}
