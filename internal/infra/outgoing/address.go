package outgoing

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"

	"kaishu/internal/base/problem"
)

// maxURL is the longest address that is taken, in bytes.
const maxURL = 2048

// parse reads rawURL and adds to p all that is wrong with it, short of a
// lookup. It returns nil if it is not readable at all; its host is empty if
// only the host is not. A host in other scripts is returned in its ASCII form.
func (c *Client) parse(p *problem.List, rawURL string) *url.URL {
	if len(rawURL) > maxURL {
		p.Add("/url", "outgoing.too_long", "limit", maxURL)
		return nil
	}
	u, err := url.Parse(rawURL)
	if err != nil || u.Opaque != "" {
		p.Add("/url", "outgoing.malformed")
		return nil
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		p.Add("/url", "outgoing.scheme")
	}
	if u.User != nil {
		p.Add("/url", "outgoing.credentials")
	}
	if port := portOf(u); !slices.Contains(c.ports, port) {
		p.Add("/url", "outgoing.port", "ports", portList(c.ports))
	}
	host, ok := hostOf(u.Hostname())
	if !ok {
		p.Add("/url", "outgoing.host")
	}
	switch port := u.Port(); {
	case port != "":
		u.Host = bracketed(host) + ":" + port
	default:
		u.Host = bracketed(host)
	}
	return u
}

// hostOf returns host as it will be looked up or dialled. It is not ok for
// what programs read differently: IPv4 in decimal, octal, hexadecimal or
// shortened, IPv6 with a zone, names with odd characters.
func hostOf(host string) (string, bool) {
	if strings.Contains(host, ":") {
		a, err := netip.ParseAddr(host)
		if err != nil || a.Zone() != "" {
			return "", false
		}
		return a.String(), true
	}
	name, err := idna.Lookup.ToASCII(strings.TrimSuffix(host, "."))
	if err != nil || name == "" || strings.HasSuffix(name, ".") || len(name) > 253 {
		return "", false
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	_, err = strconv.ParseUint(last, 0, 64)
	if err == nil || strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") {
		_, err := netip.ParseAddr(name) // takes four decimal numbers without leading zeros, nothing else
		if err != nil {
			return "", false
		}
	}
	return name, true
}

func bracketed(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

func portList(ports []uint16) string {
	all := make([]string, len(ports))
	for i, p := range ports {
		all[i] = strconv.Itoa(int(p))
	}
	return strings.Join(all, ", ")
}
