/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/topology_print.h"

#include "host.h"
#include "planner/managed.h"
#include "report/wrap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* This many equal cores in a row, or more, are drawn as a range. */
#define RANGE_MIN 4

enum { MARK_ISOLATED = 1 << 0, MARK_NOHZ = 1 << 1, MARK_LEFT = 1 << 2, MARK_KINDS = 3 };

static const struct {
    char letter;
    const char *meaning;
} marks[MARK_KINDS] = {
    {'i', "isolated"},
    {'n', "nohz_full"},
    {'x', "not managed"},
};

struct drawing {
    struct wrap wrap;
    const struct snapshot *snapshot;
    const struct topology *topology;
    uint32_t *order;  /* the online pCPUs in the order of drawing */
    uint32_t count;   /* of online pCPUs */
    uint32_t *pinned; /* vCPUs pinned to each pCPU */
    uint8_t *marked;  /* MARK_… of each pCPU */
};

/* ---- cores ---- */

static const struct topology_pcpu *pcpu_at(const struct drawing *drawing, uint32_t index)
{
    return &drawing->topology->pcpus[drawing->order[index]];
}

/* Threads of the core that begins at a index of the order. */
static uint32_t threads_at(const struct drawing *drawing, uint32_t index)
{
    uint32_t threads = 1;

    while (index + threads < drawing->count &&
           pcpu_at(drawing, index + threads)->core == pcpu_at(drawing, index)->core)
        threads++;
    return threads;
}

/* True if two cores have equal marks and pins, and numbers that differ by `stride`. */
static bool is_alike(const struct drawing *drawing, uint32_t one, uint32_t other, uint32_t threads,
                     uint32_t stride)
{
    for (uint32_t t = 0; t < threads; t++) {
        const uint32_t a = drawing->order[one + t], b = drawing->order[other + t];

        if (b - a != stride || drawing->marked[a] != drawing->marked[b] ||
            drawing->pinned[a] != drawing->pinned[b])
            return false;
    }
    return true;
}

/* Counts the equal, evenly numbered cores from `index` up to `end`. */
static uint32_t range_at(const struct drawing *drawing, uint32_t index, uint32_t end)
{
    const uint32_t threads = threads_at(drawing, index);
    uint32_t stride = 0, cores = 1, next = index + threads;

    if (next < end)
        stride = drawing->order[next] - drawing->order[index];
    while (next < end && threads_at(drawing, next) == threads &&
           is_alike(drawing, next - threads, next, threads, stride)) {
        cores++;
        next += threads;
    }
    return cores;
}

/* Draws a core such as "[0 1i:2]": threads, their marks, the number of vCPUs pinned there. */
static void put_core(struct drawing *drawing, uint32_t index)
{
    const uint32_t threads = threads_at(drawing, index);
    char text[400];
    size_t length = 0;

    for (uint32_t t = 0; t < threads && length < sizeof text - 40; t++) {
        const uint32_t p = drawing->order[index + t];

        length += (size_t)sprintf(text + length, "%c%" PRIu32, t ? ' ' : '[', p);
        for (unsigned m = 0; m < MARK_KINDS; m++) {
            if (drawing->marked[p] >> m & 1)
                text[length++] = marks[m].letter;
        }
        if (drawing->pinned[p])
            length += (size_t)sprintf(text + length, ":%" PRIu32, drawing->pinned[p]);
    }
    text[length] = '\0';
    wrap_word(&drawing->wrap, "%s]", text);
}

static void put_cores(struct drawing *drawing, uint32_t index, uint32_t end)
{
    while (index < end) {
        const uint32_t threads = threads_at(drawing, index);
        uint32_t cores = range_at(drawing, index, end);

        put_core(drawing, index);
        if (cores >= RANGE_MIN) {
            wrap_word(&drawing->wrap, "..");
            put_core(drawing, index + (cores - 1) * threads);
            wrap_word(&drawing->wrap, "(%" PRIu32 " cores)", cores);
        } else {
            cores = 1;
        }
        index += cores * threads;
    }
}

/* ---- sockets, dies, nodes, caches ---- */

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

/* Draws "node 1, 62.8 GiB". node: index. */
static void put_node(struct drawing *drawing, unsigned at, uint32_t node)
{
    const struct topology_node *told = &drawing->topology->nodes[node];

    wrap_begin(&drawing->wrap, at, "node %" PRId32, told->number);
    if (told->memory_kib)
        fprintf(drawing->wrap.out, ", %.1f GiB", (double)told->memory_kib / (1024 * 1024));
}

/* Draws a cache with its cores. Returns the index of the next one. */
static uint32_t draw_cache(struct drawing *drawing, unsigned at, uint32_t index)
{
    const struct topology_pcpu *first = pcpu_at(drawing, index);
    uint32_t end = index;

    while (end < drawing->count && pcpu_at(drawing, end)->llc == first->llc &&
           pcpu_at(drawing, end)->node == first->node && pcpu_at(drawing, end)->die == first->die &&
           pcpu_at(drawing, end)->capacity == first->capacity)
        end++;
    if (first->capacity == TOPOLOGY_CAPACITY)
        wrap_begin(&drawing->wrap, at, "LLC %" PRId32 ":", first->llc);
    else
        wrap_begin(&drawing->wrap, at, "LLC %" PRId32 ", capacity %" PRIu32 ":", first->llc,
                   first->capacity);
    put_cores(drawing, index, end);
    wrap_end(&drawing->wrap);
    return end;
}

