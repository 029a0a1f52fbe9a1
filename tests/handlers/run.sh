#!/bin/sh
# Lints, type-checks and runs the handlers: tests/handlers/run.sh [FILE.test.js…]
#   EVENTSD_BIN   the daemon; default build/release/src/eventsd
# Needs node and npm.
set -eu
EVENTSD_BIN=$(realpath "${EVENTSD_BIN:-$(dirname "$0")/../../build/release/src/eventsd}")
export EVENTSD_BIN
cd "$(dirname "$0")"
[ -x "$EVENTSD_BIN" ] || { echo "no daemon at $EVENTSD_BIN; set EVENTSD_BIN" >&2; exit 2; }
[ -d node_modules ] || npm ci --no-audit --no-fund
[ $# -gt 0 ] || set -- rules.test.js cases.test.js
results=$(mktemp)
trap 'rm -f "$results"' EXIT
status=0
node --test --test-timeout=120000 \
  --test-reporter=spec --test-reporter-destination=stdout \
  --test-reporter=tap --test-reporter-destination="$results" "$@" || status=$?
passed=$(sed -n 's/^# pass //p' "$results")
failed=$(sed -n 's/^# fail //p' "$results")
cancelled=$(sed -n 's/^# cancelled //p' "$results")
failed=$((${failed:-0} + ${cancelled:-0}))
# A run that proved nothing is no success.
[ "${passed:-0}" -gt 0 ] || status=1
echo "${passed:-0} passed, $failed failed"
exit "$status"
