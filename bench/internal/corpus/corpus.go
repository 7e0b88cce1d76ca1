// Package corpus makes messages to compress: the same ones on every machine
// with the same Go, of a given size each, and no two alike.
package corpus

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Kind is what the messages are made of.
type Kind string

// The kinds of messages.
const (
	JSON Kind = "json" // trades, posts and readings of sensors, as public services send them
	Text Kind = "text" // Go source with its comments, of GOROOT/src/net/http
)

// Messages gives count messages of size bytes each. Those of 16 KiB and more
// are cut from a longer stream, and JSON ones may then end anywhere.
func Messages(kind Kind, size, count int) ([][]byte, error) {
	if kind == Text {
		return text(size, count)
	}
	rng := rand.New(rand.NewPCG(uint64(size), 7692))
	messages := make([][]byte, count)
	for i := range messages {
		messages[i] = object(rng, size)
	}
	return messages, nil
}

// object makes one JSON text of size bytes, or the start of a longer one.
func object(rng *rand.Rand, size int) []byte {
	var b bytes.Buffer
	switch {
	case size <= 200:
		trade(&b, rng)
	case size <= 2<<10:
		post(&b, rng)
	default:
		b.WriteByte('[')
		for b.Len() < size {
			post(&b, rng)
			b.WriteByte(',')
			reading(&b, rng)
			b.WriteByte(',')
		}
	}
	for b.Len() < size { // white space would compress too well
		fmt.Fprintf(&b, ",%q", word(rng))
	}
	return b.Bytes()[:size]
}

// trade is like an event of an exchange's public stream.
func trade(b *bytes.Buffer, rng *rand.Rand) {
	at := 1_794_300_000_000 + rng.IntN(1e9)
	fmt.Fprintf(b, `{"e":"trade","E":%d,"s":"%s","t":%d,"p":"%d.%02d","q":"%.5f","T":%d,"m":%t}`,
		at, pick(rng, "BTCEUR", "ETHEUR", "SOLUSD", "ADAUSD", "XRPEUR"), rng.IntN(1e9), 100+rng.IntN(90_000), rng.IntN(100),
		rng.Float64(), at-rng.IntN(9), rng.IntN(2) == 0)
}

// post is like one of a social network's API.
func post(b *bytes.Buffer, rng *rand.Rand) {
	id := rng.Uint64N(1e18)
	name := word(rng) + word(rng)
	fmt.Fprintf(b, `{"created_at":"2026-%02d-%02dT%02d:%02d:%02d.000Z","id":%d,"id_str":"%d","text":"%s","truncated":false,`+
		`"entities":{"hashtags":[{"text":"%s","indices":[%d,%d]}],"symbols":[],"user_mentions":[],"urls":[{"url":"https://example.org/%x","expanded_url":"https://www.example.com/%s/%s"}]},`+
		`"user":{"id":%d,"name":"%s","screen_name":"%s_%d","location":"%s","verified":%t,"followers_count":%d,"friends_count":%d,"statuses_count":%d,"lang":"%s"},`+
		`"retweet_count":%d,"favorite_count":%d,"favorited":false,"retweeted":%t,"possibly_sensitive":false,"lang":"en"}`,
		1+rng.IntN(12), 1+rng.IntN(28), rng.IntN(24), rng.IntN(60), rng.IntN(60), id, id, sentence(rng, 12+rng.IntN(16)),
		word(rng), rng.IntN(60), 60+rng.IntN(60), rng.Uint32(), word(rng), word(rng),
		rng.IntN(1e9), name, name, rng.IntN(100), pick(rng, "Berlin", "Lagos", "Osaka", "Quito", ""), rng.IntN(9) == 0, rng.IntN(1e5), rng.IntN(5e3), rng.IntN(1e5),
		pick(rng, "en", "de", "ja", "es"), rng.IntN(500), rng.IntN(2000), rng.IntN(2) == 0)
}

// reading is like what a device reports.
func reading(b *bytes.Buffer, rng *rand.Rand) {
	fmt.Fprintf(b, `{"device":"sensor-%04d","time":%d,"temperature":%.2f,"humidity":%.1f,"pressure":%.2f,"battery":%.3f,"position":{"lat":%.6f,"lon":%.6f},"status":"%s"}`,
		rng.IntN(5000), 1_794_300_000+rng.IntN(1e6), 15+10*rng.Float64(), 30+40*rng.Float64(), 990+40*rng.Float64(), 3+rng.Float64(),
		48+rng.Float64(), 11+rng.Float64(), pick(rng, "ok", "ok", "ok", "low battery", "offline"))
}

func sentence(rng *rand.Rand, words int) string {
	w := make([]string, words)
	for i := range w {
		w[i] = word(rng)
	}
	return strings.Join(w, " ")
}

func word(rng *rand.Rand) string { return pick(rng, words...) }

func pick(rng *rand.Rand, of ...string) string { return of[rng.IntN(len(of))] }

var words = strings.Fields(`the of and to in is you that it he was for on are as with his they at be this have from or one had by
	word but not what all were we when your can said there use an each which she do how their if will up other about out many then
	them these so some her would make like him into time has look two more write go see number no way could people my than first
	water been call who oil its now find long down day did get come made may part server message window sunrise coffee release`)

// text cuts consecutive messages out of Go's own source.
func text(size, count int) ([][]byte, error) {
	all, err := source()
	if err != nil {
		return nil, err
	}
	messages := make([][]byte, count)
	for i := range messages {
		from := i * size % (len(all) - size)
		messages[i] = all[from : from+size]
	}
	return messages, nil
}

func source() ([]byte, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("corpus: the text is Go's own source: %w", err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(root)), "src/net/http/*.go"))
	if err != nil {
		return nil, err
	}
	var all []byte
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		all = append(all, b...)
	}
	return all, nil
}
