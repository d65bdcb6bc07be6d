#!/usr/bin/env bash
# Shell scripts pass shellcheck. Functions may be called by name from elsewhere (SC2317, SC2329).
. "$(dirname "$0")/common.sh"
mapfile -t scripts < <({ echo dev; find .ci tests tools fuzz bench examples -type f \( -name '*.sh' -o -path '*/run' \) 2>/dev/null; } | sort)
fault_lines < <(shellcheck --shell=bash --severity=style --format=gcc --exclude=SC1090,SC1091,SC2154,SC2317,SC2329 "${scripts[@]}")
finish
