package web

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"net/netip"
	"strings"

	"golang.org/x/text/language"

	"kaishu/internal/base/locale"
)

// traceOf returns the trace id that the caller sent (W3C Trace Context), or a
// new one.
func traceOf(q *http.Request) string {
	parts := strings.Split(q.Header.Get("Traceparent"), "-")
	if len(parts) >= 4 && hexadecimal(parts[0], 2) && parts[0] != "ff" && (parts[0] != "00" || len(parts) == 4) &&
		hexadecimal(parts[1], 32) && hexadecimal(parts[2], 16) && hexadecimal(parts[3], 2) &&
		strings.Trim(parts[1], "0") != "" && strings.Trim(parts[2], "0") != "" {
		return parts[1]
	}
	var raw [16]byte
	rand.Read(raw[:]) // never fails since Go 1.24
	return hex.EncodeToString(raw[:])
}

func hexadecimal(s string, length int) bool {
	return len(s) == length && strings.Trim(s, "0123456789abcdef") == ""
}

// langOf takes the language from the path, the query, the header, in order.
func langOf(q *http.Request) locale.Lang {
	for _, l := range locale.Langs {
		if p := "/" + string(l); q.URL.Path == p || strings.HasPrefix(q.URL.Path, p+"/") {
			return l
		}
	}
	switch q.URL.Query().Get("lang") {
	case "en":
		return locale.EN
	case "zh":
		return locale.ZH
	}
	return prefers(q.Header.Get("Accept-Language"))
}

// prefers reads Accept-Language: of the languages in it, by weight, the first
// that is one of ours.
func prefers(header string) locale.Lang {
	tags, _, err := language.ParseAcceptLanguage(header) // heaviest first, without those of weight 0
	if err != nil {
		return locale.ZH
	}
	for _, tag := range tags {
		base, _ := tag.Base()
		if l := locale.Lang(base.String()); l == locale.ZH || l == locale.EN {
			return l
		}
	}
	return locale.ZH
}

// bearer returns the token of the Authorization header; "" if there is none.
func bearer(q *http.Request) string {
	scheme, token, _ := strings.Cut(q.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// peer returns who is at the other end of the connection.
func peer(q *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(q.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap()
}

// address returns whom to count a request for: the peer, or whom trusted
// proxies name. Every line of X-Forwarded-For counts, from the end, since a
// client may send lines of its own before the proxy's. IPv6 peers count by
// /64, since one household has so many.
func (s *Server) address(q *http.Request) netip.Addr {
	at := peer(q)
	hops := strings.Split(strings.Join(q.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.trusted(at); i-- {
		hop, err := parseHop(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		at = hop
	}
	if at.Is6() {
		return masked(at, 64)
	}
	return at
}

// parseHop reads one address; some proxies write the port beside it.
func parseHop(text string) (netip.Addr, error) {
	if at, err := netip.ParseAddrPort(text); err == nil {
		return at.Addr().Unmap(), nil
	}
	at, err := netip.ParseAddr(text)
	return at.Unmap(), err
}

func masked(a netip.Addr, bits int) netip.Addr {
	p, err := a.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Addr{}
	}
	return p.Addr()
}

// network returns what of an address may stand in a log: not the person, but
// the neighbourhood, enough to see where a flood comes from.
func network(a netip.Addr) string {
	switch {
	case a.Is4():
		return masked(a, 16).String()
	case a.Is6():
		return masked(a, 32).String()
	}
	return ""
}

func (s *Server) trusted(a netip.Addr) bool {
	for _, p := range s.TrustedProxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// forwardedTLS reports whether a trusted proxy says that it was asked by TLS.
func (s *Server) forwardedTLS(q *http.Request) bool {
	return s.trusted(peer(q)) && q.Header.Get("X-Forwarded-Proto") == "https"
}

// secure sets what every answer carries.
func (s *Server) secure(h http.Header, trace string) {
	h.Set("X-Request-Id", trace)
	h.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Permissions-Policy", "geolocation=(), camera=(), microphone=()")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Access-Control-Allow-Origin", "*") // open data: any page may read it; browsers send no cookie with such a request
	h.Set("Access-Control-Expose-Headers", "Content-Disposition, ETag, Idempotency-Replayed, Link, Repr-Digest, Retry-After, X-Request-Id")
	if strings.HasPrefix(s.PublicURL, "https://") {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}
