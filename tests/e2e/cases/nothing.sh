#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# No libvirt, and no domain.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

uri=qemu:///system
daemon_run 5 0.5
check 'no libvirt: exit status' equal "$status" 1
check 'no libvirt: in its own words' says 'failed to connect socket'
check 'no libvirt: one line' equal "$(wc -l <"$err")" 1

host_embed
daemon_run 5 0.5
check 'no domain: exit status' equal "$status" 0
check 'no domain: says so' says 'no active domain'

daemon --wait 0.5
check '--wait: says so' wait_for 15 says 'no active domain'
sleep 2
check '--wait: stays' daemon_lives
check '--wait: says so once' equal "$(grep -ci 'no active domain' "$err")" 1
daemon_stop
check '--wait: exit status' equal "$status" 0
tap_end
