#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Pools on a virtual hypervisor host of 8 pCPUs, 2 nodes of 2 cores of 2 threads: affinities of whole pools, by the
# kernel.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
for name in a b; do
    check "domain $name of 30 % a vCPU" domain "$name" 4 3
done
vhost_options=()
on_vhost pools
