#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# libvirt goes away and comes back: killed again and again under load, hanging, started anew with other domains,
# and away for good at the end. KILLS: how often it is killed (5).
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

kills=${KILLS:-5}

# A pause of 0 to 0.8 s.
pause() { sleep "0.$((RANDOM % 8))$((RANDOM % 10))"; }

# Waits until a pin is under way, 2 s at most.
pin_begins() {
    local before end
    before=$(asked)
    end=$(($(now_ms) + 2000))
    while [ "$(asked)" = "$before" ] && [ "$(now_ms)" -lt "$end" ]; do :; done
}

count() { grep -cE -- "$1" "$2"; }
says_times() { equal "$(count "$1" "$err")" "$2"; }
is_away() { says_times '^vcpu-scheduler: libvirt is away' "$1"; }
is_back() { says_times 'libvirt is back after' "$1"; } # TIMES

entries() { find "/proc/$daemon/$1" -mindepth 1 -maxdepth 1 | wc -l; }

# libvirtd, whose log says of each pin that it was asked for.
libvirtd_begin() { LIBVIRT_LOG_OUTPUTS=1:stderr LIBVIRT_LOG_FILTERS='1:libvirt 4:*' libvirtd_start; }

libvirtd_kill() {
    kill -KILL "$libvirtd"
    while kill -0 "$libvirtd" 2>/dev/null; do sleep 0.02; done
}

asked() { count 'virDomainPinVcpu:' "$work/libvirtd.log"; }

# How many pins the daemon has reported so far as that.
reported() { count "-> [0-9]+ +($1)" "$out"; }

# The pins that the daemon says were made are those that libvirt was asked for, but for what was under way at a kill.
pins_tally() { # ASKED-BEFORE
    local asked made open
    asked=$(($(asked) - $1))
    made=$(reported 'made in')
    open=$(reported 'not confirmed|refused|taken back')
    note "libvirt was asked for $asked pins; made: $made; under way at a kill: $open"
    [ "$made" -gt 0 ] && [ "$asked" -ge "$made" ] && [ "$asked" -le $((made + 2 * open)) ]
}

# Domains whose load changes place all the time, so that there is always something to pin.
host_restless() {
    domain_create a 2 45x1,5x1/20x1,10x2 0=0 1=0 && domain_create b 2 5x1,45x1/30x2,5x1 0=0 1=0
}

restless_daemon() { daemon --adopt-pins --wait --verbose --policy stddev --stddev 1 --dwell 0 --max-pins 4 0.2; }

mkdir -p /etc/libvirt
echo "$host_config" >/etc/libvirt/qemu.conf
printf 'auth_unix_%s="none"\n' rw ro >/etc/libvirt/libvirtd.conf
uri=qemu:///system
qemu_run=/run/libvirt/qemu

# --wait: for libvirt as well.
daemon --wait 0.5
check '--wait: waits for libvirt' wait_for 3 says 'waiting for it'
sleep 1.5
check '--wait: says it once' says_times 'waiting for it' 1
daemon_stop
check '--wait: SIGTERM meanwhile: exit status' equal "$status" 0
check '--wait: SIGTERM meanwhile: ends at once' at_most "$stopped_in" 300
daemon_run 3 0.5
check 'without --wait, no libvirt is an error' equal "$status" 1
daemon --wait 0.5
libvirtd_begin
host_restless
check '--wait: finds it when it comes' wait_for 10 says '2 domains'
daemon_stop
check '--wait: exit status' equal "$status" 0

# Killed under load.
crowded=$(affinities)
asked=$(asked)
restless_daemon
check 'it pins' wait_for 5 reported 'made in'
fds=$(entries fd)
threads=$(entries task)
longest=0
for ((kill = 1; kill <= kills; kill++)); do
    if ((kill % 2)); then pause; else pin_begins; fi
    libvirtd_kill
    pause
    start=$(now_ms)
    libvirtd_begin
    wait_for 20 is_back "$kill" || { note "kill $kill: not back"; break; }
    took=$(($(now_ms) - start))
    [ "$took" -le "$longest" ] || longest=$took
done
note "killed $kills times; back at most $longest ms after it was started"
check 'killed: the daemon stays' daemon_lives
check 'killed: said each time' says_times 'libvirt is away: it has closed the connection' "$kills"
check 'killed: back each time' is_back "$kills"
check 'killed: no descriptor more' equal "$(entries fd)" "$fds"
check 'killed: no thread more' equal "$(entries task)" "$threads"
# A domain that is paused is left where it is: then nothing is under way while pins are counted.
for name in a b; do virt suspend "$SANDBOX_TAG-$name"; done
sleep 1
check 'killed: pins made are pins reported' pins_tally "$asked"
for name in a b; do virt resume "$SANDBOX_TAG-$name"; done

# Destroyed and started anew behind the daemon's back.
libvirtd_kill
wait_for 3 is_away $((kills + 1))
kill -STOP "$daemon"
libvirtd_begin
virt destroy "$SANDBOX_TAG-a"
domain_create a 2 10 0=1 1=1
virt destroy "$SANDBOX_TAG-b"
kill -CONT "$daemon"
check 'other domains meanwhile: back' wait_for 20 is_back $((kills + 1))
check 'other domains meanwhile: seen' wait_for 3 says '1 domain,'
sleep 0.5
daemon_stop
check 'other domains meanwhile: exit status' equal "$status" 0
check 'other domains meanwhile: given back what was found' equal "$(affinities | cut -d' ' -f2 | paste -sd' ')" '1 1'

domain_create b 2 5x1,45x1/30x2,5x1 0=0 1=0
crowded=$(affinities)

# Hanging for 15 s.
restless_daemon
wait_for 5 reported 'made in'
start=$(now_ms)
kill -STOP "$libvirtd"
check 'hangs: noticed' wait_for 20 is_away 1
noticed=$(($(now_ms) - start))
note "noticed after $noticed ms"
check 'hangs: within 12 s' at_most "$noticed" 12000
[ "$noticed" -gt 15000 ] || sleep "$(((15000 - noticed) / 1000))"
start=$(now_ms)
kill -CONT "$libvirtd"
check 'hangs: back' wait_for 5 is_back 1
note "back $(($(now_ms) - start)) ms after it answers"
daemon_stop
check 'hung before: exit status' equal "$status" 0
check 'hung before: affinities given back' equal "$(affinities)" "$crowded"

# The end, while it hangs and the daemon tries to reach it, and while it is not there.
for way in STOP KILL; do
    restless_daemon
    wait_for 5 reported 'made in'
    kill -$way "$libvirtd"
    wait_for 15 is_away 1
    sleep 0.5
    daemon_stop
    check "SIG$way, and SIGTERM: exit status" equal "$status" 0
    check "SIG$way, and SIGTERM: ends within a second" at_most "$stopped_in" 1000
    kept=$(join <(affinities | sort) <(sort <<<"$crowded") | awk '$2 != $3' | wc -l)
    note "$stopped_in ms; $kept vCPUs are kept"
    check "SIG$way, and SIGTERM: names what it keeps" at_least "$(count 'could not be given back' "$err")" "$kept"
    [ $way = KILL ] && break
    kill -CONT "$libvirtd"
    while read -r vcpu cpu; do virt vcpupin "$SANDBOX_TAG-${vcpu%/*}" "${vcpu#*/}" "$cpu"; done <<<"$crowded"
done
tap_end
