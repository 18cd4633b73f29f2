package s3

import (
	"encoding/base64"
	"slices"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// GetObjectAttributes reads the attributes of an object that are asked for.
func (s *Service) GetObjectAttributes(c *call.Call, in *api.GetObjectAttributesInput) (*api.GetObjectAttributesOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	switch {
	case err != nil:
		return nil, err
	case in.SSECustomerAlgorithm != nil:
		return nil, errCustomerKeys
	}
	if b.Encrypts {
		head, o, err := s.look(c.Ctx, &api.HeadObjectInput{Bucket: in.Bucket, Key: in.Key, VersionId: in.VersionId})
		if err != nil {
			return nil, err
		}
		if o != nil {
			return s.attributes(c, b, in, head, o)
		}
	}
	q := *in
	q.RequestPayer, q.ExpectedBucketOwner = nil, nil
	return forward[api.GetObjectAttributesOutput](s, c, &q)
}

// attributes are those of an object that a key of KMS encrypts. Its checksums
// take the key.
func (s *Service) attributes(c *call.Call, b *Bucket, in *api.GetObjectAttributesInput, head *api.HeadObjectOutput, o *encrypted) (*api.GetObjectAttributesOutput, error) {
	asked := func(name string) bool { return slices.Contains(in.ObjectAttributes, name) }
	out := &api.GetObjectAttributesOutput{LastModified: head.LastModified, VersionId: head.VersionId}
	if asked(api.ObjectAttributesETag) {
		out.ETag = unquoted(head.ETag)
	}
	if asked(api.ObjectAttributesObjectSize) {
		out.ObjectSize = head.ContentLength
	}
	if asked(api.ObjectAttributesStorageClass) {
		if out.StorageClass = head.StorageClass; out.StorageClass == nil {
			out.StorageClass = new(api.StorageClassStandard)
		}
	}
	parts := asked(api.ObjectAttributesObjectParts) && o.envelope.Size == nil
	if !parts && !asked(api.ObjectAttributesChecksum) {
		return out, nil
	}
	k, err := s.openKey(c, b, *in.Key, o.envelope)
	if err != nil {
		return nil, err
	}
	algorithm, sums, err := s.partChecksums(c.Ctx, o, k)
	if err != nil {
		return nil, err
	}
	if parts {
		out.ObjectParts = o.layout.attributes(in, algorithm, sums)
	}
	if asked(api.ObjectAttributesChecksum) && algorithm != "" {
		_, value, kind, err := s.checksum(c.Ctx, o, k)
		if err != nil {
			return nil, err
		}
		out.Checksum = &api.Checksum{}
		setChecksum(out.Checksum, algorithm, value, kind)
	}
	return out, nil
}

// attributes lists the parts behind a marker. S3 shows them one by one only
// where they have checksums.
func (l layout) attributes(in *api.GetObjectAttributesInput, algorithm string, sums [][]byte) *api.GetObjectAttributesParts {
	limit, marker := pageLimit(in.MaxParts), aws.Val(in.PartNumberMarker)
	out := &api.GetObjectAttributesParts{
		TotalPartsCount: new(int32(len(l))), PartNumberMarker: &marker, MaxParts: new(int32(limit)), IsTruncated: new(false),
	}
	if algorithm == "" {
		return out
	}
	for i := range l {
		switch {
		case l[i].number <= marker:
			continue
		case len(out.Parts) == limit:
			out.IsTruncated = new(limit > 0)
			return out
		}
		p := api.ObjectPart{PartNumber: &l[i].number, Size: &l[i].size}
		setChecksum(&p, algorithm, base64.StdEncoding.EncodeToString(sums[i]), "")
		out.Parts = append(out.Parts, p)
		out.NextPartNumberMarker = p.PartNumber
	}
	return out
}

// pageLimit is how many entries a page of parts may have.
func pageLimit(n *int32) int {
	const most = 1000
	if n == nil {
		return most
	}
	return int(min(max(*n, 0), most))
}

// unquoted is an ETag as S3 writes it into documents of attributes.
func unquoted(etag *string) *string {
	if e := aws.Val(etag); len(e) > 1 && e[0] == '"' && e[len(e)-1] == '"' {
		return new(e[1 : len(e)-1])
	}
	return etag
}
