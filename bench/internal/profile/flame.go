package profile

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"net/http"
	"time"

	"github.com/google/pprof/driver"
	pprof "github.com/google/pprof/profile"
)

// FlameGraph draws a profile as a page of HTML that needs nothing else: the
// one of go tool pprof -http, without what only its server can answer.
func FlameGraph(p *pprof.Profile) ([]byte, error) {
	var page response
	err := driver.PProf(&driver.Options{
		Fetch:   fetched{p},
		Flagset: arguments{flag.NewFlagSet("pprof", flag.ContinueOnError)},
		UI:      silent{},
		HTTPServer: func(web *driver.HTTPServerArgs) error {
			request, err := http.NewRequest("GET", "/flamegraph", nil)
			if err != nil {
				return err
			}
			web.Handlers["/flamegraph"].ServeHTTP(&page, request)
			return nil
		},
	})
	switch {
	case err != nil:
		return nil, err
	case page.status != 0 && page.status != http.StatusOK:
		return nil, errors.New("flame graph: " + page.body.String())
	}
	return bytes.Replace(page.body.Bytes(), []byte("</head>"), []byte(withoutServer+"</head>"), 1), nil
}

// withoutServer hides the links to other pages.
const withoutServer = `<style>
.menu-item, #action-menu { display: none !important; }
.header .title h1 a { pointer-events: none; }
</style>
`

// fetched is a profile that is there already.
type fetched struct{ *pprof.Profile }

func (f fetched) Fetch(string, time.Duration, time.Duration) (*pprof.Profile, string, error) {
	return f.Profile, "", nil
}

// arguments is the command line that asks pprof for its pages.
type arguments struct{ *flag.FlagSet }

func (a arguments) Parse(func()) []string {
	a.FlagSet.Parse([]string{"-symbolize=none", "-http=127.0.0.1:0", "-no_browser"})
	return []string{"profile"}
}

func (a arguments) StringList(name, value, usage string) *[]*string {
	return &[]*string{a.String(name, value, usage)}
}

func (arguments) ExtraUsage() string   { return "" }
func (arguments) AddExtraUsage(string) {}

// silent is a terminal at which nobody sits.
type silent struct{}

func (silent) ReadLine(string) (string, error)     { return "", io.EOF }
func (silent) Print(...any)                        {}
func (silent) PrintErr(...any)                     {}
func (silent) IsTerminal() bool                    { return false }
func (silent) WantBrowser() bool                   { return false }
func (silent) SetAutoComplete(func(string) string) {}

// response keeps what a handler answers.
type response struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *response) Header() http.Header {
	if r.header == nil {
		r.header = http.Header{}
	}
	return r.header
}

func (r *response) WriteHeader(status int)      { r.status = status }
func (r *response) Write(b []byte) (int, error) { return r.body.Write(b) }
