# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# The unit as it was installed: it comes up, does its work with next to no rights, comes back after SIGKILL, and gives
# back at the end.
unit=vcpu-scheduler.service
drop_ins=/etc/systemd/system/$unit.d
mkdir -p "$drop_ins"

tap_diagnose() {
    note "affinities: $(affinities | paste -sd' ')"
    systemctl status --no-pager -n 20 "$unit" 2>&1 | sed 's/^/#   /'
}

property() { systemctl show -P "$1" "$unit"; }
# The virtual host switches all watchdogs off.
watchdog() { printf '[Service]\nWatchdogSec=%s\n' "$1" >"$drop_ins/watchdog.conf"; systemctl daemon-reload; }
said() { journalctl -q --no-pager -u "$unit" -o cat | grep -F "$1"; }
of_process() { awk -v key="$1:" '$1 == key { print $2 }' "/proc/$(property MainPID)/status"; }
crowd_dissolved() { [ "$(most_on_one)" -le 2 ]; }
exposure() { systemd-analyze security --no-pager "$unit" | sed -n 's/.*Overall exposure level.*: \([0-9.]*\).*/\1/p'; }
came_back() { [ "$(property NRestarts).$(systemctl is-active "$unit")" = "$1.active" ]; }

# lives_with RIGHT WORDS: it still works with less to see, and says what it lacks in one line.
lives_with() {
    printf '[Service]\n%s\n' "$1" >"$drop_ins/right.conf"
    systemctl daemon-reload
    check "$1: it starts" systemctl start "$unit"
    check "$1: says what is missing" wait_for 10 said "$2"
    check "$1: pins" wait_for 15 crowd_dissolved
    systemctl stop "$unit"
    check "$1: affinities are given back" wait_for 5 affinities_are "$crowded"
    check "$1: says it once" equal "$(said "$2" | wc -l)" 1
    rm "$drop_ins/right.conf"
}

check 'the user is made from sysusers.d' systemd-sysusers
printf 'adopt-pins = yes\nthreshold = 30\nperiod = 2\n' >/usr/local/etc/vcpu-scheduler.conf
watchdog 15
check 'systemd finds nothing wrong with the unit' \
    equal "$(systemd-analyze verify --man=no "$unit" 2>&1 | grep -F vcpu-scheduler)" ''
begin a b
crowd 1 a b
crowded=$(affinities)

check 'it starts, and says that it is up' systemctl start "$unit"
check 'pins are made' wait_for 20 crowd_dissolved
note "status: $(property StatusText)"
check 'the status tells them' wait_for 15 grep -q 'busiest pCPU .* pins made so far' <(property StatusText)
check 'it runs as its own user' equal "$(of_process Uid)" "$(id -u vcpu-scheduler)"
check 'without a capability, or a way to one' \
    equal "$(of_process CapEff) $(of_process CapPrm) $(of_process CapBnd) $(of_process NoNewPrivs)" \
    '0000000000000000 0000000000000000 0000000000000000 1'
check 'every cpu.stat is seen, and every delay' equal "$(said 'no cross-check'; said 'no run-queue')" ''
note "systemd-analyze security: $(exposure) of 10"
check 'its exposure is low' at_most "$(exposure)" 0.5

systemctl kill -s KILL "$unit"
check 'killed, it comes back by itself' wait_for 40 came_back 1
check 'and pins again' wait_for 20 crowd_dissolved
systemctl stop "$unit"
check 'stopped, it ends well' equal "$(property Result)" success
check 'affinities are given back' wait_for 5 affinities_are "$crowded"

crowd_dissolved
lives_with ProtectProc=invisible 'no run-queue delay'
lives_with ProcSubset=pid "no load but the domains'"
lives_with InaccessiblePaths=/sys/fs/cgroup 'no cross-check'

systemctl start "$unit"
pkill -STOP -x libvirtd
sleep 25
check 'a libvirt that hangs does not make it hang' equal "$(property NRestarts).$(systemctl is-active "$unit")" 0.active
check 'the status tells what it waits for' grep -q 'waits for libvirt' <(property StatusText)
pkill -CONT -x libvirtd
check 'it goes on when libvirt does' wait_for 20 crowd_dissolved
systemctl stop "$unit"
check 'affinities are given back once more' wait_for 5 affinities_are "$crowded"
end a b
