/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top/canvas.h"

#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int canvas_clear(struct canvas *canvas, unsigned columns, unsigned lines)
{
    const size_t need = (size_t)columns * lines;

    if (need > canvas->capacity) {
        struct canvas_cell *cells = realloc(canvas->cells, need * sizeof *cells);

        if (!cells)
            return -ENOMEM;
        canvas->cells = cells;
        canvas->capacity = need;
    }
    canvas->columns = columns;
    canvas->lines = lines;
    for (size_t i = 0; i < need; i++)
        canvas->cells[i] = (struct canvas_cell){.text = " ", .style = CANVAS_PLAIN};
    return 0;
}

void canvas_finish(struct canvas *canvas)
{
    free(canvas->cells);
    *canvas = (struct canvas){0};
}

/* Columns left in a line, at most `width`; 0 outside of the canvas. */
static unsigned columns_at(const struct canvas *canvas, unsigned line, unsigned column,
                           unsigned width)
{
    if (line >= canvas->lines || column >= canvas->columns)
        return 0;
    return width < canvas->columns - column ? width : canvas->columns - column;
}

/* text: clean. */
static unsigned put_clean(struct canvas *canvas, unsigned line, unsigned column, unsigned width,
                          enum canvas_style style, const char *text)
{
    unsigned left = columns_at(canvas, line, column, width), used;

    for (size_t length; *text != '\0'; text += length, left -= used, column += used) {
        struct canvas_cell *cell = &canvas->cells[(size_t)line * canvas->columns + column];
        char one[5] = "";

        length = text_character(text);
        memcpy(one, text, length);
        text_fit(one, 2, &used);
        if (used > left)
            break;
        for (unsigned i = 0; i < used; i++)
            cell[i] = (struct canvas_cell){.style = (uint8_t)style};
        memcpy(cell->text, one, sizeof one);
    }
    return column;
}

unsigned canvas_text(struct canvas *canvas, unsigned line, unsigned column, unsigned width,
                     enum canvas_style style, const char *text)
{
    char clean[1024];

    /* Longer than any line of a terminal. */
    snprintf(clean, sizeof clean, "%s", text);
    text_clean(clean);
    return put_clean(canvas, line, column, width, style, clean);
}

unsigned canvas_put(struct canvas *canvas, unsigned line, unsigned column, unsigned width,
                    enum canvas_style style, const char *format, ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    text_clean(text);
    return put_clean(canvas, line, column, width, style, text);
}

void canvas_paint(struct canvas *canvas, unsigned line, unsigned column, unsigned width,
                  enum canvas_style style)
{
    const unsigned count = columns_at(canvas, line, column, width);

    for (unsigned i = 0; i < count; i++)
        canvas->cells[(size_t)line * canvas->columns + column + i].style = (uint8_t)style;
}

void canvas_print(const struct canvas *canvas, unsigned line, FILE *out)
{
    const struct canvas_cell *cells = &canvas->cells[(size_t)line * canvas->columns];
    unsigned end = canvas->columns;

    while (end > 0 && strcmp(cells[end - 1].text, " ") == 0)
        end--;
    for (unsigned i = 0; i < end; i++)
        fputs(cells[i].text, out);
    fputc('\n', out);
}
