package plane

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/backend/posix"
)

// The store keeps the parts of an upload in
// <bucket>/.sgwtmp/multipart/<hash of the key>/<upload id>/<part number>.
// To complete an upload it renames its directory to
// <upload id>.<etag>.inprogress, joins the parts in a new file, gives that
// file the object's name and removes the directory.
const inProgress = ".inprogress"

func partsDir(object string) string {
	sum := sha256.Sum256([]byte(object))
	return filepath.Join(posix.MetaTmpMultipartDir, hex.EncodeToString(sum[:]))
}

func partFile(object, upload string, number int32) string {
	return filepath.Join(partsDir(object), upload, strconv.Itoa(int(number)))
}

// recoverUploads settles the uploads that were being completed when the
// process died: left alone, the store would answer a retry that the object
// exists. It also removes bodies that were on their way into an object. The
// working directory is the store's.
func recoverUploads(attrs attributes) error {
	var errs []error
	left, _ := filepath.Glob(filepath.Join("*", posix.MetaTmpDir, "*"))
	for _, name := range left {
		if fi, err := os.Lstat(name); err == nil && fi.Mode().IsRegular() {
			errs = append(errs, os.Remove(name))
		}
	}
	claimed, _ := filepath.Glob(filepath.Join("*", posix.MetaTmpMultipartDir, "*", "*"+inProgress))
	for _, name := range claimed {
		errs = append(errs, settle(name, attrs))
	}
	return errors.Join(errs...)
}

// settle finishes an upload whose object is there, by removing its parts, and
// opens any other again.
func settle(claimed string, attrs attributes) error {
	bucket, name, _ := strings.Cut(claimed, string(filepath.Separator))
	dir := filepath.Dir(name)
	upload, _, _ := strings.Cut(filepath.Base(name), ".")
	object, err := attrs.RetrieveAttribute(nil, bucket, dir, "objname")
	if err == nil && completed(attrs, bucket, string(object), upload) {
		if err := os.RemoveAll(claimed); err != nil {
			return err
		}
		os.Remove(filepath.Dir(claimed)) // fails while the key has other uploads
		return attrs.DeleteAttributes(bucket, name)
	}
	open := filepath.Join(dir, upload)
	if err := os.Rename(claimed, filepath.Join(bucket, open)); err != nil {
		return err
	}
	return errors.Join(attrs.RenameObject(bucket, name, open), syncPath(filepath.Dir(claimed)))
}

// completed reports whether an object was made by an upload.
func completed(attrs attributes, bucket, object, upload string) bool {
	b, err := attrs.RetrieveAttribute(nil, bucket, object, "mp-metadata")
	if err != nil {
		return false
	}
	m, err := backend.UnmarshalMpUploadMetadata(b, false)
	return err == nil && m.UploadID == upload
}
