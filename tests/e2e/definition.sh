#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The operator's wish: the vcpupin of a definition, and the affinity that a transient domain came with.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

host_embed
domain_define kept 3 60/60/5 0=0 1=0-1 2=0-1
virt vcpupin "$SANDBOX_TAG-kept" 1 0
domain_create guest 1 40 0=0
before=$(affinities)
floating=$(affinity kept/2)

# 160 % on pCPU 0, of which only kept/1 may go: without the fixed ones it would be below the threshold.
daemon --floating leave --threshold 100 --verbose 0.5
check 'the one that may move does' wait_for 20 pinned kept/1 1
check 'fixed by the definition: stays' equal "$(affinity kept/0)" 0
check 'pinned from the start, transient: stays' equal "$(affinity guest/0)" 0
check '--floating leave: stays floating' equal "$(affinity kept/2)" "$floating"
daemon_stop
check 'exit status' equal "$status" 0
check 'and nothing else moves' equal "$(grep 'made in' "$out" | grep -cv -- '-kept *vCPU 1 ')" 0
check 'each plan for what it saw' each_reasoned 100 0.1 2
check 'affinities given back' equal "$(affinities)" "$before"

daemon_run 5 --floating place --threshold 100 --cycles 3 --verbose 0.5
check '--floating place: exit status' equal "$status" 0
check '--floating place: the floating one is placed' says 'kept *vCPU 2 *floating -> [01] .*made'
check '--floating place: no fixed one moves' not says '(kept *vCPU 0|guest *vCPU 0) .*made'
check '--floating place: affinities given back' equal "$(affinities)" "$before"
tap_end
