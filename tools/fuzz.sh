#!/usr/bin/env bash
# Runs every fuzz target of the module in the current folder for some time each:
#
#   tools/fuzz.sh TIME
set -euo pipefail
time=${1:?for how long, such as 10s}
corpora=$(go env GOCACHE)/fuzz # as go test has them
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT

# fuzz DIR PACKAGE TARGET fuzzes one target of the test program, which is built
# once for all of a package. Inputs that are merely interesting are not made
# small: that would take more than the time.
fuzz() {
	(cd "$1" && "$temp/test" -test.run='^$' -test.fuzz="^$3\$" -test.fuzztime="$time" -test.fuzzminimizetime=10x \
		-test.fuzzcachedir="$corpora/$2") 2>&1 | tee "$temp/log"
}

# ended tells that all that failed was the end of the time: Go before 1.27 may
# report that as a failure, https://go.dev/issue/75804. What fails on an input
# names it.
ended() { grep -q '^ *context deadline exceeded$' "$temp/log" && ! grep -q 'Failing input' "$temp/log"; }

go list -f '{{.Dir}} {{.ImportPath}}' ./... | while read -r dir package; do
	targets=$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$dir"/*_test.go 2>/dev/null || true)
	[ -n "$targets" ] || continue
	go test -c -fuzz=Fuzz -o "$temp/test" "$package"
	for target in $targets; do
		echo "${dir#"$PWD"/} $target"
		fuzz "$dir" "$package" "$target" </dev/null || { ended && fuzz "$dir" "$package" "$target" </dev/null; }
	done
done
