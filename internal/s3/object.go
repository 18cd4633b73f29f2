package s3

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// forward makes a call of the data plane.
func forward[O any](s *Service, c *call.Call, in wire.Shape) (*O, error) {
	out, err := s.at(c.Ctx, c.State, in)
	if err != nil {
		return nil, err
	}
	return any(out).(*O), nil
}

// PutObject writes an object. The body is streamed through.
func (s *Service) PutObject(c *call.Call, in *api.PutObjectInput) (*api.PutObjectOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	if in.WriteOffsetBytes != nil {
		return nil, notImplemented("Appending to objects is not available.")
	}
	w, err := b.settle(c, *in.Key, settings{
		wish: wish{in.ServerSideEncryption, in.SSEKMSKeyId, in.SSEKMSEncryptionContext, in.SSECustomerAlgorithm, in.BucketKeyEnabled},
		acl:  in.ACL, fullControl: in.GrantFullControl, read: in.GrantRead, readACP: in.GrantReadACP, writeACP: in.GrantWriteACP,
		lockMode: in.ObjectLockMode, lockUntil: in.ObjectLockRetainUntilDate, legalHold: in.ObjectLockLegalHoldStatus,
		metadata: in.Metadata,
	})
	if err != nil {
		return nil, err
	}
	q := *in
	q.Tagging, q.ObjectLockMode, q.ObjectLockRetainUntilDate = withACL(in.Tagging, w.acl), w.lockMode, w.lockUntil
	q.ACL, q.GrantFullControl, q.GrantRead, q.GrantReadACP, q.GrantWriteACP = nil, nil, nil, nil, nil
	q.ServerSideEncryption, q.SSEKMSKeyId, q.SSEKMSEncryptionContext, q.BucketKeyEnabled = nil, nil, nil, nil
	q.RequestPayer, q.ExpectedBucketOwner = nil, nil
	out, e, err := s.put(c, b, &q, w.encryption)
	if err != nil {
		return nil, err
	}
	out.ServerSideEncryption, out.SSEKMSKeyId, out.BucketKeyEnabled = told(c, e, w.encryption.asked)
	out.SSEKMSEncryptionContext, out.Size = e.contextHeader(b.Name, *in.Key), nil
	s.notify(c, b, objectEvent{name: objectPut, key: *in.Key, version: out.VersionId, etag: out.ETag, size: in.ContentLength})
	return out, nil
}

// put writes an object as it is planned to be encrypted. The input is the
// callee's to change.
func (s *Service) put(c *call.Call, b *Bucket, in *api.PutObjectInput, p plan) (*api.PutObjectOutput, *envelope, error) {
	k, e, err := s.newKey(c, b, *in.Key, p)
	if err != nil {
		return nil, nil, err
	}
	if e == nil {
		out, err := forward[api.PutObjectOutput](s, c, in)
		return out, nil, err
	}
	out, err := s.putEncrypted(c.Ctx, c.State, k, e, in)
	return out, e, err
}

// GetObject reads an object. The body of the output is the data plane's own
// stream, or, where a key of KMS encrypts the object, one that opens it.
func (s *Service) GetObject(c *call.Call, in *api.GetObjectInput) (*api.GetObjectOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	switch {
	case err != nil:
		return nil, err
	case b.isTemplates():
		return template(in.Key)
	case in.SSECustomerAlgorithm != nil:
		return nil, errCustomerKeys
	case in.Range != nil && in.PartNumber != nil:
		return nil, invalidRequest("Cannot specify both Range header and partNumber query parameter")
	}
	out, e, err := s.get(c, b, in)
	if err != nil {
		return nil, err
	}
	out.ServerSideEncryption, out.SSEKMSKeyId, out.BucketKeyEnabled = told(c, e, false)
	out.TagCount = s.tagCount(c, b, in.Key, in.VersionId, out.TagCount)
	c.Additional["bytesTransferredOut"] = aws.Val(out.ContentLength)
	return out, nil
}

// get reads an object, whichever way it is kept. Whether a key encrypts it is
// looked up first only where that is likely.
func (s *Service) get(c *call.Call, b *Bucket, in *api.GetObjectInput) (*api.GetObjectOutput, *envelope, error) {
	q := *in
	q.RequestPayer, q.ExpectedBucketOwner = nil, nil
	if !b.Encrypts {
		out, err := forward[api.GetObjectOutput](s, c, &q)
		if err != nil {
			return nil, nil, err
		}
		if _, ok := out.Metadata[envelopeMetadata]; !ok {
			return out, nil, nil
		}
		out.Body.Close()
	}
	head, o, err := s.look(c.Ctx, headInput(&q))
	if err != nil {
		return nil, nil, err
	}
	if o == nil {
		out, err := forward[api.GetObjectOutput](s, c, &q)
		return out, nil, err
	}
	out, err := s.open(c, b, in, head, o)
	return out, o.envelope, err
}

