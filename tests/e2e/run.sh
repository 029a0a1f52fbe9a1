#!/bin/sh
# Runs every real client against the daemon: tests/e2e/run.sh [FILE.test.js…]
#   EVENTSD_BIN             the daemon; default build/release/src/eventsd
#   EVENTSD_E2E_ARTIFACTS   a folder for screenshots
# Needs node, npm, /usr/bin/python3 with websockets and botocore, curl and /usr/bin/chromium (or $CHROMIUM).
set -eu
EVENTSD_BIN=$(realpath "${EVENTSD_BIN:-$(dirname "$0")/../../build/release/src/eventsd}")
export EVENTSD_BIN
cd "$(dirname "$0")"
[ -x "$EVENTSD_BIN" ] || { echo "no daemon at $EVENTSD_BIN; set EVENTSD_BIN" >&2; exit 2; }
[ -d node_modules ] || npm ci --no-audit --no-fund
[ $# -gt 0 ] || set -- cli.test.js bench.test.js amplify.test.js lambda.test.js clients.test.js delivery.test.js browser.test.js console.test.js console_look.test.js console_proxy.test.js \
  auth_amplify.test.js auth_raw.test.js auth_cli.test.js auth_lambda.test.js auth_issuer.test.js auth_storm.test.js \
  control_plane.test.js caps.test.js handlers.test.js handler_code.test.js handler_limits.test.js docs.test.js sources.test.js kubernetes.test.js hostile.test.js
results=$(mktemp)
trap 'rm -f "$results"' EXIT
status=0
node --test --test-concurrency=1 --test-timeout=240000 \
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
