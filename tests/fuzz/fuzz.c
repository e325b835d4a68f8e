/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"

#include <ftw.h>
#include <limits.h>
#include <locale.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    MUST(text);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

struct fuzz_file fuzz_file(const uint8_t *data, size_t size)
{
    struct fuzz_file file = {.fd = memfd_create("input", MFD_CLOEXEC)};

    MUST(file.fd >= 0);
    MUST(write(file.fd, data, size) == (ssize_t)size);
    snprintf(file.path, sizeof(file.path), "/proc/self/fd/%d", file.fd);
    return file;
}

static char folder[64];

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *ftw)
{
    (void)status;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static void remove_folder(void)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *fuzz_folder(void)
{
    if (folder[0] == '\0') {
        snprintf(folder, sizeof(folder), "%s/vs-fuzz-XXXXXX",
                 access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp");
        MUST(mkdtemp(folder));
        atexit(remove_folder);
    }
    return folder;
}

void fuzz_write(const char *name, const char *text, size_t length)
{
    char path[PATH_MAX];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", fuzz_folder(), name);
    file = fopen(path, "we");
    MUST(file && fwrite(text, 1, length, file) == length);
    fclose(file);
}

/* Unicode's Bidi_Control (PropList.txt) and the byte order mark: no controls to the C library. */
static bool reorders(wchar_t code)
{
    return code == 0x061c || (code >= 0x200e && code <= 0x200f) ||
           (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
           code == 0xfeff;
}

static bool all_shown(const char *bytes, size_t length, bool lines)
{
    mbstate_t state = {0};

    while (length > 0) {
        wchar_t code;
        const size_t used = mbrtowc(&code, bytes, length, &state);

        if (used == 0 || used > length) /* a NUL, or no UTF-8 */
            return false;
        if (code != L'\n' || !lines) {
            if (iswcntrl((wint_t)code) || reorders(code))
                return false;
        }
        bytes += used;
        length -= used;
    }
    return true;
}

bool fuzz_is_shown(const char *bytes, size_t length, bool lines)
{
    static locale_t utf8; /* kept: it takes longer to make than a target */
    locale_t before;
    bool shown;

    if (!utf8)
        utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
    MUST(utf8);
    before = uselocale(utf8);
    shown = all_shown(bytes, length, lines);
    uselocale(before);
    return shown;
}
