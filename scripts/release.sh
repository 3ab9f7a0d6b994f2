#!/usr/bin/env bash
# release.sh BIN: what is published, in dist/: wheel, source archive, list of parts; the wheel is tried on its own.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$1
rm -rf dist/*.whl dist/*.tar.gz dist/sbom.cdx.json
"$bin/uv" build -q
"$bin/uv" export -q --frozen --no-dev --all-extras --no-emit-project --format cyclonedx1.5 --preview >dist/sbom.cdx.json
trial=$(mktemp -d)
trap 'rm -rf "$trial"' EXIT
"$bin/uv" venv -q "$trial/venv"
"$bin/uv" pip install -q --python "$trial/venv/bin/python" dist/*.whl
cd "$trial"
venv/bin/raudit demo demo >demo.log 2>&1 || { cat demo.log; exit 1; }
venv/bin/raudit new checklist launch-gate >/dev/null
echo "the wheel runs its demo in an empty environment:"
tail -n 3 demo.log
