#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is it worth to know the host's shape? `balance` loses at least 25 % less work than itself blind to the topology
# (--flat), at no more than 1.2 times its pins: means over the public traces, replayed on two sockets with SMT. For three
# ways to spread the VMs' memory over the nodes. TAP.
srcdir=${srcdir:-.}
builddir=${builddir:-.}
traces=$srcdir/../shared/traces
smt_factor=0.6
remote_factor=0.85
most_lost=0.75
most_pins=1.2

for trace in s1_planetlab_160x16 s2_planetlab_1000x64 s3_bitbrains_32 s4_exathlon_256x24; do
    if [ ! -r "$traces/$trace.csv.gz" ]; then
        echo "1..0 # SKIP no $traces/$trace.csv.gz: the traces are not part of the project"
        exit 0
    fi
done
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT

figure() { # NAME FILE: of a summary
    sed -n "s/.*\"$1\": \\([0-9.]*\\).*/\\1/p" "$2"
}

replay() { # NAME OPTION...: balance on the trace that was made; its summary becomes NAME
    name=$1
    shift
    "$builddir/vcpu-scheduler" --quiet --connect "trace:$work/trace" --policy balance --summary json "$@" \
        >"$work/$name" || exit 99
}

compare() { # TRACE SHAPE HOMES: adds a line to the figures
    "$srcdir/tests/program/with_topology" "$traces/$1.csv.gz" "$2" $smt_factor $remote_factor "$3" >"$work/trace" || exit 99
    replay flat --flat
    replay aware
    echo "$1 $(figure lost_percent "$work/flat") $(figure lost_percent "$work/aware")" \
        "$(figure pins "$work/flat") $(figure pins "$work/aware")" \
        "$(figure lost_crowding_percent "$work/flat") $(figure lost_crowding_percent "$work/aware")" \
        "$(figure lost_sibling_percent "$work/flat") $(figure lost_sibling_percent "$work/aware")" \
        "$(figure lost_remote_percent "$work/flat") $(figure lost_remote_percent "$work/aware")" >>"$work/figures"
}

# Shows the traces' figures, blind and aware, then two tests of the means of their ratios.
judge() { # NUMBER HOMES
    awk -v number="$1" -v homes="$2" -v most_lost=$most_lost -v most_pins=$most_pins '
        function verdict(good, text) {
            printf "%s %d - homes %s: %s\n", good ? "ok" : "not ok", number++, homes, text
            missed += !good
        }
        {
            lost += $3 / $2
            pins += $5 / $4
            printf "# %-21s lost %.3f -> %.3f %% (x %.3f): crowding %.3f -> %.3f, sibling %.3f -> %.3f, ", $1, $2, $3,
                $3 / $2, $6, $7, $8, $9
            printf "remote %.3f -> %.3f; pins %d -> %d (x %.2f)\n", $10, $11, $4, $5, $5 / $4
        }
        END {
            verdict(NR == 4 && lost / NR <= most_lost,
                sprintf("loses %.3f of what it loses blind, at most %.2f", lost / NR, most_lost))
            verdict(NR == 4 && pins / NR <= most_pins,
                sprintf("makes %.2f times its pins blind, at most %.1f", pins / NR, most_pins))
            exit missed
        }' "$work/figures"
}

echo "1..6"
number=1
failed=0
for homes in modulo start random:1; do
    : >"$work/figures"
    compare s1_planetlab_160x16 2,1,4,2 $homes
    compare s2_planetlab_1000x64 2,2,8,2 $homes
    compare s3_bitbrains_32 2,1,8,2 $homes
    compare s4_exathlon_256x24 2,1,6,2 $homes
    judge $number $homes || failed=1
    number=$((number + 2))
done
exit $failed
