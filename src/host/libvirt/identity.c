/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/libvirt/internal.h"

#include <libxml/uri.h>
#include <limits.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The usual sockets of libvirt's daemons, which all belong to the same host. */
static const char *const usual_sockets[] = {
    "/run/libvirt/libvirt-sock",      "/run/libvirt/libvirt-sock-ro", "/run/libvirt/virtqemud-sock",
    "/run/libvirt/virtqemud-sock-ro", "/run/libvirt/virtproxyd-sock",
};

/* The decoded value of a parameter of the URI's query; NULL: none. The caller frees it. */
static char *parameter(const xmlURI *parts, const char *name)
{
    const size_t length = strlen(name);

    for (const char *at = parts->query_raw; at && *at; at += strspn(at, "&;")) {
        const size_t whole = strcspn(at, "&;");

        if (whole > length && strncmp(at, name, length) == 0 && at[length] == '=')
            return xmlURIUnescapeString(at + length + 1, (int)(whole - length - 1), NULL);
        at += whole;
    }
    return NULL;
}

/* The same for a path, resolved if it exists. */
static char *path_parameter(const xmlURI *parts, const char *name)
{
    char *path = parameter(parts, name), *real = path ? realpath(path, NULL) : NULL;

    if (!real)
        return path;
    free(path);
    return real;
}

static bool is_usual(const char *socket)
{
    bool usual = false;

    for (size_t s = 0; s < sizeof usual_sockets / sizeof *usual_sockets && !usual; s++) {
        char *real = realpath(usual_sockets[s], NULL);

        usual = strcmp(socket, usual_sockets[s]) == 0 || (real && strcmp(socket, real) == 0) ||
                (strncmp(socket, "/var/run/", 9) == 0 && strcmp(socket + 4, usual_sockets[s]) == 0);
        free(real);
    }
    return usual;
}

/* The query tells an embedded driver's root, or a socket that is not a usual one. */
static char *name_of(const xmlURI *parts, const char *uuid)
{
    const bool embedded = parts->path && strcmp(parts->path, "/embed") == 0;
    const char *key = embedded ? "root" : "socket";
    char *path = path_parameter(parts, key), *name;
    const bool told = path && (embedded || !is_usual(path));

    if (asprintf(&name, "%.*s://%s%s%s%s%s%s", (int)strcspn(parts->scheme, "+"), parts->scheme,
                 uuid ? uuid : "", parts->path ? parts->path : "", told ? "?" : "", told ? key : "",
                 told ? "=" : "", told ? path : "") < 0)
        name = NULL;
    free(path);
    return name;
}

char *identity_name(const char *uri, const char *uuid)
{
    xmlURI *parts = xmlParseURI(uri);
    char *inner = parts ? parameter(parts, "name") : NULL, *name;

    if (inner) /* the URI that the server opens */
        name = identity_name(inner, uuid);
    else if (parts && parts->scheme)
        name = name_of(parts, uuid);
    else
        name = strdup(uri);
    free(inner);
    xmlFreeURI(parts);
    return name;
}

char *identity_embedded_root(const char *uri)
{
    xmlURI *parts = xmlParseURI(uri);
    const bool embedded = parts && parts->path && strcmp(parts->path, "/embed") == 0;
    char *root = embedded ? parameter(parts, "root") : NULL;

    xmlFreeURI(parts);
    return root;
}

char *identity_server(const char *uri)
{
    xmlURI *parts = xmlParseURI(uri);
    char *server = parts && parts->server && *parts->server ? strdup(parts->server) : NULL;

    xmlFreeURI(parts);
    return server;
}

bool identity_is_here(const char *server)
{
    const struct addrinfo wanted = {.ai_socktype = SOCK_DGRAM};
    struct addrinfo *addresses;
    bool here = false;

    if (getaddrinfo(server, NULL, &wanted, &addresses))
        return false;
    for (const struct addrinfo *a = addresses; a && !here; a = a->ai_next) {
        const int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);

        /* The kernel binds a socket to this machine's addresses only. */
        here = fd >= 0 && bind(fd, a->ai_addr, a->ai_addrlen) == 0;
        if (fd >= 0)
            close(fd);
    }
    freeaddrinfo(addresses);
    return here;
}

/* ---- of an open host: opener's thread ---- */

/* True if the server is this machine. The address is not enough: a tunnel to another machine starts
 * at a local one. So libvirt must also report this machine's host name. */
static bool is_here(const struct host *host, const char *server)
{
    char *there = virConnectGetHostname(host->connection.current.sampler), here[256] = "";
    bool same;

    gethostname(here, sizeof here - 1);
    same = there && strcspn(there, ".") == strcspn(here, ".") &&
           strncmp(there, here, strcspn(here, ".")) == 0 && identity_is_here(server);
    free(there);
    return same;
}

/* The uuid of libvirt's machine; NULL if unknown. The caller frees it by xmlFree(). */
static xmlChar *machine_uuid(const struct host *host)
{
    xmlNode *root =
        xml_take(virConnectGetCapabilities(host->connection.current.sampler), "capabilities");
    xmlNode *uuid = xml_child(xml_child(root, "host"), "uuid");
    xmlChar *content = uuid ? xmlNodeGetContent(uuid) : NULL;

    xml_free(root);
    return content;
}

void libvirt_identify(struct host *host)
{
    char *server = identity_server(host->uri);
    xmlChar *uuid = NULL;

    if (!server || is_here(host, server)) {
        host->identity = identity_name(host->uri, NULL);
    } else {
        uuid = machine_uuid(host);
        host->identity = identity_name(host->uri, uuid ? (const char *)uuid : server);
    }
    xmlFree(uuid);
    free(server);
}

bool libvirt_known_as(const struct host *host, const char *address)
{
    char *server, *name;
    bool same;

    if (strcmp(address, host->uri) == 0 || strcmp(address, host->identity) == 0)
        return true;
    server = identity_server(address);
    /* With a server in the URI, the name depends on what the server answers. */
    name = server ? NULL : identity_name(address, NULL);
    same = name && strcmp(name, host->identity) == 0;
    free(name);
    free(server);
    return same;
}
