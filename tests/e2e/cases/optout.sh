#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Owners who ask by their domain's metadata to be left alone, while the daemon runs, as the man page tells them.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

element=(--uri https://vcpu-scheduler.org/xmlns/domain/1.0)

ask() { # NAME ELEMENT [OPTION...]
    local name=$1 xml=$2
    shift 2
    virt metadata "$SANDBOX_TAG-$name" "${element[@]}" --key vcpu-scheduler --set "$xml" "$@"
}

host_libvirtd
host_crowd
crowded=$(affinities)
ask a '<scheduler exclude="yes"/>'
ask b '<scheduler exclude="yes" whatever="x"><more/></scheduler>' --live
daemon --adopt-pins --threshold 100 --wait --verbose 0.5
check 'asked before the start: seen' wait_for 15 says "domain $SANDBOX_TAG-a: .*left alone"
check 'asked before the start: both stay where they are' affinities_stay 3
check 'asked before the start: no pin' not says 'made in'

virt metadata "$SANDBOX_TAG-a" "${element[@]}" --remove
ask b '<scheduler exclude="no"/>'
check 'not any more: both are relieved' wait_for 10 left_crowd

ask a '<scheduler exclude="maybe"/>'
ask b '<nonsense/>'
check 'nonsense: said' wait_for 15 says "domain $SANDBOX_TAG-b: its metadata .* can't be understood"
sleep 1.5
check 'nonsense: said once for each' equal "$(grep -c "can't be understood" "$err")" 2
check 'nonsense: the daemon lives' daemon_lives
daemon_stop
check 'exit status' equal "$status" 0
check 'affinities given back' equal "$(affinities)" "$crowded"

domains_destroy
domain_define c 2 20 0=0 1=0
ask c '<scheduler exclude="yes"/>' --config
daemon --adopt-pins --verbose --cycles 4 0.5
check 'asked in the definition: seen' wait_for 3 says "domain $SANDBOX_TAG-c: .*left alone"
daemon_end 10
check 'asked in the definition: no pin' equal "$(figure pins)" 0
tap_end
