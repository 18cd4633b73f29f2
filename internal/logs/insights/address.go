package insights

import "net/netip"

// address returns the IP address that a value is, or the zero address.
func address(v value) netip.Addr {
	a, err := netip.ParseAddr(v.String())
	if err != nil || a.Zone() != "" {
		return netip.Addr{}
	}
	return a
}

// inSubnet reports whether the first argument is an address in the subnet that
// the second one is, both of a version, or 0 for any.
func inSubnet(args []value, version int) bool {
	a := address(args[0])
	subnet, err := netip.ParsePrefix(args[1].String())
	if err != nil || version == 4 && !a.Is4() || version == 6 && !a.Is6() {
		return false
	}
	return subnet.Contains(a)
}
