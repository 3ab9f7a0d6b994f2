#!/usr/bin/env bash
# The libraries that weasyprint draws with (Pango, HarfBuzz), and OpenMP for the tree libraries: installed if this
# machine allows it, else the exact command is printed.
set -euo pipefail
missing=()
need() { ldconfig -p 2>/dev/null | grep -q "$1" || missing+=("$2"); }
need libpango-1.0.so.0 libpango-1.0-0
need libpangoft2-1.0.so.0 libpangoft2-1.0-0
need libharfbuzz.so.0 libharfbuzz0b
need libharfbuzz-subset.so.0 libharfbuzz-subset0
need libgomp.so.1 libgomp1
[ ${#missing[@]} -eq 0 ] && exit 0
if command -v apt-get >/dev/null; then
    if [ "$(id -u)" = 0 ]; then sudo=; elif sudo -n true 2>/dev/null; then sudo=sudo; else sudo=no; fi
    if [ "$sudo" != no ]; then
        echo "installing ${missing[*]}" >&2
        $sudo apt-get update -qq
        DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
        exit 0
    fi
fi
echo "raudit draws its report with system libraries that are not here. Install them, then run this again:" >&2
echo "    sudo apt-get install ${missing[*]}" >&2
exit 2
