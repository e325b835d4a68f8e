#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What somebody else has set is theirs for --yield-for, also across a restart of the daemon; then a set of several pCPUs
# is managed within what it allows.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

host_libvirtd
host_crowd
daemon --adopt-pins --verbose 0.5
check 'it runs' wait_for 8 says 'Period 2'
pool=a/0 single=$(affinities b | awk '{ print $1; exit }')
there=$(affinity "$single")
virt vcpupin "$SANDBOX_TAG-${pool%/*}" "${pool#*/}" 0-1 --live
virt vcpupin "$SANDBOX_TAG-${single%/*}" "${single#*/}" "$there" --live
check 'set by hand: is noticed' \
    wait_for 4 says "${pool%/*} vCPU ${pool#*/}: somebody else has changed its affinity"
check 'and so is the other' wait_for 4 says "${single%/*} vCPU ${single#*/}: somebody else has changed its affinity"
daemon_stop
check 'it stays at the end' equal "$(affinity "$pool") $(affinity "$single")" "0-1 $there"

daemon --adopt-pins --verbose 0.5
check 'another run decides' wait_for 8 says 'Period 4'
check 'another run leaves it alone' equal "$(affinity "$pool") $(affinity "$single")" "0-1 $there"
check 'without a new notice' equal "$(grep -c 'somebody else has changed' "$err")" 0
daemon_stop

daemon --yield-for 1 --verbose 0.5
check 'after --yield-for: managed again' wait_for 8 says "${pool%/*} vCPU ${pool#*/}: managed again"
check 'within what it was left' wait_for 8 pinned "$pool" '[01]'
check 'a single pCPU is theirs for good' equal "$(affinity "$single")" "$there"
daemon_stop
check 'exit status' equal "$status" 0
check 'what it was left is given back' equal "$(affinity "$pool") $(affinity "$single")" "0-1 $there"
tap_end
