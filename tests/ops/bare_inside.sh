#!/usr/bin/env bash
# What tests/ops/bare.sh runs inside the bare system: `scripts/run` as a new user tries it, at a
# terminal, with the lines that it prints; then `scripts/test`, and the README in a browser.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
log=/tmp/scripts-run.log
eventsd=build/release/src/eventsd

say() { echo "scripts/run: $*"; }
die() {
  say "$*"
  tail -n 100 "$log" || true
  echo "0 passed, 1 failed"
  exit 1
}
in_use() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
# The process whose executable is ours, not the scripts that started it.
daemon() {
  local exe
  for exe in /proc/[0-9]*/exe; do
    if [[ $(readlink "$exe" 2>/dev/null) == "$PWD/$eventsd" ]]; then
      exe=${exe%/exe}
      echo "${exe#/proc/}"
    fi
  done
}

# The default ports, unless this machine uses them for something else.
if in_use 8080 || in_use 9464; then
  export EVENTSD_LISTEN=127.0.0.1:18080 EVENTSD_ADMIN_LISTEN=127.0.0.1:19464
fi
health_url=http://${EVENTSD_ADMIN_LISTEN:-127.0.0.1:9464}

try() {
  : >"$log"
  script --quiet --return --flush --command scripts/run "$log" >/dev/null 2>&1 </dev/null &
  local starter=$! begin=$SECONDS lines curl answer
  until [[ -x $eventsd ]] && "$eventsd" health --url "$health_url" >/dev/null 2>&1; do
    kill -0 "$starter" 2>/dev/null || die "ended before it was ready"
    [[ $((SECONDS - begin)) -lt 1500 ]] || die "not ready after 25 minutes"
    sleep 0.5
  done
  say "ready after $((SECONDS - begin)) s"

  # What the terminal showed, without colours; the curl line with its continuation lines.
  lines=$(sed -e 's/\x1b\[[0-9;]*[A-Za-z]//g' -e 's/\r//g' "$log")
  curl=$(awk '/^[[:space:]]*curl /{on=1} on{print} on && !/\\$/{exit}' <<<"$lines")
  [[ -n $curl ]] || die "printed no curl line"
  answer=$(bash -c "$curl" 2>/dev/null) || die "the curl line fails: $curl"
  [[ $answer == *'"successful":[{'* && $answer == *'"failed":[]'* ]] ||
    die "the curl line is answered with: $answer"
  say "the printed curl line publishes"

  kill -TERM "$(daemon)"
  wait "$starter" || die "ends with $? on SIGTERM"
  say "stops on SIGTERM"
}

try
key=$(cat eventsd-data/api-key)
try
[[ $key == "$(cat eventsd-data/api-key)" ]] || die "a second start made another API key"
say "a second start keeps the key"

scripts/test

# With a browser there, the README once more, up to the message in the console.
rm -rf eventsd-data
PATH="$PWD/build/tools/node_modules/.bin:$PATH" tests/ops/first_minute.py

# The packages of this very build, for tests/ops/package.sh; twice, and the bytes must be the same.
scripts/package build/release build/test/packages
scripts/package build/release build/test/packages.again >/dev/null
diff build/test/packages/SHA256SUMS build/test/packages.again/SHA256SUMS
rm -rf build/test/packages.again
