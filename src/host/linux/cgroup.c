/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/linux/cgroup.h"

#include "base/file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libcgroup.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* libcgroup's name for the v2 hierarchy, whatever its controllers. */
#define ANY_V2 "cgroup"

/* Finds the first mount of a type that has the option (NULL: any). libcgroup can't tell: it finds a
 * v2 mount by its controllers only, and there may be none. */
static bool find_mount(const char *type, const char *option, char *root, size_t size)
{
    FILE *mounts = setmntent("/proc/self/mounts", "re");
    struct mntent mount;
    char text[PATH_MAX + 256];
    bool found = false;

    root[0] = '\0';
    if (!mounts)
        return false;
    while (!found && getmntent_r(mounts, &mount, text, sizeof text)) {
        if (strcmp(mount.mnt_type, type) == 0 && (!option || hasmntopt(&mount, option)))
            found = (size_t)snprintf(root, size, "%s", mount.mnt_dir) < size;
    }
    endmntent(mounts);
    return found;
}

int cgroup_tree_open(struct cgroup_tree *tree, const char *root, struct failure *why)
{
    char line[64];
    void *handle;
    int error;

    tree->through_library = false;
    tree->cpusets[0] = '\0';
    tree->cpu_root[0] = '\0';
    if (root) {
        if (access(root, R_OK | X_OK))
            return fail(why, -errno, "--cgroup-root: '%s': %s", root, strerror(errno));
        if ((size_t)snprintf(tree->root, sizeof tree->root, "%s", root) >= sizeof tree->root)
            return fail(why, -ENAMETOOLONG, "--cgroup-root: the path is too long");
        return 0;
    }
    find_mount("cgroup", "cpuset", tree->cpusets, sizeof tree->cpusets);
    find_mount("cgroup", "cpu", tree->cpu_root, sizeof tree->cpu_root);
    if (!find_mount("cgroup2", NULL, tree->root, sizeof tree->root))
        return fail(why, -ENOENT, "no cgroup v2 hierarchy is mounted");
    error = cgroup_init();
    if (error)
        return fail(why, -EIO, "libcgroup: %s", cgroup_strerror(error));
    /* libcgroup ignores a v2 mount without controllers, as on most hybrid hosts with systemd. */
    error =
        cgroup_read_value_begin(ANY_V2, "/", (char[]){"cgroup.procs"}, &handle, line, sizeof line);
    if (error == 0 || error == ECGEOF)
        cgroup_read_value_end(&handle);
    tree->through_library = error == 0;
    return 0;
}

FILE *cgroup_open_list(pid_t pid)
{
    char name[64];

    snprintf(name, sizeof name, "/proc/%d/cgroup", (int)pid);
    return fopen(name, "re");
}

/* The path in a line such as "4:cpu,cpuacct:/path"; NULL if the line is about another hierarchy. */
static char *path_of_line(char *line, const char *controller)
{
    char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;

    if (!path || path[1] != '/')
        return NULL;
    *path = '\0';
    if (!controller)
        return strcmp(line, "0:") == 0 ? path + 1 : NULL;
    for (char *name = strtok_r(list + 1, ",", &list); name; name = strtok_r(NULL, ",", &list)) {
        if (strcmp(name, controller) == 0)
            return path + 1;
    }
    return NULL;
}

/* True if the path leads out of the daemon's cgroup namespace. */
static bool is_outside(const char *path)
{
    return strcmp(path, "/..") == 0 || strstr(path, "/../");
}

int cgroup_parse_path(FILE *file, const char *controller, char *path, size_t size)
{
    char line[PATH_MAX + 64];

    while (fgets(line, sizeof line, file)) {
        const char *found;

        line[strcspn(line, "\n")] = '\0';
        found = path_of_line(line, controller);
        if (found && !is_outside(found))
            return (size_t)snprintf(path, size, "%s", found) < size ? 0 : -ENAMETOOLONG;
    }
    return -ENOENT;
}

bool cgroup_strip_emulator(char *path)
{
    char *end = strrchr(path, '/');

    if (!end || strcmp(end, "/emulator") != 0)
        return false;
    *end = '\0';
    return true;
}

