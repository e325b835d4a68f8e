/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct range {
    uint32_t first, last;
};

/* Characters that a terminal obeys instead of showing them. */
static const struct range unsafe[] = {
    {0x0000, 0x001f}, {0x007f, 0x009f}, {0x061c, 0x061c}, {0x200e, 0x200f},
    {0x2028, 0x202e}, {0x2066, 0x2069}, {0xfeff, 0xfeff},
};

/* East Asian Width W and F, in coarse blocks that terminals agree on. */
static const struct range wide[] = {
    {0x1100, 0x115f},   {0x231a, 0x23f3},   {0x25fd, 0x27bf},   {0x2b1b, 0x2b55},
    {0x2e80, 0xa4cf},   {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},
    {0xfe10, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x16fe0, 0x18aff},
    {0x1b000, 0x1b2ff}, {0x1f000, 0x1faff}, {0x20000, 0x3fffd},
};

static bool within(const struct range *ranges, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

/* Returns the length of a character in bytes, and its code; 0 if it is no UTF-8 (RFC 3629). */
static size_t decode(const unsigned char *byte, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = 1;

    *code = byte[0];
    if (byte[0] < 0x80)
        return 1;
    if (byte[0] >= 0xc2 && byte[0] <= 0xdf)
        length = 2;
    else if (byte[0] >= 0xe0 && byte[0] <= 0xef)
        length = 3;
    else if (byte[0] >= 0xf0 && byte[0] <= 0xf4)
        length = 4;
    else
        return 0;
    *code &= 0x7fu >> length;
    for (size_t i = 1; i < length; i++) {
        if ((byte[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (byte[i] & 0x3fu);
    }
    if (*code < least[length] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
        return 0;
    return length;
}

int text_yes(const char *text)
{
    static const char *const words[][2] = {
        {"no", "yes"}, {"false", "true"}, {"off", "on"}, {"0", "1"}};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        for (int yes = 0; yes < 2; yes++)
            if (strcmp(text, words[i][yes]) == 0)
                return yes;
    return -EINVAL;
}

size_t text_clean(char *text)
{
    char *to = text;

    for (const char *from = text; *from != '\0';) {
        uint32_t code;
        size_t length = decode((const unsigned char *)from, &code);

        if (length == 0 || within(unsafe, sizeof unsafe / sizeof unsafe[0], code)) {
            *to++ = '?';
        } else {
            memmove(to, from, length);
            to += length;
        }
        from += length == 0 ? 1 : length;
    }
    *to = '\0';
    return (size_t)(to - text);
}

size_t text_character(const char *text)
{
    uint32_t code;
    const size_t length = decode((const unsigned char *)text, &code);

    return length ? length : 1;
}

size_t text_fit(const char *text, unsigned columns, unsigned *used)
{
    size_t bytes = 0;

    *used = 0;
    while (text[bytes] != '\0') {
        uint32_t code;
        size_t length = decode((const unsigned char *)text + bytes, &code);
        unsigned width = within(wide, sizeof wide / sizeof wide[0], code) ? 2 : 1;

        if (*used + width > columns)
            break;
        *used += width;
        bytes += length == 0 ? 1 : length;
    }
    return bytes;
}

size_t text_line(const char *text, unsigned columns)
{
    unsigned used;
    size_t end = text_fit(text, columns, &used);

    if (text[end] == '\0')
        return end;
    while (end > 0 && text[end] != ' ')
        end--;
    return end > 0 ? end : strcspn(text, " ");
}

void text_append(char *text, size_t size, uint32_t code)
{
    const size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    const size_t end = strlen(text);

    if (end + length >= size)
        return;
    text[end + length] = '\0';
    for (size_t i = length - 1; i > 0; i--, code >>= 6)
        text[end + i] = (char)(0x80 | (code & 0x3f));
    text[end] = (char)(length == 1 ? code : (0xf00u >> length & 0xff) | code);
}

void text_shorten(char *text)
{
    size_t end = strlen(text);

    while (end > 0 && ((unsigned char)text[end - 1] & 0xc0) == 0x80)
        end--;
    if (end > 0)
        text[end - 1] = '\0';
}

const char *text_plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

const char *text_duration(char text[24], double ns)
{
    static const char *const units[] = {"ns", "µs", "ms", "s "};
    unsigned unit = 0;

    for (; ns >= 999.5 && unit < 3; unit++)
        ns /= 1000;
    snprintf(text, 24, "%6.*f %s", unit == 0 || ns >= 99.95 ? 0 : (ns >= 9.995 ? 1 : 2), ns,
             units[unit]);
    return text;
}
