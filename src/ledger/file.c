/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger/file.h"

#include "ledger/folder.h"
#include "ledger/runtime_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

/* The longest stem of a file's name: ".ledger.damaged-N" must fit behind it. A longer host's name
 * is cut, and a hash of the whole appended. */
#define STEM_MAX    200
#define DAMAGED_MAX 1000

struct ledger_file {
    struct runtime runtime;
    int lock;
    char *host, *address;
    char stem[STEM_MAX + 32];
    char name[STEM_MAX + 48];
    bool on_disk;     /* the file is there */
    uint64_t written; /* the ledger_version() that is on disk */
    struct ledger_text text;
};

static int failed(const struct ledger_file *file, const char *name, const char *what, int error,
                  struct failure *why)
{
    return fail(why, error, "%s%s%s: %s: %s", file->runtime.path, *name ? "/" : "", name, what,
                strerror(-error));
}

/* ---- names in the folder ---- */

static void name_files(struct ledger_file *file)
{
    const size_t length = ledger_escape(file->host, file->stem, STEM_MAX);

    if (length >= STEM_MAX) {
        uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

        for (const char *c = file->host; *c; c++)
            hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
        sprintf(file->stem + strlen(file->stem), "~%016llx", (unsigned long long)hash);
    }
    snprintf(file->name, sizeof file->name, "%s.ledger", file->stem);
}

/* ---- the lock ---- */

/* Names the process that holds a lock, if it has written its name yet. Returns -EBUSY. */
static int held(const struct ledger_file *file, int lock, struct failure *why)
{
    char holder[80] = "";
    const ssize_t length = pread(lock, holder, sizeof holder - 1, 0);

    holder[length > 0 ? length : 0] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
    return fail(why, -EBUSY, "%s is looked after already, by another vcpu-scheduler%s%s",
                file->host, *holder ? ": " : "", holder);
}

/* Takes the lock of that name. Returns a descriptor, or a negative errno with the words in *why. */
static int take_lock(const struct ledger_file *file, const char *name, struct failure *why)
{
    const int lock = runtime_create(&file->runtime, name);
    int error;

    if (lock < 0)
        return failed(file, name, "can't be opened", lock, why);
    if (flock(lock, LOCK_EX | LOCK_NB) == 0)
        return lock;
    error = errno == EWOULDBLOCK ? held(file, lock, why)
                                 : failed(file, name, "can't be locked", -errno, why);
    close(lock);
    return error;
}

static int take_own_lock(struct ledger_file *file, struct failure *why)
{
    const time_t now = time(NULL);
    char name[STEM_MAX + 48], holder[80], when[32];
    struct tm calendar;

    snprintf(name, sizeof name, "%s.lock", file->stem);
    file->lock = take_lock(file, name, why);
    if (file->lock < 0)
        return file->lock;
    gmtime_r(&now, &calendar);
    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", &calendar);
    snprintf(holder, sizeof holder, "process %ld, since %s\n", (long)getpid(), when);
    /* For people only. A full disk fails the ledger later. */
    if (ftruncate(file->lock, 0) == 0)
        (void)!pwrite(file->lock, holder, strlen(holder), 0);
    return 0;
}

/* ---- reading ---- */

/* Renames a damaged ledger. Never returns 0. */
static int set_aside(struct ledger_file *file, const char *reason, struct failure *why)
{
    char name[STEM_MAX + 80];

    for (int n = 1; n <= DAMAGED_MAX; n++) {
        snprintf(name, sizeof name, "%s.damaged-%d", file->name, n);
        if (renameat2(file->runtime.fd, file->name, file->runtime.fd, name, RENAME_NOREPLACE) == 0)
            return fail(why, -EBADMSG,
                        "%s/%s is damaged: %s; it is %s now, and what it held is not known",
                        file->runtime.path, file->name, reason, name);
        if (errno != EEXIST)
            break;
    }
    return failed(file, file->name, "damaged, and can't be set aside", -errno, why);
}

static int load(struct ledger_file *file, struct ledger *ledger, struct failure *why)
{
    const int fd =
        openat(file->runtime.fd, file->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct failure said;
    int error;

    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0)
        return errno == ELOOP ? set_aside(file, "it is a symbolic link", why)
                              : failed(file, file->name, "can't be read", -errno, why);
    error = ledger_read(fd, &file->text, &said);
    close(fd);
    if (!error)
        error = ledger_parse(ledger, file->host, &file->text, &said);
    if (error == -EBADMSG)
        return set_aside(file, said.text, why);
    if (error)
        return fail(why, error, "%s/%s: %s", file->runtime.path, file->name, said.text);
    file->on_disk = true;
    file->written = ledger_version(ledger);
    return 0;
}

int ledger_file_open(struct ledger *ledger, const char *folder, const char *host,
                     struct ledger_file **result, struct failure *why)
{
    struct ledger_file *file = calloc(1, sizeof *file);
    int error;

    if (!file)
        return fail(why, -ENOMEM, "no memory");
    file->runtime.fd = file->lock = -1;
    file->host = strdup(host);
    error =
        file->host ? runtime_open(folder, &file->runtime, why) : fail(why, -ENOMEM, "no memory");
    if (!error) {
        name_files(file);
        error = take_own_lock(file, why);
    }
    if (!error)
        error = load(file, ledger, why);
    if (error)
        ledger_file_close(file);
    else
        *result = file;
    return error;
}

