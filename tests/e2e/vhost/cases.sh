#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What anybody tries first, on a virtual hypervisor host of 4 pCPUs, 2 nodes of a core of 2 threads: eight guests of a
# vCPU each, crowded at the start. cases-balance.sh does the same under the other policy, cases-light.sh what is light.
policies=${policies:-swap}
rows=${rows:-busy mixed}
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
echo "$policies" >"$share/policies"
echo "$rows" >"$share/rows"
for load in 10 5 2 1; do
    for n in 1 2 3 4; do
        check "domain l$load-$n of $((10 * load)) %" domain "l$load-$n" 1 "$load"
    done
done
for n in 5 6 7 8; do
    check "domain l10-$n of 100 %" domain "l10-$n" 1 10
done
vhost_options=(--smp '2,1,2' --numa 2 --timeout 560) # a host with other work to do takes twice as long
on_vhost cases
