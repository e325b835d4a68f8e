/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top/canvas.h"

#include "base/array.h"
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int canvas_clear(struct canvas *canvas, unsigned columns, unsigned lines)
{
    const uint32_t need = columns * lines;

    if (!ARRAY_GROW(canvas->cells, canvas->capacity, need))
        return -ENOMEM;
    canvas->columns = columns;
    canvas->lines = lines;
    for (uint32_t i = 0; i < need; i++)
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

unsigned canvas_put(struct canvas *canvas, unsigned line, unsigned column, unsigned width,
                    enum canvas_style style, const char *format, ...)
{
    unsigned left = columns_at(canvas, line, column, width), used;
    char text[1024]; /* longer than any line of a terminal */
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    text_clean(text);
    for (const char *at = text; *at != '\0'; left -= used, column += used) {
        struct canvas_cell *cell = &canvas->cells[(size_t)line * canvas->columns + column];
        const size_t length = text_character(at);
        char one[5] = "";

        memcpy(one, at, length);
        text_fit(one, 2, &used);
        if (used > left)
            break;
        for (unsigned i = 0; i < used; i++)
            cell[i] = (struct canvas_cell){.style = (uint8_t)style};
        memcpy(cell->text, one, sizeof one);
        at += length;
    }
    return column;
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