void ledger_file_close(struct ledger_file *file)
{
    if (!file)
        return;
    if (file->lock >= 0)
        close(file->lock);
    if (file->runtime.fd >= 0)
        close(file->runtime.fd);
    free(file->text.bytes);
    free(file->host);
    free(file->address);
    free(file);
}

/* ---- writing ---- */

/* Writes and syncs. Returns 0 or a negative errno. */
static int write_all(int fd, const struct ledger_text *text)
{
    for (uint32_t done = 0; done < text->length;) {
        const ssize_t wrote = write(fd, text->bytes + done, text->length - done);

        if (wrote < 0 && errno != EINTR)
            return -errno;
        if (wrote > 0)
            done += (uint32_t)wrote;
    }
    return fsync(fd) ? -errno : 0;
}

static int replace(struct ledger_file *file, struct failure *why)
{
    char name[STEM_MAX + 80];
    int fd, error;

    snprintf(name, sizeof name, "%s.new", file->name);
    fd = runtime_create(&file->runtime, name);
    if (fd < 0)
        return failed(file, name, "can't be written", fd, why);
    error = ftruncate(fd, 0) ? -errno : write_all(fd, &file->text);
    close(fd);
    if (!error && renameat(file->runtime.fd, name, file->runtime.fd, file->name))
        error = -errno;
    if (error) {
        unlinkat(file->runtime.fd, name, 0);
        return failed(file, name, "can't be written", error, why);
    }
    file->on_disk = true;
    return 0;
}

int ledger_file_write(struct ledger_file *file, struct ledger *ledger, struct failure *why)
{
    /* The sampler may add entries meanwhile: the next call writes them. */
    const uint64_t version = ledger_version(ledger);
    int error;

    if (file->written == version && file->on_disk == (ledger_size(ledger) > 0))
        return 0;
    if (ledger_size(ledger) == 0) {
        if (unlinkat(file->runtime.fd, file->name, 0) && errno != ENOENT)
            return failed(file, file->name, "can't be removed", -errno, why);
        file->on_disk = false;
    } else {
        error = ledger_format(ledger, file->host, &file->text);
        if (error)
            return fail(why, error, "%s/%s: %s", file->runtime.path, file->name, strerror(-error));
        error = replace(file, why);
        if (error)
            return error;
    }
    if (fsync(file->runtime.fd))
        return failed(file, "", "can't be written", -errno, why);
    file->written = version;
    return 0;
}

/* ---- ledgers of the same host under other names ---- */

struct claim {
    struct ledger_file *file;
    struct ledger *ledger;
    bool (*same)(const void *opaque, const char *address);
    const void *opaque;
    struct failure *why;
    int error;
};

/* Takes the lock beside a ledger of another name, as take_lock(). */
static int take_other_lock(const struct ledger_file *file, const char *ledger, struct failure *why)
{
    char name[STEM_MAX + 80];
    int lock;

    snprintf(name, sizeof name, "%.*s.lock", (int)(strlen(ledger) - strlen(".ledger")), ledger);
    lock = take_lock(file, name, why);
    if (lock == -EBUSY)
        fail(why, lock, "%s is looked after already, by another vcpu-scheduler that holds %s",
             file->host, name);
    return lock;
}

/* Adds the entries of a text. Returns 0; -EBADMSG: it is damaged; or another negative errno. */
static int add_other(struct ledger *ledger, struct ledger_text *text, struct failure *why)
{
    struct ledger *other = ledger_new();
    char *host = ledger_host(text);
    struct ledger_entry entry;
    uint32_t cursor = 0;
    int error = other && host ? ledger_parse(other, host, text, why) : -ENOMEM;

    while (!error && ledger_next(other, &cursor, &entry)) {
        error = ledger_add(ledger, &entry);
        if (error == -EEXIST)
            error = 0; /* the entry under the own name is newer */
    }
    free(host);
    ledger_free(other);
    return error;
}

static void claim_one(void *opaque, const char *name, struct ledger_text *text)
{
    struct claim *claim = opaque;
    struct ledger_file *file = claim->file;
    struct failure said;
    char *address;
    bool same;
    int lock;

    if (claim->error || strcmp(name, file->name) == 0)
        return;
    address = ledger_address(text);
    same = address && claim->same(claim->opaque, address);
    free(address);
    if (!same)
        return;
    lock = take_other_lock(file, name, claim->why);
    if (lock < 0) {
        claim->error = lock;
        return;
    }
    claim->error = add_other(claim->ledger, text, &said);
    if (claim->error == -EBADMSG) {
        claim->error = 0; /* the file stays, for people to look at */
    } else if (claim->error) {
        fail(claim->why, claim->error, "%s/%s: %s", file->runtime.path, name,
             strerror(-claim->error));
    } else {
        claim->error = ledger_file_write(file, claim->ledger, claim->why);
        if (!claim->error)
            unlinkat(file->runtime.fd, name, 0);
    }
    close(lock);
}

int ledger_file_claim(struct ledger_file *file, struct ledger *ledger, const char *address,
                      bool (*same)(const void *opaque, const char *address), const void *opaque,
                      struct failure *why)
{
    struct claim claim = {
        .file = file, .ledger = ledger, .same = same, .opaque = opaque, .why = why};
    int error;

    file->address = strdup(address);
    if (!file->address)
        return fail(why, -ENOMEM, "no memory");
    file->text.address = file->address;
    error = ledger_each(file->runtime.fd, claim_one, &claim);
    if (error)
        return fail(why, error, "%s: can't be read: %s", file->runtime.path, strerror(-error));
    return claim.error;
}
