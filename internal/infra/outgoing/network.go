package outgoing

import (
	"net/netip"
	"slices"
)

// closed are the networks that nobody on the internet is reached by, as the
// IANA registries of special-purpose addresses list them (RFC 6890), and those
// that stand for another address: the check could not see which.
var closed = prefixes(
	"0.0.0.0/8",        // this network
	"10.0.0.0/8",       // private
	"100.64.0.0/10",    // carriers' NAT; metadata of Alibaba Cloud
	"127.0.0.0/8",      // loopback
	"168.63.129.16/32", // metadata of Azure
	"169.254.0.0/16",   // link-local; metadata of most clouds
	"172.16.0.0/12",    // private
	"192.0.0.0/24",     // protocols; metadata of Oracle Cloud
	"192.0.2.0/24",     // documentation
	"192.88.99.0/24",   // 6to4 relays
	"192.168.0.0/16",   // private
	"198.18.0.0/15",    // benchmarks
	"198.51.100.0/24",  // documentation
	"203.0.113.0/24",   // documentation
	"224.0.0.0/4",      // multicast
	"240.0.0.0/4",      // reserved, broadcast
	"2001::/23",        // protocols, Teredo
	"2001:db8::/32",    // documentation
	"2002::/16",        // 6to4
	"3fff::/20",        // documentation
)

// global is where all public IPv6 addresses lie. Outside are loopback,
// link-local, private (fc00::/7), multicast, NAT64 (64:ff9b::/96 and
// 64:ff9b:1::/48), IPv4-mapped and IPv4-compatible addresses.
var global = netip.MustParsePrefix("2000::/3")

// allowed reports whether a may be reached: it is the public's, or the
// operator allows it.
func (c *Client) allowed(a netip.Addr) bool {
	holds := func(p netip.Prefix) bool { return p.Contains(a) }
	if slices.ContainsFunc(c.allow, holds) {
		return true
	}
	if a.Zone() != "" || !a.Is4() && !global.Contains(a) {
		return false
	}
	return !slices.ContainsFunc(closed, holds)
}

func prefixes(texts ...string) (all []netip.Prefix) {
	for _, t := range texts {
		all = append(all, netip.MustParsePrefix(t))
	}
	return all
}
