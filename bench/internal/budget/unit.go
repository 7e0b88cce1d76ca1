package budget

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

// unit is how a metric's values are written.
type unit struct {
	parse  func(string) (float64, error)
	format func(float64) string
}

var (
	number   = unit{parseNumber, func(f float64) string { return report.Count(int64(f)) }}
	rate     = unit{parseNumber, func(f float64) string { return report.Count(int64(f)) + "/s" }}
	duration = unit{parseDuration, func(f float64) string { return report.Duration(time.Duration(f)) }}
	bytes    = unit{parseBytes, func(f float64) string { return report.Bytes(int64(f)) }}
)

func parseNumber(s string) (float64, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, fmt.Errorf("%q is no number", s)
	}
	return f, nil
}

func parseDuration(s string) (float64, error) {
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("%q is no duration such as 50ms or 1.5s", s)
	}
	return float64(d), nil
}

func parseBytes(s string) (float64, error) {
	factor := 1.0
	for i, suffix := range []string{"KiB", "MiB", "GiB"} {
		if digits, ok := strings.CutSuffix(s, suffix); ok {
			s, factor = strings.TrimSpace(digits), float64(int64(1)<<(10*(i+1)))
		}
	}
	f, err := parseNumber(strings.TrimSuffix(s, "B"))
	if err != nil {
		return 0, fmt.Errorf("%q is no number of bytes such as 128, 64KiB or 1.5MiB", s)
	}
	return f * factor, nil
}
