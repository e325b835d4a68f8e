#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The daemon is built with what the compiler and linker have against exploitation: as the binary itself shows it. What
# configure found to be beyond this compiler is skipped. In TAP.
# shellcheck disable=SC2317
set -u
binary=${builddir:?}/vcpu-scheduler
library=$builddir/libvcpu-scheduler.a
tests=0
failed=0

check() { # NAME COMMAND...
    name=$1
    shift
    tests=$((tests + 1))
    if "$@"; then
        echo "ok $tests - $name"
    else
        echo "not ok $tests - $name"
        failed=1
    fi
}

# check_with OPTION NAME COMMAND...: if configure found the option to be of use
check_with() {
    option=$1
    shift
    case " $HARDEN_CFLAGS $HARDEN_LDFLAGS " in
    *" $option"*) check "$@" ;;
    *) tests=$((tests + 1)) && echo "ok $tests - $1 # SKIP built without $option" ;;
    esac
}

skip_all() {
    echo "1..0 # SKIP $1"
    exit 0
}

has() { # FILE PATTERN
    grep -Eq -e "$2" "$1"
}

hasnt() {
    ! grep -Eq -e "$2" "$1"
}

# The C library's functions that are told the room they write to.
checks_room() {
    [ "$(grep -c ' __[a-z]*printf_chk@\| __mem[a-z]*_chk@\| __read_chk@' "$work/symbols")" -ge 2 ]
}

# Each object of ours is marked as fit for indirect branch tracking and shadow stacks; the linker marks the whole only
# if the C library's start-up objects are too, which not every distribution has.
objects_are_marked() {
    objects=$(ar t "$library" | wc -l)
    [ "$objects" -gt 0 ] &&
        [ "$(readelf -n "$library" | grep -c 'x86 feature: IBT, SHSTK')" -eq "$objects" ]
}

whole_is_marked() {
    readelf -n "$binary" | grep -q 'x86 feature: IBT, SHSTK'
}

# A stack frame of several pages is touched page by page on its way.
probes_stack() {
    objdump -d --no-show-raw-insn "$binary" | grep -A 1 'sub .*0x1000,%rsp' |
        grep -Eq '(or|mov)[ql] +.0x0,\(%rsp\)'
}

begins_with_endbr() {
    objdump -d --no-show-raw-insn "$binary" | grep -A 1 '<main>:' | grep -q 'endbr64'
}

[ -z "$SAN_CFLAGS" ] || skip_all "a build with sanitizers is no daemon for a host"
[ -n "$HARDEN_CFLAGS$HARDEN_LDFLAGS" ] || skip_all "built with --disable-hardening"
command -v readelf >/dev/null || skip_all "there are no binutils here"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C
readelf -Wh "$binary" >"$work/header"
readelf -Wl "$binary" >"$work/segments"
readelf -Wd "$binary" >"$work/dynamic"
readelf -Ws --dyn-syms "$binary" >"$work/symbols"

check_with -pie 'loaded anywhere: PIE' has "$work/header" 'Type: +DYN'
check_with -pie 'said to be an executable, not a library' has "$work/dynamic" '\(FLAGS_1\).*PIE'
check 'no relocation in code' hasnt "$work/dynamic" 'TEXTREL'
check_with -Wl,-z,relro 'relocations are read-only afterwards: RELRO' has "$work/segments" 'GNU_RELRO'
check_with -Wl,-z,now 'all of them, bound at the start: BIND_NOW' has "$work/dynamic" '\(FLAGS\).*BIND_NOW|\(FLAGS_1\).*NOW'
check 'no executable stack' has "$work/segments" 'GNU_STACK.* RW '
check 'no segment to write to and run' hasnt "$work/segments" ' RWE '
check 'no library from a path of the build' hasnt "$work/dynamic" 'RPATH|RUNPATH'
check_with -fstack-protector-strong 'stack protector' has "$work/symbols" '__stack_chk_fail@'
check_with -D_FORTIFY_SOURCE 'calls that check the room: FORTIFY' checks_room
case $(uname -m) in
x86_64)
    check_with -fstack-clash-protection 'stack clash protection' probes_stack
    check_with -fcf-protection=full 'control-flow enforcement: branch targets' begins_with_endbr
    check_with -fcf-protection=full 'control-flow enforcement: every object' objects_are_marked
    if readelf -n "$($CC -print-file-name=Scrt1.o)" | grep -q 'IBT, SHSTK'; then
        check_with -fcf-protection=full 'control-flow enforcement: the whole' whole_is_marked
    else
        tests=$((tests + 1))
        echo "ok $tests - control-flow enforcement: the whole # SKIP this C library's Scrt1.o is without it"
    fi
    ;;
esac
echo "1..$tests"
exit $failed
