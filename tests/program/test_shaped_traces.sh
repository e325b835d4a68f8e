#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Real traces with a shape: lost work and its three parts as another program, which shares nothing with this one, found
# them when the model was made. TAP.
srcdir=${srcdir:-.}
builddir=${builddir:-.}
traces=$srcdir/../shared/traces
number=0
failed=0
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT

for trace in s1_planetlab_160x16 s2_planetlab_1000x64 s3_bitbrains_32 s4_exathlon_256x24; do
    if [ ! -r "$traces/$trace.csv.gz" ]; then
        echo "1..0 # SKIP no $traces/$trace.csv.gz: the traces are not part of the project"
        exit 0
    fi
done

check() { # TRACE SHAPE LOST CROWDING SIBLINGS REMOTE
    number=$((number + 1))
    "$srcdir/tests/program/with_topology" "$traces/$1.csv.gz" "$2" 0.6 0.85 random:5 >"$work/trace" &&
        "$builddir/vcpu-scheduler" --quiet --connect "trace:$work/trace" --policy none --summary json >"$work/figures"
    for figure in lost lost_crowding lost_sibling lost_remote; do
        sed -n "s/.*\"${figure}_percent\": \\([0-9.]*\\).*/\\1/p" "$work/figures"
    done | paste -sd' ' >"$work/got"
    if echo "$3 $4 $5 $6" | cmp -s - "$work/got"; then
        echo "ok $number - $1 as $2"
    else
        echo "not ok $number - $1 as $2: $(cat "$work/got") instead of $3 $4 $5 $6"
        failed=1
    fi
}

echo "1..4"
check s1_planetlab_160x16 2,1,4,2 29.357675 6.740811 16.302457 6.314406
check s2_planetlab_1000x64 2,2,8,2 27.706243 2.169943 19.555263 5.981037
check s3_bitbrains_32 2,1,4,4 41.968613 14.370657 24.569518 3.028438
check s4_exathlon_256x24 4,1,2,3 38.906571 7.486402 23.621465 7.798704
exit $failed
