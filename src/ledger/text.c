/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger/text.h"

#include "base/array.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC "vcpu-scheduler-ledger "
#define HEAD  MAGIC "1\n"
/* With yielded vCPUs. */
#define HEAD_2 MAGIC "2\n"
/* With emulators, or pins to several pCPUs. */
#define HEAD_3  MAGIC "3\n"
#define YIELDED "yielded"
/* In place of the number of a vCPU. */
#define EMULATOR "emulator"
/* Three lists, and a name of 768 bytes at most. */
#define LINE_SIZE (3 * CPUSET_LIST_MAX + 1024)
#define CRC_SIZE  8

enum { UUID, ID, NUMBER, PINNED, WAS, ORIGINAL, DOMAIN, FIELDS };

/* True if a text begins as a ledger of any kind. */
static bool has_head(const char *text)
{
    return strncmp(text, HEAD, sizeof HEAD - 1) == 0 ||
           strncmp(text, HEAD_2, sizeof HEAD_2 - 1) == 0 ||
           strncmp(text, HEAD_3, sizeof HEAD_3 - 1) == 0;
}

/* CRC-32 as in ISO 3309 and zlib, which is optional here; four bits at a time. */
static uint32_t crc32_of(const char *bytes, size_t length)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < length; i++) {
        crc ^= (unsigned char)bytes[i];
        crc = table[crc & 15] ^ crc >> 4;
        crc = table[crc & 15] ^ crc >> 4;
    }
    return ~crc;
}

size_t ledger_escape(const char *text, char *escaped, size_t size)
{
    size_t length = 0, used = 0;

    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        const bool plain = (isascii(c) && isalnum(c)) || c == '.' || c == '_' || c == '-';
        char piece[4] = {(char)c};

        if (!plain)
            snprintf(piece, sizeof piece, "%%%02hhX", c);
        length += strlen(piece);
        if (length < size) {
            strcpy(escaped + used, piece);
            used = length;
        }
    }
    escaped[used] = '\0';
    return length;
}

/* Undoes ledger_escape() in place. Returns false if it could not have written the text. */
static bool unescape(char *text)
{
    char *to = text;

    for (const char *from = text; *from;) {
        unsigned char byte;
        char again[4];

        if (*from != '%') {
            *to++ = *from++;
            continue;
        }
        if (sscanf(from + 1, "%2hhx", &byte) != 1 || byte == 0)
            return false;
        snprintf(again, sizeof again, "%%%02hhX", byte);
        if (strncmp(from, again, 3) != 0)
            return false;
        *to++ = (char)byte;
        from += 3;
    }
    *to = '\0';
    return true;
}

/* ---- writing ---- */

__attribute__((format(printf, 2, 3))) static int append(struct ledger_text *text,
                                                        const char *format, ...)
{
    va_list arguments;

    if (text->length > LEDGER_BYTES_MAX - LINE_SIZE)
        return -EFBIG;
    if (!ARRAY_GROW(text->bytes, text->capacity, text->length + LINE_SIZE))
        return -ENOMEM;
    va_start(arguments, format);
    text->length += (uint32_t)vsnprintf(text->bytes + text->length, LINE_SIZE, format, arguments);
    va_end(arguments);
    return 0;
}

static void format_uuid(const unsigned char *uuid, char *text)
{
    for (int i = 0; i < DOMAIN_UUID_LEN; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *text++ = '-';
        text += sprintf(text, "%02x", uuid[i]);
    }
}

static int append_entry(struct ledger_text *text, const struct ledger_entry *entry)
{
    char uuid[40], pinned[CPUSET_LIST_MAX] = YIELDED, was[CPUSET_LIST_MAX] = "-";
    char original[CPUSET_LIST_MAX] = "-", domain[3 * DOMAIN_NAME_MAX], number[16] = EMULATOR;

    format_uuid(entry->vcpu.uuid, uuid);
    if (entry->vcpu.number != VCPU_EMULATOR)
        snprintf(number, sizeof number, "%" PRIu32, entry->vcpu.number);
    ledger_escape(entry->domain, domain, sizeof domain);
    if (entry->yielded_s) {
        snprintf(was, sizeof was, "%" PRId64, entry->yielded_s);
    } else {
        cpuset_format(&entry->pinned, pinned, sizeof pinned);
        if (cpuset_next(&entry->was, 0) >= 0)
            cpuset_format(&entry->was, was, sizeof was);
        cpuset_format(&entry->original, original, sizeof original);
    }
    return append(text, "%s %" PRId32 " %s %s %s %s %s\n", uuid, entry->vcpu.id, number, pinned,
                  was, original, domain);
}