static void draw_tree(struct drawing *drawing)
{
    const struct topology *topology = drawing->topology;
    const bool with_dies = topology->die_count > topology->socket_count;
    const unsigned inner = with_dies ? 4 : 2;
    const struct topology_pcpu *before = NULL;
    uint32_t index = 0;

    while (index < drawing->count) {
        const struct topology_pcpu *pcpu = pcpu_at(drawing, index);
        const bool new_socket = !before || pcpu->socket != before->socket;
        const bool new_die = new_socket || pcpu->die != before->die;

        if (new_socket)
            fprintf(drawing->wrap.out, "socket %" PRId32 "\n", pcpu->socket);
        if (with_dies && new_die)
            fprintf(drawing->wrap.out, "  die %" PRId32 "\n", pcpu->die);
        if (new_die || pcpu->node != before->node) {
            put_node(drawing, inner, (uint32_t)pcpu->node);
            wrap_end(&drawing->wrap);
        }
        before = pcpu;
        index = draw_cache(drawing, inner + 2, index);
    }
}

static void draw_nodes_without_pcpus(struct drawing *drawing)
{
    for (uint32_t n = 0; n < drawing->topology->node_count; n++) {
        uint32_t index = 0;

        while (index < drawing->count && pcpu_at(drawing, index)->node != (int32_t)n)
            index++;
        if (index < drawing->count)
            continue;
        put_node(drawing, 0, n);
        fputs(", no pCPUs\n", drawing->wrap.out);
    }
}

static void draw_distances(struct drawing *drawing)
{
    const struct topology *topology = drawing->topology;

    if (topology->node_count < 2)
        return;
    fputc('\n', drawing->wrap.out);
    wrap_begin(&drawing->wrap, 0, "distance to node:");
    for (uint32_t to = 0; to < topology->node_count; to++)
        wrap_word(&drawing->wrap, "%3" PRId32, topology->nodes[to].number);
    wrap_end(&drawing->wrap);
    for (uint32_t from = 0; from < topology->node_count; from++) {
        wrap_begin(&drawing->wrap, 0, "  from node %4" PRId32 ":", topology->nodes[from].number);
        for (uint32_t to = 0; to < topology->node_count; to++)
            wrap_word(&drawing->wrap, "%3" PRIu32,
                      topology_distance(topology, (int32_t)from, (int32_t)to));
        wrap_end(&drawing->wrap);
    }
}

/* ---- the rest ---- */

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

    wrap_begin(&drawing->wrap, 0, "online pCPUs: %" PRIu32 "%s",
               cpuset_count(&drawing->snapshot->online),
               topology->version ? ";" : "; the host tells nothing of their shape");
    for (size_t i = 0; i < sizeof parts / sizeof *parts && topology->version; i++)
        wrap_word(&drawing->wrap, "%" PRIu32 " %s", parts[i].count,
                  parts[i].count == 1 ? parts[i].one : parts[i].several);
    wrap_end(&drawing->wrap);
    if (topology->smt_factor > 0 || topology->remote_factor > 0)
        fprintf(drawing->wrap.out, "SMT factor %.3g, remote factor %.3g\n", topology->smt_factor,
                topology->remote_factor);
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
    wrap_set(&drawing->wrap, "managed", managed);
    wrap_set(&drawing->wrap, "isolated", &snapshot->isolated);
    wrap_set(&drawing->wrap, "nohz_full", &snapshot->nohz_full);
    wrap_set(&drawing->wrap, "offline or absent", &missing);
}

/* Explains the letters that were drawn. */
static void draw_legend(struct drawing *drawing)
{
    unsigned seen = 0;
    bool pinned = false;

    for (uint32_t index = 0; index < drawing->count; index++) {
        seen |= drawing->marked[drawing->order[index]];
        pinned |= drawing->pinned[drawing->order[index]] > 0;
    }
    fputc('\n', drawing->wrap.out);
    wrap_begin(&drawing->wrap, 0, "[ ] a core and its threads");
    for (unsigned m = 0; m < MARK_KINDS; m++) {
        if (seen >> m & 1)
            wrap_word(&drawing->wrap, " %c %s", marks[m].letter, marks[m].meaning);
    }
    if (pinned)
        wrap_word(&drawing->wrap, " :N so many vCPUs pinned there");
    wrap_end(&drawing->wrap);
}

static void draw(struct drawing *drawing, const struct cpuset *managed)
{
    draw_head(drawing);
    draw_sets(drawing, managed);
    if (!drawing->count)
        return;
    fputc('\n', drawing->wrap.out);
    draw_tree(drawing);
    draw_nodes_without_pcpus(drawing);
    draw_distances(drawing);
    draw_legend(drawing);
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
    struct drawing drawing = {
        .wrap.out = out, .snapshot = snapshot, .topology = &snapshot->topology};
    struct managed managed = {0};
    int error = managed_update(&managed, &options->planner, snapshot);

    drawing.order = calloc(pcpus + 1, sizeof *drawing.order);
    drawing.pinned = calloc(pcpus + 1, sizeof *drawing.pinned);
    drawing.marked = calloc(pcpus + 1, sizeof *drawing.marked);
    if (!drawing.order || !drawing.pinned || !drawing.marked)
        error = -ENOMEM;
    if (!error) {
        gather(&drawing, &managed.all);
        draw(&drawing, &managed.all);
    }
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
        .period_ns = (uint64_t)(options->period_s * 1e9),
    };
    const struct host_ops *ops = host_find(options->uri);
    struct snapshot *snapshot = snapshot_new();
    struct host *host = NULL;
    int error = snapshot ? ops->open(&settings, &host, why) : fail(why, -ENOMEM, "no memory");

    if (!error)
        error = ops->sample(host, snapshot, why);
    if (!error && (topology_print(out, snapshot, options) || fflush(out)))
        error = fail(why, -EIO, "standard output: %s", strerror(errno));
    *hung = host && !ops->close(host);
    snapshot_free(snapshot);
    return error;
}
