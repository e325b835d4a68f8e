#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The operator's wish: the vcpupin of a definition, and the affinity that a transient domain came with.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

host_embed
wait_quiet
domain_define kept 3 30/30/5 0=0 1=0-1 2=0-1
virt vcpupin "$SANDBOX_TAG-kept" 1 0
domain_create guest 1 20 0=0
before=$(affinities)
floating=$(affinity kept/2)

# 80 % on pCPU 0, of which only kept/1 may go: without the fixed ones it would be below the threshold.
daemon --floating leave --cycles 6 --verbose 0.5
check 'the one that may move does' wait_for 3 pinned kept/1 1
check 'fixed by the definition: stays' equal "$(affinity kept/0)" 0
check 'pinned from the start, transient: stays' equal "$(affinity guest/0)" 0
check '--floating leave: stays floating' equal "$(affinity kept/2)" "$floating"
check 'and nothing else moves' affinities_stay 1
daemon_end 5
check 'exit status' equal "$status" 0
check 'one pin' equal "$(figure pins)" 1
check 'affinities given back' equal "$(affinities)" "$before"

daemon_run 5 --floating place --cycles 3 0.5
check '--floating place: exit status' equal "$status" 0
check '--floating place: two pins' equal "$(figure pins)" 2
check '--floating place: affinities given back' equal "$(affinities)" "$before"
tap_end
