#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Where nothing is to be gained, nothing is pinned: at or below the threshold, and where all are above it.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

# leaves TEXT REASON THRESHOLD UNLESS: no pin is made, for this reason; but where others' load is seen to want one.
leaves() {
    local text=$1 reason=$2
    daemon_run 5 --adopt-pins --cycles 3 --verbose --threshold "$3" 0.5
    check "$text: exit status" equal "$status" 0
    check "$text: no pin but for what it saw" each_reasoned "$3" 0.1 2
    check "$text: no pin but what it shows" equal "$(figure pins)" "$(grep -c 'made in' "$out")"
    check "$text: says why" eval "$4 $3 || says '$reason'"
}

# Was some pCPU above it in each period, or some not?
some_always_above() {
    pages 'function page(p, most) {
            most = 0
            for (p in fit) if (fit[p] && wanted[p] > most) most = wanted[p]
            if (period && most <= threshold) calm = 1
        }
        END { exit calm }' "threshold=$1"
}
never_all_above() {
    pages 'function page(p, least) {
            least = 1000
            for (p in fit) if (fit[p] && wanted[p] < least) least = wanted[p]
            if (period && least > threshold) full = 1
        }
        END { exit full }' "threshold=$1"
}

host_embed
host_crowd 2
leaves 'below the threshold' 'below the threshold' 100 some_always_above
domains_destroy

domain_create a 2 30 0=0 1=1
leaves 'all above' 'all . managed pCPUs are above' 10 never_all_above
tap_end
