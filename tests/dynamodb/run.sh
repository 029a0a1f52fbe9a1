#!/bin/sh
# Drives the embedded DynamoDB with the AWS SDK: tests/dynamodb/run.sh [FILE.test.js…]
#   EVENTSD_DYNAMODB_SERVER   the server; default build/dev/tests/eventsd_dynamodb_server
# Needs node and npm.
set -eu
default=$(dirname "$0")/../../build/dev/tests/eventsd_dynamodb_server
EVENTSD_DYNAMODB_SERVER=$(realpath "${EVENTSD_DYNAMODB_SERVER:-$default}")
export EVENTSD_DYNAMODB_SERVER
cd "$(dirname "$0")"
[ -x "$EVENTSD_DYNAMODB_SERVER" ] ||
  { echo "no server at $EVENTSD_DYNAMODB_SERVER; build target eventsd_dynamodb_server" >&2; exit 2; }
[ -d node_modules ] || npm ci --no-audit --no-fund
[ $# -gt 0 ] || set -- tables.test.js clients.test.js
results=$(mktemp)
trap 'rm -f "$results"' EXIT
status=0
node --test --test-concurrency=1 --test-timeout=240000 \
  --test-reporter=spec --test-reporter-destination=stdout \
  --test-reporter=tap --test-reporter-destination="$results" "$@" || status=$?
passed=$(sed -n 's/^# pass //p' "$results")
failed=$(sed -n 's/^# fail //p' "$results")
# A run that proved nothing is no success.
[ "${passed:-0}" -gt 0 ] || status=1
echo "${passed:-0} passed, ${failed:-0} failed"
exit "$status"
