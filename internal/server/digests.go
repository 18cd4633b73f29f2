package server

import (
	"context"
	"iter"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/chain"
	"github.com/orgtrail/orgtrail/internal/cloudtrail"
	"github.com/orgtrail/orgtrail/internal/s3"
	"github.com/orgtrail/orgtrail/internal/store"
)

// validatedTrails is CloudTrail as the stage that signs digests sees it.
type validatedTrails struct{ trails *cloudtrail.Service }

func (v validatedTrails) Trails(r store.Reader) iter.Seq[*chain.Trail] {
	return func(yield func(*chain.Trail) bool) {
		for t := range cloudtrail.Validated(r) {
			if !yield(v.view(r, t)) {
				return
			}
		}
	}
}

func (v validatedTrails) Trail(r store.Reader, id string) (*chain.Trail, bool) {
	t, ok := cloudtrail.ByID(r, id)
	if !ok {
		return nil, false
	}
	return v.view(r, t), true
}

func (v validatedTrails) Accounts(r store.Reader, id string) iter.Seq[string] {
	t, ok := cloudtrail.ByID(r, id)
	if !ok {
		return func(func(string) bool) {}
	}
	return v.trails.Accounts(r, t)
}

func (v validatedTrails) Validates(r store.Reader, id, account, region string) bool {
	t, ok := cloudtrail.ByID(r, id)
	return ok && v.trails.Validates(r, t, account, region)
}

func (v validatedTrails) view(r store.Reader, t *cloudtrail.Trail) *chain.Trail {
	source := v.trails.Source(r, t)
	c := &chain.Trail{
		ID: t.ID, Name: t.Name, Home: t.Region, Bucket: t.Bucket, Prefix: t.Prefix,
		ARN: source.ARN, Owner: source.Account, Organization: source.Organization,
		Run:       chain.Run{ID: t.Run.ID, Organization: t.Run.Organization, Period: chain.Period(t.Run.Period)},
		Validated: make([]chain.Period, len(t.Validated)),
	}
	for i, p := range t.Validated {
		c.Validated[i] = chain.Period(p)
	}
	return c
}

// PutDigest implements chain.Bucket.
func (b logBucket) PutDigest(ctx context.Context, r store.Reader, o chain.Object) *aws.Error {
	return b.put(ctx, r, s3.ServiceObject{
		Bucket: o.Bucket, Key: o.Key, Body: o.Body, Type: logType, Encoding: "gzip", Metadata: o.Metadata,
		From: trailSource(r, o.ARN, o.Owner, o.Organization),
	})
}

// publicKeys are the signing keys as CloudTrail lists them.
type publicKeys struct{}

func (publicKeys) PublicKeys(r store.Reader, region string, from, until time.Time) []cloudtrail.PublicKey {
	var keys []cloudtrail.PublicKey
	for _, k := range chain.PublicKeys(r, region, from, until) {
		keys = append(keys, cloudtrail.PublicKey{Value: k.Value, Fingerprint: k.Fingerprint, From: k.Start, Until: k.End})
	}
	return keys
}
