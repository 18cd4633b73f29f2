package s3

import (
	"cmp"
	"context"
	"io"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// settings are the members that say what an object is written with, in every
// call that begins to write one.
type settings struct {
	wish
	acl, fullControl, read, readACP, writeACP *string
	lockMode, legalHold                       *string
	lockUntil                                 *time.Time
	metadata                                  map[string]string
}

// written is what an object will be written with.
type written struct {
	encryption plan
	acl        string // as writtenACL has it
	lockMode   *string
	lockUntil  *time.Time
}

// settle checks the settings of a write to the bucket and adds the bucket's
// own.
func (b *Bucket) settle(c *call.Call, key string, s settings) (w written, err error) {
	if w.encryption, err = b.encryption(key, s.wish); err != nil {
		return w, err
	}
	if err = checkMetadata(s.metadata); err != nil {
		return w, err
	}
	if w.acl, err = b.writtenACL(s.acl, nil, s.fullControl, s.read, s.readACP, nil, s.writeACP); err != nil {
		return w, err
	}
	w.lockMode, w.lockUntil, err = b.retention(c, s.lockMode, s.lockUntil, s.legalHold)
	return w, err
}

// maxObject is the largest object that one call writes.
const maxObject = 5 << 30

// putEncrypted writes an object that a key of KMS encrypts. The input is the
// callee's to change.
func (s *Service) putEncrypted(ctx context.Context, r store.Reader, k dataKey, e *envelope, in *api.PutObjectInput) (*api.PutObjectOutput, error) {
	in.ChecksumAlgorithm = cmp.Or(in.ChecksumAlgorithm, new(api.ChecksumAlgorithmCrc64nvme)) // as S3 does by itself
	content, err := takeContent(in, &in.Body, &in.ContentLength, &in.ContentMD5, &in.ChecksumAlgorithm)
	if err != nil {
		return nil, err
	}
	e.Size = new(content.rest)
	in.Metadata = e.with(in.Metadata)
	in.ContentLength = new(storedSize(content.rest))
	if in.Body, err = k.seal(objectARN(*in.Bucket, *in.Key), 1, content.rest, content); err != nil {
		return nil, err
	}
	answer, err := s.at(ctx, r, in)
	if err != nil {
		return nil, err
	}
	out := answer.(*api.PutObjectOutput)
	setChecksum(out, content.algorithm, content.checksum(), api.ChecksumTypeFullObject)
	return out, nil
}

// takeContent takes the content out of the input of a write, with what its
// writer says of it.
func takeContent(in wire.Shape, src *io.ReadCloser, length **int64, contentMD5, algorithm **string) (*body, error) {
	n := aws.Val(*length)
	switch {
	case *length == nil || n < 0:
		return nil, aws.Errorf("MissingContentLength", "You must provide the Content-Length HTTP header.")
	case n > maxObject:
		return nil, aws.Errorf("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
	}
	named, sum, err := takeChecksum(in)
	if err != nil {
		return nil, err
	}
	if named == "" {
		named = aws.Val(*algorithm)
	}
	content, err := newBody(*src, n, *contentMD5, named, sum)
	*contentMD5, *algorithm = nil, nil
	return content, err
}
