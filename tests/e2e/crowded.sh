#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The main job: what crowds one pCPU is spread, with no pin too many, and given back at the end.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# The best placement of four equal vCPUs leaves two on each pCPU, about half of the load.
busiest_has_half() {
    local zero one
    read -r zero one _ < <(pcpu_usage 1)
    note "vCPUs use $zero % of pCPU 0, $one % of pCPU 1"
    awk -v zero="$zero" -v one="$one" 'BEGIN { exit !(zero <= 1.5 * one && one <= 1.5 * zero) }'
}

# From crowded to relieved and back, on whichever host is set. Four vCPUs of 20 %: the best is 40 % on each pCPU.
relieves() {
    local crowded relieved
    crowded=$(affinities)
    daemon --adopt-pins --cycles 9 0.6
    check "$uri: spread within three periods" wait_for 3 spread 2 2
    relieved=$(affinities)
    check "$uri: the busiest is where the best placement leaves it" busiest_has_half
    check "$uri: later periods change nothing" equal "$(affinities)" "$relieved"
    daemon_end 10
    check "$uri: exit status" equal "$status" 0
    check "$uri: all nine periods decided" equal "$(figure periods)" 9
    check "$uri: two pin changes" equal "$(figure pins)" 2
    check "$uri: affinities given back" equal "$(affinities)" "$crowded"
}

dry_run_leaves() {
    daemon --adopt-pins --dry-run --cycles 3 0.5
    check '--dry-run: no affinity changes' affinities_stay 2
    daemon_end 5
    check '--dry-run: exit status' equal "$status" 0
    check '--dry-run: counts the pins that would be made' at_least "$(figure pins)" 2
}

no_restore_leaves() {
    daemon_run 6 --adopt-pins --no-restore --cycles 3 0.5
    check '--no-restore: exit status' equal "$status" 0
    check '--no-restore: the pins stay' spread 2 2
}

host_embed
host_crowd
dry_run_leaves
relieves
no_restore_leaves
domains_destroy

host_libvirtd
for name in a b; do
    domain_create "$name" 2 20
    for vcpu in 0 1; do
        virt vcpupin "$SANDBOX_TAG-$name" "$vcpu" 0
    done
done
check 'virsh crowded them' spread 4 0
relieves
tap_end
