package plane

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// direct is the store without the way through its server for the calls that
// read: getting objects, looking at them and listing them, which are most. It
// asks the store's backend as the server does and gives the same answers.
// What the backend refuses, and whatever is asked for more than plainly, goes
// through the server, which knows the words.
type direct struct {
	*Endpoint
	backend *durable
}

// Do makes one call, as Endpoint.Do does.
func (d *direct) Do(ctx context.Context, in wire.Shape) (wire.Shape, error) {
	switch in := in.(type) {
	case *api.GetObjectInput:
		if out, ok := d.get(ctx, in); ok {
			return out, nil
		}
	case *api.HeadObjectInput:
		if out, ok := d.head(ctx, in); ok {
			return out, nil
		}
	case *api.ListObjectsV2Input:
		if out, ok := d.list(ctx, in); ok {
			return out, nil
		}
	}
	return d.Endpoint.Do(ctx, in)
}

// named and dated report whether a call has members that make it one for the
// server.
func named(members ...*string) bool {
	return slices.ContainsFunc(members, func(m *string) bool { return m != nil })
}

func dated(members ...*time.Time) bool {
	return slices.ContainsFunc(members, func(m *time.Time) bool { return m != nil })
}

// reading is what the backend is asked for an object, or for its head, whose
// members are the same. It is nil when the call is one for the server.
func reading(in *api.GetObjectInput) *s3.GetObjectInput {
	if in.PartNumber != nil || dated(in.IfModifiedSince, in.IfUnmodifiedSince, in.ResponseExpires) || named(in.VersionId, in.IfNoneMatch, in.ResponseCacheControl,
		in.ResponseContentDisposition, in.ResponseContentEncoding, in.ResponseContentLanguage, in.ResponseContentType) {
		return nil
	}
	return &s3.GetObjectInput{
		Bucket: in.Bucket, Key: in.Key, Range: new(aws.Val(in.Range)), VersionId: new(""), ChecksumMode: types.ChecksumMode(aws.Val(in.ChecksumMode)),
		IfMatch: text(strings.Trim(aws.Val(in.IfMatch), `"`)),
	}
}

func (d *direct) get(ctx context.Context, in *api.GetObjectInput) (*api.GetObjectOutput, bool) {
	q := reading(in)
	if q == nil {
		return nil, false
	}
	out, err := d.backend.GetObject(ctx, q)
	if err != nil {
		return nil, false
	}
	return &api.GetObjectOutput{
		Body: out.Body, AcceptRanges: out.AcceptRanges, LastModified: seconds(out.LastModified), ContentLength: out.ContentLength, ETag: out.ETag,
		ChecksumCRC32: out.ChecksumCRC32, ChecksumCRC32C: out.ChecksumCRC32C, ChecksumCRC64NVME: out.ChecksumCRC64NVME,
		ChecksumSHA1: out.ChecksumSHA1, ChecksumSHA256: out.ChecksumSHA256, ChecksumSHA512: out.ChecksumSHA512, ChecksumMD5: out.ChecksumMD5,
		ChecksumXXHASH64: out.ChecksumXXHASH64, ChecksumXXHASH3: out.ChecksumXXHASH3, ChecksumXXHASH128: out.ChecksumXXHASH128,
		ChecksumType: text(string(out.ChecksumType)),
		CacheControl: out.CacheControl, ContentDisposition: out.ContentDisposition, ContentEncoding: out.ContentEncoding,
		ContentLanguage: out.ContentLanguage, ContentRange: text(aws.Val(out.ContentRange)), ContentType: out.ContentType, Expires: out.ExpiresString,
		WebsiteRedirectLocation: out.WebsiteRedirectLocation, Metadata: lowerCase(out.Metadata), TagCount: out.TagCount, PartsCount: out.PartsCount,
		StorageClass: text(string(out.StorageClass)), ObjectLockMode: text(string(out.ObjectLockMode)),
		ObjectLockLegalHoldStatus: text(string(out.ObjectLockLegalHoldStatus)), ObjectLockRetainUntilDate: seconds(out.ObjectLockRetainUntilDate),
	}, true
}

