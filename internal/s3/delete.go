package s3

import (
	"errors"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// DeleteObject deletes an object or one of its versions. Where there are
// versions, it puts a delete marker before them unless one is named.
func (s *Service) DeleteObject(c *call.Call, in *api.DeleteObjectInput) (*api.DeleteObjectOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	q := *in
	q.MFA, q.RequestPayer, q.ExpectedBucketOwner = nil, nil, nil
	out, err := forward[api.DeleteObjectOutput](s, c, &q)
	if err != nil {
		return nil, err
	}
	s.notify(c, b, deletionEvent(in.Key, in.VersionId, out.VersionId, out.DeleteMarker))
	return out, nil
}

// deletionEvent is what happened to an object that a call deleted, or put a
// delete marker before.
func deletionEvent(key, asked, id *string, marker *bool) objectEvent {
	if asked == nil && aws.Val(marker) {
		return objectEvent{name: objectMarked, key: aws.Val(key), version: id}
	}
	return objectEvent{name: objectDeleted, key: aws.Val(key), version: asked}
}

const maxDeletes = 1000

// DeleteObjects deletes up to a thousand objects. Each gets a record of its
// own besides the call's.
func (s *Service) DeleteObjects(c *call.Call, in *api.DeleteObjectsInput) (*api.DeleteObjectsOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	if in.Delete == nil || len(in.Delete.Objects) == 0 || len(in.Delete.Objects) > maxDeletes {
		return nil, malformedXML()
	}
	allowed, refused := sortDeletions(c, b, in)
	out := &api.DeleteObjectsOutput{}
	if len(allowed) > 0 {
		q := *in
		q.MFA, q.RequestPayer, q.ExpectedBucketOwner, q.ChecksumAlgorithm = nil, nil, nil, nil
		q.Delete = &api.Delete{Objects: allowed} // not quietly: the records name what was deleted
		if out, err = forward[api.DeleteObjectsOutput](s, c, &q); err != nil {
			return nil, err
		}
	}
	out.Errors = append(out.Errors, refused...)
	events := make([]objectEvent, len(out.Deleted))
	for i, d := range out.Deleted {
		emitDeletion(c, b, d.Key, d.VersionId, nil)
		events[i] = deletionEvent(d.Key, d.VersionId, d.DeleteMarkerVersionId, d.DeleteMarker)
	}
	s.notify(c, b, events...)
	for i := range out.Errors {
		e := &out.Errors[i]
		emitDeletion(c, b, e.Key, e.VersionId, aws.Errorf(aws.Val(e.Code), "%s", aws.Val(e.Message)))
	}
	if aws.Val(in.Delete.Quiet) {
		out.Deleted = nil
	}
	return out, nil
}

// sortDeletions asks for each object of a call whether the caller may delete
// it.
func sortDeletions(c *call.Call, b *Bucket, in *api.DeleteObjectsInput) (allowed []api.ObjectIdentifier, refused []api.Error) {
	for _, o := range in.Delete.Objects {
		var err error
		for _, t := range b.deletion(c, o, aws.Val(in.BypassGovernanceRetention)) {
			if err = c.Allow(t); err != nil {
				break
			}
		}
		if err == nil {
			allowed = append(allowed, o)
			continue
		}
		refused = append(refused, api.Error{Key: o.Key, VersionId: o.VersionId, Code: new(aws.CodeOf(err)), Message: new(messageOf(err))})
	}
	return allowed, refused
}

func messageOf(err error) string {
	var e *aws.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}

// emitDeletion adds the record of one of the objects of a call.
func emitDeletion(c *call.Call, b *Bucket, key, version *string, err *aws.Error) {
	request := map[string]any{"bucketName": b.Name, "Host": c.Host, "key": aws.Val(key)}
	if version != nil {
		request["versionId"] = *version
	}
	c.EmitEach(call.Event{
		Type: "AwsApiCall", Source: api.API.EventSource, Name: "DeleteObject", Region: c.Region, DataType: objectType,
		Resources: []call.Resource{
			{Type: objectType, ARN: objectARN(b.Name, aws.Val(key))},
			{Account: b.Account, Type: "AWS::S3::Bucket", ARN: b.ARN()},
		},
		Request: request, Err: err,
	}, c.Account(), b.Account)
}
