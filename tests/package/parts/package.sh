# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# The packages under systemd: nothing starts by itself, an upgrade restarts what runs, removal gives back.
# shellcheck source=../../e2e/vhost/unit.sh
. ./unit.sh
config=/etc/vcpu-scheduler.conf
export DEBIAN_FRONTEND=noninteractive

quietly() { "$@" >dpkg.log 2>&1 || { note_file dpkg.log; return 1; }; }
# Those of the needed that are not there.
install_needed() {
    local deb
    for deb in needed/*.deb; do
        dpkg-query -W -f '${Status}' "$(dpkg-deb -f "$deb" Package)" 2>/dev/null | grep -q 'ok installed' ||
            dpkg -i --force-depends "$deb"
    done
}
is_active() { systemctl -q is-active "$unit"; }
was_restarted() { is_active && [ "$(property MainPID)" != "$1" ]; }

check 'what it needs' quietly install_needed
check 'it is installed' quietly dpkg -i old/*.deb
check 'nothing is enabled, nothing runs' equal "$(systemctl is-enabled "$unit").$(systemctl is-active "$unit")" disabled.inactive
check 'its user is in the group libvirt' eval 'id -nG vcpu-scheduler | grep -qw libvirt'
begin a b
crowd 1 a b
crowded=$(affinities)
configure
check 'it is enabled and started' quietly systemctl enable --now "$unit"
check 'pins are made' wait_for 25 crowd_dissolved
check 'vcpu-top sees it' eval 'vcpu-top -b -n 1 | grep -q "^vs-a "'
check 'the journal explains it' eval "journalctl -q -x -u $unit | grep -q 'A vCPU was given another pCPU'"
pid=$(property MainPID)
check 'it is upgraded' quietly dpkg -i new/*.deb
check 'and restarted by that' wait_for 15 was_restarted "$pid"
check 'the configuration is the operator'"'"'s' equal "$(head -n 1 "$config")" 'adopt-pins = yes'
check 'it pins again' wait_for 25 crowd_dissolved
check 'it is removed' quietly dpkg -r vcpu-top vcpu-scheduler
check 'pins are given back' wait_for 5 affinities_are "$crowded"
check 'no unit is left' equal "$(systemctl list-unit-files --no-legend "$unit" | wc -l)" 0
check 'it is purged' quietly dpkg -P vcpu-top vcpu-scheduler
check 'no file is left' equal "$(find / -xdev \( -path /proc -o -path /sys -o -path /mnt -o -path /var/log -o -path /var/cache \) \
    -prune -o \( -name '*vcpu-scheduler*' -o -name '*vcpu-top*' \) -print | grep -v '/cgroup/')" ''
check 'nor a runtime directory' not test -e /run/vcpu-scheduler
end a b
