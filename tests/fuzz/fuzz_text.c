/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hostile name on its way out: to a terminal, and into JSON within HTML. */
#include "base/json.h"
#include "base/page.h"
#include "base/text.h"
#include "fuzz.h"

#include <string.h>

static void clean(const char *name)
{
    char *text = strdup(name), *again;
    unsigned used;
    size_t length, part;

    MUST(text);
    length = text_clean(text);
    MUST(length == strlen(text) && length <= strlen(name) && fuzz_is_shown(text, length, false));
    for (unsigned columns = 0; columns < 20; columns += 3) {
        part = text_fit(text, columns, &used);
        MUST(part <= length && used <= columns && fuzz_is_shown(text, part, false));
    }
    again = strdup(text);
    MUST(again && text_clean(again) == length && strcmp(again, text) == 0);
    free(again);
    free(text);
}

/* One literal, whose quote nothing within ends, and which ends no script (RFC 8259, 7; HTML,
 * 4.12.1.3). */
static void must_be_literal(const char *json, size_t length)
{
    MUST(length >= 2 && json[0] == '"' && json[length - 1] == '"');
    MUST(fuzz_is_shown(json, length, false));
    for (size_t i = 1; i < length - 1; i++) {
        MUST(json[i] != '"' && !strchr("<>&", json[i]));
        if (json[i] == '\\') {
            MUST(strchr("\"\\u", json[i + 1]) && i + 1 < length - 1);
            i++;
        }
    }
}

static void write_json(const char *name)
{
    char *json;
    size_t length;
    FILE *out = open_memstream(&json, &length);

    MUST(out);
    json_string(&(struct json){.out = out}, NULL, name);
    fclose(out);
    must_be_literal(json, length);
    free(json);
}

/* Lines of no more columns than the page has, without colour nothing but text. */
static void must_fit(const struct page *page)
{
    MUST(fuzz_is_shown(page->text, page->used, true));
    for (uint32_t at = 0; at < page->used;) {
        const char *line = page->text + at, *end = memchr(line, '\n', page->used - at);
        char *copy = end ? strndup(line, (size_t)(end - line)) : NULL;
        unsigned used;

        MUST(copy);
        MUST(text_fit(copy, page->width, &used) == (size_t)(end - line));
        at += (uint32_t)(end - line) + 1;
        free(copy);
    }
}

static void put_on_page(const char *name)
{
    struct page page = {.width = 70};

    page_put(&page, "domain %s vCPU %u: ", name, 7u);
    page_field(&page, name, 20);
    page_end(&page);
    page_field(&page, name, page.width);
    page_end(&page);
    page_put(&page, "Reason: ");
    page_wrap(&page, name, 8);
    must_fit(&page);
    page_free(&page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *name = fuzz_text(data, size);

    clean(name);
    write_json(name);
    put_on_page(name);
    free(name);
    return 0;
}
