package plane

import (
	"context"
	"maps"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// object is where one version of a key is kept.
type object struct {
	name    string
	version string // as clients call it, "" in a bucket that never had versioning
	// order takes the place of the version among the others of its key. It
	// differs for the null version of a bucket whose versioning has been
	// suspended, which is written anew and again under one name.
	order  string
	marker bool
}

// nullOrder is the user metadata that holds the order of a null version. Its
// kind says whether the null version is a delete marker.
const nullOrder = "orgtrail-null-version"

// visible is the metadata of an object without the tree's own.
func visible(metadata map[string]string) map[string]string {
	delete(metadata, nullOrder)
	return metadata
}

// next is where a new object of a key is written, and the metadata that it
// then carries.
func (b bucket) next(key string, metadata map[string]string) (object, map[string]string) {
	switch b.versioning {
	case api.BucketVersioningStatusEnabled:
		v := newVersion(false)
		return object{name: nameOfVersion(key, v), version: v, order: v}, metadata
	case api.BucketVersioningStatusSuspended:
		return null(key, newVersion(false), metadata)
	}
	return object{name: nameOf(key)}, metadata
}

func null(key, order string, metadata map[string]string) (object, map[string]string) {
	metadata = maps.Clone(metadata)
	if metadata == nil {
		metadata = map[string]string{}
	}
	metadata[nullOrder] = order
	return object{name: nameOf(key), version: nullVersion, order: order, marker: isMarker(order)}, metadata
}

// versionID is what an answer calls the version.
func (o object) versionID() *string {
	if o.version == "" {
		return nil
	}
	return &o.version
}

// newVersionID is what the answer to a write calls it: S3 does not name the
// null version there.
func (o object) newVersionID() *string {
	if o.version == nullVersion {
		return nil
	}
	return o.versionID()
}

var errNoSuchKey = aws.Errorf("NoSuchKey", "The specified key does not exist.")

func noSuchVersion(key, version string) error {
	return aws.Errorf("NoSuchVersion", "The specified version does not exist.").With("Key", key).With("VersionId", version)
}

func invalidVersion(version string) error {
	return aws.Errorf("InvalidArgument", "Invalid version id specified").With("ArgumentName", "versionId").With("ArgumentValue", version)
}

// find returns the object that a call names: the latest of the key, or the
// given version. It does not tell whether a given version exists.
func (t *tree) find(ctx context.Context, name, key string, version *string) (object, error) {
	if err := checkKey(key); err != nil {
		return object{}, err
	}
	b, err := t.bucket(ctx, name)
	if err != nil {
		return object{}, err
	}
	switch v := aws.Val(version); {
	case v == "":
		o, ok, err := t.latest(ctx, name, b, key)
		if err == nil && (!ok || o.marker) {
			err = errNoSuchKey.With("Key", key)
		}
		return o, err
	case v == nullVersion:
		o := object{name: nameOf(key)}
		if b.versioned() {
			o.version = nullVersion
		}
		return o, nil
	case isVersion(v):
		o := object{name: nameOfVersion(key, v), version: v, order: v, marker: isMarker(v)}
		if o.marker {
			return o, aws.Errorf("MethodNotAllowed", "The specified method is not allowed against this resource.").With("Method", "GET").With("ResourceType", "DeleteMarker")
		}
		return o, nil
	}
	return object{}, invalidVersion(*version)
}

// latest returns the newest version of a key. It reports false when there is
// none; in a bucket that never had versioning it does not look.
func (t *tree) latest(ctx context.Context, name string, b bucket, key string) (object, bool, error) {
	only := object{name: nameOf(key)}
	if !b.versioned() {
		return only, true, nil
	}
	only.version = nullVersion
	out, err := do[api.ListObjectsV2Output](ctx, t.store, &api.ListObjectsV2Input{
		Bucket: &name, Prefix: new(stem(key) + versionsOf + "/"), MaxKeys: new(int32(1))})
	if err != nil {
		return only, false, err
	}
	var newest object
	found := len(out.Contents) > 0
	if found {
		_, v, _ := keyOf(aws.Val(out.Contents[0].Key))
		newest = object{name: nameOfVersion(key, v), version: v, order: v, marker: isMarker(v)}
		if !b.nulls {
			return newest, true, nil
		}
	}
	head, err := t.headNull(ctx, name, key)
	switch {
	case err != nil:
		return only, false, err
	case head == nil || found && newest.order < head.order:
		return newest, found, nil
	}
	return *head, true, nil
}

// headNull returns the null version of a key, nil when there is none.
func (t *tree) headNull(ctx context.Context, name, key string) (*object, error) {
	o := object{name: nameOf(key), version: nullVersion}
	out, err := do[api.HeadObjectOutput](ctx, t.store, &api.HeadObjectInput{Bucket: &name, Key: &o.name})
	if code := aws.CodeOf(err); code == "NoSuchKey" {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	o.setOrder(out.Metadata)
	return &o, nil
}

// oldest is the order of a null version from before there was versioning.
var oldest = strings.Repeat("v", versionSize)

func (o *object) setOrder(metadata map[string]string) {
	if o.order = metadata[nullOrder]; o.order == "" {
		o.order = oldest
	} else {
		o.marker = isMarker(o.order)
	}
}

// absent translates the store's refusal of a name that is not there.
func absent(err error, key string, version *string) error {
	if aws.CodeOf(err) != "NoSuchKey" {
		return err
	}
	if v := aws.Val(version); v != "" {
		return noSuchVersion(key, v)
	}
	return errNoSuchKey.With("Key", key)
}

func (t *tree) putObject(ctx context.Context, in *api.PutObjectInput) (*api.PutObjectOutput, error) {
	if err := checkKey(*in.Key); err != nil {
		return nil, err
	}
	b, err := t.bucket(ctx, *in.Bucket)
	if err != nil {
		return nil, err
	}
	q := *in
	if b.versioned() && (in.IfMatch != nil || in.IfNoneMatch != nil) {
		defer t.alone(*in.Bucket, *in.Key)()
		if err := t.condition(ctx, *in.Bucket, b, *in.Key, in.IfMatch, in.IfNoneMatch); err != nil {
			return nil, err
		}
		q.IfMatch, q.IfNoneMatch = nil, nil
	}
	o, metadata := b.next(*in.Key, in.Metadata)
	q.Key, q.Metadata = &o.name, metadata
	out, err := do[api.PutObjectOutput](ctx, t.store, &q)
	if err != nil {
		return nil, absent(err, *in.Key, nil)
	}
	out.VersionId = o.newVersionID()
	return out, nil
}

// condition checks what a write asks of the object that it replaces. The
// caller is alone with the key.
func (t *tree) condition(ctx context.Context, name string, b bucket, key string, ifMatch, ifNoneMatch *string) error {
	o, ok, err := t.latest(ctx, name, b, key)
	if err != nil {
		return err
	}
	var etag string
	if ok = ok && !o.marker; ok {
		out, err := do[api.HeadObjectOutput](ctx, t.store, &api.HeadObjectInput{Bucket: &name, Key: &o.name})
		if err != nil && aws.CodeOf(err) != "NoSuchKey" {
			return err
		}
		if ok = err == nil; ok {
			etag = aws.Val(out.ETag)
		}
	}
	failed := func(header string) error {
		return aws.Errorf("PreconditionFailed", "At least one of the pre-conditions you specified did not hold").With("Condition", header)
	}
	same := func(want string) bool {
		return want == "*" || strings.Trim(want, `"`) == strings.Trim(etag, `"`)
	}
	switch {
	case ifMatch != nil && !ok:
		return errNoSuchKey.With("Key", key)
	case ifMatch != nil && !same(*ifMatch):
		return failed("If-Match")
	case ifNoneMatch != nil && ok && same(*ifNoneMatch):
		return failed("If-None-Match")
	}
	return nil
}

func (t *tree) getObject(ctx context.Context, in *api.GetObjectInput) (*api.GetObjectOutput, error) {
	o, err := t.find(ctx, *in.Bucket, *in.Key, in.VersionId)
	if err != nil {
		return nil, err
	}
	q := *in
	q.Key, q.VersionId = &o.name, nil
	out, err := do[api.GetObjectOutput](ctx, t.store, &q)
	if err != nil {
		return nil, absent(err, *in.Key, in.VersionId)
	}
	if isMarker(out.Metadata[nullOrder]) {
		out.Body.Close()
		return nil, noSuchVersion(*in.Key, nullVersion)
	}
	out.VersionId, out.Metadata = o.versionID(), visible(out.Metadata)
	return out, nil
}

func (t *tree) headObject(ctx context.Context, in *api.HeadObjectInput) (*api.HeadObjectOutput, error) {
	o, err := t.find(ctx, *in.Bucket, *in.Key, in.VersionId)
	if err != nil {
		return nil, err
	}
	q := *in
	q.Key, q.VersionId = &o.name, nil
	out, err := do[api.HeadObjectOutput](ctx, t.store, &q)
	if err != nil {
		return nil, absent(err, *in.Key, in.VersionId)
	}
	if isMarker(out.Metadata[nullOrder]) {
		return nil, noSuchVersion(*in.Key, nullVersion)
	}
	out.VersionId, out.Metadata = o.versionID(), visible(out.Metadata)
	return out, nil
}

// passed makes the calls that only differ from the store's in whom they name.
func (t *tree) passed(ctx context.Context, in wire.Shape) (wire.Shape, error) {
	q, bucket, key, version := readdressed(in)
	asked, askedVersion := *key, *version
	o, err := t.find(ctx, *bucket, *asked, askedVersion)
	if err != nil {
		return nil, err
	}
	*key, *version = &o.name, nil
	out, err := t.store.Do(ctx, q)
	if err != nil {
		return nil, absent(err, *asked, askedVersion)
	}
	switch out := out.(type) {
	case *api.GetObjectAttributesOutput:
		out.VersionId = o.versionID()
	case *api.GetObjectTaggingOutput:
		out.VersionId = o.versionID()
	case *api.PutObjectTaggingOutput:
		out.VersionId = o.versionID()
	case *api.DeleteObjectTaggingOutput:
		out.VersionId = o.versionID()
	}
	return out, nil
}

// readdressed copies the input of a call and points to where the copy names
// its object.
func readdressed(in wire.Shape) (q wire.Shape, bucket *string, key, version **string) {
	switch in := in.(type) {
	case *api.GetObjectAttributesInput:
		c := *in
		return &c, c.Bucket, &c.Key, &c.VersionId
	case *api.GetObjectTaggingInput:
		c := *in
		return &c, c.Bucket, &c.Key, &c.VersionId
	case *api.PutObjectTaggingInput:
		c := *in
		return &c, c.Bucket, &c.Key, &c.VersionId
	case *api.DeleteObjectTaggingInput:
		c := *in
		return &c, c.Bucket, &c.Key, &c.VersionId
	case *api.GetObjectRetentionInput:
		c := *in
		return &c, c.Bucket, &c.Key, &c.VersionId
	case *api.PutObjectRetentionInput:
		c := *in
		return &c, c.Bucket, &c.Key, &c.VersionId
	case *api.GetObjectLegalHoldInput:
		c := *in
		return &c, c.Bucket, &c.Key, &c.VersionId
	case *api.PutObjectLegalHoldInput:
		c := *in
		return &c, c.Bucket, &c.Key, &c.VersionId
	}
	panic("plane: " + in.Describe().Name + " names no object")
}
