package plane

import (
	"context"
	"hash/maphash"
	"sync"
	"unicode/utf8"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// store is what answers the calls of S3's object operations.
type store interface {
	Do(ctx context.Context, in wire.Shape) (wire.Shape, error)
}

// tree answers for keys and versions on a store that knows names only: one
// file each, and no versions. It is the store's only user.
type tree struct {
	store   store
	buckets sync.Map // name → bucket, as far as known
	seed    maphash.Seed
	stripes [64]sync.Mutex
}

func newTree(s store) *tree { return &tree{store: s, seed: maphash.MakeSeed()} }

// Do makes one call, as Endpoint.Do does.
func (t *tree) Do(ctx context.Context, in wire.Shape) (wire.Shape, error) {
	switch in := in.(type) {
	case *api.CreateBucketInput:
		return t.createBucket(ctx, in)
	case *api.DeleteBucketInput:
		return t.deleteBucket(ctx, in)
	case *api.PutBucketVersioningInput:
		return answer(t.putVersioning(ctx, in))
	case *api.PutObjectLockConfigurationInput:
		return t.putLock(ctx, in)
	case *api.PutObjectInput:
		return answer(t.putObject(ctx, in))
	case *api.GetObjectInput:
		return answer(t.getObject(ctx, in))
	case *api.HeadObjectInput:
		return answer(t.headObject(ctx, in))
	case *api.DeleteObjectInput:
		return answer(t.deleteObject(ctx, in))
	case *api.DeleteObjectsInput:
		return answer(t.deleteObjects(ctx, in))
	case *api.CopyObjectInput:
		return answer(t.copyObject(ctx, in))
	case *api.GetObjectAttributesInput, *api.GetObjectTaggingInput, *api.PutObjectTaggingInput, *api.DeleteObjectTaggingInput,
		*api.GetObjectRetentionInput, *api.PutObjectRetentionInput, *api.GetObjectLegalHoldInput, *api.PutObjectLegalHoldInput:
		return t.passed(ctx, in)
	case *api.CreateMultipartUploadInput:
		return answer(t.createUpload(ctx, in))
	case *api.UploadPartInput:
		return answer(t.uploadPart(ctx, in))
	case *api.UploadPartCopyInput:
		return answer(t.uploadPartCopy(ctx, in))
	case *api.CompleteMultipartUploadInput:
		return answer(t.completeUpload(ctx, in))
	case *api.AbortMultipartUploadInput:
		return answer(t.abortUpload(ctx, in))
	case *api.ListPartsInput:
		return answer(t.listParts(ctx, in))
	case *api.ListMultipartUploadsInput:
		return answer(t.listUploads(ctx, in))
	case *api.ListObjectsInput:
		return answer(t.listObjects(ctx, in))
	case *api.ListObjectsV2Input:
		return answer(t.listObjectsV2(ctx, in))
	case *api.ListObjectVersionsInput:
		return answer(t.listVersions(ctx, in))
	}
	return t.store.Do(ctx, in)
}

// answer makes a typed output one of any operation.
func answer[O wire.Shape](out O, err error) (wire.Shape, error) {
	if err != nil {
		return nil, err
	}
	return out, nil
}

// checkKey refuses what S3 does not take as a key.
func checkKey(key string) error {
	if len(key) > maxKeySize {
		return aws.Errorf("KeyTooLongError", "Your key is too long")
	}
	if !utf8.ValidString(key) {
		return aws.Errorf("InvalidURI", "Couldn't parse the specified URI.")
	}
	return nil
}

// alone keeps others who want to be alone with a key away from it.
func (t *tree) alone(bucket, key string) (done func()) {
	m := &t.stripes[maphash.String(t.seed, bucket+"/"+key)%uint64(len(t.stripes))]
	m.Lock()
	return m.Unlock
}
