#!/bin/bash
# Gets what vm.sh boots, once, and prints the folder with it: Debian's kernel
# for clouds and its static busybox are downloaded into the user's cache and
# unpacked there; nothing of them is installed. Only qemu is, if it is missing.
set -euo pipefail
cache=${XDG_CACHE_HOME:-$HOME/.cache}/sockeye-c1m
say() { echo "c1m: $*" >&2; }
fail() { say "$@"; exit 1; }
as_root() { [ "$(id -u)" = 0 ]; }

qemu=$(command -v qemu-system-x86_64 || true)
if [ -z "$qemu" ] || [ ! -e "$cache/complete" ]; then
	command -v apt-get >/dev/null || fail "qemu, a kernel and busybox come from Debian's packages, and there is no apt-get"
	if as_root; then apt-get update -qq >&2; fi
fi

if [ -z "$qemu" ]; then
	install="apt-get install --no-install-recommends qemu-system-x86"
	as_root || fail "qemu-system-x86_64 is missing; as root: $install"
	say "installing qemu: $install"
	DEBIAN_FRONTEND=noninteractive $install -y -qq >&2
fi

if [ ! -e "$cache/complete" ]; then
	kernel=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image-[0-9]/ { print $2; exit }')
	[ -n "$kernel" ] || fail "apt does not know linux-image-cloud-amd64; as root: apt-get update"
	say "downloading $kernel and busybox-static from Debian, to be unpacked in $cache"
	rm -rf "$cache"
	mkdir -p "$cache"
	cd "$cache"
	apt-get download -qq -o APT::Sandbox::User=root "$kernel" busybox-static >&2
	dpkg -x "$kernel"_*.deb .
	dpkg -x busybox-static_*.deb .
	mv boot/vmlinuz-* vmlinuz
	mv bin/busybox busybox
	rm -rf ./*.deb bin boot lib usr
	touch complete
fi
echo "$cache"
