#!/bin/bash
# Opens connections into one server process: on this machine where a process
# may have that many descriptors, else in a virtual machine.
#
#   bench/c1m/run.sh [CONNS]     CONNS is 1000000 if it is left out
#
# Both ways run the same static programs and the same command, "bench c1m";
# vm.sh tells what can be set for the virtual machine. The report is left in
# bin/c1m/report.json.
set -euo pipefail
conns=${1:-1000000}
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
out=$root/bin/c1m
mkdir -p "$out"
rm -f "$out/report.json"

export GOWORK=off CGO_ENABLED=0
(cd "$root/examples" && go build -o "$out/" ./echo)
(cd "$root/bench" && go build -o "$out/" .)

limit=$(ulimit -Hn)
need=$((conns + 1000))
if [ "$limit" = unlimited ] || [ "$limit" -ge "$need" ]; then
	exec "$out/bench" c1m -server "$out/echo" -conns "$conns" -report "$out/report.json"
fi
cat <<END
A process may have $limit descriptors here, and $need are needed: so this runs in
a virtual machine. As root, "ulimit -Hn $need" lets it run on this machine.
END
exec "$here/vm.sh" "$conns" "$out"
