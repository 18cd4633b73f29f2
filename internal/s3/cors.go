package s3

import (
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

const maxCORSRules = 100

// corsMethods are the methods that a rule may allow.
var corsMethods = []string{"GET", "PUT", "HEAD", "POST", "DELETE"}

// GetBucketCors shows the rules for calls from pages of other origins.
func (s *Service) GetBucketCors(c *call.Call, in *api.GetBucketCorsInput) (*api.GetBucketCorsOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	switch {
	case err != nil:
		return nil, err
	case len(b.CORS) == 0:
		return nil, aws.Errorf("NoSuchCORSConfiguration", "The CORS configuration does not exist").With("BucketName", b.Name)
	}
	return &api.GetBucketCorsOutput{CORSRules: b.CORS}, nil
}

// PutBucketCors replaces them.
func (s *Service) PutBucketCors(c *call.Call, in *api.PutBucketCorsInput) (*api.PutBucketCorsOutput, error) {
	rules := aws.Val(in.CORSConfiguration).CORSRules
	if len(rules) == 0 || len(rules) > maxCORSRules {
		return nil, malformedXML()
	}
	for i := range rules {
		if err := checkCORSRule(&rules[i]); err != nil {
			return nil, err
		}
	}
	return nil, s.change(c, in.Bucket, func(b *Bucket) error {
		b.CORS = rules
		return nil
	})
}

func checkCORSRule(r *api.CORSRule) error {
	if len(r.AllowedMethods) == 0 || len(r.AllowedOrigins) == 0 {
		return malformedXML()
	}
	for _, m := range r.AllowedMethods {
		if !slices.Contains(corsMethods, m) {
			return invalidRequest("Found unsupported HTTP method in CORS config. Unsupported method is %s", m)
		}
	}
	for _, o := range r.AllowedOrigins {
		if strings.Count(o, "*") > 1 {
			return invalidRequest("AllowedOrigin %q can not have more than one wildcard.", o)
		}
	}
	for _, h := range r.AllowedHeaders {
		if strings.Count(h, "*") > 1 {
			return invalidRequest("AllowedHeader %q can not have more than one wildcard.", h)
		}
	}
	return nil
}

// DeleteBucketCors removes them.
func (s *Service) DeleteBucketCors(c *call.Call, in *api.DeleteBucketCorsInput) (*api.DeleteBucketCorsOutput, error) {
	return nil, s.change(c, in.Bucket, func(b *Bucket) error {
		b.CORS = nil
		return nil
	})
}
