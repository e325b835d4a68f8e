/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger/folder.h"

#include "base/array.h"
#include "ledger/runtime_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int ledger_read(int fd, struct ledger_text *text, struct failure *why)
{
    struct stat status;
    ssize_t got;

    if (fstat(fd, &status))
        return fail(why, -errno, "%s", strerror(errno));
    if (!S_ISREG(status.st_mode))
        return fail(why, -EBADMSG, "it is no file");
    if (status.st_size > LEDGER_BYTES_MAX)
        return fail(why, -EBADMSG, "it is too large");
    if (!ARRAY_GROW(text->bytes, text->capacity, (uint32_t)status.st_size + 1))
        return fail(why, -ENOMEM, "%s", strerror(ENOMEM));
    for (text->length = 0; text->length < status.st_size; text->length += (uint32_t)got) {
        got = read(fd, text->bytes + text->length, (size_t)status.st_size - text->length);
        if (got < 0)
            return fail(why, -errno, "%s", strerror(errno));
        if (got == 0)
            break;
    }
    text->bytes[text->length] = '\0';
    return 0;
}

static bool is_ledger(const char *name)
{
    const size_t length = strlen(name), end = strlen(".ledger");

    return length > end && strcmp(name + length - end, ".ledger") == 0;
}

int ledger_each(int folder, void (*look)(void *opaque, const char *name, struct ledger_text *text),
                void *opaque)
{
    const int own = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = own < 0 ? NULL : fdopendir(own);
    struct ledger_text text = {.bytes = NULL};
    const struct dirent *entry;
    struct failure why;

    if (!entries) {
        const int error = -errno;

        if (own >= 0)
            close(own);
        return error;
    }
    while ((entry = readdir(entries))) {
        const int fd =
            is_ledger(entry->d_name)
                ? openat(folder, entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
                : -1;

        if (fd >= 0 && ledger_read(fd, &text, &why) == 0)
            look(opaque, entry->d_name, &text);
        if (fd >= 0)
            close(fd);
    }
    closedir(entries);
    free(text.bytes);
    return 0;
}

static void add_address(void *opaque, const char *name, struct ledger_text *text)
{
    struct ledger_addresses *addresses = opaque;
    char *address = ledger_address(text);

    (void)name;
    if (address && ARRAY_GROW(addresses->list, addresses->capacity, addresses->count + 1))
        addresses->list[addresses->count++] = address;
    else
        free(address);
}

int ledger_addresses(const char *folder, struct ledger_addresses *addresses, struct failure *why)
{
    struct runtime runtime;
    int error = runtime_open(folder, &runtime, why);

    if (error)
        return error;
    error = ledger_each(runtime.fd, add_address, addresses);
    close(runtime.fd);
    return error ? fail(why, error, "%s: can't be read: %s", runtime.path, strerror(-error)) : 0;
}

void ledger_addresses_finish(struct ledger_addresses *addresses)
{
    for (uint32_t i = 0; i < addresses->count; i++)
        free(addresses->list[i]);
    free(addresses->list);
    *addresses = (struct ledger_addresses){.list = NULL};
}
