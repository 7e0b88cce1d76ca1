//go:build darwin || freebsd

package loop

var pollers = []pollerKind{{"kqueue", newKqueue, 100_000}}
