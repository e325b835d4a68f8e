# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel's own word is looked at: what libvirt says of a vCPU is its mark, and what it was told.

switch() { echo "$2" >"/sys/devices/system/cpu/cpu$1/online"; }
# all_on PATTERN: has every vCPU such an affinity?
all_on() { [ "$(affinities | wc -l)" = 8 ] && ! affinities | awk '{ print $2 }' | grep -qvxE "$1"; }
# How many different affinities are in use.
used() { affinities | awk '{ print $2 }' | sort -u | wc -l; }
libvirt_agrees() {
    equal "$(for name in a b; do virsh -q vcpupin "vs-$name"; done | awk '{ print $2 }' | paste -sd' ')" \
        "$(affinities | awk '{ print $2 }' | paste -sd' ')"
}
no_mark() { [ "$(virsh -q dumpxml vs-a | grep -c 'pinned=')" = 0 ]; }
pins_made() { pages 'function page() { all += pins } END { print all + 0 }'; }
restored() { "$scheduler" --runtime-dir /run/pools --restore 2>>err; }

begin a b
for name in a b; do virsh -q resume "vs-$name"; done
before=$(affinities)
note "at first: $(paste -sd' ' <<<"$before")"

# ---- nodes
start --pool node --threshold 100 --verbose
check 'node: says its pools' wait_for 30 grep -q 'pool node: 2 pools: 0-3; 4-7' err
check 'node: every vCPU has a whole node, by the kernel' wait_for 40 all_on '0-3|4-7'
note "node: $(used) of 2 are used" # which ones goes by what else runs
check 'node: libvirt says the same' libvirt_agrees
check 'node: the marks are lists' sh -c "virsh -q dumpxml vs-a | grep -qE 'pinned=.(0-3|4-7).'"
pins=$(pins_made)
switch 6 0
sleep 5
check 'node: a pCPU goes: by the kernel its vCPUs have the rest of the node' all_on '0-3|4-5,7'
switch 6 1
check '... it comes back: they have it again' wait_for 10 all_on '0-3|4-7'
sleep 5
check '... nothing was pinned, and nobody taken for somebody else' equal "$(pins_made) $(grep -c 'somebody else' err)" "$pins 0"

read -r first pool < <(affinities)
part=$([ "$pool" = 0-3 ] && echo 0-1 || echo 4-5)
virsh -q vcpupin "vs-${first%/*}" "${first#*/}" "$part" >/dev/null
check 'node: pinned by hand within its pool: is noticed' \
    wait_for 15 grep -q "vCPU ${first#*/}: somebody else has changed its affinity" err
check '... and left alone' pinned "$first" "$part"
stop
check 'node: exit status' equal $? 0
check 'node: all others are given back, by the kernel' wait_for 5 affinities_are \
    "$(awk -v own="$first" -v part="$part" '$1 == own { $2 = part } { print }' <<<"$before")"
check 'node: no mark is left' no_mark
virsh -q vcpupin "vs-${first%/*}" "${first#*/}" 0-7 >/dev/null
check 'all are as at first' wait_for 5 affinities_are "$before"

# ---- cores
# Elsewhere nobody knows that a vCPU was somebody else's.
start --pool core --threshold 100 --verbose --runtime-dir /run/pools
check 'core: says its pools' wait_for 30 grep -q 'pool core: 4 pools: 0-1; 2-3; 4-5; 6-7' err
check 'core: every vCPU has a whole core, by the kernel' wait_for 40 all_on '0-1|2-3|4-5|6-7'
note "core: $(used) of 4 are used"
check 'core: libvirt says the same' libvirt_agrees
kill -KILL "$daemon"
wait "$daemon" 2>/dev/null
check 'core: killed: the pins stay' all_on '0-1|2-3|4-5|6-7'
check 'core: --restore' restored
check 'core: all are given back, by the kernel' wait_for 5 affinities_are "$before"
check 'core: no mark is left' no_mark
end a b
