package s3

import (
	"context"
	"slices"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// Empty removes the objects, versions and uploads of every bucket, and the
// buckets, from the plane. It leaves the control plane to the caller, who is
// about to reset it.
func (s *Service) Empty(ctx context.Context, r store.Reader) error {
	for name := range buckets.Scan(r, "") {
		if err := s.emptyBucket(ctx, name); err != nil {
			return err
		}
		if err := s.remove(ctx, &api.DeleteBucketInput{Bucket: &name}); err != nil {
			return err
		}
	}
	return nil
}

// remove makes a call that takes something away; its absence is no error.
func (s *Service) remove(ctx context.Context, in wire.Shape) error {
	_, err := s.Plane.Do(ctx, in)
	if isCode(err, "NoSuchBucket", "NoSuchUpload", "NoSuchKey") {
		return nil
	}
	return err
}

func (s *Service) emptyBucket(ctx context.Context, name string) error {
	for {
		out, err := s.Plane.Do(ctx, &api.ListObjectVersionsInput{Bucket: &name})
		if isCode(err, "NoSuchBucket") {
			return nil
		}
		if err != nil {
			return err
		}
		list := out.(*api.ListObjectVersionsOutput)
		if len(list.Versions)+len(list.DeleteMarkers) == 0 {
			break
		}
		for _, v := range list.Versions {
			if err := s.remove(ctx, &api.DeleteObjectInput{Bucket: &name, Key: v.Key, VersionId: v.VersionId}); err != nil {
				return err
			}
		}
		for _, m := range list.DeleteMarkers {
			if err := s.remove(ctx, &api.DeleteObjectInput{Bucket: &name, Key: m.Key, VersionId: m.VersionId}); err != nil {
				return err
			}
		}
	}
	for {
		out, err := s.Plane.Do(ctx, &api.ListMultipartUploadsInput{Bucket: &name})
		if err != nil {
			return err
		}
		list := out.(*api.ListMultipartUploadsOutput)
		if len(list.Uploads) == 0 {
			return nil
		}
		for _, u := range list.Uploads {
			if err := s.remove(ctx, &api.AbortMultipartUploadInput{Bucket: &name, Key: u.Key, UploadId: u.UploadId}); err != nil {
				return err
			}
		}
	}
}

// isCode reports whether err is an error of one of the codes.
func isCode(err error, codes ...string) bool { return slices.Contains(codes, aws.CodeOf(err)) }
