#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The main job on a virtual hypervisor host: crowded pCPUs, isolated ones, one that goes offline.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
for name in a b c; do
    check "domain $name of 20 % a vCPU" domain "$name" 2 2
done
on_vhost spread hotplug
