#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# libvirt's own latency for another client, which asks for all domains' statistics, with the daemon at a period of 1 s
# and without, by turns: what is reported is the ratio, the median of ROUNDS (5) pairs. DOMAINS (20) of two vCPUs.
# shellcheck source=fleet.sh
. "$(dirname "$0")/fleet.sh"

bench_client=$builddir/tests/bench/bench_client
[ -x "$bench_client" ] || skip_all "there is no $bench_client: make it"
domains=${DOMAINS:-20}
rounds=${ROUNDS:-5}
seconds=${SECONDS_EACH:-10}

ask() { "$bench_client" "$uri" "$seconds" || exit 1; }

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { print a / b }'; }

host_libvirtd
fleet_grow "$domains" 2
echo "libvirt's answer to another client in milliseconds, $domains domains, $seconds s each, the daemon's period 1 s"
printf '%6s %8s %8s %8s  %8s %8s %8s  %8s %8s\n' round 'p50' 'p99' longest 'p50 with' 'p99' longest 'p50 ratio' 'p99 ratio'
p50s='' p99s=''
for ((round = 1; round <= rounds; round++)); do
    read -r _ p50 p99 longest < <(ask)
    daemon --runtime-dir "$work/ledger" 1 >/dev/null
    sleep 3 # the first periods meet the domains and place their vCPUs
    read -r _ p50_with p99_with longest_with < <(ask)
    daemon_lives || { note_file "$err"; exit 1; }
    daemon_stop TERM
    p50s+=" $(ratio "$p50_with" "$p50")"
    p99s+=" $(ratio "$p99_with" "$p99")"
    printf '%6d %8.1f %8.1f %8.1f  %8.1f %8.1f %8.1f  %8.2f %8.2f\n' "$round" "$p50" "$p99" "$longest" \
        "$p50_with" "$p99_with" "$longest_with" "${p50s##* }" "${p99s##* }"
done
printf 'ratio with the daemon to without: median %.3f, 99th percentile %.3f\n' "$(median <<<"$p50s")" "$(median <<<"$p99s")"
fleet_end
