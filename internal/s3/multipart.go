package s3

import (
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
	if err := checkObjectEncryption(in.ServerSideEncryption, in.SSECustomerAlgorithm); err != nil {
		return nil, err
	}
	q := *in
	acl, err := b.writtenACL(in.ACL, nil, in.GrantFullControl, in.GrantRead, in.GrantReadACP, nil, in.GrantWriteACP)
	if err != nil {
		return nil, err
	}
	q.Tagging = withACL(in.Tagging, acl)
	if q.ObjectLockMode, q.ObjectLockRetainUntilDate, err = b.retention(c, in.ObjectLockMode, in.ObjectLockRetainUntilDate, in.ObjectLockLegalHoldStatus); err != nil {
		return nil, err
	}
	q.ACL, q.GrantFullControl, q.GrantRead, q.GrantReadACP, q.GrantWriteACP = nil, nil, nil, nil, nil
	q.ServerSideEncryption, q.BucketKeyEnabled, q.RequestPayer, q.ExpectedBucketOwner = nil, nil, nil, nil
	out, err := forward[api.CreateMultipartUploadOutput](s, c, &q)
	if err != nil {
		return nil, err
	}
	out.ServerSideEncryption = encrypted(c, in.ServerSideEncryption)
	out.ChecksumAlgorithm, out.ChecksumType = in.ChecksumAlgorithm, in.ChecksumType
	return out, nil
}

// UploadPart writes one part of an upload.
func (s *Service) UploadPart(c *call.Call, in *api.UploadPartInput) (*api.UploadPartOutput, error) {
	if _, err := s.bucket(c, in.Bucket); err != nil {
		return nil, err
	}
	if err := checkPart(in.PartNumber, in.SSECustomerAlgorithm); err != nil {
		return nil, err
	}
	q := *in
	q.RequestPayer, q.ExpectedBucketOwner = nil, nil
	out, err := forward[api.UploadPartOutput](s, c, &q)
	if err != nil {
		return nil, err
	}
	out.ServerSideEncryption = encrypted(c, nil)
	return out, nil
}

// UploadPartCopy makes a part of an object, or of a range of it.
func (s *Service) UploadPartCopy(c *call.Call, in *api.UploadPartCopyInput) (*api.UploadPartCopyOutput, error) {
	if _, err := s.bucket(c, in.Bucket); err != nil {
		return nil, err
	}
	if err := checkPart(in.PartNumber, in.SSECustomerAlgorithm); err != nil {
		return nil, err
	}
	q := *in
	q.RequestPayer, q.ExpectedBucketOwner, q.ExpectedSourceBucketOwner = nil, nil, nil
	out, err := forward[api.UploadPartCopyOutput](s, c, &q)
	if err != nil {
		return nil, err
	}
	out.ServerSideEncryption = encrypted(c, nil)
	return out, nil
}

func checkPart(number *int32, customer *string) error {
	if n := aws.Val(number); n < 1 || n > maxParts {
		return aws.Errorf("InvalidArgument", "Part number must be an integer between 1 and %d, inclusive", maxParts).With("ArgumentName", "partNumber")
	}
	return checkObjectEncryption(nil, customer)
}

// CompleteMultipartUpload makes an object of the parts.
func (s *Service) CompleteMultipartUpload(c *call.Call, in *api.CompleteMultipartUploadInput) (*api.CompleteMultipartUploadOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	if in.MultipartUpload == nil || len(in.MultipartUpload.Parts) == 0 {
		return nil, malformedXML()
	}
	q := *in
	q.RequestPayer, q.ExpectedBucketOwner = nil, nil
	out, err := forward[api.CompleteMultipartUploadOutput](s, c, &q)
	if err != nil {
		return nil, err
	}
	out.Location = new("https://" + b.host() + "/" + escapeKey(*in.Key))
	out.ServerSideEncryption = encrypted(c, nil)
	return out, nil
}

// AbortMultipartUpload drops an upload and its parts.
func (s *Service) AbortMultipartUpload(c *call.Call, in *api.AbortMultipartUploadInput) (*api.AbortMultipartUploadOutput, error) {
	if _, err := s.bucket(c, in.Bucket); err != nil {
		return nil, err
	}
	q := *in
	q.RequestPayer, q.ExpectedBucketOwner = nil, nil
	return forward[api.AbortMultipartUploadOutput](s, c, &q)
}

// ListParts lists the parts of an upload.
func (s *Service) ListParts(c *call.Call, in *api.ListPartsInput) (*api.ListPartsOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	q := *in
	q.RequestPayer, q.ExpectedBucketOwner = nil, nil
	out, err := forward[api.ListPartsOutput](s, c, &q)
	if err != nil {
		return nil, err
	}
	out.Owner = ownerOf(b.Account)
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
	out, err := forward[api.ListMultipartUploadsOutput](s, c, &q)
	if err != nil {
		return nil, err
	}
	owner := ownerOf(b.Account)
	encode := encoderOf(in.EncodingType)
	out.EncodingType = in.EncodingType
	out.Prefix, out.Delimiter, out.KeyMarker, out.NextKeyMarker = encode(in.Prefix), encode(in.Delimiter), encode(in.KeyMarker), encode(out.NextKeyMarker)
	encodePrefixes(out.CommonPrefixes, encode)
	for i := range out.Uploads {
		u := &out.Uploads[i]
		u.Key, u.Owner, u.Initiator = encode(u.Key), owner, &api.Initiator{ID: owner.ID}
	}
	return out, nil
}
