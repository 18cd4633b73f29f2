package s3

import (
	"net/netip"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	for name, want := range map[string]bool{
		"abc": true, "my-bucket": true, "a.b.c": true, "1.2.3": true, "aws-cloudtrail-logs-111111111111-abcdef": true,
		"192.168.5.4.a": true, "a1b": true, "0ab": true, strings.Repeat("a", 63): true, "a--b": true, "xn-a": true,
		"": false, "ab": false, strings.Repeat("a", 64): false, "My-bucket": false, "my_bucket": false, "-ab": false,
		"ab-": false, ".ab": false, "ab.": false, "a..b": false, "a.-b": false, "a-.b": false, "192.168.5.4": false,
		"999.1.1.1": false, "xn--abc": false, "sthree-abc": false, "amzn-s3-demo-bucket": false, "abc-s3alias": false,
		"abc--ol-s3": false, "abc.mrap": false, "abc--x-s3": false, "abc--table-s3": false, "a b": false, "äbc": false, "a/b": false,
	} {
		if got := validName(name); got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
}

// FuzzNames holds names to what others rely on: they are one label or more of
// a host name, one segment of a path, and no address.
func FuzzNames(f *testing.F) {
	for _, seed := range []string{"my-bucket", "a..b", "192.168.5.4", "xn--a", "a.b-c.d", "-a-", "abc--x-s3"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if !validName(name) {
			return
		}
		if _, err := netip.ParseAddr(name); err == nil {
			t.Errorf("%q is an address", name)
		}
		if len(name) < 3 || len(name) > 63 || strings.ToLower(name) != name || strings.ContainsAny(name, "/\\%?#:@ _*\x00") {
			t.Errorf("%q is no name", name)
		}
		for _, label := range strings.Split(name, ".") {
			if label == "" || strings.Trim(label, "-") != label {
				t.Errorf("%q has a bad label", name)
			}
		}
		if got, err := readBucketToken(new(bucketToken(name))); got != name || err != nil {
			t.Errorf("token of %q reads as %q, %v", name, got, err)
		}
	})
}
