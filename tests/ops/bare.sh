#!/usr/bin/env bash
# The README's two commands on a bare Debian 12: a clean clone of HEAD in a system of nothing but
# debootstrap's minimum, `scripts/run` there as a new user would try it, then `scripts/test`.
# Everything is mounted in a name space of its own, which ends, mounts and processes included, with
# this program; only then is the folder removed.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
logs=$root/build/test

inside() {
  local dir=$1 code=0
  mount --bind "$dir" "$dir"  # so that `/` in there is a mount point, as in a system that booted
  mount -t proc proc "$dir/proc"
  mount -t sysfs -o ro sysfs "$dir/sys"
  mount --rbind /dev "$dir/dev"
  mount -t tmpfs tmpfs "$dir/run"
  # Objects are shared with the image build that follows, never with an earlier run. ccache tells
  # locales apart: docker/Dockerfile has the same LANG.
  mkdir -p "$dir/root/.cache/ccache" "$logs/ccache"
  mount --bind "$logs/ccache" "$dir/root/.cache/ccache"
  chroot "$dir" /usr/bin/env -i HOME=/root USER=root LANG=C.UTF-8 TERM=dumb CI="${CI:-}" \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
    ${no_proxy:+no_proxy="$no_proxy"} \
    bash /root/eventsd/tests/ops/bare_inside.sh || code=$?
  cp -r "$dir/root/eventsd/build/test" "$logs/bare" 2>/dev/null || true
  return "$code"
}

if [[ ${1:-} == --inside ]]; then inside "$2"; exit; fi
if [[ $(id -u) -ne 0 ]]; then echo "tests/ops/bare.sh: chroot needs root" >&2; exit 1; fi

mkdir -p "$logs"
rm -rf "$logs/ccache" "$logs/bare"  # packages of an earlier run are none of this one
"$root/tests/ops/base.sh" "$logs/bookworm.tar"
dir=$(mktemp -d "${TMPDIR:-/var/tmp}/eventsd-bare.XXXXXX")
trap 'rm -rf --one-file-system "$dir"' EXIT
tar -C "$dir" -xpf "$logs/bookworm.tar"
cp /etc/resolv.conf /etc/hosts "$dir/etc/"

if [[ -n $(git -C "$root" status --porcelain) ]]; then
  echo "note: what is not committed is not tested here"
fi
git clone --quiet --no-hardlinks "$root" "$dir/root/eventsd"
git -C "$dir/root/eventsd" checkout --quiet --detach "$(git -C "$root" rev-parse HEAD)"

# npm there asks the registry that npm here asks, and trusts whom this machine trusts.
if command -v npm >/dev/null; then
  for key in registry proxy https-proxy; do
    value=$(npm config get "$key" 2>/dev/null) || value=null
    if [[ -n $value && $value != null ]]; then echo "$key=$value" >>"$dir/root/.npmrc"; fi
  done
  authorities=$(npm config get cafile 2>/dev/null) || authorities=null
  if [[ -f $authorities ]]; then
    cp "$authorities" "$dir/usr/local/share/npm-authorities.pem"
    echo "cafile=/usr/local/share/npm-authorities.pem" >>"$dir/root/.npmrc"
  fi
fi

unshare --mount --propagation private --pid --fork --kill-child \
  "${BASH_SOURCE[0]}" --inside "$dir"
