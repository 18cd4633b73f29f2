package main

import (
	"context"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/orgtrail/orgtrail/digest"
)

// publicKeysFile is where a saver puts the public keys.
const publicKeysFile = "public-keys.json"

// saver keeps what a verification reads: each bucket in a directory of its
// own, with the metadata of objects beside them, and the public keys. What
// the verification reads is what was saved.
type saver struct {
	*cloud
	digest.Keys
	path string

	mu   sync.Mutex
	dirs digest.Directories
	keys map[string]digest.PublicKey // by fingerprint
}

// dir is the directory of a bucket. It is there even when the bucket is not,
// so that what is missing is missing from the copy as well.
func (s *saver) dir(bucket string) (*digest.Directory, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.dirs[bucket]; d != nil {
		return d, nil
	}
	path := filepath.Join(s.path, bucket)
	if !filepath.IsLocal(bucket) {
		return nil, &fs.PathError{Op: "save", Path: path, Err: fs.ErrInvalid}
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, err
	}
	d, err := digest.OpenDirectory(path)
	if err == nil {
		s.dirs[bucket] = d
	}
	return d, err
}

// Get saves an object and opens what was saved.
func (s *saver) Get(ctx context.Context, bucket, key string) (*digest.Object, error) {
	d, err := s.dir(bucket)
	if err != nil {
		return nil, err
	}
	o, err := s.cloud.Get(ctx, bucket, key)
	if err != nil {
		return nil, err
	}
	defer o.Body.Close()
	if err := d.Put(key, o.Body, o.Metadata); err != nil {
		return nil, err
	}
	return d.Get(key)
}

// List saves the log files among what is listed, because those that no digest
// names are evidence too.
func (s *saver) List(ctx context.Context, bucket, prefix, after string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for key, err := range s.cloud.List(ctx, bucket, prefix, after) {
			if err == nil {
				s.listed(ctx, bucket, key)
			}
			if !yield(key, err) {
				return
			}
		}
	}
}

// listed saves a log file that was not read before. One that cannot be read
// is left out: where it matters, the verification reads it itself and says so.
func (s *saver) listed(ctx context.Context, bucket, key string) {
	if _, err := digest.ParseKey(key); err == nil || strings.HasSuffix(key, "/") {
		return // a digest is read in its turn
	}
	d, err := s.dir(bucket)
	if err != nil {
		return
	}
	if d.Has(key) {
		return
	}
	if o, err := s.Get(ctx, bucket, key); err == nil {
		o.Body.Close()
	}
}

// PublicKeys remembers the keys that were listed.
func (s *saver) PublicKeys(ctx context.Context, region string, start, end time.Time) ([]digest.PublicKey, error) {
	keys, err := s.Keys.PublicKeys(ctx, region, start, end)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys == nil {
		s.keys = make(map[string]digest.PublicKey)
	}
	for _, k := range keys {
		s.keys[k.Fingerprint] = k
	}
	return keys, err
}

// finish writes the public keys.
func (s *saver) finish() error {
	keys := slices.SortedFunc(maps.Values(s.keys), func(a, b digest.PublicKey) int {
		return strings.Compare(a.Fingerprint, b.Fingerprint)
	})
	text, err := digest.MarshalPublicKeys(keys)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.path, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.path, publicKeysFile), append(text, '\n'), 0o644)
}

// again is the command that verifies what was saved.
func (s *saver) again(v *verification) []string {
	args := []string{
		"orgtrail", "verify", "--trail-arn", v.arn,
		"--start-time", v.Start.Format(time.RFC3339), "--end-time", v.End.Format(time.RFC3339),
		"--public-keys", filepath.Join(s.path, publicKeysFile), "--dir", filepath.Join(s.path, v.Bucket),
	}
	for _, b := range slices.Sorted(maps.Keys(s.dirs)) {
		if b != v.Bucket {
			args = append(args, "--dir", filepath.Join(s.path, b))
		}
	}
	for _, f := range [][2]string{
		{"--s3-prefix", v.Prefix}, {"--account-id", strings.Join(v.Accounts, ",")}, {"--region", strings.Join(v.Regions, ",")},
	} {
		if f[1] != "" {
			args = append(args, f[:]...)
		}
	}
	return args
}
