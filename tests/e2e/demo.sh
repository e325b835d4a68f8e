#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The guests' part of contrib/demo.sh: two domains that crowd pCPU 0, before, during and after.
# shellcheck source=lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"

show() {
    echo "== $1: vCPU, the pCPUs it may run on, what it uses"
    join <(affinities | sort) <(vcpu_usage 1 | sort) | awk '{ printf "   %-6s %-6s %5.1f %%\n", $1, $2, $3 }'
}

[ "$(nproc)" -gt 1 ] || { echo 'demo: there is one pCPU only: nothing to choose' >&2; exit 1; }
host_embed
for name in a b; do
    domain_create "$name" 2 20 0=0 1=0 || exit 1
done
crowded=$(affinities)
show before
echo '== vcpu-scheduler --adopt-pins --cycles 8 --verbose 1'
"$scheduler" --connect "$uri" --adopt-pins --cycles 8 --verbose --summary text 1 >"$out" &
daemon=$!
sleep 7
after=$(show 'in the eighth period')
look=
[ ! -x "$builddir/vcpu-top" ] || look=$(COLUMNS=80 "$builddir/vcpu-top" --batch --iterations 1)
wait "$daemon"
status=$?
cat "$out"
echo "$after"
[ -z "$look" ] || printf '== vcpu-top at that time\n%s\n' "$look"
show 'after the daemon gave the affinities back'
[ "$(affinities)" = "$crowded" ] || { echo 'demo: the affinities were not given back' >&2; status=1; }
domains_destroy
exit "$status"
