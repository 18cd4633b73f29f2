package outbound

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
)

// ErrForbidden is the error of a connection to an address that the server
// does not call.
var ErrForbidden = errors.New("it is not an address that may be called from here")

// Guard says which addresses may be called: those of the public internet.
type Guard struct {
	// Private lets loopback and private addresses in, too. Link-local ones,
	// where clouds keep their metadata, it does not.
	Private bool
}

// Control is the Control function of a net.Dialer. It sees the address that
// is dialled, after the name was resolved, so that no name leads elsewhere.
func (g Guard) Control(_, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%s: %w", address, ErrForbidden)
	}
	if !g.Admits(a.Addr()) {
		return fmt.Errorf("%s: %w", a.Addr(), ErrForbidden)
	}
	return nil
}

// Admits reports whether an address may be called.
func (g Guard) Admits(a netip.Addr) bool {
	if a.Zone() != "" {
		return false
	}
	a = a.Unmap()
	if g.Private && (a.IsLoopback() || a.IsPrivate()) {
		return !slices.Contains(metadata, a)
	}
	return isPublic(a)
}

// metadata are the metadata services with addresses that look private.
var metadata = []netip.Addr{netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("fd20:ce::254")}

// reserved are the networks that netip does not tell from public ones.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2001::/32"),
	netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"),
	netip.MustParsePrefix("::/96"), // IPv4-compatible
}

// isPublic reports whether an address is one of the public internet. One that
// carries another inside (NAT64, 6to4, Teredo) is not.
func isPublic(a netip.Addr) bool {
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	return !slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(a) })
}
