package s3

import (
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

const maxParts = 10_000

// CreateMultipartUpload begins an upload in parts.
func (s *Service) CreateMultipartUpload(c *call.Call, in *api.CreateMultipartUploadInput) (*api.CreateMultipartUploadOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
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
	out, e, err := s.createUpload(c, b, &q, w.encryption)
	if err != nil {
		return nil, err
	}
	out.ServerSideEncryption, out.SSEKMSKeyId, out.BucketKeyEnabled = told(c, e, w.encryption.asked)
	out.SSEKMSEncryptionContext = e.contextHeader(b.Name, *in.Key)
	out.ChecksumAlgorithm, out.ChecksumType = in.ChecksumAlgorithm, in.ChecksumType
	return out, nil
}

// createUpload begins an upload as it is planned to be encrypted. The input is
// the callee's to change.
func (s *Service) createUpload(c *call.Call, b *Bucket, in *api.CreateMultipartUploadInput, p plan) (*api.CreateMultipartUploadOutput, *envelope, error) {
	if p.key == "" {
		out, err := forward[api.CreateMultipartUploadOutput](s, c, in)
		return out, nil, err
	}
	algorithm, kind, err := uploadChecksum(in)
	if err != nil {
		return nil, nil, err
	}
	_, e, err := s.newKey(c, b, *in.Key, p)
	if err != nil {
		return nil, nil, err
	}
	e.ChecksumType = kind
	in.Metadata, in.ChecksumAlgorithm, in.ChecksumType = e.with(in.Metadata), nil, nil
	out, err := forward[api.CreateMultipartUploadOutput](s, c, in)
	if err != nil {
		return nil, nil, err
	}
	if err := s.beginUpload(c, in, out.UploadId, &openUpload{*e, algorithm}); err != nil {
		return nil, nil, err
	}
	out.UploadId = new(*out.UploadId + encryptedUpload)
	return out, e, nil
}

// uploadChecksum is how the parts of an upload are summed, and how their sums
// become the object's.
func uploadChecksum(in *api.CreateMultipartUploadInput) (algorithm, kind string, err error) {
	if algorithm = strings.ToUpper(aws.Val(in.ChecksumAlgorithm)); algorithm == "" {
		return "", "", nil
	}
	whole := strings.HasPrefix(algorithm, "CRC")
	if kind = aws.Val(in.ChecksumType); kind == "" {
		kind = api.ChecksumTypeComposite
		if algorithm == api.ChecksumAlgorithmCrc64nvme {
			kind = api.ChecksumTypeFullObject
		}
	}
	switch {
	case algorithmNumber(algorithm) == 0:
		return "", "", invalidRequest("Checksum algorithm provided is unsupported. Please try again with any of the valid types: [%s]", strings.Join(algorithms, ", "))
	case kind == api.ChecksumTypeFullObject && !whole,
		kind == api.ChecksumTypeComposite && algorithm == api.ChecksumAlgorithmCrc64nvme:
		return "", "", invalidRequest("The %s checksum type cannot be used with the %s checksum algorithm.", kind, strings.ToLower(algorithm))
	}
	return algorithm, kind, nil
}

// UploadPart writes one part of an upload.
func (s *Service) UploadPart(c *call.Call, in *api.UploadPartInput) (*api.UploadPartOutput, error) {
	b, id, u, err := s.upload(c, in.Bucket, in.UploadId, refusePart(in.PartNumber, in.SSECustomerAlgorithm))
	if err != nil {
		return nil, err
	}
	q := *in
	q.UploadId, q.RequestPayer, q.ExpectedBucketOwner = id, nil, nil
	out, err := s.uploadPart(c, b, u, &q)
	if err != nil {
		return nil, err
	}
	out.ServerSideEncryption, out.SSEKMSKeyId, out.BucketKeyEnabled = told(c, u.envelope(), false)
	return out, nil
}

// upload finds the upload that a call is about, with its id on the data plane.
// It is nil when no key of KMS encrypts it. What else is wrong with the call
// is said when the bucket exists, before the upload is looked for.
func (s *Service) upload(c *call.Call, bucket, uploadID *string, wrong error) (b *Bucket, id *string, u *openUpload, err error) {
	if b, err = s.bucket(c, bucket); err != nil {
		return nil, nil, nil, err
	}
	if wrong != nil {
		return nil, nil, nil, wrong
	}
	id, u, err = s.splitUpload(c, b, uploadID)
	return b, id, u, err
}

// refusePart is what is wrong with a part that a call writes or names.
func refusePart(number *int32, customer *string) error {
	if n := aws.Val(number); n < 1 || n > maxParts {
		return aws.Errorf("InvalidArgument", "Part number must be an integer between 1 and %d, inclusive", maxParts).With("ArgumentName", "partNumber")
	}
	if customer != nil {
		return errCustomerKeys
	}
	return nil
}

func (s *Service) uploadPart(c *call.Call, b *Bucket, u *openUpload, in *api.UploadPartInput) (*api.UploadPartOutput, error) {
	if u != nil {
		return s.putPart(c, b, u, in)
	}
	return forward[api.UploadPartOutput](s, c, in)
}

// UploadPartCopy makes a part of an object, or of a range of it.
func (s *Service) UploadPartCopy(c *call.Call, in *api.UploadPartCopyInput) (*api.UploadPartCopyOutput, error) {
	b, id, u, err := s.upload(c, in.Bucket, in.UploadId, refusePart(in.PartNumber, in.SSECustomerAlgorithm))
	if err != nil {
		return nil, err
	}
	if in.CopySourceSSECustomerAlgorithm != nil {
		return nil, errCustomerKeys
	}
	src, err := s.source(c, in.CopySource, conditions{in.CopySourceIfMatch, in.CopySourceIfNoneMatch, in.CopySourceIfModifiedSince, in.CopySourceIfUnmodifiedSince}, u != nil)
	if err != nil {
		return nil, err
	}
	var out *api.UploadPartCopyOutput
	if src.read() {
		out, err = s.copyPart(c, b, u, src, in, id)
	} else {
		q := *in
		q.UploadId, q.RequestPayer, q.ExpectedBucketOwner, q.ExpectedSourceBucketOwner = id, nil, nil, nil
		out, err = forward[api.UploadPartCopyOutput](s, c, &q)
	}
	if err != nil {
		return nil, err
	}
	out.ServerSideEncryption, out.SSEKMSKeyId, out.BucketKeyEnabled = told(c, u.envelope(), false)
	return out, nil
}

// copyPart copies by reading and writing.
func (s *Service) copyPart(c *call.Call, b *Bucket, u *openUpload, src *source, in *api.UploadPartCopyInput, id *string) (*api.UploadPartCopyOutput, error) {
	w, err := copyRange(in.CopySourceRange, *src.head.ContentLength)
	if err != nil {
		return nil, err
	}
	content, err := s.sourceContent(c, src, w)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	part, err := s.uploadPart(c, b, u, &api.UploadPartInput{
		Bucket: in.Bucket, Key: in.Key, UploadId: id, PartNumber: in.PartNumber, Body: content, ContentLength: &w.n})
	if err != nil {
		return nil, err
	}
	return &api.UploadPartCopyOutput{
		CopySourceVersionId: src.head.VersionId,
		CopyPartResult: &api.CopyPartResult{
			ETag: part.ETag, LastModified: new(c.Time.UTC().Truncate(time.Second)),
			ChecksumCRC32: part.ChecksumCRC32, ChecksumCRC32C: part.ChecksumCRC32C, ChecksumCRC64NVME: part.ChecksumCRC64NVME,
			ChecksumSHA1: part.ChecksumSHA1, ChecksumSHA256: part.ChecksumSHA256,
		},
	}, nil
}

// CompleteMultipartUpload makes an object of the parts.
func (s *Service) CompleteMultipartUpload(c *call.Call, in *api.CompleteMultipartUploadInput) (*api.CompleteMultipartUploadOutput, error) {
	b, id, u, err := s.upload(c, in.Bucket, in.UploadId, refuseParts(in.MultipartUpload))
	if err != nil {
		return nil, err
	}
	q := *in
	q.RequestPayer, q.ExpectedBucketOwner = nil, nil
	event := objectEvent{name: objectCompleted, key: *in.Key}
	var out *api.CompleteMultipartUploadOutput
	if u != nil {
		var size int64
		out, size, err = s.completeEncrypted(c, b, *id, u, &q)
		event.size = &size
	} else {
		out, err = forward[api.CompleteMultipartUploadOutput](s, c, &q)
	}
	if err != nil {
		return nil, err
	}
	out.Location = new("https://" + b.host() + "/" + escapeKey(*in.Key))
	out.ServerSideEncryption, out.SSEKMSKeyId, out.BucketKeyEnabled = told(c, u.envelope(), false)
	event.version, event.etag = out.VersionId, out.ETag
	s.notify(c, b, event)
	return out, nil
}

// refuseParts is what is wrong with a list of parts by itself, whatever they
// hold. Part by part, one that is too small would be found first.
func refuseParts(list *api.CompletedMultipartUpload) error {
	if list == nil || len(list.Parts) == 0 {
		return malformedXML()
	}
	last := int32(0)
	for _, p := range list.Parts {
		if p.PartNumber == nil {
			return malformedXML()
		}
		if err := refusePart(p.PartNumber, nil); err != nil {
			return err
		}
		if *p.PartNumber <= last {
			return aws.Errorf("InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.")
		}
		last = *p.PartNumber
	}
	return nil
}

// AbortMultipartUpload drops an upload and its parts.
func (s *Service) AbortMultipartUpload(c *call.Call, in *api.AbortMultipartUploadInput) (*api.AbortMultipartUploadOutput, error) {
	b, id, u, err := s.upload(c, in.Bucket, in.UploadId, nil)
	if err != nil {
		return nil, err
	}
	q := *in
	q.UploadId, q.RequestPayer, q.ExpectedBucketOwner = id, nil, nil
	out, err := forward[api.AbortMultipartUploadOutput](s, c, &q)
	if err == nil && u != nil {
		err = s.forgetUpload(c.Ctx, b.Name, *id)
	}
	return out, err
}

// ListParts lists the parts of an upload.
func (s *Service) ListParts(c *call.Call, in *api.ListPartsInput) (*api.ListPartsOutput, error) {
	b, id, u, err := s.upload(c, in.Bucket, in.UploadId, nil)
	if err != nil {
		return nil, err
	}
	q := *in
	q.UploadId, q.RequestPayer, q.ExpectedBucketOwner = id, nil, nil
	out, err := forward[api.ListPartsOutput](s, c, &q)
	if err != nil {
		return nil, err
	}
	if u != nil {
		u.reveal(c.State, uploadKey(b.Name, *id), out)
	}
	out.UploadId, out.Owner = in.UploadId, ownerOf(b.Account)
	out.Initiator = &api.Initiator{ID: out.Owner.ID}
	out.StorageClass = new(api.StorageClassStandard)
	return out, nil
}

// ListMultipartUploads lists the uploads of a bucket that are in progress.
func (s *Service) ListMultipartUploads(c *call.Call, in *api.ListMultipartUploadsInput) (*api.ListMultipartUploadsOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	if err := checkLimit("max-uploads", in.MaxUploads); err != nil {
		return nil, err
	}
	q := *in
	q.RequestPayer, q.ExpectedBucketOwner, q.EncodingType = nil, nil, nil
	if in.UploadIdMarker != nil {
		q.UploadIdMarker = new(strings.TrimSuffix(*in.UploadIdMarker, encryptedUpload))
	}
	out, err := forward[api.ListMultipartUploadsOutput](s, c, &q)
	if err != nil {
		return nil, err
	}
	owner := ownerOf(b.Account)
	encode := encoderOf(in.EncodingType)
	out.EncodingType, out.UploadIdMarker = in.EncodingType, in.UploadIdMarker
	out.Prefix, out.Delimiter, out.KeyMarker, out.NextKeyMarker = encode(in.Prefix), encode(in.Delimiter), encode(in.KeyMarker), encode(out.NextKeyMarker)
	encodePrefixes(out.CommonPrefixes, encode)
	for i := range out.Uploads {
		u := &out.Uploads[i]
		u.UploadId = shownUpload(c.State, b.Name, u.UploadId)
		u.Key, u.Owner, u.Initiator = encode(u.Key), owner, &api.Initiator{ID: owner.ID}
	}
	out.NextUploadIdMarker = shownUpload(c.State, b.Name, out.NextUploadIdMarker)
	return out, nil
}
