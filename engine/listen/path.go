package listen

import (
	"io/fs"
	"net"
	"os"
	"sync/atomic"
)

// pathListener is a Unix listener that removes its path when it is closed, if
// that is its process's to do, and leads to its socket still.
type pathListener struct {
	*net.UnixListener
	socket fs.FileInfo // at the path, when the listener was made; nil if there was none
	owned  atomic.Bool
}

// guard gives l itself, or a pathListener for it.
func guard(l net.Listener, owned bool) net.Listener {
	u, ok := l.(*net.UnixListener)
	if !ok {
		return l
	}
	u.SetUnlinkOnClose(false)
	p := &pathListener{UnixListener: u}
	p.socket, _ = os.Lstat(u.Addr().String())
	p.owned.Store(owned)
	return p
}

// own tells whether the path of l, if it has one, is this process's to remove.
func own(l net.Listener, owned bool) {
	if p, ok := l.(*pathListener); ok {
		p.owned.Store(owned)
	}
}

// Close may be called several times.
func (p *pathListener) Close() error {
	if p.owned.Swap(false) && p.socket != nil {
		path := p.Addr().String()
		if now, err := os.Lstat(path); err == nil && os.SameFile(p.socket, now) {
			os.Remove(path)
		}
	}
	return p.UnixListener.Close()
}
