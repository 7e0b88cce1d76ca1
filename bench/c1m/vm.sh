#!/bin/bash
# Runs "bench c1m" in a virtual machine, whose limits are ours to set.
#
#   bench/c1m/vm.sh CONNS DIR
#
# DIR has the static programs bench and echo; it gets console.log, report.json
# and what the kernel complained of, dmesg. The exit status is that of bench,
# 124 when time ran out. To be set in the environment:
#
#   MEM     the machine's memory in MB     [1024, and 14 for each 1,000 connections]
#   LIMIT   seconds for all, boot included; then the machine is killed
#                                          [600, and 3 for each 1,000 connections]
#   FLAGS   more flags for bench c1m
#
# The machine has no disk and no network card: kernel, busybox and programs are
# in its memory, all traffic is on its loopback.
set -euo pipefail
conns=$1 dir=$2
here=$(cd "$(dirname "$0")" && pwd)
mem=${MEM:-$((1024 + conns * 14 / 1000))}
limit=${LIMIT:-$((600 + conns * 3 / 1000))}

if [ "$(uname -m)" != x86_64 ]; then
	echo "c1m: the virtual machine is for x86_64: there is none for $(uname -m) yet" >&2
	exit 1
fi

# A host that swaps, or kills for want of memory, is worse than no run.
free=$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
if [ $((mem + 1024)) -gt "$free" ]; then
	echo "c1m: the virtual machine needs $mem MB, and $free MB are available, of which 1024 shall stay free" >&2
	exit 1
fi

# Hardware virtualization needs the processor's part too: a /dev/kvm without it
# does not run an ordinary kernel.
if [ -w /dev/kvm ] && grep -qE '^flags.* (vmx|svm)( |$)' /proc/cpuinfo; then
	machine=(-accel kvm -cpu host) patience=1 hidden=
	how="with KVM"
else
	machine=(-accel "tcg,thread=multi,tb-size=1024" -cpu max) patience=20
	# Instructions that are slower here than what the kernel does without them.
	hidden="clearcpuid=smap,smep,erms,fsrm,rep_good"
	how="emulated in software, ten to twenty times slower than a real one: its times tell nothing"
fi

cache=$("$here/packages.sh")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp"/root/{bin,proc,sys,dev,out,c1m}
cp "$cache/busybox" "$tmp/root/bin/"
ln -s busybox "$tmp/root/bin/sh"
cp "$here/init" "$tmp/root/"
cp "$dir/bench" "$dir/echo" "$tmp/root/c1m/"
(cd "$tmp/root" && find . | "$cache/busybox" cpio -o -H newc 2>/dev/null) >"$tmp/initrd"

# The kernel hands what it does not know, CONNS and the like, to init as its
# environment. What it is told to leave out protects or accounts, and a guest
# that lives for minutes needs neither. It polls when idle, reads the time from
# the processor, and has timers at its ticks only, as waking and setting a timer
# are slow where they are emulated: connections open twice as fast.
append="console=ttyS0 quiet panic=-1 nokaslr mitigations=off nopti audit=0 lsm= init_on_alloc=0
	hardened_usercopy=off randomize_kstack_offset=off cgroup_disable=memory numa_balancing=disable
	nowatchdog no5lvl idle=poll tsc=reliable clocksource=tsc highres=off nohz=off thash_entries=2097152 $hidden
	CONNS=$conns PATIENCE=$patience FLAGS=\"${FLAGS:-}\""

echo "Booting a virtual machine with 2 processors and $mem MB, $how."
echo "It is killed after $limit s. Its console:"
# The second serial port carries a tar with the results.
status=0
timeout --foreground -k 5 "$limit" qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
	-M pc "${machine[@]}" -smp 2 -m "$mem" -kernel "$cache/vmlinuz" -initrd "$tmp/initrd" -append "${append//[$'\n\t']/ }" \
	-serial stdio -serial "file:$tmp/results.tar" </dev/null 2>&1 | tee "$dir/console.log" || status=$?
if [ "$status" = 124 ] || [ "$status" = 137 ]; then
	echo "c1m: out of time after $limit s" >&2
	exit 124
fi
if ! tar -C "$dir" -xf "$tmp/results.tar" 2>/dev/null || [ ! -s "$dir/status" ]; then
	echo "c1m: the virtual machine left no results: see $dir/console.log" >&2
	exit 1
fi
exit "$(cat "$dir/status")"
