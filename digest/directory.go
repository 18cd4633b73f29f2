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
	"sync"
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
	// The folders that were used last. A folder holds a day of log files:
	// with it at hand a file is opened by its name and not along its path.
	mu      sync.Mutex
	folders map[string]*os.Root
}

// maxFolders is how many folders are kept at hand.
const maxFolders = 64

// OpenDirectory opens a directory. Nothing outside of it is read or written,
// whatever keys say and links point to.
func OpenDirectory(path string) (*Directory, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &Directory{root: root, folders: make(map[string]*os.Root)}, nil
}

// Close closes the directory.
func (d *Directory) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	errs := []error{d.root.Close()}
	for _, f := range d.folders {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// folder is the folder of a path, opened. It stays open until the directory
// is closed, or until it is the one to make room and nobody refers to it.
func (d *Directory) folder(path string) (*os.Root, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if f := d.folders[path]; f != nil {
		return f, nil
	}
	f, err := d.root.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	if len(d.folders) >= maxFolders {
		clear(d.folders) // closed by the collector, as files are
	}
	d.folders[path] = f
	return f, nil
}

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
	dir, name := filepath.Split(path)
	folder, err := d.folder(filepath.Clean(dir))
	if err != nil {
		return nil, err
	}
	f, err := folder.Open(name)
	if err != nil {
		return nil, err
	}
	o := &Object{Body: f}
	stat, err := f.Stat()
	switch {
	case err != nil:
	case stat.IsDir():
		err = fs.ErrNotExist // a folder of keys
	default:
		o.Metadata, err = metadata(folder, name)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return o, nil
}

// Has reports whether there is an object.
func (d *Directory) Has(key string) bool {
	path, err := local(key)
	if err != nil {
		return false
	}
	dir, name := filepath.Split(path)
	folder, err := d.folder(filepath.Clean(dir))
	if err != nil {
		return false
	}
	stat, err := folder.Stat(name)
	return err == nil && !stat.IsDir()
}

// metadata reads the user metadata that lies beside an object.
func metadata(folder *os.Root, name string) (m map[string]string, err error) {
	text, err := folder.ReadFile(name + metadataSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		return nil, fmt.Errorf("%s%s: %w", name, metadataSuffix, err)
	}
	return m, nil
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
