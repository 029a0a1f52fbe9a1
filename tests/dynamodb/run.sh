#!/bin/sh
# Drives the embedded DynamoDB with the AWS SDK: tests/dynamodb/run.sh [FILE.test.js…]
#   EVENTSD_DYNAMODB_SERVER   the server; default build/dev/tests/eventsd_dynamodb_server
#   EVENTSD_BIN               the daemon, through which all runs once more; default build/dev/src/eventsd
# Needs node and npm.
set -eu
default=$(dirname "$0")/../../build/dev/tests/eventsd_dynamodb_server
EVENTSD_DYNAMODB_SERVER=$(realpath "${EVENTSD_DYNAMODB_SERVER:-$default}")
EVENTSD_BIN=$(realpath "${EVENTSD_BIN:-$(dirname "$0")/../../build/dev/src/eventsd}")
export EVENTSD_DYNAMODB_SERVER EVENTSD_BIN
cd "$(dirname "$0")"
[ -x "$EVENTSD_DYNAMODB_SERVER" ] ||
  { echo "no server at $EVENTSD_DYNAMODB_SERVER; build target eventsd_dynamodb_server" >&2; exit 2; }
[ -d node_modules ] || npm ci --no-audit --no-fund
[ -x "$EVENTSD_BIN" ] || { echo "no daemon at $EVENTSD_BIN; build target eventsd" >&2; exit 2; }
results=$(mktemp)
trap 'rm -f "$results"' EXIT
status=0
passed=0
failed=0
run() {
  node --test --test-concurrency=1 --test-timeout=240000 \
    --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=tap --test-reporter-destination="$results" "$@" || status=$?
  run_passed=$(sed -n 's/^# pass //p' "$results")
  run_failed=$(sed -n 's/^# fail //p' "$results")
  # A run that proved nothing is no success.
  [ "${run_passed:-0}" -gt 0 ] || status=1
  passed=$((passed + ${run_passed:-0}))
  failed=$((failed + ${run_failed:-0}))
}
if [ $# -gt 0 ]; then
  run "$@"
else
  run tables.test.js clients.test.js
  EVENTSD_DYNAMODB_THROUGH=daemon run tables.test.js clients.test.js daemon.test.js chat.test.js
fi
echo "$passed passed, $failed failed"
exit "$status"
