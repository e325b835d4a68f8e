# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# The unit as it was installed: it comes up, does its work with next to no rights, comes back after SIGKILL, and gives
# back at the end.
. ./vhost-unit.sh

set_up_service
watchdog 15
check 'systemd finds nothing wrong with the unit' \
    equal "$(systemd-analyze verify --man=no "$unit" 2>&1 | grep -F vcpu-scheduler)" ''
begin a b
crowd 1 a b
crowded=$(affinities)

check 'it starts, and says that it is up' systemctl start "$unit"
check 'pins are made' wait_for 20 crowd_dissolved
note "status: $(property StatusText)"
check 'the status tells them' wait_for 15 status_tells 'busiest pCPU .* pins made so far'
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

systemctl start "$unit"
pkill -STOP -x libvirtd
sleep 25
check 'a libvirt that hangs does not make it hang' equal "$(property NRestarts).$(systemctl is-active "$unit")" 0.active
check 'the status tells what it waits for' status_tells 'waits for libvirt'
pkill -CONT -x libvirtd
check 'it goes on when libvirt does' wait_for 20 said 'libvirt is back'
check 'and pins' wait_for 20 crowd_dissolved
systemctl stop "$unit"
check 'affinities are given back once more' wait_for 5 affinities_are "$crowded"
end a b
