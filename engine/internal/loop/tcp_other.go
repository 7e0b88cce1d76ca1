//go:build !linux

package loop

import "errors"

// Set applies the settings to a socket: it fails if there are any.
func (t TCP) Set(int) error {
	if t != (TCP{}) {
		return errors.New("loop: TCPUserTimeout and TCPKeepAlive are supported on Linux only: leave them 0")
	}
	return nil
}
