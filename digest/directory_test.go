package digest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func openDirectory(t testing.TB, path string) *Directory {
	d, err := OpenDirectory(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// save puts all objects of a bucket into a new directory.
func (e *estate) save(bucket string) *Directory {
	d := openDirectory(e.t, e.t.TempDir())
	for key, o := range e.buckets[bucket] {
		if err := d.Put(key, strings.NewReader(string(o.body)), o.metadata); err != nil {
			e.t.Fatal(err)
		}
	}
	return d
}

// TestDirectoryLists: a directory lists as a bucket does, wherever a listing
// starts.
func TestDirectoryLists(t *testing.T) {
	e := newEstate(t)
	keys := []string{"a-b", "a.b/c", "a/b-c/d", "a/b.c", "a/b/c/d", "a/b/c0", "a/c", "a0", "ab/x", "b"}
	for _, k := range keys {
		e.put(theBucket, k, []byte("x"), map[string]string{"signature": "00"})
	}
	d := e.save(theBucket)
	probes := append([]string{"", "a", "a/", "a/b/", "a/b/c", "a-", "a/b0", "z", "a/b-c/", "ab/y"}, keys...)
	for _, prefix := range probes {
		for _, after := range probes {
			want, _ := collect(e.List(context.Background(), theBucket, prefix, after))
			got, err := collect(d.List(context.Background(), prefix, after))
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("List(%q, %q) = %q, %v, want %q", prefix, after, got, err, want)
			}
		}
	}
}

func TestDirectoryKeeps(t *testing.T) {
	path := t.TempDir()
	d := openDirectory(t, path)
	metadata := map[string]string{MetadataSignature: "00", MetadataAlgorithm: SignatureAlgorithm}
	if err := d.Put("a/b", strings.NewReader("content"), metadata); err != nil {
		t.Fatal(err)
	}
	o, err := d.Get("a/b")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Body.Close()
	if content, err := io.ReadAll(o.Body); string(content) != "content" || err != nil || !reflect.DeepEqual(o.Metadata, metadata) {
		t.Errorf("Get gives %q, %v, %v", content, o.Metadata, err)
	}
	if _, err := d.Get("a/c"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such object: %v", err)
	}
	if _, err := (Directories{}).Get(context.Background(), "b", "a/b"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such directory: %v", err)
	}
	if err := d.Put("a/d", io.MultiReader(strings.NewReader("half"), brokenBody{}), nil); err == nil {
		t.Error("half an object was put")
	}
	if all, err := collect(d.List(context.Background(), "", "")); err != nil || !slices.Equal(all, []string{"a/b"}) {
		t.Errorf("List = %q, %v", all, err)
	}
	if err := os.WriteFile(filepath.Join(path, "a", "b"+metadataSuffix), []byte("[]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Get("a/b"); err == nil {
		t.Error("metadata of another form was taken")
	}
}

// TestDirectoryIsAll: no key leads out of the directory.
func TestDirectoryIsAll(t *testing.T) {
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(path, "link")); err != nil {
		t.Fatal(err)
	}
	d := openDirectory(t, path)
	for _, key := range []string{"", ".", "..", "../x", "/etc/passwd", "a/../../x", "a//b", "a/", "link/secret", "x" + metadataSuffix, "x" + partSuffix} {
		if o, err := d.Get(key); err == nil {
			t.Errorf("Get(%q) opens something", key)
			o.Body.Close()
		}
		if err := d.Put(key, strings.NewReader("x"), nil); err == nil {
			t.Errorf("Put(%q) writes something", key)
		}
	}
}

// TestDirectoryVerifies: a downloaded bucket gives the same findings.
func TestDirectoryVerifies(t *testing.T) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			e := newEstate(t)
			s.happen(e)
			if e.getErr != nil {
				t.Skip("files are always readable")
			}
			dirs := make(Directories)
			for b := range maps.Keys(e.buckets) {
				for key := range e.buckets[b] {
					if strings.HasSuffix(key, "/") {
						delete(e.buckets[b], key)
					}
				}
				dirs[b] = e.save(b)
			}
			if s.name == "bucket before deleted" {
				dirs["old-bucket"] = openDirectory(t, t.TempDir())
			}
			q := e.request()
			if s.ask != nil {
				s.ask(&q)
			}
			want, wantSum := e.verify(q, s.verify)
			got, gotSum := e.verify(q, func(v *Verifier) {
				if s.verify != nil {
					s.verify(v)
				}
				v.Buckets = dirs
			})
			if !reflect.DeepEqual(got, want) || gotSum != wantSum {
				t.Errorf("found %s%+v\nwant %s%+v", listFindings(got), gotSum, listFindings(want), wantSum)
			}
		})
	}
}

// BenchmarkVerify verifies 2,000 digests with one log file each in a
// directory, log files of 1 MB unpacked.
func BenchmarkVerify(b *testing.B) {
	e := newEstate(b)
	path := b.TempDir()
	d := openDirectory(b, path)
	s := e.series(inTheOrg, "eu-west-1")
	record := strings.Repeat(`{"eventVersion":"1.11","eventName":"PutObject"},`, 20_000)
	const files = 2000
	for i := range files {
		s.write(time.Hour, 1, func(dg *Digest) {
			content := fmt.Sprintf(`{"Records":[%s{"eventID":"%d"}]}`, record, i)
			dg.LogFiles[0].Hash = hashOf(content)
			e.put(theBucket, dg.LogFiles[0].Object, pack(content), nil)
		})
		for key, o := range e.buckets[theBucket] {
			if err := d.Put(key, strings.NewReader(string(o.body)), o.metadata); err != nil {
				b.Fatal(err)
			}
		}
		clear(e.buckets[theBucket])
	}
	e.keys["eu-west-1"][0].End = s.key.End.AddDate(1, 0, 0)
	q := e.request()
	q.End = s.key.End
	v := Verifier{Buckets: Directories{theBucket: d}, Keys: e, Report: func(f Finding) { b.Fatalf("found %+v", f) }}
	var highest uint64
	v.Progress = func(s Summary) {
		if n := s.Logs.Total(); n%500 == 0 {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			highest = max(highest, m.HeapInuse)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		sum, err := v.Verify(context.Background(), q)
		if err != nil || sum.Digests.Valid != files || sum.Logs.Valid != files {
			b.Fatalf("%+v, %v", sum, err)
		}
		b.SetBytes(sum.Bytes)
	}
	b.ReportMetric(float64(2*files*b.N)/b.Elapsed().Seconds(), "files/s")
	b.ReportMetric(float64(highest)/(1<<20), "heap-MB")
}
