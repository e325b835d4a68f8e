#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who is given way to while the daemon runs: somebody who pins a vCPU by hand, and exclusions of a changed
# configuration.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

moved() { affinities | awk '$1 !~ /^c/ && $2 == "1" { print $1; exit }'; }

# stays NAME/VCPU CPUS SECONDS: has it this affinity all the time?
stays() {
    local end=$(($(now_ms) + $3 * 1000))
    while [ "$(now_ms)" -lt "$end" ]; do
        equal "$(affinity "$1")" "$2" || return
        sleep 0.2
    done
}
says_times() { equal "$(grep -cE -- "$2" "$err")" "$1"; }

host_libvirtd
host_crowd
config=$work/vcpu-scheduler.conf
printf '# %s\nthreshold = 100\n' "$SANDBOX_TAG" >"$config"
before_all="$(affinities)"$'\nc/0 0-1'
daemon --config "$config" --adopt-pins 0.5
check 'some leave the crowd' wait_for 30 left_crowd
# Placing does not ask the load: this one is moved for sure.
check 'another domain comes' domain_create c 1 2 0=0-1
check 'what floats is placed' wait_for 15 pinned c/0 '[0-9]'

first=$(moved) second=c/0
virt vcpupin "$SANDBOX_TAG-${first%/*}" "${first#*/}" 0-1 --live
check 'pinned by hand: is noticed' wait_for 15 says "vCPU ${first#*/}: somebody else has changed its affinity"
check 'pinned by hand: is left alone' stays "$first" 0-1 2
check 'pinned by hand: is said once' says_times 1 'somebody else'

echo "exclude = *-${second%/*}" >>"$config"
kill -HUP "$daemon"
check 'SIGHUP: read again' wait_for 15 says 'configuration read again'
check 'SIGHUP: says what has changed' says 'exclude: changed$'
check 'excluded: the affinity found is given back' wait_for 15 pinned "$second" 0-1

echo 'threshold = 500' >>"$config"
kill -HUP "$daemon"
check 'a mistake: is told with its line' wait_for 15 says "$config:4: threshold: '500' is not in 1 to 100"
check 'a mistake: all stays as it was' says 'refused as a whole'
check 'a mistake: the daemon lives' daemon_lives

before=$(affinities | grep "^$second")
sleep 1.5
check 'excluded: is left alone' equal "$(affinities | grep "^$second")" "$before"
daemon_stop
check 'exit status' equal "$status" 0
check "somebody else's affinity stays at the end" equal "$(affinity "$first")" 0-1
check 'all others are given back' equal "$(affinities | grep -v "^$first ")" "$(grep -v "^$first " <<<"$before_all")"
tap_end
