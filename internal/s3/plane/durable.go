package plane

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/s3api/middlewares"
	"github.com/versity/versitygw/s3err"
	"github.com/versity/versitygw/s3response"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// durable makes what the store answers true after a power failure: the store
// itself writes without ever syncing.
//
// An object appears in four steps, and a crash after each leaves
//
//  1. its directories made and synced (makeDirs): empty directories, which
//     nothing lists;
//  2. its data and attributes in an unnamed file, which is synced when the
//     etag is stored (attributes.StoreAttribute): nothing;
//  3. the file linked under its name: the old object or the new one, whole;
//  4. the file and its directory synced (published): the new object. Only now
//     the writer is told.
type durable struct {
	*posix.Posix
	attrs attributes
	root  string // absolute; the store's paths are relative to it

	dirs       sync.Mutex
	removals   atomic.Int64 // of objects, with which the store removes directories
	buckets    sync.Map     // name → *sync.RWMutex, held while something is written
	completing sync.Map     // path of an upload that is being completed
}

var errConflict = s3err.APIError{
	Code:           "OperationAborted",
	Description:    "A conflicting conditional operation is currently in progress against this resource. Please try again.",
	HTTPStatusCode: 409,
}

// writing keeps a bucket from being deleted until the returned function is
// called.
func (d *durable) writing(bucket string) (done func()) {
	l := d.lock(bucket)
	l.RLock()
	return l.RUnlock
}

func (d *durable) lock(bucket string) *sync.RWMutex {
	l, ok := d.buckets.Load(bucket)
	if !ok {
		// The server takes the bytes of its strings back after the call.
		l, _ = d.buckets.LoadOrStore(strings.Clone(bucket), new(sync.RWMutex))
	}
	return l.(*sync.RWMutex)
}

func (d *durable) path(elem ...string) string {
	return filepath.Join(append([]string{d.root}, elem...)...)
}

// makeDirs makes the directories of an object. When it returns, they are on
// disk: whoever made one has synced it under the same lock.
func (d *durable) makeDirs(bucket, object string) error {
	d.dirs.Lock()
	defer d.dirs.Unlock()
	return makeDirs(filepath.Dir(d.path(bucket, object)), d.path(bucket))
}

// makeDirs makes dir, which is below top, and syncs what it makes.
func makeDirs(dir, top string) error {
	if _, err := os.Stat(dir); err == nil || dir == top || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(dir)
	if err := makeDirs(parent, top); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncPath(parent)
}

// published syncs an object that has got its name. removals is the count from
// before its directories were made: if objects were removed since then, the
// store may have removed directories and made them again, unsynced.
func (d *durable) published(bucket, object string, removals int64) error {
	dir := filepath.Dir(d.path(bucket, object))
	err := errors.Join(syncPath(d.path(bucket, object)), syncPath(dir))
	if d.removals.Load() != removals {
		for top := d.path(bucket); dir != top; {
			dir = filepath.Dir(dir)
			err = errors.Join(err, syncPath(dir))
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil // removed by someone else already
	}
	return err
}

func syncPath(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// write runs the steps around write, which does the second and the third.
func (d *durable) write(bucket, object string, write func() error) error {
	defer d.writing(bucket)()
	removals := d.removals.Load()
	if err := d.makeDirs(bucket, object); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := write(); err != nil {
		return brokenOff(err)
	}
	return d.published(bucket, object, removals)
}

// whole is a body that fails when it ends before its length. The store takes
// whatever has arrived for the object.
type whole struct {
	io.Reader
	rest int64
}

func (w *whole) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if w.rest -= int64(n); w.rest > 0 && err != nil {
		err = brokenOff(err)
	}
	return n, err
}

// wholeBody leaves alone what ends with a checksum: its end cannot be missed.
func wholeBody(body io.Reader, length *int64) io.Reader {
	if c, ok := body.(middlewares.ChecksumReader); ok && c.Algorithm() != "" || length == nil {
		return body
	}
	return &whole{body, *length}
}

// brokenOff gives a body that ended too early the error it has in S3. Without
// one the store takes it for a failure of its own.
func brokenOff(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return s3err.GetAPIError(s3err.ErrIncompleteBody)
	}
	return err
}

