package main

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/orgtrail/orgtrail/digest"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
	"github.com/orgtrail/orgtrail/internal/wire/sigv4"
)

// store is an S3, and the two of its calls that a verification makes by the
// thousand.
type store interface {
	// list reads the page behind another one: after its token, or, for the
	// first page, behind a key.
	list(ctx context.Context, bucket, prefix, delimiter string, after page) (page, error)
	get(ctx context.Context, bucket, key string) (*digest.Object, error)
}

// page is a page of a listing.
type page struct {
	Names, Prefixes []string
	Next            string // the token of the next page, "" for none
	Last            string // of a page that was not read: the key to begin behind
}

// attempts is how often a call is made that fails for want of an answer.
const attempts = 5

// sdk is S3 on AWS, with all that the SDK knows of its endpoints.
type sdk struct{ client *s3.Client }

func (s sdk) list(ctx context.Context, bucket, prefix, delimiter string, after page) (p page, err error) {
	out, err := s.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix,
		Delimiter: given(delimiter), ContinuationToken: given(after.Next), StartAfter: given(after.Last)})
	if err != nil {
		return p, err
	}
	for _, o := range out.Contents {
		p.Names = append(p.Names, aws.ToString(o.Key))
	}
	for _, c := range out.CommonPrefixes {
		p.Prefixes = append(p.Prefixes, aws.ToString(c.Prefix))
	}
	p.Next = aws.ToString(out.NextContinuationToken)
	return p, nil
}

func given(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (s sdk) get(ctx context.Context, bucket, key string) (*digest.Object, error) {
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, err
	}
	return &digest.Object{Body: out.Body, Metadata: out.Metadata}, nil
}

// endpoint is a server that speaks as S3 does, at one address. Calls go there
// without what the SDK does around each, which takes several times as long as
// the call itself when the server is near.
type endpoint struct {
	url, region string
	credentials aws.CredentialsProvider
	client      *http.Client
}

func (e *endpoint) list(ctx context.Context, bucket, prefix, delimiter string, after page) (p page, err error) {
	out := new(api.ListObjectsV2Output)
	err = e.do(ctx, "ListObjectsV2", &api.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix,
		Delimiter: given(delimiter), ContinuationToken: given(after.Next), StartAfter: given(after.Last)}, out)
	if err != nil {
		return p, err
	}
	for _, o := range out.Contents {
		p.Names = append(p.Names, aws.ToString(o.Key))
	}
	for _, c := range out.CommonPrefixes {
		p.Prefixes = append(p.Prefixes, aws.ToString(c.Prefix))
	}
	p.Next = aws.ToString(out.NextContinuationToken)
	return p, nil
}

func (e *endpoint) get(ctx context.Context, bucket, key string) (*digest.Object, error) {
	out := new(api.GetObjectOutput)
	if err := e.do(ctx, "GetObject", &api.GetObjectInput{Bucket: &bucket, Key: &key}, out); err != nil {
		return nil, err
	}
	return &digest.Object{Body: out.Body, Metadata: out.Metadata}, nil
}

// do makes a call, again and again while the server does not answer it.
func (e *endpoint) do(ctx context.Context, operation string, in, out wire.Shape) error {
	for attempt := 1; ; attempt++ {
		answered, err := e.try(ctx, api.API.Operation(operation), in, out)
		if answered || attempt == attempts {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(100 * time.Millisecond << attempt):
		}
	}
}

// try makes a call once and reports whether it was answered.
func (e *endpoint) try(ctx context.Context, op *wire.Operation, in, out wire.Shape) (bool, error) {
	c, err := e.credentials.Retrieve(ctx)
	if err != nil {
		return true, err
	}
	r, err := wire.NewRequest(ctx, op, in, e.url)
	if err != nil {
		return true, err
	}
	sigv4.Sign(r, sigv4.Credentials{AccessKey: c.AccessKeyID, Secret: c.SecretAccessKey, Token: c.SessionToken},
		e.region, "s3", sigv4.EmptyPayload, time.Now())
	resp, err := e.client.Do(r)
	if err != nil {
		return ctx.Err() != nil, err
	}
	return resp.StatusCode < http.StatusInternalServerError, wire.ReadResponse(op, resp, out)
}
