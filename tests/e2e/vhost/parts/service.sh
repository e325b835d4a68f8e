# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# The unit as it was installed: it comes up, does its work with next to no rights, comes back after SIGKILL, and gives
# back at the end.
# shellcheck source=../unit.sh
. ./unit.sh

set_up_service 'metrics = 127.0.0.1:9123'
watchdog 15
pin_id=5633176773640f4d78908d3a6a957a9e

# http ADDRESS-OR-PATH PAGE: what the status socket answers, without a program that may not be there
http() {
    case $1 in
    /*) python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(("GET %s HTTP/1.0\r\n\r\n" % sys.argv[2]).encode())
while (data := s.recv(65536)):
    sys.stdout.write(data.decode())' "$1" "$2" ;;
    *) python3 -c 'import sys, urllib.request
sys.stdout.write(urllib.request.urlopen("http://%s%s" % tuple(sys.argv[1:])).read().decode())' "$1" "$2" ;;
    esac
}
answers() { http "$1" /metrics | grep -q '^vcpu_scheduler_busiest_ratio '; }
socket=/run/vcpu-scheduler/status.sock
check 'systemd finds nothing wrong with the unit' \
    equal "$(systemd-analyze verify --man=no "$unit" 2>&1 | grep -F vcpu-scheduler)" ''
pin_is_told() {
    fields "$pin_id" | python3 -c 'import json, sys
pins = [json.loads(line) for line in sys.stdin]
assert pins
for pin in pins:
    assert pin["VCPU_SCHEDULER_DOMAIN"] in ("vs-a", "vs-b"), pin
    assert pin["VCPU_SCHEDULER_VCPU"] in ("0", "1"), pin
    assert pin["VCPU_SCHEDULER_FROM"] != pin["VCPU_SCHEDULER_TO"], pin
    assert pin["VCPU_SCHEDULER_REASON"] == "act" and float(pin["VCPU_SCHEDULER_GAIN"]) > 0, pin
    assert pin["PRIORITY"] == "6" and pin["SYSLOG_IDENTIFIER"] == "vcpu-scheduler", pin'
}
explained() { journalctl -q --no-pager -x -u "$unit" "MESSAGE_ID=$pin_id" | grep -q 'A vCPU was given another pCPU'; }
nodes_are_shown() {
    [ -x /usr/local/bin/vcpu-top ] || { note 'vcpu-top was not built'; return; }
    runuser -u nobody -g vcpu-scheduler -- vcpu-top -b -n 1 >top.out || return
    [ "$(grep -cE '^node [01] +[0-7]\[' top.out)" = 2 ] || { note_file top.out; return 1; }
}
has_failed() { [ "$(property ActiveState)" = failed ]; }
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
check 'each pin is in the journal with its fields' pin_is_told
check 'and explained there' explained
check 'the server answers on its socket' answers "$socket"
check 'and on the address of the configuration' answers 127.0.0.1:9123
check 'the group may use the socket' equal "$(stat -c '%U:%G %a' "$socket" "${socket%/*}" | paste -sd' ')" \
    'vcpu-scheduler:vcpu-scheduler 660 vcpu-scheduler:vcpu-scheduler 750'
check 'vcpu-top shows nodes and cores, to one of the group' nodes_are_shown
configure 'metrics = 127.0.0.1:9123' 'dwell = 7'
systemctl reload "$unit"
check 'a reload takes effect' wait_for 5 said 'dwell: changed'
configure 'metrics = 127.0.0.1:9123' 'dwell = 8' 'threshold = much'
systemctl reload "$unit"
check 'a mistake is refused with its line' wait_for 5 said "$config:6: threshold: 'much' is not a number"
check 'as a whole' wait_for 5 said 'all stays as it was'
check 'every cpu.stat is seen, and every delay' equal "$(said 'no cross-check'; said 'no run-queue')" ''
note "systemd-analyze security: $(exposure) of 10"
check 'its exposure is low' at_most "$(exposure)" 1.2

systemctl restart "$unit"
check 'with such a file it does not start again' wait_for 20 has_failed
check 'and yet gives back what was pinned' wait_for 10 affinities_are "$crowded"
configure 'metrics = 127.0.0.1:9123'
systemctl start "$unit"
check 'with a good one it pins again' wait_for 20 crowd_dissolved
systemctl kill -s KILL "$unit"
check 'killed, it comes back by itself' wait_for 40 came_back 1
check 'and pins again' wait_for 20 crowd_dissolved
systemctl stop "$unit"
check 'stopped, it ends well' equal "$(property Result)" success
check 'affinities are given back' wait_for 5 affinities_are "$crowded"

configure 'no-restore = yes'
systemctl start "$unit"
check 'no-restore in the file: it pins' wait_for 20 crowd_dissolved
systemctl restart "$unit"
check 'no-restore in the file: a restart takes the pins over' wait_for 20 said 'taken over'
systemctl stop "$unit"
check 'no-restore in the file: what runs after the end leaves them' crowd_dissolved
configure
systemctl start "$unit"
check 'what was found is known all the same' wait_for 20 said 'taken over'
systemctl stop "$unit"
check 'and is given back once the file lets it' wait_for 5 affinities_are "$crowded"

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