func (d *durable) PutObject(ctx context.Context, in s3response.PutObjectInput) (out s3response.PutObjectOutput, err error) {
	in.Body = wholeBody(in.Body, in.ContentLength)
	err = d.write(*in.Bucket, *in.Key, func() (err error) {
		out, err = d.Posix.PutObject(ctx, in)
		return err
	})
	return out, err
}

func (d *durable) CopyObject(ctx context.Context, in s3response.CopyObjectInput) (out s3response.CopyObjectOutput, err error) {
	in.CopySourceIfModifiedSince, in.CopySourceIfUnmodifiedSince = lastMoment(in.CopySourceIfModifiedSince), lastMoment(in.CopySourceIfUnmodifiedSince)
	err = d.write(*in.Bucket, *in.Key, func() (err error) {
		out, err = d.Posix.CopyObject(ctx, in)
		return err
	})
	return out, err
}

// CompleteMultipartUpload runs once at a time for an upload. The store would
// answer a second call before the first is done, and any call for an upload
// that does not exist by that the object does.
func (d *durable) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput) (out s3response.CompleteMultipartUploadResult, version string, err error) {
	upload := d.path(*in.Bucket, partsDir(*in.Key), *in.UploadId)
	if _, busy := d.completing.LoadOrStore(upload, nil); busy {
		return out, "", errConflict
	}
	defer d.completing.Delete(upload)
	if _, err := os.Stat(upload); errors.Is(err, fs.ErrNotExist) && !completed(d.attrs, *in.Bucket, *in.Key, *in.UploadId) {
		return out, "", s3err.GetNoSuchUploadErr(*in.UploadId)
	}
	err = d.write(*in.Bucket, *in.Key, func() (err error) {
		out, version, err = d.Posix.CompleteMultipartUpload(ctx, in)
		return err
	})
	return out, version, err
}

func (d *durable) CreateMultipartUpload(ctx context.Context, in s3response.CreateMultipartUploadInput) (s3response.InitiateMultipartUploadResult, error) {
	defer d.writing(*in.Bucket)()
	out, err := d.Posix.CreateMultipartUpload(ctx, in)
	if err != nil {
		return out, err
	}
	upload := d.path(*in.Bucket, partsDir(*in.Key), out.UploadId)
	for top := d.path(*in.Bucket); err == nil; upload = filepath.Dir(upload) {
		if err = syncPath(upload); upload == top {
			break
		}
	}
	return out, err
}

func (d *durable) UploadPart(ctx context.Context, in *s3.UploadPartInput) (*s3.UploadPartOutput, error) {
	defer d.writing(*in.Bucket)()
	in.Body = wholeBody(in.Body, in.ContentLength)
	out, err := d.Posix.UploadPart(ctx, in)
	if err != nil {
		return out, brokenOff(err)
	}
	return out, d.published(*in.Bucket, partFile(*in.Key, *in.UploadId, *in.PartNumber), d.removals.Load())
}

func (d *durable) UploadPartCopy(ctx context.Context, in *s3.UploadPartCopyInput) (s3response.CopyPartResult, error) {
	q := *in
	q.CopySourceIfModifiedSince, q.CopySourceIfUnmodifiedSince = lastMoment(in.CopySourceIfModifiedSince), lastMoment(in.CopySourceIfUnmodifiedSince)
	in = &q
	defer d.writing(*in.Bucket)()
	out, err := d.Posix.UploadPartCopy(ctx, in)
	if err != nil {
		return out, err
	}
	return out, d.published(*in.Bucket, partFile(*in.Key, *in.UploadId, *in.PartNumber), d.removals.Load())
}

// DeleteObject syncs the directory that the object is gone from, or the first
// above it that is still there.
func (d *durable) DeleteObject(ctx context.Context, in *s3.DeleteObjectInput) (*s3.DeleteObjectOutput, error) {
	defer d.writing(*in.Bucket)()
	d.removals.Add(1)
	out, err := d.Posix.DeleteObject(ctx, in)
	d.removals.Add(1)
	if err != nil {
		return out, err
	}
	dir, top := filepath.Dir(d.path(*in.Bucket, *in.Key)), d.path(*in.Bucket)
	for {
		err := syncPath(dir)
		if dir == top || !errors.Is(err, fs.ErrNotExist) {
			return out, err
		}
		dir = filepath.Dir(dir)
	}
}

