#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Resident memory at 300 vCPUs, in KiB, and what of it is libvirt's: a program that only connects and lists the domains.
# Beside it irqbalance and numad, where they are installed. memory.sh embed takes embedded QEMU instead of a libvirtd:
# then the process holds libvirt's QEMU driver, too.
# shellcheck source=fleet.sh
. "$(dirname "$0")/fleet.sh"
# shellcheck source=balancers.sh
. "$(dirname "$0")/balancers.sh"

row() { # NAME PID [REMARK]
    awk -v name="$1" -v remark="${3:-}" '{ kib[$1] = $2 }
        END { printf "%-16s %8d %8d %14d  %s\n", name, kib["Rss:"], kib["Pss:"], kib["Private_Dirty:"], remark }' \
        "/proc/$2/smaps_rollup"
}

measure_scheduler() {
    daemon 0.1 >/dev/null
    sleep 5
    daemon_lives || { note_file "$err"; exit 1; }
    row vcpu-scheduler "$daemon"
    daemon_stop TERM
    [ "$(figure periods)" -ge 20 ] || { note "only $(figure periods) periods"; exit 1; }
}

measure_libvirt() {
    local hold domains
    coproc "$bench_cycle" hold "$uri" 2>/dev/null
    hold=$COPROC_PID
    read -r -t 30 domains <&"${COPROC[0]}" || exit 1
    row 'libvirt alone' "$hold" "connects and lists $domains domains"
    kill "$hold"
    wait "$hold" 2>/dev/null
}

measure_other() { # NAME
    balancer_start "$1" || return
    row "$1" "$balancer_pid"
    balancer_stop
}

"host_${1:-libvirtd}"
fleet_grow 75 4
echo "resident memory in KiB beside 75 domains of 4 vCPUs, ${1:-libvirtd}"
printf '%-16s %8s %8s %14s\n' program Rss Pss Private_Dirty
measure_scheduler
measure_libvirt
measure_other irqbalance
measure_other numad
fleet_end
