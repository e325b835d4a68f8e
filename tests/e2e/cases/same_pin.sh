#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Somebody pins a vCPU by hand to the very pCPU that the daemon had chosen: nothing changes but whose it is.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

host_libvirtd
host_crowd
daemon --adopt-pins --verbose 0.5
check 'the crowd is spread' wait_for 8 spread 2 2
check "the daemon's own pins are nobody else's" equal "$(grep -c 'somebody else' "$err")" 0
first=$(affinities | awk '$2 == "1" { print $1; exit }')
virt vcpupin "$SANDBOX_TAG-${first%/*}" "${first#*/}" 1 --live
check 'pinned by hand to the same pCPU: is noticed' \
    wait_for 4 says "${first%/*} vCPU ${first#*/}: somebody else has changed its affinity"
check 'once' equal "$(grep -c 'somebody else' "$err")" 1
check 'nothing has changed, in the kernel' equal "$(affinity "$first")" 1

daemon_stop
check 'exit status' equal "$status" 0
check 'it stays, in the kernel' equal "$(affinity "$first")" 1
check 'all others are given back' equal "$(pinned_to 0)" 3
tap_end
