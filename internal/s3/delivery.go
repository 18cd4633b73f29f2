package s3

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// logService is who delivers logs, and how it signs in to a bucket's policy.
const (
	logService = "cloudtrail.amazonaws.com"
	logACL     = api.ObjectCannedACLBucketOwnerFullControl
)

// Source is the resource that a service acts for: a trail.
type Source struct {
	ARN     string
	Account string // the owner of the trail, also for what it delivers for members
	// Organization is the organization of that account and OrganizationPath
	// the account's place in it (o-…/r-…/ou-…/). Both are "" when it is in
	// none.
	Organization, OrganizationPath string
}

// LogBucketProbe asks, as CloudTrail for a trail, whether a bucket's policy
// lets it read the bucket's access control list and put objects under each of
// the keys. The reading is a call of S3 that the owner finds in its log; it is
// emitted with the call that wanted to know. The error is what S3 would
// answer CloudTrail.
func (s *Service) LogBucketProbe(c *call.Call, bucket string, keys []string, from Source) *aws.Error {
	b, err := findBucket(c.State, bucket)
	if err != nil {
		return err
	}
	err = s.admits(c.State, b, "s3:GetBucketAcl", b.ARN(), from, policy.Context{})
	c.Emit(probeEvent(b, err))
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := s.admitsLog(c.State, b, key, from); err != nil {
			return err
		}
	}
	return nil
}

// ServiceObject is an object that a service puts in the name of a source.
type ServiceObject struct {
	Bucket, Key string
	Body        []byte            // gzip of JSON
	Metadata    map[string]string // without the prefix x-amz-meta-
	From        Source
}

// PutAsService puts an object as CloudTrail does, if the bucket's policy lets
// it in now. A nil error promises that the object is durable; putting it
// again is harmless, and the body is the caller's again. The error has S3's
// code; that of a data plane that gave no answer is aws.InternalFailure, and
// the object may then be there or not.
//
// The event is the data event that S3 records of the call, in the owner's
// log, for the caller to journal where a trail selects it. It is the zero
// Event when there is no bucket to speak of.
func (s *Service) PutAsService(ctx context.Context, r store.Reader, o ServiceObject) (call.Event, *aws.Error) {
	b, err := findBucket(r, o.Bucket)
	if err != nil {
		return call.Event{}, err
	}
	if err = s.admitsLog(r, b, o.Key, o.From); err == nil {
		err = s.putLog(ctx, b, &o)
	}
	return putEvent(b, &o, err), err
}

// putLog writes the bytes.
func (s *Service) putLog(ctx context.Context, b *Bucket, o *ServiceObject) *aws.Error {
	_, err := s.Plane.Do(ctx, &api.PutObjectInput{
		Bucket: &b.Name, Key: &o.Key,
		Body: io.NopCloser(bytes.NewReader(o.Body)), ContentLength: new(int64(len(o.Body))),
		ContentType: new("application/json"), ContentEncoding: new("gzip"),
		ServerSideEncryption: new(api.ServerSideEncryptionAes256),
		Metadata:             o.Metadata,
	})
	return answered(err)
}

// answered is err as S3 answers it, or an InternalFailure where there was no
// answer: a time-out, a broken connection, a failure inside.
func answered(err error) *aws.Error {
	var e *aws.Error
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &e):
	case e.Code == aws.InternalFailure:
		return e
	case e.Code != "InternalError" && e.Code != "ServiceUnavailable" && e.Code != "RequestTimeout":
		return e
	}
	return aws.Errorf(aws.InternalFailure, "The object was not written: %v", err)
}

// admitsLog asks whether the service may put an object with the headers that
// it sends.
func (s *Service) admitsLog(r store.Reader, b *Bucket, key string, from Source) *aws.Error {
	headers := policy.Context{}
	headers.Set("s3:x-amz-acl", logACL)
	headers.Set("s3:x-amz-server-side-encryption", api.ServerSideEncryptionAes256)
	return s.admits(r, b, "s3:PutObject", objectARN(b.Name, key), from, headers)
}

// admits decides whether the bucket lets the service do something for a
// source. Nobody would pay for a delivery into a bucket whose requesters pay.
func (s *Service) admits(r store.Reader, b *Bucket, action, arn string, from Source, headers policy.Context) *aws.Error {
	if b.RequesterPays() {
		return accessDenied()
	}
	service := aws.ServicePrincipal(logService)
	req := policy.Request{
		Principal: service, Action: action, Resource: arn, ResourceAccount: b.Account,
		Context: from.context(service, b, headers),
	}
	docs := policy.Documents{Resource: b.policyFor(&service, action)}
	if s.ResourceControls != nil {
		docs.RCPs = s.ResourceControls(r, b.Account)
	}
	if policy.Evaluate(req, docs).Decision != policy.Allowed {
		return accessDenied()
	}
	return nil
}

// context adds to the headers what a policy sees of a service's call.
func (from Source) context(service aws.Principal, b *Bucket, headers policy.Context) policy.Context {
	ctx := headers
	for key, values := range policy.PrincipalContext(service, nil, b.Created) {
		ctx[key] = values
	}
	ctx.Set("aws:SecureTransport", "true")
	ctx.Set("aws:RequestedRegion", b.Region)
	ctx.Set("aws:ResourceAccount", b.Account)
	ctx.Set("s3:ResourceAccount", b.Account)
	ctx.Set("aws:SourceArn", from.ARN)
	ctx.Set("aws:SourceAccount", from.Account)
	if from.Organization != "" {
		ctx.Set("aws:SourceOrgID", from.Organization)
		ctx.Set("aws:SourceOrgPaths", from.OrganizationPath)
	}
	return ctx
}

// serviceEvent is what the two records of a delivery have in common.
func serviceEvent(b *Bucket, name string, err *aws.Error) call.Event {
	return call.Event{
		Type: "AwsApiCall", Source: "s3.amazonaws.com", Name: name,
		Account: b.Account, Region: b.Region, InvokedBy: logService, Shared: true, Err: err,
		Resources: []call.Resource{{Account: b.Account, Type: "AWS::S3::Bucket", ARN: b.ARN()}},
	}
}

func probeEvent(b *Bucket, err *aws.Error) call.Event {
	e := serviceEvent(b, "GetBucketAcl", err)
	e.ReadOnly = true
	e.Request = map[string]any{"bucketName": b.Name, "Host": b.host(), "acl": ""}
	return e
}

func putEvent(b *Bucket, o *ServiceObject, err *aws.Error) call.Event {
	e := serviceEvent(b, "PutObject", err)
	e.DataType = objectType
	e.Resources = append([]call.Resource{{Type: objectType, ARN: objectARN(b.Name, o.Key)}}, e.Resources...)
	e.Request = map[string]any{
		"bucketName": b.Name, "Host": b.host(), "key": o.Key,
		"x-amz-acl": logACL, "x-amz-server-side-encryption": api.ServerSideEncryptionAes256,
	}
	if err == nil {
		e.Response = map[string]any{"x-amz-server-side-encryption": api.ServerSideEncryptionAes256}
		e.Additional = map[string]any{
			"SignatureVersion": "SigV4", "AuthenticationMethod": "AuthHeader", "SSEApplied": "SSE_S3",
			"bytesTransferredIn": len(o.Body), "bytesTransferredOut": 0,
		}
	}
	return e
}