// open reads an object that a key of KMS encrypts.
func (s *Service) open(c *call.Call, b *Bucket, in *api.GetObjectInput, head *api.HeadObjectOutput, o *encrypted) (*api.GetObjectOutput, error) {
	w, err := o.layout.window(in.Range, in.PartNumber)
	if err != nil {
		return nil, err
	}
	k, err := s.openKey(c, b, *in.Key, o.envelope)
	if err != nil {
		return nil, err
	}
	out := getOutput(head)
	if aws.Val(in.ChecksumMode) == api.ChecksumModeEnabled && !w.partial {
		algorithm, value, kind, err := s.checksum(c.Ctx, o, k)
		if err != nil {
			return nil, err
		}
		setChecksum(out, algorithm, value, kind)
	}
	if in.PartNumber != nil && o.envelope.Size == nil {
		out.PartsCount = new(int32(len(o.layout)))
	}
	out.ContentLength, out.ContentRange = &w.n, w.contentRange(o.layout.size())
	out.Body, err = s.content(c.Ctx, o, k, w.offset, w.n)
	return out, err
}

// headInput asks of an object what getting it would.
func headInput(in *api.GetObjectInput) *api.HeadObjectInput {
	return &api.HeadObjectInput{
		Bucket: in.Bucket, Key: in.Key, VersionId: in.VersionId,
		IfMatch: in.IfMatch, IfNoneMatch: in.IfNoneMatch, IfModifiedSince: in.IfModifiedSince, IfUnmodifiedSince: in.IfUnmodifiedSince,
		ResponseCacheControl: in.ResponseCacheControl, ResponseContentDisposition: in.ResponseContentDisposition,
		ResponseContentEncoding: in.ResponseContentEncoding, ResponseContentLanguage: in.ResponseContentLanguage,
		ResponseContentType: in.ResponseContentType, ResponseExpires: in.ResponseExpires,
	}
}

// getOutput is what is said of an object when it is read.
func getOutput(h *api.HeadObjectOutput) *api.GetObjectOutput {
	return &api.GetObjectOutput{
		AcceptRanges: new("bytes"), LastModified: h.LastModified, ETag: h.ETag, VersionId: h.VersionId,
		CacheControl: h.CacheControl, ContentDisposition: h.ContentDisposition, ContentEncoding: h.ContentEncoding,
		ContentLanguage: h.ContentLanguage, ContentType: h.ContentType, Expires: h.Expires,
		WebsiteRedirectLocation: h.WebsiteRedirectLocation, Metadata: h.Metadata, StorageClass: h.StorageClass, TagCount: h.TagCount,
		ObjectLockMode: h.ObjectLockMode, ObjectLockRetainUntilDate: h.ObjectLockRetainUntilDate, ObjectLockLegalHoldStatus: h.ObjectLockLegalHoldStatus,
	}
}

// HeadObject reads what is known of an object. That does not take the key
// that encrypts it, but for its checksum.
func (s *Service) HeadObject(c *call.Call, in *api.HeadObjectInput) (*api.HeadObjectOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	switch {
	case err != nil:
		return nil, err
	case b.isTemplates():
		out, err := template(in.Key)
		if err != nil {
			return nil, err
		}
		return &api.HeadObjectOutput{ContentLength: out.ContentLength, ContentType: out.ContentType, LastModified: out.LastModified}, nil
	case in.SSECustomerAlgorithm != nil:
		return nil, errCustomerKeys
	}
	out, e, err := s.head(c, b, in)
	if err != nil {
		return nil, err
	}
	out.ServerSideEncryption, out.SSEKMSKeyId, out.BucketKeyEnabled = told(c, e, false)
	out.TagCount = s.tagCount(c, b, in.Key, in.VersionId, out.TagCount)
	return out, nil
}

func (s *Service) head(c *call.Call, b *Bucket, in *api.HeadObjectInput) (*api.HeadObjectOutput, *envelope, error) {
	out, o, err := s.look(c.Ctx, in)
	switch {
	case err != nil:
		return nil, nil, err
	case o == nil && (in.Range != nil || in.PartNumber != nil || in.ChecksumMode != nil):
		q := *in
		q.RequestPayer, q.ExpectedBucketOwner = nil, nil
		out, err := forward[api.HeadObjectOutput](s, c, &q)
		return out, nil, err
	case o == nil:
		return out, nil, nil
	}
	w, err := o.layout.window(in.Range, in.PartNumber)
	if err != nil {
		return nil, nil, err
	}
	out.ContentLength, out.ContentRange = &w.n, w.contentRange(o.layout.size())
	if in.PartNumber != nil && o.envelope.Size == nil {
		out.PartsCount = new(int32(len(o.layout)))
	}
	if aws.Val(in.ChecksumMode) != api.ChecksumModeEnabled || w.partial {
		return out, o.envelope, nil
	}
	k, err := s.openKey(c, b, *in.Key, o.envelope)
	if err != nil {
		return nil, nil, err
	}
	algorithm, value, kind, err := s.checksum(c.Ctx, o, k)
	setChecksum(out, algorithm, value, kind)
	return out, o.envelope, err
}

// told is what an answer says of the encryption of an object. The record
// tells whether the caller asked for it.
func told(c *call.Call, e *envelope, asked bool) (method, keyID *string, bucketKey *bool) {
	if c.Additional == nil {
		c.Additional = map[string]any{}
	}
	c.Additional["SSEApplied"] = e.applied(asked)
	if e == nil {
		return new(api.ServerSideEncryptionAes256), nil, nil
	}
	if e.BucketKey {
		bucketKey = new(true)
	}
	return new(api.ServerSideEncryptionAwsKms), &e.KeyARN, bucketKey
}
