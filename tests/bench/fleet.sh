# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Many idle domains, for the benchmarks that need real ones. Sourced first.
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib/lib.sh"

bench_cycle=$builddir/tests/bench/bench_cycle
[ -x "$bench_cycle" ] || skip_all "there is no $bench_cycle: make it"

fleet=0 # domains so far

# fleet_grow DOMAINS VCPUS: idle domains of so many vCPUs each, until there are so many. One virsh makes all.
fleet_grow() {
    local first=$fleet create=''
    for (( ; fleet < $1; fleet++)); do
        domain_xml "d$fleet" "$2" 0 >"$work/d$fleet.xml"
        create+="create $work/d$fleet.xml;"
    done
    virt "$create" || exit 1
    wait_for 60 fleet_up "$first" "$2" || { note 'domains do not come up'; exit 1; }
}

fleet_up() { # FIRST VCPUS
    local d
    for ((d = $1; d < fleet; d++)); do
        serial_says "d$d" "$2" || return
    done
}

fleet_end() {
    local d destroy=''
    for ((d = 0; d < fleet; d++)); do
        destroy+="destroy $SANDBOX_TAG-d$d;"
    done
    fleet=0
    virt "$destroy"
    rm -f "$work"/d*.up
}

# The median of the words of standard input.
median() { tr ' ' '\n' | grep . | sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
