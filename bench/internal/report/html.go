package report

import (
	"errors"
	"io"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// HTML writes a report as one HTML page that refers to nothing outside of
// itself and needs no script. The report is not changed. An error is one of
// writing.
func HTML(w io.Writer, r *result.Report) error {
	return errors.New("not written yet")
}
