# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# Each way is measured for one whole cycle of the guests' schedule, so that all ways meet the same bursts.

cycle_s=48
guests=(b0 b1 b2 b3 b4 b5)

pins_made() { pages 'function page() { all += pins } END { print all + 0 }'; }
# pinned_by_now: no vCPU may run on all pCPUs any more.
pinned_by_now() { ! affinities | grep -q ' 0-7$'; }

# Each vCPU's time so far: that it ran, and that it was ready to but waited.
read_times() {
    local v
    for v in "${!tasks[@]}"; do
        read -r "ran[v]" "waited[v]" _ <"${tasks[v]}/schedstat"
    done
    read_at=$(now_ms)
}

# A cycle, looked at about each second: prints the part of what the busy vCPUs wanted that they got, and how busy the
# pCPUs were by them, both in percent. Who spins by the clock wants all the time, and loses what it waits for. What the
# others do is of no interest: under emulation each tick of their timers takes long to begin, and to do.
cycle() {
    local end=$(($(now_ms) + cycle_s * 1000)) got=0 wanted=0 all=0 begin v more wait at
    local tasks=() ran=() waited=() read_at=0 ran_before=() waited_before=()
    mapfile -t tasks < <(vcpu_tasks | awk '{ print $2 }')
    read_times
    begin=$read_at
    while [ "$read_at" -lt "$end" ]; do
        ran_before=("${ran[@]}") waited_before=("${waited[@]}") at=$read_at
        sleep 1
        read_times
        for v in "${!tasks[@]}"; do
            more=$((ran[v] - ran_before[v])) wait=$((waited[v] - waited_before[v]))
            all=$((all + more))
            [ $(((more + wait) / 1000000)) -gt $(((read_at - at) * 3 / 4)) ] || continue
            got=$((got + more)) wanted=$((wanted + more + wait))
        done
    done
    awk -v got="$got" -v wanted="$wanted" -v all="$all" -v ms=$((read_at - begin)) \
        'BEGIN { printf "%.2f %.1f\n", 100 * got / wanted, all / 1e6 / ms / 8 * 100 }'
}

measure() { # WAY
    local work pins=0 first=0
    if [ "$1" != floating ]; then
        start --pool "$1" --policy swap --verbose
        check "$1: all are pinned" wait_for 180 pinned_by_now
        first=$(pins_made)
    fi
    work=$(cycle)
    if [ "$1" != floating ]; then
        pins=$(($(pins_made) - first))
        affinities | sed "s/^/#   /"
        stop
    fi
    note "$1: got ${work% *} % of what they wanted, $pins pins; the pCPUs were used ${work#* } %"
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
    note "in the mean, $way: $(of "$way" 2) % of what they wanted, $(of "$way" 4) pins"
done
check 'nodes: at least 0.98 of what floating does' at_least "$(of node 2)" "$(product 0.98 "$(of floating 2)")"
check 'nodes: at least 1.05 of what single pins do' at_least "$(of node 2)" "$(product 1.05 "$(of cpu 2)")"
check 'nodes: fewer pins than single pins' at_most "$(of node 4)" "$(of cpu 4)"
end "${guests[@]}"
