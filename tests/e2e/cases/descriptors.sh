#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Fewer descriptors than there are counters to read: the daemon reads them all the same, pins, keeps its ledger, and
# finds libvirt again. A soft limit is raised.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

entries() { find "/proc/$daemon/fd" -mindepth 1 -maxdepth 1 | wc -l; }
soft_limit() { awk '/^Max open files/ { print $4 }' "/proc/$daemon/limits"; }

# limited SOFT HARD: how many descriptors the daemon may have from now on.
limited() {
    printf '#!/bin/sh\nexec prlimit --nofile=%s:%s "%s" "$@"\n' "$1" "$2" "$real" >"$work/limited"
    chmod +x "$work/limited"
    scheduler=$work/limited
}

host_libvirtd
real=$scheduler
wait_quiet
for domain in a b; do
    domain_create $domain 8 4 0=0 1=0 2=0 3=0 4=0 5=0 6=0 7=0
done
crowded=$(affinities)
check 'all sixteen are on one pCPU' equal "$(pinned_to 0)" 16

# Sixteen cpu.stat and sixteen schedstat, beside the 20 or so that all else takes.
limited 48 48
daemon --adopt-pins --verbose --crosscheck require --threshold 40 --min-gain 1 1
check 'limited: it pins' wait_for 10 says 'made in'
check 'limited: with descriptors left' at_most "$(entries)" 40
kill -KILL "$libvirtd"
wait_for 5 says 'libvirt is away'
libvirtd_start
check 'limited: finds libvirt again' wait_for 10 says 'libvirt is back'
sleep 2
daemon_stop
check 'limited: exit status' equal "$status" 0
check 'limited: every counter is read' not says 'no run-queue delay|no cross-check'
check 'limited: nothing is refused' not says 'refused|Too many open files|no ledger'
check 'limited: affinities given back' equal "$(affinities)" "$crowded"

limited 48 4096
daemon --adopt-pins 1
wait_for 5 says '2 domains'
check 'a soft limit is raised to the hard one' equal "$(soft_limit)" 4096
check 'with enough of them, they are kept' at_least "$(entries)" 48
daemon_stop
check 'raised: exit status' equal "$status" 0
tap_end
