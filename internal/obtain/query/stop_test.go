package query

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/access"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
)

// TestWhoPassedTheDoorIsCut: whoever was let in reads no further once the
// opening is suspended, and the act is answered after that (Article 31, A31.2).
func TestWhoPassedTheDoorIsCut(t *testing.T) {
	c := newCity(t)
	c.list("open", openlist.Unconditional)
	c.release("open", version.Full, table)
	words, err := locale.Load(web.Messages)
	c.must(err)
	in, out := make(chan struct{}), make(chan struct{}, 1)
	s, err := web.New(web.Options{Words: words, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler), Routes: []web.Route{
		{Method: "GET", Path: "/read", Name: "read", May: permit.Public, Do: func(x *web.Context) error {
			_, err := c.door.Open(x.Request.Context(), visitor, "open", access.Latest)
			close(in)
			if err != nil {
				return err
			}
			<-x.Request.Context().Done()
			out <- struct{}{}
			return x.Request.Context().Err()
		}}}})
	c.must(err)
	h := httptest.NewUnstartedServer(s.Handler())
	h.Config.ConnContext = web.ConnContext
	h.Start()
	t.Cleanup(h.Close)
	how := make(chan error, 1)
	go func() {
		a, err := http.Get(h.URL + "/read")
		if err == nil {
			a.Body.Close()
		}
		how <- err
	}()
	<-in
	_, err = c.entries.Do(t.Context(), lead, "open", openlist.Suspend{Reasons: []string{"核实"}})
	c.must(err)
	c.must(c.door.Stop(t.Context(), permit.Platform, "open"))
	if len(out) != 1 {
		h.CloseClientConnections()
		t.Fatal("somebody still reads when the suspension is answered")
	}
	if err := <-how; err == nil {
		t.Error("the reader took a part for the whole")
	}
}
