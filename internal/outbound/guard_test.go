package outbound

import (
	"errors"
	"net"
	"net/netip"
	"testing"
)

func TestAdmits(t *testing.T) {
	const never, private, public = 0, 1, 2
	for address, want := range map[string]int{
		"8.8.8.8": public, "2606:4700::1": public, "::ffff:8.8.8.8": public,
		"127.0.0.1": private, "127.9.9.9": private, "::1": private, "::ffff:127.0.0.1": private,
		"10.0.0.1": private, "172.16.0.1": private, "192.168.1.1": private, "fd00::1": private,
		"169.254.169.254": never, "169.254.170.2": never, "::ffff:169.254.169.254": never, "fe80::1": never,
		"fe80::1%eth0": never, "fd00:ec2::254": never, "fd20:ce::254": never, "::a9fe:a9fe": never,
		"100.64.0.1": never, "100.100.100.200": never, "192.0.0.192": never, "0.0.0.0": never, "0.1.2.3": never, "::": never,
		"64:ff9b::7f00:1": never, "64:ff9b::a9fe:a9fe": never, "2002:7f00:1::": never, "2001::1": never, "fec0::1": never,
		"224.0.0.1": never, "239.1.1.1": never, "ff02::1": never, "255.255.255.255": never, "240.0.0.1": never,
		"192.0.2.1": never, "198.18.0.1": never, "198.51.100.1": never, "203.0.113.1": never, "2001:db8::1": never,
	} {
		a := netip.MustParseAddr(address)
		if got := (Guard{}).Admits(a); got != (want == public) {
			t.Errorf("%s: %v", address, got)
		}
		if got := (Guard{Private: true}).Admits(a); got != (want != never) {
			t.Errorf("%s, private: %v", address, got)
		}
	}
}

// The guard judges the address that a name leads to.
func TestControl(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	dial := func(g Guard) error {
		c, err := (&net.Dialer{Control: g.Control}).Dial("tcp4", net.JoinHostPort("localhost", port))
		if err == nil {
			c.Close()
		}
		return err
	}
	if err := dial(Guard{}); !errors.Is(err, ErrForbidden) {
		t.Errorf("localhost: %v", err)
	}
	if err := dial(Guard{Private: true}); err != nil {
		t.Errorf("localhost, private: %v", err)
	}
	for _, address := range []string{"", "x", "1.2.3.4", "[::1"} {
		if err := (Guard{Private: true}).Control("tcp", address, nil); !errors.Is(err, ErrForbidden) {
			t.Errorf("%q: %v", address, err)
		}
	}
}
