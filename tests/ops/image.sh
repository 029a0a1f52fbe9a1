#!/usr/bin/env bash
# Builds docker/Dockerfile and tries the image as an engine would run it, without an engine: buildah
# builds on a bare Debian that stands for the base images, and tests/ops/image_inside.py starts the
# image's command as its user, in its file system.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
logs=$root/build/test
if [[ $(id -u) -ne 0 ]]; then echo "tests/ops/image.sh: chroot needs root" >&2; exit 1; fi

"$root/tests/ops/base.sh" "$logs/bookworm.tar"
# A storage of its own: nothing of the machine's images is used or changed. Work in progress of
# podman goes there too.
work=$(mktemp -d "${TMPDIR:-/var/tmp}/eventsd-image.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
export TMPDIR=$work
options=(--root "$work/storage" --runroot "$work/run" --storage-driver vfs)

for tag in bookworm bookworm-slim; do
  podman "${options[@]}" import --quiet "$logs/bookworm.tar" "docker.io/library/debian:$tag" >/dev/null
done

# Only what is committed, like a user's clone; objects of the bare run are found again by ccache.
mkdir -p "$work/context" "$logs/ccache"
git -C "$root" archive HEAD | tar -C "$work/context" -x
buildah "${options[@]}" bud --isolation chroot --network host --pull-never --format docker \
  --build-arg EVENTSD_COMMIT="$(git -C "$root" rev-parse --short=12 HEAD)" \
  --volume "$logs/ccache:/root/.cache/ccache" \
  --file "$work/context/docker/Dockerfile" --tag eventsd "$work/context"

container=$(buildah "${options[@]}" from --pull-never localhost/eventsd)
mounted=$(buildah "${options[@]}" mount "$container")
buildah "${options[@]}" inspect --type image localhost/eventsd >"$work/image.json"
# Its parts, as a consumer gets the list beside the image.
version=$(chroot "$mounted" eventsd version | sed -n '1s/^eventsd //p')
SOURCE_DATE_EPOCH=$(git -C "$root" log -1 --format=%ct) /usr/bin/python3 "$root/scripts/sbom" image \
  "$mounted" --name eventsd-image --version "$version" >"$logs/eventsd-image.spdx.json"
unshare --mount --propagation private --net --pid --fork --kill-child \
  /usr/bin/python3 "$root/tests/ops/image_inside.py" "$mounted" "$work/image.json" \
  "$(git -C "$root" rev-parse --short=12 HEAD)" "$logs/eventsd-image.spdx.json"
