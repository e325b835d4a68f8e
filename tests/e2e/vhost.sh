#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The main job on a virtual hypervisor host: crowded pCPUs, isolated ones, one that goes offline,
# sibling threads and nodes.
# shellcheck source=vhost-lib.sh
. "$(dirname "$0")/vhost-lib.sh"
for name in a b c; do
    check "domain $name of 20 % a vCPU" domain "$name" 2 2
done
check 'domain s of 40 % a vCPU, on node 0' domain s 2 4 0
check 'domain n of 90 %, on node 1' domain n 2 9 1
on_vhost spread hotplug shape
