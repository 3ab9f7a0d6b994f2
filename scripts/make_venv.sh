#!/usr/bin/env bash
# make_venv.sh PYTHON VENV UV_VERSION: a virtual environment with uv in it.
# Debian packs venv apart from Python; where it is missing and can be installed, it is.
set -euo pipefail
python=$1 venv=$2 uv=$3
if ! command -v "$python" >/dev/null; then
    echo "raudit needs Python 3.11 or newer; on Debian or Ubuntu: apt-get install python3 python3-venv" >&2
    exit 2
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "raudit needs Python 3.11 or newer and found $("$python" --version); name another: make demo PYTHON=python3.12" >&2
    exit 2
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "python$version-venv" >/dev/null
    else
        echo "Python's venv is missing: sudo apt-get install python$version-venv" >&2
        exit 2
    fi
fi
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
"$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$venv/bin/python" -m ensurepip >/dev/null # made without pip
"$venv/bin/python" -m pip install -q --disable-pip-version-check "uv==$uv"
