package plane

import (
	"context"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// bucket is what the tree remembers of a bucket. It is kept in the tags of
// the store's bucket, which nobody else uses.
type bucket struct {
	versioning string // "", Enabled or Suspended
	// nulls says that versioning has been suspended, so that an object
	// without a version may be newer than those with one.
	nulls bool
}

const (
	versioningTag = "versioning"
	nullsTag      = "nulls"
)

func (b bucket) versioned() bool { return b.versioning != "" }

func (t *tree) bucket(ctx context.Context, name string) (bucket, error) {
	if b, ok := t.buckets.Load(name); ok {
		return b.(bucket), nil
	}
	var b bucket
	out, err := do[api.GetBucketTaggingOutput](ctx, t.store, &api.GetBucketTaggingInput{Bucket: &name})
	if err != nil && aws.CodeOf(err) != "NoSuchTagSet" {
		return b, err
	}
	if err == nil {
		for _, tag := range out.TagSet {
			switch aws.Val(tag.Key) {
			case versioningTag:
				b.versioning = aws.Val(tag.Value)
			case nullsTag:
				b.nulls = true
			}
		}
	}
	t.buckets.Store(name, b)
	return b, nil
}

func (t *tree) createBucket(ctx context.Context, in *api.CreateBucketInput) (wire.Shape, error) {
	t.buckets.Delete(*in.Bucket)
	out, err := t.store.Do(ctx, &api.CreateBucketInput{Bucket: in.Bucket, ObjectLockEnabledForBucket: in.ObjectLockEnabledForBucket})
	if err != nil || !aws.Val(in.ObjectLockEnabledForBucket) {
		return out, err
	}
	_, err = t.putVersioning(ctx, &api.PutBucketVersioningInput{Bucket: in.Bucket,
		VersioningConfiguration: &api.VersioningConfiguration{Status: new(api.BucketVersioningStatusEnabled)}})
	return out, err
}

func (t *tree) deleteBucket(ctx context.Context, in *api.DeleteBucketInput) (wire.Shape, error) {
	// Also when the answer was not waited for: the store may go on.
	defer t.buckets.Delete(*in.Bucket)
	return t.store.Do(ctx, in)
}

func (t *tree) putVersioning(ctx context.Context, in *api.PutBucketVersioningInput) (*api.PutBucketVersioningOutput, error) {
	b, err := t.bucket(ctx, *in.Bucket)
	if err != nil {
		return nil, err
	}
	if in.VersioningConfiguration != nil && in.VersioningConfiguration.Status != nil {
		b.versioning = *in.VersioningConfiguration.Status
	}
	b.nulls = b.nulls || b.versioning == api.BucketVersioningStatusSuspended
	tags := []api.Tag{{Key: new(versioningTag), Value: new(b.versioning)}}
	if b.nulls {
		tags = append(tags, api.Tag{Key: new(nullsTag), Value: new("true")})
	}
	if _, err := t.store.Do(ctx, &api.PutBucketTaggingInput{Bucket: in.Bucket, Tagging: &api.Tagging{TagSet: tags}}); err != nil {
		return nil, err
	}
	t.buckets.Store(*in.Bucket, b)
	return &api.PutBucketVersioningOutput{}, nil
}

// putLock lets objects be locked. The bucket's default retention is for those
// to apply who write objects: the store counts it from when it was set.
func (t *tree) putLock(ctx context.Context, in *api.PutObjectLockConfigurationInput) (wire.Shape, error) {
	return t.store.Do(ctx, &api.PutObjectLockConfigurationInput{Bucket: in.Bucket,
		ObjectLockConfiguration: &api.ObjectLockConfiguration{ObjectLockEnabled: new(api.ObjectLockEnabledEnabled)}})
}
