#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What somebody else has set is theirs for --yield-for, also across a restart of the daemon; then a set of several pCPUs
# is managed within what it allows.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

some_moved() { [ "$(pinned_to 1)" -gt 0 ]; }

host_libvirtd
host_crowd
daemon --adopt-pins 0.5
check 'one of the crowd is moved' wait_for 8 some_moved
pool=$(affinities | awk '$2 == 1 { print $1; exit }')
single=$(affinities | awk '$2 == 0 { print $1; exit }')
virt vcpupin "$SANDBOX_TAG-${pool%/*}" "${pool#*/}" 0-1 --live
virt vcpupin "$SANDBOX_TAG-${single%/*}" "${single#*/}" 0 --live
check 'set by hand: is noticed' \
    wait_for 4 says "${pool%/*} vCPU ${pool#*/}: somebody else has changed its affinity"
check 'and so is the other' wait_for 4 says "${single%/*} vCPU ${single#*/}: somebody else has changed its affinity"
daemon_stop
check 'it stays at the end' equal "$(affinity "$pool") $(affinity "$single")" '0-1 0'

daemon --adopt-pins --verbose 0.5
check 'another run decides' wait_for 8 says 'Period 4'
check 'another run leaves it alone' equal "$(affinity "$pool") $(affinity "$single")" '0-1 0'
check 'without a new notice' equal "$(grep -c 'somebody else has changed' "$err")" 0
daemon_stop

daemon --yield-for 1 --verbose 0.5
check 'after --yield-for: managed again' wait_for 8 says "${pool%/*} vCPU ${pool#*/}: managed again"
check 'within what it was left' wait_for 8 pinned "$pool" '[01]'
check 'a single pCPU is theirs for good' equal "$(affinity "$single")" 0
daemon_stop
check 'exit status' equal "$status" 0
check 'what it was left is given back' equal "$(affinity "$pool") $(affinity "$single")" '0-1 0'
tap_end