/* The first head that knows all kinds of lines that the ledger needs. */
static const char *head_for(struct ledger *ledger)
{
    struct ledger_entry entry;
    uint32_t cursor = 0;

    while (ledger_next(ledger, &cursor, &entry)) {
        if (entry.vcpu.number == VCPU_EMULATOR || cpuset_count(&entry.pinned) > 1 ||
            cpuset_count(&entry.was) > 1)
            return HEAD_3;
    }
    for (cursor = 0; ledger_next_yielded(ledger, &cursor, &entry);) {
        if (entry.vcpu.number == VCPU_EMULATOR)
            return HEAD_3;
    }
    return ledger_size(ledger) > ledger_count(ledger) ? HEAD_2 : HEAD;
}

int ledger_format(struct ledger *ledger, const char *host, struct ledger_text *text)
{
    char escaped[CPUSET_LIST_MAX];
    struct ledger_entry entry;
    uint32_t cursor = 0, count = 0;
    int error;

    text->length = 0;
    if (ledger_escape(host, escaped, sizeof escaped) >= sizeof escaped)
        return -EFBIG;
    error = append(text, "%shost %s\n", head_for(ledger), escaped);
    if (!error && text->address && strcmp(text->address, host) != 0) {
        if (ledger_escape(text->address, escaped, sizeof escaped) >= sizeof escaped)
            return -EFBIG;
        error = append(text, "uri %s\n", escaped);
    }
    for (; !error && ledger_next(ledger, &cursor, &entry); count++)
        error = append_entry(text, &entry);
    for (cursor = 0; !error && ledger_next_yielded(ledger, &cursor, &entry); count++)
        error = append_entry(text, &entry);
    if (!error)
        error = append(text, "end %" PRIu32 " ", count);
    if (!error)
        error = append(text, "%08" PRIx32 "\n", crc32_of(text->bytes, text->length));
    return error;
}

/* ---- reading ---- */

static bool parse_number(const char *text, long long low, long long high, long long *number)
{
    char *end;

    if (!isdigit((unsigned char)*text) && *text != '-')
        return false;
    errno = 0;
    *number = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *number >= low && *number <= high;
}

static bool parse_uuid(const char *text, unsigned char *uuid)
{
    char again[40];

    if (strlen(text) != 36)
        return false;
    for (int i = 0; i < DOMAIN_UUID_LEN; i++) {
        text += *text == '-';
        if (sscanf(text, "%2hhx", &uuid[i]) != 1)
            return false;
        text += 2;
    }
    format_uuid(uuid, again);
    return memcmp(again, text - 36, 36) == 0;
}

/* Reads a list that is not empty. */
static bool parse_set(const char *text, struct cpuset *set)
{
    return cpuset_parse(set, text) == 0 && cpuset_next(set, 0) >= 0;
}

/* Reads the fields that differ between the two kinds of lines. */
static bool parse_pins(char *const *field, struct ledger_entry *entry)
{
    long long yielded = 0;

    cpuset_clear(&entry->original);
    cpuset_clear(&entry->pinned);
    cpuset_clear(&entry->was);
    if (strcmp(field[PINNED], YIELDED) == 0) {
        if (!parse_number(field[WAS], 1, INT64_MAX, &yielded) || strcmp(field[ORIGINAL], "-") != 0)
            return false;
    } else if (!parse_set(field[PINNED], &entry->pinned) ||
               (strcmp(field[WAS], "-") != 0 && !parse_set(field[WAS], &entry->was)) ||
               !parse_set(field[ORIGINAL], &entry->original)) {
        return false;
    }
    entry->yielded_s = yielded;
    return true;
}

/* Reads a line without its newline. */
static bool parse_entry(char *line, struct ledger_entry *entry)
{
    char *field[FIELDS];
    long long id, number = VCPU_EMULATOR;

    for (int f = 0; f < FIELDS; f++) {
        field[f] = strsep(&line, " ");
        if (!field[f])
            return false;
    }
    if (line || !parse_uuid(field[UUID], entry->vcpu.uuid) ||
        !parse_number(field[ID], INT32_MIN, INT32_MAX, &id) ||
        (strcmp(field[NUMBER], EMULATOR) != 0 &&
         !parse_number(field[NUMBER], 0, VCPU_EMULATOR - 1, &number)) ||
        !parse_pins(field, entry) || !unescape(field[DOMAIN]) ||
        strlen(field[DOMAIN]) >= sizeof entry->domain)
        return false;
    entry->vcpu.id = (int32_t)id;
    entry->vcpu.number = (uint32_t)number;
    entry->vcpu.slot = UINT32_MAX;
    strcpy(entry->domain, field[DOMAIN]);
    return true;
}

