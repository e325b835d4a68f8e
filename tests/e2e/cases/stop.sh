#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How it ends: at once, with the affinities as they were, or with a word on what could not be given back.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

# Starts the daemon on the crowd, and returns when it has pinned.
pinning() {
    crowded=$(affinities)
    daemon --adopt-pins --threshold 100 "$@" 0.5
    check "$uri: it pins" wait_for 10 left_crowd
}

# How many vCPUs the daemon names that it left elsewhere.
lost() { grep -c "domain $SANDBOX_TAG-[ab] vCPU [01] stays on pCPU 1: could not be given back" "$err"; }

host_embed
host_crowd
for signal in TERM INT; do
    pinning
    daemon_stop $signal
    check "SIG$signal: exit status" equal "$status" 0
    check "SIG$signal: within a second" at_most "$stopped_in" 1000
    check "SIG$signal: affinities given back" equal "$(affinities)" "$crowded"
done
domains_destroy

host_libvirtd
host_crowd
pinning
kill -STOP "$libvirtd"
sleep 0.7
left=$(affinities | grep -c ' 1$')
daemon_stop
check 'libvirtd hangs: exit status' equal "$status" 0
check 'libvirtd hangs: ends within a second' at_most "$stopped_in" 1000
check 'libvirtd hangs: says so' says 'libvirt does not answer'
check 'libvirtd hangs: names what it could not give back' at_least "$(lost)" "$left"
tap_end
