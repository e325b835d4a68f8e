#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How much of their work guests get done that burst at random, pinned to a pCPU, a core or a node each under swap, and
# left to the kernel: 24 vCPUs on 8 pCPUs, which are half used in the mean. SEED chooses the bursts, ROUNDS how often
# each way is measured. A guest spins by the clock, so what it does not get in time is lost to it. Some ten minutes.
seed=${SEED:-1}
rounds=${ROUNDS:-2}
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# Sixteen phases of 3 s for each of 4 vCPUs, such that each is fully busy in 16 / 6 of them in the mean, all 24 in 64.
phases() { # NUMBER
    awk -v seed="$seed" -v number="$1" 'BEGIN {
        srand(seed)
        for (left = 64; left;) {
            at = int(rand() * 24 * 16)
            if (!busy[at]) { busy[at] = 1; left-- }
        }
        for (phase = 0; phase < 16; phase++)
            for (v = 0; v < 4; v++)
                printf "%d%s", 10 * busy[(number * 4 + v) * 16 + phase], v < 3 ? "," : "\n"
    }'
}

bursting() { # NUMBER
    # shellcheck disable=SC2046 # words
    "$vhost" rom "$share/b$1.rom" --phase 3 $(phases "$1") || return
    "$vhost" xml "vs-b$1" 4 "/mnt/share/b$1.rom" >"$share/b$1.xml"
}

for number in 0 1 2 3 4 5; do
    check "domain b$number of four vCPUs that burst" bursting "$number"
done
echo "$rounds" >"$share/rounds"
note "seed $seed"
vhost_options=(--timeout $((300 + rounds * 4 * 150)))
on_vhost bursts
