package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/handshake"
)

const wait = 20 * time.Second

// ada is the users of the tests: to hash her password takes a while.
var ada = sync.OnceValues(func() (*users, error) { return newUsers(map[string]string{"ada": "lovelace"}) })

// serve starts a server on a free port until the test's end.
func serve(t *testing.T, patience time.Duration) (a *auth, addr string) {
	t.Helper()
	known, err := ada()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a = &auth{users: known, guesses: apart("name ada", "name bob", "address 127.0.0.1"), patience: patience}
	srv := newServer(a)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), wait)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		<-served
	})
	return a, l.Addr().String()
}

// secret begins a session.
func (a *auth) secret(t *testing.T, life time.Duration) string {
	t.Helper()
	secret, err := a.sessions.begin("ada", life)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// client is a connection and what comes on it.
type client struct {
	*engine.Conn
	t        *testing.T
	messages chan string
	closed   chan *engine.CloseError
}

func dial(t *testing.T, url string, o engine.DialOptions) (*client, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	c := &client{t: t, messages: make(chan string, 10), closed: make(chan *engine.CloseError, 1)}
	conn, err := engine.Dial(ctx, "ws://"+url, engine.HandlerFuncs{
		Message: func(_ *engine.Conn, _ codec.Opcode, p []byte) { c.messages <- string(p) },
		Close:   func(_ *engine.Conn, err error) { c.closed <- err.(*engine.CloseError) },
	}, o)
	if err != nil {
		return nil, err
	}
	t.Cleanup(conn.Abort)
	c.Conn = conn
	return c, nil
}

func open(t *testing.T, url string, o engine.DialOptions) *client {
	t.Helper()
	c, err := dial(t, url, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *client) expect(want string) {
	c.t.Helper()
	select {
	case got := <-c.messages:
		if got != want {
			c.t.Errorf("got %q, want %q", got, want)
		}
	case end := <-c.closed:
		c.t.Fatalf("closed with %v instead of %q", end, want)
	case <-time.After(wait):
		c.t.Fatalf("waited in vain for %q", want)
	}
}

func (c *client) expectClose(code codec.CloseCode, reason string) {
	c.t.Helper()
	select {
	case got := <-c.messages:
		c.t.Errorf("got %q instead of a Close", got)
	case end := <-c.closed:
		if end.Code != code || end.Reason != reason {
			c.t.Errorf("closed with %d %q, want %d %q", end.Code, end.Reason, code, reason)
		}
	case <-time.After(wait):
		c.t.Fatal("waited in vain for a Close")
	}
}

// chats demands that ada is welcome, and heard.
func (c *client) chats() {
	c.t.Helper()
	c.expect("welcome, ada")
	c.SendText("hello")
	c.expect("ada: hello")
}

func withCookie(secret string) engine.DialOptions {
	return engine.DialOptions{Header: http.Header{"Cookie": {cookieName + "=" + secret}}}
}

func offering(names ...string) engine.DialOptions { return engine.DialOptions{Subprotocols: names} }

func TestWaysIn(t *testing.T) {
	a, addr := serve(t, wait)
	open(t, addr+"/cookie", withCookie(a.secret(t, wait))).chats()
	first := open(t, addr+"/first", engine.DialOptions{})
	first.SendText(a.secret(t, wait))
	first.chats()
	c := open(t, addr+"/subprotocol", offering(subprotocol, bearer+a.secret(t, wait)))
	if c.Subprotocol() != subprotocol {
		t.Errorf("the subprotocol is %q", c.Subprotocol())
	}
	c.chats()
}

func TestRefusals(t *testing.T) {
	a, addr := serve(t, wait)
	secret, over := a.secret(t, wait), a.secret(t, 0)
	foreign := withCookie(secret)
	foreign.Origin = "https://elsewhere.example"
	for name, tt := range map[string]struct {
		path   string
		o      engine.DialOptions
		status int
	}{
		"no cookie":                {"/cookie", engine.DialOptions{}, 401},
		"another cookie":           {"/cookie", withCookie("x"), 401},
		"a session that is over":   {"/cookie", withCookie(over), 401},
		"another origin":           {"/cookie", foreign, 403},
		"no subprotocol":           {"/subprotocol", engine.DialOptions{}, 401},
		"no token":                 {"/subprotocol", offering(subprotocol), 401},
		"another token":            {"/subprotocol", offering(subprotocol, bearer+"x"), 401},
		"a token alone":            {"/subprotocol", offering(bearer + secret), 400},
		"a token in the URL":       {"/cookie?token=" + secret, engine.DialOptions{}, 401},
		"a path that is not there": {"/", engine.DialOptions{}, 404},
	} {
		_, err := dial(t, addr+tt.path, tt.o)
		answer, ok := errors.AsType[*handshake.ResponseError](err)
		if !ok || answer.Status != tt.status {
			t.Errorf("%s: %v, want status %d", name, err, tt.status)
			continue
		}
		for _, values := range answer.Header {
			if strings.Contains(strings.Join(values, ""), secret) {
				t.Errorf("%s: the answer has the token: %v", name, answer.Header)
			}
		}
	}
}

func TestFirstMessageRefused(t *testing.T) {
	_, addr := serve(t, wait)
	wrong := open(t, addr+"/first", engine.DialOptions{})
	wrong.SendText("wrong")
	wrong.SendText("and more")
	wrong.expectClose(notIn, "no valid token")
	large := open(t, addr+"/first", engine.DialOptions{})
	large.SendText(strings.Repeat("x", maxFirst+1))
	large.expectClose(codec.ClosePolicyViolation, "a token first")
}

func TestNoFirstMessage(t *testing.T) {
	_, addr := serve(t, 50*time.Millisecond)
	open(t, addr+"/first", engine.DialOptions{}).expectClose(notIn, "no token in time")
}

// A connection ends with its session.
func TestSessionEnds(t *testing.T) {
	a, addr := serve(t, wait)
	secret := a.secret(t, wait)
	c := open(t, addr+"/cookie", withCookie(secret))
	c.chats()
	s, err := a.sessions.find(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	s.end()
	c.expectClose(notIn, "the session is over")
	if _, err := dial(t, addr+"/cookie", withCookie(secret)); err == nil {
		t.Error("it may come in again")
	}
}

// post posts a form, and gives the answer's status, body and cookie.
func post(t *testing.T, url string, form url.Values, header http.Header) (status int, body string, cookie *http.Cookie) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	r.Header.Set(contentType, "application/x-www-form-urlencoded")
	r.Close = true
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, _ := io.ReadAll(answer.Body)
	for _, c := range answer.Cookies() {
		cookie = c
	}
	return answer.StatusCode, string(b), cookie
}

func TestLogin(t *testing.T) {
	_, addr := serve(t, wait)
	right := url.Values{"name": {"ada"}, "password": {"lovelace"}}
	status, _, cookie := post(t, "http://"+addr+"/login", right, http.Header{})
	if status != 204 || cookie == nil || !cookie.HttpOnly || cookie.Secure || cookie.SameSite != http.SameSiteStrictMode {
		t.Fatalf("%d, %v", status, cookie)
	}
	c := open(t, addr+"/cookie", withCookie(cookie.Value))
	c.chats()
	status, token, _ := post(t, "http://"+addr+"/token", right, http.Header{})
	if status != 200 {
		t.Fatalf("%d %s", status, token)
	}
	open(t, addr+"/subprotocol", offering(subprotocol, bearer+token)).chats()
	post(t, "http://"+addr+"/logout", nil, http.Header{"Cookie": {cookieName + "=" + cookie.Value}})
	c.expectClose(notIn, "the session is over")
	for name, form := range map[string]url.Values{
		"a wrong password": {"name": {"ada"}, "password": {"x"}},
		"nobody":           {"name": {"x"}, "password": {"lovelace"}},
		"nothing":          {},
	} {
		if status, _, cookie := post(t, "http://"+addr+"/login", form, http.Header{}); status != 403 || cookie != nil {
			t.Errorf("%s: %d, %v", name, status, cookie)
		}
	}
	if status, _, _ := post(t, "http://"+addr+"/login", right, http.Header{"Origin": {"https://elsewhere.example"}}); status != 403 {
		t.Errorf("from another site's page: %d", status)
	}
}

// Whoever leaves the page at once has logged out all the same.
func TestLogoutOfOneGone(t *testing.T) {
	var a auth
	secret := a.secret(t, wait)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(gone, http.MethodPost, "/logout", nil)
	r.AddCookie(a.cookie(r, secret, 1))
	a.logout(httptest.NewRecorder(), r)
	if _, err := a.sessions.find(t.Context(), secret); !errors.Is(err, errUnknown) {
		t.Errorf("the session is still there: %v", err)
	}
}

// A login waits for its turn, but not for ever.
func TestLoginsInTheWay(t *testing.T) {
	a, addr := serve(t, 50*time.Millisecond)
	for range cap(a.users.turn) {
		a.users.turn <- struct{}{}
		defer func() { <-a.users.turn }()
	}
	form := url.Values{"name": {"ada"}, "password": {"lovelace"}}
	if status, _, cookie := post(t, "http://"+addr+"/login", form, http.Header{}); status != 503 || cookie != nil {
		t.Errorf("%d, %v", status, cookie)
	}
}

// A password must not get into a URL, even if the page's script does not run.
func TestFormPosts(t *testing.T) {
	if !strings.Contains(page, `<form method="post" action="/login">`) {
		t.Error("without its script the page's form sends the password in a URL")
	}
}

func TestSecureCookie(t *testing.T) {
	r, _ := http.NewRequest(http.MethodPost, "/login", nil)
	if !(&auth{secure: true}).cookie(r, "", 1).Secure {
		t.Error("not Secure, though the server was told to")
	}
}
