#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A QEMU that hangs must not delay the samples of the others, nor what is done for them.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

host_libvirtd
host_crowd
domain_create stuck 1 10
kill -STOP "$(qemu_pid stuck)"
daemon --adopt-pins --floating leave --cycles 10 --verbose 0.5
check 'the others are relieved as ever' wait_for 3 spread 2 2
daemon_end 10
check 'exit status' equal "$status" 0
check 'ten periods' equal "$(figure periods)" 10
check 'in the time of ten periods' at_most "$lasted" 6000
check 'two pins' equal "$(figure pins)" 2
kill -CONT "$(qemu_pid stuck)"
tap_end
