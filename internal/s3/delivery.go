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

// Probe asks, as a service for a source, whether a bucket's policy lets it
// read the bucket's access control list and put objects under each of the
// keys, encrypted by the key of KMS with that ARN or, where it is "", as the
// bucket says. The key itself is not asked. The reading is a call of S3 that
// the owner finds in its log; it is emitted with the call that wanted to know.
// The error is what S3 would answer the service.
func (s *Service) Probe(c *call.Call, bucket string, keys []string, kmsKey string, from call.Source) *aws.Error {
	b, err := findBucket(c.State, bucket)
	if err != nil {
		return err
	}
	err = s.admits(c.State, b, "s3:GetBucketAcl", b.ARN(), from, policy.Context{})
	c.Emit(probeEvent(b, from, err))
	if err != nil {
		return err
	}
	for _, key := range keys {
		d := b.deliver(&ServiceObject{Bucket: bucket, Key: key, KMSKey: kmsKey, From: from})
		if err := s.admitsLog(c.State, b, d); err != nil {
			return err
		}
	}
	return nil
}

// ProbeKey asks, as a service for a source, whether a key of KMS lets it
// encrypt an object of a bucket. The error is what S3 would answer the
// service's put.
func (s *Service) ProbeKey(r store.Reader, bucket, key, kmsKey string, from call.Source) *aws.Error {
	b, err := findBucket(r, bucket)
	if err != nil {
		return err
	}
	d := b.deliver(&ServiceObject{Bucket: bucket, Key: key, KMSKey: kmsKey, From: from})
	_, err = s.admitsKey(r, b, key, d.encryption, from)
	return err
}

// ServiceObject is an object that a service puts in the name of a source.
type ServiceObject struct {
	Bucket, Key string
	Body        []byte
	// Type and Encoding are the headers Content-Type and Content-Encoding; an
	// empty Encoding is none.
	Type, Encoding string
	Metadata       map[string]string // without the prefix x-amz-meta-
	From           call.Source
	// KMSKey is the ARN of the key that encrypts the object; "" leaves that
	// to the bucket. The key's policy must let the service use it.
	KMSKey string
}

// delivery is a service's object on its way into a bucket.
type delivery struct {
	*ServiceObject
	encryption plan
}

// trailContext is the key of the encryption context that names the trail.
const trailContext = "aws:cloudtrail:arn"

// deliver decides how a service's object is encrypted.
func (b *Bucket) deliver(o *ServiceObject) *delivery {
	d := &delivery{ServiceObject: o}
	switch rule := b.encryptionRule(); {
	case o.KMSKey != "":
		d.encryption = plan{key: o.KMSKey, bucketKey: aws.Val(rule.BucketKeyEnabled), asked: true}
	case aws.Val(rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm) == api.ServerSideEncryptionAwsKms:
		d.encryption, _ = b.encryption(o.Key, wish{}) // without wishes there are none to refuse
	default:
		d.encryption.asked = true
	}
	if o.From.Service == logService && d.encryption.key != "" {
		d.encryption.context = map[string]string{trailContext: o.From.ARN}
	}
	return d
}

// headers are what the service says of the encryption, by the names of the
// headers; what it leaves to the bucket it does not say.
func (d *delivery) headers() map[string]string {
	switch {
	case !d.encryption.asked:
		return nil
	case d.encryption.key == "":
		return map[string]string{"x-amz-server-side-encryption": api.ServerSideEncryptionAes256}
	}
	return map[string]string{
		"x-amz-server-side-encryption":                api.ServerSideEncryptionAwsKms,
		"x-amz-server-side-encryption-aws-kms-key-id": d.encryption.key,
	}
}

// PutAsService puts an object as CloudTrail does, if the bucket's policy lets
// it in now, and that of the key that encrypts it. A nil error promises that
// the object is durable; putting it again is harmless, and the body is the
// caller's again. The error has S3's code; that of a data plane that gave no
// answer is aws.InternalFailure, and the object may then be there or not.
//
// The event is the data event that S3 records of the call, in the owner's
// log, for the caller to journal where a trail selects it. It is the zero
// Event when there is no bucket to speak of. The use of a key is not
// recorded: the record of each log file's would be the next log file.
func (s *Service) PutAsService(ctx context.Context, r store.Reader, o ServiceObject) (call.Event, *aws.Error) {
	b, err := findBucket(r, o.Bucket)
	if err != nil {
		return call.Event{}, err
	}
	d := b.deliver(&o)
	var e *envelope
	if err = s.admitsLog(r, b, d); err == nil {
		e, err = s.putLog(ctx, r, b, d)
	}
	return putEvent(b, d, e, err), err
}

