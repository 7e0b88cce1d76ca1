package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

//go:embed page.html
var page string

const (
	cookieName  = "session"
	cookieLife  = 12 * time.Hour
	tokenLife   = 10 * time.Minute
	maxBody     = 4 << 10
	contentType = "Content-Type"
)

// web serves the page, and gives out cookies and tokens.
func (a *auth) web() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set(contentType, "text/html; charset=utf-8")
		io.WriteString(w, page)
	})
	mux.HandleFunc("POST /login", a.login)
	mux.HandleFunc("POST /logout", a.logout)
	mux.HandleFunc("POST /token", a.token)
	// Other sites' pages could else log their visitors in or out.
	return http.MaxBytesHandler(http.NewCrossOriginProtection().Handler(mux), maxBody)
}

// login begins a session whose secret is in a cookie that no script can read.
func (a *auth) login(w http.ResponseWriter, r *http.Request) {
	secret, ok := a.begin(w, r, cookieLife)
	if !ok {
		return
	}
	http.SetCookie(w, a.cookie(r, secret, int(cookieLife.Seconds())))
	w.WriteHeader(http.StatusNoContent)
}

// logout ends the session, and with it its connections.
func (a *auth) logout(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(cookieName); err == nil {
		s, err := a.find(context.Background(), cookie.Value) // also for one who does not wait
		switch {
		case err == nil:
			s.end()
		case err == error(unavailable):
			http.Error(w, "try again later", http.StatusServiceUnavailable)
			return
		}
	}
	http.SetCookie(w, a.cookie(r, "", -1))
	w.WriteHeader(http.StatusNoContent)
}

func (a *auth) cookie(r *http.Request, value string, seconds int) *http.Cookie {
	return &http.Cookie{
		Name: cookieName, Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true,
		SameSite: http.SameSiteStrictMode,
		Secure:   a.secure || r.TLS != nil,
	}
}

// token begins a short session for a client without cookies: an app, a script.
func (a *auth) token(w http.ResponseWriter, r *http.Request) {
	secret, ok := a.begin(w, r, tokenLife)
	if !ok {
		return
	}
	w.Header().Set(contentType, "text/plain")
	w.Header().Set("Cache-Control", "no-store")
	io.WriteString(w, secret)
}

// begin begins a session for whoever names the right password, or answers with
// an error.
func (a *auth) begin(w http.ResponseWriter, r *http.Request, life time.Duration) (secret string, ok bool) {
	name, password := r.PostFormValue("name"), r.PostFormValue("password")
	ctx, cancel := context.WithTimeout(r.Context(), a.patience)
	defer cancel()
	err := a.check(ctx, r.RemoteAddr, name, password)
	if err == nil {
		secret, err = a.sessions.begin(name, life)
	}
	switch {
	case errors.Is(err, errGuesses):
		w.Header().Set("Retry-After", fmt.Sprint(guessEvery.Seconds()))
		http.Error(w, "too many wrong passwords: try again later", http.StatusTooManyRequests)
	case errors.Is(err, errPassword):
		http.Error(w, "wrong name or password", http.StatusForbidden)
	case err != nil:
		http.Error(w, "try again later", http.StatusServiceUnavailable)
	}
	return secret, err == nil
}

// check checks a password, unless whoever names it, or the account, has had too
// many wrong ones. That goes for names that are not there as well, or it would
// tell which are.
func (a *auth) check(ctx context.Context, remoteAddr, name, password string) error {
	keys := []string{"address " + network(remoteAddr), "name " + name}
	if !a.guesses.take(keys...) {
		return errGuesses
	}
	err := a.users.check(ctx, name, password)
	if !errors.Is(err, errPassword) {
		a.guesses.giveBack(keys...)
	}
	return err
}
