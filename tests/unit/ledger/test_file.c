/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ledger on disk: found again, locked, set aside when damaged, and only in a safe folder. */
#include "ledger/file.h"
#include "ledger/folder.h"
#include "ledger/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST "qemu:///system"
#define STEM "qemu%3A%2F%2F%2Fsystem"

static char scratch[] = "/tmp/test_ledger_file.XXXXXX";
static char folder[64];

static int make_scratch(void **state)
{
    (void)state;
    unsetenv("RUNTIME_DIRECTORY");
    if (!mkdtemp(scratch))
        return -1;
    snprintf(folder, sizeof folder, "%s/run", scratch);
    return 0;
}

static void remove_all(const char *path)
{
    DIR *directory = opendir(path);
    struct dirent *entry;

    while (directory && (entry = readdir(directory))) {
        char inside[PATH_MAX];

        snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && unlink(inside))
            remove_all(inside);
    }
    if (directory)
        closedir(directory);
    rmdir(path);
}

static int remove_scratch(void **state)
{
    (void)state;
    remove_all(scratch);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unsetenv("RUNTIME_DIRECTORY");
    remove_all(folder);
    return 0;
}

/* How many names in the folder start so. */
static int count_files(const char *begin)
{
    DIR *directory = opendir(folder);
    struct dirent *entry;
    int count = 0;

    assert_non_null(directory);
    while ((entry = readdir(directory)))
        count += strncmp(entry->d_name, begin, strlen(begin)) == 0;
    closedir(directory);
    return count;
}

