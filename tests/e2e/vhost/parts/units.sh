# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# The unit beside libvirt's own: those of the other kind of libvirt are installed, too, and libvirt-guests suspends the
# domains at shutdown. Stubs hold upstream's [Unit] lines that matter.
# shellcheck source=../unit.sh
. ./unit.sh

systemd=/etc/systemd/system

# stub UNIT LINE...
stub() {
    rm -f "$systemd/$1" # the virtual host has some masked
    printf '%s\n' "${@:2}" >"$systemd/$1"
}

install_stubs() {
    stub virtqemud.socket '[Unit]' Conflicts=libvirtd.socket Before=virtqemud.service \
        '[Socket]' ListenStream=/run/libvirt/virtqemud-sock Service=virtqemud.service RemoveOnStop=yes
    stub virtqemud.service '[Unit]' Conflicts=libvirtd.service Requires=virtqemud.socket \
        Wants=systemd-machined.service After=network.target After=dbus.service \
        '[Service]' 'ExecStart=/bin/sleep infinity'
    stub libvirt-guests.service '[Unit]' Requires=virt-guest-shutdown.target After=network.target After=time-sync.target \
        After=libvirtd.socket After=virtqemud.socket After=virt-guest-shutdown.target \
        '[Service]' Type=oneshot RemainAfterExit=yes TimeoutStopSec=0 ExecStart=/bin/true \
        'ExecStop=/bin/bash -c ". /mnt/share/look.sh; SANDBOX_TAG=vs qemu_run=/run/libvirt/qemu; affinities >/run/suspended"'
    # All that shutdown stops, in one transaction.
    stub down.target '[Unit]' DefaultDependencies=no \
        'Conflicts=vcpu-scheduler.service libvirt-guests.service libvirtd.service libvirtd.socket' \
        'Conflicts=libvirtd-ro.socket libvirtd-admin.socket'
    systemctl daemon-reload
}

active() { systemctl is-active "$@" | paste -sd' '; }
are_down() { not grep -qv '^inactive$' <(systemctl is-active "$@"); }

check 'both kinds of libvirt are installed' install_stubs
set_up_service
watchdog 30
begin a b
crowd 1 a b
crowded=$(affinities)
before=$(active libvirtd.service libvirtd.socket virtqemud.service virtqemud.socket)
check 'libvirtd is the one that runs' equal "$before" 'active active inactive inactive'
check 'libvirt-guests runs' systemctl start libvirt-guests.service
check 'it starts' timeout 40 systemctl start "$unit"
check 'libvirt runs as before' equal "$(active libvirtd.service libvirtd.socket virtqemud.service virtqemud.socket)" "$before"
check 'pins are made' wait_for 20 crowd_dissolved
systemctl start down.target
check 'shutdown stops all' wait_for 60 are_down "$unit" libvirt-guests.service libvirtd.service
check 'it has ended well' equal "$(property Result)" success
check 'before the domains are suspended all is given back' equal "$(cat /run/suspended)" "$crowded"
systemctl start libvirtd.service
end a b
