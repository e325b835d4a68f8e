#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# check.sh: everything that can be checked, from a fresh clone, each step in a build of its own outside the tree.
# Installs what is missing (as root, on Debian). The end of a failed step's log is shown; the last line counts all
# tests, and the exit status is 0 only without a failure. KEEP=1 keeps the builds and logs.
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
export CI=true LC_ALL=C
jobs=$(nproc)
passed=0
failed=0
skipped=0

# The results in a log: of automake's summaries ("# PASS:  3"), and of plain TAP.
count_results() {
    sed 's/\x1b\[[0-9;]*m//g' "$1" | awk '
        /^# PASS: +[0-9]/ { passed += $3; next }
        /^# (FAIL|XPASS|ERROR): +[0-9]/ { failed += $3; next }
        /^# (SKIP|XFAIL): +[0-9]/ { skipped += $3; next }
        /^1\.\.0 # SKIP/ { skipped++; next }
        /^ok .*# SKIP/ { skipped++; next }
        /^ok / { passed++ }
        /^not ok / { failed++ }
        END { print passed + 0, failed + 0, skipped + 0 }'
}

show_failure() { # LOG STATUS
    printf -- '---- %s, exit status %d\n' "${1##*/}" "$2"
    grep -E -A 12 '^(not ok|FAIL|ERROR)|error:' "$1" | head -n 120
    echo '...'
    tail -n 60 "$1"
    echo '----'
}

# step NAME MINUTES FUNCTION [ARGUMENT...]: runs it in the folder of all builds. A step without tests of its own
# counts as one.
step() {
    local name=$1 minutes=$2 log=$folder/$1.log start=$SECONDS status p f s
    shift 2
    (cd "$folder" && exec timeout --kill-after=20 "${minutes}m" bash -c 'set -e; "$@"' - "$@") \
        >"$log" 2>&1 </dev/null
    status=$?
    read -r p f s < <(count_results "$log")
    if [ $((p + f + s)) = 0 ] && [ $status = 0 ]; then
        p=1
    elif [ $status != 0 ] && [ "$f" = 0 ]; then
        f=1
    fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    printf '%-12s %4d passed %3d failed %3d skipped %5d s\n' "$name" "$p" "$f" "$s" $((SECONDS - start))
    sed -n 's/^1\.\.0 # SKIP/             skipped:/p' "$log" | sort -u
    [ "$f" = 0 ] || show_failure "$log" "$status"
    return "$status"
}

# step_on BUILD NAME...: a step that needs that build, skipped without it.
step_on() {
    local build=$1
    shift
    if [ -x "$folder/$build/vcpu-scheduler" ]; then
        step "$@"
    else
        skipped=$((skipped + 1))
        printf '%-12s skipped: the build %s failed\n' "$1" "$build"
    fi
}

# build NAME CC [CONFIGURE-OPTION...]: in the folder NAME.
build() {
    mkdir "$1"
    cd "$1" || return
    ../source/configure --enable-werror CC="$2" "${@:3}"
    make -j"$jobs"
}

# A host without the libraries that it can do without: for this build they are not there.
build_bare() {
    cat >pkg-config-bare <<'SCRIPT'
#!/bin/sh
case "$*" in
*microhttpd* | *systemd* | *ncursesw* | *zlib*) exit 1 ;;
esac
exec pkg-config "$@"
SCRIPT
    chmod +x pkg-config-bare
    PKG_CONFIG=$PWD/pkg-config-bare build bare gcc
    make check-short
}

# target NAME MAKE-ARGUMENT...: in that build.
target() { make -C "$1" -j"$jobs" "${@:2}"; }

# The thread sanitizer of older compilers does not know the address space layout of newer kernels.
target_unrandomised() { setarch "$(uname -m)" -R make -C "$1" -j"$jobs" "${@:2}"; }

check_scripts() {
    type -P shellcheck || { echo '1..0 # SKIP there is no shellcheck here'; return; }
    cd source || return
    shellcheck -x contrib/*.sh contrib/packaging/*.sh contrib/pictures/*.sh .ci/run tests/program/test_hardening.sh \
        tests/program/layering.sh tests/fuzz/run
    (cd tests/package && shellcheck -x ./*.sh parts/*.sh)
    (cd tests/e2e && shellcheck -x run ./*.sh lib/*.sh)
    (cd tests/e2e/cases && shellcheck -x ./*.sh)
    (cd tests/e2e/vhost && shellcheck -x ./*.sh)
    (cd tests/e2e/vhost/parts && shellcheck -x ./*.sh)
    (cd tests/faults && shellcheck -x ./*.sh)
}

finish() {
    [ -n "${KEEP:-}" ] && return
    chmod -R u+w "$folder"
    rm -rf "$folder"
}

packages_ensure build run test package
folder=$(mktemp -d)
trap finish EXIT
trap 'exit 130' INT TERM HUP
export jobs
export -f build build_bare target target_unrandomised check_scripts source_copy
export folder top
say "builds and logs are in $folder${KEEP:+, and stay there}"

step source 2 source_copy source
# What lies beside the tree, where it does (recorded loads, a virtual host), lies beside the copy.
[ ! -e "$top/../shared" ] || ln -s "$top/../shared" "$folder/shared"
step scripts 2 check_scripts
step gcc 8 build gcc gcc
step_on gcc gcc-check 10 target gcc check
step bare 10 build_bare
step clang 8 build clang clang
step asan 8 build asan gcc --with-sanitizer=address,undefined
step_on asan asan-check 12 target asan check
step tsan 8 build tsan gcc --with-sanitizer=thread
step_on tsan tsan-check 12 target_unrandomised tsan check-short
step_on tsan tsan-ring 15 target_unrandomised tsan check-tsan-ring
step_on gcc valgrind 25 target gcc check-valgrind
step_on gcc fuzz 20 target gcc check-fuzz FUZZ_SECONDS=8
step_on gcc faults 8 target gcc check-faults FAULTS='--share 8 --least 200'
step_on gcc faults-real 6 env SHARE=10 make -C gcc check-faults-real
step_on asan asan-faults 8 target asan check-faults FAULTS='--share 24 --least 50'
step_on gcc soak 4 env PERIODS=2000 PROCESSES=2 SOAK_SECONDS=20 make -C gcc check-soak
step_on gcc spin 10 target gcc check-spin
asan=$folder/asan/vcpu-scheduler
[ -x "$asan" ] || asan=
step_on gcc e2e 35 env VCPU_SCHEDULER_ASAN="$asan" make -C gcc check-e2e
step_on gcc vhost 40 env VCPU_SCHEDULER_VHOST="${VCPU_SCHEDULER_VHOST:-$top/../shared/vhost}" make -C gcc check-vhost
step_on gcc package 15 env VCPU_SCHEDULER_VHOST="${VCPU_SCHEDULER_VHOST:-$top/../shared/vhost}" make -C gcc check-package
step_on gcc distcheck 12 target gcc distcheck

printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" = 0 ]
