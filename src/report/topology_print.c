/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/topology_print.h"

#include "host.h"
#include "planner/managed.h"
#include "report/internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 80

static int by_shape(const void *a, const void *b, void *opaque)
{
    const uint32_t p = *(const uint32_t *)a, q = *(const uint32_t *)b;
    const struct topology_pcpu *pcpus = opaque;
    const int64_t keys[][2] = {
        {pcpus[p].socket, pcpus[q].socket},
        {pcpus[p].die, pcpus[q].die},
        {pcpus[p].node, pcpus[q].node},
        {pcpus[p].llc, pcpus[q].llc},
        {pcpus[q].capacity, pcpus[p].capacity},
        {pcpus[p].core, pcpus[q].core},
        {p, q},
    };
    int order = 0;

    for (size_t k = 0; k < sizeof keys / sizeof *keys && !order; k++)
        order = (keys[k][0] > keys[k][1]) - (keys[k][0] < keys[k][1]);
    return order;
}

static void draw_distances(struct drawing *drawing)
{
    const struct topology *topology = drawing->topology;

    if (topology->node_count < 2)
        return;
    page_end(&drawing->page);
    page_put(&drawing->page, "distance to node:");
    for (uint32_t to = 0; to < topology->node_count; to++)
        page_word(&drawing->page, "%3" PRId32, topology->nodes[to].number);
    page_end(&drawing->page);
    for (uint32_t from = 0; from < topology->node_count; from++) {
        page_put(&drawing->page, "  from node %4" PRId32 ":", topology->nodes[from].number);
        for (uint32_t to = 0; to < topology->node_count; to++)
            page_word(&drawing->page, "%3" PRIu32,
                      topology_distance(topology, (int32_t)from, (int32_t)to));
        page_end(&drawing->page);
    }
}

static void draw_head(struct drawing *drawing)
{
    const struct topology *topology = drawing->topology;
    const struct {
        uint32_t count;
        const char *one, *several;
    } parts[] = {
        {topology->socket_count, "socket,", "sockets,"},
        {topology->die_count, "die,", "dies,"},
        {topology->node_count, "node,", "nodes,"},
        {topology->llc_count, "last-level cache,", "last-level caches,"},
        {topology->core_count, "core", "cores"},
    };

    page_put(&drawing->page, "online pCPUs: %" PRIu32 "%s",
             cpuset_count(&drawing->snapshot->online),
             topology->version ? ";" : "; the host tells nothing of their shape");
    for (size_t i = 0; i < sizeof parts / sizeof *parts && topology->version; i++)
        page_word(&drawing->page, "%" PRIu32 " %s", parts[i].count,
                  parts[i].count == 1 ? parts[i].one : parts[i].several);
    page_end(&drawing->page);
    if (topology->smt_factor > 0 || topology->remote_factor > 0) {
        page_put(&drawing->page, "SMT factor %.3g, remote factor %.3g", topology->smt_factor,
                 topology->remote_factor);
        page_end(&drawing->page);
    }
}

void topology_put_list(struct page *page, const struct cpuset *set)
{
    char text[CPUSET_LIST_MAX];

    cpuset_format(set, text, sizeof text);
    for (size_t at = 0, length; text[at] != '\0'; at += length) {
        length = strcspn(text + at, ",");
        length += text[at + length] == ',';
        page_word(page, "%.*s", (int)length, text + at);
    }
}

/* Draws a set in a line; nothing if it is empty. */
static void draw_set(struct page *page, const char *label, const struct cpuset *set)
{
    if (!cpuset_count(set))
        return;
    page_put(page, "%s:", label);
    topology_put_list(page, set);
    page_end(page);
}

static void draw_sets(struct drawing *drawing, const struct cpuset *managed)
{
    const struct snapshot *snapshot = drawing->snapshot;
    struct cpuset missing;

    cpuset_clear(&missing);
    for (uint32_t p = 0; p < snapshot->size.pcpus; p++) {
        if (!cpuset_has(&snapshot->online, p))
            cpuset_add(&missing, p);
    }
    draw_set(&drawing->page, "managed", managed);
    draw_set(&drawing->page, "isolated", &snapshot->isolated);
    draw_set(&drawing->page, "nohz_full", &snapshot->nohz_full);
    draw_set(&drawing->page, "offline or absent", &missing);
}