func (d *direct) head(ctx context.Context, in *api.HeadObjectInput) (*api.HeadObjectOutput, bool) {
	q := reading((*api.GetObjectInput)(in))
	if q == nil {
		return nil, false
	}
	out, err := d.backend.HeadObject(ctx, (*s3.HeadObjectInput)(q))
	if err != nil {
		return nil, false
	}
	return &api.HeadObjectOutput{
		AcceptRanges: out.AcceptRanges, LastModified: seconds(out.LastModified), ContentLength: out.ContentLength, ETag: out.ETag,
		ChecksumCRC32: out.ChecksumCRC32, ChecksumCRC32C: out.ChecksumCRC32C, ChecksumCRC64NVME: out.ChecksumCRC64NVME,
		ChecksumSHA1: out.ChecksumSHA1, ChecksumSHA256: out.ChecksumSHA256, ChecksumSHA512: out.ChecksumSHA512, ChecksumMD5: out.ChecksumMD5,
		ChecksumXXHASH64: out.ChecksumXXHASH64, ChecksumXXHASH3: out.ChecksumXXHASH3, ChecksumXXHASH128: out.ChecksumXXHASH128,
		ChecksumType: text(string(out.ChecksumType)),
		CacheControl: out.CacheControl, ContentDisposition: out.ContentDisposition, ContentEncoding: out.ContentEncoding,
		ContentLanguage: out.ContentLanguage, ContentRange: text(aws.Val(out.ContentRange)), ContentType: out.ContentType, Expires: out.ExpiresString,
		WebsiteRedirectLocation: out.WebsiteRedirectLocation, Metadata: lowerCase(out.Metadata), TagCount: out.TagCount, PartsCount: out.PartsCount,
		StorageClass: text(string(out.StorageClass)), ObjectLockMode: text(string(out.ObjectLockMode)),
		ObjectLockLegalHoldStatus: text(string(out.ObjectLockLegalHoldStatus)), ObjectLockRetainUntilDate: seconds(out.ObjectLockRetainUntilDate),
	}, true
}

func (d *direct) list(ctx context.Context, in *api.ListObjectsV2Input) (*api.ListObjectsV2Output, bool) {
	limit := int32(maxPage)
	if in.MaxKeys != nil {
		limit = *in.MaxKeys
	}
	if limit < 0 || limit > maxPage || in.EncodingType != nil || in.FetchOwner != nil {
		return nil, false
	}
	found, err := d.backend.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: in.Bucket, Prefix: new(aws.Val(in.Prefix)), Delimiter: new(aws.Val(in.Delimiter)), MaxKeys: &limit,
		StartAfter: new(aws.Val(in.StartAfter)), ContinuationToken: new(aws.Val(in.ContinuationToken)),
	})
	if err != nil {
		return nil, false
	}
	out := &api.ListObjectsV2Output{
		Name: found.Name, Prefix: text(aws.Val(in.Prefix)), Delimiter: text(aws.Val(in.Delimiter)), StartAfter: text(aws.Val(in.StartAfter)),
		MaxKeys: &limit, KeyCount: found.KeyCount, IsTruncated: found.IsTruncated, NextContinuationToken: found.NextContinuationToken,
		Contents: make([]api.Object, len(found.Contents)),
	}
	for i := range found.Contents {
		o := &found.Contents[i]
		out.Contents[i] = api.Object{
			Key: o.Key, ETag: o.ETag, Size: o.Size, StorageClass: text(string(o.StorageClass)), ChecksumType: text(string(o.ChecksumType)),
			LastModified: seconds(o.LastModified),
		}
		for _, a := range o.ChecksumAlgorithm {
			out.Contents[i].ChecksumAlgorithm = append(out.Contents[i].ChecksumAlgorithm, string(a))
		}
	}
	for _, p := range found.CommonPrefixes {
		out.CommonPrefixes = append(out.CommonPrefixes, api.CommonPrefix{Prefix: p.Prefix})
	}
	return out, true
}

// seconds is a time as headers tell it.
func seconds(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	return new(t.UTC().Truncate(time.Second))
}

// text is a member that answers leave out when it is empty.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// lowerCase writes the names of metadata as they are read from headers.
func lowerCase(metadata map[string]string) map[string]string {
	if len(metadata) == 0 {
		return nil
	}
	m := make(map[string]string, len(metadata))
	for name, value := range metadata {
		m[strings.ToLower(name)] = value
	}
	return m
}
