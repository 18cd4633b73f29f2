package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/orgtrail/orgtrail/digest"
	house "github.com/orgtrail/orgtrail/internal/aws"
)

// cloud reads buckets and public keys from AWS, or from a server that speaks
// as AWS does. It is set up when it is first used, so that a verification
// offline needs no credentials.
type cloud struct {
	v *verification

	setup sync.Once
	err   error
	cfg   aws.Config

	client *http.Client

	mu     sync.Mutex
	stores map[string]store // by bucket
}

// ready loads the configuration of the environment.
func (c *cloud) ready(ctx context.Context) error {
	c.setup.Do(func() {
		c.stores = make(map[string]store)
		client := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConnsPerHost = c.v.parallel
			t.DisableCompression = true // an object is what it is
		})
		c.client = &http.Client{Transport: client.GetTransport()}
		c.cfg, c.err = config.LoadDefaultConfig(ctx,
			config.WithRegion(c.v.HomeRegion),
			config.WithRetryMaxAttempts(attempts),
			config.WithHTTPClient(client))
	})
	return c.err
}

func (c *cloud) trails(region string) *cloudtrail.Client {
	return cloudtrail.NewFromConfig(c.cfg, func(o *cloudtrail.Options) {
		o.Region = region
		if c.v.endpoint != "" {
			o.BaseEndpoint = &c.v.endpoint
		}
	})
}

func (c *cloud) s3(region string) *s3.Client {
	return s3.NewFromConfig(c.cfg, func(o *s3.Options) {
		o.Region = region
		// The digests say what the content must be.
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		if c.v.endpoint != "" {
			o.BaseEndpoint = &c.v.endpoint
		}
		o.UsePathStyle = o.BaseEndpoint != nil
	})
}

// find sets the bucket and prefix of the trail.
func (c *cloud) find(ctx context.Context) error {
	if err := c.ready(ctx); err != nil {
		return err
	}
	out, err := c.trails(c.v.HomeRegion).DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{TrailNameList: []string{c.v.arn}})
	if err != nil {
		return err
	}
	for _, t := range out.TrailList {
		if aws.ToString(t.TrailARN) != c.v.arn {
			continue
		}
		c.v.Bucket = aws.ToString(t.S3BucketName)
		if c.v.Prefix == "" {
			c.v.Prefix = aws.ToString(t.S3KeyPrefix)
		}
		return nil
	}
	return fmt.Errorf("a trail could not be found for %s", c.v.arn)
}

// bucket is what a bucket is read through. On AWS that depends on where it
// lies.
func (c *cloud) bucket(ctx context.Context, name string) (store, error) {
	if err := c.ready(ctx); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.stores[name]; s != nil {
		return s, nil
	}
	client := c.s3(c.v.HomeRegion)
	if base := client.Options().BaseEndpoint; base != nil {
		c.stores[name] = &endpoint{url: strings.TrimSuffix(*base, "/"), region: c.v.HomeRegion, credentials: c.cfg.Credentials, client: c.client}
		return c.stores[name], nil
	}
	// Who may not ask for the location may still read, when the bucket lies
	// in the trail's home region.
	if out, err := client.GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: &name}); err == nil {
		client = c.s3(location(string(out.LocationConstraint)))
	}
	c.stores[name] = sdk{client}
	return c.stores[name], nil
}

// location is the region that a bucket's location constraint stands for.
func location(constraint string) string {
	switch constraint {
	case "":
		return "us-east-1"
	case "EU":
		return "eu-west-1"
	}
	return constraint
}

// List yields the keys of a bucket.
func (c *cloud) List(ctx context.Context, bucket, prefix, after string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		store, err := c.bucket(ctx, bucket)
		if err != nil {
			yield("", err)
			return
		}
		for p := (page{Last: after}); ; {
			if p, err = store.list(ctx, bucket, prefix, "", p); err != nil {
				yield("", err)
				return
			}
			for _, key := range p.Names {
				if !yield(key, nil) {
					return
				}
			}
			if p.Next == "" {
				return
			}
		}
	}
}

// Folders yields the names of the folders right below a path.
func (c *cloud) Folders(ctx context.Context, bucket, path, from string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		store, err := c.bucket(ctx, bucket)
		if err != nil {
			yield("", err)
			return
		}
		for p := (page{}); ; {
			if p, err = store.list(ctx, bucket, path, "/", p); err != nil {
				yield("", err)
				return
			}
			for _, prefix := range p.Prefixes {
				name := strings.TrimSuffix(strings.TrimPrefix(prefix, path), "/")
				if name >= from && !yield(name, nil) {
					return
				}
			}
			if p.Next == "" {
				return
			}
		}
	}
}

// Get opens an object.
func (c *cloud) Get(ctx context.Context, bucket, key string) (*digest.Object, error) {
	store, err := c.bucket(ctx, bucket)
	if err != nil {
		return nil, err
	}
	o, err := store.get(ctx, bucket, key)
	if code := errorCode(err); code == "NoSuchKey" || code == "NoSuchBucket" {
		return nil, fs.ErrNotExist
	}
	return o, err
}

// errorCode is the code of an error of S3.
func errorCode(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return house.CodeOf(err)
}

// PublicKeys lists the public keys of a region.
func (c *cloud) PublicKeys(ctx context.Context, region string, start, end time.Time) ([]digest.PublicKey, error) {
	if err := c.ready(ctx); err != nil {
		return nil, err
	}
	var keys []digest.PublicKey
	pages := cloudtrail.NewListPublicKeysPaginator(c.trails(region), &cloudtrail.ListPublicKeysInput{StartTime: &start, EndTime: &end})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, k := range page.PublicKeyList {
			keys = append(keys, digest.PublicKey{
				Value: k.Value, Fingerprint: aws.ToString(k.Fingerprint),
				Start: aws.ToTime(k.ValidityStartTime), End: aws.ToTime(k.ValidityEndTime),
			})
		}
	}
	return keys, nil
}

// publicKeys are keys from a file, of whatever region.
type publicKeys []digest.PublicKey

func readPublicKeys(path string) (publicKeys, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	keys, err := digest.ParsePublicKeys(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return keys, nil
}

// PublicKeys returns all of them: a fingerprint is unique.
func (k publicKeys) PublicKeys(context.Context, string, time.Time, time.Time) ([]digest.PublicKey, error) {
	return k, nil
}
