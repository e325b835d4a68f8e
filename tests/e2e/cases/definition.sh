#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The operator's wish: the vcpupin of a definition, what was set on a running domain beside it, and the affinity that a
# transient domain came with.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

# redefine NAME VCPU CPUS: another vcpupin in its definition; the running domain keeps what it has.
redefine() {
    virsh -q -c "$uri" dumpxml --inactive "$SANDBOX_TAG-$1" |
        sed "s/\(<vcpupin vcpu='$2' cpuset='\)[^']*/\1$3/" >"$work/$1.again.xml"
    virt define "$work/$1.again.xml"
}

some_moved() { [ "$(affinities | awk '$1 != "kept/2" && $2 == 1' | wc -l)" -gt 0 ]; }

host_libvirtd
wait_quiet
domain_define kept 3 60/60/5 0=0 1=0 2=0-1
domain_define hand 2 5/5 0=0-1
domain_create guest 1 40 0=0
virt vcpupin "$SANDBOX_TAG-hand" 0 0 --live
virt vcpupin "$SANDBOX_TAG-hand" 1 0 --live
before=$(affinities)
floating=$(affinity kept/2)

# 160 % on pCPU 0, where all have their owner's word to stay.
daemon --floating leave --threshold 100 --verbose 0.5
check 'it decides' wait_for 20 says 'above the threshold of 100 %, but holds no'
check 'and nothing moves' affinities_stay 2
check 'a new definition of one' redefine kept 1 0-1
check 'the one that may move now does' wait_for 20 pinned kept/1 1
check 'fixed by the definition: stays' equal "$(affinity kept/0)" 0
check 'pinned live only, against the definition: stays' equal "$(affinity hand/0)" 0
check 'pinned live only, without a definition of it: stays' equal "$(affinity hand/1)" 0
check 'pinned from the start, transient: stays' equal "$(affinity guest/0)" 0
check '--floating leave: stays floating' equal "$(affinity kept/2)" "$floating"
check 'and nothing else moves' affinities_stay 1
daemon_stop
check 'exit status' equal "$status" 0
check 'and nothing else moves' equal "$(grep 'made in' "$out" | grep -cv -- '-kept *vCPU 1 ')" 0
check 'each plan for what it saw' each_reasoned 100 0.1 2
check 'affinities given back' equal "$(affinities)" "$before"

daemon_run 5 --floating place --threshold 100 --cycles 3 --verbose 0.5
check '--floating place: exit status' equal "$status" 0
check '--floating place: the floating one is placed' says 'kept *vCPU 2 *floating -> [01] .*made'
check '--floating place: no fixed one moves' not says '(kept *vCPU 0|hand *vCPU [01]|guest *vCPU 0) .*made'
check '--floating place: affinities given back' equal "$(affinities)" "$before"

# Of an earlier run of the daemon's own pins none is its owner's word.
daemon --adopt-pins 0.5
check 'an earlier run, which spreads them' wait_for 5 some_moved
kill -KILL "$daemon"
wait "$daemon" 2>/dev/null
moved=$(affinities)
daemon_run 5 --cycles 3 0.5
check 'after a run that was killed: all is given back' equal "$(affinities)" "$before"
note "it left: $(paste -sd' ' <<<"$moved")"
tap_end
