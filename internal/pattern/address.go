package pattern

import (
	"net/netip"
	"strconv"
	"strings"
)

// address reads an IP address of either version.
func address(s string) (netip.Addr, bool) {
	if len(s) < 2 || len(s) > 45 || strings.IndexByte(s, '%') >= 0 {
		return netip.Addr{}, false
	}
	ip, err := netip.ParseAddr(s)
	return ip, err == nil
}

// parseCIDR reads a block of addresses. It begins at the address that is
// written, which need not be the first one of the block.
func parseCIDR(s string) (addresses, *SyntaxError) {
	base, mask, ok := strings.Cut(s, "/")
	if !ok || strings.Contains(mask, "/") {
		return addresses{}, refuse("Malformed CIDR, one '/' required")
	}
	bits, err := strconv.Atoi(mask)
	if err != nil {
		return addresses{}, refuse("Malformed CIDR, mask bits must be an integer")
	}
	if bits < 0 {
		return addresses{}, refuse("Malformed CIDR, mask bits must not be negative")
	}
	ip, ok := address(base)
	if !ok {
		return addresses{}, refuse("Nonstandard IP address: %s", base)
	}
	if bits > ip.BitLen() {
		version := "IPv6"
		if ip.Is4() {
			version = "IPv4"
		}
		return addresses{}, refuse("%s mask bits must be < %d", version, ip.BitLen()+1)
	}
	top := ip.AsSlice()
	for i := bits; i < len(top)*8; i++ {
		top[i/8] |= 0x80 >> (i % 8)
	}
	high, _ := netip.AddrFromSlice(top)
	return addresses{ip, high}, nil
}
