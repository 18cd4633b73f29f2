package digest

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Directories are downloaded buckets by name. It implements [Buckets].
type Directories map[string]*Directory

// List yields the keys of a bucket.
func (d Directories) List(ctx context.Context, bucket, prefix, after string) iter.Seq2[string, error] {
	dir, ok := d[bucket]
	if !ok {
		return func(yield func(string, error) bool) { yield("", notDownloaded(bucket)) }
	}
	return dir.List(ctx, prefix, after)
}

// Get opens an object of a bucket. That a bucket was not downloaded is no
// fs.ErrNotExist: nothing is known of its objects.
func (d Directories) Get(_ context.Context, bucket, key string) (*Object, error) {
	dir, ok := d[bucket]
	if !ok {
		return nil, notDownloaded(bucket)
	}
	return dir.Get(key)
}

func notDownloaded(bucket string) error {
	return fmt.Errorf("the bucket %s was not downloaded", bucket)
}

// The names of files that are no objects: the user metadata of the object
// beside it, and an object that is being written.
const (
	metadataSuffix = ".metadata.json"
	partSuffix     = ".part"
)

// Directory is a downloaded bucket: each file is the object whose key is its
// path below the directory. The user metadata of an object lies beside it in
// <file>.metadata.json, a JSON object of strings.
type Directory struct {
	root *os.Root
}

// OpenDirectory opens a directory. Nothing outside of it is read or written,
// whatever keys say and links point to.
func OpenDirectory(path string) (*Directory, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &Directory{root}, nil
}

// Close closes the directory.
func (d *Directory) Close() error { return d.root.Close() }

// List yields the keys that start with prefix and come after the given one,
// in the order of their bytes.
func (d *Directory) List(ctx context.Context, prefix, after string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		d.walk(ctx, "", prefix, after, yield)
	}
}

// walk yields the keys below a path, which is "" or ends with a slash, and
// reports whether more is wanted.
func (d *Directory) walk(ctx context.Context, path, prefix, after string, yield func(string, error) bool) bool {
	entries, err := d.entries(path)
	if err != nil {
		yield("", err)
		return false
	}
	for _, name := range entries {
		key := path + name
		folder := strings.HasSuffix(name, "/")
		switch {
		case ctx.Err() != nil:
			yield("", ctx.Err())
			return false
		case folder:
			// All keys below start with key: some may start with prefix and
			// come after the given one.
			fits := strings.HasPrefix(key, prefix) || strings.HasPrefix(prefix, key)
			passed := key < after && !strings.HasPrefix(after, key)
			if fits && !passed && !d.walk(ctx, key, prefix, after, yield) {
				return false
			}
		case strings.HasPrefix(key, prefix) && key > after:
			if !yield(key, nil) {
				return false
			}
		}
	}
	return true
}

// entries lists one level of the directory in the order of keys: folders
// sort with the slash that follows them.
func (d *Directory) entries(path string) ([]string, error) {
	dir, err := d.root.Open(filepath.FromSlash(cmp.Or(strings.TrimSuffix(path, "/"), ".")))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	all, err := dir.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(all))
	for _, e := range all {
		name := e.Name()
		switch {
		case e.IsDir():
			names = append(names, name+"/")
		case !strings.HasSuffix(name, metadataSuffix) && !strings.HasSuffix(name, partSuffix):
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Get opens an object. The error is fs.ErrNotExist when it is not there.
func (d *Directory) Get(key string) (*Object, error) {
	path, err := local(key)
	if err != nil {
		return nil, err
	}
	if stat, err := d.root.Stat(path); err != nil {
		return nil, err
	} else if stat.IsDir() {
		return nil, fs.ErrNotExist // a folder of keys
	}
	f, err := d.root.Open(path)
	if err != nil {
		return nil, err
	}
	o := &Object{Body: f}
	text, err := d.root.ReadFile(path + metadataSuffix)
	if err == nil {
		err = json.Unmarshal(text, &o.Metadata)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.Close()
		return nil, fmt.Errorf("%s%s: %w", key, metadataSuffix, err)
	}
	return o, nil
}

// Put saves an object. The object is there once Put has returned nil, and
// never in part or without its metadata; it is not forced to disk.
func (d *Directory) Put(key string, body io.Reader, metadata map[string]string) error {
	path, err := local(key)
	if err != nil {
		return err
	}
	if err := d.root.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if len(metadata) > 0 {
		text, err := json.MarshalIndent(metadata, "", "  ")
		if err != nil {
			return err
		}
		if err := d.write(path+metadataSuffix, strings.NewReader(string(text)+"\n")); err != nil {
			return err
		}
	}
	return d.write(path, body)
}

// write writes a file under a name of its own first: the same object may be
// put twice at the same time.
func (d *Directory) write(path string, content io.Reader) error {
	part := path + "." + rand.Text() + partSuffix
	f, err := d.root.Create(part)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	if err = errors.Join(err, f.Close()); err == nil {
		err = d.root.Rename(part, path)
	}
	if err != nil {
		return errors.Join(err, d.root.Remove(part))
	}
	return nil
}

// local is the path of a key, which must be one that a directory can hold.
func local(key string) (string, error) {
	path, err := filepath.Localize(key)
	if err != nil || strings.HasSuffix(path, metadataSuffix) || strings.HasSuffix(path, partSuffix) {
		return "", fmt.Errorf("the key %q cannot be a file", key)
	}
	return path, nil
}
