#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The journal's catalog and the man page explain every message id of src/log/event.c, and no other. TAP.
srcdir=${srcdir:-.}
catalog=$srcdir/contrib/systemd/vcpu-scheduler.catalog
source_ids=$(grep -oE '"[0-9a-f]{32}"' "$srcdir/src/log/event.c" | tr -d '"' | sort)
catalog_ids=$(sed -n 's/^-- //p' "$catalog" | sort)
if [ -n "$source_ids" ] && [ "$source_ids" = "$catalog_ids" ]; then
    echo 'ok 1 - every message id is explained'
else
    echo 'not ok 1 - every message id is explained'
    printf '# %s\n' "$source_ids" "and in the catalog" "$catalog_ids"
fi
manual_ids=$(sed -n 's/^\.It Li \([0-9a-f]\{32\}\)$/\1/p' "$srcdir/src/man/vcpu-scheduler.8" | sort)
if [ "$source_ids" = "$manual_ids" ]; then
    echo 'ok 2 - the man page has them'
else
    echo 'not ok 2 - the man page has them'
fi
if ! command -v journalctl >/dev/null; then
    echo 'ok 3 - systemd takes the catalog # SKIP no journalctl'
else
    root=$(mktemp -d)
    mkdir -p "$root/usr/lib/systemd/catalog" "$root/var/lib/systemd/catalog"
    cp "$catalog" "$root/usr/lib/systemd/catalog/"
    said=$(journalctl --root="$root" --update-catalog 2>&1)
    if [ -s "$root/var/lib/systemd/catalog/database" ] && [ -z "$said" ]; then
        echo 'ok 3 - systemd takes the catalog'
    else
        echo 'not ok 3 - systemd takes the catalog'
        echo "# $said"
    fi
    rm -rf "$root"
fi
echo 1..3
