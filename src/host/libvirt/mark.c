/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/libvirt/mark.h"

#include "base/array.h"
#include "host.h"
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

bool mark_is_ours(const struct mark_entry *entry, const struct cpuset *now)
{
    return entry && cpuset_next(now, 0) >= 0 &&
           (cpuset_equal(&entry->pinned, now) || cpuset_equal(&entry->was, now));
}

bool mark_covers(const struct mark_entry *entry, const struct mark_entry *needed)
{
    return entry && entry->everything == needed->everything &&
           (needed->everything || cpuset_equal(&entry->original, &needed->original)) &&
           mark_is_ours(entry, &needed->pinned) &&
           (cpuset_next(&needed->was, 0) < 0 || mark_is_ours(entry, &needed->was));
}

/* ---- text ---- */

/* Reads a list that is not empty. */
static int parse_set(const xmlNode *node, const char *name, struct cpuset *set)
{
    cpuset_clear(set);
    return xml_list(node, name, set) || cpuset_next(set, 0) < 0 ? -EINVAL : 0;
}

static int parse_original(const xmlNode *node, struct mark_entry *entry)
{
    xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)"original");

    entry->everything = xmlStrEqual(value, (const xmlChar *)"all");
    xmlFree(value);
    cpuset_clear(&entry->original);
    return entry->everything ? 0 : parse_set(node, "original", &entry->original);
}

/* Reads all but the number. */
static int parse_pin(const xmlNode *node, struct mark_entry *entry)
{
    if (parse_set(node, "pinned", &entry->pinned) || parse_original(node, entry))
        return -EINVAL;
    cpuset_clear(&entry->was);
    return xmlHasProp(node, (const xmlChar *)"was") ? parse_set(node, "was", &entry->was) : 0;
}

static int parse_vcpu(const xmlNode *node, struct mark_entry *entry)
{
    long number;

    if (xml_number(node, "id", 0, INT_MAX, &number))
        return -EINVAL;
    entry->number = (uint32_t)number;
    return parse_pin(node, entry);
}

static int parse_root(xmlNode *root, struct mark *mark)
{
    xmlNode *emulator = xml_child(root, "emulator");
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
    entry.number = VCPU_EMULATOR;
    if (!error && emulator)
        error = parse_pin(emulator, &entry) ? -EINVAL : mark_add(mark, &entry);
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
    if (entry->number == VCPU_EMULATOR)
        fprintf(out, "<emulator original=\"%s\"", list);
    else
        fprintf(out, "<vcpu id=\"%" PRIu32 "\" original=\"%s\"", entry->number, list);
    cpuset_format(&entry->pinned, list, CPUSET_LIST_MAX);
    fprintf(out, " pinned=\"%s\"", list);
    if (cpuset_format(&entry->was, list, CPUSET_LIST_MAX) > 0)
        fprintf(out, " was=\"%s\"", list);
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
