package plane

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/orgtrail/orgtrail/internal/aws"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// The id of an upload to a bucket with versioning begins with the version
// that the upload will become, since the store knows the upload by its name.

func uploadID(version, id string) string {
	if version == "" {
		return id
	}
	return version + "." + id
}

// upload is where an upload of a key is kept and what the store calls it. The
// store's own ids are UUIDs; it fails on what it takes for a file name and
// is none, so that nothing else is handed to it.
func upload(key, id string) (o object, storeID string, err error) {
	o, storeID = object{name: nameOf(key)}, id
	if len(id) > versionSize && id[versionSize] == '.' && isVersion(id[:versionSize]) {
		v := id[:versionSize]
		o, storeID = object{name: nameOfVersion(key, v), version: v}, id[versionSize+1:]
	}
	if len(storeID) != 36 || uuid.Validate(storeID) != nil {
		return object{}, "", unknownUpload(id)
	}
	return o, storeID, nil
}

func noSuchUpload(err error, id string) error {
	if aws.CodeOf(err) != "NoSuchUpload" {
		return err
	}
	return unknownUpload(id)
}

func unknownUpload(id string) error {
	return aws.Errorf("NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.").With("UploadId", id)
}

func (t *tree) createUpload(ctx context.Context, in *api.CreateMultipartUploadInput) (*api.CreateMultipartUploadOutput, error) {
	if err := checkKey(*in.Key); err != nil {
		return nil, err
	}
	b, err := t.bucket(ctx, *in.Bucket)
	if err != nil {
		return nil, err
	}
	o, metadata := b.next(*in.Key, in.Metadata)
	q := *in
	q.Key, q.Metadata = &o.name, metadata
	out, err := do[api.CreateMultipartUploadOutput](ctx, t.store, &q)
	if err != nil {
		return nil, err
	}
	out.Bucket, out.Key = in.Bucket, in.Key
	out.UploadId = new(uploadID(aws.Val(o.newVersionID()), aws.Val(out.UploadId)))
	return out, nil
}

func (t *tree) uploadPart(ctx context.Context, in *api.UploadPartInput) (*api.UploadPartOutput, error) {
	o, id, err := upload(*in.Key, *in.UploadId)
	if err != nil {
		return nil, err
	}
	q := *in
	q.Key, q.UploadId = &o.name, &id
	out, err := do[api.UploadPartOutput](ctx, t.store, &q)
	return out, noSuchUpload(err, *in.UploadId)
}

func (t *tree) uploadPartCopy(ctx context.Context, in *api.UploadPartCopyInput) (*api.UploadPartCopyOutput, error) {
	source, version, err := t.source(ctx, aws.Val(in.CopySource))
	if err != nil {
		return nil, err
	}
	o, id, err := upload(*in.Key, *in.UploadId)
	if err != nil {
		return nil, err
	}
	q := *in
	q.Key, q.UploadId, q.CopySource = &o.name, &id, new(source.String())
	out, err := do[api.UploadPartCopyOutput](ctx, t.store, &q)
	if err != nil {
		return nil, noSuchUpload(notCopied(err), *in.UploadId)
	}
	out.CopySourceVersionId = version
	return out, nil
}

func (t *tree) completeUpload(ctx context.Context, in *api.CompleteMultipartUploadInput) (*api.CompleteMultipartUploadOutput, error) {
	b, err := t.bucket(ctx, *in.Bucket)
	if err != nil {
		return nil, err
	}
	o, id, err := upload(*in.Key, *in.UploadId)
	if err != nil {
		return nil, err
	}
	q := *in
	q.Key, q.UploadId = &o.name, &id
	if b.versioned() && (in.IfMatch != nil || in.IfNoneMatch != nil) {
		defer t.alone(*in.Bucket, *in.Key)()
		if err := t.condition(ctx, *in.Bucket, b, *in.Key, in.IfMatch, in.IfNoneMatch); err != nil {
			return nil, err
		}
		q.IfMatch, q.IfNoneMatch = nil, nil
	}
	out, err := do[api.CompleteMultipartUploadOutput](ctx, t.store, &q)
	if err != nil {
		return nil, noSuchUpload(err, *in.UploadId)
	}
	out.Bucket, out.Key, out.Location, out.VersionId = in.Bucket, in.Key, nil, o.versionID()
	return out, nil
}

