package budget

import "testing"

func TestBytes(t *testing.T) {
	for text, want := range map[string]float64{
		"128": 128, "128B": 128, "1KiB": 1024, "1.5 MiB": 1.5 * (1 << 20), "2GiB": 2 << 30, "-1": -1,
	} {
		if got, err := parseBytes(text); err != nil || got != want {
			t.Errorf("%s: %v (%v), want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "KiB", "1KB", "1Ki", "many"} {
		if got, err := parseBytes(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}
