#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vCPUs that spin against a quota want no more than it lets them have: seen by what is recorded of them. The quotas
# come while the daemon runs.
# shellcheck source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

trace=$work/trace

# set_quotas PARAMETER VALUE: of both domains, of every vCPU or of the domain as a whole, in a period of 100 ms.
set_quotas() {
    local domain
    for domain in a b; do
        virt schedinfo "$SANDBOX_TAG-$domain" --live --set "$1_quota=$2" || return
    done
}

# The most that was recorded of a vCPU, or of a domain of four, in the rows since a number of them.
most_of_vcpu() { rows "$1" | awk -F, '{ for (i = 2; i <= 9; i++) if ($i > m) m = $i } END { print m + 0 }'; }
most_of_domain() {
    rows "$1" | awk -F, '{ a = $2 + $3 + $4 + $5; b = $6 + $7 + $8 + $9; if (a > m) m = a; if (b > m) m = b } END { print m + 0 }'
}
rows() { grep -v '^#' "$trace" | tail -n "+$(($1 + 1))"; }

host_libvirtd
wait_quiet
domain_create a 4 100 0=0 1=0 2=0 3=0
domain_create b 4 100 0=1 1=1 2=1 3=1

daemon --policy none --record "$trace" --cycles 10 --verbose 0.7
wait_for 10 says 'Period 2 '
check 'quotas of vCPUs are set' set_quotas vcpu 10000
daemon_end 30
check 'exit status' equal "$status" 0
note "recorded: $(rows 0 | paste -sd' ')"
check 'without a quota they are hungry' at_least "$(rows 0 | head -n 2 | awk -F, '{ s += $2 + $3 + $4 } END { print s }')" 60
check 'a vCPU wants what its quota lets it have' at_most "$(most_of_vcpu 6)" 14
check 'the domains are given something' at_least "$(most_of_vcpu 6)" 3

set_quotas vcpu -1
check 'quotas of domains are set' set_quotas global 40000
daemon_run 30 --policy none --record "$trace" --cycles 5 0.7
note "recorded: $(rows 0 | paste -sd' ')"
check 'a domain wants what its quota lets it have' at_most "$(most_of_domain 1)" 48
check 'exit status' equal "$status" 0
tap_end
