#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Faults on real QEMU domains: each file operation and each libvirt call of the daemon goes wrong in all its ways, a few
# times a run, then hangs. Afterwards every vCPU's thread has the affinity that it had, or the daemon has named it and its
# --restore gives it back. SHARE=N: one in N calls. VCPU_SCHEDULER_FAULTS: another build of tests/faults/daemon.
# shellcheck source=../e2e/lib/lib.sh
. "$(dirname "$0")/../e2e/lib/lib.sh"

faulty=${VCPU_SCHEDULER_FAULTS:-$builddir/tests/faults/daemon}
[ -x "$faulty" ] || skip_all "there is no $faulty: make it"
share=${SHARE:-1}
log=$work/log
faults=0
runs=0

# A domain that was being started anew when the daemon left may be gone, or go when libvirt finds it half started.
domains_complete() {
    local name
    grep -q '^fault .* restart ' "$log" || return 0
    for name in a b c; do
        virsh -q -c "$uri" start "$SANDBOX_TAG-$name" >/dev/null 2>&1
    done
}

# run_with RULES: the daemon for 24 short periods, or until what hangs has been left.
run_with() {
    : >"$log"
    VS_FAULT=$1 VS_FAULT_SEED=$runs VS_FAULT_STOP=24 VS_FAULT_LOG=9 timeout --preserve-status -k 5 10 "$faulty" --connect "$uri" \
        --runtime-dir "$work/ledger" --adopt-pins --policy stddev --stddev 1 --min-gain 0 --dwell 0 --summary json --verbose \
        0.04 >"$out" 2>"$err" 9>>"$log"
    status=$?
    domains_complete
    runs=$((runs + 1))
    faults=$((faults + $(grep -c '^fault ' "$log")))
}

# Is every vCPU where it was, or named as one that is not?
back_or_named() {
    local vcpu list
    while read -r vcpu list; do
        grep -qxF "$vcpu $list" <<<"$before" ||
            grep -q "domain $SANDBOX_TAG-${vcpu%/*} vCPU ${vcpu#*/} stays on pCPU" "$err" ||
            { note "$vcpu is on $list"; return 1; }
    done < <(affinities)
}

# What was pinned, by the log, is at least what is told.
pins_tally() { at_most "$(figure pins)" "$(grep -c '^pin ' "$log")"; }

ends_well() { # RULES
    [ "$status" -le 1 ] && ! grep -q '^leak ' "$log" && ! says 'Sanitizer|runtime error' && back_or_named && pins_tally &&
        give_back && return
    note "VS_FAULT='$1' VS_FAULT_SEED=$((runs - 1)): status $status; $(grep -m 1 '^leak ' "$log")"
    return 1
}

restore() {
    "$faulty" --connect "$uri" --runtime-dir "$work/ledger" --restore >"$out" 2>>"$err" && [ "$(affinities)" = "$before" ]
}

# After a run that could not give back all, --restore can, once libvirt has done with finding its domains again.
give_back() { [ "$(affinities)" = "$before" ] || wait_for 10 restore || { note "restored: $(affinities)"; return 1; }; }

host_embed
# Persistent ones: a fault that ends a domain starts it anew.
domain_define a 2 20 0=0 1=0 && domain_define b 2 20 0=0 1=0-1 && domain_define c 1 10 0=1
before=$(affinities)
run_with ''
check 'without faults' ends_well ''
check 'without faults: exit status' equal "$status" 0
check 'without faults: pins' at_least "$(figure pins)" 1
calls=$(awk '$1 == "count" { print $2, $3 }' "$log" | sort)
number=0
while read -r call made; do
    number=$((number + 1))
    [ $((number % share)) = 0 ] || continue
    all=("$call:%$((made > 30 ? made / 10 : 2)):any=0" "$call:$(((made + 1) / 2)):hang=0" "$call:end+1:hang=0")
    case $call in
    virDomain*) all+=("$call:$(((made + 1) / 2)):restart=0") ;;
    esac
    for rules in "${all[@]}"; do
        run_with "$rules"
        check "$rules: $(grep -c '^fault ' "$log") faults, status $status" ends_well "$rules"
    done
done <<<"$calls"
note "$faults faults in $runs runs"
check 'faults' at_least "$faults" $((200 / share))
tap_end
