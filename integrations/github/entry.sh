#!/usr/bin/env bash
# Run raudit check as the action's inputs say, write its outputs, and end in its exit status.
# Every input comes as an environment variable, so that none can be read as a command.
set -uo pipefail

python="${RAUDIT_PYTHON:-${RUNNER_TEMP:-/tmp}/raudit-venv/bin/python}"
out="${RAUDIT_OUT:-raudit-out}"
mkdir -p "$out" || exit 4
rm -f "$out"/raudit.{sarif,junit.xml,json,md,record.json}

arguments=(check --config "${RAUDIT_CONFIG:-raudit.yaml}")
add() { if [[ -n "${2:-}" ]]; then arguments+=("$1" "$2"); fi; }
add --record "${RAUDIT_RECORD:-}"
add --policy "${RAUDIT_POLICY:-}"
add --fail-on "${RAUDIT_FAIL_ON:-}"
add --on-inconclusive "${RAUDIT_ON_INCONCLUSIVE:-}"
add --waivers "${RAUDIT_WAIVERS:-}"
add --baseline "${RAUDIT_BASELINE:-}"
arguments+=(
  --output github=-
  --output "sarif=$out/raudit.sarif"
  --output "junit=$out/raudit.junit.xml"
  --output "json=$out/raudit.json"
  --output "markdown=$out/raudit.md"
  --output "record=$out/raudit.record.json"
)

"$python" -m raudit "${arguments[@]}"
status=$?

verdict=""
sarif=""
if [[ -f "$out/raudit.json" ]]; then
  verdict="$("$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["verdict"]["status"])' "$out/raudit.json")"
  sarif="$out/raudit.sarif"
fi
if [[ -n "${GITHUB_OUTPUT:-}" ]]; then
  printf 'exit-status=%s\nverdict=%s\nsarif=%s\n' "$status" "$verdict" "$sarif" >>"$GITHUB_OUTPUT"
fi
if [[ -n "${GITHUB_STEP_SUMMARY:-}" && -f "$out/raudit.md" ]]; then
  cat "$out/raudit.md" >>"$GITHUB_STEP_SUMMARY"
fi
exit "$status"
