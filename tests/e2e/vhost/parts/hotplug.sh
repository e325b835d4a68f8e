# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# A pCPU goes offline and comes back. The kernel lets the vCPUs that were pinned there run anywhere, and pins them
# again when it returns; libvirt notices neither, and tells nobody.

switch() { echo "$2" >"/sys/devices/system/cpu/cpu$1/online"; }

# placed_without PCPU: is every vCPU of a and b pinned to one pCPU that is another one?
placed_without() {
    [ "$(affinities a; affinities b)" != '' ] &&
        ! { affinities a; affinities b; } | awk '{ print $2 }' | grep -qvE '^[0-9]+$' &&
        ! { affinities a; affinities b; } | awk '{ print $2 }' | grep -qx "$1"
}
# Where a vCPU of a or b is that can go offline: pCPU 0 can't.
one_that_can_go() { { affinities a; affinities b; } | awk '$2 != 0 { print $2; exit }'; }
c_is_on() { equal "$(affinities c | awk '{ print $2 }' | sort -u)" "$1"; }
definitions() { for name in a b; do virsh -q vcpupin "vs-$name"; done; }

begin a b c
virsh -q resume vs-a
virsh -q resume vs-b
crowd 3 c
before=$(affinities)
# Only what is placed is to move, whatever the load is.
start --crosscheck require --threshold 100
check 'floating vCPUs are placed' wait_for 30 placed_without none
gone=$(one_that_can_go)
note "pCPU $gone goes: $(affinities | paste -sd' ')"
switch "$gone" 0
check 'what it had is on another pCPU' wait_for 15 placed_without "$gone"
placed=$(affinities a; affinities b)
switch "$gone" 1
sleep 1
check 'its return changes no affinity' equal "$(affinities a; affinities b)" "$placed" # c may have been there alone
check 'libvirt says the same as the kernel' equal "$(definitions | awk '{ print $2 }' | paste -sd' ')" \
    "$({ affinities a; affinities b; } | awk '{ print $2 }' | paste -sd' ')"

# c may run on pCPU 3 alone: nobody else may decide where it is when that goes.
switch 3 0
sleep 5
check 'a vCPU whose owner allows the lost pCPU alone is left to the kernel' \
    c_is_on 0-2,4-7
switch 3 1
check '... and has it again' wait_for 5 c_is_on 3

# Gone while the run ends: its vCPUs' affinities are given back all the same.
gone=$(one_that_can_go)
switch "$gone" 0
stop
check 'exit status' equal $? 0
switch "$gone" 1
check 'affinities are given back' wait_for 5 affinities_are "$before"
end a b c
