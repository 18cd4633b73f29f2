package seal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func testKey(t testing.TB, fill byte) *Key {
	t.Helper()
	k, err := New(bytes.Repeat([]byte{fill}, Size))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSealOpens(t *testing.T) {
	k := testKey(t, 1)
	for _, plain := range []string{"", "x", strings.Repeat("secret", 1000)} {
		sealed := k.Seal([]byte(plain), "iam.accesskey/AKIA")
		got, err := testKey(t, 1).Open(sealed, "iam.accesskey/AKIA")
		if err != nil || string(got) != plain {
			t.Fatalf("Open = %q, %v", got, err)
		}
		if len(plain) > 8 && bytes.Contains(sealed, []byte(plain)) {
			t.Fatal("the secret is readable")
		}
		if bytes.Equal(sealed, k.Seal([]byte(plain), "iam.accesskey/AKIA")) {
			t.Fatal("two seals are equal")
		}
	}
}

func TestTampering(t *testing.T) {
	k := testKey(t, 1)
	sealed := k.Seal([]byte("secret"), "label")
	for i := range sealed {
		for bit := range 8 {
			bad := bytes.Clone(sealed)
			bad[i] ^= 1 << bit
			if got, err := k.Open(bad, "label"); err == nil {
				t.Fatalf("byte %d bit %d: opened as %q", i, bit, got)
			}
		}
	}
	for n := range len(sealed) {
		if _, err := k.Open(sealed[:n], "label"); !errors.Is(err, ErrTampered) {
			t.Fatalf("cut to %d: %v", n, err)
		}
	}
	if _, err := k.Open(append(bytes.Clone(sealed), 0), "label"); !errors.Is(err, ErrTampered) {
		t.Fatalf("longer: %v", err)
	}
	if _, err := k.Open(sealed, "other"); !errors.Is(err, ErrTampered) {
		t.Fatalf("other label: %v", err)
	}
	if _, err := testKey(t, 2).Open(sealed, "label"); !errors.Is(err, ErrOtherKey) {
		t.Fatalf("other key: %v", err)
	}
}

func TestPurposes(t *testing.T) {
	k := testKey(t, 1)
	sealed := k.For("a").Seal([]byte("secret"), "l")
	if got, err := k.For("a").Open(sealed, "l"); err != nil || string(got) != "secret" {
		t.Fatalf("same purpose: %q, %v", got, err)
	}
	for name, other := range map[string]*Key{"master": k, "b": k.For("b"), "a of a": k.For("a").For("a"), "other master": testKey(t, 2).For("a")} {
		if _, err := other.Open(sealed, "l"); !errors.Is(err, ErrOtherKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNewSize(t *testing.T) {
	for _, n := range []int{0, 16, 31, 33} {
		if _, err := New(make([]byte, n)); err == nil {
			t.Errorf("%d bytes accepted", n)
		}
	}
}

func unset(t *testing.T) {
	t.Helper()
	t.Setenv(Environment, "") // restores it afterwards
	os.Unsetenv(Environment)
}

func TestLoadCreatesOnce(t *testing.T) {
	unset(t)
	path := filepath.Join(t.TempDir(), "master.key")
	k, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	again, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Open(k.Seal([]byte("x"), ""), ""); err != nil {
		t.Fatalf("the second load is another key: %v", err)
	}
	left, _ := os.ReadDir(filepath.Dir(path))
	if len(left) != 1 {
		t.Fatalf("left behind: %v", left)
	}
}

func TestLoadTogether(t *testing.T) {
	unset(t)
	path := filepath.Join(t.TempDir(), "master.key")
	keys := make([]*Key, 8)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			k, err := Load(path)
			if err != nil {
				t.Error(err)
			}
			keys[i] = k
		})
	}
	wg.Wait()
	for _, k := range keys[1:] {
		if k == nil || k.id != keys[0].id {
			t.Fatal("two starts made two keys")
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	unset(t)
	good := base64.StdEncoding.EncodeToString(make([]byte, Size)) + "\n"
	for _, c := range []struct {
		name, text string
		mode       os.FileMode
		want       string
	}{
		{"group", good, 0o640, "chmod 600"},
		{"others", good, 0o604, "chmod 600"},
		{"short", "AAAA\n", 0o600, "32 bytes"},
		{"long", base64.StdEncoding.EncodeToString(make([]byte, 33)), 0o600, "32 bytes"},
		{"raw", strings.Repeat("\x01", 32), 0o600, "base64"},
		{"empty", "", 0o600, "32 bytes"},
	} {
		path := filepath.Join(t.TempDir(), "master.key")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := Load(filepath.Join(t.TempDir(), "no", "master.key")); err == nil {
		t.Error("a missing directory was accepted")
	}
}

func TestLoadEnvironment(t *testing.T) {
	t.Setenv(Environment, base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, Size)))
	path := filepath.Join(t.TempDir(), "master.key")
	k, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if k.id != testKey(t, 7).id {
		t.Fatal("not the key of the environment")
	}
	if _, err := os.Stat(path); err == nil {
		t.Fatal("a file was written")
	}
	for _, bad := range []string{"", "AAAA", "not base64"} {
		t.Setenv(Environment, bad)
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), Environment) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	k := testKey(f, 1)
	f.Add(k.Seal([]byte("secret"), "l"), "l")
	f.Add([]byte{}, "")
	f.Fuzz(func(t *testing.T, sealed []byte, label string) {
		plain, err := k.Open(sealed, label)
		if err == nil && (string(plain) != "secret" || label != "l") {
			t.Fatalf("forged %q under %q", plain, label)
		}
	})
}