func (t *tree) abortUpload(ctx context.Context, in *api.AbortMultipartUploadInput) (*api.AbortMultipartUploadOutput, error) {
	o, id, err := upload(*in.Key, *in.UploadId)
	if err != nil {
		return nil, err
	}
	q := *in
	q.Key, q.UploadId = &o.name, &id
	out, err := do[api.AbortMultipartUploadOutput](ctx, t.store, &q)
	return out, noSuchUpload(err, *in.UploadId)
}

func (t *tree) listParts(ctx context.Context, in *api.ListPartsInput) (*api.ListPartsOutput, error) {
	o, id, err := upload(*in.Key, *in.UploadId)
	if err != nil {
		return nil, err
	}
	q := *in
	q.Key, q.UploadId = &o.name, &id
	out, err := do[api.ListPartsOutput](ctx, t.store, &q)
	if err != nil {
		return nil, noSuchUpload(err, *in.UploadId)
	}
	out.Bucket, out.Key, out.UploadId = in.Bucket, in.Key, in.UploadId
	return out, nil
}

// listUploads reads all uploads with the prefix, of which there are never
// many, and takes the page asked for.
func (t *tree) listUploads(ctx context.Context, in *api.ListMultipartUploadsInput) (*api.ListMultipartUploadsOutput, error) {
	prefix, delimiter, limit := aws.Val(in.Prefix), aws.Val(in.Delimiter), pageSize(in.MaxUploads)
	uploads, err := t.uploads(ctx, *in.Bucket, prefix)
	if err != nil {
		return nil, err
	}
	out := &api.ListMultipartUploadsOutput{
		Bucket: in.Bucket, Prefix: in.Prefix, Delimiter: in.Delimiter, MaxUploads: new(int32(limit)),
		KeyMarker: in.KeyMarker, UploadIdMarker: in.UploadIdMarker, IsTruncated: new(false),
	}
	var last string
	for i := afterUpload(uploads, aws.Val(in.KeyMarker), aws.Val(in.UploadIdMarker)); i < len(uploads); i++ {
		u := uploads[i]
		group, grouped := commonPrefix(*u.Key, prefix, delimiter)
		if grouped && (group == last || group <= aws.Val(in.KeyMarker)) {
			continue
		}
		if len(out.Uploads)+len(out.CommonPrefixes) == limit {
			out.IsTruncated = new(limit > 0)
			break
		}
		if grouped {
			last = group
			out.CommonPrefixes = append(out.CommonPrefixes, api.CommonPrefix{Prefix: &group})
			out.NextKeyMarker, out.NextUploadIdMarker = &group, nil
		} else {
			out.Uploads = append(out.Uploads, u)
			out.NextKeyMarker, out.NextUploadIdMarker = u.Key, u.UploadId
		}
	}
	if !*out.IsTruncated {
		out.NextKeyMarker, out.NextUploadIdMarker = nil, nil
	}
	return out, nil
}

// afterUpload is the index of the first upload behind the markers. Uploads of
// one key follow one another by their beginning.
func afterUpload(uploads []api.MultipartUpload, key, id string) int {
	if id != "" {
		if i := slices.IndexFunc(uploads, func(u api.MultipartUpload) bool { return *u.Key == key && *u.UploadId == id }); i >= 0 {
			return i + 1
		}
	}
	i := slices.IndexFunc(uploads, func(u api.MultipartUpload) bool { return *u.Key > key || key == "" })
	if i < 0 {
		return len(uploads)
	}
	return i
}

// uploads are the open uploads whose keys have a prefix, in order.
func (t *tree) uploads(ctx context.Context, name, prefix string) ([]api.MultipartUpload, error) {
	var uploads []api.MultipartUpload
	in := &api.ListMultipartUploadsInput{Bucket: &name, Prefix: new(prefixOf(prefix))}
	for {
		out, err := do[api.ListMultipartUploadsOutput](ctx, t.store, in)
		if err != nil {
			return nil, err
		}
		for _, u := range out.Uploads {
			key, version, ok := keyOf(aws.Val(u.Key))
			if !ok || !strings.HasPrefix(key, prefix) {
				continue
			}
			u.Key, u.UploadId = &key, new(uploadID(version, aws.Val(u.UploadId)))
			uploads = append(uploads, u)
		}
		if !aws.Val(out.IsTruncated) {
			break
		}
		in.KeyMarker, in.UploadIdMarker = out.NextKeyMarker, out.NextUploadIdMarker
	}
	slices.SortStableFunc(uploads, func(a, b api.MultipartUpload) int {
		return cmp.Or(cmp.Compare(*a.Key, *b.Key), aws.Val(a.Initiated).Compare(aws.Val(b.Initiated)), cmp.Compare(*a.UploadId, *b.UploadId))
	})
	return uploads, nil
}
