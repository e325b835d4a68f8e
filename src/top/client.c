/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top/internal.h"

#include "base/array.h"

#include <curl/curl.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_MS 3000L
/* Largest answer: 100,000 vCPUs take 15 MB. */
#define ANSWER_MOST  (64U << 20)
#define DESCRIPTORS  4
#define USUAL_SOCKET "/run/vcpu-scheduler/status.sock"

struct top_fetch {
    char where[PATH_MAX];
    CURLM *multi;
    CURL *easy;
    bool under_way, too_large;
    char *text;
    size_t size;
    uint32_t capacity;
    char error[CURL_ERROR_SIZE];
};

/* libcurl's write callback. */
static size_t take(char *bytes, size_t one, size_t count, void *opaque)
{
    struct top_fetch *fetch = opaque;
    const size_t need = fetch->size + count;

    (void)one; /* always 1 */
    fetch->too_large = need > ANSWER_MOST;
    if (fetch->too_large || !ARRAY_GROW(fetch->text, fetch->capacity, (uint32_t)need))
        return CURL_WRITEFUNC_ERROR;
    memcpy(fetch->text + fetch->size, bytes, count);
    fetch->size = need;
    return count;
}

static int address(struct top_fetch *fetch, struct failure *why)
{
    char url[PATH_MAX + 16] = "http://localhost/status";
    const bool http = strncmp(fetch->where, "http://", 7) == 0;

    if (http)
        snprintf(url, sizeof url, "%.*s/status", (int)strcspn(fetch->where + 7, "/") + 7,
                 fetch->where);
    else if (strchr(fetch->where, '/'))
        curl_easy_setopt(fetch->easy, CURLOPT_UNIX_SOCKET_PATH, fetch->where);
    else
        return fail(why, -EINVAL,
                    "--connect: '%.200s' is neither a socket's path, such as ./status.sock, nor "
                    "http://ADDRESS:PORT",
                    fetch->where);
    return curl_easy_setopt(fetch->easy, CURLOPT_URL, url) ? fail(why, -ENOMEM, "no memory") : 0;
}

struct top_fetch *top_fetch_new(const char *where, struct failure *why)
{
    struct top_fetch *fetch = calloc(1, sizeof *fetch);
    const char *own = getenv("XDG_RUNTIME_DIR"); /* of the user's own daemon */

    if (fetch) {
        fetch->multi = curl_multi_init();
        fetch->easy = curl_easy_init();
    }
    if (!fetch || !fetch->multi || !fetch->easy) {
        fail(why, -ENOMEM, "no memory");
        top_fetch_free(fetch);
        return NULL;
    }
    snprintf(fetch->where, sizeof fetch->where, "%s", where ? where : USUAL_SOCKET);
    if (!where && access(USUAL_SOCKET, F_OK) != 0 && errno == ENOENT && own)
        snprintf(fetch->where, sizeof fetch->where, "%s/vcpu-scheduler/status.sock", own);
    if (address(fetch, why)) {
        top_fetch_free(fetch);
        return NULL;
    }
    curl_easy_setopt(fetch->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(fetch->easy, CURLOPT_TIMEOUT_MS, PATIENCE_MS);
    curl_easy_setopt(fetch->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(fetch->easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(fetch->easy, CURLOPT_WRITEDATA, fetch);
    curl_easy_setopt(fetch->easy, CURLOPT_ERRORBUFFER, fetch->error);
    return fetch;
}

static void give_up(struct top_fetch *fetch)
{
    if (fetch->under_way)
        curl_multi_remove_handle(fetch->multi, fetch->easy);
    fetch->under_way = false;
}

void top_fetch_free(struct top_fetch *fetch)
{
    if (!fetch)
        return;
    give_up(fetch);
    curl_easy_cleanup(fetch->easy);
    curl_multi_cleanup(fetch->multi);
    free(fetch->text);
    free(fetch);
}

void top_fetch_begin(struct top_fetch *fetch)
{
    give_up(fetch);
    fetch->size = 0;
    fetch->too_large = false;
    fetch->error[0] = '\0';
    fetch->under_way = curl_multi_add_handle(fetch->multi, fetch->easy) == CURLM_OK;
}

bool top_fetch_is_under_way(const struct top_fetch *fetch)
{
    return fetch->under_way;
}

/* Returns the complete answer; NULL with the words in *why. */
static const char *read_answer(struct top_fetch *fetch, CURLcode code, struct failure *why)
{
    long status = 0, cause = 0;

    curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(fetch->easy, CURLINFO_OS_ERRNO, &cause);
    if (fetch->too_large)
        fail(why, -EFBIG, "%.200s: answers without end", fetch->where);
    else if (code == CURLE_COULDNT_CONNECT && cause)
        fail(why, -EIO, "%.200s: %s: does it run?", fetch->where, strerror((int)cause));
    else if (code != CURLE_OK)
        fail(why, -EIO, "%.200s: %s", fetch->where,
             fetch->error[0] ? fetch->error : curl_easy_strerror(code));
    else if (status != 200)
        fail(why, -EIO, "%.200s: %.*s", fetch->where,
             (int)strcspn(fetch->size ? fetch->text : "no answer\n", "\n"),
             fetch->size ? fetch->text : "no answer\n");
    else
        return fetch->size ? fetch->text : "";
    return NULL;
}

bool top_fetch_wait(struct top_fetch *fetch, struct pollfd *fds, unsigned count, int milliseconds,
                    const char **text, size_t *size, struct failure *why)
{
    struct curl_waitfd extra[DESCRIPTORS];
    CURLMsg *message;
    int left;

    for (unsigned i = 0; i < count; i++)
        extra[i] = (struct curl_waitfd){.fd = fds[i].fd, .events = CURL_WAIT_POLLIN};
    curl_multi_perform(fetch->multi, &left);
    message = curl_multi_info_read(fetch->multi, &left);
    if (!message) {
        curl_multi_poll(fetch->multi, extra, count, milliseconds, NULL);
        curl_multi_perform(fetch->multi, &left);
        message = curl_multi_info_read(fetch->multi, &left);
    }
    poll(fds, count, 0);
    if (!message)
        return false;
    *text = read_answer(fetch, message->data.result, why);
    *size = fetch->size;
    give_up(fetch);
    return true;
}
