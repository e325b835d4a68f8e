# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for vcpu-scheduler and vcpu-top: options and their words are read off --help, which the program makes
# of its own table, so they are always those of the program that is there.

_vcpu_scheduler() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} program=${COMP_WORDS[0]} help words
    COMPREPLY=()
    help=$("$program" --help 2>/dev/null) || return
    # "--option value" and "--option=value" are completed alike; readline parts words at "=".
    [ "$current" != = ] || current=
    if [ "$previous" = = ]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    case $previous in
    --config | --connect | --record | --report | --status-socket)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        compopt -o filenames 2>/dev/null
        return
        ;;
    --runtime-dir)
        mapfile -t COMPREPLY < <(compgen -d -- "$current")
        compopt -o filenames 2>/dev/null
        return
        ;;
    --policy)
        words=$(sed -n '/^Policies:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p' <<<"$help")
        ;;
    --*)
        # "(warn, require or off; default: warn)" of an option that knows its values by name.
        words=$(awk -v option="$previous" '
            index($0 " ", " " option " ") { found = 1 }
            found { text = text " " $0 }
            found && /default: / { exit }
            END {
                gsub(/ +/, " ", text)
                if (match(text, /\([a-z]+(, [a-z]+)* or [a-z]+; +default/)) {
                    text = substr(text, RSTART + 1, RLENGTH)
                    sub(/;.*/, "", text)
                    gsub(/,| or /, " ", text)
                    print text
                }
            }' <<<"$help")
        ;;
    esac
    if [ -z "$words" ]; then
        words=$(grep -oE -- '(^|[ ,])--[a-z][a-z-]*' <<<"$help" | tr -d ' ,' | sort -u)
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _vcpu_scheduler vcpu-scheduler vcpu-top
