#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The configuration is read again while the daemon runs, on libvirt's test driver: another period takes effect at once, what
# can't be read changes nothing. TAP.
# shellcheck disable=SC2317 # functions are called by check()
srcdir=${srcdir:-.}
builddir=${builddir:-.}
# shellcheck source=tests/support/checks.sh
. "$srcdir/tests/support/checks.sh"

config=$work/conf
said=$work/log
trap 'kill "$daemon" 2>/dev/null; rm -rf "$work"' EXIT

# within SECONDS COMMAND...: is it so by then?
within() {
    left=$(($1 * 20))
    shift
    until "$@"; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || { cat "$said"; return 1; }
        sleep 0.05
    done
}
says() { grep -qF -- "$1" "$said"; }
has_ended() { ! kill -0 "$daemon" 2>/dev/null; }
lives() { kill -0 "$daemon"; }
ended_in_time() { within 10 has_ended && wait "$daemon"; }
ended_well() { has_ended && wait "$daemon"; }

"$builddir/vcpu-scheduler" --version >"$work/version" 2>&1 || { echo "1..0 # SKIP it doesn't run here"; exit 0; }
printf 'period = 3600\nexclude = db-*\n' >"$config"
"$builddir/vcpu-scheduler" --connect test:///default --config "$config" --runtime-dir "$work/run" --status-socket none \
    --cycles 3 --summary text >"$work/out" 2>"$said" &
daemon=$!
check 'the first sample is taken' within 20 says '1 domain, 2 vCPUs'
check 'a glob that matches nothing is told' within 1 says "exclude: 'db-*' matches no active domain"

mv "$config" "$config.away"
kill -HUP "$daemon"
check 'the file is gone: told' within 10 says 'No such file or directory'
check 'the file is gone: all stays as it was' within 10 says 'refused as a whole, all stays as it was'
printf '[daemon]\nperiod = 1h\n' >"$config"
kill -HUP "$daemon"
check 'mistakes: told, the first' within 10 says "$config:1: there are no sections: '[daemon]'"
check 'mistakes: told, the second' within 10 says "$config:2: period: '1h' is not a number"
check 'it lives' lives

printf 'period = 0.05\nexclude = db-*\n' >"$config"
kill -HUP "$daemon"
check 'another period takes effect at once' within 10 has_ended
check 'it ends well' ended_well

if ! grep -q 'define HAVE_SYSTEMD 1' "$builddir/config.h"; then
    skip 'a service reads a file that has come' 'this build tells no service manager'
    checks_end
fi
# What systemd reloads may have had no file at its start.
: >"$said" # or the first daemon's lines may be taken for the second's
NOTIFY_SOCKET=@nobody-listens-$$ "$builddir/vcpu-scheduler" --connect test:///default --runtime-dir "$work/run" \
    --status-socket none --wait 0.2 >"$work/out" 2>"$said" &
daemon=$!
check 'a service without a file' within 20 says '1 domain, 2 vCPUs'
kill -HUP "$daemon"
check 'reads one that has come' within 10 says 'configuration read again'
kill "$daemon"
check 'and ends well' ended_in_time
checks_end
