# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The virtual hypervisor host from outside: needs the program `vhost`, which boots such a host of 8 pCPUs, 2 nodes of 2
# cores of 2 threads, with systemd and cgroup v2 only. Under software emulation siblings and remote memory cost nothing:
# what is tested there is decisions, not speed. Run in the build directory.
set -u
lib=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=../lib/tap.sh
. "$lib/../lib/tap.sh"
here=$(dirname "$0") # where the parts are
vhost=${VCPU_SCHEDULER_VHOST:-${srcdir:-.}/../shared/vhost}
[ -x "$vhost" ] || skip_all "there is no virtual host: VCPU_SCHEDULER_VHOST names no program ($vhost)"

vhost_options=(--append 'isolcpus=6,7') # its shape; that above is the default
share=$(mktemp -d)
trap 'rm -rf "$share"' EXIT
trap 'exit 130' INT TERM HUP

note_when_failed() { "$@" >"$share/log" 2>&1 || { note_file "$share/log"; return 1; }; }

# What the program is linked with, as the virtual host may not have all of it.
copy_libraries() {
    local name path
    mkdir "$share/libs"
    for name in $(objdump -p "$share"/root/usr/local/*bin/* | awk '/NEEDED/ { print $2 }' | sort -u); do
        path=$(ldconfig -p | awk -v name="$name" '$1 == name { print $NF; exit }')
        cp -L "$path" "$share/libs/" || return
    done
}

# domain NAME VCPUS LOAD [NODE]: load in tenths of a pCPU for each vCPU; the node that its memory is on.
domain() {
    local numatune=${4:+"<numatune><memory mode='strict' nodeset='$4'/></numatune>"}
    [ -e "$share/load$3.rom" ] || "$vhost" rom "$share/load$3.rom" "$3" || return
    "$vhost" xml "vs-$1" "$2" "/mnt/share/load$3.rom" | sed "s|</vcpu>|&$numatune|" >"$share/$1.xml"
}

# on_vhost PART...: what is made and installed so far, then the parts there. Ends the script.
on_vhost() {
    check 'the virtual host is built' note_when_failed "$vhost" build
    check 'make install' note_when_failed "${MAKE:-make}" install DESTDIR="$share/root"
    check 'its libraries' copy_libraries
    run_on_vhost "$@"
}

# run_on_vhost PART...: the parts there: parts/PART.sh. Ends the script.
run_on_vhost() {
    local part status
    cp "$lib/../lib/tap.sh" "$lib/../lib/look.sh" "$lib/../lib/seen.sh" "$lib/guest.sh" "$lib/unit.sh" "$share/"
    for part; do
        cp "$here/parts/$part.sh" "$share/part-$part.sh"
    done
    [ "$tap_failed" = 0 ] || tap_end
    "$vhost" run --share "$share" --control 0 --timeout 280 "${vhost_options[@]}" -- \
        "bash guest.sh $tap_count $*" 2>"$share/errors"
    status=$?
    [ $status = 0 ] || note_file "$share/errors"
    case $status in
    124 | 125) echo 'not ok - the virtual host failed' ;;
    esac
    exit $status
}
