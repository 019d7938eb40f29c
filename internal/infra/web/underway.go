package web

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// Answer is an answer under way, which somebody may have to end: what was open
// when it began is shut now (Article 31).
type Answer struct {
	cancel context.CancelFunc
	conn   net.Conn // nil where the server does not tell, as in tests of handlers
	out    *http.ResponseController
	once   sync.Once
	ended  chan struct{}
}

// Cut ends a: its context ends, so that queries stop, and its connection is
// reset, so that nothing that is still to be sent arrives.
func (a *Answer) Cut() {
	a.once.Do(func() {
		a.cancel()
		if tcp, ok := a.conn.(*net.TCPConn); ok {
			tcp.SetLinger(0)
		}
		if a.conn != nil {
			a.conn.Close()
		}
		a.out.SetWriteDeadline(time.Unix(1, 0)) // where the connection is not known
	})
}

// Ended is closed when nothing works on the answer any more.
func (a *Answer) Ended() <-chan struct{} { return a.ended }

type (
	answerKey struct{}
	connKey   struct{}
)

// AnswerOf returns the answer that a request's context belongs to; nil outside
// a request.
func AnswerOf(ctx context.Context) *Answer {
	a, _ := ctx.Value(answerKey{}).(*Answer)
	return a
}

// ConnContext tells answers their connection; it is for http.Server.
func ConnContext(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

// underway makes ctx the context of an answer. Call end when it is given.
func underway(ctx context.Context, w http.ResponseWriter) (_ context.Context, end func()) {
	ctx, cancel := context.WithCancel(ctx)
	conn, _ := ctx.Value(connKey{}).(net.Conn)
	a := &Answer{cancel: cancel, conn: conn, out: http.NewResponseController(w), ended: make(chan struct{})}
	return context.WithValue(ctx, answerKey{}, a), func() {
		cancel()
		a.once.Do(func() {}) // too late to cut: the connection may carry another answer
		close(a.ended)
	}
}
