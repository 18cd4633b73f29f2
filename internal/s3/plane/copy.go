package plane

import (
	"context"
	"net/url"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/s3"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// source finds what is to be copied. It returns the name as a copy source of
// the store, and the version as the answer names it.
func (t *tree) source(ctx context.Context, header string) (s3.CopySource, *string, error) {
	from, err := s3.ParseCopySource(header)
	if err != nil {
		return from, nil, err
	}
	o, err := t.find(ctx, from.Bucket, from.Key, &from.Version)
	if aws.CodeOf(err) == "MethodNotAllowed" {
		err = aws.Errorf("InvalidRequest", "The source of a copy request may not specifically refer to a delete marker by version id.")
	}
	return s3.CopySource{Bucket: from.Bucket, Key: o.name}, o.versionID(), err
}

func (t *tree) copyObject(ctx context.Context, in *api.CopyObjectInput) (*api.CopyObjectOutput, error) {
	if err := checkKey(*in.Key); err != nil {
		return nil, err
	}
	from, version, err := t.source(ctx, aws.Val(in.CopySource))
	if err != nil {
		return nil, err
	}
	b, err := t.bucket(ctx, *in.Bucket)
	if err != nil {
		return nil, err
	}
	if in.IfMatch != nil || in.IfNoneMatch != nil {
		defer t.alone(*in.Bucket, *in.Key)()
		if err := t.condition(ctx, *in.Bucket, b, *in.Key, in.IfMatch, in.IfNoneMatch); err != nil {
			return nil, err
		}
	}
	o, _ := b.next(*in.Key, nil)
	q := *in
	q.Key, q.CopySource, q.IfMatch, q.IfNoneMatch = &o.name, new(from.String()), nil, nil

	var out *api.CopyObjectOutput
	switch itself := from.Bucket == *in.Bucket && from.Key == o.name; {
	case itself && !changes(in):
		return nil, aws.Errorf("InvalidRequest", "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.")
	case itself || o.version == nullVersion:
		out, err = t.rewrite(ctx, from, &q, b, *in.Key)
	default:
		out, err = do[api.CopyObjectOutput](ctx, t.store, &q)
	}
	if err != nil {
		return nil, notCopied(err)
	}
	out.VersionId, out.CopySourceVersionId = o.newVersionID(), version
	return out, nil
}

// notCopied is the error of a copy: what a reader would have unchanged is a
// condition that does not hold.
func notCopied(err error) error {
	if aws.CodeOf(err) == "NotModified" {
		return aws.Errorf("PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	}
	return err
}

// changes reports whether a copy of an object to itself makes a difference.
func changes(in *api.CopyObjectInput) bool {
	return aws.Val(in.MetadataDirective) == api.MetadataDirectiveReplace || aws.Val(in.TaggingDirective) == api.TaggingDirectiveReplace ||
		in.StorageClass != nil || in.WebsiteRedirectLocation != nil || in.ServerSideEncryption != nil || in.ChecksumAlgorithm != nil
}

// rewrite copies by reading and writing. It is for what the store would do in
// place, attribute by attribute, and for objects that get metadata of the
// tree's own. The object that is read stays whole until the new one has its
// name.
func (t *tree) rewrite(ctx context.Context, from s3.CopySource, q *api.CopyObjectInput, b bucket, key string) (*api.CopyObjectOutput, error) {
	src, err := do[api.GetObjectOutput](ctx, t.store, &api.GetObjectInput{
		Bucket: &from.Bucket, Key: &from.Key, ChecksumMode: new(api.ChecksumModeEnabled),
		IfMatch: q.CopySourceIfMatch, IfNoneMatch: q.CopySourceIfNoneMatch,
		IfModifiedSince: q.CopySourceIfModifiedSince, IfUnmodifiedSince: q.CopySourceIfUnmodifiedSince,
	})
	if err != nil {
		return nil, err
	}
	defer src.Body.Close()
	put := &api.PutObjectInput{
		Bucket: q.Bucket, Key: q.Key, Body: src.Body, ContentLength: src.ContentLength,
		CacheControl: q.CacheControl, ContentDisposition: q.ContentDisposition, ContentEncoding: q.ContentEncoding,
		ContentLanguage: q.ContentLanguage, ContentType: q.ContentType, Expires: q.Expires,
		WebsiteRedirectLocation: q.WebsiteRedirectLocation, Tagging: q.Tagging, StorageClass: q.StorageClass,
		ObjectLockMode: q.ObjectLockMode, ObjectLockRetainUntilDate: q.ObjectLockRetainUntilDate,
		ObjectLockLegalHoldStatus: q.ObjectLockLegalHoldStatus,
		ChecksumAlgorithm:         q.ChecksumAlgorithm,
	}
	metadata := q.Metadata
	if aws.Val(q.MetadataDirective) != api.MetadataDirectiveReplace {
		metadata = visible(src.Metadata)
		put.CacheControl, put.ContentDisposition, put.ContentEncoding = src.CacheControl, src.ContentDisposition, src.ContentEncoding
		put.ContentLanguage, put.ContentType, put.Expires = src.ContentLanguage, src.ContentType, src.Expires
	}
	_, put.Metadata = b.next(key, metadata)
	if put.ChecksumAlgorithm == nil {
		put.ChecksumAlgorithm = checksumOf(src)
	}
	if aws.Val(q.TaggingDirective) != api.TaggingDirectiveReplace {
		if put.Tagging, err = t.tagsOf(ctx, from, src); err != nil {
			return nil, err
		}
	}
	out, err := do[api.PutObjectOutput](ctx, t.store, put)
	if err != nil {
		return nil, err
	}
	head, err := do[api.HeadObjectOutput](ctx, t.store, &api.HeadObjectInput{Bucket: q.Bucket, Key: q.Key})
	if err != nil {
		return nil, err
	}
	return &api.CopyObjectOutput{CopyObjectResult: &api.CopyObjectResult{
		ETag: out.ETag, LastModified: head.LastModified, ChecksumType: out.ChecksumType,
		ChecksumCRC32: out.ChecksumCRC32, ChecksumCRC32C: out.ChecksumCRC32C, ChecksumCRC64NVME: out.ChecksumCRC64NVME,
		ChecksumSHA1: out.ChecksumSHA1, ChecksumSHA256: out.ChecksumSHA256,
	}}, nil
}

// tagsOf are the tags of an object as a header sets them, nil without any.
func (t *tree) tagsOf(ctx context.Context, from s3.CopySource, src *api.GetObjectOutput) (*string, error) {
	if aws.Val(src.TagCount) == 0 {
		return nil, nil
	}
	out, err := do[api.GetObjectTaggingOutput](ctx, t.store, &api.GetObjectTaggingInput{Bucket: &from.Bucket, Key: &from.Key})
	if err != nil {
		return nil, err
	}
	tags := url.Values{}
	for _, tag := range out.TagSet {
		tags.Set(aws.Val(tag.Key), aws.Val(tag.Value))
	}
	return new(tags.Encode()), nil
}

// checksumOf is the algorithm of an object's checksum, nil when it has none
// that can be computed again from one end to the other.
func checksumOf(out *api.GetObjectOutput) *string {
	switch {
	case out.ChecksumCRC32 != nil:
		return new(api.ChecksumAlgorithmCrc32)
	case out.ChecksumCRC32C != nil:
		return new(api.ChecksumAlgorithmCrc32c)
	case out.ChecksumSHA1 != nil:
		return new(api.ChecksumAlgorithmSha1)
	case out.ChecksumSHA256 != nil:
		return new(api.ChecksumAlgorithmSha256)
	}
	return nil
}
