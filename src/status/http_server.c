/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "status/http_server.h"
#include "status/internal.h"

#include <errno.h>
#include <string.h>

#ifdef HAVE_MICROHTTPD

#include <arpa/inet.h>
#include <libgen.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Connections at a time: enough for an operator and several scrapers; each costs a descriptor
 * and 32 KiB. One address gets half of them, so that it can't lock out the others. */
#define CLIENTS   32
#define OF_ONE    16
#define TIMEOUT_S 10
#define BACKLOG   16

enum { WAYS = 2 }; /* the Unix socket, and the TCP address */

struct http_server {
    struct status *status;
    struct MHD_Daemon *daemons[WAYS];
    char path[sizeof((struct sockaddr_un *)0)->sun_path]; /* "": no socket to remove */
    struct stat socket;                                   /* the file bound at path */
};

/* ---- answers ---- */

struct view_of {
    const char *path, *type;
    void (*write)(FILE *out, const struct status_page *page);
};

static const struct view_of json = {"/status", "application/json; charset=utf-8",
                                    status_write_json};
static const struct view_of metrics = {"/metrics", "text/plain; version=0.0.4; charset=utf-8",
                                       status_write_metrics};
static const struct view_of open_metrics = {
    "/metrics", "application/openmetrics-text; version=1.0.0; charset=utf-8",
    status_write_openmetrics};

/* Returns the view of a path; NULL: there is none. */
static const struct view_of *find_view(struct MHD_Connection *connection, const char *url)
{
    const char *accept;

    if (strcmp(url, json.path) == 0)
        return &json;
    if (strcmp(url, metrics.path) != 0)
        return NULL;
    accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
    return accept && strstr(accept, "application/openmetrics-text") ? &open_metrics : &metrics;
}

/* Answers with a text, which it frees; NULL: there was no memory for it. */
static enum MHD_Result answer_with(struct MHD_Connection *connection, unsigned code, char *text,
                                   const char *type, const char *header, const char *value)
{
    struct MHD_Response *response =
        text ? MHD_create_response_from_buffer_with_free_callback(strlen(text), text, free) : NULL;
    enum MHD_Result result;

    if (!response) {
        free(text);
        return MHD_NO;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (header)
        MHD_add_response_header(response, header, value);
    result = MHD_queue_response(connection, code, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned code,
                                   const char *text)
{
    const bool refused = code == MHD_HTTP_METHOD_NOT_ALLOWED;

    return answer_with(connection, code, strdup(text), "text/plain; charset=utf-8",
                       refused ? MHD_HTTP_HEADER_ALLOW : NULL, "GET, HEAD");
}

static enum MHD_Result answer_page(struct MHD_Connection *connection, const struct view_of *view,
                                   const struct status_page *page)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return MHD_NO;
    view->write(out, page);
    if (fclose(out)) {
        free(text);
        return MHD_NO;
    }
    return answer_with(connection, MHD_HTTP_OK, text, view->type, MHD_HTTP_HEADER_CACHE_CONTROL,
                       "no-store");
}

/* libmicrohttpd's request handler. */
static enum MHD_Result answer(void *opaque, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **request)
{
    struct http_server *server = opaque;
    const struct view_of *view;
    struct status_page *page;
    enum MHD_Result result;

    (void)version;
    (void)upload;
    (void)upload_size;
    (void)request;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only to be read\n");
    if (strcmp(url, "/") == 0)
        return answer_text(connection, MHD_HTTP_OK,
                           "vcpu-scheduler " PACKAGE_VERSION "\n/metrics\n/status\n");
    view = find_view(connection, url);
    if (!view)
        return answer_text(connection, MHD_HTTP_NOT_FOUND, "there are /metrics and /status\n");
    page = status_take(server->status);
    if (!page)
        return answer_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
                           "nothing has been measured yet\n");
    result = answer_page(connection, view, page);
    status_give(server->status, page);
    return result;
}

/* ---- sockets ---- */

/* Returns 0 if the path is free or is a stale socket, -EADDRINUSE if a process listens there, or
 * another negative errno. */
static int look_who_listens(const struct sockaddr_un *address)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int error;

    if (fd < 0)
        return -errno;
    error = connect(fd, (const struct sockaddr *)address, sizeof *address) ? errno : EADDRINUSE;
    close(fd);
    if (error == ENOENT || error == ECONNREFUSED)
        return 0;
    /* Another socket type, or a full queue: a process listens. */
    return error == EPROTOTYPE || error == EAGAIN ? -EADDRINUSE : -error;
}

/* Returns a listening socket, or a negative errno. */
static int listen_at(const struct sockaddr *address, socklen_t size)
{
    const int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int yes = 1;
    int error;

    if (fd < 0)
        return -errno;
    if (!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) && !bind(fd, address, size) &&
        !listen(fd, BACKLOG))
        return fd;
    error = -errno;
    close(fd);
    return error;
}

/*
 * Returns a listening Unix socket with mode 0660 and the owner and group of its directory, or a
 * negative errno. Uses umask(), as chmod() by path could hit another file; hence only before
 * threads start.
 */
