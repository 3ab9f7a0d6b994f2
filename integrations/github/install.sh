#!/usr/bin/env bash
# Install raudit with the locked versions, from the commit that the workflow pinned. Nothing newer can slip in.
set -euo pipefail

if [[ -n "${RAUDIT_PYTHON:-}" ]]; then
  exit 0
fi
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
venv="${RUNNER_TEMP:?}/raudit-venv"
python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check "uv==0.13.8"
UV_PROJECT_ENVIRONMENT="$venv" "$venv/bin/uv" sync --quiet --frozen --no-dev --inexact --project "$root"
