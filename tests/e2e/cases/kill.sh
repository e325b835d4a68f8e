#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The daemon is killed at random moments, KILLS times; whatever follows, each time every affinity comes back as it was:
# with --restore, or with another run that ends well. Pins don't depend on the load here, which is next to nothing.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

kills=${KILLS:-20}
seed=${SEED:-$$}
RANDOM=$seed
runtime=$work/runtime
pinned_kills=0
took_over=0
slowest=0

pinning() {
    daemon --runtime-dir "$runtime" --wait --crosscheck off --adopt-pins \
        --policy stddev --stddev 0 --min-gain 0 --dwell 0 --max-pins 6 0.1
} >/dev/null

# All that there is to be given back: a line "NAME/VCPU kernel|libvirt LIST" for each vCPU.
state() {
    local name commands='' names='full part fixed kept anew'
    for name in $names; do
        commands+="vcpupin $SANDBOX_TAG-$name; "
    done
    {
        affinities | awk '{ print $1, "kernel", $2 }'
        virsh -q -c "$uri" "$commands" | awk -v names="$names" 'BEGIN { split(names, name) }
            NF == 2 { at += $1 == 0; print name[at] "/" $1, "libvirt", $2 }'
    } | sort
}

same() { diff <(echo "$before") <(state) | sed 's/^/# /' && [ "${PIPESTATUS[0]}" = 0 ]; }

# A domain that is started anew between two runs is another one: what it has then is its own.
start_anew() {
    virt destroy "$SANDBOX_TAG-anew"
    rm -f "$work/anew.up"
    domain_create anew 2 2 0=$((RANDOM % 2)) 1=0-1
    before=$({ grep -v ^anew/ <<<"$before"; state | grep ^anew/; } | sort)
}

give_back() {
    if [ $((RANDOM % 2)) = 0 ]; then
        timeout 20 "$scheduler" --connect "$uri" --runtime-dir "$runtime" --restore >"$out" 2>"$err"
        status=$?
        return
    fi
    pinning
    wait_for 10 says '5 domains, 10 vCPUs'
    sleep "0.$((RANDOM % 9))"
    daemon_stop
}

# One death. A daemon that takes over may be killed in turn.
one() {
    local deaths=$((RANDOM % 3 / 2 + 1)) start
    for ((; deaths > 0 && done < kills; deaths--)); do
        pinning
        sleep "0.$(printf '%03d' $((RANDOM % 700)))"
        kill -KILL "$daemon"
        wait "$daemon" 2>/dev/null
        done=$((done + 1))
        says 'an earlier run has left' && took_over=$((took_over + 1))
    done
    [ "$(state)" = "$before" ] || pinned_kills=$((pinned_kills + 1))
    [ $((RANDOM % 8)) != 0 ] || start_anew
    start=$(now_ms)
    give_back
    [ $(($(now_ms) - start)) -le "$slowest" ] || slowest=$(($(now_ms) - start))
    equal "$status" 0 && same && equal "$(ls "$runtime"/*.ledger* 2>/dev/null)" ''
}

all() {
    local done=0 wrong=0
    while [ "$done" -lt "$kills" ]; do
        one && continue
        wrong=$((wrong + 1))
        note "wrong after kill $done"
        tap_diagnose
        [ "$wrong" -lt 3 ] || return
        before=$(state)
    done
    [ "$wrong" = 0 ]
}

host_libvirtd
domain_create full 2 2
domain_create part 2 2 0=0 1=0-1
domain_create fixed 2 2 0=1 1=1
domain_define kept 2 2 0=0-1 1=1
domain_create anew 2 2 0=0 1=0-1
before=$(state)
start=$(now_ms)
note "seed $seed"
check "$kills kills: every affinity comes back" all
note "$kills kills in $((($(now_ms) - start) / 1000)) s, $pinned_kills times with pins left, $took_over taken over;" \
    "giving back took $slowest ms at most"
check 'pins were left to be given back' at_least "$pinned_kills" $((kills / 5))
tap_end
