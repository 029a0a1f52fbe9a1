#!/usr/bin/env bash
# The units under a real systemd: boots a Debian 12 with its own kernel in qemu, where
# tests/ops/systemd_inside.py installs the package and does with the service what an administrator does.
# Takes two to five minutes, since the processor is emulated, so it is no step of scripts/test. Needs
# root and `scripts/setup build test systemd`.
#   tests/ops/systemd.sh [BUILD]      default: build/release
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
logs=$root/build/test
image=$logs/systemd.tar

say() { echo "systemd.sh: $*" >&2; }
if [[ $(id -u) -ne 0 ]]; then say "debootstrap needs root"; exit 1; fi
command -v qemu-system-x86_64 >/dev/null || { say "scripts/setup systemd"; exit 1; }

packages=$logs/packages
"$root/scripts/package" "${1:-$root/build/release}" "$packages" >/dev/null
dependencies=$(dpkg-deb --field "$packages"/*.deb Depends | tr ',' '\n' | sed 's/(.*)//; s/|.*//; s/ //g')

dir=$(mktemp -d "${TMPDIR:-/var/tmp}/eventsd-systemd.XXXXXX")
trap 'rm -rf --one-file-system "$dir"' EXIT
mkdir "$dir/root"

# A system that boots, and what the tests use there. One made today is used again.
if [[ -z $(find "$image" -mmin -1200 2>/dev/null) ]]; then
  say "making the system"
  "$root/tests/ops/base.sh" "$logs/bookworm.tar"
  tar -C "$dir/root" -xpf "$logs/bookworm.tar"
  cp /etc/resolv.conf /etc/hosts "$dir/root/etc/"
  unshare --mount --propagation private --pid --fork --kill-child bash -c '
    mount -t proc proc "$0/proc"
    chroot "$0" /usr/bin/env DEBIAN_FRONTEND=noninteractive bash -c "
      apt-get -qq update && apt-get -qq -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 install --yes \
        --no-install-recommends systemd-sysv dbus sudo python3 sqlite3 curl linux-image-cloud-amd64 \
        initramfs-tools $1"' "$dir/root" "$(echo $dependencies)" >"$image.log" 2>&1 ||
    { tail -n 40 "$image.log" >&2; exit 1; }
  rm -rf "$dir"/root/var/cache/apt/archives/*.deb "$dir"/root/var/lib/apt/lists/*
  echo "/dev/vda / ext4 defaults 0 1" >"$dir/root/etc/fstab"
  rm -f "$dir/root/etc/resolv.conf"
  ln -s /dev/null "$dir/root/etc/systemd/system/serial-getty@ttyS0.service"
  tar -C "$dir/root" -cf "$image.part" .
  mv "$image.part" "$image"
else
  tar -C "$dir/root" -xpf "$image"
fi

# What is tested, and how; it runs when the system has booted, and ends it.
mkdir -p "$dir/root/root/build/packages"
cp "$packages"/eventsd* "$dir/root/root/build/packages/"
cp -r "$root/docs" "$dir/root/root/"
mkdir -p "$dir/root/root/tests"
cp -r "$root/tests/ops" "$dir/root/root/tests/"
cat >"$dir/root/etc/systemd/system/trial.service" <<'UNIT'
[Unit]
After=multi-user.target
[Service]
Type=idle
WorkingDirectory=/root
ExecStart=/usr/bin/python3 /root/tests/ops/systemd_inside.py
# What the story does not tell: why it ended, when it did not end by itself.
ExecStopPost=/bin/sh -c 'test "$$SERVICE_RESULT" = success || journalctl --no-pager -n 40'
ExecStopPost=/usr/bin/systemctl poweroff
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
UNIT
mkdir -p "$dir/root/etc/systemd/system/multi-user.target.wants"
ln -s ../trial.service "$dir/root/etc/systemd/system/multi-user.target.wants/trial.service"

truncate -s 3G "$dir/disk"
mkfs.ext4 -q -F -d "$dir/root" "$dir/disk"
say "booting"
# No acceleration: where the machine is itself a virtual one, KVM is often there and does not work.
timeout --kill-after=10 900 qemu-system-x86_64 -accel tcg,thread=multi -cpu max -m 1024 -smp 2 \
  -nodefaults -display none -serial stdio -no-reboot \
  -kernel "$dir"/root/boot/vmlinuz-* -initrd "$dir"/root/boot/initrd.img-* \
  -append "root=/dev/vda rw console=ttyS0 quiet panic=-1 systemd.show_status=0" \
  -drive "file=$dir/disk,format=raw,if=virtio,cache=unsafe" </dev/null | sed -u 's|\r||g' |
  tee "$logs/systemd.log"
grep -qE '^[1-9][0-9]* passed, 0 failed$' "$logs/systemd.log"
