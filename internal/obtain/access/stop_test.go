package access

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
)

// reading is a server whose pages read a dataset without end.
type reading struct {
	*Service
	url   string
	began chan struct{} // one for each reader that has got something
	ended chan struct{} // one for each handler that is done
}

func openReading(t *testing.T) *reading {
	t.Helper()
	r := &reading{Service: New(Tools{}), began: make(chan struct{}, 10), ended: make(chan struct{}, 10)}
	words, err := locale.Load(web.Messages)
	if err != nil {
		t.Fatal(err)
	}
	endless := func(c *web.Context) error {
		defer func() { r.ended <- struct{}{} }()
		r.under.enter(c.Param("slug"), web.AnswerOf(c.Request.Context()))
		r.under.enter(c.Param("slug"), web.AnswerOf(c.Request.Context())) // a page may read twice
		return c.Stream("text/csv", "a.csv", func(w io.Writer) error {
			for {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return err
				}
			}
		})
	}
	query := func(c *web.Context) error { // as one that waits for an engine
		defer func() { r.ended <- struct{}{} }()
		r.under.enter(c.Param("slug"), web.AnswerOf(c.Request.Context()))
		r.began <- struct{}{}
		<-c.Request.Context().Done()
		return c.Request.Context().Err()
	}
	stop := func(c *web.Context) error { return r.Stop(c.Request.Context(), c.Actor, c.Param("slug")) }
	s, err := web.New(web.Options{Words: words, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler), Routes: []web.Route{
		{Method: "GET", Path: "/read/{slug}", Name: "read", May: permit.Public, Do: endless},
		{Method: "GET", Path: "/query/{slug}", Name: "query", May: permit.Public, Do: query},
		{Method: "GET", Path: "/stop/{slug}", Name: "stop", May: permit.Public, Do: func(c *web.Context) error {
			r.under.enter(c.Param("slug"), web.AnswerOf(c.Request.Context())) // whoever stops it may look at it
			return stop(c)
		}}}})
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewUnstartedServer(s.Handler())
	h.Config.ConnContext = web.ConnContext
	h.Start()
	t.Cleanup(h.Close)
	r.url = h.URL
	return r
}

// reads begins to read and returns how it ended, once it has.
func (r *reading) reads(t *testing.T, path string) chan error {
	t.Helper()
	how := make(chan error, 1)
	ctx := context.WithoutCancel(t.Context())
	go func() {
		q, _ := http.NewRequestWithContext(ctx, "GET", r.url+path, nil)
		a, err := http.DefaultClient.Do(q)
		if err == nil {
			defer a.Body.Close()
			if _, err = io.ReadFull(a.Body, make([]byte, 1<<20)); err == nil {
				r.began <- struct{}{}
				_, err = io.Copy(io.Discard, a.Body)
			}
		}
		how <- err
	}()
	return how
}

// TestNobodyReadsOnceItIsStopped: bodies are reset and queries cancelled before
// Stop returns, of this dataset and no other (Article 31(2), A31.2).
func TestNobodyReadsOnceItIsStopped(t *testing.T) {
	r := openReading(t)
	body, waits, other := r.reads(t, "/read/stopped"), r.reads(t, "/query/stopped"), r.reads(t, "/read/other")
	for range 3 {
		<-r.began
	}
	if err := r.Stop(t.Context(), permit.Platform, "stopped"); err != nil {
		t.Fatal(err)
	}
	if n := len(r.ended); n != 2 {
		t.Errorf("%d of 2 answers had ended when Stop returned", n)
	}
	if err := <-body; err == nil {
		t.Error("the reader took a part for the whole")
	}
	if err := <-waits; err == nil {
		t.Error("a cancelled query looks answered")
	}
	select {
	case err := <-other:
		t.Errorf("another dataset's reader was cut: %v", err)
	default:
	}
	if err := r.Stop(t.Context(), permit.Platform, "other"); err != nil || <-other == nil {
		t.Errorf("the other goes on: %v", err)
	}
	if err := r.Stop(t.Context(), permit.Platform, "nobody-reads-it"); err != nil {
		t.Error(err)
	}
}

// TestWhoStopsIsNotCut: the act that stops is answered, though its page has
// read the data.
func TestWhoStopsIsNotCut(t *testing.T) {
	r := openReading(t)
	a, err := http.Get(r.url + "/stop/stopped")
	if err != nil || a.StatusCode != http.StatusOK {
		t.Fatalf("%v %+v", err, a)
	}
	a.Body.Close()
}

// TestAnswersAreForgotten: what is given is no longer under way.
func TestAnswersAreForgotten(t *testing.T) {
	r := openReading(t)
	how := r.reads(t, "/read/stopped")
	<-r.began
	if got := len(r.under.of("stopped", nil)); got != 1 {
		t.Errorf("%d answers under way", got)
	}
	if err := r.Stop(t.Context(), permit.Platform, "stopped"); err != nil {
		t.Fatal(err)
	}
	<-how
	for range 1000 {
		if len(r.under.of("stopped", nil)) == 0 {
			return
		}
		http.Get(r.url + "/nowhere") // gives the goroutine that forgets its turn
	}
	t.Error("an answer that was given is still under way")
}
