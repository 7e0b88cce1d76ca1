#!/usr/bin/env bash
# Runs every fuzz target of the module in the current folder for some time each:
#
#   tools/fuzz.sh TIME
set -euo pipefail
time=${1:?for how long, such as 10s}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# fuzz DIR TARGET fuzzes one target.
fuzz() { go test -run='^$' -fuzz="^$2\$" -fuzztime="$time" "$1" 2>&1 | tee "$log"; }

# ended tells that all that failed was the end of the time: Go before 1.27 may
# report that as a failure, https://go.dev/issue/75804. What fails on an input
# names it.
ended() { grep -q '^ *context deadline exceeded$' "$log" && ! grep -q 'Failing input' "$log"; }

for dir in $(go list -f '{{.Dir}}' ./...); do
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$dir"/*_test.go 2>/dev/null); do
		echo "${dir#"$PWD"/} $target"
		fuzz "$dir" "$target" || { ended && fuzz "$dir" "$target"; }
	done
done
