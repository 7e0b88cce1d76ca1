package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/handshake"
)

const (
	maxLookup      = 2 * time.Second
	maxFirst       = 100 // bytes
	notIn          = 4401
	subprotocol    = "chat"
	bearer         = "bearer."
	maxMessage     = 4 << 10
	handlersAtOnce = 64
)

// routes are the three ways in. Their hooks run on workers, and may block.
func (a *auth) routes() *engine.Mux {
	mux := engine.NewMux()
	mux.Handle("/cookie", engine.Route{Handler: chat{}, Upgrade: a.byCookie, MaxMessage: maxMessage})
	mux.Handle("/subprotocol", engine.Route{Handler: chat{}, Upgrade: a.bySubprotocol, MaxMessage: maxMessage})
	mux.Handle("/first", engine.Route{Handler: stranger{a}, MaxMessage: maxMessage})
	return mux
}

// byCookie lets those in who have logged in. A browser sends the cookie along
// whichever page opens the WebSocket; that this is one of ours CheckOrigin has seen to.
func (a *auth) byCookie(r *handshake.Request) (engine.Accept, error) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return engine.Accept{}, unauthorized
	}
	s, err := a.find(context.Background(), cookie.Value)
	return engine.Accept{Data: s}, err
}

// bySubprotocol lets those in who name a token beside the subprotocol they
// speak: the one thing of a handshake, besides the URL, that a browser's script can choose. The
// answer names the other one: the token is never sent back.
func (a *auth) bySubprotocol(r *handshake.Request) (engine.Accept, error) {
	offered := r.Subprotocols()
	i := slices.IndexFunc(offered, func(name string) bool { return strings.HasPrefix(name, bearer) })
	switch {
	case i < 0:
		return engine.Accept{}, unauthorized
	case !slices.Contains(offered, subprotocol):
		return engine.Accept{}, handshake.Reject(http.StatusBadRequest, "offer the subprotocol chat as well\n")
	}
	s, err := a.find(context.Background(), strings.TrimPrefix(offered[i], bearer))
	return engine.Accept{Data: s, Subprotocol: subprotocol}, err
}

var unauthorized = &handshake.Rejection{
	Status: http.StatusUnauthorized, Text: "log in first\n", Header: http.Header{"Www-Authenticate": {"Bearer"}},
}

var unavailable = handshake.Reject(http.StatusServiceUnavailable, "try again later\n")

// find gives the session of a secret, within a time.
func (a *auth) find(ctx context.Context, secret string) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, maxLookup)
	defer cancel()
	s, err := a.sessions.find(ctx, secret)
	switch {
	case errors.Is(err, errUnknown):
		return nil, unauthorized
	case err != nil:
		return nil, unavailable
	}
	return s, nil
}
