#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A libvirt that has not yet looked at the QEMUs that are installed: a start does not make it look, which takes
# seconds.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

# What libvirt keeps of each QEMU that it has started to look at.
looked_at() { find "$work/embed" -path '*capabilities*' -type f | wc -l; }

host_embed
daemon_run 20 --wait --cycles 3 --verbose 0.2
check 'exit status' equal "$status" 0
check 'has sampled' says 'Period 3'
check 'no QEMU was looked at' equal "$(looked_at)" 0
check 'says what it waits for' says 'connecting to libvirt'
check 'the kernel has told the shape' not says 'asking libvirt|the host.s shape'

rm -rf "$work/embed"
host_embed
daemon --wait 0.2
wait_for 10 says 'no active domain|0 domains'
daemon_stop
check 'SIGTERM: exit status' equal "$status" 0
check 'SIGTERM: nobody is said to hang' not says 'answer'
check 'SIGTERM: no QEMU was looked at' equal "$(looked_at)" 0

# Now it has to: the cache is where it is looked for.
domain_create a 1 20 0=0
check 'libvirt looks when a domain starts' at_least "$(looked_at)" 1
tap_end
