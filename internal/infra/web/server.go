package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/idempotency"
)

// Options is what a server works with.
type Options struct {
	Routes []Route
	Words  *locale.Catalogue
	Clock  clock.Clock
	Log    *slog.Logger
	// SignIn returns the actor of a bearer token.
	SignIn func(ctx context.Context, token string) (permit.Actor, error)
	// Session returns the actor of a sign-in in a browser; the zero Actor if
	// there is no such sign-in any more.
	Session func(ctx context.Context, secret string) (permit.Actor, error)
	// Entrance names the page where one signs in, without language, to the
	// public realm or to the back office; nil if nobody can.
	Entrance func(office bool) string
	// Render shows a problem as a page; nil for a plain page. If it fails or
	// panics before its first byte, the plain page is shown.
	Render         func(c *Context, status int, p *problem.Error) error
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed
	PublicURL      string         // "" for the request's own
	FairUse        FairUse
	Ready          func() error         // nil if always ready
	Registry       *prometheus.Registry // shown at /metrics; nil for one of its own
	Kept           *idempotency.Store   // what commands were answered; nil if keys of commands count for nothing
}

// Server is the HTTP edge.
type Server struct {
	Options
	routes   map[string]*Route
	mux      *http.ServeMux
	limiter  *limiter
	metrics  metrics
	origins  *http.CrossOriginProtection
	grace    time.Duration // see [grace]
	patience time.Duration // see [patience]
	underWay sync.WaitGroup
}

// New returns a server. It fails if two routes have one name or one address,
// or if a route of the API lacks words.
func New(o Options) (*Server, error) {
	m, err := newMetrics(o.Registry)
	if err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	s := &Server{Options: o, routes: map[string]*Route{}, mux: http.NewServeMux(), limiter: newLimiter(o.FairUse, o.Clock), metrics: m, origins: http.NewCrossOriginProtection(), grace: grace, patience: patience}
	if o.PublicURL != "" {
		if err := s.origins.AddTrustedOrigin(strings.TrimSuffix(o.PublicURL, "/")); err != nil {
			return nil, fmt.Errorf("trust public address: %w", err)
		}
	}
	s.plain()
	for _, r := range slices.Concat(o.Routes, s.own()) {
		if err := s.add(&r); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Server) add(r *Route) (err error) {
	if s.routes[r.Name] != nil {
		return fmt.Errorf("two routes are called %s", r.Name)
	}
	if len(r.May.By) == 0 || r.May.Act == "" {
		return fmt.Errorf("route %s has no rule that says who may call it", r.Name)
	}
	if r.API {
		for _, key := range append(r.wordKeys(), r.Name+".summary", r.Name+".help") {
			if !s.Words.Has(key) {
				return fmt.Errorf("route %s lacks the words %s", r.Name, key)
			}
		}
	}
	defer func() { // how ServeMux says that two patterns clash
		if fault := recover(); fault != nil {
			err = fmt.Errorf("add route %s: %v", r.Name, fault)
		}
	}()
	s.routes[r.Name] = r
	if !strings.HasPrefix(r.Path, langPlace) {
		s.mux.HandleFunc(strings.TrimSpace(r.Method+" "+r.Path), func(w http.ResponseWriter, q *http.Request) { s.serve(w, q, r) })
		return nil
	}
	// Once for each language: ServeMux would not tell /{lang}/about from
	// /assets/{file}, and there is nothing under /fr/.
	for _, l := range locale.Langs {
		path := "/" + string(l) + strings.TrimPrefix(r.Path, langPlace)
		s.mux.HandleFunc(strings.TrimSpace(r.Method+" "+path), func(w http.ResponseWriter, q *http.Request) {
			q.SetPathValue("lang", string(l))
			s.serve(w, q, r)
		})
	}
	return nil
}

// langPlace is how the path of a page begins that exists in each language.
const langPlace = "/{lang}"

// plain adds the addresses for machines of the operator: no words, no limits,
// no line in the log.
func (s *Server) plain() {
	s.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	s.mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if s.Ready != nil {
			if err := s.Ready(); err != nil {
				http.Error(w, err.Error(), http.StatusServiceUnavailable)
				return
			}
		}
		fmt.Fprintln(w, "ready")
	})
	s.mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{}))
}

// own lists the routes of the server itself.
func (s *Server) own() []Route {
	return []Route{
		{Method: "GET", Path: "/openapi.json", Name: "web.openapi", May: permit.Public, First: true, Do: s.openAPI},
		{Method: "GET", Path: "/problems/{code}", Name: "web.problem", May: permit.Public, First: true, Do: s.problemPage},
		{Path: "/", Name: "web.nothing", May: permit.Public, First: true, Plain: true, Do: s.nothing},
	}
}

// nothing answers what no route answers: what may be done here instead, if
// anything.
func (s *Server) nothing(c *Context) error {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		q := *c.Request
		q.Method = method
		if _, pattern := s.mux.Handler(&q); pattern != "/" {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		return problem.New(problem.NotFound, "web.nothing_here")
	}
	c.Writer.Header().Set("Allow", strings.Join(append(allowed, http.MethodOptions), ", "))
	if c.Request.Method == http.MethodOptions {
		c.Writer.Header().Set("Access-Control-Allow-Methods", "GET, HEAD") // a foreign page may read, and no more
		c.Writer.WriteHeader(http.StatusNoContent)
		return nil
	}
	return problem.New(problem.Method, "web.method_not_allowed", "method", c.Request.Method, "allowed", strings.Join(allowed, ", "))
}

