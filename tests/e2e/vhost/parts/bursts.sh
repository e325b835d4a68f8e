# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# Each way is measured for one whole cycle of the guests' schedule, so that all ways meet the same bursts.

cycle_s=48
asked_s=$((64 * 3)) # of a pCPU, in a cycle
guests=(b0 b1 b2 b3 b4 b5)

# Seconds that the vCPUs ran so far, and that they were ready to but waited.
times() {
    local task ran waited
    vcpu_tasks | while read -r _ task; do
        read -r ran waited _ <"$task/schedstat" && echo "$ran $waited"
    done | awk '{ ran += $1; waited += $2 } END { printf "%.3f %.3f\n", ran / 1e9, waited / 1e9 }'
}
pins_made() { pages 'function page() { all += pins } END { print all + 0 }'; }
# pinned_by_now: no vCPU may run on all pCPUs any more.
pinned_by_now() { ! affinities | grep -q ' 0-7$'; }

# A cycle: prints the part of what the vCPUs wanted that they got, and what they got over what their schedule asks for.
# They want what they ran and waited for: who spins by the clock loses what it waits for. Under emulation each tick of
# their timers costs time as well, the more the busier the machine below, which is in the second figure but not in
# their schedule: ways are compared by the first.
cycle() {
    local before start
    start=$(now_ms)
    before=$(times)
    sleep "$cycle_s"
    awk -v ms=$(($(now_ms) - start)) -v asked="$asked_s" -v cycle="$cycle_s" '
        { ran = $3 - $1; waited = $4 - $2 }
        END { printf "%.4f %.4f\n", ran / (ran + waited), ran / (asked / cycle * ms / 1000) }' <<<"$before $(times)"
}

measure() { # WAY
    local work pins=0 first=0
    if [ "$1" != floating ]; then
        start --pool "$1" --policy swap --verbose
        check "$1: all are pinned" wait_for 60 pinned_by_now
        first=$(pins_made)
    fi
    work=$(cycle)
    if [ "$1" != floating ]; then
        pins=$(($(pins_made) - first))
        affinities | sed "s/^/#   /"
        stop
    fi
    note "$1: got ${work% *} of what they wanted, ${work#* } of their schedule, $pins pins"
    echo "$1 $work $pins" >>figures
}

# of WAY COLUMN: the mean over the rounds.
of() { awk -v way="$1" -v column="$2" '$1 == way { sum += $column; n++ } END { if (n) printf "%.4f\n", sum / n }' figures; }
product() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.4f\n", a * b }'; }

rm -f figures
begin "${guests[@]}"
for guest in "${guests[@]}"; do
    virsh -q resume "vs-$guest"
done
check 'all vCPUs are there' equal "$(affinities | wc -l)" 24
sleep 5
for ((round = 0; round < $(cat rounds); round++)); do
    for way in floating cpu core node; do
        measure "$way"
    done
done
for way in floating cpu core node; do
    note "in the mean, $way: $(of "$way" 2) of what they wanted, $(of "$way" 3) of their schedule, $(of "$way" 4) pins"
done
check 'nodes: at least 0.98 of what floating does' at_least "$(of node 2)" "$(product 0.98 "$(of floating 2)")"
check 'nodes: at least 1.05 of what single pins do' at_least "$(of node 2)" "$(product 1.05 "$(of cpu 2)")"
check 'nodes: fewer pins than single pins' at_most "$(of node 4)" "$(of cpu 4)"
end "${guests[@]}"
