package digest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
)

const (
	theBucket = "my-bucket"
	theTrail  = "my-trail"
	theHome   = "us-east-2"
	theOrg    = "o-exampleorgid"
	manager   = "111111111111"
	member    = "222222222222"
)

// first is when the windows of an estate's chains start.
var first = time.Date(2026, 1, 31, 0, 1, 31, 0, time.UTC)

// estate is a trail with what it has delivered, in memory.
type estate struct {
	t       testing.TB
	buckets map[string]map[string]stored
	keys    map[string][]PublicKey // by region
	serial  int

	// Failures that the buckets and keys act out.
	getErr, listErr func(bucket, key string) error
	keysErr         error
}

type stored struct {
	body     []byte
	metadata map[string]string
}

func newEstate(t testing.TB) *estate {
	return &estate{t: t, buckets: map[string]map[string]stored{theBucket: {}}, keys: make(map[string][]PublicKey)}
}

func (e *estate) List(_ context.Context, bucket, prefix, after string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if e.listErr != nil {
			if err := e.listErr(bucket, prefix); err != nil {
				yield("", err)
				return
			}
		}
		for _, key := range slices.Sorted(maps.Keys(e.buckets[bucket])) {
			if strings.HasPrefix(key, prefix) && key > after && !yield(key, nil) {
				return
			}
		}
	}
}

func (e *estate) Get(_ context.Context, bucket, key string) (*Object, error) {
	if e.getErr != nil {
		if err := e.getErr(bucket, key); err != nil {
			return nil, err
		}
	}
	o, ok := e.buckets[bucket][key]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return &Object{Body: io.NopCloser(bytes.NewReader(o.body)), Metadata: o.metadata}, nil
}

func (e *estate) PublicKeys(_ context.Context, region string, start, end time.Time) (keys []PublicKey, err error) {
	for _, k := range e.keys[region] {
		if !k.End.Before(start) && !k.Start.After(end) {
			keys = append(keys, k)
		}
	}
	return keys, e.keysErr
}

// private is the key that a region signs with; it is listed.
func (e *estate) private(region string) *rsa.PrivateKey {
	key := signingKey(e.t, region)
	if e.keys[region] == nil {
		e.keys[region] = []PublicKey{NewPublicKey(&key.PublicKey, first.AddDate(0, 0, -10), first.AddDate(0, 0, 20))}
	}
	return key
}

// put stores an object.
func (e *estate) put(bucket, key string, body []byte, metadata map[string]string) {
	if e.buckets[bucket] == nil {
		e.buckets[bucket] = make(map[string]stored)
	}
	e.buckets[bucket][key] = stored{body, metadata}
}

func pack(content string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(content))
	z.Close()
	return b.Bytes()
}

// log delivers a log file of a folder and region.
func (e *estate) log(bucket string, f Folder, kind, region string, at time.Time) LogFile {
	e.serial++
	k := LogKey{f, kind, region, at.UTC().Truncate(time.Minute), fmt.Sprintf("%016d", e.serial)}
	content := fmt.Sprintf(`{"Records":[{"eventID":"%d"}]}`, e.serial)
	e.put(bucket, k.String(), pack(content), nil)
	return LogFile{bucket, k.String(), hashOf(content), At(at), At(at.Add(-time.Minute))}
}

func hashOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// series writes one chain.
type series struct {
	*estate
	bucket string
	key    Key // of the latest digest
	head   Link
}

func (e *estate) series(f Folder, region string) *series {
	return &series{estate: e, bucket: theBucket, key: Key{f, region, theTrail, theHome, first, false}}
}

// hours writes digests of an hour with two log files each.
func (s *series) hours(n int) *series {
	for range n {
		s.write(time.Hour, 2, nil)
	}
	return s
}

// write writes a digest, which change may alter before it is signed, and
// returns it.
func (s *series) write(window time.Duration, logs int, change func(*Digest)) *File {
	start := s.key.End
	s.key.End = start.Add(window)
	d := Digest{
		Account: s.key.Account, Start: At(start), End: At(s.key.End), Bucket: s.bucket, Object: s.key.String(), Previous: s.head,
	}
	for i := range logs {
		d.LogFiles = append(d.LogFiles, s.log(s.bucket, s.key.Folder, "CloudTrail", s.key.Region, start.Add(window*time.Duration(i+1)/time.Duration(logs+1))))
	}
	if change != nil {
		change(&d)
	}
	f, err := Sign(d, s.private(s.key.Region))
	if err != nil {
		s.t.Fatal(err)
	}
	s.put(f.Bucket, f.Object, f.Body(), f.Metadata())
	s.head = f.Link()
	return f
}

// backfill writes a digest of late log files for the latest window.
func (s *series) backfill(logs ...LogFile) *File {
	k := s.key
	k.Backfill = true
	f, err := Sign(Digest{
		Account: k.Account, Start: At(k.End.Add(-time.Hour)), End: At(k.End), Bucket: s.bucket, Object: k.String(), LogFiles: logs,
	}, s.private(k.Region))
	if err != nil {
		s.t.Fatal(err)
	}
	f.Generated = k.End.Add(5 * time.Hour)
	s.put(f.Bucket, f.Object, f.Body(), f.Metadata())
	return f
}

// rest is a time without digests, after which a new chain starts.
func (s *series) rest(d time.Duration) *series {
	s.key.End = s.key.End.Add(d)
	s.head = Link{}
	return s
}

// digest is the key of the digest of the nth window, counted from 0.
func (s *series) digest(n int) string {
	k := s.key
	k.End = first.Add(time.Duration(n+1) * time.Hour)
	return k.String()
}

// logs are the keys of the log files in the bucket, in their order.
func (s *series) logs() (keys []string) {
	for key := range s.buckets[s.bucket] {
		if strings.HasPrefix(key, s.key.Folder.String()) && strings.Contains(key, "_CloudTrail_") {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// edit changes the content of an object, packed again.
func (s *series) edit(key string, change func(content string) string) {
	o, ok := s.buckets[s.bucket][key]
	if !ok {
		s.t.Fatalf("no object %s", key)
	}
	content, err := unpack(bytes.NewReader(o.body), 1<<20)
	if err != nil {
		s.t.Fatal(err)
	}
	s.put(s.bucket, key, pack(change(string(content))), o.metadata)
}

// remove deletes an object.
func (s *series) remove(key string) {
	if _, ok := s.buckets[s.bucket][key]; !ok {
		s.t.Fatalf("no object %s", key)
	}
	delete(s.buckets[s.bucket], key)
}

// request asks for everything that the estate's trail can have delivered.
func (e *estate) request() Request {
	return Request{
		Trail: theTrail, HomeRegion: theHome, Account: manager, Bucket: theBucket,
		Start: first.Add(-time.Minute), End: first.Add(36 * time.Hour),
	}
}

// verify verifies, and returns what was found in the order of kinds and
// objects.
func (e *estate) verify(q Request, change func(*Verifier)) ([]Finding, Summary) {
	e.t.Helper()
	var mu sync.Mutex
	var found []Finding
	v := Verifier{Buckets: e, Keys: e, Parallel: 4, Report: func(f Finding) {
		if !mu.TryLock() {
			e.t.Error("two findings at the same time")
			return
		}
		found = append(found, f)
		mu.Unlock()
	}}
	if change != nil {
		change(&v)
	}
	sum, err := v.Verify(context.Background(), q)
	if err != nil && !errors.Is(err, fs.ErrPermission) {
		e.t.Fatal(err)
	}
	slices.SortFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Object, b.Object), a.From.Compare(b.From))
	})
	return found, sum
}
