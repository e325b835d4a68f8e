#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A host of two pCPUs in pools: both are one pool, within which the kernel chooses, and nothing is pinned.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

says_times() { equal "$(grep -cE -- "$2" "$err")" "$1"; }

host_embed
host_crowd
domain_create c 2 20 1=0-1
before=$(affinities)
for pool in 2 64 node; do
    daemon --pool "$pool" --adopt-pins --threshold 30 0.5
    check "$pool: says that there is one pool" wait_for 15 says "^vcpu-scheduler: pool $pool: pCPUs 0-1 are one pool: there is nothing to balance"
    check "$pool: all stay where their owners have them" affinities_stay 2
    check "$pool: says it once" says_times 1 'one pool'
    daemon_stop
    check "$pool: exit status" equal "$status" 0
    check "$pool: no pins" equal "$(figure pins)" 0
    check "$pool: no affinity has changed, by the kernel" equal "$(affinities)" "$before"
done

daemon --pool cpu --adopt-pins 0.5
check 'cpu: some leave the crowd' wait_for 30 left_crowd
check 'cpu: who floats has one pCPU' wait_for 15 pinned c/0 '[01]'
check 'cpu: nothing is said of pools' not says 'pool'
daemon_stop
check 'cpu: exit status' equal "$status" 0
check 'cpu: all are given back' equal "$(affinities)" "$before"
tap_end
