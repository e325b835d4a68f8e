/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top/internal.h"

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

/* The escape key differs from the begin of a sequence by the pause after it. */
#define ESCAPE_MS 25

static SCREEN *screen;
static int out_fd;
static attr_t styles[CANVAS_STYLES];

static void set_styles(bool colour)
{
    static const struct {
        short colour, ground;
        attr_t with, without; /* attributes with and without colours */
    } looks[CANVAS_STYLES] = {
        [CANVAS_PLAIN] = {-1, -1, A_NORMAL, A_NORMAL},
        [CANVAS_BOLD] = {-1, -1, A_BOLD, A_BOLD},
        [CANVAS_DIM] = {COLOR_BLACK, -1, A_BOLD, A_DIM},
        [CANVAS_GREEN] = {COLOR_GREEN, -1, A_NORMAL, A_NORMAL},
        [CANVAS_BLUE] = {COLOR_BLUE, -1, A_BOLD, A_NORMAL},
        [CANVAS_YELLOW] = {COLOR_YELLOW, -1, A_NORMAL, A_BOLD},
        [CANVAS_RED] = {COLOR_RED, -1, A_BOLD, A_BOLD},
        [CANVAS_CYAN] = {COLOR_CYAN, -1, A_NORMAL, A_NORMAL},
        [CANVAS_HEAD] = {COLOR_BLACK, COLOR_GREEN, A_NORMAL, A_REVERSE},
        [CANVAS_CURSOR] = {COLOR_BLACK, COLOR_CYAN, A_NORMAL, A_REVERSE | A_BOLD},
    };

    if (colour) {
        start_color();
        use_default_colors();
    }
    for (short i = 0; i < CANVAS_STYLES; i++) {
        styles[i] = colour ? looks[i].with : looks[i].without;
        if (!colour || i == CANVAS_PLAIN)
            continue;
        init_pair(i, looks[i].colour, looks[i].ground);
        styles[i] |= COLOR_PAIR(i);
    }
}

int top_screen_open(FILE *out, FILE *in, bool colour, struct failure *why)
{
    screen = newterm(NULL, out, in);
    if (!screen) {
        const char *term = getenv("TERM");

        return fail(why, -ENOTTY, "a terminal '%s' is not known here: see --batch",
                    term ? term : "");
    }
    set_term(screen);
    out_fd = fileno(out);
    cbreak();
    noecho();
    nonl();
    curs_set(0);
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(ESCAPE_MS);
    set_styles(colour && has_colors());
    return 0;
}

void top_screen_close(void)
{
    endwin();
    delscreen(screen);
    screen = NULL;
}

void top_screen_measure(unsigned *columns, unsigned *lines)
{
    struct winsize size;

    if (ioctl(out_fd, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col &&
        (size.ws_row != LINES || size.ws_col != COLS)) {
        resizeterm(size.ws_row, size.ws_col);
        clearok(stdscr, TRUE);
    }
    *columns = (unsigned)COLS;
    *lines = (unsigned)LINES;
}

/* Shows the cells of one style from a column on. Returns the column after them. */
static unsigned show_run(const struct canvas *canvas, unsigned line, unsigned column)
{
    const struct canvas_cell *cells = &canvas->cells[(size_t)line * canvas->columns];
    const uint8_t style = cells[column].style;
    const bool ascii = MB_CUR_MAX == 1;
    char text[4 * 256 + 1];
    size_t used = 0;

    move((int)line, (int)column);
    for (; column < canvas->columns && cells[column].style == style && used + 5 < sizeof text;
         column++) {
        const char *one = cells[column].text;

        if (ascii && (unsigned char)one[0] >= 0x80)
            one = strcmp(one, "µ") == 0 ? "u" : "?";
        used += strlen(strcpy(text + used, one));
    }
    attrset(styles[style]);
    addnstr(text, (int)used);
    return column;
}

void top_screen_show(const struct canvas *canvas)
{
    erase();
    for (unsigned line = 0; line < canvas->lines; line++) {
        for (unsigned column = 0; column < canvas->columns;)
            column = show_run(canvas, line, column);
    }
    refresh();
}

int top_screen_key(void)
{
    static const struct {
        wint_t code; /* KEY_*, or a character */
        int is, key; /* what get_wch() returns with it; enum top_key */
    } keys[] = {
        {KEY_UP, KEY_CODE_YES, TOP_KEY_UP},
        {KEY_DOWN, KEY_CODE_YES, TOP_KEY_DOWN},
        {KEY_PPAGE, KEY_CODE_YES, TOP_KEY_PAGE_UP},
        {KEY_NPAGE, KEY_CODE_YES, TOP_KEY_PAGE_DOWN},
        {KEY_HOME, KEY_CODE_YES, TOP_KEY_HOME},
        {KEY_END, KEY_CODE_YES, TOP_KEY_END},
        {KEY_BACKSPACE, KEY_CODE_YES, TOP_KEY_BACKSPACE},
        {KEY_ENTER, KEY_CODE_YES, TOP_KEY_ENTER},
        {'\033', OK, TOP_KEY_ESCAPE},
        {'\r', OK, TOP_KEY_ENTER},
        {'\n', OK, TOP_KEY_ENTER},
        {'\b', OK, TOP_KEY_BACKSPACE},
        {0x7f, OK, TOP_KEY_BACKSPACE},
    };
    wint_t code;
    const int is = get_wch(&code);

    if (is != KEY_CODE_YES && is != OK)
        return -1;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (keys[i].is == is && keys[i].code == code)
            return keys[i].key;
    }
    if (is == OK)
        return (int)code;
    /* Other keys are ignored. */
    return code >= KEY_F(1) && code <= KEY_F(12) ? TOP_KEY_F + (int)(code - KEY_F(0)) : 0;
}
