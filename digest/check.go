package digest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// verdict is what reading and authenticating a digest by itself came to: the
// file when it could be read, and what is wrong with it.
type verdict struct {
	file    *File
	finding *Finding
}

// check reads a digest and judges it by itself.
func (w *walk) check(ctx context.Context, bucket, key string) verdict {
	var f *File
	err := w.get(ctx, bucket, key, func(o *Object, body io.Reader) (err error) {
		f, err = Read(body, o.Metadata, w.MaxDigest)
		return err
	})
	var broken *transferError
	switch {
	case err == nil:
		return verdict{f, w.doubt(ctx, bucket, key, f)}
	case errors.Is(err, fs.ErrNotExist):
		return verdict{nil, object(DigestMissing, bucket, key, "not found")}
	case errors.As(err, &broken):
		return verdict{nil, object(Unreadable, bucket, key, "the digest cannot be read: "+err.Error())}
	case errors.Is(err, ErrTooLarge):
		return verdict{nil, object(DigestTooLarge, bucket, key, fmt.Sprintf("unpacks to more than %d bytes", w.MaxDigest))}
	}
	return verdict{nil, object(DigestFormat, bucket, key, "invalid format: "+err.Error())}
}

// doubt is what is wrong with a digest by itself; nil when nothing is.
func (w *walk) doubt(ctx context.Context, bucket, key string, f *File) *Finding {
	late := strings.HasSuffix(key, backfill+suffix)
	unsigned := object(SignatureMissing, bucket, key, "the signature is missing from the object's metadata")
	switch {
	case f.Signature == "" && !w.SignatureFromNext:
		return unsigned
	case late && f.Generated.IsZero() && !w.SignatureFromNext:
		return object(DigestFormat, bucket, key, "invalid format: "+MetadataGenerated+" is missing from the object's metadata")
	case f.Bucket != bucket || f.Object != key:
		return object(DigestMoved, bucket, key, "has been moved from its original location s3://"+f.Bucket+"/"+f.Object)
	}
	public, ok := w.ring.find(ctx, f)
	if !ok {
		return object(KeyUnknown, bucket, key, "no public key of "+w.ring.region+" has the fingerprint "+f.Fingerprint)
	}
	rsa, err := public.RSA()
	switch {
	case err != nil:
		return object(KeyFormat, bucket, key, "the public key with the fingerprint "+f.Fingerprint+" is not in PKCS #1")
	case f.Signature == "":
		return unsigned
	case f.Verify(rsa) != nil:
		return object(SignatureFailed, bucket, key, "signature verification failed")
	}
	return nil
}
