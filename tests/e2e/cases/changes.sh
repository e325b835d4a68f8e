#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Domains that come, go, pause and gain vCPUs while the daemon runs.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

host_libvirtd
daemon_run 5 0.5
check 'no active domain: exit status' equal "$status" 0
check 'no active domain: says so' says 'no active domain'

daemon --wait --adopt-pins --threshold 100 --verbose 0.5
sleep 1
check '--wait: stays without a domain' daemon_lives
host_crowd
check 'domains that come are spread' wait_for 10 left_crowd

virt destroy "$SANDBOX_TAG-b"
sleep 1.2
check 'a domain destroyed: the daemon lives' daemon_lives

domain_create c 2/3 20 0=0 1=0
virt suspend "$SANDBOX_TAG-a"
sleep 1
paused=$(affinities a)
sleep 1
check 'a domain paused: its affinities stay' equal "$(affinities a)" "$paused"
check 'a domain paused: the daemon lives' daemon_lives
virt resume "$SANDBOX_TAG-a"

virt setvcpus "$SANDBOX_TAG-c" 3
floating=$(affinity c/2)
check 'the guest starts the vCPU plugged in' domain_up c 3
check 'a vCPU plugged in is placed' wait_for 15 pinned c/2 '[01]'
check 'hot-plug: the daemon lives' daemon_lives

daemon_stop
check 'exit status' equal "$status" 0
check 'affinities given back: crowded' equal "$(affinity c/0) $(affinity c/1)" '0 0'
check 'affinities given back: plugged in' equal "$(affinity c/2)" "$floating"

daemon 0.5
sleep 1.2
virt destroy "$SANDBOX_TAG-a"
virt destroy "$SANDBOX_TAG-c"
daemon_end 4
check 'the last domain gone: exit status' equal "$status" 0
check 'the last domain gone: says so' says 'no active domain'
tap_end
