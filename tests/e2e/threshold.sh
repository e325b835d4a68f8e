#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Where nothing is to be gained, nothing is pinned: below the threshold, and where all are above it.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# leaves TEXT REASON OPTION...: with these options no pin is made, for this reason.
leaves() {
    local text=$1 reason=$2
    shift 2
    daemon --adopt-pins --cycles 3 --verbose "$@" 0.5
    check "$text: no affinity changes" affinities_stay 2
    daemon_end 5
    check "$text: exit status" equal "$status" 0
    check "$text: no pin" equal "$(figure pins)" 0
    check "$text: says why" says "$reason"
}

host_embed
host_crowd 10
leaves 'below the threshold' 'below the threshold' --threshold 80
domains_destroy

domain_create a 2 60 0=0 1=1
domain_create b 2 30 0=0 1=1
leaves 'all above' 'all . managed pCPUs are above' --threshold 40
tap_end
