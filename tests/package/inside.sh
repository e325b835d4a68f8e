#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# inside.sh COUNT VERSION: the part of deb.sh in the clean root, where it lies beside the end-to-end tests' library. COUNT
# checks came before.
# shellcheck source=../e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
tap_count=$1
version=$2
scheduler=/usr/sbin/vcpu-scheduler
config=/etc/vcpu-scheduler.conf
runtime=/run/vcpu-scheduler
export DEBIAN_FRONTEND=noninteractive

apt() { apt-get -qq -y --no-install-recommends "$@" >"$work/apt.log" 2>&1 || { note_file "$work/apt.log"; return 1; }; }
installed() { dpkg-query -W -f '${db:Status-Abbrev}${Version}' vcpu-scheduler 2>/dev/null; }
# What is there but for what package managers keep for themselves, and the accounts, which a package must leave.
files() {
    find / \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /test -o -path /tmp -o -path /var/lib/dpkg \
        -o -path /var/lib/apt -o -path /var/cache -o -path /var/log \) -prune -o -print |
        grep -vE '^/etc/(passwd|group|shadow|gshadow|subuid|subgid|\.pwd\.lock)-?$' | sort
}
affinities_are() { [ "$(affinities)" = "$1" ]; }
pins_are_made() { [ "$(pinned_to 0)" -le 3 ]; }

# by_hand: the daemon as an operator starts it where no systemd runs; all that it is told stands in its configuration.
by_hand() {
    "$scheduler" --wait >"$out" 2>"$err" &
    daemon=$!
    daemon_start=$(now_ms)
}
# It is killed while pins are made.
killed_with_pins() {
    by_hand
    check 'pins are made' wait_for 15 pins_are_made
    kill -KILL "$daemon"
    wait "$daemon" 2>/dev/null
    check 'killed, it leaves them' pins_are_made
    check 'and a ledger' test -s "$(echo $runtime/*.ledger)"
}

tap_diagnose() {
    note "affinities: $(affinities | paste -sd' ')"
    note_file "$err"
}

files >"$work/before"
check 'it is installed, with what it needs' apt install /test/old/*.deb
check 'in that version' equal "$(installed)" "ii $version"
check 'it has a user of its own, in the group libvirt' eval 'id -nG vcpu-scheduler | grep -qw libvirt'
check 'its configuration is right' "$scheduler" --check
check 'its manuals are there' eval 'ls /usr/share/man/man{1/vcpu-top.1,5/vcpu-scheduler.conf.5,8/vcpu-scheduler.8}.gz >/dev/null'
check 'every library is found' equal "$(ldd /usr/sbin/vcpu-scheduler /usr/bin/vcpu-top | grep -c 'not found')" 0

host_embed
host_crowd
crowded=$(affinities)
printf '%s\n' "connect = $uri" 'adopt-pins = yes' 'threshold = 100' 'period = 1' >"$config"
by_hand
check 'it does its work' wait_for 15 pins_are_made
check 'vcpu-top sees it' eval "vcpu-top -b -n 1 | grep -q '^$SANDBOX_TAG-a '"
daemon_stop
check 'and gives back' affinities_are "$crowded"

killed_with_pins
check 'upgrade' apt install /test/new/*.deb
check 'it is the newer one' equal "$(installed)" "ii $version+1"
check 'the configuration is the operator'"'"'s' equal "$(head -n 1 "$config")" "connect = $uri"
check 'the ledger is still there' test -s "$(echo $runtime/*.ledger)"
by_hand
check 'the newer one takes the pins over' wait_for 10 says 'an earlier run has left pins'
daemon_stop
check 'and gives back what the older one found' affinities_are "$crowded"

killed_with_pins
echo 'connect = test:///default' >"$config" # what is left is not of the host that it names by now
check 'remove' apt remove vcpu-scheduler vcpu-top
check 'pins are given back' affinities_are "$crowded"
check 'the configuration stays' test -e "$config"
check 'purge' apt purge vcpu-scheduler vcpu-top
check 'nothing is left of its runtime directory' not test -e "$runtime"
domains_destroy
check 'what came with it goes' apt autoremove --purge
files >"$work/after"
check 'no file is left, none is missing' diff "$work/before" "$work/after"
tap_end
