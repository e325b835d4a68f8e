#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The host's shape is drawn as util-linux sees it, and nothing is changed.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

# The figure before a word of the head line.
drawn() { sed -nE "1s/.* ([0-9]+) $1.*/\1/p" "$out"; }
seen() { lscpu --parse="$1" | grep -v '^#' | sort -u | wc -l; }
draw() { "$scheduler" --connect "$uri" --topology "$@" >"$out" 2>"$err"; }

host_embed
domain_create a 2 20 0=0 1=0
before=$(affinities)
draw
check 'exit status' equal $? 0
check 'sockets' equal "$(drawn socket)" "$(seen socket)"
check 'cores' equal "$(drawn core)" "$(seen core,socket)"
check 'nodes' equal "$(drawn node)" "$(seen node)"
check 'what is online' equal "$(sed -nE '1s/^online pCPUs: ([0-9]+);.*/\1/p' "$out")" "$(seen cpu)"
check 'both pins are on pCPU 0' grep -qE '\[0[a-z]*:2[] ]' "$out"
check 'no line is too long' equal "$(awk 'length($0) > 80' "$out" | wc -l)" 0
check 'nothing is changed' equal "$(affinities)" "$before"
draw --pool 2
check 'a pool stands in braces' grep -qE '\{0: \[0' "$out"
check 'and in the list, with the vCPUs that are within it' \
    grep -qE '^  pool 0: 0-1 \(2 pCPUs, [12] cores?, 2 vCPUs\)$' "$out"
check 'nothing is changed then either' equal "$(affinities)" "$before"
draw --cpus 0
check 'the others are not managed' grep -qE '\b1[a-z]*x' "$out"
uri='qemu:///embed?root=/dev/null/none'
check 'a host that is none: fails' not draw
check 'a host that is none: says so' says '/dev/null/none'
tap_end
