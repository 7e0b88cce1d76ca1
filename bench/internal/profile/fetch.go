package profile

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	pprof "github.com/google/pprof/profile"
)

const (
	answerTimeout = 30 * time.Second // beyond what a profile itself takes
	maxProfile    = 64 << 20         // bytes
)

// CPU takes a profile of a server's processor time, for d in whole seconds.
// addr is where the server has net/http/pprof.
func CPU(ctx context.Context, addr string, d time.Duration) (*pprof.Profile, error) {
	return fetch(ctx, addr, fmt.Sprintf("profile?seconds=%d", d/time.Second), d)
}

// Heap takes a profile of a server's memory after a collection: of the second
// one, as pools keep what they hold over the first.
func Heap(ctx context.Context, addr string) (*pprof.Profile, error) {
	if _, err := fetch(ctx, addr, "heap?gc=1", 0); err != nil {
		return nil, err
	}
	return fetch(ctx, addr, "heap?gc=1", 0)
}

func fetch(ctx context.Context, addr, what string, takes time.Duration) (*pprof.Profile, error) {
	ctx, cancel := context.WithTimeout(ctx, takes+answerTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, "GET", "http://"+addr+"/debug/pprof/"+what, nil)
	if err != nil {
		return nil, err
	}
	request.Close = true // what a connection of ours holds is not to be in the next profile
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", request.URL, answer.Status)
	}
	p, err := pprof.Parse(io.LimitReader(answer.Body, maxProfile))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", request.URL, err)
	}
	return p, nil
}