/* The last line, if it is whole and its checksum is right; else NULL. */
static char *find_end(struct ledger_text *text)
{
    char crc[CRC_SIZE + 2], *last;

    if (text->length < sizeof HEAD + CRC_SIZE + 2 ||
        strlen(text->bytes) != text->length) /* it holds a NUL */
        return NULL;
    last = text->bytes + text->length - CRC_SIZE - 1;
    snprintf(crc, sizeof crc, "%08" PRIx32 "\n",
             crc32_of(text->bytes, text->length - CRC_SIZE - 1));
    if (strcmp(last, crc) != 0)
        return NULL;
    while (last > text->bytes && last[-1] != '\n')
        last--;
    return last;
}

static int parse_entries(struct ledger *ledger, char *line, const char *end, struct failure *why)
{
    for (int number = 3; line < end; number++) {
        char *next = strchr(line, '\n');
        struct ledger_entry entry;
        int error;

        *next = '\0';
        if (!parse_entry(line, &entry))
            return fail(why, -EBADMSG, "line %d is malformed", number);
        error = ledger_add(ledger, &entry);
        if (error == -EEXIST)
            return fail(why, -EBADMSG, "line %d: that vCPU was there before", number);
        if (error)
            return fail(why, error, "no memory");
        line = next + 1;
    }
    return 0;
}

/* Reads the head and the last line. Sets *entries to the first line between them. */
static int parse_frame(const char *host, struct ledger_text *text, char **entries, char **end,
                       uint32_t *count, struct failure *why)
{
    char *line = text->bytes, *next;
    int taken = 0;

    if (text->length < sizeof MAGIC || strncmp(line, MAGIC, sizeof MAGIC - 1) != 0)
        return fail(why, -EBADMSG, "it does not begin as a ledger does");
    if (!has_head(line))
        return fail(why, -EBADMSG, "it is of another version");
    *end = find_end(text);
    if (!*end)
        return fail(why, -EBADMSG, "its checksum is wrong, or it was cut off");
    line += sizeof HEAD - 1;
    if (sscanf(*end, "end %" SCNu32 " %n", count, &taken) != 1 ||
        strlen(*end) != (size_t)taken + CRC_SIZE + 1)
        return fail(why, -EBADMSG, "its last line is malformed");
    next = line < *end ? strchr(line, '\n') : NULL;
    if (!next || strncmp(line, "host ", 5) != 0)
        return fail(why, -EBADMSG, "it names no host");
    *next = '\0';
    if (!unescape(line + 5) || strcmp(line + 5, host) != 0)
        return fail(why, -EBADMSG, "it is of another host");
    *entries = next + 1;
    if (strncmp(*entries, "uri ", 4) == 0) { /* only ledger_address() needs it */
        next = *entries < *end ? strchr(*entries, '\n') : NULL;
        if (!next)
            return fail(why, -EBADMSG, "it does not tell how its host is reached");
        *entries = next + 1;
    }
    return 0;
}

/* The value of a line "KEY VALUE", freed by free(), or NULL; *next is the line after it. */
static char *value_of(const char *line, const char *key, const char **next)
{
    const size_t length = strlen(key), whole = strcspn(line, "\n");
    char *value;

    if (strncmp(line, key, length) != 0 || line[whole] != '\n')
        return NULL;
    *next = line + whole + 1;
    value = strndup(line + length, whole - length);
    if (value && unescape(value))
        return value;
    free(value);
    return NULL;
}

char *ledger_host(const struct ledger_text *text)
{
    const char *next;

    if (text->length < sizeof HEAD || !has_head(text->bytes))
        return NULL;
    return value_of(text->bytes + sizeof HEAD - 1, "host ", &next);
}

char *ledger_address(const struct ledger_text *text)
{
    char *host = ledger_host(text), *address;
    const char *next;

    if (!host)
        return NULL;
    next = strchr(text->bytes + sizeof HEAD - 1, '\n') + 1;
    address = value_of(next, "uri ", &next);
    if (!address)
        return host;
    free(host);
    return address;
}

int ledger_parse(struct ledger *ledger, const char *host, struct ledger_text *text,
                 struct failure *why)
{
    char *entries = NULL, *end = NULL;
    uint32_t count = 0;
    int error = parse_frame(host, text, &entries, &end, &count, why);

    if (!error)
        error = parse_entries(ledger, entries, end, why);
    if (!error && ledger_size(ledger) != count)
        error = fail(why, -EBADMSG, "it holds %" PRIu32 " vCPUs, not %" PRIu32, ledger_size(ledger),
                     count);
    if (error)
        ledger_clear(ledger);
    return error;
}
