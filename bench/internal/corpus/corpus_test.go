package corpus

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestMessages(t *testing.T) {
	for _, kind := range []Kind{JSON, Text} {
		for _, size := range []int{1, 100, 1 << 10, 64 << 10, 1 << 20} {
			messages, err := Messages(kind, size, 3)
			if err != nil || len(messages) != 3 {
				t.Fatalf("%s of %d bytes: %d, %v", kind, size, len(messages), err)
			}
			again, _ := Messages(kind, size, 3)
			for i, m := range messages {
				if len(m) != size || !bytes.Equal(m, again[i]) {
					t.Errorf("%s of %d bytes: %d bytes, or not the same again", kind, size, len(m))
				}
			}
			if size >= 100 && (bytes.Equal(messages[0], messages[1]) || bytes.Equal(messages[1], messages[2])) {
				t.Errorf("%s of %d bytes: two are alike", kind, size)
			}
		}
	}
}

// What JSON messages are cut from must be JSON.
func TestJSON(t *testing.T) {
	for _, size := range []int{100, 1000} {
		messages, err := Messages(JSON, size, 1)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.NewDecoder(bytes.NewReader(messages[0])).Decode(&v); size == 1000 && err != nil {
			t.Errorf("%s: %v", messages[0], err)
		}
	}
}
