#!/usr/bin/env bash
# tests/ops/base.sh TAR: a bare Debian 12 as a tar file, from the mirror, with the package sources,
# proxy and certificate authorities that this machine itself uses. One made today is used again.
set -euo pipefail

tar=$1
if [[ -n $(find "$tar" -mmin -1200 2>/dev/null) ]]; then exit 0; fi
if [[ $(id -u) -ne 0 ]]; then echo "tests/ops/base.sh: debootstrap needs root" >&2; exit 1; fi

mkdir -p "$(dirname "$tar")"
dir=$(mktemp -d "${TMPDIR:-/var/tmp}/eventsd-base.XXXXXX")
trap 'rm -rf --one-file-system "$dir" "$tar.part"' EXIT

# "URI suite component" of each source of Debian 12; empty on another system.
sources=$(apt-get indextargets --format '$(LABEL) $(CODENAME) $(REPO_URI) $(RELEASE) $(COMPONENT)' \
            'Created-By: Packages' |
          awk '$1 ~ /^Debian/ && $2 ~ /^bookworm/ { print $3, $4, $5 }' | sort -u)
mirror=$(awk '$2 == "bookworm" { print $1; exit }' <<<"$sources")

debootstrap --variant=minbase bookworm "$dir" ${mirror:+"$mirror"} >"$tar.log" 2>&1 ||
  { tail -n 40 "$tar.log"; exit 1; }

if [[ -n $sources ]]; then sed 's/^/deb /' <<<"$sources" >"$dir/etc/apt/sources.list"; fi
apt-config dump | { grep -E '^Acquire::(https?|ftp)::Proxy' || true; } >"$dir/etc/apt/apt.conf.d/90proxy"
mkdir -p "$dir/usr/local/share/ca-certificates"
find /usr/local/share/ca-certificates -name '*.crt' -exec cp {} "$dir/usr/local/share/ca-certificates/" \;
find "$dir/var/cache/apt/archives" -name '*.deb' -delete
chmod 0755 "$dir"  # it becomes the root folder, and mktemp keeps others out
tar -C "$dir" -cf "$tar.part" .
mv "$tar.part" "$tar"
