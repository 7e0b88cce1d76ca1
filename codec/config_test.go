package codec

import "testing"

func TestConfigDefaults(t *testing.T) {
	for _, n := range []int{0, -1} {
		cfg := Config{MaxMessage: n, MaxFragments: n}
		if cfg.maxMessage() != 1<<20 || cfg.maxFragments() != 65536 {
			t.Errorf("%d: limits of %d bytes, %d fragments", n, cfg.maxMessage(), cfg.maxFragments())
		}
	}
	cfg := Config{MaxMessage: 5, MaxFragments: 6}
	if cfg.maxMessage() != 5 || cfg.maxFragments() != 6 {
		t.Errorf("limits of %d bytes, %d fragments", cfg.maxMessage(), cfg.maxFragments())
	}
}
