/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ledger as an earlier run has left it: as it is, and with the checksum made right. */
#include "fuzz.h"
#include "ledger/text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define HOST     "qemu:///system"
#define CRC_SIZE 9 /* with the newline */

/* ISO 3309, a bit at a time. */
static uint32_t crc32_of(const uint8_t *bytes, size_t count)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < count; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
    }
    return ~crc;
}

static void must_be_sound(struct ledger *ledger)
{
    struct ledger_entry entry;
    uint32_t cursor = 0, count = 0;

    for (; ledger_next(ledger, &cursor, &entry); count++) {
        MUST(cpuset_count(&entry.pinned) > 0 && cpuset_count(&entry.original) > 0);
        MUST(strnlen(entry.domain, sizeof(entry.domain)) < sizeof(entry.domain));
    }
    MUST(count == ledger_count(ledger));
    for (cursor = 0; ledger_next_yielded(ledger, &cursor, &entry); count++)
        MUST(entry.yielded_s > 0 && ledger_yielded(ledger, &entry.vcpu) == entry.yielded_s);
    MUST(count == ledger_size(ledger));
}

/* What was read is written, read and written again: the same bytes. */
static void must_come_back(struct ledger *ledger)
{
    struct ledger_text text = {0}, again = {0};
    struct ledger *other = ledger_new();
    struct failure why;
    char *before;

    MUST(other && ledger_format(ledger, HOST, &text) == 0);
    before = strndup(text.bytes, text.length);
    MUST(before && ledger_parse(other, HOST, &text, &why) == 0);
    MUST(ledger_format(other, HOST, &again) == 0);
    MUST(again.length == strlen(before) && memcmp(again.bytes, before, again.length) == 0);
    ledger_free(other);
    free(before);
    free(text.bytes);
    free(again.bytes);
}

static void read_ledger(const uint8_t *data, size_t size)
{
    struct ledger_text text = {.bytes = fuzz_text(data, size), .length = (uint32_t)size};
    struct ledger *ledger = ledger_new();
    struct failure why = {.text = ""};
    int error;

    MUST(ledger);
    free(ledger_host(&text));
    free(ledger_address(&text));
    error = ledger_parse(ledger, HOST, &text, &why);
    if (error == 0) {
        must_be_sound(ledger);
        must_come_back(ledger);
    } else {
        MUST(error == -EBADMSG && why.text[0] != '\0' && ledger_count(ledger) == 0);
    }
    ledger_free(ledger);
    free(text.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *whole = malloc(size + CRC_SIZE + 1);

    MUST(whole);
    if (size > 0)
        memcpy(whole, data, size);
    sprintf(whole + size, "%08" PRIx32 "\n", crc32_of(data, size));
    read_ledger(data, size);
    read_ledger((const uint8_t *)whole, size + CRC_SIZE);
    free(whole);
    return 0;
}
