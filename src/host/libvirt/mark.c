/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/libvirt/mark.h"

#include "base/array.h"
#include "host/libvirt/xml.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer texts and more vCPUs are refused: no domain has as many. */
#define TEXT_MAX  (1 << 20)
#define VCPUS_MAX 8192

void mark_finish(struct mark *mark)
{
    free(mark->entries);
    *mark = (struct mark){.entries = NULL};
}

int mark_add(struct mark *mark, const struct mark_entry *entry)
{
    if (!ARRAY_GROW(mark->entries, mark->capacity, mark->count + 1))
        return -ENOMEM;
    mark->entries[mark->count++] = *entry;
    return 0;
}

const struct mark_entry *mark_find(const struct mark *mark, uint32_t number)
{
    for (uint32_t i = 0; i < mark->count; i++) {
        if (mark->entries[i].number == number)
            return &mark->entries[i];
    }
    return NULL;
}

/* True if the entry records a pin to that pCPU; a number below 0 is no pCPU. */
static bool records(const struct mark_entry *entry, int32_t pcpu)
{
    return pcpu >= 0 && (entry->pinned == pcpu || entry->was == pcpu);
}

bool mark_is_ours(const struct mark_entry *entry, const struct cpuset *now)
{
    return entry && cpuset_count(now) == 1 && records(entry, cpuset_next(now, 0));
}

bool mark_covers(const struct mark_entry *entry, const struct mark_entry *needed)
{
    return entry && entry->everything == needed->everything &&
           (needed->everything || cpuset_equal(&entry->original, &needed->original)) &&
           records(entry, needed->pinned) && (needed->was < 0 || records(entry, needed->was));
}

/* ---- text ---- */

static int parse_original(const xmlNode *node, struct mark_entry *entry)
{
    xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)"original");

    entry->everything = xmlStrEqual(value, (const xmlChar *)"all");
    xmlFree(value);
    cpuset_clear(&entry->original);
    if (entry->everything)
        return 0;
    return xml_list(node, "original", &entry->original) || !cpuset_count(&entry->original) ? -EINVAL
                                                                                           : 0;
}

static int parse_vcpu(const xmlNode *node, struct mark_entry *entry)
{
    long number, pinned, was = -1;
    int error;

    if (xml_number(node, "id", 0, INT_MAX, &number) ||
        xml_number(node, "pinned", 0, CPUSET_MAX - 1, &pinned) || parse_original(node, entry))
        return -EINVAL;
    error = xml_number(node, "was", 0, CPUSET_MAX - 1, &was);
    if (error && error != -ENOENT)
        return -EINVAL;
    entry->number = (uint32_t)number;
    entry->pinned = (int32_t)pinned;
    entry->was = (int32_t)was;
    return 0;
}

static int parse_root(xmlNode *root, struct mark *mark)
{
    struct mark_entry entry;
    int error = root ? 0 : -EINVAL;

    for (xmlNode *node = xml_child(root, "vcpu"); !error && node;
         node = xml_next(node->next, "vcpu")) {
        error = parse_vcpu(node, &entry);
        if (!error && (mark->count == VCPUS_MAX || mark_find(mark, entry.number)))
            error = -EINVAL;
        if (!error)
            error = mark_add(mark, &entry);
    }
    return error;
}

int mark_parse(const char *xml, struct mark *mark)
{
    xmlNode *root = xml_parse_untrusted(xml, TEXT_MAX, "pins");
    const int error = parse_root(root, mark);

    xml_free(root);
    if (error)
        mark_finish(mark);
    return error;
}

static void print_entry(FILE *out, const struct mark_entry *entry, char *list)
{
    if (entry->everything)
        strcpy(list, "all");
    else
        cpuset_format(&entry->original, list, CPUSET_LIST_MAX);
    fprintf(out, "<vcpu id=\"%" PRIu32 "\" original=\"%s\" pinned=\"%" PRId32 "\"", entry->number,
            list, entry->pinned);
    if (entry->was >= 0)
        fprintf(out, " was=\"%" PRId32 "\"", entry->was);
    fputs("/>", out);
}

char *mark_format(const struct mark *mark)
{
    char *text = NULL, *list = malloc(CPUSET_LIST_MAX);
    size_t length;
    FILE *out = list ? open_memstream(&text, &length) : NULL;
    bool whole = false;

    if (out) {
        fputs("<pins>", out);
        for (uint32_t i = 0; i < mark->count; i++)
            print_entry(out, &mark->entries[i], list);
        fputs("</pins>", out);
        whole = ferror(out) == 0;
        whole &= fclose(out) == 0;
    }
    free(list);
    if (whole)
        return text;
    free(text);
    return NULL;
}
