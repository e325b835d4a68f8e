#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An affinity that somebody has set in the kernel alone, as hooks for games and passed-through devices do: libvirt goes
# on saying that the vCPU may run everywhere.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

# by_hand NAME/VCPU CPUS
by_hand() {
    local task
    task=$(vcpu_tasks "${1%/*}" | awk -v vcpu="$1" '$1 == vcpu { print $2 }')
    taskset -pc "$2" "${task##*/}" >/dev/null
}

one_moved() { [ "$(affinities a | awk '$1 != "a/2" && $2 == 1' | wc -l)" -gt 0 ]; }

host_libvirtd
wait_quiet
domain_create a 3 30/30/5
domain_create b 1 5
by_hand a/0 0
by_hand a/1 0
before=$(affinities)
everywhere=$(affinity b/0)
check 'set by hand, in the kernel' equal "$(affinity a/0) $(affinity a/1)" '0 0'

# 60 % on pCPU 0, by two that are their owner's.
daemon --verbose 0.5
check 'those that float are placed' wait_for 8 pinned a/2 '[01]'
check 'it decides' wait_for 8 says 'Period 5'
check 'set by hand: they stay' equal "$(affinity a/0) $(affinity a/1)" '0 0'
daemon_stop
check 'exit status' equal "$status" 0
check 'all have what they had' equal "$(affinities)" "$before"

daemon --adopt-pins --verbose 0.5
check '--adopt-pins: one is moved' wait_for 8 one_moved
daemon_stop
check '--adopt-pins: what was set by hand is given back, by the kernel' equal "$(affinities)" "$before"

# While it runs: the slow round sees it, and so does whoever is about to pin the vCPU.
daemon --floating leave --verbose 0.5
check 'left floating' wait_for 5 says 'Period 2'
by_hand b/0 1
check 'set by hand meanwhile: is noticed' wait_for 75 says 'b vCPU 0: somebody else has changed its affinity'
check 'set by hand meanwhile: is left alone' equal "$(affinity b/0)" 1
check 'nobody else has yielded' equal "$(grep -c 'somebody else' "$err")" 1
daemon_stop
check 'set by hand meanwhile: stays at the end' equal "$(affinity b/0)" 1
note "it had $everywhere"
tap_end