// ListObjectsV2 leaves out directories that hold no object: what failed or
// crashed leaves them behind, and the store gathers them as common prefixes.
func (d *durable) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input) (s3response.ListObjectsV2Result, error) {
	out, err := d.Posix.ListObjectsV2(ctx, in)
	if aws.Val(in.Delimiter) == "/" {
		out.CommonPrefixes = slices.DeleteFunc(out.CommonPrefixes, func(p types.CommonPrefix) bool {
			return !holdsFile(d.path(*in.Bucket, *p.Prefix))
		})
	}
	return out, err
}

func holdsFile(dir string) bool {
	f, err := os.Open(dir)
	if err != nil {
		return false
	}
	defer f.Close()
	for {
		entries, err := f.ReadDir(64)
		for _, e := range entries {
			if !e.IsDir() || holdsFile(filepath.Join(dir, e.Name())) {
				return true
			}
		}
		if err != nil {
			return false
		}
	}
}

func (d *durable) CreateBucket(ctx context.Context, in *s3.CreateBucketInput, acl []byte) error {
	defer d.writing(*in.Bucket)()
	if err := d.Posix.CreateBucket(ctx, in, acl); err != nil {
		return err
	}
	return errors.Join(syncPath(d.path(*in.Bucket)), syncPath(d.root))
}

// DeleteBucket refuses, rather than waits, while something is being written
// to the bucket: the store would make its directory again.
func (d *durable) DeleteBucket(ctx context.Context, bucket string) error {
	l := d.lock(bucket)
	if !l.TryLock() {
		return errConflict
	}
	defer l.Unlock()
	removeEmpty(d.path(bucket))
	if err := d.Posix.DeleteBucket(ctx, bucket); err != nil {
		return err
	}
	return syncPath(d.root)
}

// removeEmpty empties a directory in which no object is: of directories that
// failed writes and crashes leave behind, and of files that were about to
// replace an object. The store would count them as the bucket's content. It
// reports whether there is no object.
func removeEmpty(dir string) bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		switch {
		case e.Name() == posix.MetaTmpDir:
			continue
		case e.IsDir():
			if !removeEmpty(name) {
				return false
			}
		case strings.HasSuffix(e.Name(), endOfKey) || !strings.Contains(e.Name(), posix.MetaTmpDir+"."):
			return false
		}
		if os.Remove(name) != nil {
			return false
		}
	}
	return true
}

// attributes are the metadata of files, synced before anyone is told of them.
type attributes struct {
	meta.MetadataStorer
	root string
	// sidecar is the directory of a file system that has no extended
	// attributes, "" on others.
	sidecar string
}

// etagAttribute is stored when a file's data is complete and before the file
// gets its name.
const etagAttribute = "etag"

func (a attributes) StoreAttribute(f *os.File, bucket, object, attribute string, value []byte) error {
	if a.sidecar != "" {
		if err := a.makeSidecar(bucket, object); err != nil {
			return err
		}
	}
	if err := a.MetadataStorer.StoreAttribute(f, bucket, object, attribute, value); err != nil {
		return err
	}
	if f != nil && attribute == etagAttribute {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	switch {
	case a.sidecar != "":
		dir := a.sidecarDir(bucket, object)
		return errors.Join(syncPath(filepath.Join(dir, attribute)), syncPath(dir))
	case f == nil && !strings.HasPrefix(object, posix.MetaTmpDir):
		return syncPath(filepath.Join(a.root, bucket, object))
	}
	return nil // of an upload or of a file without a name: synced with it
}

func (a attributes) DeleteAttribute(bucket, object, attribute string) error {
	if err := a.MetadataStorer.DeleteAttribute(bucket, object, attribute); err != nil {
		return err
	}
	if a.sidecar != "" {
		return nil // a directory that is empty now has been removed
	}
	return syncPath(filepath.Join(a.root, bucket, object))
}

func (a attributes) sidecarDir(bucket, object string) string {
	return filepath.Join(a.sidecar, bucket, object, "meta")
}

func (a attributes) makeSidecar(bucket, object string) error {
	return makeDirs(a.sidecarDir(bucket, object), a.sidecar)
}
