package chain

import (
	"context"
	"crypto/md5"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/digest"
	"github.com/orgtrail/orgtrail/internal/seal"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/store/storetest"
)

// keyless is a rig without any keys.
func keyless(t testing.TB) *rig {
	r := newRig(t)
	r.change(func(tx *store.Tx) {
		for k := range signingKeys.Scan(tx, "") {
			signingKeys.Delete(tx, k)
		}
	})
	return r
}

// A region has its key as soon as it has a chain, a new one every twenty
// days, each valid for thirty; all of them stay listed. A digest is signed
// with one that is valid when its window ends.
func TestKeyRotation(t *testing.T) {
	r := keyless(t)
	r.signer = r.newSigner(func(c *Config) { c.Interval = 6 * hour })
	r.create("a", "")
	r.flush()
	all := func(region string) []digest.PublicKey {
		return PublicKeys(r.store.View(), region, noon.AddDate(-1, 0, 0), noon.AddDate(10, 0, 0))
	}
	if n := len(all(virginia)); n != 1 {
		t.Fatalf("%d keys when the first chain begins", n)
	}
	if n := len(all(ireland)); n != 0 {
		t.Errorf("%d keys of a region without a chain", n)
	}
	for range 13 {
		r.log(owner, virginia)
		r.pass(7 * 24 * hour)
	}
	keys := all(virginia)
	if len(keys) != 5 { // days 0, 20, 40, 60 and 80 of 91
		t.Errorf("%d keys after three months", len(keys))
	}
	for i, k := range keys {
		if sum := md5.Sum(k.Value); hex.EncodeToString(sum[:]) != k.Fingerprint {
			t.Errorf("fingerprint %s", k.Fingerprint)
		}
		if public, err := x509.ParsePKCS1PublicKey(k.Value); err != nil || public.E != 65537 || public.N.BitLen() != 2048 || len(k.Value) != 270 {
			t.Errorf("key %d: %v", i, err)
		}
		if k.End.Sub(k.Start) != 2592000*time.Second {
			t.Errorf("key %d is valid for %s", i, k.End.Sub(k.Start))
		}
		if i > 0 && k.Start.Sub(keys[i-1].Start) != 20*24*hour {
			t.Errorf("key %d begins %s after the one before", i, k.Start.Sub(keys[i-1].Start))
		}
	}
	digests := r.signed()
	if len(digests) != 91*4 {
		t.Errorf("%d digests", len(digests))
	}
	r.checkLinks()
	for _, s := range digests {
		i := slices.IndexFunc(keys, func(k digest.PublicKey) bool { return k.Fingerprint == s.Fingerprint })
		if i < 0 || s.End.Time().Before(keys[i].Start) || s.End.Time().After(keys[i].End) {
			t.Fatalf("%s is signed with key %d", s.Object, i)
		}
	}
	r.verify()
}

// Keys are those of one region, and of a period.
func TestPublicKeys(t *testing.T) {
	r := keyless(t)
	for _, from := range []time.Time{noon, noon.AddDate(0, 0, 20), noon.AddDate(0, 0, 40)} {
		r.giveKey(virginia, from)
	}
	r.giveKey("us-east-1-extra", noon)
	for _, test := range []struct {
		from, until time.Time
		days        []int
	}{
		{noon, noon, []int{0}},
		{noon.Add(-time.Hour), noon.Add(-time.Second), nil},
		{noon.Add(-time.Hour), noon.AddDate(1, 0, 0), []int{0, 20, 40}},
		{noon.AddDate(0, 0, 25), noon.AddDate(0, 0, 25), []int{0, 20}},
		{noon.AddDate(0, 0, 30), noon.AddDate(0, 0, 30), []int{0, 20}},
		{noon.AddDate(0, 0, 31), noon.AddDate(0, 0, 45), []int{20, 40}},
		{noon.AddDate(0, 0, 71), noon.AddDate(0, 0, 72), nil},
	} {
		var days []int
		for _, k := range PublicKeys(r.store.View(), virginia, test.from, test.until) {
			days = append(days, int(k.Start.Sub(noon).Hours()/24))
		}
		if !slices.Equal(days, test.days) {
			t.Errorf("%s to %s: keys of the days %v, want %v", test.from, test.until, days, test.days)
		}
	}
}

// A key that a crash has kept from being written, or from being answered, is
// made again or found: there is one.
func TestCrashWhileAKeyIsMade(t *testing.T) {
	for n := 1; ; n++ {
		r := keyless(t)
		l := storetest.NewLife(n)
		g := newRing(storetest.Mortal{Store: r.store, Life: l}, masterKey(t))
		g.at(context.Background(), virginia, noon)
		r.reopen()
		if _, err := r.signer.keys.at(context.Background(), virginia, noon); err != nil {
			t.Fatal(err)
		}
		if k := PublicKeys(r.store.View(), virginia, noon, noon); len(k) != 1 {
			t.Fatalf("%d keys after a death at touch %d", len(k), n)
		}
		if !l.Dead() {
			return
		}
	}
}

// A key that was sealed with another master key stops the digests, with an
// error that says so, and not the process.
func TestOtherMasterKey(t *testing.T) {
	r := newRig(t)
	r.create("a", "")
	r.flush()
	other, err := seal.New(slices.Repeat([]byte{7}, seal.Size))
	if err != nil {
		t.Fatal(err)
	}
	r.clock.Advance(hour)
	s := New(Config{Store: r.store, Trails: house{}, Bucket: r.buckets, Seal: other, Clock: r.clock.Now, Log: slog.New(slog.DiscardHandler)})
	if err := s.RunDue(t.Context(), r.clock.Now()); !errors.Is(err, seal.ErrOtherKey) {
		t.Errorf("%v", err)
	}
	r.pass(0)
	r.wantWindows(owner, virginia, "*0-60 0")
}