// putLog writes the bytes.
func (s *Service) putLog(ctx context.Context, r store.Reader, b *Bucket, d *delivery) (*envelope, *aws.Error) {
	in := &api.PutObjectInput{
		Bucket: &b.Name, Key: &d.Key,
		Body: io.NopCloser(bytes.NewReader(d.Body)), ContentLength: new(int64(len(d.Body))),
		ContentType: &d.Type, Metadata: d.Metadata,
	}
	if d.Encoding != "" {
		in.ContentEncoding = &d.Encoding
	}
	out, e, err := s.putFor(ctx, r, b, d, in)
	if err != nil {
		return nil, answered(err)
	}
	s.notifyAs(ctx, b, actor{principal: d.From.Service, account: d.From.Service, address: d.From.Service, request: aws.UUID()},
		objectEvent{name: objectPut, key: d.Key, version: out.VersionId, etag: out.ETag, size: new(int64(len(d.Body)))})
	return e, nil
}

func (s *Service) putFor(ctx context.Context, r store.Reader, b *Bucket, d *delivery, in *api.PutObjectInput) (*api.PutObjectOutput, *envelope, error) {
	if d.encryption.key != "" {
		k, e, failed := s.newKeyFor(r, b, d.Key, d.encryption, d.From)
		if failed != nil {
			return nil, nil, failed
		}
		if err := s.markEncrypted(ctx, b); err != nil {
			return nil, nil, err
		}
		out, err := s.putEncrypted(ctx, r, k, e, in)
		return out, e, err
	}
	in.ServerSideEncryption = new(api.ServerSideEncryptionAes256)
	answer, err := s.at(ctx, r, in)
	if err != nil {
		return nil, nil, err
	}
	return answer.(*api.PutObjectOutput), nil, nil
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
func (s *Service) admitsLog(r store.Reader, b *Bucket, d *delivery) *aws.Error {
	headers := policy.Context{}
	headers.Set("s3:x-amz-acl", logACL)
	for name, value := range d.headers() {
		headers.Set("s3:"+name, value)
	}
	return s.admits(r, b, "s3:PutObject", objectARN(b.Name, d.Key), d.From, headers)
}

// admits decides whether the bucket lets the service do something for a
// source. Nobody would pay for a delivery into a bucket whose requesters pay.
func (s *Service) admits(r store.Reader, b *Bucket, action, arn string, from call.Source, headers policy.Context) *aws.Error {
	if b.requesterPays() {
		return accessDenied()
	}
	service := aws.ServicePrincipal(from.Service)
	headers.Set("s3:ResourceAccount", b.Account)
	var rcps [][]policy.Attached
	if s.ResourceControls != nil {
		rcps = s.ResourceControls(r, b.Account)
	}
	t := call.Target{
		Action: action, Resource: arn, Owner: b.Account,
		Policy: b.policyFor(&service, action), Context: headers,
	}
	if from.Ask(t, b.Region, s.Now(), rcps) != nil {
		return accessDenied()
	}
	return nil
}

// serviceEvent is what the two records of a delivery have in common.
func serviceEvent(b *Bucket, name string, from call.Source, err *aws.Error) call.Event {
	return call.Event{
		Type: "AwsApiCall", Source: "s3.amazonaws.com", Name: name,
		Account: b.Account, Region: b.Region, InvokedBy: from.Service, SharedID: aws.UUID(), Err: err,
		Resources: []call.Resource{{Account: b.Account, Type: "AWS::S3::Bucket", ARN: b.ARN()}},
	}
}

func probeEvent(b *Bucket, from call.Source, err *aws.Error) call.Event {
	e := serviceEvent(b, "GetBucketAcl", from, err)
	e.ReadOnly, e.Stands = true, true
	e.Request = map[string]any{"bucketName": b.Name, "Host": b.host(), "acl": ""}
	return e
}

func putEvent(b *Bucket, d *delivery, e *envelope, err *aws.Error) call.Event {
	ev := serviceEvent(b, "PutObject", d.From, err)
	ev.DataType = objectType
	ev.Resources = append([]call.Resource{{Type: objectType, ARN: objectARN(b.Name, d.Key)}}, ev.Resources...)
	request := map[string]any{"bucketName": b.Name, "Host": b.host(), "key": d.Key, "x-amz-acl": logACL}
	for name, value := range d.headers() {
		request[name] = value
	}
	ev.Request = request
	if err != nil {
		return ev
	}
	ev.Response = map[string]any{"x-amz-server-side-encryption": api.ServerSideEncryptionAes256}
	if e != nil {
		ev.Response = map[string]any{
			"x-amz-server-side-encryption": api.ServerSideEncryptionAwsKms, "x-amz-server-side-encryption-aws-kms-key-id": e.KeyARN,
		}
	}
	ev.Additional = map[string]any{
		"SignatureVersion": "SigV4", "AuthenticationMethod": "AuthHeader", "SSEApplied": e.applied(d.encryption.asked),
		"bytesTransferredIn": len(d.Body), "bytesTransferredOut": 0,
	}
	return ev
}
