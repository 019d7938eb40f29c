package web

import (
	"net/http"
	"net/netip"
	"strings"

	"kaishu/internal/base/problem"
)

// Loopback reports whether q was sent from this machine to this machine, with
// nobody between: the peer and the name in Host are loopback, and no header
// tells of a proxy. A page of another site that resolves its own name to
// 127.0.0.1 gives itself away by Host.
func Loopback(q *http.Request) bool {
	for name := range q.Header {
		if strings.HasPrefix(name, "X-Forwarded-") || name == "Forwarded" || name == "X-Real-Ip" || name == "Via" {
			return false
		}
	}
	return peer(q).IsLoopback() && LoopbackHost(q.Host)
}

// LoopbackHost reports whether host, with or without a port, is this machine:
// localhost, 127.0.0.1 or [::1].
func LoopbackHost(host string) bool {
	if at, err := netip.ParseAddrPort(host); err == nil {
		host = at.Addr().String()
	} else if name, port, found := strings.Cut(host, ":"); found && !strings.Contains(port, ":") {
		host = name
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && a.IsLoopback() || strings.EqualFold(host, "localhost")
}

// OnlyHere lets a handler of development be asked from this machine only.
func OnlyHere(do Handler) Handler {
	return func(c *Context) error {
		if !Loopback(c.Request) {
			return problem.New(problem.Forbidden, "web.only_here")
		}
		return do(c)
	}
}
