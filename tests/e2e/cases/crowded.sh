#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The main job: what crowds one pCPU is spread, with no pin too many, and given back at the end.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

# From crowded to relieved and back, on whichever host is set.
relieves() {
    local crowded
    crowded=$(affinities)
    daemon --adopt-pins --threshold 100 --verbose 0.6
    check "$uri: some leave the crowd" wait_for 10 left_crowd
    check "$uri: until nothing is to be gained" wait_for 20 acted_and_rests 100 5
    check "$uri: later periods come" wait_for 10 reached $(($(last_period) + 3))
    check "$uri: they are where it shows them" wait_for 10 is_shown
    daemon_stop
    check "$uri: exit status" equal "$status" 0
    check "$uri: every period is counted" equal "$(figure periods)" "$(last_period)"
    check "$uri: each plan for what it saw" each_reasoned 100 0.1 2
    check "$uri: affinities given back" equal "$(affinities)" "$crowded"
}

dry_run_leaves() {
    daemon --adopt-pins --threshold 100 --dry-run --verbose --cycles 3 0.5
    check '--dry-run: no affinity changes' affinities_stay 2
    daemon_end 5
    check '--dry-run: exit status' equal "$status" 0
    check '--dry-run: all three periods decided' equal "$(figure periods)" 3
    check '--dry-run: counts the pins that would be made' equal "$(figure pins)" "$(grep -c 'would be made' "$out")"
    check '--dry-run: some would be' at_least "$(figure pins)" 1
}

no_restore_leaves() {
    daemon --adopt-pins --threshold 100 --no-restore 0.5
    check '--no-restore: some leave the crowd' wait_for 10 left_crowd
    daemon_stop
    check '--no-restore: exit status' equal "$status" 0
    check '--no-restore: the pins stay' left_crowd
}

host_embed
host_crowd
dry_run_leaves
relieves
no_restore_leaves
domains_destroy

host_libvirtd
for name in a b; do
    domain_create "$name" 2 40
    for vcpu in 0 1; do
        virt vcpupin "$SANDBOX_TAG-$name" "$vcpu" 0
    done
done
check 'virsh crowded them' spread 4 0
relieves
tap_end
