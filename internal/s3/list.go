package s3

import (
	"net/url"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// escapeKey writes a key as S3 does in listings of encoding type url and in
// locations: percent-encoded, slashes left as they are.
func escapeKey(key string) string {
	return strings.ReplaceAll(url.QueryEscape(key), "%2F", "/")
}

// encoderOf is how a listing writes names: as they are, or, when asked for,
// so that every character survives XML.
func encoderOf(encoding *string) func(*string) *string {
	if aws.Val(encoding) != api.EncodingTypeUrl {
		return func(s *string) *string { return s }
	}
	return func(s *string) *string {
		if s == nil {
			return nil
		}
		return new(escapeKey(*s))
	}
}

func encodePrefixes(prefixes []api.CommonPrefix, encode func(*string) *string) {
	for i := range prefixes {
		prefixes[i].Prefix = encode(prefixes[i].Prefix)
	}
}

func checkLimit(name string, n *int32) error {
	if n != nil && *n < 0 {
		return aws.Errorf("InvalidArgument", "Argument %s must be an integer between 0 and 2147483647", name).With("ArgumentName", name)
	}
	return nil
}

// listed returns the bucket of a listing.
func (s *Service) listed(c *call.Call, bucket *string, limit *int32) (*Bucket, error) {
	b, err := s.bucket(c, bucket)
	if err != nil {
		return nil, err
	}
	return b, checkLimit("max-keys", limit)
}

// revealObjects is reveal for the objects of a page.
func (s *Service) revealObjects(c *call.Call, b *Bucket, objects []api.Object) error {
	return s.reveal(c, b, len(objects), func(i int) (key, version *string, size **int64) {
		return objects[i].Key, nil, &objects[i].Size
	})
}

// ListObjects lists the keys of a bucket behind a marker.
func (s *Service) ListObjects(c *call.Call, in *api.ListObjectsInput) (*api.ListObjectsOutput, error) {
	b, err := s.listed(c, in.Bucket, in.MaxKeys)
	if err != nil {
		return nil, err
	}
	q := *in
	q.RequestPayer, q.ExpectedBucketOwner, q.EncodingType, q.OptionalObjectAttributes = nil, nil, nil, nil
	out, err := forward[api.ListObjectsOutput](s, c, &q)
	if err != nil {
		return nil, err
	}
	if err := s.revealObjects(c, b, out.Contents); err != nil {
		return nil, err
	}
	encode := encoderOf(in.EncodingType)
	out.Name, out.EncodingType = in.Bucket, in.EncodingType
	out.Prefix, out.Delimiter, out.Marker = encode(orEmpty(in.Prefix)), encode(in.Delimiter), encode(orEmpty(in.Marker))
	out.NextMarker = encode(out.NextMarker)
	encodePrefixes(out.CommonPrefixes, encode)
	owner := ownerOf(b.Account)
	for i := range out.Contents {
		o := &out.Contents[i]
		o.Key, o.Owner = encode(o.Key), owner
	}
	return out, nil
}

// ListObjectsV2 lists the keys of a bucket, page by page.
func (s *Service) ListObjectsV2(c *call.Call, in *api.ListObjectsV2Input) (*api.ListObjectsV2Output, error) {
	b, err := s.listed(c, in.Bucket, in.MaxKeys)
	if err != nil {
		return nil, err
	}
	if in.ContinuationToken != nil && *in.ContinuationToken == "" {
		return nil, invalidArgument("continuation-token", "", "The continuation token provided is incorrect")
	}
	q := *in
	q.RequestPayer, q.ExpectedBucketOwner, q.EncodingType, q.OptionalObjectAttributes, q.FetchOwner = nil, nil, nil, nil, nil
	out, err := forward[api.ListObjectsV2Output](s, c, &q)
	if err != nil {
		return nil, err
	}
	if err := s.revealObjects(c, b, out.Contents); err != nil {
		return nil, err
	}
	encode := encoderOf(in.EncodingType)
	out.Name, out.EncodingType = in.Bucket, in.EncodingType
	out.Prefix, out.Delimiter, out.StartAfter = encode(orEmpty(in.Prefix)), encode(in.Delimiter), encode(in.StartAfter)
	encodePrefixes(out.CommonPrefixes, encode)
	var owner *api.Owner
	if aws.Val(in.FetchOwner) {
		owner = ownerOf(b.Account)
	}
	for i := range out.Contents {
		o := &out.Contents[i]
		o.Key, o.Owner = encode(o.Key), owner
	}
	return out, nil
}

// ListObjectVersions lists the versions of the keys of a bucket.
func (s *Service) ListObjectVersions(c *call.Call, in *api.ListObjectVersionsInput) (*api.ListObjectVersionsOutput, error) {
	b, err := s.listed(c, in.Bucket, in.MaxKeys)
	if err != nil {
		return nil, err
	}
	q := *in
	q.RequestPayer, q.ExpectedBucketOwner, q.EncodingType, q.OptionalObjectAttributes = nil, nil, nil, nil
	out, err := forward[api.ListObjectVersionsOutput](s, c, &q)
	if err != nil {
		return nil, err
	}
	err = s.reveal(c, b, len(out.Versions), func(i int) (key, version *string, size **int64) {
		v := &out.Versions[i]
		return v.Key, v.VersionId, &v.Size
	})
	if err != nil {
		return nil, err
	}
	encode := encoderOf(in.EncodingType)
	out.Name, out.EncodingType = in.Bucket, in.EncodingType
	out.Prefix, out.Delimiter, out.KeyMarker = encode(orEmpty(in.Prefix)), encode(in.Delimiter), encode(orEmpty(in.KeyMarker))
	out.VersionIdMarker, out.NextKeyMarker = orEmpty(in.VersionIdMarker), encode(out.NextKeyMarker)
	encodePrefixes(out.CommonPrefixes, encode)
	owner := ownerOf(b.Account)
	for i := range out.Versions {
		v := &out.Versions[i]
		v.Key, v.Owner = encode(v.Key), owner
	}
	for i := range out.DeleteMarkers {
		d := &out.DeleteMarkers[i]
		d.Key, d.Owner = encode(d.Key), owner
	}
	return out, nil
}

// orEmpty is for members that listings show even when they were not given.
func orEmpty(s *string) *string {
	if s == nil {
		return new("")
	}
	return s
}
