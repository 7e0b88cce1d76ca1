package report

import (
	"errors"
	"io"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// Text writes a report for a terminal, in lines that mean something in its
// mode. The report is not changed. An error is one of writing.
func Text(w io.Writer, r *result.Report) error {
	return errors.New("not written yet")
}
