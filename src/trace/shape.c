/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace/shape.h"

#include "base/array.h"

#include <inttypes.h>
#include <stdlib.h>

/* Where a managed pCPU is. */
struct record_site {
    int32_t node, llc, core;
    uint32_t pcpu;
};

static int by_place(const void *a, const void *b)
{
    const struct record_site *x = a, *y = b;

    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    if (x->llc != y->llc)
        return x->llc < y->llc ? -1 : 1;
    if (x->core != y->core)
        return x->core < y->core ? -1 : 1;
    return x->pcpu < y->pcpu ? -1 : 1;
}

/* Lists the managed pCPUs in the order of the trace's numbers. Returns false if one is unknown. */
static bool list_sites(struct record_shape *shape, const struct view *view)
{
    bool known = true;

    shape->managed = 0;
    for (uint32_t p = 0; p < view->pcpu_count; p++) {
        const struct topology_pcpu *at =
            p < view->topology.pcpu_count ? &view->topology.pcpus[p] : NULL;
        struct record_site *site = &shape->sites[shape->managed];

        if (!view->pcpus[p].managed)
            continue;
        *site = (struct record_site){.pcpu = p};
        if (at && at->node >= 0 && at->llc >= 0 && at->core >= 0)
            *site = (struct record_site){at->node, at->llc, at->core, p};
        else
            known = false;
        shape->managed++;
    }
    if (known && shape->managed)
        qsort(shape->sites, shape->managed, sizeof *shape->sites, by_place);
    return known;
}

/* True if two neighbours are of different nodes, LLCs or cores. */
static bool differ(const struct record_site *a, const struct record_site *b, int part)
{
    return a->node != b->node || (part > 0 && a->llc != b->llc) || (part > 1 && a->core != b->core);
}

/* How many pCPUs each node (0), LLC (1) or core (2) has; 0 if not all have as many. */
static uint32_t size_of_each(const struct record_shape *shape, int part)
{
    uint32_t size = 0, begun = 0;

    for (uint32_t s = 1; s <= shape->managed; s++) {
        if (s < shape->managed && !differ(&shape->sites[s - 1], &shape->sites[s], part))
            continue;
        if (begun && s - begun != size)
            return 0;
        size = s - begun;
        begun = s;
    }
    return size;
}

/* The shape of the listed sites; zeroed if it is not regular, or all pCPUs are alike. */
static struct trace_shape find_shape(const struct record_shape *shape)
{
    const uint32_t node = size_of_each(shape, 0), llc = size_of_each(shape, 1),
                   core = size_of_each(shape, 2);
    struct trace_shape found;

    if (!node || !llc || !core || node % llc || llc % core)
        return (struct trace_shape){0};
    found = (struct trace_shape){
        .sockets = shape->managed / node, .llcs = node / llc, .cores = llc / core, .threads = core};
    return found.sockets * found.llcs * found.threads > 1 ? found : (struct trace_shape){0};
}

static bool same_shape(const struct trace_shape *a, const struct trace_shape *b)
{
    return a->sockets == b->sockets && a->llcs == b->llcs && a->cores == b->cores &&
           a->threads == b->threads;
}

/* Numbers the managed pCPUs, in the order of the shape if there is one, and its nodes. */
static void number(struct record_shape *shape, const struct view *view)
{
    const bool shaped = shape->shape.sockets > 0;
    uint32_t next = 0, node = 0;

    for (uint32_t p = 0; p < view->pcpu_count; p++)
        shape->places[p] = view->pcpus[p].managed && !shaped ? next++ : TRACE_NO_COLUMN;
    for (uint32_t s = 0; shaped && s < shape->managed; s++) {
        shape->places[shape->sites[s].pcpu] = s;
        if (s == 0 || differ(&shape->sites[s - 1], &shape->sites[s], 0))
            shape->nodes[node++] = (uint32_t)shape->sites[s].node;
    }
}

/* True if the listed sites have the numbers that they had at first. */
static bool same_places(const struct record_shape *shape)
{
    for (uint32_t s = 0; s < shape->managed; s++) {
        if (shape->sites[s].pcpu >= shape->place_count || shape->places[shape->sites[s].pcpu] != s)
            return false;
    }
    return true;
}

int record_shape_look(struct record_shape *shape, const struct view *view)
{
    const bool first = shape->place_count == 0;
    struct trace_shape now;

    if (!first && shape->place_count == view->pcpu_count &&
        shape->topology == view->topology.version && cpuset_count(&view->managed) == shape->managed)
        return 0;
    if (!ARRAY_GROW(shape->sites, shape->site_capacity, view->pcpu_count + 1) ||
        !ARRAY_GROW(shape->places, shape->place_capacity, view->pcpu_count) ||
        !ARRAY_GROW(shape->nodes, shape->node_capacity, view->pcpu_count))
        return -ENOMEM;
    now = list_sites(shape, view) ? find_shape(shape) : (struct trace_shape){0};
    if (first) {
        shape->shape = now;
        shape->smt_factor = view->smt_factor;
        shape->remote_factor = view->remote_factor;
    } else if (!same_shape(&now, &shape->shape) || !same_places(shape)) {
        shape->shape = (struct trace_shape){0};
    }
    shape->topology = view->topology.version;
    shape->place_count = view->pcpu_count;
    number(shape, view);
    return 0;
}

void record_shape_finish(struct record_shape *shape)
{
    free(shape->sites);
    free(shape->places);
    free(shape->nodes);
}

/* The trace's number of a VM's home; where that is unknown, the node where it started. */
static uint32_t home_of(const struct record_shape *shape, int32_t home, uint32_t start)
{
    for (uint32_t n = 0; n < shape->shape.sockets; n++) {
        if (home >= 0 && shape->nodes[n] == (uint32_t)home)
            return n;
    }
    return start < shape->managed ? start / (shape->managed / shape->shape.sockets) : 0;
}

void record_shape_write(const struct record_shape *shape, const struct trace_columns *columns,
                        FILE *out)
{
    const struct trace_shape *s = &shape->shape;

    if (!s->sockets)
        return;
    fprintf(out, "# topology: %" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 "\n", s->sockets,
            s->llcs, s->cores, s->threads);
    fprintf(out, "# smt_factor: %.9g\n# remote_factor: %.9g\n# home: ", shape->smt_factor,
            shape->remote_factor);
    for (uint32_t v = 0; v < columns->vm_count; v++) {
        const struct trace_vm *vm = &columns->vms[v];

        fprintf(out, "%s%" PRIu32, v > 0 ? "," : "",
                home_of(shape, vm->home, columns->list[vm->first].start));
    }
    fputc('\n', out);
}
