# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The other balancers, for the benchmarks that look at them, too. Sourced after the library.

# balancer PROGRAM OPTION...: it sees this sandbox's processes only. The host's interrupts and kernel settings are
# read-only for it, and its message queue is its own; affinities of processes it may set.
balancer() {
    unshare --mount --ipc bash -c 'mount --bind /proc/irq /proc/irq && mount -o remount,bind,ro /proc/irq &&
        mount -o remount,bind,ro /sys && exec "$@"' - "$@" >/dev/null 2>&1
}

# balancer_start NAME: sets balancer_pid, to be ended by balancer_stop; or says why it does not stay, and fails.
balancer_start() {
    balancer_pid=
    [ -n "$(type -P "$1")" ] || { echo "$1: not installed"; return 1; }
    case $1 in
    irqbalance)
        balancer irqbalance --foreground --interval=1 &
        balancer_pid=$!
        sleep 5
        ;;
    numad)
        balancer numad -i 1:2
        sleep 5
        balancer_pid=$(cat /run/numad.pid 2>/dev/null)
        ;;
    esac
    [ -n "$balancer_pid" ] && kill -0 "$balancer_pid" 2>/dev/null && return
    echo "$1: does not stay on this host: $(grep -v Registering "/var/log/$1.log" 2>/dev/null | tail -n 1)"
    return 1
}

balancer_stop() {
    kill "$balancer_pid"
    wait "$balancer_pid" 2>/dev/null
}
