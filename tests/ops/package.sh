#!/usr/bin/env bash
# The Debian package, tried as an administrator would on a bare Debian 12: tests/ops/package_inside.py
# installs, runs, upgrades, removes and purges it there. Takes what the bare run has packed (step
# bare), or packs build/release; packs it a second time to see that the bytes are the same.
#   tests/ops/package.sh [BUILD]
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
logs=$root/build/test

inside() {
  local dir=$1
  mount --bind "$dir" "$dir"
  mount -t proc proc "$dir/proc"
  mount --rbind /dev "$dir/dev"
  mount -t tmpfs tmpfs "$dir/run"
  ip link set lo up
  /usr/bin/python3 "$root/tests/ops/package_inside.py" "$dir"
}

if [[ ${1:-} == --inside ]]; then inside "$2"; exit; fi
if [[ $(id -u) -ne 0 ]]; then echo "tests/ops/package.sh: chroot needs root" >&2; exit 1; fi

packages=$logs/bare/packages
if [[ -n ${1:-} || ! -d $packages ]]; then
  packages=$logs/packages
  if [[ ! -x ${1:-$root/build/release}/src/eventsd ]]; then
    echo "tests/ops/package.sh: nothing to try: the step bare has left no packages (it failed, or did" \
      "not run), and ${1:-build/release} holds no eventsd: scripts/test build-release" >&2
    exit 1
  fi
  "$root/scripts/package" "${1:-$root/build/release}" "$packages"
  "$root/scripts/package" "${1:-$root/build/release}" "$packages.again" >/dev/null
  diff "$packages/SHA256SUMS" "$packages.again/SHA256SUMS"
  rm -rf "$packages.again"
fi

"$root/tests/ops/base.sh" "$logs/bookworm.tar"
dir=$(mktemp -d "${TMPDIR:-/var/tmp}/eventsd-package.XXXXXX")
trap 'rm -rf --one-file-system "$dir"' EXIT
tar -C "$dir" -xpf "$logs/bookworm.tar"
chmod 0755 "$dir"
cp /etc/resolv.conf /etc/hosts "$dir/etc/"
cp "$packages"/eventsd* "$packages/SHA256SUMS" "$dir/root/"
# What the package depends on comes from the mirror, while there is a network.
dependencies=$(dpkg-deb --field "$packages"/*.deb Depends | tr ',' '\n' |
               sed 's/(.*)//; s/|.*//; s/ //g')
chroot "$dir" bash -c "apt-get -qq update &&
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 install \
    --yes --no-install-recommends curl sqlite3 $(echo $dependencies)" >"$logs/package.log" 2>&1 ||
  { tail -n 40 "$logs/package.log"; exit 1; }

unshare --mount --propagation private --net --pid --fork --kill-child \
  "${BASH_SOURCE[0]}" --inside "$dir"