int cgroup_parse_domain(FILE *file, const char *controller, char *path, size_t size)
{
    char found[PATH_MAX];
    const int error = cgroup_parse_path(file, controller, found, sizeof found);

    if (error)
        return error;
    /* The domain's cgroup is above QEMU's main thread's, and is not the root. */
    if (!cgroup_strip_emulator(found) || !found[0] || !found[1])
        return -ENOENT;
    return (size_t)snprintf(path, size, "%s", found + 1) < size ? 0 : -ENAMETOOLONG;
}

int cgroup_of_domain(pid_t qemu, const char *controller, char *path, size_t size)
{
    FILE *file = cgroup_open_list(qemu);
    int error;

    if (!file)
        return -errno;
    error = cgroup_parse_domain(file, controller, path, size);
    fclose(file);
    return error;
}

int cgroup_read_line(const char *folder, const char *name, char *text, size_t size)
{
    char path[2 * PATH_MAX];
    ssize_t length;

    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path)
        return -ENAMETOOLONG;
    length = file_read(path, text, size);
    if (length < 0)
        return (int)length;
    text[strcspn(text, "\n")] = '\0';
    return 0;
}

int cgroup_parse_usec(const char *text, const char *name, uint64_t *time_ns)
{
    const char *at = strstr(text, name);
    unsigned long long usec;
    char *end;

    if (!at || (at != text && at[-1] != '\n'))
        return -EIO;
    at += strlen(name);
    if (!isdigit((unsigned char)*at))
        return -EIO;
    errno = 0;
    usec = strtoull(at, &end, 10);
    if (errno || (*end && *end != '\n') || usec > UINT64_MAX / 1000)
        return -EIO;
    *time_ns = (uint64_t)usec * 1000;
    return 0;
}

/* Checks a counter by reading it through libcgroup. */
static int read_through_library(const char *path, uint32_t vcpu)
{
    char folder[PATH_MAX], line[128];
    uint64_t time_ns;
    void *handle;
    int error, result = -EIO;

    if ((size_t)snprintf(folder, sizeof folder, "%s/vcpu%u", path, vcpu) >= sizeof folder)
        return -ENAMETOOLONG;
    error =
        cgroup_read_value_begin(ANY_V2, folder, (char[]){"cpu.stat"}, &handle, line, sizeof line);
    if (error == ECGROUPVALUENOTEXIST || error == ECGROUPNOTEXIST)
        return -ENOENT;
    if (error)
        return error == ECGOTHER && cgroup_get_last_errno() ? -cgroup_get_last_errno() : -EIO;
    while (!error && result) {
        result = cgroup_parse_usec(line, "usage_usec ", &time_ns);
        error = cgroup_read_value_next(&handle, line, sizeof line);
    }
    cgroup_read_value_end(&handle);
    return result;
}

int cgroup_open_vcpu(const struct cgroup_tree *tree, const char *path, uint32_t vcpu,
                     struct kept *file)
{
    char name[PATH_MAX + 32];
    uint64_t time_ns, throttled_ns;
    int error;

    if (tree->through_library) {
        error = read_through_library(path, vcpu);
        if (error)
            return error;
    }
    if ((size_t)snprintf(name, sizeof name, "%s/%s/vcpu%u/cpu.stat", tree->root, path, vcpu) >=
        sizeof name)
        return -ENAMETOOLONG;
    error = kept_open(file, name);
    if (!error)
        error = cgroup_read_vcpu(file, &time_ns, &throttled_ns);
    if (error)
        kept_close(file);
    return error;
}

int cgroup_read_vcpu(const struct kept *file, uint64_t *time_ns, uint64_t *throttled_ns)
{
    char text[512];
    const ssize_t length = kept_read(file, text, sizeof text);

    if (length < 0)
        return (int)length;
    if (cgroup_parse_usec(text, "throttled_usec ", throttled_ns))
        *throttled_ns = 0;
    return cgroup_parse_usec(text, "usage_usec ", time_ns);
}
