#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Resident memory at 300 vCPUs, in KiB, and what of it is libvirt's: a program that only connects and lists the domains.
# Beside it irqbalance and numad, where they are installed. memory.sh embed takes embedded QEMU instead of a libvirtd:
# then the process holds libvirt's QEMU driver, too.
# shellcheck source=fleet.sh
. "$(dirname "$0")/fleet.sh"

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

# A balancer that can look, but not touch: what it would write is read-only, and its message queue is its own.
balancer() { # PROGRAM OPTION...
    unshare --mount --ipc bash -c 'mount --bind /proc/irq /proc/irq && mount -o remount,bind,ro /proc/irq &&
        mount -o remount,bind,ro /sys && exec "$@"' - "$@" >/dev/null 2>&1
}

measure_irqbalance() {
    local pid
    [ -n "$(type -P irqbalance)" ] || { echo 'irqbalance: not installed'; return; }
    balancer irqbalance --foreground --interval=1 &
    pid=$!
    sleep 5
    if kill -0 "$pid" 2>/dev/null; then
        row irqbalance "$pid"
        kill "$pid"
    else
        echo 'irqbalance: does not stay on this host'
    fi
    wait "$pid" 2>/dev/null
}

measure_numad() {
    local pid
    [ -n "$(type -P numad)" ] || { echo 'numad: not installed'; return; }
    balancer numad -i 1:2 >/dev/null 2>&1
    sleep 5
    pid=$(cat /run/numad.pid 2>/dev/null)
    if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then
        row numad "$pid"
        kill "$pid"
    else
        echo "numad: does not stay here: $(grep -v Registering /var/log/numad.log 2>/dev/null | tail -n 1)"
    fi
}

"host_${1:-libvirtd}"
fleet_grow 75 4
echo "resident memory in KiB beside 75 domains of 4 vCPUs, ${1:-libvirtd}"
printf '%-16s %8s %8s %14s\n' program Rss Pss Private_Dirty
measure_scheduler
measure_libvirt
measure_irqbalance
measure_numad
fleet_end
