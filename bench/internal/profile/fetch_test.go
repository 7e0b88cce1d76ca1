package profile

import (
	"context"
	"net/http"
	"net/http/httptest"
	_ "net/http/pprof" // what is fetched
	"strings"
	"testing"
	"time"
)

func TestFetch(t *testing.T) {
	server := httptest.NewServer(http.DefaultServeMux)
	defer server.Close()
	addr := server.Listener.Addr().String()
	heap, err := Heap(t.Context(), addr)
	if err != nil || heap.SampleType[len(heap.SampleType)-1].Type != "inuse_space" {
		t.Errorf("%v (%v), want memory in use", heap, err)
	}
	cpu, err := CPU(t.Context(), addr, time.Second)
	if err != nil || cpu.SampleType[len(cpu.SampleType)-1].Type != "cpu" {
		t.Errorf("%v (%v), want processor time", cpu, err)
	}
}

func TestFetchFails(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/heap", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("no profile")) })
	server := httptest.NewServer(mux)
	defer server.Close()
	addr := server.Listener.Addr().String()
	if _, err := Heap(t.Context(), addr); err == nil {
		t.Error("took a text for a profile")
	}
	if _, err := CPU(t.Context(), addr, time.Second); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("%v, want 404", err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := CPU(over, addr, time.Second); err == nil {
		t.Error("took a profile after the context's end")
	}
}
