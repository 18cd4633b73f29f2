package s3

import (
	"encoding/base64"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// maxBuckets is how many buckets one page lists.
const maxBuckets = 10_000

// ListBuckets lists the caller's buckets by name. The token of a page names
// the last bucket of the one before.
func (s *Service) ListBuckets(c *call.Call, in *api.ListBucketsInput) (*api.ListBucketsOutput, error) {
	after, err := readBucketToken(in.ContinuationToken)
	if err != nil {
		return nil, err
	}
	limit := maxBuckets
	if in.MaxBuckets != nil {
		limit = int(*in.MaxBuckets)
	}
	if limit < 1 || limit > maxBuckets {
		return nil, aws.Errorf("InvalidArgument", "Argument max-buckets must be an integer between 1 and %d", maxBuckets).
			With("ArgumentName", "max-buckets")
	}
	// S3 says where a bucket is only to those who ask for a part of them.
	part := in.MaxBuckets != nil || in.ContinuationToken != nil || in.Prefix != nil || in.BucketRegion != nil
	out := &api.ListBucketsOutput{Buckets: []api.Bucket{}, Owner: ownerOf(c.Account()), Prefix: in.Prefix}
	for name, b := range buckets.ByAfter(c.State, byAccount.Name, c.Account(), after) {
		if !strings.HasPrefix(name, aws.Val(in.Prefix)) || in.BucketRegion != nil && b.Region != *in.BucketRegion {
			continue
		}
		if len(out.Buckets) == limit {
			out.ContinuationToken = new(bucketToken(*out.Buckets[limit-1].Name))
			break
		}
		item := api.Bucket{Name: &b.Name, CreationDate: &b.Created}
		if part {
			item.BucketRegion = &b.Region
		}
		out.Buckets = append(out.Buckets, item)
	}
	return out, nil
}

func bucketToken(last string) string { return base64.RawURLEncoding.EncodeToString([]byte(last)) }

func readBucketToken(token *string) (last string, err error) {
	if token == nil {
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(*token)
	if err != nil || !validName(string(b)) {
		return "", invalidArgument("continuation-token", *token, "The continuation token provided is incorrect")
	}
	return string(b), nil
}
