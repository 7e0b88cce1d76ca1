#!/bin/bash
# Gets what vm.sh boots, once, and prints the folder with it: Debian's kernel
# for clouds and its static busybox are downloaded into the user's cache and
# unpacked there; nothing of them is installed. Only qemu is, if it is missing.
set -euo pipefail
cache=${XDG_CACHE_HOME:-$HOME/.cache}/sockeye-c1m
say() { echo "c1m: $*" >&2; }

if ! command -v qemu-system-x86_64 >/dev/null; then
	install="apt-get install --no-install-recommends qemu-system-x86"
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		say "qemu-system-x86_64 is missing; on Debian, as root: $install"
		exit 1
	fi
	say "installing qemu: $install"
	apt-get update -qq >&2
	DEBIAN_FRONTEND=noninteractive $install -y -qq >&2
fi

if [ ! -e "$cache/complete" ]; then
	command -v apt-get >/dev/null || { say "a kernel and busybox are taken from Debian's packages: apt-get is missing"; exit 1; }
	kernel=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image-[0-9]/ { print $2; exit }')
	say "downloading $kernel and busybox-static from Debian, to be unpacked in $cache"
	rm -rf "$cache"
	mkdir -p "$cache"
	cd "$cache"
	apt-get download -qq "$kernel" busybox-static >&2
	dpkg -x "$kernel"_*.deb .
	dpkg -x busybox-static_*.deb .
	mv boot/vmlinuz-* vmlinuz
	mv bin/busybox busybox
	rm -rf ./*.deb bin boot lib usr
	touch complete
fi
echo "$cache"
