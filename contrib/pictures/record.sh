#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# record.sh FOLDER: records session.sh on guests that crowd a pCPU: FOLDER/session.svg. In a sandbox of its own.
# shellcheck source=../../tests/e2e/lib/lib.sh
. "$(dirname "$0")/../../tests/e2e/lib/lib.sh"
folder=$1

host_embed
wait_quiet
for name in web db; do
    domain_create "$name" 2 20 0=0 1=0 || exit 1
done
export builddir uri SANDBOX_TAG
# It ends with its standard input: here is one on which nothing ever comes.
exec 3< <(exec sleep 600 2>/dev/null)
silence=$!
TERM=xterm-256color termtosvg "$folder/session.svg" -g 80x24 -M 2500 -D 5000 -t window_frame \
    -c "bash $(dirname "$0")/session.sh" <&3 >/dev/null
status=$?
kill "$silence"
domains_destroy
exit $status
