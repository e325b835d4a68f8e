#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The main job on a virtual hypervisor host of 8 pCPUs with systemd and cgroup v2 only. Needs the program `vhost`,
# which boots such a host; what runs there is vhost-guest.sh. Run in the build directory.
set -u
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
here=$(dirname "$0")
vhost=${VCPU_SCHEDULER_VHOST:-${srcdir:-.}/../shared/vhost}
[ -x "$vhost" ] || skip_all "there is no virtual host: VCPU_SCHEDULER_VHOST names no program ($vhost)"

share=$(mktemp -d)
trap 'rm -rf "$share"' EXIT
trap 'exit 130' INT TERM HUP

note_when_failed() { "$@" >"$share/log" 2>&1 || { note_file "$share/log"; return 1; }; }

check 'the virtual host is built' note_when_failed "$vhost" build
check 'make install' note_when_failed "${MAKE:-make}" install DESTDIR="$share/root"
check 'a guest of 20 % a vCPU' note_when_failed "$vhost" rom "$share/load.rom" 2
for name in a b c; do
    "$vhost" xml "vs-$name" 2 /mnt/share/load.rom >"$share/$name.xml"
done
cp "$here/tap.sh" "$here/look.sh" "$here/vhost-guest.sh" "$share/"
[ "$tap_failed" = 0 ] || tap_end

"$vhost" run --share "$share" --control 0 --timeout 240 --append isolcpus=6,7 -- \
    "bash vhost-guest.sh $tap_count" 2>"$share/errors"
status=$?
[ $status = 0 ] || note_file "$share/errors"
case $status in
124 | 125) echo 'not ok - the virtual host failed' ;;
esac
exit $status
