package hist

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// form is a snapshot in JSON. HDR is an HdrHistogram of nanoseconds in its
// compressed encoding V2 and base64, which the tools of that project read;
// the rest is what it does not keep exactly.
type form struct {
	Count uint64        `json:"count"`
	Sum   float64       `json:"sum_ns,omitempty"`
	Max   time.Duration `json:"max_ns,omitempty"`
	HDR   string        `json:"hdr,omitempty"`
}

// shortest is the length in base64 of an encoding's first header, without
// which the library would panic.
const shortest = 12

// MarshalJSON gives count, sum_ns, max_ns and hdr: an HdrHistogram in its
// compressed encoding V2, left out if there are no durations.
func (s Snapshot) MarshalJSON() ([]byte, error) {
	f := form{Count: s.count, Sum: s.sum, Max: s.max}
	if s.count > 0 {
		h := newHDR()
		for _, b := range s.buckets {
			if err := h.RecordValues(int64(b.Upper), int64(b.Count)); err != nil {
				return nil, err
			}
		}
		encoded, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
		if err != nil {
			return nil, err
		}
		f.HDR = string(encoded)
	}
	return json.Marshal(f)
}

// UnmarshalJSON reads what MarshalJSON gives.
func (s *Snapshot) UnmarshalJSON(text []byte) error {
	var f form
	if err := json.Unmarshal(text, &f); err != nil {
		return err
	}
	read := Snapshot{count: f.Count, sum: f.Sum, max: f.Max}
	if len(f.HDR) < shortest && f.HDR != "" {
		return errors.New("histogram: hdr is cut off")
	} else if f.HDR != "" {
		h, err := hdrhistogram.Decode([]byte(f.HDR))
		if err != nil {
			return fmt.Errorf("histogram: %w", err)
		}
		read.buckets = buckets(h)
	}
	var counted uint64
	for _, b := range read.buckets {
		counted += b.Count
	}
	if counted != f.Count {
		return errors.New("histogram: its count is not the sum of its buckets")
	}
	*s = read
	return nil
}
