#!/usr/bin/env bash
# Compares benchmarks of the working tree with those of another revision:
#
#   tools/benchstat.sh REVISION [PACKAGES [BENCHMARKS [COUNT]]]
#
# The two take turns, round by round, as the machine's speed drifts.
set -euo pipefail
[ $# -ge 1 ] && [ -n "$1" ] || {
	echo 'Say with which revision to compare: make benchstat BASE=HEAD [PKG=./codec] [BENCH=Decode] [COUNT=6]' >&2
	exit 2
}
base=$(git rev-parse --verify --quiet "$1^{commit}") || { echo "no such revision: $1" >&2; exit 2; }
packages=${2:-./...} pattern=${3:-.} count=${4:-6}
benchtime=${BENCHTIME:-200ms}
export GOWORK=off

root=$(git rev-parse --show-toplevel)
benchstat=$root/bin/benchstat
temp=$(mktemp -d)
cleanup() {
	[ ! -e "$temp/tree" ] || git -C "$root" worktree remove --force "$temp/tree"
	rm -rf "$temp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# build TREE NAME compiles the tests of the packages in a tree, and lists their
# folders. A package that this tree does not have is left out.
build() {
	local dir
	(cd "$1" && go list -e -f '{{if or .TestGoFiles .XTestGoFiles}}{{.Dir}}{{end}}' $packages) >"$temp/$2.dirs"
	while read -r dir; do
		(cd "$dir" && go test -c -o "$temp/$2$dir/bench.test" .)
	done <"$temp/$2.dirs"
}

# round NAME runs each benchmark of a tree once, in its package's folder.
round() {
	local dir
	while read -r dir; do
		(cd "$dir" && "$temp/$1$dir/bench.test" -test.run='^$' -test.bench="$pattern" \
			-test.benchmem -test.benchtime="$benchtime" </dev/null) >>"$temp/$1.txt"
	done <"$temp/$1.dirs"
}

git -C "$root" worktree add --quiet --detach "$temp/tree" "$base"
build "$temp/tree" base
build "$root" work
[ -s "$temp/work.dirs" ] || { echo "no tests in $packages" >&2; exit 2; }
touch "$temp/base.txt"
for i in $(seq "$count"); do
	echo "round $i of $count" >&2
	round base
	round work
done
"$benchstat" "base=$temp/base.txt" "work=$temp/work.txt"
