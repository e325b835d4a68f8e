# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# Within 25 periods the guests are where they should be, then nothing moves any more.

# spread_is COUNTS: vCPUs on pCPUs 0 to 3, as "2222".
spread() { affinities | awk '{ n[$2]++ } END { print n[0] + 0 "" n[1] + 0 "" n[2] + 0 "" n[3] + 0 }'; }
spread_is() { [ "$(spread)" = "$1" ]; }

# put PCPU DOMAIN...: pinned there, still paused.
put() {
    local name pcpu=$1
    shift
    for name; do
        virsh -q vcpupin "vs-$name" 0 "$pcpu" >/dev/null
    done
}

run() { # DOMAIN...
    local name
    for name; do
        virsh -q resume "vs-$name"
    done
    before=$(affinities)
    # Under emulation no memory is remote. Where it is taken to be, two on each is not worth the way to it: then
    # whether the guests are spread would go by the node that their memory happens to be on.
    start --adopt-pins --policy "$policy" --remote-factor 1 --verbose
}

pins_made() { pages 'function page() { all += pins } END { print all + 0 }'; }
last_pins() { pages 'function page() { if (pins) last = period } END { print last + 0 }'; }

# rests: in five periods nothing has moved, and the last that did was in time.
rests() { reached $(($(last_pins) + 5)); }

# Nothing was done, or no pCPU is above the threshold that could be relieved. What else runs on a pCPU counts, and is
# nobody's to move; and a vCPU that would lose more than a few points to a sibling is rightly left.
stays_or_is_relieved() { [ "$(pins_made)" = 0 ] || at_rest 50 12; }

finish() { # DOMAIN...
    note "$policy: $(spread), $(pins_made) pins, the last in period $(last_pins) of $(last_period)"
    check "... within 25 periods" test "$(last_pins)" -le 25
    stop
    check '... and given back' wait_for 10 affinities_are "$before"
    end "$@"
}

busy() {
    local guests=(l10-1 l10-2 l10-3 l10-4 l10-5 l10-6 l10-7 l10-8)
    begin "${guests[@]}"
    put 1 "${guests[@]}"
    run "${guests[@]}"
    check "$policy: eight busy loops on pCPU 1 are spread" wait_for 70 spread_is 2222
    check '... and rest' wait_for 30 rests
    check '... where they are' spread_is 2222
    finish "${guests[@]}"
}

mixed() {
    local guests=(l10-1 l10-2 l10-3 l10-4 l5-1 l5-2 l5-3 l5-4)
    begin "${guests[@]}"
    put 0 "${guests[@]:0:3}"
    put 1 "${guests[3]}"
    put 2 "${guests[4]}"
    put 3 "${guests[@]:5:3}"
    run "${guests[@]}"
    check "$policy: four of 100 % and four of 50 % are two on each" wait_for 70 spread_is 2222
    check '... and rest' wait_for 30 rests
    check '... where they are' spread_is 2222
    finish "${guests[@]}"
}

light() {
    local guests=(l2-1 l2-2 l2-3 l2-4 l1-1 l1-2 l1-3 l1-4)
    begin "${guests[@]}"
    put 1 "${guests[@]:0:4}"
    put 2 "${guests[4]}"
    put 3 "${guests[@]:5:3}"
    run "${guests[@]}"
    check "$policy: light guests" wait_for 40 reached 8
    check '... rest' wait_for 30 rests
    check '... as they were, or where no pCPU above the threshold could be relieved' wait_for 30 stays_or_is_relieved
    check '... by plans for what was seen' each_reasoned 50 0.1 4
    check '... by four pins at most' test "$(pins_made)" -le 4
    finish "${guests[@]}"
}

mapfile -t policies < <(tr ' ' '\n' <policies)
mapfile -t rows < <(tr ' ' '\n' <rows)
for policy in "${policies[@]}"; do
    for row in "${rows[@]}"; do
        "$row"
    done
done
