# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# The part of vcpu-top.sh on the virtual host.
begin web db mail build cache
crowd 1 web db
crowd 2 mail build
crowd 5 cache
"$scheduler" --adopt-pins --exclude '*-cache' --threshold 40 --wait 2 >out 2>err &
daemon=$!
sleep 14
TERM=xterm-256color LC_ALL=C.UTF-8 script -q -O typescript -T timing \
    -c 'stty rows 30 columns 100; exec vcpu-top --delay 0.5 --iterations 6' >/dev/null </dev/null
check 'vcpu-top has run' test -s typescript
stop
end web db mail build cache
