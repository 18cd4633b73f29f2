package plane

import (
	"context"

	"github.com/orgtrail/orgtrail/internal/aws"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// history reads the versions of keys, newest first for each key.
type history struct {
	names *names
	tree  *tree
	b     bucket

	key  string // being read
	past bool   // a version of the key has been returned or was on the page before
	null *object
}

// version is a line of the history.
type version struct {
	key, id string
	marker  bool
	latest  bool
	object  *api.Object
}

// next returns the next version. The null version of a bucket whose
// versioning was suspended takes its place by its order, not by its name.
func (h *history) next() (version, bool, error) {
	for {
		it, ok, err := h.names.next()
		if err != nil || !ok && h.null == nil {
			return version{}, false, err
		}
		if h.null != nil && (!ok || it.key != h.key || it.version == "" || h.null.order < it.version) {
			if ok {
				h.names.back(it)
			}
			return h.takeNull()
		}
		if it.key != h.key {
			if err := h.begin(it.key); err != nil {
				return version{}, false, err
			}
			h.names.back(it)
			continue
		}
		if it.version == "" && h.b.nulls {
			continue // had its turn
		}
		v := version{key: it.key, id: it.version, marker: isMarker(it.version), latest: !h.past, object: it.object}
		if v.id == "" {
			v.id = nullVersion
		}
		h.past = true
		return v, true, nil
	}
}

// begin turns to another key.
func (h *history) begin(key string) (err error) {
	h.key, h.past = key, false
	if h.b.nulls {
		h.null, err = h.tree.headNull(h.names.ctx, h.names.bucket, key)
	}
	return err
}

func (h *history) takeNull() (version, bool, error) {
	null := h.null
	h.null = nil
	out, err := do[api.ListObjectsV2Output](h.names.ctx, h.tree.store, &api.ListObjectsV2Input{Bucket: &h.names.bucket, Prefix: &null.name, MaxKeys: new(int32(1))})
	if err != nil {
		return version{}, false, err
	}
	if len(out.Contents) == 0 { // deleted meanwhile
		return h.next()
	}
	v := version{key: h.key, id: nullVersion, marker: null.marker, latest: !h.past, object: &out.Contents[0]}
	h.past = true
	return v, true, nil
}

// resume goes on behind a version of a key.
func (h *history) resume(key, id string) error {
	if err := h.begin(key); err != nil {
		return err
	}
	h.past = true
	order := id
	if id == nullVersion {
		order = oldest
		if h.null != nil {
			order = h.null.order
		}
	}
	if h.null != nil && h.null.order <= order {
		h.null = nil
	}
	position := nameOfVersion(key, order)
	if id == nullVersion && !h.b.nulls {
		position = nameOf(key)
	}
	h.names.position = max(floorOf(h.names.prefix), position)
	return nil
}

func (t *tree) listVersions(ctx context.Context, in *api.ListObjectVersionsInput) (*api.ListObjectVersionsOutput, error) {
	prefix, delimiter, limit := aws.Val(in.Prefix), aws.Val(in.Delimiter), pageSize(in.MaxKeys)
	h, err := t.history(ctx, in)
	if err != nil {
		return nil, err
	}
	out := &api.ListObjectVersionsOutput{
		Name: in.Bucket, Prefix: in.Prefix, Delimiter: in.Delimiter, KeyMarker: in.KeyMarker, VersionIdMarker: in.VersionIdMarker,
		MaxKeys: new(int32(limit)), IsTruncated: new(false),
	}
	for n := 0; limit > 0; n++ {
		v, ok, err := h.next()
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		if n == limit {
			out.IsTruncated = new(true)
			return out, nil
		}
		if group, ok := commonPrefix(v.key, prefix, delimiter); ok {
			h.names.skip(ceilingOf(group))
			h.null = nil
			out.CommonPrefixes = append(out.CommonPrefixes, api.CommonPrefix{Prefix: &group})
			out.NextKeyMarker, out.NextVersionIdMarker = &group, nil
			continue
		}
		addVersion(out, v)
	}
	out.NextKeyMarker, out.NextVersionIdMarker = nil, nil
	return out, nil
}

// history begins behind the markers of a listing.
func (t *tree) history(ctx context.Context, in *api.ListObjectVersionsInput) (*history, error) {
	prefix, marker, id := aws.Val(in.Prefix), aws.Val(in.KeyMarker), aws.Val(in.VersionIdMarker)
	for _, key := range []string{prefix, marker} {
		if err := checkKey(key); err != nil {
			return nil, err
		}
	}
	b, err := t.bucket(ctx, *in.Bucket)
	if err != nil {
		return nil, err
	}
	h := &history{tree: t, b: b, names: &names{ctx: ctx, tree: t, bucket: *in.Bucket, prefix: prefix, want: pageSize(in.MaxKeys) + 1}}
	switch {
	case id == "":
		h.names.position = behind(marker, prefix, aws.Val(in.Delimiter))
		return h, nil
	case marker == "":
		return nil, aws.Errorf("InvalidArgument", "A version-id marker cannot be specified without a key marker.").With("ArgumentName", "version-id-marker").With("ArgumentValue", id)
	case id != nullVersion && !isVersion(id):
		return nil, invalidVersion(id)
	}
	return h, h.resume(marker, id)
}

func addVersion(out *api.ListObjectVersionsOutput, v version) {
	out.NextKeyMarker, out.NextVersionIdMarker = &v.key, &v.id
	if v.marker {
		out.DeleteMarkers = append(out.DeleteMarkers, api.DeleteMarkerEntry{
			Key: &v.key, VersionId: &v.id, IsLatest: &v.latest, LastModified: v.object.LastModified})
		return
	}
	out.Versions = append(out.Versions, api.ObjectVersion{
		Key: &v.key, VersionId: &v.id, IsLatest: &v.latest, LastModified: v.object.LastModified,
		ETag: v.object.ETag, Size: v.object.Size, StorageClass: v.object.StorageClass,
		ChecksumAlgorithm: v.object.ChecksumAlgorithm, ChecksumType: v.object.ChecksumType})
}