static int listen_for_group(const struct sockaddr_un *address)
{
    const mode_t mask = umask(0117);
    const int fd = listen_at((const struct sockaddr *)address, sizeof *address);
    char folder[sizeof address->sun_path];
    struct stat status;

    umask(mask);
    strcpy(folder, address->sun_path);
    if (fd >= 0 && geteuid() == 0 && stat(dirname(folder), &status) == 0)
        (void)!lchown(address->sun_path, status.st_uid, status.st_gid); /* else it stays root's */
    return fd;
}

/* Returns a listening Unix socket, or a negative errno. */
static int listen_on_path(struct http_server *server, const char *path, struct failure *why)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat there;
    int fd, error;

    if (strlen(path) >= sizeof address.sun_path)
        return fail(why, -ENAMETOOLONG, "%s: too long for a socket's path (%zu bytes)", path,
                    sizeof address.sun_path - 1);
    strcpy(address.sun_path, path);
    error = look_who_listens(&address);
    if (error == -EADDRINUSE)
        return fail(why, error, "%s: another process listens there", path);
    if (error)
        return fail(why, error, "%s: %s", path, strerror(-error));
    if (lstat(path, &there) == 0 && S_ISSOCK(there.st_mode))
        unlink(path);
    fd = listen_for_group(&address);
    if (fd < 0)
        return fail(why, fd, "%s: %s", path, strerror(-fd));
    if (lstat(path, &server->socket) == 0)
        strcpy(server->path, path);
    return fd;
}

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24 ==
               127;
    return address->sa_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
}

/* Splits "ADDRESS:PORT" or "[IPV6]:PORT". */
static bool split(const char *text, char *address, size_t size, const char **port)
{
    const char *colon = strrchr(text, ':');
    size_t length;

    if (!colon || colon == text || colon[1] == '\0')
        return false;
    length = (size_t)(colon - text);
    *port = colon + 1;
    if (text[0] == '[' && text[length - 1] == ']') {
        text++;
        length -= 2;
    } else if (memchr(text, ':', length)) {
        return false;
    }
    if (length >= size)
        return false;
    memcpy(address, text, length);
    address[length] = '\0';
    return true;
}

/* Returns a listening TCP socket, or a negative errno. */
static int listen_on_address(const char *text, bool remote, struct failure *why)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    char address[64];
    const char *port;
    int fd;

    if (!split(text, address, sizeof address, &port) || strtoul(port, NULL, 10) > UINT16_MAX ||
        getaddrinfo(address, port, &hints, &found))
        return fail(why, -EINVAL, "--metrics: '%s' is not ADDRESS:PORT, such as 127.0.0.1:9123",
                    text);
    if (!remote && !is_loopback(found->ai_addr)) {
        freeaddrinfo(found);
        return fail(why, -EINVAL,
                    "--metrics: '%s' can be reached from outside: needs --metrics-allow-remote",
                    text);
    }
    fd = listen_at(found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return fd >= 0 ? fd : fail(why, fd, "--metrics: %s: %s", text, strerror(-fd));
}

/* Serves on a listening socket and takes ownership of it. fd: or a negative errno, which is
 * returned. */
static int serve(struct http_server *server, int way, int fd, struct failure *why)
{
    if (fd < 0)
        return fd;
    server->daemons[way] =
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO, 0, NULL, NULL, answer,
                         server, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
                         (unsigned)CLIENTS, MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)OF_ONE,
                         MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_S, MHD_OPTION_END);
    if (server->daemons[way])
        return 0;
    close(fd);
    return fail(why, -EAGAIN, "the status socket can't be served: libmicrohttpd does not start");
}

int http_server_open(struct status *status, const char *path, const char *address, bool remote,
                     struct http_server **result, struct failure *why)
{
    struct http_server *server = calloc(1, sizeof *server);
    int error = 0;

    if (!server)
        return fail(why, -ENOMEM, "no memory");
    server->status = status;
    if (path)
        error = serve(server, 0, listen_on_path(server, path, why), why);
    if (!error && address)
        error = serve(server, 1, listen_on_address(address, remote, why), why);
    if (error) {
        http_server_close(server);
        return error;
    }
    *result = server;
    return 0;
}

/* Removes the socket, unless another file has replaced it. */
static void remove_socket(const struct http_server *server)
{
    struct stat there;

    if (server->path[0] && lstat(server->path, &there) == 0 &&
        there.st_dev == server->socket.st_dev && there.st_ino == server->socket.st_ino)
        unlink(server->path);
}

void http_server_close(struct http_server *server)
{
    if (!server)
        return;
    remove_socket(server);
    for (int way = 0; way < WAYS; way++) {
        if (server->daemons[way])
            MHD_stop_daemon(server->daemons[way]);
    }
    free(server);
}

#else

int http_server_open(struct status *status, const char *path, const char *address, bool remote,
                     struct http_server **server, struct failure *why)
{
    (void)status;
    (void)path;
    (void)address;
    (void)remote;
    (void)server;
    return fail(why, -ENOTSUP, "this build has no status socket (no libmicrohttpd)");
}

void http_server_close(struct http_server *server)
{
    (void)server;
}

#endif
