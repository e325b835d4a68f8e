/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keys.c - the keys of vcpu-top: those of htop where it has the command. */
#include "top/keys.h"

#include "top/rows.h"

#include <string.h>

/* Appends a character to a text in UTF-8, if it fits. */
static void append(char *text, size_t size, int key)
{
    const size_t length = strlen(text);
    const unsigned code = (unsigned)key;
    char bytes[5] = "";

    if (code < 0x80) {
        bytes[0] = (char)code;
    } else if (code < 0x800) {
        bytes[0] = (char)(0xc0 | code >> 6);
        bytes[1] = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        bytes[0] = (char)(0xe0 | code >> 12);
        bytes[1] = (char)(0x80 | (code >> 6 & 0x3f));
        bytes[2] = (char)(0x80 | (code & 0x3f));
    } else {
        bytes[0] = (char)(0xf0 | code >> 18);
        bytes[1] = (char)(0x80 | (code >> 12 & 0x3f));
        bytes[2] = (char)(0x80 | (code >> 6 & 0x3f));
        bytes[3] = (char)(0x80 | (code & 0x3f));
    }
    if (length + strlen(bytes) < size)
        strcpy(text + length, bytes);
}

/* Takes the last character off. */
static void shorten(char *text)
{
    size_t length = strlen(text);

    while (length > 0 && ((unsigned char)text[length - 1] & 0xc0) == 0x80)
        length--;
    if (length > 0)
        text[length - 1] = '\0';
}

/* Edits a text. Returns false if the key is no character and not backspace. */
static bool edit(char *text, size_t size, int key)
{
    if (key == TOP_KEY_BACKSPACE)
        shorten(text);
    else if (key >= ' ' && key != 0x7f && key < TOP_KEY_F)
        append(text, size, key);
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
    const int64_t page = view->height ? view->height : 1;

    switch (key) {
    case TOP_KEY_UP:
        move_to(view, (int64_t)view->cursor - 1);
        return true;
    case TOP_KEY_DOWN:
        move_to(view, (int64_t)view->cursor + 1);
        return true;
    case TOP_KEY_PAGE_UP:
        move_to(view, view->cursor - page);
        return true;
    case TOP_KEY_PAGE_DOWN:
        move_to(view, view->cursor + page);
        return true;
    case TOP_KEY_HOME:
        move_to(view, 0);
        return true;
    case TOP_KEY_END:
        move_to(view, INT32_MAX);
        return true;
    default:
        return false;
    }
}

static void sort_by(struct top_view *view, unsigned sort)
{
    view->sort = sort;
    view->input = TOP_COMMANDS;
    move_to(view, 0);
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

static void begin_sorting(struct top_view *view)
{
    view->screen = TOP_MAIN;
    view->input = TOP_SORTING;
    view->menu = view->sort;
}

static void begin_text(struct top_view *view, enum top_input input)
{
    view->screen = TOP_MAIN;
    view->input = input;
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
        begin_text(view, TOP_SEARCHING);
        break;
    case TOP_KEY_F + 4:
    case '\\':
        begin_text(view, TOP_FILTERING);
        break;
    case TOP_KEY_F + 5:
    case 't':
        view->tree = !view->tree;
        break;
    case TOP_KEY_F + 6:
    case '>':
        begin_sorting(view);
        break;
    case TOP_KEY_F + 7:
    case 'd':
        go_to(view, TOP_DECISIONS);
        break;
    case TOP_KEY_F + 8:
    case 'g':
        go_to(view, TOP_STAGES);
        break;
    case 'P':
        sort_by(view, TOP_BY_USAGE);
        break;
    case 'D':
        sort_by(view, TOP_BY_DELAY);
        break;
    case 'C':
        sort_by(view, TOP_BY_PCPU);
        break;
    case 'N':
        sort_by(view, TOP_BY_DOMAIN);
        break;
    case 'S':
        sort_by(view, TOP_BY_STATE);
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
