# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# The unit, as the parts of the virtual host's tests that use it see it.
unit=vcpu-scheduler.service
drop_ins=/etc/systemd/system/$unit.d

tap_diagnose() {
    note "affinities: $(affinities | paste -sd' ')"
    systemctl status --no-pager -n 20 "$unit" 2>&1 | sed 's/^/#   /'
}

property() { systemctl show -P "$1" "$unit"; }
# The virtual host switches all watchdogs off.
watchdog() { printf '[Service]\nWatchdogSec=%s\n' "$1" >"$drop_ins/watchdog.conf"; systemctl daemon-reload; }
# What the process that runs now has said.
said() { journalctl -q --no-pager -u "$unit" "_PID=$(property MainPID)" -o cat | grep -F "$1"; }
status_tells() { property StatusText | grep -q "$1"; }
of_process() { awk -v key="$1:" '$1 == key { print $2 }' "/proc/$(property MainPID)/status"; }
# Some have left pCPU 1, of which they want twice what it has: far more than half of it is used there, and far less
# elsewhere. How many leave is a matter of what the guests get.
crowd_dissolved() { [ "$(most_on_one)" -lt 4 ]; }
exposure() { systemd-analyze security --no-pager "$unit" | sed -n 's/.*Overall exposure level.*: \([0-9.]*\).*/\1/p'; }
came_back() { [ "$(property NRestarts).$(systemctl is-active "$unit")" = "$1.active" ]; }

# fields ID: the messages of that kind by the process that runs now, as JSON, one a line
fields() { journalctl -q --no-pager -u "$unit" "_PID=$(property MainPID)" "MESSAGE_ID=$1" -o json; }

config=/usr/local/etc/vcpu-scheduler.conf

# configure LINE...: what stands in the configuration besides the usual
configure() { printf '%s\n' 'adopt-pins = yes' 'threshold = 50' 'period = 2' "$@" >"$config"; }

# Installs the service, its user and its configuration.
set_up_service() {
    mkdir -p "$drop_ins"
    check 'the user is made from sysusers.d' systemd-sysusers
    check 'the runtime directory from tmpfiles.d' systemd-tmpfiles --create vcpu-scheduler.conf
    check 'the journal takes the catalog' journalctl --update-catalog
    configure "$@"
}
