package plane

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"

	"github.com/orgtrail/orgtrail/internal/aws"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

func (t *tree) deleteObject(ctx context.Context, in *api.DeleteObjectInput) (*api.DeleteObjectOutput, error) {
	if err := checkKey(*in.Key); err != nil {
		return nil, err
	}
	b, err := t.bucket(ctx, *in.Bucket)
	if err != nil {
		return nil, err
	}
	switch v := aws.Val(in.VersionId); {
	case v != "":
		return t.deleteVersion(ctx, in, b, v)
	case b.versioned():
		return t.mark(ctx, in, b)
	}
	return t.remove(ctx, in, nameOf(*in.Key))
}

// remove deletes one name. It is no error that it is not there.
func (t *tree) remove(ctx context.Context, in *api.DeleteObjectInput, name string) (*api.DeleteObjectOutput, error) {
	q := *in
	q.Key, q.VersionId = &name, nil
	_, err := t.store.Do(ctx, &q)
	if err != nil && aws.CodeOf(err) != "NoSuchKey" {
		return nil, err
	}
	return &api.DeleteObjectOutput{}, nil
}

func (t *tree) deleteVersion(ctx context.Context, in *api.DeleteObjectInput, b bucket, version string) (*api.DeleteObjectOutput, error) {
	o := object{name: nameOf(*in.Key), version: nullVersion}
	switch {
	case isVersion(version):
		o = object{name: nameOfVersion(*in.Key, version), version: version, marker: isMarker(version)}
	case version != nullVersion:
		return nil, invalidVersion(version)
	case b.nulls:
		head, err := t.headNull(ctx, *in.Bucket, *in.Key)
		if err != nil {
			return nil, err
		}
		o.marker = head != nil && head.marker
	}
	out, err := t.remove(ctx, in, o.name)
	if err != nil {
		return nil, err
	}
	if b.versioned() {
		out.VersionId = &o.version
	}
	if o.marker {
		out.DeleteMarker = new(true)
	}
	return out, nil
}

// mark puts a delete marker before the versions of a key. While versioning is
// suspended the marker replaces the null version.
func (t *tree) mark(ctx context.Context, in *api.DeleteObjectInput, b bucket) (*api.DeleteObjectOutput, error) {
	if in.IfMatch != nil {
		defer t.alone(*in.Bucket, *in.Key)()
		if err := t.condition(ctx, *in.Bucket, b, *in.Key, in.IfMatch, nil); err != nil {
			return nil, err
		}
	}
	v := newVersion(true)
	o, metadata := object{name: nameOfVersion(*in.Key, v), version: v}, map[string]string(nil)
	if b.versioning == api.BucketVersioningStatusSuspended {
		o, metadata = null(*in.Key, v, nil)
	}
	_, err := t.store.Do(ctx, &api.PutObjectInput{
		Bucket: in.Bucket, Key: &o.name, Metadata: metadata,
		ContentLength: new(int64(0)), Body: io.NopCloser(strings.NewReader("")),
	})
	if err != nil {
		return nil, err
	}
	return &api.DeleteObjectOutput{VersionId: &o.version, DeleteMarker: new(true)}, nil
}

// deletesAtOnce bounds how many deletes of one call run side by side. Each
// waits for the disk, and the disk serves them together.
const deletesAtOnce = 16

func (t *tree) deleteObjects(ctx context.Context, in *api.DeleteObjectsInput) (*api.DeleteObjectsOutput, error) {
	if _, err := t.bucket(ctx, *in.Bucket); err != nil {
		return nil, err
	}
	results := make([]*api.DeleteObjectOutput, len(in.Delete.Objects))
	errs := make([]error, len(in.Delete.Objects))
	var wg sync.WaitGroup
	slots := make(chan struct{}, deletesAtOnce)
	for i := range in.Delete.Objects {
		slots <- struct{}{}
		wg.Go(func() {
			o := &in.Delete.Objects[i]
			results[i], errs[i] = t.deleteObject(ctx, &api.DeleteObjectInput{
				Bucket: in.Bucket, Key: o.Key, VersionId: o.VersionId, BypassGovernanceRetention: in.BypassGovernanceRetention,
				IfMatch: o.ETag, IfMatchLastModifiedTime: o.LastModifiedTime, IfMatchSize: o.Size,
			})
			<-slots
		})
	}
	wg.Wait()
	out := &api.DeleteObjectsOutput{}
	for i, o := range in.Delete.Objects {
		if errs[i] != nil {
			out.Errors = append(out.Errors, deleteError(o, errs[i]))
			continue
		}
		if aws.Val(in.Delete.Quiet) {
			continue
		}
		d := api.DeletedObject{Key: o.Key, VersionId: o.VersionId, DeleteMarker: results[i].DeleteMarker}
		if results[i].DeleteMarker != nil {
			d.DeleteMarkerVersionId = results[i].VersionId
		}
		out.Deleted = append(out.Deleted, d)
	}
	return out, nil
}

func deleteError(o api.ObjectIdentifier, err error) api.Error {
	var e *aws.Error
	if !errors.As(err, &e) {
		e = aws.Errorf("InternalError", "We encountered an internal error. Please try again.")
	}
	return api.Error{Key: o.Key, VersionId: o.VersionId, Code: &e.Code, Message: &e.Message}
}
