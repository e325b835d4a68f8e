/* SPDX-License-Identifier: GPL-2.0-or-later */
/* topology_map.c - draws sockets, dies, nodes, caches and cores. */
#include "report/internal.h"

#include <inttypes.h>

/* This many equal cores in a row, or more, are drawn as a range. */
#define RANGE_MIN 4

const char topology_mark_letters[MARK_KINDS] = {'i', 'n', 'x'};

static const struct topology_pcpu *pcpu_at(const struct drawing *drawing, uint32_t index)
{
    return &drawing->topology->pcpus[drawing->order[index]];
}

/* Threads of the core that begins at an index of the order. */
static uint32_t threads_at(const struct drawing *drawing, uint32_t index)
{
    uint32_t threads = 1;

    while (index + threads < drawing->count &&
           pcpu_at(drawing, index + threads)->core == pcpu_at(drawing, index)->core)
        threads++;
    return threads;
}

/* The pool of a pCPU; -1: none, or no pools are drawn. */
static int32_t pool_of(const struct drawing *drawing, uint32_t pcpu)
{
    const struct pools *pools = drawing->pools;

    return pools && pools->level != POOL_CPU && pcpu < pools->pcpu_count ? pools->of[pcpu] : -1;
}

/* The pool of the core that begins at an index: that of its managed threads. */
static int32_t pool_at(const struct drawing *drawing, uint32_t index)
{
    int32_t pool = -1;

    for (uint32_t t = 0; t < threads_at(drawing, index) && pool < 0; t++)
        pool = pool_of(drawing, drawing->order[index + t]);
    return pool;
}

/* True if each core is a pool. */
static bool pools_are_cores(const struct drawing *drawing)
{
    return drawing->pools && drawing->pools->level == POOL_CORE;
}

/* True if two cores in a row belong to one pool, or to pools in a row that are cores. */
static bool in_line(const struct drawing *drawing, uint32_t one, uint32_t other)
{
    const int32_t a = pool_at(drawing, one), b = pool_at(drawing, other);

    return pools_are_cores(drawing) && a >= 0 ? b == a + 1 : b == a;
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
           is_alike(drawing, next - threads, next, threads, stride) &&
           in_line(drawing, next - threads, next)) {
        cores++;
        next += threads;
    }
    return cores;
}

/* Draws a core such as "[0 1i:2]": threads, their marks, the number of vCPUs pinned there. In the
 * braces of its pool it is "{0: [0 1i:2]}"; opens, closes: the first, the last there. */
static void put_core(struct drawing *drawing, uint32_t index, bool opens, bool closes)
{
    const uint32_t threads = threads_at(drawing, index);
    char text[400], brace[16] = "";
    size_t length = 0;

    for (uint32_t t = 0; t < threads && length < sizeof text - 40; t++) {
        const uint32_t p = drawing->order[index + t];

        length += (size_t)sprintf(text + length, "%c%" PRIu32, t ? ' ' : '[', p);
        for (unsigned m = 0; m < MARK_KINDS; m++) {
            if (drawing->marked[p] >> m & 1)
                text[length++] = topology_mark_letters[m];
        }
        if (drawing->pinned[p])
            length += (size_t)sprintf(text + length, ":%" PRIu32, drawing->pinned[p]);
    }
    text[length] = '\0';
    if (opens)
        snprintf(brace, sizeof brace, "{%" PRId32 ": ", pool_at(drawing, index));
    page_word(&drawing->page, "%s%s]%s", brace, text, closes ? "}" : "");
}

/* Draws equal cores of one pool, or of a pool each, as a range. */
static void put_range(struct drawing *drawing, uint32_t first, uint32_t last, uint32_t cores,
                      bool opens, bool closes)
{
    const bool each = opens && pools_are_cores(drawing);

    put_core(drawing, first, opens, each);
    page_word(&drawing->page, "..");
    put_core(drawing, last, each, each);
    page_word(&drawing->page, "(%" PRIu32 " %s)%s", cores, each ? "pools" : "cores",
              closes && !each ? "}" : "");
}

static void put_cores(struct drawing *drawing, uint32_t index, uint32_t end)
{
    int32_t before = -1; /* the pool of the core before */

    while (index < end) {
        const uint32_t threads = threads_at(drawing, index), range = range_at(drawing, index, end);
        const uint32_t cores = range >= RANGE_MIN ? range : 1, last = index + (cores - 1) * threads;
        const uint32_t next = last + threads;
        const int32_t pool = pool_at(drawing, last);
        const bool opens = pool >= 0 && pool_at(drawing, index) != before;
        const bool closes = pool >= 0 && (next == end || pool_at(drawing, next) != pool);

        if (cores > 1)
            put_range(drawing, index, last, cores, opens, closes);
        else
            put_core(drawing, index, opens, closes);
        before = pool;
        index = next;
    }
}

/* Draws "node 1, 62.8 GiB". node: index. */
static void put_node(struct drawing *drawing, uint32_t node)
{
    const struct topology_node *told = &drawing->topology->nodes[node];

    page_put(&drawing->page, "node %" PRId32, told->number);
    if (told->memory_kib)
        page_put(&drawing->page, ", %.1f GiB", (double)told->memory_kib / (1024 * 1024));
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
    page_tab(&drawing->page, at);
    if (first->capacity == TOPOLOGY_CAPACITY)
        page_put(&drawing->page, "LLC %" PRId32 ":", first->llc);
    else
        page_put(&drawing->page, "LLC %" PRId32 ", capacity %" PRIu32 ":", first->llc,
                 first->capacity);
    put_cores(drawing, index, end);
    page_end(&drawing->page);
    return end;
}

static void put_line(struct page *page, unsigned at, const char *name, int32_t number)
{
    page_tab(page, at);
    page_put(page, "%s %" PRId32, name, number);
    page_end(page);
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
            put_line(&drawing->page, 0, "socket", pcpu->socket);
        if (with_dies && new_die)
            put_line(&drawing->page, 2, "die", pcpu->die);
        if (new_die || pcpu->node != before->node) {
            page_tab(&drawing->page, inner);
            put_node(drawing, (uint32_t)pcpu->node);
            page_end(&drawing->page);
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
        put_node(drawing, n);
        page_put(&drawing->page, ", no pCPUs");
        page_end(&drawing->page);
    }
}

void topology_draw_map(struct drawing *drawing)
{
    draw_tree(drawing);
    draw_nodes_without_pcpus(drawing);
}
