#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The daemon as a service of systemd, on a virtual hypervisor host.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
for name in a b; do
    check "domain $name of 50 % a vCPU" domain "$name" 2 5
done
on_vhost service
