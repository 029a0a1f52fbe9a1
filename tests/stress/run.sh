#!/bin/sh
# Stresses the binary $EVENTSD_BIN: everything with one shard, the mixed load with four, replay, and
# kill -9 (5 rounds; with --full 20). Further arguments go to run.py (--patience, --client, --seed …).
set -u
: "${EVENTSD_BIN:?set EVENTSD_BIN to the eventsd binary}"
here=$(dirname "$0")
rounds=5
if [ "${1:-}" = --full ]; then
  rounds=20
  shift
fi
status=0
passed=0
failed=0
run() {
  out=$("$here/run.py" --bin "$EVENTSD_BIN" "$@") || status=1
  printf '%s\n' "$out"
  counts=$(printf '%s\n' "$out" | sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p')
  counts=${counts:-0 1}
  passed=$((passed + ${counts% *}))
  failed=$((failed + ${counts#* }))
}
run --scenario mixed,replay,kill9 --shards 1 --rounds "$rounds" "$@"
run --scenario mixed --shards 4 "$@"
echo "stress: $passed passed, $failed failed"
exit $status