static const char *path_of(const char *name)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const char *bytes, size_t length)
{
    FILE *file = fopen(path_of(name), "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

struct kept {
    struct ledger *ledger;
    struct ledger_file *file;
    struct failure why;
};

static int open_host(struct kept *kept, const char *host)
{
    *kept = (struct kept){.ledger = ledger_new()};
    assert_non_null(kept->ledger);
    return ledger_file_open(kept->ledger, folder, host, &kept->file, &kept->why);
}

static void close_kept(struct kept *kept)
{
    ledger_file_close(kept->file);
    ledger_free(kept->ledger);
}

static void note(struct kept *kept, uint32_t number, int32_t to)
{
    const struct vcpu_name name = {.id = 1, .number = number};
    const struct cpuset after = cpuset_only(to);
    struct cpuset before;

    cpuset_parse(&before, "0-3");
    assert_int_equal(ledger_note(kept->ledger, &name, "web", &before, &after), 0);
}

static int save(struct kept *kept)
{
    return ledger_file_write(kept->file, kept->ledger, &kept->why);
}

static void what_was_saved_is_found(void **state)
{
    struct stat status;
    struct kept kept;

    (void)state;
    assert_int_equal(open_host(&kept, HOST), 0);
    assert_int_equal(stat(folder, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    assert_int_equal(save(&kept), 0);
    assert_int_equal(count_files(STEM ".ledger"), 0); /* no entry, no file */
    note(&kept, 0, 1);
    note(&kept, 1, 2);
    assert_int_equal(save(&kept), 0);
    assert_int_equal(stat(path_of(STEM ".ledger"), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    close_kept(&kept);

    assert_int_equal(open_host(&kept, HOST), 0);
    assert_int_equal(ledger_count(kept.ledger), 2);
    ledger_clear(kept.ledger);
    assert_int_equal(save(&kept), 0);
    assert_int_equal(count_files(STEM ".ledger"), 0);
    close_kept(&kept);
}

static void what_is_saved_is_not_written_again(void **state)
{
    struct stat before, after;
    struct kept kept;

    (void)state;
    assert_int_equal(open_host(&kept, HOST), 0);
    note(&kept, 0, 1);
    assert_int_equal(save(&kept), 0);
    assert_int_equal(stat(path_of(STEM ".ledger"), &before), 0);
    assert_int_equal(save(&kept), 0);
    assert_int_equal(stat(path_of(STEM ".ledger"), &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    note(&kept, 0, 2);
    assert_int_equal(save(&kept), 0);
    assert_int_equal(stat(path_of(STEM ".ledger"), &after), 0);
    assert_int_not_equal(before.st_ino, after.st_ino);
    assert_int_equal(count_files(STEM ".ledger"), 1); /* no other file */
    close_kept(&kept);
}

static void the_second_is_told_who_is_first(void **state)
{
    struct kept first, second, other;
    char words[64];

    (void)state;
    assert_int_equal(open_host(&first, HOST), 0);
    assert_int_equal(open_host(&second, HOST), -EBUSY);
    snprintf(words, sizeof words, "process %ld, since 20", (long)getpid());
    assert_non_null(strstr(second.why.text, words));
    assert_non_null(strstr(second.why.text, HOST));
    close_kept(&second);
    assert_int_equal(open_host(&other, "qemu:///session"), 0);
    close_kept(&other);
    close_kept(&first);
    assert_int_equal(open_host(&second, HOST), 0);
    close_kept(&second);
}

#define ALIAS "qemu+unix:///system"

static bool is_alias(const void *opaque, const char *address)
{
    (void)opaque;
    return strcmp(address, ALIAS) == 0;
}

static int claim(struct kept *kept, const char *address)
{
    return ledger_file_claim(kept->file, kept->ledger, address, is_alias, NULL, &kept->why);
}

/* The next run takes over the ledger of the same host under another name. */
static void another_name_is_the_same_host(void **state)
{
    struct kept old, other, kept;

    (void)state;
    assert_int_equal(open_host(&old, ALIAS), 0);
    note(&old, 0, 1);
    note(&old, 1, 2);
    assert_int_equal(save(&old), 0);
    assert_int_equal(open_host(&other, "qemu:///session"), 0);
    note(&other, 7, 2);
    assert_int_equal(save(&other), 0);

    /* While its holder runs, there is no second one. */
    assert_int_equal(open_host(&kept, HOST), 0);
    assert_int_equal(claim(&kept, ALIAS), -EBUSY);
    assert_non_null(strstr(kept.why.text, "is looked after already"));
    close_kept(&kept);
    close_kept(&old);

    assert_int_equal(open_host(&kept, HOST), 0);
    note(&kept, 1, 3); /* the entry under its own name is newer */
    assert_int_equal(save(&kept), 0);
    assert_int_equal(claim(&kept, ALIAS), 0);
    assert_int_equal(ledger_count(kept.ledger), 2);
    assert_int_equal(count_files("qemu%2Bunix%3A%2F%2F%2Fsystem.ledger"), 0);
    close_kept(&kept);
    assert_int_equal(open_host(&kept, HOST), 0); /* all are on disk */
    assert_int_equal(ledger_count(kept.ledger), 2);
    ledger_clear(kept.ledger);
    assert_int_equal(save(&kept), 0);
    close_kept(&kept);
    assert_int_equal(count_files("qemu%3A%2F%2F%2Fsession.ledger"), 1);
    ledger_clear(other.ledger);
    assert_int_equal(save(&other), 0);
    close_kept(&other);
}

/* A damaged ledger of another name stays as it is. */
static void another_name_that_is_damaged_stays(void **state)
{
    const char text[] =
        "vcpu-scheduler-ledger 1\nhost qemu%2Bunix%3A%2F%2F%2Fsystem\nend 0 00000000\n";
    struct kept kept;

    (void)state;
    assert_int_equal(open_host(&kept, HOST), 0);
    put("x.ledger", text, strlen(text));
    assert_int_equal(claim(&kept, ALIAS), 0);
    assert_int_equal(ledger_count(kept.ledger), 0);
    assert_int_equal(count_files("x.ledger"), 1);
    assert_int_equal(unlink(path_of("x.ledger")), 0);
    close_kept(&kept);
}

/* Lists the hosts' addresses from the folder alone. */
static void addresses_are_kept(void **state)
{
    struct ledger_addresses addresses = {.list = NULL};
    struct failure why;
    struct kept named, reached;

    (void)state;
    assert_int_equal(open_host(&named, HOST), 0);
    note(&named, 0, 1);
    assert_int_equal(save(&named), 0);
    assert_int_equal(open_host(&reached, "qemu://11-22/system"), 0);
    assert_int_equal(claim(&reached, "qemu+ssh://far/system?a=%41"), 0);
    note(&reached, 0, 1);
    assert_int_equal(save(&reached), 0);
    assert_int_equal(ledger_addresses(folder, &addresses, &why), 0);
    assert_int_equal(addresses.count, 2);
    for (uint32_t i = 0; i < 2; i++)
        assert_true(strcmp(addresses.list[i], HOST) == 0 ||
                    strcmp(addresses.list[i], "qemu+ssh://far/system?a=%41") == 0);
    assert_string_not_equal(addresses.list[0], addresses.list[1]);
    ledger_addresses_finish(&addresses);
    close_kept(&reached);

    /* It is read again under its name. */
    assert_int_equal(open_host(&reached, "qemu://11-22/system"), 0);
    assert_int_equal(ledger_count(reached.ledger), 1);
    ledger_clear(reached.ledger);
    assert_int_equal(save(&reached), 0);
    close_kept(&reached);
    ledger_clear(named.ledger);
    assert_int_equal(save(&named), 0);
    close_kept(&named);
}

/* The lock ends with its holder, however that dies. */
static void the_lock_dies_with_its_process(void **state)
{
    int ready[2];
    char byte;
    struct kept kept;
    pid_t child;

    (void)state;
    assert_int_equal(pipe(ready), 0);
    child = fork();
    if (child == 0) {
        struct kept held;

        byte = open_host(&held, HOST) == 0;
        if (write(ready[1], &byte, 1) == 1)
            pause();
        _exit(1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 1);
    assert_int_equal(open_host(&kept, HOST), -EBUSY);
    close_kept(&kept);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(open_host(&kept, HOST), 0);
    close_kept(&kept);
    close(ready[0]);
    close(ready[1]);
}

static void a_damaged_one_is_set_aside(void **state)
{
    static const struct {
        const char *bytes, *said;
    } damages[] = {
        {"", "does not begin"},
        {"garbage\n", "does not begin"},
        {"vcpu-scheduler-ledger 4\nhost x\nend 0 00000000\n", "another version"},
        {"vcpu-scheduler-ledger 1\nhost x\nend 0 00000000\n", "checksum"},
    };
    struct kept kept;
    char name[64];

    (void)state;
    assert_int_equal(open_host(&kept, HOST), 0);
    close_kept(&kept);
    for (int d = 0; d < 4; d++) {
        put(STEM ".ledger", damages[d].bytes, strlen(damages[d].bytes));
        assert_int_equal(open_host(&kept, HOST), -EBADMSG);
        assert_non_null(strstr(kept.why.text, damages[d].said));
        snprintf(name, sizeof name, "%s.ledger.damaged-%d", STEM, d + 1);
        assert_non_null(strstr(kept.why.text, name));
        close_kept(&kept);
        assert_int_equal(count_files(name), 1);
        assert_int_equal(count_files(STEM ".ledger"), d + 1);
        assert_int_equal(open_host(&kept, HOST), 0);
        assert_int_equal(ledger_count(kept.ledger), 0);
        close_kept(&kept);
    }
}

static void no_file_is_no_ledger(void **state)
{
    struct kept kept;

    (void)state;
    assert_int_equal(open_host(&kept, HOST), 0);
    close_kept(&kept);
    assert_int_equal(mkdir(path_of(STEM ".ledger"), 0700), 0);
    assert_int_equal(open_host(&kept, HOST), -EBADMSG);
    assert_non_null(strstr(kept.why.text, "no file"));
    close_kept(&kept);
    assert_int_equal(mkfifo(path_of(STEM ".ledger"), 0600), 0);
    assert_int_equal(open_host(&kept, HOST), -EBADMSG);
    close_kept(&kept);
    assert_int_equal(symlink("/etc/passwd", path_of(STEM ".ledger")), 0);
    assert_int_equal(open_host(&kept, HOST), -EBADMSG);
    assert_non_null(strstr(kept.why.text, "symbolic link"));
    close_kept(&kept);
    put(STEM ".ledger", "", 0);
    assert_int_equal(truncate(path_of(STEM ".ledger"), (off_t)LEDGER_BYTES_MAX + 1), 0);
    assert_int_equal(open_host(&kept, HOST), -EBADMSG);
    assert_non_null(strstr(kept.why.text, "too large"));
    close_kept(&kept);
    assert_int_equal(open_host(&kept, HOST), 0);
    close_kept(&kept);
}

/* A file that a process left when it died does no harm. */
static void half_a_file_beside_it_is_no_matter(void **state)
{
    struct kept kept;

    (void)state;
    assert_int_equal(open_host(&kept, HOST), 0);
    note(&kept, 0, 1);
    assert_int_equal(save(&kept), 0);
    close_kept(&kept);
    put(STEM ".ledger.new", "vcpu-sch", 8);
    assert_int_equal(open_host(&kept, HOST), 0);
    assert_int_equal(ledger_count(kept.ledger), 1);
    note(&kept, 1, 1);
    assert_int_equal(save(&kept), 0);
    assert_int_equal(count_files(STEM ".ledger"), 1);
    close_kept(&kept);
}

static void hosts_are_kept_apart(void **state)
{
    char one[600], other[600];
    struct kept a, b;

    (void)state;
    memset(one, '/', sizeof one - 1);
    one[sizeof one - 1] = '\0';
    strcpy(other, one);
    other[sizeof other - 2] = 'x'; /* longer than a file's name can be, and different at its end */
    assert_int_equal(open_host(&a, one), 0);
    assert_int_equal(open_host(&b, other), 0);
    note(&a, 0, 1);
    note(&b, 0, 2);
    note(&b, 1, 2);
    assert_int_equal(save(&a), 0);
    assert_int_equal(save(&b), 0);
    close_kept(&a);
    close_kept(&b);
    assert_int_equal(open_host(&a, one), 0);
    assert_int_equal(open_host(&b, other), 0);
    assert_int_equal(ledger_count(a.ledger), 1);
    assert_int_equal(ledger_count(b.ledger), 2);
    close_kept(&a);
    close_kept(&b);
}

static void a_folder_of_others_is_refused(void **state)
{
    struct kept kept;
    char aim[80];
    int error;

    (void)state;
    assert_int_equal(mkdir(folder, 0700), 0);
    for (mode_t mode = 0020; mode; mode = mode == 0020 ? 0002 : mode == 0002 ? 01777 : 0) {
        assert_int_equal(chmod(folder, 0700 | mode), 0);
        assert_int_equal(open_host(&kept, HOST), -EPERM);
        assert_non_null(strstr(kept.why.text, "others may write"));
        close_kept(&kept);
    }
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(open_host(&kept, HOST), 0);
    close_kept(&kept);
    if (geteuid() == 0) {
        assert_int_equal(chown(folder, 12345, 0), 0);
        assert_int_equal(chmod(scratch, 0711), 0);
        assert_int_equal(seteuid(12346), 0);
        error = open_host(&kept, HOST);
        assert_int_equal(seteuid(0), 0);
        assert_int_equal(error, -EPERM);
        assert_non_null(strstr(kept.why.text, "another user"));
        close_kept(&kept);
    }
    remove_all(folder);
    snprintf(aim, sizeof aim, "%s/aim", scratch);
    assert_int_equal(mkdir(aim, 0700), 0);
    assert_int_equal(symlink(aim, folder), 0);
    assert_true(open_host(&kept, HOST) < 0);
    close_kept(&kept);
    assert_int_equal(unlink(folder), 0);
    assert_int_equal(mknod(folder, S_IFREG | 0600, 0), 0);
    assert_true(open_host(&kept, HOST) < 0);
    close_kept(&kept);
    assert_int_equal(unlink(folder), 0);
}

/* A service's folder: root may use it, its files belong to the service, and traps there fail. */
static void root_leaves_files_to_the_owner_of_the_folder(void **state)
{
    struct kept kept;
    struct stat status;
    char victim[80];

    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(chown(folder, 12345, 12345), 0);
    assert_int_equal(open_host(&kept, HOST), 0);
    note(&kept, 0, 1);
    assert_int_equal(save(&kept), 0);
    close_kept(&kept);
    assert_int_equal(stat(path_of(STEM ".ledger"), &status), 0);
    assert_int_equal(status.st_uid, 12345);
    assert_int_equal(stat(path_of(STEM ".lock"), &status), 0);
    assert_int_equal(status.st_uid, 12345);

    /* The lock becomes a second name of a file of root's. */
    snprintf(victim, sizeof victim, "%s/victim", scratch);
    assert_int_equal(mknod(victim, S_IFREG | 0600, 0), 0);
    assert_int_equal(unlink(path_of(STEM ".lock")), 0);
    assert_int_equal(link(victim, path_of(STEM ".lock")), 0);
    assert_int_equal(open_host(&kept, HOST), -EPERM);
    close_kept(&kept);
    assert_int_equal(stat(victim, &status), 0);
    assert_int_equal(status.st_size, 0);
    assert_int_equal(status.st_uid, 0);
    assert_int_equal(unlink(victim), 0);
}

static void the_environment_names_the_folder(void **state)
{
    struct ledger *ledger = ledger_new();
    struct ledger_file *file;
    struct failure why;
    char several[160];

    (void)state;
    snprintf(several, sizeof several, "%s:/nowhere", folder);
    setenv("RUNTIME_DIRECTORY", several, 1);
    assert_int_equal(ledger_file_open(ledger, NULL, HOST, &file, &why), 0);
    assert_int_equal(count_files(STEM ".lock"), 1);
    ledger_file_close(file);
    setenv("RUNTIME_DIRECTORY", "/nowhere/at/all", 1);
    assert_true(ledger_file_open(ledger, NULL, HOST, &file, &why) < 0);
    assert_non_null(strstr(why.text, "/nowhere/at/all"));
    ledger_free(ledger);
}

/* A full disk: the message names the file, and the old ledger stays. */
static void a_full_disk_is_told(void **state)
{
    struct rlimit before, full;
    struct kept kept;

    (void)state;
    assert_int_equal(open_host(&kept, HOST), 0);
    note(&kept, 0, 1);
    assert_int_equal(save(&kept), 0);
    assert_int_equal(mkdir(path_of(STEM ".ledger.new"), 0700), 0);
    note(&kept, 1, 1);
    assert_true(save(&kept) < 0);
    assert_non_null(strstr(kept.why.text, STEM ".ledger.new: can't be written"));
    assert_true(save(&kept) < 0); /* still to be done */
    assert_int_equal(rmdir(path_of(STEM ".ledger.new")), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    full = before;
    full.rlim_cur = 100; /* in the middle of the second line */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(save(&kept), -EFBIG);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(count_files(STEM ".ledger"), 1);
    close_kept(&kept);
    assert_int_equal(open_host(&kept, HOST), 0);
    assert_int_equal(ledger_count(kept.ledger), 1);
    close_kept(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(what_was_saved_is_found, remove_folder),
        cmocka_unit_test_teardown(what_is_saved_is_not_written_again, remove_folder),
        cmocka_unit_test_teardown(the_second_is_told_who_is_first, remove_folder),
        cmocka_unit_test_teardown(another_name_is_the_same_host, remove_folder),
        cmocka_unit_test_teardown(another_name_that_is_damaged_stays, remove_folder),
        cmocka_unit_test_teardown(addresses_are_kept, remove_folder),
        cmocka_unit_test_teardown(the_lock_dies_with_its_process, remove_folder),
        cmocka_unit_test_teardown(a_damaged_one_is_set_aside, remove_folder),
        cmocka_unit_test_teardown(no_file_is_no_ledger, remove_folder),
        cmocka_unit_test_teardown(half_a_file_beside_it_is_no_matter, remove_folder),
        cmocka_unit_test_teardown(hosts_are_kept_apart, remove_folder),
        cmocka_unit_test_teardown(a_folder_of_others_is_refused, remove_folder),
        cmocka_unit_test_teardown(root_leaves_files_to_the_owner_of_the_folder, remove_folder),
        cmocka_unit_test_teardown(the_environment_names_the_folder, remove_folder),
        cmocka_unit_test_teardown(a_full_disk_is_told, remove_folder),
    };

    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