// Handler returns the server as a handler.
func (s *Server) Handler() http.Handler { return s.mux }

// serve is the one way to every handler.
func (s *Server) serve(w http.ResponseWriter, q *http.Request, r *Route) {
	s.underWay.Add(1)
	defer s.underWay.Done()
	s.metrics.inFlight.Inc()
	defer s.metrics.inFlight.Dec()
	began := s.Clock.Now()
	out := &writer{ResponseWriter: w}
	trace := traceOf(q)
	ctx, notes := withNotes(id.WithTrace(q.Context(), trace))
	ctx, end := underway(ctx, w)
	defer end()
	c := &Context{Writer: out, Request: q.WithContext(ctx), Route: r, ID: trace, Lang: langOf(q), server: s, out: out}
	s.secure(w.Header(), trace)
	code, whole := "", false
	defer func() {
		fault := recover()
		if fault != nil && fault != http.ErrAbortHandler {
			s.Log.Error("panic", "request", c.ID, "route", r.Name, "fault", fmt.Sprint(fault), "stack", string(debug.Stack()))
			if code = "internal"; !out.begun() {
				c.tell(http.StatusInternalServerError, c.internal())
				whole = true
			}
		}
		s.finish(c, code, began, notes)
		if !whole {
			panic(http.ErrAbortHandler) // cuts the connection: a part must not look whole
		}
	}()
	err := s.admit(c)
	if err == nil {
		err = s.carryOut(c)
	}
	if err != nil && out.begun() {
		c.cutOff(err)
	}
	if err != nil {
		code = c.answer(err)
	}
	whole = true
}

// admit finds out who asks, and whether he may and how often.
func (s *Server) admit(c *Context) error {
	address := s.address(c.Request)
	if address.IsValid() {
		c.Actor.Address = address.String()
		Note(c.Request.Context(), "network", network(address))
	}
	if wait := s.limiter.take(address, c.Route); wait > 0 {
		p := problem.New(problem.TooMany, "web.too_many", "seconds", wait)
		p.RetryAfter = wait
		if bulk := s.FairUse.bulk(c.Request); bulk != "" {
			p.Links = append(p.Links, problem.Link{Rel: "bulk", Href: bulk})
		}
		return p
	}
	if err := s.recognise(c); err != nil {
		return err
	}
	if err := c.Route.May.Asked(c.Actor); err != nil {
		p := problem.As(err)
		p.Args = map[string]any{"role": s.roles(c.Route.May.By)}
		return p
	}
	if c.Actor.Must != "" && !c.Route.First {
		return problem.New(problem.Forbidden, "web.first", "page", c.Actor.Must)
	}
	return c.checkQuery()
}

// roles returns the names of roles in both languages.
func (s *Server) roles(all []permit.Role) locale.Text {
	zh, en := make([]string, len(all)), make([]string, len(all))
	for i, r := range all {
		key := "web.role." + string(r)
		zh[i], en[i] = s.Words.Say(locale.ZH, key, nil), s.Words.Say(locale.EN, key, nil)
	}
	return locale.Text{ZH: strings.Join(zh, "、"), EN: strings.Join(en, ", ")}
}

// finish writes the one line of the log.
func (s *Server) finish(c *Context, code string, began time.Time, notes *notes) {
	status := c.out.status
	if status == 0 { // net/http answers for a handler that wrote nothing
		status = http.StatusOK
	}
	seconds := s.Clock.Now().Sub(began).Seconds()
	s.metrics.took(c.Route.Name, status, seconds)
	attrs := []any{"route", c.Route.Name, "method", c.Request.Method, "status", status, "ms", int(seconds * 1000),
		"bytes", c.out.bytes, "request", c.ID, "actor", c.Actor.Account}
	if code != "" {
		attrs = append(attrs, "problem", code)
	}
	s.Log.Info("request", append(attrs, notes.all()...)...)
}

// grace is how long requests under way may take to end when the server stops;
// those that do not end are cut off, and may take as long again as afterGrace.
const (
	grace      = 10 * time.Second
	afterGrace = 2 * time.Second
)

// patience is how long a command waits for the same one that came before.
const patience = 2 * time.Second

// ListenAndServe serves on address until ctx ends, then lets requests under
// way end, and cuts off what takes longer than the grace.
func (s *Server) ListenAndServe(ctx context.Context, address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	return s.Serve(ctx, l)
}

// Serve is [Server.ListenAndServe] on a listener, which it closes. After it
// returns no handler runs that minds its context.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	base, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	base = context.WithValue(base, serverKey{}, base)
	h := &http.Server{
		Handler: s.Handler(), BaseContext: func(net.Listener) context.Context { return base }, ConnContext: ConnContext,
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	deadline, done := context.WithTimeout(base, s.grace)
	defer done()
	err := h.Shutdown(deadline)
	if errors.Is(err, context.DeadlineExceeded) {
		cut()
		err = h.Close()
		s.awaitHandlers()
	}
	if err != nil {
		return fmt.Errorf("stop serving: %w", err)
	}
	return nil
}

// awaitHandlers lets handlers see that their connection is gone.
func (s *Server) awaitHandlers() {
	ended := make(chan struct{})
	go func() {
		s.underWay.Wait()
		close(ended)
	}()
	late := time.NewTimer(afterGrace)
	defer late.Stop()
	select {
	case <-ended:
	case <-late.C:
		s.Log.Error("a handler did not end with its request")
	}
}
