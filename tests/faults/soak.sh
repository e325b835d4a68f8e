#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# soak.sh DAEMON: PERIODS periods (200,000) of 0.01 s on libvirt's test driver, by PROCESSES daemons (4) at a time, while
# about each twentieth sweep a domain is ended and started anew. No memory, descriptor or thread may be lost. DAEMON is
# tests/faults/daemon, whose shim makes the domains come and go.
# shellcheck source=growth.sh
. "$(dirname "$0")/growth.sh"
# shellcheck source=../e2e/lib/tap.sh
. "$(dirname "$0")/../e2e/lib/tap.sh"

periods=${PERIODS:-200000}
processes=${PROCESSES:-4}
each=$((periods / processes))
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'kill "${pids[@]}" 2>/dev/null; exit 130' INT TERM HUP

cat >"$folder/begin" <<'CAST'
a 2 0 4 ff ff ff ff ff ff ff ff
b 3 1 3 1 1 1 15 15 15
c 4 0 2 5 14 5 14
d 5 1 2 4 10 4 10
e 6 1 4 1 4 1 4 5 15 15 15
CAST

pids=()
for ((i = 0; i < processes; i++)); do
    VS_FAULT='virConnectGetAllDomainStats:%20:restart=0' VS_FAULT_SEED=$i VS_FAULT_HOST=$folder/begin \
        "$1" --connect test:///default --threshold 55 --min-gain 1 --dwell 1 --max-pins 4 --wait --quiet \
        --runtime-dir "$folder/run$i" --summary json --cycles "$each" 0.01 >"$folder/$i.out" 2>"$folder/$i.err" &
    pids+=($!)
done
while growth_look "$folder" "${pids[@]}"; do sleep 0.5; done
for ((i = 0; i < processes; i++)); do
    wait "${pids[i]}"
    check "daemon $i: exit status" equal $? 0
    note "daemon $i: $(tail -n 1 "$folder/$i.out" | cut -c 1-90)"
    check "daemon $i: $each periods" grep -q "\"periods\": $each," "$folder/$i.out"
    check "daemon $i: pins" grep -q '"pins": [1-9]' "$folder/$i.out"
    growth_check "daemon $i" "$folder/${pids[i]}.growth"
done
tap_end
