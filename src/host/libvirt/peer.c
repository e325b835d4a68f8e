/* SPDX-License-Identifier: GPL-2.0-or-later */
/* peer.c - who a live host is, by whatever URI it was reached. Opener's thread. */
#include "host/libvirt/internal.h"

#include "host/libvirt/identity.h"
#include "host/libvirt/xml.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* True if the server is this machine: by its address, and by what libvirt calls its host, since a
 * tunnel to elsewhere begins at an address of ours. */
static bool is_here(const struct host *host, const char *server)
{
    char *there = virConnectGetHostname(host->connection.now.sampler), here[256] = "";
    bool same;

    gethostname(here, sizeof here - 1);
    same = there && strcspn(there, ".") == strcspn(here, ".") &&
           strncmp(there, here, strcspn(here, ".")) == 0 && identity_is_here(server);
    free(there);
    return same;
}

/* The uuid of the machine that libvirt runs on, freed by xmlFree(); NULL: it does not tell. */
static xmlChar *machine_uuid(const struct host *host)
{
    char *text = virConnectGetCapabilities(host->connection.now.sampler);
    xmlDoc *document = text ? xml_parse(text) : NULL;
    xmlNode *root = document ? xmlDocGetRootElement(document) : NULL;
    xmlNode *uuid = xml_child(xml_child(root, "host"), "uuid");
    xmlChar *content = uuid ? xmlNodeGetContent(uuid) : NULL;

    xmlFreeDoc(document);
    free(text);
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
    name = server ? NULL : identity_name(address, NULL); /* a server would have to be asked */
    same = name && strcmp(name, host->identity) == 0;
    free(name);
    free(server);
    return same;
}