/* Explains the letters that were drawn. */
static void draw_legend(struct drawing *drawing)
{
    static const char *const meanings[MARK_KINDS] = {"isolated", "nohz_full", "not managed"};
    unsigned seen = 0;
    bool pinned = false;

    for (uint32_t index = 0; index < drawing->count; index++) {
        seen |= drawing->marked[drawing->order[index]];
        pinned |= drawing->pinned[drawing->order[index]] > 0;
    }
    page_end(&drawing->page);
    page_put(&drawing->page, "[ ] a core and its threads");
    for (unsigned m = 0; m < MARK_KINDS; m++) {
        if (seen >> m & 1)
            page_word(&drawing->page, " %c %s", topology_mark_letters[m], meanings[m]);
    }
    if (drawing->pools && drawing->pools->level != POOL_CPU)
        page_word(&drawing->page, " {N: } pool N");
    if (pinned)
        page_word(&drawing->page, " :N so many vCPUs pinned there");
    page_end(&drawing->page);
}

static void draw(struct drawing *drawing, const struct cpuset *managed)
{
    draw_head(drawing);
    draw_sets(drawing, managed);
    if (drawing->count) {
        page_end(&drawing->page);
        topology_draw_map(drawing);
        draw_distances(drawing);
        draw_legend(drawing);
    }
    if (drawing->pools)
        topology_draw_pools(drawing, managed);
}

/* Sorts the pCPUs, finds their marks and counts their pins. */
static void gather(struct drawing *drawing, const struct cpuset *managed)
{
    const struct snapshot *snapshot = drawing->snapshot;

    for (uint32_t p = 0; p < drawing->topology->pcpu_count; p++) {
        if (drawing->topology->pcpus[p].core >= 0)
            drawing->order[drawing->count++] = p;
        drawing->marked[p] = (uint8_t)((cpuset_has(&snapshot->isolated, p) ? MARK_ISOLATED : 0) |
                                       (cpuset_has(&snapshot->nohz_full, p) ? MARK_NOHZ : 0) |
                                       (cpuset_has(managed, p) ? 0 : MARK_LEFT));
    }
    for (uint32_t v = 0; v < snapshot->size.vcpus; v++) {
        const struct cpuset *set = &snapshot->sets[snapshot->vcpus[v].affinity];
        const int p = cpuset_next(set, 0);

        if (p >= 0 && (uint32_t)p < drawing->topology->pcpu_count && cpuset_count(set) == 1)
            drawing->pinned[p]++;
    }
    qsort_r(drawing->order, drawing->count, sizeof *drawing->order, by_shape,
            drawing->topology->pcpus);
}

int topology_print(FILE *out, const struct snapshot *snapshot, const struct options *options)
{
    const uint32_t pcpus = snapshot->topology.pcpu_count;
    struct drawing drawing = {.page = {.width = WIDTH, .uncut = true},
                              .snapshot = snapshot,
                              .topology = &snapshot->topology};
    struct managed managed = {0};
    int error = managed_update(&managed, &options->planner, snapshot);

    drawing.order = calloc(pcpus + 1, sizeof *drawing.order);
    drawing.pinned = calloc(pcpus + 1, sizeof *drawing.pinned);
    drawing.marked = calloc(pcpus + 1, sizeof *drawing.marked);
    if (!drawing.order || !drawing.pinned || !drawing.marked)
        error = -ENOMEM;
    if (!error) {
        if (options->planner.pool.level != POOL_CPU)
            drawing.pools = &managed.pools;
        gather(&drawing, &managed.all);
        draw(&drawing, &managed.all);
        error = page_flush(&drawing.page, out);
    }
    page_free(&drawing.page);
    free(drawing.order);
    free(drawing.pinned);
    free(drawing.marked);
    managed_finish(&managed);
    return error;
}

int topology_show(const struct options *options, FILE *out, bool *hung, struct failure *why)
{
    const struct host_settings settings = {
        .uri = options->uri,
        .cgroup_root = options->cgroup_root,
        .read_only = true,
        .shape = true,
        .pcpus = options->pcpus,
        .trace = options->trace,
    };
    const struct host_ops *ops = host_find(options->uri);
    struct snapshot *snapshot = snapshot_new();
    struct host *host = NULL;
    int error = snapshot ? ops->open(&settings, &host, why) : fail(why, -ENOMEM, "no memory");

    if (!error)
        error = ops->sample(host, snapshot, why);
    if (!error) {
        error = topology_print(out, snapshot, options);
        if (error)
            fail(why, error, "standard output: %s", strerror(-error));
    }
    *hung = host && !ops->close(host);
    snapshot_free(snapshot);
    return error;
}
