#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The daemon on a libvirtd of its own for SOAK_SECONDS (1200), at PERIOD (0.1 s), while real guests are ended and
# started anew, one about each two seconds: no memory, descriptor or thread may be lost. As root; see
# tests/e2e/lib/sandbox.sh.
# shellcheck source=../e2e/lib/lib.sh
. "$(dirname "$0")/../e2e/lib/lib.sh"
# shellcheck source=growth.sh
. "$(dirname "$0")/growth.sh"

seconds=${SOAK_SECONDS:-1200}
guests=(a b c d e f)
changes=0

guest_create() { # NAME: persistent or not, crowded or floating, by its letter
    case $1 in
    [ab]) domain_create "$1" 2 15x2,3x2/3x2,15x2 0=0 1=0 ;;
    [cd]) domain_create "$1" 2 3x1,12x2/8 ;;
    *) domain_create "$1" 1 10x1,2x1 0=1 ;;
    esac
}

guest_renew() { # NAME
    virt destroy "$SANDBOX_TAG-$1" && rm -f "$work/$1.up" && guest_create "$1" && changes=$((changes + 1))
}

looks() { while growth_look "$work" "$1"; do sleep 0.5; done; }

host_libvirtd
for name in "${guests[@]}"; do guest_create "$name"; done
daemon --adopt-pins --wait --quiet --policy stddev --stddev 5 --dwell 1 --max-pins 4 --runtime-dir "$work/ledger" \
    "${PERIOD:-0.1}"
looks "$daemon" &
looking=$!
end=$((SECONDS + seconds))
while [ $SECONDS -lt $end ] && daemon_lives; do
    guest_renew "${guests[RANDOM % ${#guests[@]}]}"
    sleep 1
done
check 'it lives' daemon_lives
daemon_stop TERM
wait $looking
note "$changes guests were ended and started anew in $seconds s; $(figure periods) periods, $(figure pins) pins"
check 'exit status' equal "$status" 0
check 'guests came and went' at_least "$changes" $((seconds / 10))
check 'pins' at_least "$(figure pins)" 1
check 'says nothing' equal "$(grep -vc 'somebody else\|cross-check\|run-queue' "$err")" 0
growth_check 'daemon' "$work/$daemon.growth"
tap_end
