#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Limits that systemd sets on the slice of the domains, and cpuset partitions, on a virtual hypervisor host: cgroup v2.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
for name in a b; do
    check "domain $name of 20 % a vCPU" domain "$name" 2 2
done
on_vhost cpuset
