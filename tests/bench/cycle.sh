#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# CPU time of one whole cycle of the daemon against a loop that makes the same libvirt calls and the same cpu.stat
# reads and nothing else. Both run half a period apart; the median of the rounds' ratios counts. Exit status 1: over
# the budget.
# shellcheck source=fleet.sh
. "$(dirname "$0")/fleet.sh"

budget=1.3
rounds=${ROUNDS:-5}
period=20 # milliseconds
from=50   # the first cycles meet the domains, place their vCPUs, and let that settle
to=150
over=0

# measure DOMAINS VCPUS-EACH
measure() {
    local round bare daemon bares='' daemons='' ratios='' ratio
    fleet_grow "$1" "$2"
    for ((round = 0; round < rounds; round++)); do
        "$bench_cycle" measure "$uri" "$period" "$from" "$to" "$qemu_run" >"$out" 2>"$err" ||
            { note_file "$err"; exit 1; }
        read -r bare daemon <"$out"
        bares+=" $bare"
        daemons+=" $daemon"
        ratios+=" $(awk -v a="$daemon" -v b="$bare" 'BEGIN { print a / b }')"
    done
    ratio=$(median <<<"$ratios")
    awk -v vcpus=$(($1 * $2)) -v domains="$1" -v bare="$(median <<<"$bares")" \
        -v daemon="$(median <<<"$daemons")" -v ratio="$ratio" -v budget="$budget" \
        'BEGIN { printf "%6d %8d %12.0f %12.0f %8.2f %8s  %s\n", vcpus, domains, bare, daemon, ratio, budget,
            ratio <= budget ? "within" : "MISSED" }'
    awk -v ratio="$ratio" -v budget="$budget" 'BEGIN { exit ratio > budget }' || over=1
}

host_embed
echo "CPU time of one cycle in microseconds, medians of $rounds rounds; the ratio is the median of the rounds' own"
printf '%6s %8s %12s %12s %8s %8s\n' vCPUs domains 'bare loop' daemon ratio budget
measure 5 2
fleet_end
measure 25 4
measure 75 4
fleet_end
exit "$over"
