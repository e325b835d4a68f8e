/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keys.c - the keys of vcpu-top: those of htop where it has the command. */
#include "top/internal.h"

#include "base/text.h"

#include <string.h>

/* Edits a text. Returns false if the key is no character and not backspace. */
static bool edit(char *text, size_t size, int key)
{
    if (key == TOP_KEY_BACKSPACE)
        text_shorten(text);
    else if (key >= ' ' && key != 0x7f && key < TOP_KEY_F)
        text_append(text, size, (uint32_t)key);
    else
        return false;
    return true;
}

static void move_to(struct top_view *view, int64_t row)
{
    const int64_t last = (int64_t)view->row_count - 1;

    row = row > last ? last : row;
    view->cursor = row < 0 ? 0 : (uint32_t)row;
}

/* Moves to the first row from `from` on, around the end, whose domain matches the search. */
static void search(struct top_view *view, const struct top_model *model, uint32_t from)
{
    for (uint32_t i = 0; i < view->row_count; i++) {
        const uint32_t row = (from + i) % view->row_count;

        if (strstr(model->domains[view->rows[row].domain].name, view->search)) {
            view->cursor = row;
            return;
        }
    }
}

static bool scroll(struct top_view *view, int key)
{
    const int64_t page = view->height ? view->height : 1, row = view->cursor;
    const int64_t rows[] = {
        [TOP_KEY_UP - TOP_KEY_UP] = row - 1,
        [TOP_KEY_DOWN - TOP_KEY_UP] = row + 1,
        [TOP_KEY_PAGE_UP - TOP_KEY_UP] = row - page,
        [TOP_KEY_PAGE_DOWN - TOP_KEY_UP] = row + page,
        [TOP_KEY_HOME - TOP_KEY_UP] = 0,
        [TOP_KEY_END - TOP_KEY_UP] = INT32_MAX,
    };

    if (key < TOP_KEY_UP || key > TOP_KEY_END)
        return false;
    move_to(view, rows[key - TOP_KEY_UP]);
    return true;
}

static void sort_by(struct top_view *view, unsigned sort)
{
    view->sort = sort;
    view->input = TOP_COMMANDS;
    move_to(view, 0);
}

static bool sort_by_letter(struct top_view *view, int key)
{
    static const char letters[] = "PDCNS"; /* in the order of enum top_sort */
    const char *letter = key < 0x80 ? memchr(letters, key, TOP_SORTS) : NULL;

    if (!letter)
        return false;
    sort_by(view, (unsigned)(letter - letters));
    return true;
}

static void choose(struct top_view *view, int key)
{
    if (key == TOP_KEY_UP)
        view->menu = view->menu ? view->menu - 1 : TOP_SORTS - 1;
    else if (key == TOP_KEY_DOWN)
        view->menu = (view->menu + 1) % TOP_SORTS;
    else if (key == TOP_KEY_ENTER)
        sort_by(view, view->menu);
    else if (key == TOP_KEY_ESCAPE || key == 'q')
        view->input = TOP_COMMANDS;
}

static void go_to(struct top_view *view, enum top_screen screen)
{
    view->screen = view->screen == screen ? TOP_MAIN : screen;
}

static void begin_input(struct top_view *view, enum top_input input)
{
    view->screen = TOP_MAIN;
    view->input = input;
    view->menu = view->sort;
    if (input == TOP_SEARCHING)
        view->search[0] = '\0';
}

static void command(struct top_view *view, int key)
{
    switch (key) {
    case TOP_KEY_F + 1:
    case 'h':
    case '?':
        go_to(view, TOP_HELP);
        break;
    case TOP_KEY_F + 3:
    case '/':
        begin_input(view, TOP_SEARCHING);
        break;
    case TOP_KEY_F + 4:
    case '\\':
        begin_input(view, TOP_FILTERING);
        break;
    case TOP_KEY_F + 5:
    case 't':
        view->tree = !view->tree;
        break;
    case TOP_KEY_F + 6:
    case '>':
        begin_input(view, TOP_SORTING);
        break;
    case TOP_KEY_F + 7:
    case 'd':
        go_to(view, TOP_DECISIONS);
        break;
    case TOP_KEY_F + 8:
    case 'g':
        go_to(view, TOP_STAGES);
        break;
    case 'Z':
    case ' ':
        view->paused = !view->paused;
        break;
    case TOP_KEY_ESCAPE:
        view->screen = TOP_MAIN;
        break;
    case TOP_KEY_F + 10:
    case 'q':
        view->quit = view->screen == TOP_MAIN || key != 'q';
        view->screen = TOP_MAIN;
        break;
    default:
        if (!sort_by_letter(view, key))
            scroll(view, key);
    }
}

void top_view_key(struct top_view *view, const struct top_model *model, int key)
{
    switch (view->input) {
    case TOP_COMMANDS:
        command(view, key);
        break;
    case TOP_SORTING:
        choose(view, key);
        break;
    case TOP_FILTERING:
        if (key == TOP_KEY_ESCAPE)
            view->filter[0] = '\0';
        if (!edit(view->filter, sizeof view->filter, key) && !scroll(view, key))
            view->input = TOP_COMMANDS;
        break;
    case TOP_SEARCHING:
        if (edit(view->search, sizeof view->search, key))
            search(view, model, view->cursor);
        else if (key == TOP_KEY_F + 3)
            search(view, model, view->cursor + 1);
        else
            view->input = TOP_COMMANDS;
        break;
    }
}
