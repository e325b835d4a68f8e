#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The RPM packages, as far as a Debian machine tells: they build, hold what they should, and give pins back on removal. In
# the build directory.
set -u
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../e2e/lib/tap.sh
. "$here/../e2e/lib/tap.sh"
[ -n "$(type -P rpmbuild)" ] || skip_all 'there is no rpmbuild here'
log=$(mktemp)
trap 'rm -rf "$log"' EXIT

build() { "${MAKE:-make}" rpm >"$log" 2>&1 || { note_file "$log"; return 1; }; }
ask() { rpm -qp "$@" 2>/dev/null; }

check 'they are built' build
scheduler=$(echo rpm/RPMS/*/vcpu-scheduler-[0-9]*.rpm)
top=$(echo rpm/RPMS/*/vcpu-top-[0-9]*.rpm)
for file in /etc/vcpu-scheduler.conf /usr/sbin/vcpu-scheduler /usr/lib/systemd/system/vcpu-scheduler.service \
    /usr/lib/sysusers.d/vcpu-scheduler.conf /usr/lib/tmpfiles.d/vcpu-scheduler.conf \
    /usr/lib/systemd/catalog/vcpu-scheduler.catalog; do
    check "the daemon's has $file" eval "ask -l '$scheduler' | grep -qx '$file'"
done
check 'it keeps the configuration of the operator' equal "$(ask -c "$scheduler")" /etc/vcpu-scheduler.conf
check 'it gives pins back when it goes' eval "ask --scripts '$scheduler' | grep -q 'vcpu-scheduler --restore'"
check 'it has no library of the screen' equal "$(ask --requires "$scheduler" | grep -cE 'curl|ncurses|jansson')" 0
check 'vcpu-top has its own' eval "ask -l '$top' | grep -qx /usr/bin/vcpu-top"
tap_end
